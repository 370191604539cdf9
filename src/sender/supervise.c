/*
 * Readiness and watchdog (see supervise.h).
 *
 * The watchdog is fed by a timer of the main loop, so that it starves with
 * that; and only while the store thread has turned within half the time that
 * the supervisor gives, so that it starves with the store thread as well.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "supervise.h"

#define SUPERVISE_SOON_MS    100        /* until it is ready */
#define SUPERVISE_TICK_MS    1000
#define SUPERVISE_EXTEND_US  30000000   /* asked for while it catches up, */
#define SUPERVISE_AGAIN_US   5000000    /* so often */

struct pls_supervise_s {
    pls_sender_t   *sn;
    pls_timer_t    *timer;
    pls_notify_t    notify;
    int             said;               /* pls_health_e; -1: nothing yet */
    bool            ready;              /* was said */
    bool            stalled;            /* was logged */
    int64_t         extend_us;          /* when more time is asked for */
};

static void supervise_tick(void *data);
static void supervise_say(pls_supervise_t *supervise, int health);
static void supervise_alive(pls_supervise_t *supervise);
static void supervise_extend(pls_supervise_t *supervise);
static int64_t supervise_tick_ms(const pls_supervise_t *supervise);


pls_supervise_t *
pls_supervise_create(pls_sender_t *sn, pls_loop_t *loop)
{
    pls_supervise_t  *supervise;

    supervise = calloc(1, sizeof(*supervise));
    if (supervise == NULL) {
        return NULL;
    }

    supervise->sn = sn;
    supervise->said = -1;
    pls_notify_open(&supervise->notify);
    supervise->timer = pls_loop_timer(loop, supervise_tick, supervise);

    if (supervise->timer == NULL
        || !pls_loop_timer_set(supervise->timer, 0))
    {
        pls_supervise_destroy(supervise);
        return NULL;
    }

    return supervise;
}


void
pls_supervise_destroy(pls_supervise_t *supervise)
{
    if (supervise != NULL) {
        pls_loop_timer_end(supervise->timer);
        pls_notify_close(&supervise->notify);
        free(supervise);
    }
}


void
pls_supervise_look(pls_supervise_t *supervise)
{
    int  health;

    if (supervise == NULL) {
        return;
    }

    health = atomic_load(&supervise->sn->health);
    pls_metrics_set(&supervise->sn->metrics.ready, health == PLS_HEALTH_OK);

    if (health != supervise->said) {
        supervise_say(supervise, health);
        supervise->said = health;
    }
}


static void
supervise_tick(void *data)
{
    pls_supervise_t  *supervise = data;

    pls_supervise_look(supervise);
    supervise_alive(supervise);

    if (!supervise->ready) {
        supervise_extend(supervise);
    }

    /* fails without memory alone; then the supervisor finds out */
    (void) pls_loop_timer_set(supervise->timer,
                              supervise_tick_ms(supervise));
}


static void
supervise_say(pls_supervise_t *supervise, int health)
{
    static const char *const  words[] = {
        "STATUS=starting: folding what the journal holds",
        "STATUS=folding and sending",
        "STATUS=the store cannot be written: see the log",
        "STOPPING=1\nSTATUS=stopping: waiting for what is on the wire"
    };

    if (health == PLS_HEALTH_OK && !supervise->ready) {
        supervise->ready = true;
        pls_notify(&supervise->notify, "READY=1\n%s", words[health]);

    } else {
        pls_notify(&supervise->notify, "%s", words[health]);
    }
}


static void
supervise_alive(pls_supervise_t *supervise)
{
    int64_t        since_ms, limit_ms;
    pls_sender_t  *sn;

    sn = supervise->sn;
    since_ms = pls_sender_stall_ms(sn);
    limit_ms = supervise->notify.watchdog_us != 0
               ? supervise->notify.watchdog_us / 2000 : PLS_STALL_MS;

    if (since_ms <= limit_ms) {
        if (supervise->notify.watchdog_us != 0) {
            pls_notify(&supervise->notify, "WATCHDOG=1");
        }

        if (supervise->stalled) {
            supervise->stalled = false;
            pls_log(&sn->log, PLS_LOG_INFO, "the store thread goes on", "%s",
                    "");
        }

    } else if (!supervise->stalled) {
        supervise->stalled = true;
        pls_log(&sn->log, PLS_LOG_ERROR, "the store thread hangs",
                "ms=%" PRId64, since_ms);
    }
}


/* A journal of days takes longer to fold than services have to start. */

static void
supervise_extend(pls_supervise_t *supervise)
{
    int64_t        now_us;
    pls_sender_t  *sn;

    sn = supervise->sn;
    now_us = pl_clock_mono_us(pl_clock_system());

    if (now_us >= supervise->extend_us
        && pls_sender_stall_ms(sn) < PLS_STALL_MS)
    {
        supervise->extend_us = now_us + SUPERVISE_AGAIN_US;
        pls_notify(&supervise->notify, "EXTEND_TIMEOUT_USEC=%d\n"
                   "STATUS=starting: %" PRIu64 " entries to fold",
                   SUPERVISE_EXTEND_US,
                   atomic_load(&sn->metrics.journal_lag));
    }
}


static int64_t
supervise_tick_ms(const pls_supervise_t *supervise)
{
    int64_t  half_ms;

    if (!supervise->ready) {
        return SUPERVISE_SOON_MS;
    }

    half_ms = supervise->notify.watchdog_us / 2000;

    return half_ms != 0 && half_ms < SUPERVISE_TICK_MS ? half_ms
                                                       : SUPERVISE_TICK_MS;
}
