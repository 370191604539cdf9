/*
 * See phone.h.
 */

#include <string.h>

#include "../core/str.h"
#include "phone.h"

#define PHONE_MARKS  " -()./"

/* What stands before a national number where it is dialled at home. */
typedef struct {
    const char  *code;
    const char  *trunk;
} phone_row_t;


/*
 * Where it is not 0, or where the 0 belongs to the number and is dialled from
 * abroad as well (national numbering plans, as ITU-T E.164 has them).
 */

static const phone_row_t  phone_rows[] = {
    { "225", "" },                      /* Côte d'Ivoire */
    { "226", "" },                      /* Burkina Faso */
    { "229", "" },                      /* Benin */
    { "241", "" },                      /* Gabon */
    { "242", "" },                      /* Congo */
    { "36", "06" },                     /* Hungary */
    { "378", "" },                      /* San Marino */
    { "379", "" },                      /* the Vatican */
    { "39", "" },                       /* Italy */
};

static const char *phone_trunk(const char *code);
static bool phone_digits(const char *text, bool *abroad,
    char out[PL_PHONE_MAX + 1]);
static bool phone_zero(const char *p);


bool
pl_phone_code_valid(pl_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return false;
        }
    }

    return s.len >= 1 && s.len <= PL_PHONE_CODE_MAX && s.data[0] != '0';
}


bool
pl_phone_normal(const char *text, const char *code,
    char out[PL_PHONE_MAX + 1])
{
    bool         abroad;
    char         digits[PL_PHONE_MAX + 1];
    size_t       cut = 0, lead = 0;
    const char  *trunk;

    out[0] = '\0';

    if (!phone_digits(text, &abroad, digits)) {
        return false;
    }

    if (!abroad && strncmp(digits, "00", 2) == 0) {
        cut = 2;

    } else if (!abroad && code != NULL) {
        trunk = phone_trunk(code);

        if (digits[0] == '0' && strncmp(digits, trunk, strlen(trunk)) == 0) {
            cut = strlen(trunk);
            lead = strlen(code);
        }
    }

    if (digits[cut] == '\0'
        || lead + strlen(digits + cut) > PL_PHONE_E164_MAX)
    {
        cut = lead = 0;                 /* none that is dialled: as it is */
    }

    if (lead != 0) {
        memcpy(out, code, lead);
    }

    memcpy(out + lead, digits + cut, strlen(digits + cut) + 1);

    return true;
}


pl_status_t
pl_phone_of(pl_apply_t *ap, uint32_t tenant, const char *text,
    const char **out, pl_err_t *err)
{
    char                     form[PL_PHONE_MAX + 1];
    const pl_tenant_conf_t  *conf;

    *out = text;

    /* what providers say, nearly always */

    if (text == NULL || (text[0] != '0'
                         && strspn(text, "0123456789") == strlen(text)))
    {
        return PL_OK;
    }

    conf = pl_settings_tenant(ap->settings, tenant);

    if (!pl_phone_normal(text, conf == NULL ? NULL : conf->row->calling_code,
                         form)
        || strcmp(form, text) == 0)
    {
        return PL_OK;
    }

    *out = pl_arena_str(ap->ar, pl_str_c(form));

    return *out != NULL ? PL_OK : pl_err_set(err, PL_NOMEM, "contact", 0,
                                             "out of memory");
}


static const char *
phone_trunk(const char *code)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(phone_rows); i++) {
        if (strcmp(phone_rows[i].code, code) == 0) {
            return phone_rows[i].trunk;
        }
    }

    return "0";
}


/* The 0 of "+31 (0)6" is not dialled from abroad. */

static bool
phone_digits(const char *text, bool *abroad, char out[PL_PHONE_MAX + 1])
{
    size_t  n = 0;

    *abroad = (text[0] == '+');

    for (text += *abroad; *text != '\0'; text++) {

        if (*text >= '0' && *text <= '9' && n < PL_PHONE_MAX) {
            out[n++] = *text;
            continue;
        }

        if (strchr(PHONE_MARKS, *text) == NULL) {
            return false;
        }

        if (n > 0 && phone_zero(text)
            && (*abroad || (n > 2 && strncmp(out, "00", 2) == 0)))
        {
            text += 2;
        }
    }

    out[n] = '\0';

    return n > 0;
}


static bool
phone_zero(const char *p)
{
    return p[0] == '(' && p[1] == '0' && p[2] == ')';
}
