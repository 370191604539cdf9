/*
 * A provider that accepted a free form may say a moment later that no window
 * was open for it. Its message has failed then, and stays so; where it has a
 * template as its other form, that goes as a message of its own, on the terms
 * that the first had. The folding thread; errors are the store's.
 */

#ifndef PL_REISSUE_H_INCLUDED
#define PL_REISSUE_H_INCLUDED

#include "apply.h"

/* Notes the terms of a message with another form, before it is put. */
pl_status_t pl_reissue_terms(pl_apply_t *ap, Pl__Message *message,
    const pl_queue_how_t *how, pl_err_t *err);

/*
 * The provider said so at said_ms, of a message that has failed. Our window
 * is closed, and the other form is queued, if there is one.
 */
pl_status_t pl_reissue(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, int64_t said_ms, pl_err_t *err);

#endif /* PL_REISSUE_H_INCLUDED */
