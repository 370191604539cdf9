/*
 * Gates: how many attempts a channel and a tenant may have begun, so that one
 * that is slow, broken or huge leaves room to the others, and so that what
 * waits for its departure is never long on the way.
 *
 * - Shares of the slots are dynamic (Choudhury and Hahne, "Dynamic queue
 *   length thresholds"): a channel may have out as many as are free, so that
 *   one alone gets half, and n of them 1/(n+1) each; a tenant its weight
 *   times PLS_GATE_TENANT as many, so that one of its channels leaves room
 *   to the others. The last PLS_GATE_KEEP slots are for who has none out:
 *   whatever others do, something is free for the next.
 * - A rate lets in what leaves within PLS_GATE_AHEAD_MS, so that the pacer
 *   (pacer.h) always has the next one, and policy was asked no longer ago.
 *   What has left is read from the pace file. A tenant's channels share its
 *   rate: what one of them lets in and cannot let leave, since its own rate is
 *   low or its connections hang, must not stand in the others' way. So who has
 *   none waiting gets one in past a tenant that is full, as long as no more
 *   wait than leave within PLS_GATE_PAST_S.
 *
 * Pure but for its memory: time comes with each call. The store thread's.
 */

#ifndef PLS_GATE_H_INCLUDED
#define PLS_GATE_H_INCLUDED

#include "../core/share.h"

#define PLS_GATES_MAX      PL_PACE_ROWS /* further ids share rows */
#define PLS_GATE_KEEP      (PL_INFLIGHT_MAX / 32)
#define PLS_GATE_TENANT    16           /* alone, of weight 1: 16 of 17 */
#define PLS_GATE_AHEAD_MS  150
#define PLS_GATE_AHEAD     2            /* attempts, at least */
#define PLS_GATE_PAST_S    2            /* as long as the second of those
                                           waits at one a second */

/* What has begun of a channel, or of a tenant. */
typedef struct {
    uint32_t   out;                     /* on the wire, or about to be */
    bool       known;                   /* departed is set */
    uint64_t   entered;
    uint64_t   undone;                  /* of those, that never left */
    uint64_t   departed;                /* pace file's, when entered was 0 */
} pls_gate_t;

typedef struct {
    pls_gate_t  *channels;              /* by id */
    size_t       n_channels;
    pls_gate_t  *tenants;               /* likewise */
    size_t       n_tenants;
    uint32_t     max;                   /* of a channel, instead of shares
                                           and rates; 0: those */
    pl_pace_t   *pace;                  /* NULL: no rates */
} pls_gates_t;

/* Who wants in. */
typedef struct {
    uint32_t   channel;
    uint32_t   tenant;
    uint32_t   rate;                    /* the channel's, a second; 0: no
                                           limit */
    uint32_t   tenant_rate;             /* likewise */
    uint32_t   weight;                  /* the tenant's; 0 counts as 1 */
    uint32_t   most;                    /* of the channel; 0: shares alone */
    size_t     free;                    /* slots that nobody has */
} pls_gate_ask_t;

/*
 * May one more of these attempts begin now? Counts it, if so. Else *until_ms,
 * if it is sooner than what stands there, becomes the time when asking again
 * is worth it; where a share is used up that is when something leaves. false
 * as well when there is no memory for the rows.
 */
bool pls_gate_enter(pls_gates_t *gates, const pls_gate_ask_t *ask,
    int64_t now_ms, int64_t *until_ms);

/*
 * How many may begin now, at most; 0: *until_ms as above. Counts none.
 */
uint32_t pls_gate_room(pls_gates_t *gates, const pls_gate_ask_t *ask,
    int64_t now_ms, int64_t *until_ms);

/* One that was counted has ended. left: it had been on the wire. */
void pls_gate_leave(pls_gates_t *gates, uint32_t channel, uint32_t tenant,
    bool left);

void pls_gates_free(pls_gates_t *gates);

#endif /* PLS_GATE_H_INCLUDED */
