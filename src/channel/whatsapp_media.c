/*
 * Files that people send: Meta is asked where one is by its handle, and says
 * for five minutes (provider-facts 1.9).
 *
 * Asking and getting change nothing there, so that whatever is not sure is
 * asked again. A handle that is not known (404, 410) is gone for good: files
 * live seven days. The token goes to Meta's hosts and to the API that is
 * configured, and nowhere else: an answer may name any URL.
 *
 * The types are those that a phone can send under each kind; a document may
 * be anything. Meta hands on no file above 100 MB.
 */

#include <string.h>

#include "../core/str.h"
#include "mime.h"
#include "url.h"
#include "whatsapp_impl.h"

typedef struct {
    const char  *kind;
    const char  *types;         /* what the type has to begin with */
    uint64_t     max;
} media_row_t;


static pl_status_t media_ask(const pl_fetch_t *fetch, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err);
static pl_status_t media_place(const pl_codec_t *codec,
    const pl_fetch_t *fetch, const pl_answer_t *answer, pl_arena_t *ar,
    pl_place_t *place, Pl__SendResult *out, pl_err_t *err);
static pl_status_t media_read(const pl_codec_t *codec,
    const pl_fetch_t *fetch, const pl_answer_t *answer, pl_arena_t *ar,
    pl_place_t *place, Pl__SendResult *out, pl_err_t *err);
