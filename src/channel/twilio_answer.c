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
#include "foreign.h"
#include "twilio_impl.h"


static pl_status_t answer_accepted(const pl_answer_t *answer,
    const Pl__Tw__Answer *said, Pl__SendResult *out);
static void answer_price(const Pl__Tw__Answer *said, Pl__SendResult *out);
static pl_status_t answer_error(const pl_answer_t *answer, int32_t code,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err);


pl_status_t
pl_twilio_classify(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    Pl__Tw__Answer    *said = NULL;
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

    return pl_foreign(answer, ar, out, err);
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
        && strlen(said->price) <= PL_PRICE_MAX
        && strlen(said->price_unit) <= PL_PRICE_MAX)
    {
        out->price = said->price;
        out->price_unit = said->price_unit;
    }
}


/*
 * The API's own error. Its message may hold numbers: only the code is kept.
 * A trouble of its own (20500) that comes with a 500 is no refusal: it may
 * have taken the message before it fell over, and no key tells a second one.
 */

static pl_status_t
answer_error(const pl_answer_t *answer, int32_t code, pl_arena_t *ar,
    Pl__SendResult *out, pl_err_t *err)
{
    const pl_twilio_error_t  *row = pl_twilio_error(code);

    out->has_code = true;
    out->code = code;

    if (row != NULL
        && (row->class != PL_TWILIO_RETRY || answer->status < 500))
    {
        out->outcome = pl_twilio_class_outcome(row->class);

    } else if (answer->status >= 500) {
        out->outcome = pl_foreign_status(answer->status);

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

    pl_foreign_delay(answer, row != NULL ? row->retry_ms : 0, out);

    return PL_OK;
}
