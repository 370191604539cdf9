/*
 * A time that has passed, as people write it on a command line. (One that is
 * to come is plctl_when's.)
 */

#ifndef PLCTL_PAST_H_INCLUDED
#define PLCTL_PAST_H_INCLUDED

#include "../core/pl.h"

/*
 * A length of time as plctl_span reads it: so long before now; or a moment as
 * plctl_moment does. *ms: Unix milliseconds. PL_INVALID: err says what a time
 * looks like.
 */
pl_status_t plctl_past(const char *option, const char *text, int64_t now_ms,
    int64_t *ms, pl_err_t *err);

#endif /* PLCTL_PAST_H_INCLUDED */
