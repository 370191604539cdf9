/*
 * One message's story, gathered from the state and from the journal.
 */

#ifndef PLCTL_TRACE_H_INCLUDED
#define PLCTL_TRACE_H_INCLUDED

#include "../engine/keys.h"
#include "ctl.h"

#define PLCTL_TRACE_FOUND_MAX  256      /* arrivals, attempts, and so on */

typedef struct {
    uint64_t             id;            /* of the message */
    uint64_t             next;          /* the message after it, or UINT64_MAX:
                                           effects between are its own */
    Pl__Message         *message;
    Pl__Ctl__TraceRow    row;           /* all of it in ctl's arena */
} plctl_trace_t;

/* What the state knows. PL_NOTFOUND: no such message. (trace_state.c) */
pl_status_t plctl_trace_state(plctl_t *ctl, plctl_trace_t *trace,
    pl_err_t *err);

/* What the journal still has, from the message's entry on. (trace_walk.c) */
pl_status_t plctl_trace_walk(plctl_t *ctl, plctl_trace_t *trace,
    pl_err_t *err);

/*
 * Room for one more element of a list that has n; false past the limit, and
 * then, or without memory, the story is partial.
 */
bool plctl_trace_room(plctl_t *ctl, plctl_trace_t *trace, void ***list,
    size_t n);

#endif /* PLCTL_TRACE_H_INCLUDED */
