/*
 * Policy: may this message leave now? One pure function over a table of
 * rules, called when a message is queued, again when its attempt is applied,
 * on a state that holds every entry accepted before it (promise 4), and by
 * whoever asks what would become of one (dry.h). docs/policy.md is its page.
 *
 * What a rule looks at is in pl_policy_in_t; outgoing.h gathers it.
 */

#ifndef PL_POLICY_H_INCLUDED
#define PL_POLICY_H_INCLUDED

#include "../core/zone.h"
#include "apply.h"

typedef enum {
    PL_POLICY_SEND = 0,
    PL_POLICY_DEFER,            /* until_ms says when to ask again */
    PL_POLICY_REPLACE,          /* by Message.otherwise: then ask again */
    PL_POLICY_BLOCK
} pl_policy_e;

typedef struct {
    const Pl__Message         *message;
    const Pl__Conversation    *conversation;
    const pl_channel_conf_t   *channel;     /* NULL: not configured */
    const pl_terms_t          *terms;       /* NULL: nothing is said */
    const Pl__Group           *group;       /* of a group's message */
    const Pl__TemplateRecord  *template;    /* of a template's; NULL: none */
    const char                *unfit;       /* the rule that its content, or
                                               its template, breaks */
    int64_t                    restricted_ms;   /* nothing may be begun on
                                               its channel before; 0 */
    int64_t                    no_utility_ms;   /* nor may a utility template
                                               go; 0 */
    bool                       any_values;  /* of a template, that it would
                                               have: its status alone is
                                               held against it */
    const char                *forbidden;   /* content.NAME, that it has */
    const pl_cap_t            *cap;         /* that is used up; NULL: none */
    int64_t                    cap_ms;      /* it counts anew then */
    const pl_zone_t           *zone;        /* whose clock hours go by; NULL:
                                               UTC */
    bool                       has_contact; /* consents were read */
    pl_consent_e               marketing;
    bool                       stopped;     /* a general STOP stands */
    bool                       bounced;     /* its address takes no mail */
    int64_t                    spared_ms;   /* their provider delivers no
                                               adverts before; 0: it does */
    int64_t                    expires_ms;  /* of the effect; 0: never */
    int64_t                    now_ms;
} pl_policy_in_t;

typedef struct {
    pl_policy_e    decision;
    const char    *rule;        /* NULL where nothing objected. Static, but
                                   content.NAME: that of the settings */
    const char    *label;       /* static: the rule, for counters */
    const char    *text;        /* static: more of it for people, or NULL */
    const char    *because;     /* expired: the rule that it would wait for,
                                   until until_ms; NULL: it is too late now */
    int64_t        until_ms;
    Pl__Category   category;
} pl_verdict_t;

/* Any thread. The first rule that objects decides. */
pl_verdict_t pl_policy_decide(const pl_policy_in_t *in);

/*
 * What a message is sent for: as whoever asked for it said (of a template
 * that goes for a free form, of that one first), else as the provider lists
 * its template, else marketing for what belongs to a campaign, else service
 * for what a flow says, and utility for all else. What is listed as
 * marketing is marketing, whatever anybody says. template NULL: it has no
 * row, or is none.
 */
Pl__Category pl_policy_category(const Pl__Message *message,
    const Pl__TemplateRecord *template);

/* Does what is asked for belong to a campaign: by its number, its lane? */
bool pl_policy_campaign(const Pl__SendRequest *request);

/*
 * What goes in the campaigns' lane belongs to one: messages that were queued
 * before they said so themselves are known by that alone. Not put.
 */
void pl_policy_lane(Pl__Message *message, const Pl__Effect *effect);

/* Does a person at a desk say it? */
bool pl_policy_person(const Pl__Message *message);

/* Is it said unasked: no answer, no code, by nobody at a desk? */
bool pl_policy_nudge(const Pl__Message *message, Pl__Category category);

/* Does a cap count it? */
bool pl_policy_counts(const pl_cap_t *cap, const Pl__Message *message,
    Pl__Category category);

/* Must the contact's consents be known to decide? */
bool pl_policy_consents(const Pl__Message *message, Pl__Category category);

/* Is its content a template? NULL is none. */
bool pl_policy_template(const Pl__Content *content);

/*
 * Would a message be too late at this time? It expires at expires_ms itself
 * (0: never), as a window ends.
 */
bool pl_policy_late(int64_t expires_ms, int64_t at_ms);

#endif /* PL_POLICY_H_INCLUDED */
