/*
 * Retention. Each of these tables is a number of groups (a tenant's rows; of
 * counters a tenant's and metric's), and within each the oldest rows come
 * first. So a walk deletes at a group's front and steps over its rest: it
 * costs what goes, and one look for each group. It is bounded in rows and in
 * groups; the tenant where it ended is in StateMeta, and the next one goes on
 * there.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "erase.h"
#include "inbox.h"
#include "retain.h"
#include "subscription.h"

#define RETAIN_DAY_MS      86400000
#define RETAIN_GROUPS_MAX  4096         /* stepped over by one Prune */
#define RETAIN_LOOK_MAX    65536        /* and by a look */
#define RETAIN_ARENA       65536
#define RETAIN_ARENA_MAX   (16u * 1024 * 1024)

typedef struct {
    pl_table_e  table;
    size_t      group;          /* bytes of key; 0: up to a 0 behind 4 */
    const ProtobufCMessageDescriptor  *type;    /* NULL: its key tells */
} retain_row_t;

typedef struct {
    pl_txn_t            *txn;
    pl_apply_t          *ap;            /* NULL: a look */
    const retain_row_t  *row;
    int64_t              keep_ms;
    int64_t              before_ms;
    bool                 deletes;
    uint32_t             rows;          /* left to be deleted */
    uint32_t             groups;        /* left to be stepped over */
    uint32_t             tenant;        /* begin with, then ended at */
    bool                 found;
    uint64_t             gone;          /* highest sequence of what went */
    bool                 entered;       /* the group at hand */
    pl_arena_t          *ar;            /* of one row */
    pl_subscription_keep_t  keep;       /* of the tenant at hand */
    ProtobufCMessage    *msg;           /* the row, where it is a message */
    Pl__Erasure          files;         /* that what went had */
    pl_err_t            *err;
} retain_t;

static pl_status_t retain_walk(retain_t *re);
static pl_status_t retain_group(retain_t *re, pl_scan_t *scan,
    pl_key_t *from);
static void retain_gone(retain_t *re, pl_str_t key);
static pl_status_t retain_is_old(retain_t *re, pl_str_t key, pl_str_t value,
    bool *old);
static pl_status_t retain_enter(retain_t *re, uint32_t tenant);
static bool retain_waits(const retain_t *re, pl_str_t key);
static pl_status_t retain_quiet(retain_t *re);
static pl_status_t retain_files(retain_t *re);
static int64_t retain_time(const ProtobufCMessage *msg);
static void retain_next(const retain_t *re, pl_str_t key, pl_key_t *from);
static size_t retain_group_len(const retain_t *re, pl_str_t key);
static int64_t retain_keep(const Pl__GlobalSettings *global, size_t i);
static uint32_t *retain_place(Pl__StateMeta *meta, size_t i,
    protobuf_c_boolean **has);


/* In the order of Keep's fields. */
static const retain_row_t  retain_rows[] = {
    { PL_TABLE_CHANGES, 4, &pl__change__descriptor },
    { PL_TABLE_AUDIT, 4, &pl__audit_event__descriptor },
    { PL_TABLE_COUNTERS, 0, NULL },
    { PL_TABLE_QUARANTINE, 4, &pl__quarantine__descriptor },
    { PL_TABLE_DEAD, 4, &pl__dead_letter__descriptor },
};


pl_status_t
pl_retain_prune(pl_apply_t *ap, uint32_t rows, pl_err_t *err)
{
    size_t               i;
    int64_t              keep_ms;
    retain_t             re;
    uint32_t            *place;
    pl_status_t          rc;
    protobuf_c_boolean  *has;

    memset(&re, 0, sizeof(re));
    re.txn = ap->txn;
    re.ap = ap;
    re.deletes = true;
    re.rows = rows;
    re.err = err;
    pl__erasure__init(&re.files);

    re.ar = pl_arena_create(RETAIN_ARENA, RETAIN_ARENA_MAX);
    if (re.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "prune", 0, "out of memory");
    }

    /* counts that are still in memory would come back as rows */

    rc = pl_feed_flush(ap, err);

    for (i = 0; rc == PL_OK && i < PL_COUNT(retain_rows); i++) {
        keep_ms = retain_keep(pl_settings_global(ap->settings), i);

        if (keep_ms == 0 || re.rows == 0) {
            continue;
        }

        place = retain_place(ap->meta, i, &has);
        re.row = &retain_rows[i];
        re.keep_ms = keep_ms;
        re.before_ms = ap->now_ms - keep_ms;
        re.groups = RETAIN_GROUPS_MAX;
        re.tenant = *place;
        re.gone = 0;

        rc = retain_walk(&re);

        if (re.row->table == PL_TABLE_CHANGES
            && re.gone > ap->meta->changes_pruned)
        {
            ap->meta->has_changes_pruned = 1;
            ap->meta->changes_pruned = re.gone;
        }

        *place = re.tenant;
        *has = re.tenant != 0;
    }

    pl_arena_destroy(re.ar);

    return rc == PL_OK ? pl_erase_unnamed(ap, &re.files, err) : rc;
}


