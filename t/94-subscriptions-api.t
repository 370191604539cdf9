#!/usr/bin/perl

# Tests for subscriptions over the API: made, shown, edited, rotated, paused,
# replayed, dropped; and nobody else's.

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
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(46);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_subscriptions_allow 127.0.0.1;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
    }

    parley_tenant other {
        channel main whatsapp {
            phone_number_id 2002;
            waba_id         2;
            token_file      secrets/channel.token;
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

my $store = Parley::Store->new($dir);
$t->run();
my $sender = Parley::Sender->new($dir)->run();
wait_for { $store->rows('zones') > 0 };
my $consumer = Parley::Consumer->new($dir, 'one', port(8091))->run();

my ($admin, $other, $reader) = map { Parley::Api->new($store->key(@$_)) }
    [qw/ demo admin /], [qw/ other admin /], [qw/ demo readonly /];

# one is made; the same request again is the same one

my %body = (url => $consumer->url(), types => [ 'message' ],
    channel => 'main', name => 'crm', poison_attempts => 3);
my $made = $admin->post('/v1/subscriptions', \%body,
    'Idempotency-Key' => 'a');
is($made->{status}, 201, 'made') or diag($made->{body});
my ($id, $secret) = @{$made->{json}}{qw/ id secret /};
my $path = "/v1/subscriptions/$id";
is($made->{headers}{location}, $path, 'and where it is');
like($secret, qr/^whsec_/, 'with its secret');
my $again = $admin->post('/v1/subscriptions', \%body,
    'Idempotency-Key' => 'a');
is($again->{json}{id}, $id, 'made once');
is($again->{json}{secret}, $secret, 'and answered alike');

# what cannot be

for (
    [ 'url', url => 'https://a:b@example.test/' ],
    [ 'url', url => 'gopher://example.test/' ],
    [ 'types[0]', types => [ 'nothing' ] ],
    [ 'channel', channel => 'none' ],
    [ 'conversation', conversation => 'msg_1' ],
    [ 'secret', secret => 'whsec_AAAA' ],
    [ 'after', after => 'evt_99999999' ],
    [ 'timeout_ms', timeout_ms => 999 ],
    [ 'poison_attempts', poison_attempts => 101 ],
) {
    my ($field, %more) = @$_;
    my $said = $admin->post('/v1/subscriptions', { %body, %more });
    is($said->{json}{pointer}, '#/' . ($field =~ s/\[(\d+)\]/\/$1/r),
        "refused: $field") or diag($said->{body});
}

# of a conversation that is another tenant's, or nobody's

my $theirs = $other->post('/v1/contacts', { phone => '+34600000077' });
is($admin->post('/v1/subscriptions', { %body, conversation => $_ })
    ->{status}, 404, "none of $_") for $theirs->{json}{id}, 'grp_999999';
like($admin->post('/v1/subscriptions', { %body, url => "http://a\tb/" })
    ->{json}{detail}, qr/^a byte that does not belong in it$/,
    'an address with a tab');

# it is shown, without its secret, to who may

my $shown = $admin->get($path);
is($shown->{status}, 200, 'shown');
is($shown->{json}{secret}, undef, 'without its secret');
is($shown->{json}{channel}, 'main', 'with its filter');
is($reader->get($path)->{status}, 403, 'not to who reads messages');
is($other->get($path)->{status}, 404, 'and to no other tenant');
is($reader->post('/v1/subscriptions', \%body)->{status}, 403,
    'who reads makes none');
my $second = $admin->post('/v1/subscriptions',
    { %body, secret => 'whsec_' . 'A' x 40 })->{json};
is($second->{secret}, 'whsec_' . 'A' x 40, 'a secret of their own');
my $page = $admin->get('/v1/subscriptions?limit=1')->{json};
is(scalar(@{$page->{subscriptions}}), 1, 'a page');
is($admin->get("/v1/subscriptions?limit=1&cursor=$page->{next}")
    ->{json}{subscriptions}[0]{id}, $second->{id}, 'and the next');

# it is edited by who has seen it

my %edit = (url => $consumer->url(), types => [ 'message.created' ]);
is($admin->call('PUT', $path, \%edit)->{status}, 428, 'not unseen');
is($admin->call('PUT', $path, \%edit, 'If-Match' => '"none"')->{status},
    412, 'nor as it was');
my $edited = $admin->call('PUT', $path, \%edit,
    'If-Match' => $shown->{headers}{etag});
is($edited->{status}, 200, 'edited') or diag($edited->{body});
is_deeply($edited->{json}{types}, [ 'message.created' ], 'as it says');
is($edited->{json}{name}, undef, 'and nothing else');

# events arrive, signed by the secret that was shown

post(1);
wait_for { $consumer->requests() >= 2 };
my %signed = map { (Parley::Consumer::signed($_, $secret)
    ? 'first' : Parley::Consumer::signed($_, $second->{secret})
    ? 'second' : 'none') => 1 } $consumer->requests();
is(join(' ', sort keys %signed), 'first second', 'each by its own secret');
is($admin->call('DELETE', "/v1/subscriptions/$second->{id}", undef)
    ->{status}, 204, 'one is dropped');
is($admin->get("/v1/subscriptions/$second->{id}")->{status}, 404,
    'and gone');

my $rotated = $admin->post("$path/rotate", { overlap_s => 60 });
isnt($rotated->{json}{secret}, $secret, 'another secret');
is($rotated->{json}{secrets}, 2, 'beside the first');

# paused, resumed, pinged, replayed

is($admin->post("$path/pause", { reason => 'night' })->{json}{reason},
    'night', 'paused');
is($admin->post("$path/ping", undef)->{status}, 409, 'no ping to it');
is($admin->post("$path/resume", undef)->{json}{state}, 'active', 'resumed');
$admin->post("$path/ping", undef);
wait_for { $admin->get($path)->{json}{ping_arrived} };
ok($admin->get($path)->{json}{ping_arrived}, 'a ping arrives');
is($admin->post("$path/replay", {})->{status}, 400, 'from where?');
my $before = () = grep { $_->{body} =~ /text 1"/ } $consumer->requests();
$admin->post("$path/replay", { after => 'evt_0' });
wait_for { $before < grep { $_->{body} =~ /text 1"/ }
    $consumer->requests() };
cmp_ok(scalar(grep { $_->{body} =~ /text 1"/ } $consumer->requests()), '>',
    $before, 'replayed');

# what it did not get

$consumer->answer(status => 400);
post(2);
wait_for { ($admin->get($path)->{json}{undelivered} // 0) >= 1 };
my $list = $admin->get("$path/undelivered")->{json}{undelivered};
is($list->[0]{fault}{http_status}, 400, 'undelivered, with why');
$consumer->answer();
is($admin->call('DELETE', "$path/undelivered/evt_1", undef)->{status}, 404,
    'no such event');
$admin->post("$path/undelivered/retry", undef);
wait_for { !@{$admin->get("$path/undelivered")->{json}{undelivered}
    // []} };
is($admin->get($path)->{json}{undelivered}, 0, 'it arrives in the end');

is($sender->stop(), 0, 'the sender ends well');

###############################################################################

sub post {
    my ($n) = @_;
    wa_post([ wa_text("wamid.$n", '34600000001', "text $n") ]);
}

###############################################################################
