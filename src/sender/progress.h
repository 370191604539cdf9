/*
 * Slots of the progress file (share.h): how far each attempt got, for the
 * sender that comes after a crash of this one.
 *
 * Order of writing, so that a kill at any moment leaves the truth or less:
 *
 * - A slot is taken before its Attempt is appended. Killed in between, the
 *   slot names an effect that is not in `attempts`: apply ignores it.
 * - A stage is written before what it names happens.
 * - A slot is freed after its result is on disk. Killed in between, again
 *   the effect is not in `attempts` any more.
 *
 * One writer a slot: the thread that holds its job.
 */

#ifndef PLS_PROGRESS_H_INCLUDED
#define PLS_PROGRESS_H_INCLUDED

#include "../core/share.h"
#include "journal.pb-c.h"

void pls_progress_take(pl_progress_t *progress, uint32_t slot,
    uint64_t effect, uint64_t epoch);
void pls_progress_stage(pl_progress_t *progress, uint32_t slot,
    Pl__WireStage stage);
void pls_progress_free(pl_progress_t *progress, uint32_t slot);

/*
 * What the slots say, at most max of them; a stage that is none counts as
 * the worst, LEAVING. Returns how many.
 */
size_t pls_progress_read(pl_progress_t *progress, Pl__AttemptStage *stages,
    size_t max);

/* The last entry that this sender has appended, once it is on disk. */
void pls_progress_newest(pl_progress_t *progress, uint64_t entry,
    int64_t time_ms);

/* Frees every slot. */
void pls_progress_clear(pl_progress_t *progress);

#endif /* PLS_PROGRESS_H_INCLUDED */
