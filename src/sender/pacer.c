/*
 * The pacer (see pacer.h). Rows are by id, made at once: pages that nobody
 * touches cost nothing. Those of channels in which something waits are also
 * in a list, which a run walks from a place that moves on, so that where a
 * tenant's rate is short its channels take turns.
 *
 * No more than PL_INFLIGHT_MAX jobs exist, so neither list nor walk is long.
 */

#include <stdlib.h>
#include <string.h>

#include "beat.h"
#include "pace.h"
#include "pacer.h"

#define PACER_LATE_US  1000000          /* between two looks for late ones */
#define PACER_REST_US  10000000         /* between two looks for rings that
                                           say nothing any more */

typedef struct {
    pls_beat_t         beat;
    pls_jobs_t         line;
} pacer_row_t;

struct pls_pacer_s {
    const pl_clock_t  *clock;
    pl_pace_t         *pace;
    pls_pacer_may_pt   may;
    pls_pacer_go_pt    go;
    void              *data;

    pacer_row_t       *channels;        /* PL_PACE_ROWS */
    pls_beat_t        *tenants;         /* PL_PACE_ROWS */

    uint32_t           waiting[PL_INFLIGHT_MAX];    /* rows with a line */
    size_t             n_waiting;
    size_t             n;               /* jobs */
    size_t             top;             /* rows in use are below it */
    int64_t            rest_us;
    int64_t            late_us;
};

static void pacer_set(pls_pacer_t *pacer, const pls_job_t *job,
    int64_t now_us);
static void pacer_line_add(pls_jobs_t *line, pls_job_t *job);
static int64_t pacer_row(pls_pacer_t *pacer, pacer_row_t *row,
    pls_jobs_t *late, bool *left);
static int64_t pacer_due(pls_pacer_t *pacer, const pacer_row_t *row,
    const pls_job_t *job);
static void pacer_leave(pls_pacer_t *pacer, pacer_row_t *row,
    int64_t now_us);
static void pacer_sweep(pls_pacer_t *pacer, int64_t now_us, pls_jobs_t *late);
static void pacer_late(pls_pacer_t *pacer, pacer_row_t *row, int64_t now_us,
    pls_jobs_t *jobs);
static void pacer_rest(pls_pacer_t *pacer, int64_t now_us);


pl_status_t
pls_pacer_create(pls_pacer_t **out, const pl_clock_t *clock,
    pl_pace_t *pace, pls_pacer_may_pt may, pls_pacer_go_pt go, void *data,
    pl_err_t *err)
{
    pls_pacer_t  *pacer;

    pacer = calloc(1, sizeof(*pacer));

    if (pacer != NULL) {
        pacer->channels = calloc(PL_PACE_ROWS, sizeof(pacer_row_t));
        pacer->tenants = calloc(PL_PACE_ROWS, sizeof(pls_beat_t));
    }

    if (pacer == NULL || pacer->channels == NULL || pacer->tenants == NULL) {
        pls_pacer_destroy(pacer);
        return pl_err_set(err, PL_NOMEM, "pacer", 0, "out of memory");
    }

    pacer->clock = clock;
    pacer->pace = pace;
    pacer->may = may;
    pacer->go = go;
    pacer->data = data;
    pacer->rest_us = pl_clock_mono_us(clock) + PACER_REST_US;
    pacer->late_us = pl_clock_mono_us(clock) + PACER_LATE_US;

    *out = pacer;

    return PL_OK;
}


void
pls_pacer_destroy(pls_pacer_t *pacer)
{
    size_t  i;

    if (pacer == NULL) {
        return;
    }

    for (i = 0; i < PL_PACE_ROWS && pacer->tenants != NULL; i++) {
        pls_beat_free(&pacer->channels[i].beat);
        pls_beat_free(&pacer->tenants[i]);
    }

    free(pacer->channels);
    free(pacer->tenants);
    free(pacer);
}


void
pls_pacer_add(pls_pacer_t *pacer, pls_job_t *job)
{
    int64_t       now_us;
    uint32_t      i;
    pacer_row_t  *row;

    i = job->channel % PL_PACE_ROWS;
    row = &pacer->channels[i];

    now_us = pl_clock_mono_us(pacer->clock);
    pacer_set(pacer, job, now_us);

    if (row->line.n == 0) {
        pls_beat_begin(&row->beat, now_us);
        pls_beat_begin(&pacer->tenants[job->tenant % PL_PACE_ROWS], now_us);
        pacer->waiting[pacer->n_waiting++] = i;
    }

    pacer->top = pacer->top > i ? pacer->top : i + 1;
    i = job->tenant % PL_PACE_ROWS;
    pacer->top = pacer->top > i ? pacer->top : i + 1;

    job->came_us = now_us;
    pacer_line_add(&row->line, job);
    pacer->n++;
}


