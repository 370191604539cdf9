/*
 * An effect that ends as a dead letter: the row that says why, its turn that
 * goes back to the caps, and its message, which has failed. See apply.h.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"
#include "caps.h"


pl_status_t
pl_queue_dead(pl_apply_t *ap, const Pl__Effect *effect, const char *reason,
    const char *rule, int32_t code, pl_err_t *err)
{
    bool             ignored;
    pl_key_t         key;
    Pl__Message     *message;
    pl_status_t      rc;
    Pl__DeadLetter   dead = PL__DEAD_LETTER__INIT;

    rc = pl_queue_end(ap, effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_queue_secret(ap, effect);

    dead.effect = (Pl__Effect *) effect;
    dead.died_ms = ap->now_ms;
    dead.reason = (char *) reason;
    dead.rule = (char *) rule;
    dead.has_code = (code != 0);
    dead.code = code;

    pl_key_tenant_seq(&key, effect->tenant, effect->id);

    rc = pl_record_put(ap->txn, PL_TABLE_DEAD, pl_key_str(&key), &dead.base,
                       false, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (rule != NULL) {
        rc = pl_feed_audit(ap, effect->tenant,
                           PL__AUDIT_KIND__AUDIT_KIND_BLOCKED,
                           effect->send_message->message, rule,
                           strcmp(reason, "policy") == 0 ? NULL : reason,
                           err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = pl_feed_count(ap, effect->tenant, "dead", "", err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_message_get(ap, effect->send_message->message, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (rule != NULL) {
        message->rule = (char *) rule;
    }

    rc = pl_caps_return(ap, message, &ignored, err);

    return rc == PL_OK
           ? pl_message_raise(ap, effect->send_message->message, message,
                              PL__MESSAGE_STATE__MESSAGE_STATE_FAILED, 0,
                              err)
           : rc;
}
