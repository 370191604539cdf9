/*
 * The append queue without nginx: its thread pool is a list that a test
 * runs by hand, its event loop is the queue of posted events, its journal
 * counts. What is shared by one batch, what waits, what is refused, and in
 * which order all are answered.
 */

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
pl_journal_append(pl_store_t *st, const pl_clock_t *clock,
    const pl_entry_t *entries, size_t n, const Pl__SettingsPublish *publish,
    pl_appended_t *out, pl_err_t *err)
{
    (void) st;
    (void) clock;
    (void) entries;

    published += publish != NULL;
    append_n[appends++ % PL_COUNT(append_n)] = n;
    clock_us += 1000;

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
static void
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
static unsigned
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


static int
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


static ngx_int_t
add(fixture_t *f, size_t i)
{
    return ngx_http_parley_commit_add(&f->cm, &f->waiting[i].entry);
}


static void
open_store(fixture_t *f)
{
    ngx_http_parley_commit_open(&f->cm, (pl_store_t *) (void *) f,
                                (pl_shared_t *) (void *) f, NULL);
}


static void
open_with_settings(fixture_t *f, const Pl__SettingsPublish *settings)
{
    ngx_http_parley_commit_open(&f->cm, (pl_store_t *) (void *) f,
                                (pl_shared_t *) (void *) f, settings);
}


/* ---- tests ------------------------------------------------------------ */

static void
one_turn_shares_a_batch(void **state)
{
    size_t      i;
    fixture_t  *f = *state;

    open_store(f);

    for (i = 0; i < 5; i++) {
        assert_int_equal(add(f, i), NGX_OK);
    }

    assert_null(posted_task);
    turn();
    assert_int_equal(run(), 1);

    assert_int_equal(appends, 1);
    assert_int_equal(append_n[0], 5);

    for (i = 0; i < 5; i++) {
        assert_int_equal(f->waiting[i].answers, 1);
        assert_int_equal(f->waiting[i].status, PL_OK);
        assert_int_equal(f->waiting[i].sequence, i + 1);
        assert_int_equal(f->waiting[i].entry.waited_us, 1000);
        assert_int_equal(f->waiting[i].last, i == 4);
    }

    assert_int_equal(f->cm.n_entries, 0);
    assert_int_equal(f->cm.n_bytes, 0);
    turn();
    assert_int_equal(run(), 0);
}


static void
the_next_forms_behind_it(void **state)
{
    fixture_t  *f = *state;

    open_store(f);

    assert_int_equal(add(f, 0), NGX_OK);
    turn();
    assert_int_equal(add(f, 1), NGX_OK);
    assert_int_equal(add(f, 2), NGX_OK);
    turn();

    assert_int_equal(run(), 1);
    assert_int_equal(f->order, 1);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[1], 2);
    assert_int_equal(f->order, 3);
}


static void
a_batch_is_bounded_in_number(void **state)
{
    size_t      i;
    fixture_t  *f = *state;

    open_store(f);

    for (i = 0; i < NGX_HTTP_PARLEY_BATCH_ENTRIES + 1; i++) {
        assert_int_equal(add(f, i), NGX_OK);
    }

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[0], NGX_HTTP_PARLEY_BATCH_ENTRIES);
    assert_int_equal(f->order, NGX_HTTP_PARLEY_BATCH_ENTRIES);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[1], 1);
    assert_int_equal(f->order, NGX_HTTP_PARLEY_BATCH_ENTRIES + 1);
}


static void
a_batch_is_bounded_in_bytes(void **state)
{
    fixture_t  *f = *state;

    open_store(f);

    f->waiting[0].entry.entry.body.len = NGX_HTTP_PARLEY_BATCH_BYTES - 100;
    assert_int_equal(add(f, 0), NGX_OK);
    assert_int_equal(add(f, 1), NGX_OK);
    assert_int_equal(add(f, 2), NGX_OK);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[0], 2);

    /* the first goes whatever its size */

    f->waiting[3].entry.entry.body.len = NGX_HTTP_PARLEY_BATCH_BYTES + 1;
    assert_int_equal(add(f, 3), NGX_OK);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[1], 1);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[2], 1);
    assert_int_equal(f->order, 4);
}


static void
a_full_queue_refuses(void **state)
{
    fixture_t  *f = *state;

    f->cm.max_entries = 2;
    open_store(f);

    assert_int_equal(add(f, 0), NGX_OK);
    turn();

    /* what is in flight counts, too */

    assert_int_equal(add(f, 1), NGX_OK);
    assert_int_equal(add(f, 2), NGX_BUSY);

    assert_int_equal(run(), 1);
    assert_int_equal(add(f, 2), NGX_OK);
    assert_int_equal(add(f, 3), NGX_BUSY);
    assert_int_equal(f->waiting[3].answers, 0);
}


static void
a_queue_full_of_bytes_refuses(void **state)
{
    fixture_t  *f = *state;

    f->cm.max_bytes = 200;
    open_store(f);

    assert_int_equal(add(f, 0), NGX_OK);
    f->waiting[1].entry.entry.body.len = 101;
    assert_int_equal(add(f, 1), NGX_BUSY);
    f->waiting[1].entry.entry.body.len = 100;
    assert_int_equal(add(f, 1), NGX_OK);
    f->waiting[2].entry.entry.body.len = 1;
    assert_int_equal(add(f, 2), NGX_BUSY);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(add(f, 2), NGX_OK);
}


