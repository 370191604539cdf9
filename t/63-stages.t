#!/usr/bin/perl

# Tests for a sender that is killed at each stage of its sends, again and
# again, with several on their way over four channels: before it connects,
# after it, with half of a request out, with all of it, after the answer's
# head, after the answer and before its commit, and after the commit.
#
# What must hold in the end, where P is what the provider has of whole
# requests (a file that nobody kills), each message being to a person of its
# own:
#
#     1.  P has nobody twice
#     2.  each message is sent or unknown, and none is lost
#     3.  who is sent is in P, with the id that the provider gave
#     4.  who is in P is sent or unknown: P is the sent, and those of the
#         unknown that had arrived
#     5.  the unknown are named: parleyctl unknown lists just them
#     6.  when statuses have come for those that had arrived, P is the sent,
#         and the unknown are those that never arrived
#
# PARLEY_ROUNDS (3) is how often for each stage.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;
use Time::HiRes qw/ sleep time /;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;
use Parley::Wire;

###############################################################################

my $rounds = $ENV{PARLEY_ROUNDS} // (slow() ? 100 : 3);
my $t = Parley::Nginx->new()->has('bin:strace', 'perl:IO::Socket::SSL')
    ->plan(22);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<EOF);

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
${\ join '', map { channel($_) } 1 .. 4 }
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
my $tls = Parley::Wire::certificate($dir, 'peer', [ IP => '127.0.0.1' ]);
script({ round => 0 });
my $wire = Parley::Wire->new($dir)->run(\&play, port(8081) => undef,
    port(8082) => undef,
    port(8083) => { %$tls, later => 1, SSL_alpn_protocols => [ 'http/1.1' ] },
    port(8084) => { %$tls, later => 1, SSL_alpn_protocols => [ 'h2' ] });
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir, '--ca-file', "$dir/peer.crt");
$t->run();
wait_for { exists $store->status()->{next} };

###############################################################################

# The stages. `nth` is which of such calls of the sender kills it, and `lost`
# what becomes of the progress file then.

my @stages = (
    { name => 'before connect', call => 'connect',
        nth => sub { $_[0] ? 1 : 1 + int rand 4 } },
    { name => 'after connect' },
    { name => 'half a request' },
    { name => 'a whole request' },
    { name => "the answer's head" },
    { name => 'the answer', call => 'fdatasync', nth => sub { 1 }, go => 1 },
    { name => 'the commit', call => 'fdatasync', go => 1,
        nth => sub { 2 + int rand 3 } },
    { name => 'no progress file', lost => sub {
        unlink "$dir/store/progress" or die "no progress: $!\n";
    } },
    { name => 'a progress file of another boot', lost => \&other_boot },
);
my @order = shuffled(map { my $n = $_; map { [ $_, $n % 2 ] } @stages }
    1 .. $rounds);
my (%round, %message);

$sender->run();
for my $round (1 .. @order) {
    my ($stage, $odd) = @{$order[$round - 1]};
    kill_at($round, $stage, $odd);
    $stage->{lost}->() if $stage->{lost};

    # the next one finds a provider that is well again
    script({ round => -$round });
    $sender->run();
    wait_for { $store->folded() && $store->rows('outbox') == 0
        && $store->rows('attempts') == 0 } 300;
}

###############################################################################

%message = map { $_->{address}{value} => $_ } $store->messages('out');
my (%posts, %given, %tag);
for my $r ($wire->requests()) {
    $posts{$r->{to}}++;
    $given{$r->{to}} = $r->{id};
    $tag{$r->{to}} = $r->{opaque};
}
my @sent = grep { $message{$_}{state} eq 'accepted' } sort keys %message;
my @unknown = grep { $message{$_}{state} eq 'unknown' } sort keys %message;
my @arrived = grep { $posts{$_} } @unknown;
diag(sprintf "%d kills at %d stages, %d messages: %d sent, %d unknown of "
    . "which %d had arrived, %d twice", scalar @order, scalar @stages,
    scalar keys %message, scalar @sent, scalar @unknown, scalar @arrived,
    scalar grep { $_ > 1 } values %posts);

is(list(grep { $posts{$_} > 1 } keys %posts), '', '1. nobody has it twice');
is(list(keys %message), list(map { @{$_->{people}} } values %round),
    '2. each message is there');
