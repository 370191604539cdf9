#!/usr/bin/perl

# Tests for a provider that takes a whole request and ends it without a byte,
# in every way that there is: it has the request once, over HTTP/1.1 with and
# without TLS and over HTTP/2, and the message is unknown. Each on a
# connection that was kept, where the HTTP library repeats by itself, and on
# one that is new.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;
use Parley::Wire;

###############################################################################

# How it ends, by name. HTTP/2: GOAWAY is frame 7 (last stream, error), and
# RST_STREAM is frame 3 (error).

my %closing = (
    'fin' => sub { $_[0]->fin() },
    'no close_notify' => sub { $_[0]->quit() },
    'rst' => sub { $_[0]->rst() },
    'half closed' => sub { shutdown $_[0]{raw}, 1; $_[0]->hold() },
    'no record' => sub { syswrite $_[0]{raw}, 'x' x 64; $_[0]->hold() },
    'no status line' => sub { $_[0]->put("\r\n\r\n"); $_[0]->fin() },
    '100 and fin' => sub {
        $_[0]->put("HTTP/1.1 100 Continue\r\n\r\n");
        $_[0]->fin();
    },
    '408 and fin' => sub {
        $_[0]->answer('', '408 Request Timeout', 'Connection: close');
        $_[0]->fin();
    },
    'goaway with it' => sub { goaway(@_, 0, 0); $_[0]->fin() },
    'goaway without it' => sub { goaway(@_, 2, 0); $_[0]->fin() },
    'goaway and open' => sub { goaway(@_, 2, 0); $_[0]->hold() },
    'goaway, calm down' => sub { goaway(@_, 2, 11); $_[0]->fin() },
    map {
        my ($name, $code) = @$_;
        ("reset stream, $name" => sub {
            $_[0]->frame(3, 0, $_[1]{stream}, pack 'N', $code);
        })
    } [ 'no error' => 0 ], [ 'protocol error' => 1 ], [ 'internal' => 2 ],
        [ 'refused' => 7 ], [ 'cancelled' => 8 ], [ 'calm down' => 11 ],
        [ 'http/1.1 wanted' => 13 ],
);

my @plain = ('fin', 'rst', 'half closed', 'no status line', '100 and fin',
    '408 and fin');
my %kinds = (
    'HTTP/1.1' => \@plain,
    'HTTP/1.1 over TLS' => [ @plain, 'no close_notify', 'no record' ],
    'HTTP/2' => [ 'fin', 'rst', 'half closed', 'no close_notify',
        'no record', grep { /goaway|stream/ } sort keys %closing ],
);

# a port and a channel for each; every other has its closing at once
my $n = 0;
my @cases = map {
    my $protocol = $_;
    map { my $how = $_; map { {
        protocol => $protocol, how => $how, new => $_, number => 5000 + ++$n,
        name => "$protocol, $how, " . ($_ ? 'new' : 'kept'),
    } } 0, 1 } @{$kinds{$protocol}}
} sort keys %kinds;

my $t = Parley::Nginx->new()->has('perl:IO::Socket::SSL')
    ->plan(4 * @cases + 3);
my $dir = $t->testdir();

$_->{port} = port($_->{number} + 3000) for @cases;
my %by = map { $_->{port} => $_ } @cases;
my $channels = join '', map { my $s = $_->{protocol} eq 'HTTP/1.1' ? '' : 's';
    <<EOF } @cases;
        channel c$_->{number} whatsapp {
            phone_number_id $_->{number};
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http$s://127.0.0.1:$_->{port};
            api_connect_timeout 60s;
            api_timeout     90s;
        }
EOF

$t->write_file_expand('nginx.conf', <<EOF);

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
$channels
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$t->expect(qr/unix:.*sender\.sock/);
my $tls = Parley::Wire::certificate($dir, 'peer', [ IP => '127.0.0.1' ]);
my $wire = Parley::Wire->new($dir)->run(\&play, map { $_->{port} =>
    $_->{protocol} eq 'HTTP/1.1' ? undef : { %$tls, SSL_alpn_protocols =>
        [ $_->{protocol} eq 'HTTP/2' ? 'h2' : 'http/1.1' ] } } @cases);
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir, '--ca-file', "$dir/peer.crt")->run();

###############################################################################

# What is said to a kept connection needs one that is kept, and no more under
# way than go to one share of the connections: 32.

for my $round (1 .. 3) {
    for my $new (0, 1) {
        say($_, $round) for grep { $_->{new} == $new && ($round > 1 || !$new) }
            @cases;
        wait_for { $store->folded() && $store->rows('outbox') == 0
            && $store->rows('attempts') == 0 };
    }
}

my (%states, %posts, %nth);
$states{$_->{address}{value}} = $_->{state} for $store->messages('out');
for my $r ($wire->requests()) {
    $posts{$r->{to}}++;
    $nth{$r->{to}} = $r->{nth};
}

for my $c (@cases) {
    is($posts{person($c, 2)}, 1, "$c->{name}: one POST");
    is($nth{person($c, 2)}, $c->{new} ? 1 : 2, "$c->{name}: such a one");
    is($states{person($c, 2)}, 'unknown', "$c->{name}: unknown");
    is($states{person($c, 3)}, 'accepted', "$c->{name}: the next is sent");
}

my %seen;
$seen{$_->{opaque}}++ for $wire->requests();
is(join(' ', grep { $seen{$_} > 1 } keys %seen), '', 'none came twice');
is($store->rows('unknown'), scalar @cases, 'and those alone are unknown');
is($sender->stop(), 0, 'sender ends');

###############################################################################

# The provider: the second person's request is what it ends.
sub play {
    my ($c) = @_;
    my $case = $by{$c->port()};
    my $h2 = $case->{protocol} eq 'HTTP/2';
    $c->h2() if $h2;
    while (my $r = $h2 ? $c->stream() : $c->request()) {
        my $answer = $c->taken($r);
        $r->{to} eq person($case, 2) ? $closing{$case->{how}}->($c, $r)
            : $h2 ? $c->answer2($r->{stream}, $answer)
            : $c->answer($answer);
    }
}

# streams up to (ours - less) were looked at, it says
sub goaway {
    my ($c, $r, $less, $code) = @_;
    my $last = $r->{stream} > $less ? $r->{stream} - $less : 0;
    return $c->frame(7, 0, 0, pack 'NN', $last, $code);
}

sub person { sprintf '346%04d%04d', $_[0]{number}, $_[1] }

sub say {
    my ($c, $round) = @_;
    my $from = person($c, $round);
    wa_post(wa_body(wa_change({ messages =>
        [ wa_text("wamid.$from", $from, 'hello') ] }, $c->{number})));
}

###############################################################################
