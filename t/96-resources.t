#!/usr/bin/perl

# Tests for the API's resources, with a real sender and a provider: each
# operation with success and with each of its errors, every answer held
# against docs/openapi.yaml.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use POSIX qw/ strftime /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Rest;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->has('bin:curl');
my $dir = $t->testdir();

# where it is noon now: quiet hours from eleven to two are on, whenever
my $east = 12 - (gmtime)[2];
my $noon = sprintf 'Etc/GMT%+d', -$east;

$t->write_file('bot.json', <<'EOJ');
{
    "flow": "bot", "start": "hi",
    "triggers": [ { "keywords": ["city"], "step": "city" },
        { "event": "sold", "step": "sold" } ],
    "steps": {
        "hi": { "say": { "text": "Hi {{name|there}}." } },
        "city": { "say": { "text": "Which city?" },
            "ask": { "save": "city", "as": "text" }, "next": "thanks" },
        "thanks": { "say": { "text": "{{city}}, then." },
            "schedule": [ { "task": "call", "step": "call",
                "after": "20h" } ] },
        "call": { "say": { "text": "It is time." } },
        "sold": { "say": { "text": "Thank you." } }
    }
}
EOJ

$t->write_file_expand('nginx.conf', <<"EOC");

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant acme {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
        flow bot bot.json;
    }

    parley_tenant quiet {
        time_zone   $noon;
        quiet_hours 11:00-14:00;
        channel one whatsapp {
            phone_number_id 2001;
            waba_id         201;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        channel two whatsapp {
            phone_number_id 2002;
            waba_id         201;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8080;

        include $Parley::Nginx::ROOT/conf/aliases.conf;

        location /v1/ { parley_api; }
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

EOC

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
wait_for { ($store->ctl(qw/ holds acme /))[0] == 0 };

my $rest = Parley::Rest->new($store);
my %key = map { $_ => $store->key('acme', $_) }
    qw/ admin agent bot readonly /;
$key{quiet} = $store->key('quiet', 'admin');
$key{operator} = $store->key(qw/ --all operator /);

my $ana = '34600000001';
my $now = time();
my ($a, $id);

###############################################################################

# ---- contacts

$a = post('/v1/contacts', { phone => '+34 600 000 001', name => 'Ana' });
is($a->{status}, 201, 'a contact');
my $cnt = $a->{json}{id};
is($a->{headers}{location}, "/v1/contacts/$cnt", 'is there');
is($a->{json}{addresses}[0]{value}, $ana, 'by its digits');
$a = post('/v1/contacts', { phone => $ana, language => 'es' });
is($a->{status}, 201, 'and is made once');
is("$a->{json}{id} $a->{json}{name}", "$cnt Ana", 'the same');

bad(400, '#/phone', 'POST', '/v1/contacts', { name => 'nobody' });
bad(400, '#/phone', 'POST', '/v1/contacts', { phone => 'home' });
bad(400, '#/user_id', 'POST', '/v1/contacts', { user_id => '' });
bad(422, '#/time_zone', 'POST', '/v1/contacts',
    { phone => '34600000009', time_zone => 'not/../a zone' });

$a = get("/v1/contacts/$cnt");
my $etag = $a->{headers}{etag};
ok($etag, 'it has an ETag');
$a = ask('PATCH', "/v1/contacts/$cnt", { time_zone => 'Europe/Madrid' },
    'If-Match' => $etag);
is($a->{json}{time_zone}, 'Europe/Madrid', 'changed');
bad(412, undef, 'PATCH', "/v1/contacts/$cnt", { name => 'Eva' },
    'If-Match' => $etag);
bad(422, '#/language', 'PATCH', "/v1/contacts/$cnt", { language => 'a b' });
bad(404, undef, 'PATCH', '/v1/contacts/cnt_99999', { name => 'Eva' });
bad(404, undef, 'GET', '/v1/contacts/msg_1');

is(ids('contacts', '/v1/contacts'), $cnt, 'listed');
is(ids('contacts', "/v1/contacts?address=%2B34%20600-000-001"), $cnt,
    'found as people write it');
is(ids('contacts', "/v1/contacts?phone=$ana"), $cnt, 'by phone');
is(ids('contacts', '/v1/contacts?user_id=none'), '', 'nobody by that');
bad(400, undef, 'GET', '/v1/contacts?limit=0');
bad(400, undef, 'GET', '/v1/contacts?cursor=none');

# ---- a person writes, and is answered by what the flow has learned

wa_post([ wa_text('wamid.1', $ana, 'city') ]);
wait_for { said() =~ /Which/ };
wa_post([ wa_text('wamid.2', $ana, 'Amsterdam-Noord') ]);
wait_for { said() =~ /then/ };

$a = get("/v1/contacts/$cnt/card");
is($a->{json}{line}, 'Amsterdam-Noord', 'a card');
is($a->{json}{answers}{city}, 'Amsterdam-Noord', 'with the answer');
is($a->{json}{marketing}, 'unknown', 'and what is allowed');
bad(404, undef, 'GET', '/v1/contacts/cnt_99999/card');

# ---- consents

my $consents = "/v1/contacts/$cnt/consents";
$a = post($consents, { category => 'marketing_messages', state => 'granted',
    source => 'form.website', text_version => 'v3', channel => 'main',
    said => stamp(-3600) });
is($a->{json}{consents}[0]{text_version}, 'v3', 'granted, to these words');
$a = post($consents, { category => 'marketing_messages', state => 'revoked',
    source => 'call' });
is($a->{json}{consents}[0]{state}, 'revoked', 'revoked');
is(join(' ', map { $_->{consent}{state} } @{ $a->{json}{history} }),
    'revoked granted', 'with all of it');
$a = get("$consents?limit=1");
is($a->{json}{history}[0]{consent}{state}, 'revoked', 'newest first');
$a = get("$consents?limit=1&cursor=$a->{json}{next}");
is($a->{json}{history}[0]{consent}{text_version}, 'v3',
    'and what was agreed to on any day');
bad(422, '#/state', 'POST', $consents, { category => 'news',
    state => 'paused', source => 'call' });
bad(422, '#/source', 'POST', $consents, { category => 'news',
    state => 'granted', source => 'provider.x' });
bad(400, '#/said', 'POST', $consents, { category => 'news',
    state => 'granted', source => 'x', said => 'yesterday' });
bad(400, '#/channel', 'POST', $consents, { category => 'news',
    state => 'granted', source => 'x', channel => 'none' });
bad(404, undef, 'POST', '/v1/contacts/cnt_99999/consents',
    { category => 'news', state => 'granted', source => 'x' });
bad(404, undef, 'GET', '/v1/contacts/cnt_99999/consents');

# ---- messages

$a = post('/v1/messages', { to => { contact => $cnt },
    text => 'Hello {{name}}, {{what|good day}}.',
    variables => { name => 'Ana' } });
is($a->{status}, 201, 'a text');
is($a->{json}{decision}, 'queued', 'is queued');
is($a->{json}{contact}, $cnt, 'for her');
my $first = $a->{json}{id};
is($a->{headers}{location}, "/v1/messages/$first", 'under its number');
wait_for { said() =~ /good day/ };
is((said())[-1], 'Hello Ana, good day.', 'and sent, filled');
$a = get("/v1/messages/$first");
is($a->{json}{text}, 'Hello Ana, good day.', 'shown');
is($a->{json}{author}, 'program', 'by a program');
wait_for { get("/v1/messages/$first")->{json}{provider_id} };

for my $what (
    [ media => { kind => 'image', file => { link => 'https://x.test/a.jpg',
        caption => 'A {{thing|picture}}' } } ],
    [ location => { latitude => '52.4', longitude => '4.9' } ],
    [ contacts => [ { name => { formatted_name => 'Bo', first_name => 'Bo' },
        phones => [ { phone => '+34600' } ] } ] ],
    [ reaction => { message => $first, emoji => "\x{1f44d}" } ],
    [ interactive => { kind => 'button', body => 'Well?', action => {
        buttons => [ { id => 'y', title => 'Yes' } ] } } ],
) {
    $a = post('/v1/messages', { to => { phone => "+$ana" },
        reply_to => $first, $what->[0] eq 'reaction' ? (reply_to => undef)
            : (), @$what });
    is($a->{status}, 201, "a message of $what->[0]") or diag($a->{text});
    $id = $a->{json}{id};
    is(get("/v1/messages/$id")->{status}, 200, 'is shown');
}

bad(400, '#/text', 'POST', '/v1/messages', { to => { contact => $cnt } });
bad(400, '#/text', 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'a', location => { latitude => '1', longitude => '2' } });
bad(400, '#/text', 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'For {{nobody}}' });
bad(400, '#/to', 'POST', '/v1/messages', { to => {}, text => 'a' });
bad(400, '#/to/phone', 'POST', '/v1/messages', { to => { phone => 'home' },
    text => 'a' });
bad(400, '#/to/contact', 'POST', '/v1/messages', { to => { contact => 'x' },
    text => 'a' });
bad(404, undef, 'POST', '/v1/messages', { to => { contact => 'cnt_99999' },
    text => 'a' });
bad(404, undef, 'POST', '/v1/messages', { to => { group => 'grp_99999' },
    text => 'a' });
bad(400, '#/channel', 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'a', channel => 'none' });
bad(400, '#/send_at', 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'a', send_at => 'soon' });
bad(422, '#/send_at', 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'a', send_at => stamp(400 * 86400) });
bad(422, '#/expires_at', 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'a', send_at => stamp(7200), expires_at => stamp(3600) });
bad(400, '#/reply_to', 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'a', reply_to => 'x' });
bad(404, undef, 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'a', reply_to => 'msg_99999' });
bad(422, '#/text', 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'x' x 4097 });
bad(400, '#/nonsense', 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'a', nonsense => 1 });

