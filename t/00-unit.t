#!/usr/bin/perl

# Runs the unit tests in C; each program is a subtest.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;

###############################################################################

my @names = sort map { m!([^/]+)_test\.c$! } glob('unit/*_test.c');
plan tests => scalar @names;

for my $name (@names) {
    subtest $name => sub { run_unit(build_dir() . "/unit/${name}_test") };
}

###############################################################################

sub run_unit {
    my ($program) = @_;
    local $ENV{PARLEY_SRC} = '..';
    local $ENV{PARLEYCTL} = build_dir() . '/parleyctl';
    my @said = `UBSAN_OPTIONS=print_stacktrace=1 $program 2>&1`;
    my ($status, $planned, $seen, $why) = ($?, undef, 0, '');

    for (@said) {
        $planned = $1 if /^1\.\.(\d+)/;
        $why = $1 if /^# skip: (.*)/;
        next unless /^(not )?ok \d+(?: - )?(.*)/;
        skipped($2, $why) or ok(!$1, $2);
        $seen++;
    }

    is($seen, $planned // 'a plan', 'all were run');
    is($status, 0, 'exit status') or diag(@said);
}

# cmocka says "not ok" of what is skipped
sub skipped {
    my ($name, $why) = @_;
    return 0 unless $name =~ /^\s*# SKIP (.*)/;
    SKIP: { skip "$1: $why", 1 }
    return 1;
}

###############################################################################
