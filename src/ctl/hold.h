/*
 * What `holds`, `pause` and `resume` share: how a hold is shown.
 */

#ifndef PLCTL_HOLD_H_INCLUDED
#define PLCTL_HOLD_H_INCLUDED

#include "../engine/holds.h"
#include "ctl.h"

/*
 * A hold as it is printed, in ar; it points into the snapshot. NULL: ar is
 * full.
 */
Pl__Ctl__HoldRow *plctl_hold_row(const plctl_t *ctl, pl_arena_t *ar,
    const pl_holds_row_t *hold);

/* "template demo/main order_update", clean, in ar. */
const char *plctl_hold_what(const plctl_t *ctl, pl_arena_t *ar,
    const pl_hold_place_t *place);

#endif /* PLCTL_HOLD_H_INCLUDED */
