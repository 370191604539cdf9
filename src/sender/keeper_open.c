/*
 * Opening the store for a sender, and its first entry (see keeper.h).
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../engine/shapes.h"
#include "keeper_impl.h"

#define OPEN_ARENA_BLOCK  4096          /* of what the state's record takes */
#define OPEN_ARENA_MAX    (1u << 20)
#define OPEN_ENTRY_MAX    (16u << 20)   /* an entry of ours has to fit */
#define OPEN_STAGES_MAX   PL_INFLIGHT_MAX

static pl_status_t open_dir(char *buf, size_t size, const char *dir,
    pl_err_t *err);
static pl_status_t open_store(pls_keeper_t *k, const char *dir,
    pl_err_t *err);
static pl_status_t open_known(pls_keeper_t *k, pl_err_t *err);
static pl_status_t open_newest(const pl_progress_t *progress, pl_txn_t *txn,
    pl_arena_t *ar, bool *known, pl_err_t *err);
static pl_status_t open_pace(pls_keeper_t *k, pl_err_t *err);
static pl_status_t open_jobs(pls_keeper_t *k, pl_err_t *err);
static pl_status_t greet_lock(pls_keeper_t *k, pl_err_t *err);
static pl_status_t greet_start(pls_keeper_t *k, pl_err_t *err);


pl_status_t
pls_keeper_open(pls_keeper_t **out, pls_sender_t *sn, pl_err_t *err)
{
    char           dir[PLS_PATH_MAX];
    pl_status_t    rc;
    pls_keeper_t  *k;

    rc = open_dir(dir, sizeof(dir), sn->options.store, err);
    if (rc != PL_OK) {
        return rc;
    }

    /* zeroed: no list, gate, key, batch or trouble; phase LOCKING */
    k = calloc(1, sizeof(*k));
    if (k == NULL) {
        return pl_err_set(err, PL_NOMEM, "sender", 0, "out of memory");
    }

    k->sn = sn;
    k->next_ms = INT64_MAX;
    k->fetch_gates.max = KEEPER_FETCH_GATE;

    k->hold_ar = pl_arena_create(OPEN_ARENA_BLOCK, OPEN_ARENA_MAX);
    if (k->hold_ar == NULL) {
        free(k);
        return pl_err_set(err, PL_NOMEM, "sender", 0, "out of memory");
    }

    rc = open_store(k, dir, err);
    if (rc == PL_OK) {
        rc = pl_shapes_codec(&sn->codec, err);
    }

    if (rc == PL_OK) {
        rc = pl_fold_create(&k->fold, k->st, k->st, k->sh, sn->codec,
                            sn->clock, err);
    }

    if (rc == PL_OK) {
        rc = open_jobs(k, err);
    }

    if (rc != PL_OK) {
        pls_keeper_destroy(k);
        return rc;
    }

    k->began_us = pl_clock_mono_us(sn->clock);
    *out = k;

    return PL_OK;
}


void
pls_keeper_destroy(pls_keeper_t *k)
{
    uint32_t  i;

    if (k == NULL) {
        return;
    }

    if (k->jobs != NULL) {
        for (i = 0; i < PL_INFLIGHT_MAX; i++) {
            pl_arena_destroy(k->jobs[i].arena);
        }
    }

    pl_fold_destroy(k->fold);
    pl_codec_destroy(k->sn->codec);
    k->sn->codec = NULL;

    pl_shared_close(k->sh);
    k->sn->note = NULL;
    k->sn->progress = NULL;
    k->sn->pace = NULL;
    free(k->pace);

    pl_keyring_wipe(&k->keys);
    pl_holds_free(k->holds);
    pl_arena_destroy(k->hold_ar);
    pls_keeper_zones_done(k);
    pls_gates_free(&k->gates);
    pls_gates_free(&k->fetch_gates);
    free(k->jobs);
    free(k);
}


