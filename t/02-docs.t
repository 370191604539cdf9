#!/usr/bin/perl

# Tests that the directive page says what the code does: every directive,
# with its contexts, its arguments and its default; every variable; every
# metric. The code is read as text: directives, variables and metrics are
# rows there.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

###############################################################################

my $page = slurp('../docs/ngx_http_parley_module.md');
my $module = slurp('../src/http/ngx_http_parley_module.c');
my $conf = slurp('../src/http/ngx_http_parley_conf.c')
    . slurp('../src/http/ngx_http_parley_channel.c');
my $retry = slurp('../src/http/ngx_http_parley_retry.c');
my $schedules = slurp('../src/engine/retry.c');
my $events = slurp('../src/http/ngx_http_parley_events_conf.c');
my $variables = slurp('../src/http/ngx_http_parley_variables.c');
my $metrics = slurp('../src/http/ngx_http_parley_metrics.c');
my $constants = join '', map { slurp($_) }
    '../src/http/ngx_http_parley.h', '../src/core/pl.h',
    '../src/http/ngx_http_parley_live.h',
    '../src/engine/retry.h', '../src/engine/retry.c';

my %contexts = (
    NGX_HTTP_MAIN_CONF => 'http',
    NGX_HTTP_SRV_CONF => 'server',
    NGX_HTTP_LOC_CONF => 'location',
    NGX_HTTP_PARLEY_TENANT_CONF => 'tenant',
    NGX_HTTP_PARLEY_CHANNEL_CONF => 'channel',
);

