/*
 * What a status adds to its message. See status.h, docs/statuses.md.
 */

#include <string.h>

#include "status.h"
#include "tomb.h"

#define STATUS_WORD_MAX   256       /* of a price, a conversation, a member */
#define STATUS_ERROR_MAX  2048      /* of an error's title, and its details */

static void status_machine(Pl__Message *message,
    const Pl__DeliveryStatus *in, pl_status_news_t *news, bool made);
static pl_status_t status_participant(pl_apply_t *ap, Pl__Message *message,
    const Pl__DeliveryStatus *in, Pl__ParticipantStatus **who,
    pl_err_t *err);
static bool status_same(const char *a, const char *b);
static pl_status_t status_errors(pl_apply_t *ap, Pl__MessageError ***errors,
    size_t *n, const Pl__DeliveryStatus *in, bool *any, pl_err_t *err);
static pl_status_t status_error(pl_apply_t *ap, Pl__MessageError ***errors,
    size_t *n, Pl__MessageError *error, bool *any, pl_err_t *err);
static pl_status_t status_conversation(pl_apply_t *ap, Pl__Message *message,
    const Pl__DeliveryStatus *in, bool *any, pl_err_t *err);
static pl_status_t status_pricing(pl_apply_t *ap, Pl__Pricing **pricing,
    uint32_t tenant, const Pl__DeliveryStatus *in, bool *any, pl_err_t *err);
static void status_cost(Pl__Message *message, const Pl__DeliveryStatus *in,
    bool *any);
static char *status_text(char *s, size_t max);
static const char *status_category(const char *category);


/*
 * Categories as counters know them. Both ways of writing one have been
 * seen; what is not invented yet is counted as `other`.
 */
static const struct {
    const char  *word;
    const char  *label;
} status_categories[] = {
    { "authentication", "authentication" },
    { "authentication-international", "authentication_international" },
    { "authentication_international", "authentication_international" },
    { "marketing", "marketing" },
    { "marketing_lite", "marketing_lite" },
    { "utility", "utility" },
    { "service", "service" },
    { "referral_conversion", "referral_conversion" },
    { "group_marketing", "group_marketing" },
    { "group_utility", "group_utility" },
    { "group_service", "group_service" },
    { "general_purpose_ai", "general_purpose_ai" },
};


pl_status_t
pl_status_note(pl_apply_t *ap, Pl__Message *message,
    const Pl__DeliveryStatus *in, pl_status_news_t *news, pl_err_t *err)
{
    bool                    fact;
    pl_status_t             rc;
    Pl__Pricing           **pricing;
    Pl__ParticipantStatus  *who;

    rc = status_participant(ap, message, in, &who, err);
    if (rc != PL_OK) {
        return rc;
    }

    pricing = &message->pricing;

    if (who != NULL) {
        pricing = &who->pricing;

        rc = pl_message_fact(ap, &who->facts, &who->n_facts, news->state,
                             in->time_s, &news->fact, err);

        if (rc == PL_OK) {
            rc = status_errors(ap, &who->errors, &who->n_errors, in,
                               &news->any, err);
        }

        if (rc != PL_OK) {
            return rc;
        }

        if (who->state < news->state) {
            who->state = news->state;
        }
    }

    rc = pl_message_fact(ap, &message->facts, &message->n_facts, news->state,
                         in->time_s, &fact, err);

    if (rc == PL_OK) {
        rc = status_errors(ap, &message->errors, &message->n_errors, in,
                           &news->any, err);
    }

    if (rc == PL_OK) {
        rc = status_conversation(ap, message, in, &news->any, err);
    }

    if (rc == PL_OK) {
        rc = status_pricing(ap, pricing, message->tenant, in, &news->any,
                            err);
    }

    status_cost(message, in, &news->any);

    if (message->error == NULL && message->n_errors != 0) {
        message->error = message->errors[0];
    }

    if (message->provider_id == NULL) {
        message->provider_id = in->provider_id;
        news->any = true;
    }

    status_machine(message, in, news, fact);

    news->fact |= fact;
    news->any |= news->fact || message->state < news->state;

    return rc;
}


