/*
 * An inbound message: whom it is from, and what it stands in. What it says
 * is whatsapp_content.c's.
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
} message_t;


static void message_sender(pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Sender *from);
static const Pl__Wa__WebhookContact *message_contact(
    pl_whatsapp_decode_t *d, const Pl__Sender *who);
static pl_status_t message_referral(const pl_whatsapp_decode_t *d,
    const Pl__Wa__Referral *in, Pl__Context *context);


pl_status_t
pl_whatsapp_message_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, size_t i)
{
    bool          raw;
    char         *path = pl_whatsapp_decode_path(d, "messages", i);
    message_t    *out;
    const char   *mistake = pl_whatsapp_message_mistake(d, in);

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

    pl__inbound_message__init(&out->message);

    if (pl_whatsapp_content(d, in, &out->content) != PL_OK
        || pl_whatsapp_message_context(d, in, &out->message.context, &raw)
           != PL_OK)
    {
        return PL_NOMEM;
    }

    if (raw) {
        out->content.has_raw = true;
        out->content.raw = in->raw;
    }

    out->message.account = d->account;
    out->message.from = &out->from;
    out->message.provider_id = in->id;
    out->message.time_s = pl_whatsapp_decode_time(in->timestamp);
    out->message.content = &out->content;
    out->message.group_id = pl_whatsapp_decode_some(in->group_id);
    out->message.reply_to = pl_whatsapp_message_reply_to(in);
    out->message.path = path;
    out->message.has_raw = true;
    out->message.raw = in->raw;

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    out->command.inbound_message = &out->message;

    return pl_whatsapp_decode_add(d, &out->command);
}


const char *
pl_whatsapp_message_mistake(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in)
{
    if (in->bad != NULL) {
        return in->bad;
    }

    if (d->account == NULL) {
        return "metadata.phone_number_id: required";
    }

    if (strcmp(in->type, "text") == 0) {
        return in->text != NULL ? in->text->bad : "text: required";
    }

    return NULL;
}


char *
pl_whatsapp_message_reply_to(const Pl__Wa__InMessage *in)
{
    return in->context != NULL ? pl_whatsapp_decode_some(in->context->id)
                               : NULL;
}


pl_status_t
pl_whatsapp_message_context(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Context **out, bool *raw)
{
    char                     *from;
    Pl__Context              *context;
    const Pl__Wa__Context    *quoted = in->context;
    const Pl__Wa__Referral   *ad = in->referral;

    *out = NULL;
    *raw = (quoted != NULL && quoted->bad != NULL)
           || (ad != NULL && ad->bad != NULL);

    quoted = quoted != NULL && quoted->bad == NULL ? quoted : NULL;
    ad = ad != NULL && ad->bad == NULL ? ad : NULL;

    /* outside of groups it says what the conversation says already */

    from = quoted != NULL && pl_whatsapp_decode_some(in->group_id) != NULL
           ? pl_whatsapp_decode_some(quoted->from) : NULL;

    if (ad == NULL && from == NULL
        && (quoted == NULL
            || (!quoted->has_forwarded && !quoted->has_frequently_forwarded
                && quoted->referred_product == NULL)))
    {
        return PL_OK;
    }

    context = pl_arena_alloc(d->ar, sizeof(*context));
    if (context == NULL) {
        return PL_NOMEM;
    }

    pl__context__init(context);
    context->from = from;

    if (quoted != NULL) {
        context->has_forwarded = quoted->has_forwarded;
        context->forwarded = quoted->forwarded;
        context->has_frequently_forwarded = quoted->has_frequently_forwarded;
        context->frequently_forwarded = quoted->frequently_forwarded;
    }

    if (quoted != NULL && quoted->referred_product != NULL) {
        context->product = pl_arena_alloc(d->ar, sizeof(*context->product));
        if (context->product == NULL) {
            return PL_NOMEM;
        }

        pl__product__init(context->product);
        context->product->catalog_id = pl_whatsapp_decode_some(
            quoted->referred_product->catalog_id);
        context->product->product_id = pl_whatsapp_decode_some(
            quoted->referred_product->product_retailer_id);
    }

    *out = context;

    return ad != NULL ? message_referral(d, ad, context) : PL_OK;
}


static pl_status_t
message_referral(const pl_whatsapp_decode_t *d, const Pl__Wa__Referral *in,
    Pl__Context *context)
{
    Pl__Referral  *ad;

    ad = pl_arena_alloc(d->ar, sizeof(*ad));
    if (ad == NULL) {
        return PL_NOMEM;
    }

    pl__referral__init(ad);
    ad->welcome = in->welcome_message != NULL
                  ? pl_whatsapp_decode_some(in->welcome_message->text) : NULL;
    context->referral = ad;

    return pl_whatsapp_card_copy(d->ar, &in->base, &ad->base);
}


/*
 * A number, a user id, or both. A system message that tells of a new user id
 * may come without a sender: then it is about the one known until now.
 */

static void
message_sender(pl_whatsapp_decode_t *d, const Pl__Wa__InMessage *in,
    Pl__Sender *from)
{
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

    pl_whatsapp_message_name(d, from);
}


void
pl_whatsapp_message_name(pl_whatsapp_decode_t *d, Pl__Sender *who)
{
    const Pl__Wa__WebhookContact  *contact;

    contact = message_contact(d, who);

    if (contact == NULL || contact->profile == NULL) {
        return;
    }

    who->name = pl_whatsapp_decode_some(contact->profile->name);
    who->username = pl_whatsapp_decode_some(contact->profile->username);

    if (who->username != NULL && who->username[0] == '@') {
        who->username = pl_whatsapp_decode_some(who->username + 1);
    }
}


/*
 * The sender's entry of contacts, wherever it stands. The search goes on
 * where the last one ended: contacts usually have their messages' order.
 */

static const Pl__Wa__WebhookContact *
message_contact(pl_whatsapp_decode_t *d, const Pl__Sender *who)
{
    size_t                         i, n, at;
    const Pl__Wa__WebhookContact  *c;

    n = d->value == NULL ? 0 : d->value->n_contacts;
    at = d->contact;

    for (i = 0; i < n && i < MESSAGE_CONTACTS_MAX; i++, at++) {
        at = at < n ? at : 0;
        c = d->value->contacts[at];

        if (c->bad != NULL) {
            continue;
        }

        if ((who->phone != NULL && c->wa_id != NULL
             && strcmp(who->phone, c->wa_id) == 0)
            || (who->user_id != NULL && c->user_id != NULL
                && strcmp(who->user_id, c->user_id) == 0))
        {
            d->contact = at;
            return c;
        }
    }

    return NULL;
}
