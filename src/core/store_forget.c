/*
 * Forgetting what is sealed: the store's side of slots.h.
 */

#include <string.h>

#include "clock.h"
#include "store_impl.h"
#include "str.h"

#define FORGET_HEAD    9                /* of a sealed value: kind, number */
#define FORGET_PERIOD  2

static pl_status_t forget_oldest(pl_store_t *st, pl_table_e table,
    uint64_t oldest, bool first, uint64_t *period, pl_err_t *err);


pl_status_t
pl_store_forget(pl_store_t *st, uint64_t number, pl_err_t *err)
{
    return pl_slots_have(st->slots) ? pl_slots_forget(st->slots, number, err)
                                    : PL_OK;
}


bool
pl_store_forgotten(pl_store_t *st, uint64_t number)
{
    return pl_slots_have(st->slots) && pl_slots_forgotten(st->slots, number);
}


pl_status_t
pl_store_period_end(pl_store_t *st, pl_err_t *err)
{
    return pl_slots_on(st->slots) ? pl_slots_period_end(st->slots, err)
                                  : PL_OK;
}


/*
 * Entries stand in the order in which they were put, so the first one has the
 * oldest key that is needed. What is parked is put again, under the newest
 * key, where more is told of it: any row may have the oldest, and all are
 * looked at, up to one that has the oldest key there is. Periods are drawn one
 * after the other, and forgotten from the oldest on. The newest is not older
 * than what is put while this looks.
 */

pl_status_t
pl_store_tidy(pl_store_t *st, pl_err_t *err)
{
    uint64_t          oldest, before, parked;
    pl_status_t       rc;
    pl_slots_stat_t   stat;

    if (!pl_slots_have(st->slots)) {
        return PL_OK;
    }

    pl_slots_stat(st->slots, &stat);

    if (stat.periods < 2) {
        return PL_OK;
    }

    oldest = stat.newest - stat.periods + 1;
    before = stat.newest;
    parked = stat.newest;

    rc = forget_oldest(st, PL_TABLE_ENTRIES, oldest, true, &before, err);

    if (rc == PL_OK && before > oldest) {
        rc = forget_oldest(st, PL_TABLE_PARKED, oldest, false, &parked, err);
    }

    if (rc == PL_OK) {
        rc = pl_slots_forget_periods(st->slots,
                                     parked < before ? parked : before, err);
    }

    return rc;
}


void
pl_store_seal(pl_store_t *st, pl_store_seal_t *seal)
{
    pl_slots_stat_t  stat;

    pl_slots_stat(st->slots, &stat);
    seal->keys = pl_slots_have(st->slots);
    seal->on = pl_slots_on(st->slots);
    seal->slots = stat.slots;
    seal->periods = stat.periods;
}


bool
pl_store_sealed(const pl_txn_t *txn)
{
    return pl_slots_on(txn->st->slots);
}


const char *
pl_store_keys(const pl_store_t *st)
{
    return pl_slots_have(st->slots) ? pl_slots_path(st->slots) : NULL;
}


/*
 * The oldest period of the rows; first: the first one has it. None has one
 * that is older: as it was. Those of a key that is no more, as a store that
 * was brought back has them, need none.
 */

static pl_status_t
forget_oldest(pl_store_t *st, pl_table_e table, uint64_t oldest, bool first,
    uint64_t *period, pl_err_t *err)
{
    int          rc;
    MDB_val      k, v;
    pl_env_e     env = pl_store_tables[table].env;
    pl_txn_t    *txn;
    uint64_t     at;
    MDB_cursor  *cursor;
    pl_status_t  status;

    status = pl_store_begin(st, env, false, &txn, err);
    if (status != PL_OK) {
        return status;
    }

    rc = mdb_cursor_open(txn->mdb, st->dbi[table], &cursor);

    if (rc == 0) {
        for (rc = mdb_cursor_get(cursor, &k, &v, MDB_FIRST); rc == 0;
             rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT))
        {
            /* plain ones were put while nothing was sealed */

            if (v.mv_size < FORGET_HEAD
                || ((uint8_t *) v.mv_data)[0] != FORGET_PERIOD)
            {
                continue;
            }

            at = pl_be64((uint8_t *) v.mv_data + 1);
            if (at < oldest) {
                continue;
            }

            *period = at < *period ? at : *period;

            if (first || at == oldest) {
                break;
            }
        }

        mdb_cursor_close(cursor);
    }

    pl_store_abort(txn);

    return rc == 0 || rc == MDB_NOTFOUND
           ? PL_OK : pl_store_fail(err, "tidy", rc, st->env[env].path);
}
