/*
 * What is done with a subscription. See subscription_impl.h.
 *
 * A secret is sealed before it becomes a command. The answer that shows it
 * opens it again, so that a request that is repeated under its key is
 * answered in the same way.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/signing.h"
#include "api_event.h"
#include "impl.h"
#include "rows.h"
#include "subscription_impl.h"

static pl_status_t subscribe_terms(pl_api_call_t *call,
    const Pl__Api__SubscriptionEdit *body, Pl__SubscriptionTerms **terms,
    pl_err_t *err);
static pl_status_t subscribe_place(pl_api_call_t *call,
    const Pl__Api__SubscriptionEdit *body, Pl__SubscriptionTerms *terms);
static pl_status_t subscribe_party(pl_api_call_t *call,
    const Pl__SubscriptionTerms *terms);
static pl_status_t subscribe_types(pl_api_call_t *call,
    const Pl__Api__SubscriptionEdit *body);
static pl_status_t subscribe_secret(pl_api_call_t *call, const char *text,
    Pl__SubscriptionSecret **secret, pl_err_t *err);
static pl_status_t subscribe_hold(pl_api_call_t *call, bool resume,
    const char *reason, pl_err_t *err);
static pl_status_t subscribe_act(pl_api_call_t *call, bool drop,
    pl_err_t *err);
static pl_status_t subscribe_after(pl_api_call_t *call, const char *text,
    uint64_t *after);
static pl_status_t subscribe_full(pl_err_t *err);
static pl_status_t subscribe_show(pl_api_call_t *call, bool secret,
    pl_err_t *err);


pl_status_t
pl_api_subscribe_create(pl_api_call_t *call, pl_err_t *err)
{
    Pl__Command                        command = PL__COMMAND__INIT;
    pl_status_t                        rc;
    Pl__SubscriptionSet               *in;
    Pl__Api__SubscriptionEdit          edit = PL__API__SUBSCRIPTION_EDIT__INIT;
    const Pl__Api__SubscriptionBody   *body;

    body = (const Pl__Api__SubscriptionBody *) call->body;
    edit.url = body->url;
    edit.name = body->name;
    edit.n_types = body->n_types;
    edit.types = body->types;
    edit.channel = body->channel;
    edit.conversation = body->conversation;
    edit.owner = body->owner;
    edit.has_poison = body->has_poison;
    edit.poison = body->poison;
    edit.has_poison_attempts = body->has_poison_attempts;
    edit.poison_attempts = body->poison_attempts;
    edit.has_timeout_ms = body->has_timeout_ms;
    edit.timeout_ms = body->timeout_ms;
    edit.has_pause_after_s = body->has_pause_after_s;
    edit.pause_after_s = body->pause_after_s;

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return subscribe_full(err);
    }

    pl__subscription_set__init(in);
    in->tenant = call->tenant;
    in->actor = (char *) call->who.actor;

    rc = subscribe_terms(call, &edit, &in->terms, err);

    if (rc == PL_OK && body->after != NULL) {
        in->has_from = 1;
        rc = subscribe_after(call, body->after, &in->from);
    }

    if (rc == PL_OK) {
        rc = subscribe_secret(call, body->secret, &in->secret, err);
    }

    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_SET;
    command.subscription_set = in;

    return rc == PL_OK ? pl_api_command(call, &command, err) : rc;
}


pl_status_t
pl_api_subscribe_edit(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t           rc;
    Pl__Command           command = PL__COMMAND__INIT;
    Pl__Subscription     *sub;
    Pl__SubscriptionSet  *in;

    rc = pl_api_subscription_find(call, &sub, err);
    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return subscribe_full(err);
    }

    pl__subscription_set__init(in);
    in->tenant = call->tenant;
    in->has_subscription = 1;
    in->subscription = sub->id;
    in->actor = (char *) call->who.actor;

    rc = subscribe_terms(call, (Pl__Api__SubscriptionEdit *) call->body,
                         &in->terms, err);
    if (rc == PL_OK) {
        rc = pl_api_match(call, PL__SUBJECT_KIND__SUBJECT_KIND_SUBSCRIPTION,
                          sub->id, err);
    }

    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_SET;
    command.subscription_set = in;

    return rc == PL_OK ? pl_api_command(call, &command, err) : rc;
}


pl_status_t
pl_api_subscribe_drop(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t             rc;
    Pl__Command             command = PL__COMMAND__INIT;
    Pl__Subscription       *sub;
    Pl__SubscriptionDrop   *in;

    rc = pl_api_subscription_find(call, &sub, err);
    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return subscribe_full(err);
    }

    pl__subscription_drop__init(in);
    in->tenant = call->tenant;
    in->subscription = sub->id;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_DROP;
    command.subscription_drop = in;

    return pl_api_command(call, &command, err);
}


pl_status_t
pl_api_subscribe_rotate(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                              rc;
    Pl__Command                              command = PL__COMMAND__INIT;
    Pl__Subscription                        *sub;
    Pl__SubscriptionRotate                  *in;
    const Pl__Api__SubscriptionRotateBody   *body;

    body = (const Pl__Api__SubscriptionRotateBody *) call->body;

    rc = pl_api_subscription_find(call, &sub, err);
    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return subscribe_full(err);
    }

    pl__subscription_rotate__init(in);
    in->tenant = call->tenant;
    in->subscription = sub->id;
    in->actor = (char *) call->who.actor;
    in->has_overlap_ms = body->has_overlap_s;
    in->overlap_ms = (int64_t) body->overlap_s * 1000;

    rc = subscribe_secret(call, body->secret, &in->secret, err);

    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_ROTATE;
    command.subscription_rotate = in;

    return rc == PL_OK ? pl_api_command(call, &command, err) : rc;
}


pl_status_t
pl_api_subscribe_pause(pl_api_call_t *call, pl_err_t *err)
{
    return subscribe_hold(call, false,
                          ((const Pl__Api__SubscriptionPauseBody *)
                           call->body)->reason, err);
}


pl_status_t
pl_api_subscribe_resume(pl_api_call_t *call, pl_err_t *err)
{
    return subscribe_hold(call, true, NULL, err);
}


pl_status_t
pl_api_subscribe_ping(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t             rc;
    Pl__Command             command = PL__COMMAND__INIT;
    Pl__Subscription       *sub;
    Pl__SubscriptionPing   *in;

    rc = pl_api_subscription_find(call, &sub, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (sub->state == PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED) {
        return pl_api_problem(call, PL_API_CONFLICT, NULL,
                              "It is paused: nothing is delivered to it.");
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return subscribe_full(err);
    }

    pl__subscription_ping__init(in);
    in->tenant = call->tenant;
    in->subscription = sub->id;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_PING;
    command.subscription_ping = in;

    return pl_api_command(call, &command, err);
}


pl_status_t
pl_api_subscribe_replay(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                              rc;
    Pl__Command                              command = PL__COMMAND__INIT;
    Pl__Subscription                        *sub;
    Pl__SubscriptionReplay                  *in;
    const Pl__Api__SubscriptionReplayBody   *body;

    body = (const Pl__Api__SubscriptionReplayBody *) call->body;

    rc = pl_api_subscription_find(call, &sub, err);
    if (rc != PL_OK) {
        return rc;
    }

    if ((body->after == NULL) == (body->from == NULL)) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "after",
                              "One of after and from is needed.");
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return subscribe_full(err);
    }

    pl__subscription_replay__init(in);
    in->tenant = call->tenant;
    in->subscription = sub->id;
    in->actor = (char *) call->who.actor;
    in->has_after = body->after != NULL;
    in->has_from_ms = body->from != NULL;

    rc = body->after != NULL
         ? subscribe_after(call, body->after, &in->after)
         : pl_api_time_read(call, body->from, "from", &in->from_ms);

    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_REPLAY;
    command.subscription_replay = in;

    return rc == PL_OK ? pl_api_command(call, &command, err) : rc;
}


pl_status_t
pl_api_undelivered_retry(pl_api_call_t *call, pl_err_t *err)
{
    return subscribe_act(call, false, err);
}


pl_status_t
pl_api_undelivered_drop(pl_api_call_t *call, pl_err_t *err)
{
    return subscribe_act(call, true, err);
}


pl_status_t
pl_api_subscribe_told(pl_api_call_t *call, pl_err_t *err)
{
    return subscribe_show(call, false, err);
}


pl_status_t
pl_api_subscribe_told_secret(pl_api_call_t *call, pl_err_t *err)
{
    return subscribe_show(call, true, err);
}


static pl_status_t
subscribe_terms(pl_api_call_t *call, const Pl__Api__SubscriptionEdit *body,
    Pl__SubscriptionTerms **out, pl_err_t *err)
{
    pl_err_t                   why;
    pl_status_t                rc;
    Pl__SubscriptionTerms     *terms;
    const Pl__GlobalSettings  *global;

    terms = pl_arena_alloc(call->ar, sizeof(*terms));
    if (terms == NULL) {
        return subscribe_full(err);
    }

    pl__subscription_terms__init(terms);
    terms->url = body->url;
    terms->name = body->name;
    terms->n_types = body->n_types;
    terms->types = body->types;
    terms->owner = body->owner;
    terms->has_poison = body->has_poison;
    terms->poison = body->poison;
    terms->has_poison_attempts = body->has_poison_attempts;
    terms->poison_attempts = body->poison_attempts;
    terms->has_timeout_ms = body->has_timeout_ms;
    terms->timeout_ms = body->timeout_ms;
    terms->has_pause_after_ms = body->has_pause_after_s;
    terms->pause_after_ms = (int64_t) body->pause_after_s * 1000;
    *out = terms;

    rc = subscribe_types(call, body);
    if (rc == PL_OK) {
        rc = subscribe_place(call, body, terms);
    }

    if (rc != PL_OK) {
        return rc;
    }

    global = pl_settings_global(call->settings);

    return pl_subscription_check(terms, global != NULL
                                 && global->n_subscriptions_allow != 0, &why)
           == PL_OK ? PL_OK : pl_api_problem(call, PL_API_BAD_FIELD,
                                             why.path, "%s", why.text);
}


/* Where names and ids of the body lead, inside the tenant. */

