/*
 * Who has joined a number that many share (ChannelSettings.sandbox): whoever
 * wrote there within 72 hours, unless its provider has said since that they
 * have not. Policy asks (pl_window_joined).
 *
 * All of it belongs to the folding thread. Errors are the store's.
 */

#ifndef PL_JOINED_H_INCLUDED
#define PL_JOINED_H_INCLUDED

#include "apply.h"

#define PL_JOINED_RULE  "sandbox.not_joined"

/*
 * A send was refused, or a status says that it failed: does the code say
 * that? *is, and the person has not joined from now on. said_ms: what was
 * written since then stands.
 */
pl_status_t pl_joined_refused(pl_apply_t *ap, const Pl__Message *message,
    int32_t code, int64_t said_ms, bool *is, pl_err_t *err);

#endif /* PL_JOINED_H_INCLUDED */
