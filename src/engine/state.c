/*
 * The state's own record. See state.h.
 */

#include <inttypes.h>

#include "../core/record.h"
#include "state.h"


pl_status_t
pl_state_meta(pl_txn_t *txn, pl_arena_t *ar, Pl__StateMeta **meta,
    pl_err_t *err)
{
    pl_status_t        rc;
    Pl__StateMeta     *state;
    ProtobufCMessage  *msg;

    *meta = NULL;

    rc = pl_record_get(txn, PL_TABLE_META, PL_STR("state"),
                       &pl__state_meta__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    state = (Pl__StateMeta *) msg;

    if (state->schema > PL_SCHEMA_VERSION) {
        return pl_err_set(err, PL_NEWER, "state", 0,
                          "schema %" PRIu32 " was written by a newer "
                          "version; this one knows %d", state->schema,
                          PL_SCHEMA_VERSION);
    }

    if (state->schema < PL_SCHEMA_VERSION) {
        return pl_err_set(err, PL_FOREIGN, "state", 0,
                          "schema %" PRIu32 " is older than %d, which this "
                          "version reads; with the folder state/ moved away "
                          "the journal is folded anew", state->schema,
                          PL_SCHEMA_VERSION);
    }

    if (state->engine > PL_ENGINE_VERSION) {
        return pl_err_set(err, PL_NEWER, "state", 0,
                          "engine %" PRIu32 " folded it; this one is %d and "
                          "would fold it differently", state->engine,
                          PL_ENGINE_VERSION);
    }

    *meta = state;

    return PL_OK;
}


pl_status_t
pl_state_put(pl_txn_t *txn, const Pl__StateMeta *meta, pl_err_t *err)
{
    return pl_record_put(txn, PL_TABLE_META, PL_STR("state"), &meta->base,
                         false, err);
}
