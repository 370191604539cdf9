/*
 * A world's sender and its provider: an attempt goes through the journal, as
 * the sender's do; its request is built as it would be sent; and the answer
 * is classified by the channel, as if it had come over the wire.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/str.h"
#include "../engine/retry.h"
#include "world_impl.h"

#define WIRE_TOKEN      PL_STR("sandbox")
#define WIRE_STATUS_OK  200
#define WIRE_STATUS_BAD 400

static pl_status_t wire_answer(plctl_world_t *world, uint64_t effect,
    pl_err_t *err);
static pl_status_t wire_of(plctl_world_t *world, uint64_t effect,
    pl_outgoing_t *out, bool *found, pl_err_t *err);
static pl_status_t wire_message(plctl_world_t *world,
    const pl_outgoing_t *out, Pl__SendResult *result, pl_err_t *err);
static pl_status_t wire_body(plctl_world_t *world, pl_answer_t *answer,
    pl_err_t *err);
static pl_status_t wire_templates(plctl_world_t *world,
    const Pl__SyncTemplates *sync, Pl__SendResult *result, pl_err_t *err);
static void wire_delay(const plctl_world_t *world, const Pl__Effect *effect,
    Pl__SendResult *result);
static pl_status_t wire_left(plctl_world_t *world, uint64_t effect,
    pl_err_t *err);


pl_status_t
plctl_world_attempt(plctl_world_t *world, const pl_due_t *due, pl_err_t *err)
{
    bool           found;
    uint64_t       entry;
    Pl__Attempt    attempt;
    pl_status_t    rc;
    Pl__Command    command = PL__COMMAND__INIT;
    pl_outgoing_t  out;

    attempt = due->attempt;
    attempt.epoch = world->epoch;
    command.of_case = PL__COMMAND__OF_ATTEMPT;
    command.attempt = &attempt;

    rc = plctl_world_append(world, &command, false, &entry, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = wire_of(world, attempt.effect, &out, &found, err);
    if (rc != PL_OK || !found) {
        return rc;                      /* policy had another mind */
    }

    if (out.attempt->effect->of_case == PL__EFFECT__OF_SEND_MESSAGE) {

        rc = wire_left(world, attempt.effect, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (world->provider == PLCTL_PROVIDER_HOLD) {

            if (world->n_held == PLCTL_WORLD_HELD_MAX) {
                return pl_err_set(err, PL_TOOBIG, "", 0,
                                  "the provider holds more than %d messages",
                                  PLCTL_WORLD_HELD_MAX);
            }

            world->held[world->n_held++] = attempt.effect;
            return PL_OK;
        }
    }

    return wire_answer(world, attempt.effect, err);
}


