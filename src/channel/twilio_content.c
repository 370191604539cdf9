/*
 * What an inbound message says, and what it stands in. WhatsApp's kinds come
 * by the names that Twilio has for them; what has none is text.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "twilio_impl.h"

#define CONTENT_NAME  32            /* MediaContentType9 */


typedef struct {
    const char  *begin;         /* of a media type */
    const char  *type;          /* of a message */
} content_kind_t;


static pl_status_t content_text(const Pl__Tw__Webhook *in, pl_arena_t *ar,
    Pl__Content *out);
static pl_status_t content_reply(Pl__ReplyKind kind, char *id, char *title,
    pl_arena_t *ar, Pl__Content *out);
static pl_status_t content_place(const Pl__Tw__Webhook *in, pl_arena_t *ar,
    Pl__Content *out);
static pl_status_t content_media(const Pl__Tw__Webhook *in,
    const pl_twilio_pair_t *pairs, size_t n, size_t i, pl_arena_t *ar,
    Pl__Content *out);
static char *content_counted(const pl_twilio_pair_t *pairs, size_t n,
    const char *name, size_t i, pl_arena_t *ar);
static const char *content_type(const char *mime_type);


static const content_kind_t content_kinds[] = {
    { "image/webp", "sticker" },
    { "image/", "image" },
    { "video/", "video" },
    { "audio/", "audio" },
    { "", "document" },
};


pl_status_t
pl_twilio_content(const pl_codec_t *codec, const Pl__Tw__Webhook *in,
    const pl_twilio_pair_t *pairs, size_t n, size_t i, pl_arena_t *ar,
    Pl__Content *out)
{
    (void) codec;

    if (n != 0) {
        return content_media(in, pairs, n, i, ar, out);
    }

    if (pl_twilio_some(in->list_id) != NULL) {
        out->type = pl_twilio_const("interactive");
        return content_reply(PL__REPLY_KIND__REPLY_KIND_LIST, in->list_id,
                             in->list_title, ar, out);
    }

    if (pl_twilio_some(in->button_payload) != NULL
        || pl_twilio_some(in->button_text) != NULL)
    {
        out->type = pl_twilio_const("button");
        return content_reply(PL__REPLY_KIND__REPLY_KIND_BUTTON,
                             in->button_payload, in->button_text, ar, out);
    }

    if (pl_twilio_some(in->latitude) != NULL
        && pl_twilio_some(in->longitude) != NULL)
    {
        return content_place(in, ar, out);
    }

    return content_text(in, ar, out);
}


pl_status_t
pl_twilio_context(const Pl__Tw__Webhook *in, pl_arena_t *ar,
    Pl__Context **out)
{
    Pl__Context   *context;
    Pl__Referral  *ad;

    *out = NULL;

    if (!in->forwarded && !in->frequently_forwarded
        && pl_twilio_some(in->referral_source_id) == NULL
        && pl_twilio_some(in->referral_source_url) == NULL)
    {
        return PL_OK;
    }

    context = pl_arena_alloc(ar, sizeof(*context));
    ad = pl_arena_alloc(ar, sizeof(*ad));
    if (context == NULL || ad == NULL) {
        return PL_NOMEM;
    }

    pl__context__init(context);
    context->has_forwarded = context->forwarded = in->forwarded;
    context->frequently_forwarded = in->frequently_forwarded;
    context->has_frequently_forwarded = in->frequently_forwarded;
    *out = context;

    if (pl_twilio_some(in->referral_source_id) == NULL
        && pl_twilio_some(in->referral_source_url) == NULL)
    {
        return PL_OK;
    }

    pl__referral__init(ad);
    ad->source_url = pl_twilio_some(in->referral_source_url);
    ad->source_id = pl_twilio_some(in->referral_source_id);
    ad->source_type = pl_twilio_some(in->referral_source_type);
    ad->headline = pl_twilio_some(in->referral_headline);
    ad->body = pl_twilio_some(in->referral_body);
    ad->ctwa_clid = pl_twilio_some(in->referral_click);
    ad->image_url = pl_twilio_some(in->referral_media_url);
    context->referral = ad;

    return PL_OK;
}


