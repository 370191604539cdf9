/*
 * Tickets: what a browser shows in place of a key, which it cannot send with
 * a WebSocket, and which must never stand in a query string, since those are
 * logged. A ticket is 24 random bytes in hex. Its hash stands in shared
 * memory with whom it stands for, so that any worker takes it, and once.
 * One that was not shown within a minute makes room for others; there is
 * room for so many of a tenant, so that none of them takes all.
 */

#include "../core/crypto.h"
#include "../core/str.h"
#include "ngx_http_parley_live.h"
#include "ngx_http_parley_worker.h"


static ngx_http_parley_ticket_t *ngx_http_parley_ticket_find(
    ngx_http_parley_shm_t *shm, const u_char *hash);
static ngx_int_t ngx_http_parley_ticket_hash(pl_str_t text, u_char *hash);


ngx_int_t
ngx_http_parley_ticket_make(ngx_http_parley_main_conf_t *pmcf,
    const pl_api_live_t *asked, int64_t now_ms, char *text)
{
    u_char                     random[NGX_HTTP_PARLEY_TICKET_BYTES];
    u_char                     hash[NGX_HTTP_PARLEY_TICKET_HASH];
    ngx_uint_t                 i, n;
    ngx_slab_pool_t           *shpool;
    ngx_http_parley_ticket_t  *t, *found;

    if (pl_crypto_random(random, sizeof(random)) != PL_OK) {
        return NGX_ERROR;
    }

    pl_hex_encode(random, sizeof(random), text);

    if (ngx_http_parley_ticket_hash(pl_str_c(text), hash) != NGX_OK) {
        return NGX_ERROR;
    }

    shpool = (ngx_slab_pool_t *) pmcf->zone->shm.addr;
    found = NULL;

    /* held over memory alone */

    ngx_shmtx_lock(&shpool->mutex);

    for (i = 0, n = 0; i < NGX_HTTP_PARLEY_TICKETS; i++) {
        t = &pmcf->shm->tickets[i];

        if (t->until_ms <= now_ms) {
            found = found ? found : t;

        } else {
            n += (t->tenant == asked->tenant);
        }
    }

    if (n >= NGX_HTTP_PARLEY_TICKETS_TENANT) {
        found = NULL;
    }

    if (found) {
        ngx_memcpy(found->hash, hash, sizeof(hash));
        found->until_ms = now_ms + NGX_HTTP_PARLEY_TICKET_MS;
        found->tenant = asked->tenant;
        found->role = asked->who.role;
        found->key = asked->who.key;
        found->expires_ms = asked->who.expires_ms;
        (void) ngx_cpystrn(found->actor,
                           (u_char *) (asked->who.actor ? asked->who.actor
                                                        : ""),
                           sizeof(found->actor));
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return found ? NGX_OK : NGX_BUSY;
}


ngx_int_t
ngx_http_parley_ticket_take(ngx_http_parley_main_conf_t *pmcf,
    pl_str_t text, int64_t now_ms, ngx_http_parley_ticket_t *taken)
{
    u_char                     hash[NGX_HTTP_PARLEY_TICKET_HASH];
    ngx_slab_pool_t           *shpool;
    ngx_http_parley_ticket_t  *t;

    if (text.len != 2 * NGX_HTTP_PARLEY_TICKET_BYTES
        || ngx_http_parley_ticket_hash(text, hash) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    shpool = (ngx_slab_pool_t *) pmcf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    t = ngx_http_parley_ticket_find(pmcf->shm, hash);

    if (t) {
        *taken = *t;
        ngx_memzero(t, sizeof(ngx_http_parley_ticket_t));
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return t && taken->until_ms > now_ms ? NGX_OK : NGX_DECLINED;
}


/* By the hash of what nobody can guess: what a comparison takes tells
   nothing of it. */

static ngx_http_parley_ticket_t *
ngx_http_parley_ticket_find(ngx_http_parley_shm_t *shm, const u_char *hash)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_PARLEY_TICKETS; i++) {
        if (shm->tickets[i].until_ms
            && ngx_memcmp(shm->tickets[i].hash, hash,
                          NGX_HTTP_PARLEY_TICKET_HASH)
               == 0)
        {
            return &shm->tickets[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_parley_ticket_hash(pl_str_t text, u_char *hash)
{
    uint8_t       digest[32];
    pl_hash_t    *h;
    pl_status_t   rc;

    h = pl_hash_create();
    if (h == NULL) {
        return NGX_ERROR;
    }

    rc = pl_hash_sha256(h, &text, 1, digest);
    pl_hash_destroy(h);

    ngx_memcpy(hash, digest, NGX_HTTP_PARLEY_TICKET_HASH);

    return rc == PL_OK ? NGX_OK : NGX_ERROR;
}
