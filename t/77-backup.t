#!/usr/bin/perl

# Tests for backups of a store in use and for compacting one that is not:
# the copy opens, holds together and replays to the same state; one that is
# killed or finds no room leaves nothing that looks like a backup.

###############################################################################

use warnings;
use strict;

use Digest::SHA;
use JSON::PP;
use Test::More;
use Time::HiRes qw/ sleep /;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Load;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new()->plan(45);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'CONF');

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

CONF

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();

###############################################################################

# a store in use

my $load = Parley::Load->start($dir, connections => 16, seconds => 600,
    rate => 1000, contacts => 200, dup => 10, statuses => 10, text => 'hello');
wait_for { $store->rows('messages') > 500 };

for my $how ([], [ '--compact' ]) {
    my $copy = "$dir/backup" . @$how;
    my ($status, $said, $err) = $store->ctl('--json', 'backup', @$how, $copy);
    is($status, 0, "a copy of a store in use @$how") or diag($err);
    ok(!-e "$copy.tmp", 'nothing beside it');

    my $row = decode_json(slurp("$copy/backup.json"));
    is_deeply($row, decode_json($said), 'says what it is');
    cmp_ok($row->{folded}, '<', $row->{next}, 'the journal reaches further');
    is(join(' ', map { $_->{sha256} } @{$row->{files}}),
        join(' ', map { Digest::SHA->new(256)->addfile("$copy/$_->{name}")
            ->hexdigest() } @{$row->{files}}), 'with digests of its files');
    is(join(' ', sort map { s!^\Q$copy\E/!!r } glob("$copy/* $copy/*/*")),
        'backup.json journal journal/data.mdb state state/data.mdb',
        'and nothing else in it');

    my $other = Parley::Store->new($dir, 'backup' . @$how);
    my $stands = $other->status();
    is($stands->{folded}, $row->{folded}, 'it opens where it stands');
    is($stands->{items}, 0, 'between two entries');
    is(($other->ctl('check'))[0], 0, 'nothing inconsistent');
    ($status, $said) = $other->ctl('replay', "$copy.replay");
    is($status, 0, 'it replays to the same state') or diag($said);
}

# what is there stays, and one that is killed is none

my ($status, $said, $err) = $store->ctl('backup', "$dir/backup0");
is($status, 1, 'never over another');
like($err, qr!\Q$dir/backup0\E!, 'and where');

my $named = 0;
for my $round (1 .. 15) {
    my $dest = "$dir/killed$round";
    my $p = Parley::Process->start('parleyctl',
        { log => "$dir/killed.log" }, build_dir() . '/parleyctl', '--store',
        "$dir/store", 'backup', $dest);
    wait_for { -e "$dest.tmp" || -e $dest };
    sleep rand 0.002 * $round;
    $p->kill9();
    $named++ if -e $dest && !-e "$dest/backup.json";
}
is($named, 0, 'none of those that were killed looks like a backup');
($status) = $store->ctl('backup', "$dir/killed1") if !-e "$dir/killed1";
is(-e "$dir/killed1/backup.json" ? 0 : 1, 0, 'what one left is cleared away');

mkdir "$dir/odd.tmp" or die $!;
$t->write_file('odd.tmp/mine', '');
($status, $said, $err) = $store->ctl('backup', "$dir/odd");
is($status, 1, 'what is none of a backup\'s stays');
ok(-e "$dir/odd.tmp/mine" && !-e "$dir/odd", 'as it was');

# no room: a limit on the size of files is met as a full disk is

($status, $err) = limited(64, 'backup', "$dir/full");
is($status, 1, 'no room for the copy');
like($err, qr!\Q$dir/full.tmp\E/state/data\.mdb: cannot write!, 'and where');
is(join(' ', glob("$dir/full*")), '', 'nothing is left of it');

# the key goes along when it is asked for

is(($store->ctl('backup', '--with-key', "$dir/keyed"))[0], 0, 'with the key');
is(slurp("$dir/keyed/key"), slurp("$dir/store/key"), 'which is the same');
is((stat "$dir/keyed/key")[2] & 07777, 0600, 'for its owner alone');

# a compaction waits for nobody

($status, $said, $err) = $store->ctl('compact');
is($status, 1, 'no compaction of a store in use');
like($err, qr/in use/, 'and why');

$load->stop();
wait_for { $store->folded() };
($status, $said, $err) = $store->ctl('audit');
is($status, 0, 'all that was taken is there') or diag($said . $err);
$sender->stop();
$t->stop();

# killed anywhere, it is a store with all that was in it

my $before = $store->status();
for my $round (1 .. 20) {
    my $p = Parley::Process->start('parleyctl',
        { log => "$dir/compact.log" }, build_dir() . '/parleyctl', '--store',
        "$dir/store", 'compact');
    sleep rand 0.02 * (1 + $round % 5);
    $p->kill9();
}
($status, $said, $err) = $store->ctl('compact');
is($status, 0, 'compacted') or diag($err);
is(slurp_names("$dir/store/state"), 'data.mdb lock.mdb', 'nothing is left');
my $after = $store->status();
is_deeply($after->{tables}, $before->{tables}, 'every row is there');
is($after->{next}, $before->{next}, 'every entry too');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');

$t->run();
$sender->run();
wait_for { $store->folded() };
is(($store->ctl('check'))[0], 0, 'it goes on');

$sender->stop();
$t->stop();

# a backup in the store's place: what waits in it is seen first, then sent

my $row = decode_json(slurp("$dir/keyed/backup.json"));
rename "$dir/store", "$dir/store.aside" or die $!;
rename "$dir/keyed", "$dir/store" or die $!;
my $sent = () = $provider->requests();
my $held = Parley::Sender->new($dir, '--hold');
$t->run();
$held->run();
wait_for { $store->folded() };
is($store->status()->{journal}, $row->{journal}, 'restored');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is(scalar(() = $provider->requests()), $sent, 'nothing is sent');
$held->stop();
$sender->run();
wait_for { $store->rows('outbox') == 0 && $store->rows('attempts') == 0 };
is($store->rows('outbox'), 0, 'and then all is');
$sender->stop();
$t->stop();

###############################################################################

# with a limit on the size of files, in blocks of 1 KiB
sub limited {
    my ($blocks, @args) = @_;
    my $log = "$dir/limited.log";
    my $p = Parley::Process->start('parleyctl', { log => $log }, 'bash', '-c',
        "trap '' XFSZ; ulimit -f $blocks; exec \"\$@\"", 'bash',
        build_dir() . '/parleyctl', '--store', "$dir/store", @args);
    return ($p->ended() >> 8, slurp($log));
}

sub slurp_names {
    my ($folder) = @_;
    opendir my $d, $folder or die $!;
    return join ' ', sort grep { !/^\./ } readdir $d;
}

###############################################################################
