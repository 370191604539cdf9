#!/usr/bin/perl

# Tests for lanes and channels beside a great backlog: 100,000 messages of a
# campaign wait on one channel, and neither a reply on that channel nor
# another tenant's only message waits for them. What bounds a wait is counted
# in the campaign's own messages that go before, since they go at the
# channel's rate whatever the machine is like. Also: send batch.

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

use constant { BULK => 100_000, RATE => 80 };

###############################################################################

my $t = Parley::Nginx->new()->plan(27);
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
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            80;
        }
        flow greeting flows/greeting.json;
    }

    parley_tenant acme {
        channel main whatsapp {
            phone_number_id 106540352242923;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            80;
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

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir)->run();
$t->run();
wait_for { $store->rows('zones') > 0 && $store->folded() };

###############################################################################

# what is wrong is told with its place, before anything is asked for

my $good = '{"to": "+34600000001", "text": "hi"}';
my $bytes = $store->status()->{next};

for (
    [ 'no JSON', "$good\n{\"to\": \n", qr/:2:\d+: / ],
    [ 'no recipient', "$good\n\n{\"text\": \"hi\"}\n", qr/:3:\d+: to: / ],
    [ 'an empty recipient', "{\"to\": \"\", \"text\": \"hi\"}\n", qr/:1:/ ],
    [ 'nothing to say', "{\"to\": \"+34600000001\"}\n", qr/:1:.*"content"/ ],
    [ 'two things to say', '{"to": "1", "text": "a", "content": '
        . '{"type": "text", "text": {"body": "b"}}}', qr/:1:.*"content"/ ],
    [ 'an unknown key', "{\"too\": \"+34600000001\"}\n", qr/:1:\d+: / ],
    [ 'an unknown lane', '{"to": "1", "text": "a", "lane": "fast"}',
        qr/:1:\d+: lane: / ],
    [ 'no time', '{"to": "1", "text": "a", "expires": "soon"}',
        qr/:1:\d+:.*expires/ ],
    [ 'a line that is too long', '{"to": "' . '1' x 70_000 . '"}',
        qr/:1:.*65536 bytes/ ],
    )
{
    my ($name, $lines, $says) = @$_;
    $t->write_file('lines', $lines);
    my ($status, $out, $err) = $store->ctl(qw/ send batch demo main /,
        "$dir/lines");
    ok($status == 1 && $err =~ $says, $name) or diag($status, $out, $err);
}

is($store->status()->{next}, $bytes, 'and nothing was asked for');
is(($store->ctl(qw/ send batch demo main /, "$dir/none"))[0], 1, 'no file');

# what is refused is told by its line

$t->write_file('lines', join "\n", promo('34600000001', 'hi', 'k1'), $good);
my ($status, $out, $err) = $store->ctl(qw/ send batch demo main /,
    "$dir/lines");
is($status, 1, 'some are refused');
like($out, qr/^2 messages: 1 queued, 1 refused, 0 /, 'and counted');
like($err, qr/lines:2: refused: window\.closed/, 'by line and rule');

my ($event) = $store->json(qw/ events demo --limit 1 /);
is("$event->{audit}{kind} $event->{audit}{rule}", 'blocked window.closed',
    'the newest event');
my @events = map { $_->{event} }
    grep { ($_->{tenant} // '') eq 'demo' } $store->all('events');
is(join(' ', @events), join(' ', map { $_->{event} }
    $store->all(qw/ events demo /)), 'those of a tenant among all');
is(join(' ', @events), join(' ', sort { $b <=> $a } @events), 'newest first');

# a key is one request, however often

wait_for { to('34600000001') };
my ($row) = $store->json(qw/ send batch demo main /, file(
    promo('34600000001', 'hi', 'k1'), promo('34600000002', 'hi', 'k2')));
is($row->{queued}, 2, 'sent again');
wait_for { to('34600000002') };
is(scalar(to('34600000001')), 1, 'and is there once');

###############################################################################

# a campaign, and a reply on its channel

($row) = $store->json(qw/ send batch demo main /,
    file(map { promo("346100$_", 'bulk') } 100_000 .. 100_000 + BULK - 1));
is($row->{queued}, BULK, 'a campaign is queued');
wait_for { to('346100') > RATE };

like(wa_post([ wa_text('wamid.H', '34600000009', 'hello') ]), qr/ 200 /,
    'hello');
my $before = to('346100');
wait_for { to('34600000009') };
my $passed = to('346100', '34600000009') - $before;
cmp_ok($passed, '<', 2 * RATE, 'a reply overtakes it');
note("$passed of the campaign went before the reply");

# and another tenant's only message

$before = to('346100');
is(($store->ctl(qw/ send batch acme main /,
    file(promo('34600000008', 'one'))))[0], 0, 'one message of another');
wait_for { to('34600000008') };
$passed = to('346100', '34600000008') - $before;
cmp_ok($passed, '<', 2 * RATE, 'it does not wait for the campaign');
note("$passed of the campaign went meanwhile");

is($sender->stop(), 0, 'sender ends');

# nothing went twice

my %seen;
$seen{$_->{to}}++ for $provider->accepted();
is(join(' ', grep { $seen{$_} > 1 } keys %seen), '', 'none twice');
is($store->rows('unknown') + $store->rows('attempts'), 0,
    'and none is unknown');

###############################################################################

# a line that sends a template
sub promo {
    my ($to, $value, $key) = @_;
    return sprintf '{"to": "%s", "lane": "campaign", "category": '
        . '"utility", "content": {"type": "template", "template": {"name": '
        . '"promo", "language": "en", "body": [{"text": "%s"}]}}%s}',
        $to, $value, $key ? ", \"key\": \"$key\"" : '';
}

sub file {
    $t->write_file('lines', join("\n", @_) . "\n");
    return "$dir/lines";
}

# what the provider took for those that begin so, up to the first of another
sub to {
    my ($to, $until) = @_;
    my @got;
    for my $r ($provider->accepted()) {
        last if $until && $r->{to} =~ /^\+?$until/;
        push @got, $r if $r->{to} =~ /^\+?$to/;
    }
    return @got;
}

###############################################################################
