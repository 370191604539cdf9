/*
 * A conversation as it is shown, and where it is found. See inbox_impl.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "inbox_impl.h"

static pl_status_t view_who(pl_api_call_t *call, const pl_party_t *party,
    Pl__Api__ConversationView *view, pl_err_t *err);
static pl_status_t view_group(pl_api_call_t *call, const pl_party_t *party,
    Pl__Api__ConversationView *view, pl_err_t *err);
static pl_status_t view_stands(pl_api_call_t *call,
    const Pl__Conversation *conv, Pl__Api__ConversationView *view,
    pl_err_t *err);
static pl_status_t view_channels(pl_api_call_t *call,
    const Pl__Conversation *conv, Pl__Api__ConversationView *view,
    pl_err_t *err);
static pl_status_t view_windows(pl_api_call_t *call,
    const Pl__Conversation *conv, Pl__Api__ConversationView *view,
    pl_err_t *err);
static pl_status_t view_last(pl_api_call_t *call,
    const Pl__Conversation *conv, Pl__Api__ConversationView *view,
    pl_err_t *err);


bool
pl_inbox_party(pl_str_t text, uint32_t tenant, pl_party_t *party)
{
    party->tenant = tenant;
    party->kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;

    if (pl_api_id_read(text, "cnt_", &party->party)) {
        return true;
    }

    party->kind = PL__PARTY_KIND__PARTY_KIND_GROUP;

    return pl_api_id_read(text, "grp_", &party->party);
}


pl_status_t
pl_inbox_param(pl_api_call_t *call, pl_party_t *party,
    Pl__Conversation **conv, pl_err_t *err)
{
    pl_key_t           key;
    pl_apply_t         ap;
    pl_status_t        rc;
    Pl__Contact       *contact;
    ProtobufCMessage  *msg;

    if (!pl_inbox_party(call->params[0], call->tenant, party)) {
        return pl_api_missing(call);
    }

    if (party->kind == PL__PARTY_KIND__PARTY_KIND_CONTACT) {
        pl_rows_reader(call, &ap);
        rc = pl_contact_root(&ap, call->tenant, party->party, &contact, err);

        if (rc != PL_OK) {
            return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
        }

        party->party = contact->id;
    }

    pl_key_party(&key, party);

    rc = pl_record_get(call->txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                       &pl__conversation__descriptor, call->ar, &msg, err);
    *conv = (Pl__Conversation *) msg;

    return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
}


pl_status_t
pl_inbox_told(pl_api_call_t *call, pl_err_t *err)
{
    pl_party_t                  party;
    pl_status_t                 rc;
    Pl__Conversation           *conv;
    Pl__Api__ConversationView  *view;

    rc = pl_inbox_param(call, &party, &conv, err);

    if (rc == PL_OK) {
        rc = pl_inbox_view(call, &party, conv, &view, err);
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &view->base, err) : rc;
}


const char *
pl_inbox_owner(const char *owner)
{
    return owner != NULL && strcmp(owner, "bot") == 0 ? "" : owner;
}


char *
pl_inbox_cursor(pl_api_call_t *call, uint64_t message)
{
    uint8_t  place[8];

    if (message == 0) {
        return NULL;
    }

    pl_be64_put(place, message);

    return pl_api_cursor(call, (pl_str_t) { place, sizeof(place) });
}


pl_status_t
pl_inbox_cursor_read(pl_api_call_t *call, const char *cursor,
    uint64_t *message)
{
    pl_str_t     place;
    pl_status_t  rc;

    *message = 0;

    if (cursor == NULL) {
        return PL_OK;
    }

    rc = pl_api_cursor_read(call, cursor, &place);
    if (rc != PL_OK) {
        return rc;
    }

    if (place.len != 8) {
        return pl_api_problem(call, PL_API_BAD_CURSOR, "cursor",
                              "it is none of this list");
    }

    *message = pl_be64(place.data);

    return PL_OK;
}


pl_status_t
pl_inbox_message(pl_api_call_t *call, const char *text, const char *path,
    uint64_t *id)
{
    *id = 0;

    if (text == NULL || pl_api_id_read(pl_str_c(text), "msg_", id)) {
        return PL_OK;
    }

    return pl_api_problem(call, call->op->body != NULL ? PL_API_BAD_FIELD
                                                       : PL_API_BAD_QUERY,
                          path, "a message's id is as in msg_5");
}


pl_status_t
pl_inbox_view(pl_api_call_t *call, const pl_party_t *party,
    const Pl__Conversation *conv, Pl__Api__ConversationView **out,
    pl_err_t *err)
{
    pl_status_t                 rc;
    Pl__Api__ConversationView  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    pl__api__conversation_view__init(view);

    rc = party->kind == PL__PARTY_KIND__PARTY_KIND_CONTACT
         ? view_who(call, party, view, err)
         : view_group(call, party, view, err);

    if (rc == PL_OK) {
        rc = view_stands(call, conv, view, err);
    }

    if (rc == PL_OK) {
        rc = view_channels(call, conv, view, err);
    }

    if (rc == PL_OK) {
        rc = view_windows(call, conv, view, err);
    }

    *out = view;

    return rc == PL_OK ? view_last(call, conv, view, err) : rc;
}


static pl_status_t
view_who(pl_api_call_t *call, const pl_party_t *party,
    Pl__Api__ConversationView *view, pl_err_t *err)
{
    size_t        i;
    pl_apply_t    ap;
    pl_status_t   rc;
    Pl__Contact  *contact;

    view->id = pl_api_id(call, "cnt_", party->party);
    pl_rows_reader(call, &ap);

    rc = pl_contact_get(&ap, party->tenant, party->party, &contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    view->name = contact->name;
    view->addresses = (char **) pl_rows_list(call, contact->n_addresses);
    if (view->addresses == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; i < contact->n_addresses; i++) {
        if (!contact->addresses[i]->has_left_ms) {
            view->addresses[view->n_addresses++] =
                contact->addresses[i]->value;
        }
    }

    return PL_OK;
}


static pl_status_t
view_group(pl_api_call_t *call, const pl_party_t *party,
    Pl__Api__ConversationView *view, pl_err_t *err)
{
    size_t             i;
    pl_key_t           key;
    Pl__Group         *group;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    view->id = pl_api_id(call, "grp_", party->party);
    pl_key_tenant_seq(&key, party->tenant, party->party);

    rc = pl_record_get(call->txn, PL_TABLE_GROUPS, pl_key_str(&key),
                       &pl__group__descriptor, call->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    group = (Pl__Group *) msg;

    for (i = 0; i < group->n_facts; i++) {
        if (strcmp(group->facts[i]->name, "subject") == 0) {
            view->name = group->facts[i]->value;
        }
    }

    return PL_OK;
}


static pl_status_t
view_stands(pl_api_call_t *call, const Pl__Conversation *conv,
    Pl__Api__ConversationView *view, pl_err_t *err)
{
    view->status = conv->has_status
                   ? conv->status
                   : PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN;
    view->owner = conv->owner != NULL && conv->owner[0] != '\0'
                  ? conv->owner : NULL;
    view->owner_reason = view->owner == NULL ? NULL : conv->owner_reason;
    view->owner_epoch = conv->owner_epoch;
    view->close_reason = conv->close_reason;
    view->unread_count = conv->unread;
    view->messages = conv->messages;
    view->archived = conv->archived;
    view->tags = conv->tags;
    view->n_tags = conv->n_tags;
    view->notes = conv->notes;
    view->last_in = conv->has_last_in_ms
                    ? pl_api_time(call, conv->last_in_ms) : NULL;
    view->last_out = conv->has_last_out_ms
                     ? pl_api_time(call, conv->last_out_ms) : NULL;
    view->read_to = conv->has_read_to
                    ? pl_api_id(call, "msg_", conv->read_to) : NULL;

    if (conv->run != NULL) {
        view->flow = conv->run->flow;
        view->step = conv->run->step;
    }

    return view->id != NULL ? PL_OK : pl_rows_nomem(err);
}


/* Those of before conversations named them are those of the windows. */