# policy: the rule, and what may be done instead

my $p = bad(422, undef, 'POST', '/v1/messages',
    { to => { phone => '34600000007' }, text => 'a' });
is($p->{rule}, 'window.closed', 'no window is open');
is($p->{legal_form}, 'none', 'and there is no form that may go');
$p = bad(422, undef, 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'Buy', category => 'marketing' });
is($p->{rule}, 'consent.revoked', 'marketing was revoked');

# what an agent says is a person's; a bot is none

$a = $rest->call($key{agent}, 'POST', '/v1/messages',
    { to => { contact => $cnt }, text => 'I am here' });
is(get("/v1/messages/$a->{json}{id}")->{json}{author}, 'person', 'an agent');
$a = $rest->call($key{bot}, 'POST', '/v1/messages',
    { to => { contact => $cnt }, text => 'I am here', author => 'person' });
is($a->{json}{pointer}, '#/author', 'a bot is no person');

# once, however often

my %once = ('Idempotency-Key' => 'order-1');
my @same = map { ask('POST', '/v1/messages', { to => { contact => $cnt },
    text => 'Once.' }, %once) } 1 .. 2;
is($same[0]{json}{id}, $same[1]{json}{id}, 'the same key, one message');
is($same[1]{status}, 201, 'and the same answer');
bad(422, undef, 'POST', '/v1/messages', { to => { contact => $cnt },
    text => 'Twice.' }, %once);

