/*
 * Subscriptions as they are in the state, read when it says that one has
 * changed. What is under way goes on by what it was begun with; what it
 * brings is believed only of the same course.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/news.h"
#include "../engine/state.h"
#include "consumer_impl.h"

#define LOAD_ROW_BLOCK  2048
#define LOAD_ROW_MAX    (256u * 1024)

static pl_status_t look_txn(pls_consumer_t *c, pl_txn_t *txn,
    pl_err_t *err);
static pl_status_t load_settings(pls_consumer_t *c, pl_txn_t *txn,
    const Pl__StateMeta *meta, pl_err_t *err);
static pl_status_t load_all(pls_consumer_t *c, pl_txn_t *txn,
    pl_err_t *err);
static pl_status_t load_room(pls_consumer_t *c, consumer_sub_t ***list,
    size_t n, size_t *room, pl_err_t *err);
static pl_status_t load_row(pls_consumer_t *c, consumer_sub_t ***list,
    size_t *n, size_t *room, pl_str_t key, pl_str_t value, pl_err_t *err);
static void load_failed(pls_consumer_t *c, consumer_sub_t **list, size_t n);
static void load_take(consumer_sub_t *sub, pl_arena_t *ar,
    const Pl__Subscription *row, int64_t now_ms, int64_t now_us);
static void load_filter(consumer_sub_t *sub);
static consumer_sub_t *load_find(const pls_consumer_t *c, uint32_t tenant,
    uint64_t id);
static void load_free(consumer_sub_t *sub);
static pl_status_t look_news(pls_consumer_t *c, pl_txn_t *txn,
    pl_err_t *err);
static pl_status_t look_last(pl_txn_t *txn, uint32_t tenant, uint64_t *last,
    pl_err_t *err);


pl_status_t
pls_consumer_look(pls_consumer_t *c, pl_err_t *err)
{
    int64_t       began_us, took_us;
    pl_txn_t     *txn;
    uint64_t      seen;
    pl_status_t   rc;

    began_us = pls_consumer_now_us(c);

    /* the keeper may be about to open the store anew */

    (void) pthread_mutex_lock(&c->sn->reading);

    seen = pl_store_seen(c->sn->store, PL_ENV_STATE);
    if (seen == c->seen) {
        (void) pthread_mutex_unlock(&c->sn->reading);
        return PL_OK;
    }

    rc = pl_store_begin(c->sn->store, PL_ENV_STATE, false, &txn, err);

    if (rc == PL_OK) {
        rc = look_txn(c, txn, err);
        pl_store_abort(txn);
    }

    (void) pthread_mutex_unlock(&c->sn->reading);

    pl_arena_reset(c->scratch);

    if (rc == PL_OK) {
        c->seen = seen;
    }

    took_us = pls_consumer_now_us(c) - began_us;
    c->look_us = began_us + took_us
                 + (took_us * CONSUMER_LOOK_REST < CONSUMER_TICK_MS * 1000
                    ? took_us * CONSUMER_LOOK_REST : CONSUMER_TICK_MS * 1000);

    return rc;
}


void
pls_consumer_sweep(pls_consumer_t *c, bool all)
{
    size_t           i, n = 0;
    consumer_sub_t  *sub;

    for (i = 0; i < c->n_subs; i++) {
        sub = c->subs[i];

        if (all || (!sub->listed && sub->slot == NULL && !sub->ready
                    && sub->since_us == 0))
        {
            load_free(sub);

        } else {
            c->subs[n++] = sub;
        }
    }

    c->n_subs = n;
}


/* Without it deliveries fail, each for itself: the key may come back. */

void
pls_consumer_key(pls_consumer_t *c)
{
    pl_err_t  err;

    c->has_key = pl_keyring_read(&c->keys, pl_settings_global(c->settings),
                                 pl_store_dir(c->sn->store), &err) == PL_OK;
}


