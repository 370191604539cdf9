/*
 * Shapes and rows for the tests of the codec, fuzzers included: WhatsApp's
 * webhooks (open, with raw and bad), flow files (closed, a map), what is
 * stored, and kinds.h.
 */

#ifndef SHAPES_H_INCLUDED
#define SHAPES_H_INCLUDED

#include "flow.pb-c.h"
#include "journal.pb-c.h"
#include "whatsapp.pb-c.h"

#include "../../src/core/json.h"
#include "kinds.h"

#define OPEN(shape)                                                           \
    { &pl__wa__##shape##__descriptor, NULL, PL_RULE_OPEN, NULL, 0 }
#define RAW(shape)                                                            \
    { &pl__wa__##shape##__descriptor, "raw", PL_RULE_RAW, NULL, 0 }
#define BAD(shape)                                                            \
    { &pl__wa__##shape##__descriptor, "bad", PL_RULE_BAD, NULL, 0 }
#define KINDS(field, rule, name, bound)                                       \
    { &kinds_descriptor, field, PL_RULE_##rule, name, bound }

static const pl_rule_t  codec_rows[] = {
    OPEN(webhook), OPEN(value), OPEN(metadata), OPEN(profile),
    OPEN(context), OPEN(in_text), OPEN(in_button), OPEN(reply_choice),
    OPEN(in_interactive), OPEN(error_data), OPEN(error_item),
    OPEN(webhook_entry), RAW(webhook_entry), BAD(webhook_entry),
    OPEN(change), RAW(change), BAD(change),
    OPEN(webhook_contact), BAD(webhook_contact),
    OPEN(in_message), RAW(in_message), BAD(in_message),
    OPEN(status), RAW(status), BAD(status),
    { &pl__wa__in_message__descriptor, "id", PL_RULE_LEN_MAX, NULL, 16 },
    { &pl__wa__value__descriptor, "errors", PL_RULE_LEN_MAX, NULL, 3 },

    { &pl__flow_file__descriptor, "steps", PL_RULE_MAP, "name", 0 },
    { &pl__flow_step__descriptor, "name", PL_RULE_LEN_MAX, NULL, 8 },
    { &pl__flow_step__descriptor, "after_s", PL_RULE_MIN, NULL, 1 },
    { &pl__flow_step__descriptor, "after_s", PL_RULE_MAX, NULL, 60 },
    { &pl__flow_trigger__descriptor, "keywords", PL_RULE_LEN_MAX, NULL, 3 },
    { &pl__flow_trigger__descriptor, "keywords", PL_RULE_LEN_MIN, NULL, 1 },
    { &pl__flow_file__descriptor, "flow", PL_RULE_LEN_MIN, NULL, 2 },
    { &pl__flow_file__descriptor, "flow", PL_RULE_LEN_MAX, NULL, 4 },
    { &pl__flow_file__descriptor, "default", PL_RULE_IF, "description", 0 },

    { &pl__content__descriptor, "raw", PL_RULE_JSON, NULL, 0 },

    KINDS("f64", NAME, "sixty-four", 0),
    KINDS("raw", RAW, NULL, 0),
    KINDS("json", JSON, NULL, 0),
    KINDS("jsons", JSON, NULL, 0),
    KINDS("map", MAP, "text", 0),
    KINDS("u64", MAX, NULL, 1000),
};

static const ProtobufCMessageDescriptor *const  codec_roots[] = {
    &pl__wa__webhook__descriptor,
    &pl__wa__out_message__descriptor,
    &pl__flow_file__descriptor,
    &pl__command__descriptor,
    &pl__conversation__descriptor,
    &pl__message__descriptor,
    &kinds_descriptor,
};

#endif /* SHAPES_H_INCLUDED */
