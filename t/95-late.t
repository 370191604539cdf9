#!/usr/bin/perl

# Tests for what comes late of somebody who was deleted while nothing is
# sealed and no sender runs: the worker that folds it then had the store open
# before there were any keys, and what comes with it stays in no folder.

use warnings;
use strict;

use File::Find;
use JSON::PP;
use MIME::Base64;
use POSIX ();
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new()->plan(7);
my $dir = $t->testdir();

$t->write_file('secrets/mail.password', "secret\n");
$t->write_file('secrets/basic', "hook:open sesame\n");
$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_media  %%TESTDIR%%/media;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        channel mail smtp {
            address    support@acme.example;
            server     smtp://127.0.0.1:%%PORT_8025%%;
            user       acme;
            token_file secrets/mail.password;
        }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }
        location = /postmark {
            parley_webhook         postmark;
            parley_app_secret_file secrets/basic;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$t->expect(qr/unix:.*sender\.sock/);

my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
wait_for { ($store->ctl(qw/ holds demo /))[0] == 0 };
my $api = Parley::Api->new($store->key('demo', 'admin'));

mail(MessageID => 'first', TextBody => 'first');
wait_for { $store->folded() };
my $contact = $api->get('/v1/contacts?email=gone@example.org')
    ->{json}{contacts}[0]{id};
my $asked = $api->post('/v1/privacy/delete', { contact => $contact });
is($asked->{status}, 200, 'a delete');
ok(wait_for { ($api->get("/v1/privacy/erasures/$asked->{json}{id}")
    ->{json}{state} // '') eq 'erased' }, 'which ends');
$sender->stop();

my $messages = $store->rows('messages');

# some seconds apart: a file that is newer than what takes it away would stay

for my $n (1, 2) {
    mail(MessageID => "late$n", TextBody => 'late',
        Date => POSIX::strftime('%a, %d %b %Y %H:%M:%S +0000',
            gmtime(time() - 60)),
        Attachments => [ { Name => "late$n.txt", ContentType => 'text/plain',
            Content => encode_base64("late attached $n " x 500, '') } ]);
    wait_for { $store->folded() };
    sleep 3;
}

is($store->rows('messages'), $messages, 'a message that comes late makes none');
is($store->rows('contacts'), 1, 'nor a contact');

$sender = Parley::Sender->new($dir)->run();
ok(wait_for { $store->rows('erasing') == 0 }, 'what waited is done');
is(join(' ', files()), '', 'no file is left');
is(($store->ctl('replay', "$dir/again"))[0], 0,
    'and the journal gives the same state again');
$sender->stop();

###############################################################################

sub files {
    my @files;

    find(sub { push @files, $File::Find::name if -f }, "$dir/media");
    return @files;
}

sub mail {
    http_post('/postmark', encode_json({ To => 'support@acme.example',
        OriginalRecipient => 'support@acme.example',
        From => 'gone@example.org', FromName => 'Gone', Subject => 'x',
        Headers => [], @_ }), headers => { Authorization => 'Basic '
        . encode_base64('hook:open sesame', ''),
        'Content-Type' => 'application/json' });
}
