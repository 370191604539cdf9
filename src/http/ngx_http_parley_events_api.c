/*
 * Where the API hands a connection over to the live feed.
 */

#include "../core/str.h"
#include "ngx_http_parley_api.h"
#include "ngx_http_parley_live.h"

#define NGX_HTTP_PARLEY_EVENTS_TICKET  "ticket."


static ngx_int_t ngx_http_parley_events_ticket(ngx_http_request_t *r,
    ngx_http_parley_call_t *c);
static pl_str_t ngx_http_parley_events_shown(pl_str_t list);
static int64_t ngx_http_parley_events_now(void);


ngx_int_t
ngx_http_parley_events_stream(ngx_http_request_t *r,
    ngx_http_parley_call_t *c)
{
    ngx_int_t             rc;
    const pl_api_live_t  *asked;

    asked = c->call.op_data;

    if (asked->how == PL_API_LIVE_TICKET) {
        return ngx_http_parley_events_ticket(r, c);
    }

    if (ngx_http_parley_api_cors(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_parley_live_begin(r, asked);

    if (rc == NGX_HTTP_SERVICE_UNAVAILABLE) {
        return ngx_http_parley_api_problem(r, c, PL_API_UNAVAILABLE);
    }

    if (rc == NGX_HTTP_BAD_REQUEST) {
        return ngx_http_parley_api_problem(r, c, PL_API_BAD_REQUEST);
    }

    if (rc == NGX_DONE) {

        /* what it asked for was copied: a stream is no call on its way */

        if (c->counted) {
            c->calls->n--;
            c->counted = 0;
        }

        pl_arena_destroy(c->ar);
        c->ar = NULL;
    }

    return rc;
}


static ngx_int_t
ngx_http_parley_events_ticket(ngx_http_request_t *r,
    ngx_http_parley_call_t *c)
{
    char                          text[NGX_HTTP_PARLEY_TICKET_TEXT];
    int64_t                       now_ms;
    pl_err_t                      err;
    ngx_int_t                     rc;
    Pl__Api__EventTicket          answer = PL__API__EVENT_TICKET__INIT;
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_parley_module);
    now_ms = ngx_http_parley_events_now();

    rc = ngx_http_parley_ticket_make(pmcf, c->call.op_data, now_ms, text);

    if (rc == NGX_BUSY) {
        return ngx_http_parley_api_problem(r, c, PL_API_UNAVAILABLE);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    answer.ticket = text;
    answer.expires = pl_api_time(&c->call, now_ms + NGX_HTTP_PARLEY_TICKET_MS);

    if (answer.expires == NULL
        || pl_api_answer(&c->call, 0, &answer.base, &err) != PL_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_parley_api_send(r, c);
}


/* For the socket alone: a ticket is no key. */

void
ngx_http_parley_events_show(ngx_http_request_t *r, ngx_http_parley_call_t *c)
{
    pl_who_t                     *who;
    pl_str_t                      text;
    ngx_http_parley_ticket_t      ticket;
    ngx_http_parley_main_conf_t  *pmcf;

    static const ngx_str_t  path = ngx_string("/v1/events/socket");

    if (c->call.in.authorization.len || r->uri.len != path.len
        || ngx_memcmp(r->uri.data, path.data, path.len) != 0)
    {
        return;
    }

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_parley_module);

    text = ngx_http_parley_events_shown(
               ngx_http_parley_api_header(r, "sec-websocket-protocol"));

    if (pmcf->shm == NULL
        || ngx_http_parley_ticket_take(pmcf, text,
                                       ngx_http_parley_events_now(), &ticket)
           != NGX_OK)
    {
        return;
    }

    who = pl_arena_zalloc(c->ar, sizeof(pl_who_t));
    if (who == NULL) {
        return;
    }

    who->tenant = ticket.tenant;
    who->role = (Pl__ApiRole) ticket.role;
    who->key = ticket.key;
    who->expires_ms = ticket.expires_ms;
    who->actor = pl_arena_str(c->ar, pl_str_c((char *) ticket.actor));

    c->call.in.who = who;
}


/* Behind "ticket." in a list of subprotocols; empty: there is none. */

static pl_str_t
ngx_http_parley_events_shown(pl_str_t list)
{
    size_t    i, len;
    pl_str_t  text;

    len = sizeof(NGX_HTTP_PARLEY_EVENTS_TICKET) - 1;
    text.data = NULL;
    text.len = 0;

    for (i = 0; i + len < list.len; i++) {

        if ((i == 0 || list.data[i - 1] == ' ' || list.data[i - 1] == ',')
            && ngx_memcmp(list.data + i, NGX_HTTP_PARLEY_EVENTS_TICKET, len)
               == 0)
        {
            text.data = list.data + i + len;

            while (text.data + text.len < list.data + list.len
                   && text.data[text.len] != ' '
                   && text.data[text.len] != ',')
            {
                text.len++;
            }

            break;
        }
    }

    return text;
}


static int64_t
ngx_http_parley_events_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + (int64_t) tp->msec;
}
