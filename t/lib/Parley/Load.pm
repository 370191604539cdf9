package Parley::Load;

# The load tool beside a test: what it was answered, and what was
# acknowledged.

use warnings;
use strict;

use JSON::PP;

use Parley::Nginx;
use Parley::Process;

our $SEED = time() << 16;         # no two runs are alike

###############################################################################

# start(dir, option => value, ...); a seed of its own makes its ids unique
sub start {
    my ($class, $dir, %opt) = @_;
    my $self = bless { dir => $dir,
        seed => delete $opt{seed} // ++$SEED }, $class;
    $self->{$_} = "$dir/load.$self->{seed}.$_" for qw/ ack out /;

    unlink $self->{ack};
    my @options = map { ("--$_", ref $opt{$_} ? () : $opt{$_}) }
        sort keys %opt;
    $self->{process} = Parley::Process->start('load',
        { log => $self->{out} }, build_dir() . '/load',
        '--port', port(8080), '--path', '/webhooks/whatsapp',
        '--secret', "$dir/secrets/app.secret", '--seed', $self->{seed},
        '--ack', $self->{ack}, @options);
    return $self;
}

# until it has ended; what it printed
sub result {
    my ($self, $limit) = @_;
    my $status = $self->{process}->ended($limit // 600);
    die "load: " . slurp($self->{out}) . "\n"
        if !defined $status || $status != 0;
    return decode_json((split /\n/, slurp($self->{out}))[-1]);
}

# ends it early; what it printed
sub stop {
    my ($self) = @_;
    $self->{process}->stop('TERM');
    return $self->result();
}

# the ids of the messages that were answered 200
sub acked {
    my ($self) = @_;
    return split /\n/, slurp($self->{ack});
}

###############################################################################

1;
