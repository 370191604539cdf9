/*
 * Times on the command line: RFC 3339, or so much later than now.
 */

#include "../core/str.h"
#include "ctl.h"
#include "moment.h"

#define WHEN_LATER_MAX_MS  (10 * PL_AT_MAX_MS)     /* some ten years */


pl_status_t
plctl_when(plctl_t *ctl, const char *option, const char *text,
    int64_t *when_ms, pl_err_t *err)
{
    int64_t      later_ms;
    pl_status_t  rc;

    if (text[0] != '+') {
        return pl_clock_parse(pl_str_c(text), when_ms) == PL_OK
               ? PL_OK
               : pl_err_set(err, PL_INVALID, option, 0,
                            "\"%s\" is no time like 2026-12-24T18:00:00Z "
                            "or +1h30m", text);
    }

    if (!plctl_span(text + 1, WHEN_LATER_MAX_MS, &later_ms)) {
        return pl_err_set(err, PL_INVALID, option, 0,
                          "\"%s\" is no duration like +90s or +1d12h", text);
    }

    if (ctl->st == NULL) {
        return PL_OK;                   /* its form alone was asked for */
    }

    /* the journal's time, which is the one that timers go by; a sandbox may
       have turned its own ahead */

    rc = pl_journal_now(ctl->st, ctl->clock, when_ms, err);

    if (rc == PL_OK) {
        *when_ms += ctl->ahead_ms + later_ms;
    }

    return rc;
}
