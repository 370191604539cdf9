#!/usr/bin/perl

# Tests for pace: by the sender's own stamps, departures keep to the rates of
# channels and tenants in every sliding second, across restarts and a reload,
# and to what the provider lets go to one person.

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

# departures of "main" and "fast"; one person's; channels by the settings
use constant { SOME => 480, MANY => 3000, TO_ONE => 47,
    MAIN => 1, FAST => 2, SLOW => 3, SLOWER => 4 };

###############################################################################

my $t = Parley::Nginx->new()->plan(21);
my $dir = $t->testdir();

my $conf = <<'EOF';

%%TEST_GLOBALS%%
worker_processes 1;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 1001;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            80;
        }
        channel fast whatsapp {
            phone_number_id 1002;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
        flow greeting flows/greeting.json;
    }

    parley_tenant second {
        rate 30;

        channel slow whatsapp {
            phone_number_id 1003;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        channel slower whatsapp {
            phone_number_id 1004;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            10;
        }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;
        client_max_body_size 3m;

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

$t->write_file_expand('nginx.conf', $conf);
$t->expect(qr/connect\(\) to unix:.*sender\.sock failed/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };

# without a sender all that is asked for waits
ask(1001, 1000, SOME);
wait_for { $store->rows('outbox') == SOME };

my $sender = Parley::Sender->new($dir, '--trace-departures', "$dir/left");

###############################################################################

# 80 a second: TERM, a kill, and a reload fall into it

$sender->run();
wait_for { left(MAIN) >= 240 };
my @even = left(MAIN);
is($sender->stop(), 0, 'sender ends');
is($store->rows('attempts'), 0, 'what waited for its time is no attempt');
is($store->rows('unknown'), 0, 'and nothing is unknown');

$sender->run();
wait_for { left(MAIN) >= 320 };
$sender->kill9();
$sender->run();
wait_for { left(MAIN) >= 380 };
$t->reload();
wait_for { $store->rows('outbox') == 0 && $store->rows('attempts') == 0 };

my @main = left(MAIN);
cmp_ok(most(1, @main), '<=', 81, 'no second has more than 80, and one');
cmp_ok(most(2, @even), '>=', 0.97 * 2 * 80, 'while there is work it has 80');
cmp_ok(most(0.1, @even), '<=', 8 + 2, 'evenly');
my @gaps = sort { $a <=> $b } map { $even[$_] - $even[$_ - 1] } 1 .. $#even;
cmp_ok(abs($gaps[@gaps / 2] - 0.0125), '<', 0.0025, 'one in 12.5 ms');

my %got;
$got{$_->{to}}++ for $provider->accepted();
is(scalar(grep { $_ > 1 } values %got), 0, 'nobody got it twice');
cmp_ok(keys(%got) + $store->rows('unknown'), '>=', SOME, 'all are out');

# 1,000 a second: as many as this machine can, and never more

ask(1002, 5000, MANY);
wait_for { left(FAST) >= MANY } 240;
my @fast = left(FAST);
cmp_ok(most(1, @fast), '<=', 1001, 'no second has more than 1,000, and one');
is(scalar(@fast), MANY, 'each left once');

# a tenant's rate holds over its channels

ask(1003, 9000, 70);
ask(1004, 9100, 30);
wait_for { left(SLOW) + left(SLOWER) == 100 };
cmp_ok(most(1, sort { $a <=> $b } left(SLOW), left(SLOWER)), '<=', 31,
    'a tenant has one rate for all');
cmp_ok(most(1, left(SLOWER)), '<=', 11, 'and each channel its own');

# a rate that nginx.conf changes is followed

$t->write_file_expand('nginx.conf', $conf =~ s/rate( +)80;/rate${1}20;/r);
$t->reload();
ask(1001, 9200, 1);                     # the load's first entry brings it
wait_for { grep { $_->{channel} eq 'main' && $_->{rate_per_s} == 20 }
    $store->json('channels') };
my $before = left(MAIN);
ask(1001, 9300, 60);
wait_for { left(MAIN) - $before >= 60 };
@main = left(MAIN);
cmp_ok(most(1, @main[$before .. $#main]), '<=', 21, 'a reload sets the rate');

# one person: more than a burst, with a provider that counts, and a kill

$provider->script({ pair => [ 45, 6 ] });
my $asked = $provider->requests();
my $unknown = $store->rows('unknown');
wa_post(wa_body(wa_change({ messages => [ (map {
    wa_text("wamid.ONE.$_", '34600999999', "order $_") } 1 .. TO_ONE),
    wa_text('wamid.TWO', '34600999998', 'order 1') ] }, 1002)));
wait_for { to_one() >= 44 };
$sender->kill9();
$sender->run();
wait_for { to_one() + $store->rows('unknown') - $unknown >= TO_ONE };

my @rows = $provider->requests();
my ($two) = grep { $_->{to} =~ /34600999998/ } @rows;
cmp_ok($two->{n}, '<', (to_one())[-1]->{n}, 'others do not wait for a pair');
is(scalar(grep { !$_->{id} } @rows[$asked .. $#rows]), 0, 'none is refused');
my @order = map { $_->{text} =~ /(\d+)/ } to_one();
is("@order", join(' ', sort { $a <=> $b } @order), 'in order');
cmp_ok(scalar(@order), '>=', TO_ONE - 1, 'all of them');

# and where it counts otherwise than was thought

$provider->script({ match => '34600999997', times => 1, status => 400,
    code => 131056 });
wa_post(wa_body(wa_change({ messages => [ map {
    wa_text("wamid.THREE.$_", '34600999997', "order $_") } 1 .. 2 ] }, 1002)));
wait_for { grep { $_->{to} =~ /34600999997/ } $provider->accepted() };
my ($refused, $again) = grep { $_->{to} =~ /34600999997/ }
    $provider->requests();
cmp_ok($again->{time} - $refused->{time}, '>=', 5.5, 'a pair that is refused');
is($again->{text}, $refused->{text}, 'waits, and keeps its order');

wait_for { $store->rows('outbox') == 0 };
is($sender->stop(), 0, 'sender ends');

###############################################################################

# n people, each of whom writes once to a number
sub ask {
    my ($number, $first, $n) = @_;
    while ($n > 0) {
        my $some = $n < 1000 ? $n : 1000;
        my $answer = wa_post(wa_body(wa_change({ messages => [ map {
            wa_text("wamid.$number.$_", "3460000$_", "order $_")
        } $first .. $first + $some - 1 ] }, $number)));
        die "refused: $answer\n" if http_status($answer) != 200;
        ($first, $n) = ($first + $some, $n - $some);
    }
}

# when attempts left on a channel, in seconds
sub left {
    my ($channel) = @_;
    return map { $_->[0] / 1e6 } grep { $_->[2] == $channel }
        map { [ split / / ] } grep { /\n\z/ } split /^/, slurp("$dir/left");
}

# the most of these within so many seconds
sub most {
    my ($seconds, @stamps) = @_;
    my ($from, $most) = (0, 0);
    for my $i (0 .. $#stamps) {
        $from++ while $stamps[$from] <= $stamps[$i] - $seconds;
        $most = $i - $from + 1 if $i - $from + 1 > $most;
    }
    return $most;
}

sub to_one {
    return grep { $_->{to} =~ /34600999999/ } $provider->accepted();
}

###############################################################################
