/*
 * What could not be read: looked at, read once more, or given up. See
 * place_impl.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "api_queues.pb-c.h"
#include "place_impl.h"

static pl_status_t quarantine_add(pl_api_call_t *call, void *data,
    pl_str_t key, pl_str_t value, bool *kept, pl_err_t *err);
static Pl__Api__QuarantineView *quarantine_view(pl_api_call_t *call,
    uint64_t id, const Pl__Quarantine *item);
static pl_status_t quarantine_item(pl_api_call_t *call, uint64_t *id,
    Pl__Quarantine **item, pl_err_t *err);
static bool quarantine_again(const pl_api_call_t *call);


pl_status_t
pl_quarantine_list_ask(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                 rc;
    pl_rows_page_t              page;
    Pl__Api__QuarantineList     list = PL__API__QUARANTINE_LIST__INIT;
    const Pl__Api__PageQuery   *query;

    query = (const Pl__Api__PageQuery *) call->query;
    memset(&page, 0, sizeof(page));

    rc = pl_api_limit(call, query->has_limit, query->limit, &page.n);
    if (rc != PL_OK) {
        return rc;
    }

    page.table = PL_TABLE_QUARANTINE;
    pl_key_u32(&page.prefix, call->tenant);
    page.cursor = query->cursor;
    page.add = quarantine_add;
    page.data = &list;

    list.items = (Pl__Api__QuarantineView **) pl_rows_list(call, page.n);
    if (list.items == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_rows_page(call, &page, &list.next, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &list.base, err) : rc;
}


static pl_status_t
quarantine_add(pl_api_call_t *call, void *data, pl_str_t key,
    pl_str_t value, bool *kept, pl_err_t *err)
{
    pl_status_t                 rc;
    ProtobufCMessage           *msg;
    Pl__Api__QuarantineList    *list = data;
    Pl__Api__QuarantineView    *view;

    if (key.len != 12) {
        return PL_OK;
    }

    rc = pl_record_read(PL_TABLE_QUARANTINE, value,
                        &pl__quarantine__descriptor, call->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    view = quarantine_view(call, pl_be64(key.data + 4),
                             (Pl__Quarantine *) msg);
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    list->items[list->n_items++] = view;
    *kept = true;

    return PL_OK;
}


static Pl__Api__QuarantineView *
quarantine_view(pl_api_call_t *call, uint64_t id,
    const Pl__Quarantine *item)
{
    Pl__Api__QuarantineView  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__quarantine_view__init(view);
    view->id = pl_api_id(call, "qrt_", id);
    view->time = pl_api_time(call, item->time_ms);
    view->entry = item->entry;
    view->item = item->item;
    view->provider = item->provider;
    view->account = item->account;
    view->path = item->path;
    view->reason = item->reason;
    view->bytes = item->raw.len;

    return view;
}


pl_status_t
pl_quarantine_get_ask(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t                    id;
    pl_status_t                 rc;
    Pl__Quarantine             *item;
    Pl__Api__QuarantineView    *view;

    rc = quarantine_item(call, &id, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    view = quarantine_view(call, id, item);
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    /* it may be of anybody: who runs the machine may see it */

    if (call->who.role == PL__API_ROLE__API_ROLE_OPERATOR) {
        view->has_raw = item->has_raw;
        view->raw = item->raw;
        view->n_files = item->n_files;
        view->files = item->files;
    }

    return pl_api_answer(call, 0, &view->base, err);
}


pl_status_t
pl_quarantine_act_ask(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t             id;
    pl_status_t          rc;
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__Quarantine      *item;
    Pl__QuarantineAct   *in;

    rc = quarantine_item(call, &id, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__quarantine_act__init(in);
    in->tenant = call->tenant;
    in->item = id;
    in->has_again = in->again = quarantine_again(call);
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_QUARANTINE_ACT;
    command.quarantine_act = in;

    return pl_api_command(call, &command, err);
}


pl_status_t
pl_quarantine_acted(pl_api_call_t *call, pl_err_t *err)
{
    Pl__Api__QuarantineActed  answer = PL__API__QUARANTINE_ACTED__INIT;

    answer.id = pl_arena_str(call->ar, call->params[0]);
    answer.done = (char *) (quarantine_again(call) ? "read" : "dropped");

    return answer.id != NULL ? pl_api_answer(call, 0, &answer.base, err)
                             : pl_rows_nomem(err);
}


/* The one that the path names; 404. */

static pl_status_t
quarantine_item(pl_api_call_t *call, uint64_t *id, Pl__Quarantine **item,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_rows_param(call, 0, "qrt_", id);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_tenant_seq(&key, call->tenant, *id);

    rc = pl_record_get(call->txn, PL_TABLE_QUARANTINE, pl_key_str(&key),
                       &pl__quarantine__descriptor, call->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    *item = (Pl__Quarantine *) msg;

    return PL_OK;
}


static bool
quarantine_again(const pl_api_call_t *call)
{
    return strcmp(call->op->name, "retryQuarantine") == 0;
}
