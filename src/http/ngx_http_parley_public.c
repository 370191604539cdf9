/*
 * What the public calls this server: parley_public_url, which is part of what
 * some providers sign, and of what they are told to call. Never what a
 * request's own headers say of it.
 */

#include "../channel/twilio.h"
#include "../core/str.h"
#include "ngx_http_parley.h"


typedef struct {
    pl_str_t   account;
    pl_str_t   token;
} ngx_http_parley_public_t;


static ngx_int_t ngx_http_parley_public_locations(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf);
static void ngx_http_parley_public_tell(ngx_conf_t *cf,
    const pl_channel_t *provider, ngx_str_t *url);
static ngx_int_t ngx_http_parley_public_list(
    ngx_http_parley_main_conf_t *pmcf, const pl_channel_t *provider,
    ngx_array_t *list);
static int ngx_libc_cdecl ngx_http_parley_public_order(const void *one,
    const void *two);


char *
ngx_http_parley_public_check(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *url = data;

    size_t      i;
    u_char     *slash;
    ngx_uint_t  lead;

    lead = ngx_strncmp(url->data, "https://", 8) == 0 ? 8
           : ngx_strncmp(url->data, "http://", 7) == 0 ? 7 : 0;

    for (i = lead; lead && i < url->len; i++) {
        if (url->data[i] <= ' ' || url->data[i] >= 0x7f
            || ngx_strchr("/?#@\"\\_", url->data[i]))
        {
            break;
        }
    }

    slash = NULL;

    if (lead && i < url->len && url->data[i] == '/' && i + 1 == url->len) {
        slash = url->data + i;
        url->len--;
    }

    if (lead == 0 || url->len == lead || (slash == NULL && i < url->len)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid public URL \"%V\": scheme and host, as "
                           "\"https://example.com\"; no path, and no \"_\" "
                           "in the host", url);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_parley_public_init(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf)
{
    return ngx_http_parley_public_locations(cf, pmcf);
}


/* The first location of a provider is where statuses are told. */

static ngx_int_t
ngx_http_parley_public_locations(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf)
{
    u_char                       *p;
    ngx_str_t                     url;
    ngx_uint_t                    i, k, n;
    ngx_http_parley_tenant_t     *tenants;
    ngx_http_parley_channel_t    *channels;
    ngx_http_parley_loc_conf_t  **webhooks;

    webhooks = pmcf->webhooks.elts;
    tenants = pmcf->tenants.elts;

    for (i = 0; i < pmcf->webhooks.nelts; i++) {
        if (!webhooks[i]->provider->by_account) {
            continue;
        }

        url.len = webhooks[i]->public_url.len + webhooks[i]->name.len;
        p = ngx_pnalloc(cf->pool, url.len + 1);
        if (p == NULL) {
            return NGX_ERROR;
        }

        url.data = p;
        *ngx_sprintf(p, "%V%V", &webhooks[i]->public_url,
                     &webhooks[i]->name) = '\0';

        ngx_http_parley_public_tell(cf, webhooks[i]->provider, &url);

        if (pmcf->callback.data == NULL) {
            pmcf->callback = url;
        }

        for (k = 0; k < pmcf->tenants.nelts; k++) {
            channels = tenants[k].channels.elts;

            for (n = 0; n < tenants[k].channels.nelts; n++) {
                if (channels[n].provider == webhooks[i]->provider
                    && channels[n].callback.data == NULL)
                {
                    channels[n].callback = url;
                }
            }
        }
    }

    return NGX_OK;
}


/* Where an operator looks: what "nginx -t" says, or the log. */

static void
ngx_http_parley_public_tell(ngx_conf_t *cf, const pl_channel_t *provider,
    ngx_str_t *url)
{
    if (ngx_test_config) {
        ngx_log_stderr(0, "parley: the webhook's URL, to be entered at %s: "
                       "%V" PL_TWILIO_FRAGMENT ", and as its fallback URL: "
                       "%V", provider->name, url, url);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                  "parley: the webhook's URL, to be entered at %s: "
                  "%V" PL_TWILIO_FRAGMENT ", and as its fallback URL: %V",
                  provider->name, url, url);
}


pl_str_t
ngx_http_parley_public_url(ngx_http_request_t *r,
    ngx_http_parley_loc_conf_t *plcf)
{
    u_char    *p;
    pl_str_t   url = PL_STR("");

    if (!plcf->provider->by_account) {
        return url;
    }

    url.len = plcf->public_url.len + r->unparsed_uri.len;

    p = ngx_pnalloc(r->pool, url.len);
    url.data = p;

    if (p) {
        p = ngx_cpymem(p, plcf->public_url.data, plcf->public_url.len);
        ngx_memcpy(p, r->unparsed_uri.data, r->unparsed_uri.len);
    }

    return url;
}


pl_str_t
ngx_http_parley_public_header(ngx_http_request_t *r, const ngx_str_t *name,
    ngx_uint_t hash)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (name->len == 0) {
        return PL_STR_NULL;
    }

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return PL_STR_NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash == hash && h[i].key.len == name->len
            && ngx_strncmp(h[i].lowcase_key, name->data, name->len) == 0)
        {
            return ngx_http_parley_str(&h[i].value);
        }
    }
}


