#!/usr/bin/perl

# Tests for Twilio through a real nginx and sender: SMS and WhatsApp of one
# person, signatures, statuses before the answer and in any order, refusals
# that block what would follow, and a window that is not open.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha1_base64 sha256_hex /;
use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::Twilio;

###############################################################################

my $t = Parley::Nginx->new()->plan(72);
my $dir = $t->testdir();

my $OTHER = 'AC00000000000000000000000000000002';
my $SMS = '+31620000000';
my $WA = "whatsapp:$SMS";
my $ANA = '+31612345678';

$t->write_file('secrets/twilio.token', "$Parley::Twilio::TOKEN\n");
$t->write_file('secrets/twilio.old', "an older token\n");
$t->write_file('secrets/twilio.other', "another token\n");

my $conf = <<'EOF';

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_media  %%TESTDIR%%/media;

    parley_public_url https://gw.example.com;

    parley_tenant demo {
        channel sms twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            auth_token_file secrets/twilio.old;
            from            +31620000000;
            api_base_url    http://127.0.0.1:8081;
            smart_encoding  on;
        }
        channel wa twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            whatsapp:+31620000000;
            api_base_url    http://127.0.0.1:8081;
            messaging_service_sid MG00000000000000000000000000000001;
        }
        flow greeting flows/greeting.json;
    }

    parley_tenant other {
        channel sms twilio {
            account_sid     AC00000000000000000000000000000002;
            auth_token_file secrets/twilio.other;
            from            $TWILIO_PHONE_NUMBER;
            api_base_url    http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/twilio {
            parley_webhook twilio;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$ENV{TWILIO_PHONE_NUMBER} = '+31620000001';
delete @ENV{qw/ TWILIO_ACCOUNT_SID TWILIO_AUTH_TOKEN
    TWILIO_WHATSAPP_NUMBER /};

###############################################################################

# what the configuration has to say

for my $wrong (
    [ 'account_sid     AC00000000000000000000000000000001;',
        'account_sid $TWILIO_ACCOUNT_SID;',
        qr/the environment has no "TWILIO_ACCOUNT_SID" in .*:\d+/ ],
    [ 'auth_token_file secrets/twilio.token;',
        'auth_token $TWILIO_AUTH_TOKEN;',
        qr/the environment has no "TWILIO_AUTH_TOKEN" in .*:\d+/ ],
    [ 'from            whatsapp:+31620000000;',
        'from $TWILIO_WHATSAPP_NUMBER;',
        qr/the environment has no "TWILIO_WHATSAPP_NUMBER" in .*:\d+/ ],
    [ 'account_sid     AC00000000000000000000000000000001;',
        'account_sid $HOME;', qr/unknown variable "\$HOME"/ ],
    [ 'auth_token_file secrets/twilio.token;', 'auth_token secret;',
        qr/"auth_token" directive takes a variable of the environment/ ],
    [ 'auth_token_file secrets/twilio.token;
            auth_token_file secrets/twilio.old;', '',
        qr/channel "sms" has no "auth_token_file"/ ],
    [ 'from            +31620000000;', '', qr/channel "sms" has no "from"/ ],
    [ 'from            +31620000000;', 'from 0612x;', qr/invalid from/ ],
    [ 'from            whatsapp:+31620000000;', 'from whatsapp:316;',
        qr/invalid from/ ],
    [ 'account_sid     AC00000000000000000000000000000001;',
        'account_sid AC1;', qr/invalid account_sid "AC1"/ ],
    [ 'account_sid     AC00000000000000000000000000000001;',
        'phone_number_id 1;', qr/"phone_number_id" is no directive of/ ],
    [ 'from            +31620000000;',
        'from whatsapp:+31620000000;',
        qr/have the same account and address/ ],
    [ 'parley_public_url https://gw.example.com;', '',
        qr/no "parley_public_url" is defined/ ],
    [ 'parley_public_url https://gw.example.com;',
        'parley_public_url https://gw_1.example.com;',
        qr/invalid public URL/ ],
) {
    my ($from, $to, $says) = @$wrong;
    my $at = index $conf, $from;
    my $bad = $conf;
    substr $bad, $at, length $from, $to;
    $t->write_file_expand('wrong.conf', $bad);
    my ($status, $said) = $t->check('wrong.conf');
    like($said, $says, "refused: $to");
}

$t->write_file_expand('nginx.conf', $conf);
my ($status, $said) = $t->check();
is($status, 0, 'a good one') or diag $said;
like($said, qr!at twilio: https://gw\.example\.com/webhooks/twilio#rp=all&rc=5!,
    'with the URL to be entered');
like($said, qr!as its fallback URL: https://gw\.example\.com/webhooks/twilio$!m,
    'and the fallback');

# all of it from the environment

{
    local @ENV{qw/ TWILIO_ACCOUNT_SID TWILIO_AUTH_TOKEN
        TWILIO_WHATSAPP_NUMBER TWILIO_PHONE_NUMBER /} = ($Parley::Twilio::SID,
        $Parley::Twilio::TOKEN, 'whatsapp:+31620000002', '+31620000003');
    my $all = $conf
        =~ s/account_sid +AC0+1;/account_sid \$TWILIO_ACCOUNT_SID;/gr
        =~ s!auth_token_file secrets/twilio.token;!auth_token
            \$TWILIO_AUTH_TOKEN;!gr
        =~ s/whatsapp:\+31620000000/\$TWILIO_WHATSAPP_NUMBER/r;
    $t->write_file_expand('all.conf', $all);
    my ($status, $said) = $t->check('all.conf');
    is($status, 0, 'and from the environment') or diag $said;
    unlike($said, qr/$Parley::Twilio::TOKEN/, 'which is not shown');
}

###############################################################################

$t->expect(qr/unix:.*sender\.sock|webhook refused/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { $store->folded() };

# nothing that is not signed as it should be

my ($sms_row) = $store->json('channels');
is($sms_row->{webhook}, 'https://gw.example.com/webhooks/twilio#rp=all&rc=5',
    'the URL is shown later too');
is($sms_row->{fallback}, 'https://gw.example.com/webhooks/twilio',
    'and the fallback');
like(($store->ctl('channels'))[1], qr/ \S+#rp=all&rc=5 /, 'in words');

my $hello = tw_text('SM01', $ANA, $SMS, "Hall\xc3\xb3 & caf\xc3\xa9",
    NumSegments => 1);
is(http_status(tw_post($hello, signature => 'x')), 401, 'no signature');
is(http_status(tw_post($hello, token => 'another token')), 401,
    'another account\'s token');
is(http_status(tw_post($hello, public => 'http://localhost:8080',
    headers => { 'X-Forwarded-Host' => 'localhost:8080',
        'X-Forwarded-Proto' => 'http' })), 401,
    'a URL of the request\'s own');
is(http_status(http_get('/webhooks/twilio')), 405, 'nor another method');

my $answer = tw_post($hello);
is(http_status($answer), 204, 'a message');
like($answer, qr/\r\n\r\n\z/, 'and nothing is said');
is(http_status(tw_post($hello)), 204, 'it comes again');
is(http_status(tw_post($hello, token => 'an older token')), 204,
    'and once more, by an older token');
is(http_status(tw_post(tw_text('SM02', $ANA, $WA, 'hello',
    ProfileName => 'Ana', WaId => '31612345678'),
    public => 'https://gw.example.com:443')), 204, 'by WhatsApp');
is(http_status(tw_post(tw_text('SM03', $ANA, '+31620000001', 'hello',
    AccountSid => $OTHER), token => 'another token')), 204,
    'another tenant\'s');
is(http_status(tw_post(tw_text('SM04', $ANA, $SMS, 'hello',
    AccountSid => $OTHER), token => 'another token')), 204,
    'for an address of somebody else\'s');

# one person, one conversation; another tenant's is another one

my $sender = Parley::Sender->new($dir)->run();
wait_for { $store->folded() && $store->rows('zones') > 0 };
my @in = $store->messages('in');
is(scalar @in, 2, 'each once');
is($in[0]{content}{text}{body}, "Hall\x{f3} & caf\x{e9}", 'its text');
is($in[0]{segments}, 1, 'its segments');
is($in[0]{contact}, $in[1]{contact}, 'one contact');
is($in[0]{address}{value}, '31612345678', 'its number');
is(scalar($store->messages('in', 'other')), 1, 'another tenant\'s');
is($store->rows('quarantine'), 1, 'nobody\'s');

# what is signed by its hash, as anybody's token can, is no form of another's

my $forged = '{=x&' . tw_text('SM07', $ANA, $SMS, 'STOP');
my $hashed = '/webhooks/twilio?bodySHA256=' . sha256_hex($forged);
is(http_status(tw_post($forged, path => $hashed,
    signature => hmac_sha1_base64("$Parley::Twilio::PUBLIC$hashed",
        'another token') . '=')), 204, 'a body that begins as JSON does');
wait_for { $store->folded() && $store->rows('quarantine') == 2 };
is($store->rows('quarantine'), 2, 'is put aside');
is(scalar(grep { $_->{provider_id} eq 'SM07' } $store->messages('in')), 0,
    'and says nothing for anybody');

# both are answered, each on its channel

wait_for { $provider->accepted() == 2 && $store->rows('attempts') == 0 };
my %out = map { $_->{to} => $_ } $provider->accepted();
my ($sms, $wa) = @out{$ANA, "whatsapp:$ANA"};
ok($sms && $wa, 'answers');
is($sms->{path},
    "/2010-04-01/Accounts/$Parley::Twilio::SID/Messages.json", 'where');
is($sms->{form}{From}, $SMS, 'from');
is($wa->{form}{From}, $WA, 'from, by WhatsApp');
is($wa->{form}{MessagingServiceSid}, 'MG00000000000000000000000000000001',
    'and by its service');
my ($said_id) = ($sms->{form}{StatusCallback} // '') =~ m!^https://gw\.example
    \.com/webhooks/twilio\?m=(\d+:\w+)\#rp=all&rc=5\z!x;
ok($said_id, 'where its statuses go');
my ($stored) = grep { ($_->{provider_id} // '') eq $sms->{id} }
    $store->messages('out');
is($stored->{segments}, 1, 'segments are kept');

# statuses in any order, and by our id before the answer to the send

status($sms, $_) for qw/ read sent delivered queued /;
wait_for { $store->folded() };
is(state_of($sms->{id}), 'read', 'read is the end');

$provider->script({ match => 'slow', delay => 1.5 });
my ($asked) = $store->json(qw/ send demo sms +31612345678 --text /, 'slow');
is($asked->{verdict}, 'queued', 'a send');
wait_for { grep { ($_->{text} // '') eq 'slow' } $provider->requests() };
my ($slow) = grep { ($_->{text} // '') eq 'slow' } $provider->requests();
status($slow, 'sent');
wait_for { $store->folded() };
is((grep { ($_->{content}{text}{body} // '') eq 'slow' }
    $store->messages('out'))[0]{state}, 'sent', 'settled before its answer');
wait_for { $store->rows('attempts') == 0 };
is(state_of($slow->{id}), 'sent', 'and after it');

# who opted out there is sent nothing more from here

$provider->script({ match => 'Body=adieu', status => 400, code => 21610 },
    { match => 'Body=outside', status => 400, code => 63016 },
    { match => 'Body=fast', status => 429, code => 20429, times => 1,
        headers => { 'Retry-After' => 1 } });

($asked) = $store->json(qw/ send demo sms +31611111111 --text /, 'adieu');
is($asked->{verdict}, 'queued', 'somebody else, to whom SMS needs no window');
wait_for { $store->rows('dead') == 1 && $store->rows('attempts') == 0 };
my $n = $provider->requests();
my ($refused, $why) = $store->ctl(qw/ send demo sms +31611111111 --text /,
    'again');
is($refused, 1, 'the next one');
like($why, qr/refused: consent\./, 'is refused for it');
is(scalar($provider->requests()), $n, 'before the network');

# a window that they say is closed is closed

($asked) = $store->json(qw/ send demo wa +31612345678 --text /, 'outside');
is($asked->{verdict}, 'queued', 'a window that seems open');
wait_for { (grep { ($_->{content}{text}{body} // '') eq 'outside'
    && $_->{state} eq 'failed' } $store->messages('out'))
    && $store->rows('attempts') == 0 };
($refused, $why) = $store->ctl(qw/ send demo wa +31612345678 --text /, 'x');
like($why, qr/refused: window\.closed/, 'is closed now');

# too many requests: later, and once

($asked) = $store->json(qw/ send demo sms +31612345678 --text /, 'fast');
wait_for { (grep { ($_->{text} // '') eq 'fast' } $provider->accepted())
    && $store->rows('attempts') == 0 };
is(scalar(grep { ($_->{text} // '') eq 'fast' } $provider->requests()), 2,
    'sent when it was time');

# a word that Twilio itself has answered

is(http_status(tw_post(tw_text('SM05', $ANA, $SMS, 'stop',
    OptOutType => 'STOP'))), 204, 'a STOP');
wait_for { $store->folded() };
($refused, $why) = $store->ctl(qw/ send demo sms +31612345678 --text /, 'x');
like($why, qr/refused: consent\./, 'is heard');
is(scalar(grep { $_->{confirms_stop} } $store->messages('out')), 0,
    'and not confirmed twice');

# what was sent is counted as it is shown

$provider->script({ says => { num_segments => '0' } });
($asked) = $store->json(qw/ send demo sms +31622222222 --text /,
    "\xe2\x80\x9c" . 'a' x 157 . "\xe2\x80\xa6");
wait_for { $store->rows('outbox') == 3 && $store->rows('attempts') == 0 };
is((grep { $_->{address}{value} eq '31622222222' } $store->messages('out'))
    [0]{segments}, 2, 'where the service does not know yet');
is((grep { ($_->{to} // '') eq '+31622222222' } $provider->accepted())
    [0]{text}, '"' . 'a' x 157 . '...', 'its quotes are plain');

# files are asked for with the token, and got where that leads

my $base = 'http://127.0.0.1:' . port(8081);
$provider->script({ path => '/media/1', status => 307, body => '',
        headers => { Location => "$base/store/1" } },
    { path => '/store/1', status => 200, type => 'image/jpeg',
        body => 'a picture' },
    { path => '/media/2', status => 200, type => 'application/pdf',
        body => 'a paper' });
is(http_status(tw_post(tw_text('MM06', '+31633333333', $SMS, 'look',
    NumMedia => 3, MediaUrl0 => "$base/media/1",
    MediaContentType0 => 'image/jpeg', MediaUrl1 => "$base/media/2",
    MediaContentType1 => 'application/pdf',
    MediaUrl2 => 'http://127.0.0.1:1/secret',
    MediaContentType2 => 'image/png'))), 204, 'a message with files');
my @files;
wait_for { @files = grep { ($_->{provider_id} // '') =~ /^MM06/ }
    $store->messages('in'); @files == 3
    && !grep { ($_->{content}{media}{state} // '') eq 'wanted' } @files } 60;
is(join(' ', map { "$_->{content}{type} $_->{content}{media}{state}" }
    @files), 'image stored document stored image failed', 'are three');
is($files[0]{content}{media}{caption}, 'look', 'the text under the first');
is(stored($files[0]), 'a picture', 'where it leads');
is(stored($files[1]), 'a paper', 'and where it does not');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
$sender->stop();

###############################################################################

sub status {
    my ($sent, $word, %more) = @_;
    my ($query) = $sent->{form}{StatusCallback} =~ /\?([^#]*)/;
    my $answer = tw_post(tw_status($sent->{id}, $word, $sent->{form}{From},
        $sent->{form}{To}, %more), path => "/webhooks/twilio?$query");
    die "no status: $answer\n" unless http_status($answer) == 204;
}

sub stored {
    my $name = $_[0]{content}{media}{file};
    return slurp((glob("$dir/media/*/*/$name"))[0]);
}

sub state_of {
    my ($id) = @_;
    return (grep { ($_->{provider_id} // '') eq $id }
        $store->messages('out'))[0]{state};
}

###############################################################################
