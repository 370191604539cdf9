/*
 * Postmark's webhooks (provider-facts 8.1): mail that came in, and what
 * became of mail of ours. Its requests are not signed; whoever calls has a
 * name and a password, in the URL that Postmark was given. Mail goes out by
 * smtp, to Postmark's relay or any other.
 */

#include <string.h>

#include "../core/clock.h"
#include "../core/str.h"
#include "mail.pb-c.h"
#include "smtp.h"

#define POSTMARK_COMMANDS    2          /* of a body, at most */
#define POSTMARK_VALUE_MAX   (64 * 1024)

typedef struct {
    const Pl__Mail__Postmark   *hook;
    const pl_mail_hook_t       *came;
    pl_arena_t                 *ar;
    pl_decoded_t               *out;
    char                       *account;    /* of an event; NULL: not said */
} postmark_t;

typedef pl_status_t (*postmark_event_pt)(postmark_t *p);

static pl_status_t postmark_decode(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err);
static pl_status_t postmark_sifted(const pl_codec_t *codec,
    const Pl__Entry *entry, pl_arena_t *ar, pl_decoded_t *out,
    pl_err_t *err);
static pl_status_t postmark_hook(const pl_codec_t *codec,
    const pl_mail_hook_t *came, pl_arena_t *ar, pl_decoded_t *out,
    pl_err_t *err);
static pl_status_t postmark_event(postmark_t *p, pl_err_t *err);
static pl_status_t postmark_mail(postmark_t *p, pl_err_t *err);
static pl_status_t postmark_fields(postmark_t *p, pl_mail_read_t *mail);
static void postmark_file(postmark_t *p, pl_mail_part_t *part,
    const Pl__Mail__PmAttachment *file);
static pl_status_t postmark_status(postmark_t *p, const char *word,
    const char *time, Pl__DeliveryStatus **status);
static pl_status_t postmark_delivery(postmark_t *p);
static pl_status_t postmark_bounce(postmark_t *p);
static pl_status_t postmark_open(postmark_t *p);
static pl_status_t postmark_click(postmark_t *p);
static pl_status_t postmark_complaint(postmark_t *p);
static pl_status_t postmark_refusal(postmark_t *p);
static pl_status_t postmark_subscription(postmark_t *p);
static int64_t postmark_time(const char *text);


