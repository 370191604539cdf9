/*
 * The request that sends a message: URL, headers and body. What goes into
 * URL and headers is checked byte by byte, so that neither a setting nor a
 * token can bring in a second line.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define BUILD_HEADERS     3             /* two, and the NULL */
#define BUILD_TOKEN_MAX   4096
#define BUILD_SPACES_MAX  4             /* in a row, in a parameter */


typedef struct {
    Pl__Wa__OutMessage    message;
    Pl__Wa__OutText       text;
    Pl__Wa__OutTemplate   template;
    Pl__Wa__OutLanguage   language;
    Pl__Wa__OutComponent  component;
    Pl__Wa__OutComponent *components[1];
    Pl__Wa__OutContext    context;
} build_body_t;


static pl_status_t build_check(const pl_send_t *send, pl_err_t *err);
static pl_status_t build_url(const Pl__ChannelSettings *channel,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err);
static pl_status_t build_headers(pl_str_t token, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err);
static pl_status_t build_recipient(const Pl__Address *address,
    pl_arena_t *ar, build_body_t *body, pl_err_t *err);
static pl_status_t build_content(const Pl__Content *content, pl_arena_t *ar,
    build_body_t *body, pl_err_t *err);
static pl_status_t build_text(const Pl__Text *text, build_body_t *body,
    pl_err_t *err);
static pl_status_t build_template(const Pl__Template *template,
    pl_arena_t *ar, build_body_t *body, pl_err_t *err);
static pl_status_t build_parameter(const Pl__Template *template, size_t i,
    Pl__Wa__OutParameter *out, pl_err_t *err);
static bool build_parameter_fits(const char *text);
static bool build_word_valid(const char *s);
static bool build_printable(pl_str_t s);
static size_t build_characters(const char *s);
static pl_status_t build_nomem(pl_err_t *err);


pl_status_t
pl_whatsapp_build(const pl_codec_t *codec, const pl_send_t *send,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err)
{
    const Pl__Message  *message = send->message;
    build_body_t       *body;
    pl_status_t         rc;

    if ((rc = build_check(send, err)) != PL_OK
        || (rc = build_url(send->channel, ar, out, err)) != PL_OK
        || (rc = build_headers(send->token, ar, out, err)) != PL_OK)
    {
        return rc;
    }

    body = pl_arena_zalloc(ar, sizeof(*body));
    if (body == NULL) {
        return build_nomem(err);
    }

    pl__wa__out_message__init(&body->message);
    body->message.messaging_product = pl_whatsapp_const("whatsapp");

    if ((rc = build_recipient(message->address, ar, body, err)) != PL_OK
        || (rc = build_content(message->content, ar, body, err)) != PL_OK)
    {
        return rc;
    }

    if (message->reply_to != NULL && message->reply_to[0] != '\0') {
        pl__wa__out_context__init(&body->context);
        body->context.message_id = message->reply_to;
        body->message.context = &body->context;
    }

    body->message.biz_opaque_callback_data =
        pl_arena_printf(ar, PL_WHATSAPP_TAG "%llu",
                        (unsigned long long) send->message_id);
    if (body->message.biz_opaque_callback_data == NULL) {
        return build_nomem(err);
    }

    return pl_json_encode(codec, &body->message.base, ar, &out->body, err);
}


static pl_status_t
build_check(const pl_send_t *send, pl_err_t *err)
{
    pl_status_t  rc = PL_OK;

    if (send->message->address == NULL) {
        rc = pl_err_set(err, PL_INVALID, "build", 0, "required");
        pl_err_path(err, "address");

    } else if (send->message->content == NULL) {
        rc = pl_err_set(err, PL_INVALID, "build", 0, "required");
        pl_err_path(err, "content");
    }

    return rc;
}


