/*
 * What goes next (see keeper.h): of every channel that may send now its due
 * heads, replies before reminders before campaigns, each lane by time.
 *
 * Heads stand in `due` by channel and lane, so that a look visits channels
 * and not heads: a million that wait on a channel whose gate is closed cost
 * one step. Lanes with something due are collected first; then each gives a
 * few heads in turn, as long as there are jobs, so that none waits behind
 * another's backlog. Where there are more lanes than one look visits, the
 * next goes on where it ended, and what the parts before said of later times
 * holds until all were visited.
 */

#include <string.h>

#include "keeper_impl.h"

#define PICK_QUANTUM   16               /* heads of a lane, turn by turn */
#define PICK_AGAIN_MS  5                /* between two parts of a visit */

static const Pl__Lane  pick_order[] = {
    PL__LANE__LANE_REPLY,
    PL__LANE__LANE_REMINDER,
    PL__LANE__LANE_CAMPAIGN,
    PL__LANE__LANE_SYNC,
    PL__LANE__LANE_MEDIA,
};

/* When a lane is asked, in one look. */
enum {
    PICK_PROBE = 0,
    PICK_PROBE_AGAIN,                   /* the lane that was tried last, and
                                           those in front of it */
    PICK_REST
};

static pl_status_t pick_all(pls_keeper_t *k, pl_txn_t *txn, unsigned turn,
    int64_t now_ms, pl_err_t *err);
static bool pick_probes(pls_keeper_t *k);
static size_t pick_rank(Pl__Lane lane);
static void pick_part(pls_keeper_t *k, int64_t now_ms);
static pl_status_t pick_visit(pls_keeper_t *k, pl_txn_t *txn,
    int64_t now_ms, pl_err_t *err);
static int64_t pick_clock(const pls_keeper_t *k, uint32_t tenant);
static void pick_seen(pls_keeper_t *k, const pl_due_lane_t *at,
    int64_t first_ms, int64_t now_ms);
static pl_status_t pick_lanes(pls_keeper_t *k, pl_txn_t *txn, Pl__Lane lane,
    unsigned turn, int64_t now_ms, pl_err_t *err);
static pl_status_t pick_take(pls_keeper_t *k, pl_txn_t *txn,
    keeper_lane_t *from, int64_t now_ms, pl_err_t *err);
static bool pick_room(const pls_keeper_t *k, bool fetching);
static void pick_begin(pls_keeper_t *k, const Pl__Attempt *attempt,
    uint64_t pair, bool fetching);


pl_status_t
pls_keeper_pick(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms,
    pl_err_t *err)
{
    unsigned     turn;
    pl_status_t  rc;

    rc = pick_visit(k, txn, now_ms, err);

    for (turn = rc == PL_OK && pick_probes(k) ? PICK_PROBE : PICK_REST;
         rc == PL_OK && turn <= PICK_REST;
         turn++)
    {
        rc = pick_all(k, txn, turn, now_ms, err);
    }

    k->pick_turn++;

    if (rc == PL_OK) {
        pick_part(k, now_ms);
    }

    return rc;
}


static pl_status_t
pick_all(pls_keeper_t *k, pl_txn_t *txn, unsigned turn, int64_t now_ms,
    pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0;
         rc == PL_OK && !k->sn->options.hold && i < PL_COUNT(pick_order);
         i++)
    {
        if (pick_order[i] == PL__LANE__LANE_CAMPAIGN
            && !pls_room_bulk(k, now_ms))
        {
            continue;
        }

        rc = pick_lanes(k, txn, pick_order[i], turn, now_ms, err);
    }

    return rc;
}


/*
 * Where a channel is tried with one at a time, its lanes take turns: those
 * behind the lane that was tried last are asked first, so that a reply that
 * is always refused is not every probe. Within a lane what was refused is
 * behind the others anyway. Probes go before all else: they are few, and a
 * campaign on another channel must not take their room. Files are tried by
 * themselves. False: nothing is to be tried so.
 */

