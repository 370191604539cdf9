/*
 * Messages, effects, events and holds as the API shows them. What a provider
 * sent (raw) and what is of no use outside (file names on disk) is not shown.
 */

#include <string.h>

#include "../core/str.h"
#include "rows.h"

static void view_said(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Content *content);
static void view_files(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Email *email);
static Pl__Api__MessageFile *view_media(pl_api_call_t *call,
    const Pl__Media *media);
static void view_template(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Template *template);
static void view_who(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Message *message);
static void view_became(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Message *message);
static void view_facts(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Message *message);
static Pl__Api__MessagePrice *view_price(pl_api_call_t *call,
    const Pl__Message *message);
static void view_tries(pl_api_call_t *call, Pl__Api__EffectView *view,
    const Pl__Effect *effect);
static char *view_subject(pl_api_call_t *call, const Pl__AuditEvent *event);


Pl__Api__MessageView *
pl_rows_message_view(pl_api_call_t *call, uint64_t id,
    const Pl__Message *message)
{
    Pl__Api__MessageView  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__message_view__init(view);
    view->id = pl_api_id(call, "msg_", id);
    view->direction = message->direction;
    view->channel = (char *) pl_rows_channel_name(call, message->channel);
    view->has_state = message->has_state;
    view->state = message->state;
    view->kind = message->content->type;
    view->time = pl_api_time(call, message->time_ms);

    view_who(call, view, message);
    view_said(call, view, message->content);
    view_became(call, view, message);
    view_facts(call, view, message);

    return view;
}


static void
view_who(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Message *message)
{
    pl_rows_party(call, message->party_kind, message->party, &view->contact,
                  &view->group);

    if (view->group != NULL && message->contact != 0) {
        view->contact = pl_api_id(call, "cnt_", message->contact);
    }

    view->has_author = message->has_author;
    view->author = message->author;
    view->actor = message->actor;
    view->flow = message->flow;
    view->step = message->step;
    view->has_by_person = message->has_by_person && message->by_person;
    view->by_person = message->by_person;
    view->has_history = message->has_history && message->history;
    view->history = message->history;
}


static void
view_said(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Content *content)
{
    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        view->text = content->text->body;
        break;

    case PL__CONTENT__OF_EMAIL:
        view->text = content->email->text;
        view->subject = content->email->subject;
        view->html = content->email->html;
        view_files(call, view, content->email);
        break;

    case PL__CONTENT__OF_TEMPLATE:
        view_template(call, view, content->template_);
        break;

    case PL__CONTENT__OF_MEDIA:
        view->text = content->media->caption;
        view->file = view_media(call, content->media);
        break;

    case PL__CONTENT__OF_LOCATION:
        view->location = content->location;
        break;

    case PL__CONTENT__OF_CARDS:
        view->contacts = content->cards;
        break;

    case PL__CONTENT__OF_REPLY:
        view->text = content->reply->title;
        view->reply = content->reply;
        break;

    case PL__CONTENT__OF_ORDER:
        view->text = content->order->text;
        view->order = content->order;
        break;

    case PL__CONTENT__OF_INTERACTIVE:
        view->text = content->interactive->body;
        view->interactive = content->interactive;
        break;

    case PL__CONTENT__OF_REACTION:
        view->text = content->reaction->emoji;
        break;

    case PL__CONTENT__OF_EDIT:
        if (content->edit->content != NULL
            && content->edit->content->of_case == PL__CONTENT__OF_TEXT)
        {
            view->text = content->edit->content->text->body;
        }

        break;

    default:
        break;
    }
}


static void
view_files(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Email *email)
{
    size_t  i;

    view->files = (Pl__Api__MessageFile **)
                  pl_rows_list(call, email->n_attachments);

    for (i = 0; view->files != NULL && i < email->n_attachments; i++) {
        view->files[i] = view_media(call, email->attachments[i]);

        if (view->files[i] == NULL) {
            return;
        }

        view->n_files++;
    }
}


static Pl__Api__MessageFile *
view_media(pl_api_call_t *call, const Pl__Media *media)
{
    Pl__Api__MessageFile  *file;

    file = pl_arena_alloc(call->ar, sizeof(*file));
    if (file == NULL) {
        return NULL;
    }

    pl__api__message_file__init(file);
    file->mime_type = media->mime_type;
    file->filename = media->filename;
    file->caption = media->caption;
    file->has_bytes = media->has_bytes;
    file->bytes = media->bytes;
    file->sha256 = media->file;
    file->has_state = media->has_state;
    file->state = media->state;
    file->error = media->error;
    file->link = media->link;

    return file;
}


