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


static pl_status_t build_address(const Pl__Message *message, pl_err_t *err);
static pl_status_t build_message(const pl_codec_t *codec,
    const pl_send_t *send, pl_arena_t *ar, pl_str_t *out, pl_err_t *err);
static pl_status_t build_receipt(const pl_codec_t *codec,
    const Pl__Receipt *receipt, pl_arena_t *ar, pl_str_t *out,
    pl_err_t *err);
static bool build_recipient(const Pl__Address *address, pl_arena_t *ar,
    Pl__Wa__OutMessage *out);
static bool build_content(const Pl__Content *content, pl_arena_t *ar,
    Pl__Wa__OutMessage *out);
static bool build_media(const Pl__Content *content, pl_arena_t *ar,
    Pl__Wa__OutMessage *out);
static bool build_cards(const Pl__Cards *cards, pl_arena_t *ar,
    Pl__Wa__OutMessage *out);
static bool build_reaction(const Pl__Reaction *reaction, pl_arena_t *ar,
    Pl__Wa__OutMessage *out);
static bool build_pin(const Pl__Pin *pin, pl_arena_t *ar,
    Pl__Wa__OutMessage *out);
static bool build_printable(pl_str_t s);
static pl_status_t build_nomem(pl_err_t *err);


pl_status_t
pl_whatsapp_build(const pl_codec_t *codec, const pl_send_t *send,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err)
{
    pl_status_t         rc;
    const Pl__Content  *content = send->message->content;

    out->method = "POST";

    if ((rc = build_address(send->message, err)) != PL_OK
        || (rc = pl_whatsapp_check(send->message, err)) != PL_OK
        || (rc = pl_whatsapp_build_url(send->channel, "account",
                                       send->channel->account, "/messages",
                                       ar, &out->url, err)) != PL_OK
        || (rc = pl_whatsapp_build_headers(send->token, true, ar, out, err))
           != PL_OK)
    {
        return rc;
    }

    if (content->of_case == PL__CONTENT__OF_RECEIPT) {
        return build_receipt(codec, content->receipt, ar, &out->body, err);
    }

    return build_message(codec, send, ar, &out->body, err);
}


pl_status_t
pl_whatsapp_build_url(const Pl__ChannelSettings *channel, const char *field,
    const char *node, const char *rest, pl_arena_t *ar, const char **url,
    pl_err_t *err)
{
    const char  *wrong = NULL;
    pl_str_t     base = pl_str_c(channel->api_base_url);

    while (base.len > 0 && base.data[base.len - 1] == '/') {
        base.len--;
    }

    if (base.len == 0 || !build_printable(base)
        || memchr(base.data, '?', base.len) != NULL
        || memchr(base.data, '#', base.len) != NULL)
    {
        wrong = "api_base_url";

    } else if (!pl_whatsapp_build_word(channel->api_version)) {
        wrong = "api_version";

    } else if (node == NULL || !pl_whatsapp_build_word(node)) {
        wrong = field;
    }

    if (wrong != NULL) {
        (void) pl_err_set(err, PL_INVALID, "build", 0,
                          "cannot be part of a URL");
        pl_err_path(err, "channel.%s", wrong);
        return PL_INVALID;
    }

    *url = pl_arena_printf(ar, "%.*s/%s/%s%s", (int) base.len,
                           (const char *) base.data, channel->api_version,
                           node, rest);

    return *url != NULL ? PL_OK : build_nomem(err);
}


pl_status_t
pl_whatsapp_build_headers(pl_str_t token, bool body, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err)
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
    out->headers[1] = body ? "Content-Type: application/json" : NULL;
    out->headers[2] = NULL;

    return out->headers[0] != NULL ? PL_OK : build_nomem(err);
}


/* One part of a path: letters, digits, and what never ends or climbs one. */

