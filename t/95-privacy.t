#!/usr/bin/perl

# Tests for forgetting a person: after a delete, a late status, a late message
# and a backup that is put back, no byte of them is in any file of the store,
# in logs or in metrics; a sender that is killed in the midst of it goes on.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ sha256_hex /;
use File::Find;
use JSON::PP;
use MIME::Base64;
use Test::More;
use Time::HiRes qw/ sleep /;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant {
    NUMBER => '34612987650', OTHER => '34612000111',
    TEXT => 'geheimnis-der-akte', SAID => 'was-bob-sagt',
    NAME => 'Rosalindeken Quixotte'
};

# What the index of words and names would show of them.
my @WORDS = qw/ geheimnis rosalindeken Rosalindeken quixotte Quixotte /;

###############################################################################

my $t = Parley::Nginx->new()->plan(32);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'CONF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_seal   on;
    parley_outbox /_parley/outbox;
    parley_journal_keep 1s;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        flow greeting flows/greeting.json;
    }

    parley_tenant bulk {
        channel main whatsapp {
            phone_number_id 106540352242999;
            waba_id         102290129340999;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location = /metrics {
            parley_metrics;
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
wait_for { $store->rows('zones') > 0 };

###############################################################################

# what is there is sealed, and reads as ever

say_it('wamid.A1', NUMBER, 'hello');
say_it("wamid.A$_", NUMBER, TEXT . " $_") for 2 .. 30;
say_it('wamid.B1', OTHER, SAID);
wait_for { grep { ($_->{state} // '') eq 'accepted' }
    messages(OTHER, 'out') };
is(($store->ctl('contact', 'set', 'demo', NUMBER, '--name', NAME))[0], 0,
    'a name');

# enough for the index of words, which is of all tenants

for my $n (1 .. 21) {
    wa_post(wa_body(wa_change({ messages => [
        map { wa_text("wamid.M$n.$_", OTHER, SAID) } 1 .. 100
    ] }, '106540352242999')));
}
wait_for { $store->rows('words') > 0 };

is(scalar(grep { text($_) =~ TEXT } messages(NUMBER)), 29, 'what was said');
is($store->rows('contacts'), 3, 'of two people, and one elsewhere');
is(found(NUMBER, TEXT, @WORDS), '', 'and no file of the store has it');

is(($store->ctl('backup', "$dir/before"))[0], 0, 'a backup');
ok(!-e "$dir/before/keys", 'has no keys');
is(slurp("$dir/before/keys.at"), "$dir/store/keys\n", 'but where they are');
is(scalar(grep { text($_) =~ TEXT } messages(NUMBER, undef, 'before')), 29,
    'so that it opens');

# all that is known of somebody

my ($status, $out, $err) = $store->ctl('privacy', 'export', 'demo', NUMBER);
is($status, 0, 'exported') or diag($err);
my $document = decode_json($out);
is(scalar(@{$document->{messages}}),
    scalar(messages(NUMBER)), 'with all messages');
is($document->{contacts}[0]{row}{addresses}[0]{value}, NUMBER, 'and who');
chomp(my $line = $out);
like($err, qr/sha256 @{[ sha256_hex($line) ]}/, 'its digest is told');
my ($event) = grep { $_->{audit}{kind} eq 'exported' }
    $store->all('events', 'demo');
is($event->{audit}{text}, sha256_hex($line), 'and audited');

# deleted, with a sender that is killed in the midst of it

my ($contact) = map { $_->{contact} } messages(NUMBER);
$sender->kill9();
($status, $out) = $store->ctl('privacy', 'delete', 'demo', NUMBER);
is($status, 0, 'asked for');

for (1 .. 3) {
    $sender->run();
    sleep 0.05 * $_;
    $sender->kill9();
}

$sender->run();
wait_for { $store->rows('erasures') == 1 && $store->rows('erasing') == 0 };
is(scalar(messages(NUMBER)), 0, 'nobody has that number');
is(scalar(grep { text($_) eq SAID } messages(OTHER)), 1, 'the other stays');
is(scalar(grep { text($_) =~ TEXT } $store->messages()), 0, 'not a word');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent')
    or diag(($store->ctl('check'))[1]);

like(http_get('/metrics'), qr/parley/, 'metrics');
unlike(http_get('/metrics') . ($sender->get('/metrics') // ''),
    qr/@{[ NUMBER ]}|@{[ TEXT ]}/, 'have none of it');

# what comes late

my $before = $store->rows('messages');
wa_post([ wa_text('wamid.LATE', NUMBER, TEXT, timestamp => ''
    . (time() - 3600)) ]);
wa_post(wa_body(wa_change({ statuses => [ wa_status('wamid.OLD', 'read',
    NUMBER) ] })));
wait_for { folded() };
is($store->rows('messages'), $before, 'a late message is dropped');
is($store->rows('parked'), 0, 'a late status too');
is($store->rows('contacts'), 3, 'and nobody is made of them');
is(found(NUMBER, TEXT, @WORDS), '', 'no file has any of it');

# the journal's entries of before go, and their keys with them

sleep 1.5;
say_it("wamid.C$_", OTHER, SAID) for 1 .. 60;
wait_for { folded() };
wait_for { $store->status()->{periods} <= 2 };
is(found(NUMBER, TEXT, @WORDS), '', 'nor is it in the journal');

# a backup that is put back beside the keys

$sender->stop();
$t->stop();
unlink glob("$dir/store/*/*.mdb");
for my $env (qw/ state journal /) {
    rename "$dir/before/$env/data.mdb", "$dir/store/$env/data.mdb"
        or die "cannot rename: $!\n";
}
ok($store->status()->{next}, 'a backup is back');
is(scalar(grep { text($_) =~ TEXT } eval { $store->messages() }), 0,
    'without what was forgotten');
is(($store->ctl('conversation', 'demo', NUMBER))[0], 1, 'or who');
is(found(NUMBER, TEXT, @WORDS), '', 'and no file has it again');

# without the keys nothing opens, and it is said

rename "$dir/store/keys", "$dir/keys.aside";
($status, $out, $err) = $store->ctl('messages', 'demo');
is($status, 1, 'without keys nothing opens');
like($err, qr/keys/, 'which is what is said');
rename "$dir/keys.aside", "$dir/store/keys";

# two words more

my $logs = join '', map { slurp("$dir/$_") } grep { -f "$dir/$_" }
    qw/ error.log access.log sender.log /;
unlike($logs, qr/@{[ NUMBER ]}|@{[ TEXT ]}|geheimnis|rosalind/i,
    'no log has it');

###############################################################################

sub say_it {
    my ($id, $from, $text) = @_;
    wa_post([ wa_text($id, $from, $text) ]);
}

sub text { ($_[0]{content}{text} // {})->{body} // '' }

sub messages {
    my ($number, $direction, $name) = @_;
    my $st = defined $name ? Parley::Store->new($dir, $name) : $store;
    return grep { (($_->{address} // {})->{value} // '') eq $number }
        $st->messages($direction);
}

sub folded {
    my $s = $store->status();
    return $s->{folded} + 1 >= $s->{next};
}

# Where any of the words is, in any form that it may have.
sub found {
    my @index = grep { my $w = $_; grep { $_ eq $w } @WORDS } @_;
    my @words = map { ($_, encode_base64($_, ''), unpack('H*', $_),
        pack('v*', unpack('C*', $_)), substr(encode_base64("x$_", ''), 2, 12),
        substr(encode_base64("xx$_", ''), 4, 12)) }
        grep { my $w = $_; !grep { $_ eq $w } @index } @_;
    my @found;

    find({ no_chdir => 1, wanted => sub {
        return unless -f $_ && !-p $_;
        my $bytes = slurp($_);
        push @found, $_
            if grep { index($bytes, $_) >= 0 } @words, @index;
    } }, grep { -e } "$dir/store", "$dir/before");

    return join ' ', @found;
}

###############################################################################
