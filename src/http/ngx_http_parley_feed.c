/*
 * The reader of the live feed, in the pool thread: one snapshot of the state
 * for all that a turn reads. Touches its jobs, its arenas and the store.
 */

#include "../core/clock.h"
#include "../engine/news.h"
#include "../engine/state.h"
#include "ngx_http_parley_live.h"
#include "ngx_http_parley_worker.h"

#define NGX_HTTP_PARLEY_FEED_TURN_US  200000    /* the rest has to wait */


typedef struct {
    ngx_http_parley_live_t   *live;
    ngx_http_parley_job_t    *job;
    ngx_uint_t                nomem;
} ngx_http_parley_feed_t;


static pl_status_t ngx_http_parley_feed_begin(ngx_http_parley_live_t *live,
    pl_txn_t *txn);
static pl_status_t ngx_http_parley_feed_job(ngx_http_parley_live_t *live,
    pl_txn_t *txn, ngx_http_parley_job_t *job);
static pl_status_t ngx_http_parley_feed_rows(ngx_http_parley_live_t *live,
    const pl_api_event_from_t *from, ngx_http_parley_job_t *job);
static bool ngx_http_parley_feed_add(void *data, const pl_api_event_t *event);
static pl_status_t ngx_http_parley_feed_page(ngx_http_parley_live_t *live,
    const pl_api_event_from_t *from, ngx_http_parley_job_t *job);
static pl_status_t ngx_http_parley_feed_said(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job);
static pl_status_t ngx_http_parley_feed_note(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job, Pl__Api__EventNoteType type, uint64_t id,
    const char *detail);


void
ngx_http_parley_feed_run(void *data)
{
    ngx_http_parley_worker_t  *w = data;

    int64_t                  end_us;
    pl_txn_t                *txn;
    ngx_uint_t               i, n;
    pl_status_t              rc, bad;
    ngx_http_parley_live_t  *live = w->live;

    bad = PL_OK;
    live->n_bytes = 0;
    end_us = pl_clock_mono_us(w->clock) + NGX_HTTP_PARLEY_FEED_TURN_US;

    rc = pl_store_begin(live->store, PL_ENV_STATE, false, &txn, &live->err);

    if (rc == PL_OK) {
        rc = ngx_http_parley_feed_begin(live, txn);

        for (i = 0, n = live->first; rc == PL_OK && i < live->n_jobs;
             i++, n++)
        {
            if (live->n_bytes > NGX_HTTP_PARLEY_LIVE_BYTES
                || pl_clock_mono_us(w->clock) > end_us)
            {
                break;
            }

            rc = ngx_http_parley_feed_job(live, txn,
                                          &live->jobs[n % live->n_jobs]);

            if (rc == PL_FOREIGN) {

                /* a row of its tenant's, which keeps nobody else */

                bad = rc;
                rc = PL_OK;
            }
        }

        live->first = i < live->n_jobs ? n % live->n_jobs : 0;

        if (rc == PL_OK && live->look_keys) {
            rc = pl_api_live_keys(txn, live->scratch, live->ar, &live->keys,
                                  &live->n_keys, &live->err);
        }

        pl_store_abort(txn);
    }

    live->look_keys = live->look_keys && rc == PL_OK;   /* they were read */
    live->status = rc == PL_OK ? bad : rc;
}


/* An empty state has nothing to tell. */

static pl_status_t
ngx_http_parley_feed_begin(ngx_http_parley_live_t *live, pl_txn_t *txn)
{
    pl_status_t      rc;
    Pl__StateMeta   *meta;

    pl_arena_reset(live->scratch);

    live->now = 0;
    live->pruned = 0;

    rc = pl_state_meta(txn, live->scratch, &meta, &live->err);

    if (rc == PL_NOTFOUND) {
        return PL_OK;
    }

    if (rc != PL_OK) {
        return rc;
    }

    live->now = meta->next_id - 1;
    live->pruned = meta->changes_pruned;

    return pl_news_follow(&live->settings, txn, live->flows,
                          meta->generation, &live->err);
}


static pl_status_t
ngx_http_parley_feed_job(ngx_http_parley_live_t *live, pl_txn_t *txn,
    ngx_http_parley_job_t *job)
{
    pl_api_event_from_t  from;

    from.txn = txn;
    from.settings = live->settings;
    from.codec = live->codec;
    from.ar = live->scratch;

    if (job->said.data) {
        return ngx_http_parley_feed_said(live, job);
    }

    if (job->after == PL_API_LIVE_NOW || live->settings == NULL) {
        job->to = live->now;
        job->end = 1;
        job->read = 1;
        return PL_OK;
    }

    if (job->page) {
        return ngx_http_parley_feed_page(live, &from, job);
    }

    if (job->after < live->pruned || job->after > live->now) {

        /* they were dropped; or this is an older copy of the store */

        job->to = live->now;
        job->end = 1;
        job->lost = 1;
        job->read = 1;

        return job->one
               ? ngx_http_parley_feed_note(live, job,
                            PL__API__EVENT_NOTE_TYPE__EVENT_NOTE_TYPE_RESET,
                            live->now, NULL)
               : PL_OK;
    }

    return ngx_http_parley_feed_rows(live, &from, job);
}


