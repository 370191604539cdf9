/*
 * Conversations whose newest message is older than the feed of changes goes
 * back. The list is a walk of that feed backwards, then of these. See
 * inbox.h.
 *
 * Pruning goes through a tenant's changes from the oldest, so rows are added
 * behind all that the tenant has. Who speaks again takes the row away; and
 * since StateMeta.quiet_last names the newest message that ever got one,
 * those who speak every few days never look.
 */

#include "../core/record.h"
#include "inbox.h"


void
pl_key_quiet(pl_key_t *key, uint32_t tenant, uint64_t message)
{
    pl_key_tenant_seq(key, tenant, message);
}


pl_status_t
pl_quiet_pruned(pl_apply_t *ap, uint32_t tenant, const Pl__Change *change,
    pl_err_t *err)
{
    pl_key_t           key, place;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    if (change->kind != PL__CHANGE_KIND__CHANGE_KIND_MESSAGE
        || !change->has_message)
    {
        return PL_OK;
    }

    party.tenant = tenant;
    party.kind = change->party_kind;
    party.party = change->party;

    rc = pl_conversation_get(ap, &party, &conv, err);
    if (rc != PL_OK || conv->n_newest == 0
        || conv->newest[conv->n_newest - 1] != change->message)
    {
        return rc;
    }

    pl_key_quiet(&key, tenant, change->message);
    pl_key_place(&place, party.kind, party.party);

    rc = pl_record_put_bytes(ap->txn, PL_TABLE_QUIET, pl_key_str(&key),
                             pl_key_str(&place), false, err);

    if (rc == PL_OK && change->message > ap->meta->quiet_last) {
        ap->meta->has_quiet_last = 1;
        ap->meta->quiet_last = change->message;
    }

    return rc;
}


pl_status_t
pl_quiet_leave(pl_apply_t *ap, uint32_t tenant, const Pl__Conversation *conv,
    pl_err_t *err)
{
    uint64_t     newest;
    pl_key_t     key;
    pl_status_t  rc;

    newest = conv->n_newest == 0 ? 0 : conv->newest[conv->n_newest - 1];

    if (newest == 0 || newest > ap->meta->quiet_last) {
        return PL_OK;
    }

    pl_key_quiet(&key, tenant, newest);

    rc = pl_store_del(ap->txn, PL_TABLE_QUIET, pl_key_str(&key), err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
