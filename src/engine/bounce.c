/*
 * Addresses of mail that take none. See bounce.h.
 */

#include "bounce.h"

#define BOUNCE_MAIL  PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL

static Pl__Address *bounce_of(const Pl__Contact *contact,
    const Pl__Message *message);
static pl_status_t bounce_put(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *contact, const char *rule, pl_err_t *err);


pl_status_t
pl_bounce_mark(pl_apply_t *ap, const Pl__Message *message, pl_err_t *err)
{
    Pl__Address  *address;
    Pl__Contact  *contact;
    pl_status_t   rc;

    if (message->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT) {
        return PL_OK;
    }

    rc = pl_contact_root(ap, message->tenant, message->contact, &contact,
                         err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    address = bounce_of(contact, message);

    if (address == NULL || address->has_bounced_ms) {
        return PL_OK;
    }

    address->has_bounced_ms = 1;
    address->bounced_ms = ap->now_ms;

    rc = bounce_put(ap, message->tenant, contact, "address.bounced", err);

    return rc == PL_OK ? pl_feed_count(ap, message->tenant, "contacts",
                                       "bounced", err) : rc;
}


pl_status_t
pl_bounce_heard(pl_apply_t *ap, uint32_t tenant, Pl__Contact *contact,
    const char *email, pl_err_t *err)
{
    Pl__Address  *address;

    address = email == NULL ? NULL
              : pl_contact_lists(contact, BOUNCE_MAIL, email);

    if (address == NULL || !address->has_bounced_ms) {
        return PL_OK;
    }

    address->has_bounced_ms = 0;

    return bounce_put(ap, tenant, contact, "address.heard", err);
}


bool
pl_bounce_forget(Pl__Contact *contact)
{
    bool    any = false;
    size_t  i;

    for (i = 0; i < contact->n_addresses; i++) {
        any |= contact->addresses[i]->has_bounced_ms;
        contact->addresses[i]->has_bounced_ms = 0;
    }

    return any;
}


bool
pl_bounce_is(const Pl__Contact *contact, const Pl__Message *message)
{
    const Pl__Address  *address = bounce_of(contact, message);

    return address != NULL && address->has_bounced_ms;
}


/* The contact's row of it: the message has a copy. */

static Pl__Address *
bounce_of(const Pl__Contact *contact, const Pl__Message *message)
{
    return message->address == NULL || message->address->kind != BOUNCE_MAIL
           ? NULL
           : pl_contact_lists(contact, BOUNCE_MAIL, message->address->value);
}


static pl_status_t
bounce_put(pl_apply_t *ap, uint32_t tenant, Pl__Contact *contact,
    const char *rule, pl_err_t *err)
{
    pl_party_t   party;
    pl_status_t  rc;

    contact->has_updated_ms = 1;
    contact->updated_ms = ap->now_ms;
    party.tenant = tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = contact->id;

    rc = pl_contact_put(ap, tenant, contact, err);

    if (rc == PL_OK) {
        rc = pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_CONTACT, &party,
                            0, 0, err);
    }

    return rc == PL_OK
           ? pl_feed_audit_by(ap, tenant,
                              PL__AUDIT_KIND__AUDIT_KIND_CONTACT,
                              contact->id, rule, NULL, err)
           : rc;
}
