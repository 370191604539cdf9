/*
 * See outgoing.h. What the provider would refuse for its shape is refused
 * here, where whoever asked for it can still see which field it was.
 */

#include <string.h>

#include "../channel/template.h"
#include "../core/record.h"
#include "outgoing.h"

static pl_status_t outgoing_group(pl_apply_t *ap,
    const Pl__Message *message, const Pl__Group **group, pl_err_t *err);
static pl_status_t outgoing_template(pl_apply_t *ap,
    const Pl__Message *message, pl_err_t *why, pl_err_t *err);
static pl_status_t outgoing_record(pl_apply_t *ap,
    const Pl__Message *message, const char *name, const char *language,
    Pl__TemplateRecord **record, pl_err_t *err);


pl_status_t
pl_outgoing_decide(pl_apply_t *ap, const pl_policy_in_t *in,
    pl_verdict_t *verdict, const char **reason, pl_err_t *err)
{
    pl_err_t         why;
    const char      *rule;
    pl_status_t      rc;
    pl_policy_in_t   say;

    say = *in;
    rc = outgoing_group(ap, in->message, &say.group, err);
    if (rc != PL_OK) {
        return rc;
    }

    *reason = "policy";
    *verdict = pl_policy_decide(&say);

    if (verdict->decision == PL_POLICY_BLOCK) {
        return PL_OK;
    }

    rc = pl_outgoing_fit(ap, in->channel, in->message, &rule, &why, err);
    if (rc != PL_OK || rule == NULL) {
        return rc;
    }

    verdict->decision = PL_POLICY_BLOCK;
    verdict->rule = rule;
    *reason = pl_arena_printf(ap->ar, "%s: %s", why.path, why.text);

    return *reason != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "check", 0, "no memory");
}


pl_status_t
pl_outgoing_fit(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__Message *message, const char **rule, pl_err_t *why,
    pl_err_t *err)
{
    pl_status_t  rc;

    *rule = NULL;

    if (channel == NULL || channel->provider == NULL) {
        return PL_OK;
    }

    if (channel->provider->check(message, why) != PL_OK) {
        *rule = "content.refused";

    } else if (message->content->of_case == PL__CONTENT__OF_TEMPLATE) {
        rc = outgoing_template(ap, message, why, err);
        if (rc == PL_INVALID) {
            *rule = "template.refused";

        } else if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


bool
pl_outgoing_ready(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    const char *name, const char *language)
{
    pl_err_t             err;
    pl_status_t          one, all;
    Pl__Message          message = PL__MESSAGE__INIT;
    Pl__TemplateRecord  *record, *whole;

    message.tenant = tenant;
    message.channel = channel;

    one = outgoing_record(ap, &message, name, language, &record, &err);
    all = outgoing_record(ap, &message, "", "", &whole, &err);

    if ((one != PL_OK && one != PL_NOTFOUND)
        || (all != PL_OK && all != PL_NOTFOUND))
    {
        return false;
    }

    if (record == NULL) {
        return whole == NULL;
    }

    return pl_template_sendable(record) && !pl_template_gone(record, whole);
}


static pl_status_t
outgoing_group(pl_apply_t *ap, const Pl__Message *message,
    const Pl__Group **group, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *group = NULL;

    if (message->party_kind != PL__PARTY_KIND__PARTY_KIND_GROUP) {
        return PL_OK;
    }

    pl_key_tenant_seq(&key, message->tenant, message->party);

    rc = pl_record_get(ap->txn, PL_TABLE_GROUPS, pl_key_str(&key),
                       &pl__group__descriptor, ap->ar, &msg, err);
    *group = (const Pl__Group *) msg;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/*
 * PL_INVALID: it does not fit, and why says where. A template without a row,
 * or one that the newest list did not have, is refused; but where no list is
 * complete, one without a row is let go: the provider knows it better.
 */

static pl_status_t
outgoing_template(pl_apply_t *ap, const Pl__Message *message, pl_err_t *why,
    pl_err_t *err)
{
    pl_status_t           rc;
    const Pl__Template   *template = message->content->template_;
    Pl__TemplateRecord   *record, *whole;

    rc = outgoing_record(ap, message, template->name, template->language,
                         &record, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    rc = outgoing_record(ap, message, "", "", &whole, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    if (record == NULL && whole == NULL) {
        return PL_OK;
    }

    rc = record != NULL && pl_template_gone(record, whole)
         ? pl_template_check_gone(why)
         : pl_template_check(record, template, why);
    if (rc != PL_OK || message->address == NULL) {
        return rc;
    }

    return pl_template_check_address(record, message->address, why);
}


static pl_status_t
outgoing_record(pl_apply_t *ap, const Pl__Message *message,
    const char *name, const char *language, Pl__TemplateRecord **record,
    pl_err_t *err)
{
    char              *p, form[PL_NAME_MAX + 1];
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *record = NULL;

    if (strlen(language) >= sizeof(form)) {
        return PL_NOTFOUND;
    }

    (void) memcpy(form, language, strlen(language) + 1);

    for (p = form; *p != '\0'; p++) {
        if (*p == '-') {
            *p = '_';
        }
    }

    pl_key_template(&key, message->tenant, message->channel, name, form);
    if (!pl_key_ok(&key)) {
        return PL_NOTFOUND;         /* longer than a key may be: no row */
    }

    rc = pl_record_get(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                       &pl__template_record__descriptor, ap->ar, &msg, err);
    *record = (Pl__TemplateRecord *) msg;

    return rc;
}
