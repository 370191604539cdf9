#!/usr/bin/perl

# Tests for files that people send: fetched by a real sender, served by a real
# nginx, and what becomes of those that cannot, or must not, be had.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ sha256 sha256_hex /;
use File::Find;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(110);
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
            api_timeout     20s;
        }
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
            limit_except GET {
                allow all;
            }
        }
    }
}

EOF

$t->expect(qr/connect\(\) to unix:.*sender\.sock failed/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $n = 0;
my $home = '127.0.0.1:' . port(8081);

$t->run();
wait_for { exists $store->status()->{next} };

###############################################################################

# the message is there before its file is

my $jpeg = "\xff\xd8\xff\xe0" . join '', map { chr(rand 256) } 1 .. 40000;
my $hash = sha256_hex($jpeg);
my $sender = Parley::Sender->new($dir, '--hold')->run();

script(place(1, $jpeg), file(1, $jpeg));
my $id = say(image => 1, $jpeg, caption => 'front');
wait_for { $store->folded() };
my $m = message($id);
is($m->{content}{media}{state}, 'wanted', 'a message without its file');
is($m->{content}{media}{caption}, 'front', 'can be read');
is($m->{state}, 'received', 'and is received');
is($store->rows('outbox'), 1, 'its file waits');
like(listed(), qr/\[image, wanted\] front/, 'in words');
is(($store->ctl('check'))[0], 0, 'the store is sound');
is(scalar(() = $provider->requests()), 0, 'nobody has asked for it');
$sender->stop();

# and then its file is there as well

$sender = Parley::Sender->new($dir, '--log-level', 'debug')->run();
$m = settled($id);
is($m->{content}{media}{state}, 'stored', 'fetched');
is($m->{content}{media}{file}, $hash, 'under its digest');
is($m->{content}{media}{bytes}, length $jpeg, 'of its size');
ok(!$m->{content}{media}{other_digest}, 'which is the announced one');
is($store->rows('outbox'), 0, 'nothing waits');
my ($ask, $get) = $provider->requests();
is($ask->{path}, '/api/v99.0/M1?phone_number_id=106540352242922',
    'the provider was asked where it is');
is($ask->{method}, 'GET', 'by GET');
is($get->{path}, '/file/1', 'and it was got there');
is($_->{token}, 'test-token', 'with the token') for $ask, $get;
like(listed(), qr/\[image, stored\] front/, 'in words');

# served

my $answer = http_get("/media/$hash?type=image/jpeg&name=a%2Fb%20%22c.jpg");
is(http_status($answer), 200, 'served');
my ($head, $body) = split /\r\n\r\n/, $answer, 2;
ok($body eq $jpeg, 'all of it');
like($head, qr!^Content-Type: image/jpeg\r$!m, 'as its type');
like($head, qr!^Content-Disposition: inline; filename\*=UTF-8''b%20%22c.jp!m,
    'under its name alone');
like($head, qr!^X-Content-Type-Options: nosniff\r!m, 'not to be guessed at');
like($head, qr!^Content-Security-Policy: default-src 'none'; sandbox!m,
    'nor to be run');
like($head, qr!^ETag: "$hash"\r!m, 'its digest is its tag');
$answer = http_get("/media/$hash", headers => { Range => 'bytes=10-19' });
is(http_status($answer), 206, 'a part');
like($answer, qr!^Content-Range: bytes 10-19/40004\r!m, 'is named');
ok((split /\r\n\r\n/, $answer, 2)[1] eq substr($jpeg, 10, 10), 'and right');
like($answer, qr!^Content-Type: application/octet-stream\r!m,
    'a type that nobody said');
like($answer, qr!^Content-Disposition: attachment\r!m, 'is to be saved');
like(http_get("/media/$hash?type=text/html"),
    qr!^Content-Type: application/octet-stream\r!m, 'never a page');
like(http_get("/media/$hash?type=image/svg%2Bxml"),
    qr!^Content-Type: application/octet-stream\r!m, 'nor what has scripts');
unlike(http_get("/media/$hash?name=x%0d%0aX-Evil:1"), qr/^X-Evil/m,
    'no header comes in by a name');
is(http_status(http_get("/media/$hash",
    headers => { 'If-None-Match' => qq("$hash") })), 304, 'not modified');
is(http_status(http("HEAD /media/$hash HTTP/1.0\r\nHost: x\r\n\r\n")), 200,
    'HEAD');
is(http_status(http_post("/media/$hash", 'x')), 405, 'no POST');
for my $name ('', 'x', uc $hash, substr($hash, 1), "x$hash", "$hash/",
    '../nginx.conf', '%2e%2e/nginx.conf', '.tmp', 'f' x 64)
{
    is(http_status(http_get("/media/$name")), 404, "nothing under '$name'");
}

# two messages, one file

script(place(2, $jpeg), file(2, $jpeg));
$m = settled(say(image => 2, $jpeg));
is($m->{content}{media}{file}, $hash, 'the same picture again');
is(join(' ', files()), $hash, 'is one file');

# its URL has had its time

my $ogg = 'OggS' . 'a' x 5000;
script(place(3, $ogg, 'audio/ogg; codecs=opus'),
    { path => '^/file/3$', status => 404, times => 1 },
    file(3, $ogg, 'audio/ogg'));
$m = settled(say(audio => 3, $ogg, mime => 'audio/ogg; codecs=opus'));
is($m->{content}{media}{state}, 'stored', 'an expired URL');
is(asked(3), 2, 'is asked for anew');

# the provider has it no more

script({ path => '/M4\?', status => 404, code => 100 });
$id = say(image => 4, 'x');
$m = settled($id);
is($m->{content}{media}{state}, 'failed', 'a handle that is not known');
is($m->{content}{media}{error}, 'the provider has no such file', 'says why');
is($m->{state}, 'received', 'and its message stays');
is(asked(4), 1, 'not asked for again');
my ($dead) = $store->json('dead');
is($dead->{dead}{reason}, 'the provider has no such file', 'a dead letter');
script(place(4, 'y'), file(4, 'y'));
is(($store->ctl(qw/ dead retry /, $dead->{id}))[0], 0, 'that is retried');
$m = message($id) if wait_for { message($id)->{content}{media}{state}
    eq 'stored' };
is($m->{content}{media}{file}, sha256_hex('y'), 'and has its file');

# what may not be had

for (
    [ 'more than announced', 'larger than announced', [ place(5, 'z' x 1024),
        { path => '^/file/5$', type => 'image/jpeg', body => 'z',
            do => 'pour', bytes => 200 << 20 } ] ],
    [ 'announced larger than allowed', 'larger than allowed',
        [ place(5, undef, 'image/jpeg', 200 << 20) ] ],
    [ 'a page for a picture', 'its type is not the announced one',
        [ place(5, '<p>'), file(5, '<p>', 'text/html') ] ],
    [ 'another type than said', q(its type is not the message's),
        [ place(5, '<p>', 'text/html'), file(5, '<p>', 'text/html') ] ],
    [ 'a type of another kind', 'its type is not one of its kind',
        [ place(5, '<p>', 'text/html') ], 'text/html' ],
    [ 'redirected', 'its URL leads elsewhere', [ place(5, 'z'),
        { path => '^/file/5$', status => 302, body => '', headers =>
            { Location => 'http://169.254.169.254/latest/meta-data/' } } ] ],
    [ 'redirected to itself', 'its URL leads elsewhere', [ place(5, 'z'),
        { path => '^/file/5$', status => 301, body => '', headers =>
            { Location => "http://$home/file/5b" } } ] ],
    [ 'not https', 'its URL is not one to go to',
        [ at(5, "http://localhost:" . port(8082) . '/x') ] ],
    [ 'a file URL', 'its URL is not one to go to',
        [ at(5, 'file:///etc/passwd') ] ],
    [ 'a user in it', 'its URL is not one to go to',
        [ at(5, 'https://graph.facebook.com@127.0.0.1/x') ] ],
    [ 'a name that is this machine', 'its address is not public',
        [ at(5, 'https://localhost:' . port(8082) . '/x') ] ],
    [ 'this machine', 'its address is not public',
        [ at(5, 'https://127.0.0.1:' . port(8082) . '/x') ] ],
    [ 'this machine in disguise', 'its address is not public',
        [ at(5, 'https://[::ffff:127.0.0.1]:' . port(8082) . '/x') ] ],
    [ 'this machine as a number', 'its address is not public',
        [ at(5, 'https://0x7f000001:' . port(8082) . '/x') ] ],
    [ 'metadata of a cloud', 'its address is not public',
        [ at(5, 'https://169.254.169.254/latest/') ] ],
) {
    my ($name, $why, $rules, $mime) = @$_;
    my $listener = IO::Socket::INET->new(Proto => 'tcp', Listen => 8,
        ReuseAddr => 1, LocalAddr => '127.0.0.1:' . port(8082))
        or die "cannot listen: $!\n";
    script(@$rules);
    $m = settled(say(image => 5, 'z', mime => $mime // 'image/jpeg'));
    is($m->{content}{media}{error}, $why, $name);
    ok($m->{state} eq 'received'
        && !IO::Select->new($listener)->can_read(0), 'and nothing more');
}
is(join(' ', sort(files())), join(' ', sort($hash, sha256_hex($ogg),
    sha256_hex('y'))), 'no file of those is left');

# a name is no path

my $pdf = '%PDF-1.7 order';
script(place(6, $pdf, 'application/pdf'), file(6, $pdf, 'application/pdf'));
$m = settled(say(document => 6, $pdf, mime => 'application/pdf',
    filename => '../../etc/x'));
is($m->{content}{media}{filename}, '../../etc/x', 'a name is data');
is($m->{content}{media}{file}, sha256_hex($pdf), 'and its file has another');
ok(!-e "$dir/etc" && !-e "$dir/../etc/x", 'nothing is outside');
like(http_get('/media/' . sha256_hex($pdf)
    . '?type=application/pdf&name=..%2F..%2Fetc%2Fx'),
    qr!^Content-Disposition: inline; filename\*=UTF-8''x\r!m,
    'nor in what it is saved as');

# another digest than was announced: got again, then kept, and said

script(place(7, 'announced'), file(7, 'different'));
$m = settled(say(image => 7, 'announced'));
is($m->{content}{media}{file}, sha256_hex('different'), 'another digest');
ok($m->{content}{media}{other_digest}, 'is said');
is(asked(7), 2, 'after it had come twice');

# killed in the middle: nothing of it is served, and it is fetched again

my $video = 'ftyp' . 'v' x 300000;
script(place(8, $video, 'video/mp4'),
    { %{file(8, $video, 'video/mp4')}, do => 'stall', bytes => 200000 });
$id = say(video => 8, $video, mime => 'video/mp4');
wait_for { grep { -s $_ > 100000 } glob("$dir/media/.tmp/*") };
$sender->kill9();
is(message($id)->{content}{media}{state}, 'wanted', 'killed: still wanted');
is(scalar(() = glob("$dir/media/.tmp/*")), 1, 'a part of it is left');
is(http_status(http_get('/media/' . sha256_hex($video))), 404,
    'and not served');
script(place(8, $video, 'video/mp4'), file(8, $video, 'video/mp4'));
$sender = Parley::Sender->new($dir, '--log-level', 'debug')->run();
$m = settled($id);
is($m->{content}{media}{file}, sha256_hex($video), 'fetched again');
is(scalar(() = glob("$dir/media/.tmp/*")), 0, 'and the part swept away');

# a folder that cannot be written: later, and not lost

rename "$dir/media", "$dir/aside";
$t->write_file('media', '');
script(place(9, 'nine'), file(9, 'nine'));
$id = say(image => 9, 'nine');
wait_for { $sender->log() =~ /cannot keep a file/ };
wait_for { $store->rows('attempts') == 0 };
is(message($id)->{content}{media}{state}, 'wanted', 'no folder: waits');
is($store->rows('dead'), scalar(() = $store->json('dead')), 'and lives');
unlink "$dir/media";
rename "$dir/aside", "$dir/media";
is(settled($id)->{content}{media}{state}, 'stored', 'there again: fetched');
like($sender->log(), qr/files can be kept again/, 'and said');

# a sender that ends does not wait for a file

script(place(10, $video, 'video/mp4'),
    { %{file(10, $video, 'video/mp4')}, do => 'stall', bytes => 200000 });
$id = say(video => 10, $video, mime => 'video/mp4');
wait_for { glob("$dir/media/.tmp/*") };
is($sender->stop(), 0, 'ends');
is(message($id)->{content}{media}{state}, 'wanted', 'it is wanted still');
is(scalar(() = glob("$dir/media/.tmp/*")), 0, 'and nothing is left');

# all of it from the journal again

is(($store->ctl('check'))[0], 0, 'the store is sound');
is(($store->ctl("replay", "$dir/again"))[0], 0, 'and follows from its journal');
unlike($sender->log() . $t->read_file('error.log'),
    qr!test-token|3460000|$home/file|etc/x!,
    'no log has the token, a number, a URL or a name');

###############################################################################

# a message with a file, from somebody new: its id
sub say {
    my ($type, $media, $bytes, %more) = @_;
    my $mime = delete $more{mime} // 'image/jpeg';
    my $wamid = 'wamid.MEDIA' . ++$n;
    wa_post([ { from => sprintf('346000%05d', $n), id => $wamid,
        timestamp => '' . time(), type => $type, $type => {
            id => "M$media", mime_type => $mime,
            sha256 => encode_base64(sha256($bytes), ''), %more } } ]);
    return $wamid;
}

sub script { $provider->script(@_) }

# where the provider says that a file is
sub place {
    my ($media, $bytes, $mime, $size) = @_;
    return { path => "/M$media\\?", body => encode_json({
        messaging_product => 'whatsapp', id => "M$media",
        url => "http://$home/file/$media", mime_type => $mime // 'image/jpeg',
        file_size => '' . ($size // length $bytes),
        $size ? () : (sha256 => sha256_hex($bytes)) }) };
}

sub at {
    my ($media, $url) = @_;
    return { path => "/M$media\\?", body => encode_json({ url => $url,
        mime_type => 'image/jpeg', file_size => 1 }) };
}

sub file {
    my ($media, $bytes, $mime) = @_;
    return { path => "^/file/$media\$", body => $bytes,
        type => $mime // 'image/jpeg' };
}

sub message {
    my ($wamid) = @_;
    my ($found) = grep { ($_->{provider_id} // '') eq $wamid }
        $store->messages('in');
    return $found;
}

# the same once its file is there, or is known not to come
sub settled {
    my ($wamid) = @_;
    wait_for { my $found = message($wamid);
        $found && $found->{content}{media}{state} =~ /stored|failed/ };
    return message($wamid);
}

sub listed { ($store->ctl(qw/ messages demo /))[1] }

sub asked {
    my ($media) = @_;
    return scalar grep { $_->{path} =~ m!/M$media\?! } $provider->requests();
}

sub files {
    my @found;
    find(sub { push @found, $_ if -f && $File::Find::dir !~ /\.tmp/ },
        "$dir/media");
    return @found;
}

###############################################################################
