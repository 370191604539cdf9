/*
 * check: the outbox, what stands in `due`, what is on the wire, and what
 * ended badly.
 *
 * An effect's row stays in `outbox` until it ends, while its attempt is on
 * the wire as well. Its conversation's list of that channel and lane names
 * it, once; the first of a list that has a row is its queue's head. The head
 * has exactly one row in `due`, unless its attempt is out; no other row has
 * one. An errand is in no list, and always a head. A head that a hold has set
 * aside has its row behind its channel's lanes (check_holds.c).
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/errand.h"
#include "../engine/media.h"
#include "check.h"


static pl_status_t queues_outbox(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t queues_listed(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Effect *effect, bool *head,
    pl_err_t *err);
static pl_status_t queues_fetch(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Effect *effect, pl_err_t *err);
static const Pl__Queue *queues_of(const Pl__Conversation *conv,
    const Pl__Effect *effect);
static pl_status_t queues_head(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Effect *effect, bool head,
    bool flying, pl_err_t *err);
static pl_status_t queues_due(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t queues_attempt(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t queues_dead(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t queues_unknown(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t queues_ended(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Effect *effect, pl_err_t *err);
static pl_status_t queues_message(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Effect *effect,
    Pl__MessageState low, Pl__MessageState high, pl_err_t *err);
static void queues_lost(plctl_check_t *check);


pl_status_t
plctl_check_queues(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    check->heads = 0;
    check->wanted_in = 0;

    rc = plctl_check_walk(check, PL_TABLE_OUTBOX, 8,
                          &pl__effect__descriptor, queues_outbox, err);

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_DUE, PL_KEY_DUE_LEN, NULL,
                              queues_due, err);
    }

    if (rc == PL_OK && check->counts[PL_TABLE_DUE] != check->heads) {
        plctl_check_find(check, PL_TABLE_DUE, PL_STR_NULL,
                         "%" PRIu64 " rows for %" PRIu64 " heads of queues",
                         check->counts[PL_TABLE_DUE], check->heads);
    }

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_ATTEMPTS, 8,
                              &pl__attempt_record__descriptor,
                              queues_attempt, err);
    }

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_DEAD, 12,
                              &pl__dead_letter__descriptor, queues_dead,
                              err);
    }

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_UNKNOWN, 12,
                              &pl__unknown_send__descriptor, queues_unknown,
                              err);
    }

    if (rc == PL_OK) {
        queues_lost(check);
    }

    return rc;
}


/* A status may be quicker than the answer to a send that is on the wire. */

