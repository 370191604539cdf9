/*
 * A new sender begins: its epoch is the entry's sequence. What older epochs
 * left on the wire is settled by how far each attempt got.
 *
 * It is one item, however much there is of it: as many attempts as can be on
 * the wire (PL_INFLIGHT_MAX), each with its message and its conversation. So
 * each has a room (room.h).
 */

#include "../core/record.h"
#include "apply.h"
#include "errand.h"
#include "reconcile.h"
#include "retry.h"
#include "room.h"
#include "sandbox.h"

#define RECOVER_ENDED  "the sender ended"

static pl_status_t recover_next(pl_apply_t *ap, const Pl__SenderStart *in,
    uint64_t *from, pl_err_t *err);
static pl_status_t recover_attempt(pl_apply_t *ap,
    Pl__AttemptRecord *attempt, const Pl__SenderStart *in, pl_err_t *err);
static pl_status_t recover_unsent(pl_apply_t *ap, Pl__Effect *effect,
    pl_err_t *err);
static Pl__WireStage recover_stage(const Pl__SenderStart *in,
    uint64_t effect);


pl_status_t
pl_apply_sender_start(pl_apply_t *ap, const Pl__SenderStart *in,
    pl_err_t *err)
{
    uint64_t      from;
    pl_arena_t   *item;
    pl_status_t   rc;

    ap->meta->has_epoch = 1;
    ap->meta->epoch = ap->entry;

    rc = pl_room_enter(ap, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (from = 0; rc == PL_OK; /* void */) {
        pl_room_empty(ap);
        rc = recover_next(ap, in, &from, err);
    }

    pl_room_leave(ap, item);
    pl_sandbox_enter(ap, 0);            /* the last attempt had its own time */

    return rc == PL_NOTFOUND ? pl_reconcile_arm_all(ap, err) : rc;
}


/* The first attempt from there on; *from: behind it. PL_NOTFOUND: none. */

static pl_status_t
recover_next(pl_apply_t *ap, const Pl__SenderStart *in, uint64_t *from,
    pl_err_t *err)
{
    pl_key_t           at;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_seq(&at, *from);

    rc = pl_store_scan(ap->txn, PL_TABLE_ATTEMPTS, pl_key_str(&at), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &key, &value, err);
    if (rc == PL_OK) {
        *from = pl_be64(key.data) + 1;
        rc = pl_record_read(PL_TABLE_ATTEMPTS, value,
                            &pl__attempt_record__descriptor, ap->ar, &msg,
                            err);
    }

    pl_store_scan_end(scan);

    return rc == PL_OK ? recover_attempt(ap, (Pl__AttemptRecord *) msg, in,
                                         err) : rc;
}


static pl_status_t
recover_attempt(pl_apply_t *ap, Pl__AttemptRecord *attempt,
    const Pl__SenderStart *in, pl_err_t *err)
{
    pl_key_t        key;
    Pl__Effect     *effect;
    pl_status_t     rc;
    Pl__WireStage   stage;

    effect = attempt->effect;
    pl_sandbox_enter(ap, effect->tenant);
    stage = recover_stage(in, effect->id);

    pl_key_seq(&key, effect->id);

    rc = pl_store_del(ap->txn, PL_TABLE_ATTEMPTS, pl_key_str(&key), err);
    if (rc != PL_OK) {
        return rc;
    }

    if (pl_errand(effect) != NULL) {
        return pl_errand_recover(ap, effect, stage, err);
    }

    if (stage >= PL__WIRE_STAGE__WIRE_STAGE_LEAVING) {
        rc = pl_tried_lost(ap, attempt, stage, RECOVER_ENDED, err);

        return rc == PL_OK ? pl_unknown_put(ap, attempt, stage,
                                            RECOVER_ENDED, err) : rc;
    }

    return recover_unsent(ap, effect, err);
}


/*
 * No byte of this attempt had left; but of one before it, which was unknown
 * and was sent again, a status may have come meanwhile.
 */

static pl_status_t
recover_unsent(pl_apply_t *ap, Pl__Effect *effect, pl_err_t *err)
{
    pl_status_t   rc;
    Pl__Message  *message;

    rc = pl_message_get(ap, effect->send_message->message, &message, err);
    if (rc == PL_OK && pl_attempt_told(message)) {
        return pl_queue_end(ap, effect, err);
    }

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    effect->attempts -= (effect->attempts != 0);
    effect->due_ms = ap->now_ms;

    return pl_queue_put(ap, effect, err);
}


/* Where nothing is known (a power cut), a byte may have left. */

static Pl__WireStage
recover_stage(const Pl__SenderStart *in, uint64_t effect)
{
    size_t  i;

    if (!in->known) {
        return PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
    }

    for (i = 0; i < in->n_stages; i++) {
        if (in->stages[i]->effect == effect) {
            return in->stages[i]->stage;
        }
    }

    return PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN;
}
