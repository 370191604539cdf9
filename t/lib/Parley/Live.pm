package Parley::Live;

# A client of /v1/events, over Server-Sent Events or a WebSocket: connects,
# reads what there is, keeps every event, and comes again from where it was.
#
#     my $live = Parley::Live->new(port => port(8080), key => $key);
#     $live->open();
#     wait_for { $live->read(); $live->events() == 3 };

use warnings;
use strict;

use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw/ time /;

###############################################################################

# path, query, key, tenant; headers: more lines
sub new {
    my ($class, %opt) = @_;
    return bless { path => '/v1/events', query => '', headers => '',
        events => [], resets => 0, beats => 0, closed => 1, raw => '',
        buffer => '', opened => 0, %opt }, $class;
}

sub events { @{$_[0]->{events}} }
sub types { map { $_->{type} } $_[0]->events() }
sub ids { map { $_->{id} } $_[0]->events() }
sub texts {
    map { $_->{message}{text} }
        grep { $_->{type} eq 'message.created'
            && $_->{message}{direction} eq 'in' } $_[0]->events();
}
sub closed { $_[0]->{closed} }
sub id { $_[0]->{id} }
sub status { $_[0]->{status} }

# With the last id that it has seen.
sub open {
    my ($self) = @_;

    $self->{socket} = IO::Socket::INET->new(Proto => 'tcp',
        PeerAddr => '127.0.0.1', PeerPort => $self->{port},
        ($self->{small} ? (Timeout => 10) : ()))
        or return undef;
    setsockopt($self->{socket}, SOL_SOCKET, SO_RCVBUF, pack('i', 4096))
        if $self->{small};

    my $query = $self->{query} ne '' ? "?$self->{query}" : '';
    my $request = "GET $self->{path}$query HTTP/1.1\r\nHost: localhost\r\n"
        . ($self->{key} ? "Authorization: Bearer $self->{key}\r\n" : '')
        . ($self->{tenant} ? "Parley-Tenant: $self->{tenant}\r\n" : '')
        . (defined $self->{id} ? "Last-Event-ID: $self->{id}\r\n" : '')
        . $self->{headers} . "\r\n";
    $self->{socket}->syswrite($request);
    $self->{socket}->blocking(0);
    @$self{qw/ raw buffer closed status /} = ('', '', 0, undef);
    $self->{opened}++;
    return $self;
}

sub close {
    my ($self) = @_;
    CORE::close($self->{socket}) if $self->{socket};
    $self->{closed} = 1;
    return $self;
}

# What has come by now. True while it is open.
sub read {
    my ($self) = @_;

    return 0 if $self->{closed};

    while (1) {
        my $n = $self->{socket}->sysread($self->{raw}, 65536,
            length $self->{raw});
        last if !defined $n && $!{EAGAIN};
        if (!$n) {
            $self->{closed} = 1;
            last;
        }
    }

    $self->head() if !defined $self->{status};
    $self->body() if defined $self->{status};
    $self->close() if $self->{ended};
    return !$self->{closed};
}

sub head {
    my ($self) = @_;
    return unless $self->{raw} =~ s/^(HTTP.*?\r\n\r\n)//s;
    $self->{head} = $1;
    ($self->{status}) = $self->{head} =~ m!^HTTP/1\.1 (\d+)!;
    $self->{chunked} = $self->{head} =~ /^Transfer-Encoding: chunked/mi;
    $self->{ended} = 0;
}

# Chunks of HTTP, then blocks of the stream.
sub body {
    my ($self) = @_;

    if (!$self->{chunked}) {
        $self->{buffer} .= $self->{raw};
        $self->{raw} = '';
    }
    while ($self->{chunked} && $self->{raw} =~ /^([0-9a-f]+)\r\n/i) {
        my ($head, $len) = (length $&, hex $1);
        last if length $self->{raw} < $head + $len + 2;
        $self->{buffer} .= substr $self->{raw}, $head, $len;
        substr($self->{raw}, 0, $head + $len + 2) = '';
        $self->{ended} = 1, last if $len == 0;
    }
    return if $self->{status} != 200;
    my @blocks = split /\n\n/, $self->{buffer}, -1;
    $self->{buffer} = pop @blocks // '';
    $self->block($_) for @blocks;
}

sub block {
    my ($self, $block) = @_;
    my %field;

    for (split /\n/, $block) {
        $self->{beats}++ if /^:/;
        next unless /^(\w+): ?(.*)/;
        $field{$1} = $2;
    }
    $self->{retry} = $field{retry} if defined $field{retry};
    $self->{id} = $field{id} if defined $field{id};
    $self->{at} = time();
    return if !defined $field{data};

    my $data = decode_json($field{data});
    if ($field{event} eq 'reset') {
        $self->{resets}++;
        return;
    }
    die "$field{event} is no $data->{type}\n"
        if $field{event} ne $data->{type} || $field{id} ne $data->{id};
    push @{$self->{events}}, $data;
}

1;
