#!/usr/bin/perl

# Tests for one person by WhatsApp, SMS and mail: one conversation, three
# channels, and by which of them they are written to; the same number at two
# tenants; templates of the house's own; unsubscribing by one click.

###############################################################################

use warnings;
use strict;
use utf8;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Encode qw/ decode encode /;
use JSON::PP;
use MIME::Base64;

use lib 'lib';
use Parley::Api;
use Parley::Mail;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::Twilio;

###############################################################################

my $t = Parley::Nginx->new();
plan(skip_all => 'no exim here') unless Parley::Mail::there();
$t->has('bin:setpriv', 'bin:openssl')->plan(126);
my $dir = $t->testdir();
my $mail = Parley::Mail->new($dir, port(8025));

my $SMS = '+31620000000';
my $WA = "whatsapp:$SMS";
my $ANA = '+31612345678';
my $OTHER = 'AC00000000000000000000000000000002';

$t->write_file('secrets/twilio.token', "$Parley::Twilio::TOKEN\n");
$t->write_file('secrets/twilio.other', "another token\n");
$t->write_file('secrets/mail.password', "secret\n");
$t->write_file('secrets/postmark', "hook:open sesame\n");
$t->write_file('secrets/key', ('0123456789abcdef' x 4) . "\n");
chmod 0600, "$dir/secrets/key";

