/*
 * What both threads of a sender ask. See sender.h.
 */

#include "sender.h"


int64_t
pls_sender_now(const pls_sender_t *sn)
{
    return pl_clock_wall_ms(sn->clock) + atomic_load(&sn->ahead_ms);
}


int64_t
pls_sender_stall_ms(const pls_sender_t *sn)
{
    int64_t  turned_ms;

    turned_ms = atomic_load(&sn->turned_ms);

    return turned_ms == 0 ? 0 : pl_clock_coarse_ms() - turned_ms;
}
