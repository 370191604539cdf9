/*
 * The store thread's loop (see keeper.h). A turn never waits; the thread
 * sleeps in one place, until the bell rings, something is due, or the poll
 * is over.
 */

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "keeper_impl.h"

static void *keeper_run(void *data);
static bool keeper_turn(pls_keeper_t *k);
static void keeper_receive(pls_keeper_t *k);
static void keeper_gather(pls_keeper_t *k);
static pl_status_t keeper_work(pls_keeper_t *k, bool *busy, pl_err_t *err);
static pl_status_t keeper_here(pls_keeper_t *k, pl_err_t *err);
static pl_status_t keeper_full(pls_keeper_t *k, bool *busy, pl_err_t *err);
static pl_status_t keeper_fold(pls_keeper_t *k, bool *moved, pl_err_t *err);
static void keeper_aside(pls_keeper_t *k, const pl_folded_t *done);
static void keeper_pace(pls_keeper_t *k, const pl_folded_t *done,
    int64_t now_us);
static void keeper_ready(pls_keeper_t *k);
static bool keeper_trouble(pls_keeper_t *k, pl_status_t rc, pl_err_t *err);
static bool keeper_reopen(pls_keeper_t *k);
static void keeper_health(pls_keeper_t *k, pls_health_e health);
static void keeper_chores(pls_keeper_t *k);
static bool keeper_finished(pls_keeper_t *k);
static void keeper_sleep(pls_keeper_t *k);


pl_status_t
pls_keeper_start(pls_keeper_t *k, pl_err_t *err)
{
    int       rc;
    sigset_t  all, before;

    /* signals are the main thread's; the new one inherits this mask */
    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_BLOCK, &all, &before);
    rc = pthread_create(&k->thread, NULL, keeper_run, k);
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);

    return rc == 0 ? PL_OK : pl_err_set(err, PL_IO, "thread", rc,
                                        "cannot start the store thread");
}


void
pls_keeper_join(pls_keeper_t *k)
{
    (void) pthread_join(k->thread, NULL);       /* started, never detached */
}


static void *
keeper_run(void *data)
{
    pls_keeper_t  *k;

    k = data;

    while (!keeper_turn(k)) {
        /* void */
    }

    if (k->phase > KEEPER_LOCKING) {
        pl_fold_give(k->fold);
    }

    atomic_store(&k->sn->note->awake, 0);
    atomic_store(&k->sn->turned_ms, 0);
    atomic_store(&k->sn->ended, true);
    pls_queue_ring(&k->sn->to_wire);

    return NULL;
}


/* True: this was the last. */

static bool
keeper_turn(pls_keeper_t *k)
{
    bool         busy;
    pl_err_t     err;
    pl_status_t  rc;

    busy = false;
    memset(&err, 0, sizeof(err));
    atomic_store(&k->sn->note->awake, 1);
    atomic_store(&k->sn->turned_ms, pl_clock_coarse_ms());

    keeper_receive(k);
    keeper_gather(k);

    if (pl_clock_mono_us(k->sn->clock) >= k->retry_us) {
        rc = keeper_here(k, &err);
        if (rc == PL_OK) {
            rc = keeper_work(k, &busy, &err);
        }

        if (!keeper_trouble(k, rc, &err)) {
            atomic_store(&k->sn->exit_code, PLS_EXIT_FAIL);
            return true;
        }
        busy = busy && rc == PL_OK;
    }

    pls_keeper_lag(k);
    pls_keeper_room(k);
    pls_keeper_gauge(k);
    pls_keeper_claims(k);
    keeper_chores(k);

    if (keeper_finished(k)) {
        return true;
    }

    if (!busy) {
        keeper_sleep(k);
    }

    return false;
}


static void
keeper_receive(pls_keeper_t *k)
{
    pls_jobs_t  back = { NULL, NULL, 0 };

    pls_queue_take(&k->sn->to_store, &back);
    k->n_out -= back.n;
    pls_jobs_move(&k->results, &back);
}


/*
 * Results come one by one, and a turn's commits cost for one what they cost
 * for hundreds. While the wire has enough to do without us, they are waited
 * for.
 */