static void
view_template(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Template *template)
{
    size_t                     i;
    Pl__Api__MessageTemplate  *row;

    row = pl_arena_alloc(call->ar, sizeof(*row));
    if (row == NULL) {
        return;
    }

    pl__api__message_template__init(row);
    row->name = template->name;
    row->language = template->language;
    row->params = (char **) pl_rows_list(call, template->n_body);

    for (i = 0; row->params != NULL && i < template->n_body; i++) {
        row->params[row->n_params++] = template->body[i]->text;
    }

    view->template_ = row;
}


static void
view_became(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Message *message)
{
    Pl__Api__MessageError  *error;

    view->provider_id = message->provider_id;
    view->reply_to = message->reply_to;
    view->rule = message->rule;
    view->has_category = message->has_category;
    view->category = message->category;

    if (message->has_provider_time_s) {
        view->provider_time = pl_api_time_s(call, message->provider_time_s);
    }

    if (message->has_at_ms) {
        view->send_at = pl_api_time(call, message->at_ms);
    }

    error = message->error == NULL ? NULL
            : pl_arena_alloc(call->ar, sizeof(*error));

    if (error != NULL) {
        pl__api__message_error__init(error);
        error->has_code = message->error->has_code;
        error->code = message->error->code;
        error->title = message->error->title;
        error->details = message->error->details;
        view->error = error;
    }
}


static void
view_facts(pl_api_call_t *call, Pl__Api__MessageView *view,
    const Pl__Message *message)
{
    size_t                 i;
    Pl__Api__MessageFact  *fact;

    view->facts = (Pl__Api__MessageFact **)
                  pl_rows_list(call, message->n_facts);

    for (i = 0; view->facts != NULL && i < message->n_facts; i++) {
        fact = pl_arena_alloc(call->ar, sizeof(*fact));
        if (fact == NULL) {
            break;
        }

        pl__api__message_fact__init(fact);
        fact->state = message->facts[i]->state;
        fact->time = pl_api_time_s(call, message->facts[i]->time_s);
        view->facts[view->n_facts++] = fact;
    }

    view->has_segments = message->has_segments;
    view->segments = message->segments;
    view->price = view_price(call, message);
}


/* Meta says what kind of one it is, Twilio how much. */

static Pl__Api__MessagePrice *
view_price(pl_api_call_t *call, const Pl__Message *message)
{
    const Pl__Pricing      *kind = message->pricing;
    Pl__Api__MessagePrice  *price;

    price = kind == NULL && message->price == NULL ? NULL
            : pl_arena_alloc(call->ar, sizeof(*price));
    if (price == NULL) {
        return NULL;
    }

    pl__api__message_price__init(price);
    price->amount = message->price;
    price->currency = message->price_unit;

    if (kind != NULL) {
        price->type = kind->type;
        price->category = kind->category;
        price->model = kind->model;
        price->has_billable = kind->has_billable;
        price->billable = kind->billable;
    }

    return price;
}


/* ---- effects -------------------------------------------------------- */

Pl__Api__EffectView *
pl_rows_effect_view(pl_api_call_t *call, const Pl__Effect *effect,
    const char *place)
{
    Pl__Api__EffectView  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__effect_view__init(view);
    view->id = pl_api_id(call, "eff_", effect->id);
    view->place = (char *) place;
    view->lane = effect->lane;
    view->created = pl_api_time(call, effect->created_ms);
    view->due = pl_api_time(call, effect->due_ms);
    view->has_attempts = 1;
    view->attempts = effect->attempts;
    view->reason = effect->reason;
    view->has_code = effect->has_code;
    view->code = effect->code;
    view->has_tries_more = effect->has_tried_more;
    view->tries_more = effect->tried_more;

    if (effect->has_expires_ms) {
        view->expires = pl_api_time(call, effect->expires_ms);
    }

    view_tries(call, view, effect);

    return view;
}


static void
view_tries(pl_api_call_t *call, Pl__Api__EffectView *view,
    const Pl__Effect *effect)
{
    size_t             i;
    Pl__Api__TryView  *row;
    const Pl__Tried   *tried;

    view->tries = (Pl__Api__TryView **) pl_rows_list(call, effect->n_tried);

    for (i = 0; view->tries != NULL && i < effect->n_tried; i++) {
        row = pl_arena_alloc(call->ar, sizeof(*row));
        if (row == NULL) {
            return;
        }

        tried = effect->tried[i];
        pl__api__try_view__init(row);
        row->began = pl_api_time(call, tried->began_ms);
        row->ended = pl_api_time(call, tried->ended_ms);
        row->outcome = tried->outcome;
        row->has_http_status = tried->has_http_status;
        row->http_status = tried->http_status;
        row->has_code = tried->has_code;
        row->code = tried->code;
        row->reason = tried->reason;
        row->trace = tried->trace;
        view->tries[view->n_tries++] = row;
    }
}


