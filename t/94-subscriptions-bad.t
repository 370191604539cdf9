#!/usr/bin/perl

# Tests for subscriptions whose endpoints misbehave: answers without end,
# connections that die, endpoints that hang; and that nobody else notices.

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

my $t = Parley::Nginx->new()->plan(22);
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
my $n = 0;

$t->run();
my $sender = Parley::Sender->new($dir, '--poll', 20)->run();
wait_for { $store->rows('zones') > 0 };

my ($one, $maze, $well) = map {
    Parley::Consumer->new($dir, $_->[0], port($_->[1]))->run()
} [ 'one', 8091 ], [ 'maze', 8092 ], [ 'well', 8093 ];
my ($demo, $other) = map { Parley::Api->new($store->key($_, 'admin')) }
    qw/ demo other /;
my $sub = made($demo, url => $one->url(), timeout_ms => 60000);

# answers that do not end

is(ping($sub), '', 'one that is well');
$one->answer(endless => 1, status => 500);
is(ping($sub), 'broken', 'a head without end says what its first line says');
edit($sub, url => $one->url(), timeout_ms => 1000);
$one->answer(drip => 0.1);
is(ping($sub), 'timeout', 'a head that drips has its time');
$one->stop()->answer()->run();
edit($sub, url => $one->url() =~ s/^http:/https:/r);
is(ping($sub), 'tls', 'no TLS where it should be');
edit($sub, url => $one->url());
is(ping($sub), '', 'and well again');

# it says when

$one->answer(status => 429, headers => [ 'Retry-After: 3600' ]);
post('demo');
wait_for { row($sub)->{state} eq 'failing' };
my $row = row($sub);
is($row->{fault}{fault}, 'throttled', '429 is told');
cmp_ok($row->{retry_ms}, '>', (time() + 3000) * 1000, 'and is waited for');
my $asked = asked($one);
act($sub, 'pause');
act($sub, 'resume');
wait_for { asked($one) > $asked };
ok(1, 'somebody who resumes it waits for nothing');
$one->answer();
act($sub, 'pause');
act($sub, 'resume');
wait_for { row($sub)->{state} eq 'active' && (row($sub)->{delivered} // 0) };
is(took($one, 1), 1, 'then it arrives');

# its connection dies: once more; not where it was paused meanwhile

my $cuts = ended('cut');
$one->answer(cut => "$dir/go");
$asked = asked($one);
post('demo');
wait_for { asked($one) > $asked };
act($sub, 'pause');
wait_for { ($sender->metric('parley_sender_subscriptions',
    'state="paused"') // 0) == 1 };
$t->write_file('go', '');
wait_for { ended('cut') > $cuts };
is(asked($one) - $asked, 1, 'paused: it is not asked again');

$asked = asked($one);
act($sub, 'resume');
wait_for { asked($one) > $asked + 1 };
my ($first, $second) = ($one->requests())[$asked, $asked + 1];
is($second->{id}, $first->{id}, 'else the same is sent once more');
$one->answer();
wait_for { took($one, 2) };
is(took($one, 2), 1, 'and arrives');

# many of a tenant that hang: there is room for others

act($sub, 'pause');
my $timeouts = ended('timeout');
$maze->answer(hang => 1);
my @maze = map { made($demo, url => $maze->url(), timeout_ms => 60000,
    types => [ 'message' ]) } 1 .. 20;
my $neighbour = made($other, url => $well->url(), types => [ 'message' ]);
post('demo');
wait_for { asked($maze) >= 16 };
post('other');
wait_for { $well->got() };
is(scalar(my @got = $well->got()), 1, "another tenant's arrives");
cmp_ok(asked($maze) - (ended('timeout') - $timeouts), '<=', 16,
    'of one tenant so many are out');

# 410 is of the terms that were asked

act($_, 'pause') for @maze;
$maze->stop()->answer(status => 410)->run();
my $last = pop @maze;
act($last, 'resume');
wait_for { row($last)->{state} eq 'paused' };
is(row($last)->{pause}, 'gone', 'gone');
edit($last, url => $well->url());
act($last, 'resume');
wait_for { row($last)->{delivered} };
is(row($last)->{state}, 'active', 'another URL is another endpoint');

# nothing private, however it is written

act($sub, 'resume');
for my $url (qw! http://localhost:1/ http://[::1]:1/ http://2130706433:1/
    http://127.1:1/ !)
{
    edit($sub, url => $url);
    isnt(ping($sub), '', "not reached: $url");
}

is($sender->stop(), 0, 'the sender ends well');
my ($code, $said) = $store->ctl('check');
is($code, 0, 'the store is sound') or diag($said);

###############################################################################

sub made {
    my ($api, %body) = @_;
    my $said = $api->post('/v1/subscriptions', \%body);
    diag($said->{body}) if $said->{status} != 201;
    return { api => $api, id => $said->{json}{id} };
}

sub edit {
    my ($sub, %body) = @_;
    my $path = "/v1/subscriptions/$sub->{id}";
    my $etag = $sub->{api}->get($path)->{headers}{etag};
    my $said = $sub->{api}->call('PUT', $path, { timeout_ms => 60000,
        %body }, 'If-Match' => $etag);
    diag("$said->{status} $said->{body}") if $said->{status} != 200;
}

sub act {
    my ($sub, $what) = @_;
    my $said = $sub->{api}->post("/v1/subscriptions/$sub->{id}/$what",
        undef);
    diag("$what: $said->{status} $said->{body}") if $said->{status} >= 300;
}

sub row {
    my ($sub) = @_;
    my ($number) = $sub->{id} =~ /(\d+)/;
    my ($row) = grep { $_->{id} =~ /\b\D*$number$/ }
        map { $store->json('subscriptions', $_) } qw/ demo other /;
    return $row->{subscription} // {};
}

# how a ping ended: '' is well
sub ping {
    my ($sub) = @_;
    act($sub, 'ping');
    wait_for { my $row = row($sub);
        ($row->{pinged} // 0) == ($row->{ping} // -1) };
    return row($sub)->{ping_fault}{fault} // '';
}

sub asked { scalar(my @all = $_[0]->requests()) }

# how often it took the text of that number
sub took {
    my ($consumer, $number) = @_;
    return scalar grep { $_->{status} eq '200'
        && $_->{body} =~ /message\.created.*"text $number"/s }
        $consumer->requests();
}

sub ended { $sender->metric('parley_sender_deliveries_total',
    "outcome=\"$_[0]\"") // 0 }

sub post {
    my ($tenant) = @_;
    $n++;
    wa_post(wa_body(wa_change({ messages =>
        [ wa_text("wamid.$n", '34600000001', "text $n") ] },
        $tenant eq 'demo' ? $Parley::WhatsApp::NUMBER : '2002')));
}

###############################################################################
