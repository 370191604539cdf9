/*
 * A call, from its first byte to its answer. See api.h.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/str.h"
#include "impl.h"

#define API_ROOTS_MAX   (3 * PL_API_OPS_MAX + 8)
#define API_TABLES_MAX  (PL_API_RESOURCES_MAX + 2)

/* What the codec is made of. */
typedef struct {
    size_t                             n_roots;
    size_t                             n_tables;
    const ProtobufCMessageDescriptor  *roots[API_ROOTS_MAX];
    pl_rules_t                         tables[API_TABLES_MAX];
} api_shapes_t;

static pl_status_t api_resource(pl_api_t *api,
    const pl_api_resource_t *resource, api_shapes_t *shapes, pl_err_t *err);
static void api_root(api_shapes_t *shapes,
    const ProtobufCMessageDescriptor *shape);
static void api_step(pl_api_call_t *call, pl_txn_t *txn,
    const pl_settings_t *settings, const Pl__StateMeta *meta,
    int64_t now_ms);
static void api_leave(pl_api_call_t *call);
static pl_status_t api_route(pl_api_call_t *call, pl_err_t *err);
static pl_status_t api_who(pl_api_call_t *call, pl_err_t *err);
static pl_status_t api_tenant(pl_api_call_t *call);
static pl_status_t api_do(pl_api_call_t *call, pl_err_t *err);
static pl_status_t api_verdicts(pl_api_call_t *call, pl_err_t *err);
static pl_status_t api_outcome(pl_api_call_t *call, pl_err_t *err);
static pl_status_t api_end(pl_api_call_t *call, pl_status_t rc,
    pl_err_t *err);


const pl_api_config_t  pl_api_config_none = {
    NULL, NULL, NULL, NULL, NULL, NULL
};

static const pl_rules_t  api_no_rules = { NULL, 0 };


pl_status_t
pl_api_create(pl_api_t **out, const pl_api_config_t *config, pl_err_t *err)
{
    size_t                    i;
    pl_api_t                 *api;
    pl_status_t               rc = PL_OK;
    api_shapes_t             *shapes;
    const pl_api_resource_t  *resource;

    api = calloc(1, sizeof(pl_api_t));
    shapes = calloc(1, sizeof(api_shapes_t));

    if (api == NULL || shapes == NULL) {
        free(api);
        free(shapes);
        return pl_err_set(err, PL_NOMEM, "api", 0, "out of memory");
    }

    api->config = config != NULL ? config : &pl_api_config_none;

    api_root(shapes, &pl__api__problem__descriptor);
    shapes->tables[shapes->n_tables++] = pl_shapes_rules;

    for (i = 0; rc == PL_OK && (resource = pl_api_resource_at(i)) != NULL;
         i++)
    {
        rc = api_resource(api, resource, shapes, err);
    }

    if (rc == PL_OK) {
        rc = pl_codec_create(&api->codec, shapes->roots, shapes->n_roots,
                             shapes->tables, shapes->n_tables, err);
    }

    free(shapes);

    if (rc != PL_OK) {
        pl_api_destroy(api);
        return rc;
    }

    *out = api;

    return PL_OK;
}


void
pl_api_destroy(pl_api_t *api)
{
    if (api != NULL) {
        pl_codec_destroy(api->codec);
        free(api);
    }
}


const pl_codec_t *
pl_api_codec(const pl_api_t *api)
{
    return api->codec;
}


const pl_api_config_t *
pl_api_config(const pl_api_t *api)
{
    return api->config;
}


