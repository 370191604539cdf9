/*
 * messages and conversation: what was said. Texts are shown, that is what
 * these are for; a provider's raw JSON only with --raw.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "cmd.h"
#include "find.h"
#include "list.h"


/* By number where they were gathered, else by a walk over all. */
typedef struct {
    plctl_ids_t      ids;
    size_t           i;
    bool             walk;
    uint32_t         tenant;
    plctl_cursor_t   cursor;
} messages_t;


static pl_status_t messages_gather(plctl_t *ctl, messages_t *list,
    const char *address, pl_err_t *err);
static int messages_show(plctl_t *ctl, messages_t *list);
static pl_status_t messages_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t messages_read(messages_t *list, pl_txn_t *txn,
    pl_arena_t *ar, uint64_t *id, Pl__Message **message, pl_err_t *err);
static void messages_pause(void *data);
static pl_status_t conversation_show(plctl_t *ctl, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err);
static void conversation_text(plctl_t *ctl, const pl_party_t *party,
    const Pl__Contact *contact, const Pl__Conversation *conv);
static void conversation_contact(plctl_t *ctl, const Pl__Contact *contact);
static void conversation_state(plctl_t *ctl, const Pl__Conversation *conv);
static void conversation_run(plctl_t *ctl, const Pl__Conversation *conv);


static const char *const  messages_titles[] = {
    "ID", "TIME", "CHANNEL", "PARTY", "DIR", "STATE", "TEXT"
};


int
plctl_cmd_messages(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    int          status;
    pl_err_t     err = { 0 };
    messages_t   list;
    pl_status_t  rc;

    memset(&list, 0, sizeof(messages_t));

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, words[0], &list.tenant, &err);
    }

    if (rc == PL_OK) {
        rc = messages_gather(ctl, &list, n_words == 2 ? words[1] : NULL,
                             &err);
    }

    status = rc == PL_OK ? messages_show(ctl, &list)
                         : plctl_fail(ctl, &err);
    plctl_ids_free(&list.ids);

    return status;
}


int
plctl_cmd_conversation(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    int                status;
    pl_err_t           err = { 0 };
    messages_t         list;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    (void) n_words;

    memset(&list, 0, sizeof(messages_t));

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, words[0], &list.tenant, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_find_party(ctl, list.tenant, words[1], &party, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_find_conversation(ctl, &party, &conv, &err);
        if (rc == PL_NOTFOUND) {
            (void) pl_err_set(&err, rc, "", 0, "there is no conversation");
        }
    }

    if (rc == PL_OK) {
        rc = conversation_show(ctl, &party, conv, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_find_chain(ctl, conv, ctl->args->limit, &list.ids, &err);
    }

    status = rc == PL_OK ? messages_show(ctl, &list)
                         : plctl_fail(ctl, &err);
    plctl_ids_free(&list.ids);

    return status;
}


static pl_status_t
messages_gather(plctl_t *ctl, messages_t *list, const char *address,
    pl_err_t *err)
{
    bool               cut;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    if (address != NULL) {
        rc = plctl_find_party(ctl, list->tenant, address, &party, err);
        if (rc != PL_OK) {
            return rc;
        }

        rc = plctl_find_conversation(ctl, &party, &conv, err);
        if (rc != PL_OK) {
            return rc == PL_NOTFOUND ? PL_OK : rc;  /* nothing was said */
        }

        return plctl_find_chain(ctl, conv, ctl->args->limit, &list->ids,
                                err);
    }

    if (ctl->args->limit == 0) {
        list->walk = true;
        plctl_cursor_init(&list->cursor, PL_TABLE_MESSAGES, false);
        return PL_OK;
    }

    rc = plctl_find_newest(ctl, list->tenant, ctl->args->limit, &list->ids,
                           &cut, err);

    if (rc == PL_OK && cut) {
        plctl_note(ctl, "gave up after %d messages of other tenants",
                   PLCTL_SCAN_MAX);
    }

    return rc;
}


static int
messages_show(plctl_t *ctl, messages_t *list)
{
    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = messages_titles,
        .n_titles = PL_COUNT(messages_titles),
        .next = messages_next,
        .pause = messages_pause,
    };

    return plctl_list(ctl, &listing, list, 0);
}


