#!/usr/bin/perl

# Tests for the webhook's location: the handshake, methods, the answer, and
# what is stored of a message.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(34);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%
worker_processes 2;

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
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    "a token";
        }
        location / {
            return 204;
        }
    }
}

EOF

$t->run();
my $store = Parley::Store->new($t->testdir());

###############################################################################

my $ok = 'hub.mode=subscribe&hub.verify_token=a%20token&hub.challenge';

like(handshake("$ok=1158201444"), qr/^HTTP\S+ 200 .*\r\n\r\n1158201444$/s,
    'handshake');
like(handshake("$ok=a%2Bb%26c"), qr/\r\n\r\na\+b&c$/, 'challenge is decoded');
like(handshake("hub.challenge=7&$ok=7"), qr/ 200 .*\r\n\r\n7$/s,
    'order of arguments');
like(handshake('hub.mode=subscribe&hub.verify_token=a+token'
    . '&hub.challenge=1'), qr/ 200 .*\r\n\r\n1$/s, 'plus is a space');
like(handshake('hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1'),
    qr/ 403 /, 'wrong token');
like(handshake('hub.mode=subscribe&hub.verify_token=&hub.challenge=1'),
    qr/ 403 /, 'empty token');
like(handshake('hub.mode=subscribe&hub.challenge=1'), qr/ 403 /, 'no token');
like(handshake('hub.mode=other&hub.verify_token=a%20token&hub.challenge=1'),
    qr/ 403 /, 'wrong mode');
like(handshake($ok =~ s/&hub.challenge//r), qr/ 403 /, 'no challenge');
like(http_get('/webhooks/whatsapp'), qr/ 403 /, 'no arguments');
like(handshake("$ok=1&hub.mode=unsubscribe" =~ s/^hub.mode=subscribe&//r),
    qr/ 403 /, 'not subscribe');
like(handshake("$ok="), qr/ 403 /, 'empty challenge');
like(handshake("hub.verify_token=wrong&$ok=1"), qr/ 403 /, 'token twice');

for my $method (qw/ PUT DELETE PATCH OPTIONS /) {
    like(http("$method /webhooks/whatsapp HTTP/1.0\r\nHost: localhost\r\n"
        . "Content-Length: 0\r\n\r\n"), qr/ 405 /, "method $method");
}
like(http_get('/other'), qr/ 204 /, 'other locations');

# the answer is empty, and given at once

my $answer = wa_post([ wa_text('wamid.A', '34600000001', 'hello') ]);
like($answer, qr/^HTTP\S+ 200 .*\r\n\r\n$/s, 'post');
like($answer, qr/^Content-Length: 0\r/m, 'empty answer');

# two on one connection

my $body = wa_body(wa_change({ messages =>
    [ wa_text('wamid.B', '34600000001', "order 77") ] }));
my $request = join "\r\n", 'POST /webhooks/whatsapp HTTP/1.1',
    'Host: localhost', 'Content-Length: ' . length $body,
    'X-Hub-Signature-256: ' . wa_sign($body), '', $body;
my $close = $request =~ s/\r\n\r\n/\r\nConnection: close\r\n\r\n/r;
my @answers = http($request . $close) =~ /^HTTP\S+ (\d+)/mg;
is("@answers", '200 200', 'kept connection');

# what is not ours is answered, so that the provider does not repeat it

like(wa_post('{"object":"page","entry":[]}'), qr/ 200 /, 'other object');
like(wa_post('{"object":"whatsapp_business_account","entry":[]}'),
    qr/ 200 /, 'nothing inside');

# without a sender a worker folds

wait_for { grep { /wamid.B/ } eval { $store->provider_ids('in') } };
my @in = $store->messages('in');
is(join(' ', map { $_->{provider_id} } @in), 'wamid.A wamid.B',
    'stored in order and once');
is($in[0]{content}{text}{body}, 'hello', 'text');
is($in[0]{address}{value}, '34600000001', 'address');
is($in[0]{channel}, 'main', 'channel');
is($in[0]{contact}, $in[1]{contact}, 'one contact');

my @out = $store->messages('out');
is(join(' ', map { $_->{state} } @out), 'queued queued', 'replies are queued');
like($out[1]{content}{text}{body}, qr/Order 77 /, 'and say the right thing');
is($store->rows('outbox'), 2, 'in the outbox');
like(($store->ctl('check'))[1], qr/\b0 /, 'nothing inconsistent');

# a token may be right where the rest is not; a URL may hold another secret

http("POST /webhooks/whatsapp?key=a%20token HTTP/1.0\r\nHost: localhost\r\n"
    . "Content-Length: 2\r\n\r\n{}");
my $log = $t->read_file('error.log');
like($log, qr!handshake refused, client: 127\.0\.0\.1, .*/webhooks/whatsapp!,
    'the log names client and location');
unlike($log, qr/a(%20|\+| )token|\bhub\./, 'and nothing of a query');

###############################################################################

sub handshake {
    my ($query) = @_;
    return http_get("/webhooks/whatsapp?$query");
}

###############################################################################
