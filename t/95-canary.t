#!/usr/bin/perl

# Tests for what is left of a person who was deleted: a word of its own in
# each field that a provider, a colleague or a program can fill, for somebody
# who is deleted and for somebody who is not. Of the one none is left but
# those that docs/privacy.md says stay; of the other all are. Once in a store
# that is not sealed, by its live rows; once in a sealed one, by its files and
# those of a backup of before.

###############################################################################

use warnings;
use strict;

use File::Find;
use File::Path qw/ rmtree /;
use JSON::PP;
use MIME::Base64;
use POSIX qw/ strftime /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::Twilio;
use Parley::WhatsApp;

use constant { GONE => 'v', STAYS => 'k' };

# what an erase leaves, by docs/privacy.md
my @KEPT = ('consent category', 'consent text_version', 'erase basis');


my %PHONE = (v => '34612987650', k => '34612987651');
my (%number, @names, %id);

###############################################################################

my $t = Parley::Nginx->new()->plan(20);
my $dir = $t->testdir();

$t->write_file('secrets/mail.password', "secret\n");
$t->write_file('secrets/basic', "hook:open sesame\n");
$t->write_file('secrets/twilio.token', "$Parley::Twilio::TOKEN\n");
$t->write_file('bot.json', <<'EOJ');
{
    "flow": "bot", "start": "hi",
    "triggers": [ { "keywords": ["city"], "step": "city" } ],
    "steps": {
        "hi": { "say": { "text": "Hi {{name|there}}." } },
        "city": { "say": { "text": "Which city?" },
            "ask": { "save": "city", "as": "text" }, "next": "thanks" },
        "thanks": { "say": { "text": "{{city}}, then." }, "emit": "asked",
            "schedule": [ { "task": "late", "step": "call",
                "after": "20h" },
                { "task": "odd", "step": "call", "at": "city" } ] },
        "call": { "say": { "text": "It is time, {{name|you}}." } }
    }
}
EOJ

my $conf = <<'EOC';

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_media  %%TESTDIR%%/media;
    parley_outbox /_parley/outbox;
    parley_seal   SEAL;
    parley_journal_keep 1s;
    parley_public_url https://gw.example.com;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
        channel sms twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            +31620000000;
            api_base_url    http://127.0.0.1:8081;
        }
        channel mail smtp {
            address    support@acme.example;
            server     smtp://127.0.0.1:%%PORT_8025%%;
            user       acme;
            token_file secrets/mail.password;
        }
        flow bot bot.json;
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }
        location = /metrics { parley_metrics; }
        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location = /webhooks/twilio {
            parley_webhook twilio;
        }
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

EOC

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my ($store, $sender, $api);

for my $seal (qw/ off on /) {
    tells($seal);
}

###############################################################################

