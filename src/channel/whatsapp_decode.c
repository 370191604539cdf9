/*
 * A webhook's body as commands (provider-facts 1.2 to 1.8, 1.12): the
 * envelope. Items have files of their own.
 *
 *     Webhook
 *       entry[]              one for each WhatsApp business account
 *         changes[]          field says what value holds
 *           value
 *             metadata       the number: names the channel
 *             contacts[]     names of senders, in any order
 *             messages[]     each an InboundMessage
 *             statuses[]     each a DeliveryStatus
 *             errors[]       each a ChannelError
 *
 * One item is one command, in the body's order. What an item gets wrong
 * makes it an UnreadableItem and nothing else: the codec keeps an error
 * inside the element that has it, and says so in the element's `bad`. An
 * element that holds items (entry, change) is reported beside those of its
 * items that could be read.
 *
 * Other fields than those that have a row here have other shapes under the
 * same names, so what the codec says about their insides means nothing here:
 * those that are known are read by whatsapp_account.c, the rest is counted as
 * ignored, and stays in the journal.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define DECODE_STEP     24              /* brackets, 20 digits, NUL */
#define DECODE_MS_FROM  100000000000LL  /* a time past this has ms */


typedef struct {
    Pl__Command           command;
    Pl__UnreadableItem    item;
} decode_unreadable_t;

/* What a field's value holds: adds a command for each item. */
typedef struct {
    const char    *name;
    pl_status_t  (*read)(pl_whatsapp_decode_t *d, const Pl__Wa__Value *value);
} decode_field_t;


static pl_status_t decode_room(const Pl__Wa__Webhook *hook,
    pl_whatsapp_decode_t *d);
static size_t decode_items(const Pl__Wa__Value *value);
static char *decode_step(char *p, const char *list, size_t i);
static pl_status_t decode_entry(pl_whatsapp_decode_t *d,
    const Pl__Wa__WebhookEntry *entry, size_t i);
static pl_status_t decode_change(pl_whatsapp_decode_t *d,
    const Pl__Wa__WebhookEntry *entry, size_t j);
static const char *decode_change_mistake(const Pl__Wa__Change *change);
static pl_status_t decode_value(pl_whatsapp_decode_t *d,
    const Pl__Wa__Value *value, const decode_field_t *field);
static pl_status_t decode_messages(pl_whatsapp_decode_t *d,
    const Pl__Wa__Value *value);


static const decode_field_t decode_fields[] = {
    { "messages",           decode_messages },
    { "smb_message_echoes", pl_whatsapp_echoes_decode },
    { "history",            pl_whatsapp_history_decode },
    { "smb_app_state_sync", pl_whatsapp_sync_decode },
};


pl_status_t
pl_whatsapp_decode(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err)
{
    size_t                 i;
    pl_status_t            rc;
    Pl__Wa__Webhook       *hook;
    ProtobufCMessage      *msg;
    pl_whatsapp_decode_t   d;

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
    d.codec = codec;
    d.ar = ar;
    d.codec = codec;
    d.out = out;

    rc = decode_room(hook, &d);

    for (i = 0; rc == PL_OK && i < hook->n_entry; i++) {
        rc = decode_entry(&d, hook->entry[i], i);
    }

    if (rc == PL_OK) {
        return PL_OK;
    }

    out->n_commands = 0;        /* all of a body or nothing */

    if (rc == PL_TOOBIG) {
        return pl_err_set(err, rc, "decode", 0, "more than %d items",
                          PL_ITEMS_MAX);
    }

    return pl_err_set(err, rc, "decode", 0, "no memory for the items");
}


pl_status_t
pl_whatsapp_decode_unreadable(pl_whatsapp_decode_t *d, char *path,
    const char *reason, const ProtobufCBinaryData *raw)
{
    decode_unreadable_t  *out;

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL || path == NULL) {
        return PL_NOMEM;
    }

    pl__unreadable_item__init(&out->item);
    out->item.account = d->account;
    out->item.path = path;
    out->item.reason = pl_whatsapp_const(reason);
    out->item.has_raw = true;
    out->item.raw = *raw;

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_UNREADABLE_ITEM;
    out->command.unreadable_item = &out->item;

    return pl_whatsapp_decode_add(d, &out->command);
}


