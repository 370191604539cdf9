/*
 * Ranges of the day: reading them, and asking when.
 *
 * A text becomes stretches of the week's 10,080 minutes. Within a stretch of
 * even local time (pl_zone_span) the next edge of the week is so many
 * milliseconds away; where the clocks change first, one looks again from
 * there. So each step passes an edge or a change, and there are few.
 */

#include <stdlib.h>
#include <string.h>

#include "hours.h"


#define HOURS_DAY          1440
#define HOURS_WEEK         (7 * HOURS_DAY)
#define HOURS_MINUTE_MS    60000LL
#define HOURS_WEEK_MS      (HOURS_WEEK * HOURS_MINUTE_MS)

/* No zone needs more than a few. One with a change at each edge, as long as
   its table has any, ends here. */
#define HOURS_STEPS_MAX    (3 * PL_ZONE_TRANSITIONS_MAX)

#define HOURS_EVERY_DAY    0x7fu

typedef struct {
    const uint8_t  *from;
    const uint8_t  *p;
    const uint8_t  *end;
    pl_hours_t     *hours;
    size_t          n;              /* ranges read */
    pl_err_t       *err;
} hours_text_t;


static const char  hours_days[7][4] = {
    "mon", "tue", "wed", "thu", "fri", "sat", "sun"
};


static pl_status_t hours_days_read(hours_text_t *t, unsigned *days);
static pl_status_t hours_day(hours_text_t *t, int *day);
static bool hours_word(const hours_text_t *t, const char *word, size_t len);
static pl_status_t hours_range(hours_text_t *t, unsigned days);
static pl_status_t hours_time(hours_text_t *t, bool end, int *minute);
static bool hours_skip(hours_text_t *t, char c);
static void hours_blanks(hours_text_t *t);
static bool hours_letter(const hours_text_t *t);
static void hours_add(pl_hours_t *hours, int from, int to);
static void hours_join(pl_hours_t *hours);
static int hours_compare(const void *a, const void *b);
static pl_status_t hours_wrong(hours_text_t *t, const char *what);
static int64_t hours_bound(int64_t now_ms);
static int64_t hours_wall(const pl_zone_span_t *span, int64_t now_ms);
static bool hours_within(const pl_hours_t *hours, int64_t wall_ms,
    int64_t *edge_ms);
static int64_t hours_turn(const pl_hours_t *hours, const pl_zone_t *zone,
    int64_t now_ms, bool inside);


pl_status_t
pl_hours_parse(pl_str_t text, pl_hours_t *hours, pl_err_t *err)
{
    unsigned      days = HOURS_EVERY_DAY;
    pl_status_t   rc;
    hours_text_t  t = { text.data, text.data, text.data + text.len,
                        hours, 0, err };

    hours->n = 0;

    if (text.len > PL_HOURS_TEXT_MAX) {
        t.p += PL_HOURS_TEXT_MAX;
        (void) hours_wrong(&t, "the text is too long");
        if (err != NULL) {
            err->status = PL_TOOBIG;
        }
        return PL_TOOBIG;
    }

    do {
        if ((rc = hours_days_read(&t, &days)) != PL_OK
            || (rc = hours_range(&t, days)) != PL_OK)
        {
            hours->n = 0;
            return rc;
        }
    } while (hours_skip(&t, ','));

    if (t.p != t.end) {
        hours->n = 0;
        return hours_wrong(&t, "expected \",\" or the end");
    }

    hours_join(hours);
    return PL_OK;
}


bool
pl_hours_inside(const pl_hours_t *hours, const pl_zone_t *zone,
    int64_t now_ms)
{
    int64_t         edge_ms;
    pl_zone_span_t  span;

    now_ms = hours_bound(now_ms);
    pl_zone_span(zone, now_ms, &span);

    return hours_within(hours, hours_wall(&span, now_ms), &edge_ms);
}


int64_t
pl_hours_until(const pl_hours_t *hours, const pl_zone_t *zone,
    int64_t now_ms)
{
    if (!pl_hours_inside(hours, zone, now_ms)) {
        return now_ms;
    }

    return hours_turn(hours, zone, now_ms, true);
}


