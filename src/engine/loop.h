/*
 * The loop breaker: sees when it is a machine that answers.
 *
 * Two signs, both cheap enough for every message, and both of messages
 * alone that were written behind an answer of ours, by the provider's time:
 * what somebody types in one go, and what a provider delivers in one go,
 * answers nobody.
 *
 *     turns     PL_LOOP_TURNS of them within PL_LOOP_MS: nobody reads and
 *               writes that fast for so long
 *     repeats   PL_LOOP_SAME of them in a row with the same words, none more
 *               than PL_LOOP_GAP_MS behind the one before
 *
 * What is seen is a fact of the conversation (Pulse). Pure.
 */

#ifndef PL_LOOP_H_INCLUDED
#define PL_LOOP_H_INCLUDED

#include "apply.h"

#define PL_LOOP_TURNS   30
#define PL_LOOP_MS      60000
#define PL_LOOP_SAME    10
#define PL_LOOP_GAP_MS  60000

typedef struct {
    const Pl__Content  *content;    /* what they say now */
    int64_t             sent_ms;    /* when, as the provider says */
    int64_t             last_in_ms; /* when they wrote before; 0: never */
} pl_loop_in_t;

typedef struct {
    const char         *seen;       /* two machines: by which sign, for
                                       people, in the arena; NULL: no */
    bool                same;       /* the words of the message before */
} pl_loop_out_t;

/* The pulse is made where there is none. PL_NOMEM. */
pl_status_t pl_loop_heard(pl_apply_t *ap, Pl__Conversation *conv,
    const pl_loop_in_t *in, pl_loop_out_t *out, pl_err_t *err);

/* It is a person again that is spoken with. */
void pl_loop_forget(Pl__Conversation *conv);

#endif /* PL_LOOP_H_INCLUDED */
