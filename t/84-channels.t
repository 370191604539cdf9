#!/usr/bin/perl

# Tests for an installation of thousands of channels: what is published of
# them is one entry of the journal, which everything that appends reads again
# when it looks for what may be dropped.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant { MANY => 5000 };

###############################################################################

my $t = Parley::Nginx->new()->plan(6);
my $dir = $t->testdir();

my $channels = join '', map { <<"EOF" } 1 .. MANY;
        channel c$_ whatsapp {
            phone_number_id 10$_;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
EOF

$t->write_file_expand('nginx.conf', <<"EOF");

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store;

    parley_tenant demo {
$channels
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

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { $store->folded() };
my $sender = Parley::Sender->new($dir)->run();

###############################################################################

is(scalar(() = $store->all('channels')), MANY, 'all are there');
is(($store->ctl('send', 'demo', 'c' . MANY, '+34600000001', '--template',
    'a', '--language', 'es_ES'))[0], 0, 'a message is taken');
wait_for { $provider->accepted() == 1 };
is(scalar(() = $provider->accepted()), 1, 'and sent');

is(http_status(wa_post(wa_body(wa_change({ messages => [
    wa_text('wamid.1', '34600000002', 'hello') ] }, '10' . MANY)))), 200,
    'a webhook is taken');
wait_for { $store->messages('in') == 1 };
is(scalar(() = $store->messages('in')), 1, 'and folded');
is($sender->stop(), 0, 'sender ends');

###############################################################################
