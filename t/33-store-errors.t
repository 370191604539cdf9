#!/usr/bin/perl

# Tests for a store that cannot be opened: its locations answer 503, the log
# says why once, other sites go on, and service begins when it can.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use File::Path qw/ remove_tree /;

use lib 'lib';
use Parley::Nginx;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(46);

my $conf = <<'EOF';

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
        location = /metrics {
            parley_metrics;
        }
        location / {
            return 204;
        }
    }
}

EOF
$t->write_file_expand('nginx.conf', $conf);
$t->expect(qr/parley/);         # the store's state is logged as grave

# A sound store with a message in it, to be damaged again and again.

my $dir = $t->testdir();
my $store = Parley::Store->new($dir);
$t->run();
like(post('wamid.SOUND'), qr/ 200 /, 'sound');
wait_for { $store->folded() };
$t->stop();
system("cp -a $dir/store $dir/sound") == 0 or die "cannot copy\n";

# How the records begin that say what wrote them (JournalMeta, StateMeta).
my $uuid = pack 'H*', $store->status()->{journal};
my $schema = qr/\x08\x03(\x12\x10\Q$uuid\E)/;
my $folds = qr/\x08\x03(\x10.)(\x1a\x10\Q$uuid\E)/s;

###############################################################################

# Each: what is done to the store, what the log says of it.

broken('truncated state',
    sub { truncate "$dir/store/state/data.mdb", 8192 }, qr/state/);
broken('truncated journal',
    sub { truncate "$dir/store/journal/data.mdb", 8192 }, qr/journal/);
broken('not LMDB',
    sub { patch('state', sub { $_[0] = "#!/bin/sh\n" x 9000 }) }, qr/state/);
broken('newer journal',
    sub { patch('journal', sub { $_[0] =~ s/$schema/\x08\x7f$1/g }) },
    qr/newer/);
broken('newer state',
    sub { patch('state', sub { $_[0] =~ s/$folds/\x08\x7f$1$2/g }) },
    qr/newer/);
broken('older state',
    sub { patch('state', sub { $_[0] =~ s/$folds/\x08\x01$1$2/g }) },
    qr/older than 3/);
broken('newer engine',
    sub { patch('state', sub { $_[0] =~ s/$folds/\x08\x03\x10\x7f$2/g }) },
    qr/engine 127/);
broken('state of another journal',
    sub { patch('journal', sub { $_[0] =~ s/\Q$uuid\E/'x' x 16/ge }) },
    qr/journal/);

SKIP: {
    skip 'root may read everything', 5 if $> == 0;
    broken('unreadable', sub { chmod 0000, "$dir/store/state/data.mdb" },
        qr/denied/);
}

###############################################################################

sub broken {
    my ($name, $damage, $says) = @_;
    remove_tree("$dir/store");
    system("cp -a $dir/sound $dir/store") == 0 or die "cannot copy\n";
    $damage->();
    unlink "$dir/error.log";
    $t->run();

    my $answer = post("wamid.$name");
    like($answer, qr/ 503 .*^Retry-After: \d+\r/ms, "$name: 503");
    like($t->read_file('error.log'), $says, "$name: the log says why");
    like(http_get('/'), qr/ 204 /, "$name: other locations go on");

    # what is logged once is not logged again with each attempt
    # (by each worker; one that begins late says it late)
    select undef, undef, undef, 4;
    is(join("\n", again()), '', "$name: logged once");

    # and when it is sound again, service begins without a reload
    # (in one step: opening is tried again while this goes on)
    system("cp -a $dir/sound $dir/again && mv $dir/store $dir/broken"
        . " && mv $dir/again $dir/store && rm -rf $dir/broken") == 0
        or die "cannot copy\n";
    $answer = wait_for {
        my $a = post("wamid.$name.again");
        $a =~ / 200 / ? $a : undef } 30;
    like($answer // '', qr/ 200 /, "$name: service begins");
    $t->stop();
}

# What one process has said more than twice: opening is tried each second.
sub again {
    my %said;
    s/^\S+ \S+ //, $said{$_}++ for split /\n/, $t->read_file('error.log');
    return grep { $said{$_} > 2 } sort keys %said;
}

sub post {
    my ($id) = @_;
    return wa_post([ wa_text($id, '34600000001', 'x') ]) // '';
}

sub patch {
    my ($env, $change) = @_;
    my $name = "$dir/store/$env/data.mdb";
    my $bytes = my $before = slurp($name);
    $change->($bytes);
    die "nothing to change in $env\n" if $bytes eq $before;
    open my $fh, '+<:raw', $name or die "cannot open $name: $!\n";
    print $fh $bytes;
    close $fh;
}

###############################################################################
