/*
 * Messages: rows at the right edge of `messages`, and the one rule by which
 * their state moves: forward only, by rank (provider-facts 1.7). Decided
 * here for failed: it outranks sent, since that is when it is said; delivered
 * outranks it, since a message that was seen on a phone has not failed. The
 * table is docs/statuses.md's.
 */

#include <string.h>

#include "../channel/sms.h"
#include "../core/record.h"
#include "apply.h"

#define MESSAGE_FACTS_MAX  16


pl_status_t
pl_message_get(pl_apply_t *ap, uint64_t id, Pl__Message **message,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_seq(&key, id);

    rc = pl_record_get(ap->txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                       &pl__message__descriptor, ap->ar, &msg, err);
    *message = (Pl__Message *) msg;

    return rc;
}


pl_status_t
pl_message_put(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    bool newest, pl_err_t *err)
{
    pl_key_t  key;

    pl_key_seq(&key, id);

    if (message->has_erased) {
        pl_store_plain(ap->txn);        /* its contact's key may be gone */
    }

    return pl_record_put(ap->txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &message->base, newest, err);
}


pl_status_t
pl_message_raise(pl_apply_t *ap, uint64_t id, Pl__Message *message,
    Pl__MessageState state, int64_t time_s, pl_err_t *err)
{
    bool         raised, news;
    pl_party_t   party;
    pl_status_t  rc;

    if (time_s != 0) {
        rc = pl_message_fact(ap, &message->facts, &message->n_facts, state,
                             time_s, &news, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    raised = !message->has_state || message->state < state;

    if (raised) {
        message->has_state = 1;
        message->state = state;
    }

    rc = pl_message_put(ap, id, message, false, err);
    if (rc != PL_OK || !raised) {
        return rc;
    }

    party.tenant = message->tenant;
    party.kind = message->party_kind;
    party.party = message->party;

    return pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_STATE, &party, id,
                          state, err);
}


pl_status_t
pl_message_fact(pl_apply_t *ap, Pl__StatusFact ***facts, size_t *n,
    Pl__MessageState state, int64_t time_s, bool *news, pl_err_t *err)
{
    size_t           i;
    Pl__StatusFact  *fact, **list;

    *news = false;

    for (i = 0; i < *n; i++) {
        if ((*facts)[i]->state == state) {
            return PL_OK;
        }
    }

    if (i >= MESSAGE_FACTS_MAX) {
        return PL_OK;
    }

    fact = pl_arena_alloc(ap->ar, sizeof(*fact));
    list = pl_apply_list(ap, *facts, i, fact);
    if (list == NULL || fact == NULL) {
        return pl_err_set(err, PL_NOMEM, "message", 0, "out of memory");
    }

    pl__status_fact__init(fact);
    fact->state = state;
    fact->time_s = time_s;

    *facts = list;
    *n = i + 1;
    *news = true;

    return PL_OK;
}


void
pl_message_cost(pl_apply_t *ap, Pl__Message *message,
    const Pl__SendResult *in)
{
    const pl_channel_conf_t  *channel;

    if (in->has_segments && in->segments != 0) {
        message->segments = in->segments;

    } else {
        channel = pl_settings_channel(ap->settings, message->channel);
        message->segments = channel == NULL ? 0
                            : pl_sms_segments(ap->ar, channel->row,
                                              message->content);
    }

    message->has_segments = message->segments != 0;

    if (in->price != NULL && in->price_unit != NULL) {
        message->price = in->price;
        message->price_unit = in->price_unit;
    }
}
