/*
 * A tenant's words of refusal, as its settings have them. See stop.h.
 */

#include "../core/str.h"
#include "stop.h"

static pl_stop_e stop_kind(Pl__StopKind kind);


/*
 * A phrase that cannot be one is left out, as a flow that does not compile
 * is: whoever published it has checked it.
 */

pl_status_t
pl_stop_settings(pl_arena_t *ar, const Pl__TenantSettings *row,
    const pl_stop_t **stop, pl_err_t *err)
{
    size_t       i;
    pl_stop_t   *own;
    pl_status_t  rc;

    *stop = NULL;

    if (row->n_stop_phrases == 0) {
        return PL_OK;
    }

    rc = pl_stop_empty(ar, &own, err);

    for (i = 0; rc == PL_OK && i < row->n_stop_phrases; i++) {
        rc = pl_stop_add(own, "", stop_kind(row->stop_phrases[i]->kind),
                         pl_str_c(row->stop_phrases[i]->phrase), err);

        if (rc == PL_INVALID || rc == PL_TOOBIG) {
            rc = PL_OK;
        }
    }

    *stop = own;

    return rc;
}


static pl_stop_e
stop_kind(Pl__StopKind kind)
{
    switch (kind) {

    case PL__STOP_KIND__STOP_KIND_STOP:
        return PL_STOP_STOP;

    case PL__STOP_KIND__STOP_KIND_START:
        return PL_STOP_START;

    case PL__STOP_KIND__STOP_KIND_HELP:
        return PL_STOP_HELP;

    case PL__STOP_KIND__STOP_KIND_POLITE:
        return PL_STOP_POLITE;

    case PL__STOP_KIND__STOP_KIND_OTHER:
        return PL_STOP_OTHER;

    default:                            /* of a newer version: careful */
        return PL_STOP_UNCLEAR;
    }
}
