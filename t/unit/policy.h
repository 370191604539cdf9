/*
 * What tests of policy share: a message, and what is known of it, as a row
 * of knobs; and what is decided then. A row says what differs from a utility
 * text by a program to a contact whose window is open, at noon of
 * 2027-01-01, with no settings.
 */

#ifndef T_POLICY_H_INCLUDED
#define T_POLICY_H_INCLUDED

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/str.h"
#include "../../src/engine/policy.h"

#define DAY      86400000LL
#define HOUR     3600000LL
#define NEW_YEAR 1798761600000LL        /* 2027-01-01T00:00:00Z */
#define NOON     (NEW_YEAR + 12 * HOUR)
#define NIGHT    (NEW_YEAR + 23 * HOUR)
#define MORNING  (NEW_YEAR + 31 * HOUR) /* 07:00 of the next day */

#define SERVICE         PL__CATEGORY__CATEGORY_SERVICE
#define UTILITY         PL__CATEGORY__CATEGORY_UTILITY
#define MARKETING       PL__CATEGORY__CATEGORY_MARKETING
#define AUTHENTICATION  PL__CATEGORY__CATEGORY_AUTHENTICATION

#define SHIFT  PL__QUIET_DO__QUIET_DO_SHIFT
#define DROP   PL__QUIET_DO__QUIET_DO_DROP
#define ASIS   PL__QUIET_DO__QUIET_DO_SEND

#define SEND     PL_POLICY_SEND
#define DEFER    PL_POLICY_DEFER
#define REPLACE  PL_POLICY_REPLACE
#define BLOCK    PL_POLICY_BLOCK

typedef enum { NO_AUTHOR = 1, PROGRAM = 0, PERSON = 2 } author_e;

typedef struct {
    const char    *name;
    int64_t        now;             /* 0: noon */
    int64_t        window;          /* it ends; 0: a second from now;
                                       -1: there was none */
    int64_t        expires;
    Pl__Category   category;        /* 0: nobody says */
    Pl__Category   listed;          /* of the template's row; 0: none */
    bool           template;
    bool           otherwise;       /* it has the other form */
    author_e       author;
    bool           answers;
    bool           confirms;
    bool           group;
    bool           group_closed;
    bool           removed;
    bool           stale;           /* somebody took over */
    bool           asks_business;
    bool           campaign;
    Pl__Category   fixed_for;       /* of the template beside it; 0: none */
    bool           stopped;
    bool           bounced;         /* its address takes no mail */
    pl_consent_e   consent;         /* 0: unknown */
    bool           optional;
    bool           quiet;           /* 23:00-07:00 */
    Pl__QuietDo    what;            /* in them, for all; 0: as built */
    bool           business;        /* mon-fri 09:00-17:00 */
    int            cap;             /* 1: used up, waits; 2: blocks */
    bool           charged;
    int64_t        spared;          /* by their provider, until then */
    int64_t        restricted;      /* nothing may be begun, until then */
    int64_t        no_utility;      /* no utility template, until then */
    bool           unreadable;
    const char    *forbidden;
    const char    *unfit;

    pl_policy_e    decision;
    const char    *rule;
    int64_t        until;
} row_t;


#define CAP_FREE  (NOON + 3 * DAY)

typedef struct {
    Pl__Text              text;
    Pl__Template          template;
    Pl__Content           free;
    Pl__Content           fixed;
    Pl__Message           message;
    Pl__Window            window;
    Pl__Window           *windows[1];
    Pl__Conversation      conv;
    Pl__ChannelSettings   settings;
    pl_channel_conf_t     channel;
    Pl__GroupFact         fact;
    Pl__GroupFact        *facts[1];
    Pl__Group             group;
    Pl__TemplateRecord    record;
    pl_terms_t            terms;
    pl_cap_t              cap;
    pl_policy_in_t        in;
} made_t;


