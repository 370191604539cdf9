/*
 * When an attempt leaves. Jobs that the store thread hands over wait here, in
 * a line for each channel, replies first, and leave evenly spaced at the
 * channel's rate and at the tenant's (beat.h), however they came in with the
 * journal's commits.
 *
 * Who holds a pacer calls pls_pacer_run when it says so: what is due by then
 * leaves. Being late delays, and lets nothing leave that should not. And it
 * says when each is on the wire, which may be a handshake later: until then
 * it has its part of the rate, and what waits behind it waits.
 *
 * The main thread's alone. Time is the clock's that it is made with.
 */

#ifndef PLS_PACER_H_INCLUDED
#define PLS_PACER_H_INCLUDED

#include "../core/clock.h"
#include "../core/share.h"
#include "job.h"

/*
 * Longer than that nothing waits: what a gate let in leaves within moments,
 * but for a rate that a reload made low meanwhile, for handshakes that hang,
 * and for mails while their relays are silent. Above PLS_GATE_PAST_S.
 */
#define PLS_PACER_WAIT_US  5000000

typedef struct pls_pacer_s  pls_pacer_t;

/*
 * The job's time is here: job->left_us and job->handed are set, and the job the
 * callee's.
 */
typedef void (*pls_pacer_go_pt)(void *data, pls_job_t *job);

/* Is there room for it now? Else it waits, and its channel's line with it. */
typedef bool (*pls_pacer_may_pt)(void *data, const pls_job_t *job);

/*
 * pace: where departures are noted, and what the last sender left behind is
 * known from. may is asked of what is due before it goes; NULL: there is
 * always room. PL_NOMEM.
 */
pl_status_t pls_pacer_create(pls_pacer_t **pacer, const pl_clock_t *clock,
    pl_pace_t *pace, pls_pacer_may_pt may, pls_pacer_go_pt go, void *data,
    pl_err_t *err);

/* NULL is fine. Jobs that still wait are their owner's. */
void pls_pacer_destroy(pls_pacer_t *pacer);

/*
 * Takes a job: job->channel, tenant, lane, rate, tenant_rate and over_us are
 * set. The
 * rates of the last job that came are those that hold.
 */
void pls_pacer_add(pls_pacer_t *pacer, pls_job_t *job);

/*
 * Lets go of all that is due. Adds to late what has waited for
 * PLS_PACER_WAIT_US, about, or may not leave any more as its turn comes
 * (pls_job_over): policy is to be asked again. Returns when to call it again,
 * us of the clock; INT64_MAX: not before something is added. Who makes room
 * for what had none calls it as well.
 */
int64_t pls_pacer_run(pls_pacer_t *pacer, pls_jobs_t *late);

/*
 * It is on the wire, now (on_wire), which job->left_us then says, or it never
 * will be. Of a job that was not handed on, or of which it was said, nothing
 * happens. Returns whether something may wait for that: then pls_pacer_run is
 * to be called again.
 */
bool pls_pacer_left(pls_pacer_t *pacer, pls_job_t *job, bool on_wire);

/*
 * Gives back those whose tenant has paused something since they were decided
 * (pls_job_paused); the others keep their place.
 */
void pls_pacer_paused(pls_pacer_t *pacer, const _Atomic uint32_t *pauses,
    pls_jobs_t *jobs);

/* Gives back all that wait, channel by channel. */
void pls_pacer_drain(pls_pacer_t *pacer, pls_jobs_t *jobs);

size_t pls_pacer_count(const pls_pacer_t *pacer);

#endif /* PLS_PACER_H_INCLUDED */
