/*
 * See compare.h. Both tables are walked in order of keys, as a merge.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/str.h"
#include "../engine/words_impl.h"
#include "compare.h"


typedef struct {
    pl_scan_t   *scan;
    bool         end;
    uint64_t     rows;
    pl_str_t     key;
    pl_str_t     value;
} compare_side_t;

typedef struct {
    plctl_t         *ctl;
    pl_table_e       table;
    compare_side_t   a;
    compare_side_t   b;
    const char      *key;           /* hex, of the first difference */
    const char      *difference;    /* NULL: none so far */
} compare_t;


static pl_status_t compare_table(compare_t *cmp, pl_txn_t *a, pl_txn_t *b,
    pl_err_t *err);
static pl_status_t compare_addresses(compare_t *cmp, pl_txn_t *a,
    pl_txn_t *b, pl_err_t *err);
static pl_status_t compare_counts(compare_t *cmp, pl_txn_t *a, pl_txn_t *b,
    pl_err_t *err);
static pl_status_t compare_rows(compare_t *cmp, pl_err_t *err);
static pl_status_t compare_step(compare_side_t *side, pl_err_t *err);
static int compare_keys(const compare_t *cmp);
static void compare_differ(compare_t *cmp, pl_str_t key, const char *how);
static pl_status_t compare_say(compare_t *cmp, pl_err_t *err);


pl_status_t
plctl_compare(plctl_t *ctl, pl_txn_t *a, pl_txn_t *b, plctl_compared_t *out,
    pl_err_t *err)
{
    unsigned     i;
    compare_t    cmp;
    pl_status_t  rc;

    memset(out, 0, sizeof(plctl_compared_t));

    for (i = 0; i < PL_TABLE_COUNT; i++) {

        if (pl_store_tables[i].env != PL_ENV_STATE) {
            continue;
        }

        memset(&cmp, 0, sizeof(compare_t));
        cmp.ctl = ctl;
        cmp.table = (pl_table_e) i;

        rc = compare_table(&cmp, a, b, err);
        if (rc != PL_OK) {
            return rc;
        }

        out->tables++;
        out->rows += cmp.a.rows;

        if (cmp.difference != NULL) {
            out->differences++;

            rc = compare_say(&cmp, err);
            if (rc != PL_OK) {
                return rc;
            }
        }
    }

    return PL_OK;
}