static void
keeper_gather(pls_keeper_t *k)
{
    if (k->phase == KEEPER_RUNNING && k->results.n != 0
        && k->results.n < KEEPER_GATHER_MAX && k->n_out >= KEEPER_GATHER_OUT
        && !atomic_load(&k->sn->stopping))
    {
        pls_queue_rest(KEEPER_GATHER_US);
        keeper_receive(k);
    }
}


static pl_status_t
keeper_work(pls_keeper_t *k, bool *busy, pl_err_t *err)
{
    bool         wrote, moved;
    pl_status_t  rc;

    if (k->phase < KEEPER_CATCHING_UP) {
        *busy = true;
        rc = pls_keeper_greet(k, err);

        return rc == PL_FULL && k->phase == KEEPER_GREETING
               ? keeper_full(k, busy, err) : rc;
    }

    wrote = false;
    moved = false;

    rc = pls_keeper_write(k, &wrote, err);

    if (rc == PL_FULL) {
        return keeper_full(k, busy, err);
    }

    if (rc == PL_OK) {
        rc = keeper_fold(k, &moved, err);
    }

    if (rc == PL_OK && k->phase == KEEPER_CATCHING_UP
        && k->folded >= k->epoch)
    {
        keeper_ready(k);
    }

    if (rc == PL_OK && k->adopt && !k->more && k->batch_end == 0) {
        rc = pls_keeper_adopt(k, err);
    }

    if (rc == PL_OK && k->batch_end != 0 && k->folded >= k->batch_end) {
        rc = pls_keeper_collect(k, err);
        moved = true;
    }

    *busy = wrote || moved;

    return rc;
}


/* Now and then: what appends ask by themselves, who only reads does not. */

static pl_status_t
keeper_here(pls_keeper_t *k, pl_err_t *err)
{
    int64_t  now_us;

    now_us = pl_clock_mono_us(k->sn->clock);
    if (now_us < k->here_us) {
        return PL_OK;
    }

    k->here_us = now_us + KEEPER_HERE_US;

    return pl_store_here(k->st, err);
}


/*
 * The journal takes no more. What is in it is folded all the same: only what
 * is folded can leave, and that is where room comes from. It is a failure
 * once there is nothing left to fold; err is that of the append.
 */

static pl_status_t
keeper_full(pls_keeper_t *k, bool *busy, pl_err_t *err)
{
    bool         moved;
    pl_err_t     why;
    pl_status_t  rc;

    moved = false;
    memset(&why, 0, sizeof(why));

    rc = keeper_fold(k, &moved, &why);

    if (rc != PL_OK) {
        *err = why;
        return rc;
    }

    *busy = moved;

    return moved ? PL_OK : PL_FULL;
}


/* One step, if there is something to fold and no pause was asked for. */

static pl_status_t
keeper_fold(pls_keeper_t *k, bool *moved, pl_err_t *err)
{
    int64_t         began_us, now_us;
    uint64_t        seen;
    pl_folded_t     done;
    pl_status_t     rc;
    pls_metrics_t  *metrics;

    began_us = pl_clock_mono_us(k->sn->clock);
    seen = pl_store_seen(k->st, PL_ENV_JOURNAL);

    if (began_us < k->fold_after_us || (!k->more && seen == k->seen)) {
        return PL_OK;
    }

    metrics = &k->sn->metrics;
    rc = pl_fold_step(k->fold, 0, &done, err);
    now_us = pl_clock_mono_us(k->sn->clock);

    pls_metrics_add(&metrics->fold_us, (uint64_t) (now_us - began_us));
    pls_metrics_add(&metrics->fold_steps, 1);

    if (rc != PL_OK) {
        pls_metrics_add(&metrics->fold_failures, 1);
        return rc;
    }

    pls_metrics_add(&metrics->folded_entries, done.entries);
    pls_metrics_add(&metrics->folded_items, done.items);
    pls_keeper_told(k, &done, now_us - began_us);

    k->folded = done.folded;
    k->more = done.more;
    keeper_aside(k, &done);
    keeper_pace(k, &done, now_us);

    if (done.entries != 0 || done.items != 0) {
        rc = pls_keeper_folded(k, done.holds_changed, err);
    }

    if (!done.more) {
        k->seen = seen;
    }

    if (done.entries != 0 || done.items != 0) {
        pls_queue_ring(&k->sn->to_consume);
        k->look = true;
        *moved = true;
    }

    *moved = *moved || done.more;

    return rc;
}


