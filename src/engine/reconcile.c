/*
 * A run over a list of messages, from its first page to its end. See
 * reconcile.h.
 */

#include "errand.h"
#include "hold.h"
#include "reconcile.h"
#include "sync.h"

#define RECONCILE_SPREAD  1380          /* minutes of a day: not all at once */
#define RECONCILE_LEAST   60            /* and not before */

/* A run, and all that it belongs to. */
typedef struct {
    const pl_channel_conf_t  *channel;
    Pl__ChannelState         *all;
    Pl__ReconcileState       *state;    /* all's */
} run_t;

static pl_status_t run_load(pl_apply_t *ap,
    const pl_channel_conf_t *channel, run_t *run, pl_err_t *err);
static pl_status_t run_save(pl_apply_t *ap, const run_t *run,
    pl_err_t *err);
static pl_status_t run_ask(pl_apply_t *ap, run_t *run, pl_err_t *err);
static pl_status_t run_start(pl_apply_t *ap, run_t *run, int64_t due_ms,
    pl_err_t *err);
static pl_status_t run_page(pl_apply_t *ap, run_t *run,
    const Pl__Reconcile *before, const char *after, int64_t due_ms,
    pl_err_t *err);
static int64_t run_from(const pl_apply_t *ap, const run_t *run);
static const char *run_refused(const run_t *run, const Pl__Reconcile *page,
    const Pl__MessageListing *listing);
static pl_status_t run_read(pl_apply_t *ap, run_t *run,
    const Pl__Reconcile *page, const Pl__MessageListing *listing,
    pl_err_t *err);
static pl_status_t run_rows(pl_apply_t *ap, run_t *run,
    const Pl__MessageListing *listing, pl_err_t *err);
static pl_status_t run_row(pl_apply_t *ap, run_t *run,
    const Pl__ListedMessage *row, bool files, pl_err_t *err);
static pl_status_t run_files(pl_apply_t *ap, const run_t *run,
    const Pl__ListedMessage *row, pl_err_t *err);
static pl_status_t run_missed(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const Pl__ListedMessage *missed,
    const Pl__MessageListing *listing, pl_err_t *err);
static pl_status_t run_end(pl_apply_t *ap, run_t *run, const char *reason,
    int32_t code, pl_err_t *err);
static void run_trouble(const pl_apply_t *ap, run_t *run,
    const char *reason, int32_t code);


bool
pl_reconcile_can(const pl_channel_conf_t *channel)
{
    return channel != NULL && !channel->row->removed
           && channel->provider != NULL
           && channel->provider->reconcile != NULL;
}


/* Who asks learns from the channel's state what came of it. */

pl_status_t
pl_apply_reconcile_request(pl_apply_t *ap, const Pl__ReconcileRequest *in,
    pl_err_t *err)
{
    run_t                     run;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, in->channel);

    if (!pl_reconcile_can(channel) || channel->tenant != in->tenant) {
        return pl_feed_count(ap, in->tenant, "reconciled", "refused", err);
    }

    rc = pl_feed_audit_by(ap, in->tenant, PL__AUDIT_KIND__AUDIT_KIND_ACCOUNT,
                          in->channel, "reconcile", in->actor, err);

    /* who asks by hand may have put right what the account was refused for */

    if (rc == PL_OK) {
        rc = pl_hold_probe(ap, in->tenant, in->channel, err);
    }

    if (rc == PL_OK) {
        rc = run_load(ap, channel, &run, err);
    }

    if (rc == PL_OK) {
        rc = run_ask(ap, &run, err);
    }

    return rc == PL_OK ? run_save(ap, &run, err) : rc;
}


/* Each at a minute of its own, which its number gives. */

pl_status_t
pl_reconcile_arm(pl_apply_t *ap, const pl_channel_conf_t *channel,
    pl_err_t *err)
{
    run_t        run;
    int64_t      minutes;
    pl_status_t  rc;

    if (!pl_reconcile_can(channel)) {
        return PL_OK;
    }

    rc = run_load(ap, channel, &run, err);
    if (rc != PL_OK || run.state->has_effect) {
        return rc;
    }

    if (!run.state->has_since_ms) {
        run.state->has_since_ms = 1;
        run.state->since_ms = ap->now_ms;
    }

    minutes = RECONCILE_LEAST + channel->row->id % RECONCILE_SPREAD;

    rc = run_start(ap, &run, ap->now_ms + minutes * 60 * 1000, err);

    return rc == PL_OK ? run_save(ap, &run, err) : rc;
}