# Where a default comes from: the code that sets it, and in what unit.
my %defaults = (
    parley_append_queue => [
        [ 'entries=%s', qr/queue_entries = (NGX_\w+);/ ],
        [ 'bytes=%s', qr/queue_bytes = (NGX_\w+);/, 'size' ],
        [ 'asks=%s', qr/queue_asks = (NGX_\w+);/ ] ],
    parley_events => [
        [ 'clients=%s', qr/ecf->clients = (NGX_\w+);/ ],
        [ 'tenant=%s', qr/ecf->of_tenant = (NGX_\w+);/ ],
        [ 'heartbeat=%s', qr/ecf->beat = (NGX_\w+);/, 'ms' ],
        [ 'buffer=%s', qr/ecf->buffer = (NGX_\w+);/, 'size' ],
        [ 'slow=%s', qr/ecf->slow = (NGX_\w+);/, 'ms' ] ],
    parley_body_max => [
        [ '%s', qr/body_max = sifts \? \w+ : (\w+)/, 'size' ]],
    parley_api_body_max => [
        [ '%s', qr/prev->api_body_max,\s+(\w+)/, 'size' ]],
    parley_journal_keep => [[ '%s', qr/pmcf->journal_keep, (\w+)/, 'ms' ]],
    parley_keep => [[ 'changes %s', qr/_CHANGES\] = (\w+)/, 'ms' ]],
    parley_water_marks => [
        map { [ '%s', qr/pmcf->marks\[$_\] = (\w+)/ ] } 0 .. 2 ],
    parley_retry_after => [
        [ '%s', qr/prev->retry_after,\s+(\w+)/, 's' ]],
    'rate (channel)' => [
        [ '%s', qr/ngx_conf_init_value\(ch->rate, (\d+)/ ]],
    'weight (tenant)' => [
        [ '%s', qr/ngx_conf_init_value\(tenant->weight, (\d+)/ ]],
    'sandbox (tenant)' => [
        [ '%s', qr/ngx_conf_init_value\(tenant->sandbox, (\d)/, 'flag' ]],
    smart_encoding => [
        [ '%s', qr/ngx_conf_init_value\(ch->smart, (\d)/, 'flag' ]],
    subaccounts => [
        [ '%s', qr/ngx_conf_init_value\(ch->subaccounts, (\d)/, 'flag' ]],
    traceparent => [
        [ '%s', qr/ngx_conf_init_value\(ch->traceparent, (\d)/, 'flag' ]],
    api_connect_timeout => [
        [ '%s', qr/init_msec_value\(ch->api_connect_timeout, (\d+)/, 'ms' ]],
    api_timeout => [
        [ '%s', qr/init_msec_value\(ch->api_timeout, (\d+)/, 'ms' ]],
    api_base_url => [[ '%s', qr/&ch->api_base_url, "([^"]+)"/, 'text' ]],
    api_version => [[ '%s', qr/&ch->api_version, "([^"]+)"/, 'text' ]],
    unknown => [[ '%s', qr/"(hold)"\) == 0\) \{\s+return NGX_CONF_OK;/,
        'text' ]],
);

my %code = rows($module . $conf);
my %docs = heads($page);

cmp_ok(scalar keys %code, '>=', 24, 'directives in the code');
is(join(' ', sort keys %docs), join(' ', sort keys %code),
    'the page has all directives and no other');

for my $row (sort keys %code) {
    my $doc = $docs{$row} or next;
    my $name = $row =~ s/ .*//r;
    is(arity($doc->{syntax}), $code{$row}{arity}, "$row: arguments");
    is($doc->{default}, default_of($row), "$row: default");
    like($doc->{since}, qr/^\d+\.\d+\.\d+$/, "$row: since");
    like($doc->{syntax}, qr/^\Q$name\E\b.*[;}]$/, "$row: syntax");
    like($doc->{text}, qr/^[A-Z][a-z]+s /, "$row: begins with a verb");
}

# in alphabetical order, each section

for my $section ('Directives', 'Directives of a Tenant',
    'Directives of a Channel')
{
    my ($text) = $page =~ /^## \Q$section\E\n(.*?)(?=^## |\z)/ms;
    my @names = $text =~ /^### (\w+)/mg;
    is("@names", join(' ', sort @names), "$section: in order");
}

# the schedules, row by row, and what a parameter may be

my ($table) = $page =~ /^### retry\n(.*?)^### /ms;
my @schedules = map { schedule($_) } $schedules =~ /^    ROW\((.*?)\),$/msg;
is(scalar @schedules, 14, 'retry: classes in the code');
is(join("\n", $table =~ /^\| `(\w+)` \|(?:[^|]+\|)((?:[^|]+\|){5})$/mg),
    join("\n", @schedules), 'retry: schedules');

my ($section) = $page =~ /^## Embedded Variables\n(.*?)^## /ms;
is(join(' ', sort $section =~ /^`\$(\w+)`$/mg),
    join(' ', sort $variables =~ /\{ ngx_string\("(parley_\w+)"\)/g),
    'variables');

($section) = $page =~ /^## Metrics\n(.*?)^## /ms;
is(join(' ', sort $section =~ /^\| `(\w+)` \|/mg),
    join(' ', sort $metrics =~ /\{ "(parley_\w+)", "\w+",/g), 'metrics');

done_testing();

###############################################################################

sub slurp {
    my ($name) = @_;
    open my $fh, '<:raw', $name or die "cannot read $name: $!\n";
    local $/;
    return <$fh>;
}

# The ngx_command_t rows: "name (contexts)" => arity. A name may mean one
# thing in a tenant and another in a channel.
sub rows {
    my ($source) = @_;
    my %rows;
    while ($source =~ /\{ ngx_string\("(\w+)"\),\s+([A-Z0-9_|\s]+),\s+ngx_/g)
    {
        my ($name, @flags) = ($1, split /\|/, $2 =~ s/\s//gr);
        my @n = map { $_ eq 'NOARGS' ? 0 : $_ eq 'FLAG' ? 1 : /(\d|MORE)/g }
            map { /^NGX_CONF_(NOARGS|FLAG|TAKE\d+|\dMORE)$/ } @flags;
        my $contexts = join(', ', grep { $_ } map { $contexts{$_} } @flags);
        $rows{"$name ($contexts)"} = {
            arity => "$n[0]-$n[-1]"
                . (grep({ $_ eq 'NGX_CONF_BLOCK' } @flags) ? ' block' : ''),
        };
    }
    return %rows;
}

# The heads of the page: likewise => syntax, default, since, text.
sub heads {
    my ($text) = @_;
    my %heads;
    while ($text =~ /^\#\#\#\ (\w+)\n\n
        \ {4}Syntax:\ \ (.+)\n
        \ {4}Default:\ (.+)\n
        \ {4}Context:\ (.+)\n
        \ {4}Since:\ {3}(.+)\n\n(.+)/mgx)
    {
        $heads{"$1 ($4)"} = { syntax => $2, default => $3, since => $5,
            text => $6 };
    }
    return %heads;
}

# What a syntax takes: [x] may be left out.
sub arity {
    my ($syntax) = @_;
    my $block = $syntax =~ s/\s*\{ \.\.\. \}$// ? ' block' : '';
    $syntax =~ s/;$//;
    $syntax =~ s/^\w+ ?//;
    my ($least, $most);
    for my $way (split / \| /, $syntax) {
        my @words = split / /, $way;
        my $more = @words && $words[-1] eq '...' && pop @words;
        my $n = grep { !/^\[.*\]$/ } @words;
        $least = $n if !defined $least || $n < $least;
        $most = $more ? 'MORE' : @words
            if !defined $most || $most ne 'MORE' && ($more || @words > $most);
    }
    ($least, $most) = (0, 0) unless defined $least;
    # a directive with options alone needs one of them
    $least = 1 if !$least && $most;
    return "$least-$most$block";
}

sub default_of {
    my ($row) = @_;
    my $name = $row =~ s/ .*//r;
    my $parts = $defaults{$row} // $defaults{$name} or return '—';
    my @values;
    for my $part (@$parts) {
        my ($format, $re, $unit) = @$part;
        my ($value) = ($module . $conf . $retry . $events) =~ $re;
        return "no default in the code" unless defined $value;
        push @values, sprintf $format, in_words(number($value), $unit);
    }
    return "$name @values;";
}

# A named constant's value.
sub number {
    my ($value) = @_;
    return $value unless $value =~ /^[A-Z]\w+$/;
    my ($text) = $constants =~ /^#define \Q$value\E +(\S.*?)\s*(?:\/\*|$)/m
        or return $value;
    $text =~ s/(\d)(?:u|LL|ULL)\b/$1/g;
    return eval $text;          # digits, * and parentheses
}

# A row of the schedules as the page has it.
sub schedule {
    my ($row) = @_;
    my (undef, $name, $first, $factor, $max, $attempts, $age)
        = split /,\s+/, $row;
    return (eval($name), sprintf ' %s | %s | %s | %s | %s |',
        span($first), $factor, span($max), number($attempts), span($age));
}

sub span {
    my ($expression) = @_;
    my %ms = (SECOND => 1000, MINUTE => 60000, HOUR => 3600000);
    my $ms = number($expression =~ s/\b(SECOND|MINUTE|HOUR)\b/$ms{$1}/gr);
    $ms = eval $ms;
    for ([ d => 86400000 ], [ h => 3600000 ], [ m => 60000 ]) {
        return $ms / $_->[1] . $_->[0] if $ms % $_->[1] == 0;
    }
    return $ms / 1000 . 's';
}

sub in_words {
    my ($n, $unit) = @_;
    return $n if !$unit || $unit eq 'text';
    return $n ? 'on' : 'off' if $unit eq 'flag';
    if ($unit eq 'size') {
        return $n % 1048576 ? $n / 1024 . 'k' : $n / 1048576 . 'm';
    }
    $n /= 1000 if $unit eq 'ms';
    return $n % 3600 ? "${n}s" : $n / 3600 . 'h';
}

###############################################################################
