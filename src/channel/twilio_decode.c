/*
 * A webhook's form as a command (provider-facts 7.1, 7.2): an inbound message
 * where it was received, else the status of one that was sent. A message with
 * several files becomes one command for each, whose ids have their numbers
 * behind them, since a message of ours has one file.
 *
 * Twilio says no time: items have none until pl_twilio_came gives them that
 * of their entry, and are known again by their ids alone (untimed).
 *
 * A form is not JSON: what is kept of an item beside its fields, and shown,
 * is an object of all its parameters.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "twilio_impl.h"

/* What becomes of one item: one piece of memory. */
typedef struct {
    Pl__Command           command;
    Pl__InboundMessage    message;
    Pl__DeliveryStatus    status;
    Pl__MessageError      error;
    Pl__Sender            from;
    Pl__Content           content;
} item_t;

typedef struct {
    const pl_codec_t        *codec;
    pl_arena_t              *ar;
    const Pl__Tw__Webhook   *in;
    pl_twilio_pair_t        *pairs;
    size_t                   n_pairs;
    ProtobufCBinaryData      raw;
    pl_decoded_t            *out;
} decode_t;


static pl_status_t decode_inbound(decode_t *d, pl_err_t *err);
static pl_status_t decode_message(decode_t *d, size_t i, size_t n);
static void decode_sender(decode_t *d, Pl__Sender *from);
static void decode_opt_out(const char *word, Pl__InboundMessage *out);
static pl_status_t decode_status(decode_t *d);
static pl_status_t decode_error(decode_t *d, item_t *item);
static pl_status_t decode_raw(decode_t *d);
static item_t *decode_item(decode_t *d);
static const char *decode_wrong(const Pl__Tw__Webhook *in);
static bool came_tag(const char *query, pl_arena_t *ar, uint64_t *id,
    char **mark);


pl_status_t
pl_twilio_decode(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err)
{
    decode_t           d = { 0 };
    const char        *wrong;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    memset(out, 0, sizeof(*out));

    /* what is signed by its hash, with anybody's token, is no form: a form is
       signed by its parameters, one of which says whose it is */

    if (body.len != 0 && body.data[0] == '{') {
        return pl_err_set(err, PL_INVALID, "decode", 0, "not a form");
    }

    rc = pl_form_decode(codec, &pl__tw__webhook__descriptor, body, ar, &msg,
                        err);
    if (rc != PL_OK) {
        return rc;
    }

    d.codec = codec;
    d.ar = ar;
    d.in = (Pl__Tw__Webhook *) msg;
    d.out = out;

    wrong = decode_wrong(d.in);

    if (wrong != NULL) {
        (void) pl_err_set(err, PL_INVALID, "decode", 0, "required");
        pl_err_path(err, "%s", wrong);
        return PL_INVALID;
    }

    rc = pl_twilio_form(body, ar, &d.pairs, &d.n_pairs, err);
    if (rc != PL_OK) {
        return rc == PL_TOOBIG ? PL_INVALID : rc;
    }

    rc = decode_raw(&d);

    if (rc == PL_OK) {
        out->commands = pl_arena_alloc(ar, PL_TWILIO_MEDIA_MAX
                                           * sizeof(*out->commands));
        rc = out->commands == NULL ? PL_NOMEM : PL_OK;
    }

    if (rc == PL_OK) {
        rc = d.in->message_status != NULL ? decode_status(&d)
                                          : decode_inbound(&d, err);
    }

    if (rc == PL_OK) {
        return PL_OK;
    }

    out->n_commands = 0;

    return pl_err_set(err, rc, "decode", 0, "no memory for the items");
}


pl_status_t
pl_twilio_came(const Pl__Entry *entry, pl_arena_t *ar, pl_decoded_t *out)
{
    bool          tagged;
    char         *mark = NULL;
    size_t        i;
    uint64_t      id = 0;
    Pl__Command  *command;

    tagged = entry->query != NULL && came_tag(entry->query, ar, &id, &mark);

    for (i = 0; i < out->n_commands; i++) {
        command = out->commands[i];

        if (command->of_case == PL__COMMAND__OF_INBOUND_MESSAGE) {
            command->inbound_message->time_s = entry->time_ms / 1000;

        } else if (command->of_case == PL__COMMAND__OF_DELIVERY_STATUS) {
            command->delivery_status->time_s = entry->time_ms / 1000;
            command->delivery_status->has_message = tagged;
            command->delivery_status->message = id;
            command->delivery_status->mark = mark;
        }
    }

    return PL_OK;
}


