/*
 * Tasks that somebody schedules, moves or calls off by hand. They are those
 * of flows (task.h): a step that runs for a person when its time has come.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "asked.h"
#include "flow_keep.h"
#include "sandbox.h"
#include "task.h"

#define TASK_BYTES_MAX  PL_TEXT_MAX     /* of a variable */

/* Whose, and what stands there. */
typedef struct {
    pl_party_t          party;
    Pl__Conversation   *conv;
} task_at_t;

/* By how much, and what else goes with it. */
typedef struct {
    const Pl__TaskMove  *in;
    const char          *flow;          /* of the one that is moved */
    int64_t              by_ms;
} task_move_t;

static bool task_refuse(pl_apply_t *ap, const char *rule, const char *path,
    const char *text);
static pl_status_t task_find(pl_apply_t *ap, uint32_t tenant,
    uint64_t contact, task_at_t *at, bool *found, pl_err_t *err);
static bool task_fits(pl_apply_t *ap, const Pl__TaskArm *in,
    const task_at_t *at, const pl_flow_t **flow);
static bool task_step_fits(pl_apply_t *ap, const Pl__TaskArm *in,
    const pl_flow_t **flow);
static bool task_time_fits(pl_apply_t *ap, int64_t at_ms);
static pl_status_t task_channel(pl_apply_t *ap, const Pl__TaskArm *in,
    const Pl__Conversation *conv, uint32_t *channel, pl_err_t *err);
static Pl__Task *task_named(const Pl__Conversation *conv, const char *name);
static pl_status_t task_row(pl_apply_t *ap, const Pl__Task *task,
    Pl__Timer **timer, pl_err_t *err);
static pl_status_t task_again(pl_apply_t *ap, const task_at_t *at,
    const Pl__Task *task, const Pl__Timer *timer, int64_t due_ms,
    pl_err_t *err);
static pl_status_t task_others(pl_apply_t *ap, const task_at_t *at,
    const task_move_t *move, pl_err_t *err);
static pl_status_t task_told(pl_apply_t *ap, const task_at_t *at,
    const char *actor, const char *text, pl_err_t *err);


pl_status_t
pl_apply_task_arm(pl_apply_t *ap, const Pl__TaskArm *in, pl_err_t *err)
{
    bool              found;
    task_at_t         at;
    pl_task_t         task;
    uint32_t          channel;
    pl_status_t       rc;
    Pl__TimerStep     step = PL__TIMER_STEP__INIT;
    const pl_flow_t  *flow;

    rc = task_find(ap, in->tenant, in->contact, &at, &found, err);
    if (rc != PL_OK || !found || !task_fits(ap, in, &at, &flow)) {
        return rc;
    }

    rc = task_channel(ap, in, at.conv, &channel, err);
    if (rc != PL_OK || channel == 0) {
        return rc;
    }

    step.flow = in->flow;
    step.version = pl_flow_version(flow);
    step.step = in->step;
    step.has_unless_written = in->has_unless_written;
    step.unless_written = in->unless_written;
    step.n_variables = in->n_variables;
    step.variables = in->variables;

    memset(&task, 0, sizeof(task));
    task.name = in->name;
    task.due_ms = in->at_ms;
    task.channel = channel;
    task.contact = at.party.party;
    task.step = &step;

    rc = pl_task_arm(ap, &at.party, at.conv, &task, err);

    return rc == PL_OK ? task_told(ap, &at, in->actor, in->name, err) : rc;
}


pl_status_t
pl_apply_task_cancel(pl_apply_t *ap, const Pl__TaskCancel *in, pl_err_t *err)
{
    bool         found;
    Pl__Task    *task;
    task_at_t    at;
    pl_status_t  rc;

    rc = task_find(ap, in->tenant, in->contact, &at, &found, err);
    if (rc != PL_OK || !found) {
        return rc;
    }

    task = task_named(at.conv, in->name);

    if (task == NULL) {
        (void) task_refuse(ap, "task.unknown", NULL,
                           "no task of that name waits");
        return PL_OK;
    }

    pl_asked_made(ap, task->timer);

    rc = pl_task_cancel(ap, &at.party, at.conv, in->name, err);

    return rc == PL_OK ? task_told(ap, &at, in->actor, in->name, err) : rc;
}


