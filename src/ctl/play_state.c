/*
 * Expectations of what is known and remembered: `expect`. See play.h.
 */

#include <string.h>

#include "find.h"
#include "local.h"
#include "play.h"

/* What `expect` is followed by. */
typedef struct {
    const char    *name;
    unsigned       min;         /* words behind it */
    unsigned       max;
    pl_status_t  (*holds)(plctl_play_t *play, const plctl_line_t *line,
                          const Pl__Conversation *conv, pl_err_t *err);
} state_t;

static pl_status_t state_step(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_flow(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_ended(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_var(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_tag(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_status(plctl_play_t *play,
    const plctl_line_t *line, const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_owner(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_task(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_window(plctl_play_t *play,
    const plctl_line_t *line, const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_consent(plctl_play_t *play,
    const plctl_line_t *line, const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_audit(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t state_no(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err);


static const state_t  state_rows[] = {
    { "step", 1, 1, state_step },
    { "flow", 1, 1, state_flow },
    { "ended", 0, 0, state_ended },
    { "var", 2, 2, state_var },
    { "tag", 1, 1, state_tag },
    { "status", 1, 1, state_status },
    { "owner", 1, 1, state_owner },
    { "task", 1, 3, state_task },
    { "window", 1, 1, state_window },
    { "consent", 2, 2, state_consent },
    { "audit", 1, 2, state_audit },
    { "no", 2, 2, state_no },
};


pl_status_t
plctl_play_state(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    size_t              i;
    unsigned            n;
    pl_status_t         rc;
    const state_t     *row;
    Pl__Conversation   *conv;
    Pl__Conversation    none = PL__CONVERSATION__INIT;

    for (i = 0; i < PL_COUNT(state_rows); i++) {
        row = &state_rows[i];

        if (strcmp(row->name, line->words[0].text) == 0) {
            break;
        }
    }

    if (i == PL_COUNT(state_rows)) {
        return plctl_script_mistake(line, 0, err,
                                    "is nothing that can be expected");
    }

    n = line->n_words - 1;

    if (n < row->min || n > row->max) {
        return plctl_script_mistake(line, n < row->min ? line->n_words
                                                       : row->max + 1, err,
                                    n < row->min ? "something is missing"
                                                 : "is one word too many");
    }

    conv = &none;
    rc = plctl_talk_find(play->world, play->person, err);

    if (rc == PL_OK) {
        rc = plctl_find_conversation(play->ctl, &play->person->party, &conv,
                                     err);
    }

    if (rc == PL_NOTFOUND) {
        conv = &none;               /* nothing was said yet */

    } else if (rc != PL_OK) {
        return rc;
    }

    return row->holds(play, line, conv, err);
}


static pl_status_t
state_step(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    (void) play;

    return plctl_play_same(line, 1, "the step is",
                       conv->run != NULL ? conv->run->step : conv->step,
                       err);
}


static pl_status_t
state_flow(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    (void) play;

    return plctl_play_same(line, 1, "the flow is",
                       conv->run != NULL ? conv->run->flow : conv->flow,
                       err);
}


static pl_status_t
state_ended(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    (void) play;
    (void) line;

    return conv->run == NULL
           ? PL_OK : plctl_play_not(err, "it is at step %s of %s",
                                    conv->run->step, conv->run->flow);
}


static pl_status_t
state_var(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    size_t  i;

    (void) play;

    for (i = 0; i < conv->n_variables; i++) {
        if (strcmp(conv->variables[i]->name, line->words[1].text) == 0) {
            return plctl_play_same(line, 2, "it is", conv->variables[i]->value,
                               err);
        }
    }

    return plctl_play_not(err, "it has no value");
}


static pl_status_t
state_tag(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    size_t  i;

    (void) play;

    for (i = 0; i < conv->n_tags; i++) {
        if (strcmp(conv->tags[i], line->words[1].text) == 0) {
            return PL_OK;
        }
    }

    return plctl_play_not(err, "there is no such tag");
}


static pl_status_t
state_status(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    Pl__ConversationStatus  status;

    status = conv->has_status
             ? conv->status
             : PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN;

    return plctl_play_same(line, 1, "the status is",
                       plctl_enum(play->ctl->ar,
                                  &pl__conversation_status__descriptor,
                                  (int) status),
                       err);
}


/* bot, person, or a name. */

static pl_status_t
state_owner(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    bool         person;
    const char  *wanted;

    (void) play;

    person = conv->owner != NULL && conv->owner[0] != '\0';
    wanted = line->words[1].text;

    if (strcmp(wanted, person ? "person" : "bot") == 0) {
        return PL_OK;
    }

    return plctl_play_same(line, 1, "the owner is",
                       person ? conv->owner : "bot", err);
}


/* NAME [at TIME] */

static pl_status_t
state_task(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    size_t            i;
    const Pl__Task   *task;

    if (line->n_words > 2
        && (line->n_words != 4 || strcmp(line->words[2].text, "at") != 0))
    {
        return plctl_script_mistake(line, 2, err,
                                    "is followed by at TIME, or nothing");
    }

    task = NULL;

    for (i = 0; i < conv->n_tasks && task == NULL; i++) {
        if (strcmp(conv->tasks[i]->name, line->words[1].text) == 0) {
            task = conv->tasks[i];
        }
    }

    if (task == NULL) {
        return plctl_play_not(err, "there is no such task");
    }

    return line->n_words == 2
           || plctl_local_is(play->person->zone, line->words[3].text,
                             task->due_ms)
           ? PL_OK
           : plctl_play_not(err, "it is at %s",
                            plctl_local_print(play->ctl->ar,
                                              play->person->zone,
                                              task->due_ms));
}


/* open, closed, or free: a template costs nothing */

static pl_status_t
state_window(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    size_t             i;
    int64_t            now;
    const char        *is;
    const Pl__Window  *w;

    now = plctl_world_now(play->world);
    is = "closed";

    for (i = 0; i < conv->n_windows; i++) {
        w = conv->windows[i];

        if (w->channel == plctl_world_channel(play->world)
            && w->contact == play->person->party.party)
        {
            is = w->has_free_ms && w->free_ms > now ? "free"
                 : w->until_ms > now ? "open" : is;
        }
    }

    return plctl_play_same(line, 1, "the window is", is, err);
}


static pl_status_t
state_consent(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    size_t         i;
    const char    *is;
    pl_status_t    rc;
    Pl__Contact   *contact;

    (void) conv;

    is = "unknown";
    rc = play->person->party.party == 0
         ? PL_NOTFOUND
         : plctl_find_contact(play->ctl, &play->person->party, &contact,
                              err);

    for (i = 0; rc == PL_OK && i < contact->n_consents; i++) {
        if (strcmp(contact->consents[i]->category, line->words[1].text)
            == 0)
        {
            is = plctl_enum(play->ctl->ar, &pl__consent_state__descriptor,
                            (int) contact->consents[i]->state);
        }
    }

    return plctl_play_same(line, 2, "it is", is, err);
}


/* KIND [RULE or text]: any row of the log that no line has taken. */

static pl_status_t
state_audit(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    size_t                   i, n;
    const char              *last;
    pl_status_t              rc;
    plctl_event_t           *events;
    const Pl__AuditEvent    *audit;

    (void) conv;

    n = plctl_world_events(play->world, &events);
    last = NULL;

    for (i = 0; i < n; i++) {
        audit = events[i].audit;

        if (audit == NULL || events[i].taken
            || strcmp(plctl_enum(play->ctl->ar, &pl__audit_kind__descriptor,
                                 (int) audit->kind),
                      line->words[1].text) != 0)
        {
            continue;
        }

        rc = PL_OK;

        if (line->n_words > 2) {
            last = audit->text != NULL ? audit->text : "";
            rc = plctl_play_match(line, 2, last, err);

            if (rc == PL_NOTFOUND && audit->rule != NULL) {
                last = audit->rule;
                rc = plctl_play_match(line, 2, last, err);
            }
        }

        if (rc != PL_NOTFOUND) {
            events[i].taken = rc == PL_OK;
            return rc;
        }
    }

    return last == NULL ? plctl_play_not(err, "there is no such event")
                        : plctl_play_not(err, "the last one is \"%s\"",
                                         last);
}


/* no var NAME, no tag NAME, no task NAME */

static pl_status_t
state_no(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Conversation *conv, pl_err_t *err)
{
    size_t       i;
    bool         there;
    const char  *what, *name;

    (void) play;

    what = line->words[1].text;
    name = line->words[2].text;
    there = false;

    if (strcmp(what, "var") == 0) {
        for (i = 0; i < conv->n_variables; i++) {
            there |= strcmp(conv->variables[i]->name, name) == 0
                     && conv->variables[i]->value[0] != '\0';
        }

    } else if (strcmp(what, "tag") == 0) {
        for (i = 0; i < conv->n_tags; i++) {
            there |= strcmp(conv->tags[i], name) == 0;
        }

    } else if (strcmp(what, "task") == 0) {
        for (i = 0; i < conv->n_tasks; i++) {
            there |= strcmp(conv->tasks[i]->name, name) == 0;
        }

    } else {
        return plctl_script_mistake(line, 1, err,
                                    "is not one of var, tag and task");
    }

    return there ? plctl_play_not(err, "there is one") : PL_OK;
}
