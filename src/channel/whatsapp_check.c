/*
 * Can this message be sent? What the provider would refuse for its shape is
 * refused here, before it is queued, and the field is named: the API's own
 * words come late and often name none. Lengths and counts are rows of
 * whatsapp_limits.c; here is what needs more than a number.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define CHECK_DEGREES_LATITUDE   90
#define CHECK_DEGREES_LONGITUDE  180

#define CHECK_PART(wanted)                                                    \
    ((wanted) ? "required" : "not with this kind")

#define ROW(type, of, field, contact, group, quotes, check)                   \
    { type, field, check, PL__CONTENT__OF_##of, contact, group, quotes }


typedef pl_status_t (*check_pt)(const Pl__Content *content, pl_err_t *err);

typedef struct {
    const char             *type;       /* Content.type */
    const char             *field;      /* of Content */
    check_pt                check;      /* NULL: the limits say all */
    Pl__Content__OfCase     of_case;    /* the same field */
    bool                    contact;    /* may go to a person */
    bool                    group;
    bool                    quotes;     /* may answer a message */
} check_row_t;


static bool check_blank(uint8_t c);
static const check_row_t *check_row(const Pl__Content *content,
    pl_err_t *err);
static pl_status_t check_party(const Pl__Message *message,
    const check_row_t *row, pl_err_t *err);
static pl_status_t check_reply_to(const Pl__Message *message,
    const check_row_t *row, pl_err_t *err);
static const char *check_variant(const Pl__Content *content);
static const char *check_kind(Pl__HeaderKind kind);
static pl_status_t check_media(const Pl__Content *content, pl_err_t *err);
static pl_status_t check_file(const Pl__Media *media, const char *kind,
    const char *path, pl_err_t *err);
static pl_status_t check_ours(const Pl__Media *media, const char *kind,
    const char *path, pl_err_t *err);
static pl_status_t check_location(const Pl__Content *content,
    pl_err_t *err);
static pl_status_t check_place(const Pl__Location *location,
    const char *path, pl_err_t *err);
static bool check_degrees(const char *s, unsigned max);
static pl_status_t check_cards(const Pl__Content *content, pl_err_t *err);
static bool check_named(const Pl__CardName *name);
static pl_status_t check_pin(const Pl__Content *content, pl_err_t *err);


/* Groups take text, media, templates of these, and pins (provider-facts 4). */
static const check_row_t check_rows[] = {
    ROW("text", TEXT, "text", true, true, true, NULL),
    ROW("template", TEMPLATE, "template", true, true, true,
        pl_whatsapp_template_check),
    ROW("image", MEDIA, "media", true, true, true, check_media),
    ROW("video", MEDIA, "media", true, true, true, check_media),
    ROW("audio", MEDIA, "media", true, true, true, check_media),
    ROW("document", MEDIA, "media", true, true, true, check_media),
    ROW("sticker", MEDIA, "media", true, true, true, check_media),
    ROW("location", LOCATION, "location", true, false, true, check_location),
    ROW("contacts", CARDS, "cards", true, false, true, check_cards),
    ROW("reaction", REACTION, "reaction", true, false, false, NULL),
    ROW("interactive", INTERACTIVE, "interactive", true, false, true,
        pl_whatsapp_interactive_check),
    ROW("pin", PIN, "pin", false, true, false, check_pin),
    ROW("read", RECEIPT, "receipt", true, false, false, NULL),
};


pl_status_t
pl_whatsapp_check(const Pl__Message *message, pl_err_t *err)
{
    pl_status_t          rc;
    const check_row_t   *row;
    const Pl__Content   *content = message->content;

    if (content == NULL) {
        return pl_whatsapp_fault(err, "required", "content");
    }

    row = check_row(content, err);
    if (row == NULL) {
        return PL_INVALID;
    }

    if ((rc = check_party(message, row, err)) != PL_OK
        || (rc = check_reply_to(message, row, err)) != PL_OK
        || (rc = pl_limit_check(&pl_whatsapp_limits, &content->base,
                                "content", row->field,
                                check_variant(content), err))
           != PL_OK)
    {
        return rc;
    }

    return row->check == NULL ? PL_OK : row->check(content, err);
}


/* http and https: the API fetches from both. */

bool
pl_whatsapp_link(const char *link)
{
    size_t    i;
    pl_str_t  s = pl_str_c(link);
    size_t    lead = strncmp(link, "https://", 8) == 0 ? 8
                     : strncmp(link, "http://", 7) == 0 ? 7 : 0;

    for (i = lead; i < s.len; i++) {
        if (s.data[i] <= 0x20 || s.data[i] == 0x7f) {
            return false;
        }
    }

    return lead > 0 && s.len > lead && link[lead] != '/';
}


