/*
 * Gates: how much of each channel may be on the wire, so that one that is
 * slow, broken or throttled leaves room to the others.
 *
 * - At most PLS_GATE_MAX of a channel's attempts are out at a time.
 * - A token bucket of the channel's rate (attempts a second, 0: no limit),
 *   a second's worth deep.
 * - A pause, set when the provider refuses the account: the queue is not
 *   burnt against a closed door.
 *
 * Pure but for its memory: time comes with each call. The store thread's.
 */

#ifndef PLS_GATE_H_INCLUDED
#define PLS_GATE_H_INCLUDED

#include "../core/pl.h"

#define PLS_GATE_MAX      (PL_INFLIGHT_MAX / 4)
#define PLS_GATES_MAX     65536         /* channels; further ones share rows */

typedef struct {
    uint32_t   out;                     /* on the wire, or about to be */
    int64_t    tokens;                  /* thousandths of an attempt */
    int64_t    filled_ms;               /* when tokens were counted; 0: never */
    int64_t    paused_ms;               /* closed until */
} pls_gate_t;

typedef struct {
    pls_gate_t  *rows;                  /* by channel's id */
    size_t       n;
    uint32_t     max;                   /* 0: PLS_GATE_MAX */
} pls_gates_t;

/*
 * May one more of this channel's attempts begin now? Counts it, if so. Else
 * *until_ms, if it is sooner than what stands there, becomes the time when
 * asking again is worth it; a channel that is full opens when one of its
 * attempts leaves. false as well when there is no memory for the row.
 */
bool pls_gate_enter(pls_gates_t *gates, uint32_t channel, uint32_t rate,
    int64_t now_ms, int64_t *until_ms);

/* How many may begin now; 0: *until_ms as above. Counts none. */
uint32_t pls_gate_room(pls_gates_t *gates, uint32_t channel, uint32_t rate,
    int64_t now_ms, int64_t *until_ms);

/* One that was counted has ended. */
void pls_gate_leave(pls_gates_t *gates, uint32_t channel);

/* Closes a channel until then, or longer if it is closed longer already. */
void pls_gate_pause(pls_gates_t *gates, uint32_t channel, int64_t until_ms);

void pls_gates_free(pls_gates_t *gates);

#endif /* PLS_GATE_H_INCLUDED */
