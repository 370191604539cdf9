/*
 * What metrics say of subscriptions: how many there are in each state, and
 * how old the oldest event is that one of them waits for.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "consumer_impl.h"

#define GAUGE_LOOKS_MAX  1024           /* subscriptions that are behind */

static void gauge_behind(pls_consumer_t *c, int64_t *behind_ms);
static int64_t gauge_oldest(pls_consumer_t *c, pl_txn_t *txn,
    const consumer_sub_t *sub);
static size_t gauge_state(const consumer_sub_t *sub);


void
pls_consumer_gauge(pls_consumer_t *c)
{
    size_t          i;
    int64_t         behind_ms[PLS_SUBSCRIPTIONS] = { 0 };
    uint64_t        n[PLS_SUBSCRIPTIONS] = { 0 };
    pls_metrics_t  *metrics = &c->sn->metrics;

    for (i = 0; i < c->n_subs; i++) {
        n[gauge_state(c->subs[i])]++;
    }

    if (c->n_subs != 0 && c->running) {
        gauge_behind(c, behind_ms);
    }

    for (i = 1; i < PLS_SUBSCRIPTIONS; i++) {
        pls_metrics_set(&metrics->subscriptions[i], n[i]);
        atomic_store_explicit(&metrics->behind_ms[i], behind_ms[i],
                              memory_order_relaxed);
    }
}


static void
gauge_behind(pls_consumer_t *c, int64_t *behind_ms)
{
    size_t            i, looks = 0, state;
    int64_t           time_ms;
    pl_err_t          err;
    pl_txn_t         *txn;
    consumer_sub_t   *sub;

    (void) pthread_mutex_lock(&c->sn->reading);

    if (pl_store_begin(c->sn->store, PL_ENV_STATE, false, &txn, &err)
        == PL_OK)
    {
        for (i = 0; i < c->n_subs && looks < GAUGE_LOOKS_MAX; i++) {
            sub = c->subs[i];

            if (!sub->active || sub->seen <= sub->position) {
                continue;
            }

            looks++;
            state = gauge_state(sub);
            time_ms = gauge_oldest(c, txn, sub);

            if (time_ms != 0
                && (behind_ms[state] == 0 || time_ms < behind_ms[state]))
            {
                behind_ms[state] = time_ms;
            }
        }

        pl_store_abort(txn);
    }

    (void) pthread_mutex_unlock(&c->sn->reading);
}


/* The time of the first row behind its position; 0: there is none. */

static int64_t
gauge_oldest(pls_consumer_t *c, pl_txn_t *txn, const consumer_sub_t *sub)
{
    int64_t            time_ms = 0;
    pl_err_t           err;
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&from, sub->tenant, sub->position + 1);

    if (pl_store_scan(txn, PL_TABLE_CHANGES, pl_key_str(&from), false, &scan,
                      &err) != PL_OK)
    {
        return 0;
    }

    if (pl_store_scan_next(scan, &key, &value, &err) == PL_OK
        && key.len == 12 && pl_be32(key.data) == sub->tenant
        && pl_record_read(PL_TABLE_CHANGES, value, &pl__change__descriptor,
                          c->scratch, &msg, &err) == PL_OK)
    {
        time_ms = ((const Pl__Change *) msg)->time_ms;
    }

    pl_arena_reset(c->scratch);
    pl_store_scan_end(scan);

    return time_ms;
}


/* As it is now: the state hears of it a moment later. */

static size_t
gauge_state(const consumer_sub_t *sub)
{
    if (!sub->active) {
        return PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED;
    }

    return sub->attempts != 0
           ? PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_FAILING
           : PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_ACTIVE;
}
