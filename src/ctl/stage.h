/*
 * What chat and simulate play on: flows, settings and templates from files,
 * with one channel of the sandbox's own.
 */

#ifndef PLCTL_STAGE_H_INCLUDED
#define PLCTL_STAGE_H_INCLUDED

#include "world.h"

#define PLCTL_STAGE_FLOWS_MAX  64

typedef struct {
    plctl_world_conf_t     world;       /* its tenant is `tenant` */
    Pl__TenantSettings     tenant;
    Pl__ChannelSettings    channel;
    Pl__ChannelSettings   *channels[1];
    size_t                 n_flows;
    Pl__FlowSettings      *flows[PLCTL_STAGE_FLOWS_MAX];
    pl_flow_t             *compiled[PLCTL_STAGE_FLOWS_MAX];
} plctl_stage_t;

/* Is it a flow's file, by its name? */
bool plctl_stage_is_flow(const char *path);

/*
 * Reads the settings and the templates that the options name, and these
 * flows, each of which is checked. PLCTL_EXIT_OK, or what the program ends
 * with: all has been said. The stage has to be ended either way.
 */
int plctl_stage_set(plctl_t *ctl, plctl_stage_t *stage,
    const char *const *files, size_t n);
void plctl_stage_end(plctl_stage_t *stage);

#endif /* PLCTL_STAGE_H_INCLUDED */