static pl_status_t
api_resource(pl_api_t *api, const pl_api_resource_t *resource,
    api_shapes_t *shapes, pl_err_t *err)
{
    size_t              i;
    pl_status_t         rc;
    const char         *wrong;
    const pl_api_op_t  *op;

    if (resource->n_ops > PL_API_OPS_MAX - api->n_ops
        || shapes->n_tables == API_TABLES_MAX)
    {
        return pl_err_set(err, PL_TOOBIG, "api", 0,
                          "more than %d operations", PL_API_OPS_MAX);
    }

    for (i = 0; i < resource->n_ops; i++) {
        op = &resource->ops[i];
        wrong = pl_route_wrong(op->path);

        if (wrong != NULL || op->ask == NULL || op->may >= PL_MAYS
            || (op->status != 101
                && (op->status < 200 || op->status > 299)))
        {
            rc = pl_err_set(err, PL_INVALID, "api", 0, "%s",
                            wrong != NULL ? wrong : "an unfit row");
            pl_err_path(err, "%s", op->name);
            return rc;
        }

        api->ops[api->n_ops++] = op;
        api_root(shapes, op->query);
        api_root(shapes, op->body);
        api_root(shapes, op->answer);
    }

    shapes->tables[shapes->n_tables++] = resource->rules != NULL
                                         ? *resource->rules : api_no_rules;

    return PL_OK;
}


static void
api_root(api_shapes_t *shapes, const ProtobufCMessageDescriptor *shape)
{
    size_t  i;

    for (i = 0; i < shapes->n_roots && shapes->roots[i] != shape; i++) {
        /* void */
    }

    if (shape != NULL && i == shapes->n_roots) {
        shapes->roots[shapes->n_roots++] = shape;
    }
}


void
pl_api_call_init(pl_api_call_t *call, const pl_api_t *api, pl_arena_t *ar)
{
    memset(call, 0, sizeof(pl_api_call_t));

    call->api = api;
    call->ar = ar;
}


pl_status_t
pl_api_ask(pl_api_call_t *call, pl_txn_t *txn, const pl_settings_t *settings,
    const Pl__StateMeta *meta, int64_t now_ms, pl_err_t *err)
{
    pl_status_t  rc;

    if (meta == NULL) {                 /* nothing was folded yet */
        pl_api_unavailable(call);
        return PL_OK;
    }

    api_step(call, txn, settings, meta, now_ms);

    rc = api_route(call, err);

    if (rc == PL_OK) {
        rc = api_who(call, err);
    }

    if (rc == PL_OK) {
        rc = api_tenant(call);
    }

    if (rc == PL_OK) {
        rc = pl_api_decode(call, err);
    }

    if (rc == PL_OK) {
        rc = api_do(call, err);
    }

    rc = api_end(call, rc, err);
    api_leave(call);

    return rc;
}


pl_status_t
pl_api_told(pl_api_call_t *call, pl_txn_t *txn,
    const pl_settings_t *settings, const Pl__StateMeta *meta, int64_t now_ms,
    pl_err_t *err)
{
    pl_status_t  rc;

    api_step(call, txn, settings, meta, now_ms);

    call->tenant_conf = call->tenant == 0
                        ? NULL : pl_settings_tenant(settings, call->tenant);

    rc = api_verdicts(call, err);

    if (rc == PL_OK) {
        rc = api_outcome(call, err);
    }

    rc = api_end(call, rc, err);
    api_leave(call);

    return rc;
}


void
pl_api_later(pl_api_call_t *call)
{
    pl_str_t          json;
    const char       *id;
    Pl__Api__Request  answer = PL__API__REQUEST__INIT;

    id = pl_api_request_id(call);

    answer.id = (char *) id;
    answer.state = PL__API__REQUEST_STATE__REQUEST_STATE_PENDING;

    if (id == NULL
        || pl_json_encode(call->api->codec, &answer.base, call->ar, &json,
                          NULL)
           != PL_OK
        || pl_api_location(call, NULL, "/v1/requests/%s", id) != PL_OK
        || pl_api_header(call, "Retry-After",
                         pl_arena_printf(call->ar, "%d", PL_API_RETRY_S),
                         NULL)
           != PL_OK)
    {
        pl_api_bare(call, PL_API_INTERNAL);
        return;
    }

    call->out.status = 202;
    call->out.type = PL_API_JSON;
    call->out.body = json;
}


void
pl_api_unavailable(pl_api_call_t *call)
{
    pl_api_bare(call, PL_API_UNAVAILABLE);
}


