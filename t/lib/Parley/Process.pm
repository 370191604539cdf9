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
    kill $signal, $self->{pid} if $self->alive();
    return $self;
}

# asks, then makes; returns the status as in $?
sub stop {
    my ($self, $signal, $limit) = @_;
    $self->signal($signal // 'TERM');
    my $status = $self->ended($limit // 60);
    return $status if defined $status;
    warn "$self->{name} had to be killed\n";
    $self->signal('KILL');
    return $self->ended() // -1;
}

sub kill9 {
    my ($self) = @_;
    $self->signal('KILL');
    return $self->ended();
}

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
        kill 'KILL', $p->{pid};
        waitpid $p->{pid}, 0;
    }
}

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
        return $result if time() > $end;
        sleep $pause;
        $pause *= 1.5 if $pause < 0.2;
    }
}

###############################################################################

1;