static inline void
make_message(made_t *m, const row_t *row)
{
    pl__text__init(&m->text);
    pl__template__init(&m->template);
    pl__content__init(&m->free);
    pl__content__init(&m->fixed);
    pl__message__init(&m->message);

    m->free.of_case = PL__CONTENT__OF_TEXT;
    m->free.text = &m->text;
    m->fixed.of_case = PL__CONTENT__OF_TEMPLATE;
    m->fixed.template_ = &m->template;

    m->message.channel = 1;
    m->message.contact = 4;
    m->message.party_kind = row->group ? PL__PARTY_KIND__PARTY_KIND_GROUP
                                       : PL__PARTY_KIND__PARTY_KIND_CONTACT;
    m->message.content = row->template ? &m->fixed : &m->free;
    m->message.otherwise = !row->otherwise ? NULL
                           : row->template ? &m->free : &m->fixed;
    m->message.has_category = (row->category != 0);
    m->message.category = row->category;
    m->message.has_author = (row->author != NO_AUTHOR);
    m->message.author = row->author == PERSON
                        ? PL__AUTHOR__AUTHOR_PERSON
                        : PL__AUTHOR__AUTHOR_PROGRAM;
    m->message.campaign = row->campaign;
    m->message.has_template_category = (row->fixed_for != 0);
    m->message.template_category = row->fixed_for;
    m->message.answers = row->answers;
    m->message.confirms_stop = row->confirms;
    m->message.business_hours = row->asks_business;
    m->message.has_charged = row->charged;
    m->message.has_owner_epoch = 1;
    m->message.owner_epoch = 7;
}


static inline void
make_state(made_t *m, const row_t *row, int64_t now)
{
    pl__window__init(&m->window);
    pl__conversation__init(&m->conv);
    pl__channel_settings__init(&m->settings);
    pl__group__init(&m->group);
    pl__group_fact__init(&m->fact);
    pl__template_record__init(&m->record);

    m->window.channel = 1;
    m->window.contact = row->group ? 0 : 4;
    m->window.until_ms = row->window == 0 ? now + 1000 : row->window;
    m->windows[0] = &m->window;
    m->conv.windows = m->windows;
    m->conv.n_windows = row->window != -1;
    m->conv.owner_epoch = row->stale ? 8 : 7;

    m->settings.removed = row->removed;
    m->channel.row = &m->settings;

    m->fact.name = (char *) "suspended";
    m->fact.value = (char *) "yes";
    m->facts[0] = &m->fact;
    m->group.facts = m->facts;
    m->group.n_facts = row->group_closed;

    m->record.has_category = (row->listed != 0);
    m->record.category = row->listed == MARKETING
                     ? PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_MARKETING
                     : PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_UTILITY;
}


static inline void
make_terms(made_t *m, const row_t *row)
{
    size_t    i;
    pl_err_t  err;

    memset(&m->terms, 0, sizeof(m->terms));

    m->terms.unreadable = row->unreadable;
    m->terms.marketing_optional = row->optional;
    m->terms.has_quiet = row->quiet;
    m->terms.has_business = row->business;

    for (i = 0; i < PL_CATEGORIES; i++) {
        m->terms.quiet_do[i] = row->what != 0 ? row->what
                               : i == 0 || i == AUTHENTICATION ? ASIS
                                                               : SHIFT;
    }

    assert_int_equal(pl_hours_parse(PL_STR("23:00-07:00"), &m->terms.quiet,
                                    &err), PL_OK);
    assert_int_equal(pl_hours_parse(PL_STR("mon-fri 09:00-17:00"),
                                    &m->terms.business, &err), PL_OK);

    memset(&m->cap, 0, sizeof(m->cap));
    m->cap.block = row->cap == 2;
}


static inline pl_verdict_t
decide(const row_t *row)
{
    static made_t  m;

    memset(&m, 0, sizeof(m));
    m.in.spared_ms = row->spared;
    m.in.restricted_ms = row->restricted;
    m.in.no_utility_ms = row->no_utility;
    m.in.now_ms = row->now != 0 ? row->now : NOON;

    make_message(&m, row);
    make_state(&m, row, m.in.now_ms);
    make_terms(&m, row);

    m.in.message = &m.message;
    m.in.conversation = &m.conv;
    m.in.channel = &m.channel;
    m.in.terms = &m.terms;
    m.in.group = row->group ? &m.group : NULL;
    m.in.template = row->listed != 0 ? &m.record : NULL;
    m.in.unfit = row->unfit;
    m.in.forbidden = row->forbidden;
    m.in.cap = row->cap != 0 ? &m.cap : NULL;
    m.in.cap_ms = CAP_FREE;
    m.in.has_contact = pl_policy_consents(&m.message,
                                          pl_policy_category(&m.message,
                                                             m.in.template));
    m.in.bounced = row->bounced;
    m.in.marketing = row->consent;
    m.in.stopped = row->stopped;
    m.in.expires_ms = row->expires;

    return pl_policy_decide(&m.in);
}

#endif /* T_POLICY_H_INCLUDED */
