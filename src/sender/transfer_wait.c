/*
 * Transfers that wait for another's connection.
 *
 * libcurl (CURLOPT_PIPEWAIT) lets a request wait until a connection that is
 * being made to its host can be shared. Where that one is never made, since
 * a handshake hangs, all of them wait as long as its own timeout is, which
 * is another channel's. So who has waited for a second makes a connection of
 * its own; of each share one at a time, since the others can share that.
 */

#include "../core/clock.h"
#include "transfer_impl.h"

#define WAIT_TICK_MS  500
#define WAIT_US       1000000

static void wait_alone(transfer_t *t);
static bool wait_waits(const transfer_t *t, int64_t now_us);


void
pls_wait_begin(transfer_t *t)
{
    pls_transfers_t  *transfers;

    transfers = t->owner;
    t->n_before = t->n_opened;
    t->alone = false;

    if (!transfers->waiting) {
        transfers->waiting = pls_loop_timer_set(transfers->waits,
                                                WAIT_TICK_MS);
    }
}


void
pls_wait_tick(void *data)
{
    size_t            i, share;
    int64_t           now_us;
    transfer_t       *t, *oldest[TRANSFER_SHARES] = { NULL };
    pls_transfers_t  *transfers;

    transfers = data;
    now_us = pl_clock_mono_us(pl_clock_system());

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        t = &transfers->rows[i];

        if (!wait_waits(t, now_us)) {
            continue;
        }

        share = (size_t) (t->share - transfers->shares);
        if (oldest[share] == NULL
            || t->job->wire.began_us < oldest[share]->job->wire.began_us)
        {
            oldest[share] = t;
        }
    }

    for (i = 0; i < TRANSFER_SHARES; i++) {
        if (oldest[i] != NULL) {
            wait_alone(oldest[i]);
        }
    }

    transfers->waiting = transfers->n != 0
                         && pls_loop_timer_set(transfers->waits,
                                               WAIT_TICK_MS);
}


/* It has no connection, and has opened none. */

static bool
wait_waits(const transfer_t *t, int64_t now_us)
{
    return t->job != NULL && t->share != NULL && !t->alone
           && t->ends.port == 0
           && t->n_opened == t->n_before
           && now_us - t->job->wire.began_us >= WAIT_US;
}


static void
wait_alone(transfer_t *t)
{
    CURLM  *multi;

    t->alone = true;
    multi = t->share->multi;

    (void) curl_multi_remove_handle(multi, t->easy);

    if (curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, 0L) == CURLE_OK
        && curl_multi_add_handle(multi, t->easy) == CURLM_OK)
    {
        return;
    }

    t->share->n--;
    t->share = NULL;
    pls_jobs_add(&t->owner->failed, t->job);
    (void) pls_loop_timer_set(t->owner->soon, 0);   /* or the next event */
}