int64_t
pl_hours_next(const pl_hours_t *hours, const pl_zone_t *zone,
    int64_t now_ms)
{
    now_ms = pl_hours_until(hours, zone, now_ms);

    return now_ms == PL_HOURS_NEVER ? PL_HOURS_NEVER
                                    : hours_turn(hours, zone, now_ms, false);
}


/* Days, if there are any: "mon-fri", "sat,sun", "daily". */

static pl_status_t
hours_days_read(hours_text_t *t, unsigned *days)
{
    int          from, to;
    pl_status_t  rc;

    hours_blanks(t);
    if (!hours_letter(t)) {
        return PL_OK;
    }

    if (hours_word(t, "daily", 5)) {
        t->p += 5;
        *days = HOURS_EVERY_DAY;
        return PL_OK;
    }

    *days = 0;

    do {
        hours_blanks(t);
        if ((rc = hours_day(t, &from)) != PL_OK) {
            return rc;
        }

        to = from;
        if (hours_skip(t, '-') && (rc = hours_day(t, &to)) != PL_OK) {
            return rc;
        }

        *days |= 1u << from;
        while (from != to) {
            from = (from + 1) % 7;
            *days |= 1u << from;
        }
    } while (hours_skip(t, ','));

    return PL_OK;
}


static pl_status_t
hours_day(hours_text_t *t, int *day)
{
    int  i;

    for (i = 0; i < 7; i++) {
        if (hours_word(t, hours_days[i], 3)) {
            t->p += 3;
            *day = i;
            return PL_OK;
        }
    }

    return hours_wrong(t, "expected a day, \"mon\" to \"sun\" or \"daily\"");
}


static bool
hours_word(const hours_text_t *t, const char *word, size_t len)
{
    size_t        i;
    hours_text_t  behind = *t;

    if ((size_t) (t->end - t->p) < len) {
        return false;
    }

    for (i = 0; i < len; i++) {
        if ((t->p[i] | 0x20) != (uint8_t) word[i]) {
            return false;
        }
    }

    behind.p += len;
    return !hours_letter(&behind);
}


static pl_status_t
hours_range(hours_text_t *t, unsigned days)
{
    int             from, to, day;
    pl_status_t     rc;
    const uint8_t  *at;

    hours_blanks(t);
    at = t->p;

    if ((rc = hours_time(t, false, &from)) != PL_OK) {
        return rc;
    }

    if (!hours_skip(t, '-')) {
        return hours_wrong(t, "expected \"-\" between two times");
    }

    hours_blanks(t);
    if ((rc = hours_time(t, true, &to)) != PL_OK) {
        return rc;
    }

    if (from == to) {
        t->p = at;
        return hours_wrong(t, "the range has no length; a whole day is "
                              "00:00-24:00");
    }

    if (++t->n > PL_HOURS_RANGES_MAX) {
        t->p = at;
        return hours_wrong(t, "too many ranges");
    }

    for (day = 0; day < 7; day++) {
        if (days & (1u << day)) {
            hours_add(t->hours, day * HOURS_DAY + from,
                      day * HOURS_DAY + to + (to < from ? HOURS_DAY : 0));
        }
    }

    return PL_OK;
}


static pl_status_t
hours_time(hours_text_t *t, bool end, int *minute)
{
    int             i, h, m;
    const uint8_t  *p = t->p;

    for (i = 0; i < 5; i++) {
        if (p + i == t->end
            || (i == 2 ? p[i] != ':' : (p[i] < '0' || p[i] > '9')))
        {
            t->p = p + i;
            return hours_wrong(t, "expected a time of the form HH:MM");
        }
    }

    h = (p[0] - '0') * 10 + p[1] - '0';
    m = (p[3] - '0') * 10 + p[4] - '0';

    if (m > 59 || h > 24 || (h == 24 && (m != 0 || !end))) {
        return hours_wrong(t, "no such time of day");
    }

    t->p += 5;
    *minute = h * 60 + m;
    return PL_OK;
}


static bool
hours_skip(hours_text_t *t, char c)
{
    hours_blanks(t);

    if (t->p == t->end || *t->p != (uint8_t) c) {
        return false;
    }

    t->p++;
    hours_blanks(t);
    return true;
}


