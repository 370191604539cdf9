/*
 * The clock of a sandbox tenant: it may be turned ahead, so that what is to
 * come in days can be seen now.
 *
 * What apply does for such a tenant it does by the tenant's own clock: now is
 * the entry's time and the tenant's offset. So all of its records carry its
 * own time: windows, tasks, messages, effects. In real time are
 *
 *     timers    the keys of their rows, since one scan finds those of all
 *               tenants: the tenant's time without the offset. Turning the
 *               clock puts the rows that run under new keys
 *     holds     what a person or the provider stops, since the sender asks
 *     dedupe    since a provider repeats what it said by its own clock
 *     parked    since one Prune drops those of all tenants
 *
 * `due` stays as it is: whoever reads it asks each tenant by its own clock.
 * What the provider dates is shifted where it meets the tenant's time:
 * windows, free entry points, consent.
 *
 * A tenant whose clock was never turned pays one comparison a command.
 *
 * All of it belongs to the folding thread.
 */

#ifndef PL_SANDBOX_H_INCLUDED
#define PL_SANDBOX_H_INCLUDED

#include "apply.h"

#define PL_SANDBOX_ROWS_MAX   20000     /* timers of a store that are looked
                                           through when a clock is turned */
#define PL_SANDBOX_AHEAD_MAX_MS  (10LL * 366 * 86400 * 1000)

/* The tenant that a command names, itself or by an account; 0: none, or one
   whose commands are applied in real time. */
uint32_t pl_sandbox_tenant(const pl_apply_t *ap,
    const Pl__Command *command);

/*
 * From here on now is this tenant's. Where a command names none its handler
 * calls it once it knows. tenant 0: real time.
 */
void pl_sandbox_enter(pl_apply_t *ap, uint32_t tenant);

/* The real time of the entry. */
int64_t pl_sandbox_now(const pl_apply_t *ap);

/* A time of the tenant's, as the key of a timer has it. Never below 0. */
int64_t pl_sandbox_real(const pl_apply_t *ap, int64_t due_ms);

/* The key of a timer of the tenant's that runs. */
void pl_sandbox_timer(const pl_apply_t *ap, pl_key_t *key, int64_t due_ms,
    uint64_t id);

#endif /* PL_SANDBOX_H_INCLUDED */
