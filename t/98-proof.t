#!/usr/bin/perl

# Tests for what a mail that comes in may claim: the tag of the address that
# it went to counts where its proof is right, and for whom the mail went to;
# refusals in every form are heard; what is odd in others' mail is not written
# into ours.

###############################################################################

use warnings;
use strict;
use utf8;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use JSON::PP;
use MIME::Base64;

use lib 'lib';
use Parley::Api;
use Parley::Mail;
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new();
plan(skip_all => 'no exim here') unless Parley::Mail::there();
$t->has('bin:setpriv', 'bin:openssl')->plan(32);
my $dir = $t->testdir();
my $mail = Parley::Mail->new($dir, port(8025));

$t->write_file('secrets/mail.password', "secret\n");
$t->write_file('secrets/basic', "hook:open sesame\n");
system("cd $dir && openssl ecparam -name prime256v1 -genkey -noout "
    . "-out events.key 2>/dev/null && openssl ec -in events.key -pubout "
    . "-outform DER -out events.der 2>/dev/null") == 0 or die 'no key';
$t->write_file('secrets/events',
    encode_base64(slurp("$dir/events.der"), '') . "\n");

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
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
        location = /sendgrid {
            parley_webhook         sendgrid;
            parley_app_secret_file secrets/basic;
            parley_app_secret_file secrets/events;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$mail->run();
my $store = Parley::Store->new($dir);
$t->run();
my $sender = Parley::Sender->new($dir, '--ca-file', $mail->ca())->run();
my $api = Parley::Api->new($store->key('demo', 'admin'));

###############################################################################

my %tag = map { $_ => tag($_) } qw/ ana bo cy /;
like($tag{ana}, qr/^support\+\d+\.[a-z2-7]{16}\@acme\.example$/, 'a tag');

# a proof that is made up; of a mail to somebody else; and the right one

my $forged = $tag{ana} =~ s/\.[a-z2-7]{16}@/.aaaabbbbccccdddd@/r;
hook(inbound('ana', 'f1', To => $forged, Subject => 'unsubscribe'));
settled('f1@x.y');
is(consent('ana'), '', 'a tag that is made up');
hook(inbound('ana', 'f2', To => $tag{bo}, Subject => 'unsubscribe'));
settled('f2@x.y');
is(consent('ana'), '', "somebody else's tag, for oneself");
is(consent('bo'), '', 'and for them');
is(by_id('f2@x.y')->{reply_to}, undef, 'it answers nothing');
hook(inbound('ana', 'f3', To => $tag{ana}, Subject => 'Question'));
settled('f3@x.y');
is(by_id('f3@x.y')->{reply_to}, sent('ana')->{provider_id},
    'the right one is the thread, where the mail says none');
is(consent('ana'), '', 'and no refusal by itself');
hook(inbound('ana', 'f4', To => $tag{ana}, Subject => 'unsubscribe'));
wait_for { consent('ana') eq 'revoked' };
is(consent('ana'), 'revoked', 'the right one, and the word');

# in HTML alone; what is quoted there is not theirs

hook(inbound('bo', 'h1', HtmlBody => '<p>Fine!</p><blockquote><p>STOP</p>'
    . '</blockquote>'));
settled('h1@x.y');
is(consent('bo'), '', 'a word that is quoted');
is(by_id('h1@x.y')->{content}{email}{text}, "Fine!\n> STOP", 'its text');
hook(inbound('bo', 'h2', HtmlBody => '<html><head><title>Yes</title>'
    . '<style>p{}</style></head><body><div><b>S</b>TOP</div></body></html>'));
wait_for { consent('bo') eq 'revoked' };
is(consent('bo'), 'revoked', 'STOP in HTML');

# who writes in somebody's name can forbid, and allows nothing

hook(inbound('bo', 'w1', TextBody => 'START'));
settled('w1@x.y');
is(consent('bo'), 'revoked', 'START from anybody');
hook(inbound('bo', 'w2', To => $tag{ana}, TextBody => 'START'));
settled('w2@x.y');
is(consent('bo'), 'revoked', "START to somebody else's tag");
sleep 2;                                # words have seconds, and a no wins
hook(inbound('bo', 'w3', To => $tag{bo}, TextBody => 'START'));
wait_for { consent('bo') eq 'granted' };
is(consent('bo'), 'granted', 'START that answers our mail');

# somebody wrote back to the relay

hook({ RecordType => 'Bounce', Type => 'Unsubscribe', TypeCode => 16,
    Email => 'cy@example.com', From => 'support@acme.example',
    BouncedAt => '2026-11-26T13:00:00Z', MessageID => 'pm',
    Metadata => { parley => sent('cy')->{provider_id},
        'parley-channel' => 'support@acme.example' } });
wait_for { consent('cy') eq 'revoked' };
is(consent('cy'), 'revoked', 'an unsubscribing bounce');
is(sent('cy')->{state}, 'accepted', 'a refusal, and no failure');

# ids and subjects that cannot be written, in a mail that is answered

for my $odd ([ 'odd', "o\x{eb}1\@x.y", "a\tb" ],
    [ 'long', 'x' x 200 . '@' . 'y' x 55, "bell\x07" ])
{
    my ($who, $id, $subject) = @$odd;
    hook(inbound($who, $id, Subject => $subject, TextBody => 'hello',
        Headers => [ { Name => 'Message-ID', Value => "<$id>" },
            { Name => 'References', Value => "<a\x{eb}\@b> <ok\@b>" } ]));
    wait_for { scalar(my @m = $mail->mails("$who\@example.com")) };
    my ($m) = $mail->mails("$who\@example.com");
    like($m, qr/^References: <ok\@b>/m, "$who: what can be written is");
    unlike($m, qr/\x{eb}|\x07/, 'and nothing else');
}
is($store->rows('dead'), 0, 'nothing is dead');

# SendGrid: events are signed; its id of a mail has brackets

my $id = sent('cy')->{provider_id};
my $events = encode_json([ { event => 'delivered', email => 'cy@example.com',
    'smtp-id' => "<$id>", 'parley-channel' => 'support@acme.example',
    timestamp => time } ]) . "\r\n";
is(events($events), 401, 'events without a signature');
is(events($events, 'Authorization' => basic()), 401,
    'a password is not enough where there is a key');
my %signed = signature(time, $events);
is(events($events =~ s/cy@/xx@/r, %signed), 401, 'another body');
is(events($events, %signed, 'X-Twilio-Email-Event-Webhook-Timestamp' => 1),
    401, 'another time');
is(events($events, %signed), 200, 'signed');
wait_for { sent('cy')->{state} eq 'delivered' };
is(sent('cy')->{state}, 'delivered', 'and its brackets do no harm');
my $large = encode_json([ map { { event => 'processed', email => 'cy@x.y',
    timestamp => $_, pad => 'x' x 200 } } 1 .. 500 ]);
is(events($large, signature(time, $large)), 200, 'signed, and large');
is(http_status(http_post('/sendgrid', "--b\r\nContent-Disposition: form-data;"
    . " name=\"x\"\r\n\r\ny\r\n--b--\r\n",
    headers => { Authorization => basic() })), 200,
    'mail comes with the password');

# who is forgotten and comes back is still who has refused

my ($gone) = sent('ana')->{contact};
is($api->post('/v1/privacy/delete', { email => 'ana@example.com' },
    'Idempotency-Key' => 'forget')->{status}, 200, 'forgotten');
wait_for { $store->rows('erasures') == 1 && $store->rows('erasing') == 0 };
sleep 2;
hook(inbound('ana', 'z1', TextBody => 'hello again'));
settled('z1@x.y');
my ($back) = by_id('z1@x.y')->{contact} =~ /(\d+)/;
my ($row) = grep { $_->{category} eq 'marketing_messages' }
    @{$api->get("/v1/contacts/cnt_$back/consents")->{json}{consents} // []};
is($row->{state}, 'revoked', 'their no is remembered by their address');

is(($store->ctl('check'))[0], 0, 'the store is sound');
$sender->stop();
$mail->stop();

###############################################################################

# A mail to them, and where its answers go.
sub tag {
    my ($who) = @_;
    $api->post('/v1/messages', { to => { email => "$who\@example.com" },
        email => { subject => 'News', text => 'News' }, author => 'person' },
        'Idempotency-Key' => "to-$who");
    wait_for { (sent($who)->{state} // '') eq 'accepted' };
    my ($m) = wait_for { my @m = $mail->mails("$who\@example.com"); $m[0] };
    return $m =~ /^Reply-To: (\S+)/m ? $1 : '';
}

sub sent {
    my ($who) = @_;
    my ($m) = grep { ($_->{address}{value} // '') eq "$who\@example.com" }
        $store->messages('out');
    return $m // {};
}

sub consent {
    my ($who) = @_;
    my ($id) = sent($who)->{contact} =~ /(\d+)/;
    my $r = $api->get("/v1/contacts/cnt_$id/consents");
    my ($row) = grep { $_->{category} eq 'marketing_messages' }
        @{$r->{json}{consents} // []};
    return $row->{state} // '';
}

sub by_id {
    my ($id) = @_;
    my ($m) = grep { ($_->{provider_id} // '') eq $id } $store->messages();
    return $m // {};
}

sub settled { my ($id) = @_; wait_for { by_id($id)->{id} } }

sub inbound {
    my ($who, $id, %more) = @_;
    $id = "$id\@x.y" unless $id =~ /@/;
    my $to = delete $more{To} // 'support@acme.example';
    return { MessageID => 'pm-' . length($id) . rand(),
        From => "$who\@example.com", To => $to, OriginalRecipient => $to,
        Headers => [ { Name => 'Message-ID', Value => "<$id>" } ], %more };
}

sub hook {
    my ($body) = @_;
    return http_status(http_post('/postmark', encode_json($body),
        headers => { Authorization => basic() }));
}

sub basic { return 'Basic ' . encode_base64('hook:open sesame', '') }

sub events {
    my ($body, %headers) = @_;
    return http_status(http_post('/sendgrid', $body, headers => \%headers));
}

sub signature {
    my ($time, $body) = @_;
    $t->write_file('signed', $time . $body);
    system("openssl dgst -sha256 -sign $dir/events.key -out $dir/signature "
        . "$dir/signed") == 0 or die 'cannot sign';
    return ('X-Twilio-Email-Event-Webhook-Signature' =>
            encode_base64(slurp("$dir/signature"), ''),
        'X-Twilio-Email-Event-Webhook-Timestamp' => $time);
}

###############################################################################