static pl_status_t
view_channels(pl_api_call_t *call, const Pl__Conversation *conv,
    Pl__Api__ConversationView *view, pl_err_t *err)
{
    size_t    i, k, n;
    uint32_t  id;

    n = conv->n_channels + conv->n_windows;

    view->channels = (char **) pl_rows_list(call, n);
    if (view->channels == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; i < n; i++) {
        id = i < conv->n_channels
             ? conv->channels[i]
             : conv->windows[i - conv->n_channels]->channel;

        for (k = 0; k < view->n_channels
                    && strcmp(view->channels[k],
                              pl_rows_channel_name(call, id)) != 0; k++)
        {
            /* void */
        }

        if (k == view->n_channels) {
            view->channels[view->n_channels++] =
                (char *) pl_rows_channel_name(call, id);
        }
    }

    return PL_OK;
}


static pl_status_t
view_windows(pl_api_call_t *call, const Pl__Conversation *conv,
    Pl__Api__ConversationView *view, pl_err_t *err)
{
    size_t                        i;
    const Pl__Window             *window;
    Pl__Api__ConversationWindow  *row;

    view->windows = (Pl__Api__ConversationWindow **)
                    pl_rows_list(call, conv->n_windows);
    if (view->windows == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; i < conv->n_windows; i++) {
        window = conv->windows[i];

        row = pl_arena_alloc(call->ar, sizeof(*row));
        if (row == NULL) {
            return pl_rows_nomem(err);
        }

        pl__api__conversation_window__init(row);
        row->channel = (char *) pl_rows_channel_name(call, window->channel);
        row->until = pl_api_time(call, window->until_ms);
        row->has_open = 1;
        row->open = call->tenant_ms < window->until_ms;
        row->free_until = window->has_free_ms
                          ? pl_api_time(call, window->free_ms) : NULL;

        view->windows[view->n_windows++] = row;
    }

    return PL_OK;
}


static pl_status_t
view_last(pl_api_call_t *call, const Pl__Conversation *conv,
    Pl__Api__ConversationView *view, pl_err_t *err)
{
    uint64_t               id;
    pl_apply_t             ap;
    pl_status_t            rc;
    Pl__Message           *message;
    Pl__Api__LastMessage  *last;
    Pl__Api__MessageView  *shown;

    if (conv->n_newest == 0) {
        return PL_OK;
    }

    id = conv->newest[conv->n_newest - 1];
    pl_rows_reader(call, &ap);

    rc = pl_message_get(&ap, id, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    last = pl_arena_alloc(call->ar, sizeof(*last));
    shown = pl_rows_message_view(call, id, message);
    if (last == NULL || shown == NULL) {
        return pl_rows_nomem(err);
    }

    pl__api__last_message__init(last);
    last->id = shown->id;
    last->channel = shown->channel;
    last->direction = shown->direction;
    last->kind = shown->kind;
    last->content = shown->text;
    last->timestamp = shown->time;
    last->has_state = shown->has_state;
    last->state = shown->state;
    last->read = message->direction == PL__DIRECTION__DIRECTION_IN
                 ? id <= conv->read_to || message->history
                 : message->state == PL__MESSAGE_STATE__MESSAGE_STATE_READ
                   || message->state
                      == PL__MESSAGE_STATE__MESSAGE_STATE_PLAYED;
    view->last_message = last;

    return PL_OK;
}
