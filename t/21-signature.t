#!/usr/bin/perl

# Tests for signatures: what is accepted, what is refused, and what is said
# of it.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(31);

$t->write_file('secrets/other.secret', 'otro_secreto');
$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location = /rotation {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/other.secret;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
    }
}

EOF

$t->run();
my $store = Parley::Store->new($t->testdir());

###############################################################################

# vectors: bodies that only look alike have other signatures

my $empty = '{"object":"whatsapp_business_account","entry":[]}';
my $spaced = '{"object": "whatsapp_business_account", "entry": []}';
my %digest = (
    empty => 'dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756',
    spaced =>
        '56cbbaf4961c6cfdae48b7f116c047e5eb513d2c931baae63a2bc1afd26f803a',
    other => '769b03d8c2ae6498f2d1e1f7299c0ba55448c69d741e7b0bb243d852d8a8d8c7',
    utf8 => 'c5a0f4f5b8a4d086b072eb20b4b43aeb48528d8dace7aa41fb8124ebd68aae2f',
    escaped =>
        'cf049bc4a9e9d21ab2384222193052f6cbedd86f3efe4ef98ec750679773c73e',
);

is(signed($empty, "sha256=$digest{empty}"), 200, 'right');
is(signed($spaced, "sha256=$digest{spaced}"), 200, 'right with spaces');
is(signed($spaced, "sha256=$digest{empty}"), 401, 'of another form');
is(signed("{\"text\":\"\xc2\xbfcaf\xc3\xa9 \xf0\x9f\x98\x80?\"}",
    "sha256=$digest{utf8}"), 200, 'raw UTF-8');
is(signed('{"text":"\u00bfcaf\u00e9 \ud83d\ude00?"}',
    "sha256=$digest{escaped}"), 200, 'escaped');
is(signed($empty, "sha256=$digest{other}"), 401, 'secret of another app');

# rotation: any of the location's secrets will do

is(signed($empty, "sha256=$digest{other}", '/rotation'), 200, 'first secret');
is(signed($empty, "sha256=$digest{empty}", '/rotation'), 200,
    'second secret');
is(signed($empty, "sha256=$digest{spaced}", '/rotation'), 401, 'no secret');

# fail closed

my $d = $digest{empty};
is(signed($empty, undef), 401, 'no header');
is(signed($empty, ''), 401, 'empty header');
is(signed($empty, $d), 401, 'no prefix');
is(signed($empty, "sha1=$d"), 401, 'other prefix');
is(signed($empty, 'sha256='), 401, 'no digest');
is(signed($empty, 'sha256=' . substr $d, 0, 63), 401, 'too short');
is(signed($empty, "sha256=${d}0"), 401, 'too long');
is(signed($empty, 'sha256=' . ('0' x 64)), 401, 'zeros');
is(signed($empty, 'sha256=' . ('z' x 64)), 401, 'not hexadecimal');
is(signed($empty, 'sha256=' . substr($d, 0, 63) . 'f'), 401, 'last digit');
is(signed("$empty ", "sha256=$d"), 401, 'one byte more');
is(signed(substr($empty, 0, -1), "sha256=$d"), 401, 'one byte less');
is(signed('', "sha256=$d"), 401, 'no body');
is(signed('', wa_sign('')), 200, 'no body, rightly signed');

# bodies past 64 KiB are verified in the thread pool

for my $path ('/webhooks/whatsapp', '/rotation') {
    my $large = large();
    is(signed($large, wa_sign($large), $path), 200, "large, right, $path");
    is(signed($large, wa_sign("$large "), $path), 401, "large, wrong, $path");
}

# what was refused is nowhere, and the log gives nothing away

wait_for { $store->folded() };
is(scalar(grep { $_->{kind} eq 'webhook' } $store->all('journal')), 9,
    'refused bodies are not stored');

my $log = $t->read_file('error.log');
like($log, qr/\[(?:warn|error)\].*signature.*client: 127/, 'refusal is logged');
unlike($log, qr/@{[ join '|', values %digest ]}/, 'without a digest');
unlike($log, qr/test_app_secret|otro_secreto|test-token/, 'without a secret');

###############################################################################

sub signed {
    my ($body, $signature, $path) = @_;
    my %headers = defined $signature
        ? ('X-Hub-Signature-256' => $signature) : ();
    return http_status(http_post($path // '/webhooks/whatsapp', $body,
        headers => \%headers));
}

# no two alike
sub large {
    our $n;
    my $id = 'wamid.LARGE' . ++$n;
    return wa_body(wa_change({ messages =>
        [ wa_text($id, '34600000001', 'x' x 200000) ] }));
}

###############################################################################
