package Parley::Wire;

# A provider that a test plays byte by byte: it listens on any number of
# ports, with TLS or without, and each connection is a process of its own
# that runs a sub of the test's. What it notes goes into a book, a file of
# one JSON object a line, which outlives every process but the test.
#
# new(dir, name)->run(sub, port => undef | { TLS options }, ...)
#
# The sub is given the connection:
#     port, number        which port; which connection to it, from 1 on
#     request()           the next whole request over HTTP/1: { nth, head,
#                         method, path, token, body, to, opaque; form }, or
#                         undef
#     half(n)             as soon as n bytes of one are here: what is here
#     put(bytes)          false when the peer has gone
#     fin() rst()         ends it: in peace, or with a reset
#     quit()              ends it without TLS's close_notify
#     hold()              keeps it until the peer leaves; true if it said
#                         more meanwhile
#     note(row)           into the book, with its port, connection and time
#     taken(request)      notes it as taken; what the provider answers then

use warnings;
use strict;

use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw/ _exit /;
use Socket qw/ SOL_SOCKET SO_LINGER SO_RCVBUF IPPROTO_TCP TCP_NODELAY /;
use Time::HiRes qw/ time /;

use Parley::Process;

my $json = JSON::PP->new->utf8->canonical;

###############################################################################

sub new {
    my ($class, $dir, $name) = @_;
    return bless { dir => $dir, name => $name // 'wire',
        book => "$dir/" . ($name // 'wire') . '.book' }, $class;
}

sub run {
    my ($self, $code, %ports) = @_;
    require IO::Socket::SSL if grep { $_ } values %ports;

    my @listeners = map { { port => $_, tls => $ports{$_}, n => 0,
        s => IO::Socket::INET->new(Proto => 'tcp', Listen => 1024,
            ReuseAddr => 1, LocalAddr => "127.0.0.1:$_")
            // die "cannot listen on $_: $!\n" } } sort keys %ports;
    $self->{process} = Parley::Process->start('wire',
        { log => "$self->{dir}/$self->{name}.log" }, \&serve, $self, $code,
        @listeners);
    $self->{process}->target(-$self->{process}->pid());
    close $_->{s} for @listeners;
    return $self;
}

sub stop {
    my ($self) = @_;
    (delete $self->{process})->kill9() if $self->{process};
    return $self;
}

# all that was noted, oldest first; what is being written is not there yet
sub book {
    my ($self) = @_;
    return map { $json->decode($_) } grep { /\n\z/ }
        split /^/, slurp($self->{book});
}

# what was noted since this was asked last
sub news {
    my ($self) = @_;
    open my $fh, '<', $self->{book} or return;
    seek $fh, $self->{read} // 0, 0;
    my @rows;
    while (defined(my $line = <$fh>)) {
        last unless $line =~ /\n\z/;
        $self->{read} = tell $fh;
        push @rows, $json->decode($line);
    }
    return @rows;
}

# the whole requests that have come
sub requests { grep { defined $_->{path} } $_[0]->book() }

# a key and a certificate that vouches for itself, or that ca does
# (certificate(dir, name, [ DNS => name ], ca => name,
# authority => 1, days => 2))
sub certificate {
    my ($dir, $name, $subject, %opt) = @_;
    require IO::Socket::SSL::Utils;
    my @ca = map { $_ ? [ IO::Socket::SSL::Utils::PEM_file2cert("$_.crt"),
        IO::Socket::SSL::Utils::PEM_file2key("$_.key") ] : () }
        $opt{ca} ? "$dir/$opt{ca}" : undef;
    my ($cert, $key) = IO::Socket::SSL::Utils::CERT_create(
        subject => { CN => "parley $name" },
        $opt{authority} ? (CA => 1) : (purpose => 'server'),
        subjectAltNames => [ $subject ], @ca ? (issuer => $ca[0]) : (),
        not_before => time() - 7 * 86400,
        not_after => time() + ($opt{days} // 2) * 86400);
    IO::Socket::SSL::Utils::PEM_cert2file($cert, "$dir/$name.crt");
    IO::Socket::SSL::Utils::PEM_key2file($key, "$dir/$name.key");
    return { SSL_cert_file => "$dir/$name.crt",
        SSL_key_file => "$dir/$name.key" };
}

###############################################################################

# its group ends with it: connections too
sub serve {
    my ($self, $code, @listeners) = @_;
    setpgrp;
    $SIG{CHLD} = 'IGNORE';
    my $select = IO::Select->new(map { $_->{s} } @listeners);
    my %by = map { $_->{s} => $_ } @listeners;

    while (1) {
        for my $s ($select->can_read()) {
            my $peer = $s->accept() or next;
            my $number = ++$by{$s}{n};
            my $pid = fork();
            die "cannot fork: $!\n" unless defined $pid;
            if ($pid == 0) {
                close $_->{s} for @listeners;
                eval { play($self, $code, $by{$s}, $peer, $number) };
                print STDERR $@ if $@;
                _exit(0);
            }
            close $peer;
        }
    }
}

sub play {
    my ($self, $code, $listener, $s, $number) = @_;
    $SIG{PIPE} = 'IGNORE';
    alarm 600;                  # nothing here may hang for ever
    setsockopt $s, IPPROTO_TCP, TCP_NODELAY, 1;
    open my $book, '>>', $self->{book} or die "cannot write book: $!\n";
    my $c = bless { s => $s, raw => $s, in => '', nth => 0, book => $book,
        port => $listener->{port}, number => $number,
        tls => $listener->{tls} }, 'Parley::Wire::Peer';
    $c->secure() or return if $c->{tls} && !$c->{tls}{later};
    $code->($c);
}

###############################################################################

package Parley::Wire::Peer;

use MIME::Base64;
use Socket qw/ SOL_SOCKET SO_LINGER /;
use Time::HiRes qw/ time /;

use Parley::Twilio;

sub port { $_[0]{port} }
sub number { $_[0]{number} }

# the handshake: at once, or when a test asks for it
sub secure {
    my ($c) = @_;
    my %opt = %{$c->{tls}};
    delete $opt{later};
    my $s = IO::Socket::SSL->start_SSL($c->{s}, SSL_server => 1, %opt);
    $c->{s} = $s if $s;
    return $s;
}

sub note {
    my ($c, $row) = @_;
    my $line = $json->encode({ port => $c->{port}, time => time(),
        number => $c->{number}, %$row }) . "\n";
    syswrite $c->{book}, $line;
    return $row;
}

# more bytes, into `in`; false at the end
sub more {
    my ($c) = @_;
    my $n = sysread $c->{s}, $c->{in}, 65536, length $c->{in};
    return $n;
}

sub half {
    my ($c, $n) = @_;
    while (length $c->{in} < $n) {
        $c->more() or last;
    }
    return $c->{in};
}

sub request {
    my ($c) = @_;
    my $end;
    while (($end = index $c->{in}, "\r\n\r\n") < 0) {
        $c->more() or return undef;
    }
    my $head = substr $c->{in}, 0, $end;
    my ($len) = $head =~ /^content-length: *(\d+)/mi;
    $end += 4;
    while (length $c->{in} < $end + ($len // 0)) {
        $c->more() or return undef;
    }
    my $body = substr $c->{in}, $end, $len // 0;
    substr $c->{in}, 0, $end + ($len // 0), '';
    my ($method, $path) = $head =~ /^(\w+) (\S+)/;
    my ($token) = $head =~ /^authorization: bearer (\S+)/mi;
    ($token) = map { decode_base64($_) =~ /:(.*)/s } $1
        if $head =~ /^authorization: basic (\S+)/mi;
    return $c->parsed({ head => $head, method => $method, path => $path,
        token => $token, body => $body });
}

sub parsed {
    my ($c, $r) = @_;
    my $form = $r->{body} =~ /^To=/ ? tw_read($r->{body}) : undef;
    my $send = $form ? { to => $form->{To} }
        : eval { $json->decode($r->{body}) } // {};
    return { %$r, nth => ++$c->{nth}, form => $form,
        to => ($send->{to} // '') =~ s/\D//gr,
        opaque => $form ? $form->{StatusCallback}
            : $send->{biz_opaque_callback_data} };
}

# A request is at the provider once this is written.
sub taken {
    my ($c, $r, %more) = @_;
    my $id = ($r->{form} ? 'SM' : 'wamid.')
        . "P$c->{port}C$c->{number}N$r->{nth}";
    $c->note({ %more, id => $id, map { $_ => $r->{$_} }
        qw/ nth method path token to opaque / });
    return $json->encode({ sid => $id, status => 'queued',
        num_segments => '1', to => $r->{form}{To} }) if $r->{form};
    return $json->encode({ messaging_product => 'whatsapp',
        contacts => [ { input => $r->{to}, wa_id => $r->{to} } ],
        messages => [ { id => $id } ] });
}

sub put {
    my ($c, $bytes) = @_;
    my $sent = 0;
    while ($sent < length $bytes) {
        my $n = syswrite $c->{s}, $bytes, 65536, $sent;
        return 0 unless $n;
        $sent += $n;
    }
    return 1;
}

sub answer {
    my ($c, $body, $status, @headers) = @_;
    return $c->put(join "\r\n", 'HTTP/1.1 ' . ($status // '200 OK'),
        'Content-Type: application/json', @headers,
        'Content-Length: ' . length $body, '', $body);
}

sub fin { close $_[0]{s} }

sub quit {
    my ($c) = @_;
    return $c->{tls} ? $c->{s}->close(SSL_no_shutdown => 1) : $c->fin();
}

sub rst {
    my ($c) = @_;
    setsockopt $c->{s}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    return $c->quit();
}

sub hold {
    my ($c) = @_;
    my $was = length $c->{in};
    1 while $c->more();
    return length $c->{in} > $was;
}

###############################################################################

# HTTP/2, as far as a test needs it: h2() greets, stream() is the next whole
# request, frame(type, flags, stream, payload) goes out.

sub h2 {
    my ($c) = @_;
    $c->half(24);
    return 0 unless $c->{in} =~ s/^PRI \* HTTP\/2\.0\r\n\r\nSM\r\n\r\n//;
    return $c->frame(4, 0, 0, '');
}

sub frame {
    my ($c, $type, $flags, $stream, $payload) = @_;
    return $c->put(substr(pack('N', length $payload), 1)
        . pack('CCN', $type, $flags, $stream) . $payload);
}

# its headers are not read: what a test asks for is in the body
sub stream {
    my ($c) = @_;
    my %body;
    while (length $c->half(9) >= 9) {
        my ($len) = unpack 'N', "\0" . substr $c->{in}, 0, 3;
        my ($type, $flags, $id) = unpack 'x3CCN', $c->{in};
        last if length $c->half(9 + $len) < 9 + $len;
        my $payload = substr $c->{in}, 9, $len;
        substr $c->{in}, 0, 9 + $len, '';
        $c->frame(4, 1, 0, '') if $type == 4 && !($flags & 1);
        $c->frame(6, 1, 0, $payload) if $type == 6 && !($flags & 1);
        $body{$id} .= $payload if $type == 0;
        if (($type == 0 || $type == 1) && ($flags & 1)) {
            return { stream => $id,
                %{ $c->parsed({ path => '', body => $body{$id} // '' }) } };
        }
    }
    return undef;
}

# :status 200
sub answer2 {
    my ($c, $stream, $body) = @_;
    return $c->frame(1, 4, $stream, "\x88") && $c->frame(0, 1, $stream, $body);
}

###############################################################################

1;