static pl_status_t
subscribe_place(pl_api_call_t *call, const Pl__Api__SubscriptionEdit *body,
    Pl__SubscriptionTerms *terms)
{
    size_t                     i;
    pl_str_t                   id;
    const pl_channel_conf_t   *channel;

    for (i = 0; body->channel != NULL && !terms->has_channel
                && (channel = pl_settings_channel_at(call->settings, i))
                   != NULL; i++)
    {
        if (channel->tenant == call->tenant
            && strcmp(channel->row->name, body->channel) == 0)
        {
            terms->has_channel = 1;
            terms->channel = channel->row->id;
        }
    }

    if (body->channel != NULL && !terms->has_channel) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "channel",
                              "There is no such channel.");
    }

    if (body->conversation == NULL) {
        return PL_OK;
    }

    id = pl_str_c(body->conversation);
    terms->has_party = terms->has_party_kind = 1;
    terms->party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;

    if (!pl_api_id_read(id, "cnt_", &terms->party)) {
        terms->party_kind = PL__PARTY_KIND__PARTY_KIND_GROUP;

        if (!pl_api_id_read(id, "grp_", &terms->party)) {
            return pl_api_problem(call, PL_API_BAD_FIELD, "conversation",
                                  "It is no conversation's id.");
        }
    }

    return subscribe_party(call, terms);
}


