/*
 * See outcome.h.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/apply.h"
#include "../engine/dedupe.h"
#include "../engine/mark.h"
#include "../engine/request.h"
#include "../engine/state.h"
#include "../engine/status.h"
#include "aside.h"
#include "outcome.h"


#define LOOK_DAY_MS   86400000LL


struct plctl_look_s {
    plctl_t              *ctl;
    pl_txn_t             *txn;
    pl_apply_t            ap;           /* for the engine's own look-ups */
    Pl__StateMeta        *meta;
    plctl_aside_t         aside;
    uint64_t              newest;       /* message of this entry so far */
    uint32_t              at_s;         /* where a dedupe row would stand */
    int64_t               keep_ms;      /* of quarantine; 0: for ever */
    const Pl__Entry      *entry;
};

/* What the kinds of items that name a channel have alike. */
typedef struct {
    const char           *account;
    const char           *provider_id;
    int64_t               time_s;
} look_id_t;


static pl_status_t look_told(plctl_look_t *look, const Pl__Command *command,
    plctl_outcome_t *out, pl_err_t *err);
static pl_status_t look_message(plctl_look_t *look, const look_id_t *id,
    plctl_outcome_t *out, pl_err_t *err);
static pl_status_t look_seen(plctl_look_t *look,
    const pl_channel_conf_t *channel, const look_id_t *id, bool *seen,
    plctl_outcome_t *out, pl_err_t *err);
static pl_status_t look_event(plctl_look_t *look, const char *node,
    const char *field, const ProtobufCBinaryData *raw, int64_t time_s,
    plctl_outcome_t *out, pl_err_t *err);
static pl_status_t look_change(plctl_look_t *look,
    const Pl__ContactChange *in, plctl_outcome_t *out, pl_err_t *err);
static pl_status_t look_status(plctl_look_t *look,
    const Pl__DeliveryStatus *in, plctl_outcome_t *out, pl_err_t *err);
static pl_status_t look_status_of(plctl_look_t *look,
    const pl_channel_conf_t *channel, const Pl__DeliveryStatus *in,
    plctl_outcome_t *out, pl_err_t *err);
static bool look_fact(const Pl__Message *message, Pl__MessageState state);
static pl_status_t look_parked(plctl_look_t *look, uint32_t channel,
    const Pl__DeliveryStatus *in, plctl_outcome_t *out, pl_err_t *err);
static bool look_ours(const plctl_look_t *look,
    const Pl__DeliveryStatus *in);
static pl_status_t look_request(plctl_look_t *look,
    const Pl__SendRequest *in, plctl_outcome_t *out, pl_err_t *err);
static const pl_channel_conf_t *look_channel(const plctl_look_t *look,
    const char *account, size_t *at);
static bool look_old(const plctl_look_t *look, int64_t ms);
static plctl_verdict_e look_unseen(const plctl_look_t *look);
static plctl_verdict_e look_nowhere(const plctl_look_t *look);
static const void *look_field(const Pl__Command *command, const char *name);


const char *const  plctl_verdicts[PLCTL_VERDICTS] = {
    "stored", "duplicate", "quarantined", "applied", "parked", "told",
    "answered", "ignored", "untraced", "past", "missing"
};


pl_status_t
plctl_look_open(plctl_look_t **out, plctl_t *ctl, pl_txn_t *txn,
    const pl_settings_t *settings, uint64_t first, uint64_t last,
    pl_err_t *err)
{
    pl_status_t                rc;
    plctl_look_t              *look;
    const Pl__GlobalSettings  *global;

    *out = NULL;

    look = calloc(1, sizeof(plctl_look_t));
    if (look == NULL) {
        return pl_err_set(err, PL_NOMEM, "look", 0, "out of memory");
    }

    look->ctl = ctl;
    look->txn = txn;
    look->ap.txn = txn;
    look->ap.settings = settings;
    look->ap.hash = pl_hash_create();

    global = pl_settings_global(settings);
    if (global != NULL && global->keep != NULL) {
        look->keep_ms = global->keep->quarantine_ms;
    }

    rc = look->ap.hash == NULL
         ? pl_err_set(err, PL_NOMEM, "look", 0, "out of memory")
         : pl_state_meta(txn, ctl->ar, &look->meta, err);

    if (rc == PL_NOTFOUND) {
        rc = pl_err_set(err, rc, "look", 0,
                        "nothing of this journal has been folded yet");
    }

    if (rc == PL_OK) {
        look->ap.meta = look->meta;
        rc = plctl_aside_load(&look->aside, txn, first, last, err);
    }

    if (rc != PL_OK) {
        plctl_look_close(look);
        return rc;
    }

    *out = look;

    return PL_OK;
}