# later, and called off

$a = post('/v1/messages', { to => { contact => $cnt }, text => 'Later',
    send_at => stamp(3600), expires_at => stamp(7200),
    collapse_key => 'k' });
is("$a->{json}{decision} $a->{json}{until}", 'scheduled ' . stamp(3600),
    'scheduled');
my $later = $a->{json}{id};
$a = get("/v1/messages/$later/trace");
is($a->{json}{effect}{place}, 'scheduled', 'its effect waits');
$a = post("/v1/messages/$later/cancel");
is($a->{status}, 200, 'called off');
is($a->{json}{rule}, 'cancelled', 'and says so');
$a = get("/v1/messages/$later/trace");
is($a->{json}{events}[-1]{kind}, 'cancelled', 'the log knows who');
bad(409, undef, 'POST', "/v1/messages/$first/cancel");
bad(404, undef, 'POST', '/v1/messages/msg_99999/cancel');
bad(404, undef, 'GET', '/v1/messages/msg_99999');
bad(404, undef, 'GET', '/v1/messages/msg_99999/trace');

# quiet hours: the answer says until when, and by which rule

my %quiet = (to => { phone => '34600000005' }, channel => 'one');
wa_post(wa_body(wa_change({ messages => [ wa_text('wamid.q1', '34600000005',
    'hello') ] }, '2001')));
wait_for { $rest->call($key{quiet}, 'GET',
    '/v1/contacts?phone=34600000005')->{json}{contacts}[0] };
$a = $rest->call($key{quiet}, 'POST', '/v1/messages',
    { %quiet, text => 'News' });
is("$a->{json}{decision} $a->{json}{rule}", 'scheduled quiet.hours',
    'put off by a rule');
like($a->{json}{until}, qr/T\d\d:00:00\.000Z$/, 'until they are over');
$a = $rest->call($key{quiet}, 'POST', '/v1/can-send',
    { %quiet, text => 'News' });
is($a->{wrong}, '', 'can-send');
is("$a->{json}{decision} $a->{json}{rule}", 'defer quiet.hours', 'says so');
is($a->{json}{earliest}, $a->{json}{until}, 'and from when on');
$a = $rest->call($key{quiet}, 'POST', '/v1/can-send',
    { to => { phone => '34600000099' }, text => 'x' });
is($a->{json}{pointer}, '#/channel', 'of several channels one is said');
$a = $rest->call($key{quiet}, 'POST', '/v1/can-send',
    { to => $quiet{to}, text => 'x' });
is($a->{json}{rule}, 'quiet.hours', 'or it is where they wrote');

# ---- can-send

$a = post('/v1/can-send', { to => { contact => $cnt } });
ok($a->{json}{allowed}, 'a free text may go');
is($a->{json}{cheapest}{form}, 'free', 'for nothing');
$a = post('/v1/can-send', { to => { phone => '34600000007' } });
ok(!$a->{json}{allowed}, 'and not to a stranger');
is($a->{json}{rule}, 'window.closed', 'whose window is closed');
$a = post('/v1/can-send', { to => { contact => $cnt }, text => 'x' x 5000 });
is($a->{json}{pointer}, '#/text', 'nor what is too long');
bad(404, undef, 'POST', '/v1/can-send', { to => { contact => 'cnt_99999' } });

