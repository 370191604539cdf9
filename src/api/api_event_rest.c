/*
 * What events of tasks, templates, channels and holds hold.
 */

#include <inttypes.h>

#include "../core/record.h"
#include "api_event_impl.h"


static pl_status_t rest_erased(pl_api_showing_t *s, bool *erased,
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
pl_api_show_task(pl_api_showing_t *s, pl_err_t *err)
{
    bool                         erased;
    pl_status_t                  rc;
    const Pl__Change            *change = s->change;
    Pl__Api__EventTask          *shown;
    Pl__Api__EventConversation  *conv;

    static const Pl__Api__TaskState  states[] = {
        PL__API__TASK_STATE__TASK_STATE_ARMED,
        PL__API__TASK_STATE__TASK_STATE_FIRED,
        PL__API__TASK_STATE__TASK_STATE_CANCELLED
    };

    rc = rest_erased(s, &erased, err);
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
    shown->name = change->subject == NULL || erased ? (char *) ""
                                                    : change->subject;
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


/* What a task was called may say who they were. */

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

    rc = pl_record_get(s->from->txn, PL_TABLE_CONTACTS, pl_key_str(&key),
                       &pl__contact__descriptor, s->from->ar, &msg, err);
    *erased = rc == PL_OK && ((const Pl__Contact *) msg)->has_erased_ms;

    return rc == PL_NOTFOUND ? PL_OK : rc;
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
