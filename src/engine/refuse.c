/*
 * STOP, START, HELP, and what is unclear. See refuse.h.
 *
 * The order matters: consent is written, and what waits is taken back, before
 * the confirmation is queued, so that nothing of marketing stands before it.
 * Somebody who answers in the bot's place changes none of it.
 */

#include <string.h>

#include "../channel/mail.h"
#include "consent.h"
#include "refuse.h"
#include "run.h"
#include "stop.h"
#include "stop_text.h"

#define REFUSE_SOURCE   "message"
#define REFUSE_DEFAULT  "en"

static pl_status_t refuse_decide(pl_apply_t *ap, const pl_refuse_t *refuse,
    pl_stop_say_t *say, pl_err_t *err);
static bool refuse_text(const Pl__Content *content, unsigned i,
    pl_str_t *text);
static pl_status_t refuse_stop(pl_apply_t *ap, const pl_refuse_t *refuse,
    const pl_stop_say_t *say, pl_err_t *err);
static pl_status_t refuse_start(pl_apply_t *ap, const pl_refuse_t *refuse,
    const pl_stop_say_t *say, bool *heard, pl_err_t *err);
static pl_status_t refuse_help(pl_apply_t *ap, const pl_refuse_t *refuse,
    bool *heard, pl_err_t *err);
static pl_status_t refuse_unclear(pl_apply_t *ap, const pl_refuse_t *refuse,
    const pl_stop_say_t *say, pl_err_t *err);
static bool refuse_told(const pl_refuse_t *refuse);
static bool refuse_mail(const pl_refuse_t *refuse);
static pl_status_t refuse_end(pl_apply_t *ap, const pl_refuse_t *refuse,
    pl_err_t *err);
static void refuse_consent(const pl_apply_t *ap, const pl_refuse_t *refuse,
    const pl_stop_say_t *say, Pl__ConsentState state, Pl__Consent *consent);
static const pl_stop_text_t *refuse_words(const pl_refuse_t *refuse,
    const Pl__TenantSettings *row, const pl_stop_say_t *say);
static const Pl__TenantSettings *refuse_tenant(pl_apply_t *ap,
    const pl_refuse_t *refuse);
static pl_status_t refuse_say(pl_apply_t *ap, const pl_refuse_t *refuse,
    const char *body, bool confirms, pl_err_t *err);


pl_status_t
pl_refuse_inbound(pl_apply_t *ap, const pl_refuse_t *refuse, bool *heard,
    pl_err_t *err)
{
    pl_status_t    rc;
    pl_stop_say_t  say;

    *heard = false;

    rc = refuse_decide(ap, refuse, &say, err);
    if (rc != PL_OK) {
        return rc;
    }

    switch (say.kind) {

    case PL_STOP_STOP:
        *heard = true;
        return refuse_stop(ap, refuse, &say, err);

    case PL_STOP_START:
        return refuse_start(ap, refuse, &say, heard, err);

    case PL_STOP_HELP:
        return refuse_help(ap, refuse, heard, err);

    case PL_STOP_UNCLEAR:
        return refuse_unclear(ap, refuse, &say, err);

    default:
        return PL_OK;
    }
}


