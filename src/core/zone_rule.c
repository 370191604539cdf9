/*
 * The rule in a TZif file's footer: what POSIX has in TZ, as RFC 8536 widens
 * it (3.3.1: times of day from -167 to 167 hours).
 *
 *     CET-1CEST,M3.5.0,M10.5.0/3
 *     <+0330>-3:30
 *     IST-1GMT0,M10.5.0,M3.5.0/1      "daylight-saving" time is winter
 *     EST5EDT,0/0,J365/25             daylight-saving time all year
 *
 * Offsets are west positive in the text alone.
 */

#include "clock.h"
#include "zone_impl.h"


#define RULE_YEARS  2           /* looked at on either side: a change may lie
                                   a week outside its year */
#define RULE_EVENTS  (2 * (2 * RULE_YEARS + 1))

typedef struct {
    const uint8_t  *p;
    const uint8_t  *end;
} rule_text_t;

/* A change of the clocks, and to what. */
typedef struct {
    int64_t  at_s;
    int32_t  offset_s;
    bool     start;
} rule_event_t;


static bool rule_name(rule_text_t *t);
static bool rule_number(rule_text_t *t, int min, int max, int *n);
static bool rule_time(rule_text_t *t, int hours, int32_t *s);
static bool rule_offset(rule_text_t *t, int32_t *s);
static bool rule_changes(rule_text_t *t, pl_zone_rule_t *rule);
static bool rule_day(rule_text_t *t, pl_zone_day_t *day);
static bool rule_skip(rule_text_t *t, char c);
static int64_t rule_at(const pl_zone_day_t *day, int64_t year);
static int64_t rule_days(int64_t year, int month, int day);
static void rule_add(rule_event_t *events, size_t n, int64_t at_s,
    int32_t offset_s, bool start);


pl_status_t
pl_zone_rule_parse(pl_str_t text, pl_zone_rule_t *rule, pl_err_t *err)
{
    rule_text_t  t = { text.data, text.data + text.len };

    *rule = (pl_zone_rule_t) { 0 };

    if (rule_name(&t) && rule_offset(&t, &rule->offset_s)
        && (t.p == t.end || rule_changes(&t, rule)) && t.p == t.end)
    {
        return PL_OK;
    }

    return pl_err_set(err, PL_INVALID, "read time zone", 0,
                      "its footer is wrong at byte %zu",
                      (size_t) (t.p - text.data) + 1);
}


/*
 * Of two changes at one instant the start counts: that is how a rule says
 * that it is always daylight-saving time.
 */
void
pl_zone_rule_span(const pl_zone_rule_t *rule, int64_t t_s,
    pl_zone_stretch_t *span)
{
    int           i, month, day;
    size_t        n = 0;
    int64_t       year;
    rule_event_t  events[RULE_EVENTS];

    span->from_s = INT64_MIN;
    span->until_s = INT64_MAX;
    span->offset_s = rule->offset_s;

    if (!rule->changes) {
        return;
    }

    /* of UTC: offsets cannot take it further than RULE_YEARS reach */
    pl_clock_date((t_s - (t_s < 0) * (PL_ZONE_DAY_S - 1)) / PL_ZONE_DAY_S,
                  &year, &month, &day);

    for (i = -RULE_YEARS; i <= RULE_YEARS; i++) {
        rule_add(events, n++, rule_at(&rule->start, year + i)
                 - rule->offset_s, rule->other_s, true);
        rule_add(events, n++, rule_at(&rule->end, year + i)
                 - rule->other_s, rule->offset_s, false);
    }

    for (n = 0; n < RULE_EVENTS && events[n].at_s <= t_s; n++) {
        span->from_s = events[n].at_s;
        span->offset_s = events[n].offset_s;
    }

    if (n < RULE_EVENTS) {
        span->until_s = events[n].at_s;
    }
}


static bool
rule_name(rule_text_t *t)
{
    bool            quoted = rule_skip(t, '<');
    const uint8_t  *from = t->p;
    uint8_t         c;

    for ( ; t->p < t->end; t->p++) {
        c = (uint8_t) (*t->p | 0x20);
        if ((c >= 'a' && c <= 'z')
            || (quoted && ((*t->p >= '0' && *t->p <= '9')
                           || *t->p == '+' || *t->p == '-')))
        {
            continue;
        }
        break;
    }

    return t->p - from >= 3 && (!quoted || rule_skip(t, '>'));
}


