/*
 * Dry runs: what would become of a message if it were asked for now, or at
 * another time? By the same code as when it is asked for (outgoing.h), on a
 * snapshot of the state that is only read; so the two cannot disagree, unless
 * the state becomes another one between them.
 */

#ifndef PL_DRY_H_INCLUDED
#define PL_DRY_H_INCLUDED

#include "outgoing.h"

/* Times at which it is asked again, for the earliest that it may leave. */
#define PL_DRY_HOPS_MAX       16

/* Templates looked at for one that may go. */
#define PL_DRY_TEMPLATES_MAX  2000

/* The cheapest form that may leave at that time. */
typedef enum {
    PL_DRY_NONE = 0,            /* none, whatever is done */
    PL_DRY_FREE,                /* what was asked, as no template */
    PL_DRY_TEMPLATE,            /* a template: its row says which */
    PL_DRY_CHANNEL,             /* what was asked, on another channel */
    PL_DRY_LATER                /* what was asked, at earliest_ms */
} pl_dry_form_e;

typedef struct {
    pl_decided_t               at;          /* what is decided then */
    int64_t                    earliest_ms; /* it may leave; 0: never */
    pl_dry_form_e              form;
    const Pl__TemplateRecord  *template;    /* of a template's form, if it is
                                               listed; in the arena */
    const Pl__Content         *content;     /* of that form, if it was asked
                                               for */
    uint32_t                   channel;     /* of another channel's form */
} pl_dry_t;

/*
 * message: as a request would make it; its conversation, empty where there
 * is none. ap: txn, ar, settings, match and now_ms are looked at, no more;
 * now_ms is moved, and set back. PL_OK, or the store's failure.
 */
pl_status_t pl_dry_run(pl_apply_t *ap, Pl__Message *message,
    const Pl__Conversation *conv, int64_t expires_ms, pl_dry_t *out,
    pl_err_t *err);

/* What would become of a request. */
typedef struct {
    const char   *rule;         /* not NULL: it is refused for what it is, */
    const char   *path;         /* by this field, or NULL, */
    const char   *text;         /* and why */
    int64_t       at_ms;        /* asked for this time */
    Pl__Message   message;      /* as it would be made; where it is not */
    pl_dry_t      dry;          /* refused, what is decided of it */
} pl_dry_request_t;

/*
 * The same of a request, at its own time where that lies ahead: what
 * pl_apply_send_request would find, its key aside. *out points into `in`
 * and the arena.
 */
pl_status_t pl_dry_ask(pl_apply_t *ap, const Pl__SendRequest *in,
    pl_dry_request_t *out, pl_err_t *err);

#endif /* PL_DRY_H_INCLUDED */
