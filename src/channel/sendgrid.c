/*
 * SendGrid's webhooks (provider-facts 8.3): Inbound Parse, a form with the
 * mail parsed or whole (email), and events, an array of JSON. Whoever calls
 * has a name and a password in the URL that SendGrid was given, or signs its
 * events (ECDSA over their time and their bytes).
 */

#include <string.h>

#include "../core/str.h"
#include "mail.pb-c.h"
#include "mail_impl.h"
#include "smtp.h"

#define SENDGRID_KEY_MAX  512           /* of a key, of a signature */
#define SENDGRID_ARENA    4096

static pl_sign_t *sendgrid_key(pl_str_t secret);
static pl_status_t sendgrid_verify(const pl_secrets_t *secrets,
    const pl_signed_t *in, pl_err_t *err);
static pl_status_t sendgrid_joined(const pl_secrets_t *secrets,
    const pl_signed_t *in, pl_err_t *err);
static pl_status_t sendgrid_signed(const pl_secrets_t *secrets,
    const pl_signed_t *in, pl_str_t body, pl_err_t *err);
static pl_status_t sendgrid_decode(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err);
static pl_status_t sendgrid_sifted(const pl_codec_t *codec,
    const Pl__Entry *entry, pl_arena_t *ar, pl_decoded_t *out,
    pl_err_t *err);
static pl_status_t sendgrid_hook(const pl_codec_t *codec,
    const pl_mail_hook_t *came, pl_arena_t *ar, pl_decoded_t *out,
    pl_err_t *err);
static pl_status_t sendgrid_mail(const pl_codec_t *codec,
    const pl_mail_hook_t *came, pl_arena_t *ar, pl_decoded_t *out,
    pl_err_t *err);
static pl_status_t sendgrid_fields(const pl_mail_hook_t *came,
    const pl_mail_form_t *form, pl_arena_t *ar, pl_mail_read_t *mail);
static pl_status_t sendgrid_headers(pl_str_t headers, pl_arena_t *ar,
    pl_mail_read_t *mail);
static pl_str_t sendgrid_charset(const pl_mail_form_t *form,
    const char *field);
static pl_status_t sendgrid_recipient(const pl_codec_t *codec,
    const pl_mail_form_t *form, pl_arena_t *ar, char **recipient);
static pl_status_t sendgrid_events(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err);
static pl_status_t sendgrid_event(const Pl__Mail__SgEvent *event,
    pl_arena_t *ar, pl_decoded_t *out);
static pl_status_t sendgrid_status(const Pl__Mail__SgEvent *event,
    const char *account, const char *word, pl_arena_t *ar,
    pl_decoded_t *out);
static bool sendgrid_unreachable(const Pl__Mail__SgEvent *event);
static const char *sendgrid_word(const Pl__Mail__SgEvent *event);
static int sendgrid_code(const char *status);


