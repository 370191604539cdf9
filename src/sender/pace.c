/*
 * Rows of the pace file (see pace.h). Of a pair's row the key is taken off
 * first and written last: a kill in between leaves a row that is free.
 */

#include "pace.h"

static pl_pace_pair_t *pace_find(pl_pace_t *pace, uint64_t pair,
    pl_pace_pair_t **last);
static void pace_put(pl_pace_t *pace, uint64_t pair, int64_t tat_us);
static int64_t pace_slack(const pls_pair_rate_t *rate);
static int64_t pace_tat(const pl_pace_pair_t *row, int64_t now_us);
static uint64_t pace_mix(uint64_t x);
static int64_t pace_stamp(pl_pace_row_t *row, int64_t now_us);


uint64_t
pls_pace_pair(uint32_t channel, uint32_t kind, uint64_t party)
{
    uint64_t  key;

    key = pace_mix(party ^ pace_mix(((uint64_t) channel << 32) | kind));

    return key == 0 ? 1 : key;
}


bool
pls_pace_charge(pl_pace_t *pace, uint64_t pair, const pls_pair_rate_t *rate,
    int64_t now_us, int64_t *until_us)
{
    int64_t  tat_us;

    tat_us = pace_tat(pace_find(pace, pair, NULL), now_us);

    if (tat_us - pace_slack(rate) > now_us) {
        *until_us = tat_us - pace_slack(rate);
        return false;
    }

    if (rate->ms != 0) {
        pace_put(pace, pair, (tat_us > now_us ? tat_us : now_us)
                             + (int64_t) rate->ms * 1000);
    }

    return true;
}


void
pls_pace_refund(pl_pace_t *pace, uint64_t pair, const pls_pair_rate_t *rate)
{
    pl_pace_pair_t  *row;

    row = pace_find(pace, pair, NULL);

    /* a row that made room meanwhile owes nothing */
    if (row != NULL) {
        atomic_fetch_sub_explicit(&row->tat_us, (int64_t) rate->ms * 1000,
                                  memory_order_relaxed);
    }
}


void
pls_pace_close(pl_pace_t *pace, uint64_t pair, const pls_pair_rate_t *rate,
    int64_t now_us, int64_t until_us)
{
    int64_t  tat_us;

    tat_us = until_us + pace_slack(rate);

    if (tat_us > now_us + PLS_PACE_FAR_US) {
        tat_us = now_us + PLS_PACE_FAR_US;
    }

    if (tat_us > pace_tat(pace_find(pace, pair, NULL), now_us)) {
        pace_put(pace, pair, tat_us);
    }
}


void
pls_pace_left(pl_pace_t *pace, uint32_t channel, uint32_t tenant,
    int64_t now_us)
{
    pls_pace_wire(pace, channel, tenant, now_us);

    atomic_fetch_add_explicit(&pace->channel[channel % PL_PACE_ROWS].departed,
                              1, memory_order_relaxed);
    atomic_fetch_add_explicit(&pace->tenant[tenant % PL_PACE_ROWS].departed,
                              1, memory_order_relaxed);
}


void
pls_pace_wire(pl_pace_t *pace, uint32_t channel, uint32_t tenant,
    int64_t now_us)
{
    atomic_store_explicit(&pace->channel[channel % PL_PACE_ROWS].left_us,
                          now_us, memory_order_relaxed);
    atomic_store_explicit(&pace->tenant[tenant % PL_PACE_ROWS].left_us,
                          now_us, memory_order_relaxed);
}


uint64_t
pls_pace_departed(pl_pace_t *pace, uint32_t channel)
{
    return atomic_load_explicit(&pace->channel[channel % PL_PACE_ROWS]
                                .departed, memory_order_relaxed);
}


uint64_t
pls_pace_tenant_departed(pl_pace_t *pace, uint32_t tenant)
{
    return atomic_load_explicit(&pace->tenant[tenant % PL_PACE_ROWS]
                                .departed, memory_order_relaxed);
}


int64_t
pls_pace_last(pl_pace_t *pace, uint32_t channel, int64_t now_us)
{
    return pace_stamp(&pace->channel[channel % PL_PACE_ROWS], now_us);
}


int64_t
pls_pace_tenant_last(pl_pace_t *pace, uint32_t tenant, int64_t now_us)
{
    return pace_stamp(&pace->tenant[tenant % PL_PACE_ROWS], now_us);
}


/* NULL where it has none; then *last is the row to take. */

static pl_pace_pair_t *
pace_find(pl_pace_t *pace, uint64_t pair, pl_pace_pair_t **last)
{
    size_t           i;
    int64_t          tat_us, least_us;
    uint64_t         key;
    pl_pace_pair_t  *row, *least;

    least = NULL;
    least_us = INT64_MAX;

    for (i = 0; i < PLS_PACE_NEAR; i++) {
        row = &pace->pair[(pair + i) % PL_PACE_PAIRS];
        key = atomic_load_explicit(&row->key, memory_order_acquire);

        if (key == pair) {
            return row;
        }

        tat_us = key == 0 ? INT64_MIN
                          : atomic_load_explicit(&row->tat_us,
                                                 memory_order_relaxed);
        if (least == NULL || tat_us < least_us) {
            least = row;
            least_us = tat_us;
        }
    }

    if (last != NULL) {
        *last = least;
    }

    return NULL;
}


static void
pace_put(pl_pace_t *pace, uint64_t pair, int64_t tat_us)
{
    pl_pace_pair_t  *row, *take;

    row = pace_find(pace, pair, &take);

    if (row != NULL) {
        atomic_store_explicit(&row->tat_us, tat_us, memory_order_relaxed);
        return;
    }

    atomic_store_explicit(&take->key, 0, memory_order_release);
    atomic_store_explicit(&take->tat_us, tat_us, memory_order_release);
    atomic_store_explicit(&take->key, pair, memory_order_release);
}


/* How far ahead of now the tat of one that may still go can be. */

static int64_t
pace_slack(const pls_pair_rate_t *rate)
{
    if (rate->ms == 0 || rate->burst < 2) {
        return 0;
    }

    return (int64_t) (rate->burst - 1) * rate->ms * 1000
           - (int64_t) rate->ms * 500;
}


static int64_t
pace_tat(const pl_pace_pair_t *row, int64_t now_us)
{
    int64_t  tat_us;

    if (row == NULL) {
        return INT64_MIN / 2;
    }

    tat_us = atomic_load_explicit(&row->tat_us, memory_order_relaxed);

    return tat_us > now_us + PLS_PACE_FAR_US || tat_us < 0 ? INT64_MIN / 2
                                                           : tat_us;
}


/* The finalizer of SplitMix64: neighbouring parties land far apart. */

static uint64_t
pace_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;

    return x ^ (x >> 31);
}


static int64_t
pace_stamp(pl_pace_row_t *row, int64_t now_us)
{
    int64_t  left_us;

    left_us = atomic_load_explicit(&row->left_us, memory_order_relaxed);

    if (left_us <= 0) {
        return 0;
    }

    return left_us < now_us ? left_us : now_us;
}
