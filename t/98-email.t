#!/usr/bin/perl

# Tests for mail, over a real server with TLS and a password, and its real
# mailbox: what goes out, threads, files, bounces, and what gets no answer.

###############################################################################

use warnings;
use strict;
use utf8;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use Digest::SHA qw/ sha256_hex /;
use Encode qw/ decode /;
use JSON::PP;
use MIME::Base64;

use lib 'lib';
use Parley::Api;
use Parley::Mail;
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new();
plan(skip_all => 'no exim here') unless Parley::Mail::there();
$t->has('bin:setpriv', 'bin:openssl')->plan(57);
my $dir = $t->testdir();
my $mail = Parley::Mail->new($dir, port(8025));

mkdir "$dir/media";
$t->write_file('secrets/mail.password', "secret\n");
$t->write_file('secrets/postmark', "hook:open sesame\n");

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;
    parley_media  %%TESTDIR%%/media;

    parley_tenant demo {
        channel mail smtp {
            address    support@acme.example "Acme, Inc";
            server     smtp://127.0.0.1:%%PORT_8025%%;
            user       acme;
            token_file secrets/mail.password;
            retry      transient first=200ms max=1h factor=10;
            retry      account   first=200ms max=1s;
        }
        flow greeting flows/greeting.json;
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }
        location = /webhooks/postmark {
            parley_webhook         postmark;
            parley_app_secret_file secrets/postmark;
        }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$mail->run();
my $store = Parley::Store->new($dir);
$t->run();
my $sender = Parley::Sender->new($dir, '--ca-file', $mail->ca())->run();
my $api = Parley::Api->new($store->key('demo', 'admin'));

###############################################################################

# out: both forms, a file, and headers that are no ASCII

my $pdf = join '', map { chr($_ % 256) } 0 .. 9999;
my $sha = sha256_hex($pdf);
my ($one, $two) = $sha =~ /^(..)(..)/;
mkdir "$dir/media/$_" for $one, "$one/$two";
$t->write_file("media/$one/$two/$sha", $pdf);

my $r = send_mail('Ana@example.com', { subject => "Grüße, Ana \x{1f43b}",
    text => "Good day,\n.a dot\nFrom us: 5 €\n", html => '<p>5 €</p>',
    attachments => [ { file => $sha, bytes => length $pdf,
        filename => 'Übersicht.pdf', mime_type => 'application/pdf' } ] });
like($r->{status}, qr/^20[012]$/, 'taken') or diag($r->{body});
my ($m) = got(sub { $mail->mails('ana@example.com') });
my $first = $m;

like($m, qr/esmtpsa/, 'by TLS and with a password');
is(head($m, 'Subject'), "Grüße, Ana \x{1f43b}", 'the subject');
is(head($m, 'From'), '"Acme, Inc" <support@acme.example>', 'from');
is(head($m, 'To'), 'ana@example.com', 'to');
my $back = head($m, 'Reply-To');
like($back, qr/^support\+\d+\.[a-z2-7]{16}\@acme\.example$/,
    'answers go to an address of its own');
my ($id) = $m =~ /^Message-ID: <(p\.[^>]+)>/m;
ok($id, 'an id of ours');
unlike($m, qr/^Auto-Submitted/m, 'somebody wrote it');
my @parts = parts($m);
is($parts[0], "Good day,\n.a dot\nFrom us: 5 €\n", 'its text');
is($parts[1], "<p>5 €</p>\n", 'its other form');
ok($parts[2] eq $pdf, 'its file, byte by byte');
like($m, qr/filename\*0\*=UTF-8''%C3%9Cb/, "the file's name");

my $sent = of($r);
wait_for { state($sent) eq 'accepted' };
is(message($sent)->{provider_id}, $id, 'its id is kept');

# an answer comes in, and is answered in its thread

is(http_status(hook({}, 'nobody:knows')), 401, 'who is not known');
is(http_status(http_post('/webhooks/postmark', '{}')), 401, 'nobody at all');

hook({ inbound(From => '"Ana López" <Ana@Example.com>',
    Subject => 'Re: Grüße, Ana', id => 'a1@mail.example.com', reply => $id,
    TextBody => "Hello\n\n> Good day,\n", to => $back,
    Attachments => [ { Name => 'a.txt', ContentType => 'text/plain',
        Content => 'YWJj', ContentLength => 3 } ]) });
