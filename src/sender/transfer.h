/*
 * Transfers: jobs on the wire. The only door to libcurl.
 *
 * libcurl repeats a request by itself when a kept connection dies under it,
 * with no option against it (7.88: Curl_retry_request). Two walls keep a
 * POST from leaving twice, in HTTP/1.1 and HTTP/2 alike:
 *
 * - The body goes through a read callback whose seek callback fails.
 * - Before each try libcurl calls our prerequest callback: once a byte of
 *   the body was asked for, another try is refused.
 *
 * Such a transfer ends as PLS_END_REPEAT with stage LEAVING: it may have been
 * accepted. A try whose body nobody asked for may be repeated; what left of
 * it, headers at most, is no request that a provider can act on. HTTP/2
 * streams that the peer refused whole look the same as a dead connection in
 * this version, and count as unknown too.
 *
 * Mail is sent by threads of its own (transfer_pool.c): libcurl waits for the
 * answer to a mail's end, and to QUIT, without letting anybody else go on.
 * Each mail that is under way has one; a channel, and a tenant, has no more
 * than its share of them. So who has a mail asks first.
 *
 * All functions are the main thread's alone; done is called there.
 */

#ifndef PLS_TRANSFER_H_INCLUDED
#define PLS_TRANSFER_H_INCLUDED

#include "../core/share.h"
#include "job.h"
#include "loop.h"

#define PLS_CONNECTIONS_MAX       PL_INFLIGHT_MAX   /* to one host, too:
                                                       nobody waits for one */
#define PLS_CONNECTIONS_KEPT      512
#define PLS_CONNECTION_IDLE_S     55    /* kept; below what peers keep */
#define PLS_CONNECTION_AGE_S      600   /* then DNS is asked again */

typedef struct pls_transfers_s  pls_transfers_t;

/* job->wire is filled; the job is the callee's again. */
typedef void (*pls_transfer_done_pt)(void *data, pls_job_t *job);

/*
 * progress: where stages are noted, by job->slot; or NULL. ca_file:
 * certificates to trust, NULL for the system's. PL_DENIED (ca_file cannot be
 * read), PL_IO, PL_NOMEM. Before any thread is started: it initialises
 * libcurl.
 */
pl_status_t pls_transfers_create(pls_transfers_t **transfers,
    pls_loop_t *loop, pl_progress_t *progress, const char *ca_file,
    pls_transfer_done_pt done, void *data, pl_err_t *err);
void pls_transfers_destroy(pls_transfers_t *transfers); /* NULL is fine */

/*
 * Is there a thread for it? Of what is no mail, always. What is said holds
 * until the next begins.
 */
bool pls_transfer_may(pls_transfers_t *transfers, const pls_job_t *job);

/*
 * Puts job->request on the wire. done is called for it exactly once, never
 * from inside this call; a transfer that cannot begin ends at the loop's
 * next turn, and so does a mail that may not.
 */
void pls_transfer_begin(pls_transfers_t *transfers, pls_job_t *job);

/*
 * What has not left when its tenant's of these (PLS_PAUSES) is another than
 * its job's goes back (PLS_END_WAITED). Without them, nothing does.
 */
void pls_transfers_pauses(pls_transfers_t *transfers,
    const _Atomic uint32_t *pauses);

/*
 * left is called as a request's first byte may leave, from inside libcurl:
 * it begins nothing here. Not for mails, whose time is when they begin.
 */
typedef void (*pls_transfer_left_pt)(void *data, pls_job_t *job);

void pls_transfers_left(pls_transfers_t *transfers,
    pls_transfer_left_pt left);

/*
 * Ends all that are out as PLS_END_STOPPED; done is called for each, for
 * mails once their threads have noticed: within about a second.
 */
void pls_transfers_cancel(pls_transfers_t *transfers);

size_t pls_transfers_count(const pls_transfers_t *transfers);

/* Connections opened so far. */
uint64_t pls_transfers_connections(const pls_transfers_t *transfers);

#endif /* PLS_TRANSFER_H_INCLUDED */
