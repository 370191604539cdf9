/*
 * Tasks: what flows will do for people later, and what has come of those
 * that have ended, for 90 days.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/sandbox.h"
#include "contact_impl.h"

/* The first byte of a timer's key: times are below 2^56. */
#define TASK_RUNNING  0x00
#define TASK_ENDED    0x80

#define TASK_KEY_LEN  20

/* A listing. */
typedef struct {
    Pl__Api__TaskList   list;
    Pl__Api__TaskIs     state;
} tasks_t;

static pl_status_t task_list(pl_api_call_t *call, pl_err_t *err);
static pl_status_t task_add(pl_api_call_t *call, void *data, pl_str_t key,
    pl_str_t value, bool *kept, pl_err_t *err);
static Pl__Api__TaskView *task_view(pl_api_call_t *call,
    const Pl__Timer *timer);
static Pl__Api__TaskIs task_is(const Pl__Timer *timer);
static pl_status_t task_of(pl_api_call_t *call, pl_err_t *err);
static pl_status_t task_read(pl_api_call_t *call, const Pl__Task *task,
    Pl__Timer **timer, pl_err_t *err);
static pl_status_t task_at(pl_api_call_t *call, uint64_t stands_ms,
    uint64_t id, Pl__Timer **timer, pl_err_t *err);
static pl_status_t task_schedule(pl_api_call_t *call, pl_err_t *err);
static pl_status_t task_variables(pl_api_call_t *call,
    const Pl__Api__TaskBody *body, Pl__TaskArm *in, pl_err_t *err);
static pl_status_t task_move(pl_api_call_t *call, pl_err_t *err);
static pl_status_t task_cancel(pl_api_call_t *call, pl_err_t *err);
static pl_status_t task_told(pl_api_call_t *call, pl_err_t *err);
static const char *task_asked_at(const pl_api_call_t *call);
static Pl__Api__TaskView *task_as_asked(pl_api_call_t *call,
    const Pl__Verdict *verdict);
static pl_status_t task_by_name(pl_api_call_t *call, const char **name,
    uint64_t *id, pl_err_t *err);


