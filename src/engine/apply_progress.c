/*
 * What the sender says of subscriptions: how far each has come, and what
 * went wrong. See subscription.h.
 *
 * Progress is no change by people: who holds subscriptions in memory knows
 * it, and reads nothing anew, unless it ends in a pause.
 */

#include <string.h>

#include "../core/record.h"
#include "sandbox.h"
#include "subscription.h"

#define WHY_GONE      PL__SUBSCRIPTION_PAUSE__SUBSCRIPTION_PAUSE_GONE
#define WHY_FAILURES  PL__SUBSCRIPTION_PAUSE__SUBSCRIPTION_PAUSE_FAILURES

static pl_status_t progress_step(pl_apply_t *ap,
    const Pl__SubscriptionStep *in, pl_err_t *err);
static pl_status_t progress_course(pl_apply_t *ap,
    const Pl__SubscriptionStep *in, Pl__Subscription *row, pl_err_t *err);
static pl_status_t progress_skip(pl_apply_t *ap,
    const Pl__SubscriptionStep *in, Pl__Subscription *row,
    const Pl__SubscriptionOutcome *one, pl_err_t *err);
static pl_status_t progress_forget(pl_apply_t *ap,
    const Pl__SubscriptionStep *in, Pl__Subscription *row, uint64_t sequence,
    pl_err_t *err);
static pl_status_t progress_again(pl_apply_t *ap,
    const Pl__SubscriptionStep *in, Pl__Subscription *row,
    const Pl__SubscriptionOutcome *one, pl_err_t *err);
static void progress_arrived(pl_apply_t *ap, Pl__Subscription *row,
    uint32_t n);
static pl_status_t progress_failed(pl_apply_t *ap,
    const Pl__SubscriptionStep *in, Pl__Subscription *row, pl_err_t *err);
static void progress_ping(const Pl__SubscriptionStep *in,
    Pl__Subscription *row);


pl_status_t
pl_apply_subscription_progress(pl_apply_t *ap,
    const Pl__SubscriptionProgress *in, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    if (in->n_steps > PL_SUBSCRIPTION_STEPS_MAX) {
        return pl_err_set(err, PL_INVALID, "progress", 0, "more than %d "
                          "steps", PL_SUBSCRIPTION_STEPS_MAX);
    }

    for (i = 0; rc == PL_OK && i < in->n_steps; i++) {
        rc = progress_step(ap, in->steps[i], err);
    }

    return rc;
}


static pl_status_t
progress_step(pl_apply_t *ap, const Pl__SubscriptionStep *in, pl_err_t *err)
{
    size_t             i;
    pl_status_t        rc;
    Pl__Subscription  *row;

    rc = pl_subscription_get(ap->txn, in->tenant, in->subscription, ap->ar,
                             &row, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (in->course == row->course) {
        rc = progress_course(ap, in, row, err);
    }

    for (i = 0; rc == PL_OK && i < in->n_again; i++) {
        rc = progress_again(ap, in, row, in->again[i], err);
    }

    progress_ping(in, row);

    if (rc == PL_OK && in->fault != NULL && in->revision == row->revision) {
        rc = progress_failed(ap, in, row, err);
    }

    return rc == PL_OK ? pl_subscription_put(ap, in->tenant, row, err) : rc;
}


/* The cursor; never back. */

static pl_status_t
progress_course(pl_apply_t *ap, const Pl__SubscriptionStep *in,
    Pl__Subscription *row, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < in->n_skipped; i++) {
        if (in->skipped[i]->sequence > row->cursor) {
            rc = progress_skip(ap, in, row, in->skipped[i], err);
        }
    }

    if (in->upto > row->cursor && in->upto < ap->meta->next_id) {
        row->cursor = in->upto;
        row->has_attempts = 0;
        row->attempts = 0;
    }

    if (in->delivered != 0) {
        progress_arrived(ap, row, in->delivered);
    }

    return rc;
}


