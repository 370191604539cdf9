/*
 * Waiting for what comes of an errand. See sync.h.
 */

#include <time.h>

#include "sync.h"

#define AWAIT_MS       30000
#define AWAIT_POLL_NS  50000000


pl_status_t
plctl_await(plctl_t *ctl, plctl_look_pt look, void *data,
    const char *pending, const char **verdict, pl_err_t *err)
{
    int64_t          until_us;
    pl_status_t      rc;
    struct timespec  pause = { 0, AWAIT_POLL_NS };

    until_us = pl_clock_mono_us(ctl->clock) + AWAIT_MS * 1000LL;

    for ( ;; ) {
        rc = look(ctl, data, verdict, err);

        if (rc != PL_OK || *verdict != NULL) {
            return rc;
        }

        if (pl_clock_mono_us(ctl->clock) >= until_us
            || !pl_shared_locked(ctl->sh, PL_LOCK_SENDER))
        {
            *verdict = pending;
            return PL_OK;
        }

        (void) nanosleep(&pause, NULL);         /* sooner is fine */
    }
}
