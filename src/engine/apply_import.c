/*
 * TenantImport: a piece of another store's export of a tenant. The first
 * piece of an import sets numbers aside, as many as the export may have, and
 * `imports` says from then on how far it came; the last one holds the counts
 * against what was read. A piece that is out of order, or of another export,
 * is refused and writes nothing, so that who was interrupted goes on. Until
 * it is whole its tenant is closed (import_closed.c), and retention and the
 * index of words wait. A piece of nothing, behind others, gives the import
 * up: it, and each that follows it, takes away some of what was put, until
 * nothing is left, and the tenant is as it was. Behind the last one it opens
 * the tenant, if all that was set aside has been read.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "asked.h"
#include "import.h"
#include "import_impl.h"

static pl_status_t import_begin(pl_apply_t *ap, const Pl__TenantImport *in,
    Pl__Import *import, bool *go, pl_err_t *err);
static pl_status_t import_empty(pl_apply_t *ap, uint32_t tenant, bool *empty,
    pl_err_t *err);
static bool import_fits(pl_apply_t *ap, const Pl__TenantImport *in,
    const Pl__Import *import);
static bool import_gives_up(const Pl__TenantImport *in);
static pl_status_t import_undo(pl_apply_t *ap, const Pl__TenantImport *in,
    Pl__Import *import, const pl_key_t *key, pl_err_t *err);
static bool import_counts(pl_apply_t *ap, const Pl__TenantImport *in,
    const uint64_t *rows);
static pl_status_t import_rows(pl_apply_t *ap, const Pl__TenantImport *in,
    Pl__Import *import, bool *go, pl_err_t *err);
static pl_status_t import_asked_open(pl_apply_t *ap, uint32_t tenant,
    pl_err_t *err);
static pl_status_t import_opens(pl_apply_t *ap, uint32_t tenant, bool *open,
    pl_err_t *err);
static pl_status_t import_end(pl_apply_t *ap, const Pl__TenantImport *in,
    Pl__Import *import, const char *what, pl_err_t *err);
static void import_key(pl_key_t *key, uint32_t tenant);


pl_status_t
pl_apply_tenant_import(pl_apply_t *ap, const Pl__TenantImport *in,
    pl_err_t *err)
{
    bool                     go = true;
    pl_key_t                 key;
    Pl__Import               fresh = PL__IMPORT__INIT, *import;
    pl_status_t              rc;
    ProtobufCMessage        *msg;
    const pl_tenant_conf_t  *tenant;

    tenant = pl_settings_tenant(ap->settings, in->tenant);

    if (tenant == NULL || (tenant->row->removed && !import_gives_up(in))
        || in->digest.len != PL_SHA256_LEN
        || in->n_records > PL_IMPORT_RECORDS_MAX)
    {
        return pl_err_set(err, PL_INVALID, "import", 0,
                          "no such tenant, no digest, or more than %d "
                          "records", PL_IMPORT_RECORDS_MAX);
    }

    import_key(&key, in->tenant);

    rc = pl_record_get(ap->txn, PL_TABLE_IMPORTS, pl_key_str(&key),
                       &pl__import__descriptor, ap->ar, &msg, err);
    import = (Pl__Import *) msg;

    if (in->opens && (rc == PL_NOTFOUND || (rc == PL_OK
                                            && import->has_ended_ms)))
    {
        return import_asked_open(ap, in->tenant, err);
    }

    if (rc == PL_NOTFOUND) {
        import = &fresh;
        rc = import_begin(ap, in, import, &go, err);

    } else if (rc == PL_OK) {
        go = import_fits(ap, in, import);
    }

    if (rc == PL_OK && go && import_gives_up(in)) {
        return import_undo(ap, in, import, &key, err);
    }

    if (rc == PL_OK && go) {
        rc = import_rows(ap, in, import, &go, err);
    }

    return rc == PL_OK && go
           ? pl_record_put(ap->txn, PL_TABLE_IMPORTS, pl_key_str(&key),
                           &import->base, false, err)
           : rc;
}


static bool
import_gives_up(const Pl__TenantImport *in)
{
    return in->n_records == 0 && in->n_counts == 0 && in->from != 0
           && !in->opens;
}


static pl_status_t
import_undo(pl_apply_t *ap, const Pl__TenantImport *in, Pl__Import *import,
    const pl_key_t *key, pl_err_t *err)
{
    bool         over;
    pl_status_t  rc;

    import->has_given_up = 1;
    import->given_up = 1;

    rc = pl_import_undo(ap, in->tenant, import, PL_IMPORT_UNDO_ROWS, &over,
                        err);

    if (rc == PL_OK && !over) {
        return pl_record_put(ap->txn, PL_TABLE_IMPORTS, pl_key_str(key),
                             &import->base, false, err);
    }

    if (rc == PL_OK) {
        rc = import_end(ap, in, import, "given up after", err);
    }

    /* what came meanwhile waits for another import, or for a word */

    if (rc == PL_OK) {
        rc = import_opens(ap, in->tenant, &over, err);
    }

    return rc == PL_OK ? pl_store_del(ap->txn, PL_TABLE_IMPORTS,
                                      pl_key_str(key), err) : rc;
}


