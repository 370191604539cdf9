#!/usr/bin/perl

# Tests that a backlog is folded by whoever is left: by new workers when the
# one that folded exits, by workers when the sender dies; without a request.

###############################################################################

use warnings;
use strict;

use Fcntl;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant BODIES => 6;
use constant MESSAGES => 9000;

###############################################################################

my $t = Parley::Nginx->new()->plan(10);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%
worker_processes 2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
    }
}

EOF

my $store = Parley::Store->new($dir);
my $n = 0;

###############################################################################

# the worker that folds exits

$t->run();
is(backlog(), BODIES, 'a backlog');
$t->reload();
ok(drained(), 'goes on after a reload');

# the sender dies; it is stopped first, so that it has folded nothing

my $sender = Parley::Sender->new($dir, '--hold')->run();
wait_for { $store->folded() };
kill 'STOP', $sender->pid();
is(backlog(), BODIES, 'a backlog');
ok(!$store->folded(), 'is the sender\'s');
$sender->kill9();
ok(drained(), 'goes on without it');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');

# what a sender tells of it, also while it is another that folds

my $lock = hold_fold();
is(backlog(), BODIES, 'a backlog');
$sender->start();
wait_for { $sender->metric('parley_sender_journal_lag') };
is($sender->metric('parley_sender_journal_lag'), $store->status()->{lag},
    'the sender tells of it');
close $lock;
ok(drained(), 'goes on');
is(wait_for { $sender->metric('parley_sender_journal_lag') == 0 }, 1,
    'the sender tells of that');
$sender->stop();

###############################################################################

# how many bodies were taken
sub backlog {
    my @bodies = map { wa_body(wa_change({ messages => [ map {
        wa_text('wamid.' . $n, sprintf('346%08d', $n++), 'x') }
        1 .. MESSAGES ] })) } 1 .. BODIES;
    return scalar grep { wa_post($_) =~ / 200 / } @bodies;
}

# the fold's lock, until it is closed: an open file description's own
sub hold_fold {
    open my $fh, '+<', "$dir/store/fold.lock" or die "no lock file: $!\n";
    my $flock = pack 's s x4 q q i x4', F_WRLCK, 0, 0, 0, 0;
    wait_for { fcntl $fh, 37, $flock } or die "cannot lock: $!\n";
    return $fh;
}

# a minute without progress is the end
sub drained {
    my ($lag, $since) = (-1, time());
    while (time() - $since < 60) {
        my $now = $store->status()->{lag} // -1;
        return 1 if $now == 0;
        ($lag, $since) = ($now, time()) if $now != $lag;
        select undef, undef, undef, 0.5;
    }
    return 0;
}

###############################################################################
