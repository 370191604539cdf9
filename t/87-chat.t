#!/usr/bin/perl

# parleyctl chat: a talk with a flow through a pipe and on a terminal; what
# leaves, what policy forbids, and what is known.

###############################################################################

use warnings;
use strict;

use File::Temp qw/ tempdir /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;

###############################################################################

my $ctl = $ENV{PARLEYCTL} // build_dir() . '/parleyctl';
my $dir = tempdir('parley-test-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $flow = '../conf/flows/greeting.json';
my @berlin = qw/ --zone Europe\/Berlin --at 2027-03-01T10:00 /;
mkdir "$dir/tmp";
$ENV{TMPDIR} = "$dir/tmp";
delete $ENV{PARLEY_STORE};

# a talk

my ($status, $out, $err) = chat("hello\norder 12\n\n", @berlin);
is("$status $err", '0 ', 'through a pipe');
is($out =~ s/^\*.*\n//gmr, <<'EOT', 'what leaves');
[2027-03-01T10:00:00+01:00] greeting/greet
  Hello Anna! Send "order" and its number, and I will look it up.
[2027-03-01T10:00:00+01:00] greeting/order
  Thank you, Anna. Order 12 is on its way.
EOT
like((chat("hello\n", @berlin, '--name', 'Zoe'))[1], qr/^  Hello Zoe!/m,
    'who writes');
like((chat("hello\n"))[1], qr/^\[20\d\d-[^]]*\+00:00\]/, 'now, and in UTC');
is((chat("hello"))[1] =~ tr/\n//, 2, 'a last line without its end');

# the clock, and policy

($status, $out, $err) = chat(<<'EOT', @berlin);
hello
/at +23h59m59s
/state
/at 2027-03-02T10:00
/state
/now
/why
/echo from the app
/release
hello
EOT
is("$status $err", '0 ', 'time passes');
like($out, qr/^window   open until 2027-03-02T10:00:00\+01:00$/m,
    'the window is open');
like($out, qr/^window   closed until .*\n2027-03-02T10:00:00\+01:00\npolicy/m,
    'the window is closed');
like($out, qr/.*^\[2027-03-02T10:00:00.*\n  Hello Anna/ms, 'and open again');

# what is known

($status, $out, $err) = chat("/state\norder 7\n/vars\n/tasks\n/journal\n",
    @berlin);
like($out, qr/^nothing was said yet\n\[/, 'nobody has written');
like($out, qr/^ +\d  2027-03-01T10:00:00\+01:00  inbound_message$/m,
    'the journal');
like((chat("/help\n"))[1], qr/^  \/at \+24h/m, 'help');
is((chat("/quit\nhello\n"))[1], '', 'quit');

# mistakes

for ([ '/bogus', qr/begins with no word/ ], [ '/nothing', qr/no word/ ],
    [ '/tap a', qr/nothing was sent/ ], [ '/at yesterday', qr/no time/ ],
    [ '/at 2020-01-01', qr/does not run back/ ], [ '/form {', qr/premature/ ],
    [ '/tap', qr/"tap" takes ID/ ], [ '/provider x', qr/takes ok/ ])
{
    my ($line, $like) = @$_;
    my ($status, $out, $err) = chat("$line\nhello\n", @berlin);
    is($status, 1, $line);
    like($err, qr/^parleyctl: .*$like/, 'says why');
    like($out, qr/Hello Anna/, 'and goes on');
}

is((chat('x' x 8190 . "\n"))[0], 0, 'a long line');
($status, $out, $err) = chat('x' x 8193 . "\nhello\n");
is($status, 1, 'a line that is too long');
like($err, qr/at most 8192 bytes/, 'says so');
like($out, qr/Hello Anna/, 'and the next one is read');
is((chat("\xff\n"))[0], 1, 'no UTF-8');
unlike((chat("order \e[31m1\n"))[1], qr/\e/, 'no control characters');

is((chat('', '--at', 'never'))[0], 2, 'no time');
is((chat('', '--zone', 'Nowhere/Town'))[0], 1, 'no zone');
is((chat('', '--language', 'no language'))[0], 1, 'no language');

# on a terminal

SKIP: {
    skip 'no script(1)', 3 if system('script -V >/dev/null 2>&1') != 0;

    spill("$dir/in", "hello\r/quit\r");
    system("timeout 100 script -qec '$ctl chat $flow @berlin' /dev/null "
        . "<$dir/in >$dir/out 2>&1");
    my $seen = slurp("$dir/out") =~ s/\r//gr;
    like($seen, qr/greeting, at 2027-03-01T10:00:00\+01:00; \/help/,
        'says where it is');
    like($seen, qr/^> /m, 'asks');
    like($seen, qr/^  Hello Anna!/m, 'and answers');
}

# the store

is((chat("hello\n", '--keep', "$dir/kept"))[0], 0, 'kept');
is(system("$ctl --store $dir/kept check >$dir/out 2>&1"), 0,
    'a store that is sound');
is_deeply([ glob("$dir/tmp/*") ], [], 'nothing else is left behind');

done_testing();

###############################################################################

sub chat {
    my ($lines, @options) = @_;
    spill("$dir/in", $lines);
    my $status = system("timeout 100 $ctl chat $flow "
        . join(' ', map { "'$_'" } @options)
        . " <$dir/in >$dir/out 2>$dir/err") >> 8;
    return ($status, slurp("$dir/out"), slurp("$dir/err"));
}

sub spill {
    my ($path, $text) = @_;
    open my $fh, '>', $path or die "cannot write $path: $!\n";
    print $fh $text;
    close $fh or die "cannot write $path: $!\n";
    return;
}
