#!/usr/bin/perl

# Tests for the limits of the API (docs/api.md, "Limits"): each at it and one
# past it, over HTTP; a worker folds.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Rest;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new();
my $dir = $t->testdir();

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

        location /v1/ { parley_api; }
    }
}

EOF

my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $rest = Parley::Rest->new($store);
my $key = $store->key(qw/ demo admin /);

use constant { TEXT => 16384, MIB => 1024 * 1024 };

###############################################################################

# pages, queries

is(status('GET', '/v1/contacts?limit=100'), 200, 'rows of a page');
is(status('GET', '/v1/contacts?limit=101'), 400, 'one more');
is(status('GET', '/v1/contacts?limit=1' . '&' x 4089), 200, 'a query');
is(status('GET', '/v1/contacts?limit=1' . '&' x 4090), 400,
    'one byte longer');

# a body

my $body = encode_json({ phone => '+34600000001' });
is(status('POST', '/v1/contacts', $body . ' ' x (MIB - length $body)), 201,
    'a body');
is(status('POST', '/v1/contacts', $body . ' ' x (MIB + 1 - length $body)),
    413, 'one byte longer');

# a text, and what variables make of one

my %to = (to => { phone => '+34600000001' });
my $made = '{{v}}' x 4;
is(said({ %to, text => 'x' x TEXT }), '422 #/text', 'a text');
is(said({ %to, text => 'x' x (TEXT + 1) }), '400 #/text',
    'one byte longer');
is(said({ %to, text => $made, variables => { v => 'x' x (TEXT / 4) } }),
    '422 #/text', 'what variables make of one');
is(said({ %to, text => "$made.", variables => { v => 'x' x (TEXT / 4) } }),
    '400 #/text', 'one byte longer');
is(said({ %to, text => '{{' x (TEXT / 2) }), '422 #/text',
    'nothing but braces');
is(said({ %to, media => { kind => 'image', file => { link =>
    'https://x.test/a.jpg', caption => 'x' x (TEXT + 1) } } }),
    '400 #/media/file/caption', 'a caption');
is(said({ %to, location => { latitude => '1.5', longitude => '2.5',
    name => 'x' x (TEXT + 1) } }), '400 #/location/name',
    'any other text');
is(said({ %to, text => 'x', collapse_key => 'x' x 129 }),
    '400 #/collapse_key', 'a key that collapses');
like(said({ %to, text => 'x', variables => { map { ("v$_" => 1) }
    1 .. 65 } }), qr!^400 #/variables!, 'variables');

my $bulk = bulk(2, text => '{{v}}{{v}}', variables => { v => 'x' });
$bulk->{recipients}[1]{variables} = { v => 'x' x TEXT };
my $answer = call('POST', '/v1/messages/bulk', $bulk);
is($answer->{json}{results}[1]{pointer}, '#/text',
    'of one recipient alone') or diag($answer->{text});
isnt($answer->{json}{results}[0]{detail}, $answer->{json}{results}[1]{detail},
    'the other is asked for');

# recipients, and what a request asks the journal to take

is(status('POST', '/v1/messages/bulk', bulk(1000, text => 'x' x 7000)), 200,
    'a thousand, and seven megabytes of them');
is(status('POST', '/v1/messages/bulk', bulk(1000, text => 'x' x 9000)), 413,
    'nine');
like(status('POST', '/v1/messages/bulk', bulk(1001, text => 'x')),
    qr/^4(?:00|13)$/, 'a thousand and one');

# what nobody has made is no reason to fall

is(status('GET', '/v1/' . 'a' x 1020), 404, 'a path');
is(status('GET', '/v1/' . 'a' x 1021), 404, 'one byte longer');

$t->stop();
is(($store->ctl('check'))[0], 0, 'the store is sound');
is(join("\n", $t->grave(), $t->sanitizer()), '', 'nothing grave is logged');
done_testing();

###############################################################################

sub call {
    my ($method, $path, $body, %headers) = @_;
    my $answer = $rest->call($key, $method, $path, $body, %headers);
    is($answer->{wrong}, '', "$method answers as described")
        if $answer->{wrong} || $answer->{status} >= 500;
    return $answer;
}

sub status { call(@_)->{status} }

# what is said of a message
sub said {
    my $answer = call('POST', '/v1/messages', @_);
    return "$answer->{status} " . ($answer->{json}{pointer} // '');
}

sub bulk {
    my ($n, %more) = @_;
    return { %more, category => 'utility', recipients => [ map {
        { to => { phone => "+3460000$_" } } } 1000 .. 999 + $n ] };
}