pl_status_t
pl_refuse_past(pl_apply_t *ap, const pl_refuse_t *refuse, pl_err_t *err)
{
    Pl__Consent    consent;
    pl_status_t    rc;
    pl_stop_say_t  say;

    rc = refuse_decide(ap, refuse, &say, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (say.kind == PL_STOP_UNCLEAR) {
        return refuse_unclear(ap, refuse, &say, err);
    }

    if (say.kind != PL_STOP_STOP) {
        return PL_OK;
    }

    refuse_consent(ap, refuse, &say, PL__CONSENT_STATE__CONSENT_STATE_REVOKED,
                   &consent);

    return pl_consent_write(ap, refuse->party->tenant, refuse->contact,
                            &consent, "stop", NULL, err);
}


/* A provider that took it for a refusal has acted on it: so it is one. */

static pl_status_t
refuse_decide(pl_apply_t *ap, const pl_refuse_t *refuse, pl_stop_say_t *say,
    pl_err_t *err)
{
    unsigned                 i;
    pl_str_t                 text;
    pl_status_t              rc;
    const pl_tenant_conf_t  *tenant;

    say->kind = PL_STOP_NONE;
    say->language = "";
    say->phrase = NULL;

    tenant = pl_settings_tenant(ap->settings, refuse->party->tenant);

    for (i = 0; say->kind == PL_STOP_NONE
                && refuse_text(refuse->in->content, i, &text); i++)
    {
        rc = pl_stop_decide(ap->stop, tenant != NULL ? tenant->stop : NULL,
                            ap->ar, text, say, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    /* what is put right says no more than what it forbids */

    if (refuse->in->content->of_case == PL__CONTENT__OF_EDIT
        && say->kind != PL_STOP_STOP && say->kind != PL_STOP_UNCLEAR)
    {
        say->kind = PL_STOP_NONE;
    }

    if (refuse_told(refuse)) {
        say->kind = refuse->in->opt_out == PL__OPT_OUT__OPT_OUT_START
                    ? PL_STOP_START
                    : refuse->in->opt_out == PL__OPT_OUT__OPT_OUT_HELP
                      ? PL_STOP_HELP : PL_STOP_STOP;
    }

    return PL_OK;
}


/*
 * What the person wrote, or what a button that they tapped says: the words
 * that they saw first, then what the business put behind them. An edited
 * message says what it says now.
 */

static bool
refuse_text(const Pl__Content *content, unsigned i, pl_str_t *text)
{
    const char  *said;

    said = NULL;

    if (content->of_case == PL__CONTENT__OF_EDIT) {
        content = content->edit->content;       /* it is no edit itself */
    }

    if (content == NULL) {
        return false;
    }

    if (content->of_case == PL__CONTENT__OF_REPLY && i < 2) {
        said = i == 0 ? content->reply->title : content->reply->id;
        *text = said != NULL ? pl_str_c(said) : PL_STR("");
        return true;
    }

    if (i != 0) {
        return false;
    }

    if (content->of_case == PL__CONTENT__OF_EMAIL) {
        *text = content->email->automatic ? PL_STR_NULL
                : pl_mail_fresh(pl_str_c(content->email->text));
        return text->len != 0;
    }

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        said = content->text->body;
        break;

    case PL__CONTENT__OF_MEDIA:
        said = content->media->caption;
        break;

    default:
        break;
    }

    *text = pl_str_c(said);

    return said != NULL;
}


static pl_status_t
refuse_stop(pl_apply_t *ap, const pl_refuse_t *refuse,
    const pl_stop_say_t *say, pl_err_t *err)
{
    bool                       told;
    Pl__Consent                consent;
    pl_status_t                rc;
    const Pl__Consent         *row;
    const Pl__TenantSettings  *tenant;

    row = pl_contact_consent_row(refuse->contact, PL_CONSENT_MARKETING);
    told = row != NULL && row->confirmed
           && row->state == PL__CONSENT_STATE__CONSENT_STATE_REVOKED;

    refuse_consent(ap, refuse, say, PL__CONSENT_STATE__CONSENT_STATE_REVOKED,
                   &consent);
    consent.has_confirmed = 1;
    consent.confirmed = 1;

    /* a provider that took it so lets nothing through any more; who
       unsubscribes by mail wants no more newsletters */

    if (refuse_told(refuse) && !refuse_mail(refuse)) {
        consent.category = (char *) PL_CONSENT_ALL;

        rc = pl_consent_write(ap, refuse->party->tenant, refuse->contact,
                              &consent, "stop", NULL, err);
        if (rc != PL_OK) {
            return rc;
        }

        consent.category = (char *) PL_CONSENT_MARKETING;
    }

    rc = pl_consent_write(ap, refuse->party->tenant, refuse->contact,
                          &consent, "stop", NULL, err);
    if (rc != PL_OK) {
        return rc;
    }

    /* a newer word may stand, which came before this one */

    row = pl_contact_consent_row(refuse->contact, PL_CONSENT_MARKETING);

    if (row == NULL
        || row->state != PL__CONSENT_STATE__CONSENT_STATE_REVOKED)
    {
        return PL_OK;
    }

    rc = refuse_end(ap, refuse, err);

    if (rc != PL_OK || told || !row->confirmed || refuse_told(refuse)) {
        return rc;
    }

    tenant = refuse_tenant(ap, refuse);

    return refuse_say(ap, refuse,
                      tenant != NULL && tenant->stop_text != NULL
                      ? tenant->stop_text
                      : refuse_words(refuse, tenant, say)->stopped, true,
                      err);
}


/* Where nothing was refused it is a word like any other, for flows. */

static pl_status_t
refuse_start(pl_apply_t *ap, const pl_refuse_t *refuse,
    const pl_stop_say_t *say, bool *heard, pl_err_t *err)
{
    bool                       changed;
    Pl__Consent                consent;
    pl_consent_e               state;
    pl_status_t                rc;
    const Pl__Consent         *all;
    const Pl__TenantSettings  *tenant;

    state = pl_contact_consent_state(refuse->contact, PL_CONSENT_MARKETING);

    if (state != PL_CONSENT_REVOKED && state != PL_CONSENT_PAUSED) {
        return PL_OK;
    }

    /* anybody can write in anybody's name by mail: that forbids, at the worst,
       but it does not allow */

    if (refuse_mail(refuse) && !refuse->proven) {
        return PL_OK;
    }

    *heard = true;
    refuse_consent(ap, refuse, say, PL__CONSENT_STATE__CONSENT_STATE_GRANTED,
                   &consent);

    all = pl_contact_consent_row(refuse->contact, PL_CONSENT_ALL);

    if (all != NULL
        && all->state == PL__CONSENT_STATE__CONSENT_STATE_REVOKED)
    {
        consent.category = (char *) PL_CONSENT_ALL;

        rc = pl_consent_write(ap, refuse->party->tenant, refuse->contact,
                              &consent, "start", NULL, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    consent.category = (char *) PL_CONSENT_MARKETING;

    rc = pl_consent_write(ap, refuse->party->tenant, refuse->contact,
                          &consent, "start", &changed, err);

    if (rc != PL_OK || !changed || refuse_told(refuse)) {
        return rc;
    }

    tenant = refuse_tenant(ap, refuse);

    return refuse_say(ap, refuse,
                      tenant != NULL && tenant->start_text != NULL
                      ? tenant->start_text
                      : refuse_words(refuse, tenant, say)->started, true,
                      err);
}


static pl_status_t
refuse_help(pl_apply_t *ap, const pl_refuse_t *refuse, bool *heard,
    pl_err_t *err)
{
    const Pl__TenantSettings  *tenant;

    if (refuse_told(refuse)) {
        *heard = true;
        return PL_OK;
    }

    tenant = refuse_tenant(ap, refuse);

    if (tenant == NULL || tenant->help_text == NULL
        || tenant->help_text[0] == '\0')
    {
        return PL_OK;
    }

    *heard = true;

    return refuse_say(ap, refuse, tenant->help_text, false, err);
}


static pl_status_t
refuse_unclear(pl_apply_t *ap, const pl_refuse_t *refuse,
    const pl_stop_say_t *say, pl_err_t *err)
{
    Pl__Consent  consent;

    if (pl_contact_consent_state(refuse->contact, PL_CONSENT_MARKETING)
        == PL_CONSENT_REVOKED)
    {
        return PL_OK;
    }

    refuse_consent(ap, refuse, say, PL__CONSENT_STATE__CONSENT_STATE_PAUSED,
                   &consent);

    return pl_consent_write(ap, refuse->party->tenant, refuse->contact,
                            &consent, "unclear", NULL, err);
}


/* The provider, or the mail's own tag, says what it is. */

static bool
refuse_told(const pl_refuse_t *refuse)
{
    return refuse->in->has_opt_out && !refuse->forged;
}


static bool
refuse_mail(const pl_refuse_t *refuse)
{
    const pl_channel_t  *provider = refuse->channel->provider;

    return provider != NULL
           && provider->address == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
}


/* The flow that runs ends: no step of it may speak, or wait, any more. */

static pl_status_t
refuse_end(pl_apply_t *ap, const pl_refuse_t *refuse, pl_err_t *err)
{
    refuse->conv->flow = NULL;
    refuse->conv->step = NULL;

    return pl_run_stop(ap, refuse->party, refuse->conv, refuse->contact,
                       err);
}


/* word: the list's phrase, never the person's own text. */

static void
refuse_consent(const pl_apply_t *ap, const pl_refuse_t *refuse,
    const pl_stop_say_t *say, Pl__ConsentState state, Pl__Consent *consent)
{
    pl__consent__init(consent);

    consent->category = (char *) PL_CONSENT_MARKETING;
    consent->state = state;
    consent->time_s = refuse->in->time_s + ap->offset_ms / 1000;
    consent->clock = refuse->channel->row->provider;
    consent->source = (char *) REFUSE_SOURCE;
    consent->has_channel = 1;
    consent->channel = refuse->channel->row->id;
    consent->word = (char *) say->phrase;
    consent->has_message = 1;
    consent->message = refuse->message;
}


/* The contact's language, that of the word, the tenant's, English. */

static const pl_stop_text_t *
refuse_words(const pl_refuse_t *refuse, const Pl__TenantSettings *row,
    const pl_stop_say_t *say)
{
    const pl_stop_text_t  *text;

    text = pl_stop_text(refuse->contact->language);

    if (text == NULL) {
        text = pl_stop_text(say->language);
    }

    if (text == NULL && row != NULL) {
        text = pl_stop_text(row->language);
    }

    return text != NULL ? text : pl_stop_text(REFUSE_DEFAULT);
}


static const Pl__TenantSettings *
refuse_tenant(pl_apply_t *ap, const pl_refuse_t *refuse)
{
    const pl_tenant_conf_t  *tenant;

    tenant = pl_settings_tenant(ap->settings, refuse->party->tenant);

    return tenant != NULL ? tenant->row : NULL;
}


/* It goes to where the word came from. */

static pl_status_t
refuse_say(pl_apply_t *ap, const pl_refuse_t *refuse, const char *body,
    bool confirms, pl_err_t *err)
{
    uint64_t             id;
    Pl__Text             text = PL__TEXT__INIT;
    Pl__Content          content = PL__CONTENT__INIT;
    Pl__Message          message = PL__MESSAGE__INIT;
    pl_queue_how_t       how = { PL__LANE__LANE_REPLY, 0, 0, 0, NULL };
    pl_status_t          rc;
    const Pl__Address   *address;

    address = pl_contact_address(refuse->contact, refuse->channel);

    if (address == NULL || body[0] == '\0') {
        return PL_OK;
    }

    text.body = (char *) body;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;

    message.direction = PL__DIRECTION__DIRECTION_OUT;
    message.tenant = refuse->party->tenant;
    message.channel = refuse->channel->row->id;
    message.party_kind = refuse->party->kind;
    message.party = refuse->party->party;
    message.contact = refuse->contact->id;
    message.content = &content;
    message.time_ms = ap->now_ms;
    message.has_state = 1;
    message.state = PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;
    message.has_entry = 1;
    message.entry = ap->entry;
    message.address = (Pl__Address *) address;
    message.has_confirms_stop = confirms;
    message.confirms_stop = confirms;
    message.has_answers = 1;
    message.answers = 1;

    rc = pl_conversation_add(ap, refuse->party, refuse->conv, &message, &id,
                             err);

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, refuse->party->tenant, "messages", "out",
                           err);
    }

    return rc == PL_OK ? pl_queue_add(ap, refuse->party, refuse->conv, id,
                                      &message, &how, err) : rc;
}
