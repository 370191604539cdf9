/*
 * Files that people send: the webhook says where each is, at Twilio, which
 * leads on to a store of its own. So it is asked first, with the account and
 * its token, and what is got is where it leads to, without them; or the file
 * itself, where it leads nowhere.
 *
 * The token goes to the API that is configured and to Twilio's own host, and
 * nowhere else: a form is signed, and still only a form.
 */

#include <string.h>

#include "../core/str.h"
#include "mime.h"
#include "twilio_impl.h"
#include "url.h"

#define MEDIA_HOST  "api.twilio.com"
#define MEDIA_MAX   (16u * 1024 * 1024)     /* Twilio's, of WhatsApp */


static pl_status_t media_ask(const pl_fetch_t *fetch, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err);
static pl_status_t media_place(const pl_codec_t *codec,
    const pl_fetch_t *fetch, const pl_answer_t *answer, pl_arena_t *ar,
    pl_place_t *place, Pl__SendResult *out, pl_err_t *err);
static pl_status_t media_get(const pl_fetch_t *fetch, const char *url,
    pl_arena_t *ar, pl_request_t *out, bool *home, pl_err_t *err);
static bool media_ours(const Pl__ChannelSettings *channel,
    const pl_origin_t *origin, bool *home);
static uint64_t media_limit(const char *kind, const char *mime_type);


const pl_files_t  pl_twilio_files = {
    .ask   = media_ask,
    .place = media_place,
    .get   = media_get,
    .limit = media_limit,
};


static pl_status_t
media_ask(const pl_fetch_t *fetch, pl_arena_t *ar, pl_request_t *out,
    pl_err_t *err)
{
    bool         home;
    pl_origin_t  origin;

    if (fetch->media->id == NULL
        || pl_url_origin(pl_str_c(fetch->media->id), &origin, NULL) != PL_OK
        || !media_ours(fetch->channel, &origin, &home))
    {
        return pl_twilio_fault(err, "no URL of the provider's",
                               "content.media.id");
    }

    memset(out, 0, sizeof(*out));
    out->method = "GET";
    out->url = fetch->media->id;

    return pl_twilio_headers(fetch->channel, fetch->token, false, ar, out,
                             err);
}


static pl_status_t
media_place(const pl_codec_t *codec, const pl_fetch_t *fetch,
    const pl_answer_t *answer, pl_arena_t *ar, pl_place_t *place,
    Pl__SendResult *out, pl_err_t *err)
{
    pl_status_t  rc;

    memset(place, 0, sizeof(*place));
    place->mime_type = fetch->media->mime_type;

    out->has_http_status = true;
    out->http_status = answer->status;
    out->outcome = PL__OUTCOME__OUTCOME_SENT;

    if (answer->status >= 200 && answer->status < 300) {
        place->url = fetch->media->id;
        return PL_OK;
    }

    if (answer->status >= 301 && answer->status <= 308
        && answer->location.len != 0)
    {
        place->url = pl_arena_str(ar, answer->location);
        return place->url != NULL ? PL_OK
               : pl_err_set(err, PL_NOMEM, "classify", 0, "no memory");
    }

    rc = pl_twilio_classify(codec, answer, ar, out, err);

    if (answer->status == 404 || answer->status == 410) {
        out->outcome = PL__OUTCOME__OUTCOME_PERMANENT;
        out->has_retry_ms = false;
        out->reason = pl_twilio_const("the provider has no such file");
    }

    if (out->outcome == PL__OUTCOME__OUTCOME_UNKNOWN) {
        out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    }

    return rc;
}


static pl_status_t
media_get(const pl_fetch_t *fetch, const char *url, pl_arena_t *ar,
    pl_request_t *out, bool *home, pl_err_t *err)
{
    bool         ours;
    pl_origin_t  origin;
    pl_status_t  rc;

    rc = pl_url_origin(pl_str_c(url), &origin, err);
    if (rc != PL_OK) {
        return rc;
    }

    ours = media_ours(fetch->channel, &origin, home);

    if (!*home && !origin.tls) {
        return pl_err_set(err, PL_INVALID, "url", 0, "not https");
    }

    memset(out, 0, sizeof(*out));
    out->method = "GET";
    out->url = url;

    return ours ? pl_twilio_headers(fetch->channel, fetch->token, false, ar,
                                    out, err) : PL_OK;
}


/* May it see the token? *home: it is the API that is configured. */

static bool
media_ours(const Pl__ChannelSettings *channel, const pl_origin_t *origin,
    bool *home)
{
    pl_origin_t  base;

    *home = pl_url_origin(pl_str_c(channel->api_base_url), &base, NULL)
            == PL_OK && pl_url_same(origin, &base);

    return *home || (origin->tls && origin->port == 443
                     && strcmp(origin->host, MEDIA_HOST) == 0);
}


/* The kind was made of the type. */

static uint64_t
media_limit(const char *kind, const char *mime_type)
{
    (void) kind;

    return pl_mime_valid(pl_str_c(mime_type)) ? MEDIA_MAX : 0;
}
