#!/usr/bin/perl

# Tests for webhooks of accounts that nginx.conf does not have: until the store
# was asked they wait in a queue of their own, with a bound of its own, and
# nothing that nginx.conf explains waits behind them.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Store;
use Parley::Twilio;

###############################################################################

my $t = Parley::Nginx->new()->has('bin:strace')->plan(17);
my $dir = $t->testdir();
my $NOBODY = 'AC00000000000000000000000000000009';

$t->write_file('secrets/twilio.token', "$Parley::Twilio::TOKEN\n");
$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store        %%TESTDIR%%/store;
    parley_append_queue asks=4;
    parley_public_url   https://gw.example.com;

    parley_tenant demo {
        channel sms twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            +31620000000;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/twilio {
            parley_webhook     twilio;
            parley_retry_after 7;
        }
        location = /metrics {
            parley_metrics;
        }
    }
}

EOC

# One thread, which every commit holds for a second, so that those who ask
# have to wait.
$t->write_file('nginx.conf',
    $t->read_file('nginx.conf') =~ s/threads=4/threads=1/r);
$t->{wrapper} = [ qw[ strace -f -q -o /dev/null -e trace=fdatasync
    -e inject=fdatasync:delay_enter=1000000 ] ];
$t->run();
my $store = Parley::Store->new($dir);
like(http_end(start(form('SMx'))), qr/ 204 /, 'the store is open');

###############################################################################

# at the bound: each of them is asked about, whenever they come

my $sent = 0;
my @answers = burst(4);
is(count(401, @answers), 4, 'four of nobody\'s are asked about');
is(metric(), 0, 'none is refused');

# one past it: while the thread is held, which it may just not be

my @refused;
my $tries = 0;
wait_for {
    $tries++;
    @answers = burst(5);
    @refused = grep { / 503 / } @answers;
    scalar @refused;
};
is(count(401, @answers), 4, 'of five four are asked about');
is(scalar(@refused), 1, 'one is refused');
like($refused[0], qr/^Retry-After: 7\r/m, 'and told to come back');
is(metric(), 1, 'it is counted');

# many of them, and what nginx.conf explains: small, and too large for the
# event loop; while the thread is held, as above

my ($rounds, $small, $large, $forged) = (0);
wait_for {
    my $n = ++$rounds;
    my $first = start(form("SMy$n"));
    my @held = map { nobody() } 1 .. 20;
    my @ours = map { start(@$_) } [ form("SMs$n") ],
        [ form("SMl$n", padding => 'x' x 100_000) ],
        [ form("SMf$n", padding => 'x' x 100_000), 'another token' ];
    ($small, $large, $forged) = map { http_end($_) } @ours;
    @answers = map { http_end($_) } @held;
    http_end($first);
    count(503, @answers) > 0;
};
like($small, qr/ 204 /, 'a small one of ours is taken');
like($large, qr/ 204 /, 'and a large one');
like($forged, qr/ (?:401|503) /, 'but none that is forged');
is(count(401, @answers) + count(503, @answers), 20, 'none fails otherwise');
cmp_ok(count(401, @answers), '>=', 4, 'as many as fit are asked about');
cmp_ok(count(503, @answers), '>', 0, 'others are refused');
cmp_ok(metric(), '>', count(503, @answers), 'and counted');

# when they are gone

wait_for { $store->folded() };
like(http_end(start(form('SMf', padding => 'x' x 100_000), 'another token')),
    qr/ 401 /, 'a large one that is forged is asked about, too');
like(http_end(nobody()), qr/ 401 /, 'and one of nobody\'s');
is(scalar(grep { /^SM[sl]/ } $store->provider_ids('in')), 2 * $rounds,
    'ours are stored');

###############################################################################

# n of nobody's at once, while a commit holds the thread
sub burst {
    my ($n) = @_;
    my $first = start(form('SMx' . ++$sent));
    my @sockets = map { nobody() } 1 .. $n;
    my @got = map { http_end($_) } @sockets;
    http_end($first);
    return @got;
}

sub nobody { start(form('SM00', AccountSid => $NOBODY)) }

sub form {
    my ($id, %more) = @_;
    return tw_text($id, '+31612345678', '+31620000000', 'x', %more);
}

sub start {
    my ($form, $token) = @_;
    return http_start("POST /webhooks/twilio HTTP/1.0\r\n"
        . "Content-Type: application/x-www-form-urlencoded\r\n"
        . 'X-Twilio-Signature: ' . tw_sign("$Parley::Twilio::PUBLIC"
            . '/webhooks/twilio', $form,
            $form =~ /$NOBODY/ ? 'a token' : $token)
        . "\r\nContent-Length: " . length($form) . "\r\n\r\n$form");
}

sub count {
    my ($code, @got) = @_;
    return scalar grep { / $code / } @got;
}

sub metric {
    my ($n) = http_get('/metrics') =~ /^parley_asks_refused_total (\d+)/m;
    return $n // -1;
}

###############################################################################
