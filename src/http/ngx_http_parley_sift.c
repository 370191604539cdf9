/*
 * Bodies that bring mail, with its files, in the pool thread (sift.h). The
 * body streams by twice, out of nginx's temporary file: first to verify what
 * is left of it, so that nobody who is not known fills the disk; then its
 * files go to their folder. Memory holds what is left, and a buffer.
 *
 * What cannot be sifted is an entry as it is, where it is no larger than
 * other webhooks may be; else all of it is a file, and the entry names that,
 * for the quarantine.
 */

#include "../core/str.h"
#include "ngx_http_parley_worker.h"


#define NGX_HTTP_PARLEY_SIFT_READ   65536
#define NGX_HTTP_PARLEY_SIFT_BLOCK  65536
#define NGX_HTTP_PARLEY_SIFT_ARENA  (5 * PL_SIFT_LEFT_MAX)
#define NGX_HTTP_PARLEY_SIFT_HEAD   4096    /* of what is kept whole */


typedef struct {
    ngx_http_parley_proof_t    *proof;
    pl_spool_t                 *spool;      /* that is being written */
    size_t                      size;       /* of it, if that is known */
} ngx_http_parley_sink_t;


static pl_status_t ngx_http_parley_sift_pass(ngx_http_parley_proof_t *p,
    const pl_sift_sink_t *sink, const pl_sifted_t **out, pl_err_t *err);
static pl_status_t ngx_http_parley_sift_verify(ngx_http_parley_proof_t *p,
    const pl_sifted_t *sifted, pl_err_t *err);
static pl_status_t ngx_http_parley_sift_files(ngx_http_parley_proof_t *p,
    const pl_sifted_t **sifted, pl_err_t *err);
static pl_status_t ngx_http_parley_sift_whole(ngx_http_parley_proof_t *p,
    const pl_sift_sink_t *sink, const pl_sifted_t **out, pl_err_t *err);
static pl_status_t ngx_http_parley_sift_claim(ngx_http_parley_proof_t *p,
    pl_err_t *err);
static pl_status_t ngx_http_parley_sift_raw(ngx_http_parley_proof_t *p,
    size_t max, pl_str_t *raw, pl_err_t *err);
static pl_status_t ngx_http_parley_sift_begin(void *data, pl_err_t *err);
static pl_status_t ngx_http_parley_sift_write(void *data,
    const uint8_t *bytes, size_t n, pl_err_t *err);
static pl_status_t ngx_http_parley_sift_end(void *data,
    char name[PL_SIFT_HASH], pl_err_t *err);


