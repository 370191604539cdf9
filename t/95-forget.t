#!/usr/bin/perl

# Tests for finding who is to be forgotten, or handed out, and for what is of
# them and of nobody else: an address in whichever form, items that were set
# aside, with their files, and rows whose numbers are no contact's.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256_hex /;
use File::Find;
use JSON::PP;
use MIME::Base64;
use POSIX qw/ strftime /;
use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Provider;
use Parley::Sender;
use Parley::Store;
use Parley::WhatsApp;

use constant { CHANNELS => 40 };

###############################################################################

my $t = Parley::Nginx->new()->plan(50);
my $dir = $t->testdir();

$t->write_file("secrets/mail.password", "secret\n");
$t->write_file("secrets/basic", "hook:open sesame\n");
$t->write_file("secrets/mailgun", "mailgun-key\n");
$t->write_file('later.json', '{ "flow": "later", "start": "hi", "steps": {'
    . ' "hi": { "say": { "text": "Later." } } }, "default": "hi" }');
$t->write_file('channels.conf', join "\n", map { <<"EOF" } 1 .. CHANNELS);
channel c$_ whatsapp {
    phone_number_id @{[ 1100 + $_ ]};
    waba_id         100;
    token_file      secrets/channel.token;
    api_base_url    http://127.0.0.1:@{[ port(8081) ]};
}
EOF
$t->write_file_expand('nginx.conf', <<'CONF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_media  %%TESTDIR%%/media;
    parley_outbox /_parley/outbox;
    client_max_body_size 8m;

    parley_tenant demo {
        channel main whatsapp {
            phone_number_id 1001;
            waba_id         100;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
        }
        channel mail smtp {
            address    support@acme.example;
            server     smtp://127.0.0.1:%%PORT_8025%%;
            user       acme;
            token_file secrets/mail.password;
        }
        flow later later.json;
        include channels.conf;
    }

    parley_tenant other {
        channel main whatsapp {
            phone_number_id 2001;
            waba_id         200;
            token_file      secrets/channel.token;
            api_base_url    http://127.0.0.1:8081;
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
        location = /postmark {
            parley_webhook         postmark;
            parley_app_secret_file secrets/basic;
        }
        location = /sendgrid {
            parley_webhook         sendgrid;
            parley_app_secret_file secrets/basic;
        }
        location = /mailgun {
            parley_webhook         mailgun;
            parley_app_secret_file secrets/mailgun;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

CONF

$t->expect(qr/unix:.*sender\.sock/);
my $provider = Parley::Provider->new($dir)->run();
my $store = Parley::Store->new($dir);
$t->run();
wait_for { exists $store->status()->{next} };
my $sender = Parley::Sender->new($dir)->run();
wait_for { ($store->ctl(qw/ holds demo /))[0] == 0 };

my %api = map { $_ => Parley::Api->new($store->key($_, 'admin')) }
    qw/ demo other /;
my $agent = Parley::Api->new($store->key('demo', 'agent'));
my $op = Parley::Api->new($store->key(qw/ --all operator /));

###############################################################################

my $first = made(phone => '+34600555099');

# however an address is written

my $id = made(email => 'Ana.Lopez@Example.ORG');
my $r = $api{demo}->post('/v1/privacy/export',
    { email => 'ANA.lopez@example.org' });
is($r->{status}, 200, 'export by an address in another case');
$r = forgotten({ email => 'Ana.Lopez@Example.ORG' });
is($r->{contact}, $id, 'delete by one, too');
ok($r->{known}, 'of somebody who was known');
is(known('email=ana.lopez%40example.org'), undef, 'whom nobody finds then');

$id = made(email => 'eva@example.org');
my ($status, $out) = $store->ctl('privacy', 'delete', 'demo',
    'Eva@Example.org');
is($status, 0, 'parleyctl, too');
like($out, qr/^\Q$id\E: erased/, 'which says whom');
($status, $out) = $store->ctl('privacy', 'delete', 'demo',
    'Nemo@Example.org');
is($status, 0, 'an address that nobody has');
like($out, qr/^nobody by that address was known/, 'is told as such');
$r = forgotten({ email => 'Late@Example.com' });
is_deeply([ $r->{known}, $r->{contact} ], [ JSON::PP::false, undef ],
    'over the API as well');
$r = $api{demo}->post('/v1/privacy/delete', { email => 'no address' });
is($r->{status}, 400, 'and what is no address is refused');

# what comes late from an address that nobody had, whatever form was given

forgotten({ phone => '0034600777009' });
postmark(From => 'Late@example.com', MessageID => 'l1', TextBody => 'late',
    Date => 'Mon, 01 Jan 2024 10:00:00 +0000');
wa([ wa_text('wamid.LATE', '34600777009', 'late',
    timestamp => '' . (time() - 3600)) ]);
folded();
is(known('phone=%2B34600777009'), undef, 'late from a number with 00');
is(known('email=late%40example.com'), undef, 'late from one in capitals');
my $then = time();
wait_for { time() > $then };            # their times are in seconds
wa([ wa_text('wamid.NEW', '34600777009', 'new') ]);
postmark(From => 'Late@example.com', MessageID => 'l2', TextBody => 'new');
folded();
ok(known('phone=%2B34600777009'), 'what they say later is heard');
ok(known('email=late%40example.com'), 'and read');

# what was set aside: theirs goes, in whichever form it has their address

my $n = time();
sub unread {
    my ($from, $secret, $number) = @_;
    wa([ { id => "wamid.Q" . $n++, from => $from, timestamp => '' . time(),
        type => 'text', text => { body => [ 1, $secret ] } } ], $number);
}

my @mail = (TextBody => [ 1 ], MessageID => 'q1');
postmark(@mail, From => 'Ines Paz <Ines.Paz@Example.com>', Tag => 'SECRETA');
postmark(@mail, From => 'ines.paz@example.com.mx', Tag => 'OTHERA');
mailgun(sender => 'ines.paz@example.com', from => 'ines.paz@example.com',
    subject => 'SECRETB', 'body-plain' => 'x');
mailgun(sender => 'xines.paz@example.com', from => 'xines.paz@example.com',
    subject => 'OTHERB', 'body-plain' => 'ines.paz@example.com');
wa([ wa_text('wamid.BR', '5511987654321', 'oi') ]);
unread('551187654321', 'SECRETC');
unread('55118765432', 'OTHERC');
unread('34600555001', 'SECRETD');
unread('34600555001', 'SECRETE', '9999');
unread('34600555001', 'OTHERD', '2001');
folded();
is(aside(), 'OTHERA OTHERB OTHERC OTHERD SECRETA SECRETB SECRETC SECRETD '
    . 'SECRETE', 'what was set aside');

made(email => 'ines.paz@example.com');
forgotten({ email => 'Ines.Paz@example.com' });
is(aside(), 'OTHERA OTHERB OTHERC OTHERD SECRETC SECRETD SECRETE',
    'an address of mail, in a form and in another case');
forgotten({ phone => '5511987654321' });
is(aside(), 'OTHERA OTHERB OTHERC OTHERD SECRETD SECRETE',
    'a number by its other form');
$r = forgotten({ phone => '+34 600 555 001' });
ok(!$r->{known}, 'a number that nobody has');
is(aside(), 'OTHERA OTHERB OTHERC OTHERD',
    'what is of it goes, but for what is another tenant\'s');

# and nobody else's, whatever a contact is said to be called

unread('34600555002', 'OTHERE', '9999');
folded();
made(user_id => $_), forgotten({ user_id => $_ }) for qw/ timestamp text /;
my @took = map { $_->{timestamp} // () } map { decode_json($_) }
    grep { /OTHER[CE]/ } raws();
ok(@took >= 2, 'times of what is there');
for my $phone ('9999', '1001', @took, substr($took[0], 0, 5)) {
    made(phone => $phone);
    forgotten({ phone => $phone });
}
is(aside(), 'OTHERA OTHERB OTHERC OTHERD OTHERE', 'others\' rows stay');

# a channel's number is no contact's, though they be the same

my ($early) = $first =~ /^cnt_(\d+)$/;
$api{demo}->post("/v1/channels/c$_/pause", { reason => "WHY$_" })
    for 1 .. CHANNELS;
sub paused {
    return grep { ($_->{audit}{kind} // '') eq 'paused'
        && $_->{audit}{subject} == $early } $store->all('events', 'demo');
}
my ($row) = paused();
like($row->{audit}{text} // '', qr/^WHY/,
    'a channel and a contact of one number');
my $had = $api{demo}->post('/v1/privacy/export', { contact => $first });
is($had->{status}, 200, 'an export');
unlike($had->{body}, qr/WHY/, 'has nothing of the channel');
forgotten({ contact => $first });
is((paused())[0]{audit}{text}, $row->{audit}{text},
    'which stays when that person goes');

# all that is known, by whichever of their contacts

my ($max, $moritz) = map { made(phone => "+3460055510$_") } 1, 2;
is($api{demo}->post('/v1/contacts/merge', { into => $max, from => $moritz })
    ->{status}, 200, 'two are one');
wa([ wa_text('wamid.MAX', '34600555101', 'hi there') ]);
wa([ map { { %{wa_text("wamid.G$_", "3460055510$_", "said by $_")},
    group_id => 'GROUP1' } } 2, 3 ]);
folded();
is($agent->post("/v1/conversations/$max/notes", { text => 'NOTED' })
    ->{status}, 201, 'a note');
for my $whom ($max, $moritz) {
    my $all = $api{demo}->post('/v1/privacy/export', { contact => $whom });
    is($all->{json}{contact}, $max, 'who they are together');
    like($all->{body}, qr/NOTED/, 'with what staff noted');
    like($all->{body}, qr/hi there/, 'and what they said');
    like($all->{body}, qr/said by 2/, 'in a group as well');
    unlike($all->{body}, qr/said by 3/, 'which is not what others said');
}
is($api{demo}->post('/v1/privacy/export', { contact => $first })->{status},
    404, 'of who was deleted there is nothing');

# what a task was called

sub events {
    return $api{demo}->get('/v1/events?format=json&after=evt_0&limit=100')
        ->{body};
}

is($api{demo}->post("/v1/contacts/$max/tasks", { name => 'call-max-m',
    flow => 'later', step => 'hi', at => strftime('%Y-%m-%dT%H:%M:%SZ',
    gmtime(time() + 86400)) })->{status}, 201, 'a task');
wait_for { events() =~ /call-max-m/ };
like(events(), qr/call-max-m/, 'is in live events');
forgotten({ contact => $max });
unlike(events(), qr/call-max-m/, 'and in none of somebody deleted');

# mail that is made to be costly to look at stops nobody

sub sendgrid {
    my @fields = @_;
    my $body = '';
    while (my ($k, $v) = splice @fields, 0, 2) {
        $body .= "--xYz\r\nContent-Disposition: form-data; name=\"$k\"\r\n"
            . "\r\n$v\r\n";
    }
    return http_status(http_post('/sendgrid', "$body--xYz--\r\n", headers => {
        'Content-Type' => 'multipart/form-data; boundary=xYz',
        Authorization => 'Basic ' . encode_base64('hook:open sesame', '') }));
}

my $left = () = raws();
for my $more ('', "Reply-To: Olga <olga\@example.com>\r\n") {
    sendgrid(headers => "From: nobody at all\r\nSubject: hi\r\n"
        . "Email: a\r\n b\r\n" x 1500 . $more, from => 'nobody',
        to => 'nobody@acme.example', text => 'hello',
        envelope => '{"to":["nobody@acme.example"],"from":"x@y.example"}');
}
folded();
is(scalar(() = raws()), $left + 2, 'two such mails');
made(email => 'olga@example.com');
is(forgotten({ email => 'olga@example.com' })->{state}, 'erased',
    'somebody is deleted all the same');
is(scalar(() = raws()), $left + 1, 'with the one that has their address');
is($api{other}->post('/v1/contacts', { email => 'zoe@example.org' })->{status},
    201, 'and another tenant is answered');

# with their files, but for those that others have

sub attached {
    my ($from, $body, @names) = @_;
    postmark(From => $from, MessageID => "f" . $n++, TextBody => $body,
        Attachments => [ map { { Name => "$_.txt", ContentType => 'text/plain',
            Content => encode_base64($_ x 3000, '') } } @names ]);
}

attached('rosa@example.com', [ 1 ], qw/ FILEA FILEB FILEC /);
attached('rita@example.com', [ 1 ], qw/ FILEB FILED FILEF /);
attached('rita@example.com', [ 1 ], qw/ FILEE FILEF /);
attached('ruth@example.com', 'readable', 'FILEC');
postmark('{"From":"rosa@example.com","TextBody":"FILEG ' . ('x' x (4 << 20)));
folded();
is(shelf(), 'FILEA FILEB FILEC FILED FILEE FILEF FILEG', 'files');
forgotten({ email => 'rosa@example.com' });
wait_for { shelf() !~ /FILE[AG]/ };
is(shelf(), 'FILEB FILEC FILED FILEE FILEF',
    'those of a deleted item go, but for what another, or a message, names');
my ($item, @scope);
for my $h ([], [ 'Parley-Tenant' => 'demo' ]) {
    for (@{$op->get('/v1/quarantine', @$h)->{json}{items} // []}) {
        my $view = $op->get("/v1/quarantine/$_->{id}", @$h)->{json};
        ($item, @scope) = ($_->{id}, @$h) if @{$view->{files} // []} == 3;
    }
}
is($op->post("/v1/quarantine/$item/drop", undef, @scope)->{status}, 200,
    'dropped');
wait_for { shelf() !~ /FILE[BD]/ };
is(shelf(), 'FILEC FILEE FILEF', 'those of a dropped one as well');
is(($store->ctl('check'))[0], 0, 'nothing inconsistent');

###############################################################################

sub made {
    my (%body) = @_;
    my $r = $api{demo}->post('/v1/contacts', \%body);
    return $r->{json}{id} // die "no contact: $r->{body}\n";
}

# Deleted, to the end.
sub forgotten {
    my ($whom) = @_;
    my $r = $api{demo}->post('/v1/privacy/delete', $whom);
    my $era = $r->{json}{id} // die "no erasure: $r->{body}\n";
    my $view;
    wait_for { $view = $api{demo}->get("/v1/privacy/erasures/$era")->{json};
        ($view->{state} // '') eq 'erased' };
    return $view;
}

# The contact that is known by it.
sub known {
    my ($by) = @_;
    my $list = $api{demo}->get("/v1/contacts?$by")->{json}{contacts} // [];
    return $list->[0] && $list->[0]{id};
}

sub wa {
    my ($messages, $number, %more) = @_;
    wa_post(wa_body(wa_change({ messages => $messages, %more },
        $number // '1001')));
}

sub postmark {
    my $body = @_ == 1 ? $_[0] : encode_json({ To => 'support@acme.example',
        OriginalRecipient => 'support@acme.example', Subject => 'hola', @_,
        Headers => [ { Name => 'Message-ID', Value => "<$$.@{[ rand ]}>" } ]
    });
    return http_status(http_post('/postmark', $body, headers => {
        Authorization => 'Basic ' . encode_base64('hook:open sesame', '')
    }));
}

sub mailgun {
    my @fields = (@_, timestamp => time(), token => 'tok' . rand());
    push @fields, signature => hmac_sha256_hex("$fields[-3]$fields[-1]",
        'mailgun-key');
    my @pairs;
    while (my ($k, $v) = splice @fields, 0, 2) {
        s/([^A-Za-z0-9_.-])/sprintf '%%%02x', ord $1/ge for $k, $v;
        push @pairs, "$k=$v";
    }
    return http_status(http_post('/mailgun', join('&', @pairs), headers =>
        { 'Content-Type' => 'application/x-www-form-urlencoded' }));
}

# What is in the quarantine, of all tenants and of none.
sub raws {
    my @raws;
    for my $h ([], map { [ 'Parley-Tenant' => $_ ] } qw/ demo other /) {
        my $items = $op->get('/v1/quarantine', @$h)->{json}{items} // [];
        push @raws, map { decode_base64($_->{json}{raw} // '') }
            map { $op->get("/v1/quarantine/$_->{id}", @$h) } @$items;
    }
    return @raws;
}

sub aside {
    my %seen;
    $seen{$_}++ for map { /((?:SECRET|OTHER)[A-Z])/g } raws();
    return join ' ', sort keys %seen;
}

# Which of the files are in the folder.
sub shelf {
    my %seen;
    find({ no_chdir => 1, wanted => sub {
        return unless -f $_;
        $seen{$1}++ while slurp($_) =~ /(FILE[A-Z])/g && !$seen{$1};
    } }, "$dir/media");
    return join ' ', sort keys %seen;
}

sub folded {
    wait_for { my $s = $store->status(); $s->{folded} + 1 >= $s->{next} };
}

###############################################################################
