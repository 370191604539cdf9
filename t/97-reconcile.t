#!/usr/bin/perl

# Tests for what a webhook should have said and did not: a channel's messages
# are held against Twilio's list of them, and each has its effect once,
# whenever it comes and however often.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use POSIX qw/ strftime setlocale LC_TIME /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::Twilio;

###############################################################################

setlocale(LC_TIME, 'C');

my $t = Parley::Nginx->new()->plan(50);
my $dir = $t->testdir();

my $SID = $Parley::Twilio::SID;
my $SMS = '+31620000000';
my $LIST = "/2010-04-01/Accounts/$SID/Messages.json";
my $json = JSON::PP->new->utf8->canonical;

$t->write_file('secrets/twilio.token', "$Parley::Twilio::TOKEN\n");
$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_media  %%TESTDIR%%/media;
    parley_public_url https://gw.example.com;

    parley_tenant demo {
        channel sms twilio {
            account_sid     AC00000000000000000000000000000001;
            auth_token_file secrets/twilio.token;
            from            +31620000000;
            api_base_url    http://127.0.0.1:8081;
            retry           errand first=200ms max=200ms;
        }
        channel meta whatsapp {
            phone_number_id 1001;
            waba_id         1;
            token_file      secrets/channel.token;
        }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ {
            parley_api;
        }
        location = /webhooks/twilio {
            parley_webhook twilio;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$t->expect(qr/unix:.*sender\.sock|webhook refused/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };

###############################################################################

# one that was heard; then two that were not, one of them with a file

my $sender = Parley::Sender->new($dir)->run();
is(http_status(heard(1, 'hello')), 204, 'one was heard');
wait_for { $provider->accepted() == 1 };

my $files = "/2010-04-01/Accounts/$SID/Messages/" . sid(3, 'MM') . '/Media';
serve(
    [ came(2, 'hello'), came(1, 'hello') ],
    [ came(3, 'look', num_media => '1', sid => sid(3, 'MM')) ],
);
is(reconcile(), '0 sms: 3 messages read, 2 missed, 0 settled',
    'three in the list');
wait_for { in() == 3 && !wanted() };

my @pages = lists();
like($pages[0]{path}, qr!^\Q$LIST\E\?To=%2B31620000000&DateSent%3E=
    20\d\d-\d\d-\d\d&PageSize=50\z!x, 'what came is asked for');
is($pages[1]{path}, "$LIST?Page=1&PageToken=PA1", 'from page to page');
like($pages[2]{path}, qr!\?From=%2B31620000000&!, 'then what was sent');
is(scalar(grep { ($_->{provider_id} // '') eq sid(1) } in()), 1,
    'one that is known is there once');
my ($two) = grep { ($_->{provider_id} // '') eq sid(2) } in();
is($two->{content}{text}{body}, 'hello', 'one that was missed is there');
cmp_ok(abs($two->{provider_time_s} - time()), '<', 3600, 'with its time');
my ($three) = grep { ($_->{provider_id} // '') eq sid(3, 'MM') } in();
is($three->{content}{media}{caption}, 'look', 'and one with a file');
is($three->{content}{media}{state}, 'stored', 'which is fetched');
is($three->{content}{media}{mime_type}, 'image/jpeg', 'as what it is');
wait_for { answered(2) && !busy() };
is(answered(2), 1, 'who wrote it is answered');

# its webhook comes late, and the list is read once more

my $n = $provider->accepted();
is(http_status(heard(2, 'hello')), 204, 'heard at last');
is(reconcile(), '0 sms: 3 messages read, 0 missed, 0 settled',
    'and read again');
wait_for { $store->folded() && !busy() };
is(scalar in(), 3, 'it is there once');
is(scalar($provider->accepted()), $n, 'and is answered once');
is(counted('missed'), 2, 'two were missed, as it is counted');

# what was sent, and neither its answer nor a status came

serve([], [], { match => 'Body=lost', do => 'close' });
sent('31611111111', 'lost');
wait_for { $store->rows('unknown') == 1 };
sent('31611111112', 'found');
wait_for { state_of('found') eq 'accepted' && !busy() };
my ($found) = grep { ($_->{text} // '') eq 'found' } $provider->accepted();

serve([], [
    row(7, '+31611111111', 'lost', 'delivered'),
    row(0, '+31611111112', 'found', 'undelivered', sid => $found->{id},
        error_code => 30005),
    row(8, '+31699999999', 'by somebody else', 'sent'),
]);
is(reconcile(), '0 sms: 3 messages read, 0 missed, 2 settled', 'settled');
is(state_of('lost'), 'delivered', 'one that was unknown');
is($store->rows('unknown'), 0, 'is no more');
is(state_of('found'), 'failed', 'and one whose end was not told');
is(reconcile(), '0 sms: 3 messages read, 0 missed, 0 settled', 'once');

# what it cost is known when it has left: the answer to the POST has no price

my ($priced) = grep { ($_->{content}{text}{body} // '') eq 'lost' }
    $store->messages('out');
is($priced->{price}, undef, 'no price yet');
serve([], [ row(7, '+31611111111', 'lost', 'delivered', num_segments => '2',
    price => '-0.00750', price_unit => 'USD') ]);
is(reconcile(), '0 sms: 1 messages read, 0 missed, 0 settled', 'its price');
($priced) = grep { $_->{id} eq $priced->{id} } $store->messages('out');
is("$priced->{price} $priced->{price_unit} $priced->{segments}",
    '-0.00750 USD 2', 'is kept to the last decimal, with its segments');
is($priced->{state}, 'delivered', 'and moves nothing');
my ($traced, $story) = $store->ctl('trace', $priced->{id});
like($story, qr/^segments   2\nprice      -0\.00750 USD$/m, 'a trace has it');
my $shown = Parley::Api->new($store->key('demo', 'admin'))
    ->get("/v1/messages/$priced->{id}")->{json};
is("$shown->{price}{amount} $shown->{price}{currency} $shown->{segments}",
    '-0.00750 USD 2', 'and the API');
is($store->rows('parked'), 0, 'what others sent is left alone');

# a page that leads elsewhere is not followed, and no token goes there

mkdir "$dir/other" or die "no folder: $!\n";
my $other = Parley::Provider->new("$dir/other", port(8083))->run();
for my $next ('http://127.0.0.1:' . port(8083) . "$LIST?Page=1",
    '//127.0.0.1:' . port(8083) . "$LIST?Page=1",
    '/2010-04-01/Accounts/AC00000000000000000000000000000002/Messages.json?',
    "$LIST?Page=1 HTTP/1.1")
{
    $n = lists();
    serve_raw({ messages => [], next_page_uri => $next });
    like(reconcile(), qr/^1 sms: failed: /, 'a page elsewhere');
    is(scalar(lists()), $n + 1, 'is not asked for');
}
is(scalar($other->requests()), 0, 'nobody there was told anything');

# what is no list is none, and what is wrong with one is no other's

serve_raw('[]');
like(reconcile(), qr/^1 sms: not read: answer unreadable; it is tried/,
    'no list');
serve([], []);
is(reconcile(), '0 sms: 0 messages read, 0 missed, 0 settled', 'mended');
serve_raw({ messages => [ { sid => 17 }, 'x', { %{came(4, 'hello')},
    to => '+31699999999' }, came(4, 'hello'), { %{came(5, 'hello')},
    date_sent => undef, date_created => 'yesterday' },
    { %{came(6, 'old')}, date_sent => date(-9 * 86400) } ] });
is(reconcile(), '0 sms: 3 messages read, 1 missed, 0 settled, 4 could not be '
    . 'read', 'junk among others');

# files that are gone

serve_but({ path => 'Media\.json', status => 404,
    body => '{"code":20404,"message":"no","status":404}' },
    [ came(20, 'with a picture', num_media => '1') ], []);
is(reconcile(), '0 sms: 1 messages read, 1 missed, 0 settled', 'a file gone');
wait_for { grep { ($_->{provider_id} // '') eq sid(20) } in() };
is((grep { ($_->{provider_id} // '') eq sid(20) } in())[0]
    {content}{text}{body}, 'with a picture', 'and its message there');

# a sender that ends in its midst

serve_but({ path => 'Page=1', do => 'hang', times => 1 },
    [ came(10, 'hello') ], [ came(11, 'hello') ]);
$n = lists();
$sender->stop();
like(reconcile(), qr/^0 sms: asked for as entry \d+; no sender runs now$/,
    'asked for');
$sender->run();
wait_for { lists() == $n + 2 };
$sender->kill9();
$sender->run();
wait_for { grep { ($_->{provider_id} // '') eq sid(11) } in() };
wait_for { answered(10) && answered(11) && !busy() };
is(scalar(grep { ($_->{provider_id} // '') =~ /1[01]$/ } in()), 2,
    'both are there');
is(answered(10) . answered(11), '11', 'and answered once');

# a token that is refused, and a channel without a list

serve_but({ path => 'Messages\.json\?', status => 401,
    body => '{"code":20003,"message":"no","status":401}' }, [], []);
like(reconcile(), qr/^1 sms: not read: 20003 account; it is tried again$/,
    'a token that is refused');
serve([], []);
is(reconcile(), '0 sms: 0 messages read, 0 missed, 0 settled', 'put right');
like(join(' ', $store->ctl(qw/ twilio reconcile demo meta /)),
    qr/^1 .*the provider of channel "meta" has no list of messages/,
    'another provider');

is(($store->ctl('check'))[0], 0, 'nothing inconsistent');
$sender->stop();

###############################################################################

sub sid { sprintf '%s1%031d', $_[1] // 'SM', $_[0] }

sub person { sprintf '+316000000%02d', $_[0] }

sub date { strftime('%a, %d %b %Y %H:%M:%S +0000', gmtime time + $_[0]) }

sub heard {
    my ($n, $text) = @_;
    return tw_post(tw_text(sid($n), person($n), $SMS, $text));
}

# a row of the list
sub row {
    my ($n, $to, $text, $status, %more) = @_;
    return { sid => sid($n), account_sid => $SID, from => $SMS, to => $to,
        body => $text, status => $status, direction => 'outbound-api',
        num_media => '0', num_segments => '1', error_code => undef,
        price => undef, date_created => date(-5), date_sent => date(-5),
        messaging_service_sid => undef, %more };
}

sub came {
    my ($n, $text, %more) = @_;
    return row($n, $SMS, $text, 'received', from => person($n),
        direction => 'inbound', %more);
}

sub rule {
    my ($path, $body) = @_;
    return { path => $path, status => 200,
        body => ref $body ? $json->encode($body) : $body };
}

# the list of what came, of one or two pages; and that of what was sent, where
# the first is empty
sub serve { serve_but(undef, @_) }

sub serve_but {
    my ($but, $first, $second, @rules) = @_;
    my ($came, $sent) = @$first || !@{$second // []}
        ? ([ $first, $second ], []) : ([ $first ], $second);
    my $next = $came->[1] && @{$came->[1]} ? "$LIST?Page=1&PageToken=PA1"
        : undef;
    $provider->script($but // (), @rules,
        rule('Page=1', { messages => $came->[1], next_page_uri => undef }),
        rule('\?To=', { messages => $came->[0], next_page_uri => $next }),
        rule('\?From=', { messages => $sent, next_page_uri => undef }),
        rule('Media\.json', { media_list => [ { sid => 'ME1',
            content_type => 'image/jpeg', uri => "$files/ME1.json" } ] }),
        { path => 'Media/ME1$', status => 200, type => 'image/jpeg',
            body => 'a picture' });
}

sub serve_raw {
    my ($body) = @_;
    $provider->script(rule('\?From=', { messages => [],
        next_page_uri => undef }), rule('Messages\.json', $body));
}

sub lists { grep { $_->{path} =~ /Messages\.json\?/ } $provider->requests() }

sub reconcile {
    my ($status, $out, $err) = $store->ctl(qw/ twilio reconcile demo sms /);
    return "$status $out$err" =~ s/\n\z//r;
}

sub in { $store->messages('in') }

sub wanted { grep { ($_->{content}{media}{state} // '') eq 'wanted' } in() }

# nothing is due or on the wire
sub busy {
    return $store->rows('attempts') > 0 || $store->rows('outbox') > 1;
}

sub answered {
    my ($n) = @_;
    return scalar grep { ($_->{to} // '') eq person($n) }
        $provider->accepted();
}

sub sent {
    my ($to, $text) = @_;
    my ($row) = $store->json(qw/ send demo sms /, "+$to", '--text', $text);
    die "not queued: $row->{rule}\n" if $row->{verdict} ne 'queued';
}

sub state_of {
    my ($text) = @_;
    return (map { $_->{state} } grep {
        ($_->{content}{text}{body} // '') eq $text } $store->messages('out'))
        [0] // '';
}

sub counted {
    my ($label) = @_;
    return $sender->metric('parley_sender_counted_total',
        "what=\"reconciled\",label=\"$label\"");
}

###############################################################################