static bool
pick_probes(pls_keeper_t *k)
{
    bool            any = false;
    size_t          i;
    Pl__Lane        tried;
    keeper_lane_t  *lane;

    for (i = 0; i < k->n_lanes; i++) {
        lane = &k->lanes[i];
        lane->turn = PICK_REST;

        if (lane->at.lane != PL__LANE__LANE_MEDIA
            && pls_keeper_refused(k, lane->at.tenant, lane->at.channel,
                                  &tried))
        {
            lane->turn = pick_rank((Pl__Lane) lane->at.lane)
                         > pick_rank(tried) ? PICK_PROBE : PICK_PROBE_AGAIN;
            any = true;
        }
    }

    return any;
}


static size_t
pick_rank(Pl__Lane lane)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(pick_order) && pick_order[i] != lane; i++) {
        /* void */
    }

    return i;
}


/* When to look again is a matter of all parts of a visit. */

static void
pick_part(pls_keeper_t *k, int64_t now_ms)
{
    if (k->pick_ms < k->next_ms) {
        k->next_ms = k->pick_ms;
    }

    k->pick_ms = k->next_ms;

    if (k->pick_rest && now_ms + PICK_AGAIN_MS < k->next_ms) {
        k->next_ms = now_ms + PICK_AGAIN_MS;
    }
}


/*
 * Lanes with something due, a channel's in one part; k->next_ms: when others
 * will have. Who asks for a look while others are still to be visited may be
 * of those that were: once they have been, all are visited again.
 */

static pl_status_t
pick_visit(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms, pl_err_t *err)
{
    size_t       n;
    int64_t      first_ms;
    uint32_t     channel = 0;
    pl_status_t  rc;

    k->n_lanes = 0;

    if (!k->pick_rest) {
        k->pick_ms = INT64_MAX;

    } else if (k->looking) {
        k->pick_ms = now_ms + PICK_AGAIN_MS;
    }

    k->pick_rest = true;

    for (n = 0; n < KEEPER_LANES_MAX; n++) {

        rc = pl_outbox_lane(txn, &k->pick_at, &first_ms, err);

        if (rc == PL_NOTFOUND) {
            memset(&k->pick_at, 0, sizeof(k->pick_at));
            k->pick_rest = false;

            /* all channels were visited: what is told is of all of them */

            pls_metrics_oldest_end(&k->sn->metrics);
            pls_metrics_oldest_begin(&k->sn->metrics);

            return PL_OK;
        }

        if (rc != PL_OK) {
            return rc;
        }

        if ((k->pick_at.lane & PL_KEY_DUE_ASIDE) != 0) {
            k->pick_at.lane = UINT8_MAX;    /* past all that is set aside */
            continue;
        }

        if (n != 0 && k->pick_at.channel != channel
            && n + PL_COUNT(pick_order) > KEEPER_LANES_MAX)
        {
            break;
        }

        channel = k->pick_at.channel;
        pick_seen(k, &k->pick_at, first_ms, now_ms);
        k->pick_at.lane++;              /* the last is far below 255 */
    }

    return PL_OK;
}


static void
pick_seen(pls_keeper_t *k, const pl_due_lane_t *at, int64_t first_ms,
    int64_t now_ms)
{
    keeper_lane_t  *lane;

    first_ms -= pick_clock(k, at->tenant);

    if (first_ms > now_ms) {
        k->next_ms = first_ms < k->next_ms ? first_ms : k->next_ms;
        return;
    }

    pls_metrics_oldest(&k->sn->metrics, (Pl__Lane) at->lane, first_ms);

    lane = &k->lanes[k->n_lanes++];
    lane->at = *at;
    lane->begun = false;
    lane->done = false;
}


/* How far its tenant's own clock is ahead: by that its heads are due. */

static int64_t
pick_clock(const pls_keeper_t *k, uint32_t tenant)
{
    return pl_settings_clock(pl_fold_settings(k->fold), tenant);
}


/*
 * A few heads of each channel's lane, and again, until none has more or no
 * job is left. It begins with another channel at each look.
 */

