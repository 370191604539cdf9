#!/usr/bin/perl

# Tests for one connection that hangs, over HTTP/2, where others share it. A
# kept one whose peer stops to answer: what is on it is unknown, and what
# comes later goes on another. One whose handshake hangs: those that wait for
# it to share it make one of their own.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;
use Parley::Wire;

###############################################################################

my $t = Parley::Nginx->new()->has('perl:IO::Socket::SSL')->plan(6);
my $dir = $t->testdir();

# a request has to time out when its connection has been silent for 10 s
$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 1001;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    https://127.0.0.1:8081;
            api_connect_timeout 60s;
            api_timeout     12s;
        }
        channel hangs whatsapp {
            phone_number_id 1002;
            waba_id         2;
            token_file      secrets/channel.token;
            api_base_url    https://127.0.0.1:8082;
            api_connect_timeout 30m;
            api_timeout     30m;
        }
        channel waits whatsapp {
            phone_number_id 1003;
            waba_id         3;
            token_file      secrets/channel.token;
            api_base_url    https://127.0.0.1:8082;
            api_connect_timeout 30m;
            api_timeout     30m;
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
my $tls = Parley::Wire::certificate($dir, 'peer', [ IP => '127.0.0.1' ]);
my $wire = Parley::Wire->new($dir)->run(\&play,
    map { port($_) => { %$tls, later => 1, SSL_alpn_protocols => [ 'h2' ] } }
        8081, 8082);
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir, '--ca-file', "$dir/peer.crt")->run();

###############################################################################

say('34600000001');
wait_for { state('34600000001') eq 'accepted' };
is(state('34600000001'), 'accepted', 'answered');

say("3460000001$_") for 1 .. 3;
wait_for { 3 == grep { state("3460000001$_") eq 'unknown' } 1 .. 3 };
is(join(' ', map { state("3460000001$_") } 1 .. 3), 'unknown unknown unknown',
    'not answered: unknown');

say("3460000002$_") for 1 .. 3;
wait_for { !grep { state("3460000002$_") !~ /accepted|unknown/ } 1 .. 3 };
is(join(' ', map { state("3460000002$_") } 1 .. 3),
    'accepted accepted accepted', 'who comes later is answered');
is(scalar(grep { $_->{number} == 1 } $wire->requests()), 4,
    'on a connection of their own');

# the first one to the other port never gets through its handshake

say('34600000003', 1002);
wait_for { grep { $_->{hangs} } $wire->book() };
say("3460000003$_", 1003) for 1 .. 3;
wait_for { 3 == grep { state("3460000003$_") eq 'accepted' } 1 .. 3 };
is(join(' ', map { state("3460000003$_") } 1 .. 3),
    'accepted accepted accepted', 'a handshake that hangs delays nobody else');
is(state('34600000003'), 'queued', 'who hangs does so');

$sender->kill9();

###############################################################################

# the first connection answers once, and reads for ever
sub play {
    my ($c) = @_;
    if ($c->port() == port(8082) && $c->number() == 1) {
        $c->note({ hangs => 1 });
        return $c->hold();
    }
    $c->secure() or return;
    $c->h2();
    while (my $r = $c->stream()) {
        my $answer = $c->taken($r);
        $c->answer2($r->{stream}, $answer)
            if $c->number() > 1 || $r->{nth} == 1;
    }
}

sub say {
    my ($from, $number) = @_;
    wa_post(wa_body(wa_change({ messages =>
        [ wa_text("wamid.$from", $from, 'hello') ] }, $number // 1001)));
}

sub state {
    my ($to) = @_;
    my ($m) = grep { $_->{address}{value} eq $to } $store->messages('out');
    return $m ? $m->{state} : '';
}

###############################################################################
