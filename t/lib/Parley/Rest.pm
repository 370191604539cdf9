package Parley::Rest;

# The API's own description, and calls (Parley::Api) that are held against it:
# each answer against docs/openapi.yaml's schema for its operation and status,
# as `parleyctl --json openapi` prints it.

use warnings;
use strict;

use JSON::PP;

use Parley::Api;
use Parley::Schema;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

###############################################################################

# new(store): what the API says of itself
sub new {
    my ($class, $store) = @_;
    my ($status, $out, $err) = $store->ctl('--json', 'openapi');
    die "openapi: $err\n" if $status != 0;

    $out =~ s!#/components/schemas/([\w.]+)!'#/$defs/' . plain($1)!ge;
    my $doc = $json->decode($out);
    my $schemas = $doc->{components}{schemas};
    my %defs = map { plain($_) => $schemas->{$_} } keys %$schemas;
    my $self = bless { doc => $doc, defs => \%defs, ops => [], seen => {} },
        $class;

    for my $path (sort keys %{ $doc->{paths} }) {
        my $re = join '', map { /^\{/ ? '([^/]+)' : quotemeta }
            split /(\{\w+\})/, $path;
        for my $method (sort keys %{ $doc->{paths}{$path} }) {
            my $op = $doc->{paths}{$path}{$method};
            next if ref $op ne 'HASH' || !$op->{operationId};
            push @{ $self->{ops} }, { %$op, path => $path, re => qr/^$re$/,
                method => uc $method, id => $op->{operationId} };
        }
    }

    # a path without parameters before one that it would fit
    @{ $self->{ops} } = sort { params($a) <=> params($b) }
        @{ $self->{ops} };

    return $self;
}

sub plain { $_[0] =~ s/\W/_/gr }

sub params { scalar(() = $_[0]{path} =~ /\{/g) }

sub ops { @{ $_[0]{ops} } }

# ids of operations of these tags that were never answered with success
sub unseen {
    my ($self, @tags) = @_;
    my %tag = map { $_ => 1 } @tags;
    return grep { !grep { /^2/ } keys %{ $self->{seen}{$_} // {} } }
        map { $_->{id} } grep { $tag{ $_->{tags}[0] } } $self->ops();
}

# call(key, method, path, body, headers): { status, headers, text, json,
# op, wrong }; wrong is where the answer is none of its schema
sub call {
    my ($self, $key, $method, $path, $body, %headers) = @_;
    my $got = Parley::Api->new($key)->call($method, $path,
        ref $body ? $json->encode($body) : $body, %headers);
    my %answer = (status => $got->{status}, headers => $got->{headers},
        text => $got->{body});
    $answer{json} = eval { $json->decode($answer{text}) }
        if ($answer{headers}{'content-type'} // '') =~ /json/;

    my ($op) = grep { $_->{method} eq $method
        && ($path =~ s/\?.*//sr) =~ $_->{re} } $self->ops();
    $answer{op} = $op ? $op->{id} : '';
    $self->{seen}{ $answer{op} }{ $answer{status} }++;
    $answer{wrong} = join ', ', $self->wrong($op, \%answer);

    return \%answer;
}

sub wrong {
    my ($self, $op, $answer) = @_;
    return () if !$op;
    my $said = $op->{responses}{ $answer->{status} }
        // ($answer->{status} >= 400 ? $op->{responses}{default} : undef);
    return "status $answer->{status} is not described" if !$said;
    ($said) = map { $self->{doc}{components}{responses}{ s!.*/!!r } }
        $said->{'$ref'} if $said->{'$ref'};

    my ($content) = values %{ $said->{content} // {} };
    return $answer->{text} eq '' ? () : 'a body that is not described'
        if !$content;
    return 'no JSON' if !defined $answer->{json};

    return Parley::Schema->new({ '$defs' => $self->{defs},
        %{ $content->{schema} } })->mistakes($answer->{json});
}

# a body that fits the schema of an operation's: what it must have, and what
# else is given here. fill(name): the value of a field, or undef.
sub body {
    my ($self, $op, $fill) = @_;
    my ($content) = values %{ ($op->{requestBody} // {})->{content} // {} };
    return $content ? $self->some($content->{schema}, '', $fill) : undef;
}

sub some {
    my ($self, $s, $name, $fill) = @_;
    my $given = $fill->($name);
    return $given if defined $given;

    if ($s->{'$ref'}) {
        my ($to) = $s->{'$ref'} =~ m!/(\w+)$!;
        return $self->some($self->{defs}{$to}, $name, $fill);
    }

    my $type = $s->{type} // 'string';
    return $s->{enum}[0] if $s->{enum};
    return $s->{minimum} // 1 if $type eq 'integer' || $type eq 'number';
    return JSON::PP::true if $type eq 'boolean';
    return [ $s->{items} ? $self->some($s->{items}, $name, $fill) : () ]
        if $type eq 'array';
    return 'x' if $type ne 'object';

    my %need = map { $_ => 1 } @{ $s->{required} // [] };
    return { map { my $v = $need{$_}
            ? $self->some($s->{properties}{$_}, $_, $fill) : $fill->($_);
        defined $v ? ($_ => $v) : () } keys %{ $s->{properties} // {} } };
}

###############################################################################

1;
