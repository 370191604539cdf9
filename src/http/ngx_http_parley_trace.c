/*
 * The trace that a webhook belongs to: W3C's header "traceparent", as a
 * proxy or a gateway before us may set it.
 */

#include "../core/traceparent.h"
#include "ngx_http_parley_trace.h"


pl_str_t
ngx_http_parley_trace(ngx_http_request_t *r)
{
    char              trace[PL_TRACEPARENT_LEN + 1];
    u_char           *kept;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header, *found;

    found = NULL;
    part = &r->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].key.len != sizeof("traceparent") - 1
            || ngx_strncasecmp(header[i].key.data, (u_char *) "traceparent",
                               sizeof("traceparent") - 1) != 0)
        {
            continue;
        }

        if (found) {
            return PL_STR_NULL;         /* two of them say nothing */
        }

        found = &header[i];
    }

    if (found == NULL
        || !pl_traceparent_read(ngx_http_parley_str(&found->value), trace))
    {
        return PL_STR_NULL;
    }

    /* without memory for it the webhook goes on without its trace */

    kept = ngx_pnalloc(r->pool, PL_TRACEPARENT_LEN);
    if (kept == NULL) {
        return PL_STR_NULL;
    }

    ngx_memcpy(kept, trace, PL_TRACEPARENT_LEN);

    return (pl_str_t) { kept, PL_TRACEPARENT_LEN };
}
