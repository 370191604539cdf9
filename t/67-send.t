#!/usr/bin/perl

# Tests for parleyctl send and trace beside a real sender: a text and a
# template leave, their statuses come, and their story ends with read.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(35);
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
            api_base_url    http://127.0.0.1:8081/api;
            api_version     v99.0;
        }
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

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();

###############################################################################

# a stranger is sent a template, and no text

my ($status, $out) = $store->ctl(qw/ send demo main 34600000002 --text /,
    'Hello');
is($status, 1, 'a text to a stranger');
like($out, qr/^msg_\d+: refused: window\.closed$/, 'is refused by its rule');

my ($template) = $store->json(qw/ send demo main +34600000002
    --template hello --language es_ES --param Ana /);
is($template->{verdict}, 'queued', 'a template');

# who wrote is sent a text

wa_post([ wa_text('wamid.IN', '34600000001', 'good morning') ]);
wait_for { $store->folded() };
my ($text) = $store->json(qw/ send demo main +34600000001 --text /,
    "It's ready: \xe2\x9c\x93");
is($text->{verdict}, 'queued', 'a text');

# both leave as they were said

wait_for { $provider->accepted() == 2 && $store->rows('attempts') == 0 };
my %sent = map { $_->{type} => $_ } map { decode_json($_->{body}) }
    $provider->accepted();
like($sent{template}{to}, qr/^\+?34600000002$/, 'the template: to');
is($sent{template}{template}{name}, 'hello', 'name');
is($sent{template}{template}{language}{code}, 'es_ES', 'language');
is($sent{template}{template}{components}[0]{parameters}[0]{text}, 'Ana',
    'parameter');
like($sent{text}{to}, qr/^\+?34600000001$/, 'the text: to');
is($sent{text}{text}{body}, "It's ready: \x{2713}", 'body');

# statuses come, one of them twice

my %id = map { decode_json($_->{body})->{type} => $_->{id} }
    $provider->accepted();
for my $type (qw/ template text /) {
    for my $word (qw/ sent delivered read read /) {
        wa_post(wa_body(wa_change({ statuses => [
            wa_status($id{$type}, $word, $sent{$type}{to} =~ s/^\+//r,
                biz_opaque_callback_data =>
                    $sent{$type}{biz_opaque_callback_data},
                pricing => { billable => JSON::PP::true,
                    pricing_model => 'PMP', category => 'utility',
                    type => 'regular' })
        ] })));
    }
}
wait_for { $store->folded() };

# and the story has it all

for my $asked ([ template => $template ], [ text => $text ]) {
    my ($type, $verdict) = @$asked;
    my ($story) = $store->json('trace', $verdict->{id});

    is($story->{message}{state}, 'read', "$type: read");
    is($story->{arrivals}[0]{entry}, $verdict->{entry}, 'its entry');
    is($story->{arrivals}[0]{location}, 'parleyctl', 'who appended it');
    is($story->{attempts}[0]{effect}, $verdict->{effect}, 'its attempt');
    is($story->{attempts}[0]{answer}{provider_id}, $id{$type},
        'and the answer');
    is($story->{attempts}[0]{answer}{http_status}, 200, 'of HTTP');
    is(join(' ', map { $_->{status}{status} } @{$story->{statuses}}),
        'sent delivered read read', 'statuses');
    is($story->{statuses}[2]{status}{pricing_category}, 'utility', 'price');
    is(join(' ', map { $_->{state} } @{$story->{message}{facts}}),
        'sent delivered read', 'facts, once each');
}

# in words, and without secrets

($status, $out) = $store->ctl('trace', $text->{id});
like($out, qr/^status     read, .*, price regular utility/m, 'in words');
unlike($out, qr/test-token|test_app_secret/, 'without secrets');

# a group that somebody wrote in is answered as a group

wa_post([ { %{ wa_text('wamid.GRP', '34600000003', 'hi all') },
    group_id => 'Y2FwaV9ncm91cDox' } ]);
wait_for { $store->folded() };
my ($group) = $store->json(qw/ send demo main Y2FwaV9ncm91cDox --text /,
    'Hi');
is($group->{verdict}, 'queued', 'a text to a group');
wait_for { $provider->accepted() == 3 && $store->rows('attempts') == 0 };
my $to_group = decode_json(($provider->accepted())[2]{body});
is($to_group->{recipient_type}, 'group', 'a group');
is($to_group->{to}, 'Y2FwaV9ncm91cDox', 'that one');
is(($store->ctl(qw/ send demo main 34600000003 --text /, 'Hi'))[0], 1,
    'who wrote there has no window of their own');
is(($store->ctl('check'))[0], 0, 'the store is sound');

###############################################################################
