/*
 * Looking into one segment of the index: which messages have a word, or one
 * that begins so. See words_impl.h.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "words_find.h"
#include "words_impl.h"

#define LOOK_BEGINS_MAX  (PL_WORDS_ROWS_MAX * 4)    /* of words of a
                                           beginning, in a segment */
#define LOOK_BYTES       4096           /* of a row, that count as another */

/* Numbers of several words. */
typedef struct {
    uint64_t  *ids;
    size_t     n;
} look_all_t;

static pl_status_t look_row(pl_words_look_t *lo, pl_str_t value,
    pl_words_kind_e *kind, pl_str_t *row, pl_err_t *err);
static pl_status_t look_get(pl_words_look_t *lo, pl_words_kind_e kind,
    pl_str_t word, pl_str_t *row, pl_err_t *err);
static pl_status_t look_exact(pl_words_look_t *lo, pl_str_t word,
    uint64_t **ids, size_t *n, pl_err_t *err);
static pl_status_t look_begins(pl_words_look_t *lo, pl_str_t word,
    look_all_t *all, pl_err_t *err);
static pl_status_t look_short(pl_words_look_t *lo, pl_str_t word,
    look_all_t *all, pl_err_t *err);
static pl_status_t look_within(pl_words_look_t *lo, pl_str_t word,
    pl_str_t value, look_all_t *all, pl_err_t *err);
static bool look_has(pl_str_t word, pl_str_t begin);
static void look_more(look_all_t *all, const uint64_t *ids, size_t n);
static size_t look_once(look_all_t *all);
static int look_order(const void *a, const void *b);


pl_status_t
pl_words_look(pl_words_look_t *lo, pl_str_t word, bool prefix,
    uint64_t **ids, size_t *n, pl_err_t *err)
{
    pl_status_t  rc;
    look_all_t   all = { NULL, 0 };

    *n = 0;

    if (!prefix) {
        return look_exact(lo, word, ids, n, err);
    }

    all.ids = pl_arena_alloc(lo->ar, LOOK_BEGINS_MAX * sizeof(*all.ids));
    if (all.ids == NULL) {
        return pl_err_set(err, PL_NOMEM, "search", 0, "out of memory");
    }

    rc = word.len < PL_WORD_BEGIN ? look_short(lo, word, &all, err)
                                  : look_begins(lo, word, &all, err);
    *ids = all.ids;
    *n = look_once(&all);

    return rc;
}


/* A long row costs as much as several. */

static pl_status_t
look_row(pl_words_look_t *lo, pl_str_t value, pl_words_kind_e *kind,
    pl_str_t *row, pl_err_t *err)
{
    pl_status_t  rc;

    *lo->looks += 1 + (uint32_t) (value.len / LOOK_BYTES);

    rc = pl_record_read_bytes(PL_TABLE_WORDS, value, row, err);
    *kind = rc == PL_OK ? pl_words_kind(row) : PL_WORDS_ALL;

    return rc;
}


/* The row that the word leads to; empty: there is none. */

static pl_status_t
look_get(pl_words_look_t *lo, pl_words_kind_e kind, pl_str_t word,
    pl_str_t *row, pl_err_t *err)
{
    pl_key_t         key;
    pl_str_t         value;
    pl_status_t      rc;
    pl_words_kind_e  is;

    *row = PL_STR_NULL;
    pl_key_words(&key, lo->segment, lo->tenant, lo->number, kind,
                 word);

    rc = pl_store_get(lo->txn, PL_TABLE_WORDS, pl_key_str(&key), &value, err);

    if (rc == PL_NOTFOUND) {
        (*lo->looks)++;
        return PL_OK;
    }

    return rc == PL_OK ? look_row(lo, value, &is, row, err) : rc;
}