my $conf = <<'EOF';

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store    %%TESTDIR%%/store;
    parley_outbox   /_parley/outbox;
    parley_key_file secrets/key;

    parley_public_url https://gw.example.com;

    parley_tenant demo {
        calling_code 31;

        channel wa twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            whatsapp:+31620000000;
            api_base_url    http://127.0.0.1:8081;
        }
        channel sms twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            +31620000000;
            api_base_url    http://127.0.0.1:8081;
        }
        flow welcome welcome.json;

        channel mail smtp {
            address    support@acme.example "Acme";
            server     smtp://127.0.0.1:%%PORT_8025%%;
            user       acme;
            token_file secrets/mail.password;
        }
    }

    parley_tenant other {
        channel sms twilio {
            account_sid     AC00000000000000000000000000000002;
            auth_token_file secrets/twilio.other;
            from            +31620000001;
            api_base_url    http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }
        location = /webhooks/twilio { parley_webhook twilio; }
        location = /webhooks/postmark {
            parley_webhook         postmark;
            parley_app_secret_file secrets/postmark;
        }
        location = /unsubscribe { parley_unsubscribe; }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$t->write_file('welcome.json', encode_json({ flow => 'welcome',
    triggers => [ { keywords => [ 'welkom' ], step => 'begin' } ],
    steps => { begin => { say => { template => { name => 'first_contact',
        language => 'nl', body => [
            { name => 'naam', text => '{{name|daar}}' },
            { name => 'bedrijf', text => 'Acme' } ] } } } } }));

# what the configuration has to say

for my $wrong (
    [ 'calling_code 31;', 'calling_code 031;', qr/invalid calling code "031"/ ],
    [ 'calling_code 31;', 'calling_code 3131;', qr/invalid calling code/ ],
    [ 'parley_key_file secrets/key;', '',
        qr/no "parley_key_file" is defined for the "parley_unsubscribe"/ ],
    [ 'parley_unsubscribe; }', 'parley_unsubscribe; parley_unsubscribe; }',
        qr/is duplicate/ ],
    [ 'location /v1/ { parley_api; }',
        'location /v1/ { parley_api; } location /x { parley_unsubscribe; }',
        qr/mails can name one URL alone/ ],
    [ 'location = /unsubscribe', 'location ~ /unsubscribe',
        qr/stands in a location that is a prefix/ ],
) {
    my ($from, $to, $says) = @$wrong;
    my $bad = $conf;
    substr $bad, index($bad, $from), length $from, $to;
    $t->write_file_expand('wrong.conf', $bad);
    my ($status, $said) = $t->check('wrong.conf');
    like($said, $says, "refused: $to");
}

$t->write_file_expand('nginx.conf', $conf);
$t->expect(qr/unix:.*sender\.sock/);

my $provider = Parley::Provider->new($dir)->run();
$mail->run();
my $store = Parley::Store->new($dir);
$t->run();
my $sender = Parley::Sender->new($dir, '--ca-file', $mail->ca())->run();
my $api = Parley::Api->new($store->key('demo', 'admin'));
my $second = Parley::Api->new($store->key('other', 'admin'));

###############################################################################

# however a number is written, it is one person's; one of mail alone is, too

my $eve = $api->post('/v1/contacts', { phone => '+31655555555' })->{json}{id};
my $r = $api->post('/v1/contacts', { phone => '06 12345678', name => 'Ana' });
is($r->{status}, 201, 'a number as it is dialled at home') or diag $r->{body};
my $ana = $r->{json}{id};
is($r->{json}{addresses}[0]{value}, '31612345678', 'in its normal form');
is($r->{json}{addresses}[0]{given}, '0612345678', 'beside what was said');

for my $phone ('+31 6 1234 5678', '0031612345678', '+31 (0)6-12345678',
    '0612345678', '31612345678')
{
    is($api->post('/v1/contacts', { phone => $phone })->{json}{id}, $ana,
        "by $phone");
    my $q = $phone =~ s/\+/%2B/r =~ s/ /%20/gr;
    is($api->get("/v1/contacts?phone=$q")->{json}{contacts}[0]{id}, $ana,
        'is found by it');
}

$r = $api->post('/v1/contacts', { email => 'Bo@Example.com' });
is($r->{status}, 201, 'an address of mail alone') or diag $r->{body};
my $bo = $r->{json}{id};
is($r->{json}{addresses}[0]{value}, 'bo@example.com', 'in lower case');
is($api->get("/v1/search?q=$_")->{json}{people}[0]{id}, $r->{json}{id},
    "and by $_") for 'Bo%40Example.com', 'bo%40EXAMPLE', 'bo%40example.com';
is($api->get('/v1/contacts?email=BO@example.com')->{json}{contacts}[0]{id},
    $bo, 'and found by it');
is($api->post('/v1/contacts', { email => 'no address' })->{status}, 400,
    'but not by what is none');
is($api->post('/v1/contacts', { name => 'x' })->{status}, 400,
    'nor by nothing');

# their addresses

$r = $api->call('PATCH', "/v1/contacts/$ana", { email => 'bo@example.com' });
is($r->{status}, 409, 'what is somebody else\'s') or diag $r->{body};
like($r->{body}, qr!"pointer":"#/email"!, 'and which');
$r = $api->post('/v1/contacts',
    { phone => '0612345678', email => 'bo@example.com' });
is($r->{status}, 409, 'nor do two people become one by it');
$r = $api->call('PATCH', "/v1/contacts/$ana", { email => 'ana@example.com' });
is($r->{status}, 200, 'one of nobody\'s') or diag $r->{body};
is(join(' ', sort map { $_->{value} } @{$r->{json}{addresses}}),
    '31612345678 ana@example.com', 'is theirs');

# who has not written is written to where they would rather be, or where it
# has to be said

$r = say_to($ana, 'hello?');
is($r->{status}, 422, 'several would reach them') or diag $r->{body};
like($r->{body}, qr!"pointer":"#/channel"!, 'so that has to be said');
is($api->call('PATCH', "/v1/contacts/$ana", { channel => 'no' })->{status},
    400, 'by a channel that there is');
$r = $api->call('PATCH', "/v1/contacts/$ana", { channel => 'sms' });
is($r->{json}{channel}, 'sms', 'who would rather have an SMS');
$r = say_to($ana, 'by sms');
is($r->{json}{channel}, 'sms', 'gets one') or diag $r->{body};
is($api->post('/v1/messages', { to => { email => 'ana@example.com' },
    text => 'x', subject => 'x' })->{status}, 400, 'nothing unknown');
$r = $api->post('/v1/messages', { to => { email => 'ana@example.com' },
    text => 'by mail' });
is($r->{json}{channel}, 'mail', 'named by mail: by mail');
is($r->{json}{contact}, $ana, 'the same person');
is($api->post('/v1/can-send', { to => { phone => '0612345678' },
    text => 'x' })->{json}{decision}, 'send', 'can-send finds it as well');

# they write by all three, and each answer goes where they wrote last

is(http_status(tw_post(tw_text('SM01', $ANA, $WA, 'by whatsapp',
    WaId => '31612345678'))), 204, 'WhatsApp');
wait_for { (() = $store->messages('in')) == 1 };
$r = reply('to whatsapp');
is($r->{json}{channel}, 'wa', 'is answered there');

is(http_status(tw_post(tw_text('SM02', $ANA, $SMS, 'by sms'))), 204, 'SMS');
wait_for { (() = $store->messages('in')) == 2 };
is(reply('to sms')->{json}{channel}, 'sms', 'is answered there');

hook(From => 'Ana <ana@example.com>', id => 'm1@example.com',
    Subject => 'A question', TextBody => 'by mail');
wait_for { (() = $store->messages('in')) == 3 };
is(reply('to mail')->{json}{channel}, 'mail', 'is answered there');
is($api->post("/v1/conversations/$ana/reply", { email => { subject => 'x',
    html => '<p>y</p>' } })->{json}{channel}, 'mail', 'as a whole mail, too');
is(reply('chosen', channel => 'sms')->{json}{channel}, 'sms',
    'unless one is chosen');
is(reply('again')->{json}{channel}, 'mail', 'which is that once');

hook(From => 'ana@example.com', id => 'm2@example.com', Subject => 'Away',
    TextBody => 'I am away', headers => [ 'Auto-Submitted', 'auto-replied' ]);
tw_post(tw_text('SM03', $ANA, $SMS, 'sms once more'));
hook(From => 'ana@example.com', id => 'm3@example.com', Subject => 'Away',
    TextBody => 'I am away', headers => [ 'Auto-Submitted', 'auto-replied' ]);
wait_for { (() = $store->messages('in')) == 6 };
is(reply('not the robot')->{json}{channel}, 'sms',
    'what a robot wrote says nothing');

is(($store->ctl('conversation', 'demo', '06 12345678'))[0], 0,
    'parleyctl finds it as well');
$r = $api->get("/v1/contacts/$ana/card");
is(join(' ', map { $r->{json}{$_} // '' } qw/ phone email channel
    reply_channel /), '31612345678 ana@example.com sms sms', 'their card');
$r = $api->get('/v1/conversations');
is(scalar(@{$r->{json}{conversations}}), 1, 'one conversation');
my $row = $r->{json}{conversations}[0];
is($row->{id}, $ana, 'with them');
is(join(' ', sort @{$row->{channels}}), 'mail sms wa', 'three channels');
$r = $api->get("/v1/conversations/$row->{id}");
is(join(' ', sort @{$r->{json}{channels}}), 'mail sms wa', 'and shown so');
is(scalar(grep { 'cnt_' . ($_->{contact} =~ /(\d+)/)[0] ne $ana }
    $store->messages('in')), 0, 'one contact');

wait_for { $store->rows('attempts') == 0
    && !grep { $_->{state} eq 'queued' } $store->messages('out') };
is($store->rows('dead'), 0, 'all of it went');
is(scalar(my @mails = $mail->mails('ana@example.com')), 4, 'by mail');
# whichever of them the relay wrote first
ok((grep { /^In-Reply-To: <m1\@example\.com>/m } @mails), 'in its thread');

# the same number at another tenant is another person

is(http_status(tw_post(tw_text('SM04', $ANA, '+31620000001', 'hello',
    AccountSid => $OTHER), token => 'another token')), 204, 'another tenant');
wait_for { (() = $store->messages('in', 'other')) == 1 };
$r = $second->get('/v1/contacts?phone=%2B31612345678');
my $theirs = $r->{json}{contacts}[0];
ok($theirs, 'knows them, too');
isnt($theirs->{id}, $ana, 'as another contact');
is(join(' ', map { $_->{value} } @{$theirs->{addresses}}), '31612345678',
    'of one address');
is($second->get("/v1/contacts/$ana")->{status}, 404, 'and not as ours');

###############################################################################

# templates of the house's own: the four examples, as they are shipped

for my $file (sort glob '../conf/templates/*-nl.json') {
    my ($channel) = $file =~ m!/(\w+)-nl\.json!;
    for my $one (@{decode_json(slurp($file) =~ s!^\s*//.*$!!mgr)->{templates}})
    {
        $r = $api->post('/v1/templates', template($channel, $one));
        is($r->{status}, 201, "$channel, $one->{name}") or diag $r->{body};
        my %v = map { $_->{name} => $_->{sample} } @{$one->{variables}};
        $r = $api->post('/v1/templates/preview', { channel => $channel,
            template => $one->{name}, language => 'nl',
            variables => \%v });
        unlike($r->{body}, qr/[{]\w+[}]|"title"/, 'reads well')
            or diag $r->{body};
    }
}

is(join(' ', map { $_->{name} } @{$api->get(
    '/v1/templates?channel=sms&category=marketing')->{json}{templates}}),
    'offer', 'listed by category');

my %hello = (channel => 'sms', name => 'hello', language => 'nl',
    category => 'utility', body => 'Hallo {naam|daar}, kosten {bedrag}.',
    samples => { naam => 'Ana', bedrag => '10' });
is($api->post('/v1/templates', \%hello)->{status}, 201, 'one of ours');
is($api->post('/v1/templates', { %hello, body => 'Nu {naam|daar}: {bedrag}' })
    ->{status}, 201, 'written anew');

for (
    [ 'a variable without a sample', { body => '{naam} {x} {bedrag}' },
        '/body' ],
    [ 'a sample without a variable', { samples => { naam => 'A',
        bedrag => '1', x => 'y' } }, '/samples' ],
    [ 'a subject of an SMS', { subject => 'x' }, '/subject' ],
    [ 'a mail without one', { channel => 'mail' }, '/subject' ],
    [ 'buttons', { buttons => [ { kind => 'quick_reply', text => 'x' } ] },
        '/buttons' ],
) {
    my ($name, $with, $pointer) = @$_;
    $r = $api->post('/v1/templates', { %hello, %$with });
    like("$r->{status} $r->{body}", qr/^400.*"pointer":"#\Q$pointer\E/s,
        "refused: $name");
}

for (
    [ 'no value', {}, '/template/body' ],
    [ 'an empty one', { bedrag => '' }, '/template/body' ],
    [ 'one of no variable', { bedrag => '1', x => 'y' },
        '/template/body/\d' ],
) {
    my ($name, $values, $pointer) = @$_;
    $r = said('hello', 'sms', $values);
    like("$r->{status} $r->{body}", qr!^422.*"pointer":"#$pointer!s,
        "not sent: $name");
}

$r = said('hello', 'sms', { bedrag => '{{v}}' },
    variables => { v => '{naam} & {{naam|x}}' });
is($r->{status}, 201, 'sent') or diag $r->{body};
is(text_of($r), 'Nu daar: {naam} & {{naam|x}}', 'filled in once');
is(stored($r)->{wording}, 'hello/nl', 'and says of what it was made');

# what a flow says by one, each channel in its own words

tw_post(tw_text('SM05', '+31677777777', $SMS, 'welkom'));
hook(From => 'cas@example.com', id => 'm4@example.com', Subject => 'Vraag',
    TextBody => 'welkom');
wait_for { grep { ($_->{text} // '') =~ /^Hallo daar, bedankt voor uw/ }
    $provider->accepted() };
pass('a flow says it by SMS');
my ($said) = got(sub { $mail->mails('cas@example.com') });
like($said, qr/^Subject: Uw bericht aan Acme\r?$/m, 'and by mail');
like($said, qr/^Auto-Submitted: auto-replied/m, 'as nobody');

is($api->call('DELETE', '/v1/templates/sms/hello/nl')->{status}, 204,
    'removed');
is(said('hello', 'sms', { bedrag => 1 })->{status}, 422, 'and gone');

###############################################################################

# marketing by mail has a URL for one click

$api->post("/v1/contacts/$ana/consents", { category => 'marketing_messages',
    state => 'granted', source => 'form' });
$api->post('/v1/templates', { channel => 'mail', name => 'news',
    language => 'nl', category => 'marketing', subject => 'Voor {naam}',
    body => 'Dag {naam}', html => '<style>p{color:red}</style><p>{naam}</p>',
    samples => { naam => 'Ana' } });
$r = said('news', 'mail', { naam => '<b>Ana</b>' });
is($r->{status}, 201, 'an advert') or diag $r->{body};
my ($m) = got(sub { grep { /^Subject: Voor/m }
    $mail->mails('ana@example.com') });
like($m, qr/&lt;b&gt;Ana&lt;\/b&gt;/, 'a value is no HTML');
my $heads = ($m =~ s/\r?\n[ \t]+/ /gr) =~ s/\r?\n\r?\n.*//sr;
my ($token) = $heads =~
    m!^List-Unsubscribe: <https://gw\.example\.com/unsubscribe\?([^>]+)>, <mailto:!m;
ok($token, 'names a URL, and an address') or diag $heads;
like($heads, qr/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r?$/m,
    'that takes one click');

my $get = http_get("/unsubscribe?$token", headers => {
    'Accept-Language' => 'nl-NL,nl;q=0.9' });
is(http_status($get), 200, 'whoever opens it');
like($get, qr/<form method="post">.*Afmelden/s, 'sees a page');
is(state_of(), 'granted', 'and nothing changes');
(my $forged = $token) =~ s/(.)\z/$1 eq 'a' ? 'b' : 'a'/e;
(my $tenant = $token) =~ s/^(\w+\.)(\d+)/$1 . ($2 + 1)/e;
(my $store_of = $token) =~ s/^(.)/$1 eq 'a' ? 'b' : 'a'/e;
is(click($_->[1]), 404, "404: $_->[0]") for [ 'forged', $forged ],
    [ "another tenant's", $tenant ], [ "another store's", $store_of ],
    [ 'none', '' ],
    [ 'too long', '1' x 200 ];
is(http_status(http_post("/unsubscribe?$token", 'x=y')), 400, 'no click');
is(http_status(http_post("/unsubscribe?$token", 'x' x 1025)), 413,
    'too large');
like(http("POST /unsubscribe?$token HTTP/1.1\r\nHost: a\r\n"
    . "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    . "1\r\nx\r\n0\r\n\r\n"), qr/^HTTP\S+ 411 /, 'of no length');
is(state_of(), 'granted', 'none of which did anything');

# whoever they are since, and twice

is($api->post('/v1/contacts/merge', { into => $eve, from => $ana })->{status},
    200, 'they are another contact since');
is(join(' ', sort @{$api->get("/v1/conversations/$eve")->{json}{channels}}),
    'mail sms wa', 'on the same channels');
is($api->post("/v1/conversations/$eve/reply", { text => 'to eve',
    author => 'person' })->{json}{channel}, 'sms', 'answered where they wrote');
is(click($token), 200, 'one click');
wait_for { state_of($eve) eq 'revoked' };
is(click($token, "--b\r\nContent-Disposition: form-data; "
    . "name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"), 200,
    'and once more, as the other form');
$r = said('news', 'mail', { naam => 'Ana' });
like($r->{body}, qr/consent\./, 'and no more adverts');

wait_for { $store->folded() };
is($sender->stop(), 0, 'the sender ends');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is(($store->ctl('replay', "$dir/replay"))[0], 0, 'replay gives the same');
unlike($sender->log() . slurp("$dir/error.log"),
    qr/\Q$token\E|31612345678|ana\@example/, 'no log says who');
$mail->stop();
$provider->stop();

###############################################################################

sub say_to {
    my ($who, $text) = @_;
    return $api->post('/v1/messages', { to => { contact => $who },
        text => $text, author => 'person' });
}

sub said {
    my ($name, $channel, $values, %more) = @_;
    return $api->post('/v1/messages', { to => { contact => $ana },
        channel => $channel, template => { name => $name, language => 'nl',
            named => $values }, %more });
}

sub reply {
    my ($text, %more) = @_;
    wait_for { $store->folded() };
    return $api->post("/v1/conversations/$ana/reply", { text => $text,
        author => 'person', %more });
}

sub stored {
    my ($r) = @_;
    my ($id) = ($r->{json}{id} // '') =~ /(\d+)/;
    my ($m) = grep { $_->{id} =~ /^\D*$id$/ } $store->messages();
    return $m // {};
}

sub text_of { stored($_[0])->{content}{text}{body} // '' }

sub template {
    my ($channel, $one) = @_;
    my %body = %$one;
    delete $body{variables};
    return { %body, channel => $channel, samples => {
        map { $_->{name} => $_->{sample} } @{$one->{variables}} } };
}

sub state_of {
    my $who = $_[0] // $ana;
    my ($c) = grep { $_->{category} eq 'marketing_messages' }
        @{$api->get("/v1/contacts/$who")->{json}{consents}};
    return $c->{state} // '';
}

sub click {
    my ($token, $body) = @_;
    return http_status(http_post("/unsubscribe?$token",
        $body // 'List-Unsubscribe=One-Click'));
}

# What there is of it, once there is something.
sub got {
    my ($what) = @_;
    wait_for { scalar(my @some = $what->()) };
    return $what->();
}

sub hook {
    my (%in) = @_;
    my @headers = ([ 'Message-ID', "<$in{id}>" ],
        $in{headers} ? [ @{$in{headers}} ] : ());
    my ($address) = $in{From} =~ /([^\s<>]+\@[^\s<>]+)/;
    return http_post('/webhooks/postmark', encode_json({ From => $in{From},
        FromFull => { Email => $address, Name => '' },
        To => 'support@acme.example',
        ToFull => [ { Email => 'support@acme.example', Name => '' } ],
        OriginalRecipient => 'support@acme.example',
        Subject => $in{Subject}, TextBody => $in{TextBody},
        MessageID => $in{id}, Date => 'Thu, 26 Nov 2026 12:00:00 +0000',
        Headers => [ map { { Name => $_->[0], Value => $_->[1] } }
            @headers ] }), headers => { Authorization => 'Basic '
            . encode_base64('hook:open sesame', '') });
}

###############################################################################
