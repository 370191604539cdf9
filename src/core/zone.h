/*
 * Time zones: one IANA zone, compiled from the bytes of its TZif file
 * (RFC 8536), and what its clocks on the wall say.
 *
 * A compiled zone is immutable, and any number of threads may ask it; glibc
 * has no call for one zone among threads. It says nothing of names: which
 * zones there are is in the settings (settings.h), which take them from the
 * state, so that every fold of a journal sees the same ones.
 *
 * Caveats
 *
 * - Version 2 or later of the format is needed: its 64-bit data, and the
 *   footer, which says what holds behind the last transition. A file of
 *   version 1 ends in 2037 and is refused, as is one that counts leap
 *   seconds ("right/"): Unix time has none.
 * - Instants are Unix milliseconds, of the years 1 to 9999. What lies
 *   outside counts as the first or the last of them.
 * - A wall time can be missing (clocks go forward: a gap) or be there twice
 *   (they go back: a fold). pl_zone_instant says which instant is meant
 *   then; what asks "is it between 23:00 and 07:00" should not turn wall
 *   times into instants at all, but ask hours.h.
 */

#ifndef PL_ZONE_H_INCLUDED
#define PL_ZONE_H_INCLUDED

#include "arena.h"
#include "pl.h"

#define PL_ZONE_NAME_MAX         64         /* America/Argentina/... has 32 */
#define PL_ZONE_BYTES_MAX        (64u * 1024)   /* of a file; the largest of
                                               2025b, fat, has 3,872 */
#define PL_ZONE_TRANSITIONS_MAX  2048       /* zic's own limit is 2,000 */
#define PL_ZONE_OFFSET_MAX_S     93599      /* RFC 8536, 3.2: 25:59:59 */
#define PL_ZONE_MIN_MS  (-62135596800000LL) /* 0001-01-01T00:00:00.000Z */
#define PL_ZONE_MAX_MS  253402300799999LL   /* 9999-12-31T23:59:59.999Z */

typedef struct pl_zone_s  pl_zone_t;

/* What a clock and a calendar on the wall say. */
typedef struct {
    int      year;
    int      month;             /* 1 to 12 */
    int      day;               /* 1 to 31 */
    int      hour;              /* 0 to 23 */
    int      minute;
    int      second;
    int      ms;
    int      weekday;           /* ISO 8601: 1 Monday to 7 Sunday */
    int32_t  offset_s;          /* of local time from UTC, east positive */
} pl_civil_t;

/*
 * A stretch in which local time goes on evenly: from from_ms, which is in
 * it, to until_ms, which is not. INT64_MIN and INT64_MAX: there is no end.
 * Neighbours may have the same offset.
 */
typedef struct {
    int64_t  from_ms;
    int64_t  until_ms;
    int32_t  offset_s;
} pl_zone_span_t;

/*
 * Compiles a TZif file; nothing points into its bytes afterwards. The zone
 * lives as long as the arena and needs about 12 bytes for each transition.
 * PL_INVALID, and err->text says what is wrong; PL_TOOBIG past
 * PL_ZONE_BYTES_MAX; PL_NOMEM. Any bytes may be given.
 */
pl_status_t pl_zone_compile(pl_arena_t *ar, pl_str_t tzif,
    const pl_zone_t **zone, pl_err_t *err);

/* UTC, for who has no zone: there is always one to ask. Const. */
const pl_zone_t *pl_zone_universal(void);

/*
 * Has a name the form of a zone's ("Europe/Berlin", "Etc/GMT+5")? 1 to
 * PL_ZONE_NAME_MAX letters, digits, and "+-_/", no part of it empty. Not what
 * else is in a tz database's folder: all below posix/ and right/, localtime
 * and posixrules. Whether there is such a zone, the settings know.
 */
bool pl_zone_name_valid(pl_str_t name);

/* What the wall says at an instant. */
void pl_zone_local(const pl_zone_t *zone, int64_t utc_ms, pl_civil_t *civil);

/*
 * The instant at which the wall says so. weekday and offset_s are not
 * looked at; day and what is smaller may lie outside their ranges, also
 * below zero, and are carried (day 32 of January is the 1st of February);
 * year and month are brought into theirs.
 *
 * In a gap, the instant that lies as far behind the gap's begin as the wall
 * time does: 02:30 where clocks go from 02:00 to 03:00 is 03:30. In a fold,
 * the first of the two.
 */
int64_t pl_zone_instant(const pl_zone_t *zone, const pl_civil_t *civil);

/*
 * The same by the wall's milliseconds: those from 1970-01-01 00:00 of the
 * wall, as if it showed UTC. pl_zone_wall has them of a civil time.
 */
int64_t pl_zone_at(const pl_zone_t *zone, int64_t wall_ms);
int64_t pl_zone_wall(const pl_civil_t *civil);

/*
 * The next instant, past utc_ms, at which a day's HH:MM is: the earliest
 * that pl_zone_instant has for any day. So each day has one, in a gap and in
 * a fold too: once 02:30 was, the second 02:30 of that night is not another.
 */
int64_t pl_zone_next(const pl_zone_t *zone, int64_t utc_ms, int hour,
    int minute);

/* The stretch that an instant lies in. */
void pl_zone_span(const pl_zone_t *zone, int64_t utc_ms,
    pl_zone_span_t *span);

#endif /* PL_ZONE_H_INCLUDED */