#define NAME(shape, field, name)                                              \
    { &pl__mail__##shape##__descriptor, field, PL_RULE_NAME, name, 0 }
#define OPEN(shape)                                                           \
    { &pl__mail__##shape##__descriptor, NULL, PL_RULE_OPEN, NULL, 0 }
#define MAX(shape, field, bound)                                              \
    { &pl__mail__##shape##__descriptor, field, PL_RULE_LEN_MAX, NULL, bound }

static const pl_rule_t postmark_rows[] = {
    OPEN(pm_header),
    NAME(pm_header, "name", "Name"), NAME(pm_header, "value", "Value"),
    OPEN(pm_attachment),
    NAME(pm_attachment, "name", "Name"),
    NAME(pm_attachment, "content_type", "ContentType"),
    NAME(pm_attachment, "content_length", "ContentLength"),
    NAME(pm_attachment, "content", "Content"),
    OPEN(pm_metadata),
    NAME(pm_metadata, "channel", "parley-channel"),
    OPEN(postmark),
    NAME(postmark, "record_type", "RecordType"),
    NAME(postmark, "message_id", "MessageID"),
    MAX(postmark, "message_id", PL_PROVIDER_ID_MAX),
    NAME(postmark, "from", "From"),
    NAME(postmark, "from_name", "FromName"),
    NAME(postmark, "to", "To"),
    NAME(postmark, "original_recipient", "OriginalRecipient"),
    NAME(postmark, "subject", "Subject"),
    NAME(postmark, "date", "Date"),
    NAME(postmark, "text_body", "TextBody"),
    NAME(postmark, "html_body", "HtmlBody"),
    NAME(postmark, "raw_email", "RawEmail"),
    NAME(postmark, "headers", "Headers"),
    MAX(postmark, "headers", PL_MAIL_HEADERS_MAX),
    NAME(postmark, "attachments", "Attachments"),
    NAME(postmark, "recipient", "Recipient"),
    NAME(postmark, "email", "Email"),
    NAME(postmark, "type", "Type"),
    NAME(postmark, "type_code", "TypeCode"),
    NAME(postmark, "description", "Description"),
    NAME(postmark, "delivered_at", "DeliveredAt"),
    NAME(postmark, "bounced_at", "BouncedAt"),
    NAME(postmark, "received_at", "ReceivedAt"),
    NAME(postmark, "changed_at", "ChangedAt"),
    NAME(postmark, "user_agent", "UserAgent"),
    NAME(postmark, "suppress_sending", "SuppressSending"),
    NAME(postmark, "suppression_reason", "SuppressionReason"),
    NAME(postmark, "metadata", "Metadata"),
    { &pl__mail__postmark__descriptor, "raw", PL_RULE_RAW, NULL, 0 },
    { &pl__mail__postmark__descriptor, "bad", PL_RULE_BAD, NULL, 0 },
};

static const pl_rules_t postmark_rules = {
    postmark_rows, PL_COUNT(postmark_rows)
};

static const ProtobufCMessageDescriptor *const postmark_shapes[] = {
    &pl__mail__postmark__descriptor,
};

static const struct {
    const char          *name;
    postmark_event_pt    event;
} postmark_events[] = {
    { "Delivery", postmark_delivery },
    { "Bounce", postmark_bounce },
    { "Open", postmark_open },
    { "Click", postmark_click },
    { "SpamComplaint", postmark_complaint },
    { "SubscriptionChange", postmark_subscription },
};


static const pl_sift_rules_t postmark_sift = {
    .json    = true,
    .list    = "Attachments",
    .content = "Content",
    .mail    = "RawEmail",
    .text    = "TextBody",
    .html    = "HtmlBody",
};


const pl_channel_t  pl_postmark = {
    .name     = "postmark",
    .header   = "authorization",
    .address  = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL,
    .carries  = "smtp",
    .rules    = &postmark_rules,
    .shapes   = postmark_shapes,
    .n_shapes = PL_COUNT(postmark_shapes),
    .verify   = pl_mail_basic,
    .decode   = postmark_decode,
    .sifted   = postmark_sifted,
    .sift     = &postmark_sift,
    .came     = pl_mail_came,
    .windows  = pl_smtp_windows,
    .check    = pl_smtp_check,
    .build    = pl_smtp_build_none,
    .classify = pl_smtp_classify,
    .state    = pl_smtp_state,
};


static pl_status_t
postmark_decode(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err)
{
    pl_mail_hook_t  came = { .body = body };

    return postmark_hook(codec, &came, ar, out, err);
}


static pl_status_t
postmark_sifted(const pl_codec_t *codec, const Pl__Entry *entry,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err)
{
    pl_mail_hook_t  came;

    pl_mail_hook(entry, &came);

    return postmark_hook(codec, &came, ar, out, err);
}


static pl_status_t
postmark_hook(const pl_codec_t *codec, const pl_mail_hook_t *came,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err)
{
    postmark_t         p;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    memset(out, 0, sizeof(*out));

    rc = pl_json_decode(codec, &pl__mail__postmark__descriptor, came->body,
                        0, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    memset(&p, 0, sizeof(p));
    p.hook = (Pl__Mail__Postmark *) msg;
    p.came = came;
    p.ar = ar;
    p.out = out;

    out->commands = pl_arena_alloc(ar, POSTMARK_COMMANDS
                                       * sizeof(Pl__Command *));

    if (out->commands == NULL) {
        rc = PL_NOMEM;

    } else if (p.hook->bad != NULL) {
        rc = pl_mail_unreadable(NULL, p.hook->bad, &p.hook->raw, ar, out);

    } else {
        rc = p.hook->record_type != NULL ? postmark_event(&p, err)
                                         : postmark_mail(&p, err);
    }

    return rc == PL_NOMEM ? pl_err_set(err, rc, "decode", 0, "no memory")
                          : rc;
}


/* ---- mail ----------------------------------------------------------- */

static pl_status_t
postmark_mail(postmark_t *p, pl_err_t *err)
{
    char               *recipient = NULL;
    pl_status_t         rc;
    pl_mail_read_t     *mail;
    pl_mail_inbound_t   in;

    (void) err;

    mail = pl_arena_zalloc(p->ar, sizeof(*mail));
    if (mail == NULL) {
        return PL_NOMEM;
    }

    if (!pl_mail_whole(p->came, pl_str_c(p->hook->raw_email), p->ar, mail,
                       &rc))
    {
        rc = postmark_fields(p, mail);
    }

    if (rc == PL_NOMEM) {
        return rc;
    }

    rc = pl_mail_mailbox(p->ar, pl_str_c(p->hook->original_recipient != NULL
                                         ? p->hook->original_recipient
                                         : p->hook->to), &recipient, NULL);
    if (rc == PL_NOMEM) {
        return rc;
    }

    if (mail->from == NULL || recipient == NULL
        || p->hook->message_id == NULL)
    {
        return pl_mail_unreadable(NULL, "a mail without its sender, its "
                                  "recipient or its MessageID",
                                  &p->hook->raw, p->ar, p->out);
    }

    memset(&in, 0, sizeof(in));
    in.mail = mail;
    in.recipient = recipient;
    in.id = p->hook->message_id;
    in.time_s = mail->date_s;
    in.raw = &p->hook->raw;
    in.hook = p->came;

    return pl_mail_inbound(&in, p->ar, p->out);
}


/* Postmark has read it: its headers, and what it found. */

static pl_status_t
postmark_fields(postmark_t *p, pl_mail_read_t *mail)
{
    size_t                            i;
    pl_str_t                          value;
    pl_status_t                       rc = PL_OK;
    const Pl__Mail__Postmark         *hook = p->hook;

    rc = pl_mail_header(mail, p->ar, PL_STR("From"), pl_str_c(hook->from));

    if (hook->from_name != NULL && hook->from_name[0] != '\0') {
        mail->from_name = hook->from_name;
    }

    for (i = 0; rc == PL_OK && i < hook->n_headers; i++) {
        value = pl_str_c(hook->headers[i]->value);

        if (value.len <= POSTMARK_VALUE_MAX) {
            rc = pl_mail_header(mail, p->ar,
                                pl_str_c(hook->headers[i]->name), value);
        }
    }

    if (rc == PL_OK && hook->subject != NULL) {
        rc = pl_mail_header(mail, p->ar, PL_STR("Subject"),
                            pl_str_c(hook->subject));
    }

    if (rc == PL_OK && hook->date != NULL) {
        rc = pl_mail_header(mail, p->ar, PL_STR("Date"),
                            pl_str_c(hook->date));
    }

    mail->text = hook->text_body != NULL && hook->text_body[0] != '\0'
                 ? hook->text_body : NULL;
    mail->html = hook->html_body != NULL && hook->html_body[0] != '\0'
                 ? hook->html_body : NULL;

    for (i = 0; i < hook->n_attachments && i < PL_MAIL_PARTS_MAX; i++) {
        postmark_file(p, &mail->parts[mail->n_parts++],
                      hook->attachments[i]);
    }

    mail->cut |= hook->n_attachments > PL_MAIL_PARTS_MAX;

    return rc;
}


/* Where it was taken out, its number stands in its content's place. */

static void
postmark_file(postmark_t *p, pl_mail_part_t *part,
    const Pl__Mail__PmAttachment *file)
{
    int64_t  n;

    part->name = file->name;
    part->type = file->content_type;
    part->data.len = (size_t) file->content_length;

    if (p->came->sifted && file->content != NULL
        && pl_str_int(pl_str_c(file->content), &n) == PL_OK && n >= 0
        && (uint64_t) n < p->came->n_rows)
    {
        part->file = p->came->rows[n]->file;
        part->data.len = (size_t) p->came->rows[n]->bytes;
    }
}


/* ---- events --------------------------------------------------------- */

static pl_status_t
postmark_event(postmark_t *p, pl_err_t *err)
{
    size_t        i;
    const char   *from = NULL;
    pl_status_t   rc;

    (void) err;

    if (p->hook->metadata != NULL) {
        from = p->hook->metadata->channel;
    }

    from = from != NULL ? from : p->hook->from;

    rc = pl_mail_mailbox(p->ar, pl_str_c(from), &p->account, NULL);

    if (rc == PL_OK) {
        p->account = pl_mail_untagged(p->ar, p->account);
    }

    if (rc == PL_NOMEM || (rc == PL_OK && p->account == NULL)) {
        return PL_NOMEM;
    }

    for (i = 0; i < PL_COUNT(postmark_events); i++) {
        if (strcmp(p->hook->record_type, postmark_events[i].name) == 0
            && p->account != NULL)
        {
            return postmark_events[i].event(p);
        }
    }

    p->out->n_ignored++;        /* of mail that is not ours, or not known */

    return PL_OK;
}


static pl_status_t
postmark_status(postmark_t *p, const char *word, const char *time,
    Pl__DeliveryStatus **status)
{
    const char   *to;
    pl_status_t   rc;

    rc = pl_mail_status(p->hook->metadata != NULL
                        ? p->hook->metadata->parley : NULL, p->account,
                        word, postmark_time(time), p->ar, p->out, status);

    if (rc != PL_OK || *status == NULL) {
        return rc;
    }

    to = p->hook->recipient != NULL ? p->hook->recipient : p->hook->email;
    (*status)->has_raw = true;
    (*status)->raw = p->hook->raw;

    rc = pl_mail_mailbox(p->ar, pl_str_c(to), &(*status)->recipient, NULL);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
postmark_delivery(postmark_t *p)
{
    Pl__DeliveryStatus  *status;

    return postmark_status(p, "delivered", p->hook->delivered_at, &status);
}


/* Types that are no end of the mail: delays, and answers of robots. */

static pl_status_t
postmark_bounce(postmark_t *p)
{
    size_t                       i;
    pl_status_t                  rc;
    Pl__MessageError            *error;
    Pl__DeliveryStatus          *status;
    static const char *const     alive[] = {
        "Transient", "AutoResponder", "AddressChange", "Subscribe",
        "OpenRelayTest", "ChallengeVerification", "InboundError",
    };
    const char                  *type = p->hook->type;

    for (i = 0; type != NULL && i < PL_COUNT(alive); i++) {
        if (strcmp(type, alive[i]) == 0) {
            p->out->n_ignored++;
            return PL_OK;
        }
    }

    if (type != NULL && strcmp(type, "SpamNotification") == 0) {
        return postmark_complaint(p);
    }

    if (type != NULL && strcmp(type, "Unsubscribe") == 0) {
        return postmark_refusal(p);     /* the mail itself came there */
    }

    rc = postmark_status(p, "failed", p->hook->bounced_at, &status);
    if (rc != PL_OK || status == NULL) {
        return rc;
    }

    error = pl_arena_alloc(p->ar, sizeof(*error));
    if (error == NULL) {
        return PL_NOMEM;
    }

    pl__message_error__init(error);
    error->has_code = p->hook->has_type_code;
    error->code = p->hook->type_code;
    error->title = p->hook->type;
    error->details = p->hook->description;
    status->error = error;
    status->unreachable = type != NULL
                          && (strcmp(type, "HardBounce") == 0
                              || strcmp(type, "BadEmailAddress") == 0);
    status->has_unreachable = status->unreachable;

    return PL_OK;
}


static pl_status_t
postmark_open(postmark_t *p)
{
    pl_status_t          rc;
    Pl__DeliveryStatus  *status;

    rc = postmark_status(p, "opened", p->hook->received_at, &status);

    if (rc == PL_OK && status != NULL) {
        status->machine = pl_mail_machine(p->hook->user_agent);
        status->has_machine = status->machine;
    }

    return rc;
}


static pl_status_t
postmark_click(postmark_t *p)
{
    pl_status_t          rc;
    Pl__DeliveryStatus  *status;

    rc = postmark_status(p, "clicked", p->hook->received_at, &status);

    if (rc == PL_OK && status != NULL) {
        status->machine = pl_mail_machine(p->hook->user_agent);
        status->has_machine = status->machine;
    }

    return rc;
}


/* Whoever calls it spam has revoked, whatever they had said before. */

static pl_status_t
postmark_complaint(postmark_t *p)
{
    pl_status_t          rc;
    Pl__DeliveryStatus  *status;

    rc = postmark_status(p, "complained", p->hook->bounced_at, &status);

    return rc == PL_OK ? postmark_refusal(p) : rc;
}


/* Of a bounce: somebody wrote back that they want no more. */

static pl_status_t
postmark_refusal(postmark_t *p)
{
    char         *address;
    pl_status_t   rc;

    rc = pl_mail_mailbox(p->ar, pl_str_c(p->hook->email != NULL
                                         ? p->hook->email
                                         : p->hook->recipient), &address,
                         NULL);

    return rc == PL_OK
           ? pl_mail_refused(p->account, address, "stop",
                             postmark_time(p->hook->bounced_at), p->ar,
                             p->out)
           : rc == PL_NOTFOUND ? PL_OK : rc;
}


/* A bounce that made Postmark stop is the mailbox's, and no one's word. */

static pl_status_t
postmark_subscription(postmark_t *p)
{
    char         *address;
    pl_status_t   rc;

    if (p->hook->suppress_sending
        && p->hook->suppression_reason != NULL
        && strcmp(p->hook->suppression_reason, "HardBounce") == 0)
    {
        p->out->n_ignored++;
        return PL_OK;
    }

    rc = pl_mail_mailbox(p->ar, pl_str_c(p->hook->recipient), &address,
                         NULL);

    if (rc == PL_NOTFOUND) {
        p->out->n_ignored++;
        return PL_OK;
    }

    return rc != PL_OK ? rc
           : pl_mail_refused(p->account, address,
                             p->hook->suppress_sending ? "stop" : "resume",
                             postmark_time(p->hook->changed_at), p->ar,
                             p->out);
}


static int64_t
postmark_time(const char *text)
{
    int64_t  ms;

    return text != NULL && pl_clock_parse(pl_str_c(text), &ms) == PL_OK
           ? ms / 1000 : 0;
}
