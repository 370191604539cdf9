/*
 * What the Cloud API takes, before it is asked: lengths in characters,
 * counts and values (provider-facts 2.1 and 3). What is more than a number
 * is whatsapp_check.c's. Rows marked OURS are bounds where the provider
 * names none, far above what is of use.
 *
 * A row's variant is the content's type; of an interactive message its kind.
 */

#include "whatsapp_impl.h"

#define SENDS      "provider-facts 2.1"
#define TEMPLATES  "provider-facts 3"
#define OURS       "ours"

#define ID_MAX     256
#define LINK_MAX   2048
#define WORDS_MAX   1024
#define TOKEN_MAX  1024
#define DATA_MAX   (16 * 1024)


/* Variants; the names of their bits are in limits_variants. */
#define ANY        0
#define IMAGE      (1u << 0)
#define VIDEO      (1u << 1)
#define DOCUMENT   (1u << 2)
#define AUDIO      (1u << 3)
#define STICKER    (1u << 4)
#define BUTTON     (1u << 5)
#define LIST       (1u << 6)
#define URL        (1u << 7)
#define FORM       (1u << 8)
#define PLACE      (1u << 9)

#define GROUP(path, rows)  { path, rows, PL_COUNT(rows) }


static const char *const  limits_variants[] = {
    "image", "video", "document", "audio", "sticker", "button", "list",
    "cta_url", "flow", "location_request",
};

static const pl_limit_t limits_text[] = {
    { ANY, "body", PL_LIMIT_CHARS, 1, PL_TEXT_MAX, SENDS },
};

