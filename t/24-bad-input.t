#!/usr/bin/perl

# Tests for signed bodies that are wrong in every way that has been seen:
# answered at once, nothing lost, the neighbours handled, and a log that
# names item and path and nothing that a person wrote or is known by.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use JSON::PP;
use Time::HiRes qw/ time /;

use lib 'lib';
use Parley::Nginx;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

# What must never be logged: text, numbers, names, ids of persons.
use constant TEXT => 'MARKERTEXT';
use constant FROM => '34699887766';
use constant USER => 'ES.99887766554433';

my ($n, @cases) = (0);

# One bad item between two good ones; what becomes of it: quarantine and
# where, stored, or ignored.
item('no id', sub { delete $_[0]{id} }, 'messages[1]');
item('id is empty', sub { $_[0]{id} = '' }, 'messages[1].id');
item('id is too long', sub { $_[0]{id} = 'w' x 2000 }, 'messages[1].id');
item('no time', sub { delete $_[0]{timestamp} }, 'messages[1]');
item('time is a word', sub { $_[0]{timestamp} = 'now' },
    'messages[1].timestamp');
item('time is an object', sub { $_[0]{timestamp} = {} },
    'messages[1].timestamp');
item('time is past 64 bits', sub { $_[0]{timestamp} = '9' x 30 },
    'messages[1].timestamp');
item('no type', sub { delete $_[0]{type} }, 'messages[1]');
item('type is a list', sub { $_[0]{type} = [] }, 'messages[1].type');
item('text is a word', sub { $_[0]{text} = TEXT }, 'messages[1].text');
item('body is a list', sub { $_[0]{text}{body} = [ TEXT ] },
    'messages[1].text.body');
item('nobody sent it', sub { delete $_[0]{from} }, 'messages[1]');
item('sender is an object', sub { $_[0]{from} = { a => FROM } },
    'messages[1].from');
item('text of 100,000 bytes', sub { $_[0]{text}{body} = 'x' x 100000 },
    'messages[1].text.body');
item('item is a word', sub { $_[0] = TEXT }, 'messages[1]');
item('item is null', sub { $_[0] = undef }, 'messages[1]');
item('nested too deep', sub { my $deep = TEXT;
    $deep = [ $deep ] for 1 .. 40; $_[0]{extra} = $deep }, 'messages[1]');

item('type nobody knows', sub { $_[0] = { %{$_[0]}, type => 'hologram',
    hologram => { a => 1 } }; delete $_[0]{text} }, 'stored');
item('unsupported', sub { $_[0] = { %{$_[0]}, type => 'unsupported',
    unsupported => { type => 'poll_creation' }, errors => [
    { code => 131051, title => 'Message type unknown' } ] };
    delete $_[0]{text} }, 'stored');
item('interactive without its object', sub { $_[0]{type} = 'interactive';
    delete $_[0]{text}; $_[0]{errors} = [] }, 'stored');
item('a reaction taken back', typed(reaction => { message_id => 'w' }),
    'stored');
item('a place without degrees', typed(location => { latitude => [] }),
    'stored');
item('cards are a word', typed(contacts => TEXT), 'stored');
item('an order is a list', typed(order => [ FROM ]), 'stored');
item('a file is a word', typed(image => TEXT), 'stored');
item('an edit of nothing', typed(edit => { message => TEXT }), 'stored');
item('a form that is no JSON', typed(interactive => { type => 'nfm_reply',
    nfm_reply => { response_json => '{"a":' . TEXT } }), 'stored');
item('errors are a word', sub { $_[0]{errors} = TEXT }, 'stored');
item('context is a word', sub { $_[0]{context} = TEXT }, 'stored');
item('time in milliseconds', sub { $_[0]{timestamp} .= '000' }, 'stored');
item('time of 1970', sub { $_[0]{timestamp} = '1' }, 'stored');
item('time is an integer', sub { $_[0]{timestamp} = int(time()) },
    'stored');
