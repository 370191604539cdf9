/*
 * Operations that keep their connection: by name, who goes on with it.
 */

#include "ngx_http_parley_api.h"


typedef struct {
    const char   *name;
    ngx_int_t   (*handler)(ngx_http_request_t *r, ngx_http_parley_call_t *c);
} ngx_http_parley_stream_row_t;


static const ngx_http_parley_stream_row_t  ngx_http_parley_streams[] = {
    { "listEvents", ngx_http_parley_events_stream },
    { "openEventSocket", ngx_http_parley_events_stream },
    { "createEventTicket", ngx_http_parley_events_stream },
    { NULL, NULL }
};


ngx_int_t
ngx_http_parley_api_stream(ngx_http_request_t *r, ngx_http_parley_call_t *c)
{
    const ngx_http_parley_stream_row_t  *row;

    for (row = ngx_http_parley_streams; row->name; row++) {
        if (ngx_strcmp(row->name, c->call.op->name) == 0) {
            return row->handler(r, c);
        }
    }

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}
