#!/usr/bin/perl

# Tests for the marks of fullness: the first warns, the second holds bulk
# sends and refuses what holds statuses alone, the third refuses every
# webhook; nothing that was taken is lost, and service begins again without
# a restart when there is room.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(38);
my $dir = $t->testdir();

my $conf = <<'CONF';

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store        %%TESTDIR%%/store size=24m;
    parley_outbox       /_parley/outbox;
    parley_journal_keep KEEP;
    parley_water_marks  MARKS;
    MORE

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
            client_body_buffer_size 128k;
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location = /metrics {
            parley_metrics;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

CONF

# nginx -t says what is wrong with marks

for my $bad ([ '85 70 95', qr/"70" is below/ ],
    [ '0 85 95', qr/invalid mark "0"/ ], [ '70 85 101', qr/mark "101"/ ],
    [ '70 85', qr/number of arguments/ ], [ 'a b c', qr/mark "a"/ ])
{
    configure('1h', $bad->[0]);
    my ($status, $said) = $t->check();
    ok($status != 0 && $said =~ $bad->[1], "marks $bad->[0]") or diag($said);
}

configure('1h 5', '70 85 95');
like(($t->check())[1], qr/invalid size "5"/, 'a size for the journal');

for my $bad ([ 'words 1d', qr/unknown rows "words"/ ],
    [ 'audit 1s', qr/invalid time "1s"/ ], [ 'audit x', qr/time "x"/ ],
    [ 'audit 1d; parley_keep audit 2d', qr/is duplicate/ ])
{
    configure('1h', '70 85 95', "parley_keep $bad->[0];");
    like(($t->check())[1], $bad->[1], "keep $bad->[0]");
}

configure('1h', '70 85 95', 'parley_keep audit off; parley_keep dead 30d;');
is(($t->check())[0], 0, 'what is kept');

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
my ($n, @taken) = (0);

###############################################################################

# One mark after another, with a sender: the journal keeps all for an hour,
# and its map of 24 MiB fills.

configure('1h', '40 60 90');
$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();

like(post(10), qr/ 200 /, 'there is room');
like(statuses(), qr/ 200 /, 'for statuses too');
is(mark(), 0, 'no mark is passed');
is($sender->metric('parley_sender_store_mark'), 0, 'nor is one by the sender');

fill_until(1);
is(mark(), 1, 'the first mark');
like(post(10), qr/ 200 /, 'takes everything');
like(statuses(), qr/ 200 /, 'statuses too');
wait_for { $sender->log() =~ /the store fills up mark=warn/ };
like($sender->log(), qr/mark=warn percent=\d+ env=journal of=map/,
    'and the sender says so');
like($t->read_file('error.log'), qr/the store fills up: the first mark/,
    'as does nginx');

fill_until(2);
is(mark(), 2, 'the second mark');
like(statuses(), qr/ 503 .*^Retry-After: \d+\r/ms, 'refuses statuses');
like(post(10, status('wamid.x')), qr/ 200 /, 'but not beside a message');
wait_for { $sender->metric('parley_sender_store_mark') == 2 };
send_one('campaign');
send_one('reply');
wait_for { (() = posts()) == 1 };
is_deeply([ posts() ], [ 'a reply' ],
    'a reply leaves, bulk waits');
cmp_ok(metric('parley_full_statuses_refused_total'), '>', 0, 'it is counted');

fill_until(3);
is(mark(), 3, 'the third mark');
like(post(10), qr/ 503 .*^Retry-After: \d+\r/ms, 'refuses everything');
cmp_ok(metric('parley_full_refused_total'), '>', 0, 'it is counted');
my ($status, $out) = $store->ctl('status');
like($out, qr/^marks +\d+ % of the journal's map, marks 40 60 90: refuse$/m,
    'status says so');
complete('full');

# The journal keeps a second from now on: what is folded goes, though nobody
# can append, and all begins again.

configure('1s', '40 60 90');
$t->reload();
like(until_taken(), qr/ 200 /, 'there is room again');
wait_for { mark() < 2 && $sender->metric('parley_sender_store_mark') < 2 };
wait_for { (() = posts()) == 2 };
is_deeply([ sort(posts()) ], [ 'a campaign', 'a reply' ], 'bulk left then');
wait_for { $sender->log() =~ /the store has room again/ };
ok($sender->log() =~ /the store has room again/, 'the sender says so');

# The same where no sender runs: a worker drops. Until it has folded that an
# hour is kept it drops what is older than a second.

$sender->stop();
configure('1h', '40 60 90');
$t->reload();
like(until_refused(), qr/ 503 /, 'full without a sender');
configure('1h 1m', '40 60 90');
$t->reload();
like(until_taken(), qr/ 200 /, 'a size for the journal makes room');
complete('without a sender');

$t->stop();

###############################################################################

sub configure {
    my ($keep, $marks, $more) = @_;
    $more //= '';
    $t->write_file_expand('nginx.conf',
        $conf =~ s/KEEP/$keep/r =~ s/MARKS/$marks/r =~ s/MORE/$more/r);
}

sub metric {
    my ($name) = @_;
    my ($value) = (http_get('/metrics') // '') =~ /^\Q$name\E (\S+)\r?$/m;
    return $value // -1;
}

sub mark { metric('parley_store_mark') }

sub post {
    my ($bytes, @statuses) = @_;
    my $id = sprintf 'wamid.%06d', $n++;
    my $answer = wa_post(wa_body(wa_change({
        messages => [ wa_text($id, '346000000' . $n % 10, 'x' x $bytes,
            more => [ ('x' x 1000) x ($bytes > 100 ? 60 : 0) ]) ],
        @statuses ? (statuses => [ @statuses ]) : ()
    })));
    push @taken, $id if $answer =~ / 200 /;
    return $answer;
}

sub status { wa_status($_[0], 'delivered', '34600000001') }

sub statuses {
    return wa_post(wa_body(wa_change({
        statuses => [ map { status("wamid.s$_") } 1 .. 3 ] })));
}

# looks once a second; what was appended meanwhile is a small part of a mark
sub fill_until {
    my ($mark) = @_;
    for (1 .. 3000) {
        return if mark() >= $mark;
        post(1000);
        select undef, undef, undef, 0.04;
    }
}

sub until_taken {
    return wait_for { my $a = post(10); $a =~ / 200 / ? $a : undef };
}

sub until_refused {
    my $answer;
    for (1 .. 10) {
        fill_until(3);
        $answer = post(10);
        return $answer if $answer =~ / 503 /;
    }
    return $answer;
}

sub send_one {
    my ($lane) = @_;
    $t->write_file('content.json',
        qq({"type":"text","text":{"body":"a $lane"}}));
    $store->ctl('send', 'demo', 'main', '3460000001', '--lane', $lane,
        '--category', 'utility',
        '--file', "$dir/content.json");
}

sub posts {
    return map { $_->{body} =~ /"body":"(a \w+)"/ ? $1 : () }
        $provider->requests();
}

sub complete {
    my ($name) = @_;
    wait_for { $store->folded() };
    my %in = map { $_ => 1 } $store->provider_ids('in');
    is(join(' ', grep { !$in{$_} } @taken), '', "$name: nothing is missing");
    is(($store->ctl('check'))[0], 0, "$name: nothing inconsistent");
}

###############################################################################
