/*
 * What the Cloud API takes, before it is asked: lengths in characters,
 * counts and values (provider-facts 2.1 and 3). What is more than a number
 * is whatsapp_check.c's. Rows marked OURS are bounds where the provider
 * names none, far above what is of use.
 *
 * A row's variant is the content's type; of an interactive message its kind.
 * Rows of one field of Content stand together (limit.h).
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


static const pl_limit_t limits_rows[] = {
    { NULL, "text.body", PL_LIMIT_CHARS, 1, PL_TEXT_MAX, SENDS },

    { "image video document", "media.caption", PL_LIMIT_CHARS, 0, 1024,
      SENDS },
    { "audio sticker", "media.caption", PL_LIMIT_CHARS, 0, 0, SENDS },
    { "image video document sticker", "media.voice", PL_LIMIT_ITEMS, 0, 0,
      SENDS },
    { NULL, "media.id", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { NULL, "media.link", PL_LIMIT_CHARS, 0, LINK_MAX, OURS },
    { NULL, "media.filename", PL_LIMIT_CHARS, 0, ID_MAX, OURS },

    { NULL, "location.name", PL_LIMIT_CHARS, 0, WORDS_MAX, OURS },
    { NULL, "location.address", PL_LIMIT_CHARS, 0, WORDS_MAX, OURS },

    { NULL, "cards.cards", PL_LIMIT_ITEMS, 1, 257, SENDS },
    { NULL, "cards.cards.name", PL_LIMIT_ITEMS, 1, 1, SENDS },
    { NULL, "cards.cards.name.formatted_name", PL_LIMIT_CHARS, 1, WORDS_MAX,
      SENDS },
    { NULL, "cards.cards.phones", PL_LIMIT_ITEMS, 0, 64, OURS },
    { NULL, "cards.cards.emails", PL_LIMIT_ITEMS, 0, 64, OURS },
    { NULL, "cards.cards.addresses", PL_LIMIT_ITEMS, 0, 64, OURS },
    { NULL, "cards.cards.urls", PL_LIMIT_ITEMS, 0, 64, OURS },

    { NULL, "reaction.message_id", PL_LIMIT_CHARS, 1, PL_PROVIDER_ID_MAX,
      OURS },
    { NULL, "reaction.emoji", PL_LIMIT_CHARS, 0, 32, OURS },

    /* interactive */

    { NULL, "interactive.header.text", PL_LIMIT_CHARS, 0, 60, SENDS },
    { "location_request", "interactive.header", PL_LIMIT_ITEMS, 0, 0,
      SENDS },
    { "list", "interactive.body", PL_LIMIT_CHARS, 1, 4096, SENDS },
    { "button cta_url flow location_request", "interactive.body",
      PL_LIMIT_CHARS, 1, 1024, SENDS },
    { "button list cta_url flow", "interactive.footer", PL_LIMIT_CHARS, 0,
      60, SENDS },
    { "location_request", "interactive.footer", PL_LIMIT_CHARS, 0, 0,
      SENDS },

    { "button list cta_url flow", "interactive.action", PL_LIMIT_ITEMS, 1, 1,
      SENDS },
    { "button", "interactive.action.buttons", PL_LIMIT_ITEMS, 1, 3, SENDS },
    { "list cta_url flow location_request", "interactive.action.buttons",
      PL_LIMIT_ITEMS, 0, 0, SENDS },
    { "list", "interactive.action.button", PL_LIMIT_CHARS, 1, 20, SENDS },
    { "button cta_url flow location_request", "interactive.action.button",
      PL_LIMIT_CHARS, 0, 0, SENDS },
    { "list", "interactive.action.sections", PL_LIMIT_ITEMS, 1, 10, SENDS },
    { "button cta_url flow location_request", "interactive.action.sections",
      PL_LIMIT_ITEMS, 0, 0, SENDS },
    { "cta_url", "interactive.action.url", PL_LIMIT_ITEMS, 1, 1, SENDS },
    { "button list flow location_request", "interactive.action.url",
      PL_LIMIT_ITEMS, 0, 0, SENDS },
    { "flow", "interactive.action.form", PL_LIMIT_ITEMS, 1, 1, SENDS },
    { "button list cta_url location_request", "interactive.action.form",
      PL_LIMIT_ITEMS, 0, 0, SENDS },

    { NULL, "interactive.action.buttons.id", PL_LIMIT_CHARS, 1, 256, SENDS },
    { NULL, "interactive.action.buttons.title", PL_LIMIT_CHARS, 1, 20,
      SENDS },

    { NULL, "interactive.action.sections.title", PL_LIMIT_CHARS, 0, 24,
      SENDS },
    { NULL, "interactive.action.sections.rows", PL_LIMIT_TOTAL, 1, 10,
      SENDS },
    { NULL, "interactive.action.sections.rows.id", PL_LIMIT_CHARS, 1, 200,
      SENDS },
    { NULL, "interactive.action.sections.rows.title", PL_LIMIT_CHARS, 1, 24,
      SENDS },
    { NULL, "interactive.action.sections.rows.description", PL_LIMIT_CHARS,
      0, 72, SENDS },

    { NULL, "interactive.action.url.title", PL_LIMIT_CHARS, 1, 20, SENDS },
    { NULL, "interactive.action.url.url", PL_LIMIT_CHARS, 1, 2000,
      TEMPLATES },

    { NULL, "interactive.action.form.id", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { NULL, "interactive.action.form.name", PL_LIMIT_CHARS, 0, ID_MAX,
      OURS },
    { NULL, "interactive.action.form.title", PL_LIMIT_CHARS, 1, 30, SENDS },
    { NULL, "interactive.action.form.token", PL_LIMIT_CHARS, 0, TOKEN_MAX,
      OURS },
    { NULL, "interactive.action.form.screen", PL_LIMIT_CHARS, 0, ID_MAX,
      OURS },
    { NULL, "interactive.action.form.data", PL_LIMIT_BYTES, 0, DATA_MAX,
      OURS },
    { NULL, "interactive.header.media.link", PL_LIMIT_CHARS, 0, LINK_MAX,
      OURS },
    { NULL, "interactive.header.media.id", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { NULL, "interactive.header.media.caption", PL_LIMIT_CHARS, 0, 0,
      SENDS },

    /* templates */

    { NULL, "template.name", PL_LIMIT_CHARS, 1, 512, TEMPLATES },
    { NULL, "template.language", PL_LIMIT_CHARS, 1, 32, OURS },
    { NULL, "template.header.text", PL_LIMIT_CHARS, 0, 60, TEMPLATES },
    { NULL, "template.header.text", PL_LIMIT_LINE, 0, 4, SENDS },
    { NULL, "template.header.name", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { NULL, "template.header.media.link", PL_LIMIT_CHARS, 0, LINK_MAX,
      OURS },
    { NULL, "template.header.media.id", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { NULL, "template.header.media.caption", PL_LIMIT_CHARS, 0, 0, SENDS },
    { NULL, "template.header.media.filename", PL_LIMIT_CHARS, 0, ID_MAX,
      OURS },
    { NULL, "template.body", PL_LIMIT_ITEMS, 0, 100, OURS },
    { NULL, "template.body.text", PL_LIMIT_CHARS, 1, 1024, TEMPLATES },
    { NULL, "template.body.text", PL_LIMIT_LINE, 0, 4, SENDS },
    { NULL, "template.body.name", PL_LIMIT_CHARS, 0, ID_MAX, OURS },
    { NULL, "template.buttons", PL_LIMIT_ITEMS, 0, 10, TEMPLATES },
    { NULL, "template.buttons.index", PL_LIMIT_VALUE, 0, 9, TEMPLATES },
    { NULL, "template.buttons.text", PL_LIMIT_CHARS, 0, 2000, TEMPLATES },
    { NULL, "template.buttons.data", PL_LIMIT_BYTES, 0, DATA_MAX, OURS },

    /* groups, and what is beside messages */

    { NULL, "pin.message_id", PL_LIMIT_CHARS, 1, PL_PROVIDER_ID_MAX, OURS },
    { NULL, "pin.days", PL_LIMIT_VALUE, 1, 30, SENDS },
    { NULL, "receipt.message_id", PL_LIMIT_CHARS, 1, PL_PROVIDER_ID_MAX,
      OURS },
};

const pl_limits_t  pl_whatsapp_limits = {
    limits_rows, PL_COUNT(limits_rows)
};
