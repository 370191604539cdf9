/*
 * Room for one row at a time. See room.h.
 */

#include "room.h"

#define ROOM_BLOCK  65536
#define ROOM_MAX    PL_DECODE_ARENA_MAX     /* an item's (fold.c) */


pl_status_t
pl_room_enter(pl_apply_t *ap, pl_arena_t **item, pl_err_t *err)
{
    pl_arena_t  *room;

    room = pl_arena_create(ROOM_BLOCK, ROOM_MAX);
    if (room == NULL) {
        return pl_err_set(err, PL_NOMEM, "row", 0, "out of memory");
    }

    *item = ap->ar;
    ap->ar = room;

    return PL_OK;
}


void
pl_room_empty(pl_apply_t *ap)
{
    pl_arena_reset(ap->ar);
}


void
pl_room_leave(pl_apply_t *ap, pl_arena_t *item)
{
    pl_arena_destroy(ap->ar);
    ap->ar = item;
}
