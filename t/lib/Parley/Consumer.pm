package Parley::Consumer;

# Somebody's endpoint for events: a small HTTP server that keeps connections,
# writes down every request, and can be told to misbehave.
#
# answer(how...) replaces what it does from then on:
#     status    of the answer; else 200
#     reject    pattern over the body: status 422 for what has it
#     headers   more lines of the answer's head
#     bytes     of the answer's body; else 2
#     delay     seconds before each answer
#     hang      never answers
#     cut       ends the connection instead, once this file is there
#     drip      begins to answer, and goes on with a line now and then
#     endless   an answer whose head has no end
#     lean      of the body write down the text's number alone, and how many ms
#               after the event it came

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256 /;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64;
use Time::HiRes qw/ sleep stat time /;
use Time::Local qw/ timegm /;

use Parley::Lines;
use Parley::Nginx;
use Parley::Process;

###############################################################################

sub new {
    my ($class, $dir, $name, $port) = @_;
    my $self = bless { dir => $dir, name => $name, port => $port }, $class;
    return $self->answer();
}

sub url { "http://127.0.0.1:$_[0]->{port}/hook" }

sub run {
    my ($self) = @_;
    my $listener = IO::Socket::INET->new(Proto => 'tcp', Listen => 64,
        ReuseAddr => 1, LocalAddr => "127.0.0.1:$self->{port}")
        or die "cannot listen: $!\n";
    $self->{process} = Parley::Process->start("consumer $self->{name}",
        { log => "$self->{dir}/$self->{name}.log" }, \&serve, $self,
        $listener);
    close $listener;
    return $self;
}

sub stop {
    my ($self) = @_;
    (delete $self->{process})->kill9() if $self->{process};
    return $self;
}

sub answer {
    my ($self, %how) = @_;
    my $name = "$self->{dir}/$self->{name}.how";
    open my $fh, '>', "$name.new" or die "cannot write $name: $!\n";
    print $fh encode_json({ %how, id => ++$self->{said} });
    close $fh or die "cannot write $name: $!\n";
    rename "$name.new", $name or die "cannot rename $name: $!\n";
    return $self;
}

# every request so far, oldest first: { id, time, signature, status, body }
sub requests {
    my ($self) = @_;
    my $log = $self->{log} //= Parley::Lines->new(
        "$self->{dir}/$self->{name}.got", sub {
            my ($line) = @_;
            my %row;
            chomp $line;
            @row{qw/ id time signature status body /} = split /\t/, $line, 5;
            return \%row;
        });
    return $log->all();
}

# what it took: numbers of events, in order
sub got {
    my ($self) = @_;
    return map { $_->{id} =~ /^evt_(\d+)$/ }
        grep { $_->{status} =~ /^2/ } $self->requests();
}

# Is it signed by this secret?
sub signed {
    my ($row, $secret) = @_;
    my ($key) = $secret =~ /^whsec_(.+)/;
    my $is = encode_base64(hmac_sha256("$row->{id}.$row->{time}.$row->{body}",
        decode_base64($key)), '');
    return scalar grep { $_ eq "v1,$is" } split / /, $row->{signature};
}

###############################################################################

sub serve {
    my ($self, $listener) = @_;
    my $select = IO::Select->new($listener);
    my (%in, $how, $seen);
    my $name = "$self->{dir}/$self->{name}";

    $SIG{PIPE} = 'IGNORE';
    open my $log, '>>', "$name.got" or die "cannot write log: $!\n";
    $log->autoflush(1);

    while (1) {
        for my $s ($select->can_read(0.5)) {
            if ($s == $listener) {
                my $c = $listener->accept() or next;
                $in{$c} = '';
                $select->add($c);
                next;
            }
            my $n = sysread $s, $in{$s}, 65536, length $in{$s};
            if (!$n) {
                $select->remove($s);
                delete $in{$s};
                close $s;
                next;
            }

            my $now = join ' ', (stat "$name.how")[1, 9];
            if ($now ne ($seen // '')) {
                $how = decode_json(slurp("$name.how"));
                $seen = $now;
            }
            ask($log, $how, $s, \$in{$s});
        }
    }
}

sub ask {
    my ($log, $how, $s, $in) = @_;

    # TLS, which it does not speak
    if ($$in =~ /^\x16/) {
        syswrite $s, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        shutdown $s, 2;
        return;
    }

    while ($$in =~ /^(.*?)\r\n\r\n/s) {
        my $head = $1;
        my ($len) = $head =~ /^content-length: *(\d+)/mi;
        last if length($$in) < length($head) + 4 + ($len // 0);
        my $body = substr $$in, length($head) + 4, $len // 0;
        substr $$in, 0, length($head) + 4 + ($len // 0), '';

        my %head = map { lc($_->[0]) => $_->[1] }
            map { [ /^([^:]+): *(.*?)\r?$/ ] } split /\n/,
            $head =~ s/^[^\n]*\n//r;
        my $status = $how->{status} // 200;
        $status = 422 if defined $how->{reject} && $body =~ /$how->{reject}/;

        my $note = $how->{lean} ? lean($body) : $body;
        print $log join("\t", $head{'webhook-id'} // '',
            $head{'webhook-timestamp'} // '',
            $head{'webhook-signature'} // '',
            (grep { $how->{$_} } qw/ hang cut /)[0] // $status, $note) . "\n";
        return if $how->{hang};
        sleep $how->{delay} if $how->{delay};

        return cut($s, $how->{cut}) if $how->{cut};
        return drip($s, $status, $how->{drip}) if $how->{drip};
        return endless($s, $status) if $how->{endless};

        my $bytes = $how->{bytes} // 2;
        my $out = "HTTP/1.1 $status Status\r\nContent-Length: $bytes\r\n"
            . join('', map { "$_\r\n" } @{$how->{headers} // []}) . "\r\n";
        pour($s, $out, $bytes);
    }
}

sub lean {
    my ($body) = @_;
    my ($text) = $body =~ /"text": *"text (\d+)"/;
    my ($y, $mon, $d, $h, $m, $s, $ms) = $body
        =~ /"time": *"(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)Z"/;
    my $then = timegm($s, $m, $h, $d, $mon - 1, $y) + $ms / 1000;
    return sprintf '%d %d', $text // 0, (time() - $then) * 1000;
}

sub cut {
    my ($s, $file) = @_;
    sleep 0.01 until -e $file;
    shutdown $s, 2;
}

# until they have had enough, a line each so many seconds
sub drip {
    my ($s, $status, $pause) = @_;
    my $line = "HTTP/1.1 $status Status\r\n";
    while (syswrite $s, $line) {
        $line = "X-More: of it\r\n";
        sleep $pause;
    }
}

sub endless {
    my ($s, $status) = @_;
    my $line = "HTTP/1.1 $status Status\r\n";
    while (syswrite $s, $line) {
        $line = 'X-More: ' . 'x' x 1000 . "\r\n";
    }
}

# Until it is all there, or they have had enough; its connection then ends.
sub pour {
    my ($s, $out, $bytes) = @_;

    while ($bytes > 0 || length $out) {
        if (length $out < 65536 && $bytes > 0) {
            my $n = $bytes < 65536 ? $bytes : 65536;
            $out .= 'x' x $n;
            $bytes -= $n;
        }
        my $n = syswrite $s, $out, length $out;
        return unless $n;
        substr $out, 0, $n, '';
    }
}

###############################################################################

1;
