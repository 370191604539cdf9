/*
 * Which steps and which ways of flows were taken, and how often: every step
 * and way that their files have has a row, so that one that no script takes
 * stands there with a 0.
 */

#ifndef PLCTL_COVER_H_INCLUDED
#define PLCTL_COVER_H_INCLUDED

#include "stage.h"

typedef struct {
    pl_way_t     way;
    const char  *edge;          /* "branch[2]"; NULL: the step itself */
    const char  *to;            /* NULL: nowhere, or not one place */
    uint64_t     taken;
} plctl_cover_row_t;

typedef struct {
    pl_watch_t            watch;
    pl_arena_t           *ar;
    bool                  full;         /* out of memory on the way */
    size_t                n;
    size_t                room;
    plctl_cover_row_t    *rows;         /* in the order of the files */
} plctl_cover_t;

/* Makes the rows, and watches the stage's worlds. An exit status. */
int plctl_cover_begin(plctl_t *ctl, plctl_cover_t *cover,
    plctl_stage_t *stage);

/* A line a row; comment: with "# " before each, as TAP has it. */
void plctl_cover_print(plctl_t *ctl, const plctl_cover_t *cover,
    bool comment);

#endif /* PLCTL_COVER_H_INCLUDED */
