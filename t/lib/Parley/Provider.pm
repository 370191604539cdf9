package Parley::Provider;

# The provider's Graph API, played by a small HTTP server: takes sends, and
# can be told to misbehave. One process, one loop; it logs every request.
#
# script(rule...) replaces what it does. A rule:
#     match     pattern over the request's body; none: every request
#     path      pattern over its path and query; none: every request
#     token     pattern over its bearer token; none: every request
#     kept      only requests after the first of a connection
#     skip      how many that fit are let through first
#     times     for how many requests it holds; none: for ever
#     delay     seconds before the answer, or before what `do` says
#     do        answer (default)
#               reset    reads the request, then resets the connection
#               close    reads the request, then closes it in silence
#               refuse   resets before it has read anything
#               cut      sends `bytes` bytes of the answer, then closes
#               hang     never answers
#               stall    sends `bytes` bytes of the answer, and no more
#               pour     sends `bytes` more than it said, then closes
#     pair      [burst, seconds]: refuses with 131056 what goes to one person
#               faster than one in so many seconds, bursts aside
#     type      of the answer; else application/json
#     status, headers, body     of the answer; else 200 and a new id, or,
#     code                      from status 300 on, an error of this code
#     says                      more of what Twilio answers
# A form is taken for one of Twilio's, and answered as by it.
# The first rule that fits is taken; without one the send is accepted.

use warnings;
use strict;

use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Socket qw/ SOL_SOCKET SO_LINGER /;
use Time::HiRes qw/ time /;

use Parley::Lines;
use Parley::Nginx;
use Parley::Process;
use Parley::Store;
use Parley::Twilio;

my $json = JSON::PP->new->utf8->canonical;

###############################################################################

sub new {
    my ($class, $dir, $port) = @_;
    my $self = bless { dir => $dir, port => $port // port(8081) }, $class;
    $self->script();
    return $self;
}

sub run {
    my ($self) = @_;
    my $listener = IO::Socket::INET->new(Proto => 'tcp', Listen => 1024,
        ReuseAddr => 1, LocalAddr => "127.0.0.1:$self->{port}")
        or die "cannot listen: $!\n";
    $self->{process} = Parley::Process->start('provider',
        { log => "$self->{dir}/provider.log" }, \&serve, $self, $listener);
    close $listener;
    return $self;
}

sub stop {
    my ($self) = @_;
    (delete $self->{process})->kill9() if $self->{process};
    return $self;
}

sub script {
    my ($self, @rules) = @_;
    my $name = "$self->{dir}/provider.script";
    open my $fh, '>', "$name.new" or die "cannot write $name: $!\n";
    print $fh $json->encode({ id => ++$self->{scripts}, rules => \@rules });
    close $fh or die "cannot write $name: $!\n";
    rename "$name.new", $name or die "cannot rename $name: $!\n";
    return $self;
}

# every request so far, oldest first: { n, time, connection, nth, method,
# path, type, token, trace, to, text, opaque, bytes, body (a MiB of it), did,
# id; form }
sub requests {
    my ($self) = @_;
    my $log = $self->{log} //= Parley::Lines->new(
        "$self->{dir}/provider.requests", sub { $json->decode($_[0]) });
    return $log->all();
}

# those that it took: what the person got, as far as the provider knows
sub accepted { grep { $_->{id} } $_[0]->requests() }

###############################################################################

sub serve {
    my ($self, $listener) = @_;
    my $state = { self => $self, conns => {}, n => 0, seen => {},
        select => IO::Select->new($listener), listener => $listener };
    $state->{n} = () = $self->requests();

    $SIG{PIPE} = 'IGNORE';

    open $state->{log}, '>>', "$self->{dir}/provider.requests"
        or die "cannot write log: $!\n";
    $state->{log}->autoflush(1);

    while (1) {
        for my $s ($state->{select}->can_read(next_due($state))) {
            $s == $listener ? take($state) : hear($state, $s);
        }
        for my $c (values %{$state->{conns}}) {
            act($state, $c) if $c->{due} && $c->{due} <= time();
        }
    }
}

