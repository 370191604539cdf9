/*
 * Conversations: the thread with a party, and its newest messages. The
 * windows that its people opened are window.c's.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../core/traceparent.h"
#include "inbox.h"
#include "mail_thread.h"
#include "outgoing.h"
#include "reach.h"

static pl_status_t conversation_trace(pl_apply_t *ap, Pl__Message *message,
    uint64_t id, pl_err_t *err);
static pl_status_t conversation_newest(pl_apply_t *ap,
    Pl__Conversation *conv, uint64_t id, pl_err_t *err);


pl_status_t
pl_conversation_get(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation **conv, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_party(&key, party);

    rc = pl_record_get(ap->txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                       &pl__conversation__descriptor, ap->ar, &msg, err);
    if (rc == PL_OK) {
        *conv = (Pl__Conversation *) msg;
        return PL_OK;
    }

    if (rc != PL_NOTFOUND) {
        return rc;
    }

    *conv = pl_arena_alloc(ap->ar, sizeof(**conv));
    if (*conv == NULL) {
        return pl_err_set(err, PL_NOMEM, "conversation", 0, "out of memory");
    }

    pl__conversation__init(*conv);

    return PL_OK;
}


pl_status_t
pl_conversation_put(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err)
{
    pl_key_t  key;

    pl_key_party(&key, party);

    return pl_record_put(ap->txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                         &conv->base, false, err);
}


pl_status_t
pl_conversation_add(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, Pl__Message *message, uint64_t *id,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_outgoing_say(ap, message, err);

    if (rc == PL_OK) {
        rc = pl_mail_thread(ap, conv, message, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    *id = pl_apply_id(ap);

    if (conv->n_newest != 0) {
        message->has_previous = 1;
        message->previous = conv->newest[conv->n_newest - 1];
    }

    conv->has_messages = 1;
    conv->messages++;

    rc = pl_inbox_speak(ap, party, conv, message, *id, err);

    if (rc == PL_OK) {
        rc = conversation_newest(ap, conv, *id, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (message->direction == PL__DIRECTION__DIRECTION_IN) {
        conv->has_last_in_ms = 1;
        conv->last_in_ms = ap->now_ms;
        pl_reach_heard(conv, message, ap->now_ms);

    } else {
        conv->has_last_out_ms = 1;
        conv->last_out_ms = ap->now_ms;

        if (message->has_at_ms && message->at_ms > conv->waits_ms) {
            conv->has_waits_ms = 1;
            conv->waits_ms = message->at_ms;
        }

        if (pl_window_entry(conv, message->channel, message->contact,
                            ap->now_ms))
        {
            message->has_entry_point = 1;
            message->entry_point = 1;
        }
    }

    rc = conversation_trace(ap, message, *id, err);
    if (rc == PL_OK) {
        rc = pl_message_put(ap, *id, message, true, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    return pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_MESSAGE, party,
                          *id, message->state, err);
}


/*
 * A message is of the trace that its entry came with. One that goes out is a
 * span of its own, whose id is drawn from what both are known by: a replay
 * gives it the same.
 */

static pl_status_t
conversation_trace(pl_apply_t *ap, Pl__Message *message, uint64_t id,
    pl_err_t *err)
{
    uint8_t      number[8], span[PL_HASH128_LEN];
    pl_str_t     pieces[2];
    pl_status_t  rc;

    if (ap->traceparent == NULL
        || strlen(ap->traceparent) != PL_TRACEPARENT_LEN)
    {
        return PL_OK;
    }

    message->traceparent = pl_arena_str(ap->ar, pl_str_c(ap->traceparent));
    if (message->traceparent == NULL) {
        return pl_err_set(err, PL_NOMEM, "trace", 0, "out of memory");
    }

    if (message->direction == PL__DIRECTION__DIRECTION_IN) {
        return PL_OK;
    }

    pl_be64_put(number, id);
    pieces[0] = pl_str_c(ap->traceparent);
    pieces[1].data = number;
    pieces[1].len = sizeof(number);

    rc = pl_hash_128(ap->hash, pieces, 2, span);
    if (rc != PL_OK) {
        return pl_err_set(err, rc, "trace", 0, "cannot hash");
    }

    pl_traceparent_span(message->traceparent, span);

    return PL_OK;
}


static pl_status_t
conversation_newest(pl_apply_t *ap, Pl__Conversation *conv, uint64_t id,
    pl_err_t *err)
{
    size_t     n;
    uint64_t  *list;

    n = conv->n_newest;

    if (n == PL_NEWEST_MAX) {
        memmove(conv->newest, conv->newest + 1, (n - 1) * sizeof(*list));
        conv->newest[n - 1] = id;
        return PL_OK;
    }

    list = pl_arena_alloc(ap->ar, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return pl_err_set(err, PL_NOMEM, "conversation", 0, "out of memory");
    }

    if (n != 0) {
        memcpy(list, conv->newest, n * sizeof(*list));
    }

    list[n] = id;
    conv->newest = list;
    conv->n_newest = n + 1;

    return PL_OK;
}
