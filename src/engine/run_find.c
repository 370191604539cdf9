/*
 * What a run looks at: its conversation as facts, and its flow in the
 * version that it began with.
 */

#include <string.h>

#include "outgoing.h"
#include "run_impl.h"

static void find_windowless(const pl_apply_t *ap, pl_flow_facts_t *facts);
static void find_hours(pl_apply_t *ap, run_t *r);
static pl_status_t find_timeouts(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, const Pl__FlowStep *step, pl_err_t *err);
static const pl_zone_t *find_zone(pl_apply_t *ap, run_t *r);
static bool find_template(const void *data, const char *name,
    const char *language);
static pl_status_t find_nomem(pl_err_t *err);


void
pl_run_set(pl_apply_t *ap, run_t *r, const pl_run_at_t *at)
{
    pl_flow_facts_t  *facts = &r->facts;

    memset(r, 0, sizeof(*r));
    r->ap = ap;
    r->at = *at;
    r->tenant = pl_settings_tenant(ap->settings, at->party->tenant);
    r->old = at->conv->run;

    facts->contact = at->contact;
    facts->conv = at->conv;
    facts->channel = at->channel;
    facts->window_ms = pl_conversation_until(at->conv, at->channel,
                                             at->contact->id);
    find_windowless(ap, facts);
    facts->free_ms = pl_window_free_until(at->conv, at->channel,
                                          at->contact->id);
    facts->now_ms = ap->now_ms;
    find_hours(ap, r);
    facts->zone = find_zone(ap, r);
    facts->match = ap->match;
    facts->template_ready = find_template;
    facts->data = r;
}


/* Where no window is needed, there is always one. */

static void
find_windowless(const pl_apply_t *ap, pl_flow_facts_t *facts)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(ap->settings, facts->channel);

    if (conf != NULL && !pl_channel_windows(conf->provider, conf->row)) {
        facts->window_ms = INT64_MAX;
    }
}


pl_status_t
pl_run_find(pl_apply_t *ap, run_t *r, const pl_flow_t **flow,
    const Pl__FlowStep **step, pl_err_t *err)
{
    const char    *text;
    pl_status_t    rc;
    Pl__FlowRun   *run = r->at.conv->run;

    rc = pl_run_look(ap, r, run->flow, run->version, run->step, flow, step,
                     err);
    if (rc != PL_OK) {
        return rc;
    }

    if (*step == NULL) {
        return pl_run_end(ap, r, "its version is gone", err);
    }

    if (pl_flow_version(*flow) == run->version) {
        return PL_OK;
    }

    text = pl_arena_printf(ap->ar, "migrated from " PL_RUN_VERSION " %s to "
                           PL_RUN_VERSION " %s", run->version, run->step,
                           pl_flow_version(*flow), (*step)->name);
    if (text == NULL) {
        return find_nomem(err);
    }

    run->version = pl_flow_version(*flow);
    run->step = (*step)->name;
    r->at.conv->step = (*step)->name;

    rc = pl_run_audit(ap, r, run->flow, text, err);

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, r->at.party->tenant, "flows", "migrated",
                           err);
    }

    return rc == PL_OK ? find_timeouts(ap, r, *flow, *step, err) : rc;
}


/*
 * Those of the new step, from when the old one began to wait. What is over
 * has been done under the old version; but the one that is at hand is the new
 * step's now, where it has one for that time. A person's run has none.
 */

static pl_status_t
find_timeouts(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_task_void(ap, r->at.conv, err);

    return rc == PL_OK && !pl_owner_is_person(r->at.conv)
           ? pl_run_timeouts(ap, r, flow, step,
                             r->fired_ms != 0 ? r->fired_ms : ap->now_ms,
                             err)
           : rc;
}


pl_status_t
pl_run_look(pl_apply_t *ap, run_t *r, const char *name, uint64_t version,
    const char *at, const pl_flow_t **flow, const Pl__FlowStep **step,
    pl_err_t *err)
{
    pl_status_t       rc;
    const pl_flow_t  *newest;

    *step = NULL;
    newest = pl_flow_keep_newest(r->tenant, name);

    if (newest != NULL && pl_flow_version(newest) != version) {
        *flow = newest;
        *step = pl_flow_keep_migrate(newest, version, at);

        if (*step != NULL) {
            return PL_OK;
        }
    }

    rc = pl_flow_keep_find(ap, r->tenant, name, version, flow, err);

    if (rc == PL_OK && *flow != NULL) {
        *step = pl_flow_step(*flow, at);
    }

    return rc;
}


pl_status_t
pl_run_audit(pl_apply_t *ap, const run_t *r, const char *flow,
    const char *text, pl_err_t *err)
{
    return pl_feed_audit(ap, r->at.party->tenant,
                         PL__AUDIT_KIND__AUDIT_KIND_FLOW,
                         r->at.party->party, flow, text, err);
}


pl_flow_vars_t
pl_run_vars(const run_t *r)
{
    bool  goes_on = (r->run != NULL && r->kind == RUN_OWN);

    /* answered, the old question waits no more */

    return (pl_flow_vars_t) {
        r->at.contact, r->at.conv->variables, r->at.conv->n_variables,
        goes_on ? NULL : r->at.conv->run,
        r->step != NULL && pl_flow_waits(r->step) ? r->step : NULL
    };
}


/* The channel's terms, which are its tenant's where it has none. */

static void
find_hours(pl_apply_t *ap, run_t *r)
{
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, r->at.channel);
    r->terms = channel == NULL ? NULL : channel->terms;

    if (r->terms != NULL && r->terms->has_business) {
        r->facts.business = &r->terms->business;
    }

    if (r->terms != NULL && r->terms->has_quiet) {
        r->facts.quiet = &r->terms->quiet;
    }
}


/* Of the person, the channel, the tenant; NULL: nobody knows, so UTC. */

static const pl_zone_t *
find_zone(pl_apply_t *ap, run_t *r)
{
    size_t            i;
    const char       *names[3];
    const pl_zone_t  *zone;

    names[0] = r->at.contact->time_zone;
    names[1] = r->terms == NULL ? NULL : r->terms->zone;
    names[2] = r->tenant == NULL ? NULL : r->tenant->row->time_zone;

    for (i = 0; i < PL_COUNT(names); i++) {
        zone = names[i] == NULL ? NULL
               : pl_settings_zone(ap->settings, pl_str_c(names[i]));

        if (zone != NULL) {
            r->zone = names[i];
            return zone;
        }
    }

    return NULL;
}


static bool
find_template(const void *data, const char *name, const char *language)
{
    const run_t  *r = data;

    return pl_outgoing_ready(r->ap, r->at.party->tenant, r->at.channel, name,
                             language);
}


static pl_status_t
find_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "run", 0, "out of memory");
}
