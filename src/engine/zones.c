/*
 * The snapshot of the table `zones`. See zones.h. Rows come in the order of
 * their names, so that a name is found by bisection.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "zones.h"

#define ZONES_ARENA_BLOCK  65536
#define ZONES_ARENA_MAX    (128u * 1024 * 1024)     /* PL_ZONES_MAX of them,
                                           each with as much as it may have */
#define ZONES_ROW_MAX      (4u * PL_ZONE_BYTES_MAX)

typedef struct {
    pl_str_t           name;
    const pl_zone_t   *zone;
} zones_row_t;

struct pl_zones_s {
    pl_arena_t   *ar;
    uint64_t      changed;              /* ZoneDatabase.changed; 0: none */
    const char   *version;
    size_t        n;
    zones_row_t   rows[PL_ZONES_MAX];
};

static pl_status_t zones_read(pl_zones_t *zones, pl_txn_t *txn,
    pl_arena_t *ar, pl_err_t *err);
static pl_status_t zones_add(pl_zones_t *zones, pl_str_t key, pl_str_t value,
    pl_arena_t *ar, pl_err_t *err);
static int zones_compare(pl_str_t a, pl_str_t b);
static pl_status_t zones_nomem(pl_err_t *err);


pl_status_t
pl_zones_load(pl_zones_t **zones, pl_txn_t *txn, pl_err_t *err)
{
    pl_zones_t        *z;
    pl_arena_t        *ar;
    pl_status_t        rc;
    Pl__ZoneDatabase  *database = NULL;

    *zones = NULL;

    z = calloc(1, sizeof(*z));
    if (z == NULL) {
        return zones_nomem(err);
    }

    ar = pl_arena_create(ZONES_ARENA_BLOCK, ZONES_ROW_MAX);
    z->ar = pl_arena_create(ZONES_ARENA_BLOCK, ZONES_ARENA_MAX);

    rc = ar == NULL || z->ar == NULL
         ? zones_nomem(err)
         : pl_zones_database(txn, z->ar, &database, err);

    if (rc == PL_OK) {
        z->changed = database->changed;
        z->version = database->version;
    }

    if (rc == PL_OK || rc == PL_NOTFOUND) {
        rc = zones_read(z, txn, ar, err);
    }

    pl_arena_destroy(ar);

    if (rc != PL_OK) {
        pl_zones_destroy(z);
        return rc;
    }

    *zones = z;

    return PL_OK;
}


void
pl_zones_destroy(pl_zones_t *zones)
{
    if (zones != NULL) {
        pl_arena_destroy(zones->ar);
        free(zones);
    }
}


const pl_zone_t *
pl_zones_find(const pl_zones_t *zones, pl_str_t name)
{
    int     order;
    size_t  low = 0, high, middle;

    for (high = pl_zones_count(zones); low < high; /* void */ ) {
        middle = low + (high - low) / 2;
        order = zones_compare(name, zones->rows[middle].name);

        if (order == 0) {
            return zones->rows[middle].zone;
        }

        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }

    return NULL;
}


size_t
pl_zones_count(const pl_zones_t *zones)
{
    return zones == NULL ? 0 : zones->n;
}


pl_str_t
pl_zones_name(const pl_zones_t *zones, size_t i)
{
    return i < pl_zones_count(zones) ? zones->rows[i].name : PL_STR_NULL;
}


const char *
pl_zones_version(const pl_zones_t *zones)
{
    return zones == NULL ? NULL : zones->version;
}


pl_status_t
pl_zones_database(pl_txn_t *txn, pl_arena_t *ar,
    Pl__ZoneDatabase **database, pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_record_get(txn, PL_TABLE_ZONES, PL_ZONES_DATABASE_KEY,
                       &pl__zone_database__descriptor, ar, &msg, err);

    *database = rc == PL_OK ? (Pl__ZoneDatabase *) msg : NULL;

    return rc;
}


pl_status_t
pl_zones_stale(const pl_zones_t *zones, pl_txn_t *txn, bool *stale,
    pl_err_t *err)
{
    uint64_t           changed;
    pl_arena_t        *ar;
    pl_status_t        rc;
    Pl__ZoneDatabase  *database;

    ar = pl_arena_create(1024, ZONES_ROW_MAX);
    if (ar == NULL) {
        return zones_nomem(err);
    }

    rc = pl_zones_database(txn, ar, &database, err);
    changed = rc == PL_OK ? database->changed : 0;
    *stale = zones == NULL || changed != zones->changed;

    pl_arena_destroy(ar);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
zones_read(pl_zones_t *zones, pl_txn_t *txn, pl_arena_t *ar, pl_err_t *err)
{
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    rc = pl_store_scan(txn, PL_TABLE_ZONES, PL_STR_NULL, false, &scan, err);

    while (rc == PL_OK && zones->n < PL_ZONES_MAX) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK && pl_zone_name_valid(key)) {
            rc = zones_add(zones, key, value, ar, err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
zones_add(pl_zones_t *zones, pl_str_t key, pl_str_t value, pl_arena_t *ar,
    pl_err_t *err)
{
    pl_str_t           tzif;
    pl_status_t        rc;
    zones_row_t       *row;
    ProtobufCMessage  *msg;

    pl_arena_reset(ar);
    row = &zones->rows[zones->n];

    rc = pl_record_read(PL_TABLE_ZONES, value, &pl__zone_record__descriptor,
                        ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    tzif.data = ((Pl__ZoneRecord *) msg)->tzif.data;
    tzif.len = ((Pl__ZoneRecord *) msg)->tzif.len;

    rc = pl_zone_compile(zones->ar, tzif, &row->zone, err);
    if (rc != PL_OK) {
        return rc == PL_NOMEM ? rc : PL_OK;
    }

    row->name.data = pl_arena_dup(zones->ar, key.data, key.len);
    row->name.len = key.len;
    zones->n++;

    return row->name.data == NULL ? zones_nomem(err) : PL_OK;
}


static int
zones_compare(pl_str_t a, pl_str_t b)
{
    int  order;

    order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}


static pl_status_t
zones_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "zones", 0, "out of memory");
}
