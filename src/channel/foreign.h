/*
 * What an answer means that is not the API's own, but of something in
 * between, or none: judged by its status alone, and by how far the request
 * had come. The table "What each answer becomes" of docs/parley-sender.md; one
 * for all providers that are reached over HTTP.
 *
 * Pure; any thread.
 */

#ifndef PL_FOREIGN_H_INCLUDED
#define PL_FOREIGN_H_INCLUDED

#include "channel.h"

/* There was none (status 0): again, if nothing can have left. */
void pl_foreign_none(const pl_answer_t *answer, Pl__SendResult *out);

/* What a status becomes. */
Pl__Outcome pl_foreign_status(int status);

/* All of it: outcome, reason, delay. PL_NOMEM. */
pl_status_t pl_foreign(const pl_answer_t *answer, pl_arena_t *ar,
    Pl__SendResult *out, pl_err_t *err);

/*
 * When it is tried again, where it is: as Retry-After says, which wins over
 * what the API's table hints (0: nothing).
 */
void pl_foreign_delay(const pl_answer_t *answer, int64_t hint_ms,
    Pl__SendResult *out);

#endif /* PL_FOREIGN_H_INCLUDED */