/* A program opened it; until somebody does. */

static void
status_machine(Pl__Message *message, const Pl__DeliveryStatus *in,
    pl_status_news_t *news, bool made)
{
    size_t           i;
    Pl__StatusFact  *fact;

    for (i = 0; i < message->n_facts; i++) {
        fact = message->facts[i];

        if (fact->state != news->state) {
            continue;
        }

        if (made) {
            fact->has_machine = fact->machine = in->machine;

        } else if (fact->machine && !in->machine) {
            fact->has_machine = fact->machine = 0;
            fact->time_s = in->time_s;
            news->any = true;
        }
    }
}


/*
 * The member of the group that a status is about; NULL: about the message as
 * a whole. Past the limit a member's facts are not kept apart, nor are those
 * of somebody who was erased since.
 */

static pl_status_t
status_participant(pl_apply_t *ap, Pl__Message *message,
    const Pl__DeliveryStatus *in, Pl__ParticipantStatus **who, pl_err_t *err)
{
    bool                    gone;
    char                   *phone, *user_id;
    size_t                  i;
    pl_status_t             rc;
    Pl__ParticipantStatus  *p;

    *who = NULL;

    phone = status_text(in->participant, STATUS_WORD_MAX);
    user_id = status_text(in->participant_user_id, STATUS_WORD_MAX);

    if (phone == NULL && user_id == NULL) {
        return PL_OK;
    }

    for (i = 0; i < message->n_participants; i++) {
        p = message->participants[i];

        if (!status_same(p->user_id, user_id)
            && !status_same(p->phone, phone))
        {
            continue;
        }

        if (p->phone == NULL) {
            p->phone = phone;
        }

        if (p->user_id == NULL) {
            p->user_id = user_id;
        }

        *who = p;

        return PL_OK;
    }

    if (i >= PL_PARTICIPANTS_MAX) {
        return PL_OK;
    }

    rc = pl_tomb_gone(ap, message->tenant, phone, user_id, &gone, err);
    if (rc != PL_OK || gone) {
        return rc;
    }

    p = pl_arena_alloc(ap->ar, sizeof(*p));
    message->participants = pl_apply_list(ap, message->participants, i, p);

    if (p == NULL || message->participants == NULL) {
        return pl_err_set(err, PL_NOMEM, "status", 0, "out of memory");
    }

    pl__participant_status__init(p);
    p->phone = phone;
    p->user_id = user_id;
    p->state = PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;

    message->n_participants = i + 1;
    *who = p;

    return PL_OK;
}


static bool
status_same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}


