#!/usr/bin/perl

# Tests for a kept connection that dies unanswered: the HTTP library repeats
# a POST on a new one by itself unless it is kept from it, and a repeated
# POST is a second message. HTTP/1.1 and HTTP/2.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->has(qw/ http_v2 bin:openssl /)->plan(14);
my $dir = $t->testdir();

# The provider's edge, which speaks HTTP/2 and loses its only worker.
my $peer = Parley::Nginx->new();
my $crt = $peer->testdir() . '/peer.crt';
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
    . "-addext 'subjectAltName=IP:127.0.0.1' -keyout "
    . $peer->testdir() . "/peer.key -out $crt 2>/dev/null") == 0
    or die "no certificate\n";

$peer->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    log_format seen '$server_protocol $connection_requests $status';

    server {
        listen 127.0.0.1:8082 ssl http2;
        ssl_certificate     peer.crt;
        ssl_certificate_key peer.key;
        access_log          %%TESTDIR%%/access seen;

        location / {
            proxy_pass http://127.0.0.1:8081;
        }
    }
}

EOF

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        channel plain whatsapp {
            phone_number_id 1001;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        channel tls whatsapp {
            phone_number_id 1002;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    https://127.0.0.1:8082;
        }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$peer->run();
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir, '--ca-file', $crt)->run();

###############################################################################

# HTTP/1.1: closed, and reset, after the second request of a connection

for my $do (qw/ close reset /) {
    my ($first, $second) = map { "3460000$_" . ($do eq 'close' ? 1 : 2) }
        qw/ 10 20 /;
    say($first, 1001);
    wait_for { posts($first) && $store->rows('attempts') == 0 };
    $provider->script({ match => $second, kept => 1, do => $do });
    say($second, 1001);
    wait_for { state($second) =~ /unknown|accepted/ };
    my ($r) = grep { $_->{to} =~ /$second/ } $provider->requests();
    cmp_ok($r->{nth}, '>', 1, "$do: the connection had been kept");
    is(posts($second), 1, "$do: one POST");
    is(state($second), 'unknown', "$do: unknown");
}

# one that died while nothing was on it costs nothing

$provider->stop();
$provider->script();
$provider->run();
say('34600003001', 1001);
wait_for { state('34600003001') eq 'accepted' };
is(state('34600003001'), 'accepted', 'died idle: sent');
is(posts('34600003001'), 1, 'died idle: once');

# HTTP/2

say('34600004001', 1002);
wait_for { state('34600004001') eq 'accepted' };
is(state('34600004001'), 'accepted', 'HTTP/2: sent');
say('34600004002', 1002);
wait_for { state('34600004002') eq 'accepted' };
is($peer->read_file('access'), "HTTP/2.0 1 200\nHTTP/2.0 2 200\n",
    'HTTP/2: and its connection is kept');

$provider->script({ match => '34600004003', do => 'hang' });
say('34600004003', 1002);
wait_for { posts('34600004003') };
kill 'KILL', $peer->workers();
wait_for { state('34600004003') =~ /unknown|accepted/ };
is(state('34600004003'), 'unknown', 'HTTP/2: unknown');
say('34600004004', 1002);
wait_for { state('34600004004') eq 'accepted' };
is(state('34600004004'), 'accepted', 'HTTP/2: goes on');
is(posts('34600004003'), 1, 'HTTP/2: one POST');

is($sender->stop(), 0, 'sender ends');

###############################################################################

sub say {
    my ($from, $number) = @_;
    wa_post(wa_body(wa_change({ messages =>
        [ wa_text("wamid.$from", $from, 'hello') ] }, $number)));
}

sub posts {
    my ($to) = @_;
    return scalar grep { $_->{to} =~ /$to/ } $provider->requests();
}

sub state {
    my ($to) = @_;
    my ($m) = grep { $_->{address}{value} eq $to } $store->messages('out');
    return $m ? $m->{state} : '';
}

###############################################################################