# ---- many at once

my $bulk = { recipients => [ { to => { contact => $cnt },
        variables => { name => 'Ana' } },
    { to => { phone => 'nobody' }, variables => { name => 'x' } },
    { to => { phone => '34600000007' } },
    { to => { contact => 'cnt_99999' }, variables => { name => 'y' } },
    { to => { phone => '34600000007' }, variables => { name => 'z' } } ],
    text => 'Dear {{name}}', category => 'utility' };
$a = ask('POST', '/v1/messages/bulk', $bulk, 'Idempotency-Key' => 'b1');
is($a->{status}, 200, 'many at once') or diag($a->{text});
is("$a->{json}{queued} $a->{json}{refused}", '1 4', 'each by itself');
is(join(' ', map { $_->{decision} } @{ $a->{json}{results} }),
    'queued refused refused refused refused', 'in their order');
is($a->{json}{results}[1]{pointer}, '#/recipients/1/to', 'no number');
is($a->{json}{results}[2]{pointer}, '#/text', 'a variable is missing');
is($a->{json}{results}[3]{rule}, 'recipient.refused', 'nobody');
is($a->{json}{results}[4]{rule}, 'window.closed', 'policy');
my $again = ask('POST', '/v1/messages/bulk', $bulk,
    'Idempotency-Key' => 'b1');
is($again->{text}, $a->{text}, 'once, and the same answer');
bad(400, '#/recipients', 'POST', '/v1/messages/bulk',
    { recipients => [], text => 'a' });
bad(400, '#/channel', 'POST', '/v1/messages/bulk', { text => 'a',
    channel => 'none', recipients => [ { to => { contact => $cnt } } ] });
is(ask('POST', '/v1/messages/bulk', { text => 'a', recipients =>
    [ ({ to => { contact => $cnt } }) x 1001 ] })->{status} =~ /^4/, 1,
    'a thousand at most');

# ---- merges

my $two = post('/v1/contacts', { user_id => 'ES.77' })->{json}{id};
$a = post('/v1/contacts/merge', { into => $cnt, from => $two });
is($a->{status}, 200, 'two are one') or diag($a->{text});
is("$a->{json}{contact} $a->{json}{joined}", "$cnt $two", 'the older');
my $merge = $a->{json}{merge};
is(get("/v1/contacts/$two")->{json}{joined_to}, $cnt, 'the other says so');
bad(409, undef, 'PATCH', "/v1/contacts/$two", { name => 'x' });
bad(409, '#/from', 'POST', '/v1/contacts/merge',
    { into => $cnt, from => $two });
bad(400, '#/into', 'POST', '/v1/contacts/merge', { into => 'x',
    from => $two });
bad(404, undef, 'POST', '/v1/contacts/merge', { into => 'cnt_99999',
    from => $two });
$a = post("/v1/merges/$merge/split");
is($a->{json}{split}, $two, 'and apart again') or diag($a->{text});
bad(409, undef, 'POST', "/v1/merges/$merge/split");
bad(404, undef, 'POST', '/v1/merges/mrg_99999/split');

# ---- tasks

my $tasks = "/v1/contacts/$cnt/tasks";
is(names(get($tasks)), 'call', 'what the flow has armed');
$a = post($tasks, { name => 'ring', flow => 'bot', step => 'call',
    at => stamp(7200), variables => { city => 'Berlin' } });
is($a->{status}, 201, 'one more') or diag($a->{text});
is("$a->{json}{state} $a->{json}{at}", 'pending ' . stamp(7200), 'then');
is(names(get('/v1/tasks')), 'ring call', 'by their time');
is(names(get('/v1/tasks?limit=1')), 'ring', 'in pages');
$a = get('/v1/tasks?limit=1');
is(names(get("/v1/tasks?limit=1&cursor=$a->{json}{next}")), 'call', 'both');
$a = ask('PATCH', "$tasks/ring", { at => stamp(90000), reminders =>
    JSON::PP::true });
is($a->{json}{at}, stamp(90000), 'moved');
is(names(get('/v1/tasks')), 'call ring', 'behind the other');
is(names(get('/v1/tasks?state=replaced')), 'ring', 'what it replaced');
bad(422, '#/step', 'POST', $tasks, { name => 'r', flow => 'bot',
    step => 'none', at => stamp(60) });
bad(422, '#/flow', 'POST', $tasks, { name => 'r', flow => 'none',
    step => 'call', at => stamp(60) });
bad(422, '#/at', 'POST', $tasks, { name => 'r', flow => 'bot',
    step => 'call', at => stamp(-60) });
bad(422, '#/name', 'POST', $tasks, { name => 'a b', flow => 'bot',
    step => 'call', at => stamp(60) });
