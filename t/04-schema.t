#!/usr/bin/perl

# The page of lmdb-schema against the tables that the store opens, and the
# rules that its .proto files keep.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;

###############################################################################

my $ctl = $ENV{PARLEYCTL} // build_dir() . '/parleyctl';
my $schema = '../lmdb-schema';

# every table: environment, name, key, value, note

my @said = split /\n/, `$ctl --json schema`;
is($?, 0, 'parleyctl schema');
my $versions = decode_json(shift @said);
my @tables = map { decode_json($_) } @said;
my $page = slurp("$schema/README.md");

is_deeply([ page_tables('journal') ], [ env_tables('journal') ],
    'tables of the journal');
is_deeply([ page_tables('state') ], [ env_tables('state') ],
    'tables of the state');

my $text = `$ctl schema`;
like($text, qr/^parleyctl \S+, schema $versions->{schema}, engine \d+$/m,
    'versions in the text as well');
is(scalar(() = $text =~ /^    key /mg), scalar @tables, 'as are all tables');

# pieces of keys are the values of enums

my %enums = map { enums(slurp($_)) } glob("$schema/*.proto");
is(page_piece('address kind u8'), enum_words('AddressKind'),
    'kinds of addresses');
is(page_piece('party kind u8'), enum_words('PartyKind'), 'kinds of parties');
is(page_piece('lane u8'), enum_words('Lane'), 'lanes');
is(page_piece('hold kind u8'), enum_words('HoldKind'), 'kinds of holds');
is(page_piece('hold cause u8'), enum_words('HoldCause'), 'and their causes');
is(stages(), enum_words('WireStage'), 'stages of an attempt');

# the rules

for my $file (sort glob("$schema/*.proto")) {
    my ($name) = $file =~ m!([^/]+)$!;
    my $proto = slurp($file);
    my %enum = enums($proto);
    my %message = messages($proto);

    is(join(' ', map { twice($_, $message{$_}) } sort keys %message), '',
        "$name: no number is used twice");
    is(join(' ', map { unprefixed($_, $enum{$_}) } sort keys %enum), '',
        "$name: values carry their enum's name");
}

for my $name (qw/ content record journal /) {
    my %message = messages(slurp("$schema/$name.proto"));
    my @odd = grep { !/_(?:ms|s)$/ }
        map { $_->{type} eq 'int64' ? $_->{name} : () }
        map { @$_ } values %message;
    is("@odd", '', "$name.proto: times say their unit");
}

# files that the page names are there, and the other way round

my @there = sort map { m!([^/]+)$! } glob("$schema/*.proto");
my %named = map { $_ => 1 } $page =~ /^\| `(\w+\.proto)` \|/mg;
my @own = grep { $named{$_} } @there;
is(join(' ', @own), join(' ', sort keys %named), 'files of the page');
is(join(' ', grep { !$named{$_} && !/^(?:whatsapp|sandbox)/ } @there), '',
    'every file of the store is on the page');

done_testing();

###############################################################################

sub env_tables {
    my ($env) = @_;
    return map { [ @$_{qw/ table key value note /} ] }
        grep { $_->{environment} eq $env } @tables;
}

sub page_tables {
    my ($env) = @_;
    my ($part) = $page =~ /^## The ${env}'s tables\n(.*?)(?=^## )/ms;
    return map { my @c = split / *\| */; shift @c; $c[0] =~ s/`//g; [ @c ] }
        grep { /^\| `/ } split /\n/, $part // '';
}

sub page_piece {
    my ($piece) = @_;
    return $page =~ /^\| \Q$piece\E \| (.*?) \|$/m ? $1 : undef;
}

sub stages {
    return $page =~ /`WireStage`: (.*?) \|$/m ? "0 none, $1" : undef;
}

# "1 phone, 2 user id", as the page says it
sub enum_words {
    my ($name) = @_;
    my $prefix = prefix($name);
    return join ', ', map {
        my $word = lc substr $_->{name}, length $prefix;
        $word =~ tr/_/ /;
        "$_->{number} $word"
    } @{$enums{$name}};
}

sub prefix {
    my ($name) = @_;
    return uc(($name =~ s/(?<=[a-z0-9])(?=[A-Z])/_/gr)) . '_';
}

sub unprefixed {
    my ($name, $values) = @_;
    my $prefix = prefix($name);
    return grep { index($_, $prefix) != 0 } map { $_->{name} } @$values;
}

sub twice {
    my ($name, $fields) = @_;
    my %seen;
    return map { "$name.$_->{name}" } grep { $seen{$_->{number}}++ } @$fields;
}

sub enums {
    my ($proto) = @_;
    $proto =~ s!//.*!!g;
    my %found;

    while ($proto =~ /^\s*enum\s+(\w+)\s*\{(.*?)\}/msg) {
        my ($name, $body) = ($1, $2);
        $found{$name} = [ map { { name => $_->[0], number => $_->[1] } }
            pairs($body =~ /(\w+)\s*=\s*(\d+)/g) ];
    }

    return %found;
}

# fields of each message, those of a oneof and reserved numbers among them
sub messages {
    my ($proto) = @_;
    $proto =~ s!//.*!!g;
    $proto =~ s/oneof\s+\w+\s*\{(.*?)\}/$1/sg;
    my %found;

    while ($proto =~ /^\s*message\s+(\w+)\s*\{(.*?)^\}/msg) {
        my ($name, $body) = ($1, $2);
        my @fields;

        while ($body =~ /([\w.]+)\s+(\w+)\s*=\s*(\d+)/g) {
            push @fields, { type => $1, name => $2, number => $3 };
        }

        while ($body =~ /reserved\s+([\d, ]+);/g) {
            push @fields, map { { type => '', name => "reserved $_",
                number => $_ } } split /\s*,\s*/, $1;
        }

        $found{$name} = \@fields;
    }

    return %found;
}

sub pairs {
    my @list = @_;
    my @pairs;
    push @pairs, [ splice @list, 0, 2 ] while @list;
    return @pairs;
}

###############################################################################
