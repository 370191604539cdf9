#!/usr/bin/perl

# Tests for one template on Meta's WhatsApp and on Twilio's, through a real
# nginx and sender: written once, sent by the same flow and by the same
# request on both channels, and what each provider was given, field by field.

###############################################################################

use warnings;
use strict;
use utf8;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Rest;
use Parley::Sender;
use Parley::Store;
use Parley::Twilio;

###############################################################################

my $t = Parley::Nginx->new()->plan(58);
my $dir = $t->testdir();

my $SID = 'HX0123456789abcdef0123456789abcdef';
my $NEXT = 'HX0123456789abcdef0123456789abcde0';
my ($ANA, $TOM, $EVA, $LEO) = map { "3460000000$_" } 1 .. 4;

$t->write_file('secrets/twilio.token', "$Parley::Twilio::TOKEN\n");
my %says = (name => 'lead_welcome', category => 'utility',
    header => { kind => 'text', name => 'firma', text => 'Muster' },
    body => [ { name => 'name', text => '{{given|wer}}' },
        { name => 'thema', text => 'Fenster & Türen' } ],
    buttons => [ { index => 0, kind => 'quick_reply', text => 'yes' },
        { index => 1, kind => 'url', text => 'a-17' } ]);
$t->write_file('welcome.json', encode_json({ flow => 'welcome',
    language => 'de', start => 'hi', triggers => [
        { event => 'go', step => 'hi' }, { event => 'more', step => 'or' } ],
    steps => { hi => { say => { template => \%says } },
        or => { say => { text => 'Hallo!', template => \%says } } } }));