pl_status_t
ngx_http_parley_sift_run(ngx_http_parley_proof_t *p, pl_err_t *err)
{
    size_t              i;
    pl_str_t            raw;
    pl_status_t         rc;
    const pl_sifted_t  *sifted;

    p->arena = pl_arena_create(NGX_HTTP_PARLEY_SIFT_BLOCK,
                               NGX_HTTP_PARLEY_SIFT_ARENA);
    if (p->arena == NULL) {
        return pl_err_set(err, PL_BUSY, "sift", 0, "no memory");
    }

    rc = ngx_http_parley_sift_pass(p, NULL, &sifted, err);

    if (rc == PL_INVALID || rc == PL_TOOBIG || rc == PL_NOMEM) {

        /* out of memory is out of the arena, as a rule: the body's doing */

        sifted = NULL;
        rc = PL_OK;
    }

    if (rc == PL_OK) {
        rc = ngx_http_parley_sift_verify(p, sifted, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (sifted == NULL && p->len <= PL_BODY_MAX) {
        pl_arena_reset(p->arena);
        rc = ngx_http_parley_sift_raw(p, p->len, &raw, err);

        p->body = (u_char *) raw.data;
        p->len = raw.len;

        return rc;
    }

    if (sifted == NULL || sifted->n_taken != 0) {
        rc = ngx_http_parley_sift_files(p, &sifted, err);
    }

    for (i = 0; rc != PL_OK && i < p->n_claims; i++) {
        pl_shelf_drop(p->claims[i]);
    }

    if (rc != PL_OK) {

        /* whatever is the matter with the disk: the provider tries again */

        return rc == PL_IO ? rc : PL_BUSY;
    }

    p->sifted = sifted;
    p->body = (u_char *) sifted->body.data;
    p->len = sifted->body.len;

    return PL_OK;
}


static pl_status_t
ngx_http_parley_sift_pass(ngx_http_parley_proof_t *p,
    const pl_sift_sink_t *sink, const pl_sifted_t **out, pl_err_t *err)
{
    u_char       buf[NGX_HTTP_PARLEY_SIFT_READ];
    size_t       done;
    ssize_t      n;
    pl_sift_t   *sift;
    pl_status_t  rc;

    sift = pl_sift_create(p->provider->sift, sink, p->arena);
    if (sift == NULL) {
        return pl_err_set(err, PL_BUSY, "sift", 0, "no memory");
    }

    for (done = 0; done < p->len; done += (size_t) n) {
        n = ngx_http_parley_verify_piece(p, done, buf, sizeof(buf), err);
        if (n <= 0) {
            return PL_IO;
        }

        rc = pl_sift_feed(sift, buf, (size_t) n, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return pl_sift_end(sift, out, err);
}


/*
 * Over what is left, which has all that anybody signs; of a body that cannot
 * be sifted, over its beginning.
 */

static pl_status_t
ngx_http_parley_sift_verify(ngx_http_parley_proof_t *p,
    const pl_sifted_t *sifted, pl_err_t *err)
{
    pl_str_t     body;
    pl_status_t  rc;

    if (sifted) {
        return ngx_http_parley_verify_body(p, &sifted->body, err);
    }

    pl_arena_reset(p->arena);

    rc = ngx_http_parley_sift_raw(p, ngx_min(p->len, PL_BODY_MAX), &body,
                                  err);

    return rc == PL_OK ? ngx_http_parley_verify_body(p, &body, err) : rc;
}


static pl_status_t
ngx_http_parley_sift_files(ngx_http_parley_proof_t *p,
    const pl_sifted_t **sifted, pl_err_t *err)
{
    pl_status_t             rc;
    pl_sift_sink_t          sink;
    ngx_http_parley_sink_t  to;

    pl_arena_reset(p->arena);

    ngx_memzero(&to, sizeof(ngx_http_parley_sink_t));
    to.proof = p;
    to.size = *sifted ? 0 : p->len;

    sink.data = &to;
    sink.begin = ngx_http_parley_sift_begin;
    sink.write = ngx_http_parley_sift_write;
    sink.end = ngx_http_parley_sift_end;

    rc = *sifted ? ngx_http_parley_sift_pass(p, &sink, sifted, err)
                 : ngx_http_parley_sift_whole(p, &sink, sifted, err);

    return rc == PL_OK ? ngx_http_parley_sift_claim(p, err) : rc;
}


static pl_status_t
ngx_http_parley_sift_whole(ngx_http_parley_proof_t *p,
    const pl_sift_sink_t *sink, const pl_sifted_t **out, pl_err_t *err)
{
    u_char        buf[NGX_HTTP_PARLEY_SIFT_READ];
    size_t        done;
    ssize_t       n;
    pl_status_t   rc;
    pl_sifted_t  *sifted;

    sifted = pl_arena_zalloc(p->arena, sizeof(*sifted));
    if (sifted == NULL) {
        return pl_err_set(err, PL_BUSY, "sift", 0, "no memory");
    }

    rc = sink->begin(sink->data, err);

    for (done = 0; rc == PL_OK && done < p->len; done += (size_t) n) {
        n = ngx_http_parley_verify_piece(p, done, buf, sizeof(buf), err);
        if (n <= 0) {
            return PL_IO;
        }

        rc = sink->write(sink->data, buf, (size_t) n, err);
    }

    if (rc == PL_OK) {
        rc = sink->end(sink->data, sifted->taken[0].name, err);
    }

    sifted->whole = true;
    sifted->n_taken = 1;
    sifted->taken[0].bytes = p->len;
    *out = sifted;

    return rc == PL_OK
           ? ngx_http_parley_sift_raw(p, NGX_HTTP_PARLEY_SIFT_HEAD,
                                      &sifted->body, err)
           : rc;
}


/* All of them are there: each is synced, and gets its name. */

static pl_status_t
ngx_http_parley_sift_claim(ngx_http_parley_proof_t *p, pl_err_t *err)
{
    size_t       i;
    char         name[PL_SHELF_NAME];
    pl_status_t  rc;

    for (i = 0; i < p->n_claims; i++) {
        rc = pl_shelf_claim(p->claims[i], p->dir, name, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
ngx_http_parley_sift_raw(ngx_http_parley_proof_t *p, size_t max,
    pl_str_t *raw, pl_err_t *err)
{
    u_char   *to;
    size_t    done;
    ssize_t   n;

    to = pl_arena_alloc(p->arena, max + 1);
    if (to == NULL) {
        return pl_err_set(err, PL_BUSY, "sift", 0, "no memory");
    }

    for (done = 0; done < max; done += (size_t) n) {
        n = ngx_http_parley_verify_piece(p, done, to + done, max - done, err);
        if (n <= 0) {
            return PL_IO;
        }
    }

    raw->data = to;
    raw->len = max;

    return PL_OK;
}


/* ---- where files go --------------------------------------------------- */

static pl_status_t
ngx_http_parley_sift_begin(void *data, pl_err_t *err)
{
    ngx_http_parley_sink_t *to = data;

    pl_status_t               rc;
    ngx_http_parley_proof_t  *p;

    p = to->proof;

    to->spool = pl_arena_alloc(p->arena, sizeof(pl_spool_t));
    if (to->spool == NULL) {
        return pl_err_set(err, PL_BUSY, "sift", 0, "no memory");
    }

    rc = pl_shelf_open(to->spool, p->dir, to->size, err);

    if (rc == PL_OK) {
        p->claims[p->n_claims++] = to->spool;
    }

    return rc;
}


static pl_status_t
ngx_http_parley_sift_write(void *data, const uint8_t *bytes, size_t n,
    pl_err_t *err)
{
    ngx_http_parley_sink_t *to = data;

    return pl_shelf_write(to->spool, bytes, n, err);
}


static pl_status_t
ngx_http_parley_sift_end(void *data, char name[PL_SIFT_HASH], pl_err_t *err)
{
    ngx_http_parley_sink_t *to = data;

    pl_status_t  rc;

    rc = pl_shelf_end(to->spool, err);

    if (rc == PL_OK) {
        pl_hex_encode(to->spool->sha256, PL_SHA256_LEN, name);
    }

    return rc;
}
