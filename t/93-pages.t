#!/usr/bin/perl

# Tests for pages of events that wait: one that looks at much in vain, those
# of one tenant and of many, and what they miss.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Live;
use Parley::Nginx;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(21);

$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%
worker_processes 1;

events {
    worker_connections 1024;
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            token_file      secrets/channel.token;
        }
    }
    parley_tenant second { time_zone UTC; }
    parley_tenant third  { time_zone UTC; }
    parley_tenant fourth { time_zone UTC; }
    parley_tenant fifth  { time_zone UTC; }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location /v1/ { parley_api; }
        location = /metrics { parley_metrics; }
    }
}

EOC

my $store = Parley::Store->new($t->testdir());
$t->run();
wa_post([ wa_text('wamid.0', '34600000001', 'zero') ]);
wait_for { $store->folded() };
my $key = $store->key('--all', 'operator');

###############################################################################

# much that does not fit is looked at in pieces, and not again

wa_post([ map { wa_text("wamid.$_", '34600000001', "text $_") }
    1 .. 2500 ]);
wait_for { $store->folded() };
my $asked = time();
my $page = decode(ask('after=evt_0&wait=60&types=task'));
cmp_ok(time() - $asked, '<', 50, 'a page does not wait behind what it reads');
is(scalar @{$page->{events}}, 0, 'a page that looked in vain');
ok($page->{more}, 'says that there is more');
my ($n, $first) = (0, $page->{after});
while ($page->{more} && $n++ < 20) {
    $page = decode(ask("after=$page->{after}&wait=1&types=task"));
}
ok(!$page->{more}, 'and leads to the end');
cmp_ok(number($page->{after}), '>', number($first), 'which is further on');

# one that waits while others' events come is answered once its own does

my $waits = start("after=$page->{after}&wait=60&types=message&conversation="
    . 'cnt_99999');
my $own = start("after=$page->{after}&wait=60&types=message.created");
wait_for { metric('parley_events_clients') == 2 };
wa_post([ wa_text('wamid.own', '34600000001', 'its own') ]);
is(decode(http_end($own))->{events}[0]{message}{text}, 'its own',
    'one is answered');
is(metric('parley_events_clients'), 1, 'and the other one waits');
close $waits;
wait_for { metric('parley_events_clients') == 0 };
is(metric('parley_events_clients'), 0, 'until it is gone');

# nothing is lost between what a page looked at and its wait

my %told;
my $after = $page->{after};
my $until = time() + 20;
for my $i (1 .. 40) {
    my $s = start("after=$after&wait=30&types=message.created&limit=1");
    wa_post([ wa_text("wamid.r$i", '34600000001', "r$i") ]);
    my $got = decode(http_end($s));
    $told{$_->{message}{text}}++ for @{$got->{events}};
    $after = $got->{after};
    last if time() > $until;
}
cmp_ok(time(), '<', $until, 'none of them waits for the next event');
is(join(',', grep { $told{$_} > 1 } keys %told), '', 'and none comes twice');

# so many of a tenant, and no more; another tenant has its own

my @many = map { start("wait=60&types=task") } 1 .. 64;
wait_for { metric('parley_events_clients') == 64 };
is(metric('parley_events_clients'), 64, 'as many as a tenant may have wait');
my $past = ask('wait=60&types=task');
is(http_status($past), 503, 'one past that is refused');
like($past, qr/^Retry-After: \d/m, 'with when to come again');
for my $tenant (qw/ second third fourth /) {
    push @many, start('wait=60&types=task', $tenant) for 1 .. 64;
}
wait_for { metric('parley_events_clients') == 256 };
is(metric('parley_events_clients'), 256, "other tenants' wait");
is(http_status(ask('wait=60&types=task', 'fifth')), 503,
    'as many as a worker may have');

# who is behind is read though many wait

my $live = Parley::Live->new(port => port(8080), key => $key,
    tenant => 'demo', id => 'evt_0', query => 'types=message')->open();
wait_for { $live->read(); $live->texts() >= 2541 };
is(scalar($live->texts()), 2542, 'who is behind is told all');
my %twice;
is(scalar(grep { $twice{$_}++ } $live->ids()), 0, 'each once');

# those whose client is gone leave room

close $_ for @many;
wait_for { metric('parley_events_clients') == 1 };
is(http_status(ask('wait=1&types=task')), 200, 'and their room is free');

# a worker that is to exit answers those that wait: they come again

my $left = start("after=$after&wait=60&types=task");
wait_for { metric('parley_events_clients') == 2 };
$t->reload();
my $answer = http_end($left);
is(http_status($answer), 200, 'a worker that is to exit answers a page');
like($answer, qr/^Cache-Control: no-store/m, 'that nobody keeps');
$page = decode($answer);
ok($page->{more} && number($page->{after}) >= number($after),
    'and says where to go on');

###############################################################################

sub start {
    my ($query, $tenant) = @_;
    $tenant //= 'demo';
    return http_start("GET /v1/events?format=json&$query HTTP/1.0\r\n"
        . "Host: localhost\r\nAuthorization: Bearer $key\r\n"
        . "Parley-Tenant: $tenant\r\n\r\n");
}

sub ask { return http_end(start(@_)) }
sub decode { return decode_json($_[0] =~ s/^.*?\r\n\r\n//sr) }
sub number { return $_[0] =~ /^evt_(\d+)$/ ? $1 : -1 }

sub metric {
    my ($name) = @_;
    my ($value) = http_get('/metrics') =~ /^$name (\d+)/m;
    return $value;
}
