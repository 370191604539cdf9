package Parley::Nginx;

# Runs a real nginx with the module in a folder of its own, and talks to it.
#
# PARLEY_BUILD is the build that is tested; TEST_NGINX_BINARY,
# TEST_NGINX_GLOBALS, TEST_NGINX_LEAVE and TEST_NGINX_VERBOSE are as in
# nginx's own tests. When it goes, it tests that the logs hold nothing grave
# and no sanitizer's report: plan() counts those two.

use warnings;
use strict;

use base qw/ Exporter /;

our @EXPORT = qw/
    http http_get http_post http_start http_end http_status port wait_for
    build_dir slow slurp
/;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;
use File::Path qw/ rmtree /;
use File::Temp qw/ tempdir /;
use IO::Select;
use IO::Socket::INET;
use Test::More ();

use Parley::Process;

our $NGINX = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';
our $ROOT = abs_path(dirname(__FILE__) . '/../../..');
our $PRELOAD = '';
our %PORTS;
our @ALL;

# nothing here may hang for ever; what was started is ended even then
$SIG{ALRM} = sub {
    $SIG{ALRM} = 'DEFAULT';
    alarm(60);
    Test::More::diag('the test took too long, and is ended');
    exit(255);
};
alarm($ENV{TEST_NGINX_ALARM} // 1500);

###############################################################################

sub build_dir {
    my $build = $ENV{PARLEY_BUILD} // 'build';
    return $build =~ m!^/! ? $build : "$ROOT/$build";
}

sub slow { $ENV{PARLEY_SLOW} }

sub new {
    my ($class) = @_;

    my $self = bless { owner => $$, expected => [] }, $class;
    $self->{dir} = tempdir('parley-test-XXXXXXXX', TMPDIR => 1);
    $self->{dir} = abs_path($self->{dir});
    mkdir "$self->{dir}/$_" for qw/ temp secrets flows /;
    $self->write_file('flows/greeting.json',
        slurp("$ROOT/conf/flows/greeting.json"));
    $self->write_file('secrets/app.secret', "test_app_secret\n");
    $self->write_file('secrets/channel.token', "test-token\n");

    Test::More::BAIL_OUT("no $NGINX") unless -x $NGINX;
    Test::More::BAIL_OUT('no module in ' . build_dir())
        unless -r build_dir() . '/ngx_http_parley_module.so';

    push @ALL, $self;
    return $self;
}

# Features of nginx as `nginx -V` tells them, or what the machine gives.
sub has {
    my ($self, @features) = @_;

    for my $feature (@features) {
        my $there = $feature eq 'root' ? $> == 0
            : $feature eq 'mount' ? can_mount()
            : $feature =~ /^bin:(.*)/ ? grep { -x "$_/$1" }
                split(/:/, "$ENV{PATH}:/sbin:/usr/sbin")
            : $feature =~ /^perl:(.*)/ ? eval "require $1"
            : `$NGINX -V 2>&1` =~ /with-(http_)?\Q$feature\E/;
        Test::More::plan(skip_all => "no $feature here")
            unless $there;
    }

    return $self;
}

# Rootless containers have root and no mounts.
sub can_mount {
    return 0 if $> != 0;
    my $dir = tempdir(CLEANUP => 1);
    return 0 if system("mount -t tmpfs none $dir 2>/dev/null") != 0;
    return system("umount $dir") == 0;
}

sub plan {
    my ($self, $n) = @_;
    Test::More::plan(tests => $n + 2);
    $self->{planned} = 1;
    return $self;
}

# Log lines that a test provokes on purpose.
sub expect {
    my ($self, @patterns) = @_;
    push @{$self->{expected}}, @patterns;
    return $self;
}

sub testdir { $_[0]->{dir} }

# What DESTROY would do, but that a test's own subs keep it alive too long.
END {
    my $status = $?;
    $_->finish() for grep { $_->{owner} == $$ } @ALL;
    $? = $status;
}

sub finish {
    my ($self) = @_;

    $self->stop();
    $_->stop() for @{$self->{daemons} // []};
    if ($self->{planned}) {
        Test::More::is(join("\n", $self->grave()), '',
            'no grave log lines')
            or Test::More::diag(grep { $_ } map { slurp($_) }
                glob("$self->{dir}/{stderr,sender}.log"));
        Test::More::is(join("\n", $self->sanitizer()), '',
            'no sanitizer reports');
    }

    Test::More::diag($self->read_file('error.log'))
        if $ENV{TEST_NGINX_VERBOSE} && -e "$self->{dir}/error.log";
    Test::More::diag("left: $self->{dir}") if $ENV{TEST_NGINX_LEAVE};
    rmtree($self->{dir}) unless $ENV{TEST_NGINX_LEAVE};
}

# What no run may log, less what the test expects.
sub grave {
    my ($self) = @_;
    my @lines = grep { /\[(?:alert|emerg|crit)\]|leaked|open socket #/ }
        map { split /\n/, $self->read_file($_) } $self->logs();
    for my $re (@{$self->{expected}}) {
        @lines = grep { $_ !~ $re } @lines;
    }
    return @lines > 20 ? (@lines[0 .. 19], '…') : @lines;
}

sub sanitizer {
    my ($self) = @_;
    my @lines = grep { /Sanitizer|runtime error:/ }
        map { split /\n/, $self->read_file($_) }
        $self->logs(), map { s!^.*/!!r } glob("$self->{dir}/san.*");
    return @lines > 20 ? (@lines[0 .. 19], '…') : @lines;
}

sub logs {
    my ($self) = @_;
    return map { s!^.*/!!r } glob("$self->{dir}/*.log");
}

###############################################################################

sub write_file {
    my ($self, $name, $content) = @_;
    open my $fh, '>:raw', "$self->{dir}/$name"
        or die "cannot write $name: $!\n";
    print $fh $content;
    close $fh or die "cannot write $name: $!\n";
    chmod 0600, "$self->{dir}/$name" if $name =~ /^secrets/;
    return $self;
}

sub read_file {
    my ($self, $name) = @_;
    return slurp("$self->{dir}/$name");
}

sub write_file_expand {
    my ($self, $name, $content) = @_;

    $content =~ s/%%TEST_GLOBALS%%/$self->globals()/ge;
    $content =~ s/%%TEST_GLOBALS_HTTP%%/$self->globals_http()/ge;
    $content =~ s/%%TESTDIR%%/$self->{dir}/g;
    $content =~ s/127\.0\.0\.1:(8\d\d\d)/'127.0.0.1:' . port($1)/ge;
    $content =~ s/%%PORT_(\d+)%%/port($1)/ge;

    return $self->write_file($name, $content);
}

sub globals {
    my ($self) = @_;
    my $build = build_dir();
    my $user = $> == 0 ? 'user root;' : '';
    my $extra = $ENV{TEST_NGINX_GLOBALS} // '';

    return <<EOF;
load_module $build/ngx_http_parley_module.so;
daemon off; $user $extra
pid $self->{dir}/nginx.pid;
error_log $self->{dir}/error.log notice;
thread_pool parley threads=4;
EOF
}

sub globals_http {
    my ($self) = @_;
    my $temp = join "\n", map { "${_}_temp_path $self->{dir}/temp/$_;" }
        qw/ client_body proxy fastcgi uwsgi scgi /;
    return "access_log off;\n$temp\n";
}

###############################################################################

# A port that is free now and stays ours: its number is held for UDP.
sub port {
    my ($n) = @_;
    return $PORTS{$n}[0] if $PORTS{$n};

    for (1 .. 200) {
        my $port = 10000 + int(rand(20000));
        my $lock = IO::Socket::INET->new(Proto => 'udp',
            LocalAddr => "127.0.0.1:$port") or next;
        my $free = IO::Socket::INET->new(Proto => 'tcp', Listen => 1,
            ReuseAddr => 1, LocalAddr => "127.0.0.1:$port") or next;
        close $free;
        $PORTS{$n} = [$port, $lock];
        return $port;
    }
    die "no free port\n";
}

sub run {
    my ($self) = @_;

    unlink "$self->{dir}/nginx.pid";
    $self->{nginx} = Parley::Process->start('nginx', {
            log => "$self->{dir}/stderr.log",
            env => $self->nginx_env()
        }, @{$self->{wrapper} // []},
        $NGINX, '-p', "$self->{dir}/", '-c', 'nginx.conf',
        '-e', 'error.log');

    wait_for { -s "$self->{dir}/nginx.pid" || !$self->{nginx}->alive() };
    die "nginx did not start: " . join("\n", map { $self->read_file($_) }
        $self->logs()) . "\n" unless $self->{nginx}->alive();
    $self->{nginx}->target($self->read_file('nginx.pid') =~ s/\s//gr);

    return $self;
}

sub nginx_env {
    my ($self) = @_;
    return { sanitizer_env($self->{dir}, 0), preload(1) };
}

# What is to be there before a program: a sanitizer's runtime, for nginx,
# which is without, and wherever something else is; and a test's own ($PRELOAD,
# see Parley::Clock).
sub preload {
    my ($nginx) = @_;
    my $module = build_dir() . '/ngx_http_parley_module.so';
    return () unless $nginx || $PRELOAD;
    my ($runtime) = `ldd $module` =~ /libasan\S* => (\S+)/;
    my @libs = grep { $_ } $runtime, $PRELOAD;
    return @libs ? (LD_PRELOAD => join ':', @libs) : ();
}

sub sanitizer_env {
    my ($dir, $leaks) = @_;
    return (
        ASAN_OPTIONS => "detect_leaks=$leaks:log_path=$dir/san.asan",
        UBSAN_OPTIONS => "print_stacktrace=1:log_path=$dir/san.ubsan",
    );
}

# nginx -t: its exit status and what it said
sub check {
    my ($self, $conf) = @_;
    my $p = Parley::Process->start('nginx -t', {
            log => "$self->{dir}/check.out", env => $self->nginx_env()
        }, $NGINX, '-t', '-p', "$self->{dir}/", '-c',
        $conf // 'nginx.conf', '-e', 'check.err');
    my $status = $p->ended();
    my $said = $self->read_file('check.out');
    unlink "$self->{dir}/check.out", "$self->{dir}/check.err";
    return ($status >> 8, $said);
}

sub master { $_[0]->{nginx}->target() }

sub workers { Parley::Process::children($_[0]->master()) }

sub reload {
    my ($self) = @_;
    $self->{nginx}->signal('HUP');
    return $self;
}

sub stop {
    my ($self, $signal) = @_;
    my $nginx = delete $self->{nginx} or return $self;
    return $self unless $nginx->alive();
    $nginx->stop($signal // 'QUIT');
    return $self;
}

# As a power switch would: master and workers, without a word. The master
# stands still first: one whose worker has just died makes another.
sub kill9 {
    my ($self) = @_;
    my $nginx = delete $self->{nginx};
    my $master = $nginx->target();
    kill 'STOP', $master;
    wait_for { slurp("/proc/$master/stat") !~ /\) [RSD] / };
    my @workers = Parley::Process::children($master);
    kill 'KILL', $master, @workers;
    $nginx->kill9();
    Parley::Process::gone(@workers);
    return $self;
}

sub run_daemon {
    my ($self, @command) = @_;
    my $name = ref $command[0] ? 'daemon' : $command[0];
    push @{$self->{daemons}}, Parley::Process->start($name,
        { log => "$self->{dir}/daemon.log" }, @command);
    return $self->{daemons}[-1];
}

###############################################################################

# http(request, port => N): all that comes back, or undef
sub http {
    my ($request, %opt) = @_;
    my $s = http_start($request, %opt) or return undef;
    return http_end($s);
}

sub http_start {
    my ($request, %opt) = @_;
    my $s = IO::Socket::INET->new(Proto => 'tcp', Timeout => 30,
        PeerAddr => '127.0.0.1:' . ($opt{port} // port(8080)))
        or return undef;
    my $sent = 0;
    while ($sent < length $request) {
        my $n = syswrite $s, $request, 1 << 20, $sent;
        last unless defined $n;         # an early answer can be read yet
        $sent += $n;
    }
    return $s;
}

sub http_end {
    my ($s, $limit) = @_;
    my ($answer, $select) = ('', IO::Select->new($s));
    while ($select->can_read($limit // 90)) {
        my $n = sysread $s, $answer, 65536, length $answer;
        last unless $n;
    }
    return $answer;
}

sub http_get {
    my ($path, %opt) = @_;
    my $headers = headers($opt{headers});
    return http("GET $path HTTP/1.0\r\nHost: localhost\r\n$headers\r\n",
        %opt);
}

sub http_post {
    my ($path, $body, %opt) = @_;
    my $headers = headers($opt{headers});
    my $n = length $body;
    return http("POST $path HTTP/1.0\r\nHost: localhost\r\n"
        . "Content-Length: $n\r\n$headers\r\n$body", %opt);
}

sub headers {
    my ($headers) = @_;
    return join '', map { "$_: $headers->{$_}\r\n" }
        sort keys %{$headers // {}};
}

sub http_status {
    my ($answer) = @_;
    return ($answer // '') =~ m!^HTTP/1\.\d (\d+)! ? $1 : 0;
}

###############################################################################

1;
