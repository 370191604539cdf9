/*
 * What folding into a fresh store takes, for replay and its --match.
 */

#ifndef PLCTL_REPLAY_H_INCLUDED
#define PLCTL_REPLAY_H_INCLUDED

#include "ctl.h"

/* Is DIR not there, or without a file? PL_EXISTS, PL_IO. */
pl_status_t plctl_replay_empty(const char *dir, pl_err_t *err);

/* A store of its own; made, with a state's map as large as ours: create. */
pl_status_t plctl_replay_store(plctl_t *ctl, const char *dir, bool create,
    pl_store_t **st, pl_err_t *err);

/* Folds ctl's journal into dest, from where that stands to this entry. */
pl_status_t plctl_replay_fold(plctl_t *ctl, pl_store_t *dest, uint64_t to,
    pl_err_t *err);

/* match.c: replay --match DEST. Returns a PLCTL_EXIT_… . */
int plctl_match(plctl_t *ctl, const char *dest);

#endif /* PLCTL_REPLAY_H_INCLUDED */
