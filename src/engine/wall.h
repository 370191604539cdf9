/*
 * Timers that are armed by what the wall shows: "Friday at 14:00 in Lisbon",
 * "22 hours before it".
 *
 * Such a timer keeps the wall time beside the instant. The instant is what it
 * fires by; the wall time is what was meant, and where a later tz database
 * has that at another instant, the timer goes there: by a Rezone (bounded,
 * appended by the sender while there is work), and once more when its time
 * seems to have come.
 *
 * A wall time in a gap, or in a fold, is the instant that pl_zone_at has
 * for it. A zone that nobody knows counts as UTC until somebody does.
 *
 * All of it belongs to the folding thread. Errors are the store's.
 */

#ifndef PL_WALL_H_INCLUDED
#define PL_WALL_H_INCLUDED

#include "apply.h"

/*
 * The instant of a wall time, never before 1970; *known (may be NULL): there
 * is such a zone. Pure; any thread.
 */
int64_t pl_wall_due(const pl_settings_t *settings, const Pl__WallTime *wall,
    bool *known);

/*
 * Arms a timer by the wall: its record is put. zone, wall_ms: what the wall
 * is to show, in milliseconds as pl_zone_wall has them; before_ms: fire so
 * long before that, or behind it where it is negative. The caller has filled
 * the rest of the timer, id included; due_ms and wall are set here, both in
 * the arena, and due_ms may lie in the past: it fires at once then.
 */
pl_status_t pl_wall_arm(pl_apply_t *ap, Pl__Timer *timer, const char *zone,
    int64_t wall_ms, int64_t before_ms, pl_err_t *err);

/*
 * A running timer, as it stands in its row, goes where its wall time is by
 * now; whatever names its instant is put too: a delayed send's message, a
 * task of a conversation. *moved false: it is right where it is, or has none.
 */
pl_status_t pl_wall_move(pl_apply_t *ap, Pl__Timer *timer, bool *moved,
    pl_err_t *err);

#endif /* PL_WALL_H_INCLUDED */
