/*
 * The reference of policy, and what it is asked about: people, and messages
 * that are asked for. It is kept apart from everything that the engine does:
 * it knows what was told, and glibc's local time.
 */

#ifndef T_POLICY_MODEL_H_INCLUDED
#define T_POLICY_MODEL_H_INCLUDED

#include <sys/stat.h>
#include <time.h>

#include "ctl.h"
#include "later.h"

#define MODEL_TENANTS    3
#define MODEL_PEOPLE     200        /* of a world */
#define MODEL_SAYS_MAX   12         /* messages asked for a person */
#define MODEL_USES_MAX   16
#define MODEL_DUE_MAX    64

#define MODEL_DAY_MS     (86400LL * 1000)
#define MODEL_WINDOW_MS  MODEL_DAY_MS
#define MODEL_QUIET      "23:00-07:00"
#define MODEL_CAP        2          /* adverts to a person in so many days */
#define MODEL_CAP_DAYS   7

typedef enum {
    MODEL_UNKNOWN = 0,
    MODEL_GRANTED,
    MODEL_REVOKED
} model_consent_e;

typedef enum {
    SAY_ANSWER = 0,             /* free form, service */
    SAY_NEWS,                   /* free form, utility */
    SAY_EITHER,                 /* the same, with a template beside it */
    SAY_TEMPLATE,               /* a template, utility */
    SAY_ADVERT,                 /* a template that is listed as marketing */
    SAY_CODE,                   /* a template, authentication */
    SAY_DESK,                   /* free form, by a person at a desk */
    SAY_KINDS
} say_e;

/* A message that was asked for. */
typedef struct {
    say_e     kind;
    uint64_t  key;              /* under which it was asked for */
    uint64_t  id;               /* msg_; 0: there is none yet */
    uint64_t  effect;
    int64_t   at_ms;
    int64_t   expires_ms;
    bool      flying;
    bool      tried;
    int64_t   again_ms;         /* the provider wants it no sooner */
    int64_t   used_ms;
    bool      charged;          /* the cap has counted it */
    bool      ended;
    bool      returns;          /* what the cap has counted of it */
} say_t;

/* As far as was told. */
typedef struct {
    unsigned         tenant;    /* from 0 */
    char             phone[16];
    int64_t          marketing_s;
    bool             confirmed; /* that STOP was heard, of the last one */
    unsigned         confirms;  /* that may still come */
    int64_t          window_ms; /* free forms may go before this */
    model_consent_e  marketing;
    model_consent_e  all;
    int64_t          uses_ms[MODEL_USES_MAX];
    size_t           n_uses;
    say_t            says[MODEL_SAYS_MAX];
    size_t           n_says;
} person_t;

typedef struct {
    t_engine_t  t;
    uint64_t    random;
    uint64_t    epoch;          /* of the sender */
    uint64_t    drawn;          /* keys, ids of messages */
    person_t    people[MODEL_PEOPLE];
    uint64_t    commands;
    uint64_t    sent;
    uint64_t    confirmed;
    uint64_t    refused;
} world_t;

/* A rule that objects to a message at one moment. */
typedef struct {
    bool        blocks;
    bool        waits;
    bool        template;       /* it goes as its template */
    const char *rule;
} ruling_t;

static const char *const  model_accounts[MODEL_TENANTS] = {
    T_ACCOUNT, "2002", "2003"
};

static const char *const  model_zones[MODEL_TENANTS] = {
    "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"
};


static inline unsigned
world_draw(world_t *w, size_t n)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;

    return (unsigned) ((w->random >> 11) % n);
}


/* ---- the reference -------------------------------------------------- */

/* Milliseconds since midnight, by the clock on the wall there. */

