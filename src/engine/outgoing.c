/*
 * See outgoing.h. What the provider would refuse for its shape is refused
 * here, where whoever asked for it can still see which field it was.
 */

#include <string.h>

#include "../channel/content.h"
#include "../channel/template.h"
#include "../channel/wording.h"
#include "../core/clock.h"
#include "../core/record.h"
#include "../core/str.h"
#include "bounce.h"
#include "caps.h"
#include "outgoing.h"
#include "outgoing_impl.h"
#include "restrict.h"
#include "tomb.h"
#include "spare.h"

static pl_status_t outgoing_gather(pl_apply_t *ap, pl_policy_in_t *in,
    const Pl__Contact *contact, pl_decided_t *out, pl_err_t *err);
static pl_status_t outgoing_contact(pl_apply_t *ap, pl_policy_in_t *in,
    const Pl__Contact *contact, pl_decided_t *out, pl_err_t *err);
static void outgoing_consent(const Pl__Contact *contact,
    pl_policy_in_t *in);
static const pl_zone_t *outgoing_zone(pl_apply_t *ap,
    const pl_policy_in_t *in, const char *own, bool *unknown);
static const pl_zone_t *outgoing_tenant_zone(pl_apply_t *ap, uint32_t tenant,
    bool *unknown);
static const char *outgoing_forbidden(pl_apply_t *ap,
    const pl_policy_in_t *in);
static pl_status_t outgoing_unfit(pl_apply_t *ap, pl_policy_in_t *in,
    const pl_outgoing_template_t *rows, pl_decided_t *out, pl_err_t *err);
static pl_status_t outgoing_reason(pl_apply_t *ap, pl_decided_t *out,
    pl_err_t *err);
static void outgoing_swap(Pl__Message *message);
static const pl_terms_t *outgoing_terms(const pl_apply_t *ap,
    const pl_channel_conf_t *channel, uint32_t tenant);
static pl_status_t outgoing_group(pl_apply_t *ap,
    const Pl__Message *message, const Pl__Group **group, pl_err_t *err);
static pl_status_t outgoing_check(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const Pl__Message *message,
    const pl_outgoing_template_t *rows, const char **rule, pl_err_t *why);
static pl_status_t outgoing_worded(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const Pl__Message *message,
    const pl_outgoing_template_t *rows, pl_err_t *why);
static pl_status_t outgoing_content(pl_apply_t *ap,
    const Pl__Message *message, const pl_outgoing_template_t *rows,
    const char **rule, pl_err_t *why);
static pl_status_t outgoing_template(const Pl__Message *message,
    const pl_outgoing_template_t *rows, pl_err_t *why);


/*
 * A form that is exchanged for the other is decided as if it had been asked
 * for: policy says once more whether that one may leave. It never asks for
 * an exchange twice, since one of the two fits the window as it is.
 */

pl_status_t
pl_outgoing_decide(pl_apply_t *ap, const pl_policy_in_t *in,
    const Pl__Contact *contact, pl_decided_t *out, pl_err_t *err)
{
    bool             erased;
    Pl__Message      other;
    pl_status_t      rc;
    pl_policy_in_t   say = *in;

    memset(out, 0, sizeof(*out));

    rc = pl_tomb_message(ap, in->message, &erased, err);
    if (rc == PL_OK && erased) {
        out->verdict.decision = PL_POLICY_BLOCK;
        out->verdict.rule = out->verdict.label = "erased";
        out->reason = "policy";
        return PL_OK;
    }

    rc = rc == PL_OK ? outgoing_gather(ap, &say, contact, out, err) : rc;
    if (rc != PL_OK) {
        return rc;
    }

    out->verdict = pl_policy_decide(&say);

    if (out->verdict.decision == PL_POLICY_REPLACE) {
        out->replaced = true;
        out->why = out->verdict.rule;

        other = *in->message;
        outgoing_swap(&other);
        other.has_charged = 0;
        say = *in;
        say.message = &other;

        rc = outgoing_gather(ap, &say, contact, out, err);
        if (rc != PL_OK) {
            return rc;
        }

        out->verdict = pl_policy_decide(&say);
    }

    return outgoing_reason(ap, out, err);
}


pl_status_t
pl_outgoing_replace(pl_apply_t *ap, uint64_t id, Pl__Message *message,
    const char *why, pl_err_t *err)
{
    bool         changed;
    const char  *text;
    pl_status_t  rc;

    rc = pl_caps_return(ap, message, &changed, err);
    if (rc != PL_OK) {
        return rc;
    }

    outgoing_swap(message);

    text = pl_policy_template(message->content)
           ? message->content->template_->name : "the free form";

    rc = pl_message_put(ap, id, message, false, err);

    if (rc == PL_OK) {
        rc = pl_feed_content(ap, id, message, err);
    }

    if (rc == PL_OK) {
        rc = pl_feed_audit(ap, message->tenant,
                           PL__AUDIT_KIND__AUDIT_KIND_REPLACED, id, why,
                           text, err);
    }

    return rc == PL_OK ? pl_feed_count(ap, message->tenant,
                                       "policy_replaced", why, err)
                       : rc;
}


