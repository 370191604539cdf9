#!/usr/bin/perl

# docs/openapi.yaml: what parleyctl prints, and sound OpenAPI 3.1.

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

my $yaml = slurp('../docs/openapi.yaml');
my $doc = decode_json(scalar `$ctl --json openapi`);
is($?, 0, 'parleyctl openapi');
ok($yaml eq `$ctl openapi`, 'docs/openapi.yaml is what it prints')
    or diag('build/parleyctl openapi > docs/openapi.yaml');
is_deeply(yaml(split /\n/, $yaml), $doc,
    'which as YAML says the same as its JSON');

is($doc->{openapi}, '3.1.0', 'version');
ok($doc->{info}{title} && $doc->{info}{version}, 'info');

my (%id, %tag, @faults);
my %tags = map { $_->{name} => 1 } @{$doc->{tags}};

for my $path (sort keys %{$doc->{paths}}) {
    push @faults, "$path: does not begin with /v1/" if $path !~ m!^/v1/!;

    for my $method (sort keys %{$doc->{paths}{$path}}) {
        operation($path, $method, $doc->{paths}{$path}{$method});
    }
}

refs($doc, '#');
schema($doc->{components}{schemas}{$_}, $_)
    for sort keys %{$doc->{components}{schemas}};

is(join("\n", @faults), '', 'nothing is wrong with it');
is(join(' ', grep { !$tag{$_} } sort keys %tags), '', 'each tag is used');

done_testing();

###############################################################################

sub operation {
    my ($path, $method, $op) = @_;
    my $name = $op->{operationId} // "$method $path";

    push @faults, "$name: no method" if $method !~
        /^(?:get|post|put|patch|delete)$/;
    push @faults, "$name: no name, or one that is taken"
        if $name !~ /^[a-z][A-Za-z]+$/ || $id{$name}++;
    push @faults, "$name: no such tag"
        if grep { !$tags{$_} } @{$op->{tags}};
    $tag{$_} = 1 for @{$op->{tags}};
    push @faults, "$name: no summary" if !$op->{summary};
    push @faults, "$name: a summary is no sentence"
        if ($op->{summary} // '') =~ /\.$/;
    push @faults, "$name: no permission"
        if $op->{'x-permission'} !~ /^(?:any|[a-z]+:[a-z]+)$/;

    my @in = map { $_->{'$ref'} ? at($_->{'$ref'}) : $_ }
        @{$op->{parameters}};
    my @path = map { $_->{name} } grep { $_->{in} eq 'path' } @in;
    push @faults, "$name: parameters of its path"
        if "@path" ne join ' ', $path =~ /\{(\w+)\}/g;
    my %seen;
    push @faults, map { "$name: $_ twice" }
        grep { $seen{$_}++ } map { "$_->{in} $_->{name}" } @in;
    push @faults, "$name: a body" if $method eq 'get' && $op->{requestBody};

    push @faults, "$name: no success"
        if 1 != grep { /^(?:101|2..)$/ && !$op->{responses}{$_}{'$ref'} }
            keys %{$op->{responses}};
    push @faults, "$name: no problem" if !$op->{responses}{default};
}

# What a reference leads to; undef: nothing.
sub at {
    my ($ref) = @_;
    my $to = $doc;
    my @way = split m!/!, $ref;
    return undef if shift @way ne '#';
    $to = ref $to eq 'HASH' ? $to->{$_} : undef for @way;
    return $to;
}

sub refs {
    my ($in, $where) = @_;

    if (ref $in eq 'ARRAY') {
        refs($in->[$_], "$where/$_") for 0 .. $#$in;

    } elsif (ref $in eq 'HASH') {
        push @faults, "$where: $in->{'$ref'} leads nowhere"
            if defined $in->{'$ref'} && !ref $in->{'$ref'}
            && !at($in->{'$ref'});
        refs($in->{$_}, "$where/$_") for sort keys %$in;
    }
}

# The words of JSON Schema that are used, and that they fit.
sub schema {
    my ($s, $name) = @_;
    my %known = map { $_ => 1 } qw/ $ref description type enum properties
        required additionalProperties propertyNames minProperties
        maxProperties items minItems maxItems minLength maxLength minimum
        maximum contentEncoding /;

    push @faults, map { "$name: what is $_?" } grep { !$known{$_} } keys %$s;
    push @faults, "$name: no type" if !$s->{type} && !$s->{'$ref'}
        && !$s->{enum};
    push @faults, map { "$name: $_ is required and not there" }
        grep { !$s->{properties}{$_} } @{$s->{required} // []};
    schema($s->{properties}{$_}, "$name.$_")
        for sort keys %{$s->{properties} // {}};
    schema($s->{items}, "$name\[]") if $s->{items};
    schema($s->{additionalProperties}, "$name.*")
        if ref $s->{additionalProperties} eq 'HASH';
}

# As much of YAML as it is written in: blocks of two blanks, scalars of JSON.
sub yaml {
    my @rows = map { /^( *)(.*)$/ ? [ length $1, $2 ] : () } @_;
    my $value = block(\@rows, 0);
    die "what is $rows[0][1]\n" if @rows;
    return $value;
}

sub block {
    my ($rows, $indent) = @_;
    my $value;

    while (@$rows && $rows->[0][0] == $indent) {
        if ($rows->[0][1] =~ s/^- //) {
            $rows->[0][0] = $indent + 2;
            push @$value, $rows->[0][1] =~ /^(?:"[^"]*"|[^" ]+):(?: |$)/
                ? block($rows, $indent + 2)
                : scalar_of((shift @$rows)->[1]);
            next;
        }

        my ($key, $rest) = (shift @$rows)->[1]
            =~ /^("[^"]*"|[^" ]+):(?: (.*))?$/ or die;
        $key =~ s/"//g;
        $value->{$key} = defined $rest ? scalar_of($rest)
            : block($rows, $indent + 2);
    }

    return $value;
}

sub scalar_of { JSON::PP->new->utf8->allow_nonref->decode($_[0]) }
