/*
 * trace: one message's whole story. Texts and addresses are shown, as
 * "messages" shows them; a provider's raw JSON and secrets are not.
 */

#include <inttypes.h>
#include <string.h>

#include "../engine/media.h"
#include "cmd.h"
#include "filter.h"
#include "trace.h"

#define TRACE_TRIED  "tried      "


static void trace_text(plctl_t *ctl, const plctl_trace_t *trace);
static void trace_who(plctl_t *ctl, const Pl__Ctl__TraceRow *row);
static void trace_file(plctl_t *ctl, const Pl__Media *media);
static void trace_provider(plctl_t *ctl, const Pl__Message *message);
static void trace_arrivals(plctl_t *ctl, const Pl__Ctl__TraceRow *row);
static void trace_effect(plctl_t *ctl, const Pl__Ctl__TraceEffect *effect);
static void trace_attempts(plctl_t *ctl, const Pl__Ctl__TraceRow *row);
static void trace_answer(plctl_t *ctl, const Pl__Ctl__TraceAttempt *attempt);
static void trace_statuses(plctl_t *ctl, const Pl__Ctl__TraceRow *row);
static void trace_facts(plctl_t *ctl, const Pl__Message *message);
static void trace_cost(plctl_t *ctl, const Pl__Message *message);
static void trace_audit(plctl_t *ctl, const Pl__Ctl__TraceRow *row);
static void trace_more(plctl_t *ctl, const char *lead, const char *text);


