#!/usr/bin/perl

# Tests for what the API makes and changes by itself, with a real sender and
# a provider: templates that are written here and handed in, settings in place
# of nginx.conf's, items of the quarantine, contacts by name and tag, read
# receipts, and what a repeated request is answered.

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

my $t = Parley::Nginx->new();
my $dir = $t->testdir();

$t->write_file('bot.json', <<'EOJ');
{ "flow": "bot", "start": "hi", "triggers": [ { "event": "go",
    "step": "hi" } ], "steps": { "hi": { "say": { "text": "Hi." } } } }
EOJ

conf('');
$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
wait_for { $store->rows('zones') > 0 };

my $rest = Parley::Rest->new($store);
my %key = map { $_ => $store->key('acme', $_) } qw/ admin agent /;
$key{operator} = $store->key(qw/ --all operator /);
my ($ana, $tom) = ('34600000001', '34600000002');
my $got;

###############################################################################

# ---- templates of our own

my %draft = (channel => 'main', name => 'ready', language => 'es_ES',
    category => 'utility', body => 'Hola {{first_name}}, ya.',
    samples => { first_name => 'Ana' });
my $at = '/v1/templates/main/ready/es_ES';

bad(400, '#/body', { %draft, body => '{{first_name}} hola' });
bad(400, '#/samples', { %draft, samples => {} }, 'body');
bad(400, '#/name', { %draft, name => 'Not So' });
bad(400, '#/channel', { %draft, channel => 'none' });
bad(400, '#/category', { %draft, category => undef });

$got = ask('POST', '/v1/templates', \%draft);
is("$got->{status} $got->{json}{status}", '201 draft', 'a template');
is($got->{headers}{location}, $at, 'is there');
is(ask('POST', '/v1/templates', { %draft, footer => 'Bye' })->{status}, 201,
    'and is written anew');
$got = ask('GET', $at);
is($got->{json}{footer}, 'Bye', 'as it was said last');
ok(!$got->{json}{sendable}, 'not to be sent');
$got = ask('POST', '/v1/messages', { to => { phone => $ana },
    template => { name => 'ready', language => 'es_ES',
    named => { first_name => 'Ana' } } });
is($got->{status}, 422, 'nor is it');

# the provider refuses it; then it takes it

$provider->script({ path => 'message_templates', status => 400,
    code => 2388024 });
is(ask('POST', "$at/submit")->{status}, 200, 'handed in');
wait_for { ask('GET', $at)->{json}{refused} };
$got = ask('GET', $at)->{json};
is("$got->{status} $got->{refused_code}", 'draft 2388024',
    'refused, with why');

$provider->script({ path => 'message_templates', body => encode_json(
    { id => '771', status => 'PENDING', category => 'MARKETING' }) });
my %once = ('Idempotency-Key' => 'once');
is(ask('POST', "$at/submit", undef, %once)->{status}, 200, 'once more');
wait_for { ask('GET', $at)->{json}{status} eq 'pending' };
is(ask('GET', $at)->{json}{category}, 'marketing',
    'taken, as the provider sees it');
is(ask('POST', "$at/submit", undef, %once)->{status}, 200, 'a repeat');
my @handed = grep { $_->{path} =~ /message_templates/ }
    $provider->requests();
is(scalar @handed, 2, 'hands nothing in again');
is(ask('POST', "$at/submit")->{status}, 409, 'nor does another');
is(ask('DELETE', $at)->{status}, 409, 'and what is there stays');
is(ask('POST', '/v1/templates', \%draft)->{status}, 409,
    'under a name of its own');
is(ask('POST', '/v1/templates', { %draft, name => 'gone' })->{status}, 201,
    'another');
is(ask('DELETE', '/v1/templates/main/gone/es_ES')->{status}, 204, 'goes');
is(ask('DELETE', '/v1/templates/main/gone/es_ES')->{status}, 404, 'once');
is(ask('POST', '/v1/templates/main/gone/es_ES/submit')->{status}, 404,
    'and is not handed in');
