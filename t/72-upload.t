#!/usr/bin/perl

# Tests for files that are sent: parleyctl puts them into the folder, a real
# sender uploads each once, and the message that brings it leaves with its id,
# in its order; and what happens where the file, or the provider, fails.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ sha256_hex /;
use File::Find;
use JSON::PP;
use POSIX qw/ mkfifo /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(105);
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
    }
}

EOF

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my ($n, $seen) = (0, 0);

$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir, '--log-level', 'debug')->run();

###############################################################################

# a picture, and a text behind it

my $ana = person();
my $jpeg = "\xff\xd8\xff\xe0" . join '', map { chr(rand 256) } 1 .. 300000;
my $hash = sha256_hex($jpeg);
mkdir "$dir/out";
write_bytes('out/photo.jpg', $jpeg);
$t->write_file('out/say.json', '{"type":"image","media":{"file":'
    . '"photo.jpg","caption":"the front"}}');

script({ %{taken('MEDIA1')}, delay => 1 });
my $sent = say($ana, '--file', "$dir/out/say.json");
my ($text) = $store->json('send', 'demo', 'main', $ana, '--text', 'and so');
is($text->{verdict}, 'queued', 'a text behind it is queued');
my ($up, $image, $second) = requests(3);

is($up->{method}, 'POST', 'the file is posted');
is($up->{path}, '/api/v99.0/106540352242922/media', 'to the number');
is($up->{token}, 'test-token', 'with the token');
my ($mark) = $up->{type} =~ m!^multipart/form-data; boundary=(\S+)$!;
ok($mark, 'as a form');
my @parts = parts($mark, $up->{body});
is(scalar @parts, 3, 'of three parts');
is_deeply([ @{$parts[0]}{qw/ name body /} ], [ messaging_product =>
    'whatsapp' ], 'its product');
is_deeply([ @{$parts[1]}{qw/ name body /} ], [ type => 'image/jpeg' ],
    'its type');
is($parts[2]{name}, 'file', 'the file');
is($parts[2]{type}, 'image/jpeg', 'of that type');
ok($parts[2]{body} eq $jpeg, 'all of it');
unlike($up->{body}, qr/photo|$dir/, 'and no name of ours');

is($image->{path}, '/api/v99.0/106540352242922/messages', 'then the message');
is_deeply(decode_json($image->{body})->{image}, { id => 'MEDIA1',
    caption => 'the front' }, 'has its id');
is($second->{text}, 'and so', 'and the text comes behind it');
my $m = settled($sent);
is($m->{state}, 'accepted', 'accepted');
is($m->{content}{media}{file}, $hash, 'the message names its file');
is($m->{content}{media}{bytes}, length $jpeg, 'its size');
is($m->{content}{media}{mime_type}, 'image/jpeg', 'its type');
is($m->{content}{media}{id}, undef, 'and no handle that grows old');
is(join(' ', files()), $hash, 'one file is in the folder');
is(slurp_bytes("$dir/media/" . join '/', $hash =~ /^(..)(..)/, $hash), $jpeg,
    'which is that one');
is($store->rows('uploads'), 1, 'the upload is remembered');
sound('after an upload');

# once for all who get it

script(taken('OTHER'));
for (1 .. 3) {
    $sent = say(person(), '--media', "$dir/out/photo.jpg", '--text', 'again');
    ($image) = requests(1);
    is_deeply(decode_json($image->{body})->{image}, { id => 'MEDIA1',
        caption => 'again' }, 'the same file to another has the same id');
}

# many at once, one upload

write_bytes('out/deal.png', "\x89PNG\r\n\x1a\n" . 'd' x 5000);
script({ %{taken('DEAL')}, delay => 2 });
my @people = map { person() } 1 .. 5;
say($_, '--media', "$dir/out/deal.png") for @people;
my @all = requests(6);
is(scalar(grep { $_->{path} =~ /media$/ } @all), 1, 'five wait for one');
is(scalar(grep { $_->{body} =~ /"id": ?"DEAL"/ } @all), 5, 'and all have it');

# a document has its name, a header its file

