/*
 * A reading of a list of templates from its first page to its end. See
 * sync.h.
 */

#include "../core/record.h"
#include "errand.h"
#include "hold.h"
#include "sync.h"

#define SYNC_GATHER_MS  5000            /* other webhooks may follow one */
#define SYNC_REST_MS    60000           /* between two that webhooks ask for */
#define SYNC_DAY_MS     (24LL * 3600 * 1000)

/* A page, and all that it belongs to. */
typedef struct {
    const pl_channel_conf_t    *channel;
    Pl__ChannelState           *state;
    Pl__TemplateSync           *sync;       /* state's */
    const Pl__AttemptRecord    *attempt;
    const Pl__SyncTemplates    *page;       /* what was asked for */
    const Pl__TemplateListing  *listing;    /* what was answered */
} sync_t;

static pl_status_t sync_load(pl_apply_t *ap,
    const pl_channel_conf_t *channel, sync_t *s, pl_err_t *err);
static pl_status_t sync_save(pl_apply_t *ap, const sync_t *s, pl_err_t *err);
static pl_status_t sync_sooner(pl_apply_t *ap, sync_t *s, bool asked,
    pl_err_t *err);
static void sync_follow(const pl_apply_t *ap, sync_t *s, bool asked);
static pl_status_t sync_start(pl_apply_t *ap, sync_t *s, int64_t due_ms,
    pl_err_t *err);
static pl_status_t sync_page(pl_apply_t *ap, const sync_t *s,
    const char *after, uint32_t limit, int64_t due_ms, pl_err_t *err);
static const char *sync_refused(const sync_t *s);
static pl_status_t sync_rows(pl_apply_t *ap, sync_t *s, pl_err_t *err);
static pl_status_t sync_unreadable(pl_apply_t *ap, sync_t *s,
    const Pl__UnreadableItem *item, pl_err_t *err);
static pl_status_t sync_read(pl_apply_t *ap, sync_t *s, pl_err_t *err);
static pl_status_t sync_end(pl_apply_t *ap, sync_t *s, const char *reason,
    int32_t code, pl_err_t *err);
static void sync_trouble(pl_apply_t *ap, sync_t *s, const char *reason,
    int32_t code);


bool
pl_sync_can(const pl_channel_conf_t *channel)
{
    return channel != NULL && !channel->row->removed
           && channel->provider != NULL && channel->provider->list != NULL
           && channel->row->waba_id != NULL
           && channel->row->waba_id[0] != '\0';
}


/* Who asks learns from the channel's state what came of it. */

pl_status_t
pl_apply_sync_request(pl_apply_t *ap, const Pl__SyncRequest *in,
    pl_err_t *err)
{
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, in->channel);

    if (!pl_sync_can(channel) || channel->tenant != in->tenant) {
        return pl_feed_count(ap, in->tenant, "template_syncs", "refused",
                             err);
    }

    rc = pl_feed_audit(ap, in->tenant, PL__AUDIT_KIND__AUDIT_KIND_ACCOUNT,
                       in->channel, NULL, "templates sync", err);

    /* who asks by hand may have put right what the account was refused for */

    if (rc == PL_OK) {
        rc = pl_hold_probe(ap, in->tenant, in->channel, err);
    }

    return rc == PL_OK ? pl_sync_ask(ap, channel, true, err) : rc;
}


