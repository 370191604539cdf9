/*
 * A mail that came in, by whichever provider: as commands.
 *
 * The channel is named by whom the mail was for, without the tag. The
 * contact is who wrote it. What it answers is named by its own In-Reply-To,
 * or, where a program left that out, by the tag of the address, if that is
 * proven (engine/mail_tag.c); a tag that we did not write names nothing.
 *
 * Loops end here: mail of ours that came back is no message at all, reports
 * are statuses, and what no person wrote says so, and is answered by nobody.
 */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../core/str.h"
#include "smtp.h"

#define INBOUND_BASIC_MAX  1024         /* of user:password */

/* What one mail becomes. */
typedef struct {
    Pl__Command          command;
    Pl__InboundMessage   message;
    Pl__Sender           from;
    Pl__Content          content;
    Pl__Email            email;
} inbound_t;

typedef struct {
    Pl__Command          command;
    Pl__DeliveryStatus   status;
    Pl__MessageError     error;
} inbound_status_t;

typedef struct {
    Pl__Command          command;
    Pl__ConsentChange    change;
    Pl__Sender           from;
} inbound_refused_t;

static pl_status_t inbound_report(const pl_mail_inbound_t *in,
    pl_arena_t *ar, pl_decoded_t *out);
static pl_status_t inbound_message(const pl_mail_inbound_t *in,
    pl_arena_t *ar, pl_decoded_t *out);
static pl_status_t inbound_fill(const pl_mail_inbound_t *in,
    pl_arena_t *ar, inbound_t *m);
static pl_status_t inbound_thread(const pl_mail_inbound_t *in,
    pl_arena_t *ar, inbound_t *m);
static pl_status_t inbound_files(const pl_mail_inbound_t *in,
    pl_arena_t *ar, Pl__Email *email);
static void inbound_texts(const pl_mail_inbound_t *in);
static pl_status_t inbound_tag(const pl_mail_inbound_t *in, pl_arena_t *ar,
    inbound_t *m);
static void inbound_add(pl_decoded_t *out, Pl__Command *command);


pl_status_t
pl_mail_inbound(const pl_mail_inbound_t *in, pl_arena_t *ar,
    pl_decoded_t *out)
{
    pl_mail_ours_t  ours;

    if (in->mail->kind == PL_MAIL_REPORT) {
        return inbound_report(in, ar, out);
    }

    /* our own: returned, or sent on to ourselves */

    if (in->mail->message_id != NULL
        && pl_mail_ours(pl_str_c(in->mail->message_id), &ours))
    {
        out->n_ignored++;
        return PL_OK;
    }

    return inbound_message(in, ar, out);
}


/* Of another's mail there is nothing to tell, nor of one that is delayed. */

static pl_status_t
inbound_report(const pl_mail_inbound_t *in, pl_arena_t *ar,
    pl_decoded_t *out)
{
    int                       class;
    char                     *account;
    const char               *word = NULL;
    pl_status_t               rc;
    inbound_status_t         *made;
    Pl__DeliveryStatus       *status;
    const pl_mail_report_t   *report = &in->mail->report;

    class = report->class;

    if (report->action != NULL && strcmp(report->action, "failed") == 0) {
        word = "failed";

    } else if (report->action != NULL
               && (strcmp(report->action, "delivered") == 0
                   || strcmp(report->action, "relayed") == 0))
    {
        word = "delivered";

    } else if (report->action == NULL && class == 5) {
        word = "failed";
    }

    if (word == NULL) {
        out->n_ignored++;
        return PL_OK;
    }

    account = pl_mail_untagged(ar, in->recipient);
    if (account == NULL) {
        return PL_NOMEM;
    }

    rc = pl_mail_status(report->original, account, word, in->time_s, ar, out,
                        &status);
    if (rc != PL_OK || status == NULL) {
        return rc;
    }

    status->recipient = report->recipient;
    status->has_raw = true;
    status->raw = *in->raw;
    made = pl_arena_alloc(ar, sizeof(*made));
    if (made == NULL) {
        return PL_NOMEM;
    }

    if (strcmp(word, "failed") == 0) {
        pl__message_error__init(&made->error);
        made->error.has_code = 1;
        made->error.code = class * 100 + report->subject * 10
                           + report->detail;
        made->error.title = (char *) "bounced";
        made->error.details = report->diagnostic;
        status->error = &made->error;
        status->unreachable = report->subject + report->detail != 0
            ? pl_mail_unreachable(class, report->subject, report->detail)
            : pl_mail_unreachable_said(report->diagnostic, false);
        status->has_unreachable = status->unreachable;
    }

    return PL_OK;
}


