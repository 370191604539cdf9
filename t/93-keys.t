#!/usr/bin/perl

# Tests for who listens: keys and tokens that end while they do, and tickets
# that stand for them.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256 /;
use JSON::PP;
use MIME::Base64 qw/ encode_base64url /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Live;
use Parley::Nginx;
use Parley::Socket;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->has('perl:Protocol::WebSocket::Client')
    ->plan(26);
my $secret = 'a secret of forty bytes, shared by two..';

$t->write_file('secrets/other.token', "other-token\n");
$t->write_file('jwks.json', encode_json({ keys => [
    { kty => 'oct', kid => 'one', k => encode_base64url($secret) } ] }));
$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%
worker_processes 2;

events {
    worker_connections 256;
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store    %%TESTDIR%%/store;
    parley_api_jwks %%TESTDIR%%/jwks.json;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            token_file      secrets/channel.token;
        }
    }
    parley_tenant other {
        channel main whatsapp {
            phone_number_id 206540352242922;
            token_file      secrets/other.token;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location /v1/ { parley_api; }
    }
}

EOC

my $store = Parley::Store->new($t->testdir());
$t->run();
wa_post([ wa_text('wamid.0', '34600000001', 'zero') ]);
wait_for { $store->folded() };
my %key = map { $_ => $store->key($_ eq 'theirs' ? 'other' : 'demo', 'agent') }
    qw/ first second third mine theirs /;
my %id;
@id{qw/ first second third mine theirs /} =
    map { $_->{id} } sort { ($a->{id} =~ s/\D//gr) <=> ($b->{id} =~ s/\D//gr) }
    $store->json('key', 'list');

###############################################################################

# a key that is revoked ends what it opened, and what it would open

my $live = live($key{first});
my $other = live($key{mine});
my $ticket = ticket($key{first});
my $ws = Parley::Socket->new(port => port(8080), key => $key{first});
is($ws->{status}, 101, 'a socket');
$store->ctl('key', 'revoke', $id{first});
wait_for { $store->folded() };
my $late = shown($ticket);
is($late->{status}, 401, 'a ticket ends with its key');
like($late->{head}, qr/problem/, 'and is told so');
wait_for { $ws->hear(); !$live->read() && $ws->{closed} };
ok($live->closed(), 'and so does a stream');
is($ws->{code}, 1012, 'and a socket');
wa_post([ wa_text('wamid.1', '34600000001', 'one') ]);
wait_for { $other->read(); $other->texts() };
is(join(',', $other->texts()), 'one', 'others go on');
is(scalar($live->texts()), 0, 'nothing was told to it');

# one that is to end earlier ends what it opened then

my $short = live($key{second});
my $more = ticket($key{second});
$store->ctl('key', 'revoke', $id{second}, '--expires', '+2s');
wait_for { $store->folded() };
wait_for { !$short->read() };
ok($short->closed(), 'a shorter life of a key ends its streams');
is(shown($more)->{status}, 401, 'and its tickets');

# and a stream that came a moment before it was revoked

my @many = map { live($key{third}) } 1 .. 5;
$store->ctl('key', 'revoke', $id{third});
wait_for { !grep { $_->read() } @many };
is(scalar(grep { $_->closed() } @many), 5, 'all of a key are ended');

# tokens

my %claims = (sub => 'maria', role => 'agent', tenant => 'demo',
    exp => time() + 600);
is(me(token(%claims)), 200, 'a token');
is(me(token(%claims, sub => 'key_7')), 401, 'one in the name of a key');
is(me(token(%claims, sub => 'keyser')), 200, 'a name that begins like it');
my $signed = ticket(token(%claims));
is(shown($signed)->{status}, 101, "a token's ticket");

# so many tickets of a tenant

my @tickets = grep { $_ } map { ticket($key{mine}) } 1 .. 64;
is(scalar @tickets, 64, 'as many as a tenant may have');
is(http_status(asked($key{mine})), 503, 'and no more');
is(length ticket($key{theirs}), 48, "another tenant's are its own");
is(shown($tickets[0])->{status}, 101, 'one that is shown');
is(length ticket($key{mine}), 48, 'makes room for another');

# a tenant that is removed: what was opened for it ends, however

my $operator = Parley::Api->new($store->key(qw/ --all operator /),
    'Parley-Tenant' => 'gone');
is($operator->post('/v1/tenants', { name => 'gone' },
    'Parley-Tenant' => undef)->{status}, 201, 'a tenant');
wait_for { $store->folded() };
my $its = $store->key('gone', 'agent');
wait_for { $store->folded() };
my %as = (key => $its, token => token(%claims, tenant => 'gone'));
my %open = map { $_ => live($as{$_}) } sort keys %as;
my $socket = Parley::Socket->new(port => port(8080), key => $its);
my %unshown = map { $_ => ticket($as{$_}) } sort keys %as;

is($operator->call('DELETE', '/v1/tenants/gone')->{status}, 204, 'removed');
wait_for { $socket->hear(); !$open{key}->read() && !$open{token}->read()
    && $socket->{closed} };
ok($open{$_}->closed(), "the stream of a $_ ends") for sort keys %open;
is($socket->{code}, 1012, 'and a socket');
is(shown($unshown{$_})->{status}, 401, "and the ticket of a $_")
    for sort keys %unshown;

###############################################################################

sub live {
    my ($auth) = @_;
    my $live = Parley::Live->new(port => port(8080), key => $auth)->open();
    wait_for { $live->read(); defined $live->id() };
    return $live;
}

sub shown {
    my ($ticket) = @_;
    return Parley::Socket->new(port => port(8080),
        protocols => "parley.events, ticket.$ticket");
}

sub asked {
    my ($auth) = @_;
    return http("POST /v1/events/ticket HTTP/1.0\r\nHost: localhost\r\n"
        . "Authorization: Bearer $auth\r\nContent-Length: 0\r\n\r\n");
}

sub ticket {
    my $answer = asked(@_);
    return http_status($answer) == 201
        ? decode_json($answer =~ s/^.*?\r\n\r\n//sr)->{ticket} : '';
}

sub me {
    my ($auth) = @_;
    return http_status(http("GET /v1/me HTTP/1.0\r\nHost: localhost\r\n"
        . "Authorization: Bearer $auth\r\n\r\n"));
}

sub token {
    my (%claims) = @_;
    my $text = join '.', map { encode_base64url(encode_json($_)) }
        { alg => 'HS256', kid => 'one' }, \%claims;
    return "$text." . encode_base64url(hmac_sha256($text, $secret));
}
