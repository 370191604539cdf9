/*
 * The rules. A new rule is a new row: its name goes into dead letters, audit
 * events and messages, and must never change its meaning. Their order is
 * precedence: docs/policy.md has it, and what happens where two of them meet.
 */

#include <string.h>

#include "policy.h"

typedef pl_verdict_t (*policy_rule_pt)(const pl_policy_in_t *in,
    Pl__Category category);

static pl_verdict_t policy_settings(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_expired(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_channel(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_party(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_group(const pl_policy_in_t *in,
    Pl__Category category);
static bool policy_fact(const Pl__Group *group, const char *name);
static pl_verdict_t policy_bounced(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_owner(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_consent(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_forbidden(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_window(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_joined(const pl_policy_in_t *in,
    Pl__Category category);
static bool policy_open(const pl_policy_in_t *in);
static bool policy_heard(const pl_policy_in_t *in);
static pl_verdict_t policy_fit(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_restricted(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_business(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_quiet(const pl_policy_in_t *in,
    Pl__Category category);
static Pl__QuietDo policy_quiet_do(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_spared(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_caps(const pl_policy_in_t *in,
    Pl__Category category);
static pl_verdict_t policy_pass(void);
static pl_verdict_t policy_block(const char *rule, const char *text);
static pl_verdict_t policy_wait(int64_t until_ms);
static const pl_zone_t *policy_zone(const pl_policy_in_t *in);

static const struct {
    const char      *name;
    policy_rule_pt   rule;
} policy_rules[] = {
    { "expired", policy_expired },
    { "settings.unreadable", policy_settings },
    { "channel.removed", policy_channel },
    { "party.unsupported", policy_party },
    { "group.closed", policy_group },
    { "address.bounced", policy_bounced },
    { "owner.stale", policy_owner },
    { "consent.missing", policy_consent },
    { "content.forbidden", policy_forbidden },
    { "sandbox.not_joined", policy_joined },
    { "window.closed", policy_window },
    { "content.refused", policy_fit },
    { "channel.restricted", policy_restricted },
    { "business.hours", policy_business },
    { "quiet.hours", policy_quiet },
    { "provider.capped", policy_spared },
    { "cap.reached", policy_caps },
};


pl_verdict_t
pl_policy_decide(const pl_policy_in_t *in)
{
    size_t        i;
    pl_verdict_t  verdict;
    Pl__Category  category;

    category = pl_policy_category(in->message, in->template);

    for (i = 0; i < PL_COUNT(policy_rules); i++) {
        verdict = policy_rules[i].rule(in, category);

        if (verdict.decision != PL_POLICY_SEND) {
            break;
        }
    }

    verdict.category = category;

    if (verdict.decision == PL_POLICY_SEND) {
        return verdict;
    }

    if (verdict.label == NULL) {
        verdict.label = policy_rules[i].name;
    }

    if (verdict.rule == NULL) {
        verdict.rule = verdict.label;
    }

    /* what must wait until it is too late need not wait */

    if (verdict.decision == PL_POLICY_DEFER
        && pl_policy_late(in->expires_ms, verdict.until_ms))
    {
        verdict.decision = PL_POLICY_BLOCK;
        verdict.because = verdict.rule;
        verdict.rule = verdict.label = policy_rules[0].name;
    }

    return verdict;
}


static pl_verdict_t
policy_expired(const pl_policy_in_t *in, Pl__Category category)
{
    (void) category;

    return pl_policy_late(in->expires_ms, in->now_ms)
           ? policy_block(NULL, NULL) : policy_pass();
}


static pl_verdict_t
policy_settings(const pl_policy_in_t *in, Pl__Category category)
{
    (void) category;

    return in->terms != NULL && in->terms->unreadable
           ? policy_block(NULL, "this version cannot read the tenant's terms")
           : policy_pass();
}


static pl_verdict_t
policy_channel(const pl_policy_in_t *in, Pl__Category category)
{
    (void) category;

    return in->channel == NULL || in->channel->row->removed
           ? policy_block(NULL, NULL) : policy_pass();
}


/* Accounts have their own rules, and no sends before those. */

static pl_verdict_t
policy_party(const pl_policy_in_t *in, Pl__Category category)
{
    (void) category;

    return in->message->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT
           && in->message->party_kind != PL__PARTY_KIND__PARTY_KIND_GROUP
           ? policy_block(NULL, NULL) : policy_pass();
}


/* The provider has suspended it, or it is gone (provider-facts 4). */

static pl_verdict_t
policy_group(const pl_policy_in_t *in, Pl__Category category)
{
    (void) category;

    return in->group != NULL && (policy_fact(in->group, "suspended")
                                 || policy_fact(in->group, "deleted"))
           ? policy_block(NULL, NULL) : policy_pass();
}


static bool
policy_fact(const Pl__Group *group, const char *name)
{
    size_t                i;
    const Pl__GroupFact  *fact;

    for (i = 0; i < group->n_facts; i++) {
        fact = group->facts[i];

        if (strcmp(fact->name, name) == 0) {
            return fact->value != NULL && strcmp(fact->value, "yes") == 0;
        }
    }

    return false;
}


/* Nothing gets there, and whoever goes on is taken for a sender of spam. */

static pl_verdict_t
policy_bounced(const pl_policy_in_t *in, Pl__Category category)
{
    (void) category;

    return in->bounced
           ? policy_block(NULL, "the address takes no mail: a mail from "
                                "there, or contact set --reachable, says "
                                "otherwise")
           : policy_pass();
}


/* A flow said it, and somebody else answers since. */

static pl_verdict_t
policy_owner(const pl_policy_in_t *in, Pl__Category category)
{
    (void) category;

    return in->message->has_owner_epoch
           && in->message->owner_epoch != in->conversation->owner_epoch
           ? policy_block(NULL, NULL) : policy_pass();
}


/*
 * A person at a desk who writes into an open window answers somebody, and is
 * not held up by a STOP that stands.
 */

static pl_verdict_t
policy_consent(const pl_policy_in_t *in, Pl__Category category)
{
    if (!in->has_contact) {
        return policy_pass();
    }

    if (in->stopped
        && (category == PL__CATEGORY__CATEGORY_MARKETING
            || !pl_policy_person(in->message) || !policy_heard(in)
            || pl_policy_template(in->message->content)))
    {
        return policy_block("consent.stopped",
                            "the contact has stopped all messages");
    }

    if (category != PL__CATEGORY__CATEGORY_MARKETING) {
        return policy_pass();
    }

    switch (in->marketing) {

    case PL_CONSENT_GRANTED:
        return policy_pass();

    case PL_CONSENT_PAUSED:
        return policy_block("consent.paused",
                            "marketing_messages: an unclear word of the "
                            "contact waits for a reader");

    case PL_CONSENT_REVOKED:
        return policy_block("consent.revoked",
                            "marketing_messages: the contact has revoked");

    default:
        return in->terms != NULL && in->terms->marketing_optional
               ? policy_pass()
               : policy_block(NULL, "marketing_messages: no consent of the "
                                    "contact is on record");
    }
}


static pl_verdict_t
policy_forbidden(const pl_policy_in_t *in, Pl__Category category)
{
    pl_verdict_t  verdict;

    (void) category;

    if (in->forbidden == NULL) {
        return policy_pass();
    }

    verdict = policy_block(in->forbidden, "a forbidden pattern is in it");
    verdict.label = "content.forbidden";

    return verdict;
}


/* Who has not joined a shared number gets nothing from it, whatever it is. */

static pl_verdict_t
policy_joined(const pl_policy_in_t *in, Pl__Category category)
{
    (void) category;

    return in->channel->row->sandbox != NULL
           && !pl_window_joined(in->conversation, in->message->channel,
                                in->message->contact, in->now_ms)
           ? policy_block(NULL, "has not joined the sandbox, or not within "
                                "72 hours: channels shows the word")
           : policy_pass();
}


/*
 * Provider-facts 2.5: inside the window anything, outside it templates only.
 * A message that has both forms goes as a template while the window is
 * closed, and as itself while it is open, also where it had been decided the
 * other way before.
 */

static pl_verdict_t
policy_window(const pl_policy_in_t *in, Pl__Category category)
{
    bool          template, open;
    pl_verdict_t  verdict;

    (void) category;

    template = pl_policy_template(in->message->content);

    if (template && in->message->otherwise == NULL) {
        return policy_pass();
    }

    open = policy_open(in);

    if (open != template) {
        return policy_pass();
    }

    verdict = policy_block(open ? "window.open" : NULL, NULL);
    verdict.label = verdict.rule;

    if (open || pl_policy_template(in->message->otherwise)) {
        verdict.decision = PL_POLICY_REPLACE;
    }

    return verdict;
}


/*
 * A group has one window for all of its people, which is that of contact 0.
 * The window ends at until_ms itself: at T + 24:00:00 it is closed (F24).
 */

static bool
policy_open(const pl_policy_in_t *in)
{
    return policy_heard(in)
           || (in->channel != NULL
               && !pl_channel_windows(in->channel->provider,
                                      in->channel->row));
}


/* Is one open that the person opened? On a channel without, none is. */

static bool
policy_heard(const pl_policy_in_t *in)
{
    if (in->channel != NULL
        && !pl_channel_windows(in->channel->provider, in->channel->row))
    {
        return false;
    }

    return in->now_ms < pl_conversation_until(in->conversation,
                            in->message->channel,
                            in->message->party_kind
                            == PL__PARTY_KIND__PARTY_KIND_GROUP
                                ? 0 : in->message->contact);
}


/* Its field and what is wrong with it, outgoing.h says. */

static pl_verdict_t
policy_fit(const pl_policy_in_t *in, Pl__Category category)
{
    pl_verdict_t  verdict;

    (void) category;

    if (in->unfit == NULL) {
        return policy_pass();
    }

    verdict = policy_block(in->unfit, NULL);
    verdict.label = in->unfit;

    return verdict;
}


/*
 * What the provider has told of the account: no conversations are begun, or
 * no utility templates go. Answers go on, which the provider lets go as well;
 * it would take each of the others for a fault of the whole account.
 */

static pl_verdict_t
policy_restricted(const pl_policy_in_t *in, Pl__Category category)
{
    int64_t  until_ms = 0;

    (void) category;

    if (!pl_policy_template(in->message->content)) {
        return policy_pass();
    }

    if (!policy_open(in)) {
        until_ms = in->restricted_ms;
    }

    if (in->template != NULL && in->template->has_category
        && in->template->category
           == PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_UTILITY
        && in->no_utility_ms > until_ms)
    {
        until_ms = in->no_utility_ms;
    }

    return until_ms > in->now_ms ? policy_wait(until_ms) : policy_pass();
}


static pl_verdict_t
policy_business(const pl_policy_in_t *in, Pl__Category category)
{
    const pl_zone_t  *zone;

    (void) category;

    if (!in->message->business_hours || in->terms == NULL
        || !in->terms->has_business)
    {
        return policy_pass();
    }

    zone = policy_zone(in);

    return pl_hours_inside(&in->terms->business, zone, in->now_ms)
           ? policy_pass()
           : policy_wait(pl_hours_next(&in->terms->business, zone,
                                       in->now_ms));
}


static pl_verdict_t
policy_quiet(const pl_policy_in_t *in, Pl__Category category)
{
    Pl__QuietDo       what;
    const pl_zone_t  *zone;

    if (in->terms == NULL || !in->terms->has_quiet
        || in->message->answers || in->message->confirms_stop)
    {
        return policy_pass();
    }

    what = policy_quiet_do(in, category);

    if (what == PL__QUIET_DO__QUIET_DO_SEND) {
        return policy_pass();
    }

    zone = policy_zone(in);

    if (!pl_hours_inside(&in->terms->quiet, zone, in->now_ms)) {
        return policy_pass();
    }

    return what == PL__QUIET_DO__QUIET_DO_DROP
           ? policy_block(NULL, "dropped, as the tenant's settings say")
           : policy_wait(pl_hours_until(&in->terms->quiet, zone,
                                        in->now_ms));
}


static Pl__QuietDo
policy_quiet_do(const pl_policy_in_t *in, Pl__Category category)
{
    if (pl_policy_person(in->message)) {
        return in->terms->quiet_do[0];
    }

    return (size_t) category < PL_CATEGORIES
           ? in->terms->quiet_do[category] : PL__QUIET_DO__QUIET_DO_SHIFT;
}


/* It would refuse them once more, and wait longer for it (spare.h). */

static pl_verdict_t
policy_spared(const pl_policy_in_t *in, Pl__Category category)
{
    return category == PL__CATEGORY__CATEGORY_MARKETING
           && in->spared_ms > in->now_ms
           ? policy_wait(in->spared_ms) : policy_pass();
}


/* What was counted before is counted once: a retry uses no more of it. */

static pl_verdict_t
policy_caps(const pl_policy_in_t *in, Pl__Category category)
{
    (void) category;

    if (in->cap == NULL || in->message->has_charged) {
        return policy_pass();
    }

    return in->cap->block ? policy_block(NULL, "as many as its cap allows")
                          : policy_wait(in->cap_ms);
}


static pl_verdict_t
policy_pass(void)
{
    pl_verdict_t  verdict;

    memset(&verdict, 0, sizeof(verdict));

    return verdict;
}


/* rule NULL: the row's own name. */

static pl_verdict_t
policy_block(const char *rule, const char *text)
{
    pl_verdict_t  verdict = policy_pass();

    verdict.decision = PL_POLICY_BLOCK;
    verdict.rule = rule;
    verdict.label = rule;
    verdict.text = text;

    return verdict;
}


/* What never ends is not waited for. */

static pl_verdict_t
policy_wait(int64_t until_ms)
{
    pl_verdict_t  verdict = policy_pass();

    if (until_ms == PL_HOURS_NEVER) {
        return policy_block(NULL, "its time never comes");
    }

    verdict.decision = PL_POLICY_DEFER;
    verdict.until_ms = until_ms;

    return verdict;
}


static const pl_zone_t *
policy_zone(const pl_policy_in_t *in)
{
    return in->zone != NULL ? in->zone : pl_zone_universal();
}
