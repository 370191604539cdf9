/*
 * FlowStart: a program, or a person, tells an event of a contact, or begins
 * a flow by name. OwnerChange: who answers a conversation from now on.
 *
 * A FlowStart has a verdict under its key as a SendRequest has one: begun,
 * or refused with the rule and the field. Without a key nobody waits for
 * one, and the same request twice is done twice.
 */

#include <string.h>

#include "../core/record.h"
#include "asked.h"
#include "owner.h"
#include "quota.h"
#include "request.h"
#include "run.h"

typedef struct {
    const Pl__FlowStart       *in;
    Pl__Contact               *contact;
    Pl__Verdict                verdict;
    uint8_t                    digest[PL_HASH128_LEN];
} start_t;


static pl_status_t start_do(pl_apply_t *ap, start_t *start, pl_err_t *err);
static bool start_check(pl_apply_t *ap, start_t *start);
static bool start_names(start_t *start);
static pl_status_t start_contact(pl_apply_t *ap, start_t *start,
    pl_err_t *err);
static pl_status_t start_stranger(pl_apply_t *ap, start_t *start,
    pl_err_t *err);
static pl_status_t start_run(pl_apply_t *ap, start_t *start,
    pl_err_t *err);
static void start_unknown(start_t *start);
static pl_status_t start_variables(pl_apply_t *ap, const start_t *start,
    Pl__Conversation *conv, pl_err_t *err);
static bool start_refuse(start_t *start, const char *rule, const char *path,
    const char *text);
static pl_status_t owner_do(pl_apply_t *ap, const Pl__OwnerChange *in,
    const pl_party_t *party, Pl__Conversation *conv, pl_err_t *err);


pl_status_t
pl_apply_flow_start(pl_apply_t *ap, const Pl__FlowStart *in, pl_err_t *err)
{
    bool          keyed;
    start_t       start;
    pl_status_t   rc;
    Pl__Verdict  *before;

    keyed = (in->has_key && in->key.len == PL_REQUEST_KEY_LEN);

    if (in->has_key && !keyed) {
        rc = pl_err_set(err, PL_INVALID, "flow", 0,
                        "a request's key has 16 bytes");
        pl_err_path(err, "key");
        return rc;
    }

    memset(&start, 0, sizeof(start));
    start.in = in;
    pl__verdict__init(&start.verdict);

    rc = pl_request_digest(ap, &in->base, start.digest, err);

    if (rc == PL_OK && keyed) {
        rc = pl_request_get(ap->txn, in->tenant, in->key.data, ap->now_ms,
                            ap->ar, &before, err);
        if (rc != PL_NOTFOUND) {
            return rc == PL_OK ? pl_request_again(ap, in->tenant,
                                                  in->key.data, start.digest,
                                                  before, err) : rc;
        }

        rc = PL_OK;
    }

    start.verdict.time_ms = ap->now_ms;
    start.verdict.decision = PL__DECISION__DECISION_BEGUN;
    start.verdict.entry = ap->entry;
    start.verdict.digest.data = start.digest;
    start.verdict.digest.len = sizeof(start.digest);

    if (rc == PL_OK) {
        rc = start_do(ap, &start, err);
    }

    if (rc == PL_OK && keyed) {
        rc = pl_request_put(ap, in->tenant, in->key.data, &start.verdict,
                            err);
    }

    return rc == PL_OK
           ? pl_feed_count(ap, in->tenant, "flow_starts",
                           start.verdict.decision
                           == PL__DECISION__DECISION_BEGUN ? "begun"
                                                           : "refused", err)
           : rc;
}


/* An owner who has it, or an epoch that is past, changes nothing. */

