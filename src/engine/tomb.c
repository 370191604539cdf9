/*
 * Tombstones. See tomb.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "address.h"
#include "alias.h"
#include "tomb.h"

#define TOMB_PHONE    PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
#define TOMB_USER_ID  PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID
#define TOMB_EMAIL    PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL

#define TOMBS  3        /* of a sender */

static pl_status_t tomb_known(pl_apply_t *ap, uint32_t tenant,
    Pl__AddressKind kind, const char *value, pl_err_t *err);
static pl_status_t tomb_write(pl_apply_t *ap, uint32_t tenant,
    Pl__AddressKind kind, const char *value, const Pl__Tombstone *tomb,
    pl_err_t *err);
static pl_status_t tomb_get(pl_apply_t *ap, uint32_t tenant,
    Pl__AddressKind kind, const char *value, Pl__Tombstone **tomb,
    pl_err_t *err);
static pl_status_t tomb_of(pl_apply_t *ap, uint32_t tenant,
    const Pl__Sender *from, Pl__Tombstone *found[TOMBS], pl_err_t *err);


pl_status_t
pl_tomb_put(pl_apply_t *ap, uint32_t tenant, const Pl__Address *address,
    const Pl__Tombstone *tomb, pl_err_t *err)
{
    char          other[PL_ALIAS_MAX];
    pl_status_t   rc;
    const char   *value;

    rc = pl_address_of(ap, tenant, address, &value, err);

    if (rc == PL_OK) {
        rc = tomb_write(ap, tenant, address->kind, value, tomb, err);
    }

    return rc == PL_OK && address->kind == TOMB_PHONE
           && pl_alias_other(value, other)
           ? tomb_write(ap, tenant, TOMB_PHONE, other, tomb, err) : rc;
}


pl_status_t
pl_tomb_late(pl_apply_t *ap, uint32_t tenant, const Pl__Sender *from,
    int64_t time_s, bool *late, pl_err_t *err)
{
    size_t          i;
    int64_t         said_ms;
    pl_status_t     rc;
    Pl__Tombstone  *tombs[TOMBS];

    *late = false;
    said_ms = time_s * 1000 + ap->offset_ms;

    if (!ap->meta->has_erased_ms || said_ms > ap->meta->erased_ms) {
        return PL_OK;
    }

    rc = tomb_of(ap, tenant, from, tombs, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < PL_COUNT(tombs); i++) {
        *late = *late || (tombs[i] != NULL
                          && said_ms <= tombs[i]->erased_ms);
    }

    return *late ? pl_feed_count(ap, tenant, "privacy", "late", err)
                 : PL_OK;
}


pl_status_t
pl_tomb_gone(pl_apply_t *ap, uint32_t tenant, const char *phone,
    const char *user_id, bool *gone, pl_err_t *err)
{
    Pl__Sender        from = PL__SENDER__INIT;
    pl_status_t       rc;
    Pl__Tombstone    *tombs[TOMBS];
    Pl__AddressKind   kind;

    *gone = false;

    if (!ap->meta->has_erased_ms) {
        return PL_OK;
    }

    kind = phone != NULL && strchr(phone, '@') != NULL ? TOMB_EMAIL
                                                       : TOMB_PHONE;
    from.phone = (char *) (kind == TOMB_PHONE ? phone : NULL);
    from.email = (char *) (kind == TOMB_EMAIL ? phone : NULL);
    from.user_id = (char *) user_id;

    rc = tomb_of(ap, tenant, &from, tombs, err);
    if (rc != PL_OK
        || (tombs[0] == NULL && tombs[1] == NULL && tombs[2] == NULL))
    {
        return rc;
    }

    rc = tomb_known(ap, tenant, kind, phone, err);
    if (rc == PL_NOTFOUND) {
        rc = tomb_known(ap, tenant, TOMB_USER_ID, user_id, err);
    }

    *gone = rc == PL_NOTFOUND;

    return *gone ? PL_OK : rc;
}