pl_status_t
pl_retain_old(pl_txn_t *txn, const Pl__GlobalSettings *global,
    int64_t now_ms, bool *old, pl_err_t *err)
{
    size_t       i;
    int64_t      keep_ms;
    retain_t     re;
    pl_status_t  rc;

    memset(&re, 0, sizeof(re));
    re.txn = txn;
    re.err = err;

    re.ar = pl_arena_create(RETAIN_ARENA, RETAIN_ARENA_MAX);
    if (re.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "prune", 0, "out of memory");
    }

    for (i = 0, rc = PL_OK;
         rc == PL_OK && !re.found && i < PL_COUNT(retain_rows);
         i++)
    {
        keep_ms = retain_keep(global, i);

        if (keep_ms != 0) {
            re.row = &retain_rows[i];
            re.keep_ms = keep_ms;
            re.before_ms = now_ms - keep_ms;
            re.groups = RETAIN_LOOK_MAX;
            re.tenant = 0;
            rc = retain_walk(&re);
        }
    }

    *old = re.found;
    pl_arena_destroy(re.ar);

    return rc;
}


/* Until a bound is met; or to the table's end, and re->tenant is 0. */

static pl_status_t
retain_walk(retain_t *re)
{
    pl_key_t      from;
    pl_scan_t    *scan;
    pl_status_t   rc, told;

    from.len = 0;
    from.overflow = false;
    pl_key_u32(&from, re->tenant);

    do {
        rc = pl_store_scan(re->txn, re->row->table, pl_key_str(&from), false,
                           &scan, re->err);
        if (rc != PL_OK) {
            return rc;
        }

        re->entered = false;
        re->keep.n = 0;
        rc = retain_group(re, scan, &from);
        pl_store_scan_end(scan);

        if (re->ap != NULL && (rc == PL_OK || rc == PL_NOTFOUND)) {
            told = pl_subscription_keep_end(re->ap, &re->keep, re->err);
            rc = told == PL_OK ? rc : told;
        }

        if (rc == PL_NOTFOUND) {
            re->tenant = 0;
            return PL_OK;
        }
    } while (rc == PL_OK && !re->found && re->groups != 0
             && (!re->deletes || re->rows != 0));

    return rc;
}


/* What is old of the group at hand goes; from: the next one's place. */

static pl_status_t
retain_group(retain_t *re, pl_scan_t *scan, pl_key_t *from)
{
    bool         old;
    pl_str_t     key, value;
    pl_status_t  rc;

    for ( ;; ) {
        rc = pl_store_scan_next(scan, &key, &value, re->err);

        if (rc == PL_OK && re->entered
            && pl_be32(key.data) != re->keep.tenant)
        {
            /* another tenant's, who has other subscriptions */
            from->len = 0;
            pl_key_u32(from, pl_be32(key.data));
            re->groups--;
            return PL_OK;
        }

        if (rc == PL_OK) {
            rc = retain_enter(re, pl_be32(key.data));
        }

        if (rc == PL_OK) {
            rc = retain_is_old(re, key, value, &old);
        }

        if (rc != PL_OK) {
            return rc;
        }

        if (!old) {
            retain_next(re, key, from);
            re->groups--;
            return PL_OK;
        }

        if (!re->deletes) {
            re->found = true;
            return PL_OK;
        }

        if (re->keep.n != 0) {
            pl_subscription_keep_drop(&re->keep, pl_be64(key.data + 4));
        }

        retain_gone(re, key);

        rc = retain_quiet(re);

        if (rc == PL_OK) {
            rc = retain_files(re);
        }

        if (rc == PL_OK) {
            rc = pl_store_scan_del(scan, re->err);
            re->rows--;
        }

        if (rc != PL_OK || re->rows == 0) {
            return rc;
        }
    }
}


/* Tables whose rows are a tenant's by sequence; others are not asked. */

static void
retain_gone(retain_t *re, pl_str_t key)
{
    uint64_t  sequence;

    if (re->row->group == 4 && key.len == 12) {
        sequence = pl_be64(key.data + 4);
        re->gone = sequence > re->gone ? sequence : re->gone;
    }
}


static pl_status_t
retain_is_old(retain_t *re, pl_str_t key, pl_str_t value, bool *old)
{
    size_t             len;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (re->row->type == NULL) {
        len = retain_group_len(re, key);
        *old = len + 4 <= key.len
               && ((int64_t) pl_be32(key.data + len) + 1) * RETAIN_DAY_MS
                  <= re->before_ms;
        return PL_OK;
    }

    pl_arena_reset(re->ar);

    rc = pl_record_read(re->row->table, value, re->row->type, re->ar, &msg,
                        re->err);
    if (rc == PL_OK) {
        *old = retain_time(msg) <= re->before_ms
                                   - (retain_waits(re, key) ? re->keep_ms
                                                            : 0);
        re->msg = msg;
    }

    return rc;
}


