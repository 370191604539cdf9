#!/usr/bin/perl

# Tests for the alert rules and the dashboard: they parse, and every metric,
# label and word of a label that they ask for is one that /metrics of nginx
# or of the sender has. Where promtool is at hand, the rules are run.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use JSON::PP;

use lib 'lib';
use Parley::Exposition;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(18);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081/api;
        }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location = /metrics {
            parley_metrics;
        }
    }
}

EOF

# labels whose values are words of the source
my %words = map { $_ => 1 } qw/ lane outcome table why class env kind result /;

my $rules_file = '../conf/prometheus/parley.rules.yml';

###############################################################################

# what there is: one message in and out makes every family appear

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
wa_post([ wa_text('wamid.A', '34600000001', 'hello') ]);
wait_for { $provider->accepted() && $store->rows('attempts') == 0
    && $store->folded() };
my @pages = map { Parley::Exposition->new((split /\r\n\r\n/, $_, 2)[1]) }
    $sender->get('/metrics'), http_get('/metrics');
$sender->stop();
my %names = map { $_ => 1 } map { $_->names() } @pages;
cmp_ok(scalar keys %names, '>', 60, 'there are metrics');
my $page = slurp('../docs/parley-sender.md');
is(join(' ', grep { $page !~ /\b$_\b/ } $pages[0]->families()), '',
    'the sender\'s are on its page');

# the dashboard

my $board = eval { decode_json(slurp('../conf/grafana/parley.json')) };
ok($board, 'the dashboard is JSON') or diag($@);
my @panels = grep { $_->{type} ne 'row' } @{$board->{panels}};
my @shown = map { $_->{expr} } map { @{$_->{targets}} } @panels;
push @shown, map { $_->{expr} } @{$board->{annotations}{list}};
cmp_ok(scalar @panels, '>=', 20, 'it has panels');
is(join("\n", unknown(@shown)), '', 'it shows what there is');
my %ids;
is(join(' ', grep { $ids{$_}++ } map { $_->{id} } @{$board->{panels}}), '',
    'each panel has a number of its own');
is(join(' ', overlaps(@panels)), '', 'none lies over another');
is(join("\n", map { $_->{title} } grep { !$_->{description} } @panels), '',
    'each says what it shows');

# the rules

SKIP: {
    skip 'no YAML::PP', 5 unless eval { require YAML::PP; 1 };
    my $rules = eval { YAML::PP->new()->load_file($rules_file) };
    ok($rules, 'the rules are YAML') or diag($@);
    my @alerts = map { @{$_->{rules}} } @{$rules->{groups}};
    cmp_ok(scalar @alerts, '>=', 20, 'there are alerts');
    is(join("\n", unknown(map { $_->{expr} } @alerts)), '',
        'they ask for what there is');
    is(join(' ', map { $_->{alert} // '?' } grep {
        !$_->{annotations}{summary} || !$_->{annotations}{description}
            || ($_->{labels}{severity} // '') !~ /^(?:critical|warning)$/
    } @alerts), '', 'each says what it is about, and how grave');
    my $what = slurp('../docs/supervision.md');
    is(join(' ', grep { $what !~ /^\| `\Q$_\E` \|/m }
        map { $_->{alert} } @alerts), '', 'and what to do, in the docs');
}

SKIP: {
    skip 'no YAML::PP', 1 unless eval { require YAML::PP; 1 };
    my @bad = grep { !eval { YAML::PP->new()->load_file($_) } }
        glob '../conf/container/*.yaml';
    is("@bad", '', 'the examples for containers are YAML');
}

# Debian has it in the package prometheus alone (19 MB, a server that starts
# itself): not among what a test needs, and used where it is.
SKIP: {
    my ($promtool) = grep { $_ && -x } $ENV{PARLEY_PROMTOOL},
        map { "$_/promtool" } split /:/, $ENV{PATH};
    skip 'no promtool', 2 unless $promtool;
    my $said = `$promtool check rules $rules_file 2>&1`;
    is($?, 0, 'promtool: the rules are sound') or diag($said);
    $said = `$promtool test rules fixtures/prometheus/rules.test.yml 2>&1`;
    is($?, 0, 'promtool: they fire when they should') or diag($said);
}

# that test knows every alert

my @named = slurp($rules_file) =~ /alert: (\w+)/g;
my $fixture = slurp('fixtures/prometheus/rules.test.yml');
is(join(' ', grep { $fixture !~ /alertname="$_"/ } @named), '',
    'each alert has its case');
is(scalar(@named), scalar(keys %{{ map { $_ => 1 } @named }}),
    'each has a name of its own');

###############################################################################

# What a page does not have of these queries.
sub unknown {
    my @unknown;
    for my $expr (@_) {
        my $bare = $expr =~ s/"(?:[^"\\]|\\.)*"//gr;
        push @unknown, "$_ of: $expr" for grep { !$names{$_} }
            $bare =~ /\b(parley_\w+)/g;
        while ($expr =~ /\b(parley_\w+)\{([^}]*)\}/g) {
            push @unknown, map { "$_ of: $expr" } odd_labels($1, $2);
        }
    }
    return @unknown;
}

# Labels that a metric does not have, and words that are none of theirs.
sub odd_labels {
    my ($metric, $matchers) = @_;
    my ($family) = map { s/_(?:bucket|sum|count)$//r } $metric;
    my %labels = map { %{$_->labels($family)}, %{$_->labels($metric)} }
        @pages;
    my @odd;
    while ($matchers =~ /(\w+)(=~|=|!=|!~)"([^"]*)"/g) {
        my ($label, $words) = ($1, $3);
        next if $label eq 'instance' || $label eq 'job';
        push @odd, "$metric\{$label\}" unless $labels{$label};
        next unless $words{$label};
        push @odd, map { "$metric\{$label=$_\}" }
            grep { !$labels{$label}{$_} } split /\|/, $words;
    }
    return @odd;
}

sub overlaps {
    my @panels = @_;
    my (%taken, @over);
    for my $p (@panels) {
        my $g = $p->{gridPos};
        for my $x ($g->{x} .. $g->{x} + $g->{w} - 1) {
            push @over, $p->{title} if $x > 23;
            push @over, grep { $taken{"$x $_"}++ }
                $g->{y} .. $g->{y} + $g->{h} - 1;
        }
    }
    return @over;
}

###############################################################################
