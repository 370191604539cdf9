/*
 * Deliveries: a slot is given to a subscription, its items leave one after
 * the other, and what an answer means is done. See consumer.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../channel/delay.h"
#include "../core/str.h"
#include "consumer_impl.h"

static consumer_sub_t *send_next(pls_consumer_t *c);
static bool send_may(const pls_consumer_t *c, const consumer_sub_t *sub);
static consumer_slot_t *send_enter(pls_consumer_t *c, consumer_sub_t *sub);
static void send_leave(pls_consumer_t *c, consumer_slot_t *slot);
static void send_begin(pls_consumer_t *c, consumer_slot_t *slot);
static void send_go(pls_consumer_t *c, consumer_slot_t *slot);
static bool send_build(pls_consumer_t *c, consumer_slot_t *slot);
static bool send_same(const consumer_slot_t *slot);
static void send_cease(consumer_slot_t *slot);
static Pl__DeliveryFault send_fault(const pls_wire_t *wire);
static void send_failed(pls_consumer_t *c, consumer_slot_t *slot,
    Pl__DeliveryFault fault, const pls_wire_t *wire);
static void send_outcome(consumer_outcome_t *outcome,
    const consumer_item_t *item, const Pl__SubscriptionFault *fault,
    uint32_t attempts);
static bool send_skip(consumer_slot_t *slot,
    const Pl__SubscriptionFault *fault);
static void send_later(pls_consumer_t *c, consumer_sub_t *sub,
    const pls_wire_t *wire);
static void send_arrived(pls_consumer_t *c, consumer_slot_t *slot);
static void send_passed(pls_consumer_t *c, consumer_slot_t *slot);


void
pls_consumer_run(pls_consumer_t *c)
{
    consumer_sub_t   *sub;
    consumer_slot_t  *slot;

    if (!c->running || c->settings == NULL
        || atomic_load(&c->sn->stopping))
    {
        return;
    }

    while ((sub = send_next(c)) != NULL) {
        slot = send_enter(c, sub);
        send_begin(c, slot);
    }
}


void
pls_consumer_done(void *data, pls_job_t *job)
{
    pls_consumer_t     *c = data;
    consumer_slot_t    *slot = &c->slots[job->slot];
    const pls_wire_t   *wire = &job->wire;
    Pl__DeliveryFault   fault;

    if (wire->end == PLS_END_STOPPED) {
        send_leave(c, slot);
        return;
    }

    fault = send_fault(wire);

    /* it was closed between two requests: nobody's fault, once */

    if (fault == PL__DELIVERY_FAULT__DELIVERY_FAULT_CUT && !slot->once
        && send_same(slot))
    {
        slot->once = true;
        pls_transfer_begin(c->transfers, job);
        return;
    }

    slot->once = false;
    slot->sub->slow = fault != 0
                      || pls_consumer_now_us(c) - slot->began_us
                         >= CONSUMER_SLOW_US;
    pls_metrics_add(&c->sn->metrics.deliveries[fault], 1);

    if (fault == 0) {
        send_arrived(c, slot);

    } else {
        send_failed(c, slot, fault, wire);
    }

    send_go(c, slot);
    (void) pls_consumer_tell(c, false);
    pls_consumer_run(c);
}


/* The first that may have a slot, out of the list. */

static consumer_sub_t *
send_next(pls_consumer_t *c)
{
    consumer_sub_t  *sub, *before = NULL;

    if (c->idle == NULL) {
        return NULL;
    }

    for (sub = c->head; sub != NULL; before = sub, sub = sub->next) {
        if (send_may(c, sub)) {
            break;
        }
    }

    if (sub == NULL) {
        return NULL;
    }

    if (before == NULL) {
        c->head = sub->next;

    } else {
        before->next = sub->next;
    }

    if (c->tail == sub) {
        c->tail = before;
    }

    sub->ready = false;

    return sub;
}


/* One that is not active any more is done with at once. */

static bool
send_may(const pls_consumer_t *c, const consumer_sub_t *sub)
{
    size_t  i, n = 0, n_slow = 0;

    if (!sub->active) {
        return true;
    }

    if (sub->slow && c->n_slow >= CONSUMER_SLOW_MAX) {
        return false;
    }

    for (i = 0; i < CONSUMER_SLOTS; i++) {
        if (c->out[i].tenant == sub->tenant) {
            n++;
            n_slow += c->out[i].slow;
        }
    }

    return n < CONSUMER_TENANT_MAX
           && (!sub->slow || n_slow < CONSUMER_TENANT_SLOW);
}


