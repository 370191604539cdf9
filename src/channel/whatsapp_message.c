/*
 * An inbound message: whom it is from, and what it says.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define MESSAGE_CONTACTS_MAX  1024      /* looked at for one sender: Meta
                                           batches at most 1000 updates */


/* What becomes of one message: one piece of memory. */
typedef struct {
    Pl__Command           command;
    Pl__InboundMessage    message;
    Pl__Sender            from;
    Pl__Content           content;
    union {
        Pl__Text          text;
        Pl__Reply         reply;
    } of;
} message_t;


static const char *message_mistake(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in);
static void message_sender(pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Sender *from);
static const Pl__Wa__WebhookContact *message_contact(
    pl_whatsapp_decode_t *d, const Pl__Sender *from);
static void message_content(const Pl__Wa__InMessage *in, message_t *out);
static bool message_reply(const Pl__Wa__InMessage *in, Pl__Reply *reply);


pl_status_t
pl_whatsapp_message_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, size_t i)
{
    char        *path = pl_whatsapp_decode_path(d, "messages", i);
    message_t   *out;
    const char  *mistake = message_mistake(d, in);

    if (mistake != NULL) {
        return pl_whatsapp_decode_unreadable(d, path, mistake, &in->raw);
    }

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL || path == NULL) {
        return PL_NOMEM;
    }

    pl__sender__init(&out->from);
    message_sender(d, in, &out->from);

    if (out->from.phone == NULL && out->from.user_id == NULL) {
        return pl_whatsapp_decode_unreadable(d, path, "no sender", &in->raw);
    }

    message_content(in, out);

    pl__inbound_message__init(&out->message);
    out->message.account = d->account;
    out->message.from = &out->from;
    out->message.provider_id = in->id;
    out->message.time_s = pl_whatsapp_decode_time(in->timestamp);
    out->message.content = &out->content;
    out->message.group_id = pl_whatsapp_decode_some(in->group_id);
    out->message.reply_to = in->context != NULL
                            ? pl_whatsapp_decode_some(in->context->id) : NULL;
    out->message.path = path;
    out->message.has_raw = true;
    out->message.raw = in->raw;

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    out->command.inbound_message = &out->message;

    return pl_whatsapp_decode_add(d, &out->command);
}


static const char *
message_mistake(const pl_whatsapp_decode_t *d, const Pl__Wa__InMessage *in)
{
    if (in->bad != NULL) {
        return in->bad;
    }

    if (d->account == NULL) {
        return "metadata.phone_number_id: required";
    }

    if (strcmp(in->type, "text") == 0 && in->text == NULL) {
        return "text: required";
    }

    return NULL;
}


/*
 * A number, a user id, or both. A system message that tells of a new user id
 * may come without a sender: then it is about the one known until now.
 */

static void
message_sender(pl_whatsapp_decode_t *d, const Pl__Wa__InMessage *in,
    Pl__Sender *from)
{
    const Pl__Wa__WebhookContact  *contact;

    from->phone = pl_whatsapp_decode_some(in->from);
    from->user_id = pl_whatsapp_decode_some(in->from_user_id);
    from->parent_user_id = pl_whatsapp_decode_some(in->from_parent_user_id);

    if (from->phone == NULL && from->user_id == NULL
        && in->system != NULL && in->system->bad == NULL)
    {
        from->user_id = pl_whatsapp_decode_some(in->system->previous_user_id);

        if (from->user_id == NULL) {
            from->user_id = pl_whatsapp_decode_some(in->system->user_id);
        }
    }

    contact = message_contact(d, from);

    if (contact == NULL || contact->profile == NULL) {
        return;
    }

    from->name = pl_whatsapp_decode_some(contact->profile->name);
    from->username = pl_whatsapp_decode_some(contact->profile->username);

    if (from->username != NULL && from->username[0] == '@') {
        from->username = pl_whatsapp_decode_some(from->username + 1);
    }
}


/*
 * The sender's entry of contacts, wherever it stands. The search goes on
 * where the last one ended: contacts usually have their messages' order.
 */

static const Pl__Wa__WebhookContact *
message_contact(pl_whatsapp_decode_t *d, const Pl__Sender *from)
{
    size_t                         i, n, at;
    const Pl__Wa__WebhookContact  *c;

    n = d->value->n_contacts;
    at = d->contact;

    for (i = 0; i < n && i < MESSAGE_CONTACTS_MAX; i++, at++) {
        at = at < n ? at : 0;
        c = d->value->contacts[at];

        if (c->bad != NULL) {
            continue;
        }

        if ((from->phone != NULL && c->wa_id != NULL
             && strcmp(from->phone, c->wa_id) == 0)
            || (from->user_id != NULL && c->user_id != NULL
                && strcmp(from->user_id, c->user_id) == 0))
        {
            d->contact = at;
            return c;
        }
    }

    return NULL;
}


/* What has no field of its own is kept whole, under the type it came with. */

static void
message_content(const Pl__Wa__InMessage *in, message_t *out)
{
    Pl__Content  *content = &out->content;

    pl__content__init(content);
    content->type = in->type;

    if (in->text != NULL && strcmp(in->type, "text") == 0) {
        pl__text__init(&out->of.text);
        out->of.text.body = in->text->body;

        content->of_case = PL__CONTENT__OF_TEXT;
        content->text = &out->of.text;

    } else if (message_reply(in, &out->of.reply)) {
        content->of_case = PL__CONTENT__OF_REPLY;
        content->reply = &out->of.reply;

    } else {
        content->has_raw = true;
        content->raw = in->raw;
    }
}


static bool
message_reply(const Pl__Wa__InMessage *in, Pl__Reply *reply)
{
    const Pl__Wa__ReplyChoice    *choice;
    const Pl__Wa__InInteractive  *tap = in->interactive;

    pl__reply__init(reply);

    if (in->button != NULL && in->button->bad == NULL
        && strcmp(in->type, "button") == 0)
    {
        reply->kind = PL__REPLY_KIND__REPLY_KIND_TEMPLATE_BUTTON;
        reply->id = in->button->payload;
        reply->title = in->button->text;
        return true;
    }

    if (tap == NULL || tap->bad != NULL || tap->type == NULL
        || strcmp(in->type, "interactive") != 0)
    {
        return false;
    }

    if (strcmp(tap->type, "button_reply") == 0) {
        reply->kind = PL__REPLY_KIND__REPLY_KIND_BUTTON;
        choice = tap->button_reply;

    } else if (strcmp(tap->type, "list_reply") == 0) {
        reply->kind = PL__REPLY_KIND__REPLY_KIND_LIST;
        choice = tap->list_reply;

    } else {
        return false;
    }

    if (choice == NULL) {
        return false;
    }

    reply->id = choice->id;
    reply->title = choice->title;
    reply->description = choice->description;

    return true;
}
