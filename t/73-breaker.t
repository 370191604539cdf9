#!/usr/bin/perl

# Tests for what a provider holds: an account that it refuses, whose queue
# waits and fails not; and buckets that it says are empty, each of which slows
# itself and no other.

###############################################################################

use warnings;
use strict;

use POSIX qw/ strftime /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;

use constant QUEUED => 5000;

###############################################################################

my $t = Parley::Nginx->new()->plan(51);
my $dir = $t->testdir();

# accounts: one of main alone, one of two and of two more

my %waba = (main => 1, a1 => 2, a2 => 2, b1 => 3, c1 => 4, c2 => 5, c3 => 6,
    c4 => 7, d1 => 8);
my @names = sort keys %waba;
my $channels = join '', map { <<"EOF" } 0 .. $#names;
        channel $names[$_] whatsapp {
            phone_number_id 100$_;
            waba_id         $waba{$names[$_]};
            token_file      secrets/$names[$_].token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
            @{[ $names[$_] eq 'd1'
                ? 'retry account first=1s factor=1 max=1s;' : '' ]}
        }
EOF

$t->write_file("secrets/$_.token", "old-$_\n") for @names;
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

# the token has expired with 5,000 queued

my @expired = { token => '^old-main$', status => 401, code => 190 };
$provider->script(@expired);
my @people = bulk('main', QUEUED);

wait_for { hold('channel', 'main') };
my $hold = hold('channel', 'main');
is("$hold->{cause} $hold->{hold}{code} $hold->{hold}{http_status}",
    'account 190 401', 'the channel is held, and says why');
wait_for { $store->rows('attempts') == 0 };
my $asked = requests('main');
cmp_ok($asked, '<', QUEUED / 2, "not for each of them: $asked");
sent(ask('a1', 'a'), 'another channel goes on');
sleep 3;
is(requests('main'), $asked, 'none is tried meanwhile');
is($store->rows('dead'), 0, 'none has failed');
is($store->rows('outbox'), QUEUED, 'all wait');
is(alarms(), 1, 'one alarm');
like((grep { / error / } split /\n/, $sender->log())[0],
    qr/refuses an account kind=channel tenant=demo channel=main code=190/,
    'which says which');
unlike($sender->log(), qr/old-main/, 'without the token');

my ($status, $out) = $store->ctl(qw/ resume channel demo main /);
is($status, 1, 'nobody resumes it by hand');
like($out, qr/no person has paused it\n.*the provider holds it until/,
    'and it is told why');

# a sender that starts anew knows

$sender->kill9();
$sender->run();
sent(ask('a1', 'a'), 'after kill -9: another channel goes on');
is(requests('main'), $asked, 'the refused one waits still');
is(alarms(), 1, 'and there is no other alarm');

# what does not change it ends nothing; another token does

$t->reload();
sent(ask('a1', 'a'), 'a reload');
ok(hold('channel', 'main'), 'that changes nothing ends nothing');

$t->write_file('secrets/main.token', "new-main\n");
$t->reload();
wait_for { accepted('main') == QUEUED };
is(accepted('main'), QUEUED, 'another token: all go');
my %times;
$times{$_->{to}}++ for grep { $_->{token} eq 'new-main' }
    $provider->accepted();
is(scalar(grep { $times{"+$_"} == 1 } @people), QUEUED, 'each once');
wait_for { $store->rows('outbox') == 0 };
is($store->rows('dead'), 0, 'none is dead');
is($store->rows('unknown'), 0, 'none is unknown');
is($store->rows('holds'), 0, 'nothing is held');
is(alarms(), 1, 'one alarm for all of it');

# an account's bucket: its two channels, and not a third

$provider->script({ token => 'old-a1', times => 1, status => 400,
    code => 80007, headers => { 'Retry-After' => 8 } });
my $first = ask('a1', 'a');
wait_for { hold('account') };
$hold = hold('account');
is($hold->{subject}, '2', 'the account is throttled');
my @others = (ask('a1', 'a'), ask('a2', 'a'), $first);
sent(ask('b1', 'a'), 'another account goes on');
sent($_, 'its two channels') for @others;
is(scalar(early($hold, @others)), 0, 'not before it is over');
wait_for { $store->rows('holds') == 0 };
is($store->rows('holds'), 0, 'and a send that went through ends it');

# a template's: that one alone

$provider->script({ match => '"name":"busy"', times => 1, status => 400,
    code => 132069, headers => { 'Retry-After' => 8 } });
$first = ask('b1', 'busy');
wait_for { hold('template', 'b1') };
$hold = hold('template', 'b1');
is($hold->{subject}, 'busy', 'the template is throttled');
@others = (ask('b1', 'busy'), ask('b1', 'busy'), $first);
sent(ask('b1', 'a'), 'another of the channel goes on');
sent($_, 'those of it') for @others;
is(scalar(early($hold, @others)), 0, 'not before it is over');

# what the provider says of when to come back