pl_status_t
pl_tomb_message(pl_apply_t *ap, const Pl__Message *message, bool *erased,
    pl_err_t *err)
{
    Pl__Contact  *contact;
    pl_status_t   rc;

    *erased = false;

    if (ap->meta == NULL || !ap->meta->has_erased_ms
        || message->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT)
    {
        return PL_OK;
    }

    rc = pl_contact_get(ap, message->tenant, message->contact, &contact,
                        err);
    *erased = rc == PL_OK && contact->has_erased_ms;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_tomb_consents(pl_apply_t *ap, uint32_t tenant, const Pl__Sender *from,
    Pl__Contact *contact, pl_err_t *err)
{
    size_t          i, j;
    pl_status_t     rc;
    Pl__Consent    *consent;
    Pl__Tombstone  *tombs[TOMBS];

    if (!ap->meta->has_erased_ms) {
        return PL_OK;
    }

    rc = tomb_of(ap, tenant, from, tombs, err);

    for (i = 0; rc == PL_OK && i < PL_COUNT(tombs); i++) {
        for (j = 0; rc == PL_OK && tombs[i] != NULL
                    && j < tombs[i]->n_consents; j++)
        {
            consent = tombs[i]->consents[j];

            if (consent->state == PL__CONSENT_STATE__CONSENT_STATE_REVOKED) {
                rc = pl_contact_consent(ap, contact, consent, NULL, err);
            }
        }
    }

    return rc;
}


/* Is there a contact, under whichever form? PL_NOTFOUND. */

static pl_status_t
tomb_known(pl_apply_t *ap, uint32_t tenant, Pl__AddressKind kind,
    const char *value, pl_err_t *err)
{
    Pl__Address   address = PL__ADDRESS__INIT;
    Pl__Contact  *contact;

    if (value == NULL || value[0] == '\0' || strlen(value) > PL_ADDRESS_MAX) {
        return PL_NOTFOUND;
    }

    address.kind = kind;
    address.value = (char *) value;

    return pl_contact_known(ap, tenant, &address, &contact, err);
}


static pl_status_t
tomb_write(pl_apply_t *ap, uint32_t tenant, Pl__AddressKind kind,
    const char *value, const Pl__Tombstone *tomb, pl_err_t *err)
{
    pl_key_t       key;
    pl_status_t    rc;
    Pl__Tombstone  row = *tomb, *before;

    /* erased once more, when nobody wrote since: what was proven stands */

    if (row.n_consents == 0) {
        rc = tomb_get(ap, tenant, kind, value, &before, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (before != NULL) {
            row.consents = before->consents;
            row.n_consents = before->n_consents;
        }
    }

    pl_key_address(&key, tenant, kind, pl_str_c(value));

    return pl_record_put(ap->txn, PL_TABLE_TOMBSTONES, pl_key_str(&key),
                         &row.base, false, err);
}


/* By the form that it stands under. NULL: there is none. */

static pl_status_t
tomb_get(pl_apply_t *ap, uint32_t tenant, Pl__AddressKind kind,
    const char *value, Pl__Tombstone **tomb, pl_err_t *err)
{
    pl_key_t           key;
    const char        *form;
    pl_status_t        rc;
    Pl__Address        address = PL__ADDRESS__INIT;
    ProtobufCMessage  *msg;

    *tomb = NULL;

    if (value == NULL || value[0] == '\0'
        || strlen(value) > PL_ADDRESS_MAX)
    {
        return PL_OK;
    }

    address.kind = kind;
    address.value = (char *) value;

    rc = pl_address_of(ap, tenant, &address, &form, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_address(&key, tenant, kind, pl_str_c(form));

    rc = pl_record_get(ap->txn, PL_TABLE_TOMBSTONES, pl_key_str(&key),
                       &pl__tombstone__descriptor, ap->ar, &msg, err);
    *tomb = (Pl__Tombstone *) msg;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
tomb_of(pl_apply_t *ap, uint32_t tenant, const Pl__Sender *from,
    Pl__Tombstone *found[TOMBS], pl_err_t *err)
{
    pl_status_t  rc;

    found[1] = found[2] = NULL;

    rc = tomb_get(ap, tenant, TOMB_USER_ID, from->user_id, &found[0], err);

    if (rc == PL_OK) {
        rc = tomb_get(ap, tenant, TOMB_PHONE, from->phone, &found[1], err);
    }

    return rc == PL_OK ? tomb_get(ap, tenant, TOMB_EMAIL, from->email,
                                  &found[2], err) : rc;
}
