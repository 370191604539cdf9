#!/usr/bin/perl

# Writes that are answered before they are done, since nobody folds: what is
# told of them later, under keys that came twice and of messages to many.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;
use Time::HiRes qw/ sleep /;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new();
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ {
            parley_api;
        }
        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
    }
}

EOF

my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
wait_for { $store->rows('zones') > 0 };

wa_post([ wa_text('wamid.1', '34600000001', 'hello') ]);
my $api = Parley::Api->new($store->key(qw/ demo bot /));

###############################################################################

# the same key with another body: told as it would have been at once

kill 'STOP', $sender->pid();
my @asked = map { $api->start('POST', '/v1/messages', body($_),
    'Idempotency-Key' => 'twice') } qw/ first second first third /;
my @two = map { $api->end($_) } @asked;
is("@{[ map { $_->{status} } @two ]}", '202 202 202 202',
    'one key, three bodies: all accepted');
kill 'CONT', $sender->pid();
my @what;
for my $i (0 .. 3) {
    my $at = $two[$i]{headers}{location};
    wait_for { ($api->get($at)->{json}{state} // '') ne 'pending' };
    $what[$i] = $api->get($at);
}
my @sent = map { $_->{content}{text}{body} // '' } $store->messages('out');
is(scalar(my ($won) = grep { /^(?:first|second|third)$/ } @sent), 1,
    'one of them is sent');
my @one = qw/ first second first third /;
is(join(' ', map { $what[$_]{status} } 0 .. 3),
    join(' ', map { $_ eq $won ? 200 : 422 } @one),
    'and of that alone it is told that it was');
is(join(' ', map { $what[$_]{json}{type} // $what[$_]{json}{state} } 0 .. 3),
    join(' ', map { $_ eq $won ? 'done' : '/problems/idempotency-key-reused' }
        @one), 'of the others, that their key was another request\'s');

# of many, all are told of

my $many = { text => 'to many', category => 'utility', lane => 'reply',
    recipients => [ { to => { contact => 'cnt_999999' } },
        { to => { phone => '+34600000001' } }, { to => { phone => 'x' } },
        { to => { phone => '+34600000001' } } ] };
kill 'STOP', $sender->pid();
my $late = $api->post('/v1/messages/bulk', $many, 'Idempotency-Key' => 'many');
is($late->{status}, 202, 'a bulk that nobody folds: accepted');
is($api->get($late->{headers}{location})->{json}{state}, 'pending',
    'and pending');
kill 'CONT', $sender->pid();
wait_for { ($api->get($late->{headers}{location})->{json}{state} // '')
    ne 'pending' };
my $told = $api->get($late->{headers}{location})->{json};
my $now = $api->post('/v1/messages/bulk', $many,
    'Idempotency-Key' => 'many');
is($now->{status}, 200, 'asked again it is answered at once');
is(join(' ', map { $told->{$_} // '-' } qw/ state decision queued scheduled
    refused /), 'done queued 2 0 2', 'told of all of them');
is_deeply([ @$told{qw/ queued scheduled refused /} ],
    [ @{$now->{json}}{qw/ queued scheduled refused /} ],
    'as the answer at once does');

$many->{recipients} = [ { to => { contact => 'cnt_999999' } } ];
kill 'STOP', $sender->pid();
$late = $api->post('/v1/messages/bulk', $many);
kill 'CONT', $sender->pid();
wait_for { ($api->get($late->{headers}{location})->{json}{state} // '')
    ne 'pending' };
$told = $api->get($late->{headers}{location})->{json};
is("$told->{state} $told->{refused}", 'refused 1', 'all refused: refused');

(my $none = $late->{headers}{location}) =~ s/_1_0$/_1001_0/;
is($api->get($none)->{status}, 404, 'more than there may be: none');

is(($store->ctl('check'))[0], 0, 'the store is sound');

$sender->stop();
$t->finish();
done_testing();

###############################################################################

sub body { return { to => { phone => '+34600000001' }, text => $_[0] } }