void
plctl_look_close(plctl_look_t *look)
{
    if (look == NULL) {
        return;
    }

    pl_hash_destroy(look->ap.hash);
    plctl_aside_free(&look->aside);
    free(look);
}


void
plctl_look_entry(plctl_look_t *look, uint64_t seq, const Pl__Entry *entry)
{
    look->entry = entry;
    look->newest = 0;
    look->ap.entry = seq;
    look->ap.now_ms = entry->time_ms;
    look->ap.provider = pl_str_c(entry->provider);
    look->ap.token = NULL;
}


void
plctl_look_decoded(plctl_look_t *look, const pl_decoded_t *decoded)
{
    look->ap.token = decoded->token;
}


/*
 * Quarantine comes last: an item that could not be handled then, and can be
 * now, has no other row, and one that has another was handled.
 */

pl_status_t
plctl_look_item(plctl_look_t *look, uint32_t item,
    const Pl__Command *command, pl_arena_t *ar, plctl_outcome_t *out,
    pl_err_t *err)
{
    bool         spent = false;
    pl_status_t  rc;

    memset(out, 0, sizeof(*out));
    out->verdict = PLCTL_UNTRACED;
    look->ap.ar = ar;

    if (command->of_case == PL__COMMAND__OF_ASKED) {
        command = command->asked->command;      /* a message has its key */
    }

    if (command->of_case == PL__COMMAND__OF_UNREADABLE_ITEM) {
        out->verdict = look_nowhere(look);
        rc = PL_OK;

    } else if (command->of_case == PL__COMMAND__OF_SEND_REQUEST) {
        rc = look_request(look, command->send_request, out, err);

    } else {
        rc = look_told(look, command, out, err);
    }

    if (rc == PL_OK && out->verdict >= PLCTL_UNTRACED
        && (plctl_aside_take(&look->aside, look->ap.entry, item,
                             plctl_command_path(command), &out->tenant)
            || (out->verdict == PLCTL_MISSING
                && plctl_look_whole(look, look->entry))))
    {
        out->verdict = PLCTL_QUARANTINED;
    }

    /* signed with a token that was good for another body */

    if (rc == PL_OK && out->verdict == PLCTL_MISSING
        && look->ap.token != NULL)
    {
        rc = pl_apply_spent(&look->ap, &spent, err);
        out->verdict = spent ? PLCTL_DUPLICATE : PLCTL_MISSING;
    }

    return rc;
}


bool
plctl_look_whole(plctl_look_t *look, const Pl__Entry *entry)
{
    return plctl_aside_whole(&look->aside, look->ap.entry, entry->body.len);
}


bool
plctl_look_pruned(const plctl_look_t *look)
{
    return look->keep_ms != 0 && look_old(look, look->keep_ms);
}


const char *
plctl_command_name(const Pl__Command *command)
{
    const ProtobufCFieldDescriptor  *field;

    field = protobuf_c_message_descriptor_get_field(
                &pl__command__descriptor, (unsigned) command->of_case);

    return field == NULL ? "unknown" : field->name;
}


const char *
plctl_command_path(const Pl__Command *command)
{
    const char *const  *path;

    path = look_field(command, "path");

    return path == NULL || *path == NULL ? "-" : *path;
}


/* ---- what a provider tells ------------------------------------------ */

