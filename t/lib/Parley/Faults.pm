package Parley::Faults;

# A provider that answers what it should not: each answer becomes what the
# table in docs/parley-sender.md says, tokens go to nobody else, memory stays
# bounded, and others are not delayed. One table for all providers that are
# reached over HTTP; what each of them calls things is in %OF.
#
# faults(provider) is the whole test.

use warnings;
use strict;

use IO::Socket::INET;
use JSON::PP;
use Test::More;

use Parley::Hostile;
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;
use Parley::Twilio;
use Parley::WhatsApp;
use Parley::Wire;

use base qw/ Exporter /;
our @EXPORT = qw/ faults /;

###############################################################################

# What a channel of each is configured with; where its webhooks go; how a
# person writes to it.
my %OF = (
    whatsapp => {
        global => '',
        lines => sub {
            my ($number, $token) = @_;
            return ("phone_number_id $number;", 'waba_id 1;',
                "token_file secrets/$token.token;");
        },
        location => <<'EOC',
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
EOC
        writes => sub {
            my ($number, $token, $from) = @_;
            return wa_post(wa_body(wa_change({ messages =>
                [ wa_text("wamid.$from", $from, 'hello') ] }, $number)));
        },
    },
    twilio => {
        global => "parley_public_url $Parley::Twilio::PUBLIC;",
        lines => sub {
            my ($number, $token) = @_;
            return ('account_sid ' . account($number) . ';',
                "from +3190000$number;",
                "auth_token_file secrets/$token.token;");
        },
        location => "            parley_webhook twilio;\n",
        writes => sub {
            my ($number, $token, $from) = @_;
            return tw_post(tw_text("SM$from", "+$from", "+3190000$number",
                'hello', AccountSid => account($number)), token => $token);
        },
    },
);

my ($of, $provider, $t, $dir, $store, $wire, $sender, $h1, $h2);
my (@cases, %by, %tls, %answer, $listener, @crowd);

# whom a timeout ends; a slow machine may take its time with the others
my $nobody = qr/handshake without end|nobody accepts/;

###############################################################################

