#!/usr/bin/perl

# Tests for the configuration: what the tree ships and what the directive
# page shows passes nginx -t, which makes no store; and each mistake is
# refused, with what is wrong, and with the file and line where it stands.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;

###############################################################################

my $t = Parley::Nginx->new();
my $dir = $t->testdir();

# Each: a line that is right, what is written instead, how what is said
# begins, and, where it is not that line, at which text or place it is said.

my $store = 'parley_store store;';
my $secret = 'parley_app_secret_file secrets/app.secret;';
my $webhook = 'parley_webhook whatsapp;';
my $zone = 'time_zone Europe/Berlin;';
my $id = 'phone_number_id 106540352242922;';
my $token = 'token_file secrets/channel.token;';
my $channel = 'channel main whatsapp {';
my $tenant = 'parley_tenant acme {';
my $flow = 'flow greeting flows/greeting.json;';
my $metrics = 'parley_metrics;';
my $sandbox = 'parley_sandbox zone=sends:1m;';

my @mistakes = (
    [ $store, '', 'no "parley_store" is defined for the "parley_tenant"',
        $tenant ],
    [ $store, "$store $store", '"parley_store" directive is duplicate' ],
    [ $store, 'parley_store store siz=1m;', 'invalid parameter "siz=1m"' ],
    [ $store, 'parley_store store size=1023k;', 'invalid size "1023k"' ],
    [ $store, 'parley_store;', 'invalid number of arguments' ],
    [ $store, "$store parley_key_file secrets/none;", 'read key: ' ],
    [ $store, "$store parley_key_file secrets/app.secret;", 'read key: ' ],
    [ $store, "$store parley_number_library secrets/none.so;",
        'parley: numbering: ' ],
    [ $store, "$store parley_number_library secrets/app.secret;",
        'parley: numbering: ' ],
    [ $store, "$store parley_outbox outbox;", '"parley_outbox" directive' ],
    [ $store, "$store parley_append_queue entries=0;",
        'invalid parameter "entries=0"' ],
    [ $store, "$store parley_append_queue bytes=3071k;",
        'invalid parameter "bytes=3071k"' ],
    [ $store, "$store parley_append_queue entries=1 entries=2;",
        'invalid parameter "entries=2"' ],
    [ $store, "$store parley_append_queue asks=0;",
        'invalid parameter "asks=0"' ],
    [ $store, "$store parley_journal_keep often;", '"parley_journal_keep"' ],
    [ 'thread_pool parley threads=4;', '', 'unknown thread pool "parley"',
        $store ],

    [ $secret, '', 'no "parley_app_secret_file" is defined for '
        . 'the "parley_webhook"', $webhook ],
    [ $secret, 'parley_app_secret_file secrets/none;', 'open() "' ],
    [ $secret, 'parley_app_secret_file secrets/empty;',
        "\"$dir/secrets/empty\" is empty" ],
    [ $secret, 'parley_app_secret_file secrets;',
        "\"$dir/secrets\" is not a regular file" ],
    [ $secret, "$secret " x 17, '"parley_app_secret_file" directive is '
        . 'given too often' ],
    [ $secret, "$secret parley_verify_token '';", '"parley_verify_token"' ],
    [ $secret, "$secret parley_body_max 0;", '"parley_body_max"' ],
    [ $secret, "$secret parley_body_max 36865k;", '"parley_body_max"' ],
    [ $secret, "$secret parley_body_max 3073k;", '"parley_body_max"',
        'parley_webhook' ],
    [ $webhook, 'parley_webhook telegraph;', 'unknown provider "telegraph"' ],
    [ $webhook, "$webhook $webhook", '"parley_webhook" directive is '
        . 'duplicate' ],
    [ $webhook, "empty_gif; $webhook", '"parley_webhook" directive stands '
        . 'beside another handler' ],
    [ $webhook, "$webhook proxy_pass http://127.0.0.1:9;",
        'another handler of this location replaces', $webhook ],
    [ 'listen 127.0.0.1:8080;', "listen 127.0.0.1:8080; $webhook",
        '"parley_webhook" directive is not allowed here', $webhook ],

    [ $tenant, "parley_tenant acme { } $tenant", 'duplicate tenant "acme"' ],
    [ $tenant, 'parley_tenant "a/b" {', 'invalid tenant name "a/b"' ],
    [ $tenant, 'parley_tenant ' . 'x' x 65 . ' {', 'invalid tenant name' ],
    [ $tenant, "$tenant api_version v24.0;",
        '"api_version" directive is not allowed here' ],
    [ $tenant, "$tenant rate 0;", 'value must be between 1 and 10000' ],
    [ $tenant, "$tenant rate 10001;", 'value must be between 1 and 10000' ],
    [ $tenant, "$tenant weight 0;", 'value must be between 1 and 100' ],
    [ $tenant, "$tenant weight 101;", 'value must be between 1 and 100' ],
    [ $tenant, "$tenant weight 2; weight 2;",
        '"weight" directive is duplicate' ],
    [ $token, "$token weight 2;", '"weight" directive is not allowed here' ],
    [ $tenant, "$tenant sandbox maybe;",
        'invalid value "maybe" in "sandbox" directive, it must be "on" or '
        . '"off"' ],
    [ $tenant, "$tenant sandbox on; sandbox on;",
        '"sandbox" directive is duplicate' ],
    [ $token, "$token sandbox on;", '"sandbox" directive is not allowed here' ],
    [ $tenant, "$tenant keep audit 1d;",
        'unknown rows "audit": messages or contacts' ],
    [ $tenant, "$tenant keep messages 36h;",
        'invalid time "36h": "off", or days, 1d to 36500d' ],
    [ $tenant, "$tenant keep contacts 36501d;",
        'invalid time "36501d": "off", or days, 1d to 36500d' ],
    [ $tenant, "$tenant keep messages 1d; keep messages off;",
        '"keep" directive is duplicate' ],
    [ $token, "$token keep messages 1d;",
        '"keep" directive is not allowed here' ],
    [ $tenant, "$tenant root /;", '"root" directive is not allowed here' ],
    [ $tenant, "$tenant colour red;", 'unknown directive "colour"' ],
    [ $zone, 'time_zone Europe/Nowhere;', 'unknown time zone' ],
    [ $zone, 'time_zone Europe;', 'unknown time zone' ],
    [ $zone, 'time_zone ../../etc/passwd;', 'invalid time zone' ],
    [ $zone, 'time_zone right/UTC;', 'invalid time zone' ],
    [ $zone, 'time_zone leapseconds;', 'unusable time zone' ],
    [ $zone, "$zone $zone", '"time_zone" directive is duplicate' ],
    [ $zone, "$zone quiet_hours;", 'invalid number of arguments' ],
    [ $zone, "$zone quiet_hours 23:00-07:00; quiet_hours off;",
        '"quiet_hours" directive is duplicate' ],
    [ $zone, "$zone quiet_hours 23:00-25:00;",
        'invalid hours "23:00-25:00", at byte 7: ' ],
    [ $zone, "$zone business_hours mon-fri 09:00-17:00, som 10:00-12:00;",
        'invalid hours "mon-fri 09:00-17:00, som 10:00-12:00", at byte 22: ' ],
    [ $zone, "$zone quiet adverts drop;", 'invalid category "adverts"' ],
    [ $zone, "$zone quiet marketing skip;", 'invalid parameter "skip"' ],
    [ $zone, "$zone quiet person shift; quiet person send;",
        'duplicate "quiet person"' ],
    [ $zone, "$zone consent utility optional;",
        'invalid category "utility"' ],
    [ $zone, "$zone consent marketing maybe;",
        'invalid parameter "maybe"' ],
    [ $zone, "$zone consent marketing optional; consent marketing required;",
        '"consent" directive is duplicate' ],
    [ $zone, "$zone cap marketing 2 per 7d;", 'invalid number of arguments' ],
    [ $zone, "$zone cap adverts 2 per 7d contact;",
        'invalid subject "adverts"' ],
    [ $zone, "$zone cap nudge 0 per 7d contact;",
        'invalid number "0": from 1 to 64' ],
    [ $zone, "$zone cap nudge 65 per 7d contact;", 'invalid number "65"' ],
    [ $zone, "$zone cap nudge 1000000001 per day tenant;",
        'invalid number "1000000001": from 1 to 1000000000' ],
    [ $zone, "$zone cap nudge 2 in 7d contact;", 'invalid parameter "in"' ],
    [ $zone, "$zone cap nudge 2 per 367d contact;",
        'invalid period "367d": "day", "month", or 1d to 366d' ],
    [ $zone, "$zone cap nudge 2 per week contact;", 'invalid period "week"' ],
    [ $zone, "$zone cap nudge 2 per 7d tenant;",
        '"cap" directive of a tenant must be per "day" or "month"' ],
    [ $zone, "$zone cap nudge 2 per day everybody;",
        'invalid parameter "everybody"' ],
    [ $zone, "$zone cap nudge 2 per day tenant refuse;",
        'invalid parameter "refuse"' ],
    [ $zone, "$zone " . 'cap nudge 2 per 7d contact;' x 2,
        '"cap" directive is duplicate' ],
    [ $zone, join(' ', $zone, map { "cap nudge 2 per ${_}d contact;" }
        1 .. 17), '"cap" directive is given too often' ],
    [ $zone, "$zone forbid_file none;", 'open() "' ],
    [ $zone, "$zone forbid_file forbid.pattern;",
        "$dir/forbid.pattern:3:10: compile pattern: " ],
    [ $zone, "$zone forbid_file forbid.name;",
        "$dir/forbid.name:1:3: patterns: a name has" ],
    [ $zone, "$zone forbid_file forbid.twice;",
        "$dir/forbid.twice:2:1: patterns: a rule of that name" ],
    [ $zone, "$zone forbid_file forbid.right people;",
        'invalid parameter "people"' ],
    [ $zone, "$zone templates_file forbid.right;",
        "$dir/forbid.right:1:" ],
    [ $zone, "$zone stop_words_file none;", 'open() "' ],
    [ $zone, "$zone stop_words_file words.kind;",
        "$dir/words.kind:2:1: stop words: no such kind" ],
    [ $zone, "$zone stop_words_file words.empty;",
        "$dir/words.empty:3:8: stop words: a phrase without a word" ],
    [ $zone, "$zone stop_words_file words.nul;",
        "$dir/words.nul:1:7: stop words: a NUL" ],
    [ $zone, "$zone stop_words_file words.right; stop_words_file "
        . 'words.right;', '"stop_words_file" directive is duplicate' ],
    [ $zone, "$zone stop_text " . 'x' x 1025 . ';',
        'the text has 1025 bytes, 1024 at most' ],
    [ $zone, "$zone help_text \"a\xff\";", 'the text is not UTF-8' ],
    [ $zone, "$zone start_text a; start_text b;",
        '"start_text" directive is duplicate' ],
    [ $zone, "$zone language tlh;", 'there are no texts in language "tlh"' ],
    [ $token, "$token stop_text a;",
        '"stop_text" directive is not allowed here' ],
    [ $token, "$token quiet_hours at night;", 'invalid hours "at night"' ],
    [ $token, "$token time_zone Mars/Olympus;", 'unknown time zone' ],
    [ $token, "$token cap nudge 2 per 7d contact;",
        '"cap" directive is not allowed here' ],
    [ $flow, 'flow greeting flows/none.json;', 'open() "' ],
    [ $flow, "templates_file none.json; flow fixed flows/fixed.json;",
        "$dir/flows/fixed.json:3:", '} # tenant' ],
    [ $flow, "flow fixed flows/fixed.json; templates_file none.json;",
        "$dir/flows/fixed.json:3:", '} # tenant' ],
    [ $flow, "flow late flows/late.json; quiet_hours 00:00-24:00;",
        "$dir/flows/late.json:3:", '} # tenant' ],
    [ $flow, "$flow $flow", 'duplicate flow "greeting"' ],
    [ $flow, 'flow other flows/greeting.json;',
        'flow "other" is named "greeting"' ],
    [ $flow, 'flow bad flows/key.json;',
        "$dir/flows/key.json:2:2: decode: nosuch: unknown key" ],
    [ $flow, 'flow bad flows/latin1.json;',
        "$dir/flows/latin1.json:2:37: decode: this byte is no UTF-8" ],
    [ $flow, 'flow bad flows/calls.json;',
        "$dir/flows/calls.json:2:35: flow: steps.a.call.flow: "
            . 'there is no flow "nosuch"', '} # tenant' ],
    [ $flow, "flow bad flows/calls2.json; $flow",
        "$dir/flows/calls2.json:2:55: flow: steps.a.call.step: "
            . 'flow "greeting" has no step "nosuch"', '} # tenant' ],
    [ $flow, 'flow bad flows/pattern.json;', "$dir/flows/pattern.json:2:" ],

    [ $channel, 'channel main telegraph {', 'unknown provider "telegraph"' ],
    [ $channel, 'channel main {', 'invalid number of arguments' ],
    [ $channel, "channel main whatsapp { phone_number_id 1; $token } "
        . $channel, 'duplicate channel "main"' ],
    [ $channel, "channel other whatsapp { $id $token } $channel",
        'channels "other" and "main" have the same phone_number_id',
        '} # channel' ],
    [ $id, '', 'channel "main" has no "phone_number_id"', '} # channel' ],
    [ $id, 'phone_number_id +1;', 'invalid id "+1"' ],
    [ $token, '', 'channel "main" has no "token_file"', '} # channel' ],
    [ $token, 'token_file secrets/empty;', "\"$dir/secrets/empty\" is " ],
    [ $token, "$token $token", '"token_file" directive is duplicate' ],
    [ $token, "$token rate 0;", 'value must be between 1 and 10000' ],
    [ $token, "$token rate 10001;", 'value must be between 1 and 10000' ],
    [ $token, "$token api_base_url graph;", '"api_base_url" directive' ],
    [ $token, "$token api_base_url https:///x;", '"api_base_url"' ],
    [ $token, "$token api_base_url https://x/;", '"api_base_url"' ],
    [ $token, "$token api_version 24;", '"api_version" directive' ],
    [ $token, "$token retry transient;", 'invalid number of arguments' ],
    [ $token, "$token retry passing first=1s;",
        'unknown class "passing" of failures' ],
    [ $token, "$token retry transient first=1s; retry transient age=1h;",
        'duplicate "retry transient"' ],
    [ $token, "$token retry transient last=1s;",
        'invalid parameter "last=1s"' ],
    [ $token, "$token retry transient first=1s first=1s;",
        'duplicate parameter "first=1s"' ],
    [ $token, "$token retry transient first=99ms;",
        'invalid value "first=99ms": from 100 to 86400000 ms' ],
    [ $token, "$token retry transient max=86401s;",
        'invalid value "max=86401s"' ],
    [ $token, "$token retry transient first=2h;",
        '"first" of "retry transient", 7200000 ms, is longer than' ],
    [ $token, "$token retry transient factor=0;",
        'invalid value "factor=0": from 1 to 10' ],
    [ $token, "$token retry transient factor=11;",
        'invalid value "factor=11"' ],
    [ $token, "$token retry transient factor=1.5;",
        'invalid value "factor=1.5"' ],
    [ $token, "$token retry transient attempts=1001;",
        'invalid value "attempts=1001": from 0 to 1000' ],
    [ $token, "$token retry transient attempts=-1;",
        'invalid value "attempts=-1"' ],
    [ $token, "$token retry transient attempts=;",
        'invalid value "attempts="' ],
    [ $token, "$token retry transient age=999ms;",
        'invalid value "age=999ms": from 1000 to 2592000000 ms' ],
    [ $token, "$token retry transient age=31d;",
        'invalid value "age=31d"' ],
    [ $token, "$token retry transient age=soon;",
        'invalid value "age=soon"' ],
    [ $token, "$token unknown;", 'invalid number of arguments' ],
    [ $token, "$token unknown resend;", '"unknown" directive must be "hold"' ],
    [ $token, "$token unknown resend 1m;", 'invalid number of arguments' ],
    [ $token, "$token unknown resend within 1m;",
        '"unknown" directive must be "hold"' ],
    [ $token, "$token unknown hold; unknown hold;",
        '"unknown" directive is duplicate' ],
    [ $token, "$token unknown resend after 999ms;",
        'invalid time "999ms": from 1000 to 86400000 ms' ],
    [ $token, "$token unknown resend after 86401s;",
        'invalid time "86401s"' ],
    [ $token, "$token unknown resend after noon;",
        'invalid time "noon"' ],
    [ $token, "$token api_timeout 0;", '"api_timeout" directive' ],
    [ $token, "$token api_connect_timeout 3601s;",
        '"api_connect_timeout" directive' ],
    [ $token, "$token include inc.conf;", 'unknown directive "colour"',
        undef, "$dir/inc.conf:3" ],

    [ $metrics, "$metrics $metrics", '"parley_metrics" directive is' ],
    [ $metrics, 'parley_metrics on;', 'invalid number of arguments' ],
    [ $sandbox, 'parley_sandbox secret_file=secrets/app.secret;',
        '"parley_sandbox" directive must have "zone"' ],
    [ $sandbox, 'parley_sandbox zone=sends;', 'invalid parameter' ],
    [ $sandbox, 'parley_sandbox zone=sends:1k;', 'invalid parameter' ],
    [ $sandbox, 'parley_sandbox zone=sends:1m webhook=/x;',
        '"parley_sandbox" directive must have "secret_file"' ],
    [ $sandbox, 'parley_sandbox zone=sends:1m delay=1s;',
        'invalid parameter "delay=1s"' ],
);

