#!/usr/bin/perl

# Tests for the live feed's ends over HTTP/2 and HTTP/1: requests that end
# while what was written to them is still queued, clients that are gone
# before their stream begins, and HEAD.

###############################################################################

use warnings;
use strict;

use IO::Socket::INET;
use JSON::PP;
use Socket qw/ SOL_SOCKET SO_RCVBUF SO_LINGER /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Live;
use Parley::Nginx;
use Parley::Process;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->has(qw/ http_v2_module bin:curl /)->plan(13);

$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%
worker_processes 1;

events {
    worker_connections 512;
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_events heartbeat=500ms buffer=64k slow=60s;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            token_file      secrets/channel.token;
        }
    }

    server {
        listen 127.0.0.1:8080;
        listen 127.0.0.1:8081 http2 sndbuf=4k;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location /v1/       { parley_api; }
        location = /metrics { parley_metrics; }
    }
}

EOC

my $store = Parley::Store->new($t->testdir());
$t->run();
wa_post([ wa_text('wamid.0', '34600000001', 'zero') ]);
wait_for { $store->folded() };
my $key = $store->key(qw/ demo agent /);
my $said = 0;

###############################################################################

# HTTP/2: a stream that is cancelled while its frames wait for the socket

my $h2 = h2_open(4096);
h2_get($h2, 1, '/v1/events?types=message');
wait_for { h2_read($h2); ($h2->{data}{1} // '') =~ /^id: evt_/m };
is($h2->{status}{1}, "\x88", 'a stream over HTTP/2');
much(30);
wait_for { metric('parley_events_total') >= 15 };
cmp_ok(metric('parley_events_total'), '>=', 15, 'events are queued');

h2_frame($h2, 3, 0, 1, pack 'N', 8);                # RST_STREAM, CANCEL
wait_for { metric('parley_events_clients') == 0 };
is(metric('parley_events_clients'), 0, 'its client is gone');

my $other = Parley::Live->new(port => port(8080), key => $key)->open();
wait_for { $other->read(); defined $other->id() };
much(30);
wait_for { $other->read(); $other->texts() == 30 };
is(scalar($other->texts()), 30, 'another one is told');

h2_frame($h2, 6, 0, 0, 'are you ');                 # PING, behind the frames
wait_for { h2_read($h2); $h2->{pong} || $h2->{closed} };
ok($h2->{pong}, 'the connection goes on');
is(wrong($h2->{data}{1}), '', 'what was queued was written as it was');
close $h2->{socket};

# A real client that does not read, when its worker is told to exit

my $file = $t->testdir() . '/curl.out';
my $curl = Parley::Process->start('curl', { log => "$file.err" }, 'curl',
    '-sN', '--http2-prior-knowledge', '-o', $file, '-H',
    "Authorization: Bearer $key", '-H', 'Last-Event-ID: evt_0',
    'http://127.0.0.1:' . port(8081) . '/v1/events?types=message');
wait_for { -s $file };
$curl->signal('STOP');
my ($told, $since) = (0, time());
while ($said < 600 && time() - $since < 2) {
    much(60);
    wait_for { $store->folded() };
    ($told, $since) = (metric('parley_events_total'), time())
        if metric('parley_events_total') > $told;
}
my @old = $t->workers();
$t->reload();
wait_for { grep { $_ != $old[0] } $t->workers() };
sleep 0.8;                                          # its clients are ended
$curl->signal('CONT');
wait_for { !$curl->alive() };
ok(!$curl->alive(), 'curl is ended');
my $out = slurp($file);
like($out, qr/^id: evt_/m, 'it heard something');
is(wrong($out), '', 'and that is right to its end');

# clients that are gone before their stream begins

for (1 .. 60) {
    my $s = IO::Socket::INET->new(Proto => 'tcp', PeerAddr => '127.0.0.1',
        PeerPort => port(8080)) or next;
    setsockopt($s, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
    my $wait = $_ % 2 ? '' : '?format=json&wait=60';
    $s->syswrite("GET /v1/events$wait HTTP/1.1\r\nHost: localhost\r\n"
        . "Authorization: Bearer $key\r\n\r\n");
    sleep 0.0001 * ($_ % 10);
    close $s;
}
$other->close();
wait_for { metric('parley_events_clients') == 0 } 20;
is(metric('parley_events_clients'), 0, 'none of them is kept');

# who asks a worker that is to exit is told when to come to another

my $last = http_start("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n");
my %was = map { $_ => 1 } $t->workers();
wait_for { $t->workers() == 1 };
$t->reload();
wait_for { grep { !$was{$_} } $t->workers() };
sleep 0.3;
$last->syswrite("Authorization: Bearer $key\r\n\r\n");
like(http_end($last), qr!^HTTP/1.1 200 .*event-stream.*^retry: \d+\r?$!ms,
    'a worker that is to exit says when to come again');

# HEAD

my $head = http("HEAD /v1/events HTTP/1.1\r\nHost: localhost\r\n"
    . "Connection: close\r\nAuthorization: Bearer $key\r\n\r\n");
is(http_status($head), 200, 'HEAD is answered');
like($head, qr/\r\n\r\n\z/, 'by a head alone');

###############################################################################

# n messages of 3,000 bytes
sub much {
    my ($n) = @_;
    wa_post([ map { wa_text('wamid.' . ++$said, '34600000001',
        "$said " . 'x' x 3000) } 1 .. $n ]);
}

# The first block of a stream that is none; the last one may be cut.
sub wrong {
    my ($stream) = @_;
    my @blocks = split /\n\n/, $stream, -1;
    pop @blocks;
    for my $block (@blocks) {
        next if $block =~ /^(:|retry: \d+|(:\n)?id: evt_\d+)$/;
        my ($id, $type, $data) =
            $block =~ /^id: (\S+)\nevent: (\S+)\ndata: (.*)$/
            or return substr $block, 0, 200;
        my $event = eval { decode_json($data) } or return "no JSON: $id";
        return "no $type: $id" if $event->{type} ne $type
            || $event->{id} ne $id;
    }
    return '';
}

sub metric {
    my ($name) = @_;
    my ($value) = http_get('/metrics') =~ /^$name (\d+)/m;
    return $value;
}

###############################################################################

# As little of HTTP/2 as a client needs that is worse than any real one.

sub h2_open {
    my ($room) = @_;
    my $s = IO::Socket::INET->new(Proto => 'tcp') or die "$!\n";
    setsockopt($s, SOL_SOCKET, SO_RCVBUF, pack('i', $room));
    connect($s, Socket::pack_sockaddr_in(port(8081),
        Socket::inet_aton('127.0.0.1'))) or die "$!\n";
    my $h2 = { socket => $s, raw => '', data => {}, status => {} };
    $s->syswrite("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    h2_frame($h2, 4, 0, 0, pack 'nN', 4, 0x7fffffff);   # of a stream
    h2_frame($h2, 8, 0, 0, pack 'N', 0x7fff0000 - 1);   # of the connection
    $s->blocking(0);
    return $h2;
}

sub h2_frame {
    my ($h2, $type, $flags, $stream, $body) = @_;
    $h2->{socket}->syswrite(substr(pack('N', length $body), 1)
        . pack('CCN', $type, $flags, $stream) . $body);
}

sub h2_get {
    my ($h2, $stream, $path) = @_;
    my $name = sub { chr(length $_[0]) . $_[0] };
    my $value = sub {
        my $n = length $_[0];
        return ($n < 127 ? chr $n : chr(127) . chr($n - 127)) . $_[0];
    };
    h2_frame($h2, 1, 5, $stream, "\x82\x86\x01" . $value->('localhost')
        . "\x04" . $value->($path)
        . "\0" . $name->('authorization') . $value->("Bearer $key"));
}

sub h2_read {
    my ($h2) = @_;
    while (1) {
        my $n = $h2->{socket}->sysread($h2->{raw}, 65536, length $h2->{raw});
        last if !defined $n && $!{EAGAIN};
        $h2->{closed} = 1, last if !$n;
    }
    while (length $h2->{raw} >= 9) {
        my ($len, $type, $flags, $stream) = unpack 'NCCN',
            "\0" . substr $h2->{raw}, 0, 9;
        last if length $h2->{raw} < 9 + $len;
        my $body = substr $h2->{raw}, 9, $len;
        substr($h2->{raw}, 0, 9 + $len) = '';
        $h2->{data}{$stream} .= $body if $type == 0;
        $h2->{status}{$stream} //= substr $body, 0, 1 if $type == 1;
        $h2->{pong} = 1 if $type == 6 && $flags & 1;
        h2_frame($h2, 4, 1, 0, '') if $type == 4 && !($flags & 1);
    }
}