/* Of a tenant that has nobody: how it would begin. Writes nothing. */

static pl_status_t
import_begin(pl_apply_t *ap, const Pl__TenantImport *in, Pl__Import *import,
    bool *go, pl_err_t *err)
{
    bool         empty;
    pl_status_t  rc;

    *go = false;

    if (in->from != 0 || !in->has_span || in->span == 0
        || in->span > PL_IMPORT_SPAN_MAX)
    {
        pl_asked_refuse(ap, "import.order", "from",
                        "an import begins with the first record");
        return PL_OK;
    }

    if (ap->meta->importing != 0
        || (ap->meta->importing_tenant != 0
            && ap->meta->importing_tenant != in->tenant))
    {
        pl_asked_refuse(ap, "import.busy", NULL,
                        "another tenant's import is not whole yet, or what "
                        "came meanwhile is not read: it is finished first");
        return PL_OK;
    }

    rc = import_empty(ap, in->tenant, &empty, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!empty) {
        pl_asked_refuse(ap, "import.not_empty", NULL,
                        "the tenant has contacts or conversations already");
        return PL_OK;
    }

    import->rows = pl_arena_zalloc(ap->ar, PL_LEAVER_PARTS
                                           * sizeof(*import->rows));
    if (import->rows == NULL) {
        return pl_err_set(err, PL_NOMEM, "import", 0, "out of memory");
    }

    import->n_rows = PL_LEAVER_PARTS;
    import->digest = in->digest;
    import->shift = ap->meta->next_id;
    import->span = in->span;
    import->began_ms = ap->now_ms;
    *go = true;

    return PL_OK;
}