my $right = <<'EOF';
%%TEST_GLOBALS%%
events {
}
http {
    %%TEST_GLOBALS_HTTP%%
    parley_store store;
    parley_tenant acme {
        time_zone Europe/Berlin;
        channel main whatsapp {
            phone_number_id 106540352242922;
            token_file secrets/channel.token;
        } # channel
        flow greeting flows/greeting.json;
    } # tenant
    server {
        listen 127.0.0.1:8080;
        location = /webhooks/whatsapp {
            parley_webhook whatsapp;
            parley_app_secret_file secrets/app.secret;
        }
        location = /metrics {
            parley_metrics;
        }
        location /sandbox {
            parley_sandbox zone=sends:1m;
        }
    }
}
EOF

$t->write_file('secrets/empty', "\n");
$t->write_file('secrets/key', 'ab' x 32 . "\n");
$t->write_file('inc.conf', "\n\ncolour red;\n");
$t->write_file('inc_right.conf', "rate 5;\n");
$t->write_file('flows/key.json',
    "{\"flow\": \"bad\",\n \"nosuch\": 1, \"steps\": {}}\n");
$t->write_file('flows/latin1.json', "{\"flow\": \"bad\", \"default\": "
    . "\"a\",\n \"steps\": {\"a\": {\"say\": {\"text\": \"Gr\xfc\xdfe\"}}}}\n");
