#!/usr/bin/perl

# Tests for the lead qualification in virtual time: each script of
# flows/lead/ is played by parleyctl simulate, and flows/lead.matrix, which
# names the scripts of every way from step to step, is true and whole.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;

###############################################################################

my $ctl = $ENV{PARLEYCTL} // build_dir() . '/parleyctl';
my $flow = '../conf/flows/lead-qualification.json';
my $templates = '../conf/templates/lead-de.json';
my @scripts = sort glob('flows/lead/*.script');

like(`$ctl flow check --templates $templates $flow`, qr/is sound/,
    'the flow is sound, and so are its templates');
is($? >> 8, 0, 'without a mistake');

# each script holds, and goes some ways

my (%taken, @ways);
for my $file (@scripts) {
    my ($name) = $file =~ m!([^/]+)\.script$!;
    my @said = `$ctl simulate --settings flows/lead.settings \\
        --templates $templates --cover $flow $file 2>&1`;
    my $status = $? >> 8;

    is($status, 0, $name) or diag(grep { !/^\d+\t/ } @said);
    @ways = ();
    for (@said) {
        my ($n, undef, $from, $edge, $to) = /^(\d+)((?:\t\S+)){4}$/
            ? split /\t/ : next;
        chomp $to;
        my $way = way($from, $edge, $to);
        push @ways, $way;
        $taken{$way}{$name} = 1 if $n > 0;
    }
}

# and the matrix says which

my (%matrix, @odd);
for (split /\n/, slurp('flows/lead.matrix')) {
    next if /^\s*(?:#|$)/;
    my ($way, $names) = /^(.*?)\s*: (.*)$/ or die "no row: $_\n";
    $way =~ s/\s+/ /g;
    push @odd, "$way: there twice" if $matrix{$way};
    $matrix{$way} = [ split ' ', $names ];
}

for my $way (sort keys %matrix) {
    push @odd, "$way: $_ does not go it"
        for grep { !$taken{$way}{$_} } @{$matrix{$way}};
}
is(join("\n", @odd), '', 'every script of the matrix goes its way');

my %there = map { $_ => 1 } @ways;
is(join("\n", grep { !$there{$_} } sort keys %matrix), '',
    'the matrix has no way that the flow has not');
is(join("\n", grep { !@{$matrix{$_} // []} } @ways), '',
    'every way of the flow is in the matrix, with a script');

# the page's drawing

my ($drawn) = slurp('../docs/lead-qualification.md')
    =~ /^```mermaid\n(.*?)^```$/ms;
is($drawn // '', `$ctl flow diagram $flow`, 'the drawing is the flow\'s');

# nothing is played that the flow's language would not say

is(join(' ', grep { !/^[a-z0-9-]+$/ } map { m!([^/]+)\.script$! } @scripts),
    '', 'scripts have plain names');

done_testing();

###############################################################################

sub way {
    my ($from, $edge, $to) = @_;
    return $from if $edge eq '-';
    return $to eq '-' ? "$from $edge" : "$from $edge -> $to";
}

###############################################################################
