/*
 * check: the walk over a table, and how findings are said. See check.h.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/state.h"
#include "check.h"
#include "cmd.h"


#define CHECK_TEXT_MAX  256


static pl_status_t check_run(plctl_check_t *check, pl_err_t *err);
static pl_status_t check_metas(plctl_check_t *check, pl_err_t *err);
static pl_status_t check_parts(plctl_check_t *check, pl_err_t *err);
static pl_status_t check_rows(plctl_check_t *check, pl_scan_t *scan,
    plctl_checked_t *row, size_t key_len,
    const ProtobufCMessageDescriptor *type, plctl_check_pt handler,
    pl_err_t *err);
static pl_status_t check_row(plctl_check_t *check, plctl_checked_t *row,
    size_t key_len, const ProtobufCMessageDescriptor *type,
    plctl_check_pt handler, pl_err_t *err);
static bool check_unreadable(pl_status_t rc);
static pl_status_t check_report(plctl_check_t *check, pl_err_t *err);


int
plctl_cmd_check(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t        err = { 0 }, problem;
    pl_status_t     rc;
    plctl_check_t   check;

    (void) words;
    (void) n_words;

    memset(&check, 0, sizeof(plctl_check_t));
    check.ctl = ctl;

    rc = plctl_open_any(ctl, &problem, &err);

    if (rc == PL_OK) {
        if (problem.status != PL_OK) {
            (void) plctl_fail(ctl, &problem);
            check.findings++;
        }

        rc = check_run(&check, &err);
    }

    pl_store_abort(check.state);
    pl_store_abort(check.journal);
    pl_arena_destroy(check.ar);
    pl_arena_destroy(check.step);
    pl_hash_destroy(check.hash);

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return check.findings == 0 ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}


static pl_status_t
check_run(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    check->ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    check->step = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    check->hash = pl_hash_create();

    if (check->ar == NULL || check->step == NULL || check->hash == NULL) {
        return pl_err_set(err, PL_NOMEM, "check", 0, "out of memory");
    }

    rc = pl_store_begin(check->ctl->st, PL_ENV_STATE, false, &check->state,
                        err);
    if (rc != PL_OK) {
        check->state = NULL;
        return rc;
    }

    rc = pl_store_begin(check->ctl->st, PL_ENV_JOURNAL, false,
                        &check->journal, err);
    if (rc != PL_OK) {
        check->journal = NULL;
        return rc;
    }

    rc = check_metas(check, err);

    if (rc == PL_OK) {
        rc = check_parts(check, err);
    }

    return rc == PL_OK ? check_report(check, err) : rc;
}


/* Without the journal's record nothing can be held against anything. */

