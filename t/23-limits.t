#!/usr/bin/perl

# Tests for the append queue: what does not fit is refused at once and can
# be tried again, and nothing that was answered 200 is missing.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->has('bin:strace')->plan(15);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store        %%TESTDIR%%/store;
    parley_append_queue entries=4 bytes=3m;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
    }

    server {
        listen 127.0.0.1:8080;

        parley_app_secret_file secrets/app.secret;
        parley_verify_token    token;

        location = /webhooks/whatsapp {
            parley_webhook whatsapp;
        }
        location = /later {
            parley_webhook     whatsapp;
            parley_retry_after 7;
        }
        location / {
            return 204;
        }
    }
}

EOF

# Every commit takes a second longer, so that a queue forms behind the first.
$t->{wrapper} = [ qw[ strace -f -q -o /dev/null -e trace=fdatasync
    -e inject=fdatasync:delay_enter=1000000 ] ];
$t->run();
my $store = Parley::Store->new($t->testdir());
like(wa_post([ wa_text('wamid.FIRST', '34600000001', 'x') ]), qr/ 200 /,
    'one');
wait_for { $store->folded() };

###############################################################################

# One goes into the transaction that is under way, others wait: as many as
# fit. How many those are depends on when they come; so all that is told
# here is told of the answers that were given.

my %answers = burst(20, 100, '/webhooks/whatsapp');
cmp_ok(count(\%answers, 200), '>=', 4, 'as many as fit are taken');
cmp_ok(count(\%answers, 503), '>', 0, 'others are refused');
is(count(\%answers, 200) + count(\%answers, 503), 20, 'none fails otherwise');
like((grep { / 503 / } values %answers)[0], qr/^Retry-After: \d+\r/m,
    'and told to come back');
stored(\%answers, 'by entries');

# by bytes: two of these fit, and never more, whatever the entries

%answers = burst(4, 1300000, '/later');
cmp_ok(count(\%answers, 200), '>=', 2, 'as many bytes as fit');
cmp_ok(count(\%answers, 503), '>', 0, 'others are refused');
like((grep { / 503 / } values %answers)[0], qr/^Retry-After: 7\r/m,
    'own retry after');
stored(\%answers, 'by bytes');

# a body that fills the whole queue gets through when it is alone

my $large = [ wa_text('wamid.LARGE', '34600000001', 'x', padding(3000000)) ];
my $answer = wait_for {
    my $a = wa_post($large);
    $a =~ / 503 / ? undef : $a;
};
like($answer, qr/ 200 /, 'as large as the queue');
like(http_get('/'), qr/ 204 /, 'others are not touched');
like(wa_post([ wa_text('wamid.LAST', '34600000001', 'x') ]), qr/ 200 /,
    'service goes on');
wait_for { $store->folded() };
is(($store->provider_ids('in'))[-1], 'wamid.LAST', 'all is stored');

###############################################################################

# n requests at once; answers by their message's id
sub burst {
    my ($n, $bytes, $path) = @_;
    our $burst++;
    my %sockets;
    for (1 .. $n) {
        my $id = sprintf 'wamid.%d-%03d', $burst, $_;
        my $body = wa_body(wa_change({ messages =>
            [ wa_text($id, '34600000001', 'x', padding($bytes)) ] }));
        $sockets{$id} = http_start("POST $path HTTP/1.0\r\n"
            . 'X-Hub-Signature-256: ' . wa_sign($body) . "\r\n"
            . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
    }
    return map { $_ => http_end($sockets{$_}) } sort keys %sockets;
}

# keys that nobody reads
sub padding {
    my ($bytes) = @_;
    return (padding => [ ('x' x 60000) x ($bytes / 60000) ]);
}

sub count {
    my ($answers, $code) = @_;
    return scalar grep { / $code / } values %$answers;
}

sub stored {
    my ($answers, $name) = @_;
    wait_for { $store->folded() };
    my %stored = map { $_ => 1 } $store->provider_ids('in');
    my @taken = grep { $answers->{$_} =~ / 200 / } sort keys %$answers;
    my @refused = grep { $answers->{$_} =~ / 503 / } sort keys %$answers;
    is(join(' ', grep { !$stored{$_} } @taken), '', "$name: none is missing");
    is(join(' ', grep { $stored{$_} } @refused), '', "$name: none too many")
        if $name eq 'by entries';
}

###############################################################################
