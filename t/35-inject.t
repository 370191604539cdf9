#!/usr/bin/perl

# Tests for a disk that fails: EIO and ENOSPC, injected into a worker's and a
# sender's system calls at each point of a commit. No answer but 200 and 503,
# nothing missing of what was answered 200, nothing twice, and no repair.

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

# Every third such call fails, from the twentieth on, when opening is over,
# and for a while: a commit that writes much never gets through before.
my @faults = map { my $call = $_; map { [ $call, $_ ] } qw/ EIO ENOSPC / }
    qw/ fdatasync pwrite64 /;

my $t = Parley::Nginx->new()->has('bin:strace')->plan(8 * @faults + 1);
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

$t->expect(qr/parley/);
my $store = Parley::Store->new($dir);
my ($n, @taken) = (0);

###############################################################################

for my $fault (@faults) {
    my ($call, $error) = @$fault;
    my $name = "$call $error";
    my @strace = (qw[ strace -f -q -o /dev/null -e ], "trace=$call", '-e',
        "inject=$call:error=$error:when=20..200+3");

    # a worker appends and folds
    $t->{wrapper} = \@strace;
    $t->run();
    my %answers = burst(60);
    is(join(' ', sort keys %answers), '200 503', "$name: 200 or 503");
    like(http_get('/'), qr/ 204 /, "$name: other locations go on");
    cmp_ok($answers{200}, '>', 1, "$name: what can be taken is");
    $t->stop();

    # a sender folds
    $t->{wrapper} = undef;
    my $sender = Parley::Sender->new($dir, '--hold');
    $sender->start(@strace);
    $t->run();
    %answers = burst(60);
    is(join(' ', sort keys %answers), '200', "$name: appends go on");
    wait_for { $store->folded() };
    ok($store->folded(), "$name: the sender folds all");
    ok($sender->alive(), "$name: and lives");
    $sender->stop();
    $t->stop();

    my %in;
    $in{$_}++ for $store->provider_ids('in');
    is(join(' ', grep { ($in{$_} // 0) != 1 } @taken), '',
        "$name: each is there once");
    my ($status, $out) = $store->ctl('check');
    is($status, 0, "$name: nothing inconsistent") or diag($out);
}

is(($store->ctl('replay', "$dir/replay"))[0], 0, 'replay gives the same');

###############################################################################

# so many messages; how often each answer was given
sub burst {
    my ($count) = @_;
    my %answers;
    for (1 .. $count) {
        my $id = sprintf 'wamid.%06d', $n++;
        my $answer = wa_post([ wa_text($id, sprintf('346%08d', $n % 5),
            'hello') ]);
        my $status = http_status($answer);
        push @taken, $id if $status == 200;
        $answers{$status}++;
        # after a failure the worker waits a second before it tries again
        select undef, undef, undef, 0.1 if $status != 200;
    }
    return %answers;
}

###############################################################################