pl_status_t
pl_reconcile_begin(pl_apply_t *ap, const Pl__Effect *effect,
    const char **why, pl_err_t *err)
{
    (void) err;

    if (!pl_reconcile_can(pl_settings_channel(ap->settings,
                                              effect->channel)))
    {
        *why = "the channel has no list of messages";
    }

    return PL_OK;
}


pl_status_t
pl_reconcile_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    run_t                     run;
    const char               *reason;
    pl_status_t               rc;
    const Pl__Reconcile      *page = attempt->effect->reconcile;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, attempt->effect->channel);

    if (page->missed != NULL) {
        return run_missed(ap, channel, page->missed, in->messages, err);
    }

    rc = run_load(ap, channel, &run, err);
    if (rc != PL_OK || !run.state->has_effect
        || run.state->effect != attempt->effect->id)
    {
        return rc;
    }

    if (!run.state->has_begun_ms) {
        run.state->has_begun_ms = 1;
        run.state->begun_ms = attempt->began_ms;
    }

    reason = run_refused(&run, page, in->messages);

    rc = reason != NULL ? run_end(ap, &run, reason, 0, err)
                        : run_read(ap, &run, page, in->messages, err);

    return rc == PL_OK ? run_save(ap, &run, err) : rc;
}


/* A first page that did not fit is asked for anew, half as long. */

pl_status_t
pl_reconcile_later(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err)
{
    run_t           run;
    pl_status_t     rc;
    Pl__Reconcile  *page = effect->reconcile;

    if (page->missed != NULL) {
        return PL_OK;
    }

    if (in->cut && page->after == NULL && page->limit > 1) {
        page->limit /= 2;
    }

    rc = run_load(ap, pl_settings_channel(ap->settings, effect->channel),
                  &run, err);
    if (rc != PL_OK) {
        return rc;
    }

    run_trouble(ap, &run, in->reason == NULL ? "no answer" : in->reason,
                in->code);

    return run_save(ap, &run, err);
}


/* A missed message is one even where its files cannot be had. */

pl_status_t
pl_reconcile_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err)
{
    run_t                     run;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, effect->channel);

    if (effect->reconcile->missed != NULL) {
        return run_missed(ap, channel, effect->reconcile->missed, NULL, err);
    }

    rc = run_load(ap, channel, &run, err);
    if (rc != PL_OK || !run.state->has_effect
        || run.state->effect != effect->id)
    {
        return rc;
    }

    rc = run_end(ap, &run, reason, code, err);

    return rc == PL_OK ? run_save(ap, &run, err) : rc;
}


/* Channels are never forgotten, removed ones neither: there is a row. */