ngx_int_t
ngx_http_parley_public_macs(ngx_http_parley_main_conf_t *pmcf,
    ngx_http_parley_loc_conf_t *plcf)
{
    pl_str_t                  *accounts;
    pl_mac_t                 **macs;
    ngx_uint_t                 i, n;
    ngx_array_t                list;
    ngx_http_parley_public_t  *rows;

    if (ngx_array_init(&list, pmcf->webhooks.pool, 4,
                       sizeof(ngx_http_parley_public_t))
        != NGX_OK
        || ngx_http_parley_public_list(pmcf, plcf->provider, &list) != NGX_OK)
    {
        return NGX_ERROR;
    }

    n = list.nelts;
    rows = list.elts;

    macs = ngx_palloc(pmcf->webhooks.pool, (2 * n + 1) * sizeof(pl_mac_t *));
    accounts = ngx_palloc(pmcf->webhooks.pool, (n + 1) * sizeof(pl_str_t));
    if (macs == NULL || accounts == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        accounts[i] = rows[i].account;
        macs[i] = plcf->provider->mac ? plcf->provider->mac(rows[i].token)
                                      : pl_mac_create(rows[i].token);
        macs[n + i] = macs[i] ? pl_mac_dup(macs[i]) : NULL;

        if (macs[n + i] == NULL) {
            return NGX_ERROR;
        }
    }

    plcf->loop.macs = macs;
    plcf->loop.n_macs = n;
    plcf->loop.accounts = accounts;

    plcf->thread.macs = macs + n;
    plcf->thread.n_macs = n;
    plcf->thread.accounts = accounts;

    return NGX_OK;
}


/* Each account's tokens once, however many channels name it. */

static ngx_int_t
ngx_http_parley_public_list(ngx_http_parley_main_conf_t *pmcf,
    const pl_channel_t *provider, ngx_array_t *list)
{
    ngx_str_t                  *tokens;
    ngx_uint_t                  i, k, n, kept;
    ngx_http_parley_public_t   *row, *rows;
    ngx_http_parley_tenant_t   *tenants;
    ngx_http_parley_channel_t  *channels;

    tenants = pmcf->tenants.elts;

    for (i = 0; i < pmcf->tenants.nelts; i++) {
        channels = tenants[i].channels.elts;

        for (k = 0; k < tenants[i].channels.nelts; k++) {
            if (channels[k].provider != provider) {
                continue;
            }

            tokens = channels[k].tokens->elts;

            for (n = 0; n < channels[k].tokens->nelts; n++) {
                row = ngx_array_push(list);
                if (row == NULL) {
                    return NGX_ERROR;
                }

                row->account = ngx_http_parley_str(&channels[k].account_sid);
                row->token = ngx_http_parley_str(&tokens[n]);
            }
        }
    }

    rows = list->elts;
    ngx_qsort(rows, list->nelts, sizeof(*rows), ngx_http_parley_public_order);

    for (i = 0, kept = 0; i < list->nelts; i++) {
        if (i == 0 || ngx_http_parley_public_order(&rows[i], &rows[i - 1])
                      != 0)
        {
            rows[kept++] = rows[i];
        }
    }

    list->nelts = kept;

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_http_parley_public_order(const void *one, const void *two)
{
    ngx_int_t                        rc;
    const ngx_http_parley_public_t  *a = one, *b = two;

    rc = ngx_memn2cmp((u_char *) a->account.data, (u_char *) b->account.data,
                      a->account.len, b->account.len);

    if (rc == 0) {
        rc = ngx_memn2cmp((u_char *) a->token.data, (u_char *) b->token.data,
                          a->token.len, b->token.len);
    }

    return (int) rc;
}
