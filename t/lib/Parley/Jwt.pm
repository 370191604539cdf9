package Parley::Jwt;

# Keys and tokens as a sign-on service makes them (RFC 7515, 7518): made and
# signed by openssl's command, so that nothing of ours is held against itself.

use warnings;
use strict;

use JSON::PP;
use MIME::Base64 qw/ encode_base64url /;

my $json = JSON::PP->new->utf8->canonical;

###############################################################################

# new(dir, alg, kid): RS256 with 2048 bits, or ES256
sub new {
    my ($class, $dir, $alg, $kid) = @_;
    my $file = "$dir/$kid.pem";
    my @how = $alg eq 'RS256' ? qw/ -algorithm RSA -pkeyopt
        rsa_keygen_bits:2048 / : qw/ -algorithm EC -pkeyopt
        ec_paramgen_curve:P-256 /;
    run('openssl', 'genpkey', @how, '-out', $file);
    return bless { dir => $dir, alg => $alg, kid => $kid, file => $file },
        $class;
}

# the public half, as a row of a JWKS file
sub row {
    my ($self) = @_;
    my %row = (kid => $self->{kid}, alg => $self->{alg}, use => 'sig');
    my $text = run('openssl', 'pkey', '-in', $self->{file}, '-noout',
        '-text_pub');

    if ($self->{alg} eq 'RS256') {
        my ($n) = $text =~ /Modulus:\s+([0-9a-f:\s]+)/;
        my ($e) = $text =~ /Exponent: (\d+)/;
        return { %row, kty => 'RSA', n => number($n),
            e => encode_base64url(pack('N', $e) =~ s/^\0+//r) };
    }

    my ($pub) = $text =~ /pub:\s+([0-9a-f:\s]+)/;
    my $point = pack 'H*', $pub =~ s/[^0-9a-f]//gr;
    return { %row, kty => 'EC', crv => 'P-256',
        x => encode_base64url(substr $point, 1, 32),
        y => encode_base64url(substr $point, 33, 32) };
}

# token(claims, more of the head)
sub token {
    my ($self, $claims, %more) = @_;
    my $text = join '.', map { encode_base64url($json->encode($_)) }
        { alg => $self->{alg}, kid => $self->{kid}, %more }, $claims;
    my $name = "$self->{dir}/$self->{kid}.txt";
    open my $fh, '>', $name or die "cannot write $name: $!\n";
    print $fh $text;
    close $fh;

    my $sign = run('openssl', 'dgst', '-sha256', '-sign', $self->{file},
        $name);
    $sign = raw($sign) if $self->{alg} eq 'ES256';
    return "$text." . encode_base64url($sign);
}

# r and s of a DER signature, 32 bytes each
sub raw {
    my ($der) = @_;
    my ($r, $rest) = integer(substr $der, 2);
    my ($s) = integer($rest);
    return $r . $s;
}

sub integer {
    my ($der) = @_;
    my $len = ord substr $der, 1, 1;
    my $n = substr($der, 2, $len) =~ s/^\0+//r;
    return ("\0" x (32 - length $n) . $n, substr $der, 2 + $len);
}

sub number {
    my ($hex) = @_;
    $hex =~ s/[^0-9a-f]//g;
    return encode_base64url(pack('H*', $hex) =~ s/^\0+//r);
}

sub run {
    my (@command) = @_;
    open my $fh, '-|', 'sh', '-c', 'exec "$@" 2>/dev/null', 'sh', @command
        or die "cannot run $command[0]: $!\n";
    binmode $fh;
    local $/;
    my $out = <$fh>;
    close $fh or die "@command failed\n";
    return $out;
}

1;
