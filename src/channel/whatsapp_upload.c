/*
 * Files of ours on their way to Meta: POST /PHONE_NUMBER_ID/media as
 * multipart/form-data (provider-facts 1.9). Its answer names an id, which
 * messages of this number can carry for 30 days.
 *
 * The boundary is made of the file's own digest: no file holds that.
 * A name that a person gave the file does not go here: a document's stands
 * in each message that brings it.
 *
 * Types and sizes are those that provider-facts 1.9 lists; of sticker the
 * size of an animated one, since which it is only the file itself says.
 */

#include <string.h>
#include <strings.h>

#include "../core/str.h"
#include "mime.h"
#include "whatsapp_impl.h"

#define UPLOAD_KIB       1024ULL
#define UPLOAD_MIB       (1024 * UPLOAD_KIB)
#define UPLOAD_BOUNDARY  "parley-"
#define UPLOAD_TYPE_MAX  255            /* RFC 6838, 4.2: 127 + "/" + 127 */

/* Of what the API says of a handle that it does not know. */
#define UPLOAD_LOST_WORD  "media"

#define UPLOAD_OFFICE  "application/vnd.openxmlformats-officedocument."

typedef struct {
    const char  *kind;
    uint64_t     max;           /* bytes */
    const char  *type;
} upload_row_t;


static uint64_t upload_limit(const char *kind, const char *mime_type);
static bool upload_writable(pl_str_t type);
static pl_status_t upload_build(const pl_upload_t *upload, pl_arena_t *ar,
    pl_request_t *out, pl_str_t *head, pl_str_t *tail, pl_err_t *err);
static bool upload_parts(const pl_upload_t *upload, pl_arena_t *ar,
    pl_request_t *out, pl_str_t *head, pl_str_t *tail);
