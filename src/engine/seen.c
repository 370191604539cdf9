/*
 * See seen.h.
 */

#include "errand.h"
#include "room.h"
#include "seen.h"

static pl_status_t seen_newest(pl_apply_t *ap, uint64_t *id,
    const Pl__Message *message, uint32_t *channel, pl_err_t *err);
static bool seen_can(const pl_apply_t *ap, const Pl__Message *message);


pl_status_t
pl_seen_ask(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    pl_err_t *err)
{
    uint32_t        channel;
    pl_arena_t     *item;
    pl_status_t     rc;
    Pl__Effect      effect = PL__EFFECT__INIT;
    Pl__MarkSeen    seen = PL__MARK_SEEN__INIT;

    rc = pl_room_enter(ap, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = seen_newest(ap, &id, message, &channel, err);
    pl_room_leave(ap, item);

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    seen.message = id;
    effect.of_case = PL__EFFECT__OF_MARK_SEEN;
    effect.mark_seen = &seen;

    return pl_errand_queue(ap, pl_settings_channel(ap->settings, channel),
                           &effect, ap->now_ms, err);
}


/* PL_NOTFOUND: none came in, or the one that did gets no receipt. */

static pl_status_t
seen_newest(pl_apply_t *ap, uint64_t *id, const Pl__Message *message,
    uint32_t *channel, pl_err_t *err)
{
    unsigned      n;
    Pl__Message  *older;
    pl_status_t   rc;

    for (n = 1; message->direction != PL__DIRECTION__DIRECTION_IN; n++) {
        if (n == PL_SEEN_WALK_MAX || !message->has_previous) {
            return PL_NOTFOUND;
        }

        *id = message->previous;
        pl_room_empty(ap);

        rc = pl_message_get(ap, *id, &older, err);
        if (rc != PL_OK) {
            return rc;
        }

        message = older;
    }

    *channel = message->channel;

    return seen_can(ap, message) ? PL_OK : PL_NOTFOUND;
}


pl_status_t
pl_seen_begin(pl_apply_t *ap, const Pl__Effect *effect, const char **why,
    pl_err_t *err)
{
    pl_status_t   rc;
    Pl__Message  *message;

    rc = pl_message_get(ap, effect->mark_seen->message, &message, err);

    if (rc == PL_NOTFOUND || (rc == PL_OK && !seen_can(ap, message))) {
        *why = "its message is gone";
        return PL_OK;
    }

    return rc;
}


pl_status_t
pl_seen_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    (void) in;

    return pl_feed_count(ap, attempt->effect->tenant, "receipts", "sent",
                         err);
}


pl_status_t
pl_seen_later(pl_apply_t *ap, Pl__Effect *effect, const Pl__SendResult *in,
    pl_err_t *err)
{
    (void) ap;
    (void) effect;
    (void) in;
    (void) err;

    return PL_OK;
}


/* Nobody waits for it. */

pl_status_t
pl_seen_failed(pl_apply_t *ap, const Pl__Effect *effect, const char *reason,
    int32_t code, pl_err_t *err)
{
    (void) reason;
    (void) code;

    return pl_feed_count(ap, effect->tenant, "receipts", "failed", err);
}


static bool
seen_can(const pl_apply_t *ap, const Pl__Message *message)
{
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, message->channel);

    return channel != NULL && channel->provider != NULL
           && !channel->row->removed && channel->provider->receipts
           && message->provider_id != NULL && !message->has_erased
           && ap->now_ms - message->time_ms < PL_SEEN_AGE_MS;
}
