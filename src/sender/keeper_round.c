/*
 * What the keeper appends (see keeper.h); what becomes of it is in
 * keeper_collect.c.
 *
 * One batch of timers and attempts is under way at a time: it is appended,
 * folded, collected, and only then is the state looked at again. So nothing
 * is attempted twice because its Attempt was not folded yet.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/str.h"
#include "keeper_impl.h"

#define ROUND_DAY_MS    86400000LL

static void round_add(pls_keeper_t *k, const Pl__Command *command);
static void round_results(pls_keeper_t *k);
static pl_status_t round_look(pls_keeper_t *k, int64_t now_ms,
    pl_err_t *err);
static pl_status_t round_clock(pls_keeper_t *k, int64_t *now_ms,
    pl_err_t *err);
static pl_status_t round_timers(pls_keeper_t *k, pl_txn_t *txn,
    int64_t now_ms, pl_err_t *err);
static pl_status_t round_due(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms,
    pl_err_t *err);
static pl_status_t round_walk(pls_keeper_t *k, pl_txn_t *txn, bool fetching,
    int64_t now_ms, pl_err_t *err);
static pl_status_t round_fetches(pls_keeper_t *k, pl_txn_t *txn,
    int64_t now_ms, pl_err_t *err);
static void round_begin(pls_keeper_t *k, const Pl__Attempt *attempt,
    bool fetching);
static bool round_behind(const pl_due_t *a, const pl_due_t *b);
static void round_choose(pls_keeper_t *k, size_t n, bool fetching,
    int64_t now_ms);
static bool round_room(const pls_keeper_t *k, bool fetching);
static uint32_t round_rate(pls_keeper_t *k, uint32_t channel);
static pl_status_t round_prune(pls_keeper_t *k, pl_txn_t *txn,
    int64_t now_ms, pl_err_t *err);
static void round_failed(pls_keeper_t *k, pl_status_t rc);


pl_status_t
pls_keeper_write(pls_keeper_t *k, bool *wrote, pl_err_t *err)
{
    size_t          n_results;
    int64_t         now_ms, began_us;
    pls_job_t      *job;
    pl_status_t     rc;
    pl_appended_t   appended;

    k->n_entries = 0;
    round_results(k);
    n_results = k->n_entries;

    rc = round_clock(k, &now_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (k->phase == KEEPER_RUNNING && k->batch_end == 0
        && !atomic_load(&k->sn->stopping)
        && (k->look || now_ms >= k->next_ms
            || pl_clock_mono_us(k->sn->clock) >= k->prune_us))
    {
        rc = round_look(k, now_ms, err);
        if (rc != PL_OK) {
            round_failed(k, PL_OK);
            return rc;
        }
    }

    if (k->n_entries == 0) {
        return PL_OK;
    }

    began_us = pl_clock_mono_us(k->sn->clock);
    rc = pl_journal_append(k->st, k->sn->clock, k->entries, k->n_entries,
                           NULL, &appended, err);
    if (rc != PL_OK) {
        pls_metrics_add(&k->sn->metrics.append_failures, 1);
        round_failed(k, rc);
        return rc;
    }

    pls_metrics_add(&k->sn->metrics.appended_entries, k->n_entries);
    pls_metrics_observe(&k->sn->metrics, PLS_HISTOGRAM_BATCH,
                        (int64_t) k->n_entries);
    pls_metrics_observe(&k->sn->metrics, PLS_HISTOGRAM_APPEND,
                        pl_clock_mono_us(k->sn->clock) - began_us);

    k->appended = appended.first + k->n_entries - 1;
    k->unfolded += k->n_entries;
    if (k->n_entries > n_results) {
        k->batch_end = k->appended;
    }

    while ((job = pls_jobs_take(&k->results)) != NULL) {
        pls_metrics_result(&k->sn->metrics, job->row, job->result.outcome);
        pls_keeper_release(k, job);
    }

    *wrote = true;

    return PL_OK;
}


void
pls_keeper_release(pls_keeper_t *k, pls_job_t *job)
{
    pls_progress_free(k->sn->progress, job->slot);

    if (job->entered) {
        pls_gate_leave(job->fetching ? &k->fetch_gates : &k->gates,
                       job->channel);
        k->n_fetches -= job->fetching;
        job->entered = false;
        job->fetching = false;
    }

    job->fetch = NULL;
    job->upload = NULL;
    job->sink = NULL;
    job->source = NULL;
    job->public_only = false;
    job->patient = false;

    if (job->arena != NULL) {
        pl_arena_reset(job->arena);
    }

    job->effect = 0;
    pls_jobs_add(&k->idle, job);
}


static void
round_add(pls_keeper_t *k, const Pl__Command *command)
{
    pl_entry_t  *entry;

    k->commands[k->n_entries] = *command;

    entry = &k->entries[k->n_entries++];
    memset(entry, 0, sizeof(*entry));
    entry->location = PL_STR("parley-sender");
    entry->command = &k->commands[k->n_entries - 1];
}


/*
 * An account that is refused closes its channel: no attempt is wasted. What a
 * file was refused for may be that file's alone, and closes the channel for
 * files: its messages find out for themselves.
 */

