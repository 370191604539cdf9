/*
 * See api_event.h. What an event holds is put together in api_event_show.c.
 */

#include <inttypes.h>
#include <stdio.h>

#include "../core/clock.h"
#include "../core/record.h"
#include "api_event_impl.h"

#define EVENT_KEY_LEN  12               /* tenant u32, sequence u64 */


/* What becomes of a row of this kind. */
typedef struct {
    Pl__ChangeKind   kind;
    const char      *told;              /* Change.event; NULL: whatever */
    pl_api_event_e   type;
    pl_status_t    (*show)(pl_api_showing_t *s, pl_err_t *err);
} event_row_t;


static const event_row_t *event_find(const Pl__Change *change);
static pl_status_t event_show(pl_api_showing_t *s, const event_row_t *row,
    pl_err_t *err);
static pl_status_t event_head(pl_api_showing_t *s, pl_err_t *err);


const pl_api_event_type_t  pl_api_event_types[PL_API_EVENT_TYPES] = {

    [PL_API_EVENT_MESSAGE_CREATED] = {
        "message.created", PL_MAY_MESSAGES_READ,
        "a message came, or is to be sent"
    },
    [PL_API_EVENT_MESSAGE_UPDATED] = {
        "message.updated", PL_MAY_MESSAGES_READ, "a message says something else"
    },
    [PL_API_EVENT_MESSAGE_STATUS] = {
        "message.status", PL_MAY_MESSAGES_READ, "a message's state has changed"
    },
    [PL_API_EVENT_MESSAGE_MEDIA] = {
        "message.media", PL_MAY_MESSAGES_READ,
        "a message's file came, or cannot be had"
    },
    [PL_API_EVENT_CONVERSATION_UPDATED] = {
        "conversation.updated", PL_MAY_INBOX_READ,
        "owner, status, tags or marks of a conversation have changed"
    },
    [PL_API_EVENT_CONVERSATION_EVENT] = {
        "conversation.event", PL_MAY_INBOX_READ,
        "a flow told an event"
    },
    [PL_API_EVENT_HANDOVER] = {
        "handover", PL_MAY_INBOX_READ,
        "a person answers from now on, or the bot again"
    },
    [PL_API_EVENT_CONTACT_UPDATED] = {
        "contact.updated", PL_MAY_CONTACTS_READ,
        "what is known of a contact has changed"
    },
    [PL_API_EVENT_CONSENT_CHANGED] = {
        "consent.changed", PL_MAY_CONTACTS_READ, "a person allowed or forbade"
    },
    [PL_API_EVENT_TASK_ARMED] = {
        "task.armed", PL_MAY_TASKS_READ, "a flow will do something later"
    },
    [PL_API_EVENT_TASK_FIRED] = {
        "task.fired", PL_MAY_TASKS_READ, "a task's time has come"
    },
    [PL_API_EVENT_TASK_CANCELLED] = {
        "task.cancelled", PL_MAY_TASKS_READ, "a task was called off"
    },
    [PL_API_EVENT_TEMPLATE_UPDATED] = {
        "template.updated", PL_MAY_TEMPLATES_READ,
        "the provider told of a template, or has it no more"
    },
    [PL_API_EVENT_CHANNEL_UPDATED] = {
        "channel.updated", PL_MAY_CHANNELS_READ,
        "the provider told of a channel: quality, limit, ban"
    },
    [PL_API_EVENT_HOLD_PLACED] = {
        "hold.placed", PL_MAY_CHANNELS_READ, "sending stops somewhere"
    },
    [PL_API_EVENT_HOLD_LIFTED] = {
        "hold.lifted", PL_MAY_CHANNELS_READ, "and goes on there"
    },
    [PL_API_EVENT_GROUP_UPDATED] = {
        "group.updated", PL_MAY_CONTACTS_READ,
        "a group, or who is in it, has changed"
    },
};


#define KIND(name)  PL__CHANGE_KIND__CHANGE_KIND_##name

/* The first that fits. */
static const event_row_t  event_rows[] = {
    { KIND(MESSAGE), NULL, PL_API_EVENT_MESSAGE_CREATED,
      pl_api_show_message },
    { KIND(CONTENT), NULL, PL_API_EVENT_MESSAGE_UPDATED,
      pl_api_show_message },
    { KIND(STATE), NULL, PL_API_EVENT_MESSAGE_STATUS, pl_api_show_state },
    { KIND(MEDIA), NULL, PL_API_EVENT_MESSAGE_MEDIA, pl_api_show_message },
    { KIND(CONVERSATION), "", PL_API_EVENT_CONVERSATION_UPDATED,
      pl_api_show_conversation },
    { KIND(CONVERSATION), NULL, PL_API_EVENT_CONVERSATION_EVENT,
      pl_api_show_conversation },
    { KIND(HANDOVER), NULL, PL_API_EVENT_HANDOVER, pl_api_show_conversation },
    { KIND(CONTACT), NULL, PL_API_EVENT_CONTACT_UPDATED, pl_api_show_contact },
    { KIND(CONSENT), NULL, PL_API_EVENT_CONSENT_CHANGED,
      pl_api_show_consent },
    { KIND(TASK), "armed", PL_API_EVENT_TASK_ARMED, pl_api_show_task },
    { KIND(TASK), "fired", PL_API_EVENT_TASK_FIRED, pl_api_show_task },
    { KIND(TASK), "cancelled", PL_API_EVENT_TASK_CANCELLED,
      pl_api_show_task },
    { KIND(TEMPLATE), NULL, PL_API_EVENT_TEMPLATE_UPDATED,
      pl_api_show_template },
    { KIND(CHANNEL), NULL, PL_API_EVENT_CHANNEL_UPDATED, pl_api_show_fact },
    { KIND(HOLD), "placed", PL_API_EVENT_HOLD_PLACED, pl_api_show_hold },
    { KIND(HOLD), "lifted", PL_API_EVENT_HOLD_LIFTED, pl_api_show_hold },
    { KIND(GROUP), NULL, PL_API_EVENT_GROUP_UPDATED, pl_api_show_group },
};


