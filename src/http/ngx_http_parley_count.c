/*
 * Counters in shared memory (see the header), and the number of this load
 * of the configuration, which the zone keeps across reloads.
 */

#include "../core/str.h"
#include "ngx_http_parley_count.h"


static ngx_int_t ngx_http_parley_count_init(ngx_shm_zone_t *zone,
    void *data);


const int64_t  ngx_http_parley_count_bounds[NGX_HTTP_PARLEY_BUCKETS] = {
    250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
    500000, 1000000, 5000000, -1
};


ngx_int_t
ngx_http_parley_count_zone(ngx_conf_t *cf, ngx_http_parley_main_conf_t *pmcf)
{
    size_t     size;
    ngx_str_t  name = ngx_string("parley_counters");

    /* the slab allocator's own pages come on top */

    size = ngx_align(sizeof(ngx_http_parley_shm_t), ngx_pagesize)
           + 8 * ngx_pagesize;

    pmcf->zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_http_parley_module);
    if (pmcf->zone == NULL) {
        return NGX_ERROR;
    }

    pmcf->zone->init = ngx_http_parley_count_init;
    pmcf->zone->data = pmcf;

    return NGX_OK;
}


/*
 * Runs once for each load, in the master. The load's number is eight bytes
 * that stay over reloads and eight that grow with each: the journal takes
 * the settings of a master's newest load only.
 */

static ngx_int_t
ngx_http_parley_count_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_parley_main_conf_t  *opmcf = data;

    ngx_slab_pool_t              *shpool;
    ngx_http_parley_shm_t        *shm;
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (opmcf) {
        shm = opmcf->shm;

    } else if (zone->shm.exists) {
        shm = shpool->data;

    } else {
        shm = ngx_slab_calloc(shpool, sizeof(ngx_http_parley_shm_t));
        if (shm == NULL) {
            return NGX_ERROR;
        }

        if (pl_crypto_random(shm->master, sizeof(shm->master)) != PL_OK) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "parley: no random bytes");
            return NGX_ERROR;
        }

        shpool->data = shm;
    }

    pmcf->shm = shm;

    ngx_memcpy(pmcf->cycle, shm->master, sizeof(shm->master));
    pl_be64_put(pmcf->cycle + sizeof(shm->master),
                ngx_atomic_fetch_add(&shm->loads, 1) + 1);

    return NGX_OK;
}


void
ngx_http_parley_count_webhook(ngx_http_parley_counters_t *counters,
    const pl_channel_t *provider, ngx_http_parley_result_e result)
{
    ngx_uint_t           i;
    const pl_channel_t  *row;

    for (i = 0; i < NGX_HTTP_PARLEY_PROVIDERS; i++) {
        row = pl_channel_at(i);

        if (row == NULL || row == provider) {
            break;
        }
    }

    if (i == NGX_HTTP_PARLEY_PROVIDERS) {
        i--;
    }

    (void) ngx_atomic_fetch_add(&counters->webhooks[i][result], 1);
}


void
ngx_http_parley_count_append(ngx_http_parley_counters_t *counters,
    int64_t us)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_PARLEY_BUCKETS - 1; i++) {
        if (us <= ngx_http_parley_count_bounds[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&counters->append_seconds[i], 1);
    (void) ngx_atomic_fetch_add(&counters->append_us, (ngx_uint_t) us);
}
