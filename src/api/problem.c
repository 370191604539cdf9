/*
 * Problems: RFC 9457 documents, one row for each kind. docs/api.md has a
 * section for each, under the same name.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "impl.h"

typedef struct {
    unsigned      status;
    const char   *name;
    const char   *title;
    const char   *bare;         /* the document, where there is no memory */
} problem_kind_t;

#define KIND(status, name, title)                                             \
    { status, name, title,                                                    \
      "{\"type\":\"/problems/" name "\",\"title\":\"" title "\",\"status\":"  \
      #status "}" }


static const problem_kind_t  problem_kinds[PL_API_PROBLEMS] = {
    [PL_API_BAD_REQUEST] =
        KIND(400, "bad-request", "The request cannot be read"),
    [PL_API_BAD_JSON] =
        KIND(400, "bad-json", "The body is no JSON"),
    [PL_API_BAD_FIELD] =
        KIND(400, "bad-field", "A field of the body is wrong"),
    [PL_API_BAD_QUERY] =
        KIND(400, "bad-query", "A parameter of the query is wrong"),
    [PL_API_BAD_CURSOR] =
        KIND(400, "bad-cursor", "The cursor is none of this list"),
    [PL_API_KEY_IN_QUERY] =
        KIND(400, "key-in-query", "Keys are not taken from a query"),
    [PL_API_BAD_IDEMPOTENCY_KEY] =
        KIND(400, "bad-idempotency-key", "The Idempotency-Key is none"),
    [PL_API_TENANT_NEEDED] =
        KIND(400, "tenant-needed", "The header Parley-Tenant is missing"),
    [PL_API_UNAUTHORIZED] =
        KIND(401, "unauthorized", "No key or token that is known"),
    [PL_API_FORBIDDEN] =
        KIND(403, "forbidden", "The role has no permission"),
    [PL_API_NOT_FOUND] =
        KIND(404, "not-found", "There is no such thing"),
    [PL_API_NOT_ALLOWED] =
        KIND(405, "method-not-allowed", "The path has no such method"),
    [PL_API_CONFLICT] =
        KIND(409, "conflict", "It stands against what is there"),
    [PL_API_CHANGED] =
        KIND(412, "changed", "It has been changed meanwhile"),
    [PL_API_TOO_LARGE] =
        KIND(413, "too-large", "More than is taken at once"),
    [PL_API_MEDIA_TYPE] =
        KIND(415, "media-type", "Bodies are application/json"),
    [PL_API_KEY_REUSED] =
        KIND(422, "idempotency-key-reused",
             "Another request came under this Idempotency-Key"),
    [PL_API_REFUSED] =
        KIND(422, "refused", "It may not be done"),
    [PL_API_MATCH_NEEDED] =
        KIND(428, "precondition-required", "The header If-Match is missing"),
    [PL_API_TOO_MANY] =
        KIND(429, "too-many-requests", "Too much at once"),
    [PL_API_INTERNAL] =
        KIND(500, "internal", "Something went wrong here"),
    [PL_API_UNAVAILABLE] =
        KIND(503, "unavailable", "The store is not to be had now"),
};


pl_status_t
pl_api_problem(pl_api_call_t *call, pl_api_problem_e kind, const char *path,
    const char *fmt, ...)
{
    char              text[PL_ERR_TEXT_MAX];
    va_list           args;
    Pl__Api__Problem  problem = PL__API__PROBLEM__INIT;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    problem.detail = text[0] == '\0' ? NULL : text;

    if (path != NULL && path[0] != '\0') {
        problem.pointer = pl_api_pointer(call->ar, path);
    }

    return pl_api_problem_row(call, kind, &problem);
}


pl_status_t
pl_api_problem_row(pl_api_call_t *call, pl_api_problem_e kind,
    Pl__Api__Problem *problem)
{
    pl_str_t                json;
    const problem_kind_t   *row = &problem_kinds[kind];

    problem->type = pl_arena_printf(call->ar, "/problems/%s", row->name);
    problem->title = (char *) row->title;
    problem->status = row->status;

    if (problem->type == NULL
        || pl_json_encode(call->api->codec, &problem->base, call->ar, &json,
                          NULL)
           != PL_OK)
    {
        pl_api_bare(call, kind);
        return PL_DENIED;
    }

    call->n_commands = 0;
    call->out.status = row->status;
    call->out.type = PL_API_PROBLEM;
    call->out.body = json;

    return PL_DENIED;
}


void
pl_api_bare(pl_api_call_t *call, pl_api_problem_e kind)
{
    call->n_commands = 0;
    call->out.status = problem_kinds[kind].status;
    call->out.type = PL_API_PROBLEM;
    call->out.body = pl_str_c(problem_kinds[kind].bare);
}


pl_status_t
pl_api_missing(pl_api_call_t *call)
{
    return pl_api_problem(call, PL_API_NOT_FOUND, NULL, "%s", "");
}


pl_status_t
pl_api_refused(pl_api_call_t *call, const Pl__Verdict *verdict)
{
    size_t             len;
    const char        *rule;
    pl_api_problem_e   kind = PL_API_REFUSED;
    Pl__Api__Problem   problem = PL__API__PROBLEM__INIT;

    rule = verdict->rule != NULL ? verdict->rule : "";
    len = strlen(rule);

    if (strcmp(rule, "precondition.failed") == 0) {
        kind = PL_API_CHANGED;

    } else if (strcmp(rule, "subject.unknown") == 0
               || (verdict->path == NULL && len > 8
                   && strcmp(rule + len - 8, ".unknown") == 0))
    {
        kind = PL_API_NOT_FOUND;

    } else if (strncmp(rule, "conflict", 8) == 0) {
        kind = PL_API_CONFLICT;
    }

    problem.rule = verdict->rule;
    problem.detail = verdict->text;

    if (verdict->path != NULL && verdict->path[0] != '\0') {
        problem.pointer = pl_api_pointer(call->ar, verdict->path);
    }

    if (verdict->has_until_ms) {
        problem.earliest = pl_api_time(call, verdict->until_ms);
    }

    if (call->room != 0) {
        problem.request = (char *) pl_api_request_id(call);
    }

    return pl_api_problem_row(call, kind, &problem);
}


/* RFC 6901, as a fragment: what a browser's tools highlight. */

char *
pl_api_pointer(pl_arena_t *ar, const char *path)
{
    char        *out, *p;
    const char  *s;

    out = pl_arena_alloc(ar, 2 * strlen(path) + 3);
    if (out == NULL) {
        return NULL;
    }

    p = out;
    *p++ = '#';
    *p++ = '/';

    for (s = path; *s != '\0'; s++) {
        switch (*s) {

        case '.':
        case '[':
            if (s != path) {
                *p++ = '/';
            }

            break;

        case ']':
            break;

        case '~':
            *p++ = '~';
            *p++ = '0';
            break;

        case '/':
            *p++ = '~';
            *p++ = '1';
            break;

        default:
            *p++ = *s;
            break;
        }
    }

    *p = '\0';

    return out;
}
