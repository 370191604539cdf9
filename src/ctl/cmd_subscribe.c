/*
 * What somebody does with a subscription: add, rotate, pause, resume, ping,
 * replay, drop; and with what it did not get: retry, drop. Each is a command
 * of the journal; what became of it is read from the state.
 *
 * A secret is made here and shown once: what is stored is sealed.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../api/api_event.h"
#include "../core/record.h"
#include "../core/str.h"
#include "../engine/signing.h"
#include "cmd.h"
#include "list.h"
#include "subscribe.h"


typedef struct {
    uint32_t                 tenant;
    uint64_t                 id;        /* 0: of a new one, not known yet */
    Pl__Command              command;
    Pl__SubscriptionSecret   secret;
    const char              *text;      /* the secret; NULL: none was made */
} subscribe_t;


static pl_status_t subscribe_begin(plctl_t *ctl, subscribe_t *s,
    const char *const *words, bool named, pl_err_t *err);
static pl_status_t subscribe_secret(plctl_t *ctl, subscribe_t *s,
    pl_err_t *err);
static pl_status_t subscribe_terms(plctl_t *ctl, subscribe_t *s,
    const char *url, Pl__SubscriptionTerms *terms, pl_err_t *err);
static int subscribe_end(plctl_t *ctl, subscribe_t *s, pl_status_t rc,
    pl_err_t *err);
static pl_status_t subscribe_find(plctl_t *ctl, subscribe_t *s,
    Pl__Subscription **row, pl_err_t *err);
static int subscribe_hold(plctl_t *ctl, const char *const *words,
    bool resume);
static int subscribe_act(plctl_t *ctl, const char *const *words,
    unsigned n_words, bool drop);


int
plctl_cmd_subscriptions_add(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t                err = { 0 };
    subscribe_t             s;
    pl_status_t             rc;
    Pl__SubscriptionSet     in = PL__SUBSCRIPTION_SET__INIT;
    Pl__SubscriptionTerms   terms = PL__SUBSCRIPTION_TERMS__INIT;

    (void) n_words;

    rc = subscribe_begin(ctl, &s, words, false, &err);
    if (rc == PL_OK) {
        rc = subscribe_terms(ctl, &s, words[1], &terms, &err);
    }

    if (rc == PL_OK) {
        rc = subscribe_secret(ctl, &s, &err);
    }

    in.tenant = s.tenant;
    in.terms = &terms;
    in.secret = &s.secret;
    in.has_from = (ctl->args->given & PLCTL_OPT_FROM) != 0
                  && ctl->args->from_ms == 0;
    in.from = ctl->args->from;
    in.actor = (char *) plctl_actor(ctl);
    s.command.of_case = PL__COMMAND__OF_SUBSCRIPTION_SET;
    s.command.subscription_set = &in;

    return subscribe_end(ctl, &s, rc, &err);
}


int
plctl_cmd_subscriptions_rotate(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t                 err = { 0 };
    subscribe_t              s;
    pl_status_t              rc;
    Pl__SubscriptionRotate   in = PL__SUBSCRIPTION_ROTATE__INIT;

    (void) n_words;

    rc = subscribe_begin(ctl, &s, words, true, &err);
    if (rc == PL_OK) {
        rc = subscribe_secret(ctl, &s, &err);
    }

    in.tenant = s.tenant;
    in.subscription = s.id;
    in.secret = &s.secret;
    in.actor = (char *) plctl_actor(ctl);
    s.command.of_case = PL__COMMAND__OF_SUBSCRIPTION_ROTATE;
    s.command.subscription_rotate = &in;

    return subscribe_end(ctl, &s, rc, &err);
}


int
plctl_cmd_subscriptions_drop(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t               err = { 0 };
    subscribe_t            s;
    pl_status_t            rc;
    Pl__SubscriptionDrop   in = PL__SUBSCRIPTION_DROP__INIT;

    (void) n_words;

    rc = subscribe_begin(ctl, &s, words, true, &err);
    in.tenant = s.tenant;
    in.subscription = s.id;
    in.actor = (char *) plctl_actor(ctl);
    s.command.of_case = PL__COMMAND__OF_SUBSCRIPTION_DROP;
    s.command.subscription_drop = &in;

    return subscribe_end(ctl, &s, rc, &err);
}


int
plctl_cmd_subscriptions_pause(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return subscribe_hold(ctl, words, false);
}


int
plctl_cmd_subscriptions_resume(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    (void) n_words;

    return subscribe_hold(ctl, words, true);
}


int
plctl_cmd_subscriptions_ping(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t               err = { 0 };
    subscribe_t            s;
    pl_status_t            rc;
    Pl__SubscriptionPing   in = PL__SUBSCRIPTION_PING__INIT;

    (void) n_words;

    rc = subscribe_begin(ctl, &s, words, true, &err);
    in.tenant = s.tenant;
    in.subscription = s.id;
    in.actor = (char *) plctl_actor(ctl);
    s.command.of_case = PL__COMMAND__OF_SUBSCRIPTION_PING;
    s.command.subscription_ping = &in;

    return subscribe_end(ctl, &s, rc, &err);
}