static pl_status_t
look_exact(pl_words_look_t *lo, pl_str_t word, uint64_t **ids, size_t *n,
    pl_err_t *err)
{
    pl_str_t          row;
    pl_status_t       rc;
    pl_words_entry_t  entry;

    *n = 0;

    rc = look_get(lo, PL_WORDS_BUCKET, word, &row, err);

    while (rc == PL_OK) {
        rc = pl_words_next(&row, &entry, err);

        if (rc == PL_OK && pl_str_eq(entry.word, word)) {
            return pl_words_read(lo->ar, entry.ids, ids, n, err);
        }
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Which words begin so, and then where each of them is. */

static pl_status_t
look_begins(pl_words_look_t *lo, pl_str_t word, look_all_t *all,
    pl_err_t *err)
{
    size_t            n, words;
    uint64_t         *ids;
    pl_str_t          row, copy;
    pl_status_t       rc;
    pl_words_entry_t  entry;

    rc = look_get(lo, PL_WORDS_BEGIN, word, &row, err);

    /* what was opened does not stay while others are */

    if (rc == PL_OK && row.len != 0) {
        copy.data = pl_arena_dup(lo->ar, row.data, row.len);
        copy.len = row.len;
        row = copy;

        if (copy.data == NULL) {
            return pl_err_set(err, PL_NOMEM, "search", 0, "out of memory");
        }
    }

    for (words = 0; rc == PL_OK && words < PL_FIND_PREFIX_MAX; /* void */) {
        rc = pl_words_next(&row, &entry, err);

        if (rc == PL_OK && look_has(entry.word, word)) {
            words++;
            rc = look_exact(lo, entry.word, &ids, &n, err);
            look_more(all, ids, rc == PL_OK ? n : 0);
        }
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Fewer bytes than lead to a row: all are looked at. */

static pl_status_t
look_short(pl_words_look_t *lo, pl_str_t word, look_all_t *all,
    pl_err_t *err)
{
    size_t           rows;
    pl_key_t         from;
    pl_str_t         key, value;
    pl_scan_t       *scan;
    pl_status_t      rc;

    pl_key_words(&from, lo->segment, lo->tenant, lo->number,
                 PL_WORDS_ALL, PL_STR_NULL);

    rc = pl_store_scan(lo->txn, PL_TABLE_WORDS, pl_key_str(&from), false,
                       &scan, err);

    for (rows = 0; rc == PL_OK && rows < PL_FIND_PREFIX_MAX; rows++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < from.len
            || memcmp(key.data, from.data, from.len) != 0)
        {
            break;
        }

        rc = look_within(lo, word, value, all, err);
    }

    pl_store_scan_end(scan);
    (*lo->looks)++;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
look_within(pl_words_look_t *lo, pl_str_t word, pl_str_t value,
    look_all_t *all, pl_err_t *err)
{
    size_t            n;
    uint64_t         *ids;
    pl_str_t          row;
    pl_status_t       rc;
    pl_words_kind_e   kind;
    pl_words_entry_t  entry;

    rc = look_row(lo, value, &kind, &row, err);

    while (rc == PL_OK && kind == PL_WORDS_BUCKET) {
        rc = pl_words_next(&row, &entry, err);

        if (rc == PL_OK && look_has(entry.word, word)) {
            rc = pl_words_read(lo->ar, entry.ids, &ids, &n, err);
            look_more(all, ids, rc == PL_OK ? n : 0);
        }
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static bool
look_has(pl_str_t word, pl_str_t begin)
{
    return word.len >= begin.len
           && memcmp(word.data, begin.data, begin.len) == 0;
}


static void
look_more(look_all_t *all, const uint64_t *ids, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {

        /* a segment has fewer messages than there is room for */

        if (all->n == LOOK_BEGINS_MAX) {
            all->n = look_once(all);
        }

        if (all->n < LOOK_BEGINS_MAX) {
            all->ids[all->n++] = ids[i];
        }
    }
}


static size_t
look_once(look_all_t *all)
{
    size_t  i, n;

    if (all->n > 1) {
        qsort(all->ids, all->n, sizeof(*all->ids), look_order);
    }

    for (i = 0, n = 0; i < all->n; i++) {
        if (n == 0 || all->ids[i] != all->ids[n - 1]) {
            all->ids[n++] = all->ids[i];
        }
    }

    return n;
}


static int
look_order(const void *a, const void *b)
{
    uint64_t  x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return (x > y) - (x < y);
}
