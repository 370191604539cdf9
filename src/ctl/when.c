/*
 * Times on the command line: RFC 3339, or so much later than now.
 */

#include <string.h>

#include "../core/str.h"
#include "ctl.h"


static pl_status_t when_later(const char *text, int64_t *ms);
static int64_t when_unit(pl_str_t unit);


static const struct {
    pl_str_t  name;
    int64_t   ms;
} when_units[] = {
    { PL_STR("ms"), 1 },
    { PL_STR("s"), 1000 },
    { PL_STR("m"), 60 * 1000 },
    { PL_STR("h"), 3600 * 1000 },
    { PL_STR("d"), 86400 * 1000 },
};


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

    if (when_later(text + 1, &later_ms) != PL_OK) {
        return pl_err_set(err, PL_INVALID, option, 0,
                          "\"%s\" is no duration like +90s or +1d12h", text);
    }

    if (ctl->st == NULL) {
        return PL_OK;                   /* its form alone was asked for */
    }

    /* the journal's time, which is the one that timers go by */

    rc = pl_journal_now(ctl->st, ctl->clock, when_ms, err);

    if (rc == PL_OK) {
        *when_ms += later_ms;
    }

    return rc;
}


/* Numbers with their units, one behind the other. */

static pl_status_t
when_later(const char *text, int64_t *ms)
{
    size_t    len;
    int64_t   n, unit;
    pl_str_t  piece;

    *ms = 0;

    if (text[0] == '\0') {
        return PL_INVALID;
    }

    while (text[0] != '\0') {
        len = strspn(text, "0123456789");
        piece.data = (const uint8_t *) text;
        piece.len = len;

        if (len == 0 || pl_str_int(piece, &n) != PL_OK) {
            return PL_INVALID;
        }

        text += len;
        len = strspn(text, "dhms");
        piece.data = (const uint8_t *) text;
        piece.len = len;
        unit = when_unit(piece);

        if (unit == 0 || n > PL_AT_MAX_MS * 10 / unit) {
            return PL_INVALID;          /* ten years, and no overflow */
        }

        *ms += n * unit;
        text += len;
    }

    return *ms > PL_AT_MAX_MS * 10 ? PL_INVALID : PL_OK;
}


static int64_t
when_unit(pl_str_t unit)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(when_units); i++) {
        if (pl_str_eq(unit, when_units[i].name)) {
            return when_units[i].ms;
        }
    }

    return 0;
}
