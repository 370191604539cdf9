/*
 * The rules. A new rule is a new row: its name goes into dead letters, audit
 * events and messages, and must never change its meaning.
 */

#include <string.h>

#include "apply.h"
#include "policy.h"

typedef pl_verdict_t (*policy_rule_pt)(const pl_policy_in_t *in);

static pl_verdict_t policy_expired(const pl_policy_in_t *in);
static pl_verdict_t policy_channel(const pl_policy_in_t *in);
static pl_verdict_t policy_party(const pl_policy_in_t *in);
static pl_verdict_t policy_group(const pl_policy_in_t *in);
static bool policy_fact(const Pl__Group *group, const char *name);
static pl_verdict_t policy_window(const pl_policy_in_t *in);
static pl_verdict_t policy_owner(const pl_policy_in_t *in);

static const struct {
    const char      *name;
    policy_rule_pt   rule;
} policy_rules[] = {
    { "expired", policy_expired },
    { "channel.removed", policy_channel },
    { "party.unsupported", policy_party },
    { "owner.stale", policy_owner },
    { "group.closed", policy_group },
    { "window.closed", policy_window },
};


pl_verdict_t
pl_policy_decide(const pl_policy_in_t *in)
{
    size_t        i;
    pl_verdict_t  verdict;

    for (i = 0; i < PL_COUNT(policy_rules); i++) {
        verdict = policy_rules[i].rule(in);

        if (verdict.decision == PL_POLICY_SEND) {
            continue;
        }

        verdict.rule = policy_rules[i].name;

        /* what must wait until it is too late need not wait */

        if (verdict.decision == PL_POLICY_DEFER
            && pl_policy_late(in->expires_ms, verdict.until_ms))
        {
            verdict.decision = PL_POLICY_BLOCK;
            verdict.rule = policy_rules[0].name;
        }

        return verdict;
    }

    return (pl_verdict_t) { PL_POLICY_SEND, NULL, 0 };
}


bool
pl_policy_late(int64_t expires_ms, int64_t at_ms)
{
    return expires_ms != 0 && at_ms >= expires_ms;
}


static pl_verdict_t
policy_expired(const pl_policy_in_t *in)
{
    pl_verdict_t  verdict = { PL_POLICY_SEND, NULL, 0 };

    if (pl_policy_late(in->expires_ms, in->now_ms)) {
        verdict.decision = PL_POLICY_BLOCK;
    }

    return verdict;
}


static pl_verdict_t
policy_channel(const pl_policy_in_t *in)
{
    pl_verdict_t  verdict = { PL_POLICY_SEND, NULL, 0 };

    if (in->channel == NULL || in->channel->row->removed) {
        verdict.decision = PL_POLICY_BLOCK;
    }

    return verdict;
}


/* Accounts have their own rules, and no sends before those. */

static pl_verdict_t
policy_party(const pl_policy_in_t *in)
{
    pl_verdict_t  verdict = { PL_POLICY_SEND, NULL, 0 };

    if (in->message->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT
        && in->message->party_kind != PL__PARTY_KIND__PARTY_KIND_GROUP)
    {
        verdict.decision = PL_POLICY_BLOCK;
    }

    return verdict;
}


/* The provider has suspended it, or it is gone (provider-facts 4). */

static pl_verdict_t
policy_group(const pl_policy_in_t *in)
{
    pl_verdict_t  verdict = { PL_POLICY_SEND, NULL, 0 };

    if (in->group != NULL && (policy_fact(in->group, "suspended")
                              || policy_fact(in->group, "deleted")))
    {
        verdict.decision = PL_POLICY_BLOCK;
    }

    return verdict;
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


/* A flow said it, and somebody else answers since. */

static pl_verdict_t
policy_owner(const pl_policy_in_t *in)
{
    pl_verdict_t  verdict = { PL_POLICY_SEND, NULL, 0 };

    if (in->message->has_owner_epoch
        && in->message->owner_epoch != in->conversation->owner_epoch)
    {
        verdict.decision = PL_POLICY_BLOCK;
    }

    return verdict;
}


/*
 * Provider-facts 2.5: inside the window anything, outside it templates only;
 * a group has one window for all of its people, which is that of contact 0.
 * The window ends at until_ms itself: at T + 24:00:00 it is closed (F24).
 */

static pl_verdict_t
policy_window(const pl_policy_in_t *in)
{
    int64_t       until;
    pl_verdict_t  verdict = { PL_POLICY_SEND, NULL, 0 };

    if (in->message->content->of_case == PL__CONTENT__OF_TEMPLATE) {
        return verdict;
    }

    until = pl_conversation_until(in->conversation, in->message->channel,
                                  in->message->party_kind
                                  == PL__PARTY_KIND__PARTY_KIND_GROUP
                                      ? 0 : in->message->contact);

    if (in->now_ms >= until) {
        verdict.decision = PL_POLICY_BLOCK;
    }

    return verdict;
}
