/*
 * An attempt is over, and has its result: metrics and logs hear of it, before
 * the job goes back to the store thread.
 */

#ifndef PLS_ENDED_H_INCLUDED
#define PLS_ENDED_H_INCLUDED

#include "sender.h"

/* Once for each. The thread that holds the job. */
void pls_ended(pls_sender_t *sn, const pls_job_t *job);

#endif /* PLS_ENDED_H_INCLUDED */
