package Parley::Mail;

# A real mail server, Debian's exim, in the test's folder: it asks for TLS and
# a password, and puts all that it takes into one Maildir. It runs as nobody
# where the test is root's, and needs no right that nobody has.
#
# Of addresses: nobody@example.com bounces, gone… is refused at once, slow… is
# put off.

use warnings;
use strict;

use IO::Socket::INET;

use Parley::Nginx;
use Parley::Process;

our $EXIM = '/usr/sbin/exim4';

###############################################################################

sub there { -x $EXIM }

# new(dir, port)
sub new {
    my ($class, $dir, $port) = @_;
    my $self = bless { dir => "$dir/mail", port => $port }, $class;
    my ($user, $group) = $> == 0 ? (qw/ nobody nogroup /)
        : (scalar getpwuid($>), scalar getgrgid((split ' ', $))[0]));

    mkdir "$self->{dir}$_" for '', '/spool', '/log';
    chmod 0755, $dir, $self->{dir};
    system('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256'
        . ' -nodes -days 30 -subj /CN=localhost'
        . ' -addext subjectAltName=IP:127.0.0.1'
        . " -keyout $self->{dir}/key.pem -out $self->{dir}/cert.pem"
        . ' 2>/dev/null') == 0 or die "no certificate\n";

    open my $fh, '>', "$self->{dir}/exim.conf" or die "exim.conf: $!\n";
    print $fh $self->conf($user, $group);
    close $fh or die "exim.conf: $!\n";
    system('chown', '-R', "$user:$group", $self->{dir}) if $> == 0;

    return $self;
}

sub run {
    my ($self) = @_;
    my @as = $> == 0 ? ('setpriv', '--reuid', 'nobody', '--regid', 'nogroup',
        '--clear-groups') : ();

    $self->{process} = Parley::Process->start('exim',
        { log => "$self->{dir}/out.log" }, @as, $EXIM, '-C',
        "$self->{dir}/exim.conf", '-bdf');
    wait_for { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}")
        || !$self->{process}->alive() };
    die "exim did not start: " . slurp("$self->{dir}/out.log") . "\n"
        unless $self->{process}->alive();

    return $self;
}

sub stop { $_[0]->{process}->stop() }

sub ca { "$_[0]->{dir}/cert.pem" }

# What was delivered to an address, in no order; without one, all.
sub mails {
    my ($self, $to) = @_;
    return grep { !$to || /^Envelope-to: \Q$to\E$/mi }
        map { slurp($_) } glob("$self->{dir}/box/new/*");
}

sub conf {
    my ($self, $user, $group) = @_;
    return <<"EOF";
exim_user = $user
exim_group = $group
primary_hostname = relay.example
spool_directory = $self->{dir}/spool
log_file_path = $self->{dir}/log/%slog
pid_file_path = $self->{dir}/exim.pid
daemon_smtp_ports = $self->{port}
local_interfaces = 127.0.0.1
tls_advertise_hosts = *
tls_certificate = $self->{dir}/cert.pem
tls_privatekey = $self->{dir}/key.pem
auth_advertise_hosts = \${if eq{\$tls_in_cipher}{}{}{*}}
domainlist local_domains = example.com : acme.example
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
deliver_drop_privilege = true
keep_environment =
message_size_limit = 300K
host_lookup =
timezone = UTC

begin acl
rcpt:
  deny    message = 5.7.1 no password
          !authenticated = *
  defer   message = 4.2.1 not now
          local_parts = ^slow
  deny    message = 5.1.1 no such mailbox
          local_parts = ^gone
  accept

begin routers
fails:
  driver = redirect
  domains = +local_domains
  local_parts = nobody
  allow_fail
  data = :fail: 5.1.1 no mailbox here
local:
  driver = accept
  domains = +local_domains
  transport = box

begin transports
box:
  driver = appendfile
  directory = $self->{dir}/box
  maildir_format
  create_directory
  envelope_to_add
  return_path_add

begin retry
* * F,2h,1m

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{acme}}{eq{\$auth3}{secret}}}}
  server_set_id = \$auth2
EOF
}

###############################################################################

1;
