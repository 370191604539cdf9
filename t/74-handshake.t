#!/usr/bin/perl

# Tests for pace where connections have to be made first, and that takes its
# time: by the sender's own stamps no second has more than the rate, also when
# those that waited for a handshake go on the wire together; over HTTP/1.1,
# and over HTTP/2, where one connection carries them all.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep /;

use lib 'lib';
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;
use Parley::Wire;

# messages of each channel; its rate; channels by the settings
use constant { MANY => 60, RATE => 10, H1 => 1, H2 => 2 };

###############################################################################

my $t = Parley::Nginx->new()->has('perl:IO::Socket::SSL')->plan(11);
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
        channel h1 whatsapp {
            phone_number_id 1001;
            token_file      secrets/channel.token;
            api_base_url    https://127.0.0.1:8081;
            api_connect_timeout 60s;
            api_timeout     90s;
            rate            10;
        }
        channel h2 whatsapp {
            phone_number_id 1002;
            token_file      secrets/channel.token;
            api_base_url    https://127.0.0.1:8082;
            api_connect_timeout 60s;
            api_timeout     90s;
            rate            10;
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

my $peer = Parley::Wire::certificate($dir, 'peer', [ IP => '127.0.0.1' ]);
my $wire = Parley::Wire->new($dir)->run(\&play,
    port(8081) => { %$peer, SSL_alpn_protocols => [ 'http/1.1' ],
        later => 1 },
    port(8082) => { %$peer, SSL_alpn_protocols => [ 'h2' ], later => 1 });

$t->expect(qr/connect\(\) to unix:.*sender\.sock failed/);
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };

ask(1001, 1000);
ask(1002, 2000);
wait_for { $store->rows('outbox') == 2 * MANY };

my $sender = Parley::Sender->new($dir, '--ca-file', "$dir/peer.crt",
    '--trace-departures', "$dir/left")->run();

###############################################################################

# their time comes, and nothing can leave

wait_for { came(8081) && came(8082) };
sleep 3.5;
is(left(H1) + left(H2), 0, 'nothing is on the wire');
cmp_ok(came(8081), '<=', RATE, 'no more wait for it than the rate');

# the handshakes go on

$t->write_file('up', '');
wait_for { $store->rows('outbox') == 0 && $store->rows('attempts') == 0 };

for my $channel ([ H1, 8081, 'HTTP/1.1' ], [ H2, 8082, 'HTTP/2' ]) {
    my ($id, $port, $name) = @$channel;
    my @left = left($id);
    my %got;
    $got{$_->{to}}++ for grep { $_->{port} == port($port) }
        $wire->requests();
    is(scalar(@left), MANY, "$name: each left once");
    is(scalar(grep { $_ == 1 } values %got), MANY, 'and is there once');
    cmp_ok(most(@left), '<=', RATE + 1, 'no second has more than the rate');
}

is($store->rows('unknown'), 0, 'nothing is in doubt');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');

###############################################################################

sub play {
    my ($c) = @_;
    $c->note({ came => 1 });
    sleep 0.02 until -e "$dir/up";
    $c->secure() or return;

    if ($c->port() == port(8081)) {
        while (my $r = $c->request()) {
            $c->answer($c->taken($r));
        }
        return;
    }

    $c->h2() or return;
    while (my $r = $c->stream()) {
        $c->answer2($r->{stream}, $c->taken($r));
    }
}

# connections to a port so far
sub came {
    my ($port) = @_;
    return scalar grep { $_->{came} && $_->{port} == port($port) }
        $wire->book();
}

# each of whom writes once to a number
sub ask {
    my ($number, $first) = @_;
    my $answer = wa_post(wa_body(wa_change({ messages => [ map {
        wa_text("wamid.$number.$_", "3460000$_", "order $_")
    } $first .. $first + MANY - 1 ] }, $number)));
    die "refused: $answer\n" if http_status($answer) != 200;
}

# when attempts went on the wire on a channel, in seconds
sub left {
    my ($channel) = @_;
    return map { $_->[0] / 1e6 } grep { $_->[2] == $channel }
        map { [ split / / ] } grep { /\n\z/ } split /^/, slurp("$dir/left");
}

# the most of these within a second
sub most {
    my @stamps = @_;
    my ($from, $most) = (0, 0);
    for my $i (0 .. $#stamps) {
        $from++ while $stamps[$from] <= $stamps[$i] - 1;
        $most = $i - $from + 1 if $i - $from + 1 > $most;
    }
    return $most;
}

###############################################################################