pl_status_t
pls_keeper_greet(pls_keeper_t *k, pl_err_t *err)
{
    pl_status_t  rc;

    if (k->phase == KEEPER_LOCKING) {
        rc = greet_lock(k, err);
        if (rc != PL_OK) {
            return rc;
        }
        k->phase = KEEPER_GREETING;
    }

    rc = greet_start(k, err);
    if (rc == PL_OK) {
        k->phase = KEEPER_CATCHING_UP;
        k->more = true;
    }

    return rc;
}


/* The store wants an absolute path; the folder may not be there yet. */

static pl_status_t
open_dir(char *buf, size_t size, const char *dir, pl_err_t *err)
{
    int   n;
    char  here[PLS_PATH_MAX];

    if (dir[0] == '/') {
        n = snprintf(buf, size, "%s", dir);

    } else if (getcwd(here, sizeof(here)) == NULL) {
        n = -1;

    } else {
        n = snprintf(buf, size, "%s/%s", here, dir);
    }

    if (n < 0 || (size_t) n >= size) {
        return pl_err_set(err, PL_TOOBIG, "store", 0, "the path is too long");
    }

    return PL_OK;
}


static pl_status_t
open_store(pls_keeper_t *k, const char *dir, pl_err_t *err)
{
    bool             fresh;
    pl_status_t      rc;
    pls_sender_t    *sn;
    pl_store_conf_t  conf;

    sn = k->sn;

    memset(&conf, 0, sizeof(conf));
    conf.dir = dir;
    conf.create = true;                 /* it may start before nginx does */

    rc = pl_store_open(&k->st, &conf, err);
    if (rc == PL_OK) {
        sn->store = k->st;
        rc = pl_journal_open(k->st, sn->clock, err);
    }

    if (rc == PL_OK) {
        rc = pl_shared_open(&k->sh, dir, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_shared_lock(k->sh, PL_LOCK_SENDER, err);
    if (rc == PL_BUSY) {
        rc = pl_err_set(err, PL_BUSY, "store", 0,
                        "another parley-sender runs on this store");
        pl_err_path(err, "%s", dir);
    }

    if (rc != PL_OK) {
        return rc;
    }

    sn->note = pl_shared_note(k->sh);
    pl_clock_boot(k->boot);

    rc = pl_shared_progress(k->sh, k->boot, &sn->progress, &fresh, err);
    k->known = rc == PL_OK && !fresh;

    if (k->known) {
        rc = open_known(k, err);
    }

    return rc == PL_OK ? open_pace(k, err) : rc;
}


/*
 * A copy that was put back in place is older than what the file tells of: an
 * attempt that the file does not name has ended since, and not never begun.
 */

static pl_status_t
open_known(pls_keeper_t *k, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_arena_t   *ar;
    pl_status_t   rc;

    ar = pl_arena_create(OPEN_ARENA_BLOCK, OPEN_ENTRY_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "sender", 0, "out of memory");
    }

    rc = pl_store_begin(k->st, PL_ENV_JOURNAL, false, &txn, err);

    if (rc == PL_OK) {
        rc = open_newest(k->sn->progress, txn, ar, &k->known, err);
        pl_store_abort(txn);
    }

    pl_arena_destroy(ar);

    return rc;
}


/*
 * The entry that it names is there, at its time: what others appended to a
 * copy may have come as far, and may be too large to be read here. One that
 * was dropped is too old to tell.
 */

static pl_status_t
open_newest(const pl_progress_t *progress, pl_txn_t *txn, pl_arena_t *ar,
    bool *known, pl_err_t *err)
{
    uint64_t          newest = atomic_load(&progress->newest);
    Pl__Entry        *entry;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    if (newest == 0) {
        return PL_OK;
    }

    rc = pl_journal_meta(txn, ar, &meta, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (newest >= meta->next) {
        *known = false;
        return PL_OK;
    }

    rc = pl_journal_get(txn, newest, ar, &entry, err);

    if (rc != PL_NOTFOUND) {
        *known = rc == PL_OK
                 && entry->time_ms == atomic_load(&progress->newest_ms);
    }

    return PL_OK;
}


/* Without the file rates hold all the same, but not across a restart. */

static pl_status_t
open_pace(pls_keeper_t *k, pl_err_t *err)
{
    bool           fresh;
    pl_err_t       why;
    pls_sender_t  *sn;

    sn = k->sn;

    if (pl_shared_pace(k->sh, k->boot, &sn->pace, &fresh, &why) != PL_OK) {
        pls_log_err(&sn->log, PLS_LOG_WARN,
                    "rates will not hold across a restart", &why);

        k->pace = calloc(1, sizeof(*k->pace));
        if (k->pace == NULL) {
            return pl_err_set(err, PL_NOMEM, "sender", 0, "out of memory");
        }

        sn->pace = k->pace;
    }

    k->gates.pace = sn->pace;

    return PL_OK;
}


static pl_status_t
open_jobs(pls_keeper_t *k, pl_err_t *err)
{
    uint32_t  i;

    k->jobs = calloc(PL_INFLIGHT_MAX, sizeof(pls_job_t));
    if (k->jobs == NULL) {
        return pl_err_set(err, PL_NOMEM, "sender", 0, "out of memory");
    }

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        k->jobs[i].slot = i;            /* its arena comes with its use */
        pls_jobs_add(&k->idle, &k->jobs[i]);
    }

    return PL_OK;
}


static pl_status_t
greet_lock(pls_keeper_t *k, pl_err_t *err)
{
    int64_t      waited_us;
    pl_status_t  rc;

    rc = pl_fold_take(k->fold, err);
    if (rc != PL_BUSY) {
        return rc;
    }

    waited_us = pl_clock_mono_us(k->sn->clock) - k->began_us;

    if (waited_us < KEEPER_LOCK_MAX_MS * 1000) {
        return PL_BUSY;
    }

    /* not PL_BUSY any more: PL_FOREIGN ends the sender */
    return pl_err_set(err, PL_FOREIGN, "fold", 0,
                      "another process has held the fold's lock for %d s",
                      KEEPER_LOCK_MAX_MS / 1000);
}


/*
 * Slots keep what the last sender wrote until this entry is on disk: killed
 * before, the next one reads them again; killed after, the effects that they
 * name are settled and apply ignores them.
 */

static pl_status_t
greet_start(pls_keeper_t *k, pl_err_t *err)
{
    size_t              n, i;
    pl_entry_t          entry;
    Pl__Command         command = PL__COMMAND__INIT;
    pl_status_t         rc;
    pl_appended_t       appended;
    Pl__SenderStart     start = PL__SENDER_START__INIT;
    Pl__AttemptStage   *stages, **list;

    stages = calloc(OPEN_STAGES_MAX, sizeof(*stages));
    list = calloc(OPEN_STAGES_MAX, sizeof(*list));

    if (stages == NULL || list == NULL) {
        free(stages);
        free(list);
        return pl_err_set(err, PL_NOMEM, "sender", 0, "out of memory");
    }

    n = k->known ? pls_progress_read(k->sn->progress, stages,
                                     OPEN_STAGES_MAX) : 0;
    for (i = 0; i < n; i++) {
        list[i] = &stages[i];
    }

    start.boot.data = k->boot;
    start.boot.len = sizeof(k->boot);
    start.n_stages = n;
    start.stages = list;
    start.has_known = true;
    start.known = k->known;

    command.of_case = PL__COMMAND__OF_SENDER_START;
    command.sender_start = &start;

    memset(&entry, 0, sizeof(entry));
    entry.location = PL_STR("parley-sender");
    entry.command = &command;

    rc = pl_journal_append(k->st, k->sn->clock, &entry, 1, NULL, &appended,
                           err);
    free(stages);
    free(list);

    if (rc != PL_OK) {
        return rc;
    }

    pls_progress_clear(k->sn->progress);

    k->epoch = appended.first;
    k->appended = appended.first;
    pls_progress_newest(k->sn->progress, k->appended, appended.time_ms);
    atomic_store(&k->sn->epoch, k->epoch);

    pls_log(&k->sn->log, PLS_LOG_INFO, "started",
            "version=" PL_VERSION " epoch=%" PRIu64 " left_over=%zu known=%s",
            k->epoch, n, k->known ? "yes" : "no");

    return PL_OK;
}
