/*
 * Versions of flows. A conversation stays on the version of a flow that its
 * run began with until it ends, or the newer file takes it over (`migrate`):
 * a reload changes no question under anybody's feet.
 *
 * So what a SettingsPublish replaces, or no longer names, stays as a row
 * "kept/TENANT/FLOW/VERSION" of `settings`, up to PL_FLOW_VERSIONS_MAX of
 * each flow; the one that was replaced first goes first. A run, or a task,
 * of a version that is gone is void.
 *
 * The folding thread.
 */

#ifndef PL_FLOW_KEEP_H_INCLUDED
#define PL_FLOW_KEEP_H_INCLUDED

#include "apply.h"

/* The configured flow of that name, or NULL. */
const pl_flow_t *pl_flow_keep_newest(const pl_tenant_conf_t *tenant,
    const char *name);

/*
 * The flow as a run knows it: configured, or kept. *flow NULL: it is gone.
 * Errors are the store's.
 */
pl_status_t pl_flow_keep_find(pl_apply_t *ap,
    const pl_tenant_conf_t *tenant, const char *name, uint64_t version,
    const pl_flow_t **flow, pl_err_t *err);

/*
 * Before a publish writes its flows: keeps those of the store that it does
 * not have with the same bytes.
 */
pl_status_t pl_flow_keep_old(pl_apply_t *ap, const Pl__SettingsPublish *in,
    pl_err_t *err);

/*
 * The step that a file's `migrate` gives a run of another version, or NULL:
 * it says nothing of that version, or of that step.
 */
const Pl__FlowStep *pl_flow_keep_migrate(const pl_flow_t *newest,
    uint64_t version, const char *step);

#endif /* PL_FLOW_KEEP_H_INCLUDED */
