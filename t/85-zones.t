#!/usr/bin/perl

# Tests for time zones with a real sender: the system's tz database enters
# the store once, not again after a restart, and again when the folder has
# another version; what is gone from it stays.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new()->plan(26);
my $dir = $t->testdir();
my $store = Parley::Store->new($dir);
my $zones = "$dir/zoneinfo";

mkdir $_ or die "cannot make $_: $!\n" for $zones, "$zones/Europe",
    "$zones/right";
$t->write_file('zoneinfo/Europe/Berlin', tzif('CET-1CEST,M3.5.0,M10.5.0/3'));
$t->write_file('zoneinfo/Europe/Kyiv', tzif('EET-2EEST,M3.5.0/3,M10.5.0/4'));
$t->write_file('zoneinfo/right/UTC', tzif('UTC0'));
$t->write_file('zoneinfo/zone.tab', "# no zone\n");
$t->write_file('zoneinfo/tzdata.zi', "# version 2026a\n");
symlink 'Kyiv', "$zones/Europe/Kiev" or die "cannot link: $!\n";

my $sender = Parley::Sender->new($dir, '--zoneinfo', $zones,
    '--log-level', 'debug');

###############################################################################

# at the start

$sender->run();
ok(wait_for { published() == 1 }, 'the database is published');
is(said(), 1, 'and the log says so');
like($sender->log(), qr/is published version=2026a zones=3$/m,
    'with its version');
is(rows(), 4, 'three names, and what they came with');

is($sender->stop('TERM') >> 8, 0, 'the sender ends');
$sender->run();
ok(known(1), 'another one looks again');
is(published(), 1, 'and has nothing to publish');

$sender->kill9();
$sender->run();
ok(known(2), 'so does one after a crash');
is(published(), 1, 'who has nothing either');

# another version

is($sender->stop('TERM') >> 8, 0, 'the sender ends again');
$t->write_file('zoneinfo/Europe/Berlin', tzif('CET-1'));
$t->write_file('zoneinfo/Europe/Paris', tzif('CET-1'));
unlink "$zones/Europe/Kiev" or die "cannot unlink: $!\n";
$t->write_file('zoneinfo/+VERSION', "2026b\n");

$sender->run();
ok(wait_for { published() == 2 }, 'another version is published');
like($sender->log(), qr/is published version=2026b zones=3$/m, 'as such');
ok(wait_for { rows() == 5 }, 'what it has no more stays');
is(published(), 2, 'once');

# journal and state

my ($entry) = grep { ($_->{name} // '') eq 'zones_publish' }
    $store->all('journal');
is($entry->{location}, 'parley-sender', 'the sender has said it');
is($entry->{command}{zones_publish}{version}, '2026a', 'of that version');
is_deeply([ sort map { @{$_->{names}} }
    @{$entry->{command}{zones_publish}{zones}} ],
    [ qw! Europe/Berlin Europe/Kiev Europe/Kyiv ! ], 'with all names');
is($sender->stop('TERM') >> 8, 0, 'the sender ends for good');

my ($status, $out) = $store->ctl('status');
like($out, qr/^zones +4 of tz database 2026b$/m, 'its status names them');
($status, $out) = $store->ctl('check');
like($out, qr/ 0 inconsistencies$/m, 'the store is sound');
($status, $out) = $store->ctl('replay', "$dir/again");
is($status, 0, 'its journal is folded anew');
like($out, qr/the same$/m, 'to the same zones');

# without one

my $bare = Parley::Sender->new($dir, '--zoneinfo', "$dir/nothing");
$bare->run();
ok(wait_for { $bare->log() =~ /the tz database cannot be read/ },
    'a folder that is missing is told');
ok($bare->healthy(), 'and is no trouble');
is(published(), 2, 'nothing is published');
is(rows(), 5, 'what was known is known');
$bare->stop('TERM');

###############################################################################

sub published {
    return scalar grep { ($_->{name} // '') eq 'zones_publish' }
        $store->all('journal');
}

sub said { scalar(() = $sender->log() =~ /the tz database is published/g) }

# rows of the table `zones`
sub rows {
    my ($row) = $store->json('check');
    my ($zones) = grep { $_->{name} eq 'zones' } @{$row->{tables}};
    return $zones ? $zones->{rows} : 0;
}

# it has looked, n times since its log began, and found what it knew
sub known {
    my ($n) = @_;
    return wait_for {
        (() = $sender->log() =~ /the tz database is known/g) == $n };
}

# a file of version 2 that is nothing but its footer
sub tzif {
    my ($rule) = @_;
    my $head = 'TZif2' . "\0" x 15;
    return $head . "\0" x 24 . $head . pack('N6', 0, 0, 0, 0, 1, 4)
        . pack('NCC', 0, 0, 0) . "UTC\0\n$rule\n";
}

###############################################################################