is(told('template'), 'dropped written taken submitted refused submitted '
    . 'written written', 'all of it is audited');

# ---- settings

my $mine = '/v1/channels/main/settings';
$got = ask('GET', $mine);
is($got->{json}{rate_per_s}, 1000, 'what nginx.conf says');
my $etag = $got->{headers}{etag};
ok($etag, 'with an ETag');
is(ask('GET', $mine, undef, 'If-None-Match' => $etag)->{status}, 304,
    'which is known');
is(ask('PUT', $mine, { rate_per_s => 5 })->{status}, 428,
    'nothing is changed unseen');
$got = ask('PUT', $mine, { rate_per_s => 5, quiet_hours => 'off' },
    'If-Match' => $etag);
is_deeply([ @{$got->{json}}{qw/ rate_per_s quiet_hours set configured /} ],
    [ 5, 'off', { rate_per_s => 5, quiet_hours => 'off' },
    { rate_per_s => 1000 } ], 'changed');
is(ask('PUT', $mine, { rate_per_s => 6 }, 'If-Match' => $etag)->{status},
    412, 'and not by who saw it before');
is(ask('GET', '/v1/channels/main')->{json}{rate_per_s}, 5,
    'it is what holds');
$t->reload();
wait_for { ask('POST', '/v1/contacts', { phone => $tom })->{status} == 201 };
is(ask('GET', $mine)->{json}{rate_per_s}, 5, 'over a reload as well');
$got = ask('PUT', $mine, { rate_per_s => undef }, 'If-Match' => '*');
is_deeply($got->{json}{set}, {}, 'null takes it back');
is($got->{json}{rate_per_s}, 1000, 'to what nginx.conf says');

$got = ask('GET', '/v1/settings');
is_deeply($got->{json}, { configured => {}, set => {} }, 'of the tenant');
my $always = '00:00-23:59';
$got = ask('PUT', '/v1/settings', { quiet_hours => $always },
    'If-Match' => $got->{headers}{etag});
is($got->{json}{quiet_hours}, $always, 'quiet hours');
for my $wrong ({ rate_per_s => 0 }, { rate_per_s => 10001 },
    { quiet_hours => 'x' x 513 }, { other => 1 })
{
    is(ask('PUT', '/v1/settings', $wrong, 'If-Match' => '*')->{status}, 400,
        (keys %$wrong)[0] . ' past its limit');
}
is(ask('PUT', '/v1/settings', { rate_per_s => $_ }, 'If-Match' => '*')
    ->{status}, 200, "a rate of $_") for 1, 10000;
is(ask('PUT', '/v1/settings', { quiet_hours => 'soon' },
    'If-Match' => '*')->{json}{pointer}, '#/quiet_hours', 'no hours');
is(ask('PUT', '/v1/settings', {}, 'If-Match' => '*')->{status}, 200,
    'and back');
is(ask('GET', '/v1/channels/none/settings')->{status}, 404, 'no channel');
is($rest->call($key{agent}, 'GET', '/v1/settings')->{status}, 403,
    'not for everybody');
is(scalar(split ' ', told('setting')), 6, 'each is audited');

# ---- people by name and tag

ask('POST', '/v1/contacts', { phone => $ana, name => "Ana Mu\x{f1}oz" });
my $cnt = ask('GET', "/v1/contacts?phone=$ana")->{json}{contacts}[0]{id};
my ($tags) = grep { $_->{path} eq '/v1/contacts/{contact}/tags' }
    $rest->ops();
ask($tags->{method}, "/v1/contacts/$cnt/tags", { add => [ 'vip' ] });
is(people('name=muno'), $cnt, 'by the beginning of a name');
is(people('name=ana%20munoz'), $cnt, 'by all of it');
is(people('name=nobody'), '', 'nobody');
is(people('tag=vip'), $cnt, 'by tag');
is(people('tag=vip&name=ana'), $cnt, 'by both');
is(people('tag=none&name=ana'), '', 'or neither');
is(ask('GET', '/v1/contacts?tag=' . 'x' x 65)->{status}, 400,
    'a tag past its limit');

