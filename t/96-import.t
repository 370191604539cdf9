#!/usr/bin/perl

# Tests for an import that does not go well: it stops half way while people
# write, it is given up and begun anew, its file says what no store wrote.
# Nobody is answered twice or written to against their will, nothing that came
# is lost, and other tenants notice nothing.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ sha256_hex /;
use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant {
    ANN => '34612000001', BEN => '34612000002', CAT => '34612000003',
    DAN => '34612000004',
    EVE => '34612000005', MANY => 300
};

###############################################################################

my $t = Parley::Nginx->new()->plan(58);
my $dir = $t->testdir();
my %number = (acme => 1001, half => 1002, loop => 1003, other => 1004,
    wrong => 1005, last => 1006, bad => 1007);
my $alive = 0;
my $tenants = join '', map { <<"EOC" } sort keys %number;
    parley_tenant $_ {
        consent marketing optional;
        channel main whatsapp {
            phone_number_id $number{$_};
            waba_id         9$number{$_};
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
            rate            1000;
        }
        flow greeting flows/greeting.json;
    }
EOC

$t->write_file_expand('nginx.conf', <<"EOF");

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

$tenants
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

EOF

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
my $sender = Parley::Sender->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
$sender->run();
wait_for { $store->rows('zones') > 0 };
my %api = map { $_ => Parley::Api->new($store->key($_, 'admin')) }
    sort keys %number;

###############################################################################

# what is exported: one is answered, one says STOP

my @heard = map { wa_text("wamid.A$_", ANN, "hello $_") } 1 .. 3;
hears('acme', @heard);
says('acme', 'wamid.B1', BEN, 'STOP');
wait_for { settled() && sent_to(ANN) == 3 };
my $file = "$dir/acme.jsonl";
is((ctl('tenant', 'export', 'acme', $file))[0], 0, 'exported');
my @lines = lines($file);

# half of it comes, and ends at a record that is none

my $half = written('half', sub {
    my ($rows) = @_;
    my ($m) = grep { $_->{table} eq 'messages' } @$rows;
    my ($at) = grep { $rows->[$_]{table} eq 'contacts' } 0 .. $#$rows;
    splice @$rows, $at, 0, fillers(),
        { %$m, row => { %{$m->{row}}, previous => $m->{number} } };
});
my ($status, $out, $err) = ctl('tenant', 'import', 'half', $half);
like("$status $err", qr/^1 .*request\.refused/, 'an import stops half way');
is($store->rows('imports'), 1, 'and goes on for all that');

# nobody is met meanwhile, and nothing that comes is lost

my $before = $store->rows('contacts');
is(says('half', 'wamid.H1', BEN, 'hello'), 200, 'somebody writes');
is(says('half', 'wamid.H2', CAT, 'good day'), 200, 'and somebody new');
is(says('half', 'wamid.H2', CAT, 'good day'), 200, 'twice');
wait_for { $store->folded() };
is($store->rows('contacts'), $before, 'nobody is new');
is(quarantined('half'), 3, 'all wait in quarantine');
my ($row) = $store->json('quarantine');
like($row->{reason}, qr/^import\.open/, 'and it says why');
my $answer = $api{half}->post('/v1/messages', { to => { phone => BEN },
    channel => 'main', text => 'news' });
is("$answer->{status} $answer->{json}{rule}", '409 import.open',
    'nobody is written to') or diag(explain($answer->{json}));
($status, $out, $err) = ctl('contact', 'set', 'half', BEN, '--name', 'Ben');
like("$status $err", qr/^1 .*import\.open/, 'or written down');
$answer = $api{half}->post('/v1/privacy/delete', { phone => ANN });
is("$answer->{status} $answer->{json}{rule}", '422 erase.importing',
    'or said to be forgotten') or diag(explain($answer->{json}));
alive('and others go on');
($status, $out) = ctl('check');
is($status, 0, 'it is not called damage') or diag($out);
like($out, qr/an import of "half" goes on: [1-9]\d* of its rows/,
    'but said');

# given up, nothing of it is left

($status, $out, $err) = ctl('tenant', 'abandon', 'half');
like("$status $out$err", qr/^0 half: given up after \d+ records/, 'given up');
like((ctl('check'))[1], qr/"half" is closed until/, 'what came still waits');
is($store->rows('imports'), 0, 'it is over');
is(scalar(() = $store->messages(undef, 'half')), 0, 'no message stays');
($status, $out) = ctl('check');
is("$status " . ($out =~ /(\d+) inconsistencies/)[0], '0 0',
    'and nothing dangles') or diag($out);