sub tells {
    my ($seal) = @_;

    rmtree("$dir/store");
    rmtree("$dir/media");
    $t->write_file_expand('nginx.conf', $conf =~ s/SEAL/$seal/r);
    $store = Parley::Store->new($dir);
    $t->run();
    wait_for { exists $store->status()->{next} };
    $sender = Parley::Sender->new($dir)->run();
    wait_for { ($store->ctl(qw/ holds demo /))[0] == 0 };
    $api = Parley::Api->new($store->key('demo', 'admin'));

    %id = map { $_ => lives($_) } STAYS, GONE;
    folded();

    # what is there

    is(($store->ctl('backup', "$dir/before.$seal"))[0], 0, 'a backup');
    my %before = map { $_ => [ shown($_) ] } STAYS, GONE;
    is("@{$before{+GONE}}", "@{$before{+STAYS}}", "$seal: of both the same");
    cmp_ok(scalar @{$before{+GONE}}, '>', $seal eq 'on' ? 0 : 300,
        "$seal: and much of it");

    # deleted

    my $r = $api->post('/v1/privacy/delete', { contact => $id{+GONE},
        basis => word(GONE, 'erase basis') });
    is($r->{status}, 200, "$seal: deleted") or die $r->{body};
    my $era = $r->{json}{id};
    wait_for { ($api->get("/v1/privacy/erasures/$era")->{json}{state} // '')
        eq 'erased' };

    # late

    wa_post([ wa_text('wamid.' . word(GONE, 'late id'), $PHONE{+GONE},
        word(GONE, 'late text'), timestamp => '' . (time() - 3600)) ]);
    mail(GONE, Date => 'Mon, 01 Jan 2024 10:00:00 +0000', TextBody =>
        word(GONE, 'late mail'), MessageID => 'late', Attachments => [ {
        Name => 'late.txt', ContentType => 'text/plain', Content =>
        encode_base64(word(GONE, 'late attached') x 500, '') } ]);
    mail(GONE, TextBody => word(GONE, 'mail text'), Attachments => [ {
        Name => 'again.txt', ContentType => 'text/plain', Content =>
        encode_base64(word(GONE, 'attached again') x 500, '') } ]);
    wa_post(wa_body(wa_change({ statuses => [ wa_status('wamid.'
        . word(GONE, 'late status id'), 'failed', $PHONE{+GONE}, errors => [
        { code => 131026, title => word(GONE, 'late status title') } ]) ]
        })));
    folded();
    sleep 2;
    for (1 .. 60) {
        wa_post([ wa_text("wamid.P$seal$_", '34600999999', 'on it goes') ]);
    }
    folded();
    wait_for { $store->status()->{periods} <= 2 } if $seal eq 'on';

    is(join(', ', told(GONE)), join(', ', @KEPT), "$seal: nothing is shown");
    my %told = map { $_ => 1 } told(STAYS);
    my @lost = grep { !$told{$_} } 'tag', 'note', 'task', 'username', 'city',
        'consent source', 'text', 'variable';
    is("@lost", '', "$seal: of the other it is");

    my %kept = map { $_ => 1 } @KEPT;
    is(join(', ', grep { !$kept{$_} } shown(GONE)), '',
        "$seal: nothing is left");
    my %there = map { $_ => 1 } shown(STAYS);
    is(join(', ', grep { !$there{$_} } @{$before{+STAYS}}), '',
        "$seal: of the other all is");

    my $logs = join '', map { slurp("$dir/$_") } grep { -f "$dir/$_" }
        qw/ error.log sender.log access.log send.log /;
    is(join(', ', found(GONE, http_get('/metrics')
        . ($sender->get('/metrics') // '') . $logs)), '',
        "$seal: nor in logs or metrics");
    is(($store->ctl('check'))[0], 0, "$seal: nothing inconsistent")
        or diag(join "\n", $store->ctl('check'));

    $sender->stop();
    $t->stop();
}

# ---- a life ------------------------------------------------------------

sub lives {
    my ($p) = @_;
    my $w = sub { word($p, @_) };
    my $phone = $PHONE{$p};
    my $at = sub { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time() + $_[0])) };

    # by hand

    my $id = must(post => '/v1/contacts', { phone => "+$phone",
        name => $w->('name') })->{id};
    must(PATCH => "/v1/contacts/$id", { email => $w->('email')
        . '@example.org', user_id => $w->('user_id') });
    my ($c, $v) = ("/v1/contacts/$id", "/v1/conversations/$id");

    # what they say, in every form that there is

    wa_post([ wa_text('wamid.' . $w->('first id'), $phone, 'city') ]);
    folded();
    for my $say (1 .. 2) {
        wa_post([ wa_text("wamid.$p.city.$say", $phone, $w->('city'
            . ($say == 1 ? ' of before' : ''))) ]);
        wa_post([ wa_text("wamid.$p.again.$say", $phone, 'city') ])
            if $say == 1;
        folded();
    }
    wa_post(wa_body(wa_change({ messages => [ $_ ], contacts => [ {
        wa_id => $phone, user_id => $w->('user_id'), profile => {
            name => $w->('profile name'), username => $w->('username') } } ],
        }))) for fixtures($p);
    my $said = 'wamid.' . $w->('group id');
    wa_post([ map { { %$_, group_id => 'GROUP1' } }
        wa_text($said, $phone, $w->('group text')),
        wa_text("wamid.$p.reply", '34600999998', 'and so do I', context =>
            { from => $phone, id => $said }),
        wa_text("wamid.$p.quote", '34600999998', 'as they say', context =>
            { id => $said }),
        { from => '34600999998', id => "wamid.$p.like", timestamp => ''
            . time(), type => 'reaction', reaction => { message_id => $said,
            emoji => 'x' } } ]);
    folded();
    my ($group) = grep { ($_->{provider_id} // '') eq $said }
        $store->messages('in') or die "not in the group\n";
    must(post => '/v1/messages', { to => { group => 'GROUP1' }, channel =>
        'main', text => 'we heard', reply_to => $group->{id} });
    wa_post([ { from => $phone, id => 'wamid.' . $w->('quarantine id'),
        timestamp => '' . time(), type => 'text',
        text => { body => [ $w->('quarantine text') ] } } ]);
    tw_post(tw_text('SM' . $w->('sms id'), "+$phone", '+31620000000',
        $w->('sms text'), ProfileName => $w->('sms profile'),
        FromCity => $w->('sms city')));
    mail($p, TextBody => $w->('mail text'));
    mail($p, TextBody => [ $w->('mail quarantine') ]);
    folded();

    # what is written to them

    must(post => '/v1/flows/bot/start', { to => { contact => $id },
        channel => 'main', variables => { name => $w->('flow variable') } });
    $api->post("$c/events", { event => $w->('event'),
        channel => 'main' });

    my $n = 0;
    must(post => '/v1/messages', { to => { contact => $id }, channel => 'main',
        @$_ }, 'Idempotency-Key' => $w->('Idempotency-Key ' . ++$n)) for
        [ text => 'A {{v}}', variables => { v => $w->('variable') } ],
        [ text => $w->('text'), preview_url => JSON::PP::true ],
        [ media => { kind => 'document', file => { link => 'https://x.test/'
            . $w->('link'), caption => $w->('caption'), filename =>
            $w->('filename') } } ],
        [ location => { latitude => '52.4', longitude => '4.9', name =>
            $w->('place'), address => $w->('place address') } ],
        [ contacts => [ { name => { formatted_name => $w->('card name'),
            first_name => $w->('card first name') }, phones => [ { phone =>
            $w->('card phone') } ] } ] ],
        [ interactive => { kind => 'button', body => $w->('body'), footer =>
            $w->('footer'), header => { kind => 'text', text =>
            $w->('header') }, action => { buttons => [ { id =>
            $w->('button id'), title => $w->('button') } ] } } ],
        [ interactive => { kind => 'list', body => 'x', action => { button =>
            $w->('list'), sections => [ { title => $w->('section'), rows => [
            { id => $w->('row id'), title => $w->('row'), description =>
            $w->('row description') } ] } ] } } ],
        [ template => { name => 'order', language => 'es', body => [ { text =>
            $w->('parameter') } ], buttons => [ { index => 0, kind =>
            'quick_reply', text => $w->('payload') } ] } ],
        [ text => $w->('collapsed'), send_at => $at->(3600), collapse_key =>
            $w->('collapse_key') ],
        [ text => $w->('scheduled'), send_at => $at->(7200), collapse_key =>
            $w->('collapse_key'), expires_at => $at->(9000),
            otherwise => { name => 'order', language => 'es', body => [ {
            text => $w->('otherwise') } ] } ];
    must(post => '/v1/messages', { to => { contact => $id }, channel =>
        'mail', email => { subject => $w->('subject'), text =>
        $w->('mail out'), html => '<p>' . $w->('html') . '</p>' } });
    must(post => '/v1/messages', { to => { phone => "+$phone" }, channel =>
        'sms', text => $w->('sms out') });
    must(post => "$v/reply", { text => $w->('reply'), channel => 'main' });
    must(post => '/v1/messages/bulk', { recipients => [ { to => { contact =>
        $id }, variables => { v => $w->('bulk variable') } } ], text =>
        'B {{v}}', channel => 'main', campaign => 7 });
    $provider->script({ match => 'dead end', status => 400, body =>
        encode_json({ error => { message => $w->('error message'), code =>
        131026, type => 'OAuthException', fbtrace_id => 'T', error_data =>
        { details => $w->('error details') } } }) },
        { match => 'no answer', do => 'close' });
    must(post => '/v1/messages', { to => { contact => $id }, channel =>
        'main', text => "$_ " . $w->($_) }) for 'dead end', 'no answer';
    wait_for { lane('dead') && lane('unknown') };
    $provider->script();

    # what becomes of it

    my ($sent) = map { $_->{provider_id} // () } grep {
        (($_->{address} // {})->{value} // '') eq $phone }
        $store->messages('out');
    for my $of ($sent // "wamid.$p.none", 'wamid.' . $w->('parked id')) {
        wa_post(wa_body(wa_change({ statuses => [ wa_status($of, 'failed',
            $phone, recipient_user_id => $w->('user_id'),
            biz_opaque_callback_data => $w->('opaque'), conversation => {
            id => $w->('conversation id'), origin => { type => 'service' } },
            errors => [ { code => 131026, title => $w->('status title'),
            message => $w->('status message'), href => 'https://x.test/'
            . $w->('status href'), error_data => { details =>
            $w->('status details') } } ]) ] })));
    }

    # what colleagues say of them

    must(post => "$v/tags", { add => [ $w->('tag') ] });
    must(post => "$c/tags", { add => [ $w->('contact tag') ] });
    must(post => "$v/notes", { text => $w->('note') });
    must(PUT => "$v/owner", { owner => $w->('owner'), reason =>
        $w->('owner reason') });
    must(PUT => "$v/status", { status => 'closed', reason =>
        $w->('close reason') });
    must(PUT => "$v/archive");
    must(post => "$c/consents", { category => 'marketing_messages', state =>
        'granted', source => $w->('consent source'), text_version =>
        $w->('consent text_version') });
    must(post => "$c/consents", { category => $w->('consent category'),
        state => 'granted', source => $w->('consent source') });
    must(post => '/v1/messages', { to => { contact => $id }, channel =>
        'main', text => $w->('advert'), category => 'marketing', send_at =>
        $at->(7200) });
    must(post => "$c/consents", { category => 'marketing_messages', state =>
        'revoked', source => $w->('revoked source') });
    must(post => "$c/tasks", { name => $w->($_), flow => 'bot', step =>
        'call', at => $at->(/gone/ ? 2 : 9000), variables => { name =>
        $w->("$_ variable") } }) for 'task', 'task gone by', 'task off';
    must(DELETE => "$c/tasks/" . $w->('task off'));
    must(PATCH => "$c/tasks/" . $w->('task'), { at => $at->(9900) });
    # who they are together

    my $two = must(post => '/v1/contacts', { user_id => $w->('other user_id'),
        name => $w->('other name') })->{id};
    must(post => '/v1/contacts/merge', { into => $id, from => $two });
    return $id;
}

# Messages that the provider sends, as t/fixtures has them: each text in them
# is a word.
sub fixtures {
    my ($p) = @_;
    my @all;

    for my $file (sort glob('fixtures/whatsapp/*.json')) {
        my $body = eval { decode_json(slurp($file)) } or next;
        my ($name) = $file =~ m!([^/]+)\.json!;
        my @of = map { eval { @{$_->{value}{messages}} } }
            map { eval { @{$_->{changes}} } } eval { @{$body->{entry}} };
        my $n = 0;

        for my $m (grep { ref $_ eq 'HASH' } @of) {
            next if ($m->{type} // '') eq 'system' || $n >= 3;
            delete $m->{group_id};
            my $it = worded($p, "$name " . ++$n, $m);
            push @all, { %$it, from => $PHONE{$p}, timestamp => '' . time(),
                id => 'wamid.' . word($p, "$name $n id"),
                exists $m->{from_user_id} ? (from_user_id =>
                    word($p, 'user_id')) : (),
                exists $m->{from_parent_user_id} ? (from_parent_user_id =>
                    word($p, 'user_id')) : () };
        }
    }

    return @all;
}

sub worded {
    my ($p, $path, $of) = @_;
    return { map { $_ => /^(?:type|mime_type|timestamp|response|latitude
        |longitude|messaging_product)\z/x && !ref $of->{$_} ? $of->{$_}
        : worded($p, "$path.$_", $of->{$_}) } keys %$of }
        if ref $of eq 'HASH';
    return [ map { worded($p, "$path.", $_) } @$of ] if ref $of eq 'ARRAY';
    return $of if ref $of || !defined $of || $of =~ /^-?[0-9.]*\z/;
    return encode_json({ a => word($p, $path) }) if $of =~ /^\{/;
    return word($p, $path);
}

sub mail {
    my ($p, %more) = @_;
    my $w = sub { word($p, @_) };
    http_post('/postmark', encode_json({ To => 'support@acme.example',
        OriginalRecipient => 'support@acme.example',
        From => $w->('mail name') . ' <' . $w->('email') . '@example.org>',
        FromName => $w->('mail name'), Subject => $w->('mail subject'),
        MessageID => $w->('mail id'), Tag => $w->('mail tag'),
        MailboxHash => $w->('mail hash'), HtmlBody => '<b>'
        . $w->('mail html') . '</b>', Headers => [ { Name => 'Message-ID',
        Value => '<' . $w->('mail message id') . '@example.org>' },
        { Name => 'References', Value => '<' . $w->('mail references')
        . '@x>' }, { Name => 'X-Odd', Value => $w->('mail header') } ],
        Attachments => [ { Name => $w->('attachment') . '.txt', ContentType =>
        'text/plain', Content => encode_base64($w->('attached') x 500, '')
        } ], %more }), headers => { Authorization => 'Basic '
        . encode_base64('hook:open sesame', ''), 'Content-Type' =>
        'application/json' });
}

# ---- words -------------------------------------------------------------

# A word for a field, of a person: of both under one number.
sub word {
    my ($p, $name) = @_;
    push @names, $name if !defined $number{$name};
    $number{$name} //= $#names;
    return sprintf '%sqk%04dx', $p, $number{$name};
}

sub found {
    my ($p, $bytes) = @_;
    my %seen;
    $seen{$names[$1]}++ while $bytes =~ /${p}qk([0-9]{4})x/gi;
    $seen{phone}++ if index($bytes, $PHONE{$p}) >= 0;
    return sort keys %seen;
}

# In live rows, where they are not sealed; else in any file.
sub shown {
    my ($p) = @_;
    my @roots = ("$dir/store", "$dir/media", glob "$dir/before.on");
    my $bytes = '';

    if (!sealed()) {
        rmtree("$dir/rows");
        ($store->ctl('backup', '--compact', "$dir/rows"))[0] == 0
            or die "no copy\n";
        @roots = ("$dir/rows/state", "$dir/media");
    }

    find({ no_chdir => 1, wanted => sub {
        $bytes .= slurp($_) . "\n" if -f $_ && !-p $_;
    } }, grep { -e } @roots);

    return found($p, $bytes);
}

sub sealed { slurp("$dir/nginx.conf") =~ /parley_seal\s+on/ }

# What others are told, by whichever way.
sub told {
    my ($p) = @_;
    my $said = join '', map { join "\n", @{[ $store->ctl('--json', '--limit',
        0, @$_) ]}[1, 2] } [ qw/ messages demo / ], [ qw/ events demo / ],
        [ qw/ scheduled demo / ], [ 'dead' ], [ 'unknown' ], [ 'outbox' ],
        [ qw/ tasks demo / ], [ 'quarantine' ];
    for my $path ('/v1/audit?limit=100', '/v1/events?format=json&limit=100'
        . '&after=evt_0', '/v1/contacts?limit=100', '/v1/tasks?state=any',
        '/v1/conversations?limit=100', '/v1/dead', '/v1/unknown',
        '/v1/quarantine', "/v1/conversations/$id{$p}/notes",
        "/v1/contacts/$id{$p}/card", "/v1/contacts/$id{$p}/consents") {
        my $more = '';
        for (1 .. 100) {
            my $r = $api->get("$path$more");
            $said .= $r->{body};
            my $next = $r->{json}{next};
            $more = defined $next ? ($path =~ /\?/ ? '&' : '?')
                . "cursor=$next" : ($r->{json}{more} && $r->{json}{after}
                ? "&after=$r->{json}{after}" : last);
            $path =~ s/&after=evt_0// if $more =~ /after/;
        }
    }
    return found($p, $said);
}

# ---- pieces ------------------------------------------------------------

sub must {
    my ($method, $path, $body, @h) = @_;
    my $r = $method eq 'get' ? $api->get($path)
        : $api->call(uc $method, $path, $body, @h);
    die "$method $path: $r->{status} $r->{body}\n" if $r->{status} !~ /^2/;
    return $r->{json};
}

sub lane {
    my ($lane) = @_;
    return scalar @{$api->get("/v1/$lane")->{json}{items} // []};
}

sub folded {
    wait_for { my $s = $store->status(); $s->{folded} + 1 >= $s->{next} };
}

###############################################################################
