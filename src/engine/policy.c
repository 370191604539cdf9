/*
 * The rules. A new rule is a new row: its name goes into dead letters, audit
 * events and messages, and must never change its meaning.
 */

#include "apply.h"
#include "policy.h"

typedef pl_verdict_t (*policy_rule_pt)(const pl_policy_in_t *in);

static pl_verdict_t policy_channel(const pl_policy_in_t *in);
static pl_verdict_t policy_party(const pl_policy_in_t *in);
static pl_verdict_t policy_window(const pl_policy_in_t *in);

static const struct {
    const char      *name;
    policy_rule_pt   rule;
} policy_rules[] = {
    { "channel.removed", policy_channel },
    { "party.unsupported", policy_party },
    { "window.closed", policy_window },
};


pl_verdict_t
pl_policy_decide(const pl_policy_in_t *in)
{
    size_t        i;
    pl_verdict_t  verdict;

    for (i = 0; i < PL_COUNT(policy_rules); i++) {
        verdict = policy_rules[i].rule(in);

        if (verdict.decision != PL_POLICY_SEND) {
            verdict.rule = policy_rules[i].name;
            return verdict;
        }
    }

    return (pl_verdict_t) { PL_POLICY_SEND, NULL, 0 };
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


/* Groups and accounts have their own rules, and no sends before those. */

static pl_verdict_t
policy_party(const pl_policy_in_t *in)
{
    pl_verdict_t  verdict = { PL_POLICY_SEND, NULL, 0 };

    if (in->message->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT) {
        verdict.decision = PL_POLICY_BLOCK;
    }

    return verdict;
}


/*
 * Provider-facts 2.5: inside the window anything, outside it templates only.
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
                                  in->message->contact);

    if (in->now_ms >= until) {
        verdict.decision = PL_POLICY_BLOCK;
    }

    return verdict;
}
