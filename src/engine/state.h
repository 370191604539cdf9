/*
 * The state's own record: which journal it folds, how far it is, and the
 * numbers it gives out. Written in every transaction of the fold.
 */

#ifndef PL_STATE_H_INCLUDED
#define PL_STATE_H_INCLUDED

#include "../core/arena.h"
#include "../core/store.h"
#include "record.pb-c.h"

/*
 * Reads it into the arena. PL_NOTFOUND: nothing was ever folded. PL_NEWER:
 * schema or engine are past this version, which must not fold it.
 * PL_FOREIGN: its schema is older; it can be folded anew from the journal.
 */
pl_status_t pl_state_meta(pl_txn_t *txn, pl_arena_t *ar,
    Pl__StateMeta **meta, pl_err_t *err);

/* Writes it; the fold's alone. */
pl_status_t pl_state_put(pl_txn_t *txn, const Pl__StateMeta *meta,
    pl_err_t *err);

#endif /* PL_STATE_H_INCLUDED */
