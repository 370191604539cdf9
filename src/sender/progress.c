/*
 * Slots of the progress file (see progress.h). `effect` is written last when
 * a slot is taken and first when it is freed: while it is not 0, the rest is
 * right.
 */

#include "progress.h"


void
pls_progress_take(pl_progress_t *progress, uint32_t slot, uint64_t effect,
    uint64_t epoch)
{
    pl_slot_t  *s;

    s = &progress->slot[slot];

    atomic_store_explicit(&s->effect, 0, memory_order_release);
    atomic_store_explicit(&s->epoch, epoch, memory_order_release);
    atomic_store_explicit(&s->stage, PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN,
                          memory_order_release);
    atomic_store_explicit(&s->effect, effect, memory_order_release);
}


void
pls_progress_stage(pl_progress_t *progress, uint32_t slot,
    Pl__WireStage stage)
{
    atomic_store_explicit(&progress->slot[slot].stage, (uint32_t) stage,
                          memory_order_release);
}


void
pls_progress_free(pl_progress_t *progress, uint32_t slot)
{
    atomic_store_explicit(&progress->slot[slot].effect, 0,
                          memory_order_release);
}


size_t
pls_progress_read(pl_progress_t *progress, Pl__AttemptStage *stages,
    size_t max)
{
    size_t            n, i;
    uint32_t          stage;
    uint64_t          effect;
    Pl__AttemptStage  none = PL__ATTEMPT_STAGE__INIT;

    n = 0;

    for (i = 0; i < PL_INFLIGHT_MAX && n < max; i++) {
        effect = atomic_load_explicit(&progress->slot[i].effect,
                                      memory_order_acquire);
        if (effect == 0) {
            continue;
        }

        stage = atomic_load_explicit(&progress->slot[i].stage,
                                     memory_order_acquire);
        if (stage < PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN
            || stage > PL__WIRE_STAGE__WIRE_STAGE_ANSWERED)
        {
            stage = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
        }

        stages[n] = none;
        stages[n].effect = effect;
        stages[n].stage = (Pl__WireStage) stage;
        n++;
    }

    return n;
}


void
pls_progress_clear(pl_progress_t *progress)
{
    uint32_t  i;

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        pls_progress_free(progress, i);
    }
}


void
pls_progress_newest(pl_progress_t *progress, uint64_t entry, int64_t time_ms)
{
    /* a kill in between leaves nothing said, and no number with a wrong time */

    atomic_store_explicit(&progress->newest, 0, memory_order_relaxed);
    atomic_store_explicit(&progress->newest_ms, time_ms,
                          memory_order_release);
    atomic_store_explicit(&progress->newest, entry, memory_order_release);
}
