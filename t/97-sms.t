#!/usr/bin/perl

# Tests for SMS templates: the examples, what is missing or not in them, and
# that a preview says what is recorded elsewhere (t/97-twilio.t).

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new()->plan(19);
my $dir = $t->testdir();
my $store = Parley::Store->new($dir);

my %values = (naam => 'Ana', bedrijf => 'Acme', dagen => 3,
    onderwerp => 'ramen', dag => 'morgen', tijd => '10:00',
    plaats => 'de Dam', datum => '1 mei', korting => '10%',
    product => 'verf');

my @examples = sort glob '../conf/sms/*.nl.txt';
is(scalar @examples, 4, 'four examples');

for my $file (@examples) {
    my %in = map { $_ => 1 } slurp($file) =~ /\{(\w+)\}/g;
    my ($name) = $file =~ m!([^/]+)\z!;
    my @given = map { "$_=$values{$_}" } sort keys %in;
    my ($status, $out, $err) = $store->ctl('sms', $file, @given);
    is($status, 0, $name) or diag $err;
    like($out, qr/\AHallo Ana, [^{}]+\n\z/, 'is filled in');
    like($err, qr/1 segment of GSM-7, \d+ units left/, 'and short');
}

my ($status, $out, $err) = $store->ctl('sms', $examples[0], 'naam=Ana');
is("$status $out", '1 ', 'without a value');
like($err, qr/bedrijf.*has no value/, 'nothing');
($status, $out, $err) = $store->ctl('sms', $examples[0], 'naam=Ana',
    'bedrijf=Acme', 'name=Ana');
like($err, qr/name.*is no variable/, 'nor with one too many');

# as it stands, and as smart_encoding would send it

$t->write_file('curly.txt', "\xe2\x80\x9c" . 'a' x 156 . "\xe2\x80\xa6");
($status, $out, $err) = $store->ctl('sms', "$dir/curly.txt");
is($status, 0, 'typographic characters');
like($err, qr/^.*3 segments of UCS-2, \d+ units left in the last$/m,
    'as it stands');
like($err, qr/with smart_encoding: 1 segment of GSM-7, 0 units left/,
    'and as it would be sent');

###############################################################################
