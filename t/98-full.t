#!/usr/bin/perl

# Tests for mail that comes in while the folder of files has no room: refused
# with 503, so that the provider tries again, and nothing is left of it.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Digest::SHA qw/ sha256_hex /;
use JSON::PP;
use MIME::Base64;

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new()->has('mount')->plan(8);
my $dir = $t->testdir();
my $media = "$dir/media";
my $mounted = 0;

$t->write_file('secrets/basic', "hook:open sesame\n");
$t->write_file('secrets/mail.password', "secret\n");

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store;
    parley_media %%TESTDIR%%/media;

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

        location = /postmark {
            parley_webhook         postmark;
            parley_app_secret_file secrets/basic;
        }
    }
}

EOF

mkdir $media or die "cannot make $media: $!\n";
system("mount -t tmpfs -o size=512k,mode=1777 none $media") == 0
    or die "cannot mount\n";
$mounted = 1;
END { system("umount $media") if $mounted }

$t->expect(qr/no room for a file/);
my $store = Parley::Store->new($dir);
$t->run();
wait_for { $store->folded() };          # so that the tenant is known

###############################################################################

my $large = 'x' x (1 << 20);
my $answer = post(mail('a', 'small', $large));
is(http_status($answer), 503, 'no room');
like($answer, qr/^Retry-After: \d+\r$/m, 'and when to come again');
is(left(), 0, 'nothing is left');
is(scalar(my @none = $store->messages('in')), 0, 'and no message');
like($t->read_file('error.log'), qr/cannot verify a webhook: .*no room/,
    'the log says why');
is(http_status(post(mail('b', 'small'))), 200, 'what has room is taken');
wait_for { scalar(my @m = $store->messages('in')) == 1 };

system("mount -o remount,size=16m $media") == 0 or die "cannot remount\n";
is(http_status(post(mail('a', 'small', $large))), 200, 'with room');
wait_for { scalar(my @m = $store->messages('in')) == 2 };
my ($m) = grep { $_->{provider_id} eq 'a@x.y' } $store->messages('in');
is_deeply([ map { $_->{file} } @{$m->{content}{email}{attachments}} ],
    [ map { sha256_hex($_) } 'small', $large ], 'with all its files');

###############################################################################

sub mail {
    my ($id, @files) = @_;
    return encode_json({ MessageID => $id, From => 'ana@example.com',
        To => 'support@acme.example', Headers => [
            { Name => 'Message-ID', Value => "<$id\@x.y>" } ],
        Attachments => [ map { { Name => 'f', Content =>
            encode_base64($_, '') } } @files ] });
}

sub post {
    return http_post('/postmark', $_[0], headers => {
        Authorization => 'Basic ' . encode_base64('hook:open sesame', '') });
}

# But for its folders.
sub left { return scalar(my @all = (glob("$media/??"), glob("$media/.tmp/*"))) }

###############################################################################
