package Parley::Schema;

# Holds data against a JSON Schema: as much of draft 2020-12 as the schemas
# of parleyctl use. A word that it does not know is an error of the test.

use warnings;
use strict;

use JSON::PP;

###############################################################################

my %known = map { $_ => 1 } qw/
    $schema $defs $ref description type enum properties required
    additionalProperties propertyNames minProperties maxProperties items
    minItems maxItems minLength maxLength minimum maximum contentEncoding /;

sub new {
    my ($class, $schema) = @_;
    return bless { root => $schema }, $class;
}

# Where data breaks the schema: "steps.a.say: unknown". Empty: it does not.
sub mistakes {
    my ($self, $data) = @_;
    my @found;
    $self->_look($self->{root}, $data, '', \@found);
    return @found;
}

###############################################################################

sub _look {
    my ($self, $s, $data, $path, $found) = @_;

    $known{$_} or die "unknown word of JSON Schema: $_\n" for keys %$s;

    if ($s->{'$ref'}) {
        my ($name) = $s->{'$ref'} =~ m!^#/\$defs/(\w+)$! or die;
        my $def = $self->{root}{'$defs'}{$name} // die "no $name\n";
        $self->_look($def, $data, $path, $found);
    }

    my $bad = sub { push @$found, "$path: $_[0]" };
    my $type = _type($data);
    my $want = $s->{type};
    return $bad->("no $want")
        if $want && $want ne $type
        && !($want eq 'number' && $type eq 'integer');

    $bad->('none of these')
        if $s->{enum} && !grep { $_ eq $data } @{ $s->{enum} };
    $self->_object($s, $data, $path, $found) if $type eq 'object';

    if ($type eq 'array') {
        _bound($s, 'Items', scalar @$data, $bad);
        $self->_look($s->{items}, $data->[$_], "$path\[$_]", $found)
            for $s->{items} ? 0 .. $#$data : ();
    }

    _bound($s, 'Length', length $data, $bad) if $type eq 'string';
    $bad->('small') if defined $s->{minimum} && $data < $s->{minimum};
    $bad->('large') if defined $s->{maximum} && $data > $s->{maximum};
}

sub _object {
    my ($self, $s, $data, $path, $found) = @_;
    my $more = $s->{additionalProperties} // 1;

    _bound($s, 'Properties', scalar keys %$data,
        sub { push @$found, "$path: $_[0]" });
    push @$found, "$path: no $_"
        for grep { !exists $data->{$_} } @{ $s->{required} // [] };

    for my $key (sort keys %$data) {
        my $at = $path eq '' ? $key : "$path.$key";
        $self->_look($s->{propertyNames}, $key, $at, $found)
            if $s->{propertyNames};

        if (my $p = ($s->{properties} // {})->{$key}) {
            $self->_look($p, $data->{$key}, $at, $found);

        } elsif (ref $more eq 'HASH') {
            $self->_look($more, $data->{$key}, $at, $found);

        } elsif (!$more) {
            push @$found, "$at: unknown";
        }
    }
}

sub _bound {
    my ($s, $what, $n, $bad) = @_;
    $bad->('short') if $n < ($s->{"min$what"} // 0);
    $bad->('long') if defined $s->{"max$what"} && $n > $s->{"max$what"};
}

sub _type {
    my ($data) = @_;
    return 'null' unless defined $data;
    return 'object' if ref $data eq 'HASH';
    return 'array' if ref $data eq 'ARRAY';
    return 'boolean' if JSON::PP::is_bool($data);
    my $text = JSON::PP->new->allow_nonref->encode($data);
    return 'string' if $text =~ /^"/;
    return $text =~ /^-?\d+$/ ? 'integer' : 'number';
}

###############################################################################

1;

###############################################################################