bool
pl_whatsapp_build_word(const char *s)
{
    size_t  len = strlen(s);

    return len > 0 && s[0] != '.' && len <= PL_ADDRESS_MAX
           && strspn(s, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}


/* What a file is sent as: the type decides what may stand beside it. */

Pl__Wa__OutMedia *
pl_whatsapp_build_media(const Pl__Media *media, const char *type,
    pl_arena_t *ar)
{
    Pl__Wa__OutMedia  *out;

    out = pl_arena_alloc(ar, sizeof(*out));
    if (out == NULL) {
        return NULL;
    }

    pl__wa__out_media__init(out);
    out->id = pl_whatsapp_decode_some(media->id);
    out->link = pl_whatsapp_decode_some(media->link);
    out->caption = pl_whatsapp_decode_some(media->caption);

    if (strcmp(type, "document") == 0) {
        out->filename = pl_whatsapp_decode_some(media->filename);
    }

    out->has_voice = media->has_voice;
    out->voice = media->voice;

    return out;
}


/*
 * Numbers go out with a '+': without one Meta may put our own country's code
 * before them. Where a contact has both, whoever queued the message chose.
 */

static pl_status_t
build_address(const Pl__Message *message, pl_err_t *err)
{
    size_t              len;
    const Pl__Address  *address = message->address;

    if (address == NULL) {
        return pl_whatsapp_fault(err, "required", "address");
    }

    len = strlen(address->value);

    if (len == 0 || len > PL_ADDRESS_MAX) {
        return pl_whatsapp_fault(err, "empty or too long", "address.value");
    }

    switch (address->kind) {

    case PL__ADDRESS_KIND__ADDRESS_KIND_PHONE:
        return strspn(address->value, "0123456789") == len ? PL_OK
               : pl_whatsapp_fault(err, "not digits", "address.value");

    case PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID:
    case PL__ADDRESS_KIND__ADDRESS_KIND_GROUP:
        return PL_OK;

    default:
        return pl_whatsapp_fault(err, "no address of this channel",
                                 "address.kind");
    }
}


static pl_status_t
build_message(const pl_codec_t *codec, const pl_send_t *send, pl_arena_t *ar,
    pl_str_t *out, pl_err_t *err)
{
    const Pl__Message    *message = send->message;
    Pl__Wa__OutMessage    body;
    Pl__Wa__OutContext    context;

    pl__wa__out_message__init(&body);
    body.messaging_product = pl_whatsapp_const("whatsapp");

    if (!build_recipient(message->address, ar, &body)
        || !build_content(message->content, ar, &body))
    {
        return build_nomem(err);
    }

    if (message->reply_to != NULL && message->reply_to[0] != '\0') {
        pl__wa__out_context__init(&context);
        context.message_id = message->reply_to;
        body.context = &context;
    }

    body.biz_opaque_callback_data =
        pl_arena_printf(ar, PL_WHATSAPP_TAG "%llu:%s",
                        (unsigned long long) send->message_id, send->mark);
    if (body.biz_opaque_callback_data == NULL) {
        return build_nomem(err);
    }

    return pl_json_encode(codec, &body.base, ar, out, err);
}


static pl_status_t
build_receipt(const pl_codec_t *codec, const Pl__Receipt *receipt,
    pl_arena_t *ar, pl_str_t *out, pl_err_t *err)
{
    Pl__Wa__OutTyping   typing;
    Pl__Wa__OutReceipt  body;

    pl__wa__out_receipt__init(&body);
    body.messaging_product = pl_whatsapp_const("whatsapp");
    body.status = pl_whatsapp_const("read");
    body.message_id = receipt->message_id;

    if (receipt->has_typing && receipt->typing) {
        pl__wa__out_typing__init(&typing);
        typing.type = pl_whatsapp_const("text");
        body.typing_indicator = &typing;
    }

    return pl_json_encode(codec, &body.base, ar, out, err);
}


/* False, here and below: no memory. */

static bool
build_recipient(const Pl__Address *address, pl_arena_t *ar,
    Pl__Wa__OutMessage *out)
{
    switch (address->kind) {

    case PL__ADDRESS_KIND__ADDRESS_KIND_PHONE:
        out->to = pl_arena_printf(ar, "+%s", address->value);
        return out->to != NULL;

    case PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID:
        out->recipient = address->value;
        return true;

    default:
        out->recipient_type = pl_whatsapp_const("group");
        out->to = address->value;
        return true;
    }
}


static bool
build_content(const Pl__Content *content, pl_arena_t *ar,
    Pl__Wa__OutMessage *out)
{
    out->type = content->type;

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        out->text = pl_arena_alloc(ar, sizeof(*out->text));
        if (out->text == NULL) {
            return false;
        }

        pl__wa__out_text__init(out->text);
        out->text->body = content->text->body;
        out->text->has_preview_url = content->text->has_preview_url;
        out->text->preview_url = content->text->preview_url;
        return true;

    case PL__CONTENT__OF_TEMPLATE:
        out->template_ = pl_whatsapp_template_build(content->template_, ar);
        return out->template_ != NULL;

    case PL__CONTENT__OF_MEDIA:
        return build_media(content, ar, out);

    case PL__CONTENT__OF_LOCATION:
        out->location = pl_whatsapp_copy(&content->location->base,
                            &pl__wa__out_location__descriptor, ar);
        return out->location != NULL;

    case PL__CONTENT__OF_CARDS:
        return build_cards(content->cards, ar, out);

    case PL__CONTENT__OF_REACTION:
        return build_reaction(content->reaction, ar, out);

    case PL__CONTENT__OF_INTERACTIVE:
        out->interactive = pl_whatsapp_interactive_build(
                               content->interactive, ar);
        return out->interactive != NULL;

    default:
        return build_pin(content->pin, ar, out);
    }
}


