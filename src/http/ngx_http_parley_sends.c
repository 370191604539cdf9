/*
 * The sandbox's memory: the last sends, each as one line of JSON, in a
 * shared zone. The oldest goes when there are NGX_HTTP_PARLEY_SENDS_MAX of
 * them, or when the zone has no room for a new one.
 */

#include "ngx_http_parley_sandbox.h"

#define NGX_HTTP_PARLEY_SENDS_TEXT  1024    /* bytes of a text that are kept */


typedef struct {
    ngx_queue_t  queue;
    size_t       len;
    u_char       data[1];
} ngx_http_parley_send_t;


static ngx_int_t ngx_http_parley_sends_init(ngx_shm_zone_t *zone,
    void *data);
static void ngx_http_parley_sends_codec_cleanup(void *data);
static ngx_int_t ngx_http_parley_sends_keep(ngx_http_parley_sandbox_t *sb,
    pl_str_t json);
static void ngx_http_parley_sends_drop(ngx_http_parley_sandbox_t *sb);
static char *ngx_http_parley_sends_cut(pl_arena_t *ar, const char *text);


char *
ngx_http_parley_sends_zone(ngx_conf_t *cf, ngx_http_parley_sandbox_t *sb,
    ngx_str_t *name, size_t size)
{
    pl_err_t             err;
    ngx_pool_cleanup_t  *cln;

    static const ProtobufCMessageDescriptor *const  shapes[] = {
        &pl__sandbox__send__descriptor,
        &pl__sandbox__answer__descriptor
    };

    sb->zone = ngx_shared_memory_add(cf, name, size, &ngx_http_parley_module);
    if (sb->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (sb->zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate zone \"%V\"", name);
        return NGX_CONF_ERROR;
    }

    sb->zone->init = ngx_http_parley_sends_init;
    sb->zone->data = sb;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    if (pl_codec_create(&sb->codec, shapes, PL_COUNT(shapes), NULL, 0, &err)
        != PL_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "cannot make the sandbox's codec: %s", err.text);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_parley_sends_codec_cleanup;
    cln->data = sb->codec;

    return NGX_CONF_OK;
}


static void
ngx_http_parley_sends_codec_cleanup(void *data)
{
    pl_codec_destroy(data);
}


static ngx_int_t
ngx_http_parley_sends_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_parley_sandbox_t *osb = data;

    ngx_http_parley_sends_t    *sh;
    ngx_http_parley_sandbox_t  *sb;

    sb = zone->data;
    sb->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (osb) {
        sb->sh = osb->sh;
        return NGX_OK;
    }

    if (zone->shm.exists) {
        sb->sh = sb->shpool->data;
        return NGX_OK;
    }

    sh = ngx_slab_calloc(sb->shpool, sizeof(ngx_http_parley_sends_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&sh->sends);

    /* a full zone is what it is there for */

    sb->shpool->log_nomem = 0;
    sb->shpool->data = sh;
    sb->sh = sh;

    return NGX_OK;
}


ngx_int_t
ngx_http_parley_sends_add(ngx_http_parley_sandbox_t *sb, pl_arena_t *ar,
    ngx_http_parley_sent_t *sent, ngx_log_t *log)
{
    pl_err_t           err;
    pl_str_t           json;
    Pl__Sandbox__Send  send = PL__SANDBOX__SEND__INIT;

    (void) ngx_sprintf((u_char *) sent->id, "wamid.SANDBOX%016xL%08uxA%Z",
                       sent->time_ms,
                       ngx_atomic_fetch_add(&sb->sh->sequence, 1));

    send.time = sent->time_ms;
    send.phone_number_id = sent->phone_number_id;
    send.to = (char *) sent->to;
    send.type = sent->message->type;
    send.id = sent->id;
    send.biz_opaque_callback_data = sent->message->biz_opaque_callback_data;

    if (sent->message->text) {
        send.text = ngx_http_parley_sends_cut(ar, sent->message->text->body);
    }

    if (sent->message->template_) {
        send.template_ = sent->message->template_->name;
    }

    if (pl_json_encode(sb->codec, &send.base, ar, &json, &err) != PL_OK) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "parley: sandbox cannot keep a send: %s", err.text);
        return NGX_ERROR;
    }

    return ngx_http_parley_sends_keep(sb, json);
}


