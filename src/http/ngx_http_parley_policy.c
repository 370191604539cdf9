/*
 * What nginx.conf says of when a tenant's messages may leave, and how many:
 * quiet and business hours, consent, caps, forbidden patterns. The rows of
 * the settings are made here, as they are published; docs/policy.md says
 * what they mean.
 */

#include "ngx_http_parley.h"


typedef struct {
    ngx_str_t      name;
    int            value;
} ngx_http_parley_word_t;


static Pl__PolicySettings *ngx_http_parley_policy_row(ngx_conf_t *cf,
    Pl__PolicySettings **policy);
static char *ngx_http_parley_policy_hours(ngx_conf_t *cf, char **text);
static int ngx_http_parley_policy_word(const ngx_http_parley_word_t *words,
    ngx_str_t *name);
static char *ngx_http_parley_policy_wrong(ngx_conf_t *cf, const char *what,
    ngx_str_t *value);
static void *ngx_http_parley_policy_list(ngx_conf_t *cf, void *list,
    size_t n, void *item);
static char *ngx_http_parley_policy_period(ngx_conf_t *cf, ngx_str_t *value,
    Pl__CapSettings *cap);
static char *ngx_http_parley_policy_most(ngx_conf_t *cf, ngx_str_t *value,
    Pl__CapSettings *cap);
static char *ngx_http_parley_policy_cap_add(ngx_conf_t *cf,
    Pl__PolicySettings *row, Pl__CapSettings *cap);
static char *ngx_http_parley_policy_forbid_check(ngx_conf_t *cf,
    ngx_str_t *file, ngx_str_t *text);


static const ngx_http_parley_word_t  ngx_http_parley_policy_categories[] = {
    { ngx_string("service"), PL__CATEGORY__CATEGORY_SERVICE },
    { ngx_string("utility"), PL__CATEGORY__CATEGORY_UTILITY },
    { ngx_string("marketing"), PL__CATEGORY__CATEGORY_MARKETING },
    { ngx_string("authentication"), PL__CATEGORY__CATEGORY_AUTHENTICATION },
    { ngx_string("person"), 0 },
    { ngx_null_string, -1 }
};

static const ngx_http_parley_word_t  ngx_http_parley_policy_does[] = {
    { ngx_string("shift"), PL__QUIET_DO__QUIET_DO_SHIFT },
    { ngx_string("drop"), PL__QUIET_DO__QUIET_DO_DROP },
    { ngx_string("send"), PL__QUIET_DO__QUIET_DO_SEND },
    { ngx_null_string, -1 }
};

static const ngx_http_parley_word_t  ngx_http_parley_policy_subjects[] = {
    { ngx_string("service"), PL__CAP_SUBJECT__CAP_SUBJECT_SERVICE },
    { ngx_string("utility"), PL__CAP_SUBJECT__CAP_SUBJECT_UTILITY },
    { ngx_string("marketing"), PL__CAP_SUBJECT__CAP_SUBJECT_MARKETING },
    { ngx_string("authentication"),
      PL__CAP_SUBJECT__CAP_SUBJECT_AUTHENTICATION },
    { ngx_string("template"), PL__CAP_SUBJECT__CAP_SUBJECT_TEMPLATE },
    { ngx_string("nudge"), PL__CAP_SUBJECT__CAP_SUBJECT_NUDGE },
    { ngx_null_string, -1 }
};

static const ngx_http_parley_word_t  ngx_http_parley_policy_scopes[] = {
    { ngx_string("all"), PL__FORBID_SCOPE__FORBID_SCOPE_ALL },
    { ngx_string("contact"), PL__FORBID_SCOPE__FORBID_SCOPE_CONTACT },
    { ngx_string("group"), PL__FORBID_SCOPE__FORBID_SCOPE_GROUP },
    { ngx_null_string, -1 }
};


/* The four of a tenant and a channel: conf begins with the row's place. */

