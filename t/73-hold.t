#!/usr/bin/perl

# Tests for pausing: a tenant, a channel, a template, a campaign stop within
# a moment, without a reload and across every restart, and go on when a person
# says so, each once and in order.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new()->plan(81);
my $dir = $t->testdir();

my $channels = join '', map { <<"EOF" } 1 .. 2;
        channel c$_ whatsapp {
            phone_number_id 100$_;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
EOF

$t->write_file_expand('nginx.conf', <<"EOF");

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store;

    parley_tenant demo {
$channels
    }
    parley_tenant other {
        channel c1 whatsapp {
            phone_number_id 1009;
            waba_id         9;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8080;
    }
}

EOF

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { $store->folded() };
my $sender = Parley::Sender->new($dir)->run();
my $person = 34600000000;

###############################################################################

# each kind: what is of it waits, what is beside it goes on

stops('tenant', [ 'demo' ], [ 'demo', 'c1', 'a' ], [ 'other', 'c1', 'a' ]);
stops('channel', [ 'demo', 'c1' ], [ 'demo', 'c1', 'a' ],
    [ 'demo', 'c2', 'a' ]);
stops('template', [ 'demo', 'c1', 'a' ], [ 'demo', 'c1', 'a' ],
    [ 'demo', 'c1', 'b' ]);
stops('campaign', [ 'demo', 7 ], [ 'demo', 'c1', 'a', 7 ],
    [ 'demo', 'c1', 'a', 8 ]);

# across restarts of either

is(pause('template', 'demo', 'c1', 'a'), 'paused', 'paused');
is(pause('channel', 'demo', 'c2'), 'paused', 'and another');
my @waits = map { ask('demo', 'c1', 'a'), ask('demo', 'c2', 'a') } 1 .. 10;
sent(ask('demo', 'c1', 'b'), 'one goes');
wait_for { aside() == 10 };
is(aside(), 10, 'ten are set aside');
is($store->rows('due'), 20, 'and ten more are due');

$sender->kill9();
$sender->run();
sent(ask('demo', 'c1', 'b'), 'kill -9 of the sender: one goes');
is(scalar(sends(@waits)), 0, 'what is held does not');

$t->reload();
is($sender->stop(), 0, 'the sender ends');
$sender->run();
sent(ask('demo', 'c1', 'b'), 'reload and a new sender: one goes');
is(scalar(sends(@waits)), 0, 'what is held does not');
is(scalar(my @held = $store->all('holds')), 2, 'both holds are there');
is(($store->ctl('check'))[0], 0, 'and nothing inconsistent');

is(resume('template', 'demo', 'c1', 'a'), 'resumed', 'one resumes');
wait_for { sends(@waits) == 10 };
is(join(' ', map { $_->{to} } sends(@waits)),
    join(' ', @waits[map { 2 * $_ } 0 .. 9]), 'in the order of their asking');
is(resume('channel', 'demo', 'c2'), 'resumed', 'so does the other');
wait_for { sends(@waits) == 20 };
is(scalar(sends(@waits)), 20, 'all have gone, and once');
is(aside(), 0, 'none is aside');

# what waits behind one that is set aside, to the same person

is(pause('template', 'demo', 'c1', 'a'), 'paused', 'a template');
my $to = ask('demo', 'c1', 'a');
ask('demo', 'c1', 'b', undef, $to) for 1 .. 2;
sent(ask('demo', 'c1', 'b'), 'others go');
is(scalar(sends($to)), 0, 'who is behind it waits');
resume('template', 'demo', 'c1', 'a');
wait_for { sends($to) == 3 };
is(join(' ', map { $_->{body} =~ /"name":"(\w)"/ } sends($to)), 'a b b',
    'and order holds');

# for a time

is(pause('--for', '3s', 'channel', 'demo', 'c1'), 'paused', 'for 3 s');
my ($row) = $store->all('holds');
cmp_ok($row->{hold}{until_ms} - $row->{hold}{since_ms}, '<=', 3000,
    'until then');
sent(ask('demo', 'c1', 'a'), 'it ends by itself');
wait_for { !$store->rows('holds') };
is($store->rows('holds'), 0, 'and leaves nothing');

# what is wrong is said

like(failure(1, qw/ pause channel demo nowhere /), qr/no channel "nowhere"/,
    'no such channel');
like(failure(1, qw/ pause tenant nobody /), qr/nobody/, 'no such tenant');
like(failure(1, qw/ pause campaign demo x /), qr/no campaign's number/,
    'no campaign');
like(failure(1, 'pause', 'template', 'demo', 'c1', "a\nb"),
    qr/no template's name/, 'no template');
($row) = ($store->ctl(qw/ pause template demo c1 mistyped /))[2];
like($row, qr/no template "mistyped" that is known/, 'one that nobody knows');
is(resume('template', 'demo', 'c1', 'mistyped'), 'resumed', 'is paused too');
like(failure(2, qw/ pause tenant demo --for 5x /), qr/--for "5x" is no time/,
    'no time');
unlike(failure(1, 'pause', 'tenant', "\e[31m"), qr/\e/,
    'and what it quotes moves no terminal');
unlike(failure(2, "\e[31m"), qr/\e/, 'a command neither');
is(verdict($store->ctl(qw/ --json resume tenant demo /)), 'not_paused',
    'nobody has paused it');
is($store->rows('quarantine'), 0, 'nothing of that came to the journal');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');

###############################################################################

sub stops {
    my ($kind, $place, $held, $free) = @_;
    my $who = (getpwuid $>)[0];

    is(pause('--reason', "too \e many", $kind, @$place), 'paused',
        "$kind: paused");
    my $to = ask(@$held);
    sent(ask(@$free), "$kind: what is beside it goes");
    is(scalar(sends($to)), 0, "$kind: it waits");

    my ($row) = $store->all('holds');
    is("$row->{kind} $row->{cause}", "$kind person", "$kind: what");
    is("$row->{hold}{actor} $row->{hold}{reason}", "$who too \e many",
        "$kind: who and why");
    unlike(($store->ctl('holds'))[1], qr/\e/, "$kind: on a terminal");
    unlike($sender->log(), qr/too/, "$kind: and not in the log");

    is(resume($kind, @$place), 'resumed', "$kind: resumed");
    sent($to, "$kind: it goes");
}

sub pause { return verdict($store->ctl('--json', 'pause', ordered(@_))) }

sub resume { return verdict($store->ctl('--json', 'resume', @_)) }

# options behind the words
sub ordered {
    my (@args) = @_;
    return $args[0] =~ /^--/ ? (@args[2 .. $#args], @args[0, 1]) : @args;
}

sub verdict {
    my ($status, $out) = @_;
    return $out =~ /"verdict": *"(\w+)"/ ? $1 : "status $status";
}

sub failure {
    my ($expected, @args) = @_;
    my ($status, $out, $err) = $store->ctl(@args);
    is($status, $expected, "status of " . join(' ', map { s/[^ -~]/?/gr }
        grep { defined } @args[0, 1]));
    return $err;
}

# Asks for a template to somebody new, and says to whom.
sub ask {
    my ($tenant, $channel, $name, $campaign, $to) = @_;
    $to //= ++$person;
    my ($status, $out, $err) = $store->ctl('send', $tenant, $channel, "+$to",
        '--template', $name, '--language', 'es_ES',
        $campaign ? ('--campaign', $campaign, '--category', 'utility')
        : ());
    die "send: $out$err" if $status != 0;
    return $to;
}

# what the provider took for these people
sub sends {
    my %to = map { $_ => 1 } @_;
    return grep { $to{$_->{to}} }
        map { { %$_, to => ($_->{to} // '') =~ s/^\+//r } }
        $provider->accepted();
}

sub sent {
    my ($to, $name) = @_;
    wait_for { sends($to) };
    is(scalar(sends($to)), 1, $name);
}

sub aside { scalar grep { $_->{place} eq 'aside' } $store->all('outbox') }

###############################################################################
