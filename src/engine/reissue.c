/*
 * See reissue.h.
 */

#include <inttypes.h>

#include "outgoing.h"
#include "reissue.h"

static pl_status_t reissue_queue(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, uint64_t id, const Pl__Message *message,
    pl_err_t *err);
static void reissue_policy(Pl__Message *next, const Pl__Message *message);


pl_status_t
pl_reissue_terms(pl_apply_t *ap, Pl__Message *message,
    const pl_queue_how_t *how, pl_err_t *err)
{
    Pl__SendTerms  *terms;

    if (message->otherwise == NULL) {
        return PL_OK;
    }

    terms = pl_arena_alloc(ap->ar, sizeof(*terms));
    if (terms == NULL) {
        return pl_err_set(err, PL_NOMEM, "queue", 0, "out of memory");
    }

    pl__send_terms__init(terms);
    terms->has_lane = 1;
    terms->lane = how->lane;
    terms->has_expires_ms = (how->expires_ms != 0);
    terms->expires_ms = how->expires_ms;
    terms->has_campaign = (how->campaign != 0);
    terms->campaign = how->campaign;

    message->terms = terms;

    return PL_OK;
}


pl_status_t
pl_reissue(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    int64_t said_ms, pl_err_t *err)
{
    bool               closed, again;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    party.tenant = message->tenant;
    party.kind = message->party_kind;
    party.party = message->party;

    rc = pl_conversation_get(ap, &party, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    closed = pl_window_close(conv, message, said_ms, ap->now_ms);
    again = !pl_policy_template(message->content)
            && pl_policy_template(message->otherwise);

    if (closed) {
        rc = pl_feed_count(ap, message->tenant, "windows", "corrected", err);

        if (rc == PL_OK) {
            rc = pl_feed_conversation(ap, &party, "windows", NULL, NULL,
                                      err);
        }
    }

    if (rc == PL_OK && again) {
        rc = reissue_queue(ap, &party, conv, id, message, err);
    }

    return rc == PL_OK && (closed || again)
           ? pl_conversation_put(ap, &party, conv, err) : rc;
}


/* Another message, with a story of its own, which names the first. */

static pl_status_t
reissue_queue(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, uint64_t id, const Pl__Message *message,
    pl_err_t *err)
{
    uint64_t         other;
    const char      *text;
    Pl__Message      next = PL__MESSAGE__INIT;
    pl_status_t      rc;
    pl_queue_how_t   how = { PL__LANE__LANE_REPLY, 0, 0, 0, NULL };

    if (message->terms != NULL) {
        how.lane = message->terms->lane;
        how.expires_ms = message->terms->expires_ms;
        how.campaign = message->terms->campaign;
    }

    next.direction = PL__DIRECTION__DIRECTION_OUT;
    next.tenant = message->tenant;
    next.channel = message->channel;
    next.party_kind = message->party_kind;
    next.party = message->party;
    next.contact = message->contact;
    next.content = message->otherwise;
    next.otherwise = message->content;
    next.time_ms = ap->now_ms;
    next.has_state = 1;
    next.state = PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;
    next.reply_to = message->reply_to;
    next.has_entry = 1;
    next.entry = ap->entry;
    next.address = message->address;
    next.has_author = message->has_author;
    next.author = message->author;
    next.actor = message->actor;
    next.has_owner_epoch = message->has_owner_epoch;
    next.owner_epoch = message->owner_epoch;
    next.flow = message->flow;
    next.step = message->step;
    next.has_answers = message->has_answers;
    next.answers = message->answers;
    reissue_policy(&next, message);

    rc = pl_reissue_terms(ap, &next, &how, err);

    if (rc == PL_OK) {
        rc = pl_conversation_add(ap, party, conv, &next, &other, err);
    }

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, next.tenant, "messages", "out", err);
    }

    text = pl_arena_printf(ap->ar, "by msg_%" PRIu64, other);
    if (rc == PL_OK && text == NULL) {
        rc = pl_err_set(err, PL_NOMEM, "queue", 0, "out of memory");
    }

    if (rc == PL_OK) {
        rc = pl_feed_audit(ap, next.tenant,
                           PL__AUDIT_KIND__AUDIT_KIND_REPLACED, id,
                           "window.closed", text, err);
    }

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, next.tenant, "policy_replaced",
                           "window.closed", err);
    }

    return rc == PL_OK ? pl_queue_add(ap, party, conv, other, &next, &how,
                                      err)
                       : rc;
}


/* What policy goes by. */

static void
reissue_policy(Pl__Message *next, const Pl__Message *message)
{
    next->has_category = message->has_category;
    next->category = message->category;
    next->has_template_category = message->has_template_category;
    next->template_category = message->template_category;
    next->has_campaign = message->has_campaign;
    next->campaign = message->campaign;
    next->has_business_hours = message->has_business_hours;
    next->business_hours = message->business_hours;
}
