/*
 * Taking messages out of the index. See words.h.
 *
 * What the messages said is not asked: every row of their tenant in their
 * segments is read, and written anew without them under another number, so
 * that nothing is left of a message that was changed since, and nothing of
 * what was written before can be read once the old number is forgotten.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "words_impl.h"

#define FORGET_ARENA      (64u * 1024)
#define FORGET_ARENA_MAX  (128u * 1024 * 1024)

/* A bucket as it is without them. */
typedef struct forget_row_s  forget_row_t;

struct forget_row_s {
    forget_row_t  *next;
    pl_str_t       word;            /* its first, which leads to it */
    pl_str_t       bytes;
};

typedef struct {
    pl_apply_t          *ap;
    uint32_t             tenant;
    const uint64_t      *ids;       /* of one segment */
    size_t               n;
    pl_arena_t          *ar;        /* of the segment */
    pl_arena_t          *row;       /* of one row */
    forget_row_t        *rows;
    pl_str_t            *words;     /* of all rows */
    size_t               n_words;
    size_t               room;
    pl_words_retired_t  *retired;
} forget_t;

static pl_status_t forget_all(forget_t *fo, const uint64_t *ids, size_t n,
    pl_err_t *err);
static pl_status_t forget_segment(forget_t *fo, uint32_t segment,
    pl_err_t *err);
static pl_status_t forget_read(forget_t *fo, const pl_key_t *from,
    pl_err_t *err);
static pl_status_t forget_row(forget_t *fo, pl_str_t value, pl_err_t *err);
static pl_status_t forget_word(forget_t *fo, const pl_words_entry_t *entry,
    uint8_t *out, size_t *len, pl_err_t *err);
static pl_status_t forget_old(forget_t *fo, const pl_key_t *from,
    pl_err_t *err);
static pl_status_t forget_write(forget_t *fo, uint32_t segment,
    pl_err_t *err);
static pl_status_t forget_keep(forget_t *fo, pl_str_t word, pl_err_t *err);
static pl_status_t forget_begins(forget_t *fo, uint32_t segment,
    uint64_t number, pl_err_t *err);
static int forget_order(const void *a, const void *b);
static size_t forget_take(const forget_t *fo, uint64_t *ids, size_t n);


pl_status_t
pl_words_forget(pl_apply_t *ap, uint32_t tenant, const uint64_t *ids,
    size_t n, pl_words_retired_t *retired, pl_err_t *err)
{
    forget_t     fo;
    pl_status_t  rc;

    retired->n = 0;

    if (n > PL_WORDS_FORGET_MAX) {
        return pl_err_set(err, PL_TOOBIG, "words", 0, "too many messages");
    }

    memset(&fo, 0, sizeof(fo));
    fo.ap = ap;
    fo.tenant = tenant;
    fo.retired = retired;
    fo.ar = pl_arena_create(FORGET_ARENA, FORGET_ARENA_MAX);
    fo.row = pl_arena_create(FORGET_ARENA, FORGET_ARENA_MAX);

    rc = fo.ar == NULL || fo.row == NULL
         ? pl_err_set(err, PL_NOMEM, "words", 0, "out of memory")
         : forget_all(&fo, ids, n, err);

    pl_arena_destroy(fo.row);
    pl_arena_destroy(fo.ar);

    return rc;
}


