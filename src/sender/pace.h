/*
 * Rows of DIR/pace (share.h): when attempts left, and how much each pair of
 * a channel and whom it writes to has used of what the provider allows it.
 *
 * A pair's rate is GCRA: `tat` is when all that went will have been paid for
 * at one per pair_ms. One more may go while no more than `burst` are owed.
 * Half an interval is kept back, since what is charged here arrives there
 * some moments later, and not all by the same moments; it costs nothing but
 * that delay, once a burst.
 *
 * Rows of pairs are the store thread's, the others the main thread's; both
 * may be read by any. Times are pl_clock_mono_us. Pure but for the mapping.
 */

#ifndef PLS_PACE_H_INCLUDED
#define PLS_PACE_H_INCLUDED

#include "../core/share.h"

#define PLS_PACE_NEAR    8      /* rows that a pair may stand in */
#define PLS_PACE_FAR_US  (24LL * 3600 * 1000000)    /* a row that asks for
                                   more was written by nobody sane */

/* What a provider allows a pair. ms 0: as much as there is. */
typedef struct {
    uint32_t   ms;              /* one in so many */
    uint32_t   burst;           /* that may be owed */
} pls_pair_rate_t;

/* A pair's key, never 0. kind, party: of the party (record.proto). */
uint64_t pls_pace_pair(uint32_t channel, uint32_t kind, uint64_t party);

/*
 * May one more go to this pair? Charges it, if so. Else *until_us is when to
 * ask again. A pair that is closed (below) waits also where rate->ms is 0.
 */
bool pls_pace_charge(pl_pace_t *pace, uint64_t pair,
    const pls_pair_rate_t *rate, int64_t now_us, int64_t *until_us);

/* One that was charged did not go. */
void pls_pace_refund(pl_pace_t *pace, uint64_t pair,
    const pls_pair_rate_t *rate);

/*
 * The provider refused the pair: nothing goes before until_us, and from then
 * on one at a time. Never opens what is closed longer.
 */
void pls_pace_close(pl_pace_t *pace, uint64_t pair,
    const pls_pair_rate_t *rate, int64_t now_us, int64_t until_us);

/*
 * Something leaves on this channel, now; and what left, maybe behind a
 * handshake, is on the wire.
 */
void pls_pace_left(pl_pace_t *pace, uint32_t channel, uint32_t tenant,
    int64_t now_us);
void pls_pace_wire(pl_pace_t *pace, uint32_t channel, uint32_t tenant,
    int64_t now_us);

/* Departures on this channel since the file was made, by whoever sent. */
uint64_t pls_pace_departed(pl_pace_t *pace, uint32_t channel);
uint64_t pls_pace_tenant_departed(pl_pace_t *pace, uint32_t tenant);

/* The last departure, 0 for none; never later than now. */
int64_t pls_pace_last(pl_pace_t *pace, uint32_t channel, int64_t now_us);
int64_t pls_pace_tenant_last(pl_pace_t *pace, uint32_t tenant,
    int64_t now_us);

#endif /* PLS_PACE_H_INCLUDED */
