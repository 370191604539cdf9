/*
 * Contacts that are one person, and are not. What a merge was is a record of
 * its own, by which it is undone.
 */

#include "../core/record.h"
#include "contact_impl.h"

static pl_status_t merge_id(pl_api_call_t *call, const char *text,
    const char *path, uint64_t *id, pl_err_t *err);
static pl_status_t merge_read(pl_api_call_t *call, uint64_t id,
    Pl__ContactMerge **merge, pl_err_t *err);


pl_status_t
pl_merge_ask(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t                    into, from = 0;
    Pl__Command                 command = PL__COMMAND__INIT;
    pl_status_t                 rc;
    Pl__ContactJoin            *in;
    const Pl__Api__MergeBody   *body;

    body = (const Pl__Api__MergeBody *) call->body;

    rc = merge_id(call, body->into, "into", &into, err);

    if (rc == PL_OK) {
        rc = merge_id(call, body->from, "from", &from, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (into == from) {
        return pl_api_problem(call, PL_API_CONFLICT, "from",
                              "they are one contact already");
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__contact_join__init(in);
    in->tenant = call->tenant;
    in->into = into;
    in->from = from;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_CONTACT_JOIN;
    command.contact_join = in;

    return pl_api_command(call, &command, err);
}


/* The contact that it is since; 404. */

static pl_status_t
merge_id(pl_api_call_t *call, const char *text, const char *path,
    uint64_t *id, pl_err_t *err)
{
    pl_apply_t    ap;
    pl_status_t   rc;
    Pl__Contact  *contact;

    if (!pl_api_id_read(pl_str_c(text), "cnt_", id)) {
        return pl_api_problem(call, PL_API_BAD_FIELD, path,
                              "a contact's id is as in cnt_7");
    }

    pl_rows_reader(call, &ap);

    rc = pl_contact_root(&ap, call->tenant, *id, &contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    *id = contact->id;

    return PL_OK;
}


pl_status_t
pl_merge_told(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t             rc;
    Pl__ContactMerge       *merge;
    const Pl__Verdict      *verdict;
    Pl__Api__MergeAnswer    answer = PL__API__MERGE_ANSWER__INIT;

    verdict = call->n_verdicts == 0 ? NULL : call->verdicts[0];

    if (verdict == NULL || !verdict->has_id) {
        return pl_api_problem(call, PL_API_CONFLICT, NULL,
                              "they cannot be one contact");
    }

    rc = merge_read(call, verdict->id, &merge, err);
    if (rc != PL_OK) {
        return rc;
    }

    answer.merge = pl_api_id(call, "mrg_", merge->id);
    answer.contact = pl_api_id(call, "cnt_", merge->into);
    answer.joined = pl_api_id(call, "cnt_", merge->from);

    return pl_api_answer(call, 0, &answer.base, err);
}


pl_status_t
pl_split_ask(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t             id;
    Pl__Command          command = PL__COMMAND__INIT;
    pl_status_t          rc;
    Pl__ContactMerge    *merge;
    Pl__ContactSplit    *in;

    rc = pl_rows_param(call, 0, "mrg_", &id);

    if (rc == PL_OK) {
        rc = merge_read(call, id, &merge, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__contact_split__init(in);
    in->tenant = call->tenant;
    in->merge = id;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_CONTACT_SPLIT;
    command.contact_split = in;

    return pl_api_command(call, &command, err);
}


pl_status_t
pl_split_told(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t                id;
    pl_status_t             rc;
    Pl__ContactMerge       *merge;
    const Pl__Verdict      *verdict;
    Pl__Api__SplitAnswer    answer = PL__API__SPLIT_ANSWER__INIT;

    rc = pl_rows_param(call, 0, "mrg_", &id);

    if (rc == PL_OK) {
        rc = merge_read(call, id, &merge, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    verdict = call->n_verdicts == 0 ? NULL : call->verdicts[0];

    if (verdict == NULL || !verdict->has_id || !merge->has_undone_ms) {
        return pl_api_problem(call, PL_API_CONFLICT, NULL,
                              "it was undone before, or a later merge has "
                              "to be undone first");
    }

    answer.merge = pl_api_id(call, "mrg_", merge->id);
    answer.contact = pl_api_id(call, "cnt_", merge->into);
    answer.split = pl_api_id(call, "cnt_", merge->from);

    return pl_api_answer(call, 0, &answer.base, err);
}


static pl_status_t
merge_read(pl_api_call_t *call, uint64_t id, Pl__ContactMerge **merge,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, call->tenant, id);

    rc = pl_record_get(call->txn, PL_TABLE_MERGES, pl_key_str(&key),
                       &pl__contact_merge__descriptor, call->ar, &msg, err);
    *merge = (Pl__ContactMerge *) msg;

    return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
}
