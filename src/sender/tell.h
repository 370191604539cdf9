/*
 * What the consumers' thread has the store thread append: how far
 * subscriptions have come. One thing at a time, so that it needs no queue:
 *
 *     EMPTY   consumers' own: it is filled
 *     READY   the store thread's, until its append is on disk
 *     DONE    the consumers' again
 *
 * Whoever changes the state rings the other.
 */

#ifndef PLS_TELL_H_INCLUDED
#define PLS_TELL_H_INCLUDED

#include <stdatomic.h>

#include "journal.pb-c.h"

typedef enum {
    PLS_TELL_EMPTY = 0,
    PLS_TELL_READY,
    PLS_TELL_DONE
} pls_tell_e;

typedef struct {
    _Atomic int                 state;      /* pls_tell_e */
    Pl__SubscriptionProgress    progress;   /* in the consumers' arena */
} pls_tell_t;

#endif /* PLS_TELL_H_INCLUDED */