static void
a_failed_append_fails_all_of_it(void **state)
{
    size_t      i;
    fixture_t  *f = *state;

    open_store(f);

    for (i = 0; i < 3; i++) {
        assert_int_equal(add(f, i), NGX_OK);
    }

    append_result = PL_FULL;
    turn();
    assert_int_equal(run(), 1);

    for (i = 0; i < 3; i++) {
        assert_int_equal(f->waiting[i].answers, 1);
        assert_int_equal(f->waiting[i].status, PL_FULL);
    }

    /* and the next one is tried */

    append_result = PL_OK;
    assert_int_equal(add(f, 3), NGX_OK);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->waiting[3].status, PL_OK);
}


static void
a_pool_that_takes_nothing_fails_the_batch(void **state)
{
    fixture_t  *f = *state;

    open_store(f);

    post_result = NGX_ERROR;
    assert_int_equal(add(f, 0), NGX_OK);
    turn();

    assert_int_equal(f->waiting[0].answers, 1);
    assert_int_equal(f->waiting[0].status, PL_BUSY);
    assert_int_equal(appends, 0);
}


static void
while_it_opens_all_wait(void **state)
{
    fixture_t  *f = *state;

    assert_int_equal(add(f, 0), NGX_OK);
    assert_int_equal(add(f, 1), NGX_OK);
    turn();
    assert_int_equal(run(), 0);
    assert_int_equal(f->order, 0);

    open_store(f);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->order, 2);
    assert_int_equal(f->waiting[1].status, PL_OK);
}


static void
without_a_store_all_are_refused(void **state)
{
    fixture_t  *f = *state;

    assert_int_equal(add(f, 0), NGX_OK);
    assert_int_equal(add(f, 1), NGX_OK);

    ngx_http_parley_commit_refuse(&f->cm, PL_DENIED);

    assert_int_equal(f->order, 2);
    assert_int_equal(f->waiting[0].status, PL_DENIED);
    assert_int_equal(add(f, 2), NGX_BUSY);
    assert_int_equal(f->cm.n_entries, 0);

    open_store(f);
    assert_int_equal(add(f, 2), NGX_OK);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->waiting[2].status, PL_OK);
}


static void
what_an_answer_adds_goes_with_the_next(void **state)
{
    fixture_t  *f = *state;

    open_store(f);
    f->again = &f->waiting[2];

    assert_int_equal(add(f, 0), NGX_OK);
    assert_int_equal(add(f, 1), NGX_OK);
    turn();
    assert_int_equal(run(), 1);

    assert_int_equal(f->order, 2);
    assert_int_equal(f->waiting[2].answers, 0);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->order, 3);
    assert_int_equal(f->batches, 2);
}


static void
what_is_refused_may_add_and_is_refused_again(void **state)
{
    fixture_t  *f = *state;

    assert_int_equal(add(f, 0), NGX_OK);
    ngx_http_parley_commit_refuse(&f->cm, PL_IO);

    assert_int_equal(f->waiting[0].answers, 1);
    assert_int_equal(add(f, 1), NGX_BUSY);
    assert_int_equal(f->cm.n_entries, 0);
    assert_int_equal(f->cm.n_bytes, 0);
}


static void
settings_go_along_until_they_fit(void **state)
{
    fixture_t            *f = *state;
    Pl__SettingsPublish   settings = PL__SETTINGS_PUBLISH__INIT;

    open_with_settings(f, &settings);
    append_result = PL_FULL;

    assert_int_equal(add(f, 0), NGX_OK);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->waiting[0].status, PL_FULL);
    assert_int_equal(published, 1);

    append_result = PL_OK;
    assert_int_equal(add(f, 1), NGX_OK);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->waiting[1].status, PL_OK);
    assert_int_equal(published, 2);

    assert_int_equal(add(f, 2), NGX_OK);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(published, 2);
}


static void
settings_go_without_entries_when_asked_to(void **state)
{
    fixture_t            *f = *state;
    Pl__SettingsPublish   settings = PL__SETTINGS_PUBLISH__INIT;

    open_with_settings(f, &settings);
    turn();
    assert_int_equal(run(), 0);

    ngx_http_parley_commit_publish(&f->cm);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(published, 1);
    assert_int_equal(append_n[0], 0);

    ngx_http_parley_commit_publish(&f->cm);
    turn();
    assert_int_equal(run(), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(one_turn_shares_a_batch, setup),
        cmocka_unit_test_setup(the_next_forms_behind_it, setup),
        cmocka_unit_test_setup(a_batch_is_bounded_in_number, setup),
        cmocka_unit_test_setup(a_batch_is_bounded_in_bytes, setup),
        cmocka_unit_test_setup(a_full_queue_refuses, setup),
        cmocka_unit_test_setup(a_queue_full_of_bytes_refuses, setup),
        cmocka_unit_test_setup(a_failed_append_fails_all_of_it, setup),
        cmocka_unit_test_setup(a_pool_that_takes_nothing_fails_the_batch,
                               setup),
        cmocka_unit_test_setup(while_it_opens_all_wait, setup),
        cmocka_unit_test_setup(without_a_store_all_are_refused, setup),
        cmocka_unit_test_setup(what_an_answer_adds_goes_with_the_next,
                               setup),
        cmocka_unit_test_setup(what_is_refused_may_add_and_is_refused_again,
                               setup),
        cmocka_unit_test_setup(settings_go_along_until_they_fit, setup),
        cmocka_unit_test_setup(settings_go_without_entries_when_asked_to,
                               setup),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
