#!/usr/bin/perl

# Tests for traceparent: taken with a webhook or a request, kept on entry and
# messages, shown, logged, and passed on only where the channel says so.

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

my $t = Parley::Nginx->new()->plan(29);
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
        }
        channel traced whatsapp {
            phone_number_id 106540352242923;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081/api;
            traceparent     on;
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

my ($id, $span) = ('0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331');
my $trace = "00-$id-$span-01";

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir, '--send-log', "$dir/sends.log")
    ->run();

###############################################################################

# one message with a trace, on a channel that passes it on

say('34600000001', '106540352242923', { traceparent => $trace });
my ($in, $out) = both('34600000001');
is($in->{traceparent}, $trace, 'what came in has it as it was');
like($out->{traceparent}, qr/^00-$id-[0-9a-f]{16}-01$/,
    'the answer is of the same trace');
unlike($out->{traceparent}, qr/$span|-0{16}-/, 'and a span of its own');
is(request('34600000001')->{trace}, $out->{traceparent},
    'which its request carries');
my ($entry) = grep { ($_->{traceparent} // '') eq $trace }
    $store->json('journal', '--from', 1);
ok($entry, 'the entry has it');
my ($status, $said) = $store->ctl('trace', $out->{id});
is($status, 0, 'parleyctl trace');
like($said, qr/^trace +\Q$out->{traceparent}\E$/m, 'shows it');
wait_for { slurp("$dir/sends.log") =~ /^time=.* trace=/m };
like(slurp("$dir/sends.log"), qr/ trace=$id /, 'the send log has its id');

# on a channel that does not

say('34600000002', '106540352242922', { traceparent => $trace });
($in, $out) = both('34600000002');
like($out->{traceparent}, qr/^00-$id-/, 'the answer has it');
is(request('34600000002')->{trace}, undef, 'its request has not');

# two messages of one trace are two spans

say('34600000003', '106540352242923', { traceparent => $trace });
my (undef, $other) = both('34600000003');
isnt($other->{traceparent}, $out->{traceparent}, 'another span');

# what is none

my $n = 10;
for (
    [ 'capitals', uc $trace ],
    [ 'version ff', "ff-$id-$span-01" ],
    [ 'no trace id', '00-' . '0' x 32 . "-$span-01" ],
    [ 'no span id', "00-$id-" . '0' x 16 . '-01' ],
    [ 'too short', substr $trace, 0, 54 ],
    [ 'too long', "$trace-more" ],
    [ 'a private word', 'hello' ],
    [ 'twice', "$trace\r\nTraceParent: $trace" ],
) {
    my ($what, $value) = @$_;
    my $from = '346000000' . $n++;
    say($from, '106540352242923', { traceparent => $value });
    ($in, $out) = both($from);
    is($in->{traceparent} // 'none', 'none', "none: $what");
}
is(request('34600000010')->{trace}, undef, 'and none is passed on');

# a version to come

say('34600000030', '106540352242923',
    { TRACEPARENT => "cc-$id-$span-ff-more" });
($in, $out) = both('34600000030');
is($in->{traceparent}, "00-$id-$span-03", 'of another version what is known');

# without one

say('34600000031', '106540352242923', {});
($in, $out) = both('34600000031');
is($in->{traceparent} // $out->{traceparent}, undef, 'none makes none');

# a person's or a program's request

my @send = ('send', 'demo', 'traced', '34600000031', '--text', 'more');
($status, $said) = $store->ctl(@send, '--traceparent', $trace);
is($status, 0, 'parleyctl send --traceparent');
wait_for { grep { ($_->{text} // '') eq 'more' } $provider->accepted() };
my ($more) = grep { ($_->{text} // '') eq 'more' } $provider->accepted();
like($more->{trace}, qr/^00-$id-[0-9a-f]{16}-01$/, 'is carried as well');
unlike($more->{trace}, qr/$span/, 'as a span of its own');
($status, undef, $said) = $store->ctl(@send, '--traceparent', uc $trace);
is($status, 2, 'what is none is refused');
like($said, qr/--traceparent/, 'by name');

# the same once more from the journal: spans and all

wait_for { $store->rows('attempts') == 0 && $store->folded() };
is($sender->stop(), 0, 'the sender ends');
$t->stop();
($status, $said) = $store->ctl('replay', "$dir/again");
is($status, 0, 'a replay comes to the same spans') or diag($said);

###############################################################################

sub say {
    my ($from, $number, $headers) = @_;
    wa_post(wa_body(wa_change({ messages => [
        wa_text("wamid.$from", $from, 'hello') ] }, $number)),
        headers => $headers);
    wait_for { grep { ($_->{to} // '') =~ /$from/ } $provider->accepted() };
}

# the message that came from an address, and the answer to it
sub both {
    my ($address) = @_;
    return map {
        my $direction = $_;
        (grep { ($_->{address}{value} // '') eq $address }
            $store->messages($direction))[0];
    } qw/ in out /;
}

sub request {
    my ($to) = @_;
    return (grep { ($_->{to} // '') =~ /$to/ } $provider->accepted())[0];
}

###############################################################################
