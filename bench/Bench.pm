package Bench;

# What the benchmarks share: servers that are started and ended, what they
# use of the machine, files, and numbers in columns.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP;
use POSIX qw(WNOHANG sysconf _SC_CLK_TCK);
use Time::HiRes qw(sleep time);

use base qw(Exporter);

use constant {
    START_SECONDS => 30,
    STOP_SECONDS  => 20,
    OTHERS_MAX    => 0.2,               # cores; the kernel's threads count
};

our @EXPORT = qw(
    OTHERS_MAX @children cpu others_cpu spawn stop_all wait_for port connects
    glob_one packages npm_install machine number fixed progress run json_lines
    read_file write_file own_mib
);

our @children;                          # pids, youngest first
our $log = '/dev/null';                 # what the servers say

# ---- servers ----------------------------------------------------------------

sub spawn {
    my @command = @_;

    my $pid = fork();
    die "bench: fork: $!\n" unless defined $pid;
    if ($pid == 0) {
        open STDOUT, '>>', $log or die;
        open STDERR, '>&', \*STDOUT or die;
        exec 'sh', '-c', 'ulimit -n 8192; exec "$0" "$@"', @command
            or POSIX::_exit(127);
    }
    unshift @children, $pid;
}

sub stop_all {
    while (defined(my $pid = shift @children)) {
        my $until = time() + STOP_SECONDS;
        kill 'TERM', $pid;
        while (waitpid($pid, WNOHANG) == 0) {
            kill 'KILL', $pid if time() > $until;
            sleep 0.02;
        }
    }
}

sub wait_for {
    my ($what, $test, $limit) = @_;

    my $until = time() + ($limit || START_SECONDS);
    until ($test->()) {
        for my $pid (@children) {
            die "bench: a server ended, see $log\n"
                if waitpid($pid, WNOHANG) == $pid;
        }
        die "bench: $what did not come in time, see $log\n"
            if time() > $until;
        sleep 0.02;
    }
}

sub port {
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "bench: no free port: $!\n";
    return $s->sockport();
}

sub connects {
    my ($port) = @_;

    return defined IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                         PeerPort => $port);
}

# ---- getting ready ----------------------------------------------------------

# Installs Debian's packages whose file is missing: [ package => file ], ...
sub packages {
    my @missing = map { $_->[0] } grep { !glob_one($_->[1]) } @_;

    return unless @missing;
    print "installing: @missing\n";
    my @sudo = $< == 0 ? () : ('sudo');
    run(@sudo, 'apt-get', '-qq', 'update');
    # RUNLEVEL=1: no service is started for having been installed
    run(@sudo, 'env', 'RUNLEVEL=1', 'DEBIAN_FRONTEND=noninteractive',
        'apt-get', '-qq', '-y', '--no-install-recommends', 'install',
        @missing);
}

# What the lock file of a peer names, beside a copy of its sources.
sub npm_install {
    my ($from, $to) = @_;

    for my $name (map { m!([^/]+)$! } glob "$from/* $from/.npmrc") {
        write_file("$to/$name", read_file("$from/$name"));
    }

    my $lock = read_file("$to/package-lock.json");
    my $stamp = "$to/installed";
    return if -e $stamp && read_file($stamp) eq $lock;
    print "installing: ", join(', ', sort keys %{ decode_json(
        read_file("$to/package.json"))->{dependencies} }), "\n";
    run('sh', '-c', 'cd "$0" && npm ci --silent', $to);
    write_file($stamp, $lock);
}

sub glob_one {
    my ($pattern) = @_;

    return scalar grep { -e } glob $pattern;
}

# ---- the machine ------------------------------------------------------------

sub machine {
    my ($model) = read_file('/proc/cpuinfo') =~ /^model name\s*:\s*(.*)$/m;
    my $cpus = () = read_file('/proc/cpuinfo') =~ /^processor/mg;

    return { cpus => $cpus, model => $model || 'unknown',
             kernel => (POSIX::uname())[2] };
}

# Seconds of CPU that the servers and their children have used.
sub cpu {
    my (%parent, %ticks, $sum);

    for my $file (glob '/proc/[0-9]*/stat') {
        open my $fh, '<', $file or next;        # it has ended meanwhile
        my $line = <$fh>;
        next unless defined $line && $line =~ s/^(\d+) \(.*\) //s;
        my $pid = $1;
        my @f = split ' ', $line;
        $parent{$pid} = $f[1];
        $ticks{$pid} = $f[11] + $f[12];
    }

    my %ours = map { $_ => 1 } @children;
    for my $pid (keys %parent) {
        my $p = $pid;
        $p = $parent{$p} while $p && !$ours{$p} && $parent{$p};
        $sum += $ticks{$pid} if $p && $ours{$p};
    }

    return ($sum || 0) / sysconf(_SC_CLK_TCK);
}

# Seconds of CPU of all but this program and what it has waited for: the
# load and parleyctl, not the servers.
sub others_cpu {
    my ($cpu) = read_file('/proc/stat') =~ /^cpu\s+(.*)$/m;
    my ($user, $nice, $sys, undef, undef, $irq, $soft) = split ' ', $cpu;
    my $mine = 0;

    $mine += $_ for times;
    return ($user + $nice + $sys + $irq + $soft) / sysconf(_SC_CLK_TCK)
        - $mine;
}

# MiB that a process holds of its own.
sub own_mib {
    my ($pid) = @_;

    my ($kib) = read_file("/proc/$pid/status") =~ /^RssAnon:\s+(\d+)/m;
    return $kib / 1024;
}

# ---- what comes out ---------------------------------------------------------

sub number {
    my $n = reverse sprintf '%.0f', $_[0];

    $n =~ s/(\d{3})(?=\d)/$1,/g;
    return scalar reverse $n;
}

sub fixed {
    return defined $_[0] ? sprintf('%.2f', $_[0]) : '';
}

sub progress {
    my ($what) = @_;

    print STDERR "\r\e[K$what" if -t STDERR;
}

# ---- small things -----------------------------------------------------------

sub run {
    system(@_) == 0 or die "bench: failed: @_\n";
}

sub json_lines {
    my @command = @_;

    open my $fh, '-|', @command or die "bench: $command[0]: $!\n";
    my @out = map { decode_json($_) } <$fh>;
    close $fh or die "bench: failed: @command\n";
    die "bench: said nothing: @command\n" unless @out;
    return \@out;
}

sub read_file {
    my ($file) = @_;

    open my $fh, '<', $file or die "bench: $file: $!\n";
    local $/;
    return scalar <$fh>;
}

sub write_file {
    my ($file, $text) = @_;

    open my $fh, '>', $file or die "bench: $file: $!\n";
    print $fh $text;
    close $fh or die "bench: $file: $!\n";
}

1;
