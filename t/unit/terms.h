/*
 * What tests of policy on a folded store share: the tenant's terms, texts
 * with their other form, and what the audit log has of them.
 *
 * T_NOW is Thursday 2025-10-09 08:53:20 UTC.
 */

#ifndef T_TERMS_H_INCLUDED
#define T_TERMS_H_INCLUDED

#include "later.h"

#define HOUR     (3600LL * 1000)
#define PHONE    LATER_PHONE
#define NIGHT    (T_NOW + 14 * HOUR + 400 * 1000)   /* 23:00 UTC */
#define MORNING  (NIGHT + 8 * HOUR)


/* Publishes the tenant's policy as the test has made it. */

static inline void
publish(t_engine_t *t, Pl__PolicySettings *policy)
{
    static uint64_t  generation = 100;
    pl_appended_t    out;

    t->policy = policy;
    t_ok(t, t_publish(t, ++generation, T_FLOW, "main", &out));
    t_fold(t);
}


/* A text; the template `other`, if any, is its other form. */

typedef struct {
    asked_t        ask;
    Pl__Template   template;
    Pl__Content    other;
} text_t;


static inline void
text_to(text_t *x, const char *says, const char *other)
{
    asked_to(&x->ask, PHONE, "");
    pl__text__init(&x->ask.text);
    x->ask.text.body = (char *) says;
    x->ask.content.type = (char *) "text";
    x->ask.content.of_case = PL__CONTENT__OF_TEXT;
    x->ask.content.text = &x->ask.text;

    if (other != NULL) {
        pl__template__init(&x->template);
        x->template.name = (char *) other;
        x->template.language = (char *) "es_ES";
        pl__content__init(&x->other);
        x->other.type = (char *) "template";
        x->other.of_case = PL__CONTENT__OF_TEMPLATE;
        x->other.template_ = &x->template;
        x->ask.request.otherwise = &x->other;
    }
}


static inline uint64_t
texts(t_engine_t *t, const char *says, const char *other)
{
    text_t  x;

    text_to(&x, says, other);

    return ask(t, &x.ask);
}


/* The person writes: a window opens, and nothing answers. */

static inline void
writes(t_engine_t *t)
{
    static unsigned  n;
    char             wamid[32];

    (void) snprintf(wamid, sizeof(wamid), "wamid.IN%u", ++n);
    (void) t_text(t, PHONE, wamid, t->wall_ms / 1000, "");
    t_fold(t);
}


/* The newest audit event of a kind; how many there are of it. */

static inline unsigned
events(t_engine_t *t, Pl__AuditKind kind, Pl__AuditEvent **newest)
{
    unsigned         i, n;
    Pl__AuditEvent  *event;

    *newest = NULL;

    for (i = 0, n = 0; (event = audited(t, i)) != NULL; i++) {
        if (event->kind == kind) {
            n++;
            *newest = event;
        }
    }

    return n;
}

#define BLOCKED   PL__AUDIT_KIND__AUDIT_KIND_BLOCKED
#define DEFERRED  PL__AUDIT_KIND__AUDIT_KIND_DEFERRED
#define REPLACED  PL__AUDIT_KIND__AUDIT_KIND_REPLACED


/* The one head that is due goes out, and its text is this. */

static inline void
leaves_text(t_engine_t *t, uint64_t epoch, const char *says)
{
    uint64_t  effects[64];

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(message(t, flying(t))->content->text->body, says);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
}

#endif /* T_TERMS_H_INCLUDED */
