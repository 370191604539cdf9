/*
 * A whole queue, effect by effect. See apply.h.
 *
 * Ending the head calls the next one up, which reads the conversation; one
 * that is behind another ends without. So a queue of thousands, of a person
 * of whom much is known, costs one such reading and not as many as it has
 * effects.
 */

#include "room.h"

static pl_status_t walk_get(pl_apply_t *ap, const Pl__Queue *queue, size_t i,
    Pl__Effect **effect, pl_err_t *err);
static pl_status_t walk_head(pl_apply_t *ap, const Pl__Queue *queue,
    size_t *head, pl_err_t *err);


pl_status_t
pl_queue_walk(pl_apply_t *ap, const Pl__Queue *queue, pl_queue_look_pt look,
    const void *data, pl_err_t *err)
{
    size_t        i, head;
    pl_arena_t   *item;
    Pl__Effect   *effect;
    pl_status_t   rc;

    rc = pl_room_enter(ap, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = walk_head(ap, queue, &head, err);

    for (i = queue->n_effects; rc == PL_OK && i-- > head; /* void */) {
        pl_room_empty(ap);

        rc = walk_get(ap, queue, i, &effect, err);

        if (rc == PL_OK) {
            rc = look(ap, effect, i != head, data, err);
        }

        rc = rc == PL_NOTFOUND ? PL_OK : rc;
    }

    pl_room_leave(ap, item);

    return rc;
}


static pl_status_t
walk_get(pl_apply_t *ap, const Pl__Queue *queue, size_t i,
    Pl__Effect **effect, pl_err_t *err)
{
    Pl__Attempt  key = PL__ATTEMPT__INIT;

    key.effect = queue->effects[i];

    return pl_queue_get(ap, &key, effect, err);
}


/* The first that has not ended; behind the last one where all have. */

static pl_status_t
walk_head(pl_apply_t *ap, const Pl__Queue *queue, size_t *head,
    pl_err_t *err)
{
    Pl__Effect   *effect;
    pl_status_t   rc = PL_NOTFOUND;

    for (*head = 0; *head < queue->n_effects; (*head)++) {
        rc = walk_get(ap, queue, *head, &effect, err);
        if (rc != PL_NOTFOUND) {
            break;
        }
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
