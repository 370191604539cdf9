#!/usr/bin/perl

# Tests for rows that go with time: what parley_keep lets go is taken away by
# the sender in small steps, the rest stays, the store holds together, and a
# replay of the journal takes the same rows away.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Clock;
use Parley::Live;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant DAY => 86400;

###############################################################################

my $t = Parley::Nginx->new()->has('bin:cc')->plan(19);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'CONF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store        %%TESTDIR%%/store;
    parley_outbox       /_parley/outbox;
    parley_journal_keep 30d;
    parley_keep         changes 2d;
    parley_keep         quarantine 2d;
    parley_keep         dead 2d;
    parley_keep         counters 2d;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }

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

CONF

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $clock = Parley::Clock->new($dir);
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();

###############################################################################

# messages, what cannot be read, and sends to who has not written

sub some {
    my ($name) = @_;
    wa_post([ wa_text("wamid.$name$_", "346000000$_", 'x') ]) for 10 .. 29;
    wa_post("$name: no JSON") for 1 .. 5;
    $store->ctl('send', 'demo', 'main', '34600000099', '--text', $name)
        for 1 .. 3;
    wait_for { $store->folded() };
}

some('old');
is($store->rows('quarantine'), 5, 'in quarantine');
is($store->rows('dead'), 3, 'dead letters');
my ($messages, $changes, $counters, $audit) = map { $store->rows($_) }
    qw/ messages changes counters audit /;
cmp_ok($changes, '>=', 20, 'changes');
cmp_ok($counters, '>', 0, 'counters');

# three days later: the sender looks when it starts, and once a minute

$sender->stop();
$clock->turn(3 * DAY);
some('new');
is($store->rows('quarantine'), 10, 'both, as long as nobody prunes');
$changes = $store->rows('changes') - $changes;
$sender->run();
wait_for { $store->rows('quarantine') == 5 && $store->rows('dead') == 3
    && $store->rows('changes') <= $changes };
is($store->rows('quarantine'), 5, 'what was in quarantine is gone');
is($store->rows('dead'), 3, 'and the dead letters');
is($store->rows('changes'), $changes, 'and the changes');
cmp_ok($store->rows('counters'), '<=', $counters + 5, 'and the counters');
cmp_ok($store->rows('audit'), '>=', 2 * $audit - 1, 'but no audit event');
is($store->rows('messages'), 2 * $messages, 'nor a message');

# who follows the changes is told that some are gone

my ($made) = $store->json(qw/ key add demo agent /);
wait_for { $store->folded() };
my $page = http("GET /v1/events?format=json&after=evt_1 HTTP/1.0\r\n"
    . "Host: localhost\r\nAuthorization: Bearer $made->{secret}\r\n\r\n");
is(http_status($page), 409, 'a page behind them is refused');
my ($now) = $page =~ /go on from (evt_\d+)/;
my $live = Parley::Live->new(port => port(8080), key => $made->{secret},
    id => 'evt_1')->open();
wait_for { $live->read(); $live->{resets} };
is($live->{resets}, 1, 'and a stream begins anew');
is(scalar $live->events(), 0, 'with nothing of before');
is($live->id(), $now, 'from now on');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');

$sender->stop();
$t->stop();
my ($status, $said) = $store->ctl('replay', "$dir/again");
is($status, 0, 'a replay takes the same away') or diag($said);
my @prunes = grep { ($_->{name} // '') eq 'prune' }
    $store->all('journal', '--from', 1);
cmp_ok(scalar @prunes, '>', 0, 'by entries');
is(($store->ctl('audit'))[0], 0, 'and nothing is missing');

###############################################################################
