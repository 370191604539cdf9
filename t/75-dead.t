#!/usr/bin/perl

# Tests for what ends badly: dead letters and unknown sends with all their
# attempts; a person who settles them, by id and by filter, each once; a
# channel whose policy sends again what may have left; and statuses that come
# at any moment of it.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new();
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
            phone_number_id 1001;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            retry           transient first=100ms factor=1 max=100ms
                            attempts=3;
        }
        channel again whatsapp {
            phone_number_id 1002;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            retry           unknown attempts=1;
            unknown         resend after 1s;
        }
        channel later whatsapp {
            phone_number_id 1003;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            unknown         resend after 1d;
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
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
my $n = 0;

###############################################################################

# the settings say what holds

my ($main, $again) = map { my $name = $_;
    grep { $_->{channel} eq $name } $store->all('channels') } qw/ main again /;
is_deeply([ grep { $_->{of} eq 'transient' } @{$main->{retries}} ],
    [ { of => 'transient', first_ms => 100, factor => 1, max_ms => 100,
        attempts => 3, age_ms => 86400000 } ], 'a schedule of its own');
is(scalar @{$main->{retries}}, 7, 'beside the others');
is($again->{unknown_resend_ms}, 1000, 'a policy');
ok(!exists $main->{unknown_resend_ms}, 'and none');

# as many attempts as its channel's schedule says, and all are told

my $from = say(1001, { status => 503, code => 131016 });
wait_for { dead($from) };
my ($dead) = dead($from);
is(scalar(requests($from)), 3, 'three attempts');
is($dead->{dead}{reason}, 'attempts exhausted', 'exhausted');
my @tried = @{$dead->{dead}{effect}{tried}};
is(join(' ', map { "$_->{outcome} $_->{http_status} $_->{code} $_->{trace}" }
    @tried), join(' ', ('retry 503 131016 A') x 3), 'each attempt is told');
is(scalar(grep { $_->{ended_ms} < $_->{began_ms} } @tried), 0,
    'with its times');
my ($status, $out) = $store->ctl('dead');
is(scalar(() = $out =~ /^    \S+Z to \S+Z: retry, HTTP 503, code 131016, /mg),
    3, 'in the list');
my $message = "msg_$dead->{dead}{effect}{send_message}{message}";
($status, $out) = $store->ctl('trace', $message);
is(scalar(() = $out =~ /^tried +\S+Z to \S+Z: retry, HTTP 503/mg), 3,
    'and in its story');

# it goes once more, and then has its story still

$provider->script({ match => $from, status => 400, code => 131026 });
like(($store->ctl('dead', 'retry', $dead->{id}))[1], qr/queued again/,
    'retried');                 # and perhaps dead once more by now
wait_for { (dead($from))[0] && (dead($from))[0]->{dead}{code} == 131026 };
is(scalar @{(dead($from))[0]->{dead}{effect}{tried}}, 4, 'four attempts');

# lists by filter

my @perm = map { say(1001, { status => 400, code => 131026 }) } 1 .. 3;
my @config = map { say(1002, { status => 400, code => 100 }) } 1 .. 5;
is(($store->ctl('send', 'demo', 'main', '+34611000001', '--text', 'hi',
    '--campaign', 7, '--category', 'utility'))[0],
    1, 'policy refuses a text out of the blue');
wait_for { $store->rows('dead') == 10 && $store->rows('attempts') == 0 };

for my $filter ([ 4, '--code', 131026 ], [ 5, '--code', 100 ],
    [ 0, '--code', 7 ], [ 5, '--channel', 'again' ],
    [ 5, '--channel', 'main', '--tenant', 'demo' ],
    [ 1, '--rule', 'window.closed' ], [ 5, '--reason', '100 config' ],
    [ 10, '--since', '1h' ], [ 0, '--until', '1h' ],
    [ 0, '--since', '2999-01-01' ], [ 10, '--until', '2999-01-01T00:00:00Z' ],
    [ 0, '--template', 'order_ready' ], [ 1, '--campaign', 7 ],
    [ 0, '--campaign', 8 ], [ 10 ])
{
    my ($count, @options) = @$filter;
    is(scalar($store->all('dead', @options)), $count, "dead @options");
}

for my $mistake ([ 1, '--tenant', 'nobody' ], [ 1, '--channel', 'nothing' ],
    [ 1, '--since', 'soon' ], [ 1, '--until', '2026-02-30' ],
    [ 2, '--code', '-1' ], [ 2, '--code', '2147483648' ],
    [ 1, '--campaign', 0 ])
{
    my ($code, @options) = @$mistake;
    is(($store->ctl('dead', @options))[0], $code, "no such: @options");
}

# by filter: first how many, then all, once

for my $verb ([ 'dead', 'retry' ], [ 'dead', 'drop' ],
    [ 'unknown', 'resend' ], [ 'unknown', 'sent' ])
{
    is(($store->ctl(@$verb))[0], 2, "@$verb: of what?");
    is(($store->ctl(@$verb, 'eff_1', '--code', 1))[0], 2, 'not both');
    is(($store->ctl(@$verb, '--reason', '', '--yes'))[0], 1, 'nor all, by one '
        . 'that is empty');
}

my @asked;
($status, $out, my $err) = $store->ctl('dead', 'retry', '--code', 100);
is("$status $out", "1 5 dead letters\n", 'they are counted');
like($err, qr/nothing was done: --yes/, 'and that is all');
is(($store->ctl('dead', 'retry', '--code', 100, '--yes', '--dry-run'))[1],
    "5 dead letters\n", 'as in a dry run');
is($store->rows('dead'), 10, 'all are there');

$provider->script();
@asked = at_once(4, 'dead', 'retry', '--code', 100, '--yes');
is(sum('done', @asked), 5, 'four people at once: five are queued');
is(sum('pending', @asked), 0, 'all are told');
is((grep { $_->{done} + $_->{skipped} != $_->{matched} } @asked) + 0, 0,
    'and each what he did');
wait_for { $store->rows('outbox') == 0 && $store->rows('attempts') == 0 };
is(join(' ', map { scalar(accepted($_)) } @config), '1 1 1 1 1',
    'each is there once');
is($store->rows('dead'), 5, 'the others stay');

# given up, for good

($dead) = dead($perm[0]);
is(($store->ctl('dead', 'drop', $dead->{id}))[1],
    "1 dead letter: 1 dropped for good, 0 skipped\n", 'dropped');
is(($store->ctl('dead', 'drop', $dead->{id}))[0], 1, 'and gone');
is(($store->ctl('dead', 'retry', $dead->{id}))[0], 1, 'also for a retry');
is(message($perm[0])->{state}, 'failed', 'its message failed');
@asked = at_once(3, 'dead', 'drop', '--all', '--yes');
is(sum('done', @asked), 4, 'three people at once: four are dropped');
is($store->rows('dead'), 0, 'none is left');
my ($actor) = (getpwuid($<))[0] // "uid $<";
like(($store->ctl('trace', "msg_"
    . $dead->{dead}{effect}{send_message}{message}))[1],
    qr/^event .*, dropped, \Q$actor\E$/m, 'the audit knows who');

# unknown: its attempt, and what a person says of it

my @doubt = map { say(1001, { do => 'close' }) } 1 .. 4;
wait_for { $store->rows('unknown') == 4 };
my ($unknown) = unknown($doubt[0]);
@tried = @{$unknown->{unknown}{effect}{tried}};
is(join(' ', map { "$_->{outcome} $_->{stage}" } @tried), 'unknown leaving',
    'its attempt is told');
like(($store->ctl('unknown'))[1],
    qr/^    \S+Z to \S+Z: unknown, leaving, /m, 'in the list');
is(scalar($store->all('unknown', '--reason', 'kept connection')
    + $store->all('unknown', '--reason', 'connection cut')), 4, 'by reason');

$provider->script();
is(($store->ctl('unknown', 'resend', $unknown->{id}))[1],
    "1 unknown send: 1 queued again, 0 skipped\n", 'sent again');
wait_for { message($doubt[0])->{state} eq 'accepted' };
is(scalar(requests($doubt[0])), 2, 'as a second attempt');

is(($store->ctl('unknown', 'sent', (unknown($doubt[1]))[0]->{id}))[1],
    "1 unknown send: 1 settled as sent, 0 skipped\n", 'called sent');
is(message($doubt[1])->{state}, 'accepted', 'and it is');
ok(!exists message($doubt[1])->{provider_id}, 'without an id');

@asked = at_once(3, 'unknown', 'resend', '--channel', 'main', '--yes');
is(sum('done', @asked), 2, 'by filter, three people at once: each once');
wait_for { $store->rows('outbox') == 0 && $store->rows('attempts') == 0 };
is(join(' ', map { scalar(requests($_)) } @doubt), '2 1 2 2',
    'each has one attempt more');
is($store->rows('unknown'), 0, 'nothing is unknown');

# late statuses: of the first attempt, after the second was accepted

told($doubt[0], 'wamid.FIRST', 'delivered');
wait_for { message($doubt[0])->{state} eq 'delivered' };
is(message($doubt[0])->{state}, 'delivered', 'the first one counts');
told($doubt[1], 'wamid.LATE', 'read');
wait_for { message($doubt[1])->{state} eq 'read' };
is(message($doubt[1])->{state}, 'read', 'also of what a person called sent');

# and before the second has left: it never does

$from = say(1001, { do => 'close' });
wait_for { unknown($from) };
($unknown) = unknown($from);
$provider->script();
$sender->stop();
$store->ctl('unknown', 'resend', $unknown->{id});
told($from, 'wamid.QUICK', 'delivered');
wait_for { $store->folded() };
is($store->rows('unknown') . $store->rows('outbox'), '00',
    'taken off its queue');
$sender->run();
say(1001, {});
wait_for { $store->folded() && $store->rows('outbox') == 0 };
is(scalar(requests($from)), 1, 'and sent once');
is(message($from)->{state}, 'delivered', 'delivered');

# that the first one failed takes nothing off: it is sent once more

$from = say(1001, { do => 'close' });
wait_for { unknown($from) };
($unknown) = unknown($from);
$provider->script();
$sender->stop();
$store->ctl('unknown', 'resend', $unknown->{id});
told($from, 'wamid.FAILED', 'failed');
wait_for { $store->folded() };
is($store->rows('unknown') . $store->rows('outbox'), '01', 'it waits still');
is(message($from)->{state}, 'queued', 'as what it is');
$sender->run();
wait_for { message($from)->{state} eq 'accepted' };
is(scalar(requests($from)), 2, 'and leaves');
is($store->rows('dead'), 0, 'no dead letter');

# by policy: after its time, once

$from = say(1002, { do => 'close', times => 1 });
wait_for { (message($from) // {})->{state} // '' eq 'accepted' };
wait_for { message($from)->{state} eq 'accepted' };
my @posts = requests($from);
is(scalar @posts, 2, 'sent again by policy');
cmp_ok($posts[1]{time} - $posts[0]{time}, '>=', 1, 'not before its time');
is($posts[0]{opaque}, $posts[1]{opaque}, 'as the same message');
like(($store->ctl('trace', message($from)->{id}))[1],
    qr/^event .*, resent, unknown\.resend$/m, 'the audit knows why');

# which has an end

$from = say(1002, { do => 'close' });
wait_for { requests($from) == 2 && unknown($from) };
is((unknown($from))[0]->{unknown}{effect}{resent}, 1, 'once is its limit');
ok(!exists((unknown($from))[0]->{unknown}{resend_ms}), 'now it waits');
is(scalar @{(unknown($from))[0]->{unknown}{effect}{tried}}, 2,
    'with both attempts');

# a status before its time ends it

$from = say(1003, { do => 'close' });
wait_for { unknown($from) };
ok((unknown($from))[0]->{unknown}{resend_ms}, 'it would be sent again');
my $timers = $store->rows('timers');
told($from, 'wamid.SOON', 'sent', 1003);
wait_for { message($from)->{state} eq 'sent' };
is($store->rows('timers'), $timers - 1, 'its timer is gone');
is(scalar(unknown($from)), 0, 'and so is the doubt');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');
is(($store->ctl('replay', "$dir/again"))[0], 0, 'and all of it again');

done_testing();

###############################################################################

# Somebody new says hello while the provider follows this rule.
sub say {
    my ($number, $rule) = @_;
    my $from = sprintf '346000100%02d', $n++;
    $provider->script({ match => $from, %$rule }) if %$rule;
    wa_post(wa_body(wa_change({ messages =>
        [ wa_text("wamid.$from", $from, 'hello') ] }, $number)));
    if (%$rule) {
        wait_for { requests($from) };
        wait_for { $store->folded() && (dead($from) || unknown($from)
            || $rule->{times} || $rule->{do}) };
        wait_for { unknown($from) || requests($from) > 1 }
            if $rule->{do};
    }
    return $from;
}

# What the provider tells of the last message to somebody.
sub told {
    my ($from, $wamid, $status, $number) = @_;
    my ($r) = requests($from);
    wa_post(wa_body(wa_change({ statuses => [ wa_status($wamid, $status,
        $from, biz_opaque_callback_data => $r->{opaque}) ] },
        $number // 1001)));
}

sub requests {
    my ($to) = @_;
    return grep { ($_->{to} // '') =~ /$to/ } $provider->requests();
}

sub accepted { return grep { $_->{id} } requests($_[0]) }

# the last message to somebody
sub message {
    my ($to) = @_;
    return (grep { $_->{address}{value} eq $to } $store->messages('out'))[-1];
}

sub dead { return of($_[0], 'dead') }
sub unknown { return of($_[0], 'unknown') }

sub of {
    my ($to, $what) = @_;
    my $m = message($to) or return;
    return grep { "msg_$_->{$what}{effect}{send_message}{message}"
        eq $m->{id} } $store->all($what);
}

# Several people ask for the same: what each was told.
sub at_once {
    my ($people, @args) = @_;
    my @all = map {
        my $name = "$dir/asked.$_";
        Parley::Process->start("ctl $_", {
            env => { Parley::Nginx::sanitizer_env($dir, 1) } }, sub {
                open STDOUT, '>', $name or die $!;
                exec Parley::Nginx::build_dir() . '/parleyctl', '--store',
                    "$dir/store", '--json', @args or die $!;
            });
    } 1 .. $people;
    $_->ended(120) for @all;
    return map { decode_json(slurp("$dir/asked.$_")) } 1 .. $people;
}

sub sum {
    my ($key, @rows) = @_;
    my $sum = 0;
    $sum += $_->{$key} for @rows;
    return $sum;
}

###############################################################################
