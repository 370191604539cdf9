/*
 * What a turn of the live feed brought, given to its clients. See
 * ngx_http_parley_live.h.
 */

#include "ngx_http_parley_live.h"


static void ngx_http_parley_told_keys(ngx_http_parley_live_t *live);
static void ngx_http_parley_told_given(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job);
static void ngx_http_parley_told_give(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job, ngx_http_parley_client_t *c);
static void ngx_http_parley_told_caught(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job);
static void ngx_http_parley_told_waited(ngx_http_parley_job_t *job);
static void ngx_http_parley_told_front(ngx_http_parley_client_t *c);
static void ngx_http_parley_told_release(ngx_http_parley_job_t *job);


/*
 * Those at the front first: who was behind and joins them has read the same
 * snapshot to its end, and what they were given of it is not given twice.
 */

void
ngx_http_parley_told_done(void *data)
{
    ngx_http_parley_worker_t  *w = data;

    ngx_uint_t               i;
    ngx_http_parley_job_t   *job;
    ngx_http_parley_live_t  *live = w->live;

    if (live->status != PL_OK) {

        /* a row that cannot be read is one tenant's, and delays no other */

        live->failed_at = live->status == PL_FOREIGN
                          ? 0 : ngx_max(ngx_current_msec, 1);
        live->seen = 0;

        ngx_http_parley_worker_failed(w, &live->cause, "cannot read events",
                                      &live->err);

        if (live->status == PL_BROKEN) {
            ngx_http_parley_worker_broken(w);
        }

    } else {
        live->failed_at = 0;

        ngx_http_parley_worker_recovered(w, &live->cause,
                                         "events can be read");
    }

    /* before anything is given to those who may no longer have it */

    ngx_http_parley_told_keys(live);

    for (i = 0; i < live->n_jobs; i++) {
        job = &live->jobs[i];

        if (!job->read) {
            live->seen = 0;             /* its turn ran out of time */

        } else if (job->audience) {
            ngx_http_parley_told_given(live, job);
        }
    }

    for (i = 0; i < live->n_jobs; i++) {
        job = &live->jobs[i];

        if (job->client) {
            ngx_http_parley_told_caught(live, job);
        }

        ngx_http_parley_told_release(job);
    }

    live->n_jobs = 0;

    if (w->open.broken) {
        ngx_http_parley_worker_idle(w);

    } else if (live->status == PL_OK && !ngx_queue_empty(&live->behind)) {

        /* who is behind, and reads, is not kept waiting */

        ngx_http_parley_live_soon(live);
    }
}


/* Whoever came with a key that has ended meanwhile, or that of a tenant which
   was removed, is ended, each second; one that is to end earlier than it was
   is when it does. */

static void
ngx_http_parley_told_keys(ngx_http_parley_live_t *live)
{
    int64_t                    left;
    ngx_time_t                *tp = ngx_timeofday();
    ngx_queue_t               *q, *next;
    const pl_api_live_key_t   *key;
    ngx_http_parley_client_t  *c;

    if (!live->look_keys) {
        return;
    }

    live->look_keys = 0;
    live->keys_due = 0;
    live->keys_at = ngx_time();

    for (q = ngx_queue_head(&live->beats);
         q != ngx_queue_sentinel(&live->beats);
         q = next)
    {
        next = ngx_queue_next(q);
        c = ngx_queue_data(q, ngx_http_parley_client_t, beat);

        if (pl_who_gone(live->settings, c->of)) {
            ngx_http_parley_events_close(c);
            continue;
        }

        key = c->key ? pl_api_live_key(live->keys, live->n_keys, c->key)
                     : NULL;

        if (key == NULL) {
            continue;
        }

        left = key->until_ms - ((int64_t) tp->sec * 1000 + tp->msec);

        if (left <= 0) {
            ngx_http_parley_events_close(c);

        } else if (left < (ngx_msec_int_t) (c->until - ngx_current_msec)) {
            c->until = ngx_current_msec + (ngx_msec_t) left;
        }
    }
}


/* What the turn brought a tenant, to all at its front. */

static void
ngx_http_parley_told_given(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job)
{
    ngx_queue_t                 *q, *next;
    ngx_http_parley_client_t    *c;
    ngx_http_parley_audience_t  *a = job->audience;

    if (!job->end) {
        live->seen = 0;                 /* there is more */
    }

    a->read_to = job->to;

    for (q = ngx_queue_head(&a->front);
         q != ngx_queue_sentinel(&a->front);
         q = next)
    {
        next = ngx_queue_next(q);
        c = ngx_queue_data(q, ngx_http_parley_client_t, queue);

        if (job->lost) {

            /* each hears of it for itself */

            ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_BEHIND);
            continue;
        }

        ngx_http_parley_told_give(live, job, c);

        if (c->out || c->state == NGX_HTTP_PARLEY_CLIENT_FULL) {
            ngx_http_parley_client_flush(c);
        }
    }
}


