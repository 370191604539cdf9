/*
 * Policy: may this message leave now? One pure function over a table of
 * rules, called when a message is queued and again when its attempt is
 * applied, on a state that holds every entry accepted before it (promise 4).
 */

#ifndef PL_POLICY_H_INCLUDED
#define PL_POLICY_H_INCLUDED

#include "settings.h"

typedef enum {
    PL_POLICY_SEND = 0,
    PL_POLICY_DEFER,            /* until_ms says when to ask again */
    PL_POLICY_BLOCK
} pl_policy_e;

typedef struct {
    const Pl__Message        *message;
    const Pl__Conversation   *conversation;
    const pl_channel_conf_t  *channel;  /* NULL: not configured */
    const Pl__Group          *group;    /* of a group's message; NULL: none */
    int64_t                   expires_ms;   /* of the effect; 0: never */
    int64_t                   now_ms;
} pl_policy_in_t;

typedef struct {
    pl_policy_e  decision;
    const char  *rule;          /* static; NULL where nothing objected */
    int64_t      until_ms;
} pl_verdict_t;

/* Any thread. The first rule that objects decides. */
pl_verdict_t pl_policy_decide(const pl_policy_in_t *in);

/*
 * Would a message be too late at this time? It expires at expires_ms itself
 * (0: never), as a window ends.
 */
bool pl_policy_late(int64_t expires_ms, int64_t at_ms);

#endif /* PL_POLICY_H_INCLUDED */
