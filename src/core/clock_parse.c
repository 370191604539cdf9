/*
 * A time as people and programs write it: RFC 3339, and no other form, since
 * a time that can be read in two ways is sent at the wrong one.
 */

#include <string.h>

#include "clock.h"

#define PARSE_MINUTE_MS  60000LL

/* What is left of the text; ok false: it was none. */
typedef struct {
    pl_str_t   text;
    bool       ok;
} parse_t;


static int parse_digits(parse_t *p, size_t n);
static bool parse_char(parse_t *p, const char *any);
static int64_t parse_fraction(parse_t *p);
static int64_t parse_zone(parse_t *p);
static int parse_month(int year, int month);


pl_status_t
pl_clock_parse(pl_str_t text, int64_t *wall_ms)
{
    int      year, month, day, hour, minute, second = 0;
    parse_t  p = { text, true };
    int64_t  ms = 0, zone;

    year = parse_digits(&p, 4);
    p.ok = p.ok && parse_char(&p, "-");
    month = parse_digits(&p, 2);
    p.ok = p.ok && parse_char(&p, "-");
    day = parse_digits(&p, 2);
    p.ok = p.ok && parse_char(&p, "Tt ");
    hour = parse_digits(&p, 2);
    p.ok = p.ok && parse_char(&p, ":");
    minute = parse_digits(&p, 2);

    if (p.ok && parse_char(&p, ":")) {
        second = parse_digits(&p, 2);
        ms = parse_fraction(&p);
    }

    zone = parse_zone(&p);

    if (!p.ok || p.text.len != 0 || year < 1970 || month < 1 || month > 12
        || day < 1 || day > parse_month(year, month) || hour > 23
        || minute > 59 || second > 59)
    {
        return PL_INVALID;
    }

    *wall_ms = ((pl_clock_days(year, month, day) * 24 + hour) * 60 + minute)
               * PARSE_MINUTE_MS + second * 1000 + ms - zone;

    return PL_OK;
}


static int
parse_digits(parse_t *p, size_t n)
{
    int     value = 0;
    size_t  i;

    if (!p->ok || p->text.len < n) {
        p->ok = false;
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (p->text.data[i] < '0' || p->text.data[i] > '9') {
            p->ok = false;
            return 0;
        }

        value = value * 10 + (p->text.data[i] - '0');
    }

    p->text.data += n;
    p->text.len -= n;

    return value;
}


/* Takes one of these, where it is next. */

static bool
parse_char(parse_t *p, const char *any)
{
    if (p->text.len == 0 || p->text.data[0] == 0
        || strchr(any, p->text.data[0]) == NULL)
    {
        return false;
    }

    p->text.data++;
    p->text.len--;

    return true;
}


/* Milliseconds; what is finer is cut off. */

static int64_t
parse_fraction(parse_t *p)
{
    int64_t   ms = 0, unit = 100;

    if (!p->ok || !parse_char(p, ".")) {
        return 0;
    }

    do {
        ms += parse_digits(p, 1) * unit;
        unit /= 10;
    } while (p->ok && p->text.len != 0 && p->text.data[0] >= '0'
             && p->text.data[0] <= '9');

    return ms;
}


/* How far the zone is ahead of UTC. */

static int64_t
parse_zone(parse_t *p)
{
    int   hour, minute;
    bool  behind;

    if (!p->ok || parse_char(p, "Zz")) {
        return 0;
    }

    behind = p->text.len != 0 && p->text.data[0] == '-';
    p->ok = parse_char(p, "+-");
    hour = parse_digits(p, 2);
    p->ok = p->ok && parse_char(p, ":");
    minute = parse_digits(p, 2);
    p->ok = p->ok && hour < 24 && minute < 60;

    return (behind ? -1 : 1) * (hour * 60 + minute) * PARSE_MINUTE_MS;
}


/* How many days it has. */

static int
parse_month(int year, int month)
{
    static const int  days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    return days[month - 1]
           + (month == 2 && year % 4 == 0
              && (year % 100 != 0 || year % 400 == 0));
}


/* Since 1970, in eras as pl_clock_print counts them. */

int64_t
pl_clock_days(int year, int month, int day)
{
    int  era, yoe, doy;

    year -= (month <= 2);
    era = year / 400;
    yoe = year - era * 400;
    doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return (int64_t) era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy
           - 719468;
}
