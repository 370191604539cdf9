/*
 * What came, into the operation's shapes: the query by the rules of forms,
 * the body by those of JSON. Mistakes name their field.
 */

#include <string.h>
#include <strings.h>

#include "../core/str.h"
#include "api_messages.pb-c.h"
#include "impl.h"

#define DECODE_SECRET_NAME  16          /* bytes of a parameter's name */

static pl_status_t decode_query(pl_api_call_t *call, pl_err_t *err);
static pl_status_t decode_body(pl_api_call_t *call, pl_err_t *err);
static pl_status_t decode_wrong(pl_api_call_t *call, pl_api_problem_e kind,
    const pl_err_t *why);
static bool decode_json(pl_str_t type);
static pl_status_t decode_texts(pl_api_call_t *call,
    const ProtobufCMessage *msg, const char *lead);
static pl_status_t decode_field(pl_api_call_t *call,
    const ProtobufCFieldDescriptor *field, void *const *at, size_t n,
    const char *lead);
static size_t decode_most(const ProtobufCFieldDescriptor *field);
static pl_status_t decode_text(pl_api_call_t *call, const char *lead,
    const ProtobufCFieldDescriptor *field, size_t i, bool many);


pl_status_t
pl_api_decode(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t  rc;

    rc = decode_query(call, err);

    if (rc == PL_OK) {
        rc = decode_body(call, err);
    }

    return rc == PL_OK && call->body != NULL
           ? decode_texts(call, call->body, "") : rc;
}


/* The names under which others take them, with or without separators. */

bool
pl_api_query_secret(pl_str_t query)
{
    char    name[DECODE_SECRET_NAME + 1];
    size_t  i, k, n;

    static const char *const  names[] = {
        "apikey", "accesstoken", "token", "authtoken", "authorization",
        "bearer", "jwt", "secret", "key",
    };

    for (i = 0; i < query.len; i++) {
        for (n = 0; i < query.len && query.data[i] != '='
                    && query.data[i] != '&'; i++)
        {
            if (query.data[i] != '_' && query.data[i] != '-'
                && n <= DECODE_SECRET_NAME)
            {
                if (n < DECODE_SECRET_NAME) {
                    name[n] = (char) query.data[i];
                }

                n++;
            }
        }

        name[n < DECODE_SECRET_NAME ? n : DECODE_SECRET_NAME] = '\0';

        for (k = 0; n <= DECODE_SECRET_NAME && k < PL_COUNT(names); k++) {
            if (strcasecmp(name, names[k]) == 0) {
                return true;
            }
        }

        while (i < query.len && query.data[i] != '&') {
            i++;
        }
    }

    return false;
}


static pl_status_t
decode_query(pl_api_call_t *call, pl_err_t *err)
{
    pl_err_t     why;
    pl_status_t  rc;

    if (call->in.query.len > PL_API_QUERY_MAX) {
        return pl_api_problem(call, PL_API_BAD_QUERY, NULL,
                              "more than %d bytes", PL_API_QUERY_MAX);
    }

    if (call->op->query == NULL) {
        return call->in.query.len == 0
               ? PL_OK : pl_api_problem(call, PL_API_BAD_QUERY, NULL,
                                        "it takes no parameters");
    }

    memset(&why, 0, sizeof(why));

    rc = pl_form_decode(call->api->codec, call->op->query, call->in.query,
                        call->ar, &call->query, &why);

    if (rc == PL_INVALID || rc == PL_TOOBIG) {
        return decode_wrong(call, PL_API_BAD_QUERY, &why);
    }

    return rc == PL_OK ? rc : pl_err_set(err, rc, "api", 0, "%s", why.text);
}


/* No body is an empty object, where a shape asks for nothing. */

static pl_status_t
decode_body(pl_api_call_t *call, pl_err_t *err)
{
    pl_err_t     why;
    pl_str_t     body = call->in.body;
    pl_status_t  rc;

    if (call->op->body == NULL) {
        return body.len == 0
               ? PL_OK : pl_api_problem(call, PL_API_BAD_REQUEST, NULL,
                                        "it takes no body");
    }

    if (body.len != 0 && !decode_json(call->in.content_type)) {
        return pl_api_problem(call, PL_API_MEDIA_TYPE, NULL, "%s", "");
    }

    if (body.len == 0) {
        body = PL_STR("{}");
    }

    memset(&why, 0, sizeof(why));

    rc = pl_json_decode(call->api->codec, call->op->body, body, 0, call->ar,
                        &call->body, &why);

    if (rc == PL_INVALID || rc == PL_TOOBIG) {
        return decode_wrong(call, why.path[0] == '\0' ? PL_API_BAD_JSON
                                                      : PL_API_BAD_FIELD,
                            &why);
    }

    return rc == PL_OK ? rc : pl_err_set(err, rc, "api", 0, "%s", why.text);
}


