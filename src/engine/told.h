/*
 * What a step of the fold tells the metrics of who runs it: what apply
 * counted, over all tenants, and which channels their providers spoke of. No
 * part of the state: a replay tells its own.
 */

#ifndef PL_TOLD_H_INCLUDED
#define PL_TOLD_H_INCLUDED

#include "../core/pl.h"

#define PL_TOLD_MAX   192       /* metrics with their labels: the source has
                                   fewer, and further ones are left out */
#define PL_HEARD_MAX  64        /* channels of one step; further ones are
                                   heard in another */

typedef struct {
    const char  *metric;        /* static */
    const char  *label;         /* static; may be empty */
    uint64_t     n;
} pl_told_row_t;

typedef struct {
    uint32_t  channel;
    int64_t   time_ms;          /* of the entry */
} pl_heard_t;

typedef struct {
    size_t         n;
    size_t         n_heard;
    pl_told_row_t  rows[PL_TOLD_MAX];
    pl_heard_t     heard[PL_HEARD_MAX];
} pl_told_t;

#endif /* PL_TOLD_H_INCLUDED */
