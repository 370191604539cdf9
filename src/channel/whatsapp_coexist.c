/*
 * A number that is used in WhatsApp's own app as well (provider-facts 1.12):
 * what a person sent from there (smb_message_echoes), what was said before
 * the number came to us (history), and how the app's address book calls
 * people (smb_app_state_sync).
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define COEXIST_BETWEEN  "+-() "        /* what people write into numbers */
#define COEXIST_NUMBER   COEXIST_BETWEEN "0123456789"


/* What becomes of one message: one piece of memory. */
typedef struct {
    Pl__Command           command;
    Pl__EchoMessage       echo;
    Pl__Sender            peer;
    Pl__Content           content;
} coexist_echo_t;

typedef struct {
    Pl__Command           command;
    Pl__ContactSync       sync;
    Pl__Sender            contact;
} coexist_sync_t;

/* How far a message of the history came. */
typedef struct {
    const char           *status;
    Pl__MessageState      state;
} coexist_state_row_t;


static pl_status_t coexist_echo(pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, char *path, const Pl__Wa__Thread *thread,
    bool history);
static bool coexist_is_in(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, const Pl__Wa__Thread *thread);
static bool coexist_same(const char *a, const char *b);
static void coexist_peer(pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, const Pl__Wa__Thread *thread, bool is_in,
    Pl__Sender *peer);
static void coexist_state(const Pl__Wa__InMessage *in,
    Pl__EchoMessage *out);
static pl_status_t coexist_chunk(pl_whatsapp_decode_t *d,
    const Pl__Wa__History *in, size_t i);
static pl_status_t coexist_thread(pl_whatsapp_decode_t *d,
    const Pl__Wa__Thread *in, size_t i);
static pl_status_t coexist_unreadable(pl_whatsapp_decode_t *d,
    const char *reason, const ProtobufCBinaryData *raw);
static pl_status_t coexist_sync(pl_whatsapp_decode_t *d,
    const Pl__Wa__StateSync *in, size_t i);
static char *coexist_digits(char *phone);


static const coexist_state_row_t coexist_states[] = {
    { "PENDING",   PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED },
    { "SENT",      PL__MESSAGE_STATE__MESSAGE_STATE_SENT },
    { "DELIVERED", PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED },
    { "READ",      PL__MESSAGE_STATE__MESSAGE_STATE_READ },
    { "PLAYED",    PL__MESSAGE_STATE__MESSAGE_STATE_PLAYED },
    { "ERROR",     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED },
};


pl_status_t
pl_whatsapp_echoes_decode(pl_whatsapp_decode_t *d, const Pl__Wa__Value *value)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < value->n_message_echoes; i++) {
        rc = coexist_echo(d, value->message_echoes[i],
                          pl_whatsapp_decode_path(d, "message_echoes", i),
                          NULL, false);
    }

    return rc;
}


/* Media of the history follow in messages of their own, beside or alone. */

pl_status_t
pl_whatsapp_history_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__Value *value)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < value->n_history; i++) {
        rc = coexist_chunk(d, value->history[i], i);
    }

    for (i = 0; rc == PL_OK && i < value->n_messages; i++) {
        rc = coexist_echo(d, value->messages[i],
                          pl_whatsapp_decode_path(d, "messages", i), NULL,
                          true);
    }

    return rc;
}


pl_status_t
pl_whatsapp_sync_decode(pl_whatsapp_decode_t *d, const Pl__Wa__Value *value)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < value->n_state_sync; i++) {
        rc = coexist_sync(d, value->state_sync[i], i);
    }

    return rc;
}


/* thread: whom the message was exchanged with, where that is known. */

