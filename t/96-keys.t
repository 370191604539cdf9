#!/usr/bin/perl

# The key that secrets are sealed under takes another's place: while both are
# there all of them open, `parleyctl key reseal` seals them anew, and then the
# old one can go. Without its key a secret is not used, and it is said why.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Consumer;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::Twilio;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(32);
my $dir = $t->testdir();

$t->write_file('secrets/old.key', join('', map { sprintf '%02x', $_ }
    1 .. 32) . "\n");
$t->write_file('secrets/new.key', join('', map { sprintf '%02x', 2 * $_ }
    1 .. 32) . "\n");
chmod 0640, map { "$dir/secrets/$_.key" } qw/ old new /;
$t->write_file('secrets/twilio.token', "a2master\n");
configure('old');

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
my $api = Parley::Api->new($store->key(qw/ --all operator /));
my $sender = Parley::Sender->new($dir)->run();
wait_for { $store->rows('zones') > 0 };
my $consumer = Parley::Consumer->new($dir, 'one', port(8091))->run();
my ($n, $told) = (0, 0);

###############################################################################

# some secrets: one of nginx.conf, two that were made since

is(call('POST', '/v1/tenants', undef, { name => 'acme', like => 'dealers' }),
    201, 'a tenant');
is(call('POST', '/v1/channels', 'acme', { name => 'main', provider =>
    'whatsapp', account => '555001', token => 'EAAmade', api_base_url =>
    'http://127.0.0.1:' . port(8081) }), 201, 'and its channel');
is(call('POST', '/v1/channels', 'acme', { name => 'sms', provider =>
    'twilio', account => "$Parley::Twilio::SID/+31620000000", token =>
    $Parley::Twilio::TOKEN }), 201, 'one of Twilio');
is(sms(), 204, 'whose webhooks are taken');
ok(subaccount(), 'an account of its own there');
my ($row) = $store->json('subscriptions', 'add', 'acme', $consumer->url());
my $secret = $row->{secret};
like($secret, qr/^whsec_/, 'a subscription, with a secret');
answered('106540352242922', 'test-token', 'nginx.conf\'s');
answered('555001', 'EAAmade', 'the other');

# the new one in front of the old one

configure('new', 'old');
reloaded();
answered('106540352242922', 'test-token', 'nginx.conf\'s, with both');
answered('555001', 'EAAmade', 'the other, with both');
ok(told(), 'events are signed as before');

is(sms(), 204, 'and Twilio\'s are taken');

my ($status, $out, $err) = $store->ctl('key', 'reseal');
is("$status $out", "0 6 secrets, 4 sealed anew, 0 under none of the keys that"
    . " are here\n", 'what nginx.conf does not seal is sealed anew')
    or diag($err);
wait_for { $store->folded() };
($status, $out) = $store->ctl('key', 'reseal');
is("$status $out", "0 6 secrets, 0 sealed anew, 0 under none of the keys that"
    . " are here\n", 'once');

# without the old one

configure('new');
reloaded();
answered('106540352242922', 'test-token', 'nginx.conf\'s, with the new one');
answered('555001', 'EAAmade', 'the other, with the new one');
ok(told(), 'and events as they were');
($status, $out) = $store->ctl('key', 'reseal');
is("$status $out", "0 6 secrets, 0 sealed anew, 0 under none of the keys that"
    . " are here\n", 'nothing needs the old one');
is(sms(), 204, 'and Twilio\'s are taken');

# a key that is not there: said, and counted

configure('old');
reloaded();
($status, $out) = $store->ctl('key', 'reseal');
is("$status $out", "1 6 secrets, 0 sealed anew, 4 under none of the keys that"
    . " are here\n", 'what opens under none of them is counted');
is(sms(), 503, 'a webhook that may be right is not refused');
is(sms(signature => 'short'), 401, 'one that cannot be is not asked about');
hears('555001');
ok(wait_for { $sender->log() =~ /parley_key_file/ },
    'and who needs it says which directive');

# what is not folded is not said to be done

configure('old', 'new');
reloaded();
is($sender->stop(), 0, 'the sender ends well');
$t->stop();
($status, $out) = $store->ctl('key', 'reseal');
is($status, 1, 'nothing folds what is asked for');
is($out, "6 secrets, 0 sealed anew, 0 under none of the keys that are here\n"
    . "4 under an older key still: nothing folds this store now; keep the key,"
    . " and run this again\n", 'which is said');
$t->run();
$sender = Parley::Sender->new($dir)->run();
wait_for { $store->folded() };
($status, $out) = $store->ctl('key', 'reseal');
is("$status $out", "0 6 secrets, 0 sealed anew, 0 under none of the keys that"
    . " are here\n", 'they are when a sender runs');