/* One of this tenant's, which may be to come of somebody who is known. */

static pl_status_t
subscribe_party(pl_api_call_t *call, const Pl__SubscriptionTerms *terms)
{
    pl_err_t           err = { 0 };
    pl_key_t           key;
    pl_apply_t         ap;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Contact       *contact;
    ProtobufCMessage  *msg;

    party.tenant = call->tenant;
    party.kind = terms->party_kind;
    party.party = terms->party;
    pl_key_party(&key, &party);

    rc = pl_record_get(call->txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                       &pl__conversation__descriptor, call->ar, &msg, &err);

    if (rc == PL_NOTFOUND
        && party.kind == PL__PARTY_KIND__PARTY_KIND_CONTACT)
    {
        pl_rows_reader(call, &ap);
        rc = pl_contact_get(&ap, party.tenant, party.party, &contact, &err);
    }

    return rc == PL_NOTFOUND
           ? pl_api_problem(call, PL_API_NOT_FOUND, "conversation",
                            "there is no such conversation")
           : rc;
}


static pl_status_t
subscribe_types(pl_api_call_t *call, const Pl__Api__SubscriptionEdit *body)
{
    size_t    i;
    uint32_t  mask;

    for (i = 0; i < body->n_types; i++) {
        if (body->types[i][0] == '\0'
            || pl_api_event_mask(pl_str_c(body->types[i]), &mask, NULL)
               != PL_OK)
        {
            return pl_api_problem(call, PL_API_BAD_FIELD,
                                  pl_arena_printf(call->ar, "types[%zu]", i),
                                  "There is no such type of events.");
        }
    }

    return PL_OK;
}