static pl_status_t
look_txn(pls_consumer_t *c, pl_txn_t *txn, pl_err_t *err)
{
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = pl_state_meta(txn, c->scratch, &meta, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    rc = load_settings(c, txn, meta, err);

    if (rc == PL_OK
        && (!c->loaded || c->changed != meta->subscriptions_changed))
    {
        rc = load_all(c, txn, err);

        if (rc == PL_OK) {
            c->loaded = true;
            c->changed = meta->subscriptions_changed;
        }
    }

    return rc == PL_OK ? look_news(c, txn, err) : rc;
}


/* Flows and all: a snapshot is loaded when nginx.conf was, and then alone. */

static pl_status_t
load_settings(pls_consumer_t *c, pl_txn_t *txn, const Pl__StateMeta *meta,
    pl_err_t *err)
{
    size_t                     i;
    pl_status_t                rc;
    const Pl__GlobalSettings  *global;

    if (meta->subscriptions == 0
        || (c->settings != NULL
            && pl_settings_generation(c->settings) == meta->generation))
    {
        return PL_OK;
    }

    rc = pl_news_follow(&c->settings, txn, c->sn->codec, meta->generation,
                        err);
    if (rc != PL_OK) {
        return rc;
    }

    c->n_nets = 0;

    global = pl_settings_global(c->settings);

    for (i = 0; global != NULL && i < global->n_subscriptions_allow
                && c->n_nets < PL_SUBSCRIPTIONS_ALLOW_MAX; i++)
    {
        c->n_nets += pls_net_parse(global->subscriptions_allow[i],
                                   &c->nets[c->n_nets]);
    }

    pls_consumer_key(c);

    return PL_OK;
}


static pl_status_t
load_all(pls_consumer_t *c, pl_txn_t *txn, pl_err_t *err)
{
    size_t            i, n = 0, room = 0, before = c->n_subs;
    pl_str_t          key, value;
    pl_scan_t        *scan;
    pl_status_t       rc;
    consumer_sub_t  **list = NULL;

    rc = load_room(c, &list, n, &room, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan(txn, PL_TABLE_SUBSCRIPTIONS, PL_STR_NULL, false,
                       &scan, err);
    if (rc != PL_OK) {
        free(list);
        return rc;
    }

    for (i = 0; i < before; i++) {
        c->subs[i]->listed = false;
    }

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK) {
            rc = load_row(c, &list, &n, &room, key, value, err);
        }
    }

    pl_store_scan_end(scan);

    if (rc != PL_NOTFOUND) {
        load_failed(c, list, n);
        return rc;
    }

    /* those that are no more stay behind the others until they are done */

    c->n_sorted = n;

    for (i = 0; i < before; i++) {
        if (!c->subs[i]->listed) {
            c->subs[i]->active = false;
            list[n++] = c->subs[i];
        }
    }

    free(c->subs);
    c->subs = list;
    c->n_subs = n;
    pls_consumer_sweep(c, false);

    return PL_OK;
}


/* What could be read is known; all of it is read at the next look. */

static void
load_failed(pls_consumer_t *c, consumer_sub_t **list, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (load_find(c, list[i]->tenant, list[i]->id) == NULL) {
            load_free(list[i]);
        }
    }

    for (i = 0; i < c->n_sorted; i++) {
        c->subs[i]->listed = true;
    }

    free(list);
}


/* For one more, and for all that there were before. */

static pl_status_t
load_room(pls_consumer_t *c, consumer_sub_t ***list, size_t n, size_t *room,
    pl_err_t *err)
{
    size_t            more;
    consumer_sub_t  **longer;

    if (n + c->n_subs < *room) {
        return PL_OK;
    }

    more = (n + c->n_subs + 16) * 2;
    longer = realloc(*list, more * sizeof(*longer));
    if (longer == NULL) {
        return pl_err_set(err, PL_NOMEM, "consumers", 0, "out of memory");
    }

    *list = longer;
    *room = more;

    return PL_OK;
}


static pl_status_t
load_row(pls_consumer_t *c, consumer_sub_t ***list, size_t *n, size_t *room,
    pl_str_t key, pl_str_t value, pl_err_t *err)
{
    pl_arena_t        *ar;
    pl_status_t        rc;
    consumer_sub_t    *sub;
    ProtobufCMessage  *msg;

    rc = load_room(c, list, *n, room, err);
    if (rc != PL_OK) {
        return rc;
    }

    ar = pl_arena_create(LOAD_ROW_BLOCK, LOAD_ROW_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "consumers", 0, "out of memory");
    }

    rc = pl_record_read(PL_TABLE_SUBSCRIPTIONS, value,
                        &pl__subscription__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        pl_arena_destroy(ar);
        return rc;
    }

    sub = load_find(c, pl_be32(key.data), pl_be64(key.data + 4));

    if (sub == NULL) {
        sub = calloc(1, sizeof(*sub));
        if (sub == NULL) {
            pl_arena_destroy(ar);
            return pl_err_set(err, PL_NOMEM, "consumers", 0,
                              "out of memory");
        }

        sub->tenant = pl_be32(key.data);
        sub->id = pl_be64(key.data + 4);
        sub->slow = true;
    }

    load_take(sub, ar, (const Pl__Subscription *) msg,
              pl_clock_wall_ms(c->sn->clock), pls_consumer_now_us(c));
    (*list)[(*n)++] = sub;

    return PL_OK;
}


