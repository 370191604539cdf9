#!/usr/bin/perl

# Tests for a tenant that leaves: all that it has is written out, of one
# snapshot and with nothing of another tenant, and read into a store that has
# other tenants, channels and numbers; there it is the same, and lives on.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ sha256_hex /;
use JSON::PP;
use List::Util qw/ pairs /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant {
    ANN => '34612000001', BEN => '34612000002', CAT => '34612000003',
    ELSE => 'what-is-said-elsewhere', MANY => 150
};

###############################################################################

my $t = Parley::Nginx->new()->plan(62);
my $dir = $t->testdir();

conf(other => [ main => '3001' ],
    acme => [ main => '1001', second => '2002' ]);

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
start();

###############################################################################

# two tenants, who know the same person

says('3001', "wamid.E$_", ANN, ELSE) for 1 .. 3;
says('1001', "wamid.A$_", ANN, "hello $_") for 1 .. MANY;
says('2002', 'wamid.A.second', ANN, 'on the other one');
says('1001', 'wamid.B1', BEN, 'STOP');
says('2002', 'wamid.C1', CAT, 'good day');
wait_for { $store->rows('messages') >= MANY + 3 + 3 };
wait_for { $store->folded() };

is(ctl('contact', 'set', 'acme', ANN, '--name', 'Ann Other', '--zone',
    'Europe/Madrid'), 0, 'what is known of a person');
