/*
 * The fold's pace: how much a step may do, and how long it waits for the
 * next one. Decided by what arrived and what it cost, never by what was in
 * it, so that the state does not depend on it.
 */

#include "fold_impl.h"

#define PACE_STREAM_MIN  5000   /* entries a second: they stream in */
#define PACE_BUSY        20     /* percent of its time: it is a burst */
#define PACE_SHARE       50     /* percent that it takes in one */

static void pace_work(pl_fold_t *fold, bool more);
static bool pace_yields(pl_fold_t *fold, int64_t work_us, int64_t passed_us,
    const pl_folded_t *out);
static unsigned pace_pause(int64_t pause_us);


/*
 * How much the next step may do, and how long to wait for it. Behind, work
 * doubles. Where entries stream in and are easily followed, the pause is what
 * it takes until PL_FOLD_GATHER_MS of work has come in; with few entries
 * there is none.
 */

void
pl_fold_pace(pl_fold_t *fold, int64_t began_us, pl_folded_t *out)
{
    bool      yields;
    int64_t   passed_us, work_us, pause_us;
    uint64_t  arrived;

    work_us = pl_clock_mono_us(fold->clock) - began_us;
    passed_us = began_us - fold->began_us;
    arrived = fold->end - fold->last_end;

    fold->began_us = began_us;
    fold->last_end = fold->end;

    if (passed_us <= 0 || work_us <= 0
        || (int64_t) arrived * 1000000 / passed_us < PACE_STREAM_MIN)
    {
        fold->burst_over = false;
        pace_work(fold, out->more);
        return;
    }

    yields = pace_yields(fold, work_us, passed_us, out);
    pace_work(fold, out->more || yields);

    if (yields) {
        pause_us = work_us * (100 - PACE_SHARE) / PACE_SHARE;
        fold->rest_until_us = began_us + work_us + pause_us;

    } else if (out->more) {
        return;

    } else {
        pause_us = passed_us * PL_FOLD_GATHER_MS * 1000 / work_us - work_us;
    }

    out->pause_ms = pace_pause(pause_us);
}


/* A rest is taken in pauses, and ends with the stream that it was for. */

pl_status_t
pl_fold_rests(pl_fold_t *fold, pl_folded_t *out, pl_err_t *err)
{
    int64_t      left_us;
    uint64_t     end;
    pl_status_t  rc;

    left_us = fold->rest_until_us - pl_clock_mono_us(fold->clock);

    if (left_us < 1000) {
        return PL_OK;
    }

    rc = pl_store_begin(fold->journal, PL_ENV_JOURNAL, false, &fold->jtxn,
                        err);
    if (rc != PL_OK) {
        return rc;
    }

    end = fold->end;
    rc = pl_fold_journal(fold, err);
    pl_store_abort(fold->jtxn);
    fold->jtxn = NULL;

    if (rc == PL_OK && fold->end != end) {
        out->more = true;
        out->pause_ms = pace_pause(left_us);
    }

    return rc;
}


static void
pace_work(pl_fold_t *fold, bool more)
{
    if (!more) {
        fold->work_us = PL_FOLD_WORK_MS * 1000;
        return;
    }

    fold->work_us *= 2;

    if (fold->work_us > PL_FOLD_WORK_MAX_MS * 1000) {
        fold->work_us = PL_FOLD_WORK_MAX_MS * 1000;
    }
}


/*
 * A burst is answered first: while following it would take more than
 * PACE_BUSY percent of the fold's time, the fold takes PACE_SHARE percent at
 * most, in larger steps, and leaves cores and disk to the appends. A stream
 * that goes on is no burst: once the fold is PL_FOLD_BURST_MS behind it works
 * all the time, and goes on doing so until the stream has ended.
 */

static bool
pace_yields(pl_fold_t *fold, int64_t work_us, int64_t passed_us,
    const pl_folded_t *out)
{
    int64_t  behind_ms;

    behind_ms = pl_clock_wall_ms(fold->clock) - fold->meta.folded_ms;

    if (out->more && behind_ms > PL_FOLD_BURST_MS) {
        fold->burst_over = true;
    }

    return !fold->burst_over
           && (out->more || work_us > passed_us * PACE_BUSY / 100);
}


static unsigned
pace_pause(int64_t pause_us)
{
    if (pause_us > PL_FOLD_PAUSE_MAX_MS * 1000) {
        return PL_FOLD_PAUSE_MAX_MS;
    }

    return pause_us > 0 ? (unsigned) (pause_us / 1000) : 0;
}
