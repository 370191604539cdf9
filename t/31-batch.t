#!/usr/bin/perl

# Tests for a body with many things in it: several entries, changes, numbers,
# messages and statuses, one of which cannot be read.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use JSON::PP;

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
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

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        channel one whatsapp {
            phone_number_id 1001;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        channel two whatsapp {
            phone_number_id 1002;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        flow greeting flows/greeting.json;
    }
    parley_tenant other {
        channel main whatsapp {
            phone_number_id 2001;
            waba_id         2;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
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

$t->expect(qr/connect\(\) to unix:.*sender\.sock failed/);
my $provider = Parley::Provider->new($t->testdir())->run();
my $store = Parley::Store->new($t->testdir());
my $sender = Parley::Sender->new($t->testdir());
$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();

###############################################################################

# four messages to have statuses of

for my $n (1 .. 4) {
    wa_post(wa_body(wa_change({ messages =>
        [ wa_text("wamid.Q$n", "3460000000$n", 'hello') ] },
        $n % 2 ? 1001 : 1002)));
}
wait_for { $provider->accepted() == 4 && $store->rows('attempts') == 0 };
my %sent = map { $_->{to} =~ s/\D//gr => $_ } $provider->accepted();
is(join(' ', map { $_->{path} =~ m!/(\d+)/messages! }
    map { $sent{"3460000000$_"} } 1 .. 4), '1001 1002 1001 1002',
    'replies go out on the channel that was written to');

# 2 entries, 3 changes, 5 messages (one unreadable), 4 statuses, 2 numbers

my $bad = wa_text('wamid.BAD', '34600000007', 'bad');
delete $bad->{id};
my $body = encode_json({ object => 'whatsapp_business_account', entry => [
    { id => '1', changes => [
        wa_change({
            messages => [ wa_text('wamid.M1', '34600000005', 'hello'),
                $bad, wa_text('wamid.M2', '34600000006', 'hello') ],
            statuses => [ status(1, 'sent'), status(1, 'delivered') ]
        }, 1001),
        wa_change({
            messages => [ wa_text('wamid.M3', '34600000005', 'order 1') ]
        }, 1002)
    ] },
    { id => '1', changes => [
        wa_change({
            messages => [ wa_text('wamid.M4', '34600000006', 'bye') ],
            statuses => [ status(2, 'read'), status(4, 'failed',
                errors => [ { code => 131026, title => 'Undeliverable' } ]) ]
        }, 1002)
    ] }
] });
like(wa_post($body), qr/ 200 /, 'answered');

wait_for { $store->folded() && $provider->accepted() == 8
    && $store->rows('attempts') == 0 };

my @in = $store->messages('in');
is(join(' ', map { "$_->{provider_id}:$_->{channel}" } @in[4 .. $#in]),
    'wamid.M1:one wamid.M2:one wamid.M3:two wamid.M4:two',
    'four messages under their own channels');

my %out = map { $_->{address}{value} . $_->{channel} => $_ }
    ($store->messages('out'))[0 .. 3];
is($out{'34600000001one'}{state}, 'delivered', 'two statuses of one message');
is(scalar @{$out{'34600000001one'}{facts}}, 2, 'both are kept');
is($out{'34600000002two'}{state}, 'read', 'status on the other number');
is($out{'34600000004two'}{state}, 'failed', 'failed');
is($out{'34600000004two'}{error}{code}, 131026, 'with its code');
is($out{'34600000003one'}{state}, 'accepted', 'the fourth has none');

my @quarantine = $store->all('quarantine', '--raw');
is(scalar @quarantine, 1, 'one in quarantine');
like($quarantine[0]{path},
    qr/^entry\[0\]\.changes\[0\]\.value\.messages\[1\]/, 'with its path');
is($quarantine[0]{account}, '1001', 'and its number');
like($quarantine[0]{raw}, qr/"bad"/, 'and its bytes');

# replies to them: each on the channel, in the order of the conversation

my @texts = map { [ $_->{to} =~ s/\D//gr, $_->{path} =~ m!/(\d+)/messages!,
    $_->{text} =~ /^(\w+)/ ] } ($provider->accepted())[4 .. 7];
is(join(' ', sort map { join ':', @$_ } @texts),
    '34600000005:1001:Hello 34600000005:1002:Thank '
    . '34600000006:1001:Hello 34600000006:1002:Goodbye', 'replies');

# a number of another tenant is his alone; one of nobody is kept aside

wa_post(wa_body(
    wa_change({ messages => [ wa_text('wamid.O', '34600000005', 'x') ] },
        2001),
    wa_change({ messages => [ wa_text('wamid.N', '34600000005', 'x') ] },
        9999)));
wait_for { $store->folded() && $store->rows('quarantine') == 2 };
is(join(' ', $store->provider_ids('in', 'other')), 'wamid.O',
    'other tenant');
is(scalar($store->messages('in')), 8, 'not this one');
my ($nobodys) = grep { $_->{account} eq '9999' } $store->all('quarantine');
like($nobodys->{reason}, qr/channel/, 'no such channel');
ok(!defined $nobodys->{tenant}, 'and no tenant\'s');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');

###############################################################################

# as the provider reports the n-th of the first messages
sub status {
    my ($n, $status, %more) = @_;
    my $sent = $sent{"3460000000$n"};
    return wa_status($sent->{id}, $status, "3460000000$n",
        biz_opaque_callback_data => $sent->{opaque}, %more);
}

###############################################################################
