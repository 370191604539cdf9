#!/usr/bin/perl

# Tests for what a relay does wrong: where a dialogue breaks off decides
# whether a mail goes again, ends, or is unknown; none is sent twice unseen.

###############################################################################

use warnings;
use strict;

use Test::More;

BEGIN { use FindBin; chdir($FindBin::Bin); }

use IO::Socket::INET;

use lib 'lib';
use Parley::Api;
use Parley::Nginx;
use Parley::Process;
use Parley::Sender;
use Parley::Store;

###############################################################################

my $t = Parley::Nginx->new()->has('perl:IO::Socket::SSL', 'bin:openssl');
$t->plan(22);
my $dir = $t->testdir();

system('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
    . ' -days 30 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1'
    . " -keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null") == 0
    or die "no certificate\n";
$t->write_file('secrets/mail.password', "secret\n");

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    parley_store  %%TESTDIR%%/store;
    parley_outbox /_parley/outbox;

    parley_tenant demo {
        channel mail smtp {
            address     support@acme.example;
            server      smtps://127.0.0.1:%%PORT_8025%%;
            token_file  secrets/mail.password;
            retry       transient first=200ms max=200ms;
            retry       unsent    first=200ms max=200ms;
            retry       account   first=200ms max=200ms;
        }
    }

    server {
        listen 127.0.0.1:8080;

        location /v1/ { parley_api; }
        location = /_parley/outbox {
            internal;
            proxy_pass http://unix:%%TESTDIR%%/sender.sock:/outbox;
        }
    }
}

EOF

$t->run_daemon(\&relay);
my $store = Parley::Store->new($dir);
$t->run();
my $sender = Parley::Sender->new($dir, '--ca-file', "$dir/cert.pem")->run();
my $api = Parley::Api->new($store->key('demo', 'admin'));

###############################################################################

# where it breaks off, what becomes of it, and how often the relay had it all

my %sent = map { $_->[0] => mail("$_->[0]\@example.com") } my @cases = (
    [ 'fine',      'accepted', 1 ],
    [ 'greeting',  'accepted', 1 ],     # refused in the first greeting
    [ 'login',     'accepted', 1 ],     # the password, at first
    [ 'put-off',   'accepted', 1 ],     # the recipient, at first
    [ 'gone',      'failed',   0 ],     # for good
    [ 'cut-data',  'accepted', 1 ],     # before any of it, at first
    [ 'defer',     'accepted', 2 ],     # after all of it, at first
    [ 'refuse',    'failed',   1 ],     # after all of it, for good
    [ 'cut-reply', 'unknown',  1 ],     # before the answer to all of it
);

for (@cases) {
    my ($name, $state, $n) = @$_;
    wait_for { state($sent{$name}) eq $state };
    is(state($sent{$name}), $state, $name);
    is(had($name), $n, "$name: handed over whole");
}

is($store->rows('unknown'), 1, 'what is unknown is kept for who knows');
is($store->rows('dead'), 2, 'what is dead as well');
is($sender->stop(), 0, 'the sender ends');
unlike($sender->log(), qr/secret|example\.com/, 'and names nobody');

###############################################################################

sub mail {
    my ($to) = @_;
    my $r = $api->post('/v1/messages', { to => { email => $to },
        email => { subject => 'x', text => "a line\n" x 200 } },
        'Idempotency-Key' => $to);
    return ($r->{json}{id} // '') =~ /(\d+)/ ? $1 : 0;
}

sub state {
    my ($id) = @_;
    my ($m) = grep { $_->{id} =~ /^\D*$id$/ } $store->messages();
    return $m ? $m->{state} // '' : '';
}

sub had {
    my ($name) = @_;
    return scalar grep { /^$name\@/ } split /\n/, slurp("$dir/had.log");
}

# A relay that does what the recipient is called. What happens "at first" is
# remembered in files, since each connection has a process of its own.
sub relay {
    my $socket = IO::Socket::INET->new(Listen => 50, ReuseAddr => 1,
        LocalAddr => '127.0.0.1:' . port(8025)) or die "no port: $!\n";
    local $SIG{CHLD} = 'IGNORE';

    while (1) {
        my $c = $socket->accept() or next;
        my $pid = fork();
        if (defined $pid && $pid == 0) {
            eval { dialogue($c) };
            POSIX::_exit(0);
        }
        close $c;
    }
}

sub dialogue {
    my ($c) = @_;
    require POSIX;
    IO::Socket::SSL->start_SSL($c, SSL_server => 1,
        SSL_cert_file => "$dir/cert.pem", SSL_key_file => "$dir/key.pem")
        or return;
    my $say = sub { print $c "$_[0]\r\n"; $c->flush() };

    if (first('greeting')) {
        $say->('554 not now');
        return;
    }
    $say->('220 relay');
    my $to = '';

    while (defined(my $line = <$c>)) {
        if ($line =~ /^EHLO/) {
            $say->("250-relay\r\n250-SIZE 1000000\r\n250 AUTH PLAIN");

        } elsif ($line =~ /^AUTH PLAIN(?: (\S+))?/) {
            if (!$1) {
                $say->('334 ');
                $line = <$c>;
            }
            $say->(first('login') ? '535 5.7.8 no' : '235 yes');

        } elsif ($line =~ /^RCPT TO:<([^@]+)/) {
            $to = $1;
            $say->($to eq 'put-off' && first($to) ? '450 4.2.1 not now'
                : $to eq 'gone' ? '550 5.1.1 none' : '250 yes');

        } elsif ($line =~ /^DATA/) {
            return if $to eq 'cut-data' && first($to);
            $say->('354 go');
            1 while defined($line = <$c>) && $line ne ".\r\n";
            return if !defined $line;
            note_had($to);
            return if $to eq 'cut-reply';
            $say->($to eq 'defer' && first($to) ? '451 4.3.0 later'
                : $to eq 'refuse' ? '554 5.6.0 no' : '250 taken');

        } elsif ($line =~ /^QUIT/) {
            $say->('221 bye');
            return;

        } else {
            $say->('250 yes');
        }
    }
}

sub first { mkdir "$dir/first-$_[0]" }

sub note_had {
    open my $fh, '>>', "$dir/had.log" or return;
    syswrite $fh, "$_[0]\@\n";
}

###############################################################################