$t->write_file('flows/calls.json', "{\"flow\": \"bad\", \"default\": "
    . "\"a\",\n \"steps\": {\"a\": {\"call\": {\"flow\": "
    . "\"nosuch\"}}}}\n");
$t->write_file('flows/calls2.json', "{\"flow\": \"bad\", \"start\": "
    . "\"a\",\n \"steps\": {\"a\": {\"call\": {\"flow\": "
    . "\"greeting\", \"step\": \"nosuch\"}}}}\n");
$t->write_file('flows/pattern.json', "{\"flow\": \"bad\",\n \"triggers\": "
    . "[{\"pattern\": \"(abc\", \"step\": \"x\"}],\n \"steps\": "
    . "{\"x\": {\"say\": {\"text\": \"a\"}}}}\n");

$t->write_file('words.right', "# ours\n\nstop: keine Angebote\r\n"
    . "polite: liebes Team\nother : stop and go\n");
$t->write_file('words.none', "# nothing\n");
$t->write_file('words.kind', "stop: a\nhalt: b\n");
$t->write_file('words.empty', "\n\n stop: !!\n");
$t->write_file('words.nul', "stop: a\0b\n");
$t->write_file('none.json', '{"templates": []}');
$t->write_file('flows/fixed.json', "{\"flow\": \"fixed\", \"start\": \"x\",\n"
    . " \"steps\": {\"x\": {\"say\": {\"template\":\n"
    . "  {\"name\": \"nosuch\", \"language\": \"de\"}}}}}\n");