sub faults {
    ($provider) = @_;
    $of = $OF{$provider};
    $Parley::Hostile::PROVIDER = $provider;
    $t = Parley::Nginx->new()->has('perl:IO::Socket::SSL');
    $dir = $t->testdir();

    my %becomes = becomes();
    cases();
    $t->plan(@cases + 24);
    is(join("\n", sort map { $_->{name} } @cases),
        join("\n", sort keys %becomes), 'the page names what is tested');

    configure();
    begin();
    my $memory = peak();
    at_once(%becomes);
    apart();

    # it took no more memory than it may

    my $grown = peak() - $memory;
    cmp_ok($grown, '<', ($ENV{PARLEY_BUILD} // '') =~ /asan/ ? 512 : 64,
        "memory grew by $grown MiB");

    left_over();
    hanging();
    $sender->kill9();
}

###############################################################################

# what the page says
sub becomes {
    my ($section) = slurp('../docs/parley-sender.md')
        =~ /^## What each answer becomes\n(.*?)^## /ms;
    my %becomes = map { /^\| (.*?) \| (\w+) \|/ ? ($1 => $2) : () }
        split /\n/, $section;
    delete $becomes{answer};
    return %becomes;
}

sub cases {
    certificates();
    my $n = 0;
    @cases = (
        (map { { name => $_, do => $ANSWERS{$_} } } sort keys %ANSWERS),
        (map { { name => $_, do => $RAW{$_}, raw => 1, https => 1 } }
            sort keys %RAW),
        (map { { name => $_, do => $H2{$_}, tls => $h2 } } sort keys %H2),
        (map { { name => $_, do => $ANSWERS{'`200`'}, tls => $tls{$_} } }
            grep { $_ ne 'right' } sort keys %tls),
        { name => 'TLS, but no `https:`', do => $ANSWERS{'`200`'}, tls => $h1,
            http => 1 },
        { name => 'TLS, `200`', do => $ANSWERS{'`200`'}, tls => $h1 },
        { name => 'TLS, `200`, then another', tls => $h1,
            do => $ANSWERS{'`200`, then another'} },
        { name => 'connection refused', nobody => 1 },
        { name => 'nobody accepts', nobody => 1 },
        { name => 'a proxy that redirects', https => 1, proxied => 1 },
    );
    for my $c (@cases) {
        $c->{number} = 5000 + $n++;
        $c->{port} = port($c->{number} + 3500);
        $t->write_file("secrets/$c->{number}.token", "token-$c->{number}\n");
    }
    %by = map { $_->{port} => $_ } @cases;
}

# those of before and within TLS, by name: how the port speaks
sub certificates {
    Parley::Wire::certificate($dir, 'ca', [ DNS => 'ca' ], authority => 1);
    %tls = (
        right => Parley::Wire::certificate($dir, 'right',
            [ IP => '127.0.0.1' ], ca => 'ca'),
        'a certificate of another name' => Parley::Wire::certificate($dir,
            'name', [ DNS => 'example.org' ], ca => 'ca'),
        'an expired certificate' => Parley::Wire::certificate($dir, 'expired',
            [ IP => '127.0.0.1' ], ca => 'ca', days => -1),
        'a certificate that nobody vouches for' =>
            Parley::Wire::certificate($dir, 'other', [ IP => '127.0.0.1' ]),
    );
    $h1 = { %{$tls{right}}, SSL_alpn_protocols => [ 'http/1.1' ] };
    $h2 = { %{$tls{right}}, SSL_alpn_protocols => [ 'h2' ] };
}

sub configure {
    $t->write_file_expand('nginx.conf', <<EOF);

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    $of->{global}

    parley_tenant demo {
${\ join '', map { channel($_) } @cases }
${\ open_channel('good', 1001, 'api_timeout 60s;') }
${\ open_channel('slow', 1002, 'api_connect_timeout 10m;',
    'api_timeout 10m;') }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/$provider {
$of->{location}        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF
}

sub begin {
    $t->expect(qr/unix:.*sender\.sock/);

    # nobody comes in where a listener's queue is full
    my ($full) = grep { $_->{name} eq 'nobody accepts' } @cases;
    $listener = IO::Socket::INET->new(Listen => 1, Proto => 'tcp',
        LocalAddr => "127.0.0.1:$full->{port}") or die "cannot listen: $!\n";
    @crowd = map { IO::Socket::INET->new(Proto => 'tcp', Blocking => 0,
        PeerAddr => "127.0.0.1:$full->{port}") } 1 .. 4;

    $Parley::Hostile::ELSEWHERE = 'http://127.0.0.1:' . port(8083);
    $wire = Parley::Wire->new($dir)->run(\&play, port(8081) => undef,
        port(8083) => undef, port(8084) => undef,
        map { $_->{port} => $_->{tls} } grep { !$_->{nobody} } @cases);
    $store = Parley::Store->new($dir);
    $t->run();
    wait_for { exists $store->status()->{next} };

    # `localhost` is reached through a proxy, and nothing else
    $ENV{https_proxy} = 'http://127.0.0.1:' . port(8084);
    $ENV{no_proxy} = '127.0.0.1';
    system('prlimit', '--pid', $$, '--nofile=128:');
    $sender = Parley::Sender->new($dir, '--ca-file', "$dir/ca.crt")->run();
}

# all at once, and others beside them
sub at_once {
    my (%becomes) = @_;

    say($_->{number}, person($_, 1)) for @cases;
    say(1001, "3470000$_") for 1000 .. 1029;
    wait_for { 30 == grep { /^3470000/ } taken() };
    is(scalar(grep { /^3470000/ } taken()), 30, 'others are not delayed');

    # each is a call of parleyctl: where that is slow it takes minutes
    wait_for { answers(); keys %answer == @cases } 300;
    for my $c (@cases) {
        my $got = lc(($answer{$c->{number}}{outcome} // 'none')
            =~ s/^OUTCOME_//r);
        is($got, $becomes{$c->{name}}, $c->{name})
            or diag(told($c));
    }
}

sub apart {
    # when they are tried again

    between('`503`, `Retry-After: 120`', 120, 120);
    between('`429`, `Retry-After` with a date', 300, 600);
    between('`429`, `Retry-After` with a date that has passed', 0, 4);
    between('`429`, `Retry-After: 99999999`', 3600, 3600);
    between('`429`, `Retry-After: -1`', 0, 4);
    between('`307` to another host', 60, 60);

    # nobody else was told anything

    is(scalar(grep { $_->{port} == port(8083) } $wire->book()), 0,
        'nobody came to the other host');
    is(join(' ', map { "$_->{token} $_->{port}" } grep {
        my $c = $by{$_->{port}};
        $c && ($_->{token} // '') ne "token-$c->{number}" && !$c->{tls} }
        $wire->requests()), '', 'each token went to its own host');
    is(join(' ', grep { /token-/ } map { $_->{said} }
        grep { $_->{port} == port(8084) } $wire->book()), '',
        'the proxy has seen none');
    my ($log) = $sender->log();
    unlike($log, qr/token-\d/, 'nor has the log');
}

# what a connection holds back is no answer to the next request
sub left_over {
    for my $name ('`200`, then another', 'TLS, `200`, then another',
        '`200`, then `408`', '`200`, then closed',
        '`200`, more than its length')
    {
        my ($c) = grep { $_->{name} eq $name } @cases;
        wait_for { grep { $_->{late} && $_->{port} == $c->{port} }
            $wire->book() } if $name =~ /another|408/;
        say($c->{number}, person($c, 2));
        my $m;
        wait_for { ($m) = grep { $_->{address}{value} eq person($c, 2) }
            $store->messages('out'); $m && $m->{state} =~ /accepted|unknown/ };
        my @got = grep { ($_->{to} // '') eq person($c, 2) } $wire->requests();
        is("$m->{state} $m->{provider_id}", "accepted $got[0]{id}",
            "$name: the next has its own");
        is(scalar @got, 1, "$name: once");
    }
}

# a channel that hangs keeps none of its host's connections from others
sub hanging {
    say(1002, "3480000$_") for 1000 .. 1299;
    wait_for { 256 <= grep { /^3480000/ } taken() };
    say(1001, "3490000$_") for 1000 .. 1029;
    wait_for { 30 == grep { /^3490000/ } taken() };
    is(scalar(grep { /^3490000/ } taken()), 30,
        'one that hangs delays no other');
}

###############################################################################

sub play {
    my ($c) = @_;
    my $case = $by{$c->port()};
    return elsewhere($c) if $c->port() == port(8083);
    return proxy($c) if $c->port() == port(8084);
    return good($c) unless $case;
    return $case->{do}->($c) if $case->{raw};

    my $is_h2 = $case->{tls} && $case->{tls} == $h2;
    $c->h2() if $is_h2;
    while (my $r = $is_h2 ? $c->stream() : $c->request()) {
        $c->note({ token => $r->{token}, path => $r->{path} });
        $case->{do}->($c, $r);
    }
}

sub good {
    my ($c) = @_;
    while (my $r = $c->request()) {
        my $answer = $c->taken($r);
        return $c->hold() if $r->{to} =~ /^3480000/;
        $c->answer($answer);
    }
}

sub elsewhere {
    my ($c) = @_;
    $c->note({ said => 'here' });
}

sub proxy {
    my ($c) = @_;
    my $said = $c->half(20);
    $c->more() while $c->{in} !~ /\r\n\r\n/;
    $c->note({ said => $c->{in} });
    $c->answer('', '307 Elsewhere',
        "Location: $Parley::Hostile::ELSEWHERE/stolen");
}

sub channel {
    my ($c) = @_;
    my $s = ($c->{tls} || $c->{https}) && !$c->{http} ? 's' : '';
    my $host = $c->{proxied} ? 'localhost' : '127.0.0.1';
    my $port = port($c->{number} + 3500);
    my $connect = $c->{name} =~ /$nobody/ ? '3s' : '80s';
    my $wait = $c->{name} =~ /one byte/ ? '12s' : '80s';
    return <<EOF;
        channel c$c->{number} $provider {
            ${\ join "\n            ", $of->{lines}->($c->{number},
                $c->{number}) }
            api_base_url    http$s://$host:$port;
            api_connect_timeout $connect;
            api_timeout     $wait;
        }
EOF
}

# one that is well
sub open_channel {
    my ($name, $number, @lines) = @_;
    return <<EOF;
        channel $name $provider {
            ${\ join "\n            ", $of->{lines}->($number, 'channel'),
                @lines }
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
EOF
}

sub account { sprintf 'AC%032d', $_[0] }

sub person { sprintf '346%04d%04d', $_[0]{number}, $_[1] }

sub say {
    my ($number, $from) = @_;
    my $token = $by{port($number + 3500)} ? "token-$number" : 'test-token';
    my $answer = $of->{writes}->($number, $token, $from);
    die "not taken in: $answer\n" unless http_status($answer) =~ /^20/;
}

sub taken { map { $_->{to} // () } $wire->book() }

# by channel's number: what became of the first attempt
sub answers {
    for my $m ($store->messages('out')) {
        my ($number, $nth) = $m->{address}{value} =~ /^346(\d{4})(\d{4})/
            or next;
        next if $nth != 1 || $answer{$number};
        my ($attempt) = @{($store->json('trace', $m->{id}))[0]{attempts}
            // []};
        $answer{$number} = { %{$attempt->{answer}},
            ms => $attempt->{answer_ms} } if $attempt && $attempt->{answer};
    }
}

# all that is known of a case: its message's attempts, what came to its port,
# and what the sender has said of it
sub told {
    my ($c) = @_;
    my ($m) = grep { $_->{address}{value} eq person($c, 1) }
        $store->messages('out');
    my ($trace) = $m ? $store->json('trace', $m->{id}) : ();
    my @attempts = @{$trace->{attempts} // []};
    my ($effect) = map { $_->{effect} =~ /(\d+)/ } @attempts;
    my $json = JSON::PP->new->canonical;
    return join "\n", "port $c->{port}, sender "
        . ($sender->alive() ? 'alive' : 'gone'),
        $m ? "message $m->{id} $m->{state}" : 'no message',
        (map { 'attempt ' . $json->encode($_) } @attempts),
        (map { 'wire ' . $json->encode($_) }
            grep { $_->{port} == $c->{port} } $wire->book()),
        defined $effect ? (grep { /\beffect=$effect\b/ }
            split /\n/, $sender->log()) : ();
}

# seconds, from the answer on
sub between {
    my ($name, $from, $to) = @_;
    my ($c) = grep { $_->{name} eq $name } @cases;
    my $a = $answer{$c->{number}};
    my $s = (($a->{retry_ms} // 0) - $a->{ms}) / 1000;
    ok($s > $from - 2 && $s < $to + 2, "$name: after $s s");
}

# MiB that the sender has had at most
sub peak {
    my ($kib) = slurp('/proc/' . $sender->pid() . '/status')
        =~ /^VmHWM:\s+(\d+)/m;
    return int $kib / 1024;
}

###############################################################################

1;
