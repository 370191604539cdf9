/*
 * flow check, flow diagram, flow schema: flow files, before anybody runs
 * them.
 */

#include <inttypes.h>
#include <string.h>

#include "../channel/draft.h"
#include "../channel/template.h"
#include "../core/json_schema.h"
#include "../core/record.h"
#include "../core/str.h"
#include "../engine/flow.h"
#include "../engine/flow_describe.h"
#include "cmd.h"
#include "flow_diagram.h"

#define FLOW_QUIET_FILE  "--quiet-hours"

/* Read once: one of them may be the standard input. */
typedef struct {
    const char                 *name;
    pl_str_t                    json;
    pl_status_t                 status;     /* of reading it */
    pl_err_t                    err;
} flow_file_t;

/* What flows are held against. */
typedef struct {
    Pl__TemplateRecord        **records;
    size_t                      n;
    bool                        templates;  /* there are some to go by */
    pl_hours_t                  quiet;
    pl_flow_mistakes_t          mistakes;
    flow_file_t                *files;
    pl_flow_t                 **flows;      /* of those that are sound */
    size_t                      n_flows;
} flow_check_t;

static pl_status_t flow_ready(plctl_t *ctl, flow_check_t *check,
    pl_err_t *err);
static pl_status_t flow_drafts(plctl_t *ctl, flow_check_t *check,
    pl_err_t *err);
static pl_status_t flow_listed(plctl_t *ctl, flow_check_t *check,
    pl_err_t *err);
static pl_status_t flow_scan(plctl_t *ctl, flow_check_t *check,
    pl_txn_t *txn, uint32_t tenant, pl_err_t *err);
static bool flow_add(plctl_t *ctl, flow_check_t *check,
    const Pl__TemplateRecord *record);
static pl_status_t flow_tenant(plctl_t *ctl, uint32_t *tenant,
    pl_err_t *err);
static pl_status_t flow_all(plctl_t *ctl, flow_check_t *check,
    const char *const *names, unsigned n, pl_err_t *err);
static int flow_check(plctl_t *ctl, flow_check_t *check,
    const flow_file_t *file);
static pl_status_t flow_mistakes(plctl_t *ctl,
    const pl_flow_mistakes_t *mistakes, const char *file, pl_err_t *err);
static pl_status_t flow_mistake(plctl_t *ctl, const pl_flow_mistake_t *row,
    const char *file, pl_err_t *err);
static pl_status_t flow_sound(plctl_t *ctl, const pl_flow_t *flow,
    const char *file, pl_err_t *err);


int
plctl_cmd_flow_check(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    int            status, all = PLCTL_EXIT_OK;
    unsigned       i;
    pl_err_t       err = { 0 };
    pl_status_t    rc;
    flow_check_t  *check;

    check = pl_arena_zalloc(ctl->ar, sizeof(*check));
    if (check == NULL) {
        (void) pl_err_set(&err, PL_NOMEM, "flow check", 0, "out of memory");
        return plctl_fail(ctl, &err);
    }

    rc = flow_ready(ctl, check, &err);
    if (rc != PL_OK) {
        return err.line != 0 ? plctl_place(ctl, ctl->args->templates, &err)
                             : plctl_fail(ctl, &err);
    }

    rc = flow_all(ctl, check, words, n_words, &err);
    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    for (i = 0; i < n_words; i++) {
        status = flow_check(ctl, check, &check->files[i]);
        all = status != PLCTL_EXIT_OK ? status : all;
    }

    for (i = 0; i < check->n_flows; i++) {
        pl_flow_destroy(check->flows[i]);
    }

    return all;
}