$t->write_file('flows/late.json', "{\"flow\": \"late\", \"start\": \"a\", "
    . "\"inputs\": [\"at\"],\n \"steps\": {\"a\": {\"schedule\": [\n"
    . "  {\"task\": \"t\", \"step\": \"b\", \"at\": \"at\", "
    . "\"offset\": \"-5m\", \"until\": \"0s\"}]},\n"
    . " \"b\": {\"say\": {\"text\": \"r\", \"category\": "
    . "\"utility\"}}}}\n");

$t->write_file('forbid.right', "# none\n\n  phone: [0-9]{6,}\r\n");
$t->write_file('forbid.pattern', "a: b\n\nbad:  a(b\n");
$t->write_file('forbid.name', "  a b: c\n");
$t->write_file('forbid.twice', "a: b\na: c\n");

my @variants = (
    [ $flow, 'flow fixed flows/fixed.json;' ],
    [ $flow, 'flow late flows/late.json; quiet_hours 23:00-07:00;' ],
    [ $zone, "$zone quiet_hours off; business_hours mon-fri 09:00-12:00, "
        . '13:00-17:00; quiet person drop; quiet service send;' ],
    [ $zone, "$zone consent marketing optional; cap nudge 64 per 366d "
        . 'contact block; cap nudge 1000000000 per month tenant defer;' ],
    [ $zone, "$zone forbid_file forbid.right; forbid_file forbid.right "
        . 'group;' ],
    [ $zone, "$zone stop_words_file words.right; language de_AT; "
        . 'stop_text "Ende.\n\xc3\x9c"; start_text ""; help_text '
        . 'x' x 1024 . ';' ],
    [ $zone, "$zone stop_words_file words.none; language de;" ],
    [ $zone, "$zone keep messages 1d; keep contacts 36500d;" ],
    [ $zone, "$zone keep contacts off;" ],
    [ $token, "$token quiet_hours off; business_hours off; "
        . 'time_zone Asia/Kolkata;' ],
    [ $store, "$store parley_key_file secrets/key;" ],
    [ $store, 'parley_store store size=1m;' ],
    [ $store, "$store parley_append_queue entries=1 bytes=3m asks=1;" ],
    [ $token, "$token include inc_right.conf;" ],
    [ $token, "$token rate 10000; api_timeout 1h;" ],
    [ $tenant, "$tenant rate 10000; weight 100;" ],
    [ $tenant, "$tenant sandbox on;" ],
    [ $token, "$token retry transient first=100ms factor=1 max=100ms "
        . 'attempts=0 age=1s; retry media first=1d factor=10 max=1d '
        . 'attempts=1000 age=30d; retry account age=2d;' ],
    [ $token, "$token unknown hold;" ],
    [ $token, "$token unknown resend after 1s;" ],
    [ $token, "$token unknown resend after 1d;" ],
    [ $webhook, "$webhook if (\$arg_x) { set \$x 1; }" ],
    [ $webhook, "$webhook limit_except POST { deny all; }" ],
    [ $secret, "$secret " x 16 ],
);

