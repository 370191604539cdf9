/*
 * Contacts that turn out to be one person, and the way back.
 *
 * The older contact stays. The other keeps its record, its conversation and
 * its messages, and from then on says `joined_to`; its addresses move, so
 * that who writes from any of them is the contact that stays. A merge
 * remembers what moved and why; a split moves it back.
 *
 *     contact 4  phone A          contact 4  phone A, user id U (merge 31)
 *     contact 9  user id U   ->   contact 9  joined to 4
 *
 * What still names the joined contact: its messages and its conversation,
 * for ever; timers, which fire for the contact that it is since; effects,
 * which leave under the conversation and the windows that they were queued
 * with; rows of members, which stand for the contact that it is since.
 *
 * Addresses that nobody had are joined too (`from` is absent): a split gives
 * them a contact of their own.
 */

#include <string.h>

#include "../core/record.h"
#include "asked.h"
#include "caps.h"
#include "consent.h"
#include "inbox.h"
#include "reach.h"
#include "run.h"
#include "words.h"

static pl_status_t join_address(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *contact, const Pl__Address *from, uint64_t merge,
    pl_err_t *err);
static bool join_allowed(const Pl__Contact *into, const Pl__Contact *from,
    Pl__Evidence evidence);
static bool join_apart(const Pl__Contact *contact, uint64_t id);
static pl_status_t join_consents(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *into, const Pl__Contact *from, pl_err_t *err);
static pl_status_t join_conversation(pl_apply_t *ap, uint32_t tenant,
    const Pl__ContactMerge *merge, pl_err_t *err);
static pl_status_t join_names(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *into, const Pl__Contact *from, pl_err_t *err);
static pl_status_t join_inbox(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, bool listed, pl_err_t *err);
static pl_status_t join_put(pl_apply_t *ap, uint32_t tenant,
    const Pl__ContactMerge *merge, pl_err_t *err);
static pl_status_t join_feed(pl_apply_t *ap, uint32_t tenant,
    const Pl__ContactMerge *merge, const Pl__Contact *into,
    const Pl__Contact *from, pl_err_t *err);