pl_status_t
pl_mail_status(const char *id, const char *account, const char *word,
    int64_t time_s, pl_arena_t *ar, pl_decoded_t *out,
    Pl__DeliveryStatus **status)
{
    size_t              n = id == NULL ? 0 : strlen(id);
    pl_mail_ours_t      ours;
    inbound_status_t   *made;

    *status = NULL;

    if (id == NULL || !pl_mail_ours(pl_str_c(id), &ours)) {
        out->n_ignored++;
        return PL_OK;
    }

    made = pl_arena_alloc(ar, sizeof(*made));
    if (made == NULL) {
        return PL_NOMEM;
    }

    pl__delivery_status__init(&made->status);
    made->status.account = (char *) account;
    made->status.provider_id = id[0] == '<' && id[n - 1] == '>'
                               ? pl_arena_printf(ar, "%.*s", (int) n - 2,
                                                 id + 1)
                               : pl_arena_str(ar, pl_str_c(id));
    made->status.status = (char *) word;
    made->status.time_s = time_s;
    made->status.has_message = 1;
    made->status.message = ours.message;
    made->status.mark = pl_arena_str(ar, pl_str_c(ours.mark));

    if (made->status.provider_id == NULL || made->status.mark == NULL) {
        return PL_NOMEM;
    }

    pl__command__init(&made->command);
    made->command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    made->command.delivery_status = &made->status;
    inbound_add(out, &made->command);
    *status = &made->status;

    return PL_OK;
}


pl_status_t
pl_mail_refused(const char *account, const char *address, const char *word,
    int64_t time_s, pl_arena_t *ar, pl_decoded_t *out)
{
    inbound_refused_t  *made;

    made = pl_arena_alloc(ar, sizeof(*made));
    if (made == NULL) {
        return PL_NOMEM;
    }

    pl__sender__init(&made->from);
    made->from.email = (char *) address;

    pl__consent_change__init(&made->change);
    made->change.account = (char *) account;
    made->change.from = &made->from;
    made->change.category = (char *) "marketing_messages";
    made->change.word = (char *) word;
    made->change.time_s = time_s;

    pl__command__init(&made->command);
    made->command.of_case = PL__COMMAND__OF_CONSENT_CHANGE;
    made->command.consent_change = &made->change;
    inbound_add(out, &made->command);

    return PL_OK;
}


static pl_status_t
inbound_message(const pl_mail_inbound_t *in, pl_arena_t *ar,
    pl_decoded_t *out)
{
    inbound_t    *m;
    pl_status_t   rc;

    m = pl_arena_alloc(ar, sizeof(*m));
    if (m == NULL) {
        return PL_NOMEM;
    }

    inbound_texts(in);

    rc = inbound_fill(in, ar, m);
    if (rc != PL_OK) {
        return rc;
    }

    rc = inbound_tag(in, ar, m);
    if (rc != PL_OK) {
        return rc;
    }

    rc = inbound_thread(in, ar, m);

    if (rc == PL_OK) {
        rc = inbound_files(in, ar, &m->email);
    }

    if (rc != PL_OK) {
        return rc;
    }

    pl__command__init(&m->command);
    m->command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    m->command.inbound_message = &m->message;
    inbound_add(out, &m->command);

    return PL_OK;
}


static pl_status_t
inbound_fill(const pl_mail_inbound_t *in, pl_arena_t *ar, inbound_t *m)
{
    const pl_mail_read_t  *mail = in->mail;

    pl__sender__init(&m->from);
    m->from.email = mail->from;
    m->from.name = mail->from_name;

    pl__email__init(&m->email);
    m->email.subject = mail->subject;
    m->email.text = mail->text;
    m->email.html = mail->html;

    if (mail->text == NULL && mail->html != NULL) {
        m->email.text = pl_mail_plain(ar, pl_str_c(mail->html));

        if (m->email.text == NULL) {
            return PL_NOMEM;
        }
    }

    m->email.has_automatic = mail->kind != PL_MAIL_PERSON;
    m->email.automatic = mail->kind != PL_MAIL_PERSON;
    m->email.has_cut = mail->cut;
    m->email.cut = mail->cut;

    pl__content__init(&m->content);
    m->content.type = (char *) "email";
    m->content.of_case = PL__CONTENT__OF_EMAIL;
    m->content.email = &m->email;

    pl__inbound_message__init(&m->message);
    m->message.account = pl_mail_untagged(ar, in->recipient);
    m->message.from = &m->from;
    m->message.provider_id = mail->message_id != NULL
                             ? mail->message_id
                             : pl_arena_str(ar, pl_str_c(in->id));
    m->message.time_s = in->time_s;
    m->message.has_untimed = m->message.untimed = true;     /* a Date is the
                                       sender's, and may be put right: the
                                       Message-ID alone tells a repeat */
    m->message.content = &m->content;
    m->message.has_raw = true;
    m->message.raw = *in->raw;

    return m->message.account != NULL && m->message.provider_id != NULL
           ? PL_OK : PL_NOMEM;
}


