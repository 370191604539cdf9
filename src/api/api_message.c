/*
 * Messages: sent, looked at, called off; and what would become of one.
 *
 * A message that the engine refuses is answered as a problem: for what it
 * is, with the field; by policy, with the rule, the earliest time at which
 * it may leave, and the form that may leave now.
 */

#include <string.h>

#include "../channel/url.h"
#include "../core/str.h"
#include "../engine/later.h"
#include "impl.h"
#include "message_impl.h"
#include "sending.h"

static pl_status_t message_refused(pl_api_call_t *call,
    const Pl__Verdict *verdict, pl_err_t *err);
static pl_status_t message_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t message_cancel(pl_api_call_t *call, pl_err_t *err);
static pl_status_t message_cancelled(pl_api_call_t *call, pl_err_t *err);
static pl_status_t message_can(pl_api_call_t *call, pl_err_t *err);
static void message_can_not(pl_api_call_t *call,
    const pl_dry_request_t *out, Pl__Api__CanAnswer *answer);
static void message_can_form(pl_api_call_t *call,
    const pl_dry_request_t *out, Pl__Api__CanForm *form);


#define TEXT(shape, field, max)                                               \
    { &pl__api__##shape##__descriptor, field, PL_RULE_LEN_MAX, NULL, max }
#define PAIRS(shape, field)                                                   \
    { &pl__api__##shape##__descriptor, field, PL_RULE_MAP, "name", 0 },       \
    { &pl__api__##shape##__descriptor, field, PL_RULE_PAIR, "value", 0 },     \
    TEXT(shape, field, PL_VARIABLES_MAX)

static const pl_rule_t  message_rows[] = {
    { &pl__api__send_variable__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
    PAIRS(send_body, "variables"),
    PAIRS(send_template, "named"),
    PAIRS(bulk_body, "variables"),
    PAIRS(bulk_recipient, "variables"),
    TEXT(send_variable, "name", PL_NAME_MAX),
    TEXT(send_variable, "value", PL_API_TEXT_MAX),
    TEXT(send_body, "text", PL_API_TEXT_MAX),
    TEXT(bulk_body, "text", PL_API_TEXT_MAX),
    TEXT(send_file, "caption", PL_API_TEXT_MAX),
    TEXT(send_file, "id", PL_PROVIDER_ID_MAX),
    TEXT(send_file, "link", PL_URL_MAX),
    TEXT(send_file, "filename", PL_PATH_MAX),
    TEXT(send_header, "text", PL_API_TEXT_MAX),
    TEXT(send_interactive, "body", PL_API_TEXT_MAX),
    TEXT(send_interactive, "footer", PL_API_TEXT_MAX),
    TEXT(send_template, "params", PL_VARIABLES_MAX),
    TEXT(send_template, "body", PL_VARIABLES_MAX),
    TEXT(send_body, "contacts", 100),
    TEXT(bulk_body, "recipients", PL_API_BULK_MAX),
    { &pl__api__bulk_body__descriptor, "recipients", PL_RULE_LEN_MIN, NULL,
      1 },
    { &pl__api__send_body__descriptor, "campaign", PL_RULE_MIN, NULL, 1 },
    { &pl__api__bulk_body__descriptor, "campaign", PL_RULE_MIN, NULL, 1 },
    TEXT(send_to, "user_id", PL_ADDRESS_MAX),
    TEXT(send_to, "group", PL_ADDRESS_MAX),
    TEXT(send_to, "phone", PL_ADDRESS_MAX),
    TEXT(send_body, "collapse_key", PL_COLLAPSE_KEY_MAX),
    TEXT(bulk_body, "collapse_key", PL_COLLAPSE_KEY_MAX),
};

static const pl_rules_t  message_rules = {
    message_rows, PL_COUNT(message_rows)
};

static const pl_json_word_t  message_word_rows[] = {
    { &pl__api__send_body__descriptor, "send_at",
      "Not to be sent before this time, at most a year ahead." },
    { &pl__api__send_body__descriptor, "expires_at",
      "Not to be sent at this time or later." },
    { &pl__api__send_body__descriptor, "collapse_key",
      "Replaces what waits under it for the same person and channel." },
    { &pl__api__send_body__descriptor, "otherwise",
      "A template that goes where no window is open." },
    { &pl__api__send_body__descriptor, "variables",
      "Values for {{name}} and {{name|fallback}} in what is said." },
    { &pl__api__send_body__descriptor, "author",
      "A person at a desk may answer in quiet hours; a bot is none." },
    { &pl__api__send_answer__descriptor, "until",
      "When a scheduled message enters its queue." },
    { &pl__api__send_answer__descriptor, "rule",
      "The rule that put it off; absent where send_at did." },
};

static const pl_json_words_t  message_words = {
    message_word_rows, PL_COUNT(message_word_rows)
};

static const pl_api_op_t  message_ops[] = {
    { .name = "sendMessage", .method = PL_API_POST, .path = "/v1/messages",
      .may = PL_MAY_MESSAGES_SEND, .body = &pl__api__send_body__descriptor,
      .answer = &pl__api__send_answer__descriptor, .status = 201,
      .flags = PL_API_BULK, .ask = pl_message_send_ask,
      .told = pl_message_send_told,
      .summary = "Sends a message, now or later",
      .text = "Policy decides now, and once more when it leaves. What it "
              "puts off is scheduled, and the answer says until when and by "
              "which rule." },
    { .name = "sendMessages", .method = PL_API_POST,
      .path = "/v1/messages/bulk", .may = PL_MAY_MESSAGES_SEND,
      .body = &pl__api__bulk_body__descriptor,
      .answer = &pl__api__bulk_answer__descriptor, .status = 200,
      .flags = PL_API_BULK, .ask = pl_bulk_ask, .told = pl_bulk_told,
      .summary = "Sends the same to many, each a message of its own",
      .text = "A result for each recipient, in their order: one that is "
              "refused keeps back no other." },
    { .name = "getMessage", .method = PL_API_GET,
      .path = "/v1/messages/{message}", .may = PL_MAY_MESSAGES_READ,
      .answer = &pl__api__message_view__descriptor, .status = 200,
      .ask = message_get, .summary = "Shows a message" },
    { .name = "traceMessage", .method = PL_API_GET,
      .path = "/v1/messages/{message}/trace", .may = PL_MAY_MESSAGES_READ,
      .answer = &pl__api__trace_view__descriptor, .status = 200,
      .ask = pl_trace_ask,
      .summary = "Tells what became of a message",
      .text = "Its attempts, where its effect stands, and the events about "
              "it, as the state has them; `parleyctl trace` tells what the "
              "journal has besides." },
    { .name = "cancelMessage", .method = PL_API_POST,
      .path = "/v1/messages/{message}/cancel", .may = PL_MAY_MESSAGES_SEND,
      .answer = &pl__api__message_view__descriptor, .status = 200,
      .ask = message_cancel, .told = message_cancelled,
      .summary = "Calls a scheduled message off",
      .text = "409 where its time has come: nothing happens then." },
    { .name = "canSend", .method = PL_API_POST, .path = "/v1/can-send",
      .may = PL_MAY_MESSAGES_READ, .body = &pl__api__send_body__descriptor,
      .answer = &pl__api__can_answer__descriptor, .status = 200,
      .flags = PL_API_DRY, .ask = message_can,
      .summary = "Tells what would become of a message",
      .text = "By the same function that decides when it is sent. Without "
              "content a free text is meant." },
};

const pl_api_resource_t  pl_api_messages = {
    .name = "Messages",
    .text = "What is sent and received.",
    .ops = message_ops,
    .n_ops = PL_COUNT(message_ops),
    .rules = &message_rules,
    .words = &message_words,
};


/* ---- send ----------------------------------------------------------- */

pl_status_t
pl_message_send_ask(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                 rc;
    Pl__Command                 command = PL__COMMAND__INIT;
    pl_sending_t                s;
    Pl__SendRequest            *request;
    const Pl__Api__SendBody    *body;

    body = (const Pl__Api__SendBody *) call->body;

    request = pl_arena_alloc(call->ar, sizeof(*request));
    if (request == NULL) {
        return pl_rows_nomem(err);
    }

    pl_sending_one(&s, body);

    rc = pl_sending_request(call, &s, body->to, request, err);
    if (rc != PL_OK) {
        return rc;
    }

    request->key.data = pl_api_command_key(call);
    request->key.len = PL_REQUEST_KEY_LEN;

    if (request->key.data == NULL) {
        return pl_rows_nomem(err);
    }

    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = request;

    return pl_api_command(call, &command, err);
}


pl_status_t
pl_message_send_told(pl_api_call_t *call, pl_err_t *err)
{
    Pl__Message           *message;
    pl_status_t            rc;
    const Pl__Verdict     *verdict;
    Pl__Api__SendAnswer    answer = PL__API__SEND_ANSWER__INIT;

    verdict = call->n_verdicts == 0 ? NULL : call->verdicts[0];
    if (verdict == NULL) {
        return pl_api_problem(call, PL_API_INTERNAL, NULL, "%s", "");
    }

    if (verdict->decision == PL__DECISION__DECISION_REFUSED) {
        return message_refused(call, verdict, err);
    }

    rc = pl_rows_message(call, verdict->message, &message, err);
    if (rc != PL_OK) {
        return rc;
    }

    answer.id = pl_api_id(call, "msg_", verdict->message);
    answer.decision = (char *) "queued";
    answer.channel = (char *) pl_rows_channel_name(call, message->channel);
    pl_rows_party(call, message->party_kind, message->party, &answer.contact,
                  &answer.group);

    if (verdict->decision == PL__DECISION__DECISION_SCHEDULED) {
        answer.decision = (char *) "scheduled";
        answer.rule = verdict->rule;
        answer.until = verdict->has_until_ms
                       ? pl_api_time(call, verdict->until_ms)
                       : ((const Pl__Api__SendBody *) call->body)->send_at;
    }

    rc = pl_api_location(call, err, "/v1/messages/%s", answer.id);

    return rc == PL_OK ? pl_api_answer(call, 0, &answer.base, err) : rc;
}


/* When it may be sent, and as what, is asked of the state as it is now. */

static pl_status_t
message_refused(pl_api_call_t *call, const Pl__Verdict *verdict,
    pl_err_t *err)
{
    const char                *path;
    pl_sending_t               s;
    pl_status_t                rc;
    Pl__SendRequest            request;
    pl_dry_request_t           out;
    Pl__Api__Problem           problem = PL__API__PROBLEM__INIT;
    const Pl__Api__SendBody   *body;

    body = (const Pl__Api__SendBody *) call->body;

    path = pl_sending_field(call, verdict->path);
    problem.pointer = path == NULL ? NULL : pl_api_pointer(call->ar, path);
    problem.rule = verdict->rule;
    problem.detail = verdict->text;

    pl_sending_one(&s, body);

    rc = pl_sending_request(call, &s, body->to, &request, err);

    if (rc == PL_OK) {
        rc = pl_sending_dry(call, &request, &out, err);
    }

    if (rc == PL_OK && out.rule == NULL) {
        problem.legal_form = (char *) pl_sending_form(out.dry.form);

        if (out.dry.earliest_ms != 0) {
            problem.earliest = pl_api_time(call, out.dry.earliest_ms);
        }
    }

    return rc == PL_OK || rc == PL_DENIED
           ? pl_api_problem_row(call, PL_API_REFUSED, &problem) : rc;
}


/* ---- one message ---------------------------------------------------- */

static pl_status_t
message_get(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t               id;
    Pl__Message           *message;
    pl_status_t            rc;
    Pl__Api__MessageView  *view;

    rc = pl_rows_param(call, 0, "msg_", &id);

    if (rc == PL_OK) {
        rc = pl_rows_message(call, id, &message, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    view = pl_rows_message_view(call, id, message);

    return view != NULL ? pl_api_answer(call, 0, &view->base, err)
                        : pl_rows_nomem(err);
}


static pl_status_t
message_cancel(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t           id;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__Message       *message;
    pl_status_t        rc;
    Pl__CancelSend    *in;

    rc = pl_rows_param(call, 0, "msg_", &id);

    if (rc == PL_OK) {
        rc = pl_rows_message(call, id, &message, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__cancel_send__init(in);
    in->tenant = call->tenant;
    in->message = id;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_CANCEL_SEND;
    command.cancel_send = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
message_cancelled(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t       id;
    Pl__Message   *message;
    pl_status_t    rc;

    rc = pl_rows_param(call, 0, "msg_", &id);

    if (rc == PL_OK) {
        rc = pl_rows_message(call, id, &message, err);
    }

    if (rc == PL_OK
        && (message->rule == NULL || strcmp(message->rule, "cancelled") != 0))
    {
        return pl_api_problem(call, PL_API_CONFLICT, NULL,
                              "it is not scheduled, or its time has come");
    }

    return rc == PL_OK ? message_get(call, err) : rc;
}


/* ---- what would become of it ---------------------------------------- */

static pl_status_t
message_can(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t              rc;
    pl_sending_t             s;
    Pl__SendRequest          request;
    pl_dry_request_t         out;
    Pl__Api__CanForm         form = PL__API__CAN_FORM__INIT;
    Pl__Api__CanAnswer       answer = PL__API__CAN_ANSWER__INIT;
    const Pl__Api__SendBody *body;

    body = (const Pl__Api__SendBody *) call->body;
    pl_sending_one(&s, body);

    if (s.text == NULL && s.template == NULL && s.media == NULL
        && s.interactive == NULL && s.location == NULL && s.n_contacts == 0
        && s.reaction == NULL)
    {
        s.text = "?";
    }

    rc = pl_sending_request(call, &s, body->to, &request, err);

    if (rc == PL_OK) {
        rc = pl_sending_dry(call, &request, &out, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    answer.cheapest = &form;
    answer.time = pl_api_time(call, out.at_ms);
    message_can_not(call, &out, &answer);
    message_can_form(call, &out, &form);

    return pl_api_answer(call, 0, &answer.base, err);
}


static void
message_can_not(pl_api_call_t *call, const pl_dry_request_t *out,
    Pl__Api__CanAnswer *answer)
{
    const pl_dry_t      *dry = &out->dry;
    const pl_verdict_t  *v = &dry->at.verdict;

    static const char *const  words[] = {
        [PL_POLICY_SEND] = "send",
        [PL_POLICY_DEFER] = "defer",
        [PL_POLICY_REPLACE] = "replace",
        [PL_POLICY_BLOCK] = "block",
    };

    if (out->rule != NULL) {
        answer->decision = (char *) "block";
        answer->rule = (char *) out->rule;
        answer->pointer = (char *) pl_sending_field(call, out->path);
        answer->detail = (char *) out->text;

        if (answer->pointer != NULL) {
            answer->pointer = pl_api_pointer(call->ar, answer->pointer);
        }

        return;
    }

    answer->allowed = v->decision == PL_POLICY_SEND;
    answer->decision = (char *) words[v->decision];
    answer->has_category = 1;
    answer->category = v->category;
    answer->rule = (char *) v->rule;
    answer->detail = answer->allowed ? NULL : (char *) dry->at.reason;
    answer->has_replaced = answer->replaced = dry->at.replaced;
    answer->has_zone_unknown = answer->zone_unknown = dry->at.zone_unknown;

    if (v->decision == PL_POLICY_DEFER) {
        answer->until = pl_api_time(call, v->until_ms);
    }

    if (dry->earliest_ms != 0) {
        answer->earliest = pl_api_time(call, dry->earliest_ms);
    }
}


static void
message_can_form(pl_api_call_t *call, const pl_dry_request_t *out,
    Pl__Api__CanForm *form)
{
    const pl_dry_t      *dry = &out->dry;
    const Pl__Template  *asked;

    form->form = (char *) pl_sending_form(out->rule != NULL ? PL_DRY_NONE
                                                            : dry->form);

    if (out->rule != NULL) {
        return;
    }

    if (dry->form == PL_DRY_CHANNEL) {
        form->channel = (char *) pl_rows_channel_name(call, dry->channel);
    }

    if (dry->form != PL_DRY_TEMPLATE) {
        return;
    }

    if (dry->template != NULL) {
        form->template_ = dry->template->name;
        form->language = dry->template->language;
        form->has_template_category = dry->template->has_category;
        form->template_category = dry->template->category;
        return;
    }

    asked = dry->content->template_;
    form->template_ = asked->name;
    form->language = asked->language;
}
