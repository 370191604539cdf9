#!/usr/bin/perl

# Tests for a disk that has no room for the files that people send: nothing is
# lost, and they come once there is room.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ sha256_hex /;
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

my $t = Parley::Nginx->new()->has('mount')->plan(13);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_media  %%TESTDIR%%/media;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081/api;
            api_version     v99.0;
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
        location /media/ {
            parley_media_file;
        }
    }
}

EOF

$t->expect(qr/connect\(\) to unix:.*sender\.sock failed/);
my $media = "$dir/media";
my $mounted = 0;
mkdir $media or die "cannot make $media: $!\n";
system("mount -t tmpfs -o size=256k none $media") == 0
    or die "cannot mount\n";
$mounted = 1;

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir, '--log-level', 'debug')->run();

###############################################################################

# one whose size is announced, and one whose size is not: 600 kB each

my %bytes = (told => 'a' x 600000, 'not told' => 'b' x 600000);
my ($told, $untold) = @bytes{'told', 'not told'};
$provider->script(place('A', file_size => length $told), file('A', $told),
    place('B'), file('B', $untold));
wa_post([ map { picture($_) } qw/ A B / ]);
wait_for { (() = $sender->log() =~ /reason="no room for it"/g) >= 2
    && $store->rows('attempts') == 0 };
is(state($_), 'wanted', "$_ waits") for qw/ A B /;
is($store->rows('dead'), 0, 'and lives');
like($sender->log(), qr/error cannot keep a file .*No space left/,
    'the log says why');
is(scalar(() = glob("$media/.tmp/*")), 0, 'nothing is left in the way');
is(scalar(grep { $_->{path} eq '/file/A' } $provider->requests()), 0,
    'what surely has no room is not begun');

# what is sent goes on meanwhile

wa_post([ wa_text('wamid.T', '34600000001', 'hello') ]);
wait_for { scalar $provider->accepted() };
is(scalar(() = $provider->accepted()), 1, 'an answer leaves');

# there is room again

system("mount -o remount,size=16m $media") == 0 or die "cannot remount\n";
wait_for { state('A') eq 'stored' && state('B') eq 'stored' };
for my $row ([ A => $told ], [ B => $untold ]) {
    my ($name, $bytes) = @$row;
    is(state($name), 'stored', "$name is there");
    is(http_status(http_get('/media/' . sha256_hex($bytes))), 200,
        'and served');
}
like($sender->log(), qr/files can be kept again/, 'the log says so');
is(($store->ctl('check'))[0], 0, 'the store is sound');

###############################################################################

sub picture {
    my ($name) = @_;
    return { from => '34600000001', id => "wamid.$name",
        timestamp => '' . time(), type => 'image',
        image => { id => $name, mime_type => 'image/jpeg' } };
}

sub place {
    my ($name, %more) = @_;
    return { path => "/$name\\?", body => encode_json({
        url => 'http://127.0.0.1:' . port(8081) . "/file/$name",
        mime_type => 'image/jpeg', %more }) };
}

sub file {
    my ($name, $bytes) = @_;
    return { path => "^/file/$name\$", body => $bytes,
        type => 'image/jpeg' };
}

sub state {
    my ($name) = @_;
    my ($m) = grep { ($_->{provider_id} // '') eq "wamid.$name" }
        $store->messages('in');
    return $m ? $m->{content}{media}{state} : '';
}

END {
    my $status = $?;
    if ($mounted) {
        $sender->stop() if $sender;
        $t->stop();
        system("umount $media");
    }
    $? = $status;
}

###############################################################################
