#!/usr/bin/perl

# Tests for a power cut: the store is on a file system of its own, whose
# backing file is copied in the middle of load. What the copy holds is what a
# disk would hold: all that was synced, and whatever else had got there.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use File::Copy qw/ copy /;
use Time::HiRes qw/ sleep /;

use lib 'lib';
use Parley::Load;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $cuts = $ENV{PARLEY_ROUNDS} // (slow() ? 50 : 3);
my $t = Parley::Nginx->new()->has(qw/ mount bin:mkfs.ext4 /);
my $dir = $t->testdir();

# The disk's file is in memory: it is not itself in any cache.
mkdir "$dir/ram";
mkdir "$dir/disk";
run('mount', '-t', 'tmpfs', '-o', 'size=1g', 'none', "$dir/ram");
plan(skip_all => 'no loop devices here') unless make_disk();
$t->plan(8);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%
worker_processes 2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/disk/store;
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
my $store = Parley::Store->new($dir, 'disk/store');
my $sender = Parley::Sender->new($dir);
$sender->{store} = "$dir/disk/store";
my (@acked, @unsound);

###############################################################################

for my $cut (1 .. $cuts) {
    $t->run();
    wait_for { exists $store->status()->{next} };
    $sender->run();
    my $load = Parley::Load->start($dir, connections => 16, seconds => 60,
        rate => 1500, contacts => 20_000, dup => 10, text => 'hello');
    sleep 0.5 + rand 1.5;
    power_cut($load);
    push @acked, $load->acked();

    my ($status, $out, $err) = $store->ctl('check');
    push @unsound, "cut $cut: $out$err" if $status != 0;
}

is(join("\n", @unsound), '', 'the store opens without repair');
cmp_ok(scalar @acked, '>', 20 * $cuts, scalar(@acked) . ' were answered');

$t->run();
$sender->run();
wait_for { $store->folded() && $store->rows('outbox') == 0
    && $store->rows('attempts') == 0 } 600;

my (%in, %posts);
$in{$_}++ for $store->provider_ids('in');
is(join(' ', grep { !$in{$_} } @acked), '', 'every one is there');
is(join(' ', grep { $in{$_} > 1 } keys %in), '', 'none is there twice');
my $out = () = $store->provider_ids('out');
is($out, scalar keys %in, 'one reply for each');
$posts{$_->{opaque}}++ for $provider->requests();
is(join(' ', grep { $posts{$_} > 1 } keys %posts), '', 'none is sent twice');

my ($status, $said) = $store->ctl('check');
is($status, 0, 'nothing inconsistent') or diag($said);
$sender->stop();
$t->stop();
($status, $said) = $store->ctl('replay', "$dir/replay");
is($status, 0, 'replay gives the same') or diag($said);

###############################################################################

# The load stands still first: all that it was answered was answered before
# the disk's bytes are taken. Then everything else does, and is gone.
sub power_cut {
    my ($load) = @_;
    my @pids = ($t->master(), $t->workers(), $sender->pid());
    $load->{process}->signal('STOP');
    kill 'STOP', @pids;
    sleep 0.05;
    copy("$dir/ram/disk", "$dir/ram/copy") or die "cannot copy: $!\n";

    $t->kill9();
    $sender->kill9();
    $load->{process}->signal('CONT');
    $load->stop();

    unmount();
    rename "$dir/ram/copy", "$dir/ram/disk" or die "cannot rename: $!\n";
    run('mount', '-o', 'loop', "$dir/ram/disk", "$dir/disk");
}

sub make_disk {
    run('truncate', '-s', '300m', "$dir/ram/disk");
    run('mkfs.ext4', '-q', '-F', "$dir/ram/disk");
    return system("mount -o loop $dir/ram/disk $dir/disk 2>/dev/null") == 0;
}

# What was killed in the middle of a sync is there until that has ended, and
# anybody may be looking at the disk just now.
sub unmount {
    for (1 .. 600) {
        return if system("umount $dir/disk 2>/dev/null") == 0;
        sleep 0.1;
    }
    run('umount', "$dir/disk");
}

sub run { system(@_) == 0 or die "cannot run @_\n" }

END {
    if ($dir && -d "$dir/ram") {
        $t->stop();
        $sender->stop() if $sender;
        system("umount $dir/disk 2>/dev/null; umount $dir/ram 2>/dev/null");
    }
}

###############################################################################
