/*
 * What nginx.conf and the provider say of rates and shares, for gates, pacer
 * and pairs (see keeper_impl.h). Settings are the fold's: a reload is
 * followed from the entry on that brought it.
 */

#include <string.h>

#include "keeper_impl.h"

static uint32_t pace_rate(pls_keeper_t *k, uint32_t channel);


void
pls_keeper_ask(pls_keeper_t *k, uint32_t tenant, uint32_t channel,
    pls_gate_ask_t *ask)
{
    const pl_tenant_conf_t  *conf;

    conf = pl_settings_tenant(pl_fold_settings(k->fold), tenant);

    memset(ask, 0, sizeof(*ask));
    ask->channel = channel;
    ask->tenant = tenant;
    ask->rate = pace_rate(k, channel);
    ask->free = k->idle.n;

    /* absent is 0 */
    ask->tenant_rate = conf == NULL ? 0 : conf->row->rate_per_s;
    ask->weight = conf == NULL ? 0 : conf->row->weight;
}


void
pls_keeper_rates(pls_keeper_t *k, pls_job_t *job)
{
    pls_gate_ask_t  ask;

    pls_keeper_ask(k, job->tenant, job->channel, &ask);

    job->rate = ask.rate;
    job->tenant_rate = ask.tenant_rate;
}


static uint32_t
pace_rate(pls_keeper_t *k, uint32_t channel)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(pl_fold_settings(k->fold), channel);

    return conf == NULL ? 0 : conf->row->rate_per_s;
}
