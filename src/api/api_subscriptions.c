/*
 * Subscriptions: a tenant's own endpoints that are told what happens. What
 * is done with one is in api_subscribe.c.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "api_event.h"
#include "subscription_impl.h"

static pl_status_t subscription_list(pl_api_call_t *call, pl_err_t *err);
static pl_status_t subscription_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t subscription_undelivered(pl_api_call_t *call,
    pl_err_t *err);
static pl_status_t subscription_page(pl_api_call_t *call, pl_table_e table,
    pl_str_t group, pl_scan_t **scan, uint32_t *n, pl_err_t *err);
static bool subscription_next(pl_scan_t *scan, pl_str_t group,
    pl_str_t *key, pl_str_t *value, pl_status_t *rc, pl_err_t *err);
static pl_status_t subscription_letter(pl_api_call_t *call,
    uint64_t sequence, const Pl__Undelivered *one,
    Pl__Api__UndeliveredView *view, pl_err_t *err);
static pl_status_t subscription_fault(pl_api_call_t *call,
    const Pl__SubscriptionFault *fault, Pl__Api__SubscriptionFaultView **view,
    pl_err_t *err);
static void subscription_terms(pl_api_call_t *call,
    const Pl__SubscriptionTerms *terms, Pl__Api__SubscriptionView *view);


#define SHAPE(name)  &pl__api__##name##__descriptor
#define ONE          "/v1/subscriptions/{subscription}"

static const pl_rule_t  subscription_rows[] = {
    { SHAPE(subscription_body), "url", PL_RULE_LEN_MAX, NULL,
      PL_SUBSCRIPTION_URL_MAX },
    { SHAPE(subscription_body), "name", PL_RULE_LEN_MAX, NULL,
      PL_SUBSCRIPTION_NAME_MAX },
    { SHAPE(subscription_body), "types", PL_RULE_LEN_MAX, NULL,
      PL_SUBSCRIPTION_TYPES_MAX },
    { SHAPE(subscription_body), "owner", PL_RULE_LEN_MAX, NULL,
      PL_SUBSCRIPTION_OWNER_MAX },
    { SHAPE(subscription_body), "poison_attempts", PL_RULE_MIN, NULL, 1 },
    { SHAPE(subscription_body), "poison_attempts", PL_RULE_MAX, NULL,
      PL_POISON_ATTEMPTS_MAX },
    { SHAPE(subscription_body), "timeout_ms", PL_RULE_MIN, NULL,
      PL_DELIVERY_TIMEOUT_MIN_MS },
    { SHAPE(subscription_body), "timeout_ms", PL_RULE_MAX, NULL,
      PL_DELIVERY_TIMEOUT_MAX_MS },
    { SHAPE(subscription_body), "pause_after_s", PL_RULE_MIN, NULL,
      PL_PAUSE_AFTER_MIN_MS / 1000 },
    { SHAPE(subscription_body), "pause_after_s", PL_RULE_MAX, NULL,
      PL_PAUSE_AFTER_MAX_MS / 1000 },
    { SHAPE(subscription_edit), "url", PL_RULE_LEN_MAX, NULL,
      PL_SUBSCRIPTION_URL_MAX },
    { SHAPE(subscription_edit), "name", PL_RULE_LEN_MAX, NULL,
      PL_SUBSCRIPTION_NAME_MAX },
    { SHAPE(subscription_edit), "types", PL_RULE_LEN_MAX, NULL,
      PL_SUBSCRIPTION_TYPES_MAX },
    { SHAPE(subscription_edit), "owner", PL_RULE_LEN_MAX, NULL,
      PL_SUBSCRIPTION_OWNER_MAX },
    { SHAPE(subscription_edit), "poison_attempts", PL_RULE_MIN, NULL, 1 },
    { SHAPE(subscription_edit), "poison_attempts", PL_RULE_MAX, NULL,
      PL_POISON_ATTEMPTS_MAX },
    { SHAPE(subscription_edit), "timeout_ms", PL_RULE_MIN, NULL,
      PL_DELIVERY_TIMEOUT_MIN_MS },
    { SHAPE(subscription_edit), "timeout_ms", PL_RULE_MAX, NULL,
      PL_DELIVERY_TIMEOUT_MAX_MS },
    { SHAPE(subscription_edit), "pause_after_s", PL_RULE_MIN, NULL,
      PL_PAUSE_AFTER_MIN_MS / 1000 },
    { SHAPE(subscription_edit), "pause_after_s", PL_RULE_MAX, NULL,
      PL_PAUSE_AFTER_MAX_MS / 1000 },
    { SHAPE(subscription_rotate_body), "overlap_s", PL_RULE_MAX, NULL,
      PL_OVERLAP_MAX_MS / 1000 },
    { SHAPE(subscription_pause_body), "reason", PL_RULE_LEN_MAX, NULL,
      PL_SUBSCRIPTION_REASON_MAX },
};

static const pl_rules_t  subscription_rules = {
    subscription_rows, PL_COUNT(subscription_rows)
};

static const pl_json_word_t  subscription_word_rows[] = {
    { SHAPE(subscription_body), "url",
      "https, without a user. http and private addresses only where "
      "parley_subscriptions_allow names their network." },
    { SHAPE(subscription_body), "types",
      "Types of events, or what stands before a dot in them: message, "
      "handover. None: all." },
    { SHAPE(subscription_body), "channel",
      "Events of this channel, by its name, and of none." },
    { SHAPE(subscription_body), "conversation", "Events of this one alone." },
    { SHAPE(subscription_body), "owner",
      "Of conversations that this person answers; empty: the bot." },
    { SHAPE(subscription_body), "poison",
      "What becomes of an event that is answered 400, 413, 414, 415 or 422 "
      "poison_attempts times: skip lays it aside, hold waits." },
    { SHAPE(subscription_body), "secret",
      "whsec_ and the base64 of 24 to 64 bytes. Absent: one is made." },
    { SHAPE(subscription_body), "after",
      "Events behind this one; evt_0: all there are. Absent: from now on." },
    { SHAPE(subscription_rotate_body), "overlap_s",
      "For so long both secrets sign; 24 hours." },
    { SHAPE(subscription_replay_body), "after",
      "From behind this event on; evt_0: all there are." },
    { SHAPE(subscription_replay_body), "from", "Or from this time on." },
    { SHAPE(subscription_view), "cursor",
      "Up to this event all is delivered, passed over, or undelivered." },
    { SHAPE(subscription_view), "missed",
      "Events that were dropped before they could be delivered." },
    { SHAPE(subscription_view), "secrets", "How many there are: one or two." },
    { SHAPE(subscription_view), "secret",
      "Only in the answer to the request that made it." },
    { SHAPE(undelivered_view), "again", "It is being tried once more." },
    { SHAPE(undelivered_view), "missed",
      "So many events were dropped; they cannot be tried again." },
    { SHAPE(undelivered_view), "from",
      "The first of those that were dropped; `event` is the last." },
};

static const pl_json_words_t  subscription_words = {
    subscription_word_rows, PL_COUNT(subscription_word_rows)
};

static const pl_api_op_t  subscription_ops[] = {
    { .name = "listSubscriptions", .method = PL_API_GET,
      .path = "/v1/subscriptions", .may = PL_MAY_SUBSCRIPTIONS_READ,
      .query = SHAPE(page_query), .answer = SHAPE(subscription_list),
      .status = 200, .ask = subscription_list,
      .summary = "Lists the endpoints that are told what happens" },
    { .name = "createSubscription", .method = PL_API_POST,
      .path = "/v1/subscriptions", .may = PL_MAY_SUBSCRIPTIONS_WRITE,
      .body = SHAPE(subscription_body), .answer = SHAPE(subscription_view),
      .status = 201, .ask = pl_api_subscribe_create,
      .told = pl_api_subscribe_told_secret,
      .summary = "Has an endpoint told what happens",
      .text = "The answer is the only one that shows its secret." },
    { .name = "getSubscription", .method = PL_API_GET, .path = ONE,
      .may = PL_MAY_SUBSCRIPTIONS_READ, .answer = SHAPE(subscription_view),
      .status = 200, .ask = subscription_get,
      .summary = "Shows a subscription" },
    { .name = "editSubscription", .method = PL_API_PUT, .path = ONE,
      .may = PL_MAY_SUBSCRIPTIONS_WRITE, .body = SHAPE(subscription_edit),
      .answer = SHAPE(subscription_view), .status = 200,
      .flags = PL_API_IF_MATCH, .ask = pl_api_subscribe_edit,
      .told = pl_api_subscribe_told,
      .summary = "Says anew what a subscription is" },
    { .name = "dropSubscription", .method = PL_API_DELETE, .path = ONE,
      .may = PL_MAY_SUBSCRIPTIONS_WRITE, .status = 204,
      .ask = pl_api_subscribe_drop,
      .summary = "Ends a subscription, and drops what it did not get" },
    { .name = "rotateSubscription", .method = PL_API_POST,
      .path = ONE "/rotate", .may = PL_MAY_SUBSCRIPTIONS_WRITE,
      .body = SHAPE(subscription_rotate_body),
      .answer = SHAPE(subscription_view), .status = 200,
      .ask = pl_api_subscribe_rotate, .told = pl_api_subscribe_told_secret,
      .summary = "Gives a subscription another secret",
      .text = "Until the overlap is over both sign." },
    { .name = "pauseSubscription", .method = PL_API_POST,
      .path = ONE "/pause", .may = PL_MAY_SUBSCRIPTIONS_WRITE,
      .body = SHAPE(subscription_pause_body),
      .answer = SHAPE(subscription_view), .status = 200,
      .ask = pl_api_subscribe_pause, .told = pl_api_subscribe_told,
      .summary = "Delivers nothing to a subscription for now" },
    { .name = "resumeSubscription", .method = PL_API_POST,
      .path = ONE "/resume", .may = PL_MAY_SUBSCRIPTIONS_WRITE,
      .answer = SHAPE(subscription_view), .status = 200,
      .ask = pl_api_subscribe_resume, .told = pl_api_subscribe_told,
      .summary = "Lets a subscription go on, whoever paused it" },
    { .name = "pingSubscription", .method = PL_API_POST,
      .path = ONE "/ping", .may = PL_MAY_SUBSCRIPTIONS_WRITE,
      .answer = SHAPE(subscription_view), .status = 200,
      .ask = pl_api_subscribe_ping, .told = pl_api_subscribe_told,
      .summary = "Delivers an event of the type ping",
      .text = "How it ended the subscription says: ping_arrived, or "
              "ping_fault. One that is paused gets none." },
    { .name = "replaySubscription", .method = PL_API_POST,
      .path = ONE "/replay", .may = PL_MAY_SUBSCRIPTIONS_WRITE,
      .body = SHAPE(subscription_replay_body),
      .answer = SHAPE(subscription_view), .status = 200,
      .ask = pl_api_subscribe_replay, .told = pl_api_subscribe_told,
      .summary = "Delivers once more, from an event or a time on" },
    { .name = "listUndelivered", .method = PL_API_GET,
      .path = ONE "/undelivered", .may = PL_MAY_SUBSCRIPTIONS_READ,
      .query = SHAPE(page_query), .answer = SHAPE(undelivered_list),
      .status = 200, .ask = subscription_undelivered,
      .summary = "Lists events that a subscription did not get" },
    { .name = "retryUndelivered", .method = PL_API_POST,
      .path = ONE "/undelivered/retry", .may = PL_MAY_SUBSCRIPTIONS_WRITE,
      .answer = SHAPE(subscription_view), .status = 200,
      .ask = pl_api_undelivered_retry, .told = pl_api_subscribe_told,
      .summary = "Tries all of them once more" },
    { .name = "retryOneUndelivered", .method = PL_API_POST,
      .path = ONE "/undelivered/{event}/retry",
      .may = PL_MAY_SUBSCRIPTIONS_WRITE, .answer = SHAPE(subscription_view),
      .status = 200, .ask = pl_api_undelivered_retry,
      .told = pl_api_subscribe_told, .summary = "Tries one of them once more" },
    { .name = "dropOneUndelivered", .method = PL_API_DELETE,
      .path = ONE "/undelivered/{event}", .may = PL_MAY_SUBSCRIPTIONS_WRITE,
      .status = 204, .ask = pl_api_undelivered_drop,
      .summary = "Gives one of them up" },
};

const pl_api_resource_t  pl_api_subscriptions = {
    .name = "Subscriptions",
    .text = "Endpoints that are told what happens.",
    .ops = subscription_ops,
    .n_ops = PL_COUNT(subscription_ops),
    .rules = &subscription_rules,
    .words = &subscription_words,
};


pl_status_t
pl_api_subscription_find(pl_api_call_t *call, Pl__Subscription **sub,
    pl_err_t *err)
{
    uint64_t     id;
    pl_status_t  rc;

    if (!pl_api_id_read(call->params[0], "sub_", &id)) {
        return pl_api_missing(call);
    }

    rc = pl_subscription_get(call->txn, call->tenant, id, call->ar, sub,
                             err);

    return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
}


pl_status_t
pl_api_subscription_view(pl_api_call_t *call, const Pl__Subscription *sub,
    Pl__Api__SubscriptionView *view, pl_err_t *err)
{
    pl_status_t  rc;

    pl__api__subscription_view__init(view);
    view->id = pl_api_id(call, "sub_", sub->id);
    subscription_terms(call, sub->terms, view);

    view->state = sub->state;
    view->has_paused_for = sub->has_pause;
    view->paused_for = sub->pause;
    view->paused_by = sub->actor;
    view->reason = sub->reason;
    view->paused_at = sub->has_paused_ms ? pl_api_time(call, sub->paused_ms)
                                         : NULL;
    view->cursor = pl_api_id(call, "evt_", sub->cursor);
    view->delivered = sub->delivered;
    view->delivered_at = sub->has_delivered_ms
                         ? pl_api_time(call, sub->delivered_ms) : NULL;
    view->undelivered = sub->undelivered;
    view->missed = sub->missed;
    view->attempts = sub->attempts;
    view->retry_at = sub->retry_ms != 0 ? pl_api_time(call, sub->retry_ms)
                                        : NULL;
    view->failing_since = sub->has_failing_ms
                          ? pl_api_time(call, sub->failing_ms) : NULL;
    view->ping = sub->has_ping ? pl_api_id(call, "evt_", sub->ping) : NULL;
    view->has_ping_arrived = sub->has_ping && sub->pinged >= sub->ping;
    view->ping_arrived = view->has_ping_arrived && sub->ping_fault == NULL;
    view->secrets = (uint32_t) sub->n_secrets;
    view->created = sub->has_created_ms ? pl_api_time(call, sub->created_ms)
                                        : NULL;
    view->updated = sub->has_updated_ms ? pl_api_time(call, sub->updated_ms)
                                        : NULL;

    rc = subscription_fault(call, sub->fault, &view->fault, err);

    if (rc == PL_OK && view->has_ping_arrived) {
        rc = subscription_fault(call, sub->ping_fault, &view->ping_fault,
                                err);
    }

    return rc == PL_OK && (view->id == NULL || view->cursor == NULL)
           ? pl_err_set(err, PL_NOMEM, "subscription", 0, "out of memory")
           : rc;
}


static pl_status_t
subscription_list(pl_api_call_t *call, pl_err_t *err)
{
    uint32_t                      n;
    pl_key_t                      group = { 0 };
    pl_str_t                      key, value, of;
    pl_scan_t                    *scan;
    pl_status_t                   rc;
    ProtobufCMessage             *msg;
    Pl__Api__SubscriptionList     list = PL__API__SUBSCRIPTION_LIST__INIT;
    Pl__Api__SubscriptionView    *view;

    pl_key_u32(&group, call->tenant);
    of = pl_key_str(&group);

    rc = subscription_page(call, PL_TABLE_SUBSCRIPTIONS, of, &scan, &n, err);
    if (rc != PL_OK) {
        return rc;
    }

    list.subscriptions = pl_arena_alloc(call->ar, n * sizeof(view));

    while (subscription_next(scan, of, &key, &value, &rc, err)) {

        if (list.n_subscriptions == n) {
            list.next = list.subscriptions[n - 1]->id;
            break;
        }

        view = pl_arena_alloc(call->ar, sizeof(*view));
        rc = view == NULL || list.subscriptions == NULL
             ? pl_err_set(err, PL_NOMEM, "subscriptions", 0, "out of memory")
             : pl_record_read(PL_TABLE_SUBSCRIPTIONS, value,
                              &pl__subscription__descriptor, call->ar, &msg,
                              err);
        if (rc == PL_OK) {
            rc = pl_api_subscription_view(call, (Pl__Subscription *) msg,
                                          view, err);
        }

        if (rc != PL_OK) {
            break;
        }

        list.subscriptions[list.n_subscriptions++] = view;
    }

    pl_store_scan_end(scan);

    if (rc == PL_OK && list.next != NULL) {
        list.next = pl_api_cursor(call, pl_str_c(list.next + 4));
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &list.base, err) : rc;
}


static pl_status_t
subscription_get(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                  rc;
    Pl__Subscription            *sub;
    Pl__Api__SubscriptionView    view;

    rc = pl_api_subscription_find(call, &sub, err);
    if (rc == PL_OK) {
        rc = pl_api_subscription_view(call, sub, &view, err);
    }

    if (rc == PL_OK) {
        rc = pl_api_etag(call, PL__SUBJECT_KIND__SUBJECT_KIND_SUBSCRIPTION,
                         sub->id, err);
    }

    return rc == PL_OK && call->out.status == 0
           ? pl_api_answer(call, 0, &view.base, err) : rc;
}


static pl_status_t
subscription_undelivered(pl_api_call_t *call, pl_err_t *err)
{
    uint32_t                     n;
    pl_key_t                     group;
    pl_str_t                     key, value, of;
    pl_scan_t                   *scan;
    pl_status_t                  rc;
    Pl__Subscription            *sub;
    ProtobufCMessage            *msg;
    Pl__Api__UndeliveredList     list = PL__API__UNDELIVERED_LIST__INIT;
    Pl__Api__UndeliveredView    *view;

    rc = pl_api_subscription_find(call, &sub, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_tenant_seq(&group, call->tenant, sub->id);
    of = pl_key_str(&group);

    rc = subscription_page(call, PL_TABLE_UNDELIVERED, of, &scan, &n, err);
    if (rc != PL_OK) {
        return rc;
    }

    list.undelivered = pl_arena_alloc(call->ar, n * sizeof(view));

    while (subscription_next(scan, of, &key, &value, &rc, err)) {

        if (list.n_undelivered == n) {
            list.next = list.undelivered[n - 1]->event;
            break;
        }

        view = pl_arena_alloc(call->ar, sizeof(*view));
        rc = view == NULL || list.undelivered == NULL
             ? pl_err_set(err, PL_NOMEM, "undelivered", 0, "out of memory")
             : pl_record_read(PL_TABLE_UNDELIVERED, value,
                              &pl__undelivered__descriptor, call->ar, &msg,
                              err);

        if (rc == PL_OK) {
            rc = subscription_letter(call, pl_be64(key.data + 12),
                                     (Pl__Undelivered *) msg, view, err);
        }

        if (rc != PL_OK) {
            break;
        }

        list.undelivered[list.n_undelivered++] = view;
    }

    pl_store_scan_end(scan);

    if (rc == PL_OK && list.next != NULL) {
        list.next = pl_api_cursor(call, pl_str_c(list.next + 4));
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &list.base, err) : rc;
}


static pl_status_t
subscription_letter(pl_api_call_t *call, uint64_t sequence,
    const Pl__Undelivered *one, Pl__Api__UndeliveredView *view, pl_err_t *err)
{
    pl__api__undelivered_view__init(view);
    view->event = pl_api_id(call, "evt_", sequence);
    view->attempts = one->attempts;
    view->at = pl_api_time(call, one->time_ms);
    view->again = one->again;
    view->has_missed = one->has_missed;
    view->missed = one->missed;
    view->from = one->has_from ? pl_api_id(call, "evt_", one->from) : NULL;

    return subscription_fault(call, one->fault, &view->fault, err);
}


/* A page's rows lie behind the number that its cursor has, in a group. */