int
plctl_cmd_trace(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t        err = { 0 };
    pl_status_t     rc;
    plctl_trace_t   trace;

    (void) n_words;

    memset(&trace, 0, sizeof(plctl_trace_t));
    pl__ctl__trace_row__init(&trace.row);

    if (plctl_args_id(words[0], "msg", &trace.id, &err) != PL_OK) {
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = plctl_trace_state(ctl, &trace, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_trace_walk(ctl, &trace, &err);
    }

    if (rc == PL_OK && ctl->json) {
        rc = plctl_json(ctl, &trace.row.base, &err);

    } else if (rc == PL_OK) {
        trace_text(ctl, &trace);
    }

    return rc == PL_OK ? PLCTL_EXIT_OK : plctl_fail(ctl, &err);
}


static void
trace_text(plctl_t *ctl, const plctl_trace_t *trace)
{
    const Pl__Ctl__TraceRow  *row = &trace->row;

    trace_who(ctl, row);
    trace_provider(ctl, row->message);
    trace_arrivals(ctl, row);

    if (row->effect != NULL) {
        trace_effect(ctl, row->effect);
    }

    trace_attempts(ctl, row);
    trace_statuses(ctl, row);
    trace_facts(ctl, row->message);
    trace_cost(ctl, row->message);
    trace_audit(ctl, row);

    fprintf(ctl->out, "journal    entries %" PRIu64 " to %" PRIu64 "%s\n",
            row->walked_from, row->walked_to,
            row->partial ? "; others are gone, or were not looked at" : "");
}


static void
trace_who(plctl_t *ctl, const Pl__Ctl__TraceRow *row)
{
    const Pl__Message  *m = row->message;

    fprintf(ctl->out, "message    %s, %s, tenant %s, channel %s\n", row->id,
            plctl_enum(ctl->ar, &pl__direction__descriptor,
                       (int) m->direction), row->tenant, row->channel);
    fprintf(ctl->out, "party      %s", row->party);

    if (row->contact != NULL && row->contact->name != NULL) {
        fprintf(ctl->out, " (%s)", plctl_clean(ctl->ar, row->contact->name));
    }

    fprintf(ctl->out, "\n");

    if (m->address != NULL) {
        fprintf(ctl->out, "address    %s %s\n",
                plctl_enum(ctl->ar, &pl__address_kind__descriptor,
                           (int) m->address->kind),
                plctl_clean(ctl->ar, m->address->value));
    }

    if (m->has_author) {
        fprintf(ctl->out, "asked by   %s %s\n",
                plctl_enum(ctl->ar, &pl__author__descriptor,
                           (int) m->author),
                m->actor != NULL ? plctl_clean(ctl->ar, m->actor) : "");
    }

    fprintf(ctl->out, "says       %s\n",
            plctl_content(ctl->ar, m->content));

    trace_file(ctl, pl_media_of(m->content, NULL));
}


static void
trace_file(plctl_t *ctl, const Pl__Media *media)
{
    if (media == NULL || !media->has_state) {
        return;
    }

    fprintf(ctl->out, "file       %s",
            plctl_enum(ctl->ar, &pl__media_state__descriptor,
                       (int) media->state));

    if (media->has_bytes) {
        fprintf(ctl->out, ", %" PRIu64 " bytes", media->bytes);
    }

    trace_more(ctl, ", ", media->mime_type);
    trace_more(ctl, ", ", media->file);

    if (media->has_other_digest && media->other_digest) {
        fprintf(ctl->out, ", not the digest that was announced");
    }

    trace_more(ctl, ": ", media->error);
    fprintf(ctl->out, "\n");
}


static void
trace_provider(plctl_t *ctl, const Pl__Message *message)
{
    if (message->provider_id != NULL) {
        fprintf(ctl->out, "id         %s\n",
                plctl_clean(ctl->ar, message->provider_id));
    }

    if (message->has_provider_time_s) {
        fprintf(ctl->out, "time       %s, by the provider\n",
                plctl_time(ctl->ar, message->provider_time_s * 1000));
    }

    fprintf(ctl->out, "stored     %s\n",
            plctl_time(ctl->ar, message->time_ms));

    if (message->has_at_ms) {
        fprintf(ctl->out, "not before %s\n",
                plctl_time(ctl->ar, message->at_ms));
    }

    if (message->traceparent != NULL) {
        fprintf(ctl->out, "trace      %s\n",
                plctl_clean(ctl->ar, message->traceparent));
    }

    if (message->has_state) {
        fprintf(ctl->out, "state      %s\n",
                plctl_enum(ctl->ar, &pl__message_state__descriptor,
                           (int) message->state));
    }

    if (message->rule != NULL) {
        fprintf(ctl->out, "rule       %s\n",
                plctl_clean(ctl->ar, message->rule));
    }
}


static void
trace_arrivals(plctl_t *ctl, const Pl__Ctl__TraceRow *row)
{
    size_t                        i;
    const Pl__Ctl__TraceArrival  *arrival;

    for (i = 0; i < row->n_arrivals; i++) {
        arrival = row->arrivals[i];

        fprintf(ctl->out, "arrival    entry %" PRIu64 ", %s, %s",
                arrival->entry, plctl_time(ctl->ar, arrival->time_ms),
                arrival->verdict);
        trace_more(ctl, ", ", arrival->location);
        trace_more(ctl, ", ", arrival->path);
        fprintf(ctl->out, "\n");
    }
}


static void
trace_effect(plctl_t *ctl, const Pl__Ctl__TraceEffect *effect)
{
    const char  *tried;

    fprintf(ctl->out, "effect     %s, %s, queued %s, due %s, attempts %"
            PRIu32, effect->id, effect->state,
            plctl_time(ctl->ar, effect->effect->created_ms),
            plctl_time(ctl->ar, effect->effect->due_ms),
            effect->effect->attempts);

    if (effect->effect->has_expires_ms) {
        fprintf(ctl->out, ", expires %s",
                plctl_time(ctl->ar, effect->effect->expires_ms));
    }

    trace_more(ctl, ", key ", effect->effect->collapse_key);
    trace_more(ctl, ": ", effect->effect->reason);
    fprintf(ctl->out, "\n");

    tried = plctl_tried(ctl->ar, effect->effect, TRACE_TRIED);
    if (tried != NULL) {
        fprintf(ctl->out, TRACE_TRIED "%s\n", tried);
    }

    if (effect->has_died_ms) {
        fprintf(ctl->out, "dead       %s",
                plctl_time(ctl->ar, effect->died_ms));

    } else if (effect->has_since_ms) {
        fprintf(ctl->out, "unknown    %s, %s",
                plctl_time(ctl->ar, effect->since_ms),
                plctl_enum(ctl->ar, &pl__wire_stage__descriptor,
                           (int) effect->stage));

    } else {
        return;
    }

    if (effect->has_code) {
        fprintf(ctl->out, ", code %" PRId32, effect->code);
    }

    trace_more(ctl, ": ", effect->rule);
    trace_more(ctl, ": ", effect->reason);
    fprintf(ctl->out, "\n");
}


static void
trace_attempts(plctl_t *ctl, const Pl__Ctl__TraceRow *row)
{
    size_t                        i;
    const Pl__Ctl__TraceAttempt  *attempt;

    for (i = 0; i < row->n_attempts; i++) {
        attempt = row->attempts[i];

        fprintf(ctl->out, "attempt    %s", attempt->effect);

        if (attempt->has_entry) {
            fprintf(ctl->out, ", entry %" PRIu64 ", %s", attempt->entry,
                    plctl_time(ctl->ar, attempt->time_ms));
        }

        fprintf(ctl->out, "\n");

        if (attempt->answer != NULL) {
            trace_answer(ctl, attempt);
        }
    }
}


static void
trace_answer(plctl_t *ctl, const Pl__Ctl__TraceAttempt *attempt)
{
    const Pl__SendResult  *answer = attempt->answer;

    fprintf(ctl->out, "answer     %s, entry %" PRIu64 ", %s: %s",
            attempt->effect, attempt->answer_entry,
            plctl_time(ctl->ar, attempt->answer_ms),
            plctl_enum(ctl->ar, &pl__outcome__descriptor,
                       (int) answer->outcome));

    if (answer->has_http_status) {
        fprintf(ctl->out, ", HTTP %" PRId32, answer->http_status);
    }

    if (answer->has_code) {
        fprintf(ctl->out, ", code %" PRId32, answer->code);
    }

    if (answer->has_retry_ms) {
        fprintf(ctl->out, ", again %s",
                plctl_time(ctl->ar, answer->retry_ms));
    }

    trace_more(ctl, ", ", answer->provider_id);
    trace_more(ctl, ": ", answer->reason);
    fprintf(ctl->out, "\n");
}


static void
trace_statuses(plctl_t *ctl, const Pl__Ctl__TraceRow *row)
{
    size_t                     i;
    const Pl__DeliveryStatus  *status;

    for (i = 0; i < row->n_statuses; i++) {
        status = row->statuses[i]->status;

        fprintf(ctl->out, "status     %s, %s, came as entry %" PRIu64 ", %s",
                plctl_clean(ctl->ar, status->status),
                plctl_time(ctl->ar, status->time_s * 1000),
                row->statuses[i]->entry,
                plctl_time(ctl->ar, row->statuses[i]->time_ms));

        trace_more(ctl, ", price ", status->pricing_type);
        trace_more(ctl, " ", status->pricing_category);
        trace_more(ctl, " ", status->pricing_model);

        if (status->has_billable) {
            fprintf(ctl->out, "%s", status->billable ? ", billable"
                                                     : ", not billable");
        }

        if (status->error != NULL) {
            fprintf(ctl->out, ", error %" PRId32, status->error->code);
            trace_more(ctl, " ", status->error->title);
            trace_more(ctl, ": ", status->error->details);
        }

        fprintf(ctl->out, "\n");
    }
}


/* The record's own: they outlive the journal's entries. */

static void
trace_facts(plctl_t *ctl, const Pl__Message *message)
{
    size_t  i;

    for (i = 0; i < message->n_facts; i++) {
        fprintf(ctl->out, "fact       %s %s\n",
                plctl_enum(ctl->ar, &pl__message_state__descriptor,
                           (int) message->facts[i]->state),
                plctl_time(ctl->ar, message->facts[i]->time_s * 1000));
    }

    if (message->error != NULL) {
        fprintf(ctl->out, "error      %" PRId32, message->error->code);
        trace_more(ctl, " ", message->error->title);
        trace_more(ctl, ": ", message->error->details);
        fprintf(ctl->out, "\n");
    }
}


/* As the provider says; nothing where it has not said, or does not. */

static void
trace_cost(plctl_t *ctl, const Pl__Message *message)
{
    if (message->has_segments) {
        fprintf(ctl->out, "segments   %" PRIu32 "\n", message->segments);
    }

    if (message->price != NULL && message->price_unit != NULL) {
        fprintf(ctl->out, "price      %s %s\n",
                plctl_clean(ctl->ar, message->price),
                plctl_clean(ctl->ar, message->price_unit));
    }
}


static void
trace_audit(plctl_t *ctl, const Pl__Ctl__TraceRow *row)
{
    size_t                 i;
    const Pl__AuditEvent  *event;

    for (i = 0; i < row->n_audit; i++) {
        event = row->audit[i];

        fprintf(ctl->out, "event      %s, %s",
                plctl_time(ctl->ar, event->time_ms),
                plctl_enum(ctl->ar, &pl__audit_kind__descriptor,
                           (int) event->kind));
        trace_more(ctl, ", ", event->rule);
        trace_more(ctl, ", ", event->text);
        trace_more(ctl, ", ", event->actor);
        fprintf(ctl->out, "\n");
    }
}


static void
trace_more(plctl_t *ctl, const char *lead, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        fprintf(ctl->out, "%s%s", lead, plctl_clean(ctl->ar, text));
    }
}
