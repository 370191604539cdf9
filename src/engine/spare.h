/*
 * People whom a provider spares adverts: it has its own cap on those for
 * each person, refuses what is beyond, and says no more than that the same
 * person is not to be tried before a day is over, with growing gaps.
 *
 * So a contact keeps until when (Contact.spared_ms), and policy puts off
 * marketing to it until then, whatever channel it would go by.
 *
 * All of it belongs to the folding thread. Errors are the store's.
 */

#ifndef PL_SPARE_H_INCLUDED
#define PL_SPARE_H_INCLUDED

#include "apply.h"

#define PL_SPARE_RULE      "provider.capped"
#define PL_SPARE_MS        (24LL * 3600 * 1000)     /* the first gap */
#define PL_SPARE_TIMES     4                        /* it doubles up to: */
#define PL_SPARE_FORGET_MS (30 * PL_SPARE_MS)       /* behind the last one */

/*
 * A send was refused, or a status says that it failed: does the code say
 * that? *until_ms is then when the person may be tried again, and the
 * contact is put; else it is 0. Refusals within one gap are one.
 */
pl_status_t pl_spare_refused(pl_apply_t *ap, const Pl__Message *message,
    int32_t code, int64_t *until_ms, pl_err_t *err);

#endif /* PL_SPARE_H_INCLUDED */
