/*
 * See local.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/str.h"
#include "local.h"
#include "moment.h"


pl_status_t
plctl_local_zone(plctl_t *ctl, const char *name, const pl_zone_t **zone,
    pl_err_t *err)
{
    pl_str_t     tzif;
    pl_status_t  rc;

    rc = plctl_local_bytes(ctl, name, &tzif, err);

    return rc == PL_OK ? pl_zone_compile(ctl->ar, tzif, zone, err) : rc;
}


pl_status_t
plctl_local_bytes(plctl_t *ctl, const char *name, pl_str_t *tzif,
    pl_err_t *err)
{
    const char   *dir, *path;
    pl_status_t   rc;

    dir = getenv("TZDIR");

    if (dir == NULL || dir[0] == '\0') {
        dir = PLCTL_ZONES_DIR;
    }

    path = pl_zone_name_valid(pl_str_c(name))
           ? pl_arena_printf(ctl->ar, "%s/%s", dir, name) : NULL;

    if (path == NULL) {
        return pl_err_set(err, PL_NOTFOUND, "", 0,
                          "is no name of a time zone");
    }

    rc = plctl_file(ctl, path, PL_ZONE_BYTES_MAX, tzif, err);

    return rc == PL_OK ? rc
                       : pl_err_set(err, PL_NOTFOUND, "", 0,
                                    "there is no such time zone in %s", dir);
}


/* What has no offset is read as if it were UTC, and then put in its place. */

bool
plctl_local_moment(const pl_zone_t *zone, const char *text, int64_t *ms)
{
    int64_t     utc;
    pl_civil_t  civil;

    if (pl_clock_parse(pl_str_c(text), ms) == PL_OK) {
        return true;
    }

    if (!plctl_moment(text, &utc)) {
        return false;
    }

    pl_zone_local(pl_zone_universal(), utc, &civil);
    *ms = pl_zone_instant(zone, &civil);

    return true;
}


bool
plctl_local_is(const pl_zone_t *zone, const char *text, int64_t ms)
{
    char        buf[16];
    int64_t     then;
    pl_civil_t  civil;

    pl_zone_local(zone, ms, &civil);
    (void) snprintf(buf, sizeof(buf), "%02d:%02d", civil.hour % 24,
                    civil.minute % 60);

    if (strcmp(text, buf) == 0) {
        return civil.second == 0 && civil.ms == 0;
    }

    return plctl_local_moment(zone, text, &then) && then == ms;
}


const char *
plctl_local_print(pl_arena_t *ar, const pl_zone_t *zone, int64_t ms)
{
    int          offset;
    char         part[8];
    pl_civil_t   civil;
    const char  *text;

    pl_zone_local(zone, ms, &civil);
    offset = civil.offset_s / 60;

    part[0] = '\0';

    if (civil.ms != 0) {
        (void) snprintf(part, sizeof(part), ".%03d", civil.ms % 1000);
    }

    text = pl_arena_printf(ar, "%04d-%02d-%02dT%02d:%02d:%02d%s%c%02d:%02d",
                           civil.year, civil.month, civil.day, civil.hour,
                           civil.minute, civil.second, part,
                           offset < 0 ? '-' : '+', abs(offset) / 60,
                           abs(offset) % 60);

    return text != NULL ? text : "…";
}