pl_status_t
pl_whatsapp_decode_add(pl_whatsapp_decode_t *d, Pl__Command *command)
{
    size_t         max;
    Pl__Command  **longer;

    if (d->out->n_commands == d->max) {

        if (d->max >= PL_ITEMS_MAX) {
            return PL_TOOBIG;
        }

        /* more than elements of messages and statuses: of other fields */

        max = d->max < PL_ITEMS_MAX / 2 ? 2 * d->max + 1 : PL_ITEMS_MAX;
        longer = pl_arena_alloc(d->ar, max * sizeof(Pl__Command *));
        if (longer == NULL) {
            return PL_NOMEM;
        }

        memcpy(longer, d->out->commands, d->max * sizeof(Pl__Command *));
        d->out->commands = longer;
        d->max = max;
    }

    d->out->commands[d->out->n_commands++] = command;

    return PL_OK;
}


/* "entry[0].changes[1].value.messages[2]", for every item: no printf. */

char *
pl_whatsapp_decode_path(const pl_whatsapp_decode_t *d, const char *list,
    size_t i)
{
    char  *path;

    path = pl_arena_alloc(d->ar, d->prefix_len + strlen(list) + DECODE_STEP);
    if (path == NULL) {
        return NULL;
    }

    memcpy(path, d->prefix, d->prefix_len);
    *decode_step(path + d->prefix_len, list, i) = '\0';

    return path;
}


void
pl_whatsapp_decode_prefix(pl_whatsapp_decode_t *d, const char *list,
    size_t i)
{
    char  *p;

    p = decode_step(d->prefix + d->prefix_len, list, i);
    *p++ = '.';
    d->prefix_len = (size_t) (p - d->prefix);
}


/* Writes "list[i]"; its end. */

static char *
decode_step(char *p, const char *list, size_t i)
{
    char    digits[DECODE_STEP];
    size_t  n = sizeof(digits), len = strlen(list);

    do {
        digits[--n] = (char) ('0' + i % 10);
        i /= 10;
    } while (i > 0);

    memcpy(p, list, len);
    p += len;
    *p++ = '[';
    memcpy(p, digits + n, sizeof(digits) - n);
    p += sizeof(digits) - n;
    *p++ = ']';

    return p;
}


pl_status_t
pl_whatsapp_decode_part(const pl_whatsapp_decode_t *d,
    const ProtobufCMessageDescriptor *shape, const char *key,
    const ProtobufCBinaryData *json, const char *more,
    const ProtobufCBinaryData *more_json, ProtobufCMessage **out)
{
    char         *text;
    pl_status_t   rc;

    text = pl_arena_printf(d->ar, "{\"%s\":%.*s%s%s%s%.*s}", key,
                           (int) json->len, (const char *) json->data,
                           more != NULL ? ",\"" : "",
                           more != NULL ? more : "",
                           more != NULL ? "\":" : "",
                           more != NULL ? (int) more_json->len : 0,
                           more != NULL ? (const char *) more_json->data
                                        : "");
    if (text == NULL) {
        return PL_NOMEM;
    }

    rc = pl_json_decode(d->codec, shape, pl_str_c(text), 0, d->ar, out, NULL);

    return rc == PL_OK || rc == PL_NOMEM ? rc : PL_NOTFOUND;
}


/* Seconds are promised, milliseconds have been seen. */

int64_t
pl_whatsapp_decode_time(int64_t timestamp)
{
    return timestamp > DECODE_MS_FROM ? timestamp / 1000 : timestamp;
}


/* Meta writes "" where it means nothing. */

char *
pl_whatsapp_decode_some(char *s)
{
    return s != NULL && s[0] != '\0' ? s : NULL;
}


/* Room for every element that could become a command. */

static pl_status_t
decode_room(const Pl__Wa__Webhook *hook, pl_whatsapp_decode_t *d)
{
    size_t                       i, j;
    const Pl__Wa__WebhookEntry  *entry;

    for (i = 0; i < hook->n_entry; i++) {
        entry = hook->entry[i];
        d->max += 1 + entry->n_changes;

        for (j = 0; j < entry->n_changes; j++) {
            if (entry->changes[j]->value != NULL) {
                d->max += decode_items(entry->changes[j]->value);
            }
        }
    }

    if (d->max > PL_ITEMS_MAX) {
        d->max = PL_ITEMS_MAX;
    }

    d->out->commands = pl_arena_alloc(d->ar, d->max * sizeof(Pl__Command *));

    return d->out->commands != NULL ? PL_OK : PL_NOMEM;
}