static const pl_limit_t limits_media[] = {
    { IMAGE | VIDEO | DOCUMENT, "caption", PL_LIMIT_CHARS, 0, 1024, SENDS },
    { AUDIO | STICKER, "caption", PL_LIMIT_CHARS, 0, 0, SENDS },
    { IMAGE | VIDEO | DOCUMENT | STICKER, "voice", PL_LIMIT_ITEMS, 0, 0,
      SENDS },
    { ANY, "id", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { ANY, "link", PL_LIMIT_CHARS, 0, LINK_MAX, OURS },
    { ANY, "filename", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
};

static const pl_limit_t limits_location[] = {
    { ANY, "name", PL_LIMIT_CHARS, 0, WORDS_MAX, OURS },
    { ANY, "address", PL_LIMIT_CHARS, 0, WORDS_MAX, OURS },
};

static const pl_limit_t limits_cards[] = {
    { ANY, "cards", PL_LIMIT_ITEMS, 1, 257, SENDS },
    { ANY, "cards.name", PL_LIMIT_ITEMS, 1, 1, SENDS },
    { ANY, "cards.name.formatted_name", PL_LIMIT_CHARS, 1, WORDS_MAX, SENDS },
    { ANY, "cards.phones", PL_LIMIT_ITEMS, 0, 64, OURS },
    { ANY, "cards.emails", PL_LIMIT_ITEMS, 0, 64, OURS },
    { ANY, "cards.addresses", PL_LIMIT_ITEMS, 0, 64, OURS },
    { ANY, "cards.urls", PL_LIMIT_ITEMS, 0, 64, OURS },
};

static const pl_limit_t limits_reaction[] = {
    { ANY, "message_id", PL_LIMIT_CHARS, 1, PL_PROVIDER_ID_MAX, OURS },
    { ANY, "emoji", PL_LIMIT_CHARS, 0, 32, OURS },
};

static const pl_limit_t limits_interactive[] = {
    { PLACE, "header", PL_LIMIT_ITEMS, 0, 0, SENDS },
    { LIST, "body", PL_LIMIT_CHARS, 1, 4096, SENDS },
    { BUTTON | URL | FORM | PLACE, "body", PL_LIMIT_CHARS, 1, 1024, SENDS },
    { BUTTON | LIST | URL | FORM, "footer", PL_LIMIT_CHARS, 0, 60, SENDS },
    { PLACE, "footer", PL_LIMIT_CHARS, 0, 0, SENDS },
    { BUTTON | LIST | URL | FORM, "action", PL_LIMIT_ITEMS, 1, 1, SENDS },
};

static const pl_limit_t limits_interactive_header[] = {
    { ANY, "text", PL_LIMIT_CHARS, 0, 60, SENDS },
};

static const pl_limit_t limits_interactive_header_media[] = {
    { ANY, "link", PL_LIMIT_CHARS, 0, LINK_MAX, OURS },
    { ANY, "id", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { ANY, "caption", PL_LIMIT_CHARS, 0, 0, SENDS },
};

static const pl_limit_t limits_interactive_action[] = {
    { BUTTON, "buttons", PL_LIMIT_ITEMS, 1, 3, SENDS },
    { LIST | URL | FORM | PLACE, "buttons", PL_LIMIT_ITEMS, 0, 0, SENDS },
    { ANY, "buttons.id", PL_LIMIT_CHARS, 1, 256, SENDS },
    { ANY, "buttons.title", PL_LIMIT_CHARS, 1, 20, SENDS },
    { LIST, "button", PL_LIMIT_CHARS, 1, 20, SENDS },
    { BUTTON | URL | FORM | PLACE, "button", PL_LIMIT_CHARS, 0, 0, SENDS },
    { LIST, "sections", PL_LIMIT_ITEMS, 1, 10, SENDS },
    { BUTTON | URL | FORM | PLACE, "sections", PL_LIMIT_ITEMS, 0, 0, SENDS },
    { ANY, "sections.title", PL_LIMIT_CHARS, 0, 24, SENDS },
    { ANY, "sections.rows", PL_LIMIT_TOTAL, 1, 10, SENDS },
    { ANY, "sections.rows.id", PL_LIMIT_CHARS, 1, 200, SENDS },
    { ANY, "sections.rows.title", PL_LIMIT_CHARS, 1, 24, SENDS },
    { ANY, "sections.rows.description", PL_LIMIT_CHARS, 0, 72, SENDS },
    { URL, "url", PL_LIMIT_ITEMS, 1, 1, SENDS },
    { BUTTON | LIST | FORM | PLACE, "url", PL_LIMIT_ITEMS, 0, 0, SENDS },
    { FORM, "form", PL_LIMIT_ITEMS, 1, 1, SENDS },
    { BUTTON | LIST | URL | PLACE, "form", PL_LIMIT_ITEMS, 0, 0, SENDS },
};

static const pl_limit_t limits_interactive_action_url[] = {
    { ANY, "title", PL_LIMIT_CHARS, 1, 20, SENDS },
    { ANY, "url", PL_LIMIT_CHARS, 1, 2000, TEMPLATES },
};

static const pl_limit_t limits_interactive_action_form[] = {
    { ANY, "id", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { ANY, "name", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { ANY, "title", PL_LIMIT_CHARS, 1, 30, SENDS },
    { ANY, "token", PL_LIMIT_CHARS, 0, TOKEN_MAX, OURS },
    { ANY, "screen", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { ANY, "data", PL_LIMIT_BYTES, 0, DATA_MAX, OURS },
};

static const pl_limit_t limits_template[] = {
    { ANY, "name", PL_LIMIT_CHARS, 1, 512, TEMPLATES },
    { ANY, "language", PL_LIMIT_CHARS, 1, 32, OURS },
    { ANY, "body", PL_LIMIT_ITEMS, 0, 100, OURS },
    { ANY, "body.text", PL_LIMIT_CHARS, 1, 1024, TEMPLATES },
    { ANY, "body.text", PL_LIMIT_LINE, 0, 4, SENDS },
    { ANY, "body.name", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { ANY, "buttons", PL_LIMIT_ITEMS, 0, 10, TEMPLATES },
    { ANY, "buttons.index", PL_LIMIT_VALUE, 0, 9, TEMPLATES },
    { ANY, "buttons.text", PL_LIMIT_CHARS, 0, 2000, TEMPLATES },
    { ANY, "buttons.data", PL_LIMIT_BYTES, 0, DATA_MAX, OURS },
};

static const pl_limit_t limits_template_header[] = {
    { ANY, "text", PL_LIMIT_CHARS, 0, 60, TEMPLATES },
    { ANY, "text", PL_LIMIT_LINE, 0, 4, SENDS },
    { ANY, "name", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
};

static const pl_limit_t limits_template_header_media[] = {
    { ANY, "link", PL_LIMIT_CHARS, 0, LINK_MAX, OURS },
    { ANY, "id", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { ANY, "caption", PL_LIMIT_CHARS, 0, 0, SENDS },
    { ANY, "filename", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
};

static const pl_limit_t limits_pin[] = {
    { ANY, "message_id", PL_LIMIT_CHARS, 1, PL_PROVIDER_ID_MAX, OURS },
    { ANY, "days", PL_LIMIT_VALUE, 1, 30, SENDS },
};

static const pl_limit_t limits_receipt[] = {
    { ANY, "message_id", PL_LIMIT_CHARS, 1, PL_PROVIDER_ID_MAX, OURS },
};

static const pl_limit_group_t  limits_groups[] = {
    GROUP("text", limits_text),
    GROUP("media", limits_media),
    GROUP("location", limits_location),
    GROUP("cards", limits_cards),
    GROUP("reaction", limits_reaction),
    GROUP("interactive", limits_interactive),
    GROUP("interactive.header", limits_interactive_header),
    GROUP("interactive.header.media", limits_interactive_header_media),
    GROUP("interactive.action", limits_interactive_action),
    GROUP("interactive.action.url", limits_interactive_action_url),
    GROUP("interactive.action.form", limits_interactive_action_form),
    GROUP("template", limits_template),
    GROUP("template.header", limits_template_header),
    GROUP("template.header.media", limits_template_header_media),
    GROUP("pin", limits_pin),
    GROUP("receipt", limits_receipt),
};

const pl_limits_t  pl_whatsapp_limits = {
    limits_groups, PL_COUNT(limits_groups),
    limits_variants, PL_COUNT(limits_variants)
};
