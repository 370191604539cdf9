/*
 * The consumers' thread and its turns. See consumer.h.
 */

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "consumer_impl.h"

static pl_status_t consumer_make(pls_consumer_t *c, pl_err_t *err);
static void *consumer_run(void *data);
static void consumer_rung(void *data, int fd, unsigned what);
static void consumer_tick(void *data);
static void consumer_turn(pls_consumer_t *c);
static bool consumer_may(pls_consumer_t *c);
static void consumer_stop(pls_consumer_t *c);


pl_status_t
pls_consumer_create(pls_consumer_t **out, pls_sender_t *sn, pl_err_t *err)
{
    pl_status_t      rc;
    pls_consumer_t  *c;

    c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return pl_err_set(err, PL_NOMEM, "consumers", 0, "out of memory");
    }

    c->sn = sn;
    c->gauge_us = 1;

    rc = consumer_make(c, err);
    if (rc != PL_OK) {
        pls_consumer_destroy(c);
        return rc;
    }

    *out = c;

    return PL_OK;
}


pl_status_t
pls_consumer_start(pls_consumer_t *c, pl_err_t *err)
{
    int       rc;
    sigset_t  all, before;

    atomic_store(&c->sn->consuming, true);

    /* signals are the main thread's; the new one inherits this mask */
    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_BLOCK, &all, &before);
    rc = pthread_create(&c->thread, NULL, consumer_run, c);
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);

    c->started = (rc == 0);
    atomic_store(&c->sn->consuming, c->started);

    return rc == 0 ? PL_OK : pl_err_set(err, PL_IO, "thread", rc,
                                        "cannot start the consumers");
}


void
pls_consumer_destroy(pls_consumer_t *c)
{
    size_t  i;

    if (c == NULL) {
        return;
    }

    if (c->started) {
        atomic_store(&c->over, true);
        pls_queue_ring(&c->sn->to_consume);
        (void) pthread_join(c->thread, NULL);       /* never detached */
    }

    pls_loop_watch_end(c->watch);
    pls_loop_timer_end(c->timer);
    pls_transfers_destroy(c->transfers);
    pls_loop_destroy(c->loop);
    pls_consumer_sweep(c, true);
    free(c->subs);

    for (i = 0; i < CONSUMER_SLOTS; i++) {
        pl_signing_close(&c->slots[i].signer);
        pl_arena_destroy(c->slots[i].job.arena);
    }

    pl_settings_destroy(c->settings);
    pl_codec_destroy(c->codec);
    pl_arena_destroy(c->scratch);
    pl_arena_destroy(c->tell_ar);
    pl_keyring_wipe(&c->keys);
    free(c);
}


int64_t
pls_consumer_now_us(const pls_consumer_t *c)
{
    return pl_clock_mono_us(c->sn->clock);
}


void
pls_consumer_ready(pls_consumer_t *c, consumer_sub_t *sub)
{
    bool  waits, news, asked;

    waits = sub->retry_us != 0 && sub->retry_us > pls_consumer_now_us(c);
    news = sub->seen > sub->position && !waits;
    asked = sub->again != 0 || (sub->row->ping > sub->pinged
                                && !sub->has_ping);

    if (!sub->active || sub->ready || sub->slot != NULL
        || pls_consumer_full(sub) || (!news && !asked))
    {
        return;
    }

    sub->ready = true;
    sub->next = NULL;

    if (c->tail == NULL) {
        c->head = sub;

    } else {
        c->tail->next = sub;
    }

    c->tail = sub;
}