bad(400, '#/at', 'POST', $tasks, { name => 'r', flow => 'bot',
    step => 'call', at => 'noon' });
bad(400, '#/channel', 'POST', $tasks, { name => 'r', flow => 'bot',
    step => 'call', at => stamp(60), channel => 'none' });
bad(404, undef, 'POST', '/v1/contacts/cnt_99999/tasks', { name => 'r',
    flow => 'bot', step => 'call', at => stamp(60) });
bad(404, undef, 'PATCH', "$tasks/none", { at => stamp(60) });
bad(422, '#/at', 'PATCH', "$tasks/ring", { at => stamp(-60) });
is(ask('DELETE', "$tasks/ring")->{status}, 204, 'called off');
bad(404, undef, 'DELETE', "$tasks/ring");
bad(404, undef, 'GET', '/v1/contacts/cnt_99999/tasks');

# ---- flows

$a = get('/v1/flows');
is($a->{json}{flows}[0]{name}, 'bot', 'flows');
$a = get('/v1/flows/bot');
is($a->{json}{versions}[0]{version}, $a->{json}{version}, 'with versions');
bad(404, undef, 'GET', '/v1/flows/none');
$a = post('/v1/flows/bot/start', { to => { contact => $cnt },
    variables => { name => 'Ana' } });
is("$a->{status} $a->{json}{decision}", '200 begun', 'begun')
    or diag($a->{text});
wait_for { said() =~ /Hi Ana/ };
bad(404, undef, 'POST', '/v1/flows/none/start', { to => { contact => $cnt } });
bad(404, undef, 'POST', '/v1/flows/bot/start',
    { to => { contact => 'cnt_99999' } });
bad(400, '#/to', 'POST', '/v1/flows/bot/start', { to => {} });
bad(400, '#/step', 'POST', '/v1/flows/bot/start',
    { to => { contact => $cnt }, step => 'none' });
$a = post("/v1/contacts/$cnt/events", { event => 'sold' });
is("$a->{status} $a->{json}{event}", '200 sold', 'an event')
    or diag($a->{text});
wait_for { said() =~ /Thank you/ };
bad(404, undef, 'POST', '/v1/contacts/cnt_99999/events', { event => 'sold' });

# ---- templates

$provider->script({ path => 'message_templates',
    body => encode_json({ data => [ template('order', 'UTILITY', 'APPROVED'),
        template('offer', 'MARKETING', 'REJECTED') ] }) });