/* A client that is full, or held, keeps the cursor that it came to. */

static void
ngx_http_parley_told_give(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job, ngx_http_parley_client_t *c)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    ngx_http_parley_as_e       as;
    ngx_http_parley_told_t    *told;

    as = c->how == PL_API_LIVE_SOCKET ? NGX_HTTP_PARLEY_AS_FRAME
                                      : NGX_HTTP_PARLEY_AS_SSE;

    for (i = 0; i < job->n_told; i++) {
        told = &job->told[i];

        if (told->event.sequence <= c->cursor
            || !pl_api_event_fits(&c->filter, &told->event))
        {
            continue;
        }

        if (ngx_http_parley_client_held(c)) {
            ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_HELD);
            return;
        }

        if (told->bytes[as] == NULL) {
            told->bytes[as] = ngx_http_parley_events_bytes(live->log,
                                                           &told->event, as);
        }

        rc = told->bytes[as] == NULL
             ? NGX_BUSY : ngx_http_parley_client_queue(c, told->bytes[as]);

        if (rc != NGX_OK) {
            ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_FULL);
            return;
        }

        c->cursor = told->event.sequence;
        c->said_to = c->cursor;

        ngx_http_parley_client_told(c, c->cursor);

        (void) ngx_atomic_fetch_add(&live->counters->events_out, 1);
    }

    c->cursor = ngx_max(c->cursor, job->to);
}


/* What was read for one that is behind. */

static void
ngx_http_parley_told_caught(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job)
{
    ngx_http_parley_client_t  *c = job->client;

    c->job = NULL;

    if (c->how == PL_API_LIVE_WAIT) {
        ngx_http_parley_told_waited(job);
        return;
    }

    ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_BEHIND);

    if (!job->read) {
        return;
    }

    if (job->said.data) {
        ngx_http_parley_socket_said(c, job);
        return;
    }

    if (job->lost) {
        if (ngx_http_parley_events_lost(c, job) != NGX_OK) {
            ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_FULL);
            ngx_http_parley_client_flush(c);
            return;
        }

        c->cursor = job->to;

    } else if (!c->resolved) {
        c->cursor = job->to;

    } else {
        ngx_http_parley_told_give(live, job, c);
    }

    c->resolved = 1;

    /* who has said something meanwhile is looked at once more, held or not */

    if (c->state == NGX_HTTP_PARLEY_CLIENT_HELD && c->said.data) {
        ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_BEHIND);
    }

    if (c->state == NGX_HTTP_PARLEY_CLIENT_BEHIND && job->end
        && c->said.data == NULL)
    {
        ngx_http_parley_told_front(c);

        if (c->said_to != c->cursor) {
            ngx_http_parley_events_beat(c);
            return;
        }
    }

    ngx_http_parley_client_flush(c);
}


/* A page that looked at many rows in vain says where to go on; one that is
   at the end waits there. */

static void
ngx_http_parley_told_waited(ngx_http_parley_job_t *job)
{
    ngx_http_parley_client_t  *c = job->client;

    if (job->read && job->json.len && (job->n_page || !job->end || c->over)) {
        ngx_http_parley_events_page(c, job->json);

    } else if (c->over) {
        ngx_http_parley_events_empty(c);

    } else if (job->read && job->json.len) {
        c->cursor = job->to;
        c->page->after = job->to;
    }
}


/* To the front, where its cursor is not behind theirs. */

static void
ngx_http_parley_told_front(ngx_http_parley_client_t *c)
{
    ngx_http_parley_audience_t  *a = c->audience;

    if (ngx_queue_empty(&a->front)) {
        a->read_to = c->cursor;
    }

    if (c->cursor >= a->read_to) {
        ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_FRONT);
    }
}


static void
ngx_http_parley_told_release(ngx_http_parley_job_t *job)
{
    ngx_uint_t  i, as;

    for (i = 0; i < job->n_told; i++) {
        for (as = 0; as < NGX_HTTP_PARLEY_AS_KINDS; as++) {
            ngx_http_parley_client_release(job->told[i].bytes[as]);
        }
    }

    job->n_told = 0;
}
