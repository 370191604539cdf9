/*
 * The fold. See fold.h.
 *
 * A step reads the journal in one read transaction and writes the state in
 * one write transaction. The state's meta says how far it is: `folded` is
 * the last entry wholly folded, `items` counts the items done of the one
 * after it; both are written with what they speak of, so that a crash at any
 * moment repeats nothing and skips nothing.
 *
 * The fuse: before an entry is decoded its sequence goes to the shared note,
 * before each of its items is applied the item's number, and when it is done
 * it is cleared there. Who takes the lock and finds a sequence knows that the
 * last holder died at it, and folds that entry in a step of its own. A second
 * death at the same place gets it a row in `skips`: the item, or the entry
 * where it was being decoded, is then put into quarantine unread, in this
 * fold and in every replay.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "fold_impl.h"
#include "journal.h"
#include "news.h"
#include "state.h"

#define FOLD_STOP_MAX    (8u * 1024 * 1024)
#define FOLD_BLOCK       (256u * 1024)
#define FOLD_ITEM_MAX    PL_DECODE_ARENA_MAX    /* settings, as a record and
                                           as what is published */
#define FOLD_STRIKES     2
#define FOLD_SHRINK      8      /* of a step that did not fit */

static pl_status_t fold_position(pl_fold_t *fold, pl_err_t *err);
static pl_status_t fold_suspect(pl_fold_t *fold, pl_err_t *err);
static pl_status_t fold_struck(pl_fold_t *fold, uint32_t item,
    uint32_t strikes, pl_err_t *err);
static pl_status_t fold_reload(pl_fold_t *fold, pl_txn_t *txn,
    pl_err_t *err);
static void fold_meta_copy(pl_fold_t *fold, const Pl__StateMeta *meta);
static pl_status_t fold_begin(pl_fold_t *fold, uint64_t limit,
    pl_err_t *err);
static pl_status_t fold_run(pl_fold_t *fold, uint64_t limit,
    pl_folded_t *out, pl_err_t *err);
static pl_status_t fold_has(pl_fold_t *fold, uint64_t seq, pl_err_t *err);
static pl_status_t fold_journal_meta(pl_fold_t *fold, pl_err_t *err);
static void fold_cleared(pl_fold_t *fold);
static pl_status_t fold_end(pl_fold_t *fold, pl_err_t *err);
static void fold_note(pl_fold_t *fold, uint64_t working);


pl_status_t
pl_fold_create(pl_fold_t **out, pl_store_t *st, pl_store_t *journal,
    pl_shared_t *sh, const pl_codec_t *codec, const pl_clock_t *clock,
    pl_err_t *err)
{
    pl_fold_t    *fold;
    pl_stop_t    *stop;
    pl_status_t   rc;

    fold = calloc(1, sizeof(*fold));
    if (fold == NULL) {
        return pl_err_set(err, PL_NOMEM, "fold", 0, "out of memory");
    }

    fold->st = st;
    fold->journal = journal;
    fold->sh = sh;
    fold->codec = codec;
    fold->ap.codec = codec;
    fold->clock = clock;

    fold->entry_ar = pl_arena_create(FOLD_BLOCK, PL_DECODE_ARENA_MAX);
    fold->item_ar = pl_arena_create(FOLD_BLOCK, FOLD_ITEM_MAX);
    fold->meta_ar = pl_arena_create(4096, FOLD_ITEM_MAX);
    fold->stop_ar = pl_arena_create(FOLD_BLOCK, FOLD_STOP_MAX);
    fold->ap.hash = pl_hash_create();
    fold->ap.match = pl_match_state_create();

    if (fold->entry_ar == NULL || fold->item_ar == NULL
        || fold->meta_ar == NULL || fold->stop_ar == NULL
        || fold->ap.hash == NULL || fold->ap.match == NULL)
    {
        pl_fold_destroy(fold);
        return pl_err_set(err, PL_NOMEM, "fold", 0, "out of memory");
    }

    rc = pl_stop_build(fold->stop_ar, &stop, err);
    if (rc != PL_OK) {
        pl_fold_destroy(fold);
        return rc;
    }

    fold->ap.stop = stop;

    *out = fold;

    return PL_OK;
}


void
pl_fold_destroy(pl_fold_t *fold)
{
    if (fold == NULL) {
        return;
    }

    pl_settings_destroy(fold->settings);
    pl_match_state_destroy(fold->ap.match);
    pl_hash_destroy(fold->ap.hash);
    pl_arena_destroy(fold->stop_ar);
    pl_arena_destroy(fold->meta_ar);
    pl_arena_destroy(fold->item_ar);
    pl_arena_destroy(fold->entry_ar);
    free(fold);
}


