/*
 * Room, as the store thread looks at it: how full the store is, what that
 * holds up, and what it drops where nobody appends; and the figures that
 * tell of it.
 *
 * A reader's age is not in LMDB's table. It is the time since this reader's
 * transaction was first seen to be the oldest, and behind: exact to a look.
 */

#include "keeper_impl.h"

#define ROOM_LOOK_US     1000000
#define ROOM_FIGURES_US  10000000       /* a walk of the free pages */

static void room_fill(pls_keeper_t *k);
static void room_log(pls_keeper_t *k, const pl_fill_t *was);
static void room_readers(pls_keeper_t *k, pl_env_e env, int64_t now_us);
static void room_figures(pls_keeper_t *k, pl_env_e env);
static void room_journal(pls_keeper_t *k);


void
pls_keeper_room(pls_keeper_t *k)
{
    int      i;
    int64_t  now_us;

    now_us = pl_clock_mono_us(k->sn->clock);

    if (now_us < k->room.look_us || k->phase < KEEPER_CATCHING_UP) {
        return;
    }

    k->room.look_us = now_us + ROOM_LOOK_US;
    room_fill(k);

    for (i = 0; i < PL_ENV_COUNT; i++) {
        room_readers(k, (pl_env_e) i, now_us);
    }

    if (now_us < k->room.figures_us) {
        return;
    }

    k->room.figures_us = now_us + ROOM_FIGURES_US;

    for (i = 0; i < PL_ENV_COUNT; i++) {
        room_figures(k, (pl_env_e) i);
    }

    room_journal(k);
}


bool
pls_room_bulk(pls_keeper_t *k, int64_t now_ms)
{
    if (k->room.fill.mark < PL_MARK_HOLD) {
        return true;
    }

    if (now_ms + ROOM_LOOK_US / 1000 < k->next_ms) {
        k->next_ms = now_ms + ROOM_LOOK_US / 1000;
    }

    return false;
}


/* What cannot be told now is told by a later look. */

static void
room_fill(pls_keeper_t *k)
{
    uint64_t              n;
    pl_fill_t             was;
    pl_marks_t            marks;
    pls_metrics_store_t  *metrics;

    metrics = &k->sn->store_metrics;
    was = k->room.fill;
    pl_settings_marks(pl_fold_settings(k->fold), &marks);

    if (pl_store_fill(k->st, &marks, &k->room.fill, NULL) != PL_OK) {
        return;
    }

    atomic_store(&metrics->percent, k->room.fill.percent);
    atomic_store(&metrics->mark, (uint64_t) k->room.fill.mark);

    if (k->room.fill.mark != was.mark) {
        room_log(k, &was);
    }

    if (k->room.fill.mark >= PL_MARK_WARN
        && pl_journal_trim(k->st, k->sn->clock, PL_JOURNAL_TRIM_MAX, &n,
                           NULL) == PL_OK)
    {
        pls_metrics_add(&metrics->trimmed, n);
    }
}


static void
room_log(pls_keeper_t *k, const pl_fill_t *was)
{
    const pl_fill_t  *is;

    static const char *const  envs[PL_ENV_COUNT] = { "journal", "state" };
    static const char *const  marks[PL_MARKS + 1] = {
        "none", "warn", "hold", "refuse"
    };

    is = &k->room.fill;

    pls_log(&k->sn->log, is->mark > was->mark ? PLS_LOG_WARN : PLS_LOG_INFO,
            is->mark > was->mark ? "the store fills up"
                                 : "the store has room again",
            "mark=%s percent=%u env=%s of=%s", marks[is->mark],
            (unsigned) is->percent, envs[is->env],
            is->disk ? "disk" : "map");

    k->look = true;
}


static void
room_readers(pls_keeper_t *k, pl_env_e env, int64_t now_us)
{
    int64_t             age_us;
    pl_readers_t        readers;
    keeper_reader_t    *oldest;
    pls_metrics_env_t  *metrics;

    if (pl_store_readers(k->st, env, &readers, NULL) != PL_OK) {
        return;
    }

    oldest = &k->room.oldest[env];

    if (readers.behind == 0 || readers.oldest != oldest->txn) {
        oldest->txn = readers.behind == 0 ? 0 : readers.oldest;
        oldest->since_us = now_us;
    }

    age_us = now_us - oldest->since_us;
    metrics = &k->sn->store_metrics.env[env];
    atomic_store(&metrics->readers, readers.readers);
    atomic_store(&metrics->behind, readers.behind);
    atomic_store(&metrics->age_ms, (uint64_t) (age_us / 1000));
}


static void
room_figures(pls_keeper_t *k, pl_env_e env)
{
    pl_store_room_t     room;
    pls_metrics_env_t  *metrics;

    if (pl_store_room(k->st, env, &room, NULL) != PL_OK) {
        return;
    }

    metrics = &k->sn->store_metrics.env[env];
    atomic_store(&metrics->map_bytes, room.map_bytes);
    atomic_store(&metrics->file_bytes, room.file_bytes);
    atomic_store(&metrics->live_bytes, room.live_bytes);
    atomic_store(&metrics->free_bytes, room.free_bytes);
    atomic_store(&metrics->disk_bytes, room.disk_bytes);
}


static void
room_journal(pls_keeper_t *k)
{
    uint64_t              bytes;
    pl_txn_t             *txn;
    pl_arena_t           *ar;
    pl_status_t           rc;
    Pl__JournalMeta      *meta;
    pls_metrics_store_t  *metrics;

    ar = pl_arena_create(4096, 1u << 20);
    if (ar == NULL
        || pl_store_begin(k->st, PL_ENV_JOURNAL, false, &txn, NULL) != PL_OK)
    {
        pl_arena_destroy(ar);
        return;
    }

    rc = pl_journal_meta(txn, ar, &meta, NULL);

    if (rc == PL_OK
        && pl_store_bytes(txn, PL_TABLE_ENTRIES, &bytes, NULL) == PL_OK)
    {
        metrics = &k->sn->store_metrics;
        atomic_store(&metrics->entries, meta->next - meta->first);
        atomic_store(&metrics->entries_bytes, bytes);
    }

    pl_store_abort(txn);
    pl_arena_destroy(ar);
}
