/*
 * What the store thread tells the metrics of what it sees on its way
 * (see metrics.h): what the fold counted, rows of tables, and whose attempt a
 * job is.
 */

#include <string.h>

#include "../core/str.h"
#include "../engine/holds.h"
#include "keeper_impl.h"

static size_t gauge_row(pls_keeper_t *k, uint32_t channel);
static const pl_channel_conf_t *gauge_channel(pls_keeper_t *k,
    uint32_t channel, const pl_tenant_conf_t **tenant);
static void gauge_rows(pls_keeper_t *k, pl_txn_t *txn);
static void gauge_holds(pls_keeper_t *k, pl_txn_t *txn);

static const pl_table_e  gauge_tables[PLS_ROWS_MAX] = {
    [PLS_ROWS_OUTBOX] = PL_TABLE_OUTBOX,
    [PLS_ROWS_DUE] = PL_TABLE_DUE,
    [PLS_ROWS_ATTEMPTS] = PL_TABLE_ATTEMPTS,
    [PLS_ROWS_UNKNOWN] = PL_TABLE_UNKNOWN,
    [PLS_ROWS_DEAD] = PL_TABLE_DEAD,
    [PLS_ROWS_QUARANTINE] = PL_TABLE_QUARANTINE,
    [PLS_ROWS_TIMERS] = PL_TABLE_TIMERS,
};


void
pls_keeper_told(pls_keeper_t *k, const pl_folded_t *done, int64_t took_us)
{
    size_t            i, row;
    pls_metrics_t    *metrics;
    const pl_told_t  *told;

    if (done->entries == 0 && done->items == 0) {
        return;
    }

    metrics = &k->sn->metrics;
    told = pl_fold_told(k->fold);

    pls_metrics_observe(metrics, PLS_HISTOGRAM_FOLD, took_us);
    pls_metrics_observe(metrics, PLS_HISTOGRAM_ITEMS, (int64_t) done->items);
    pls_metrics_told(metrics, told);

    for (i = 0; i < told->n_heard; i++) {
        row = gauge_row(k, told->heard[i].channel);
        pls_metrics_heard(metrics, row, told->heard[i].time_ms);
    }
}


void
pls_keeper_gauge(pls_keeper_t *k)
{
    int64_t    now_us;
    pl_txn_t  *txn;

    now_us = pl_clock_mono_us(k->sn->clock);
    if (now_us < k->gauge_us) {
        return;
    }

    k->gauge_us = now_us + KEEPER_GAUGE_US;

    /* what cannot be read now is read by a later turn */

    if (pl_store_begin(k->st, PL_ENV_STATE, false, &txn, NULL) != PL_OK) {
        return;
    }

    gauge_rows(k, txn);
    gauge_holds(k, txn);
    pl_store_abort(txn);
}


void
pls_keeper_label(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out)
{
    int64_t                   clock_ms;
    const Pl__Effect         *effect;
    const pl_tenant_conf_t   *tenant;
    const pl_channel_conf_t  *conf;

    effect = out->attempt->effect;
    conf = gauge_channel(k, effect->channel, &tenant);

    job->row = gauge_row(k, effect->channel);
    job->tenant_name = conf == NULL ? NULL
                       : pl_arena_str(job->arena,
                                      pl_str_c(tenant->row->name));
    job->channel_name = conf == NULL ? NULL
                        : pl_arena_str(job->arena, pl_str_c(conf->row->name));
    job->message = pl_outbox_message(effect);
    job->lane = effect->lane;
    clock_ms = pl_settings_clock(pl_fold_settings(k->fold), effect->tenant);
    job->due_ms = effect->due_ms - clock_ms;
    job->expires_ms = effect->has_expires_ms ? effect->expires_ms - clock_ms
                                             : 0;
    job->over_us = 0;
    job->said_ms = out->message == NULL ? 0
                                        : out->message->time_ms - clock_ms;
    job->traceparent = out->message == NULL ? NULL
                                            : out->message->traceparent;
    memset(&job->wire, 0, sizeof(job->wire));
}


/* Those that are not configured, or not any more, are counted as others. */

static size_t
gauge_row(pls_keeper_t *k, uint32_t channel)
{
    const pl_tenant_conf_t   *tenant;
    const pl_channel_conf_t  *conf;

    conf = gauge_channel(k, channel, &tenant);

    return conf == NULL ? PLS_METRICS_CHANNELS
                        : pls_metrics_channel(&k->sn->metrics, channel,
                                              tenant->row->name,
                                              conf->row->name);
}


/* NULL where it, or its tenant, is not known. */

static const pl_channel_conf_t *
gauge_channel(pls_keeper_t *k, uint32_t channel,
    const pl_tenant_conf_t **tenant)
{
    const pl_settings_t      *settings;
    const pl_channel_conf_t  *conf;

    settings = pl_fold_settings(k->fold);
    conf = pl_settings_channel(settings, channel);
    *tenant = conf == NULL ? NULL : pl_settings_tenant(settings,
                                                       conf->tenant);

    return *tenant == NULL ? NULL : conf;
}


static void
gauge_rows(pls_keeper_t *k, pl_txn_t *txn)
{
    size_t    i;
    uint64_t  rows;

    for (i = 0; i < PLS_ROWS_MAX; i++) {
        if (pl_store_count(txn, gauge_tables[i], &rows, NULL) == PL_OK) {
            pls_metrics_set(&k->sn->metrics.rows[i], rows);
        }
    }
}


/*
 * Of a provider's those that stand now, but an account's until it is taken
 * again. Few as a rule: most of the time there is none to be looked at.
 */

static void
gauge_holds(pls_keeper_t *k, pl_txn_t *txn)
{
    size_t                  i;
    int64_t                 now_ms;
    uint64_t                n[PLS_HOLD_MAX] = { 0 };
    pl_holds_t             *holds;
    const pl_holds_row_t   *row;

    if (pl_store_count(txn, PL_TABLE_HOLDS, &n[0], NULL) != PL_OK) {
        return;
    }

    holds = NULL;
    if (n[0] != 0 && pl_holds_load(&holds, txn, NULL) != PL_OK) {
        return;
    }

    n[0] = 0;
    now_ms = pls_sender_now(k->sn);

    for (i = 0; (row = pl_holds_at(holds, i)) != NULL; i++) {
        n[PLS_HOLD_ACCOUNT] += row->cause
                               == PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT;
        n[PLS_HOLD_PERSON] += row->cause == PL__HOLD_CAUSE__HOLD_CAUSE_PERSON
                              && pl_hold_stands(row->row, now_ms);
        n[PLS_HOLD_THROTTLE] += row->cause
                                == PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE
                                && pl_hold_stands(row->row, now_ms);
    }

    for (i = 0; i < PLS_HOLD_MAX; i++) {
        pls_metrics_set(&k->sn->metrics.holds[i], n[i]);
    }

    pl_holds_free(holds);
}
