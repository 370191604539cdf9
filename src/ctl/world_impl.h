/*
 * What a world is, for the files of this stem: world.c makes it and lets
 * time pass, world_wire.c is its sender and its provider, world_see.c notes
 * what has happened.
 */

#ifndef PLCTL_WORLD_IMPL_H_INCLUDED
#define PLCTL_WORLD_IMPL_H_INCLUDED

#include <limits.h>

#include "../engine/fold.h"
#include "../engine/outbox.h"
#include "world.h"

struct plctl_world_s {
    plctl_t             *ctl;
    plctl_world_conf_t   conf;
    char                 dir[PATH_MAX];
    bool                 temporary;     /* the folder goes with it */
    pl_clock_t           clock;
    const pl_clock_t    *outer;         /* ctl's own */
    int64_t              now_ms;
    pl_fold_t           *fold;
    pl_arena_t          *ar;            /* of one step */
    uint64_t             epoch;         /* the sender's; 0: not begun */
    uint64_t             drawn;
    uint32_t             tenant;
    uint32_t             channel;
    plctl_provider_e     provider;
    int                  code;
    size_t               n_held;
    uint64_t             held[PLCTL_WORLD_HELD_MAX];    /* effects */
    uint64_t             audited;       /* the last row that was seen */
    size_t               n_events;
    size_t               room;
    plctl_event_t       *events;        /* in ctl's arena, with what they
                                           point to */
};

/* Makes all that a zeroed world needs (world_begin.c). */
pl_status_t plctl_world_begin(plctl_world_t *world, pl_err_t *err);

/* Folds what was appended, and notes what came of it. */
pl_status_t plctl_world_fold(plctl_world_t *world, pl_err_t *err);

/* Appends and folds, and notes what came of it; nothing that is due yet. */
pl_status_t plctl_world_append(plctl_world_t *world,
    const Pl__Command *command, bool told, uint64_t *entry, pl_err_t *err);

/* Attempts this head, and answers it. */
pl_status_t plctl_world_attempt(plctl_world_t *world, const pl_due_t *due,
    pl_err_t *err);

/* A new event, zeroed but for its time; NULL where memory is full. */
plctl_event_t *plctl_world_event(plctl_world_t *world, plctl_event_e kind);

/* Notes what the audit log has that was not seen. */
pl_status_t plctl_world_see(plctl_world_t *world, pl_err_t *err);

#endif /* PLCTL_WORLD_IMPL_H_INCLUDED */