my ($in) = got(sub { $store->messages('in') });
is($in->{contact}, message($sent)->{contact}, 'the same person');
is($in->{reply_to}, $id, 'what it answers');
is($in->{content}{email}{subject}, 'Re: Grüße, Ana', 'its subject');
is($in->{content}{email}{attachments}[0]{filename}, 'a.txt', 'its file');

($m) = got(sub { grep { /a1\@mail/ } $mail->mails('ana@example.com') });
like($m, qr/^In-Reply-To: <a1\@mail\.example\.com>\r?$/m, 'in its thread');
like($m, qr/^References: <\Q$id\E>\r?\n <a1\@mail\.example\.com>/m,
    'and all of it');
is(head($m, 'Subject'), 'Re: Grüße, Ana', 'Re: is said once');
like($m, qr/^Auto-Submitted: auto-replied/m, 'nobody wrote it');
my $said = () = $store->messages('out');

# what a robot writes is kept, and answered by nobody; ours is no message

my %away = inbound(From => 'ana@example.com', id => 'a2@mail.example.com',
    Subject => 'Out of office', TextBody => 'hello, I am away',
    headers => [ 'Auto-Submitted', 'auto-replied' ]);
hook(\%away);
hook({ inbound(From => 'support@acme.example', id => 'own@acme.example',
    Subject => 'x', TextBody => 'hello'), RawEmail => $first });
hook({ inbound(From => 'bulk@example.com', id => 'l1@lists.example.com',
    Subject => 'News', TextBody => 'hello',
    headers => [ 'List-Id', '<news.example.com>' ]) });
hook(\%away);
wait_for { by_id('l1@lists.example.com')->{id} && $store->folded() };
ok(by_id('a2@mail.example.com')->{content}{email}{automatic},
    'out of office');
is(scalar($store->messages('in')), 3, 'our own is no message, and none twice');
is(scalar($store->messages('out')), $said, 'none of them was answered');
is($store->rows('quarantine'), 0, 'and all were understood');

# a real bounce

my $lost = of(send_mail('nobody@example.com',
    { subject => 'x', text => 'y' }));
my ($dsn) = got(sub { grep { /^X-Failed-Recipients: nobody/m }
    $mail->mails('support@acme.example') });
wait_for { state($lost) eq 'accepted' };
hook({ inbound(From => 'x@y.z', id => 'b1@relay.example', Subject => 'x',
    TextBody => 'x'), RawEmail => $dsn });
wait_for { state($lost) eq 'failed' };
is(message($lost)->{error}{title}, 'bounced', 'a bounce');
is(scalar($store->messages('in')), 3, 'is no message');

# refused at once, for good and for now

my $gone = of(send_mail('gone@example.com', { text => 'y' }));
wait_for { state($gone) eq 'failed' };
is($store->rows('dead'), 1, 'a mailbox that is not there');

# nothing more goes to an address that takes no mail, until it is said to

ok(!bounced('nobody@example.com'), 'a report that gives no reason marks none');
hook({ RecordType => 'Bounce', Type => 'HardBounce', TypeCode => 1,
    MessageID => 'pm-2', Email => 'nobody@example.com',
    BouncedAt => '2026-11-26T12:00:00Z', Metadata => {
        parley => message($lost)->{provider_id},
        'parley-channel' => 'support@acme.example' } });
wait_for { bounced('nobody@example.com') };
my $relayed = relayed();
for my $to ('nobody@example.com', 'gone@example.com') {
    my $no = send_mail($to, { text => 'again' });
    wait_for { $store->folded() };
    is($no->{json}{rule}, 'address.bounced', "$to has bounced")
        or diag($no->{body});
}
is(relayed(), $relayed, 'and the relay was not asked');
like(join(' ', $store->ctl('contact', 'set', 'demo', 'gone@example.com',
    '--reachable')), qr/^0 /, 'a person says that it is good');
