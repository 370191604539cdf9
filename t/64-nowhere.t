#!/usr/bin/perl

# Tests for a provider whose name leads nowhere: all others are sent to, before
# and after it, by whichever of the sender's handles.

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

my $t = Parley::Nginx->new()->plan(4);
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
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        flow greeting flows/greeting.json;
    }

    parley_tenant dark {
        channel dark whatsapp {
            phone_number_id 206540352242922;
            token_file      secrets/channel.token;
            api_base_url    http://no.such.invalid:8082;
        }
        flow greeting flows/greeting.json;
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

say('34600000001');
ok(wait_for { $provider->accepted() == 1 }, 'sent');

say("3460000002$_", '206540352242922') for 1 .. 3;
ok(wait_for { 3 == grep { ($_->{effect}{reason} // '') eq 'host not found' }
    $store->all('outbox') }, 'a name that is not found is tried again');

say("3460000001$_") for 1 .. 4;
ok(wait_for { $provider->accepted() == 5 }, 'and the others are sent to');

# what waited longest for its turn is tried by the same handles

say("3460000003$_") for 1 .. 4;
ok(wait_for { $provider->accepted() == 9 }, 'again');

$sender->stop();

###############################################################################

sub say {
    my ($from, $account) = @_;

    wa_post(wa_body(wa_change({ messages => [ wa_text("wamid.$from", $from,
        'hello') ] }, $account // '106540352242922')));
}
