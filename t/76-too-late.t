#!/usr/bin/perl

# Tests for messages that expire between the decision to send them and their
# first byte: while they wait for their turn at their channel's rate, and
# while a connection takes its time to stand. None leaves too late, none is
# charged for it, and what is behind them goes on. Nor does one leave that was
# decided before a pause.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;
use Parley::Wire;

use constant STALL => 4;        # seconds, before a handshake goes on

###############################################################################

my $t = Parley::Nginx->new()->has('perl:IO::Socket::SSL')->plan(21);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store;

    parley_tenant demo {
        channel slow whatsapp {
            phone_number_id 1001;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1;
        }
        channel stalled whatsapp {
            phone_number_id 1002;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    https://127.0.0.1:8082;
            api_connect_timeout 60s;
            api_timeout     90s;
        }
    }

    parley_tenant other {
        channel stalled whatsapp {
            phone_number_id 2001;
            waba_id         2;
            token_file      secrets/channel.token;
            api_base_url    https://127.0.0.1:8082;
            api_connect_timeout 60s;
            api_timeout     90s;
        }
    }

    server {
        listen 127.0.0.1:8080;
    }
}

EOF

my ($plain, $tls) = (port(8081), port(8082));
my $wire = Parley::Wire->new($dir)->run(\&play, $plain => undef,
    $tls => { %{Parley::Wire::certificate($dir, 'peer',
        [ IP => '127.0.0.1' ])}, SSL_alpn_protocols => [ 'http/1.1' ],
        later => 1 });
my $store = Parley::Store->new($dir);
$t->run();
wait_for { $store->folded() };
my $sender = Parley::Sender->new($dir, '--ca-file', "$dir/peer.crt")->run();
my $person = 34600000000;

###############################################################################

# three at once at one a second: the third would leave after two seconds

my $late = time() + 1.7;
my @asked = bulk('slow', $late, 3);
my $behind = (bulk('slow', 0, 1))[0];
wait_for { came($behind) && $store->rows('outbox') == 0 };
my @came = grep { came($_) } @asked;
my @dead = $store->all('dead');
cmp_ok(scalar @came, '<', 3, 'one at least was too late');
is(@came + @dead, 3, 'what has not left is a dead letter');
is(join(' ', map { (came($_))[0]{time} - $late > 0.3
    ? (came($_))[0]{time} - $late : () } @came), '', 'none left too late');
is(join(' ', map { $_->{dead}{reason} . '/' . $_->{dead}{rule} } @dead),
    join(' ', ('expired/expired') x @dead), 'they have expired');
is(join(' ', map { $_->{dead}{effect}{attempts} // 0 } @dead),
    join(' ', (0) x @dead), 'and nothing was charged');
is(scalar(came($behind)), 1, 'what is behind them goes on');

# a handshake that stands still while its message expires

my ($stalled) = bulk('stalled', time() + 1, 1);
wait_for { $store->rows('dead') == @dead + 1 };
my ($letter) = grep { $_->{dead}{effect}{send_message}
    && $_->{dead}{effect}{channel} == 2 } $store->all('dead');
is($letter->{dead}{rule}, 'expired', 'it has expired');
my @tried = @{$letter->{dead}{effect}{tried} // []};
is($tried[-1]{reason}, 'it expired before it left', 'and says where');
is($tried[-1]{stage}, 'connecting', 'nothing had left');
is($store->rows('unknown'), 0, 'so nothing is in doubt');

# one that may leave does, however long that takes

my ($good) = bulk('stalled', time() + 600, 1);
wait_for { came($good) };
is(scalar(came($good)), 1, 'another leaves over such a connection');
is(scalar(came($stalled)), 0, 'the one that was late never did');

# a pause: once it has answered nothing leaves, also of what had begun

my @paused = bulk('slow', 0, 4);
wait_for { came($paused[0]) };
is(($store->ctl(qw/ pause channel demo slow /))[0], 0, 'paused');
my $paused = time();
sleep 3;
is(scalar(grep { $_->{time} > $paused + 0.3 } map { came($_) } @paused), 0,
    'nothing leaves after that');
is(($store->ctl(qw/ resume channel demo slow /))[0], 0, 'resumed');
wait_for { $store->rows('outbox') == 0 };
is(join(' ', map { scalar came($_) } @paused), '1 1 1 1', 'each goes, once');

# whoever pauses over and over takes back what is its own, and no other's

my $storm = time();
my ($theirs) = bulk('stalled', time() + 600, 1, 'other');
my $bad = 0;
while (!came($theirs) && time() < $storm + 5 * STALL) {
    $bad += ($store->ctl($_, qw/ channel demo slow /))[0] != 0
        for qw/ pause resume /;
}
is($bad, 0, 'paused and resumed over and over');
is(scalar(came($theirs)), 1, 'another tenant\'s leaves meanwhile');

wait_for { $store->rows('attempts') == 0 };
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');
is(($store->ctl('replay', "$dir/again"))[0], 0, 'a replay is the same');

###############################################################################

sub play {
    my ($c) = @_;

    if ($c->port() == $tls) {
        sleep STALL;
        $c->secure() or return;
    }

    while (my $r = $c->request()) {
        $c->answer($c->taken($r));
    }
}

sub came {
    my ($to) = @_;
    return grep { $_->{to} eq $to } $wire->requests();
}

# Asks for a template to so many people at once; to whom.
sub bulk {
    my ($channel, $expires, $n, $tenant) = @_;
    my @t = gmtime($expires);
    my $when = sprintf '%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', $t[5] + 1900,
        $t[4] + 1, @t[3, 2, 1, 0], ($expires - int $expires) * 1000;
    my @to = map { ++$person } 1 .. $n;
    $t->write_file('bulk', join '', map { qq({"to":"+$_",)
        . ($expires ? qq("expires":"$when",) : '') . qq("content":{)
        . qq("type":"template","template":{"name":"a","language":"es_ES"}}})
        . "\n" } @to);
    my ($status, $out, $err) = $store->ctl('send', 'batch',
        $tenant // 'demo', $channel, "$dir/bulk");
    die "send batch: $out$err" if $status != 0;
    return @to;
}

###############################################################################
