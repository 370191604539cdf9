/*
 * What a tenant's flows are held against when nginx.conf is read: the
 * templates of templates_file, its quiet hours, and each other. Nothing of
 * it is published. Flows and files may stand in any order in their block, so
 * this is done when the block is at its end.
 */

#include "../channel/draft.h"
#include "../core/str.h"
#include "../engine/flow.h"
#include "ngx_http_parley.h"


#define NGX_HTTP_PARLEY_TEMPLATES_ARENA  (32 * 1024 * 1024)


typedef struct {
    Pl__TemplateRecord       **records;
    size_t                     n;
    pl_hours_t                 quiet;
    pl_arena_t                *ar;
    pl_codec_t                *codec;
    pl_flow_mistakes_t        *mistakes;
    pl_flow_t                **flows;   /* as the tenant's; NULL at first */
} ngx_http_parley_against_t;


static char *ngx_http_parley_templates_read(ngx_conf_t *cf,
    ngx_http_parley_against_t *against,
    const ngx_http_parley_templates_t *file);
static ngx_uint_t ngx_http_parley_templates_listed(pl_codec_t *codec,
    const ngx_str_t *json, pl_arena_t *ar, pl_templates_t *list);
static char *ngx_http_parley_templates_add(ngx_conf_t *cf,
    ngx_http_parley_against_t *against, Pl__TemplateRecord **records,
    size_t n);
static char *ngx_http_parley_templates_all(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant, ngx_http_parley_against_t *against);
static char *ngx_http_parley_templates_flows(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant, ngx_http_parley_against_t *against);
static char *ngx_http_parley_templates_flow(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant, ngx_http_parley_against_t *against,
    ngx_uint_t i);
static char *ngx_http_parley_templates_say(ngx_conf_t *cf,
    const ngx_http_parley_flow_t *file, const pl_flow_mistakes_t *mistakes);


char *
ngx_http_parley_templates_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_parley_tenant_t *tenant = conf;

    char                          *rv;
    ngx_str_t                     *value;
    ngx_http_parley_against_t      against;
    ngx_http_parley_templates_t   *file;

    value = cf->args->elts;

    file = ngx_array_push(&tenant->templates);
    if (file == NULL) {
        return NGX_CONF_ERROR;
    }

    file->file = value[1];

    rv = ngx_http_parley_file_read(cf, &file->file, PL_DRAFT_FILE_MAX,
                                   &file->json);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_memzero(&against, sizeof(ngx_http_parley_against_t));
    against.codec = ngx_http_parley_conf_codec(cf);
    against.ar = pl_arena_create(65536, NGX_HTTP_PARLEY_TEMPLATES_ARENA);

    rv = against.codec == NULL || against.ar == NULL
         ? NGX_CONF_ERROR
         : ngx_http_parley_templates_read(cf, &against, file);

    pl_arena_destroy(against.ar);

    return rv;
}


char *
ngx_http_parley_templates_check(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant)
{
    char                       *rv;
    ngx_http_parley_against_t   against;

    ngx_memzero(&against, sizeof(ngx_http_parley_against_t));

    if (tenant->policy != NULL && tenant->policy->quiet_hours != NULL
        && pl_hours_parse(pl_str_c(tenant->policy->quiet_hours),
                          &against.quiet, NULL)
           != PL_OK)
    {
        against.quiet.n = 0;            /* "off" */
    }

    if (tenant->flows.nelts == 0 && tenant->templates.nelts == 0) {
        return NGX_CONF_OK;
    }

    against.codec = ngx_http_parley_conf_codec(cf);
    against.mistakes = ngx_palloc(cf->temp_pool, sizeof(pl_flow_mistakes_t));
    against.ar = pl_arena_create(65536, NGX_HTTP_PARLEY_TEMPLATES_ARENA);

    rv = against.codec == NULL || against.mistakes == NULL
         || against.ar == NULL
         ? NGX_CONF_ERROR
         : ngx_http_parley_templates_all(cf, tenant, &against);

    pl_arena_destroy(against.ar);

    return rv;
}


/* Drafts, or a provider's own list. */

static char *
ngx_http_parley_templates_read(ngx_conf_t *cf,
    ngx_http_parley_against_t *against,
    const ngx_http_parley_templates_t *file)
{
    pl_err_t        err;
    pl_drafts_t     drafts;
    pl_templates_t  list;

    ngx_memzero(&err, sizeof(pl_err_t));

    if (ngx_http_parley_templates_listed(against->codec, &file->json,
                                         against->ar, &list))
    {
        return ngx_http_parley_templates_add(cf, against, list.records,
                                             list.n_records);
    }

    if (pl_draft_read(against->codec, ngx_http_parley_str(&file->json),
                      against->ar, &drafts, &err)
        != PL_OK)
    {
        ngx_http_parley_file_place(cf, NGX_LOG_EMERG, &file->file, &err);
        return NGX_CONF_ERROR;
    }

    return ngx_http_parley_templates_add(cf, against, drafts.records,
                                         drafts.n);
}


