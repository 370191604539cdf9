/*
 * The trace that a request belongs to.
 */

#ifndef NGX_HTTP_PARLEY_TRACE_H_INCLUDED
#define NGX_HTTP_PARLEY_TRACE_H_INCLUDED

#include "ngx_http_parley.h"

/*
 * What the request's header "traceparent" says, in its pool; empty where
 * there is none, there are two, or it is none (traceparent.h).
 */
pl_str_t ngx_http_parley_trace(ngx_http_request_t *r);

#endif /* NGX_HTTP_PARLEY_TRACE_H_INCLUDED */