/* Nothing repeats one that was refused, unless its URL asks for it. */

bool
pl_twilio_statuses_only(pl_str_t body)
{
    (void) body;

    return false;
}


/* What both kinds need beside ids, which the codec requires. */

static const char *
decode_wrong(const Pl__Tw__Webhook *in)
{
    if (in->account_sid[0] == '\0') {
        return "AccountSid";
    }

    if (in->message_sid[0] == '\0') {
        return "MessageSid";
    }

    if (pl_twilio_some(in->from) == NULL) {
        return "From";
    }

    return pl_twilio_some(in->to) == NULL ? "To" : NULL;
}


static pl_status_t
decode_inbound(decode_t *d, pl_err_t *err)
{
    size_t       i, n;
    pl_status_t  rc;

    (void) err;

    n = d->in->has_num_media ? d->in->num_media : 0;

    if (n > PL_TWILIO_MEDIA_MAX) {
        n = PL_TWILIO_MEDIA_MAX;
    }

    for (i = 0; i == 0 || i < n; i++) {
        rc = decode_message(d, i, n);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
decode_message(decode_t *d, size_t i, size_t n)
{
    item_t                  *item = decode_item(d);
    pl_status_t              rc;
    Pl__InboundMessage      *out;
    const Pl__Tw__Webhook   *in = d->in;

    if (item == NULL) {
        return PL_NOMEM;
    }

    pl__content__init(&item->content);

    rc = pl_twilio_content(d->codec, in, d->pairs, n == 0 ? 0 : d->n_pairs,
                           i, d->ar, &item->content);
    if (rc != PL_OK) {
        return rc;
    }

    item->content.has_raw = true;
    item->content.raw = d->raw;

    pl__sender__init(&item->from);
    decode_sender(d, &item->from);

    out = &item->message;
    pl__inbound_message__init(out);
    out->account = pl_twilio_account(d->ar, in->account_sid, in->to);
    out->from = &item->from;
    out->provider_id = i == 0 ? in->message_sid
                              : pl_arena_printf(d->ar, "%s:%zu",
                                                in->message_sid, i);
    out->has_untimed = out->untimed = true;
    out->content = &item->content;
    out->reply_to = pl_twilio_some(in->replied_sid);
    out->path = pl_twilio_const("MessageSid");
    out->has_raw = true;
    out->raw = d->raw;
    out->has_segments = in->has_num_segments && i == 0
                        && !pl_twilio_whatsapp(in->from);
    out->segments = in->num_segments;
    decode_opt_out(in->opt_out_type, out);

    if (out->account == NULL || out->provider_id == NULL
        || pl_twilio_context(in, d->ar, &out->context) != PL_OK)
    {
        return PL_NOMEM;
    }

    item->command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    item->command.inbound_message = out;

    return PL_OK;
}


/* What is no number is an id of theirs: a name, or WhatsApp's own. */

static void
decode_sender(decode_t *d, Pl__Sender *from)
{
    from->phone = pl_twilio_digits(d->ar, d->in->from);
    from->user_id = pl_twilio_some(d->in->external_user_id);
    from->name = pl_twilio_some(d->in->profile_name);

    if (from->phone == NULL && from->user_id == NULL) {
        from->user_id = pl_twilio_whatsapp(d->in->from)
                        ? d->in->from + strlen(PL_TWILIO_PREFIX)
                        : d->in->from;
    }
}


static void
decode_opt_out(const char *word, Pl__InboundMessage *out)
{
    size_t  i;

    static const struct {
        const char   *word;
        Pl__OptOut    is;
    } rows[] = {
        { "STOP",  PL__OPT_OUT__OPT_OUT_STOP },
        { "START", PL__OPT_OUT__OPT_OUT_START },
        { "HELP",  PL__OPT_OUT__OPT_OUT_HELP },
    };

    for (i = 0; word != NULL && i < PL_COUNT(rows); i++) {
        if (strcmp(word, rows[i].word) == 0) {
            out->has_opt_out = true;
            out->opt_out = rows[i].is;
        }
    }
}


static pl_status_t
decode_status(decode_t *d)
{
    item_t                  *item = decode_item(d);
    Pl__DeliveryStatus      *out;
    const Pl__Tw__Webhook   *in = d->in;

    if (item == NULL) {
        return PL_NOMEM;
    }

    out = &item->status;
    pl__delivery_status__init(out);
    out->account = pl_twilio_account(d->ar, in->account_sid, in->from);
    out->provider_id = in->message_sid;
    out->status = in->message_status;
    out->recipient = pl_twilio_digits(d->ar, in->to);
    out->path = pl_twilio_const("MessageSid");
    out->has_raw = true;
    out->raw = d->raw;
    out->price = pl_twilio_some(in->price);
    out->price_unit = pl_twilio_some(in->price_unit);
    out->has_segments = in->has_num_segments && in->num_segments != 0;
    out->segments = in->num_segments;

    if (out->account == NULL) {
        return PL_NOMEM;
    }

    if (in->has_error_code && in->error_code != 0
        && decode_error(d, item) != PL_OK)
    {
        return PL_NOMEM;
    }

    item->command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    item->command.delivery_status = out;

    return PL_OK;
}


/* Its words are the table's: what Twilio writes there may name a number. */

static pl_status_t
decode_error(decode_t *d, item_t *item)
{
    const pl_twilio_error_t  *row = pl_twilio_error(d->in->error_code);

    pl__message_error__init(&item->error);
    item->error.has_code = true;
    item->error.code = d->in->error_code;
    item->error.title = row == NULL ? NULL
                        : pl_twilio_const(pl_twilio_class_name(row->class));

    item->status.error = &item->error;
    item->status.window_closed = d->in->error_code == PL_TWILIO_WINDOW;
    item->status.has_window_closed = item->status.window_closed;

    return PL_OK;
}


static pl_status_t
decode_raw(decode_t *d)
{
    size_t                i, k, n;
    pl_str_t              json;
    pl_status_t           rc;
    Pl__Tw__Parameter    *list, **rows;
    Pl__Tw__Parameters    all = PL__TW__PARAMETERS__INIT;

    n = d->n_pairs;
    list = pl_arena_alloc(d->ar, (n + 1) * sizeof(*list));
    rows = pl_arena_alloc(d->ar, (n + 1) * sizeof(*rows));
    if (list == NULL || rows == NULL) {
        return PL_NOMEM;
    }

    for (i = 0, k = 0; i < n; i++) {
        pl__tw__parameter__init(&list[k]);
        list[k].name = pl_utf8_clean(d->ar, d->pairs[i].name);
        list[k].value = pl_utf8_clean(d->ar, d->pairs[i].value);
        if (list[k].name == NULL || list[k].value == NULL) {
            return PL_NOMEM;
        }

        rows[k] = &list[k];
        k++;
    }

    all.form = rows;
    all.n_form = k;

    rc = pl_json_encode(d->codec, &all.base, d->ar, &json, NULL);
    if (rc != PL_OK) {
        return rc;
    }

    d->raw.data = (uint8_t *) (uintptr_t) json.data;
    d->raw.len = json.len;

    return PL_OK;
}


/* Its place among the commands is taken. NULL: no memory. */

static item_t *
decode_item(decode_t *d)
{
    item_t  *item;

    item = pl_arena_alloc(d->ar, sizeof(*item));
    if (item != NULL) {
        pl__command__init(&item->command);
        d->out->commands[d->out->n_commands++] = &item->command;
    }

    return item;
}


/* m=ID:MARK, as twilio_build.c has put it there. */

static bool
came_tag(const char *query, pl_arena_t *ar, uint64_t *id, char **mark)
{
    size_t       len, i;
    int64_t      n;
    pl_str_t     s;
    const char  *p, *colon;

    for (p = query; p != NULL; p = strchr(p, '&')) {
        p += *p == '&';
        len = strcspn(p, "&");

        if (len < 4 || strncmp(p, PL_TWILIO_TAG "=", 2) != 0) {
            continue;
        }

        colon = memchr(p, ':', len);
        if (colon == NULL) {
            return false;
        }

        s = (pl_str_t) { (const uint8_t *) p + 2, (size_t) (colon - p) - 2 };
        i = (size_t) (colon - p) + 1;

        if (s.len == 0 || s.data[0] < '1' || s.data[0] > '9' || i == len
            || pl_str_int(s, &n) != PL_OK)
        {
            return false;
        }

        *id = (uint64_t) n;
        *mark = pl_arena_str(ar, (pl_str_t) { (const uint8_t *) p + i,
                                              len - i });
        return *mark != NULL;
    }

    return false;
}
