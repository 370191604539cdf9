/*
 * What is about to be queued, or put on the wire: can it be said on its
 * channel, does it fit its template, and may it leave? One place asks all
 * three, before a row of the outbox is written, and again when the attempt
 * begins, so that a template that was paused meanwhile stays here.
 */

#ifndef PL_OUTGOING_H_INCLUDED
#define PL_OUTGOING_H_INCLUDED

#include "apply.h"
#include "policy.h"

/*
 * The verdict, and for a dead letter why: "policy", or the field and what is
 * wrong with it ("content.interactive.action.buttons[3]: at most 3"), in the
 * arena. Rules of its own: content.refused, template.refused. PL_OK, or the
 * store's failure.
 */
pl_status_t pl_outgoing_decide(pl_apply_t *ap, const pl_policy_in_t *in,
    pl_verdict_t *verdict, const char **reason, pl_err_t *err);

/*
 * The part of it that asks no policy and needs no conversation: can this be
 * said, and does it fit its template? *rule NULL where it does; otherwise
 * the rule, and why names the field. PL_OK, or the store's failure.
 */
pl_status_t pl_outgoing_fit(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__Message *message, const char **rule, pl_err_t *why,
    pl_err_t *err);

/*
 * Can a channel send this template now, as far as its list tells? What no
 * list was read of is let go. The store's failure counts as no.
 */
bool pl_outgoing_ready(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    const char *name, const char *language);

#endif /* PL_OUTGOING_H_INCLUDED */