/* What subscriptions have seen of this tenant's rows. */

static pl_status_t
retain_enter(retain_t *re, uint32_t tenant)
{
    pl_status_t  rc = PL_OK;

    if (re->row->table == PL_TABLE_CHANGES && !re->entered) {
        rc = pl_subscription_keep_begin(re->txn, tenant, re->ar, &re->keep,
                                        re->err);
        pl_arena_reset(re->ar);
        re->entered = true;
    }

    re->tenant = tenant;

    return rc;
}


/* A conversation whose newest change goes is listed elsewhere from now on. */

static pl_status_t
retain_quiet(retain_t *re)
{
    pl_arena_t   *ar;
    pl_status_t   rc;

    if (re->row->table != PL_TABLE_CHANGES) {
        return PL_OK;
    }

    ar = re->ap->ar;
    re->ap->ar = re->ar;                /* which is reset with each row */

    rc = pl_quiet_pruned(re->ap, re->tenant, (Pl__Change *) re->msg,
                         re->err);
    re->ap->ar = ar;

    return rc;
}


/* An item's go with it; where they are many, the next Prune goes on. */

static pl_status_t
retain_files(retain_t *re)
{
    if (re->row->table != PL_TABLE_QUARANTINE) {
        return PL_OK;
    }

    if (re->files.n_files >= PL_ERASE_FILES_MAX / 2) {
        re->rows = 1;
    }

    return pl_erase_note_aside(re->ap, &re->files,
                               (const Pl__Quarantine *) re->msg, re->err);
}


/* Does a subscription wait for it that will get it? */

static bool
retain_waits(const retain_t *re, pl_str_t key)
{
    return re->keep.n != 0 && pl_be64(key.data + 4) > re->keep.needed;
}


/* A change without a time is of a version that did not note it: it is old. */

static int64_t
retain_time(const ProtobufCMessage *msg)
{
    const Pl__Quarantine  *aside;

    if (msg->descriptor == &pl__change__descriptor) {
        return ((const Pl__Change *) msg)->time_ms;
    }

    if (msg->descriptor == &pl__audit_event__descriptor) {
        return ((const Pl__AuditEvent *) msg)->time_ms;
    }

    if (msg->descriptor == &pl__quarantine__descriptor) {
        aside = (const Pl__Quarantine *) msg;
        return aside->waits ? INT64_MAX : aside->time_ms;   /* import.h */
    }

    return ((const Pl__DeadLetter *) msg)->died_ms;
}


/* Behind every key of this one's group. */

static void
retain_next(const retain_t *re, pl_str_t key, pl_key_t *from)
{
    from->len = 0;
    from->overflow = false;

    if (re->row->group == 0) {
        /* a metric, and 1 in the place of the 0 behind it */
        pl_key_bytes(from, key.data, retain_group_len(re, key) - 1);
        pl_key_u8(from, 1);

    } else {
        pl_key_u32(from, pl_be32(key.data) + 1);
    }
}


/* With the 0 behind a metric's name. */

static size_t
retain_group_len(const retain_t *re, pl_str_t key)
{
    size_t  len;

    if (re->row->group != 0) {
        return re->row->group;
    }

    for (len = 4; len < key.len && key.data[len] != 0; len++) {
        /* void */
    }

    return len < key.len ? len + 1 : len;
}


static int64_t
retain_keep(const Pl__GlobalSettings *global, size_t i)
{
    const Pl__Keep  *keep;

    keep = global == NULL ? NULL : global->keep;

    if (keep == NULL) {
        return 0;
    }

    switch (retain_rows[i].table) {

    case PL_TABLE_CHANGES:
        return keep->changes_ms;

    case PL_TABLE_AUDIT:
        return keep->audit_ms;

    case PL_TABLE_COUNTERS:
        return keep->counters_ms;

    case PL_TABLE_QUARANTINE:
        return keep->quarantine_ms;

    default: /* PL_TABLE_DEAD */
        return keep->dead_ms;
    }
}


static uint32_t *
retain_place(Pl__StateMeta *meta, size_t i, protobuf_c_boolean **has)
{
    switch (retain_rows[i].table) {

    case PL_TABLE_CHANGES:
        *has = &meta->has_prune_changes;
        return &meta->prune_changes;

    case PL_TABLE_AUDIT:
        *has = &meta->has_prune_audit;
        return &meta->prune_audit;

    case PL_TABLE_COUNTERS:
        *has = &meta->has_prune_counters;
        return &meta->prune_counters;

    case PL_TABLE_QUARANTINE:
        *has = &meta->has_prune_quarantine;
        return &meta->prune_quarantine;

    default: /* PL_TABLE_DEAD */
        *has = &meta->has_prune_dead;
        return &meta->prune_dead;
    }
}