static bool
rule_number(rule_text_t *t, int min, int max, int *n)
{
    const uint8_t  *from = t->p;

    *n = 0;
    while (t->p < t->end && *t->p >= '0' && *t->p <= '9') {
        *n = *n * 10 + (*t->p++ - '0');
        if (*n > max) {
            return false;
        }
    }

    return t->p > from && *n >= min;
}


/* [+-]hh[:mm[:ss]] */

static bool
rule_time(rule_text_t *t, int hours, int32_t *s)
{
    int  sign = 1, h, m = 0, sec = 0;

    if (rule_skip(t, '-')) {
        sign = -1;
    } else {
        (void) rule_skip(t, '+');       /* says nothing */
    }

    if (!rule_number(t, 0, hours, &h)
        || (rule_skip(t, ':') && (!rule_number(t, 0, 59, &m)
            || (rule_skip(t, ':') && !rule_number(t, 0, 59, &sec)))))
    {
        return false;
    }

    *s = sign * (h * 3600 + m * 60 + sec);
    return true;
}


static bool
rule_offset(rule_text_t *t, int32_t *s)
{
    if (!rule_time(t, 24, s)) {
        return false;
    }

    *s = -*s;
    return true;
}


static bool
rule_changes(rule_text_t *t, pl_zone_rule_t *rule)
{
    if (!rule_name(t)) {
        return false;
    }

    rule->changes = true;
    rule->other_s = rule->offset_s + 3600;

    if (t->p < t->end && *t->p != ',' && !rule_offset(t, &rule->other_s)) {
        return false;
    }

    return rule_skip(t, ',') && rule_day(t, &rule->start)
           && rule_skip(t, ',') && rule_day(t, &rule->end);
}


static bool
rule_day(rule_text_t *t, pl_zone_day_t *day)
{
    day->time_s = 2 * 3600;

    if (rule_skip(t, 'M')) {
        day->kind = PL_ZONE_WEEK;
        if (!rule_number(t, 1, 12, &day->month) || !rule_skip(t, '.')
            || !rule_number(t, 1, 5, &day->week) || !rule_skip(t, '.')
            || !rule_number(t, 0, 6, &day->day))
        {
            return false;
        }

    } else if (rule_skip(t, 'J')) {
        day->kind = PL_ZONE_JULIAN;
        if (!rule_number(t, 1, 365, &day->day)) {
            return false;
        }

    } else {
        day->kind = PL_ZONE_DAY;
        if (!rule_number(t, 0, 365, &day->day)) {
            return false;
        }
    }

    return !rule_skip(t, '/') || rule_time(t, 167, &day->time_s);
}


static bool
rule_skip(rule_text_t *t, char c)
{
    if (t->p == t->end || *t->p != (uint8_t) c) {
        return false;
    }

    t->p++;
    return true;
}


/* When a year's change is, by the clock that it ends, as if that were UTC. */

static int64_t
rule_at(const pl_zone_day_t *day, int64_t year)
{
    int      n;
    int64_t  days, next;

    switch (day->kind) {

    case PL_ZONE_JULIAN:
        days = rule_days(year, 1, 1) + day->day - 1;
        if (day->day >= 60) {
            days += rule_days(year, 3, 1) - rule_days(year, 2, 1) - 28;
        }
        break;

    case PL_ZONE_DAY:
        days = rule_days(year, 1, 1) + day->day;
        break;

    case PL_ZONE_WEEK:
    default:
        days = rule_days(year, day->month, 1);
        next = day->month == 12 ? rule_days(year + 1, 1, 1)
                                : rule_days(year, day->month + 1, 1);

        /* 1970-01-01 was a Thursday; the days of year 0 are below zero */
        n = (int) ((days + 4 + 7 * 146097) % 7);
        days += (day->day - n + 7) % 7 + (day->week - 1) * 7;
        if (days >= next) {
            days -= 7;
        }
        break;
    }

    return days * PL_ZONE_DAY_S + day->time_s;
}


/* Years before the first too; the calendar repeats after 400 years. */

static int64_t
rule_days(int64_t year, int month, int day)
{
    return pl_clock_days((int) year + 400, month, day) - 146097;
}


/* The events before are in order; in goes one more. */

static void
rule_add(rule_event_t *events, size_t n, int64_t at_s, int32_t offset_s,
    bool start)
{
    while (n > 0 && (events[n - 1].at_s > at_s
                     || (events[n - 1].at_s == at_s && !start
                         && events[n - 1].start)))
    {
        events[n] = events[n - 1];
        n--;
    }

    events[n] = (rule_event_t) { at_s, offset_s, start };
}