static pl_status_t
decode_wrong(pl_api_call_t *call, pl_api_problem_e kind, const pl_err_t *why)
{
    Pl__Api__Problem  problem = PL__API__PROBLEM__INIT;

    problem.detail = (char *) why->text;
    problem.has_line = problem.has_column = (why->line != 0);
    problem.line = why->line;
    problem.column = why->column;

    if (why->path[0] != '\0') {
        problem.pointer = pl_api_pointer(call->ar, why->path);
    }

    return pl_api_problem_row(call, kind, &problem);
}


static bool
decode_json(pl_str_t type)
{
    size_t  len;

    for (len = 0; len < type.len && type.data[len] != ';'
                  && type.data[len] != ' '; len++)
    {
        /* void */
    }

    return (len == sizeof(PL_API_JSON) - 1
            && strncasecmp((const char *) type.data, PL_API_JSON, len) == 0)
           || (len > 5
               && strncasecmp((const char *) type.data + len - 5, "+json", 5)
                  == 0);
}


/*
 * Rows of rules bound what has a bound of its own; no other text, wherever it
 * stands in a body, is longer than PL_API_TEXT_MAX. The codec has bounded the
 * depth.
 */

static pl_status_t
decode_texts(pl_api_call_t *call, const ProtobufCMessage *msg,
    const char *lead)
{
    size_t                           i, n;
    pl_status_t                      rc = PL_OK;
    const uint8_t                   *at;
    const ProtobufCFieldDescriptor  *f;

    for (i = 0; rc == PL_OK && i < msg->descriptor->n_fields; i++) {
        f = &msg->descriptor->fields[i];
        at = (const uint8_t *) msg + f->offset;

        if (f->type != PROTOBUF_C_TYPE_STRING
            && f->type != PROTOBUF_C_TYPE_MESSAGE)
        {
            continue;
        }

        if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            && *(const uint32_t *) (const void *)
               ((const uint8_t *) msg + f->quantifier_offset) != f->id)
        {
            continue;
        }

        if (f->label == PROTOBUF_C_LABEL_REPEATED) {
            n = *(const size_t *) (const void *)
                ((const uint8_t *) msg + f->quantifier_offset);
            rc = decode_field(call, f, *(void *const *const *)
                                       (const void *) at, n, lead);

        } else {
            rc = decode_field(call, f, (void *const *) (const void *) at, 1,
                              lead);
        }
    }

    return rc;
}


/* Its n values: texts, or messages. */

static pl_status_t
decode_field(pl_api_call_t *call, const ProtobufCFieldDescriptor *field,
    void *const *at, size_t n, const char *lead)
{
    bool          many = field->label == PROTOBUF_C_LABEL_REPEATED;
    size_t        i;
    const char   *path;
    pl_status_t   rc = PL_OK;

    for (i = 0; rc == PL_OK && i < n; i++) {

        if (at[i] == NULL) {
            continue;
        }

        if (field->type == PROTOBUF_C_TYPE_STRING) {
            if (strlen(at[i]) > decode_most(field)) {
                rc = decode_text(call, lead, field, i, many);
            }

            continue;
        }

        path = many ? pl_arena_printf(call->ar, "%s%s[%zu].", lead,
                                      field->name, i)
                    : pl_arena_printf(call->ar, "%s%s.", lead, field->name);
        rc = path == NULL ? PL_NOMEM : decode_texts(call, at[i], path);
    }

    return rc;
}


/* A mail's HTML carries its looks with it. */

static size_t
decode_most(const ProtobufCFieldDescriptor *field)
{
    return field == protobuf_c_message_descriptor_get_field_by_name(
                        &pl__api__send_email__descriptor, "html")
           ? PL_API_HTML_MAX : PL_API_TEXT_MAX;
}


static pl_status_t
decode_text(pl_api_call_t *call, const char *lead,
    const ProtobufCFieldDescriptor *field, size_t i, bool many)
{
    const char  *path;

    path = many ? pl_arena_printf(call->ar, "%s%s[%zu]", lead, field->name,
                                  i)
                : pl_arena_printf(call->ar, "%s%s", lead, field->name);

    return path == NULL
           ? PL_NOMEM
           : pl_api_problem(call, PL_API_BAD_FIELD, path,
                            "a text is no longer than %zu bytes",
                            decode_most(field));
}
