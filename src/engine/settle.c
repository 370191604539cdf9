/*
 * Dead letters: one that a person wants sent again, and one that is given up
 * for good. Each is asked for with the time at which the letter died, so
 * that asking twice does it once.
 */

#include "../core/record.h"
#include "apply.h"
#include "media.h"
#include "outbox.h"
#include "policy.h"
#include "tomb.h"
#include "upload.h"

static pl_status_t settle_letter(pl_apply_t *ap, uint32_t tenant,
    uint64_t effect, const int64_t *died_ms, Pl__DeadLetter **letter,
    pl_err_t *err);
static void settle_anew(const pl_apply_t *ap, Pl__Effect *effect);
static pl_status_t settle_end(pl_apply_t *ap, const Pl__DeadLetter *letter,
    Pl__AuditKind kind, const char *actor, pl_err_t *err);


pl_status_t
pl_apply_dead_retry(pl_apply_t *ap, const Pl__DeadRetry *in, pl_err_t *err)
{
    bool             erased;
    uint64_t         id;
    Pl__Effect      *effect;
    Pl__Message     *message;
    pl_status_t      rc;
    Pl__DeadLetter  *letter;

    rc = settle_letter(ap, in->tenant, in->effect,
                       in->has_died_ms ? &in->died_ms : NULL, &letter, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    effect = letter->effect;

    if (pl_policy_late(effect->expires_ms, ap->now_ms)) {
        return PL_OK;                   /* it stays: it would end again */
    }

    settle_anew(ap, effect);

    id = pl_outbox_message(effect);

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK || message->has_erased) {
        return rc == PL_NOTFOUND ? PL_OK : rc;  /* it says nothing any more */
    }

    rc = pl_tomb_message(ap, message, &erased, err);
    if (rc != PL_OK || erased) {
        return rc;                      /* nor will it, in a moment */
    }

    rc = settle_end(ap, letter, PL__AUDIT_KIND__AUDIT_KIND_RETRIED,
                    in->actor, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (effect->of_case == PL__EFFECT__OF_FETCH_MEDIA) {
        return pl_media_retry(ap, effect, err);
    }

    pl_upload_retry(effect);

    /* The one move backwards: a person said so, and the audit knows. */

    message->has_state = 0;
    message->rule = NULL;
    message->has_resent = 1;
    message->resent++;

    rc = pl_message_raise(ap, id, message,
                          PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED, 0, err);

    return rc == PL_OK ? pl_queue_put(ap, effect, err) : rc;
}


/* Its message stays failed. */

pl_status_t
pl_apply_dead_drop(pl_apply_t *ap, const Pl__DeadDrop *in, pl_err_t *err)
{
    pl_status_t      rc;
    Pl__DeadLetter  *letter;

    rc = settle_letter(ap, in->tenant, in->effect,
                       in->has_died_ms ? &in->died_ms : NULL, &letter, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    return settle_end(ap, letter, PL__AUDIT_KIND__AUDIT_KIND_DROPPED,
                      in->actor, err);
}


/* PL_NOTFOUND: it is gone, or has died anew since it was looked at. */

static pl_status_t
settle_letter(pl_apply_t *ap, uint32_t tenant, uint64_t effect,
    const int64_t *died_ms, Pl__DeadLetter **letter, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, tenant, effect);

    rc = pl_record_get(ap->txn, PL_TABLE_DEAD, pl_key_str(&key),
                       &pl__dead_letter__descriptor, ap->ar, &msg, err);
    *letter = (Pl__DeadLetter *) msg;

    return rc == PL_OK && died_ms != NULL && *died_ms != (*letter)->died_ms
           ? PL_NOTFOUND : rc;
}


/* As it was made; what became of its attempts stays with it. */

static void
settle_anew(const pl_apply_t *ap, Pl__Effect *effect)
{
    effect->has_attempts = 0;
    effect->attempts = 0;
    effect->has_unsent = 0;
    effect->unsent = 0;
    effect->has_free = 0;
    effect->free = 0;
    effect->has_resent = 0;
    effect->resent = 0;
    effect->has_aged_ms = 0;
    effect->aged_ms = 0;
    effect->has_accused = 0;
    effect->accused = 0;
    effect->has_accused_ms = 0;
    effect->accused_ms = 0;
    effect->created_ms = ap->now_ms;
    effect->due_ms = ap->now_ms;
}


static pl_status_t
settle_end(pl_apply_t *ap, const Pl__DeadLetter *letter, Pl__AuditKind kind,
    const char *actor, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    const Pl__Effect  *effect = letter->effect;

    pl_key_tenant_seq(&key, effect->tenant, effect->id);

    rc = pl_store_del(ap->txn, PL_TABLE_DEAD, pl_key_str(&key), err);

    if (rc == PL_OK) {
        rc = pl_feed_audit_by(ap, effect->tenant, kind,
                              pl_outbox_message(effect), NULL, actor, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    return pl_feed_count(ap, effect->tenant,
                         kind == PL__AUDIT_KIND__AUDIT_KIND_RETRIED
                         ? "dead_retried" : "dead_dropped", "", err);
}
