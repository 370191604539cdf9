/*
 * Counters in shared memory (see the header), and the number of this load
 * of the configuration, which the zone keeps across reloads.
 */

#include "../core/str.h"
#include "ngx_http_parley_count.h"


static ngx_int_t ngx_http_parley_count_init(ngx_shm_zone_t *zone,
    void *data);
static void ngx_http_parley_count_observe(const int64_t *bounds,
    ngx_atomic_t *buckets, ngx_atomic_t *sum, int64_t value);


const int64_t  ngx_http_parley_count_bounds[NGX_HTTP_PARLEY_BUCKETS] = {
    250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
    500000, 1000000, 5000000, -1
};


/* up to NGX_HTTP_PARLEY_BATCH_ENTRIES */

const int64_t  ngx_http_parley_count_sizes[NGX_HTTP_PARLEY_BUCKETS] = {
    1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, -1
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
    ngx_http_parley_count_observe(ngx_http_parley_count_bounds,
                                  counters->append_seconds,
                                  &counters->append_us, us);
}


void
ngx_http_parley_count_batch(ngx_http_parley_counters_t *counters,
    ngx_uint_t entries, int64_t us)
{
    ngx_http_parley_count_observe(ngx_http_parley_count_bounds,
                                  counters->commit_seconds,
                                  &counters->commit_us, us);
    ngx_http_parley_count_observe(ngx_http_parley_count_sizes,
                                  counters->batch_entries,
                                  &counters->batch_sum, (int64_t) entries);
}


static void
ngx_http_parley_count_observe(const int64_t *bounds, ngx_atomic_t *buckets,
    ngx_atomic_t *sum, int64_t value)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_PARLEY_BUCKETS - 1; i++) {
        if (value <= bounds[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&buckets[i], 1);
    (void) ngx_atomic_fetch_add(sum, (ngx_uint_t) value);
}