static pl_status_t
subscription_page(pl_api_call_t *call, pl_table_e table, pl_str_t group,
    pl_scan_t **scan, uint32_t *n, pl_err_t *err)
{
    pl_key_t                     from;
    uint64_t                     after = 0;
    pl_str_t                     position;
    pl_status_t                  rc;
    const Pl__Api__PageQuery    *query;

    query = (const Pl__Api__PageQuery *) call->query;

    rc = pl_api_limit(call, query->has_limit, query->limit, n);

    if (rc == PL_OK && query->cursor != NULL) {
        rc = pl_api_cursor_read(call, query->cursor, &position);

        if (rc == PL_OK && !pl_api_id_read(position, "", &after)) {
            rc = pl_api_problem(call, PL_API_BAD_CURSOR, "cursor",
                                "It is no cursor of this list.");
        }
    }

    if (rc != PL_OK) {
        return rc;
    }

    from.len = 0;
    from.overflow = false;
    pl_key_bytes(&from, group.data, group.len);
    pl_key_u64(&from, after + 1);

    return pl_store_scan(call->txn, table, pl_key_str(&from), false, scan,
                         err);
}


/* The next row of the group; *rc is PL_OK where it has no more. */

static bool
subscription_next(pl_scan_t *scan, pl_str_t group, pl_str_t *key,
    pl_str_t *value, pl_status_t *rc, pl_err_t *err)
{
    *rc = pl_store_scan_next(scan, key, value, err);

    if (*rc == PL_OK
        && (key->len != group.len + 8
            || memcmp(key->data, group.data, group.len) != 0))
    {
        return false;
    }

    if (*rc == PL_NOTFOUND) {
        *rc = PL_OK;
        return false;
    }

    return *rc == PL_OK;
}


