#!/usr/bin/perl

# A consumer that was down catches up in order, and another does not notice.
# PARLEY_CATCHUP says how many events it missed: 360000 are an hour of 100 a
# second (make -f Makefile.ext catchup).

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Consumer;
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $n = $ENV{PARLEY_CATCHUP} // 3000;
my $more = 300;
my $people = 500;

my $t = Parley::Nginx->new()->plan(8);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_subscriptions_allow 127.0.0.1;

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
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

my $store = Parley::Store->new($dir);
$t->run();
my $sender = Parley::Sender->new($dir)->run();
wait_for { $store->rows('zones') > 0 };

my ($down, $up) = map {
    Parley::Consumer->new($dir, $_->[0], port($_->[1]))->answer(lean => 1)
} [ 'down', 8091 ], [ 'up', 8092 ];
$up->run();
my ($first) = $store->json('subscriptions', 'add', 'demo', $_->url(),
    '--event', 'message.created') for $down, $up;

# so many events while one is down

my $began = time();
post(1, $n);
ok(wait_count($up, $n), 'who is up gets all');
note(sprintf 'up: %d a second, with the posts',
    $n / (time() - $began));
is(wrong($up, $n), '', 'in order, each once');
my ($row) = grep { $_->{subscription}{terms}{url} eq $down->url() }
    $store->json('subscriptions', 'demo');
is($row->{subscription}{state}, 'failing', 'the other is known to fail');
$store->json('subscriptions', $_, 'demo', $row->{id}) for qw/ pause resume /;

# it comes back, and more comes in meanwhile

$began = time();
$down->run();
for my $i (0 .. $more / 10 - 1) {
    post($n + $i * 10 + 1, $n + $i * 10 + 10);
    sleep 0.02;
}
ok(wait_count($up, $n + $more), 'who is up gets what comes meanwhile');
ok(wait_count($down, $n + $more), 'who was down gets all');
note(sprintf 'down: %d a second', ($n + $more) / (time() - $began));
is(wrong($down, $n + $more), '', 'in order, each once');
my @late = sort { $a <=> $b } (map { $_->[1] } rows($up))[-$more .. -1];
note("up, meanwhile: median $late[$more / 2] ms, p99 $late[$more * 0.99] ms");

is($sender->stop(), 0, 'the sender ends well');
is(($store->ctl('check'))[0], 0, 'the store is sound');

###############################################################################

sub post {
    my ($from, $to) = @_;
    for (my $i = $from; $i <= $to; $i += 100) {
        my $end = $i + 99 < $to ? $i + 99 : $to;
        wa_post([ map { wa_text("wamid.$_",
            34600000000 + $_ % $people, "text $_") } $i .. $end ]);
    }
}

sub rows {
    my ($consumer) = @_;
    open my $fh, '<', "$dir/$consumer->{name}.got" or return ();
    return map { [ (split /\t/)[4] =~ /^(\d+) (-?\d+)$/ ] }
        grep { /\n\z/ } <$fh>;
}

# the first that is not where it should be
sub wrong {
    my ($consumer, $last) = @_;
    my $next = 1;
    for (rows($consumer)) {
        return "$_->[0] where $next should be" if $_->[0] != $next++;
    }
    return $next == $last + 1 ? '' : "ends before $next";
}

# gives up when nothing has come for a minute
sub wait_count {
    my ($consumer, $last) = @_;
    my ($at, $since) = (-1, time());
    while (time() - $since < 60) {
        my $lines = 0;
        if (open my $fh, '<', "$dir/$consumer->{name}.got") {
            $lines++ while <$fh>;
        }
        return 1 if $lines >= $last;
        ($at, $since) = ($lines, time()) if $lines != $at;
        sleep($last > 100000 ? 1 : 0.05);
    }
    return 0;
}

###############################################################################
