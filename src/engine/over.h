/*
 * What is said over the API in place of nginx.conf's settings: the pace of a
 * tenant and of a channel, and their quiet hours. nginx.conf's own stands in
 * the row as it was; a publish replaces that, and leaves what is said here
 * until it is taken back.
 */

#ifndef PL_OVER_H_INCLUDED
#define PL_OVER_H_INCLUDED

#include "apply.h"

#define PL_RATE_MAX  10000      /* messages a second, as `rate` of nginx.conf */

/*
 * The row as it holds, base itself where nothing is said; in the arena.
 * NULL: it is full. Any thread.
 */
const Pl__TenantSettings *pl_over_tenant(pl_arena_t *ar,
    const Pl__TenantSettings *base);
const Pl__ChannelSettings *pl_over_channel(pl_arena_t *ar,
    const Pl__ChannelSettings *base);

/*
 * What is said for the tenant, or the channel, of that number, as its editors
 * see it (subject.h); nothing is an empty one. PL_NOTFOUND: there is none.
 * That a channel is the tenant's is the caller's to know. Any thread.
 */
pl_status_t pl_over_get(const pl_settings_t *settings, uint32_t tenant,
    uint32_t channel, pl_arena_t *ar, Pl__SettingOver **over, pl_err_t *err);

#endif /* PL_OVER_H_INCLUDED */
