/*
 * Gates of the channels (see gate.h). Tokens are counted in thousandths, so
 * that a rate in attempts a second is what a millisecond brings.
 */

#include <stdlib.h>
#include <string.h>

#include "gate.h"

#define GATE_TOKEN  1000

static pls_gate_t *gate_row(pls_gates_t *gates, uint32_t channel);
static void gate_fill(pls_gate_t *gate, uint32_t rate, int64_t now_ms);
static void gate_sooner(int64_t *until_ms, int64_t when_ms);


uint32_t
pls_gate_room(pls_gates_t *gates, uint32_t channel, uint32_t rate,
    int64_t now_ms, int64_t *until_ms)
{
    uint32_t     max = gates->max != 0 ? gates->max : PLS_GATE_MAX;
    pls_gate_t  *gate;

    gate = gate_row(gates, channel);
    if (gate == NULL || gate->out >= max) {
        return 0;
    }

    if (gate->paused_ms > now_ms) {
        gate_sooner(until_ms, gate->paused_ms);
        return 0;
    }

    max -= gate->out;

    if (rate == 0) {
        return max;
    }

    gate_fill(gate, rate, now_ms);

    if (gate->tokens < GATE_TOKEN) {
        gate_sooner(until_ms, now_ms + (GATE_TOKEN - gate->tokens
                                        + rate - 1) / rate);
        return 0;
    }

    return gate->tokens / GATE_TOKEN < max
           ? (uint32_t) (gate->tokens / GATE_TOKEN) : max;
}


bool
pls_gate_enter(pls_gates_t *gates, uint32_t channel, uint32_t rate,
    int64_t now_ms, int64_t *until_ms)
{
    pls_gate_t  *gate;

    if (pls_gate_room(gates, channel, rate, now_ms, until_ms) == 0) {
        return false;
    }

    gate = gate_row(gates, channel);    /* it is there */
    gate->out++;

    if (rate != 0) {
        gate->tokens -= GATE_TOKEN;
    }

    return true;
}


void
pls_gate_leave(pls_gates_t *gates, uint32_t channel)
{
    pls_gate_t  *gate;

    gate = gate_row(gates, channel);
    if (gate != NULL && gate->out != 0) {
        gate->out--;
    }
}


void
pls_gate_pause(pls_gates_t *gates, uint32_t channel, int64_t until_ms)
{
    pls_gate_t  *gate;

    gate = gate_row(gates, channel);
    if (gate != NULL && gate->paused_ms < until_ms) {
        gate->paused_ms = until_ms;
    }
}


void
pls_gates_free(pls_gates_t *gates)
{
    free(gates->rows);
    gates->rows = NULL;
    gates->n = 0;
}


static pls_gate_t *
gate_row(pls_gates_t *gates, uint32_t channel)
{
    size_t       i, n;
    pls_gate_t  *rows;

    i = channel % PLS_GATES_MAX;

    if (i >= gates->n) {
        n = gates->n == 0 ? 64 : gates->n;
        while (n <= i) {
            n *= 2;
        }

        rows = realloc(gates->rows, n * sizeof(pls_gate_t));
        if (rows == NULL) {
            return NULL;
        }

        memset(rows + gates->n, 0, (n - gates->n) * sizeof(pls_gate_t));
        gates->rows = rows;
        gates->n = n;
    }

    return &gates->rows[i];
}


static void
gate_fill(pls_gate_t *gate, uint32_t rate, int64_t now_ms)
{
    int64_t  deep, past_ms;

    deep = (int64_t) rate * GATE_TOKEN;
    past_ms = now_ms - gate->filled_ms;

    /* the first time, after a long rest, and where the clock was set back */
    if (gate->filled_ms == 0 || past_ms >= GATE_TOKEN || past_ms < 0) {
        gate->tokens = past_ms < 0 && gate->filled_ms != 0 ? gate->tokens
                                                           : deep;
    } else {
        gate->tokens += past_ms * rate;
    }

    if (gate->tokens > deep) {
        gate->tokens = deep;
    }

    gate->filled_ms = now_ms;
}


static void
gate_sooner(int64_t *until_ms, int64_t when_ms)
{
    if (when_ms < *until_ms) {
        *until_ms = when_ms;
    }
}
