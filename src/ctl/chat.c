/*
 * See chat.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "chat.h"
#include "find.h"
#include "local.h"
#include "show.h"

#define CHAT_JOURNAL  20        /* entries that "journal" shows */

typedef struct {
    const char  *name;
    void       (*show)(plctl_chat_t *chat);
} chat_ask_t;

static void chat_event(plctl_chat_t *chat, const plctl_event_t *event);
static void chat_audit(plctl_chat_t *chat, const plctl_event_t *event);
static void chat_state(plctl_chat_t *chat);
static void chat_vars(plctl_chat_t *chat);
static void chat_tasks(plctl_chat_t *chat);
static bool chat_is_new(plctl_chat_t *chat, const Pl__Task *task);
static void chat_task(plctl_chat_t *chat, const Pl__Task *task);
static void chat_why(plctl_chat_t *chat);
static void chat_journal(plctl_chat_t *chat);
static void chat_entry(plctl_chat_t *chat, pl_txn_t *txn, uint64_t seq);
static void chat_now(plctl_chat_t *chat);
static void chat_help(plctl_chat_t *chat);
static Pl__Conversation *chat_conversation(plctl_chat_t *chat);
static Pl__Contact *chat_contact(plctl_chat_t *chat);
static const char *chat_time(plctl_chat_t *chat, int64_t ms);
static const char *chat_text(plctl_chat_t *chat, const char *text);


static const chat_ask_t  chat_asks[] = {
    { "state", chat_state },
    { "vars", chat_vars },
    { "tasks", chat_tasks },
    { "why", chat_why },
    { "journal", chat_journal },
    { "now", chat_now },
    { "help", chat_help },
};

static const char  chat_words[] =
    "what you type is what the person writes; lines with a / do more:\n"
    "  /at +24h, /at 2027-03-28T02:30   turn the clock; all on the way "
    "happens\n"
    "  /tap ID                          tap a button or a row\n"
    "  /form {\"field\": \"value\"}         hand in a form\n"
    "  /location LATITUDE LONGITUDE, /media TYPE [CAPTION]\n"
    "  /optin CATEGORY, /optout CATEGORY\n"
    "  /referral ID TEXT [HEADLINE]     write from an ad\n"
    "  /send TEXT                       an agent writes, and takes over\n"
    "  /take [REASON], /release         an agent takes over; hands back\n"
    "  /echo TEXT                       the business writes in its app\n"
    "  /event NAME [VARIABLE=VALUE]...  a program tells an event\n"
    "  /start FLOW [STEP]               a program begins a flow\n"
    "  /provider ok|hold|CODE|http N    how the provider answers\n"
    "  /status delivered|read|failed    of the last message\n"
    "  /state, /vars, /tasks            what is known, and to come\n"
    "  /why                             what policy said last\n"
    "  /journal                         the newest entries\n"
    "  /now, /help, /quit\n";


void
plctl_chat_news(plctl_chat_t *chat)
{
    size_t             i, n;
    uint64_t           newest;
    plctl_event_t     *events;
    Pl__Conversation  *conv;

    if (chat->play.world == NULL) {
        return;
    }

    n = plctl_world_events(chat->play.world, &events);

    for ( /* void */ ; chat->seen < n; chat->seen++) {
        chat_event(chat, &events[chat->seen]);
    }

    conv = chat_conversation(chat);
    newest = chat->timer;

    for (i = 0; conv != NULL && i < conv->n_tasks; i++) {

        if (chat_is_new(chat, conv->tasks[i])) {
            chat_task(chat, conv->tasks[i]);
        }

        if (conv->tasks[i]->timer > newest) {
            newest = conv->tasks[i]->timer;
        }
    }

    chat->timer = newest;
}


/* A timeout's row may stay where it is for another time. */

static bool
chat_is_new(plctl_chat_t *chat, const Pl__Task *task)
{
    bool  is;

    if (!task->has_turn) {
        return task->timer > chat->timer;
    }

    is = task->due_ms != chat->timeout_ms;
    chat->timeout_ms = task->due_ms;

    return is;
}


bool
plctl_chat_ask(plctl_chat_t *chat, const char *what)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(chat_asks); i++) {
        if (strcmp(chat_asks[i].name, what) == 0) {
            chat_asks[i].show(chat);
            return true;
        }
    }

    return false;
}


