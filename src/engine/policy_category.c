/*
 * What a message is, by which the rules go: what it is for, who says it, what
 * counts it. See policy.h.
 */

#include "policy.h"


Pl__Category
pl_policy_category(const Pl__Message *message,
    const Pl__TemplateRecord *template)
{
    bool  listed;

    listed = pl_policy_template(message->content) && template != NULL
             && template->has_category;

    if (listed && template->category
                  == PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_MARKETING)
    {
        return PL__CATEGORY__CATEGORY_MARKETING;
    }

    if (message->has_template_category
        && pl_policy_template(message->content))
    {
        return message->template_category;
    }

    if (message->has_category) {
        return message->category;
    }

    if (listed) {
        return template->category
               == PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_AUTHENTICATION
               ? PL__CATEGORY__CATEGORY_AUTHENTICATION
               : PL__CATEGORY__CATEGORY_UTILITY;
    }

    if (message->campaign) {
        return PL__CATEGORY__CATEGORY_MARKETING;
    }

    /* who asked for it says who they are; a flow's answer has no author */

    return message->has_author || pl_policy_template(message->content)
           ? PL__CATEGORY__CATEGORY_UTILITY
           : PL__CATEGORY__CATEGORY_SERVICE;
}


bool
pl_policy_campaign(const Pl__SendRequest *request)
{
    return request->has_campaign
           || (request->has_lane
               && request->lane == PL__LANE__LANE_CAMPAIGN);
}


void
pl_policy_lane(Pl__Message *message, const Pl__Effect *effect)
{
    if (effect->lane == PL__LANE__LANE_CAMPAIGN) {
        message->has_campaign = 1;
        message->campaign = 1;
    }
}


bool
pl_policy_nudge(const Pl__Message *message, Pl__Category category)
{
    return !message->answers && !message->confirms_stop
           && !pl_policy_person(message)
           && category != PL__CATEGORY__CATEGORY_AUTHENTICATION;
}


bool
pl_policy_counts(const pl_cap_t *cap, const Pl__Message *message,
    Pl__Category category)
{
    if (message->confirms_stop) {
        return false;
    }

    switch (cap->subject) {

    case PL__CAP_SUBJECT__CAP_SUBJECT_TEMPLATE:
        return pl_policy_template(message->content);

    case PL__CAP_SUBJECT__CAP_SUBJECT_NUDGE:
        return pl_policy_nudge(message, category);

    default:
        /* the first four are the categories, under their own numbers */
        return (int) cap->subject == (int) category;
    }
}


/* Who writes is answered, whatever was said before; but not with adverts. */

bool
pl_policy_consents(const Pl__Message *message, Pl__Category category)
{
    return message->party_kind == PL__PARTY_KIND__PARTY_KIND_CONTACT
           && !message->confirms_stop
           && (!message->answers
               || category == PL__CATEGORY__CATEGORY_MARKETING);
}


bool
pl_policy_template(const Pl__Content *content)
{
    return content != NULL && content->of_case == PL__CONTENT__OF_TEMPLATE;
}


bool
pl_policy_late(int64_t expires_ms, int64_t at_ms)
{
    return expires_ms != 0 && at_ms >= expires_ms;
}


bool
pl_policy_person(const Pl__Message *message)
{
    return message->has_author
           && message->author == PL__AUTHOR__AUTHOR_PERSON;
}