item('keys nobody knows', sub { $_[0]{$_} = { a => [ 1, 2 ] }
    for qw/ from_logical_id referral identity / }, 'stored');
item('a zero character', sub { $_[0]{text}{body} = TEXT . "\0." }, 'stored');
item('text of 60,000 bytes', sub { $_[0]{text}{body} = 'x' x 60000 },
    'stored');
item('known by user id alone', sub { delete $_[0]{from};
    $_[0]{from_user_id} = USER }, 'stored');

# Whole bodies: what is kept aside, if anything.
body('no JSON', 'hello ' . TEXT, 1);
body('cut off', substr(wa_body(wa_change({ messages =>
    [ wa_text('wamid.CUT', FROM, TEXT) ] })), 0, -4), 1);
body('two documents', '{"object":"whatsapp_business_account","entry":[]}{}',
    1);
body('empty', '', 1);
body('a list', '[]', 1);
body('a word', '"whatsapp_business_account"', 1);
body('invalid UTF-8', '{"object":"whatsapp_business_account","entry":[{'
    . "\"id\":\"\xff\xfe\"}]}", undef);
body('lone surrogate', wa_body(wa_change({ messages =>
    [ wa_text('wamid.SUR', FROM, 'SURR') ] })) =~ s/SURR/\\ud800/r, 0, 1);
body('entry is a word', '{"object":"whatsapp_business_account",'
    . '"entry":"x"}', 1);
body('entry is missing', '{"object":"whatsapp_business_account"}', 0);
body('object is missing', '{"entry":[]}', undef);
body('changes is a word', '{"object":"whatsapp_business_account",'
    . '"entry":[{"id":"1","changes":"x"}]}', 1);
body('other object', '{"object":"page","entry":[{"id":"1"}]}', 0);
body('value is null', '{"object":"whatsapp_business_account","entry":[{'
    . '"id":"1","changes":[{"field":"messages","value":null}]}]}', undef);
body('value is a list', '{"object":"whatsapp_business_account","entry":[{'
    . '"id":"1","changes":[{"field":"messages","value":[]}]}]}', 1);
body('messages is an object', '{"object":"whatsapp_business_account",'
    . '"entry":[{"id":"1","changes":[{"field":"messages","value":{'
    . '"metadata":{"phone_number_id":"106540352242922"},"messages":{}}}]}]}',
    1);
body('the dashboard\'s test', '{"entry":[{"changes":[{"field":"messages",'
    . '"value":{"messaging_product":"whatsapp","metadata":{'
    . '"display_phone_number":"16505551111","phone_number_id":"123456123"},'
    . '"contacts":[{"profile":{"name":"test user name"},"wa_id":"16315551181"'
    . '}],"messages":[{"from":"16315551181","id":"ABGGFlA5Fpa","timestamp":'
    . '"1504902988","type":"text","text":{"body":"this is a text message"}}]}'
    . '}],"id":"0"}],"object":"whatsapp_business_account"}', 1);
body('a template\'s status', template('102290129340398', 'order_ready'), 0);
body('a template of an account nobody knows', template('1', 'order_ready'),
    1);
body('a template without a name', template('102290129340398', ''), 1);
body('field nobody knows', '{"object":"whatsapp_business_account","entry":[{'
    . '"id":"1","changes":[{"value":{"a":[{}]},"field":"news"}]}]}', 0);
body('an account\'s error', wa_body(wa_change({ errors => [ { code => 130429,
    title => 'Rate limit hit', message => TEXT } ] })), 0);
body('status nobody knows', wa_body(wa_change({ statuses =>
    [ wa_status('wamid.X', 'warning', FROM) ] })), 0);
body('status of a message nobody knows', wa_body(wa_change({ statuses =>
    [ wa_status('wamid.X', 'delivered', FROM) ] })), 0);
body('status without an id', wa_body(wa_change({ statuses =>
    [ { status => 'sent', timestamp => '1739321024' } ] })), 1);
body('nested for ever', ('[' x 100000), 1);
body('keys of a megabyte', '{"' . ('k' x 1000000) . '":1,"object":'
    . '"whatsapp_business_account","entry":[]}', undef);