/* A file stands under its type's name. */

static bool
build_media(const Pl__Content *content, pl_arena_t *ar,
    Pl__Wa__OutMessage *out)
{
    Pl__Wa__OutMedia                *media;
    const ProtobufCFieldDescriptor  *field;

    media = pl_whatsapp_build_media(content->media, content->type, ar);
    field = protobuf_c_message_descriptor_get_field_by_name(
                &pl__wa__out_message__descriptor, content->type);

    *(Pl__Wa__OutMedia **) (void *) ((char *) out + field->offset) = media;

    return media != NULL;
}


static bool
build_cards(const Pl__Cards *cards, pl_arena_t *ar, Pl__Wa__OutMessage *out)
{
    size_t  i;

    out->contacts = pl_arena_alloc(ar, cards->n_cards
                                       * sizeof(*out->contacts));
    if (out->contacts == NULL) {
        return false;
    }

    for (i = 0; i < cards->n_cards; i++) {
        out->contacts[i] = pl_whatsapp_copy(&cards->cards[i]->base,
                               &pl__wa__out_card__descriptor, ar);
        if (out->contacts[i] == NULL) {
            return false;
        }
    }

    out->n_contacts = cards->n_cards;

    return true;
}


/* Without an emoji the reaction is taken back. */

static bool
build_reaction(const Pl__Reaction *reaction, pl_arena_t *ar,
    Pl__Wa__OutMessage *out)
{
    out->reaction = pl_arena_alloc(ar, sizeof(*out->reaction));
    if (out->reaction == NULL) {
        return false;
    }

    pl__wa__out_reaction__init(out->reaction);
    out->reaction->message_id = reaction->message_id;
    out->reaction->emoji = reaction->emoji != NULL ? reaction->emoji
                                                   : pl_whatsapp_const("");

    return true;
}


static bool
build_pin(const Pl__Pin *pin, pl_arena_t *ar, Pl__Wa__OutMessage *out)
{
    out->pin = pl_arena_alloc(ar, sizeof(*out->pin));
    if (out->pin == NULL) {
        return false;
    }

    pl__wa__out_pin__init(out->pin);
    out->pin->type = pl_whatsapp_const(pin->has_remove && pin->remove
                                       ? "unpin" : "pin");
    out->pin->message_id = pin->message_id;
    out->pin->has_expiration_days = pin->has_days;
    out->pin->expiration_days = pin->days;

    return true;
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


static pl_status_t
build_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
}
