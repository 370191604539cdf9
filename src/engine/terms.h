/*
 * On which terms a tenant's messages leave: its settings as policy reads
 * them, with hours, caps and patterns compiled. A channel that says hours or
 * a zone of its own has terms of its own, in which the rest is its tenant's.
 * Immutable; part of a settings snapshot.
 */

#ifndef PL_TERMS_H_INCLUDED
#define PL_TERMS_H_INCLUDED

#include "forbid.h"
#include "hours.h"
#include "record.pb-c.h"

#define PL_CAPS_MAX          16         /* of a tenant */
#define PL_CAP_CONTACT_MAX   64         /* the most that one of a party says */
#define PL_CAP_TENANT_MAX    1000000000
#define PL_CAP_DAYS_MAX      366        /* of a rolling period */
#define PL_FORBIDS_MAX       16         /* files of a tenant */

/* The place of a category in tables; 0: none, a person's. */
#define PL_CATEGORIES        5

typedef struct {
    Pl__CapSubject   subject;
    Pl__CapPeriod    period;
    uint32_t         most;
    int64_t          span_ms;           /* of a rolling one */
    bool             tenant;            /* of all; else of each party */
    bool             block;             /* what is beyond; else it waits */
} pl_cap_t;

typedef struct {
    Pl__ForbidScope   scope;
    pl_forbid_t      *rules;
} pl_forbids_t;

typedef struct {
    bool                 unreadable;    /* nothing may leave */
    bool                 has_quiet;
    bool                 has_business;
    bool                 marketing_optional;
    Pl__QuietDo          quiet_do[PL_CATEGORIES];
    pl_hours_t           quiet;
    pl_hours_t           business;
    const char          *zone;          /* the channel's, or NULL */
    const pl_cap_t      *caps;
    size_t               n_caps;
    const pl_forbids_t  *forbids;
    size_t               n_forbids;
} pl_terms_t;

/*
 * Compiles a tenant's settings into the arena; row NULL gives *terms NULL.
 * PL_INVALID, PL_TOOBIG, with err->path naming the field: what nginx -t
 * refuses; *terms then lets nothing leave (unreadable). PL_NOMEM.
 * pl_terms_clear frees what its patterns hold.
 */
pl_status_t pl_terms_compile(pl_arena_t *ar, const Pl__PolicySettings *row,
    pl_terms_t **terms, pl_err_t *err);
void pl_terms_clear(pl_terms_t *terms);         /* NULL is fine */

/*
 * The same for a channel: base, its tenant's terms, or NULL, goes on to own
 * its patterns. Where the channel says nothing, *terms is base.
 */
pl_status_t pl_terms_channel(pl_arena_t *ar, const Pl__PolicySettings *row,
    const pl_terms_t *base, const pl_terms_t **terms, pl_err_t *err);

#endif /* PL_TERMS_H_INCLUDED */