body('a key twice', '{"object":"page","object":"whatsapp_business_account",'
    . '"entry":[]}', undef);

###############################################################################

my $t = Parley::Nginx->new()->plan(3 * @cases + grep({ $_->[4] } @cases) + 6);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
    }
}

EOF

$t->run();
my $store = Parley::Store->new($t->testdir());
wa_post([ wa_text('wamid.FIRST', '34600000001', 'hello') ]);
wait_for { $store->folded() };

###############################################################################

for my $case (@cases) {
    my ($name, $body, $aside, $ids, $path) = @$case;
    my $before = () = $store->all('quarantine');
    my %before = map { $_ => 1 } $store->provider_ids('in');

    my $began = time();
    like(wa_post($body), qr/^HTTP\S+ 200 /, "$name: answered");
    diag("$name took " . (time() - $began)) if time() - $began > 1;

    wait_for { $store->folded() };
    my @rows = $store->all('quarantine');
    my @new = grep { !$before{$_} } $store->provider_ids('in');
    splice @rows, 0, $before;

    SKIP: {
        skip "$name: either is right", 1 unless defined $aside;
        is(scalar @rows, $aside, "$name: kept aside")
            or diag(explain(\@rows));
    }
    is(join(' ', @new), join(' ', @$ids), "$name: the rest is stored");
    next unless $path;
    my $where = "entry[0].changes[0].value.$path";
    my $said = join ' ', grep { defined } @{$rows[0]}{qw/ path reason /};
    like($said, qr/(?<!\S)\Q$where\E(?!\w)/, "$name: path");
}

# what the log says

my $log = $t->read_file('error.log');
like($log, qr/entry\[0\]\.changes\[0\]\.value\.messages\[1\]/,
    'the log names the path');
my $texts = join '|', TEXT, FROM, USER, 'test_app_secret', 'test-token',
    '16315551181', 'test user name', '34600000001';
unlike($log, qr/$texts/, 'and nothing of a person');
unlike($log, qr/sha256=\w|\b[0-9a-f]{64}\b/, 'and no digest');

like(wa_post([ wa_text('wamid.LAST', '34600000001', 'hello') ]), qr/ 200 /,
    'service goes on');
wait_for { grep { $_ eq 'wamid.LAST' } $store->provider_ids('in') };
is(($store->provider_ids('in'))[-1], 'wamid.LAST', 'and stores');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');

###############################################################################

sub template {
    my ($account, $name) = @_;
    return '{"object":"whatsapp_business_account","entry":[{"id":"' . $account
        . '","time":1739321024,"changes":[{"field":'
        . '"message_template_status_update","value":{"event":"APPROVED",'
        . '"message_template_language":"en_US","message_template_name":"'
        . $name . '","message_template_id":1689556908129832}}]}]}';
}

sub item {
    my ($name, $change, $what) = @_;
    my @ids = map { sprintf 'wamid.%s%03d', $_, $n } qw/ A B C /;
    $n++;
    my @messages = map { wa_text($_, '34600000001', 'hello') } @ids;
    @{$messages[1]}{qw/ from text /} = (FROM, { body => TEXT });
    $change->($messages[1]);

    my $aside = $what eq 'stored' ? 0 : 1;
    my $body = wa_body(wa_change({ contacts => [ { wa_id => FROM,
        profile => { name => TEXT } } ], messages => \@messages }));
    push @cases, [ $name, $body, $aside, [ $aside ? @ids[0, 2] : @ids ],
        $aside ? $what : undef ];
}

# the message as one of another type, that says so
sub typed {
    my ($type, $says) = @_;
    return sub { @{$_[0]}{'type', $type} = ($type, $says);
        delete $_[0]{text} };
}

# stored: how many messages of it are
sub body {
    my ($name, $body, $aside, $stored) = @_;
    push @cases, [ $name, $body, $aside, [ $stored ? 'wamid.SUR' : () ] ];
}

###############################################################################
