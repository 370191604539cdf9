/*
 * What subscriptions make of rows of `changes` that retention drops: those
 * that an active one still waits for stay twice as long; what goes all the
 * same is noted where somebody will see it. See subscription.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/record.h"
#include "sandbox.h"
#include "subscription.h"

#define KEEP_TEXT_MAX  64

static pl_status_t keep_row(pl_subscription_keep_t *keep, pl_str_t value,
    pl_arena_t *ar, pl_err_t *err);
static pl_status_t keep_missed(pl_apply_t *ap, uint32_t tenant,
    uint64_t upto, const pl_subscription_seen_t *seen, pl_err_t *err);


pl_status_t
pl_subscription_keep_begin(pl_txn_t *txn, uint32_t tenant, pl_arena_t *ar,
    pl_subscription_keep_t *keep, pl_err_t *err)
{
    pl_key_t      from;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    keep->tenant = tenant;
    keep->upto = 0;
    keep->needed = UINT64_MAX;
    keep->n = 0;

    pl_key_tenant_seq(&from, tenant, 0);

    rc = pl_store_scan(txn, PL_TABLE_SUBSCRIPTIONS, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    while (keep->n < PL_SUBSCRIPTIONS_MAX) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || pl_be32(key.data) != tenant) {
            break;
        }

        rc = keep_row(keep, value, ar, err);
        if (rc != PL_OK) {
            break;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


void
pl_subscription_keep_drop(pl_subscription_keep_t *keep, uint64_t sequence)
{
    size_t  i;

    keep->upto = sequence;

    for (i = 0; i < keep->n; i++) {
        keep->rows[i].missed += sequence > keep->rows[i].cursor;
    }
}


pl_status_t
pl_subscription_keep_end(pl_apply_t *ap, const pl_subscription_keep_t *keep,
    pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < keep->n; i++) {
        if (keep->rows[i].missed != 0) {
            rc = keep_missed(ap, keep->tenant, keep->upto, &keep->rows[i],
                             err);
        }
    }

    return rc;
}


static pl_status_t
keep_row(pl_subscription_keep_t *keep, pl_str_t value, pl_arena_t *ar,
    pl_err_t *err)
{
    pl_status_t         rc;
    Pl__Subscription   *row;
    ProtobufCMessage   *msg;

    rc = pl_record_read(PL_TABLE_SUBSCRIPTIONS, value,
                        &pl__subscription__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    row = (Pl__Subscription *) msg;

    keep->rows[keep->n++] = (pl_subscription_seen_t) {
        row->id, row->cursor, 0
    };

    if (row->state != PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED
        && row->cursor < keep->needed)
    {
        keep->needed = row->cursor;
    }

    return PL_OK;
}


static pl_status_t
keep_missed(pl_apply_t *ap, uint32_t tenant, uint64_t upto,
    const pl_subscription_seen_t *seen, pl_err_t *err)
{
    char                     text[KEEP_TEXT_MAX];
    pl_key_t                 key;
    pl_status_t              rc;
    Pl__Undelivered          note = PL__UNDELIVERED__INIT;
    Pl__Subscription        *row;
    Pl__SubscriptionFault    fault = PL__SUBSCRIPTION_FAULT__INIT;

    rc = pl_subscription_get(ap->txn, tenant, seen->id, ap->ar, &row, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    row->cursor = upto;
    row->has_course = 1;
    row->course++;
    row->has_missed = 1;
    row->missed += seen->missed;

    fault.fault = PL__DELIVERY_FAULT__DELIVERY_FAULT_MISSED;
    note.fault = &fault;
    note.time_ms = pl_sandbox_now(ap);
    note.has_missed = 1;
    note.missed = seen->missed;

    if (row->undelivered < PL_UNDELIVERED_MAX) {
        row->has_undelivered = 1;
        row->undelivered++;

        pl_key_undelivered(&key, tenant, seen->id, upto);
        rc = pl_record_put(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&key),
                           &note.base, false, err);
    }

    if (rc == PL_OK) {
        rc = pl_subscription_put(ap, tenant, row, err);
    }

    pl_subscription_changed(ap);

    (void) snprintf(text, sizeof(text), "%" PRIu64 " events, up to evt_%"
                    PRIu64, seen->missed, upto);

    if (rc == PL_OK) {
        rc = pl_subscription_audit(ap, tenant, seen->id,
                                   "subscription.missed", NULL, text, err);
    }

    return rc == PL_OK ? pl_feed_count(ap, tenant, "subscriptions", "missed",
                                       err) : rc;
}