static const pl_rule_t  task_rows[] = {
    { &pl__api__task_variable__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
    { &pl__api__task_body__descriptor, "variables", PL_RULE_MAP, "name", 0 },
    { &pl__api__task_body__descriptor, "variables", PL_RULE_PAIR, "value",
      0 },
    { &pl__api__task_body__descriptor, "variables", PL_RULE_LEN_MAX, NULL,
      PL_VARIABLES_MAX },
    { &pl__api__task_body__descriptor, "name", PL_RULE_LEN_MAX, NULL,
      PL_NAME_MAX },
};

static const pl_rules_t  task_rules = { task_rows, PL_COUNT(task_rows) };

static const pl_json_word_t  task_word_rows[] = {
    { &pl__api__task_patch__descriptor, "reminders",
      "All that is dated of the same flow moves by as much; what would be "
      "over then is called off." },
    { &pl__api__task_body__descriptor, "unless_written",
      "It is called off when they write." },
};

static const pl_json_words_t  task_words = {
    task_word_rows, PL_COUNT(task_word_rows)
};

static const pl_api_op_t  task_ops[] = {
    { .name = "listTasks", .method = PL_API_GET, .path = "/v1/tasks",
      .may = PL_MAY_TASKS_READ, .query = &pl__api__task_query__descriptor,
      .answer = &pl__api__task_list__descriptor, .status = 200,
      .ask = task_list, .summary = "Lists tasks by their time",
      .text = "A page may be short of what was asked for, and have a next "
              "one all the same." },
    { .name = "listContactTasks", .method = PL_API_GET,
      .path = "/v1/contacts/{contact}/tasks", .may = PL_MAY_TASKS_READ,
      .answer = &pl__api__task_list__descriptor, .status = 200,
      .ask = task_of, .summary = "Lists what waits for a contact" },
    { .name = "scheduleTask", .method = PL_API_POST,
      .path = "/v1/contacts/{contact}/tasks", .may = PL_MAY_TASKS_WRITE,
      .body = &pl__api__task_body__descriptor,
      .answer = &pl__api__task_view__descriptor, .status = 201,
      .ask = task_schedule, .told = task_told,
      .summary = "Schedules a step of a flow for a contact",
      .text = "One of the same name is replaced." },
    { .name = "rescheduleTask", .method = PL_API_PATCH,
      .path = "/v1/contacts/{contact}/tasks/{task}",
      .may = PL_MAY_TASKS_WRITE, .body = &pl__api__task_patch__descriptor,
      .answer = &pl__api__task_view__descriptor, .status = 200,
      .ask = task_move, .told = task_told,
      .summary = "Moves a task, with its reminders" },
    { .name = "cancelTask", .method = PL_API_DELETE,
      .path = "/v1/contacts/{contact}/tasks/{task}",
      .may = PL_MAY_TASKS_WRITE, .status = 204, .ask = task_cancel,
      .summary = "Calls a task off" },
};

const pl_api_resource_t  pl_api_tasks = {
    .name = "Tasks",
    .text = "What flows will do later.",
    .ops = task_ops,
    .n_ops = PL_COUNT(task_ops),
    .rules = &task_rules,
    .words = &task_words,
};


/* ---- of a tenant ---------------------------------------------------- */

static pl_status_t
task_list(pl_api_call_t *call, pl_err_t *err)
{
    tasks_t                     tasks;
    pl_status_t                 rc;
    pl_rows_page_t              page;
    const Pl__Api__TaskQuery   *query;

    query = (const Pl__Api__TaskQuery *) call->query;

    memset(&page, 0, sizeof(page));
    pl__api__task_list__init(&tasks.list);
    tasks.state = query->has_state ? query->state
                                   : PL__API__TASK_IS__TASK_IS_PENDING;

    rc = pl_api_limit(call, query->has_limit, query->limit, &page.n);
    if (rc != PL_OK) {
        return rc;
    }

    page.table = PL_TABLE_TASKS;
    pl_key_u32(&page.prefix, call->tenant);
    pl_key_u8(&page.prefix, tasks.state == PL__API__TASK_IS__TASK_IS_PENDING
                            ? TASK_RUNNING : TASK_ENDED);
    page.cursor = query->cursor;
    page.add = task_add;
    page.data = &tasks;

    tasks.list.tasks = (Pl__Api__TaskView **) pl_rows_list(call, page.n);
    if (tasks.list.tasks == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_rows_page(call, &page, &tasks.list.next, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &tasks.list.base, err) : rc;
}


static pl_status_t
task_add(pl_api_call_t *call, void *data, pl_str_t key, pl_str_t value,
    bool *kept, pl_err_t *err)
{
    tasks_t             *tasks = data;
    uint64_t             stands_ms;
    Pl__Timer           *timer;
    pl_status_t          rc;
    Pl__Api__TaskView   *view;

    if (key.len != TASK_KEY_LEN) {
        return PL_OK;
    }

    rc = pl_record_read_u64(PL_TABLE_TASKS, value, &stands_ms, err);

    if (rc == PL_OK) {
        rc = task_at(call, stands_ms, pl_be64(key.data + TASK_KEY_LEN - 8),
                     &timer, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (timer == NULL || task_is(timer) != tasks->state) {
        return PL_OK;
    }

    view = task_view(call, timer);
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    tasks->list.tasks[tasks->list.n_tasks++] = view;
    *kept = true;

    return PL_OK;
}


static Pl__Api__TaskView *
task_view(pl_api_call_t *call, const Pl__Timer *timer)
{
    char                *group;
    Pl__Api__TaskView   *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__task_view__init(view);
    view->id = pl_api_id(call, "tmr_", timer->id);
    pl_rows_party(call, timer->party_kind, timer->party, &view->contact,
                  &group);
    view->contact = view->contact != NULL ? view->contact : group;
    view->name = timer->step->task;
    view->state = task_is(timer);
    view->at = pl_api_time(call, timer->due_ms);
    view->flow = timer->step->flow;
    view->step = timer->step->step;
    view->channel = (char *) pl_rows_channel_name(call, timer->channel);
    view->has_unless_written = timer->step->has_unless_written;
    view->unless_written = timer->step->unless_written;
    view->has_dated = timer->step->has_dated;
    view->dated = timer->step->dated;

    if (timer->has_ended_ms) {
        view->ended = pl_api_time(call, timer->ended_ms);
    }

    return view;
}


static Pl__Api__TaskIs
task_is(const Pl__Timer *timer)
{
    if (!timer->has_ended_ms) {
        return PL__API__TASK_IS__TASK_IS_PENDING;
    }

    if (!timer->has_end) {
        return PL__API__TASK_IS__TASK_IS_DONE;
    }

    switch (timer->end) {
    case PL__TIMER_END__TIMER_END_CANCELLED:
        return PL__API__TASK_IS__TASK_IS_CANCELLED;
    case PL__TIMER_END__TIMER_END_REPLACED:
        return PL__API__TASK_IS__TASK_IS_REPLACED;
    default:
        return PL__API__TASK_IS__TASK_IS_DONE;
    }
}


/* ---- of a contact --------------------------------------------------- */

static pl_status_t
task_of(pl_api_call_t *call, pl_err_t *err)
{
    size_t               i;
    Pl__Timer           *timer;
    pl_status_t          rc;
    Pl__Contact         *contact;
    Pl__Conversation    *conv;
    Pl__Api__TaskList    list = PL__API__TASK_LIST__INIT;

    rc = pl_contact_conversation(call, &contact, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    list.tasks = (Pl__Api__TaskView **) pl_rows_list(call, conv->n_tasks);
    if (list.tasks == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; i < conv->n_tasks; i++) {
        if (conv->tasks[i]->has_turn) {
            continue;
        }

        rc = task_read(call, conv->tasks[i], &timer, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (timer != NULL) {
            list.tasks[list.n_tasks] = task_view(call, timer);
            if (list.tasks[list.n_tasks++] == NULL) {
                return pl_rows_nomem(err);
            }
        }
    }

    return pl_api_answer(call, 0, &list.base, err);
}


/* *timer NULL: its row is gone. */

static pl_status_t
task_read(pl_api_call_t *call, const Pl__Task *task, Pl__Timer **timer,
    pl_err_t *err)
{
    pl_apply_t  ap;

    pl_rows_reader(call, &ap);

    return task_at(call, (uint64_t) pl_sandbox_real(&ap, task->due_ms),
                   task->timer, timer, err);
}


/* The same, by where its row stands; another tenant's is not there. */

static pl_status_t
task_at(pl_api_call_t *call, uint64_t stands_ms, uint64_t id,
    Pl__Timer **timer, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *timer = NULL;
    pl_key_timer(&key, (int64_t) stands_ms, id);

    rc = pl_record_get(call->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                       &pl__timer__descriptor, call->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (((Pl__Timer *) msg)->tenant == call->tenant
        && ((Pl__Timer *) msg)->of_case == PL__TIMER__OF_STEP
        && ((Pl__Timer *) msg)->step->task != NULL)
    {
        *timer = (Pl__Timer *) msg;
    }

    return PL_OK;
}


/* ---- writing -------------------------------------------------------- */

static pl_status_t
task_schedule(pl_api_call_t *call, pl_err_t *err)
{
    Pl__Command                command = PL__COMMAND__INIT;
    Pl__Contact               *contact;
    Pl__TaskArm               *in;
    pl_status_t                rc;
    const Pl__Api__TaskBody   *body;
    const pl_channel_conf_t   *channel = NULL;

    body = (const Pl__Api__TaskBody *) call->body;

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__task_arm__init(in);

    rc = pl_rows_contact(call, 0, &contact, err);

    if (rc == PL_OK) {
        rc = pl_api_time_read(call, body->at, "at", &in->at_ms);
    }

    if (rc == PL_OK && body->channel != NULL) {
        rc = pl_rows_channel(call, body->channel, "channel", &channel);
    }

    if (rc == PL_OK) {
        rc = task_variables(call, body, in, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in->tenant = call->tenant;
    in->contact = contact->id;
    in->name = body->name;
    in->flow = body->flow;
    in->step = body->step;
    in->has_channel = channel != NULL;
    in->channel = channel != NULL ? channel->row->id : 0;
    in->has_unless_written = body->has_unless_written;
    in->unless_written = body->unless_written;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_TASK_ARM;
    command.task_arm = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
task_variables(pl_api_call_t *call, const Pl__Api__TaskBody *body,
    Pl__TaskArm *in, pl_err_t *err)
{
    size_t         i;
    Pl__Variable  *v;

    in->variables = (Pl__Variable **) pl_rows_list(call, body->n_variables);

    for (i = 0; in->variables != NULL && i < body->n_variables; i++) {
        v = pl_arena_alloc(call->ar, sizeof(*v));
        if (v == NULL) {
            return pl_rows_nomem(err);
        }

        pl__variable__init(v);
        v->name = body->variables[i]->name;
        v->value = body->variables[i]->value;
        in->variables[in->n_variables++] = v;
    }

    return in->variables != NULL ? PL_OK : pl_rows_nomem(err);
}


static pl_status_t
task_move(pl_api_call_t *call, pl_err_t *err)
{
    const char                 *name;
    pl_status_t                 rc;
    Pl__Command                 command = PL__COMMAND__INIT;
    Pl__TaskMove               *in;
    const Pl__Api__TaskPatch   *body;

    body = (const Pl__Api__TaskPatch *) call->body;

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__task_move__init(in);

    rc = task_by_name(call, &name, &in->contact, err);

    if (rc == PL_OK) {
        rc = pl_api_time_read(call, body->at, "at", &in->at_ms);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in->tenant = call->tenant;
    in->name = (char *) name;
    in->has_reminders = body->has_reminders;
    in->reminders = body->reminders;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_TASK_MOVE;
    command.task_move = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
task_cancel(pl_api_call_t *call, pl_err_t *err)
{
    const char         *name;
    pl_status_t         rc;
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__TaskCancel     *in;

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__task_cancel__init(in);

    rc = task_by_name(call, &name, &in->contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    in->tenant = call->tenant;
    in->name = (char *) name;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_TASK_CANCEL;
    command.task_cancel = in;

    return pl_api_command(call, &command, err);
}


/* The contact of the path, and its task of the path's name. */

static pl_status_t
task_by_name(pl_api_call_t *call, const char **name, uint64_t *id,
    pl_err_t *err)
{
    size_t              i;
    pl_status_t         rc;
    Pl__Contact        *contact;
    Pl__Conversation   *conv;

    rc = pl_contact_conversation(call, &contact, &conv, err);

    if (rc == PL_OK) {
        rc = pl_rows_text(call, 1, name, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    *id = contact->id;

    for (i = 0; i < conv->n_tasks; i++) {
        if (!conv->tasks[i]->has_turn
            && strcmp(conv->tasks[i]->name, *name) == 0)
        {
            return PL_OK;
        }
    }

    return pl_api_missing(call);
}


/*
 * The one that the verdict names: at the time that was asked for, running, or
 * ended since. One that was moved, or fired so long ago that its row is gone,
 * is answered as it was asked for.
 */

static pl_status_t
task_told(pl_api_call_t *call, pl_err_t *err)
{
    int64_t               at_ms = 0;
    uint64_t              stands_ms;
    pl_key_t              key;
    Pl__Timer            *timer = NULL;
    pl_status_t           rc;
    Pl__Api__TaskView    *view;
    const Pl__Verdict    *verdict;

    verdict = call->n_verdicts == 0 ? NULL : call->verdicts[0];
    if (verdict == NULL || !verdict->has_id) {
        return pl_api_missing(call);
    }

    rc = pl_api_time_read(call, task_asked_at(call), "at", &at_ms);

    pl_key_task(&key, call->tenant, at_ms, verdict->id);

    if (rc == PL_OK) {
        rc = pl_record_get_u64(call->txn, PL_TABLE_TASKS, pl_key_str(&key),
                               &stands_ms, err);
    }

    if (rc == PL_NOTFOUND) {
        stands_ms = (uint64_t) at_ms | PL_TIMER_ENDED;
        rc = PL_OK;
    }

    if (rc == PL_OK) {
        rc = task_at(call, stands_ms, verdict->id, &timer, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    view = timer != NULL ? task_view(call, timer)
                         : task_as_asked(call, verdict);

    return view != NULL ? pl_api_answer(call, 0, &view->base, err)
                        : pl_rows_nomem(err);
}


static const char *
task_asked_at(const pl_api_call_t *call)
{
    return call->op->method == PL_API_POST
           ? ((const Pl__Api__TaskBody *) call->body)->at
           : ((const Pl__Api__TaskPatch *) call->body)->at;
}


/* A moved one is known by its name alone: what it will do stands elsewhere. */

static Pl__Api__TaskView *
task_as_asked(pl_api_call_t *call, const Pl__Verdict *verdict)
{
    Pl__Api__TaskView        *view;
    const Pl__Api__TaskBody  *body;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__task_view__init(view);
    view->id = pl_api_id(call, "tmr_", verdict->id);
    view->contact = pl_arena_str(call->ar, call->params[0]);
    view->state = PL__API__TASK_IS__TASK_IS_REPLACED;
    view->at = (char *) task_asked_at(call);

    if (call->op->method != PL_API_POST) {
        view->name = pl_arena_str(call->ar, call->params[1]);
        return view;
    }

    body = (const Pl__Api__TaskBody *) call->body;
    view->name = body->name;
    view->flow = body->flow;
    view->step = body->step;
    view->channel = body->channel;
    view->has_unless_written = body->has_unless_written;
    view->unless_written = body->unless_written;

    return view;
}
