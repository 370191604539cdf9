package Parley::Process;

# A child process of a test: started with its output in a file, ended for
# certain, and looked after when the test itself is interrupted.

use warnings;
use strict;

use POSIX qw/ WNOHANG _exit /;
use Time::HiRes qw/ sleep time /;

use base qw/ Exporter /;

our @EXPORT = qw/ wait_for slurp /;

our %RUNNING;

$SIG{INT} = $SIG{TERM} = sub { exit 1 };
$SIG{PIPE} = 'IGNORE';

###############################################################################

# wait_for(sub, limit): polls until sub returns something true, and returns
# that. The limit, in seconds, is generous: it ends a test that would fail,
# and decides nothing.

sub wait_for(&;$) {
    my ($code, $limit) = @_;
    my $end = time() + ($limit // 90);
    my $pause = 0.005;
    while (1) {
        my $result = $code->();
        return $result if $result;
        if (time() > $end) {
            my (undef, $file, $line) = caller;
            warn "waited in vain at $file line $line\n";
            return $result;
        }
        sleep $pause;
        $pause *= 1.5 if $pause < 0.2;
    }
}

###############################################################################

# start(name, { log, env, cwd }, command...)
# start(name, {}, sub, arguments...)

sub start {
    my ($class, $name, $opt, @command) = @_;

    my $self = bless { name => $name, owner => $$ }, $class;
    my $pid = fork();
    die "cannot fork: $!\n" unless defined $pid;

    if ($pid == 0) {
        %RUNNING = ();
        $SIG{$_} = 'DEFAULT' for qw/ INT TERM PIPE /;
        @ENV{keys %{$opt->{env}}} = values %{$opt->{env}};

        if ($opt->{log}) {
            open STDERR, '>>', $opt->{log} or _exit(127);
            open STDOUT, '>&', \*STDERR or _exit(127);
        }
        if ($opt->{cwd}) {
            chdir $opt->{cwd} or _exit(127);
        }
        if (ref $command[0]) {
            my $code = shift @command;
            eval { $code->(@command) };
            print STDERR $@ if $@;
            _exit($@ ? 1 : 0);
        }
        no warnings 'exec';
        exec { $command[0] } @command;
        print STDERR "cannot run $command[0]: $!\n";
        _exit(127);
    }

    $self->{pid} = $pid;
    $RUNNING{$pid} = $self;
    return $self;
}

sub pid { $_[0]->{pid} }

# Signals go to this one: under a tracer, to what is traced.
sub target {
    my ($self, $pid) = @_;
    $self->{target} = $pid if $pid;
    return $self->{target} // $self->{pid};
}

# processes whose parent is this one, but those that have ended
sub children {
    my ($pid) = @_;
    return grep { (stat_of($_))[1] == $pid }
        map { s!/proc/!!r } glob('/proc/[0-9]*');
}

# state and parent of a process; a zombie has ended
sub stat_of {
    my ($pid) = @_;
    open my $fh, '<', "/proc/$pid/stat" or return ('X', 0);
    my ($state, $parent) = (<$fh> // '') =~ /^\d+ \(.*\) (\S) (\d+) /s
        or return ('X', 0);
    return $state =~ /[ZX]/ ? ('X', 0) : ($state, $parent);
}

# until none of these is left, nor a thread of theirs: its locks are theirs
sub gone {
    my (@pids) = @_;
    return wait_for { !grep { (stat_of($_))[0] ne 'X'
        || (() = glob "/proc/$_/task/*") > 1 } @pids };
}

sub alive {
    my ($self) = @_;
    return 0 if defined $self->{status};
    return 1 if waitpid($self->{pid}, WNOHANG) == 0;
    $self->{status} = $?;
    delete $RUNNING{$self->{pid}};
    return 0;
}

# the status as in $?, once it has ended; undef when it did not in time
sub ended {
    my ($self, $limit) = @_;
    my $end = time() + ($limit // 60);
    while ($self->alive()) {
        return undef if time() > $end;
        sleep 0.01;
    }
    return $self->{status};
}

sub signal {
    my ($self, $signal) = @_;
    kill $signal, $self->target() if $self->alive();
    return $self;
}

# asks, then makes; returns the status as in $?
sub stop {
    my ($self, $signal, $limit) = @_;
    $self->signal($signal // 'TERM');
    my $status = $self->ended($limit // 60);
    return $status if defined $status;
    warn "$self->{name} had to be killed\n";
    return $self->kill9() // -1;
}

sub kill9 {
    my ($self) = @_;
    my $target = $self->target();
    kill 'KILL', $target;
    gone($target);
    kill 'KILL', $self->{pid} if $self->alive();
    return $self->ended();
}

END {
    local $?;
    for my $p (values %RUNNING) {
        next if $p->{owner} != $$;
        kill 'KILL', $p->target(), $p->{pid};
        waitpid $p->{pid}, 0;
    }
}

###############################################################################

# a file's bytes; none where there is no file
sub slurp {
    my ($name) = @_;
    open my $fh, '<:raw', $name or return '';
    local $/;
    return <$fh> // '';
}

END {
    local $?;
    for my $p (values %RUNNING) {
        next if $p->{owner} != $$;
        kill 'KILL', $p->target(), $p->{pid};
        waitpid $p->{pid}, 0;
    }
}

###############################################################################

1;