static inline int64_t
model_wall(unsigned tenant, int64_t now_ms)
{
    time_t     s = (time_t) (now_ms / 1000);
    struct tm  tm;

    (void) setenv("TZ", model_zones[tenant], 1);
    tzset();
    assert_non_null(localtime_r(&s, &tm));

    return ((tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec) * 1000LL
           + now_ms % 1000;
}


static inline bool
model_quiet(unsigned tenant, int64_t now_ms)
{
    int64_t  wall = model_wall(tenant, now_ms);

    return wall >= 23 * 3600000LL || wall < 7 * 3600000LL;
}


static inline bool
model_capped(const person_t *p, int64_t now_ms)
{
    size_t  i, n;

    for (i = n = 0; i < p->n_uses; i++) {
        n += p->uses_ms[i] > now_ms - MODEL_CAP_DAYS * MODEL_DAY_MS;
    }

    return n >= MODEL_CAP;
}


/*
 * The order is that of docs/policy.md: of several that object the first is
 * named.
 */

static inline ruling_t
model_rule(const person_t *p, const say_t *say, int64_t now_ms)
{
    bool      free, open;
    ruling_t  r = { false, false, false, NULL };

    if (say->expires_ms != 0 && now_ms >= say->expires_ms) {
        return (ruling_t) { true, false, false, "expired" };
    }

    open = now_ms < p->window_ms;
    free = (say->kind == SAY_ANSWER || say->kind == SAY_NEWS
            || say->kind == SAY_EITHER || say->kind == SAY_DESK);

    if (p->all == MODEL_REVOKED && !(say->kind == SAY_DESK && open)) {
        return (ruling_t) { true, false, false, "consent.stopped" };
    }

    if (say->kind == SAY_ADVERT && p->marketing != MODEL_GRANTED) {
        return (ruling_t) { true, false, false,
                            p->marketing == MODEL_REVOKED
                            ? "consent.revoked" : "consent.missing" };
    }

    if (free && !open) {
        if (say->kind != SAY_EITHER) {
            return (ruling_t) { true, false, false, "window.closed" };
        }

        r.template = true;
    }

    if (say->kind != SAY_CODE && say->kind != SAY_DESK
        && model_quiet(p->tenant, now_ms))
    {
        r.waits = true;
        r.rule = "quiet.hours";
        return r;
    }

    if (say->kind == SAY_ADVERT && !say->charged && model_capped(p, now_ms)) {
        r.waits = true;
        r.rule = "cap.reached";
    }

    return r;
}


/* ---- what a person did ---------------------------------------------- */

/* Provider-facts 2.5: from the provider's time, never beyond now + 24 h. */

static inline void
person_wrote(person_t *p, int64_t at_ms, int64_t now_ms)
{
    int64_t  until = at_ms / 1000 * 1000 + MODEL_WINDOW_MS;

    until = until > now_ms + MODEL_WINDOW_MS ? now_ms + MODEL_WINDOW_MS
                                             : until;
    p->window_ms = until > p->window_ms ? until : p->window_ms;
}


/* Of two words at the same second the one that forbids stands. */

static inline bool
person_forbids(person_t *p, int64_t now_s)
{
    bool  news = (p->marketing != MODEL_REVOKED);

    p->marketing = MODEL_REVOKED;
    p->marketing_s = now_s;

    return news;
}


static inline bool
person_allows(person_t *p, int64_t now_s)
{
    if (p->marketing == MODEL_REVOKED && p->marketing_s >= now_s) {
        return false;
    }

    p->confirmed = false;
    p->marketing = MODEL_GRANTED;
    p->marketing_s = now_s;

    return true;
}


static inline void
person_used(person_t *p, say_t *say, int64_t now_ms)
{
    say->charged = true;
    say->used_ms = now_ms;

    if (p->n_uses == MODEL_USES_MAX) {
        memmove(p->uses_ms, p->uses_ms + 1,
                (MODEL_USES_MAX - 1) * sizeof(p->uses_ms[0]));
        p->n_uses--;
    }

    p->uses_ms[p->n_uses++] = now_ms;
}


/* It ended without having been sent: the cap has it back. */

static inline void
person_unused(person_t *p, say_t *say)
{
    size_t  i;

    for (i = 0; say->charged && i < p->n_uses; i++) {
        if (p->uses_ms[i] == say->used_ms) {
            memmove(p->uses_ms + i, p->uses_ms + i + 1,
                    (p->n_uses - i - 1) * sizeof(p->uses_ms[0]));
            p->n_uses--;
            say->charged = false;
        }
    }
}

#endif /* T_POLICY_MODEL_H_INCLUDED */
