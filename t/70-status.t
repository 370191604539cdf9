#!/usr/bin/perl

# Tests for statuses: they only ever raise a message's state, in whatever
# order and however often they come, also before the send's own answer.

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

###############################################################################

my $t = Parley::Nginx->new()->plan(17);
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
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
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
my $n = 0;

###############################################################################

# in order, out of order, again, in one body and in several

is(statuses(qw/ sent delivered read /), 'read', 'in order');
is(statuses(qw/ read delivered sent /), 'read', 'backwards');
is(statuses(qw/ sent sent delivered delivered /), 'delivered', 'repeated');
is(statuses(qw/ delivered failed /), 'delivered', 'failed after delivered');
is(statuses(qw/ failed delivered /), 'delivered', 'delivered after failed');
is(statuses(qw/ failed sent /), 'failed', 'sent after failed');
is(statuses(qw/ read played /), 'played', 'played');
is(statuses(qw/ sent deleted warning /), 'sent', 'words nobody knows');

my ($m) = reverse $store->messages('out');
is(join(' ', sort map { $_->{state} } @{$m->{facts}}), 'sent',
    'facts of what is known');

# a status that comes before the answer to the send

$provider->script({ match => '34600009001', delay => 3 });
wa_post([ wa_text('wamid.EARLY', '34600009001', 'hello') ]);
wait_for { grep { $_->{to} =~ /34600009001/ } $provider->requests() };
my ($r) = grep { $_->{to} =~ /34600009001/ } $provider->requests();
wa_post(wa_body(wa_change({ statuses => [ wa_status($r->{id}, 'delivered',
    '34600009001', biz_opaque_callback_data => $r->{opaque}) ] })));
wait_for { state('34600009001') eq 'delivered' };
is(state('34600009001'), 'delivered', 'before the answer');
wait_for { $store->rows('attempts') == 0 };
is(state('34600009001'), 'delivered', 'and still after it');
is(scalar(grep { $_->{to} =~ /34600009001/ } $provider->requests()), 1,
    'sent once');

# one that echoes nothing is found by the provider's id, or not at all

wa_post([ wa_text('wamid.PLAIN', '34600009002', 'hello') ]);
wait_for { state('34600009002') eq 'accepted' };
($r) = grep { $_->{to} =~ /34600009002/ } $provider->requests();
my $before = $store->rows('messages');
like(wa_post(wa_body(wa_change({ statuses => [
    wa_status('wamid.NOBODYS', 'read', '34600009002'),
    wa_status($r->{id}, 'read', '34600009002',
        biz_opaque_callback_data => 'somebody else\'s') ] }))), qr/ 200 /,
    'of nothing that we know');
wait_for { $store->folded() };
is($store->rows('messages'), $before, 'makes no message');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($store->rows('quarantine'), 0, 'nothing in quarantine');
is($sender->stop(), 0, 'sender ends');

###############################################################################

# Somebody new is answered, and the answer has these statuses: its state.
sub statuses {
    my @statuses = @_;
    my $from = sprintf '346000080%02d', $n++;
    wa_post([ wa_text("wamid.$from", $from, 'hello') ]);
    wait_for { state($from) eq 'accepted' };

    my ($r) = grep { $_->{to} =~ /$from/ } $provider->requests();
    for my $status (@statuses) {
        wa_post(wa_body(wa_change({ statuses => [ wa_status($r->{id}, $status,
            $from, biz_opaque_callback_data => $r->{opaque},
            $status eq 'failed' ? (errors => [ { code => 131026,
                title => 'Undeliverable' } ]) : ()) ] })));
    }
    wait_for { $store->folded() };
    return state($from);
}

sub state {
    my ($to) = @_;
    my ($m) = grep { $_->{address}{value} eq $to } $store->messages('out');
    return $m ? $m->{state} : '';
}

###############################################################################
