/*
 * What an answer to a send means.
 *
 * There is no idempotency key on this API: a message that was accepted and
 * is sent again is sent twice. So whatever may have been accepted is
 * UNKNOWN, to be settled by a status that echoes our id, and only what was
 * surely refused, or never left, is tried again.
 *
 * An answer is the API's own where its body is a JSON object with an `error`
 * that has a code: then the table of whatsapp_errors.c decides, whatever the
 * HTTP status is. All else was said by something in between, and is judged
 * by its status: a gateway that gave up (500, 502, 504, 408) may have passed
 * the request on; one that was too busy (429, 503) has not; a redirect, a
 * refusal or a missing page means that this is not the API at all, and
 * ends no message but pauses the channel.
 */

#include <string.h>

#include "../core/str.h"
#include "foreign.h"
#include "whatsapp_impl.h"

#define ANSWER_TRACE_MAX  64


static pl_status_t answer_accepted(const pl_answer_t *answer,
    const Pl__Wa__Answer *said, Pl__SendResult *out);
static pl_status_t answer_error(const pl_answer_t *answer,
    const Pl__Wa__AnswerError *error, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
static void answer_recipient(const Pl__Wa__AnswerContact *contact,
    Pl__SendResult *out);
static void answer_held(const char *status, Pl__SendResult *out);
static void answer_trace(char *trace, Pl__SendResult *out);


pl_status_t
pl_whatsapp_classify(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    Pl__Wa__Answer    *said = NULL;
    ProtobufCMessage  *msg;
    pl_status_t        rc;

    if (answer->status == 0) {
        pl_foreign_none(answer, out);
        return PL_OK;
    }

    out->has_http_status = true;
    out->http_status = answer->status;

    /* what was cut is not believed even where it happens to parse */

    if (!answer->truncated && answer->body.len > 0) {
        rc = pl_json_decode(codec, &pl__wa__answer__descriptor, answer->body,
                            0, ar, &msg, NULL);
        if (rc == PL_OK) {
            said = (Pl__Wa__Answer *) msg;

        } else if (rc == PL_NOMEM) {
            return pl_err_set(err, rc, "classify", 0, "answer too large");
        }
    }

    if (answer->status >= 200 && answer->status < 300) {
        return answer_accepted(answer, said, out);
    }

    if (said != NULL && said->error != NULL && said->error->has_code) {
        return answer_error(answer, said->error, ar, out, err);
    }

    return pl_foreign(answer, ar, out, err);
}


/*
 * 2xx: only an id says that it was accepted, and as what. A read receipt has
 * none, and is answered by a bare success.
 */

static pl_status_t
answer_accepted(const pl_answer_t *answer, const Pl__Wa__Answer *said,
    Pl__SendResult *out)
{
    out->outcome = PL__OUTCOME__OUTCOME_UNKNOWN;

    if (said == NULL) {
        out->reason = pl_whatsapp_const(answer->truncated ? "answer cut"
                                                    : "answer unreadable");
        return PL_OK;
    }

    if (said->n_messages == 0 && said->error == NULL
        && said->has_success && said->success)
    {
        out->outcome = PL__OUTCOME__OUTCOME_SENT;
        return PL_OK;
    }

    if (said->n_messages == 0 || said->messages[0]->id == NULL
        || said->messages[0]->id[0] == '\0')
    {
        out->reason = pl_whatsapp_const("answer without id");

        /* some of a group may have got it (131201): not to be repeated */

        if (said->error != NULL && said->error->has_code) {
            out->has_code = true;
            out->code = said->error->code;
            answer_trace(said->error->fbtrace_id, out);
        }

        return PL_OK;
    }

    out->outcome = PL__OUTCOME__OUTCOME_SENT;
    out->provider_id = said->messages[0]->id;
    answer_held(said->messages[0]->message_status, out);

    if (said->n_contacts > 0 && said->contacts[0]->bad == NULL) {
        answer_recipient(said->contacts[0], out);
    }

    return PL_OK;
}


/* The form of the number that the provider uses, which may not be ours. */

static void
answer_recipient(const Pl__Wa__AnswerContact *contact, Pl__SendResult *out)
{
    out->recipient = pl_whatsapp_decode_some(contact->wa_id);
    out->user_id = pl_whatsapp_decode_some(contact->user_id);
}


/* Accepted is not yet on its way: of templates it says so. */

static void
answer_held(const char *status, Pl__SendResult *out)
{
    if (status == NULL) {
        return;
    }

    if (strcmp(status, "held_for_quality_assessment") == 0) {
        out->has_held = true;
        out->held = PL__HELD__HELD_QUALITY;

    } else if (strcmp(status, "paused") == 0) {
        out->has_held = true;
        out->held = PL__HELD__HELD_PAUSED;
    }
}


/* What the provider's people ask for; only where it can be nothing else. */

static void
answer_trace(char *trace, Pl__SendResult *out)
{
    size_t  len;

    if (trace == NULL) {
        return;
    }

    len = strspn(trace, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    if (len > 0 && len <= ANSWER_TRACE_MAX && trace[len] == '\0') {
        out->trace = trace;
    }
}


/* The API's own error. Its message may hold numbers: only the code is kept. */

static pl_status_t
answer_error(const pl_answer_t *answer, const Pl__Wa__AnswerError *error,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    const pl_whatsapp_error_t  *row;

    row = pl_whatsapp_error(error->code);

    out->has_code = true;
    out->code = error->code;
    out->outcome = pl_whatsapp_outcome(answer->status, error->code,
                                       error->has_is_transient
                                       && error->is_transient);

    out->reason = pl_arena_printf(ar, "%d %s", (int) error->code,
                                  row != NULL
                                      ? pl_whatsapp_class_name(row->class)
                                      : "not in the table");
    if (out->reason == NULL) {
        return pl_err_set(err, PL_NOMEM, "classify", 0, "no memory");
    }

    out->has_window_closed = out->window_closed =
                                     error->code == PL_WHATSAPP_WINDOW_CLOSED;

    if (row != NULL && row->bucket != 0) {
        out->has_bucket = true;
        out->bucket = (Pl__Bucket) row->bucket;
    }

    if (row != NULL && row->retry_base != 0) {
        out->has_retry_base = true;
        out->retry_base = row->retry_base;
    }

    out->lost = pl_whatsapp_upload_lost(error->code, error->message);
    out->has_lost = out->lost;

    answer_trace(error->fbtrace_id, out);
    pl_foreign_delay(answer, row != NULL ? row->retry_ms : 0, out);

    return PL_OK;
}
