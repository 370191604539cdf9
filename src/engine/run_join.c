/*
 * Two contacts that are one, and the way back: what becomes of their runs,
 * tasks and variables, and of what is still to be said.
 *
 * Whoever answers the one answers both, and what was computed for nobody's
 * eyes is void. A run goes on where it is, unless a person answers there; of
 * two runs the one that stays is that of the contact that stays, whose
 * variables and tasks win by name as well.
 *
 * The rows of `timers` keep the contact that they were armed for, and fire
 * for the one that it is since (run_fire.c). So a split finds by them which
 * tasks go back. The run does not, nor do its timeouts: they become those of
 * the contact that it stays with.
 */

#include <string.h>

#include "../core/record.h"
#include "run_impl.h"
#include "sandbox.h"

static pl_status_t join_owner(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *into, Pl__Conversation *from, pl_err_t *err);
static pl_status_t join_tags(pl_apply_t *ap, Pl__Conversation *into,
    const Pl__Conversation *from, pl_err_t *err);
static pl_status_t join_variables(pl_apply_t *ap, Pl__Conversation *into,
    const Pl__Conversation *from, pl_err_t *err);
static pl_status_t join_later(pl_apply_t *ap, uint64_t **into,
    size_t *n_into, const uint64_t *from, size_t *n_from, pl_err_t *err);
static pl_status_t join_tasks(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *into, Pl__Conversation *from, pl_err_t *err);
static pl_status_t join_task(pl_apply_t *ap, Pl__Conversation *conv,
    Pl__Task *task, pl_err_t *err);
static pl_status_t split_task(pl_apply_t *ap, const pl_party_t *stays,
    const pl_party_t *leaves, const Pl__Task *task, bool *goes,
    pl_err_t *err);
static pl_status_t join_nomem(pl_err_t *err);


