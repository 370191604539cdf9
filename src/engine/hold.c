/*
 * Holds while commands are applied: what an attempt asks, and what a result
 * says. What is an account's alone is in hold_account.c. See hold.h.
 *
 * Many attempts are on the wire when a provider says for the first time that
 * it has had enough, and each comes home with the same answer. An attempt
 * that began before the end of the row that stands belongs to that wave: it
 * says nothing new. So is a success of one no reason to go on.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/record.h"
#include "errand.h"
#include "hold.h"
#include "sandbox.h"

#define HOLD_AT_ONCE_MS  1000       /* where a result names no time */
#define HOLD_PLACES_MAX  8

/* A place, and for which causes it may be held. */
typedef struct {
    pl_hold_place_t  place;
    unsigned         causes;        /* bits, by HoldCause */
} hold_ask_t;

#define HOLD_PERSON    (1u << PL__HOLD_CAUSE__HOLD_CAUSE_PERSON)
#define HOLD_THROTTLE  (1u << PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE)
#define HOLD_ACCOUNT   (1u << PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT)

static size_t hold_wide(pl_apply_t *ap, const Pl__Effect *effect,
    hold_ask_t *asks);
static pl_status_t hold_asked(pl_apply_t *ap, const hold_ask_t *ask,
    bool *held, pl_err_t *err);
static pl_status_t hold_message(pl_apply_t *ap, const Pl__Effect *effect,
    Pl__Message **message, pl_err_t *err);
static pl_status_t hold_failed(pl_apply_t *ap, const pl_hold_place_t *place,
    Pl__HoldCause cause, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err);
static bool hold_again(Pl__HoldRecord *row, Pl__HoldCause cause,
    const Pl__AttemptRecord *attempt, int64_t now_ms);
static bool hold_before(const pl_apply_t *ap,
    const Pl__AttemptRecord *attempt);
static int64_t hold_until(const pl_apply_t *ap, const Pl__SendResult *in);
static pl_status_t hold_told(pl_apply_t *ap, const pl_hold_place_t *place,
    const Pl__SendResult *in, pl_err_t *err);
static pl_status_t hold_throttled(pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, const Pl__SendResult *in, bool *held,
    pl_err_t *err);
static pl_status_t hold_succeeded(pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, pl_err_t *err);
static pl_status_t hold_passed(pl_apply_t *ap, const hold_ask_t *ask,
    Pl__HoldCause cause, const Pl__AttemptRecord *attempt, pl_err_t *err);


