/*
 * What a compiled zone is, for the files of this stem: zone.c asks it,
 * zone_parse.c reads a TZif file, zone_rule.c its footer.
 *
 * A table of transitions, in order, each with the offset that holds from it
 * on; and the footer's rule, which holds from the last of them on. Times
 * outside the years that zone.h knows were moved to their edges, so that no
 * arithmetic here can overflow.
 */

#ifndef PL_ZONE_IMPL_H_INCLUDED
#define PL_ZONE_IMPL_H_INCLUDED

#include "zone.h"

#define PL_ZONE_DAY_S   86400
#define PL_ZONE_MIN_S   (PL_ZONE_MIN_MS / 1000)
#define PL_ZONE_MAX_S   ((PL_ZONE_MAX_MS - 999) / 1000)

/* A day of each year, as POSIX writes it in TZ. */
typedef enum {
    PL_ZONE_JULIAN = 0,         /* Jn: 1 to 365, 29 February not counted */
    PL_ZONE_DAY,                /* n: 0 to 365 */
    PL_ZONE_WEEK                /* Mm.w.d */
} pl_zone_kind_e;

typedef struct {
    pl_zone_kind_e  kind;
    int             month;
    int             week;       /* 1 to 5; 5: the last */
    int             day;        /* of the week: 0 Sunday to 6; or as above */
    int32_t         time_s;     /* of the clock before; -167 h to 167 h */
} pl_zone_day_t;

typedef struct {
    int32_t        offset_s;            /* standard time, east positive */
    int32_t        other_s;             /* daylight-saving time */
    bool           changes;             /* false: standard time all year */
    pl_zone_day_t  start;
    pl_zone_day_t  end;
} pl_zone_rule_t;

struct pl_zone_s {
    size_t           n;
    const int64_t   *at_s;              /* ascending */
    const int32_t   *offset_s;          /* from at_s on */
    int32_t          first_s;           /* before the first */
    bool             ruled;
    pl_zone_rule_t   rule;
};

/* A stretch in seconds; INT64_MIN and INT64_MAX: no end. */
typedef struct {
    int64_t  from_s;
    int64_t  until_s;
    int32_t  offset_s;
} pl_zone_stretch_t;

/* Reads a footer without its newlines, not empty. */
pl_status_t pl_zone_rule_parse(pl_str_t text, pl_zone_rule_t *rule,
    pl_err_t *err);

/* The stretch of a rule that t_s lies in, as if it had always held. */
void pl_zone_rule_span(const pl_zone_rule_t *rule, int64_t t_s,
    pl_zone_stretch_t *span);

#endif /* PL_ZONE_IMPL_H_INCLUDED */
