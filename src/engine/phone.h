/*
 * Phone numbers in one form: the digits of E.164, without the plus, as
 * WhatsApp and Twilio have them.
 *
 *     +31 6 1234 5678    +31 (0)6-12345678    0031612345678    31612345678
 *     0612345678         where the country's calling code is known to be 31
 *
 * It serves to find one person by all of these. Nothing is refused for its
 * form: what cannot be made out stays as it was said, and what was said is
 * kept beside the form that it has here (Address.given).
 */

#ifndef PL_PHONE_H_INCLUDED
#define PL_PHONE_H_INCLUDED

#include "apply.h"

#define PL_PHONE_CODE_MAX   3           /* digits of a calling code (E.164) */
#define PL_PHONE_E164_MAX   15          /* digits, code included (E.164) */

/* Is it a calling code: one to three digits, the first of them not 0? */
bool pl_phone_code_valid(pl_str_t s);

/*
 * The normal form of a number as people or providers write it. code: of the
 * country whose numbers may begin with 0, or NULL. False: it has characters
 * that no number has, or no room in out; out is empty then. Pure.
 */
bool pl_phone_normal(const char *text, const char *code,
    char out[PL_PHONE_MAX + 1]);

/*
 * The same by the tenant's calling code: *out is in the arena, or `text`
 * itself, where it is in that form already or is no number. PL_NOMEM.
 */
pl_status_t pl_phone_of(pl_apply_t *ap, uint32_t tenant, const char *text,
    const char **out, pl_err_t *err);

#endif /* PL_PHONE_H_INCLUDED */