pl_status_t
pl_contact_learn(pl_apply_t *ap, uint32_t tenant, Pl__Contact *contact,
    const pl_learned_t *learned, size_t n, Pl__Evidence evidence,
    bool merge, pl_err_t *err)
{
    size_t            i;
    pl_status_t       rc;
    Pl__Address       address[PL_LEARNED_MAX], *list[PL_LEARNED_MAX];
    Pl__ContactMerge  row = PL__CONTACT_MERGE__INIT;

    if (n > PL_COUNT(list) || contact->n_addresses + n > PL_ADDRESSES_MAX) {
        return pl_feed_count(ap, tenant, "contacts", "address_full", err);
    }

    row.id = merge ? pl_apply_id(ap) : 0;

    for (i = 0; i < n; i++) {
        pl__address__init(&address[i]);
        address[i].kind = learned[i].kind;
        address[i].value = (char *) learned[i].value;
        address[i].given = (char *) learned[i].given;
        address[i].has_seen_ms = 1;
        address[i].seen_ms = ap->now_ms;
        list[i] = &address[i];

        rc = join_address(ap, tenant, contact, &address[i], row.id, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (!merge) {
        return PL_OK;
    }

    row.into = contact->id;
    row.evidence = evidence;
    row.time_ms = ap->now_ms;
    row.entry = ap->entry;
    row.addresses = list;
    row.n_addresses = n;

    return join_put(ap, tenant, &row, err);
}


pl_status_t
pl_contact_join(pl_apply_t *ap, uint32_t tenant, Pl__Contact *a,
    Pl__Contact *b, Pl__Evidence evidence, const char *actor,
    Pl__Contact **root, pl_err_t *err)
{
    size_t             i;
    pl_status_t        rc;
    Pl__Contact       *into, *from;
    Pl__ContactMerge   row = PL__CONTACT_MERGE__INIT;

    into = a->id < b->id ? a : b;
    from = into == a ? b : a;
    *root = a;

    if (!join_allowed(into, from, evidence)) {
        return pl_feed_count(ap, tenant, "contacts", "not_joined", err);
    }

    row.id = pl_apply_id(ap);
    row.into = into->id;
    row.has_from = 1;
    row.from = from->id;
    row.evidence = evidence;
    row.time_ms = ap->now_ms;
    row.entry = ap->entry;
    row.addresses = from->addresses;
    row.n_addresses = from->n_addresses;
    row.actor = (char *) actor;

    rc = join_put(ap, tenant, &row, err);

    for (i = 0; rc == PL_OK && i < from->n_addresses; i++) {
        rc = join_address(ap, tenant, into, from->addresses[i], row.id, err);
    }

    if (rc == PL_OK) {
        rc = join_consents(ap, tenant, into, from, err);
    }

    if (rc == PL_OK) {
        rc = join_conversation(ap, tenant, &row, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    from->n_addresses = 0;
    from->has_joined_to = 1;
    from->joined_to = into->id;

    into->joined = pl_apply_list_u64(ap, into->joined, into->n_joined,
                                     from->id);
    if (into->joined == NULL) {
        return pl_err_set(err, PL_NOMEM, "contact", 0, "out of memory");
    }

    into->n_joined++;

    rc = join_names(ap, tenant, into, from, err);
    if (rc != PL_OK) {
        return rc;
    }

    *root = into;

    return join_feed(ap, tenant, &row, into, from, err);
}


/* The one that goes keeps its rows, which lead to the other by way of it. */

static pl_status_t
join_names(pl_apply_t *ap, uint32_t tenant, Pl__Contact *into,
    const Pl__Contact *from, pl_err_t *err)
{
    pl_names_t  before = { into->name, into->username }, after;

    if (into->name == NULL) {
        into->name = from->name;
    }

    if (into->username == NULL) {
        into->username = from->username;
    }

    after.name = into->name;
    after.username = into->username;

    return pl_names_change(ap, tenant, into->id, &before, &after, err);
}


/* Puts an address, and leads its index row here. */

static pl_status_t
join_address(pl_apply_t *ap, uint32_t tenant, Pl__Contact *contact,
    const Pl__Address *from, uint64_t merge, pl_err_t *err)
{
    pl_key_t      key;
    Pl__Address  *address;

    address = pl_arena_alloc(ap->ar, sizeof(*address));
    if (address == NULL) {
        return pl_err_set(err, PL_NOMEM, "contact", 0, "out of memory");
    }

    *address = *from;
    address->has_merge = (merge != 0);
    address->merge = merge;

    contact->addresses = pl_apply_list(ap, contact->addresses,
                                       contact->n_addresses, address);
    if (contact->addresses == NULL) {
        return pl_err_set(err, PL_NOMEM, "contact", 0, "out of memory");
    }

    contact->n_addresses++;

    pl_key_address(&key, tenant, address->kind, pl_str_c(address->value));

    return pl_record_put_u64(ap->txn, PL_TABLE_ADDRESSES, pl_key_str(&key),
                             contact->id, false, err);
}


static bool
join_allowed(const Pl__Contact *into, const Pl__Contact *from,
    Pl__Evidence evidence)
{
    if (into->id == from->id || into->has_joined_to || from->has_joined_to
        || into->n_addresses + from->n_addresses > PL_ADDRESSES_MAX
        || into->n_joined >= PL_JOINED_MAX)
    {
        return false;
    }

    return evidence == PL__EVIDENCE__EVIDENCE_OPERATOR
           || (!join_apart(into, from->id) && !join_apart(from, into->id));
}


static bool
join_apart(const Pl__Contact *contact, uint64_t id)
{
    size_t  i;

    for (i = 0; i < contact->n_apart; i++) {
        if (contact->apart[i] == id) {
            return true;
        }
    }

    return false;
}


/* What either of them forbade stays forbidden, after a split as well. */

static pl_status_t
join_consents(pl_apply_t *ap, uint32_t tenant, Pl__Contact *into,
    const Pl__Contact *from, pl_err_t *err)
{
    bool                changed;
    size_t              i;
    pl_status_t         rc;
    const Pl__Consent  *c;

    if (from->spared_ms > into->spared_ms) {
        into->has_spared_ms = into->has_spared = 1;
        into->spared_ms = from->spared_ms;
        into->spared = from->spared;
    }

    for (i = 0; i < from->n_consents; i++) {
        c = from->consents[i];

        if (c->state != PL__CONSENT_STATE__CONSENT_STATE_REVOKED
            && c->state != PL__CONSENT_STATE__CONSENT_STATE_PAUSED)
        {
            continue;
        }

        rc = pl_contact_consent(ap, into, c, &changed, err);

        if (rc == PL_OK && changed) {
            rc = pl_feed_audit_consent(ap, tenant, into->id, c, "joined",
                                       err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
join_conversation(pl_apply_t *ap, uint32_t tenant,
    const Pl__ContactMerge *merge, pl_err_t *err)
{
    pl_party_t         a, b;
    pl_status_t        rc;
    Pl__Conversation  *into, *from;

    a.tenant = b.tenant = tenant;
    a.kind = b.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    a.party = merge->into;
    b.party = merge->from;

    rc = pl_conversation_get(ap, &a, &into, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_conversation_get(ap, &b, &from, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (from->messages == 0 && from->n_windows == 0 && from->n_tasks == 0) {
        return PL_OK;           /* there is none */
    }

    rc = join_inbox(ap, &a, into, false, err);

    if (rc == PL_OK) {
        rc = join_inbox(ap, &b, from, false, err);
    }

    if (rc == PL_OK) {
        rc = pl_reach_join(ap, into, from, err);
    }

    if (rc == PL_OK) {
        rc = pl_window_join(ap, into, from, merge, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_caps_join(ap, &a, &b, err);
    if (rc == PL_OK) {
        rc = pl_run_join(ap, &a, into, from, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    from->has_joined_to = 1;
    from->joined_to = merge->into;

    rc = join_inbox(ap, &a, into, true, err);

    if (rc == PL_OK) {
        rc = pl_conversation_put(ap, &a, into, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    return pl_conversation_put(ap, &b, from, err);
}


/* Tags, owner and what is unread may be others behind it. */

static pl_status_t
join_inbox(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    bool listed, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_unread_settle(ap, party, conv, !listed, err);

    return rc == PL_OK ? pl_view_all(ap, party, conv, listed, err) : rc;
}


static pl_status_t
join_put(pl_apply_t *ap, uint32_t tenant, const Pl__ContactMerge *merge,
    pl_err_t *err)
{
    pl_key_t  key;

    pl_key_tenant_seq(&key, tenant, merge->id);

    return pl_record_put(ap->txn, PL_TABLE_MERGES, pl_key_str(&key),
                         &merge->base, false, err);
}


static pl_status_t
join_feed(pl_apply_t *ap, uint32_t tenant, const Pl__ContactMerge *merge,
    const Pl__Contact *into, const Pl__Contact *from, pl_err_t *err)
{
    pl_party_t   party;
    pl_status_t  rc;

    rc = pl_contact_put(ap, tenant, into, err);

    if (rc == PL_OK) {
        rc = pl_contact_put(ap, tenant, from, err);
    }

    if (rc == PL_OK) {
        rc = pl_consent_review(ap, tenant, into, 0, err);
    }

    if (rc == PL_OK) {
        rc = pl_consent_review(ap, tenant, from, 0, err);
    }

    if (rc == PL_OK) {
        rc = pl_feed_audit(ap, tenant, PL__AUDIT_KIND__AUDIT_KIND_JOINED,
                           merge->id, NULL, merge->actor, err);
    }

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, tenant, "contacts", "joined", err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    pl_asked_made(ap, merge->id);

    party.tenant = tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = into->id;

    rc = pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_CONTACT, &party, 0,
                        0, err);
    party.party = from->id;

    return rc == PL_OK
           ? pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_CONTACT, &party,
                            0, 0, err)
           : rc;
}
