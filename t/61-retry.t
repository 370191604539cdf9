#!/usr/bin/perl

# Tests for sends that fail: what is tried again, what is not, what becomes
# unknown, and that a failure holds back its own queue alone.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(50);
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
            phone_number_id 1001;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            api_timeout     3s;
        }
        channel down whatsapp {
            phone_number_id 1002;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8082;
        }
        channel broken whatsapp {
            phone_number_id 1003;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        flow greeting flows/greeting.json;
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

$t->expect(qr/connect\(\) to unix:.*sender\.sock failed/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
my $n = 0;

###############################################################################

# tried again until it goes through; only then is there one

again('error 131000', { status => 500, code => 131000 });
again('error 2', { status => 503, code => 2 });
again('error nobody knows, 5xx', { status => 502, code => 987654 });
again('reset before it was read', { do => 'refuse' });
again('throttled', { status => 429, code => 130429,
    headers => { 'Retry-After' => 1 } });
again('pair rate', { status => 400, code => 131056 });

# never tried again, and a person can

for my $code (131026, 131047, 100, 132001) {
    my $from = say({ status => 400, code => $code });
    my $dead = wait_for { [ dead($from) ]->[0] };
    is($dead->{dead}{code}, $code, "error $code: dead");
    is(scalar(requests($from)), 1, "error $code: after one attempt");
    is(message($from)->{state}, 'failed', "error $code: the message failed");
}

my ($dead) = $store->all('dead');
$provider->script();
is(($store->ctl('dead', 'retry', $dead->{id}))[0], 0, 'retried by hand');
wait_for { $store->rows('dead') == 3 && $store->rows('attempts') == 0
    && $store->rows('outbox') == 0 };
is($store->rows('dead'), 3, 'and gone from the dead letters');
isnt(($store->ctl('dead', 'retry', 'eff_999999'))[0], 0, 'none of that id');

# may have been taken: one POST, and unknown until it is settled

unknown('closed in silence', { do => 'close' });
unknown('reset after it was read', { do => 'reset' });
unknown('never answered', { do => 'hang' });
unknown('answer is cut in its head', { do => 'cut', bytes => 20 });
unknown('answer is cut in its body', { do => 'cut', bytes => 120 });
unknown('answer is garbage', { body => 'OK thank you' });

# a status that names it settles it

my @rows = $store->all('unknown');
is(scalar @rows, 6, 'six unknown');
for my $r ((grep { $_->{did} ne 'answer' } $provider->requests())[0, 1]) {
    wa_post(wa_body(wa_change({ statuses => [ wa_status('wamid.LATE' . $r->{n},
        'delivered', $r->{to}, biz_opaque_callback_data => $r->{opaque}) ] },
        1001)));
}
wait_for { $store->rows('unknown') <= 5 };
cmp_ok($store->rows('unknown'), '<', 6, 'settled by a status');

# a broken channel holds up no other, and its queue is not burnt

$provider->script({ match => '3460003', status => 401, code => 190 });
wa_post(wa_body(wa_change({ messages => [ map { wa_text("wamid.P$_",
    "3460003000$_", 'hello') } 0 .. 9 ] }, 1003)));
wait_for { requests('3460003') };
my $from = say({ status => 200 }, 'other channel');
wait_for { requests($from) };
wait_for { $store->rows('attempts') == 0 };
my $tried = requests('3460003');
cmp_ok($tried, '>=', 1, 'account error');
select undef, undef, undef, 3;
is(scalar(requests('3460003')), $tried, 'the channel is paused');
is(scalar(dead('3460003')), 0, 'none is dead');
is(scalar(grep { $_->{channel} eq 'broken' } $store->all('outbox')), 10,
    'all wait');
like($sender->log(), qr/(?:190|account).*/i, 'and the log says so');

# nobody listens: nothing has left, so it is tried again until somebody does

$provider->script();
wa_post(wa_body(wa_change({ messages =>
    [ wa_text('wamid.DOWN', '34600020001', 'hello') ] }, 1002)));
wait_for { grep { $_->{channel} eq 'down' && ($_->{effect}{attempts} // 0) }
    $store->all('outbox') };
my $other = Parley::Provider->new($dir, port(8082))->run();
wait_for { grep { $_->{to} =~ /34600020001/ } $other->accepted() };
is(scalar(grep { $_->{to} =~ /34600020001/ } $other->requests()), 1,
    'sent when there is somebody');
wait_for { $store->rows('attempts') == 0 };
is(message('34600020001')->{state}, 'accepted', 'accepted');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');

###############################################################################

# Somebody new says hello while the provider follows this rule.
sub say {
    my ($rule, $name) = @_;
    my $from = sprintf '346000100%02d', $n++;
    $provider->script({ match => $from, times => 2, %$rule })
        unless $name;
    wa_post(wa_body(wa_change({ messages =>
        [ wa_text("wamid.$from", $from, 'hello') ] }, 1001)));
    return $from;
}

sub again {
    my ($name, $rule) = @_;
    my $from = say($rule);
    wait_for { grep { $_->{to} =~ /$from/ } $provider->accepted() };
    wait_for { $store->rows('attempts') == 0 };
    is(message($from)->{state}, 'accepted', "$name: sent in the end");
    is(scalar(grep { $_->{to} =~ /$from/ } $provider->accepted()), 1,
        "$name: and once");
}

sub unknown {
    my ($name, $rule) = @_;
    my $from = say($rule);
    wait_for { ((message($from) // {})->{state} // '') eq 'unknown' };
    is(message($from)->{state}, 'unknown', "$name: unknown");
    is(scalar(requests($from)), 1, "$name: one POST");
}

sub requests {
    my ($to) = @_;
    return grep { ($_->{to} // '') =~ /$to/ } $provider->requests();
}

# the last message to somebody
sub message {
    my ($to) = @_;
    return (grep { $_->{address}{value} eq $to } $store->messages('out'))[-1];
}

sub dead {
    my ($to) = @_;
    my %ids = map { $_->{contact} => 1 }
        grep { $_->{address}{value} =~ /$to/ } $store->messages('out');
    return grep { $ids{"cnt_$_->{dead}{effect}{contact}"} }
        $store->all('dead');
}

###############################################################################
