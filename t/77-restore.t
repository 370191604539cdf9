#!/usr/bin/perl

# A backup that is put back in place, over the store that it was made of: what
# the files beside the store tell of a later time is not held against it, so
# that a message that was on the wire when the copy was made is unknown, and
# is not sent once more.

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

my $t = Parley::Nginx->new()->plan(11);
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
            phone_number_id     1001;
            waba_id             1;
            token_file          secrets/channel.token;
            api_base_url        http://127.0.0.1:8081;
            api_timeout         60s;
            rate                1000;
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
my $sender = Parley::Sender->new($dir);

$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();

wa_post(wa_body(wa_change({ messages => [
    wa_text('wamid.one', '34600002001', 'hello')
] }, 1001)));
wait_for { $store->folded() };

###############################################################################

# one is on the wire as the copy is made, and arrives

$provider->script({ match => 'slow', delay => 3 });
is(($store->ctl('send', 'demo', 'main', '+34600002001', '--text', 'slow'))[0],
    0, 'asked for');
wait_for { $store->rows('attempts') == 1 && $provider->requests() == 1 };
is(($store->ctl('backup', "$dir/copy"))[0], 0, 'a copy is made');
is($store->rows('attempts'), 1, 'while it is on the wire');
wait_for { ($store->messages('out'))[0]->{state} eq 'accepted' };

# the copy is put back over what has been going on since

$sender->stop();
$t->stop();
is(system('cp', '-a', "$dir/copy/.", "$dir/store/"), 0, 'put back in place');
$sender->run();
wait_for { $store->folded() && $store->rows('attempts') == 0 };
is(($store->messages('out'))[0]->{state}, 'unknown', 'it is unknown');
is($store->rows('unknown'), 1, 'and is named');
is(scalar(() = $sender->log() =~ m{known=no}g), 2, 'since the copy is older');
is(scalar($provider->requests()), 1, 'it was sent once');

# once more, and the journal grows past that before a sender looks

$sender->stop();
is(system('cp', '-a', "$dir/copy/.", "$dir/store/"), 0, 'put back once more');
$t->run();
for (1 .. 30) {
    wa_post(wa_body(wa_change({ messages => [
        wa_text("wamid.later.$_", '34600002001', 'hello')
    ] }, 1001)));
}
$sender->run();
wait_for { $store->folded() && $store->rows('attempts') == 0 };
is($store->rows('unknown'), 1, 'unknown as well');
is(scalar($provider->requests()), 1, 'and not sent');

###############################################################################
