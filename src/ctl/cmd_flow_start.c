/*
 * flow start: begins a flow with somebody, or tells flows an event
 * (FlowStart). What becomes of it the engine says, and its verdict is what
 * is printed.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/crypto.h"
#include "../core/str.h"
#include "../engine/request.h"
#include "cmd.h"
#include "recipient.h"

#define START_WORDS  3                  /* tenant, channel, address */


typedef struct {
    uint8_t             key[PL_REQUEST_KEY_LEN];
    plctl_recipient_t   to;
    Pl__FlowStart       request;
    uint64_t            entry;
    Pl__Verdict        *verdict;        /* NULL: not folded yet */
} start_t;


static pl_status_t start_usage(plctl_t *ctl, const char *const *words,
    unsigned n_words, start_t *start, pl_err_t *err);
static pl_status_t start_variables(plctl_t *ctl, const char *const *words,
    unsigned n, Pl__FlowStart *in, pl_err_t *err);
static pl_status_t start_to(plctl_t *ctl, const char *const *words,
    start_t *start, pl_err_t *err);
static pl_status_t start_ask(plctl_t *ctl, start_t *start, pl_err_t *err);
static int start_report(plctl_t *ctl, const start_t *start);
static void start_print(plctl_t *ctl, const Pl__Ctl__SendRow *row);


int
plctl_cmd_flow_start(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    start_t      start;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    memset(&start, 0, sizeof(start));
    pl__flow_start__init(&start.request);

    if (start_usage(ctl, words, n_words, &start, &err) != PL_OK) {
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = start_to(ctl, words, &start, &err);
    }

    if (rc == PL_OK) {
        rc = start_ask(ctl, &start, &err);
    }

    return rc == PL_OK ? start_report(ctl, &start) : plctl_fail(ctl, &err);
}


static pl_status_t
start_usage(plctl_t *ctl, const char *const *words, unsigned n_words,
    start_t *start, pl_err_t *err)
{
    pl_status_t          rc;
    const plctl_args_t  *args = ctl->args;

    if ((args->flow != NULL) == (args->event != NULL)) {
        return pl_err_set(err, PL_INVALID, "flow start", 0,
                          "one of --flow and --event says what begins");
    }

    if (args->step != NULL && args->flow == NULL) {
        return pl_err_set(err, PL_INVALID, "flow start", 0,
                          "--step belongs to --flow");
    }

    start->request.flow = (char *) args->flow;
    start->request.step = (char *) args->step;
    start->request.event = (char *) args->event;

    rc = plctl_recipient(&start->to, words[2], err);

    return rc == PL_OK ? start_variables(ctl, words + START_WORDS,
                                         n_words - START_WORDS,
                                         &start->request, err) : rc;
}


static pl_status_t
start_variables(plctl_t *ctl, const char *const *words, unsigned n,
    Pl__FlowStart *in, pl_err_t *err)
{
    unsigned       i;
    pl_str_t       name;
    const char    *equals;
    Pl__Variable  *v;

    in->variables = pl_arena_alloc(ctl->ar, (n + 1)
                                            * sizeof(*in->variables));

    for (i = 0; in->variables != NULL && i < n; i++) {
        equals = strchr(words[i], '=');

        if (equals == NULL || equals == words[i]
            || !pl_utf8_valid(pl_str_c(words[i])))
        {
            return pl_err_set(err, PL_INVALID, "flow start", 0,
                              "a variable is NAME=VALUE");
        }

        v = pl_arena_alloc(ctl->ar, sizeof(*v));
        if (v == NULL) {
            break;
        }

        name.data = (const uint8_t *) words[i];
        name.len = (size_t) (equals - words[i]);

        pl__variable__init(v);
        v->name = pl_arena_str(ctl->ar, name);
        v->value = (char *) equals + 1;

        if (v->name == NULL) {
            break;
        }

        in->variables[in->n_variables++] = v;
    }

    return in->n_variables == n
           ? PL_OK : pl_err_set(err, PL_NOMEM, "flow start", 0,
                                "out of memory");
}


static pl_status_t
start_to(plctl_t *ctl, const char *const *words, start_t *start,
    pl_err_t *err)
{
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    rc = plctl_channel(ctl, words[0], words[1], &channel, err);
    if (rc != PL_OK) {
        return rc;
    }

    start->request.tenant = channel->tenant;
    start->request.channel = channel->row->id;
    start->request.has_contact = (start->to.contact != 0);
    start->request.contact = start->to.contact;
    start->request.address = start->to.contact != 0 ? NULL
                                                    : &start->to.address;

    return PL_OK;
}


static pl_status_t
start_ask(plctl_t *ctl, start_t *start, pl_err_t *err)
{
    bool            folded;
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__Command     command = PL__COMMAND__INIT;
    pl_appended_t   appended;

    if (pl_crypto_random(start->key, sizeof(start->key)) != PL_OK) {
        return pl_err_set(err, PL_IO, "flow start", 0, "no random bytes");
    }

    start->request.has_key = 1;
    start->request.key.data = start->key;
    start->request.key.len = sizeof(start->key);
    start->request.actor = (char *) plctl_actor(ctl);

    command.of_case = PL__COMMAND__OF_FLOW_START;
    command.flow_start = &start->request;

    rc = plctl_ask(ctl, &command, &appended, &folded, err);
    if (rc != PL_OK) {
        return rc;
    }

    start->entry = appended.first;

    if (!folded) {
        return PL_OK;
    }

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_request_get(txn, start->request.tenant, start->key,
                        appended.time_ms, ctl->ar, &start->verdict, err);
    pl_store_abort(txn);

    return rc == PL_NOTFOUND
           ? pl_err_set(err, PL_NOTFOUND, "flow start", 0,
                        "entry %" PRIu64 " was folded and left no verdict: "
                        "see quarantine", start->entry)
           : rc;
}


static int
start_report(plctl_t *ctl, const start_t *start)
{
    pl_err_t             err = { 0 };
    Pl__Verdict         *verdict = start->verdict;
    Pl__Ctl__SendRow     row = PL__CTL__SEND_ROW__INIT;

    row.entry = start->entry;
    row.verdict = (char *) "pending";

    if (verdict != NULL) {
        row.verdict = (char *) plctl_enum(ctl->ar, &pl__decision__descriptor,
                                          (int) verdict->decision);
        row.rule = verdict->rule;
        row.path = verdict->path;
        row.reason = verdict->text;
    }

    if (!ctl->json) {
        start_print(ctl, &row);

    } else if (plctl_json(ctl, &row.base, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return verdict == NULL
           || verdict->decision != PL__DECISION__DECISION_REFUSED
           ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}


static void
start_print(plctl_t *ctl, const Pl__Ctl__SendRow *row)
{
    if (strcmp(row->verdict, "pending") == 0) {
        plctl_pending(ctl, "flow", row->entry);
        return;
    }

    fprintf(ctl->out, "%s", row->verdict);

    if (row->rule != NULL) {
        fprintf(ctl->out, ": %s", plctl_clean(ctl->ar, row->rule));
    }

    if (row->path != NULL) {
        fprintf(ctl->out, ": %s", plctl_clean(ctl->ar, row->path));
    }

    if (row->reason != NULL) {
        fprintf(ctl->out, ": %s", plctl_clean(ctl->ar, row->reason));
    }

    fprintf(ctl->out, "\n");
}
