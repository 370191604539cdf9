/*
 * What could not be done: dead letters, and sends that nobody knows of. Each
 * is looked at, and acted on: by the time at which it died, or became
 * unknown, so that one that has changed since is left. What could not be read
 * is quarantine.c's.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/outbox.h"
#include "api_queues.pb-c.h"
#include "place_impl.h"

/* A listing of dead letters, or unknown sends. */
typedef struct {
    Pl__Api__QueueList   list;
    bool                 dead;
    uint32_t             channel;       /* 0: all */
} queue_t;

static pl_status_t queue_dead(pl_api_call_t *call, pl_err_t *err);
static pl_status_t queue_unknown(pl_api_call_t *call, pl_err_t *err);
static pl_status_t queue_list(pl_api_call_t *call, bool dead, pl_err_t *err);
static pl_status_t queue_add(pl_api_call_t *call, void *data, pl_str_t key,
    pl_str_t value, bool *kept, pl_err_t *err);
static Pl__Api__QueueItem *queue_item(pl_api_call_t *call,
    const ProtobufCMessage *msg, bool dead);
static const Pl__Effect *queue_effect(const ProtobufCMessage *msg,
    bool dead);
static pl_status_t queue_read(pl_api_call_t *call, bool dead,
    ProtobufCMessage **msg, pl_err_t *err);
static pl_status_t queue_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t queue_act(pl_api_call_t *call, pl_err_t *err);
static pl_status_t queue_command(pl_api_call_t *call, const char *verb,
    const ProtobufCMessage *msg, pl_err_t *err);
static pl_status_t queue_acted(pl_api_call_t *call, pl_err_t *err);
static bool queue_of_dead(const pl_api_call_t *call);
static const char *queue_verb(const pl_api_call_t *call);


#define LIST(called, at, words, step)                                         \
    { .name = called, .method = PL_API_GET, .path = at,                       \
      .may = PL_MAY_QUEUES_READ, .query = &pl__api__queue_query__descriptor,  \
      .answer = &pl__api__queue_list__descriptor, .status = 200,              \
      .ask = step, .summary = words }
#define ONE(called, at, words)                                                \
    { .name = called, .method = PL_API_GET, .path = at,                       \
      .may = PL_MAY_QUEUES_READ,                                              \
      .answer = &pl__api__queue_item__descriptor, .status = 200,              \
      .ask = queue_get, .summary = words }
#define ACT(called, at, words)                                                \
    { .name = called, .method = PL_API_POST, .path = at,                      \
      .may = PL_MAY_QUEUES_WRITE,                                             \
      .answer = &pl__api__queue_acted__descriptor, .status = 200,             \
      .ask = queue_act, .told = queue_acted, .summary = words }

static const pl_api_op_t  queue_ops[] = {
    LIST("listDead", "/v1/dead", "Lists dead letters", queue_dead),
    ONE("getDead", "/v1/dead/{effect}", "Shows a dead letter"),
    ACT("retryDead", "/v1/dead/{effect}/retry",
        "Sends a dead letter once more"),
    ACT("dropDead", "/v1/dead/{effect}/drop",
        "Gives a dead letter up for good"),
    LIST("listUnknown", "/v1/unknown",
         "Lists sends of which nobody knows whether they arrived",
         queue_unknown),
    ONE("getUnknown", "/v1/unknown/{effect}", "Shows an unknown send"),
    ACT("resendUnknown", "/v1/unknown/{effect}/resend",
        "It did not arrive: it is sent once more"),
    ACT("settleUnknown", "/v1/unknown/{effect}/sent", "It did arrive"),
    { .name = "listQuarantine", .method = PL_API_GET,
      .path = "/v1/quarantine", .may = PL_MAY_QUEUES_READ,
      .query = &pl__api__page_query__descriptor,
      .answer = &pl__api__quarantine_list__descriptor, .status = 200,
      .flags = PL_API_ANY_TENANT, .ask = pl_quarantine_list_ask,
      .summary = "Lists what could not be read",
      .text = "What belongs to no tenant is for an operator's key alone, "
              "without Parley-Tenant." },
    { .name = "getQuarantine", .method = PL_API_GET,
      .path = "/v1/quarantine/{item}", .may = PL_MAY_QUEUES_READ,
      .answer = &pl__api__quarantine_view__descriptor, .status = 200,
      .flags = PL_API_ANY_TENANT, .ask = pl_quarantine_get_ask,
      .summary = "Shows what could not be read",
      .text = "With its bytes, to an operator alone." },
    { .name = "retryQuarantine", .method = PL_API_POST,
      .path = "/v1/quarantine/{item}/retry", .may = PL_MAY_QUEUES_WRITE,
      .answer = &pl__api__quarantine_acted__descriptor, .status = 200,
      .flags = PL_API_ANY_TENANT, .ask = pl_quarantine_act_ask,
      .told = pl_quarantine_acted,
      .summary = "Reads an item once more, as it would be read today",
      .text = "A message or a status that can be read now takes effect, once, "
              "and leaves; else it stays." },
    { .name = "dropQuarantine", .method = PL_API_POST,
      .path = "/v1/quarantine/{item}/drop", .may = PL_MAY_QUEUES_WRITE,
      .answer = &pl__api__quarantine_acted__descriptor, .status = 200,
      .flags = PL_API_ANY_TENANT, .ask = pl_quarantine_act_ask,
      .told = pl_quarantine_acted,
      .summary = "Gives an item up for good" },
};

