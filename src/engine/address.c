/*
 * See address.h.
 */

#include <string.h>

#include "../channel/mail.h"
#include "../core/str.h"
#include "address.h"
#include "phone.h"


pl_status_t
pl_address_email(pl_arena_t *ar, const char *text, const char **out,
    pl_err_t *err)
{
    char         *form;
    pl_status_t   rc;

    *out = text;

    rc = text == NULL ? PL_NOTFOUND
                      : pl_mail_mailbox(ar, pl_str_c(text), &form, NULL);

    if (rc == PL_NOMEM) {
        return pl_err_set(err, rc, "address", 0, "out of memory");
    }

    if (rc == PL_OK && strcmp(form, text) != 0) {
        *out = form;
    }

    return PL_OK;
}


pl_status_t
pl_address_of(pl_apply_t *ap, uint32_t tenant, const Pl__Address *address,
    const char **out, pl_err_t *err)
{
    *out = address->value;

    switch (address->kind) {

    case PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL:
        return pl_address_email(ap->ar, address->value, out, err);

    case PL__ADDRESS_KIND__ADDRESS_KIND_PHONE:
        return pl_phone_of(ap, tenant, address->value, out, err);

    default:
        return PL_OK;
    }
}
