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
static pl_status_t keep_note(pl_apply_t *ap, uint32_t tenant, uint64_t upto,
    const pl_subscription_seen_t *seen, Pl__Subscription *row, bool *more,
    pl_err_t *err);
static pl_status_t keep_said(pl_apply_t *ap, uint32_t tenant, uint64_t upto,
    const pl_subscription_seen_t *seen, pl_err_t *err);
static pl_status_t keep_letter(pl_apply_t *ap, const pl_key_t *key,
    const Pl__Undelivered **letter, pl_err_t *err);


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
        if (sequence > keep->rows[i].cursor && keep->rows[i].missed++ == 0) {
            keep->rows[i].first = sequence;
        }
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
        row->id, row->cursor, 0, 0
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
    bool               more;
    pl_status_t        rc;
    Pl__Subscription  *row;

    rc = pl_subscription_get(ap->txn, tenant, seen->id, ap->ar, &row, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    row->cursor = upto;
    row->has_course = 1;
    row->course++;
    row->has_missed = 1;
    row->missed += seen->missed;

    rc = keep_note(ap, tenant, upto, seen, row, &more, err);

    if (rc == PL_OK) {
        rc = pl_subscription_put(ap, tenant, row, err);
    }

    pl_subscription_changed(ap);

    return rc == PL_OK && !more ? keep_said(ap, tenant, upto, seen, err) : rc;
}


/*
 * A row for what is gone; more: what was told before grows, since it ends
 * where the cursor stood. A Prune that comes each minute would fill
 * `undelivered` for a subscription that is paused.
 */

static pl_status_t
keep_note(pl_apply_t *ap, uint32_t tenant, uint64_t upto,
    const pl_subscription_seen_t *seen, Pl__Subscription *row, bool *more,
    pl_err_t *err)
{
    pl_key_t                 key, old;
    pl_status_t              rc;
    Pl__Undelivered          note = PL__UNDELIVERED__INIT;
    Pl__SubscriptionFault    fault = PL__SUBSCRIPTION_FAULT__INIT;
    const Pl__Undelivered   *before, *there;

    *more = false;
    pl_key_undelivered(&old, tenant, seen->id, seen->cursor);
    pl_key_undelivered(&key, tenant, seen->id, upto);

    rc = keep_letter(ap, &old, &before, err);
    if (rc == PL_OK) {
        rc = keep_letter(ap, &key, &there, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    *more = before != NULL && before->has_missed;

    /* an event that was rejected, and is to be had there: it stays */

    if (there != NULL || (!*more && row->undelivered >= PL_UNDELIVERED_MAX)) {
        return PL_OK;
    }

    fault.fault = PL__DELIVERY_FAULT__DELIVERY_FAULT_MISSED;
    note.fault = &fault;
    note.time_ms = pl_sandbox_now(ap);
    note.has_missed = 1;
    note.missed = seen->missed;
    note.has_from = 1;
    note.from = seen->first;

    if (*more) {
        note.missed += before->missed;
        note.has_from = before->has_from;
        note.from = before->from;
        rc = pl_store_del(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&old),
                          err);

    } else {
        row->has_undelivered = 1;
        row->undelivered++;
    }

    return rc == PL_OK ? pl_record_put(ap->txn, PL_TABLE_UNDELIVERED,
                                       pl_key_str(&key), &note.base, false,
                                       err) : rc;
}


static pl_status_t
keep_said(pl_apply_t *ap, uint32_t tenant, uint64_t upto,
    const pl_subscription_seen_t *seen, pl_err_t *err)
{
    char         text[KEEP_TEXT_MAX];
    pl_status_t  rc;

    (void) snprintf(text, sizeof(text), "%" PRIu64 " events, up to evt_%"
                    PRIu64, seen->missed, upto);

    rc = pl_subscription_audit(ap, tenant, seen->id, "subscription.missed",
                               NULL, text, err);

    return rc == PL_OK ? pl_feed_count(ap, tenant, "subscriptions", "missed",
                                       err) : rc;
}


/* NULL: there is none. */

static pl_status_t
keep_letter(pl_apply_t *ap, const pl_key_t *key,
    const Pl__Undelivered **letter, pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_record_get(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(key),
                       &pl__undelivered__descriptor, ap->ar, &msg, err);
    *letter = rc == PL_OK ? (const Pl__Undelivered *) msg : NULL;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
