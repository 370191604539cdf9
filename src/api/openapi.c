/*
 * The document. See openapi.h. It is put together as text: what it is made of
 * is our own, and the shapes come from core/json_schema.c as text too.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "impl.h"
#include "openapi.h"
#include "yaml.h"

#define OPENAPI_SHAPES_MAX  (3 * PL_API_OPS_MAX + 2)
#define OPENAPI_REFS        "#/components/schemas/"
#define OPENAPI_HOME        "pl.api"

typedef struct {
    const pl_api_t                    *api;
    pl_text_t                          out;
    size_t                             n_shapes;
    const ProtobufCMessageDescriptor  *shapes[OPENAPI_SHAPES_MAX];
    size_t                             n_words;
    pl_json_word_t                    *words;
} openapi_t;

static void openapi_head(openapi_t *o);
static void openapi_tags(openapi_t *o);
static void openapi_paths(openapi_t *o);
static void openapi_op(openapi_t *o, const pl_api_op_t *op);
static const char *openapi_tag(const pl_api_op_t *op);
static void openapi_parameters(openapi_t *o, const pl_api_op_t *op);
static void openapi_path_parameters(openapi_t *o, const pl_api_op_t *op,
    bool *comma);
static void openapi_query(openapi_t *o, const pl_api_op_t *op, bool *comma);
static void openapi_body(openapi_t *o, const pl_api_op_t *op);
static void openapi_responses(openapi_t *o, const pl_api_op_t *op);
static bool openapi_writes(const pl_api_op_t *op);
static void openapi_shape(openapi_t *o,
    const ProtobufCMessageDescriptor *shape);
static pl_status_t openapi_words(openapi_t *o, pl_arena_t *ar,
    pl_err_t *err);


static const char  openapi_begin[] =
    "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Parley\","
    "\"version\":\"" PL_VERSION "\",\"description\":\"docs/api.md has its "
    "manners: who may, problems, Idempotency-Key, paging, limits.\"},"
    "\"servers\":[{\"url\":\"/\"}],\"security\":[{\"bearer\":[]}]";

static const char  openapi_common[] =
    "\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":"
    "\"bearer\",\"description\":\"An API key (parleyctl key add), or a JWT "
    "where parley_api_jwks is set.\"}},\"parameters\":{"
    "\"tenant\":{\"name\":\"Parley-Tenant\",\"in\":\"header\","
    "\"description\":\"Whose data it is: for keys of operators, which are "
    "for all tenants.\",\"schema\":{\"type\":\"string\",\"maxLength\":64}},"
    "\"idempotency\":{\"name\":\"Idempotency-Key\",\"in\":\"header\","
    "\"description\":\"Done once in 24 hours, however often it is sent.\","
    "\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}},"
    "\"match\":{\"name\":\"If-Match\",\"in\":\"header\",\"description\":"
    "\"The ETag of what is edited.\",\"schema\":{\"type\":\"string\"}}},"
    "\"responses\":{\"problem\":{\"description\":\"A problem (RFC 9457).\","
    "\"content\":{\"application/problem+json\":{\"schema\":{\"$ref\":"
    "\"" OPENAPI_REFS "Problem\"}}}},\"later\":{\"description\":\"On disk; "
    "Location says what became of it.\",\"content\":{\"application/json\":{"
    "\"schema\":{\"$ref\":\"" OPENAPI_REFS "Request\"}}}}}";


pl_status_t
pl_openapi_json(const pl_api_t *api, pl_arena_t *ar, pl_str_t *out,
    pl_err_t *err)
{
    pl_str_t          schemas;
    openapi_t        *o;
    pl_status_t       rc;
    pl_json_words_t   words;

    o = pl_arena_zalloc(ar, sizeof(openapi_t));
    if (o == NULL) {
        return pl_err_set(err, PL_NOMEM, "openapi", 0, "out of memory");
    }

    o->api = api;
    o->out.ar = ar;

    rc = openapi_words(o, ar, err);
    if (rc != PL_OK) {
        return rc;
    }

    openapi_shape(o, &pl__api__problem__descriptor);
    openapi_shape(o, &pl__api__request__descriptor);
    openapi_head(o);

    words.rows = o->words;
    words.count = o->n_words;

    rc = pl_json_schemas(api->codec, o->shapes, o->n_shapes, OPENAPI_HOME,
                         OPENAPI_REFS, &words, ar, &schemas, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_text_c(&o->out, ",\"schemas\":");
    pl_text_add(&o->out, schemas);
    pl_text_c(&o->out, "}}");

    return o->out.full
           ? pl_err_set(err, PL_NOMEM, "openapi", 0, "out of memory")
           : pl_json_line(ar, (pl_str_t) { o->out.data, o->out.len }, out,
                          err);
}


pl_status_t
pl_openapi_yaml(const pl_api_t *api, pl_arena_t *ar, pl_str_t *out,
    pl_err_t *err)
{
    pl_str_t     json;
    pl_status_t  rc;

    rc = pl_openapi_json(api, ar, &json, err);

    return rc == PL_OK ? pl_yaml(ar, json, out, err) : rc;
}


static void
openapi_head(openapi_t *o)
{
    pl_text_c(&o->out, openapi_begin);
    openapi_tags(o);
    pl_text_c(&o->out, ",\"paths\":{");
    openapi_paths(o);
    pl_text_c(&o->out, "},\"components\":{");
    pl_text_c(&o->out, openapi_common);
}


static void
openapi_tags(openapi_t *o)
{
    size_t                    i;
    const pl_api_resource_t  *resource;

    pl_text_c(&o->out, ",\"tags\":[");

    for (i = 0; (resource = pl_api_resource_at(i)) != NULL; i++) {
        pl_text_c(&o->out, i == 0 ? "{\"name\":" : ",{\"name\":");
        pl_text_json(&o->out, resource->name);
        pl_text_c(&o->out, ",\"description\":");
        pl_text_json(&o->out, resource->text);
        pl_text_c(&o->out, "}");
    }

    pl_text_c(&o->out, "]");
}


/* Each path once, with all its methods. */

