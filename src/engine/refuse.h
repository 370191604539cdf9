/*
 * A person refuses: what STOP and its kin bring about, before any flow is
 * asked. docs/consent.md is its page.
 */

#ifndef PL_REFUSE_H_INCLUDED
#define PL_REFUSE_H_INCLUDED

#include "apply.h"

/* A message that came in, stored already. */
typedef struct {
    const Pl__InboundMessage  *in;
    const pl_channel_conf_t   *channel;
    const pl_party_t          *party;       /* a contact's */
    Pl__Contact               *contact;
    Pl__Conversation          *conv;        /* the caller puts it */
    uint64_t                   message;
    bool                       forged;      /* its opt_out is not theirs: the
                                               mail that it names is not */
    bool                       proven;      /* it answers a mail to them */
} pl_refuse_t;

/*
 * Looks at what was written, tapped, or said under a picture. *heard: it was
 * a refusal, or the end of one, or asked for help, and is dealt with; no
 * flow is to answer it. What is unclear pauses marketing and is not heard.
 * The folding thread; errors are the store's.
 */
pl_status_t pl_refuse_inbound(pl_apply_t *ap, const pl_refuse_t *refuse,
    bool *heard, pl_err_t *err);

/*
 * The same of a message that was written before the number came to us: what
 * it refused is refused from then on, and nobody is answered. A word that
 * allows again is not taken from the past. conv may be NULL.
 */
pl_status_t pl_refuse_past(pl_apply_t *ap, const pl_refuse_t *refuse,
    pl_err_t *err);

#endif /* PL_REFUSE_H_INCLUDED */