int
plctl_cmd_subscriptions_replay(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t                 err = { 0 };
    subscribe_t              s;
    pl_status_t              rc;
    Pl__SubscriptionReplay   in = PL__SUBSCRIPTION_REPLAY__INIT;

    (void) n_words;

    rc = subscribe_begin(ctl, &s, words, true, &err);

    if (rc == PL_OK && (ctl->args->given & PLCTL_OPT_FROM) == 0) {
        rc = pl_err_set(&err, PL_INVALID, "", 0, "--from is needed");
    }

    in.tenant = s.tenant;
    in.subscription = s.id;
    in.has_from_ms = ctl->args->from_ms != 0;
    in.from_ms = ctl->args->from_ms;
    in.has_after = !in.has_from_ms;
    in.after = ctl->args->from == 0 ? 0 : ctl->args->from - 1;
    in.actor = (char *) plctl_actor(ctl);
    s.command.of_case = PL__COMMAND__OF_SUBSCRIPTION_REPLAY;
    s.command.subscription_replay = &in;

    return subscribe_end(ctl, &s, rc, &err);
}


int
plctl_cmd_undelivered_retry(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    return subscribe_act(ctl, words, n_words, false);
}


int
plctl_cmd_undelivered_drop(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    return subscribe_act(ctl, words, n_words, true);
}


static int
subscribe_hold(plctl_t *ctl, const char *const *words, bool resume)
{
    pl_err_t               err = { 0 };
    subscribe_t            s;
    pl_status_t            rc;
    Pl__SubscriptionHold   in = PL__SUBSCRIPTION_HOLD__INIT;

    rc = subscribe_begin(ctl, &s, words, true, &err);
    in.tenant = s.tenant;
    in.subscription = s.id;
    in.has_resume = resume;
    in.resume = resume;
    in.actor = (char *) plctl_actor(ctl);
    in.reason = (char *) ctl->args->reason;
    s.command.of_case = PL__COMMAND__OF_SUBSCRIPTION_HOLD;
    s.command.subscription_hold = &in;

    return subscribe_end(ctl, &s, rc, &err);
}


static int
subscribe_act(plctl_t *ctl, const char *const *words, unsigned n_words,
    bool drop)
{
    pl_err_t             err = { 0 };
    subscribe_t          s;
    pl_status_t          rc;
    Pl__UndeliveredAct   in = PL__UNDELIVERED_ACT__INIT;

    rc = subscribe_begin(ctl, &s, words, true, &err);

    if (rc == PL_OK && n_words > 2) {
        in.has_sequence = 1;
        rc = plctl_args_id(words[2], "evt", &in.sequence, &err);
    }

    in.tenant = s.tenant;
    in.subscription = s.id;
    in.has_drop = drop;
    in.drop = drop;
    in.actor = (char *) plctl_actor(ctl);
    s.command.of_case = PL__COMMAND__OF_UNDELIVERED_ACT;
    s.command.undelivered_act = &in;

    return subscribe_end(ctl, &s, rc, &err);
}


/* named: there has to be one of that number. */

static pl_status_t
subscribe_begin(plctl_t *ctl, subscribe_t *s, const char *const *words,
    bool named, pl_err_t *err)
{
    pl_txn_t          *txn;
    pl_status_t        rc;
    Pl__Command        none = PL__COMMAND__INIT;
    Pl__Subscription  *row;

    memset(s, 0, sizeof(*s));
    s->command = none;

    rc = plctl_open(ctl, err);
    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, words[0], &s->tenant, err);
    }

    if (rc == PL_OK && named) {
        rc = plctl_args_id(words[1], "sub", &s->id, err);
    }

    if (rc != PL_OK || !named) {
        return rc;
    }

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);

    if (rc == PL_OK) {
        rc = pl_subscription_get(txn, s->tenant, s->id, ctl->ar, &row, err);
        pl_store_abort(txn);
    }

    return rc == PL_NOTFOUND ? pl_err_set(err, rc, "", 0,
                                          "there is no such subscription")
                             : rc;
}


static pl_status_t
subscribe_secret(plctl_t *ctl, subscribe_t *s, pl_err_t *err)
{
    char                       aad[PL_SECRET_AAD_MAX];
    uint8_t                    bytes[PL_SECRET_LEN];
    pl_str_t                   plain = { bytes, sizeof(bytes) }, sealed;
    pl_status_t                rc;
    pl_keyring_t               keys;

    pl__subscription_secret__init(&s->secret);

    rc = pl_keyring_read(&keys, pl_settings_global(ctl->settings), ctl->dir,
                         err);
    if (rc != PL_OK) {
        return rc;
    }

    if (pl_crypto_random(bytes, sizeof(bytes)) != PL_OK
        || pl_crypto_random((uint8_t *) &s->secret.place,
                            sizeof(s->secret.place)) != PL_OK)
    {
        return pl_err_set(err, PL_IO, "secret", 0, "no randomness");
    }

    rc = pl_crypto_seal(keys.keys[0], pl_subscription_aad(aad, s->tenant,
                                                 s->secret.place),
                        plain, ctl->ar, &sealed, err);
    pl_keyring_wipe(&keys);

    if (rc == PL_OK) {
        s->secret.sealed.data = (uint8_t *) (uintptr_t) sealed.data;
        s->secret.sealed.len = sealed.len;
        s->text = (const char *) pl_signing_print(ctl->ar, plain).data;
    }

    return rc;
}