static pl_status_t
ngx_http_parley_feed_rows(ngx_http_parley_live_t *live,
    const pl_api_event_from_t *from, ngx_http_parley_job_t *job)
{
    pl_status_t             rc;
    pl_api_live_walk_t      walk;
    ngx_http_parley_feed_t  feed;

    feed.live = live;
    feed.job = job;
    feed.nomem = 0;

    ngx_memzero(&walk, sizeof(pl_api_live_walk_t));
    walk.tenant = job->tenant;
    walk.after = job->after;
    walk.now = live->now;
    walk.n = (unsigned) job->rows;
    walk.each = ngx_http_parley_feed_add;
    walk.data = &feed;

    rc = pl_api_live_walk(from, &walk, &live->err);

    if (rc != PL_OK) {
        return rc;
    }

    if (feed.nomem) {

        /* the one that did not fit is read by the next turn */

        walk.to = job->n_told ? job->told[job->n_told - 1].event.sequence
                              : job->after;
        walk.end = false;
    }

    job->to = walk.to;
    job->end = walk.end;
    job->read = 1;

    return PL_OK;
}


/* Kept: what filters look at, and the JSON. */

static bool
ngx_http_parley_feed_add(void *data, const pl_api_event_t *event)
{
    ngx_http_parley_feed_t  *feed = data;

    ngx_uint_t               room;
    pl_arena_t              *ar = feed->live->ar;
    ngx_http_parley_job_t   *job = feed->job;
    ngx_http_parley_told_t  *told;

    if (job->n_told == job->room) {
        room = job->room ? 2 * job->room : 8;

        told = pl_arena_alloc(ar, room * sizeof(ngx_http_parley_told_t));
        if (told == NULL) {
            feed->nomem = 1;
            return false;
        }

        if (job->n_told) {
            ngx_memcpy(told, job->told,
                       job->n_told * sizeof(ngx_http_parley_told_t));
        }

        job->told = told;
        job->room = room;
    }

    told = &job->told[job->n_told];

    ngx_memzero(told, sizeof(ngx_http_parley_told_t));
    told->event = *event;
    told->event.event = NULL;
    told->event.json.data = pl_arena_dup(ar, event->json.data,
                                         event->json.len);

    if (event->owner) {
        told->event.owner = pl_arena_str(ar, pl_str_c(event->owner));
    }

    if (told->event.json.data == NULL
        || (event->owner && told->event.owner == NULL))
    {
        feed->nomem = 1;
        return false;
    }

    job->n_told++;
    feed->live->n_bytes += event->json.len;

    return feed->live->n_bytes <= NGX_HTTP_PARLEY_LIVE_BYTES;
}


static pl_status_t
ngx_http_parley_feed_page(ngx_http_parley_live_t *live,
    const pl_api_event_from_t *from, ngx_http_parley_job_t *job)
{
    pl_status_t         rc;
    pl_api_live_page_t  page;

    rc = pl_api_live_page(from, job->page, live->now, live->ar, &page,
                          &live->err);

    job->json = page.json;
    job->n_page = page.n;
    job->to = page.to;
    job->end = page.end;
    job->read = (rc == PL_OK);
    live->n_bytes += page.json.len;

    return rc;
}


/* A client's words; what is wrong with them is told to it. */

static pl_status_t
ngx_http_parley_feed_said(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job)
{
    pl_err_t                   err = { 0 };
    pl_status_t                rc;
    ProtobufCMessage          *msg;
    Pl__Api__EventSubscribe   *said;

    rc = pl_json_decode(live->codec, &pl__api__event_subscribe__descriptor,
                        job->said, 0, live->ar, &msg, &err);

    if (rc == PL_OK && live->settings == NULL) {
        rc = pl_err_set(&err, PL_INVALID, "", 0, "nothing is known yet");

    } else if (rc == PL_OK) {
        said = (Pl__Api__EventSubscribe *) msg;

        rc = pl_api_live_filter(live->settings, job->tenant, job->sees, said,
                                &job->filter, &err);

        if (rc == PL_OK && said->after) {
            job->has_after = pl_api_event_id_parse(pl_str_c(said->after),
                                                   &job->new_after)
                             && job->new_after <= live->now;

            if (!job->has_after) {
                rc = pl_err_set(&err, PL_INVALID, "after", 0,
                                "is no id of an event: evt_93");
            }
        }

        job->subscribe = rc == PL_OK ? said : NULL;
    }

    job->read = 1;

    return rc == PL_OK
           ? PL_OK
           : ngx_http_parley_feed_note(live, job,
                         PL__API__EVENT_NOTE_TYPE__EVENT_NOTE_TYPE_REFUSED,
                         0, err.text);
}


static pl_status_t
ngx_http_parley_feed_note(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job, Pl__Api__EventNoteType type, uint64_t id,
    const char *detail)
{
    char                  text[PL_API_EVENT_ID_MAX];
    pl_status_t           rc;
    Pl__Api__EventNote    note = PL__API__EVENT_NOTE__INIT;

    pl_api_event_id(text, id);

    note.type = type;
    note.id = id ? text : NULL;
    note.detail = (char *) detail;

    rc = pl_json_encode(live->codec, &note.base, live->ar, &job->json,
                        &live->err);

    job->read = (rc == PL_OK);

    return rc;
}
