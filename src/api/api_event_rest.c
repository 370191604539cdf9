/*
 * What events of consents, tasks, templates, channels and holds hold.
 */

#include <inttypes.h>

#include "../core/record.h"
#include "../engine/keys.h"
#include "api_event_impl.h"


static pl_status_t rest_source(pl_api_showing_t *s, pl_err_t *err);
static pl_status_t rest_erased(pl_api_showing_t *s, bool *erased,
    pl_err_t *err);
static pl_status_t rest_called(pl_api_showing_t *s, const char **name,
    pl_err_t *err);
static pl_status_t rest_stands(pl_api_showing_t *s, const char **name,
    pl_err_t *err);
static pl_status_t rest_listed(pl_api_showing_t *s, const char **name,
    pl_err_t *err);


/* The audit log has it, where a deletion finds it. */

pl_status_t
pl_api_show_why(pl_api_showing_t *s, uint64_t audit, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, s->out->tenant, audit);

    rc = pl_record_get(s->from->txn, PL_TABLE_AUDIT, pl_key_str(&key),
                       &pl__audit_event__descriptor, s->from->ar, &msg, err);

    if (rc == PL_OK) {
        s->out->event->conversation->actor = ((Pl__AuditEvent *) msg)->actor;
        s->out->event->conversation->reason = ((Pl__AuditEvent *) msg)->rule;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_api_show_consent(pl_api_showing_t *s, pl_err_t *err)
{
    bool                    erased;
    pl_status_t             rc;
    const Pl__Change       *change = s->change;
    Pl__Api__EventConsent  *shown;

    rc = rest_erased(s, &erased, err);
    if (rc != PL_OK) {
        return rc;
    }

    shown = pl_arena_alloc(s->from->ar, sizeof(*shown));
    if (shown == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_consent__init(shown);
    shown->contact = pl_arena_printf(s->from->ar, "cnt_%" PRIu64,
                                     change->party);
    shown->category = change->subject == NULL ? (char *) "" : change->subject;
    shown->state = change->consent;

    s->out->event->consent = shown;

    if (shown->contact == NULL) {
        return pl_api_show_nomem(err);
    }

    if (change->has_audit) {
        return rest_source(s, err);
    }

    if (!erased) {                      /* rows of before engine 9 */
        shown->source = change->reason;
        shown->actor = change->actor;
    }

    return PL_OK;
}


/* It stands in the contact's history, and goes with that. */

static pl_status_t
rest_source(pl_api_showing_t *s, pl_err_t *err)
{
    pl_key_t                key;
    pl_status_t             rc;
    ProtobufCMessage       *msg;
    const Pl__Consent      *consent;
    Pl__Api__EventConsent  *shown = s->out->event->consent;

    pl_key_tenant_seq(&key, s->out->tenant, s->change->party);
    pl_key_u64(&key, s->change->audit);

    rc = pl_api_show_get(s, PL_TABLE_CONSENTS, &key,
                         &pl__audit_event__descriptor, &msg, err);
    if (rc != PL_OK || msg == NULL) {
        return rc;
    }

    consent = ((const Pl__AuditEvent *) msg)->consent;

    if (consent != NULL) {
        shown->source = consent->source;
        shown->actor = consent->actor;
    }

    return PL_OK;
}


pl_status_t
pl_api_show_task(pl_api_showing_t *s, pl_err_t *err)
{
    const char                  *name;
    pl_status_t                  rc;
    const Pl__Change            *change = s->change;
    Pl__Api__EventTask          *shown;
    Pl__Api__EventConversation  *conv;

    static const Pl__Api__TaskState  states[] = {
        PL__API__TASK_STATE__TASK_STATE_ARMED,
        PL__API__TASK_STATE__TASK_STATE_FIRED,
        PL__API__TASK_STATE__TASK_STATE_CANCELLED
    };

    rc = rest_called(s, &name, err);
    if (rc != PL_OK) {
        return rc;
    }

    shown = pl_arena_alloc(s->from->ar, sizeof(*shown));
    conv = pl_arena_alloc(s->from->ar, sizeof(*conv));
    if (shown == NULL || conv == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_conversation__init(conv);
    conv->id = pl_arena_printf(s->from->ar, "%s%" PRIu64,
                      change->party_kind == PL__PARTY_KIND__PARTY_KIND_GROUP
                      ? "grp_" : "cnt_", change->party);

    pl__api__event_task__init(shown);
    shown->id = pl_arena_printf(s->from->ar, "tmr_%" PRIu64, change->timer);
    shown->name = (char *) name;
    shown->state = states[s->out->type - PL_API_EVENT_TASK_ARMED];

    if (change->has_due_ms) {
        shown->due = pl_api_show_time(s, change->due_ms);
    }

    s->out->event->conversation = conv;
    s->out->event->task = shown;

    return conv->id == NULL || shown->id == NULL
           || (change->has_due_ms && shown->due == NULL)
           ? pl_api_show_nomem(err) : PL_OK;
}


static pl_status_t
rest_erased(pl_api_showing_t *s, bool *erased, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *erased = false;

    if (s->change->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT) {
        return PL_OK;
    }

    pl_key_tenant_seq(&key, s->out->tenant, s->change->party);

    rc = pl_api_show_get(s, PL_TABLE_CONTACTS, &key,
                         &pl__contact__descriptor, &msg, err);
    *erased = rc == PL_OK && msg != NULL
              && ((const Pl__Contact *) msg)->has_erased_ms;

    return rc;
}


/*
 * What a task is called may say who somebody was: it stands on the timer,
 * and is "" where that is gone. Old rows have it themselves.
 */

static pl_status_t
rest_called(pl_api_showing_t *s, const char **name, pl_err_t *err)
{
    bool         erased;
    pl_status_t  rc;

    *name = "";

    rc = rest_erased(s, &erased, err);
    if (rc != PL_OK || erased) {
        return rc;
    }

    if (s->change->subject != NULL) {
        *name = s->change->subject;
        return PL_OK;
    }

    rc = rest_stands(s, name, err);

    return rc == PL_OK && (*name)[0] == '\0' ? rest_listed(s, name, err) : rc;
}


/* The timer, where it is armed for that time, or was when it ended. */

static pl_status_t
rest_stands(pl_api_showing_t *s, const char **name, pl_err_t *err)
{
    uint64_t           stands_ms;
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;
    const Pl__Timer   *timer;

    pl_key_task(&key, s->out->tenant, s->change->due_ms, s->change->timer);

    rc = pl_record_get_u64(s->from->txn, PL_TABLE_TASKS, pl_key_str(&key),
                           &stands_ms, err);

    if (rc == PL_NOTFOUND) {
        stands_ms = (uint64_t) s->change->due_ms | PL_TIMER_ENDED;
        rc = PL_OK;
    }

    if (rc == PL_OK) {
        pl_key_timer(&key, (int64_t) stands_ms, s->change->timer);
        rc = pl_api_show_get(s, PL_TABLE_TIMERS, &key,
                             &pl__timer__descriptor, &msg, err);
    }

    if (rc != PL_OK || msg == NULL) {
        return rc;
    }

    timer = (const Pl__Timer *) msg;

    if (timer->tenant == s->out->tenant
        && timer->of_case == PL__TIMER__OF_STEP && timer->step->task != NULL)
    {
        *name = timer->step->task;
    }

    return PL_OK;
}


/* A zone that has changed since gave it another time. */

static pl_status_t
rest_listed(pl_api_showing_t *s, const char **name, pl_err_t *err)
{
    size_t                   i;
    pl_key_t                 key;
    pl_party_t               party;
    pl_status_t              rc;
    ProtobufCMessage        *msg;
    const Pl__Conversation  *conv;

    party.tenant = s->out->tenant;
    party.kind = s->change->party_kind;
    party.party = s->change->party;
    pl_key_party(&key, &party);

    rc = pl_api_show_get(s, PL_TABLE_CONVERSATIONS, &key,
                         &pl__conversation__descriptor, &msg, err);
    if (rc != PL_OK || msg == NULL) {
        return rc;
    }

    conv = (const Pl__Conversation *) msg;

    for (i = 0; i < conv->n_tasks; i++) {
        if (conv->tasks[i]->timer == s->change->timer) {
            *name = conv->tasks[i]->name;
        }
    }

    return PL_OK;
}


pl_status_t
pl_api_show_template(pl_api_showing_t *s, pl_err_t *err)
{
    pl_key_t                 key;
    pl_status_t              rc;
    const Pl__Change        *change = s->change;
    ProtobufCMessage        *msg;
    Pl__TemplateRecord      *template;
    Pl__Api__EventTemplate  *shown;

    shown = pl_arena_alloc(s->from->ar, sizeof(*shown));
    if (shown == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_template__init(shown);
    shown->name = change->subject == NULL ? (char *) "" : change->subject;
    shown->language = change->language == NULL
                      ? (char *) "" : change->language;
    s->out->event->template_ = shown;

    pl_key_template(&key, s->out->tenant, change->channel, shown->name,
                    shown->language);

    rc = pl_record_get(s->from->txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                       &pl__template_record__descriptor, s->from->ar, &msg,
                       err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    template = (Pl__TemplateRecord *) msg;
    shown->has_status = 1;
    shown->status = template->status;
    shown->has_category = template->has_category;
    shown->category = template->category;

    return PL_OK;
}


pl_status_t
pl_api_show_fact(pl_api_showing_t *s, pl_err_t *err)
{
    const Pl__ChannelFact  *fact = s->change->fact;
    Pl__Api__EventFact     *shown;

    if (fact == NULL) {
        return PL_OK;
    }

    shown = pl_arena_alloc(s->from->ar, sizeof(*shown));
    if (shown == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_fact__init(shown);
    shown->name = fact->name;
    shown->subject = fact->subject;
    shown->value = fact->value;
    shown->detail = fact->detail;

    s->out->event->fact = shown;

    return PL_OK;
}


pl_status_t
pl_api_show_hold(pl_api_showing_t *s, pl_err_t *err)
{
    const Pl__Change     *change = s->change;
    Pl__Api__EventHold   *shown;

    shown = pl_arena_alloc(s->from->ar, sizeof(*shown));
    if (shown == NULL) {
        return pl_api_show_nomem(err);
    }

    pl__api__event_hold__init(shown);
    shown->kind = change->hold_kind;
    shown->cause = change->hold_cause;
    shown->subject = change->subject;
    shown->actor = change->actor;
    shown->reason = change->reason;
    shown->has_code = change->has_code;
    shown->code = change->code;

    if (change->has_until_ms) {
        shown->until = pl_api_show_time(s, change->until_ms);
    }

    s->out->event->hold = shown;

    return change->has_until_ms && shown->until == NULL
           ? pl_api_show_nomem(err) : PL_OK;
}
