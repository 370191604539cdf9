/*
 * Taking messages out of the index. See words.h.
 *
 * What the messages said is not asked: every row of their tenant in their
 * segments is looked at, so that nothing is left of a message that was
 * changed since.
 */

#include <string.h>

#include "../core/record.h"
#include "words_impl.h"

#define FORGET_ARENA      (64u * 1024)
#define FORGET_ARENA_MAX  (64u * 1024 * 1024)

/* A row that is another without them. */
typedef struct forget_row_s  forget_row_t;

struct forget_row_s {
    forget_row_t  *next;
    pl_str_t       key;
    pl_str_t       bytes;           /* empty: it goes */
};

typedef struct {
    pl_apply_t       *ap;
    uint32_t          tenant;
    const uint64_t   *ids;          /* of one segment */
    size_t            n;
    pl_arena_t       *ar;           /* of the segment */
    pl_arena_t       *row;          /* of one row */
    forget_row_t     *rows;
} forget_t;

static pl_status_t forget_all(forget_t *fo, const uint64_t *ids, size_t n,
    pl_err_t *err);
static pl_status_t forget_segment(forget_t *fo, uint32_t segment,
    pl_err_t *err);
static pl_status_t forget_row(forget_t *fo, pl_str_t key, pl_str_t value,
    pl_err_t *err);
static pl_status_t forget_write(forget_t *fo, pl_err_t *err);
static size_t forget_take(const forget_t *fo, uint64_t *ids, size_t n);


pl_status_t
pl_words_forget(pl_apply_t *ap, uint32_t tenant, const uint64_t *ids,
    size_t n, pl_err_t *err)
{
    forget_t     fo;
    pl_status_t  rc;

    if (n > PL_WORDS_FORGET_MAX) {
        return pl_err_set(err, PL_TOOBIG, "words", 0, "too many messages");
    }

    memset(&fo, 0, sizeof(fo));
    fo.ap = ap;
    fo.tenant = tenant;
    fo.ar = pl_arena_create(FORGET_ARENA, FORGET_ARENA_MAX);
    fo.row = pl_arena_create(FORGET_ARENA, FORGET_ARENA_MAX);

    rc = fo.ar == NULL || fo.row == NULL
         ? pl_err_set(err, PL_NOMEM, "words", 0, "out of memory")
         : forget_all(&fo, ids, n, err);

    pl_arena_destroy(fo.row);
    pl_arena_destroy(fo.ar);

    return rc;
}


static pl_status_t
forget_all(forget_t *fo, const uint64_t *ids, size_t n, pl_err_t *err)
{
    size_t       i, k;
    uint32_t     segment;
    uint64_t     first, last;
    pl_status_t  rc = PL_OK;

    for (i = 0; i < n; i = k) {
        k = i + 1;

        rc = pl_words_where(fo->ap->txn, fo->ap->meta->words_segment, ids[i],
                            &segment, err);
        if (rc == PL_NOTFOUND) {
            rc = PL_OK;
            continue;
        }

        if (rc == PL_OK) {
            rc = pl_words_segment(fo->ap->txn, segment, &first, &last, err);
        }

        if (rc != PL_OK) {
            return rc;
        }

        while (k < n && ids[k] <= last) {
            k++;
        }

        fo->ids = ids + i;
        fo->n = k - i;

        if (ids[i] <= last) {
            rc = forget_segment(fo, segment, err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
forget_segment(forget_t *fo, uint32_t segment, pl_err_t *err)
{
    pl_key_t     from;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    pl_arena_reset(fo->ar);
    fo->rows = NULL;
    pl_key_words(&from, segment, fo->tenant, PL_STR_NULL);

    rc = pl_store_scan(fo->ap->txn, PL_TABLE_WORDS, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    for ( ;; ) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < from.len
            || memcmp(key.data, from.data, from.len) != 0)
        {
            break;
        }

        rc = forget_row(fo, key, value, err);
        if (rc != PL_OK) {
            break;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_OK || rc == PL_NOTFOUND ? forget_write(fo, err) : rc;
}


static pl_status_t
forget_row(forget_t *fo, pl_str_t key, pl_str_t value, pl_err_t *err)
{
    size_t         n, left;
    uint64_t      *ids;
    pl_str_t       bytes;
    pl_status_t    rc;
    forget_row_t  *row;

    pl_arena_reset(fo->row);

    rc = pl_record_read_bytes(PL_TABLE_WORDS, value, &bytes, err);

    if (rc == PL_OK) {
        rc = pl_words_read(fo->row, bytes, &ids, &n, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    left = forget_take(fo, ids, n);
    if (left == n) {
        return PL_OK;
    }

    row = pl_arena_zalloc(fo->ar, sizeof(*row));
    if (row == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    row->key.data = pl_arena_dup(fo->ar, key.data, key.len);
    row->key.len = key.len;
    row->next = fo->rows;
    fo->rows = row;

    if (row->key.data == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    return left == 0 ? PL_OK
                     : pl_words_pack(fo->ar, ids, left, &row->bytes, err);
}


static pl_status_t
forget_write(forget_t *fo, pl_err_t *err)
{
    pl_status_t          rc = PL_OK;
    const forget_row_t  *row;

    for (row = fo->rows; rc == PL_OK && row != NULL; row = row->next) {
        rc = row->bytes.len == 0
             ? pl_store_del(fo->ap->txn, PL_TABLE_WORDS, row->key, err)
             : pl_record_put_bytes(fo->ap->txn, PL_TABLE_WORDS, row->key,
                                   row->bytes, false, err);
    }

    return rc;
}


/* Both lists ascend. */

static size_t
forget_take(const forget_t *fo, uint64_t *ids, size_t n)
{
    size_t  i, k, left;

    for (i = 0, k = 0, left = 0; i < n; i++) {
        while (k < fo->n && fo->ids[k] < ids[i]) {
            k++;
        }

        if (k == fo->n || fo->ids[k] != ids[i]) {
            ids[left++] = ids[i];
        }
    }

    return left;
}