static pl_status_t
subscription_fault(pl_api_call_t *call, const Pl__SubscriptionFault *fault,
    Pl__Api__SubscriptionFaultView **view, pl_err_t *err)
{
    if (fault == NULL) {
        return PL_OK;
    }

    *view = pl_arena_alloc(call->ar, sizeof(**view));
    if (*view == NULL) {
        return pl_err_set(err, PL_NOMEM, "subscription", 0, "out of memory");
    }

    pl__api__subscription_fault_view__init(*view);
    (*view)->fault = fault->fault;
    (*view)->has_http_status = fault->has_http_status;
    (*view)->http_status = fault->http_status;
    (*view)->event = fault->has_sequence
                     ? pl_api_id(call, "evt_", fault->sequence) : NULL;
    (*view)->at = fault->has_time_ms ? pl_api_time(call, fault->time_ms)
                                     : NULL;

    return PL_OK;
}


static void
subscription_terms(pl_api_call_t *call, const Pl__SubscriptionTerms *terms,
    Pl__Api__SubscriptionView *view)
{
    const pl_channel_conf_t  *channel;

    channel = terms->has_channel ? pl_settings_channel(call->settings,
                                                       terms->channel)
                                 : NULL;

    view->url = terms->url;
    view->name = terms->name;
    view->n_types = terms->n_types;
    view->types = terms->types;
    view->channel = channel == NULL ? NULL : channel->row->name;
    view->conversation = !terms->has_party ? NULL
                         : pl_api_id(call, terms->party_kind
                                     == PL__PARTY_KIND__PARTY_KIND_GROUP
                                     ? "grp_" : "cnt_", terms->party);
    view->owner = terms->owner;
    view->poison = terms->has_poison ? terms->poison
                                     : PL__POISON_DO__POISON_DO_SKIP;
    view->poison_attempts = terms->has_poison_attempts
                            ? terms->poison_attempts : PL_POISON_ATTEMPTS;
    view->timeout_ms = terms->has_timeout_ms ? terms->timeout_ms
                                             : PL_DELIVERY_TIMEOUT_MS;
    view->pause_after_s = (uint64_t) (terms->has_pause_after_ms
                                      ? terms->pause_after_ms
                                      : PL_PAUSE_AFTER_MS) / 1000;
}
