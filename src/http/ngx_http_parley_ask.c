/*
 * A webhook whose signature nginx.conf's secrets do not explain: it may be of
 * an account that was made over the API since. The store is asked once, in
 * the pool thread that verifies, before the webhook is refused. Nothing is
 * kept of it but the snapshot of the settings, so that a token that was
 * changed or taken away is another one, or none, from the next webhook on.
 */

#include "../engine/news.h"
#include "../engine/state.h"
#include "ngx_http_parley_worker.h"

#define NGX_HTTP_PARLEY_ASK_BLOCK  8192
#define NGX_HTTP_PARLEY_ASK_ROOM   (256 * 1024)     /* beside 32 of the body */


static pl_status_t ngx_http_parley_ask_settings(ngx_http_parley_verify_t *v,
    pl_arena_t *ar);
static pl_status_t ngx_http_parley_ask_signers(ngx_http_parley_verify_t *v,
    const pl_signed_t *in, pl_str_t account, pl_arena_t *ar);


pl_status_t
ngx_http_parley_ask(ngx_http_parley_verify_t *v, const pl_signed_t *in)
{
    pl_arena_t               *ar;
    pl_str_t                  account;
    pl_status_t               rc;
    ngx_http_parley_proof_t  *p;

    p = v->proof;

    ar = pl_arena_create(NGX_HTTP_PARLEY_ASK_BLOCK,
                         NGX_HTTP_PARLEY_ASK_ROOM + 64 * p->len);
    if (ar == NULL) {
        return pl_err_set(&v->err, PL_NOMEM, "verify", 0, "no memory");
    }

    rc = p->provider->account(in->body[0], ar, &account);

    if (rc == PL_NOTFOUND) {
        rc = PL_DENIED;             /* v->err says why it was refused */

    } else if (rc == PL_OK && v->from == NULL) {
        rc = pl_err_set(&v->err, PL_BUSY, "verify", 0,
                        "the store is not open");

    } else if (rc == PL_OK) {
        rc = ngx_http_parley_ask_settings(v, ar);
    }

    if (rc == PL_OK) {
        rc = ngx_http_parley_ask_signers(v, in, account, ar);
    }

    pl_arena_destroy(ar);

    return rc;
}


static pl_status_t
ngx_http_parley_ask_settings(ngx_http_parley_verify_t *v, pl_arena_t *ar)
{
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = pl_store_begin(v->from, PL_ENV_STATE, false, &txn, &v->err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, ar, &meta, &v->err);

    if (rc == PL_OK) {
        rc = pl_news_follow(&v->settings, txn, v->conf->codec,
                            meta->generation, &v->err);
    }

    pl_store_abort(txn);

    return rc == PL_NOTFOUND ? PL_DENIED : rc;
}


static pl_status_t
ngx_http_parley_ask_signers(ngx_http_parley_verify_t *v,
    const pl_signed_t *in, pl_str_t account, pl_arena_t *ar)
{
    pl_err_t             why;
    pl_status_t          rc;
    pl_keyring_t         own = { 0 };
    pl_secrets_t         secrets = { 0 };
    const pl_keyring_t  *keys;

    keys = v->conf->keys.n != 0 ? &v->conf->keys : &own;

    rc = pl_signers_find(&v->signers, v->settings, keys, v->proof->provider,
                         account, ar, &secrets, &v->err);

    /* without the directive the store brings its key: read for an account
       that is there, since anybody can name one that is not */

    if (rc == PL_BUSY && keys == &own) {
        pl_signers_end(&secrets);

        rc = pl_keyring_read(&own, NULL, pl_store_dir(v->from), &v->err);

        if (rc == PL_OK) {
            rc = pl_signers_find(&v->signers, v->settings, keys,
                                 v->proof->provider, account, ar, &secrets,
                                 &v->err);
        }
    }

    /* one token that does not open is not what the others are refused for */

    if (rc == PL_OK) {
        rc = v->proof->provider->verify(&secrets, in, &v->err);

    } else if (rc == PL_BUSY && secrets.n_macs != 0
               && v->proof->provider->verify(&secrets, in, &why) == PL_OK)
    {
        rc = PL_OK;
    }

    pl_signers_end(&secrets);
    pl_keyring_wipe(&own);

    return rc == PL_NOTFOUND ? PL_DENIED : rc;
}
