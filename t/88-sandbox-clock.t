#!/usr/bin/perl

# Tests for a sandbox tenant's own clock, with a real sender: a message that
# is to come in a day comes when the clock is turned, and those of another
# tenant, and of the day after, do not.

###############################################################################

use warnings;
use strict;

use JSON::PP;
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

my $t = Parley::Nginx->new()->plan(29);
my $dir = $t->testdir();

$t->write_file('day.json', <<'EOF');
{
    "flow": "day",
    "triggers": [ { "keywords": ["tomorrow"], "step": "begin" } ],
    "default": "hi",
    "steps": {
        "hi": { "say": { "text": "Hi." } },
        "begin": {
            "say": { "text": "Until tomorrow." },
            "schedule": [
                { "task": "one", "step": "one", "after": "23h" },
                { "task": "two", "step": "two", "after": "46h" } ]
        },
        "one": { "say": { "text": "A day has passed." } },
        "two": { "say": { "text": "Two days have passed." } }
    }
}
EOF

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        sandbox on;
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
        flow day day.json;
    }

    parley_tenant other {
        channel main whatsapp {
            phone_number_id 106540352242923;
            waba_id         102290129340399;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
        flow day day.json;
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

# both tenants are asked

write_to('106540352242922', 'wamid.1', '34600000001', 'tomorrow');
write_to('106540352242923', 'wamid.2', '34600000002', 'tomorrow');
wait_for { said() == 2 };
is(said('34600000001'), 'Until tomorrow.', 'one tenant');
is(said('34600000002'), 'Until tomorrow.', 'and the other');

# what the clock says

my ($status, $out) = $store->ctl('clock', 'demo');
is($status, 0, 'a clock');
like($out, qr/^demo: 20\S+Z, a sandbox, 0\.000 s ahead$/, 'shown');
my ($row) = $store->json('clock', 'other');
ok(!$row->{sandbox}, 'no sandbox');

# turned: what is to come in a day comes now

($status, $out) = $store->ctl('clock', 'demo', '+23h');
is($status, 0, 'turned');
like($out, qr/, 82800\.000 s ahead$/, 'so far');
wait_for { said('34600000001') =~ /day/ };
is(said('34600000001'), 'Until tomorrow.|A day has passed.', 'it comes now');
is(said('34600000002'), 'Until tomorrow.', 'and nothing to the other');

# what they write then is of that time, and so is what they get

write_to('106540352242922', 'wamid.3', '34600000001', 'hello');
wait_for { said('34600000001') =~ /Hi/ };
my ($conv) = $store->all('conversation', 'demo', '34600000001');
my $ahead = $conv->{conversation}{last_in_ms} / 1000 - time();
cmp_ok(abs($ahead - 23 * 3600), '<', 600, 'a message has its time');
$ahead = $conv->{conversation}{windows}[0]{until_ms} / 1000 - time();
cmp_ok(abs($ahead - 47 * 3600), '<', 600, 'and so has its window');

# what is to come is in an export, by that clock as well

($row) = $store->json('privacy', 'export', 'demo', '+34600000001');
is(join(' ', map { $_->{row}{step}{task} } @{ $row->{tasks} // [] }), 'two',
    'what is to come is exported');

# further, with the sender down: the next one finds it due

$sender->stop();
($status, $out) = $store->ctl('clock', 'demo', '+23h30m');
$sender->run();
wait_for { said('34600000001') =~ /Two/ };
like(said('34600000001'), qr/Two days have passed\.$/, 'the second comes');
is(said('34600000002'), 'Until tomorrow.', 'still nothing to the other');

# whoever asks from outside goes by that clock too

is(($store->ctl('send', 'demo', 'main', '+34600000001', '--text', 'Soon.',
    '--at', '+1h', '--expires', '+2h'))[0], 0, 'asked for');
($row) = $store->all('scheduled', 'demo');
$ahead = $row->{at_ms} / 1000 - time();
cmp_ok(abs($ahead - 47.5 * 3600), '<', 600, 'an hour from its now');
($row) = $store->json('can-send', 'demo', '+34600000001', '--text', 'Hello');
ok($row->{allowed}, 'its window is open');
$ahead = $row->{time_ms} / 1000 - time();
cmp_ok(abs($ahead - 46.5 * 3600), '<', 600, 'as of its now');
like(($store->ctl('can-send', 'demo', '+34600000001', '--text', 'Hello',
    '--at', '+25h'))[1], qr/window\.closed/, 'closed in 25 hours of it');

# what is refused

($status, $out) = $store->ctl('clock', 'demo', '2026-01-01');
is($status, 1, 'back');
like($out, qr/^demo: refused: sandbox\.back: /, 'is refused');
($status, $out) = $store->ctl('clock', 'other', '+1h');
is($status, 1, 'no sandbox');
like($out, qr/^other: refused: sandbox\.off: /, 'is refused');
is(($store->ctl('clock', 'demo', 'soon'))[0], 2, 'no time');
is(($store->ctl('clock', 'nobody'))[0], 1, 'no tenant');

# a reload keeps it

$t->reload();
write_to('106540352242922', 'wamid.4', '34600000001', 'hello');
wait_for { (() = said('34600000001') =~ /Hi/g) == 2 };
($row) = $store->json('clock', 'demo');
is($row->{offset_ms}, (46 * 60 + 30) * 60000, 'over a reload');

# the store is sound, and the fold of its journal

$sender->stop();
$t->stop();
is(($store->ctl('check'))[0], 0, 'the store is sound');
is(($store->ctl('replay', "$dir/again"))[0], 0, 'and replays to the same');

###############################################################################

sub write_to {
    my ($number, $id, $from, $text) = @_;
    my $answer = wa_post(wa_body(wa_change(
        { messages => [ wa_text($id, $from, $text) ] }, $number)));
    is(http_status($answer), 200, "$id is taken") if $id eq 'wamid.1';
    return;
}

# what a person got, in order; without one, how much all got
sub said {
    my ($to) = @_;
    my @said = map { $_->{text} }
        grep { !$to || $_->{to} =~ /\Q$to\E$/ } $provider->accepted();
    return $to ? join('|', @said) : scalar @said;
}
