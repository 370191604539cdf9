/*
 * What an event holds, from the row that tells it and the records that it
 * names. A record that is gone, because a person was erased, leaves ids.
 */

#include <inttypes.h>

#include "../core/clock.h"
#include "../core/record.h"
#include "api_event_impl.h"

#define SHOW_EDITS_MAX  4               /* an edit of an edit, at most */


static pl_status_t show_said(pl_api_showing_t *s, const Pl__Message *message,
    pl_err_t *err);
static pl_status_t show_words(pl_api_showing_t *s, const Pl__Content *content,
    pl_err_t *err);
static pl_status_t show_file(pl_api_showing_t *s, const Pl__Media *media,
    pl_err_t *err);
static pl_status_t show_fault(pl_api_showing_t *s, const Pl__Message *message,
    pl_err_t *err);
static pl_status_t show_name(pl_api_showing_t *s, uint64_t contact,
    pl_err_t *err);
static pl_status_t show_part(pl_api_showing_t *s, Pl__ConversationPart part,
    pl_err_t *err);
static pl_status_t show_party(pl_api_showing_t *s, bool whole,
    pl_err_t *err);
static pl_status_t show_stands(pl_api_showing_t *s,
    const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t show_windows(pl_api_showing_t *s,
    const Pl__Conversation *conv, pl_err_t *err);
static char *show_id(const pl_api_showing_t *s, const char *prefix,
    uint64_t id);
static const char *show_channel(const pl_api_showing_t *s, uint32_t id);


/* ---- messages ------------------------------------------------------- */

pl_status_t
pl_api_show_message(pl_api_showing_t *s, pl_err_t *err)
{
    pl_key_t                key;
    pl_status_t             rc;
    ProtobufCMessage       *msg;
    Pl__Api__EventMessage  *shown;

    shown = pl_arena_alloc(s->from->ar, sizeof(*shown));
    if (shown == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_message__init(shown);
    shown->id = show_id(s, "msg_", s->change->message);
    s->out->event->message = shown;

    if (shown->id == NULL) {
        return pl_api_show_nomem(err);
    }

    rc = show_party(s, false, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_seq(&key, s->change->message);

    rc = pl_api_show_get(s, PL_TABLE_MESSAGES, &key,
                         &pl__message__descriptor, &msg, err);

    return rc == PL_OK && msg != NULL
           ? show_said(s, (const Pl__Message *) msg, err) : rc;
}


/* The state is the row's: one that came later has a row of its own. */

pl_status_t
pl_api_show_state(pl_api_showing_t *s, pl_err_t *err)
{
    pl_status_t             rc;
    Pl__Api__EventMessage  *shown;

    rc = pl_api_show_message(s, err);

    shown = s->out->event->message;

    if (rc == PL_OK) {
        shown->has_state = s->change->has_state;
        shown->state = s->change->state;

        /* who is told of the state was told of the words */

        shown->text = NULL;
        shown->has_cut = 0;
        shown->file = NULL;

        if (shown->state != PL__MESSAGE_STATE__MESSAGE_STATE_FAILED) {
            shown->error = NULL;
        }
    }

    return rc;
}


static pl_status_t
show_said(pl_api_showing_t *s, const Pl__Message *message, pl_err_t *err)
{
    pl_status_t             rc;
    Pl__Api__EventMessage  *shown = s->out->event->message;

    s->out->channel = message->channel;

    shown->has_direction = 1;
    shown->direction = message->direction;
    shown->has_state = message->has_state;
    shown->state = message->state;
    shown->has_author = message->has_author;
    shown->author = message->author;
    shown->actor = message->actor;
    shown->flow = message->flow;
    shown->step = message->step;
    shown->has_by_person = message->by_person;
    shown->by_person = message->by_person;
    shown->has_history = message->history;
    shown->history = message->history;
    shown->rule = message->rule;

    if (message->has_at_ms) {
        shown->at = pl_api_show_time(s, message->at_ms);
        if (shown->at == NULL) {
            return pl_api_show_nomem(err);
        }
    }

    rc = show_words(s, message->content, err);

    if (rc == PL_OK) {
        rc = show_fault(s, message, err);
    }

    return rc == PL_OK && message->contact != 0
           ? show_name(s, message->contact, err) : rc;
}


static pl_status_t
show_words(pl_api_showing_t *s, const Pl__Content *content, pl_err_t *err)
{
    pl_str_t                text;
    Pl__Api__EventMessage  *shown = s->out->event->message;

    shown->kind = content->type;

    if (content->of_case == PL__CONTENT__OF_MEDIA
        && show_file(s, content->media, err) != PL_OK)
    {
        return err->status;
    }

    text = pl_str_c(pl_api_show_words(content));

    if (text.data == NULL) {
        return PL_OK;
    }

    if (text.len > PL_API_EVENT_TEXT_MAX) {
        text.len = PL_API_EVENT_TEXT_MAX;

        while (text.len != 0 && (text.data[text.len] & 0xc0) == 0x80) {
            text.len--;
        }

        shown->has_cut = 1;
        shown->cut = 1;
    }

    shown->text = pl_arena_str(s->from->ar, text);

    return shown->text == NULL ? pl_api_show_nomem(err) : PL_OK;
}


const char *
pl_api_show_words(const Pl__Content *content)
{
    unsigned  i;

    for (i = 0;
         i < SHOW_EDITS_MAX && content->of_case == PL__CONTENT__OF_EDIT
         && content->edit->content != NULL;
         i++)
    {
        content = content->edit->content;
    }

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        return content->text->body;

    case PL__CONTENT__OF_EMAIL:
        return content->email->text != NULL ? content->email->text
                                            : content->email->subject;

    case PL__CONTENT__OF_REPLY:
        return content->reply->title;

    case PL__CONTENT__OF_TEMPLATE:
        return content->template_->name;

    case PL__CONTENT__OF_MEDIA:
        return content->media->caption;

    case PL__CONTENT__OF_LOCATION:
        return content->location->name;

    case PL__CONTENT__OF_REACTION:
        return content->reaction->emoji;

    case PL__CONTENT__OF_ORDER:
        return content->order->text;

    case PL__CONTENT__OF_SYSTEM:
        return content->system->body;

    case PL__CONTENT__OF_FORM_REPLY:
        return content->form_reply->body;

    case PL__CONTENT__OF_UNSUPPORTED:
        return content->unsupported->title;

    case PL__CONTENT__OF_INTERACTIVE:
        return content->interactive->body;

    default:
        return NULL;
    }
}


static pl_status_t
show_file(pl_api_showing_t *s, const Pl__Media *media, pl_err_t *err)
{
    Pl__Api__EventFile  *file;

    file = pl_arena_alloc(s->from->ar, sizeof(*file));
    if (file == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_file__init(file);
    file->mime_type = media->mime_type;
    file->filename = media->filename;
    file->has_bytes = media->has_bytes;
    file->bytes = media->bytes;
    file->has_state = media->has_state;
    file->state = media->state;
    file->error = media->error;

    s->out->event->message->file = file;

    return PL_OK;
}


static pl_status_t
show_fault(pl_api_showing_t *s, const Pl__Message *message, pl_err_t *err)
{
    Pl__Api__EventError  *error;

    if (message->error == NULL) {
        return PL_OK;
    }

    error = pl_arena_alloc(s->from->ar, sizeof(*error));
    if (error == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_error__init(error);
    error->has_code = message->error->has_code;
    error->code = message->error->code;
    error->title = message->error->title;

    s->out->event->message->error = error;

    return PL_OK;
}


static pl_status_t
show_name(pl_api_showing_t *s, uint64_t contact, pl_err_t *err)
{
    pl_key_t                key;
    pl_status_t             rc;
    ProtobufCMessage       *msg;
    Pl__Api__EventMessage  *shown = s->out->event->message;

    shown->contact = show_id(s, "cnt_", contact);
    if (shown->contact == NULL) {
        return pl_api_show_nomem(err);
    }

    pl_key_tenant_seq(&key, s->out->tenant, contact);

    rc = pl_api_show_get(s, PL_TABLE_CONTACTS, &key,
                         &pl__contact__descriptor, &msg, err);
    if (rc == PL_OK && msg != NULL) {
        shown->name = ((Pl__Contact *) msg)->name;
    }

    return rc;
}


/* ---- conversations -------------------------------------------------- */

pl_status_t
pl_api_show_conversation(pl_api_showing_t *s, pl_err_t *err)
{
    pl_status_t                  rc;
    const Pl__Change            *change = s->change;
    Pl__Api__EventConversation  *shown;

    rc = show_party(s, true, err);
    if (rc != PL_OK) {
        return rc;
    }

    shown = s->out->event->conversation;

    if (shown == NULL) {
        return PL_OK;
    }

    if (change->kind == PL__CHANGE_KIND__CHANGE_KIND_CONVERSATION) {
        shown->event = change->event;
    }

    shown->actor = change->actor;
    shown->reason = change->reason;
    shown->n_changed = change->n_changed;
    shown->changed = change->changed;

    rc = change->has_audit ? pl_api_show_why(s, change->audit, err)
                           : PL_OK;

    return rc == PL_OK && change->has_part ? show_part(s, change->part, err)
                                           : rc;
}


static pl_status_t
show_part(pl_api_showing_t *s, Pl__ConversationPart part, pl_err_t *err)
{
    char                       **changed;
    Pl__Api__EventConversation  *shown = s->out->event->conversation;

    static const char *const  names[] = {
        [PL__CONVERSATION_PART__CONVERSATION_PART_OWNER] = "owner",
        [PL__CONVERSATION_PART__CONVERSATION_PART_STATUS] = "status",
        [PL__CONVERSATION_PART__CONVERSATION_PART_UNREAD] = "unread",
        [PL__CONVERSATION_PART__CONVERSATION_PART_ARCHIVED] = "archived",
        [PL__CONVERSATION_PART__CONVERSATION_PART_TAGS] = "tags",
        [PL__CONVERSATION_PART__CONVERSATION_PART_NOTES] = "notes",
    };

    if ((size_t) part >= PL_COUNT(names) || names[part] == NULL) {
        return PL_OK;                   /* of a newer version */
    }

    changed = pl_arena_alloc(s->from->ar, sizeof(char *));
    if (changed == NULL) {
        return pl_api_show_nomem(err);
    }

    changed[0] = (char *) names[part];
    shown->n_changed = 1;
    shown->changed = changed;

    return PL_OK;
}


/* Whom it is with, and who answers; whole: all that an inbox shows. */

static pl_status_t
show_party(pl_api_showing_t *s, bool whole, pl_err_t *err)
{
    pl_key_t                     key;
    pl_party_t                   party;
    pl_status_t                  rc;
    ProtobufCMessage            *msg;
    Pl__Conversation            *conv;
    Pl__Api__EventConversation  *shown;

    party.tenant = s->out->tenant;
    party.kind = s->change->party_kind;
    party.party = s->change->party;

    if (party.kind == PL__PARTY_KIND__PARTY_KIND_CHANNEL) {
        return PL_OK;
    }

    shown = pl_arena_alloc(s->from->ar, sizeof(*shown));
    if (shown == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_conversation__init(shown);
    shown->id = show_id(s, party.kind == PL__PARTY_KIND__PARTY_KIND_GROUP
                           ? "grp_" : "cnt_", party.party);
    if (shown->id == NULL) {
        return pl_api_show_nomem(err);
    }

    s->out->event->conversation = shown;
    s->out->owner = "";

    pl_key_party(&key, &party);

    rc = pl_api_show_get(s, PL_TABLE_CONVERSATIONS, &key,
                         &pl__conversation__descriptor, &msg, err);
    if (rc != PL_OK || msg == NULL) {
        return rc;
    }

    conv = (Pl__Conversation *) msg;

    if (conv->owner != NULL) {
        s->out->owner = conv->owner;
        shown->owner = conv->owner[0] == '\0' ? NULL : conv->owner;
    }

    shown->has_unread = conv->has_unread;
    shown->unread = conv->unread;

    return whole ? show_stands(s, conv, err) : PL_OK;
}


static pl_status_t
show_stands(pl_api_showing_t *s, const Pl__Conversation *conv, pl_err_t *err)
{
    Pl__Api__EventConversation  *shown = s->out->event->conversation;

    shown->has_status = 1;
    shown->status = conv->has_status
                    ? conv->status
                    : PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN;
    shown->owner_reason = shown->owner == NULL ? NULL : conv->owner_reason;
    shown->n_tags = conv->n_tags;
    shown->tags = conv->tags;

    if (conv->run != NULL) {
        shown->flow = conv->run->flow;
        shown->step = conv->run->step;
    }

    return show_windows(s, conv, err);
}


static pl_status_t
show_windows(pl_api_showing_t *s, const Pl__Conversation *conv,
    pl_err_t *err)
{
    size_t                       i, n;
    Pl__Window                  *window;
    Pl__Api__EventWindow        *rows, **list;
    Pl__Api__EventConversation  *shown = s->out->event->conversation;

    rows = pl_arena_alloc(s->from->ar, conv->n_windows * sizeof(*rows));
    list = pl_arena_alloc(s->from->ar, conv->n_windows * sizeof(*list));
    if (rows == NULL || list == NULL) {
        return pl_api_show_nomem(err);
    }

    for (i = 0, n = 0; i < conv->n_windows; i++) {
        window = conv->windows[i];

        pl__api__event_window__init(&rows[n]);
        rows[n].channel = (char *) show_channel(s, window->channel);
        rows[n].until = pl_api_show_time(s, window->until_ms);

        if (rows[n].until == NULL) {
            return pl_api_show_nomem(err);
        }

        if (s->change->party_kind == PL__PARTY_KIND__PARTY_KIND_GROUP
            && window->contact != 0)
        {
            rows[n].contact = show_id(s, "cnt_", window->contact);
            if (rows[n].contact == NULL) {
                return pl_api_show_nomem(err);
            }
        }

        if (rows[n].channel != NULL && window->until_ms > s->out->time_ms) {
            list[n] = &rows[n];
            n++;
        }
    }

    shown->n_windows = n;
    shown->windows = list;

    return PL_OK;
}


/* ---- people --------------------------------------------------------- */

pl_status_t
pl_api_show_contact(pl_api_showing_t *s, pl_err_t *err)
{
    size_t                  i;
    pl_key_t                key;
    pl_status_t             rc;
    Pl__Contact            *contact;
    ProtobufCMessage       *msg;
    Pl__Api__EventAddress  *addresses;
    Pl__Api__EventContact  *shown;

    shown = pl_arena_alloc(s->from->ar, sizeof(*shown));
    if (shown == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_contact__init(shown);
    shown->id = show_id(s, "cnt_", s->change->party);
    s->out->event->contact = shown;

    if (shown->id == NULL) {
        return pl_api_show_nomem(err);
    }

    pl_key_tenant_seq(&key, s->out->tenant, s->change->party);

    rc = pl_api_show_get(s, PL_TABLE_CONTACTS, &key,
                         &pl__contact__descriptor, &msg, err);
    if (rc != PL_OK || msg == NULL) {
        return rc;
    }

    contact = (Pl__Contact *) msg;
    shown->name = contact->name;
    shown->username = contact->username;
    shown->language = contact->language;
    shown->time_zone = contact->time_zone;

    if (contact->joined_to != 0) {
        shown->joined_to = show_id(s, "cnt_", contact->joined_to);
    }

    addresses = pl_arena_alloc(s->from->ar,
                               contact->n_addresses * sizeof(*addresses));
    shown->addresses = pl_arena_alloc(s->from->ar,
                           contact->n_addresses * sizeof(*shown->addresses));

    if (addresses == NULL || shown->addresses == NULL
        || (contact->joined_to != 0 && shown->joined_to == NULL))
    {
        return pl_api_show_nomem(err);
    }

    for (i = 0; i < contact->n_addresses; i++) {
        pl__api__event_address__init(&addresses[i]);
        addresses[i].kind = contact->addresses[i]->kind;
        addresses[i].value = contact->addresses[i]->value;
        shown->addresses[i] = &addresses[i];
    }

    shown->n_addresses = contact->n_addresses;

    return PL_OK;
}


pl_status_t
pl_api_show_group(pl_api_showing_t *s, pl_err_t *err)
{
    size_t                i;
    pl_key_t              key;
    pl_status_t           rc;
    Pl__Group            *group;
    ProtobufCMessage     *msg;
    Pl__Api__EventGroup  *shown;

    shown = pl_arena_alloc(s->from->ar, sizeof(*shown));
    if (shown == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_group__init(shown);
    shown->id = show_id(s, "grp_", s->change->party);
    s->out->event->group = shown;

    if (shown->id == NULL) {
        return pl_api_show_nomem(err);
    }

    pl_key_tenant_seq(&key, s->out->tenant, s->change->party);

    rc = pl_api_show_get(s, PL_TABLE_GROUPS, &key,
                         &pl__group__descriptor, &msg, err);
    if (rc != PL_OK || msg == NULL) {
        return rc;
    }

    group = (Pl__Group *) msg;
    s->out->channel = group->channel;

    for (i = 0; i < group->n_facts; i++) {
        if (strcmp(group->facts[i]->name, "subject") == 0) {
            shown->subject = group->facts[i]->value;
        }
    }

    return PL_OK;
}


/* ---- pieces --------------------------------------------------------- */

pl_status_t
pl_api_show_get(pl_api_showing_t *s, pl_table_e table, const pl_key_t *key,
    const ProtobufCMessageDescriptor *type, ProtobufCMessage **msg,
    pl_err_t *err)
{
    pl_status_t  rc;

    *msg = NULL;

    rc = pl_record_get(s->from->txn, table, pl_key_str(key), type,
                       s->from->ar, msg, err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static char *
show_id(const pl_api_showing_t *s, const char *prefix, uint64_t id)
{
    return pl_arena_printf(s->from->ar, "%s%" PRIu64, prefix, id);
}


static const char *
show_channel(const pl_api_showing_t *s, uint32_t id)
{
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(s->from->settings, id);

    return channel == NULL || channel->tenant != s->out->tenant
           ? NULL : channel->row->name;
}