char *
ngx_http_parley_quiet_hours(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    Pl__PolicySettings  *row;

    row = ngx_http_parley_policy_row(cf, (Pl__PolicySettings **)
                                         ((u_char *) conf + cmd->offset));
    if (row == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_parley_policy_hours(cf, &row->quiet_hours);
}


char *
ngx_http_parley_business_hours(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    Pl__PolicySettings  *row;

    row = ngx_http_parley_policy_row(cf, (Pl__PolicySettings **)
                                         ((u_char *) conf + cmd->offset));
    if (row == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_parley_policy_hours(cf, &row->business_hours);
}


char *
ngx_http_parley_channel_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                *rv;
    ngx_str_t           *value;
    Pl__PolicySettings  *row;

    row = ngx_http_parley_policy_row(cf, (Pl__PolicySettings **)
                                         ((u_char *) conf + cmd->offset));
    if (row == NULL) {
        return NGX_CONF_ERROR;
    }

    if (row->time_zone != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rv = ngx_http_parley_check_zone(cf, cmd->post, &value[1]);

    row->time_zone = (char *) value[1].data;

    return rv;
}


char *
ngx_http_parley_quiet(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_tenant_t *tenant = conf;

    int                  category, what;
    size_t               i;
    ngx_str_t           *value;
    Pl__QuietRule       *rule;
    Pl__PolicySettings  *row;

    value = cf->args->elts;
    row = ngx_http_parley_policy_row(cf, &tenant->policy);
    rule = ngx_palloc(cf->pool, sizeof(Pl__QuietRule));

    if (row == NULL || rule == NULL) {
        return NGX_CONF_ERROR;
    }

    category = ngx_http_parley_policy_word(ngx_http_parley_policy_categories,
                                           &value[1]);
    if (category == -1) {
        return ngx_http_parley_policy_wrong(cf, "category", &value[1]);
    }

    what = ngx_http_parley_policy_word(ngx_http_parley_policy_does,
                                       &value[2]);
    if (what == -1) {
        return ngx_http_parley_policy_wrong(cf, "parameter", &value[2]);
    }

    pl__quiet_rule__init(rule);
    rule->has_category = (category != 0);
    rule->category = (Pl__Category) category;
    rule->what = (Pl__QuietDo) what;

    for (i = 0; i < row->n_quiet; i++) {
        if (row->quiet[i]->has_category == rule->has_category
            && (!rule->has_category
                || row->quiet[i]->category == rule->category))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"quiet %V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    row->quiet = ngx_http_parley_policy_list(cf, row->quiet, row->n_quiet,
                                             rule);
    row->n_quiet++;

    return row->quiet == NULL ? NGX_CONF_ERROR : NGX_CONF_OK;
}


char *
ngx_http_parley_consent(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_tenant_t *tenant = conf;

    ngx_str_t           *value;
    Pl__PolicySettings  *row;

    value = cf->args->elts;
    row = ngx_http_parley_policy_row(cf, &tenant->policy);

    if (row == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_strcmp(value[1].data, "marketing") != 0) {
        return ngx_http_parley_policy_wrong(cf, "category", &value[1]);
    }

    if (row->has_marketing_optional) {
        return "is duplicate";
    }

    row->has_marketing_optional = 1;
    row->marketing_optional = ngx_strcmp(value[2].data, "optional") == 0;

    return row->marketing_optional
           || ngx_strcmp(value[2].data, "required") == 0
           ? NGX_CONF_OK
           : ngx_http_parley_policy_wrong(cf, "parameter", &value[2]);
}


/* cap SUBJECT N per 7d|day|month contact|tenant [block|defer] */

char *
ngx_http_parley_cap(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_tenant_t *tenant = conf;

    int                  subject;
    char                *rv;
    ngx_str_t           *value;
    Pl__CapSettings     *cap;
    Pl__PolicySettings  *row;

    value = cf->args->elts;
    row = ngx_http_parley_policy_row(cf, &tenant->policy);
    cap = ngx_palloc(cf->pool, sizeof(Pl__CapSettings));

    if (row == NULL || cap == NULL) {
        return NGX_CONF_ERROR;
    }

    pl__cap_settings__init(cap);

    subject = ngx_http_parley_policy_word(ngx_http_parley_policy_subjects,
                                          &value[1]);
    if (subject == -1) {
        return ngx_http_parley_policy_wrong(cf, "subject", &value[1]);
    }

    cap->subject = (Pl__CapSubject) subject;

    if (ngx_strcmp(value[3].data, "per") != 0) {
        return ngx_http_parley_policy_wrong(cf, "parameter", &value[3]);
    }

    cap->has_tenant = cap->tenant = ngx_strcmp(value[5].data, "tenant") == 0;

    if (!cap->tenant && ngx_strcmp(value[5].data, "contact") != 0) {
        return ngx_http_parley_policy_wrong(cf, "parameter", &value[5]);
    }

    if (cf->args->nelts == 7) {
        cap->has_block = cap->block = ngx_strcmp(value[6].data, "block") == 0;

        if (!cap->block && ngx_strcmp(value[6].data, "defer") != 0) {
            return ngx_http_parley_policy_wrong(cf, "parameter", &value[6]);
        }
    }

    rv = ngx_http_parley_policy_most(cf, &value[2], cap);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_parley_policy_period(cf, &value[4], cap);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_parley_policy_cap_add(cf, row, cap);
}


char *
ngx_http_parley_forbid_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_tenant_t *tenant = conf;

    int                  scope;
    char                *rv;
    ngx_str_t           *value, text;
    Pl__ForbidSettings  *forbid;
    Pl__PolicySettings  *row;

    value = cf->args->elts;
    row = ngx_http_parley_policy_row(cf, &tenant->policy);
    forbid = ngx_palloc(cf->pool, sizeof(Pl__ForbidSettings));

    if (row == NULL || forbid == NULL) {
        return NGX_CONF_ERROR;
    }

    scope = cf->args->nelts == 2 ? PL__FORBID_SCOPE__FORBID_SCOPE_ALL
            : ngx_http_parley_policy_word(ngx_http_parley_policy_scopes,
                                          &value[2]);
    if (scope == -1) {
        return ngx_http_parley_policy_wrong(cf, "parameter", &value[2]);
    }

    if (row->n_forbids == PL_FORBIDS_MAX) {
        return "is given too often";
    }

    rv = ngx_http_parley_file_read(cf, &value[1], PL_FORBID_BYTES_MAX, &text);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_parley_policy_forbid_check(cf, &value[1], &text);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    pl__forbid_settings__init(forbid);
    forbid->file = (char *) value[1].data;
    forbid->text.data = text.data;
    forbid->text.len = text.len;
    forbid->scope = (Pl__ForbidScope) scope;

    row->forbids = ngx_http_parley_policy_list(cf, row->forbids,
                                               row->n_forbids, forbid);
    row->n_forbids++;

    return row->forbids == NULL ? NGX_CONF_ERROR : NGX_CONF_OK;
}


static Pl__PolicySettings *
ngx_http_parley_policy_row(ngx_conf_t *cf, Pl__PolicySettings **policy)
{
    if (*policy == NULL) {
        *policy = ngx_palloc(cf->pool, sizeof(Pl__PolicySettings));

        if (*policy != NULL) {
            pl__policy_settings__init(*policy);
        }
    }

    return *policy;
}


/* nginx has split the text at its blanks. */

static char *
ngx_http_parley_policy_hours(ngx_conf_t *cf, char **text)
{
    u_char      *p;
    size_t       len;
    pl_err_t     err;
    pl_str_t     s;
    ngx_str_t   *value, all;
    ngx_uint_t   i;
    pl_hours_t   hours;

    if (*text != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1, len = 0; i < cf->args->nelts; i++) {
        len += value[i].len + 1;
    }

    all.data = ngx_pnalloc(cf->pool, len);
    if (all.data == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1, p = all.data; i < cf->args->nelts; i++) {
        p = ngx_cpymem(p, value[i].data, value[i].len);
        *p++ = ' ';
    }

    *--p = '\0';
    all.len = (size_t) (p - all.data);
    *text = (char *) all.data;

    if (ngx_strcmp(all.data, "off") == 0) {
        return NGX_CONF_OK;
    }

    s.data = all.data;
    s.len = all.len;

    if (pl_hours_parse(s, &hours, &err) != PL_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid hours \"%V\", at byte %ui: %s", &all,
                           (ngx_uint_t) err.column, err.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* -1: it is none of them. */

static int
ngx_http_parley_policy_word(const ngx_http_parley_word_t *words,
    ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; words[i].name.len != 0; i++) {
        if (words[i].name.len == name->len
            && ngx_strncmp(words[i].name.data, name->data, name->len) == 0)
        {
            return words[i].value;
        }
    }

    return -1;
}


static char *
ngx_http_parley_policy_wrong(ngx_conf_t *cf, const char *what,
    ngx_str_t *value)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid %s \"%V\"", what,
                       value);

    return NGX_CONF_ERROR;
}


