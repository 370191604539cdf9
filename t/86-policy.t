#!/usr/bin/perl

# Tests for policy, with a real sender and provider: what parleyctl can-send
# says of a message is what then becomes of it, by day and by night, for each
# rule that a tenant can set; and what was put off leaves in its time, once.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use POSIX ();
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Clock;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->has('bin:cc')->plan(72);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_journal_keep 30d;

    parley_tenant demo {
        time_zone   Europe/Berlin;
        quiet_hours 23:00-07:00;
        quiet       utility shift;
        quiet       service drop;
        cap         nudge 2 per 7d contact;
        cap         marketing 1 per month tenant block;
        forbid_file forbidden;
        forbid_file personal group;

        channel main whatsapp {
            phone_number_id 106540352242922;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }

        channel shop whatsapp {
            phone_number_id 106540352242923;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            quiet_hours     off;
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

$t->write_file('forbidden', "# what a bot must not say\n"
    . "cure: \\b(heilt|cures?)\\b\n");
$t->write_file('personal', "phone: [0-9]{6,}\n");
$t->write_file('flows/greeting.json', '{"flow": "greeting", "triggers": '
    . '[{"keywords": ["hello"], "step": "a"}], '
    . '"steps": {"a": {"say": {"text": "Hello!"}}}}');

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $clock = Parley::Clock->new($dir);

# noon of the next day in Berlin, which is 10:00 or 11:00 UTC

use constant DAY => 86400;
$clock->turn(DAY - ($clock->now() / 1000) % DAY + 10 * 3600 + 1800);

my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();
wait_for { $store->rows('zones') > 100 && $store->folded() };

my ($n, $at) = (0, 0);
my ($known, $other) = ('34600000001', '34600000002');

###############################################################################

# by day, to who has written

hears($known, 'hello');
wait_for { sent($known) == 1 };
agrees($known, 'send', undef, 'a text by day', '--text', 'one');
wait_for { sent($known) == 2 };

my ($said) = can($known, '--channel', 'shop', '--text', 'one');
is($said->{cheapest}, 'channel', 'the cheapest form is another channel');
is($said->{channel}, 'main', 'whose window is open');

# what must not be said, to people and to groups

agrees($known, 'block', 'content.cure', 'a forbidden pattern', '--text',
    'This CURES all');
my ($dead) = $store->all('dead');
is($dead->{dead}{rule}, 'content.cure', 'waits for a person');
like($dead->{dead}{reason}, qr/forbidden pattern/, 'who reads why');
agrees($known, 'send', undef, 'what groups are not told', '--text',
    '5551234');
wait_for { sent($known) == 3 };

# the window, and the form for a closed one

agrees($other, 'block', 'window.closed', 'a text to who has not written',
    '--text', 'one');
$said = agrees($other, 'send', undef, 'with a template for a closed window',
    '--text', 'one', '--otherwise-template', 'hello',
    '--otherwise-language', 'en_US');
ok($said->{replaced}, 'it goes as that');
is($said->{template}, 'hello/en_US', 'which is said');
wait_for { sent($other) == 1 };
my ($request) = grep { $_->{to} =~ /$other/ } $provider->requests();
is(decode_json($request->{body})->{template}{name}, 'hello',
    'and is what the provider got');
my ($message) = grep { $_->{address}{value} eq $other
    && $_->{state} ne 'failed' } $store->messages('out');
like(($store->ctl('trace', $message->{id}))[1],
    qr/^event .* replaced, window\.closed, hello$/m, 'the story says so');

# consent

agrees($known, 'block', 'consent.missing', 'an advert to who was not asked',
    '--text', 'buy', '--category', 'marketing');
like(last_said(), qr/no consent of the contact is on record/,
    'the missing proof is named');
agrees($known, 'block', 'consent.missing', 'as is a campaign', '--text',
    'buy', '--campaign', 7);

# caps: the answer to "hello" is no nudge; two texts were

my @hello = ('--otherwise-template', 'hello', '--otherwise-language',
    'en_US');
$said = agrees($known, 'defer', 'cap.reached', 'a third nudge', '--text',
    'three', @hello);
my $week = $said->{until_ms} - $clock->now();
ok($week > 6.9 * DAY * 1000 && $week < 7 * DAY * 1000,
    'waits until the first is a week old');
is($said->{earliest_ms}, $said->{until_ms}, 'which is the earliest');
is($said->{cheapest}, 'later', 'and the cheapest');
($said) = can($known, '--text', 'three');
ok(!$said->{earliest_ms}, 'without the other form there is none: the window '
    . 'is over by then');
($said) = can($known, '--text', 'four', '--author', 'person');
ok($said->{allowed}, 'a person at a desk nudges nobody');

# the night

$clock->turn(DAY - ($clock->now() / 1000) % DAY + 22 * 3600 + 60);
hears($other, 'hello');
wait_for { sent($other) == 2 };
pass('who writes at night is answered');
$said = agrees($other, 'defer', 'quiet.hours', 'a text at night', '--text',
    'good morning');
my $morning = $said->{until_ms};
is($morning % 1000, 0, 'until a whole second');
is(local_time($morning), '07:00:00', 'at seven in Berlin');
is($said->{earliest_ms}, $morning, 'which is the earliest');
agrees($other, 'block', 'quiet.hours', 'what is dropped at night', '--text',
    'hi', '--category', 'service');
$said = agrees($other, 'block', 'expired', 'a reminder of what is past then',
    '--text', 'soon', '--expires', '+1h');
like($said->{reason}, qr/^quiet\.hours until \S+Z, too late then$/,
    'names what it would wait for');
($said) = can($other, '--channel', 'shop', '--template', 'hello',
    '--language', 'en_US');
ok($said->{allowed}, 'a channel without quiet hours has none');
($said) = can($other, '--text', 'x', '--at', iso($morning));
ok($said->{allowed}, 'at seven it may leave');
($said) = can($other, '--text', 'x', '--at', iso($morning - 1));
is($said->{rule}, 'quiet.hours', 'and a millisecond earlier not');

is(sent($other), 2, 'nothing has left');
$clock->turn(($morning - $clock->now()) / 1000 + 1);
wait_for { sent($other) == 3 };
is(join(' ', map { decode_json($_->{body})->{text}{body} // 'template' }
    grep { $_->{to} =~ /$other/ } $provider->accepted()),
    'template Hello! good morning', 'in the morning it leaves, once');

# what is marketing by its lane, and what its other form is for

($said) = can($known, '--text', 'x', '--lane', 'campaign');
is($said->{category}, 'marketing', 'a campaign by its lane');
is(($store->ctl('can-send', 'demo', $known, '--lane', 'fast'))[0], 2,
    'no lane');
($said) = can($other, '--text', 'x', '--category', 'utility,marketing', @hello);
is($said->{category}, 'utility', 'its own category');
for my $words ('utility,marketing', 'utility,', 'utility,much') {
    is(($store->ctl('can-send', 'demo', $known, '--text', 'x',
        '--category', $words))[0], 2, "$words: a mistake");
}

# a flow's templates are held against what the provider lists: here nothing

$t->write_file('flow.json', '{"flow":"l","default":"a","steps":{"a":{"say":'
    . '{"template":{"name":"goodbye","language":"en_US"}}}}}');
my ($missing, @why) = $store->ctl('flow', 'check', "$dir/flow.json");
is($missing, 1, 'with --store: a template that is not listed');
like("@why", qr/goodbye/, 'is named');

# in words

my ($status, $out) = $store->ctl('can-send', 'demo', '34600000009');
is($status, 1, 'nobody has heard of this one');
is($out =~ s/ at \S+Z//r, "no, as utility\n"
    . "    block      window.closed: policy\n    earliest   never\n"
    . "    cheapest   none\n", 'said in words');
($status, $out) = $store->ctl('can-send', 'demo', $known, '--text', 'a',
    '--template', 'b');
is($status, 2, 'a mistake of the command line');

# what stands is sound, and comes from the journal

my @events = map { $_->{audit}{kind} . ' ' . ($_->{audit}{rule} // '') }
    $store->all(qw/ events demo /);
is(scalar(grep { $_ eq 'deferred quiet.hours' } @events), 1,
    'a deferral is one event');
is($sender->stop(), 0, 'sender ends');
$t->stop();
is(($store->ctl('check'))[0], 0, 'nothing inconsistent')
    or diag(($store->ctl('check'))[1]);
my ($replayed, @told) = $store->ctl('replay', "$dir/replay");
is($replayed, 0, 'replay gives the same') or diag(@told);

###############################################################################

# a person writes, by the clock of the test
sub hears {
    my ($from, $text) = @_;
    wa_post([ wa_text('wamid.in' . ++$n, $from, $text,
        timestamp => '' . int($clock->now() / 1000)) ]);
    wait_for { $store->folded() };
}

sub can {
    my ($to, @terms) = @_;
    my (undef, $out, $err) = $store->ctl('--json', 'can-send', 'demo', $to,
        @terms);
    diag($err) if $err ne '';
    return decode_json($out);
}

my $last;
sub last_said { $last->{reason} }

# asks what would become of it, and sends it
sub agrees {
    my ($to, $decision, $rule, $name, @terms) = @_;
    my ($said) = can($to, @terms);
    is($said->{decision}, $decision, "$name: $decision");
    is($said->{rule}, $rule, "$name: by its rule");

    my (undef, $out, $err) = $store->ctl('--json', 'send', 'demo', 'main',
        $to, '--author', 'program', @terms);
    diag($err) if $err ne '';
    my $row = $last = decode_json($out);
    my %verdicts = (send => 'queued', defer => 'scheduled',
        block => 'refused');
    is(join(' ', $row->{verdict}, $row->{rule} // '', $row->{at_ms} // ''),
        join(' ', $verdicts{$decision}, $rule // '', $said->{until_ms} // ''),
        "$name: and so it is");
    return $said;
}

sub sent {
    my ($to) = @_;
    return scalar grep { $_->{to} =~ /$to/ } $provider->accepted();
}

sub local_time {
    my ($ms) = @_;
    local $ENV{TZ} = 'Europe/Berlin';
    POSIX::tzset();
    return POSIX::strftime('%H:%M:%S', localtime int($ms / 1000));
}

sub iso {
    my ($ms) = @_;
    return POSIX::strftime('%Y-%m-%dT%H:%M:%S', gmtime int($ms / 1000))
        . sprintf('.%03dZ', $ms % 1000);
}

###############################################################################