my @shown = examples('../docs/ngx_http_parley_module.md');

plan(tests => 6 + 2 * @mistakes + @variants + @shown);

###############################################################################

$t->write_file_expand('nginx.conf', $right);
my ($status, $said) = $t->check();
is($status, 0, 'what is right') or diag($said);
unlike($said, qr/\[(?:warn|emerg|alert)\]/, 'without a word');
ok(!-e "$dir/store", 'nginx -t makes no store');

for my $variant (@variants) {
    my ($from, $to) = @$variant;
    $t->write_file_expand('nginx.conf', $right =~ s/\Q$from\E/$to/r);
    ($status, $said) = $t->check();
    is($status, 0, 'right: ' . short($to)) or diag($said);
}

# a token that would travel in the open is no mistake, but is said

$t->write_file_expand('nginx.conf', $right
    =~ s/\Q$token\E/$token api_base_url http:\/\/192.0.2.1;/r);
($status, $said) = $t->check();
is("$status " . ($said =~ /\[warn\].*unencrypted/ ? 'said' : 'unsaid'),
    '0 said', 'an unencrypted token');

for my $mistake (@mistakes) {
    my ($from, $to, $text, $at, $where) = @$mistake;
    my $name = short($to || "no $from");
    my $globals = $t->globals();
    my $conf = $right =~ s/%%TEST_GLOBALS%%\n/$globals/r;
    $conf =~ s/\Q$from\E/$to/ or die "$from is not there\n";
    $t->write_file_expand('nginx.conf', $conf);

    ($status, $said) = $t->check();
    my ($line) = $said =~ /^nginx: \[emerg\] (.*)$/m;
    is($status, 1, "refused: $name") or diag($said);
    $where //= "$dir/nginx.conf:" . line_of($t->read_file('nginx.conf'),
        $at // $to);
    like($line // '', qr/^\Q$text\E.* in \Q$where\E$/, "said: $name");
}

# what is shipped

my $module = build_dir() . '/ngx_http_parley_module.so';
$t->write_file('demo.conf', slurp('../conf/parley.conf')
    =~ s/^load_module .*;$/load_module $module;/mr);
($status, $said) = $t->check('demo.conf');
is($status, 0, 'conf/parley.conf') or diag($said);

# (its paths are a real machine's)
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
    . "-keyout $dir/privkey.pem -out $dir/fullchain.pem 2>/dev/null");
