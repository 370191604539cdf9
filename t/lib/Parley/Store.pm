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
            env => { Parley::Nginx::sanitizer_env($self->{dir}, 1) }
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

# every row, however many
sub all {
    my ($self, @args) = @_;
    return $self->json('--limit', 0, @args);
}

sub messages {
    my ($self, $tenant, $direction) = @_;
    return grep { !$direction || $_->{direction} eq $direction }
        $self->all('messages', $tenant // 'demo');
}

sub slurp {
    my ($name) = @_;
    open my $fh, '<:raw', $name or return '';
    local $/;
    return <$fh> // '';
}

###############################################################################

1;