static pl_status_t
messages_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    uint64_t              id;
    Pl__Message          *message;
    pl_status_t           rc;
    Pl__Ctl__MessageRow  *json;

    rc = messages_read(data, txn, ar, &id, &message, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (message == NULL) {
        row->skip = true;
        return PL_OK;
    }

    json = pl_arena_alloc(ar, sizeof(Pl__Ctl__MessageRow));
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    pl__ctl__message_row__init(json);
    json->id = (char *) plctl_id(ar, "msg", id);
    json->tenant = (char *) plctl_tenant_name(ctl, ar, message->tenant);
    json->channel = (char *) plctl_channel_name(ctl, ar, message->channel);
    json->contact = message->contact == 0
                    ? NULL : (char *) plctl_id(ar, "cnt", message->contact);
    json->message = message;

    row->json = &json->base;
    row->cells[0] = json->id;
    row->cells[1] = plctl_time(ar, message->time_ms);
    row->cells[2] = json->channel;
    row->cells[3] = plctl_party_name(ar, message->party_kind,
                                     message->party);
    row->cells[4] = plctl_enum(ar, &pl__direction__descriptor,
                               (int) message->direction);
    row->cells[5] = plctl_enum(ar, &pl__message_state__descriptor,
                               (int) message->state);
    row->cells[6] = plctl_content(ar, message->content);

    if (!(ctl->args->given & PLCTL_OPT_RAW)) {
        plctl_content_bare(message->content);

    } else if (message->content->has_raw) {
        row->below = plctl_clean_bytes(ar, message->content->raw.data,
                                       message->content->raw.len);
    }

    return PL_OK;
}


/* *message NULL: another tenant's, or gone meanwhile. */

static pl_status_t
messages_read(messages_t *list, pl_txn_t *txn, pl_arena_t *ar, uint64_t *id,
    Pl__Message **message, pl_err_t *err)
{
    pl_key_t           place;
    pl_str_t           key, value;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *message = NULL;

    if (list->walk) {
        rc = plctl_cursor_next(&list->cursor, txn, &key, &value, err);

    } else {
        if (list->i == list->ids.n) {
            return PL_NOTFOUND;
        }

        pl_key_seq(&place, list->ids.ids[list->i++]);
        key = pl_key_str(&place);

        rc = pl_store_get(txn, PL_TABLE_MESSAGES, key, &value, err);
        if (rc == PL_NOTFOUND) {
            return PL_OK;
        }
    }

    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_record_read(PL_TABLE_MESSAGES, value, &pl__message__descriptor,
                        ar, &msg, err);

    if (rc == PL_OK && ((Pl__Message *) msg)->tenant == list->tenant) {
        *id = pl_be64(key.data);
        *message = (Pl__Message *) msg;
    }

    return rc;
}


static void
messages_pause(void *data)
{
    messages_t  *list;

    list = data;
    plctl_cursor_pause(&list->cursor);
}