static void
chat_event(plctl_chat_t *chat, const plctl_event_t *event)
{
    FILE  *out;

    out = chat->play.ctl->out;

    switch (event->kind) {

    case PLCTL_EVENT_LEFT:
        fprintf(out, "[%s]%s%s%s%s\n", chat_time(chat, event->time_ms),
                event->row->flow != NULL ? " " : "",
                event->row->flow != NULL ? chat_text(chat, event->row->flow)
                                         : "",
                event->row->step != NULL ? "/" : "",
                event->row->step != NULL ? chat_text(chat, event->row->step)
                                         : "");
        plctl_show_message(chat->play.world, out, event->row->content);
        break;

    case PLCTL_EVENT_REFUSED:
        fprintf(out, "! [%s] the provider refused it: ",
                chat_time(chat, event->time_ms));

        if (event->result != NULL && event->result->has_code) {
            fprintf(out, "%" PRId32 ", ", event->result->code);
        }

        fprintf(out, "%s\n",
                event->result != NULL && event->result->reason != NULL
                ? chat_text(chat, event->result->reason) : "no reason");
        break;

    default:
        chat_audit(chat, event);
        break;
    }
}


static void
chat_audit(plctl_chat_t *chat, const plctl_event_t *event)
{
    FILE                    *out;
    bool                     policy;
    const Pl__AuditEvent    *audit;

    out = chat->play.ctl->out;
    audit = event->audit;

    switch (audit->kind) {
    case PL__AUDIT_KIND__AUDIT_KIND_SETTINGS:
    case PL__AUDIT_KIND__AUDIT_KIND_CONTACT:
        return;                         /* the stage's own */
    default:
        break;
    }

    policy = event->row != NULL;

    fprintf(out, "%c [%s] %s", policy ? '!' : '*',
            chat_time(chat, event->time_ms),
            plctl_enum(chat->play.ctl->ar, &pl__audit_kind__descriptor,
                       (int) audit->kind));

    if (audit->rule != NULL) {
        fprintf(out, " %s", chat_text(chat, audit->rule));
    }

    if (event->until_ms != 0
        && audit->kind == PL__AUDIT_KIND__AUDIT_KIND_DEFERRED)
    {
        fprintf(out, " until %s", chat_time(chat, event->until_ms));
    }

    if (audit->text != NULL) {
        fprintf(out, ": %s", chat_text(chat, audit->text));
    }

    fprintf(out, "\n");

    if (policy) {
        fprintf(out, "  %s\n",
                chat_text(chat, plctl_show_line(chat->play.world,
                                                event->row->content)));
    }
}


static void
chat_state(plctl_chat_t *chat)
{
    FILE                *out;
    size_t               i;
    plctl_t             *ctl;
    Pl__Contact         *contact;
    const Pl__Window    *w;
    Pl__Conversation    *conv;

    ctl = chat->play.ctl;
    out = ctl->out;
    conv = chat_conversation(chat);
    contact = chat_contact(chat);

    if (conv == NULL) {
        fprintf(out, "nothing was said yet\n");
        return;
    }

    if (conv->run != NULL) {
        fprintf(out, "flow     %s\nstep     %s%s\n",
                chat_text(chat, conv->run->flow),
                chat_text(chat, conv->run->step),
                conv->run->waiting ? ", waiting" : "");
    }

    if (conv->has_status) {
        fprintf(out, "status   %s\n",
                plctl_enum(ctl->ar, &pl__conversation_status__descriptor,
                           (int) conv->status));
    }

    fprintf(out, "owner    %s\n",
            conv->owner != NULL && conv->owner[0] != '\0'
            ? chat_text(chat, conv->owner) : "bot");

    for (i = 0; i < conv->n_tags; i++) {
        fprintf(out, "tag      %s\n", chat_text(chat, conv->tags[i]));
    }

    for (i = 0; i < conv->n_windows; i++) {
        w = conv->windows[i];
        fprintf(out, "window   %s until %s\n",
                w->until_ms > plctl_world_now(chat->play.world)
                ? "open" : "closed", chat_time(chat, w->until_ms));
    }

    for (i = 0; contact != NULL && i < contact->n_consents; i++) {
        fprintf(out, "consent  %s %s\n",
                chat_text(chat, contact->consents[i]->category),
                plctl_enum(ctl->ar, &pl__consent_state__descriptor,
                           (int) contact->consents[i]->state));
    }
}


