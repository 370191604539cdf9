/*
 * While a tenant is read in (apply_import.c), nobody of it may be met: who
 * wrote then would be somebody new, without what they forbade, and would hold
 * the address of who they were. What brings people or messages is set aside,
 * whole; what is asked for is refused. When the import is whole, what was set
 * aside is read, and not until then is the tenant open again: a STOP among it
 * is older than whatever is asked for.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "import.h"
#include "keys.h"
#include "sandbox.h"

#define CLOSED_ARENA      65536
#define CLOSED_ARENA_MAX  (256u * 1024 * 1024)

/* Not in it: settings, holds, timers, and what becomes of sends. */
static const Pl__Command__OfCase  closed_to[] = {
    PL__COMMAND__OF_INBOUND_MESSAGE,
    PL__COMMAND__OF_DELIVERY_STATUS,    /* it may say who wants no more */
    PL__COMMAND__OF_ECHO_MESSAGE,
    PL__COMMAND__OF_CONSENT_CHANGE,
    PL__COMMAND__OF_CONTACT_CHANGE,
    PL__COMMAND__OF_CONTACT_SYNC,
    PL__COMMAND__OF_GROUP_CHANGE,
    PL__COMMAND__OF_SEND_REQUEST,
    PL__COMMAND__OF_FLOW_START,
    PL__COMMAND__OF_CONSENT_SET,
    PL__COMMAND__OF_CONTACT_SET,
    PL__COMMAND__OF_CONTACT_JOIN,
    PL__COMMAND__OF_CONTACT_SPLIT,
    PL__COMMAND__OF_OWNER_CHANGE,
    PL__COMMAND__OF_MARK_READ,
    PL__COMMAND__OF_ARCHIVE,
    PL__COMMAND__OF_NOTE_ADD,
    PL__COMMAND__OF_NOTE_DROP,
    PL__COMMAND__OF_TAG_SET,
    PL__COMMAND__OF_STATUS_SET,
    PL__COMMAND__OF_TASK_ARM,
    PL__COMMAND__OF_TASK_MOVE,
    PL__COMMAND__OF_TASK_CANCEL,
    PL__COMMAND__OF_QUARANTINE_ACT,
    PL__COMMAND__OF_RECONCILE_REQUEST,
};


bool
pl_import_closed(const pl_apply_t *ap, const Pl__Command *command)
{
    size_t              i;
    const Pl__Command  *inner;

    if (ap->meta->importing_tenant == 0) {
        return false;
    }

    inner = command->of_case == PL__COMMAND__OF_ASKED
            ? command->asked->command : command;

    if (inner->of_case == PL__COMMAND__OF_QUARANTINE_ACT
        && ap->meta->importing == 0)
    {
        return false;           /* it is whole: that is what is waited for */
    }

    for (i = 0; i < PL_COUNT(closed_to); i++) {
        if (closed_to[i] == inner->of_case) {
            return pl_sandbox_tenant(ap, inner) == ap->meta->importing_tenant;
        }
    }

    return false;
}


bool
pl_import_shuts(const Pl__StateMeta *meta, const pl_settings_t *settings,
    const Pl__Command *command)
{
    pl_apply_t  ap;

    memset(&ap, 0, sizeof(ap));
    ap.meta = (Pl__StateMeta *) (uintptr_t) meta;       /* is only read */
    ap.settings = settings;

    return meta != NULL && pl_import_closed(&ap, command);
}


pl_status_t
pl_import_waits(pl_apply_t *ap, uint32_t tenant, bool *waits, pl_err_t *err)
{
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_arena_t        *ar;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *waits = false;
    pl_key_tenant_seq(&from, tenant, 0);

    ar = pl_arena_create(CLOSED_ARENA, CLOSED_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "import", 0, "out of memory");
    }

    rc = pl_store_scan(ap->txn, PL_TABLE_QUARANTINE, pl_key_str(&from),
                       false, &scan, err);

    while (rc == PL_OK && !*waits) {
        pl_arena_reset(ar);
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || pl_be32(key.data) != tenant) {
            break;
        }

        rc = pl_record_read(PL_TABLE_QUARANTINE, value,
                            &pl__quarantine__descriptor, ar, &msg, err);
        *waits = rc == PL_OK && ((const Pl__Quarantine *) msg)->waits;
    }

    pl_store_scan_end(scan);
    pl_arena_destroy(ar);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_import_aside(pl_apply_t *ap, const Pl__Command *command, pl_unfit_t *unfit,
    pl_err_t *err)
{
    size_t    size;
    uint8_t  *bytes;

    size = pl__command__get_packed_size(command);

    bytes = pl_arena_alloc(ap->ar, size);
    if (bytes == NULL) {
        return pl_err_set(err, PL_NOMEM, "import", 0, "out of memory");
    }

    unfit->command.data = bytes;
    unfit->command.len = pl__command__pack(command, bytes);

    return PL_OK;
}


Pl__Command *
pl_import_kept(const Pl__Quarantine *row, pl_arena_t *ar)
{
    return row->has_command
           ? pl__command__unpack(pl_arena_protobuf(ar), row->command.len,
                                 row->command.data)
           : NULL;
}
