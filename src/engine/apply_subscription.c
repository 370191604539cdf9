/*
 * What people say of subscriptions, and of what these did not get. What the
 * sender says is in apply_progress.c. See subscription.h.
 *
 * A command that names a subscription which is none any more changes
 * nothing; one whose terms cannot be is refused.
 */

#include <string.h>

#include "../core/record.h"
#include "asked.h"
#include "sandbox.h"
#include "subscription.h"

/* Sealed, a secret has 29 bytes more. */
#define SEALED_MIN  (29 + PL_SECRET_MIN)
#define SEALED_MAX  (29 + PL_SECRET_MAX)

#define WHY_PERSON  PL__SUBSCRIPTION_PAUSE__SUBSCRIPTION_PAUSE_PERSON

static pl_status_t set_new(pl_apply_t *ap, const Pl__SubscriptionSet *in,
    pl_err_t *err);
static pl_status_t set_secret(pl_apply_t *ap,
    const Pl__SubscriptionSecret *in, Pl__SubscriptionSecret *out,
    pl_err_t *err);
static void set_begin(Pl__Subscription *row);
static pl_status_t set_done(pl_apply_t *ap, uint32_t tenant,
    Pl__Subscription *row, const char *rule, const char *actor,
    pl_err_t *err);
static pl_status_t set_invalid(pl_err_t *err, const char *path,
    const char *why);
static pl_status_t set_missing(pl_apply_t *ap, pl_status_t rc);
static bool set_actor(const char *actor);
static pl_status_t act_all(pl_apply_t *ap, const Pl__UndeliveredAct *in,
    Pl__Subscription *row, pl_err_t *err);
static pl_status_t act_one(pl_apply_t *ap, const Pl__UndeliveredAct *in,
    Pl__Subscription *row, uint64_t sequence, pl_err_t *err);
static pl_status_t act_next(pl_apply_t *ap, uint32_t tenant,
    uint64_t subscription, uint64_t *sequence, pl_err_t *err);


pl_status_t
pl_apply_subscription_set(pl_apply_t *ap, const Pl__SubscriptionSet *in,
    pl_err_t *err)
{
    pl_status_t                rc;
    Pl__Subscription          *row;
    const Pl__GlobalSettings  *global;

    global = pl_settings_global(ap->settings);

    rc = pl_subscription_check(in->terms, global != NULL
                               && global->n_subscriptions_allow != 0, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!set_actor(in->actor)) {
        return set_invalid(err, "actor", "the actor is too long");
    }

    if (!in->has_subscription) {
        return set_new(ap, in, err);
    }

    rc = pl_subscription_get(ap->txn, in->tenant, in->subscription, ap->ar,
                             &row, err);
    if (rc != PL_OK) {
        return set_missing(ap, rc);
    }

    row->terms = in->terms;
    set_begin(row);

    return set_done(ap, in->tenant, row, "subscription.changed", in->actor,
                    err);
}


