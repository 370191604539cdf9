#!/usr/bin/perl

# parleyctl without a store: command line, help, pages, tools. What it shows
# of a store is tested in t/unit/ctl_*_test.c and beside nginx.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256_hex /;
use File::Temp qw/ tempdir /;
use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;

###############################################################################

my $ctl = $ENV{PARLEYCTL} // build_dir() . '/parleyctl';
my $dir = tempdir('parley-test-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
delete $ENV{PARLEY_STORE};

# the command line

my ($status, $out, $err) = ctl();
is($status, 2, 'no command');
is($out, '', 'says nothing on stdout');
like($err, qr/^parleyctl: no command$/m, 'and why on stderr');

is((ctl(qw/ bogus /))[0], 2, 'unknown command');
is((ctl(qw/ status extra /))[0], 2, 'too many arguments');
is((ctl(qw/ messages /))[0], 2, 'too few arguments');
is((ctl(qw/ status --bogus /))[0], 2, 'unknown option');
is((ctl(qw/ status --raw /))[0], 2, 'an option of another command');
is((ctl(qw/ outbox --limit x /))[0], 2, 'no number');
is((ctl(qw/ status --store /))[0], 2, 'no value');
is((ctl(qw/ dead bogus /))[0], 2, 'unknown second word');
($status, $out, $err) = ctl(qw/ key bogus /);
is($status, 2, 'unknown second word of those that need one');
like($err, qr/unknown command "key bogus"\n.*parleyctl key --help says/,
    'and what there is');
($status, $out, $err) = ctl('tenant');
is($status, 2, 'no second word');
like($err, qr/"tenant" is followed by another word\n.* tenant --help says/,
    'and what there is');
is((ctl(qw/ sign bogus a b /))[0], 2, 'a provider that signs nothing');
is((ctl(qw/ decode bogus a /))[0], 2, 'unknown provider');
is((ctl(qw/ replay --compare-only a /))[0], 2, 'one store to compare');

# help

($status, $out, $err) = ctl('--help');
is("$status $err", '0 ', 'help');
my @commands = $out =~ /^  ([a-z].*?)(?:  |$)/mg;
is_deeply([ grep { length > 78 } split /\n/, $out ], [], 'fits a terminal');
is((ctl('-h'))[1], $out, 'short as well');

for my $command (@commands) {
    my ($word) = $command =~ /^([\w-]+)/;
    my ($status, $out) = ctl($word, '--help');
    like($out, qr/^usage: parleyctl \[OPTIONS\] \Q$command\E$/m,
        "help of $command");
    is($status, 0, 'exit status');
}

like((ctl('--version'))[1], qr/^parleyctl \d\S+, schema \d+, engine \d+$/,
    'version');
is(decode_json((ctl('--json', '-V'))[1])->{schema}, 3, 'version for programs');

# the pages

my $page = slurp('../docs/parleyctl.md');
is_deeply([ $page =~ /^### `(.*)`$/mg ], \@commands, 'a section for each');
is((ctl('manual'))[1], slurp('../docs/parleyctl.1'), 'man page');

my %options;
for my $command (@commands) {
    my ($word) = $command =~ /^([\w-]+)/;
    my $help = (ctl($word, "--help"))[1];
    $options{$_}++ for $help =~ /^  (--[\w-]+(?: [A-Z]+)?)/mg;
}

my @documented = $page =~ /^\| `(--.*?)`(?:, `-\w`)? \|/mg;
is(join(' ', sort @documented), join(' ', sort keys %options),
    'every option');

# sign

spill("$dir/secret", " s3cret\r\n");
spill("$dir/body", qq({"object":"x","note":"\xc3\xa4"}\n));
my $digest = 'sha256=' . hmac_sha256_hex(slurp("$dir/body"), 's3cret');
is((ctl('sign', 'whatsapp', "$dir/secret", "$dir/body"))[1], "$digest\n",
    'signature');
is(decode_json((ctl('--json', 'sign', 'whatsapp', "$dir/secret",
    "$dir/body"))[1])->{signature}, $digest, 'for programs');
spill("$dir/empty", "\n");
($status, $out, $err) = ctl('sign', 'whatsapp', "$dir/empty", "$dir/body");
is($status, 1, 'no secret');
like($err, qr!\Q$dir/empty\E!, 'and where');
is((ctl('sign', 'whatsapp', "$dir/none", "$dir/body"))[0], 1, 'no file');
is(piped(slurp("$dir/body"), "sign whatsapp $dir/secret -"), "$digest\n",
    'body from stdin');

# decode

my ($fixture) = sort glob('fixtures/whatsapp/*.json');
my $expect = slurp($fixture =~ s/\.json$/.expect/r);
is((ctl('decode', 'whatsapp', $fixture))[1], $expect, 'decode');
is(piped(slurp($fixture), 'decode whatsapp -'), $expect, 'from stdin');
spill("$dir/bad", "{\"object\":\n  nonsense}");
($status, $out, $err) = ctl('decode', 'whatsapp', "$dir/bad");
is("$status $out", '1 ', 'what is no JSON');
like($err, qr!^\Q$dir/bad\E:2:\d+: !, 'with its place');

# flow check

is((ctl('flow', 'check', '../conf/flows/greeting.json'))[0], 0, 'flow');
spill("$dir/flow", qq({"flow":"x",\n"default":"a","steps":{"a":{"say":\n)
    . '{"text":"Hi {{name"}}}}');
($status, $out, $err) = ctl('flow', 'check', "$dir/flow");
is($status, 1, 'a mistake in a flow');
like($err, qr!^\Q$dir/flow\E:3:\d+: steps\.a\.say\.text: !, 'with its place');

# keygen

my ($one, $two) = map { (ctl('keygen'))[1] } 1, 2;
like($one, qr/^[0-9a-f]{64}\n\z/, 'key');
isnt($one, $two, 'another each time');
is((ctl('keygen', "$dir/key"))[0], 0, 'into a file');
like(slurp("$dir/key"), qr/^[0-9a-f]{64}\n?\z/, 'is a key');
is((stat "$dir/key")[2] & 07777, 0600, 'for its owner alone');
my $before = slurp("$dir/key");
is((ctl('keygen', "$dir/key"))[0], 1, 'never over another');
is(slurp("$dir/key"), $before, 'which stays');

# no store

for my $how ([ '--store', "$dir/none" ], []) {
    local $ENV{PARLEY_STORE} = "$dir/none";
    ($status, $out, $err) = ctl(@$how, 'status');
    is("$status $out", '1 ', 'no store');
    like($err, qr!^parleyctl: .*\Q$dir/none\E!, 'and where');
    ok(!-e "$dir/none", 'none is made');
}

# what cannot be written is a failure

SKIP: {
    skip 'no /dev/full', 1 unless -w '/dev/full';
    is(system("$ctl schema >/dev/full 2>/dev/null") >> 8, 1, 'a full disk');
}

done_testing();

###############################################################################

sub ctl {
    my @args = @_;
    my $pid = fork() // die "fork: $!\n";

    if ($pid == 0) {
        open STDOUT, '>', "$dir/out" or die $!;
        open STDERR, '>', "$dir/err" or die $!;
        exec { $ctl } $ctl, @args or exit 127;
    }

    waitpid($pid, 0);
    return ($? & 127 ? "signal $?" : $? >> 8, slurp("$dir/out"),
        slurp("$dir/err"));
}

sub piped {
    my ($in, $args) = @_;
    spill("$dir/in", $in);
    return `$ctl $args < $dir/in`;
}

sub spill {
    my ($path, $text) = @_;
    open my $f, '>:raw', $path or die "$path: $!\n";
    print $f $text;
    close $f or die "$path: $!\n";
}

###############################################################################
