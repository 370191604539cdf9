/*
 * Beats (see beat.h).
 */

#include <stdlib.h>

#include "beat.h"

#define BEAT_SECOND_US  1000000
#define BEAT_SECOND_NS  1000000000
#define BEAT_FOLLOW     8       /* a part of a bunch that the next second has
                                   no more */

static int64_t beat_ring_due(const pls_beat_t *beat);
static int64_t beat_newest(const pls_beat_t *beat);
static void beat_assume(pls_beat_t *beat, int64_t last_us);
static void beat_keep(pls_beat_t *beat, const pls_beat_t *old);
static int64_t beat_apart_ns(const pls_beat_t *beat);


void
pls_beat_set(pls_beat_t *beat, uint32_t rate, int64_t last_us)
{
    int64_t      newest_us;
    pls_beat_t   old;

    if (rate == beat->rate
        && (beat->n != 0 || rate == 0 || rate > PLS_BEAT_RING_MAX))
    {
        return;
    }

    old = *beat;
    newest_us = beat_newest(&old);
    newest_us = newest_us != 0 ? newest_us : last_us;

    beat->rate = rate;
    beat->at = 0;
    beat->n = rate <= PLS_BEAT_RING_MAX ? rate : 0;
    beat->ring = beat->n == 0 ? NULL : calloc(beat->n, sizeof(int64_t));
    beat->tat_ns = 0;

    if (beat->ring == NULL) {
        beat->n = 0;
    }

    if (rate != 0 && newest_us != 0) {
        beat->tat_ns = newest_us * 1000 + beat_apart_ns(beat);
    }

    if (beat->n != 0 && old.n != 0) {
        beat_keep(beat, &old);

    } else if (beat->n != 0 && newest_us != 0) {
        beat_assume(beat, newest_us);
    }

    free(old.ring);
}


void
pls_beat_begin(pls_beat_t *beat, int64_t now_us)
{
    if (beat->tat_ns / 1000 + PLS_BEAT_REST_US < now_us) {
        beat->tat_ns = now_us * 1000;
    }
}


int64_t
pls_beat_due(const pls_beat_t *beat)
{
    int64_t  due_us, ring_us;

    if (beat->rate == 0) {
        return INT64_MIN;
    }

    due_us = (beat->tat_ns + 999) / 1000;
    ring_us = beat_ring_due(beat);

    return ring_us > due_us ? ring_us : due_us;
}


bool
pls_beat_full(const pls_beat_t *beat)
{
    return beat->n != 0 && beat->out >= beat->n;
}


bool
pls_beat_share(const pls_beat_t *beat, uint32_t out)
{
    return beat->rate == 0 || out == 0
           || (beat->out < beat->rate && out < beat->rate - beat->out);
}


void
pls_beat_note(pls_beat_t *beat, int64_t now_us)
{
    int64_t  late_ns, ring_us, ring_ns;

    ring_us = beat_ring_due(beat);
    beat->out++;

    if (beat->rate == 0) {
        return;
    }

    late_ns = (now_us - PLS_BEAT_LATE_US) * 1000;
    ring_ns = ring_us == INT64_MAX ? 0 : ring_us * 1000;

    if (ring_ns > beat->tat_ns) {
        beat->tat_ns += (ring_ns - beat->tat_ns) / BEAT_FOLLOW;
    }

    beat->tat_ns = (beat->tat_ns > late_ns ? beat->tat_ns : late_ns)
                   + beat_apart_ns(beat);
}


void
pls_beat_left(pls_beat_t *beat, int64_t now_us)
{
    pls_beat_gone(beat);

    if (beat->n != 0) {
        beat->ring[beat->at] = now_us;
        beat->at = (beat->at + 1) % beat->n;
    }
}


void
pls_beat_gone(pls_beat_t *beat)
{
    beat->out -= beat->out != 0;
}


void
pls_beat_rest(pls_beat_t *beat, int64_t now_us)
{
    if (beat->n != 0 && beat->out == 0
        && beat_newest(beat) + BEAT_SECOND_US < now_us)
    {
        free(beat->ring);
        beat->ring = NULL;
        beat->n = 0;
        beat->at = 0;
    }
}


void
pls_beat_free(pls_beat_t *beat)
{
    free(beat->ring);
    beat->ring = NULL;
    beat->n = 0;
}


/*
 * By the ring alone; 0: at any time. Those that are handed on have the places
 * of as many of the oldest stamps.
 */

static int64_t
beat_ring_due(const pls_beat_t *beat)
{
    int64_t  oldest_us;

    if (beat->n == 0) {
        return 0;
    }

    if (pls_beat_full(beat)) {
        return INT64_MAX;
    }

    oldest_us = beat->ring[(beat->at + beat->out) % beat->n];

    return oldest_us == 0 ? 0 : oldest_us + BEAT_SECOND_US;
}


static int64_t
beat_newest(const pls_beat_t *beat)
{
    return beat->n == 0 ? 0 : beat->ring[(beat->at + beat->n - 1) % beat->n];
}


/* The last second was as full as it may have been. */

static void
beat_assume(pls_beat_t *beat, int64_t last_us)
{
    uint32_t  i;

    for (i = 0; i < beat->n; i++) {
        beat->ring[i] = last_us;
    }
}


/*
 * The newest of the old ring's. Where the new one has room for more, those
 * before left over a second ago: the old rate saw to it, but for what a rate
 * before that one had handed on.
 */

static void
beat_keep(pls_beat_t *beat, const pls_beat_t *old)
{
    uint32_t  i, n;

    n = old->n < beat->n ? old->n : beat->n;

    for (i = 1; i <= n; i++) {
        beat->ring[beat->n - i] = old->ring[(old->at + old->n - i) % old->n];
    }
}


/* Rounded up: never a departure more. */

static int64_t
beat_apart_ns(const pls_beat_t *beat)
{
    return (BEAT_SECOND_NS + (int64_t) beat->rate - 1) / beat->rate;
}
