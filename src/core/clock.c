/*
 * The system's clocks, and how a time is shown.
 *
 * CLOCK_BOOTTIME and not CLOCK_MONOTONIC: it goes on while the machine
 * sleeps, so that a suspended laptop is not taken for a stepped clock.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "str.h"
#include "sys_impl.h"


#define CLOCK_DAY_S      86400
#define CLOCK_BOOT_FILE  "/proc/sys/kernel/random/boot_id"


static int64_t clock_system_wall_ms(void *data);
static int64_t clock_system_mono_us(void *data);


static const pl_clock_t  clock_system = {
    .wall_ms = clock_system_wall_ms,
    .mono_us = clock_system_mono_us,
    .data = NULL
};


const pl_clock_t *
pl_clock_system(void)
{
    return &clock_system;
}


int64_t
pl_clock_wall_ms(const pl_clock_t *clock)
{
    return clock->wall_ms(clock->data);
}


int64_t
pl_clock_mono_us(const pl_clock_t *clock)
{
    return clock->mono_us(clock->data);
}


int64_t
pl_clock_coarse_ms(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);  /* cannot fail */

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


const char *
pl_clock_print(int64_t wall_ms, char *buf)
{
    int      ms, sec, month, day;
    char     text[64];
    int64_t  s, days, year;

    ms = (int) (wall_ms % 1000);
    s = wall_ms / 1000;
    if (ms < 0) {
        ms += 1000;
        s--;
    }

    sec = (int) (s % CLOCK_DAY_S);
    days = s / CLOCK_DAY_S;
    if (sec < 0) {
        sec += CLOCK_DAY_S;
        days--;
    }

    pl_clock_date(days, &year, &month, &day);

    /* 31 bytes at the most; the compiler cannot know and fears for more */
    (void) snprintf(text, sizeof(text), "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ",
                    (long long) year, month, day,
                    sec / 3600, sec / 60 % 60, sec % 60, ms);
    memcpy(buf, text, PL_CLOCK_TEXT_MAX);

    return buf;
}


/*
 * Counted in eras of 400 years whose years begin in March, so that the leap
 * day is the last. By hand because gmtime() is neither thread-safe nor
 * defined for all of int64_t.
 */
void
pl_clock_date(int64_t days, int64_t *year, int *month, int *day)
{
    int      doe, yoe, doy, mp;
    int64_t  era;

    days += 719468;             /* from 0000-03-01 */
    era = (days >= 0 ? days : days - 146096) / 146097;
    doe = (int) (days - era * 146097);
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;

    *month = mp < 10 ? mp + 3 : mp - 9;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *year = era * 400 + yoe + (*month <= 2);
}


void
pl_clock_boot(uint8_t boot[16])
{
    int      fd;
    char     text[64], hex[32];
    size_t   i, n;
    ssize_t  len;

    memset(boot, 0, 16);

    fd = open(CLOCK_BOOT_FILE, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return;
    }

    len = pl_sys_pread(fd, text, sizeof(text), 0);
    (void) close(fd);           /* only read from */

    for (i = 0, n = 0; len > 0 && i < (size_t) len && n < sizeof(hex); i++) {
        if (text[i] != '-') {
            hex[n++] = text[i];
        }
    }

    if (!pl_hex_decode((pl_str_t) { (uint8_t *) hex, n }, boot, 16)) {
        memset(boot, 0, 16);
    }
}


static int64_t
clock_system_wall_ms(void *data)
{
    struct timespec  ts;

    (void) data;
    (void) clock_gettime(CLOCK_REALTIME, &ts);  /* cannot fail on Linux */

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static int64_t
clock_system_mono_us(void *data)
{
    struct timespec  ts;

    (void) data;
    (void) clock_gettime(CLOCK_BOOTTIME, &ts);  /* since Linux 2.6.39 */

    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
