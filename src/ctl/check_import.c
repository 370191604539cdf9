/*
 * An import that is not whole, or is being taken away, is half of a tenant:
 * its rows name others that are yet to come, or are gone. See check.h.
 */

#include "../core/str.h"
#include "check.h"

/* Where in a key of the table a tenant stands, or a number of its own. */
typedef enum {
    IMPORT_NONE = 0,
    IMPORT_TENANT,                      /* the first four bytes */
    IMPORT_NUMBER                       /* the last eight */
} import_key_e;

static const uint8_t  import_keys[PL_TABLE_COUNT] = {
    [PL_TABLE_CONTACTS] = IMPORT_TENANT,
    [PL_TABLE_ADDRESSES] = IMPORT_TENANT,
    [PL_TABLE_NAMES] = IMPORT_TENANT,
    [PL_TABLE_REVIEWS] = IMPORT_TENANT,
    [PL_TABLE_MERGES] = IMPORT_TENANT,
    [PL_TABLE_CONSENTS] = IMPORT_TENANT,
    [PL_TABLE_GROUPS] = IMPORT_TENANT,
    [PL_TABLE_MEMBERS] = IMPORT_TENANT,
    [PL_TABLE_CONVERSATIONS] = IMPORT_TENANT,
    [PL_TABLE_VIEWS] = IMPORT_TENANT,
    [PL_TABLE_UNREAD] = IMPORT_TENANT,
    [PL_TABLE_QUIET] = IMPORT_TENANT,
    [PL_TABLE_NOTES] = IMPORT_TENANT,
    [PL_TABLE_CAPS] = IMPORT_TENANT,
    [PL_TABLE_TASKS] = IMPORT_TENANT,
    [PL_TABLE_AUDIT] = IMPORT_TENANT,
    [PL_TABLE_MESSAGES] = IMPORT_NUMBER,
    [PL_TABLE_TIMERS] = IMPORT_NUMBER,
};


bool
plctl_check_importing(const plctl_check_t *check, pl_table_e table,
    pl_str_t key)
{
    const Pl__StateMeta  *meta = check->meta;

    if (meta == NULL || meta->importing == 0) {
        return false;
    }

    switch (import_keys[table]) {

    case IMPORT_TENANT:                 /* no key: of a sum over all rows */
        return key.len < sizeof(uint32_t)
               || pl_be32(key.data) == meta->importing_tenant;

    case IMPORT_NUMBER:
        return key.len < sizeof(uint64_t)
               || pl_be64(key.data + key.len - sizeof(uint64_t))
                  >= meta->importing;

    default:
        return false;
    }
}
