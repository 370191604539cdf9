/*
 * Opening the store, in a pool thread: environments, locks, key, journal,
 * the fold, and this configuration's settings. Whatever fails, all that was
 * opened is closed again, and the worker tries anew a second later.
 *
 * A journal that is full is no such failure: the fold is what room comes
 * from. The settings are kept then, and go with the first append that fits.
 *
 * After LMDB panicked (PL_BROKEN) the store is opened again in place; the
 * worker sees to it that no transaction of this process is alive then. The
 * same where the store's folder was moved or removed; what then comes to its
 * place is opened as a store of its own. A store that was there is not made
 * anew unasked: an empty folder in its place asks for it.
 */

#include "ngx_http_parley_worker.h"

#define NGX_HTTP_PARLEY_KEY_NAME     "/key"
#define NGX_HTTP_PARLEY_PUBLISH_MAX  (64 * 1024 * 1024)


static pl_status_t ngx_http_parley_open_store(ngx_http_parley_open_t *op);
static pl_status_t ngx_http_parley_open_journal(ngx_http_parley_open_t *op);
static pl_status_t ngx_http_parley_open_key(ngx_http_parley_open_t *op,
    uint8_t key[PL_KEY_LEN]);
static pl_status_t ngx_http_parley_open_publish(ngx_http_parley_open_t *op);
static pl_status_t ngx_http_parley_open_settings(ngx_http_parley_open_t *op);
static void ngx_http_parley_open_close(ngx_http_parley_open_t *op);


void
ngx_http_parley_open_run(void *data)
{
    ngx_http_parley_worker_t  *w = data;

    ngx_http_parley_open_t  *op;

    op = &w->open;

    ngx_http_parley_open_published(op);

    if (op->store) {
        pl_fold_destroy(op->fold);
        op->fold = NULL;

        op->status = pl_store_reopen(op->store, &op->err);

    } else {
        op->status = ngx_http_parley_open_store(op);
    }

    if (op->status == PL_OK) {
        op->status = ngx_http_parley_open_journal(op);
    }

    if (op->status != PL_OK) {
        ngx_http_parley_open_close(op);
    }
}


static pl_status_t
ngx_http_parley_open_store(ngx_http_parley_open_t *op)
{
    pl_status_t      rc;
    pl_store_conf_t  conf = { 0 };

    conf.dir = (const char *) op->conf->store.data;
    conf.size = op->conf->store_size;
    conf.create = !op->opened || pl_store_vacant(conf.dir);
    conf.seal = op->conf->seal == NGX_CONF_UNSET
                ? PL_SEAL_KEEP : op->conf->seal ? PL_SEAL_ON : PL_SEAL_OFF;

    rc = pl_store_open(&op->store, &conf, &op->err);

    if (rc != PL_OK) {
        op->store = NULL;
        return rc;
    }

    op->opened = 1;

    rc = pl_shared_open(&op->shared, conf.dir, &op->err);

    if (rc != PL_OK) {
        op->shared = NULL;
    }

    return rc;
}


static pl_status_t
ngx_http_parley_open_journal(ngx_http_parley_open_t *op)
{
    pl_status_t  rc;

    rc = pl_journal_open(op->store, op->clock, &op->err);

    if (rc == PL_OK) {
        rc = pl_journal_mark(op->store, op->mark, &op->err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_fold_create(&op->fold, op->store, op->store, op->shared,
                        op->conf->codec, op->clock, &op->err);
    if (rc != PL_OK) {
        op->fold = NULL;
        return rc;
    }

    return ngx_http_parley_open_publish(op);
}


/*
 * The key of parley_key_file was read with the configuration, by a master
 * that may read more than a worker. Without the directive the store brings
 * its own; the first process that opens the store makes it.
 */

static pl_status_t
ngx_http_parley_open_key(ngx_http_parley_open_t *op, uint8_t key[PL_KEY_LEN])
{
    size_t       len;
    char         path[NGX_MAX_PATH];
    pl_status_t  rc;

    if (op->conf->key_file.len) {
        ngx_memcpy(key, op->conf->keys.keys[0], PL_KEY_LEN);
        return PL_OK;
    }

    len = op->conf->store.len;

    if (len + sizeof(NGX_HTTP_PARLEY_KEY_NAME) > sizeof(path)) {
        return pl_err_set(&op->err, PL_TOOBIG, "key", 0,
                          "the store's path is too long");
    }

    ngx_memcpy(path, op->conf->store.data, len);
    ngx_memcpy(path + len, NGX_HTTP_PARLEY_KEY_NAME,
               sizeof(NGX_HTTP_PARLEY_KEY_NAME));

    rc = pl_crypto_key_read(path, key, &op->err);
    if (rc != PL_NOTFOUND) {
        return rc;
    }

    rc = pl_crypto_key_make(path, &op->err);
    if (rc != PL_OK && rc != PL_EXISTS) {
        return rc;
    }

    return pl_crypto_key_read(path, key, &op->err);
}


/*
 * Appends the settings, unless the journal knows this cycle. What a full
 * journal did not take stays in op->publish; op->err says why.
 */

static pl_status_t
ngx_http_parley_open_publish(ngx_http_parley_open_t *op)
{
    pl_status_t    rc;
    pl_appended_t  appended;

    op->settings = pl_arena_create(16 * 1024, NGX_HTTP_PARLEY_PUBLISH_MAX);
    if (op->settings == NULL) {
        return pl_err_set(&op->err, PL_NOMEM, "settings", 0, "no memory");
    }

    rc = ngx_http_parley_open_settings(op);

    if (rc == PL_OK) {
        rc = pl_journal_append(op->store, op->clock, NULL, 0, op->publish,
                               &appended, &op->err);

        if (rc == PL_FULL) {
            return PL_OK;
        }
    }

    ngx_http_parley_open_published(op);

    return rc;
}


static pl_status_t
ngx_http_parley_open_settings(ngx_http_parley_open_t *op)
{
    uint8_t      key[PL_KEY_LEN];
    pl_status_t  rc;

    rc = ngx_http_parley_open_key(op, key);
    if (rc != PL_OK) {
        return rc;
    }

    rc = ngx_http_parley_publish(op->conf, key, op->settings, &op->publish,
                                 &op->err);

    pl_crypto_wipe(key, sizeof(key));

    return rc;
}


void
ngx_http_parley_open_published(ngx_http_parley_open_t *op)
{
    pl_arena_destroy(op->settings);     /* NULL is fine */

    op->settings = NULL;
    op->publish = NULL;
}


static void
ngx_http_parley_open_close(ngx_http_parley_open_t *op)
{
    ngx_http_parley_open_published(op);

    pl_fold_destroy(op->fold);
    op->fold = NULL;

    pl_shared_close(op->shared);
    op->shared = NULL;

    if (op->store) {
        pl_store_close(op->store);
        op->store = NULL;
    }
}