static pl_status_t
status_errors(pl_apply_t *ap, Pl__MessageError ***errors, size_t *n,
    const Pl__DeliveryStatus *in, bool *any, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    if (in->n_errors == 0 && in->error != NULL) {
        return status_error(ap, errors, n, in->error, any, err);
    }

    for (i = 0; i < in->n_errors; i++) {
        rc = status_error(ap, errors, n, in->errors[i], any, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


/* Each code once. */

static pl_status_t
status_error(pl_apply_t *ap, Pl__MessageError ***errors, size_t *n,
    Pl__MessageError *error, bool *any, pl_err_t *err)
{
    size_t             i;
    Pl__MessageError  *kept;

    for (i = 0; i < *n; i++) {
        if ((*errors)[i]->has_code == error->has_code
            && (*errors)[i]->code == error->code)
        {
            return PL_OK;
        }
    }

    if (i >= PL_ERRORS_MAX) {
        return PL_OK;
    }

    kept = pl_arena_alloc(ap->ar, sizeof(*kept));
    *errors = pl_apply_list(ap, *errors, i, kept);
    if (kept == NULL || *errors == NULL) {
        return pl_err_set(err, PL_NOMEM, "status", 0, "out of memory");
    }

    *kept = *error;
    kept->title = status_text(error->title, STATUS_ERROR_MAX);
    kept->details = status_text(error->details, STATUS_ERROR_MAX);

    *n = i + 1;
    *any = true;

    return PL_OK;
}


static pl_status_t
status_conversation(pl_apply_t *ap, Pl__Message *message,
    const Pl__DeliveryStatus *in, bool *any, pl_err_t *err)
{
    Pl__ProviderConversation  *c;

    if (in->conversation_id == NULL && in->origin == NULL) {
        return PL_OK;
    }

    c = message->conversation;

    if (c == NULL) {
        c = pl_arena_alloc(ap->ar, sizeof(*c));
        if (c == NULL) {
            return pl_err_set(err, PL_NOMEM, "status", 0, "out of memory");
        }

        pl__provider_conversation__init(c);
        message->conversation = c;
        *any = true;
    }

    if (c->id == NULL && in->conversation_id != NULL) {
        c->id = status_text(in->conversation_id, STATUS_WORD_MAX);
        *any = true;
    }

    if (c->origin == NULL && in->origin != NULL) {
        c->origin = status_text(in->origin, STATUS_WORD_MAX);
        *any = true;
    }

    /* the end comes with `sent` alone, whichever was first */

    if (!c->has_expires_s && in->has_conversation_expires_s) {
        c->has_expires_s = 1;
        c->expires_s = in->conversation_expires_s;
        *any = true;
    }

    return PL_OK;
}


/*
 * A price comes with `sent` and with one of delivered and read: the first
 * one stands and is counted, in a group once for each member.
 */

static pl_status_t
status_pricing(pl_apply_t *ap, Pl__Pricing **pricing, uint32_t tenant,
    const Pl__DeliveryStatus *in, bool *any, pl_err_t *err)
{
    bool          pays;
    Pl__Pricing  *p;

    if (*pricing != NULL
        || (in->pricing_type == NULL && in->pricing_category == NULL))
    {
        return PL_OK;
    }

    p = pl_arena_alloc(ap->ar, sizeof(*p));
    if (p == NULL) {
        return pl_err_set(err, PL_NOMEM, "status", 0, "out of memory");
    }

    pl__pricing__init(p);
    p->type = status_text(in->pricing_type, STATUS_WORD_MAX);
    p->category = status_text(in->pricing_category, STATUS_WORD_MAX);
    p->model = status_text(in->pricing_model, STATUS_WORD_MAX);
    p->has_billable = in->has_billable;
    p->billable = in->billable;

    *pricing = p;
    *any = true;

    /* `billable` is to go; the type stays (provider-facts 1.6) */

    pays = in->pricing_type != NULL
           ? strcmp(in->pricing_type, "regular") == 0
           : !in->has_billable || in->billable;

    return pl_feed_count(ap, tenant, pays ? "billed" : "free",
                         status_category(in->pricing_category), err);
}


/*
 * What it cost and in how many segments it went, which a provider may know
 * late (Twilio: when it has left): what is said last stands.
 */

static void
status_cost(Pl__Message *message, const Pl__DeliveryStatus *in, bool *any)
{
    char  *price = status_text(in->price, PL_PRICE_MAX);
    char  *unit = status_text(in->price_unit, PL_PRICE_MAX);

    if (price != NULL && unit != NULL
        && !(status_same(message->price, price)
             && status_same(message->price_unit, unit)))
    {
        message->price = price;
        message->price_unit = unit;
        *any = true;
    }

    if (in->has_segments && in->segments != 0
        && in->segments != message->segments)
    {
        message->has_segments = 1;
        message->segments = in->segments;
        *any = true;
    }
}


/* A message's row is read whole: a text that is too long is left out. */

static char *
status_text(char *s, size_t max)
{
    return s != NULL && strnlen(s, max + 1) <= max ? s : NULL;
}


static const char *
status_category(const char *category)
{
    size_t  i;

    for (i = 0; category != NULL && i < PL_COUNT(status_categories); i++) {
        if (strcmp(category, status_categories[i].word) == 0) {
            return status_categories[i].label;
        }
    }

    return "other";
}
