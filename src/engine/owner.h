/*
 * Who answers a conversation: the bot, or somebody by name.
 *
 * The owner's epoch grows with every change of hands. What a flow says
 * carries the epoch under which it was said, and policy lets nothing of an
 * older one leave (rule owner.stale): an answer that the bot had computed
 * before a person took over is dropped, wherever it waits.
 *
 * A person who writes in the provider's own app is PL_OWNER_APP. Nobody
 * tells when they are done there: after PL_OWNER_IDLE_MS without a word of
 * theirs the next message is the bot's again.
 *
 * The folding thread; the conversation is the caller's to put.
 */

#ifndef PL_OWNER_H_INCLUDED
#define PL_OWNER_H_INCLUDED

#include "apply.h"

#define PL_OWNER_PERSON   "person"      /* where nobody says who */
#define PL_OWNER_APP      "app"
#define PL_OWNER_MAX      64            /* bytes of a name */
#define PL_REASON_MAX     128           /* and of a reason */
#define PL_OWNER_IDLE_MS  (24LL * 3600 * 1000)

typedef struct {
    const char  *owner;         /* NULL: the bot */
    const char  *reason;        /* asked, price, misunderstood, loop, … */
    const char  *text;          /* score and threshold; NULL */
    const char  *actor;         /* NULL: the bot itself */
} pl_owner_t;

/* Names that lists and filters have for nobody: whoever takes a name in does
   not take these. */
bool pl_owner_reserved(const char *name);

/* Does somebody else than the bot answer? */
bool pl_owner_is_person(const Pl__Conversation *conv);

/*
 * Changes hands: owner, epoch, and status; audited. To who has it already:
 * nothing. A flow that waits is the caller's to end or to leave.
 */
pl_status_t pl_owner_change(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, const pl_owner_t *to, pl_err_t *err);

/* The conversation has an owner that it got otherwise: audited, and told. */
pl_status_t pl_owner_told(pl_apply_t *ap, const pl_party_t *party,
    const pl_owner_t *to, pl_err_t *err);

/* A person wrote in the provider's app. */
pl_status_t pl_owner_app(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err);

/* Is it an app's conversation in which nobody has written for long? */
bool pl_owner_lapsed(const Pl__Conversation *conv, int64_t now_ms);

/*
 * Changes the status, if that is legal (the table is in owner.c, and in
 * docs/conversations.md); what is not is refused. Either is audited, with
 * who: a flow's name. *done may be NULL.
 */
pl_status_t pl_owner_status(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, Pl__ConversationStatus to, const char *who,
    bool *done, pl_err_t *err);

/* May it go there from where it stands? To where it stands: yes. */
bool pl_owner_legal(const Pl__Conversation *conv,
    Pl__ConversationStatus to);

/* The same by a person; changed: it stood elsewhere. actor, reason: NULL. */
pl_status_t pl_owner_status_by(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, Pl__ConversationStatus to, const char *actor,
    const char *reason, bool *changed, pl_err_t *err);

#endif /* PL_OWNER_H_INCLUDED */
