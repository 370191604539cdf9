/*
 * replay: the proof that state is a fold of the journal. A fresh store folds
 * this one's journal, and every table must come out the same, byte for byte.
 *
 * The store's state is looked at in one snapshot, taken before the fold
 * begins and held until it has been compared, so that a store in use can be
 * replayed; it must stand between two entries.
 */

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "../engine/fold.h"
#include "../engine/journal.h"
#include "../engine/state.h"
#include "cmd.h"
#include "compare.h"
#include "replay.h"


#define REPLAY_TRIES     100
#define REPLAY_PAUSE_NS  20000000


typedef struct {
    plctl_t           *ctl;
    pl_store_t        *dest;
    pl_txn_t          *snapshot;    /* of the source's state */
    uint64_t           stands;      /* the snapshot: the last entry folded */
    uint64_t           limit;       /* fold no further */
    bool               compared;
    plctl_compared_t   result;
} replay_t;


static int replay_compare_only(plctl_t *ctl, const char *const *words);
static pl_status_t replay_two(plctl_t *ctl, pl_store_t *a, pl_store_t *b,
    plctl_compared_t *result, pl_err_t *err);
static pl_status_t replay_run(replay_t *replay, const char *dest,
    pl_err_t *err);
static pl_status_t replay_snapshot(replay_t *replay, pl_err_t *err);
static pl_status_t replay_stand(replay_t *replay, bool *between,
    pl_err_t *err);
static pl_status_t replay_journal(replay_t *replay, pl_err_t *err);
static pl_status_t replay_steps(pl_fold_t *fold, uint64_t to,
    pl_err_t *err);
static int replay_report(plctl_t *ctl, const replay_t *replay);


int
plctl_cmd_replay(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    int          status;
    pl_err_t     err = { 0 };
    replay_t     replay;
    pl_status_t  rc;

    if (ctl->args->given & PLCTL_OPT_COMPARE_ONLY) {
        if (n_words == 2) {
            return replay_compare_only(ctl, words);
        }

        plctl_note(ctl, "--compare-only needs two stores");
        return PLCTL_EXIT_USAGE;
    }

    if (ctl->args->given & PLCTL_OPT_MATCH) {
        if (n_words == 1) {
            return plctl_match(ctl, words[0]);
        }

        plctl_note(ctl, "--match needs one folder");
        return PLCTL_EXIT_USAGE;
    }

    if (ctl->args->given & (PLCTL_OPT_FROM | PLCTL_OPT_TENANT
                            | PLCTL_OPT_CHANNEL | PLCTL_OPT_KIND))
    {
        plctl_note(ctl, "--from, --tenant, --channel and --kind belong to "
                   "--match");
        return PLCTL_EXIT_USAGE;
    }

    if (ctl->args->to_ms != 0) {
        plctl_note(ctl, "replay ends at an entry, not at a time");
        return PLCTL_EXIT_USAGE;
    }

    if (n_words != 1) {
        plctl_note(ctl, "replay needs one folder");
        return PLCTL_EXIT_USAGE;
    }

    memset(&replay, 0, sizeof(replay_t));
    replay.ctl = ctl;

    rc = replay_run(&replay, words[0], &err);
    status = rc == PL_OK ? replay_report(ctl, &replay)
                         : plctl_fail(ctl, &err);

    pl_store_abort(replay.snapshot);

    if (replay.dest != NULL) {
        pl_store_close(replay.dest);
    }

    return status;
}


static int
replay_compare_only(plctl_t *ctl, const char *const *words)
{
    pl_err_t     err = { 0 };
    replay_t     replay;
    pl_store_t  *a, *b;
    pl_status_t  rc;

    memset(&replay, 0, sizeof(replay_t));
    replay.compared = true;
    b = NULL;

    rc = plctl_replay_store(ctl, words[0], false, &a, &err);
    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    rc = plctl_replay_store(ctl, words[1], false, &b, &err);

    if (rc == PL_OK) {
        rc = replay_two(ctl, a, b, &replay.result, &err);
        pl_store_close(b);
    }

    pl_store_close(a);

    return rc == PL_OK ? replay_report(ctl, &replay) : plctl_fail(ctl, &err);
}


