/*
 * The outbox: queues of effects, one for each party, channel and lane.
 *
 * An effect's row stands in `outbox` under its own number, at the right
 * edge, until it ends, also while its attempt is on the wire. Which queue it
 * waits in, and behind whom, says the party's conversation, a record that is
 * written anyway when a message is added: so a queue costs no page of its
 * own. What has ended is not taken out there at once: an id without a row
 * has ended, and leaves the list when the next effect is added. So ending an
 * effect writes no conversation.
 *
 * The head is the first of a list that still has a row. Only the head ever
 * has a row in `due`, and a head whose attempt is out has none: that is what
 * keeps order, and what lets a retry hold back nothing but its own queue.
 *
 * What holds a head may set its row aside (queue_aside.c).
 *
 * An errand (errand.h) is in no queue: it is a head from the first.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"
#include "collapse.h"
#include "errand.h"
#include "later.h"

static pl_status_t queue_enter(pl_apply_t *ap, Pl__Conversation *conv,
    Pl__Effect *effect, bool last, pl_err_t *err);
static pl_status_t queue_back(pl_apply_t *ap, Pl__Effect *effect,
    pl_err_t *err);
static pl_status_t queue_overtake(pl_apply_t *ap, const Pl__Queue *queue,
    const Pl__Effect *effect, pl_err_t *err);
static bool queue_behind(const Pl__Queue *queue, uint64_t a, uint64_t b);
static pl_status_t queue_out(pl_apply_t *ap, const Pl__Effect *effect,
    pl_err_t *err);
static pl_status_t queue_next(pl_apply_t *ap, const Pl__Effect *effect,
    pl_err_t *err);
static pl_status_t queue_conv(pl_apply_t *ap, const Pl__Effect *effect,
    pl_party_t *party, Pl__Conversation **conv, pl_err_t *err);
static Pl__Queue *queue_find(const Pl__Conversation *conv,
    const Pl__Effect *effect);
static pl_status_t queue_make(pl_apply_t *ap, Pl__Conversation *conv,
    const Pl__Effect *effect, Pl__Queue **queue, pl_err_t *err);
static pl_status_t queue_insert(pl_apply_t *ap, Pl__Queue *queue,
    uint64_t id, bool last, pl_err_t *err);
static pl_status_t queue_trim(pl_apply_t *ap, Pl__Queue *queue, size_t max,
    pl_err_t *err);
static pl_status_t queue_first(pl_apply_t *ap, const Pl__Queue *queue,
    uint64_t except, Pl__Effect **first, pl_err_t *err);
static pl_status_t queue_row(pl_apply_t *ap, uint64_t id,
    Pl__Effect **effect, pl_err_t *err);
static pl_status_t queue_has(pl_apply_t *ap, pl_table_e table, uint64_t id,
    bool *has, pl_err_t *err);
static pl_status_t queue_put_row(pl_apply_t *ap, const Pl__Effect *effect,
    bool newest, pl_err_t *err);
static pl_status_t queue_due(pl_apply_t *ap, const Pl__Effect *effect,
    bool on, pl_err_t *err);


pl_status_t
pl_queue_add(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, uint64_t message_id, Pl__Message *message,
    const pl_queue_how_t *how, pl_err_t *err)
{
    Pl__Effect       effect = PL__EFFECT__INIT;
    Pl__SendMessage  send = PL__SEND_MESSAGE__INIT;

    send.message = message_id;
    effect.of_case = PL__EFFECT__OF_SEND_MESSAGE;
    effect.send_message = &send;

    effect.id = pl_apply_id(ap);
    effect.tenant = party->tenant;
    effect.channel = message->channel;
    effect.party_kind = party->kind;
    effect.party = party->party;
    effect.contact = message->contact;
    effect.lane = how->lane;
    effect.has_campaign = (how->campaign != 0);
    effect.campaign = how->campaign;
    effect.created_ms = ap->now_ms;
    effect.due_ms = ap->now_ms;
    effect.has_expires_ms = (how->expires_ms != 0);
    effect.expires_ms = how->expires_ms;
    effect.collapse_key = (char *) how->collapse_key;

    return how->at_ms > ap->now_ms
           ? pl_later_add(ap, &effect, how->at_ms, err)
           : pl_queue_arrive(ap, conv, message, &effect, err);
}


pl_status_t
pl_queue_arrive(pl_apply_t *ap, Pl__Conversation *conv, Pl__Message *message,
    Pl__Effect *effect, pl_err_t *err)
{
    pl_status_t      rc;
    pl_decided_t    out;
    pl_policy_in_t   in = { 0 };

    in.message = message;
    in.conversation = conv;
    in.channel = pl_settings_channel(ap->settings, message->channel);
    in.expires_ms = effect->expires_ms;
    in.now_ms = ap->now_ms;

    rc = pl_outgoing_decide(ap, &in, NULL, &out, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (out.verdict.decision == PL_POLICY_BLOCK) {
        return pl_outgoing_blocked(ap, effect, &out, err);
    }

    if (out.verdict.decision == PL_POLICY_DEFER) {
        return pl_later_put_off(ap, effect, message, &out, err);
    }

    if (out.replaced) {
        rc = pl_outgoing_replace(ap, effect->send_message->message, message,
                                 out.why, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return queue_enter(ap, conv, effect, true, err);
}


pl_status_t
pl_queue_put(pl_apply_t *ap, Pl__Effect *effect, pl_err_t *err)
{
    bool               has;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    if (pl_errand(effect) != NULL) {
        rc = queue_due(ap, effect, true, err);
        return rc == PL_OK ? queue_put_row(ap, effect, false, err) : rc;
    }

    rc = queue_has(ap, PL_TABLE_OUTBOX, effect->id, &has, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (has) {
        return queue_back(ap, effect, err);
    }

    rc = queue_conv(ap, effect, &party, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = queue_enter(ap, conv, effect, false, err);

    return rc == PL_OK ? pl_conversation_put(ap, &party, conv, err) : rc;
}


pl_status_t
pl_queue_end(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    pl_status_t  rc;

    rc = queue_out(ap, effect, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    return pl_errand(effect) != NULL ? PL_OK : queue_next(ap, effect, err);
}


pl_status_t
pl_queue_end_behind(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    pl_status_t  rc;

    rc = queue_out(ap, effect, err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_queue_hold(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    return queue_due(ap, effect, false, err);
}


pl_status_t
pl_queue_heads(pl_apply_t *ap, const Pl__Effect *effect, bool *heads,
    pl_err_t *err)
{
    pl_key_t     key;
    pl_str_t     value;
    pl_status_t  rc;

    pl_key_due(&key, effect);

    rc = pl_store_get(ap->txn, PL_TABLE_DUE, pl_key_str(&key), &value, err);
    *heads = (rc == PL_OK);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_queue_get(pl_apply_t *ap, const Pl__Attempt *in, Pl__Effect **effect,
    pl_err_t *err)
{
    return queue_row(ap, in->effect, effect, err);
}


/*
 * A new effect goes last; one brought back from the dead behind those that
 * were made before it. The conversation is the caller's to store. A queue
 * that is full takes no more: the effect ends as a dead letter, visibly.
 */