pl_status_t
pl_fold_take(pl_fold_t *fold, pl_err_t *err)
{
    pl_status_t  rc;

    if (fold->sh != NULL) {
        rc = pl_shared_lock(fold->sh, PL_LOCK_FOLD, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    fold->suspect = 0;
    fold->skipping = false;
    fold->decoded_seq = 0;
    fold->work_us = PL_FOLD_WORK_MS * 1000;

    rc = fold_position(fold, err);

    if (rc == PL_OK && fold->sh != NULL) {
        rc = fold_suspect(fold, err);
    }

    if (rc != PL_OK) {
        pl_fold_give(fold);
    }

    return rc;
}


void
pl_fold_give(pl_fold_t *fold)
{
    if (fold->sh != NULL) {
        pl_shared_unlock(fold->sh, PL_LOCK_FOLD);
    }
}


void
pl_fold_mark(const pl_fold_t *fold, char mark[PL_MARK_SIZE])
{
    pl_mark(fold->uuid, sizeof(fold->uuid), mark);
}


void
pl_fold_watch(pl_fold_t *fold, const pl_watch_t *watch)
{
    fold->ap.watch = watch;
}


const pl_settings_t *
pl_fold_settings(const pl_fold_t *fold)
{
    return fold->settings;
}


pl_status_t
pl_fold_step(pl_fold_t *fold, uint64_t limit, pl_folded_t *out,
    pl_err_t *err)
{
    uint32_t     generation;
    pl_status_t  rc;

    memset(out, 0, sizeof(*out));
    fold->ap.n_aside = 0;
    fold->ap.told.n = 0;
    fold->ap.told.n_heard = 0;

    rc = pl_fold_rests(fold, out, err);

    if (rc == PL_OK && out->pause_ms == 0) {
        rc = fold_begin(fold, limit, err);
    }

    if (rc != PL_OK || out->pause_ms != 0) {
        out->folded = fold->meta.folded;
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    generation = fold->meta.generation;

    rc = fold_run(fold, limit, out, err);
    fold_note(fold, 0);

    pl_store_abort(fold->jtxn);
    fold->jtxn = NULL;

    if (rc == PL_OK) {
        rc = fold_end(fold, err);

    } else {
        pl_store_abort(fold->ap.txn);
    }

    fold->ap.txn = NULL;

    if (rc != PL_OK) {
        memset(out, 0, sizeof(*out));
        pl_fold_struck_out(fold, rc);
        pl_fold_failed(fold, generation);

        if (rc == PL_FULL) {
            fold->work_us /= FOLD_SHRINK;       /* a smaller one may fit */
        }

        return rc;
    }

    out->aside = fold->ap.n_aside;
    out->folded = fold->meta.folded;
    out->holds_changed = fold->meta.holds_changed;

    if (fold->suspect != 0 && out->folded >= fold->suspect) {
        fold->suspect = 0;
        fold_cleared(fold);
    }

    return PL_OK;
}


size_t
pl_fold_aside(const pl_fold_t *fold, const pl_aside_t **aside)
{
    *aside = fold->ap.aside;

    return fold->ap.n_aside < PL_ASIDE_MAX ? (size_t) fold->ap.n_aside
                                           : PL_ASIDE_MAX;
}


const pl_told_t *
pl_fold_told(const pl_fold_t *fold)
{
    return &fold->ap.told;
}


/* Where the state stands, and with what settings. */

static pl_status_t
fold_position(pl_fold_t *fold, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = pl_store_begin(fold->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = fold_reload(fold, txn, err);

    pl_store_abort(txn);

    return rc;
}


static pl_status_t
fold_reload(pl_fold_t *fold, pl_txn_t *txn, pl_err_t *err)
{
    bool              stale;
    pl_status_t       rc;
    Pl__StateMeta    *meta, fresh = PL__STATE_META__INIT;

    pl_arena_reset(fold->meta_ar);
    rc = pl_state_meta(txn, fold->meta_ar, &meta, err);

    if (rc == PL_NOTFOUND) {
        rc = fold_journal_meta(fold, err);
        if (rc != PL_OK) {
            return rc;
        }

        fresh.journal.data = fold->uuid;
        fresh.journal.len = sizeof(fold->uuid);
        fresh.next_id = 1;
        fresh.next_tenant = 1;
        fresh.next_channel = 1;
        meta = &fresh;
    }

    if (rc != PL_OK) {
        return rc;
    }

    fold_meta_copy(fold, meta);

    rc = pl_zones_stale(pl_settings_zones(fold->settings), txn, &stale, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (stale && fold->settings != NULL) {
        pl_settings_stale(fold->settings);
    }

    rc = pl_news_follow(&fold->settings, txn, fold->codec, meta->generation,
                        err);
    if (rc != PL_OK) {
        return rc;
    }

    fold->ap.settings = fold->settings;
    fold->ap.snapshot = fold->settings;
    fold->stale = false;

    return PL_OK;
}


/* The fold's own copy: arrays with room to grow, no pointer into an arena. */

static void
fold_meta_copy(pl_fold_t *fold, const Pl__StateMeta *meta)
{
    size_t  n;

    n = meta->n_odd_days < PL_ODD_DAYS_MAX ? meta->n_odd_days
                                           : PL_ODD_DAYS_MAX;

    if (n != 0) {
        memcpy(fold->odd_days, meta->odd_days, n * sizeof(uint32_t));
    }

    if (meta->journal.len == sizeof(fold->uuid)) {
        memmove(fold->uuid, meta->journal.data, sizeof(fold->uuid));
    }

    fold->meta = *meta;
    fold->meta.schema = PL_SCHEMA_VERSION;
    fold->meta.engine = PL_ENGINE_VERSION;
    fold->meta.journal.data = fold->uuid;
    fold->meta.journal.len = sizeof(fold->uuid);
    fold->meta.odd_days = fold->odd_days;
    fold->meta.n_odd_days = n;
    fold->ap.meta = &fold->meta;
}


/*
 * What the last holder of the lock died at, if it died: an entry, and the
 * item of it that was being applied. Two deaths at the same item and it is
 * skipped alone; two deaths in decoding, and all of the entry is that has not
 * been folded. Who is killed from outside dies elsewhere each time.
 */

static pl_status_t
fold_suspect(pl_fold_t *fold, pl_err_t *err)
{
    uint64_t     working;
    uint32_t     item;
    pl_share_t  *note;

    note = pl_shared_note(fold->sh);
    working = atomic_load(&note->working);
    item = atomic_load(&note->item);

    if (working != 0) {
        if (atomic_load(&note->suspect) == working
            && atomic_load(&note->suspect_item) == item)
        {
            atomic_fetch_add(&note->strikes, 1);

        } else {
            atomic_store(&note->suspect, working);
            atomic_store(&note->suspect_item, item);
            atomic_store(&note->strikes, 1);
        }

        atomic_store(&note->working, 0);
    }

    if (atomic_load(&note->suspect) == 0) {
        return PL_OK;
    }

    fold->suspect = atomic_load(&note->suspect) - 1;

    return fold_struck(fold, atomic_load(&note->suspect_item),
                       atomic_load(&note->strikes), err);
}


/* Where the state stands is asked as a writer: see fold_begin. */

static pl_status_t
fold_struck(pl_fold_t *fold, uint32_t item, uint32_t strikes, pl_err_t *err)
{
    uint32_t     from;
    pl_txn_t    *txn;
    pl_status_t  rc;

    rc = pl_store_begin(fold->st, PL_ENV_STATE, true, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = fold_reload(fold, txn, err);
    pl_store_abort(txn);

    if (rc == PL_OK && fold->suspect > fold->meta.folded) {

        if (strikes < FOLD_STRIKES) {
            return PL_OK;
        }

        from = fold->suspect == fold->meta.folded + 1 ? fold->meta.items : 0;

        rc = pl_journal_skip(fold->journal, fold->clock, fold->suspect,
                             item == 0 ? PL_SKIP_WHOLE : item - 1, from,
                             "folding it ended two processes", err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    fold->suspect = 0;
    fold_cleared(fold);

    return PL_OK;
}


/*
 * Opens both transactions. PL_NOTFOUND: there is nothing to fold.
 *
 * Where the state stands is read again inside the transaction that writes.
 * A folder that was killed after its commit was on disk and before LMDB told
 * the reader table of it leaves readers one commit behind; the next writer
 * goes on from the newer one.
 */

static pl_status_t
fold_begin(pl_fold_t *fold, uint64_t limit, pl_err_t *err)
{
    pl_status_t  rc;

    if (fold->stale) {
        rc = fold_position(fold, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (limit != 0 && fold->meta.folded >= limit) {
        return PL_NOTFOUND;
    }

    rc = pl_store_begin(fold->journal, PL_ENV_JOURNAL, false, &fold->jtxn,
                        err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = fold_has(fold, fold->meta.folded + 1, err);

    if (rc == PL_OK) {
        rc = pl_fold_journal(fold, err);
    }

    if (rc == PL_OK) {
        rc = pl_store_begin(fold->st, PL_ENV_STATE, true, &fold->ap.txn,
                            err);
    }

    if (rc == PL_OK) {
        rc = fold_reload(fold, fold->ap.txn, err);

        if (rc == PL_OK) {
            rc = fold_has(fold, fold->meta.folded + 1, err);
        }

        if (rc != PL_OK) {
            pl_store_abort(fold->ap.txn);
            fold->ap.txn = NULL;
        }
    }

    if (rc != PL_OK) {
        pl_store_abort(fold->jtxn);
        fold->jtxn = NULL;
    }

    return rc;
}


pl_status_t
pl_fold_journal(pl_fold_t *fold, pl_err_t *err)
{
    uint64_t          skips;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    pl_arena_reset(fold->meta_ar);

    rc = pl_journal_meta(fold->jtxn, fold->meta_ar, &meta, err);
    if (rc != PL_OK) {
        return rc;
    }

    fold->end = meta->next;

    rc = pl_store_count(fold->jtxn, PL_TABLE_SKIPS, &skips, err);
    fold->skipping = (skips != 0);

    return rc;
}


/*
 * Entries until the work of a step is done. A suspect entry is folded with
 * nothing before it and nothing after it in its transaction.
 */

static pl_status_t
fold_run(pl_fold_t *fold, uint64_t limit, pl_folded_t *out, pl_err_t *err)
{
    bool         whole;
    int64_t      began_us;
    uint64_t     seq;
    pl_status_t  rc;

    began_us = pl_clock_mono_us(fold->clock);
    rc = PL_OK;

    for (seq = fold->meta.folded + 1; /* void */ ; seq++) {

        if (limit != 0 && seq > limit) {
            break;
        }

        if (fold->suspect != 0
            && ((seq == fold->suspect && out->entries != 0)
                || seq == fold->suspect + 1))
        {
            out->more = true;
            break;
        }

        rc = pl_fold_entry(fold, seq, began_us, &whole, out, err);

        if (rc == PL_NOTFOUND) {
            rc = PL_OK;
            break;
        }

        if (rc != PL_OK) {
            return rc;
        }

        if (!whole) {
            out->more = true;
            break;
        }

        out->entries++;

        if (pl_fold_spent(fold, began_us)) {
            out->more = true;
            break;
        }
    }

    pl_fold_pace(fold, began_us, out);

    return rc;
}


bool
pl_fold_spent(const pl_fold_t *fold, int64_t began_us)
{
    return pl_store_dirty(fold->ap.txn) >= PL_FOLD_PAGES_MAX
           || pl_clock_mono_us(fold->clock) - began_us
              >= fold->work_us;
}


static pl_status_t
fold_end(pl_fold_t *fold, pl_err_t *err)
{
    pl_status_t  rc;

    pl_arena_reset(fold->item_ar);

    rc = pl_feed_flush(&fold->ap, err);

    if (rc == PL_OK) {
        rc = pl_state_put(fold->ap.txn, &fold->meta, err);
    }

    if (rc != PL_OK) {
        pl_store_abort(fold->ap.txn);
        return rc;
    }

    return pl_store_commit(fold->ap.txn, err);
}


static void
fold_note(pl_fold_t *fold, uint64_t working)
{
    if (fold->sh != NULL) {
        atomic_store(&pl_shared_note(fold->sh)->working, working);
    }
}


static void
fold_cleared(pl_fold_t *fold)
{
    atomic_store(&pl_shared_note(fold->sh)->suspect, 0);
    atomic_store(&pl_shared_note(fold->sh)->strikes, 0);
}


static pl_status_t
fold_has(pl_fold_t *fold, uint64_t seq, pl_err_t *err)
{
    pl_key_t  key;

    pl_key_seq(&key, seq);

    return pl_store_there(fold->jtxn, PL_TABLE_ENTRIES, pl_key_str(&key),
                          err);
}


/* Which journal this state is to be the fold of. */

static pl_status_t
fold_journal_meta(pl_fold_t *fold, pl_err_t *err)
{
    pl_txn_t         *txn;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    rc = pl_store_begin(fold->journal, PL_ENV_JOURNAL, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_journal_meta(txn, fold->meta_ar, &meta, err);
    pl_store_abort(txn);

    if (rc != PL_OK || meta->uuid.len != sizeof(fold->uuid)) {
        return rc == PL_OK || rc == PL_NOTFOUND
               ? pl_err_set(err, PL_MISUSE, "fold", 0,
                            "the journal has not been opened")
               : rc;
    }

    memcpy(fold->uuid, meta->uuid.data, sizeof(fold->uuid));

    return PL_OK;
}