static pl_status_t
consumer_make(pls_consumer_t *c, pl_err_t *err)
{
    size_t            i;
    pl_status_t       rc;
    consumer_slot_t  *slot;

    c->loop = pls_loop_create();
    c->scratch = pl_arena_create(CONSUMER_ARENA_BLOCK, CONSUMER_ARENA_MAX);
    c->tell_ar = pl_arena_create(CONSUMER_ARENA_BLOCK, CONSUMER_ARENA_MAX);

    if (c->loop == NULL || c->scratch == NULL || c->tell_ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "consumers", 0,
                          "cannot make the event loop");
    }

    rc = pls_transfers_create(&c->transfers, c->loop, NULL,
                              c->sn->options.ca_file, pls_consumer_done, c,
                              err);
    if (rc == PL_OK) {
        rc = pl_api_event_codec(&c->codec, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    for (i = CONSUMER_SLOTS; i != 0; i--) {
        slot = &c->slots[i - 1];
        slot->job.slot = (uint32_t) (i - 1);
        slot->next = c->idle;
        c->idle = slot;
    }

    c->timer = pls_loop_timer(c->loop, consumer_tick, c);
    c->watch = pls_loop_watch(c->loop, c->sn->to_consume.fd, PLS_LOOP_READ,
                              consumer_rung, c);

    return c->timer != NULL && c->watch != NULL
           ? PL_OK : pl_err_set(err, PL_NOMEM, "consumers", 0,
                                "out of memory");
}


static void *
consumer_run(void *data)
{
    pls_consumer_t  *c = data;

    consumer_tick(c);

    /* without it events wait for the next sender; messages do not */

    if (!pls_loop_run(c->loop)) {
        pls_log(&c->sn->log, PLS_LOG_ERROR,
                "the consumers' event loop failed", "%s", "");
        atomic_store(&c->sn->consuming, false);
    }

    return NULL;
}


static void
consumer_rung(void *data, int fd, unsigned what)
{
    pls_jobs_t       none = { NULL, NULL, 0 };
    pls_consumer_t  *c = data;

    (void) fd;
    (void) what;

    pls_queue_take(&c->sn->to_consume, &none);  /* it only rings */
    consumer_turn(c);

    if (atomic_load(&c->over)) {
        pls_loop_stop(c->loop);
    }
}


static void
consumer_tick(void *data)
{
    size_t           i;
    pls_consumer_t  *c = data;

    consumer_turn(c);

    for (i = 0; i < c->n_subs; i++) {
        if (c->subs[i]->retry_us != 0) {
            pls_consumer_ready(c, c->subs[i]);
        }
    }

    pls_consumer_run(c);

    if (pls_consumer_now_us(c) >= c->gauge_us) {
        c->gauge_us = pls_consumer_now_us(c) + CONSUMER_GAUGE_US;
        pls_consumer_gauge(c);
    }

    /* set fails without memory alone; then the next bell turns it */
    (void) pls_loop_timer_set(c->timer, CONSUMER_TICK_MS);
}


static void
consumer_turn(pls_consumer_t *c)
{
    pl_err_t     err;
    pl_status_t  rc;

    if (atomic_load(&c->sn->stopping)) {
        consumer_stop(c);
        return;
    }

    if (!consumer_may(c)) {
        return;
    }

    (void) pls_consumer_tell(c, false);

    if (pls_consumer_now_us(c) >= c->look_us) {
        rc = pls_consumer_look(c, &err);

        if (rc != PL_OK && !c->failing) {
            pls_log_err(&c->sn->log, PLS_LOG_ERROR,
                        "cannot read subscriptions", &err);
        }

        c->failing = rc != PL_OK;
    }

    pls_consumer_run(c);
}


/*
 * Not before the store thread has folded what an older sender told: cursors
 * are right then.
 */

static bool
consumer_may(pls_consumer_t *c)
{
    c->running = c->running
                 || atomic_load(&c->sn->health) == (int) PLS_HEALTH_OK;

    return c->running && !c->sn->options.hold;
}


/* What is out may have arrived or not: it is delivered again. */

static void
consumer_stop(pls_consumer_t *c)
{
    int64_t  now_us;

    if (c->stopped) {
        return;
    }

    now_us = pls_consumer_now_us(c);

    if (c->stop_us == 0) {
        c->stop_us = now_us + CONSUMER_STOP_US;
        pls_transfers_cancel(c->transfers);
    }

    if (c->running && now_us < c->stop_us && pls_consumer_tell(c, true)) {
        return;
    }

    c->stopped = true;
    atomic_store(&c->sn->consuming, false);
    pls_queue_ring(&c->sn->to_store);
}
