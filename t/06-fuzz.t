#!/usr/bin/perl

# Each fuzz target for a few seconds on its seeds: no crash, no leak, no
# hang, no memory without end. Longer by hand: make -f Makefile.ext fuzz.

###############################################################################

use warnings;
use strict;

use File::Temp qw/ tempdir /;
use Test::More;

BEGIN { use FindBin; chdir("$FindBin::Bin/.."); }

###############################################################################

use constant SECONDS => 3;

my $probe = tempdir(CLEANUP => 1);
system("echo 'int LLVMFuzzerTestOneInput(const char *d, long n)"
    . " { return d && n < 0; }' | clang -x c -fsanitize=fuzzer"
    . " -o $probe/probe - > /dev/null 2>&1");
plan skip_all => 'no clang with libFuzzer' if $?;

my @targets = sort map { m!fuzz_(\w+)\.c$! } glob('t/fuzz/fuzz_*.c');
plan tests => 4 + @targets;

is("@targets", 'answer api flow forbid form json mail said send sift stop '
    . 'twilio whatsapp wording zone', 'targets');

###############################################################################

# what runs them must say when they find something

mkdir "$probe/fuzz" or die "cannot make $probe/fuzz: $!\n";
fake('good', 'echo "stat::peak_rss_mb: 1"');
fake('bad', 'echo "ERROR: libFuzzer: deadly signal"; exit 77');
is(system("auto/fuzz.sh $probe 1 good > /dev/null"), 0, 'a target passes');
my $said = `auto/fuzz.sh $probe 1 bad good`;
isnt($?, 0, 'a finding fails the run');
like($said, qr/fuzz bad: found.*deadly signal.*fuzz good/s,
    'and is told, before the next is run');

for my $name (@targets) {
    my $out = `make --no-print-directory -s -f Makefile.ext fuzz \\
        FUZZ=$name FUZZ_SECONDS=${\ SECONDS } 2>&1`;
    is($?, 0, $name) or diag($out);
}

###############################################################################

sub fake {
    my ($name, $script) = @_;
    open my $fh, '>', "$probe/fuzz/$name" or die "cannot write $name: $!\n";
    print $fh "#!/bin/sh\n$script\n";
    close $fh;
    chmod 0755, "$probe/fuzz/$name";
}

###############################################################################