/* What went to quarantine, by entry, item and path; the first of a step. */

static void
keeper_aside(pls_keeper_t *k, const pl_folded_t *done)
{
    char               path[PLS_LOG_VALUE_MAX], reason[PLS_LOG_VALUE_MAX];
    size_t             i, n;
    const pl_aside_t  *aside;

    if (done->aside == 0) {
        return;
    }

    n = pl_fold_aside(k->fold, &aside);

    for (i = 0; i < n; i++) {
        pls_log(&k->sn->log, PLS_LOG_WARN, "kept aside",
                "entry=%" PRIu64 " item=%" PRIu32 " path=%s reason=%s",
                aside[i].entry, aside[i].item,
                pls_log_value(path, sizeof(path), aside[i].path[0] == '\0'
                                                  ? "-" : aside[i].path),
                pls_log_value(reason, sizeof(reason), aside[i].reason));
    }

    if (done->aside > n) {
        pls_log(&k->sn->log, PLS_LOG_WARN, "more kept aside",
                "items=%" PRIu64, done->aside - n);
    }
}


/*
 * The fold's pause is for entries that stream in from workers. Those that we
 * appended ourselves come in batches already: waiting would only slow down
 * what is being sent.
 */

static void
keeper_pace(pls_keeper_t *k, const pl_folded_t *done, int64_t now_us)
{
    uint64_t  own;

    own = k->unfolded < done->entries ? k->unfolded : done->entries;
    k->unfolded -= own;

    k->fold_after_us = done->entries - own >= own
                       ? now_us + (int64_t) done->pause_ms * 1000 : now_us;
}


static void
keeper_ready(pls_keeper_t *k)
{
    k->phase = KEEPER_RUNNING;
    k->look = true;
    keeper_health(k, PLS_HEALTH_OK);

    pls_log(&k->sn->log, PLS_LOG_INFO, "ready",
            "epoch=%" PRIu64 " folded=%" PRIu64 " hold=%s", k->epoch,
            k->folded, k->sn->options.hold ? "yes" : "no");
}


/*
 * What a turn ended with. False: there is no going on. A trouble is logged
 * when it begins and when it is over.
 */

static bool
keeper_trouble(pls_keeper_t *k, pl_status_t rc, pl_err_t *err)
{
    if (rc == PL_OK) {
        if (k->backoff_ms != 0) {
            k->backoff_ms = 0;
            keeper_health(k, k->phase == KEEPER_RUNNING
                             ? PLS_HEALTH_OK : PLS_HEALTH_STARTING);
            pls_log(&k->sn->log, PLS_LOG_INFO, "the store works again", "%s",
                    "");
        }
        return true;
    }

    if (rc == PL_BUSY && k->phase == KEEPER_LOCKING) {
        k->retry_us = pl_clock_mono_us(k->sn->clock)
                      + KEEPER_LOCK_TRY_MS * 1000;
        return true;
    }

    if (k->backoff_ms == 0) {
        pls_log_err(&k->sn->log, PLS_LOG_ERROR, "the store fails", err);
    }

    if (rc == PL_NEWER || rc == PL_FOREIGN || rc == PL_BUSY) {
        return false;
    }

    k->backoff_ms = k->backoff_ms == 0 ? KEEPER_BACKOFF_MS
                                       : k->backoff_ms * 2;
    if (k->backoff_ms > KEEPER_BACKOFF_MAX_MS) {
        k->backoff_ms = KEEPER_BACKOFF_MAX_MS;
    }

    k->retry_us = pl_clock_mono_us(k->sn->clock)
                  + (int64_t) k->backoff_ms * 1000;
    keeper_health(k, PLS_HEALTH_STORE);

    return rc != PL_BROKEN || keeper_reopen(k);
}


/*
 * While the store's folder is away this is tried again with each retry. Once
 * another store has taken its place there is no going on: locks, epoch and
 * what is under way are those of the first.
 */

