/*
 * What a revocation takes back. See consent.h.
 *
 * A conversation names what waits in its queues; those are walked from their
 * end, so that a head leaves last and no other becomes due for it. What is
 * to be sent later stands under its time, with those of everybody: it is
 * found among the conversation's newest messages. What lies further back
 * than PL_LATER_BACK_MAX is blocked by policy when its time has come.
 */

#include "consent.h"
#include "later.h"
#include "outbox.h"
#include "outgoing.h"

static pl_status_t withdraw_party(pl_apply_t *ap, const pl_party_t *party,
    const char *word, pl_err_t *err);
static pl_status_t withdraw_queued(pl_apply_t *ap, const Pl__Effect *effect,
    bool behind, const void *data, pl_err_t *err);
static pl_status_t withdraw_later(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, const void *data, pl_err_t *err);
static pl_status_t withdraw_one(pl_apply_t *ap, const Pl__Effect *effect,
    pl_later_e what, const char *word, pl_err_t *err);
static pl_status_t withdraw_marketing(pl_apply_t *ap,
    const Pl__Effect *effect, bool *is, pl_err_t *err);


/* A contact that was joined to this one left its conversation behind. */

pl_status_t
pl_consent_withdraw(pl_apply_t *ap, uint32_t tenant,
    const Pl__Contact *contact, const char *word, pl_err_t *err)
{
    size_t       i;
    pl_party_t   party;
    pl_status_t  rc;

    party.tenant = tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = contact->id;

    rc = withdraw_party(ap, &party, word, err);

    for (i = 0; rc == PL_OK && i < contact->n_joined; i++) {
        party.party = contact->joined[i];
        rc = withdraw_party(ap, &party, word, err);
    }

    return rc;
}


static pl_status_t
withdraw_party(pl_apply_t *ap, const pl_party_t *party, const char *word,
    pl_err_t *err)
{
    size_t             i;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    rc = pl_conversation_get(ap, party, &conv, err);

    for (i = 0; rc == PL_OK && i < conv->n_queues; i++) {
        rc = pl_queue_walk(ap, conv->queues[i], withdraw_queued, word, err);
    }

    return rc == PL_OK ? pl_later_newest(ap, conv, withdraw_later, word,
                                         err) : rc;
}


static pl_status_t
withdraw_queued(pl_apply_t *ap, const Pl__Effect *effect, bool behind,
    const void *data, pl_err_t *err)
{
    return withdraw_one(ap, effect, behind ? PL_LATER_BEHIND
                                           : PL_LATER_WAITING, data, err);
}


static pl_status_t
withdraw_later(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    const void *data, pl_err_t *err)
{
    Pl__Effect   *effect;
    pl_status_t   rc;

    rc = pl_outbox_waiting(ap->txn, id, message, ap->offset_ms, ap->ar,
                           &effect, err);
    if (rc == PL_OK) {
        rc = withdraw_one(ap, effect, PL_LATER_WAITING, data, err);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
withdraw_one(pl_apply_t *ap, const Pl__Effect *effect, pl_later_e what,
    const char *word, pl_err_t *err)
{
    bool         is, done;
    pl_status_t  rc;

    if (effect->of_case != PL__EFFECT__OF_SEND_MESSAGE) {
        return PL_OK;
    }

    rc = withdraw_marketing(ap, effect, &is, err);
    if (rc != PL_OK || !is) {
        return rc;
    }

    return pl_later_withdraw(ap, effect->send_message->message, what,
                             PL__AUDIT_KIND__AUDIT_KIND_WITHDRAWN, word,
                             &done, err);
}


/* What policy calls so: what stays must be what it would let go. */

static pl_status_t
withdraw_marketing(pl_apply_t *ap, const Pl__Effect *effect, bool *is,
    pl_err_t *err)
{
    Pl__Message   *message;
    pl_status_t    rc;
    Pl__Category   category;

    *is = false;

    rc = pl_message_get(ap, effect->send_message->message, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    pl_policy_lane(message, effect);

    rc = pl_outgoing_category(ap, message, &category, err);
    *is = (rc == PL_OK && category == PL__CATEGORY__CATEGORY_MARKETING);

    return rc;
}
