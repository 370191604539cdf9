/*
 * Subscriptions: a tenant's own endpoints that are told what happens
 * (docs/subscriptions.md).
 *
 * A subscription is a cursor over the tenant's `changes`, and no row is
 * written for an event. The sender delivers what is behind the cursor, in
 * order, and says now and then how far it has come (SubscriptionProgress):
 * what was delivered since the last such entry is delivered again after a
 * kill, under the same id.
 *
 * The cursor never goes back by what a sender says. A person moves it
 * (SubscriptionReplay), which begins another course: what is said of an
 * older course is not believed.
 *
 * Times are real time, also of a tenant whose own clock was turned, since
 * endpoints and secrets are of the world outside.
 */

#ifndef PL_SUBSCRIPTION_H_INCLUDED
#define PL_SUBSCRIPTION_H_INCLUDED

#include "apply.h"

#define PL_SUBSCRIPTIONS_MAX         64     /* of a tenant */
#define PL_SUBSCRIPTIONS_ALL_MAX     16384  /* of all tenants */
#define PL_SUBSCRIPTIONS_ALLOW_MAX   64     /* networks in nginx.conf */
#define PL_SUBSCRIPTION_STEPS_MAX    256    /* of a SubscriptionProgress */
#define PL_SUBSCRIPTION_URL_MAX      2048
#define PL_SUBSCRIPTION_NAME_MAX     128
#define PL_SUBSCRIPTION_TYPES_MAX    32
#define PL_SUBSCRIPTION_TYPE_MAX     64
#define PL_SUBSCRIPTION_OWNER_MAX    128
#define PL_SUBSCRIPTION_REASON_MAX   256
#define PL_UNDELIVERED_MAX           1000   /* of a subscription */

#define PL_POISON_ATTEMPTS           5
#define PL_POISON_ATTEMPTS_MAX       100
#define PL_DELIVERY_TIMEOUT_MS       15000
#define PL_DELIVERY_TIMEOUT_MIN_MS   1000
#define PL_DELIVERY_TIMEOUT_MAX_MS   60000
#define PL_PAUSE_AFTER_MS            (5LL * 86400 * 1000)
#define PL_PAUSE_AFTER_MIN_MS        60000LL
#define PL_PAUSE_AFTER_MAX_MS        (30LL * 86400 * 1000)

/* A secret's bytes, before base64 (Standard Webhooks: 24 to 64). */
#define PL_SECRET_MIN                24
#define PL_SECRET_MAX                64
#define PL_SECRET_LEN                32     /* of one that is made */
#define PL_SECRETS_MAX               2      /* of a subscription */
#define PL_OVERLAP_MS                (24LL * 3600 * 1000)
#define PL_OVERLAP_MAX_MS            (7LL * 86400 * 1000)

/* "subscription/TENANT/PLACE/secret", and its NUL. */
#define PL_SECRET_AAD_MAX            64

/* When what failed is tried again (retry.h); age and attempts are the
   subscription's. */
extern const pl_retry_t  pl_subscription_retry;

/*
 * What a failed delivery means, by how the endpoint answered; 0: it was
 * delivered. retry_after: the answer names a time. Pure.
 */
Pl__DeliveryFault pl_subscription_fault(int http_status, bool retry_after);

/* "rejected", as logs, metrics and docs have it. */
const char *pl_subscription_fault_name(Pl__DeliveryFault fault);

/*
 * May these terms be? err->path names the field: for whoever asks before,
 * and for apply. plain: http: is fine (parley_subscriptions_allow). Pure.
 */
pl_status_t pl_subscription_check(const Pl__SubscriptionTerms *terms,
    bool plain, pl_err_t *err);

/* What a secret is sealed for: into buf. */
pl_str_t pl_subscription_aad(char buf[PL_SECRET_AAD_MAX], uint32_t tenant,
    uint64_t place);

/* Does a secret sign at this time? */
bool pl_subscription_signs(const Pl__SubscriptionSecret *secret,
    int64_t now_ms);

/* Reads one into the arena; PL_NOTFOUND. Any thread, any transaction. */
pl_status_t pl_subscription_get(pl_txn_t *txn, uint32_t tenant, uint64_t id,
    pl_arena_t *ar, Pl__Subscription **subscription, pl_err_t *err);

