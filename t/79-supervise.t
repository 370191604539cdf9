#!/usr/bin/perl

# Tests for a sender under supervision: what it tells systemd and when, what
# the watchdog hears while a thread hangs, its unit file, and how it behaves
# as PID 1 of a container.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Fcntl qw/ :DEFAULT :seek /;
use IO::Select;
use IO::Socket::UNIX;
use Socket;
use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->has('bin:strace')->plan(47);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081/api;
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
    }
}

EOF

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir, '--hold');
my (@heard, $socket);

###############################################################################

# a journal to catch up with, and somebody who holds the fold's lock

$t->run();
wait_for { exists $store->status()->{next} };
wait_for { -e "$dir/store/fold.lock" };
my $lock = take_lock("$dir/store/fold.lock");
wa_post([ wa_text("wamid.$_", "3460000$_", 'hello') ]) for 1000 .. 1049;
wait_for { ($store->status()->{lag} // 0) >= 50 };

$socket = listen_at("$dir/notify.sock");
supervised("$dir/notify.sock", sub { $sender->start() });

hear_until(qr/^EXTEND_TIMEOUT_USEC=\d+$/m);
like(heard(), qr/^STATUS=starting/m, 'says that it starts');
like(heard(), qr/^EXTEND_TIMEOUT_USEC=\d+$/m, 'and that it takes its time');
like($sender->get('/healthz'), qr/ 503 .*starting/s, 'and so does healthz');
like($sender->get('/livez'), qr/ 200 /, 'which is no reason to kill it');
hear_for(1);
unlike(heard(), qr/^READY=1$/m, 'is not ready while another folds');

close $lock;
hear_until(qr/^READY=1$/m);
like(heard(), qr/^READY=1\nSTATUS=folding and sending$/m, 'then it is');
is($store->status()->{lag}, 0, 'and has caught up');
like($sender->log(), qr/ ready epoch=/, 'as its log says');
like($sender->get('/healthz'), qr/ 200 /, 'and healthz');
is($sender->metric('parley_sender_ready'), 1, 'and a metric');
hear_for(1.5);
unlike(heard(), qr/WATCHDOG/, 'no watchdog unless it is asked for');

# the end

@heard = ();
is($sender->stop(), 0, 'ends');
hear_for(0.1);
like(heard(), qr/^STOPPING=1\nSTATUS=stopping/m, 'and says so first');

# an abstract socket, and a watchdog

$sender = Parley::Sender->new($dir);
my $name = "parley-test-$$";
$socket = listen_at("\0$name");
supervised("\@$name", sub { $sender->start() }, WATCHDOG_USEC => 2000000);
hear_until(qr/^READY=1$/m);
hear_until(qr/(?:WATCHDOG=1\n.*?){3}/s);
like(heard(), qr/^READY=1$/m, 'an abstract socket hears it too');
like(heard(), qr/^WATCHDOG=1$/m, 'the watchdog is fed');
is(() = slurp("/proc/" . $sender->pid() . "/environ") =~ /NOTIFY/g, 1,
    'it was told by its environment');

# each write to the disk takes a minute: the store thread hangs, alone

my $strace = Parley::Process->start('strace', { log => "$dir/strace.log" },
    qw[ strace -f -q -o /dev/null -e trace=fdatasync ],
    '-e', 'inject=fdatasync:delay_enter=60s', '-p', $sender->pid());
wait_for { slurp('/proc/' . $sender->pid() . '/status')
    =~ /^TracerPid:\s+[1-9]/m };
wa_post([ wa_text('wamid.hang', '34600002000', 'hello') ]);
SKIP: {
    skip 'strace cannot attach here', 6
        unless wait_for { $sender->log() =~ /the store thread hangs/ } 30;
    hear_for(0.1);
    @heard = ();
    hear_for(4);
    unlike(heard(), qr/WATCHDOG/, 'the watchdog starves');
    like($sender->get('/metrics'), qr/^parley_sender_ready /m,
        'although the main thread answers');
    is(() = $sender->log() =~ /the store thread hangs/g, 1,
        'and that is logged once');

    $strace->stop('KILL');
    wait_for { $sender->log() =~ /the store thread goes on/ };
    @heard = ();
    hear_until(qr/^WATCHDOG=1$/m);
    like(heard(), qr/^WATCHDOG=1$/m, 'once it goes on it is fed again');
    wait_for { grep { ($_->{to} // '') =~ /34600002000/ }
        $provider->accepted() };
    is(scalar(grep { ($_->{to} // '') =~ /34600002000/ }
        $provider->accepted()), 1, 'and nothing is lost');
    is($sender->stop(), 0, 'it ends');
}

# who listens no more, or never did, is no trouble

$socket = undef;
for (
    [ 'a socket that is gone', "$dir/notify.sock" ],
    [ 'a relative path', 'notify.sock' ],
    [ 'a path too long', '/' . 'x' x 200 ],
    [ 'no name', '@' ],
) {
    my ($what, $path) = @$_;
    supervised($path, sub { $sender->run() }, WATCHDOG_USEC => 'soon');
    is($sender->stop(), 0, $what);
}

# another process's watchdog is not ours

$socket = listen_at("$dir/notify2.sock");
@heard = ();
supervised("$dir/notify2.sock", sub { $sender->start() },
    WATCHDOG_USEC => 1000000, WATCHDOG_PID => 1);
hear_until(qr/^READY=1$/m);
hear_for(1.5);
unlike(heard(), qr/WATCHDOG/, 'the watchdog of another process');
$sender->stop();
$t->stop();

###############################################################################

# the unit

SKIP: {
    my $analyze = (grep { -x } map { "$_/systemd-analyze" }
        split /:/, $ENV{PATH})[0];
    skip 'no systemd-analyze', 3 unless $analyze;
    my $unit = slurp('../conf/systemd/parley-sender.service');
    my $binary = build_dir() . '/parley-sender';
    $unit =~ s!^ExecStart=\S+!ExecStart=$binary!m;
    $t->write_file('parley-sender.service', $unit);
    my $said = `$analyze verify $dir/parley-sender.service 2>&1`;
    is(join("\n", grep { /parley-sender/ } split /\n/, $said), '',
        'the unit is sound');
    is($? >> 8, 0, 'says systemd-analyze') or diag($said);

    $said = `$analyze security --offline=true --threshold=30 \\
        $dir/parley-sender.service 2>&1`;
    skip 'it knows no --offline', 1 if $said =~ /unrecognized option/;
    like($said, qr/exposure level for parley-sender.service: [0-2]\.\d/,
        'and hardened');
}

# what it promises is what the program does

my $unit = slurp('../conf/systemd/parley-sender.service');
like($unit, qr/^Type=notify$/m, 'the unit waits for READY');
like($unit, qr/^WatchdogSec=\d+$/m, 'and feeds on WATCHDOG');
unlike($unit, qr/^MemoryDenyWriteExecute=yes/m,
    'patterns may be compiled, as in the workers');

# the examples for containers keep both in one PID namespace

like(slurp('../conf/container/pod.yaml'), qr/^  shareProcessNamespace: true$/m,
    'pod: one PID namespace');
like(slurp('../conf/container/compose.yaml'), qr/^    pid: "service:nginx"$/m,
    'compose: one PID namespace');

###############################################################################

# PID 1 of a namespace of its own, as in a container

SKIP: {
    my @unshare = qw/ unshare --pid --fork --mount-proc --kill-child /;
    skip 'no root', 12 if $> != 0;
    skip 'no namespaces, or / is no mount point', 12
        if system("@unshare true 2>/dev/null") != 0;

    mkdir "$dir/one" or die "cannot make $dir/one: $!\n";
    my $one = Parley::Sender->new("$dir/one", '--send-log', '/dev/stdout');
    $one->run(@unshare);
    my $pid = $one->pid();
    like(slurp("/proc/$pid/status"), qr/^NSpid:\s+$pid\s+1$/m, 'is PID 1');

    # orphans become its children: it does not keep their corpses
    my @enter = ('nsenter', '-t', $pid, '-p');
    is(system(@enter, 'sh', '-c', 'sleep 0.3 & sleep 0.3 & exit 0'), 0,
        'two orphans');
    ok(wait_for { children($pid) >= 2 }, 'are its children');
    ok(wait_for { children($pid) == 0 }, 'and leave nothing behind');

    # a signal that it does not know is no end, nor is a terminal that closes
    kill $_, $pid for qw/ HUP USR1 USR2 QUIT /;
    sleep 0.3;
    ok($one->healthy(), 'signals that it has no use for change nothing');
    wait_for { $one->log() =~ /reopening logs/ };
    like($one->log(), qr/reopening logs/, 'but USR1 is one that it has');

    is($one->stop(), 0, 'SIGTERM ends it with 0');
    ok(!-e "$dir/one/sender.sock", 'cleanly');

    is(system("@unshare " . build_dir() . '/parley-sender --nonsense'
        . ' 2>/dev/null') >> 8, 2, 'a usage error is 2');

    is(system("@unshare " . build_dir() . '/parley-sender --store'
        . ' /proc/nowhere --socket /proc/x 2>/dev/null') >> 8, 1,
        'one that cannot start is 1');

    # one that is killed inside is gone for those outside
    $one->run(@unshare);
    $one->kill9();
    ok($one->run(@unshare)->healthy(), 'after SIGKILL another one starts');
    is($one->stop('INT'), 0, 'SIGINT ends it with 0');
}

###############################################################################

# A lock as the folder takes it: on the open file, for the whole of it.
sub take_lock {
    my ($path) = @_;
    open my $fh, '+<', $path or die "cannot open $path: $!\n";
    my $flock = pack 's s x4 q q i x4', F_WRLCK, SEEK_SET, 0, 0, 0;
    wait_for(sub { fcntl $fh, 37, $flock });    # F_OFD_SETLK
    return $fh;
}

sub listen_at {
    my ($path) = @_;
    @heard = ();
    return IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $path)
        // die "cannot listen: $!\n";
}

sub supervised {
    my ($path, $code, %more) = @_;
    local %ENV = (%ENV, NOTIFY_SOCKET => $path, %more);
    $code->();
}

sub heard { join "\n", @heard }

# all that is said in so many seconds
sub hear_for {
    my ($seconds) = @_;
    my ($end, $select) = (time() + $seconds, IO::Select->new($socket));
    while ((my $left = $end - time()) > 0) {
        take($select, $left);
    }
}

sub hear_until {
    my ($re) = @_;
    my $select = IO::Select->new($socket);
    return wait_for(sub { take($select, 0.05); heard() =~ $re });
}

sub take {
    my ($select, $limit) = @_;
    return unless $select->can_read($limit);
    my $said = '';
    push @heard, $said if defined $socket->recv($said, 4096);
}

# of a process, dead ones included
sub children {
    my ($parent) = @_;
    return grep {
        slurp("/proc/$_/stat") =~ /^\d+ \(.*\) \S $parent /s
    } map { s!/proc/!!r } glob '/proc/[0-9]*';
}

###############################################################################
