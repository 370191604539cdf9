#!/usr/bin/perl

# Tests for a sender that is killed at each stage of a send: what had not
# left is sent by the next one, what may have left is unknown, and nothing is
# lost or sent twice.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use IO::Socket::INET;
use Time::HiRes qw/ sleep /;

use lib 'lib';
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->has('bin:strace')->plan(23);
my $dir = $t->testdir();

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
            phone_number_id     1001;
            waba_id             1;
            token_file          secrets/channel.token;
            api_base_url        http://127.0.0.1:8081;
            api_timeout         60s;
            rate                1000;
        }
        channel closed whatsapp {
            phone_number_id     1002;
            waba_id             1;
            token_file          secrets/channel.token;
            api_base_url        http://127.0.0.1:8082;
            api_connect_timeout 60s;
            api_timeout         60s;
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
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };

###############################################################################

# queued, and no attempt begun: the next one sends it

$sender = Parley::Sender->new($dir, '--hold')->run();
say('34600000001');
wait_for { $store->rows('outbox') == 1 };
$sender->kill9();
$sender = Parley::Sender->new($dir)->run();
wait_for { state('34600000001') eq 'accepted' };
is(state('34600000001'), 'accepted', 'before the attempt: sent');
is(posts('34600000001'), 1, 'once');

# connecting: a listener whose queue is full lets nobody in

my $listener = IO::Socket::INET->new(Listen => 1, Proto => 'tcp',
    LocalAddr => '127.0.0.1:' . port(8082)) or die "cannot listen: $!\n";
my @crowd = map { IO::Socket::INET->new(Proto => 'tcp', Blocking => 0,
    PeerAddr => '127.0.0.1:' . port(8082)) } 1 .. 4;
say('34600000002', 1002);
wait_for { $store->rows('attempts') == 1 };
sleep 0.5;                      # it is on its way to nowhere by now
$sender->kill9();
@crowd = ();
close $listener;
my $other = Parley::Provider->new($dir, port(8082))->run();
$sender->run();
wait_for { state('34600000002') eq 'accepted' };
is(state('34600000002'), 'accepted', 'connecting: sent');
is(posts('34600000002'), 1, 'once');

# the request has left, no answer came

$provider->script({ match => '34600000003', do => 'hang' });
say('34600000003');
wait_for { posts('34600000003') };
$sender->kill9();
$sender->run();
wait_for { state('34600000003') eq 'unknown' };
is(state('34600000003'), 'unknown', 'request has left: unknown');
is(posts('34600000003'), 1, 'and not sent again');

# its status settles it

my ($r) = grep { $_->{to} =~ /34600000003/ } $provider->requests();
wa_post(wa_body(wa_change({ statuses => [ wa_status('wamid.LATE', 'sent',
    '34600000003', biz_opaque_callback_data => $r->{opaque}) ] }, 1001)));
wait_for { state('34600000003') eq 'sent' };
is(state('34600000003'), 'sent', 'until its status settles it');
is($store->rows('unknown'), 0, 'and nothing is unknown');

# half of the answer has come

$provider->script({ match => '34600000004', do => 'cut', bytes => 60,
    delay => 1 });
say('34600000004');
wait_for { posts('34600000004') };
$sender->kill9();
$sender->run();
wait_for { state('34600000004') eq 'unknown' };
is(state('34600000004'), 'unknown', 'answer is cut: unknown');
is(posts('34600000004'), 1, 'and not sent again');

# answered, and killed before the answer is in the journal: each commit
# takes two seconds now

$provider->script();
$sender->stop();
$sender->run(qw[ strace -f -q -o /dev/null -e trace=fdatasync
    -e inject=fdatasync:delay_enter=2000000 ]);
say('34600000005');
wait_for { posts('34600000005') };
sleep 0.3;
$sender->kill9();
$sender = Parley::Sender->new($dir)->run();
wait_for { state('34600000005') =~ /unknown|accepted/ };
like(state('34600000005'), qr/unknown|accepted/, 'answered: unknown');
is(posts('34600000005'), 1, 'and not sent again');

# the machine is gone: so is all that was known of how far each got

$provider->script({ match => '3460000000[67]', do => 'hang' });
say('34600000006');
wait_for { posts('34600000006') };
$sender->kill9();
unlink "$dir/store/progress" or die "no progress: $!\n";
$sender->run();
wait_for { state('34600000006') eq 'unknown' };
is(state('34600000006'), 'unknown', 'power cut: unknown');
is(posts('34600000006'), 1, 'and not sent again');

# killed again and again under load, at moments that nobody chose

$provider->script({ match => '[05]"', delay => 0.05 });
my $rounds = slow() ? 100 : 8;
for my $round (1 .. $rounds) {
    wa_post(wa_body(wa_change({ messages => [ map { wa_text(
        "wamid.R$round-$_", sprintf('3461%03d%04d', $round, $_), 'hello') }
        1 .. 40 ] }, 1001)));
    sleep rand 0.3;
    $sender->kill9();
    $sender->run();
}
wait_for { $store->folded() && $store->rows('outbox') == 0
    && $store->rows('attempts') == 0 } 240;

my %posts;
$posts{$_->{opaque}}++ for $provider->requests();
is(join(' ', grep { $posts{$_} > 1 } keys %posts), '', 'none is sent twice');

my %got = map { $_->{to} =~ s/\D//gr => 1 } $provider->accepted();
my (@lost, %states);
for my $m ($store->messages('out')) {
    my $to = $m->{address}{value};
    next unless $to =~ /^3461/;
    $states{$m->{state}}++;
    push @lost, $to if $m->{state} eq 'accepted' && !$got{$to};
}
my @states = map { "$_ $states{$_}" } sort keys %states;
diag("after $rounds kills: @states") if $ENV{TEST_NGINX_VERBOSE};
is(join(' ', @lost), '', 'none is lost');
is(join(' ', grep { !/accepted|unknown/ } @states), '',
    'each is sent or unknown');
is(($states{accepted} // 0) + ($states{unknown} // 0), $rounds * 40,
    'all of them');
cmp_ok($states{accepted} // 0, '>', 0, 'and not all are unknown');
is($store->rows('dead'), 0, 'none is dead');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');
$t->stop();
my ($replayed, @said) = $store->ctl('replay', "$dir/replay");
is($replayed, 0, 'replay gives the same') or diag(@said);

###############################################################################

sub say {
    my ($from, $number) = @_;
    wa_post(wa_body(wa_change({ messages =>
        [ wa_text("wamid.$from", $from, 'hello') ] }, $number // 1001)));
}

sub posts {
    my ($to) = @_;
    return scalar grep { $_->{to} =~ /$to/ } $provider->requests();
}

sub state {
    my ($to) = @_;
    my ($m) = grep { $_->{address}{value} eq $to } $store->messages('out');
    return $m ? $m->{state} : '';
}

###############################################################################