static pl_status_t
pick_lanes(pls_keeper_t *k, pl_txn_t *txn, Pl__Lane lane, unsigned turn,
    int64_t now_ms, pl_err_t *err)
{
    bool            more, fetching = lane == PL__LANE__LANE_MEDIA;
    size_t          i;
    pl_status_t     rc;
    keeper_lane_t  *from;

    do {
        more = false;

        for (i = 0; i < k->n_lanes && pick_room(k, fetching); i++) {
            from = &k->lanes[(i + k->pick_turn) % k->n_lanes];

            if (from->at.lane != (uint8_t) lane || from->turn != turn
                || from->done)
            {
                continue;
            }

            rc = pick_take(k, txn, from, now_ms, err);
            if (rc != PL_OK) {
                return rc;
            }

            more = more || !from->done;
        }

    } while (more && pick_room(k, fetching));

    return PL_OK;
}


/*
 * As many as gates and holds let in, a quantum at most. One whose pair must
 * wait is put off, so that it stands in nobody's way.
 */

static pl_status_t
pick_take(pls_keeper_t *k, pl_txn_t *txn, keeper_lane_t *from,
    int64_t now_ms, pl_err_t *err)
{
    bool             fetching = from->at.lane == PL__LANE__LANE_MEDIA;
    size_t           i, n, max, may;
    int64_t          next_ms, clock_ms;
    uint64_t         pair;
    pl_due_t         due[PICK_QUANTUM];
    pl_status_t      rc;
    pls_gates_t     *gates = fetching ? &k->fetch_gates : &k->gates;
    pls_gate_ask_t   ask;

    pls_keeper_ask(k, from->at.tenant, from->at.channel, &ask);
    max = pls_gate_room(gates, &ask, now_ms, &k->next_ms);
    may = max == 0 ? 0 : pls_keeper_may(k, from->at.channel, fetching,
                                        now_ms);
    max = max < may ? max : may;
    max = max < PICK_QUANTUM ? max : PICK_QUANTUM;

    if (max == 0) {
        from->done = true;
        return PL_OK;
    }

    clock_ms = pick_clock(k, from->at.tenant);

    rc = pl_outbox_heads(txn, &from->at, from->begun ? &from->last : NULL,
                         now_ms + clock_ms, due, max, &n, &next_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < n && pick_room(k, fetching); i++) {
        ask.free = k->idle.n;

        if (k->n_put_offs == KEEPER_PUTOFFS_MAX
            || !pls_gate_enter(gates, &ask, now_ms, &k->next_ms))
        {
            break;              /* once those are folded it goes on */
        }

        if (pls_keeper_pair(k, &due[i].attempt, now_ms, &pair)) {
            pick_begin(k, &due[i].attempt, pair, fetching);

        } else {
            pls_gate_leave(gates, ask.channel, ask.tenant, false);

            if (k->n_put_offs == KEEPER_PUTOFFS_MAX) {
                break;                  /* more of them would be walked past,
                                           and stay where they are */
            }
        }

        from->last = due[i];
        from->begun = true;
    }

    from->done = i < max;

    if (n < max && next_ms - clock_ms < k->next_ms) {
        k->next_ms = next_ms - clock_ms;
    }

    return PL_OK;
}


static bool
pick_room(const pls_keeper_t *k, bool fetching)
{
    return k->idle.n != 0
           && (!fetching || k->n_fetches < KEEPER_FETCHES_MAX);
}


/* A job, with its slot, for an attempt that its gate let in. */

static void
pick_begin(pls_keeper_t *k, const Pl__Attempt *attempt, uint64_t pair,
    bool fetching)
{
    pls_job_t  *job;

    k->attempts[k->batch.n] = *attempt;
    k->attempts[k->batch.n].epoch = k->epoch;

    job = pls_jobs_take(&k->idle);
    job->effect = attempt->effect;
    job->channel = attempt->channel;
    job->tenant = attempt->tenant;
    job->pauses = pls_pauses_of(k->sn->pauses, job->tenant);
    job->lane = attempt->lane;
    job->pair = pair;
    job->entered = true;
    job->fetching = fetching;
    k->n_fetches += fetching;
    pls_progress_take(k->sn->progress, job->slot, job->effect, k->epoch);
    pls_jobs_add(&k->batch, job);
}