configure('new', 'old', 'new', 'old', 'new');
like(($t->check())[1], qr/"parley_key_file" directive is given too often/,
    'four at most');

###############################################################################

is($sender->stop(), 0, 'the sender ends well');
$t->stop();
($status, $out, $err) = $store->ctl('check');
is($status, 0, 'the store is sound') or diag($out . $err);
($status, $out, $err) = $store->ctl('replay', "$dir/again");
is($status, 0, 'and replays to the same') or diag($out . $err);
my $raw = join '', map { slurp($_) } glob("$dir/store/*/*");
is(index($raw, 'EAAmade'), -1, 'no token in it');

###############################################################################

# nginx.conf with these keys, in order
sub configure {
    my $keys = join "\n    ", map { "parley_key_file secrets/$_.key;" } @_;
    $t->write_file_expand('nginx.conf', <<"EOF");

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_subscriptions_allow 127.0.0.1;
    parley_public_url https://gw.example.com;
    $keys

    parley_tenant dealers {
        flow greeting flows/greeting.json;

        channel main whatsapp {
            phone_number_id 106540352242922;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        channel master twilio {
            account_sid     AC00000000000000000000000000000007;
            auth_token_file secrets/twilio.token;
            from            +31620000009;
            api_base_url    http://127.0.0.1:8081;
            subaccounts     on;
            retry           errand first=200ms max=200ms;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ {
            parley_api;
        }
        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location = /webhooks/twilio {
            parley_webhook twilio;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF
}

# Reloads, until what nginx.conf says now is folded.
sub reloaded {
    my $before = $store->status()->{generation};
    my %old = map { $_ => 1 } $t->workers();
    $t->reload();
    wait_for { my @w = $t->workers(); @w && !grep { $old{$_} } @w };
    wait_for {
        hears('106540352242922');
        $store->folded() && $store->status()->{generation} != $before;
    };
}

sub ask {
    my ($method, $path, $tenant, $body) = @_;
    return $api->call($method, $path, $body,
        $tenant ? ('Parley-Tenant' => $tenant) : ());
}

sub call { ask(@_)->{status} }

# Events since the last look are signed by the subscription's secret.
sub told {
    my @new = wait_for {
        my @all = $consumer->requests();
        @all > $told ? [ @all[$told .. $#all] ] : undef;
    } or return 0;
    $told += @{$new[0]};
    return !grep { !Parley::Consumer::signed($_, $secret) } @{$new[0]};
}

# acme's own account at Twilio, which the master's makes
sub subaccount {
    $provider->script({ path => 'Accounts\.json\?', status => 200, times => 1,
            body => '{"accounts":[]}' },
        { path => 'Accounts\.json', match => '^FriendlyName', do => 'close' });
    my ($status, $out, $err) = $store->ctl(qw/ twilio subaccount acme dealers
        master /);
    diag($out . $err) if $status;
    my ($asked) = wait_for { (grep { $_->{method} eq 'POST'
        && $_->{path} =~ /Accounts\.json/ } $provider->requests())[0] };
    my $name = $asked->{form}{FriendlyName};
    $provider->script({ path => 'Accounts\.json\?', status => 200, body =>
        qq/{"accounts":[{"sid":"AC00000000000000000000000000000008",/
        . qq/"friendly_name":"$name","auth_token":"5ec4e75ec4e7",/
        . qq/"status":"active","type":"Full",/
        . qq/"owner_account_sid":"AC00000000000000000000000000000007"}]}/ });
    return wait_for { ($store->ctl(qw/ twilio subaccount acme dealers
        master /))[1] =~ /AC0+8$/ };
}

sub sms {
    return http_status(tw_post(tw_text(sprintf('SM%032d', ++$n),
        '+31612345678', '+31620000000', 'stay'), @_));
}

sub hears {
    my ($account) = @_;
    return http_status(wa_post(wa_body(wa_change({ messages => [ wa_text(
        'wamid.' . ++$n, '31600000001', 'hello') ] }, $account))));
}

# a message comes in for this account, and is answered with this token
sub answered {
    my ($account, $token, $name) = @_;
    my $before = grep { $_->{path} =~ m!/$account/! } $provider->accepted();

    hears($account);
    my ($last) = wait_for {
        my @all = grep { $_->{path} =~ m!/$account/! } $provider->accepted();
        @all > $before ? $all[-1] : undef;
    };
    is($last->{token}, $token, "$name: sent by its token");
}
