/*
 * The same to many. Each recipient is a request of its own, under a key of
 * its own, so that a repeat does each once; what is the same for all is
 * looked at once, and a mistake in it refuses the whole. A recipient whose
 * address has no such form, or who misses a variable, is refused here: by
 * the body alone, so that a repeat says the same.
 */

#include <string.h>

#include "impl.h"
#include "message_impl.h"
#include "sending.h"

static pl_status_t bulk_one(pl_api_call_t *call, pl_sending_t *s,
    const Pl__Api__BulkRecipient *to, pl_err_t *err);
static pl_status_t bulk_local(pl_api_call_t *call, const pl_sending_t *s,
    const Pl__Api__BulkRecipient *to, pl_sending_wrong_t *wrong,
    pl_err_t *err);
static pl_status_t bulk_row(pl_api_call_t *call, pl_sending_t *s, size_t i,
    size_t *at, Pl__Api__BulkResult *row, pl_err_t *err);
static void bulk_verdict(pl_api_call_t *call, const Pl__Verdict *verdict,
    size_t i, Pl__Api__BulkResult *row);
static char *bulk_pointer(pl_api_call_t *call, size_t i, const char *field);


pl_status_t
pl_bulk_ask(pl_api_call_t *call, pl_err_t *err)
{
    size_t                    i;
    pl_status_t               rc;
    pl_sending_t              s;
    Pl__SendRequest           request = PL__SEND_REQUEST__INIT;
    const Pl__Api__BulkBody  *body;

    body = (const Pl__Api__BulkBody *) call->body;
    pl_sending_bulk(&s, body);
    call->many = true;

    rc = pl_sending_terms(call, &s, &request, err);

    for (i = 0; rc == PL_OK && i < body->n_recipients; i++) {
        rc = bulk_one(call, &s, body->recipients[i], err);
    }

    if (rc != PL_OK || call->n_commands != 0) {
        return rc;
    }

    return pl_bulk_told(call, err);     /* nobody is left to be asked for */
}


