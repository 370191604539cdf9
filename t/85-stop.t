#!/usr/bin/perl

# Tests for STOP, with a real sender and a provider: by text, button and
# caption; five offers that wait, of which one is on the wire; a sender that
# is killed meanwhile; START, words that are unclear, and what is kept of it.

###############################################################################

use warnings;
use strict;
use utf8;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(42);
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
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            api_timeout     60s;
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

EOF

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();

my ($n, $second) = (0, time() - 600);

###############################################################################

# by text, and once: no flow answers, and a second one is heard in silence

my $ana = '34600000001';
text($ana, 'STOP!');
wait_for { texts($ana) == 1 };
is(consent($ana), 'revoked', 'STOP revokes');
like((texts($ana))[0], qr/START/, 'and is confirmed, with the way back');
text($ana, 'stop 🛑');
is(consent($ana), 'revoked', 'said twice');
is(scalar(() = texts($ana)), 1, 'it is confirmed once');
my ($now, @events) = $store->all(qw/ consent show demo /, $ana);
is(scalar @events, 2, 'both are kept');
is($now->{consent}{source}, 'message', 'with their source');
is($now->{consent}{word}, 'stop', 'the word');
is($now->{consent}{channel}, 1, 'the channel');
like($now->{message}, qr/^msg_\d+$/, 'and the message');

# START

text($ana, 'Start please');
wait_for { texts($ana) == 2 };
is(consent($ana), 'granted', 'START grants');
like((texts($ana))[1], qr/STOP/, 'and is confirmed');
text($ana, 'hello');
wait_for { texts($ana) == 3 };
unlike((texts($ana))[2], qr/STOP|START/, 'then flows answer again');

# by a button, by what is behind one, and under a picture

my $ben = '34600000002';
item($ben, type => 'button',
    button => { payload => 'x', text => 'Abmelden' });
is(consent($ben), 'revoked', 'by the words on a button');
wait_for { texts($ben) == 1 };
like((texts($ben))[0], qr/Angebote/, 'and confirmed in their language');

my $cem = '34600000003';
item($cem, type => 'interactive', interactive => { type => 'button_reply',
    button_reply => { id => 'STOP', title => 'Nein danke' } });
is(consent($cem), 'revoked', 'by what a business put behind one');

my $dan = '34600000004';
item($dan, type => 'image', image => { id => '77', mime_type => 'image/jpeg',
    sha256 => 'x', caption => 'Désabonnez-moi, merci' });
is(consent($dan), 'revoked', 'by a caption');

# a sentence with such a word in it

my $eva = '34600000005';
text($eva, 'we meet at the bus stop');
wait_for { texts($eva) == 1 };
is(consent($eva), 'none', 'a word within a sentence is none');

# five wait, and one of them is on the wire: it alone arrives

my $fay = '34600000006';
text($fay, 'hello');
wait_for { texts($fay) == 1 };
allow($fay);
kill STOP => $provider->{process}->pid();
my @ids = map { offer($fay, "offer_$_") } 1 .. 5;
wait_for { $store->rows('attempts') == 1 };
text($fay, 'Bitte keine Nachrichten mehr');
is(consent($fay), 'revoked', 'STOP while five offers wait');
kill CONT => $provider->{process}->pid();
wait_for { texts($fay) == 2 && stands($ids[0]) eq 'accepted'
    && $store->rows('outbox') == 0 };
is(join(' ', map { stands($_) } @ids[1 .. 4]),
    join(' ', ('failed consent.revoked') x 4), 'four are taken back');
is($store->rows('outbox'), 0, 'nothing waits any more');
is($store->rows('dead'), 0, 'nobody has to clear them away');
is(names($fay), 'offer_1', 'the one on the wire arrived');
is(scalar(() = texts($fay)), 2, 'and one confirmation');
like(($store->ctl('trace', $ids[2]))[1], qr/^rule +consent\.revoked$/m,
    'each says why');

# the same with a sender that is killed on the way, and one for later

my $gus = '34600000007';
text($gus, 'hello');
wait_for { texts($gus) == 1 };
allow($gus);
$provider->script({ match => 'bulk_1', do => 'hang' });
@ids = map { offer($gus, "bulk_$_") } 1 .. 5;
push @ids, offer($gus, 'bulk_6', '--at', '+1h');
wait_for { names($gus) eq 'bulk_1' };
$sender->kill9();
text($gus, 'СТОП', 0);
$provider->script();
$sender->run();
wait_for { texts($gus) == 2 && stands($ids[0]) eq 'unknown' };
is(consent($gus), 'revoked', 'STOP while no sender ran');
is(join(' ', map { stands($_) } @ids[1 .. 5]),
    join(' ', ('failed consent.revoked') x 5), 'five are taken back');