/* The list of n pointers with one more, in the pool; NULL: no memory. */

static void *
ngx_http_parley_policy_list(ngx_conf_t *cf, void *list, size_t n, void *item)
{
    void  **grown;

    grown = ngx_palloc(cf->pool, (n + 1) * sizeof(void *));
    if (grown == NULL) {
        return NULL;
    }

    if (n != 0) {
        ngx_memcpy(grown, list, n * sizeof(void *));
    }

    grown[n] = item;

    return grown;
}


static char *
ngx_http_parley_policy_period(ngx_conf_t *cf, ngx_str_t *value,
    Pl__CapSettings *cap)
{
    ngx_int_t  days;

    if (ngx_strcmp(value->data, "day") == 0) {
        cap->period = PL__CAP_PERIOD__CAP_PERIOD_DAY;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value->data, "month") == 0) {
        cap->period = PL__CAP_PERIOD__CAP_PERIOD_MONTH;
        return NGX_CONF_OK;
    }

    days = value->len > 1 && value->data[value->len - 1] == 'd'
           ? ngx_atoi(value->data, value->len - 1) : NGX_ERROR;

    if (days == NGX_ERROR || days < 1 || days > PL_CAP_DAYS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid period \"%V\": \"day\", \"month\", or 1d "
                           "to %dd", value, PL_CAP_DAYS_MAX);
        return NGX_CONF_ERROR;
    }

    if (cap->tenant) {
        return "of a tenant must be per \"day\" or \"month\"";
    }

    cap->period = PL__CAP_PERIOD__CAP_PERIOD_ROLLING;
    cap->has_days = 1;
    cap->days = (uint32_t) days;

    return NGX_CONF_OK;
}


