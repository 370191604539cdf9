#!/usr/bin/perl

# Tests for the send log: a line for each attempt, whatever became of it; a
# file that is moved away; and nobody's data in it, nor in any other log.

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

###############################################################################

my $t = Parley::Nginx->new()->plan(24);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081/api;
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
    }
}

EOF

my @fields = qw/ time effect message tenant channel lane attempt outcome http
    code queue_ms wire_ms trace provider_trace /;

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir, '--send-log', "$dir/sends.log",
    '--log-level', 'debug')->run();

###############################################################################

# sent, refused once and sent, refused for good, and unknown

$provider->script(
    { match => '34600000002', status => 500, times => 1 },
    { match => '34600000003', status => 400, code => 131026 },
    { match => '34600000004', do => 'close' });
wa_post([ map { wa_text("wamid.$_", "3460000000$_", 'hello') } 1 .. 4 ]);
wait_for { lines("$dir/sends.log") >= 5 && $store->rows('attempts') == 0 };

my @sends = sends("$dir/sends.log");
is(scalar(@sends), 5, 'a line for each attempt');
is(join("\n", grep { $_ ne "@fields" } map { join ' ', @{$_->{fields}} }
    @sends), '', 'all with the same fields, in order');
my %by = map { ("$_->{message} $_->{attempt}" => $_) } @sends;
my %message = map { ($_->{address}{value} => $_->{id} =~ s/\D//gr) }
    $store->messages('out');
my ($first, $again, $twice, $refused, $lost) = map {
    $by{"$message{'3460000000' . $_->[0]} $_->[1]"}
} [ 1, 1 ], [ 2, 1 ], [ 2, 2 ], [ 3, 1 ], [ 4, 1 ];

is($first->{outcome}, 'sent', 'sent');
is($first->{http}, 200, 'and answered');
is("$first->{tenant} $first->{channel} $first->{lane}", 'demo main reply',
    'whose it was');
is($again->{outcome}, 'retry', 'tried again');
is($again->{http}, 500, 'for this answer');
is($twice->{outcome}, 'sent', 'then sent');
is($twice->{effect}, $again->{effect}, 'the same effect');
is($refused->{outcome}, 'permanent', 'refused');
is($refused->{code}, 131026, 'with the provider\'s code');
is($refused->{provider_trace}, 'A', 'and by what to ask them');
is($lost->{outcome}, 'unknown', 'unknown');
is($lost->{http}, 0, 'without an answer');
like($first->{time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'time');
is(scalar(grep { "$_->{queue_ms}$_->{wire_ms}" !~ /^\d+$/
    || $_->{wire_ms} > 600000 } @sends), 0, 'times are plausible');

# moved away and opened anew, as nginx does it

$provider->script();
rename "$dir/sends.log", "$dir/sends.log.1" or die "cannot rename: $!\n";
kill 'USR1', $sender->pid();
wait_for { -e "$dir/sends.log" };
wa_post([ wa_text('wamid.5', '34600000005', 'hello') ]);
wait_for { lines("$dir/sends.log") == 1 };
is(lines("$dir/sends.log"), 1, 'lines go to the new file');
is(lines("$dir/sends.log.1"), 5, 'and no more to the old one');

# many in one second: each has its line, where the log leaves some out

wa_post(wa_body(wa_change({ messages => [ map {
    wa_text("wamid.m$_", '346' . (1000000 + $_), 'hello') } 1 .. 400 ] })));
wait_for { $provider->accepted() >= 400 && $store->rows('outbox') == 0
    && $store->rows('attempts') == 0 };
is($sender->stop(), 0, 'the sender ends');
is(lines("$dir/sends.log"), 401, 'every send has its line');
like($sender->log(), qr/log lines left out|attempt ended/,
    'beside what the log says');

# nobody is in any of them

my $logs = join '', map { slurp($_) } "$dir/sends.log", "$dir/sends.log.1",
    "$dir/sender.log", "$dir/error.log", "$dir/stderr.log";
unlike($logs, qr/\+?346\d{6}/, 'no number is logged');
unlike($logs, qr/Hello there|hello/, 'no text');
unlike($logs, qr/test-token|test_app_secret|wamid/, 'no token, nor an id');

###############################################################################

sub lines { return scalar(() = slurp($_[0]) =~ /\n/g) }

sub sends {
    my ($file) = @_;
    return map {
        my @pairs = /([a-z_]+)=("(?:[^"\\]|\\.)*"|\S+)/g;
        my @names = map { $pairs[2 * $_] } 0 .. $#pairs / 2;
        +{ @pairs, fields => \@names };
    } split /\n/, slurp($file);
}

###############################################################################