pl_status_t
pl_apply_task_move(pl_apply_t *ap, const Pl__TaskMove *in, pl_err_t *err)
{
    bool           found;
    Pl__Task      *task;
    task_at_t      at;
    Pl__Timer     *timer;
    pl_status_t    rc;
    task_move_t    move;

    rc = task_find(ap, in->tenant, in->contact, &at, &found, err);
    if (rc != PL_OK || !found || !task_time_fits(ap, in->at_ms)) {
        return rc;
    }

    task = task_named(at.conv, in->name);
    rc = task == NULL ? PL_NOTFOUND : task_row(ap, task, &timer, err);

    if (rc == PL_NOTFOUND) {
        (void) task_refuse(ap, "task.unknown", NULL,
                           "no task of that name waits");
        return PL_OK;
    }

    if (rc != PL_OK) {
        return rc;
    }

    move.in = in;
    move.flow = timer->step->flow;
    move.by_ms = in->at_ms - task->due_ms;

    if (in->reminders) {
        rc = task_others(ap, &at, &move, err);
    }

    if (rc == PL_OK) {
        rc = task_again(ap, &at, task, timer, in->at_ms, err);
    }

    return rc == PL_OK ? task_told(ap, &at, in->actor, in->name, err) : rc;
}


/* ---- looking -------------------------------------------------------- */

static bool
task_refuse(pl_apply_t *ap, const char *rule, const char *path,
    const char *text)
{
    pl_asked_refuse(ap, rule, path, text);

    return false;
}


static pl_status_t
task_find(pl_apply_t *ap, uint32_t tenant, uint64_t contact, task_at_t *at,
    bool *found, pl_err_t *err)
{
    pl_status_t   rc = PL_NOTFOUND;
    Pl__Contact  *who;

    *found = false;

    if (pl_settings_tenant(ap->settings, tenant) != NULL) {
        rc = pl_contact_root(ap, tenant, contact, &who, err);
    }

    if (rc == PL_NOTFOUND) {
        (void) task_refuse(ap, "contact.unknown", NULL,
                           "there is no such contact");
        return PL_OK;
    }

    if (rc != PL_OK) {
        return rc;
    }

    at->party.tenant = tenant;
    at->party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    at->party.party = who->id;
    *found = true;

    return pl_conversation_get(ap, &at->party, &at->conv, err);
}


static bool
task_fits(pl_apply_t *ap, const Pl__TaskArm *in, const task_at_t *at,
    const pl_flow_t **flow)
{
    size_t  i;

    if (!pl_name_valid(pl_str_c(in->name))) {
        return task_refuse(ap, "request.refused", "name",
                           "letters, digits, - and _, 1 to 64");
    }

    if (!task_step_fits(ap, in, flow) || !task_time_fits(ap, in->at_ms)) {
        return false;
    }

    if (in->n_variables > PL_VARIABLES_MAX) {
        return task_refuse(ap, "request.refused", "variables",
                           "more than 64");
    }

    for (i = 0; i < in->n_variables; i++) {
        if (!pl_name_valid(pl_str_c(in->variables[i]->name))
            || strlen(in->variables[i]->value) > TASK_BYTES_MAX)
        {
            return task_refuse(ap, "request.refused", "variables",
                               "a name that is none, or too long a value");
        }
    }

    return pl_task_room(at->conv, false)
           || task_named(at->conv, in->name) != NULL
           || task_refuse(ap, "tasks.full", NULL,
                          "as many tasks wait as there may be");
}


static bool
task_step_fits(pl_apply_t *ap, const Pl__TaskArm *in, const pl_flow_t **flow)
{
    const pl_tenant_conf_t  *tenant;

    tenant = pl_settings_tenant(ap->settings, in->tenant);
    *flow = pl_flow_keep_newest(tenant, in->flow);

    if (*flow == NULL) {
        return task_refuse(ap, "flow.unknown", "flow",
                           "the tenant has no such flow");
    }

    return pl_flow_step(*flow, in->step) != NULL
           || task_refuse(ap, "step.unknown", "step",
                          "the flow has no such step");
}


static bool
task_time_fits(pl_apply_t *ap, int64_t at_ms)
{
    if (at_ms <= ap->now_ms) {
        return task_refuse(ap, "request.refused", "at", "it is over");
    }

    return at_ms - ap->now_ms <= PL_AT_MAX_MS
           || task_refuse(ap, "request.refused", "at",
                          "more than a year ahead");
}


/* 0: refused. */

static pl_status_t
task_channel(pl_apply_t *ap, const Pl__TaskArm *in,
    const Pl__Conversation *conv, uint32_t *channel, pl_err_t *err)
{
    Pl__Message              *message;
    pl_status_t               rc;
    const pl_channel_conf_t  *conf;

    *channel = in->has_channel ? in->channel
               : conv->run != NULL && conv->run->has_channel
               ? conv->run->channel : 0;

    if (*channel == 0 && conv->n_newest != 0) {
        rc = pl_message_get(ap, conv->newest[conv->n_newest - 1], &message,
                            err);
        if (rc == PL_OK) {
            *channel = message->channel;

        } else if (rc != PL_NOTFOUND) {
            return rc;
        }
    }

    conf = pl_settings_channel(ap->settings, *channel);

    if (conf == NULL || conf->tenant != in->tenant) {
        *channel = 0;
        (void) task_refuse(ap, "channel.unknown", "channel",
                           "say on which channel");
    }

    return PL_OK;
}


