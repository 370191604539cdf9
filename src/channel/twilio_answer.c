/*
 * What Twilio's answer to a send means. There is no idempotency key: whatever
 * may have been accepted is UNKNOWN, to be settled by a status, and only what
 * was surely refused, or never left, is tried again.
 *
 * An answer is the API's own where its body is a JSON object with a code; all
 * else was said by something in between, and is judged by its status.
 */

#include <string.h>

#include "../core/str.h"
#include "delay.h"
#include "twilio_impl.h"

#define ANSWER_TEXT_MAX  32             /* of a price, of its unit */


typedef struct {
    int           first;        /* HTTP status, both included */
    int           last;
    Pl__Outcome   outcome;
} answer_row_t;


static pl_status_t answer_accepted(const pl_answer_t *answer,
    const Pl__Tw__Answer *said, Pl__SendResult *out);
static void answer_price(const Pl__Tw__Answer *said, Pl__SendResult *out);
static pl_status_t answer_error(const pl_answer_t *answer, int32_t code,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err);
static pl_status_t answer_foreign(const pl_answer_t *answer, pl_arena_t *ar,
    Pl__SendResult *out, pl_err_t *err);
static Pl__Outcome answer_by_status(const pl_answer_t *answer);
static void answer_delay(const pl_answer_t *answer, int64_t hint_ms,
    Pl__SendResult *out);


/* Of answers that are not the API's. The first that fits. */
static const answer_row_t answer_rows[] = {
    { 300, 399, PL__OUTCOME__OUTCOME_ACCOUNT },
    { 401, 401, PL__OUTCOME__OUTCOME_ACCOUNT },
    { 403, 405, PL__OUTCOME__OUTCOME_ACCOUNT },
    { 407, 407, PL__OUTCOME__OUTCOME_ACCOUNT },
    { 408, 408, PL__OUTCOME__OUTCOME_UNKNOWN },
    { 429, 429, PL__OUTCOME__OUTCOME_THROTTLE },
    { 400, 499, PL__OUTCOME__OUTCOME_PERMANENT },
    { 503, 503, PL__OUTCOME__OUTCOME_RETRY },
    { 0, INT32_MAX, PL__OUTCOME__OUTCOME_UNKNOWN },
};


pl_status_t
pl_twilio_classify(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    Pl__Tw__Answer    *said = NULL;
    ProtobufCMessage  *msg;
    pl_status_t        rc;

    if (answer->status == 0) {
        out->outcome = answer->wire <= PL__WIRE_STAGE__WIRE_STAGE_CONNECTING
                       ? PL__OUTCOME__OUTCOME_RETRY
                       : PL__OUTCOME__OUTCOME_UNKNOWN;
        out->reason = pl_twilio_const(out->outcome
                                      == PL__OUTCOME__OUTCOME_RETRY
                                      ? "connect" : "no answer");
        return PL_OK;
    }

    out->has_http_status = true;
    out->http_status = answer->status;

    /* what was cut is not believed even where it happens to parse */

    if (!answer->truncated && answer->body.len > 0) {
        rc = pl_json_decode(codec, &pl__tw__answer__descriptor, answer->body,
                            0, ar, &msg, NULL);
        if (rc == PL_OK) {
            said = (Pl__Tw__Answer *) msg;

        } else if (rc == PL_NOMEM) {
            return pl_err_set(err, rc, "classify", 0, "answer too large");
        }
    }

    if (answer->status >= 200 && answer->status < 300) {
        return answer_accepted(answer, said, out);
    }

    if (said != NULL && said->has_code && said->code != 0) {
        return answer_error(answer, said->code, ar, out, err);
    }

    return answer_foreign(answer, ar, out, err);
}


static pl_status_t
answer_accepted(const pl_answer_t *answer, const Pl__Tw__Answer *said,
    Pl__SendResult *out)
{
    out->outcome = PL__OUTCOME__OUTCOME_UNKNOWN;

    if (said == NULL) {
        out->reason = pl_twilio_const(answer->truncated ? "answer cut"
                                                  : "answer unreadable");
        return PL_OK;
    }

    if (said->sid == NULL || said->sid[0] == '\0'
        || strlen(said->sid) > PL_PROVIDER_ID_MAX)
    {
        out->reason = pl_twilio_const("answer without id");
        return PL_OK;
    }

    out->outcome = PL__OUTCOME__OUTCOME_SENT;
    out->provider_id = said->sid;
    answer_price(said, out);

    return PL_OK;
}


