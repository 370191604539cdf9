#!/usr/bin/perl

# Tests for the proof that nothing accepted is lost, beside a real nginx and
# sender: messages, repeats, what cannot be read, statuses and requests are
# all found; and its hash can be made by other means.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ sha256_hex /;
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

my $t = Parley::Nginx->new()->plan(16);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'CONF');

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

CONF

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();

###############################################################################

# 20 messages, 5 of them twice, each answered; what cannot be read; a request

my @bodies = map { wa_body(wa_change({ messages => [
    wa_text("wamid.A$_", '346000000' . (10 + $_), "hello $_ \x{e9}") ] })) }
    1 .. 20;
wa_post($_) for @bodies, @bodies[0 .. 4];
wa_post('no JSON at all');
wa_post(wa_body(wa_change({ messages => [ { from => 17 } ] }),
    wa_change({ messages => [ wa_text('wamid.Z', '34600000010', 'x') ] },
        '999')));
wait_for { $store->folded() && $provider->requests() == 20
    && $store->rows('attempts') == 0 };
$store->ctl('send', 'demo', 'main', '34600000011', '--text', 'and more');
wait_for { $provider->requests() == 21 && $store->rows('attempts') == 0 };

# statuses: three of each send, one of them twice; and one of somebody else's

my @sent = $provider->accepted();
wa_post(wa_body(wa_change({ statuses => [ map { my $s = $_; map {
    wa_status($s->{id}, $_, $s->{to},
        biz_opaque_callback_data => $s->{opaque}) }
    qw/ sent delivered read read / } @sent ] })));
wa_post(wa_body(wa_change({ statuses => [
    wa_status('wamid.ELSE', 'sent', '34600000099') ] })));
wait_for { $store->folded() };

my ($status, $out, $err) = $store->ctl('audit', '--json');
is($status, 0, 'nothing is missing') or diag($out . $err);
my $row = decode_json($out);
is($row->{stored}, 20, 'messages');
is($row->{duplicate}, 5, 'that came again');
is($row->{quarantined}, 3, 'what cannot be read, or is nobody\'s');
is($row->{applied}, 84, 'statuses');
is($row->{parked}, 1, 'of somebody else');
is($row->{answered}, 1, 'a request');
is($row->{waiting}, 0, 'all is folded');
is((split /\n/, ($store->ctl('audit'))[1])[-1], "sha256     $row->{sha256}",
    'the same hash again');

# the hash by other means: lines of the journal's rows, and bodies that we
# sent ourselves

my @rows = $store->all('journal', '--raw');
my $lines = join '', map { join(' ', $_->{entry}, $_->{time_ms}, $_->{kind},
    $_->{provider} // '-', $_->{location} // '-', $_->{bytes}, $_->{sha256})
    . "\n" } grep { $_->{entry} <= $row->{last} } @rows;
is(sha256_hex($lines), $row->{sha256}, 'its recipe gives the same');
my %known = map { sha256_hex($_) => 1 } @bodies;
my @mine = grep { $known{$_->{sha256}} } @rows;
is(scalar @mine, 25, 'a body\'s digest is that of its bytes');

# and by time

my ($from, $to) = map { iso($_->{time_ms}) } @rows[5, 10];
my ($part) = $store->json('audit', '--from', $from, '--to', $to);
is(join(' ', $part->{first}, $part->{last}), join(' ',
    (grep { $_->{time_ms} >= $rows[5]{time_ms} } @rows)[0]{entry},
    (grep { $_->{time_ms} < $rows[10]{time_ms} } @rows)[-1]{entry}),
    'a part by times');
unlike(($store->ctl('audit'))[1], qr/34600000/, 'nobody is named');

# the same entries by today's decoders

($status, $out) = $store->ctl('--json', 'replay', '--match', "$dir/again");
is($status, 0, 'they would become the same today') or diag($out);
$row = decode_json($out);
is($row->{different}, 0, 'no difference');
cmp_ok($row->{same}, '>=', 114, 'of any');

$sender->stop();
$t->stop();

###############################################################################

sub iso {
    my ($ms) = @_;
    my @t = gmtime $ms / 1000;
    return sprintf '%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', $t[5] + 1900,
        $t[4] + 1, @t[3, 2, 1, 0], $ms % 1000;
}

###############################################################################