pl_status_t
pl_words_step(pl_apply_t *ap, uint64_t message, pl_words_step_t *step,
    bool *room, pl_err_t *err)
{
    size_t       i;
    uint32_t     segment;
    pl_status_t  rc;

    *room = true;

    if (message > ap->meta->words_to) {
        return PL_OK;
    }

    rc = pl_words_where(ap->txn, ap->meta->words_segment, message, &segment,
                        err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    for (i = 0; i < step->n; i++) {
        if (step->segments[i] == segment) {
            return PL_OK;
        }
    }

    if (step->n == PL_WORDS_STEP_MAX) {
        *room = false;
        return PL_OK;
    }

    step->segments[step->n++] = segment;

    return PL_OK;
}


static pl_status_t
forget_all(forget_t *fo, const uint64_t *ids, size_t n, pl_err_t *err)
{
    size_t       i, k;
    uint32_t     segment;
    uint64_t     first, last;
    pl_status_t  rc;

    for (i = 0; i < n; i = k) {
        k = i + 1;

        rc = pl_words_where(fo->ap->txn, fo->ap->meta->words_segment, ids[i],
                            &segment, err);
        if (rc == PL_NOTFOUND) {
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
    uint64_t     number;
    pl_key_t     from;
    pl_status_t  rc;

    rc = pl_words_number(fo->ap->txn, segment, fo->tenant, &number, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (fo->retired->n == PL_WORDS_STEP_MAX) {
        return pl_err_set(err, PL_TOOBIG, "words", 0, "too many segments");
    }

    pl_arena_reset(fo->ar);
    fo->rows = NULL;
    fo->words = NULL;
    fo->n_words = 0;
    fo->room = 0;
    pl_key_words(&from, segment, fo->tenant, number, PL_WORDS_ALL,
                 PL_STR_NULL);

    rc = forget_read(fo, &from, err);

    if (rc == PL_OK) {
        rc = forget_old(fo, &from, err);
    }

    if (rc == PL_OK) {
        fo->retired->numbers[fo->retired->n++] = number;
        rc = forget_write(fo, segment, err);
    }

    return rc;
}


static pl_status_t
forget_read(forget_t *fo, const pl_key_t *from, pl_err_t *err)
{
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    rc = pl_store_scan(fo->ap->txn, PL_TABLE_WORDS, pl_key_str(from), false,
                       &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < from->len
            || memcmp(key.data, from->data, from->len) != 0)
        {
            break;
        }

        rc = forget_row(fo, value, err);
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
forget_row(forget_t *fo, pl_str_t value, pl_err_t *err)
{
    size_t             len = 1;
    uint8_t           *out;
    pl_str_t           rest;
    pl_status_t        rc;
    forget_row_t      *row;
    pl_words_entry_t   entry;

    pl_arena_reset(fo->row);

    rc = pl_record_read_bytes(PL_TABLE_WORDS, value, &rest, err);
    if (rc != PL_OK || pl_words_kind(&rest) != PL_WORDS_BUCKET) {
        return rc;                      /* beginnings are made anew */
    }

    row = pl_arena_zalloc(fo->ar, sizeof(*row));
    out = pl_arena_alloc(fo->ar, 1 + rest.len);
    if (row == NULL || out == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    out[0] = PL_WORDS_BUCKET;

    while (rc == PL_OK) {
        rc = pl_words_next(&rest, &entry, err);
        rc = rc == PL_OK ? forget_word(fo, &entry, out, &len, err) : rc;
    }

    if (rc != PL_NOTFOUND || len == 1) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    row->word.len = out[1];
    row->word.data = out + 2;
    row->bytes.data = out;
    row->bytes.len = len;
    row->next = fo->rows;
    fo->rows = row;

    return PL_OK;
}


/*
 * Without them it is no longer than it was: the sum of two differences needs
 * no more bytes than both.
 */

static pl_status_t
forget_word(forget_t *fo, const pl_words_entry_t *entry, uint8_t *out,
    size_t *len, pl_err_t *err)
{
    size_t        n, left;
    uint64_t     *ids;
    pl_str_t      bytes, word;
    pl_status_t   rc;

    rc = pl_words_read(fo->row, entry->ids, &ids, &n, err);
    if (rc != PL_OK) {
        return rc;
    }

    left = forget_take(fo, ids, n);

    bytes = entry->ids;

    if (left != n && left != 0) {
        rc = pl_words_pack(fo->row, ids, left, &bytes, err);
    }

    if (rc != PL_OK || left == 0) {
        return rc;
    }

    word.data = out + *len + 1;
    word.len = entry->word.len;
    *len += pl_words_entry_put(out + *len, entry->word, bytes);

    return forget_keep(fo, word, err);
}


static pl_status_t
forget_keep(forget_t *fo, pl_str_t word, pl_err_t *err)
{
    pl_str_t  *longer;

    if (fo->n_words == fo->room) {
        fo->room = fo->room == 0 ? 1024 : fo->room * 2;

        longer = pl_arena_alloc(fo->ar, fo->room * sizeof(*longer));
        if (longer == NULL) {
            return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
        }

        if (fo->n_words != 0) {
            memcpy(longer, fo->words, fo->n_words * sizeof(*longer));
        }

        fo->words = longer;
    }

    fo->words[fo->n_words++] = word;

    return PL_OK;
}


static pl_status_t
forget_old(forget_t *fo, const pl_key_t *from, pl_err_t *err)
{
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    rc = pl_store_scan(fo->ap->txn, PL_TABLE_WORDS, pl_key_str(from), false,
                       &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < from->len
            || memcmp(key.data, from->data, from->len) != 0)
        {
            break;
        }

        rc = pl_store_scan_del(scan, err);
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* The tenant may have no word left there. */

static pl_status_t
forget_write(forget_t *fo, uint32_t segment, pl_err_t *err)
{
    uint64_t             number;
    pl_key_t             key;
    pl_status_t          rc;
    const forget_row_t  *row;

    if (fo->rows == NULL) {
        pl_key_words(&key, segment, fo->tenant, 0, PL_WORDS_ALL, PL_STR_NULL);
        return pl_store_del(fo->ap->txn, PL_TABLE_WORDS, pl_key_str(&key),
                            err);
    }

    number = pl_apply_id(fo->ap);

    rc = pl_words_number_put(fo->ap->txn, segment, fo->tenant, number, false,
                             err);

    for (row = fo->rows; rc == PL_OK && row != NULL; row = row->next) {
        pl_key_words(&key, segment, fo->tenant, number, PL_WORDS_BUCKET,
                     row->word);
        rc = pl_record_put_bytes(fo->ap->txn, PL_TABLE_WORDS,
                                 pl_key_str(&key), row->bytes, false, err);
    }

    return rc == PL_OK ? forget_begins(fo, segment, number, err) : rc;
}


/* The words that are left, by what they begin with. */

static pl_status_t
forget_begins(forget_t *fo, uint32_t segment, uint64_t number, pl_err_t *err)
{
    size_t        i, to, len, room;
    uint8_t      *row;
    pl_key_t      key;
    pl_status_t   rc = PL_OK;

    qsort(fo->words, fo->n_words, sizeof(*fo->words), forget_order);

    for (i = 0; rc == PL_OK && i < fo->n_words; i = to) {

        for (to = i, room = 1;
             to < fo->n_words
             && pl_str_eq(pl_words_begin(fo->words[to]),
                          pl_words_begin(fo->words[i]));
             to++)
        {
            room += pl_words_entry_len(fo->words[to], 0);
        }

        pl_arena_reset(fo->row);
        row = pl_arena_alloc(fo->row, room);
        if (row == NULL) {
            return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
        }

        row[0] = PL_WORDS_BEGIN;
        len = 1;
        pl_key_words(&key, segment, fo->tenant, number, PL_WORDS_BEGIN,
                     fo->words[i]);

        for (room = i; room < to; room++) {
            len += pl_words_entry_put(row + len, fo->words[room],
                                      PL_STR_NULL);
        }

        rc = pl_record_put_bytes(fo->ap->txn, PL_TABLE_WORDS,
                                 pl_key_str(&key), (pl_str_t) { row, len },
                                 false, err);
    }

    return rc;
}


static int
forget_order(const void *a, const void *b)
{
    int              n;
    const pl_str_t  *x = a, *y = b;

    n = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

    return n != 0 ? n : (x->len > y->len) - (x->len < y->len);
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