static consumer_slot_t *
send_enter(pls_consumer_t *c, consumer_sub_t *sub)
{
    consumer_slot_t  *slot;

    slot = c->idle;
    c->idle = slot->next;

    slot->sub = sub;
    slot->slow = sub->slow;
    slot->once = false;
    slot->course = sub->row->course;
    slot->revision = sub->row->revision;
    slot->n = 0;
    slot->at = 0;
    slot->signer.n = 0;
    slot->url = NULL;
    c->n_slow += slot->slow;
    c->out[slot->job.slot] = (consumer_out_t) { sub->tenant, slot->slow };
    sub->slot = slot;

    if (slot->job.arena == NULL) {
        slot->job.arena = pl_arena_create(CONSUMER_ARENA_BLOCK,
                                          CONSUMER_ARENA_MAX);
    }

    return slot;
}


/* Who has more to be delivered goes to the end of the line. */

static void
send_leave(pls_consumer_t *c, consumer_slot_t *slot)
{
    consumer_sub_t  *sub = slot->sub;

    pl_signing_close(&slot->signer);
    if (slot->job.arena != NULL) {
        pl_arena_reset(slot->job.arena);
    }

    c->n_slow -= slot->slow;
    c->out[slot->job.slot] = (consumer_out_t) { 0, false };
    sub->slot = NULL;
    slot->sub = NULL;
    slot->next = c->idle;
    c->idle = slot;

    pls_consumer_ready(c, sub);
}


static void
send_begin(pls_consumer_t *c, consumer_slot_t *slot)
{
    pl_err_t         err;
    pl_status_t      rc;
    consumer_sub_t  *sub = slot->sub;

    rc = !sub->active || slot->job.arena == NULL
         ? PL_NOMEM : pls_consumer_fill(c, slot, &err);

    if (rc == PL_OK && slot->n != 0) {
        if (!c->has_key) {
            pls_consumer_key(c);
        }

        /* a secret that does not open: each of its items fails */

        if (c->has_key
            && pl_signing_open(&slot->signer, sub->tenant, sub->row, &c->keys,
                               pl_clock_wall_ms(c->sn->clock),
                               slot->job.arena, &err) != PL_OK)
        {
            c->has_key = false;         /* the file may have been put right */
        }

    } else if (rc != PL_OK && sub->active) {
        send_later(c, sub, NULL);       /* the store fails: not it */
        send_cease(slot);
    }

    send_go(c, slot);
}


/* The next item leaves; or the slot is free again. */

static void
send_go(pls_consumer_t *c, consumer_slot_t *slot)
{
    Pl__DeliveryFault  fault;

    while (slot->at < slot->n && send_same(slot)
           && !pls_consumer_full(slot->sub))
    {

        fault = slot->signer.n == 0
                ? PL__DELIVERY_FAULT__DELIVERY_FAULT_SECRET
                : slot->items[slot->at].json.len == 0
                  || !send_build(c, slot)
                ? PL__DELIVERY_FAULT__DELIVERY_FAULT_EVENT : 0;

        if (fault == 0) {
            slot->began_us = pls_consumer_now_us(c);
            pls_transfer_begin(c->transfers, &slot->job);
            return;
        }

        pls_metrics_add(&c->sn->metrics.deliveries[fault], 1);
        send_failed(c, slot, fault, NULL);
    }

    send_passed(c, slot);
    send_leave(c, slot);
}


/* Is the subscription still as it was when the slot was filled? */

static bool
send_same(const consumer_slot_t *slot)
{
    const consumer_sub_t  *sub = slot->sub;

    return sub->active && slot->course == sub->row->course
           && slot->revision == sub->row->revision;
}


/* What is left of it is read again: nothing behind the position is done. */

static void
send_cease(consumer_slot_t *slot)
{
    slot->n = 0;
    slot->at = 0;
    slot->upto = slot->sub->position;
}