# ---- read, and told so where it is asked for

wa_post([ wa_text('wamid.1', $ana, 'hello') ]);
wait_for { @{ thread() } };
my ($first) = map { $_->{message}{id} } @{ thread() };
ask('POST', '/v1/messages', { to => { contact => $cnt }, text => 'yes?' });
wait_for { @{ thread() } == 2 };
my ($last) = grep { $_ ne $first } map { $_->{message}{id} } @{ thread() };
$provider->script({ match => '"status":"read"',
    body => encode_json({ success => JSON::PP::true }) });
my ($read) = grep { $_->{id} eq 'markRead' } $rest->ops();
ask($read->{method}, "/v1/conversations/$cnt/read", { message => $last });
ask($read->{method}, "/v1/conversations/$cnt/read", { message => $last,
    receipt => JSON::PP::true });
wait_for { receipts() };
wait_for { $store->rows('outbox') == 0 };
is(join(' ', receipts()), 'wamid.1', 'one receipt, of what came in');

# ---- what belonged to no channel is read again, once there is one

wa_post(wa_body(wa_change({ messages => [
    wa_text('wamid.lost', $tom, 'early') ] }, '3001')));
wait_for { items() };
my ($item) = items();
is($rest->call($key{admin}, 'GET', "/v1/quarantine/$item")->{status}, 404,
    'what is nobody\'s is not for a tenant');
my @again = ($key{operator}, 'POST', "/v1/quarantine/$item/retry");
is($rest->call(@again)->{json}{detail} // '', 'it cannot be read now either',
    'nor can it be read');