pl_status_t
pl_sync_ask(pl_apply_t *ap, const pl_channel_conf_t *channel, bool asked,
    pl_err_t *err)
{
    sync_t       s;
    pl_status_t  rc;

    rc = sync_load(ap, channel, &s, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = s.sync->has_effect ? sync_sooner(ap, &s, asked, err) : PL_NOTFOUND;

    if (rc == PL_NOTFOUND) {
        rc = sync_start(ap, &s, asked ? ap->now_ms
                                      : ap->now_ms + SYNC_GATHER_MS, err);
    }

    return rc == PL_OK ? sync_save(ap, &s, err) : rc;
}


pl_status_t
pl_channel_state_get(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    Pl__ChannelState **state, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    key.len = 0;
    key.overflow = false;
    pl_key_u32(&key, tenant);
    pl_key_u32(&key, channel);

    rc = pl_record_get(ap->txn, PL_TABLE_CHANNEL_STATES, pl_key_str(&key),
                       &pl__channel_state__descriptor, ap->ar, &msg, err);
    *state = (Pl__ChannelState *) msg;

    if (rc != PL_NOTFOUND) {
        return rc;
    }

    *state = pl_arena_alloc(ap->ar, sizeof(**state));
    if (*state == NULL) {
        return pl_err_set(err, PL_NOMEM, "channel", 0, "out of memory");
    }

    pl__channel_state__init(*state);

    return PL_OK;
}


pl_status_t
pl_channel_state_put(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    const Pl__ChannelState *state, pl_err_t *err)
{
    pl_key_t  key;

    key.len = 0;
    key.overflow = false;
    pl_key_u32(&key, tenant);
    pl_key_u32(&key, channel);

    return pl_record_put(ap->txn, PL_TABLE_CHANNEL_STATES, pl_key_str(&key),
                         &state->base, false, err);
}


pl_status_t
pl_sync_begin(pl_apply_t *ap, const Pl__Effect *effect, const char **why,
    pl_err_t *err)
{
    (void) err;

    if (!pl_sync_can(pl_settings_channel(ap->settings, effect->channel))) {
        *why = "the channel has no list of templates";
    }

    return PL_OK;
}


pl_status_t
pl_sync_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    sync_t       s;
    const char  *reason;
    pl_status_t  rc;

    rc = sync_load(ap, pl_settings_channel(ap->settings,
                                           attempt->effect->channel), &s,
                   err);
    if (rc != PL_OK || !s.sync->has_effect
        || s.sync->effect != attempt->effect->id)
    {
        return rc;
    }

    s.attempt = attempt;
    s.page = attempt->effect->sync_templates;
    s.listing = in->listing;

    reason = sync_refused(&s);

    rc = reason != NULL ? sync_end(ap, &s, reason, 0, err)
                        : sync_read(ap, &s, err);

    return rc == PL_OK ? sync_save(ap, &s, err) : rc;
}


/* A page that did not fit is asked for anew, half as long. */

pl_status_t
pl_sync_later(pl_apply_t *ap, Pl__Effect *effect, const Pl__SendResult *in,
    pl_err_t *err)
{
    sync_t       s;
    pl_status_t  rc;

    if (in->cut && effect->sync_templates->limit > 1) {
        effect->sync_templates->limit /= 2;
    }

    rc = sync_load(ap, pl_settings_channel(ap->settings, effect->channel),
                   &s, err);
    if (rc != PL_OK) {
        return rc;
    }

    sync_trouble(ap, &s, in->reason == NULL ? "no answer" : in->reason,
                 in->code);

    return sync_save(ap, &s, err);
}


pl_status_t
pl_sync_failed(pl_apply_t *ap, const Pl__Effect *effect, const char *reason,
    int32_t code, pl_err_t *err)
{
    sync_t       s;
    pl_status_t  rc;

    rc = sync_load(ap, pl_settings_channel(ap->settings, effect->channel),
                   &s, err);
    if (rc != PL_OK || !s.sync->has_effect || s.sync->effect != effect->id) {
        return rc;
    }

    rc = sync_end(ap, &s, reason, code, err);

    return rc == PL_OK ? sync_save(ap, &s, err) : rc;
}


/* Channels are never forgotten, removed ones neither: there is a row. */

