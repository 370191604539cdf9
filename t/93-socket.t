#!/usr/bin/perl

# Tests for the live feed over a WebSocket: the handshake, events, what a
# client may say, tickets, and what it may not do.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Nginx;
use Parley::Socket;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->has('perl:Protocol::WebSocket::Client')
    ->plan(29);

$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%
worker_processes 2;

events {
    worker_connections 256;
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_events heartbeat=500ms;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
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
        location /v1/ { parley_api; }
    }
}

EOC

my $store = Parley::Store->new($t->testdir());
$t->run();
wa_post([ wa_text('wamid.0', '34600000001', 'zero') ]);
wait_for { $store->folded() };
my $key = $store->key(qw/ demo agent /);
wait_for { $store->folded() };

###############################################################################

my $ws = socket_open(key => $key);
is($ws->{status}, 101, 'it is open');
like($ws->{head}, qr/^Sec-WebSocket-Accept: \S{28}\r$/m, 'as a WebSocket');

# where it is, without an event

wait_for { hear($ws); $ws->{position} };
like($ws->{position}, qr/^evt_\d+$/, 'where it is');

# events

wait_for { hear($ws); $ws->{pings} };
say_in('m1', '34600000001', 'text 1');
wait_for { hear($ws); texts($ws) == 1 };
is(join(',', texts($ws)), 'text 1', 'an event');
my ($m) = grep { $_->{type} eq 'message.created' } @{$ws->{heard}};
cmp_ok($ws->{pings}, '>', 0, 'it is asked whether it lives');

# what it says

my $before = contacts($ws);
wish($ws, '{"types":"message.created","after":"evt_0"}');
wait_for { hear($ws); texts($ws) >= 3 };
is(join(',', texts($ws)), 'text 1,zero,text 1', 'it hears from where it said');
say_in('m2', '34600000002', 'of another');
wait_for { hear($ws); texts($ws) == 4 };
is(contacts($ws), $before, 'and no other types');

wish($ws, "{\"conversation\":\"$m->{conversation}{id}\"}");
sleep 0.3;
say_in('m3', '34600000002', 'of another');
say_in('m4', '34600000001', 'text 2');
wait_for { hear($ws); texts($ws) == 5 };
is((texts($ws))[-1], 'text 2', 'and one conversation alone');

for my $bad ('{"types":"nothing"}', '{"key":1}', 'no JSON',
    '{"after":"evt_99999999"}')
{
    my $n = @{$ws->{heard}};
    wish($ws, $bad);
    wait_for { hear($ws); @{$ws->{heard}} > $n };
    is($ws->{heard}[-1]{type}, 'refused', "$bad is refused");
}

frame($ws, ping => 'are you there');
wait_for { hear($ws); $ws->{pong} };
is($ws->{pong}, 'are you there', 'it answers a ping');

# what comes with the request is heard

my $early = socket_open(key => $key, with => Parley::Socket->bytes(
    text => '{"types":"message.created","after":"evt_0"}'));
wait_for { hear($early); texts($early) == 5 };
is(scalar(texts($early)), 5, 'words behind the request are heard');

# it ends

frame($ws, close => pack('n', 1000));
wait_for { hear($ws); $ws->{closed} };
is($ws->{code}, 1000, 'a close is answered');

# what it may not do

is(breaks(sub { frame($_[0], text => 'x' x 5000) }), 1009, 'too much');
is(breaks(sub { frame($_[0], binary => 'x') }), 1003, 'no text');
is(breaks(sub { $_[0]{socket}->syswrite("\x81\x01x") }), 1002,
    'without a mask');
is(breaks(sub { frame($_[0], text => "\xff\xfe") }), 1007, 'no UTF-8');
is(breaks(sub { $_[0]{socket}->syswrite("\xf1\x80\0\0\0\0") }), 1002,
    'reserved bits');

# handshakes that are none

is(socket_open(key => $key, version => 8)->{status}, 426, 'another version');
is(socket_open(key => $key, upgrade => 'h2c')->{status}, 400, 'no upgrade');
is(socket_open(key => $key, method => 'HEAD')->{status}, 400, 'a HEAD');
is(socket_open()->{status}, 401, 'nobody');

# a ticket stands for the caller once

my $ticket = ticket();
like($ticket, qr/^[0-9a-f]{48}$/, 'a ticket');
my $with = socket_open(protocols => "parley.events, ticket.$ticket");
is($with->{status}, 101, 'it opens');
is(socket_open(protocols => "parley.events, ticket.$ticket")->{status}, 401,
    'and is gone then');

# a worker that is to exit ends it

wait_for { hear($with); $with->{position} };
$t->reload();
wait_for { hear($with); $with->{closed} };
is($with->{code}, 1012, 'a restart is told');

# and who has heard nothing yet comes back to what it missed

say_in('m5', '34600000001', 'while it was away');
my $back = socket_open(key => $key,
    query => "types=message.created&after=$with->{position}");
say_in('m6', '34600000001', 'and after');
wait_for { hear($back); texts($back) >= 2 };
is(join(',', texts($back)), 'while it was away,and after',
    'it comes back to all that it missed');

###############################################################################

sub socket_open { Parley::Socket->new(port => port(8080), @_) }
sub hear { $_[0]->hear() }
sub frame { my $ws = shift; $ws->frame(@_) }

sub texts { $_[0]->texts() }

sub contacts {
    my ($ws) = @_;
    return scalar grep { $_->{type} eq 'contact.updated' } @{$ws->{heard}};
}

sub wish { frame($_[0], text => $_[1]) }

# The code that it is closed with for what it does.
sub breaks {
    my ($does) = @_;
    my $ws = socket_open(key => $key);
    $does->($ws);
    wait_for { hear($ws); $ws->{closed} };
    return $ws->{code};
}

sub ticket {
    my $answer = http("POST /v1/events/ticket HTTP/1.0\r\nHost: localhost\r\n"
        . "Authorization: Bearer $key\r\nContent-Length: 0\r\n\r\n");
    return decode_json($answer =~ s/^.*?\r\n\r\n//sr)->{ticket};
}

sub say_in {
    my ($id, $from, $text) = @_;
    wa_post([ wa_text("wamid.$id", $from, $text) ]);
}