static pl_status_t
bulk_one(pl_api_call_t *call, pl_sending_t *s,
    const Pl__Api__BulkRecipient *to, pl_err_t *err)
{
    pl_status_t          rc;
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__SendRequest     *request;
    pl_sending_wrong_t   wrong;

    rc = bulk_local(call, s, to, &wrong, err);
    if (rc != PL_OK || wrong.field != NULL) {
        call->n_refused++;
        return rc;
    }

    s->own = to->variables;
    s->n_own = to->n_variables;

    request = pl_arena_alloc(call->ar, sizeof(*request));
    if (request == NULL) {
        return pl_rows_nomem(err);
    }

    pl__send_request__init(request);

    rc = pl_sending_terms(call, s, request, err);

    if (rc == PL_OK) {
        rc = pl_sending_to(call, to->to, "to", false, request, err);
    }

    if (rc == PL_OK) {
        rc = pl_sending_content(call, s, request, &wrong, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    request->key.data = pl_api_command_key(call);
    request->key.len = PL_REQUEST_KEY_LEN;

    if (request->key.data == NULL) {
        return pl_rows_nomem(err);
    }

    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = request;

    return pl_api_command(call, &command, err);
}


/* wrong->field NULL: nothing is, as far as the body tells. */

static pl_status_t
bulk_local(pl_api_call_t *call, const pl_sending_t *s,
    const Pl__Api__BulkRecipient *to, pl_sending_wrong_t *wrong,
    pl_err_t *err)
{
    size_t            n = call->n_commands;
    pl_status_t       rc;
    pl_sending_t      one = *s;
    pl_api_out_t      out = call->out;
    Pl__SendRequest   request = PL__SEND_REQUEST__INIT;

    one.own = to->variables;
    one.n_own = to->n_variables;

    rc = pl_sending_content(call, &one, &request, wrong, err);

    if (rc != PL_OK || wrong->field != NULL) {
        return rc;
    }

    rc = pl_sending_to(call, to->to, "to", false, &request, err);

    if (rc == PL_DENIED) {
        call->out = out;                /* of this one alone */
        call->n_commands = n;
        wrong->field = "to";
        wrong->text = "no recipient of a form that can be written to";
        rc = PL_OK;
    }

    return rc;
}


/* ---- results -------------------------------------------------------- */

pl_status_t
pl_bulk_told(pl_api_call_t *call, pl_err_t *err)
{
    size_t                     i, at = 0;
    pl_status_t                rc = PL_OK;
    pl_sending_t               s;
    Pl__Api__BulkAnswer        answer = PL__API__BULK_ANSWER__INIT;
    Pl__Api__BulkResult       *rows;
    const Pl__Api__BulkBody   *body;

    body = (const Pl__Api__BulkBody *) call->body;
    pl_sending_bulk(&s, body);

    rows = pl_arena_alloc(call->ar, body->n_recipients * sizeof(*rows));
    answer.results = (Pl__Api__BulkResult **)
                     pl_rows_list(call, body->n_recipients);

    if (rows == NULL || answer.results == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; rc == PL_OK && i < body->n_recipients; i++) {
        rc = bulk_row(call, &s, i, &at, &rows[i], err);
        answer.results[answer.n_results++] = &rows[i];

        if (rc == PL_OK) {
            answer.refused += strcmp(rows[i].decision, "refused") == 0;
            answer.queued += strcmp(rows[i].decision, "queued") == 0;
            answer.scheduled += strcmp(rows[i].decision, "scheduled") == 0;
        }
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &answer.base, err) : rc;
}


static pl_status_t
bulk_row(pl_api_call_t *call, pl_sending_t *s, size_t i, size_t *at,
    Pl__Api__BulkResult *row, pl_err_t *err)
{
    pl_status_t               rc;
    pl_sending_wrong_t        wrong;
    const Pl__Api__BulkBody  *body;

    body = (const Pl__Api__BulkBody *) call->body;

    pl__api__bulk_result__init(row);
    row->index = (uint32_t) i;

    rc = bulk_local(call, s, body->recipients[i], &wrong, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (wrong.field != NULL) {
        row->decision = (char *) "refused";
        row->rule = (char *) "request.refused";
        row->detail = (char *) wrong.text;
        row->pointer = strcmp(wrong.field, "to") == 0
                       ? bulk_pointer(call, i, wrong.field)
                       : pl_api_pointer(call->ar, wrong.field);
        return PL_OK;
    }

    bulk_verdict(call, *at < call->n_verdicts ? call->verdicts[*at] : NULL,
                 i, row);
    (*at)++;

    return PL_OK;
}


static void
bulk_verdict(pl_api_call_t *call, const Pl__Verdict *verdict, size_t i,
    Pl__Api__BulkResult *row)
{
    const char  *field;

    if (verdict == NULL) {
        row->decision = (char *) "refused";
        row->rule = (char *) "request.refused";
        row->detail = (char *) "nothing is known of it";
        return;
    }

    if (verdict->has_message) {
        row->id = pl_api_id(call, "msg_", verdict->message);
    }

    row->rule = verdict->rule;

    switch (verdict->decision) {

    case PL__DECISION__DECISION_QUEUED:
        row->decision = (char *) "queued";
        break;

    case PL__DECISION__DECISION_SCHEDULED:
        row->decision = (char *) "scheduled";
        row->until = verdict->has_until_ms
                     ? pl_api_time(call, verdict->until_ms)
                     : ((const Pl__Api__BulkBody *) call->body)->send_at;
        break;

    default:
        row->decision = (char *) "refused";
        row->detail = verdict->text;
        field = pl_sending_field(call, verdict->path);

        if (field != NULL) {
            row->pointer = strncmp(field, "to", 2) == 0
                           ? bulk_pointer(call, i, field)
                           : pl_api_pointer(call->ar, field);
        }

        break;
    }
}


static char *
bulk_pointer(pl_api_call_t *call, size_t i, const char *field)
{
    const char  *path;

    path = pl_arena_printf(call->ar, "recipients[%zu].%s", i, field);

    return path == NULL ? NULL : pl_api_pointer(call->ar, path);
}
