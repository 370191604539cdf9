package Parley::Hostile;

# What a provider can answer that it should not, by name: the names are those
# of the table "What each answer becomes" in docs/parley-sender.md. Each is a
# sub that is given the connection (Parley::Wire) and the request, which has
# been read whole; those of `raw` get the connection alone, before anything
# was read from it.
#
# What of an answer is the provider's own is in %SAYS, by $PROVIDER.
#
# right($c, $r) notes the request as taken and returns a right answer's body.

use warnings;
use strict;

use POSIX qw/ strftime setlocale LC_TIME /;

use base qw/ Exporter /;
our @EXPORT = qw/ %ANSWERS %RAW %H2 /;
our (%ANSWERS, %RAW, %H2);
our $ELSEWHERE;              # the other host's address, once it has one
our $PROVIDER = 'whatsapp';

my %SAYS = (
    whatsapp => {
        'two ids' => sub {
            $_[0] =~ s/\[\{"id"(.*?)\}\]/[{"id"$1},{"id":"x"}]/r;
        },
        another => '{"messages":[{"id":"wamid.FALSE"}]}',
        'no id' => '{"messages":[{}]}',
        'empty id' => '{"messages":[{"id":""}]}',
        error => '{"error":{"code":131000}}',
        NUL => "{\"messages\0\":[]}",
        open => '{"messages":',
    },
    twilio => {
        'two ids' => sub { $_[0] =~ s/\}\z/,"sid":"x"}/r },
        another => '{"sid":"SMFALSE","status":"queued"}',
        'no id' => '{"status":"queued"}',
        'empty id' => '{"sid":"","status":"queued"}',
        error => '{"code":20500,"message":"no","status":500}',
        NUL => "{\"sid\0\":\"SM1\"}",
        open => '{"sid":',
    },
);

my $HTML = '<html><body><h1>Sorry</h1></body></html>';
my $GIB = 1 << 30;
my $OK = "HTTP/1.1 200 OK\r\n";
my $JSON = "${OK}Content-Type: application/json\r\n";

setlocale(LC_TIME, 'C');

sub right { $_[0]->taken($_[1]) }

