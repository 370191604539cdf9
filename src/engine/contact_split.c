/*
 * A merge undone: its addresses go back to the contact that they came from,
 * or to one of their own, and no rule joins the two again. What was said
 * meanwhile stays where it was said; tasks go with whom they are for.
 *
 * Merges are undone from the last backwards: one whose contact was itself
 * joined to another since, or whose addresses a later merge has taken on,
 * waits for that one.
 */

#include <string.h>

#include "../core/record.h"
#include "asked.h"
#include "consent.h"
#include "inbox.h"
#include "run.h"

/* One split. */
typedef struct {
    uint32_t           tenant;
    Pl__ContactMerge  *merge;
    Pl__Contact       *into;
    Pl__Contact       *from;
} split_t;

static pl_status_t split_load(pl_apply_t *ap, split_t *split, uint64_t id,
    bool *fit, pl_err_t *err);
static pl_status_t split_from(pl_apply_t *ap, split_t *split,
    pl_err_t *err);
static pl_status_t split_addresses(pl_apply_t *ap, split_t *split,
    pl_err_t *err);
static pl_status_t split_windows(pl_apply_t *ap, const split_t *split,
    pl_err_t *err);
static pl_status_t split_part(pl_apply_t *ap, split_t *split,
    pl_err_t *err);
static pl_status_t split_tasks(pl_apply_t *ap, const split_t *split,
    pl_err_t *err);
static pl_status_t split_feed(pl_apply_t *ap, const split_t *split,
    const char *actor, pl_err_t *err);


