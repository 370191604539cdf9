/*
 * The request that sends a message: Messages.json with a form. Every send
 * names where its statuses are told, with our own id in the URL, so that one
 * finds its message before the answer to the send does, and after one that
 * never came.
 *
 * A template is one of Twilio's contents: its name is the ContentSid, and the
 * parameters of its body are the variables, by their names, or numbered in
 * their order from 1.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "sms.h"
#include "twilio_impl.h"

#define BUILD_TOKEN_MAX   4096
#define BUILD_SHORT_MAX   6             /* digits: a short code, no number */
#define BUILD_SID_LEN     34


/* A form under construction. */
typedef struct {
    pl_arena_t   *ar;
    const char   *text;                 /* NULL: no memory */
} build_form_t;

/* AC…/ADDRESS, taken apart; in the arena. */
typedef struct {
    char        *sid;
    const char  *address;
} build_place_t;


static pl_status_t build_address(const Pl__Message *message, pl_err_t *err);
static pl_status_t build_media(const Pl__Media *media, pl_err_t *err);
static pl_status_t build_template(const Pl__Template *template,
    pl_err_t *err);
static pl_status_t build_place(const Pl__ChannelSettings *channel,
    pl_arena_t *ar, build_place_t *place, pl_err_t *err);
static pl_status_t build_url(const Pl__ChannelSettings *channel,
    const char *sid, pl_arena_t *ar, const char **url, pl_err_t *err);
static void build_to(build_form_t *form, const Pl__Address *address,
    bool whatsapp);
static pl_status_t build_content(build_form_t *form, const pl_codec_t *codec,
    const pl_send_t *send, bool whatsapp, pl_err_t *err);
static pl_status_t build_variables(build_form_t *form,
    const pl_codec_t *codec, const Pl__Template *template, pl_err_t *err);
static void build_location(build_form_t *form, const Pl__Location *place);
static void build_callback(build_form_t *form, const pl_send_t *send);
static void build_add(build_form_t *form, const char *name,
    const char *value);
static bool build_printable(pl_str_t s);
static bool build_sid(const char *s, const char *kind);
static size_t build_characters(const char *s);


pl_status_t
pl_twilio_check(const Pl__Message *message, pl_err_t *err)
{
    size_t              len;
    const Pl__Content  *content = message->content;

    if (content == NULL) {
        return pl_twilio_fault(err, "required", "content");
    }

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        len = build_characters(content->text->body);

        return len != 0 && len <= PL_TWILIO_BODY_MAX ? PL_OK
               : pl_twilio_fault(err, len == 0
                                      ? "empty" : "more than 1600 characters",
                                 "content.text.body");

    case PL__CONTENT__OF_MEDIA:
        return build_media(content->media, err);

    case PL__CONTENT__OF_TEMPLATE:
        return build_template(content->template_, err);

    case PL__CONTENT__OF_LOCATION:
        return strpbrk(content->location->latitude, "|,") == NULL
               && strpbrk(content->location->longitude, "|,") == NULL
               ? PL_OK
               : pl_twilio_fault(err, "no number", "content.location");

    default:
        return pl_twilio_fault(err, "cannot be said on this channel",
                               "content");
    }
}


pl_status_t
pl_twilio_build(const pl_codec_t *codec, const pl_send_t *send,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err)
{
    bool           whatsapp;
    pl_status_t    rc;
    build_form_t   form = { ar, "" };
    build_place_t  place;

    out->method = "POST";

    if ((rc = build_address(send->message, err)) != PL_OK
        || (rc = pl_twilio_check(send->message, err)) != PL_OK
        || (rc = build_place(send->channel, ar, &place, err)) != PL_OK
        || (rc = build_url(send->channel, place.sid, ar, &out->url, err))
           != PL_OK
        || (rc = pl_twilio_headers(send->channel, send->token, true, ar, out,
                                   err)) != PL_OK)
    {
        return rc;
    }

    whatsapp = pl_twilio_whatsapp(place.address);

    build_to(&form, send->message->address, whatsapp);

    if (send->channel->service != NULL) {
        build_add(&form, "MessagingServiceSid", send->channel->service);
    }

    /* a service picks one of its own, unless one is named */

    build_add(&form, "From", place.address);

    rc = build_content(&form, codec, send, whatsapp, err);
    if (rc != PL_OK) {
        return rc;
    }

    build_callback(&form, send);

    if (form.text == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
    }

    out->body = pl_str_c(form.text + 1);

    return PL_OK;
}


