#!/usr/bin/perl

# Tests for the fuse: an entry that kills whoever folds it is tried twice,
# then kept aside, and the rest goes on; in the sender and in a worker.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(28);
my $dir = $t->testdir();

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
        location / {
            return 204;
        }
    }
}

EOF

# abort() is what the hook does; a worker that ends so is an alert
$t->expect(qr/exited on signal 6/, qr/parley/);
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir, '--hold');
$t->run();
wa_post([ wa_text('wamid.FIRST', '34600000001', 'x') ]);
wait_for { $store->folded() };
$sender->run();
# what it publishes soon after its start is in the journal: stopped in the
# midst of that append, it would keep every other writer out
wait_for { $store->rows('zones') > 0 && $store->folded() };
crash_test(1);

###############################################################################

# in the sender, which a supervisor starts again

# both deaths are to be a sender's: it holds the fold's lock while it stands
# still, and no worker steps in between
kill 'STOP', $sender->pid();
like(post('wamid.A1', 'hello'), qr/ 200 /, 'before');
like(post('wamid.BAD1', 'parley-crash-test'), qr/ 200 /, 'poison is taken');
like(post('wamid.A2', 'hello'), qr/ 200 /, 'after');
kill 'STOP', $t->workers();
kill 'CONT', $sender->pid();
is($sender->ended() & 127, 6, 'first death');
# a transaction of the fold ends with its time, too, in front of the poison
like(join(' ', after()), qr/^(?:wamid\.A1)?\z/, 'nothing behind it is folded');
$sender->start();
is($sender->ended() & 127, 6, 'second death');
$sender->run();
kill 'CONT', $t->workers();
wait_for { $store->folded() };
is(join(' ', after()), 'wamid.A1 wamid.A2', 'the rest goes on');
ok($sender->alive(), 'no third death');
is($sender->stop(), 0, 'sender ends');

my @quarantine = $store->all('quarantine');
is(scalar @quarantine, 1, 'poison is kept aside');
my ($entry) = grep { $_->{entry} == $quarantine[0]{entry} }
    $store->all('journal');
ok($entry->{skipped}, 'and marked in the journal');

# in a worker, which its master starts again: it may die before the answer
# to what it took has left

post('wamid.BAD2', 'parley-crash-test');
wait_for { $store->rows('quarantine') == 2 };
is($store->rows('quarantine'), 2, 'poison is kept aside');
my $deaths = () = $t->read_file('error.log') =~ /exited on signal 6/g;
is($deaths, 2, 'two deaths');

# a webhook that a dying worker had is sent again by its provider
wait_for { (post('wamid.A3', 'hello') // '') =~ / 200 / };
wait_for { $store->folded() };
is(join(' ', after()), 'wamid.A1 wamid.A2 wamid.A3', 'the rest goes on');
like(http_get('/'), qr/ 204 /, 'other locations too');

# an item in the midst of an entry goes alone; what stood before and behind it
# is there, whichever of it was folded before

$sender->run();
crash_test(2);
kill 'STOP', $sender->pid();
like(wa_post([ map { wa_text("wamid.B$_", '34600000001',
    $_ == 700 ? 'parley-crash-test' : 'b') } 1 .. 1000 ]), qr/ 200 /,
    'poison in the midst');
kill 'STOP', $t->workers();
kill 'CONT', $sender->pid();
is($sender->ended() & 127, 6, 'first death');
$sender->start();
is($sender->ended() & 127, 6, 'second death');
$sender->run();
kill 'CONT', $t->workers();
wait_for { $store->folded() };
is(scalar(grep { /^wamid\.B/ } $store->provider_ids('in')), 999,
    'its neighbours are there');
is($store->rows('quarantine'), 3, 'it is kept aside');
my ($item) = grep { $_->{item} == 699 } $store->all('quarantine');
like($item->{path} // '', qr/messages\[699\]$/, 'by its place');
ok($sender->alive(), 'no third death');
$sender->stop();

# what finds no room, ever, holds nobody up for long

crash_test(3);
post('wamid.BAD3', 'parley-crash-test');
post('wamid.C1', 'hello');
wait_for { $store->rows('quarantine') == 4 } 60;
is($store->rows('quarantine'), 4, 'what finds no room is kept aside');
wait_for { $store->folded() };
is(join(' ', grep { /^wamid\.C/ } $store->provider_ids('in')), 'wamid.C1',
    'the rest goes on');
my ($room) = grep { ($_->{reason} // '') =~ /room/ }
    $store->all('quarantine');
like($room->{reason} // '', qr/^skipped: .*room/, 'and says why');
like($t->read_file('error.log'), qr/a test's/, 'the log said so before');

# and again in a replay, which knows nothing of the hook's state

is(($store->ctl('replay', "$dir/replay"))[0], 0, 'replay skips it too');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');

###############################################################################

sub post {
    my ($id, $text) = @_;
    return wa_post([ wa_text($id, '34600000001', $text) ]);
}

sub after { grep { !/FIRST/ } $store->provider_ids('in') }

# pl_share_t's switch: six numbers of 4 or 8 bytes are in front of it
sub crash_test {
    my ($on) = @_;
    open my $fh, '+<:raw', "$dir/store/share" or die "no share: $!\n";
    seek $fh, 4 + 4 + 8 + 8 + 4, 0;
    print $fh pack 'L', $on;
    close $fh;
}

###############################################################################
