/*
 * A call of the API on the store that is here, without nginx, as an operator:
 * what it asks for goes to the journal as anybody's request does.
 */

#ifndef PLCTL_CALL_H_INCLUDED
#define PLCTL_CALL_H_INCLUDED

#include "../api/api.h"
#include "ctl.h"

typedef struct {
    pl_api_t        *api;
    pl_keyring_t     keys;          /* what secrets are sealed under */
    pl_api_config_t  config;
    pl_who_t         who;
    pl_api_call_t    call;
} plctl_call_t;

/* call->call.in has nothing but who asks. PL_NOMEM and the codec's. Ends with
   plctl_call_end, whatever came. */
pl_status_t plctl_call_begin(plctl_t *ctl, plctl_call_t *call,
    pl_err_t *err);
void plctl_call_end(plctl_call_t *call);

/*
 * Opens the store, unless it is, asks, and waits for the fold: call->call.out
 * is the answer, a problem included.
 */
pl_status_t plctl_call_run(plctl_t *ctl, plctl_call_t *call, pl_err_t *err);

#endif /* PLCTL_CALL_H_INCLUDED */
