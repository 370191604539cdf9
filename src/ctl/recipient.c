/*
 * To whom something is sent (see recipient.h).
 */

#include <string.h>

#include "../engine/alias.h"
#include "find.h"
#include "recipient.h"


pl_status_t
plctl_recipient(plctl_recipient_t *to, const char *word, pl_err_t *err)
{
    to->contact = 0;
    pl__address__init(&to->address);
    to->address.value = (char *) word;

    if (word[0] == '\0' || !pl_utf8_valid(pl_str_c(word))) {
        return pl_err_set(err, PL_INVALID, "send", 0,
                          "the address is empty, or no UTF-8");
    }

    if (strncmp(word, "cnt_", 4) == 0) {
        return plctl_args_id(word, "cnt", &to->contact, err);
    }

    if (pl_alias_digits(word, to->digits, sizeof(to->digits))) {
        to->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
        to->address.value = to->digits;

    } else if (strchr(word, '@') != NULL) {
        to->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;

    } else {
        to->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID;
    }

    return PL_OK;
}


pl_status_t
plctl_recipient_group(plctl_t *ctl, uint32_t tenant, plctl_recipient_t *to,
    pl_err_t *err)
{
    const char   *word = to->address.value;
    pl_party_t    party;
    Pl__Group    *group;
    pl_status_t   rc;

    if (to->contact != 0
        || to->address.kind != PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID)
    {
        return PL_OK;
    }

    rc = plctl_find_party(ctl, tenant, word, &party, err);

    if (rc == PL_OK && party.kind == PL__PARTY_KIND__PARTY_KIND_GROUP) {
        rc = plctl_find_group(ctl, &party, &group, err);
        if (rc != PL_OK) {
            return rc == PL_NOTFOUND
                   ? pl_err_set(err, rc, "", 0,
                                "the tenant has no group \"%s\"", word)
                   : rc;
        }

        to->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_GROUP;
        to->address.value = group->group_id;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;      /* a new user id */
}


void
plctl_recipient_set(plctl_recipient_t *to, Pl__SendRequest *request)
{
    request->has_contact = (to->contact != 0);
    request->contact = to->contact;
    request->address = to->contact != 0 ? NULL : &to->address;
}


pl_status_t
plctl_channel(plctl_t *ctl, const char *tenant, const char *channel,
    const pl_channel_conf_t **out, pl_err_t *err)
{
    size_t       i;
    uint32_t     id;
    pl_status_t  rc;

    rc = plctl_tenant(ctl, tenant, &id, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; ; i++) {
        *out = pl_settings_channel_at(ctl->settings, i);

        if (*out == NULL) {
            return pl_err_set(err, PL_NOTFOUND, "", 0,
                              "the tenant has no channel \"%s\"", channel);
        }

        if ((*out)->tenant == id && strcmp((*out)->row->name, channel) == 0)
        {
            return PL_OK;
        }
    }
}
