#!/usr/bin/perl

# Tests for messages that were held for longer than any of them may be tried:
# by a token that has expired, and by a person. What ends the hold finds them
# as they were, whatever befalls each at its first attempt.

###############################################################################

use warnings;
use strict;

use POSIX qw/ strftime /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Clock;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant HOUR => 3600;

###############################################################################

my $t = Parley::Nginx->new()->has('bin:cc')->plan(21);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_journal_keep 90d;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 1001;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
            retry           transient first=1s factor=1 max=1s;
            retry           throttle first=1s factor=1 max=1s;
            retry           account first=1s factor=1 max=1s;
        }
        channel slow whatsapp {
            phone_number_id 1002;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1;
        }
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
my $clock = Parley::Clock->new($dir);
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
my @people = map { "3460000000$_" } 1 .. 4;
my @slow = map { "3460000001$_" } 1 .. 4;
my $said = 0;
listen_to_all();

###############################################################################

# a token that has expired, for more than a day

$provider->script({ status => 401, code => 190 });
ask('main', $_, "token $_") for @people;
wait_for { held() };
ok(held(), 'the channel is held');
pass_time(25);
is($store->rows('dead'), 0, 'none has failed');

# it is good again, and each meets something that passes

$provider->script(
    { match => "token $people[0]", status => 429, code => 130429,
        times => 1 },
    { match => "token $people[1]", status => 429, code => 131056,
        times => 1 },
    { match => "token $people[2]", status => 503, times => 1,
        type => 'text/html', body => 'busy' });
wait_for { $clock->turn(60); sleep 1; took('token') == @people };
is(took('token'), scalar @people, 'all of them leave');
is($store->rows('dead'), 0, 'none is a dead letter');

# a pause of as many days as --for was told

$provider->script({ match => 'paused', status => 503, times => 2 });
my ($status) = $store->ctl(qw/ pause channel demo main --for 9d /);
is($status, 0, 'paused for nine days');
ask('main', $_, "paused $_") for @people;
pass_time(9 * 24 + 1);
wait_for { took('paused') == @people };
is(took('paused'), scalar @people, 'all leave when it ends');
is($store->rows('dead'), 0, 'none is a dead letter');

# a sender that ends while they wait for their turn, and starts anew

($status) = $store->ctl(qw/ pause channel demo slow /);
is($status, 0, 'paused');
ask('slow', $_, "slow $_") for @slow;
pass_time(25);
($status) = $store->ctl(qw/ resume channel demo slow /);
is($status, 0, 'resumed');
wait_for { $store->rows('attempts') > 0 || took('slow') };
is($sender->stop(), 0, 'the sender ends');
is($store->rows('dead'), 0, 'none is a dead letter');
is(took('slow') + $store->rows('outbox'), scalar @slow,
    'what has not left is in the outbox');
$sender->run();
wait_for { took('slow') == @slow };
is(took('slow'), scalar @slow, 'and leaves with the next');

# a person's own time is kept all the same

$store->ctl(qw/ pause channel demo main /);
ask('main', $people[0], 'kept', '--expires', '+2d');
ask('main', $people[1], 'late', '--expires', '+1h');
pass_time(25);
$store->ctl(qw/ resume channel demo main /);
wait_for { took('kept') && $store->rows('dead') };
is(took('kept'), 1, 'one that may still leave does');
is(took('late'), 0, 'one that has expired does not');
my ($dead) = $store->all('dead');
is("$dead->{dead}{reason} $dead->{dead}{rule}", 'policy expired',
    'it is a dead letter, and says so');

# a time of the provider's is held against the machine's clock, though the
# journal's has gone ahead of it

$clock->turn(2 * HOUR);
listen_to_all();
$clock->turn(-2 * HOUR);
my $back = int($clock->now() / 1000) + 12;
$provider->script({ match => 'dated', status => 429, times => 1,
    type => 'text/html', body => 'x', headers => { 'Retry-After' =>
        strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime($back)) } });
ask('main', $people[3], 'dated');
wait_for { took('dated') };
my ($dated) = grep { ($_->{text} // '') eq 'dated' } $provider->accepted();
cmp_ok($dated->{time} + $clock->now() / 1000 - time(), '>=', $back - 1,
    'not before the time that it said');

my %times;
$times{$_->{text}}++ for $provider->accepted();
is(scalar(grep { $_ != 1 } values %times), 0, 'each was taken once');

is($sender->stop(), 0, 'sender ends');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
my ($replayed, @told) = $store->ctl('replay', "$dir/again");
is($replayed, 0, 'a replay is the same') or diag(@told);

###############################################################################

sub held {
    return scalar grep { $_->{cause} eq 'account' } $store->all('holds');
}

# how many of these the provider has taken
sub took {
    my ($text) = @_;
    return scalar grep { ($_->{text} // '') =~ /^$text/ }
        $provider->accepted();
}

sub ask {
    my ($channel, $to, $text, @more) = @_;
    my ($code, $out, $err) = $store->ctl('send', 'demo', $channel, "+$to",
        '--text', $text, @more);
    die "send: $out$err" if $code != 0;
}

# so many hours; whoever is written to speaks within each day
sub pass_time {
    my ($hours) = @_;

    while ($hours > 0) {
        my $step = $hours < 20 ? $hours : 20;
        $clock->turn($step * HOUR);
        listen_to_all();
        $hours -= $step;
    }
}

sub listen_to_all {
    listen_to($_, '1001') for @people;
    listen_to($_, '1002') for @slow;
    wait_for { $store->folded() };
}

sub listen_to {
    my ($from, $channel) = @_;
    wa_post(wa_body(wa_change({ messages => [ wa_text('wamid.in.' . $said++,
        $from, 'Hello', timestamp => '' . int($clock->now() / 1000)) ] },
        $channel)));
}

###############################################################################