pl_status_t
pl_outgoing_blocked(pl_apply_t *ap, const Pl__Effect *effect,
    const pl_decided_t *out, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_feed_count(ap, effect->tenant, "policy_blocked",
                       out->verdict.label, err);

    return rc == PL_OK ? pl_queue_dead(ap, effect, out->reason,
                                       out->verdict.rule, 0, err)
                       : rc;
}


pl_status_t
pl_outgoing_spared(pl_apply_t *ap, int64_t expires_ms, int64_t until_ms,
    pl_decided_t *out, pl_err_t *err)
{
    memset(out, 0, sizeof(*out));
    out->verdict.decision = PL_POLICY_DEFER;
    out->verdict.rule = PL_SPARE_RULE;
    out->verdict.until_ms = until_ms;

    if (pl_policy_late(expires_ms, until_ms)) {
        out->verdict.decision = PL_POLICY_BLOCK;
        out->verdict.rule = "expired";
        out->verdict.because = PL_SPARE_RULE;
    }

    out->verdict.label = out->verdict.rule;

    return outgoing_reason(ap, out, err);
}


pl_status_t
pl_outgoing_charge(pl_apply_t *ap, uint64_t id, Pl__Message *message,
    Pl__Category category, pl_err_t *err)
{
    bool               changed;
    pl_status_t        rc;
    const pl_terms_t  *terms;

    terms = outgoing_terms(ap, pl_settings_channel(ap->settings,
                                                   message->channel),
                           message->tenant);

    if (terms == NULL || terms->n_caps == 0) {
        return PL_OK;
    }

    rc = pl_caps_charge(ap, terms,
                        outgoing_tenant_zone(ap, message->tenant, &changed),
                        message, category, &changed, err);

    return rc == PL_OK && changed
           ? pl_message_put(ap, id, message, false, err) : rc;
}


pl_status_t
pl_outgoing_fit(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__Message *message, const char **rule, pl_err_t *why,
    pl_err_t *err)
{
    pl_status_t          rc;
    pl_outgoing_template_t  rows;

    rc = pl_outgoing_rows(ap, message, &rows, err);
    if (rc != PL_OK) {
        return rc;
    }

    (void) outgoing_check(ap, channel, message, &rows, rule, why);

    return PL_OK;
}


static pl_status_t
outgoing_gather(pl_apply_t *ap, pl_policy_in_t *in,
    const Pl__Contact *contact, pl_decided_t *out, pl_err_t *err)
{
    bool                 ignored;
    pl_status_t          rc;
    Pl__Category         category;
    pl_outgoing_template_t  rows;

    in->terms = outgoing_terms(ap, in->channel, in->message->tenant);

    rc = outgoing_group(ap, in->message, &in->group, err);

    if (rc == PL_OK) {
        rc = pl_outgoing_rows(ap, in->message, &rows, err);
    }

    if (rc == PL_OK) {
        in->template = rows.own;
        rc = outgoing_unfit(ap, in, &rows, out, err);
    }

    if (rc == PL_OK && pl_policy_template(in->message->content)) {
        rc = pl_restrict_read(ap, in->message, &in->restricted_ms,
                              &in->no_utility_ms, err);
    }

    if (rc == PL_OK) {
        rc = outgoing_contact(ap, in, contact, out, err);
    }

    if (rc != PL_OK || in->terms == NULL) {
        return rc;
    }

    in->forbidden = outgoing_forbidden(ap, in);

    if (in->terms->n_caps == 0) {
        return PL_OK;
    }

    category = pl_policy_category(in->message, in->template);

    return pl_caps_used(ap, in->terms,
                        outgoing_tenant_zone(ap, in->message->tenant,
                                             &ignored),
                        in->message, category, &in->cap, &in->cap_ms, err);
}


/* Read only where something of it is asked: who answers need not. */