/* Who has let something leave stands behind all others the next time. */

int64_t
pls_pacer_run(pls_pacer_t *pacer, pls_jobs_t *late)
{
    bool          left;
    size_t        i, n, served;
    int64_t       due_us, next_us;
    uint32_t      rows[PL_INFLIGHT_MAX], behind[PL_INFLIGHT_MAX];
    pacer_row_t  *row;

    pacer_sweep(pacer, pl_clock_mono_us(pacer->clock), late);

    next_us = INT64_MAX;
    n = pacer->n_waiting;
    served = 0;
    memcpy(rows, pacer->waiting, n * sizeof(*rows));
    pacer->n_waiting = 0;

    for (i = 0; i < n; i++) {
        row = &pacer->channels[rows[i]];
        due_us = pacer_row(pacer, row, late, &left);

        if (row->line.n == 0) {
            continue;
        }

        next_us = due_us < next_us ? due_us : next_us;

        if (left) {
            behind[served++] = rows[i];
        } else {
            pacer->waiting[pacer->n_waiting++] = rows[i];
        }
    }

    memcpy(pacer->waiting + pacer->n_waiting, behind,
           served * sizeof(*behind));
    pacer->n_waiting += served;

    pacer_rest(pacer, pl_clock_mono_us(pacer->clock));

    return next_us < pacer->late_us || pacer->n == 0 ? next_us
                                                     : pacer->late_us;
}


bool
pls_pacer_left(pls_pacer_t *pacer, pls_job_t *job, bool on_wire)
{
    bool         waits;
    int64_t      now_us;
    pls_beat_t  *channel, *tenant;

    if (!job->handed) {
        return false;
    }

    job->handed = false;
    channel = &pacer->channels[job->channel % PL_PACE_ROWS].beat;
    tenant = &pacer->tenants[job->tenant % PL_PACE_ROWS];

    /* of its tenant's shares: no channel has more out than the tenant */

    waits = pls_beat_full(channel) || pls_beat_full(tenant)
            || !pls_beat_share(tenant, tenant->out);

    if (on_wire) {
        now_us = pl_clock_mono_us(pacer->clock);
        pls_beat_left(channel, now_us);
        pls_beat_left(tenant, now_us);
        pls_pace_wire(pacer->pace, job->channel, job->tenant, now_us);
        job->left_us = now_us;

    } else {
        pls_beat_gone(channel);
        pls_beat_gone(tenant);
    }

    /* on the wire it makes room in a second, but for who had no time */

    return pacer->n != 0 && (waits || !on_wire);
}


void
pls_pacer_drain(pls_pacer_t *pacer, pls_jobs_t *jobs)
{
    size_t  i;

    for (i = 0; i < pacer->n_waiting; i++) {
        pls_jobs_move(jobs, &pacer->channels[pacer->waiting[i]].line);
    }

    pacer->n_waiting = 0;
    pacer->n = 0;
}


void
pls_pacer_paused(pls_pacer_t *pacer, const _Atomic uint32_t *pauses,
    pls_jobs_t *jobs)
{
    size_t       i, n;
    uint32_t     at;
    pls_job_t   *job;
    pls_jobs_t   line, *stay;

    n = pacer->n_waiting;
    pacer->n_waiting = 0;

    for (i = 0; i < n; i++) {
        at = pacer->waiting[i];
        stay = &pacer->channels[at].line;
        memset(&line, 0, sizeof(line));
        pls_jobs_move(&line, stay);

        while ((job = pls_jobs_take(&line)) != NULL) {
            if (pls_job_paused(job, pauses)) {
                pls_jobs_add(jobs, job);
                pacer->n--;
            } else {
                pls_jobs_add(stay, job);        /* in order as before */
            }
        }

        if (stay->n != 0) {
            pacer->waiting[pacer->n_waiting++] = at;
        }
    }
}


size_t
pls_pacer_count(const pls_pacer_t *pacer)
{
    return pacer->n;
}


/* The rates that hold from this job on. */

static void
pacer_set(pls_pacer_t *pacer, const pls_job_t *job, int64_t now_us)
{
    pls_beat_set(&pacer->channels[job->channel % PL_PACE_ROWS].beat,
                 job->rate,
                 pls_pace_last(pacer->pace, job->channel, now_us));
    pls_beat_set(&pacer->tenants[job->tenant % PL_PACE_ROWS],
                 job->tenant_rate,
                 pls_pace_tenant_last(pacer->pace, job->tenant, now_us));
}


