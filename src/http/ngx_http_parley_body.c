/*
 * A webhook's body as nginx has read it: in memory, in a file, in pieces.
 */

#include "ngx_http_parley_worker.h"


ngx_int_t
ngx_http_parley_body_measure(ngx_http_request_t *r, size_t *len,
    ngx_uint_t *n)
{
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    rc = NGX_OK;
    *len = 0;
    *n = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        if (ngx_buf_size(cl->buf) == 0) {
            continue;
        }

        if (!ngx_buf_in_memory(cl->buf)) {
            rc = NGX_DECLINED;
        }

        *len += (size_t) ngx_buf_size(cl->buf);
        (*n)++;
    }

    return (*len > NGX_HTTP_PARLEY_INLINE_MAX) ? NGX_DECLINED : rc;
}


void
ngx_http_parley_body_pieces(ngx_http_request_t *r,
    ngx_http_parley_piece_t *piece)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_size(b) == 0) {
            continue;
        }

        piece->data = NULL;
        piece->fd = NGX_INVALID_FILE;
        piece->offset = 0;
        piece->len = (size_t) ngx_buf_size(b);

        if (ngx_buf_in_memory(b)) {
            piece->data = b->pos;

        } else {
            piece->fd = b->file->fd;
            piece->offset = b->file_pos;
        }

        piece++;
    }
}
