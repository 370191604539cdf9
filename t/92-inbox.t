#!/usr/bin/perl

# Tests for the inbox over the API, with a real nginx and sender: lists,
# threads, what is unread, what people do with conversations, and search.

###############################################################################

use warnings;
use strict;
use utf8;

use JSON::PP;
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
        channel second whatsapp {
            phone_number_id 2002;
            waba_id         201;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
    }

    parley_tenant other {
        channel main whatsapp {
            phone_number_id 3001;
            waba_id         301;
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
wait_for { $store->rows('zones') > 0 };

my $rest = Parley::Rest->new($store);
my %key = map { $_ => $store->key('acme', $_) }
    qw/ admin agent bot readonly /;
$key{other} = $store->key('other', 'admin');
my $who = 'agent';
my ($a, $count) = (undef, 0);

###############################################################################

# ---- the list

hears(1 => 'Guten Tag, Müller hier');
hears(2 => 'hello');
hears(3 => 'İstanbul nerede?');
is(order(), '3 2 1', 'who spoke last is first');
hears(1 => 'noch da?');
is(order(), '1 3 2', 'again');

my %by = map { ($_->{addresses}[0] => $_->{id}) } list();
my ($one, $two, $three) = @by{sort keys %by};
like($one, qr/^cnt_\d+$/, 'a conversation is known by whom it is with');

$a = get('/v1/conversations?limit=2');
hears(3 => 'meanwhile');
is(people(get("/v1/conversations?limit=2&cursor=$a->{json}{next}")), '2',
    'a page keeps its place while somebody speaks');

$a = get("/v1/conversations/$one");
is_deeply([ @{$a->{json}}{qw/ id status unread_count archived /} ],
    [ $one, 'open', 2, JSON::PP::false ], 'one conversation');
is_deeply($a->{json}{channels}, ['main'], 'its channels');
is($a->{json}{last_message}{content}, 'noch da?', 'its last message');
is_deeply([ @{$a->{json}{last_message}}{qw/ channel direction read /} ],
    [ 'main', 'in', JSON::PP::false ], 'that nobody has read');
ok($a->{json}{windows}[0]{open}, 'its window');

# ---- a second channel is the same conversation

wa_post(wa_body(wa_change({ messages => [ wa_text('wamid.second',
    '34600000001', 'on the other one') ] }, '2002')));
wait_for { get("/v1/conversations/$one")->{json}{unread_count} == 3 };
is_deeply(get("/v1/conversations/$one")->{json}{channels},
    [ 'main', 'second' ], 'channels of one person are one conversation');

# ---- what is unread

is(unread(), '3 6', 'what is unread');
my $seen = get("/v1/conversations/$one")->{json}{last_message}{id};
hears(1 => 'after it was looked at');
$a = ask('PUT', "/v1/conversations/$one/read", { message => $seen });
is($a->{json}{unread_count}, 1, 'read up to what was seen');
ask('PUT', "/v1/conversations/$one/read", { message => $seen }) for 1 .. 2;
is(unread(), '3 4', 'again: nothing changes');
bad(422, '#/message', 'PUT', "/v1/conversations/$two/read",
    { message => $seen });
bad(400, '#/message', 'PUT', "/v1/conversations/$two/read",
    { message => 'none' });
ask('PUT', "/api/inbox/mark-read/$one", { message =>
    get("/v1/conversations/$one")->{json}{last_message}{id} });
is(ids('unread=true'), "$three $two", 'only those with something unread');
wa_post([ wa_text('wamid.twice', '34600000002', 'twice') ]) for 1 .. 3;
wait_for { unread() eq '2 4' };
is(unread(), '2 4', 'a repeated delivery is none');

# ---- who answers

$a = ask('PUT', "/v1/conversations/$two/owner", { owner => 'ana',
    epoch => 0 });
is_deeply([ @{$a->{json}}{qw/ owner status owner_epoch /} ],
    [ 'ana', 'handover', 1 ], 'assigned');
bad(409, '#/epoch', 'PUT', "/v1/conversations/$two/owner",
    { owner => 'bob', epoch => 0 });
bad(400, '#/owner', 'PUT', "/v1/conversations/$two/owner", { owner => '' });
bad(400, '#/owner', 'PUT', "/v1/conversations/$two/owner", { owner => $_ })
    for qw/ bot none /;
is(ids('owner=ana'), $two, 'listed by owner');
is(ids('owner=bot'), "$one $three", 'the bot has the others');
is(ids('status=handover'), $two, 'or by status');
is(unread('ana'), '1 2', 'what is unread of hers');
$a = ask('DELETE', "/v1/conversations/$two/owner");
is($a->{json}{owner}, undef, 'given back');
is(unread('ana'), '0 0', 'with what is unread');

# ---- status

$a = ask('PUT', "/v1/conversations/$two/status", { status => 'closed',
    reason => 'done' });
is("$a->{json}{status} $a->{json}{close_reason}", 'closed done', 'closed');
bad(422, '#/status', 'PUT', "/v1/conversations/$two/status",
    { status => 'qualified' });
is(ids('status=closed'), $two, 'listed');
$a = ask('PUT', "/v1/conversations/$two/status", { status => 'open' });
is($a->{json}{status}, 'open', 'and opened');

# ---- the archive

ask('PUT', "/v1/conversations/$two/archive");
is(ids(''), "$one $three", 'put away');
is(ids('archived=true'), $two, 'and found there');
hears(2 => 'back');
is(ids(''), "$two $one $three", 'it comes back when they write');
ask('PUT', "/v1/conversations/$two/archive");
ask('DELETE', "/v1/conversations/$two/archive");
is(ids(''), "$two $one $three", 'or when it is taken out');

# ---- tags

$a = post("/v1/conversations/$two/tags", { add => [ 'vip', 'late' ] });
is_deeply($a->{json}{tags}, [ 'vip', 'late' ], 'tags');
$a = post("/v1/conversations/$two/tags", { remove => ['late'] });
is_deeply($a->{json}{tags}, ['vip'], 'one less');
is(ids('tag=vip'), $two, 'listed by tag');
bad(422, '#/add', 'POST', "/v1/conversations/$two/tags",
    { add => [ 'x' x 65 ] });
$a = post("/v1/contacts/$two/tags", { add => ['gold'] });
is_deeply($a->{json}{tags}, ['gold'], "a contact's");

# ---- notes

$a = post("/v1/conversations/$two/notes", { text => 'call her' });
is($a->{status}, 201, 'a note');
my $note = $a->{json}{id};
hears(2 => 'after the note');
$a = get("/v1/conversations/$two/messages?limit=3");
is(join(' ', map { $_->{note} ? 'note' : 'message' }
    @{ $a->{json}{items} }), 'message note message message',
    'stands where it was written');
ok($a->{json}{older} && !$a->{json}{newer}, 'and the thread goes on');
is(get("/v1/conversations/$two/notes")->{json}{notes}[0]{text}, 'call her',
    'listed');
$who = 'bot';
bad(422, undef, 'DELETE', "/v1/conversations/$two/notes/$note");

for (qw/ bot readonly /) {
    $who = $_;
    is(get("/v1/conversations/$two/notes")->{status}, 403,
        "notes are not listed for $who");
    is(scalar(grep { $_->{note} }
        @{ get("/v1/conversations/$two/messages")->{json}{items} }), 0,
        "nor in a thread");
}
$who = 'agent';
is(ask('DELETE', "/v1/conversations/$two/notes/$note")->{status}, 204,
    'taken away by who wrote it');
bad(404, undef, 'DELETE', "/v1/conversations/$two/notes/$note");
bad(400, '#/text', 'POST', "/v1/conversations/$two/notes",
    { text => 'x' x 4097 });
ok(!grep({ ($_->{text} // '') =~ /call her/ } $provider->accepted()),
    'it was told nobody');

# ---- pages of a thread, and the notes between them

for (1 .. 5) {
    post("/v1/conversations/$two/notes", { text => "behind $_" });
    hears(2 => "and message $_") if $_ % 2;
}

for my $limit (1 .. 4) {
    my $path = "/v1/conversations/$two/messages";
    my @whole = things(get($path));
    my (@back, @on, $page);

    for (my $at = ''; ; $at = '&before=' . (grep /msg/, things($page))[-1]) {
        $page = get("$path?limit=$limit$at");
        push @back, things($page);
        last if !$page->{json}{older} || @back > 99;
    }
    is("@back", "@whole", "by $limit: backwards, all once");

    for (my $at = $whole[-1]; ; $at = (grep /msg/, things($page))[0]) {
        $page = get("$path?limit=$limit&after=$at");
        unshift @on, things($page);
        last if !$page->{json}{newer} || @on > 99;
    }
    is("@on", "@whole[0 .. $#whole - 1]", "by $limit: forwards, all once");
}

# ---- a thread, both ways

hears(3 => "line $_") for 1 .. 9;
my @thread = map { $_->{message}{id} }
    @{ get("/v1/conversations/$three/messages")->{json}{items} };
$a = get("/v1/conversations/$three/messages?limit=3&before=$thread[2]");
is(messages($a), "@thread[3 .. 5]", 'before a message');
$a = get("/v1/conversations/$three/messages?limit=2&after=$thread[4]");
is(messages($a), "@thread[2, 3]", 'behind it');
$a = get("/v1/conversations/$three/messages?limit=4&around=$thread[4]");
is(messages($a), "@thread[2 .. 5]", 'around it');
bad(400, undef, 'GET',
    "/v1/conversations/$three/messages?before=msg_1&after=msg_2");

# ---- a reply

$a = post("/v1/conversations/$three/reply", { text => 'Hello back' });
is($a->{status}, 201, 'a reply');
is("$a->{json}{decision} $a->{json}{channel}", 'queued main',
    'by the channel of the last message');
wait_for { grep { ($_->{text} // '') eq 'Hello back' }
    $provider->accepted() };
$a = post("/v1/conversations/$three/reply", { text => 'No', channel =>
    'second' });
is($a->{status}, 422, 'no window there: policy refuses it');
ok($a->{json}{rule}, 'by a rule');
is($a->{json}{legal_form}, 'channel', 'and says what may leave')
    or diag($a->{text});
bad(400, '#/channel', 'POST', "/v1/conversations/$three/reply",
    { text => 'x', channel => 'none' });
bad(404, undef, 'POST', '/v1/conversations/cnt_99999/reply',
    { text => 'x' });

# ---- search

is(found('muller'), 1, 'a word without its marks');
is(found('mueller'), 1, 'or as Germans write it');
is(found('istanbul'), 1, 'a Turkish capital');
is(found('ISTAN*'), 1, 'a beginning');
is(found('guten tag'), 1, 'two words');
is(found('guten nothing'), 0, 'of which one is not there');
is(found("line&conversation=$three&direction=in"), 9, 'of a conversation');
is(found('line&conversation=' . $one), 0, 'of another');
is(found('back&tag=vip'), 1, "filtered by its conversation's tag");
is(found('back&channel=second'), 0, 'and by channel');
$a = get('/v1/search?q=line&limit=4');
is(scalar(@{ $a->{json}{messages} }), 4, 'a page');
$a = get("/v1/search?q=line&limit=10&cursor=$a->{json}{next}");
is(scalar(@{ $a->{json}{messages} }), 5, 'and the rest');
is(join(' ', map { $_->{id} } @{ get('/v1/search?q=%2B34%20600-000-002'
    )->{json}{people} }), $two, 'somebody by number');
is(join(' ', map { $_->{id} } @{ get('/v1/search?q=personb'
    )->{json}{people} }), $two, 'or name');
bad(400, '#/q', 'GET', '/v1/search?q=%21');

# ---- who may, and whose

for my $path ("/v1/conversations/$one", "/v1/conversations/$one/messages",
    "/v1/conversations/$one/notes")
{
    is($rest->call($key{other}, 'GET', $path)->{status}, 404,
        "another tenant's: $path");
}
is(scalar(@{ $rest->call($key{other}, 'GET', '/v1/conversations'
    )->{json}{conversations} // [] }), 0, 'lists none of them');
is(scalar(@{ $rest->call($key{other}, 'GET', '/v1/search?q=line'
    )->{json}{messages} // [] }), 0, 'and finds none');
is($rest->call($key{readonly}, 'PUT', "/v1/conversations/$one/archive"
    )->{status}, 403, 'who only reads changes nothing');

# ---- paths that others know

is($rest->call($key{agent}, 'GET', $_)->{status}, 200, $_)
    for '/api/inbox/conversations', "/api/inbox/conversation/$one",
    '/api/inbox/unread';

is(join(' ', $rest->unseen('Conversations')), '',
    'every operation was asked');

$sender->stop();
$t->stop();
is(($store->ctl('check'))[0], 0, 'the store is sound');
is(($store->ctl('replay', "$dir/again"))[0], 0, 'and replays');
is(join("\n", $t->grave(), $t->sanitizer()), '', 'nothing grave is logged');
done_testing();

###############################################################################

# somebody by number says something, and it is folded
sub hears {
    my ($n, $text) = @_;
    my $id = 'wamid.h' . ++$count;
    my $before = $store->rows('messages');
    my $body = wa_change({ messages => [ wa_text($id, "3460000000$n",
        $text) ], contacts => [ { wa_id => "3460000000$n",
        profile => { name => 'Person' . ('', 'A', 'B', 'C')[$n] } } ] });
    wa_post(wa_body($body));
    wait_for { $store->rows('messages') > $before };
}

sub ask {
    my ($method, $path, $body, %headers) = @_;
    my $answer = $rest->call($key{$who}, $method, $path, $body, %headers);
    is($answer->{wrong}, '', "$method $path answers as described")
        if $answer->{wrong} || $answer->{status} >= 500;
    return $answer;
}

sub get { ask('GET', @_) }

sub post { ask('POST', @_) }

sub bad {
    my ($status, $pointer, $method, $path, $body) = @_;
    my $answer = ask($method, $path, $body);
    my $at = $answer->{json}{pointer} // '';
    is("$answer->{status} $at", "$status " . ($pointer // $at),
        "$method $path is refused") or diag($answer->{text});
}

sub list { @{ get('/v1/conversations')->{json}{conversations} // [] } }

sub people {
    return join ' ', map { substr $_->{addresses}[0], -1 }
        @{ $_[0]->{json}{conversations} // [] };
}

sub order { people(get('/v1/conversations')) }

sub ids {
    return join ' ', map { $_->{id} }
        @{ get("/v1/conversations?$_[0]")->{json}{conversations} // [] };
}

sub unread {
    my ($owner) = @_;
    my $r = get('/v1/unread' . ($owner ? "?owner=$owner" : ''))->{json};
    return "$r->{conversations} $r->{messages}";
}

sub things {
    map { ($_->{message} // $_->{note})->{id} } @{ $_[0]{json}{items} };
}

sub messages {
    return join ' ', map { $_->{message}{id} } @{ $_[0]->{json}{items} };
}

sub found {
    my ($q) = @_;
    $q =~ s/ /%20/g;
    return scalar @{ get("/v1/search?q=$q")->{json}{messages} // [] };
}
