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
    Pl__MessageError      error;
} status_t;


static void status_error(const Pl__Wa__Status *in, status_t *out);
static bool status_tag(const char *tag, uint64_t *message);


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
    out->status.has_message = status_tag(in->biz_opaque_callback_data,
                                         &out->status.message);
    out->status.recipient = pl_whatsapp_decode_some(in->recipient_id);
    out->status.path = path;
    out->status.has_raw = true;
    out->status.raw = in->raw;

    if (out->status.recipient == NULL) {
        out->status.recipient =
            pl_whatsapp_decode_some(in->recipient_user_id);
    }

    status_error(in, out);

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    out->command.delivery_status = &out->status;

    return pl_whatsapp_decode_add(d, &out->command);
}


/* The first is the reason; Meta has not been seen to send a second. */

static void
status_error(const Pl__Wa__Status *in, status_t *out)
{
    const Pl__Wa__ErrorItem  *item;

    if (in->n_errors == 0 || in->errors[0]->bad != NULL) {
        return;
    }

    item = in->errors[0];

    pl__message_error__init(&out->error);
    out->error.has_code = item->has_code;
    out->error.code = item->code;
    out->error.title = pl_whatsapp_decode_some(item->title);

    if (item->error_data != NULL) {
        out->error.details =
            pl_whatsapp_decode_some(item->error_data->details);
    }

    out->status.error = &out->error;
}


/* Other systems may send over the same number: only our form counts. */

static bool
status_tag(const char *tag, uint64_t *message)
{
    int64_t   n;
    pl_str_t  s = pl_str_c(tag), prefix = PL_STR(PL_WHATSAPP_TAG);

    if (s.len <= prefix.len || memcmp(s.data, prefix.data, prefix.len) != 0) {
        return false;
    }

    s.data += prefix.len;
    s.len -= prefix.len;

    if (s.data[0] < '1' || s.data[0] > '9' || pl_str_int(s, &n) != PL_OK) {
        return false;
    }

    *message = (uint64_t) n;

    return true;
}