static pl_status_t
coexist_echo(pl_whatsapp_decode_t *d, const Pl__Wa__InMessage *in,
    char *path, const Pl__Wa__Thread *thread, bool history)
{
    bool             raw, is_in;
    const char      *mistake = pl_whatsapp_message_mistake(d, in);
    coexist_echo_t  *out;

    if (mistake != NULL) {
        return pl_whatsapp_decode_unreadable(d, path, mistake, &in->raw);
    }

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL || path == NULL) {
        return PL_NOMEM;
    }

    is_in = history && coexist_is_in(d, in, thread);
    coexist_peer(d, in, thread, is_in, &out->peer);

    if (out->peer.phone == NULL && out->peer.user_id == NULL) {
        return pl_whatsapp_decode_unreadable(d, path,
                                             is_in ? "no sender"
                                                   : "no recipient",
                                             &in->raw);
    }

    pl__echo_message__init(&out->echo);

    if (pl_whatsapp_content(d, in, &out->content) != PL_OK
        || pl_whatsapp_message_context(d, in, &out->echo.context, &raw)
           != PL_OK)
    {
        return PL_NOMEM;
    }

    if (raw) {
        out->content.has_raw = true;
        out->content.raw = in->raw;
    }

    out->echo.account = d->account;
    out->echo.direction = is_in ? PL__DIRECTION__DIRECTION_IN
                                : PL__DIRECTION__DIRECTION_OUT;
    out->echo.peer = &out->peer;
    out->echo.provider_id = in->id;
    out->echo.time_s = pl_whatsapp_decode_time(in->timestamp);
    out->echo.content = &out->content;
    out->echo.reply_to = pl_whatsapp_message_reply_to(in);
    out->echo.has_history = history;
    out->echo.history = history;
    out->echo.path = path;
    out->echo.has_raw = true;
    out->echo.raw = in->raw;
    coexist_state(in, &out->echo);

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_ECHO_MESSAGE;
    out->command.echo_message = &out->echo;

    return pl_whatsapp_decode_add(d, &out->command);
}


/*
 * Of the history: by whom? The thread is named after the other side. Where
 * it names another form of the same number, ours decides.
 */

static bool
coexist_is_in(const pl_whatsapp_decode_t *d, const Pl__Wa__InMessage *in,
    const Pl__Wa__Thread *thread)
{
    const char  *ours = d->value->metadata->display_phone_number;

    if (thread != NULL
        && (coexist_same(in->from, thread->id)
            || coexist_same(in->from_user_id, thread->id)))
    {
        return true;
    }

    if (coexist_same(in->from, ours)) {
        return false;
    }

    return pl_whatsapp_decode_some(in->to) == NULL
           && pl_whatsapp_decode_some(in->to_user_id) == NULL;
}


/* The same but for what people write into numbers; no text is no number. */

static bool
coexist_same(const char *a, const char *b)
{
    if (a == NULL || b == NULL || a[0] == '\0') {
        return false;
    }

    for ( ;; ) {
        while (*a != '\0' && strchr(COEXIST_BETWEEN, *a) != NULL) {
            a++;
        }

        while (*b != '\0' && strchr("+-() ", *b) != NULL) {
            b++;
        }

        if (*a != *b) {
            return false;
        }

        if (*a == '\0') {
            return true;
        }

        a++;
        b++;
    }
}


/* A thread's id is a number, or a user id: those have a dot. */

static void
coexist_peer(pl_whatsapp_decode_t *d, const Pl__Wa__InMessage *in,
    const Pl__Wa__Thread *thread, bool is_in, Pl__Sender *peer)
{
    char  *id;

    pl__sender__init(peer);

    peer->phone = pl_whatsapp_decode_some(is_in ? in->from : in->to);
    peer->user_id = pl_whatsapp_decode_some(is_in ? in->from_user_id
                                                  : in->to_user_id);
    if (is_in) {
        peer->parent_user_id =
            pl_whatsapp_decode_some(in->from_parent_user_id);
    }

    id = thread != NULL ? pl_whatsapp_decode_some(thread->id) : NULL;

    if (id != NULL && peer->phone == NULL && peer->user_id == NULL) {
        if (strchr(id, '.') != NULL) {
            peer->user_id = id;

        } else {
            peer->phone = id;
        }
    }

    if (peer->phone != NULL) {
        peer->phone = coexist_digits(peer->phone);
    }

    pl_whatsapp_message_name(d, peer);
}


static void
coexist_state(const Pl__Wa__InMessage *in, Pl__EchoMessage *out)
{
    size_t  i;

    if (in->history_context == NULL || in->history_context->status == NULL
        || out->direction == PL__DIRECTION__DIRECTION_IN)
    {
        return;
    }

    for (i = 0; i < PL_COUNT(coexist_states); i++) {
        if (strcmp(in->history_context->status, coexist_states[i].status)
            == 0)
        {
            out->has_state = true;
            out->state = coexist_states[i].state;
        }
    }
}


/* A piece of the history; one without threads tells of progress alone. */

