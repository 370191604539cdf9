#!/usr/bin/perl

# Tests for a sender that is asked to end under load: what is on the wire is
# finished, what had not begun is sent by the next one, and nothing is in
# doubt.

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

use constant { ROUNDS => 5, MESSAGES => 1000 };

###############################################################################

my $t = Parley::Nginx->new()->has('bin:cc')->plan(ROUNDS + 4);
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
            phone_number_id     1001;
            waba_id             1;
            token_file          secrets/channel.token;
            api_base_url        http://127.0.0.1:8081;
            api_timeout         60s;
            rate                10000;
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

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };

###############################################################################

# The wire's thread takes its time to look, so that the signal is often there
# before it has seen what was handed to it. Jobs are used again: those that
# never begin have carried answers before. (bench/send ends its sender under
# full load, and looks for the same.)

late($dir);

for my $round (1 .. ROUNDS) {
    my $before = $provider->requests();
    wa_post(wa_body(wa_change({ messages => [ map { wa_text(
        "wamid.R$round-$_", sprintf('3461%03d%04d', $round, $_), 'hello') }
        1 .. MESSAGES ] }, 1001)));
    $sender->run();
    wait_for { $provider->requests() > $before + MESSAGES / 2 };
    is($sender->stop(), 0, "ends, $round");
}

$Parley::Nginx::PRELOAD = '';
$sender->run();
wait_for { $store->folded() && $store->rows('outbox') == 0
    && $store->rows('attempts') == 0 } 240;

is($store->rows('unknown'), 0, 'nothing is unknown');
is($store->rows('dead'), 0, 'nothing is dead');

my %posts;
$posts{$_->{opaque}}++ for $provider->requests();
is(join(' ', grep { $posts{$_} > 1 } keys %posts), '', 'none is sent twice');
is(scalar keys %posts, ROUNDS * MESSAGES, 'and each is sent');

###############################################################################

# Who is started from now on hears of events 30 ms late. (A tracer can inject
# that as well, but one that is kept from its turn gets lost in it.)
sub late {
    my ($dir) = @_;
    open my $fh, '>', "$dir/slow.c" or die "cannot write slow.c: $!\n";
    print $fh <<'END';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/epoll.h>
#include <unistd.h>

int
epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
    int         rc;
    static int  (*wait)(int, struct epoll_event *, int, int);

    if (wait == NULL) {
        *(void **) &wait = dlsym(RTLD_NEXT, "epoll_wait");
    }

    rc = wait(fd, events, n, timeout);
    usleep(30000);

    return rc;
}
END
    close $fh or die "cannot write slow.c: $!\n";
    system('cc', qw/ -shared -fPIC -O1 -o /, "$dir/slow.so", "$dir/slow.c")
        == 0 or die "cannot compile slow.c\n";
    $Parley::Nginx::PRELOAD = "$dir/slow.so";
}

###############################################################################
