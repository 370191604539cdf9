/*
 * Whom a request to send names. See reach.h.
 */

#include <string.h>

#include "../channel/mail.h"
#include "../core/str.h"
#include "phone.h"
#include "reach.h"

#define REACH_EMAIL  PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL
#define REACH_PHONE  PL__ADDRESS_KIND__ADDRESS_KIND_PHONE

static pl_status_t reach_valid(const Pl__Address *address, pl_err_t *err);
static pl_status_t reach_bad(pl_err_t *err, const char *path,
    const char *text);


pl_status_t
pl_reach_request(pl_apply_t *ap, const Pl__SendRequest *in,
    const pl_channel_conf_t **channel, bool *several, pl_err_t *err)
{
    Pl__Contact  *contact;
    pl_status_t   rc;

    rc = in->has_contact
         ? pl_contact_root(ap, in->tenant, in->contact, &contact, err)
         : in->address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_GROUP
         ? PL_NOTFOUND
         : pl_contact_known(ap, in->tenant, in->address, &contact, err);

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    return pl_reach_channel(ap, in->tenant, rc == PL_OK ? contact : NULL,
                            in->address, channel, several, err);
}


pl_status_t
pl_reach_address(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__Address *address, Pl__Address **out, pl_err_t *err)
{
    const char   *phone;
    pl_status_t   rc;

    *out = NULL;

    if (channel->provider != NULL
        && (channel->provider->address == REACH_EMAIL)
           != (address->kind == REACH_EMAIL))
    {
        return reach_bad(err, "address.kind",
                         "not an address of this channel");
    }

    rc = reach_valid(address, err);

    if (rc == PL_OK && address->kind == REACH_PHONE) {
        rc = pl_phone_of(ap, channel->tenant, address->value, &phone, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    *out = (Pl__Address *) pl_arena_dup(ap->ar, address, sizeof(**out));
    if (*out == NULL) {
        return PL_NOMEM;
    }

    if (address->kind == REACH_PHONE) {
        (*out)->value = (char *) phone;
    }

    return PL_OK;
}


/* A phone is digits alone, as the provider says it: "+" is the asker's. */

static pl_status_t
reach_valid(const Pl__Address *address, pl_err_t *err)
{
    size_t  len = strlen(address->value);

    switch (address->kind) {

    case REACH_PHONE:
        return len != 0 && len <= PL_PHONE_MAX
               && strspn(address->value, "0123456789") == len
               ? PL_OK : reach_bad(err, "address.value",
                                   "a phone number is 1 to 20 digits");

    case PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID:
        return len != 0 && len <= PL_ADDRESS_MAX
               ? PL_OK : reach_bad(err, "address.value",
                                   "a user id has 1 to 256 bytes");

    case PL__ADDRESS_KIND__ADDRESS_KIND_GROUP:
        return len != 0 && len <= PL_ADDRESS_MAX
               ? PL_OK : reach_bad(err, "address.value",
                                   "a group id has 1 to 256 bytes");

    case REACH_EMAIL:
        return pl_mail_address_valid(pl_str_c(address->value))
               ? PL_OK : reach_bad(err, "address.value",
                                   "not an address of mail");

    default:
        return reach_bad(err, "address.kind",
                         "not an address of this channel");
    }
}


static pl_status_t
reach_bad(pl_err_t *err, const char *path, const char *text)
{
    (void) pl_err_set(err, PL_INVALID, "send", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}
