/*
 * What became of a write: for who was answered 202, or lost the answer.
 *
 * A request's id is the key that it was made under, a check of what it asks
 * for, and the entry that brought it: another request under the same key is
 * told from it by the check, and what is not folded yet from what is not
 * known by the entry. That of one to many says how many commands it became,
 * whose keys are found by the first, and how many never became one.
 */

#include <string.h>

#include "../core/str.h"
#include "impl.h"

/* What an id says. */
typedef struct {
    uint8_t    key[PL_REQUEST_KEY_LEN];
    uint8_t    check[PL_API_CHECK_LEN];
    bool       checks;
    bool       many;
    uint64_t   entry;           /* 0: it was folded then */
    uint64_t   commands;        /* of one to many, */
    uint64_t   refused;         /* and those that became none */
} request_t;

static pl_status_t request_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t request_find(pl_api_call_t *call, const request_t *request,
    size_t i, Pl__Verdict **verdict, pl_err_t *err);
static pl_status_t request_none(pl_api_call_t *call, const request_t *request,
    pl_err_t *err);
static pl_status_t request_many(pl_api_call_t *call, const request_t *request,
    pl_err_t *err);
static void request_sum(Pl__Api__Request *answer,
    const Pl__Verdict *verdict);
static pl_status_t request_show(pl_api_call_t *call,
    const Pl__Verdict *verdict, pl_err_t *err);
static bool request_id(pl_str_t text, request_t *request);
static bool request_number(pl_str_t *rest, uint64_t max, uint64_t *n);


static const pl_api_op_t  request_ops[] = {

    { "getRequest", PL_API_GET, "/v1/requests/{request}", PL_MAY_ANYTHING,
      NULL, NULL, &pl__api__request__descriptor, 200, PL_API_ANY_TENANT,
      request_get, NULL,
      "Say what became of a write",
      "Where a write was answered 202, its Location leads here. A request "
      "is known for 24 hours." },
};

static const pl_json_word_t  request_words[] = {
    { &pl__api__request__descriptor, "decision",
      "done; of a message queued, scheduled or refused; of a flow begun; of "
      "a sandbox's clock turned." },
    { &pl__api__request__descriptor, "message", "That it made." },
    { &pl__api__request__descriptor, "record",
      "The number of what it made or changed." },
    { &pl__api__request__descriptor, "rule", "Refused: by which rule." },
    { &pl__api__request__descriptor, "pointer", "Refused: for which field." },
    { &pl__api__request__descriptor, "until",
      "A rule has put it off until then." },
    { &pl__api__request__descriptor, "queued",
      "Of one to many: how many of them were queued. Asked again under its "
      "Idempotency-Key, it is answered with what became of each." },
};

static const pl_json_words_t  request_table = {
    request_words, PL_COUNT(request_words)
};

const pl_api_resource_t  pl_api_requests = {
    "Requests", "What became of writes.", request_ops,
    PL_COUNT(request_ops), NULL, &request_table
};


static pl_status_t
request_get(pl_api_call_t *call, pl_err_t *err)
{
    request_t      request;
    pl_status_t    rc;
    Pl__Verdict   *verdict;

    if (!request_id(call->params[0], &request)) {
        return pl_api_missing(call);
    }

    if (request.many) {
        return request_many(call, &request, err);
    }

    rc = request_find(call, &request, 0, &verdict, err);

    if (rc == PL_NOTFOUND) {
        return request_none(call, &request, err);
    }

    return rc == PL_OK ? request_show(call, verdict, err) : rc;
}


/* PL_DENIED: the key was another request's, as that was told at once. */

static pl_status_t
request_find(pl_api_call_t *call, const request_t *request, size_t i,
    Pl__Verdict **verdict, pl_err_t *err)
{
    uint8_t      key[PL_REQUEST_KEY_LEN], check[PL_API_CHECK_LEN];
    pl_status_t  rc;

    rc = pl_api_key_of(request->key, i, key);

    if (rc == PL_OK) {
        rc = pl_request_get(call->txn, call->tenant, key, call->now_ms,
                            call->ar, verdict, err);
    }

    if (rc != PL_OK || !request->checks) {
        return rc;
    }

    rc = pl_api_check(call->meta, request->key,
                      (pl_str_t) { (*verdict)->digest.data,
                                   (*verdict)->digest.len }, check);
    if (rc != PL_OK) {
        return pl_err_set(err, rc, "api", 0, "cannot hash");
    }

    return memcmp(check, request->check, sizeof(check)) == 0
           ? PL_OK
           : pl_api_problem(call, PL_API_KEY_REUSED, NULL, "%s", "");
}


/* Not yet, or not any more. */

static pl_status_t
request_none(pl_api_call_t *call, const request_t *request, pl_err_t *err)
{
    pl_status_t       rc;
    Pl__Api__Request  answer = PL__API__REQUEST__INIT;

    if (request->entry <= call->meta->folded) {
        return pl_api_missing(call);
    }

    answer.id = pl_arena_str(call->ar, call->params[0]);
    answer.state = PL__API__REQUEST_STATE__REQUEST_STATE_PENDING;

    rc = pl_api_header(call, "Retry-After",
                       pl_arena_printf(call->ar, "%d", PL_API_RETRY_S), err);

    return rc == PL_OK ? pl_api_answer(call, 200, &answer.base, err) : rc;
}


/* Done once all are; refused where all were. */