static pl_status_t
build_url(const Pl__ChannelSettings *channel, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err)
{
    const char  *field = NULL;
    pl_str_t     base = pl_str_c(channel->api_base_url);

    while (base.len > 0 && base.data[base.len - 1] == '/') {
        base.len--;
    }

    if (base.len == 0 || !build_printable(base)
        || memchr(base.data, '?', base.len) != NULL
        || memchr(base.data, '#', base.len) != NULL)
    {
        field = "api_base_url";

    } else if (!build_word_valid(channel->api_version)) {
        field = "api_version";

    } else if (!build_word_valid(channel->account)) {
        field = "account";
    }

    if (field != NULL) {
        (void) pl_err_set(err, PL_INVALID, "build", 0,
                          "cannot be part of a URL");
        pl_err_path(err, "channel.%s", field);
        return PL_INVALID;
    }

    out->method = "POST";
    out->url = pl_arena_printf(ar, "%.*s/%s/%s/messages", (int) base.len,
                               (const char *) base.data,
                               channel->api_version, channel->account);

    return out->url != NULL ? PL_OK : build_nomem(err);
}


static pl_status_t
build_headers(pl_str_t token, pl_arena_t *ar, pl_request_t *out,
    pl_err_t *err)
{
    if (token.len == 0 || token.len > BUILD_TOKEN_MAX
        || !build_printable(token))
    {
        (void) pl_err_set(err, PL_INVALID, "build", 0,
                          "cannot be part of a header");
        pl_err_path(err, "token");
        return PL_INVALID;
    }

    out->headers = pl_arena_alloc(ar, BUILD_HEADERS * sizeof(char *));
    if (out->headers == NULL) {
        return build_nomem(err);
    }

    out->headers[0] = pl_arena_printf(ar, "Authorization: Bearer %.*s",
                                      (int) token.len,
                                      (const char *) token.data);
    out->headers[1] = "Content-Type: application/json";
    out->headers[2] = NULL;

    return out->headers[0] != NULL ? PL_OK : build_nomem(err);
}


/*
 * Numbers go out with a '+': without one Meta may put our own country's code
 * before them. Where a contact has both, whoever queued the message chose.
 */

static pl_status_t
build_recipient(const Pl__Address *address, pl_arena_t *ar,
    build_body_t *body, pl_err_t *err)
{
    size_t  len = strlen(address->value);

    if (len == 0 || len > PL_ADDRESS_MAX) {
        (void) pl_err_set(err, PL_INVALID, "build", 0, "empty or too long");
        pl_err_path(err, "address.value");
        return PL_INVALID;
    }

    switch (address->kind) {

    case PL__ADDRESS_KIND__ADDRESS_KIND_PHONE:
        if (strspn(address->value, "0123456789") != len) {
            (void) pl_err_set(err, PL_INVALID, "build", 0, "not digits");
            pl_err_path(err, "address.value");
            return PL_INVALID;
        }

        body->message.to = pl_arena_printf(ar, "+%s", address->value);
        return body->message.to != NULL ? PL_OK : build_nomem(err);

    case PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID:
        body->message.recipient = address->value;
        return PL_OK;

    case PL__ADDRESS_KIND__ADDRESS_KIND_GROUP:
        body->message.recipient_type = pl_whatsapp_const("group");
        body->message.to = address->value;
        return PL_OK;

    default:
        (void) pl_err_set(err, PL_INVALID, "build", 0,
                          "no address of this channel");
        pl_err_path(err, "address.kind");
        return PL_INVALID;
    }
}


static pl_status_t
build_content(const Pl__Content *content, pl_arena_t *ar,
    build_body_t *body, pl_err_t *err)
{
    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        return build_text(content->text, body, err);

    case PL__CONTENT__OF_TEMPLATE:
        return build_template(content->template_, ar, body, err);

    default:
        (void) pl_err_set(err, PL_INVALID, "build", 0,
                          "cannot be said on this channel");
        pl_err_path(err, "content.type");
        return PL_INVALID;
    }
}


/* Meta's limit counts characters. */

static pl_status_t
build_text(const Pl__Text *text, build_body_t *body, pl_err_t *err)
{
    size_t  n = build_characters(text->body);

    if (n == 0 || n > PL_TEXT_MAX) {
        (void) pl_err_set(err, PL_INVALID, "build", 0,
                          "%zu characters of 1 to %d", n, PL_TEXT_MAX);
        pl_err_path(err, "content.text.body");
        return PL_INVALID;
    }

    pl__wa__out_text__init(&body->text);
    body->text.body = text->body;
    body->text.has_preview_url = text->has_preview_url;
    body->text.preview_url = text->preview_url;

    body->message.type = pl_whatsapp_const("text");
    body->message.text = &body->text;

    return PL_OK;
}


