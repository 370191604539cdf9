/*
 * Templates that are written here. One is a row of `templates` whose status
 * says that it is a draft: it can be written anew, given up, and handed in at
 * the channel's provider, which an errand does (errand.h). Once the provider
 * has it, it is one as the others are, told by the list and by webhooks.
 *
 * What is handed in twice is refused the second time: where an attempt may
 * have arrived, the list is asked for as well.
 *
 * All of it belongs to the folding thread.
 */

#ifndef PL_SUBMIT_H_INCLUDED
#define PL_SUBMIT_H_INCLUDED

#include "apply.h"

/* The errand's kind. */
pl_status_t pl_submit_begin(pl_apply_t *ap, const Pl__Effect *effect,
    const char **why, pl_err_t *err);
pl_status_t pl_submit_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_submit_later(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_submit_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err);

#endif /* PL_SUBMIT_H_INCLUDED */
