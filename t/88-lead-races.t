#!/usr/bin/perl

# Tests for what happens at once, through nginx: the same answer twice on two
# workers, a person who takes over while the bot's answer waits, two machines
# that answer each other. Whatever comes first, the outcome is one that could
# have come of one after the other, and nothing is said twice.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant { PAIRS => 20, LOOP_MAX => 60 };

###############################################################################

my $t = Parley::Nginx->new()->plan(14);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%

worker_processes 2;

events {
    accept_mutex off;
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        time_zone Europe/Berlin;

        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }

        flow lead-qualification flows/lead-qualification.json;
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

EOC

$t->write_file('flows/lead-qualification.json',
    slurp('../conf/flows/lead-qualification.json'));
$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();

my $ids = 0;

###############################################################################

# "Ja" twice, 80 ms apart, by two connections: the second question is asked
# once, whichever comes first

my @people = map { sprintf '4915520000%03d', $_ } 1 .. PAIRS;

say_to($_, 'Hallo') for @people;
settled(scalar @people);
for my $who (@people) {
    my $one = begin($who, 'Ja');
    sleep 0.08;
    my $two = begin($who, 'Ja');
    is_200($_) for http_end($one), http_end($two);
}
wait_for { at_rest() };

my (@odd, @order);
for my $who (@people) {
    my @texts = texts($who);
    my $asked = grep { /^Danke! Und wie viele/ } @texts;
    push @odd, "$who: @texts" if $asked != 1 || @texts > 3
        || $texts[0] !~ /^Guten Tag/ || $texts[1] !~ /^Danke!/;
    push @order, $who if (grep { /keiner Zahl/ } @texts) > 1;
}
is(join("\n", @odd), '', 'twice "Ja": asked once, in order');
is("@order", '', 'and what the second may mean is asked once at most');

# the same webhook on both at once is one message

@people = map { sprintf '4915520001%03d', $_ } 1 .. PAIRS;
for my $who (@people) {
    my $body = body_of($who, 'Hallo');
    my @s = map { http_start(request($body)) } 1, 2;
    is_200(http_end($_)) for @s;
}
wait_for { at_rest() };
is(join(' ', grep { texts($_) != 1 } @people), '',
    'a webhook that comes twice at once is answered once');

# a person takes over while the answer waits: it is dropped

$sender->stop();
$sender = Parley::Sender->new($dir, '--hold')->run();
my $who = '4915520002001';
say_to($who, 'Hallo');
wait_for { $store->folded() };
is($store->rows('outbox'), 1, 'the answer waits');
my ($status, $out, $err) = take($who);
is($status, 0, 'somebody takes over') or diag($out, $err);
$sender->stop();
$sender = Parley::Sender->new($dir)->run();
wait_for { at_rest() };
is(scalar(texts($who)), 0, 'and the answer never leaves');
say_to($who, 'Ja');
wait_for { at_rest() };
is(scalar(texts($who)), 0, 'nor does another');
like(($store->ctl('--json', 'events', 'demo'))[1], qr/"owner\.stale"/,
    'the log says why');

# taking over and an answer at the same time: before it, or not at all

my @late;
for my $n (1 .. 10) {
    my $p = sprintf '4915520003%03d', $n;
    my $s = begin($p, 'Hallo');
    take($p);
    is_200(http_end($s));
    wait_for { at_rest() };
    my $before = texts($p);
    say_to($p, 'Ja');
    wait_for { at_rest() };
    push @late, $p if owned($p) && texts($p) > $before;
}
is("@late", '', 'nothing is said once it is a person\'s');

# a machine answers every message: it ends, with a person told

my $bot = '4915520004001';
say_to($bot, 'Hallo');
my ($heard, $until) = (0, time() + 300);
while (time() < $until && $heard < 2 * LOOP_MAX) {
    wait_for { at_rest() };
    my @said = texts($bot);
    last if @said == $heard;
    $heard = @said;
    say_to($bot, 'Danke, ich antworte so bald wie möglich.');
}
cmp_ok($heard, '<=', LOOP_MAX, 'two machines do not talk for ever');
cmp_ok($heard, '>=', 1, 'though one was answered');

is(join(' ', grep { $_ ne 'owner.stale' } map { $_->{dead}{rule} // 'none' }
    $store->all('dead')), '', 'nothing else is dropped');
my %posts;
$posts{ $_->{opaque} }++ for $provider->requests();
is(join(' ', grep { $posts{$_} > 1 } keys %posts), '', 'nothing went twice');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
$sender->stop();

###############################################################################

sub body_of {
    my ($from, $text) = @_;
    return wa_body(wa_change({
        contacts => [ { wa_id => $from, profile => { name => 'Anna' } } ],
        messages => [ wa_text('wamid.RACE' . ++$ids, $from, $text) ] }));
}

sub request {
    my ($body) = @_;
    my $signature = wa_sign($body);
    return "POST /webhooks/whatsapp HTTP/1.0\r\nHost: localhost\r\n"
        . "Content-Type: application/json\r\nContent-Length: "
        . length($body) . "\r\nX-Hub-Signature-256: $signature\r\n\r\n$body";
}

sub begin { return http_start(request(body_of(@_))) }

sub say_to { is_200(http_end(begin(@_))) }

sub is_200 { die "answered $_[0]\n" if http_status($_[0]) != 200 }

# what this person was told
sub texts {
    my ($to) = @_;
    return map {
        my $body = decode_json($_->{body});
        my $text = $body->{interactive}{body}{text} // $body->{text}{body}
            // $body->{template}{name};
        utf8::encode($text);
        $text;
    } grep { ($_->{to} // '') =~ /$to/ } $provider->accepted();
}

sub settled {
    my ($n) = @_;
    wait_for { at_rest() && $provider->accepted() >= $n };
}

# all is folded, and nothing waits that could leave
sub at_rest {
    return $store->folded() && $store->rows('outbox') == 0
        && $store->rows('attempts') == 0;
}

sub take { return $store->ctl('handover', 'take', 'demo', $_[0]) }

sub owned {
    my ($who) = @_;
    my ($row) = $store->all('conversation', 'demo', $who);
    return $row->{conversation}{owner};
}

###############################################################################
