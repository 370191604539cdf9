/*
 * What tenant import and tenant abandon share (docs/tenants.md).
 */

#ifndef PLCTL_IMPORT_H_INCLUDED
#define PLCTL_IMPORT_H_INCLUDED

#include "ctl.h"

/*
 * Asks for a command of the tenant's, under a key of its own, and waits for
 * the fold, a minute and more. PL_DENIED with rule and text where it was
 * refused, PL_BUSY where nobody came to it.
 */
pl_status_t plctl_import_asked(plctl_t *ctl, uint32_t tenant,
    Pl__Command *command, pl_arena_t *ar, pl_err_t *err);

/* How far the tenant's import came; in ctl's arena. PL_NOTFOUND. */
pl_status_t plctl_import_row(plctl_t *ctl, uint32_t tenant,
    Pl__Import **row, pl_err_t *err);

/* The same, and nothing but whether it is there. */
pl_status_t plctl_import_there(plctl_t *ctl, uint32_t tenant,
    pl_err_t *err);

typedef struct {
    uint64_t  read;
    uint64_t  stayed;                   /* they cannot be read */
    bool      opened;                   /* the tenant, which was closed */
} plctl_import_aside_t;

/* Has what came for the tenant meanwhile read, and waits for it. */
pl_status_t plctl_import_aside(plctl_t *ctl, uint32_t tenant,
    plctl_import_aside_t *out, pl_err_t *err);

/* What there is to say of that. */
void plctl_import_told(plctl_t *ctl, const char *tenant,
    const plctl_import_aside_t *aside);

#endif /* PLCTL_IMPORT_H_INCLUDED */
