/*
 * The append queue without nginx, for its tests: the thread pool is a list
 * that a test runs by hand, the event loop is the queue of posted events, the
 * journal counts.
 */

#ifndef PL_TEST_COMMIT_H_INCLUDED
#define PL_TEST_COMMIT_H_INCLUDED

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/http/ngx_http_parley_commit.c"
#include "../../src/http/ngx_http_parley_task.c"

#define ENTRIES  (3 * NGX_HTTP_PARLEY_BATCH_ENTRIES)


typedef struct {
    ngx_http_parley_entry_t   entry;
    unsigned                  answers;
    pl_status_t               status;
    uint64_t                  sequence;
    ngx_uint_t                last;
} waiting_t;

typedef struct {
    ngx_http_parley_commit_t  cm;
    ngx_log_t                 log;
    ngx_thread_task_t         task;
    waiting_t                 waiting[ENTRIES];
    unsigned                  order;        /* the next that is answered */
    unsigned                  batches;
    waiting_t                *again;        /* added by an answer */
} fixture_t;


/* ---- what stands for nginx and the journal ---------------------------- */

static ngx_thread_task_t  *posted_task;
static ngx_int_t           post_result;
static pl_status_t         append_result;
static uint64_t            append_next;
static size_t              append_n[8];
static unsigned            appends;
static size_t              append_bytes;
static pl_status_t         append_begins;
static void              (*while_it_commits)(void);
static unsigned            published;   /* appends that had settings */
static int64_t             clock_us;

ngx_queue_t                ngx_posted_events;
ngx_rbtree_t               ngx_event_timer_rbtree;
volatile ngx_msec_t        ngx_current_msec;


ngx_thread_task_t *
ngx_thread_task_alloc(ngx_pool_t *pool, size_t size)
{
    (void) size;

    return (ngx_thread_task_t *) (void *) pool;
}


ngx_int_t
ngx_thread_task_post(ngx_thread_pool_t *tp, ngx_thread_task_t *task)
{
    (void) tp;

    if (post_result == NGX_OK) {
        assert_null(posted_task);
        posted_task = task;
    }

    return post_result;
}


void
ngx_rbtree_insert(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    (void) tree;
    (void) node;
}


void
ngx_rbtree_delete(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    (void) tree;
    (void) node;
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    (void) level;
    (void) log;
    (void) err;
    (void) fmt;
}


pl_status_t
pl_journal_append_late(pl_store_t *st, const pl_clock_t *clock,
    pl_journal_take_pt take, void *data, const Pl__SettingsPublish *publish,
    pl_appended_t *out, pl_err_t *err)
{
    size_t             n;
    const pl_entry_t  *entries;

    (void) st;
    (void) clock;

    if (append_begins != PL_OK) {
        return pl_err_set(err, append_begins, "begin", 0, "no");
    }

    n = take(data, &entries);

    if (while_it_commits != NULL) {
        while_it_commits();
    }

    published += publish != NULL;
    append_n[appends++ % PL_COUNT(append_n)] = n;
    append_bytes = 0;
    clock_us += 1000;

    while (n-- > 0) {
        append_bytes += entries[n].body.len;
    }

    n = append_n[(appends - 1) % PL_COUNT(append_n)];

    if (append_result != PL_OK) {
        return pl_err_set(err, append_result, "append", 0, "no");
    }

    out->first = append_next;
    append_next += n;

    return PL_OK;
}


bool
pl_shared_locked(pl_shared_t *sh, pl_lock_e lock)
{
    (void) sh;
    (void) lock;

    return true;
}


static int64_t
fixture_mono_us(void *data)
{
    (void) data;

    return clock_us;
}


/* One turn of the event loop. */
static inline void
turn(void)
{
    ngx_queue_t  *q;
    ngx_event_t  *ev;

    while (!ngx_queue_empty(&ngx_posted_events)) {
        q = ngx_queue_head(&ngx_posted_events);
        ev = ngx_queue_data(q, ngx_event_t, queue);
        ngx_delete_posted_event(ev);
        ev->handler(ev);
    }
}


/* The pool thread's part, and the loop's when it is done. */
static inline unsigned
run(void)
{
    ngx_thread_task_t  *task;

    task = posted_task;

    if (task == NULL) {
        return 0;
    }

    posted_task = NULL;

    task->handler(task->ctx, NULL);

    task->event.complete = 1;
    task->event.handler(&task->event);

    return 1;
}


static void
fixture_batch(ngx_http_parley_commit_t *cm)
{
    fixture_t  *f = cm->data;

    f->batches++;
}


static void
fixture_answer(ngx_http_parley_entry_t *ent)
{
    fixture_t  *f = ent->data;
    waiting_t  *w = (waiting_t *) (void *) ent;

    assert_int_equal(w - f->waiting, f->order++);

    w->answers++;
    w->status = ent->status;
    w->sequence = ent->sequence;
    w->last = ent->last;

    if (f->again != NULL) {
        w = f->again;
        f->again = NULL;

        assert_int_equal(ngx_http_parley_commit_add(&f->cm, &w->entry),
                         NGX_OK);
    }
}


static inline int
setup(void **state)
{
    size_t                    i;
    static fixture_t          fixture;
    static const pl_clock_t   clock = { fixture_mono_us, fixture_mono_us,
                                        NULL };
    fixture_t                *f = &fixture;

    ngx_memzero(f, sizeof(*f));
    ngx_queue_init(&ngx_posted_events);

    posted_task = NULL;
    post_result = NGX_OK;
    append_result = PL_OK;
    append_next = 1;
    appends = 0;
    append_begins = PL_OK;
    while_it_commits = NULL;
    published = 0;
    clock_us = 0;

    f->cm.max_entries = ENTRIES;
    f->cm.max_bytes = 64 * 1024 * 1024;
    f->cm.clock = &clock;
    f->cm.batch_handler = fixture_batch;
    f->cm.data = f;
    f->cm.task.log = &f->log;

    for (i = 0; i < ENTRIES; i++) {
        f->waiting[i].entry.handler = fixture_answer;
        f->waiting[i].entry.data = f;
        f->waiting[i].entry.entry.body.len = 100;
    }

    *state = f;

    return ngx_http_parley_commit_init(&f->cm,
                             (ngx_pool_t *) (void *) &f->task) == NGX_OK
           ? 0 : -1;
}


static inline ngx_int_t
add(fixture_t *f, size_t i)
{
    return ngx_http_parley_commit_add(&f->cm, &f->waiting[i].entry);
}


static inline void
open_store(fixture_t *f)
{
    ngx_http_parley_commit_open(&f->cm, (pl_store_t *) (void *) f,
                                (pl_shared_t *) (void *) f, NULL);
}


static inline void
open_with_settings(fixture_t *f, const Pl__SettingsPublish *settings)
{
    ngx_http_parley_commit_open(&f->cm, (pl_store_t *) (void *) f,
                                (pl_shared_t *) (void *) f, settings);
}

#endif /* PL_TEST_COMMIT_H_INCLUDED */