/* ---- events of the audit log ---------------------------------------- */

Pl__Api__AuditView *
pl_rows_audit_view(pl_api_call_t *call, uint64_t id,
    const Pl__AuditEvent *event)
{
    Pl__Api__AuditView  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__audit_view__init(view);
    view->id = pl_api_id(call, "aud_", id);
    view->kind = event->kind;
    view->time = pl_api_time(call, event->time_ms);
    view->subject = view_subject(call, event);
    view->rule = event->rule;
    view->text = event->text;
    view->actor = event->actor;
    view->has_entry = event->has_entry;
    view->entry = event->entry;

    return view;
}


/* What an event is about is known by its kind; what is not told has none. */

static char *
view_subject(pl_api_call_t *call, const Pl__AuditEvent *event)
{
    if (!event->has_subject) {
        return NULL;
    }

    switch (event->kind) {

    case PL__AUDIT_KIND__AUDIT_KIND_BLOCKED:
    case PL__AUDIT_KIND__AUDIT_KIND_DEFERRED:
    case PL__AUDIT_KIND__AUDIT_KIND_COLLAPSED:
    case PL__AUDIT_KIND__AUDIT_KIND_CANCELLED:
    case PL__AUDIT_KIND__AUDIT_KIND_WITHDRAWN:
    case PL__AUDIT_KIND__AUDIT_KIND_REPLACED:
    case PL__AUDIT_KIND__AUDIT_KIND_RETRIED:
    case PL__AUDIT_KIND__AUDIT_KIND_DROPPED:
    case PL__AUDIT_KIND__AUDIT_KIND_RESENT:
    case PL__AUDIT_KIND__AUDIT_KIND_SETTLED:
        return pl_api_id(call, "msg_", event->subject);

    case PL__AUDIT_KIND__AUDIT_KIND_CONSENT:
    case PL__AUDIT_KIND__AUDIT_KIND_CONTACT:
    case PL__AUDIT_KIND__AUDIT_KIND_HANDOVER:
    case PL__AUDIT_KIND__AUDIT_KIND_ANSWER:
    case PL__AUDIT_KIND__AUDIT_KIND_STATUS:
    case PL__AUDIT_KIND__AUDIT_KIND_LOOP:
    case PL__AUDIT_KIND__AUDIT_KIND_FLOW:
    case PL__AUDIT_KIND__AUDIT_KIND_TASK:
        return pl_api_id(call, "cnt_", event->subject);

    case PL__AUDIT_KIND__AUDIT_KIND_JOINED:
    case PL__AUDIT_KIND__AUDIT_KIND_SPLIT:
        return pl_api_id(call, "mrg_", event->subject);

    default:
        return pl_api_id(call, "", event->subject);
    }
}


/* ---- holds ---------------------------------------------------------- */

Pl__Api__HoldView *
pl_rows_hold_view(pl_api_call_t *call, const pl_holds_row_t *hold)
{
    Pl__Api__HoldView  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__hold_view__init(view);
    view->kind = hold->place.kind;
    view->cause = hold->cause;
    view->standing = pl_hold_stands(hold->row, call->now_ms);
    view->since = pl_api_time(call, hold->row->since_ms);

    if (hold->place.channel != 0) {
        view->channel = pl_arena_printf(call->ar, "%s",
            pl_rows_channel_name(call, hold->place.channel));
    }

    if (hold->place.subject.len != 0) {
        view->subject = pl_arena_str(call->ar, hold->place.subject);
    }

    if (hold->row->has_until_ms) {
        view->until = pl_api_time(call, hold->row->until_ms);
    }

    if (hold->row->actor != NULL) {
        view->actor = pl_arena_str(call->ar, pl_str_c(hold->row->actor));
    }

    if (hold->row->reason != NULL) {
        view->reason = pl_arena_str(call->ar, pl_str_c(hold->row->reason));
    }

    view->has_failures = hold->row->has_failures;
    view->failures = hold->row->failures;
    view->has_code = hold->row->has_code;
    view->code = hold->row->code;

    return view;
}
