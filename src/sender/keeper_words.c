/*
 * When the next messages get a segment of the index of words (words.h): when
 * there are enough of them, and the fold has nothing else to do. In a stream
 * that does not end they wait until there are KEEPER_WORDS_BEHIND segments of
 * them, and one is made each second: a search looks at what waits itself.
 *
 * One that did nothing (it was skipped, or is in quarantine) is not asked for
 * again at once: after a while it is, for half as many messages.
 */

#include "../core/record.h"
#include "../engine/state.h"
#include "../engine/words.h"
#include "keeper_impl.h"

#define WORDS_ARENA      4096           /* of the state's meta */
#define WORDS_ARENA_MAX  (1024u * 1024)

static bool words_again(pls_keeper_t *k, uint64_t stands, bool quiet,
    int64_t now_us);
static pl_status_t words_waiting(pl_txn_t *txn, uint64_t behind,
    uint32_t most, uint32_t *n, pl_err_t *err);


pl_status_t
pls_keeper_words(pls_keeper_t *k, pl_txn_t *txn, bool *worth, pl_err_t *err)
{
    bool            quiet, old, importing;
    int64_t         now_us;
    uint32_t        n, most;
    uint64_t        behind, stands;
    pl_arena_t     *ar;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    *worth = false;
    now_us = pl_clock_mono_us(k->sn->clock);

    if (now_us < k->words_us) {
        return PL_OK;
    }

    k->words_us = now_us + KEEPER_WORDS_US;

    ar = pl_arena_create(WORDS_ARENA, WORDS_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    rc = pl_state_meta(txn, ar, &meta, err);
    behind = rc == PL_OK ? meta->words_to : 0;
    importing = rc == PL_OK && meta->importing != 0;
    old = rc == PL_OK && meta->words_form != PL_WORDS_FORM
          && (meta->has_words_form || meta->words_segment != 0);
    pl_arena_destroy(ar);

    if (rc == PL_OK && old) {           /* goes first: by its rows */
        rc = pl_store_count(txn, PL_TABLE_WORDS, &stands, err);
        *worth = rc == PL_OK && words_again(k, UINT64_MAX / 2 + stands,
                                            true, now_us);
        return rc;
    }

    if (rc != PL_OK || importing) {     /* they wait for the rest of it */
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    quiet = atomic_load(&k->sn->metrics.journal_lag) <= KEEPER_WORDS_LAG;
    most = quiet ? PL_WORDS_SEGMENT : PL_WORDS_SEGMENT * KEEPER_WORDS_BEHIND;

    rc = words_waiting(txn, behind, most, &n, err);
    *worth = rc == PL_OK && n == most && words_again(k, behind, quiet,
                                                     now_us);

    return rc;
}


/* stands: something that each IndexWords changes. */

static bool
words_again(pls_keeper_t *k, uint64_t stands, bool quiet, int64_t now_us)
{
    pl_err_t  why = { 0 };

    if (quiet) {
        k->words_us = now_us + KEEPER_WORDS_AGAIN_US;
    }

    if (k->words_asked != stands + 1) {
        k->words_asked = stands + 1;
        k->words_rows = PL_WORDS_SEGMENT;
        k->words_wait = false;
        return true;
    }

    k->words_wait = !k->words_wait;

    if (!k->words_wait) {
        return true;
    }

    (void) pl_err_set(&why, PL_INVALID, "words", 0,
                      "an IndexWords did nothing");
    pls_log_err(&k->sn->log, PLS_LOG_ERROR, "messages cannot be indexed",
                &why);
    k->words_rows = k->words_rows > 1 ? k->words_rows / 2 : 1;
    k->words_us = now_us + KEEPER_WORDS_TRY_US;

    return false;
}


static pl_status_t
words_waiting(pl_txn_t *txn, uint64_t behind, uint32_t most, uint32_t *n,
    pl_err_t *err)
{
    pl_key_t      from;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    *n = 0;
    pl_key_seq(&from, behind + 1);

    rc = pl_store_scan(txn, PL_TABLE_MESSAGES, pl_key_str(&from), false,
                       &scan, err);

    while (rc == PL_OK && *n < most) {
        rc = pl_store_scan_next(scan, &key, &value, err);
        *n += rc == PL_OK;
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
