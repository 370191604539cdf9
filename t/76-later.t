#!/usr/bin/perl

# Tests for messages that are sent later, expire, or replace what waits, with
# a real sender: through restarts, kills around the time that they are due,
# and a second sender started by mistake, each leaves once, in order.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(31);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
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
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();

###############################################################################

# later, and in the order in which they were asked for

my $at = soon(3);
my @ids = map { later('34600000001', "five_$_", $at)->{id} } 1 .. 5;
my ($row) = $store->all('outbox');
is($row->{place}, 'scheduled', 'the outbox shows what is to be sent later');
is(join(' ', map { $_->{id} } $store->all(qw/ scheduled demo /)), "@ids",
    'and a list of their own');
is(names('34600000001'), '', 'nothing leaves before its time');
wait_for { accepted('34600000001') == 5 };
is(names('34600000001'), 'five_1 five_2 five_3 five_4 five_5',
    'those of one time leave in the order of asking');
is(scalar(() = $store->all('scheduled')), 0, 'none is scheduled any more');

my @fired = fired();
is(scalar @fired, 5, 'each fired');
cmp_ok((sort { $a <=> $b } @fired)[0], '>=', 0, 'none before its time');

# called off, in time and too late

my $id = later('34600000002', 'never', soon(3600))->{id};
my ($status, $out) = $store->ctl('scheduled', 'cancel', $id);
is("$status $out", "0 $id: cancelled\n", 'called off');
($status, $out) = $store->ctl('scheduled', 'cancel', $ids[0]);
is($status, 1, 'too late');
like($out, qr/^$ids[0]: too late: it is (?:accepted|sent)$/, 'and it says so');
like(($store->ctl('trace', $id))[1], qr/^rule +cancelled$/m,
    'the story ends with it');

# due while no sender runs: by the next one, at once

$at = soon(2);
later('34600000003', "down_$_", $at) for 1, 2;
$sender->stop();
wait_for { time() > $at / 1000 + 0.5 };
is(names('34600000003'), '', 'without a sender nothing leaves');
$sender->run();
wait_for { accepted('34600000003') == 2 };
is(names('34600000003'), 'down_1 down_2', 'the next one sends it, in order');

# a second sender by mistake: it ends, and all is sent once

$at = soon(2);
later('34600000004', "two_$_", $at) for 1 .. 10;
my $second = Parley::Sender->new($dir);
$second->{socket} = "$dir/second.sock";
$second->start();
isnt($second->ended(60), 0, 'a second sender ends');
wait_for { accepted('34600000004') == 10 };
is(names('34600000004'), join(' ', map { "two_$_" } 1 .. 10),
    'and each leaves once');

# killed again and again around the time that they are due

my $rounds = slow() ? 50 : 6;
for my $round (1 .. $rounds) {
    $at = soon(1);
    later(sprintf('346200%05d', $round), "kill_$_", $at) for 1 .. 5;
    my $due = $at / 1000 - time();
    sleep($due > 0 ? $due : 0);
    sleep rand 0.1;
    $sender->kill9();
    $sender->run();
}
wait_for { $store->folded() && !$store->all('scheduled')
    && $store->rows('outbox') == 0 } 240;

my %posts;
$posts{$_->{opaque}}++ for $provider->requests();
is(join(' ', grep { $posts{$_} > 1 } keys %posts), '', 'none is sent twice');
my (%states, @odd);
for my $m ($store->messages('out')) {
    next unless $m->{address}{value} =~ /^346200/;
    $states{$m->{state}}++;
    push @odd, $m->{id} if $m->{state} eq 'accepted'
        && !accepted($m->{address}{value});
}
is(($states{accepted} // 0) + ($states{unknown} // 0), 5 * $rounds,
    'each is sent, or unknown');
is("@odd", '', 'and what is sent the provider has');
for my $to (map { sprintf '346200%05d', $_ } 1 .. $rounds) {
    my @n = names($to) =~ /(\d+)/g;
    push @odd, "$to: @n" if "@n" ne join ' ', sort { $a <=> $b } @n;
}
is(join(', ', @odd), '', 'in order for each');

# expired while nothing was sent

$sender->stop();
$sender = Parley::Sender->new($dir, '--hold')->run();
my $late = ask('34600000005', 'late', '--expires', '+2s');
my $good = ask('34600000005', 'good', '--expires', '+1h');
is($late->{verdict}, 'queued', 'in time when it is asked for');
wait_for { expired($late) };

# and fifty of one key, of which the newest alone is left

my @old = map { ask('34600000006', "key_$_", '--collapse', 'price') }
    1 .. 50;
is($store->rows('outbox'), 3, 'one of fifty waits');
is($store->rows('dead'), 0, 'and none has to be cleared away');
like(($store->ctl('trace', $old[48]{id}))[1],
    qr/collapsed, by $old[49]{id}$/m, 'each says what replaced it');
$sender->stop();
$sender = Parley::Sender->new($dir)->run();
wait_for { accepted('34600000005') && accepted('34600000006')
    && $store->rows('outbox') == 0 };
is(names('34600000005'), 'good', 'what had expired is not sent');
is(names('34600000006'), 'key_50', 'the newest is sent, alone');
my ($dead) = $store->all('dead');
is($dead->{dead}{rule}, 'expired', 'the other is a dead letter');
is((message($late->{id}))->{state}, 'failed', 'and has failed');
($status) = $store->ctl('dead', 'retry', $dead->{id});
is($status, 1, 'which cannot be retried');

# all of it again

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
@fired = sort { $a <=> $b } fired();
diag('timers were late by ' . $fired[int(@fired / 2)] . ' ms, median');
is($sender->stop(), 0, 'sender ends');
$t->stop();
my ($replayed, @said) = $store->ctl('replay', "$dir/replay");
is($replayed, 0, 'replay gives the same') or diag(@said);

###############################################################################

# so many seconds from now, in milliseconds
sub soon { return int((time() + $_[0]) * 1000) }

# asks for a template, named by what it says; what parleyctl said
sub ask {
    my ($to, $name, @terms) = @_;
    my ($row) = $store->json('send', 'demo', 'main', $to, '--template',
        $name, '--language', 'es_ES', @terms);
    return $row;
}

sub later {
    my ($to, $name, $at_ms) = @_;
    my @t = gmtime(int($at_ms / 1000));
    return ask($to, $name, '--at', sprintf('%04d-%02d-%02dT%02d:%02d:%02d'
        . '.%03dZ', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0], $at_ms % 1000));
}

sub accepted {
    my ($to) = @_;
    return scalar grep { $_->{to} =~ /$to/ } $provider->accepted();
}

# the templates that somebody was sent, in order
sub names {
    my ($to) = @_;
    return join ' ', map { decode_json($_->{body})->{template}{name} }
        grep { $_->{to} =~ /$to/ } $provider->requests();
}

sub message {
    my ($id) = @_;
    return (grep { $_->{id} eq $id } $store->messages('out'))[0];
}

sub expired {
    my ($row) = @_;
    my ($effect) = grep { $_->{id} eq $row->{effect} } $store->all('outbox');
    return $effect->{effect}{expires_ms} < time() * 1000;
}

# how late each timer was, by the journal's own times, in milliseconds
sub fired {
    my %late;
    for my $e ($store->all(qw/ journal --from 1 /)) {
        my $due = $e->{command}{timer_due} or next;
        $late{$due->{timer}} //= $e->{time_ms} - $due->{due_ms};
    }
    return values %late;
}

###############################################################################