static pl_status_t
conversation_show(plctl_t *ctl, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err)
{
    pl_status_t                rc;
    Pl__Contact               *contact;
    Pl__Ctl__ConversationRow   row;

    rc = plctl_find_contact(ctl, party, &contact, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    if (!ctl->json) {
        conversation_text(ctl, party, contact, conv);
        return PL_OK;
    }

    pl__ctl__conversation_row__init(&row);
    row.tenant = (char *) plctl_tenant_name(ctl, ctl->ar, party->tenant);
    row.party = (char *) plctl_party_name(ctl->ar, party->kind,
                                          party->party);
    row.contact = contact;
    row.conversation = conv;

    return plctl_json(ctl, &row.base, err);
}


static void
conversation_text(plctl_t *ctl, const pl_party_t *party,
    const Pl__Contact *contact, const Pl__Conversation *conv)
{
    fprintf(ctl->out, "party      %s of tenant %s\n",
            plctl_party_name(ctl->ar, party->kind, party->party),
            plctl_tenant_name(ctl, ctl->ar, party->tenant));

    if (contact != NULL) {
        conversation_contact(ctl, contact);
    }

    conversation_state(ctl, conv);
    fprintf(ctl->out, "\n");
}


static void
conversation_contact(plctl_t *ctl, const Pl__Contact *contact)
{
    size_t              i;
    const Pl__Address  *address;

    if (contact->name != NULL) {
        fprintf(ctl->out, "name       %s\n",
                plctl_clean(ctl->ar, contact->name));
    }

    if (contact->username != NULL) {
        fprintf(ctl->out, "username   %s\n",
                plctl_clean(ctl->ar, contact->username));
    }

    for (i = 0; i < contact->n_addresses; i++) {
        address = contact->addresses[i];

        fprintf(ctl->out, "address    %s %s\n",
                plctl_enum(ctl->ar, &pl__address_kind__descriptor,
                           (int) address->kind),
                plctl_clean(ctl->ar, address->value));
    }
}


static void
conversation_state(plctl_t *ctl, const Pl__Conversation *conv)
{
    size_t             i;
    const Pl__Window  *window;

    fprintf(ctl->out, "owner      %s\n",
            conv->owner == NULL || conv->owner[0] == '\0'
                ? "bot" : plctl_clean(ctl->ar, conv->owner));
    fprintf(ctl->out, "flow       %s\n",
            conv->flow == NULL ? "-" : plctl_clean(ctl->ar, conv->flow));
    fprintf(ctl->out, "step       %s\n",
            conv->step == NULL ? "-" : plctl_clean(ctl->ar, conv->step));

    conversation_run(ctl, conv);

    for (i = 0; i < conv->n_variables; i++) {
        fprintf(ctl->out, "variable   %s = %s\n",
                plctl_clean(ctl->ar, conv->variables[i]->name),
                plctl_clean(ctl->ar, conv->variables[i]->value));
    }

    for (i = 0; i < conv->n_windows; i++) {
        window = conv->windows[i];

        fprintf(ctl->out, "window     %s with %s until %s%s\n",
                plctl_channel_name(ctl, ctl->ar, window->channel),
                window->contact == 0
                    ? "all of the group"
                    : plctl_id(ctl->ar, "cnt", window->contact),
                plctl_time(ctl->ar, window->until_ms),
                window->until_ms < pl_clock_wall_ms(ctl->clock)
                    ? " (closed)" : "");
    }

    fprintf(ctl->out, "unread     %" PRIu32 "\n", conv->unread);
    fprintf(ctl->out, "messages   %" PRIu64 ", last in %s, last out %s\n",
            conv->messages, plctl_time(ctl->ar, conv->last_in_ms),
            plctl_time(ctl->ar, conv->last_out_ms));
}


/* What it waits for, and what is to be done later. */

static void
conversation_run(plctl_t *ctl, const Pl__Conversation *conv)
{
    size_t            i;
    const Pl__Task   *task;

    if (conv->has_status) {
        fprintf(ctl->out, "status     %s\n",
                plctl_enum(ctl->ar, &pl__conversation_status__descriptor,
                           (int) conv->status));
    }

    if (conv->owner_reason != NULL) {
        fprintf(ctl->out, "reason     %s\n",
                plctl_clean(ctl->ar, conv->owner_reason));
    }

    if (conv->run != NULL) {
        fprintf(ctl->out, "waits      at %s of %s since %s, version %016"
                PRIx64 "\n", plctl_clean(ctl->ar, conv->run->step),
                plctl_clean(ctl->ar, conv->run->flow),
                plctl_time(ctl->ar, conv->run->since_ms),
                conv->run->version);
    }

    for (i = 0; i < conv->n_tasks; i++) {
        task = conv->tasks[i];

        fprintf(ctl->out, "task       %s at %s\n",
                plctl_clean(ctl->ar, task->name),
                plctl_time(ctl->ar, task->due_ms));
    }

    for (i = 0; i < conv->n_tags; i++) {
        fprintf(ctl->out, "tag        %s\n",
                plctl_clean(ctl->ar, conv->tags[i]));
    }
}
