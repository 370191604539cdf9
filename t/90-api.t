#!/usr/bin/perl

# Tests for the API's manners beside a real nginx: who may, whose data, what
# is said of what is wrong. Each operation of the API is held against the
# table of permissions in docs/api.md.

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
use Parley::Jwt;
use Parley::Nginx;
use Parley::Process;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new();
my $dir = $t->testdir();
my $secret = 'a secret of forty bytes, shared by two..';

# the log of the API as conf/production.conf has it

my $shipped = slurp('../conf/production.conf');
my ($format) = $shipped =~ /^( *log_format parley_api .*?;\n)/ms;
my ($place) = $shipped =~ m!^ *location /v1/ \{\n(.*?)^ *\}!ms;
my ($log) = $place =~ /^( *access_log .*;)$/m;
$log =~ s!/var/log/nginx!%%TESTDIR%%!;

my %sign = map { $_ => Parley::Jwt->new($dir, $_, lc) } qw/ RS256 ES256 /;

$t->write_file('jwks.json', encode_json({ keys => [
    (map { $sign{$_}->row() } sort keys %sign),
    { kty => 'oct', kid => 'one', k => encode_base64url($secret) },
    { kty => 'OKP', kid => 'strange', crv => 'Ed25519', x => 'AA' } ] }));

my $conf = <<'EOF';

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

SHIPPED_FORMAT
    parley_store    %%TESTDIR%%/store;
    parley_api_jwks %%TESTDIR%%/jwks.json issuer=desk audience=parley;

    large_client_header_buffers 4 32k;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
    }

    parley_tenant other {
        channel main whatsapp {
            phone_number_id 106540352242923;
            waba_id         102290129340399;
            token_file      secrets/channel.token;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ {
SHIPPED_LOG
            parley_api;
            parley_api_body_max 2k;
            parley_api_cors https://desk.example;
        }
        location /plain/v1/ {
            rewrite ^/plain(/v1/.*)$ $1 break;
            parley_api;
        }
    }
}

EOF

$t->write_file_expand('nginx.conf',
    $conf =~ s/SHIPPED_FORMAT\n/$format/r =~ s/SHIPPED_LOG/$log/r);

my $store = Parley::Store->new($dir);
$t->run();

my %key = (
    operator => $store->key(qw/ --all operator /),
    map { $_ => $store->key('demo', $_) } qw/ admin agent bot readonly /
);
my $api = Parley::Api->new($key{admin});

###############################################################################

# who calls

my $me = $api->get('/v1/me');
is($me->{status}, 200, 'a key');
is($me->{json}{role}, 'admin', 'its role');
is($me->{json}{tenant}, 'demo', 'its tenant');
like($me->{json}{actor}, qr/^key_\d+$/, 'its name in the audit log');
is($me->{headers}{'content-type'}, 'application/json', 'JSON');
is($me->{headers}{'cache-control'}, 'no-store', 'that nobody keeps');
ok((grep { $_ eq 'messages:send' } @{$me->{json}{permissions}}),
    'its permissions');

my $nobody = $api->get('/v1/me', Authorization => undef);
problem($nobody, 401, 'unauthorized', 'no key');
is($nobody->{headers}{'www-authenticate'}, 'Bearer realm="parley"',
    'says how to');
problem($api->get('/v1/me', Authorization => 'Basic YTpi'), 401,
    'unauthorized', 'another scheme');
problem($api->get('/v1/me', bearer("$key{admin}x")), 401, 'unauthorized',
    'a key that is none');
problem($api->get('/v1/me', bearer('x' x 8192)), 401, 'unauthorized',
    'the longest key');
problem($api->get('/v1/me', bearer('x' x 8193)), 401, 'unauthorized',
    'and a longer one');
is($api->get('/v1/me', Authorization => "bearer  $key{admin}")->{status},
    200, 'the scheme in lower case');

for my $name (qw/ access_token api_key apikey token Api-Key key /) {
    problem($api->get("/v1/me?$name=$key{admin}"), 400, 'key-in-query',
        "a key in a query, as $name");
}