conf(<<'EOC');
        channel late whatsapp {
            phone_number_id 3001;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
EOC
$t->reload();
wait_for { ($rest->call(@again)->{json}{done} // '') eq 'read' };
is(scalar(grep { ($_->{content}{text}{body} // '') eq 'early' }
    $store->messages('in', 'acme')), 1, 'it is there now, once');
is(join(' ', items()), '', 'and has left');

# ---- a repeat is answered as the first was

my %twice = ('Idempotency-Key' => 'twice');
my @note = ('POST', "/v1/conversations/$cnt/notes", { text => 'A note' },
    %twice);
my $note = ask(@note);
is($note->{status}, 201, 'a note');
ask('DELETE', "/v1/conversations/$cnt/notes/$note->{json}{id}");
$got = ask(@note);
is($got->{status}, 201, 'a repeat of one that is gone');
is_deeply($got->{json}, $note->{json}, 'is answered alike');

my $soon = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time() + 2));
my @task = ('POST', "/v1/contacts/$cnt/tasks", { name => 'soon',
    at => $soon, flow => 'bot', step => 'hi', channel => 'main' }, %twice);
my $task = ask(@task);
is("$task->{status} $task->{json}{state}", '201 pending', 'a task')
    or diag($task->{text});
wait_for { ask('GET', '/v1/tasks?state=done')->{json}{tasks} };
$got = ask(@task);
is("$got->{status} $got->{json}{id} $got->{json}{state}",
    "201 $task->{json}{id} done", 'a repeat of one that has run');

$got = ask('POST', '/v1/privacy/export', { contact => $cnt }, %twice);
is($got->{status}, 200, 'an export');
my $export = ask('POST', '/v1/privacy/export', { contact => $cnt }, %twice);
is($export->{status}, 200, 'and the same again');
my @handed_out = map { $_->{text} } @{ ask('GET',
    '/v1/audit?kind=exported')->{json}{events} };
is_deeply([ sort @handed_out ], [ sort map { $_->{json}{sha256} } $got,
    $export ], 'each is audited by its digest');

# ---- privacy, over HTTP

my $privacy = sub { ask('POST', "/v1/privacy/$_[0]", @_[1 .. $#_]) };
for my $what (qw/ export delete revoke-consent /) {
    is($privacy->($what, { phone => $ana, email => 'a@b.c' })->{status}, 400,
        "$what: one address");
    is($privacy->($what, {})->{status}, 400, "$what: of somebody");
    is($privacy->($what, { contact => 'cnt_99999' })->{status}, 404,
        "$what: who is there");
    is($privacy->($what, { phone => 'home' })->{json}{pointer}, '#/phone',
        "$what: by a number");
    is($rest->call($store->key(qw/ acme readonly /), 'POST',
        "/v1/privacy/$what", { phone => $ana })->{status}, 403,
        "$what: not for everybody") if $what ne 'export';
}
is($privacy->('export', { phone => '34699999999' })->{status}, 400,
    'nobody to export');
is($privacy->('revoke-consent', { email => 'a@b.c' })->{json}{pointer},
    '#/email', 'no consent is by email');
for my $time ('revoked', 'and again') {
    $got = $privacy->('revoke-consent', { contact => $cnt });
    is("$got->{status} $got->{json}{state}", '200 revoked', $time);
}
my %gone = ('Idempotency-Key' => 'gone');
$got = $privacy->('delete', { contact => $cnt, basis => 'asked' }, %gone);
is($got->{status}, 200, 'deleted') or diag($got->{text});
my $era = $got->{json}{id};
wait_for { ask('GET', "/v1/privacy/erasures/$era")->{json}{state}
    eq 'erased' };
is(ask('GET', "/v1/privacy/erasures/$era")->{json}{basis}, 'asked', 'why');
is($privacy->('delete', { contact => $cnt, basis => 'asked' }, %gone)
    ->{json}{id}, $era, 'a repeat is the same');
is(ask('GET', "/v1/contacts/$cnt")->{status}, 404, 'nobody is there');
is(people("phone=$ana"), '', 'by no address');
is(ask('GET', '/v1/privacy/erasures/era_99999')->{status}, 404,
    'no such erasing');

###############################################################################

$sender->stop();
$t->stop();
is(($store->ctl('check'))[0], 0, 'the store is sound')
    or diag(($store->ctl('check'))[1]);
is(($store->ctl('replay', "$dir/again"))[0], 0, 'and replays');
is(join("\n", $t->grave(), $t->sanitizer()), '', 'nothing grave is logged');
done_testing();

###############################################################################

sub conf {
    my ($more) = @_;
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
$more
        flow bot bot.json;
    }

    server {
        listen 127.0.0.1:8080;

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
}

sub ask {
    my ($method, $path, $body, %headers) = @_;
    my $answer = $rest->call($key{admin}, $method, $path, $body, %headers);
    is($answer->{wrong}, '', "$method $path answers as described")
        if $answer->{wrong} || $answer->{status} >= 500;
    return $answer;
}

# a template that is refused, at this field, or at this other one
sub bad {
    my ($status, $pointer, $body, $or) = @_;
    my $answer = ask('POST', '/v1/templates', $body);
    my $said = "$answer->{status} " . ($answer->{json}{pointer} // '');
    ok($said eq "$status $pointer" || ($or && $said eq "$status #/$or"),
        "$pointer is refused") or diag("$said $answer->{text}");
}

# what the audit log has of a kind: rules, newest first
sub told {
    return join ' ', map { $_->{rule} }
        @{ ask('GET', "/v1/audit?kind=$_[0]&limit=100")->{json}{events} };
}

sub people {
    return join ' ', map { $_->{id} }
        @{ ask('GET', "/v1/contacts?$_[0]")->{json}{contacts} // [] };
}

sub thread {
    return ask('GET', "/v1/conversations/$cnt/messages")->{json}{items} // [];
}

# the messages that the provider was told are read
sub receipts {
    return map { $_->{body} =~ /"message_id":"([^"]+)"/ ? $1 : () }
        grep { ($_->{body} // '') =~ /"status":"read"/ }
        $provider->requests();
}

# of the quarantine, what is nobody's
sub items {
    return map { $_->{id} } @{ $rest->call($key{operator}, 'GET',
        '/v1/quarantine')->{json}{items} // [] };
}