static void
round_results(pls_keeper_t *k)
{
    pls_job_t    *job;
    Pl__Command   command = PL__COMMAND__INIT;

    command.of_case = PL__COMMAND__OF_SEND_RESULT;

    for (job = k->results.head; job != NULL; job = job->next) {

        if (job->result.outcome == PL__OUTCOME__OUTCOME_ACCOUNT) {
            pls_gate_pause(&k->fetch_gates, job->channel,
                           job->result.retry_ms);

            if (!job->fetching) {
                pls_gate_pause(&k->gates, job->channel,
                               job->result.retry_ms);
            }
        }

        command.send_result = &job->result;
        round_add(k, &command);
    }
}


static pl_status_t
round_look(pls_keeper_t *k, int64_t now_ms, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = pl_store_begin(k->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    k->look = false;
    k->next_ms = INT64_MAX;

    rc = round_timers(k, txn, now_ms, err);

    if (rc == PL_OK) {
        rc = round_due(k, txn, now_ms, err);
    }

    if (rc == PL_OK) {
        rc = round_prune(k, txn, now_ms, err);
    }

    pl_store_abort(txn);

    return rc;
}


/* Each turn, since the clock can be set back while nothing else happens. */

static pl_status_t
round_clock(pls_keeper_t *k, int64_t *now_ms, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_journal_now(k->st, k->sn->clock, now_ms, err);
    if (rc == PL_OK) {
        atomic_store(&k->sn->ahead_ms,
                     *now_ms - pl_clock_wall_ms(k->sn->clock));
    }

    return rc;
}


static pl_status_t
round_timers(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms, pl_err_t *err)
{
    size_t        n, i;
    int64_t       next_ms;
    Pl__Command   command = PL__COMMAND__INIT;
    pl_status_t   rc;

    rc = pl_timers_due(txn, now_ms, k->timers, KEEPER_TIMERS_MAX, &n,
                       &next_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    k->next_ms = next_ms < k->next_ms ? next_ms : k->next_ms;
    command.of_case = PL__COMMAND__OF_TIMER_DUE;

    for (i = 0; i < n; i++) {
        command.timer_due = &k->timers[i];
        round_add(k, &command);
    }

    return PL_OK;
}


/*
 * The first page of due heads, at each look. Where closed gates leave jobs
 * over, a walk goes on behind it: some pages at a time, from where the last
 * walk ended, so that no channel's backlog hides another's head for long.
 */

static pl_status_t
round_due(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms, pl_err_t *err)
{
    size_t        n, i;
    int64_t       next_ms;
    Pl__Command   command = PL__COMMAND__INIT;
    pl_status_t   rc;

    rc = pl_outbox_due(txn, now_ms, k->due, KEEPER_DUE_PAGE, &n, &next_ms,
                       err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pls_keeper_oldest(k, txn, now_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (k->sn->options.hold) {
        return PL_OK;
    }

    if (next_ms > now_ms && next_ms < k->next_ms) {
        k->next_ms = next_ms;
    }

    round_choose(k, n, false, now_ms);

    if (n == KEEPER_DUE_PAGE && round_room(k, false)) {
        rc = round_walk(k, txn, false, now_ms, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = round_fetches(k, txn, now_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    /* no job is idle: the result that brings one makes us look again */

    command.of_case = PL__COMMAND__OF_ATTEMPT;

    for (i = 0; i < k->batch.n; i++) {
        command.attempt = &k->attempts[i];
        round_add(k, &command);
    }

    return PL_OK;
}


static pl_status_t
round_walk(pls_keeper_t *k, pl_txn_t *txn, bool fetching, int64_t now_ms,
    pl_err_t *err)
{
    size_t          n, page;
    pl_status_t     rc;
    keeper_walk_t  *walk = fetching ? &k->fetch_walk : &k->walk;

    if (now_ms < walk->again_ms
        && walk->again_ms <= now_ms + KEEPER_DEEP_MS)
    {
        k->next_ms = walk->again_ms < k->next_ms ? walk->again_ms
                                                 : k->next_ms;
        return PL_OK;
    }

    /*
     * Never from inside the first page: its heads have their jobs, and a
     * second job for one of them would be a second send.
     */

    if (!walk->walking || round_behind(&k->due[KEEPER_DUE_PAGE - 1],
                                       &walk->walked))
    {
        walk->walked = k->due[KEEPER_DUE_PAGE - 1];
        walk->walking = true;
    }

    for (page = 0; page < KEEPER_DUE_PAGES && round_room(k, fetching);
         page++)
    {
        rc = pl_outbox_due_after(txn, now_ms, &walk->walked, k->due,
                                 KEEPER_DUE_PAGE, &n, err);
        if (rc != PL_OK) {
            return rc;
        }

        round_choose(k, n, fetching, now_ms);

        if (n < KEEPER_DUE_PAGE) {
            walk->walking = false;      /* the end: next time from the start */
            break;
        }

        walk->walked = k->due[n - 1];
    }

    walk->again_ms = now_ms + KEEPER_DEEP_MS;
    k->next_ms = walk->again_ms < k->next_ms ? walk->again_ms : k->next_ms;

    return PL_OK;
}


/* Does a stand behind b in `due`? */

static bool
round_behind(const pl_due_t *a, const pl_due_t *b)
{
    if (a->attempt.lane != b->attempt.lane) {
        return a->attempt.lane > b->attempt.lane;
    }

    if (a->due_ms != b->due_ms) {
        return a->due_ms > b->due_ms;
    }

    return a->attempt.effect > b->attempt.effect;
}


/* Takes a job, with slot and gate, for each head that may begin. */

static void
round_choose(pls_keeper_t *k, size_t n, bool fetching, int64_t now_ms)
{
    size_t        i;
    uint32_t      rate;
    Pl__Attempt  *attempt;
    pls_gates_t  *gates = fetching ? &k->fetch_gates : &k->gates;

    for (i = 0; i < n && round_room(k, fetching); i++) {
        attempt = &k->due[i].attempt;
        rate = fetching ? 0 : round_rate(k, attempt->channel);

        if (pls_gate_enter(gates, attempt->channel, rate, now_ms,
                           &k->next_ms))
        {
            round_begin(k, attempt, fetching);
        }
    }
}


static bool
round_room(const pls_keeper_t *k, bool fetching)
{
    return k->idle.n != 0
           && (!fetching || k->n_fetches < KEEPER_FETCHES_MAX);
}


/* A job, with its slot, for an attempt that its gate let in. */

static void
round_begin(pls_keeper_t *k, const Pl__Attempt *attempt, bool fetching)
{
    pls_job_t  *job;

    k->attempts[k->batch.n] = *attempt;
    k->attempts[k->batch.n].epoch = k->epoch;

    job = pls_jobs_take(&k->idle);
    job->effect = attempt->effect;
    job->channel = attempt->channel;
    job->entered = true;
    job->fetching = fetching;
    k->n_fetches += fetching;
    pls_progress_take(k->sn->progress, job->slot, job->effect, k->epoch);
    pls_jobs_add(&k->batch, job);
}


/*
 * Files that are due, behind what is to be sent: few at a time, and of one
 * channel fewer. k->due is free again.
 */

static pl_status_t
round_fetches(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms, pl_err_t *err)
{
    size_t       n;
    int64_t      next_ms;
    pl_status_t  rc;

    rc = pl_outbox_due_media(txn, now_ms, k->due, KEEPER_DUE_PAGE, &n,
                             &next_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (next_ms > now_ms && next_ms < k->next_ms) {
        k->next_ms = next_ms;
    }

    round_choose(k, n, true, now_ms);

    return n == KEEPER_DUE_PAGE && round_room(k, true)
           ? round_walk(k, txn, true, now_ms, err) : PL_OK;
}


static uint32_t
round_rate(pls_keeper_t *k, uint32_t channel)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(pl_fold_settings(k->fold), channel);

    return conf == NULL ? 0 : conf->row->rate_per_s;
}


static pl_status_t
round_prune(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms, pl_err_t *err)
{
    bool          worth;
    int64_t       now_us, before_ms;
    Pl__Command   command = PL__COMMAND__INIT;
    pl_status_t   rc;

    now_us = pl_clock_mono_us(k->sn->clock);
    if (now_us < k->prune_us) {
        return PL_OK;
    }

    before_ms = now_ms - PL_DEDUPE_DAYS * ROUND_DAY_MS;

    rc = pls_keeper_prune(txn, before_ms, now_ms, &worth, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!worth) {
        k->prune_us = now_us + KEEPER_PRUNE_US;
        return PL_OK;
    }

    k->prune_us = now_us + KEEPER_PRUNE_AGAIN_US;

    pl__prune__init(&k->prune);
    k->prune.before_ms = before_ms;
    k->prune.rows = KEEPER_PRUNE_ROWS;

    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &k->prune;
    round_add(k, &command);

    return PL_OK;
}


/*
 * Nothing was journalled, or (but for a full store) perhaps it was: then the
 * rows in `attempts` are found by pls_keeper_adopt.
 */

static void
round_failed(pls_keeper_t *k, pl_status_t rc)
{
    pls_job_t  *job;

    /* a batch that was appended before is on its way, whatever failed now */

    while (k->batch_end == 0 && (job = pls_jobs_take(&k->batch)) != NULL) {
        pls_keeper_release(k, job);
    }

    k->look = true;
    k->adopt = k->adopt || (rc != PL_OK && rc != PL_FULL);
}
