/*
 * What tenant import asks of the journal.
 */

#ifndef PLCTL_IMPORT_H_INCLUDED
#define PLCTL_IMPORT_H_INCLUDED

#include "ctl.h"

/*
 * Appends it, and waits for the fold, a minute and more. PL_DENIED with rule
 * and text where it was refused, PL_BUSY where nobody came to it.
 */
pl_status_t plctl_import_asked(plctl_t *ctl, Pl__Asked *asked,
    pl_arena_t *ar, pl_err_t *err);

#endif /* PLCTL_IMPORT_H_INCLUDED */