static pl_status_t
import_empty(pl_apply_t *ap, uint32_t tenant, bool *empty, pl_err_t *err)
{
    size_t        i;
    pl_key_t      prefix;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc = PL_NOTFOUND;

    static const pl_table_e  tables[] = {
        PL_TABLE_CONTACTS, PL_TABLE_GROUPS, PL_TABLE_CONVERSATIONS
    };

    *empty = true;
    import_key(&prefix, tenant);

    for (i = 0; *empty && rc == PL_NOTFOUND && i < PL_COUNT(tables); i++) {
        rc = pl_store_scan(ap->txn, tables[i], pl_key_str(&prefix), false,
                           &scan, err);
        if (rc != PL_OK) {
            return rc;
        }

        rc = pl_store_scan_next(scan, &key, &value, err);
        *empty = rc != PL_OK || pl_be32(key.data) != tenant;
        pl_store_scan_end(scan);
        rc = rc == PL_OK && *empty ? PL_NOTFOUND : rc;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static bool
import_fits(pl_apply_t *ap, const Pl__TenantImport *in,
    const Pl__Import *import)
{
    bool  same;

    same = import->digest.len == PL_SHA256_LEN
           && memcmp(import->digest.data, in->digest.data, PL_SHA256_LEN)
              == 0;

    if (import->has_ended_ms) {
        pl_asked_refuse(ap, "import.done", NULL,
                        same ? "it has been imported"
                             : "another export has been imported");
        return false;
    }

    if (!same) {
        pl_asked_refuse(ap, "import.other", "digest",
                        "the import of another export is not whole yet");
        return false;
    }

    if (import->given_up && !import_gives_up(in)) {
        pl_asked_refuse(ap, "import.given_up", NULL,
                        "it was given up: abandon it once more");
        return false;
    }

    if (in->from != import->records
        || import->n_rows != PL_LEAVER_PARTS)
    {
        pl_asked_refuse(ap, "import.order", "from",
                        "these are not the next records");
        return false;
    }

    return true;
}


/* All are read, and held against the counts, before the first is put. */

static pl_status_t
import_rows(pl_apply_t *ap, const Pl__TenantImport *in, Pl__Import *import,
    bool *go, pl_err_t *err)
{
    bool              open;
    size_t            i, k;
    pl_status_t       rc = PL_OK;
    pl_import_row_t  *rows;

    rows = pl_arena_zalloc(ap->ar, (in->n_records + 1) * sizeof(*rows));
    if (rows == NULL) {
        return pl_err_set(err, PL_NOMEM, "import", 0, "out of memory");
    }

    for (i = 0; rc == PL_OK && i < in->n_records; i++) {
        rc = pl_import_read(ap, in->tenant, import, in->records[i], &rows[i],
                            err);

        for (k = 0; rc == PL_OK && k < i; k++) {
            if (pl_import_twice(&rows[k], &rows[i])) {
                rc = pl_err_set(err, PL_INVALID, "import", 0,
                                "a record of %s that is there already",
                                rows[i].line->table);
            }
        }

        if (rc == PL_OK) {
            import->rows[rows[i].part]++;
        }
    }

    if (rc != PL_OK) {
        return rc;
    }

    *go = in->n_counts == 0 || import_counts(ap, in, import->rows);
    if (!*go) {
        return PL_OK;
    }

    if (in->from == 0) {
        ap->meta->next_id += import->span;
        ap->meta->has_importing = 1;
        ap->meta->importing = import->shift;
    }

    ap->meta->has_importing_tenant = 1;
    ap->meta->importing_tenant = in->tenant;

    for (i = 0; rc == PL_OK && i < in->n_records; i++) {
        rc = pl_import_put(ap, in->tenant, &rows[i], err);
    }

    import->records += in->n_records;

    if (rc == PL_OK && in->n_counts != 0) {
        ap->meta->has_imported = 1;
        ap->meta->imported = import->shift;
        rc = import_end(ap, in, import, "all of", err);
    }

    if (rc == PL_OK && in->n_counts != 0) {
        rc = pl_feed_count(ap, in->tenant, "privacy", "imported", err);
    }

    if (rc == PL_OK && in->n_counts != 0) {
        rc = import_opens(ap, in->tenant, &open, err);
    }

    return rc;
}


static bool
import_counts(pl_apply_t *ap, const Pl__TenantImport *in,
    const uint64_t *rows)
{
    int                       part;
    size_t                    i;
    const Pl__Leaver__Count  *count;

    for (i = 0; i < in->n_counts; i++) {
        count = in->counts[i];
        part = pl_leaver_named(count->table);

        if (part >= 0 && pl_leaver_comes((pl_leaver_e) part)
            && rows[part] != count->rows)
        {
            pl_asked_refuse(ap, "import.counts", pl_leaver_names[part],
                            "the export has another number of them");
            return false;
        }
    }

    return true;
}


static pl_status_t
import_end(pl_apply_t *ap, const Pl__TenantImport *in, Pl__Import *import,
    const char *what, pl_err_t *err)
{
    char             hex[2 * PL_SHA256_LEN + 1];
    Pl__AuditEvent   row = PL__AUDIT_EVENT__INIT;

    import->has_ended_ms = 1;
    import->ended_ms = ap->now_ms;
    ap->meta->has_importing = 0;
    ap->meta->importing = 0;

    pl_hex_encode(in->digest.data, PL_SHA256_LEN, hex);
    row.kind = PL__AUDIT_KIND__AUDIT_KIND_IMPORTED;
    row.rule = (char *) "sha256";
    row.text = pl_arena_printf(ap->ar, "%s: %s %llu records", hex, what,
                               (unsigned long long) import->records);
    row.actor = in->actor;

    if (row.text == NULL) {
        return pl_err_set(err, PL_NOMEM, "import", 0, "out of memory");
    }

    return pl_feed_audit_row(ap, in->tenant, &row, err);
}


static pl_status_t
import_asked_open(pl_apply_t *ap, uint32_t tenant, pl_err_t *err)
{
    bool         open;
    pl_status_t  rc;

    rc = import_opens(ap, tenant, &open, err);

    if (rc == PL_OK && !open) {
        pl_asked_refuse(ap, PL_IMPORT_ASIDE, NULL,
                        "what came meanwhile has not been read");
    }

    return rc;
}


/* Who comes is met from now on, unless somebody is still waited for. */

static pl_status_t
import_opens(pl_apply_t *ap, uint32_t tenant, bool *open, pl_err_t *err)
{
    bool         waits;
    pl_status_t  rc;

    *open = true;

    if (ap->meta->importing_tenant != tenant) {
        return PL_OK;
    }

    rc = pl_import_waits(ap, tenant, &waits, err);

    if (rc != PL_OK) {
        return rc;
    }

    if (waits) {
        *open = false;
        return PL_OK;
    }

    *open = true;
    ap->meta->has_importing_tenant = 0;
    ap->meta->importing_tenant = 0;

    return PL_OK;
}


static void
import_key(pl_key_t *key, uint32_t tenant)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, tenant);
}
