/*
 * What became of a batch that was appended (see keeper.h): once it is folded,
 * what stands in `attempts` under our epoch is built and handed over.
 */

#include <string.h>

#include "keeper_impl.h"
#include "result.h"

#define COLLECT_STALL_MS  50    /* after a batch that was all turned down */

static void collect_send(pls_keeper_t *k, pls_jobs_t *out);
static pl_status_t collect_take_up(pls_keeper_t *k, pl_txn_t *txn,
    pls_job_t *job, pls_jobs_t *out, pl_err_t *err);
static void collect_schedule(pls_keeper_t *k, pls_job_t *job,
    const Pl__Effect *effect);
static pls_job_t *collect_job(pls_keeper_t *k, uint64_t effect);
static void collect_local(pls_keeper_t *k, pls_job_t *job,
    Pl__Outcome outcome, const char *why);


pl_status_t
pls_keeper_collect(pls_keeper_t *k, pl_err_t *err)
{
    bool          held;
    size_t        n;
    pl_txn_t     *txn;
    pls_job_t    *job;
    pls_jobs_t    out = { NULL, NULL, 0 };
    pl_status_t   rc;

    n = k->batch.n;

    rc = pl_store_begin(k->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    while (rc == PL_OK && (job = pls_jobs_take(&k->batch)) != NULL) {
        rc = collect_take_up(k, txn, job, &out, err);
        if (rc != PL_OK) {
            pls_jobs_add(&k->batch, job);       /* tried again later */
        }
    }

    held = n != 0 && out.n == 0 && pls_keeper_held(k, txn);
    pl_store_abort(txn);

    if (rc == PL_OK) {
        k->batch_end = 0;

        /* what is held is not asked for again; whatever else turned all of
           them down may do so again: no haste */
        if (n != 0 && out.n == 0 && k->results.n == 0 && !held) {
            k->look = false;
            k->next_ms = pls_sender_now(k->sn) + COLLECT_STALL_MS;
        }
    }

    collect_send(k, &out);

    return rc;
}


pl_status_t
pls_keeper_adopt(pls_keeper_t *k, pl_err_t *err)
{
    uint64_t            effect;
    pl_txn_t           *txn;
    pls_job_t          *job;
    pl_arena_t         *ar;
    pl_status_t         rc;
    Pl__AttemptRecord  *attempt;

    ar = pl_arena_create(PLS_JOB_ARENA_BLOCK, PLS_JOB_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "attempts", 0, "out of memory");
    }

    rc = pl_store_begin(k->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        pl_arena_destroy(ar);
        return rc;
    }

    for (effect = 0; k->idle.n != 0; pl_arena_reset(ar)) {

        rc = pl_outbox_attempt_next(txn, effect, ar, &effect, &attempt, err);
        if (rc != PL_OK) {
            break;
        }

        if (attempt->epoch != k->epoch || collect_job(k, effect) != NULL) {
            continue;
        }

        job = pls_jobs_take(&k->idle);
        job->effect = effect;
        job->channel = attempt->effect->channel;
        job->tenant = attempt->effect->tenant;
        job->lane = attempt->effect->lane;
        job->pauses = pls_pauses_of(k->sn->pauses, job->tenant);
        pls_progress_take(k->sn->progress, job->slot, effect, k->epoch);
        pls_jobs_add(&k->batch, job);
    }

    pl_store_abort(txn);
    pl_arena_destroy(ar);

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    k->adopt = rc == PL_OK;             /* no job was left: not done yet */

    if (k->batch.n != 0) {
        k->batch_end = k->folded;
        pls_log(&k->sn->log, PLS_LOG_WARN,
                "attempts were journalled although their append failed",
                "attempts=%zu", k->batch.n);
    }

    return PL_OK;
}


/* Each to who does it. */

static void
collect_send(pls_keeper_t *k, pls_jobs_t *out)
{
    pls_job_t   *job;
    pls_jobs_t   sends = { NULL, NULL, 0 }, fetches = { NULL, NULL, 0 };

    k->n_out += out->n;

    while ((job = pls_jobs_take(out)) != NULL) {
        pls_jobs_add(job->fetch != NULL || job->upload != NULL ? &fetches
                                                                : &sends,
                     job);
    }

    pls_queue_put(&k->sn->to_wire, &sends);
    pls_queue_put(&k->sn->to_fetch, &fetches);
}


/*
 * One effect of the folded batch: what apply let through is built and goes
 * out; what cannot be built, or comes as the sender ends, gets its result
 * here; the rest was blocked or put off and is forgotten.
 */

static pl_status_t
collect_take_up(pls_keeper_t *k, pl_txn_t *txn, pls_job_t *job,
    pls_jobs_t *out, pl_err_t *err)
{
    pl_status_t    rc;
    const char    *why;
    Pl__Outcome    outcome;
    pl_outgoing_t  row;

    if (job->arena == NULL) {
        job->arena = pl_arena_create(PLS_JOB_ARENA_BLOCK, PLS_JOB_ARENA_MAX);
        if (job->arena == NULL) {
            return pl_err_set(err, PL_NOMEM, "attempt", 0, "out of memory");
        }
    }

    pl_arena_reset(job->arena);
    rc = pl_outbox_attempt(txn, job->effect, job->arena, &row, err);

    if (rc == PL_NOTFOUND || (rc == PL_OK && row.attempt->epoch != k->epoch))
    {
        pls_metrics_add(&k->sn->metrics.turned_down, 1);
        pls_keeper_release(k, job);
        return PL_OK;
    }

    if (rc != PL_OK) {
        return rc;
    }

    collect_schedule(k, job, row.attempt->effect);
    pls_keeper_label(k, job, &row);
    pls_keeper_failures(k, job, &row);

    if (atomic_load(&k->sn->stopping)) {
        collect_local(k, job, PL__OUTCOME__OUTCOME_THROTTLE,
                    "the sender ends");
        return PL_OK;
    }

    rc = pls_keeper_build(k, job, &row, &outcome, &why, err);

    if (rc == PL_OK) {
        pls_keeper_rates(k, job);
        pls_jobs_add(out, job);
        return PL_OK;
    }

    pls_log_err(&k->sn->log, PLS_LOG_WARN, "cannot build a request", err);
    collect_local(k, job, outcome, why);

    return PL_OK;
}


/* What its result has to know of what came before it, and of its channel. */

static void
collect_schedule(pls_keeper_t *k, pls_job_t *job, const Pl__Effect *effect)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(pl_fold_settings(k->fold), effect->channel);

    job->kind = effect->of_case;
    job->attempts = effect->attempts;
    job->free = effect->free;
    pl_retry_all(conf == NULL ? NULL : conf->row, &job->retries);
}


static pls_job_t *
collect_job(pls_keeper_t *k, uint64_t effect)
{
    size_t  i;

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        if (k->jobs[i].effect == effect) {
            return &k->jobs[i];
        }
    }

    return NULL;
}


static void
collect_local(pls_keeper_t *k, pls_job_t *job, Pl__Outcome outcome,
    const char *why)
{
    uint32_t  random32;

    /* without randomness the longest delay is the safest */
    if (pl_crypto_random((uint8_t *) &random32, sizeof(random32)) != PL_OK) {
        random32 = UINT32_MAX;
    }

    pls_result_local(job, k->epoch, outcome, why,
                     pls_sender_now(k->sn), random32);
    pls_sendlog_add(k->sn->sendlog, job, pls_sender_now(k->sn),
                    pl_clock_wall_ms(k->sn->clock), 0);
    pls_jobs_add(&k->results, job);
}
