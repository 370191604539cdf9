#!/usr/bin/perl

# Tests for Twilio's sandbox, a number that many share: who has not joined is
# sent nothing, before the network or after Twilio has said so, and nobody is
# lost when the channel gets a number of its own.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::Twilio;

###############################################################################

my $t = Parley::Nginx->new()->plan(22);
my $dir = $t->testdir();

my $SHARED = 'whatsapp:+14155238886';
my $OWN = 'whatsapp:+31620000000';
my $ANA = 'whatsapp:+31612345678';

$t->write_file('secrets/twilio.token', "$Parley::Twilio::TOKEN\n");

my $conf = <<'EOF';

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_public_url https://gw.example.com;

    parley_tenant demo {
        channel wa twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            whatsapp:+14155238886;
            sandbox_word    orange-cat;
            api_base_url    http://127.0.0.1:8081;
        }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/twilio {
            parley_webhook twilio;
        }
        location /v1/ { parley_api; }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

# a word, and an address of WhatsApp

for ([ 'from            whatsapp:+14155238886;', 'from +14155238886;' ],
    [ 'sandbox_word    orange-cat;', 'sandbox_word "";' ])
{
    my ($from, $to) = @$_;
    my $bad = $conf =~ s/\Q$from\E/$to/r;
    $t->write_file_expand('wrong.conf', $bad);
    my ($status, $said) = $t->check('wrong.conf');
    like($said, qr/a sandbox has a word to join it with, and is of WhatsApp/,
        "refused: $to");
}

$t->write_file_expand('nginx.conf', $conf);

###############################################################################

$t->expect(qr/unix:.*sender\.sock|webhook refused/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
my $api = Parley::Api->new($store->key('demo', 'admin'));

# it is shown as what it is

is(($store->json('channels'))[0]{sandbox}, 'orange-cat', 'in a row');
like(($store->ctl('channels'))[1], qr/ sandbox$/m, 'in words');
is($api->get('/v1/channels/wa')->{json}{sandbox}, 'orange-cat',
    'over the API');

# nobody has joined

my ($status, $said) = sending('hello');
is($status, 1, 'who has not joined');
like($said, qr/refused: sandbox\.not_joined/, 'is sent nothing');
($status, $said) = sending(undef, 'HX' . '0' x 32);
like($said, qr/refused: sandbox\.not_joined/, 'a template neither');
is(scalar($provider->requests()), 0, 'before the network');

# whoever writes has; until Twilio says otherwise

is(http_status(heard('SM01', $SHARED, 'join orange-cat')), 204, 'joined');
wait_for { $provider->accepted() == 1 && quiet() };
is((sending('hello'))[0], 0, 'is sent something');
wait_for { $provider->accepted() == 2 && quiet() };

$provider->script({ match => 'Body=gone', status => 400, code => 63015 });
is((sending('gone'))[0], 0, 'and once more');
wait_for { $store->rows('dead') == 3 && quiet() };
my ($dead) = grep { ($_->{dead}{code} // 0) == 63015 } $store->json('dead');
is($dead->{dead}{rule}, 'sandbox.not_joined', 'has left since');
($status, $said) = sending('again');
like($said, qr/refused: sandbox\.not_joined/, 'is sent nothing any more');
is(scalar($provider->requests()), 3, 'before the network');
is(http_status(heard('SM02', $SHARED, 'join orange-cat')), 204, 'again');
wait_for { $store->folded() && quiet() };
is((sending('hello again'))[0], 0, 'joined anew');
wait_for { quiet() };

# a number of its own: all that was known is known still

my $before = () = $store->messages();
my ($contact) = map { $_->{contact} } $store->messages('in');
$conf =~ s/whatsapp:\+14155238886/$OWN/;
$conf =~ s/ +sandbox_word .*\n//;
$t->write_file_expand('nginx.conf', $conf);
$t->reload();
wait_for { ($store->json('channels'))[0]{account} =~ /\Q$OWN\E/ };
ok(!exists +($store->json('channels'))[0]{sandbox}, 'no sandbox any more');
is(http_status(heard('SM03', $OWN, 'hello')), 204, 'they write to it');
wait_for { $store->folded() && quiet() && in('SM03') };
is((in('SM03'))[0]{contact}, $contact, 'as the one that they were');
is(scalar(grep { $_->{contact} eq $contact } $store->messages()),
    $before + 1 + answers(), 'with all that was said');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
$sender->stop();

###############################################################################

sub heard {
    my ($id, $to, $text) = @_;
    return tw_post(tw_text($id, $ANA, $to, $text, ProfileName => 'Ana',
        WaId => '31612345678'));
}

sub sending {
    my ($text, $template) = @_;
    my ($status, $out, $err) = $store->ctl(qw/ send demo wa +31612345678 /,
        $template ? ('--template', $template, '--language', 'en')
            : ('--text', $text));
    return ($status, "$out$err");
}

sub quiet { $store->rows('attempts') == 0 && $store->rows('outbox') <= 1 }

sub in { my ($id) = @_; grep { $_->{provider_id} eq $id }
    $store->messages('in') }

# what the flow says to who writes once more
sub answers {
    return scalar grep { ($_->{form}{From} // '') eq $OWN }
        $provider->accepted();
}

###############################################################################