is(names($gus), 'bulk_1', 'what may have left is not sent again');
is(scalar(() = texts($gus)), 2, 'and it is confirmed once');

# what the provider says of who has opted out there

my $hal = '34600000008';
$provider->script({ match => 'news', status => 400, code => 131050 });
allow($hal);
offer($hal, 'news');
wait_for { consent($hal) eq 'revoked' };
my ($told) = $store->all(qw/ consent show demo /, $hal);
is($told->{consent}{source}, 'provider.131050', 'a refusal is an opt-out');
$provider->script();

# unclear: paused, answered by flows, and in the list of a reader

my $ida = '34600000009';
is(allow($ida), 0, 'consent is written down');
text($ida, 'can you stop this');
wait_for { texts($ida) == 1 };
is(consent($ida), 'paused', 'what is unclear pauses');
my @unclear = $store->all(qw/ consent list-unclear demo /);
is(scalar @unclear, 1, 'and stands in a list');
is($unclear[0]{text}, 'can you stop this', 'with what was said');
my ($status, $out) = $store->ctl(qw/ consent resolve demo /, $ida,
    'restore');
is($status, 0, 'a reader resolves it');
like($out, qr/: marketing_messages is granted$/m, 'and it is as before');
is(scalar(() = $store->all(qw/ consent list-unclear /)), 0,
    'the list is empty');
($status) = $store->ctl(qw/ consent set demo /, $ida, qw/
    marketing_messages revoked --source call --said 2024-01-01T10:00:00Z /);
is($status, 1, 'an older word changes nothing, and that is told');

# as people see it

($status, $out) = $store->ctl(qw/ consent show demo /, "+$ida");
my @lines = split /\n/, $out;
like($lines[0], qr/^WHEN +CATEGORY +STATE +SAID +SOURCE/, 'a table');
like($lines[1], qr/^now +marketing_messages +granted .* review /,
    'of what stands');
like($lines[-1], qr/ 2025-01-01T10:00:00.000Z +form\.lead +- +2025-01 /,
    'and how it came about');

# all of it again

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
$sender->stop();
$t->stop();
my ($replayed, @said) = $store->ctl('replay', "$dir/replay");
is($replayed, 0, 'replay gives the same') or diag(@said);

###############################################################################

# a message of this person's, each a second after the one before
sub item {
    my ($from, %rest) = @_;
    my $fold = delete $rest{fold} // 1;
    wa_post([ { from => $from, id => 'wamid.IN' . ++$n,
        timestamp => '' . ++$second, %rest } ]);
    wait_for { $store->folded() } if $fold;
}

sub text {
    my ($from, $text, $fold) = @_;
    item($from, type => 'text', text => { body => $text },
        fold => $fold // 1);
}

# they had allowed marketing, before all that is said here
sub allow {
    my ($who) = @_;
    return ($store->ctl(qw/ consent set demo /, $who, qw/ marketing_messages
        granted --source form.lead --text-version 2025-01
        --said 2025-01-01T10:00:00Z /))[0];
}

# asks for a template of a campaign; its message
sub offer {
    my ($to, $name, @terms) = @_;
    my ($row) = $store->json('send', 'demo', 'main', $to, '--template',
        $name, '--language', 'es_ES', '--lane', 'campaign', @terms);
    return $row->{id};
}

# what the state says of marketing to this person
sub consent {
    my ($who) = @_;
    my ($row) = eval { $store->all(qw/ consent show demo /, $who) };
    return $row ? $row->{consent}{state} : 'none';
}

# texts that somebody was sent, in order
sub texts {
    my ($to) = @_;
    return map { $_->{text} } grep { $_->{to} =~ /$to/ && defined $_->{text} }
        $provider->requests();
}

# and templates
sub names {
    my ($to) = @_;
    return join ' ', grep { defined }
        map { decode_json($_->{body})->{template}{name} }
        grep { $_->{to} =~ /$to/ } $provider->requests();
}

sub stands {
    my ($id) = @_;
    my ($m) = grep { $_->{id} eq $id } $store->messages('out');
    return join ' ', grep { defined } $m->{state}, $m->{rule};
}

###############################################################################