static pl_status_t
check_metas(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t       rc;
    Pl__StateMeta    *meta;
    Pl__JournalMeta  *jmeta;

    rc = pl_journal_meta(check->journal, check->ctl->ar, &jmeta, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND
               ? pl_err_set(err, PL_FOREIGN, "check", 0,
                            "the store has no journal")
               : rc;
    }

    check->jmeta = jmeta;

    rc = pl_state_meta(check->state, check->ctl->ar, &meta, err);
    if (rc == PL_OK) {
        check->meta = meta;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
check_parts(plctl_check_t *check, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    static pl_status_t (*const  parts[])(plctl_check_t *, pl_err_t *) = {
        plctl_check_journal,
        plctl_check_people,
        plctl_check_queues,
        plctl_check_later,
        plctl_check_told,
        plctl_check_holds,
        plctl_check_consents,
        plctl_check_subscriptions,
        plctl_check_inbox,
        plctl_check_rest,
    };

    for (i = 0; i < PL_COUNT(parts); i++) {
        rc = parts[i](check, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


pl_status_t
plctl_check_walk(plctl_check_t *check, pl_table_e table, size_t key_len,
    const ProtobufCMessageDescriptor *type, plctl_check_pt row, pl_err_t *err)
{
    pl_txn_t         *txn;
    pl_scan_t        *scan;
    pl_status_t       rc;
    plctl_checked_t   at;

    txn = pl_store_tables[table].env == PL_ENV_STATE ? check->state
                                                     : check->journal;

    rc = pl_store_scan(txn, table, PL_STR_NULL, false, &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    memset(&at, 0, sizeof(plctl_checked_t));
    at.table = table;

    rc = check_rows(check, scan, &at, key_len, type, row, err);
    pl_store_scan_end(scan);

    return rc;
}


static pl_status_t
check_rows(plctl_check_t *check, pl_scan_t *scan, plctl_checked_t *row,
    size_t key_len, const ProtobufCMessageDescriptor *type,
    plctl_check_pt handler, pl_err_t *err)
{
    uint8_t      key[PL_KEY_MAX];
    pl_status_t  rc;

    for ( ;; ) {
        rc = pl_store_scan_next(scan, &row->key, &row->value, err);
        if (rc != PL_OK) {
            return rc == PL_NOTFOUND ? PL_OK : rc;
        }

        /* a sealed row's is in a ring, and what is read for it may be more */

        memcpy(key, row->key.data, row->key.len);
        row->key.data = key;

        check->rows++;
        check->counts[row->table]++;
        pl_arena_reset(check->ar);

        rc = check_row(check, row, key_len, type, handler, err);
        if (rc != PL_OK) {
            return rc;
        }
    }
}


static pl_status_t
check_row(plctl_check_t *check, plctl_checked_t *row, size_t key_len,
    const ProtobufCMessageDescriptor *type, plctl_check_pt handler,
    pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    row->msg = NULL;

    if (key_len != 0 && row->key.len != key_len) {
        plctl_check_find(check, row->table, row->key,
                         "a key of %zu bytes, not %zu", row->key.len,
                         key_len);
        return PL_OK;
    }

    if (type != NULL) {
        rc = pl_record_read(row->table, row->value, type, check->ar, &msg,
                            err);

        if (check_unreadable(rc)) {
            plctl_check_find(check, row->table, row->key, "is no %s",
                             type->name);
            return PL_OK;
        }

        if (rc != PL_OK) {
            return rc;
        }

        row->msg = msg;
    }

    return handler(check, row, err);
}


void
plctl_check_find(plctl_check_t *check, pl_table_e table, pl_str_t key,
    const char *fmt, ...)
{
    char                 text[CHECK_TEXT_MAX];
    va_list              ap;
    pl_err_t             err;
    const char          *hex;
    Pl__Ctl__FindingRow  row;

    if (plctl_check_importing(check, table, key)) {
        check->passed_over++;
        return;
    }

    check->findings++;

    if (check->findings > PLCTL_FINDINGS_MAX) {
        return;
    }

    va_start(ap, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, ap);      /* cut to fit */
    va_end(ap);

    hex = plctl_hex(check->ctl->ar, key.data, key.len);

    if (!check->ctl->json) {
        fprintf(check->ctl->out, "%s: %s%s%s\n",
                pl_store_tables[table].name, hex, key.len != 0 ? ": " : "",
                text);
        return;
    }

    pl__ctl__finding_row__init(&row);
    row.table = (char *) pl_store_tables[table].name;
    row.key = (char *) hex;
    row.finding = text;

    if (plctl_json(check->ctl, &row.base, &err) != PL_OK) {
        (void) plctl_fail(check->ctl, &err);
    }
}


pl_status_t
plctl_check_get(plctl_check_t *check, pl_table_e table, pl_str_t key,
    const ProtobufCMessageDescriptor *type, pl_arena_t *ar,
    ProtobufCMessage **msg, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    txn = pl_store_tables[table].env == PL_ENV_STATE ? check->state
                                                     : check->journal;

    rc = pl_record_get(txn, table, key, type, ar, msg, err);

    if (rc == PL_NOTFOUND || check_unreadable(rc)) {
        *msg = NULL;
        return PL_OK;
    }

    return rc;
}


pl_status_t
plctl_check_has(plctl_check_t *check, pl_table_e table, pl_str_t key,
    bool *has, pl_err_t *err)
{
    pl_str_t     value;
    pl_status_t  rc;

    rc = pl_store_get(check->state, table, key, &value, err);
    *has = rc == PL_OK;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static bool
check_unreadable(pl_status_t rc)
{
    return rc == PL_FOREIGN || rc == PL_NEWER || rc == PL_INVALID;
}


void
plctl_check_id(plctl_check_t *check, const plctl_checked_t *row, uint64_t id)
{
    if (check->meta == NULL || id == 0 || id >= check->meta->next_id) {
        plctl_check_find(check, row->table, row->key,
                         "number %" PRIu64 " was never given out", id);
    }
}


/* Of an entry in the middle of which the state stands, items are done. */

void
plctl_check_entry(plctl_check_t *check, const plctl_checked_t *row,
    uint64_t entry)
{
    uint64_t  last;

    last = check->meta == NULL ? 0
           : check->meta->folded + (check->meta->items != 0);

    if (entry == 0 || entry > last) {
        plctl_check_find(check, row->table, row->key,
                         "comes from entry %" PRIu64
                         ", which has not been folded", entry);
    }
}


static pl_status_t
check_report(plctl_check_t *check, pl_err_t *err)
{
    size_t                n;
    unsigned              i;
    uint64_t              folded;
    Pl__Ctl__CheckRow     row;
    Pl__Ctl__TableCount   counts[PL_TABLE_COUNT], *list[PL_TABLE_COUNT];

    folded = check->meta == NULL ? 0 : check->meta->folded;

    if (!check->ctl->json) {
        if (check->findings > PLCTL_FINDINGS_MAX) {
            fprintf(check->ctl->out, "… and %" PRIu64 " more\n",
                    check->findings - PLCTL_FINDINGS_MAX);
        }

        fprintf(check->ctl->out, "%" PRIu64 " rows at entry %" PRIu64
                ", %" PRIu64 " inconsistencies\n", check->rows, folded,
                check->findings);

        if (check->meta != NULL && check->meta->importing != 0) {
            fprintf(check->ctl->out, "an import of \"%s\" goes on: %" PRIu64
                    " of its rows do not fit yet\n",
                    plctl_tenant_name(check->ctl, check->ctl->ar,
                                      check->meta->importing_tenant),
                    check->passed_over);

        } else if (check->meta != NULL
                   && check->meta->importing_tenant != 0)
        {
            fprintf(check->ctl->out, "\"%s\" is closed until what came while "
                    "it was read in is read: tenant import, or tenant "
                    "abandon, does that\n",
                    plctl_tenant_name(check->ctl, check->ctl->ar,
                                      check->meta->importing_tenant));
        }

        return PL_OK;
    }

    for (i = 0, n = 0; i < PL_TABLE_COUNT; i++) {
        pl__ctl__table_count__init(&counts[i]);
        counts[i].name = (char *) pl_store_tables[i].name;
        counts[i].rows = check->counts[i];

        if (check->counts[i] != 0) {
            list[n++] = &counts[i];
        }
    }

    pl__ctl__check_row__init(&row);
    row.rows = check->rows;
    row.findings = check->findings;
    row.folded = folded;
    row.has_importing = check->passed_over != 0;
    row.importing = check->passed_over;
    row.tables = list;
    row.n_tables = n;

    return plctl_json(check->ctl, &row.base, err);
}