static size_t
decode_items(const Pl__Wa__Value *value)
{
    size_t                   i, j, n;
    const Pl__Wa__History   *history;

    n = value->n_messages + value->n_statuses + value->n_errors
        + value->n_message_echoes + value->n_state_sync;

    for (i = 0; i < value->n_history; i++) {
        history = value->history[i];
        n += 1 + history->n_errors + history->n_threads;

        for (j = 0; j < history->n_threads; j++) {
            n += history->threads[j]->n_messages;
        }
    }

    return n;
}


static pl_status_t
decode_entry(pl_whatsapp_decode_t *d, const Pl__Wa__WebhookEntry *entry,
    size_t i)
{
    size_t       j;
    pl_status_t  rc;

    for (j = 0; j < entry->n_changes; j++) {
        d->prefix_len = 0;
        pl_whatsapp_decode_prefix(d, "entry", i);
        pl_whatsapp_decode_prefix(d, "changes", j);
        memcpy(d->prefix + d->prefix_len, "value.", strlen("value."));
        d->prefix_len += strlen("value.");

        rc = decode_change(d, entry, j);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (entry->bad == NULL) {
        return PL_OK;
    }

    d->account = NULL;

    return pl_whatsapp_decode_unreadable(d, pl_arena_printf(d->ar,
                                                            "entry[%zu]", i),
                                         entry->bad, &entry->raw);
}


static pl_status_t
decode_change(pl_whatsapp_decode_t *d, const Pl__Wa__WebhookEntry *entry,
    size_t j)
{
    bool                    known;
    char                   *path;
    size_t                  i = 0;
    const char             *mistake, *field;
    pl_status_t             rc;
    const Pl__Wa__Change   *change = entry->changes[j];

    mistake = decode_change_mistake(change);
    field = change->field != NULL ? change->field
                                  : pl_whatsapp_account_field(d, entry);

    /* a field that could not be read is judged by what the value holds */

    while (field != NULL && i < PL_COUNT(decode_fields)
           && strcmp(field, decode_fields[i].name) != 0)
    {
        i++;
    }

    d->account = NULL;

    if (i == PL_COUNT(decode_fields)) {
        rc = pl_whatsapp_account_decode(d, entry, j, field, &known);
        d->out->n_ignored += !known;
        return rc;
    }

    if (change->value != NULL) {
        rc = decode_value(d, change->value, &decode_fields[i]);
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

    return pl_whatsapp_decode_unreadable(d, path, mistake, &change->raw);
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
decode_value(pl_whatsapp_decode_t *d, const Pl__Wa__Value *value,
    const decode_field_t *field)
{
    size_t       i, n = d->out->n_commands, ignored = d->out->n_ignored;
    pl_status_t  rc;

    d->value = value;
    d->contact = 0;

    if (value->metadata != NULL) {
        d->account = pl_whatsapp_decode_some(value->metadata->phone_number_id);
    }

    rc = field->read(d, value);

    for (i = 0; rc == PL_OK && i < value->n_errors; i++) {
        rc = pl_whatsapp_error_decode(d, value->errors[i], i, false);
    }

    /* an empty value, or what this version has no name for */

    if (d->out->n_commands == n && d->out->n_ignored == ignored
        && value->bad == NULL)
    {
        d->out->n_ignored++;
    }

    return rc;
}


static pl_status_t
decode_messages(pl_whatsapp_decode_t *d, const Pl__Wa__Value *value)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < value->n_messages; i++) {
        rc = pl_whatsapp_message_decode(d, value->messages[i], i);

        if (rc == PL_OK) {
            rc = pl_whatsapp_system_decode(d, value->messages[i], i);
        }
    }

    for (i = 0; rc == PL_OK && i < value->n_statuses; i++) {
        rc = pl_whatsapp_status_decode(d, value->statuses[i], i);
    }

    return rc;
}
