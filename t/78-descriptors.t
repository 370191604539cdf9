#!/usr/bin/perl

# Tests for a sender that has no descriptor left: who connects to its socket
# waits, neither its log nor a core is spent on that, and all goes on as soon
# as there are some.

###############################################################################

use warnings;
use strict;

use IO::Socket::UNIX;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep /;

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new()->plan(5);
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
            phone_number_id 1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8080;
    }
}

EOF

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { $store->folded() };
my $sender = Parley::Sender->new($dir);
$sender->run('sh', '-c', 'ulimit -n 128; "$@"', 'sh');

###############################################################################

# more than it has descriptors for, and fewer than may wait to be accepted

my @idle = map { IO::Socket::UNIX->new(Peer => "$dir/sender.sock") } 1 .. 180;
is(scalar(grep { !defined } @idle), 0, 'all connect');
wait_for { (() = glob '/proc/' . $sender->pid() . '/fd/*') >= 128 };
sleep 2;

my $spent = ticks();
sleep 3;
cmp_ok(ticks() - $spent, '<', 150, 'those that wait cost no core');
cmp_ok(length($sender->log()), '<', 20000, 'nor do they fill the log');

@idle = ();
wait_for { $sender->healthy() };
my ($row) = $store->json(qw/ send demo main +34600000001 --template a /,
    qw/ --language es_ES /);
wait_for { $provider->accepted() == 1 };
is(scalar(() = $provider->accepted()), 1, 'and then all goes on');
is($sender->stop(), 0, 'sender ends');

###############################################################################

# of a processor's time, hundredths of a second
sub ticks {
    my @fields = split / /,
        slurp('/proc/' . $sender->pid() . '/stat') =~ s/^.*\) //sr;
    return $fields[11] + $fields[12];
}

###############################################################################