my $now = time();
waits('c1', 7, 5, 9, 'seconds');
waits('c2', strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime($now + 20)), 2, 21,
    'a date');
waits('c3', 99999999, 3590, 3600, 'much too long');
waits('c4', -1, 0, 3, 'nonsense');

# one message that is always refused, by something on the way: its channel is
# held once more, and then goes on without it

$provider->script({ token => 'old-d1', match => '"name":"odd"',
    status => 403, type => 'text/html', body => '<html>No.</html>' });
my $alarms = alarms();
my $odd = ask('d1', 'odd');
@others = ();
for (1 .. 60) {
    push @others, ask('d1', 'a');
    wait_for { sends($others[-1]) };
    last if $store->rows('dead') != 0;
}
my ($dead) = $store->all('dead');
is($dead->{dead}{reason}, 'http 403', 'it ends as a dead letter');
is(scalar @{$dead->{dead}{effect}{tried}} >= 3, 1, 'with all its attempts');
is(alarms() - $alarms, 2, 'its channel was held twice');
is(scalar(grep { sends($_) != 1 } @others), 0, 'all others went, each once');
is($store->rows('dead'), 1, 'and it is the only one');
$provider->script();
is(($store->ctl('dead', 'retry', $dead->{id}))[0], 0, 'a person tries again');
sent($odd, 'and it goes');

# nor is one that is refused every probe of its channel: what waits in lanes
# behind its own has turns, though no other of its lane is asked for

$provider->script({ token => 'old-d1', match => '"name":"odd"',
    status => 403, type => 'text/html', body => '<html>No.</html>' });
$odd = ask('d1', 'odd');
wait_for { hold('channel', 'd1') };
@others = map { ask('d1', 'a', '--lane', 'reminder') } 1 .. 5;
wait_for { 5 == grep { sends($_) } @others };
is(join(' ', map { scalar(my @sent = sends($_)) } @others), '1 1 1 1 1',
    'reminders go past a reply that is refused, each once');

# each probe costs it an attempt: where all this takes long it has had them all

my ($late) = $store->all('dead');
ok(!$late || @{ $late->{dead}{effect}{tried} } >= 3,
    'which has not failed, or has had its attempts');
$provider->script();
$store->ctl('dead', 'retry', $late->{id}) if $late;
sent($odd, 'and goes once it may');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');

###############################################################################

# The channel waits so many seconds, at least and at most.
sub waits {
    my ($channel, $value, $least, $most, $name) = @_;
    $provider->script({ token => "old-$channel", status => 429,
        code => 130429, headers => { 'Retry-After' => $value } });
    ask($channel, 'a');
    wait_for { hold('channel', $channel) };
    my $hold = hold('channel', $channel)->{hold};
    my $ms = $hold->{until_ms} - $hold->{since_ms};
    $ms = 0 if ($hold->{failures} // 0) > 1 && $value eq '-1';
    ok($ms >= $least * 1000 && $ms <= $most * 1000, "$name: $ms ms");
}

sub hold {
    my ($kind, $channel) = @_;
    my ($row) = grep { $_->{kind} eq $kind
        && (!defined $channel || ($_->{channel} // '') eq $channel) }
        $store->all('holds');
    return $row;
}

sub alarms { scalar grep { / error / } split /\n/, $sender->log() }

sub requests {
    my ($channel) = @_;
    return scalar grep { ($_->{token} // '') =~ /-$channel$/ }
        $provider->requests();
}

sub accepted {
    my ($channel) = @_;
    return scalar grep { ($_->{token} // '') =~ /-$channel$/ }
        $provider->accepted();
}

# Asks for a template to somebody new, and says to whom.
sub ask {
    my ($channel, $name, @options) = @_;
    my $to = ++$person;
    my ($status, $out, $err) = $store->ctl('send', 'demo', $channel, "+$to",
        '--template', $name, '--language', 'es_ES', @options);
    die "send: $out$err" if $status != 0;
    return $to;
}

sub bulk {
    my ($channel, $n) = @_;
    my @to = map { ++$person } 1 .. $n;
    $t->write_file('bulk', join '', map { qq({"to":"+$_","content":)
        . qq({"type":"template","template":{"name":"a","language":"es_ES"}}})
        . "\n" } @to);
    my ($status, $out, $err) = $store->ctl('send', 'batch', 'demo', $channel,
        "$dir/bulk");
    die "send batch: $out$err" if $status != 0;
    return @to;
}

# those that the provider took before the hold's end
sub early {
    my ($hold, @to) = @_;
    return grep { $_->{time} * 1000 < $hold->{hold}{until_ms} }
        map { sends($_) } @to;
}

# what the provider took for this person
sub sends {
    my ($to) = @_;
    return grep { ($_->{to} // '') eq "+$to" } $provider->accepted();
}

sub sent {
    my ($to, $name) = @_;
    wait_for { sends($to) };
    is(scalar(my @sent = sends($to)), 1, $name);
}

###############################################################################
