/*
 * The journal of a test's store, folded anew into a store of its own: it gives
 * the same state.
 */

#ifndef T_REFOLD_H_INCLUDED
#define T_REFOLD_H_INCLUDED

#include "engine.h"


/* Tables of two stores of states, byte by byte; but for tombstones' keys, which
   are hashed with a secret of each store's. */

static inline void
same_tables(t_engine_t *t, pl_store_t *other)
{
    unsigned      i;
    pl_str_t      ka, va, kb, vb;
    pl_txn_t     *a, *b;
    pl_scan_t    *sa, *sb;
    pl_status_t   ra, rb;

    a = t_read(t);
    t_ok(t, pl_store_begin(other, PL_ENV_STATE, false, &b, &t->err));

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        if (pl_store_tables[i].env != PL_ENV_STATE) {
            continue;
        }

        t_ok(t, pl_store_scan(a, i, PL_STR_NULL, false, &sa, &t->err));
        t_ok(t, pl_store_scan(b, i, PL_STR_NULL, false, &sb, &t->err));

        do {
            ra = pl_store_scan_next(sa, &ka, &va, &t->err);
            rb = pl_store_scan_next(sb, &kb, &vb, &t->err);

            if (ra != rb
                || (ra == PL_OK && ((i != PL_TABLE_TOMBSTONES
                                     && !pl_str_eq(ka, kb))
                                    || !pl_str_eq(va, vb))))
            {
                fail_msg("a replay differs in %s", pl_store_tables[i].name);
            }

        } while (ra == PL_OK);

        pl_store_scan_end(sa);
        pl_store_scan_end(sb);
    }

    pl_store_abort(a);
    pl_store_abort(b);
}


/* Folded anew, the same journal gives the same state. */

static inline void
replays(t_engine_t *t)
{
    char              dir[64];
    bool              more;
    pl_fold_t        *fold;
    pl_store_t       *st;
    pl_folded_t       done;
    pl_store_conf_t   conf;

    (void) snprintf(dir, sizeof(dir), "/tmp/parley-replay-XXXXXX");
    assert_non_null(mkdtemp(dir));

    memset(&conf, 0, sizeof(conf));
    conf.dir = dir;
    conf.create = true;
    conf.size = 1ULL << 30;
    conf.read_age_ms = conf.write_age_ms = T_AGE_MS;

    t_ok(t, pl_store_open(&st, &conf, &t->err));
    t_ok(t, pl_fold_create(&fold, st, t->st, NULL, t->codec, &t->clock,
                           &t->err));
    t_ok(t, pl_fold_take(fold, &t->err));

    for (more = true; more; more = done.more) {
        t_ok(t, pl_fold_step(fold, 0, &done, &t->err));
    }

    pl_fold_give(fold);
    same_tables(t, st);
    pl_fold_destroy(fold);
    pl_store_close(st);
    (void) nftw(dir, t_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif /* T_REFOLD_H_INCLUDED */
