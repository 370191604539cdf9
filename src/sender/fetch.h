/*
 * The fetcher: a thread that fetches the files of messages that came in, and
 * uploads those of messages that go out, with an event loop and transfers of
 * its own, so that neither a slow file nor a slow disk holds up what is being
 * sent. A job comes from the store thread
 * through sn->to_fetch and goes back to it through sn->to_store.
 */

#ifndef PLS_FETCH_H_INCLUDED
#define PLS_FETCH_H_INCLUDED

#include "sender.h"

typedef struct pls_fetcher_s  pls_fetcher_t;

/* In the main thread, before any other runs; sn->progress is there. */
pl_status_t pls_fetcher_create(pls_fetcher_t **fetcher, pls_sender_t *sn,
    pl_err_t *err);
pl_status_t pls_fetcher_start(pls_fetcher_t *fetcher, pl_err_t *err);

/*
 * Ends the thread and frees it; NULL, and one that was not started, are
 * fine. What is out is not waited for: by then the store thread has ended.
 */
void pls_fetcher_destroy(pls_fetcher_t *fetcher);

#endif /* PLS_FETCH_H_INCLUDED */
