/*
 * See past.h.
 */

#include "moment.h"
#include "past.h"

#define PAST_MAX_MS  (36500 * 86400000LL)       /* a century */


pl_status_t
plctl_past(const char *option, const char *text, int64_t now_ms, int64_t *ms,
    pl_err_t *err)
{
    int64_t  ago_ms;

    if (plctl_span(text, PAST_MAX_MS, &ago_ms)) {
        *ms = now_ms - ago_ms;
        return PL_OK;
    }

    if (plctl_moment(text, ms)) {
        return PL_OK;
    }

    return pl_err_set(err, PL_INVALID, "", 0, "--%s \"%s\" is no time like "
                      "2h, 3d, 2026-01-31 or 2026-01-31T10:00:00Z", option,
                      text);
}