/* What was done of the same course, and not told yet, stands. */

static void
load_take(consumer_sub_t *sub, pl_arena_t *ar, const Pl__Subscription *row,
    int64_t now_ms, int64_t now_us)
{
    bool  fresh = sub->row == NULL, moved, changed;

    moved = fresh || sub->row->course != row->course;
    changed = fresh || sub->row->revision != row->revision;

    if (moved) {
        sub->position = row->cursor;
        sub->told = row->cursor;
        sub->delivered = 0;
        sub->skipped.n = 0;
        sub->failed = false;
        sub->attempts = 0;
        sub->rejected = 0;
    }

    if (moved || changed) {
        sub->attempts = row->attempts;
        sub->rejected = row->fault != NULL
                        && row->fault->fault
                           == PL__DELIVERY_FAULT__DELIVERY_FAULT_REJECTED
                        ? row->attempts : 0;
        sub->retry_us = row->retry_ms > now_ms
                        ? now_us + (row->retry_ms - now_ms) * 1000 : 0;
        sub->failed = false;
        sub->undelivered = row->undelivered + (uint32_t) sub->skipped.n;
        sub->again = row->again;
        sub->again_from = 0;
        sub->gone = false;
    }

    sub->pinged = row->pinged > sub->pinged ? row->pinged : sub->pinged;
    sub->listed = true;
    sub->active = !sub->gone
                  && row->state
                     != PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED;

    pl_arena_destroy(sub->ar);
    sub->ar = ar;
    sub->row = row;
    load_filter(sub);
}


/* Types that this version does not know pass nothing. */

static void
load_filter(consumer_sub_t *sub)
{
    size_t                        i;
    uint32_t                      mask;
    const Pl__SubscriptionTerms  *terms = sub->row->terms;

    memset(&sub->filter, 0, sizeof(sub->filter));

    for (i = 0; i < terms->n_types; i++) {
        mask = 0;
        (void) pl_api_event_mask(pl_str_c(terms->types[i]), &mask, NULL);
        sub->filter.types |= mask;
    }

    if (terms->n_types != 0 && sub->filter.types == 0) {
        sub->filter.types = 1u << 31;
    }

    sub->filter.channel = terms->channel;
    sub->filter.party_kind = terms->party_kind;
    sub->filter.party = terms->party;
    sub->filter.owner = terms->owner;
}


/* What was listed at the last load is in order. */

static consumer_sub_t *
load_find(const pls_consumer_t *c, uint32_t tenant, uint64_t id)
{
    size_t                 low = 0, high = c->n_sorted, at;
    const consumer_sub_t  *sub;

    while (low < high) {
        at = low + (high - low) / 2;
        sub = c->subs[at];

        if (sub->tenant == tenant && sub->id == id) {
            return c->subs[at];
        }

        if (sub->tenant < tenant || (sub->tenant == tenant && sub->id < id)) {
            low = at + 1;

        } else {
            high = at;
        }
    }

    return NULL;
}


static void
load_free(consumer_sub_t *sub)
{
    pl_arena_destroy(sub->ar);
    free(sub);
}


/* Who has something behind its position; a look for each tenant. */

static pl_status_t
look_news(pls_consumer_t *c, pl_txn_t *txn, pl_err_t *err)
{
    size_t           i;
    uint32_t         tenant = 0;
    uint64_t         last = 0;
    pl_status_t      rc;
    consumer_sub_t  *sub;

    for (i = 0; i < c->n_subs; i++) {
        sub = c->subs[i];

        if (!sub->active) {
            continue;
        }

        if (sub->tenant != tenant) {
            tenant = sub->tenant;

            rc = look_last(txn, tenant, &last, err);
            if (rc != PL_OK) {
                return rc;
            }
        }

        sub->seen = last;
        pls_consumer_ready(c, sub);
    }

    return PL_OK;
}


/* The tenant's last row; 0: it has none. */

static pl_status_t
look_last(pl_txn_t *txn, uint32_t tenant, uint64_t *last, pl_err_t *err)
{
    pl_key_t      from;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    *last = 0;
    pl_key_tenant_seq(&from, tenant, UINT64_MAX);

    rc = pl_store_scan(txn, PL_TABLE_CHANGES, pl_key_str(&from), true, &scan,
                       err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &key, &value, err);

    if (rc == PL_OK && key.len == 12 && pl_be32(key.data) == tenant) {
        *last = pl_be64(key.data + 4);
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
