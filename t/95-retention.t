#!/usr/bin/perl

# Tests for retention: two tenants with periods of their own; what is older
# goes on the day that it is due, with its files, as far as nobody else has
# them; who was silent is forgotten; a killed sender goes on; and a replay of
# the journal takes the same away.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ sha256 sha256_hex /;
use JSON::PP;
use MIME::Base64;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Clock;
use Parley::Nginx;
use Parley::Provider;
use Parley::Rest;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant {
    DAY     => 86400,
    NUMBERS => { demo => '106540352242922', other => '106540352242923' },
    PHONES  => { ana => '34600000001', bob => '34600000002' },
};

###############################################################################

my $t = Parley::Nginx->new()->has('bin:cc')->plan(28);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'CONF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store        %%TESTDIR%%/store;
    parley_outbox       /_parley/outbox;
    parley_media        %%TESTDIR%%/media;
    parley_journal_keep 400d;
    parley_keep         messages 90d;

    parley_tenant demo {
        keep messages 30d;
        keep contacts 60d;

        channel main whatsapp {
            phone_number_id 106540352242922;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081/api;
        }
    }

    parley_tenant other {
        channel main whatsapp {
            phone_number_id 106540352242923;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081/api;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
        location /media/ {
            parley_media_file;
        }
    }
}

CONF

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $home = '127.0.0.1:' . port(8081);
my $clock = Parley::Clock->new($dir);
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();

my %key = map { $_ => $store->key($_, 'agent') } qw/ demo other /;
my $rest = Parley::Rest->new($store);
my $said = 0;
my @script;

###############################################################################

# Ana writes to both, and shows each a picture that the other has as well, and
# one of its own; Bob writes to the one

my %picture = map { $_ => "\xff\xd8\xff\xe0 $_ " x 500 } qw/ both demo other /;
my %hash = map { $_ => sha256_hex($picture{$_}) } keys %picture;

for my $tenant (qw/ demo other /) {
    says($tenant, 'ana', "$tenant-first-words");
    shows($tenant, 'ana', $_) for 'both', $tenant;
}

says('demo', 'bob', 'bob-first-words');
wait_for { $store->folded() && 3 == grep { stored($_) == 200 } keys %hash };
is(stored($_), 200, "the picture of $_ is there") for sort keys %hash;
is(found('demo', 'demo-first-words'), 1, 'what was said is found');
my $messages = $store->rows('messages');

# 29 days later nothing is old, for anybody

later(29);
says('demo', 'bob', 'bob-second-words');
wait_for { $store->folded() && $store->rows('aging') == 3
    && $store->rows('erasing') == 0 };
is($store->rows('aging'), 3, 'three periods were looked at');
is(found('demo', 'demo-first-words'), 1, 'before its time all is there');
is(blank('demo'), 0, 'to the last message');

# and on the 31st day demo's are; a sender that is killed meanwhile goes on

later(2);
wait_for { $store->rows('erasing') > 0 || blank('demo') > 0 };
$sender->kill9();
$sender->run();
wait_for { blank('demo') == 4 && stored('demo') == 404
    && $store->rows('erasing') == 0 };
is(blank('demo'), 4, 'messages of the one tenant are blank');
is(found('demo', 'demo-first-words'), 0, 'they are not found');
is(found('demo', 'bob-second-words'), 1, 'newer ones are');
is(found('other', 'other-first-words'), 1, "the other tenant's are, too");
is(blank('other'), 0, 'to the last message');
is(stored('demo'), 404, 'its picture is gone');
is(stored('both'), 200, 'not the one that the other has as well');
is(stored('other'), 200, 'nor any of the other');
is($store->rows('messages'), $messages + 1, 'rows without a word stay');
is(people('demo'), 2, 'and so do people');
is(($store->ctl('check'))[0], 0, 'the store is sound');

# on the 62nd day who was silent is forgotten, where that is asked for

later(31);
says('demo', 'bob', 'bob-third-words');
wait_for { $store->rows('erasures') == 1 && $store->rows('erasing') == 0 };
is(people('demo'), 1, 'who was silent is not listed any more');
is(people('other'), 1, 'but with the other tenant');
ok((grep { $_->{kind} eq 'erased' && ($_->{text} // '') eq 'retention' }
    map { $_->{audit} } $store->all('events', 'demo')),
    'the audit log says why');
is(($store->ctl('check'))[0], 0, 'the store is sound');

# on the 91st day the other tenant's are old as well, by what holds for all

later(29);
wait_for { blank('other') == 3 && stored('other') == 404
    && stored('both') == 404 && $store->rows('erasing') == 0 };
is(found('other', 'other-first-words'), 0, 'not found there either');
is(stored('both'), 404, 'nobody has that picture any more');
is(stored('other'), 404, 'nor the other one');
is(found('demo', 'bob-third-words'), 1, 'what is young is there');
is(($store->ctl('check'))[0], 0, 'the store is sound');
$sender->stop();

# all of it follows from the journal

is(($store->ctl('replay', "$dir/again"))[0], 0, 'and replays');

###############################################################################

# so many days pass; the sender looks when it starts
sub later {
    my ($days) = @_;
    $sender->stop();
    $clock->turn($days * DAY);
    $sender->run();
}

sub hears {
    my ($tenant, $message) = @_;
    wa_post(wa_body(wa_change({ messages => [ $message ] },
        NUMBERS->{$tenant})));
}

sub says {
    my ($tenant, $who, $text) = @_;
    hears($tenant, wa_text('wamid.R' . ++$said, PHONES->{$who}, $text));
}

sub shows {
    my ($tenant, $who, $picture) = @_;
    my $n = ++$said;
    my $bytes = $picture{$picture};

    push @script, { path => "/M$n\\?", body => encode_json({
            messaging_product => 'whatsapp', id => "M$n",
            url => "http://$home/file/$n", mime_type => 'image/jpeg',
            file_size => length $bytes, sha256 => sha256_hex($bytes) }) },
        { path => "^/file/$n\$", body => $bytes, type => 'image/jpeg' };
    $provider->script(@script);
    hears($tenant, { from => PHONES->{$who}, id => "wamid.R$n",
        timestamp => '' . time(), type => 'image', image => {
            id => "M$n", mime_type => 'image/jpeg',
            sha256 => encode_base64(sha256($bytes), '') } });
}

sub stored { http_status(http_get("/media/$hash{$_[0]}")) }

sub blank {
    my ($tenant) = @_;
    return scalar grep { $_->{erased} } $store->messages('in', $tenant);
}

sub found {
    my ($tenant, $q) = @_;
    return scalar @{ get($tenant, "/v1/search?q=$q")->{messages} // [] };
}

sub people {
    my ($tenant) = @_;
    return scalar @{ get($tenant, '/v1/contacts')->{contacts} // [] };
}

sub get {
    my ($tenant, $path) = @_;
    return $rest->call($key{$tenant}, 'GET', $path)->{json};
}

###############################################################################
