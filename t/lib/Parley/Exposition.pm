package Parley::Exposition;

# Prometheus' text format 0.0.4, read strictly: more strictly than Prometheus
# does, so that what passes here passes there.

use warnings;
use strict;

###############################################################################

# new(text): parses all of it; faults() says what is wrong with it.
sub new {
    my ($class, $text) = @_;
    my $self = bless { faults => [], families => {}, order => [],
        series => {} }, $class;
    $self->fault('does not end with a line feed') if $text !~ /\n\z/;
    my $n = 0;
    $self->line($_, ++$n) for split /\n/, $text;
    $self->end($_) for map { $self->{families}{$_} } @{$self->{order}};
    return $self;
}

sub faults { @{$_[0]->{faults}} }

# names of families, in order
sub families { @{$_[0]->{order}} }

sub type { ($_[0]->{families}{$_[1]} // {})->{type} }

# every name that a query may use: of samples, and so with _bucket, _sum, …
sub names {
    my ($self) = @_;
    my %names = map { $_->{name} => 1 } map { @{$_->{samples}} }
        values %{$self->{families}};
    return sort(keys(%names), grep { !$names{$_} } $self->families());
}

# the labels that a family has been seen with: name => { value => 1 }
sub labels {
    my ($self, $family) = @_;
    my %labels;
    for my $s (@{($self->{families}{$family} // {})->{samples} // []}) {
        $labels{$_}{$s->{labels}{$_}} = 1 for keys %{$s->{labels}};
    }
    return \%labels;
}

# value(name, label => value, ...), summed over all that fit; undef: none
sub value {
    my ($self, $name, %labels) = @_;
    my $sum;
    for my $s (map { @{$_->{samples}} } values %{$self->{families}}) {
        next if $s->{name} ne $name;
        next if grep { ($s->{labels}{$_} // '') ne $labels{$_} } keys %labels;
        $sum = ($sum // 0) + $s->{value};
    }
    return $sum;
}

sub samples {
    my ($self, $family) = @_;
    return @{($self->{families}{$family} // {})->{samples} // []};
}

###############################################################################

sub fault {
    my ($self, $fault, $n) = @_;
    push @{$self->{faults}}, $n ? "line $n: $fault" : $fault;
}

sub line {
    my ($self, $line, $n) = @_;

    if ($line =~ /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/) {
        my ($what, $name, $rest) = (lc $1, $2, $3);
        my $f = $self->{families}{$name};

        if ($what eq 'help') {
            return $self->fault("a second HELP of $name", $n) if $f;
            $f = { name => $name, samples => [] };
            $self->{families}{$name} = $f;
            push @{$self->{order}}, $name;
        } elsif (!$f || ($self->{order}[-1] // '') ne $name) {
            return $self->fault("TYPE of $name is not behind its HELP", $n);
        } elsif ($f->{type}) {
            return $self->fault("a second TYPE of $name", $n);
        } elsif ($rest !~ /^(?:counter|gauge|histogram)$/) {
            return $self->fault("type $rest", $n);
        }
        $self->fault("a stray backslash in HELP", $n)
            if $what eq 'help' && $rest =~ /\\(?![\\n])/;
        $f->{$what} = $rest;
        return;
    }
    return $self->fault("a comment: $line", $n) if $line =~ /^#/;

    my ($name, $labels, $value) = $line =~ /^([a-zA-Z_:][a-zA-Z0-9_:]*)
        (?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)+)\})?
        \ ((?:-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)|[+-]Inf|NaN)$/x
        or return $self->fault("no sample: $line", $n);
    $self->sample($name, $labels // '', $value, $n);
}

sub sample {
    my ($self, $name, $labels, $value, $n) = @_;
    my $f = $self->{families}{$self->{order}[-1] // ''}
        or return $self->fault("$name before any HELP and TYPE", $n);

    my $base = $f->{type} && $f->{type} eq 'histogram'
        ? $name =~ s/_(?:bucket|sum|count)$//r : $name;
    return $self->fault("$name stands below $f->{name}", $n)
        if $base ne $f->{name};
    return $self->fault("$name without TYPE", $n) unless $f->{type};

    my (%labels, $again);
    while ($labels =~ /\G([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?/g) {
        $again = $1 if exists $labels{$1};
        $labels{$1} = $2 =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ger;
    }
    $self->fault("$name has the label $again twice", $n) if $again;
    $self->fault("$name ends its labels with a comma", $n)
        if $labels =~ /,$/;
    $self->fault("$name uses a reserved label", $n)
        if grep { /^__/ || ($_ eq 'le' && $f->{type} ne 'histogram') }
        keys %labels;

    my $series = join ',', $name, map { "$_=$labels{$_}" } sort keys %labels;
    $self->fault("$series twice", $n) if $self->{series}{$series}++;
    $self->fault("$name is negative", $n)
        if $f->{type} ne 'gauge' && $value =~ /^-/;
    push @{$f->{samples}}, { name => $name, labels => \%labels,
        value => $value };
}

# What can be said once a family is whole.
sub end {
    my ($self, $f) = @_;
    $self->fault("$f->{name} has no TYPE") unless $f->{type};
    my $total = $f->{name} =~ /_total$/;
    my $counter = ($f->{type} // '') eq 'counter';
    $self->fault("$f->{name}: a counter ends with _total, and nothing else")
        if !!$total != !!$counter;
    $self->histogram($f) if ($f->{type} // '') eq 'histogram';
}

# Each set of labels: buckets that grow, +Inf last, and sum and count.
sub histogram {
    my ($self, $f) = @_;
    my (%sets, @keys);
    for my $s (@{$f->{samples}}) {
        my $key = join ',', map { "$_=$s->{labels}{$_}" }
            grep { $_ ne 'le' } sort keys %{$s->{labels}};
        push @keys, $key unless $sets{$key};
        my ($part) = $s->{name} =~ /_(bucket|sum|count)$/
            or return $self->fault("$s->{name}: no part of a histogram");
        push @{$sets{$key}{$part}}, $s;
    }
    $self->fault("$f->{name} has no sample") unless @keys;

    for my $key (@keys) {
        my ($set, $last, $n) = ($sets{$key}, undef, 0);
        my $where = "$f->{name}\{$key\}";
        for my $s (@{$set->{bucket} // []}) {
            my $le = $s->{labels}{le} // '';
            my $bound = $le eq '+Inf' ? 9**9**9 : $le;
            $self->fault("$where: bound '$le'")
                if $le !~ /^(?:\+Inf|[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)$/;
            $self->fault("$where: bounds do not grow at $le")
                if defined $last && $bound <= $last;
            $self->fault("$where: not cumulative at $le")
                if $s->{value} < $n;
            ($last, $n) = ($bound, $s->{value});
        }
        $self->fault("$where: no +Inf last")
            if !defined $last || $last != 9**9**9;
        $self->fault("$where: one sum and one count")
            if @{$set->{sum} // []} != 1 || @{$set->{count} // []} != 1;
        $self->fault("$where: the count is not that of +Inf")
            if $set->{count} && $set->{count}[0]{value} != $n;
    }
}

###############################################################################

1;
