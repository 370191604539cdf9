#!/usr/bin/perl

# Tests for the sandbox: it takes every type of message that can be sent, by
# the requests that the unit tests of sending expect, and refuses what the
# API would refuse.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::WhatsApp;

###############################################################################

my %sends = map { m!([^/]+)\.expect$! ? ($1 => slurp($_)) : () }
    glob('fixtures/whatsapp/send/*.expect');

my $t = Parley::Nginx->new()->plan(11 + keys %sends);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /sandbox {
            parley_sandbox zone=sends:1m;
        }
    }
}

EOF

$t->run();

###############################################################################

for my $name (sort keys %sends) {
    my $said = answer($sends{$name});
    ok($name =~ /^read/ ? $said->{success} && !$said->{messages}
        : $said->{messages}[0]{id}, $name)
        or diag(encode_json($said));
}

my $shown = decode_json(body(http_get('/sandbox')));
my %types = map { $_->{type} => 1 } @$shown;
is(join(' ', sort keys %types), 'audio contacts document image interactive '
    . 'location pin reaction sticker template text video', 'all are shown');

refused('{"messaging_product":"whatsapp","to":"+34600000001","type":"hello"}',
    'no such type');
refused('{"messaging_product":"whatsapp","to":"+34600000001","type":"context",'
    . '"context":{"message_id":"x"}}', 'a part that is no type');
refused('{"messaging_product":"whatsapp","to":"+34600000001","type":"to"}',
    'a name that is no part');
refused('{"messaging_product":"whatsapp","to":"+34600000001","type":"image"}',
    'without what the type names');
refused('{"messaging_product":"whatsapp","to":"+34600000001","type":"contacts"'
    . ',"contacts":[]}', 'an empty list');
refused('{"messaging_product":"whatsapp","status":"seen","message_id":"x"}',
    'another status');
refused('{"messaging_product":"whatsapp","status":"read","message_id":""}',
    'a receipt of nothing');

# its templates, for whoever has a token

my $asked = '/sandbox/v24.0/102290129340398/message_templates?limit=50';
my $said = decode_json(body(http_get($asked,
    headers => { Authorization => 'Bearer x' })));
is(join(' ', map { $_->{name} } @{$said->{data}}), 'hello_world order_ready',
    'templates');
ok(!$said->{paging}{next}, 'on one page');
is(decode_json(body(http_get($asked)))->{error}{code}, 190, 'with a token');

###############################################################################

sub answer {
    my ($body) = @_;
    return decode_json(body(http_post(
        '/sandbox/v24.0/106540352242922/messages', $body,
        headers => { Authorization => 'Bearer x' })));
}

sub refused {
    my ($body, $name) = @_;
    is(answer($body)->{error}{code}, 100, $name);
}

sub body { return $_[0] =~ /\x0d\x0a\x0d\x0a(.*)$/s ? $1 : '' }

###############################################################################
