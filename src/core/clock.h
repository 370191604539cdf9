/*
 * The only door to time. Core, channel and engine take a pl_clock_t and
 * never ask the system themselves, so that a test can turn it; programs
 * pass pl_clock_system().
 */

#ifndef PL_CLOCK_H_INCLUDED
#define PL_CLOCK_H_INCLUDED

#include "pl.h"

typedef struct pl_clock_s  pl_clock_t;

struct pl_clock_s {
    int64_t   (*wall_ms)(void *data);   /* Unix milliseconds; may step */
    int64_t   (*mono_us)(void *data);   /* microseconds; never runs back */
    void       *data;
};

/* CLOCK_REALTIME and CLOCK_BOOTTIME. Const; any thread. */
const pl_clock_t *pl_clock_system(void);

int64_t pl_clock_wall_ms(const pl_clock_t *clock);
int64_t pl_clock_mono_us(const pl_clock_t *clock);

/*
 * Milliseconds that never run back, in steps of a few, since nobody knows
 * when: for limits that are looked at on every call. No system call, about
 * 5 ns; time asleep does not count.
 */
int64_t pl_clock_coarse_ms(void);

/* RFC 3339 in UTC with milliseconds; buf holds PL_CLOCK_TEXT_MAX bytes. */
#define PL_CLOCK_TEXT_MAX  32
const char *pl_clock_print(int64_t wall_ms, char *buf);

/*
 * Reads RFC 3339: 2026-12-24T18:00:00Z, with a fraction of the second or
 * without the seconds, and with +01:00 in the place of Z. Year 1970 to 9999.
 * PL_INVALID: it is none, or no such day.
 */
pl_status_t pl_clock_parse(pl_str_t text, int64_t *wall_ms);

/*
 * Days from 1970-01-01 to a day of the Gregorian calendar. month: 1 to 12;
 * year: from 0. Whether the month has such a day is not looked at.
 */
int64_t pl_clock_days(int year, int month, int day);

/*
 * The other way: the day of the proleptic Gregorian calendar that lies so
 * many days from 1970-01-01. For each day that milliseconds of int64_t reach.
 */
void pl_clock_date(int64_t days, int64_t *year, int *month, int *day);

/* 16 bytes of /proc/sys/kernel/random/boot_id; zeroes where there is none. */
void pl_clock_boot(uint8_t boot[16]);

#endif /* PL_CLOCK_H_INCLUDED */
