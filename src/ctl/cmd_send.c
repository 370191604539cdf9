/*
 * send: asks that a message be sent (SendRequest). What is checked here is
 * the command line and the file's JSON; whether it can be said, and may be,
 * the engine decides, and its verdict is what is printed.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/crypto.h"
#include "../core/str.h"
#include "../core/traceparent.h"
#include "../engine/request.h"
#include "cmd.h"
#include "media.h"
#include "recipient.h"
#include "said.h"


#define SEND_FILE_MAX  PL_BODY_MAX


typedef struct {
    uint8_t             key[PL_REQUEST_KEY_LEN];
    plctl_recipient_t   to;
    Pl__SendRequest     request;
    uint64_t            entry;
    Pl__Verdict        *verdict;        /* NULL: not folded yet */
} send_t;


static const char *send_usage(const plctl_args_t *args);
static int send_content(plctl_t *ctl, send_t *send);
static int send_file(plctl_t *ctl, send_t *send);
static pl_status_t send_to(plctl_t *ctl, const char *const *words,
    send_t *send, pl_err_t *err);
static pl_status_t send_terms(plctl_t *ctl, send_t *send, pl_err_t *err);
static pl_status_t send_ask(plctl_t *ctl, send_t *send, pl_err_t *err);
static int send_report(plctl_t *ctl, const send_t *send);
static void send_print(plctl_t *ctl, const Pl__Ctl__SendRow *row);


int
plctl_cmd_send(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    int           status;
    send_t        send;
    pl_err_t      err = { 0 };
    pl_status_t   rc;
    const char   *wrong;

    (void) n_words;

    memset(&send, 0, sizeof(send_t));
    pl__send_request__init(&send.request);

    wrong = send_usage(ctl->args);
    if (wrong != NULL) {
        plctl_note(ctl, "send: %s", wrong);
        return PLCTL_EXIT_USAGE;
    }

    if (plctl_recipient(&send.to, words[2], &err) != PL_OK
        || send_terms(ctl, &send, &err) != PL_OK
        || plctl_said_terms(ctl, &send.request, PL__AUTHOR__AUTHOR_PERSON,
                            &err) != PL_OK)
    {
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    status = send_content(ctl, &send);
    if (status != PLCTL_EXIT_OK) {
        return status;
    }

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = send_to(ctl, words, &send, &err);
    }

    if (rc == PL_OK) {
        rc = send_terms(ctl, &send, &err);
    }

    if (rc == PL_OK) {
        rc = send_ask(ctl, &send, &err);
    }

    return rc == PL_OK ? send_report(ctl, &send) : plctl_fail(ctl, &err);
}


/* What is wrong with the options, or NULL. */

static const char *
send_usage(const plctl_args_t *args)
{
    char      trace[PL_TRACEPARENT_LEN + 1];
    unsigned  what;

    if (args->traceparent != NULL
        && !pl_traceparent_read(pl_str_c(args->traceparent), trace))
    {
        return "--traceparent is no traceparent of W3C's Trace Context";
    }

    if ((args->given & PLCTL_OPT_CAMPAIGN) && args->campaign == 0) {
        return "--campaign is a number from 1";
    }

    what = args->given & (PLCTL_OPT_TEXT | PLCTL_OPT_TEMPLATE
                          | PLCTL_OPT_FILE | PLCTL_OPT_MEDIA);

    if (what == (PLCTL_OPT_TEXT | PLCTL_OPT_MEDIA)) {
        what = PLCTL_OPT_MEDIA;         /* the text is its caption */
    }

    if (what == 0 || (what & (what - 1)) != 0) {
        return "one of --text, --template, --file and --media says what to "
               "send";
    }

    if (what != PLCTL_OPT_TEMPLATE) {
        return args->given & (PLCTL_OPT_LANGUAGE | PLCTL_OPT_PARAM)
               ? "--language and --param belong to --template" : NULL;
    }

    return args->given & PLCTL_OPT_LANGUAGE ? NULL
                                            : "--template needs --language";
}


static int
send_content(plctl_t *ctl, send_t *send)
{
    pl_err_t              err = { 0 };
    const plctl_args_t   *args = ctl->args;

    if (args->given & PLCTL_OPT_FILE) {
        return send_file(ctl, send);
    }

    send->request.content = args->given & PLCTL_OPT_MEDIA
                            ? plctl_media_content(ctl, args->media,
                                                  args->text)
                            : args->given & PLCTL_OPT_TEXT
                            ? plctl_said_text(ctl, args->text)
                            : plctl_said_template(ctl, args->template_name,
                                                  args->language,
                                                  args->params,
                                                  args->n_params);

    if (send->request.content == NULL) {
        (void) pl_err_set(&err, PL_NOMEM, "send", 0, "out of memory");
        return plctl_fail(ctl, &err);
    }

    return PLCTL_EXIT_OK;
}