static pl_status_t
progress_skip(pl_apply_t *ap, const Pl__SubscriptionStep *in,
    Pl__Subscription *row, const Pl__SubscriptionOutcome *one,
    pl_err_t *err)
{
    pl_key_t                key;
    pl_status_t             rc;
    Pl__Undelivered         letter = PL__UNDELIVERED__INIT;
    ProtobufCMessage       *msg;
    Pl__SubscriptionFault   none = PL__SUBSCRIPTION_FAULT__INIT;

    rc = progress_forget(ap, in, row, one->sequence, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (row->undelivered >= PL_UNDELIVERED_MAX) {

        /* the sender holds instead; it counted before others came */

        row->has_missed = 1;
        row->missed++;
        return pl_subscription_audit(ap, in->tenant, row->id,
                                     "subscription.missed", NULL,
                                     "no room in undelivered", err);
    }

    pl_key_tenant_seq(&key, in->tenant, one->sequence);

    rc = pl_record_get(ap->txn, PL_TABLE_CHANGES, pl_key_str(&key),
                       &pl__change__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    none.fault = PL__DELIVERY_FAULT__DELIVERY_FAULT_REJECTED;
    letter.change = rc == PL_OK ? (Pl__Change *) msg : NULL;
    letter.fault = one->fault == NULL ? &none : one->fault;
    letter.has_attempts = one->has_attempts;
    letter.attempts = one->attempts;
    letter.time_ms = pl_sandbox_now(ap);

    row->has_undelivered = 1;
    row->undelivered++;

    pl_key_undelivered(&key, in->tenant, row->id, one->sequence);

    rc = pl_record_put(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&key),
                       &letter.base, false, err);

    return rc == PL_OK ? pl_feed_count(ap, in->tenant, "subscriptions",
                                       "undelivered", err) : rc;
}


/* It was replayed and rejected again: one row, counted once. */

static pl_status_t
progress_forget(pl_apply_t *ap, const Pl__SubscriptionStep *in,
    Pl__Subscription *row, uint64_t sequence, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_undelivered(&key, in->tenant, row->id, sequence);

    rc = pl_record_get(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&key),
                       &pl__undelivered__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    row->undelivered--;
    row->again -= ((const Pl__Undelivered *) msg)->again != 0;

    return pl_store_del(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&key), err);
}


/* One of `undelivered` was tried once more. */

static pl_status_t
progress_again(pl_apply_t *ap, const Pl__SubscriptionStep *in,
    Pl__Subscription *row, const Pl__SubscriptionOutcome *one,
    pl_err_t *err)
{
    pl_key_t            key;
    pl_status_t         rc;
    Pl__Undelivered    *letter;
    ProtobufCMessage   *msg;

    pl_key_undelivered(&key, in->tenant, row->id, one->sequence);

    rc = pl_record_get(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&key),
                       &pl__undelivered__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    letter = (Pl__Undelivered *) msg;

    if (!letter->again) {
        return PL_OK;                   /* said before */
    }

    row->again--;

    if (one->fault == NULL) {
        row->undelivered--;
        progress_arrived(ap, row, 1);
        return pl_store_del(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&key),
                            err);
    }

    letter->has_again = 0;
    letter->again = 0;
    letter->fault = one->fault;
    letter->has_attempts = 1;
    letter->attempts += one->attempts;

    return pl_record_put(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&key),
                         &letter->base, false, err);
}


static void
progress_arrived(pl_apply_t *ap, Pl__Subscription *row, uint32_t n)
{
    row->has_delivered = 1;
    row->delivered += n;
    row->has_delivered_ms = 1;
    row->delivered_ms = pl_sandbox_now(ap);
    row->has_failing_ms = 0;
    row->failing_ms = 0;
    row->has_retry_ms = 0;
    row->retry_ms = 0;

    if (row->state == PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_FAILING) {
        row->state = PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_ACTIVE;
    }
}


static pl_status_t
progress_failed(pl_apply_t *ap, const Pl__SubscriptionStep *in,
    Pl__Subscription *row, pl_err_t *err)
{
    int64_t      now_ms, after_ms;
    const char  *why;

    now_ms = pl_sandbox_now(ap);
    why = pl_subscription_fault_name(in->fault->fault);

    row->has_attempts = 1;
    row->attempts = in->attempts;
    row->has_retry_ms = in->has_retry_ms;
    row->retry_ms = in->retry_ms;
    row->fault = in->fault;

    if (!row->has_failing_ms) {
        row->has_failing_ms = 1;
        row->failing_ms = now_ms;
    }

    if (row->state == PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED) {
        return PL_OK;
    }

    row->state = PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_FAILING;

    if (in->fault->fault == PL__DELIVERY_FAULT__DELIVERY_FAULT_GONE) {
        return pl_subscription_pause(ap, in->tenant, row,
                                     WHY_GONE,
                                     NULL, why, err);
    }

    after_ms = row->terms->has_pause_after_ms ? row->terms->pause_after_ms
                                              : PL_PAUSE_AFTER_MS;

    return now_ms - row->failing_ms < after_ms ? PL_OK
           : pl_subscription_pause(ap, in->tenant, row,
                                   WHY_FAILURES,
                                   NULL, why, err);
}


static void
progress_ping(const Pl__SubscriptionStep *in, Pl__Subscription *row)
{
    if (in->ping != NULL && in->ping->sequence == row->ping
        && row->pinged < row->ping)
    {
        row->has_pinged = 1;
        row->pinged = in->ping->sequence;
        row->ping_fault = in->ping->fault;
    }
}
