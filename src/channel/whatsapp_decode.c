/*
 * A webhook's body as commands (provider-facts 1.2 to 1.8).
 *
 *     Webhook
 *       entry[]              one for each WhatsApp business account
 *         changes[]          field says what value holds
 *           value
 *             metadata       the number: names the channel
 *             contacts[]     names of senders, in any order
 *             messages[]     each an InboundMessage
 *             statuses[]     each a DeliveryStatus
 *             errors[]       of the account; ignored here
 *
 * One item is one command, in the body's order. What an item gets wrong
 * makes it an UnreadableItem and nothing else: the codec keeps an error
 * inside the element that has it, and says so in the element's `bad`. An
 * element that holds items (entry, change) is reported beside those of its
 * items that could be read.
 *
 * Only field `messages` is read. Other fields have other shapes under the
 * same names, so what the codec says about their insides means nothing; they
 * are counted as ignored, and stay in the journal.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define DECODE_PREFIX_MAX    96         /* entry[…].changes[…].value. */
#define DECODE_CONTACTS_MAX  1024       /* looked at for one sender: Meta
                                           batches at most 1000 updates */
#define DECODE_MS_FROM       100000000000LL     /* a time past this has ms */


/* Of one body; account and value are those of the change at hand. */
typedef struct {
    pl_arena_t           *ar;
    pl_decoded_t         *out;
    size_t                max;          /* commands there is room for */
    char                 *account;      /* NULL: the change names none */
    const Pl__Wa__Value  *value;
    size_t                contact;      /* where the last sender was found */
    char                  prefix[DECODE_PREFIX_MAX];
    size_t                prefix_len;
} decode_t;

/* What becomes of one message or status: one piece of memory. */
typedef struct {
    Pl__Command           command;
    Pl__InboundMessage    message;
    Pl__Sender            from;
    Pl__Content           content;
    union {
        Pl__Text          text;
        Pl__Reply         reply;
    } of;
} decode_message_t;

typedef struct {
    Pl__Command           command;
    Pl__DeliveryStatus    status;
    Pl__MessageError      error;
} decode_status_t;

typedef struct {
    Pl__Command           command;
    Pl__UnreadableItem    item;
} decode_unreadable_t;


static pl_status_t decode_room(const Pl__Wa__Webhook *hook, decode_t *d);
static pl_status_t decode_entry(decode_t *d, const Pl__Wa__WebhookEntry *entry,
    size_t i);
static pl_status_t decode_change(decode_t *d, const Pl__Wa__Change *change);
static const char *decode_change_mistake(const Pl__Wa__Change *change);
static pl_status_t decode_value(decode_t *d, const Pl__Wa__Value *value);
static pl_status_t decode_message(decode_t *d, const Pl__Wa__InMessage *in,
    size_t i);
static const char *decode_message_mistake(const decode_t *d,
    const Pl__Wa__InMessage *in);
static void decode_sender(decode_t *d, const Pl__Wa__InMessage *in,
    Pl__Sender *from);
static const Pl__Wa__WebhookContact *decode_contact(decode_t *d,
    const Pl__Sender *from);
static void decode_content(const Pl__Wa__InMessage *in,
    decode_message_t *out);
static bool decode_reply(const Pl__Wa__InMessage *in, Pl__Reply *reply);
static pl_status_t decode_status(decode_t *d, const Pl__Wa__Status *in,
    size_t i);
static void decode_error(const Pl__Wa__Status *in, decode_status_t *out);
static bool decode_tag(const char *tag, uint64_t *message);
static pl_status_t decode_unreadable(decode_t *d, char *path,
    const char *reason, const ProtobufCBinaryData *raw);
static pl_status_t decode_add(decode_t *d, Pl__Command *command);
static char *decode_path(decode_t *d, const char *list, size_t i);
static int64_t decode_time(int64_t timestamp);
static char *decode_some(char *s);
static char *decode_const(const char *s);


