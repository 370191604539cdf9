/*
 * The main thread's side of an attempt: takes jobs that the store thread
 * built, lets each wait for its time (pacer.h), puts them on the wire, makes
 * results of how they end, hands them back. Knows neither libcurl nor LMDB.
 */

#ifndef PLS_DISPATCH_H_INCLUDED
#define PLS_DISPATCH_H_INCLUDED

#include "loop.h"
#include "sender.h"

typedef struct pls_dispatch_s  pls_dispatch_t;

/*
 * sn->progress, sn->pace and sn->codec must be set. The loop stops once
 * sn->ended is set and sn->to_wire rung.
 */
pl_status_t pls_dispatch_create(pls_dispatch_t **dispatch, pls_sender_t *sn,
    pls_loop_t *loop, pl_err_t *err);
void pls_dispatch_destroy(pls_dispatch_t *dispatch);    /* NULL is fine */

/* Ends what is on the wire now; each gets its result. */
void pls_dispatch_cancel(pls_dispatch_t *dispatch);

#endif /* PLS_DISPATCH_H_INCLUDED */
