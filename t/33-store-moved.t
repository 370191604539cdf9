#!/usr/bin/perl

# Tests for a store whose folder is moved or removed under running workers and
# a running sender: nothing is answered 200 that the store at its path does
# not hold, no store is made in its stead unasked, and service goes on when
# the folder is back, or a new one is there.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant MOVES => 5;

###############################################################################

my $t = Parley::Nginx->new()->plan(23);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%
worker_processes 2;

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
    }
}

EOF

my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir, '--hold');

###############################################################################

# moved, and nothing happens: that is noticed too, told once by each worker,
# and no other store is made

$t->run();
like(wait_for { my $a = post('wamid.first'); $a =~ / 200 / ? $a : undef },
    qr/ 200 /, 'there is a store');
move('store', 'away');
wait_for { log_lines(qr/moved or removed/) >= 2 };
like(post('wamid.idle'), qr/ 503 .*^Retry-After: \d+\r/ms, 'refused');
my $lines = log_lines(qr/parley/);
select undef, undef, undef, 3;
cmp_ok(log_lines(qr/parley/) - $lines, '<=', 2, 'the log says it once');
ok(!-e "$dir/store", 'no other store was made');
move('away', 'store');
wait_for { post('wamid.again') =~ / 200 / };

# moved and returned again and again, under load

my @load = map { my $n = $_; $t->run_daemon(sub { load($n) }) } 1 .. 4;

for (1 .. MOVES) {
    my $n = answered(200);
    wait_for { answered(200) > $n + 50 };
    move('store', 'away');
    $n = answered(503);
    wait_for { answered(503) > $n + 20 };
    move('away', 'store');
}

my $n = answered(200);
wait_for { answered(200) > $n + 50 };
$_->stop() for @load;

cmp_ok(answered(503), '>', 20 * MOVES, '503 while the folder is away');
wait_for { $store->folded() };
my %in = map { $_ => 1 } $store->provider_ids('in');
is(join(' ', grep { !$in{$_} } taken()), '', 'what was answered 200 is there');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');

# a new folder is another store

move('store', 'away');
wait_for { post('wamid.gone') =~ / 503 / };
mkdir "$dir/store", 0770 or die "cannot make a folder: $!\n";
like(wait_for { my $a = post('wamid.new'); $a =~ / 200 / ? $a : undef },
    qr/ 200 /, 'a new folder is taken');
wait_for { $store->folded() };
is(join(' ', $store->provider_ids('in')), 'wamid.new', 'as a new store');
my ($uuid, $old) = map { $_->status()->{journal} } $store,
    Parley::Store->new($dir, 'away');
isnt($uuid, $old, 'with a journal of its own');

# removed

system("rm -rf $dir/store") == 0 or die "cannot remove\n";
like(wait_for { my $a = post('wamid.gone'); $a =~ / 503 / ? $a : undef },
    qr/ 503 /, 'removed: refused');
ok(!-e "$dir/store", 'and not made again');
move('away', 'store');
like(wait_for { my $a = post('wamid.back'); $a =~ / 200 / ? $a : undef },
    qr/ 200 /, 'the first one is back');
is($store->status()->{journal}, $old, 'and is used');

###############################################################################

# a sender waits for its store

$sender->run();
my $pid = $sender->pid();
move('store', 'away');
ok(wait_for { !$sender->healthy() }, 'sender: not well without its store');
ok(!-e "$dir/store", 'sender: makes no other');
move('away', 'store');
ok(wait_for { $sender->healthy() }, 'sender: well again');
is($sender->pid(), $pid, 'sender: the same process');
is(scalar(() = $sender->log() =~ /the store fails/g), 1,
    'sender: told it once');
wait_for { post('wamid.folds') =~ / 200 / };
wait_for { grep { $_ eq 'wamid.folds' } $store->provider_ids('in') };
ok(scalar(grep { $_ eq 'wamid.folds' } $store->provider_ids('in')),
    'sender: goes on folding');

# but not for another one

move('store', 'away');
mkdir "$dir/store", 0770 or die "cannot make a folder: $!\n";
wait_for { post('wamid.other') =~ / 200 / };
isnt($sender->ended(), undef, 'sender: ends when another takes its place');
like($sender->log(), qr/another store has taken this one's place/,
    'sender: says why');
$sender->start();
ok(wait_for { $sender->healthy() }, 'sender: starts on that one');
$sender->stop();

###############################################################################

sub move {
    my ($from, $to) = @_;
    rename "$dir/$from", "$dir/$to" or die "cannot move $from: $!\n";
}

sub post {
    my ($id) = @_;
    return wa_post([ wa_text($id, '34600000001', 'x') ]) // '';
}

# until it is killed; each answer is a line of its file: status, id
sub load {
    my ($name) = @_;
    open my $fh, '>>', "$dir/answers.$name" or die $!;
    $fh->autoflush(1);
    for (my $i = 0; ; $i++) {
        my $id = "wamid.$name.$i";
        my $answer = wa_post([ wa_text($id, '3460000000' . $name, 'x') ]);
        print $fh http_status($answer), " $id\n";
    }
}

sub answers { map { split /\n/, slurp($_) } glob("$dir/answers.*") }

sub answered { my ($status) = @_; scalar grep { /^$status / } answers() }

sub taken { map { /^200 (.*)/ ? $1 : () } answers() }

sub log_lines {
    my ($re) = @_;
    return scalar grep { $_ =~ $re } split /\n/, $t->read_file('error.log');
}

###############################################################################
