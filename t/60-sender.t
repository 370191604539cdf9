#!/usr/bin/perl

# Tests for parley-sender: its command line, that there is one, what it puts
# on the wire, and how it ends.

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

my $t = Parley::Nginx->new()->plan(44);
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
            api_timeout     20s;
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

###############################################################################

# the command line

for (
    [ 'no arguments', 2, qr/--store/ ],
    [ 'no socket', 2, qr/--socket/, '--store', "$dir/store" ],
    [ 'unknown option', 2, qr/--nonsense/, '--nonsense' ],
    [ 'poll is a word', 2, qr/--poll/, '--poll', 'x' ],
    [ 'help', 0, qr/Usage: parley-sender/, '--help' ],
    [ 'version', 0, qr/\d+\.\d+\.\d+/, '--version' ],
    [ 'no store', 1, qr!/proc/!, '--store', '/proc/nowhere',
        '--socket', "$dir/x.sock" ],
) {
    my ($name, $status, $says, @args) = @$_;
    my ($got, $said) = run_sender(@args);
    is($got, $status, "$name: exit status");
    like($said, $says, "$name: says why");
}

# one of them

$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
my ($status, $said) = run_sender('--store', "$dir/store", '--socket',
    "$dir/second.sock");
is($status, 1, 'a second one does not start');
like($said, qr/sender.*(?:runs|running|held|another)/i, 'and says why');
ok($store->status()->{sender}, 'status knows of the first');

SKIP: {
    skip 'no root', 2 if $> != 0;
    my @unshare = qw/ unshare -pf --mount-proc /;
    skip 'no namespaces, or / is no mount point', 2
        if system("@unshare true 2>/dev/null") != 0;
    $sender->stop();
    ($status, $said) = run_wrapped(\@unshare, '--store', "$dir/store",
        '--socket', "$dir/third.sock");
    is($status, 1, 'another PID namespace');
    like($said, qr/PID namespace/, 'and says why');
    $sender->run();
}

# its socket

like($sender->get('/healthz'), qr/ 200 /, 'healthz');
like($sender->get('/metrics'), qr/^# TYPE parley_sender_\w+ \w+$/m,
    'metrics');
like($sender->get('/nowhere'), qr/ 404 /, 'nowhere');

# what it sends

wa_post([ wa_text('wamid.A', '34600000001', 'hello') ]);
wait_for { $provider->accepted() && $store->rows('attempts') == 0 };
my ($r) = $provider->requests();
is($r->{path}, '/api/v99.0/106540352242922/messages', 'path');
is($r->{token}, 'test-token', 'token');
my $send = decode_json($r->{body});
is($send->{messaging_product}, 'whatsapp', 'product');
like($send->{to}, qr/^\+?34600000001$/, 'to');
is($send->{type}, 'text', 'type');
like($send->{text}{body}, qr/^Hello there!/, 'text');
like($send->{biz_opaque_callback_data}, qr/\w/, 'names itself');

my ($out) = $store->messages('out');
is($out->{state}, 'accepted', 'accepted');
is($out->{provider_id}, $r->{id}, 'and the id kept');

# what it cannot read, it says where, and not what

my $unfit = wa_text('wamid.UNFIT', '34600000077', 'a private word');
delete $unfit->{timestamp};
wa_post([ $unfit ]);
wait_for { $sender->log() =~ /kept aside/ };
like($sender->log(), qr/kept aside.*item=0.*messages\[0\].*timestamp/,
    'an item kept aside is logged');
unlike($sender->log(), qr/34600000077|private word/, 'without what it says');
is($store->rows('quarantine'), 1, 'and kept');

# what is slow for one holds up no other

$provider->script({ match => '34600000002', do => 'hang' });
wa_post([ wa_text('wamid.B', '34600000002', 'hello') ]);
wait_for { $provider->requests() == 2 };
wa_post([ map { wa_text("wamid.C$_", "3460000010$_", 'hello') } 0 .. 9 ]);
wait_for { $provider->accepted() >= 12 };
is(scalar(grep { $_->{to} =~ /3460000010/ } $provider->accepted()), 10,
    'others go on');
wa_post([ map { wa_text("wamid.G$_", "3460000020$_", 'hello') } 0 .. 9 ]);
wait_for { $provider->accepted() >= 22 };
my %connections = map { $_->{connection} => 1 } $provider->requests();
cmp_ok(scalar keys %connections, '<', 22, 'connections are kept');
wa_post([ wa_text('wamid.D', '34600000002', 'hello') ]);
wait_for { $store->folded() };
is(scalar(grep { $_->{to} =~ /34600000002/ } $provider->requests()), 1,
    'its own queue waits');

# SIGTERM finishes what is on the wire

$provider->script({ match => '34600000003', delay => 2 });
wa_post([ wa_text('wamid.E', '34600000003', 'hello') ]);
wait_for { grep { $_->{to} =~ /34600000003/ } $provider->requests() };
is($sender->stop(), 0, 'ends');
my ($e) = grep { $_->{address}{value} eq '34600000003' }
    $store->messages('out');
is($e->{state}, 'accepted', 'after it has heard the answer');
ok(!-e "$dir/sender.sock", 'and takes its socket away');

# --hold begins nothing

$provider->script();
$sender = Parley::Sender->new($dir, '--hold')->run();
wa_post([ wa_text('wamid.F', '34600000004', 'hello') ]);
wait_for { $store->folded() };
is($store->rows('attempts'), 0, 'held back');
is($sender->stop(), 0, 'ends');

is(scalar(grep { /test-token/ } split /\n/, $sender->log()), 0,
    'the token is not logged');
unlike($sender->log(), qr/3460000|Hello there/, 'nor anything of a person');

###############################################################################

sub run_sender { run_wrapped([], @_) }

# exit status and all it said
sub run_wrapped {
    my ($wrapper, @args) = @_;
    my $p = Parley::Process->start('parley-sender', {
            log => "$dir/once.out",
            env => { Parley::Nginx::sanitizer_env($dir, 1) }
        }, @$wrapper, build_dir() . '/parley-sender', @args);
    my $status = $p->ended(60) // -1;
    my $said = slurp("$dir/once.out");
    unlink "$dir/once.out";
    return ($status >> 8, $said);
}

###############################################################################