static pl_status_t
subscribe_secret(pl_api_call_t *call, const char *text,
    Pl__SubscriptionSecret **out, pl_err_t *err)
{
    char                      aad[PL_SECRET_AAD_MAX];
    uint8_t                   bytes[PL_SECRET_LEN];
    pl_keyring_t              keys;
    uint64_t                  place;
    pl_str_t                  plain = { bytes, sizeof(bytes) }, sealed;
    pl_status_t               rc;
    Pl__SubscriptionSecret   *secret;

    if (text != NULL
        && pl_signing_read(call->ar, pl_str_c(text), &plain, NULL) != PL_OK)
    {
        return pl_api_problem(call, PL_API_BAD_FIELD, "secret",
                              "It is not whsec_ and the base64 of 24 to 64 "
                              "bytes.");
    }

    rc = pl_api_seal_keys(call, &keys);
    if (rc != PL_OK) {
        return rc;
    }

    secret = pl_arena_alloc(call->ar, sizeof(*secret));

    if (secret == NULL
        || (text == NULL && pl_crypto_random(bytes, sizeof(bytes)) != PL_OK)
        || pl_crypto_random((uint8_t *) &place, sizeof(place)) != PL_OK)
    {
        return subscribe_full(err);
    }

    rc = pl_crypto_seal(keys.keys[0],
                        pl_subscription_aad(aad, call->tenant, place), plain,
                        call->ar, &sealed, err);
    pl_keyring_wipe(&keys);
    pl_crypto_wipe((void *) (uintptr_t) plain.data, plain.len);

    pl__subscription_secret__init(secret);
    secret->sealed.data = (uint8_t *) (uintptr_t) sealed.data;
    secret->sealed.len = sealed.len;
    secret->place = place;
    *out = secret;

    return rc;
}


static pl_status_t
subscribe_hold(pl_api_call_t *call, bool resume, const char *reason,
    pl_err_t *err)
{
    pl_status_t             rc;
    Pl__Command             command = PL__COMMAND__INIT;
    Pl__Subscription       *sub;
    Pl__SubscriptionHold   *in;

    rc = pl_api_subscription_find(call, &sub, err);
    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return subscribe_full(err);
    }

    pl__subscription_hold__init(in);
    in->tenant = call->tenant;
    in->subscription = sub->id;
    in->has_resume = resume;
    in->resume = resume;
    in->actor = (char *) call->who.actor;
    in->reason = (char *) reason;
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_HOLD;
    command.subscription_hold = in;

    return pl_api_command(call, &command, err);
}


/* Of one event where the path names one, else of all. */

static pl_status_t
subscribe_act(pl_api_call_t *call, bool drop, pl_err_t *err)
{
    pl_status_t           rc;
    Pl__Command           command = PL__COMMAND__INIT;
    Pl__Subscription     *sub;
    Pl__UndeliveredAct   *in;

    rc = pl_api_subscription_find(call, &sub, err);
    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return subscribe_full(err);
    }

    pl__undelivered_act__init(in);
    in->tenant = call->tenant;
    in->subscription = sub->id;
    in->has_drop = drop;
    in->drop = drop;
    in->actor = (char *) call->who.actor;
    in->has_sequence = call->params[1].len != 0;

    if (in->has_sequence
        && !pl_api_event_id_parse(call->params[1], &in->sequence))
    {
        return pl_api_missing(call);
    }

    command.of_case = PL__COMMAND__OF_UNDELIVERED_ACT;
    command.undelivered_act = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
subscribe_after(pl_api_call_t *call, const char *text, uint64_t *after)
{
    return pl_api_event_id_parse(pl_str_c(text), after)
           && *after < call->meta->next_id
           ? PL_OK : pl_api_problem(call, PL_API_BAD_FIELD, "after",
                                    "There is no such event.");
}


static pl_status_t
subscribe_full(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "subscription", 0, "out of memory");
}


/* By its verdict, which a request that is repeated has as well. */

static pl_status_t
subscribe_show(pl_api_call_t *call, bool secret, pl_err_t *err)
{
    char                          aad[PL_SECRET_AAD_MAX];
    pl_keyring_t                  keys;
    uint64_t                      id;
    pl_str_t                      sealed, plain;
    pl_status_t                   rc;
    Pl__Subscription             *sub;
    Pl__Api__SubscriptionView     view;

    if (call->verdicts[0] == NULL || !call->verdicts[0]->has_id) {
        return pl_api_missing(call);
    }

    id = call->verdicts[0]->id;

    rc = pl_subscription_get(call->txn, call->tenant, id, call->ar, &sub,
                             err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    rc = pl_api_subscription_view(call, sub, &view, err);

    if (rc == PL_OK && secret && sub->n_secrets != 0) {
        rc = pl_api_seal_keys(call, &keys);

        if (rc == PL_OK) {
            sealed.data = sub->secrets[0]->sealed.data;
            sealed.len = sub->secrets[0]->sealed.len;
            rc = pl_keyring_open(&keys, pl_subscription_aad(aad, call->tenant,
                                 sub->secrets[0]->place), sealed, call->ar,
                                 &plain, NULL, err);
            pl_keyring_wipe(&keys);
        }

        if (rc == PL_OK) {
            view.secret = (char *) (uintptr_t)
                          pl_signing_print(call->ar, plain).data;
        }
    }

    if (rc == PL_OK && call->op->status == 201) {
        rc = pl_api_location(call, err, "/v1/subscriptions/%s", view.id);
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &view.base, err) : rc;
}