pl_status_t
pl_apply_contact_split(pl_apply_t *ap, const Pl__ContactSplit *in,
    pl_err_t *err)
{
    bool         fit;
    pl_key_t     key;
    split_t      split;
    pl_status_t  rc;

    memset(&split, 0, sizeof(split));
    split.tenant = in->tenant;

    rc = split_load(ap, &split, in->merge, &fit, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!fit) {
        return pl_feed_count(ap, in->tenant, "contacts", "not_split", err);
    }

    rc = split_from(ap, &split, err);

    if (rc == PL_OK) {
        rc = split_addresses(ap, &split, err);
    }

    if (rc == PL_OK) {
        rc = split_windows(ap, &split, err);
    }

    if (rc == PL_OK) {
        rc = split_part(ap, &split, err);
    }

    if (rc == PL_OK) {
        rc = split_tasks(ap, &split, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    split.merge->has_from = 1;
    split.merge->from = split.from->id;
    split.merge->has_undone_ms = 1;
    split.merge->undone_ms = ap->now_ms;
    split.merge->has_undone_entry = 1;
    split.merge->undone_entry = ap->entry;
    split.merge->undone_actor = in->actor;

    pl_key_tenant_seq(&key, in->tenant, in->merge);

    rc = pl_record_put(ap->txn, PL_TABLE_MERGES, pl_key_str(&key),
                       &split.merge->base, false, err);

    return rc == PL_OK ? split_feed(ap, &split, in->actor, err) : rc;
}


static pl_status_t
split_load(pl_apply_t *ap, split_t *split, uint64_t id, bool *fit,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *fit = false;
    pl_key_tenant_seq(&key, split->tenant, id);

    rc = pl_record_get(ap->txn, PL_TABLE_MERGES, pl_key_str(&key),
                       &pl__contact_merge__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    split->merge = (Pl__ContactMerge *) msg;

    if (split->merge->has_undone_ms) {
        return PL_OK;
    }

    rc = pl_contact_get(ap, split->tenant, split->merge->into, &split->into,
                        err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (split->merge->has_from) {
        rc = pl_contact_get(ap, split->tenant, split->merge->from,
                            &split->from, err);
        if (rc != PL_OK) {
            return rc == PL_NOTFOUND ? PL_OK : rc;
        }
    }

    *fit = !split->into->has_joined_to
           && split->into->n_apart < PL_JOINED_MAX;

    return PL_OK;
}


/* What nobody had before gets a contact of its own. */

static pl_status_t
split_from(pl_apply_t *ap, split_t *split, pl_err_t *err)
{
    Pl__Contact  *contact;

    if (split->from != NULL) {
        return PL_OK;
    }

    contact = pl_arena_alloc(ap->ar, sizeof(*contact));
    if (contact == NULL) {
        return pl_err_set(err, PL_NOMEM, "contact", 0, "out of memory");
    }

    pl__contact__init(contact);
    contact->id = pl_apply_id(ap);
    contact->has_created_ms = 1;
    contact->created_ms = ap->now_ms;
    split->from = contact;

    return PL_OK;
}


/* Those that the contact still has by this merge; as they were before. */

static pl_status_t
split_addresses(pl_apply_t *ap, split_t *split, pl_err_t *err)
{
    size_t        i, j, n;
    pl_key_t      key;
    Pl__Address  *was, *is;
    pl_status_t   rc;
    Pl__Contact  *into;

    into = split->into;

    for (i = 0; i < split->merge->n_addresses; i++) {
        was = split->merge->addresses[i];
        is = pl_contact_lists(into, was->kind, was->value);

        if (is == NULL || is->merge != split->merge->id) {
            continue;
        }

        for (j = 0, n = 0; j < into->n_addresses; j++) {
            if (into->addresses[j] != is) {
                into->addresses[n++] = into->addresses[j];
            }
        }

        into->n_addresses = n;

        is->has_merge = was->has_merge;
        is->merge = was->merge;

        split->from->addresses = pl_apply_list(ap, split->from->addresses,
                                               split->from->n_addresses, is);
        if (split->from->addresses == NULL) {
            return pl_err_set(err, PL_NOMEM, "contact", 0, "out of memory");
        }

        split->from->n_addresses++;
        pl_key_address(&key, split->tenant, is->kind, pl_str_c(is->value));

        rc = pl_record_put_u64(ap->txn, PL_TABLE_ADDRESSES, pl_key_str(&key),
                               split->from->id, false, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
split_windows(pl_apply_t *ap, const split_t *split, pl_err_t *err)
{
    size_t             had;
    pl_party_t         a, b;
    pl_status_t        rc;
    Pl__Conversation  *into, *from;
    Pl__ContactMerge   merge;

    a.tenant = b.tenant = split->tenant;
    a.kind = b.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    a.party = split->into->id;
    b.party = split->from->id;

    rc = pl_conversation_get(ap, &a, &into, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_conversation_get(ap, &b, &from, err);
    if (rc != PL_OK) {
        return rc;
    }

    had = into->n_windows;
    merge = *split->merge;
    merge.from = split->from->id;

    rc = pl_window_split(ap, into, from, &merge, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (into->n_windows != had) {
        rc = pl_conversation_put(ap, &a, into, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (from->messages == 0 && from->n_windows == 0) {
        return PL_OK;           /* it has none */
    }

    from->has_joined_to = 0;
    from->joined_to = 0;

    rc = pl_unread_settle(ap, &b, from, false, err);

    if (rc == PL_OK) {
        rc = pl_view_all(ap, &b, from, true, err);
    }

    return rc == PL_OK ? pl_conversation_put(ap, &b, from, err) : rc;
}


static pl_status_t
split_part(pl_apply_t *ap, split_t *split, pl_err_t *err)
{
    size_t        i, n;
    pl_status_t   rc;
    Pl__Contact  *into, *from;

    into = split->into;
    from = split->from;

    for (i = 0, n = 0; i < into->n_joined; i++) {
        if (into->joined[i] != from->id) {
            into->joined[n++] = into->joined[i];
        }
    }

    into->n_joined = n;
    from->has_joined_to = 0;
    from->joined_to = 0;

    into->apart = pl_apply_list_u64(ap, into->apart, into->n_apart,
                                    from->id);
    if (into->apart == NULL) {
        return pl_err_set(err, PL_NOMEM, "contact", 0, "out of memory");
    }

    into->n_apart++;

    rc = pl_contact_put(ap, split->tenant, into, err);

    return rc == PL_OK ? pl_contact_put(ap, split->tenant, from, err) : rc;
}


static pl_status_t
split_tasks(pl_apply_t *ap, const split_t *split, pl_err_t *err)
{
    pl_party_t  a, b;

    a.tenant = b.tenant = split->tenant;
    a.kind = b.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    a.party = split->into->id;
    b.party = split->from->id;

    return pl_run_split(ap, &a, &b, err);
}


static pl_status_t
split_feed(pl_apply_t *ap, const split_t *split, const char *actor,
    pl_err_t *err)
{
    pl_party_t   party;
    pl_status_t  rc;

    rc = pl_feed_audit(ap, split->tenant, PL__AUDIT_KIND__AUDIT_KIND_SPLIT,
                       split->merge->id, NULL, actor, err);

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, split->tenant, "contacts", "split", err);
    }

    if (rc == PL_OK) {
        rc = pl_consent_review(ap, split->tenant, split->into, 0, err);
    }

    if (rc == PL_OK) {
        rc = pl_consent_review(ap, split->tenant, split->from, 0, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    pl_asked_made(ap, split->merge->id);

    party.tenant = split->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = split->into->id;

    rc = pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_CONTACT, &party, 0,
                        0, err);
    party.party = split->from->id;

    return rc == PL_OK
           ? pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_CONTACT, &party,
                            0, 0, err)
           : rc;
}
