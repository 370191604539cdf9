#!/usr/bin/perl

# Tests that workers which start on a journal that is full, with settings that
# it does not know and without a sender, fold what is in it all the same, and
# publish their settings with the first append that fits.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant BODIES_MAX => 200;
use constant MESSAGES => 2000;

###############################################################################

my $t = Parley::Nginx->new()->plan(10);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', my $conf = <<'EOF');

%%TEST_GLOBALS%%
worker_processes 2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store size=64m;
    parley_journal_keep 1s;
    parley_water_marks  97 98 99;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
        # another
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
    }
}

EOF

$t->expect(qr/the map is full|cannot append/);
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir, '--hold');

###############################################################################

# the sender holds the fold and does nothing, until nothing more is taken

$t->run();
wait_for { exists $store->status()->{next} };   # of the size that is told
$sender->run();
wait_for { $store->folded() };
kill 'STOP', $sender->pid();

my $taken = 0;
for my $messages (MESSAGES, 200, 20, 1) {
    my $body = wa_body(wa_change({ messages => [ map {
        wa_text('wamid.' . $_, '34600000001', 'x' x 1000) }
        1 .. $messages ] }));
    for (1 .. BODIES_MAX) {
        last unless wa_post($body) =~ / 200 /;
        $taken++;
    }
}
cmp_ok($taken, '>', 5, 'webhooks were taken');
cmp_ok($taken, '<', 4 * BODIES_MAX, 'until the journal was full');
ok($store->status()->{lag} >= $taken, 'none of them is folded');

# another configuration, larger than what the last mark leaves of 64 MiB, and
# nobody but its workers

$t->stop();
$sender->kill9();
is(channels(), 1, 'one channel is known');

$t->write_file_expand('nginx.conf', $conf =~ s/# another/
    channel second whatsapp {
        phone_number_id 106540352242923;
        waba_id         102290129340398;
        token_file      secrets\/channel.token;
    }
    flow greeting flows\/large.json;/r);
$t->write_file('flows/large.json', '/* ' . 'x' x 900_000 . " */\n"
    . $t->read_file('flows/greeting.json'));
$t->run();

is(wait_for { ($store->status()->{lag} // 1) == 0 }, 1,
    'all of it is folded');
is(wait_for { channels() == 2 }, 1, 'the settings are published');
like(wait_for { my $a = wa_post([ wa_text('wamid.after', '34600000002',
    'x') ]); $a =~ / 200 / ? $a : undef }, qr/ 200 /,
    'webhooks are taken again');
is(wait_for { grep { $_ eq 'wamid.after' } $store->provider_ids('in') }, 1,
    'and folded');

like($t->read_file('error.log'), qr/cannot publish the configuration/,
    'the log says why that took a while');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');

###############################################################################

sub channels { return scalar(() = $store->json('channels')) }

###############################################################################