/*
 * References are the thread; some programs have In-Reply-To alone. Where it
 * has neither, the address that it went to still says what it answers.
 */

static pl_status_t
inbound_thread(const pl_mail_inbound_t *in, pl_arena_t *ar, inbound_t *m)
{
    size_t             i, n = 0;
    const char        *last;
    pl_mail_read_t    *mail = in->mail;

    m->email.references = pl_arena_alloc(ar, (mail->n_references + 1)
                                             * sizeof(char *));
    if (m->email.references == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < mail->n_references; i++) {
        m->email.references[n++] = mail->references[i];
    }

    last = n > 0 ? mail->references[n - 1] : NULL;

    if (mail->in_reply_to != NULL
        && (last == NULL || strcmp(last, mail->in_reply_to) != 0)
        && n < PL_MAIL_REFERENCES_MAX)
    {
        m->email.references[n++] = mail->in_reply_to;
    }

    m->email.n_references = n;
    m->message.reply_to = mail->in_reply_to != NULL ? mail->in_reply_to
                          : n > 0 ? m->email.references[n - 1] : NULL;

    return PL_OK;
}


/* Their names, types and sizes, and where they are. */

static pl_status_t
inbound_files(const pl_mail_inbound_t *in, pl_arena_t *ar, Pl__Email *email)
{
    size_t       i;
    Pl__Media   *media;

    if (in->mail->n_parts == 0) {
        return PL_OK;
    }

    email->attachments = pl_arena_alloc(ar, in->mail->n_parts
                                            * sizeof(Pl__Media *));
    media = pl_arena_alloc(ar, in->mail->n_parts * sizeof(Pl__Media));

    if (email->attachments == NULL || media == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < in->mail->n_parts; i++) {
        pl__media__init(&media[i]);
        media[i].filename = in->mail->parts[i].name;
        media[i].mime_type = in->mail->parts[i].type;
        media[i].has_bytes = 1;
        media[i].bytes = in->mail->parts[i].data.len;
        media[i].file = (char *) (uintptr_t) in->mail->parts[i].file;

        if (media[i].file != NULL) {
            media[i].has_state = 1;
            media[i].state = PL__MEDIA_STATE__MEDIA_STATE_STORED;
        }

        email->attachments[i] = &media[i];
    }

    email->n_attachments = in->mail->n_parts;

    return PL_OK;
}


/* What was cut of a text is a file, with all of it. */

static void
inbound_texts(const pl_mail_inbound_t *in)
{
    size_t            i;
    pl_mail_part_t   *part;
    pl_mail_read_t   *mail = in->mail;
    const Pl__Taken  *row;

    for (i = 0; i < in->hook->n_rows; i++) {
        row = in->hook->rows[i];

        if (row->type == NULL
            || (row->has_in_mail && row->in_mail) != in->hook->has_mail)
        {
            continue;
        }

        mail->cut = true;

        if (mail->n_parts == PL_MAIL_PARTS_MAX) {
            return;
        }

        part = &mail->parts[mail->n_parts++];
        part->type = row->type;
        part->name = (char *) (uintptr_t)
                     (strcmp(row->type, "text/html") == 0 ? "text.html"
                                                          : "text.txt");
        part->file = row->file;
        part->data.len = (size_t) row->bytes;
    }
}


/*
 * Whose mail it says that it answers. Anybody can write that: it counts where
 * its proof is that message's, which apply() looks at. What List-Unsubscribe
 * makes a mail program write is a refusal then.
 */

static pl_status_t
inbound_tag(const pl_mail_inbound_t *in, pl_arena_t *ar, inbound_t *m)
{
    const char      *subject = in->mail->subject;
    pl_mail_ours_t   ours;

    if (!pl_mail_tagged(pl_str_c(in->recipient), &ours)) {
        return PL_OK;
    }

    m->message.has_tag = 1;
    m->message.tag = ours.message;
    m->message.tag_proof = pl_arena_str(ar, pl_str_c(ours.proof));

    if (subject != NULL && strcasecmp(subject, "unsubscribe") == 0) {
        m->message.has_opt_out = 1;
        m->message.opt_out = PL__OPT_OUT__OPT_OUT_STOP;
    }

    return m->message.tag_proof != NULL ? PL_OK : PL_NOMEM;
}


static void
inbound_add(pl_decoded_t *out, Pl__Command *command)
{
    out->commands[out->n_commands++] = command;
}


