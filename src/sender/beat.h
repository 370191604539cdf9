/*
 * The beat of one rate: when the next of its departures may be.
 *
 * Two walls, both of which must be passed:
 *
 * - GCRA: departures are 1/rate apart. Those that are late since the loop
 *   woke late are made good for, by PLS_BEAT_LATE_US at most: so a stall does
 *   not become a burst, and in any time w there are at most
 *   1 + rate * (w + PLS_BEAT_LATE_US) of them. A rest earns nothing.
 * - A ring of the last `rate` stamps: a departure is at least a second after
 *   the one that was `rate` before it. No sliding second has more. Alone it
 *   would repeat each second's bunches in the next; so where it is the later
 *   wall, the other follows it by a part.
 *
 * Who departs is handed to a connection, which may have to be made first: the
 * stamp is of when it is on the wire. Until then it counts as if it left at
 * any moment, so that those that wait for a handshake, and go on the wire
 * together when it ends, are no more than the rate either, with all that left
 * on other connections.
 *
 * A sender that starts knows the last departure alone. Those before it may have
 * waited for the same handshake, or left at a rate that was higher: so its ring
 * begins as if all of a second had left with it, and the second wall holds
 * across a restart as well, at the price of a second's rest.
 *
 * Pure but for the ring's memory. One thread.
 */

#ifndef PLS_BEAT_H_INCLUDED
#define PLS_BEAT_H_INCLUDED

#include "../core/pl.h"

#define PLS_BEAT_LATE_US   20000
#define PLS_BEAT_REST_US   50000        /* late by more than that is a rest */
#define PLS_BEAT_RING_MAX  16384        /* stamps; a rate above it (nginx.conf
                                           takes 10,000) has the first wall
                                           alone */

typedef struct {
    uint32_t   rate;                    /* a second; 0: no limit */
    uint32_t   at;                      /* of the ring: the oldest */
    uint32_t   n;                       /* of the ring; 0: there is none */
    uint32_t   out;                     /* handed on, and not on the wire */
    int64_t   *ring;                    /* us; 0: long ago */
    int64_t    tat_ns;                  /* when the next is expected */
} pls_beat_t;

/*
 * Sets the rate, where it is another; stamps are kept. last_us: the last
 * departure that is known of, 0 for none, for a beat that has none of its
 * own. Without memory there is no ring.
 */
void pls_beat_set(pls_beat_t *beat, uint32_t rate, int64_t last_us);

/* Something waits again: a rest since the last departure is forgotten. */
void pls_beat_begin(pls_beat_t *beat, int64_t now_us);

/*
 * When the next may depart, us; INT64_MIN: at any time; INT64_MAX: once one
 * that is handed on is on the wire, or will never be.
 */
int64_t pls_beat_due(const pls_beat_t *beat);

/*
 * May a part that has `out` handed on have one more, so that parts whose
 * connections hang leave room to the others? As in gate.h: as many as are
 * free, so that one alone gets half.
 */
bool pls_beat_share(const pls_beat_t *beat, uint32_t out);

/* Does it have no time, but waits for one that is handed on? */
bool pls_beat_full(const pls_beat_t *beat);

/* One departs, now: it is handed on. */
void pls_beat_note(pls_beat_t *beat, int64_t now_us);

/* One that was handed on is on the wire, now; or never will be. */
void pls_beat_left(pls_beat_t *beat, int64_t now_us);
void pls_beat_gone(pls_beat_t *beat);

/*
 * Frees the ring where it says nothing any more: its newest stamp is over a
 * second old, and nothing is handed on. The beat goes on as if it had rested.
 */
void pls_beat_rest(pls_beat_t *beat, int64_t now_us);

void pls_beat_free(pls_beat_t *beat);

#endif /* PLS_BEAT_H_INCLUDED */
