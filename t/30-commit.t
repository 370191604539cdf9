#!/usr/bin/perl

# Tests for effects that happen once: the same webhook a hundred times at
# once over several connections and workers, alone and among others.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Load;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(19);

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
            rate            1000;
        }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080 reuseport;

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

my $provider = Parley::Provider->new($t->testdir())->run();
my $store = Parley::Store->new($t->testdir());
my $sender = Parley::Sender->new($t->testdir());
$t->expect(qr/connect\(\) to unix:.*sender\.sock failed/);
$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();

###############################################################################

# a hundred identical ones: one message, one reply

my $now = '' . time();
$t->write_file('same.json', wa_body(wa_change({ messages =>
    [ wa_text('wamid.SAME', '34600000001', 'hello', timestamp => $now) ] })));
my $r = Parley::Load->start($t->testdir(), requests => 100,
    connections => 4, 'body-file' => $t->testdir() . '/same.json')->result();
is($r->{ok}, 100, 'all are answered');

wait_for { $store->folded() && $provider->accepted() };
is(join(' ', $store->provider_ids('in')), 'wamid.SAME', 'one message');
is(scalar $provider->requests(), 1, 'one reply at the provider');
is(scalar(grep { $_->{kind} eq 'webhook' } $store->all('journal')), 100,
    'each is in the journal');

# once more, long after; then a new one, whose reply shows that nothing
# came in between

like(wa_post(slurp($t->testdir() . '/same.json')), qr/ 200 /, 'again');
wa_post([ wa_text('wamid.NEXT', '34600000001', 'order 5') ]);
wait_for { $provider->accepted() == 2 };
is(join(' ', map { $_->{text} =~ /(Hello|Order)/ } $provider->accepted()),
    'Hello Order', 'two replies for two messages');
my ($conversation) = $store->json('conversation', 'demo', '34600000001');
is($conversation->{conversation}{messages}, 4, 'four messages in all');

# an id twice within one body, and in another body beside new ones; what is
# delivered again carries the time that it had

wa_post([ map { wa_text($_, '34600000002', 'hello', timestamp => $now) }
    qw/ wamid.T1 wamid.T2 wamid.T1 / ]);
wa_post([ map { wa_text($_, '34600000002', 'hello', timestamp => $now) }
    qw/ wamid.T2 wamid.T3 wamid.SAME / ]);
wait_for { $store->folded() && $provider->accepted() == 5 };
is(join(' ', $store->provider_ids('in')),
    'wamid.SAME wamid.NEXT wamid.T1 wamid.T2 wamid.T3', 'each once');

# load with one in four repeated, on connections of both workers

my $load = Parley::Load->start($t->testdir(), requests => 4000, dup => 25,
    connections => 32, contacts => 500, text => 'hello');
$r = $load->result();
is($r->{ok}, 4000, 'load is answered');
my @acked = $load->acked();
my %acked = map { $_ => 1 } @acked;
cmp_ok(scalar keys %acked, '<', 3800, 'with repetitions');

wait_for { $store->folded() };
my %in;
$in{$_}++ for grep { $acked{$_} } $store->provider_ids('in');
is(scalar keys %in, scalar keys %acked, 'all are stored');
is(join(' ', grep { $in{$_} > 1 } keys %in), '', 'none twice');
wait_for { $store->rows('outbox') == 0 && $store->rows('attempts') == 0 } 300;
is(scalar $provider->accepted(), 5 + keys %acked, 'a reply for each');

my %texts;
$texts{$_->{opaque}}++ for $provider->requests();
is(join(' ', grep { $texts{$_} > 1 } keys %texts), '', 'no reply twice');

my ($status, $out) = $store->ctl('check');
is($status, 0, 'nothing inconsistent') or diag($out);
is($store->rows('unknown'), 0, 'nothing unknown');
is($store->rows('dead'), 0, 'nothing dead');
is($store->rows('quarantine'), 0, 'nothing in quarantine');

is($sender->stop(), 0, 'sender ends');

###############################################################################
