/*
 * Collapse keys. See collapse.h.
 */

#include <inttypes.h>

#include "../core/record.h"
#include "collapse.h"
#include "later.h"

static pl_status_t collapse_newest(pl_apply_t *ap, const Pl__Effect *effect,
    pl_key_t *key, uint64_t *message, pl_err_t *err);
static const char *collapse_text(pl_apply_t *ap, uint64_t message);


pl_status_t
pl_collapse_take(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    bool         done;
    pl_key_t     key;
    uint64_t     own, newest;
    const char  *text;
    pl_status_t  rc;

    own = effect->send_message->message;

    rc = collapse_newest(ap, effect, &key, &newest, err);
    if (rc != PL_OK || newest >= own) {
        return rc;
    }

    if (newest != 0) {
        text = collapse_text(ap, own);
        if (text == NULL) {
            return pl_err_set(err, PL_NOMEM, "collapse", 0, "out of memory");
        }

        rc = pl_later_withdraw(ap, newest, PL_LATER_WAITING,
                               PL__AUDIT_KIND__AUDIT_KIND_COLLAPSED, text,
                               &done, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return pl_record_put_u64(ap->txn, PL_TABLE_COLLAPSES, pl_key_str(&key),
                             own, false, err);
}


pl_status_t
pl_collapse_leave(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    pl_key_t     key;
    uint64_t     newest;
    pl_status_t  rc;

    rc = collapse_newest(ap, effect, &key, &newest, err);
    if (rc != PL_OK || newest != effect->send_message->message) {
        return rc;
    }

    return pl_store_del(ap->txn, PL_TABLE_COLLAPSES, pl_key_str(&key), err);
}


pl_status_t
pl_collapse_again(pl_apply_t *ap, const Pl__Effect *effect,
    Pl__Message *message, bool *ended, pl_err_t *err)
{
    pl_key_t     key;
    uint64_t     own, newest;
    const char  *text;
    pl_status_t  rc;

    *ended = false;

    if (effect->collapse_key == NULL) {
        return PL_OK;
    }

    own = effect->send_message->message;

    rc = collapse_newest(ap, effect, &key, &newest, err);
    if (rc != PL_OK || newest == own) {
        return rc;
    }

    /* who replaced it on the wire may have been called off meanwhile */

    if (newest < own) {
        return pl_collapse_take(ap, effect, err);
    }

    *ended = true;

    rc = pl_queue_end(ap, effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    text = collapse_text(ap, newest);

    return text == NULL
           ? pl_err_set(err, PL_NOMEM, "collapse", 0, "out of memory")
           : pl_later_ended(ap, own, message,
                            PL__AUDIT_KIND__AUDIT_KIND_COLLAPSED, text, err);
}


/* *message 0: none waits. */

static pl_status_t
collapse_newest(pl_apply_t *ap, const Pl__Effect *effect, pl_key_t *key,
    uint64_t *message, pl_err_t *err)
{
    pl_party_t   party;
    pl_status_t  rc;

    party.tenant = effect->tenant;
    party.kind = effect->party_kind;
    party.party = effect->party;

    pl_key_collapse(key, &party, effect->channel, effect->lane,
                    effect->collapse_key);

    rc = pl_record_get_u64(ap->txn, PL_TABLE_COLLAPSES, pl_key_str(key),
                           message, err);
    if (rc == PL_NOTFOUND) {
        *message = 0;
        return PL_OK;
    }

    return rc;
}


static const char *
collapse_text(pl_apply_t *ap, uint64_t message)
{
    return pl_arena_printf(ap->ar, "by msg_%" PRIu64, message);
}
