#!/usr/bin/perl

# Tests for 1,000 sends whose statuses come shuffled over eight connections,
# twice each, and some before the answer to their own send: all end in read,
# each status once.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use POSIX ();

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

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

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
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

use constant SENDS => 1000;
use constant CONNECTIONS => 8;

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();

###############################################################################

# a fifth of the sends are answered later than their statuses come

$provider->script({ match => '[27]"', delay => 4 });

for my $hundred (0 .. SENDS / 100 - 1) {
    wa_post([ map { wa_text("wamid.I$_", sprintf('346%08d', $_), 'hello') }
        map { $hundred * 100 + $_ } 1 .. 100 ]);
}

wait_for { $provider->requests() >= SENDS } 120;
my @requests = $provider->requests();
is(scalar @requests, SENDS, 'all were sent, once');
my $early = $store->rows('attempts');
cmp_ok($early, '>', 0, 'and some wait for their answer');

my @events = map { my $r = $_; map { [ $r, $_ ] }
    qw/ sent delivered read sent delivered read / } @requests;
srand 1;
for my $i (reverse 1 .. $#events) {
    my $j = int rand($i + 1);
    @events[$i, $j] = @events[$j, $i];
}

my @children = map { my $n = $_; post_all(grep { $_ % CONNECTIONS == $n }
    0 .. $#events) } 0 .. CONNECTIONS - 1;
my @bad = grep { waitpid($_, 0) != $_ || $? } @children;
is(scalar @bad, 0, 'every status was taken');

wait_for { $store->folded() && $store->rows('attempts') == 0 } 60;
my @out = $store->messages('out');
is(scalar(grep { $_->{state} eq 'read' } @out), SENDS, 'all end in read');
is(scalar(grep { join(' ', sort map { $_->{state} } @{$_->{facts}})
    ne 'delivered read sent' } @out), 0, 'each status once');
is(scalar($provider->requests()), SENDS, 'and nothing is sent again');
is(join(' ', map { $store->rows($_) } qw/ outbox unknown dead quarantine /),
    '0 0 0 0', 'nothing is left');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
$sender->stop();

###############################################################################

# A process that posts these events, ten to a body; its pid.
sub post_all {
    my @mine = @events[@_];
    my $pid = fork();
    die "fork: $!\n" unless defined $pid;
    return $pid if $pid;

    my $failed = 0;
    while (my @some = splice @mine, 0, 10) {
        my $answer = wa_post(wa_body(wa_change({ statuses => [ map {
            wa_status($_->[0]{id}, $_->[1], $_->[0]{to} =~ s/\D//gr,
                biz_opaque_callback_data => $_->[0]{opaque}) } @some ] })));
        $failed++ unless ($answer // '') =~ / 200 /;
    }
    POSIX::_exit($failed ? 1 : 0);
}

###############################################################################
