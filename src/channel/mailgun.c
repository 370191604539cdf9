/*
 * Mailgun's webhooks (provider-facts 8.2): routes that post mail as a form,
 * parsed or whole (body-mime), and events as JSON. Both are signed by an HMAC
 * over a time and a token of their own, which does not cover the body: so a
 * time that is long over is refused, and a token is good for one body. Another
 * one with it is taken, and says nothing (apply.c).
 */

#include <string.h>

#include "../core/str.h"
#include "mail.pb-c.h"
#include "mail_impl.h"
#include "smtp.h"

#define MAILGUN_COMMANDS  2             /* of a body, at most */
#define MAILGUN_ARENA     (64 * 1024)
#define MAILGUN_TOKEN     128           /* bytes of what is signed */
#define MAILGUN_AGE_S     (12 * 3600)   /* it tries again for 8 h (8.2), and
                                           need not sign anew; a token is known
                                           for longer than this */
#define MAILGUN_AHEAD_S   300           /* of our clock */

/* What a signature is about, as the body says it. */
typedef struct {
    pl_str_t    timestamp;
    pl_str_t    token;
    pl_str_t    signature;
} mailgun_signed_t;

typedef struct {
    const Pl__Mail__MgEvent    *event;
    const ProtobufCBinaryData  *raw;
    pl_arena_t                 *ar;
    pl_decoded_t               *out;
    char                       *account;
    int64_t                     time_s;
} mailgun_t;

static pl_status_t mailgun_verify(const pl_secrets_t *secrets,
    const pl_signed_t *in, pl_err_t *err);
static pl_status_t mailgun_said(pl_str_t body, pl_arena_t *ar,
    mailgun_signed_t *said);
static void mailgun_said_json(pl_str_t body, mailgun_signed_t *said);
static pl_str_t mailgun_string(pl_str_t in, const char *name);
static pl_status_t mailgun_holds(const pl_secrets_t *secrets,
    const mailgun_signed_t *said, int64_t now_s, pl_err_t *err);
static pl_status_t mailgun_timely(const mailgun_signed_t *said,
    int64_t now_s, pl_err_t *err);
static pl_status_t mailgun_decode(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err);
static pl_status_t mailgun_sifted(const pl_codec_t *codec,
    const Pl__Entry *entry, pl_arena_t *ar, pl_decoded_t *out,
    pl_err_t *err);
static pl_status_t mailgun_hook(const pl_codec_t *codec,
    const pl_mail_hook_t *came, pl_arena_t *ar, pl_decoded_t *out,
    pl_err_t *err);
static pl_status_t mailgun_token(pl_str_t body, pl_arena_t *ar,
    pl_decoded_t *out);
static pl_status_t mailgun_mail(const pl_mail_hook_t *came, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err);
static pl_status_t mailgun_fields(const pl_mail_hook_t *came,
    const pl_mail_form_t *form, pl_arena_t *ar, pl_mail_read_t *mail);
static pl_status_t mailgun_event(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err);
static bool mailgun_matters(const Pl__Mail__MgEvent *event);
static pl_status_t mailgun_told(mailgun_t *m);
static pl_status_t mailgun_failed(mailgun_t *m, Pl__DeliveryStatus *status);
static bool mailgun_unreachable(const Pl__Mail__MgEvent *event);
static const char *mailgun_word(const Pl__Mail__MgEvent *event);
static int64_t mailgun_time(const char *text);