static char *
ngx_http_parley_policy_most(ngx_conf_t *cf, ngx_str_t *value,
    Pl__CapSettings *cap)
{
    ngx_int_t  n, max;

    max = cap->tenant ? PL_CAP_TENANT_MAX : PL_CAP_CONTACT_MAX;
    n = ngx_atoi(value->data, value->len);

    if (n == NGX_ERROR || n < 1 || n > max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number \"%V\": from 1 to %i", value, max);
        return NGX_CONF_ERROR;
    }

    cap->most = (uint32_t) n;

    return NGX_CONF_OK;
}


static char *
ngx_http_parley_policy_cap_add(ngx_conf_t *cf, Pl__PolicySettings *row,
    Pl__CapSettings *cap)
{
    size_t                  i;
    const Pl__CapSettings  *other;

    if (row->n_caps == PL_CAPS_MAX) {
        return "is given too often";
    }

    for (i = 0; i < row->n_caps; i++) {
        other = row->caps[i];

        if (other->subject == cap->subject && other->period == cap->period
            && other->days == cap->days && other->tenant == cap->tenant)
        {
            return "is duplicate";
        }
    }

    row->caps = ngx_http_parley_policy_list(cf, row->caps, row->n_caps, cap);
    row->n_caps++;

    return row->caps == NULL ? NGX_CONF_ERROR : NGX_CONF_OK;
}


static char *
ngx_http_parley_policy_forbid_check(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *text)
{
    pl_err_t      err;
    pl_forbid_t  *forbid;

    ngx_memzero(&err, sizeof(pl_err_t));

    if (pl_forbid_compile(&forbid, ngx_http_parley_str(text), &err) != PL_OK)
    {
        ngx_http_parley_file_place(cf, NGX_LOG_EMERG, file, &err);
        return NGX_CONF_ERROR;
    }

    pl_forbid_destroy(forbid);

    return NGX_CONF_OK;
}
