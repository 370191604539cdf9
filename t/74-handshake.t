#!/usr/bin/perl

# Tests for pace where connections have to be made first, and that takes its
# time: by the sender's own stamps no second has more than the rate, also when
# those that waited for a handshake go on the wire together, and the sender is
# killed then; over HTTP/1.1, and over HTTP/2, where one connection carries
# them all. And a channel whose connections hang, or whose rate is low, takes
# nothing from its tenant's others.

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
use constant { MANY => 60, RATE => 10, H1 => 1, H2 => 2, LOW => 4,
    WELL => 5 };

###############################################################################

my $t = Parley::Nginx->new()->has('perl:IO::Socket::SSL')->plan(17);
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

    parley_tenant shared {
        rate 10;

        channel hangs whatsapp {
            phone_number_id 2001;
            token_file      secrets/channel.token;
            api_base_url    https://127.0.0.1:8083;
            api_connect_timeout 20s;
            api_timeout     30s;
        }
        channel low whatsapp {
            phone_number_id 2002;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8084;
            rate            1;
        }
        channel well whatsapp {
            phone_number_id 2003;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8084;
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
    port(8082) => { %$peer, SSL_alpn_protocols => [ 'h2' ], later => 1 },
    port(8083) => { %$peer, later => 1 }, port(8084) => undef);

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

# a kill when those that waited are on the wire: the next keeps to it as well

unlink "$dir/up" or die "cannot remove up: $!\n";
$sender->stop();
my @before = map { scalar left($_) } H1, H2;
my $came = came(8082);
ask(1001, 3000);
ask(1002, 4000);
$sender->run();
wait_for { came(8082) > $came };
sleep 1.5;
$t->write_file('up', '');
wait_for { left(H2) - $before[1] >= 5 };
$sender->kill9();
$sender->run();
wait_for { $store->rows('outbox') == 0 && $store->rows('attempts') == 0 };
cmp_ok(most(left($_)), '<=', RATE + 1, 'nor across a kill') for H1, H2;
my %got;
$got{$_->{to}}++ for $wire->requests();
is(scalar(grep { $_ > 1 } values %got), 0, 'nobody got it twice');
cmp_ok(keys(%got) + $store->rows('unknown'), '>=', 4 * MANY, 'all are out');

# a tenant's rate: what one channel cannot let leave is in nobody's way

ask(2001, 5000);
ask(2002, 6000);
ask(2003, 7000);
wait_for { left(WELL) == MANY };
my @well = left(WELL);
cmp_ok($well[-1] - $well[0], '<', 40, 'others go on beside those that wait');
cmp_ok(most(sort { $a <=> $b } left(WELL), left(LOW)), '<=', RATE + 1,
    'at no more than the tenant\'s rate');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');

###############################################################################

sub play {
    my ($c) = @_;
    $c->note({ came => 1 });

    if ($c->port() == port(8083)) {
        $c->hold();
        return;
    }

    if ($c->port() != port(8084)) {
        sleep 0.02 until -e "$dir/up";
        $c->secure() or return;
    }

    if ($c->port() != port(8082)) {
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
