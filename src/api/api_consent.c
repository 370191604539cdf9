/*
 * What a person allowed and forbade: as it stands, and each change of it for
 * good, since the words that were agreed to must be provable for any day.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "contact_impl.h"

static pl_status_t consent_add(pl_api_call_t *call, void *data, pl_str_t key,
    pl_str_t value, bool *kept, pl_err_t *err);


pl_status_t
pl_consents_ask(pl_api_call_t *call, pl_err_t *err)
{
    size_t                       i;
    pl_status_t                  rc;
    Pl__Contact                 *contact;
    pl_rows_page_t               page;
    Pl__Api__ConsentList         list = PL__API__CONSENT_LIST__INIT;
    const Pl__Api__PageQuery    *query;

    query = (const Pl__Api__PageQuery *) call->query;     /* NULL: a POST */
    memset(&page, 0, sizeof(page));

    rc = pl_rows_contact(call, 0, &contact, err);

    if (rc == PL_OK) {
        rc = pl_api_limit(call, query != NULL && query->has_limit,
                          query != NULL ? query->limit : 0, &page.n);
    }

    if (rc != PL_OK) {
        return rc;
    }

    page.table = PL_TABLE_CONSENTS;
    pl_key_tenant_seq(&page.prefix, call->tenant, contact->id);
    page.backward = true;
    page.cursor = query != NULL ? query->cursor : NULL;
    page.add = consent_add;
    page.data = &list;

    list.history = (Pl__Api__ConsentChange **) pl_rows_list(call, page.n);
    list.consents = (Pl__Api__ContactConsent **)
                    pl_rows_list(call, contact->n_consents);

    if (list.history == NULL || list.consents == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; page.cursor == NULL && i < contact->n_consents; i++) {
        list.consents[i] = pl_consent_view(call, contact->consents[i]);
        if (list.consents[i] == NULL) {
            return pl_rows_nomem(err);
        }

        list.n_consents++;
    }

    rc = pl_rows_page(call, &page, &list.next, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &list.base, err) : rc;
}


static pl_status_t
consent_add(pl_api_call_t *call, void *data, pl_str_t key, pl_str_t value,
    bool *kept, pl_err_t *err)
{
    pl_status_t               rc;
    Pl__AuditEvent           *event;
    ProtobufCMessage         *msg;
    Pl__Api__ConsentList     *list = data;
    Pl__Api__ConsentChange   *row;

    rc = pl_record_read(PL_TABLE_CONSENTS, value,
                        &pl__audit_event__descriptor, call->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    event = (Pl__AuditEvent *) msg;

    if (event->consent == NULL || key.len != 20) {
        return PL_OK;                   /* of a newer version */
    }

    row = pl_arena_alloc(call->ar, sizeof(*row));
    if (row == NULL) {
        return pl_rows_nomem(err);
    }

    pl__api__consent_change__init(row);
    row->id = pl_api_id(call, "aud_", pl_be64(key.data + 12));
    row->time = pl_api_time(call, event->time_ms);
    row->consent = pl_consent_view(call, event->consent);

    if (row->consent == NULL) {
        return pl_rows_nomem(err);
    }

    list->history[list->n_history++] = row;
    *kept = true;

    return PL_OK;
}


pl_status_t
pl_consent_set_ask(pl_api_call_t *call, pl_err_t *err)
{
    int64_t                       said_ms = 0;
    Pl__Command                   command = PL__COMMAND__INIT;
    Pl__Contact                  *contact;
    pl_status_t                   rc;
    Pl__ConsentSet               *in;
    const pl_channel_conf_t      *channel = NULL;
    const Pl__Api__ConsentBody   *body;

    body = (const Pl__Api__ConsentBody *) call->body;

    rc = pl_rows_contact(call, 0, &contact, err);

    if (rc == PL_OK) {
        rc = pl_api_time_read(call, body->said, "said", &said_ms);
    }

    if (rc == PL_OK && body->channel != NULL) {
        rc = pl_rows_channel(call, body->channel, "channel", &channel);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__consent_set__init(in);
    in->tenant = call->tenant;
    in->has_contact = 1;
    in->contact = contact->id;
    in->has_channel = channel != NULL;
    in->channel = channel != NULL ? channel->row->id : 0;
    in->category = body->category;
    in->state = body->state;
    in->source = body->source;
    in->text_version = body->text_version;
    in->actor = (char *) call->who.actor;
    in->has_time_s = body->said != NULL;
    in->time_s = said_ms / 1000;
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = in;

    return pl_api_command(call, &command, err);
}