static bool
send_build(pls_consumer_t *c, consumer_slot_t *slot)
{
    char                         id[PL_API_EVENT_ID_MAX];
    char                         signature[PL_SIGNATURES_MAX];
    size_t                       i;
    int64_t                      now_s;
    pls_job_t                   *job = &slot->job;
    const consumer_item_t       *item = &slot->items[slot->at];
    const Pl__SubscriptionTerms *terms = slot->sub->row->terms;

    if (slot->url == NULL) {
        slot->url = pl_arena_str(job->arena, pl_str_c(terms->url));
        if (slot->url == NULL) {
            return false;
        }
    }

    now_s = pl_clock_wall_ms(c->sn->clock) / 1000;
    pl_api_event_id(id, item->sequence);

    if (pl_signing_sign(&slot->signer, pl_str_c(id), now_s, item->json,
                        job->arena, signature, NULL) != PL_OK)
    {
        return false;
    }

    slot->headers[0] = "Content-Type: application/json";
    slot->headers[1] = pl_arena_printf(job->arena, "webhook-id: %s", id);
    slot->headers[2] = pl_arena_printf(job->arena, "webhook-timestamp: %"
                                       PRId64, now_s);
    slot->headers[3] = pl_arena_printf(job->arena, "webhook-signature: %s",
                                       signature);
    slot->headers[4] = NULL;

    for (i = 1; i < 4; i++) {
        if (slot->headers[i] == NULL) {
            return false;
        }
    }

    job->request.method = "POST";
    job->request.url = slot->url;
    job->request.headers = slot->headers;
    job->request.body = item->json;
    job->timeout_ms = terms->has_timeout_ms ? terms->timeout_ms
                                            : PL_DELIVERY_TIMEOUT_MS;
    job->connect_timeout_ms = job->timeout_ms < CONSUMER_CONNECT_MS
                              ? job->timeout_ms : CONSUMER_CONNECT_MS;
    job->answer_max = CONSUMER_ANSWER_MAX;
    job->discard = true;
    job->public_only = true;
    job->nets = c->nets;
    job->n_nets = c->n_nets;
    job->nets_only = strncmp(slot->url, "https:", 6) != 0;

    return true;
}


/* An answer that says yes stands, however long it goes on. */

static Pl__DeliveryFault
send_fault(const pls_wire_t *wire)
{
    if (wire->status != 0
        && (wire->end == PLS_END_ANSWERED || wire->end == PLS_END_TOOBIG))
    {
        return pl_subscription_fault(wire->status,
                                     wire->retry_after[0] != '\0');
    }

    switch (wire->end) {

    case PLS_END_ADDRESS:
        return PL__DELIVERY_FAULT__DELIVERY_FAULT_FORBIDDEN;

    case PLS_END_TLS:
        return PL__DELIVERY_FAULT__DELIVERY_FAULT_TLS;

    case PLS_END_TIMEOUT:
        return PL__DELIVERY_FAULT__DELIVERY_FAULT_TIMEOUT;

    case PLS_END_CUT:
    case PLS_END_REPEAT:
    case PLS_END_TOOBIG:
        return PL__DELIVERY_FAULT__DELIVERY_FAULT_CUT;

    default:
        return PL__DELIVERY_FAULT__DELIVERY_FAULT_UNREACHED;
    }
}


/* wire NULL: it never left. */

static void
send_failed(pls_consumer_t *c, consumer_slot_t *slot,
    Pl__DeliveryFault fault, const pls_wire_t *wire)
{
    consumer_sub_t          *sub = slot->sub;
    const consumer_item_t   *item = &slot->items[slot->at];
    Pl__SubscriptionFault    what = PL__SUBSCRIPTION_FAULT__INIT;

    what.fault = fault;
    what.has_http_status = wire != NULL && wire->status != 0;
    what.http_status = what.has_http_status ? wire->status : 0;
    what.has_sequence = item->what != CONSUMER_PING;
    what.sequence = item->sequence;
    what.has_time_ms = 1;
    what.time_ms = pl_clock_wall_ms(c->sn->clock);

    pls_consumer_note(c, sub, true);

    if (item->what == CONSUMER_PING) {
        sub->has_ping = true;
        send_outcome(&sub->ping, item, &what, 1);
        slot->at++;
        return;
    }

    if (item->what == CONSUMER_AGAIN) {
        send_outcome(&sub->tried.rows[sub->tried.n++], item, &what, 1);
        sub->again--;
        sub->again_from = item->sequence + 1;
        slot->at++;
        return;
    }

    if (!send_same(slot)) {
        send_cease(slot);               /* it says nothing of what is now */
        return;
    }

    sub->attempts++;
    sub->rejected = fault == PL__DELIVERY_FAULT__DELIVERY_FAULT_REJECTED
                    || fault == PL__DELIVERY_FAULT__DELIVERY_FAULT_EVENT
                    ? sub->rejected + 1 : 0;
    sub->failed = true;
    sub->fault = what;

    if (send_skip(slot, &what)) {
        return;
    }

    send_later(c, sub, wire);
    send_cease(slot);                   /* what is behind it waits */

    if (fault == PL__DELIVERY_FAULT__DELIVERY_FAULT_GONE) {
        sub->active = false;
        sub->gone = true;
    }
}


