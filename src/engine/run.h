/*
 * The run time of flows: what apply does with the language of flow.h.
 *
 * A conversation has one run at most, and at the end of each command that
 * run waits in a step for an answer, or there is none. In between a chain of
 * steps is run, up to PL_STEPS_MAX of a command.
 *
 * A chain is one of three:
 *
 *     its own     an answer to the step that waits, or its timeout: where
 *                 the chain ends the run ends
 *     aside       a trigger, a task, an event: where it waits it takes the
 *                 run's place; where it ends the run waits on
 *     new         there was no run
 *
 * A step with `back` ends a chain, and the step that waited waits on.
 * docs/conversations.md tells it from the outside.
 *
 * All of it belongs to the folding thread. Where a conversation is given the
 * caller puts it afterwards, and has not queued anything of it before: what
 * they wrote takes back what was said because they did not. Errors are the
 * store's, and PL_NOMEM.
 */

#ifndef PL_RUN_H_INCLUDED
#define PL_RUN_H_INCLUDED

#include "apply.h"

/* Where a flow runs, and for whom. */
typedef struct {
    const pl_party_t     *party;        /* a contact's */
    Pl__Conversation     *conv;
    Pl__Contact          *contact;      /* put where a flow changes it */
    uint32_t              channel;
} pl_run_at_t;

/* What a person sent. */
typedef struct {
    const Pl__Content    *content;
    const Pl__Context    *context;
    uint64_t              message;      /* its number */
    bool                  first;        /* they had never written */
    int64_t               last_in_ms;   /* when they had; 0: never */
    int64_t               sent_ms;      /* as the provider says */
} pl_run_in_t;

/*
 * They wrote, and it was no STOP: who answers, and what. Called for every
 * message of a person in a conversation with a contact.
 */
pl_status_t pl_run_inbound(pl_apply_t *ap, const pl_run_at_t *at,
    const pl_run_in_t *in, pl_err_t *err);

/*
 * They said STOP: the run ends, and so do all tasks but those by a date
 * that was agreed, which policy judges by their category; what was to be
 * said later is taken back. Audited.
 */
pl_status_t pl_run_stop(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, Pl__Contact *contact, pl_err_t *err);

/* What else may begin a flow: one of them. */
typedef struct {
    const char           *event;
    const char           *opt_in;       /* category that was granted */
    bool                  joined_group;
    const Pl__FlowStart  *start;        /* flow and step are named there */
} pl_run_why_t;

/*
 * A flow's triggers are asked, or it is begun. *begun: one began, or will,
 * after a while; false also where a person answers. may be NULL.
 */
pl_status_t pl_run_told(pl_apply_t *ap, const pl_run_at_t *at,
    const pl_run_why_t *why, bool *begun, pl_err_t *err);

/* Would one begin? Nothing is written, and no contact need be stored. */
bool pl_run_would(pl_apply_t *ap, const pl_run_at_t *at,
    const pl_run_why_t *why);

/*
 * Consent of a category was granted, or a group joined: reads the contact's
 * conversation, and puts it. To be called with neither in hand. channel 0:
 * the one that it was spoken on last.
 */
pl_status_t pl_run_opt_in(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    uint64_t contact, const char *category, pl_err_t *err);
pl_status_t pl_run_joined(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    uint64_t contact, pl_err_t *err);

/* A timer's step: its time has come. Reads and puts the conversation. */
pl_status_t pl_run_fire(pl_apply_t *ap, const Pl__Timer *timer,
    pl_err_t *err);

/*
 * Somebody takes the conversation over, by name or in the provider's app:
 * delayed answers are taken back, and the run waits until it is given back.
 */
pl_status_t pl_run_taken(pl_apply_t *ap, Pl__Conversation *conv,
    pl_err_t *err);

/*
 * It is the bot's again: a step that waited waits anew. A question that had
 * not left when it was taken is asked once more: *asked, which may be NULL.
 * answers: they wrote just now.
 */
pl_status_t pl_run_given(pl_apply_t *ap, const pl_run_at_t *at, bool answers,
    bool *asked, pl_err_t *err);

/*
 * `from` is the same person as `into`: its run, tasks, variables, tags,
 * status and owner go on there (contact_join.c).
 */
pl_status_t pl_run_join(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *into, Pl__Conversation *from, pl_err_t *err);

/*
 * They are two again, and their contacts say so already: tasks that were
 * armed for who leaves go with it. Reads both conversations, and puts them.
 */
pl_status_t pl_run_split(pl_apply_t *ap, const pl_party_t *stays,
    const pl_party_t *leaves, pl_err_t *err);

#endif /* PL_RUN_H_INCLUDED */
