/*
 * Room for one row at a time, for an item that goes over many.
 *
 * What an item allocates stays until it ends. One that reads rows in a loop
 * holds them all by then: 256 messages of 1 MiB are more than its arena has.
 * It would fail, be taken up again, and fail, for good: the fold would stop.
 * So a loop over rows of which there may be hundreds, and whose sizes others
 * choose, works in a room, and empties it before each of them.
 *
 * The state is the same with a room and without. All of it belongs to the
 * folding thread.
 */

#ifndef PL_ROOM_H_INCLUDED
#define PL_ROOM_H_INCLUDED

#include "apply.h"

/*
 * ap->ar is a room from now on, as large as the item's arena at most: what
 * an item could write it can read. *item: the item's arena, for the end, and
 * for what is to live on. PL_NOMEM: nothing has changed. Rooms may nest.
 */
pl_status_t pl_room_enter(pl_apply_t *ap, pl_arena_t **item, pl_err_t *err);

/* Before a row: whatever was allocated in the room so far is gone. */
void pl_room_empty(pl_apply_t *ap);

/* ap->ar is the item's again; the room, and all that is in it, is gone. */
void pl_room_leave(pl_apply_t *ap, pl_arena_t *item);

#endif /* PL_ROOM_H_INCLUDED */
