#!/usr/bin/perl

# parleyctl simulate: scripts are played against flows on the real engine,
# with a clock of their own; lines that do not hold are said with what is so
# instead, and mistakes with their places.

###############################################################################

use warnings;
use strict;

use File::Temp qw/ tempdir /;
use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;

###############################################################################

my $ctl = $ENV{PARLEYCTL} // build_dir() . '/parleyctl';
my $dir = tempdir('parley-test-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
mkdir "$dir/tmp";
$ENV{TMPDIR} = "$dir/tmp";
delete $ENV{PARLEY_STORE};

spill("$dir/f.json", <<'EOT');
{
    "flow": "f",
    "triggers": [
        { "keywords": ["hello"], "step": "greet" },
        { "keywords": ["later"], "step": "later" },
        { "pattern": "^order (?<number>\\d+)$", "step": "order" }
    ],
    "default": "fallback",
    "steps": {
        "greet": { "say": { "text": "Hello {{name}}!\nHow are you?" } },
        "later": { "say": { "text": "Now." }, "after_s": 300 },
        "order": { "say": { "text": "Order {{number}}." } },
        "fallback": { "say": { "text": "Sorry?" } }
    }
}
EOT

# what holds

my ($status, $out, $err) = simulate(<<'EOT');
# a comment
at 2027-03-01T10:00 Europe/Berlin
> hello
< text "Hello Anna!\nHow are *?"
expect window open
> order 12
< text /order 12/
> order 13
< text "Order 1\*"
< any
> order 14
< text
nothing
EOT
is($status, 1, 'a line does not hold');
is($err, '', 'no mistake');
is($out, <<"EOT", 'and the others do');
$dir/script:9:1: < text "Order 1\\*": left: text "Order 13."
$dir/script:10:1: < any: nothing has left
7 expectations, 2 do not hold
EOT

is_deeply([ simulate("> hello\n< text Hello*\n") ],
    [ 0, "1 expectations, 0 do not hold\n", '' ], 'all of them');

# the clock

is_deeply([ simulate(<<'EOT') ], [ 0, "9 expectations, 0 do not hold\n", '' ],
at 2027-03-28T01:58 Europe/Berlin
> later
nothing
+4m59s999ms
nothing
+1ms
< text Now.
expect window open
# the night in which clocks go forward: a day of 23 hours
at 2027-03-29T01:57
expect window open
+1m
expect window open
at 2027-03-29T02:57
expect window open
+1m
expect window closed
send text late
blocked window.closed
EOT
    'the clock turns, all on the way happens, and windows end in time');

# several persons, and messages from programs

is_deeply([ simulate(<<'EOT') ], [ 0, "6 expectations, 0 do not hold\n", '' ],
contact Ben language en zone Asia/Kolkata
> hello
contact Cleo phone 34600000001
> hello
< text "Hello Cleo!*"
contact Ben
< text "Hello Ben!*"
provider hold
send text "One."
send text "Two."
< text One.
nothing
provider ok
< text Two.
status read
nothing
EOT
    'persons, a provider that waits, and what is behind in the queue');

is_deeply([ simulate(<<'EOT') ], [ 0, "4 expectations, 0 do not hold\n", '' ],
> hello
< any
provider 131026
> hello
< any
refused 131026
nothing
EOT
    'what the provider refuses');

# what is said long after they wrote answers nobody

spill("$dir/late.json", <<'EOT');
{
    "flow": "late",
    "triggers": [
        { "keywords": ["soon"], "step": "soon" },
        { "keywords": ["late"], "step": "late" },
        { "keywords": ["night"], "step": "night" },
        { "keywords": ["drawn"], "step": "drawn" }
    ],
    "steps": {
        "soon": { "say": { "text": "Now." }, "next": "soon2" },
        "soon2": { "say": { "text": "Soon." }, "after_s": 900 },
        "late": { "say": { "text": "Now." }, "next": "late2" },
        "late2": { "say": { "text": "Late." }, "after_s": 901 },
        "night": { "say": { "text": "Now." }, "next": "night2" },
        "night2": { "say": { "text": "Hours later." }, "after_s": 36000 },
        "drawn": { "say": { "text": "Now." }, "next": "drawn2" },
        "drawn2": { "say": { "text": "Drawn." },
                    "delay": { "min": "9h", "max": "9h" } }
    }
}
EOT
spill("$dir/quiet.json", '{ "name": "demo", "time_zone": "Europe/Berlin",'
    . ' "policy": { "quiet_hours": "23:00-07:00" } }');

is_deeply([ late(<<'EOT') ], [ 0, "12 expectations, 0 do not hold\n", '' ],
at 2027-03-01T23:30 Europe/Berlin
> soon
< text Now.
+15m
< text Soon.
> late
< text Now.
+15m
+1s
nothing
at 2027-03-02T06:59:59
nothing
at 2027-03-02T07:00
< text Late.
at 2027-03-02T18:00
> night
< text Now.
> drawn
< text Now.
at 2027-03-03T06:59
nothing
at 2027-03-03T07:00
< text "Hours later."
< text "Drawn."
nothing
EOT
    'quiet hours hold it up, and a quarter of an hour is an answer still');

is_deeply([ late(<<'EOT') ], [ 0, "4 expectations, 0 do not hold\n", '' ],
at 2027-03-01T08:00 Europe/Berlin
> night
< text Now.
+10m
> stop
< text "*START*"
+12h
nothing
at 2027-03-05T12:00
nothing
EOT
    'and STOP takes it back');

is_deeply([ late(<<'EOT') ], [ 0, "3 expectations, 0 do not hold\n", '' ],
at 2027-03-01T20:00 Europe/Berlin
> night
< text Now.
at 2027-03-02T06:30
nothing
> stop
< text "*START*"
+12h
EOT
    'also while it waits for the morning');

# what a condition knows of consent

spill("$dir/consent.json", <<'EOT');
{
    "flow": "consent", "default": "which",
    "triggers": [
        { "keywords": ["grant"], "step": "grant" },
        { "keywords": ["forget"], "step": "forget" },
        { "keywords": ["nothing at all"], "step": "all" }
    ],
    "steps": {
        "which": {
            "branch": [
                { "when": { "consent": "marketing_messages",
                            "state": "paused" }, "step": "paused" },
                { "when": { "consent": "marketing_messages",
                            "state": "revoked" }, "step": "revoked" },
                { "when": { "consent": "marketing_messages",
                            "state": "unknown" }, "step": "unknown" },
                { "when": { "consent": "marketing_messages" },
                  "step": "granted" }
            ],
            "end": true
        },
        "paused": { "say": { "text": "paused" } },
        "revoked": { "say": { "text": "revoked" } },
        "unknown": { "say": { "text": "unknown" } },
        "granted": { "say": { "text": "granted" } },
        "grant": { "consent": [ { "category": "marketing_messages",
                                  "state": "granted" } ] },
        "forget": { "consent": [ { "category": "marketing_messages",
                                   "state": "unknown" } ] },
        "all": { "consent": [ { "category": "all", "state": "revoked" } ] }
    }
}
EOT

is_deeply([ simulated('consent', <<'EOT') ],
> which
< text unknown
> grant
> which
< text granted
+1h
> can you stop this
< text paused
expect consent marketing_messages paused
+1h
> forget
> which
< text unknown
+1h
> grant
+1h
> nothing at all
> which
< text revoked
> stop
< text "*START*"
> which
< text revoked
EOT
    [ 0, "8 expectations, 0 do not hold\n", '' ],
    'granted, revoked, paused, unknown; and all stands above each');

# what is left over

($status, $out, $err) = simulate("> hello\n");
is("$status $out", "1 $dir/script:1:1: the script's end: no line expected: "
    . qq(text "Hello Anna!\\nHow are you?"\n)
    . "1 expectations, 1 do not hold\n", 'what no line expected');

# output

like((simulate("> hello\n< text x\nnothing\n", '--tap'))[1], qr/^not\ ok\ 1
    \ -\ \S+:2:\ <\ text\ x\n\#\ left:\ .*\nok\ 2\ -\ \S+:3:\ nothing\n
    1\.\.2\n$/x, 'as tests');
my @rows = map { decode_json($_) }
    split /\n/, (simulate("> hello\n< text x\nnothing\n", '--json'))[1];
is_deeply([ map { $_->{holds} ? 1 : 0 } @rows ], [ 0, 1 ], 'for programs');
is($rows[0]{line}, 2, 'with their lines');
like($rows[0]{reason}, qr/^left: text "Hello/, 'and reasons');

my $script = join '', map { "> order $_\n< any\n+1h\n" } 1 .. 50;
is((simulate($script, '--tap'))[1], (simulate($script, '--tap'))[1],
    'the same each time');

# mistakes

for ([ "> a\n< any\n  bogus", 3, 3 ], [ "expect bogus", 1, 8 ],
    [ "at never", 1, 4 ], [ "at 2027-01-01 Nowhere/Town", 1, 15 ],
    [ "+1x", 1, 2 ], [ "> a\n< text /(/", 2, 8 ], [ "tap a", 1, 5 ],
    [ "> a\n< any\nat 2020-01-01", 3, 4 ], [ "contact A b", 1, 12 ],
    [ "contact A b c", 1, 11 ], [ "provider maybe", 1, 10 ],
    [ "event a b", 1, 9 ], [ "send bogus x", 1, 6 ], [ "status read", 1, 8 ],
    [ "form {", 1, 6 ], [ "expect task a on x", 1, 15 ])
{
    my ($text, $line, $column) = @$_;
    my ($status, $out, $err) = simulate("$text\n");
    is($status, 1, "a mistake: $text");
    like($err, qr!^\Q$dir\E/script:$line:$column: !, 'with its place');
}

spill("$dir/bad.json", qq({"flow":"b",\n "steps":{}}));
($status, $out, $err) = run("$dir/bad.json", "$dir/script");
is($status, 1, 'a mistake in a flow');
like($err, qr!^\Q$dir\E/bad\.json:2:\d+: !, 'with its place');

is((run("$dir/f.json"))[0], 2, 'no script');
is((run("$dir/script"))[0], 2, 'no flow');
is((run("$dir/f.json", "$dir/f.json", "$dir/script"))[0], 1,
    'a flow that is there twice');
is((run("$dir/f.json", "$dir/none"))[0], 1, 'a script that is not there');

# settings

spill("$dir/s.json", qq({"name":"shop",\n "time_zone":"Asia/Kolkata"}\n));
is((simulate("at 2027-01-01T05:29:59\nat 2027-01-01T00:00:00Z\n",
    '--settings', "$dir/s.json"))[0], 0, 'settings say the zone');
spill("$dir/s.json", qq({"name":"shop",\n "bogus":1}\n));
($status, $out, $err) = simulate("> a\n", '--settings', "$dir/s.json");
like($err, qr!^\Q$dir\E/s\.json:2:\d+: !, 'a mistake in the settings');
($status, $out, $err) = simulate("> a\n", '--zone', 'Nowhere/Town');
is($status, 1, 'no such zone');

# what was taken of a flow

spill("$dir/q.json", <<'EOT');
{
    "flow": "q",
    "inputs": ["who"],
    "triggers": [ { "keywords": ["go"], "step": "ask" },
                  { "event": "poke", "step": "poke" } ],
    "handover": { "words": ["agent"], "misunderstandings": 1 },
    "steps": {
        "ask": {
            "say": { "text": "Coffee?", "buttons": [
                { "id": "yes", "title": "Yes" },
                { "id": "no", "title": "No" } ] },
            "ask": { "save": "coffee", "as": "choice" },
            "timeouts": [ { "after": "30m", "step": "nudge" } ],
            "branch": [ { "when": { "variable": "coffee", "is": "yes" },
                          "step": "good" } ],
            "next": "bad"
        },
        "nudge": { "say": { "text": "Still there?" }, "back": true },
        "good": {
            "say": { "text": "Good." },
            "status": "qualified",
            "schedule": [ { "task": "tell", "step": "told",
                            "after": "2h" } ],
            "end": true
        },
        "bad": { "say": { "text": "Pity." }, "end": true },
        "told": { "say": { "text": "It is ready." } },
        "poke": { "say": { "text": "Poked {{who}}." } }
    }
}
EOT
spill("$dir/script", <<'EOT');
at 2027-03-01T10:00 Europe/Berlin
> go
< buttons "Coffee?" yes no
expect step ask
+30m
< text "Still there?"
tap yes
< text "Good."
expect var coffee yes
expect status qualified
expect task tell at 2027-03-01T12:30
expect ended
event poke who=me
< text "Poked me."
+2h
< text "It is ready."
expect no task tell
EOT
spill("$dir/script2", <<'EOT');
> go
< buttons
> Blau
< buttons
> Blau
expect owner person
expect audit handover misunderstood
nothing
agent "Max here."
< text "Max here."
release
expect owner bot
EOT
($status, $out, $err) = run("$dir/q.json", "$dir/script", '--cover');
is("$status $err", '0 ', 'a flow with questions, tasks and events');
is($out, <<'EOT' =~ s/ /\t/gr . "11 expectations, 0 do not hold\n",
1 q - triggers[0] ask
1 q - triggers[1] poke
0 q - handover[asked] -
0 q - handover[misunderstood] -
1 q - task[tell] told
1 q ask - -
1 q ask branch[0] good
1 q ask timeouts[0] nudge
0 q ask unclear -
0 q ask next bad
1 q nudge - -
1 q nudge back -
1 q good - -
1 q good end -
0 q bad - -
0 q bad end -
1 q told - -
1 q told over -
1 q poke - -
1 q poke over -
EOT
    'what was taken, and what was not');
($status, $out, $err) = run("$dir/q.json", "$dir/script", "$dir/script2",
    '--cover', '--json');
is($status, 0, 'two scripts');
my %taken = map { ($_->{step} // '') . '.' . ($_->{edge} // '') => $_->{taken} }
    grep { exists $_->{taken} } map { decode_json($_) } split /\n/, $out;
is($taken{'.triggers[0]'}, 2, 'both count');
is($taken{'ask.unclear'}, 1, 'an answer that was none');
is($taken{'.handover[misunderstood]'}, 1, 'and the second one');

# templates

spill("$dir/t.json", <<'EOT');
{ "templates": [
    { "name": "hi_v1", "language": "de", "category": "utility",
      "body": "Guten Tag {{first_name}}, es ist soweit.",
      "buttons": [ { "kind": "quick_reply", "text": "Hello" } ],
      "variables": [ { "name": "first_name", "sample": "Anna" } ] } ] }
EOT
is_deeply([ simulate(<<'EOT', '--templates', "$dir/t.json") ],
send template hi_v1 de Ben
< template hi_v1 language de body Ben
tap Hello
< text "Hello Anna!*"
EOT
    [ 0, "2 expectations, 0 do not hold\n", '' ], 'a template, and its button');
like((simulate("send template hi_v1 de\n", '--templates', "$dir/t.json"))[2],
    qr/:1:6: .*refused by template/, 'one that is not filled');
like((simulate("send template hi_v2 de\n", '--templates', "$dir/t.json"))[2],
    qr/:1:6: .*refused by template/, 'one that is not there');
spill("$dir/t.json", qq({"templates":[\n{"name":"x"}]}));
like((simulate("> x\n", '--templates', "$dir/t.json"))[2],
    qr!^\Q$dir\E/t\.json:2:\d+: !, 'a mistake in the file');

# the store

is_deeply([ glob("$dir/tmp/*") ], [], 'nothing is left behind');
is((simulate("> hello\n< any\n", '--keep', "$dir/kept"))[0], 0, 'kept');
is(system("$ctl --store $dir/kept check >$dir/out 2>&1"), 0,
    'a store that is sound');
is(system("$ctl --store $dir/kept replay $dir/again >$dir/out 2>&1"), 0,
    'and is the fold of its journal');
is((simulate("> hello\n< any\n", '--keep', "$dir/kept"))[0], 1,
    'never over another');

# a signal: what begins does not end by itself, so that there is time

spill("$dir/script", join '', map { "> hello\n< any\n" } 1 .. 9000);
my $pid = fork // die "no fork: $!\n";
if (!$pid) {
    open STDOUT, '>', "$dir/out" or die;
    exec $ctl, 'simulate', "$dir/f.json", "$dir/script" or die;
}
for (1 .. 1000) {
    last if () = glob("$dir/tmp/*");
    select undef, undef, undef, 0.01;
}
kill 'TERM', $pid;
waitpid $pid, 0;
ok(($? & 127) == 15 || $? == 0, 'ended by its signal');
is_deeply([ glob("$dir/tmp/*") ], [], 'and leaves nothing behind');

done_testing();

###############################################################################

sub simulate {
    my ($script, @options) = @_;
    spill("$dir/script", $script);
    return run("$dir/f.json", "$dir/script", @options);
}

sub late {
    return simulated('late', $_[0], '--settings', "$dir/quiet.json");
}

sub simulated {
    my ($flow, $script, @options) = @_;
    spill("$dir/script", $script);
    return run("$dir/$flow.json", "$dir/script", @options);
}

sub run {
    my @words = map { "'$_'" } @_;
    my $status = system("timeout 100 $ctl simulate @words >$dir/out 2>$dir/err")
        >> 8;
    return ($status, slurp("$dir/out"), slurp("$dir/err"));
}

sub spill {
    my ($path, $text) = @_;
    open my $fh, '>', $path or die "cannot write $path: $!\n";
    print $fh $text;
    close $fh or die "cannot write $path: $!\n";
    return;
}