static void
api_step(pl_api_call_t *call, pl_txn_t *txn, const pl_settings_t *settings,
    const Pl__StateMeta *meta, int64_t now_ms)
{
    call->txn = txn;
    call->settings = settings;
    call->meta = meta;
    call->now_ms = meta != NULL && meta->folded_ms > now_ms ? meta->folded_ms
                                                            : now_ms;
    call->tenant_ms = call->now_ms + pl_settings_clock(settings,
                                                       call->tenant);
}


/* What ends with the step is not to be looked at behind it. */

static void
api_leave(pl_api_call_t *call)
{
    call->txn = NULL;
    call->settings = NULL;
    call->meta = NULL;
    call->tenant_conf = NULL;
}


static pl_status_t
api_route(pl_api_call_t *call, pl_err_t *err)
{
    char         allow[PL_API_ALLOW_MAX];
    pl_status_t  rc;

    call->op = pl_route_find(call->api, call->in.method, call->in.path,
                             call->params, allow);

    if (call->op == NULL && allow[0] == '\0') {
        return pl_api_problem(call, PL_API_NOT_FOUND, NULL, "%s",
                              "the API has no such path");
    }

    if (call->op == NULL) {
        rc = pl_api_header(call, "Allow",
                           pl_arena_printf(call->ar, "%s", allow), err);

        return rc == PL_OK ? pl_api_problem(call, PL_API_NOT_ALLOWED, NULL,
                                            "%s", "") : rc;
    }

    return pl_api_query_secret(call->in.query)
           ? pl_api_problem(call, PL_API_KEY_IN_QUERY, NULL,
                            "a query is logged: a key goes into the header "
                            "Authorization")
           : PL_OK;
}


static pl_status_t
api_who(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t   rc;
    const char   *text = "";

    if (call->in.who != NULL) {
        call->who = *call->in.who;
        return PL_OK;
    }

    rc = pl_who_read(call->api->config, call->txn, call->settings,
                     call->in.authorization, call->now_ms, call->ar,
                     &call->who, &text, err);
    if (rc != PL_DENIED) {
        return rc;
    }

    rc = pl_api_header(call, "WWW-Authenticate", "Bearer realm=\"parley\"",
                       err);

    return rc == PL_OK ? pl_api_problem(call, PL_API_UNAUTHORIZED, NULL, "%s",
                                        text) : rc;
}


/* Whose data it is, and whether the caller may touch it so. */

static pl_status_t
api_tenant(pl_api_call_t *call)
{
    pl_str_t           name = call->in.tenant;
    Pl__Api__Problem   problem = PL__API__PROBLEM__INIT;

    if (name.len != 0) {
        call->tenant_conf = pl_settings_tenant_named(call->settings, name);

        if (call->tenant_conf == NULL
            || (call->who.tenant != 0
                && call->who.tenant != call->tenant_conf->id))
        {
            return pl_api_problem(call, PL_API_NOT_FOUND, NULL,
                                  "there is no such tenant");
        }

    } else if (call->who.tenant != 0) {
        call->tenant_conf = pl_settings_tenant(call->settings,
                                               call->who.tenant);
    }

    if (!pl_may(call->who.role, call->op->may)) {
        problem.permission = (char *) pl_may_name(call->op->may);
        return pl_api_problem_row(call, PL_API_FORBIDDEN, &problem);
    }

    if (call->tenant_conf == NULL
        && (call->op->flags & PL_API_ANY_TENANT) == 0)
    {
        return pl_api_problem(call, PL_API_TENANT_NEEDED, NULL,
                              "an operator's key is for all tenants");
    }

    if (call->tenant_conf != NULL) {
        call->tenant = call->tenant_conf->id;
    }

    call->tenant_ms = call->now_ms + pl_settings_clock(call->settings,
                                                       call->tenant);

    return PL_OK;
}


