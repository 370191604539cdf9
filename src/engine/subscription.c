/*
 * Subscriptions: their rules, and their records. See subscription.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../channel/url.h"
#include "../core/record.h"
#include "sandbox.h"
#include "subscription.h"

#define SUBSCRIPTION_HALVES_MAX  65

/* An answer that is no 2xx, by its status; the first row that it fits. */
typedef struct {
    int                 from;
    int                 to;
    Pl__DeliveryFault   fault;
} subscription_answer_t;

static pl_status_t subscription_bad(pl_err_t *err, const char *path,
    const char *why);
static bool subscription_word(const char *text, size_t max);
static pl_status_t subscription_types(const Pl__SubscriptionTerms *terms,
    pl_err_t *err);
static pl_status_t subscription_numbers(const Pl__SubscriptionTerms *terms,
    pl_err_t *err);
static pl_status_t subscription_row(pl_txn_t *txn, uint32_t tenant,
    uint64_t at, pl_arena_t *ar, uint64_t *sequence, int64_t *time_ms,
    pl_err_t *err);


#define FAULT(name)  PL__DELIVERY_FAULT__DELIVERY_FAULT_##name

static const subscription_answer_t  subscription_answers[] = {
    { 300, 399, FAULT(REDIRECT) },
    { 410, 410, FAULT(GONE) },
    { 429, 429, FAULT(THROTTLED) },
    { 400, 400, FAULT(REJECTED) },
    { 413, 415, FAULT(REJECTED) },      /* too large; its URL, its type */
    { 422, 422, FAULT(REJECTED) },
    { 400, 499, FAULT(REFUSED) },
};

/* By Pl__DeliveryFault. */
static const char *const  subscription_names[] = {
    "none", "unreached", "forbidden", "tls", "timeout", "cut", "redirect",
    "refused", "rejected", "throttled", "broken", "gone", "secret", "event",
    "missed"
};

/* Rules of the audit log, by Pl__SubscriptionPause. */
static const char *const  subscription_pauses[] = {
    NULL, "subscription.paused", "subscription.failed", "subscription.gone"
};

const pl_retry_t  pl_subscription_retry = {
    PL__RETRY_CLASS__RETRY_CLASS_TRANSIENT, "subscription", 1000, 2,
    3600 * 1000LL, 0, PL_PAUSE_AFTER_MAX_MS
};


Pl__DeliveryFault
pl_subscription_fault(int http_status, bool retry_after)
{
    size_t  i;

    if (http_status >= 200 && http_status <= 299) {
        return 0;
    }

    for (i = 0; i < PL_COUNT(subscription_answers); i++) {
        if (http_status >= subscription_answers[i].from
            && http_status <= subscription_answers[i].to)
        {
            return subscription_answers[i].fault;
        }
    }

    return retry_after ? FAULT(THROTTLED) : FAULT(BROKEN);
}


const char *
pl_subscription_fault_name(Pl__DeliveryFault fault)
{
    return (size_t) fault < PL_COUNT(subscription_names)
           ? subscription_names[fault] : "unknown";
}


pl_status_t
pl_subscription_check(const Pl__SubscriptionTerms *terms, bool plain,
    pl_err_t *err)
{
    pl_str_t      url = pl_str_c(terms->url);
    pl_err_t      why;
    pl_origin_t   origin;

    if (url.len > PL_SUBSCRIPTION_URL_MAX) {
        return subscription_bad(err, "url", "longer than 2,048 bytes");
    }

    if (memchr(url.data, '#', url.len) != NULL) {
        return subscription_bad(err, "url", "has a fragment");
    }

    if (pl_url_origin(url, &origin, &why) != PL_OK) {
        return subscription_bad(err, "url", why.text);
    }

    if (!origin.tls && !plain) {
        return subscription_bad(err, "url", "is not https");
    }

    if (terms->name != NULL
        && !subscription_word(terms->name, PL_SUBSCRIPTION_NAME_MAX))
    {
        return subscription_bad(err, "name", "longer than 128 bytes, or not "
                                             "printable");
    }

    if (terms->owner != NULL
        && !subscription_word(terms->owner, PL_SUBSCRIPTION_OWNER_MAX))
    {
        return subscription_bad(err, "owner", "longer than 128 bytes, or "
                                              "not printable");
    }

    return subscription_numbers(terms, err);
}


