/*
 * api: a call of the API on the store that is here, without nginx, as an
 * operator. openapi: what docs/openapi.yaml says.
 */

#include <string.h>

#include "../api/openapi.h"
#include "../core/str.h"
#include "call.h"
#include "cmd.h"

#define API_ARENA_MAX  (64u * 1024 * 1024)

static pl_status_t api_in(plctl_t *ctl, const char *const *words,
    pl_api_in_t *in, pl_err_t *err);
static bool api_method(const char *word, pl_api_method_e *method);
static int api_report(plctl_t *ctl, const pl_api_call_t *call);


int
plctl_cmd_openapi(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_api_t     *api;
    pl_err_t      err = { 0 };
    pl_str_t      text;
    pl_arena_t   *ar;
    pl_status_t   rc;

    (void) words;
    (void) n_words;

    rc = pl_api_create(&api, NULL, &err);
    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    ar = pl_arena_create(PL_API_ARENA_BLOCK, API_ARENA_MAX);

    rc = ar == NULL ? PL_NOMEM
         : ctl->json ? pl_openapi_json(api, ar, &text, &err)
                     : pl_openapi_yaml(api, ar, &text, &err);

    if (rc == PL_OK) {
        fprintf(ctl->out, "%.*s%s", (int) text.len,
                (const char *) text.data, ctl->json ? "\n" : "");
    }

    pl_arena_destroy(ar);
    pl_api_destroy(api);

    return rc == PL_OK ? PLCTL_EXIT_OK : plctl_fail(ctl, &err);
}


int
plctl_cmd_api(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    int            status;
    pl_err_t       err = { 0 };
    pl_status_t    rc;
    plctl_call_t   call;

    (void) n_words;

    rc = plctl_call_begin(ctl, &call, &err);

    if (rc == PL_OK) {
        rc = api_in(ctl, words, &call.call.in, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_call_run(ctl, &call, &err);
    }

    status = rc == PL_OK ? api_report(ctl, &call.call)
                         : plctl_fail(ctl, &err);

    plctl_call_end(&call);

    return status;
}


static pl_status_t
api_in(plctl_t *ctl, const char *const *words, pl_api_in_t *in,
    pl_err_t *err)
{
    pl_status_t   rc;
    const char   *query;

    if (!api_method(words[0], &in->method)) {
        return pl_err_set(err, PL_INVALID, "api", 0, "no method");
    }

    query = strchr(words[1], '?');

    in->path.data = (const uint8_t *) words[1];
    in->path.len = query == NULL ? strlen(words[1])
                                 : (size_t) (query - words[1]);
    in->query = query == NULL ? PL_STR_NULL : pl_str_c(query + 1);
    in->tenant = pl_str_c(ctl->args->tenant);

    if (ctl->args->file == NULL) {
        return PL_OK;
    }

    rc = plctl_file(ctl, ctl->args->file, PL_API_BODY_MAX, &in->body, err);
    in->content_type = PL_STR("application/json");

    return rc;
}


static bool
api_method(const char *word, pl_api_method_e *method)
{
    size_t  i;

    static const char *const  names[] = {
        "GET", "POST", "PUT", "PATCH", "DELETE"
    };

    for (i = 0; i < PL_COUNT(names); i++) {
        if (strcmp(word, names[i]) == 0) {
            *method = (pl_api_method_e) i;
            return true;
        }
    }

    return false;
}


static int
api_report(plctl_t *ctl, const pl_api_call_t *call)
{
    if (call->out.body.len != 0) {
        fprintf(ctl->out, "%.*s\n", (int) call->out.body.len,
                (const char *) call->out.body.data);
    }

    return call->out.status < 300 ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}
