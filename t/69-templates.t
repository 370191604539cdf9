#!/usr/bin/perl

# Tests for the list of templates: it is read from the provider page by page,
# asked for by a person, a webhook, or again by a sender that was killed; and
# what it says takes effect on the next send.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

###############################################################################

my $t = Parley::Nginx->new()->plan(50);
my $dir = $t->testdir();

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 106540352242922;
            waba_id         102290129340398;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081/api;
            api_version     v99.0;
        }
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

EOF

my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();

# there is a store first, and then the tenant in it

wait_for { exists $store->status()->{next}
    && ($store->ctl(qw/ templates demo /))[0] == 0 };

###############################################################################

my $list = 'message_templates';
my @pages = (
    [ map { template("first_$_") } 1 .. 50 ],
    [ template('hello'), template('order_ready') ],
    [ template('last', status => 'REJECTED') ],
);
serve(@pages);

# where no sender runs, it waits for one

my ($status, $out, $err) = $store->ctl(qw/ templates sync demo /);
is($status, 0, 'asked for without a sender');
like($out, qr/^main: asked for as entry \d+; no sender runs now$/, 'waits');
my $sender = Parley::Sender->new($dir)->run();
wait_for { synced() };

my @asked = lists();
is(scalar @asked, 3, 'three pages');
is($asked[0]{method}, 'GET', 'are asked for');
like($asked[0]{path}, qr!^/api/v99\.0/102290129340398/message_templates\?!,
    'of the account');
like($asked[0]{path}, qr/&limit=50$/, 'so many at once');
like($asked[0]{path}, qr/[?,]components,/, 'with what they take');
like($asked[1]{path}, qr/&after=page%3D1$/, 'from where the last one ended');
is($asked[2]{token}, 'test-token', 'with the token');
is($asked[2]{body}, '', 'and without a body');

# what it says counts

my ($reading, @rows) = $store->json(qw/ --limit 0 templates demo main /);
is($reading->{sync}{templates}, 53, 'all were seen');
is(scalar @rows, 53, 'and are listed');
my ($hello) = grep { $_->{template}{name} eq 'hello' } @rows;
is($hello->{template}{status}, 'approved', 'status');
is($hello->{template}{category}, 'utility', 'category');
is($hello->{template}{quality}, 'GREEN', 'quality');
is($hello->{template}{body}{text}, 'Hi {{1}}.', 'components');
($status, $out) = $store->ctl(qw/ --limit 0 templates demo /);
like($out, qr/^main: the list was read \S+Z, 53 templates; next: eff_\d+$/m,
    'in words');
like($out, qr/^main +hello +es_ES +utility +approved +GREEN +\S+Z +- +\d+$/m,
    'with each template');

is(sent('hello'), 'queued', 'one that is approved is sent');
is(sent('last'), refused('name: the template is rejected'),
    'one that is rejected is not');
is(sent('hello', 0), refused('body: variable 1 is missing'),
    'nor one that does not fit');
is(sent('other'), refused('name: no such template'),
    'nor one that there is not');
wait_for { sends() == 1 };

# paused at the provider, and another taken away

$pages[1] = [ template('hello', status => 'PAUSED') ];
serve(@pages);
is(synced_by_hand(), '0 main: 52 templates read', 'read again');
is(sent('hello'), refused('name: the template is paused'),
    'paused, on the next send');
is(sent('order_ready'), refused('name: the provider no longer lists it'),
    'and gone');
like(($store->ctl(qw/ --limit 0 templates demo /))[1],
    qr/^main +order_ready +es_ES +utility +gone /m, 'shown as such');

# a webhook tells of one that is not known

$pages[2] = [ template('made_since') ];
serve(@pages);
my $before = lists();
wa_post(wa_body({ field => 'message_template_status_update', value => {
    event => 'APPROVED', message_template_id => 17,
    message_template_name => 'made_since',
    message_template_language => 'es-ES' } }));
wait_for { lists() == $before + 3 && $store->rows('attempts') == 0 };
is(sent('made_since', 0), refused('body: variable 1 is missing'),
    'its components were asked for');

# kill -9 amid the second page: the next sender asks for it again