static void
send_outcome(consumer_outcome_t *outcome, const consumer_item_t *item,
    const Pl__SubscriptionFault *fault, uint32_t attempts)
{
    memset(outcome, 0, sizeof(*outcome));
    outcome->sequence = item->sequence;
    outcome->attempts = attempts;
    outcome->failed = fault != NULL;

    if (fault != NULL) {
        outcome->fault = *fault;
    }
}


/* Has the event been rejected often enough to be passed over? */

static bool
send_skip(consumer_slot_t *slot, const Pl__SubscriptionFault *fault)
{
    uint32_t                       most;
    consumer_sub_t                *sub = slot->sub;
    const consumer_item_t         *item = &slot->items[slot->at];
    const Pl__SubscriptionTerms   *terms = sub->row->terms;

    most = terms->has_poison_attempts ? terms->poison_attempts
                                      : PL_POISON_ATTEMPTS;

    if (fault->fault == PL__DELIVERY_FAULT__DELIVERY_FAULT_EVENT) {
        most = 1;                       /* it will not be another one */
    }

    if (sub->rejected < most || sub->skipped.n == CONSUMER_AGAIN_MAX
        || sub->undelivered >= PL_UNDELIVERED_MAX
        || (terms->has_poison
            && terms->poison == PL__POISON_DO__POISON_DO_HOLD))
    {
        return false;
    }

    send_outcome(&sub->skipped.rows[sub->skipped.n++], item, fault,
                 sub->attempts);
    sub->undelivered++;
    sub->position = item->sequence;
    sub->attempts = 0;
    sub->rejected = 0;
    sub->retry_us = 0;
    sub->retry_ms = 0;
    slot->at++;

    return true;
}


/* Not before the schedule says so, and not before the endpoint does. */

static void
send_later(pls_consumer_t *c, consumer_sub_t *sub, const pls_wire_t *wire)
{
    int64_t   now_ms, delay_ms, asked_ms;
    uint32_t  random32;

    now_ms = pl_clock_wall_ms(c->sn->clock);

    if (pl_crypto_random((uint8_t *) &random32, sizeof(random32)) != PL_OK) {
        random32 = UINT32_MAX;
    }

    delay_ms = pl_retry_delay(&pl_subscription_retry, sub->attempts,
                              random32);

    if (wire != NULL && wire->retry_after[0] != '\0'
        && pl_delay_read(pl_str_c(wire->retry_after), now_ms, &asked_ms)
        && asked_ms > delay_ms)
    {
        delay_ms = asked_ms;
    }

    sub->retry_us = pls_consumer_now_us(c) + delay_ms * 1000;
    sub->retry_ms = now_ms + delay_ms;
}


static void
send_arrived(pls_consumer_t *c, consumer_slot_t *slot)
{
    bool                     urgent;
    consumer_sub_t          *sub = slot->sub;
    const consumer_item_t   *item = &slot->items[slot->at++];

    urgent = item->what != CONSUMER_EVENT || sub->failed
             || sub->row->has_failing_ms;

    switch (item->what) {

    case CONSUMER_PING:
        sub->has_ping = true;
        send_outcome(&sub->ping, item, NULL, 1);
        break;

    case CONSUMER_AGAIN:
        send_outcome(&sub->tried.rows[sub->tried.n++], item, NULL, 1);
        sub->again--;
        sub->again_from = item->sequence + 1;
        break;

    default: /* CONSUMER_EVENT */
        if (slot->course == sub->row->course) {
            sub->position = item->sequence;
            sub->delivered++;
            sub->attempts = 0;
            sub->rejected = 0;
            sub->retry_us = 0;
            sub->failed = false;
        }
        break;
    }

    pls_consumer_note(c, sub, urgent);
}


/* All items are done, and what was passed over behind them. */

static void
send_passed(pls_consumer_t *c, consumer_slot_t *slot)
{
    consumer_sub_t  *sub = slot->sub;

    if (sub->active && slot->at == slot->n && slot->course == sub->row->course
        && slot->upto > sub->position
        && (sub->retry_us == 0
            || sub->retry_us <= pls_consumer_now_us(c)))
    {
        sub->position = slot->upto;
        pls_consumer_note(c, sub, false);
    }
}