# whose data

my $operator = Parley::Api->new($key{operator});
is($operator->get('/v1/me')->{json}{tenant}, undef, 'an operator: all');
is($operator->get('/v1/me', 'Parley-Tenant' => 'other')->{json}{tenant},
    'other', 'or the one that it names');
problem($operator->get('/v1/me', 'Parley-Tenant' => 'nobody'), 404,
    'not-found', 'which must be there');
problem($api->get('/v1/me', 'Parley-Tenant' => 'other'), 404, 'not-found',
    'nobody else names another');
is($api->get('/v1/me', 'Parley-Tenant' => 'demo')->{status}, 200,
    'but their own');

# tokens that somebody else signed

my %claims = (iss => 'desk', aud => 'parley', sub => 'maria',
    exp => time + 600, role => 'agent', tenant => 'demo');
my $jwt = $api->get('/v1/me', bearer(token(\%claims)));
is($jwt->{status}, 200, 'a token') or diag($jwt->{body});
is($jwt->{json}{role}, 'agent', 'its role');
is($jwt->{json}{actor}, 'maria', 'its name');
is($api->get('/v1/me', bearer(token({ %claims, aud => [ 'a', 'parley' ] })))
    ->{status}, 200, 'one for several');

is($api->get('/v1/me', bearer(token({ %claims, exp => time + 600.5,
    nbf => time - 0.25 })))->{status}, 200, 'one to half a second');

my %wrong = (
    'that has ended' => { exp => time - 120 },
    'that has ended by a half' => { exp => time - 120.5 },
    'that ends too late' => { exp => 9e15 },
    'that never ends' => { exp => undef },
    'that has not begun' => { nbf => time + 600 },
    'of another issuer' => { iss => 'x' },
    'for somebody else' => { aud => 'x' },
    'of nobody' => { sub => undef },
    'of no role' => { role => 'king' },
    'of an unknown tenant' => { tenant => 'x' },
    'of an agent without a tenant' => { tenant => undef },
    'of an operator with one' => { role => 'operator' },
);

for my $name (sort keys %wrong) {
    my %odd = (%claims, %{$wrong{$name}});
    delete @odd{grep { !defined $odd{$_} } keys %odd};
    problem($api->get('/v1/me', bearer(token(\%odd))), 401, 'unauthorized',
        "a token $name");
}

problem($api->get('/v1/me', bearer(token(\%claims, alg => 'none'))), 401,
    'unauthorized', 'a token without a signature');
problem($api->get('/v1/me', bearer(token(\%claims, alg => 'RS256'))), 401,
    'unauthorized', 'of another algorithm than its key');
problem($api->get('/v1/me', bearer(token(\%claims, kid => 'two'))), 401,
    'unauthorized', 'of a key that is not known');
problem($api->get('/v1/me', bearer(token(\%claims, crit => [ 'b64' ]))),
    401, 'unauthorized', 'with what must be understood and is not');
problem($api->get('/v1/me', bearer(token(\%claims) . 'AAAA')), 401,
    'unauthorized', 'with another signature');
problem($api->get('/v1/me', bearer('a.b')), 401, 'unauthorized',
    'a token of two parts');

# by keys whose other half is not here

for my $alg (sort keys %sign) {
    my $token = $sign{$alg}->token(\%claims);
    my $got = $api->get('/v1/me', bearer($token));
    is($got->{status}, 200, "$alg: a token") or diag($got->{body});
    is($got->{json}{actor}, 'maria', "$alg: of whom it says");
    substr($token, -20, 8) = 'A' x 8;
    problem($api->get('/v1/me', bearer($token)), 401, 'unauthorized',
        "$alg: with another signature");
    problem($api->get('/v1/me', bearer($sign{$alg}->token({ %claims,
        exp => time - 120 }))), 401, 'unauthorized', "$alg: that has ended");
    my ($other) = grep { $_ ne $alg } keys %sign;
    problem($api->get('/v1/me', bearer($sign{$alg}->token(\%claims,
        kid => lc $other))), 401, 'unauthorized',
        "$alg: under the other's name");
    problem($api->get('/v1/me', bearer(token(\%claims, kid => lc $alg))),
        401, 'unauthorized', "$alg: its public half is no secret");
}

