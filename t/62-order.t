#!/usr/bin/perl

# Tests for order: within a conversation replies leave in the order of what
# they answer, whatever fails in between, and whatever goes on beside it.

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

use constant { CONTACTS => 20, MESSAGES => 6 };

###############################################################################

my $t = Parley::Nginx->new()->plan(9);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%
worker_processes 2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            500;
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

$t->expect(qr/connect\(\) to unix:.*sender\.sock failed/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();

###############################################################################

# The first fails twice; what comes behind it waits, what is beside it not.

$provider->script({ match => '34600000001', times => 2, status => 500,
    code => 131000 });
wa_post([ wa_text('wamid.A1', '34600000001', 'order 1') ]);
wait_for { to('34600000001') };
wa_post([ map { wa_text("wamid.A$_", '34600000001', "order $_") } 2 .. 4 ]);
wa_post([ wa_text('wamid.B1', '34600000002', 'order 1') ]);

wait_for { orders('34600000002') };
is(join(' ', orders('34600000002')), '1', 'who is beside it goes on');
wait_for { orders('34600000001') == 4 };
is(join(' ', orders('34600000001')), '1 2 3 4', 'who is behind it waits');
my @first = map { $_->{text} =~ /(\d+)/ } to('34600000001');
is(join(' ', @first), '1 1 1 2 3 4',
    'and none was tried before its turn');

# a dead letter makes room for the next

$provider->script({ match => 'Order 2 ', status => 400, code => 131026 });
wa_post([ map { wa_text("wamid.C$_", '34600000003', "order $_") } 1 .. 3 ]);
wait_for { orders('34600000003') == 2 };
is(join(' ', orders('34600000003')), '1 3', 'past a dead letter');

# many contacts, and every fourth request fails in one way or another

my @rules = map { my $k = $_; map {
    { match => sprintf('346001000%02d', $_), skip => ($_ + $k) % 4,
        times => 1, status => 500, code => 131000 }
} grep { $_ % 3 == $k } 0 .. CONTACTS - 1 } 0 .. 2;
$provider->script(@rules);
for my $m (1 .. MESSAGES) {
    wa_post([ map { wa_text("wamid.M$m-$_", sprintf('346001000%02d', $_),
        "order $m") } 0 .. CONTACTS - 1 ]);
}
wait_for { to('346001000', 'id') >= CONTACTS * MESSAGES } 240;
is(scalar(to('346001000', 'id')), CONTACTS * MESSAGES, 'all are sent');
my $wanted = join ' ', 1 .. MESSAGES;
is(join(', ', grep { join(' ', orders($_)) ne $wanted }
    map { sprintf '346001000%02d', $_ } 0 .. CONTACTS - 1), '',
    'in order for each');

wait_for { $store->rows('attempts') == 0 };
is($store->rows('outbox'), 0, 'nothing is left');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');

###############################################################################

sub to {
    my ($to, $key) = @_;
    return grep { $_->{to} =~ /$to/ && (!$key || $_->{$key}) }
        $provider->requests();
}

# the numbers of the orders that somebody was answered, in order
sub orders {
    my ($to) = @_;
    return map { $_->{text} =~ /(\d+)/ } to($to, 'id');
}

###############################################################################
