/*
 * What became of a write: for who was answered 202, or lost the answer.
 *
 * A request's id is the key that it was made under, and the entry that
 * brought it: what is not folded yet is told from what is not known by it.
 */

#include <string.h>

#include "../core/str.h"
#include "impl.h"

static pl_status_t request_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t request_show(pl_api_call_t *call,
    const Pl__Verdict *verdict, pl_err_t *err);
static bool request_id(pl_str_t text, uint8_t key[PL_REQUEST_KEY_LEN],
    uint64_t *entry);


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
    uint8_t            key[PL_REQUEST_KEY_LEN];
    uint64_t           entry;
    pl_status_t        rc;
    Pl__Verdict       *verdict;
    Pl__Api__Request   answer = PL__API__REQUEST__INIT;

    if (!request_id(call->params[0], key, &entry)) {
        return pl_api_missing(call);
    }

    rc = pl_request_get(call->txn, call->tenant, key, call->now_ms, call->ar,
                        &verdict, err);
    if (rc == PL_OK) {
        return request_show(call, verdict, err);
    }

    if (rc != PL_NOTFOUND || entry <= call->meta->folded) {
        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    answer.id = pl_arena_str(call->ar, call->params[0]);
    answer.state = PL__API__REQUEST_STATE__REQUEST_STATE_PENDING;

    rc = pl_api_header(call, "Retry-After",
                       pl_arena_printf(call->ar, "%d", PL_API_RETRY_S), err);

    return rc == PL_OK ? pl_api_answer(call, 200, &answer.base, err) : rc;
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


/* req_, 32 hex digits; '_' and a number where it was not folded then. */

static bool
request_id(pl_str_t text, uint8_t key[PL_REQUEST_KEY_LEN], uint64_t *entry)
{
    pl_str_t  hex = { text.data + 4, 2 * PL_REQUEST_KEY_LEN };
    pl_str_t  rest;

    if (text.len < 4 + hex.len || memcmp(text.data, "req_", 4) != 0
        || !pl_hex_decode(hex, key, PL_REQUEST_KEY_LEN))
    {
        return false;
    }

    rest.data = text.data + 4 + hex.len;
    rest.len = text.len - 4 - hex.len;
    *entry = 0;

    return rest.len == 0 || pl_api_id_read(rest, "_", entry);
}
