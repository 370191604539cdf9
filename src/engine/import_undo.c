/*
 * An import that is given up: what was put is taken away again. Its tenant
 * had nobody when it began, and met nobody since (import_closed.c), so all
 * people of the tenant are the import's; of what stands by numbers, those
 * that were set aside for it. Counters stay.
 */

#include "../core/record.h"
#include "dedupe.h"
#include "import_impl.h"
#include "inbox.h"

#define UNDO_ARENA      65536
#define UNDO_ARENA_MAX  (256u * 1024 * 1024)

typedef struct {
    pl_apply_t        *ap;
    uint32_t           tenant;
    const Pl__Import  *import;
    pl_arena_t        *ar;          /* of a row */
    uint32_t           left;        /* rows of this step */
} undo_t;

/* -1: every row of the tenant's. */
typedef struct {
    pl_table_e  table;
    bool        tenant;             /* keys begin with it */
    int         number;             /* offset in the key */
} undo_table_t;

static pl_status_t undo_table(undo_t *u, const undo_table_t *row,
    pl_err_t *err);
static bool undo_ends(const undo_t *u, const undo_table_t *row,
    pl_str_t key);
static pl_status_t undo_row(undo_t *u, pl_table_e table, pl_str_t key,
    pl_str_t value, pl_err_t *err);
static pl_status_t undo_heard(undo_t *u, pl_str_t value, pl_err_t *err);
static pl_status_t undo_timer(undo_t *u, pl_str_t key, pl_str_t value,
    pl_err_t *err);

/* People first: whoever looks meanwhile finds nobody. */
static const undo_table_t  undo_tables[] = {
    { PL_TABLE_ADDRESSES, true, -1 },
    { PL_TABLE_NAMES, true, -1 },
    { PL_TABLE_REVIEWS, true, -1 },
    { PL_TABLE_CONTACTS, true, -1 },
    { PL_TABLE_MERGES, true, -1 },
    { PL_TABLE_CONSENTS, true, -1 },
    { PL_TABLE_GROUPS, true, -1 },
    { PL_TABLE_MEMBERS, true, -1 },
    { PL_TABLE_VIEWS, true, -1 },
    { PL_TABLE_UNREAD, true, -1 },
    { PL_TABLE_QUIET, true, -1 },
    { PL_TABLE_CONVERSATIONS, true, -1 },
    { PL_TABLE_NOTES, true, -1 },
    { PL_TABLE_CAPS, true, -1 },
    { PL_TABLE_TASKS, true, -1 },
    { PL_TABLE_AUDIT, true, 4 },
    { PL_TABLE_MESSAGES, false, 0 },
};


pl_status_t
pl_import_undo(pl_apply_t *ap, uint32_t tenant, const Pl__Import *import,
    uint32_t rows, bool *over, pl_err_t *err)
{
    size_t       i;
    undo_t       u = { ap, tenant, import, NULL, rows };
    pl_status_t  rc;

    u.ar = pl_arena_create(UNDO_ARENA, UNDO_ARENA_MAX);
    if (u.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "import", 0, "out of memory");
    }

    /* what it made unread may not have been written yet */

    rc = pl_unread_flush(ap, err);

    for (i = 0; rc == PL_OK && u.left != 0 && i < PL_COUNT(undo_tables);
         i++)
    {
        rc = undo_table(&u, &undo_tables[i], err);
    }

    *over = u.left != 0;
    pl_arena_destroy(u.ar);

    return rc;
}


static pl_status_t
undo_table(undo_t *u, const undo_table_t *row, pl_err_t *err)
{
    pl_key_t      from;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    from.len = 0;
    from.overflow = false;

    if (row->tenant) {
        pl_key_u32(&from, u->tenant);
    }

    if (row->number == (int) from.len) {
        pl_key_u64(&from, u->import->shift);
    }

    rc = pl_store_scan(u->ap->txn, row->table, pl_key_str(&from), false,
                       &scan, err);

    while (rc == PL_OK && u->left != 0) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || undo_ends(u, row, key)) {
            break;
        }

        u->left--;

        rc = undo_row(u, row->table, key, value, err);

        if (rc == PL_OK) {
            rc = pl_store_scan_del(scan, err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static bool
undo_ends(const undo_t *u, const undo_table_t *row, pl_str_t key)
{
    if (row->tenant
        && (key.len < sizeof(uint32_t) || pl_be32(key.data) != u->tenant))
    {
        return true;
    }

    return row->number >= 0
           && pl_be64(key.data + row->number)
              >= u->import->shift + u->import->span;
}


/* What stands elsewhere for it. */

static pl_status_t
undo_row(undo_t *u, pl_table_e table, pl_str_t key, pl_str_t value,
    pl_err_t *err)
{
    switch (table) {

    case PL_TABLE_TASKS:
        return undo_timer(u, key, value, err);

    case PL_TABLE_MESSAGES:
        return undo_heard(u, value, err);

    default:
        return PL_OK;
    }
}


static pl_status_t
undo_heard(undo_t *u, pl_str_t value, pl_err_t *err)
{
    pl_status_t         rc;
    ProtobufCMessage   *msg;
    const Pl__Message  *message;

    pl_arena_reset(u->ar);

    rc = pl_record_read(PL_TABLE_MESSAGES, value, &pl__message__descriptor,
                        u->ar, &msg, err);
    message = (const Pl__Message *) msg;

    return rc == PL_OK && message->provider_id != NULL
           ? pl_dedupe_drop(u->ap, message->channel, message->provider_id,
                            message->provider_time_s, err) : rc;
}


/* What `tasks` lists stands in `timers` under the time that it says. */

static pl_status_t
undo_timer(undo_t *u, pl_str_t key, pl_str_t value, pl_err_t *err)
{
    uint64_t     at;
    pl_key_t     timer;
    pl_status_t  rc;

    rc = pl_record_read_u64(PL_TABLE_TASKS, value, &at, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_timer(&timer, (int64_t) at, pl_be64(key.data + key.len - 8));
    rc = pl_store_del(u->ap->txn, PL_TABLE_TIMERS, pl_key_str(&timer), err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
