/*
 * See aside.h.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "aside.h"


#define ASIDE_ROOM  256         /* rows, doubled when they are full */


static pl_status_t aside_add(plctl_aside_t *aside, pl_str_t key,
    const Pl__Quarantine *row, pl_err_t *err);
static int aside_order(const void *a, const void *b);
static size_t aside_first(const plctl_aside_t *aside, uint64_t entry);
static uint64_t aside_hash(const char *path);


pl_status_t
plctl_aside_load(plctl_aside_t *aside, pl_txn_t *txn, uint64_t first,
    uint64_t last, pl_err_t *err)
{
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_arena_t        *ar;
    pl_status_t        rc;
    Pl__Quarantine    *row;
    ProtobufCMessage  *msg;

    ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "look", 0, "out of memory");
    }

    rc = pl_store_scan(txn, PL_TABLE_QUARANTINE, PL_STR_NULL, false, &scan,
                       err);

    while (rc == PL_OK) {
        pl_arena_reset(ar);
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK) {
            rc = pl_record_read(PL_TABLE_QUARANTINE, value,
                                &pl__quarantine__descriptor, ar, &msg, err);
        }

        if (rc == PL_OK) {
            row = (Pl__Quarantine *) msg;

            if (row->entry >= first && row->entry <= last) {
                rc = aside_add(aside, key, row, err);
            }
        }
    }

    pl_store_scan_end(scan);
    pl_arena_destroy(ar);

    if (aside->n != 0) {
        qsort(aside->rows, aside->n, sizeof(plctl_aside_row_t), aside_order);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


void
plctl_aside_free(plctl_aside_t *aside)
{
    free(aside->rows);
    memset(aside, 0, sizeof(*aside));
}


bool
plctl_aside_take(plctl_aside_t *aside, uint64_t entry, uint32_t item,
    const char *path, uint32_t *tenant)
{
    size_t              i;
    uint64_t            hash;
    plctl_aside_row_t  *row;

    hash = aside_hash(path);

    for (i = aside_first(aside, entry);
         i < aside->n && aside->rows[i].entry == entry;
         i++)
    {
        row = &aside->rows[i];

        if (!row->taken
            && (hash != 0 ? row->path == hash
                          : row->path == 0 && row->item == item))
        {
            row->taken = true;
            *tenant = row->tenant;
            return true;
        }
    }

    return false;
}


bool
plctl_aside_whole(const plctl_aside_t *aside, uint64_t entry, size_t bytes)
{
    size_t  i;

    for (i = aside_first(aside, entry);
         i < aside->n && aside->rows[i].entry == entry;
         i++)
    {
        if (aside->rows[i].bytes == bytes) {
            return true;
        }
    }

    return false;
}


static pl_status_t
aside_add(plctl_aside_t *aside, pl_str_t key, const Pl__Quarantine *row,
    pl_err_t *err)
{
    size_t              room;
    plctl_aside_row_t  *more;

    if (aside->n == aside->room) {
        room = aside->room == 0 ? ASIDE_ROOM : aside->room * 2;
        more = realloc(aside->rows, room * sizeof(plctl_aside_row_t));

        if (more == NULL) {
            return pl_err_set(err, PL_NOMEM, "look", 0, "out of memory");
        }

        aside->rows = more;
        aside->room = room;
    }

    more = &aside->rows[aside->n++];
    memset(more, 0, sizeof(*more));
    more->entry = row->entry;
    more->item = row->item;
    more->tenant = pl_be32(key.data);
    more->path = aside_hash(row->path);
    more->bytes = row->raw.len;

    return PL_OK;
}


static int
aside_order(const void *a, const void *b)
{
    const plctl_aside_row_t  *left = a, *right = b;

    if (left->entry != right->entry) {
        return left->entry < right->entry ? -1 : 1;
    }

    return (left->item > right->item) - (left->item < right->item);
}


/* The place of the first row at or behind this entry. */

static size_t
aside_first(const plctl_aside_t *aside, uint64_t entry)
{
    size_t  low, high, mid;

    low = 0;
    high = aside->n;

    while (low < high) {
        mid = (low + high) / 2;

        if (aside->rows[mid].entry < entry) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return low;
}


/* FNV-1a; never 0 for a path. */

static uint64_t
aside_hash(const char *path)
{
    uint64_t  hash;

    if (path == NULL || path[0] == '\0' || strcmp(path, "-") == 0) {
        return 0;
    }

    for (hash = 0xcbf29ce484222325ull; *path != '\0'; path++) {
        hash = (hash ^ (uint8_t) *path) * 0x100000001b3ull;
    }

    return hash | 1;
}
