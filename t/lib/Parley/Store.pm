package Parley::Store;

# The store as parleyctl shows it.

use warnings;
use strict;

use JSON::PP;

use Parley::Nginx;
use Parley::Process;

###############################################################################

sub new {
    my ($class, $dir, $name) = @_;
    return bless { dir => $dir, store => "$dir/" . ($name // 'store') },
        $class;
}

# ctl(arguments...): exit status, output, error output
sub ctl {
    my ($self, @args) = @_;
    my ($out, $err) = map { "$self->{dir}/ctl.$_" } qw/ out err /;

    my $p = Parley::Process->start('parleyctl', {
            env => { Parley::Nginx::sanitizer_env($self->{dir}, 1),
                Parley::Nginx::preload() }
        }, sub {
            open STDOUT, '>', $out or die $!;
            open STDERR, '>', $err or die $!;
            exec build_dir() . '/parleyctl', '--store', $self->{store},
                @args or die $!;
        });
    my $status = $p->ended(600);
    my @said = map { slurp($_) } $out, $err;
    unlink $out, $err;

    return (defined $status ? $status >> 8 || $status : -1, @said);
}

# json(arguments...): each line's object; dies where ctl fails
sub json {
    my ($self, @args) = @_;
    my ($status, $out, $err) = $self->ctl('--json', @args);
    die "parleyctl @args: $err\n" if $status != 0;
    return map { decode_json($_) } split /\n/, $out;
}

# A new key's secret, that may be used at once: key('demo' or '--all', role).
# Tenants are known, and a key counts, when the fold has come to them.
sub key {
    my ($self, @words) = @_;
    wait_for { $self->folded() };
    my ($row) = $self->json('key', 'add', @words);
    wait_for { $self->folded() };
    return $row->{secret} // die "no key: @words\n";
}

# every row, however many
sub all {
    my ($self, @args) = @_;
    return $self->json('--limit', 0, @args);
}

# messages as they are stored, oldest first, with id, channel and tenant
sub messages {
    my ($self, $direction, $tenant) = @_;
    return grep { !$direction || $_->{direction} eq $direction }
        map { { %{$_->{message}}, map { ($_->[0] => $_->[1]) }
            [ id => $_->{id} ], [ channel => $_->{channel} ],
            [ contact => $_->{contact} ], [ tenant => $_->{tenant} ] } }
        $self->all('messages', $tenant // 'demo');
}

# the same for many: the providers' ids alone, in order
sub provider_ids {
    my ($self, $direction, $tenant) = @_;
    my ($status, $out, $err) = $self->ctl('--json', '--limit', 0,
        'messages', $tenant // 'demo');
    die "parleyctl messages: $err\n" if $status != 0;
    return map { /"provider_id": *"([^"]*)"/ ? $1 : '' }
        grep { /"direction": *"$direction"/ } split /\n/, $out;
}

# Rows by table, and all else that the store says of itself. Never dies: a
# store may not be there yet.
sub status {
    my ($self) = @_;
    my ($status, $out) = $self->ctl('--json', 'status');
    return eval { decode_json($out) } // {};
}

sub rows {
    my ($self, $table) = @_;
    my ($row) = grep { $_->{name} eq $table }
        @{$self->status()->{tables} // []};
    return $row ? $row->{rows} : -1;
}

# Is all that was appended folded?
sub folded {
    my ($self) = @_;
    my $s = $self->status();
    return ($s->{next} // 0) > 1 && ($s->{lag} // 1) == 0;
}

###############################################################################

1;