static pl_status_t
queue_enter(pl_apply_t *ap, Pl__Conversation *conv, Pl__Effect *effect,
    bool last, pl_err_t *err)
{
    bool          newest, waits;
    Pl__Queue    *queue;
    pl_status_t   rc;

    rc = effect->collapse_key != NULL ? pl_collapse_take(ap, effect, err)
                                      : PL_OK;

    if (rc == PL_OK) {
        rc = queue_make(ap, conv, effect, &queue, err);
    }

    if (rc == PL_OK) {
        rc = queue_trim(ap, queue, PL_QUEUE_MAX - 1, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (queue->n_effects >= PL_QUEUE_MAX) {
        return pl_queue_dead(ap, effect, "its queue is full", NULL, 0, err);
    }

    newest = (effect->id == ap->meta->next_id - 1);
    waits = (queue->n_effects != 0);    /* trimmed: the first is there */

    rc = queue_insert(ap, queue, effect->id, last, err);

    if (rc == PL_OK && !(last && waits)) {
        rc = queue_overtake(ap, queue, effect, err);
    }

    return rc == PL_OK ? queue_put_row(ap, effect, newest, err) : rc;
}


/* A head that comes back from an attempt, with what has changed of it. */

static pl_status_t
queue_back(pl_apply_t *ap, Pl__Effect *effect, pl_err_t *err)
{
    pl_party_t         party;
    Pl__Queue         *queue;
    Pl__Effect        *first;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    rc = queue_conv(ap, effect, &party, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    queue = queue_find(conv, effect);

    rc = queue_first(ap, queue, 0, &first, err);

    if (rc == PL_OK && first->id == effect->id) {
        rc = queue_due(ap, effect, true, err);
    }

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    return queue_put_row(ap, effect, false, err);
}


/*
 * Makes an effect due that has just entered its queue, if it heads it; who
 * headed it until then is due no more.
 */

static pl_status_t
queue_overtake(pl_apply_t *ap, const Pl__Queue *queue,
    const Pl__Effect *effect, pl_err_t *err)
{
    Pl__Effect   *first;
    pl_status_t   rc;

    rc = queue_first(ap, queue, effect->id, &first, err);

    if (rc == PL_NOTFOUND) {
        return queue_due(ap, effect, true, err);
    }

    if (rc != PL_OK || queue_behind(queue, effect->id, first->id)) {
        return rc;
    }

    rc = queue_due(ap, first, false, err);

    return rc == PL_OK ? queue_due(ap, effect, true, err) : rc;
}


/* Does a stand behind b? Both are listed. */

static bool
queue_behind(const Pl__Queue *queue, uint64_t a, uint64_t b)
{
    size_t  i;

    for (i = 0; i < queue->n_effects && queue->effects[i] != a; i++) {
        if (queue->effects[i] == b) {
            return true;
        }
    }

    return false;
}


/* Its rows go, all of them. PL_NOTFOUND: it had ended. */

static pl_status_t
queue_out(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    rc = queue_due(ap, effect, false, err);

    if (rc == PL_OK && effect->collapse_key != NULL) {
        rc = pl_collapse_leave(ap, effect, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    pl_key_seq(&key, effect->id);

    return pl_store_del(ap->txn, PL_TABLE_OUTBOX, pl_key_str(&key), err);
}


/*
 * The next of the queue that `effect` has left becomes due; where it was not
 * the head, who heads it stands as it stood, also aside.
 */

static pl_status_t
queue_next(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    bool               flying, aside = false;
    Pl__Effect        *next;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    rc = queue_conv(ap, effect, &party, &conv, err);

    if (rc == PL_OK) {
        rc = queue_first(ap, queue_find(conv, effect), effect->id, &next,
                         err);
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    /* A letter brought back from the dead can be out beside another. */

    rc = queue_has(ap, PL_TABLE_ATTEMPTS, next->id, &flying, err);

    if (rc == PL_OK && !flying) {
        rc = pl_queue_is_aside(ap, next, &aside, err);
    }

    return rc == PL_OK && !flying && !aside
           ? queue_due(ap, next, true, err) : rc;
}


static pl_status_t
queue_conv(pl_apply_t *ap, const Pl__Effect *effect, pl_party_t *party,
    Pl__Conversation **conv, pl_err_t *err)
{
    party->tenant = effect->tenant;
    party->kind = effect->party_kind;
    party->party = effect->party;

    return pl_conversation_get(ap, party, conv, err);
}


/* NULL: nothing waits there. */

static Pl__Queue *
queue_find(const Pl__Conversation *conv, const Pl__Effect *effect)
{
    size_t  i;

    for (i = 0; i < conv->n_queues; i++) {
        if (conv->queues[i]->channel == effect->channel
            && conv->queues[i]->lane == effect->lane)
        {
            return conv->queues[i];
        }
    }

    return NULL;
}


/* A conversation has few: one for each channel and lane that was used. */

static pl_status_t
queue_make(pl_apply_t *ap, Pl__Conversation *conv, const Pl__Effect *effect,
    Pl__Queue **queue, pl_err_t *err)
{
    size_t       n;
    Pl__Queue  **list;

    *queue = queue_find(conv, effect);
    if (*queue != NULL) {
        return PL_OK;
    }

    n = conv->n_queues;
    list = pl_arena_alloc(ap->ar, (n + 1) * sizeof(*list));
    *queue = pl_arena_alloc(ap->ar, sizeof(**queue));
    if (list == NULL || *queue == NULL) {
        return pl_err_set(err, PL_NOMEM, "queue", 0, "out of memory");
    }

    pl__queue__init(*queue);
    (*queue)->channel = effect->channel;
    (*queue)->lane = effect->lane;

    if (n != 0) {
        memcpy(list, conv->queues, n * sizeof(*list));
    }

    list[n] = *queue;
    conv->queues = list;
    conv->n_queues = n + 1;

    return PL_OK;
}


/*
 * Last, or before the first that was made after it; one that had ended and
 * comes back may have its place still. A delayed send has an old number and
 * stands behind younger ones, so that the list need not be in order.
 */

static pl_status_t
queue_insert(pl_apply_t *ap, Pl__Queue *queue, uint64_t id, bool last,
    pl_err_t *err)
{
    size_t     i, n;
    uint64_t  *list;

    n = queue->n_effects;

    for (i = 0; !last && i < n; i++) {
        if (queue->effects[i] == id) {
            return PL_OK;
        }
    }

    for (i = last ? n : 0; i < n && queue->effects[i] < id; i++) {
        /* void */
    }

    list = pl_arena_alloc(ap->ar, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return pl_err_set(err, PL_NOMEM, "queue", 0, "out of memory");
    }

    if (n != 0) {
        memcpy(list, queue->effects, i * sizeof(*list));
        memcpy(list + i + 1, queue->effects + i, (n - i) * sizeof(*list));
    }

    list[i] = id;
    queue->effects = list;
    queue->n_effects = n + 1;

    return PL_OK;
}


/*
 * Takes those that have ended from the front of the list, and, where more
 * than max are left, from all of it.
 */

static pl_status_t
queue_trim(pl_apply_t *ap, Pl__Queue *queue, size_t max, pl_err_t *err)
{
    bool         has;
    size_t       i, n;
    pl_status_t  rc;

    for (i = 0, n = 0; i < queue->n_effects; i++) {

        rc = queue_has(ap, PL_TABLE_OUTBOX, queue->effects[i], &has, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (!has) {
            continue;
        }

        if (queue->n_effects - i + n <= max) {
            break;
        }

        queue->effects[n++] = queue->effects[i];
    }

    if (i != n) {
        memmove(queue->effects + n, queue->effects + i,
                (queue->n_effects - i) * sizeof(*queue->effects));
        queue->n_effects -= i - n;
    }

    return PL_OK;
}


/* The first that is still there, but for one. PL_NOTFOUND. */

static pl_status_t
queue_first(pl_apply_t *ap, const Pl__Queue *queue, uint64_t except,
    Pl__Effect **first, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    for (i = 0; queue != NULL && i < queue->n_effects; i++) {

        if (queue->effects[i] == except) {
            continue;
        }

        rc = queue_row(ap, queue->effects[i], first, err);
        if (rc != PL_NOTFOUND) {
            return rc;
        }
    }

    return PL_NOTFOUND;
}


static pl_status_t
queue_row(pl_apply_t *ap, uint64_t id, Pl__Effect **effect, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_seq(&key, id);

    rc = pl_record_get(ap->txn, PL_TABLE_OUTBOX, pl_key_str(&key),
                       &pl__effect__descriptor, ap->ar, &msg, err);
    *effect = (Pl__Effect *) msg;

    return rc;
}


static pl_status_t
queue_has(pl_apply_t *ap, pl_table_e table, uint64_t id, bool *has,
    pl_err_t *err)
{
    pl_key_t     key;
    pl_str_t     value;
    pl_status_t  rc;

    pl_key_seq(&key, id);

    rc = pl_store_get(ap->txn, table, pl_key_str(&key), &value, err);
    *has = (rc == PL_OK);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* newest: its id was drawn just now, so that the row is the last one. */

static pl_status_t
queue_put_row(pl_apply_t *ap, const Pl__Effect *effect, bool newest,
    pl_err_t *err)
{
    pl_key_t  key;

    pl_key_seq(&key, effect->id);
    pl_queue_secret(ap, effect);

    return pl_record_put(ap->txn, PL_TABLE_OUTBOX, pl_key_str(&key),
                         &effect->base, newest, err);
}


/* The value of a `due` row is the effect's place (keys.h). */

static pl_status_t
queue_due(pl_apply_t *ap, const Pl__Effect *effect, bool on, pl_err_t *err)
{
    pl_key_t     due, place;
    pl_status_t  rc;

    pl_key_due(&due, effect);

    if (!on) {
        rc = pl_store_del(ap->txn, PL_TABLE_DUE, pl_key_str(&due), err);
        return rc == PL_NOTFOUND ? pl_queue_unaside(ap, effect, err) : rc;
    }

    pl_key_place(&place, effect->party_kind, effect->party);

    return pl_record_put_bytes(ap->txn, PL_TABLE_DUE, pl_key_str(&due),
                               pl_key_str(&place), false, err);
}
