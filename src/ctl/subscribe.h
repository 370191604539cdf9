/*
 * What the commands about subscriptions share.
 */

#ifndef PLCTL_SUBSCRIBE_H_INCLUDED
#define PLCTL_SUBSCRIBE_H_INCLUDED

#include "ctl.h"

/* In ar, without its secrets; NULL: out of memory. subscription may be
   NULL. */
Pl__Ctl__SubscriptionRow *plctl_subscription_row(const plctl_t *ctl,
    pl_arena_t *ar, uint32_t tenant, uint64_t id,
    Pl__Subscription *subscription);

#endif /* PLCTL_SUBSCRIBE_H_INCLUDED */
