/*
 * Mail that goes out, through a relay of the tenant's choice (provider-facts
 * 8.5): submission with TLS, which the sender insists on, and a password.
 * DKIM is the relay's job, and so is everything between it and the mailbox:
 * what it says here is whether it took the mail.
 *
 * Each mail has one recipient. Its Message-ID is ours, and the same at each
 * try; it says which message it is, and so does the address for answers, so
 * that both lead back here.
 *
 * Classes (RFC 5321, 3463): 4xx goes again, 5xx ends the message, refused
 * credentials pause the channel. What was handed over whole and not answered
 * is unknown: it may have been taken.
 */

#include <string.h>

#include "../core/str.h"
#include "smtp.h"

#define SMTP_SUBJECT    60              /* of a text that has none */
#define SMTP_OUT_MAX    16              /* the sender gives a channel 8
                                           threads: each with a next one */

typedef struct {
    const char        *word;
    Pl__MessageState   state;
} smtp_state_row_t;

/* By reply code, both ends included; the first that fits. */
typedef struct {
    int           first;
    int           last;
    Pl__Outcome   outcome;
    const char   *reason;
} smtp_row_t;

static pl_status_t smtp_verify(const pl_secrets_t *secrets,
    const pl_signed_t *in, pl_err_t *err);
static pl_status_t smtp_decode(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err);
static pl_status_t smtp_check_mail(const Pl__Email *email, pl_err_t *err);
static pl_status_t smtp_check_files(const Pl__Email *email, pl_err_t *err);
static pl_status_t smtp_build(const pl_codec_t *codec, const pl_send_t *send,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err);
static pl_status_t smtp_mail(const pl_send_t *send, pl_arena_t *ar,
    pl_mail_t *mail, pl_err_t *err);
static pl_status_t smtp_thread(const pl_send_t *send, pl_arena_t *ar,
    pl_mail_t *mail);
static bool smtp_files(const Pl__Email *email, pl_arena_t *ar,
    pl_mail_t *mail);
static const char *smtp_tagged(const pl_send_t *send, pl_arena_t *ar);
static bool smtp_extra(const char *id, pl_arena_t *ar, pl_mail_t *mail);
static pl_status_t smtp_request(const pl_send_t *send, const pl_mail_t *mail,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err);
static pl_status_t smtp_fault(pl_err_t *err, const char *path,
    const char *text);
static int smtp_enhanced(pl_str_t text);


static const smtp_state_row_t smtp_states[] = {
    { "sent",      PL__MESSAGE_STATE__MESSAGE_STATE_SENT },
    { "delivered", PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED },
    { "opened",    PL__MESSAGE_STATE__MESSAGE_STATE_READ },
    { "clicked",   PL__MESSAGE_STATE__MESSAGE_STATE_READ },
    { "failed",    PL__MESSAGE_STATE__MESSAGE_STATE_FAILED },
    { "complained", PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED },
};

static const smtp_row_t smtp_rows[] = {
    { 200, 299, PL__OUTCOME__OUTCOME_SENT, NULL },
    { 421, 421, PL__OUTCOME__OUTCOME_RETRY, "the relay is closing" },
    { 432, 432, PL__OUTCOME__OUTCOME_ACCOUNT, "a password is to be changed" },
    { 452, 452, PL__OUTCOME__OUTCOME_RETRY, "the relay has no room" },
    { 400, 499, PL__OUTCOME__OUTCOME_RETRY, "refused for now" },
    { 530, 530, PL__OUTCOME__OUTCOME_ACCOUNT, "it wants a password" },
    { 534, 535, PL__OUTCOME__OUTCOME_ACCOUNT, "the password is refused" },
    { 538, 538, PL__OUTCOME__OUTCOME_ACCOUNT, "the password is refused" },
    { 552, 552, PL__OUTCOME__OUTCOME_PERMANENT, "too large" },
    { 500, 599, PL__OUTCOME__OUTCOME_PERMANENT, "refused" },
    { 0, INT32_MAX, PL__OUTCOME__OUTCOME_UNKNOWN, "no reply of a relay" },
};

static const ProtobufCMessageDescriptor *const smtp_shapes[] = { NULL };
static const pl_rules_t smtp_rules = { NULL, 0 };


const pl_channel_t  pl_smtp = {
    .name     = "smtp",
    .header   = "authorization",
    .address  = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL,
    .rules    = &smtp_rules,
    .shapes   = smtp_shapes,
    .n_shapes = 0,
    .verify   = smtp_verify,
    .decode   = smtp_decode,
    .windows  = pl_smtp_windows,
    .check    = pl_smtp_check,
    .build    = smtp_build,
    .classify = pl_smtp_classify,
    .state    = pl_smtp_state,
    .out_max  = SMTP_OUT_MAX,
};


