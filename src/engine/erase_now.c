/*
 * What goes at once when a person is erased: who they are, what waits for
 * them, and what their conversation knows. See erase.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "erase_impl.h"
#include "inbox.h"
#include "tomb.h"
#include "words.h"

static pl_status_t now_unlist(pl_apply_t *ap, Pl__Erasure *e,
    const Pl__Contact *contact, const Pl__Tombstone *tomb, pl_err_t *err);
static pl_status_t now_stub(pl_apply_t *ap, const Pl__Erasure *e,
    const Pl__Contact *contact, pl_err_t *err);
static pl_status_t now_rows(pl_apply_t *ap, const pl_party_t *party,
    pl_err_t *err);
static pl_status_t now_range(pl_apply_t *ap, pl_table_e table,
    const pl_key_t *prefix, pl_err_t *err);
static pl_status_t now_conversation(pl_apply_t *ap, Pl__Erasure *e,
    const pl_party_t *party, pl_err_t *err);
static pl_status_t now_effect(pl_apply_t *ap, const Pl__Effect *effect,
    bool behind, const void *data, pl_err_t *err);
static pl_status_t now_conv_stub(pl_apply_t *ap, const pl_party_t *party,
    const Pl__Conversation *conv, pl_err_t *err);


pl_status_t
pl_erase_contact(pl_apply_t *ap, Pl__Erasure *e, const Pl__Contact *contact,
    const Pl__Tombstone *tomb, pl_err_t *err)
{
    pl_names_t   was, none = { NULL, NULL };
    pl_party_t   party;
    pl_status_t  rc;

    party.tenant = e->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = contact->id;

    was.name = contact->name;
    was.username = contact->username;

    rc = now_unlist(ap, e, contact, tomb, err);

    if (rc == PL_OK) {
        rc = pl_names_change(ap, e->tenant, contact->id, &was, &none, err);
    }

    if (rc == PL_OK) {
        rc = now_stub(ap, e, contact, err);
    }

    if (rc == PL_OK) {
        rc = now_conversation(ap, e, &party, err);
    }

    return rc == PL_OK ? now_rows(ap, &party, err) : rc;
}


/* Category, state, time and text version; not by whom, or in which words. */

pl_status_t
pl_erase_consents(pl_apply_t *ap, const Pl__Contact *contact,
    Pl__Tombstone *tomb, pl_err_t *err)
{
    size_t        i;
    Pl__Consent  *c;

    for (i = 0; i < contact->n_consents; i++) {
        c = pl_arena_alloc(ap->ar, sizeof(*c));
        tomb->consents = pl_apply_list(ap, tomb->consents, tomb->n_consents,
                                       c);
        if (c == NULL || tomb->consents == NULL) {
            return pl_err_set(err, PL_NOMEM, "erase", 0, "out of memory");
        }

        pl__consent__init(c);
        c->category = contact->consents[i]->category;
        c->state = contact->consents[i]->state;
        c->time_s = contact->consents[i]->time_s;
        c->text_version = contact->consents[i]->text_version;
        tomb->n_consents++;
    }

    return PL_OK;
}


static pl_status_t
now_unlist(pl_apply_t *ap, Pl__Erasure *e, const Pl__Contact *contact,
    const Pl__Tombstone *tomb, pl_err_t *err)
{
    size_t        i;
    uint64_t      id;
    pl_key_t      key;
    Pl__Address  *a;
    pl_status_t   rc;

    for (i = 0, rc = PL_OK; rc == PL_OK && i < contact->n_addresses; i++) {
        a = contact->addresses[i];

        rc = pl_contact_find(ap, e->tenant, a->kind, a->value, &id, err);

        if (rc == PL_OK && pl_erase_has(e, id)) {
            pl_key_address(&key, e->tenant, a->kind, pl_str_c(a->value));
            rc = pl_store_del(ap->txn, PL_TABLE_ADDRESSES, pl_key_str(&key),
                              err);
        }

        if (rc == PL_OK || rc == PL_NOTFOUND) {
            rc = pl_tomb_put(ap, e->tenant, a, tomb, err);
        }

        e->addresses = pl_apply_list(ap, e->addresses, e->n_addresses, a);
        if (rc == PL_OK && e->addresses == NULL) {
            rc = pl_err_set(err, PL_NOMEM, "erase", 0, "out of memory");
        }

        e->n_addresses++;
    }

    return rc;
}