static pl_status_t
request_many(pl_api_call_t *call, const request_t *request, pl_err_t *err)
{
    size_t             i, found;
    int64_t            at_ms = 0;
    pl_status_t        rc;
    Pl__Verdict       *verdict;
    Pl__Api__Request   answer = PL__API__REQUEST__INIT;

    answer.refused = (uint32_t) request->refused;

    for (i = 0, found = 0; i < request->commands; i++) {
        rc = request_find(call, request, i, &verdict, err);

        if (rc == PL_OK) {
            found++;
            at_ms = verdict->time_ms > at_ms ? verdict->time_ms : at_ms;
            request_sum(&answer, verdict);

        } else if (rc != PL_NOTFOUND) {
            return rc;

        } else if (request->entry > call->meta->folded) {
            return request_none(call, request, err);

        } else {
            answer.refused++;           /* of one that is in quarantine */
        }
    }

    if (found == 0) {
        return request_none(call, request, err);
    }

    answer.id = pl_arena_str(call->ar, call->params[0]);
    answer.at = pl_api_time(call, at_ms);
    answer.has_queued = answer.has_scheduled = answer.has_refused = 1;
    answer.state = answer.queued + answer.scheduled != 0
                   ? PL__API__REQUEST_STATE__REQUEST_STATE_DONE
                   : PL__API__REQUEST_STATE__REQUEST_STATE_REFUSED;
    answer.decision = (char *) (answer.queued != 0 ? "queued"
                                : answer.scheduled != 0 ? "scheduled"
                                                        : "refused");

    return pl_api_answer(call, 200, &answer.base, err);
}


static void
request_sum(Pl__Api__Request *answer, const Pl__Verdict *verdict)
{
    switch (verdict->decision) {

    case PL__DECISION__DECISION_QUEUED:
        answer->queued++;
        break;

    case PL__DECISION__DECISION_SCHEDULED:
        answer->scheduled++;
        break;

    default:
        answer->refused++;
        break;
    }
}


static pl_status_t
request_show(pl_api_call_t *call, const Pl__Verdict *verdict, pl_err_t *err)
{
    char              *p;
    Pl__Api__Request   answer = PL__API__REQUEST__INIT;

    answer.id = pl_arena_str(call->ar, call->params[0]);
    answer.state = verdict->decision == PL__DECISION__DECISION_REFUSED
                   ? PL__API__REQUEST_STATE__REQUEST_STATE_REFUSED
                   : PL__API__REQUEST_STATE__REQUEST_STATE_DONE;
    answer.at = pl_api_time(call, verdict->time_ms);
    answer.decision = pl_api_word(call, &pl__decision__descriptor,
                                  (int) verdict->decision);
    answer.message = verdict->has_message
                     ? pl_api_id(call, "msg_", verdict->message) : NULL;
    answer.record = verdict->has_id ? pl_api_id(call, "", verdict->id)
                                    : NULL;
    answer.rule = verdict->rule;
    answer.detail = verdict->text;
    answer.until = verdict->has_until_ms
                   ? pl_api_time(call, verdict->until_ms) : NULL;

    p = verdict->path;
    answer.pointer = p != NULL && p[0] != '\0' ? pl_api_pointer(call->ar, p)
                                               : NULL;

    return pl_api_answer(call, 200, &answer.base, err);
}


/*
 * req_, the key and the check in hex; '_' and a number where it was not folded
 * then; of one to many two more. Without the check: one from before there was
 * one.
 */

static bool
request_id(pl_str_t text, request_t *request)
{
    pl_str_t  hex = { text.data + 4, 2 * PL_REQUEST_KEY_LEN };
    pl_str_t  rest;

    memset(request, 0, sizeof(request_t));

    if (text.len < 4 + hex.len || memcmp(text.data, "req_", 4) != 0
        || !pl_hex_decode(hex, request->key, PL_REQUEST_KEY_LEN))
    {
        return false;
    }

    rest.data = text.data + 4 + hex.len;
    rest.len = text.len - 4 - hex.len;
    hex.data = rest.data;
    hex.len = 2 * PL_API_CHECK_LEN;

    if (rest.len >= hex.len
        && pl_hex_decode(hex, request->check, PL_API_CHECK_LEN))
    {
        request->checks = true;
        rest.data += hex.len;
        rest.len -= hex.len;
    }

    if (rest.len == 0) {
        return true;
    }

    if (!request_number(&rest, UINT64_MAX, &request->entry)
        || request->entry == 0)
    {
        return false;
    }

    request->many = rest.len != 0;

    return !request->many
           || (request_number(&rest, PL_API_BULK_MAX, &request->commands)
               && request_number(&rest, PL_API_BULK_MAX, &request->refused)
               && request->commands != 0 && rest.len == 0);
}


/* "_12" at the beginning of *rest, which then goes on behind it. */

static bool
request_number(pl_str_t *rest, uint64_t max, uint64_t *n)
{
    size_t    len;
    pl_str_t  one;

    for (len = 1; len < rest->len && rest->data[len] != '_'; len++) {
        /* void */
    }

    one.data = rest->data;
    one.len = len < rest->len ? len : rest->len;
    rest->data += one.len;
    rest->len -= one.len;

    if (one.len == 2 && memcmp(one.data, "_0", 2) == 0) {
        *n = 0;
        return true;
    }

    return pl_api_id_read(one, "_", n) && *n <= max;
}
