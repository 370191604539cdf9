#!/usr/bin/perl

# Tests for where an answer goes that names no channel: never where a machine
# of theirs wrote, neither as the newest of two contacts that become one nor
# where nothing else came in.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use JSON::PP;
use MIME::Base64;

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Store;
use Parley::Twilio;

###############################################################################

my $t = Parley::Nginx->new()->plan(16);
my $dir = $t->testdir();

$t->write_file('secrets/twilio.token', "$Parley::Twilio::TOKEN\n");
$t->write_file('secrets/mail.password', "secret\n");
$t->write_file('secrets/postmark', "hook:open sesame\n");
$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store      %%TESTDIR%%/store;
    parley_public_url https://gw.example.com;

    parley_tenant demo {
        channel wa twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            whatsapp:+31620000000;
        }
        channel sms twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            +31620000000;
        }
        channel mail smtp {
            address    support@acme.example "Acme";
            server     smtp://127.0.0.1:%%PORT_8025%%;
            user       acme;
            token_file secrets/mail.password;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }
        location = /webhooks/twilio { parley_webhook twilio; }
        location = /webhooks/postmark {
            parley_webhook         postmark;
            parley_app_secret_file secrets/postmark;
        }
    }
}

EOC
$t->run();
my $store = Parley::Store->new($dir);
my $api = Parley::Api->new($store->key('demo', 'admin'));
my $n = 0;

###############################################################################

# both ways round: one has the newest message of a machine, the other the
# newest of a person

for my $into (0, 1) {
    my $number = "3161111111$into";
    my @who = map { person($_) } { phone => "+3162222222$into" },
        { phone => "+$number", email => "ana$into\@example.com" };
    writes("whatsapp:+$number", 'whatsapp:+31620000000');
    writes("+3162222222$into", '+31620000000');
    away("ana$into\@example.com");
    is(channel($who[1]), 'wa', 'one wrote by WhatsApp');
    is(channel($who[0]), 'sms', 'the other by SMS after that');

    is($api->post('/v1/contacts/merge', { into => $who[$into],
        from => $who[1 - $into] })->{status}, 200, 'they are one');
    is(channel($who[$into]), 'sms', 'who wrote by SMS last');
}

# where nothing but that came in, what was sent says

my $bo = person({ phone => '+31633333333', email => 'bo@example.com' });
is($api->post('/v1/messages', { to => { contact => $bo }, channel => 'sms',
    text => 'x', author => 'person' })->{status}, 201, 'an SMS to another');
is(channel($bo), 'sms', 'whom the next reaches there, too');
away('bo@example.com');
is(channel($bo), 'sms', 'after a machine of theirs has written');

my $cas = person({ phone => '+31644444444', email => 'cas@example.com' });
my $before = channel($cas);
away('cas@example.com');
is(channel($cas), $before, 'nor does it choose where nothing was');

is($api->post("/v1/conversations/$cas/reply", { text => 'x',
    author => 'person', channel => 'mail' })->{status}, 201, 'a person does');
is(channel($cas), 'mail', 'which stays');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is(($store->ctl('replay', "$dir/replay"))[0], 0, 'replay gives the same');

###############################################################################

sub person { $api->post('/v1/contacts', $_[0])->{json}{id} }

# Where an answer would go; a rule where none would.
sub channel {
    my ($who) = @_;
    my $r = $api->get("/v1/contacts/$who/card");
    return $r->{json}{reply_channel} // '';
}

sub writes {
    my ($from, $to) = @_;
    $n++;
    tw_post(tw_text("SM$n", $from, $to, 'hello'));
    wait_for { (() = $store->messages('in')) == $n };
}

sub away {
    my ($from) = @_;
    $n++;
    http_post('/webhooks/postmark', encode_json({ From => $from,
        FromFull => { Email => $from, Name => '' },
        To => 'support@acme.example', Subject => 'Away',
        ToFull => [ { Email => 'support@acme.example', Name => '' } ],
        OriginalRecipient => 'support@acme.example', TextBody => 'I am away',
        MessageID => "m$n", Date => 'Thu, 26 Nov 2026 12:00:00 +0000',
        Headers => [ map { { Name => $_->[0], Value => $_->[1] } }
            [ 'Message-ID', "<m$n\@example.com>" ],
            [ 'Auto-Submitted', 'auto-replied' ] ] }),
        headers => { Authorization => 'Basic '
            . encode_base64('hook:open sesame', '') });
    wait_for { (() = $store->messages('in')) == $n };
}

###############################################################################