static pl_status_t
build_template(const Pl__Template *template, pl_arena_t *ar,
    build_body_t *body, pl_err_t *err)
{
    size_t                 i;
    pl_status_t            rc;
    Pl__Wa__OutParameter  *parameters, **list;

    if (template->name[0] == '\0' || template->language[0] == '\0') {
        (void) pl_err_set(err, PL_INVALID, "build", 0, "empty");
        pl_err_path(err, "content.template.%s",
                    template->name[0] == '\0' ? "name" : "language");
        return PL_INVALID;
    }

    pl__wa__out_language__init(&body->language);
    body->language.code = template->language;

    pl__wa__out_template__init(&body->template);
    body->template.name = template->name;
    body->template.language = &body->language;

    body->message.type = pl_whatsapp_const("template");
    body->message.template_ = &body->template;

    if (template->n_body == 0) {
        return PL_OK;       /* components without variables are left out */
    }

    parameters = pl_arena_alloc(ar, template->n_body * sizeof(*parameters));
    list = pl_arena_alloc(ar, template->n_body * sizeof(*list));
    if (parameters == NULL || list == NULL) {
        return build_nomem(err);
    }

    for (i = 0; i < template->n_body; i++) {
        rc = build_parameter(template, i, &parameters[i], err);
        if (rc != PL_OK) {
            return rc;
        }

        list[i] = &parameters[i];
    }

    pl__wa__out_component__init(&body->component);
    body->component.type = pl_whatsapp_const("body");
    body->component.parameters = list;
    body->component.n_parameters = template->n_body;

    body->components[0] = &body->component;
    body->template.components = body->components;
    body->template.n_components = 1;

    return PL_OK;
}


static pl_status_t
build_parameter(const Pl__Template *template, size_t i,
    Pl__Wa__OutParameter *out, pl_err_t *err)
{
    const char                    *mistake = NULL;
    const Pl__TemplateParameter   *in = template->body[i];

    if (in->text[0] == '\0') {
        mistake = "empty";

    } else if (!build_parameter_fits(in->text)) {
        mistake = "line break, tab or more than 4 spaces in a row";

    } else if ((in->name == NULL) != (template->body[0]->name == NULL)) {
        mistake = "all parameters have names, or none";
    }

    if (mistake != NULL) {
        (void) pl_err_set(err, PL_INVALID, "build", 0, "%s", mistake);
        pl_err_path(err, "content.template.body[%zu]", i);
        return PL_INVALID;
    }

    pl__wa__out_parameter__init(out);
    out->type = pl_whatsapp_const("text");
    out->parameter_name = in->name;
    out->text = in->text;

    return PL_OK;
}


/* The API refuses others, and with them the message. */

static bool
build_parameter_fits(const char *text)
{
    size_t  spaces = 0;

    for ( /* void */ ; *text != '\0'; text++) {
        if (*text == '\n' || *text == '\r' || *text == '\t') {
            return false;
        }

        spaces = *text == ' ' ? spaces + 1 : 0;
        if (spaces > BUILD_SPACES_MAX) {
            return false;
        }
    }

    return true;
}


/* One part of a path: letters, digits, and what never ends or climbs one. */

static bool
build_word_valid(const char *s)
{
    size_t  len = strlen(s);

    return len > 0 && s[0] != '.' && len <= PL_ADDRESS_MAX
           && strspn(s, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}


/* Visible ASCII only. */

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


/* Strings inside are valid UTF-8: every byte that continues none counts. */

static size_t
build_characters(const char *s)
{
    size_t  n = 0;

    for ( /* void */ ; *s != '\0'; s++) {
        n += ((unsigned char) *s & 0xc0) != 0x80;
    }

    return n;
}


static pl_status_t
build_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
}