static pl_status_t
coexist_chunk(pl_whatsapp_decode_t *d, const Pl__Wa__History *in, size_t i)
{
    size_t       j, len = d->prefix_len;
    pl_status_t  rc = PL_OK;

    pl_whatsapp_decode_prefix(d, "history", i);

    for (j = 0; rc == PL_OK && j < in->n_threads; j++) {
        rc = coexist_thread(d, in->threads[j], j);
    }

    for (j = 0; rc == PL_OK && j < in->n_errors; j++) {
        rc = pl_whatsapp_error_decode(d, in->errors[j], j, true);
    }

    if (rc == PL_OK && in->bad != NULL) {
        rc = coexist_unreadable(d, in->bad, &in->raw);

    } else if (in->n_threads + in->n_errors == 0) {
        d->out->n_ignored++;
    }

    d->prefix_len = len;

    return rc;
}


static pl_status_t
coexist_thread(pl_whatsapp_decode_t *d, const Pl__Wa__Thread *in, size_t i)
{
    size_t       j, len = d->prefix_len;
    pl_status_t  rc = PL_OK;

    pl_whatsapp_decode_prefix(d, "threads", i);

    for (j = 0; rc == PL_OK && j < in->n_messages; j++) {
        rc = coexist_echo(d, in->messages[j],
                          pl_whatsapp_decode_path(d, "messages", j), in,
                          true);
    }

    if (rc == PL_OK && in->bad != NULL) {
        rc = coexist_unreadable(d, in->bad, &in->raw);
    }

    d->prefix_len = len;

    return rc;
}


/* What the prefix leads to, without its dot. */

static pl_status_t
coexist_unreadable(pl_whatsapp_decode_t *d, const char *reason,
    const ProtobufCBinaryData *raw)
{
    char  *path;

    path = pl_arena_printf(d->ar, "%.*s", (int) d->prefix_len - 1,
                           d->prefix);

    return pl_whatsapp_decode_unreadable(d, path, reason, raw);
}


static pl_status_t
coexist_sync(pl_whatsapp_decode_t *d, const Pl__Wa__StateSync *in, size_t i)
{
    char                         *path;
    const char                   *mistake = in->bad;
    coexist_sync_t               *out;
    const Pl__Wa__SyncContact    *who = in->contact;

    path = pl_whatsapp_decode_path(d, "state_sync", i);

    if (mistake == NULL && strcmp(in->type, "contact") != 0) {
        d->out->n_ignored++;
        return PL_OK;
    }

    if (mistake == NULL && d->account == NULL) {
        mistake = "metadata.phone_number_id: required";
    }

    if (mistake == NULL && who == NULL) {
        mistake = "contact: required";
    }

    if (mistake != NULL) {
        return pl_whatsapp_decode_unreadable(d, path, mistake, &in->raw);
    }

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL || path == NULL) {
        return PL_NOMEM;
    }

    pl__sender__init(&out->contact);
    out->contact.user_id = pl_whatsapp_decode_some(who->user_id);
    out->contact.name = pl_whatsapp_decode_some(who->full_name);

    if (out->contact.name == NULL) {
        out->contact.name = pl_whatsapp_decode_some(who->first_name);
    }

    if (who->phone_number != NULL) {
        out->contact.phone = coexist_digits(who->phone_number);
    }

    if (out->contact.phone == NULL && out->contact.user_id == NULL) {
        return pl_whatsapp_decode_unreadable(d, path, "no phone number",
                                             &in->raw);
    }

    pl__contact_sync__init(&out->sync);
    out->sync.account = d->account;
    out->sync.contact = &out->contact;
    out->sync.removed = in->action != NULL
                        && strcmp(in->action, "remove") == 0;
    out->sync.has_removed = out->sync.removed;
    out->sync.path = path;
    out->sync.has_raw = true;
    out->sync.raw = in->raw;

    if (in->metadata != NULL && in->metadata->bad == NULL
        && in->metadata->has_timestamp)
    {
        out->sync.has_time_s = true;
        out->sync.time_s = pl_whatsapp_decode_time(in->metadata->timestamp);
    }

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_CONTACT_SYNC;
    out->command.contact_sync = &out->sync;

    return pl_whatsapp_decode_add(d, &out->command);
}


/*
 * The app shows numbers as people write them; an address is digits alone.
 * In place: the text is the decoding's own. NULL: it is no number.
 */

static char *
coexist_digits(char *phone)
{
    char  *from, *to = phone;

    if (phone[strspn(phone, COEXIST_NUMBER)] != '\0') {
        return NULL;
    }

    for (from = phone; *from != '\0'; from++) {
        if (*from >= '0' && *from <= '9') {
            *to++ = *from;
        }
    }

    *to = '\0';

    return pl_whatsapp_decode_some(phone);
}