static void
openapi_paths(openapi_t *o)
{
    bool             comma = false, more;
    size_t           i, k;
    const pl_api_t  *api = o->api;

    for (i = 0; i < api->n_ops; i++) {
        for (k = 0; k < i && strcmp(api->ops[k]->path, api->ops[i]->path) != 0;
             k++)
        {
            /* void */
        }

        if (k < i) {
            continue;
        }

        pl_text_c(&o->out, comma ? "," : "");
        pl_text_json(&o->out, api->ops[i]->path);
        pl_text_c(&o->out, ":{");
        comma = true;
        more = false;

        for (k = i; k < api->n_ops; k++) {
            if (strcmp(api->ops[k]->path, api->ops[i]->path) == 0) {
                pl_text_c(&o->out, more ? "," : "");
                openapi_op(o, api->ops[k]);
                more = true;
            }
        }

        pl_text_c(&o->out, "}");
    }
}


static void
openapi_op(openapi_t *o, const pl_api_op_t *op)
{
    char         method[16];
    size_t       i;
    const char  *name = pl_route_method(op->method);

    for (i = 0; name[i] != '\0' && i < sizeof(method) - 1; i++) {
        method[i] = (char) (name[i] - 'A' + 'a');
    }

    method[i] = '\0';

    pl_text_json(&o->out, method);
    pl_text_c(&o->out, ":{\"operationId\":");
    pl_text_json(&o->out, op->name);
    pl_text_c(&o->out, ",\"tags\":[");
    pl_text_json(&o->out, openapi_tag(op));
    pl_text_c(&o->out, "],\"summary\":");
    pl_text_json(&o->out, op->summary);

    if (op->text != NULL) {
        pl_text_c(&o->out, ",\"description\":");
        pl_text_json(&o->out, op->text);
    }

    pl_text_c(&o->out, ",\"x-permission\":");
    pl_text_json(&o->out, pl_may_name(op->may));

    if ((op->flags & PL_API_STREAM) != 0) {
        pl_text_c(&o->out, ",\"x-stream\":true");
    }

    openapi_parameters(o, op);
    openapi_body(o, op);
    openapi_responses(o, op);
    pl_text_c(&o->out, "}");
}


static const char *
openapi_tag(const pl_api_op_t *op)
{
    size_t                    i;
    const pl_api_resource_t  *resource;

    for (i = 0; (resource = pl_api_resource_at(i)) != NULL; i++) {
        if (op >= resource->ops && op < resource->ops + resource->n_ops) {
            return resource->name;
        }
    }

    return "";
}


static void
openapi_parameters(openapi_t *o, const pl_api_op_t *op)
{
    bool  comma = false;

    pl_text_c(&o->out, ",\"parameters\":[");

    openapi_path_parameters(o, op, &comma);
    openapi_query(o, op, &comma);

    pl_text_c(&o->out, comma ? "," : "");
    pl_text_c(&o->out, "{\"$ref\":\"#/components/parameters/tenant\"}");

    if (openapi_writes(op)) {
        pl_text_c(&o->out,
                  ",{\"$ref\":\"#/components/parameters/idempotency\"}");
    }

    if ((op->flags & PL_API_IF_MATCH) != 0) {
        pl_text_c(&o->out, ",{\"$ref\":\"#/components/parameters/match\"}");
    }

    pl_text_c(&o->out, "]");
}


static void
openapi_path_parameters(openapi_t *o, const pl_api_op_t *op, bool *comma)
{
    char         name[PL_NAME_MAX];
    size_t       len;
    const char  *p = op->path;

    while ((p = strchr(p, '{')) != NULL) {
        p++;
        len = strcspn(p, "}");
        (void) snprintf(name, sizeof(name), "%.*s", (int) len, p);

        pl_text_c(&o->out, *comma ? "," : "");
        *comma = true;
        pl_text_c(&o->out, "{\"name\":");
        pl_text_json(&o->out, name);
        pl_text_c(&o->out, ",\"in\":\"path\",\"required\":true,\"schema\":{"
                           "\"type\":\"string\"}}");
    }
}