int
plctl_cmd_flow_diagram(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t                err = { 0 };
    pl_str_t                json;
    pl_flow_t              *flow;
    pl_status_t             rc;
    plctl_diagram_e         format;

    (void) n_words;

    if (!plctl_flow_format(ctl->args->format, &format)) {
        (void) pl_err_set(&err, PL_INVALID, "flow diagram", 0,
                          "--format is mermaid or dot");
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_file(ctl, words[0], PL_BODY_MAX, &json, &err);

    if (rc == PL_OK) {
        rc = plctl_shapes(ctl, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    rc = pl_flow_compile(&flow, ctl->shapes, json, &err);
    if (rc != PL_OK) {
        return plctl_place(ctl, words[0], &err);
    }

    plctl_flow_diagram(ctl->out, flow, format);
    pl_flow_destroy(flow);

    return PLCTL_EXIT_OK;
}


int
plctl_cmd_flow_schema(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t     err = { 0 };
    pl_str_t     text;
    pl_status_t  rc;

    (void) words;
    (void) n_words;

    rc = plctl_shapes(ctl, &err);

    if (rc == PL_OK) {
        rc = pl_json_schema(ctl->shapes, &pl__flow_file__descriptor,
                            &pl_flow_described, ctl->ar, &text, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    fprintf(ctl->out, "%.*s\n", (int) text.len, (const char *) text.data);

    return PLCTL_EXIT_OK;
}


static pl_status_t
flow_ready(plctl_t *ctl, flow_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    rc = plctl_shapes(ctl, err);

    if (rc == PL_OK && ctl->args->quiet != NULL) {
        rc = pl_hours_parse(pl_str_c(ctl->args->quiet), &check->quiet, err);

        if (rc != PL_OK) {
            pl_err_path(err, FLOW_QUIET_FILE);
            err->line = 0;
        }
    }

    if (rc == PL_OK && ctl->args->templates != NULL) {
        rc = flow_drafts(ctl, check, err);
    }

    if (rc == PL_OK && (ctl->args->tenant != NULL
                        || (ctl->args->store != NULL
                            && ctl->args->templates == NULL)))
    {
        rc = flow_listed(ctl, check, err);
    }

    return rc;
}


static pl_status_t
flow_drafts(plctl_t *ctl, flow_check_t *check, pl_err_t *err)
{
    pl_str_t     json;
    pl_drafts_t  drafts;
    pl_status_t  rc;

    rc = plctl_file(ctl, ctl->args->templates, PL_DRAFT_FILE_MAX, &json, err);

    if (rc == PL_OK) {
        rc = pl_draft_read(ctl->shapes, json, ctl->ar, &drafts, err);
    }

    if (rc == PL_OK) {
        check->records = drafts.records;
        check->n = drafts.n;
        check->templates = true;
    }

    return rc;
}


static pl_status_t
flow_listed(plctl_t *ctl, flow_check_t *check, pl_err_t *err)
{
    uint32_t                    tenant;
    pl_txn_t                   *txn;
    pl_status_t                 rc;
    Pl__TemplateRecord        **all;

    rc = plctl_open(ctl, err);

    if (rc == PL_OK) {
        rc = flow_tenant(ctl, &tenant, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    all = pl_arena_alloc(ctl->ar, (check->n + PL_TEMPLATES_MAX)
                                  * sizeof(*all));
    if (all == NULL) {
        return pl_err_set(err, PL_NOMEM, "flow check", 0, "out of memory");
    }

    if (check->n != 0) {
        memcpy(all, check->records, check->n * sizeof(*all));
    }

    check->records = all;
    check->templates = true;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);

    if (rc == PL_OK) {
        rc = flow_scan(ctl, check, txn, tenant, err);
        pl_store_abort(txn);
    }

    return rc;
}


/* Where none is named, the store's only one. */

static pl_status_t
flow_tenant(plctl_t *ctl, uint32_t *tenant, pl_err_t *err)
{
    size_t                    i, n;
    const pl_tenant_conf_t   *row;

    if (ctl->args->tenant != NULL) {
        return plctl_tenant(ctl, ctl->args->tenant, tenant, err);
    }

    for (i = 0, n = 0; (row = pl_settings_tenant_at(ctl->settings, i))
                       != NULL; i++)
    {
        if (!row->row->removed) {
            *tenant = row->row->id;
            n++;
        }
    }

    return n == 1 ? PL_OK
           : pl_err_set(err, PL_INVALID, "flow check", 0,
                        "the store has %zu tenants: --tenant says whose "
                        "templates", n);
}


/* Those that the provider still lists; of several channels, all. */

static pl_status_t
flow_scan(plctl_t *ctl, flow_check_t *check, pl_txn_t *txn, uint32_t tenant,
    pl_err_t *err)
{
    uint32_t             channel = 0;
    pl_key_t             from = { .len = 0 };
    pl_str_t             key, value;
    pl_scan_t           *scan;
    pl_status_t          rc;
    ProtobufCMessage    *msg;
    Pl__TemplateRecord   whole = PL__TEMPLATE_RECORD__INIT;
    Pl__TemplateRecord  *record;

    pl_key_u32(&from, tenant);

    rc = pl_store_scan(txn, PL_TABLE_TEMPLATES, pl_key_str(&from), false,
                       &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < 8 || pl_be32(key.data) != tenant) {
            break;
        }

        rc = pl_record_read(PL_TABLE_TEMPLATES, value,
                            &pl__template_record__descriptor, ctl->ar, &msg,
                            err);
        if (rc != PL_OK) {
            break;
        }

        record = (Pl__TemplateRecord *) msg;

        if (pl_be32(key.data + 4) != channel) {
            channel = pl_be32(key.data + 4);
            pl__template_record__init(&whole);
        }

        if (record->name[0] == '\0') {
            whole = *record;    /* the list itself: before its templates */

        } else if (!pl_template_gone(record, &whole)
                   && !flow_add(ctl, check, record))
        {
            rc = pl_err_set(err, PL_TOOBIG, "flow check", 0,
                            "more than %d templates", PL_TEMPLATES_MAX);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static bool
flow_add(plctl_t *ctl, flow_check_t *check, const Pl__TemplateRecord *record)
{
    (void) ctl;

    if (check->n == PL_TEMPLATES_MAX) {
        return false;
    }

    check->records[check->n++] = (Pl__TemplateRecord *) record;

    return true;
}


/* All that may be called. What is wrong with a file is told in its turn. */

static pl_status_t
flow_all(plctl_t *ctl, flow_check_t *check, const char *const *names,
    unsigned n, pl_err_t *err)
{
    unsigned      i;
    flow_file_t  *file;

    check->files = pl_arena_zalloc(ctl->ar, (n + 1) * sizeof(*check->files));
    check->flows = pl_arena_alloc(ctl->ar, (n + 1) * sizeof(*check->flows));

    if (check->files == NULL || check->flows == NULL) {
        return pl_err_set(err, PL_NOMEM, "flow check", 0, "out of memory");
    }

    for (i = 0; i < n; i++) {
        file = &check->files[i];
        file->name = names[i];
        file->status = plctl_file(ctl, names[i], PL_BODY_MAX, &file->json,
                                  &file->err);

        if (file->status == PL_OK
            && pl_flow_compile(&check->flows[check->n_flows], ctl->shapes,
                               file->json, NULL) == PL_OK)
        {
            check->n_flows++;
        }
    }

    return PL_OK;
}


static int
flow_check(plctl_t *ctl, flow_check_t *check, const flow_file_t *file)
{
    pl_err_t              err = file->err;
    pl_flow_t            *flow = NULL;
    pl_status_t           rc;
    pl_flow_mistakes_t   *mistakes = &check->mistakes;

    if (file->status != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    rc = pl_flow_examine(&flow, ctl->shapes, file->json, mistakes);

    if (rc == PL_OK && check->templates) {
        rc = pl_flow_check_templates(flow,
                                     (const Pl__TemplateRecord *const *)
                                     check->records, check->n, mistakes);
    }

    if (flow != NULL && rc != PL_NOMEM && check->quiet.n != 0) {
        (void) pl_flow_check_hours(flow, &check->quiet, mistakes);
    }

    if (flow != NULL && rc != PL_NOMEM) {
        (void) pl_flow_check_calls(flow, (const pl_flow_t *const *)
                                   check->flows, check->n_flows, false,
                                   mistakes);
    }

    rc = rc == PL_NOMEM
         ? pl_err_set(&err, PL_NOMEM, "flow check", 0, "out of memory")
         : flow_mistakes(ctl, mistakes, file->name, &err);

    if (rc == PL_OK && mistakes->errors == 0) {
        rc = flow_sound(ctl, flow, file->name, &err);
    }

    pl_flow_destroy(flow);

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return mistakes->errors != 0 ? PLCTL_EXIT_FAILED : PLCTL_EXIT_OK;
}


static pl_status_t
flow_mistakes(plctl_t *ctl, const pl_flow_mistakes_t *mistakes,
    const char *file, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    for (i = 0; i < mistakes->n; i++) {
        rc = flow_mistake(ctl, &mistakes->rows[i], file, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (mistakes->more != 0) {
        plctl_note(ctl, "%s: and %zu more", plctl_clean(ctl->ar, file),
                   mistakes->more);
    }

    return PL_OK;
}


static pl_status_t
flow_mistake(plctl_t *ctl, const pl_flow_mistake_t *row, const char *file,
    pl_err_t *err)
{
    pl_err_t                  mistake = row->err;
    Pl__Ctl__FlowMistakeRow   json = PL__CTL__FLOW_MISTAKE_ROW__INIT;

    if (!ctl->json) {
        if (row->warning) {
            (void) snprintf(mistake.text, sizeof(mistake.text),
                            "warning: %.200s", row->err.text);
        }

        (void) plctl_place(ctl, file, &mistake);
        return PL_OK;
    }

    json.file = (char *) plctl_clean(ctl->ar, file);
    json.line = mistake.line;
    json.column = mistake.column;
    json.path = mistake.path[0] != '\0' ? mistake.path : NULL;
    json.text = mistake.text;
    json.has_warning = row->warning;
    json.warning = row->warning;

    return plctl_json(ctl, &json.base, err);
}


static pl_status_t
flow_sound(plctl_t *ctl, const pl_flow_t *flow, const char *file,
    pl_err_t *err)
{
    Pl__Ctl__FlowRow  row = PL__CTL__FLOW_ROW__INIT;

    row.file = (char *) plctl_clean(ctl->ar, file);
    row.flow = (char *) plctl_clean(ctl->ar, pl_flow_name(flow));
    row.version = (char *) plctl_print(ctl->ar, "%016" PRIx64,
                                       pl_flow_version(flow));

    if (ctl->json) {
        return plctl_json(ctl, &row.base, err);
    }

    fprintf(ctl->out, "%s: flow \"%s\" is sound, version %s\n", row.file,
            row.flow, row.version);

    return PL_OK;
}
