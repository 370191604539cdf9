#!/usr/bin/perl

# A send with an idempotency key, nginx and the sender killed at any moment of
# it, and the request sent again until it is answered: one message, and the
# same answer.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;
use Time::HiRes qw/ sleep /;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new();
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
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ {
            parley_api;
        }
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

my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
wait_for { $store->rows('zones') > 0 };

wa_post([ wa_text('wamid.1', '34600000001', 'hello') ]);
my $api = Parley::Api->new($store->key(qw/ demo bot /));

###############################################################################

# the same key: the same answer, once; another body, or another caller

my $first = send_again('one');
is($first->{status}, 201, 'sent') or diag($first->{body});
my $second = send_again('one');
is($second->{status}, 201, 'sent again');
is_deeply($second->{json}, $first->{json}, 'the same answer');

my $other = $api->post('/v1/messages', body('two'),
    'Idempotency-Key' => 'key-one');
is("$other->{status} $other->{json}{type}",
    '422 /problems/idempotency-key-reused', 'another body is refused');
is($api->post('/v1/messages', body('one'),
    'Idempotency-Key' => 'x' x 255)->{status}, 201, 'the longest key');
is($api->post('/v1/messages', body('one'),
    'Idempotency-Key' => 'x' x 256)->{json}{type},
    '/problems/bad-idempotency-key', 'and a longer one');
is($api->post('/v1/messages', body('one'),
    'Idempotency-Key' => "a\tb")->{json}{type},
    '/problems/bad-idempotency-key', 'or one of other characters');

my $desk = $store->key(qw/ demo agent /);
my $theirs = Parley::Api->new($desk)->post('/v1/messages',
    body('one'), 'Idempotency-Key' => 'key-one');