static int
send_file(plctl_t *ctl, send_t *send)
{
    pl_err_t           err = { 0 };
    pl_str_t           json;
    pl_status_t        rc;
    const char        *file = ctl->args->file;
    ProtobufCMessage  *msg;

    rc = plctl_file(ctl, file, SEND_FILE_MAX, &json, &err);

    if (rc == PL_OK) {
        rc = plctl_shapes(ctl, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    rc = pl_json_decode(ctl->shapes, &pl__content__descriptor, json, 0,
                        ctl->ar, &msg, &err);
    if (rc != PL_OK) {
        return plctl_place(ctl, file, &err);
    }

    send->request.content = (Pl__Content *) msg;
    send->request.content->has_raw = 0;     /* is of what comes in alone */

    return PLCTL_EXIT_OK;
}


static pl_status_t
send_to(plctl_t *ctl, const char *const *words, send_t *send, pl_err_t *err)
{
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    rc = plctl_channel(ctl, words[0], words[1], &channel, err);
    if (rc != PL_OK) {
        return rc;
    }

    send->request.tenant = channel->tenant;
    send->request.channel = channel->row->id;
    ctl->ahead_ms = pl_settings_clock(ctl->settings, channel->tenant);

    rc = plctl_recipient_group(ctl, channel->tenant, &send->to, err);
    if (rc != PL_OK) {
        return rc;
    }

    plctl_recipient_set(&send->to, &send->request);

    return plctl_media_take(ctl, channel,
                            ctl->args->given & PLCTL_OPT_FILE
                                ? ctl->args->file : NULL,
                            send->request.content, err);
}


/*
 * When, and for how long. Looked at before the store is opened, so that a
 * mistake is one of the command line, and again with the store's time.
 */

static pl_status_t
send_terms(plctl_t *ctl, send_t *send, pl_err_t *err)
{
    pl_status_t          rc = PL_OK;
    Pl__SendRequest     *in = &send->request;
    const plctl_args_t  *args = ctl->args;

    if (args->given & PLCTL_OPT_AT) {
        in->has_at_ms = 1;
        rc = plctl_when(ctl, "--at", args->at, &in->at_ms, err);
    }

    if (rc == PL_OK && (args->given & PLCTL_OPT_EXPIRES)) {
        in->has_expires_ms = 1;
        rc = plctl_when(ctl, "--expires", args->expires, &in->expires_ms,
                        err);
    }

    if (rc != PL_OK || !(args->given & PLCTL_OPT_COLLAPSE)) {
        return rc;
    }

    in->collapse_key = (char *) args->collapse;

    return pl_utf8_valid(pl_str_c(args->collapse))
           ? PL_OK : pl_err_set(err, PL_INVALID, "--collapse", 0, "no UTF-8");
}


static pl_status_t
send_ask(plctl_t *ctl, send_t *send, pl_err_t *err)
{
    bool            folded;
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__Command     command = PL__COMMAND__INIT;
    pl_appended_t   appended;

    if (pl_crypto_random(send->key, sizeof(send->key)) != PL_OK) {
        return pl_err_set(err, PL_IO, "send", 0, "no random bytes");
    }

    send->request.key.data = send->key;
    send->request.key.len = sizeof(send->key);
    send->request.actor = (char *) plctl_actor(ctl);

    rc = plctl_said_lane(ctl, &send->request, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (ctl->args->given & PLCTL_OPT_CAMPAIGN) {
        send->request.has_campaign = 1;
        send->request.campaign = ctl->args->campaign;

        if (!send->request.has_lane) {
            send->request.has_lane = 1;
            send->request.lane = PL__LANE__LANE_CAMPAIGN;
        }
    }

    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &send->request;

    rc = plctl_ask(ctl, &command, &appended, &folded, err);
    if (rc != PL_OK) {
        return rc;
    }

    send->entry = appended.first;

    if (!folded) {
        return PL_OK;
    }

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_request_get(txn, send->request.tenant, send->key,
                        appended.time_ms, ctl->ar, &send->verdict, err);
    pl_store_abort(txn);

    if (rc == PL_NOTFOUND) {
        return pl_err_set(err, PL_NOTFOUND, "send", 0,
                          "entry %" PRIu64 " was folded and left no verdict: "
                          "see quarantine", send->entry);
    }

    return rc;
}


static int
send_report(plctl_t *ctl, const send_t *send)
{
    pl_err_t             err = { 0 };
    Pl__Verdict         *verdict = send->verdict;
    Pl__Ctl__SendRow     row = PL__CTL__SEND_ROW__INIT;

    row.entry = send->entry;
    row.verdict = (char *) "pending";

    if (verdict != NULL) {
        row.verdict = (char *) plctl_enum(ctl->ar, &pl__decision__descriptor,
                                          (int) verdict->decision);
        row.rule = verdict->rule;
        row.path = verdict->path;
        row.reason = verdict->text;

        if (verdict->has_message) {
            row.id = (char *) plctl_id(ctl->ar, "msg", verdict->message);
        }

        if (verdict->decision == PL__DECISION__DECISION_SCHEDULED) {
            row.has_at_ms = 1;
            row.at_ms = verdict->has_until_ms ? verdict->until_ms
                                              : send->request.at_ms;
        }

        if (verdict->has_effect) {
            row.effect = (char *) plctl_id(ctl->ar, "eff", verdict->effect);
        }
    }

    if (!ctl->json) {
        send_print(ctl, &row);

    } else if (plctl_json(ctl, &row.base, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return verdict == NULL
           || verdict->decision != PL__DECISION__DECISION_REFUSED
           ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}


static void
send_print(plctl_t *ctl, const Pl__Ctl__SendRow *row)
{
    if (strcmp(row->verdict, "pending") == 0) {
        plctl_pending(ctl, "message", row->entry);
        return;
    }

    fprintf(ctl->out, "%s: %s", row->id != NULL ? row->id : "message",
            row->verdict);

    if (row->has_at_ms) {
        fprintf(ctl->out, " for %s", plctl_time(ctl->ar, row->at_ms));
    }

    if (row->rule != NULL) {
        fprintf(ctl->out, ": %s", plctl_clean(ctl->ar, row->rule));
    }

    if (row->path != NULL) {
        fprintf(ctl->out, ": %s", plctl_clean(ctl->ar, row->path));
    }

    if (row->reason != NULL && strcmp(row->reason, "policy") != 0) {
        fprintf(ctl->out, ": %s", plctl_clean(ctl->ar, row->reason));
    }

    fprintf(ctl->out, "\n");
}
