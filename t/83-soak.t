#!/usr/bin/perl

# A soak: webhooks in, replies out and statuses back, with a provider that
# fails in every way, a sender that is killed and an nginx that is reloaded
# all the while. At the end the book balances, and what the processes hold
# has not grown.
#
#     PARLEY_SOAK_SECONDS  60
#     PARLEY_SOAK_RATE     webhooks a second, as many as it can: 150
#     PARLEY_SOAK_FAULTS   of a thousand answers: 30
#     PARLEY_SOAK_KILL     seconds between two kills: 13, or a twelfth of all
#     PARLEY_SOAK_KEEP     how long the journal is kept: all of it, for the
#                          replay; else its file is not to grow
#
# "make -f Makefile.ext soak" runs it for an hour at 500, and keeps 60 s.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Time::HiRes qw/ sleep time /;

use lib 'lib';
use Parley::Cloud;
use Parley::Load;
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant {
    CONTACTS => 100,            # for each webhook of a second: whoever says
                                # the same again within a minute, ten times,
                                # is a machine, and is not answered
    LOOK     => 0.25,           # seconds between two looks at the log
    SAMPLE   => 2,              # and at the processes
    KILL     => 13,             # the sender is killed, at least,
    LIVES    => 12,             # and as often in a long run
    RELOAD   => 17,             # nginx is reloaded
    STATUSES => 100,            # of one webhook
    DRAIN    => 600,
};

###############################################################################

my $seconds = $ENV{PARLEY_SOAK_SECONDS} // 60;
my $rate = $ENV{PARLEY_SOAK_RATE} // 150;
my $faults = $ENV{PARLEY_SOAK_FAULTS} // 30;
my $keep = $ENV{PARLEY_SOAK_KEEP} || '';
my $kill = $ENV{PARLEY_SOAK_KILL}
    // ($seconds / LIVES > KILL ? $seconds / LIVES : KILL);

my $KEEP = $keep ? "parley_journal_keep $keep;" : '';

my $t = Parley::Nginx->new()->plan(18);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF' =~ s/%%KEEP%%/$KEEP/r);

%%TEST_GLOBALS%%
worker_processes 2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    %%KEEP%%

    client_body_buffer_size 256k;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            api_timeout     5s;
            rate            1000;
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
my $cloud = Parley::Cloud->run($dir, '--faults', $faults);
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir, '--log-level', 'warn');
my (@told, %has, %samples);

###############################################################################

$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();

my $load = Parley::Load->start($dir, connections => 32,
    requests => $seconds * $rate, seconds => 4 * $seconds, rate => $rate,
    contacts => CONTACTS * $rate, dup => 5, text => 'hello');

my ($kills, $reloads, $start) = (0, 0, time());
my %next = (sample => $start, kill => $start + $kill,
    reload => $start + RELOAD);

while ($load->{process}->alive()) {
    turn();
    if (time() > $next{kill}) {
        $sender->kill9();
        $sender->start();
        $kills++;
        $next{kill} = time() + $kill;
    }
    if (time() > $next{reload}) {
        $t->reload();
        $reloads++;
        $next{reload} = time() + RELOAD;
    }
    sleep LOOK;
}

my $result = $load->result();
wait_for { turn(); $store->folded() && $store->rows('outbox') == 0
    && $store->rows('attempts') == 0 } DRAIN;

# Those whose answer never came are settled by the statuses that have gone in
# meanwhile; one whose request was cut down before it left never is.
wait_for { turn(); !@told && $store->folded() } DRAIN;

diag(sprintf '%d webhooks in %.0f s, %d requests, %d kills, %d reloads',
    $result->{ok}, time() - $start, $cloud->counts()->{requests}, $kills,
    $reloads) if $ENV{TEST_NGINX_VERBOSE};

###############################################################################

# in: all that was answered 200, once each

my @acked = $load->acked();
my (%in, %out, %open);
messages(sub {
    my ($line) = @_;
    my ($person) = $line =~ /"party": *(\d+)/;
    if ($line =~ /"direction": *"out"/) {
        $open{$person}--;
        my ($id, $state) = map { $line =~ /"$_": *"([^"]*)"/ ? $1 : '' }
            qw/ id state /;
        $out{$id =~ s/\D//gr} = $state;
    } elsif ($line =~ /"provider_id": *"([^"]*)"/) {
        $in{$1}++;
        $open{$person}++;
    }
});

# Who says the same ten times within a minute of each other is taken for a
# machine, and from then on a person answers: such are few, by chance.
my %machine = map { $_ => 1 } ($store->ctl('--json', '--limit', 0, 'events',
    'demo'))[1] =~ /"handover".*"subject": *(\d+).*"rule": *"loop"/g;

cmp_ok(scalar @acked, '>', 0, scalar(@acked) . ' were answered 200');
is(some(grep { !$in{$_} } @acked), '', 'every one is there');
is(some(grep { $in{$_} > 1 } keys %in), '', 'none is there twice');
is(some(grep { $open{$_} && !$machine{$_} } keys %open), '',
    'one reply for each');
cmp_ok(scalar keys %machine, '<=', keys(%open) / 20, 'few are no people');

# out: each at the provider once, or named

my %named = map { $_ => 1 } named('unknown'), named('dead');
is(some(grep { $has{$_} > 1 } keys %has), '', 'none is sent twice');
is($cloud->counts()->{repeats}, 0, 'so says the provider');
is(some(grep { !exists $out{$_} } keys %has), '',
    'the provider has nothing that the book has not');
