/*
 * Listings, chunk by chunk. See list.h.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/str.h"
#include "list.h"


typedef struct {
    plctl_t                *ctl;
    const plctl_listing_t  *listing;
    void                   *data;
    pl_arena_t             *ar;         /* of the chunk */
    uint64_t                left;       /* rows that may still be shown */
    bool                    headed;     /* titles are out */
    bool                    more;       /* ended by the limit */
    size_t                  width[PLCTL_CELLS_MAX];
    plctl_row_t            *first;
    plctl_row_t           **last;
} list_t;


static pl_status_t list_chunk(list_t *list, bool *end, pl_err_t *err);
static pl_status_t list_gather(list_t *list, pl_txn_t *txn, pl_err_t *err);
static pl_status_t list_show(list_t *list, pl_err_t *err);
static void list_widths(list_t *list);
static void list_line(list_t *list, const char *const *cells, bool titles);
static size_t list_width(const char *text);


int
plctl_list(plctl_t *ctl, const plctl_listing_t *listing, void *data,
    uint64_t limit)
{
    bool         end;
    list_t       list;
    pl_err_t     err;
    pl_status_t  rc;

    memset(&list, 0, sizeof(list_t));
    memset(&err, 0, sizeof(pl_err_t));
    list.ctl = ctl;
    list.listing = listing;
    list.data = data;
    list.left = limit == 0 ? UINT64_MAX : limit;

    list.ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (list.ar == NULL) {
        (void) pl_err_set(&err, PL_NOMEM, "list", 0, "out of memory");
        return plctl_fail(ctl, &err);
    }

    do {
        end = false;
        rc = list_chunk(&list, &end, &err);
    } while (rc == PL_OK && !end);

    pl_arena_destroy(list.ar);

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    if (list.more && !ctl->json) {
        plctl_note(ctl, "%" PRIu64 " rows shown; there are more (--limit)",
                   limit);
    }

    return PLCTL_EXIT_OK;
}


static pl_status_t
list_chunk(list_t *list, bool *end, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    pl_arena_reset(list->ar);
    list->first = NULL;
    list->last = &list->first;

    rc = pl_store_begin(list->ctl->st, list->listing->env, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = list_gather(list, txn, err);

    if (list->listing->pause != NULL) {
        list->listing->pause(list->data);
    }

    pl_store_abort(txn);

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    *end = rc == PL_NOTFOUND;

    return list_show(list, err);
}


/*
 * PL_OK: the chunk is full and there may be more. With the limit reached it
 * asks for one row more, only to know whether there is one.
 */

static pl_status_t
list_gather(list_t *list, pl_txn_t *txn, pl_err_t *err)
{
    uint64_t      passed;
    plctl_row_t  *row;
    pl_status_t   rc;

    passed = 0;

    while (passed < PLCTL_CHUNK_ROWS
           && pl_arena_used(list->ar) < PLCTL_CHUNK_BYTES)
    {
        row = pl_arena_zalloc(list->ar, sizeof(plctl_row_t));
        if (row == NULL) {
            return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
        }

        rc = list->listing->next(list->ctl, txn, list->data, list->ar, row,
                                 err);
        if (rc != PL_OK) {
            return rc;
        }

        passed++;

        if (row->skip) {
            continue;
        }

        if (list->left == 0) {
            list->more = true;
            return PL_NOTFOUND;
        }

        list->left--;
        *list->last = row;
        list->last = &row->next;
    }

    return PL_OK;
}


static pl_status_t
list_show(list_t *list, pl_err_t *err)
{
    FILE               *out;
    plctl_row_t        *row;
    pl_status_t         rc;

    out = list->ctl->out;

    if (list->ctl->json) {
        for (row = list->first; row != NULL; row = row->next) {
            rc = plctl_json(list->ctl, row->json, err);
            if (rc != PL_OK) {
                return rc;
            }
        }

        return PL_OK;
    }

    if (list->first == NULL) {
        return PL_OK;
    }

    list_widths(list);

    if (!list->headed) {
        list_line(list, list->listing->titles, true);
        list->headed = true;
    }

    for (row = list->first; row != NULL; row = row->next) {
        list_line(list, row->cells, false);

        if (row->below != NULL) {
            fprintf(out, "    %s\n", row->below);
        }
    }

    return PL_OK;
}


/* Columns keep the width that an earlier chunk gave them, or grow. */

static void
list_widths(list_t *list)
{
    size_t        i, width;
    const char   *title;
    plctl_row_t  *row;

    for (i = 0; i < list->listing->n_titles; i++) {
        title = list->listing->titles[i];
        width = list_width(title) - (title[0] == '>');

        for (row = list->first; row != NULL; row = row->next) {
            if (row->cells[i] != NULL && list_width(row->cells[i]) > width) {
                width = list_width(row->cells[i]);
            }
        }

        if (width > list->width[i]) {
            list->width[i] = width;
        }
    }
}


static void
list_line(list_t *list, const char *const *cells, bool titles)
{
    int          pad;
    bool         right, last;
    size_t       i;
    const char  *cell;

    for (i = 0; i < list->listing->n_titles; i++) {
        right = list->listing->titles[i][0] == '>';
        last = i + 1 == list->listing->n_titles;
        cell = cells[i] == NULL ? "-" : cells[i];
        cell += titles && right;
        pad = (int) (list->width[i] - list_width(cell));

        fprintf(list->ctl->out, "%*s%s", right ? pad : 0, "", cell);

        if (last) {
            fputc('\n', list->ctl->out);

        } else {
            fprintf(list->ctl->out, "%*s", (right ? 0 : pad) + 2, "");
        }
    }
}


/* Characters, not columns: wide ones are rare enough in tables. */

static size_t
list_width(const char *text)
{
    size_t  n;

    for (n = 0; text[0] != '\0'; text++) {
        n += ((unsigned char) text[0] & 0xc0) != 0x80;
    }

    return n;
}


void
plctl_cursor_init(plctl_cursor_t *cursor, pl_table_e table, bool backward)
{
    memset(cursor, 0, sizeof(plctl_cursor_t));
    cursor->table = table;
    cursor->backward = backward;
}


void
plctl_cursor_from(plctl_cursor_t *cursor, pl_str_t key)
{
    memcpy(cursor->key, key.data, key.len);
    cursor->len = key.len;
    cursor->started = false;
}


pl_status_t
plctl_cursor_next(plctl_cursor_t *cursor, pl_txn_t *txn, pl_str_t *key,
    pl_str_t *value, pl_err_t *err)
{
    bool         again;
    pl_str_t     from;
    pl_status_t  rc;

    again = false;

    if (cursor->scan == NULL) {
        from.data = cursor->key;
        from.len = cursor->len;
        again = cursor->started;

        rc = pl_store_scan(txn, cursor->table, from, cursor->backward,
                           &cursor->scan, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = pl_store_scan_next(cursor->scan, key, value, err);

    /* the row that the last chunk ended with, if it is still there */
    if (rc == PL_OK && again && key->len == cursor->len
        && memcmp(key->data, cursor->key, key->len) == 0)
    {
        rc = pl_store_scan_next(cursor->scan, key, value, err);
    }

    if (rc == PL_OK) {
        memcpy(cursor->key, key->data, key->len);
        cursor->len = key->len;
        cursor->started = true;
    }

    return rc;
}


void
plctl_cursor_pause(plctl_cursor_t *cursor)
{
    pl_store_scan_end(cursor->scan);
    cursor->scan = NULL;
}
