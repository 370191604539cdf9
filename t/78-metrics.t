#!/usr/bin/perl

# Tests for what is measured: /metrics of nginx and of the sender, read
# strictly; that figures are right, labels bounded, and nobody is named.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Exposition;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(49);
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
        }
        channel second whatsapp {
            phone_number_id 106540352242923;
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
        location = /metrics {
            parley_metrics;
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
$t->run();
wait_for { exists $store->status()->{next} };

###############################################################################

# without a sender what is due cannot leave, and nginx says how it stands

wa_post([ wa_text('wamid.EARLY', '34600000001', 'hello') ]);
wait_for { $store->folded() };
my $m = edge();
is(join("\n", $m->faults()), '', 'nginx: the format, before a sender');
is($m->value('parley_sender_up'), 0, 'nginx: no sender');
is($m->value('parley_rows', table => 'outbox'), 1, 'nginx: one waits');

# --hold: it is due, and gets older; of each lane its own

my $sender = Parley::Sender->new($dir, '--hold')->run();
wait_for { due('reply') > 0 };
my $age = due('reply');
wait_for { due('reply') > $age + 0.5 };
cmp_ok(due('reply'), '>', $age, 'the oldest gets older');
is(due($_), 0, "nothing due: $_") for qw/ reminder campaign media sync /;

my ($status, undef, $err) = $store->ctl('send', 'demo', 'main',
    '34600000001', '--text', 'news', '--lane', 'campaign',
    '--category', 'utility');
is($status, 0, 'a campaign') or diag($err);
ok(wait_for { due('campaign') > 0 }, 'is due in a lane of its own');
cmp_ok(due('campaign'), '<', due('reply'), 'for less time');

# of many channels and heads the oldest, not one of the first

wa_post(wa_body(wa_change({ messages => [ map {
    wa_text("wamid.many$_", '3461' . (100000 + $_), 'hello') } 1 .. 1100 ] },
    '106540352242923')));
wait_for { $store->folded() && $store->rows('due') > 1100 };
wait_for { (inside()->value('parley_sender_rows', table => 'due') // 0)
    > 1100 };
cmp_ok(due('reply'), '>', $age, 'the oldest of more than a thousand heads');
$sender->stop();

# a sender that sends: what it answers is counted, each once

$provider->script({ match => '34600000003', status => 500, times => 1 });
$sender = Parley::Sender->new($dir)->run();
wait_for { $provider->accepted() >= 1 };
wa_post([ wa_text('wamid.B', '34600000002', 'hello') ]);
wa_post([ wa_text('wamid.C', '34600000003', 'hello') ]);
wa_post(wa_body(wa_change({ messages => [
    wa_text('wamid.D', '34600000004', 'hello') ] }, '106540352242923')));
my $unfit = wa_text('wamid.UNFIT', '34600000077', 'a private word');
delete $unfit->{timestamp};
wa_post([ $unfit ]);
wait_for { $provider->accepted() >= 1105 && $store->folded()
    && $store->rows('attempts') == 0 && $store->rows('outbox') == 0 };
wait_for { (inside()->value('parley_sender_results_total',
    outcome => 'sent') // 0) >= 1105 };

# rows are counted once a second

wait_for {
    my $m = inside();
    my %rows = map { $_ => $m->value('parley_sender_rows', table => $_)
        // -1 } qw/ outbox due attempts quarantine /;
    $rows{quarantine} == 1
        && !grep { $rows{$_} } qw/ outbox due attempts /;
};

my $s = inside();
is(join("\n", $s->faults()), '', 'sender: the format');
my $sent = $provider->accepted();
is($s->value('parley_sender_results_total', outcome => 'sent'), $sent,
    'sender: sent');
is($s->value('parley_sender_results_total', outcome => 'retry'), 1,
    'sender: a retry');
is($s->value('parley_sender_channel_results_total', outcome => 'sent'),
    $sent, 'sender: the channels add up');
is($s->value('parley_sender_channel_results_total', tenant => 'demo',
    channel => 'second', outcome => 'sent'), 1101, 'sender: of one channel');
is($s->value('parley_sender_answers_total', class => '2xx'), $sent,
    'sender: answers of 2xx');
is($s->value('parley_sender_answers_total', class => '5xx'), 1,
    'sender: answers of 5xx');
is($s->value('parley_sender_attempts_total'), $sent + 1, 'sender: attempts');
is($s->value('parley_sender_answer_seconds_count'), $sent + 1,
    'sender: each was timed');
is($s->value('parley_sender_reply_seconds_count'), $sent - 1,
    'sender: each first answer was timed from what it answers');
cmp_ok($s->value('parley_sender_reply_seconds_sum'), '>',
    $age, 'sender: the one that was held among them');
is($s->value('parley_sender_journal_lag'), 0, 'sender: nothing to fold');
is($s->value('parley_sender_journal_lag_seconds'), 0, 'sender: for no time');
is($s->value('parley_sender_ready'), 1, 'sender: ready');
is($s->value('parley_sender_rows', table => $_), 0, "sender: rows of $_")
    for qw/ outbox due attempts unknown dead /;
is($s->value('parley_sender_rows', table => 'quarantine'), 1,
    'sender: rows of quarantine');
is($s->value('parley_sender_counted_total', what => 'quarantined'), 1,
    'sender: what the fold counted');
is($s->value('parley_sender_counted_total', what => 'windows',
    label => 'opened'), 3, 'sender: windows that were opened');
cmp_ok($s->value('parley_sender_channel_heard_timestamp_seconds',
    channel => 'second'), '>', time() - 3600, 'sender: a channel is heard');
cmp_ok($s->value('parley_sender_append_seconds_count'), '>', 0,
    'sender: appends are timed');
cmp_ok($s->value('parley_sender_fold_step_items_sum'), '>=', 4,
    'sender: the fold\'s transactions are sized');

$m = edge();
is(join("\n", $m->faults()), '', 'nginx: the format');
is($m->value('parley_webhooks_total', result => 'accepted'),
    $m->value('parley_append_entries_total'), 'nginx: each was appended');
is($m->value('parley_append_batch_entries_sum'),
    $m->value('parley_append_entries_total'), 'nginx: in batches, all');
is($m->value('parley_append_batch_entries_count'),
    $m->value('parley_append_batches_total'), 'nginx: each was sized');
is($m->value('parley_append_commit_seconds_count'),
    $m->value('parley_append_batches_total'), 'nginx: and timed');
is($m->value('parley_sender_up'), 1, 'nginx: a sender');

# a reload keeps what nginx counted; a new sender begins at zero

my $appended = $m->value('parley_append_entries_total');
my %old = map { $_ => 1 } $t->workers();
$t->reload();
wait_for { my @w = $t->workers(); @w && !grep { $old{$_} } @w };
is(edge()->value('parley_append_entries_total'), $appended,
    'nginx: counters outlive a reload');
$sender->stop();
$sender->run();
is(inside()->value('parley_sender_attempts_total'), 0,
    'sender: counters begin anew');
is(inside()->value('parley_sender_rows', table => 'quarantine'), 1,
    'sender: gauges do not') if wait_for {
    inside()->value('parley_sender_rows', table => 'quarantine') };

# labels: words of the source, or names from nginx.conf

my %allowed = (
    tenant => qr/^(?:demo|)$/, channel => qr/^(?:main|second|other)$/,
    outcome => qr/^[a-z]+$/, lane => qr/^[a-z]+$/, table => qr/^[a-z_]+$/,
    class => qr/^(?:none|[1-5]xx)$/, what => qr/^[a-z_]+$/,
    label => qr/^[a-z_.]*$/, why => qr/^[a-z]+$/, le => qr/^[0-9.e+-]+|\+Inf/,
    version => qr/^\d+\.\d+\.\d+$/, provider => qr/^[a-z]+$/,
    result => qr/^[a-z_]+$/, env => qr/^(?:journal|state)$/,
    kind => qr/^[a-z_]+$/, state => qr/^(?:active|paused|failing)$/,
);
my @strange;
my $series = 0;
for my $page ($s, $m, inside(), edge()) {
    for my $family ($page->families()) {
        $series += $page->samples($family);
        my $labels = $page->labels($family);
        for my $name (keys %$labels) {
            push @strange, map { "$family: $name=$_" }
                grep { !$allowed{$name} || $_ !~ $allowed{$name} }
                keys %{$labels->{$name}};
        }
    }
}
is(join("\n", @strange), '', 'labels are bounded');
cmp_ok($series, '<', 4 * 600, 'and so are series');

my $all = $sender->get('/metrics') . http_get('/metrics');
unlike($all, qr/3460000|private word|test-token|wamid|Hello there/,
    'nobody is named');

$sender->stop();

###############################################################################

sub body { (split /\r\n\r\n/, $_[0], 2)[1] // '' }

sub edge { Parley::Exposition->new(body(http_get('/metrics'))) }

sub inside { Parley::Exposition->new(body($sender->get('/metrics'))) }

sub due {
    my ($lane) = @_;
    return inside()->value('parley_sender_oldest_due_seconds',
        lane => $lane) // -1;
}

###############################################################################
