#!/usr/bin/perl

# Tests for the style and the walls of the source: what docs/architecture.md
# and CONTRIBUTING ask for, as far as a machine can see it.

###############################################################################

use warnings;
use strict;

use Test::More;

use Encode qw/ decode /;
use File::Find;

BEGIN { use FindBin; chdir("$FindBin::Bin/.."); }

###############################################################################

my $build = $ENV{PARLEY_BUILD} // 'build';

my @files;
find({ no_chdir => 1, wanted => sub {
    my $name = s!^\./!!r;
    $File::Find::prune = 1
        if $name =~ m!^(?:\.git|build[^/]*|run|.*node_modules)$!;
    push @files, $name if -f $_ && -T $_ && $name ne '.git';
} }, '.');

my %text = map { $_ => [ lines($_) ] } grep { !/LICENSE|lock\.json$/ } @files;
my @c = sort grep { m!^(?:src|bench|t)/.*\.(?:[ch]|cc)$! } keys %text;
my @src = grep { m!^src/! } @c;
my @perl = sort grep { /\.(?:t|pm)$/ } keys %text;

plan tests => 22;

###############################################################################

ok(@src > 20 && @perl > 3, 'there is something to look at');

clean('80 columns', sub { length > 80 && !m!https?://! }, @c, @perl);
clean('no tabs', sub { /\t/ }, grep { !/Makefile|\.mk$|fixtures/ } keys %text);
clean('no trailing blanks', sub { /[ \t]$/ }, grep { !/fixtures/ } keys %text);
clean('no // comments', sub { without_strings($_) =~ m!//! }, @c);
clean('nothing commented out', sub {
    m!^\s*#\s*if 0\b! || m!\bTODO\b|\bFIXME\b|\bXXX\b!
}, @c);

my $banned = join '|', qw/
    strcpy strcat sprintf vsprintf strtok atoi atol gets gmtime localtime
    alloca rand system popen
/;
clean('no banned calls', sub { code($_) =~ /(?<![\w.>])(?:$banned)\(/ }, @c);
clean('no clock outside the clock', sub {
    code($_) =~ /(?<![\w.>])(?:time|clock_gettime|gettimeofday)\(/
}, grep { !m!^src/core/clock\.c! } @src);
clean('glue takes memory from pools alone', sub {
    code($_) =~ /(?<![\w.>])(?:malloc|calloc|realloc|free|printf|assert)\(/
}, grep { m!^src/http! } @src);
clean('nginx versions in one block', sub { /\bnginx_version\b/ },
    grep { $_ ne 'src/http/ngx_http_parley.h' } @src);

is(join("\n", grep { @{$text{$_}} > 700 } @c), '', 'files of 700 lines');
is(join("\n", map { long_functions($_) } @c), '', 'functions of 70 lines');
is(join("\n", map { bad_layout($_) } @src), '', 'layout of functions');

# Includes point downward only; the three programs meet in the store.
my %below = (
    numbering => [qw/ numbering /],
    core => [qw/ core numbering /],
    channel => [qw/ channel core /],
    engine => [qw/ engine channel core /],
    api => [qw/ api engine channel core /],
    map { $_ => [ $_, qw/ api engine channel core / ] } qw/ http sender ctl /
);
clean('includes point downward', sub {
    my ($file) = @_;
    return 0 unless /^\s*#\s*include\s+"([^"]+)"/;
    return 0 if $1 =~ /\.pb-c\.h$/;
    my ($layer) = $file =~ m!^src/(\w+)/!;
    my ($to) = "src/$layer/$1" =~ m!/\.\./(\w+)/!;
    return !grep { $_ eq ($to // $layer) } @{$below{$layer}};
}, @src);

# Each outside library has one door.
my %door = (
    'lmdb\.h' => qr!^src/core/store!,
    'yajl/' => qr!^src/core/json!,
    'pcre2\.h' => qr!^src/core/match!,
    'utf8proc\.h' => qr!^src/core/unicode!,
    'openssl/' => qr!^src/core/crypto!,
    'wslay/' => qr!^src/core/ws!,
    'phonenumbers/' => qr!^src/numbering/libphonenumber\.cc$!,
    'dlfcn\.h' => qr!^src/(?:core/numbering\.c|numbering/libphonenumber)!,
    'curl/' => qr!^src/sender/transfer!,
    'event2?/|event\.h' => qr!^src/sender/!,
    'ngx_' => qr!^src/http/!,
);
clean('each library has one door', sub {
    my ($file) = @_;
    return 0 unless /^\s*#\s*include\s+<([^>]+)>/;
    my $header = $1;
    return scalar grep { $header =~ /^(?:$_)/ && $file !~ $door{$_} }
        keys %door;
}, @src);

is(join("\n", map { alone($_) } grep { m{^src/(?!http).*\.h$} } @src), '',
    'headers compile alone');

# From a symbol one knows the layer.
my %prefix = (channel => 'pl', core => 'pl', engine => 'pl', api => 'pl',
    sender => 'pls', ctl => 'plctl');
is(join("\n", map { foreign_symbols($_, $prefix{$_}) } sort keys %prefix), '',
    'exported names carry their prefix');
is(join("\n", mutable_symbols(qw/ core channel engine api /)), '',
    'no mutable variables at file scope');
# the sanitizer's build adds a twin to each variable
is(join("\n", grep {
    !/ (?:__odr_asan\.)?(?:ngx_(?:http_parley_|module)|pl_|pl__)/ }
    nm('-D', '-g', '--defined-only', "$build/ngx_http_parley_module.so")),
    '', 'the module exports nothing else');

my $config = join '', @{$text{config} // []}, @{$text{'auto/module.mk'} // []};
is(join("\n", grep { my $f = $_; m!^src/http/.*\.c$!
    && $config !~ /\Q$f\E|src\/http\/\*\.c/ } @src), '',
    'each source of the module is built');

# The project speaks of itself alone. (Written so that this line does not
# find itself.)
my $words = join '|', '/wor[k]/', '/tmp/[b]-', 'npmj[s]\.', 'ant[h]ropic',
    '\bcl[a]ude\b', '\bAI[ -]agen[t]', 'artifa[c]tory';
clean('it speaks of itself alone', sub { /$words/i }, keys %text);
SKIP: {
    skip 'no git, or no history of ours', 1
        if system('git log -1 >/dev/null 2>&1') != 0;
    is(join("\n", grep { /$words/i } lines_of('git', 'log', '--format=%B')),
        '', 'and so does its history');
}

###############################################################################

# No line of these files may be one for which the test returns true.
sub clean {
    my ($name, $test, @in) = @_;
    my @found;
    for my $file (sort @in) {
        my $n = 0;
        for (@{$text{$file}}) {
            $n++;
            push @found, "$file:$n: $_" if $test->($file);
        }
    }
    splice @found, 20, @found - 20, '...' if @found > 20;
    is(join("\n", @found), '', $name);
}

sub lines {
    my ($name) = @_;
    open my $fh, '<:raw', $name or die "cannot read $name: $!\n";
    my @lines = map { decode('UTF-8', $_) } <$fh>;
    chomp @lines;
    return @lines;
}

sub lines_of {
    my (@command) = @_;
    open my $fh, '-|', @command or die "cannot run @command: $!\n";
    my @lines = <$fh>;
    chomp @lines;
    return @lines;
}

sub without_strings {
    my ($line) = @_;
    return $line =~ s/"(?:[^"\\]|\\.)*"//gr =~ s/'(?:[^'\\]|\\.)+'//gr;
}

# a line without strings and comments, as far as one line tells
sub code {
    my ($line) = @_;
    $line = without_strings($line);
    return '' if $line =~ m!^\s*(?:/\*| \*)!;
    return $line =~ s!/\*.*?(?:\*/|$)!!gr;
}

sub long_functions {
    my ($file) = @_;
    my ($start, $n, @long) = (0, 0);
    for (@{$text{$file}}) {
        $n++;
        $start = $n if /^\{/;
        if (/^\}\s*$/ && $start) {
            push @long, "$file:$start: " . ($n - $start + 1)
                if $n - $start + 1 > 70;
            $start = 0;
        }
    }
    return @long;
}

# The type on a line of its own; two empty lines behind each function.
sub bad_layout {
    my ($file) = @_;
    my @l = @{$text{$file}};
    my ($in, @bad) = (0);
    for my $i (0 .. $#l) {
        $in = 1 if $l[$i] =~ /^\{/;
        push @bad, "$file:" . ($i + 1) . ": brace behind a function's name"
            if $l[$i] =~ /^(?!struct|union|enum|typedef|extern)\w.*\)\s*\{$/;
        next unless $in && $l[$i] =~ /^\}$/;
        $in = 0;
        my $blank = 0;
        $blank++ while $i + 1 + $blank <= $#l && $l[$i + 1 + $blank] eq '';
        my $next = $l[$i + 1 + $blank] // next;
        push @bad, "$file:" . ($i + 2) . ": $blank empty lines"
            if $blank != 2 && $next !~ /^#\s*(?:endif|else)/;
    }
    return @bad;
}

sub alone {
    my ($header) = @_;
    my $said = `gcc -std=c11 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra \\
        -I$build/gen -x c $header 2>&1`;
    $said =~ s/^.*pragma once in main file.*$//m;
    return $said =~ /error|warning/ ? "$header: $said" : ();
}

sub nm { return lines_of('nm', @_) }

sub objects {
    my ($layer) = @_;
    return map { my $o = m!^src/$layer/(.*)\.c$! ? "$build/obj/$_" : '';
        $o =~ s/c$/o/; -e $o ? $o : () } @src;
}

sub foreign_symbols {
    my ($layer, $prefix) = @_;
    my @objects = objects($layer) or return "nothing built of $layer";
    return grep { / [A-Z] (\w+)$/ && $1 !~ /^(?:$prefix\_|main$|_)/ }
        nm('-g', '--defined-only', @objects);
}

# Tables of pointers are in .data.rel.ro, which is read-only when it runs.
# A sanitizer's own variables begin with two underscores or a dot.
sub mutable_symbols {
    my (@layers) = @_;
    my @rows = map { nm('-A', '-f', 'sysv', objects($_)) } @layers;
    return grep {
        my ($name, undef, undef, undef, undef, undef, $section)
            = split /\s*\|/;
        ($section // '') =~ /^\.(?:data|bss|tbss|tdata)(?!\.rel\.ro)/
            && $name !~ /:(?:__|\.|_?odr_asan|completed)/
    } @rows;
}

###############################################################################
