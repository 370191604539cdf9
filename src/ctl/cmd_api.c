/*
 * api: a call of the API on the store that is here, without nginx, as an
 * operator. openapi: what docs/openapi.yaml says.
 */

#include <string.h>

#include "../api/openapi.h"
#include "../core/str.h"
#include "../engine/state.h"
#include "cmd.h"

#define API_ARENA_MAX  (64u * 1024 * 1024)

static pl_status_t api_in(plctl_t *ctl, const char *const *words,
    pl_api_in_t *in, pl_err_t *err);
static bool api_method(const char *word, pl_api_method_e *method);
static pl_status_t api_step(plctl_t *ctl, pl_api_call_t *call, bool told,
    pl_err_t *err);
static pl_status_t api_append(plctl_t *ctl, pl_api_call_t *call,
    bool *folded, pl_err_t *err);
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
    int             status = PLCTL_EXIT_FAILED;
    bool            folded = true;
    pl_api_t       *api;
    pl_err_t        err = { 0 };
    pl_who_t        who = { PL__API_ROLE__API_ROLE_OPERATOR, 0, 0, NULL, 0 };
    pl_status_t     rc;
    pl_api_call_t   call;

    (void) n_words;

    rc = pl_api_create(&api, NULL, &err);
    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    pl_api_call_init(&call, api, ctl->ar);
    who.actor = plctl_actor(ctl);
    call.in.who = &who;

    rc = api_in(ctl, words, &call.in, &err);

    if (rc == PL_OK) {
        rc = plctl_open(ctl, &err);
    }

    if (rc == PL_OK) {
        rc = api_step(ctl, &call, false, &err);
    }

    if (rc == PL_OK && call.out.status == 0) {
        rc = api_append(ctl, &call, &folded, &err);

        if (rc == PL_OK && !folded) {
            pl_api_later(&call);

        } else if (rc == PL_OK) {
            rc = api_step(ctl, &call, true, &err);
        }
    }

    status = rc == PL_OK ? api_report(ctl, &call) : plctl_fail(ctl, &err);

    pl_api_destroy(api);

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


static pl_status_t
api_step(plctl_t *ctl, pl_api_call_t *call, bool told, pl_err_t *err)
{
    int64_t         now_ms;
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    now_ms = pl_clock_wall_ms(ctl->clock);

    rc = pl_state_meta(txn, ctl->ar, &meta, err);

    if (rc == PL_OK) {
        rc = told ? pl_api_told(call, txn, ctl->settings, meta, now_ms, err)
                  : pl_api_ask(call, txn, ctl->settings, meta, now_ms, err);
    }

    pl_store_abort(txn);

    return rc;
}


static pl_status_t
api_append(plctl_t *ctl, pl_api_call_t *call, bool *folded, pl_err_t *err)
{
    size_t          i;
    pl_status_t     rc;
    Pl__Command     commands[PLCTL_ASK_MAX];
    pl_appended_t   appended;

    if (call->n_commands == 0 || call->n_commands > PLCTL_ASK_MAX) {
        return pl_err_set(err, PL_TOOBIG, "api", 0,
                          "a stream, or more than %d commands",
                          PLCTL_ASK_MAX);
    }

    for (i = 0; i < call->n_commands; i++) {
        commands[i] = *call->commands[i];
    }

    rc = plctl_ask_all(ctl, commands, call->n_commands, true, &appended,
                       folded, err);
    if (rc == PL_OK) {
        call->sequence = appended.first + call->n_commands - 1;
    }

    return rc;
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
