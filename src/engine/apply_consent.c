/*
 * ConsentSet: somebody writes down what a person allowed or forbade, or has
 * read what was unclear.
 *
 * A form that was filled in before the person wrote STOP may be entered
 * after it: the time at which it was said decides, and it lies never ahead.
 * A reader's decision follows the word that it is about, whatever the
 * provider's clock said.
 */

#include <string.h>

#include "consent.h"
#include "run.h"

static pl_status_t consent_check(pl_apply_t *ap, const Pl__ConsentSet *in,
    pl_err_t *err);
static bool consent_bounded(const char *text);
static pl_status_t consent_bad(pl_err_t *err, const char *path,
    const char *text);
static pl_status_t consent_contact(pl_apply_t *ap, const Pl__ConsentSet *in,
    Pl__Contact **contact, pl_err_t *err);
static bool consent_resolve(const Pl__Contact *contact,
    const Pl__ConsentSet *in, Pl__Consent *consent);
static const char *consent_word(Pl__ConsentState state);


pl_status_t
pl_apply_consent_set(pl_apply_t *ap, const Pl__ConsentSet *in, pl_err_t *err)
{
    bool          changed, granted;
    int64_t       now_s;
    Pl__Consent   consent = PL__CONSENT__INIT;
    Pl__Contact  *contact;
    pl_status_t   rc;

    rc = consent_check(ap, in, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = consent_contact(ap, in, &contact, err);

    if (rc == PL_NOTFOUND) {
        return pl_feed_count(ap, in->tenant, "consents", "unknown", err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    now_s = ap->now_ms / 1000;

    consent.category = in->category;
    consent.state = in->state;
    consent.time_s = in->has_time_s && in->time_s < now_s ? in->time_s
                                                          : now_s;
    consent.source = in->source;
    consent.has_channel = in->has_channel;
    consent.channel = in->channel;
    consent.text_version = in->text_version;
    consent.actor = in->actor;

    if (in->resolves && !consent_resolve(contact, in, &consent)) {
        return pl_feed_count(ap, in->tenant, "consents", "late", err);
    }

    granted = pl_consent_granted(contact, consent.category);

    rc = pl_consent_write(ap, in->tenant, contact, &consent,
                          consent_word(consent.state), &changed, err);

    return rc == PL_OK && changed && !granted
           && consent.state == PL__CONSENT_STATE__CONSENT_STATE_GRANTED
           ? pl_run_opt_in(ap, in->tenant, in->channel, contact->id,
                           in->category, err)
           : rc;
}


static pl_status_t
consent_check(pl_apply_t *ap, const Pl__ConsentSet *in, pl_err_t *err)
{
    const pl_channel_conf_t  *channel;

    if (pl_settings_tenant(ap->settings, in->tenant) == NULL) {
        return consent_bad(err, "tenant", "there is no such tenant");
    }

    if ((in->address != NULL) == (in->has_contact != 0)) {
        return consent_bad(err, "address",
                           "either an address or a contact is needed");
    }

    if (in->address != NULL
        && (strlen(in->address->value) == 0
            || strlen(in->address->value) > PL_ADDRESS_MAX
            || (in->address->kind != PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
                && in->address->kind
                   != PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID
                && in->address->kind
                   != PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL)))
    {
        return consent_bad(err, "address", "no address of a person");
    }

    if (in->address != NULL
        && in->address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
        && (strlen(in->address->value) > PL_PHONE_MAX
            || strspn(in->address->value, "0123456789")
               != strlen(in->address->value)))
    {
        return consent_bad(err, "address", "a phone number is 1 to 20 digits");
    }

    channel = in->has_channel
              ? pl_settings_channel(ap->settings, in->channel) : NULL;

    if (in->has_channel
        && (channel == NULL || channel->tenant != in->tenant))
    {
        return consent_bad(err, "channel", "the tenant has no such channel");
    }

    if (!pl_name_valid(pl_str_c(in->category))) {
        return consent_bad(err, "category", "no name of a category");
    }

    if (in->state != PL__CONSENT_STATE__CONSENT_STATE_GRANTED
        && in->state != PL__CONSENT_STATE__CONSENT_STATE_REVOKED
        && in->state != PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN)
    {
        return consent_bad(err, "state", "granted, revoked or unknown");
    }

    if (in->source[0] == '\0' || !consent_bounded(in->source)
        || strncmp(in->source, "provider.", 9) == 0)
    {
        return consent_bad(err, "source", "1 to 256 bytes, and no provider's");
    }

    if (!consent_bounded(in->text_version)) {
        return consent_bad(err, "text_version", "too long");
    }

    return in->actor != NULL && strlen(in->actor) > PL_ACTOR_MAX
           ? consent_bad(err, "actor", "too long") : PL_OK;
}


static bool
consent_bounded(const char *text)
{
    return text == NULL || strlen(text) <= PL_CONSENT_TEXT_MAX;
}


static pl_status_t
consent_bad(pl_err_t *err, const char *path, const char *text)
{
    (void) pl_err_set(err, PL_INVALID, "consent", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}


/* Whom nobody knew before is known from now on: a no must find them. */

static pl_status_t
consent_contact(pl_apply_t *ap, const Pl__ConsentSet *in,
    Pl__Contact **contact, pl_err_t *err)
{
    Pl__Sender  who = PL__SENDER__INIT;

    if (in->has_contact) {
        return pl_contact_root(ap, in->tenant, in->contact, contact, err);
    }

    if (in->address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_PHONE) {
        who.phone = in->address->value;

    } else if (in->address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL) {
        who.email = in->address->value;

    } else {
        who.user_id = in->address->value;
    }

    return pl_contact_resolve(ap, in->tenant, &who, contact, err);
}


static bool
consent_resolve(const Pl__Contact *contact, const Pl__ConsentSet *in,
    Pl__Consent *consent)
{
    const Pl__Consent  *row;

    row = pl_contact_consent_row(contact, in->category);

    if (row == NULL
        || row->state != PL__CONSENT_STATE__CONSENT_STATE_PAUSED)
    {
        return false;
    }

    if (in->state != PL__CONSENT_STATE__CONSENT_STATE_REVOKED) {
        consent->state = row->has_before
                         ? row->before
                         : PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN;
    }

    if (consent->time_s <= row->time_s) {
        consent->time_s = row->time_s + 1;
    }

    consent->has_message = row->has_message;
    consent->message = row->message;

    return true;
}


static const char *
consent_word(Pl__ConsentState state)
{
    switch (state) {

    case PL__CONSENT_STATE__CONSENT_STATE_GRANTED:
        return "granted";

    case PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN:
        return "unasked";

    default:
        return "revoked";
    }
}