# a status, with headers or a body
sub status {
    my ($status, $body, @headers) = @_;
    return sub { $_[0]->answer($body // '', $status, @headers) };
}

sub says { $SAYS{$PROVIDER}{$_[0]} }

# a status, with a body of the provider's
sub told {
    my ($status, $what) = @_;
    return sub { $_[0]->answer(says($what), $status) };
}

# bytes as they are, with %s for a right body; then the end
sub bytes {
    my ($format) = @_;
    return sub {
        my ($c, $r) = @_;
        my $right = right($c, $r);
        $c->put($format =~ s/%s/$right/r =~ s/%d/length $right/er);
        $c->fin();
    };
}

# without end, or for so many bytes
sub flood {
    my ($head, $piece, $bytes) = @_;
    return sub {
        my ($c) = @_;
        $c->put($head) or return;
        for (my $n = 0; $n < ($bytes // 1 << 40); $n += length $piece) {
            $c->put($piece) or last;
        }
        $c->fin();
    };
}

# a right answer with so many bytes of headers
sub head {
    my ($bytes) = @_;
    return sub {
        my ($c, $r) = @_;
        my $right = right($c, $r);
        my $head = "${JSON}Content-Length: " . length($right) . "\r\n";
        my $rest = $bytes - 2 - length $head;
        while ($rest > 0) {
            my $n = $rest > 2000 ? 1000 : $rest;
            $head .= 'X-Long: ' . 'x' x ($n - 10) . "\r\n";
            $rest -= $n;
        }
        $c->put("$head\r\n$right");
    };
}

# a right answer, and later, when it has been read, something else
sub late {
    my ($else) = @_;
    return sub {
        my ($c, $r) = @_;
        $c->answer(right($c, $r));
        sleep 1;
        $else->($c);
        $c->note({ late => 1 });
    };
}

sub date { strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime time + $_[0]) }

%ANSWERS = (
    # statuses that something in between gives
    (map { ("`$_`" => status("$_ Status")) } qw/ 400 401 403 404 405 407 408
        413 422 429 500 503 504 599 /),
    '`502`, a page of HTML' => status('502 Bad Gateway', $HTML),
    '`503`, `Retry-After: 120`' =>
        status('503 Busy', '', 'Retry-After: 120'),
    '`429`, `Retry-After` with a date' => sub {
        $_[0]->answer('', '429 Slow', 'Retry-After: ' . date(600));
    },
    '`429`, `Retry-After` with a date that has passed' => sub {
        $_[0]->answer('', '429 Slow', 'Retry-After: ' . date(-600));
    },
    '`429`, `Retry-After: 99999999`' =>
        status('429 Slow', '', 'Retry-After: 99999999'),
    '`429`, `Retry-After: -1`' => status('429 Slow', '', 'Retry-After: -1'),

    # of success
    '`200`' => sub { $_[0]->answer(right(@_)) },
    '`100`, then `200`' => bytes(("HTTP/1.1 100 Continue\r\n\r\n") x 3
        . "${JSON}Content-Length: %d\r\n\r\n%s"),
    '`200`, two ids' => sub {
        $_[0]->answer(says('two ids')->(right(@_)));
    },
    '`202` with an id' => sub { $_[0]->answer(right(@_), '202 Accepted') },
    '`200`, 100 KB of headers' => head(100_000),
    '`200`, 256 KiB of headers' => head(256 << 10),
    '`200`, 256 KiB and a byte of headers' => head((256 << 10) + 1),
    '`200`, more than its length' => bytes(
        "${JSON}Content-Length: %d\r\n\r\n%s$HTML"),
    '`200`, then another' => late(sub {
        $_[0]->answer(says('another'));
    }),
    '`200`, then `408`' => late(sub {
        $_[0]->answer('', '408 Timeout', 'Connection: close');
        $_[0]->fin();
    }),
    '`200`, then closed' => sub { $_[0]->answer(right(@_)); $_[0]->fin() },
    '`202`, empty' => status('202 Accepted'),
    '`204`' => bytes("HTTP/1.1 204 No Content\r\n\r\n"),
    '`200`, empty' => status('200 OK'),
    '`200`, a page of HTML' => status('200 OK', $HTML),
    '`200`, without an id' => told('200 OK', 'no id'),
    '`200`, an empty id' => told('200 OK', 'empty id'),
    '`200`, no object' => status('200 OK', '[' x 60000),
    '`200`, an error' => told('200 OK', 'error'),
    '`200`, cut short' => bytes("${JSON}Content-Length: 9999\r\n\r\n%s"),
    '`200`, less than its length' => bytes(
        "${JSON}Content-Length: 40\r\n\r\n%s"),
    '`200`, two lengths' => bytes("${JSON}Content-Length: %d\r\n"
        . "Content-Length: 9999\r\n\r\n%s"),
    '`200`, a negative length' => bytes(
        "${JSON}Content-Length: -5\r\n\r\n%s"),
    '`200`, NUL in the head' => bytes(
        "${JSON}X-\0: \0\r\nContent-Length: %d\r\n\r\n%s"),
    '`200`, NUL in the body' => told('200 OK', 'NUL'),
    '`200`, packed' => sub {
        require Compress::Zlib;
        my $body = says('open') . ' ' x (1 << 25);
        $_[0]->answer(Compress::Zlib::memGzip($body), '200 OK',
            'Content-Encoding: gzip');
    },

    # without end, or nearly
    '`200`, 1 GB' => flood("${JSON}Content-Length: $GIB\r\n\r\n",
        ' ' x 65536, $GIB),
    '`400`, 1 GB' => flood("HTTP/1.1 400 No\r\nContent-Length: $GIB\r\n\r\n",
        ' ' x 65536, $GIB),
    '`500`, 1 GB' => flood("HTTP/1.1 500 No\r\nContent-Length: $GIB\r\n\r\n",
        ' ' x 65536, $GIB),
    '`200`, chunks without end' => flood(
        "${JSON}Transfer-Encoding: chunked\r\n\r\n",
        "8000\r\n" . ' ' x 32768 . "\r\n"),
    '`200`, one byte in 10 s' => sub {
        $_[0]->put("${JSON}Content-Length: 200\r\n\r\n{");
        $_[0]->put(' ') while sleep 10;
    },
    '`200`, headers without end' => flood($OK,
        join '', map { "X-$_: " . 'x' x 1000 . "\r\n" } 1 .. 60),
    '`200`, a header without end' => flood("${OK}X-Long: ", 'x' x 65536),
    '`100` without end' => flood('', "HTTP/1.1 100 Continue\r\n\r\n" x 1000),

    # chunks
    '`200`, a chunk of `FFFFFFFFFFFFFFFF`' => bytes(
        "${JSON}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n%s"),
    '`200`, a chunk of `xyz`' => bytes(
        "${JSON}Transfer-Encoding: chunked\r\n\r\nxyz\r\n%s"),
    '`200`, cut within a chunk' => bytes(
        "${JSON}Transfer-Encoding: chunked\r\n\r\n400\r\n%s"),

    # elsewhere; the test puts the host's address in
    (map { my $status = $_; ("`$status` to another host" => sub {
        $_[0]->answer($HTML, "$status Elsewhere",
            "Location: $ELSEWHERE/stolen");
    }) } 301, 302, 307, 308),

    # no HTTP, or none that is known
    'HTTP/0.9' => bytes('%s'),
    'no status line' => bytes("\r\n\r\n%s"),
    '`HTTP/9.9 200`' => bytes("HTTP/9.9 200 OK\r\n\r\n%s"),
    '`101`' => bytes("HTTP/1.1 101 Switching Protocols\r\n"
        . "Upgrade: x\r\nConnection: Upgrade\r\n\r\n%s"),
);

# Before a request was read.
%RAW = (
    'a reset within the TLS handshake' => sub { $_[0]->half(1); $_[0]->rst() },
    'an end within the TLS handshake' => sub { $_[0]->half(1); $_[0]->fin() },
    'no TLS, but noise' => sub { $_[0]->put("\x16\x03\x00" . 'x' x 999) },
    'no TLS, but HTTP' => sub { $_[0]->half(1); $_[0]->answer('no') },
    'a handshake without end' => sub { $_[0]->hold() },
);

# Over HTTP/2; a header block of 0x88 is ":status: 200".
%H2 = (
    'HTTP/2 `200`' => sub {
        $_[0]->answer2($_[1]{stream}, right(@_));
    },
    'HTTP/2 `200`, empty' => sub {
        $_[0]->frame(1, 5, $_[1]{stream}, "\x88");
    },
    'HTTP/2 `200`, its stream reset' => sub {
        $_[0]->frame(1, 4, $_[1]{stream}, "\x88");
        $_[0]->frame(0, 0, $_[1]{stream}, says('open'));
        $_[0]->frame(3, 0, $_[1]{stream}, pack 'N', 2);
    },
    'HTTP/2 a body without a head' => sub {
        $_[0]->frame(0, 1, $_[1]{stream}, right(@_));
        $_[0]->hold();
    },
    'HTTP/2 `200` without end' => sub {
        my ($c, $r) = @_;
        $c->frame(1, 4, $r->{stream}, "\x88");
        1 while $c->frame(0, 0, $r->{stream}, ' ' x 16384);
    },
    'HTTP/2 headers without end' => sub {
        my ($c, $r) = @_;
        my $one = "\x00\x01x\x7f\xa2\x06" . 'x' x 929;  # 7 bits, then 802
        $c->frame(1, 0, $r->{stream}, "\x88");
        1 while $c->frame(9, 0, $r->{stream}, $one x 16);
    },
    'HTTP/2 a frame without sense' => sub {
        $_[0]->frame(1, 4, 0, 'x' x 1000);
        $_[0]->hold();
    },
    'HTTP/2 pings without end' => sub {
        1 while $_[0]->put("\0\0\x08\x06\0\0\0\0\0" . 'pingping');
    },
);

###############################################################################

1;