is(list(@sent, @unknown), list(keys %message), '2. and is sent or unknown');
is(list(grep { ($given{$_} // '') ne $message{$_}{provider_id} } @sent), '',
    '3. who is sent is at the provider, as such');
is(list(keys %posts), list(@sent, @arrived),
    '4. the provider has the sent, and some of the unknown');
my @named = map { $_->{unknown} } $store->all('unknown');
is(list(map { 'msg_' . $_->{effect}{send_message}{message} } @named),
    list(map { $message{$_}{id} } @unknown), '5. the unknown are named');
is(scalar(grep { !$_->{reason} } @named), 0,
    '5. with what is known of them');

# each stage had its effect

for my $stage (@stages) {
    my $name = $stage->{name};
    my @r = grep { $_->{stage} eq $name } values %round;
    my @held = map { @{$_->{held}} } @r;
    is(list(grep { $message{$_}{state} ne 'unknown' } @held), '',
        "$name: whose request was there is unknown");
}
is(list(grep { $message{$_}{state} ne 'accepted' } map { @{$_->{people}} }
    grep { $_->{nothing} } values %round), '',
    'of whom no byte had left is sent');
is(list(map { $_->{n} }
    grep { $_->{lost} && unknown($_) < $_->{connections} } values %round), '',
    'after a power cut all that was under way is unknown');
is(scalar(grep { $_->{stage} eq 'the commit' && !grep {
    $message{$_}{state} eq 'accepted' } @{$_->{people}} } values %round), 0,
    'what was committed is sent');

# statuses settle those that had arrived

for my $to (@arrived) {
    wa_post(wa_body(wa_change({ statuses => [ wa_status($given{$to}, 'sent',
        $to, biz_opaque_callback_data => $tag{$to}) ] }, number($to))));
}
wait_for { $store->folded() };
%message = map { $_->{address}{value} => $_ } $store->messages('out');
is(list(keys %posts), list(grep { $message{$_}{state} =~ /^(?:accepted|sent)$/ }
    keys %message), '6. the provider has what is sent');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
is($sender->stop(), 0, 'sender ends');

###############################################################################

# One round: messages to some people over each channel, and the end.
sub kill_at {
    my ($n, $stage, $odd) = @_;
    my $nothing = $odd && $stage->{name} =~ /^(?:before|after) connect$/;
    my @channels = $nothing && !$stage->{call} ? (3, 4) : 1 .. 4;
    my @targets = $stage->{go} || $stage->{lost} || $nothing ? @channels
        : (shuffled(@channels))[0 .. int rand @channels];
    my @people = map { my $c = $_; map { sprintf '346%d%04d%03d', $c, $n, $_ }
        1 .. ($c == 4 ? 1 : 1 + int rand 3) } @channels;
    my $row = $round{$n} = { n => $n, stage => $stage->{name}, held => [],
        people => \@people, connections => 0, lost => $stage->{lost},
        nothing => $nothing };
    my $plan = { round => $n, stage => $stage->{name},
        targets => { map { $_ => 1 } @targets } };
    script($plan);

    my $nth = $stage->{nth} ? $stage->{nth}->($odd) : 0;
    my $tracer = $nth && !$stage->{go} ? attach($stage->{call}, $nth) : undef;
    wa_post(wa_body(map { wa_change({ messages => [
        wa_text("wamid.$_", $_, 'hello') ] }, number($_)) } @people));

    my $enough = $stage->{go} ? @people : 1 + int rand @targets;
    my $held = 0;
    wait_for { $held += scalar grep { $_->{held} } note_all($row);
        $held >= $enough } unless $tracer;
    if ($stage->{go}) {
        $tracer = attach($stage->{call}, $nth);
        script({ %$plan, go => 1 });
    }
    if ($tracer) {
        wait_for { !$sender->alive() || $nth > 2 && idle() };
    } else {
        sleep rand 0.02;
    }
    $sender->kill9() if $sender->alive();
    delete $sender->{process};
    $tracer->ended() if $tracer;
    note_all($row);
}

# what the provider has noted since
sub note_all {
    my ($row) = @_;
    my @news = grep { $_->{round} && $_->{round} == $row->{n} } $wire->news();
    $row->{connections} += grep { $_->{connected} } @news;
    push @{$row->{held}}, grep { $_ ne 'somebody' } map { $_->{held} // () }
        @news;
    return @news;
}

sub idle { $store->rows('attempts') == 0 && $store->rows('outbox') == 0 }

sub unknown { scalar grep { $message{$_}{state} eq 'unknown' }
    @{$_[0]{people}} }

# The sender is killed as it enters this call for the nth time from now on.
sub attach {
    my ($call, $nth) = @_;
    my $p = Parley::Process->start('strace', { log => "$dir/strace.out" },
        qw/ strace -f -q -o /, '/dev/null', '-p', $sender->pid(),
        '-e', "trace=$call", '-e', "inject=$call:signal=KILL:when=$nth");
    wait_for { !$p->alive() || !grep { slurp($_) =~ /^TracerPid:\s+0$/m }
        glob '/proc/' . $sender->pid() . '/task/*/status' };
    die "cannot trace the sender\n" unless $p->alive();
    return $p;
}

# with the header's magic and size as they are
sub other_boot {
    open my $fh, '+<:raw', "$dir/store/progress"
        or die "no progress: $!\n";
    seek $fh, 8, 0;
    print $fh pack 'N4', map { int rand 1 << 32 } 1 .. 4;
    close $fh;
}

###############################################################################

# The provider: one connection. Round 0 and below are of peace.
sub play {
    my ($c) = @_;
    my $plan = script();
    my $stage = $plan->{stage} // '';
    my ($n) = grep { $c->port() == port(8080 + $_) } 1 .. 4;
    my $target = $plan->{targets}{$n};
    my $cut = $stage =~ /progress/ && $n > 2;
    my $hold = sub {
        $c->note({ round => $plan->{round}, held => $_[0] // 'somebody' });
        sleep 0.01 while script()->{round} == $plan->{round};
    };
    $c->note({ round => $plan->{round}, connected => $n });

    if ($target && ($stage eq 'after connect' || $cut)) {
        $hold->();
        return $c->rst();
    }
    $c->secure() or return if $n > 2;
    $c->h2() if $n == 4;
    if ($target && $stage eq 'half a request') {
        $c->half($n == 4 ? 1 : 1 + int rand 400);
        $hold->();
        return $c->rst() if $n == 4 || rand() < 0.5;
    }

    while (my $r = $n == 4 ? $c->stream() : $c->request()) {
        my $answer = $c->taken($r, round => $plan->{round});
        if ($target && $stage =~ /^a whole|^the (?:answer|commit)$|progress/) {
            $stage =~ /^the/ ? go($c, $plan, $r) : $hold->($r->{to});
        }
        if ($target && $stage =~ /head$/) {
            half_answer($c, $n, $r, $answer);
            $hold->($r->{to});
        }
        sleep rand 0.02;
        if ($n == 4) {
            $c->answer2($r->{stream}, $answer);
            $c->frame(7, 0, 0, pack 'NN', $r->{stream}, 0);
        } else {
            $c->answer($answer, '200 OK', 'Connection: close');
        }
        return $c->fin();
    }
}

sub go {
    my ($c, $plan, $r) = @_;
    my $killed = $plan->{stage} eq 'the commit' ? 'somebody' : $r->{to};
    $c->note({ round => $plan->{round}, held => $killed });
    sleep 0.01 until script()->{go} || script()->{round} != $plan->{round};
}

sub half_answer {
    my ($c, $n, $r, $answer) = @_;
    if ($n == 4) {
        $c->frame(1, 4, $r->{stream}, "\x88");
        return $c->frame(0, 0, $r->{stream}, substr $answer, 0, 40);
    }
    $c->put("HTTP/1.1 200 OK\r\nContent-Length: " . length($answer)
        . "\r\n\r\n" . substr $answer, 0, rand length $answer);
}

# what the provider shall do: written by the test, read by each connection
sub script {
    my ($plan) = @_;
    return decode_json(slurp("$dir/plan")) unless $plan;
    open my $fh, '>', "$dir/plan.new" or die "cannot write plan: $!\n";
    print $fh encode_json($plan);
    close $fh;
    rename "$dir/plan.new", "$dir/plan" or die "cannot write plan: $!\n";
}

sub number { '100' . substr $_[0], 3, 1 }

sub list { join ' ', sort @_ }

sub shuffled { map { $_->[1] } sort { $a->[0] <=> $b->[0] }
    map { [ rand, $_ ] } @_ }

sub channel {
    my ($n) = @_;
    my $s = $n > 2 ? 's' : '';
    return <<EOF;
        channel c$n whatsapp {
            phone_number_id 100$n;
            waba_id         1;
            token_file      secrets/channel.token;
            api_base_url    http$s://127.0.0.1:808$n;
            api_connect_timeout 10m;
            api_timeout     10m;
            rate            1000;
        }
EOF
}

###############################################################################