$before = lists();
serve_but({ path => 'after=page%3D1', do => 'hang', times => 1 }, @pages);
$sender->stop();
($status, $out) = $store->ctl(qw/ templates sync demo /);
like($out, qr/no sender runs now$/, 'asked for');
my ($entry) = $out =~ /entry (\d+)/;
$sender->run();
wait_for { lists() == $before + 2 };
$sender->kill9();
$sender->run();
wait_for { synced() >= $entry };
@asked = lists();
@asked = @asked[$before .. $#asked];
is(join(' ', map { $_->{path} =~ /after=page%3D(\d)/ ? $1 : 0 } @asked),
    '0 1 1 2', 'the page that was cut, once more');
is($store->rows('unknown'), 0, 'nothing is unknown');
is($store->rows('dead'), 0, 'nothing is dead');

# a page that is too large is asked for in smaller ones

@pages = ([ template('good') ], [ template('better') ]);
serve_but({ path => 'limit=50$', times => 1, body => page([ map {
    template("large_$_", text => 'x' x 30000) } 1 .. 50 ]) }, @pages);
$before = lists();
is(synced_by_hand(), '0 main: 2 templates read', 'a page that is too large');
@asked = lists();
is(join(' ', map { /&limit=(\d+)/ } map { $_->{path} }
    @asked[$before .. $#asked]), '50 25 50', 'is halved');

# what is no list takes nothing away

serve_but({ body => '{"success":true}', path => $list, times => 1 }, @pages);
is(synced_by_hand(), '0 main: 2 templates read',
    'an answer without a list is asked for again');
is(sent('nowhere'), refused('name: no such template'),
    'and the list is known still');

# one that cannot be read

serve([ template('good'), { name => 'bad' } ]);
is(synced_by_hand(), '0 main: 1 templates read; 1 could not be read: see '
    . 'quarantine', 'one that cannot be read');
my ($said) = grep { $_->{unreadable} }
    map { $_->{command}{send_result}{listing} // () } $store->all('journal');
is($said->{templates}[0]{name}, 'good', 'the journal has what was answered');
my ($aside) = $store->json('quarantine');
is($aside->{path}, 'data[1]', 'is kept aside');
is(sent('nowhere'), 'queued', 'and no other is refused for it');
wait_for { sends() == 2 };

# a permission that is missing is the list's alone; sends go on

$provider->script({ path => $list, status => 403, code => 200 });
is(synced_by_hand(), '1 main: failed: 200 account', 'no permission');
is(sent('good'), 'queued', 'a send');
wait_for { sends() == 3 };
pass('leaves all the same');

# a token that is not good closes the channel, and the list says why

$provider->script({ path => $list, status => 401, code => 190 });
is(synced_by_hand(), '1 main: not read: 190 account; it is tried again',
    'a token that is refused');
($status, $out) = $store->ctl(qw/ templates demo /);
like($out, qr/^main: the list was read \S+Z, 1 templates, and 1 that could/,
    'the list as it was');
like($out, qr/^main: .*; trouble \S+Z: 190 account; next: eff_\d+$/m,
    'and the trouble');
unlike($sender->log() . $out, qr/test-token/, 'without the token');

# somebody puts it right

serve([ template('good') ]);
$sender->stop();
$sender->run();
is(synced_by_hand(), '0 main: 1 templates read', 'put right');

is(($store->ctl(qw/ templates sync demo nowhere /))[0], 1, 'no such channel');
is(($store->ctl('check'))[0], 0, 'the store is sound');
$sender->stop();
$t->stop();
is(($store->ctl('replay', "$dir/again"))[0], 0, 'and replays');

###############################################################################

sub template {
    my ($name, %opt) = @_;
    return {
        id => '1689556908129832', name => $name, language => 'es_ES',
        status => $opt{status} // 'APPROVED', category => 'UTILITY',
        parameter_format => 'POSITIONAL',
        quality_score => { score => 'GREEN', date => time() },
        components => [
            { type => 'BODY', text => $opt{text} // 'Hi {{1}}.',
                example => { body_text => [ [ 'Ana' ] ] } },
            { type => 'FOOTER', text => 'Shop' }
        ]
    };
}

# page(templates, number of the next): as the provider writes it
sub page {
    my ($templates, $next) = @_;
    return encode_json({ data => $templates, paging => {
        cursors => { before => 'x', after => 'page=' . ($next // 'x') },
        defined $next ? (next => 'http://127.0.0.1/next') : () } });
}

sub serve { serve_but({ path => 'none' }, @_) }

# the provider lists these pages, but for what the rule says first
sub serve_but {
    my ($rule, @pages) = @_;
    $provider->script($rule, map {
        { path => $_ == 0 ? $list : "after=page%3D$_\$",
            body => page($pages[$_], $_ < $#pages ? $_ + 1 : undef) }
    } reverse 0 .. $#pages);
}

sub sends { grep { $_->{method} eq 'POST' } $provider->accepted() }

sub lists { grep { $_->{path} =~ /$list/ } $provider->requests() }

# the entry of the newest reading that came to its end
sub synced {
    return ($store->json(qw/ templates demo /))[0]{sync}{synced} // 0;
}

sub synced_by_hand {
    my ($status, $out) = $store->ctl(qw/ templates sync demo main /);
    return "$status " . ($out =~ s/\n\z//r);
}

# sent(name, parameters): queued, or why not
sub sent {
    my ($name, $n) = @_;
    my ($status, $out) = $store->ctl(qw/ send demo main 34600000001
        --language es_ES --template /, $name,
        map { ('--param', "v$_") } 1 .. $n // 1);
    return $out =~ /^\w+: (.*)$/ ? $1 : $out;
}

sub refused { "refused: template.refused: content.template.$_[0]" }

###############################################################################