static pl_status_t
replay_two(plctl_t *ctl, pl_store_t *a, pl_store_t *b,
    plctl_compared_t *result, pl_err_t *err)
{
    pl_txn_t     *left, *right;
    pl_status_t   rc;

    rc = pl_store_begin(a, PL_ENV_STATE, false, &left, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_begin(b, PL_ENV_STATE, false, &right, err);

    if (rc == PL_OK) {
        rc = plctl_compare(ctl, left, right, result, err);
        pl_store_abort(right);
    }

    pl_store_abort(left);

    return rc;
}


static pl_status_t
replay_run(replay_t *replay, const char *dest, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = plctl_open(replay->ctl, err);

    if (rc == PL_OK) {
        rc = plctl_replay_empty(dest, err);
    }

    if (rc == PL_OK) {
        rc = replay_snapshot(replay, err);
    }

    if (rc == PL_OK) {
        rc = replay_journal(replay, err);
    }

    if (rc == PL_OK) {
        rc = plctl_replay_store(replay->ctl, dest, true, &replay->dest, err);
    }

    if (rc == PL_OK) {
        rc = plctl_replay_fold(replay->ctl, replay->dest, replay->limit,
                               err);
    }

    if (rc != PL_OK || replay->limit != replay->stands) {
        return rc;
    }

    rc = pl_store_begin(replay->dest, PL_ENV_STATE, false, &txn, err);

    if (rc == PL_OK) {
        rc = plctl_compare(replay->ctl, replay->snapshot, txn,
                           &replay->result, err);
        pl_store_abort(txn);
        replay->compared = true;
    }

    return rc;
}


/* A fold transaction may end inside an entry: then look again a bit later. */

static pl_status_t
replay_snapshot(replay_t *replay, pl_err_t *err)
{
    bool             between;
    unsigned         i;
    pl_status_t      rc;
    struct timespec  pause = { 0, REPLAY_PAUSE_NS };

    for (i = 0; i < REPLAY_TRIES; i++) {

        rc = pl_store_begin(replay->ctl->st, PL_ENV_STATE, false,
                            &replay->snapshot, err);
        if (rc != PL_OK) {
            replay->snapshot = NULL;
            return rc;
        }

        rc = replay_stand(replay, &between, err);
        if (rc != PL_OK || between) {
            return rc;
        }

        pl_store_abort(replay->snapshot);
        replay->snapshot = NULL;
        (void) nanosleep(&pause, NULL);     /* sooner is fine */
    }

    return pl_err_set(err, PL_BUSY, "replay", 0,
                      "the store stands inside entry %" PRIu64
                      ", which is only partly folded", replay->stands + 1);
}


static pl_status_t
replay_stand(replay_t *replay, bool *between, pl_err_t *err)
{
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = pl_state_meta(replay->snapshot, replay->ctl->ar, &meta, err);

    if (rc == PL_NOTFOUND) {
        return pl_err_set(err, rc, "replay", 0,
                          "nothing of this journal has been folded yet");
    }

    if (rc == PL_OK) {
        replay->stands = meta->folded;
        *between = meta->items == 0;
    }

    return rc;
}


static pl_status_t
replay_journal(replay_t *replay, pl_err_t *err)
{
    pl_txn_t         *txn;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    rc = pl_store_begin(replay->ctl->st, PL_ENV_JOURNAL, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_journal_meta(txn, replay->ctl->ar, &meta, err);
    pl_store_abort(txn);

    if (rc != PL_OK) {
        return rc;
    }

    if (meta->first > 1) {
        return pl_err_set(err, PL_NOTFOUND, "replay", 0,
                          "entries 1 to %" PRIu64 " were dropped from the "
                          "journal, which holds %" PRIu64 " to %" PRIu64
                          ": it cannot be replayed whole", meta->first - 1,
                          meta->first, meta->next - 1);
    }

    replay->limit = replay->stands;

    if (replay->ctl->args->given & PLCTL_OPT_TO) {
        replay->limit = replay->ctl->args->to;

        if (replay->limit == 0 || replay->limit >= meta->next) {
            return pl_err_set(err, PL_INVALID, "replay", 0,
                              "--to %" PRIu64 ": the journal holds 1 to %"
                              PRIu64, replay->limit, meta->next - 1);
        }
    }

    return PL_OK;
}


pl_status_t
plctl_replay_store(plctl_t *ctl, const char *dir, bool create, pl_store_t **st,
    pl_err_t *err)
{
    pl_status_t      rc;
    pl_store_conf_t  conf;
    pl_store_room_t  room;

    memset(&conf, 0, sizeof(pl_store_conf_t));
    conf.dir = plctl_absolute(ctl, dir);
    conf.create = create;
    conf.read_age_ms = PLCTL_READ_AGE_MS;

    if (conf.dir == NULL) {
        return pl_err_set(err, PL_IO, "replay", errno,
                          "cannot tell the working folder");
    }

    if (create) {
        rc = pl_store_room(ctl->st, PL_ENV_STATE, &room, err);
        if (rc != PL_OK) {
            return rc;
        }

        conf.size = room.map_bytes;
    }

    rc = pl_store_open(st, &conf, err);
    if (rc != PL_OK) {
        *st = NULL;
    }

    return rc;
}


pl_status_t
plctl_replay_empty(const char *dir, pl_err_t *err)
{
    DIR            *d;
    bool            empty;
    pl_status_t     rc;
    struct dirent  *ent;

    d = opendir(dir);

    if (d == NULL && errno == ENOENT) {
        return PL_OK;
    }

    if (d == NULL) {
        rc = pl_err_set(err, PL_IO, "replay", errno, "cannot look into it");
        pl_err_path(err, "%s", dir);
        return rc;
    }

    empty = true;

    while (empty && (ent = readdir(d)) != NULL) {
        empty = strcmp(ent->d_name, ".") == 0
                || strcmp(ent->d_name, "..") == 0;
    }

    (void) closedir(d);         /* only read */

    if (!empty) {
        rc = pl_err_set(err, PL_EXISTS, "replay", 0, "is not empty");
        pl_err_path(err, "%s", dir);
        return rc;
    }

    return PL_OK;
}


pl_status_t
plctl_replay_fold(plctl_t *ctl, pl_store_t *dest, uint64_t to, pl_err_t *err)
{
    pl_fold_t    *fold;
    pl_status_t   rc;

    rc = pl_fold_create(&fold, dest, ctl->st, NULL, ctl->shapes, ctl->clock,
                        err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_fold_take(fold, err);

    if (rc == PL_OK) {
        rc = replay_steps(fold, to, err);
        pl_fold_give(fold);
    }

    pl_fold_destroy(fold);

    return rc;
}


static pl_status_t
replay_steps(pl_fold_t *fold, uint64_t to, pl_err_t *err)
{
    pl_folded_t  done;
    pl_status_t  rc;

    do {
        rc = pl_fold_step(fold, to, &done, err);
        if (rc != PL_OK) {
            return rc;
        }
    } while (done.more && done.folded < to);

    if (done.folded != to) {
        return pl_err_set(err, PL_IO, "replay", 0,
                          "the fold ended at entry %" PRIu64 " instead of %"
                          PRIu64, done.folded, to);
    }

    return PL_OK;
}


static int
replay_report(plctl_t *ctl, const replay_t *replay)
{
    pl_err_t             err = { 0 };
    Pl__Ctl__ReplayRow   row;

    if (ctl->json) {
        pl__ctl__replay_row__init(&row);
        row.folded = replay->limit;
        row.tables = replay->result.tables;
        row.rows = replay->result.rows;
        row.differences = replay->result.differences;
        row.compared = replay->compared;

        if (plctl_json(ctl, &row.base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }

    } else {
        if (replay->limit != 0) {
            fprintf(ctl->out, "folded entries 1 to %" PRIu64 "\n",
                    replay->limit);
        }

        if (!replay->compared) {
            fprintf(ctl->out, "not compared: the store stands at entry %"
                    PRIu64 "\n", replay->stands);

        } else {
            fprintf(ctl->out, "%" PRIu64 " tables, %" PRIu64 " rows: ",
                    replay->result.tables, replay->result.rows);
            fprintf(ctl->out, replay->result.differences == 0
                    ? "the same\n" : "%" PRIu64 " tables differ\n",
                    replay->result.differences);
        }
    }

    return replay->result.differences == 0 ? PLCTL_EXIT_OK
                                           : PLCTL_EXIT_FAILED;
}
