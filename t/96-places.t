#!/usr/bin/perl

# Tenants and channels that are made over the API while nginx runs: they are
# answered and sent for at once, without a reload; nginx.conf's stay as they
# are; a token is shown by nothing.

###############################################################################

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/ time /;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Rest;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new();
my $dir = $t->testdir();
my $flows = "$Parley::Nginx::ROOT/conf/flows";

$t->write_file_expand('nginx.conf', <<"EOF");

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant dealers {
        flow greeting $flows/greeting.json;

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

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
my $key = $store->key(qw/ --all operator /);
my $sender = Parley::Sender->new($dir)->run();
wait_for { $store->rows('zones') > 0 };

my $rest = Parley::Rest->new($store);
my ($tenant, $n) = ('', 0);
my %secret = map { $_ => "EAA${_}Zx9Qk4Rr7Tt" } qw/ first second third /;
my %channel = (name => 'main', provider => 'whatsapp', account => '555001',
    token => $secret{first}, api_base_url => 'http://127.0.0.1:'
    . port(8081));

###############################################################################

# one that nobody knows is kept aside

wa_post(hears('555001', 'wamid.0'));
ok(wait_for { $store->rows('quarantine') == 1 }, 'an unknown number');

# it is made, and is there

my $made = ask('POST', '/v1/tenants', { name => 'acme', like => 'dealers',
    time_zone => 'Europe/Amsterdam', language => 'nl' });
is($made->{status}, 201, 'a tenant') or diag($made->{text});
is($made->{json}{name}, 'acme', 'by its name');
ok($made->{json}{runtime}, 'that nginx.conf has not');

$tenant = 'acme';
my $main = ask('POST', '/v1/channels', \%channel);
is($main->{status}, 201, 'a channel') or diag($main->{text});
is($main->{json}{account}, '555001', 'by its account');
ok(!exists $main->{json}{token}, 'without its token');

answered('555001', 'first', 'is answered, by the flows it is like');

# beside nginx.conf's

$tenant = 'dealers';
answered('106540352242922', undef, 'nginx.conf\'s are as they were');
is(ask('PUT', '/v1/tenants/dealers', {})->{status}, 422,
    'what nginx.conf says is not changed');
is(ask('DELETE', '/v1/tenants/dealers')->{json}{rule}, 'tenant.configured',
    'nor removed');
is(ask('PUT', '/v1/channels/main', { account => '1' })->{json}{rule},
    'channel.configured', 'nor its channels');
is(ask('POST', '/v1/channels', { %channel, name => 'more' })->{json}{rule},
    'channel.account', 'an account has one channel');
is(ask('POST', '/v1/channels', { %channel, name => 'more',
    account => '555002' })->{status}, 201, 'it may have more of them');
answered('555002', 'first', 'which are answered as well');
is(ask('DELETE', '/v1/channels/more')->{status}, 204, 'and removed');
is(ask('DELETE', '/v1/channels/more')->{status}, 404, 'once');

# what is wrong is said, with its place

$tenant = 'acme';
for (
    [ '/v1/tenants', { name => 'a b' }, '/name' ],
    [ '/v1/tenants', { name => 'b', time_zone => '../x' }, '/time_zone' ],
    [ '/v1/tenants', { name => 'b', language => 'xx' }, '/language' ],
    [ '/v1/tenants', { name => 'b', weight => 0 }, '/weight' ],
    [ '/v1/channels', { %channel, name => '' }, '/name' ],
    [ '/v1/channels', { %channel, name => 'b', token => "a\nb" }, '/token' ],
    [ '/v1/channels', { %channel, name => 'b', token => '' }, '/token' ],
    [ '/v1/channels', { %channel, name => 'b', token => 'x' x 4097 },
        '/token' ],
    [ '/v1/channels', { %channel, name => 'b', api_base_url =>
        'http://example.com' }, '/api_base_url' ],
    [ '/v1/channels', { %channel, name => 'b', provider => 'pigeon' },
        '/provider' ],
) {
    my ($path, $body, $pointer) = @$_;
    my $answer = ask('POST', $path, $body);
    is("$answer->{status} " . ($answer->{json}{pointer} // ''),
        "400 #$pointer", "$path: $pointer") or diag($answer->{text});
}

is(ask('POST', '/v1/channels', { %channel, name => 'b', account => '555003',
    token => 'x' x 4096 })->{status}, 201, 'the longest token');
is(ask('DELETE', '/v1/channels/b')->{status}, 204, 'is removed again');
is(ask('POST', '/v1/tenants', { name => 'acme' })->{json}{rule},
    'tenant.exists', 'a name has one tenant');
is(ask('POST', '/v1/tenants', { name => 'b', like => 'acme' })->{json}{rule},
    'tenant.like', 'one is like one of nginx.conf');

# only an operator does it

my $admin = $store->key(qw/ acme admin /);
is($rest->call($admin, 'POST', '/v1/channels', { %channel, name => 'c',
    account => '9' })->{status}, 403, 'an admin does not');
is($rest->call($admin, 'DELETE', '/v1/tenants/acme')->{status}, 403,
    'nor away with it');
is($rest->call($admin, 'GET', '/v1/channels/main')->{status}, 200,
    'but sees it');

# changed: another token from the next message on

$provider->script({ token => $secret{first}, status => 401, code => 190 });
my $edit = ask('PUT', '/v1/channels/main', { account => '555001',
    token => $secret{second}, api_base_url => $channel{api_base_url},
    rate_per_s => 20 });
is($edit->{status}, 200, 'another token') or diag($edit->{text});
is($edit->{json}{rate_per_s}, 20, 'and another rate');
answered('555001', 'second', 'is used');
is(ask('PUT', '/v1/tenants/acme', { like => 'dealers', language => 'de' })
    ->{json}{language}, 'de', 'a tenant is changed');
is(ask('PUT', '/v1/tenants/acme', { like => 'dealers', language => 'de',
    calling_code => '31' })->{json}{calling_code}, '31', 'its calling code');
is(ask('GET', '/v1/tenants/acme')->{json}{calling_code}, '31', 'is shown');
is($rest->call($key, 'PUT', '/v1/settings', { rate_per_s => 900 },
    'Parley-Tenant' => 'acme', 'If-Match' => '*')->{json}{rate_per_s}, 900,
    'what is said over it');
is(ask('GET', '/v1/tenants/acme')->{json}{rate_per_s}, undef,
    'is not shown as its own');
is(ask('PUT', '/v1/channels/main', { account => '555001',
    api_base_url => $channel{api_base_url} })->{status}, 200,
    'without a token');
answered('555001', 'second', 'the old one stays');

# over a reload, and a restart of all

$t->reload();
answered('555001', 'second', 'over a reload');
$t->stop();
is($sender->stop(), 0, 'the sender ends well');
$t->run();
$sender = Parley::Sender->new($dir)->run();
answered('555001', 'second', 'and a restart');

# gone

is(ask('DELETE', '/v1/tenants/acme')->{status}, 204, 'a tenant is removed');
ok(ask('GET', '/v1/tenants/acme')->{json}{removed}, 'and is known to be');
is(ask('DELETE', '/v1/tenants/acme')->{status}, 404, 'once');
is(ask('PUT', '/v1/channels/main', { account => '555001' })->{status}, 404,
    'with its channels');
my $aside = $store->rows('quarantine');
wa_post(hears('555001', 'wamid.gone'));
ok(wait_for { $store->rows('quarantine') == $aside + 1 },
    'what comes for it is kept aside');
$tenant = 'dealers';
answered('106540352242922', undef, 'nginx.conf\'s are as they were');

# made again, it is the same one

$tenant = '';
is(ask('POST', '/v1/tenants', { name => 'acme', like => 'dealers' })
    ->{status}, 201, 'made again');
$tenant = 'acme';
is(ask('POST', '/v1/channels', { %channel, token => $secret{third} })
    ->{status}, 201, 'with its channel');
answered('555001', 'third', 'is answered again');

###############################################################################

my $audit = '';
for ('acme', 'dealers') {
    $tenant = $_;
    $audit .= ask('GET', '/v1/audit?limit=100')->{text};
}

is($sender->stop(), 0, 'the sender ends well');
$t->stop();
my ($status, $out, $err) = $store->ctl('check');
is($status, 0, 'the store is sound') or diag($out . $err);
is(join(' ', $rest->unseen('Places')), '', 'every operation was asked');

like($audit, qr/tenant made/, 'the audit log says who was made');
like($audit, qr/channel removed/, 'and removed');

my $raw = join '', map { slurp($_) } glob("$dir/store/*/*"), $t->logs()
    ? map { "$dir/$_" } $t->logs() : (), "$dir/sender.log";
cmp_ok(length $raw, '>', 100_000, 'the store, and logs');
is(index("$raw$audit", $secret{$_}), -1, "no token in them: $_")
    for sort keys %secret;

done_testing();

###############################################################################

sub ask {
    my ($method, $path, $body) = @_;
    my $answer = $rest->call($key, $method, $path, $body,
        $tenant eq '' ? () : ('Parley-Tenant' => $tenant));
    is($answer->{wrong}, '', "$method $path is as it is described")
        or diag($answer->{text});
    return $answer;
}

sub hears {
    my ($account, $id) = @_;
    return wa_body(wa_change({ messages => [
        wa_text($id, '31600000001', 'hello') ] }, $account));
}

# a message comes in for this account, and is answered with this token
sub answered {
    my ($account, $token, $name) = @_;
    my $id = 'wamid.t' . ++$n;
    my $before = grep { $_->{path} =~ m!/$account/! } $provider->accepted();

    is(http_status(wa_post(hears($account, $id))), 200, "$name: taken");
    my ($last) = wait_for {
        my @all = grep { $_->{path} =~ m!/$account/! } $provider->accepted();
        @all > $before ? [ $all[-1] ] : undef;
    } or return fail($name);
    is($last->[0]{token}, $token ? $secret{$token} : 'test-token',
        "$name: with its token");
    return $last;
}