pl_status_t
pl_apply_subscription_drop(pl_apply_t *ap, const Pl__SubscriptionDrop *in,
    pl_err_t *err)
{
    pl_key_t             key;
    pl_status_t          rc;
    Pl__Subscription    *row;
    Pl__UndeliveredAct   all = PL__UNDELIVERED_ACT__INIT;

    if (!set_actor(in->actor)) {
        return set_invalid(err, "actor", "the actor is too long");
    }

    rc = pl_subscription_get(ap->txn, in->tenant, in->subscription, ap->ar,
                             &row, err);
    if (rc != PL_OK) {
        return set_missing(ap, rc);
    }

    all.tenant = in->tenant;
    all.subscription = in->subscription;
    all.drop = 1;

    rc = act_all(ap, &all, row, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_tenant_seq(&key, in->tenant, in->subscription);
    rc = pl_store_del(ap->txn, PL_TABLE_SUBSCRIPTIONS, pl_key_str(&key),
                      err);
    if (rc != PL_OK) {
        return rc;
    }

    ap->meta->has_subscriptions = 1;
    ap->meta->subscriptions--;
    pl_subscription_changed(ap);

    return pl_subscription_audit(ap, in->tenant, in->subscription,
                                 "subscription.dropped", in->actor, NULL,
                                 err);
}


/* The secret before it signs beside the new one for a while; one before that
   no more. */

pl_status_t
pl_apply_subscription_rotate(pl_apply_t *ap,
    const Pl__SubscriptionRotate *in, pl_err_t *err)
{
    int64_t                  overlap_ms;
    pl_status_t              rc;
    Pl__Subscription        *row;
    Pl__SubscriptionSecret   fresh, *secrets[PL_SECRETS_MAX];

    overlap_ms = in->has_overlap_ms ? in->overlap_ms : PL_OVERLAP_MS;

    if (overlap_ms < 0 || overlap_ms > PL_OVERLAP_MAX_MS) {
        return set_invalid(err, "overlap", "more than 7 days");
    }

    if (!set_actor(in->actor)) {
        return set_invalid(err, "actor", "the actor is too long");
    }

    rc = set_secret(ap, in->secret, &fresh, err);
    if (rc == PL_OK) {
        rc = pl_subscription_get(ap->txn, in->tenant, in->subscription,
                                 ap->ar, &row, err);
    }

    if (rc != PL_OK) {
        return set_missing(ap, rc);
    }

    secrets[0] = &fresh;

    if (overlap_ms != 0 && row->n_secrets != 0) {
        secrets[1] = row->secrets[0];
        secrets[1]->has_until_ms = 1;
        secrets[1]->until_ms = pl_sandbox_now(ap) + overlap_ms;
        row->n_secrets = 2;

    } else {
        row->n_secrets = 1;
    }

    row->secrets = secrets;
    set_begin(row);

    return set_done(ap, in->tenant, row, "subscription.rotated", in->actor,
                    err);
}


pl_status_t
pl_apply_subscription_hold(pl_apply_t *ap, const Pl__SubscriptionHold *in,
    pl_err_t *err)
{
    bool               paused;
    pl_status_t        rc;
    Pl__Subscription  *row;

    if (in->reason != NULL
        && strlen(in->reason) > PL_SUBSCRIPTION_REASON_MAX)
    {
        return set_invalid(err, "reason", "the reason is too long");
    }

    if (!set_actor(in->actor)) {
        return set_invalid(err, "actor", "the actor is too long");
    }

    rc = pl_subscription_get(ap->txn, in->tenant, in->subscription, ap->ar,
                             &row, err);
    if (rc != PL_OK) {
        return set_missing(ap, rc);
    }

    pl_asked_made(ap, row->id);

    paused = row->state
             == PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED;

    if (paused != (in->resume != 0)) {
        return PL_OK;                   /* as it is */
    }

    if (!in->resume) {
        rc = pl_subscription_pause(ap, in->tenant, row,
                                   WHY_PERSON,
                                   in->actor, in->reason, err);
        return rc == PL_OK ? pl_subscription_put(ap, in->tenant, row, err)
                           : rc;
    }

    row->state = PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_ACTIVE;
    row->has_pause = 0;
    row->has_paused_ms = 0;
    row->actor = NULL;
    row->reason = NULL;
    set_begin(row);

    return set_done(ap, in->tenant, row, "subscription.resumed", in->actor,
                    err);
}


pl_status_t
pl_apply_subscription_replay(pl_apply_t *ap,
    const Pl__SubscriptionReplay *in, pl_err_t *err)
{
    uint64_t           after;
    pl_status_t        rc;
    Pl__Subscription  *row;

    if (in->has_after == in->has_from_ms) {
        return set_invalid(err, "after", "one of after and from");
    }

    if (in->has_after && in->after >= ap->meta->next_id) {
        return set_invalid(err, "after", "no such event yet");
    }

    if (!set_actor(in->actor)) {
        return set_invalid(err, "actor", "the actor is too long");
    }

    rc = pl_subscription_get(ap->txn, in->tenant, in->subscription, ap->ar,
                             &row, err);
    if (rc != PL_OK) {
        return set_missing(ap, rc);
    }

    after = in->after;

    if (in->has_from_ms) {
        rc = pl_subscription_seek(ap->txn, in->tenant, in->from_ms, ap->ar,
                                  &after, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    row->cursor = after;
    row->has_course = 1;
    row->course++;
    set_begin(row);

    return set_done(ap, in->tenant, row, "subscription.replayed", in->actor,
                    err);
}


pl_status_t
pl_apply_subscription_ping(pl_apply_t *ap, const Pl__SubscriptionPing *in,
    pl_err_t *err)
{
    pl_status_t        rc;
    Pl__Subscription  *row;

    if (!set_actor(in->actor)) {
        return set_invalid(err, "actor", "the actor is too long");
    }

    rc = pl_subscription_get(ap->txn, in->tenant, in->subscription, ap->ar,
                             &row, err);
    if (rc != PL_OK) {
        return set_missing(ap, rc);
    }

    pl_asked_made(ap, row->id);
    row->has_ping = 1;
    row->ping = pl_apply_id(ap);
    pl_subscription_changed(ap);

    return pl_subscription_put(ap, in->tenant, row, err);
}


pl_status_t
pl_apply_undelivered_act(pl_apply_t *ap, const Pl__UndeliveredAct *in,
    pl_err_t *err)
{
    pl_status_t        rc;
    Pl__Subscription  *row;

    if (!set_actor(in->actor)) {
        return set_invalid(err, "actor", "the actor is too long");
    }

    rc = pl_subscription_get(ap->txn, in->tenant, in->subscription, ap->ar,
                             &row, err);
    if (rc != PL_OK) {
        return set_missing(ap, rc);
    }

    rc = in->has_sequence ? act_one(ap, in, row, in->sequence, err)
                          : act_all(ap, in, row, err);
    if (rc != PL_OK) {
        return set_missing(ap, rc);
    }

    row->has_revision = 1;              /* who holds it counts anew */
    row->revision++;

    return set_done(ap, in->tenant, row, in->drop ? "undelivered.dropped"
                                                  : "undelivered.retried",
                    in->actor, err);
}


static pl_status_t
set_new(pl_apply_t *ap, const Pl__SubscriptionSet *in, pl_err_t *err)
{
    pl_status_t              rc;
    Pl__Subscription         row = PL__SUBSCRIPTION__INIT;
    pl_subscription_keep_t   there;
    Pl__SubscriptionSecret   secret, *secrets[1] = { &secret };

    if (pl_settings_tenant(ap->settings, in->tenant) == NULL) {
        return set_invalid(err, "tenant", "no such tenant");
    }

    if (in->secret == NULL) {
        return set_invalid(err, "secret", "required");
    }

    if (in->has_from && in->from >= ap->meta->next_id) {
        return set_invalid(err, "from", "no such event yet");
    }

    rc = set_secret(ap, in->secret, &secret, err);
    if (rc == PL_OK) {
        rc = pl_subscription_keep_begin(ap->txn, in->tenant, ap->ar, &there,
                                        err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (ap->meta->subscriptions >= PL_SUBSCRIPTIONS_ALL_MAX) {
        return set_invalid(err, "tenant", "there are 16,384 subscriptions "
                                          "already");
    }

    if (there.n >= PL_SUBSCRIPTIONS_MAX) {
        return set_invalid(err, "tenant", "it has 64 subscriptions already");
    }

    row.cursor = in->has_from ? in->from : ap->meta->next_id - 1;
    row.id = pl_apply_id(ap);
    row.terms = in->terms;
    row.n_secrets = 1;
    row.secrets = secrets;
    row.state = PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_ACTIVE;
    row.has_created_ms = 1;
    row.created_ms = pl_sandbox_now(ap);
    ap->meta->has_subscriptions = 1;
    ap->meta->subscriptions++;

    return set_done(ap, in->tenant, &row, "subscription.made", in->actor,
                    err);
}


static pl_status_t
set_secret(pl_apply_t *ap, const Pl__SubscriptionSecret *in,
    Pl__SubscriptionSecret *out, pl_err_t *err)
{
    if (in->sealed.len < SEALED_MIN || in->sealed.len > SEALED_MAX) {
        return set_invalid(err, "secret", "not sealed, or too long");
    }

    *out = *in;
    out->has_since_ms = 1;
    out->since_ms = pl_sandbox_now(ap);
    out->has_until_ms = 0;

    return PL_OK;
}


/* What has failed before says nothing of what comes. */

static void
set_begin(Pl__Subscription *row)
{
    row->has_revision = 1;
    row->revision++;
    row->has_attempts = 0;
    row->attempts = 0;
    row->has_retry_ms = 0;
    row->retry_ms = 0;
    row->has_failing_ms = 0;
    row->failing_ms = 0;

    if (row->state == PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_FAILING) {
        row->state = PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_ACTIVE;
    }
}


static pl_status_t
set_done(pl_apply_t *ap, uint32_t tenant, Pl__Subscription *row,
    const char *rule, const char *actor, pl_err_t *err)
{
    pl_status_t  rc;

    row->has_updated_ms = 1;
    row->updated_ms = pl_sandbox_now(ap);
    pl_subscription_changed(ap);
    pl_asked_made(ap, row->id);

    rc = pl_subscription_put(ap, tenant, row, err);

    return rc == PL_OK ? pl_subscription_audit(ap, tenant, row->id, rule,
                                               actor, NULL, err) : rc;
}


static pl_status_t
set_invalid(pl_err_t *err, const char *path, const char *why)
{
    (void) pl_err_set(err, PL_INVALID, "subscription", 0, "%s", why);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}


/* There is no such subscription, or nothing of it: nothing has changed. */

static pl_status_t
set_missing(pl_apply_t *ap, pl_status_t rc)
{
    if (rc == PL_NOTFOUND) {
        pl_asked_refuse(ap, "subscription.unknown", NULL, "there is none");
        return PL_OK;
    }

    return rc;
}


static bool
set_actor(const char *actor)
{
    return actor == NULL || strlen(actor) <= PL_ACTOR_MAX;
}


/* There are PL_UNDELIVERED_MAX of them at most. */

static pl_status_t
act_all(pl_apply_t *ap, const Pl__UndeliveredAct *in, Pl__Subscription *row,
    pl_err_t *err)
{
    size_t       i;
    uint64_t     sequence = 0;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < PL_UNDELIVERED_MAX; i++) {
        rc = act_next(ap, in->tenant, in->subscription, &sequence, err);

        if (rc == PL_OK) {
            rc = act_one(ap, in, row, sequence, err);
            sequence++;
        }
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
act_one(pl_apply_t *ap, const Pl__UndeliveredAct *in, Pl__Subscription *row,
    uint64_t sequence, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    Pl__Undelivered   *one;
    ProtobufCMessage  *msg;

    pl_key_undelivered(&key, in->tenant, in->subscription, sequence);

    rc = pl_record_get(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&key),
                       &pl__undelivered__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    one = (Pl__Undelivered *) msg;

    if (in->drop) {
        row->undelivered--;
        row->again -= one->again != 0;
        return pl_store_del(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&key),
                            err);
    }

    if (one->again || one->change == NULL) {
        return PL_OK;                   /* is under way, or cannot be */
    }

    one->has_again = 1;
    one->again = 1;
    row->has_again = 1;
    row->again++;

    return pl_record_put(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&key),
                         &one->base, false, err);
}


/* The first at or behind *sequence. */

static pl_status_t
act_next(pl_apply_t *ap, uint32_t tenant, uint64_t subscription,
    uint64_t *sequence, pl_err_t *err)
{
    pl_key_t      from;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    pl_key_undelivered(&from, tenant, subscription, *sequence);

    rc = pl_store_scan(ap->txn, PL_TABLE_UNDELIVERED, pl_key_str(&from),
                       false, &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &key, &value, err);

    if (rc == PL_OK
        && (key.len != 20 || pl_be32(key.data) != tenant
            || pl_be64(key.data + 4) != subscription))
    {
        rc = PL_NOTFOUND;
    }

    if (rc == PL_OK) {
        *sequence = pl_be64(key.data + 12);
    }

    pl_store_scan_end(scan);

    return rc;
}
