#!/usr/bin/perl

# Tests for a number that is used in WhatsApp's own app as well: what a
# person sends there, the history, and the app's address book are stored,
# and nothing of it is answered. The log tells them apart.

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

my $t = Parley::Nginx->new()->plan(20);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    log_format kinds '$status $parley_kind $parley_contact $parley_items';

    parley_store %%TESTDIR%%/store;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;
        access_log %%TESTDIR%%/kinds.log kinds;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
    }
}

EOF

$t->run();
my $store = Parley::Store->new($t->testdir());
my ($us, $ana) = ('15550783881', '34600000001');

###############################################################################

# each body but the last also holds something that cannot be read

like(post('smb_message_echoes', message_echoes => [
    wa_text('wamid.ECHO', $us, 'hello', to => $ana),
    wa_text('wamid.NOBODY', $us, 'hello') ]), qr/ 200 /, 'an echo');
like(post('history', history => [ { threads => [ { id => $ana, messages => [
    wa_text('wamid.OLD1', $ana, 'hello', timestamp => '1700000000'),
    wa_text('wamid.OLD2', $us, 'hi', to => $ana, timestamp => '1700000001',
        history_context => { status => 'READ' }) ] } ] }, 7 ]), qr/ 200 /,
    'history');
like(post('smb_app_state_sync', state_sync => [
    { type => 'contact', action => 'add', contact => {
        full_name => 'Ana Ruiz', phone_number => "+$ana" } },
    { type => 'contact', action => 'add' } ]), qr/ 200 /, 'an address book');
like(post('messages', errors => [ { code => 130429, title => 'Rate limit' },
    { code => [] } ]), qr/ 200 /, 'an error of the number');
like(wa_post([ wa_text('wamid.IN', $ana, 'hello') ]), qr/ 200 /,
    'and a message');

wait_for { grep { $_ eq 'wamid.IN' } eval { $store->provider_ids('in') } };

# who writes in the app answers her, until somebody gives her back

is($store->rows('outbox'), 0, 'a person answers');
like(($store->ctl('conversation', 'demo', $ana))[1], qr/^owner +app$/m,
    'in the app');
is(($store->ctl('handover', 'release', 'demo', $ana))[0], 0, 'given back');
like(wa_post([ wa_text('wamid.IN2', $ana, 'hello') ]), qr/ 200 /,
    'another message');
wait_for { $store->messages() == 6 };

my ($echo, $old, $read, $in, $again, $reply) = $store->messages();
is("$echo->{direction} $echo->{state}", 'out sent', 'a person sent it');
ok($echo->{by_person} && !$echo->{history}, 'by hand');
is("$old->{direction} $old->{state}", 'in received', 'of before, from them');
is("$read->{direction} $read->{state}", 'out read', 'and from us');
is($in->{content}{text}{body}, 'hello', 'of now');
is($again->{provider_id}, 'wamid.IN2', 'and after that');
like($reply->{content}{text}{body}, qr/Ana/, 'is answered');
is($store->rows('outbox'), 1, 'it alone');
is($store->rows('quarantine'), 4, 'what cannot be read is kept');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');

is($t->read_file('kinds.log'), <<"EOF", 'kinds in the log');
200 echo $ana 2
200 echo $ana 3
200 contact $ana 2
200 error - 2
200 message $ana 1
200 message $ana 1
EOF

###############################################################################

sub post {
    my ($field, %value) = @_;
    my $change = wa_change(\%value);
    $change->{field} = $field;
    return wa_post(wa_body($change));
}

###############################################################################
