/*
 * A flow's answer to a party.
 */

#ifndef PL_REPLY_H_INCLUDED
#define PL_REPLY_H_INCLUDED

#include "apply.h"

typedef struct {
    const pl_party_t       *party;
    Pl__Conversation       *conv;       /* the caller puts it afterwards */
    const Pl__Contact      *contact;
    uint32_t                channel;
    const pl_flow_t        *flow;
    const char             *step;
    Pl__Variable *const    *variables;
    size_t                  n_variables;
    bool                    answers;    /* what a person wrote just now */
} pl_reply_t;

/*
 * Queues the step's text now, or arms a timer for after_s seconds from the
 * entry's time. A step or an address that is not there is no error: nothing
 * is said. The folding thread.
 */
pl_status_t pl_reply(pl_apply_t *ap, const pl_reply_t *reply,
    uint32_t after_s, pl_err_t *err);

#endif /* PL_REPLY_H_INCLUDED */
