/*
 * What nginx.conf and the provider say of rates and shares, for gates, pacer
 * and pairs (see keeper_impl.h). Settings are the fold's: a reload is
 * followed from the entry on that brought it.
 */

#include <string.h>

#include "keeper_impl.h"
#include "pace.h"

static uint32_t pace_rate(pls_keeper_t *k, uint32_t channel);
static uint32_t pace_most(pls_keeper_t *k, uint32_t channel);
static pls_pair_rate_t pace_pair_rate(pls_keeper_t *k, uint32_t channel);


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
    ask->most = pace_most(k, channel);
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


bool
pls_keeper_pair(pls_keeper_t *k, const Pl__Attempt *attempt, int64_t now_ms,
    uint64_t *pair)
{
    int64_t           now_us, until_us;
    Pl__PutOff       *put_off;
    pls_pair_rate_t   rate;

    *pair = 0;

    if (attempt->lane > PL__LANE__LANE_CAMPAIGN) {
        return true;                    /* a file, an errand: to nobody */
    }

    now_us = pl_clock_mono_us(k->sn->clock);
    rate = pace_pair_rate(k, attempt->channel);
    *pair = pls_pace_pair(attempt->channel, attempt->party_kind,
                          attempt->party);

    if (pls_pace_charge(k->sn->pace, *pair, &rate, now_us, &until_us)) {
        return true;
    }

    put_off = &k->put_offs[k->n_put_offs++];
    pl__put_off__init(put_off);
    put_off->effect = attempt->effect;
    put_off->until_ms = now_ms + (until_us - now_us + 999) / 1000;

    return false;
}


void
pls_keeper_paired(pls_keeper_t *k, const pls_job_t *job, int64_t now_ms)
{
    int64_t                now_us;
    pls_pair_rate_t        rate;
    const Pl__SendResult  *result = &job->result;

    if (job->pair == 0 || result->outcome != PL__OUTCOME__OUTCOME_THROTTLE
        || !result->has_bucket
        || result->bucket != PL__BUCKET__BUCKET_PAIR)
    {
        return;
    }

    now_us = pl_clock_mono_us(k->sn->clock);
    rate = pace_pair_rate(k, job->channel);

    pls_pace_close(k->sn->pace, job->pair, &rate, now_us,
                   now_us + (result->retry_ms - now_ms) * 1000);
}


void
pls_keeper_unpair(pls_keeper_t *k, pls_job_t *job)
{
    pls_pair_rate_t  rate;

    if (job->pair != 0 && job->left_us == 0) {
        rate = pace_pair_rate(k, job->channel);
        pls_pace_refund(k->sn->pace, job->pair, &rate);
    }

    job->pair = 0;
}


static uint32_t
pace_rate(pls_keeper_t *k, uint32_t channel)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(pl_fold_settings(k->fold), channel);

    return conf == NULL ? 0 : conf->row->rate_per_s;
}


static uint32_t
pace_most(pls_keeper_t *k, uint32_t channel)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(pl_fold_settings(k->fold), channel);

    return conf == NULL || conf->provider == NULL ? 0
                                                  : conf->provider->out_max;
}


static pls_pair_rate_t
pace_pair_rate(pls_keeper_t *k, uint32_t channel)
{
    pls_pair_rate_t           rate = { 0, 0 };
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(pl_fold_settings(k->fold), channel);

    if (conf != NULL && conf->provider != NULL) {
        rate.ms = conf->provider->pair_ms;
        rate.burst = conf->provider->pair_burst;
    }

    return rate;
}
