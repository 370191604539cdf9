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
};


const pl_rules_t  pl_twilio_rules = {
    shape_rows, PL_COUNT(shape_rows)
};

const ProtobufCMessageDescriptor *const pl_twilio_shapes[PL_TWILIO_SHAPES] = {
    &pl__tw__webhook__descriptor,
    &pl__tw__parameter__descriptor,
    &pl__tw__parameters__descriptor,
    &pl__tw__answer__descriptor,
};