static pl_status_t
content_text(const Pl__Tw__Webhook *in, pl_arena_t *ar, Pl__Content *out)
{
    Pl__Text  *text;

    text = pl_arena_alloc(ar, sizeof(*text));
    if (text == NULL) {
        return PL_NOMEM;
    }

    pl__text__init(text);
    text->body = in->body != NULL ? in->body : pl_twilio_const("");

    out->type = pl_twilio_const("text");
    out->of_case = PL__CONTENT__OF_TEXT;
    out->text = text;

    return PL_OK;
}


static pl_status_t
content_reply(Pl__ReplyKind kind, char *id, char *title, pl_arena_t *ar,
    Pl__Content *out)
{
    Pl__Reply  *reply;

    reply = pl_arena_alloc(ar, sizeof(*reply));
    if (reply == NULL) {
        return PL_NOMEM;
    }

    pl__reply__init(reply);
    reply->kind = kind;
    reply->id = pl_twilio_some(id);
    reply->title = pl_twilio_some(title);

    out->of_case = PL__CONTENT__OF_REPLY;
    out->reply = reply;

    return PL_OK;
}


static pl_status_t
content_place(const Pl__Tw__Webhook *in, pl_arena_t *ar, Pl__Content *out)
{
    Pl__Location  *place;

    place = pl_arena_alloc(ar, sizeof(*place));
    if (place == NULL) {
        return PL_NOMEM;
    }

    pl__location__init(place);
    place->latitude = in->latitude;
    place->longitude = in->longitude;
    place->name = pl_twilio_some(in->label);
    place->address = pl_twilio_some(in->address);

    out->type = pl_twilio_const("location");
    out->of_case = PL__CONTENT__OF_LOCATION;
    out->location = place;

    return PL_OK;
}


/* The text stands under the first file. */

static pl_status_t
content_media(const Pl__Tw__Webhook *in, const pl_twilio_pair_t *pairs,
    size_t n, size_t i, pl_arena_t *ar, Pl__Content *out)
{
    Pl__Media  *media;

    media = pl_arena_alloc(ar, sizeof(*media));
    if (media == NULL) {
        return PL_NOMEM;
    }

    pl__media__init(media);
    media->url = content_counted(pairs, n, "MediaUrl", i, ar);
    media->id = media->url;
    media->mime_type = content_counted(pairs, n, "MediaContentType", i, ar);
    media->caption = i == 0 ? pl_twilio_some(in->body) : NULL;

    out->type = pl_twilio_const(content_type(media->mime_type));
    out->of_case = PL__CONTENT__OF_MEDIA;
    out->media = media;

    return PL_OK;
}


/* MediaUrl0 and the like. NULL: there is none, or no memory. */

static char *
content_counted(const pl_twilio_pair_t *pairs, size_t n, const char *name,
    size_t i, pl_arena_t *ar)
{
    char    full[CONTENT_NAME];
    size_t  k;

    (void) snprintf(full, sizeof(full), "%s%zu", name, i);

    for (k = 0; k < n; k++) {
        if (pl_str_eq(pairs[k].name, pl_str_c(full))
            && pairs[k].value.len != 0)
        {
            return pl_utf8_clean(ar, pairs[k].value);
        }
    }

    return NULL;
}


static const char *
content_type(const char *mime_type)
{
    size_t  i;

    for (i = 0; mime_type != NULL && i < PL_COUNT(content_kinds) - 1; i++) {
        if (strncmp(mime_type, content_kinds[i].begin,
                    strlen(content_kinds[i].begin)) == 0)
        {
            return content_kinds[i].type;
        }
    }

    return "document";
}
