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
#include "../engine/words.h"
#include "keeper_impl.h"

#define ROUND_DAY_MS    86400000LL

static void round_add(pls_keeper_t *k, const Pl__Command *command);
static void round_results(pls_keeper_t *k);
static bool round_consumers(pls_keeper_t *k);
static pl_status_t round_look(pls_keeper_t *k, int64_t now_ms,
    pl_err_t *err);
static pl_status_t round_clock(pls_keeper_t *k, int64_t *now_ms,
    pl_err_t *err);
static pl_status_t round_zones(pls_keeper_t *k, pl_txn_t *txn,
    pl_err_t *err);
static pl_status_t round_timers(pls_keeper_t *k, pl_txn_t *txn,
    int64_t now_ms, pl_err_t *err);
static pl_status_t round_holds(pls_keeper_t *k, pl_txn_t *txn,
    int64_t now_ms, pl_err_t *err);
static pl_status_t round_due(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms,
    pl_err_t *err);
static pl_status_t round_prune(pls_keeper_t *k, pl_txn_t *txn,
    int64_t now_ms, pl_err_t *err);
static bool round_is_time(pls_keeper_t *k, int64_t now_ms);
static pl_status_t round_words(pls_keeper_t *k, pl_txn_t *txn,
    pl_err_t *err);
static void round_failed(pls_keeper_t *k, pl_status_t rc);