$gone = of(send_mail('gone@example.com', { text => 'z' }));
wait_for { state($gone) eq 'failed' };
is(relayed(), $relayed + 1, 'and it is tried');
ok(bounced('nobody@example.com'), 'the API shows it');
hook({ inbound(From => 'nobody@example.com', id => 'n1@mail.example.com',
    Subject => 'here', TextBody => 'we are back') });
wait_for { !bounced('nobody@example.com') };
pass('who writes can be written to');
is(join(' ', map { $_->{rule} // "by $_->{actor}" } reverse
    grep { $_->{kind} eq 'contact' } map { $_->{audit} }
    $store->all('events', 'demo')) =~ s/by \S+/somebody/r,
    'address.bounced address.bounced somebody address.bounced address.heard',
    'and all of it is audited');
my $slow = of(send_mail('slow@example.com', { text => 'y' }));
wait_for { tried($slow) >= 2 };
is(state($slow), 'queued', 'what is put off waits, and goes again');

# too large for the relay

my $large = of(send_mail('ana@example.com',
    { subject => 'x', html => 'x' x 400_000 }));
wait_for { state($large) eq 'failed' };
is($store->rows('dead'), 5, 'too large');

# what cannot be said

for (
    [ "a line's end in a subject", 'ana@example.com',
        { subject => "a\r\nBcc: x\@y.z", text => 'x' } ],
    [ 'nothing said', 'ana@example.com', { subject => 'x' } ],
    [ 'no address', "ana\@example.com>\r\nBcc: x\@y.z", { text => 'x' } ],
) {
    my ($name, $to, $email) = @$_;
    cmp_ok(send_mail($to, $email)->{status}, '>=', 400, $name);
}
cmp_ok($api->post('/v1/messages', { to => { phone => '+34600000001' },
    text => 'x' }, 'Idempotency-Key' => 'phone')->{status}, '>=', 400,
    'no mail to a phone');

# events

event(RecordType => 'Delivery', DeliveredAt => '2026-11-26T12:00:00Z');
wait_for { (by_id($id)->{state} // '') eq 'delivered' };
pass('delivered');
event(RecordType => 'Open', UserAgent => 'Mozilla/5.0',
    ReceivedAt => '2026-11-26T12:00:01Z');
wait_for { (by_id($id)->{state} // '') eq 'read' };
ok(fact($id, 'read')->{machine}, 'opened by a machine');
event(RecordType => 'Click', ReceivedAt => '2026-11-26T12:09:00Z',
    UserAgent => 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0');
wait_for { !fact($id, 'read')->{machine} };
pass('and then by a person');
event(RecordType => 'SpamComplaint', Type => 'SpamComplaint',
    Email => 'ana@example.com', BouncedAt => '2026-11-26T13:00:00Z');
wait_for { grep { ($_->{state} // '') eq 'revoked' } consents() };
pass('a complaint revokes');
send_mail('ana@example.com', { text => 'Buy!' }, category => 'marketing');
wait_for { $store->rows('dead') == 6 };
pass('and adverts go nowhere');

# a body that is no JSON, and one that lacks what it needs

is(http_status(hook('{')), 200, 'kept');
is(http_status(hook({ From => 'a@b.c' })), 200, 'kept as well');
wait_for { $store->rows('quarantine') == 2 };
pass('aside');

# a wrong password pauses the channel, and ends no message

my $next = $store->status()->{next};
$t->write_file('secrets/mail.password', "wrong\n");
$t->reload();
wait_for { $store->status()->{next} > $next && $store->folded() };
my $later = of(send_mail('bo@example.com', { text => 'later' }));
wait_for { $store->rows('holds') > 0 };
is(state($later), 'queued', 'a wrong password ends no message');
$t->write_file('secrets/mail.password', "secret\n");
$t->reload();
wait_for { state($later) eq 'accepted' };
pass('and with the right one it goes');

unlike($sender->log(), qr/open sesame|example\.com|Good day/,
    'nothing of it is in the log');
is($sender->stop(), 0, 'the sender ends');
$mail->stop();

###############################################################################

sub send_mail {
    my ($to, $email, %more) = @_;
    return $api->post('/v1/messages', { to => { email => $to },
        email => $email, author => 'person', %more },
        'Idempotency-Key' => 'k' . rand());
}

# What there is of it, once there is something.
sub got {
    my ($what) = @_;
    wait_for { scalar(my @some = $what->()) };
    return $what->();
}

sub of { ($_[0]->{json}{id} // '') =~ /(\d+)/ ? $1 : 0 }

sub message {
    my ($id) = @_;
    my ($m) = grep { $_->{id} =~ /^\D*$id$/ } $store->messages();
    return $m // {};
}

sub state { message($_[0])->{state} // '' }

sub by_id {
    my ($id) = @_;
    my ($m) = grep { ($_->{provider_id} // '') eq $id } $store->messages();
    return $m // {};
}

sub fact {
    my ($id, $state) = @_;
    my ($f) = grep { $_->{state} eq $state } @{by_id($id)->{facts} // []};
    return $f // {};
}

sub tried {
    my ($id) = @_;
    my ($row) = grep { ($_->{effect}{send_message}{message} // 0) == $id }
        $store->all('outbox');
    return $row ? $row->{effect}{attempts} // 0 : 0;
}

sub bounced {
    my ($address) = @_;
    my ($row) = grep { $_->{value} eq $address } map { @{$_->{addresses}} }
        @{$api->get('/v1/contacts')->{json}{contacts}};
    return $row->{bounced};
}

# what the relay was asked to bring to those two
sub relayed {
    open my $log, '<', $mail->{dir} . '/log/mainlog' or die "no log: $!\n";
    return scalar grep { /rejected RCPT <gone\@|\*\* nobody\@/ } <$log>;
}

sub consents {
    my ($id) = message($sent)->{contact} =~ /(\d+)/;
    my $r = $api->get("/v1/contacts/cnt_$id/consents");
    return @{$r->{json}{consents} // []};
}

sub hook {
    my ($body, $who) = @_;
    $body = encode_json($body) if ref $body;
    return http_post('/webhooks/postmark', $body, headers => {
        Authorization => 'Basic '
            . encode_base64($who // 'hook:open sesame', '') });
}

sub event {
    return hook({ MessageID => 'pm-1', Recipient => 'ana@example.com',
        Metadata => { parley => $id,
            'parley-channel' => 'support@acme.example' }, @_ });
}

sub inbound {
    my (%in) = @_;
    my @headers = ([ 'Message-ID', "<$in{id}>" ],
        $in{reply} ? ([ 'In-Reply-To', "<$in{reply}>" ],
            [ 'References', "<$in{reply}>" ]) : (),
        $in{headers} || ());
    my $to = $in{to} // 'support@acme.example';
    my %body = (MessageID => "pm-$in{id}", OriginalRecipient => $to,
        To => $to, Date => 'Thu, 26 Nov 2026 12:00:00 +0100',
        Headers => [ map { { Name => $_->[0], Value => $_->[1] } }
            @headers ]);
    $body{$_} = $in{$_} for grep { /^[A-Z]/ } keys %in;
    return %body;
}

# A header, unfolded and decoded.
sub head {
    my ($mail, $name) = @_;
    my ($value) = $mail =~ /^\Q$name\E: (.*(?:\r?\n[ \t].*)*)/mi or return '';
    $value =~ s/\r//g;
    $value =~ s/\n(?=[ \t])//g;
    return decode('MIME-Header', $value);
}

# The leaves of a mail, decoded.
sub parts {
    my ($mail) = @_;
    my ($head, $body) = split /\r?\n\r?\n/, $mail, 2;
    $head =~ s/\r?\n[ \t]+/ /g;

    if ($head =~ /^Content-Type: multipart.*boundary="([^"]+)"/mi) {
        my ($none, @inner) = split /\r?\n--\Q$1\E(?:--)?\r?\n/, "\n$body";
        return map { parts($_) } grep { /\S/ } @inner;
    }
    $body = decode_base64($body)
        if $head =~ /^Content-Transfer-Encoding: base64/mi;
    if ($head =~ /^Content-Transfer-Encoding: quoted/mi) {
        $body =~ s/=\r?\n//g;
        $body =~ s/=([0-9A-F]{2})/chr hex $1/ge;
        $body =~ s/\r//g;
        $body =~ s/\n*\z/\n/;
    }
    return $head =~ m!^Content-Type: text/!mi ? decode('UTF-8', $body)
                                              : $body;
}

###############################################################################
