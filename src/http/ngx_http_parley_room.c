/*
 * Room in a worker: how full the store is, looked at once a second by the
 * task that folds, and what is taken then. At the second mark webhooks that
 * hold statuses alone are refused, at the third all of them: the provider
 * tells again what it was answered 503 for, and there is room left for what
 * was taken before. Nobody appends then, and appends are what drops from the
 * journal's front; so the task does.
 */

#include "../engine/journal.h"
#include "ngx_http_parley_worker.h"


#define NGX_HTTP_PARLEY_ROOM_LOOK_US  1000000


void
ngx_http_parley_room_look(ngx_http_parley_fold_t *f)
{
    int64_t   now;
    pl_err_t  err;

    now = pl_clock_mono_us(f->clock);

    if (now < f->look_us) {
        return;
    }

    f->look_us = now + NGX_HTTP_PARLEY_ROOM_LOOK_US;

    /* what fails here is told by whoever appends or folds */

    if (pl_store_fill(f->store, &f->marks, &f->fill, &err) == PL_OK
        && f->fill.mark >= PL_MARK_WARN
        && !pl_shared_locked(f->shared, PL_LOCK_SENDER))
    {
        (void) pl_journal_trim(f->store, f->clock, PL_JOURNAL_TRIM_MAX, NULL,
                               &err);
    }
}


void
ngx_http_parley_room_seen(ngx_http_parley_worker_t *w)
{
    pl_fill_t   *fill;
    ngx_uint_t   up, level;

    static const char  *marks[PL_MARKS + 1] = {
        "none is passed", "the first mark", "the second mark",
        "the third mark"
    };

    fill = &w->fold.fill;

    if (fill->mark != w->fill.mark) {
        up = (fill->mark > w->fill.mark);

        level = up ? NGX_LOG_WARN : NGX_LOG_NOTICE;

        ngx_log_error(level, w->log, 0,
                      "parley: the store %s: %s, %uD%% of the %s's %s",
                      up ? "fills up" : "has room again", marks[fill->mark],
                      fill->percent,
                      fill->env == PL_ENV_JOURNAL ? "journal" : "state",
                      fill->disk ? "disk" : "map");
    }

    w->fill = *fill;
}


ngx_int_t
ngx_http_parley_room_takes(ngx_http_parley_worker_t *w,
    const pl_channel_t *provider, pl_str_t body)
{
    if (w->fill.mark < PL_MARK_HOLD) {
        return NGX_OK;
    }

    if (w->fill.mark >= PL_MARK_REFUSE) {
        (void) ngx_atomic_fetch_add(&w->counters->full, 1);
        return NGX_DECLINED;
    }

    if (provider->statuses_only && provider->statuses_only(body)) {
        (void) ngx_atomic_fetch_add(&w->counters->full_statuses, 1);
        return NGX_DECLINED;
    }

    return NGX_OK;
}
