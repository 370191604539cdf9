package Parley::Socket;

# A client of /v1/events/socket: opens it, hears what there is, says what a
# test wants said.
#
#     my $ws = Parley::Socket->new(port => port(8080), key => $key);
#     wait_for { $ws->hear(); $ws->texts() == 1 };

use warnings;
use strict;

use IO::Socket::INET;
use JSON::PP;

use Parley::Process;

###############################################################################

# port, key, query, protocols, version, upgrade, method; with: bytes that come
# right behind the request
sub new {
    my ($class, %opt) = @_;
    require Protocol::WebSocket::Client;

    my $ws = bless { heard => [], notes => [], pings => 0, raw => '',
        frame => Protocol::WebSocket::Frame->new() }, $class;
    $ws->{socket} = IO::Socket::INET->new(Proto => 'tcp',
        PeerAddr => '127.0.0.1', PeerPort => $opt{port}) or die "$!\n";
    my $query = defined $opt{query} ? "?$opt{query}" : '';
    $ws->{socket}->syswrite((join '', map { "$_\r\n" }
        ($opt{method} // 'GET') . " /v1/events/socket$query HTTP/1.1",
        'Host: localhost',
        'Upgrade: ' . ($opt{upgrade} // 'websocket'), 'Connection: Upgrade',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: ' . ($opt{version} // 13),
        $opt{key} ? "Authorization: Bearer $opt{key}" : (),
        $opt{protocols} ? "Sec-WebSocket-Protocol: $opt{protocols}" : (), '')
        . ($opt{with} // ''));
    $ws->{socket}->blocking(0);
    wait_for {
        $ws->{socket}->sysread($ws->{raw}, 65536, length $ws->{raw});
        $ws->{raw} =~ s/^(HTTP.*?\r\n\r\n)//s and $ws->{head} = $1;
    };
    ($ws->{status}) = $ws->{head} =~ m!^HTTP/1.1 (\d+)!;
    $ws->{frame}->append($ws->{raw}) if $ws->{status} == 101;
    return $ws;
}

# What has come by now: events and notes in `heard`, but for where it is,
# which is in `position`.
sub hear {
    my ($ws) = @_;

    while (1) {
        my $n = $ws->{socket}->sysread(my $bytes, 65536);
        last if !defined $n && $!{EAGAIN};
        $ws->{closed} = 1, last if !$n;
        $ws->{frame}->append($bytes);
    }
    while (defined(my $bytes = $ws->{frame}->next_bytes())) {
        if ($ws->{frame}->is_ping()) {
            $ws->{pings}++;
        } elsif ($ws->{frame}->is_pong()) {
            $ws->{pong} = $bytes;
        } elsif ($ws->{frame}->is_close()) {
            $ws->{code} = unpack 'n', $bytes;
        } else {
            my $said = decode_json($bytes);
            if ($said->{type} eq 'position') {
                $ws->{position} = $said->{id};
            } else {
                push @{$ws->{heard}}, $said;
            }
        }
    }
    return $ws;
}

sub texts {
    my ($ws) = @_;
    return map { $_->{message}{text} }
        grep { $_->{type} eq 'message.created' } @{$ws->{heard}};
}

sub ids { map { $_->{id} } grep { $_->{time} } @{$_[0]->{heard}} }
sub last { $_[0]->{heard}[-1] // {} }

sub bytes {
    my ($class, $type, $bytes) = @_;
    require Protocol::WebSocket::Client;
    return Protocol::WebSocket::Frame->new(type => $type, buffer => $bytes,
        masked => 1, max_payload_size => 0)->to_bytes();
}

sub frame {
    my ($ws, $type, $bytes) = @_;
    return $ws->raw(ref($ws)->bytes($type, $bytes));
}

sub raw {
    my ($ws, $bytes) = @_;
    $ws->{socket}->blocking(1);
    $ws->{socket}->syswrite($bytes);
    $ws->{socket}->blocking(0);
    return $ws;
}

sub say { $_[0]->frame(text => $_[1]) }
sub close { CORE::close($_[0]->{socket}) }

1;