#define OPEN(shape)                                                           \
    { &pl__mail__##shape##__descriptor, NULL, PL_RULE_OPEN, NULL, 0 }

static const pl_rule_t sendgrid_rows[] = {
    OPEN(sg_event),
    { &pl__mail__sg_event__descriptor, "smtp_id", PL_RULE_NAME, "smtp-id",
      0 },
    { &pl__mail__sg_event__descriptor, "channel", PL_RULE_NAME,
      "parley-channel", 0 },
    { &pl__mail__sg_event__descriptor, "machine", PL_RULE_NAME,
      "sg_machine_open", 0 },
    { &pl__mail__sg_event__descriptor, "raw", PL_RULE_RAW, NULL, 0 },
    { &pl__mail__sg_event__descriptor, "bad", PL_RULE_BAD, NULL, 0 },
    OPEN(sendgrid),
    { &pl__mail__sendgrid__descriptor, "events", PL_RULE_LEN_MAX, NULL,
      PL_ITEMS_MAX / 2 },
    OPEN(sg_envelope),
};

static const pl_rules_t sendgrid_rules = {
    sendgrid_rows, PL_COUNT(sendgrid_rows)
};

static const ProtobufCMessageDescriptor *const sendgrid_shapes[] = {
    &pl__mail__sendgrid__descriptor,
    &pl__mail__sg_envelope__descriptor,
};


static const pl_sift_rules_t sendgrid_sift = {
    .mail = "email",
    .text = "text",
    .html = "html",
};


const pl_channel_t  pl_sendgrid = {
    .name     = "sendgrid",
    .header   = "authorization",
    .address  = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL,
    .carries  = "smtp",
    .rules    = &sendgrid_rules,
    .shapes   = sendgrid_shapes,
    .n_shapes = PL_COUNT(sendgrid_shapes),
    .beside   = "x-twilio-email-event-webhook-signature",
    .stamp    = "x-twilio-email-event-webhook-timestamp",
    .key      = sendgrid_key,
    .verify   = sendgrid_verify,
    .decode   = sendgrid_decode,
    .sifted   = sendgrid_sifted,
    .sift     = &sendgrid_sift,
    .came     = pl_mail_came,
    .windows  = pl_smtp_windows,
    .check    = pl_smtp_check,
    .build    = pl_smtp_build_none,
    .classify = pl_smtp_classify,
    .state    = pl_smtp_state,
};


/* ---- who calls ------------------------------------------------------ */

/* In base64, which has no ":", as name and password have. */

static pl_sign_t *
sendgrid_key(pl_str_t secret)
{
    pl_str_t     spki;
    pl_sign_t   *key = NULL;
    pl_arena_t  *ar;

    if (secret.len > SENDGRID_KEY_MAX
        || memchr(secret.data, ':', secret.len) != NULL)
    {
        return NULL;
    }

    ar = pl_arena_create(SENDGRID_ARENA, SENDGRID_ARENA);
    if (ar == NULL) {
        return NULL;
    }

    if (pl_base64_decode(ar, secret, &spki) == PL_OK) {
        key = pl_sign_p256(spki);
    }

    pl_arena_destroy(ar);

    return key;
}


/*
 * Events are signed, where the location has a key for it: then nothing else is
 * asked of them, and nothing less is enough. Mail comes with name and
 * password.
 */

static pl_status_t
sendgrid_verify(const pl_secrets_t *secrets, const pl_signed_t *in,
    pl_err_t *err)
{
    bool    keys = false;
    size_t  i;

    for (i = 0; secrets->keys != NULL && i < secrets->n_macs; i++) {
        keys = keys || secrets->keys[i] != NULL;
    }

    if (!keys || in->n_body == 0 || in->body[0].len == 0
        || in->body[0].data[0] != '[')
    {
        return pl_mail_basic(secrets, in, err);
    }

    return in->n_body == 1 ? sendgrid_signed(secrets, in, in->body[0], err)
                           : sendgrid_joined(secrets, in, err);
}


static pl_status_t
sendgrid_joined(const pl_secrets_t *secrets, const pl_signed_t *in,
    pl_err_t *err)
{
    size_t        i, len = 0;
    uint8_t      *whole;
    pl_arena_t   *ar;
    pl_status_t   rc;

    for (i = 0; i < in->n_body; i++) {
        len += in->body[i].len;
    }

    ar = pl_arena_create(len + SENDGRID_ARENA, 2 * len + SENDGRID_ARENA);
    whole = ar == NULL ? NULL : pl_arena_alloc(ar, len);

    if (whole == NULL) {
        pl_arena_destroy(ar);
        return pl_err_set(err, PL_NOMEM, "verify", 0, "no memory");
    }

    for (i = 0, len = 0; i < in->n_body; i++) {
        memcpy(whole + len, in->body[i].data, in->body[i].len);
        len += in->body[i].len;
    }

    rc = sendgrid_signed(secrets, in, (pl_str_t) { whole, len }, err);
    pl_arena_destroy(ar);

    return rc;
}


static pl_status_t
sendgrid_signed(const pl_secrets_t *secrets, const pl_signed_t *in,
    pl_str_t body, pl_err_t *err)
{
    size_t        i;
    pl_str_t      signature;
    pl_arena_t   *ar;
    pl_status_t   rc;

    if (in->beside.len == 0 || in->stamp.len == 0) {
        return pl_err_set(err, PL_DENIED, "verify", 0, "signature missing");
    }

    ar = pl_arena_create(SENDGRID_ARENA, SENDGRID_ARENA);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "verify", 0, "no memory");
    }

    rc = in->beside.len > SENDGRID_KEY_MAX
         ? PL_INVALID : pl_base64_decode(ar, in->beside, &signature);

    if (rc != PL_OK) {
        rc = pl_err_set(err, PL_DENIED, "verify", 0, "signature malformed");

    } else {
        rc = pl_err_set(err, PL_DENIED, "verify", 0, "signature mismatch");

        for (i = 0; i < secrets->n_macs && rc != PL_OK; i++) {
            if (secrets->keys[i] != NULL
                && pl_sign_holds_two(secrets->keys[i], in->stamp, body,
                                     signature))
            {
                rc = PL_OK;
            }
        }
    }

    pl_arena_destroy(ar);

    return rc;
}


