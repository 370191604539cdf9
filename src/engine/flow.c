/*
 * Flows: compiling a file, and what it is asked for by name. See flow.h.
 *
 * Compiling is a row of passes over the decoded file. Each reports every
 * mistake that it finds and leaves behind what the next ones need, so that a
 * file with three mistakes is told all of them at once.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/crypto.h"
#include "../core/str.h"
#include "flow_impl.h"

#define FLOW_ARENA_BLOCK  8192
#define FLOW_ARENA_MAX    (32u * 1024 * 1024)

static pl_status_t flow_make(pl_flow_t **out, const pl_codec_t *codec,
    pl_str_t json, bool published, pl_flow_mistakes_t *mistakes);
static pl_status_t flow_read(pl_flow_t *flow, const pl_codec_t *codec,
    pl_str_t json, bool published, pl_err_t *err);
static pl_status_t flow_digest(pl_flow_t *flow);
static void flow_passes(flow_check_t *check);
static void flow_index(flow_check_t *check);
static int flow_index_order(const void *a, const void *b);
static int flow_index_find(const void *key, const void *row);
static const pl_err_t *flow_first(const pl_flow_mistakes_t *mistakes);


pl_status_t
pl_flow_compile(pl_flow_t **out, const pl_codec_t *codec, pl_str_t json,
    pl_err_t *err)
{
    pl_status_t          rc;
    pl_flow_mistakes_t  *mistakes;

    *out = NULL;

    mistakes = calloc(1, sizeof(*mistakes));
    if (mistakes == NULL) {
        return pl_err_set(err, PL_NOMEM, "flow", 0, "out of memory");
    }

    rc = pl_flow_examine(out, codec, json, mistakes);

    if (rc != PL_OK && err != NULL) {
        if (mistakes->errors != 0) {
            *err = *flow_first(mistakes);

        } else {
            (void) pl_err_set(err, rc, "flow", 0, "out of memory");
        }
    }

    free(mistakes);

    return rc;
}


pl_status_t
pl_flow_examine(pl_flow_t **out, const pl_codec_t *codec, pl_str_t json,
    pl_flow_mistakes_t *mistakes)
{
    return flow_make(out, codec, json, false, mistakes);
}


pl_status_t
pl_flow_published(pl_flow_t **out, const pl_codec_t *codec, pl_str_t json)
{
    pl_status_t          rc;
    pl_flow_mistakes_t  *mistakes;

    *out = NULL;

    mistakes = calloc(1, sizeof(*mistakes));
    if (mistakes == NULL) {
        return PL_NOMEM;
    }

    rc = flow_make(out, codec, json, true, mistakes);
    free(mistakes);

    return rc;
}


static pl_status_t
flow_make(pl_flow_t **out, const pl_codec_t *codec, pl_str_t json,
    bool published, pl_flow_mistakes_t *mistakes)
{
    pl_err_t      err;
    pl_flow_t    *flow;
    pl_status_t   rc;
    flow_check_t  check;

    *out = NULL;
    mistakes->n = 0;
    mistakes->errors = 0;
    mistakes->more = 0;

    flow = calloc(1, sizeof(*flow));
    if (flow == NULL) {
        return PL_NOMEM;
    }

    memset(&check, 0, sizeof(check));
    check.flow = flow;
    check.mistakes = mistakes;
    check.published = published;

    rc = flow_read(flow, codec, json, published, &err);

    if (rc == PL_OK) {
        flow_passes(&check);
        rc = check.nomem ? PL_NOMEM
             : mistakes->errors != 0 ? PL_INVALID : PL_OK;

    } else if (rc != PL_NOMEM) {
        pl_flow_mistake_placed(&check, &err);
    }

    if (rc != PL_OK) {
        pl_flow_destroy(flow);
        return rc;
    }

    *out = flow;

    return PL_OK;
}


void
pl_flow_destroy(pl_flow_t *flow)
{
    flow_owned_t  *owned;

    if (flow == NULL) {
        return;
    }

    for (owned = flow->owned; owned != NULL; owned = owned->next) {
        pl_pattern_destroy(owned->pattern);
    }

    pl_arena_destroy(flow->ar);
    free(flow);
}


const char *
pl_flow_name(const pl_flow_t *flow)
{
    return flow->file->flow;
}


uint64_t
pl_flow_version(const pl_flow_t *flow)
{
    return flow->version;
}


const Pl__FlowFile *
pl_flow_file(const pl_flow_t *flow)
{
    return flow->file;
}


const Pl__FlowStep *
pl_flow_step(const pl_flow_t *flow, const char *name)
{
    const Pl__FlowStep *const  *row;

    if (name == NULL) {
        return NULL;
    }

    row = bsearch(name, flow->by_name, flow->n_steps, sizeof(*flow->by_name),
                  flow_index_find);

    return row == NULL ? NULL : *row;
}


bool
pl_flow_waits(const Pl__FlowStep *step)
{
    return step->ask != NULL || (step->has_wait && step->wait);
}


const Pl__FlowStep *
pl_flow_start(const pl_flow_t *flow)
{
    return flow->file->start != NULL ? pl_flow_step(flow, flow->file->start)
                                     : pl_flow_default(flow);
}


const Pl__FlowStep *
pl_flow_default(const pl_flow_t *flow)
{
    return pl_flow_step(flow, flow->file->default_);
}


void *
pl_flow_room(flow_check_t *check, size_t n, size_t size)
{
    void  *room;

    /* one more, so that none is not nothing */
    room = pl_arena_zalloc(check->flow->ar, (n + 1) * size);

    if (room == NULL) {
        check->nomem = true;
    }

    return room;
}