static void
hours_blanks(hours_text_t *t)
{
    while (t->p < t->end && (*t->p == ' ' || *t->p == '\t')) {
        t->p++;
    }
}


static bool
hours_letter(const hours_text_t *t)
{
    return t->p < t->end && (*t->p | 0x20) >= 'a' && (*t->p | 0x20) <= 'z';
}


/* What reaches beyond the week's end goes on at its begin. */

static void
hours_add(pl_hours_t *hours, int from, int to)
{
    if (to > HOURS_WEEK) {
        hours_add(hours, 0, to - HOURS_WEEK);
        to = HOURS_WEEK;
    }

    hours->spans[hours->n].from = (uint16_t) from;
    hours->spans[hours->n].to = (uint16_t) to;
    hours->n++;
}


static void
hours_join(pl_hours_t *hours)
{
    size_t            i, n = 0;
    pl_hours_span_t  *s = hours->spans;

    qsort(s, hours->n, sizeof(*s), hours_compare);

    for (i = 1; i < hours->n; i++) {
        if (s[i].from > s[n].to) {
            s[++n] = s[i];
        } else if (s[i].to > s[n].to) {
            s[n].to = s[i].to;
        }
    }

    hours->n = n + 1;
}


static int
hours_compare(const void *a, const void *b)
{
    const pl_hours_span_t  *x = a, *y = b;

    return (int) x->from - (int) y->from;
}


static pl_status_t
hours_wrong(hours_text_t *t, const char *what)
{
    (void) pl_err_set(t->err, PL_INVALID, "read hours", 0, "%s", what);

    if (t->err != NULL) {
        t->err->line = 1;
        t->err->column = (unsigned) (t->p - t->from) + 1;
    }

    return PL_INVALID;
}


/* Into the years that zones know. */

static int64_t
hours_bound(int64_t now_ms)
{
    return now_ms < PL_ZONE_MIN_MS ? PL_ZONE_MIN_MS
           : now_ms > PL_ZONE_MAX_MS ? PL_ZONE_MAX_MS : now_ms;
}


/* Milliseconds of the week, from Monday 00:00 by the wall. */

static int64_t
hours_wall(const pl_zone_span_t *span, int64_t now_ms)
{
    int64_t  wall;

    /* 1970-01-01 was a Thursday */
    wall = (now_ms + span->offset_s * 1000LL + 3 * HOURS_DAY * HOURS_MINUTE_MS)
           % HOURS_WEEK_MS;

    return wall < 0 ? wall + HOURS_WEEK_MS : wall;
}


/* Inside? And at which millisecond of the week is the next edge? */

static bool
hours_within(const pl_hours_t *hours, int64_t wall_ms, int64_t *edge_ms)
{
    int64_t  minute = wall_ms / HOURS_MINUTE_MS;
    size_t   i;

    for (i = 0; i < hours->n; i++) {
        if (minute < hours->spans[i].from) {
            *edge_ms = hours->spans[i].from * HOURS_MINUTE_MS;
            return false;
        }

        if (minute < hours->spans[i].to) {
            *edge_ms = hours->spans[i].to * HOURS_MINUTE_MS;
            return true;
        }
    }

    *edge_ms = HOURS_WEEK_MS;
    return false;
}


/* The first instant from now_ms on at which it is no longer `inside`. */

static int64_t
hours_turn(const pl_hours_t *hours, const pl_zone_t *zone, int64_t now_ms,
    bool inside)
{
    int             i;
    int64_t         wall, edge;
    pl_zone_span_t  span;

    if (inside ? hours->n == 1 && hours->spans[0].from == 0
                 && hours->spans[0].to == HOURS_WEEK : hours->n == 0)
    {
        return PL_HOURS_NEVER;
    }

    now_ms = hours_bound(now_ms);

    for (i = 0; i < HOURS_STEPS_MAX && now_ms < PL_ZONE_MAX_MS; i++) {
        pl_zone_span(zone, now_ms, &span);
        wall = hours_wall(&span, now_ms);

        if (hours_within(hours, wall, &edge) != inside) {
            return now_ms;
        }

        now_ms += edge - wall;
        if (now_ms > span.until_ms) {
            now_ms = span.until_ms;
        }
    }

    return PL_HOURS_NEVER;
}
