/*
 * Times as people at a place write and read them. Zones are the machine's:
 * $TZDIR, else the usual folder.
 */

#ifndef PLCTL_LOCAL_H_INCLUDED
#define PLCTL_LOCAL_H_INCLUDED

#include "../core/zone.h"
#include "ctl.h"

#define PLCTL_ZONES_DIR  "/usr/share/zoneinfo"

/* In ctl's arena. PL_NOTFOUND; PL_INVALID where its file is none. */
pl_status_t plctl_local_zone(plctl_t *ctl, const char *name,
    const pl_zone_t **zone, pl_err_t *err);

/* Its file's bytes, likewise. */
pl_status_t plctl_local_bytes(plctl_t *ctl, const char *name, pl_str_t *tzif,
    pl_err_t *err);

/*
 * "2027-03-28T02:30" by the clocks of the zone, or RFC 3339 with an offset of
 * its own, or "2027-03-28". False: it is none.
 */
bool plctl_local_moment(const pl_zone_t *zone, const char *text, int64_t *ms);

/* Is it then? A time of the day ("07:00") is one of any day. */
bool plctl_local_is(const pl_zone_t *zone, const char *text, int64_t ms);

/* "2027-03-28T03:30:00+02:00", with milliseconds where there are some. */
const char *plctl_local_print(pl_arena_t *ar, const pl_zone_t *zone,
    int64_t ms);

#endif /* PLCTL_LOCAL_H_INCLUDED */