$a = post('/v1/channels/main/templates/sync');
is($a->{status}, 200, 'read the list') or diag($a->{text});
wait_for { @{ get('/v1/templates')->{json}{templates} // [] } == 2 };
is(names(get('/v1/templates?category=utility')), 'order', 'by category');
is(names(get('/v1/templates?status=rejected&channel=main')), 'offer',
    'by status and channel');
is(names(get('/v1/templates?name=order')), 'order', 'by name');
bad(400, undef, 'GET', '/v1/templates?channel=none');
$a = get('/v1/templates/main/order/es_ES');
is($a->{json}{body}, 'Hi {{1}}, {{2}}.', 'one');
ok($a->{json}{sendable}, 'that can be sent');
bad(404, undef, 'GET', '/v1/templates/main/order/de');
bad(404, undef, 'GET', '/v1/templates/none/order/es_ES');
bad(404, undef, 'POST', '/v1/channels/none/templates/sync');

$a = post('/v1/templates/preview', { channel => 'main', template => 'order',
    language => 'es_ES', params => [ 'Ana', 'soon' ] });
is($a->{json}{text}, 'Hi Ana, soon.', 'a preview');
is($a->{json}{footer}, 'Shop', 'whole');
is($a->{json}{sms}{segments}, 1, 'with segments');
$a = post('/v1/templates/preview', { text => 'x' x 150 . '{{name}}',
    variables => { name => "\x{1f600}" } });
is("$a->{json}{sms}{encoding} $a->{json}{sms}{segments}", 'ucs2 3',
    'an emoji makes it dear');
bad(400, '#/params', 'POST', '/v1/templates/preview', { template => 'order',
    language => 'es_ES', params => [ 'Ana' ] });
bad(400, '#/variables', 'POST', '/v1/templates/preview', { text => '{{x}}' });
bad(400, '#/template', 'POST', '/v1/templates/preview', {});
bad(400, '#/language', 'POST', '/v1/templates/preview',
    { template => 'order' });
bad(400, '#/template', 'POST', '/v1/templates/preview',
    { template => 'none', language => 'es_ES' });

my $hello = { name => 'order', language => 'es_ES', params => [ 'a', 'b' ] };
$a = post('/v1/messages', { to => { phone => '34600000007' },
    template => $hello });
is($a->{json}{decision}, 'queued', 'a template needs no window')
    or diag($a->{text});
$a = post('/v1/messages', { to => { phone => '34600000007' }, text => 'Free',
    otherwise => $hello });
is($a->{json}{decision}, 'queued', 'nor what has one beside it');
bad(422, '#/template/body', 'POST', '/v1/messages',
    { to => { phone => '34600000007' },
    template => { name => 'order', language => 'es_ES' } });
bad(400, '#/template/params', 'POST', '/v1/messages',
    { to => { contact => $cnt },
    template => { %$hello, named => { a => 'b' } } });
$p = bad(422, undef, 'POST', '/v1/messages',
    { to => { phone => '34600000007' }, text => 'a' });
is($p->{legal_form}, 'template', 'which is what may go to a stranger');

# ---- channels, tenants, holds

is(names(get('/v1/channels'), 'channels'), 'main', 'channels');
$a = get('/v1/channels/main');
like($a->{json}{health}{last_in}, qr/Z$/, 'what came in last');
like($a->{json}{health}{last_out}, qr/Z$/, 'and went out');
cmp_ok($a->{json}{health}{looked}, '>', 5, 'of so many');
unlike($a->{text}, qr/test-token/, 'without its token');
bad(404, undef, 'GET', '/v1/channels/none');
$a = post('/v1/channels/main/pause', { reason => 'holiday',
    until => stamp(3600) });
ok($a->{json}{paused}, 'paused');
is(get('/v1/holds')->{json}{holds}[0]{reason}, 'holiday', 'and why');
$a = post('/v1/channels/main/resume');
ok(!$a->{json}{paused}, 'resumed');
bad(400, '#/until', 'POST', '/v1/channels/main/pause',
    { until => stamp(-60) });
bad(404, undef, 'POST', '/v1/channels/none/pause', {});
bad(404, undef, 'POST', '/v1/channels/none/resume');

is(names(get('/v1/tenants'), 'tenants'), 'acme', 'the own tenant');
$a = $rest->call($key{operator}, 'GET', '/v1/tenants');
is(names($a, 'tenants'), 'acme quiet', 'all of them for an operator');
is(get('/v1/tenants/acme')->{json}{channels}[0]{name}, 'main', 'one');
bad(404, undef, 'GET', '/v1/tenants/quiet');
my %acme = ('Parley-Tenant' => 'acme');
$a = $rest->call($key{operator}, 'POST', '/v1/tenants/acme/pause', {}, %acme);
ok($a->{json}{paused}, 'paused') or diag($a->{text});
is($a->{wrong}, '', 'as described');
$a = $rest->call($key{operator}, 'POST', '/v1/tenants/acme/resume', undef,
    %acme);
ok(!$a->{json}{paused}, 'resumed');
$a = $rest->call($key{operator}, 'POST', '/v1/tenants/quiet/pause', {},
    %acme);
is($a->{status}, 404, 'the tenant that is asked for alone');
is($rest->call($key{admin}, 'POST', '/v1/tenants/acme/pause', {})->{status},
    403, 'by an operator alone');

my $month = strftime('%Y-%m', gmtime);
$a = get("/v1/usage?month=$month");
my %usage = map { ("$_->{metric} $_->{label}" => $_->{count}) }
    @{ $a->{json}{rows} };
is($usage{'messages in'}, 2, 'counted');
ok(!$a->{json}{over}, 'so far');
$a = get("/v1/usage?month=$month&metric=messages");
is(scalar(grep { $_->{metric} ne 'messages' } @{ $a->{json}{rows} }), 0,
    'by metric');
is(scalar @{ get('/v1/usage?month=2020-02')->{json}{rows} // [] }, 0,
    'nothing then');
bad(400, undef, 'GET', '/v1/usage?month=2020-13');
bad(400, undef, 'GET', '/v1/usage');

# ---- what could not be done

$provider->script({ match => 'dead end', status => 400, code => 131026 },
    { match => 'no answer', do => 'close' });
my @lost = map { post('/v1/messages', { to => { contact => $cnt },
    text => $_ })->{json}{id} } 'dead end', 'dead end', 'no answer',
    'no answer';
my @dead;
wait_for {
    my %dead = map { ($_->{message} // '' => $_) }
        @{ get('/v1/dead?channel=main')->{json}{items} // [] };
    @dead = grep { $_ } @dead{ @lost[0, 1] };
    @dead == 2;
};
is(scalar @dead, 2, 'dead letters');
is(get("/v1/dead/$dead[0]{id}")->{json}{effect}{code}, 131026, 'and why');
is(get("/v1/messages/$lost[0]/trace")->{json}{effect}{place}, 'dead',
    'a trace');
bad(400, undef, 'GET', '/v1/dead?channel=none');
bad(404, undef, 'GET', '/v1/dead/eff_99999');
$provider->script({ match => 'no answer', do => 'close' });
is(post("/v1/dead/$dead[0]{id}/retry")->{json}{done}, 'retried', 'retried');
is(post("/v1/dead/$dead[1]{id}/drop")->{json}{done}, 'dropped', 'dropped');
bad(404, undef, 'POST', "/v1/dead/$dead[1]{id}/retry");
bad(404, undef, 'POST', "/v1/dead/$dead[1]{id}/drop");
wait_for { @{ get('/v1/unknown')->{json}{items} // [] } == 2 };
my @unknown = @{ get('/v1/unknown')->{json}{items} };
is(get("/v1/unknown/$unknown[0]{id}")->{json}{message}, $lost[2],
    'what is unknown');
is(get("/v1/messages/$lost[2]/trace")->{json}{effect}{place}, 'unknown',
    'a trace');
$provider->script();
is(post("/v1/unknown/$unknown[0]{id}/resend")->{json}{done}, 'resent',
    'once more');
is(post("/v1/unknown/$unknown[1]{id}/sent")->{json}{done}, 'sent', 'it was');
bad(404, undef, 'GET', "/v1/unknown/$unknown[0]{id}");
bad(404, undef, 'POST', "/v1/unknown/$unknown[0]{id}/resend");
bad(404, undef, 'POST', "/v1/unknown/$unknown[1]{id}/sent");

wa_post(wa_body(wa_change({ messages => [ { from => $ana, type => 'text' } ]
    })));
wait_for { @{ get('/v1/quarantine')->{json}{items} // [] } };
my ($odd) = @{ get('/v1/quarantine')->{json}{items} };
ok(!exists $odd->{raw}, 'what could not be read');
ok(!exists get("/v1/quarantine/$odd->{id}")->{json}{raw},
    'whose bytes are not for everybody');
ok($rest->call($key{operator}, 'GET', "/v1/quarantine/$odd->{id}", undef,
    'Parley-Tenant' => 'acme')->{json}{raw}, 'but for an operator');
bad(422, undef, 'POST', "/v1/quarantine/$odd->{id}/retry");
is(post("/v1/quarantine/$odd->{id}/drop")->{json}{done}, 'dropped',
    'given up');
bad(404, undef, 'POST', "/v1/quarantine/$odd->{id}/$_") for qw/ drop retry /;
bad(404, undef, 'GET', '/v1/quarantine/qrt_99999');

# ---- audit

$a = get("/v1/audit?subject=$cnt&kind=consent");
is(scalar @{ $a->{json}{events} }, 2, 'events of a contact by kind');
is(get('/v1/audit?since=' . stamp(3600))->{json}{events}, undef,
    'none of the future');
$a = get('/v1/audit?limit=2');
is(scalar @{ $a->{json}{events} }, 2, 'in pages');
my @seen = map { $_->{id} } @{ $a->{json}{events} };
$a = get("/v1/audit?limit=2&cursor=$a->{json}{next}");
is(scalar(grep { my $e = $_->{id}; grep { $_ eq $e } @seen }
    @{ $a->{json}{events} }), 0, 'each once');
bad(400, undef, 'GET', '/v1/audit?since=once');
bad(400, undef, 'GET', '/v1/audit?kind=none');
is($rest->call($key{agent}, 'GET', '/v1/audit')->{status}, 403,
    'not for everybody');
is($rest->call($key{readonly}, 'POST', '/v1/messages',
    { to => { contact => $cnt }, text => 'x' })->{status}, 403,
    'who reads alone sends nothing');

# ---- the paths that others know

is(ask('POST', '/messages/send', { to => { contact => $cnt },
    text => 'By another way' })->{status}, 201, '/messages/send');
is(ask('POST', "/api/$_/send", { to => { contact => $cnt },
    text => 'x' })->{status}, 201, "/api/$_/send") for qw/ sms whatsapp /;
is(ask('POST', '/api/whatsapp/send-media', { to => { contact => $cnt },
    media => { kind => 'image', file => { link => 'https://x.test/a.jpg' } }
    })->{status}, 201, '/api/whatsapp/send-media');
is(ask('POST', '/api/sms/bulk', { recipients => [ { to =>
    { contact => $cnt } } ], text => 'x', category => 'utility'
    })->{status}, 200, '/api/sms/bulk');
is(ask('GET', "/api/$_/templates")->{status}, 200, "/api/$_/templates")
    for qw/ sms whatsapp /;
is(ask('GET', "/api/$_/history/$cnt")->{status}, 200, "/api/$_/history")
    for qw/ sms whatsapp /;
is(ask('GET', "/api/inbox/$_")->{status}, 200, "/api/inbox/$_")
    for 'conversations', "conversation/$cnt", 'unread';
is(ask('POST', '/api/inbox/reply', { to => { contact => $cnt },
    text => 'x' })->{status}, 201, '/api/inbox/reply');
my ($read) = grep { $_->{id} eq 'markRead' } $rest->ops();
like(ask($read->{method}, "/api/inbox/mark-read/$cnt",
    { message => $first })->{status}, qr/^20/, '/api/inbox/mark-read');

is(ask('GET', "/messages/$first/trace")->{status}, 200, '/messages/…/trace');
is(ask('GET', "/contacts/$cnt/card")->{status}, 200, '/contacts/…/card');
is(ask('POST', '/api/sms/templates', { channel => 'main', name => 'by_alias',
    language => 'es_ES', category => 'utility', body => 'Ya.' })->{status},
    201, '/api/sms/templates');
is($read->{method}, 'PUT', 'which is a PUT');

# of what is not there: the path behind it says so
for my $path (map { "/v1/privacy/$_" } qw/ export delete revoke-consent /) {
    my ($op) = grep { $_->{path} eq $path } $rest->ops() or next;
    my $answer = $rest->call($key{admin}, $op->{method},
        $path =~ s!^/v1!!r, $rest->body($op, sub {
            $_[0] eq 'contact' ? 'cnt_99999' : undef }));
    isnt($answer->{headers}{'content-type'}, 'text/html',
        "$path by its other name");
}

is(http_status(wa_post([ wa_text('wamid.9', $ana, 'hello') ],
    path => $_)), 200, $_)
    for qw! /api/whatsapp/webhook /webhooks/whatsapp/inbound !;

# ---- what docs/api-resources.md shows

my %env = (API => 'http://127.0.0.1:' . port(8080), KEY => $key{admin},
    CONTACT => $cnt, MONTH => $month, TOMORROW => stamp(86400));
my @shown = slurp("$Parley::Nginx::ROOT/docs/api-resources.md")
    =~ /^    (curl .*\n(?:     +.*\n)*)/mg;
cmp_ok(scalar @shown, '>', 8, 'examples');

for my $example (@shown) {
    my $said = shell($example);
    ok($said && !$said->{type}, ($example =~ /(\/v1\/\S+?)"/)[0]
        . ' as it is shown') or diag(encode_json($said // {}));
}

# ---- all of it

is(join(' ', grep { !/^(?:retryQuarantine|(?:create|submit|drop)Template)$/ }
    $rest->unseen(qw/ Messages Contacts Tasks Templates Flows Channels
    Tenants Queues Audit /)), '', 'every operation was asked');     # 96-own

$sender->stop();
$t->stop();
is(($store->ctl('check'))[0], 0, 'the store is sound');
is(($store->ctl('replay', "$dir/again"))[0], 0, 'and replays');

is(join("\n", $t->grave(), $t->sanitizer()), '', 'nothing grave is logged');
done_testing();

###############################################################################

sub ask {
    my ($method, $path, $body, %headers) = @_;
    my $answer = $rest->call($key{admin}, $method, $path, $body, %headers);
    is($answer->{wrong}, '', "$method $path answers as described")
        if $answer->{wrong} || $answer->{status} >= 500;
    return $answer;
}

sub get { ask('GET', @_) }

sub post { ask('POST', @_) }

# a problem of this status, at this field
sub bad {
    my ($status, $pointer, $method, $path, $body, %headers) = @_;
    my $answer = ask($method, $path, $body, %headers);
    my $at = $answer->{json}{pointer} // '';
    is("$answer->{status} $at", "$status " . ($pointer // $at),
        "$method $path is refused") or diag($answer->{text});
    return $answer->{json};
}

sub ids {
    my ($list, $path) = @_;
    return join ' ', map { $_->{id} } @{ get($path)->{json}{$list} // [] };
}

sub names {
    my ($answer, $list) = @_;
    my ($rows) = $list ? $answer->{json}{$list}
        : grep { ref eq 'ARRAY' } values %{ $answer->{json} };
    return join ' ', map { $_->{name} } @{ $rows // [] };
}

# what she got
sub said {
    return map { $_->{text} // '' } $provider->accepted() if wantarray;
    return join '|', map { $_->{text} // '' } $provider->accepted();
}

# what a command line prints, as JSON
sub shell {
    my ($line) = @_;
    local @ENV{keys %env} = values %env;
    open my $fh, '-|', 'sh', '-c', $line or return undef;
    local $/;
    return eval { decode_json(<$fh> // '') };
}

sub stamp { strftime('%Y-%m-%dT%H:%M:%S.000Z', gmtime($now + $_[0])) }

sub template {
    my ($name, $category, $status) = @_;
    return { id => '1', name => $name, language => 'es_ES',
        status => $status, category => $category,
        parameter_format => 'POSITIONAL', components => [
            { type => 'BODY', text => 'Hi {{1}}, {{2}}.',
                example => { body_text => [ [ 'Ana', 'soon' ] ] } },
            { type => 'FOOTER', text => 'Shop' } ] };
}