void pl_key_undelivered(pl_key_t *key, uint32_t tenant,
    uint64_t subscription, uint64_t sequence);                /* 20 */

/*
 * Where in `changes` a cursor stands so that what is of from_ms or later is
 * behind it: a search by halves, since times do not run back. Rows without a
 * time are the oldest.
 */
pl_status_t pl_subscription_seek(pl_txn_t *txn, uint32_t tenant,
    int64_t from_ms, pl_arena_t *ar, uint64_t *after, pl_err_t *err);

/* Folding thread, inside apply: stores it. */
pl_status_t pl_subscription_put(pl_apply_t *ap, uint32_t tenant,
    const Pl__Subscription *subscription, pl_err_t *err);

/* Likewise: whoever holds subscriptions in memory reads them anew. */
void pl_subscription_changed(pl_apply_t *ap);

/* Likewise: an audit event; actor and text may be NULL. */
pl_status_t pl_subscription_audit(pl_apply_t *ap, uint32_t tenant,
    uint64_t subscription, const char *rule, const char *actor,
    const char *text, pl_err_t *err);

/* Likewise: stops it, unless it is. */
pl_status_t pl_subscription_pause(pl_apply_t *ap, uint32_t tenant,
    Pl__Subscription *subscription, Pl__SubscriptionPause why,
    const char *actor, const char *reason, pl_err_t *err);

/* ---- retention (subscription_keep.c) -------------------------------- */

/* What a tenant's subscriptions have seen of its `changes`, of which the
   oldest rows are being dropped. */
typedef struct {
    uint64_t  id;
    uint64_t  cursor;
    uint64_t  missed;           /* rows behind its cursor that are gone, */
    uint64_t  first;            /* and the first of them */
} pl_subscription_seen_t;

typedef struct {
    uint32_t                 tenant;
    uint64_t                 upto;      /* the last row that was dropped */
    uint64_t                 needed;    /* what is behind it, an active one
                                           waits for; UINT64_MAX: none does */
    size_t                   n;
    pl_subscription_seen_t   rows[PL_SUBSCRIPTIONS_MAX];
} pl_subscription_keep_t;

/* The arena holds nothing afterwards. Any transaction. */
pl_status_t pl_subscription_keep_begin(pl_txn_t *txn, uint32_t tenant,
    pl_arena_t *ar, pl_subscription_keep_t *keep, pl_err_t *err);

/* A row is dropped. */
void pl_subscription_keep_drop(pl_subscription_keep_t *keep,
    uint64_t sequence);

/*
 * Those that had not seen what was dropped are told so, in `undelivered` and
 * in the audit log, and go on behind it; where nothing was delivered since
 * they were told the last time, the row of then says it. Inside apply; no
 * scan of these tables is open.
 */
pl_status_t pl_subscription_keep_end(pl_apply_t *ap,
    const pl_subscription_keep_t *keep, pl_err_t *err);

/* ---- the commands (apply_subscription.c, apply_progress.c) ---------- */

pl_status_t pl_apply_subscription_set(pl_apply_t *ap,
    const Pl__SubscriptionSet *in, pl_err_t *err);
pl_status_t pl_apply_subscription_drop(pl_apply_t *ap,
    const Pl__SubscriptionDrop *in, pl_err_t *err);
pl_status_t pl_apply_subscription_rotate(pl_apply_t *ap,
    const Pl__SubscriptionRotate *in, pl_err_t *err);
pl_status_t pl_apply_subscription_hold(pl_apply_t *ap,
    const Pl__SubscriptionHold *in, pl_err_t *err);
pl_status_t pl_apply_subscription_replay(pl_apply_t *ap,
    const Pl__SubscriptionReplay *in, pl_err_t *err);
pl_status_t pl_apply_subscription_ping(pl_apply_t *ap,
    const Pl__SubscriptionPing *in, pl_err_t *err);
pl_status_t pl_apply_undelivered_act(pl_apply_t *ap,
    const Pl__UndeliveredAct *in, pl_err_t *err);
pl_status_t pl_apply_subscription_progress(pl_apply_t *ap,
    const Pl__SubscriptionProgress *in, pl_err_t *err);

#endif /* PL_SUBSCRIPTION_H_INCLUDED */