sub next_due {
    my ($state) = @_;
    my $due = time() + 0.5;
    for my $c (values %{$state->{conns}}) {
        $due = $c->{due} if $c->{due} && $c->{due} < $due;
    }
    my $pause = $due - time();
    return $pause > 0 ? $pause : 0;
}

sub take {
    my ($state) = @_;
    my $s = $state->{listener}->accept() or return;
    $state->{conns}{$s} = { s => $s, in => '', nth => 0,
        connection => ++$state->{connections} };
    $state->{select}->add($s);

    # refused without a look at what it wants
    my $rule = find($state, sub { ($_[0]{do} // '') eq 'refuse' });
    hang_up($state, $state->{conns}{$s}, 1) if $rule;
}

sub hear {
    my ($state, $s) = @_;
    my $c = $state->{conns}{$s} or return;
    my $n = sysread $s, $c->{in}, 65536, length $c->{in};
    return hang_up($state, $c) unless $n;

    # a long body is not looked at before it is there
    if (!defined $c->{head}) {
        my $end = index $c->{in}, "\r\n\r\n";
        return if $end < 0;
        $c->{head} = substr $c->{in}, 0, $end;
        substr $c->{in}, 0, $end + 4, '';
        ($c->{len}) = $c->{head} =~ /^content-length: *(\d+)/mi;
        $c->{len} //= 0;
    }
    return if length $c->{in} < $c->{len} || $c->{due};

    my $body = substr $c->{in}, 0, $c->{len}, '';
    $c->{nth}++;
    ask($state, $c, delete $c->{head}, $body);
}

# A whole request: decide, and write down what was decided.
sub ask {
    my ($state, $c, $head, $body) = @_;
    my ($method, $path) = $head =~ /^(\w+) (\S+)/;
    my $token = ($head =~ /^authorization: bearer (\S+)/mi)[0] // '';
    my $rule = find($state, sub {
        my ($r) = @_;
        return ($r->{do} // '') ne 'refuse'
            && (!defined $r->{path} || $path =~ /$r->{path}/)
            && (!defined $r->{match} || $body =~ /$r->{match}/)
            && (!defined $r->{token} || $token =~ /$r->{token}/)
            && (!$r->{kept} || $c->{nth} > 1);
    }) // {};

    $rule = { %$rule, status => 400, code => 131056 }
        if $rule->{pair} && !pair($state, @{$rule->{pair}}, $body);

    my ($type) = $head =~ /^content-type: (.*?)\r?$/mi;
    my ($trace) = $head =~ /^traceparent: (.*?)\r?$/mi;
    my $form = ($type // '') =~ /form-urlencoded/ ? tw_read($body) : undef;
    my $send = $form ? { to => $form->{To}, text => { body => $form->{Body} },
        biz_opaque_callback_data => $form->{StatusCallback} }
        : eval { $json->decode($body) } // {};
    my $row = {
        n => ++$state->{n}, time => time(), nth => $c->{nth},
        connection => $c->{connection}, method => $method, path => $path,
        token => $token eq '' ? undef : $token, type => $type,
        trace => $trace,
        to => $send->{to} // $send->{recipient},
        text => $send->{text}{body},
        opaque => $send->{biz_opaque_callback_data},
        bytes => length $body, body => substr($body, 0, 1 << 20),
        did => $rule->{do} // 'answer',
    };
    my $id = "wamid.SENT$state->{self}{port}N$state->{n}";
    $id = sprintf 'SM%032d', $state->{n} if $form;
    $row->{form} = $form if $form;
    $c->{answer} = answer($rule, $row, $id);
    $row->{id} = $id if $c->{answer} =~ /\Q$id\E"/;
    $c->{rule} = $rule;
    $c->{due} = time() + ($rule->{delay} // 0);
    print { $state->{log} } $json->encode($row) . "\n";
    act($state, $c) unless $rule->{delay};
}

# A bucket for each person that loses a token with each send it lets pass.
sub pair {
    my ($state, $burst, $seconds, $body) = @_;
    my ($to, $now) = ($json->decode($body)->{to}, time());
    my $bucket = $state->{pairs}{$to} //= { tokens => $burst, time => $now };
    $bucket->{tokens} += ($now - $bucket->{time}) / $seconds;
    $bucket->{tokens} = $burst if $bucket->{tokens} > $burst;
    $bucket->{time} = $now;
    return 0 if $bucket->{tokens} < 1;
    $bucket->{tokens}--;
    return 1;
}

sub answer {
    my ($rule, $row, $id) = @_;
    my $status = $rule->{status} // ($row->{method} eq 'GET'
        && !defined $rule->{body} ? 404 : 200);
    my $type = $rule->{type} // 'application/json';
    my $body = $rule->{body} // $json->encode($row->{form} ? twilio($rule,
        $status, $row->{form}, $id) : $status >= 300 ? {
        error => { message => 'no', type => 'OAuthException',
            code => $rule->{code} // 1, fbtrace_id => 'A' } } : {
        messaging_product => 'whatsapp',
        contacts => [ { input => $row->{to}, wa_id => $row->{to} } ],
        messages => [ { id => $id } ] });
    my $headers = join '', map { "$_: $rule->{headers}{$_}\r\n" }
        sort keys %{$rule->{headers} // {}};
    return "HTTP/1.1 $status Status\r\nContent-Type: $type\r\n"
        . $headers . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

# what Twilio says to a form
sub twilio {
    my ($rule, $status, $form, $id) = @_;
    return { code => $rule->{code} // 20001, message => 'no',
        status => $status } if $status >= 300;
    return { sid => $id, status => 'queued', num_segments => '1',
        price => undef, price_unit => 'USD', error_code => undef,
        %{$rule->{says} // {}}, to => $form->{To}, body => $form->{Body} };
}

sub act {
    my ($state, $c) = @_;
    my $do = $c->{rule}{do} // 'answer';
    delete $c->{due};

    return if $do eq 'hang';
    return hang_up($state, $c, 1) if $do eq 'reset';
    return hang_up($state, $c) if $do eq 'close';

    my $out = $c->{answer};
    $out = substr $out, 0, $c->{rule}{bytes} if $do =~ /^(?:cut|stall)$/;
    $out =~ s/^Content-Length: .*\n//m if $do eq 'pour';
    print_all($c->{s}, $out);
    pour($c) if $do eq 'pour';
    hang_up($state, $c) if $do =~ /^(?:cut|pour)$/;
}

sub print_all {
    my ($s, $out) = @_;
    my $sent = 0;
    while ($sent < length $out) {
        my $n = syswrite $s, $out, 1 << 20, $sent;
        return 0 unless $n;
        $sent += $n;
    }
    return 1;
}

# until it has had enough
sub pour {
    my ($c) = @_;
    my $chunk = 'x' x 65536;
    for (1 .. $c->{rule}{bytes} / 65536) {
        last unless print_all($c->{s}, $chunk);
    }
}

sub hang_up {
    my ($state, $c, $reset) = @_;
    setsockopt $c->{s}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0) if $reset;
    $state->{select}->remove($c->{s});
    delete $state->{conns}{$c->{s}};
    close $c->{s};
}

# the first rule that fits and is not used up
sub find {
    my ($state, $fits) = @_;
    my $script = $json->decode(
        slurp("$state->{self}{dir}/provider.script"));
    $state->{seen} = { id => $script->{id} }
        if ($state->{seen}{id} // 0) != $script->{id};

    for my $i (0 .. $#{$script->{rules}}) {
        my $rule = $script->{rules}[$i];
        next unless $fits->($rule);
        my $seen = $state->{seen}{$i}++;
        next if $seen < ($rule->{skip} // 0);
        return $rule if !defined $rule->{times}
            || $seen < ($rule->{skip} // 0) + $rule->{times};
    }
    return undef;
}

###############################################################################

1;