pl_status_t
pl_run_join(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *into, Pl__Conversation *from, pl_err_t *err)
{
    pl_status_t  rc;

    rc = join_owner(ap, party, into, from, err);

    if (rc == PL_OK) {
        rc = join_tags(ap, into, from, err);
    }

    if (rc == PL_OK) {
        rc = join_variables(ap, into, from, err);
    }

    if (rc == PL_OK) {
        rc = join_later(ap, &into->delayed, &into->n_delayed, from->delayed,
                        &from->n_delayed, err);
    }

    if (rc == PL_OK) {
        rc = join_later(ap, &into->nudges, &into->n_nudges, from->nudges,
                        &from->n_nudges, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (into->run == NULL && into->flow == NULL) {
        into->flow = from->flow;
        into->step = from->step;
    }

    if (into->run == NULL && from->run != NULL) {
        into->run = from->run;
        into->flow = from->run->flow;
        into->step = from->run->step;

    } else {
        rc = pl_task_void(ap, from, err);
    }

    from->run = NULL;

    return rc == PL_OK ? join_tasks(ap, party, into, from, err) : rc;
}


pl_status_t
pl_run_split(pl_apply_t *ap, const pl_party_t *stays,
    const pl_party_t *leaves, pl_err_t *err)
{
    bool               goes, gone = false;
    size_t             i, n;
    pl_status_t        rc;
    Pl__Conversation  *into, *from;

    rc = pl_conversation_get(ap, stays, &into, err);
    if (rc != PL_OK || into->n_tasks == 0) {
        return rc;
    }

    rc = pl_conversation_get(ap, leaves, &from, err);

    for (i = 0, n = 0; rc == PL_OK && i < into->n_tasks; i++) {
        rc = split_task(ap, stays, leaves, into->tasks[i], &goes, err);

        if (rc == PL_OK && goes
            && pl_task_room(from, into->tasks[i]->has_turn != 0)) {
            gone = true;
            rc = join_task(ap, from, into->tasks[i], err);

        } else {
            into->tasks[n++] = into->tasks[i];
        }
    }

    if (rc != PL_OK || !gone) {
        return rc;
    }

    into->n_tasks = n;
    from->has_joined_to = 0;
    from->joined_to = 0;

    rc = pl_conversation_put(ap, stays, into, err);

    return rc == PL_OK ? pl_conversation_put(ap, leaves, from, err) : rc;
}


static pl_status_t
join_owner(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *into,
    Pl__Conversation *from, pl_err_t *err)
{
    pl_owner_t   to = { NULL, "joined", NULL, NULL };
    pl_status_t  rc;

    rc = PL_OK;

    if (pl_owner_is_person(into) && !pl_owner_is_person(from)) {
        rc = pl_run_taken(ap, from, err);
        from->has_owner_epoch = 1;
        from->owner_epoch++;

    } else if (!pl_owner_is_person(into) && pl_owner_is_person(from)) {
        into->owner = from->owner;
        into->owner_reason = from->owner_reason;
        into->has_owner_ms = from->has_owner_ms;
        into->owner_ms = from->owner_ms;
        into->has_before = into->has_status;
        into->before = into->status;
        into->has_status = from->has_status;
        into->status = from->status;
        into->has_owner_epoch = 1;
        into->owner_epoch = (into->owner_epoch > from->owner_epoch
                             ? into->owner_epoch : from->owner_epoch) + 1;

        to.owner = into->owner;
        rc = pl_run_taken(ap, into, err);

        if (rc == PL_OK) {
            rc = pl_owner_told(ap, party, &to, err);
        }
    }

    if (!into->has_status) {
        into->has_status = from->has_status;
        into->status = from->status;
    }

    return rc;
}


static pl_status_t
join_tags(pl_apply_t *ap, Pl__Conversation *into,
    const Pl__Conversation *from, pl_err_t *err)
{
    size_t  i, k;

    for (i = 0; i < from->n_tags && into->n_tags < PL_TAGS_MAX; i++) {
        for (k = 0; k < into->n_tags
                    && strcmp(into->tags[k], from->tags[i]) != 0; k++)
        {
            /* void */
        }

        if (k < into->n_tags) {
            continue;
        }

        into->tags = pl_apply_list(ap, into->tags, into->n_tags,
                                   from->tags[i]);
        if (into->tags == NULL) {
            return join_nomem(err);
        }

        into->n_tags++;
    }

    return PL_OK;
}


static pl_status_t
join_variables(pl_apply_t *ap, Pl__Conversation *into,
    const Pl__Conversation *from, pl_err_t *err)
{
    size_t         i, k;
    Pl__Variable  *v;

    for (i = 0; i < from->n_variables
                && into->n_variables < PL_VARIABLES_MAX; i++)
    {
        v = from->variables[i];

        for (k = 0; k < into->n_variables
                    && strcmp(into->variables[k]->name, v->name) != 0; k++)
        {
            /* void */
        }

        if (k < into->n_variables) {
            continue;
        }

        into->variables = pl_apply_list(ap, into->variables,
                                        into->n_variables, v);
        if (into->variables == NULL) {
            return join_nomem(err);
        }

        into->n_variables++;
    }

    return PL_OK;
}


/* What can be taken back is found in the conversation that goes on. */

static pl_status_t
join_later(pl_apply_t *ap, uint64_t **into, size_t *n_into,
    const uint64_t *from, size_t *n_from, pl_err_t *err)
{
    size_t  i;

    for (i = 0; i < *n_from && *n_into < PL_SAID_MAX; i++) {
        *into = pl_apply_list_u64(ap, *into, *n_into, from[i]);
        if (*into == NULL) {
            return join_nomem(err);
        }

        (*n_into)++;
    }

    *n_from = 0;

    return PL_OK;
}


static pl_status_t
join_tasks(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *into,
    Pl__Conversation *from, pl_err_t *err)
{
    size_t       i, k, n;
    Pl__Task    *task;
    pl_status_t  rc;

    for (i = 0, n = 0; i < from->n_tasks; i++) {
        task = from->tasks[i];

        for (k = 0; k < into->n_tasks
                    && strcmp(into->tasks[k]->name, task->name) != 0; k++)
        {
            /* void */
        }

        if (k < into->n_tasks || !pl_task_room(into, task->has_turn != 0)) {
            from->tasks[n++] = task;
            continue;
        }

        rc = join_task(ap, into, task, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    from->n_tasks = n;

    rc = pl_task_cancel(ap, party, from, "*", err);

    return rc == PL_OK ? pl_task_void(ap, from, err) : rc;
}


static pl_status_t
join_task(pl_apply_t *ap, Pl__Conversation *conv, Pl__Task *task,
    pl_err_t *err)
{
    conv->tasks = pl_apply_list(ap, conv->tasks, conv->n_tasks, task);
    if (conv->tasks == NULL) {
        return join_nomem(err);
    }

    conv->n_tasks++;

    return PL_OK;
}


/* Was it armed for who leaves? A timeout is then armed for who stays. */

static pl_status_t
split_task(pl_apply_t *ap, const pl_party_t *stays,
    const pl_party_t *leaves, const Pl__Task *task, bool *goes,
    pl_err_t *err)
{
    pl_key_t           key;
    Pl__Timer         *timer;
    Pl__Contact       *contact;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *goes = false;
    pl_sandbox_timer(ap, &key, pl_task_stands(task), task->timer);

    rc = pl_record_get(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                       &pl__timer__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    timer = (Pl__Timer *) msg;

    rc = pl_contact_root(ap, timer->tenant, timer->contact, &contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    *goes = (contact->id == leaves->party && !task->has_turn);

    if (contact->id != leaves->party || *goes) {
        return PL_OK;
    }

    timer->party = stays->party;
    timer->contact = stays->party;

    return pl_record_put(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key), msg,
                         false, err);
}


static pl_status_t
join_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "run", 0, "out of memory");
}
