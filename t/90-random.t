#!/usr/bin/perl

# Random requests, made of the API's own description: right ones, and ones
# that are a little wrong. No 5xx, nothing that is not described, no crash;
# what is answered fits its schema.
#
#     PARLEY_RANDOM=20000 PARLEY_SEED=7 prove t/90-random.t

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Schema;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $n = $ENV{PARLEY_RANDOM} // 300;
my $seed = $ENV{PARLEY_SEED} // time ^ $$;
srand($seed);

my $t = Parley::Nginx->new();
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store %%TESTDIR%%/store;

    parley_tenant demo {
        sandbox on;
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ {
            parley_api;
        }
        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
    }
}

EOF

my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };

wa_post([ map { wa_text("wamid.$_", "3460000000$_", "hello $_") } 1 .. 5 ]);

my @keys = map { $store->key(@$_) } (
    [ qw/ --all operator / ], [ qw/ demo admin / ], [ qw/ demo bot / ]);
my ($doc) = $store->json('openapi');
my $schemas = $doc->{components}{schemas};
my @ops = grep { !$_->{stream} } Parley::Api::operations($doc);
my %ids = (msg_ => 1, cnt_ => 1);

###############################################################################

my (%statuses, @faults);

for my $i (1 .. $n) {
    my $op = $ops[rand @ops];
    my ($path, $body, %headers) = request($op);
    my $got = Parley::Api->new($keys[rand @keys])
        ->call($op->{method}, $path, $body, %headers);

    $statuses{$got->{status}}++;
    learn($got->{body});

    # what leads out of /v1/ is not the API's to answer
    next if outside($path) && $got->{status} == 404;

    my @wrong = wrong($op, $got) or next;
    push @faults, "$op->{method} $path: " . join('; ', @wrong)
        . "\n  " . substr($body // '', 0, 300)
        . "\n  $got->{status} " . substr($got->{body}, 0, 300);
    last if @faults >= 10;
}

is(join("\n", @faults), '', "$n random requests, seed $seed")
    or diag("PARLEY_SEED=$seed");
note(join ', ', map { "$statuses{$_} x $_" } sort keys %statuses);
cmp_ok(scalar(grep { /^2/ } keys %statuses), '>', 0, 'some are right');
cmp_ok($statuses{400} // 0, '>', 0, 'some are wrong');
is(($store->ctl('check'))[0], 0, 'the store is sound');
is($store->rows('quarantine'), 0, 'and nothing is in quarantine');

$t->finish();
done_testing();

###############################################################################

sub request {
    my ($op) = @_;
    my ($path, @query, %headers) = ($op->{path});

    $path =~ s/\{(\w+)\}/id($1)/ge;

    for my $p (@{$op->{row}{parameters}}) {
        next if $p->{'$ref'} || $p->{in} ne 'query' || rand() < 0.6;
        push @query, "$p->{name}=" . escape(value($p->{schema}, 0));
    }

    push @query, "limit=" . int rand 200 if rand() < 0.05;
    push @query, 'x' . int(rand 99) . '=%zz' if rand() < 0.03;
    $path .= '?' . join '&', @query if @query;

    $headers{'Parley-Tenant'} = 'demo' if rand() < 0.9;
    $headers{'Idempotency-Key'} = 'k' . int rand 30 if rand() < 0.3;
    $headers{'If-Match'} = rand() < 0.5 ? '*' : '"x"' if rand() < 0.2;
    $headers{'If-None-Match'} = '*' if rand() < 0.05;

    my $schema = ((($op->{row}{requestBody} // {})->{content} // {})
        ->{'application/json'} // {})->{schema};
    my $body;

    if ($schema) {
        $body = JSON::PP->new->utf8->allow_nonref->encode(
            value($schema, 0));
        $body = spoil($body) if rand() < 0.15;
    } elsif (rand() < 0.05) {
        $body = '{"x":1}';
    }

    return ($path, $body, %headers);
}

# One that was seen, one that might be, or none at all.
sub id {
    my ($name) = @_;
    my %kind = (message => 'msg_', contact => 'cnt_', conversation => 'cnt_');
    my @seen = grep { !/_$/ } keys %ids;
    my $r = rand();

    return $seen[rand @seen] if $r < 0.6 && @seen;
    return ($kind{$name} // 'x_') . int rand 40 if $r < 0.8;
    return (qw/ main demo whatsapp hello %01 .. %2e%2e a%2Fb %ff %F0%9F%98%80
        -1 /)[rand 11];
}

sub value {
    my ($s, $depth) = @_;

    return value(at($s->{'$ref'}), $depth) if $s->{'$ref'};
    return odd() if rand() < 0.04;
    return $s->{enum}[rand @{$s->{enum}}] if $s->{enum};

    my $type = $s->{type} // 'string';
    return rand() < 0.5 ? JSON::PP::true : JSON::PP::false
        if $type eq 'boolean';
    return number($s) if $type eq 'integer' || $type eq 'number';
    return text($s) if $type eq 'string';

    if ($type eq 'array') {
        my $max = $depth > 4 ? 0 : int rand 3;
        $max = $s->{minItems} if ($s->{minItems} // 0) > $max;
        return [ map { value($s->{items}, $depth + 1) } 1 .. $max ];
    }

    my %required = map { $_ => 1 } @{$s->{required} // []};
    my %object;

    for my $name (sort keys %{$s->{properties} // {}}) {
        next if !$required{$name} && rand() < ($depth > 3 ? 0.95 : 0.65)
            || $required{$name} && rand() < 0.03;
        $object{$name} = value($s->{properties}{$name}, $depth + 1);
    }

    $object{'x' . int rand 9} = 1 if rand() < 0.03;
    return \%object;
}

sub number {
    my ($s) = @_;
    my ($from, $to) = ($s->{minimum} // 0, $s->{maximum} // 1000);
    my $r = rand();
    return $from if $r < 0.2;
    return $to if $r < 0.3;
    return $to + 1 if $r < 0.35;
    return $from - 1 if $r < 0.4;
    return $from + int rand($to - $from + 1);
}

sub text {
    my ($s) = @_;
    my @known = ('main', 'demo', '+34600000001', '34600000002', 'hello',
        'marketing', '2027-01-01T10:00:00Z', '2020-01-01T00:00:00.123+01:00',
        'Europe/Berlin', 'es_ES', "Gr\x{fc}\x{df}e \x{1f600}", '',
        'https://example.com/a.png', (grep { !/_$/ } keys %ids)[0 .. 3]);
    my $r = rand();
    return 'x' x ($s->{maxLength} // 20) if $r < 0.03;
    return 'x' x (($s->{maxLength} // 20) + 1) if $r < 0.06;
    return join '', map { chr int rand 0x300 } 1 .. rand 12 if $r < 0.15;
    return $known[rand @known] // 'x';
}

sub odd {
    return (undef, 0, -1, 1.5, '', "\x{0}", [], {}, JSON::PP::true,
        '9' x 30, [ [ [] ] ])[rand 11];
}

# A text that is no JSON any more, or other JSON.
sub spoil {
    my ($text) = @_;
    my $at = int rand(1 + length $text);
    my $r = rand();
    return substr $text, 0, $at if $r < 0.4;
    substr($text, $at, 1) = chr int rand 256 if $r < 0.7;
    return '[' x 200 . $text if $r > 0.95;
    return $text . '}' if $r > 0.85;
    return $text;
}

sub escape {
    my ($value) = @_;
    my $text = ref $value ? 'x' : $value // '';
    utf8::encode($text);
    return $text =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
}

sub learn {
    my ($body) = @_;
    keys %ids < 60 and $ids{$1}++ while $body =~ /"([a-z]{3}_\w{1,60})"/g;
}

sub at {
    my ($ref) = @_;
    my $to = $doc;
    $to = $to->{$_} for grep { $_ ne '#' } split m!/!, $ref;
    return $to;
}

# Is this, with all its "..", another location of nginx?
sub outside {
    my ($path) = @_;
    my @way;
    for (split m!/!, $path =~ s/\?.*//sr =~ s/%([0-9a-f]{2})/chr hex $1/gier) {
        pop @way, next if $_ eq '..';
        push @way, $_ if $_ ne '' && $_ ne '.';
    }
    return ($way[0] // '') ne 'v1';
}

sub wrong {
    my ($op, $got) = @_;
    my ($status, $type) = ($got->{status},
        $got->{headers}{'content-type'} // '');

    return 'no answer' if $status == 0;
    return 'a failure of ours' if $status >= 500;
    return ($type eq 'application/problem+json'
            && ($got->{json}{status} // 0) == $status ? () : 'no problem')
        if $status >= 400;
    return $got->{body} eq '' ? () : 'a body' if $status == 304;

    my $said = $op->{row}{responses}{$status};
    return "status $status is not described" if !$said;
    $said = at($said->{'$ref'}) if $said->{'$ref'};
    my $schema = (($said->{content} // {})->{'application/json'} // {})
        ->{schema};
    return $got->{body} eq '' ? () : 'a body' if !$schema;

    return Parley::Schema->new(refs({ '$defs' => $schemas, %$schema }))
        ->mistakes($got->{json});
}

# As Parley::Schema knows references.
sub refs {
    my ($in) = @_;
    return [ map { refs($_) } @$in ] if ref $in eq 'ARRAY';
    return $in if ref $in ne 'HASH';
    return { map { my $v = $in->{$_};
        $_ => $_ eq '$ref' && !ref $v
            ? $v =~ s!^#/components/schemas/!#/\$defs/!r : refs($v) }
        keys %$in };
}