pl_status_t
pl_whatsapp_decode(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err)
{
    size_t            i;
    decode_t          d;
    pl_status_t       rc;
    Pl__Wa__Webhook  *hook;
    ProtobufCMessage *msg;

    memset(out, 0, sizeof(*out));

    rc = pl_json_decode(codec, &pl__wa__webhook__descriptor, body, 0, ar,
                        &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    hook = (Pl__Wa__Webhook *) msg;

    if (strcmp(hook->object, "whatsapp_business_account") != 0) {
        out->n_ignored = 1;
        return PL_OK;
    }

    memset(&d, 0, sizeof(d));
    d.ar = ar;
    d.out = out;

    rc = decode_room(hook, &d);

    for (i = 0; rc == PL_OK && i < hook->n_entry; i++) {
        rc = decode_entry(&d, hook->entry[i], i);
    }

    if (rc == PL_TOOBIG) {
        return pl_err_set(err, rc, "decode", 0, "more than %d items",
                          PL_ITEMS_MAX);
    }

    if (rc != PL_OK) {
        return pl_err_set(err, rc, "decode", 0, "no memory for the items");
    }

    return PL_OK;
}


/* Room for every element that could become a command. */

static pl_status_t
decode_room(const Pl__Wa__Webhook *hook, decode_t *d)
{
    size_t                       i, j;
    const Pl__Wa__Value         *value;
    const Pl__Wa__WebhookEntry  *entry;

    for (i = 0; i < hook->n_entry; i++) {
        entry = hook->entry[i];
        d->max += 1 + entry->n_changes;

        for (j = 0; j < entry->n_changes; j++) {
            value = entry->changes[j]->value;

            if (value != NULL) {
                d->max += value->n_messages + value->n_statuses;
            }
        }
    }

    if (d->max > PL_ITEMS_MAX) {
        d->max = PL_ITEMS_MAX;
    }

    d->out->commands = pl_arena_alloc(d->ar, d->max * sizeof(Pl__Command *));

    return d->out->commands != NULL ? PL_OK : PL_NOMEM;
}


static pl_status_t
decode_entry(decode_t *d, const Pl__Wa__WebhookEntry *entry, size_t i)
{
    size_t       j;
    pl_status_t  rc;

    for (j = 0; j < entry->n_changes; j++) {
        d->prefix_len = (size_t) snprintf(d->prefix, sizeof(d->prefix),
                                          "entry[%zu].changes[%zu].value.",
                                          i, j);

        rc = decode_change(d, entry->changes[j]);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (entry->bad == NULL) {
        return PL_OK;
    }

    d->account = NULL;

    return decode_unreadable(d, pl_arena_printf(d->ar, "entry[%zu]", i),
                             entry->bad, &entry->raw);
}


static pl_status_t
decode_change(decode_t *d, const Pl__Wa__Change *change)
{
    char         *path;
    const char   *mistake = decode_change_mistake(change);
    pl_status_t   rc;

    if (change->field != NULL && strcmp(change->field, "messages") != 0) {
        d->out->n_ignored++;
        return PL_OK;
    }

    d->account = NULL;

    if (change->value != NULL) {
        rc = decode_value(d, change->value);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (mistake == NULL) {
        return PL_OK;
    }

    path = pl_arena_printf(d->ar, "%.*s",
                           (int) (d->prefix_len - strlen(".value.")),
                           d->prefix);

    return decode_unreadable(d, path, mistake, &change->raw);
}


static const char *
decode_change_mistake(const Pl__Wa__Change *change)
{
    if (change->bad != NULL) {
        return change->bad;
    }

    return change->value != NULL ? change->value->bad : "value: required";
}


static pl_status_t
decode_value(decode_t *d, const Pl__Wa__Value *value)
{
    size_t       i;
    pl_status_t  rc;

    d->value = value;
    d->contact = 0;

    if (value->metadata != NULL) {
        d->account = decode_some(value->metadata->phone_number_id);
    }

    /* an empty value, or what this version has no name for */

    if (value->n_messages + value->n_statuses + value->n_errors == 0
        && value->bad == NULL)
    {
        d->out->n_ignored++;
    }

    d->out->n_ignored += value->n_errors;

    for (i = 0; i < value->n_messages; i++) {
        rc = decode_message(d, value->messages[i], i);
        if (rc != PL_OK) {
            return rc;
        }
    }

    for (i = 0; i < value->n_statuses; i++) {
        rc = decode_status(d, value->statuses[i], i);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
decode_message(decode_t *d, const Pl__Wa__InMessage *in, size_t i)
{
    char              *path = decode_path(d, "messages", i);
    const char        *mistake = decode_message_mistake(d, in);
    decode_message_t  *out;

    if (mistake != NULL) {
        return decode_unreadable(d, path, mistake, &in->raw);
    }

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL || path == NULL) {
        return PL_NOMEM;
    }

    pl__sender__init(&out->from);
    decode_sender(d, in, &out->from);

    if (out->from.phone == NULL && out->from.user_id == NULL) {
        return decode_unreadable(d, path, "no sender", &in->raw);
    }

    decode_content(in, out);

    pl__inbound_message__init(&out->message);
    out->message.account = d->account;
    out->message.from = &out->from;
    out->message.provider_id = in->id;
    out->message.time_s = decode_time(in->timestamp);
    out->message.content = &out->content;
    out->message.group_id = decode_some(in->group_id);
    out->message.reply_to = in->context != NULL
                            ? decode_some(in->context->id) : NULL;
    out->message.path = path;
    out->message.has_raw = true;
    out->message.raw = in->raw;

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    out->command.inbound_message = &out->message;

    return decode_add(d, &out->command);
}


static const char *
decode_message_mistake(const decode_t *d, const Pl__Wa__InMessage *in)
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
decode_sender(decode_t *d, const Pl__Wa__InMessage *in, Pl__Sender *from)
{
    const Pl__Wa__WebhookContact  *contact;

    from->phone = decode_some(in->from);
    from->user_id = decode_some(in->from_user_id);
    from->parent_user_id = decode_some(in->from_parent_user_id);

    if (from->phone == NULL && from->user_id == NULL
        && in->system != NULL && in->system->bad == NULL)
    {
        from->user_id = decode_some(in->system->previous_user_id);

        if (from->user_id == NULL) {
            from->user_id = decode_some(in->system->user_id);
        }
    }

    contact = decode_contact(d, from);

    if (contact == NULL || contact->profile == NULL) {
        return;
    }

    from->name = decode_some(contact->profile->name);
    from->username = decode_some(contact->profile->username);

    if (from->username != NULL && from->username[0] == '@') {
        from->username = decode_some(from->username + 1);
    }
}


/*
 * The sender's entry of contacts, wherever it stands. The search goes on
 * where the last one ended: contacts usually have their messages' order.
 */

static const Pl__Wa__WebhookContact *
decode_contact(decode_t *d, const Pl__Sender *from)
{
    size_t                         i, n, at;
    const Pl__Wa__WebhookContact  *c;

    n = d->value->n_contacts;
    at = d->contact;

    for (i = 0; i < n && i < DECODE_CONTACTS_MAX; i++, at++) {
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
decode_content(const Pl__Wa__InMessage *in, decode_message_t *out)
{
    Pl__Content  *content = &out->content;

    pl__content__init(content);
    content->type = in->type;

    if (in->text != NULL && strcmp(in->type, "text") == 0) {
        pl__text__init(&out->of.text);
        out->of.text.body = in->text->body;

        content->of_case = PL__CONTENT__OF_TEXT;
        content->text = &out->of.text;

    } else if (decode_reply(in, &out->of.reply)) {
        content->of_case = PL__CONTENT__OF_REPLY;
        content->reply = &out->of.reply;

    } else {
        content->has_raw = true;
        content->raw = in->raw;
    }
}


static bool
decode_reply(const Pl__Wa__InMessage *in, Pl__Reply *reply)
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


static pl_status_t
decode_status(decode_t *d, const Pl__Wa__Status *in, size_t i)
{
    char             *path = decode_path(d, "statuses", i);
    const char       *mistake = in->bad;
    decode_status_t  *out;

    if (mistake == NULL && d->account == NULL) {
        mistake = "metadata.phone_number_id: required";
    }

    if (mistake != NULL) {
        return decode_unreadable(d, path, mistake, &in->raw);
    }

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL || path == NULL) {
        return PL_NOMEM;
    }

    pl__delivery_status__init(&out->status);
    out->status.account = d->account;
    out->status.provider_id = in->id;
    out->status.status = in->status;
    out->status.time_s = decode_time(in->timestamp);
    out->status.has_message = decode_tag(in->biz_opaque_callback_data,
                                         &out->status.message);
    out->status.recipient = decode_some(in->recipient_id);
    out->status.path = path;
    out->status.has_raw = true;
    out->status.raw = in->raw;

    if (out->status.recipient == NULL) {
        out->status.recipient = decode_some(in->recipient_user_id);
    }

    decode_error(in, out);

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    out->command.delivery_status = &out->status;

    return decode_add(d, &out->command);
}


/* The first is the reason; Meta has not been seen to send a second. */

static void
decode_error(const Pl__Wa__Status *in, decode_status_t *out)
{
    const Pl__Wa__ErrorItem  *item;

    if (in->n_errors == 0 || in->errors[0]->bad != NULL) {
        return;
    }

    item = in->errors[0];

    pl__message_error__init(&out->error);
    out->error.has_code = item->has_code;
    out->error.code = item->code;
    out->error.title = decode_some(item->title);

    if (item->error_data != NULL) {
        out->error.details = decode_some(item->error_data->details);
    }

    out->status.error = &out->error;
}


/* Other systems may send over the same number: only our form counts. */

static bool
decode_tag(const char *tag, uint64_t *message)
{
    int64_t   n;
    pl_str_t  s = pl_str_c(tag), prefix = PL_STR(PL_WHATSAPP_TAG);

    if (s.len <= prefix.len || memcmp(s.data, prefix.data, prefix.len) != 0) {
        return false;
    }

    s.data += prefix.len;
    s.len -= prefix.len;

    if (s.data[0] < '1' || s.data[0] > '9' || pl_str_int(s, &n) != PL_OK) {
        return false;
    }

    *message = (uint64_t) n;

    return true;
}


static pl_status_t
decode_unreadable(decode_t *d, char *path, const char *reason,
    const ProtobufCBinaryData *raw)
{
    decode_unreadable_t  *out;

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL || path == NULL) {
        return PL_NOMEM;
    }

    pl__unreadable_item__init(&out->item);
    out->item.account = d->account;
    out->item.path = path;
    out->item.reason = decode_const(reason);
    out->item.has_raw = true;
    out->item.raw = *raw;

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_UNREADABLE_ITEM;
    out->command.unreadable_item = &out->item;

    return decode_add(d, &out->command);
}


static pl_status_t
decode_add(decode_t *d, Pl__Command *command)
{
    if (d->out->n_commands == d->max) {
        return PL_TOOBIG;
    }

    d->out->commands[d->out->n_commands++] = command;

    return PL_OK;
}


/* "entry[0].changes[1].value.messages[2]", for every item: no printf. */

static char *
decode_path(decode_t *d, const char *list, size_t i)
{
    char    digits[24], *path, *p;
    size_t  n = sizeof(digits), len = strlen(list);

    do {
        digits[--n] = (char) ('0' + i % 10);
        i /= 10;
    } while (i > 0);

    path = pl_arena_alloc(d->ar, d->prefix_len + len + sizeof(digits) + 3);
    if (path == NULL) {
        return NULL;
    }

    p = path;
    memcpy(p, d->prefix, d->prefix_len);
    p += d->prefix_len;
    memcpy(p, list, len);
    p += len;
    *p++ = '[';
    memcpy(p, digits + n, sizeof(digits) - n);
    p += sizeof(digits) - n;
    *p++ = ']';
    *p = '\0';

    return path;
}


/* Seconds are promised, milliseconds have been seen. */

static int64_t
decode_time(int64_t timestamp)
{
    return timestamp > DECODE_MS_FROM ? timestamp / 1000 : timestamp;
}


/* Meta writes "" where it means nothing. */

static char *
decode_some(char *s)
{
    return s != NULL && s[0] != '\0' ? s : NULL;
}


/* protobuf-c's strings are not const; nobody writes into a command's. */

static char *
decode_const(const char *s)
{
    return (char *) (uintptr_t) s;
}