/* Timeouts are the run's own. */

static Pl__Task *
task_named(const Pl__Conversation *conv, const char *name)
{
    size_t  i;

    for (i = 0; i < conv->n_tasks; i++) {
        if (!conv->tasks[i]->has_turn
            && strcmp(conv->tasks[i]->name, name) == 0)
        {
            return conv->tasks[i];
        }
    }

    return NULL;
}


/* PL_NOTFOUND: it has no row, or is none that can be moved. */

static pl_status_t
task_row(pl_apply_t *ap, const Pl__Task *task, Pl__Timer **timer,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_sandbox_timer(ap, &key, task->due_ms, task->timer);

    rc = pl_record_get(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                       &pl__timer__descriptor, ap->ar, &msg, err);
    *timer = (Pl__Timer *) msg;

    return rc == PL_OK && (*timer)->of_case != PL__TIMER__OF_STEP
           ? PL_NOTFOUND : rc;
}


/* ---- moving --------------------------------------------------------- */

/* What was armed by the wall is armed by what the wall shows then. */

static pl_status_t
task_again(pl_apply_t *ap, const task_at_t *at, const Pl__Task *task,
    const Pl__Timer *timer, int64_t due_ms, pl_err_t *err)
{
    pl_task_t         again;
    pl_civil_t        civil;
    Pl__TimerStep     step = *timer->step;
    const pl_zone_t  *zone;

    if (step.has_until_ms) {
        step.until_ms += due_ms - task->due_ms;
    }

    memset(&again, 0, sizeof(again));
    again.name = task->name;
    again.due_ms = due_ms;
    again.channel = timer->channel;
    again.contact = timer->contact;
    again.step = &step;

    if (timer->wall != NULL) {
        zone = pl_settings_zone(ap->settings, pl_str_c(timer->wall->zone));
        zone = zone != NULL ? zone : pl_zone_universal();

        again.zone = timer->wall->zone;
        again.before_ms = timer->wall->before_ms;
        pl_zone_local(zone, due_ms + again.before_ms, &civil);
        again.wall_ms = pl_zone_wall(&civil);
    }

    return pl_task_arm(ap, &at->party, at->conv, &again, err);
}


/* The list changes under each: it is copied first. */

static pl_status_t
task_others(pl_apply_t *ap, const task_at_t *at, const task_move_t *move,
    pl_err_t *err)
{
    size_t        i, n = at->conv->n_tasks;
    int64_t       due_ms;
    Pl__Task    **tasks, *task;
    Pl__Timer    *timer;
    pl_status_t   rc = PL_OK;

    tasks = (Pl__Task **) pl_arena_dup(ap->ar, at->conv->tasks,
                                       n * sizeof(*tasks));
    if (tasks == NULL) {
        return pl_err_set(err, PL_NOMEM, "task", 0, "out of memory");
    }

    for (i = 0; rc == PL_OK && i < n; i++) {
        task = tasks[i];

        if (task->has_turn || !task->dated
            || strcmp(task->name, move->in->name) == 0)
        {
            continue;
        }

        rc = task_row(ap, task, &timer, err);

        if (rc == PL_NOTFOUND
            || (rc == PL_OK && strcmp(timer->step->flow, move->flow) != 0))
        {
            rc = PL_OK;
            continue;
        }

        due_ms = task->due_ms + move->by_ms;

        if (rc == PL_OK) {
            rc = due_ms <= ap->now_ms
                 ? pl_task_cancel(ap, &at->party, at->conv, task->name, err)
                 : task_again(ap, at, task, timer, due_ms, err);
        }
    }

    return rc;
}


static pl_status_t
task_told(pl_apply_t *ap, const task_at_t *at, const char *actor,
    const char *text, pl_err_t *err)
{
    Pl__Task        *task;
    pl_status_t      rc;
    Pl__AuditEvent   row = PL__AUDIT_EVENT__INIT;

    task = task_named(at->conv, text);

    if (task != NULL) {
        pl_asked_made(ap, task->timer);
    }

    rc = pl_conversation_put(ap, &at->party, at->conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    row.kind = PL__AUDIT_KIND__AUDIT_KIND_TASK;
    row.has_subject = 1;
    row.subject = at->party.party;
    row.text = (char *) text;
    row.actor = (char *) actor;

    return pl_feed_audit_row(ap, at->party.tenant, &row, err);
}
