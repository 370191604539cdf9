#!/usr/bin/perl

# Tests for the click that unsubscribes, past what t/96-across.t shows: the
# fold is behind, the channel or the person are gone, and the store was made
# anew under the same key.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Mail;
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new();
plan(skip_all => 'no exim here') unless Parley::Mail::there();
$t->has('bin:setpriv', 'bin:openssl')->plan(27);
my $dir = $t->testdir();
my $mail = Parley::Mail->new($dir, port(8025));

$t->write_file('secrets/mail.password', "secret\n");
$t->write_file('secrets/key', ('0123456789abcdef' x 4) . "\n");
chmod 0600, "$dir/secrets/key";

my $conf = <<'EOC';

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
        channel mail smtp {
            address    support@acme.example "Acme";
            server     smtp://127.0.0.1:%%PORT_8025%%;
            user       acme;
            token_file secrets/mail.password;
        }
        channel other smtp {
            address    other@acme.example "Acme";
            server     smtp://127.0.0.1:%%PORT_8025%%;
            user       acme;
            token_file secrets/mail.password;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }
        location = /unsubscribe { parley_unsubscribe; }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
            proxy_read_timeout 1s;      # it stands still for a while
        }
    }
}

EOC

$t->write_file_expand('nginx.conf', $conf);
$t->expect(qr/unix:.*sender\.sock/);

$mail->run();
my ($store, $sender, $api) = begin();

###############################################################################

# the fold is behind: the click is answered, and no offer leaves after it

my $ana = person('ana');
my $link = offer($ana, 'ana');
like($link, qr/^[0-9a-f]{8}\.\d+\.\d+\.\d+\.[a-z2-7]{16}$/, 'a link');

# once it has nothing to write, or it might stand with the journal's lock
wait_for { $store->rows('attempts') == 0 && $store->folded()
    && !grep { $_->{state} =~ /^(?:queued|sending)\z/ } $store->messages() };
ok(kill('STOP', $sender->pid()), 'the sender stands still');
my $r = say_news($ana, 'mail');
is($r->{status}, 202, 'an offer that is not folded yet');
is(click($link), 200, 'a click is answered all the same');
ok(kill('CONT', $sender->pid()), 'the sender goes on');
wait_for { $store->folded() };
is(state_of($ana), 'revoked', 'it counted');
my ($held) = ($store->messages())[-1];
is($held->{rule}, 'consent.revoked', 'the offer does not leave')
    or diag explain $held;
is(scalar($mail->mails('ana@example.com')), 1, 'and did not');

# a channel that is gone, and a person

my $bo = person('bo');
my $bos = offer($bo, 'bo', 'other');
my $cas = person('cas');
my $cass = offer($cas, 'cas');

(my $less = $conf) =~ s/channel other smtp \{.*?\n        \}//s;
$t->write_file_expand('nginx.conf', $less);
$t->reload();
wait_for { say_news($bo, 'other')->{status} != 201 };
is(click($bos), 200, 'a link of a channel that is gone');
wait_for { state_of($bo) eq 'revoked' };
is(state_of($bo), 'revoked', 'counts');

is(($store->ctl('privacy', 'delete', 'demo', 'cas@example.com'))[0], 0,
    'somebody is forgotten');
is(click($cass), 200, 'whose link holds');
wait_for { $store->folded() };
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'the sender ends');
$t->stop();

# a store made anew gives the same numbers to others

ok(rename("$dir/store", "$dir/was"), 'the store is gone');
$t->write_file_expand('nginx.conf', $conf);
($store, $sender, $api) = begin();

my $eve = person('eve');
(my $number = $ana) =~ s/\D//g;
is($eve, $ana, 'another person has the number');
my $eves = offer($eve, 'eve');
is(($eves =~ /^\w+\.(.*)\./)[0], ($link =~ /^\w+\.(.*)\./)[0],
    'and numbers in a link');
isnt($eves, $link, 'but not the link');

my $answer = http_get("/unsubscribe?$link");
is(http_status($answer), 410, 'who opens the old one');
like($answer, qr/"title":"This link is of a store that is not there/,
    'is told why');
is(click($link), 410, 'nor is it a click');
wait_for { $store->folded() };
is(state_of($eve), 'granted', 'of somebody else');
is(click($eves), 200, 'who has their own');
wait_for { state_of($eve) eq 'revoked' };
is(state_of($eve), 'revoked', 'that counts');

is($sender->stop(), 0, 'the sender ends');
my $log = slurp("$dir/error.log");
like($log, qr/a link to unsubscribe is refused: another store/, 'is logged');
unlike($sender->log() . $log, qr/\Q$link\E|\Q$eves\E|\@example/,
    'no log says who');
$mail->stop();

###############################################################################

sub begin {
    my $st = Parley::Store->new($dir);
    $t->run();
    my $se = Parley::Sender->new($dir, '--ca-file', $mail->ca())->run();
    my $a = Parley::Api->new($st->key('demo', 'admin'));

    for my $channel ('mail', 'other') {
        $a->post('/v1/templates', { channel => $channel, name => 'news',
            language => 'nl', category => 'marketing', subject => 'Nieuws',
            body => 'Dag {naam}', samples => { naam => 'Ana' } });
    }

    return ($st, $se, $a);
}

sub person {
    my ($name) = @_;
    my $id = $api->post('/v1/contacts', { email => "$name\@example.com" })
        ->{json}{id};
    $api->post("/v1/contacts/$id/consents", { category =>
        'marketing_messages', state => 'granted', source => 'form' });
    return $id;
}

sub say_news {
    my ($who, $channel) = @_;
    return $api->post('/v1/messages', { to => { contact => $who },
        channel => $channel // 'mail', template => { name => 'news',
            language => 'nl', named => { naam => 'lezer' } } });
}

# The link of the mail that they get.
sub offer {
    my ($who, $name, $channel) = @_;
    my @mails;
    my $sent = say_news($who, $channel);
    diag $sent->{body} if $sent->{status} != 201;
    wait_for { scalar(@mails = $mail->mails("$name\@example.com")) };
    my ($token) = ($mails[0] =~ s/\r?\n[ \t]+/ /gr) =~
        m!^List-Unsubscribe: <https://gw\.example\.com/unsubscribe\?([^>]+)>!m;
    return $token // '';
}

sub state_of {
    my ($who) = @_;
    my ($c) = grep { $_->{category} eq 'marketing_messages' }
        @{$api->get("/v1/contacts/$who")->{json}{consents}};
    return $c->{state} // '';
}

sub click {
    return http_status(http_post("/unsubscribe?$_[0]",
        'List-Unsubscribe=One-Click'));
}

###############################################################################
