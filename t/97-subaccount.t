#!/usr/bin/perl

# Tests for a tenant's own account at Twilio: made once, whatever becomes of
# the answers, and its token is nowhere to be read.

###############################################################################

use warnings;
use strict;

use File::Find;
use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::Twilio;

###############################################################################

my $t = Parley::Nginx->new()->plan(27);
my $dir = $t->testdir();

my $json = JSON::PP->new->utf8->canonical;
my ($ONE, $TWO) = map { sprintf 'AC%032d', $_ } 5, 6;
my ($SECRET, $OTHER) = ('5ec4e7' x 5 . '00', '07he4' x 6 . '00');

$t->write_file('secrets/twilio.token', "$Parley::Twilio::TOKEN\n");
$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_public_url https://gw.example.com;

    parley_tenant operator {
        channel master twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            +31620000000;
            api_base_url    http://127.0.0.1:8081;
            retry           errand first=200ms max=200ms;
            subaccounts     on;
        }
        channel plain twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            +31620000001;
            api_base_url    http://127.0.0.1:8081;
        }
    }
    parley_tenant acme {
        channel main whatsapp {
            phone_number_id 1001;
            waba_id         1;
            token_file      secrets/channel.token;
        }
    }
    parley_tenant other {
        channel main whatsapp {
            phone_number_id 1002;
            waba_id         1;
            token_file      secrets/channel.token;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/twilio {
            parley_webhook twilio;
        }
        location /v1/ { parley_api; }
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
my $operator = Parley::Api->new($store->key('--all', 'operator'));
my $admin = Parley::Api->new($store->key('acme', 'admin'));

###############################################################################

# not by any account, nor for anybody who asks

like(join(' ', $store->ctl(qw/ twilio subaccount acme operator plain /)),
    qr/^1 .*the account of channel "plain" makes no others/, 'another channel');
is($admin->get('/v1/tenants/acme/subaccount')->{status}, 403,
    'a tenant\'s own key');
is(shown('acme')->{state}, 'none', 'there is none');

# it is made, but the answer is lost: it is found

$provider->script({ path => 'Accounts\.json\?', status => 200,
        body => '{"accounts":[]}' },
    { path => 'Accounts\.json', match => '^FriendlyName', do => 'close' });
like(ctl('acme'), qr/^0 acme: asked for as entry \d+; no sender runs now$/,
    'asked for');
is(shown('acme')->{state}, 'pending', 'and not there yet');
my $sender = Parley::Sender->new($dir)->run();
wait_for { posts() };
my ($look) = $provider->requests();
my ($name) = (posts())[0]{form}{FriendlyName};
is($look->{method}, 'GET', 'looked for first');
like($name, qr/^parley [0-9a-f]{8} 2 acme\z/, 'by its id and name');
found($name, $ONE, $SECRET);
wait_for { shown('acme')->{state} eq 'made' };
is(shown('acme')->{sid}, $ONE, 'found');
is(scalar posts(), 1, 'made once');
is(ctl('acme'), "0 acme: $ONE", 'shown');
my $n = $provider->requests();
is(ctl('acme'), "0 acme: $ONE", 'asked once more');
is(scalar($provider->requests()), $n, 'of nobody');

# another one, whose first answers are refusals, and junk

my $theirs = $name =~ s/2 acme$/3 other/r;
$provider->script(
    { path => 'Accounts\.json\?', status => 401, times => 1,
        body => '{"code":20003,"status":401}' },
    { path => 'Accounts\.json\?', status => 200, times => 1, body => '{}' },
    { path => 'Accounts\.json\?', status => 200,
        body => $json->encode({ accounts => [ account('somebody', $ONE,
            $SECRET), { %{account($theirs, $ONE, $SECRET)},
            status => 'closed' } ] }) },
    { path => 'Accounts\.json', match => '^FriendlyName', status => 201,
        body => $json->encode(account($theirs, $TWO, $OTHER)) });
like(ctl('other'), qr/^1 other: trouble: 20003 account; it is tried again$/,
    'refused');
is($operator->post('/v1/tenants/other/subaccount', { owner => 'operator',
    channel => 'master' }, 'Parley-Tenant' => 'other')->{status}, 202,
    'asked over the API');
wait_for { shown('other')->{state} eq 'made' };
is(shown('other')->{sid}, $TWO, 'made');
is(scalar posts(), 2, 'once');
is($operator->post('/v1/tenants/other/subaccount', { owner => 'operator',
    channel => 'plain' }, 'Parley-Tenant' => 'other')->{status}, 400,
    'a channel that may not');
is($operator->post('/v1/tenants/other/subaccount', { owner => 'nobody',
    channel => 'x' }, 'Parley-Tenant' => 'other')->{status}, 400,
    'and none at all');

# kept, and shown nowhere

wait_for { $store->folded() };
is(find_in("$dir/store"), '', 'no token in the store');
unlike($sender->log(), qr/$SECRET|$OTHER/, 'nor in the log');
unlike($sender->get('/metrics'), qr/$SECRET|$OTHER/, 'nor in metrics');
unlike(join('', map { join ' ', $store->ctl('--json', @$_) }
    [ 'channels' ], [ 'audit', 'acme' ], [ qw/ twilio subaccount acme
    operator master / ]), qr/$SECRET|$OTHER/, 'nor in what is shown');
unlike($json->encode(shown('acme')), qr/token|$SECRET/, 'over the API neither');

# what an account's token signs is that account's

my $text = tw_text('SM01', '+31612345678', '+31620000000', 'hello');
is(http_status(tw_post($text, token => $SECRET)), 401,
    'a subaccount\'s token, of its owner\'s account');
is(http_status(tw_post(tw_text('SM01', '+31612345678', '+31620000000',
    'hello', AccountSid => $ONE))), 401, 'and the owner\'s, of a subaccount');
is(http_status(tw_post($text)), 204, 'its own');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
$sender->stop();

###############################################################################

sub ctl {
    my ($tenant) = @_;
    my ($status, $out, $err) = $store->ctl(qw/ twilio subaccount /, $tenant,
        qw/ operator master /);
    return "$status $out$err" =~ s/\n\z//r;
}

sub shown {
    my ($tenant) = @_;
    return $operator->get("/v1/tenants/$tenant/subaccount",
        'Parley-Tenant' => $tenant)->{json};
}

sub account {
    my ($name, $sid, $token) = @_;
    return { sid => $sid, friendly_name => $name, auth_token => $token,
        status => 'active', type => 'Full',
        owner_account_sid => $Parley::Twilio::SID };
}

sub found {
    $provider->script({ path => 'Accounts\.json\?', status => 200,
        body => $json->encode({ accounts => [ account(@_) ] }) });
}

sub posts { grep { $_->{method} eq 'POST' } $provider->requests() }

# names of files in which a token stands
sub find_in {
    my ($folder) = @_;
    my @found;
    find({ no_chdir => 1, wanted => sub {
        push @found, $_ if -f && slurp($_) =~ /$SECRET|$OTHER/;
    } }, $folder);
    return join ' ', @found;
}

###############################################################################