static pl_status_t
queues_outbox(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    bool               head, flying;
    pl_key_t           key;
    pl_status_t        rc;
    const Pl__Effect  *effect;

    effect = (const Pl__Effect *) row->msg;
    plctl_check_id(check, row, effect->id);

    if (effect->id != pl_be64(row->key.data)) {
        plctl_check_find(check, row->table, row->key,
                         "calls itself eff_%" PRIu64, effect->id);
    }

    rc = queues_listed(check, row, effect, &head, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_seq(&key, effect->id);

    rc = plctl_check_has(check, PL_TABLE_ATTEMPTS, pl_key_str(&key), &flying,
                         err);

    if (rc == PL_OK) {
        rc = queues_head(check, row, effect, head, flying, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (effect->of_case == PL__EFFECT__OF_FETCH_MEDIA) {
        return queues_fetch(check, row, effect, err);
    }

    return queues_message(check, row, effect,
                          PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED,
                          flying ? PL__MESSAGE_STATE__MESSAGE_STATE_PLAYED
                                 : PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED,
                          err);
}


/* Its queue names it, and none that is still there before it: *head. */

static pl_status_t
queues_listed(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Effect *effect, bool *head, pl_err_t *err)
{
    bool                has;
    size_t              i;
    pl_key_t            key;
    pl_party_t          party;
    pl_status_t         rc;
    const Pl__Queue    *queue;
    ProtobufCMessage   *msg;

    *head = true;

    if (pl_errand(effect) != NULL) {
        return PL_OK;                   /* it is in none */
    }

    party.tenant = effect->tenant;
    party.kind = effect->party_kind;
    party.party = effect->party;

    pl_key_party(&key, &party);
    rc = plctl_check_get(check, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                         &pl__conversation__descriptor, check->ar, &msg,
                         err);
    if (rc != PL_OK) {
        return rc;
    }

    queue = queues_of((const Pl__Conversation *) msg, effect);

    for (i = 0; queue != NULL && i < queue->n_effects; i++) {

        if (queue->effects[i] == effect->id) {
            return PL_OK;
        }

        pl_key_seq(&key, queue->effects[i]);
        rc = plctl_check_has(check, PL_TABLE_OUTBOX, pl_key_str(&key), &has,
                             err);
        if (rc != PL_OK) {
            return rc;
        }

        *head = *head && !has;
    }

    plctl_check_find(check, row->table, row->key,
                     "is in no queue of its conversation");

    return PL_OK;
}


/* Its message is there, and wants its file. */

static pl_status_t
queues_fetch(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Effect *effect, pl_err_t *err)
{
    pl_key_t            key;
    pl_status_t         rc;
    ProtobufCMessage   *msg;
    const Pl__Media    *media;

    pl_key_seq(&key, effect->fetch_media->message);

    rc = plctl_check_get(check, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &pl__message__descriptor, check->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (msg != NULL && ((const Pl__Message *) msg)->has_erased) {
        return PL_OK;                   /* it ends when it is begun */
    }

    media = msg == NULL ? NULL
            : pl_media_of(((const Pl__Message *) msg)->content, NULL);

    if (media == NULL || !media->has_state
        || media->state != PL__MEDIA_STATE__MEDIA_STATE_WANTED)
    {
        plctl_check_find(check, row->table, row->key,
                         "msg_%" PRIu64 " wants no file",
                         effect->fetch_media->message);
        return PL_OK;
    }

    check->wanted_in++;

    return PL_OK;
}


static const Pl__Queue *
queues_of(const Pl__Conversation *conv, const Pl__Effect *effect)
{
    size_t  i;

    for (i = 0; conv != NULL && i < conv->n_queues; i++) {
        if (conv->queues[i]->channel == effect->channel
            && conv->queues[i]->lane == effect->lane)
        {
            return conv->queues[i];
        }
    }

    return NULL;
}


static pl_status_t
queues_head(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Effect *effect, bool head, bool flying, pl_err_t *err)
{
    bool         due;
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_due(&key, effect);

    rc = plctl_check_has(check, PL_TABLE_DUE, pl_key_str(&key), &due, err);
    if (rc == PL_OK) {
        rc = plctl_check_aside(check, row, effect, &due, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (head && !flying) {
        check->heads++;

        if (!due) {
            plctl_check_find(check, row->table, row->key,
                             "heads its queue and is not due");
        }

        return PL_OK;
    }

    if (due) {
        plctl_check_find(check, row->table, row->key,
                         flying ? "is on the wire and due"
                                : "waits in its queue and is due");
    }

    return PL_OK;
}


static pl_status_t
queues_due(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    int64_t            due_ms;
    uint8_t            lane;
    uint32_t           tenant, channel;
    uint64_t           id, party;
    pl_key_t           key;
    pl_str_t           place;
    pl_status_t        rc;
    Pl__PartyKind      kind;
    ProtobufCMessage  *msg;
    const Pl__Effect  *effect;

    if (pl_record_read_bytes(row->table, row->value, &place, err) == PL_OK
        && (row->key.data[PL_KEY_DUE_LANE] & PL_KEY_DUE_ASIDE) != 0)
    {
        return plctl_check_set_aside(check, row, place, err);
    }

    if (pl_record_read_bytes(row->table, row->value, &place, err) != PL_OK
        || !pl_key_place_parse(place, &kind, &party)
        || !pl_key_due_parse(row->key, &tenant, &channel, &lane, &due_ms,
                             &id))
    {
        plctl_check_find(check, row->table, row->key, "is no index row");
        return PL_OK;
    }

    pl_key_seq(&key, id);

    rc = plctl_check_get(check, PL_TABLE_OUTBOX, pl_key_str(&key),
                         &pl__effect__descriptor, check->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    effect = (const Pl__Effect *) msg;

    if (effect != NULL) {
        pl_key_due(&key, effect);
    }

    if (effect == NULL || !pl_str_eq(pl_key_str(&key), row->key)
        || effect->party_kind != kind || effect->party != party)
    {
        plctl_check_find(check, row->table, row->key,
                         "leads to no effect that is due then");
    }

    return PL_OK;
}


static pl_status_t
queues_attempt(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    bool                      has;
    pl_key_t                  key;
    pl_status_t               rc;
    const Pl__AttemptRecord  *attempt;

    attempt = (const Pl__AttemptRecord *) row->msg;

    if (attempt->effect->id != pl_be64(row->key.data)) {
        plctl_check_find(check, row->table, row->key,
                         "holds eff_%" PRIu64, attempt->effect->id);
    }

    if (check->meta != NULL && attempt->epoch != check->meta->epoch) {
        plctl_check_find(check, row->table, row->key,
                         "is of epoch %" PRIu64 ", the newest sender's is %"
                         PRIu64, attempt->epoch, check->meta->epoch);
    }

    pl_key_seq(&key, attempt->effect->id);

    rc = plctl_check_has(check, PL_TABLE_OUTBOX, pl_key_str(&key), &has,
                         err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key,
                         "is on the wire and not in the outbox");
    }

    return rc;
}


static pl_status_t
queues_dead(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    pl_status_t        rc;
    const Pl__Effect  *effect;

    effect = ((const Pl__DeadLetter *) row->msg)->effect;

    rc = queues_ended(check, row, effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    return queues_message(check, row, effect,
                          PL__MESSAGE_STATE__MESSAGE_STATE_FAILED,
                          PL__MESSAGE_STATE__MESSAGE_STATE_PLAYED, err);
}


static pl_status_t
queues_unknown(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    bool               has;
    pl_status_t        rc;
    const Pl__Effect  *effect;

    effect = ((const Pl__UnknownSend *) row->msg)->effect;

    rc = queues_ended(check, row, effect, err);

    if (rc == PL_OK) {
        rc = plctl_check_has(check, PL_TABLE_DEAD, row->key, &has, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (has) {
        plctl_check_find(check, row->table, row->key,
                         "is a dead letter as well");
    }

    return queues_message(check, row, effect,
                          PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN,
                          PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN, err);
}


/* What is dead or unknown has left the outbox and the wire. */

static pl_status_t
queues_ended(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Effect *effect, pl_err_t *err)
{
    bool         has;
    pl_key_t     key;
    pl_status_t  rc;

    plctl_check_id(check, row, effect->id);
    pl_key_tenant_seq(&key, effect->tenant, effect->id);

    if (!pl_str_eq(pl_key_str(&key), row->key)) {
        plctl_check_find(check, row->table, row->key,
                         "holds eff_%" PRIu64, effect->id);
    }

    pl_key_seq(&key, effect->id);

    rc = plctl_check_has(check, PL_TABLE_OUTBOX, pl_key_str(&key), &has,
                         err);

    if (rc == PL_OK && has) {
        plctl_check_find(check, row->table, row->key,
                         "is in the outbox as well");
    }

    if (rc == PL_OK) {
        rc = plctl_check_has(check, PL_TABLE_ATTEMPTS, pl_key_str(&key),
                             &has, err);
    }

    if (rc == PL_OK && has) {
        plctl_check_find(check, row->table, row->key,
                         "is on the wire as well");
    }

    return rc;
}


/* Its message is there, goes out to the same party, and stands right. */

static pl_status_t
queues_message(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Effect *effect, Pl__MessageState low, Pl__MessageState high,
    pl_err_t *err)
{
    pl_key_t            key;
    pl_status_t         rc;
    ProtobufCMessage   *msg;
    const Pl__Message  *message;

    if (effect->of_case != PL__EFFECT__OF_SEND_MESSAGE) {
        return PL_OK;
    }

    pl_key_seq(&key, effect->send_message->message);

    rc = plctl_check_get(check, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &pl__message__descriptor, check->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    message = (const Pl__Message *) msg;

    if (message == NULL) {
        plctl_check_find(check, row->table, row->key,
                         "its message msg_%" PRIu64 " is not there",
                         effect->send_message->message);
        return PL_OK;
    }

    if (message->direction != PL__DIRECTION__DIRECTION_OUT
        || message->tenant != effect->tenant
        || message->channel != effect->channel
        || message->party_kind != effect->party_kind
        || message->party != effect->party)
    {
        plctl_check_find(check, row->table, row->key,
                         "msg_%" PRIu64 " is not one that it may send",
                         effect->send_message->message);
    }

    if (row->table == PL_TABLE_OUTBOX) {
        check->queued_in += message->state
                            == PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;

    } else if (row->table == PL_TABLE_UNKNOWN) {
        check->doubtful_in += message->state
                              == PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN;
    }

    if (message->state < low || message->state > high) {
        plctl_check_find(check, row->table, row->key,
                         "msg_%" PRIu64 " is in state %s",
                         effect->send_message->message,
                         plctl_enum(check->ar,
                                    &pl__message_state__descriptor,
                                    (int) message->state));
    }

    return PL_OK;
}


/*
 * A message waits to be sent only by an effect: one that says it is queued
 * and has none would never leave. A message has one effect at most, so the
 * sums tell.
 */

static void
queues_lost(plctl_check_t *check)
{
    if (check->queued != check->queued_in) {
        plctl_check_find(check, PL_TABLE_OUTBOX, PL_STR_NULL,
                         "%" PRIu64 " messages are queued, the outbox has %"
                         PRIu64 " of them", check->queued, check->queued_in);
    }

    if (check->wanted != check->wanted_in) {
        plctl_check_find(check, PL_TABLE_OUTBOX, PL_STR_NULL,
                         "%" PRIu64 " messages want their file, the outbox "
                         "has %" PRIu64 " of them", check->wanted,
                         check->wanted_in);
    }

    if (check->doubtful != check->doubtful_in) {
        plctl_check_find(check, PL_TABLE_UNKNOWN, PL_STR_NULL,
                         "%" PRIu64 " messages are unknown, the table has %"
                         PRIu64 " of them", check->doubtful,
                         check->doubtful_in);
    }
}