const pl_pattern_t *
pl_flow_pattern(flow_check_t *check, const char *path, const char *text)
{
    pl_err_t       err;
    pl_status_t    rc;
    flow_owned_t  *owned;

    owned = pl_flow_room(check, 0, sizeof(*owned));
    if (owned == NULL) {
        return NULL;
    }

    rc = pl_pattern_compile(&owned->pattern, pl_str_c(text), &err);

    if (rc == PL_NOMEM) {
        check->nomem = true;
        return NULL;
    }

    if (rc != PL_OK) {
        pl_flow_mistake(check, FLOW_ERROR, path, err.column, "%s", err.text);
        return NULL;
    }

    owned->next = check->flow->owned;
    check->flow->owned = owned;

    return owned->pattern;
}


const Pl__FlowStep *
pl_flow_target(flow_check_t *check, const char *path, const char *name)
{
    const Pl__FlowStep  *step;

    step = pl_flow_step(check->flow, name);

    if (step == NULL) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0, "no step \"%s\"", name);
    }

    return step;
}


static pl_status_t
flow_read(pl_flow_t *flow, const pl_codec_t *codec, pl_str_t json,
    bool published, pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (json.len > PL_FLOW_FILE_MAX) {
        return pl_err_set(err, PL_TOOBIG, "flow", 0,
                          "a flow file has at most %u bytes",
                          PL_FLOW_FILE_MAX);
    }

    flow->ar = pl_arena_create(FLOW_ARENA_BLOCK, FLOW_ARENA_MAX);
    if (flow->ar == NULL) {
        return PL_NOMEM;
    }

    flow->json.data = pl_arena_dup(flow->ar, json.data, json.len);
    flow->json.len = json.len;

    if (flow->json.data == NULL) {
        return PL_NOMEM;
    }

    rc = flow_digest(flow);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_json_decode(codec, &pl__flow_file__descriptor, flow->json,
                        published ? PL_JSON_COMMENTS
                                  : PL_JSON_COMMENTS | PL_JSON_STRICT,
                        flow->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    flow->file = (Pl__FlowFile *) msg;

    return PL_OK;
}


static pl_status_t
flow_digest(pl_flow_t *flow)
{
    uint8_t      digest[PL_SHA256_LEN];
    pl_hash_t   *hash;
    pl_status_t  rc;

    hash = pl_hash_create();
    rc = hash == NULL ? PL_NOMEM
                      : pl_hash_sha256(hash, &flow->json, 1, digest);
    pl_hash_destroy(hash);

    if (rc != PL_OK) {
        return PL_NOMEM;        /* libcrypto fails for nothing else here */
    }

    flow->version = pl_be64(digest);

    return PL_OK;
}


static void
flow_passes(flow_check_t *check)
{
    size_t  i;

    static void (*const  passes[])(flow_check_t *) = {
        flow_index,
        pl_flow_trigger_compile,
        pl_flow_when_compile,
        pl_flow_ask_compile,
        pl_flow_handover_compile,
        pl_flow_check_steps,
        pl_flow_limit_check,
        pl_flow_names_check,
        pl_flow_dated_check,
        pl_flow_reach_check,
        pl_flow_fixed_compile,
    };

    for (i = 0; i < PL_COUNT(passes) && !check->nomem; i++) {
        passes[i](check);
    }
}


static void
flow_index(flow_check_t *check)
{
    char        path[PL_ERR_PATH_MAX];
    size_t      i;
    pl_flow_t  *flow;

    flow = check->flow;

    if (!pl_name_valid(pl_str_c(pl_flow_name(flow)))) {
        pl_flow_mistake(check, FLOW_UNFIT, "flow", 0,
                        "a flow's name is made of letters, digits, - and _");
    }

    if (flow->file->n_steps == 0) {
        pl_flow_mistake(check, FLOW_ERROR, "steps", 0, "a flow needs a step");
    }

    flow->by_name = pl_flow_room(check, flow->file->n_steps,
                                 sizeof(*flow->by_name));
    if (flow->by_name == NULL) {
        return;
    }

    for (i = 0; i < flow->file->n_steps; i++) {
        flow->by_name[i] = flow->file->steps[i];

        if (!pl_name_valid(pl_str_c(flow->file->steps[i]->name))) {
            (void) pl_flow_path(path, "steps", ".%s",
                                flow->file->steps[i]->name);
            pl_flow_mistake(check, FLOW_ERROR, path, 0,
                            "a step's name is made of letters, digits, - "
                            "and _");
        }
    }

    flow->n_steps = flow->file->n_steps;
    qsort(flow->by_name, flow->n_steps, sizeof(*flow->by_name),
          flow_index_order);
}


static int
flow_index_order(const void *a, const void *b)
{
    return strcmp((*(const Pl__FlowStep *const *) a)->name,
                  (*(const Pl__FlowStep *const *) b)->name);
}


static int
flow_index_find(const void *key, const void *row)
{
    return strcmp(key, (*(const Pl__FlowStep *const *) row)->name);
}


static const pl_err_t *
flow_first(const pl_flow_mistakes_t *mistakes)
{
    size_t  i;

    for (i = 0; i + 1 < mistakes->n && mistakes->rows[i].warning; i++) {
        /* void */
    }

    return &mistakes->rows[i].err;
}
