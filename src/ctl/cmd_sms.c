/*
 * sms: a template's text with its variables filled in, and how long it is.
 */

#include <string.h>

#include "../channel/sms.h"
#include "../core/gsm.h"
#include "../core/str.h"
#include "cmd.h"


static void sms_count(plctl_t *ctl, const char *how, pl_str_t text);
static pl_status_t sms_values(plctl_t *ctl, const char *const *words,
    unsigned n_words, pl_sms_value_t **values, pl_err_t *err);


int
plctl_cmd_sms(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t         err = { 0 };
    pl_str_t         text;
    const char      *smart;
    pl_status_t      rc;
    pl_sms_value_t  *values = NULL;

    rc = plctl_file(ctl, words[0], PL_BODY_MAX, &text, &err);

    if (rc == PL_OK) {
        rc = sms_values(ctl, words + 1, n_words - 1, &values, &err);
    }

    if (rc == PL_OK) {
        rc = pl_sms_fill(ctl->ar, text, values, n_words - 1, &text, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    smart = pl_sms_smart(ctl->ar, (const char *) text.data);
    if (smart == NULL) {
        (void) pl_err_set(&err, PL_NOMEM, "sms", 0, "out of memory");
        return plctl_fail(ctl, &err);
    }

    fprintf(ctl->out, "%s\n", (const char *) text.data);
    sms_count(ctl, "", text);

    if (strcmp(smart, (const char *) text.data) != 0) {
        sms_count(ctl, "with smart_encoding: ", pl_str_c(smart));
    }

    return PLCTL_EXIT_OK;
}


static void
sms_count(plctl_t *ctl, const char *how, pl_str_t text)
{
    pl_gsm_t  gsm;

    pl_gsm_count(text, &gsm);

    plctl_note(ctl, "%s%u segment%s of %s, %u units left in the last", how,
               gsm.segments, gsm.segments == 1 ? "" : "s",
               gsm.ucs2 ? "UCS-2" : "GSM-7", gsm.left);
}


static pl_status_t
sms_values(plctl_t *ctl, const char *const *words, unsigned n_words,
    pl_sms_value_t **values, pl_err_t *err)
{
    unsigned         i;
    const char      *sign;
    pl_sms_value_t  *list;

    list = pl_arena_alloc(ctl->ar, (n_words + 1) * sizeof(*list));
    if (list == NULL) {
        return pl_err_set(err, PL_NOMEM, "sms", 0, "out of memory");
    }

    for (i = 0; i < n_words; i++) {
        sign = strchr(words[i], '=');

        if (sign == NULL) {
            return pl_err_set(err, PL_INVALID, "sms", 0,
                              "a value is given as NAME=VALUE");
        }

        list[i].name = (pl_str_t) { (const uint8_t *) words[i],
                                    (size_t) (sign - words[i]) };
        list[i].value = pl_str_c(sign + 1);
    }

    *values = list;

    return PL_OK;
}
