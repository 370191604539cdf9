package Parley::Api;

# A client of the API: one request a connection.

use warnings;
use strict;

use IO::Select;
use IO::Socket::INET;
use JSON::PP;

use Parley::Nginx;

# A key's secret, or undef; %more: headers of each call.
sub new {
    my ($class, $key, %more) = @_;
    return bless { key => $key, more => \%more }, $class;
}

sub get { my ($self, $path, @h) = @_; $self->call('GET', $path, undef, @h) }

sub post {
    my ($self, $path, $body, @h) = @_;
    return $self->call('POST', $path, $body, @h);
}

# body: text; a reference of an object, which becomes JSON; or a list of
# texts, which are sent in chunks. A header of undef is left out.
sub call {
    my ($self, $method, $path, $body, %headers) = @_;
    return $self->end($self->start($method, $path, $body, %headers));
}

sub start {
    my ($self, $method, $path, $body, %headers) = @_;
    my %h = (Host => 'localhost', Connection => 'close',
        defined $self->{key} ? (Authorization => "Bearer $self->{key}") : (),
        %{$self->{more}}, %headers);

    if (ref $body eq 'ARRAY') {
        $h{'Transfer-Encoding'} = 'chunked';
        $h{'Content-Type'} //= 'application/json';
        $body = join '', map { sprintf("%x\r\n%s\r\n", length $_, $_) }
            @$body, '';

    } elsif (defined $body) {
        $body = encode_json($body) if ref $body;
        $h{'Content-Length'} = length $body;
        $h{'Content-Type'} = 'application/json'
            if !exists $h{'Content-Type'};
    }

    my $s = IO::Socket::INET->new(Proto => 'tcp',
        PeerAddr => '127.0.0.1:' . port(8080)) or return undef;
    local $SIG{PIPE} = 'IGNORE';
    print $s "$method $path HTTP/1.1\r\n", (map { "$_: $h{$_}\r\n" }
        grep { defined $h{$_} } sort keys %h), "\r\n", $body // '';
    $s->flush();
    return $s;
}

# status 0: the connection ended without an answer.
sub end {
    my ($self, $s) = @_;
    my $answer = '';
    my $select = IO::Select->new($s // ());
    while ($s && $select->can_read(30)) {
        sysread($s, $answer, 65536, length $answer) or last;
    }
    my ($head, $body) = split /\r\n\r\n/, $answer, 2;
    my ($status, @lines) = split /\r\n/, $head // '';
    my %headers = map { /^([^:]+): *(.*)$/ ? (lc $1 => $2) : () } @lines;
    $body //= '';

    if (($headers{'transfer-encoding'} // '') eq 'chunked') {
        my $whole = '';
        while ($body =~ s/^([0-9a-f]+)\r\n//i && hex $1) {
            my $len = hex $1;
            $whole .= substr $body, 0, $len;
            $body = substr $body, $len + 2;
        }
        $body = $whole;
    }

    return { status => ($status // '') =~ / (\d+)/ ? "$1" : 0,
        headers => \%headers, body => $body,
        json => $body =~ /^\s*[\[{]/ ? eval { decode_json($body) } // {}
            : {} };
}

# What a document says of its operations.
sub operations {
    my ($doc) = @_;
    my @ops;

    for my $path (sort keys %{$doc->{paths}}) {
        for my $method (sort keys %{$doc->{paths}{$path}}) {
            my $op = $doc->{paths}{$path}{$method};
            push @ops, { path => $path, method => uc $method,
                name => $op->{operationId}, may => $op->{'x-permission'},
                stream => $op->{'x-stream'},
                row => $op };
        }
    }

    return @ops;
}

1;
