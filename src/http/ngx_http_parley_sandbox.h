/*
 * The sandbox: a location that behaves like WhatsApp's Cloud API towards a
 * channel whose api_base_url points at it. For demos, tests and development;
 * it works on the event loop, and is no place for load.
 *
 *     ngx_http_parley_sandbox.c    directive, requests, answers
 *     ngx_http_parley_sends.c      the last sends, in a shared zone
 *     ngx_http_parley_status.c     signed status webhooks
 */

#ifndef NGX_HTTP_PARLEY_SANDBOX_H_INCLUDED
#define NGX_HTTP_PARLEY_SANDBOX_H_INCLUDED

#include "ngx_http_parley_worker.h"
#include "sandbox.pb-c.h"
#include "whatsapp.pb-c.h"

#define NGX_HTTP_PARLEY_SENDS_MAX        1000
#define NGX_HTTP_PARLEY_SANDBOX_ID_LEN   64


typedef struct {
    ngx_queue_t                  sends;     /* newest first */
    ngx_uint_t                   n;
    ngx_atomic_t                 sequence;
} ngx_http_parley_sends_t;


struct ngx_http_parley_sandbox_s {
    ngx_shm_zone_t              *zone;
    ngx_slab_pool_t             *shpool;
    ngx_http_parley_sends_t     *sh;
    ngx_str_t                    secret;
    ngx_str_t                    webhook;   /* URI; NULL: no statuses */
    pl_codec_t                  *codec;     /* of sandbox.proto */
    pl_mac_t                    *mac;       /* the worker's */
};


/* A message that was taken. */
typedef struct {
    const Pl__Wa__OutMessage    *message;
    const char                  *to;        /* phone or user id */
    const char                  *wa_id;     /* the same without "+" */
    int64_t                      time_ms;
    char                         phone_number_id[33];
    char                         id[NGX_HTTP_PARLEY_SANDBOX_ID_LEN];
} ngx_http_parley_sent_t;


/* ---- ngx_http_parley_sends.c ------------------------------------------ */

char *ngx_http_parley_sends_zone(ngx_conf_t *cf,
    ngx_http_parley_sandbox_t *sb, ngx_str_t *name, size_t size);

/* Gives it an id, and keeps it. */
ngx_int_t ngx_http_parley_sends_add(ngx_http_parley_sandbox_t *sb,
    pl_arena_t *ar, ngx_http_parley_sent_t *sent, ngx_log_t *log);

/* All that are kept, newest first, as a JSON array in the pool. */
ngx_int_t ngx_http_parley_sends_list(ngx_http_parley_sandbox_t *sb,
    ngx_pool_t *pool, ngx_str_t *json);

/* ---- ngx_http_parley_status.c ----------------------------------------- */

/* Posts that it was sent, delivered and read; r is not yet answered. */
ngx_int_t ngx_http_parley_status(ngx_http_request_t *r,
    ngx_http_parley_sandbox_t *sb, const ngx_http_parley_sent_t *sent);

#endif /* NGX_HTTP_PARLEY_SANDBOX_H_INCLUDED */