pl_status_t
pl_apply_owner_change(pl_apply_t *ap, const Pl__OwnerChange *in,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_str_t           value;
    pl_party_t         party = { in->tenant, in->party_kind, in->party };
    pl_status_t        rc;
    Pl__Contact       *contact;
    Pl__Conversation  *conv;

    pl_key_party(&key, &party);

    rc = pl_store_get(ap->txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                      &value, err);

    if (rc == PL_OK && party.kind == PL__PARTY_KIND__PARTY_KIND_CONTACT) {
        rc = pl_contact_root(ap, party.tenant, party.party, &contact, err);
    }

    if (rc == PL_NOTFOUND               /* or they were erased meanwhile */
        || (in->owner != NULL && strlen(in->owner) > PL_OWNER_MAX)
        || (in->reason != NULL && strlen(in->reason) > PL_REASON_MAX))
    {
        pl_asked_refuse(ap, "owner.refused", "owner",
                        "there is no such conversation, or a name or reason "
                        "is too long");
        return pl_feed_count(ap, in->tenant, "owner_changes", "refused",
                             err);
    }

    if (rc == PL_OK) {
        rc = pl_conversation_get(ap, &party, &conv, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (in->has_epoch && in->epoch != conv->owner_epoch) {
        pl_asked_refuse(ap, "conflict.owner", "epoch",
                        "it has changed hands since");
        return pl_feed_count(ap, in->tenant, "owner_changes", "stale", err);
    }

    rc = owner_do(ap, in, &party, conv, err);

    if (rc == PL_OK) {
        rc = pl_conversation_put(ap, &party, conv, err);
    }

    return rc == PL_OK ? pl_feed_count(ap, in->tenant, "owner_changes",
                                       "done", err) : rc;
}


static pl_status_t
start_do(pl_apply_t *ap, start_t *start, pl_err_t *err)
{
    const char  *limit;
    pl_status_t  rc;

    if (!start_check(ap, start)) {
        return PL_OK;
    }

    /* what a flow says to somebody who did not write is asked for as well */

    rc = pl_quota_messages(ap, start->in->tenant, &limit, err);

    if (rc != PL_OK || limit != NULL) {
        (void) (rc == PL_OK && start_refuse(start, PL_QUOTA_RULE, NULL,
                                            limit));
        return rc;
    }

    rc = start_contact(ap, start, err);

    return rc == PL_OK && start->contact != NULL ? start_run(ap, start, err)
                                                 : rc;
}


static bool
start_check(pl_apply_t *ap, start_t *start)
{
    const Pl__FlowStart      *in = start->in;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, in->channel);

    if (channel == NULL || channel->tenant != in->tenant
        || (channel->row->has_removed && channel->row->removed))
    {
        return start_refuse(start, "channel.unknown", "channel",
                            "the tenant has no such channel");
    }

    if ((in->event == NULL) == (in->flow == NULL)) {
        return start_refuse(start, "request.refused", "event",
                            "either an event or a flow is needed");
    }

    if ((in->address != NULL) == (in->has_contact != 0)) {
        return start_refuse(start, "recipient.refused", "address",
                            "either an address or a contact is needed");
    }

    if (in->address != NULL
        && ((in->address->kind != PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
             && in->address->kind != PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID)
            || in->address->value[0] == '\0'
            || strlen(in->address->value) > PL_ADDRESS_MAX))
    {
        return start_refuse(start, "recipient.refused", "address",
                            "a phone number or a user id is needed");
    }

    if (in->n_variables > PL_VARIABLES_MAX) {
        return start_refuse(start, "request.refused", "variables",
                            "too many");
    }

    return start_names(start);
}


/* A conversation's record stays small enough for each command to read it. */

static bool
start_names(start_t *start)
{
    size_t               i;
    const Pl__Variable  *v;

    for (i = 0; i < start->in->n_variables; i++) {
        v = start->in->variables[i];

        if (!pl_flow_name_valid(pl_str_c(v->name))) {
            return start_refuse(start, "request.refused", "variables",
                                "a name is of letters, digits, '-' and '_', "
                                "with '.' between its parts");
        }

        if (strlen(v->value) > PL_TEXT_MAX) {
            return start_refuse(start, "request.refused", "variables",
                                "a value is too long");
        }
    }

    return true;
}


/* Made where there is none, as for a message. */

static pl_status_t
start_contact(pl_apply_t *ap, start_t *start, pl_err_t *err)
{
    pl_status_t           rc;
    Pl__Sender            who = PL__SENDER__INIT;
    const Pl__FlowStart  *in = start->in;

    if (in->has_contact) {
        rc = pl_contact_root(ap, in->tenant, in->contact, &start->contact,
                             err);
        if (rc == PL_NOTFOUND) {
            start->contact = NULL;
            (void) start_refuse(start, "recipient.refused", "contact",
                                "there is no such contact");
            return PL_OK;               /* the verdict says it */
        }

        return rc;
    }

    if (in->address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_PHONE) {
        who.phone = in->address->value;

    } else {
        who.user_id = in->address->value;
    }

    rc = start_stranger(ap, start, err);

    return rc != PL_OK || start->verdict.decision
                          != PL__DECISION__DECISION_BEGUN ? rc
           : pl_contact_resolve(ap, in->tenant, &who, &start->contact, err);
}


/* Whom nobody knows is not made known by a start that is refused. */

static pl_status_t
start_stranger(pl_apply_t *ap, start_t *start, pl_err_t *err)
{
    pl_party_t         party;
    Pl__Contact       *known, contact = PL__CONTACT__INIT;
    pl_status_t        rc;
    pl_run_at_t        at;
    pl_run_why_t       why = { start->in->event, NULL, false, start->in };
    Pl__Conversation   conv = PL__CONVERSATION__INIT;

    rc = pl_contact_known(ap, start->in->tenant, start->in->address, &known,
                          err);

    if (rc != PL_NOTFOUND) {
        return rc;
    }

    party.tenant = start->in->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = 0;
    at.party = &party;
    at.conv = &conv;
    at.contact = &contact;
    at.channel = start->in->channel;

    rc = start_variables(ap, start, &conv, err);

    if (rc == PL_OK && !pl_run_would(ap, &at, &why)) {
        start_unknown(start);
    }

    return rc;
}


static pl_status_t
start_run(pl_apply_t *ap, start_t *start, pl_err_t *err)
{
    bool           begun;
    pl_party_t     party;
    pl_status_t    rc;
    pl_run_at_t    at;
    pl_run_why_t   why = { NULL, NULL, false, NULL };

    party.tenant = start->in->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = start->contact->id;

    at.party = &party;
    at.contact = start->contact;
    at.channel = start->in->channel;

    rc = pl_conversation_get(ap, &party, &at.conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (pl_owner_is_person(at.conv)) {
        (void) start_refuse(start, "owner.person", NULL,
                            "a person answers this conversation");
        return PL_OK;                   /* the verdict says it */
    }

    rc = start_variables(ap, start, at.conv, err);

    why.event = start->in->event;
    why.start = start->in;

    if (rc == PL_OK) {
        rc = pl_run_told(ap, &at, &why, &begun, err);
    }

    if (rc == PL_OK && !begun) {
        start_unknown(start);
        return PL_OK;                   /* nothing of it is stored */
    }

    return rc == PL_OK ? pl_conversation_put(ap, &party, at.conv, err) : rc;
}


static void
start_unknown(start_t *start)
{
    bool  event = (start->in->event != NULL);

    (void) start_refuse(start, "flow.unknown", event ? "event" : "flow",
                        event ? "no flow begins with it"
                              : "there is no such flow, or step");
}


/* Told from outside: they are there before a trigger looks at them. */

static pl_status_t
start_variables(pl_apply_t *ap, const start_t *start,
    Pl__Conversation *conv, pl_err_t *err)
{
    size_t         i, k;
    Pl__Variable  *v;

    for (i = 0; i < start->in->n_variables; i++) {
        v = start->in->variables[i];

        for (k = 0; k < conv->n_variables
                    && strcmp(conv->variables[k]->name, v->name) != 0; k++)
        {
            /* void */
        }

        if (k < conv->n_variables) {
            conv->variables[k] = v;
            continue;
        }

        if (conv->n_variables >= PL_VARIABLES_MAX) {
            return pl_feed_count(ap, start->in->tenant, "variables", "full",
                                 err);
        }

        conv->variables = pl_apply_list(ap, conv->variables,
                                        conv->n_variables, v);
        if (conv->variables == NULL) {
            return pl_err_set(err, PL_NOMEM, "flow", 0, "out of memory");
        }

        conv->n_variables++;
    }

    return PL_OK;
}


/* False, so that a check ends with it. */

static bool
start_refuse(start_t *start, const char *rule, const char *path,
    const char *text)
{
    start->verdict.decision = PL__DECISION__DECISION_REFUSED;
    start->verdict.rule = (char *) rule;
    start->verdict.path = (char *) path;
    start->verdict.text = (char *) text;

    return false;
}


static pl_status_t
owner_do(pl_apply_t *ap, const Pl__OwnerChange *in, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err)
{
    bool          taken;
    pl_owner_t    to = { in->owner, in->reason, NULL, in->actor };
    pl_run_at_t   at = { party, conv, NULL, 0 };
    pl_status_t   rc;

    taken = (in->owner != NULL && in->owner[0] != '\0');

    rc = taken && !pl_owner_is_person(conv) ? pl_run_taken(ap, conv, err)
                                            : PL_OK;

    if (rc == PL_OK) {
        rc = pl_owner_change(ap, party, conv, &to, err);
    }

    if (rc != PL_OK || taken || conv->run == NULL
        || party->kind != PL__PARTY_KIND__PARTY_KIND_CONTACT)
    {
        return rc;
    }

    rc = pl_contact_root(ap, party->tenant, party->party, &at.contact, err);

    return rc == PL_OK ? pl_run_given(ap, &at, false, NULL, err) : rc;
}
