/*
 * What both threads of a sender ask. See sender.h.
 */

#include "sender.h"


int64_t
pls_sender_now(const pls_sender_t *sn)
{
    return pl_clock_wall_ms(sn->clock) + atomic_load(&sn->ahead_ms);
}
