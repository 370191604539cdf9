package Parley::Sender;

# A real parley-sender beside a test's nginx.

use warnings;
use strict;

use IO::Select;
use IO::Socket::UNIX;

use Parley::Nginx;
use Parley::Process;
use Parley::Store;

###############################################################################

# new(dir, options...)
sub new {
    my ($class, $dir, @options) = @_;
    return bless { dir => $dir, store => "$dir/store",
        socket => "$dir/sender.sock", options => \@options }, $class;
}

sub start {
    my ($self, @wrapper) = @_;
    $self->{process} = Parley::Process->start('parley-sender', {
            log => "$self->{dir}/sender.log",
            # leaks cannot be looked for under a tracer
            env => { Parley::Nginx::sanitizer_env($self->{dir},
                @wrapper ? 0 : 1), Parley::Nginx::preload() }
        }, @wrapper, build_dir() . '/parley-sender', '--store',
        $self->{store}, '--socket', $self->{socket},
        @{$self->{options}});
    $self->{process}->target(wait_for { (grep {
        (readlink("/proc/$_/exe") // '') =~ m!/parley-sender$!
    } Parley::Process::children($self->{process}->pid()))[0] }) if @wrapper;
    return $self;
}

# start, and wait until it says that it is well
sub run {
    my ($self, @wrapper) = @_;
    $self->start(@wrapper);
    wait_for { $self->healthy() || !$self->{process}->alive() };
    die "parley-sender did not start: " . $self->log() . "\n"
        unless $self->{process}->alive();
    return $self;
}

sub healthy { ($_[0]->get('/healthz') // '') =~ m!^HTTP/1.\d 200! }

# all that its socket answers, or undef
sub get {
    my ($self, $path) = @_;
    my $s = IO::Socket::UNIX->new(Peer => $self->{socket}) or return undef;
    print $s "GET $path HTTP/1.0\r\nHost: sender\r\n\r\n";
    $s->flush();
    return http_end($s, 30);
}

# a metric's value by name, summed over labels
sub metric {
    my ($self, $name, $labels) = @_;
    my ($sum, $re) = (undef, defined $labels ? qr/\{[^}]*$labels[^}]*\}/
        : qr/(?:\{[^}]*\})?/);
    for (split /\n/, $self->get('/metrics') // '') {
        $sum = ($sum // 0) + $1 if /^\Q$name\E$re (\S+)/;
    }
    return $sum;
}

sub pid { $_[0]->{process}->target() }

sub alive { $_[0]->{process} && $_[0]->{process}->alive() }

sub stop {
    my ($self, $signal, $limit) = @_;
    my $process = delete $self->{process} or return 0;
    return $process->stop($signal, $limit);
}

sub ended { $_[0]->{process}->ended($_[1]) }

sub kill9 {
    my ($self) = @_;
    my $process = delete $self->{process} or return $self;
    $process->kill9();
    return $self;
}

sub log { slurp("$_[0]->{dir}/sender.log") }

###############################################################################

1;
