/*
 * What `templates`, `templates sync` and `twilio reconcile` share: channels by
 * name, and how
 * their lists are read.
 */

#ifndef PLCTL_SYNC_H_INCLUDED
#define PLCTL_SYNC_H_INCLUDED

#include "ctl.h"

/* The tenant's channel of this name. PL_NOTFOUND: err says so. */
pl_status_t plctl_sync_channel(plctl_t *ctl, uint32_t tenant,
    const char *name, uint32_t *channel, pl_err_t *err);

/* In ctl's arena; *sync NULL: nobody ever asked for the list. */
pl_status_t plctl_sync_state(plctl_t *ctl, uint32_t tenant,
    uint32_t channel, Pl__TemplateSync **sync, pl_err_t *err);

/* The whole of what is known of the channel; likewise. */
pl_status_t plctl_sync_all(plctl_t *ctl, uint32_t tenant, uint32_t channel,
    Pl__ChannelState **state, pl_err_t *err);

/*
 * What came of an errand, as often as it is asked: *verdict stays NULL where
 * nothing did yet.
 */
typedef pl_status_t (*plctl_look_pt)(plctl_t *ctl, void *data,
    const char **verdict, pl_err_t *err);

/* Asks until there is a verdict, 30 s are over or no sender runs: pending. */
pl_status_t plctl_await(plctl_t *ctl, plctl_look_pt look, void *data,
    const char *pending, const char **verdict, pl_err_t *err);

#endif /* PLCTL_SYNC_H_INCLUDED */