$answer = $api{half}->get('/v1/search?q=hello');
unlike(encode_json($answer->{json}), qr/hello/, 'or is found');

# begun anew it is whole, and who wrote meanwhile is who they were

($status, $out, $err) = ctl('tenant', 'import', 'half', $file);
is($status, 0, 'begun anew') or diag($err);
like($out, qr/3 that came meanwhile read/, 'with what had come');
wait_for { settled() && sent_to(CAT) == 1 };
is(quarantined('half'), 0, 'nothing waits');
is(scalar(grep { ($_->{provider_id} // '') eq 'wamid.H2' }
    $store->messages('in', 'half')), 1, 'what came twice is there once');
is(sent_to(CAT), 1, 'and answered once');
is(sent_to(ANN), 3, 'nobody is answered anew');
($status, $out, $err) = ctl('send', 'half', 'main', BEN, '--text',
    'an offer', '--category', 'marketing');
like("$out$err", qr/consent\.(?:revoked|stopped)|stop/i, 'STOP stands');

# what was heard before the move is delivered once more

hears('half', @heard);
wait_for { settled() };
is(scalar(grep { ($_->{provider_id} // '') eq 'wamid.A1' }
    $store->messages('in', 'half')), 1, 'it is there once');
is(sent_to(ANN), 3, 'and was answered once');
($status, $out) = ctl('check');
is($status, 0, 'all fits') or diag($out);

# one that ends behind its conversations; and the STOP that waits is in force
# before anything else is

my $behind = written('behind', sub {
    my ($rows) = @_;
    my ($c) = grep { $_->{table} eq 'contacts' } @$rows;
    push @$rows, fillers(), { %$c };
});
($status, $out, $err) = ctl('tenant', 'import', 'other', $behind);
like("$status $err", qr/^1 .*request\.refused/, 'one that stops at its end');
is(says('other', 'wamid.O1', DAN, 'STOP'), 200, 'somebody says STOP');
is((ctl('tenant', 'abandon', 'other'))[0], 0, 'given up');
($status, $out) = ctl('tenant', 'import', 'other', $file);
like("$status $out", qr/^0 .*1 that came meanwhile read/s, 'and begun anew');
($status, $out, $err) = ctl('send', 'other', 'main', DAN, '--text',
    'an offer', '--category', 'marketing');
like("$out$err", qr/consent\.(?:revoked|stopped)|stop/i, 'it stands');

# nobody in it: there is an end to that too

($status, $out, $err) = ctl('tenant', 'import', 'wrong', written('nobody',
    sub { @{$_[0]} = grep { $_->{table} =~ /^(?:tenants|channels)$/ }
        @{$_[0]} }));
like("$status $out", qr/^0 .*imported: 0 records/, 'a tenant of nobody');
is(says('wrong', 'wamid.W1', DAN, 'hello'), 200, 'is open');
wait_for { settled() && sent_to(DAN) >= 1 };

# an import that is given up, with somebody who waits, and none that follows

($status, $out, $err) = ctl('tenant', 'import', 'last', $half);
like("$status $err", qr/^1 .*request\.refused/, 'half of one');
is(says('last', 'wamid.X1', EVE, 'hello'), 200, 'somebody writes');
is((ctl('tenant', 'abandon', 'last'))[0], 0, 'given up');
like((ctl('contact', 'set', 'last', EVE, '--name', 'Eve'))[2],
    qr/import\.open.*tenant abandon/, 'it is closed, and says the way out');
($status, $out, $err) = ctl('tenant', 'abandon', 'last');
like("$status $out", qr/^0 last: 1 that came meanwhile read/, 'which it is');
ok(wait_for { sent_to(EVE) == 1 }, 'who waited is answered');
is((ctl('contact', 'set', 'last', EVE, '--name', 'Eve'))[0], 0, 'and known');

# a file that says what no store wrote

($status, $out, $err) = ctl('tenant', 'import', 'loop', written('self',
    sub { joined($_[0], 0) }));
like("$status $err", qr/^1 .*request\.refused/, 'somebody who is joined to '
    . 'themselves');
abandoned('loop');
($status, $out, $err) = ctl('tenant', 'import', 'loop', written('circle',
    sub { joined($_[0], 1) }));
is($status, 0, 'two who are joined to each other') or diag($err);
says('loop', 'wamid.L1', ANN, 'hello');
wait_for { settled() };
alive('the fold goes on');
is((ctl('check'))[0], 1, 'and check finds them');

for my $case (
    [ 'tags', sub { $_[0]{tags} = [ map { "t$_" } 1 .. 3000 ] } ],
    [ 'newest', sub { $_[0]{newest} = [ (5) x 5000 ] } ],
    [ 'unread', sub { $_[0]{unread} = 4294967295 } ],
) {
    my ($what, $do) = @$case;
    ($status, $out, $err) = ctl('tenant', 'import', 'bad', written($what,
        sub { $do->($_->{row}) for grep { $_->{table} eq 'conversations' }
            @{$_[0]} }));
    like("$status $err", qr/^1 .*request\.refused/, "too much of $what");
    abandoned('bad');
}

# a line without an end is not read into memory

($status, $out, $err) = ctl('tenant', 'import', 'bad', '/dev/zero');
like("$status $err", qr/^1 .*a line of more than/, 'a file without an end');

# and the same state from the same journal

$sender->stop();
$t->stop();
($status, $out) = ctl('replay', "$dir/replay");
is($status, 0, 'a replay gives the same') or diag($out);

###############################################################################

sub ctl { $store->ctl(@_) }

sub says {
    my ($tenant, $id, $from, $text) = @_;
    return hears($tenant, wa_text($id, $from, $text));
}

sub hears {
    my ($tenant, @items) = @_;
    return http_status(wa_post(wa_body(wa_change({ messages => \@items },
        $number{$tenant}))));
}

sub settled {
    return $store->folded() && $store->rows('outbox') == 0
        && $store->rows('attempts') == 0;
}

sub sent_to {
    my ($to) = @_;
    return scalar grep { ($_->{to} // '') =~ /\Q$to\E\z/ }
        $provider->accepted();
}

sub quarantined {
    my ($tenant) = @_;
    return scalar grep { ($_->{account} // '') eq $number{$tenant} }
        $store->json('quarantine');
}

# an import that was refused may have begun
sub abandoned {
    my ($tenant) = @_;
    my ($code, $said, $why) = ctl('tenant', 'abandon', $tenant);
    like("$code $said$why", qr/^0 .*given up|^1 .*no import/, 'given up');
}

sub alive {
    my ($what) = @_;
    my $who = '34699' . (100000 + ++$alive);
    says('acme', "wamid.alive$alive", $who, 'hello');
    ok(wait_for { sent_to($who) == 1 }, $what);
}

sub lines {
    my ($name) = @_;
    open my $f, '<:raw', $name or die "$name: $!\n";
    return <$f>;
}

sub fillers {
    return map { { table => 'counters', row => { metric => 'filler',
        day => 1, label => "l$_", count => 1 } } } 1 .. MANY;
}

# one of the people to another, and back; or to themselves
sub joined {
    my ($rows, $circle) = @_;
    my @people = grep { $_->{table} eq 'contacts' } @$rows;
    my ($one, $two) = @people[0, $circle];
    $one->{row}{joined_to} = $two->{row}{id};
    $two->{row}{joined_to} = $one->{row}{id};
}

# written(name, what is done to the rows): the export, and counts and digest
# that fit it
sub written {
    my ($name, $do) = @_;
    my ($head, @rows) = map { decode_json($_) } @lines;
    my $end = pop @rows;
    my %n;

    $do->(\@rows);
    $n{$_->{table}}++ for @rows;
    $_->{rows} = $n{$_->{table}} // 0 for @{$end->{counts}};
    my $text = ordered($head, qw/ format tenant number folded time_ms schema
        engine span /) . "\n";

    for my $row (@rows) {
        my $front = ordered($row, 'table',
            sort grep { !/^(?:table|row)$/ } keys %$row);
        $text .= substr($front, 0, -1) . ',"row":'
            . JSON::PP->new->canonical->encode($row->{row}) . "}\n";
    }

    @$end{qw/ sha256 lines /} = (sha256_hex($text), @rows + 1);
    $t->write_file("$name.jsonl", $text
        . ordered($end, qw/ counts left_out waited lines sha256 /) . "\n");
    return "$dir/$name.jsonl";
}

sub ordered {
    my ($row, @keys) = @_;
    my $js = JSON::PP->new->canonical->allow_nonref;
    return '{' . join(',', map { "\"$_\":" . $js->encode($row->{$_}) }
        grep { exists $row->{$_} } @keys) . '}';
}

###############################################################################