static pl_status_t
subscribe_terms(plctl_t *ctl, subscribe_t *s, const char *url,
    Pl__SubscriptionTerms *terms, pl_err_t *err)
{
    uint32_t                   mask;
    pl_status_t                rc = PL_OK;
    const pl_tenant_conf_t    *tenant;
    const pl_channel_conf_t   *channel;
    const Pl__GlobalSettings  *global;
    size_t                     i;

    terms->url = (char *) (uintptr_t) url;
    terms->name = (char *) (uintptr_t) ctl->args->name;

    if (ctl->args->event != NULL) {
        rc = pl_api_event_mask(pl_str_c(ctl->args->event), &mask, err);
        terms->types = pl_arena_alloc(ctl->ar, sizeof(char *));

        if (rc == PL_OK && terms->types != NULL) {
            terms->n_types = 1;
            terms->types[0] = (char *) (uintptr_t) ctl->args->event;
        }
    }

    tenant = pl_settings_tenant(ctl->settings, s->tenant);

    for (i = 0; ctl->args->channel != NULL && tenant != NULL
                && (channel = pl_settings_channel_at(ctl->settings, i))
                   != NULL; i++)
    {
        if (channel->tenant == s->tenant
            && strcmp(channel->row->name, ctl->args->channel) == 0)
        {
            terms->has_channel = 1;
            terms->channel = channel->row->id;
        }
    }

    if (ctl->args->channel != NULL && !terms->has_channel) {
        return pl_err_set(err, PL_NOTFOUND, "", 0, "no such channel");
    }

    global = pl_settings_global(ctl->settings);

    return rc == PL_OK
           ? pl_subscription_check(terms, global != NULL
                                   && global->n_subscriptions_allow != 0,
                                   err) : rc;
}


static int
subscribe_end(plctl_t *ctl, subscribe_t *s, pl_status_t rc, pl_err_t *err)
{
    bool                       folded;
    pl_appended_t              appended;
    Pl__Subscription          *sub = NULL;
    Pl__Ctl__SubscriptionRow  *row;

    if (rc == PL_OK) {
        rc = plctl_ask(ctl, &s->command, &appended, &folded, err);
    }

    if (rc == PL_OK && folded) {
        rc = subscribe_find(ctl, s, &sub, err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, err);
    }

    row = plctl_subscription_row(ctl, ctl->ar, s->tenant, s->id, sub);
    if (row == NULL) {
        return plctl_fail(ctl, err);
    }

    row->has_entry = 1;
    row->entry = appended.first;
    row->verdict = (char *) (uintptr_t) (!folded ? "pending"
                   : sub == NULL && s->command.of_case
                                    != PL__COMMAND__OF_SUBSCRIPTION_DROP
                   ? "refused" : "done");
    row->secret = (char *) (uintptr_t) s->text;

    if (ctl->json) {
        if (plctl_json(ctl, &row->base, err) != PL_OK) {
            return plctl_fail(ctl, err);
        }

    } else if (!folded) {
        plctl_pending(ctl, "subscription", appended.first);

    } else {
        fprintf(ctl->out, "%s: %s\n", row->id, row->verdict);
    }

    if (!ctl->json && s->text != NULL) {
        fprintf(ctl->out, "secret: %s\n", s->text);
    }

    return strcmp(row->verdict, "refused") == 0 ? PLCTL_EXIT_FAILED
                                                : PLCTL_EXIT_OK;
}


/* A new one is the one that has this secret. */

static pl_status_t
subscribe_find(plctl_t *ctl, subscribe_t *s, Pl__Subscription **row,
    pl_err_t *err)
{
    pl_key_t           from;
    pl_str_t           key, value;
    pl_txn_t          *txn;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;
    Pl__Subscription  *sub;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_tenant_seq(&from, s->tenant, s->id);
    rc = pl_store_scan(txn, PL_TABLE_SUBSCRIPTIONS, pl_key_str(&from), false,
                       &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK && pl_be32(key.data) != s->tenant) {
            rc = PL_NOTFOUND;
        }

        if (rc == PL_OK) {
            rc = pl_record_read(PL_TABLE_SUBSCRIPTIONS, value,
                                &pl__subscription__descriptor, ctl->ar, &msg,
                                err);
        }

        if (rc != PL_OK) {
            break;
        }

        sub = (Pl__Subscription *) msg;

        if (sub->id == s->id
            || (s->id == 0 && sub->n_secrets != 0
                && sub->secrets[0]->place == s->secret.place))
        {
            s->id = sub->id;
            *row = sub;
            break;
        }
    }

    pl_store_abort(txn);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
