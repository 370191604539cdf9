package Parley::Lines;

# A file that somebody appends lines to, read as it grows: who polls it reads
# and understands each line once.

use warnings;
use strict;

###############################################################################

# new(file, sub): the sub makes of a line what all() gives
sub new {
    my ($class, $file, $code) = @_;
    return bless { file => $file, code => $code, at => 0, rows => [],
        is => '' }, $class;
}

# All of them so far. A line that is still being written is not there yet; a
# file that is another than before, or shorter, is read anew.
sub all {
    my ($self) = @_;
    open my $fh, '<:raw', $self->{file} or return @{$self->forget()->{rows}};
    my ($dev, $ino, $size) = (stat $fh)[0, 1, 7];

    $self->forget()
        if "$dev $ino" ne $self->{is} || $size < $self->{at};
    $self->{is} = "$dev $ino";

    if ($size > $self->{at}) {
        seek $fh, $self->{at}, 0 or die "cannot read $self->{file}: $!\n";
        while (defined(my $line = <$fh>)) {
            last if $line !~ /\n\z/;
            $self->{at} += length $line;
            push @{$self->{rows}}, $self->{code}->($line);
        }
    }

    return @{$self->{rows}};
}

sub forget {
    my ($self) = @_;
    @{$self}{qw/ at rows is /} = (0, [], '');
    return $self;
}

###############################################################################

1;
