/*
 * What is no longer the sender's: a dead letter that a person wants sent
 * again, and what was unknown until somebody told (attempt.c).
 */

#include "../core/record.h"
#include "apply.h"
#include "media.h"
#include "outbox.h"
#include "policy.h"
#include "upload.h"


pl_status_t
pl_apply_dead_retry(pl_apply_t *ap, const Pl__DeadRetry *in, pl_err_t *err)
{
    uint64_t           id;
    pl_key_t           key;
    Pl__Effect        *effect;
    Pl__Message       *message;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, in->tenant, in->effect);

    rc = pl_record_get(ap->txn, PL_TABLE_DEAD, pl_key_str(&key),
                       &pl__dead_letter__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    effect = ((Pl__DeadLetter *) msg)->effect;

    if (pl_policy_late(effect->expires_ms, ap->now_ms)) {
        return PL_OK;                   /* it stays: it would end again */
    }

    effect->has_attempts = 0;
    effect->attempts = 0;
    effect->has_unsent = 0;
    effect->unsent = 0;
    effect->created_ms = ap->now_ms;
    effect->due_ms = ap->now_ms;

    id = pl_outbox_message(effect);

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    rc = pl_store_del(ap->txn, PL_TABLE_DEAD, pl_key_str(&key), err);

    if (rc == PL_OK) {
        rc = pl_feed_audit(ap, in->tenant,
                           PL__AUDIT_KIND__AUDIT_KIND_RETRIED, id, NULL,
                           in->actor, err);
    }

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

    rc = pl_message_raise(ap, id, message,
                          PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED, 0, err);

    return rc == PL_OK ? pl_queue_put(ap, effect, err) : rc;
}


pl_status_t
pl_attempt_settle(pl_apply_t *ap, uint32_t tenant, uint64_t message_id,
    pl_err_t *err)
{
    pl_key_t           from, key;
    pl_str_t           k, v;
    pl_scan_t         *scan;
    Pl__Effect        *effect;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    /*
     * The effect was drawn right behind its message (queue_add), so the row
     * is the first at or after the message's number, or it is not there.
     */

    pl_key_tenant_seq(&from, tenant, message_id);

    rc = pl_store_scan(ap->txn, PL_TABLE_UNKNOWN, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &k, &v, err);
    if (rc == PL_OK) {
        rc = pl_record_read(PL_TABLE_UNKNOWN, v,
                            &pl__unknown_send__descriptor, ap->ar, &msg,
                            err);
    }

    pl_store_scan_end(scan);

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    effect = ((Pl__UnknownSend *) msg)->effect;

    if (effect->tenant != tenant
        || effect->of_case != PL__EFFECT__OF_SEND_MESSAGE
        || effect->send_message->message != message_id)
    {
        return PL_OK;
    }

    pl_key_tenant_seq(&key, tenant, effect->id);

    rc = pl_store_del(ap->txn, PL_TABLE_UNKNOWN, pl_key_str(&key), err);
    if (rc != PL_OK) {
        return rc;
    }

    return pl_feed_count(ap, tenant, "unknown_settled", "", err);
}