static pl_status_t
api_do(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t  rc;

    if (call->op->method != PL_API_GET
        && (call->op->flags & PL_API_DRY) == 0)
    {
        rc = pl_api_again(call, err);
        if (rc != PL_OK) {
            return rc;
        }

        /* of many, some may be missing: they are asked for again */

        if (call->repeated
            && (call->op->flags & (PL_API_BULK|PL_API_AFRESH)) == 0)
        {
            rc = api_verdicts(call, err);
            return rc == PL_OK ? api_outcome(call, err) : rc;
        }

        if (call->repeated && (call->op->flags & PL_API_AFRESH) != 0) {
            rc = pl_api_salt(call, err);
            if (rc != PL_OK) {
                return rc;
            }
        }

        call->repeated = false;
    }

    rc = call->op->ask(call, err);

    if (rc == PL_OK && call->out.status == 0 && call->n_commands == 0
        && (call->op->flags & PL_API_STREAM) == 0)
    {
        return call->op->answer == NULL
               ? pl_api_bytes(call, 0, NULL, PL_STR_NULL)
               : pl_err_set(err, PL_MISUSE, "api", 0, "%s did not answer",
                            call->op->name);
    }

    return rc;
}


/* Of each command; of a request that came again, of those there are. */

static pl_status_t
api_verdicts(pl_api_call_t *call, pl_err_t *err)
{
    size_t        i, max;
    uint8_t       key[PL_REQUEST_KEY_LEN];
    pl_status_t   rc;

    max = call->repeated ? PL_API_REPEATED_MAX : call->n_commands;

    call->verdicts = pl_arena_zalloc(call->ar,
                                     max * sizeof(Pl__Verdict *));
    if (call->verdicts == NULL) {
        return pl_err_set(err, PL_NOMEM, "api", 0, "out of memory");
    }

    for (i = 0; i < max; i++) {
        rc = pl_api_key(call, i, key);

        if (rc == PL_OK) {
            rc = pl_request_get(call->txn, call->tenant, key, call->now_ms,
                                call->ar, &call->verdicts[i], err);
        }

        if (rc == PL_NOTFOUND && call->repeated) {
            break;
        }

        if (rc != PL_OK && rc != PL_NOTFOUND) {
            return rc;
        }
    }

    call->n_verdicts = i;

    return PL_OK;
}


static pl_status_t
api_outcome(pl_api_call_t *call, pl_err_t *err)
{
    size_t              i;
    const Pl__Verdict  *verdict;

    for (i = 0; i < call->n_verdicts; i++) {
        verdict = call->verdicts[i];

        if (verdict != NULL
            && (verdict->digest.len != PL_HASH128_LEN
                || memcmp(verdict->digest.data, call->digest,
                          PL_HASH128_LEN) != 0))
        {
            return pl_api_problem(call, PL_API_KEY_REUSED, NULL, "%s", "");
        }

        if ((call->op->flags & PL_API_BULK) != 0) {
            continue;
        }

        if (verdict == NULL) {
            return pl_err_set(err, PL_NOTFOUND, "api", 0,
                              "an entry left no verdict: see quarantine");
        }

        if (verdict->decision == PL__DECISION__DECISION_REFUSED) {
            return pl_api_refused(call, verdict);
        }
    }

    return call->op->told == NULL
           ? pl_api_bytes(call, 0, NULL, PL_STR_NULL)
           : call->op->told(call, err);
}


/* A failure becomes an answer; what it was is returned, for the log. */

static pl_status_t
api_end(pl_api_call_t *call, pl_status_t rc, pl_err_t *err)
{
    if (rc == PL_OK || (rc == PL_DENIED && call->out.status != 0)) {
        return PL_OK;
    }

    call->out.n_headers = 0;

    switch (rc) {

    case PL_BUSY:
    case PL_FULL:
    case PL_IO:
    case PL_BROKEN:
        pl_api_unavailable(call);
        break;

    default:
        pl_api_bare(call, PL_API_INTERNAL);
        break;
    }

    if (err != NULL) {
        err->status = rc;
    }

    return rc;
}