# permissions: every operation, every role

my %may = permissions();
my ($doc) = $store->json('openapi');

for my $op (Parley::Api::operations($doc)) {
    my ($method, $path) = @$op{qw/ method path /};
    $path =~ s/\{\w+\}/1/g;

    for my $role (sort keys %key) {
        my $can = $op->{may} eq 'any' || $may{$op->{may}}{$role};
        next if $op->{stream} && $can;

        my $got = Parley::Api->new($key{$role})->call($method, $path, undef,
            'Parley-Tenant' => 'demo');

        if ($can) {
            ok($got->{status} != 403 && $got->{status} < 500,
                "$op->{name}: for $role") or diag($got->{body});

        } else {
            is("$got->{status} " . ($got->{json}{permission} // ''),
                "403 $op->{may}", "$op->{name}: not for $role");
        }
    }

    is($api->call($method, $path, undef, Authorization => undef)->{status},
        401, "$op->{name}: not for nobody");
}

is_deeply([ sort map { $_->{may} } grep { !$may{$_->{may}}
    && $_->{may} ne 'any' } Parley::Api::operations($doc) ], [],
    'each permission is in the table');

# methods and paths

problem($api->get('/v1/nothing'), 404, 'not-found', 'no such path');
problem($api->get('/v1/me/'), 404, 'not-found', 'a path with a slash more');
my $put = $api->call('PUT', '/v1/me');
problem($put, 405, 'method-not-allowed', 'no such method');
is($put->{headers}{allow}, 'GET, HEAD', 'says which there are');
problem($api->call('BREW', '/v1/me'), 405, 'method-not-allowed',
    'a method that nobody knows');
my $head = $api->call('HEAD', '/v1/me');
is($head->{status}, 200, 'HEAD');
is($head->{body}, '', 'has no body');
is($head->{headers}{'content-length'}, length $me->{body}, 'but its length');
is($api->get('/plain/v1/me')->{status}, 200, 'behind a rewrite');

# bodies and queries

problem($api->get('/v1/me?x=1'), 400, 'bad-query', 'no parameters');
problem($api->call('GET', '/v1/me', '{}'), 400, 'bad-request', 'no body');
problem($api->call('GET', '/v1/me', 'x' x 2049), 413, 'too-large',
    'one byte more than is taken');
problem($api->call('GET', '/v1/me', 'x' x 2048), 400, 'bad-request',
    'at the limit');
problem($api->call('GET', '/v1/me', [ 'x' x 2049 ]), 413, 'too-large',
    'the same in chunks');
problem($api->get('/v1/me?' . 'a' x 4097), 400, 'bad-query',
    'a query that is too long');

# other origins

my $cors = $api->get('/v1/me', Origin => 'https://desk.example');
is($cors->{headers}{'access-control-allow-origin'}, 'https://desk.example',
    'an origin that is named');
is($cors->{headers}{vary}, 'Origin', 'caches know of it');
is($api->get('/v1/me', Origin => 'https://x.example')
    ->{headers}{'access-control-allow-origin'}, undef, 'another one');
is($api->get('/plain/v1/me', Origin => 'https://desk.example')
    ->{headers}{'access-control-allow-origin'}, undef,
    'where none is named');

my @flight = (Authorization => undef, Origin => 'https://desk.example',
    'Access-Control-Request-Method' => 'POST');
my $flight = $api->call('OPTIONS', '/v1/me', undef, @flight);
is($flight->{status}, 204, 'a preflight');
like($flight->{headers}{'access-control-allow-headers'},
    qr/Authorization.*Idempotency-Key/, 'with its headers');
problem($api->call('OPTIONS', '/plain/v1/me', undef, @flight), 405,
    'method-not-allowed', 'and none where no origin is named');

# requests

problem($api->get('/v1/requests/req_' . '0' x 32), 404, 'not-found',
    'a request that nobody made');
problem($api->get('/v1/requests/x'), 404, 'not-found', 'no request at all');
is($api->get('/v1/requests/req_' . '0' x 32 . '_999999')->{json}{state},
    'pending', 'one that is to come');

# times of a query

problem($api->get("/v1/$_"), 400, 'bad-query', "no time: $_")
    for 'audit?since=x', 'audit?until=x', 'search?q=m&since=x',
    'search?q=m&until=x', 'conversations?since=x', 'conversations?until=2026';

# a key that is revoked is nobody's at once; one that has expired, too

my ($bot) = grep { $_->{role} eq 'bot' } $store->json(qw/ key list /);
is(($store->ctl('key', 'revoke', $bot->{id}))[0], 0, 'a key is revoked');
problem($api->get('/v1/me', bearer($key{bot})), 401, 'unauthorized',
    'and nobody\'s');
is(($store->ctl('key', 'revoke', $bot->{id}))[0], 1, 'once');
problem($api->get('/v1/me', bearer($store->key(qw/ demo bot --expires /,
    '2020-01-01T00:00:00Z'))), 401, 'unauthorized',
    'a key that has expired');

is(($store->ctl(qw/ key add demo operator /))[0], 2,
    'an operator is no tenant\'s');
is(($store->ctl(qw/ key add admin /))[0], 2, 'nor an admin everybody\'s');
is(($store->ctl(qw/ key add nobody admin /))[0], 1, 'nor nobody\'s');

my @audit = map { ref $_->{audit} ? $_->{audit} : $_ }
    $store->json(qw/ events demo --limit 100 /);
is(scalar(grep { $_->{kind} eq 'key' && $_->{rule} eq 'made' } @audit), 5,
    'keys that were made are in the audit log');
is(scalar(grep { $_->{kind} eq 'key' && $_->{rule} eq 'revoked' } @audit),
    1, 'and what was revoked');

# nor is anything of a query in the log that the shipped example writes

is($api->get("/v1/contacts?$_")->{status}, 200, "asked for $_")
    for 'phone=%2B34600000001', 'email=anna%40example.com', 'name=Annabel';
is($api->get('/v1/search?q=Annabel')->{status}, 200, 'and searched');
wait_for { slurp("$dir/api.log") =~ m!GET /v1/search! };
like(slurp("$dir/api.log"), qr!"GET /v1/contacts" 200 !, 'the path is logged');
unlike(slurp("$dir/api.log"), qr!34600000001|anna|phone=|q=|\?!i,
    'and nothing of the query');

# nothing of a secret is in a log, or in the store

my $seen = join '', map { slurp($_) } glob("$dir/*.log $dir/store/*/*.mdb");
is(scalar(grep { index($seen, $_) >= 0 } values %key), 0,
    'no key is in a log, or in the store');
is(($store->ctl('check'))[0], 0, 'the store is sound');

$t->finish();
done_testing();

###############################################################################

sub bearer { return (Authorization => "Bearer $_[0]") }

sub token {
    my ($claims, %more) = @_;
    my %head = (alg => 'HS256', kid => 'one', %more);
    my $text = join '.', map { encode_base64url(encode_json($_)) }
        \%head, $claims;
    return "$text." if $head{alg} eq 'none';
    return "$text." . encode_base64url(hmac_sha256($text, $secret));
}

sub problem {
    my ($got, $status, $type, $name) = @_;
    is("$got->{status} " . ($got->{json}{type} // '-'),
        "$status /problems/$type", $name) or diag($got->{body});
}

# The table of docs/api.md: a permission, then a cell for each role.
sub permissions {
    my %table;
    my @roles = qw/ operator admin agent bot readonly /;

    for (split /\n/, slurp('../docs/api.md')) {
        my ($may, $cells) = /^\| `([a-z]+:[a-z]+)` \|(.*)\|$/ or next;
        my @cells = map { s/ //gr } split /\|/, $cells, -1;
        $table{$may}{$roles[$_]} = $cells[$_] ne '' for 0 .. $#roles;
    }

    return %table;
}
