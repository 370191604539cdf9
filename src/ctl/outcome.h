/*
 * What became of an item of an entry, as a state shows it: looked up with
 * the rules of apply, which are read only here. For audit and replay.
 *
 * What leaves a row of its own is proven by it: messages by their dedupe row
 * and record, statuses by their fact on the message, what an account tells
 * by its dedupe row, requests by their verdict, and what could not be
 * handled by its row in quarantine. Rows have their time (README of
 * lmdb-schema), after which an item is not missing but past it.
 */

#ifndef PLCTL_OUTCOME_H_INCLUDED
#define PLCTL_OUTCOME_H_INCLUDED

#include "../engine/settings.h"
#include "ctl.h"

typedef enum {
    PLCTL_STORED = 0,           /* a message, by this entry */
    PLCTL_DUPLICATE,            /* a message, by an earlier item */
    PLCTL_QUARANTINED,
    PLCTL_APPLIED,              /* a status: its fact is on the message */
    PLCTL_PARKED,               /* a status of what is not ours, or not yet */
    PLCTL_TOLD,                 /* of an account, a group, a person */
    PLCTL_ANSWERED,             /* a request: it has a verdict */
    PLCTL_IGNORED,              /* a status by a word that says nothing */
    PLCTL_UNTRACED,             /* leaves no row by its nature */
    PLCTL_PAST,                 /* its row's time is over */
    PLCTL_MISSING,
    PLCTL_VERDICTS
} plctl_verdict_e;

extern const char *const  plctl_verdicts[PLCTL_VERDICTS];

typedef struct {
    plctl_verdict_e     verdict;
    uint32_t            tenant;         /* 0: of none that is known */
    uint32_t            channel;
    uint64_t            message;        /* 0: none */
    const Pl__Message  *row;            /* of it, or NULL */
} plctl_outcome_t;

typedef struct plctl_look_s  plctl_look_t;

/*
 * For entries first to last of the journal that this state folds. txn and
 * settings are the state's, and outlive it. PL_NOMEM, and statuses of the
 * store.
 */
pl_status_t plctl_look_open(plctl_look_t **look, plctl_t *ctl,
    pl_txn_t *txn, const pl_settings_t *settings, uint64_t first,
    uint64_t last, pl_err_t *err);
void plctl_look_close(plctl_look_t *look);      /* NULL is fine */

/* The entry that the items to come are of. */
void plctl_look_entry(plctl_look_t *look, uint64_t seq,
    const Pl__Entry *entry);

/* What it was decoded to, before its items are asked for. */
void plctl_look_decoded(plctl_look_t *look, const pl_decoded_t *decoded);

/*
 * An item of it, in order, from 0. What it gives lives in ar. PL_OK, or the
 * store's failure.
 */
pl_status_t plctl_look_item(plctl_look_t *look, uint32_t item,
    const Pl__Command *command, pl_arena_t *ar, plctl_outcome_t *out,
    pl_err_t *err);

/* Did all of the entry go to quarantine, as bytes? */
bool plctl_look_whole(plctl_look_t *look, const Pl__Entry *entry);

/* Has the time of this entry's rows in quarantine passed? */
bool plctl_look_pruned(const plctl_look_t *look);

/* The field of the oneof, and where in the body: "-" where nobody said. */
const char *plctl_command_name(const Pl__Command *command);
const char *plctl_command_path(const Pl__Command *command);

#endif /* PLCTL_OUTCOME_H_INCLUDED */
