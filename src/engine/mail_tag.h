/*
 * The tag of the address that a mail was sent to: support+NUMBER.PROOF@… It
 * names a mail of ours, and who was written to has it from there, and nobody
 * else. The proof is the one in the Message-ID that the mail left under, which
 * its message has: so no key is asked for here.
 *
 * What is not proven names nothing: the mail is a mail like any other.
 */

#ifndef PL_MAIL_TAG_H_INCLUDED
#define PL_MAIL_TAG_H_INCLUDED

#include "apply.h"

/*
 * *proven: the tag is that of a mail which went from this channel to this very
 * party. *reply_to is what the mail answers: what it says itself, or, if it
 * says nothing and is proven, that mail's id; NULL: nothing. The folding
 * thread.
 */
pl_status_t pl_mail_tag(pl_apply_t *ap, const pl_party_t *party,
    const Pl__InboundMessage *in, uint32_t channel, bool *proven,
    const char **reply_to, pl_err_t *err);

#endif /* PL_MAIL_TAG_H_INCLUDED */
