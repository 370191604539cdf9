#!/usr/bin/perl

# Many tenants, made while nginx runs: each has its own messages and nobody
# else's; one that is added, changed or removed touches no other; whoever has
# a snapshot of the settings follows, on every worker, and a replay as well.
# What ten thousand cost, `make bench-places` prints; here is no time.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant { TENANTS => 500, FIRST => 700000000, AT_ONCE => 25 };

###############################################################################

my $t = Parley::Nginx->new()->plan(25);
my $dir = $t->testdir();

my $conf = <<"EOF";

%%TEST_GLOBALS%%

worker_processes 2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant dealers {
        flow greeting flows/greeting.json;
        limits channels=2;

        channel main whatsapp {
            phone_number_id 106540352242922;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
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
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

# what nginx -t says of limits, and of names that are there twice

for (
    [ 'limits channels=0;', qr/invalid limit "channels=0": from 1 to 1000/ ],
    [ 'limits keys=1000000001;', qr/invalid limit "keys=1000000001": from/ ],
    [ 'limits colour=1;', qr/invalid limit "colour=1" in .*:\d+/ ],
    [ 'limits keys=1 keys=2;', qr/invalid limit "keys=2"/ ],
    [ 'limits keys=1; limits channels=1;', qr/"limits" directive is dupl/ ],
    [ "limits keys=1;\n}\nparley_tenant dealers {",
        qr/duplicate tenant "dealers"/ ],
) {
    my ($line, $why) = @$_;
    $t->write_file_expand('nginx.conf', $conf =~ s/limits channels=2;/$line/r);
    like(($t->check())[1], $why, $why);
}

$t->write_file_expand('nginx.conf', $conf);

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
my $api = Parley::Api->new($store->key(qw/ --all operator /));
my $sender = Parley::Sender->new($dir)->run();
wait_for { $store->rows('zones') > 0 };

###############################################################################

# made, so many at a time

is(all(map { my $n = $_; [ 'POST', '/v1/tenants', { name => "t$n",
    $n % 2 ? (like => 'dealers') : () } ] } 1 .. TENANTS), TENANTS,
    'so many tenants are made');
is(all(map { [ 'POST', '/v1/channels', channel($_), "t$_" ] } 1 .. TENANTS),
    TENANTS, 'with a channel each');

# each hears what is said to it

hears($_) for 1 .. TENANTS;
wait_for { $store->folded() };
is($store->rows('messages'), TENANTS + TENANTS / 2, 'each has its message, '
    . 'and an answer where there are flows');
is($store->rows('contacts'), TENANTS, 'the same person is another one of '
    . 'each');
is($store->rows('quarantine'), 0, 'and nothing was kept aside');
wait_for { $provider->accepted() >= TENANTS / 2 };
my %token = map { ($_->{path} =~ m!/(\d+)/messages!)[0] => $_->{token} }
    $provider->accepted();
is(scalar(grep { ($token{FIRST + 2 * $_ - 1} // '') eq 'EAAt' . (2 * $_ - 1) }
    1 .. TENANTS / 2), TENANTS / 2, 'each is sent for by its own token');

# one is changed, one removed, one added: of each a neighbour

my %channel = %{ channel(3) };
delete @channel{qw/ name provider /};
is(call('PUT', '/v1/channels/main', { %channel, token => 'EAAother' }, 't3'),
    200, 'one has another token');
is(call('DELETE', '/v1/tenants/t5', undef, 't5'), 204, 'one is removed');
my $etag = ask('GET', '/v1/channels/main/settings', undef, 't7')
    ->{headers}{etag};
is($api->call('PUT', '/v1/channels/main/settings', { rate_per_s => 3 },
    'Parley-Tenant' => 't7', 'If-Match' => $etag)->{status}, 200,
    'one has another pace');
is(call('POST', '/v1/tenants', { name => 'new', like => 'dealers' }), 201,
    'one is added');

my $before = $provider->accepted();
hears($_) for 1 .. 9;
wait_for { $store->folded() && $provider->accepted() >= $before + 4 };
my %now = map { ($_->{path} =~ m!/(\d+)/messages!)[0] - FIRST() => $_->{token} }
    ($provider->accepted())[$before .. $provider->accepted() - 1];
is_deeply(\%now, { 1 => 'EAAt1', 3 => 'EAAother', 7 => 'EAAt7',
    9 => 'EAAt9' }, 'it holds for these, and for nobody else');
is($store->rows('quarantine'), 1, 'what came for one that is gone is aside');

# every worker has followed

my %seen;
for (1 .. 40) {
    my ($pace, $gone, $new) = map { $_->{json} } ask('GET',
        '/v1/channels/main/settings', undef, 't7'),
        ask('GET', '/v1/tenants/t5', undef, 't5'),
        ask('GET', '/v1/tenants/new', undef, 'new');
    $seen{join ' ', $pace->{rate_per_s} // '', $gone->{removed} ? 'gone' : '',
        $new->{name} // ''}++;
}
is(join(', ', keys %seen), '3 gone new', 'whoever answers');

# what nginx.conf says of how many

is(call('POST', '/v1/channels', { %{ channel(900) }, name => 'a' },
    'dealers'), 201, 'a second channel of one that may have two');
is((ask('POST', '/v1/channels', { %{ channel(901) }, name => 'b' },
    'dealers'))->{json}{rule}, 'tenant.limit', 'and no third');

###############################################################################

is($sender->stop(), 0, 'the sender ends well');
$t->stop();
my ($status, $out, $err) = $store->ctl('check');
is($status, 0, 'the store is sound') or diag($out . $err);
($status, $out, $err) = $store->ctl('replay', "$dir/again");
is($status, 0, 'and replays to the same') or diag($out . $err);
is((grep { $_->{removed} } $store->all('tenant', 'list')), 1,
    'with one that is gone');

###############################################################################

sub channel {
    my ($n) = @_;
    return { name => 'main', provider => 'whatsapp', account => '' . (FIRST
        + $n), token => "EAAt$n", api_base_url => 'http://127.0.0.1:'
        . port(8081) };
}

sub ask {
    my ($method, $path, $body, $tenant) = @_;
    return $api->call($method, $path, $body,
        $tenant ? ('Parley-Tenant' => $tenant) : ());
}

sub call { ask(@_)->{status} }

# All of these calls, some at a time: how many were answered 201.
sub all {
    my @calls = @_;
    my $n = 0;
    while (my @some = splice @calls, 0, AT_ONCE) {
        my @open = map { my ($method, $path, $body, $tenant) = @$_;
            $api->start($method, $path, $body,
                $tenant ? ('Parley-Tenant' => $tenant) : ()) } @some;
        $n += grep { $api->end($_)->{status} == 201 } @open;
    }
    return $n;
}

my $wamid;
sub hears {
    my ($n) = @_;
    my $answer = wa_post(wa_body(wa_change({ messages => [ wa_text('wamid.'
        . ++$wamid, '31600000001', 'hello') ] }, '' . (FIRST + $n))));
    die "no 200: $answer\n" unless http_status($answer) == 200;
}