/* Mail may be written at any time. */

bool
pl_smtp_windows(const Pl__ChannelSettings *channel)
{
    (void) channel;

    return false;
}


/* A relay calls nobody: postmark and its like do. */

static pl_status_t
smtp_verify(const pl_secrets_t *secrets, const pl_signed_t *in,
    pl_err_t *err)
{
    (void) secrets;
    (void) in;

    return pl_err_set(err, PL_DENIED, "verify", 0, "no webhooks by SMTP");
}


static pl_status_t
smtp_decode(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err)
{
    (void) codec;
    (void) body;
    (void) ar;

    memset(out, 0, sizeof(*out));

    return pl_err_set(err, PL_INVALID, "decode", 0, "no webhooks by SMTP");
}


/* ---- what can be said ----------------------------------------------- */

pl_status_t
pl_smtp_check(const Pl__Message *message, pl_err_t *err)
{
    const Pl__Content  *content = message->content;

    if (content == NULL) {
        return smtp_fault(err, "content", "required");
    }

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        if (content->text->body[0] == '\0'
            || strlen(content->text->body) > PL_MAIL_TEXT_MAX)
        {
            return smtp_fault(err, "content.text.body",
                              "empty or too long");
        }

        return PL_OK;

    case PL__CONTENT__OF_EMAIL:
        return smtp_check_mail(content->email, err);

    default:
        return smtp_fault(err, "content.type", "cannot be said in a mail");
    }
}


static pl_status_t
smtp_check_mail(const Pl__Email *email, pl_err_t *err)
{
    const char  *p;

    for (p = email->subject; p != NULL && *p != '\0'; p++) {
        if ((unsigned char) *p < ' ' || *p == 0x7f) {
            return smtp_fault(err, "content.email.subject",
                              "a line's end, or a control character");
        }
    }

    if (email->subject != NULL
        && strlen(email->subject) > PL_MAIL_SUBJECT_MAX)
    {
        return smtp_fault(err, "content.email.subject", "too long");
    }

    if ((email->text == NULL || email->text[0] == '\0')
        && (email->html == NULL || email->html[0] == '\0'))
    {
        return smtp_fault(err, "content.email.text", "required, or html");
    }

    if (email->text != NULL && strlen(email->text) > PL_MAIL_TEXT_MAX) {
        return smtp_fault(err, "content.email.text", "too long");
    }

    if (email->html != NULL && strlen(email->html) > PL_MAIL_TEXT_MAX) {
        return smtp_fault(err, "content.email.html", "too long");
    }

    return smtp_check_files(email, err);
}


static pl_status_t
smtp_check_files(const Pl__Email *email, pl_err_t *err)
{
    size_t             i;
    uint64_t           bytes = 0;
    const Pl__Media   *media;

    if (email->n_attachments > PL_MAIL_FILES_MAX) {
        return smtp_fault(err, "content.email.attachments", "too many");
    }

    for (i = 0; i < email->n_attachments; i++) {
        media = email->attachments[i];

        if (media->file == NULL
            || strlen(media->file) != 2 * PL_SHA256_LEN
            || media->file[strspn(media->file, "0123456789abcdef")] != '\0'
            || !media->has_bytes)
        {
            return smtp_fault(err, "content.email.attachments",
                              "a file of ours, and its size, is needed");
        }

        if (media->filename != NULL
            && strlen(media->filename) > PL_MAIL_NAME_MAX)
        {
            return smtp_fault(err, "content.email.attachments",
                              "a name is too long");
        }

        if (media->bytes > PL_SMTP_FILES_BYTES_MAX - bytes) {
            return smtp_fault(err, "content.email.attachments",
                              "too large");
        }

        bytes += media->bytes;
    }

    return PL_OK;
}