my @lost = grep { !$has{$_} && !$named{$_} } keys %out;
is(some(@lost), '', 'and all of it, but what is unknown or dead');
diag(($store->ctl('trace', "msg_$_"))[1])
    for @lost[0 .. (@lost < 3 ? $#lost : 2)];
is(some(grep { $has{$_} && $out{$_} =~ /^(?:queued|unknown|failed)?$/ }
    keys %has), '', 'what the provider has is known to be there');

# Faults alone end nothing: those that came with an answer are tried again.
cmp_ok($store->rows('dead'), '<=', @acked / 100, 'few are dead');

# what they hold

flat('descriptors', 'fds', 1.25, 32);
# connections to the provider are as many as it leaves unanswered
flat('descriptors but connections to the provider', 'own', 1.25, 8);
flat('memory, KiB', 'kib', 1.25, 16 * 1024);

SKIP: {
    skip 'all of the journal is kept', 1 unless $keep;
    flat('file, bytes', 'file', 1.25, 16 * 1024 * 1024);
}
diag(sprintf '%.0f bytes of state for each message in and its reply',
    disk('state') / keys %in) if $ENV{TEST_NGINX_VERBOSE};

my ($status, $said) = $store->ctl('check');
is($status, 0, 'nothing inconsistent') or diag($said);

is($sender->stop(), 0, 'sender ends');
$t->stop();

SKIP: {
    skip 'the journal is not whole', 1 if $keep;
    ($status, $said) = $store->ctl('replay', "$dir/replay");
    is($status, 0, 'replay gives the same') or diag($said);
}

###############################################################################

# What the provider has got is told by statuses; now and then the processes
# are looked at.
sub turn {
    for my $r ($cloud->news()) {
        next unless $r->{has};
        my ($id) = $r->{opaque} =~ /^m:(\d+)/;
        $has{$id // "none: $r->{opaque}"}++;
        push @told, map { wa_status($r->{id}, $_, $r->{to} =~ s/\D//gr,
            biz_opaque_callback_data => $r->{opaque}) } qw/ sent delivered /;
    }
    while (@told) {
        my @some = @told[0 .. (@told < STATUSES ? $#told : STATUSES - 1)];
        my $answer = eval { wa_post(wa_body(wa_change({
            statuses => \@some }))) } // '';
        last unless $answer =~ m!^HTTP/1.1 200!;
        splice @told, 0, scalar @some;
    }
    if (time() > $next{sample}) {
        sample(sender => $sender->pid());
        sample(worker => $_) for $t->workers();
        sample(master => $t->master());
        push @{$samples{journal}}, { file => disk('journal') };
        $next{sample} = time() + SAMPLE;
    }
}

# The most that any of this kind has at this moment.
sub sample {
    my ($kind, $pid) = @_;
    my $fds = () = glob "/proc/$pid/fd/*";
    my ($kib) = slurp("/proc/$pid/status") =~ /^RssAnon:\s+(\d+)/m;
    my $wire = $kind eq 'sender' ? wire($pid) : 0;
    push @{$samples{$kind}}, { fds => $fds, kib => $kib, wire => $wire,
        own => $fds - $wire } if $kib;
}

# connections to the provider, on the wire or kept for the next request
sub wire {
    my ($pid) = @_;
    my $to = sprintf ':%04X', Parley::Nginx::port(8081);
    my %there = map { /^\s*\d+: \S+ \S+$to / ? ((split)[9] => 1) : () }
        split /\n/, slurp('/proc/net/tcp');
    return scalar grep { /^socket:\[(\d+)\]/ && $there{$1} }
        map { readlink($_) // '' } glob "/proc/$pid/fd/*";
}

# bytes that a file of the store has on the disk
sub disk { 512 * ((stat "$dir/store/$_[0]/data.mdb")[12] // 0) }

# The last third beside the second: the first is when caches fill.
sub flat {
    my ($name, $what, $share, $slack) = @_;
    my @grown;
    for my $kind (sort keys %samples) {
        my @all = grep { defined } map { $_->{$what} } @{$samples{$kind}};
        next if @all < 3;
        my $third = int(@all / 3);
        my ($before, $after) = map { (sort { $b <=> $a } @$_)[0] }
            [ @all[$third .. 2 * $third - 1] ], [ @all[-$third .. -1] ];
        diag("$name, $kind: $before $after") if $ENV{TEST_NGINX_VERBOSE};
        push @grown, "$kind: $before to $after"
            if $after > $before * $share + $slack;
    }
    is(join(', ', @grown), '', "$name: no growth");
}

sub messages {
    my ($each) = @_;
    open my $fh, '-|', build_dir() . '/parleyctl', '--store', "$dir/store",
        '--json', '--limit', 0, 'messages', 'demo' or die "ctl: $!\n";
    $each->($_) while <$fh>;
    close $fh or die "parleyctl messages failed\n";
}

# the messages of these rows, by number
sub named {
    my ($table) = @_;
    my ($status, $out, $err) = $store->ctl('--json', '--limit', 0, $table);
    die "parleyctl $table: $err\n" if $status != 0;
    return $out =~ /"send_message": *\{"message": *"?(\d+)/g;
}

sub some {
    my (@all) = @_;
    return join ' ', @all > 20 ? (@all[0 .. 19], '...') : @all;
}

###############################################################################
