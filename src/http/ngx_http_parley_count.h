/*
 * Counters of all workers, in one shared memory zone that survives reloads:
 * a slot for each worker by its number, each a cache line away from the
 * next. They are summed when somebody asks. More workers than slots share.
 */

#ifndef NGX_HTTP_PARLEY_COUNT_H_INCLUDED
#define NGX_HTTP_PARLEY_COUNT_H_INCLUDED

#include "ngx_http_parley.h"

#define NGX_HTTP_PARLEY_SLOTS      64
#define NGX_HTTP_PARLEY_PROVIDERS  8
#define NGX_HTTP_PARLEY_BUCKETS    14       /* the last is +Inf */


typedef enum {
    NGX_HTTP_PARLEY_RING_OK = 0,
    NGX_HTTP_PARLEY_RING_FAILED,
    NGX_HTTP_PARLEY_RINGS
} ngx_http_parley_ring_e;


struct ngx_http_parley_counters_s {
    ngx_atomic_t   webhooks[NGX_HTTP_PARLEY_PROVIDERS]
                           [NGX_HTTP_PARLEY_RESULTS];
    ngx_atomic_t   append_entries;
    ngx_atomic_t   append_bytes;
    ngx_atomic_t   append_batches;
    ngx_atomic_t   append_failures;
    ngx_atomic_t   append_seconds[NGX_HTTP_PARLEY_BUCKETS];
    ngx_atomic_t   append_us;       /* the histogram's sum */
    ngx_atomic_t   commit_seconds[NGX_HTTP_PARLEY_BUCKETS];
    ngx_atomic_t   commit_us;
    ngx_atomic_t   batch_entries[NGX_HTTP_PARLEY_BUCKETS];
    ngx_atomic_t   batch_sum;
    ngx_atomic_t   queue;           /* entries that wait, now */
    ngx_atomic_t   rings[NGX_HTTP_PARLEY_RINGS];
    ngx_atomic_t   open;            /* the store is open in this worker */
    ngx_atomic_t   full;            /* refused: a mark was passed */
    ngx_atomic_t   full_statuses;   /* the same, of statuses alone */
    ngx_atomic_t   asks_full;       /* refused: too many wait to ask */
    ngx_atomic_t   events_clients;  /* of the live feed, now */
    ngx_atomic_t   events_out;      /* events written to clients */
    ngx_atomic_t   events_slow;     /* clients closed that did not read */
    u_char         pad[64];
};


#define NGX_HTTP_PARLEY_TICKETS       512       /* at a time */
#define NGX_HTTP_PARLEY_TICKETS_TENANT  64      /* of them, of a tenant */
#define NGX_HTTP_PARLEY_TICKET_BYTES  24
#define NGX_HTTP_PARLEY_TICKET_HASH   16
#define NGX_HTTP_PARLEY_TICKET_ACTOR  128
#define NGX_HTTP_PARLEY_TICKET_MS     60000     /* to be shown within */

/* ngx_http_parley_ticket.c; all zeroes: free. */
typedef struct {
    u_char         hash[NGX_HTTP_PARLEY_TICKET_HASH];
    int64_t        until_ms;
    uint32_t       tenant;
    uint32_t       role;
    uint64_t       key;
    int64_t        expires_ms;
    u_char         actor[NGX_HTTP_PARLEY_TICKET_ACTOR];
} ngx_http_parley_ticket_t;


struct ngx_http_parley_shm_s {
    u_char                       master[8];     /* drawn with the zone */
    ngx_atomic_t                 loads;         /* of the configuration */
    ngx_http_parley_counters_t   slots[NGX_HTTP_PARLEY_SLOTS];
    ngx_http_parley_ticket_t     tickets[NGX_HTTP_PARLEY_TICKETS];
};


/* Upper bounds of the buckets, microseconds; the last is -1: none. */
extern const int64_t  ngx_http_parley_count_bounds[NGX_HTTP_PARLEY_BUCKETS];

/* The same of sizes of batches, in entries. */
extern const int64_t  ngx_http_parley_count_sizes[NGX_HTTP_PARLEY_BUCKETS];


/* Adds the zone to the configuration. */
ngx_int_t ngx_http_parley_count_zone(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf);

void ngx_http_parley_count_webhook(ngx_http_parley_counters_t *counters,
    const pl_channel_t *provider, ngx_http_parley_result_e result);
void ngx_http_parley_count_append(ngx_http_parley_counters_t *counters,
    int64_t us);

/* A transaction: its entries, and how long it took. */
void ngx_http_parley_count_batch(ngx_http_parley_counters_t *counters,
    ngx_uint_t entries, int64_t us);

#endif /* NGX_HTTP_PARLEY_COUNT_H_INCLUDED */
