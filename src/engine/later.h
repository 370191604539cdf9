/*
 * Messages that are to be sent later, and messages that are taken back
 * before they left.
 *
 * What policy puts off is such a one from then on: Message.rule says by what.
 *
 * A delayed send is its effect: drawn when it is asked for, right behind its
 * message as any other, it stands in `timers` under its own number until it
 * is due, and enters its queue then, behind what waits there. Its message is
 * in state scheduled meanwhile.
 *
 * Taken back is what somebody called off, and what a newer message replaced
 * (collapse.h). It ends without a dead letter, since there is nothing that
 * anybody should look at: its message has failed by that rule, and an audit
 * event says who, or what, ended it.
 *
 * All of it belongs to the folding thread. Errors are the store's.
 */

#ifndef PL_LATER_H_INCLUDED
#define PL_LATER_H_INCLUDED

#include "apply.h"
#include "outgoing.h"

#define PL_LATER_BACK_MAX  256      /* messages looked through for those that
                                       are to be sent later */

/* Arms the timer of an effect that was made just now. */
pl_status_t pl_later_add(pl_apply_t *ap, Pl__Effect *effect, int64_t at_ms,
    pl_err_t *err);

/*
 * Policy says later: the effect, which is in no queue (any more), waits in a
 * timer as a delayed send does, so that it holds up nothing behind it. Its
 * message is put, audited and told. rule is static, or lives as the settings.
 */
pl_status_t pl_later_put_off(pl_apply_t *ap, Pl__Effect *effect,
    Pl__Message *message, const pl_decided_t *out, pl_err_t *err);

/* Its time has come: policy has its first say, and it enters its queue. */
pl_status_t pl_later_fire(pl_apply_t *ap, Pl__Effect *effect,
    pl_err_t *err);

/* Which messages a withdrawal takes back. */
typedef enum {
    PL_LATER_SCHEDULED = 0,     /* only while its time has not come */
    PL_LATER_WAITING,           /* and in its queue, but not on the wire */
    PL_LATER_BEHIND             /* the same, and another is in front of it */
} pl_later_e;

/*
 * Takes a message back. kind is the audit event's, and names the rule; text
 * says by whom. *done false: it no longer waits, and nothing has changed.
 */
pl_status_t pl_later_withdraw(pl_apply_t *ap, uint64_t message,
    pl_later_e what, Pl__AuditKind kind, const char *text, bool *done,
    pl_err_t *err);

/*
 * What looks at a message that is to be sent later; it may take it back. The
 * message, and what it allocates, is gone when it returns (room.h).
 */
typedef pl_status_t (*pl_later_look_pt)(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, const void *data, pl_err_t *err);

/*
 * Those among a conversation's newest PL_LATER_BACK_MAX messages that are to
 * be sent later, newest first. An error of look ends it, and is returned.
 */
pl_status_t pl_later_newest(pl_apply_t *ap, const Pl__Conversation *conv,
    pl_later_look_pt look, const void *data, pl_err_t *err);

/* A withdrawal of one whose effect has been taken out already. */
pl_status_t pl_later_ended(pl_apply_t *ap, uint64_t id,
    Pl__Message *message, Pl__AuditKind kind, const char *text,
    pl_err_t *err);

#endif /* PL_LATER_H_INCLUDED */
