package Parley::Cloud;

# bench/provider beside a test: the provider's API for many sends, with
# faults at random, where Parley::Provider is one for few, with a script. It
# outlives what is killed around it.

use warnings;
use strict;

use IO::Socket::INET;
use JSON::PP;

use Parley::Nginx;
use Parley::Process;

###############################################################################

# run(dir, options...)
sub run {
    my ($class, $dir, @options) = @_;
    my $self = bless { port => port(8081), log => "$dir/cloud.log",
        at => 0 }, $class;
    $self->{process} = Parley::Process->start('provider',
        { log => "$dir/cloud.out" }, build_dir() . '/provider',
        '--port', $self->{port}, '--ids', '--log', $self->{log}, @options);
    wait_for { eval { $self->counts() } };
    return $self;
}

# what it has counted; all of it is in the log then
sub counts {
    my ($self) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}) or die "no provider: $!\n";
    print $s "GET / HTTP/1.1\r\nHost: cloud\r\n\r\n";
    my $said = '';
    while ($said !~ /\}\n\z/) {
        sysread($s, $said, 65536, length $said) or die "provider: cut\n";
    }
    return decode_json($said =~ s/.*?\r\n\r\n//sr);
}

# The requests since the last time, a hash each. `has`: the provider has the
# message, whatever it answered.
sub news {
    my ($self) = @_;
    $self->counts();
    open my $fh, '<', $self->{log} or return;
    seek $fh, $self->{at}, 0;
    my @news;
    while (<$fh>) {
        last unless /\n\z/;
        my %r;
        @r{qw/ outcome account opaque to id /} = split ' ';
        $r{has} = $r{outcome} =~ /^(?:ok|hang|cut|close)$/;
        push @news, \%r;
        $self->{at} = tell $fh;
    }
    return @news;
}

sub pid { $_[0]->{process}->pid() }

sub stop { $_[0]->{process}->stop() }

###############################################################################

1;
