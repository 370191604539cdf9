#!/usr/bin/perl

# Tests for the live feed: order, filters, resuming, other tenants, reloads,
# clients that do not read, cursors that are too old, and its bounds.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use POSIX ();
use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Live;
use Parley::Nginx;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(41);

$t->write_file('secrets/other.token', "other-token\n");
$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%
worker_processes 2;

events {
    worker_connections 1024;
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_events clients=40 tenant=12 heartbeat=500ms buffer=16k slow=2s;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            token_file      secrets/channel.token;
        }
    }
    parley_tenant other {
        channel main whatsapp {
            phone_number_id 206540352242922;
            token_file      secrets/other.token;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location /v1/      { parley_api; }
        location = /metrics { parley_metrics; }
    }
}

EOC

my $store = Parley::Store->new($t->testdir());
$t->run();
wa_post([ wa_text('wamid.0', '34600000001', 'zero') ]);
wait_for { $store->folded() };
my %key = map { $_ => $store->key($_, 'agent') } qw/ demo other /;
wait_for { $store->folded() };

###############################################################################

# from now on, in order, with what an inbox shows

my $a = live('demo');
is($a->status(), 200, 'it is open');
like($a->{head}, qr!^Content-Type: text/event-stream!m, 'as a stream');
wait_for { $a->read(); defined $a->id() };
is(scalar $a->events(), 0, 'what was before is not told');
cmp_ok($a->{retry}, '>', 0, 'and when to come again');

say_in("m$_", '34600000001', "text $_") for 1 .. 3;
wait_for { $a->read(); $a->texts() == 3 };
is(join(',', $a->texts()), 'text 1,text 2,text 3', 'messages in order');
my ($m) = grep { $_->{type} eq 'message.created' } $a->events();
is_deeply([ @$m{qw/ tenant channel /},
    @{$m->{message}}{qw/ direction kind state /} ],
    [ qw/ demo main in text received / ], 'whose, where and what');
like($m->{message}{contact}, qr/^cnt_\d+$/, 'from whom');
is($m->{conversation}{id}, $m->{message}{contact}, 'in which conversation');

# another tenant's are another's

my $b = live('other');
wait_for { $b->read(); defined $b->id() };
say_in('o1', '34600000001', 'for others', '206540352242922');
say_in('m4', '34600000001', 'text 4');
wait_for { $a->read(); $b->read(); $a->texts() == 4 && $b->texts() == 1 };
is(join(',', $b->texts()), 'for others', 'the other tenant hears its own');
ok(!grep({ $_->{tenant} ne 'demo' } $a->events()), 'and this one its own');

# off for a while, and back

$a->close();
say_in("m$_", '34600000001', "text $_") for 5 .. 7;
$a->open();
say_in('m8', '34600000001', 'text 8');
wait_for { $a->read(); $a->texts() >= 8 };
is(join(',', $a->texts()), join(',', map { "text $_" } 1 .. 8),
    'nothing was missed, and nothing came twice');

# filters

my $f = live('demo', query => 'types=contact,message.status');
my $g = live('demo', query => 'types=message&channel=main&conversation='
    . $m->{conversation}{id});
wait_for { $f->read(); $g->read(); defined $f->id() && defined $g->id() };
say_in('m9', '34600000002', 'of somebody new');
say_in('m10', '34600000001', 'text 10');
wait_for { $_->read() for $f, $g; $f->events() && $g->texts() };
is(join(',', $f->types()), 'contact.updated', 'types are filtered');
is(join(',', $g->texts()), 'text 10', 'and conversations');

for my $bad (qw/ types=nothing channel=none conversation=7 after=93 limit=0
    after=evt_99999999 /)
{
    is(http_status(get("/v1/events?$bad", 'demo')), 400, "$bad is refused");
}
is(http_status(get('/v1/events', undef)), 401, 'without a key');
is(http_status(get('/v1/events?api_key=secret', 'demo')), 400,
    'a key in the query');

# pages

my $page = page('limit=2');
is(scalar @{$page->{events}}, 2, 'a page');
ok($page->{more}, 'there is more');
my @ids = map { $_->{id} } @{$page->{events}};
while ($page->{more}) {
    $page = page("limit=100&after=$page->{after}");
    push @ids, map { $_->{id} } @{$page->{events}};
}
my %seen;
is(scalar(grep { $seen{$_}++ } @ids), 0, 'pages show each event once');
is(scalar(grep { !$seen{$_} } $a->ids()), 0, 'and all that were told');
is(scalar @{page("wait=1&after=$page->{after}")->{events}}, 0,
    'a page that waits for nothing is empty');

