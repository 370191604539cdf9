/*
 * Rules of Twilio's shapes: what twilio.proto cannot say. All are open, since
 * Twilio adds parameters without notice. Lengths bound what becomes part of a
 * key or of a request.
 */

#include "twilio_impl.h"

#define SHAPE_NAME_MAX    1024
#define SHAPE_TEXT_MAX    (64 * 1024)
#define SHAPE_URL_MAX     (8 * 1024)
#define SHAPE_WORD_MAX    64
#define SHAPE_SID_MAX     64

#define OPEN(shape)                                                           \
    { &pl__tw__##shape##__descriptor, NULL, PL_RULE_OPEN, NULL, 0 }
#define NAME(field, name)                                                     \
    { &pl__tw__webhook__descriptor, field, PL_RULE_NAME, name, 0 }
#define LONG(field, name, bound)                                              \
    NAME(field, name),                                                        \
    { &pl__tw__webhook__descriptor, field, PL_RULE_LEN_MAX, NULL, bound }
#define ITEM(field, rule, bound)                                              \
    { &pl__tw__listed_item__descriptor, field, rule, NULL, bound }


static const pl_rule_t shape_rows[] = {
    OPEN(webhook),
    LONG("account_sid", "AccountSid", SHAPE_SID_MAX),
    LONG("message_sid", "MessageSid", SHAPE_SID_MAX),
    LONG("from", "From", PL_ADDRESS_MAX),
    LONG("to", "To", PL_ADDRESS_MAX),
    LONG("body", "Body", SHAPE_TEXT_MAX),
    NAME("num_media", "NumMedia"),
    NAME("num_segments", "NumSegments"),
    LONG("sms_status", "SmsStatus", SHAPE_WORD_MAX),
    LONG("opt_out_type", "OptOutType", SHAPE_WORD_MAX),
    LONG("message_type", "MessageType", SHAPE_WORD_MAX),

    LONG("profile_name", "ProfileName", SHAPE_NAME_MAX),
    LONG("external_user_id", "ExternalUserId", PL_ADDRESS_MAX),
    LONG("latitude", "Latitude", SHAPE_WORD_MAX),
    LONG("longitude", "Longitude", SHAPE_WORD_MAX),
    LONG("address", "Address", SHAPE_NAME_MAX),
    LONG("label", "Label", SHAPE_NAME_MAX),
    LONG("button_text", "ButtonText", SHAPE_NAME_MAX),
    LONG("button_payload", "ButtonPayload", SHAPE_NAME_MAX),
    LONG("list_id", "ListId", SHAPE_NAME_MAX),
    LONG("list_title", "ListTitle", SHAPE_NAME_MAX),
    LONG("replied_sid", "OriginalRepliedMessageSid", SHAPE_SID_MAX),
    NAME("forwarded", "Forwarded"),
    NAME("frequently_forwarded", "FrequentlyForwarded"),

    LONG("referral_body", "ReferralBody", SHAPE_TEXT_MAX),
    LONG("referral_headline", "ReferralHeadline", SHAPE_TEXT_MAX),
    LONG("referral_source_id", "ReferralSourceId", SHAPE_NAME_MAX),
    LONG("referral_source_type", "ReferralSourceType", SHAPE_WORD_MAX),
    LONG("referral_source_url", "ReferralSourceUrl", SHAPE_URL_MAX),
    LONG("referral_media_url", "ReferralMediaUrl", SHAPE_URL_MAX),
    LONG("referral_media_type", "ReferralMediaContentType", SHAPE_NAME_MAX),
    LONG("referral_click", "ReferralCtwaClid", SHAPE_NAME_MAX),

    LONG("message_status", "MessageStatus", SHAPE_WORD_MAX),
    LONG("event_type", "EventType", SHAPE_WORD_MAX),
    NAME("error_code", "ErrorCode"),
    NAME("price", "Price"),
    NAME("price_unit", "PriceUnit"),

    { &pl__tw__parameters__descriptor, "form", PL_RULE_MAP, "name", 0 },
    { &pl__tw__parameters__descriptor, "form", PL_RULE_PAIR, "value", 0 },

    OPEN(answer),

    OPEN(listed_page),
    OPEN(listed_item),
    ITEM("raw", PL_RULE_RAW, 0),
    ITEM("bad", PL_RULE_BAD, 0),
    ITEM("sid", PL_RULE_LEN_MAX, SHAPE_SID_MAX),
    ITEM("account_sid", PL_RULE_LEN_MAX, SHAPE_SID_MAX),
    ITEM("from", PL_RULE_LEN_MAX, PL_ADDRESS_MAX),
    ITEM("to", PL_RULE_LEN_MAX, PL_ADDRESS_MAX),
    ITEM("body", PL_RULE_LEN_MAX, SHAPE_TEXT_MAX),
    ITEM("status", PL_RULE_LEN_MAX, SHAPE_WORD_MAX),
    ITEM("num_media", PL_RULE_LEN_MAX, SHAPE_WORD_MAX),
    ITEM("num_segments", PL_RULE_LEN_MAX, SHAPE_WORD_MAX),
    ITEM("messaging_service_sid", PL_RULE_LEN_MAX, SHAPE_SID_MAX),
    { &pl__tw__listed_page__descriptor, "next_page_uri", PL_RULE_LEN_MAX,
      NULL, SHAPE_URL_MAX },
    OPEN(listed_list),
    { &pl__tw__listed_list__descriptor, "messages", PL_RULE_JSON, NULL, 0 },

    OPEN(account),
    OPEN(account_page),
    OPEN(account_list),
    { &pl__tw__account_list__descriptor, "accounts", PL_RULE_JSON, NULL, 0 },

    OPEN(media_page),
    OPEN(media_item),
    { &pl__tw__media_item__descriptor, "uri", PL_RULE_LEN_MAX, NULL,
      SHAPE_NAME_MAX },
    { &pl__tw__media_item__descriptor, "content_type", PL_RULE_LEN_MAX, NULL,
      SHAPE_NAME_MAX },
    OPEN(media_list),
    { &pl__tw__media_list__descriptor, "media_list", PL_RULE_JSON, NULL, 0 },
};


const pl_rules_t  pl_twilio_rules = {
    shape_rows, PL_COUNT(shape_rows)
};

const ProtobufCMessageDescriptor *const pl_twilio_shapes[PL_TWILIO_SHAPES] = {
    &pl__tw__webhook__descriptor,
    &pl__tw__parameter__descriptor,
    &pl__tw__parameters__descriptor,
    &pl__tw__answer__descriptor,
    &pl__tw__listed_page__descriptor,
    &pl__tw__listed_list__descriptor,
    &pl__tw__media_page__descriptor,
    &pl__tw__media_list__descriptor,
    &pl__tw__account__descriptor,
    &pl__tw__account_page__descriptor,
    &pl__tw__account_list__descriptor,
};