static const ProtobufCMessageDescriptor *const  event_shapes[] = {
    &pl__api__event__descriptor,
    &pl__api__event_page__descriptor,
    &pl__api__event_note__descriptor,
    &pl__api__event_query__descriptor,
    &pl__api__event_subscribe__descriptor,
    &pl__api__event_ack__descriptor,
    &pl__api__event_ticket__descriptor
};


pl_status_t
pl_api_event_codec(pl_codec_t **codec, pl_err_t *err)
{
    return pl_codec_create(codec, event_shapes, PL_COUNT(event_shapes), NULL,
                           0, err);
}


pl_status_t
pl_api_event_render(const pl_api_event_from_t *from, pl_str_t key,
    pl_str_t value, pl_api_event_t *out, pl_err_t *err)
{
    pl_status_t          rc;
    pl_api_showing_t     s;
    ProtobufCMessage    *msg;
    const event_row_t   *row;

    memset(out, 0, sizeof(pl_api_event_t));
    memset(&s, 0, sizeof(pl_api_showing_t));

    if (key.len != EVENT_KEY_LEN) {
        return pl_err_set(err, PL_FOREIGN, "changes", 0,
                          "a key of %zu bytes", key.len);
    }

    out->tenant = pl_be32(key.data);
    out->sequence = pl_be64(key.data + 4);

    rc = pl_record_read(PL_TABLE_CHANGES, value, &pl__change__descriptor,
                        from->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    s.from = from;
    s.change = (const Pl__Change *) msg;
    s.out = out;
    s.tenant = pl_settings_tenant(from->settings, out->tenant);

    row = event_find(s.change);

    if (row == NULL || s.tenant == NULL) {
        return PL_NOTFOUND;
    }

    return event_show(&s, row, err);
}


static const event_row_t *
event_find(const Pl__Change *change)
{
    size_t       i;
    const char  *told;

    told = change->event == NULL ? "" : change->event;

    for (i = 0; i < PL_COUNT(event_rows); i++) {
        if (event_rows[i].kind == change->kind
            && (event_rows[i].told == NULL
                || strcmp(event_rows[i].told, told) == 0))
        {
            return &event_rows[i];
        }
    }

    return NULL;
}


static pl_status_t
event_show(pl_api_showing_t *s, const event_row_t *row, pl_err_t *err)
{
    pl_status_t      rc;
    pl_api_event_t  *out = s->out;

    out->type = row->type;
    out->time_ms = s->change->time_ms;
    out->channel = s->change->channel;

    if (s->change->party_kind != PL__PARTY_KIND__PARTY_KIND_CHANNEL) {
        out->party_kind = s->change->party_kind;
        out->party = s->change->party;
    }

    out->event = pl_arena_alloc(s->from->ar, sizeof(*out->event));
    if (out->event == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event__init(out->event);

    rc = row->show(s, err);

    if (rc == PL_OK) {
        rc = event_head(s, err);
    }

    return rc == PL_OK
           ? pl_json_encode(s->from->codec, &out->event->base, s->from->ar,
                            &out->json, err)
           : rc;
}


/* Last: the channel may be the message's. */

static pl_status_t
event_head(pl_api_showing_t *s, pl_err_t *err)
{
    char                      id[PL_API_EVENT_ID_MAX];
    Pl__Api__Event           *event = s->out->event;
    const pl_channel_conf_t  *channel;

    pl_api_event_id(id, s->out->sequence);

    event->id = pl_arena_str(s->from->ar, pl_str_c(id));
    event->type = (char *) pl_api_event_types[s->out->type].name;
    event->time = pl_api_show_time(s, s->out->time_ms);
    event->tenant = s->tenant->row->name;

    channel = pl_settings_channel(s->from->settings, s->out->channel);

    if (channel != NULL && channel->tenant == s->out->tenant) {
        event->channel = channel->row->name;
    }

    return event->id == NULL || event->time == NULL
           ? pl_api_show_nomem(err) : PL_OK;
}
