/*
 * Holds as the keeper sees them (engine/hold.h): which channels may send now,
 * what has changed, and what has to be released.
 *
 * A snapshot of the table is kept, and taken anew once StateMeta says that it
 * has changed: after each step of the fold, so that a pause takes effect as
 * soon as it was folded, also of what is out and has not left. What was set
 * aside for a hold that has ended is found by a walk, a bounded part of it in
 * each look, and brought back by Release commands, one at a time, until none
 * is left.
 */

#include <inttypes.h>
#include <string.h>

#include "keeper_impl.h"

#define HOLD_STEPS     4096             /* of a walk, in one look */
#define HOLD_AGAIN_MS  5                /* between two parts of a walk */
#define HOLD_WALK_MS   60000            /* a walk that nothing asked for */

static pl_status_t hold_meta(pls_keeper_t *k, pl_txn_t *txn,
    Pl__StateMeta **meta, pl_err_t *err);
static pl_status_t hold_load(pls_keeper_t *k, pl_txn_t *txn,
    const Pl__StateMeta *meta, pl_err_t *err);
static void hold_changes(pls_keeper_t *k, const pl_holds_t *before,
    const pl_holds_t *now);
static void hold_began(pls_keeper_t *k, const pl_holds_row_t *hold);
static void hold_paused(pls_keeper_t *k, uint32_t tenant);
static void hold_ended(pls_keeper_t *k, const pl_holds_row_t *hold);
static const char *hold_kind(Pl__HoldKind kind);
static const char *hold_channel(pls_keeper_t *k,
    const pl_hold_place_t *place);
static const char *hold_tenant(pls_keeper_t *k,
    const pl_hold_place_t *place);
static pl_status_t hold_walk(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms,
    bool *release, pl_err_t *err);
static void hold_sooner(pls_keeper_t *k, int64_t when_ms);
static bool hold_out(const pls_keeper_t *k, uint32_t channel, bool files);