const pl_api_resource_t  pl_api_queues = {
    .name = "Queues",
    .text = "What could not be done.",
    .ops = queue_ops,
    .n_ops = PL_COUNT(queue_ops),
};


/* ---- lists ---------------------------------------------------------- */

static pl_status_t
queue_dead(pl_api_call_t *call, pl_err_t *err)
{
    return queue_list(call, true, err);
}


static pl_status_t
queue_unknown(pl_api_call_t *call, pl_err_t *err)
{
    return queue_list(call, false, err);
}


static pl_status_t
queue_list(pl_api_call_t *call, bool dead, pl_err_t *err)
{
    queue_t                      q;
    pl_status_t                  rc;
    pl_rows_page_t               page;
    const pl_channel_conf_t     *channel;
    const Pl__Api__QueueQuery   *query;

    query = (const Pl__Api__QueueQuery *) call->query;

    memset(&q, 0, sizeof(q));
    memset(&page, 0, sizeof(page));
    pl__api__queue_list__init(&q.list);
    q.dead = dead;

    rc = pl_api_limit(call, query->has_limit, query->limit, &page.n);

    if (rc == PL_OK && query->channel != NULL) {
        rc = pl_place_channel_query(call, query->channel, &channel);
        q.channel = rc == PL_OK ? channel->row->id : 0;
    }

    if (rc != PL_OK) {
        return rc;
    }

    page.table = dead ? PL_TABLE_DEAD : PL_TABLE_UNKNOWN;
    pl_key_u32(&page.prefix, call->tenant);
    page.cursor = query->cursor;
    page.add = queue_add;
    page.data = &q;

    q.list.items = (Pl__Api__QueueItem **) pl_rows_list(call, page.n);
    if (q.list.items == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_rows_page(call, &page, &q.list.next, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &q.list.base, err) : rc;
}


static pl_status_t
queue_add(pl_api_call_t *call, void *data, pl_str_t key, pl_str_t value,
    bool *kept, pl_err_t *err)
{
    queue_t              *q = data;
    pl_status_t           rc;
    ProtobufCMessage     *msg;
    Pl__Api__QueueItem   *item;

    (void) key;

    rc = pl_record_read(q->dead ? PL_TABLE_DEAD : PL_TABLE_UNKNOWN, value,
                        q->dead ? &pl__dead_letter__descriptor
                                : &pl__unknown_send__descriptor,
                        call->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (q->channel != 0 && queue_effect(msg, q->dead)->channel != q->channel)
    {
        return PL_OK;
    }

    item = queue_item(call, msg, q->dead);
    if (item == NULL) {
        return pl_rows_nomem(err);
    }

    q->list.items[q->list.n_items++] = item;
    *kept = true;

    return PL_OK;
}


static const Pl__Effect *
queue_effect(const ProtobufCMessage *msg, bool dead)
{
    return dead ? ((const Pl__DeadLetter *) msg)->effect
                : ((const Pl__UnknownSend *) msg)->effect;
}


static Pl__Api__QueueItem *
queue_item(pl_api_call_t *call, const ProtobufCMessage *msg, bool dead)
{
    const Pl__Effect        *effect = queue_effect(msg, dead);
    Pl__Api__QueueItem      *item;
    const Pl__DeadLetter    *letter = (const Pl__DeadLetter *) msg;
    const Pl__UnknownSend   *unknown = (const Pl__UnknownSend *) msg;

    item = pl_arena_alloc(call->ar, sizeof(*item));
    if (item == NULL) {
        return NULL;
    }

    pl__api__queue_item__init(item);
    item->id = pl_api_id(call, "eff_", effect->id);
    item->channel = (char *) pl_rows_channel_name(call, effect->channel);
    item->effect = pl_rows_effect_view(call, effect,
                                       dead ? "dead" : "unknown");
    pl_rows_party(call, effect->party_kind, effect->party, &item->contact,
                  &item->group);

    if (item->effect == NULL) {
        return NULL;
    }

    if (pl_outbox_message(effect) != 0) {
        item->message = pl_api_id(call, "msg_", pl_outbox_message(effect));
    }

    if (dead) {
        item->effect->since = pl_api_time(call, letter->died_ms);
        item->effect->reason = letter->reason;
        item->effect->rule = letter->rule;
        item->effect->has_code = letter->has_code;
        item->effect->code = letter->code;
        return item;
    }

    item->effect->since = pl_api_time(call, unknown->since_ms);
    item->effect->reason = unknown->reason;

    if (unknown->has_resend_ms) {
        item->resend_at = pl_api_time(call, unknown->resend_ms);
    }

    return item;
}


/* ---- one ------------------------------------------------------------ */

static bool
queue_of_dead(const pl_api_call_t *call)
{
    return strncmp(call->op->path, "/v1/dead", 8) == 0;
}


static pl_status_t
queue_read(pl_api_call_t *call, bool dead, ProtobufCMessage **msg,
    pl_err_t *err)
{
    uint64_t     id;
    pl_key_t     key;
    pl_status_t  rc;

    rc = pl_rows_param(call, 0, "eff_", &id);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_tenant_seq(&key, call->tenant, id);

    rc = pl_record_get(call->txn, dead ? PL_TABLE_DEAD : PL_TABLE_UNKNOWN,
                       pl_key_str(&key),
                       dead ? &pl__dead_letter__descriptor
                            : &pl__unknown_send__descriptor,
                       call->ar, msg, err);

    return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
}


static pl_status_t
queue_get(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t           rc;
    ProtobufCMessage     *msg;
    Pl__Api__QueueItem   *item;

    rc = queue_read(call, queue_of_dead(call), &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    item = queue_item(call, msg, queue_of_dead(call));

    return item != NULL ? pl_api_answer(call, 0, &item->base, err)
                        : pl_rows_nomem(err);
}


static const char *
queue_verb(const pl_api_call_t *call)
{
    return strrchr(call->op->path, '/') + 1;
}


static pl_status_t
queue_act(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = queue_read(call, queue_of_dead(call), &msg, err);

    return rc == PL_OK ? queue_command(call, queue_verb(call), msg, err)
                       : rc;
}


static pl_status_t
queue_command(pl_api_call_t *call, const char *verb,
    const ProtobufCMessage *msg, pl_err_t *err)
{
    char                *actor = (char *) call->who.actor;
    Pl__DeadDrop        *drop;
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__DeadRetry       *retry;
    Pl__UnknownSettle   *settle;

    drop = pl_arena_alloc(call->ar, sizeof(*drop));
    retry = pl_arena_alloc(call->ar, sizeof(*retry));
    settle = pl_arena_alloc(call->ar, sizeof(*settle));

    if (drop == NULL || retry == NULL || settle == NULL) {
        return pl_rows_nomem(err);
    }

    pl__dead_drop__init(drop);
    pl__dead_retry__init(retry);
    pl__unknown_settle__init(settle);

    drop->tenant = retry->tenant = settle->tenant = call->tenant;
    drop->actor = retry->actor = settle->actor = actor;

    if (queue_of_dead(call)) {
        drop->effect = retry->effect = queue_effect(msg, true)->id;
        drop->has_died_ms = retry->has_died_ms = 1;
        drop->died_ms = retry->died_ms
                      = ((const Pl__DeadLetter *) msg)->died_ms;

    } else {
        settle->effect = queue_effect(msg, false)->id;
        settle->has_since_ms = 1;
        settle->since_ms = ((const Pl__UnknownSend *) msg)->since_ms;
    }

    if (strcmp(verb, "retry") == 0) {
        command.of_case = PL__COMMAND__OF_DEAD_RETRY;
        command.dead_retry = retry;

    } else if (strcmp(verb, "drop") == 0) {
        command.of_case = PL__COMMAND__OF_DEAD_DROP;
        command.dead_drop = drop;

    } else {
        settle->word = strcmp(verb, "resend") == 0
                       ? PL__UNKNOWN_WORD__UNKNOWN_WORD_RESEND
                       : PL__UNKNOWN_WORD__UNKNOWN_WORD_SENT;
        command.of_case = PL__COMMAND__OF_UNKNOWN_SETTLE;
        command.unknown_settle = settle;
    }

    return pl_api_command(call, &command, err);
}


/* Who was quicker is not known to whoever asks: it is there no more. */

static pl_status_t
queue_acted(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t               id;
    pl_status_t            rc;
    const char            *verb = queue_verb(call);
    Pl__Api__QueueActed    answer = PL__API__QUEUE_ACTED__INIT;

    rc = pl_rows_param(call, 0, "eff_", &id);
    if (rc != PL_OK) {
        return rc;
    }

    answer.id = pl_api_id(call, "eff_", id);
    answer.done = (char *) (strcmp(verb, "retry") == 0 ? "retried"
                            : strcmp(verb, "drop") == 0 ? "dropped"
                            : strcmp(verb, "resend") == 0 ? "resent"
                            : "sent");

    return pl_api_answer(call, 0, &answer.base, err);
}