pl_str_t
pl_subscription_aad(char buf[PL_SECRET_AAD_MAX], uint32_t tenant,
    uint64_t place)
{
    int  n;

    n = snprintf(buf, PL_SECRET_AAD_MAX, "subscription/%" PRIu32 "/%016"
                 PRIx64 "/secret", tenant, place);

    return (pl_str_t) { (const uint8_t *) buf, (size_t) n };
}


bool
pl_subscription_signs(const Pl__SubscriptionSecret *secret, int64_t now_ms)
{
    return !secret->has_until_ms || now_ms < secret->until_ms;
}


pl_status_t
pl_subscription_get(pl_txn_t *txn, uint32_t tenant, uint64_t id,
    pl_arena_t *ar, Pl__Subscription **subscription, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, tenant, id);

    rc = pl_record_get(txn, PL_TABLE_SUBSCRIPTIONS, pl_key_str(&key),
                       &pl__subscription__descriptor, ar, &msg, err);
    *subscription = rc == PL_OK ? (Pl__Subscription *) msg : NULL;

    return rc;
}


void
pl_key_undelivered(pl_key_t *key, uint32_t tenant, uint64_t subscription,
    uint64_t sequence)
{
    pl_key_tenant_seq(key, tenant, subscription);
    pl_key_u64(key, sequence);
}


pl_status_t
pl_subscription_seek(pl_txn_t *txn, uint32_t tenant, int64_t from_ms,
    pl_arena_t *ar, uint64_t *after, pl_err_t *err)
{
    int64_t      time_ms;
    unsigned     i;
    uint64_t     low = 0, high = UINT64_MAX, at, sequence;
    pl_status_t  rc;

    /* rows before low are too old; the first at or behind high is not */

    for (i = 0; i < SUBSCRIPTION_HALVES_MAX && low < high; i++) {
        at = low + (high - low) / 2;

        rc = subscription_row(txn, tenant, at, ar, &sequence, &time_ms, err);

        if (rc == PL_NOTFOUND || (rc == PL_OK && time_ms >= from_ms)) {
            high = at;

        } else if (rc == PL_OK) {
            low = sequence + 1;

        } else {
            return rc;
        }
    }

    rc = subscription_row(txn, tenant, low, ar, &sequence, &time_ms, err);

    if (rc == PL_NOTFOUND) {

        /* nothing is so young: behind the last there is */

        *after = low == 0 ? 0 : low - 1;
        return PL_OK;
    }

    *after = sequence - 1;

    return rc;
}


pl_status_t
pl_subscription_put(pl_apply_t *ap, uint32_t tenant,
    const Pl__Subscription *subscription, pl_err_t *err)
{
    pl_key_t  key;

    pl_key_tenant_seq(&key, tenant, subscription->id);

    return pl_record_put(ap->txn, PL_TABLE_SUBSCRIPTIONS, pl_key_str(&key),
                         &subscription->base, false, err);
}


void
pl_subscription_changed(pl_apply_t *ap)
{
    ap->meta->has_subscriptions_changed = 1;
    ap->meta->subscriptions_changed++;
}


pl_status_t
pl_subscription_audit(pl_apply_t *ap, uint32_t tenant, uint64_t subscription,
    const char *rule, const char *actor, const char *text, pl_err_t *err)
{
    Pl__AuditEvent  row = PL__AUDIT_EVENT__INIT;

    row.kind = PL__AUDIT_KIND__AUDIT_KIND_SUBSCRIPTION;
    row.subject = subscription;
    row.rule = (char *) rule;
    row.actor = (char *) actor;
    row.text = (char *) text;

    return pl_feed_audit_row(ap, tenant, &row, err);
}


