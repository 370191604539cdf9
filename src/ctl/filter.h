/*
 * Which dead letters, or sends that are unknown, are meant: by --tenant,
 * --channel, --code, --rule, --reason, --template, --campaign, --since and
 * --until. All that are given have to fit.
 */

#ifndef PLCTL_FILTER_H_INCLUDED
#define PLCTL_FILTER_H_INCLUDED

#include "ctl.h"

#define PLCTL_OPT_FILTER                                                      \
    (PLCTL_OPT_TENANT | PLCTL_OPT_CHANNEL | PLCTL_OPT_CODE | PLCTL_OPT_RULE   \
     | PLCTL_OPT_REASON | PLCTL_OPT_TEMPLATE | PLCTL_OPT_CAMPAIGN             \
     | PLCTL_OPT_SINCE | PLCTL_OPT_UNTIL)

/* Strings are the command line's. */
typedef struct {
    uint32_t     tenant;            /* 0: any */
    const char  *channel;           /* NULL: any; so the rest */
    bool         has_code;
    int32_t      code;
    const char  *rule;
    const char  *reason;            /* a part of it */
    const char  *template_name;
    bool         has_campaign;
    uint64_t     campaign;
    int64_t      since_ms;          /* at or after */
    int64_t      until_ms;          /* before */
} plctl_filter_t;

/* One row of `dead` or `unknown`, as far as a filter looks at it. */
typedef struct {
    Pl__Effect  *effect;
    int64_t      at_ms;             /* it died, or is unknown since */
    bool         has_code;
    int32_t      code;
    const char  *rule;
    const char  *reason;
} plctl_ended_t;

void plctl_ended_dead(plctl_ended_t *out, const Pl__DeadLetter *dead);
void plctl_ended_unknown(plctl_ended_t *out, const Pl__UnknownSend *unknown);

/*
 * What the command line asks for; the store is open. PL_INVALID: a tenant,
 * or channel, that is not known, or no time.
 */
pl_status_t plctl_filter_read(plctl_t *ctl, plctl_filter_t *filter,
    pl_err_t *err);

/* PL_OK and *fits, or the store's failure. */
pl_status_t plctl_filter_fits(plctl_t *ctl, pl_txn_t *txn, pl_arena_t *ar,
    const plctl_filter_t *filter, const plctl_ended_t *row, bool *fits,
    pl_err_t *err);

/*
 * What became of each attempt, a line each, all but the first behind lead,
 * in ar; NULL: nothing is kept.
 */
const char *plctl_tried(pl_arena_t *ar, const Pl__Effect *effect,
    const char *lead);

#endif /* PLCTL_FILTER_H_INCLUDED */
