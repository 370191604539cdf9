/*
 * Dates of variables. See moment.h.
 */

#include <string.h>

#include "moment.h"

#define MOMENT_MINUTE_MS  60000

static bool moment_number(const char **at, int digits, int min, int max,
    int *value);
static bool moment_clock(const char **at, pl_civil_t *civil);
static bool moment_offset(const char **at, int *minutes);
static int moment_days(int year, int month);


bool
pl_moment_read(const char *text, const pl_zone_t *zone,
    pl_moment_t *moment)
{
    int          minutes;
    bool         fixed;
    const char  *at = text;
    pl_civil_t   civil;

    memset(&civil, 0, sizeof(civil));

    if (!moment_number(&at, 4, 1, 9999, &civil.year) || *at++ != '-'
        || !moment_number(&at, 2, 1, 12, &civil.month) || *at++ != '-'
        || !moment_number(&at, 2, 1, moment_days(civil.year, civil.month),
                          &civil.day))
    {
        return false;
    }

    fixed = false;
    minutes = 0;

    if (*at != '\0') {
        if (!moment_clock(&at, &civil)) {
            return false;
        }

        fixed = (*at != '\0');

        if (fixed && (!moment_offset(&at, &minutes) || *at != '\0')) {
            return false;
        }
    }

    if (fixed || zone == NULL) {
        zone = pl_zone_universal();
    }

    moment->fixed = fixed;
    moment->wall_ms = pl_zone_wall(&civil);
    moment->ms = pl_zone_at(zone, moment->wall_ms)
                 - (int64_t) minutes * MOMENT_MINUTE_MS;

    return true;
}


static bool
moment_number(const char **at, int digits, int min, int max, int *value)
{
    int  i;

    for (i = 0, *value = 0; i < digits; i++) {
        if ((*at)[i] < '0' || (*at)[i] > '9') {
            return false;
        }

        *value = *value * 10 + ((*at)[i] - '0');
    }

    *at += digits;

    return *value >= min && *value <= max;
}


static bool
moment_clock(const char **at, pl_civil_t *civil)
{
    if ((**at != 'T' && **at != ' ')) {
        return false;
    }

    (*at)++;

    if (!moment_number(at, 2, 0, 23, &civil->hour) || *(*at)++ != ':'
        || !moment_number(at, 2, 0, 59, &civil->minute))
    {
        return false;
    }

    if (**at != ':') {
        return true;
    }

    (*at)++;

    return moment_number(at, 2, 0, 59, &civil->second);
}


static bool
moment_offset(const char **at, int *minutes)
{
    int   hours, rest, sign;

    if (**at == 'Z') {
        (*at)++;
        return true;
    }

    if (**at != '+' && **at != '-') {
        return false;
    }

    sign = *(*at)++ == '-' ? -1 : 1;

    if (!moment_number(at, 2, 0, 23, &hours) || *(*at)++ != ':'
        || !moment_number(at, 2, 0, 59, &rest))
    {
        return false;
    }

    *minutes = sign * (hours * 60 + rest);

    return true;
}


static int
moment_days(int year, int month)
{
    if (month == 2) {
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29
                                                                     : 28;
    }

    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}