is($theirs->{status}, 201, 'somebody else\'s key of that name');
isnt($theirs->{json}{message}{id} // $theirs->{json}{id},
    $first->{json}{message}{id} // $first->{json}{id}, 'is another');

# two at once

my @two = map { $api->start('POST', '/v1/messages', body('twin'),
    'Idempotency-Key' => 'twin') } 1 .. 2;
my @said = map { $api->end($_) } @two;
is("$said[0]{status} $said[1]{status}", '201 201', 'two at once');
is_deeply($said[0]{json}, $said[1]{json}, 'are one');

# killed: a little later each time, and while nobody folds

my $sent = sent();

for my $delay (0, 0.002, 0.004, 0.008, 0.016, 0.03, 'held') {
    kill 'STOP', $sender->pid() if $delay eq 'held';

    my $s = $api->start('POST', '/v1/messages', body("kill $delay"),
        'Idempotency-Key' => "kill-$delay");
    sleep($delay eq 'held' ? 0.3 : $delay);

    $t->kill9();
    kill 'CONT', $sender->pid() if $delay eq 'held';
    $sender->kill9();
    my $before = $api->end($s);

    $t->run();
    $sender->run();

    my $after;
    for (1 .. 50) {
        $after = $api->post('/v1/messages', body("kill $delay"),
            'Idempotency-Key' => "kill-$delay");
        last if $after->{status} == 201;
        sleep 0.1;
    }

    is($after->{status}, 201, "killed after $delay: answered in the end");
    $sent++;
    is(sent(), $sent, 'one message');
    is_deeply($after->{json}, $before->{json}, 'with the answer of before')
        if $before->{status} == 201;
}

# killed at each step, as it enters a call: the worker that reads, commits and
# answers, the sender that folds and begins to send

SKIP: {
    skip 'no strace', 1 if system('command -v strace >/dev/null') != 0;

    for my $step (
        [ 'the request is read', 'worker', 'recvfrom,recvmsg,read', 1 ],
        [ 'the journal\'s pages', 'worker', 'pwrite64,pwritev', 1 ],
        [ 'the journal\'s commit', 'worker', 'fdatasync', 1 ],
        [ 'the journal\'s meta page', 'worker', 'pwrite64,pwritev', 2 ],
        [ 'the answer', 'worker', 'writev,sendto,write', 2 ],
        [ 'the fold\'s pages', 'sender', 'pwrite64,pwritev', 1 ],
        [ 'the fold\'s commit', 'sender', 'fdatasync', 1 ],
        [ 'the fold\'s meta page', 'sender', 'pwrite64,pwritev', 2 ],
        [ 'the attempt', 'sender', 'fdatasync', 2 ],
        [ 'the attempt\'s fold', 'sender', 'fdatasync', 3 ] )
    {
        my ($name, $whom, $calls, $nth) = @$step;
        my $word = $name =~ s/\W/-/gr;
        my $tracer = kill_at($whom eq 'worker' ? ($t->workers())[0]
            : $sender->pid(), $calls, $nth);

        my $before = $api->post('/v1/messages', body($word),
            'Idempotency-Key' => $word);
        $tracer->kill9();
        $sender->kill9();
        $t->kill9();
        $t->run();
        $sender->run();

        my $after;
        wait_for { ($after = $api->post('/v1/messages', body($word),
            'Idempotency-Key' => $word))->{status} == 201 };
        is($after->{status}, 201, "killed at $name: answered in the end");
        $sent++;
        is(sent(), $sent, 'one message');
        is_deeply($after->{json}, $before->{json},
            'with the answer of before') if $before->{status} == 201;
    }
}

# nobody folds: it is on disk, and told later

kill 'STOP', $sender->pid();
my $late = $api->post('/v1/messages', body('late'),
    'Idempotency-Key' => 'late');
is($late->{status}, 202, 'nobody folds: accepted');
is($late->{json}{state}, 'pending', 'and pending');
is($late->{headers}{'retry-after'}, 1, 'ask again in a second');
like($late->{headers}{location}, qr!^/v1/requests/req_[0-9a-f]{40}_\d+$!,
    'there');
is($api->get($late->{headers}{location})->{json}{state}, 'pending',
    'where it is pending still');
kill 'CONT', $sender->pid();
wait_for { ($api->get($late->{headers}{location})->{json}{state} // '')
    eq 'done' };
my $told = $api->get($late->{headers}{location})->{json};
like($told->{message}, qr/^msg_\d+$/, 'and then is a message');
is($told->{decision}, 'queued', 'that waits its turn');
is(Parley::Api->new($desk)->get($late->{headers}{location})
    ->{status}, 200, 'which others of the tenant may see');

# a worker that is told to end answers what it has taken

kill 'STOP', $sender->pid();
my $s = $api->start('POST', '/v1/messages', body('reload'));
sleep 0.2;
$t->reload();
sleep 0.2;
kill 'CONT', $sender->pid();
is($api->end($s)->{status}, 201, 'answered across a reload');

is(($store->ctl('check'))[0], 0, 'the store is sound');
is($store->rows('quarantine'), 0, 'nothing is in quarantine');

$sender->stop();
$t->finish();
done_testing();

###############################################################################

sub body { return { to => { phone => '+34600000001' }, text => $_[0] } }

# It is killed as it enters one of these calls for the nth time from now on.
sub kill_at {
    my ($pid, $calls, $nth) = @_;
    my $p = Parley::Process->start('strace', { log => "$dir/strace.out" },
        qw/ strace -f -q -o /, '/dev/null', '-p', $pid, '-e',
        "trace=$calls", '-e', "inject=$calls:signal=KILL:when=$nth");
    wait_for { !$p->alive() || !grep { slurp($_) =~ /^TracerPid:\s+0$/m }
        glob "/proc/$pid/task/*/status" };
    return $p;
}

sub send_again {
    my ($word) = @_;
    return $api->post('/v1/messages', body($word),
        'Idempotency-Key' => "key-$word");
}

# Messages that went out, or are to.
sub sent {
    return scalar grep { ($_->{message}{direction} // '') eq 'out' }
        $store->json(qw/ messages demo --limit 1000 /);
}
