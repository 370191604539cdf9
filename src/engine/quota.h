/*
 * How much a tenant may have: TenantSettings.limits. Asked where something
 * is asked for; what comes in is never refused for one of these.
 *
 * Refused by the rule PL_QUOTA_RULE, with a text that names the limit. All of
 * it belongs to whoever applies. Errors are the store's.
 */

#ifndef PL_QUOTA_H_INCLUDED
#define PL_QUOTA_H_INCLUDED

#include "apply.h"

#define PL_QUOTA_RULE  "tenant.limit"
#define PL_QUOTA_MAX   1000000000   /* of each limit */

/*
 * Is there room for one more? *text: what to say where there is not; NULL:
 * there is, or no limit.
 */

/* Channels that are not removed. */
pl_status_t pl_quota_channels(pl_apply_t *ap, uint32_t tenant,
    const char **text, pl_err_t *err);

/* Keys of the API that were neither revoked nor have expired. */
pl_status_t pl_quota_keys(pl_apply_t *ap, uint32_t tenant,
    const char **text, pl_err_t *err);

/* Messages that were asked for today, by UTC, and taken, and flows that were
   begun by name or event: what they say then is not counted. */
pl_status_t pl_quota_messages(pl_apply_t *ap, uint32_t tenant,
    const char **text, pl_err_t *err);

#endif /* PL_QUOTA_H_INCLUDED */