pl_status_t
pl_twilio_headers(const Pl__ChannelSettings *channel, pl_str_t token,
    bool form, pl_arena_t *ar, pl_request_t *out, pl_err_t *err)
{
    char           *pair;
    pl_str_t        text;
    pl_status_t     rc;
    build_place_t   place;

    if (token.len == 0 || token.len > BUILD_TOKEN_MAX
        || !build_printable(token))
    {
        return pl_twilio_fault(err, "cannot be part of a header", "token");
    }

    rc = build_place(channel, ar, &place, err);
    if (rc != PL_OK) {
        return rc;
    }

    pair = pl_arena_printf(ar, "%s:%.*s", place.sid, (int) token.len,
                           (const char *) token.data);
    text = pair == NULL ? PL_STR_NULL : pl_base64_encode(ar, pl_str_c(pair));
    out->headers = pl_arena_alloc(ar, 3 * sizeof(char *));

    if (text.data == NULL || out->headers == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
    }

    out->headers[0] = pl_arena_printf(ar, "Authorization: Basic %.*s",
                                      (int) text.len,
                                      (const char *) text.data);
    out->headers[1] = form
                      ? "Content-Type: application/x-www-form-urlencoded"
                      : NULL;
    out->headers[2] = NULL;

    return out->headers[0] != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
}


pl_status_t
pl_twilio_fault(pl_err_t *err, const char *text, const char *path)
{
    (void) pl_err_set(err, PL_INVALID, "build", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}


static pl_status_t
build_address(const Pl__Message *message, pl_err_t *err)
{
    size_t              len;
    const Pl__Address  *address = message->address;

    if (address == NULL) {
        return pl_twilio_fault(err, "required", "address");
    }

    len = strlen(address->value);

    if (address->kind != PL__ADDRESS_KIND__ADDRESS_KIND_PHONE) {
        return pl_twilio_fault(err, "no address of this channel",
                               "address.kind");
    }

    return len != 0 && strspn(address->value, "0123456789") == len ? PL_OK
           : pl_twilio_fault(err, "not digits", "address.value");
}


/* Files of ours cannot be uploaded: Twilio fetches what has a link. */

static pl_status_t
build_media(const Pl__Media *media, pl_err_t *err)
{
    pl_str_t  link = pl_str_c(media->link);

    if (link.len == 0) {
        return pl_twilio_fault(err, "required on this channel",
                               "content.media.link");
    }

    if ((strncmp(media->link, "https://", 8) != 0
         && strncmp(media->link, "http://", 7) != 0)
        || !build_printable(link))
    {
        return pl_twilio_fault(err, "not a URL", "content.media.link");
    }

    return media->caption == NULL
           || build_characters(media->caption) <= PL_TWILIO_BODY_MAX ? PL_OK
           : pl_twilio_fault(err, "more than 1600 characters",
                             "content.media.caption");
}


static pl_status_t
build_template(const Pl__Template *template, pl_err_t *err)
{
    if (!build_sid(template->name, "HX")) {
        return pl_twilio_fault(err, "not a ContentSid",
                               "content.template.name");
    }

    return template->header == NULL && template->n_buttons == 0 ? PL_OK
           : pl_twilio_fault(err, "its variables stand in the body",
                             "content.template");
}


static pl_status_t
build_place(const Pl__ChannelSettings *channel, pl_arena_t *ar,
    build_place_t *place, pl_err_t *err)
{
    const char  *slash;

    slash = strchr(channel->account, '/');

    if (slash == NULL || slash[1] == '\0') {
        return pl_twilio_fault(err, "not an account and an address",
                               "channel.account");
    }

    place->address = slash + 1;
    place->sid = pl_arena_str(ar, (pl_str_t) {
                     (const uint8_t *) channel->account,
                     (size_t) (slash - channel->account) });

    if (place->sid == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
    }

    return build_sid(place->sid, "AC") ? PL_OK
           : pl_twilio_fault(err, "not an AccountSid", "channel.account");
}


static pl_status_t
build_url(const Pl__ChannelSettings *channel, const char *sid,
    pl_arena_t *ar, const char **url, pl_err_t *err)
{
    pl_str_t  base = pl_str_c(channel->api_base_url);

    while (base.len > 0 && base.data[base.len - 1] == '/') {
        base.len--;
    }

    if (base.len == 0 || !build_printable(base)
        || memchr(base.data, '?', base.len) != NULL
        || memchr(base.data, '#', base.len) != NULL)
    {
        return pl_twilio_fault(err, "cannot be part of a URL",
                               "channel.api_base_url");
    }

    if (channel->api_version[0] == '\0'
        || strspn(channel->api_version, "0123456789-")
           != strlen(channel->api_version))
    {
        return pl_twilio_fault(err, "cannot be part of a URL",
                               "channel.api_version");
    }

    *url = pl_arena_printf(ar, "%.*s/%s/Accounts/%s/Messages.json",
                           (int) base.len, (const char *) base.data,
                           channel->api_version, sid);

    return *url != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
}


static void
build_to(build_form_t *form, const Pl__Address *address, bool whatsapp)
{
    char  to[sizeof(PL_TWILIO_PREFIX) + PL_ADDRESS_MAX + 1];

    (void) snprintf(to, sizeof(to), "%s%s%s",
                    whatsapp ? PL_TWILIO_PREFIX : "",
                    whatsapp || strlen(address->value) > BUILD_SHORT_MAX
                    ? "+" : "", address->value);
    build_add(form, "To", to);
}


static pl_status_t
build_content(build_form_t *form, const pl_codec_t *codec,
    const pl_send_t *send, bool whatsapp, pl_err_t *err)
{
    const char         *text;
    const Pl__Content  *content = send->message->content;

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        text = content->text->body;

        if (!whatsapp && send->channel->has_smart && send->channel->smart) {
            text = pl_sms_smart(form->ar, text);
        }

        build_add(form, "Body", text);
        return PL_OK;

    case PL__CONTENT__OF_MEDIA:
        build_add(form, "MediaUrl", content->media->link);

        if (content->media->caption != NULL
            && content->media->caption[0] != '\0')
        {
            build_add(form, "Body", content->media->caption);
        }

        return PL_OK;

    case PL__CONTENT__OF_LOCATION:
        if (!whatsapp) {
            return pl_twilio_fault(err, "cannot be said on this channel",
                                   "content.location");
        }

        build_location(form, content->location);
        return PL_OK;

    default:
        build_add(form, "ContentSid", content->template_->name);
        return build_variables(form, codec, content->template_, err);
    }
}


