#!/usr/bin/perl

# Tests for kill -9 of everything at a random moment of load, again and
# again: every webhook that was answered 200 is there, none has two effects,
# the store opens without repair, and a replay gives the same state.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep /;

use lib 'lib';
use Parley::Load;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $rounds = $ENV{PARLEY_ROUNDS} // (slow() ? 200 : 10);
my $t = Parley::Nginx->new()->plan(9);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%
worker_processes 2;

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
            rate            1000;
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
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
my (@acked, @unsound);

###############################################################################

# A sender is there in two rounds of three: in the third a worker folds.
for my $round (1 .. $rounds) {
    $t->run();
    wait_for { exists $store->status()->{next} } if $round == 1;
    $sender->start() if $round % 3;
    my $load = Parley::Load->start($dir, connections => 16, seconds => 60,
        rate => 1500, contacts => 20_000, dup => 10, statuses => 10,
        text => 'hello');
    sleep 0.3 + rand 1.2;

    $t->kill9();
    $sender->kill9();
    $load->stop();
    push @acked, $load->acked();

    # it opens as it is, and nothing in it contradicts anything else
    my ($status, $out, $err) = $store->ctl('check');
    push @unsound, "round $round: $out$err" if $status != 0;
}

is(join("\n", @unsound), '', 'the store opens without repair');
cmp_ok(scalar @acked, '>', 20 * $rounds, scalar(@acked) . ' were answered');

# once more, to the end

$t->run();
$sender->run();
wait_for { $store->folded() && $store->rows('outbox') == 0
    && $store->rows('attempts') == 0 } 600;

my (%in, %posts);
$in{$_}++ for $store->provider_ids('in');
is(join(' ', grep { !$in{$_} } @acked), '', 'every one is there');
is(join(' ', grep { $in{$_} > 1 } keys %in), '', 'none is there twice');

# One reply for each, at most one POST for each reply, and none without a
# POST but those that are unknown or dead.

my $out = () = $store->provider_ids('out');
is($out, scalar keys %in, 'one reply for each');
$posts{$_->{opaque}}++ for $provider->requests();
is(join(' ', grep { $posts{$_} > 1 } keys %posts), '', 'none is sent twice');
cmp_ok(keys(%posts) + $store->rows('unknown') + $store->rows('dead'), '>=',
    $out, 'none is lost');

my ($status, $said) = $store->ctl('check');
is($status, 0, 'nothing inconsistent') or diag($said);

$sender->stop();
$t->stop();
($status, $said) = $store->ctl('replay', "$dir/replay");
is($status, 0, 'replay gives the same') or diag($said);

###############################################################################