static pl_status_t
compare_table(compare_t *cmp, pl_txn_t *a, pl_txn_t *b, pl_err_t *err)
{
    pl_status_t  rc;

    if (cmp->table == PL_TABLE_ADDRESSES) {
        return compare_addresses(cmp, a, b, err);
    }

    if (cmp->table == PL_TABLE_TOMBSTONES
        || ((cmp->table == PL_TABLE_NAMES || cmp->table == PL_TABLE_WORDS
             || cmp->table == PL_TABLE_VIEWS
             || cmp->table == PL_TABLE_UNREAD
             || cmp->table == PL_TABLE_COLLAPSES)
            && (pl_words_hashed(a) || pl_words_hashed(b))))
    {
        return compare_counts(cmp, a, b, err);  /* `check` does the rest */
    }

    rc = pl_store_scan(a, cmp->table, PL_STR_NULL, false, &cmp->a.scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan(b, cmp->table, PL_STR_NULL, false, &cmp->b.scan, err);

    if (rc == PL_OK) {
        rc = compare_rows(cmp, err);
        pl_store_scan_end(cmp->b.scan);
    }

    pl_store_scan_end(cmp->a.scan);

    return rc;
}


/* Where values are sealed each store orders them by a hash of its own. */

static pl_status_t
compare_addresses(compare_t *cmp, pl_txn_t *a, pl_txn_t *b, pl_err_t *err)
{
    pl_str_t     value;
    pl_status_t  rc;

    rc = compare_counts(cmp, a, b, err);
    if (rc != PL_OK) {
        return rc;
    }

    cmp->a.rows = 0;

    rc = pl_store_scan(a, cmp->table, PL_STR_NULL, false, &cmp->a.scan, err);

    while (rc == PL_OK) {
        rc = compare_step(&cmp->a, err);
        if (rc != PL_OK || cmp->a.end) {
            break;
        }

        rc = pl_store_get(b, cmp->table, cmp->a.key, &value, err);

        if (rc == PL_NOTFOUND) {
            compare_differ(cmp, cmp->a.key, "only in the first");
            rc = PL_OK;

        } else if (rc == PL_OK && !pl_str_eq(cmp->a.value, value)) {
            compare_differ(cmp, cmp->a.key, "values differ");
        }
    }

    pl_store_scan_end(cmp->a.scan);

    return rc;
}


/* Keys that nobody can read are those of one store alone. */

static pl_status_t
compare_counts(compare_t *cmp, pl_txn_t *a, pl_txn_t *b, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_store_count(a, cmp->table, &cmp->a.rows, err);
    if (rc == PL_OK) {
        rc = pl_store_count(b, cmp->table, &cmp->b.rows, err);
    }

    if (rc == PL_OK && cmp->a.rows != cmp->b.rows) {
        compare_differ(cmp, PL_STR_NULL, "not as many rows");
    }

    return rc;
}


static pl_status_t
compare_rows(compare_t *cmp, pl_err_t *err)
{
    int          order;
    pl_status_t  rc;

    rc = compare_step(&cmp->a, err);
    if (rc == PL_OK) {
        rc = compare_step(&cmp->b, err);
    }

    while (rc == PL_OK && !(cmp->a.end && cmp->b.end)) {
        order = compare_keys(cmp);

        if (order < 0) {
            compare_differ(cmp, cmp->a.key, "only in the first");

        } else if (order > 0) {
            compare_differ(cmp, cmp->b.key, "only in the second");

        } else if (!pl_str_eq(cmp->a.value, cmp->b.value)) {
            compare_differ(cmp, cmp->a.key, "values differ");
        }

        if (order <= 0) {
            rc = compare_step(&cmp->a, err);
        }

        if (rc == PL_OK && order >= 0) {
            rc = compare_step(&cmp->b, err);
        }
    }

    return rc;
}


static pl_status_t
compare_step(compare_side_t *side, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_store_scan_next(side->scan, &side->key, &side->value, err);

    if (rc == PL_NOTFOUND) {
        side->end = true;
        return PL_OK;
    }

    side->rows += rc == PL_OK;

    return rc;
}


/* As LMDB orders them; a table that has ended comes last. */

static int
compare_keys(const compare_t *cmp)
{
    int     order;
    size_t  len;

    if (cmp->a.end || cmp->b.end) {
        return cmp->a.end ? 1 : -1;
    }

    len = cmp->a.key.len < cmp->b.key.len ? cmp->a.key.len : cmp->b.key.len;
    order = memcmp(cmp->a.key.data, cmp->b.key.data, len);

    if (order != 0 || cmp->a.key.len == cmp->b.key.len) {
        return order;
    }

    return cmp->a.key.len < cmp->b.key.len ? -1 : 1;
}


static void
compare_differ(compare_t *cmp, pl_str_t key, const char *how)
{
    if (cmp->difference == NULL) {
        cmp->key = plctl_hex(cmp->ctl->ar, key.data, key.len);
        cmp->difference = how;
    }
}


static pl_status_t
compare_say(compare_t *cmp, pl_err_t *err)
{
    Pl__Ctl__DifferenceRow  row;

    if (!cmp->ctl->json) {
        fprintf(cmp->ctl->out, "%s: key %s: %s (%" PRIu64 " and %" PRIu64
                " rows)\n", pl_store_tables[cmp->table].name, cmp->key,
                cmp->difference, cmp->a.rows, cmp->b.rows);
        return PL_OK;
    }

    pl__ctl__difference_row__init(&row);
    row.table = (char *) pl_store_tables[cmp->table].name;
    row.rows_a = cmp->a.rows;
    row.rows_b = cmp->b.rows;
    row.key = (char *) cmp->key;
    row.difference = (char *) cmp->difference;

    return plctl_json(cmp->ctl, &row.base, err);
}