/* The beginning of a text, cut at the edge of a character. */

static char *
ngx_http_parley_sends_cut(pl_arena_t *ar, const char *text)
{
    pl_str_t  s;

    s.data = (const uint8_t *) text;
    s.len = ngx_strlen(text);

    if (s.len > NGX_HTTP_PARLEY_SENDS_TEXT) {
        s.len = NGX_HTTP_PARLEY_SENDS_TEXT;

        while (s.len && (s.data[s.len] & 0xc0) == 0x80) {
            s.len--;
        }
    }

    return pl_arena_str(ar, s);
}


static ngx_int_t
ngx_http_parley_sends_keep(ngx_http_parley_sandbox_t *sb, pl_str_t json)
{
    size_t                   size;
    ngx_http_parley_send_t  *send;

    size = offsetof(ngx_http_parley_send_t, data) + json.len;

    ngx_shmtx_lock(&sb->shpool->mutex);

    if (sb->sh->n == NGX_HTTP_PARLEY_SENDS_MAX) {
        ngx_http_parley_sends_drop(sb);
    }

    for ( ;; ) {
        send = ngx_slab_alloc_locked(sb->shpool, size);

        if (send || sb->sh->n == 0) {
            break;
        }

        ngx_http_parley_sends_drop(sb);
    }

    if (send) {
        send->len = json.len;
        ngx_memcpy(send->data, json.data, json.len);

        ngx_queue_insert_head(&sb->sh->sends, &send->queue);
        sb->sh->n++;
    }

    ngx_shmtx_unlock(&sb->shpool->mutex);

    return send ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_parley_sends_drop(ngx_http_parley_sandbox_t *sb)
{
    ngx_queue_t             *q;
    ngx_http_parley_send_t  *send;

    q = ngx_queue_last(&sb->sh->sends);
    ngx_queue_remove(q);
    sb->sh->n--;

    send = ngx_queue_data(q, ngx_http_parley_send_t, queue);
    ngx_slab_free_locked(sb->shpool, send);
}


ngx_int_t
ngx_http_parley_sends_list(ngx_http_parley_sandbox_t *sb, ngx_pool_t *pool,
    ngx_str_t *json)
{
    size_t                   size;
    u_char                  *p;
    ngx_queue_t             *q;
    ngx_http_parley_send_t  *send;

    /* the pool's lock is held over memory alone, never over I/O */

    ngx_shmtx_lock(&sb->shpool->mutex);

    size = sizeof("[\n]\n");

    for (q = ngx_queue_head(&sb->sh->sends);
         q != ngx_queue_sentinel(&sb->sh->sends);
         q = ngx_queue_next(q))
    {
        send = ngx_queue_data(q, ngx_http_parley_send_t, queue);
        size += send->len + sizeof(",\n") - 1;
    }

    p = ngx_pnalloc(pool, size);

    if (p == NULL) {
        ngx_shmtx_unlock(&sb->shpool->mutex);
        return NGX_ERROR;
    }

    json->data = p;
    *p++ = '[';

    for (q = ngx_queue_head(&sb->sh->sends);
         q != ngx_queue_sentinel(&sb->sh->sends);
         q = ngx_queue_next(q))
    {
        if (q != ngx_queue_head(&sb->sh->sends)) {
            *p++ = ',';
        }

        send = ngx_queue_data(q, ngx_http_parley_send_t, queue);

        *p++ = LF;
        p = ngx_cpymem(p, send->data, send->len);
    }

    ngx_shmtx_unlock(&sb->shpool->mutex);

    p = ngx_cpymem(p, "\n]\n", sizeof("\n]\n") - 1);
    json->len = (size_t) (p - json->data);

    return NGX_OK;
}
