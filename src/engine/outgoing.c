/*
 * See outgoing.h. What the provider would refuse for its shape is refused
 * here, where whoever asked for it can still see which field it was.
 */

#include <string.h>

#include "../channel/template.h"
#include "../core/record.h"
#include "outgoing.h"

static pl_status_t outgoing_template(pl_apply_t *ap,
    const pl_policy_in_t *in, pl_err_t *why, pl_err_t *err);
static pl_status_t outgoing_record(pl_apply_t *ap, const pl_policy_in_t *in,
    const char *name, const char *language, Pl__TemplateRecord **record,
    pl_err_t *err);


pl_status_t
pl_outgoing_decide(pl_apply_t *ap, const pl_policy_in_t *in,
    pl_verdict_t *verdict, const char **reason, pl_err_t *err)
{
    pl_err_t      why;
    const char   *rule = NULL;
    pl_status_t   rc;

    *reason = "policy";
    *verdict = pl_policy_decide(in);

    if (verdict->decision == PL_POLICY_BLOCK || in->channel == NULL
        || in->channel->provider == NULL)
    {
        return PL_OK;
    }

    if (in->channel->provider->check(in->message, &why) != PL_OK) {
        rule = "content.refused";

    } else if (in->message->content->of_case == PL__CONTENT__OF_TEMPLATE) {
        rc = outgoing_template(ap, in, &why, err);
        if (rc == PL_INVALID) {
            rule = "template.refused";

        } else if (rc != PL_OK) {
            return rc;
        }
    }

    if (rule == NULL) {
        return PL_OK;
    }

    verdict->decision = PL_POLICY_BLOCK;
    verdict->rule = rule;
    *reason = pl_arena_printf(ap->ar, "%s: %s", why.path, why.text);

    return *reason != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "check", 0, "no memory");
}


/*
 * PL_INVALID: it does not fit, and why says where. A template without a row
 * is refused where the list of them is complete, and otherwise let go: the
 * provider knows it better.
 */

static pl_status_t
outgoing_template(pl_apply_t *ap, const pl_policy_in_t *in, pl_err_t *why,
    pl_err_t *err)
{
    pl_status_t           rc;
    const Pl__Template   *template = in->message->content->template_;
    Pl__TemplateRecord   *record;

    rc = outgoing_record(ap, in, template->name, template->language, &record,
                         err);

    if (rc == PL_NOTFOUND) {
        rc = outgoing_record(ap, in, "", "", &record, err);
        if (rc != PL_OK) {
            return rc == PL_NOTFOUND ? PL_OK : rc;
        }

        return pl_template_check(NULL, template, why);
    }

    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_template_check(record, template, why);
    if (rc != PL_OK || in->message->address == NULL) {
        return rc;
    }

    return pl_template_check_address(record, in->message->address, why);
}


static pl_status_t
outgoing_record(pl_apply_t *ap, const pl_policy_in_t *in, const char *name,
    const char *language, Pl__TemplateRecord **record, pl_err_t *err)
{
    char              *p, form[PL_NAME_MAX + 1];
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (strlen(language) >= sizeof(form)) {
        return PL_NOTFOUND;
    }

    (void) memcpy(form, language, strlen(language) + 1);

    for (p = form; *p != '\0'; p++) {
        *p = *p == '-' ? '_' : *p;
    }

    pl_key_template(&key, in->message->tenant, in->message->channel, name,
                    form);
    if (!pl_key_ok(&key)) {
        return PL_NOTFOUND;         /* longer than a key may be: no row */
    }

    rc = pl_record_get(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                       &pl__template_record__descriptor, ap->ar, &msg, err);
    *record = (Pl__TemplateRecord *) msg;

    return rc;
}
