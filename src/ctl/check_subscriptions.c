/*
 * check: subscriptions, and what they did not get.
 */

#include <inttypes.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/subscription.h"
#include "check.h"


static pl_status_t subscriptions_row(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t subscriptions_count(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Subscription *sub, pl_err_t *err);
static pl_status_t subscriptions_letter(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);


pl_status_t
plctl_check_subscriptions(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    rc = plctl_check_walk(check, PL_TABLE_SUBSCRIPTIONS, 12,
                          &pl__subscription__descriptor, subscriptions_row,
                          err);
    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_UNDELIVERED, 20,
                              &pl__undelivered__descriptor,
                              subscriptions_letter, err);
    }

    if (rc == PL_OK && check->meta != NULL
        && check->meta->subscriptions
           != check->counts[PL_TABLE_SUBSCRIPTIONS])
    {
        plctl_check_find(check, PL_TABLE_META, PL_STR("state"),
                         "counts %" PRIu32 " subscriptions, of %" PRIu64,
                         check->meta->subscriptions,
                         check->counts[PL_TABLE_SUBSCRIPTIONS]);
    }

    return rc;
}


static pl_status_t
subscriptions_row(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    const Pl__Subscription  *sub = (const Pl__Subscription *) row->msg;

    plctl_check_id(check, row, pl_be64(row->key.data + 4));

    if (sub->id != pl_be64(row->key.data + 4)) {
        plctl_check_find(check, row->table, row->key,
                         "says that it is sub_%" PRIu64, sub->id);
    }

    if (check->meta != NULL && sub->cursor >= check->meta->next_id) {
        plctl_check_find(check, row->table, row->key,
                         "is further than anything that has happened");
    }

    if (sub->n_secrets == 0 || sub->n_secrets > PL_SECRETS_MAX) {
        plctl_check_find(check, row->table, row->key,
                         "has %zu secrets", sub->n_secrets);
    }

    if ((sub->state == PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED)
        != (sub->has_pause != 0))
    {
        plctl_check_find(check, row->table, row->key,
                         "is paused without a cause, or the other way");
    }

    return subscriptions_count(check, row, sub, err);
}


static pl_status_t
subscriptions_count(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Subscription *sub, pl_err_t *err)
{
    uint32_t           n = 0, again = 0;
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_undelivered(&from, pl_be32(row->key.data), sub->id, 0);

    rc = pl_store_scan(check->state, PL_TABLE_UNDELIVERED, pl_key_str(&from),
                       false, &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK
            && (key.len != 20
                || pl_be32(key.data) != pl_be32(row->key.data)
                || pl_be64(key.data + 4) != sub->id))
        {
            rc = PL_NOTFOUND;
        }

        if (rc == PL_OK) {
            n++;

            /* one that cannot be read is found by its own walk */

            pl_arena_reset(check->step);
            if (pl_record_read(PL_TABLE_UNDELIVERED, value,
                               &pl__undelivered__descriptor, check->step,
                               &msg, err) == PL_OK)
            {
                again += ((const Pl__Undelivered *) msg)->again != 0;
            }
        }
    }

    pl_store_scan_end(scan);

    if (rc == PL_NOTFOUND && (n != sub->undelivered || again != sub->again)) {
        plctl_check_find(check, row->table, row->key,
                         "counts %" PRIu32 " undelivered, %" PRIu32 " to be "
                         "tried, of %" PRIu32 " and %" PRIu32,
                         sub->undelivered, sub->again, n, again);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
subscriptions_letter(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    bool         has;
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_tenant_seq(&key, pl_be32(row->key.data),
                      pl_be64(row->key.data + 4));

    rc = plctl_check_has(check, PL_TABLE_SUBSCRIPTIONS, pl_key_str(&key),
                         &has, err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key,
                         "is of no subscription");
    }

    return rc;
}
