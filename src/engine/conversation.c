/*
 * Conversations: the thread with a party, its newest messages, and the
 * windows that its people opened.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"

#define CONVERSATION_WINDOW_MS  (24LL * 3600 * 1000)

static pl_status_t conversation_newest(pl_apply_t *ap,
    Pl__Conversation *conv, uint64_t id, pl_err_t *err);
static Pl__Window *conversation_find(const Pl__Conversation *conv,
    uint32_t channel, uint64_t contact);
static Pl__Window *conversation_oldest(const Pl__Conversation *conv);


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

    *id = pl_apply_id(ap);

    if (conv->n_newest != 0) {
        message->has_previous = 1;
        message->previous = conv->newest[conv->n_newest - 1];
    }

    rc = conversation_newest(ap, conv, *id, err);
    if (rc != PL_OK) {
        return rc;
    }

    conv->has_messages = 1;
    conv->messages++;

    if (message->direction == PL__DIRECTION__DIRECTION_IN) {
        conv->has_last_in_ms = 1;
        conv->last_in_ms = ap->now_ms;
        conv->has_unread = 1;
        conv->unread++;

    } else {
        conv->has_last_out_ms = 1;
        conv->last_out_ms = ap->now_ms;
    }

    rc = pl_message_put(ap, *id, message, true, err);
    if (rc != PL_OK) {
        return rc;
    }

    return pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_MESSAGE, party,
                          *id, message->state, err);
}


pl_status_t
pl_conversation_window(pl_apply_t *ap, Pl__Conversation *conv,
    uint32_t channel, uint64_t contact, int64_t provider_ms, pl_err_t *err)
{
    size_t        n;
    int64_t       until;
    Pl__Window   *window, **list;

    until = (provider_ms < ap->now_ms ? provider_ms : ap->now_ms)
            + CONVERSATION_WINDOW_MS;

    window = conversation_find(conv, channel, contact);

    if (window == NULL && conv->n_windows == PL_WINDOWS_MAX) {
        window = conversation_oldest(conv);
        window->channel = channel;
        window->contact = contact;
        window->until_ms = 0;
    }

    if (window != NULL) {
        if (window->until_ms < until) {
            window->until_ms = until;
        }

        return PL_OK;
    }

    n = conv->n_windows;
    list = pl_arena_alloc(ap->ar, (n + 1) * sizeof(*list));
    window = pl_arena_alloc(ap->ar, sizeof(*window));
    if (list == NULL || window == NULL) {
        return pl_err_set(err, PL_NOMEM, "conversation", 0, "out of memory");
    }

    pl__window__init(window);
    window->channel = channel;
    window->contact = contact;
    window->until_ms = until;

    if (n != 0) {
        memcpy(list, conv->windows, n * sizeof(*list));
    }

    list[n] = window;
    conv->windows = list;
    conv->n_windows = n + 1;

    return PL_OK;
}


int64_t
pl_conversation_until(const Pl__Conversation *conv, uint32_t channel,
    uint64_t contact)
{
    const Pl__Window  *window;

    window = conversation_find(conv, channel, contact);

    return window == NULL ? 0 : window->until_ms;
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


static Pl__Window *
conversation_find(const Pl__Conversation *conv, uint32_t channel,
    uint64_t contact)
{
    size_t  i;

    for (i = 0; i < conv->n_windows; i++) {
        if (conv->windows[i]->channel == channel
            && conv->windows[i]->contact == contact)
        {
            return conv->windows[i];
        }
    }

    return NULL;
}


static Pl__Window *
conversation_oldest(const Pl__Conversation *conv)
{
    size_t       i;
    Pl__Window  *oldest;

    oldest = conv->windows[0];

    for (i = 1; i < conv->n_windows; i++) {
        if (conv->windows[i]->until_ms < oldest->until_ms) {
            oldest = conv->windows[i];
        }
    }

    return oldest;
}
