#!/usr/bin/perl

# parleyctl flow: checking, drawing, the JSON Schema; and the pages' examples.

###############################################################################

use warnings;
use strict;

use File::Temp qw/ tempdir /;
use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir("$FindBin::Bin/.."); }

use lib 't/lib';
use Parley::Nginx;
use Parley::Schema;

###############################################################################

my $ctl = $ENV{PARLEYCTL} // build_dir() . '/parleyctl';
my $dir = tempdir('parley-test-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
my @flows = glob('conf/flows/*.json');
delete $ENV{PARLEY_STORE};

# check: all mistakes of all files, each with its place

my ($status, $out, $err) = ctl('check', @flows);
is($status, 0, 'shipped flows are sound');
is($out =~ s/ is sound, version [0-9a-f]{16}$//mgr,
    join('', map { qq($_: flow ") . (m!(\w[\w-]*)\.json!)[0] . qq("\n) }
        @flows), 'with their versions');

spill("$dir/bad", <<'EOJ');
{
    "flow": "x", "start": "a",
    "steps": {
        "a": { "say": { "text": "Hi {{name}}, \u00e4 {{who}}" },
               "next": "b" }
    }
}
EOJ

($status, $out, $err) = ctl('check', "$dir/bad", $flows[0]);
is($status, 1, 'a file with mistakes');
is($err, join('', map { "$dir/bad:$_\n" }
    '4:37: steps.a.say.text: warning: not every contact has a name: '
        . 'give a fallback',
    '4:54: steps.a.say.text: nothing sets "who", and there is no fallback',
    '5:24: steps.a.next: no step "b"'), 'all of them');
like($out, qr/^\Q$flows[0]\E: .* is sound/, 'and the other is checked');

my @rows = map { decode_json($_) }
    split /\n/, (ctl('--json', 'check', "$dir/bad", $flows[0]))[1];
is(@rows, 4, 'for programs');
is(join(' ', map { $rows[$_]{line} . ($rows[$_]{warning} ? 'w' : '') }
    0 .. 2), '4w 4 5', 'lines');
like($rows[3]{version}, qr/^[0-9a-f]{16}$/, 'version');

is((ctl('check', "$dir/none"))[0], 1, 'no such file');
is((ctl('check'))[0], 2, 'no file at all');

# calls of other flows

spill("$dir/calls", <<'EOJ');
{ "flow": "calls", "start": "a", "steps": {
  "a": { "branch": [ { "when": { "words": ["x"] },
                       "call": { "flow": "called", "step": "nosuch" } } ],
         "call": { "flow": "called" } } } }
EOJ
spill("$dir/called", '{ "flow": "called", "entries": ["b"], "steps": {'
    . ' "b": {} } }');

($status, $out, $err) = ctl('check', "$dir/calls");
is("$status $err", "0 " . join('', map { "$dir/calls:$_\n" }
    '3:42: steps.a.branch[0].call.flow: warning: flow "called" is in none '
        . 'of these files',
    '4:28: steps.a.call.flow: warning: flow "called" is in none of these '
        . 'files'), 'a flow that may be elsewhere');
($status, $out, $err) = ctl('check', "$dir/called", "$dir/calls");
is("$status $err", "1 " . join('', map { "$dir/calls:$_\n" }
    '3:60: steps.a.branch[0].call.step: flow "called" has no step "nosuch"',
    '4:18: steps.a.call: flow "called" has no start: name a step'),
    'and what is not in it');
like($out, qr/^\Q$dir\E\/called: .* is sound/, 'which is sound itself');

# templates and quiet hours

SKIP: {
    skip 'no lead flow', 2 unless -e 'conf/templates/lead-de.json';
    is((ctl('check', '--templates', 'conf/templates/lead-de.json',
        'conf/flows/lead-qualification.json'))[0], 0, 'templates fit');
    spill("$dir/none.json", '{"templates":[]}');
    ($status, $out, $err) = ctl('check', '--templates', "$dir/none.json",
        'conf/flows/lead-qualification.json');
    like("$status $err", qr/^1 .*:\d+:\d+: .*template\.name: no template /,
        'or are missed');
}

spill("$dir/broken.json", "{\n\"templates\":1}");
like((ctl('check', '--templates', "$dir/broken.json", $flows[0]))[2],
    qr!^\Q$dir/broken.json\E:2:\d+: !, 'a bad file of templates');

spill("$dir/late", <<'EOJ');
{ "flow": "x", "start": "a", "inputs": ["at"], "steps": {
  "a": { "schedule": [ { "task": "t", "step": "b", "at": "at",
                         "offset": "-5m", "until": "0s" } ] },
  "b": { "say": { "text": "t", "category": "utility" } } } }
EOJ

is((ctl('check', "$dir/late"))[2], '', 'no quiet hours');
($status, $out, $err) = ctl('check', '--quiet-hours', '23:00-07:00',
    "$dir/late");
like("$status $err", qr!^0 \Q$dir/late\E:2:24: .*warning: .*23:05!,
    'quiet hours that can outlast a reminder');
is((ctl('check', '--quiet-hours', '0:00-24:00', "$dir/late"))[0], 1,
    'that always do');
is((ctl('check', '--quiet-hours', 'x', "$dir/late"))[0], 1, 'bad hours');

# diagrams

spill("$dir/draw", <<'EOJ');
{ "flow": "a-b", "triggers": [ { "keywords": ["<hi>", "x|y"],
  "step": "end" } ], "steps": {
  "end": { "say": { "text": "say \"no\"\n`#1;` & <b>" },
           "ask": { "save": "v", "as": "any" },
           "timeouts": [ { "after": "30m", "step": "later" } ],
           "branch": [ { "when": { "variable": "v", "is": "\"" },
                         "call": { "flow": "other" } } ],
           "next": "later" },
  "later": {} } }
EOJ

is((ctl('diagram', "$dir/draw"))[1], <<'EOD', 'for mermaid');
flowchart TD
    s0{{"end<br/>say #34;no#34; #96;#35;1#59;#96; #38; #60;b#62;"}}
    s1["later"]
    f0(["#60;hi#62;, x#124;y"])
    f0 --> s0
    s0 -.->|"after 30m"| s1
    f1(["flow other"])
    s0 -->|"v is #34;"| f1
    s0 -->|"else"| s1
EOD

is((ctl(qw/ diagram --format dot /, "$dir/draw"))[1], <<'EOD', 'for dot');
digraph "a-b" {
    node [shape=box, style=rounded];
    s0 [shape=hexagon, label="end\nsay \"no\" `#1;` & <b>"];
    s1 [label="later"];
    f0 [shape=plain, label="<hi>, x|y"];
    f0 -> s0 [label=""];
    s0 -> s1 [style=dashed, label="after 30m"];
    f1 [shape=plain, label="flow other"];
    s0 -> f1 [label="v is \""];
    s0 -> s1 [label="else"];
}
EOD

is((ctl('diagram', $_))[1], (ctl('diagram', $_))[1], "$_ twice") for @flows;
is((ctl(qw/ diagram --format svg /, $flows[0]))[0], 2, 'no such format');
is((ctl('diagram', "$dir/bad"))[0], 1, 'of a file with mistakes');

# the schema

($status, $out, $err) = ctl('schema');
is("$status $err", '0 ', 'schema');
my $schema = decode_json($out);
is($schema->{'$schema'}, 'https://json-schema.org/draft/2020-12/schema',
    'of its draft');
is(join(' ', map {
        my $def = $_;
        my $p = $schema->{'$defs'}{$def}{properties};
        map { "$def.$_" } grep { !$p->{$_}{description} } sort keys %$p
    } sort keys %{ $schema->{'$defs'} }), '', 'a sentence for each word');

my $against = Parley::Schema->new($schema);
my @files = (@flows, 't/fuzz/flow/all.json');
is(join("\n", $against->mistakes(read_flow($_))), '', "$_ fits") for @files;

for ([ sub { $_[0]{setps} = {} }, 'setps: unknown' ],
    [ sub { delete $_[0]{flow} }, ': no flow' ],
    [ sub { $_[0]{steps}{a}{say}{text} = 5 }, 'steps.a.say.text: no string' ],
    [ sub { $_[0]{steps}{a}{ask}{as} = 'x' },
        'steps.a.ask.as: none of these' ],
    [ sub { $_[0]{steps}{a}{say}{txt} = 'x' }, 'steps.a.say.txt: unknown' ],
    [ sub { $_[0]{steps}{a}{set}{w} = {} }, 'steps.a.set.w: no string' ],
    [ sub { $_[0]{handover}{topics}[0]{threshold} = 1001 },
        'handover.topics[0].threshold: large' ],
    [ sub { $_[0]{steps}{a}{branch}[0]{when}{from} = 'x' },
        'steps.a.branch[0].when.from: no integer' ],
    [ sub { $_[0]{triggers}[0]{pattern} = '' },
        'triggers[0].pattern: short' ])
{
    my ($break, $says) = @$_;
    my $flow = read_flow('t/fuzz/flow/all.json');
    $break->($flow);
    is(join("\n", $against->mistakes($flow)), $says, $says);
}

# examples of the page: files, and steps of one

my $page = slurp('docs/flows.md');
my $n = 0;

while ($page =~ /^```json\n(.*?)^```/msg) {
    my $text = $1;
    $text = example($text) if $text !~ /^\{/;
    spill("$dir/example", $text);
    ($status, $out, $err) = ctl('check', "$dir/example");
    is("$status $err", '0 ', 'example ' . ++$n);
}

cmp_ok($n, '>=', 6, 'examples');

# its tables have every word of the file's and of a condition's shape

for my $shape (qw/ FlowFile FlowWhen FlowStep FlowSay FlowTrigger FlowAsk /) {
    is(join(' ', grep { $page !~ /[`"]\Q$_\E[`"]/ }
        sort keys %{ $schema->{'$defs'}{$shape}{properties} }), '',
        "words of $shape");
}

done_testing();

###############################################################################

# Steps alone, in a file where all of them may begin.
sub example {
    my ($steps) = @_;
    my @names = $steps =~ /^"(\w+)": \{/mg;
    return qq({"flow":"x","entries":[)
        . join(',', map { qq("$_") } @names)
        . qq(],"inputs":["lead"],"steps":{\n$steps}}\n);
}

sub read_flow {
    my ($path) = @_;
    my $text = slurp($path);
    $text =~ s{("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/}{$1 // ' '}sge;
    return decode_json($text);
}

sub ctl {
    my @args = @_;
    my @global = grep { $_ eq '--json' } @args;
    @args = grep { $_ ne '--json' } @args;
    my $pid = fork() // die "fork: $!\n";

    if ($pid == 0) {
        open STDOUT, '>', "$dir/out" or die $!;
        open STDERR, '>', "$dir/err" or die $!;
        exec { $ctl } $ctl, @global, 'flow', @args or exit 127;
    }

    waitpid($pid, 0);
    return ($? & 127 ? "signal $?" : $? >> 8, slurp("$dir/out"),
        slurp("$dir/err"));
}

sub spill {
    my ($path, $text) = @_;
    open my $f, '>:raw', $path or die "$path: $!\n";
    print $f $text;
    close $f or die "$path: $!\n";
}

###############################################################################
