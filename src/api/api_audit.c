/*
 * The audit log, newest first. Nothing of it can be changed.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "rows.h"

/* What is asked for. */
typedef struct {
    const Pl__Api__AuditQuery   *query;
    Pl__Api__AuditList           list;
    int64_t                      since_ms;
    int64_t                      until_ms;      /* 0: no end */
} audit_t;

static pl_status_t audit_list(pl_api_call_t *call, pl_err_t *err);
static pl_status_t audit_times(pl_api_call_t *call, audit_t *audit);
static pl_status_t audit_add(pl_api_call_t *call, void *data, pl_str_t key,
    pl_str_t value, bool *kept, pl_err_t *err);
static bool audit_fits(const audit_t *audit, const Pl__AuditEvent *event);


static const pl_rule_t  audit_rows[] = {
    { &pl__api__audit_query__descriptor, "subject", PL_RULE_LEN_MAX, NULL,
      32 },
};

static const pl_rules_t  audit_rules = { audit_rows, PL_COUNT(audit_rows) };

static const pl_api_op_t  audit_ops[] = {
    { .name = "listAudit", .method = PL_API_GET, .path = "/v1/audit",
      .may = PL_MAY_AUDIT_READ, .query = &pl__api__audit_query__descriptor,
      .answer = &pl__api__audit_list__descriptor, .status = 200,
      .ask = audit_list,
      .summary = "Lists events of the audit log, newest first",
      .text = "By kind, by what they are about, and by time. A page may be "
              "short of what was asked for, and have a next one all the "
              "same." },
};

const pl_api_resource_t  pl_api_audit = {
    .name = "Audit",
    .text = "Who did what, and what policy decided.",
    .ops = audit_ops,
    .n_ops = PL_COUNT(audit_ops),
    .rules = &audit_rules,
};


static pl_status_t
audit_list(pl_api_call_t *call, pl_err_t *err)
{
    audit_t          audit;
    pl_status_t      rc;
    pl_rows_page_t   page;

    memset(&audit, 0, sizeof(audit));
    memset(&page, 0, sizeof(page));
    audit.query = (const Pl__Api__AuditQuery *) call->query;
    pl__api__audit_list__init(&audit.list);

    rc = pl_api_limit(call, audit.query->has_limit, audit.query->limit,
                      &page.n);

    if (rc == PL_OK) {
        rc = audit_times(call, &audit);
    }

    if (rc != PL_OK) {
        return rc;
    }

    page.table = PL_TABLE_AUDIT;
    pl_key_u32(&page.prefix, call->tenant);
    page.backward = true;
    page.cursor = audit.query->cursor;
    page.add = audit_add;
    page.data = &audit;

    audit.list.events = (Pl__Api__AuditView **) pl_rows_list(call, page.n);
    if (audit.list.events == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_rows_page(call, &page, &audit.list.next, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &audit.list.base, err) : rc;
}


static pl_status_t
audit_times(pl_api_call_t *call, audit_t *audit)
{
    pl_status_t  rc;

    rc = pl_api_time_read(call, audit->query->since, "since",
                          &audit->since_ms);

    return rc == PL_OK ? pl_api_time_read(call, audit->query->until, "until",
                                          &audit->until_ms) : rc;
}


static pl_status_t
audit_add(pl_api_call_t *call, void *data, pl_str_t key, pl_str_t value,
    bool *kept, pl_err_t *err)
{
    audit_t             *audit = data;
    pl_status_t          rc;
    ProtobufCMessage    *msg;
    Pl__Api__AuditView  *view;

    if (key.len != 12) {
        return PL_OK;
    }

    rc = pl_record_read(PL_TABLE_AUDIT, value, &pl__audit_event__descriptor,
                        call->ar, &msg, err);
    if (rc != PL_OK || !audit_fits(audit, (Pl__AuditEvent *) msg)) {
        return rc;
    }

    view = pl_rows_audit_view(call, pl_be64(key.data + 4),
                              (Pl__AuditEvent *) msg);
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    if (audit->query->subject != NULL
        && (view->subject == NULL
            || strcmp(view->subject, audit->query->subject) != 0))
    {
        return PL_OK;
    }

    audit->list.events[audit->list.n_events++] = view;
    *kept = true;

    return PL_OK;
}


static bool
audit_fits(const audit_t *audit, const Pl__AuditEvent *event)
{
    return (!audit->query->has_kind || event->kind == audit->query->kind)
           && event->time_ms >= audit->since_ms
           && (audit->until_ms == 0 || event->time_ms < audit->until_ms);
}
