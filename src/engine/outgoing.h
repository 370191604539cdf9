/*
 * What is about to be queued, or put on the wire: can it be said on its
 * channel, does it fit its template, and may it leave? One place gathers
 * what policy looks at and asks it, before a row of the outbox is written,
 * and again when the attempt begins, so that a template that was paused
 * meanwhile stays here.
 */

#ifndef PL_OUTGOING_H_INCLUDED
#define PL_OUTGOING_H_INCLUDED

#include "apply.h"
#include "policy.h"

/* What was decided. */
typedef struct {
    pl_verdict_t   verdict;     /* send, defer or block */
    bool           replaced;    /* of the other form: to be exchanged before
                                   it is sent (pl_outgoing_replace) */
    const char    *why;         /* why it is exchanged: a rule */
    const char    *reason;      /* for a dead letter, and for people */
    bool           zone_unknown;    /* hours went by another clock than was
                                       asked for */
} pl_decided_t;

/*
 * Decides. Of `in` message, conversation, channel, expires_ms and now_ms are
 * the caller's, the rest, zeroed, is gathered here; contact may be given,
 * where it is at hand. Reads only, so that a dry run is the same code.
 * reason: "policy", or more of it, as the field and what is wrong with it
 * ("content.interactive.action.buttons[3]: at most 3"), in the arena. PL_OK,
 * or the store's failure.
 */
pl_status_t pl_outgoing_decide(pl_apply_t *ap, const pl_policy_in_t *in,
    const Pl__Contact *contact, pl_decided_t *out, pl_err_t *err);

/*
 * Exchanges the two forms of a message, and puts it, with an audit event. A
 * message that caps had counted is given back: it is another now.
 */
pl_status_t pl_outgoing_replace(pl_apply_t *ap, uint64_t id,
    Pl__Message *message, const char *why, pl_err_t *err);

/* Ends an effect that policy blocks: a dead letter, and a count. */
pl_status_t pl_outgoing_blocked(pl_apply_t *ap, const Pl__Effect *effect,
    const pl_decided_t *out, pl_err_t *err);

/*
 * What becomes of one that a provider refused because it spares this person
 * adverts until then: put off, or blocked where that is too late.
 */
pl_status_t pl_outgoing_spared(pl_apply_t *ap, int64_t expires_ms,
    int64_t until_ms, pl_decided_t *out, pl_err_t *err);

/* Caps count a message whose attempt begins; it is put where they do. */
pl_status_t pl_outgoing_charge(pl_apply_t *ap, uint64_t id,
    Pl__Message *message, Pl__Category category, pl_err_t *err);

/*
 * The part of it that asks no policy and needs no conversation: can this be
 * said, and does it fit its template? *rule NULL where it does; otherwise
 * the rule, and why names the field. PL_OK, or the store's failure.
 */
pl_status_t pl_outgoing_fit(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__Message *message, const char **rule, pl_err_t *why,
    pl_err_t *err);

/*
 * What a message is sent for, as policy has it. PL_OK, or the store's
 * failure.
 */
pl_status_t pl_outgoing_category(pl_apply_t *ap, const Pl__Message *message,
    Pl__Category *category, pl_err_t *err);

/*
 * A message by a template of the house's own (channel/wording.h) becomes what
 * it says, before it is stored; any other is left alone. Reads only. PL_OK,
 * or the store's failure.
 */
pl_status_t pl_outgoing_say(pl_apply_t *ap, Pl__Message *message,
    pl_err_t *err);

/*
 * The row of a template of a message's channel, in the arena. PL_NOTFOUND,
 * with *record NULL, or the store's failure.
 */
pl_status_t pl_outgoing_record(pl_txn_t *txn, pl_arena_t *ar,
    const Pl__Message *message, const char *name, const char *language,
    Pl__TemplateRecord **record, pl_err_t *err);

/*
 * Can a channel send this template now, as far as its list tells? What no
 * list was read of is let go, but not where it needs a row (content.h). The
 * store's failure counts as no.
 */
bool pl_outgoing_ready(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    const char *name, const char *language);

#endif /* PL_OUTGOING_H_INCLUDED */