my $pid = fork() // die;
if ($pid == 0) {
    sleep 0.5;
    say_in('m11', '34600000001', 'text 11');
    POSIX::_exit(0);
}
my $late = page("wait=20&types=message.created&after=$page->{after}");
waitpid($pid, 0);
is($late->{events}[0]{message}{text}, 'text 11', 'one that waits is told');

# it is heard to live

my $beats = $a->{beats};
wait_for { $a->read(); $a->{beats} > $beats + 1 };
cmp_ok($a->{beats}, '>', $beats, 'heartbeats');

# ten reloads under constant events

my @writer = writer(200);
my %pids = map { $_ => 1 } $t->workers();
for (1 .. 10) {
    $t->reload();
    my $until = time() + 0.4;
    while (time() < $until) {
        come_again($a, $b);
        sleep 0.02;
    }
}
waitpid($_, 0) for @writer;
wait_for { $store->folded() };
wait_for { come_again($a, $b); (grep { /^w/ } $a->texts()) >= 200 };
my %twice;
is(scalar(grep { $twice{$_}++ } $a->ids()), 0, 'none came twice');
is(join(',', grep { /^w/ } $a->texts()), join(',', map { "w$_" } 1 .. 200),
    'each of them once, in order');
cmp_ok($a->{opened}, '>', 5, "it came again $a->{opened} times");
wait_for { come_again($a, $b);
    $t->workers() == 2 && !grep { $pids{$_} } $t->workers() };
is(scalar($t->workers()), 2, 'old workers have ended');

# one that does not read is bounded, closed, and comes again

$_->close() for $f, $g;
my $slow = Parley::Live->new(port => port(8080), key => $key{demo},
    small => 1, id => 'evt_0')->open();
my $big = 'x' x 3000;
for my $n (1 .. 25) {
    wa_post([ map { wa_text("wamid.big$n.$_", '34600000001', "b$n.$_ $big") }
        1 .. 60 ]);
}
wait_for { $store->folded() };
wait_for { come_again($a); metric('parley_events_slow_total') > 0 };
cmp_ok(metric('parley_events_slow_total'), '>', 0, 'it is closed');
$slow->close()->{small} = 0;
wait_for { come_again($a, $slow); (grep { /^b/ } $slow->texts()) >= 1500 };
is(scalar(grep { /^b/ } $slow->texts()), 1500, 'and then has all of them');
my %again;
is(scalar(grep { $again{$_}++ } $slow->ids()), 0, 'each once');

# bounds

my @many = map { live('demo', none => 1) } 1 .. 26;
wait_for { $_->read() for @many; !grep { !defined $_->status() } @many };
cmp_ok(scalar(grep { $_->status() == 503 } @many), '>', 0,
    'too many of a tenant are refused');
like((grep { $_->status() == 503 } @many)[0]->{head}, qr/^Retry-After/m,
    'with when to come again');
cmp_ok(metric('parley_events_clients'), '>', 5, 'clients are counted');
$_->close() for @many, $slow;

# a worker that is to exit does not wait for them

my $open = live('demo');
my @old = $t->workers();
my $from = time();
$t->reload();
wait_for { my %now = map { $_ => 1 } $t->workers();
    !grep { $now{$_} } @old };
cmp_ok(time() - $from, '<', 10, 'old workers are gone soon');
wait_for { !$open->read() };
ok($open->closed(), 'their clients were ended');
like($open->{retry}, qr/^\d+$/, 'and told when to come again');

###############################################################################

sub live {
    my ($tenant, %opt) = @_;
    my $live = Parley::Live->new(port => port(8080), key => $key{$tenant},
        %opt)->open();
    wait_for { $live->read(); defined $live->status() } unless $opt{none};
    return $live;
}

sub come_again {
    for my $live (@_) {
        $live->open() if !$live->read();
    }
}

sub get {
    my ($uri, $tenant) = @_;
    my $key = $tenant ? "Authorization: Bearer $key{$tenant}\r\n" : '';
    return http("GET $uri HTTP/1.0\r\nHost: localhost\r\n$key\r\n");
}

sub page {
    my ($query) = @_;
    my $answer = get("/v1/events?format=json&$query", 'demo');
    return decode_json($answer =~ s/^.*?\r\n\r\n//sr);
}

sub say_in {
    my ($id, $from, $text, $account) = @_;
    wa_post(wa_body(wa_change({
        messages => [ wa_text("wamid.$id", $from, $text) ] }, $account)));
}

sub writer {
    my ($n) = @_;
    my $child = fork() // die;
    return $child if $child;
    for (1 .. $n) {
        say_in("w$_", '34600000001', "w$_");
        sleep 0.02;
    }
    POSIX::_exit(0);
}

sub metric {
    my ($name) = @_;
    my ($value) = http_get('/metrics') =~ /^$name (\d+)/m;
    return $value;
}