static pl_status_t
sendgrid_decode(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err)
{
    pl_mail_hook_t  came = { .body = body };

    return sendgrid_hook(codec, &came, ar, out, err);
}


static pl_status_t
sendgrid_sifted(const pl_codec_t *codec, const Pl__Entry *entry,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err)
{
    pl_mail_hook_t  came;

    pl_mail_hook(entry, &came);

    return sendgrid_hook(codec, &came, ar, out, err);
}


static pl_status_t
sendgrid_hook(const pl_codec_t *codec, const pl_mail_hook_t *came,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err)
{
    pl_str_t     body = came->body;
    pl_status_t  rc;

    memset(out, 0, sizeof(*out));

    rc = body.len > 0 && body.data[0] == '['
         ? sendgrid_events(codec, body, ar, out, err)
         : sendgrid_mail(codec, came, ar, out, err);

    return rc == PL_NOMEM ? pl_err_set(err, rc, "decode", 0, "no memory")
                          : rc;
}


/* ---- mail ----------------------------------------------------------- */

static pl_status_t
sendgrid_mail(const pl_codec_t *codec, const pl_mail_hook_t *came,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err)
{
    char                 *recipient = NULL;
    pl_status_t           rc;
    pl_mail_form_t        form;
    pl_mail_read_t       *mail;
    pl_mail_inbound_t     in;
    ProtobufCBinaryData   item = { came->body.len,
                                   (uint8_t *) came->body.data };

    out->commands = pl_arena_alloc(ar, sizeof(Pl__Command *));
    mail = pl_arena_zalloc(ar, sizeof(*mail));

    rc = out->commands == NULL || mail == NULL
         ? PL_NOMEM : pl_mail_form(came->body, ar, &form);

    if (rc != PL_OK) {
        return rc;
    }

    if (!pl_mail_whole(came, pl_mail_form_value(&form, "email"), ar, mail,
                       &rc))
    {
        rc = sendgrid_fields(came, &form, ar, mail);
    }

    if (rc != PL_NOMEM) {
        rc = sendgrid_recipient(codec, &form, ar, &recipient);
    }

    if (rc == PL_NOMEM) {
        return rc;
    }

    if (mail->from == NULL || recipient == NULL || mail->message_id == NULL)
    {
        return pl_err_set(err, PL_INVALID, "decode", 0,
                          "a mail without its sender, recipient or id");
    }

    memset(&in, 0, sizeof(in));
    in.mail = mail;
    in.recipient = recipient;
    in.id = mail->message_id;
    in.raw = &item;
    in.hook = came;
    in.time_s = mail->date_s;

    return pl_mail_inbound(&in, ar, out);
}


static pl_status_t
sendgrid_fields(const pl_mail_hook_t *came, const pl_mail_form_t *form,
    pl_arena_t *ar, pl_mail_read_t *mail)
{
    size_t            i;
    pl_str_t          text, html;
    pl_status_t       rc;
    pl_mail_taken_t   taken = pl_mail_hook_taken(came, false);

    mail->cut = form->cut;
    text = pl_mail_form_value(form, "text");
    html = pl_mail_form_value(form, "html");

    rc = sendgrid_headers(pl_mail_form_value(form, "headers"), ar, mail);

    if (rc == PL_OK && text.len != 0) {
        mail->text = pl_mail_utf8(ar, text, sendgrid_charset(form, "text"));
        rc = mail->text == NULL ? PL_NOMEM : PL_OK;
    }

    if (rc == PL_OK && html.len != 0) {
        mail->html = pl_mail_utf8(ar, html, sendgrid_charset(form, "html"));
        rc = mail->html == NULL ? PL_NOMEM : PL_OK;
    }

    for (i = 0; rc == PL_OK && i < form->n; i++) {
        if (form->fields[i].filename != NULL) {
            rc = pl_mail_file(mail, ar, &form->fields[i], &taken);
        }
    }

    return rc;
}


