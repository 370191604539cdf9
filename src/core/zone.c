/*
 * Asking a compiled zone. All goes through the stretch that an instant lies
 * in, found by bisection in the table, or from the rule behind its end.
 */

#include "clock.h"
#include "str.h"
#include "zone_impl.h"


#define ZONE_DAY_MS  86400000LL
#define ZONE_REACH_MS  ((PL_ZONE_OFFSET_MAX_S + 1) * 1000LL)


static const pl_zone_t  zone_universal = { 0 };


static void zone_stretch(const pl_zone_t *zone, int64_t t_s,
    pl_zone_stretch_t *span);
static int64_t zone_within(int64_t utc_ms);
static int64_t zone_floor(int64_t n, int64_t by);
static int64_t zone_edge(int64_t s);


const pl_zone_t *
pl_zone_universal(void)
{
    return &zone_universal;
}


bool
pl_zone_name_valid(pl_str_t name)
{
    bool      part = false;
    size_t    i;
    uint8_t   c;
    pl_str_t  first = name;

    static const char *const  others[] = {
        "posix", "right", "localtime", "posixrules"
    };

    if (name.len > PL_ZONE_NAME_MAX) {
        return false;
    }

    for (i = 0; i < name.len && name.data[i] != '/'; i++) {
        /* to the end of the first part */
    }

    first.len = i;

    for (i = 0; i < PL_COUNT(others); i++) {
        if (pl_str_eq(first, pl_str_c(others[i]))) {
            return false;
        }
    }

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (c == '/') {
            if (!part) {
                return false;
            }
            part = false;

        } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                   || (c >= '0' && c <= '9')
                   || c == '+' || c == '-' || c == '_')
        {
            part = true;

        } else {
            return false;
        }
    }

    return part;
}


void
pl_zone_span(const pl_zone_t *zone, int64_t utc_ms, pl_zone_span_t *span)
{
    pl_zone_stretch_t  s;

    zone_stretch(zone, zone_floor(zone_within(utc_ms), 1000), &s);

    span->from_ms = zone_edge(s.from_s);
    span->until_ms = zone_edge(s.until_s);
    span->offset_s = s.offset_s;
}


void
pl_zone_local(const pl_zone_t *zone, int64_t utc_ms, pl_civil_t *civil)
{
    int                of_day;
    int64_t            wall, days, year;
    pl_zone_stretch_t  s;

    utc_ms = zone_within(utc_ms);
    zone_stretch(zone, zone_floor(utc_ms, 1000), &s);

    wall = utc_ms + s.offset_s * 1000LL;
    days = zone_floor(wall, ZONE_DAY_MS);
    of_day = (int) (wall - days * ZONE_DAY_MS);

    pl_clock_date(days, &year, &civil->month, &civil->day);

    civil->year = (int) year;
    civil->hour = of_day / 3600000;
    civil->minute = of_day / 60000 % 60;
    civil->second = of_day / 1000 % 60;
    civil->ms = of_day % 1000;
    civil->offset_s = s.offset_s;

    /* 1970-01-01 was a Thursday */
    civil->weekday = (int) (days + 3 - zone_floor(days + 3, 7) * 7) + 1;
}


int64_t
pl_zone_instant(const pl_zone_t *zone, const pl_civil_t *civil)
{
    return pl_zone_at(zone, pl_zone_wall(civil));
}


int64_t
pl_zone_wall(const pl_civil_t *civil)
{
    int      year, month;
    int64_t  days;

    year = civil->year < 1 ? 1 : civil->year > 9999 ? 9999 : civil->year;
    month = civil->month < 1 ? 1 : civil->month > 12 ? 12 : civil->month;
    days = pl_clock_days(year, month, 1) + civil->day - 1LL;

    return days * ZONE_DAY_MS + civil->hour * 3600000LL
           + civil->minute * 60000LL + civil->second * 1000LL + civil->ms;
}


/*
 * Each stretch is asked where the wall time would be, if it were its own.
 * The first that has it is right: in a fold it is the earlier. Once a
 * stretch has it behind its end and the next before its begin, it is in the
 * gap between them, and the one before the gap says where.
 */
int64_t
pl_zone_at(const pl_zone_t *zone, int64_t wall_ms)
{
    bool            before = false;
    int64_t         at, utc, last = 0;
    pl_zone_span_t  span;

    wall_ms = zone_within(wall_ms);
    at = zone_within(wall_ms - ZONE_REACH_MS);

    for ( ;; ) {
        pl_zone_span(zone, at, &span);
        utc = wall_ms - span.offset_s * 1000LL;

        if (utc < span.until_ms) {
            return before && utc < span.from_ms ? last : utc;
        }

        if (span.until_ms > PL_ZONE_MAX_MS) {
            return utc;
        }

        before = true;
        last = utc;
        at = span.until_ms;
    }
}


/*
 * The day before can have its time today, and today's can be over; that the
 * earliest is taken matters where a gap is as long as a day.
 */
int64_t
pl_zone_next(const pl_zone_t *zone, int64_t utc_ms, int hour, int minute)
{
    int         i;
    int64_t     at, next = INT64_MAX;
    pl_civil_t  civil;

    pl_zone_local(zone, utc_ms, &civil);

    civil.hour = hour;
    civil.minute = minute;
    civil.second = 0;
    civil.ms = 0;
    civil.day--;

    for (i = 0; i < 5; i++) {
        at = pl_zone_instant(zone, &civil);
        if (at > utc_ms && at < next) {
            next = at;
        }
        civil.day++;
    }

    return next;
}


static void
zone_stretch(const pl_zone_t *zone, int64_t t_s, pl_zone_stretch_t *span)
{
    size_t  low = 0, high = zone->n, middle;

    /* how many transitions were at t_s or before */
    while (low < high) {
        middle = low + (high - low) / 2;
        if (zone->at_s[middle] <= t_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }

    span->from_s = low == 0 ? INT64_MIN : zone->at_s[low - 1];
    span->until_s = low == zone->n ? INT64_MAX : zone->at_s[low];
    span->offset_s = low == 0 ? zone->first_s : zone->offset_s[low - 1];

    if (low == zone->n && zone->ruled) {
        pl_zone_rule_span(&zone->rule, t_s, span);
        if (low != 0 && span->from_s < zone->at_s[low - 1]) {
            span->from_s = zone->at_s[low - 1];
        }
    }
}


static int64_t
zone_within(int64_t utc_ms)
{
    if (utc_ms < PL_ZONE_MIN_MS) {
        return PL_ZONE_MIN_MS;
    }

    return utc_ms > PL_ZONE_MAX_MS ? PL_ZONE_MAX_MS : utc_ms;
}


static int64_t
zone_floor(int64_t n, int64_t by)
{
    return n / by - (n % by < 0);
}


static int64_t
zone_edge(int64_t s)
{
    return s == INT64_MIN || s == INT64_MAX ? s : s * 1000;
}