pl_status_t
pls_keeper_holds(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms,
    bool *release, pl_err_t *err)
{
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    *release = false;

    rc = hold_meta(k, txn, &meta, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (meta->holds_changed != k->holds_looked) {
        k->holds_looked = meta->holds_changed;
        k->hold_ms = now_ms;
    }

    if (now_ms >= k->hold_ms) {
        k->hold_ms = pl_holds_next(k->holds, now_ms, &k->hold_over);
        k->hold_walk_ms = now_ms;
    }

    k->aside = meta->aside;
    k->rezone = meta->has_rezone_ms;
    hold_sooner(k, k->hold_ms);

    if (k->aside != 0) {
        rc = hold_walk(k, txn, now_ms, release, err);
    }

    if (rc == PL_OK && k->hold_over && !*release) {
        pl__release__init(&k->release);
        k->release.rows = PL_HOLD_LOOK_ROWS;
        *release = true;
    }

    return rc;
}


pl_status_t
pls_keeper_folded(pls_keeper_t *k, uint64_t holds_changed, pl_err_t *err)
{
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    if (!k->holds_known || holds_changed == k->holds_changed) {
        return PL_OK;                   /* nothing is out before it is known */
    }

    rc = pl_store_begin(k->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = hold_meta(k, txn, &meta, err);
    pl_store_abort(txn);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


size_t
pls_keeper_may(pls_keeper_t *k, uint32_t channel, bool files,
    int64_t now_ms)
{
    int64_t                   until_ms;
    const pl_channel_conf_t  *conf;

    if (pl_holds_at(k->holds, 0) == NULL) {
        return SIZE_MAX;
    }

    conf = pl_settings_channel(pl_fold_settings(k->fold), channel);

    switch (pl_holds_may(k->holds, conf, files, now_ms, &until_ms)) {

    case PL_HOLDS_GO:
        return SIZE_MAX;

    case PL_HOLDS_PROBE:
        return hold_out(k, channel, files) ? 0 : 1;

    default:
        hold_sooner(k, until_ms);
        return 0;
    }
}


bool
pls_keeper_refused(const pls_keeper_t *k, uint32_t tenant, uint32_t channel,
    Pl__Lane *lane)
{
    pl_hold_place_t        place = {
        tenant, PL__HOLD_KIND__HOLD_KIND_CHANNEL, channel, PL_STR_NULL
    };
    const Pl__HoldRecord  *row;

    row = pl_holds_find(k->holds, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT);
    if (row == NULL || !row->has_lane) {
        return false;
    }

    *lane = row->lane;

    return true;
}


bool
pls_keeper_held(pls_keeper_t *k, pl_txn_t *txn)
{
    Pl__StateMeta  *meta;

    pl_arena_reset(k->hold_ar);

    return pl_state_meta(txn, k->hold_ar, &meta, NULL) == PL_OK
           && (meta->aside != k->aside
               || meta->holds_changed != k->holds_looked);
}


void
pls_keeper_failures(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out)
{
    int                       bucket;
    int64_t                   now_ms;
    pl_hold_place_t           place;
    const Pl__Effect         *effect = out->attempt->effect;
    const pl_channel_conf_t  *conf;

    memset(job->failures, 0, sizeof(job->failures));
    job->failures[PL__BUCKET__BUCKET_PAIR] = effect->throttled;

    if (pl_holds_at(k->holds, 0) == NULL) {
        return;
    }

    now_ms = pls_sender_now(k->sn);
    conf = pl_settings_channel(pl_fold_settings(k->fold), effect->channel);

    place.tenant = effect->tenant;
    place.kind = effect->lane == PL__LANE__LANE_MEDIA
                 ? PL__HOLD_KIND__HOLD_KIND_FILES
                 : PL__HOLD_KIND__HOLD_KIND_CHANNEL;
    place.channel = effect->channel;
    place.subject = PL_STR_NULL;

    job->failures[PLS_FAILURES_ACCOUNT] =
        pl_holds_failures(k->holds, &place,
                          PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT, now_ms);

    for (bucket = PL__BUCKET__BUCKET_APP; bucket < PLS_FAILURES; bucket++) {
        if (pl_hold_bucket(conf, effect, out->message, (Pl__Bucket) bucket,
                           &place))
        {
            job->failures[bucket] =
                pl_holds_failures(k->holds, &place,
                                  PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE,
                                  now_ms);
        }
    }
}


/* StateMeta, and the snapshot that belongs to it. */

static pl_status_t
hold_meta(pls_keeper_t *k, pl_txn_t *txn, Pl__StateMeta **meta,
    pl_err_t *err)
{
    pl_status_t  rc;

    pl_arena_reset(k->hold_ar);
    rc = pl_state_meta(txn, k->hold_ar, meta, err);

    return rc == PL_OK && (!k->holds_known
                           || (*meta)->holds_changed != k->holds_changed)
           ? hold_load(k, txn, *meta, err) : rc;
}


static pl_status_t
hold_load(pls_keeper_t *k, pl_txn_t *txn, const Pl__StateMeta *meta,
    pl_err_t *err)
{
    pl_holds_t   *holds;
    pl_status_t   rc;

    holds = NULL;

    if (meta->holds != 0) {
        rc = pl_holds_load(&holds, txn, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    hold_changes(k, k->holds, holds);
    pl_holds_free(k->holds);

    k->holds = holds;
    k->holds_known = true;
    k->holds_changed = meta->holds_changed;

    return PL_OK;
}


static void
hold_changes(pls_keeper_t *k, const pl_holds_t *before,
    const pl_holds_t *now)
{
    size_t                  i;
    const pl_holds_row_t   *row;

    for (i = 0; (row = pl_holds_at(now, i)) != NULL; i++) {
        if (pl_holds_find(before, &row->place, row->cause) == NULL) {
            hold_began(k, row);
        }
    }

    for (i = 0; (row = pl_holds_at(before, i)) != NULL; i++) {
        if (pl_holds_find(now, &row->place, row->cause) == NULL) {
            hold_ended(k, row);
        }
    }
}


/*
 * A channel's account is the alarm: one line when it begins, and no other.
 * Of files it may be one file alone.
 */

static void
hold_began(pls_keeper_t *k, const pl_holds_row_t *hold)
{
    pls_level_e   level = PLS_LOG_INFO;
    const char   *what;

    switch (hold->cause) {

    case PL__HOLD_CAUSE__HOLD_CAUSE_PERSON:
        what = "paused";
        hold_paused(k, hold->place.tenant);
        break;

    case PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE:
        what = "throttled by the provider";
        break;

    default:
        what = k->holds_known ? "the provider refuses an account"
                              : "the provider still refuses an account";
        level = k->holds_known
                && hold->place.kind == PL__HOLD_KIND__HOLD_KIND_CHANNEL
                ? PLS_LOG_ERROR : PLS_LOG_WARN;
        break;
    }

    pls_log(&k->sn->log, level, what,
            "kind=%s tenant=%s channel=%s code=%" PRId32 " http=%" PRId32,
            hold_kind(hold->place.kind), hold_tenant(k, &hold->place),
            hold_channel(k, &hold->place), hold->row->code,
            hold->row->http_status);
}


/*
 * What has been decided of the tenant's and has not left is asked anew: it
 * may be of it. Nobody else's is: who pauses often holds up no other.
 */

static void
hold_paused(pls_keeper_t *k, uint32_t tenant)
{
    atomic_fetch_add(&k->sn->pauses[tenant % PLS_PAUSES], 1);
    atomic_fetch_add(&k->sn->paused, 1);
    pls_queue_ring(&k->sn->to_wire);
}


static void
hold_ended(pls_keeper_t *k, const pl_holds_row_t *hold)
{
    static const char *const  what[] = {
        [PL__HOLD_CAUSE__HOLD_CAUSE_PERSON]   = "resumed",
        [PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE] = "throttled no more",
        [PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT]  = "an account is tried again",
    };

    pls_log(&k->sn->log, PLS_LOG_INFO, what[hold->cause],
            "kind=%s tenant=%s channel=%s", hold_kind(hold->place.kind),
            hold_tenant(k, &hold->place), hold_channel(k, &hold->place));
}


/* As the schema says it, in lower case. */

static const char *
hold_kind(Pl__HoldKind kind)
{
    static const char *const  names[] = {
        [PL__HOLD_KIND__HOLD_KIND_TENANT]   = "tenant",
        [PL__HOLD_KIND__HOLD_KIND_CHANNEL]  = "channel",
        [PL__HOLD_KIND__HOLD_KIND_ACCOUNT]  = "account",
        [PL__HOLD_KIND__HOLD_KIND_APP]      = "app",
        [PL__HOLD_KIND__HOLD_KIND_TEMPLATE] = "template",
        [PL__HOLD_KIND__HOLD_KIND_CAMPAIGN] = "campaign",
        [PL__HOLD_KIND__HOLD_KIND_GROUPS]   = "groups",
        [PL__HOLD_KIND__HOLD_KIND_FILES]    = "files",
    };

    return names[kind];
}


static const char *
hold_channel(pls_keeper_t *k, const pl_hold_place_t *place)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(pl_fold_settings(k->fold), place->channel);

    return conf == NULL ? "-" : conf->row->name;
}


static const char *
hold_tenant(pls_keeper_t *k, const pl_hold_place_t *place)
{
    const pl_tenant_conf_t  *conf;

    conf = pl_settings_tenant(pl_fold_settings(k->fold), place->tenant);

    return conf == NULL ? "-" : conf->row->name;
}


/* *release: the walk has come to a head that nothing holds any more. */

static pl_status_t
hold_walk(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms, bool *release,
    pl_err_t *err)
{
    pl_status_t  rc;

    if (now_ms >= k->hold_walk_ms) {
        memset(&k->hold_walk, 0, sizeof(k->hold_walk));
        k->hold_walking = true;
        k->hold_walk_ms = now_ms + HOLD_WALK_MS;
    }

    if (!k->hold_walking) {
        hold_sooner(k, k->hold_walk_ms);
        return PL_OK;
    }

    rc = pl_holds_walk(k->holds, txn, now_ms, HOLD_STEPS, &k->hold_walk,
                       release, err);

    if (rc == PL_NOTFOUND) {
        k->hold_walking = false;
        hold_sooner(k, k->hold_walk_ms);
        return PL_OK;
    }

    if (rc == PL_OK && *release) {
        pl_holds_release(&k->release, PL_HOLD_LOOK_ROWS, &k->hold_walk);
    }

    hold_sooner(k, now_ms + HOLD_AGAIN_MS);

    return rc;
}


static void
hold_sooner(pls_keeper_t *k, int64_t when_ms)
{
    k->next_ms = when_ms < k->next_ms ? when_ms : k->next_ms;
}


/*
 * Is an attempt of the channel under way? A file waits for messages, and no
 * message for a file: one may take a quarter of an hour.
 */

static bool
hold_out(const pls_keeper_t *k, uint32_t channel, bool files)
{
    size_t  i;

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        if (k->jobs[i].effect != 0 && k->jobs[i].channel == channel
            && (files || !k->jobs[i].fetching))
        {
            return true;
        }
    }

    return false;
}
