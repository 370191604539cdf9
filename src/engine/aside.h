/*
 * What a log may say of the items that a step of the fold put into
 * quarantine: where they stood and what was wrong, and nothing of what they
 * said (pl.h: an error's text may be logged).
 */

#ifndef PL_ASIDE_H_INCLUDED
#define PL_ASIDE_H_INCLUDED

#include "../core/pl.h"

#define PL_ASIDE_MAX  8         /* of one step; further ones are counted */

typedef struct {
    uint64_t  entry;
    uint32_t  item;
    char      path[PL_ERR_PATH_MAX];    /* may be empty */
    char      reason[PL_ERR_TEXT_MAX];
} pl_aside_t;

#endif /* PL_ASIDE_H_INCLUDED */