$t->write_file('production.conf', slurp('../conf/production.conf')
    =~ s/^load_module .*;$/load_module $module;/mr
    =~ s!/etc/parley/key!$dir/secrets/key!r
    =~ s!/etc/parley/flows!$dir/flows!r
    =~ s!/etc/parley!$dir/secrets!gr
    =~ s!/etc/letsencrypt/live/example.com!$dir!gr
    =~ s!/var/log/nginx|/var/lib|/run/nginx!$dir!gr
    =~ s!acme\.token!channel.token!r =~ s!443!port(8443)!er
    =~ s!^http \{!"http {\n" . $t->globals_http()!emr);
($status, $said) = $t->check('production.conf');
is($status, 0, 'conf/production.conf') or diag($said);

for my $example (@shown) {
    $t->write_file('example.conf', $example);
    ($status, $said) = $t->check('example.conf');
    is($status, 0, 'an example of the page') or diag($said);
}

###############################################################################

# Examples of the page that are whole configurations, with paths of ours.
sub examples {
    my ($name) = @_;
    my ($page, $port, @found) = (slurp($name), port(8443));
    while ($page =~ /((?:^\ {4}.*\n|^\n)+)/mg) {
        my $text = $1;
        next unless $text =~ /^ {4}http \{/m;
        $text =~ s!^ *(?:load_module|thread_pool) .*;!!mg;
        $text =~ s!/var/lib/parley!store!;
        $text =~ s!/etc/parley/key!secrets/key!;
        $text =~ s!/etc/parley/acme\.token!secrets/channel.token!;
        $text =~ s!/etc/parley/app\.secret!secrets/app.secret!;
        $text =~ s!flow leads .*;!$flow!;
        $text =~ s!listen 443 ssl;!listen 127.0.0.1:$port;!;
        my $http = $t->globals_http();
        $text =~ s/^ {4}http \{\n/http {\n$http/m;
        push @found, $t->globals() . "events { }\n$text";
    }
    return @found;
}

sub line_of {
    my ($conf, $text) = @_;
    my $before = substr $conf, 0, index($conf, $text);
    return 1 + ($before =~ tr/\n//);
}

sub short {
    my ($text) = @_;
    return length $text > 60 ? substr($text, 0, 57) . '...' : $text;
}

###############################################################################
