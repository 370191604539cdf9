/*
 * Tells whoever supervises this process how it is (notify.h): ready, once it
 * folds and sends; alive, while both the main loop and the store thread
 * turn; stopping. The main thread's.
 */

#ifndef PLS_SUPERVISE_H_INCLUDED
#define PLS_SUPERVISE_H_INCLUDED

#include "loop.h"
#include "notify.h"
#include "sender.h"

typedef struct pls_supervise_s  pls_supervise_t;

/* Reads the environment; before any thread is started. NULL: no memory. */
pls_supervise_t *pls_supervise_create(pls_sender_t *sn, pls_loop_t *loop);
void pls_supervise_destroy(pls_supervise_t *supervise); /* NULL is fine */

/* Says at once what has changed, such as that it stops. NULL is fine. */
void pls_supervise_look(pls_supervise_t *supervise);

#endif /* PLS_SUPERVISE_H_INCLUDED */