pl_status_t
plctl_world_provider(plctl_world_t *world, plctl_provider_e how, int code,
    pl_err_t *err)
{
    size_t       i, n;
    uint64_t     held[PLCTL_WORLD_HELD_MAX];
    pl_status_t  rc;

    world->provider = how;
    world->code = code;

    if (how == PLCTL_PROVIDER_HOLD) {
        return PL_OK;
    }

    n = world->n_held;
    memcpy(held, world->held, n * sizeof(held[0]));
    world->n_held = 0;

    for (i = 0; i < n; i++) {
        rc = wire_answer(world, held[i], err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return plctl_world_turn(world, world->now_ms, err);
}


pl_status_t
plctl_world_status(plctl_world_t *world, uint64_t message, const char *word,
    pl_err_t *err)
{
    char                 mark[PL_MARK_SIZE];
    pl_status_t          rc;
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__Message         *row;
    Pl__DeliveryStatus   status = PL__DELIVERY_STATUS__INIT;

    rc = plctl_world_message(world, message, &row, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_fold_mark(world->fold, mark);

    status.account = (char *) PLCTL_WORLD_ACCOUNT;
    status.provider_id = row->provider_id != NULL ? row->provider_id
                                                  : (char *) "wamid.none";
    status.status = (char *) word;
    status.time_s = world->now_ms / 1000;
    status.has_message = 1;
    status.message = message;
    status.mark = mark;
    status.recipient = row->address == NULL ? NULL : row->address->value;
    command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    command.delivery_status = &status;

    return plctl_world_do(world, &command, true, err);
}


static pl_status_t
wire_answer(plctl_world_t *world, uint64_t effect, pl_err_t *err)
{
    bool             found;
    uint64_t         entry;
    pl_status_t      rc;
    Pl__Command      command = PL__COMMAND__INIT;
    pl_outgoing_t    out;
    plctl_event_t   *event;
    Pl__SendResult   result = PL__SEND_RESULT__INIT;

    rc = wire_of(world, effect, &out, &found, err);
    if (rc != PL_OK || !found) {
        return rc;
    }

    result.effect = effect;
    result.epoch = world->epoch;

    switch (out.attempt->effect->of_case) {
    case PL__EFFECT__OF_SEND_MESSAGE:
        rc = wire_message(world, &out, &result, err);
        break;
    case PL__EFFECT__OF_SYNC_TEMPLATES:
        rc = wire_templates(world, out.attempt->effect->sync_templates,
                            &result, err);
        break;
    default:
        result.outcome = PL__OUTCOME__OUTCOME_PERMANENT;
        result.reason = (char *) "there are no files here";
    }

    if (rc != PL_OK) {
        return rc;
    }

    wire_delay(world, out.attempt->effect, &result);

    if (result.outcome != PL__OUTCOME__OUTCOME_SENT && out.message != NULL) {
        event = plctl_world_event(world, PLCTL_EVENT_REFUSED);
        if (event == NULL) {
            return pl_err_set(err, PL_NOMEM, "answer", 0, "out of memory");
        }

        event->message = pl_outbox_message(out.attempt->effect);
        event->row = out.message;
        event->result = (Pl__SendResult *)
            pl_arena_dup(world->ctl->ar, &result, sizeof(result));
    }

    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;

    return plctl_world_append(world, &command, false, &entry, err);
}


/* What is on the wire, in ctl's arena; found false: nothing of ours. */

static pl_status_t
wire_of(plctl_world_t *world, uint64_t effect, pl_outgoing_t *out,
    bool *found, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = pl_store_begin(world->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_outbox_attempt(txn, effect, world->ctl->ar, out, err);
    pl_store_abort(txn);

    *found = rc == PL_OK && out->attempt->epoch == world->epoch;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/*
 * The request is built, since that is where a message shows to be none that
 * the provider takes; as with the sender it then ends for good.
 */

static pl_status_t
wire_message(plctl_world_t *world, const pl_outgoing_t *out,
    Pl__SendResult *result, pl_err_t *err)
{
    char                      mark[PL_MARK_SIZE];
    pl_err_t                  why;
    pl_send_t                 send;
    pl_answer_t               answer;
    pl_status_t               rc;
    pl_request_t              request;
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(world->ctl->settings,
                               out->attempt->effect->channel);

    if (conf == NULL || conf->provider == NULL || out->message == NULL) {
        result->outcome = PL__OUTCOME__OUTCOME_PERMANENT;
        result->reason = (char *) "no such channel or message";
        return PL_OK;
    }

    pl_fold_mark(world->fold, mark);

    memset(&send, 0, sizeof(send));
    send.channel = conf->row;
    send.message = out->message;
    send.message_id = pl_outbox_message(out->attempt->effect);
    send.mark = mark;
    send.token = WIRE_TOKEN;

    rc = conf->provider->build(world->ctl->shapes, &send, world->ar,
                               &request, &why);
    if (rc == PL_INVALID) {
        result->outcome = PL__OUTCOME__OUTCOME_PERMANENT;
        result->reason = pl_arena_printf(world->ctl->ar, "%s: %s", why.path,
                                         why.text);
        return PL_OK;
    }

    if (rc == PL_OK) {
        rc = wire_body(world, &answer, err);
    }

    return rc == PL_OK
           ? conf->provider->classify(world->ctl->shapes, &answer,
                                      world->ctl->ar, result, err)
           : rc;
}


/* An answer as the Cloud API writes it. An error is told once. */

static pl_status_t
wire_body(plctl_world_t *world, pl_answer_t *answer, pl_err_t *err)
{
    const char  *body;

    memset(answer, 0, sizeof(*answer));
    answer->wire = PL__WIRE_STAGE__WIRE_STAGE_ANSWERED;
    answer->now_ms = world->now_ms;
    answer->status = WIRE_STATUS_OK;

    switch (world->provider) {

    case PLCTL_PROVIDER_CODE:
        answer->status = WIRE_STATUS_BAD;
        body = pl_arena_printf(world->ctl->ar,
                               "{\"error\":{\"message\":\"by the script\","
                               "\"type\":\"OAuthException\",\"code\":%d}}",
                               world->code);
        break;

    case PLCTL_PROVIDER_HTTP:
        answer->status = world->code;
        body = "";
        break;

    default:
        body = pl_arena_printf(world->ctl->ar,
                               "{\"messaging_product\":\"whatsapp\","
                               "\"messages\":[{\"id\":\"wamid.OUT%" PRIu64
                               "\"}]}", plctl_world_draw(world));
        break;
    }

    if (world->provider != PLCTL_PROVIDER_HOLD) {
        world->provider = PLCTL_PROVIDER_OK;
    }

    if (body == NULL) {
        return pl_err_set(err, PL_NOMEM, "answer", 0, "out of memory");
    }

    answer->body = pl_str_c(body);

    return PL_OK;
}


/* A page of the templates: they stand there by number, from `after` on. */

static pl_status_t
wire_templates(plctl_world_t *world, const Pl__SyncTemplates *sync,
    Pl__SendResult *result, pl_err_t *err)
{
    size_t                 left;
    int64_t                after;
    Pl__TemplateListing   *listing;

    after = 0;

    if (sync->after != NULL
        && (pl_str_int(pl_str_c(sync->after), &after) != PL_OK || after < 0
            || (size_t) after > world->conf.n_templates))
    {
        after = 0;
    }

    listing = pl_arena_alloc(world->ctl->ar, sizeof(*listing));
    if (listing == NULL) {
        return pl_err_set(err, PL_NOMEM, "answer", 0, "out of memory");
    }

    left = world->conf.n_templates - (size_t) after;

    pl__template_listing__init(listing);
    listing->templates = world->conf.templates + after;
    listing->n_templates = left < sync->limit ? left : sync->limit;

    if (listing->n_templates < left) {
        listing->after = pl_arena_printf(world->ctl->ar, "%zu",
                                         (size_t) after
                                         + listing->n_templates);
    }

    result->outcome = PL__OUTCOME__OUTCOME_SENT;
    result->listing = listing;

    return PL_OK;
}


/* As the sender's, with the longest of the delays that it draws from. */

static void
wire_delay(const plctl_world_t *world, const Pl__Effect *effect,
    Pl__SendResult *result)
{
    int64_t                   delay, least;
    pl_retry_t                row;
    const pl_channel_conf_t  *conf;

    switch (result->outcome) {
    case PL__OUTCOME__OUTCOME_RETRY:
    case PL__OUTCOME__OUTCOME_THROTTLE:
    case PL__OUTCOME__OUTCOME_ACCOUNT:
        break;
    default:
        result->has_retry_ms = 0;
        return;
    }

    conf = pl_settings_channel(world->ctl->settings, effect->channel);
    row = pl_retry_of(conf == NULL ? NULL : conf->row,
                      pl_retry_class(effect->of_case, result->outcome,
                                     false));
    delay = result->has_retry_ms ? result->retry_ms : 0;
    least = pl_retry_delay(&row, effect->attempts + 1, UINT32_MAX);

    result->has_retry_ms = 1;
    result->retry_ms = world->now_ms + (delay > least ? delay : least);
}


static pl_status_t
wire_left(plctl_world_t *world, uint64_t effect, pl_err_t *err)
{
    bool            found;
    pl_status_t     rc;
    pl_outgoing_t   out;
    plctl_event_t  *event;

    rc = wire_of(world, effect, &out, &found, err);
    if (rc != PL_OK || !found) {
        return rc;
    }

    event = plctl_world_event(world, PLCTL_EVENT_LEFT);
    if (event == NULL) {
        return pl_err_set(err, PL_NOMEM, "attempt", 0, "out of memory");
    }

    event->message = pl_outbox_message(out.attempt->effect);
    event->row = out.message;

    return PL_OK;
}
