/*
 * subscriptions, undelivered: which endpoints are told what happens, how far
 * each has come, and what it did not get.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/subscription.h"
#include "cmd.h"
#include "list.h"
#include "subscribe.h"


typedef struct {
    bool             one;           /* of this tenant alone */
    uint32_t         tenant;
    uint64_t         subscription;  /* of `undelivered`; 0: all */
    plctl_cursor_t   cursor;
} subscriptions_t;


static pl_status_t subscriptions_next(plctl_t *ctl, pl_txn_t *txn,
    void *data, pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t undelivered_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static void subscriptions_pause(void *data);
static const char *subscriptions_fault(pl_arena_t *ar,
    const Pl__SubscriptionFault *fault);


static const char *const  subscriptions_titles[] = {
    "TENANT", "ID", "STATE", ">CURSOR", ">DELIVERED", ">UNDELIVERED",
    ">MISSED", "SINCE", "FAULT", "URL"
};

static const char *const  undelivered_titles[] = {
    "TENANT", "SUBSCRIPTION", "EVENT", "TIME", ">ATTEMPTS", "FAULT", "NOTE"
};


int
plctl_cmd_subscriptions(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t          err = { 0 };
    pl_key_t          from;
    pl_status_t       rc;
    subscriptions_t   at;

    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = subscriptions_titles,
        .n_titles = PL_COUNT(subscriptions_titles),
        .next = subscriptions_next,
        .pause = subscriptions_pause,
    };

    memset(&at, 0, sizeof(at));
    plctl_cursor_init(&at.cursor, PL_TABLE_SUBSCRIPTIONS, false);

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK && n_words != 0) {
        at.one = true;
        rc = plctl_tenant(ctl, words[0], &at.tenant, &err);

        pl_key_tenant_seq(&from, at.tenant, 0);
        plctl_cursor_from(&at.cursor, pl_key_str(&from));
    }

    return rc == PL_OK ? plctl_list(ctl, &listing, &at, ctl->args->limit)
                       : plctl_fail(ctl, &err);
}


int
plctl_cmd_undelivered(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t          err = { 0 };
    pl_key_t          from;
    pl_status_t       rc;
    subscriptions_t   at;

    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = undelivered_titles,
        .n_titles = PL_COUNT(undelivered_titles),
        .next = undelivered_next,
        .pause = subscriptions_pause,
    };

    memset(&at, 0, sizeof(at));
    plctl_cursor_init(&at.cursor, PL_TABLE_UNDELIVERED, false);
    at.one = true;

    rc = plctl_open_tenant(ctl, words[0], &at.tenant, &err);

    if (rc == PL_OK && n_words > 1) {
        rc = plctl_args_id(words[1], "sub", &at.subscription, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    pl_key_undelivered(&from, at.tenant, at.subscription, 0);
    plctl_cursor_from(&at.cursor, pl_key_str(&from));

    return plctl_list(ctl, &listing, &at, ctl->args->limit);
}


Pl__Ctl__SubscriptionRow *
plctl_subscription_row(const plctl_t *ctl, pl_arena_t *ar, uint32_t tenant,
    uint64_t id, Pl__Subscription *subscription)
{
    Pl__Ctl__SubscriptionRow  *row;

    row = pl_arena_alloc(ar, sizeof(*row));
    if (row == NULL) {
        return NULL;
    }

    pl__ctl__subscription_row__init(row);
    row->tenant = (char *) plctl_tenant_name(ctl, ar, tenant);
    row->id = (char *) plctl_id(ar, "sub", id);
    row->subscription = subscription;

    if (subscription != NULL) {
        subscription->n_secrets = 0;    /* none is shown, sealed or not */
    }

    return row;
}


static pl_status_t
subscriptions_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    pl_str_t                   key, value;
    pl_status_t                rc;
    subscriptions_t           *at = data;
    Pl__Subscription          *sub;
    ProtobufCMessage          *msg;
    Pl__Ctl__SubscriptionRow  *json;

    rc = plctl_cursor_next(&at->cursor, txn, &key, &value, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (key.len != 12 || (at->one && pl_be32(key.data) != at->tenant)) {
        return PL_NOTFOUND;
    }

    rc = pl_record_read(PL_TABLE_SUBSCRIPTIONS, value,
                        &pl__subscription__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    sub = (Pl__Subscription *) msg;

    json = plctl_subscription_row(ctl, ar, pl_be32(key.data), sub->id, sub);
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    row->json = &json->base;
    row->cells[0] = plctl_clean(ar, json->tenant);
    row->cells[1] = json->id;
    row->cells[2] = plctl_enum(ar, &pl__subscription_state__descriptor,
                               (int) sub->state);
    row->cells[3] = plctl_id(ar, "evt", sub->cursor);
    row->cells[4] = plctl_print(ar, "%" PRIu64, sub->delivered);
    row->cells[5] = plctl_print(ar, "%" PRIu32, sub->undelivered);
    row->cells[6] = plctl_print(ar, "%" PRIu64, sub->missed);
    row->cells[7] = plctl_time(ar, sub->has_paused_ms ? sub->paused_ms
                                                      : sub->failing_ms);
    row->cells[8] = subscriptions_fault(ar, sub->fault);
    row->cells[9] = plctl_clean(ar, sub->terms->url);

    return PL_OK;
}


static pl_status_t
undelivered_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    pl_str_t                  key, value;
    pl_status_t               rc;
    subscriptions_t          *at = data;
    Pl__Undelivered          *one;
    ProtobufCMessage         *msg;
    Pl__Ctl__UndeliveredRow  *json;

    rc = plctl_cursor_next(&at->cursor, txn, &key, &value, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (key.len != 20 || pl_be32(key.data) != at->tenant
        || (at->subscription != 0
            && pl_be64(key.data + 4) != at->subscription))
    {
        return PL_NOTFOUND;
    }

    rc = pl_record_read(PL_TABLE_UNDELIVERED, value,
                        &pl__undelivered__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    json = pl_arena_alloc(ar, sizeof(*json));
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    one = (Pl__Undelivered *) msg;
    pl__ctl__undelivered_row__init(json);
    json->tenant = (char *) plctl_tenant_name(ctl, ar, at->tenant);
    json->subscription = (char *) plctl_id(ar, "sub", pl_be64(key.data + 4));
    json->event = (char *) plctl_id(ar, "evt", pl_be64(key.data + 12));
    json->undelivered = one;

    row->json = &json->base;
    row->cells[0] = plctl_clean(ar, json->tenant);
    row->cells[1] = json->subscription;
    row->cells[2] = json->event;
    row->cells[3] = plctl_time(ar, one->time_ms);
    row->cells[4] = plctl_print(ar, "%" PRIu32, one->attempts);
    row->cells[5] = subscriptions_fault(ar, one->fault);
    row->cells[6] = one->again ? "is tried once more"
                    : one->has_missed
                    ? plctl_print(ar, "%" PRIu64 " events were dropped",
                                  one->missed) : NULL;

    return PL_OK;
}


static void
subscriptions_pause(void *data)
{
    plctl_cursor_pause(&((subscriptions_t *) data)->cursor);
}


static const char *
subscriptions_fault(pl_arena_t *ar, const Pl__SubscriptionFault *fault)
{
    if (fault == NULL) {
        return NULL;
    }

    return fault->has_http_status
           ? plctl_print(ar, "%s %" PRId32,
                         pl_subscription_fault_name(fault->fault),
                         fault->http_status)
           : pl_subscription_fault_name(fault->fault);
}
