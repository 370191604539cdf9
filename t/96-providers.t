#!/usr/bin/perl

# Channels of Twilio and of mail that are made while nginx runs, over the API
# and by parleyctl: a webhook is taken by the token that the store has, and by
# that one alone; what they send leaves; a token is shown by nothing.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Mail;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Rest;
use Parley::Sender;
use Parley::Store;
use Parley::Twilio;

###############################################################################

my $t = Parley::Nginx->new();
plan(skip_all => 'no exim here') unless Parley::Mail::there();
$t->has('bin:setpriv', 'bin:openssl');
my $dir = $t->testdir();
my $flows = "$Parley::Nginx::ROOT/conf/flows";
my $mail = Parley::Mail->new($dir, port(8025));
my $sid = 'AC0123456789abcdef0123456789abcdef';
my $account = "$sid/+31620000000";
my %secret = (first => '11112222333344445555666677778888',
    second => '88887777666655554444333322221111', mail => 'secret');

$t->write_file("secrets/$_", "$secret{$_}\n") for sort keys %secret;
$t->write_file_expand('nginx.conf', <<"EOF");

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_public_url https://gw.example.com;

    parley_tenant dealers {
        flow greeting $flows/greeting.json;

        channel main whatsapp {
            phone_number_id 106540352242922;
            token_file      secrets/channel.token;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ {
            parley_api;
        }
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

$mail->run();
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
my $key = $store->key(qw/ --all operator /);
my $sender = Parley::Sender->new($dir, '--ca-file', $mail->ca())->run();
wait_for { $store->rows('zones') > 0 };
my $rest = Parley::Rest->new($store);
my $n = 0;
my $api_url = 'http://127.0.0.1:' . port(8081);

###############################################################################

# Twilio: nobody's, then somebody's

is(hears('first'), 401, 'an account that nobody has');
is(ask('POST', '/v1/tenants', undef, { name => 'acme', like => 'dealers' })
    ->{status}, 201, 'a tenant');

my $made = ask('POST', '/v1/channels', 'acme', { name => 'sms', provider =>
    'twilio', account => $account, token => $secret{first},
    api_base_url => $api_url });
is($made->{status}, 201, 'a channel of Twilio') or diag($made->{text});
is($made->{json}{waba_id}, $sid, 'of the account that it names');

is(hears('first'), 204, 'what it signs is taken');
ok(my $sent = answered(1), 'and answered');
is($sent->{form}{From}, '+31620000000', 'from its number');
like($sent->{form}{StatusCallback} // '',
    qr!^https://gw\.example\.com/webhooks/twilio\?m=!,
    'statuses are told where nginx.conf says');

is(hears('second'), 401, 'another token signs for nobody');
is(hears('first', AccountSid => 'AC' . '9' x 32), 401, 'nor for another');
is(http_status(tw_post(tw_text('SMx', '+31612345678', '+31620000000', 'x',
    AccountSid => $sid), headers => { 'X-Twilio-Signature' => '' })), 401,
    'nor does none');

# a large body goes the way of those in a file

is(hears('first', Padding => 'x' x 100_000), 204, 'a large one is taken');
is(hears('second', Padding => 'x' x 100_000), 401, 'or refused');

# another token

is(ask('PUT', '/v1/channels/sms', 'acme', { account => $account,
    token => $secret{second}, api_base_url => $api_url })->{status}, 200,
    'another token');
is(hears('first'), 401, 'the old one signs no more');
is(hears('second'), 204, 'the new one does');

# by parleyctl: what is not named stays, the token as well

is(ctl('channel', 'set', 'acme', 'sms', 'rate_per_s=5'), 'changed',
    'its pace');
is(hears('second'), 204, 'the token stays');
my $shown = ctl('channel', 'show', 'acme', 'sms');
like($shown, qr/^account: \Q$account\E$/m, 'what it says is shown');
like($shown, qr/^rate_per_s: 5$/m, 'its pace as well');
is(ctl('channel', 'set', 'acme', 'sms', '--token-file',
    "$dir/secrets/first"), 'changed', 'a token from a file');
is(hears('second'), 401, 'is another one');
is(hears('first'), 204, 'from the next webhook on');

# what is wrong is said, and where

for (
    [ [ 'channel', 'add', 'acme', 'x', 'twilio', 'account=AC1/+3161' ],
        qr!/account! ],
    [ [ 'channel', 'add', 'acme', 'x', 'twilio', 'token=secret' ],
        qr/token is read by --token-file/ ],
    [ [ 'channel', 'add', 'acme', 'x', 'pigeon', 'account=1' ],
        qr!/provider! ],
    [ [ 'channel', 'set', 'acme', 'sms', 'colour=red' ],
        qr/no field "colour"/ ],
    [ [ 'channel', 'set', 'acme', 'sms', 'rate_per_s=many' ],
        qr/rate_per_s is a number/ ],
    [ [ 'channel', 'set', 'acme', 'none', 'rate_per_s=1' ],
        qr/no such channel/ ],
    [ [ 'channel', 'set', 'dealers', 'main', 'rate_per_s=1' ],
        qr/channel\.configured/ ],
    [ [ 'tenant', 'add', 'a b' ], qr!/name! ],
    [ [ 'tenant', 'set', 'acme', 'limits.channels=0' ],
        qr!/limits/channels! ],
) {
    my ($words, $why) = @$_;
    my ($status, $out, $err) = $store->ctl(@$words);
    is($status > 0 ? 1 : 0, 1, "@$words: refused");
    like($err, $why, 'and says why') or diag($out);
}

# limits

is(ctl('tenant', 'set', 'acme', 'limits.channels=1'), 'changed', 'a limit');
my ($status, $out, $err) = $store->ctl('channel', 'add', 'acme', 'more',
    'twilio', "account=$sid/+31620000009", '--token-file',
    "$dir/secrets/first");
like($err, qr/limit of channels is 1.*\(tenant\.limit\)/, 'holds');
is(ctl('tenant', 'set', 'acme', 'limits.channels='), 'changed',
    'and is taken away');

# mail, by parleyctl

is(ctl('channel', 'add', 'acme', 'mail', 'smtp',
    'account=Desk@acme.example', 'from_name=Acme', 'user=acme',
    "api_base_url=smtp://127.0.0.1:" . port(8025), '--token-file',
    "$dir/secrets/mail"), 'made', 'a channel of mail');
my $queued = ask('POST', '/v1/messages', 'acme', { to =>
    { email => 'ana@example.com' }, channel => 'mail',
    email => { subject => 'Hello', text => 'a line' } });
like($queued->{status}, qr/^20[12]$/, 'a mail is asked for')
    or diag($queued->{text});
my ($got) = wait_for { [ $mail->mails('ana@example.com') ]->[0] };
like($got // '', qr/^From: Acme\s+<desk\@acme\.example>/m, 'and delivered');

# what was asked for today is counted

is(ctl('tenant', 'set', 'acme', 'limits.messages_day=1'), 'changed',
    'a limit of messages');
my $over = ask('POST', '/v1/messages', 'acme', { to =>
    { email => 'ana@example.com' }, channel => 'mail',
    email => { subject => 'Again', text => 'a line' } });
is("$over->{status} $over->{json}{rule}", '422 tenant.limit',
    'one past it is refused') or diag($over->{text});
is(hears('first'), 204, 'what comes in is taken');
is(ask('GET', '/v1/tenants/acme', 'acme')->{json}{limits}{messages_day}, 1,
    'and shown over the API');

like(ctl('channel', 'list', 'acme'), qr/\bmail\s+smtp\s+run time\s+there/,
    'they are listed');
like(ctl('tenant', 'list'), qr/^acme\s+run time\s+dealers\s+there/m,
    'tenants as well');
like(ctl('tenant', 'show', 'acme'), qr/^like: dealers$/m, 'and shown');

# held, and gone

like(ctl('tenant', 'pause', 'acme'), qr/paused/, 'a tenant is paused');
like(ctl('tenant', 'resume', 'acme'), qr/resumed/, 'and goes on');
is(ctl('channel', 'remove', 'acme', 'sms'), 'removed', 'a channel goes');
is(hears('first'), 401, 'and signs for nobody');
is(ctl('tenant', 'remove', 'acme'), 'removed', 'a tenant goes');

###############################################################################

is($sender->stop(), 0, 'the sender ends well');
$t->stop();
$mail->stop();
($status, $out, $err) = $store->ctl('check');
is($status, 0, 'the store is sound') or diag($out . $err);
($status, $out, $err) = $store->ctl('replay', "$dir/again");
is($status, 0, 'and replays to the same') or diag($out . $err);

my $raw = join '', $shown, map { slurp($_) } glob("$dir/store/*/*"),
    $t->logs() ? map { "$dir/$_" } $t->logs() : (), "$dir/sender.log";
cmp_ok(length $raw, '>', 100_000, 'the store, and logs');
is(index($raw, $secret{$_}), -1, "no token in them: $_")
    for qw/ first second /;

done_testing();

###############################################################################

# An SMS for the account, signed with a token of this name: the answer.
sub hears {
    my ($name, %more) = @_;
    return http_status(tw_post(tw_text(sprintf('SM%032d', ++$n),
        '+31612345678', '+31620000000', 'hello', AccountSid => $sid, %more),
        token => $secret{$name}));
}

# the n-th message that went to the provider
sub answered {
    my ($nth) = @_;
    my ($sent) = wait_for {
        [ grep { $_->{form} } $provider->accepted() ]->[$nth - 1];
    };
    return $sent;
}

sub ask {
    my ($method, $path, $tenant, $body) = @_;
    my $answer = $rest->call($key, $method, $path, $body,
        $tenant ? ('Parley-Tenant' => $tenant) : ());
    is($answer->{wrong}, '', "$method $path is as it is described")
        or diag($answer->{text});
    return $answer;
}

# what parleyctl prints; its error where it fails
sub ctl {
    my ($status, $out, $err) = $store->ctl(@_);
    return $status == 0 ? $out =~ s/\n\z//r : $err;
}
