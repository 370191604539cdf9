/*
 * Reading in what a tenant had in another store (docs/tenants.md); the
 * command is apply_import.c's.
 */

#ifndef PL_IMPORT_H_INCLUDED
#define PL_IMPORT_H_INCLUDED

#include "apply.h"

/* A rule; and how the reason of what is set aside begins. */
#define PL_IMPORT_OPEN   "import.open"
#define PL_IMPORT_TEXT                                                        \
    "the tenant is being read in from another store, or what came meanwhile " \
    "waits: tenant import, or tenant abandon, ends that"
#define PL_IMPORT_ASIDE  "import.aside" /* what waits has not been read */

/*
 * Is the command of a tenant that is being read in, and one that brings, or
 * changes, people or messages? Then it is not applied: what nobody asked for
 * goes to the quarantine with what pl_import_aside adds to its row, which
 * pl_import_kept reads again. The folding thread.
 */
bool pl_import_closed(const pl_apply_t *ap, const Pl__Command *command);

/* The same for who is about to ask; meta may be NULL. Any thread. */
bool pl_import_shuts(const Pl__StateMeta *meta,
    const pl_settings_t *settings, const Pl__Command *command);

/* Is there a row of the tenant's that pl_import_aside added to? */
pl_status_t pl_import_waits(pl_apply_t *ap, uint32_t tenant, bool *waits,
    pl_err_t *err);

/* The command, packed, in ap's arena. PL_NOMEM. */
pl_status_t pl_import_aside(pl_apply_t *ap, const Pl__Command *command,
    pl_unfit_t *unfit, pl_err_t *err);

/* The command of a row, in ar; NULL: it has none, or none that is read. */
Pl__Command *pl_import_kept(const Pl__Quarantine *row, pl_arena_t *ar);

#endif /* PL_IMPORT_H_INCLUDED */