/* That it is JSON at all the codec has seen to, or will when it writes it. */

bool
pl_whatsapp_object(const ProtobufCBinaryData *json)
{
    size_t          first = 0, last = json->len;
    const uint8_t  *data = json->data;

    while (first < last && (check_blank(data[first]) || data[first] == '{')) {
        first++;
    }

    while (last > first
           && (check_blank(data[last - 1]) || data[last - 1] == '}'))
    {
        last--;
    }

    return first < last && memchr(data, '{', first) != NULL
           && last < json->len;
}


pl_status_t
pl_whatsapp_check_header(const Pl__Header *header, const char *path,
    pl_err_t *err)
{
    bool  media = header->kind == PL__HEADER_KIND__HEADER_KIND_IMAGE
                  || header->kind == PL__HEADER_KIND__HEADER_KIND_VIDEO
                  || header->kind == PL__HEADER_KIND__HEADER_KIND_DOCUMENT;
    bool  place = header->kind == PL__HEADER_KIND__HEADER_KIND_LOCATION;
    bool  text = header->kind == PL__HEADER_KIND__HEADER_KIND_TEXT;
    char  field[PL_ERR_PATH_MAX];

    if (!text && !media && !place) {
        return pl_whatsapp_fault(err, "not known", "%s.kind", path);
    }

    if (text != (header->text != NULL && header->text[0] != '\0')) {
        return pl_whatsapp_fault(err, CHECK_PART(text), "%s.text", path);
    }

    if (media != (header->media != NULL)) {
        return pl_whatsapp_fault(err, CHECK_PART(media), "%s.media", path);
    }

    if (place != (header->location != NULL)) {
        return pl_whatsapp_fault(err, CHECK_PART(place), "%s.location",
                                 path);
    }

    if (media) {
        (void) snprintf(field, sizeof(field), "%s.media", path);
        return check_file(header->media, check_kind(header->kind), field,
                          err);
    }

    (void) snprintf(field, sizeof(field), "%s.location", path);

    return place ? check_place(header->location, field, err) : PL_OK;
}