pl_status_t
pls_keeper_write(pls_keeper_t *k, bool *wrote, pl_err_t *err)
{
    bool            told;
    size_t          n_results;
    int64_t         now_ms, began_us;
    pls_job_t      *job;
    pl_status_t     rc;
    pl_appended_t   appended;

    k->n_entries = 0;
    round_results(k);
    told = round_consumers(k);
    n_results = k->n_entries;

    rc = round_clock(k, &now_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (round_is_time(k, now_ms)) {
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

    if (told) {
        atomic_store(&k->sn->tell.state, PLS_TELL_DONE);
        pls_queue_ring(&k->sn->to_consume);
    }

    pls_keeper_zones_done(k);
    k->appended = appended.first + k->n_entries - 1;
    pls_progress_newest(k->sn->progress, k->appended, appended.time_ms);
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
    pls_keeper_unpair(k, job);

    if (job->entered) {
        pls_gate_leave(job->fetching ? &k->fetch_gates : &k->gates,
                       job->channel, job->tenant, job->left_us != 0);
        k->n_fetches -= job->fetching;
        job->entered = false;
        job->fetching = false;
    }

    /* the next attempt may end before it begins: nothing of this one's */
    memset(&job->wire, 0, sizeof(job->wire));

    job->fetch = NULL;
    job->upload = NULL;
    job->sink = NULL;
    job->source = NULL;
    job->public_only = false;
    job->patient = false;
    job->left_us = 0;

    if (job->arena != NULL) {
        pl_arena_reset(job->arena);
    }

    job->effect = 0;

    /* the next one takes it while its memory, and its handle's, is warm; a
       queue would go round through all there are */

    pls_jobs_put(&k->idle, job);
}


static bool
round_is_time(pls_keeper_t *k, int64_t now_ms)
{
    int64_t  now_us;

    if (k->phase != KEEPER_RUNNING || k->batch_end != 0
        || atomic_load(&k->sn->stopping))
    {
        return false;
    }

    now_us = pl_clock_mono_us(k->sn->clock);

    return k->look || now_ms >= k->next_ms || now_us >= k->prune_us
           || now_us >= k->words_us;
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


static void
round_results(pls_keeper_t *k)
{
    pls_job_t    *job;
    Pl__Command   command = PL__COMMAND__INIT;

    command.of_case = PL__COMMAND__OF_SEND_RESULT;

    for (job = k->results.head; job != NULL; job = job->next) {

        pls_keeper_paired(k, job, pls_sender_now(k->sn));

        if (job->result.n_accounts != 0 && !job->sealed) {
            pls_keeper_seal(k, job);
        }

        command.send_result = &job->result;
        round_add(k, &command);
    }
}


/* How far subscriptions have come (tell.h). */

static bool
round_consumers(pls_keeper_t *k)
{
    Pl__Command   command = PL__COMMAND__INIT;

    if (k->phase != KEEPER_RUNNING
        || atomic_load(&k->sn->tell.state) != PLS_TELL_READY)
    {
        return false;
    }

    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_PROGRESS;
    command.subscription_progress = &k->sn->tell.progress;
    round_add(k, &command);

    return true;
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

    k->looking = k->look;
    k->look = false;
    k->next_ms = INT64_MAX;

    rc = round_zones(k, txn, err);

    if (rc == PL_OK) {
        rc = round_timers(k, txn, now_ms, err);
    }

    if (rc == PL_OK) {
        rc = round_holds(k, txn, now_ms, err);
    }

    if (rc == PL_OK) {
        rc = round_due(k, txn, now_ms, err);
    }

    if (rc == PL_OK) {
        rc = round_prune(k, txn, now_ms, err);
    }

    if (rc == PL_OK) {
        rc = round_words(k, txn, err);
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


/* Before the timers: whether one's time has come may hang on it. */

static pl_status_t
round_zones(pls_keeper_t *k, pl_txn_t *txn, pl_err_t *err)
{
    size_t        i;
    Pl__Command   command = PL__COMMAND__INIT;
    pl_status_t   rc;

    rc = pls_keeper_zones(k, txn, err);

    command.of_case = PL__COMMAND__OF_ZONES_PUBLISH;

    for (i = 0; rc == PL_OK && k->tzdata != NULL && i < k->tzdata->portions;
         i++)
    {
        command.zones_publish = &k->tzdata->publish[i];
        round_add(k, &command);
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

    atomic_store_explicit(&k->sn->metrics.timers_due_ms,
                          n == 0 ? 0 : k->timers[0].due_ms,
                          memory_order_relaxed);

    k->next_ms = next_ms < k->next_ms ? next_ms : k->next_ms;
    command.of_case = PL__COMMAND__OF_TIMER_DUE;

    for (i = 0; i < n; i++) {
        command.timer_due = &k->timers[i];
        round_add(k, &command);
    }

    return PL_OK;
}


static pl_status_t
round_holds(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms, pl_err_t *err)
{
    bool          release, step;
    Pl__Command   command = PL__COMMAND__INIT;
    pl_status_t   rc;

    rc = pls_keeper_holds(k, txn, now_ms, &release, err);

    if (rc == PL_OK && release) {
        command.of_case = PL__COMMAND__OF_RELEASE;
        command.release = &k->release;
        round_add(k, &command);
    }

    if (rc == PL_OK && k->rezone) {
        pl__rezone__init(&k->rezone_rows);
        k->rezone_rows.rows = KEEPER_REZONE_ROWS;
        command.of_case = PL__COMMAND__OF_REZONE;
        command.rezone = &k->rezone_rows;
        round_add(k, &command);
    }

    if (rc == PL_OK) {
        rc = pls_keeper_erase(k, txn, &step, err);
    }

    if (rc == PL_OK && step) {
        command.of_case = PL__COMMAND__OF_ERASE_STEP;
        command.erase_step = &k->erase;
        round_add(k, &command);
    }

    return rc;
}


/* What may go now; the batch has its jobs. */

static pl_status_t
round_due(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms, pl_err_t *err)
{
    size_t        i;
    Pl__Command   command = PL__COMMAND__INIT;
    pl_status_t   rc;

    k->n_put_offs = 0;
    rc = pls_keeper_pick(k, txn, now_ms, err);

    /* no job is idle: the result that brings one makes us look again */

    command.of_case = PL__COMMAND__OF_ATTEMPT;

    for (i = 0; rc == PL_OK && i < k->batch.n; i++) {
        command.attempt = &k->attempts[i];
        round_add(k, &command);
    }

    command.of_case = PL__COMMAND__OF_PUT_OFF;

    for (i = 0; rc == PL_OK && i < k->n_put_offs; i++) {
        command.put_off = &k->put_offs[i];
        round_add(k, &command);
    }

    return rc;
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

    rc = pls_keeper_prune(txn, pl_fold_settings(k->fold), before_ms, now_ms,
                          &worth, err);
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


static pl_status_t
round_words(pls_keeper_t *k, pl_txn_t *txn, pl_err_t *err)
{
    bool          worth;
    Pl__Command   command = PL__COMMAND__INIT;
    pl_status_t   rc;

    rc = pls_keeper_words(k, txn, &worth, err);

    if (rc == PL_OK && worth) {
        pl__index_words__init(&k->index_words);
        k->index_words.rows = k->words_rows;

        command.of_case = PL__COMMAND__OF_INDEX_WORDS;
        command.index_words = &k->index_words;
        round_add(k, &command);
    }

    return rc;
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

    if (k->tzdata != NULL) {
        k->zones_us = pl_clock_mono_us(k->sn->clock) + KEEPER_ZONES_AGAIN_US;
    }

    pls_keeper_zones_done(k);
    k->look = true;
    k->adopt = k->adopt || (rc != PL_OK && rc != PL_FULL);
}