/* Behind all of its lane and of those before it. */

static void
pacer_line_add(pls_jobs_t *line, pls_job_t *job)
{
    pls_job_t  *before;

    if (line->n == 0 || line->tail->lane <= job->lane) {
        pls_jobs_add(line, job);
        return;
    }

    line->n++;

    if (line->head->lane > job->lane) {
        job->next = line->head;
        line->head = job;
        return;
    }

    before = line->head;
    while (before->next->lane <= job->lane) {
        before = before->next;          /* the tail's is greater */
    }

    job->next = before->next;
    before->next = job;
}


/*
 * Lets go what is due of one channel; returns when its next one is. What is
 * over takes no turn.
 */

static int64_t
pacer_row(pls_pacer_t *pacer, pacer_row_t *row, pls_jobs_t *late, bool *left)
{
    int64_t  now_us, due_us;

    *left = false;

    while (row->line.n != 0) {

        /* anew each time: handing one over takes a while */
        now_us = pl_clock_mono_us(pacer->clock);
        due_us = pacer_due(pacer, row, row->line.head);

        if (pls_job_over(row->line.head, now_us)) {
            pls_jobs_add(late, pls_jobs_take(&row->line));
            pacer->n--;
            continue;
        }

        if (due_us > now_us) {
            return due_us;
        }

        if (pacer->may != NULL && !pacer->may(pacer->data, row->line.head)) {
            return INT64_MAX;
        }

        pacer_leave(pacer, row, now_us);
        *left = true;
    }

    return INT64_MAX;
}


static int64_t
pacer_due(pls_pacer_t *pacer, const pacer_row_t *row, const pls_job_t *job)
{
    int64_t            channel_us, tenant_us;
    const pls_beat_t  *tenant;

    tenant = &pacer->tenants[job->tenant % PL_PACE_ROWS];

    if (!pls_beat_share(tenant, row->beat.out)) {
        return INT64_MAX;
    }

    channel_us = pls_beat_due(&row->beat);
    tenant_us = pls_beat_due(tenant);

    return channel_us > tenant_us ? channel_us : tenant_us;
}


static void
pacer_leave(pls_pacer_t *pacer, pacer_row_t *row, int64_t now_us)
{
    pls_job_t  *job;

    job = pls_jobs_take(&row->line);
    pacer->n--;

    job->left_us = now_us;
    job->handed = true;
    pls_beat_note(&row->beat, now_us);
    pls_beat_note(&pacer->tenants[job->tenant % PL_PACE_ROWS], now_us);
    pls_pace_left(pacer->pace, job->channel, job->tenant, now_us);

    pacer->go(pacer->data, job);
}


/* Once a second is enough. */

static void
pacer_sweep(pls_pacer_t *pacer, int64_t now_us, pls_jobs_t *late)
{
    size_t    i, n;
    uint32_t  at;

    if (now_us < pacer->late_us) {
        return;
    }

    pacer->late_us = now_us + PACER_LATE_US;
    n = pacer->n_waiting;
    pacer->n_waiting = 0;

    for (i = 0; i < n; i++) {
        at = pacer->waiting[i];
        pacer_late(pacer, &pacer->channels[at], now_us, late);

        if (pacer->channels[at].line.n != 0) {
            pacer->waiting[pacer->n_waiting++] = at;
        }
    }
}


static void
pacer_late(pls_pacer_t *pacer, pacer_row_t *row, int64_t now_us,
    pls_jobs_t *jobs)
{
    pls_job_t   *job;
    pls_jobs_t   line = { NULL, NULL, 0 };

    pls_jobs_move(&line, &row->line);

    while ((job = pls_jobs_take(&line)) != NULL) {
        if (now_us - job->came_us < PLS_PACER_WAIT_US) {
            pls_jobs_add(&row->line, job);      /* in order as before */
        } else {
            pls_jobs_add(jobs, job);
            pacer->n--;
        }
    }
}


/* Now and then: a channel that has said its piece keeps no memory. */

static void
pacer_rest(pls_pacer_t *pacer, int64_t now_us)
{
    size_t  i;

    if (now_us < pacer->rest_us) {
        return;
    }

    pacer->rest_us = now_us + PACER_REST_US;

    /* while something waits, its beats must stay as they are */
    for (i = 0; i < pacer->top && pacer->n == 0; i++) {
        pls_beat_rest(&pacer->channels[i].beat, now_us);
        pls_beat_rest(&pacer->tenants[i], now_us);
    }
}
