package Parley::Clock;

# A wall clock that a test can turn: every program that is started after it
# was made sees the system's, moved by as much as the test says, from one
# moment to the next. What only ever goes forward is left alone.
#
# It is a few lines of C before each program (LD_PRELOAD), since a clock can
# be set for a whole machine only.

use warnings;
use strict;

use Time::HiRes ();

use Parley::Nginx;

###############################################################################

# new(dir): needs a compiler, has('bin:cc')
sub new {
    my ($class, $dir) = @_;
    my $self = bless { dir => $dir, file => "$dir/clock.ms", ms => 0 },
        $class;
    my $so = "$dir/clock.so";

    $self->turn(0);
    compile($dir, $so) unless -e $so;

    $ENV{PARLEY_TEST_CLOCK} = $self->{file};
    $Parley::Nginx::PRELOAD = $so;
    return $self;
}

sub compile {
    my ($dir, $so) = @_;
    open my $fh, '>', "$dir/clock.c" or die "cannot write clock.c: $!\n";
    print $fh source();
    close $fh or die "cannot write clock.c: $!\n";
    system('cc', qw/ -shared -fPIC -O1 -o /, $so, "$dir/clock.c") == 0
        or die "cannot compile clock.c\n";
}

# turn(seconds): forward, or back where it is less than 0
sub turn {
    my ($self, $seconds) = @_;
    $self->{ms} += int($seconds * 1000);
    open my $fh, '+>>:raw', $self->{file} or die "cannot open clock: $!\n";
    open $fh, '+<:raw', $self->{file} or die "cannot open clock: $!\n";
    syswrite($fh, pack 'q', $self->{ms}) == 8 or die "cannot turn it: $!\n";
    close $fh or die "cannot turn it: $!\n";
    return $self;
}

# what the programs see now, in milliseconds
sub now { return int(Time::HiRes::time() * 1000) + $_[0]->{ms} }

sub source {
    return <<'END';
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t  *turned;

__attribute__((constructor)) static void
turned_open(void)
{
    int          fd;
    void        *at;
    const char  *file = getenv("PARLEY_TEST_CLOCK");

    fd = file == NULL ? -1 : open(file, O_RDONLY | O_CLOEXEC);
    if (fd != -1) {
        at = mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
        turned = at == MAP_FAILED ? NULL : at;
        close(fd);
    }
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
    int      rc;
    int64_t  ns;

    rc = (int) syscall(SYS_clock_gettime, id, ts);

    if (rc == 0 && turned != NULL
        && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
    {
        ns = ((int64_t) ts->tv_sec * 1000 + *turned) * 1000000 + ts->tv_nsec;
        ts->tv_sec = ns / 1000000000;
        ts->tv_nsec = ns % 1000000000;
    }

    return rc;
}

int
gettimeofday(struct timeval *tv, void *tz)
{
    struct timespec  ts;

    (void) tz;
    (void) clock_gettime(CLOCK_REALTIME, &ts);
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;

    return 0;
}

time_t
time(time_t *out)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    if (out != NULL) {
        *out = ts.tv_sec;
    }

    return ts.tv_sec;
}
END
}

###############################################################################

1;