static pl_status_t upload_classify(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
static pl_status_t upload_read(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);


static const upload_row_t  upload_rows[] = {
    { "image",    5 * UPLOAD_MIB,   "image/jpeg" },
    { "image",    5 * UPLOAD_MIB,   "image/png" },
    { "sticker",  500 * UPLOAD_KIB, "image/webp" },
    { "video",    16 * UPLOAD_MIB,  "video/mp4" },
    { "video",    16 * UPLOAD_MIB,  "video/3gpp" },
    { "audio",    16 * UPLOAD_MIB,  "audio/aac" },
    { "audio",    16 * UPLOAD_MIB,  "audio/amr" },
    { "audio",    16 * UPLOAD_MIB,  "audio/mpeg" },
    { "audio",    16 * UPLOAD_MIB,  "audio/mp4" },
    { "audio",    16 * UPLOAD_MIB,  "audio/ogg" },
    { "document", 100 * UPLOAD_MIB, "text/plain" },
    { "document", 100 * UPLOAD_MIB, "application/pdf" },
    { "document", 100 * UPLOAD_MIB, "application/msword" },
    { "document", 100 * UPLOAD_MIB, "application/vnd.ms-excel" },
    { "document", 100 * UPLOAD_MIB, "application/vnd.ms-powerpoint" },
    { "document", 100 * UPLOAD_MIB,
      UPLOAD_OFFICE "wordprocessingml.document" },
    { "document", 100 * UPLOAD_MIB, UPLOAD_OFFICE "spreadsheetml.sheet" },
    { "document", 100 * UPLOAD_MIB,
      UPLOAD_OFFICE "presentationml.presentation" },
};


const pl_uploads_t  pl_whatsapp_uploads = {
    .limit    = upload_limit,
    .build    = upload_build,
    .classify = upload_classify,
};


/* These errors are said of much else too: the words decide, where any are. */

bool
pl_whatsapp_upload_lost(int32_t code, const char *message)
{
    size_t    i, len = sizeof(UPLOAD_LOST_WORD) - 1;
    pl_str_t  s = pl_str_c(message);

    if (code != 100 && code != 131009 && code != 131053) {
        return false;
    }

    for (i = 0; i + len <= s.len; i++) {
        if (strncasecmp((const char *) s.data + i, UPLOAD_LOST_WORD, len)
            == 0)
        {
            return true;
        }
    }

    return false;
}


static uint64_t
upload_limit(const char *kind, const char *mime_type)
{
    size_t    i;
    pl_str_t  type = pl_str_c(mime_type);

    if (!upload_writable(type)) {
        return 0;
    }

    for (i = 0; i < PL_COUNT(upload_rows); i++) {
        if (strcmp(kind, upload_rows[i].kind) == 0
            && pl_mime_same(type, pl_str_c(upload_rows[i].type)))
        {
            return upload_rows[i].max;
        }
    }

    return 0;
}


/*
 * A type as it is asked for, parameters and all, goes into a part's header,
 * and into the key of its row (keys.h).
 */

static bool
upload_writable(pl_str_t type)
{
    size_t  i;

    for (i = 0; i < type.len; i++) {
        if (type.data[i] < 0x20 || type.data[i] > 0x7e) {
            return false;
        }
    }

    return type.len <= UPLOAD_TYPE_MAX && pl_mime_valid(type);
}


static pl_status_t
upload_build(const pl_upload_t *upload, pl_arena_t *ar, pl_request_t *out,
    pl_str_t *head, pl_str_t *tail, pl_err_t *err)
{
    pl_status_t  rc;

    if (!upload_writable(pl_str_c(upload->mime_type))) {
        return pl_whatsapp_fault(err, "cannot be part of a header",
                                 "content.media.mime_type");
    }

    memset(out, 0, sizeof(*out));
    out->method = "POST";

    rc = pl_whatsapp_build_url(upload->channel, "account",
                               upload->channel->account, "/media", ar,
                               &out->url, err);

    if (rc == PL_OK) {
        rc = pl_whatsapp_build_headers(upload->token, true, ar, out, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    return upload_parts(upload, ar, out, head, tail) ? PL_OK
           : pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
}


/* RFC 7578; the type as it stands in both places, parameters and all. */

static bool
upload_parts(const pl_upload_t *upload, pl_arena_t *ar, pl_request_t *out,
    pl_str_t *head, pl_str_t *tail)
{
    const char  *mark, *before, *after;

    mark = pl_arena_printf(ar, UPLOAD_BOUNDARY "%.*s", 2 * PL_SHA256_LEN
                                                       - 8, upload->file);
    if (mark == NULL) {
        return false;
    }

    out->headers[1] = pl_arena_printf(ar, "Content-Type: "
                                      "multipart/form-data; boundary=%s",
                                      mark);

    before = pl_arena_printf(ar,
        "--%s\r\n"
        "Content-Disposition: form-data; name=\"messaging_product\"\r\n\r\n"
        "whatsapp\r\n"
        "--%s\r\n"
        "Content-Disposition: form-data; name=\"type\"\r\n\r\n"
        "%s\r\n"
        "--%s\r\n"
        "Content-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n"
        "Content-Type: %s\r\n\r\n",
        mark, mark, upload->mime_type, mark, upload->mime_type);

    after = pl_arena_printf(ar, "\r\n--%s--\r\n", mark);

    *head = pl_str_c(before);
    *tail = pl_str_c(after);

    return out->headers[1] != NULL && before != NULL && after != NULL;
}


static pl_status_t
upload_classify(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    pl_status_t  rc;

    if (answer->status >= 200 && answer->status <= 299) {
        return upload_read(codec, answer, ar, out, err);
    }

    rc = pl_whatsapp_classify(codec, answer, ar, out, err);

    if (rc == PL_OK && out->outcome == PL__OUTCOME__OUTCOME_UNKNOWN) {
        out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    }

    out->has_lost = false;              /* is said of messages */
    out->lost = false;

    return rc;
}


static pl_status_t
upload_read(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    out->has_http_status = true;
    out->http_status = answer->status;
    out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    out->reason = pl_whatsapp_const(answer->truncated ? "answer cut"
                                                      : "answer unreadable");

    if (answer->truncated || answer->body.len == 0) {
        return PL_OK;
    }

    rc = pl_json_decode(codec, &pl__wa__upload_answer__descriptor,
                        answer->body, 0, ar, &msg, NULL);
    if (rc != PL_OK) {
        return rc == PL_NOMEM ? pl_err_set(err, rc, "classify", 0,
                                           "answer too large") : PL_OK;
    }

    out->provider_id = pl_whatsapp_decode_some(
                           ((Pl__Wa__UploadAnswer *) msg)->id);
    if (out->provider_id == NULL) {
        out->reason = pl_whatsapp_const("answer without id");
        return PL_OK;
    }

    out->outcome = PL__OUTCOME__OUTCOME_SENT;
    out->reason = NULL;

    return PL_OK;
}
