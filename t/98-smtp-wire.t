#!/usr/bin/perl

# Tests for a relay that is none, or not the one that was meant: before all of
# a mail was there it goes again, after that it is unknown; the password goes
# to nobody who has not shown who they are.

###############################################################################

use warnings;
use strict;

use IO::Socket::INET;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;
use Parley::Wire;

###############################################################################

my $t = Parley::Nginx->new()->has('perl:IO::Socket::SSL');
my $dir = $t->testdir();

Parley::Wire::certificate($dir, 'ca', [ DNS => 'ca' ], authority => 1);
my $right = Parley::Wire::certificate($dir, 'right', [ IP => '127.0.0.1' ],
    ca => 'ca');

# whom a timeout ends; a slow machine may take its time with the others
my %silent = ('no handshake' => '3s', 'no greeting' => '8s',
    'no answer' => '12s', 'an answer of noise' => '12s');

# name, what becomes of the first attempt, TLS, what is done
my @cases = (
    [ 'another name', 'retry', Parley::Wire::certificate($dir, 'name',
        [ DNS => 'example.org' ], ca => 'ca'), \&relay ],
    [ 'expired', 'retry', Parley::Wire::certificate($dir, 'expired',
        [ IP => '127.0.0.1' ], ca => 'ca', days => -1), \&relay ],
    [ 'vouched for by nobody', 'retry', Parley::Wire::certificate($dir,
        'other', [ IP => '127.0.0.1' ]), \&relay ],
    [ 'refused', 'retry', undef, undef ],
    [ 'no handshake', 'retry', undef, sub { $_[0]->hold() } ],
    [ 'noise', 'retry', undef, sub { $_[0]->put('x' x 9999) } ],
    [ 'a reset', 'retry', undef, sub { $_[0]->half(1); $_[0]->rst() } ],
    [ 'no TLS', 'retry', undef, \&relay ],
    [ 'no STARTTLS', 'retry', undef, \&relay ],
    [ 'no greeting', 'retry', $right, sub { $_[0]->hold() } ],
    [ 'a greeting without end', 'retry', $right,
        sub { 1 while $_[0]->put("220-hello\r\n" x 1000) } ],
    [ 'a line without end', 'retry', $right,
        sub { 1 while $_[0]->put('x' x 65536) } ],
    [ 'no answer', 'unknown', $right, \&relay ],
    [ 'an answer of noise', 'unknown', $right, \&relay ],
    [ 'an answer without end', 'unknown', $right, \&relay ],
    [ 'an answer cut short', 'unknown', $right, \&relay ],
    [ 'right', 'sent', $right, \&relay ],
);
my $n = 0;
my %by = map { my $port = port(8600 + $n); $port => { number => $n++,
    port => $port, name => $_->[0], becomes => $_->[1], tls => $_->[2],
    do => $_->[3] } } @cases;
@cases = sort { $a->{number} <=> $b->{number} } values %by;
$t->plan(@cases + 4);

$t->write_file('secrets/mail.password', "secret-of-the-relay\n");
$t->write_file_expand('nginx.conf', <<EOF);

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
${\ join '', map { channel($_) } @cases }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

my $wire = Parley::Wire->new($dir)->run(sub { $by{$_[0]->port()}{do}->($_[0]) },
    map { $_->{port} => $_->{tls} } grep { $_->{do} } @cases);
my $store = Parley::Store->new($dir);
$t->run();
my $sender = Parley::Sender->new($dir, '--ca-file', "$dir/ca.crt")->run();
my $api = Parley::Api->new($store->key('demo', 'admin'));

###############################################################################

my (%id, %answer);
ask($_) for @cases;
wait_for { answers(); !grep { !$answer{$_->{number}} } @cases };
is(lc(($answer{$_->{number}}{outcome} // '') =~ s/^OUTCOME_//r),
    $_->{becomes}, $_->{name}) or diag($answer{$_->{number}}{reason})
    for @cases;

my @book = $wire->book();
is(join(' ', sort { $a cmp $b } map { $by{$_->{port}}{name} }
    grep { $_->{had} } @book), join(' ', sort { $a cmp $b }
    map { $_->{name} } grep { $_->{becomes} =~ /unknown|sent/ } @cases),
    'who had all of it had it once');
is(join(' ', map { $by{$_->{port}}{name} } grep { $_->{said}
    && !$by{$_->{port}}{tls} } @book), '', 'nobody without TLS was greeted '
    . 'with more than that');
unlike($sender->log(), qr/secret|example\.com/, 'the log names nobody');

# relays that say nothing are said goodbye to all the same
is($sender->stop(), 0, 'the sender ends');

###############################################################################

sub channel {
    my ($c) = @_;
    my $scheme = $c->{name} eq 'no STARTTLS' ? 'smtp' : 'smtps';
    my $wait = $silent{$c->{name}} // '80s';
    return <<EOF;
        channel c$c->{number} smtp {
            address     s$c->{number}\@acme.example;
            server      $scheme://127.0.0.1:$c->{port};
            token_file  secrets/mail.password;
            api_connect_timeout $wait;
            api_timeout         $wait;
        }
EOF
}

sub ask {
    my ($c) = @_;
    my $r = $api->post('/v1/messages', { channel => "c$c->{number}",
        to => { email => "p$c->{number}\@example.com" },
        email => { subject => 'x', text => "a line\n" x 200 } },
        'Idempotency-Key' => "k$c->{number}");
    $id{$c->{number}} = $r->{json}{id} // diag($r->{body});
}

sub answers {
    for my $c (@cases) {
        next if $answer{$c->{number}} || !$id{$c->{number}};
        my ($trace) = $store->json('trace', $id{$c->{number}});
        my ($attempt) = @{$trace->{attempts} // []};
        $answer{$c->{number}} = $attempt->{answer}
            if $attempt && $attempt->{answer};
    }
}

# a dialogue, up to the answer to all of it
sub relay {
    my ($c) = @_;
    my $name = $by{$c->port()}{name};
    my $line;
    $c->put("220 relay\r\n");
    while (defined($line = line($c))) {
        if ($line =~ /^AUTH/) {
            $c->note({ said => 'AUTH' });
            if ($line !~ /^AUTH PLAIN ./) {
                $c->put("334 \r\n");
                line($c);
            }
            $c->put("235 yes\r\n");
        } elsif ($line =~ /^DATA/) {
            $c->put("354 go\r\n");
            1 while defined($line = line($c)) && $line ne '.';
            return unless defined $line;
            $c->note({ had => 1 });
            return finish($c, $name);
        } else {
            $c->put($line =~ /^EHLO/ ? "250-relay\r\n250 AUTH PLAIN\r\n"
                : "250 yes\r\n");
        }
    }
}

sub finish {
    my ($c, $name) = @_;
    return $c->put("250 taken\r\n") && line($c) if $name eq 'right';
    return $c->hold() if $name eq 'no answer';
    return $c->put("\0\xff noise\r\n") && $c->hold()
        if $name eq 'an answer of noise';
    return $c->put('25') && $c->fin() if $name eq 'an answer cut short';
    1 while $c->put("250-more\r\n" x 1000);
}

sub line {
    my ($c) = @_;
    while ($c->{in} !~ /\r\n/) {
        $c->more() or return undef;
    }
    $c->{in} =~ s/^(.*?)\r\n//s;
    return $1;
}

###############################################################################
