/*
 * Asking for the list of templates (provider-facts 3): the request for a
 * page, and what its answer means. What a page says is read by
 * whatsapp_templates.c; errors are those of every answer.
 *
 * The list belongs to the account (WABA) and needs another permission than
 * sending does: a token that may not read it may send all the same. So a
 * missing permission ends the reading and leaves the channel alone, while a
 * token that is not good at all closes it, as it does for a message.
 *
 * A page is taken whole or not at all. What is cut, what cannot be read, and
 * an object without a list are no page: an empty one would say that every
 * template is gone.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define LIST_FIELDS                                                           \
    "/message_templates?fields=id,name,language,status,category,components,"   \
    "quality_score,rejected_reason,parameter_format,correct_category,"        \
    "message_send_ttl_seconds"

/* Codes that a token without the permission gets (provider-facts 2). */
#define LIST_CODE_METHOD   3
#define LIST_CODE_DENIED   10
#define LIST_CODE_FIRST    200
#define LIST_CODE_LAST     299


static pl_status_t list_page(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
static bool list_there(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar);
static char *list_escape(const char *text, pl_arena_t *ar);
static pl_status_t list_nomem(pl_err_t *err);


pl_status_t
pl_whatsapp_list(const pl_listing_t *listing, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err)
{
    char         *rest;
    const char   *after = "";
    pl_status_t   rc;

    if (listing->after != NULL) {
        after = list_escape(listing->after, ar);
    }

    rest = after == NULL ? NULL
           : pl_arena_printf(ar, LIST_FIELDS "&limit=%u%s%s",
                             (unsigned) listing->limit,
                             listing->after != NULL ? "&after=" : "", after);
    if (rest == NULL) {
        return list_nomem(err);
    }

    out->method = "GET";

    rc = pl_whatsapp_build_url(listing->channel, "waba_id",
                               listing->channel->waba_id, rest, ar,
                               &out->url, err);

    return rc != PL_OK ? rc
           : pl_whatsapp_build_headers(listing->token, false, ar, out, err);
}


pl_status_t
pl_whatsapp_listed(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    pl_status_t  rc;

    if (answer->status >= 200 && answer->status < 300) {
        out->has_http_status = true;
        out->http_status = answer->status;

        return list_page(codec, answer, ar, out, err);
    }

    rc = pl_whatsapp_classify(codec, answer, ar, out, err);
    if (rc == PL_OK) {
        pl_whatsapp_list_refused(out);
    }

    return rc;
}


/* Nothing is sent by a list: whatever became of it, it is asked again. */

void
pl_whatsapp_list_refused(Pl__SendResult *out)
{
    if (out->outcome == PL__OUTCOME__OUTCOME_UNKNOWN) {
        out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    }

    if (out->has_code
        && (out->code == LIST_CODE_METHOD || out->code == LIST_CODE_DENIED
            || (out->code >= LIST_CODE_FIRST && out->code <= LIST_CODE_LAST)))
    {
        out->outcome = PL__OUTCOME__OUTCOME_PERMANENT;
        out->has_retry_ms = false;
        out->retry_ms = 0;
    }
}


static pl_status_t
list_page(const pl_codec_t *codec, const pl_answer_t *answer, pl_arena_t *ar,
    Pl__SendResult *out, pl_err_t *err)
{
    pl_status_t           rc;
    pl_templates_t        page;
    Pl__TemplateListing  *listing;

    out->outcome = PL__OUTCOME__OUTCOME_RETRY;

    rc = answer->truncated ? PL_TOOBIG
         : pl_whatsapp_templates(codec, answer->body, ar, &page, NULL);

    if (rc == PL_OK && page.n_records + page.n_unreadable == 0
        && !list_there(codec, answer->body, ar))
    {
        rc = PL_INVALID;
    }

    if (rc == PL_INVALID) {
        out->reason = pl_whatsapp_const("answer unreadable");
        return PL_OK;
    }

    if (rc != PL_OK) {                  /* what is read must fit, too */
        out->reason = pl_whatsapp_const("answer cut or too large");
        out->has_cut = true;
        out->cut = true;
        return PL_OK;
    }

    listing = pl_arena_alloc(ar, sizeof(*listing));
    if (listing == NULL) {
        return list_nomem(err);
    }

    pl__template_listing__init(listing);
    listing->n_templates = page.n_records;
    listing->templates = page.records;
    listing->n_unreadable = page.n_unreadable;
    listing->unreadable = page.unreadable;
    listing->after = pl_whatsapp_const(page.after);

    out->listing = listing;
    out->outcome = PL__OUTCOME__OUTCOME_SENT;

    return PL_OK;
}


static bool
list_there(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar)
{
    ProtobufCMessage  *msg;

    return pl_json_decode(codec, &pl__wa__template_list__descriptor, body, 0,
                          ar, &msg, NULL) == PL_OK;
}


/* A cursor is the provider's: all but letters and digits is escaped. */

static char *
list_escape(const char *text, pl_arena_t *ar)
{
    char               *out, *to;
    unsigned            c;
    static const char   digits[] = "0123456789ABCDEF";

    out = to = pl_arena_alloc(ar, 3 * strlen(text) + 1);
    if (out == NULL) {
        return NULL;
    }

    for ( ; *text != '\0'; text++) {
        c = (unsigned char) *text;

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
            || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.')
        {
            *to++ = (char) c;
            continue;
        }

        *to++ = '%';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 0xf];
    }

    *to = '\0';

    return out;
}


static pl_status_t
list_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "list", 0, "no memory");
}
