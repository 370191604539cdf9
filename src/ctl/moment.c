/*
 * See moment.h.
 */

#include <stdio.h>
#include <string.h>

#include "../core/clock.h"
#include "../core/str.h"
#include "moment.h"

#define MOMENT_TEXT_MAX  64


static int64_t span_unit(pl_str_t unit);


static const struct {
    pl_str_t  name;
    int64_t   ms;
} span_units[] = {
    { PL_STR("ms"), 1 },
    { PL_STR("s"), 1000 },
    { PL_STR("m"), 60 * 1000 },
    { PL_STR("h"), 3600 * 1000 },
    { PL_STR("d"), 86400 * 1000 },
};


/* What was left away is put behind it: nothing, the zone, the time of day. */

bool
plctl_moment(const char *text, int64_t *ms)
{
    int     n;
    char    buf[MOMENT_TEXT_MAX];
    size_t  i;

    static const char *const  ends[] = { "", "Z", "T00:00Z" };

    for (i = 0; i < PL_COUNT(ends); i++) {
        n = snprintf(buf, sizeof(buf), "%s%s", text, ends[i]);

        if (n > 0 && (size_t) n < sizeof(buf)
            && pl_clock_parse(pl_str_c(buf), ms) == PL_OK)
        {
            return true;
        }
    }

    return false;
}


bool
plctl_span(const char *text, int64_t max_ms, int64_t *ms)
{
    int64_t   n, unit;
    pl_str_t  piece;

    *ms = 0;

    do {
        piece.data = (const uint8_t *) text;
        piece.len = strspn(text, "0123456789");

        if (piece.len == 0 || pl_str_int(piece, &n) != PL_OK) {
            return false;
        }

        text += piece.len;
        piece.data = (const uint8_t *) text;
        piece.len = strspn(text, "dhms");
        unit = span_unit(piece);

        if (unit == 0 || n > (max_ms - *ms) / unit) {
            return false;
        }

        *ms += n * unit;
        text += piece.len;

    } while (text[0] != '\0');

    return true;
}


static int64_t
span_unit(pl_str_t unit)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(span_units); i++) {
        if (pl_str_eq(unit, span_units[i].name)) {
            return span_units[i].ms;
        }
    }

    return 0;
}