static pl_status_t
sync_load(pl_apply_t *ap, const pl_channel_conf_t *channel, sync_t *s,
    pl_err_t *err)
{
    pl_status_t  rc;

    s->channel = channel;

    if (channel == NULL) {
        return pl_err_set(err, PL_FOREIGN, "sync", 0,
                          "the errand's channel is unknown");
    }

    rc = pl_channel_state_get(ap, channel->tenant, channel->row->id,
                              &s->state, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (s->state->templates == NULL) {
        s->state->templates = pl_arena_alloc(ap->ar,
                                             sizeof(*s->state->templates));
        if (s->state->templates == NULL) {
            return pl_err_set(err, PL_NOMEM, "sync", 0, "out of memory");
        }

        pl__template_sync__init(s->state->templates);
    }

    s->sync = s->state->templates;

    return PL_OK;
}


static pl_status_t
sync_save(pl_apply_t *ap, const sync_t *s, pl_err_t *err)
{
    return pl_channel_state_put(ap, s->channel->tenant, s->channel->row->id,
                                s->state, err);
}


/*
 * There is one already. If it has read nothing yet it is the one that was
 * asked for; if it has, what it read may be old, and another follows. Who
 * waits brings it forward; a webhook does so where nothing is wrong.
 * PL_NOTFOUND: there is none after all.
 */

static pl_status_t
sync_sooner(pl_apply_t *ap, sync_t *s, bool asked, pl_err_t *err)
{
    bool          waits;
    int64_t       due_ms;
    Pl__Attempt   key = PL__ATTEMPT__INIT;
    Pl__Effect   *effect;
    pl_status_t   rc;

    key.effect = s->sync->effect;

    rc = pl_queue_get(ap, &key, &effect, err);

    if (rc == PL_OK) {
        rc = pl_queue_heads(ap, effect, &waits, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (!waits || s->sync->pages != 0) {
        sync_follow(ap, s, asked);

    } else {
        effect->sync_templates->sync = ap->entry;
        s->sync->sync = ap->entry;
    }

    if (!waits) {
        return PL_OK;                   /* its page is on the wire */
    }

    rc = pl_queue_hold(ap, effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    due_ms = asked ? ap->now_ms : ap->now_ms + SYNC_GATHER_MS;

    if (effect->due_ms > due_ms && (asked || effect->reason == NULL)) {
        effect->due_ms = due_ms;
    }

    if (asked) {
        effect->created_ms = ap->now_ms;        /* its age begins anew */
    }

    return pl_queue_put(ap, effect, err);
}


static void
sync_follow(const pl_apply_t *ap, sync_t *s, bool asked)
{
    int64_t  due_ms;

    due_ms = asked ? ap->now_ms : ap->now_ms + SYNC_REST_MS;

    if (!s->sync->has_again_ms || s->sync->again_ms > due_ms) {
        s->sync->has_again_ms = 1;
        s->sync->again_ms = due_ms;
    }
}


static pl_status_t
sync_start(pl_apply_t *ap, sync_t *s, int64_t due_ms, pl_err_t *err)
{
    Pl__TemplateSync  *sync = s->sync;

    sync->has_sync = 1;
    sync->sync = ap->entry;
    sync->has_begun_ms = 0;
    sync->begun_ms = 0;
    sync->has_pages = 0;
    sync->pages = 0;
    sync->has_seen = 0;
    sync->seen = 0;
    sync->has_unreadable = 0;
    sync->unreadable = 0;
    sync->has_again_ms = 0;
    sync->again_ms = 0;

    return sync_page(ap, s, NULL, PL_TEMPLATES_PAGE, due_ms, err);
}


static pl_status_t
sync_page(pl_apply_t *ap, const sync_t *s, const char *after,
    uint32_t limit, int64_t due_ms, pl_err_t *err)
{
    pl_status_t         rc;
    Pl__Effect          effect = PL__EFFECT__INIT;
    Pl__SyncTemplates   page = PL__SYNC_TEMPLATES__INIT;

    page.sync = s->sync->sync;
    page.after = (char *) after;
    page.limit = limit;
    effect.of_case = PL__EFFECT__OF_SYNC_TEMPLATES;
    effect.sync_templates = &page;

    rc = pl_errand_queue(ap, s->channel, &effect, due_ms, err);

    s->sync->has_effect = 1;
    s->sync->effect = effect.id;

    return rc;
}


/* Why a page cannot be taken, or NULL. */

static const char *
sync_refused(const sync_t *s)
{
    size_t  n;

    if (s->listing == NULL) {
        return "an answer without a list";
    }

    n = s->listing->n_templates + s->listing->n_unreadable;

    if (n > s->page->limit) {
        return "a page longer than asked for";
    }

    if (s->sync->seen + s->sync->unreadable + n > PL_TEMPLATES_MAX) {
        return "more templates than are kept";
    }

    return s->listing->after != NULL
           && s->sync->pages + 1 >= PL_TEMPLATES_PAGES_MAX
           ? "more pages than are read" : NULL;
}


static pl_status_t
sync_read(pl_apply_t *ap, sync_t *s, pl_err_t *err)
{
    uint32_t           limit;
    pl_status_t        rc;
    Pl__TemplateSync  *sync = s->sync;

    if (!sync->has_begun_ms) {
        sync->has_begun_ms = 1;
        sync->begun_ms = s->attempt->began_ms;
    }

    sync->has_pages = 1;
    sync->pages++;
    sync->error = NULL;
    sync->has_code = 0;
    sync->has_error_ms = 0;

    rc = sync_rows(ap, s, err);

    if (rc == PL_OK) {
        rc = pl_sync_sweep(ap, s->channel, sync, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (s->listing->after == NULL) {
        return sync_end(ap, s, NULL, 0, err);
    }

    limit = s->page->limit * 2;

    return sync_page(ap, s, s->listing->after,
                     limit < PL_TEMPLATES_PAGE ? limit : PL_TEMPLATES_PAGE,
                     ap->now_ms, err);
}


static pl_status_t
sync_rows(pl_apply_t *ap, sync_t *s, pl_err_t *err)
{
    size_t              i;
    pl_err_t            why;
    pl_status_t         rc;
    Pl__UnreadableItem  item = PL__UNREADABLE_ITEM__INIT;

    for (i = 0; i < s->listing->n_templates; i++) {

        rc = pl_sync_row(ap, s->channel, s->listing->templates[i],
                         s->page->sync, s->attempt->began_ms, &why);

        if (rc == PL_INVALID) {
            item.reason = why.text;
            rc = sync_unreadable(ap, s, &item, err);

        } else if (rc == PL_OK) {
            s->sync->has_seen = 1;
            s->sync->seen++;

        } else {
            *err = why;
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    for (i = 0; i < s->listing->n_unreadable; i++) {
        rc = sync_unreadable(ap, s, s->listing->unreadable[i], err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


/* Kept raw, but not each day anew: only where the last list had none. */

static pl_status_t
sync_unreadable(pl_apply_t *ap, sync_t *s, const Pl__UnreadableItem *item,
    pl_err_t *err)
{
    pl_unfit_t  unfit = { 0 };

    s->sync->has_unreadable = 1;
    s->sync->unreadable++;

    if (s->sync->unread != 0) {
        return PL_OK;
    }

    unfit.tenant = s->channel->tenant;
    unfit.account = s->channel->row->account;
    unfit.path = item->path;
    unfit.reason = item->reason;
    unfit.raw.data = item->raw.data;
    unfit.raw.len = item->raw.len;

    return pl_feed_quarantine(ap, &unfit, err);
}


/*
 * reason NULL: the list's end. One of which a part could not be read is not
 * known whole: it refuses nothing for not being there.
 */

static pl_status_t
sync_end(pl_apply_t *ap, sync_t *s, const char *reason, int32_t code,
    pl_err_t *err)
{
    pl_status_t        rc;
    Pl__TemplateSync  *sync = s->sync;

    sync->has_effect = 0;
    sync->effect = 0;
    sync->has_ended = 1;
    sync->ended = sync->sync;

    if (reason != NULL) {
        sync_trouble(ap, s, reason, code);
        rc = pl_feed_count(ap, s->channel->tenant, "template_syncs",
                           "failed", err);

    } else {
        sync->has_synced = 1;
        sync->synced = sync->sync;
        sync->has_synced_ms = 1;
        sync->synced_ms = ap->now_ms;
        sync->has_templates = 1;
        sync->templates = sync->seen;
        sync->has_unread = 1;
        sync->unread = sync->unreadable;

        rc = pl_sync_whole_put(ap, s->channel,
                               sync->unreadable == 0 ? sync->sync : 0,
                               sync->begun_ms, err);
        if (rc == PL_OK) {
            rc = pl_feed_count(ap, s->channel->tenant, "template_syncs",
                               "read", err);
        }
    }

    if (rc != PL_OK || !pl_sync_can(s->channel)) {
        return rc;
    }

    if (sync->has_again_ms) {
        return sync_start(ap, s, sync->again_ms > ap->now_ms
                                 ? sync->again_ms : ap->now_ms, err);
    }

    return sync->has_synced_ms ? sync_start(ap, s, ap->now_ms + SYNC_DAY_MS,
                                            err)
                               : PL_OK;
}


static void
sync_trouble(pl_apply_t *ap, sync_t *s, const char *reason, int32_t code)
{
    s->sync->error = (char *) reason;
    s->sync->has_code = (code != 0);
    s->sync->code = code;
    s->sync->has_error_ms = 1;
    s->sync->error_ms = ap->now_ms;
}
