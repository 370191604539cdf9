/*
 * Durations: "90s", "30m", "22h", "2d", "1h30m", and before something else:
 * "-22h".
 */

#include <string.h>

#include "flow_impl.h"

static const struct {
    char     letter;
    int64_t  ms;
} duration_units[] = {          /* each at most once, and in this order */
    { 'd', 86400000 }, { 'h', 3600000 }, { 'm', 60000 }, { 's', 1000 },
};


bool
pl_flow_duration(const char *text, int64_t *ms)
{
    bool     minus;
    size_t   unit;
    int64_t  n, sum;

    minus = text[0] == '-';
    text += minus;

    for (sum = 0, unit = 0; *text != '\0'; text++, unit++) {

        if (*text < '0' || *text > '9') {
            return false;
        }

        for (n = 0; *text >= '0' && *text <= '9'; text++) {
            n = n * 10 + (*text - '0');

            if (n > PL_FLOW_DURATION_MAX_MS / 1000) {
                return false;
            }
        }

        while (unit < PL_COUNT(duration_units)
               && duration_units[unit].letter != *text)
        {
            unit++;
        }

        if (unit == PL_COUNT(duration_units)
            || n > PL_FLOW_DURATION_MAX_MS / duration_units[unit].ms)
        {
            return false;
        }

        sum += n * duration_units[unit].ms;
    }

    if (unit == 0 || sum > PL_FLOW_DURATION_MAX_MS) {
        return false;
    }

    *ms = minus ? -sum : sum;

    return true;
}
