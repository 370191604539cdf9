/*
 * Ranges of the day by the clock on the wall: quiet hours, business hours.
 *
 *     23:00-07:00                            every day, over midnight
 *     mon-fri 09:00-17:00, sat 10:00-14:00
 *     mon-fri 09:00-12:00, 13:00-17:00       both of them mon-fri
 *     sat,sun 00:00-24:00, daily 22:00-08:00
 *
 * A list of ranges, with commas between them. Days stand before a range and
 * hold for those behind it until other days are named; until then, and
 * behind "daily", every day is meant. A range that ends at an earlier time
 * than it begins ends on the next day: "fri 22:00-06:00" is the night to
 * Saturday. Its begin is in it, its end is not. Letters may be of either
 * case, blanks may stand around each part.
 *
 * The one idea: what counts is what the wall says. An instant is inside if
 * the weekday and the time that a clock shows then are in a range, and a
 * range ends with the first instant that is not. So where clocks go forward
 * a range that lies in the gap is not that day, and one that would end in
 * it ends with it; where they go back, a range that covers the fold is
 * longer, and one that ends within the fold comes twice. A local day that is
 * missing (Apia, 2011-12-30) has no ranges.
 */

#ifndef PL_HOURS_H_INCLUDED
#define PL_HOURS_H_INCLUDED

#include "../core/pl.h"
#include "../core/zone.h"

#define PL_HOURS_TEXT_MAX    512        /* bytes */
#define PL_HOURS_RANGES_MAX  16         /* in a text */
#define PL_HOURS_SPANS_MAX   (8 * PL_HOURS_RANGES_MAX)  /* seven days, and
                                           Sunday's night in two */
#define PL_HOURS_NEVER       INT64_MAX

/* Minutes of the week, from Monday 00:00; the end is not in it. */
typedef struct {
    uint16_t  from;
    uint16_t  to;
} pl_hours_span_t;

/* In order, and none touches another. No pointers: copy it as you like. */
typedef struct {
    size_t           n;                 /* 0: no time at all */
    pl_hours_span_t  spans[PL_HOURS_SPANS_MAX];
} pl_hours_t;

/*
 * Reads such a text. PL_INVALID, PL_TOOBIG: err->line is 1, err->column the
 * byte, from 1, at which the mistake is, and err->text says what it is.
 */
pl_status_t pl_hours_parse(pl_str_t text, pl_hours_t *hours, pl_err_t *err);

/* Is an instant inside, by the wall clocks of the zone? Pure; any thread. */
bool pl_hours_inside(const pl_hours_t *hours, const pl_zone_t *zone,
    int64_t now_ms);

/*
 * The first instant from now_ms on that is not inside: now_ms itself, if it
 * is not. PL_HOURS_NEVER: it does not end.
 */
int64_t pl_hours_until(const pl_hours_t *hours, const pl_zone_t *zone,
    int64_t now_ms);

/*
 * The next instant, past now_ms, at which a range begins; while one lasts,
 * the one behind it is asked for. PL_HOURS_NEVER: there is none.
 */
int64_t pl_hours_next(const pl_hours_t *hours, const pl_zone_t *zone,
    int64_t now_ms);

#endif /* PL_HOURS_H_INCLUDED */
