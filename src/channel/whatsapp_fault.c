/*
 * Errors that a webhook tells of: of a message that came or was sent, or of
 * the number as such.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"


/* What becomes of one error: one piece of memory. */
typedef struct {
    Pl__Command        command;
    Pl__ChannelError   said;
    Pl__MessageError   error;
} fault_t;


pl_status_t
pl_whatsapp_error_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__ErrorItem *in, size_t i, bool history)
{
    char        *path = pl_whatsapp_decode_path(d, "errors", i);
    fault_t     *out;
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

    pl_whatsapp_error_fill(in, &out->error);

    pl__channel_error__init(&out->said);
    out->said.account = d->account;
    out->said.error = &out->error;
    out->said.has_history = history;
    out->said.history = history;
    out->said.path = path;
    out->said.has_raw = true;
    out->said.raw = in->raw;

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_CHANNEL_ERROR;
    out->command.channel_error = &out->said;

    return pl_whatsapp_decode_add(d, &out->command);
}


void
pl_whatsapp_error_fill(const Pl__Wa__ErrorItem *item, Pl__MessageError *out)
{
    pl__message_error__init(out);
    out->has_code = item->has_code;
    out->code = item->code;
    out->title = pl_whatsapp_error_text(item);
    out->details = pl_whatsapp_error_details(item);
    out->href = pl_whatsapp_decode_some(item->href);
}


/* message says the same as title, where both are there. */

char *
pl_whatsapp_error_text(const Pl__Wa__ErrorItem *item)
{
    char  *title = pl_whatsapp_decode_some(item->title);

    return title != NULL ? title : pl_whatsapp_decode_some(item->message);
}


char *
pl_whatsapp_error_details(const Pl__Wa__ErrorItem *item)
{
    return item->error_data != NULL
           ? pl_whatsapp_decode_some(item->error_data->details) : NULL;
}
