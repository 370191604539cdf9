/*
 * Verdicts: what became of each request, in `requests` under the key that
 * its asker drew (lmdb-schema/README.md). Read by whoever waits for one,
 * written by the fold alone.
 */

#ifndef PL_REQUEST_H_INCLUDED
#define PL_REQUEST_H_INCLUDED

#include "apply.h"

/*
 * The verdict under a key, in the arena. PL_NOTFOUND where there is none,
 * or none that is believed at now_ms any more.
 */
pl_status_t pl_request_get(pl_txn_t *txn, uint32_t tenant,
    const uint8_t key[PL_REQUEST_KEY_LEN], int64_t now_ms, pl_arena_t *ar,
    Pl__Verdict **verdict, pl_err_t *err);

/* Within Asked it is Asked that puts it: by its own key and digest. */
pl_status_t pl_request_put(pl_apply_t *ap, uint32_t tenant,
    const uint8_t key[PL_REQUEST_KEY_LEN], const Pl__Verdict *verdict,
    pl_err_t *err);

/* Of a whole request: protobuf-c packs fields in the order of numbers. */
pl_status_t pl_request_digest(pl_apply_t *ap, const ProtobufCMessage *in,
    uint8_t digest[PL_HASH128_LEN], pl_err_t *err);

/* A key that has a verdict: the same request again, or another one. */
pl_status_t pl_request_again(pl_apply_t *ap, uint32_t tenant,
    const uint8_t key[PL_REQUEST_KEY_LEN],
    const uint8_t digest[PL_HASH128_LEN], Pl__Verdict *before,
    pl_err_t *err);

/*
 * Takes verdicts away that are past their time. Looks at `rows` rows at most,
 * from where the last call ended: the table is ordered by key, not by time.
 */
pl_status_t pl_request_prune(pl_apply_t *ap, uint32_t rows, pl_err_t *err);

/*
 * Is a Prune worth its entry? Looks at the first rows that it would look at,
 * which share their chance of being old with all others.
 */
pl_status_t pl_request_old(pl_txn_t *txn, const Pl__StateMeta *meta,
    int64_t now_ms, pl_arena_t *ar, bool *old, pl_err_t *err);

#endif /* PL_REQUEST_H_INCLUDED */