write_bytes('out/Order 7.pdf', '%PDF-1.7 order');
script(taken('PDF'));
$sent = say($ana, '--media', "$dir/out/Order 7.pdf");
($up, my $doc) = requests(2);
is((parts($up->{type} =~ /=(.*)/, $up->{body}))[2]{type}, 'application/pdf',
    'a document');
is_deeply(decode_json($doc->{body})->{document}, { id => 'PDF',
    filename => 'Order 7.pdf' }, 'has its name with the message');
$t->write_file('out/tap.json', '{"type":"interactive","interactive":{"kind":'
    . '"button","header":{"kind":"image","media":{"file":"photo.jpg"}},'
    . '"body":"x","action":{"buttons":[{"id":"a","title":"b"}]}}}');
say($ana, '--file', "$dir/out/tap.json");
($image) = requests(1);
is(decode_json($image->{body})->{interactive}{header}{image}{id}, 'MEDIA1',
    'a header has the id as well');

# a large one goes through, and not through memory

my $large = 64 << 20;
write_bytes('out/large.pdf', '%PDF' . 'x' x ($large - 4));
script(taken('LARGE'));
my $before = peak();
say($ana, '--media', "$dir/out/large.pdf");
($up, $doc) = requests(2);
ok($up->{bytes} > $large && $up->{bytes} < $large + 2000, 'a large file');
is(decode_json($doc->{body})->{document}{id}, 'LARGE', 'leaves');
SKIP: {
    skip 'a sanitizer keeps memory', 1 if ($ENV{PARLEY_BUILD} // '') =~ /asan/;
    cmp_ok(peak() - $before, '<', $large / 8, 'and is not in memory');
}

# what may not leave is refused before it is asked for

my $entries = $store->status()->{next};
write_bytes('out/big.jpg', "\xff\xd8\xff" . 'x' x (5 << 20));
write_bytes('out/none.jpg', '');
write_bytes('out/false.jpg', 'GIF89a');
write_bytes('out/x.exe', 'MZ');
write_bytes('out/x.gif', 'GIF89a');
$t->write_file('out/kind.json',
    '{"type":"video","media":{"file":"photo.jpg"}}');
for (
    [ 'too large', 'content.media.file: too large', 'big.jpg' ],
    [ 'empty', 'content.media.file: empty', 'none.jpg' ],
    [ 'no picture', 'content.media.file: does not begin as', 'false.jpg' ],
    [ 'not known', 'content.media.mime_type: required', 'x.exe' ],
    [ 'not sent', 'content.media.mime_type: required', 'x.gif' ],
    [ 'not there', 'cannot open', 'gone.jpg' ],
    [ 'a folder', 'content.media.file: not a regular file', '../out.jpg' ],
    [ 'of another kind', 'content.media.mime_type: not a type that is taken',
        'kind.json' ],
) {
    my ($name, $why, $file) = @$_;
    mkdir "$dir/out.jpg";
    my ($status, undef, $err) = $store->ctl(qw/ send demo main /, $ana,
        $file =~ /json/ ? '--file' : '--media', "$dir/out/$file");
    ok($status == 1 && $err =~ /\Q$why\E/, "$name: refused") or diag($err);
}
is($store->status()->{next}, $entries, 'and nothing is in the journal');
is(($store->ctl(qw/ send demo main /, $ana, '--media', 'x', '--file', 'y'))[0],
    2, 'one thing at a time');

# killed in the middle: uploaded again, sent once

write_bytes('out/two.jpg', "\xff\xd8\xff" . 'two' x 90000);
script({ path => '/media$', do => 'hang' });
$sent = say($ana, '--media', "$dir/out/two.jpg");
($text) = $store->json('send', 'demo', 'main', $ana, '--text', 'behind two');
requests(1);
like(($store->ctl('outbox'))[1], qr/its file comes first/, 'one waits');
$sender->kill9();
is($store->rows('unknown'), 0, 'killed: an upload is not unknown');
sound('while it is cut');
script(taken('TWO'));
$sender = Parley::Sender->new($dir, '--log-level', 'debug')->run();
($up, $image, $second) = requests(3);
like($up->{path}, qr/media$/, 'it is uploaded again');
is(decode_json($image->{body})->{image}{id}, 'TWO', 'and sent');
is($second->{text}, 'behind two', 'before what is behind it');
is(settled($sent)->{state}, 'accepted', 'once');
is($store->rows('unknown'), 0, 'nothing is unknown');

# not now: later; the message waits without being charged

write_bytes('out/three.jpg', "\xff\xd8\xff" . 'three');
script({ path => '/media$', status => 503, body => '', times => 2 },
    taken('THREE'));
$sent = say($ana, '--media', "$dir/out/three.jpg");
@all = requests(4);
is(scalar(grep { $_->{path} =~ /media$/ } @all), 3, 'tried until it is taken');
is(decode_json($all[3]{body})->{image}{id}, 'THREE', 'then sent');
is(settled($sent)->{state}, 'accepted', 'and accepted');

# not at all: dead, and why

for ([ 415, 0 ], [ 400, 100 ]) {
    my ($status, $code) = @$_;
    write_bytes('out/four.jpg', "\xff\xd8\xff" . 'four' . $status);
    script({ path => '/media$', status => $status,
        $code ? (code => $code) : (body => '<html>') });
    $sent = say($ana, '--media', "$dir/out/four.jpg");
    ($text) = $store->json('send', 'demo', 'main', $ana, '--text', 'goes on');
    ($up, $second) = requests(2);
    is($second->{text}, 'goes on', "$status: what is behind it leaves");
    $m = settled($sent);
    is($m->{state}, 'failed', 'the message is dead');
    my ($dead) = grep { $_->{dead}{effect}{send_message}{message}
        == $sent =~ s/msg_//r } $store->json('dead');
    like($dead->{dead}{reason}, qr/^its file was not uploaded: /, 'and why');
    is($dead->{dead}{effect}{attempts} // 0, 0, 'no attempt was made');
    script(taken("AGAIN$status"));
    is(($store->ctl(qw/ dead retry /, $dead->{id}))[0], 0, 'retried');
    (undef, $image) = requests(2);
    is(decode_json($image->{body})->{image}{id}, "AGAIN$status",
        'it is uploaded again, and sent');
}

# the file has gone from the folder

write_bytes('out/five.jpg', "\xff\xd8\xff" . 'five');
$sender->stop();
$sent = say($ana, '--media', "$dir/out/five.jpg");
my $five = sha256_hex("\xff\xd8\xff" . 'five');
my $path = "$dir/media/" . join '/', $five =~ /^(..)(..)/, $five;
rename $path, "$dir/aside";
$sender = Parley::Sender->new($dir, '--log-level', 'debug')->run();
$m = settled($sent);
is($m->{state}, 'failed', 'a file that is gone');
my ($dead) = grep { $_->{dead}{reason} =~ /not in the folder/ }
    $store->json('dead');
ok($dead, 'is named');
rename "$dir/aside", $path;
script(taken('FIVE'));
is(($store->ctl(qw/ dead retry /, $dead->{id}))[0], 0, 'there again');
(undef, $image) = requests(2);
is(decode_json($image->{body})->{image}{id}, 'FIVE', 'it is sent');

# a pipe in its place keeps nobody waiting

write_bytes('out/six.jpg', "\xff\xd8\xff" . 'six');
$sender->stop();
$sent = say($ana, '--media', "$dir/out/six.jpg");
my $six = sha256_hex("\xff\xd8\xff" . 'six');
$path = "$dir/media/" . join '/', $six =~ /^(..)(..)/, $six;
unlink $path;
ok(mkfifo($path, 0600), 'a pipe');
$sender = Parley::Sender->new($dir, '--log-level', 'debug')->run();
is(settled($sent)->{state}, 'failed', 'is no file');
unlink $path;

# the provider has forgotten it: once more, and not twice

script(taken('NEW'), { match => '"MEDIA1"', path => 'messages$',
    status => 400, body => encode_json({ error => { code => 100, message =>
        q{(#100) Param image['id'] is not a valid whatsapp business account}
        . ' media attachment ID' } }) });
$sent = say($ana, '--media', "$dir/out/photo.jpg");
(undef, $up, $image) = requests(3);
like($up->{path}, qr/media$/, 'an id that is not known: uploaded again');
is(decode_json($image->{body})->{image}{id}, 'NEW', 'and sent');
is(settled($sent)->{state}, 'accepted', 'accepted');
script(taken('NEWER'), { path => 'messages$', status => 400,
    body => encode_json({ error => { code => 100, message => 'no media' } }) });
$sent = say($ana, '--media', "$dir/out/photo.jpg");
requests(3);
is(settled($sent)->{state}, 'failed', 'and not for ever');
is(scalar(() = new_requests()), 0, 'no more is asked');

# no folder: said at once

$t->stop();
my $conf = $t->read_file('nginx.conf');
$t->write_file('nginx.conf', $conf =~ s/^\s+parley_media\s.*\n//mr);
$t->run();
wait_for { ($store->ctl(qw/ send demo main /, $ana, '--media',
    "$dir/out/photo.jpg"))[2] =~ /parley_media is not configured/ };
pass('no folder is configured: said');

# all of it from the journal again

wait_for { $store->folded() };
sound('in the end');
is(($store->ctl("replay", "$dir/again"))[0], 0, 'and follows from its journal');
is(scalar(() = glob("$dir/media/.tmp/*")), 0, 'nothing half is left');
unlike(scalar($store->ctl(qw/ --json --limit 0 journal /)), qr!$dir/out!,
    'no path is in the journal');
unlike($sender->log() . $t->read_file('error.log'),
    qr!test-token|3460000|photo|Order!, 'no log has a token, number or name');

###############################################################################

# somebody new who has just written: a phone number
sub person {
    my $phone = sprintf '346000%05d', ++$n;
    wa_post([ wa_text("wamid.HELLO$n", $phone, 'hello') ]);
    wait_for { $store->folded() };
    return $phone;
}

# asks for it: the message's id
sub say {
    my ($phone, @what) = @_;
    my ($row) = $store->json(qw/ send demo main /, $phone, @what);
    is($row->{verdict}, 'queued', "queued: $what[1]" =~ s!$dir/!!r);
    return $row->{id};
}

sub script { $provider->script(@_) }

# an upload that is taken
sub taken {
    my ($id) = @_;
    return { path => '/media$', body => encode_json({ id => $id }) };
}

sub new_requests {
    my @all = $provider->requests();
    splice @all, 0, $seen;
    return @all;
}

# the next ones, oldest first, once there are so many
sub requests {
    my ($count) = @_;
    wait_for { new_requests() >= $count };
    my @new = new_requests();
    $seen += @new;
    return @new;
}

sub parts {
    my ($mark, $body) = @_;
    my @parts = split /(?:^|\r\n)--\Q$mark\E(?:--)?\r\n/, $body, -1;
    return map {
        my ($head, $value) = split /\r\n\r\n/, $_, 2;
        my ($name) = $head =~ /; name="([^"]*)"/;
        my ($type) = $head =~ /^content-type: (.*?)\r?$/mi;
        { name => $name, body => $value, type => $type }
    } grep { length } @parts;
}

# the message, once it is known what became of it
sub settled {
    my ($id) = @_;
    my $found;
    wait_for { ($found) = grep { $_->{id} eq $id } $store->messages('out');
        $found && $found->{state} =~ /accepted|failed/ };
    return $found;
}

sub sound {
    my ($when) = @_;
    my ($status, $out) = $store->ctl('check');
    is($status, 0, "the store is sound $when") or diag($out);
}

# the most memory that the sender ever had, in bytes
sub peak {
    my ($kib) = slurp_bytes('/proc/' . $sender->pid() . '/status')
        =~ /^VmHWM:\s*(\d+) kB/m;
    return $kib * 1024;
}

sub write_bytes {
    my ($name, $bytes) = @_;
    open my $fh, '>:raw', "$dir/$name" or die "cannot write $name: $!\n";
    print $fh $bytes;
    close $fh or die "cannot write $name: $!\n";
}

sub slurp_bytes {
    my ($name) = @_;
    open my $fh, '<:raw', $name or return '';
    local $/;
    return <$fh>;
}

sub files {
    my @found;
    find(sub { push @found, $_ if -f && $File::Find::dir !~ /\.tmp/ },
        "$dir/media");
    return @found;
}

###############################################################################
