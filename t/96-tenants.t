#!/usr/bin/perl

# Tests that two tenants never see each other: both have the same people, by
# the same numbers. Each operation of the API is called with a key of one and
# the ids of the other: it answers 404, as for what is not there, and no list,
# search, problem, metric or log has a word of the other's.

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

# each tenant's own flow, with a task of its own

for my $who (qw/ acme umbra /) {
    $t->write_file("$who.json", <<"EOJ");
{
    "flow": "$who-flow", "start": "hi",
    "steps": {
        "hi": { "say": { "text": "Secret of $who." },
            "schedule": [ { "task": "$who-task", "step": "later",
                "after": "20h" } ] },
        "later": { "say": { "text": "Later." } }
    },
    "default": "hi"
}
EOJ
}

$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant acme {
        channel acme-line whatsapp {
            phone_number_id 1001;
            waba_id         100;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
        flow acme-flow acme.json;
    }

    parley_tenant umbra {
        channel umbra-line whatsapp {
            phone_number_id 2001;
            waba_id         200;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
        flow umbra-flow umbra.json;
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
my %key = map { $_ => $store->key($_, 'admin') } qw/ acme umbra /;
my $operator = $store->key(qw/ --all operator /);
my $phone = '34600000001';
my @words = ('Secret of acme', 'Anna of acme', 'word-of-acme', 'acme-task',
    'reason-of-acme', 'acme-line', 'acme-flow', 'only-acme');

###############################################################################

# the same people write the same to both

my %own = map { $_ => things($_) } qw/ acme umbra /;
isnt($own{acme}{contact}, $own{umbra}{contact}, 'two contacts of one number');

# each sees what is its own

for my $who (qw/ acme umbra /) {
    my $list = $rest->call($key{$who}, 'GET', "/v1/contacts?phone=$phone");
    is($list->{json}{contacts}[0]{id}, $own{$who}{contact}, "$who: its own");
    is($rest->call($key{$who}, 'GET', "/v1/messages/$own{$who}{message}")
        ->{status}, 200, "$who: its message");
}

# with the other's ids nothing is there; what is listed is its own

my @leaks;
my %known = map { $_ => 1 } qw/ Messages Contacts Tasks Templates Flows
    Channels Tenants Queues Audit /;

for my $op ($rest->ops()) {
    my %id = %{ $own{acme} };
    my $mine = $op->{tags} && $known{ $op->{tags}[0] };
    my $path = $op->{path} =~ s/\{(\w+)\}/$id{$1} \/\/ $id{contact}/ger;
    my $body = $rest->body($op, sub { filled($_[0], \%id, $op->{id}) });
    my $query = $op->{id} eq 'getUsage'
        ? '?month=' . strftime('%Y-%m', gmtime) : '';
    next if ($op->{responses}{200} // {})->{content}{'text/event-stream'};

    my @ask = ($op->{method}, $path . $query, $body);
    my $answer = $rest->call($key{umbra}, @ask);

    # what no admin may, an operator does for a tenant
    $answer = $rest->call($operator, @ask, 'Parley-Tenant' => 'umbra')
        if $answer->{status} == 403;
    my $named = $op->{path} =~ /\{/ || refers($body);

    is($answer->{status}, 404, "$op->{id} of another's")
        if $mine && $named;
    ok($answer->{status} >= 400 && $answer->{status} < 500,
        "$op->{id} of another's is refused") if !$mine && $named;
    cmp_ok($answer->{status}, '<', 500, "$op->{id}") if !$named;
    is($answer->{wrong}, '', "$op->{id} answers as described");
    push @leaks, map { "$op->{id}: $_" } leaks($answer);
}

is("@leaks", '', 'nothing of the other in any answer');

# an operator who names a tenant sees that one alone

my $answer = $rest->call($operator, 'GET',
    "/v1/contacts/$own{acme}{contact}", undef, 'Parley-Tenant' => 'umbra');
is($answer->{status}, 404, 'an operator who speaks for the other');
$answer = $rest->call($operator, 'GET', "/v1/contacts/$own{acme}{contact}",
    undef, 'Parley-Tenant' => 'acme');
is($answer->{status}, 200, 'or for this one');

# nothing was changed by any of it

is($rest->call($key{acme}, 'GET', "/v1/contacts/$own{acme}{contact}")
    ->{json}{name}, 'Anna of acme', 'a name is as it was');
is(scalar(grep { $_->{name} eq 'acme-task' }
    @{ $rest->call($key{acme}, 'GET', '/v1/tasks')->{json}{tasks} }), 1,
    'a task waits still');
is(scalar @{ $rest->call($key{acme}, 'GET', '/v1/dead')->{json}{items} }, 1,
    'and so does a dead letter');

# logs and metrics name nobody

for my $said ($t->read_file('error.log'), $sender->log(),
    http_get('/metrics'), $sender->get('/metrics'))
{
    unlike($said, qr/Anna of|Secret of|word-of|$phone/,
        'no word of anybody in what is logged and counted');
}

$sender->stop();
$t->stop();
is(join("\n", $t->grave(), $t->sanitizer()), '', 'nothing grave is logged');
done_testing();

###############################################################################

# a thing of each kind for a tenant, by its names in paths
sub things {
    my ($who) = @_;
    my $number = $who eq 'acme' ? '1001' : '2001';
    my $get = sub { $rest->call($key{$who}, 'GET', @_)->{json} };
    my $post = sub { $rest->call($key{$who}, 'POST', @_)->{json} };

    wa_post(wa_body(wa_change({ messages => [
        wa_text("wamid.$who", $phone, "word-of-$who") ] }, $number)));
    my $contact;
    wait_for { $contact = $get->("/v1/contacts?phone=$phone")
        ->{contacts}[0]{id} };
    $rest->call($key{$who}, 'PATCH', "/v1/contacts/$contact",
        { name => "Anna of $who" });
    wait_for { @{ $get->("/v1/contacts/$contact/tasks")->{tasks} // [] } };

    $provider->script({ match => "dead-of-$who", status => 400,
        code => 131026 }, { match => "lost-of-$who", do => 'close' });
    my ($message) = map { $post->('/v1/messages',
        { to => { contact => $contact }, text => "$_-of-$who" })->{id} }
        qw/ word dead lost /;
    wait_for { @{ $get->('/v1/dead')->{items} // [] }
        && @{ $get->('/v1/unknown')->{items} // [] } };

    my $other = $post->('/v1/contacts', { user_id => "only-$who" })->{id};
    my $merge = $post->('/v1/contacts/merge',
        { into => $contact, from => $other })->{merge};
    $post->("/v1/channels/$who-line/pause", { reason => "reason-of-$who" });

    wa_post(wa_body(wa_change({ messages => [ { from => "only-$who",
        type => 'text' } ] }, $number)));
    wait_for { @{ $get->('/v1/quarantine')->{items} // [] } };

    return { contact => $contact, message => $message, merge => $merge,
        conversation => $contact, channel => "$who-line",
        flow => "$who-flow", tenant => $who, task => "$who-task",
        effect => $get->('/v1/dead')->{items}[0]{id},
        item => $get->('/v1/quarantine')->{items}[0]{id},
        name => 'order', language => 'es_ES' };
}

# what a body's field of this name says, of the other's
sub filled {
    my ($field, $id, $op) = @_;
    my %value = (
        to => { contact => $id->{contact} }, contact => $id->{contact},
        into => $id->{contact}, from => $id->{contact},
        message => $id->{message}, conversation => $id->{conversation},
        at => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time() + 3600)),
        text => 'x', source => 'test',
        category => $op eq 'setConsent' ? 'news' : undef,
        phone => undef, user_id => undef,
        recipients => [ { to => { contact => $id->{contact} } } ],
    );
    return $value{$field};
}

# does it name a thing of the other's, one alone?
sub refers {
    my ($body) = @_;
    return 0 if !ref $body || ref $body ne 'HASH' || $body->{recipients};
    return encode_json($body) =~ /"(?:cnt|msg)_\d/;
}

# what the other has and this answer says
sub leaks {
    my ($answer) = @_;
    my $text = $answer->{text};
    return grep { index($text, $_) >= 0 } @words;
}
