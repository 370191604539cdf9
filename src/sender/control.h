/*
 * The control socket: HTTP on a unix socket.
 *
 *     POST /outbox    the doorbell: 204 at once, the store thread looks
 *     GET  /healthz   200 "ok", or 503 and why not
 *     GET  /livez     200 "ok" while both threads turn, else 503
 *     GET  /metrics   Prometheus text
 *
 * The main thread's.
 */

#ifndef PLS_CONTROL_H_INCLUDED
#define PLS_CONTROL_H_INCLUDED

#include "loop.h"
#include "sender.h"

typedef struct pls_control_s  pls_control_t;

/*
 * Listens at path, mode 0660. What a dead sender left there is removed; call
 * it while holding the sender's lock of the store. PL_TOOBIG: a path past
 * what a socket's name holds. PL_BUSY: somebody answers there. PL_EXISTS:
 * something there is no socket. PL_IO.
 */
pl_status_t pls_control_open(pls_control_t **control, pls_sender_t *sn,
    pls_loop_t *loop, const char *path, pl_err_t *err);

/* Stops and removes the socket. NULL is fine. */
void pls_control_close(pls_control_t *control);

#endif /* PLS_CONTROL_H_INCLUDED */