static pl_status_t media_refused(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
static void media_digest(const char *text, pl_arena_t *ar,
    pl_place_t *place);
static pl_status_t media_get(const pl_fetch_t *fetch, const char *url,
    pl_arena_t *ar, pl_request_t *out, bool *home, pl_err_t *err);
static bool media_trusted(const pl_origin_t *origin);
static uint64_t media_limit(const char *kind, const char *mime_type);


/* Hosts of Meta that the token is for; by https on its own port alone. */
static const char *const  media_hosts[] = {
    "graph.facebook.com",
    "lookaside.fbsbx.com",
};

static const media_row_t  media_rows[] = {
    { "image",    "image/", PL_MEDIA_MAX },
    { "sticker",  "image/", PL_MEDIA_MAX },
    { "video",    "video/", PL_MEDIA_MAX },
    { "audio",    "audio/", PL_MEDIA_MAX },
    { "document", "",       PL_MEDIA_MAX },
};


const pl_files_t  pl_whatsapp_files = {
    .ask   = media_ask,
    .place = media_place,
    .get   = media_get,
    .limit = media_limit,
};


static pl_status_t
media_ask(const pl_fetch_t *fetch, pl_arena_t *ar, pl_request_t *out,
    pl_err_t *err)
{
    const char   *rest;
    pl_status_t   rc;

    if (fetch->media->id == NULL || !pl_whatsapp_build_word(fetch->media->id))
    {
        return pl_whatsapp_fault(err, "cannot be part of a URL",
                                 "content.media.id");
    }

    if (!pl_whatsapp_build_word(fetch->channel->account)) {
        (void) pl_err_set(err, PL_INVALID, "build", 0,
                          "cannot be part of a URL");
        pl_err_path(err, "channel.account");
        return PL_INVALID;
    }

    rest = pl_arena_printf(ar, "?phone_number_id=%s",
                           fetch->channel->account);
    if (rest == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
    }

    memset(out, 0, sizeof(*out));
    out->method = "GET";

    rc = pl_whatsapp_build_url(fetch->channel, "account", fetch->media->id,
                               rest, ar, &out->url, err);

    return rc == PL_OK ? pl_whatsapp_build_headers(fetch->token, false, ar,
                                                   out, err) : rc;
}


static pl_status_t
media_place(const pl_codec_t *codec, const pl_fetch_t *fetch,
    const pl_answer_t *answer, pl_arena_t *ar, pl_place_t *place,
    Pl__SendResult *out, pl_err_t *err)
{
    memset(place, 0, sizeof(*place));

    if (answer->status < 200 || answer->status > 299) {
        return media_refused(codec, answer, ar, out, err);
    }

    out->has_http_status = true;
    out->http_status = answer->status;

    return media_read(codec, fetch, answer, ar, place, out, err);
}


/* What the answer leaves out, the message had said before. */

static pl_status_t
media_read(const pl_codec_t *codec, const pl_fetch_t *fetch,
    const pl_answer_t *answer, pl_arena_t *ar, pl_place_t *place,
    Pl__SendResult *out, pl_err_t *err)
{
    int64_t                bytes;
    pl_status_t            rc;
    ProtobufCMessage      *msg;
    Pl__Wa__MediaAnswer   *said;

    out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    out->reason = pl_whatsapp_const(answer->truncated ? "answer cut"
                                                   : "answer unreadable");
    if (answer->truncated || answer->body.len == 0) {
        return PL_OK;
    }

    rc = pl_json_decode(codec, &pl__wa__media_answer__descriptor,
                        answer->body, 0, ar, &msg, NULL);
    if (rc != PL_OK) {
        return rc == PL_NOMEM ? pl_err_set(err, rc, "classify", 0,
                                           "answer too large") : PL_OK;
    }

    said = (Pl__Wa__MediaAnswer *) msg;
    place->url = pl_whatsapp_decode_some(said->url);

    if (place->url == NULL) {
        out->reason = pl_whatsapp_const("answer without URL");
        return PL_OK;
    }

    place->mime_type = pl_whatsapp_decode_some(said->mime_type);
    if (place->mime_type == NULL) {
        place->mime_type = fetch->media->mime_type;
    }

    if (said->file_size != NULL && said->file_size[0] != '-'
        && pl_str_int(pl_str_c(said->file_size), &bytes) == PL_OK)
    {
        place->has_bytes = true;
        place->bytes = (uint64_t) bytes;
    }

    media_digest(said->sha256, ar, place);

    if (!place->has_sha256) {
        media_digest(fetch->media->sha256, ar, place);
    }

    out->outcome = PL__OUTCOME__OUTCOME_SENT;
    out->reason = NULL;

    return PL_OK;
}


/* The API's own errors say best what ails the account, and what passes. */

static pl_status_t
media_refused(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_whatsapp_classify(codec, answer, ar, out, err);
    if (rc != PL_OK) {
        return rc;
    }

    if ((answer->status == 404 || answer->status == 410)
        && (!out->has_code
            || out->outcome == PL__OUTCOME__OUTCOME_PERMANENT))
    {
        out->outcome = PL__OUTCOME__OUTCOME_PERMANENT;
        out->has_retry_ms = false;
        out->retry_ms = 0;
        out->reason = pl_whatsapp_const("the provider has no such file");
    }

    if (out->outcome == PL__OUTCOME__OUTCOME_UNKNOWN) {
        out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    }

    return PL_OK;
}


/* Hex in answers, base64 in webhooks: either is taken in both. */

static void
media_digest(const char *text, pl_arena_t *ar, pl_place_t *place)
{
    pl_str_t  bytes, s = pl_str_c(text);

    if (pl_hex_decode(s, place->sha256, PL_SHA256_LEN)) {
        place->has_sha256 = true;

    } else if (s.len > 0 && pl_base64_decode(ar, s, &bytes) == PL_OK
               && bytes.len == PL_SHA256_LEN)
    {
        memcpy(place->sha256, bytes.data, PL_SHA256_LEN);
        place->has_sha256 = true;
    }
}


static pl_status_t
media_get(const pl_fetch_t *fetch, const char *url, pl_arena_t *ar,
    pl_request_t *out, bool *home, pl_err_t *err)
{
    pl_origin_t  origin, base;
    pl_status_t  rc;

    rc = pl_url_origin(pl_str_c(url), &origin, err);
    if (rc != PL_OK) {
        return rc;
    }

    *home = pl_url_origin(pl_str_c(fetch->channel->api_base_url), &base,
                          NULL) == PL_OK && pl_url_same(&origin, &base);

    if (!*home && !origin.tls) {
        return pl_err_set(err, PL_INVALID, "url", 0, "not https");
    }

    memset(out, 0, sizeof(*out));
    out->method = "GET";
    out->url = url;

    if (!*home && !media_trusted(&origin)) {
        return PL_OK;                   /* without the token */
    }

    return pl_whatsapp_build_headers(fetch->token, false, ar, out, err);
}


static bool
media_trusted(const pl_origin_t *origin)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(media_hosts); i++) {
        if (origin->tls && origin->port == 443
            && strcmp(origin->host, media_hosts[i]) == 0)
        {
            return true;
        }
    }

    return false;
}


static uint64_t
media_limit(const char *kind, const char *mime_type)
{
    size_t    i;
    pl_str_t  type = pl_str_c(mime_type);

    if (!pl_mime_valid(type)) {
        return 0;
    }

    for (i = 0; i < PL_COUNT(media_rows); i++) {
        if (strcmp(kind, media_rows[i].kind) == 0) {
            return pl_mime_under(type, media_rows[i].types)
                   ? media_rows[i].max : 0;
        }
    }

    return 0;
}
