#!/usr/bin/perl

# Tests for a map and a disk without room: 503 with Retry-After before
# anything breaks, nothing missing of what was answered 200, and service
# again when there is room, without a restart.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->has('mount')->plan(19);
my $dir = $t->testdir();

my $conf = <<'EOF';

%%TEST_GLOBALS%%
worker_processes 2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/disk/store SIZE;
    parley_journal_keep 1s;

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
        location / {
            return 204;
        }
    }
}

EOF

$t->expect(qr/parley/);
mkdir "$dir/disk";
mount('size=48m');
my $store = Parley::Store->new($dir, 'disk/store');
my ($n, $padding, @taken) = (0, 0);

###############################################################################

# the disk: filled by somebody else, then emptied again

$t->write_file_expand('nginx.conf', $conf =~ s/SIZE//r);
$t->run();
like(post(10), qr/ 200 /, 'there is room');
is(system("dd if=/dev/zero of=$dir/disk/other bs=64k 2>/dev/null") >> 8, 1,
    'the disk is full');

my $answer = until_refused();
like($answer, qr/ 503 .*^Retry-After: \d+\r/ms, 'refused');
like(http_get('/'), qr/ 204 /, 'other locations go on');
unlink "$dir/disk/other";
like(until_taken(), qr/ 200 /, 'service begins again');
like(post(10), qr/ 200 /, 'and goes on');
complete('full disk');
$t->stop();

# the journal's map: filled by bodies of which the state keeps next to
# nothing; what is folded and past its time makes room again. It is kept for
# longer than filling takes: what goes as fast as it comes fills nothing.

umount();
mount('size=192m');
@taken = ();
$padding = 90;
$t->write_file_expand('nginx.conf',
    $conf =~ s/SIZE/size=16m/r =~ s/keep 1s/keep 6s/r);
$t->run();
like(post(10), qr/ 200 /, 'there is room');
$answer = until_refused(10);
like($answer, qr/ 503 .*^Retry-After: \d+\r/ms, 'refused');
like(http_get('/'), qr/ 204 /, 'other locations go on');
like(until_taken(), qr/ 200 /, 'service begins again');
complete('full journal');

# the state's map: only a larger one helps; what was taken until it was full
# is in the journal

$padding = 0;
$answer = until_refused();
like($answer, qr/ 503 /, 'refused again');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
$t->stop();
$t->write_file_expand('nginx.conf', $conf =~ s/SIZE/size=96m/r);
$t->run();
like(until_taken(), qr/ 200 /, 'a larger map has room');
complete('larger map');

$t->stop();
umount();

###############################################################################

sub mount {
    my ($options) = @_;
    system("mount -t tmpfs -o $options none $dir/disk") == 0
        or die "cannot mount\n";
}

sub umount { system("umount $dir/disk") == 0 or die "cannot umount\n" }

# a message of so many bytes, and more that nobody reads
sub post {
    my ($bytes) = @_;
    my $id = sprintf 'wamid.%06d', $n++;
    my $answer = wa_post([ wa_text($id, sprintf('346%08d', $n % 50),
        'x' x $bytes, more => [ ('x' x 1000) x $padding ]) ]);
    push @taken, $id if $answer =~ / 200 /;
    return $answer;
}

sub until_refused {
    my ($bytes) = @_;
    for (1 .. 3000) {
        my $answer = post($bytes // 30000);
        return $answer unless $answer =~ / 200 /;
    }
    return 'never refused';
}

sub until_taken {
    return wait_for { my $a = post(10); $a =~ / 200 / ? $a : undef };
}

sub complete {
    my ($name) = @_;
    wait_for { $store->folded() };
    my %in = map { $_ => 1 } $store->provider_ids('in');
    is(join(' ', grep { !$in{$_} } @taken), '', "$name: nothing is missing");
    is(($store->ctl('check'))[0], 0, "$name: nothing inconsistent");
}

END {
    system("umount $dir/disk 2>/dev/null") if $dir && -e "$dir/disk/store";
}

###############################################################################