pl_status_t
pl_hold_attempt(pl_apply_t *ap, const Pl__Effect *effect, bool *held,
    pl_err_t *err)
{
    char              digits[PL_HOLD_DIGITS_MAX];
    size_t            i, n;
    hold_ask_t        asks[HOLD_PLACES_MAX];
    pl_status_t       rc;
    Pl__Message      *message;
    pl_hold_place_t   places[PL_HOLD_ASIDE_MAX];

    *held = false;

    if (ap->meta->holds == 0) {
        return PL_OK;
    }

    n = hold_wide(ap, effect, asks);

    for (i = 0; i < n; i++) {
        rc = hold_asked(ap, &asks[i], held, err);
        if (rc != PL_OK || *held) {
            return rc;
        }
    }

    rc = hold_message(ap, effect, &message, err);
    if (rc != PL_OK) {
        return rc;
    }

    n = pl_hold_aside(effect, message, digits, places);

    for (i = 0; i < n; i++) {
        rc = pl_hold_held(ap, &places[i], held, err);

        if (rc == PL_OK && *held) {
            return pl_queue_aside(ap, effect, &places[i], err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


pl_status_t
pl_hold_result(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, bool *held, pl_err_t *err)
{
    pl_status_t        rc;
    pl_hold_place_t    place;
    const Pl__Effect  *effect;

    *held = false;
    effect = attempt->effect;

    switch (in->outcome) {

    case PL__OUTCOME__OUTCOME_SENT:
        if (ap->meta->holds == 0) {
            return PL_OK;
        }

        rc = hold_succeeded(ap, attempt, err);

        return rc == PL_OK && pl_errand(effect) != NULL
               ? pl_hold_turn(ap, effect, err) : rc;

    case PL__OUTCOME__OUTCOME_THROTTLE:
        return in->has_bucket ? hold_throttled(ap, attempt, in, held, err)
                              : PL_OK;

    case PL__OUTCOME__OUTCOME_ACCOUNT:

        *held = true;

        if (hold_before(ap, attempt)) {
            return PL_OK;               /* it goes again, as it is by now */
        }

        /* what a file is refused for may be that file's alone */

        place.tenant = effect->tenant;
        place.kind = effect->lane == PL__LANE__LANE_MEDIA
                     ? PL__HOLD_KIND__HOLD_KIND_FILES
                     : PL__HOLD_KIND__HOLD_KIND_CHANNEL;
        place.channel = effect->channel;
        place.subject = PL_STR_NULL;

        rc = pl_hold_accused(ap, attempt, &place, held, err);

        return rc == PL_OK && *held
               ? hold_failed(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT,
                             attempt, in, err)
               : rc;

    default:
        return ap->meta->holds == 0 ? PL_OK : pl_hold_turn(ap, effect, err);
    }
}


pl_status_t
pl_hold_get(pl_apply_t *ap, const pl_hold_place_t *place,
    Pl__HoldCause cause, Pl__HoldRecord **row, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_hold_key(&key, place, cause);

    rc = pl_record_get(ap->txn, PL_TABLE_HOLDS, pl_key_str(&key),
                       &pl__hold_record__descriptor, ap->ar, &msg, err);
    *row = (Pl__HoldRecord *) msg;

    return rc;
}


pl_status_t
pl_hold_put(pl_apply_t *ap, const pl_hold_place_t *place,
    Pl__HoldCause cause, const Pl__HoldRecord *row, bool fresh,
    pl_err_t *err)
{
    pl_key_t  key;

    pl_hold_key(&key, place, cause);

    ap->meta->has_holds = 1;
    ap->meta->holds += fresh;
    ap->meta->has_holds_changed = 1;
    ap->meta->holds_changed++;

    return pl_record_put(ap->txn, PL_TABLE_HOLDS, pl_key_str(&key),
                         &row->base, false, err);
}


pl_status_t
pl_hold_drop(pl_apply_t *ap, const pl_hold_place_t *place,
    Pl__HoldCause cause, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    pl_hold_key(&key, place, cause);

    rc = pl_store_del(ap->txn, PL_TABLE_HOLDS, pl_key_str(&key), err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    ap->meta->holds -= (ap->meta->holds != 0);
    ap->meta->has_holds_changed = 1;
    ap->meta->holds_changed++;

    return PL_OK;
}


pl_status_t
pl_hold_held(pl_apply_t *ap, const pl_hold_place_t *place, bool *held,
    pl_err_t *err)
{
    hold_ask_t  ask;

    ask.place = *place;
    ask.causes = HOLD_PERSON | HOLD_THROTTLE;

    return hold_asked(ap, &ask, held, err);
}


/* The subject is the channel, or the tenant's own number. */

pl_status_t
pl_hold_audit(pl_apply_t *ap, Pl__AuditKind kind,
    const pl_hold_place_t *place, const char *actor, const char *why,
    pl_err_t *err)
{
    pl_key_t        key;
    pl_str_t        name;
    pl_status_t     rc;
    Pl__AuditEvent  row = PL__AUDIT_EVENT__INIT;

    static const char *const  rules[] = {
        [PL__HOLD_KIND__HOLD_KIND_TENANT]   = "hold.tenant",
        [PL__HOLD_KIND__HOLD_KIND_CHANNEL]  = "hold.channel",
        [PL__HOLD_KIND__HOLD_KIND_ACCOUNT]  = "hold.account",
        [PL__HOLD_KIND__HOLD_KIND_APP]      = "hold.app",
        [PL__HOLD_KIND__HOLD_KIND_TEMPLATE] = "hold.template",
        [PL__HOLD_KIND__HOLD_KIND_CAMPAIGN] = "hold.campaign",
        [PL__HOLD_KIND__HOLD_KIND_GROUPS]   = "hold.groups",
        [PL__HOLD_KIND__HOLD_KIND_FILES]    = "hold.files",
    };

    row.kind = kind;
    row.time_ms = ap->now_ms;
    row.has_subject = 1;
    row.subject = place->channel != 0 ? place->channel : place->tenant;
    row.rule = (char *) rules[place->kind];
    row.actor = (char *) actor;
    row.text = (char *) why;
    name = place->subject;

    if (name.len != 0) {
        row.text = pl_arena_printf(ap->ar, "%.*s%s%s", (int) name.len,
                                   (const char *) name.data,
                                   why == NULL ? "" : ": ",
                                   why == NULL ? "" : why);
        if (row.text == NULL) {
            return pl_err_set(err, PL_NOMEM, "hold", 0, "out of memory");
        }
    }

    pl_key_tenant_seq(&key, place->tenant, pl_apply_id(ap));
    rc = pl_record_put(ap->txn, PL_TABLE_AUDIT, pl_key_str(&key),
                       &row.base, false, err);

    return rc == PL_OK ? pl_feed_hold(ap, kind, place, actor, why, err) : rc;
}


/* The places that stop all that an effect's channel sends. */

static size_t
hold_wide(pl_apply_t *ap, const Pl__Effect *effect, hold_ask_t *asks)
{
    bool                      there;
    size_t                    i, n;
    hold_ask_t                ask;
    pl_hold_place_t          *place = &ask.place;
    const pl_channel_conf_t  *channel;

    static const struct {
        Pl__HoldKind  kind;
        bool          channel;
        unsigned      causes;
    } wide[] = {
        { PL__HOLD_KIND__HOLD_KIND_TENANT, false, HOLD_PERSON },
        { PL__HOLD_KIND__HOLD_KIND_CHANNEL, true,
          HOLD_PERSON | HOLD_THROTTLE | HOLD_ACCOUNT },
        { PL__HOLD_KIND__HOLD_KIND_FILES, true, HOLD_ACCOUNT },
        { PL__HOLD_KIND__HOLD_KIND_ACCOUNT, false, HOLD_THROTTLE },
        { PL__HOLD_KIND__HOLD_KIND_APP, false, HOLD_THROTTLE },
    };

    channel = pl_settings_channel(ap->settings, effect->channel);

    for (i = 0, n = 0; i < PL_COUNT(wide); i++) {
        place->tenant = effect->tenant;
        place->kind = wide[i].kind;
        place->channel = wide[i].channel ? effect->channel : 0;
        place->subject = PL_STR_NULL;
        ask.causes = wide[i].causes;
        there = true;

        switch (place->kind) {

        case PL__HOLD_KIND__HOLD_KIND_FILES:
            there = effect->lane == PL__LANE__LANE_MEDIA;
            break;

        case PL__HOLD_KIND__HOLD_KIND_ACCOUNT:
            place->subject = channel == NULL
                             ? PL_STR_NULL : pl_str_c(channel->row->waba_id);
            there = place->subject.len != 0;
            break;

        case PL__HOLD_KIND__HOLD_KIND_APP:
            place->subject = channel == NULL
                             ? PL_STR_NULL : pl_str_c(channel->row->provider);
            there = place->subject.len != 0;
            break;

        default:
            break;
        }

        if (there) {
            asks[n++] = ask;
        }
    }

    return n;
}


static pl_status_t
hold_asked(pl_apply_t *ap, const hold_ask_t *ask, bool *held, pl_err_t *err)
{
    Pl__HoldCause    cause;
    pl_status_t      rc;
    Pl__HoldRecord  *row;

    *held = false;

    for (cause = PL__HOLD_CAUSE__HOLD_CAUSE_PERSON;
         cause <= PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT; cause++)
    {
        if ((ask->causes & (1u << cause)) == 0) {
            continue;
        }

        rc = pl_hold_get(ap, &ask->place, cause, &row, err);

        if (rc == PL_OK && pl_hold_stands(row, pl_sandbox_now(ap))) {
            *held = true;
            return PL_OK;
        }

        if (rc != PL_OK && rc != PL_NOTFOUND) {
            return rc;
        }
    }

    return PL_OK;
}


/* NULL: an errand, or its row is gone. */

static pl_status_t
hold_message(pl_apply_t *ap, const Pl__Effect *effect, Pl__Message **message,
    pl_err_t *err)
{
    pl_status_t  rc;

    *message = NULL;

    if (effect->of_case != PL__EFFECT__OF_SEND_MESSAGE) {
        return PL_OK;
    }

    rc = pl_message_get(ap, effect->send_message->message, message, err);

    if (rc == PL_NOTFOUND) {
        *message = NULL;
        return PL_OK;
    }

    return rc;
}


/* One more that failed: the row is made, or its end moves on. */

static pl_status_t
hold_failed(pl_apply_t *ap, const pl_hold_place_t *place,
    Pl__HoldCause cause, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    bool             fresh;
    int64_t          now_ms, until_ms;
    pl_status_t      rc;
    Pl__HoldRecord   none = PL__HOLD_RECORD__INIT, *row;

    rc = pl_hold_get(ap, place, cause, &row, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    fresh = (rc == PL_NOTFOUND);
    now_ms = pl_sandbox_now(ap);
    until_ms = hold_until(ap, in);

    if (fresh) {
        row = &none;
        row->since_ms = now_ms;
        row->has_until_ms = 1;
        row->until_ms = now_ms;
        row->has_failures = 1;
        row->failures = 1;

    } else if (!hold_again(row, cause, attempt, now_ms)
               && row->until_ms >= until_ms)
    {
        return PL_OK;
    }

    if (cause == PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT) {
        pl_hold_refused(row, attempt->effect, now_ms, until_ms);
    }

    row->until_ms = row->until_ms > until_ms ? row->until_ms : until_ms;
    row->reason = in->reason;
    row->has_code = in->has_code;
    row->code = in->code;
    row->has_http_status = in->has_http_status;
    row->http_status = in->http_status;

    rc = pl_hold_put(ap, place, cause, row, fresh, err);

    if (rc == PL_OK && fresh) {
        rc = pl_feed_count(ap, place->tenant, "holds",
                           cause == PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT
                           ? "account" : "throttle", err);
    }

    return rc == PL_OK && fresh
           && cause == PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT
           ? hold_told(ap, place, in, err) : rc;
}


/* Did it begin after the row's end, and is no part of the wave before? */

static bool
hold_again(Pl__HoldRecord *row, Pl__HoldCause cause,
    const Pl__AttemptRecord *attempt, int64_t now_ms)
{
    if (attempt->began_ms < row->until_ms) {
        return false;
    }

    if (pl_hold_over(row, cause, now_ms)) {
        row->since_ms = now_ms;
        row->failures = 0;
    }

    row->has_failures = 1;
    row->failures += (row->failures != UINT32_MAX);

    return true;
}


/*
 * Did it begin before its channel became another? What was refused then, an
 * old token, says nothing of what there is now.
 */

static bool
hold_before(const pl_apply_t *ap, const Pl__AttemptRecord *attempt)
{
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, attempt->effect->channel);

    return channel != NULL && channel->row->has_renewed_ms
           && attempt->began_ms <= channel->row->renewed_ms;
}


/* Whoever made the result has bounded it; a journal may say anything. */

static int64_t
hold_until(const pl_apply_t *ap, const Pl__SendResult *in)
{
    int64_t  now_ms;

    now_ms = pl_sandbox_now(ap);

    if (!in->has_retry_ms || in->retry_ms < now_ms + HOLD_AT_ONCE_MS) {
        return now_ms + HOLD_AT_ONCE_MS;
    }

    return in->retry_ms < now_ms + PL_HOLD_WAIT_MAX_MS
           ? in->retry_ms : now_ms + PL_HOLD_WAIT_MAX_MS;
}


static pl_status_t
hold_told(pl_apply_t *ap, const pl_hold_place_t *place,
    const Pl__SendResult *in, pl_err_t *err)
{
    return pl_hold_audit(ap, PL__AUDIT_KIND__AUDIT_KIND_HELD, place, NULL,
                         in->reason == NULL ? "account refused" : in->reason,
                         err);
}


static pl_status_t
hold_throttled(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, bool *held, pl_err_t *err)
{
    pl_status_t        rc;
    Pl__Message       *message;
    pl_hold_place_t    place;
    const Pl__Effect  *effect;

    effect = attempt->effect;

    rc = hold_message(ap, effect, &message, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!pl_hold_bucket(pl_settings_channel(ap->settings, effect->channel),
                        effect, message, in->bucket, &place))
    {
        return PL_OK;
    }

    *held = true;

    return hold_failed(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE,
                       attempt, in, err);
}


static pl_status_t
hold_succeeded(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    pl_err_t *err)
{
    char               digits[PL_HOLD_DIGITS_MAX];
    size_t             i, k, n;
    hold_ask_t         asks[HOLD_PLACES_MAX];
    pl_status_t        rc;
    Pl__Message       *message;
    pl_hold_place_t    places[PL_HOLD_ASIDE_MAX];
    const Pl__Effect  *effect;

    effect = attempt->effect;

    rc = hold_message(ap, effect, &message, err);
    if (rc != PL_OK) {
        return rc;
    }

    n = hold_wide(ap, effect, asks);
    k = pl_hold_aside(effect, message, digits, places);

    for (i = 0; i < k; i++, n++) {
        asks[n].place = places[i];
        asks[n].causes = HOLD_THROTTLE;
    }

    for (i = 0; i < n; i++) {
        rc = hold_passed(ap, &asks[i], PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE,
                         attempt, err);

        /* a file that comes says little of messages */

        if (rc == PL_OK
            && (effect->lane != PL__LANE__LANE_MEDIA
                || asks[i].place.kind == PL__HOLD_KIND__HOLD_KIND_FILES))
        {
            rc = hold_passed(ap, &asks[i],
                             PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT, attempt,
                             err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


/*
 * The row goes, where the attempt that went through began past its end. Where
 * messages are refused, a list that can be read says little of them.
 */

static pl_status_t
hold_passed(pl_apply_t *ap, const hold_ask_t *ask, Pl__HoldCause cause,
    const Pl__AttemptRecord *attempt, pl_err_t *err)
{
    pl_status_t      rc;
    Pl__HoldRecord  *row;

    if ((ask->causes & (1u << cause)) == 0) {
        return PL_OK;
    }

    rc = pl_hold_get(ap, &ask->place, cause, &row, err);
    if (rc != PL_OK || attempt->began_ms < row->until_ms
        || (row->message && pl_errand(attempt->effect) != NULL))
    {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    rc = pl_hold_drop(ap, &ask->place, cause, err);

    return rc == PL_OK && cause == PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT
           ? pl_hold_audit(ap, PL__AUDIT_KIND__AUDIT_KIND_LIFTED, &ask->place,
                           NULL, "an attempt went through", err)
           : rc;
}