/* {"1":"Ana"}; none: Twilio takes the content's own samples. */

static pl_status_t
build_variables(build_form_t *form, const pl_codec_t *codec,
    const Pl__Template *template, pl_err_t *err)
{
    size_t               i, n = template->n_body;
    pl_str_t             json, lead = PL_STR("{\"form\":");
    pl_status_t          rc;
    Pl__Tw__Parameter   *list, **rows;
    Pl__Tw__Parameters   all = PL__TW__PARAMETERS__INIT;

    if (n == 0) {
        return PL_OK;
    }

    list = pl_arena_alloc(form->ar, n * sizeof(*list));
    rows = pl_arena_alloc(form->ar, n * sizeof(*rows));
    if (list == NULL || rows == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
    }

    for (i = 0; i < n; i++) {
        pl__tw__parameter__init(&list[i]);
        list[i].name = pl_twilio_some(template->body[i]->name);
        list[i].value = template->body[i]->text;
        rows[i] = &list[i];

        if (list[i].name == NULL) {
            list[i].name = pl_arena_printf(form->ar, "%zu", i + 1);
        }

        if (list[i].name == NULL) {
            return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
        }
    }

    all.form = rows;
    all.n_form = n;

    rc = pl_json_encode(codec, &all.base, form->ar, &json, err);
    if (rc != PL_OK) {
        return rc;
    }

    json.data += lead.len;
    json.len -= lead.len + 1;
    build_add(form, "ContentVariables", pl_arena_str(form->ar, json));

    return PL_OK;
}


static void
build_location(build_form_t *form, const Pl__Location *place)
{
    const char  *name = place->name != NULL ? place->name : "";

    build_add(form, "Body", name[0] != '\0' ? name : "-");
    build_add(form, "PersistentAction",
              pl_arena_printf(form->ar, "geo:%s,%s|%s", place->latitude,
                              place->longitude, name));
}


static void
build_callback(build_form_t *form, const pl_send_t *send)
{
    const char  *url = send->channel->callback_url;

    if (url == NULL || url[0] == '\0') {
        return;
    }

    build_add(form, "StatusCallback",
              pl_arena_printf(form->ar, "%s%c" PL_TWILIO_TAG "=%llu:%s"
                              PL_TWILIO_FRAGMENT, url,
                              strchr(url, '?') == NULL ? '?' : '&',
                              (unsigned long long) send->message_id,
                              send->mark));
}


/* "&name=value", what is not unreserved escaped. value NULL: no memory. */

static void
build_add(build_form_t *form, const char *name, const char *value)
{
    char        *text, *p;
    const char  *s;

    static const char  hex[] = "0123456789ABCDEF";

    text = form->text == NULL || value == NULL ? NULL
           : pl_arena_alloc(form->ar, strlen(form->text) + strlen(name)
                                      + 3 * strlen(value) + 3);
    if (text == NULL) {
        form->text = NULL;
        return;
    }

    p = text + strlen(form->text);
    memcpy(text, form->text, strlen(form->text));
    *p++ = '&';
    memcpy(p, name, strlen(name));
    p += strlen(name);
    *p++ = '=';

    for (s = value; *s != '\0'; s++) {
        if (strchr("-._~", *s) != NULL || (*s >= '0' && *s <= '9')
            || (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z'))
        {
            *p++ = *s;
            continue;
        }

        *p++ = '%';
        *p++ = hex[(uint8_t) *s >> 4];
        *p++ = hex[(uint8_t) *s & 15];
    }

    *p = '\0';
    form->text = text;
}


static bool
build_printable(pl_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] <= 0x20 || s.data[i] >= 0x7f) {
            return false;
        }
    }

    return true;
}


static bool
build_sid(const char *s, const char *kind)
{
    return strlen(s) == BUILD_SID_LEN && strncmp(s, kind, 2) == 0
           && strspn(s + 2, "0123456789abcdefABCDEF") == BUILD_SID_LEN - 2;
}


/* Of UTF-8: bytes that begin one. */

static size_t
build_characters(const char *s)
{
    size_t  n = 0;

    for ( /* void */ ; *s != '\0'; s++) {
        n += ((uint8_t) *s & 0xc0) != 0x80;
    }

    return n;
}