static pl_status_t
look_told(plctl_look_t *look, const Pl__Command *c, plctl_outcome_t *out,
    pl_err_t *err)
{
    look_id_t  id;

    switch (c->of_case) {

    case PL__COMMAND__OF_INBOUND_MESSAGE:
        id.account = c->inbound_message->account;
        id.provider_id = c->inbound_message->provider_id;
        id.time_s = c->inbound_message->has_untimed
                    && c->inbound_message->untimed
                    ? 0 : c->inbound_message->time_s;
        return look_message(look, &id, out, err);

    case PL__COMMAND__OF_ECHO_MESSAGE:
        id.account = c->echo_message->account;
        id.provider_id = c->echo_message->provider_id;
        id.time_s = c->echo_message->time_s;
        return look_message(look, &id, out, err);

    case PL__COMMAND__OF_DELIVERY_STATUS:
        return look_status(look, c->delivery_status, out, err);

    case PL__COMMAND__OF_CHANNEL_CHANGE:
        return look_event(look, c->channel_change->node,
                          c->channel_change->field, &c->channel_change->raw,
                          c->channel_change->time_s, out, err);

    case PL__COMMAND__OF_TEMPLATE_CHANGE:
        return look_event(look, c->template_change->node,
                          c->template_change->field,
                          &c->template_change->raw,
                          c->template_change->time_s, out, err);

    case PL__COMMAND__OF_GROUP_CHANGE:
        return look_event(look, c->group_change->account,
                          c->group_change->field, &c->group_change->raw,
                          c->group_change->time_s, out, err);

    case PL__COMMAND__OF_CONTACT_CHANGE:
        return look_change(look, c->contact_change, out, err);

    default:
        return PL_OK;
    }
}


