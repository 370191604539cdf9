#!/usr/bin/perl

# Tests for a clock that is set while messages wait to be sent: an hour
# forward, an hour back, and to and fro; each leaves once and in order, and
# nothing waits until a clock that was set back has caught up.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Clock;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;

use constant { HOUR => 3600 };

###############################################################################

my $t = Parley::Nginx->new()->has('bin:cc')->plan(15);
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
    }

    server {
        listen 127.0.0.1:8080;

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

###############################################################################

# forward: what it passed is due at once, the rest is not

later('forward_2', 50 * 60);
later('forward_1', 10 * 60);
later('tomorrow', 24 * HOUR);
is(names(), '', 'nothing is due');
$clock->turn(HOUR);
wait_for { $provider->accepted() == 2 };
is(names(), 'forward_1 forward_2', 'an hour forward: both, in order');
is(scalar(() = $store->all('scheduled')), 1, 'and no other');

# back, with nothing else to do: it takes twice as long, and not an hour

$store->ctl('scheduled', 'cancel', later('none', HOUR)->{id});
my $began = time();
later('back', 4);
$clock->turn(-HOUR());
wait_for { names() =~ /back/ } 600;
like(names(), qr/ back$/, 'an hour back: it is sent');
cmp_ok(time() - $began, '<', HOUR / 4, 'without waiting for the clock');
cmp_ok(time() - $began, '>=', 3, 'and not before its time');

# a sender that starts while the clock is behind

later('started', 4);
$sender->kill9();
$sender->run();
wait_for { names() =~ /started/ } 600;
like(names(), qr/ started$/, 'by a sender that starts meanwhile, too');

# to and fro while one after the other is due

later("fro_$_", $_) for 1 .. 6;
for (1 .. 4) {
    $clock->turn($_ % 2 ? HOUR : -HOUR());
    sleep 0.5;
}
wait_for { (() = names() =~ /fro/g) == 6 } 600;
like(names(), qr/ fro_1 fro_2 fro_3 fro_4 fro_5 fro_6$/,
    'to and fro: each, in order');

my %posts;
$posts{$_->{opaque}}++ for $provider->requests();
is(join(' ', grep { $posts{$_} > 1 } keys %posts), '', 'none twice');

my @journal = $store->all(qw/ journal --from 1 /);
cmp_ok(scalar(grep { $_->{command}{clock_step} } @journal), '>=', 2,
    'steps are in the journal');
my ($last, @back) = (0);
for my $e (@journal) {
    push @back, $e->{entry} if $e->{time_ms} < $last;
    $last = $e->{time_ms};
}
is("@back", '', 'whose time never runs back');
is(scalar(grep { $_->{command}{timer_due}
    && $_->{time_ms} < $_->{command}{timer_due}{due_ms} } @journal), 0,
    'and no timer fired before its time by it');

# a pause for a time shorter than the journal is ahead of the clock

my ($pause) = $store->json(qw/ pause channel demo main --for 10m /);
is($pause->{verdict}, 'paused', 'a pause counts from the journal\'s time');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');

###############################################################################

sub later {
    my ($name, $seconds) = @_;
    my ($row) = $store->json(qw/ send demo main 34600000001 --template /,
        $name, qw/ --language es_ES --at /, "+${seconds}s");
    return $row;
}

# the templates that were sent, in order
sub names {
    return join ' ', map { decode_json($_->{body})->{template}{name} }
        $provider->requests();
}

###############################################################################