static pl_status_t
outgoing_contact(pl_apply_t *ap, pl_policy_in_t *in,
    const Pl__Contact *contact, pl_decided_t *out, pl_err_t *err)
{
    bool          consents, hours, mail;
    pl_status_t   rc;
    Pl__Contact  *read;

    consents = pl_policy_consents(in->message,
                                  pl_policy_category(in->message,
                                                     in->template));
    hours = in->terms != NULL && (in->terms->has_quiet
                                  || in->terms->has_business);

    mail = in->message->address != NULL
           && in->message->address->kind
              == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;

    if (!consents && !hours && !mail) {
        return PL_OK;
    }

    if (contact == NULL
        && in->message->party_kind == PL__PARTY_KIND__PARTY_KIND_CONTACT)
    {
        rc = pl_contact_root(ap, in->message->tenant, in->message->contact,
                             &read, err);
        if (rc == PL_OK) {
            contact = read;

        } else if (rc != PL_NOTFOUND) {
            return rc;
        }
    }

    if (hours) {
        in->zone = outgoing_zone(ap, in,
                                 contact == NULL ? NULL : contact->time_zone,
                                 &out->zone_unknown);
    }

    in->bounced = mail && contact != NULL
                  && pl_bounce_is(contact, in->message);

    if (consents) {
        in->has_contact = true;
        outgoing_consent(contact, in);
    }

    return PL_OK;
}


/* Nobody at all has allowed, or forbidden, nothing. */

static void
outgoing_consent(const Pl__Contact *contact, pl_policy_in_t *in)
{
    if (contact != NULL) {
        in->marketing = pl_contact_consent_state(contact,
                                                 PL_CONSENT_MARKETING);
        in->spared_ms = contact->spared_ms;
        in->stopped = pl_contact_consent_state(contact, PL_CONSENT_ALL)
                      == PL_CONSENT_REVOKED;
    }
}


/* The contact's, else the channel's, else the tenant's, else UTC. */

static const pl_zone_t *
outgoing_zone(pl_apply_t *ap, const pl_policy_in_t *in, const char *own,
    bool *unknown)
{
    size_t            i;
    const char       *names[2];
    const pl_zone_t  *zone;

    names[0] = own;
    names[1] = in->terms->zone;

    for (i = 0; i < PL_COUNT(names); i++) {

        if (names[i] == NULL) {
            continue;
        }

        zone = pl_settings_zone(ap->settings, pl_str_c(names[i]));
        if (zone != NULL) {
            return zone;
        }

        *unknown = true;
    }

    return outgoing_tenant_zone(ap, in->message->tenant, unknown);
}


static const pl_zone_t *
outgoing_tenant_zone(pl_apply_t *ap, uint32_t tenant, bool *unknown)
{
    const pl_zone_t         *zone;
    const pl_tenant_conf_t  *conf;

    conf = pl_settings_tenant(ap->settings, tenant);

    if (conf == NULL || conf->row->time_zone == NULL) {
        return pl_zone_universal();
    }

    zone = pl_settings_zone(ap->settings, pl_str_c(conf->row->time_zone));
    if (zone != NULL) {
        return zone;
    }

    *unknown = true;

    return pl_zone_universal();
}


static const char *
outgoing_forbidden(pl_apply_t *ap, const pl_policy_in_t *in)
{
    size_t               i;
    const char          *rule;
    Pl__ForbidScope      scope;
    const pl_forbids_t  *list;

    scope = in->message->party_kind == PL__PARTY_KIND__PARTY_KIND_GROUP
            ? PL__FORBID_SCOPE__FORBID_SCOPE_GROUP
            : PL__FORBID_SCOPE__FORBID_SCOPE_CONTACT;

    for (i = 0; i < in->terms->n_forbids; i++) {
        list = &in->terms->forbids[i];

        if (list->scope != scope
            && list->scope != PL__FORBID_SCOPE__FORBID_SCOPE_ALL)
        {
            continue;
        }

        rule = pl_forbid_find(list->rules, ap->match, in->message->content);
        if (rule != NULL) {
            return rule;
        }
    }

    return NULL;
}


static pl_status_t
outgoing_unfit(pl_apply_t *ap, pl_policy_in_t *in,
    const pl_outgoing_template_t *rows, pl_decided_t *out, pl_err_t *err)
{
    pl_err_t     why;
    const char  *rule;

    out->reason = NULL;

    if (in->any_values) {
        in->unfit = rows->own != NULL && pl_template_sendable(rows->own)
                    && !pl_template_gone(rows->own, rows->list)
                    ? NULL : "template.refused";
        return PL_OK;
    }

    if (outgoing_check(ap, in->channel, in->message, rows, &rule, &why)
        == PL_OK)
    {
        return PL_OK;
    }

    in->unfit = rule;
    out->reason = pl_arena_printf(ap->ar, "%s: %s", why.path, why.text);

    return out->reason != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "check", 0, "no memory");
}


/* What was written down of the form's fit is of use to that rule alone. */

