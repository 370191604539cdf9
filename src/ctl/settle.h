/*
 * What a person asks of dead letters, and of sends that are unknown: of one
 * by its id, or of all that a filter names.
 */

#ifndef PLCTL_SETTLE_H_INCLUDED
#define PLCTL_SETTLE_H_INCLUDED

#include "ctl.h"

typedef enum {
    PLCTL_SETTLE_RETRY = 0,             /* a dead letter: once more */
    PLCTL_SETTLE_DROP,                  /* a dead letter: never */
    PLCTL_SETTLE_RESEND,                /* unknown: once more */
    PLCTL_SETTLE_SENT,                  /* unknown: it arrived */
    PLCTL_SETTLE_VERBS
} plctl_settle_e;

/* words: the id, or none with a filter, or --all. Returns a PLCTL_EXIT_… . */
int plctl_cmd_settle(plctl_t *ctl, plctl_settle_e verb,
    const char *const *words, unsigned n_words);

#endif /* PLCTL_SETTLE_H_INCLUDED */