static pl_status_t
run_load(pl_apply_t *ap, const pl_channel_conf_t *channel, run_t *run,
    pl_err_t *err)
{
    pl_status_t  rc;

    run->channel = channel;

    if (channel == NULL) {
        return pl_err_set(err, PL_FOREIGN, "reconcile", 0,
                          "the errand's channel is unknown");
    }

    rc = pl_channel_state_get(ap, channel->tenant, channel->row->id,
                              &run->all, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (run->all->reconcile == NULL) {
        run->all->reconcile = pl_arena_alloc(ap->ar,
                                             sizeof(*run->all->reconcile));
        if (run->all->reconcile == NULL) {
            return pl_err_set(err, PL_NOMEM, "reconcile", 0,
                              "out of memory");
        }

        pl__reconcile_state__init(run->all->reconcile);
    }

    run->state = run->all->reconcile;

    return PL_OK;
}


static pl_status_t
run_save(pl_apply_t *ap, const run_t *run, pl_err_t *err)
{
    return pl_channel_state_put(ap, run->channel->tenant,
                                run->channel->row->id, run->all, err);
}


/*
 * The one that waits for its day is brought forward; while one is being read
 * another will follow it, since what it read may be old.
 */

static pl_status_t
run_ask(pl_apply_t *ap, run_t *run, pl_err_t *err)
{
    bool          waits = false;
    Pl__Attempt   key = PL__ATTEMPT__INIT;
    Pl__Effect   *effect;
    pl_status_t   rc = PL_NOTFOUND;

    if (!run->state->has_since_ms) {
        run->state->has_since_ms = 1;
        run->state->since_ms = ap->now_ms - PL_RECONCILE_DAY_MS;
    }

    if (run->state->has_effect) {
        key.effect = run->state->effect;
        rc = pl_queue_get(ap, &key, &effect, err);
    }

    if (rc == PL_OK) {
        rc = pl_queue_heads(ap, effect, &waits, err);
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? run_start(ap, run, ap->now_ms, err) : rc;
    }

    if (!waits || run->state->pages != 0) {
        run->state->has_again = run->state->again = 1;

    } else {
        effect->reconcile->run = ap->entry;
        effect->reconcile->from_ms = run_from(ap, run);
        run->state->run = ap->entry;
    }

    if (!waits) {
        return PL_OK;                   /* its page is on the wire */
    }

    rc = pl_queue_hold(ap, effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    effect->due_ms = effect->due_ms < ap->now_ms ? effect->due_ms
                                                 : ap->now_ms;
    effect->created_ms = ap->now_ms;            /* its age begins anew */

    return pl_queue_put(ap, effect, err);
}


static pl_status_t
run_start(pl_apply_t *ap, run_t *run, int64_t due_ms, pl_err_t *err)
{
    Pl__ReconcileState  *state = run->state;

    state->has_run = 1;
    state->run = ap->entry;
    state->has_begun_ms = 0;
    state->has_pages = state->has_read = 1;
    state->pages = state->read = 0;
    state->has_missed = state->has_settled = state->has_unreadable = 1;
    state->missed = state->settled = state->unreadable = 0;
    state->has_again = state->again = 0;

    return run_page(ap, run, NULL, NULL, due_ms, err);
}


/* before NULL: the first. Its day is reckoned when it is read, see begin. */

static pl_status_t
run_page(pl_apply_t *ap, run_t *run, const Pl__Reconcile *before,
    const char *after, int64_t due_ms, pl_err_t *err)
{
    pl_status_t     rc;
    Pl__Effect      effect = PL__EFFECT__INIT;
    Pl__Reconcile   page = PL__RECONCILE__INIT;

    page.run = run->state->run;
    page.after = (char *) after;
    page.limit = before == NULL ? PL_RECONCILE_PAGE : before->limit;
    page.from_ms = before == NULL ? run_from(ap, run) : before->from_ms;
    page.has_sent = 1;
    page.sent = before != NULL && (before->sent || after == NULL);

    effect.of_case = PL__EFFECT__OF_RECONCILE;
    effect.reconcile = &page;

    rc = pl_errand_queue(ap, run->channel, &effect, due_ms, err);

    run->state->has_effect = 1;
    run->state->effect = effect.id;

    return rc;
}


/*
 * A day before the newest run that came to the end, since a message may have
 * been on its way then; never more than the age.
 */

static int64_t
run_from(const pl_apply_t *ap, const run_t *run)
{
    int64_t  from_ms;

    from_ms = (run->state->has_whole_ms ? run->state->whole_ms
                                        : run->state->since_ms)
              - PL_RECONCILE_DAY_MS;

    return from_ms > ap->now_ms - PL_RECONCILE_AGE_MS
           ? from_ms : ap->now_ms - PL_RECONCILE_AGE_MS;
}


/* Why a page cannot be taken, or NULL. */

static const char *
run_refused(const run_t *run, const Pl__Reconcile *page,
    const Pl__MessageListing *listing)
{
    if (listing == NULL) {
        return "an answer without a list";
    }

    if (listing->n_messages + listing->unreadable > page->limit) {
        return "a page longer than asked for";
    }

    return listing->after != NULL
           && run->state->pages + 1 >= PL_RECONCILE_PAGES_MAX
           ? "more pages than are read" : NULL;
}


static pl_status_t
run_read(pl_apply_t *ap, run_t *run, const Pl__Reconcile *page,
    const Pl__MessageListing *listing, pl_err_t *err)
{
    pl_status_t  rc;

    run->state->pages++;
    run->state->unreadable += listing->unreadable;
    run->state->error = NULL;
    run->state->has_code = 0;
    run->state->has_error_ms = 0;

    rc = run_rows(ap, run, listing, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (listing->after != NULL || !page->sent) {
        return run_page(ap, run, page, listing->after, ap->now_ms, err);
    }

    return run_end(ap, run, NULL, 0, err);
}


/*
 * Newest first in the list; oldest first here. The state is put meanwhile:
 * what came in may have another part of it changed.
 */

static pl_status_t
run_rows(pl_apply_t *ap, run_t *run, const Pl__MessageListing *listing,
    pl_err_t *err)
{
    size_t               i;
    pl_str_t             provider = ap->provider;
    pl_status_t          rc = PL_OK;
    Pl__ReconcileState  *state = run->state;

    ap->provider = pl_str_c(run->channel->provider->name);

    for (i = listing->n_messages; rc == PL_OK && i > 0; i--) {
        rc = run_row(ap, run, listing->messages[i - 1], true, err);
    }

    ap->provider = provider;

    if (rc == PL_OK) {
        rc = pl_channel_state_get(ap, run->channel->tenant,
                                  run->channel->row->id, &run->all, err);
        run->all->reconcile = state;
    }

    return rc;
}


static pl_status_t
run_row(pl_apply_t *ap, run_t *run, const Pl__ListedMessage *row, bool files,
    pl_err_t *err)
{
    uint32_t         tenant = run->channel->tenant;
    pl_status_t      rc;
    pl_reconcile_e   became;

    run->state->read++;

    rc = pl_reconcile_row(ap, run->channel, row, run->state->since_ms, files,
                          &became, err);
    if (rc != PL_OK) {
        return rc;
    }

    switch (became) {

    case PL_RECONCILE_MISSED:
        run->state->missed++;
        return pl_feed_count(ap, tenant, "reconciled", "missed", err);

    case PL_RECONCILE_SETTLED:
        run->state->settled++;
        return pl_feed_count(ap, tenant, "reconciled", "settled", err);

    case PL_RECONCILE_FILES:
        run->state->missed++;
        return run_files(ap, run, row, err);

    case PL_RECONCILE_UNREADABLE:
        run->state->unreadable++;
        return PL_OK;

    default:
        return PL_OK;
    }
}


static pl_status_t
run_files(pl_apply_t *ap, const run_t *run, const Pl__ListedMessage *row,
    pl_err_t *err)
{
    Pl__Effect      effect = PL__EFFECT__INIT;
    Pl__Reconcile   page = PL__RECONCILE__INIT;

    page.run = run->state->run;
    page.from_ms = 0;
    page.limit = 1;
    page.missed = (Pl__ListedMessage *) row;

    effect.of_case = PL__EFFECT__OF_RECONCILE;
    effect.reconcile = &page;

    return pl_errand_queue(ap, run->channel, &effect, ap->now_ms, err);
}


/* listing NULL: without them. */

static pl_status_t
run_missed(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ListedMessage *missed, const Pl__MessageListing *listing,
    pl_err_t *err)
{
    pl_str_t            form, provider = ap->provider;
    pl_status_t         rc = PL_OK;
    pl_reconcile_e      became;
    Pl__ListedMessage   row = *missed;

    if (channel == NULL || channel->provider == NULL
        || channel->provider->reconcile == NULL)
    {
        return PL_OK;
    }

    if (listing != NULL && listing->n_files != 0) {
        rc = channel->provider->reconcile->whole(channel->row, missed,
                                                 listing, ap->ar, &form,
                                                 err);
        row.form.data = (uint8_t *) (uintptr_t) form.data;
        row.form.len = form.len;
    }

    if (rc != PL_OK) {
        return rc == PL_INVALID ? PL_OK : rc;
    }

    ap->provider = pl_str_c(channel->provider->name);
    rc = pl_reconcile_row(ap, channel, &row, 0, false, &became, err);
    ap->provider = provider;

    return rc == PL_OK && became == PL_RECONCILE_MISSED
           ? pl_feed_count(ap, channel->tenant, "reconciled", "missed", err)
           : rc;
}


/* reason NULL: both lists came to their ends. Tomorrow again. */

static pl_status_t
run_end(pl_apply_t *ap, run_t *run, const char *reason, int32_t code,
    pl_err_t *err)
{
    bool                 again = run->state->again;
    pl_status_t          rc;
    Pl__ReconcileState  *state = run->state;

    state->has_effect = 0;
    state->effect = 0;
    state->has_ended = 1;
    state->ended = state->run;

    if (reason != NULL) {
        run_trouble(ap, run, reason, code);

    } else {
        state->has_whole = state->has_whole_ms = 1;
        state->whole = state->run;
        state->whole_ms = state->begun_ms;
        state->has_last_read = state->has_last_missed = 1;
        state->last_read = state->read;
        state->last_missed = state->missed;
        state->has_last_settled = state->has_last_unreadable = 1;
        state->last_settled = state->settled;
        state->last_unreadable = state->unreadable;
    }

    rc = pl_feed_count(ap, run->channel->tenant, "reconciliations",
                       reason != NULL ? "failed" : "read", err);

    if (rc != PL_OK || !pl_reconcile_can(run->channel)) {
        return rc;
    }

    return run_start(ap, run, again ? ap->now_ms
                                    : ap->now_ms + PL_RECONCILE_DAY_MS, err);
}


static void
run_trouble(const pl_apply_t *ap, run_t *run, const char *reason,
    int32_t code)
{
    run->state->error = (char *) reason;
    run->state->has_code = (code != 0);
    run->state->code = code;
    run->state->has_error_ms = 1;
    run->state->error_ms = ap->now_ms;
}