static bool
keeper_reopen(pls_keeper_t *k)
{
    pl_err_t     err;
    pl_status_t  rc;

    (void) pthread_mutex_lock(&k->sn->reading);
    rc = pl_store_reopen(k->st, &err);
    (void) pthread_mutex_unlock(&k->sn->reading);

    if (rc != PL_OK && (rc != k->reopen_rc || rc == PL_FOREIGN)) {
        pls_log_err(&k->sn->log, PLS_LOG_ERROR, "cannot open the store again",
                    &err);
    }

    k->reopen_rc = rc;

    return rc != PL_FOREIGN && rc != PL_NEWER;
}


static void
keeper_health(pls_keeper_t *k, pls_health_e health)
{
    if (!atomic_load(&k->sn->stopping)) {
        atomic_store(&k->sn->health, (int) health);
    }
}


static void
keeper_chores(pls_keeper_t *k)
{
    int64_t   now_us;
    unsigned  n;
    pl_err_t  err;

    now_us = pl_clock_mono_us(k->sn->clock);
    if (now_us < k->reap_us) {
        return;
    }

    k->reap_us = now_us + KEEPER_REAP_US;

    if (k->backoff_ms != 0) {
        return;                         /* what is wrong has been told */
    }

    if (pl_store_reap(k->st, &n, &err) != PL_OK) {
        pls_log_err(&k->sn->log, PLS_LOG_WARN, "cannot clear dead readers",
                    &err);

    } else if (n != 0) {
        pls_log(&k->sn->log, PLS_LOG_INFO, "cleared readers that had died",
                "readers=%u", n);
    }
}


/*
 * Stopping: what is on the wire comes home (the main thread bounds that),
 * its results are journalled and folded once more, within KEEPER_STOP_US.
 */

static bool
keeper_finished(pls_keeper_t *k)
{
    int64_t  now_us;

    if (!atomic_load(&k->sn->stopping)) {
        return false;
    }

    if (k->n_out != 0 || atomic_load(&k->sn->consuming)) {
        return false;
    }

    if (k->phase < KEEPER_RUNNING
        || (k->results.n == 0 && k->batch_end == 0
            && atomic_load(&k->sn->tell.state) != PLS_TELL_READY
            && k->folded >= k->appended))
    {
        return true;
    }

    now_us = pl_clock_mono_us(k->sn->clock);

    if (k->stop_us == 0) {
        k->stop_us = now_us + KEEPER_STOP_US;
    }

    if (now_us < k->stop_us) {
        return false;
    }

    pls_log(&k->sn->log, PLS_LOG_ERROR, "ending with work left",
            "results=%zu attempts=%zu", k->results.n, k->batch.n);

    if (k->results.n != 0) {
        atomic_store(&k->sn->exit_code, PLS_EXIT_FAIL);
    }

    return true;
}


/*
 * In a pause that the fold or a trouble asked for, the note stays awake: a
 * doorbell could change nothing. Otherwise the note goes to sleep first and
 * the journal is looked at once more, so that whoever saw it awake and did
 * not ring is not missed.
 */

static void
keeper_sleep(pls_keeper_t *k)
{
    int64_t  now_us, now_ms, wait_us;

    now_us = pl_clock_mono_us(k->sn->clock);
    now_ms = pls_sender_now(k->sn);

    wait_us = (int64_t) k->sn->options.poll_ms * 1000;
    wait_us = k->reap_us - now_us < wait_us ? k->reap_us - now_us : wait_us;

    if (k->retry_us > now_us) {
        wait_us = k->retry_us - now_us < wait_us ? k->retry_us - now_us
                                                 : wait_us;
        pls_queue_wait(&k->sn->to_store, wait_us);
        return;
    }

    if (k->next_ms < INT64_MAX
        && (k->next_ms - now_ms) * 1000 < wait_us)
    {
        wait_us = (k->next_ms - now_ms) * 1000;
    }

    if (k->fold_after_us > now_us) {
        wait_us = k->fold_after_us - now_us < wait_us
                  ? k->fold_after_us - now_us : wait_us;
        pls_queue_wait(&k->sn->to_store, wait_us);
        return;
    }

    atomic_store(&k->sn->note->awake, 0);

    if (pl_store_seen(k->st, PL_ENV_JOURNAL) == k->seen) {
        pls_queue_wait(&k->sn->to_store, wait_us);
    }
}