static pl_status_t
smtp_fault(pl_err_t *err, const char *path, const char *text)
{
    (void) pl_err_set(err, PL_INVALID, "build", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}


/* ---- the request ---------------------------------------------------- */

static pl_status_t
smtp_build(const pl_codec_t *codec, const pl_send_t *send, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err)
{
    pl_mail_t     mail;
    pl_status_t   rc;

    (void) codec;

    rc = pl_smtp_check(send->message, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (send->message->address == NULL
        || send->message->address->kind
           != PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL)
    {
        return smtp_fault(err, "address", "not an address of mail");
    }

    if (!pl_mail_address_valid(pl_str_c(send->channel->account))) {
        return smtp_fault(err, "channel.account", "not an address of mail");
    }

    rc = smtp_mail(send, ar, &mail, err);

    return rc == PL_OK ? smtp_request(send, &mail, ar, out, err) : rc;
}


static pl_status_t
smtp_mail(const pl_send_t *send, pl_arena_t *ar, pl_mail_t *mail,
    pl_err_t *err)
{
    const Pl__Email     *email = NULL;
    const Pl__Message   *message = send->message;

    memset(mail, 0, sizeof(*mail));
    mail->from = send->channel->account;
    mail->from_name = send->channel->from_name;
    mail->to = message->address->value;
    mail->date_s = message->time_ms / 1000;
    mail->reply_to = smtp_tagged(send, ar);
    mail->automatic = !message->has_author;

    if (message->content->of_case == PL__CONTENT__OF_EMAIL) {
        email = message->content->email;
        mail->subject = email->subject;
        mail->text = email->text;
        mail->html = email->html;

    } else {
        mail->text = message->content->text->body;
    }

    if (pl_smtp_marketing(message)) {
        mail->unsubscribe_mail = mail->reply_to;
        mail->unsubscribe_url = send->unsubscribe;
    }

    mail->message_id = pl_arena_printf(ar, "p.%llu.%s.%s%s",
                           (unsigned long long) send->message_id,
                           send->mark, send->proof != NULL
                                       ? send->proof : "aaaaaaaaaaaaaaaa",
                           strchr(send->channel->account, '@'));

    if (mail->reply_to == NULL || mail->message_id == NULL
        || smtp_thread(send, ar, mail) != PL_OK
        || !smtp_extra(mail->message_id, ar, mail)
        || (email != NULL && !smtp_files(email, ar, mail)))
    {
        return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
    }

    return PL_OK;
}


bool
pl_smtp_marketing(const Pl__Message *message)
{
    return message->has_category
           ? message->category == PL__CATEGORY__CATEGORY_MARKETING
           : message->campaign;
}


/* In its thread; without one, under a subject all the same. */

static pl_status_t
smtp_thread(const pl_send_t *send, pl_arena_t *ar, pl_mail_t *mail)
{
    bool                    good;
    char                   *subject;
    size_t                  n = 0, step;
    pl_str_t                text;
    const Pl__MailThread   *thread = send->message->thread;

    if (thread != NULL) {
        mail->in_reply_to = send->message->reply_to;
        mail->references = thread->references;
        mail->n_references = thread->n_references;

        if (mail->subject == NULL) {
            mail->subject = thread->subject;
        }
    }

    if (mail->subject != NULL || mail->text == NULL) {
        return PL_OK;
    }

    text = pl_str_c(mail->text);

    while (n < text.len && text.data[n] >= ' ') {
        step = pl_utf8_step(text.data + n, text.len - n, &good);

        if (n + step > SMTP_SUBJECT) {
            break;
        }

        n += step;
    }

    subject = pl_arena_str(ar, (pl_str_t) { text.data, n });
    mail->subject = subject;

    return subject != NULL ? PL_OK : PL_NOMEM;
}


static bool
smtp_files(const Pl__Email *email, pl_arena_t *ar, pl_mail_t *mail)
{
    size_t            i;
    pl_mail_file_t   *files;
    const Pl__Media  *media;

    files = pl_arena_alloc(ar, (email->n_attachments + 1) * sizeof(*files));
    if (files == NULL) {
        return false;
    }

    for (i = 0; i < email->n_attachments; i++) {
        media = email->attachments[i];
        files[i].name = media->filename != NULL ? media->filename : "file";
        files[i].type = media->mime_type;
        files[i].file = media->file;
        files[i].bytes = media->bytes;
    }

    mail->files = files;
    mail->n_files = email->n_attachments;

    return true;
}


/* Where answers go; NULL: no memory. */

static const char *
smtp_tagged(const pl_send_t *send, pl_arena_t *ar)
{
    int          local;
    const char  *base, *at;

    base = send->channel->reply_address != NULL
           ? send->channel->reply_address : send->channel->account;
    at = strchr(base, '@');
    local = at == NULL ? (int) strlen(base) : (int) (at - base);

    return send->proof == NULL ? base
           : pl_arena_printf(ar, "%.*s+%llu.%s%s", local, base,
                             (unsigned long long) send->message_id,
                             send->proof, at == NULL ? "" : at);
}


/*
 * Postmark gives a mail an id of its own, and tells what becomes of it under
 * that: this makes it keep ours, and say it. Other relays hand it on unread.
 */

static bool
smtp_extra(const char *id, pl_arena_t *ar, pl_mail_t *mail)
{
    const char  **extra;

    extra = pl_arena_alloc(ar, 5 * sizeof(*extra));
    if (extra == NULL) {
        return false;
    }

    extra[0] = "X-PM-KeepID: true";
    extra[1] = pl_arena_printf(ar, "X-PM-Metadata-parley: %s", id);
    extra[2] = pl_arena_printf(ar, "X-PM-Metadata-parley-channel: %s",
                               mail->from);
    extra[3] = pl_arena_printf(ar, "X-SMTPAPI: {\"unique_args\":{\"parley\":"
                               "\"%s\",\"parley-channel\":\"%s\"}}",
                               id, mail->from);
    extra[4] = pl_arena_printf(ar, "X-Mailgun-Variables: {\"parley-channel\":"
                               "\"%s\"}", mail->from);
    mail->extra = extra;
    mail->n_extra = 5;

    return extra[1] != NULL && extra[2] != NULL && extra[3] != NULL
           && extra[4] != NULL;
}


/* The path of an SMTP URL is the name that the relay is greeted with. */

static pl_status_t
smtp_request(const pl_send_t *send, const pl_mail_t *mail, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err)
{
    size_t              len;
    const char         *base = send->channel->api_base_url;
    pl_status_t         rc;
    pl_mail_written_t  *written;

    len = strlen(base);

    if ((strncmp(base, "smtp://", 7) != 0 && strncmp(base, "smtps://", 8))
        || strcspn(base, " \t\r\n?#@") != len)
    {
        return smtp_fault(err, "channel.server", "not a URL of a relay");
    }

    written = pl_arena_zalloc(ar, sizeof(*written));
    if (written == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
    }

    rc = pl_mail_write(mail, ar, written, err);
    if (rc != PL_OK) {
        return rc == PL_NOMEM ? rc : PL_INVALID;
    }

    out->method = "MAIL";
    out->url = pl_arena_printf(ar, "%s/%s", base, strchr(mail->from, '@')
                                                  + 1);
    out->mail_from = pl_arena_str(ar, pl_str_c(mail->from));
    out->mail_to = mail->to;
    out->mail_id = mail->message_id;
    out->user = send->token.len == 0 ? NULL
                : pl_arena_str(ar, pl_str_c(send->channel->user != NULL
                                            ? send->channel->user
                                            : mail->from));
    out->password = send->token;
    out->body = written->pieces[0].bytes;
    out->mail = mail->n_files == 0 ? NULL : written;

    /* copies: the settings that they stand in may go before the mail does */

    return out->url != NULL && out->mail_from != NULL
           && (out->user != NULL || send->token.len == 0)
           ? PL_OK : pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
}


/* ---- the answer ----------------------------------------------------- */

pl_status_t
pl_smtp_classify(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    size_t  i = 0;

    (void) codec;
    (void) ar;
    (void) err;

    if (answer->status == 0) {
        out->outcome = answer->wire <= PL__WIRE_STAGE__WIRE_STAGE_CONNECTING
                       ? PL__OUTCOME__OUTCOME_RETRY
                       : PL__OUTCOME__OUTCOME_UNKNOWN;
        out->reason = (char *) (uintptr_t)
                      (out->outcome == PL__OUTCOME__OUTCOME_RETRY
                       ? "connect" : "no answer");
        return PL_OK;
    }

    while (answer->status < smtp_rows[i].first
           || answer->status > smtp_rows[i].last)
    {
        i++;
    }

    out->outcome = smtp_rows[i].outcome;

    if (smtp_rows[i].reason != NULL) {
        out->reason = (char *) (uintptr_t) smtp_rows[i].reason;
        out->has_code = true;
        out->code = smtp_enhanced(answer->body);
        out->unreachable = pl_mail_unreachable(out->code / 100,
                                               out->code / 10 % 10,
                                               out->code % 10);
        out->has_unreachable = out->unreachable;
        out->code = out->code != 0 ? out->code : answer->status;
    }

    return PL_OK;
}


/* 5.1.1 behind the code, as 511; 0: it has none. */

static int
smtp_enhanced(pl_str_t text)
{
    const uint8_t  *p = text.data;

    if (text.len < 9 || p[4] < '2' || p[4] > '5' || p[5] != '.'
        || p[6] < '0' || p[6] > '9' || p[7] != '.' || p[8] < '0'
        || p[8] > '9')
    {
        return 0;
    }

    return (p[4] - '0') * 100 + (p[6] - '0') * 10 + (p[8] - '0');
}


bool
pl_smtp_state(const char *status, Pl__MessageState *state)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(smtp_states); i++) {
        if (strcmp(status, smtp_states[i].word) == 0) {
            *state = smtp_states[i].state;
            return true;
        }
    }

    return false;
}


pl_status_t
pl_smtp_build_none(const pl_codec_t *codec, const pl_send_t *send,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err)
{
    (void) codec;
    (void) send;
    (void) ar;
    (void) out;

    return pl_err_set(err, PL_INVALID, "build", 0,
                      "mail goes out by a channel of smtp");
}
