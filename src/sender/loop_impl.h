/*
 * What loop.c and loop_http.c share.
 */

#ifndef PLS_LOOP_IMPL_H_INCLUDED
#define PLS_LOOP_IMPL_H_INCLUDED

#include <event2/event.h>

#include "loop.h"

#define LOOP_SIGNALS_MAX  4

typedef struct {
    struct event        *event;
    pls_loop_signal_pt   callback;
    void                *data;
} loop_signal_t;

struct pls_loop_s {
    struct event_base   *base;
    loop_signal_t        signals[LOOP_SIGNALS_MAX];
    size_t               n_signals;
};

#endif /* PLS_LOOP_IMPL_H_INCLUDED */