static ngx_uint_t
ngx_http_parley_templates_listed(pl_codec_t *codec, const ngx_str_t *json,
    pl_arena_t *ar, pl_templates_t *list)
{
    size_t               i;
    pl_err_t             err;
    const pl_channel_t  *provider;

    for (i = 0; (provider = pl_channel_at(i)) != NULL; i++) {
        if (provider->templates != NULL
            && provider->templates(codec, ngx_http_parley_str(json), ar,
                                   list, &err) == PL_OK
            && list->n_records != 0 && list->n_unreadable == 0)
        {
            return 1;
        }
    }

    return 0;
}


static char *
ngx_http_parley_templates_add(ngx_conf_t *cf,
    ngx_http_parley_against_t *against, Pl__TemplateRecord **records,
    size_t n)
{
    Pl__TemplateRecord  **all;

    all = ngx_palloc(cf->temp_pool,
                     (against->n + n + 1) * sizeof(Pl__TemplateRecord *));
    if (all == NULL) {
        return NGX_CONF_ERROR;
    }

    if (against->n != 0) {
        ngx_memcpy(all, against->records,
                   against->n * sizeof(Pl__TemplateRecord *));
    }

    if (n != 0) {
        ngx_memcpy(all + against->n, records,
                   n * sizeof(Pl__TemplateRecord *));
    }

    against->records = all;
    against->n += n;

    return NGX_CONF_OK;
}


static char *
ngx_http_parley_templates_all(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant, ngx_http_parley_against_t *against)
{
    char                         *rv;
    ngx_uint_t                    i;
    ngx_http_parley_templates_t  *files;

    rv = NGX_CONF_OK;
    files = tenant->templates.elts;

    for (i = 0; rv == NGX_CONF_OK && i < tenant->templates.nelts; i++) {
        rv = ngx_http_parley_templates_read(cf, against, &files[i]);
    }

    against->flows = ngx_pcalloc(cf->temp_pool, (tenant->flows.nelts + 1)
                                                * sizeof(pl_flow_t *));
    if (against->flows == NULL) {
        return NGX_CONF_ERROR;
    }

    if (rv == NGX_CONF_OK) {
        rv = ngx_http_parley_templates_flows(cf, tenant, against);
    }

    for (i = 0; rv == NGX_CONF_OK && i < tenant->flows.nelts; i++) {
        rv = ngx_http_parley_templates_flow(cf, tenant, against, i);
    }

    for (i = 0; i < tenant->flows.nelts; i++) {
        pl_flow_destroy(against->flows[i]);
    }

    return rv;
}


/* Each is sound by itself: its directive has looked. */

static char *
ngx_http_parley_templates_flows(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant, ngx_http_parley_against_t *against)
{
    pl_err_t                 err;
    ngx_uint_t               i;
    ngx_http_parley_flow_t  *files = tenant->flows.elts;

    for (i = 0; i < tenant->flows.nelts; i++) {
        if (pl_flow_compile(&against->flows[i], against->codec,
                            ngx_http_parley_str(&files[i].json), &err)
            != PL_OK)
        {
            ngx_http_parley_file_place(cf, NGX_LOG_EMERG, &files[i].file,
                                       &err);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_parley_templates_flow(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant, ngx_http_parley_against_t *against,
    ngx_uint_t i)
{
    pl_status_t              rc;
    const pl_flow_t         *flow = against->flows[i];
    ngx_http_parley_flow_t  *files = tenant->flows.elts;

    ngx_memzero(against->mistakes, sizeof(pl_flow_mistakes_t));
    rc = PL_OK;

    if (tenant->templates.nelts != 0) {
        rc = pl_flow_check_templates(flow,
                                     (const Pl__TemplateRecord *const *)
                                     against->records, against->n,
                                     against->mistakes);
    }

    if (rc != PL_NOMEM) {
        (void) pl_flow_check_hours(flow, &against->quiet, against->mistakes);
        (void) pl_flow_check_calls(flow, (const pl_flow_t *const *)
                                   against->flows, tenant->flows.nelts, true,
                                   against->mistakes);
    }

    return rc == PL_NOMEM
           ? NGX_CONF_ERROR
           : ngx_http_parley_templates_say(cf, &files[i],
                                         against->mistakes);
}


static char *
ngx_http_parley_templates_say(ngx_conf_t *cf,
    const ngx_http_parley_flow_t *file, const pl_flow_mistakes_t *mistakes)
{
    size_t                    i;
    const pl_flow_mistake_t  *row;

    for (i = 0; i < mistakes->n; i++) {
        row = &mistakes->rows[i];

        ngx_http_parley_file_place(cf, row->warning ? NGX_LOG_WARN
                                                    : NGX_LOG_EMERG,
                                   &file->file, &row->err);
    }

    return mistakes->errors != 0 ? NGX_CONF_ERROR : NGX_CONF_OK;
}