/* A service says neither at first: 0 segments, no price. */

static void
answer_price(const Pl__Tw__Answer *said, Pl__SendResult *out)
{
    int64_t  n;

    if (said->num_segments != NULL
        && pl_str_int(pl_str_c(said->num_segments), &n) == PL_OK
        && n > 0 && n <= UINT32_MAX)
    {
        out->has_segments = true;
        out->segments = (uint32_t) n;
    }

    if (said->price != NULL && said->price_unit != NULL
        && said->price[0] != '\0'
        && strlen(said->price) <= ANSWER_TEXT_MAX
        && strlen(said->price_unit) <= ANSWER_TEXT_MAX)
    {
        out->price = said->price;
        out->price_unit = said->price_unit;
    }
}


/* The API's own error. Its message may hold numbers: only the code is kept. */

static pl_status_t
answer_error(const pl_answer_t *answer, int32_t code, pl_arena_t *ar,
    Pl__SendResult *out, pl_err_t *err)
{
    const pl_twilio_error_t  *row = pl_twilio_error(code);

    out->has_code = true;
    out->code = code;

    if (row != NULL) {
        out->outcome = pl_twilio_class_outcome(row->class);

    } else if (answer->status >= 500) {
        out->outcome = answer_by_status(answer);

    } else if (answer->status == 429) {
        out->outcome = PL__OUTCOME__OUTCOME_THROTTLE;

    } else {
        out->outcome = answer->status == 401 ? PL__OUTCOME__OUTCOME_ACCOUNT
                                             : PL__OUTCOME__OUTCOME_PERMANENT;
    }

    out->reason = pl_arena_printf(ar, "%d %s", (int) code,
                                  row != NULL
                                      ? pl_twilio_class_name(row->class)
                                      : "not in the table");
    if (out->reason == NULL) {
        return pl_err_set(err, PL_NOMEM, "classify", 0, "no memory");
    }

    out->has_window_closed = out->window_closed = code == PL_TWILIO_WINDOW;

    if (row != NULL && row->bucket != 0) {
        out->has_bucket = true;
        out->bucket = (Pl__Bucket) row->bucket;
    }

    answer_delay(answer, row != NULL ? row->retry_ms : 0, out);

    return PL_OK;
}


static pl_status_t
answer_foreign(const pl_answer_t *answer, pl_arena_t *ar,
    Pl__SendResult *out, pl_err_t *err)
{
    out->outcome = answer_by_status(answer);

    /* refused, but the words that say why were cut: asking again is safe */

    if (out->outcome == PL__OUTCOME__OUTCOME_PERMANENT && answer->truncated) {
        out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    }

    out->reason = pl_arena_printf(ar, "http %d", answer->status);
    if (out->reason == NULL) {
        return pl_err_set(err, PL_NOMEM, "classify", 0, "no memory");
    }

    answer_delay(answer, 0, out);

    return PL_OK;
}


static Pl__Outcome
answer_by_status(const pl_answer_t *answer)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(answer_rows) - 1; i++) {
        if (answer->status >= answer_rows[i].first
            && answer->status <= answer_rows[i].last)
        {
            break;
        }
    }

    return answer_rows[i].outcome;
}


/* Retry-After wins over what the table hints. */

static void
answer_delay(const pl_answer_t *answer, int64_t hint_ms, Pl__SendResult *out)
{
    int64_t  delay_ms;

    if (out->outcome == PL__OUTCOME__OUTCOME_UNKNOWN
        || out->outcome == PL__OUTCOME__OUTCOME_PERMANENT)
    {
        return;
    }

    if (!pl_delay_read(answer->retry_after, answer->now_ms, &delay_ms)) {
        delay_ms = hint_ms;
    }

    if (delay_ms > 0) {
        out->has_retry_ms = true;
        out->retry_ms = delay_ms;
    }
}
