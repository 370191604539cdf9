#!/usr/bin/perl

# Tests for reloads under load: no error answer, no connection cut inside a
# request, nothing lost, nothing twice; and settings that take effect in the
# order of the loads.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Load;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant SECONDS => 30;

###############################################################################

my $t = Parley::Nginx->new()->plan(16);

my $conf = <<'EOF';

%%TEST_GLOBALS%%
worker_processes 2;

events {
    worker_connections 1024;
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
            rate            80;
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
$t->write_file_expand('nginx.conf', $conf);

$t->expect(qr/connect\(\) to unix:.*sender\.sock failed/);
my $provider = Parley::Provider->new($t->testdir())->run();
my $store = Parley::Store->new($t->testdir());
my $sender = Parley::Sender->new($t->testdir(), '--hold');
$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();

###############################################################################

my $load = Parley::Load->start($t->testdir(), seconds => SECONDS + 2,
    connections => 16, rate => 400, contacts => 1000);
my ($end, $reloads, $rate) = (time() + SECONDS, 0, 80);
while (time() < $end) {
    # every other load says something new
    $rate++ if $reloads % 2;
    $t->write_file_expand('nginx.conf', $conf =~ s/rate .*/rate $rate;/r);
    $t->reload();
    $reloads++;
    sleep 1;
}

my $r = $load->result();
cmp_ok($reloads, '>=', SECONDS * 0.8, "$reloads reloads");
cmp_ok($r->{ok}, '>', 1000, "$r->{ok} requests");
is($r->{errors}, 0, 'no connection cut inside a request');
is($r->{refused}, 0, 'no connection refused');
is(join(' ', %{$r->{codes}}), '', 'no error answer');

wait_for { $store->folded() };
my @acked = $load->acked();
my %in;
$in{$_}++ for $store->provider_ids('in');
is(join(' ', grep { !$in{$_} } @acked), '', 'no message is lost');
is(join(' ', grep { $in{$_} > 1 } keys %in), '', 'none is there twice');
is($store->rows('outbox'), scalar keys %in, 'a reply for each');

# old workers have ended, and what they said last did not come back

wait_for { $t->workers() == 2 };
is(scalar($t->workers()), 2, 'old workers have ended');
wait_for { ($store->all('channels'))[0]{rate_per_s} == $rate };
is(($store->all('channels'))[0]{rate_per_s}, $rate, 'the last settings hold');
wa_post([ wa_text('wamid.AFTER', '34600000001', 'x') ]);
wait_for { $store->folded() };
is(($store->all('channels'))[0]{rate_per_s}, $rate, 'and still do');

my @published = grep { ($_->{name} // '') eq 'settings_publish' }
    $store->all('journal');
cmp_ok(scalar @published, '<=', $reloads + 1, 'each load published once');
cmp_ok(scalar @published, '>', 1, 'and more than one did');

# a reload that is wrong changes nothing

$t->expect(qr/unknown directive "parley_nonsense"/);
$t->write_file_expand('nginx.conf', $conf =~ s/parley_outbox/parley_nonsense/r);
$t->reload();
wait_for { $t->read_file('error.log') =~ /parley_nonsense/ };
like(wa_post([ wa_text('wamid.WRONG', '34600000001', 'x') ]), qr/ 200 /,
    'a wrong configuration is not taken');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');

###############################################################################
