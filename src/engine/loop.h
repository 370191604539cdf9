/*
 * The loop breaker: sees when it is a machine that answers.
 *
 * Two signs, both cheap enough for every message:
 *
 *     turns     PL_LOOP_TURNS messages, each of which was answered, within
 *               PL_LOOP_MS: nobody reads and writes that fast for so long
 *     repeats   the same words PL_LOOP_SAME times in a row, none more than
 *               PL_LOOP_GAP_MS behind the one before
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

/*
 * They said this, now. last_in_ms: when they wrote before it; 0: never.
 * NULL: nothing odd; otherwise what was seen, for people, in the arena.
 * The pulse is made where there is none; PL_NOMEM leaves it alone.
 */
pl_status_t pl_loop_heard(pl_apply_t *ap, Pl__Conversation *conv,
    int64_t last_in_ms, const Pl__Content *content, const char **seen,
    pl_err_t *err);

/* The same words as the message before, of which this is the second? */
bool pl_loop_again(const Pl__Conversation *conv);

/* A bot has answered: the turn is whole. */
void pl_loop_answered(Pl__Conversation *conv);

/* It is a person again that is spoken with. */
void pl_loop_forget(Pl__Conversation *conv);

#endif /* PL_LOOP_H_INCLUDED */