is(ctl('send', 'acme', 'main', ANN, '--text', 'our answer'), 0, 'an answer');
wait_for { grep { ($_->{state} // '') eq 'accepted' }
    $store->messages('out', 'acme') };
is(ctl('send', 'acme', 'main', ANN, '--text', 'much later', '--at', '+2h'),
    0, 'and one that waits');

my $api = Parley::Api->new($store->key('acme', 'admin'));
my %id = people($api);
is($api->post("/v1/conversations/$id{+ANN}/notes", { text => 'call her' })
    ->{status}, 201, 'a note');
is($api->post("/v1/conversations/$id{+ANN}/tags", { add => ['vip'] })
    ->{status}, 200, 'a tag');
is($api->call('PUT', "/v1/conversations/$id{+CAT}/owner",
    { owner => 'ana', epoch => 0 })->{status}, 200, 'an owner');
wait_for { $store->folded() };
my $unread = $api->get('/v1/conversations/' . $id{+ANN})->{json}
    {unread_count};

# written out

my $file = "$dir/acme.jsonl";
my ($status, $out, $err) = $store->ctl('tenant', 'export', 'acme', $file);
is($status, 0, 'exported') or diag($err);
is((stat $file)[2] & 0777, 0600, 'for its owner alone');
my @lines = lines($file);
my ($head, $end) = map { decode_json($_) } @lines[0, -1];
is("$head->{format} $head->{tenant}", 'parley.tenant.1 acme', 'what it is');
is($end->{sha256}, sha256_hex(join '', @lines[0 .. $#lines - 1]),
    'its digest');
like($out, qr/sha256 $end->{sha256}/, 'which is told');
my ($event) = grep { $_->{audit}{kind} eq 'exported' }
    $store->all('events', 'acme');
is($event->{audit}{text}, $end->{sha256}, 'and audited');
is($end->{lines}, @lines - 1, 'lines are counted');

my $first = tables(@lines);
my %counts = map { $_->{table} => $_->{rows} } @{$end->{counts}};
is(join(' ', grep { @{$first->{$_} // []} != $counts{$_} } sort keys %counts),
    '', 'and rows, by table');
is($counts{contacts}, 3, 'three people');
is($counts{messages}, scalar(() = $store->messages(undef, 'acme')),
    'every message');
is($end->{waited}, 1, 'one had not left');
is(scalar(grep { $_->{row}{state} eq 'failed' } @{$first->{messages}}), 1,
    'and is failed in there');
my $text = join '', @lines;
unlike($text, qr/@{[ ELSE ]}/, 'nothing of another tenant');
my $token = $t->read_file('secrets/channel.token') =~ s/\s//gr;
unlike($text, qr/"token|\Q$token\E/, 'and no secret');

is(ctl('tenant', 'export', 'acme', $file), 1, 'a file is not written over');
is(ctl('tenant', 'export', 'nobody', "$dir/none"), 1, 'no such tenant');
($status, $out, $err) = $store->ctl('tenant', 'export', 'acme', '-');
is($status, 0, 'to standard output');
my @said = split /^/, $out;
is(decode_json($said[-1])->{sha256}, sha256_hex(join '', @said[0 .. $#said
    - 1]), 'the same way');
like($err, qr/exported/, 'and said on the other one');

# to a reader that stalls: it is audited, and no page is kept for it

my $told = exported();
my ($reading, $stalled) = piped(4096);
wait_for { exported() == $told + 1 };
is(exported(), $told + 1, 'audited before anybody has read a byte');
is(join(' ', glob("$dir/store/export.*")), '', 'what is aside has no name');
says('3001', "wamid.P$_", ANN, ELSE) for 1 .. 3;
wait_for { $store->folded() };
wait_for { behind() == 0 };
is(behind(), 0, 'and no snapshot is held');
my @late = <$reading>;
is($stalled->ended(), 0, 'read to its end');
is(decode_json($late[-1])->{sha256}, sha256_hex(join '',
    @late[0 .. $#late - 1]), 'it is whole');
is(scalar(grep { $_->{audit}{text} eq decode_json($late[-1])->{sha256} }
    exports()), 1, 'and is what was audited');

# one that has enough

($reading, $stalled) = piped(4096);
is(read($reading, my $some, 100), 100, 'a hundred bytes');
close $reading;
isnt($stalled->ended(), 0, 'the rest went nowhere');
is(exported(), $told + 2, 'and it is audited all the same');

# another store, where all numbers are others

stop();
rename "$dir/store", "$dir/before" or die "cannot rename: $!\n";
conf(alone => [ main => '4001' ],
    full => [ main => '3001', second => '3002' ],
    acme => [ second => '2002', main => '1001' ]);
start();
says('3001', "wamid.F$_", ANN, ELSE) for 1 .. 5;
wait_for { $store->rows('messages') == 5 };

refused('alone', $file, qr/no channel "second" here/, 'a channel that is not '
    . 'there');
refused('full', $file, qr/import\.not_empty/, 'a tenant that has people');
$t->write_file('changed', $text =~ s/hello 7/hello 8/r);
refused('acme', "$dir/changed", qr/it was changed/, 'a file that was changed');
$t->write_file('cut', join '', @lines[0 .. $#lines - 1]);
refused('acme', "$dir/cut", qr/it was cut off/, 'one that was cut off');
$t->write_file('empty', '');
refused('acme', "$dir/empty", qr/it is empty/, 'or is empty');
is($store->rows('imports'), 0, 'and nothing has begun');

($status, $out, $err) = $store->ctl('tenant', 'import', 'acme', $file);
is($status, 0, 'imported') or diag($err);
my $rows = $store->rows('messages');
is(ctl('tenant', 'import', 'acme', $file), 0, 'the same file again');
is($store->rows('messages'), $rows, 'changes nothing');
refused('acme', "$dir/changed", qr/it was changed/, 'nor does another one');
check('nothing inconsistent');

# the same, but for numbers

is(ctl('tenant', 'export', 'acme', "$dir/again.jsonl"), 0, 'exported again');
my $second = tables(lines("$dir/again.jsonl"));
my $shift = $second->{contacts}[0]{number} - $first->{contacts}[0]{number};
cmp_ok($shift, '>', 0, 'under other numbers');
my %channel = (channels($second, channels($first)));

for my $table (qw/ contacts consents conversations messages notes files /) {
    is(join("\n", differ($table, map { $_->{$table} // [] }
        $first, $second)), '',
        "the same $table");
}

my %there = map { $_->{number} => 1 } @{$second->{audit}};
is(scalar(grep { !$there{$_->{number} + $shift} } @{$first->{audit}}), 0,
    'the audit log is whole');
is(scalar(grep { $_->{row}{kind} eq 'imported' } @{$second->{audit}}), 1,
    'and says that it was imported');

# it lives on

$api = Parley::Api->new($store->key('acme', 'admin'));
my %now = people($api);
is(join(' ', sort keys %now), join(' ', sort keys %id), 'the same people');
is($api->get("/v1/conversations/$now{+ANN}")->{json}{unread_count}, $unread,
    'as much is unread');
says('1001', 'wamid.later', ANN, 'here again');
wait_for { $store->folded() && $api->get("/v1/conversations/$now{+ANN}")
    ->{json}{unread_count} == $unread + 1 };
%now = (%now, map { ("later $_->[0]" => $_->[1]) } pairs(people($api)));
is($now{'later ' . ANN}, $now{+ANN}, 'who writes is who wrote');

my ($seen, $path) = ('', "/v1/conversations/$now{+ANN}/messages?limit=50");
my ($pages, $next) = (0, '');
while ($pages++ < 10) {
    my $page = $api->get($path . $next)->{json};
    $seen .= join '', map { encode_json($_)
        =~ /"(here again|hello 1)"/ ? "<$1>" : '' } @{$page->{items}};
    last unless $page->{older};
    my ($oldest) = grep { $_->{message} } reverse @{$page->{items}};
    $next = "&before=$oldest->{message}{id}";
}
is($seen, '<here again><hello 1>', 'a thread goes through new and old');

($status, $out, $err) = $store->ctl('send', 'acme', 'main', BEN, '--text',
    'an offer', '--category', 'marketing');
like("$out$err", qr/consent|stop/i, 'STOP stands');
check('still nothing inconsistent');

stop();
($status, $out) = $store->ctl('replay', "$dir/replay");
is($status, 0, 'a replay gives the same') or diag($out);

###############################################################################

sub conf {
    my @tenants = @_;
    my $text = '';

    while (my ($name, $channels) = splice @tenants, 0, 2) {
        my @channels = @$channels;
        $text .= "    parley_tenant $name {\n";

        while (my ($channel, $number) = splice @channels, 0, 2) {
            $text .= <<"EOC";
        channel $channel whatsapp {
            phone_number_id $number;
            waba_id         9$number;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
EOC
        }

        $text .= "    }\n";
    }

    $t->write_file_expand('nginx.conf', <<"EOC");

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

$text
    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }
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
}

sub start {
    $t->run();
    wait_for { exists $store->status()->{next} };
    $sender->run();
    wait_for { $store->rows('zones') > 0 };
}

sub stop {
    $sender->stop();
    $t->stop();
}

sub ctl { ($store->ctl(@_))[0] }

sub exports {
    return grep { $_->{audit}{kind} eq 'exported' }
        $store->all('events', 'acme');
}

sub exported { return scalar(my @all = exports()) }

# an export into a pipe of so many bytes, that nobody reads yet
sub piped {
    my ($bytes) = @_;
    pipe(my $out, my $in) or die "no pipe: $!\n";
    fcntl($in, 1031, $bytes) or die "F_SETPIPE_SZ: $!\n";
    my $p = Parley::Process->start('parleyctl', {}, sub {
        close $out;
        open STDOUT, '>&', $in or die $!;
        open STDERR, '>', "$dir/export.err" or die $!;
        exec build_dir() . '/parleyctl', '--store', "$dir/store", qw/ tenant
            export acme - / or die $!;
    });
    close $in;
    return ($out, $p);
}

# how many transactions ago somebody began to look at the state, and does yet
sub behind {
    my ($room) = grep { $_->{name} eq 'state' }
        @{$store->status()->{environments}};
    return $room->{oldest_reader};
}

sub says {
    my ($number, $id, $from, $text) = @_;
    wa_post(wa_body(wa_change({ messages => [ wa_text($id, $from, $text) ] },
        $number)));
}

# conversations by the address of whom they are with
sub people {
    my ($client) = @_;
    return map { $_->{addresses}[0] => $_->{id} }
        @{$client->get('/v1/conversations')->{json}{conversations}};
}

sub lines {
    my ($name) = @_;
    open my $f, '<:raw', $name or die "$name: $!\n";
    return <$f>;
}

sub tables {
    my %tables;
    for (@_) {
        my $line = decode_json($_);
        push @{$tables{$line->{table}}}, $line if defined $line->{table};
    }
    return \%tables;
}

sub refused {
    my ($tenant, $name, $why, $what) = @_;
    my ($code, $said, $errors) = $store->ctl('tenant', 'import', $tenant,
        $name);
    like("$code $errors", qr/^1 .*$why/s, $what);
}

sub check {
    my ($what) = @_;
    my ($code, $said) = $store->ctl('check');
    is($code, 0, $what) or diag($said);
}

# channels(export): names by number; channels(export, those of another): the
# number of each of those in the export
sub channels {
    my ($export, %others) = @_;
    my %names = map { $_->{row}{id} => $_->{row}{name} }
        @{$export->{channels}};
    return %names unless %others;
    my %numbers = reverse %names;
    return map { $_ => $numbers{$others{$_}} } keys %others;
}

# Where two lists of records are not the same, but for numbers.
sub differ {
    my ($path, $one, $two, $key) = @_;
    $key //= '';

    if (ref $one eq 'ARRAY' && ref $two eq 'ARRAY') {
        return "$path: " . @$one . ' and ' . @$two if @$one != @$two;
        return map { differ("$path\[$_]", $one->[$_], $two->[$_], $key) }
            0 .. $#$one;
    }

    if (ref $one eq 'HASH' && ref $two eq 'HASH') {
        my %keys = map { $_ => 1 } keys %$one, keys %$two;
        return map { differ("$path.$_", $one->{$_}, $two->{$_}, $_) }
            sort keys %keys;
    }

    return "$path: $key there and not here"
        if !defined $one || !defined $two;
    return () if $key eq 'entry' || $key eq 'tenant';
    return $two == ($channel{$one} // -1) ? ()
        : "$path: channel $one became $two"
        if $key =~ /^(?:channels?|spoke_on)$/;
    return () if $one eq $two && !number($key);
    return () if number($key)
        && ($one == 0 ? $two == 0 : $two == $one + $shift);
    return "$path: $one became $two";
}

# Fields that hold the number of a record.
sub number {
    my ($key) = @_;
    return $key =~ /^(?:number|party|owner_number|contact|id|joined|joined_to
        |apart|merge|message|previous|far|newest|checkpoint|read_to|subject
        |into|from)$/x;
}

###############################################################################
