/*
 * The consumers: a thread that delivers events to the endpoints of
 * subscriptions, with an event loop and transfers of its own, so that
 * nothing that an endpoint does can hold up a message.
 *
 * It reads the state and writes nothing: what it has done it tells the store
 * thread (tell.h), once a second at most while all goes well, which journals
 * it. So what was delivered since is delivered again after a kill, under the
 * same id: at most CONSUMER_AHEAD_MAX events of a subscription.
 *
 * One request is out for a subscription at a time, so its events arrive in
 * order. CONSUMER_SLOTS are out in all; those whose endpoint is slow, has
 * failed, or has not answered yet share half of them, so that the others
 * always find one. And a tenant has a quarter of either at most: endpoints
 * that hang, however many it names, leave the rest to its neighbours.
 */

#ifndef PLS_CONSUMER_H_INCLUDED
#define PLS_CONSUMER_H_INCLUDED

#include "sender.h"

typedef struct pls_consumer_s  pls_consumer_t;

/* In the main thread, before any other runs; sn->store is there. */
pl_status_t pls_consumer_create(pls_consumer_t **consumer, pls_sender_t *sn,
    pl_err_t *err);
pl_status_t pls_consumer_start(pls_consumer_t *consumer, pl_err_t *err);

/*
 * Ends the thread and frees it; NULL, and one that was not started, are
 * fine. By then the store thread has ended.
 */
void pls_consumer_destroy(pls_consumer_t *consumer);

#endif /* PLS_CONSUMER_H_INCLUDED */
