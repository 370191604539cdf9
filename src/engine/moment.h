/*
 * A date, or a date and a time, as a variable holds it:
 *
 *     2027-12-24                 00:00 of the person's clock
 *     2027-12-24T14:30           likewise, also with seconds, and a blank
 *                                for the T
 *     2027-12-24T14:30Z          and with an offset from UTC, as programs
 *     2027-12-24T14:30+01:00     write it: whatever the person's clock says
 *
 * Pure; any thread.
 */

#ifndef PL_MOMENT_H_INCLUDED
#define PL_MOMENT_H_INCLUDED

#include "../core/zone.h"

typedef struct {
    int64_t  ms;                /* the instant */
    int64_t  wall_ms;           /* what the wall shows then (pl_zone_wall) */
    bool     fixed;             /* by an offset: no zone was asked */
} pl_moment_t;

/* zone NULL: UTC. False: it is no such text, or no such day. */
bool pl_moment_read(const char *text, const pl_zone_t *zone,
    pl_moment_t *moment);

#endif /* PL_MOMENT_H_INCLUDED */
