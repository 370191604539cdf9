/*
 * A status of a message that was sent: how far it came, or why it failed.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"


/* What becomes of one status: one piece of memory. */
typedef struct {
    Pl__Command           command;
    Pl__DeliveryStatus    status;
} status_t;


static void status_people(const Pl__Wa__Status *in, Pl__DeliveryStatus *out);
static char *status_first(char *a, char *b, char *c);
static void status_price(const Pl__Wa__Status *in, Pl__DeliveryStatus *out);
static pl_status_t status_errors(const pl_whatsapp_decode_t *d,
    const Pl__Wa__Status *in, Pl__DeliveryStatus *out);
static void status_tag(char *tag, Pl__DeliveryStatus *out);


pl_status_t
pl_whatsapp_status_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__Status *in, size_t i)
{
    char        *path = pl_whatsapp_decode_path(d, "statuses", i);
    status_t    *out;
    const char  *mistake = in->bad;

    if (mistake == NULL && d->account == NULL) {
        mistake = "metadata.phone_number_id: required";
    }

    if (mistake != NULL) {
        return pl_whatsapp_decode_unreadable(d, path, mistake, &in->raw);
    }

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL || path == NULL) {
        return PL_NOMEM;
    }

    pl__delivery_status__init(&out->status);
    out->status.account = d->account;
    out->status.provider_id = in->id;
    out->status.status = in->status;
    out->status.time_s = pl_whatsapp_decode_time(in->timestamp);
    status_tag(in->biz_opaque_callback_data, &out->status);
    out->status.path = path;
    out->status.has_raw = true;
    out->status.raw = in->raw;

    status_people(in, &out->status);
    status_price(in, &out->status);

    if (in->n_errors > 0 && status_errors(d, in, &out->status) != PL_OK) {
        return PL_NOMEM;
    }

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    out->command.delivery_status = &out->status;

    return pl_whatsapp_decode_add(d, &out->command);
}


/* Meta's pages give several names to some of these. */

static void
status_people(const Pl__Wa__Status *in, Pl__DeliveryStatus *out)
{
    out->recipient_user_id = pl_whatsapp_decode_some(in->recipient_user_id);
    out->recipient_parent_user_id =
        status_first(in->parent_recipient_user_id,
                     in->recipient_parent_user_id, in->parent_user_id);

    out->recipient = pl_whatsapp_decode_some(in->recipient_id);
    if (out->recipient == NULL) {
        out->recipient = out->recipient_user_id;
    }

    out->is_group = in->recipient_type != NULL
                    && strcmp(in->recipient_type, "group") == 0;
    out->has_is_group = out->is_group;

    out->participant = status_first(in->recipient_participant_id,
                                    in->participant_recipient_id, NULL);
    out->participant_user_id =
        status_first(in->recipient_participant_user_id,
                     in->participant_recipient_user_id, NULL);
    out->participant_parent_user_id =
        pl_whatsapp_decode_some(in->recipient_participant_parent_user_id);
}


static char *
status_first(char *a, char *b, char *c)
{
    if (pl_whatsapp_decode_some(a) != NULL) {
        return a;
    }

    return pl_whatsapp_decode_some(pl_whatsapp_decode_some(b) != NULL ? b : c);
}


/* The price stands beside the conversation, or in it. */

static void
status_price(const Pl__Wa__Status *in, Pl__DeliveryStatus *out)
{
    char                          *p;
    const Pl__Wa__Pricing         *price = in->pricing;
    const Pl__Wa__WaConversation  *conv = in->conversation;

    if (conv != NULL && conv->bad == NULL) {
        out->conversation_id = pl_whatsapp_decode_some(conv->id);
        out->has_conversation_expires_s = conv->has_expiration_timestamp;
        out->conversation_expires_s =
            pl_whatsapp_decode_time(conv->expiration_timestamp);

        if (conv->origin != NULL && conv->origin->bad == NULL) {
            out->origin = pl_whatsapp_decode_some(conv->origin->type);
        }

        if (price == NULL) {
            price = conv->pricing;
        }
    }

    if (price == NULL || price->bad != NULL) {
        return;
    }

    out->pricing_type = pl_whatsapp_decode_some(price->type);
    out->pricing_category = pl_whatsapp_decode_some(price->category);
    out->pricing_model = pl_whatsapp_decode_some(price->pricing_model);
    out->has_billable = price->has_billable;
    out->billable = price->billable;

    /* authentication-international has been seen with either */

    for (p = out->pricing_category; p != NULL && *p != '\0'; p++) {
        if (*p == '-') {
            *p = '_';
        }
    }
}


/* The first is the reason; Meta has not been seen to send a second. */

static pl_status_t
status_errors(const pl_whatsapp_decode_t *d, const Pl__Wa__Status *in,
    Pl__DeliveryStatus *out)
{
    size_t              i;
    Pl__MessageError   *errors, **list;

    errors = pl_arena_alloc(d->ar, in->n_errors * sizeof(*errors));
    list = pl_arena_alloc(d->ar, in->n_errors * sizeof(*list));
    if (errors == NULL || list == NULL) {
        return PL_NOMEM;
    }

    out->errors = list;

    for (i = 0; i < in->n_errors; i++) {
        if (in->errors[i]->bad == NULL) {
            list[out->n_errors] = &errors[out->n_errors];
            pl_whatsapp_error_fill(in->errors[i], list[out->n_errors++]);
            out->window_closed |= errors[out->n_errors - 1].code
                                  == PL_WHATSAPP_WINDOW_CLOSED;
        }
    }

    out->has_window_closed = out->window_closed;
    out->error = out->n_errors > 0 ? list[0] : NULL;
    out->n_errors = out->n_errors > 1 ? out->n_errors : 0;

    return PL_OK;
}


/*
 * Other systems may send over the same number: only our form counts, and
 * whether it is of this installation is for the engine to say.
 */

static void
status_tag(char *tag, Pl__DeliveryStatus *out)
{
    char      *mark;
    int64_t    n;
    pl_str_t   s = pl_str_c(tag), prefix = PL_STR(PL_WHATSAPP_TAG);

    if (s.len <= prefix.len || memcmp(s.data, prefix.data, prefix.len) != 0) {
        return;
    }

    mark = strchr(tag + prefix.len, ':');
    if (mark == NULL || mark[1] == '\0') {
        return;
    }

    s.data += prefix.len;
    s.len = (size_t) (mark - tag) - prefix.len;

    if (s.len == 0 || s.data[0] < '1' || s.data[0] > '9'
        || pl_str_int(s, &n) != PL_OK)
    {
        return;
    }

    out->has_message = true;
    out->message = (uint64_t) n;
    out->mark = mark + 1;
}
