#!/usr/bin/perl

# Tests for the doorbell: it carries nothing of the client's, comes once for
# many, delays nobody, and may fail.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Fcntl qw/ F_SETLK F_WRLCK /;
use IO::Socket::UNIX;
use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(18);
my $dir = $t->testdir();

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
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
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
            proxy_read_timeout 5s;
        }
        location / {
            return 204;
        }
    }
}

EOF

$t->expect(qr/connect\(\) to unix:.*sender\.sock failed/);
my $posts = 0;
my $store = Parley::Store->new($dir);

###############################################################################

# nobody there

$t->run();
like(post('wamid.A'), qr/ 200 /, 'nobody there');
like(post('wamid.B'), qr/ 200 /, 'still nobody there');
like(http_get('/_parley/outbox'), qr/ 404 /, 'not to be reached from outside');
wait_for { $store->folded() };

# somebody who takes his time: what rings, and how often

my $bell = $t->run_daemon(\&bell, "$dir/sender.sock", "$dir/rings", 0.5);
wait_for { -S "$dir/sender.sock" };
sleep 1.5;                      # one that failed is not tried for a second
like(post('wamid.C', "X-Mark: MARK\r\nCookie: MARK\r\n"), qr/ 200 /,
    'slow bell');
wait_for { rings() };
my ($ring) = rings();
like($ring, qr!^\w+ /outbox HTTP/1!, 'rings where it should');
unlike($ring, qr/MARK|signature|wamid|messages/i,
    'without the client\'s headers and body');
unlike($ring, qr/^content-length: *[1-9]/mi, 'without any body');

my $before = () = rings();
my $began = time();
my @answers = map { post("wamid.D$_") } 1 .. 60;
my $took = time() - $began;
is(scalar(grep { / 200 / } @answers), 60, 'sixty while it is slow');
my $rings = rings() - $before;
cmp_ok($rings, '<=', 2 + $took / 0.5, "many share a ring: $rings");

# a kept connection waits for its ring, and for nothing longer

my $body = wa_body(wa_change({ messages =>
    [ wa_text('wamid.K', '34600000001', 'x') ] }));
my $one = "POST /webhooks/whatsapp HTTP/1.1\r\nHost: localhost\r\n"
    . 'X-Hub-Signature-256: ' . wa_sign($body) . "\r\n"
    . 'Content-Length: ' . length($body) . "\r\n";
my @kept = http("$one\r\n$body" x 3 . "${one}Connection: close\r\n\r\n$body")
    =~ / 200 OK/g;
is(scalar @kept, 4, 'kept connection');

# somebody who never answers

$bell->kill9();
unlink "$dir/sender.sock";
$bell = $t->run_daemon(\&bell, "$dir/sender.sock", "$dir/rings", 3600);
wait_for { -S "$dir/sender.sock" };
sleep 1.5;
$before = () = rings();
like(post('wamid.E'), qr/ 200 /, 'dead bell');
wait_for { rings() > $before };
is(scalar(grep { / 200 / } map { post("wamid.F$_") } 1 .. 20), 20,
    'others are answered');
$bell->kill9();
unlink "$dir/sender.sock";
sleep 1.5;

# the real one: it polls so rarely that only the bell can wake it

my $provider = Parley::Provider->new($dir)->run();
my $sender = Parley::Sender->new($dir, '--poll', 60000)->run();
wait_for { $store->folded() && $store->rows('outbox') == 0 } 60;
is(scalar $provider->accepted(), scalar($store->messages('in')),
    'what had waited is sent');
my $bells = $sender->metric('parley_sender_doorbells_total');
sleep 1.5;
like(wa_post([ wa_text('wamid.G', '34600000002', 'hello') ]), qr/ 200 /,
    'rung');
wait_for { grep { $_->{to} =~ /34600000002/ } $provider->accepted() } 30;
is(scalar(grep { $_->{to} =~ /34600000002/ } $provider->accepted()), 1,
    'it wakes');
cmp_ok($sender->metric('parley_sender_doorbells_total'), '>', $bells,
    'because it was rung');

# without a bell the sender finds work by itself

$sender->stop();
$t->write_file_expand('nginx.conf',
    $t->read_file('nginx.conf') =~ s/parley_outbox .*//r);
$t->stop();
$t->run();
$sender = Parley::Sender->new($dir)->run();
wa_post([ wa_text('wamid.H', '34600000003', 'hello') ]);
wait_for { grep { $_->{to} =~ /34600000003/ } $provider->accepted() };
is(scalar(grep { $_->{to} =~ /34600000003/ } $provider->accepted()), 1,
    'without a bell');
is($sender->stop(), 0, 'sender ends');

###############################################################################

sub post {
    my ($id, $headers) = @_;
    my $from = sprintf '346001%05d', ++$posts;  # one person is paced
    my $body = wa_body(wa_change({ messages =>
        [ wa_text($id, $from, 'x') ] }));
    return http("POST /webhooks/whatsapp HTTP/1.0\r\nHost: localhost\r\n"
        . ($headers // '') . 'X-Hub-Signature-256: ' . wa_sign($body)
        . "\r\nContent-Length: " . length($body) . "\r\n\r\n$body");
}

sub rings { split /^---\n/m, slurp("$dir/rings") }

# Writes down what rings, one after the other, and answers late. Without the
# sender's lock nobody would ring.
sub bell {
    my ($socket, $file, $delay) = @_;
    open my $lock, '>>', "$dir/store/sender.lock" or die "no lock: $!\n";
    my $all = pack 's s x4 q q i x4', F_WRLCK, 0, 0, 0, 0;
    fcntl $lock, F_SETLK, $all or die "cannot lock: $!\n";
    my $listener = IO::Socket::UNIX->new(Local => $socket, Listen => 100)
        or die "cannot listen: $!\n";
    open my $fh, '>>', $file or die "cannot write $file: $!\n";
    $fh->autoflush(1);
    while (my $s = $listener->accept()) {
        my $request = '';
        while ($request !~ /\r\n\r\n/) {
            sysread $s, $request, 65536, length $request or last;
        }
        print $fh "$request---\n";
        sleep $delay;
        print $s "HTTP/1.0 204 No Content\r\n\r\n";
        close $s;
    }
}

###############################################################################
