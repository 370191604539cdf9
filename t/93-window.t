#!/usr/bin/perl

# Tests for the window of a WebSocket: so many events beyond those that it
# has acknowledged, and what an acknowledgement may say.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

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
worker_processes 1;

events {
    worker_connections 256;
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_events heartbeat=100ms slow=500ms;

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
my $said = 0;

###############################################################################

# no more than its window

my $free = ws('types=message.created');
my $ws = ws('types=message.created&window=2');
say_in(6);
wait_for { $free->hear(); $free->texts() == 6 };
idle($ws);
is(join(',', $ws->texts()), '1,2', 'it is told as many as its window');
idle($ws, 8);
ok(!$ws->{closed}, 'who is held is not closed for being slow');

# an acknowledgement moves it on

my @ids = $ws->ids();
ack($ws, $ids[0]);
wait_for { $ws->hear(); $ws->texts() == 3 };
idle($ws);
is(join(',', $ws->texts()), '1,2,3', 'one is acknowledged, and one told');

ack($ws, $ids[0]);
idle($ws);
is(scalar($ws->texts()), 3, 'the same again is nothing');

ack($ws, ($ws->ids())[-1]);
wait_for { $ws->hear(); $ws->texts() == 5 };
idle($ws);
is(join(',', $ws->texts()), '1,2,3,4,5', 'one stands for all before it');

for (1 .. 3) {
    ack($ws, ($ws->ids())[-1]);
    idle($ws);
}
is(join(',', $ws->texts()), '1,2,3,4,5,6', 'each of them once, in order');
is(scalar(refusals($ws)), 0, 'nothing was refused');

say_in(4);
wait_for { $ws->hear(); $ws->texts() == 8 };
ack($ws, ($ws->ids())[-1]);
wait_for { $ws->hear(); $ws->texts() == 10 };
is(join(',', $ws->texts()), join(',', 1 .. 10), 'and those that come later');

# many of them, as fast as they can be said

my $ack = '{"ack":"' . ($ws->ids())[-1] . '"}';
$ws->raw(join '', map { Parley::Socket->bytes(text => $ack) } 1 .. 5000);
$ws->frame(ping => 'behind them');
wait_for { $ws->hear(); ($ws->{pong} // '') eq 'behind them' };
is($ws->{pong}, 'behind them', 'each of them is heard');
say_in(3);
wait_for { $ws->hear(); $ws->texts() == 12 };
ok(!$ws->{closed}, 'acknowledgements need not wait for one another');
is(scalar(refusals($ws)), 0, 'nor are they refused');

# what it may not say

for my $bad ('{"ack":"evt_99999999"}', '{"ack":"93"}', '{"ack":93}',
    '{"ack":"evt_1","window":3}', '{"window":257}')
{
    my $n = refusals($ws);
    $ws->say($bad);
    wait_for { $ws->hear(); refusals($ws) > $n || $ws->{closed} };
    is(scalar(refusals($ws)), $n + 1, "$bad is refused");
}
is(scalar($ws->texts()), 12, 'and moves nothing');

my $last = ($ws->ids())[-2];
$ws->say(sprintf '%-64s', "{\"ack\":\"$last\"}");
wait_for { $ws->hear(); $ws->texts() == 13 };
is(scalar($ws->texts()), 13, 'an acknowledgement of 64 bytes');
$ws->say(sprintf '%-65s', "{\"ack\":\"$last\"}");
wait_for { $ws->hear(); refusals($ws) == 6 };
is(scalar(refusals($ws)), 6, 'and a longer one');
say_in(1);

# it is changed, and lifted; words are heard while it is held

$ws->say('{"types":"message.created","window":1}');
ack($ws, ($ws->ids())[-2]);
idle($ws);
is(scalar($ws->texts()), 13, 'a smaller one counts what is out');
$ws->say('{"types":"message.created","window":0}');
wait_for { $ws->hear(); $ws->texts() == 14 };
is(scalar($ws->texts()), 14, 'without one it is told all');

$ws->say('{"types":"message.created","window":3,"after":"evt_0"}');
wait_for { $ws->hear(); $ws->texts() == 17 };
idle($ws);
is(join(',', ($ws->texts())[14 .. 16]), 'zero,1,2',
    'told again, they are counted again');
$ws->say('{"types":"contact","window":3}');
$ws->say('{"ack":"' . ($ws->ids())[-1] . '"}');
wait_for { idle($ws); 1 };
is(scalar(grep { $_->{type} =~ /^message/ && $_->{message}{text} eq '3' }
    @{$ws->{heard}}), 1, 'what is held is filtered by the new words');

# at the limit, and past it

my $most = ws('types=message&window=256');
is($most->{status}, 101, 'the largest window');
say_in(257);
wait_for { $most->hear(); (grep { /^\d+$/ } $most->texts()) >= 256 };
idle($most);
is(scalar($most->texts()), 256, 'holds so many');
ack($most, ($most->ids())[-1]);
wait_for { $most->hear(); $most->texts() == 257 };
is(scalar($most->texts()), 257, 'and goes on');
is(ws('window=257')->{status}, 400, 'a larger one is refused');
like(http("GET /v1/events?window=1 HTTP/1.0\r\nHost: localhost\r\n"
    . "Authorization: Bearer $key\r\n\r\n"), qr/ 400 .*window/s,
    'and so is one of a stream');

# it comes again from what it acknowledged

my $from = ($most->ids())[9];
$most->close();
my $again = ws("types=message.created&window=4&after=$from");
wait_for { $again->hear(); $again->texts() == 4 };
is(($again->texts())[0], ($most->texts())[10],
    'what was not acknowledged is told again');

###############################################################################

sub ws {
    my ($query) = @_;
    my $ws = Parley::Socket->new(port => port(8080), key => $key,
        query => $query);
    wait_for { $ws->hear(); $ws->{position} || $ws->{heard}[0] }
        if $ws->{status} == 101;
    return $ws;
}

sub ack { $_[0]->say("{\"ack\":\"$_[1]\"}") }

# Until it was asked n times whether it lives: nothing else came.
sub idle {
    my ($ws, $n) = @_;
    my $pings = $ws->{pings} + ($n // 2);
    wait_for { $ws->hear(); $ws->{pings} >= $pings };
}

sub refusals { grep { $_->{type} eq 'refused' } @{$_[0]->{heard}} }

sub say_in {
    my ($n) = @_;
    wa_post([ map { ++$said; wa_text("wamid.$said", '34600000001', $said) }
        1 .. $n ]);
}