pl_status_t
pl_whatsapp_fault(pl_err_t *err, const char *text, const char *fmt, ...)
{
    char     path[PL_ERR_PATH_MAX];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(path, sizeof(path), fmt, args);
    va_end(args);

    (void) pl_err_set(err, PL_INVALID, "check", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}


static bool
check_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


/* The row of what is said, and by the word that goes with it. */

static const check_row_t *
check_row(const Pl__Content *content, pl_err_t *err)
{
    size_t  i;
    bool    known = false;

    for (i = 0; i < PL_COUNT(check_rows); i++) {
        if (check_rows[i].of_case != content->of_case) {
            continue;
        }

        if (strcmp(check_rows[i].type, content->type) == 0) {
            return &check_rows[i];
        }

        known = true;
    }

    (void) pl_whatsapp_fault(err, known ? "does not go with what is said"
                                        : "cannot be said on this channel",
                             "content.type");

    return NULL;
}


static pl_status_t
check_party(const Pl__Message *message, const check_row_t *row,
    pl_err_t *err)
{
    bool                 group;
    const Pl__Template  *template = NULL;

    group = message->party_kind == PL__PARTY_KIND__PARTY_KIND_GROUP
            || (message->address != NULL
                && message->address->kind
                   == PL__ADDRESS_KIND__ADDRESS_KIND_GROUP);

    if (!(group ? row->group : row->contact)) {
        return pl_whatsapp_fault(err, group ? "not to a group"
                                            : "to a group alone",
                                 "content.type");
    }

    if (group && row->of_case == PL__CONTENT__OF_TEMPLATE) {
        template = message->content->template_;
    }

    if (template != NULL && template->header != NULL
        && template->header->kind
           == PL__HEADER_KIND__HEADER_KIND_LOCATION)
    {
        return pl_whatsapp_fault(err, "not to a group",
                                 "content.template.header.kind");
    }

    return PL_OK;
}


static pl_status_t
check_reply_to(const Pl__Message *message, const check_row_t *row,
    pl_err_t *err)
{
    const char  *id = message->reply_to;

    if (id == NULL || id[0] == '\0') {
        return PL_OK;
    }

    if (!row->quotes) {
        return pl_whatsapp_fault(err, "not with this content", "reply_to");
    }

    return strlen(id) <= PL_PROVIDER_ID_MAX
           ? PL_OK : pl_whatsapp_fault(err, "too long", "reply_to");
}


static const char *
check_variant(const Pl__Content *content)
{
    if (content->of_case == PL__CONTENT__OF_INTERACTIVE) {
        return pl_whatsapp_interactive_word(content->interactive->kind);
    }

    return content->type;
}


/* What the file of a header is, as if it were sent by itself. */

static const char *
check_kind(Pl__HeaderKind kind)
{
    switch (kind) {
    case PL__HEADER_KIND__HEADER_KIND_IMAGE:
        return "image";
    case PL__HEADER_KIND__HEADER_KIND_VIDEO:
        return "video";
    default:
        return "document";
    }
}


static pl_status_t
check_media(const Pl__Content *content, pl_err_t *err)
{
    return check_file(content->media, content->type, "content.media", err);
}


/* Uploaded, fetched by the provider, or to be uploaded: one of these. */

static pl_status_t
check_file(const Pl__Media *media, const char *kind, const char *path,
    pl_err_t *err)
{
    bool  id = media->id != NULL && media->id[0] != '\0';
    bool  link = media->link != NULL && media->link[0] != '\0';
    bool  file = media->file != NULL && media->file[0] != '\0';

    if (id + link + file != 1) {
        return pl_whatsapp_fault(err, id + link + file > 1
                                      ? "one of id, link and file"
                                      : "an id, a link or a file is required",
                                 "%s", path);
    }

    if (link && !pl_whatsapp_link(media->link)) {
        return pl_whatsapp_fault(err, "no http or https URL", "%s.link",
                                 path);
    }

    return file ? check_ours(media, kind, path, err) : PL_OK;
}


/* A file in the folder: its name is its digest and never a path. */

static pl_status_t
check_ours(const Pl__Media *media, const char *kind, const char *path,
    pl_err_t *err)
{
    uint64_t  max;

    if (strlen(media->file) != 2 * PL_SHA256_LEN
        || strspn(media->file, "0123456789abcdef") != 2 * PL_SHA256_LEN)
    {
        return pl_whatsapp_fault(err, "not a SHA-256 in hex", "%s.file",
                                 path);
    }

    max = pl_whatsapp_uploads.limit(kind, media->mime_type == NULL
                                          ? "" : media->mime_type);
    if (max == 0) {
        return pl_whatsapp_fault(err, "not a type that is taken here",
                                 "%s.mime_type", path);
    }

    if (!media->has_bytes || media->bytes == 0) {
        return pl_whatsapp_fault(err, "empty", "%s.bytes", path);
    }

    return media->bytes <= max ? PL_OK
           : pl_whatsapp_fault(err, "too large", "%s.bytes", path);
}


static pl_status_t
check_location(const Pl__Content *content, pl_err_t *err)
{
    return check_place(content->location, "content.location", err);
}


static pl_status_t
check_place(const Pl__Location *location, const char *path, pl_err_t *err)
{
    bool  good;

    good = check_degrees(location->latitude, CHECK_DEGREES_LATITUDE);

    if (good
        && check_degrees(location->longitude, CHECK_DEGREES_LONGITUDE))
    {
        return PL_OK;
    }

    return pl_whatsapp_fault(err, "no such number of degrees", "%s.%s", path,
                             good ? "longitude" : "latitude");
}


/*
 * A decimal number from -max to max. Read by hand: strtod takes the locale's
 * point, and more forms than the API does.
 */

static bool
check_degrees(const char *s, unsigned max)
{
    unsigned  n = 0, digits = 0;

    s += *s == '-';

    for ( /* void */ ; *s >= '0' && *s <= '9' && n <= max; s++, digits++) {
        n = n * 10 + (unsigned) (*s - '0');
    }

    if (digits == 0 || n > max) {
        return false;
    }

    if (*s == '.') {
        s++;
        digits = (unsigned) strspn(s, n == max ? "0" : "0123456789");
        s += digits;
    }

    return digits > 0 && *s == '\0';
}


static pl_status_t
check_cards(const Pl__Content *content, pl_err_t *err)
{
    size_t  i;

    for (i = 0; i < content->cards->n_cards; i++) {
        if (!check_named(content->cards->cards[i]->name)) {
            return pl_whatsapp_fault(err, "required, beside formatted_name "
                                     "another part",
                                     "content.cards.cards[%zu].name", i);
        }
    }

    return PL_OK;
}


static bool
check_named(const Pl__CardName *name)
{
    size_t             i;
    const char *const  parts[] = {
        name->first_name, name->last_name, name->middle_name, name->prefix,
        name->suffix
    };

    for (i = 0; i < PL_COUNT(parts); i++) {
        if (parts[i] != NULL && parts[i][0] != '\0') {
            return true;
        }
    }

    return false;
}


static pl_status_t
check_pin(const Pl__Content *content, pl_err_t *err)
{
    const Pl__Pin  *pin = content->pin;
    bool            remove = pin->has_remove && pin->remove;

    if (remove == (bool) pin->has_days) {
        return pl_whatsapp_fault(err, remove ? "not when it is removed"
                                             : "required",
                                 "content.pin.days");
    }

    return PL_OK;
}