static pl_status_t
now_stub(pl_apply_t *ap, const Pl__Erasure *e, const Pl__Contact *contact,
    pl_err_t *err)
{
    Pl__Contact  stub = PL__CONTACT__INIT;

    stub.id = contact->id;
    stub.has_created_ms = contact->has_created_ms;
    stub.created_ms = contact->created_ms;
    stub.has_updated_ms = 1;
    stub.updated_ms = ap->now_ms;
    stub.has_joined_to = contact->has_joined_to;
    stub.joined_to = contact->joined_to;
    stub.n_joined = contact->n_joined;
    stub.joined = contact->joined;
    stub.has_erased_ms = 1;
    stub.erased_ms = ap->now_ms;

    pl_store_plain(ap->txn);

    return pl_contact_put(ap, e->tenant, &stub, err);
}


static pl_status_t
now_rows(pl_apply_t *ap, const pl_party_t *party, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_tenant_seq(&key, party->tenant, party->party);

    rc = pl_store_del(ap->txn, PL_TABLE_REVIEWS, pl_key_str(&key), err);

    if (rc == PL_OK || rc == PL_NOTFOUND) {
        rc = now_range(ap, PL_TABLE_CONSENTS, &key, err);
    }

    pl_key_party(&key, party);

    if (rc == PL_OK) {
        rc = pl_store_del(ap->txn, PL_TABLE_CAPS, pl_key_str(&key), err);
    }

    return rc == PL_OK || rc == PL_NOTFOUND
           ? now_range(ap, PL_TABLE_COLLAPSES, &key, err) : rc;
}


static pl_status_t
now_range(pl_apply_t *ap, pl_table_e table, const pl_key_t *prefix,
    pl_err_t *err)
{
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    rc = pl_store_scan(ap->txn, table, pl_key_str(prefix), false, &scan,
                       err);
    if (rc != PL_OK) {
        return rc;
    }

    for ( ;; ) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < prefix->len
            || memcmp(key.data, prefix->data, prefix->len) != 0)
        {
            break;
        }

        rc = pl_store_scan_del(scan, err);
        if (rc != PL_OK) {
            break;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
now_conversation(pl_apply_t *ap, Pl__Erasure *e, const pl_party_t *party,
    pl_err_t *err)
{
    size_t             i;
    pl_key_t           key;
    pl_str_t           value;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    e->places[e->n_places++] = 0;
    pl_key_party(&key, party);

    rc = pl_store_get(ap->txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                      &value, err);
    if (rc == PL_OK) {
        rc = pl_conversation_get(ap, party, &conv, err);
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (conv->n_newest != 0) {
        e->places[e->n_places - 1] = conv->newest[conv->n_newest - 1];
    }

    for (i = 0; rc == PL_OK && i < conv->n_queues; i++) {
        rc = pl_queue_walk(ap, conv->queues[i], now_effect, NULL, err);
    }

    if (rc == PL_OK) {
        rc = pl_inbox_forget(ap, party, conv, err);
    }

    return rc == PL_OK ? now_conv_stub(ap, party, conv, err) : rc;
}


/* On the wire or not: the answer to it will find no attempt. */

static pl_status_t
now_effect(pl_apply_t *ap, const Pl__Effect *effect, bool behind,
    const void *data, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    (void) data;

    pl_key_seq(&key, effect->id);

    rc = pl_store_del(ap->txn, PL_TABLE_ATTEMPTS, pl_key_str(&key), err);

    if (rc == PL_OK || rc == PL_NOTFOUND) {
        rc = behind ? pl_queue_end_behind(ap, effect, err)
                    : pl_queue_end(ap, effect, err);
    }

    return rc == PL_OK ? pl_feed_count(ap, effect->tenant, "privacy",
                                       "unsent", err) : rc;
}


static pl_status_t
now_conv_stub(pl_apply_t *ap, const pl_party_t *party,
    const Pl__Conversation *conv, pl_err_t *err)
{
    Pl__Conversation  stub = PL__CONVERSATION__INIT;

    stub.n_newest = conv->n_newest;
    stub.newest = conv->newest;
    stub.has_last_in_ms = conv->has_last_in_ms;
    stub.last_in_ms = conv->last_in_ms;
    stub.has_last_out_ms = conv->has_last_out_ms;
    stub.last_out_ms = conv->last_out_ms;
    stub.has_messages = conv->has_messages;
    stub.messages = conv->messages;
    stub.has_joined_to = conv->has_joined_to;
    stub.joined_to = conv->joined_to;
    stub.has_status = 1;
    stub.status = PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED;

    pl_store_plain(ap->txn);

    return pl_conversation_put(ap, party, &stub, err);
}
