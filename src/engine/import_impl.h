/*
 * TenantImport, from the inside: what another store's export says is put
 * here under new numbers (docs/tenants.md). The folding thread's.
 */

#ifndef PL_IMPORT_IMPL_H_INCLUDED
#define PL_IMPORT_IMPL_H_INCLUDED

#include "leaver_impl.h"

#define PL_IMPORT_RECORDS_MAX  256              /* of one command */
#define PL_IMPORT_UNDO_ROWS    256              /* taken away by one command */
#define PL_IMPORT_SPAN_MAX     (1ULL << 48)     /* numbers of one export */

/* A record that was read, its numbers this store's. */
typedef struct {
    pl_leaver_e         part;
    Pl__Leaver__Line   *line;
    ProtobufCMessage   *row;
} pl_import_row_t;

/*
 * Reads a record and gives it its numbers; writes nothing. PL_INVALID with a
 * path: of no table that is read in, no record of it, or with a number that
 * the export cannot have, or a channel that is not the tenant's.
 */
pl_status_t pl_import_read(pl_apply_t *ap, uint32_t tenant,
    const Pl__Import *import, const Pl__ImportRecord *in,
    pl_import_row_t *out, pl_err_t *err);

/* Are both the same person, message or conversation? */
bool pl_import_twice(const pl_import_row_t *a, const pl_import_row_t *b);

/*
 * Takes away up to so many rows of an import that is given up. *over: none is
 * left.
 */
pl_status_t pl_import_undo(pl_apply_t *ap, uint32_t tenant,
    const Pl__Import *import, uint32_t rows, bool *over, pl_err_t *err);

/* Puts it, and what follows from it. */
pl_status_t pl_import_put(pl_apply_t *ap, uint32_t tenant,
    pl_import_row_t *in, pl_err_t *err);

#endif /* PL_IMPORT_IMPL_H_INCLUDED */
