/*
 * The walk through what is set aside, for a head that nothing holds any
 * more. See holds.h.
 *
 * What is set aside stands behind the lanes of its channel, so that the walk
 * leaps over what is due: a look for each channel, and one for each row that
 * is aside.
 */

#include "../core/record.h"
#include "holds.h"

static void walk_from(pl_key_t *key, const pl_holds_walk_t *walk);
static bool walk_to(pl_holds_walk_t *walk, pl_str_t key);
static pl_status_t walk_held(const pl_holds_t *holds, pl_str_t value,
    const pl_holds_walk_t *walk, int64_t now_ms, bool *held, pl_err_t *err);


pl_status_t
pl_holds_walk(const pl_holds_t *holds, pl_txn_t *txn, int64_t now_ms,
    unsigned steps, pl_holds_walk_t *walk, bool *found, pl_err_t *err)
{
    bool          held = true;
    unsigned      i;
    pl_key_t      from;
    pl_str_t      key, value;
    pl_scan_t    *scan = NULL;
    pl_status_t   rc = PL_OK;

    *found = false;

    for (i = 0; i < steps && !*found; i++) {

        if (scan == NULL) {
            walk_from(&from, walk);
            rc = pl_store_scan(txn, PL_TABLE_DUE, pl_key_str(&from), false,
                               &scan, err);
        }

        if (rc == PL_OK) {
            rc = pl_store_scan_next(scan, &key, &value, err);
        }

        if (rc == PL_OK && key.len != PL_KEY_DUE_LEN) {
            rc = pl_err_set(err, PL_FOREIGN, "due", 0,
                            "a row names no head of a queue");
        }

        if (rc != PL_OK) {
            break;
        }

        if (!walk_to(walk, key)) {
            pl_store_scan_end(scan);    /* a leap */
            scan = NULL;
            continue;
        }

        rc = walk_held(holds, value, walk, now_ms, &held, err);
        if (rc != PL_OK) {
            break;
        }

        *found = !held;
    }

    pl_store_scan_end(scan);

    return rc;
}


void
pl_holds_release(Pl__Release *release, uint32_t rows,
    const pl_holds_walk_t *walk)
{
    pl__release__init(release);
    release->rows = rows;
    release->has_tenant = 1;
    release->tenant = walk->tenant;
    release->has_channel = 1;
    release->channel = walk->channel;
    release->has_lane = 1;
    release->lane = (Pl__Lane) (walk->lane & ~PL_KEY_DUE_ASIDE);
    release->has_due_ms = 1;
    release->due_ms = walk->due_ms;
    release->has_effect = 1;
    release->effect = walk->effect;
}


static void
walk_from(pl_key_t *key, const pl_holds_walk_t *walk)
{
    pl_key_due_at(key, walk->tenant, walk->channel, walk->lane);
    pl_key_u64(key, (uint64_t) walk->due_ms);
    pl_key_u64(key, walk->effect);
}


/* To this row; false: to where its channel's begin that are set aside. */

static bool
walk_to(pl_holds_walk_t *walk, pl_str_t key)
{
    if (pl_key_due_parse(key, &walk->tenant, &walk->channel, &walk->lane,
                         &walk->due_ms, &walk->effect)
        && (walk->lane & PL_KEY_DUE_ASIDE) != 0)
    {
        return true;
    }

    walk->lane = PL_KEY_DUE_ASIDE;
    walk->due_ms = 0;
    walk->effect = 0;

    return false;
}


static pl_status_t
walk_held(const pl_holds_t *holds, pl_str_t value,
    const pl_holds_walk_t *walk, int64_t now_ms, bool *held, pl_err_t *err)
{
    pl_str_t         bytes, at;
    pl_status_t      rc;
    pl_hold_place_t  place;

    rc = pl_record_read_bytes(PL_TABLE_DUE, value, &bytes, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!pl_hold_aside_parse(bytes, walk->tenant, walk->channel, &at,
                             &place))
    {
        return pl_err_set(err, PL_FOREIGN, "due", 0,
                          "a row that is set aside says not for what");
    }

    *held = pl_holds_aside(holds, &place, now_ms);

    return PL_OK;
}
