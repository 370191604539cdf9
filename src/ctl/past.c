/*
 * See past.h.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../core/str.h"
#include "past.h"

#define PAST_DAYS_MAX  36500        /* a century */


static bool past_ago(const char *text, int64_t *ms);
static bool past_moment(const char *text, int64_t *ms);


pl_status_t
plctl_past(const char *option, const char *text, int64_t now_ms, int64_t *ms,
    pl_err_t *err)
{
    if (past_ago(text, ms)) {
        *ms = now_ms - *ms;
        return PL_OK;
    }

    if (past_moment(text, ms)) {
        return PL_OK;
    }

    return pl_err_set(err, PL_INVALID, "", 0, "--%s \"%s\" is no time like "
                      "2h, 3d, 2026-01-31 or 2026-01-31T10:00:00Z", option,
                      text);
}


static bool
past_ago(const char *text, int64_t *ms)
{
    size_t    i, len;
    int64_t   n;
    pl_str_t  digits;

    static const struct {
        char     letter;
        int64_t  ms;
    } units[] = {
        { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 },
    };

    len = strlen(text);
    digits = pl_str_c(text);

    if (len < 2 || text[0] < '0' || text[0] > '9') {
        return false;
    }

    digits.len = len - 1;

    for (i = 0; i < PL_COUNT(units); i++) {
        if (text[len - 1] == units[i].letter) {
            *ms = 0;

            if (pl_str_int(digits, &n) != PL_OK
                || n > PAST_DAYS_MAX * 86400000LL / units[i].ms)
            {
                return false;
            }

            *ms = n * units[i].ms;
            return true;
        }
    }

    return false;
}


/* What timegm has put right was no date: 31 April is 1 May. */

static bool
past_moment(const char *text, int64_t *ms)
{
    int         end;
    char        zone;
    time_t      at;
    struct tm   tm, kept;

    memset(&tm, 0, sizeof(tm));
    end = 0;

    if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
               &end) != 3
        || end != 10)
    {
        return false;
    }

    if (text[end] != '\0'
        && (sscanf(text + 10, "T%2d:%2d:%2d%c%n", &tm.tm_hour, &tm.tm_min,
                   &tm.tm_sec, &zone, &end) != 4
            || zone != 'Z' || end != 10 || text[20] != '\0'))
    {
        return false;
    }

    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    kept = tm;
    at = timegm(&tm);
    *ms = (int64_t) at * 1000;

    return tm.tm_year == kept.tm_year && tm.tm_mon == kept.tm_mon
           && tm.tm_mday == kept.tm_mday && tm.tm_hour == kept.tm_hour
           && tm.tm_min == kept.tm_min && tm.tm_sec == kept.tm_sec
           && at >= 0;
}