/* A field each; its schema is that of the shape. */

static void
openapi_query(openapi_t *o, const pl_api_op_t *op, bool *comma)
{
    unsigned                         i;
    const ProtobufCFieldDescriptor  *field;

    if (op->query == NULL) {
        return;
    }

    openapi_shape(o, op->query);

    for (i = 0; i < op->query->n_fields; i++) {
        field = &op->query->fields[i];

        pl_text_c(&o->out, *comma ? "," : "");
        *comma = true;
        pl_text_c(&o->out, "{\"name\":");
        pl_text_json(&o->out, field->name);
        pl_text_c(&o->out, ",\"in\":\"query\",\"required\":");
        pl_text_c(&o->out, field->label == PROTOBUF_C_LABEL_REQUIRED
                           ? "true" : "false");
        pl_text_c(&o->out, ",\"schema\":{\"$ref\":\"" OPENAPI_REFS);
        pl_text_c(&o->out, op->query->short_name);
        pl_text_c(&o->out, "/properties/");
        pl_text_c(&o->out, field->name);
        pl_text_c(&o->out, "\"}}");
    }
}


static void
openapi_body(openapi_t *o, const pl_api_op_t *op)
{
    unsigned  i;
    bool      required = false;

    if (op->body == NULL) {
        return;
    }

    for (i = 0; i < op->body->n_fields; i++) {
        required = required || op->body->fields[i].label
                               == PROTOBUF_C_LABEL_REQUIRED;
    }

    openapi_shape(o, op->body);

    pl_text_c(&o->out, ",\"requestBody\":{\"required\":");
    pl_text_c(&o->out, required ? "true" : "false");
    pl_text_c(&o->out, ",\"content\":{\"application/json\":{\"schema\":{"
                       "\"$ref\":\"" OPENAPI_REFS);
    pl_text_c(&o->out, op->body->short_name);
    pl_text_c(&o->out, "\"}}}}");
}


static void
openapi_responses(openapi_t *o, const pl_api_op_t *op)
{
    char  text[32];

    (void) snprintf(text, sizeof(text), "\"%u\"", op->status);

    pl_text_c(&o->out, ",\"responses\":{");
    pl_text_c(&o->out, text);
    pl_text_c(&o->out, ":{\"description\":\"Done.\"");

    if (op->answer != NULL) {
        openapi_shape(o, op->answer);

        pl_text_c(&o->out, ",\"content\":{\"");

        if ((op->flags & PL_API_STREAM) != 0 && op->status == 200) {
            pl_text_c(&o->out, "text/event-stream\":{\"schema\":{"
                               "\"type\":\"string\"}},\"");
        }

        pl_text_c(&o->out, PL_API_JSON "\":{\"schema\":{\"$ref\":\""
                           OPENAPI_REFS);
        pl_text_c(&o->out, op->answer->short_name);
        pl_text_c(&o->out, "\"}}}");
    }

    pl_text_c(&o->out, "}");

    if ((op->flags & PL_API_ETAG) != 0) {
        pl_text_c(&o->out, ",\"304\":{\"description\":\"As If-None-Match has "
                           "it.\"}");
    }

    if (openapi_writes(op) && op->status != 202) {
        pl_text_c(&o->out, ",\"202\":{\"$ref\":"
                           "\"#/components/responses/later\"}");
    }

    pl_text_c(&o->out, ",\"default\":{\"$ref\":"
                       "\"#/components/responses/problem\"}}");
}


static bool
openapi_writes(const pl_api_op_t *op)
{
    return op->method != PL_API_GET && (op->flags & PL_API_DRY) == 0;
}


static void
openapi_shape(openapi_t *o, const ProtobufCMessageDescriptor *shape)
{
    size_t  i;

    for (i = 0; i < o->n_shapes && o->shapes[i] != shape; i++) {
        /* void */
    }

    if (i == o->n_shapes && i < OPENAPI_SHAPES_MAX) {
        o->shapes[o->n_shapes++] = shape;
    }
}


/* Those of all resources, in one list. */

static pl_status_t
openapi_words(openapi_t *o, pl_arena_t *ar, pl_err_t *err)
{
    size_t                    i, n = 0;
    const pl_api_resource_t  *resource;

    for (i = 0; (resource = pl_api_resource_at(i)) != NULL; i++) {
        n += resource->words != NULL ? resource->words->count : 0;
    }

    o->words = pl_arena_alloc(ar, (n + 1) * sizeof(pl_json_word_t));
    if (o->words == NULL) {
        return pl_err_set(err, PL_NOMEM, "openapi", 0, "out of memory");
    }

    for (i = 0; (resource = pl_api_resource_at(i)) != NULL; i++) {
        if (resource->words != NULL) {
            memcpy(&o->words[o->n_words], resource->words->rows,
                   resource->words->count * sizeof(pl_json_word_t));
            o->n_words += resource->words->count;
        }
    }

    return PL_OK;
}
