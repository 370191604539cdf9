/*
 * Gates of channels and tenants (see gate.h).
 */

#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "pace.h"

/* Asking again is worth it once a third of what was let in has left. */
#define GATE_REFILL  3

static pls_gate_t *gate_row(pls_gate_t **rows, size_t *n, uint32_t id);
static bool gate_share(const pls_gate_t *gate, size_t free_slots,
    uint32_t times);
static uint32_t gate_ahead(pls_gate_t *gate, uint64_t departed, uint32_t rate,
    int64_t now_ms, int64_t *until_ms);
static uint32_t gate_past(pls_gates_t *gates, const pls_gate_ask_t *ask,
    pls_gate_t *channel, pls_gate_t *tenant);
static uint64_t gate_waiting(pls_gate_t *gate, uint64_t departed);
static void gate_out(pls_gate_t *gate, bool left);


uint32_t
pls_gate_room(pls_gates_t *gates, const pls_gate_ask_t *ask, int64_t now_ms,
    int64_t *until_ms)
{
    uint32_t     room, of_tenant, most;
    pls_gate_t  *channel, *tenant;

    channel = gate_row(&gates->channels, &gates->n_channels, ask->channel);
    tenant = gate_row(&gates->tenants, &gates->n_tenants, ask->tenant);

    if (channel == NULL || tenant == NULL) {
        return 0;
    }

    if (gates->max != 0 ? channel->out >= gates->max
                        : !gate_share(channel, ask->free, 1)
                          || !gate_share(tenant, ask->free,
                                         ask->weight == 0 ? PLS_GATE_TENANT
                                         : ask->weight * PLS_GATE_TENANT))
    {
        return 0;
    }

    if (gates->max != 0) {
        return gates->max - channel->out;
    }

    most = ask->most == 0 ? PL_INFLIGHT_MAX : ask->most;
    if (channel->out >= most) {
        return 0;
    }

    most -= channel->out;

    if (gates->pace == NULL) {
        return most;
    }

    room = gate_ahead(channel, pls_pace_departed(gates->pace, ask->channel),
                      ask->rate, now_ms, until_ms);
    of_tenant = room == 0 ? 0
                : gate_ahead(tenant, pls_pace_tenant_departed(gates->pace,
                                                              ask->tenant),
                             ask->tenant_rate, now_ms, until_ms);

    if (room != 0 && of_tenant == 0) {
        of_tenant = gate_past(gates, ask, channel, tenant);
    }

    room = room < of_tenant ? room : of_tenant;

    return room < most ? room : most;
}


bool
pls_gate_enter(pls_gates_t *gates, const pls_gate_ask_t *ask, int64_t now_ms,
    int64_t *until_ms)
{
    pls_gate_t  *channel, *tenant;

    if (pls_gate_room(gates, ask, now_ms, until_ms) == 0) {
        return false;
    }

    /* they are there */
    channel = gate_row(&gates->channels, &gates->n_channels, ask->channel);
    tenant = gate_row(&gates->tenants, &gates->n_tenants, ask->tenant);

    channel->out++;
    channel->entered++;
    tenant->out++;
    tenant->entered++;

    return true;
}


void
pls_gate_leave(pls_gates_t *gates, uint32_t channel, uint32_t tenant,
    bool left)
{
    gate_out(gate_row(&gates->channels, &gates->n_channels, channel), left);
    gate_out(gate_row(&gates->tenants, &gates->n_tenants, tenant), left);
}


void
pls_gates_free(pls_gates_t *gates)
{
    free(gates->channels);
    free(gates->tenants);
    memset(gates, 0, sizeof(*gates));
}


static pls_gate_t *
gate_row(pls_gate_t **rows, size_t *have, uint32_t id)
{
    size_t       i, n;
    pls_gate_t  *more;

    i = id % PLS_GATES_MAX;

    if (i >= *have) {
        n = *have == 0 ? 64 : *have;
        while (n <= i) {
            n *= 2;
        }

        more = realloc(*rows, n * sizeof(pls_gate_t));
        if (more == NULL) {
            return NULL;
        }

        memset(more + *have, 0, (n - *have) * sizeof(pls_gate_t));
        *rows = more;
        *have = n;
    }

    return &(*rows)[i];
}


static bool
gate_share(const pls_gate_t *gate, size_t free_slots, uint32_t times)
{
    size_t  shared;

    if (gate->out == 0) {
        return free_slots != 0;
    }

    shared = free_slots > PLS_GATE_KEEP ? free_slots - PLS_GATE_KEEP : 0;

    return gate->out < shared * times;
}


/* How many there is room for between what has left and what leaves soon. */

static uint32_t
gate_ahead(pls_gate_t *gate, uint64_t departed, uint32_t rate,
    int64_t now_ms, int64_t *until_ms)
{
    int64_t   when_ms;
    uint64_t  waiting, most;

    waiting = gate_waiting(gate, departed);

    if (rate == 0) {
        return PL_INFLIGHT_MAX;
    }

    most = (uint64_t) rate * PLS_GATE_AHEAD_MS / 1000;
    most = most < PLS_GATE_AHEAD ? PLS_GATE_AHEAD : most;

    if (waiting < most) {
        return (uint32_t) (most - waiting);
    }

    waiting -= most - (most + GATE_REFILL - 1) / GATE_REFILL;
    when_ms = now_ms + (int64_t) ((waiting * 1000 + rate - 1) / rate);
    *until_ms = when_ms < *until_ms ? when_ms : *until_ms;

    return 0;
}


/*
 * The tenant's are used up. They may be another channel's, whose rate is low,
 * or whose connections hang: who has none waiting gets one.
 */

static uint32_t
gate_past(pls_gates_t *gates, const pls_gate_ask_t *ask, pls_gate_t *channel,
    pls_gate_t *tenant)
{
    uint64_t  waiting;

    waiting = gate_waiting(tenant, pls_pace_tenant_departed(gates->pace,
                                                            ask->tenant));

    return waiting < (uint64_t) ask->tenant_rate * PLS_GATE_PAST_S
           && gate_waiting(channel, pls_pace_departed(gates->pace,
                                                      ask->channel)) == 0;
}


static uint64_t
gate_waiting(pls_gate_t *gate, uint64_t departed)
{
    uint64_t  inside, left;

    if (!gate->known) {
        gate->known = true;
        gate->departed = departed;
    }

    inside = gate->entered - gate->undone;
    left = departed - gate->departed;

    /* what came by no gate left as well (pls_keeper_adopt) */
    if (left > inside) {
        gate->departed += left - inside;
        left = inside;
    }

    return inside - left;
}


static void
gate_out(pls_gate_t *gate, bool left)
{
    if (gate == NULL || gate->out == 0) {
        return;
    }

    gate->out--;
    gate->undone += !left;
}
