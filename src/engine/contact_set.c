/*
 * ContactSet: what somebody knows of a person and the provider does not say:
 * the name that they are called by, their time zone, their language, the
 * channel that they would rather be written to on, their other addresses. By
 * a phone number, a user id or an address of mail that nobody has, a contact
 * is made: flows may begin with people who have not written yet.
 */

#include <string.h>

#include "../core/str.h"
#include "../core/zone.h"
#include "asked.h"
#include "bounce.h"
#include "words.h"

#define SET_LANGUAGE_MAX  16

static pl_status_t set_check(pl_apply_t *ap, const Pl__ContactSet *in,
    pl_err_t *err);
static bool set_language(const char *language);
static pl_status_t set_whose(pl_apply_t *ap, const Pl__ContactSet *in,
    Pl__Contact **contact, bool *changed, pl_err_t *err);
static pl_status_t set_sender(const Pl__ContactSet *in, Pl__Sender *from,
    pl_err_t *err);
static Pl__Address *set_address(const Pl__ContactSet *in, size_t i);
static pl_status_t set_owners(pl_apply_t *ap, const Pl__ContactSet *in,
    Pl__Contact **contact, bool *same, pl_err_t *err);
static const char *set_word(Pl__AddressKind kind);
static pl_status_t set_fields(pl_apply_t *ap, const Pl__ContactSet *in,
    Pl__Contact *contact, bool *changed, pl_err_t *err);
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

    rc = set_check(ap, in, err);

    if (rc == PL_OK && pl_settings_tenant(ap->settings, in->tenant) == NULL) {
        rc = pl_err_set(err, PL_INVALID, "contact", 0, "no such tenant");
        pl_err_path(err, "tenant");
    }

    contact = NULL;
    changed = false;

    if (rc == PL_OK) {
        rc = set_whose(ap, in, &contact, &changed, err);
    }

    if (rc != PL_OK || contact == NULL) {
        return rc;
    }

    before.name = contact->name;
    before.username = contact->username;

    rc = set_fields(ap, in, contact, &changed, err);

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
set_check(pl_apply_t *ap, const Pl__ContactSet *in, pl_err_t *err)
{
    const char               *path;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    path = NULL;
    channel = in->channel == 0 ? NULL
              : pl_settings_channel(ap->settings, in->channel);

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

    } else if (in->channel != 0
               && (channel == NULL || channel->tenant != in->tenant))
    {
        path = "channel";
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


/*
 * Whom it is about: *contact NULL where that was refused. Addresses that lead
 * to two people make nobody one: a person says so, by a merge.
 */

static pl_status_t
set_whose(pl_apply_t *ap, const Pl__ContactSet *in, Pl__Contact **contact,
    bool *changed, pl_err_t *err)
{
    bool          same = true;
    pl_status_t   rc;
    Pl__Sender    from = PL__SENDER__INIT;

    *contact = NULL;

    rc = set_sender(in, &from, err);

    if (rc == PL_OK && in->has_contact) {
        rc = pl_contact_root(ap, in->tenant, in->contact, contact, err);
    }

    if (rc == PL_NOTFOUND) {
        return pl_err_set(err, PL_INVALID, "contact", 0, "no such contact");
    }

    if (rc == PL_OK) {
        rc = set_owners(ap, in, contact, &same, err);
    }

    if (rc != PL_OK || !same) {
        *contact = NULL;
        return rc;
    }

    return *contact == NULL || (!in->has_contact && in->n_more == 0)
           ? pl_contact_resolve(ap, in->tenant, &from, contact, err)
           : pl_contact_add(ap, in->tenant, *contact, &from, changed, err);
}


/* One of each kind at most. */

static pl_status_t
set_sender(const Pl__ContactSet *in, Pl__Sender *from, pl_err_t *err)
{
    char         **field;
    size_t         i;
    Pl__Address   *a;

    for (i = 0; (a = set_address(in, i)) != NULL; i++) {

        field = a->kind == PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
                ? &from->phone
                : a->kind == PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID
                ? &from->user_id
                : a->kind == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL
                ? &from->email : NULL;

        if (field == NULL || *field != NULL) {
            return pl_err_set(err, PL_INVALID, "contact", 0,
                              "a contact is known by a phone number, a user "
                              "id and an address of mail, one of each");
        }

        if (a->value[0] == '\0' || strlen(a->value) > PL_ADDRESS_MAX) {
            return pl_err_set(err, PL_INVALID, "contact", 0,
                              "an address has 1 to %d bytes",
                              PL_ADDRESS_MAX);
        }

        *field = a->value;
    }

    return PL_OK;
}


/* `address` and `more`, one after the other; NULL behind them. */

static Pl__Address *
set_address(const Pl__ContactSet *in, size_t i)
{
    if (in->address != NULL && i == 0) {
        return in->address;
    }

    i -= in->address != NULL;

    return i < in->n_more ? in->more[i] : NULL;
}


static pl_status_t
set_owners(pl_apply_t *ap, const Pl__ContactSet *in, Pl__Contact **contact,
    bool *same, pl_err_t *err)
{
    size_t              i;
    pl_status_t         rc;
    Pl__Contact        *owner;
    const Pl__Address  *a;

    for (i = 0; (a = set_address(in, i)) != NULL; i++) {
        rc = pl_contact_known(ap, in->tenant, a, &owner, err);

        if (rc == PL_NOTFOUND) {
            continue;
        }

        if (rc != PL_OK) {
            return rc;
        }

        if (*contact != NULL && owner->id != (*contact)->id) {
            pl_asked_refuse(ap, "conflict.contact", set_word(a->kind),
                            "another contact has it: merge them");
            *same = false;
            return pl_feed_count(ap, in->tenant, "contacts", "conflict",
                                 err);
        }

        *contact = owner;
    }

    return PL_OK;
}


static const char *
set_word(Pl__AddressKind kind)
{
    return kind == PL__ADDRESS_KIND__ADDRESS_KIND_PHONE ? "phone"
           : kind == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL ? "email"
           : "user_id";
}


static pl_status_t
set_fields(pl_apply_t *ap, const Pl__ContactSet *in, Pl__Contact *contact,
    bool *changed, pl_err_t *err)
{
    pl_status_t  rc;

    if (in->has_channel && contact->channel != in->channel) {
        contact->has_channel = in->channel != 0;
        contact->channel = in->channel;
        *changed = true;
    }

    if (in->reachable && pl_bounce_forget(contact)) {
        *changed = true;
    }

    rc = set_field(ap, &contact->name, in->name, changed, err);

    if (rc == PL_OK) {
        rc = set_field(ap, &contact->time_zone, in->time_zone, changed, err);
    }

    return rc == PL_OK
           ? set_field(ap, &contact->language, in->language, changed, err)
           : rc;
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
