/*
 * ContactSet: what somebody knows of a person and the provider does not say:
 * the name that they are called by, their time zone, their language. By a
 * phone number or a user id that nobody has, a contact is made: flows may
 * begin with people who have not written yet.
 */

#include <string.h>

#include "../core/str.h"
#include "../core/zone.h"
#include "words.h"

#define SET_LANGUAGE_MAX  16

static pl_status_t set_check(const Pl__ContactSet *in, pl_err_t *err);
static bool set_language(const char *language);
static pl_status_t set_whose(pl_apply_t *ap, const Pl__ContactSet *in,
    Pl__Contact **contact, pl_err_t *err);
static pl_status_t set_field(pl_apply_t *ap, char **field, const char *value,
    bool *changed, pl_err_t *err);


pl_status_t
pl_apply_contact_set(pl_apply_t *ap, const Pl__ContactSet *in, pl_err_t *err)
{
    bool           changed;
    pl_names_t     before, after;
    pl_party_t     party;
    pl_status_t    rc;
    Pl__Contact   *contact;

    rc = set_check(in, err);

    if (rc == PL_OK && pl_settings_tenant(ap->settings, in->tenant) == NULL) {
        rc = pl_err_set(err, PL_INVALID, "contact", 0, "no such tenant");
        pl_err_path(err, "tenant");
    }

    if (rc == PL_OK) {
        rc = set_whose(ap, in, &contact, err);
    }

    changed = false;

    if (rc == PL_OK) {
        before.name = contact->name;
        before.username = contact->username;
        rc = set_field(ap, &contact->name, in->name, &changed, err);
    }

    if (rc == PL_OK) {
        rc = set_field(ap, &contact->time_zone, in->time_zone, &changed,
                       err);
    }

    if (rc == PL_OK) {
        rc = set_field(ap, &contact->language, in->language, &changed, err);
    }

    if (rc != PL_OK || !changed) {
        return rc;
    }

    contact->has_updated_ms = 1;
    contact->updated_ms = ap->now_ms;
    after.name = contact->name;
    after.username = contact->username;

    rc = pl_names_change(ap, in->tenant, contact->id, &before, &after, err);

    if (rc == PL_OK) {
        rc = pl_contact_put(ap, in->tenant, contact, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    party.tenant = in->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = contact->id;

    rc = pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_CONTACT, &party, 0,
                        0, err);

    return rc == PL_OK
           ? pl_feed_audit_by(ap, in->tenant,
                              PL__AUDIT_KIND__AUDIT_KIND_CONTACT,
                              contact->id, NULL, in->actor, err)
           : rc;
}


static pl_status_t
set_check(const Pl__ContactSet *in, pl_err_t *err)
{
    const char   *path;
    pl_status_t   rc;

    path = NULL;

    if ((in->address == NULL) == !in->has_contact) {
        path = "address";

    } else if (in->name != NULL && strlen(in->name) > PL_ADDRESS_MAX) {
        path = "name";

    } else if (in->time_zone != NULL && in->time_zone[0] != '\0'
               && !pl_zone_name_valid(pl_str_c(in->time_zone)))
    {
        path = "time_zone";

    } else if (in->language != NULL && in->language[0] != '\0'
               && !set_language(in->language))
    {
        path = "language";
    }

    if (path == NULL) {
        return PL_OK;
    }

    rc = pl_err_set(err, PL_INVALID, "contact", 0, "is missing, or of a form "
                    "that cannot be taken");
    pl_err_path(err, "%s", path);

    return rc;
}


static bool
set_language(const char *language)
{
    return strlen(language) <= SET_LANGUAGE_MAX
           && pl_name_valid(pl_str_c(language));
}


static pl_status_t
set_whose(pl_apply_t *ap, const Pl__ContactSet *in, Pl__Contact **contact,
    pl_err_t *err)
{
    pl_status_t  rc;
    Pl__Sender   from = PL__SENDER__INIT;

    if (in->has_contact) {
        rc = pl_contact_root(ap, in->tenant, in->contact, contact, err);

        return rc == PL_NOTFOUND
               ? pl_err_set(err, PL_INVALID, "contact", 0, "no such contact")
               : rc;
    }

    switch (in->address->kind) {
    case PL__ADDRESS_KIND__ADDRESS_KIND_PHONE:
        from.phone = in->address->value;
        break;
    case PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID:
        from.user_id = in->address->value;
        break;
    case PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL:
        from.email = in->address->value;
        break;
    default:
        return pl_err_set(err, PL_INVALID, "contact", 0,
                          "a contact is known by a phone number or a user "
                          "id");
    }

    if (in->address->value[0] == '\0'
        || strlen(in->address->value) > PL_ADDRESS_MAX)
    {
        return pl_err_set(err, PL_INVALID, "contact", 0,
                          "an address has 1 to %d bytes", PL_ADDRESS_MAX);
    }

    return pl_contact_resolve(ap, in->tenant, &from, contact, err);
}


static pl_status_t
set_field(pl_apply_t *ap, char **field, const char *value, bool *changed,
    pl_err_t *err)
{
    if (value == NULL || strcmp(*field != NULL ? *field : "", value) == 0) {
        return PL_OK;
    }

    *changed = true;
    *field = NULL;

    if (value[0] == '\0') {
        return PL_OK;
    }

    *field = pl_arena_str(ap->ar, pl_str_c(value));

    return *field != NULL ? PL_OK
                          : pl_err_set(err, PL_NOMEM, "contact", 0,
                                       "out of memory");
}
