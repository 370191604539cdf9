#!/usr/bin/perl

# Tests for subscriptions: events go to a tenant's own endpoints, in order,
# signed, each for itself.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Consumer;
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(34);
my $dir = $t->testdir();

my $conf = <<'EOF';

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_subscriptions_allow 127.0.0.1 10.9.0.0/16;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
    }

    parley_tenant other {
        channel second whatsapp {
            phone_number_id 2002;
            waba_id         2;
            token_file      secrets/channel.token;
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

my $store = Parley::Store->new($dir);
my %at;

###############################################################################

$t->write_file_expand('nginx.conf', $conf =~ s/10\.9\.0\.0/10.9.0.0.0/r);
my ($status, $said) = $t->check();
isnt($status, 0, 'a network that is none');
like($said, qr/invalid network "10\.9\.0\.0\.0\/16"/, 'and says so');

$t->write_file_expand('nginx.conf', $conf);
$t->run();
my $sender = Parley::Sender->new($dir, '--poll', 20)->run();
wait_for { $store->rows('zones') > 0 };

my ($one, $two) = map {
    Parley::Consumer->new($dir, $_->[0], port($_->[1]))->run()
} [ 'one', 8091 ], [ 'two', 8092 ];

# order, once, and signed

my $first = add('demo', $one);
my $second = add('demo', $two, '--event', 'contact');
like($first->{secret}, qr/^whsec_[A-Za-z0-9+\/]{43}=$/, 'a secret');
post(1 .. 20);
wait_for { texts($one) == 20 };
is_deeply([ texts($one) ], [ map { "text $_" } 1 .. 20 ], 'in order');
my %once = map { $_ => 1 } $one->got();
is_deeply([ $one->got() ], [ sort { $a <=> $b } keys %once ], 'each once');
is(scalar(grep { !Parley::Consumer::signed($_, $first->{secret}) }
    $one->requests()), 0, 'all signed');
is(scalar(grep { abs($_->{time} - time()) > 60 } $one->requests()), 0,
    'with the time');
is(scalar(grep { $_->{body} !~ /"type": *"contact\./ } $two->requests()), 0,
    'another gets only what it wants');

# another tenant's events are nobody's

post_as('2002', 'wamid.other', 'secret of the other');
post(21);
wait_for { texts($one) == 21 };
is(scalar(grep { $_->{body} =~ /secret of the other/ } $one->requests()), 0,
    'of its own tenant alone');

# a secret is rotated: both hold

my $rotated = act('rotate', $first);
isnt($rotated->{secret}, $first->{secret}, 'another secret');
mark($one);
post(22);
wait_for { texts($one) == 1 };
my ($last) = grep { $_->{body} =~ /text 22/ } $one->requests();
ok(Parley::Consumer::signed($last, $first->{secret})
    && Parley::Consumer::signed($last, $rotated->{secret}),
    'signed under both');

# down and up: nothing is lost, order holds, and others do not notice

wait_for { (row($first)->{delivered} // 0) >= 22 };
$one->stop();
mark($one);
my $third = add('demo', $two, '--event', 'message');
mark($two);
post(100 .. 399);
wait_for { texts($two) == 300 };
is_deeply([ texts($two) ], [ map { "text $_" } 100 .. 399 ],
    'one is down, another gets all');
wait_for { row($first)->{state} eq 'failing' };
is(row($first)->{fault}{fault}, 'unreached', 'it is told that one is down');
wait_for { ($sender->metric('parley_sender_subscriptions',
    'state="failing"') // 0) == 1 };
cmp_ok($sender->metric('parley_sender_deliveries_total',
    'outcome="unreached"'), '>', 0, 'and counted');
$one->run();
wait_for { texts($one) == 300 };
is_deeply([ texts($one) ], [ map { "text $_" } 100 .. 399 ],
    'it catches up in order');
wait_for { row($first)->{state} eq 'active' };
ok(!row($first)->{failing_ms}, 'and is well again');

# killed while it delivers: nothing is missing, few come twice, with one id;
# what had come before and was not told yet may be among those

mark($one);
post(400 .. 599);
wait_for { texts($one) >= 50 };
$sender->kill9();
$sender->run();
wait_for { my %got = map { $_ => 1 } since(400, $one); keys %got == 200 };
my (%seen, %bodies);
my @firsts = grep { !$seen{$_}++ } since(400, $one);
is_deeply(\@firsts, [ map { "text $_" } 400 .. 599 ],
    'killed: none is missing');
cmp_ok(scalar(grep { $_ > 1 } values %seen), '<=', 1024,
    'and a bounded number came twice');
$bodies{$_->{id}}{($_->{body} =~ /(text \d+)/)[0] // ''} = 1
    for grep { $_->{body} =~ /message\.created/ } $one->requests();
is(scalar(grep { keys %$_ > 1 } values %bodies), 0, 'under the same id');

# what it rejects goes aside, and can be tried once more

act('pause', $third);
$one->answer(reject => '"text": *"text 601"');
mark($one);
post(600 .. 603);
wait_for { since(600, $one) == 3 };
is_deeply([ since(600, $one) ], [ map { "text $_" } 600, 602, 603 ],
    'what is rejected is passed over');
wait_for { $store->rows('undelivered') == 1 };
my ($letter) = $store->json('undelivered', 'demo', $first->{id});
is($letter->{undelivered}{fault}{http_status}, 422, 'and kept, with why');
is($letter->{undelivered}{attempts}, 5, 'after its attempts');
$one->answer();
$store->ctl('undelivered', 'retry', 'demo', $first->{id});
wait_for { $store->rows('undelivered') == 0 };
is((texts($one))[-1], 'text 601', 'it arrives when it is tried again');

# bad answers; a ping shows each

my %ends = (
    redirect => { status => 302, headers =>
        [ "Location: http://127.0.0.1:$two->{port}/" ] },
    refused => { status => 403 },
    throttled => { status => 429, headers => [ 'Retry-After: 1' ] },
    broken => { status => 500 },
);
my $before = () = $two->requests();
my %told = map { $one->answer(%{$ends{$_}}); ($_ => ping($first)) }
    keys %ends;
is_deeply(\%told, { map { $_ => $_ } keys %ends }, 'answers are told apart');
my $after = () = $two->requests();
is($after, $before, 'no redirect is followed');

$one->answer(bytes => 1 << 30);
is(ping($first), '', 'a huge answer that says yes is one');
$one->answer(hang => 1);
act('resume', $third);
wait_for { (texts($two))[-1] eq 'text 603' };
mark($two);
my $hung = () = $one->requests();
post(610);
wait_for { my $n = () = $one->requests(); $n > $hung };
post(611 .. 615);
wait_for { texts($two) == 6 };
is((texts($two))[-1], 'text 615', 'one hangs, another gets all');
$one->stop();
$one->answer();
$one->run();

# gone

$two->answer(status => 410);
post(620);
wait_for { row($third)->{state} eq 'paused' };
is(row($third)->{pause}, 'gone', '410 ends it at once');
my ($code, $events) = $store->ctl('--json', 'events', 'demo');
like($events, qr/"rule": *"subscription\.gone"/, 'and is audited');
$two->answer();

# replay

mark($two);
act('resume', $third);
act('replay', $third, '--from', 1);
wait_for { grep { $_ eq 'text 615' } texts($two) };
my $replayed = join ',', texts($two);
like($replayed, qr/text 1,text 2,.*text 399,.*text 615/,
    'from the first event on, in order');

# a private address

$t->write_file_expand('nginx.conf',
    $conf =~ s/allow 127\.0\.0\.1 /allow 10.8.0.0\/16 /r);
$t->reload();
my $n = 700;
wait_for { post($n++); ping($first) eq 'forbidden' };
is(row($first)->{ping_fault}{fault}, 'forbidden',
    'an address that is not allowed is not reached');

# the end

is(act('drop', $second)->{verdict}, 'done', 'dropped');
is($sender->stop(), 0, 'the sender ends well');
($code, $said) = $store->ctl('check');
is($code, 0, 'the store is sound') or diag($said);

###############################################################################

sub add {
    my ($tenant, $consumer, @more) = @_;
    my ($row) = $store->json('subscriptions', 'add', $tenant,
        $consumer->url(), @more);
    return { %$row, tenant => $tenant };
}

sub act {
    my ($what, $sub, @more) = @_;
    my ($row) = $store->json('subscriptions', $what, $sub->{tenant},
        $sub->{id}, @more);
    return $row;
}

sub row {
    my ($sub) = @_;
    my ($row) = grep { $_->{id} eq $sub->{id} }
        $store->json('subscriptions', $sub->{tenant});
    return $row->{subscription} // {};
}

# how a ping ended: '' is well
sub ping {
    my ($sub) = @_;
    act('ping', $sub);
    wait_for { my $row = row($sub);
        ($row->{pinged} // 0) == ($row->{ping} // -1) };
    return row($sub)->{ping_fault}{fault} // '';
}

sub post { post_as($Parley::WhatsApp::NUMBER, "wamid.$_", "text $_") for @_ }

sub post_as {
    my ($number, $id, $text) = @_;
    wa_post(wa_body(wa_change({ messages =>
        [ wa_text($id, '34600000001', $text) ] }, $number)));
}

# what it took of texts since it was marked
sub texts {
    my ($consumer) = @_;
    my @rows = $consumer->requests();
    return map { $_->{status} =~ /^2/
        && $_->{body} =~ /"message\.created".*?(text \d+)/s ? $1 : () }
        @rows[($at{$consumer->{name}} // 0) .. $#rows];
}

# of those, the ones from this number on
sub since {
    my ($from, $consumer) = @_;
    return grep { ($_ =~ /(\d+)/)[0] >= $from } texts($consumer);
}

sub mark { $at{$_[0]->{name}} = () = $_[0]->requests() }

###############################################################################