pl_status_t
pl_mail_came(const Pl__Entry *entry, pl_arena_t *ar, pl_decoded_t *out)
{
    size_t         i;
    int64_t        now_s = entry->time_ms / 1000, *time_s;
    Pl__Command   *command;

    (void) ar;

    for (i = 0; i < out->n_commands; i++) {
        command = out->commands[i];

        switch (command->of_case) {

        case PL__COMMAND__OF_INBOUND_MESSAGE:
            time_s = &command->inbound_message->time_s;
            break;

        case PL__COMMAND__OF_DELIVERY_STATUS:
            time_s = &command->delivery_status->time_s;
            break;

        case PL__COMMAND__OF_CONSENT_CHANGE:
            time_s = &command->consent_change->time_s;
            break;

        default:
            continue;
        }

        if (*time_s <= 0 || *time_s > now_s) {
            *time_s = now_s;
        }
    }

    return PL_OK;
}


pl_status_t
pl_mail_unreadable(const char *account, const char *reason,
    const ProtobufCBinaryData *raw, pl_arena_t *ar, pl_decoded_t *out)
{
    Pl__Command         *command;
    Pl__UnreadableItem  *item;

    command = pl_arena_alloc(ar, sizeof(*command));
    item = pl_arena_alloc(ar, sizeof(*item));

    if (command == NULL || item == NULL) {
        return PL_NOMEM;
    }

    pl__unreadable_item__init(item);
    item->account = (char *) (uintptr_t) account;
    item->reason = (char *) (uintptr_t) reason;
    item->has_raw = true;
    item->raw = *raw;

    pl__command__init(command);
    command->of_case = PL__COMMAND__OF_UNREADABLE_ITEM;
    command->unreadable_item = item;
    inbound_add(out, command);

    return PL_OK;
}


/* By what they call themselves, or do not. */

bool
pl_mail_machine(const char *agent)
{
    size_t                       i;
    static const char *const     words[] = {
        "bot", "Bot", "GoogleImageProxy", "YahooMailProxy", "prefetch",
        "scanner", "Barracuda", "Proofpoint", "Mimecast",
    };

    if (agent == NULL || agent[0] == '\0'
        || strcmp(agent, "Mozilla/5.0") == 0)
    {
        return true;
    }

    for (i = 0; i < PL_COUNT(words); i++) {
        if (strstr(agent, words[i]) != NULL) {
            return true;
        }
    }

    return false;
}


/*
 * What was given is compared as MACs of one text under both, so that it
 * takes as long wherever they differ.
 */

pl_status_t
pl_mail_basic(const pl_secrets_t *secrets, const pl_signed_t *in,
    pl_err_t *err)
{
    size_t         i;
    uint8_t        given[PL_SHA256_LEN], sum[PL_SHA256_LEN];
    pl_str_t       text = PL_STR("basic"), word = in->signature, plain;
    pl_mac_t      *mac;
    pl_arena_t    *ar;
    pl_status_t    rc;

    if (word.len == 0) {
        return pl_err_set(err, PL_DENIED, "verify", 0,
                          "no name and password");
    }

    if (word.len <= 6 || word.len > INBOUND_BASIC_MAX
        || strncmp((const char *) word.data, "Basic ", 6) != 0)
    {
        return pl_err_set(err, PL_DENIED, "verify", 0,
                          "authorization malformed");
    }

    ar = pl_arena_create(2 * INBOUND_BASIC_MAX, 4 * INBOUND_BASIC_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "verify", 0, "no memory");
    }

    word.data += 6;
    word.len -= 6;
    rc = pl_base64_decode(ar, word, &plain);
    mac = rc == PL_OK && plain.len > 0 ? pl_mac_create(plain) : NULL;

    if (mac == NULL || pl_mac_sum(mac, &text, 1, given) != PL_OK) {
        pl_mac_destroy(mac);
        pl_arena_destroy(ar);
        return pl_err_set(err, PL_DENIED, "verify", 0,
                          "authorization malformed");
    }

    pl_mac_destroy(mac);
    pl_arena_destroy(ar);

    for (i = 0; i < secrets->n_macs; i++) {
        rc = pl_mac_sum(secrets->macs[i], &text, 1, sum);
        if (rc != PL_OK) {
            return pl_err_set(err, rc, "verify", 0, "cannot compute a MAC");
        }

        if (pl_crypto_equal((pl_str_t) { sum, sizeof(sum) },
                            (pl_str_t) { given, sizeof(given) }))
        {
            return PL_OK;
        }
    }

    return pl_err_set(err, PL_DENIED, "verify", 0,
                      "name or password wrong");
}