pl_status_t
pl_subscription_pause(pl_apply_t *ap, uint32_t tenant,
    Pl__Subscription *subscription, Pl__SubscriptionPause why,
    const char *actor, const char *reason, pl_err_t *err)
{
    if (subscription->state
        == PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED)
    {
        return PL_OK;
    }

    subscription->state = PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED;
    subscription->has_pause = 1;
    subscription->pause = why;
    subscription->actor = (char *) actor;
    subscription->reason = (char *) reason;
    subscription->has_paused_ms = 1;
    subscription->paused_ms = pl_sandbox_now(ap);

    pl_subscription_changed(ap);

    return pl_subscription_audit(ap, tenant, subscription->id,
                                 subscription_pauses[why], actor, reason,
                                 err);
}


static pl_status_t
subscription_bad(pl_err_t *err, const char *path, const char *why)
{
    (void) pl_err_set(err, PL_INVALID, "subscription", 0, "%s", why);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}


/* Bytes that a log may show: no control characters. */

static bool
subscription_word(const char *text, size_t max)
{
    size_t  i;

    for (i = 0; text[i] != '\0'; i++) {
        if (i == max || (unsigned char) text[i] < 0x20 || text[i] == 0x7f) {
            return false;
        }
    }

    return true;
}


static pl_status_t
subscription_types(const Pl__SubscriptionTerms *terms, pl_err_t *err)
{
    size_t       i, k;
    const char  *type;

    if (terms->n_types > PL_SUBSCRIPTION_TYPES_MAX) {
        return subscription_bad(err, "types", "more than 32");
    }

    for (i = 0; i < terms->n_types; i++) {
        type = terms->types[i];

        for (k = 0; (type[k] >= 'a' && type[k] <= 'z') || type[k] == '.'
                    || type[k] == '_'; k++)
        {
            /* void */
        }

        if (k == 0 || type[k] != '\0' || k > PL_SUBSCRIPTION_TYPE_MAX) {
            return subscription_bad(err, "types", "not the name of a type");
        }
    }

    return PL_OK;
}


static pl_status_t
subscription_numbers(const Pl__SubscriptionTerms *terms, pl_err_t *err)
{
    if (terms->has_poison_attempts
        && (terms->poison_attempts < 1
            || terms->poison_attempts > PL_POISON_ATTEMPTS_MAX))
    {
        return subscription_bad(err, "poison_attempts", "not 1 to 100");
    }

    if (terms->has_timeout_ms
        && (terms->timeout_ms < PL_DELIVERY_TIMEOUT_MIN_MS
            || terms->timeout_ms > PL_DELIVERY_TIMEOUT_MAX_MS))
    {
        return subscription_bad(err, "timeout_ms", "not 1 s to 60 s");
    }

    if (terms->has_pause_after_ms
        && (terms->pause_after_ms < PL_PAUSE_AFTER_MIN_MS
            || terms->pause_after_ms > PL_PAUSE_AFTER_MAX_MS))
    {
        return subscription_bad(err, "pause_after_ms",
                                "not a minute to 30 days");
    }

    if (terms->has_party != terms->has_party_kind) {
        return subscription_bad(err, "party", "is one thing with its kind");
    }

    return subscription_types(terms, err);
}


/* The first row of the tenant's `changes` at or behind `at`. */

static pl_status_t
subscription_row(pl_txn_t *txn, uint32_t tenant, uint64_t at,
    pl_arena_t *ar, uint64_t *sequence, int64_t *time_ms, pl_err_t *err)
{
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&from, tenant, at);

    rc = pl_store_scan(txn, PL_TABLE_CHANGES, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &key, &value, err);

    if (rc == PL_OK && (key.len != 12 || pl_be32(key.data) != tenant)) {
        rc = PL_NOTFOUND;
    }

    if (rc == PL_OK) {
        rc = pl_record_read(PL_TABLE_CHANGES, value, &pl__change__descriptor,
                            ar, &msg, err);
    }

    if (rc == PL_OK) {
        *sequence = pl_be64(key.data + 4);
        *time_ms = ((const Pl__Change *) msg)->time_ms;
    }

    pl_store_scan_end(scan);

    return rc;
}