static pl_status_t
outgoing_reason(pl_apply_t *ap, pl_decided_t *out, pl_err_t *err)
{
    char                 until[PL_CLOCK_TEXT_MAX];
    const pl_verdict_t  *v = &out->verdict;

    if (v->rule != NULL && (strcmp(v->rule, "content.refused") == 0
                            || strcmp(v->rule, "template.content") == 0
                            || strcmp(v->rule, "template.refused") == 0))
    {
        return PL_OK;
    }

    out->reason = v->text != NULL ? v->text : "policy";

    if (v->because != NULL) {
        out->reason = pl_arena_printf(ap->ar, "%s until %s, too late then",
                                      v->because,
                                      pl_clock_print(v->until_ms, until));

    } else if (v->decision == PL_POLICY_DEFER) {
        out->reason = pl_arena_printf(ap->ar, "until %s%s",
                                      pl_clock_print(v->until_ms, until),
                                      out->zone_unknown
                                      ? ", by another time zone: that of the "
                                        "contact or its channel is not known"
                                      : "");
    }

    return out->reason != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "policy", 0, "no memory");
}


static void
outgoing_swap(Pl__Message *message)
{
    Pl__Content  *other;

    other = message->otherwise;
    message->otherwise = message->content;
    message->content = other;
}


static const pl_terms_t *
outgoing_terms(const pl_apply_t *ap, const pl_channel_conf_t *channel,
    uint32_t tenant)
{
    const pl_tenant_conf_t  *conf;

    if (channel != NULL) {
        return channel->terms;
    }

    conf = pl_settings_tenant(ap->settings, tenant);

    return conf == NULL ? NULL : conf->terms;
}


/* PL_INVALID: it does not fit; *rule names which, and why the field. */

static pl_status_t
outgoing_check(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__Message *message, const pl_outgoing_template_t *rows,
    const char **rule, pl_err_t *why)
{
    *rule = NULL;

    if (channel == NULL || channel->provider == NULL) {
        return PL_OK;
    }

    if (pl_outgoing_own(channel, message)) {
        *rule = outgoing_worded(ap, channel, message, rows, why) == PL_OK
                ? NULL : "template.refused";

        return *rule == NULL ? PL_OK : PL_INVALID;
    }

    if (channel->provider->check(message, why) != PL_OK) {
        *rule = "content.refused";
        return PL_INVALID;
    }

    if (!pl_policy_template(message->content)) {
        return PL_OK;
    }

    if (pl_outgoing_content(channel, message->content->template_)) {
        return outgoing_content(ap, message, rows, rule, why);
    }

    if (outgoing_template(message, rows, why) != PL_OK) {
        *rule = "template.refused";
        return PL_INVALID;
    }

    return PL_OK;
}


/* What its provider calls it comes first: without that nothing is known. */

static pl_status_t
outgoing_content(pl_apply_t *ap, const Pl__Message *message,
    const pl_outgoing_template_t *rows, const char **rule, pl_err_t *why)
{
    size_t               n;
    pl_status_t          rc;
    pl_content_value_t  *values;

    rc = pl_content_fill(rows->own, message->content->template_, ap->ar,
                         &values, &n, why);

    if (rc == PL_OK) {
        rc = outgoing_template(message, rows, why);
    }

    *rule = rc == PL_OK ? NULL
            : rc == PL_NOTFOUND ? "template.content" : "template.refused";

    return *rule == NULL ? PL_OK : PL_INVALID;
}


/* As it will be once its template is filled in: its provider's limits hold. */

static pl_status_t
outgoing_worded(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__Message *message, const pl_outgoing_template_t *rows,
    pl_err_t *why)
{
    Pl__Message  said = *message;

    if (pl_wording_fill(rows->own, message->content->template_, ap->ar,
                        &said.content, why)
        != PL_OK)
    {
        return PL_INVALID;
    }

    if (channel->provider->check(&said, why) != PL_OK) {
        pl_err_path(why, "content.template.body");
        return PL_INVALID;
    }

    return PL_OK;
}


pl_status_t
pl_outgoing_category(pl_apply_t *ap, const Pl__Message *message,
    Pl__Category *category, pl_err_t *err)
{
    pl_status_t          rc;
    pl_outgoing_template_t  rows;

    rc = pl_outgoing_rows(ap, message, &rows, err);
    if (rc == PL_OK) {
        *category = pl_policy_category(message, rows.own);
    }

    return rc;
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
outgoing_template(const Pl__Message *message,
    const pl_outgoing_template_t *rows, pl_err_t *why)
{
    pl_status_t  rc;

    if (rows->own == NULL && rows->list == NULL) {
        return PL_OK;
    }

    rc = rows->own != NULL && pl_template_gone(rows->own, rows->list)
         ? pl_template_check_gone(why)
         : pl_template_check(rows->own, message->content->template_, why);
    if (rc != PL_OK || message->address == NULL) {
        return rc;
    }

    return pl_template_check_address(rows->own, message->address, why);
}