static pl_status_t
look_message(plctl_look_t *look, const look_id_t *id, plctl_outcome_t *out,
    pl_err_t *err)
{
    bool                      seen;
    size_t                    at;
    Pl__Message              *row;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    at = 0;
    seen = false;

    while (!seen && (channel = look_channel(look, id->account, &at)) != NULL)
    {
        rc = look_seen(look, channel, id, &seen, out, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    out->verdict = out->channel == 0 ? look_nowhere(look)
                                     : look_unseen(look);

    if (!seen) {
        return PL_OK;
    }

    out->verdict = PLCTL_MISSING;       /* messages stay, at any age */

    rc = pl_message_get(&look->ap, out->message, &row, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    out->row = row;

    /* numbers grow: the second of its kind in an entry is no news */

    out->verdict = row->entry == look->ap.entry
                   && out->message > look->newest
                   ? PLCTL_STORED : PLCTL_DUPLICATE;

    if (out->verdict == PLCTL_STORED) {
        look->newest = out->message;
    }

    return PL_OK;
}


static pl_status_t
look_seen(plctl_look_t *look, const pl_channel_conf_t *channel,
    const look_id_t *id, bool *seen, plctl_outcome_t *out, pl_err_t *err)
{
    pl_sight_t   sight;
    pl_status_t  rc;

    out->tenant = channel->tenant;
    out->channel = channel->row->id;

    rc = pl_dedupe_look(&look->ap, channel->row->id, id->provider_id,
                        id->time_s, &sight, seen, err);

    look->at_s = sight.time_s;
    out->message = rc == PL_OK && *seen ? sight.record : 0;

    return rc;
}


/* What an account tells is of every channel of it, in whichever tenant. */

static pl_status_t
look_event(plctl_look_t *look, const char *node, const char *field,
    const ProtobufCBinaryData *raw, int64_t time_s, plctl_outcome_t *out,
    pl_err_t *err)
{
    bool         seen;
    pl_str_t     bytes;
    pl_sight_t   sight;
    pl_status_t  rc;

    bytes.data = raw->data;
    bytes.len = raw->len;

    rc = pl_dedupe_event(&look->ap, node == NULL ? "" : node, field, bytes,
                         time_s, &sight, &seen, err);

    look->at_s = sight.time_s;
    out->verdict = rc == PL_OK && seen ? PLCTL_TOLD : look_unseen(look);

    return rc;
}


static pl_status_t
look_change(plctl_look_t *look, const Pl__ContactChange *in,
    plctl_outcome_t *out, pl_err_t *err)
{
    bool                      seen;
    size_t                    at;
    look_id_t                 id;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    id.account = in->account;
    id.time_s = in->time_s;
    id.provider_id = pl_arena_printf(look->ap.ar, "change %s",
                                     in->provider_id);
    if (id.provider_id == NULL) {
        return pl_err_set(err, PL_NOMEM, "look", 0, "out of memory");
    }

    at = 0;
    seen = false;

    while (!seen && (channel = look_channel(look, id.account, &at)) != NULL) {
        rc = look_seen(look, channel, &id, &seen, out, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    out->verdict = seen ? PLCTL_TOLD
                        : out->channel == 0 ? look_nowhere(look)
                                            : look_unseen(look);

    return PL_OK;
}


/* ---- statuses ------------------------------------------------------- */

static pl_status_t
look_status(plctl_look_t *look, const Pl__DeliveryStatus *in,
    plctl_outcome_t *out, pl_err_t *err)
{
    size_t                    at;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    at = 0;
    out->verdict = look_nowhere(look);

    while (out->verdict >= PLCTL_PAST
           && (channel = look_channel(look, in->account, &at)) != NULL)
    {
        rc = look_status_of(look, channel, in, out, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
look_status_of(plctl_look_t *look, const pl_channel_conf_t *channel,
    const Pl__DeliveryStatus *in, plctl_outcome_t *out, pl_err_t *err)
{
    Pl__Message       *message;
    pl_status_t        rc;
    Pl__MessageState   state;

    out->tenant = channel->tenant;
    out->channel = channel->row->id;

    if (channel->provider == NULL
        || !channel->provider->state(in->status, &state))
    {
        out->verdict = PLCTL_IGNORED;
        return PL_OK;
    }

    rc = pl_status_find(&look->ap, in, channel->tenant, channel->row->id,
                        &out->message, &message, err);

    if (rc == PL_NOTFOUND) {
        return look_parked(look, channel->row->id, in, out, err);
    }

    if (rc == PL_OK) {
        out->row = message;
        out->verdict = look_fact(message, state) ? PLCTL_APPLIED
                                                 : PLCTL_MISSING;
    }

    return rc;
}


/* In a group the facts are its members'; past the last of them, none. */

static bool
look_fact(const Pl__Message *message, Pl__MessageState state)
{
    size_t  i, k;

    for (i = 0; i < message->n_facts; i++) {
        if (message->facts[i]->state == state) {
            return true;
        }
    }

    for (i = 0; i < message->n_participants; i++) {
        for (k = 0; k < message->participants[i]->n_facts; k++) {
            if (message->participants[i]->facts[k]->state == state) {
                return true;
            }
        }
    }

    return message->n_participants >= PL_PARTICIPANTS_MAX;
}


/*
 * Without our number in it, a status is found by what waits for it, or by
 * the newest messages of its person: one that was taken up by a send's
 * answer long ago is neither. Nor is one of what another installation sent,
 * once what waited with it has gone, by the time of the first of them. Then
 * nothing of it can be shown, or denied.
 */

static pl_status_t
look_parked(plctl_look_t *look, uint32_t channel,
    const Pl__DeliveryStatus *in, plctl_outcome_t *out, pl_err_t *err)
{
    uint8_t      hash[PL_HASH128_LEN];
    uint64_t     since;
    pl_str_t     key;
    pl_status_t  rc;

    rc = pl_dedupe_hash(look->ap.hash, channel, in->provider_id, hash, err);
    if (rc != PL_OK) {
        return rc;
    }

    key.data = hash;
    key.len = sizeof(hash);

    rc = pl_record_get_u64(look->txn, PL_TABLE_PROVIDER_IDS, key, &since,
                           err);

    out->verdict = rc == PL_OK ? PLCTL_PARKED
                   : look_old(look, PL_PARKED_KEEP_MS) ? PLCTL_PAST
                   : look_ours(look, in) ? PLCTL_MISSING : PLCTL_UNTRACED;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Does it name a message of this store, and not of another installation? */

static bool
look_ours(const plctl_look_t *look, const Pl__DeliveryStatus *in)
{
    char  mark[PL_MARK_SIZE];

    pl_mark(look->meta->journal.data, look->meta->journal.len, mark);

    return in->has_message && in->mark != NULL
           && strcmp(in->mark, mark) == 0;
}


/* ---- requests ------------------------------------------------------- */

static pl_status_t
look_request(plctl_look_t *look, const Pl__SendRequest *in,
    plctl_outcome_t *out, pl_err_t *err)
{
    Pl__Verdict  *verdict;
    pl_status_t   rc;

    out->tenant = in->tenant;
    out->channel = in->channel;
    out->verdict = look_old(look, PL_REQUEST_KEEP_MS) ? PLCTL_PAST
                                                      : PLCTL_MISSING;

    if (in->key.len != PL_REQUEST_KEY_LEN) {
        out->verdict = look_nowhere(look);      /* set aside, for that */
        return PL_OK;
    }

    rc = pl_request_get(look->txn, in->tenant, in->key.data,
                        look->entry->time_ms, look->ap.ar, &verdict, err);

    if (rc == PL_OK) {
        out->message = verdict->has_message ? verdict->message : 0;
        out->verdict = verdict->entry == look->ap.entry ? PLCTL_ANSWERED
                                                        : PLCTL_DUPLICATE;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* ---- the rest ------------------------------------------------------- */

/* The next channel that this account is, or was; one that is gone too. */

static const pl_channel_conf_t *
look_channel(const plctl_look_t *look, const char *account, size_t *at)
{
    pl_str_t                  provider = look->ap.provider;
    const pl_channel_t       *p = pl_channel_find(provider);
    const pl_channel_conf_t  *channel;

    if (p != NULL && p->carries != NULL) {
        provider = pl_str_c(p->carries);        /* mail comes by another one */
    }

    for ( ;; ) {
        channel = pl_settings_channel_at(look->ap.settings, (*at)++);

        if (channel == NULL
            || (strcmp(channel->row->account, account) == 0
                && pl_str_eq(pl_str_c(channel->row->provider), provider)))
        {
            return channel;
        }
    }
}


/* Is this entry older than rows of this kind stay? */

static bool
look_old(const plctl_look_t *look, int64_t ms)
{
    return look->ap.now_ms <= look->meta->folded_ms - ms;
}


/*
 * No dedupe row. They go by the time that they stand under: the provider's,
 * which may be days before the entry's, or the day's where that is odd.
 */

static plctl_verdict_e
look_unseen(const plctl_look_t *look)
{
    return (int64_t) look->at_s * 1000
           <= look->meta->folded_ms - PL_DEDUPE_DAYS * LOOK_DAY_MS
           ? PLCTL_PAST : PLCTL_MISSING;
}


/* Of no channel, and not in quarantine: it may have been there. */

static plctl_verdict_e
look_nowhere(const plctl_look_t *look)
{
    return plctl_look_pruned(look) ? PLCTL_PAST : PLCTL_MISSING;
}


/* A field of whichever command it is, by name; NULL: it has none such. */

static const void *
look_field(const Pl__Command *command, const char *name)
{
    const void *const               *member;
    const ProtobufCFieldDescriptor  *field;

    field = protobuf_c_message_descriptor_get_field(
                &pl__command__descriptor, (unsigned) command->of_case);
    if (field == NULL) {
        return NULL;
    }

    member = (const void *const *) (const void *)
             ((const char *) command + field->offset);
    field = protobuf_c_message_descriptor_get_field_by_name(field->descriptor,
                                                            name);

    return field == NULL || field->type != PROTOBUF_C_TYPE_STRING
           || *member == NULL
           ? NULL : (const char *) *member + field->offset;
}
