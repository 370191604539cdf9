/*
 * What a provider has told of an account's restrictions (facts of a channel,
 * apply_account.c), as policy asks for it. One read, of the channel's state:
 * for templates alone.
 *
 * Belongs to the folding thread, or to whoever reads. Errors are the store's.
 */

#ifndef PL_RESTRICT_H_INCLUDED
#define PL_RESTRICT_H_INCLUDED

#include "apply.h"

/*
 * Until when no conversation may be begun on the message's channel, and no
 * utility template sent, by the tenant's clock; what is not restricted is
 * left as it is.
 */
pl_status_t pl_restrict_read(pl_apply_t *ap, const Pl__Message *message,
    int64_t *begun_ms, int64_t *utility_ms, pl_err_t *err);

#endif /* PL_RESTRICT_H_INCLUDED */
