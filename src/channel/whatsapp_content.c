/*
 * What a message says: Meta's object under the key of the message's type as
 * typed content, the same for every provider and both directions. Cards and
 * what a system tells have files of their own.
 *
 * A reader takes what it can hold. What has no reader, or says less than its
 * reader needs, is kept whole as raw JSON under the type it came with; where
 * a reader had to leave something out, the JSON is kept beside it.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"


typedef struct content_row_s  content_row_t;

/* PL_OK; PL_NOTFOUND where there is nothing to hold; PL_NOMEM. */
typedef pl_status_t (*content_read_pt)(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);

struct content_row_s {
    const char       *type;
    content_read_pt   read;
    size_t            offset;       /* of media: its object in the message */
};


static pl_status_t content_text(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_media(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_location(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static bool content_degrees(const char *text);
static pl_status_t content_contacts(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_button(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_interactive(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_reaction(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_edit(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_revoke(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_order(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_system(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_welcome(const pl_whatsapp_decode_t *d,
    const content_row_t *row, const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_unsupported(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Content *out);
static pl_status_t content_error(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, const Pl__Wa__ErrorItem **item,
    size_t *n);


#define MEDIA(type)                                                           \
    { #type, content_media, offsetof(Pl__Wa__InMessage, type) }

static const content_row_t content_rows[] = {
    { "text",            content_text, 0 },
    { "interactive",     content_interactive, 0 },
    { "button",          content_button, 0 },
    MEDIA(image),
    MEDIA(audio),
    MEDIA(video),
    MEDIA(document),
    MEDIA(sticker),
    MEDIA(voice),
    { "reaction",        content_reaction, 0 },
    { "location",        content_location, 0 },
    { "contacts",        content_contacts, 0 },
    { "order",           content_order, 0 },
    { "system",          content_system, 0 },
    { "edit",            content_edit, 0 },
    { "revoke",          content_revoke, 0 },
    { "request_welcome", content_welcome, 0 },
};


pl_status_t
pl_whatsapp_content(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    size_t       i;
    pl_status_t  rc = PL_NOTFOUND;

    pl__content__init(out);
    out->type = in->type;

    for (i = 0; i < PL_COUNT(content_rows); i++) {
        if (strcmp(in->type, content_rows[i].type) == 0) {
            rc = content_rows[i].read(d, &content_rows[i], in, out);
            break;
        }
    }

    if (rc == PL_NOTFOUND) {
        rc = content_unsupported(d, in, out);
    }

    if (rc == PL_NOTFOUND) {
        out->has_raw = true;
        rc = PL_OK;
    }

    if (out->has_raw) {
        out->raw = in->raw;
    }

    return rc;
}


static pl_status_t
content_text(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    Pl__Text  *text;

    (void) row;

    if (in->text == NULL || in->text->bad != NULL) {
        return PL_NOTFOUND;
    }

    text = pl_arena_alloc(d->ar, sizeof(*text));
    if (text == NULL) {
        return PL_NOMEM;
    }

    pl__text__init(text);
    text->body = in->text->body;

    out->of_case = PL__CONTENT__OF_TEXT;
    out->text = text;

    return PL_OK;
}


/* A file that is too large, or gone, comes with errors in the id's place. */

static pl_status_t
content_media(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    size_t                    n;
    Pl__Media                *media;
    pl_status_t               rc;
    const Pl__Wa__InMedia    *from;
    const Pl__Wa__ErrorItem  *item;

    static const Pl__Wa__InMedia  none = PL__WA__IN_MEDIA__INIT;

    memcpy(&from, (const char *) in + row->offset, sizeof(from));

    rc = content_error(d, in, &item, &n);
    if (rc == PL_NOMEM) {
        return rc;
    }

    if (from == NULL && item != NULL) {
        from = &none;
    }

    if (from == NULL || from->bad != NULL
        || (pl_whatsapp_decode_some(from->id) == NULL
            && pl_whatsapp_decode_some(from->url) == NULL && item == NULL))
    {
        return PL_NOTFOUND;
    }

    media = pl_arena_alloc(d->ar, sizeof(*media));
    if (media == NULL) {
        return PL_NOMEM;
    }

    pl__media__init(media);
    media->id = pl_whatsapp_decode_some(from->id);
    media->url = pl_whatsapp_decode_some(from->url);
    media->mime_type = pl_whatsapp_decode_some(from->mime_type);
    media->sha256 = pl_whatsapp_decode_some(from->sha256);
    media->caption = pl_whatsapp_decode_some(from->caption);
    media->filename = pl_whatsapp_decode_some(from->filename);
    media->has_voice = from->has_voice;
    media->voice = from->voice;
    media->has_animated = from->has_animated;
    media->animated = from->animated;

    if (item != NULL) {
        media->has_state = media->id == NULL && media->url == NULL;
        media->state = PL__MEDIA_STATE__MEDIA_STATE_FAILED;
        media->has_code = item->has_code;
        media->code = item->code;
        media->error = pl_whatsapp_error_text(item);
    }

    /* once a type of its own: a voice note is audio */

    if (strcmp(row->type, "voice") == 0) {
        out->type = pl_whatsapp_const("audio");
        media->voice = media->has_voice ? media->voice : true;
        media->has_voice = true;
    }

    out->has_raw = n > 1;
    out->of_case = PL__CONTENT__OF_MEDIA;
    out->media = media;

    return PL_OK;
}


static pl_status_t
content_location(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    Pl__Location              *place;
    const Pl__Wa__InLocation  *from = in->location;

    (void) row;

    if (from == NULL || from->bad != NULL
        || !content_degrees(from->latitude)
        || !content_degrees(from->longitude))
    {
        return PL_NOTFOUND;
    }

    place = pl_arena_alloc(d->ar, sizeof(*place));
    if (place == NULL) {
        return PL_NOMEM;
    }

    pl__location__init(place);
    out->of_case = PL__CONTENT__OF_LOCATION;
    out->location = place;

    return pl_whatsapp_card_copy(d->ar, &from->base, &place->base);
}


/* As JSON writes numbers, whatever was put around it. */

static bool
content_degrees(const char *text)
{
    return strpbrk(text, "0123456789") != NULL
           && text[strspn(text, "0123456789+-.eE")] == '\0';
}


static pl_status_t
content_contacts(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    (void) row;

    return pl_whatsapp_cards(d, in, out);
}


static pl_status_t
content_button(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    Pl__Reply  *reply;

    (void) row;

    if (in->button == NULL || in->button->bad != NULL) {
        return PL_NOTFOUND;
    }

    reply = pl_arena_alloc(d->ar, sizeof(*reply));
    if (reply == NULL) {
        return PL_NOMEM;
    }

    pl__reply__init(reply);
    reply->kind = PL__REPLY_KIND__REPLY_KIND_TEMPLATE_BUTTON;
    reply->id = in->button->payload;
    reply->title = in->button->text;

    out->of_case = PL__CONTENT__OF_REPLY;
    out->reply = reply;

    return PL_OK;
}


static pl_status_t
content_interactive(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    (void) row;

    if (in->interactive == NULL || in->interactive->bad != NULL
        || in->interactive->type == NULL)
    {
        return PL_NOTFOUND;
    }

    return pl_whatsapp_interactive(d, in->interactive, out);
}


static pl_status_t
content_reaction(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    Pl__Reaction  *reaction;

    (void) row;

    if (in->reaction == NULL || in->reaction->bad != NULL) {
        return PL_NOTFOUND;
    }

    reaction = pl_arena_alloc(d->ar, sizeof(*reaction));
    if (reaction == NULL) {
        return PL_NOMEM;
    }

    pl__reaction__init(reaction);
    reaction->message_id = in->reaction->message_id;
    reaction->emoji = pl_whatsapp_decode_some(in->reaction->emoji);

    out->of_case = PL__CONTENT__OF_REACTION;
    out->reaction = reaction;

    return PL_OK;
}


/* What it says now is a message of its own, without a sender. */

static pl_status_t
content_edit(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    Pl__Edit                 *edit;
    Pl__Content              *content;
    pl_status_t               rc;
    Pl__Wa__InMessage         now = PL__WA__IN_MESSAGE__INIT;
    const Pl__Wa__InEdited   *said;

    (void) row;

    if (in->edit == NULL || in->edit->bad != NULL) {
        return PL_NOTFOUND;
    }

    edit = pl_arena_alloc(d->ar, sizeof(*edit));
    content = pl_arena_alloc(d->ar, sizeof(*content));
    if (edit == NULL || content == NULL) {
        return PL_NOMEM;
    }

    pl__edit__init(edit);
    edit->message_id = in->edit->original_message_id;
    said = in->edit->message;

    if (said != NULL && said->bad == NULL) {
        now.type = said->type;
        now.text = said->text;
        now.image = said->image;
        now.video = said->video;
        now.audio = said->audio;
        now.document = said->document;
        now.sticker = said->sticker;
        now.raw = said->raw;

        rc = pl_whatsapp_content(d, &now, content);
        if (rc != PL_OK) {
            return rc;
        }

        edit->content = content;
    }

    out->has_raw = edit->content == NULL;
    out->of_case = PL__CONTENT__OF_EDIT;
    out->edit = edit;

    return PL_OK;
}


static pl_status_t
content_revoke(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    Pl__Revoke  *revoke;

    (void) row;

    if (in->revoke == NULL || in->revoke->bad != NULL) {
        return PL_NOTFOUND;
    }

    revoke = pl_arena_alloc(d->ar, sizeof(*revoke));
    if (revoke == NULL) {
        return PL_NOMEM;
    }

    pl__revoke__init(revoke);
    revoke->message_id = in->revoke->original_message_id;

    out->of_case = PL__CONTENT__OF_REVOKE;
    out->revoke = revoke;

    return PL_OK;
}


static pl_status_t
content_order(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    (void) row;

    return in->order != NULL && in->order->bad == NULL
           ? pl_whatsapp_order(d, in->order, out) : PL_NOTFOUND;
}


static pl_status_t
content_system(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    (void) row;

    return in->system != NULL && in->system->bad == NULL
           ? pl_whatsapp_system(d, in, out) : PL_NOTFOUND;
}


static pl_status_t
content_welcome(const pl_whatsapp_decode_t *d, const content_row_t *row,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    (void) row;
    (void) in;

    out->welcome = pl_arena_alloc(d->ar, sizeof(*out->welcome));
    if (out->welcome == NULL) {
        return PL_NOMEM;
    }

    pl__welcome__init(out->welcome);
    out->of_case = PL__CONTENT__OF_WELCOME;

    return PL_OK;
}


/*
 * Whatever came with errors, or says that it is unsupported: an old
 * "unknown", a tap without its object, a type of tomorrow that cannot be
 * shown yet.
 */

static pl_status_t
content_unsupported(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    size_t                    n;
    pl_status_t               rc;
    Pl__Unsupported          *un;
    const Pl__Wa__ErrorItem  *item;

    rc = content_error(d, in, &item, &n);
    if (rc == PL_NOMEM) {
        return rc;
    }

    if (item == NULL && strcmp(in->type, "unsupported") != 0) {
        return PL_NOTFOUND;
    }

    un = pl_arena_alloc(d->ar, sizeof(*un));
    if (un == NULL) {
        return PL_NOMEM;
    }

    pl__unsupported__init(un);

    if (in->unsupported != NULL && in->unsupported->bad == NULL) {
        un->type = pl_whatsapp_decode_some(in->unsupported->type);
    }

    if (item != NULL) {
        un->has_code = item->has_code;
        un->code = item->code;
        un->title = pl_whatsapp_error_text(item);
        un->details = pl_whatsapp_error_details(item);
    }

    /* under another type it may hold what nobody knows */

    out->has_raw = n != 1 || (strcmp(in->type, "unsupported") != 0
                              && strcmp(in->type, "unknown") != 0);
    out->of_case = PL__CONTENT__OF_UNSUPPORTED;
    out->unsupported = un;

    return PL_OK;
}


/* The first that can be read of a message's errors, and how many stand. */

static pl_status_t
content_error(const pl_whatsapp_decode_t *d, const Pl__Wa__InMessage *in,
    const Pl__Wa__ErrorItem **item, size_t *n)
{
    size_t                    i;
    pl_status_t               rc;
    ProtobufCMessage         *msg;
    const Pl__Wa__ErrorList  *list;

    *item = NULL;
    *n = 0;

    if (!in->has_errors) {
        return PL_NOTFOUND;
    }

    rc = pl_whatsapp_decode_part(d, &pl__wa__error_list__descriptor,
                                 "errors", &in->errors, NULL, NULL, &msg);
    if (rc != PL_OK) {
        return rc;
    }

    list = (const Pl__Wa__ErrorList *) msg;
    *n = list->n_errors;

    for (i = 0; i < list->n_errors; i++) {
        if (list->errors[i]->bad == NULL) {
            *item = list->errors[i];
            return PL_OK;
        }
    }

    return PL_NOTFOUND;
}
