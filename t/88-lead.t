#!/usr/bin/perl

# Tests for the lead qualification through nginx and the sender: the scripts
# that t/88-lead-simulate.t plays in virtual time, with signed webhooks, a
# real sender, and a clock that all programs see turned. The same messages
# leave.

###############################################################################

use warnings;
use strict;

use File::Path qw/ rmtree /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Clock;
use Parley::Nginx;
use Parley::Script;

###############################################################################

my @scripts = sort glob('flows/lead/*.script');

my $t = Parley::Nginx->new()->has('bin:cc')->plan(scalar @scripts);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOC');

%%TEST_GLOBALS%%

worker_processes 2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        time_zone   Europe/Berlin;
        quiet_hours 23:00-07:00;

        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }

        templates_file lead-de.json;
        flow lead-qualification flows/lead-qualification.json;
    }

    server {
        listen 127.0.0.1:8080;

        location = /webhooks/whatsapp {
            parley_webhook         whatsapp;
            parley_app_secret_file secrets/app.secret;
            parley_verify_token    token;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOC

$t->write_file('flows/lead-qualification.json',
    slurp('../conf/flows/lead-qualification.json'));
$t->write_file('lead-de.json', slurp('../conf/templates/lead-de.json'));
$t->expect(qr/unix:.*sender\.sock/);

###############################################################################

for my $file (@scripts) {
    my ($name) = $file =~ m!([^/]+)\.script$!;

    rmtree("$dir/store");
    unlink "$dir/provider.requests", "$dir/clock.ms";
    my $script = Parley::Script->new($t, Parley::Clock->new($dir),
        '../conf/templates/lead-de.json');
    my @failed = eval { $script->play(slurp($file)) };
    push @failed, $@ if $@;
    is(join("\n", @failed), '', $name);
    $script->end();
}

###############################################################################