#define NAME(shape, field, name)                                              \
    { &pl__mail__##shape##__descriptor, field, PL_RULE_NAME, name, 0 }
#define OPEN(shape)                                                           \
    { &pl__mail__##shape##__descriptor, NULL, PL_RULE_OPEN, NULL, 0 }

static const pl_rule_t mailgun_rows[] = {
    OPEN(mg_headers), NAME(mg_headers, "message_id", "message-id"),
    OPEN(mg_message), OPEN(mg_delivery),
    OPEN(mg_client), NAME(mg_client, "user_agent", "user-agent"),
    OPEN(mg_variables), NAME(mg_variables, "channel", "parley-channel"),
    OPEN(mg_event), NAME(mg_event, "user_variables", "user-variables"),
    NAME(mg_event, "delivery_status", "delivery-status"),
    NAME(mg_event, "client_info", "client-info"),
    OPEN(mailgun), NAME(mailgun, "event_data", "event-data"),
    { &pl__mail__mailgun__descriptor, "raw", PL_RULE_RAW, NULL, 0 },
    { &pl__mail__mailgun__descriptor, "bad", PL_RULE_BAD, NULL, 0 },
};

static const pl_rules_t mailgun_rules = {
    mailgun_rows, PL_COUNT(mailgun_rows)
};

static const ProtobufCMessageDescriptor *const mailgun_shapes[] = {
    &pl__mail__mailgun__descriptor,
};


static const pl_sift_rules_t mailgun_sift = {
    .mail = "body-mime",
    .text = "body-plain",
    .html = "body-html",
};


const pl_channel_t  pl_mailgun = {
    .name     = "mailgun",
    .header   = "authorization",
    .address  = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL,
    .carries  = "smtp",
    .rules    = &mailgun_rules,
    .shapes   = mailgun_shapes,
    .n_shapes = PL_COUNT(mailgun_shapes),
    .verify   = mailgun_verify,
    .decode   = mailgun_decode,
    .sifted   = mailgun_sifted,
    .sift     = &mailgun_sift,
    .came     = pl_mail_came,
    .windows  = pl_smtp_windows,
    .check    = pl_smtp_check,
    .build    = pl_smtp_build_none,
    .classify = pl_smtp_classify,
    .state    = pl_smtp_state,
};


/* ---- who calls ------------------------------------------------------ */

static pl_status_t
mailgun_verify(const pl_secrets_t *secrets, const pl_signed_t *in,
    pl_err_t *err)
{
    size_t             i, len = 0;
    uint8_t           *whole;
    pl_arena_t        *ar;
    pl_status_t        rc;
    mailgun_signed_t   said;

    for (i = 0; i < in->n_body; i++) {
        len += in->body[i].len;
    }

    ar = pl_arena_create(MAILGUN_ARENA, 3 * len + 4 * MAILGUN_ARENA);
    whole = ar == NULL ? NULL : pl_arena_alloc(ar, len + 1);

    if (whole == NULL) {
        pl_arena_destroy(ar);
        return pl_err_set(err, PL_NOMEM, "verify", 0, "no memory");
    }

    for (i = 0, len = 0; i < in->n_body; i++) {
        if (in->body[i].len != 0) {
            memcpy(whole + len, in->body[i].data, in->body[i].len);
            len += in->body[i].len;
        }
    }

    rc = mailgun_said((pl_str_t) { whole, len }, ar, &said);

    rc = rc == PL_OK ? mailgun_holds(secrets, &said, in->now_s, err)
                     : pl_err_set(err, rc, "verify", 0, "no memory");
    pl_arena_destroy(ar);

    return rc;
}


static pl_status_t
mailgun_said(pl_str_t body, pl_arena_t *ar, mailgun_signed_t *said)
{
    pl_status_t     rc;
    pl_mail_form_t  form;

    memset(said, 0, sizeof(*said));

    if (body.len > 0 && body.data[0] == '{') {
        mailgun_said_json(body, said);
        return PL_OK;
    }

    rc = pl_mail_form(body, ar, &form);

    if (rc == PL_OK) {
        said->timestamp = pl_mail_form_value(&form, "timestamp");
        said->token = pl_mail_form_value(&form, "token");
        said->signature = pl_mail_form_value(&form, "signature");
    }

    return rc;
}


/*
 * The three texts of the object under "signature". None of them has an
 * escape; who forges one that is found elsewhere has to have the key.
 */

static void
mailgun_said_json(pl_str_t body, mailgun_signed_t *said)
{
    pl_str_t        inner;
    const uint8_t  *p, *open, *close, *end = pl_mail_end(body);

    p = memmem(body.data, body.len, "\"signature\"", 11);
    open = p == NULL ? NULL : memchr(p, '{', (size_t) (end - p));
    close = open == NULL ? NULL : memchr(open, '}', (size_t) (end - open));

    if (close == NULL) {
        return;
    }

    inner = (pl_str_t) { open, (size_t) (close - open) };
    said->timestamp = mailgun_string(inner, "\"timestamp\"");
    said->token = mailgun_string(inner, "\"token\"");
    said->signature = mailgun_string(inner, "\"signature\"");
}


static pl_str_t
mailgun_string(pl_str_t in, const char *name)
{
    const uint8_t  *p, *stop, *end = pl_mail_end(in);

    p = memmem(in.data, in.len, name, strlen(name));
    p = p == NULL ? NULL : p + strlen(name);

    while (p != NULL && p < end && (*p == ' ' || *p == ':' || *p == '\n')) {
        p++;
    }

    if (p == NULL || p == end || *p != '"') {
        return PL_STR_NULL;
    }

    p++;
    stop = memchr(p, '"', (size_t) (end - p));

    return stop == NULL ? PL_STR_NULL
           : (pl_str_t) { p, (size_t) (stop - p) };
}


static pl_status_t
mailgun_holds(const pl_secrets_t *secrets, const mailgun_signed_t *said,
    int64_t now_s, pl_err_t *err)
{
    size_t        i;
    uint8_t       given[PL_SHA256_LEN], sum[PL_SHA256_LEN];
    pl_str_t      pieces[2] = { said->timestamp, said->token };
    pl_status_t   rc;

    if (said->signature.len == 0) {
        return pl_err_set(err, PL_DENIED, "verify", 0, "signature missing");
    }

    if (said->timestamp.len == 0 || said->timestamp.len > MAILGUN_TOKEN
        || said->token.len == 0 || said->token.len > MAILGUN_TOKEN
        || !pl_hex_decode(said->signature, given, sizeof(given)))
    {
        return pl_err_set(err, PL_DENIED, "verify", 0,
                          "signature malformed");
    }

    for (i = 0; i < secrets->n_macs; i++) {
        rc = pl_mac_sum(secrets->macs[i], pieces, 2, sum);
        if (rc != PL_OK) {
            return pl_err_set(err, rc, "verify", 0, "cannot compute a MAC");
        }

        if (pl_crypto_equal((pl_str_t) { sum, sizeof(sum) },
                            (pl_str_t) { given, sizeof(given) }))
        {
            return mailgun_timely(said, now_s, err);
        }
    }

    return pl_err_set(err, PL_DENIED, "verify", 0, "signature mismatch");
}


static pl_status_t
mailgun_timely(const mailgun_signed_t *said, int64_t now_s, pl_err_t *err)
{
    int64_t  time_s;

    if (now_s == 0) {
        return PL_OK;                   /* nobody's clock was asked */
    }

    if (pl_str_int(said->timestamp, &time_s) != PL_OK
        || time_s < now_s - MAILGUN_AGE_S || time_s > now_s + MAILGUN_AHEAD_S)
    {
        return pl_err_set(err, PL_DENIED, "verify", 0,
                          "signed at another time");
    }

    return PL_OK;
}


/* ---- mail ----------------------------------------------------------- */

static pl_status_t
mailgun_decode(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err)
{
    pl_mail_hook_t  came = { .body = body };

    return mailgun_hook(codec, &came, ar, out, err);
}


static pl_status_t
mailgun_sifted(const pl_codec_t *codec, const Pl__Entry *entry,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err)
{
    pl_mail_hook_t  came;

    pl_mail_hook(entry, &came);

    return mailgun_hook(codec, &came, ar, out, err);
}


static pl_status_t
mailgun_hook(const pl_codec_t *codec, const pl_mail_hook_t *came,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err)
{
    pl_str_t     body = came->body;
    pl_status_t  rc;

    memset(out, 0, sizeof(*out));

    out->commands = pl_arena_alloc(ar, MAILGUN_COMMANDS
                                       * sizeof(Pl__Command *));

    rc = out->commands == NULL ? PL_NOMEM : mailgun_token(body, ar, out);

    if (rc == PL_OK) {
        rc = body.len > 0 && body.data[0] == '{'
             ? mailgun_event(codec, body, ar, out, err)
             : mailgun_mail(came, ar, out, err);
    }

    return rc == PL_NOMEM ? pl_err_set(err, rc, "decode", 0, "no memory")
                          : rc;
}


/* Its signature is good for one body, whichever that was. */

static pl_status_t
mailgun_token(pl_str_t body, pl_arena_t *ar, pl_decoded_t *out)
{
    pl_status_t        rc;
    mailgun_signed_t   said;

    rc = mailgun_said(body, ar, &said);

    if (rc == PL_OK && said.token.len != 0
        && said.token.len <= MAILGUN_TOKEN)
    {
        out->token = pl_utf8_clean(ar, said.token);
        rc = out->token == NULL ? PL_NOMEM : PL_OK;
    }

    return rc;
}


static pl_status_t
mailgun_mail(const pl_mail_hook_t *came, pl_arena_t *ar, pl_decoded_t *out,
    pl_err_t *err)
{
    char                   *recipient = NULL, *token;
    pl_status_t             rc;
    pl_mail_form_t          form;
    pl_mail_read_t         *mail;
    pl_mail_inbound_t       in;
    ProtobufCBinaryData     item = { came->body.len,
                                     (uint8_t *) came->body.data };

    mail = pl_arena_zalloc(ar, sizeof(*mail));
    rc = mail == NULL ? PL_NOMEM : pl_mail_form(came->body, ar, &form);

    if (rc != PL_OK) {
        return rc;
    }

    if (!pl_mail_whole(came, pl_mail_form_value(&form, "body-mime"), ar,
                       mail, &rc))
    {
        rc = mailgun_fields(came, &form, ar, mail);
    }

    if (rc != PL_NOMEM) {
        rc = pl_mail_mailbox(ar, pl_mail_form_value(&form, "recipient"),
                             &recipient, NULL);
    }

    token = pl_arena_str(ar, pl_mail_form_value(&form, "token"));

    if (rc == PL_NOMEM || token == NULL) {
        return PL_NOMEM;
    }

    if (mail->from == NULL || recipient == NULL || token[0] == '\0'
        || strlen(token) > MAILGUN_TOKEN || !pl_utf8_valid(pl_str_c(token)))
    {
        return pl_err_set(err, PL_INVALID, "decode", 0,
                          "a mail without its sender or its recipient");
    }

    memset(&in, 0, sizeof(in));
    in.mail = mail;
    in.recipient = recipient;
    in.id = token;
    in.raw = &item;
    in.hook = came;
    in.time_s = mail->date_s;

    return pl_mail_inbound(&in, ar, out);
}


/* Every header of the mail is a field too. */

static pl_status_t
mailgun_fields(const pl_mail_hook_t *came, const pl_mail_form_t *form,
    pl_arena_t *ar, pl_mail_read_t *mail)
{
    pl_mail_taken_t          taken = pl_mail_hook_taken(came, false);
    size_t                   i;
    pl_str_t                 type = PL_STR("utf-8");
    pl_status_t              rc = PL_OK;
    const pl_mail_field_t   *field;

    mail->cut = form->cut;

    for (i = 0; rc == PL_OK && i < form->n; i++) {
        field = &form->fields[i];

        if (field->filename != NULL) {
            rc = pl_mail_file(mail, ar, field, &taken);

        } else if (pl_str_eq(field->name, PL_STR("body-plain"))) {
            mail->text = pl_mail_utf8(ar, field->value, type);
            rc = mail->text == NULL ? PL_NOMEM : PL_OK;

        } else if (pl_str_eq(field->name, PL_STR("body-html"))) {
            mail->html = pl_mail_utf8(ar, field->value, type);
            rc = mail->html == NULL ? PL_NOMEM : PL_OK;

        } else if (!pl_mail_same(field->name, "content-type")) {
            rc = pl_mail_header(mail, ar, field->name, field->value);
        }
    }

    return rc;
}


/* ---- events --------------------------------------------------------- */

static pl_status_t
mailgun_event(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err)
{
    mailgun_t                   m;
    pl_status_t                 rc;
    const char                 *from = NULL;
    ProtobufCMessage           *msg;
    const Pl__Mail__Mailgun    *hook;

    rc = pl_json_decode(codec, &pl__mail__mailgun__descriptor, body, 0, ar,
                        &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    hook = (const Pl__Mail__Mailgun *) msg;

    if (hook->bad != NULL || hook->event_data == NULL
        || hook->event_data->event == NULL)
    {
        return pl_mail_unreadable(NULL, hook->bad != NULL
                                  ? hook->bad : "event-data.event: required",
                                  &hook->raw, ar, out);
    }

    memset(&m, 0, sizeof(m));
    m.event = hook->event_data;
    m.raw = &hook->raw;
    m.ar = ar;
    m.out = out;
    m.time_s = mailgun_time(m.event->timestamp);

    if (m.event->message != NULL && m.event->message->headers != NULL) {
        from = m.event->message->headers->from;
    }

    if (from == NULL && m.event->user_variables != NULL) {
        from = m.event->user_variables->channel;
    }

    rc = pl_mail_mailbox(ar, pl_str_c(from), &m.account, NULL);

    if (rc == PL_OK) {
        m.account = pl_mail_untagged(ar, m.account);
        rc = m.account == NULL ? PL_NOMEM : mailgun_told(&m);

    } else if (rc == PL_NOTFOUND && mailgun_matters(m.event)) {
        rc = pl_mail_unreadable(NULL, "event-data.message.headers.from: "
                                "required", &hook->raw, ar, out);

    } else if (rc == PL_NOTFOUND) {
        out->n_ignored++;
        rc = PL_OK;
    }

    return rc;
}


/* A refusal, or a failure, is not passed over because it names nobody. */

static bool
mailgun_matters(const Pl__Mail__MgEvent *event)
{
    return strcmp(event->event, "unsubscribed") == 0
           || strcmp(event->event, "complained") == 0
           || strcmp(event->event, "failed") == 0;
}


static pl_status_t
mailgun_told(mailgun_t *m)
{
    char                       *address = NULL;
    const char                 *word = mailgun_word(m->event);
    pl_status_t                 rc;
    const Pl__Mail__MgClient   *client = m->event->client_info;
    Pl__DeliveryStatus         *status = NULL;

    rc = pl_mail_mailbox(m->ar, pl_str_c(m->event->recipient), &address,
                         NULL);
    if (rc == PL_NOMEM) {
        return rc;
    }

    if (word == NULL && strcmp(m->event->event, "unsubscribed") != 0) {
        m->out->n_ignored++;
        return PL_OK;
    }

    rc = word == NULL ? PL_OK
         : pl_mail_status(m->event->message->headers->message_id, m->account,
                          word, m->time_s, m->ar, m->out, &status);

    if (rc == PL_OK && status != NULL) {
        status->recipient = address;
        status->has_raw = true;
        status->raw = *m->raw;
        status->machine = client != NULL
                          && ((client->bot != NULL && client->bot[0] != '\0')
                              || pl_mail_machine(client->user_agent));
        status->has_machine = status->machine;
        rc = strcmp(word, "failed") == 0 ? mailgun_failed(m, status) : PL_OK;
    }

    if (rc == PL_OK && address != NULL
        && (word == NULL || strcmp(word, "complained") == 0))
    {
        rc = pl_mail_refused(m->account, address, "stop", m->time_s, m->ar,
                             m->out);
    }

    return rc;
}


static pl_status_t
mailgun_failed(mailgun_t *m, Pl__DeliveryStatus *status)
{
    Pl__MessageError              *error;
    const Pl__Mail__MgDelivery    *said = m->event->delivery_status;

    error = pl_arena_alloc(m->ar, sizeof(*error));
    if (error == NULL) {
        return PL_NOMEM;
    }

    pl__message_error__init(error);
    error->title = m->event->reason;

    if (said != NULL) {
        error->has_code = said->has_code;
        error->code = said->code;
        error->details = said->message != NULL ? said->message
                                               : said->description;
    }

    status->error = error;
    status->unreachable = mailgun_unreachable(m->event);
    status->has_unreachable = status->unreachable;

    return PL_OK;
}


/* 550, 551 and 553 are of the mailbox, where no better code is told. */

static bool
mailgun_unreachable(const Pl__Mail__MgEvent *event)
{
    const char                    *reason = event->reason;
    const Pl__Mail__MgDelivery    *said = event->delivery_status;

    if (reason == NULL) {
        return false;
    }

    if (said == NULL || strcmp(reason, "bounce") != 0) {
        return strcmp(reason, "suppress-bounce") == 0;
    }

    return pl_mail_unreachable_said(said->message != NULL
                                        && said->message[0] != '\0'
                                    ? said->message : said->description,
                                    said->code == 550 || said->code == 551
                                    || said->code == 553);
}


/* Of smtp's states; NULL: it says nothing of the mail's own. */

static const char *
mailgun_word(const Pl__Mail__MgEvent *event)
{
    const char  *name = event->event;

    if (strcmp(name, "failed") == 0) {
        return event->severity != NULL
               && strcmp(event->severity, "permanent") == 0 ? "failed" : NULL;
    }

    return strcmp(name, "delivered") == 0 ? "delivered"
           : strcmp(name, "rejected") == 0 ? "failed"
           : strcmp(name, "opened") == 0 ? "opened"
           : strcmp(name, "clicked") == 0 ? "clicked"
           : strcmp(name, "complained") == 0 ? "complained" : NULL;
}


/* Seconds before the dot. */

static int64_t
mailgun_time(const char *text)
{
    int64_t  n = 0;

    return text != NULL
           && pl_str_int((pl_str_t) { (const uint8_t *) text,
                                      strcspn(text, ".") }, &n) == PL_OK
           && n > 0 ? n : 0;
}