static pl_status_t
sendgrid_headers(pl_str_t headers, pl_arena_t *ar, pl_mail_read_t *mail)
{
    unsigned     n;
    pl_str_t     rest = headers, name, value;
    pl_status_t  rc = PL_OK;

    for (n = 0; rc == PL_OK && n < PL_MAIL_HEADERS_MAX
                && pl_mail_next(&rest, &name, &value); n++)
    {
        rc = pl_mail_header(mail, ar, name, value);
    }

    return rc;
}


/* {"to":"UTF-8","text":"iso-8859-1"} */

static pl_str_t
sendgrid_charset(const pl_mail_form_t *form, const char *field)
{
    size_t          n = strlen(field);
    pl_str_t        in = pl_mail_form_value(form, "charsets");
    const uint8_t  *p = in.data, *end = pl_mail_end(in), *stop;

    while (p < end && (p = memchr(p, '"', (size_t) (end - p))) != NULL) {
        p++;

        if ((size_t) (end - p) > n + 3 && memcmp(p, field, n) == 0
            && memcmp(p + n, "\":\"", 3) == 0)
        {
            p += n + 3;
            stop = memchr(p, '"', (size_t) (end - p));

            return stop == NULL ? PL_STR_NULL
                   : (pl_str_t) { p, (size_t) (stop - p) };
        }
    }

    return PL_STR_NULL;
}


/* Whom it was delivered for; the header may name others. */

static pl_status_t
sendgrid_recipient(const pl_codec_t *codec, const pl_mail_form_t *form,
    pl_arena_t *ar, char **recipient)
{
    pl_str_t                        to;
    pl_status_t                     rc;
    ProtobufCMessage               *msg;
    const Pl__Mail__SgEnvelope     *envelope;

    to = pl_mail_form_value(form, "to");

    rc = pl_json_decode(codec, &pl__mail__sg_envelope__descriptor,
                        pl_mail_form_value(form, "envelope"), 0, ar, &msg,
                        NULL);

    if (rc == PL_OK) {
        envelope = (const Pl__Mail__SgEnvelope *) msg;
        to = envelope->n_to > 0 ? pl_str_c(envelope->to[0]) : to;
    }

    return rc == PL_NOMEM ? rc : pl_mail_mailbox(ar, to, recipient, NULL);
}


/* ---- events --------------------------------------------------------- */

