#!/usr/bin/perl

# Tests for mail that comes in with its files, of up to 35 MB: each file is in
# the folder and served, the journal has what is left; limits, a worker that is
# killed between files and entry, what cannot be read, and who may say what.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Digest::SHA qw/ sha256_hex hmac_sha256_hex /;
use File::Find;
use JSON::PP;
use List::Util qw/ sum /;
use MIME::Base64;

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;

use constant { MB => 1 << 20, MAX => 35 << 20, KEY => 'mailgun-key' };

###############################################################################

my $t = Parley::Nginx->new()->has('bin:strace')->plan(51);
my $dir = $t->testdir();
my $media = "$dir/media";

$t->write_file('secrets/basic', "hook:open sesame\n");
$t->write_file('secrets/acme', "acme:other\n");
$t->write_file('secrets/mailgun', KEY . "\n");
$t->write_file('secrets/mail.password', "secret\n");

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
        channel mail smtp {
            address    support@acme.example;
            server     smtp://127.0.0.1:%%PORT_8025%%;
            user       acme;
            token_file secrets/mail.password;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/    { parley_api; }
        location /media/ { parley_media_file; }
        location = /postmark {
            parley_webhook         postmark;
            parley_app_secret_file secrets/basic;
        }
        location = /small {
            parley_webhook         postmark;
            parley_app_secret_file secrets/basic;
            parley_body_max        1m;
        }
        location = /acme {
            parley_webhook         postmark tenant=acme;
            parley_app_secret_file secrets/acme;
        }
        location = /mailgun {
            parley_webhook         mailgun;
            parley_app_secret_file secrets/mailgun;
        }
        location = /sendgrid {
            parley_webhook         sendgrid;
            parley_app_secret_file secrets/basic;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$t->expect(qr/sender\.sock/, qr/exited on signal 9/,
    qr/client intended to send too large body/);
my $store = Parley::Store->new($dir);
$t->run();
my $sender = Parley::Sender->new($dir)->run();
my $api = Parley::Api->new($store->key('demo', 'admin'));

###############################################################################

# 35 MB from Postmark, to the byte, in two files and a small one

my $video = join '', map { pack 'N', $_ * 2654435761 % 4294967296 }
    0 .. 3 * MB - 1;
my %files = (video => $video, pdf => '%PDF-1.4' . 'x' x (MB - 8),
    text => 'abc');
my @files = map { { Name => "$_.bin", ContentType => "application/x-$_",
    ContentLength => length $files{$_},
    Content => encode_base64($files{$_}, '') } } qw/ video pdf text /;
my $body = filled({ mail('big@x.y'), Attachments => \@files });
is(length $body, MAX, 'a body of 35 MB');
is(post('/postmark', $body), 200, 'taken');
my $m = by_id('big@x.y');
is($m->{content}{email}{subject}, 'Files', 'a message');
my @got = @{$m->{content}{email}{attachments}};
for my $i (0 .. 2) {
    my $name = (qw/ video pdf text /)[$i];
    my $sha = sha256_hex($files{$name});
    is($got[$i]{file}, $sha, "$name is named");
    ok(slurp(place($sha)) eq $files{$name}, 'and there, byte by byte');
}

# the API names them, and they are served

my ($number) = $m->{id} =~ /(\d+)/;
my $view = $api->get("/v1/messages/msg_$number")->{json};
is_deeply([ map { [ @$_{qw/ filename bytes state sha256 /} ] }
    @{$view->{files}}[0 .. 2] ],
    [ map { [ "$_.bin", length $files{$_}, 'stored',
        sha256_hex($files{$_}) ] } qw/ video pdf text / ], 'in the API');
my $served = http_get("/media/$view->{files}[1]{sha256}?name=a.pdf");
ok((split /\r\n\r\n/, $served, 2)[1] eq $files{pdf}, 'served');
is(claims(), 0, 'no claim is left');
cmp_ok(journal(), '<', MB, 'the journal has little of it');

# one past; one that is too large for its location; who is not known

is(post('/postmark', "$body "), 413, 'one byte more is too large');
my $small = encode_json({ mail('small@x.y'), Tag => 'x' });
$small .= ' ' x (MB - length $small);
is(post('/small', $small), 200, 'at a limit of its own');
is(post('/small', "$small "), 413, 'and past it');
my $before = shelf();
is(post('/postmark', encode_json({ mail('evil@x.y'), Attachments => [
    { Name => 'x', Content => encode_base64('never kept' x 9999, '') } ] }),
    'hook:guess'), 401, 'who is not known');
is(shelf(), $before, 'leaves no file');

# again: the same message, and the same files

is(post('/postmark', $body), 200, 'the same again');
wait_for { $store->folded() };
is(scalar(grep { ($_->{provider_id} // '') eq 'big@x.y' }
    $store->messages('in')), 1, 'is one message');
is(shelf(), $before, 'and the same files');

# SendGrid: a whole mail of 17 MB within a form

my $mime = mime('sg@x.y', 'film.mp4' => $video, 'b.txt' => 'bcd');
is(post('/sendgrid', parts(to => 'support@acme.example',
    envelope => '{"to":["support@acme.example"]}', email => $mime)), 200,
    'a whole mail within a form');
@got = @{by_id('sg@x.y')->{content}{email}{attachments}};
is_deeply([ map { [ @$_{qw/ filename file /} ] } @got ],
    [ [ 'film.mp4', sha256_hex($video) ], [ 'b.txt', sha256_hex('bcd') ] ],
    'its files');
is(by_id('sg@x.y')->{content}{email}{text}, 'Hello', 'its text');

# Mailgun: files of a form; a token is good for one body, and for a time

my %mg = (recipient => 'support@acme.example', from => 'ana@example.com',
    'Message-Id' => '<mg1@x.y>', subject => 'x', 'body-plain' => 'Hi');
my %signed = signed(time, 'token-1');
is(post('/mailgun', parts(%mg, %signed,
    'attachment-1' => [ 'v.bin', $video ])), 200, 'a form with a file');
is(by_id('mg1@x.y')->{content}{email}{attachments}[0]{file},
    sha256_hex($video), 'its file');
is(post('/mailgun', parts(%mg, %signed, 'Message-Id' => '<mg2@x.y>')), 200,
    'its token once more');
wait_for { $store->folded() };
is(scalar(grep { ($_->{provider_id} // '') eq 'mg2@x.y' }
    $store->messages()), 0, 'says nothing');

# whatever the body was that it came with first: this event means nothing

%signed = signed(time, 'token-5');
is(post('/mailgun', encode_json({ signature => { map { ($_ =>
    "$signed{$_}") } keys %signed }, 'event-data' => { event => 'accepted',
    recipient => 'ana@example.com', message => { headers => {
        from => 'support@acme.example' } } } })), 200,
    'an event that is ignored');
is(post('/mailgun', parts(%mg, %signed, 'Message-Id' => '<mg5@x.y>')), 200,
    'its token with a mail');
wait_for { $store->folded() };
is(scalar(grep { ($_->{provider_id} // '') eq 'mg5@x.y' }
    $store->messages()), 0, 'says nothing either');
is(post('/mailgun', parts(%mg, signed(time - 13 * 3600, 't2'))), 401,
    'a signature of yesterday');
is(post('/mailgun', parts(%mg, signed(time + 3600, 't3'))), 401,
    'and of tomorrow');
is(post('/mailgun', parts(%mg, signed(time - 11 * 3600, 't4'),
    'Message-Id' => '<mg4@x.y>')), 200, 'one that was tried for long');
ok(by_id('mg4@x.y'), 'is taken');

# a tenant's own secret speaks for its own channels

is(post('/acme', encode_json({ mail('acme@x.y') }), 'acme:other'), 200,
    "another tenant's secret");
wait_for { $store->rows('quarantine') == 1 };
is(scalar(grep { ($_->{provider_id} // '') eq 'acme@x.y' }
    $store->messages()), 0, 'says nothing of ours');
like(aside(), qr/another tenant's secret/, 'and the quarantine says why');

# what cannot be read, and is too large for the journal, is a file

my $junk = '{"From":"' . 'x' x (4 * MB);
is(post('/postmark', $junk), 200, 'what cannot be read is taken');
wait_for { $store->rows('quarantine') == 2 };
ok(slurp(place(sha256_hex($junk))) eq $junk, 'and kept whole');
like(aside(), qr/kept as a file/, 'aside');

# a worker that is killed between its files and the entry

my %lost = (one => 'lost one' x 1000, two => 'lost two' x 1000);
my $lost = encode_json({ mail('lost@x.y'), Attachments => [ map {
    { Name => $_, Content => encode_base64($lost{$_}, '') } }
    qw/ one two / ] });
my $p = kill_at(($t->workers())[0], '/^link', 2);
is(post('/postmark', $lost), 0, 'killed');
$p->ended(10);
ok(-e place(sha256_hex($lost{one})), 'a file that nobody names');
cmp_ok(claims(), '>', 0, 'is claimed');
my $old = time - 7200;
utime $old, $old, glob "$media/.tmp/in_*";
$sender->stop();
$sender = Parley::Sender->new($dir)->run();
wait_for { claims() == 0 };
ok(!-e place(sha256_hex($lost{one})), 'it is swept');
ok(-e place(sha256_hex($video)), 'what is named stays');
wait_for { post('/postmark', $lost) == 200 };
is(by_id('lost@x.y')->{content}{email}{attachments}[0]{file},
    sha256_hex($lost{one}), 'the provider tries again');

# the same entries give the same state; who is forgotten leaves no file

is(($store->ctl('replay', "$dir/replay"))[0], 0, 'replay gives the same');
my ($sound, @wrong) = $store->ctl('check');
is($sound, 0, 'the store is sound') or diag(@wrong);
my ($missing, @missing) = $store->ctl('audit');
is($missing, 0, 'nothing is missing') or diag(@missing);
$store->ctl('privacy', 'delete', 'demo', 'ana@example.com');
wait_for { !-e place(sha256_hex($video)) };
ok(!-e place(sha256_hex($files{text})), 'forgotten, with all files');
$sender->stop();

###############################################################################

sub mail {
    my ($id) = @_;
    return (MessageID => "pm-$id", From => 'ana@example.com',
        To => 'support@acme.example', Subject => 'Files', TextBody => 'Hi',
        OriginalRecipient => 'support@acme.example',
        Headers => [ { Name => 'Message-ID', Value => "<$id>" } ]);
}

# Up to the limit, with one more file.
sub filled {
    my ($mail) = @_;
    push @{$mail->{Attachments}}, { Content => 'FILL' };
    my $json = encode_json($mail);
    my $n = MAX - length($json) + 4;
    my $fill = 'A' x $n;
    $json =~ s/"FILL"/"$fill"/ or die;
    return $json;
}

sub post {
    my ($path, $body, $who) = @_;
    my ($line) = substr($body, 0, 80) =~ /^--(\S+)\r\n/;
    return http_status(http_post($path, $body, headers => {
        'Content-Type' => $line ? "multipart/form-data; boundary=$line"
                                : 'application/json',
        Authorization => 'Basic '
            . encode_base64($who // 'hook:open sesame', '') }));
}

sub parts {
    my %fields = @_;
    my $out = '';
    for my $name (sort keys %fields) {
        my ($file, $bytes) = ref $fields{$name} ? @{$fields{$name}}
                                                : (undef, $fields{$name});
        $out .= "--xYzZy\r\nContent-Disposition: form-data; name=\"$name\""
            . (defined $file ? "; filename=\"$file\"" : '')
            . "\r\n\r\n$bytes\r\n";
    }
    return "$out--xYzZy--\r\n";
}

sub signed {
    my ($time, $token) = @_;
    return (timestamp => $time, token => $token,
        signature => hmac_sha256_hex($time . $token, KEY));
}

sub mime {
    my ($id, @files) = @_;
    my $out = "From: ana\@example.com\r\nTo: support\@acme.example\r\n"
        . "Message-ID: <$id>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        . "Content-Type: multipart/mixed; boundary=\"bb\"\r\n\r\n"
        . "--bb\r\nContent-Type: text/plain\r\n\r\nHello\r\n";
    while (my ($name, $bytes) = splice @files, 0, 2) {
        $out .= "--bb\r\nContent-Type: video/mp4\r\nContent-Disposition: "
            . "attachment; filename=\"$name\"\r\n"
            . "Content-Transfer-Encoding: base64\r\n\r\n"
            . encode_base64($bytes, "\r\n");
    }
    return "$out--bb--\r\n";
}

sub by_id {
    my ($id) = @_;
    my $m;
    wait_for { ($m) = grep { ($_->{provider_id} // '') eq $id }
        $store->messages('in') };
    return $m;
}

sub aside {
    return join ' ', map { encode_json($_) } $store->all('quarantine');
}

sub place { $_[0] =~ /^(..)(..)/; return "$media/$1/$2/$_[0]" }

sub claims { return scalar(my @all = glob "$media/.tmp/*") }

sub shelf {
    my $n = 0;
    find(sub { $n++ if -f && !/^in_/ }, $media);
    return $n;
}

sub journal { return sum(map { $_->{bytes} } $store->all('journal')) }

# It is killed as it enters one of these calls for the nth time from now on.
sub kill_at {
    my ($pid, $calls, $nth) = @_;
    my $p = Parley::Process->start('strace', { log => "$dir/strace.out" },
        qw/ strace -f -q -o /, '/dev/null', '-p', $pid, '-e',
        "trace=$calls", '-e', "inject=$calls:signal=KILL:when=$nth");
    wait_for { !$p->alive() || !grep { slurp($_) =~ /^TracerPid:\s+0$/m }
        glob "/proc/$pid/task/*/status" };
    return $p;
}

###############################################################################