$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_public_url https://gw.example.com;

    parley_tenant demo {
        channel meta whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
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
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }
        location = /webhooks/twilio {
            parley_webhook twilio;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOC

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { $store->folded() };
my $sender = Parley::Sender->new($dir)->run();
wait_for { $store->rows('zones') > 0 };

my $rest = Parley::Rest->new($store);
my $key = $store->key('demo', 'admin');
my $got;

###############################################################################

# one definition

my %one = (name => 'lead_welcome', language => 'de', category => 'marketing',
    header => '{{firma}} grüßt', footer => 'Mit STOPP ist Schluss.',
    body => 'Guten Tag {{name}}, es geht um {{thema}}.',
    buttons => [ { kind => 'quick_reply', text => 'Ja' },
        { kind => 'url', text => 'Ansehen', url => 'https://e.co/{{nr}}' } ],
    samples => { firma => 'Muster', name => 'Ana', thema => 'Fenster',
        nr => 'a-17' });
my %content = (%one, channel => 'wa', content_sid => $SID,
    content_variables => { name => '1', thema => '2', nr => '3',
        firma => '4' },
    buttons => [ { %{ $one{buttons}[0] }, id => 'yes' },
        $one{buttons}[1] ]);

# what is refused of it

bad('#/name', { %content, name => '' });
bad('#/name', { %one, channel => 'meta', name => '' });
bad('#/body', { %content, body => '', samples => {}, header => undef,
    buttons => [], content_variables => undef });
bad('#/language', { %content, language => 'de-AT' });
bad('#/content_sid', { %content, content_sid => 'HX1' });
bad('#/content_sid', { %content, channel => 'meta' });
bad('#/buttons', { %content, channel => 'meta', content_sid => undef });
bad('#/content_variables', { %one, channel => 'meta',
    content_variables => { name => '1' } });
bad('#/content_variables', { %content, content_variables => { x => '1' } });
bad('#/content_variables', { %content, content_variables => { name => '1' } });
bad('#/content_variables', { %content, content_variables => { name => '1',
    thema => '1', nr => '3', firma => '4' } });
bad('#/buttons/1/id', { %content, buttons => [ $one{buttons}[0],
    { %{ $one{buttons}[1] }, id => 'x' } ] });
bad('#/body', { %content, body => '{{name}} {{thema}}' });
bad('#/content_sid', { name => 'text', language => 'de', channel => 'sms',
    category => 'utility', body => 'b', content_sid => $SID });

# without its ContentSid it is a draft, and nothing is sent with it

my $at = '/v1/templates/wa/lead_welcome/de';
$got = ask('POST', '/v1/templates', { %content, content_sid => undef });
is("$got->{status} $got->{json}{status}", '201 draft', 'written before');
is($got->{json}{content_sid}, undef, 'its content');
$got = ask('POST', '/v1/messages', message($ANA, 'wa'));
is("$got->{status} $got->{json}{rule}", '422 template.content',
    'it is not sent');
like($got->{json}{pointer} // '', qr!^#/template!, 'which says where')
    or diag($got->{text});
$got = ask('POST', '/v1/messages', { %{ message($ANA, 'wa') },
    template => { name => 'other', language => 'de' } });
is($got->{json}{rule}, 'template.content', 'nor is one that is not known');
is(ask('POST', "$at/submit")->{status}, 409, 'and it is not handed in here');

# with it, it is

$got = ask('POST', '/v1/templates', \%content);
is("$got->{status} $got->{json}{status}", '201 approved', 'written');
$got = ask('GET', $at);
is_deeply([ @{ $got->{json} }{qw/ content_sid sendable category status /} ],
    [ $SID, JSON::PP::true, 'marketing', 'approved' ], 'it is there');
is_deeply($got->{json}{content_variables}, $content{content_variables},
    'by the keys that it was given');
my ($listed) = grep { $_->{channel} eq 'wa' }
    @{ ask('GET', '/v1/templates')->{json}{templates} };
is($listed->{content_sid}, $SID, 'and is listed');
like(($store->ctl(qw/ templates demo wa /))[1],
    qr/^wa +lead_welcome +de +marketing +approved .* $SID *$/m,
    'by parleyctl as well');

# on Meta's channel the same one is the provider's: handed in, and listed

is(ask('POST', '/v1/templates', { %one, channel => 'meta' })->{status}, 201,
    'the same on the other channel');
$provider->script({ path => 'message_templates', body => encode_json(
    { id => '771', status => 'APPROVED', category => 'MARKETING' }) });
is(ask('POST', '/v1/templates/meta/lead_welcome/de/submit')->{status}, 200,
    'is handed in');
wait_for { ask('GET', '/v1/templates/meta/lead_welcome/de')->{json}{status}
    eq 'approved' };

###############################################################################

# by the same flow on both: marketing, as both rows say, so that who has not
# agreed is not written to

for my $channel (qw/ meta wa /) {
    is(start($channel, $EVA), 'begun', "$channel: a flow");
}
wait_for { $store->rows('dead') == 2 };
is(join(' ', map { $_->{dead}{rule} }
    $store->json('dead')), 'consent.missing consent.missing',
    'an advert to who did not agree, on both');

agree($_) for $ANA, $TOM;
start($_, $ANA) for qw/ meta wa /;
wait_for { sends() == 2 && $store->rows('attempts') == 0 };
my ($meta) = grep { !$_->{form} } sends();
my ($wa) = grep { $_->{form} } sends();

is_deeply(decode_json($meta->{body})->{template}, {
    name => 'lead_welcome', language => { code => 'de' }, components => [
        { type => 'header', parameters => [ { type => 'text',
            parameter_name => 'firma', text => 'Muster' } ] },
        { type => 'body', parameters => [
            { type => 'text', parameter_name => 'name', text => 'Ana' },
            { type => 'text', parameter_name => 'thema',
                text => 'Fenster & Türen' } ] },
        { type => 'button', sub_type => 'quick_reply', index => '0',
            parameters => [ { type => 'payload', payload => 'yes' } ] },
        { type => 'button', sub_type => 'url', index => '1',
            parameters => [ { type => 'text', text => 'a-17' } ] } ] },
    'Meta\'s: components') or diag($meta->{body});
is(decode_json($meta->{body})->{type}, 'template',
    'of a template');

is($wa->{form}{ContentSid}, $SID, 'Twilio\'s: the content');
is_deeply(decode_json($wa->{form}{ContentVariables}), { 1 => 'Ana',
    2 => 'Fenster & Türen', 3 => 'a-17', 4 => 'Muster' },
    'and its variables');
is($wa->{form}{To}, "whatsapp:+$ANA", 'to');
is($wa->{form}{From}, 'whatsapp:+31620000000', 'from');
is($wa->{form}{Body}, undef, 'without a text');

# by the same request

for my $channel (qw/ meta wa /) {
    is(ask('POST', '/v1/messages', message($TOM, $channel))->{status}, 201,
        "$channel: a message");
}
wait_for { sends() == 4 && $store->rows('attempts') == 0 };
my @last = (sends())[2, 3];
($meta) = grep { !$_->{form} } @last;
($wa) = grep { $_->{form} } @last;
is_deeply([ map { $_->{parameters}[0]{parameter_name} // $_->{parameters}[0] }
    @{ decode_json($meta->{body})->{template}{components} } ],
    [ 'firma', 'name', { type => 'text', text => 'b-18' } ],
    'Meta\'s: components');
is_deeply(decode_json($wa->{form}{ContentVariables}), { 1 => 'Tom',
    2 => 'Dächer', 3 => 'b-18', 4 => 'Haus' }, 'Twilio\'s: variables');

# what does not fit is refused on both, at the same place

my %less = (name => 'lead_welcome', language => 'de',
    named => { name => 'Tom' });
my @said = map { my $a = ask('POST', '/v1/messages', { to => { phone => $TOM },
    channel => $_, template => \%less });
    "$a->{status} $a->{json}{rule} " . ($a->{json}{pointer} // '') }
    qw/ meta wa /;
is($said[0], $said[1], 'a variable that is missing');
like($said[1], qr/^422 template\.refused #/, 'is refused');

# another content: what is queued goes by it

is(ask('POST', '/v1/templates', { %content, content_sid => $NEXT,
    content_variables => undef })->{status}, 201, 'another content');
is(ask('POST', '/v1/messages', message($TOM, 'wa'))->{status}, 201, 'a send');
wait_for { sends() == 5 && $store->rows('attempts') == 0 };
$wa = (sends())[4];
is($wa->{form}{ContentSid}, $NEXT, 'goes by that');
is_deeply(decode_json($wa->{form}{ContentVariables}), { 1 => 'Tom',
    2 => 'Dächer', 3 => 'Haus', 4 => 'b-18' }, 'which numbers them itself');

# one that is named by its ContentSid goes as it did

is(ask('POST', '/v1/messages', { to => { phone => $TOM }, channel => 'wa',
    template => { name => $SID, language => 'de', params => [ 'x' ] } })
    ->{status}, 201, 'a ContentSid itself');
wait_for { sends() == 6 && $store->rows('attempts') == 0 };
$wa = (sends())[5];
is("$wa->{form}{ContentSid} $wa->{form}{ContentVariables}",
    qq/$SID {"1":"x"}/, 'as ever');

# a text, and where no window is open the template in its stead

agree($LEO);
for my $channel (qw/ meta wa /) {
    is(start($channel, $LEO, '--step', 'or'), 'begun', "$channel: a text");
}
wait_for { sends() == 8 && $store->rows('attempts') == 0 };
@last = (sends())[6, 7];
is(join(' ', map { $_->{text} // 'none' } @last), 'none none',
    'is not sent outside of a window');
is((map { decode_json($_->{body})->{template}{name} }
    grep { !$_->{form} } @last)[0], 'lead_welcome', 'but Meta\'s template');
is((map { $_->{form}{ContentSid} } grep { $_->{form} } @last)[0], $NEXT,
    'and Twilio\'s content');

# and dropped

is(ask('DELETE', $at)->{status}, 204, 'dropped');
is(ask('POST', '/v1/messages', message($TOM, 'wa'))->{json}{rule},
    'template.content', 'it is not known any more');

$sender->stop();
$t->stop();
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is(($store->ctl('replay', "$dir/again"))[0], 0, 'and it replays');

###############################################################################

sub ask {
    my ($method, $path, $body) = @_;
    my $answer = $rest->call($key, $method, $path, $body);
    is($answer->{wrong}, '', "$method $path answers as described")
        if $answer->{wrong} || $answer->{status} >= 500;
    return $answer;
}

sub bad {
    my ($pointer, $body) = @_;
    my $answer = ask('POST', '/v1/templates', $body);
    is("$answer->{status} " . ($answer->{json}{pointer} // ''),
        "400 $pointer", "refused: $pointer") or diag($answer->{text});
}

# what the flow says, as a program says it
sub message {
    my ($phone, $channel) = @_;
    return { to => { phone => $phone }, channel => $channel,
        template => { name => 'lead_welcome', language => 'de',
            header => { kind => 'text', name => 'firma', text => 'Haus' },
            named => { name => 'Tom', thema => 'Dächer' },
            buttons => [ { index => 1, kind => 'url', text => 'b-18' } ] } };
}

sub start {
    my ($channel, $phone, @more) = @_;
    return ($store->json(qw/ flow start demo /, $channel, "+$phone", '--flow',
        'welcome', @more, 'given=Ana'))[0]{verdict};
}

sub agree {
    my ($phone) = @_;
    my ($status, $out, $err) = $store->ctl(qw/ --source test consent set
        demo /, "+$phone", qw/ marketing_messages granted /);
    diag("consent: $out$err") if $status != 0;
}

# what was sent to somebody, in order
sub sends { grep { $_->{id} && $_->{path} =~ /essages/ } $provider->requests() }

###############################################################################
