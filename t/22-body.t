#!/usr/bin/perl

# Tests for large bodies: Meta's limit of 3 MiB exactly, however nginx
# received it, and one byte more.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Store;
use Parley::WhatsApp;

use constant MAX => 3145728;

###############################################################################

my $t = Parley::Nginx->new()->plan(17);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store;

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
        location = /buffer {
            parley_webhook whatsapp;
            client_body_buffer_size 4m;
        }
        location = /file {
            parley_webhook whatsapp;
            client_body_in_file_only clean;
        }
        location = /small {
            parley_webhook  whatsapp;
            parley_body_max 1k;
        }
    }
}

EOF

$t->run();
my $store = Parley::Store->new($t->testdir());
my @sent;

###############################################################################

# Each way that a body can come has messages of its own.

like(http_end(http_start(request('/webhooks/whatsapp', large('A')))),
    qr/ 200 /, 'default buffers: a temporary file');
like(in_pieces(request('/buffer', large('B')), 0), qr/ 200 /, 'one buffer');
like(in_pieces(request('/buffer', large('C')), 500), qr/ 200 /,
    'two buffers: one was read with the header');
like(http(chunked('/buffer', large('D'), 8000)), qr/ 200 /,
    'many buffers: chunks');
like(http(chunked('/webhooks/whatsapp', large('E'), 100000)), qr/ 200 /,
    'chunks and a temporary file');
like(http(request('/file', large('F'))), qr/ 200 /, 'file only');

# one byte more

my @good = @sent;
my $over = large('X') . ' ';
@sent = @good;
is(length $over, MAX + 1, 'one byte more');
like(http(request('/webhooks/whatsapp', $over)), qr/ 413 /, 'is refused');
like(http(request('/buffer', $over)), qr/ 413 /, 'in a buffer');
like(http(chunked('/buffer', $over, 8000)), qr/ 413 /, 'in chunks');
like(http(request('/small', 'x' x 1024)), qr/ 200 /, 'own limit');
like(http(request('/small', 'x' x 1025)), qr/ 413 /, 'past own limit');
like(http_get('/webhooks/whatsapp'), qr/ 403 /, 'goes on');

# every message, in order, once

wait_for { $store->folded() } 300;
my @stored = $store->provider_ids('in');
cmp_ok(scalar @sent, '>', 6 * 10000, 'thousands of messages');
is(scalar @stored, scalar @sent, 'all are stored');
is(join("\n", @stored) eq join("\n", @sent), 1, 'in order and once');
is($store->rows('quarantine'), 1, 'what was no JSON is kept');

###############################################################################

# A body of exactly 3 MiB, full of messages.
sub large {
    my ($letter) = @_;
    my $head = '{"object":"whatsapp_business_account","entry":[{"id":"1",'
        . '"changes":[{"field":"messages","value":{"messaging_product":'
        . '"whatsapp","metadata":{"phone_number_id":"106540352242922"},'
        . '"messages":[';
    my ($tail, $now, $n, @messages) = (']}}]}]}', time(), 0);

    my $message = sub {
        my ($n, $text) = @_;
        my $id = sprintf 'wamid.%s%05d', $letter, $n;
        push @sent, $id;
        return sprintf '{"from":"346%08d","id":"%s","timestamp":"%d",'
            . '"type":"text","text":{"body":"%s"}}', $n % 500, $id, $now,
            $text;
    };

    my $room = MAX - length($head) - length($tail);
    my $size = length($message->(0, 'message text')) + 1;
    pop @sent;
    for ($n = 0; ($n + 2) * $size <= $room; $n++) {
        push @messages, $message->($n, 'message text');
    }
    # the last one fills the room
    push @messages, $message->($n, 'x' x (
        $room - $n * $size - $size + 1 + length 'message text'));

    my $body = $head . join(',', @messages) . $tail;
    die 'length ' . length $body if length $body != MAX;
    return $body;
}

sub request {
    my ($path, $body) = @_;
    return "POST $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        . 'X-Hub-Signature-256: ' . wa_sign($body) . "\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

sub chunked {
    my ($path, $body, $size) = @_;
    my $out = "POST $path HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nTransfer-Encoding: chunked\r\n"
        . 'X-Hub-Signature-256: ' . wa_sign($body) . "\r\n\r\n";
    for (my $i = 0; $i < length $body; $i += $size) {
        my $piece = substr $body, $i, $size;
        $out .= sprintf "%x\r\n%s\r\n", length $piece, $piece;
    }
    return "${out}0\r\n\r\n";
}

# The header with so many bytes of the body, and the rest later: waiting is
# what makes nginx read the header alone, but no answer depends on it.
sub in_pieces {
    my ($request, $bytes) = @_;
    my $first = index($request, "\r\n\r\n") + 4 + $bytes;
    my $s = http_start(substr $request, 0, $first);
    select undef, undef, undef, 0.2;
    my $sent = $first;
    while ($sent < length $request) {
        $sent += syswrite($s, $request, 1 << 20, $sent) // last;
    }
    return http_end($s);
}

###############################################################################
