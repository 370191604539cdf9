#!/usr/bin/perl

# Tests for a relay that takes a mail and never answers: it holds up no other
# channel, of mail or not, and no more of its own mails than a channel may
# have under way; and a sender that is asked to end does.

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
use Parley::WhatsApp;
use Parley::Wire;

# as transfer_pool.c has them
use constant { CHANNEL => 8, MORE => 4, OTHERS => 20, STOP => 60 };

###############################################################################

my $t = Parley::Nginx->new()->has('perl:IO::Socket::SSL')->plan(15);
my $dir = $t->testdir();

Parley::Wire::certificate($dir, 'ca', [ DNS => 'ca' ], authority => 1);
my $tls = Parley::Wire::certificate($dir, 'relay', [ IP => '127.0.0.1' ],
    ca => 'ca');
$t->write_file('secrets/mail.password', "secret\n");

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 1001;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        channel silent smtp {
            address     silent@acme.example;
            server      smtps://127.0.0.1:%%PORT_8025%%;
            token_file  secrets/mail.password;
            api_timeout 30m;
        }
        channel well smtp {
            address     well@acme.example;
            server      smtps://127.0.0.1:%%PORT_8026%%;
            token_file  secrets/mail.password;
            api_timeout 30m;
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
        location /v1/ { parley_api; }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

my %silent = (port(8025) => 1);
my $wire = Parley::Wire->new($dir)->run(\&relay, port(8025) => $tls,
    port(8026) => $tls);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
my $sender = Parley::Sender->new($dir, '--ca-file', "$dir/ca.crt")->run();
my $api = Parley::Api->new($store->key('demo', 'admin'));

###############################################################################

mail('silent', "s$_\@example.com") for 1 .. CHANNEL + MORE;
wait_for { had('s') == CHANNEL };
is(had('s'), CHANNEL, 'a channel has so many mails under way');
is($sender->metric('parley_sender_in_flight'), CHANNEL, 'as the sender says');

wa_post(wa_body(wa_change({ messages => [ map { wa_text("wamid.S$_",
    sprintf('34611%06d', $_), 'hello') } 1 .. OTHERS ] }, 1001)));
mail('well', "w$_\@example.com") for 1 .. OTHERS;
my $refused = mail('well', 'refused@example.com');

wait_for { $provider->accepted() == OTHERS && had('w') == OTHERS };
is(scalar $provider->accepted(), OTHERS, 'what is no mail goes on');
is(had('w'), OTHERS, 'mails of another channel go on');
wait_for { state($refused) eq 'failed' };
is(state($refused), 'failed', 'a refusal counts before goodbye is answered');
ok($sender->healthy(), 'the sender is well');

# one for each that may be under way, and one in the place of that which said no
ok(!(grep { ($_->{had} // '') =~ /^w/ && $_->{number} > CHANNEL + 1 }
    $wire->book()), 'connections are kept for the next mail');
is(had('s'), CHANNEL, 'and there are no more of them');
is(scalar(grep { $_->{left} } $wire->book()), 0, 'none of which was ended');

###############################################################################

# what is with the relay is waited for, and then ended

is($sender->stop('TERM', 3 * STOP), 0, 'the sender ends by itself');
is($store->rows('unknown'), CHANNEL, 'what the relay had is unknown');
is($store->rows('outbox'), MORE, 'what it had not is still to be sent');

%silent = ();
$wire->stop();
$wire->run(\&relay, port(8025) => $tls, port(8026) => $tls);
$sender->run();
wait_for { had('s') == CHANNEL + MORE && $store->rows('outbox') == 0 };
my %had;
$had{$_->{had}}++ for grep { $_->{had} } $wire->book();
is(join(' ', grep { $had{$_} != 1 } keys %had), '', 'none is sent twice');
is(scalar keys %had, CHANNEL + MORE + OTHERS, 'and each is sent');

# the relays do not answer goodbye either
is($sender->stop(), 0, 'the next sender ends');

###############################################################################

sub mail {
    my ($channel, $to) = @_;
    my $r = $api->post('/v1/messages', { channel => $channel,
        to => { email => $to }, email => { subject => 'x', text => "a line\n" }
        }, 'Idempotency-Key' => $to);
    return ($r->{json}{id} // diag($r->{body})) =~ /(\d+)/ ? $1 : 0;
}

sub state {
    my ($id) = @_;
    my ($m) = grep { $_->{id} =~ /^\D*$id$/ } $store->messages();
    return $m ? $m->{state} // '' : '';
}

sub had {
    my ($prefix) = @_;
    return scalar grep { ($_->{had} // '') =~ /^$prefix/ } $wire->book();
}

sub relay {
    my ($c) = @_;
    my ($line, $to);
    $c->put("220 relay\r\n");
    while (defined($line = line($c))) {
        if ($line =~ /^EHLO/) {
            $c->put("250-relay\r\n250 AUTH PLAIN\r\n");
        } elsif ($line =~ /^AUTH PLAIN$/) {
            $c->put("334 \r\n");
            line($c);
            $c->put("235 yes\r\n");
        } elsif ($line =~ /^AUTH/) {
            $c->put("235 yes\r\n");
        } elsif ($line =~ /^RCPT TO:<([^@]+)/) {
            $to = $1;
            $c->put($to eq 'refused' ? "550 5.1.1 no\r\n" : "250 yes\r\n");
        } elsif ($line =~ /^DATA/) {
            $c->put("354 go\r\n");
            1 while defined($line = line($c)) && $line ne '.';
            return unless defined $line;
            $c->note({ had => $to });
            last if $silent{$c->port()};
            $c->put("250 taken\r\n");
        } elsif ($line =~ /^QUIT/) {
            last;
        } else {
            $c->put("250 yes\r\n");
        }
    }
    $c->hold() if defined $line;
    $c->note({ left => 1 }) if $silent{$c->port()};
}

sub line {
    my ($c) = @_;
    while ($c->{in} !~ /\r\n/) {
        $c->more() or return undef;
    }
    $c->{in} =~ s/^(.*?)\r\n//s;
    return $1;
}

###############################################################################