static pl_status_t
sendgrid_events(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err)
{
    size_t                      i;
    uint8_t                    *text;
    pl_str_t                    lead = PL_STR("{\"events\":");
    pl_status_t                 rc;
    ProtobufCMessage           *msg;
    const Pl__Mail__Sendgrid   *hook;

    text = pl_arena_alloc(ar, lead.len + body.len + 1);
    if (text == NULL) {
        return PL_NOMEM;
    }

    memcpy(text, lead.data, lead.len);
    memcpy(text + lead.len, body.data, body.len);
    text[lead.len + body.len] = '}';

    rc = pl_json_decode(codec, &pl__mail__sendgrid__descriptor,
                        (pl_str_t) { text, lead.len + body.len + 1 }, 0, ar,
                        &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    hook = (const Pl__Mail__Sendgrid *) msg;

    out->commands = pl_arena_alloc(ar, (2 * hook->n_events + 1)
                                       * sizeof(Pl__Command *));
    rc = out->commands == NULL ? PL_NOMEM : PL_OK;

    for (i = 0; rc == PL_OK && i < hook->n_events; i++) {
        rc = sendgrid_event(hook->events[i], ar, out);
    }

    return rc;
}


static pl_status_t
sendgrid_event(const Pl__Mail__SgEvent *event, pl_arena_t *ar,
    pl_decoded_t *out)
{
    char         *account = NULL, *address = NULL;
    const char   *word;
    pl_status_t   rc;

    if (event->bad != NULL || event->event == NULL) {
        return pl_mail_unreadable(NULL, event->bad != NULL
                                  ? event->bad : "event: required",
                                  &event->raw, ar, out);
    }

    rc = pl_mail_mailbox(ar, pl_str_c(event->channel), &account, NULL);

    if (rc == PL_OK) {
        rc = pl_mail_mailbox(ar, pl_str_c(event->email), &address, NULL);
    }

    if (rc != PL_OK) {
        out->n_ignored += rc == PL_NOTFOUND;
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    word = sendgrid_word(event);

    if (word != NULL) {
        rc = sendgrid_status(event, account, word, ar, out);
    }

    if (rc == PL_OK && (strcmp(event->event, "spamreport") == 0
                        || strcmp(event->event, "unsubscribe") == 0
                        || strcmp(event->event, "group_unsubscribe") == 0))
    {
        return pl_mail_refused(account, address, "stop", event->timestamp,
                               ar, out);
    }

    if (rc == PL_OK && strcmp(event->event, "group_resubscribe") == 0) {
        return pl_mail_refused(account, address, "resume", event->timestamp,
                               ar, out);
    }

    out->n_ignored += word == NULL;

    return rc;
}


static pl_status_t
sendgrid_status(const Pl__Mail__SgEvent *event, const char *account,
    const char *word, pl_arena_t *ar, pl_decoded_t *out)
{
    pl_status_t          rc;
    Pl__MessageError    *error;
    Pl__DeliveryStatus  *status;

    rc = pl_mail_status(event->parley != NULL ? event->parley
                                              : event->smtp_id, account,
                        word, event->timestamp > 0 ? event->timestamp : 0,
                        ar, out, &status);
    if (rc != PL_OK || status == NULL) {
        return rc;
    }

    status->has_raw = true;
    status->raw = event->raw;
    status->machine = event->machine
                      || (event->useragent != NULL
                          && pl_mail_machine(event->useragent));
    status->has_machine = status->machine;

    rc = pl_mail_mailbox(ar, pl_str_c(event->email), &status->recipient,
                         NULL);

    if (rc == PL_NOMEM || strcmp(word, "failed") != 0) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    error = pl_arena_alloc(ar, sizeof(*error));
    if (error == NULL) {
        return PL_NOMEM;
    }

    pl__message_error__init(error);
    error->has_code = event->status != NULL;
    error->code = sendgrid_code(event->status);
    error->title = event->type != NULL ? event->type : event->event;
    error->details = event->reason;
    status->error = error;
    status->unreachable = sendgrid_unreachable(event);
    status->has_unreachable = status->unreachable;

    return PL_OK;
}


/* A `blocked` one is refused for now; what was dropped was not even tried. */

static bool
sendgrid_unreachable(const Pl__Mail__SgEvent *event)
{
    bool         hard;
    const char  *reason = event->reason != NULL ? event->reason : "";

    if (strcmp(event->event, "dropped") == 0) {
        return strcmp(reason, "Bounced Address") == 0
               || strcmp(reason, "Invalid") == 0;
    }

    /* without a code of RFC 3463 as Mailgun's: RFC 5321 4.2.3 */

    hard = strncmp(reason, "550", 3) == 0 || strncmp(reason, "551", 3) == 0
           || strncmp(reason, "553", 3) == 0;

    return (event->type == NULL || strcmp(event->type, "bounce") == 0)
           && pl_mail_unreachable_said(event->status,
                                       pl_mail_unreachable_said(reason,
                                                                hard));
}


static const char *
sendgrid_word(const Pl__Mail__SgEvent *event)
{
    size_t  i;

    static const struct {
        const char  *event, *word;
    } rows[] = {
        { "delivered", "delivered" },
        { "bounce", "failed" },
        { "dropped", "failed" },
        { "open", "opened" },
        { "click", "clicked" },
        { "spamreport", "complained" },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (strcmp(event->event, rows[i].event) == 0) {
            return rows[i].word;
        }
    }

    return NULL;
}


/* 5.1.1 is 511. */

static int
sendgrid_code(const char *status)
{
    return status != NULL && strlen(status) == 5 && status[1] == '.'
           && status[3] == '.' && strspn(status, "0123456789.") == 5
           ? (status[0] - '0') * 100 + (status[2] - '0') * 10
             + (status[4] - '0') : 0;
}
