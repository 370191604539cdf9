/*
 * The request that sends a message: Messages.json with a form. Every send
 * names where its statuses are told, with our own id in the URL, so that one
 * finds its message before the answer to the send does, and after one that
 * never came.
 *
 * A template is one of Twilio's contents. Its row has the ContentSid and how
 * the variables are called there (content.h); or its name is the ContentSid,
 * and the parameters of its body are the variables, by their names, or
 * numbered in their order from 1.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "content.h"
#include "sms.h"
#include "twilio_impl.h"

#define BUILD_SHORT_MAX   6             /* digits: a short code, no number */


static pl_status_t build_address(const Pl__Message *message, pl_err_t *err);
static pl_status_t build_media(const Pl__Media *media, pl_err_t *err);
static pl_status_t build_template(const Pl__Template *template,
    pl_err_t *err);
static void build_to(pl_twilio_form_t *form, const Pl__Address *address,
    bool whatsapp);
static pl_status_t build_content(pl_twilio_form_t *form,
    const pl_codec_t *codec, const pl_send_t *send, bool whatsapp,
    pl_err_t *err);
static pl_status_t build_sent(pl_twilio_form_t *form,
    const pl_codec_t *codec, const pl_send_t *send, pl_err_t *err);
static pl_status_t build_given(const Pl__Template *template, pl_arena_t *ar,
    pl_content_value_t **values, pl_err_t *err);
static pl_status_t build_variables(pl_twilio_form_t *form,
    const pl_codec_t *codec, const pl_content_value_t *values, size_t n,
    pl_err_t *err);
static void build_location(pl_twilio_form_t *form, const Pl__Location *place);
static void build_callback(pl_twilio_form_t *form, const pl_send_t *send);
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
    bool               whatsapp;
    pl_status_t        rc;
    pl_twilio_form_t   form = { ar, "" };
    pl_twilio_place_t  place;

    out->method = "POST";

    if ((rc = build_address(send->message, err)) != PL_OK
        || (rc = pl_twilio_check(send->message, err)) != PL_OK
        || (rc = pl_twilio_place(send->channel, ar, &place, err)) != PL_OK
        || (rc = pl_twilio_url(send->channel, place.sid, "Messages.json", ar,
                               &out->url, err)) != PL_OK
        || (rc = pl_twilio_headers(send->channel, send->token, true, ar, out,
                                   err)) != PL_OK)
    {
        return rc;
    }

    whatsapp = pl_twilio_whatsapp(place.address);

    build_to(&form, send->message->address, whatsapp);

    if (send->channel->service != NULL) {
        pl_twilio_add(&form, "MessagingServiceSid", send->channel->service);
    }

    /* a service picks one of its own, unless one is named */

    pl_twilio_add(&form, "From", place.address);

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
        || !pl_twilio_printable(link))
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
    if (!pl_content_sid(template->name)) {
        return PL_OK;               /* its row says what it has */
    }

    return template->header == NULL && template->n_buttons == 0 ? PL_OK
           : pl_twilio_fault(err, "its variables stand in the body",
                             "content.template");
}


static void
build_to(pl_twilio_form_t *form, const Pl__Address *address, bool whatsapp)
{
    char  to[sizeof(PL_TWILIO_PREFIX) + PL_ADDRESS_MAX + 1];

    (void) snprintf(to, sizeof(to), "%s%s%s",
                    whatsapp ? PL_TWILIO_PREFIX : "",
                    whatsapp || strlen(address->value) > BUILD_SHORT_MAX
                    ? "+" : "", address->value);
    pl_twilio_add(form, "To", to);
}


static pl_status_t
build_content(pl_twilio_form_t *form, const pl_codec_t *codec,
    const pl_send_t *send, bool whatsapp, pl_err_t *err)
{
    const Pl__Content  *content = send->message->content;

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        pl_twilio_add(form, "Body",
                      pl_twilio_text(send->channel, content->text->body,
                                     form->ar));
        return PL_OK;

    case PL__CONTENT__OF_MEDIA:
        pl_twilio_add(form, "MediaUrl", content->media->link);

        if (content->media->caption != NULL
            && content->media->caption[0] != '\0')
        {
            pl_twilio_add(form, "Body", content->media->caption);
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
        return build_sent(form, codec, send, err);
    }
}


static pl_status_t
build_sent(pl_twilio_form_t *form, const pl_codec_t *codec,
    const pl_send_t *send, pl_err_t *err)
{
    size_t               n;
    pl_status_t          rc;
    const char          *sid;
    pl_content_value_t  *values;
    const Pl__Template  *template = send->message->content->template_;

    if (pl_content_sid(template->name)) {
        sid = template->name;
        n = template->n_body;
        rc = build_given(template, form->ar, &values, err);

    } else {
        rc = pl_content_fill(send->template, template, form->ar, &values, &n,
                             err);
        sid = rc == PL_OK ? send->template->draft->content_sid : NULL;
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_INVALID : rc;
    }

    pl_twilio_add(form, "ContentSid", sid);

    return build_variables(form, codec, values, n, err);
}


/* Of one that is named by its ContentSid. */

static pl_status_t
build_given(const Pl__Template *template, pl_arena_t *ar,
    pl_content_value_t **values, pl_err_t *err)
{
    size_t               i;
    pl_content_value_t  *list;

    list = pl_arena_alloc(ar, (template->n_body + 1) * sizeof(*list));

    for (i = 0; list != NULL && i < template->n_body; i++) {
        list[i].name = list[i].key = pl_twilio_some(template->body[i]->name);
        list[i].value = template->body[i]->text;

        if (list[i].key == NULL) {
            list[i].key = pl_arena_printf(ar, "%zu", i + 1);
        }

        if (list[i].key == NULL) {
            list = NULL;
        }
    }

    *values = list;

    return list != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
}


/* {"1":"Ana"}; none: Twilio takes the content's own samples. */

static pl_status_t
build_variables(pl_twilio_form_t *form, const pl_codec_t *codec,
    const pl_content_value_t *values, size_t n, pl_err_t *err)
{
    size_t               i;
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
        list[i].name = pl_twilio_const(values[i].key);
        list[i].value = pl_twilio_const(values[i].value);
        rows[i] = &list[i];
    }

    all.form = rows;
    all.n_form = n;

    rc = pl_json_encode(codec, &all.base, form->ar, &json, err);
    if (rc != PL_OK) {
        return rc;
    }

    json.data += lead.len;
    json.len -= lead.len + 1;
    pl_twilio_add(form, "ContentVariables", pl_arena_str(form->ar, json));

    return PL_OK;
}


static void
build_location(pl_twilio_form_t *form, const Pl__Location *place)
{
    const char  *name = place->name != NULL ? place->name : "";

    pl_twilio_add(form, "Body", name[0] != '\0' ? name : "-");
    pl_twilio_add(form, "PersistentAction",
              pl_arena_printf(form->ar, "geo:%s,%s|%s", place->latitude,
                              place->longitude, name));
}


static void
build_callback(pl_twilio_form_t *form, const pl_send_t *send)
{
    const char  *url = send->channel->callback_url;

    if (url == NULL || url[0] == '\0') {
        return;
    }

    pl_twilio_add(form, "StatusCallback",
              pl_arena_printf(form->ar, "%s%c" PL_TWILIO_TAG "=%llu:%s"
                              PL_TWILIO_FRAGMENT, url,
                              strchr(url, '?') == NULL ? '?' : '&',
                              (unsigned long long) send->message_id,
                              send->mark));
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