static void
chat_vars(plctl_chat_t *chat)
{
    size_t             i;
    Pl__Conversation  *conv;

    conv = chat_conversation(chat);

    for (i = 0; conv != NULL && i < conv->n_variables; i++) {
        fprintf(chat->play.ctl->out, "%s = %s\n",
                chat_text(chat, conv->variables[i]->name),
                chat_text(chat, conv->variables[i]->value));
    }
}


static void
chat_tasks(plctl_chat_t *chat)
{
    size_t             i;
    Pl__Conversation  *conv;

    conv = chat_conversation(chat);

    for (i = 0; conv != NULL && i < conv->n_tasks; i++) {
        chat_task(chat, conv->tasks[i]);
    }
}


static void
chat_task(plctl_chat_t *chat, const Pl__Task *task)
{
    fprintf(chat->play.ctl->out, "* task %s at %s\n",
            chat_text(chat, task->name), chat_time(chat, task->due_ms));
}


static void
chat_why(plctl_chat_t *chat)
{
    size_t          i;
    plctl_event_t  *events;

    for (i = plctl_world_events(chat->play.world, &events); i > 0; i--) {
        if (events[i - 1].kind == PLCTL_EVENT_AUDIT
            && events[i - 1].row != NULL)
        {
            chat_audit(chat, &events[i - 1]);
            return;
        }
    }

    fprintf(chat->play.ctl->out, "policy has let everything pass\n");
}


static void
chat_journal(plctl_chat_t *chat)
{
    uint64_t           seq;
    plctl_t           *ctl;
    pl_txn_t          *txn;
    Pl__JournalMeta   *meta;

    ctl = chat->play.ctl;

    if (pl_store_begin(ctl->st, PL_ENV_JOURNAL, false, &txn, NULL) != PL_OK) {
        return;
    }

    if (pl_journal_meta(txn, ctl->ar, &meta, NULL) == PL_OK) {

        seq = meta->next > CHAT_JOURNAL + meta->first
              ? meta->next - CHAT_JOURNAL : meta->first;

        for ( /* void */ ; seq < meta->next; seq++) {
            chat_entry(chat, txn, seq);
        }
    }

    pl_store_abort(txn);
}


static void
chat_entry(plctl_chat_t *chat, pl_txn_t *txn, uint64_t seq)
{
    plctl_t                          *ctl;
    Pl__Entry                        *entry;
    const ProtobufCFieldDescriptor   *field;

    ctl = chat->play.ctl;

    if (pl_journal_get(txn, seq, ctl->ar, &entry, NULL) != PL_OK) {
        return;
    }

    field = entry->command == NULL
            ? NULL
            : protobuf_c_message_descriptor_get_field(
                  &pl__command__descriptor,
                  (unsigned) entry->command->of_case);

    fprintf(ctl->out, "%6" PRIu64 "  %s  %s\n", seq,
            chat_time(chat, entry->time_ms),
            field != NULL ? field->name : "webhook");
}


static void
chat_now(plctl_chat_t *chat)
{
    fprintf(chat->play.ctl->out, "%s\n",
            chat_time(chat, plctl_world_now(chat->play.world)));
}


static void
chat_help(plctl_chat_t *chat)
{
    fputs(chat_words, chat->play.ctl->out);
}


/* NULL: there is none yet. */

static Pl__Conversation *
chat_conversation(plctl_chat_t *chat)
{
    Pl__Conversation  *conv;

    return chat->play.person != NULL
           && plctl_talk_find(chat->play.world, chat->play.person, NULL)
              == PL_OK
           && plctl_find_conversation(chat->play.ctl,
                                      &chat->play.person->party, &conv,
                                      NULL) == PL_OK
           ? conv : NULL;
}


static Pl__Contact *
chat_contact(plctl_chat_t *chat)
{
    Pl__Contact  *contact;

    return chat->play.person != NULL
           && chat->play.person->party.party != 0
           && plctl_find_contact(chat->play.ctl, &chat->play.person->party,
                                 &contact, NULL) == PL_OK
           ? contact : NULL;
}


static const char *
chat_time(plctl_chat_t *chat, int64_t ms)
{
    return plctl_local_print(chat->play.ctl->ar,
                             chat->play.person != NULL
                             ? chat->play.person->zone : chat->play.zone,
                             ms);
}


static const char *
chat_text(plctl_chat_t *chat, const char *text)
{
    return plctl_clean(chat->play.ctl->ar, text);
}
