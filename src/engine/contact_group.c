/*
 * Groups, by the provider's id of them.
 */

#include "../core/record.h"
#include "../core/str.h"
#include "apply.h"


pl_status_t
pl_contact_group(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    const char *group_id, uint64_t *group, pl_err_t *err)
{
    pl_key_t     key;
    Pl__Group    row = PL__GROUP__INIT;
    pl_status_t  rc;

    rc = pl_contact_find(ap, tenant, PL__ADDRESS_KIND__ADDRESS_KIND_GROUP,
                         group_id, group, err);
    if (rc != PL_NOTFOUND) {
        return rc;
    }

    row.id = pl_apply_id(ap);
    row.group_id = (char *) group_id;
    row.channel = channel;
    row.has_created_ms = 1;
    row.created_ms = ap->now_ms;

    *group = row.id;

    pl_key_tenant_seq(&key, tenant, row.id);

    rc = pl_record_put(ap->txn, PL_TABLE_GROUPS, pl_key_str(&key),
                       &row.base, false, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_address(&key, tenant, PL__ADDRESS_KIND__ADDRESS_KIND_GROUP,
                   pl_str_c(group_id));

    return pl_record_put_u64(ap->txn, PL_TABLE_ADDRESSES, pl_key_str(&key),
                             row.id, false, err);
}
