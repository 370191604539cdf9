/*
 * Rules of WhatsApp's shapes: what whatsapp.proto cannot say. All inbound
 * shapes are open, since Meta adds keys without notice. What one element gets
 * wrong stays inside it (PL_RULE_BAD), so that its neighbours are handled; a
 * shape that a message can do without (context, button, system) has such a
 * row too, and costs only itself. Lengths bound what becomes part of a key
 * or of a request.
 */

#include "whatsapp_impl.h"

#define SHAPE_TYPE_MAX    64            /* a message's type, a status's word */
#define SHAPE_NAME_MAX    1024          /* a profile's name */
#define SHAPE_TEXT_MAX    (64 * 1024)   /* 4096 characters are promised */
#define SHAPE_ERRORS_MAX  64            /* of a status: one has been seen */
#define SHAPE_GROUP_MAX   2048          /* characters of a description */
#define SHAPE_MEMBERS_MAX 64            /* of one event: groups hold 8 */
#define SHAPE_TEMPLATE_MAX  400         /* a name is part of a key */
#define SHAPE_LANGUAGE_MAX  32

#define OPEN(shape)                                                           \
    { &pl__wa__##shape##__descriptor, NULL, PL_RULE_OPEN, NULL, 0 }
#define BAD(shape)                                                            \
    { &pl__wa__##shape##__descriptor, "bad", PL_RULE_BAD, NULL, 0 }
#define RAW(shape)                                                            \
    { &pl__wa__##shape##__descriptor, "raw", PL_RULE_RAW, NULL, 0 }
#define BOUND(shape, field, rule, bound)                                      \
    { &pl__wa__##shape##__descriptor, field, PL_RULE_##rule, NULL, bound }


static const pl_rule_t shape_rows[] = {
    OPEN(webhook),
    BOUND(webhook, "entry", LEN_MAX, PL_ITEMS_MAX),
    OPEN(webhook_entry), RAW(webhook_entry), BAD(webhook_entry),
    BOUND(webhook_entry, "changes", LEN_MAX, PL_ITEMS_MAX),
    OPEN(change), RAW(change), BAD(change),
    OPEN(value), BAD(value),
    BOUND(value, "contacts", LEN_MAX, PL_ITEMS_MAX),
    BOUND(value, "messages", LEN_MAX, PL_ITEMS_MAX),
    BOUND(value, "statuses", LEN_MAX, PL_ITEMS_MAX),
    BOUND(value, "errors", LEN_MAX, PL_ITEMS_MAX),
    OPEN(metadata), BAD(metadata),
    BOUND(metadata, "phone_number_id", LEN_MAX, PL_ADDRESS_MAX),

    OPEN(profile),
    BOUND(profile, "name", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(profile, "username", LEN_MAX, PL_ADDRESS_MAX),
    OPEN(webhook_contact), BAD(webhook_contact),
    BOUND(webhook_contact, "wa_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(webhook_contact, "user_id", LEN_MAX, PL_ADDRESS_MAX),

    OPEN(context), BAD(context),
    BOUND(context, "id", LEN_MAX, PL_PROVIDER_ID_MAX),
    OPEN(in_text),
    BOUND(in_text, "body", LEN_MAX, SHAPE_TEXT_MAX),
    OPEN(in_button), BAD(in_button),
    BOUND(in_button, "payload", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(in_button, "text", LEN_MAX, SHAPE_TEXT_MAX),
    OPEN(reply_choice),
    BOUND(reply_choice, "id", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(reply_choice, "title", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(reply_choice, "description", LEN_MAX, SHAPE_TEXT_MAX),
    OPEN(in_interactive), BAD(in_interactive),
    OPEN(in_system), BAD(in_system),
    BOUND(in_system, "user_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_system, "previous_user_id", LEN_MAX, PL_ADDRESS_MAX),

    OPEN(in_message), RAW(in_message), BAD(in_message),
    BOUND(in_message, "from", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_message, "from_user_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_message, "from_parent_user_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_message, "id", LEN_MIN, 1),
    BOUND(in_message, "id", LEN_MAX, PL_PROVIDER_ID_MAX),
    BOUND(in_message, "timestamp", MIN, 0),
    BOUND(in_message, "type", LEN_MIN, 1),
    BOUND(in_message, "type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(in_message, "group_id", LEN_MAX, PL_ADDRESS_MAX),

    OPEN(error_data), BAD(error_data),
    OPEN(error_item), BAD(error_item),
    OPEN(status), RAW(status), BAD(status),
    BOUND(status, "errors", LEN_MAX, SHAPE_ERRORS_MAX),
    BOUND(status, "id", LEN_MIN, 1),
    BOUND(status, "id", LEN_MAX, PL_PROVIDER_ID_MAX),
    BOUND(status, "status", LEN_MIN, 1),
    BOUND(status, "status", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(status, "timestamp", MIN, 0),
    BOUND(status, "recipient_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(status, "recipient_user_id", LEN_MAX, PL_ADDRESS_MAX),

    OPEN(answer),
    OPEN(answer_contact), BAD(answer_contact),
    BOUND(answer_contact, "wa_id", LEN_MAX, PL_ADDRESS_MAX),
    OPEN(answer_message),
    BOUND(answer_message, "id", LEN_MAX, PL_PROVIDER_ID_MAX),
    OPEN(answer_error),

    OPEN(account_entry),
    BOUND(account_entry, "id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_entry, "field", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_entry, "changes", LEN_MAX, PL_ITEMS_MAX),
    OPEN(account_change), RAW(account_change), BAD(account_change),
    BOUND(account_change, "field", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(account_metadata), BAD(account_metadata),
    BOUND(account_metadata, "phone_number_id", LEN_MAX, PL_ADDRESS_MAX),
    OPEN(other_info), BAD(other_info),
    BOUND(other_info, "title", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(rejection_info), BAD(rejection_info),
    BOUND(rejection_info, "reason", LEN_MAX, SHAPE_NAME_MAX),
    OPEN(ban_info), BAD(ban_info),
    BOUND(ban_info, "waba_ban_state", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(ban_info, "waba_ban_date", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(violation_info), BAD(violation_info),
    BOUND(violation_info, "violation_type", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(restriction_info), BAD(restriction_info),
    BOUND(restriction_info, "restriction_type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(restriction_info, "expiration", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(alert_info), BAD(alert_info),
    BOUND(alert_info, "alert_severity", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(alert_info, "alert_status", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(alert_info, "alert_type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(alert_info, "alert_description", LEN_MAX, SHAPE_NAME_MAX),
    OPEN(account_error), BAD(account_error),

    OPEN(participant), BAD(participant),
    BOUND(participant, "input", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(participant, "wa_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(participant, "user_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(participant, "username", LEN_MAX, PL_ADDRESS_MAX),
    OPEN(group_text), BAD(group_text),
    BOUND(group_text, "text", LEN_MAX, 4 * SHAPE_GROUP_MAX),
    OPEN(group_picture), BAD(group_picture),
    BOUND(group_picture, "sha256", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(account_group), RAW(account_group), BAD(account_group),
    BOUND(account_group, "group_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_group, "type", LEN_MIN, 1),
    BOUND(account_group, "type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_group, "timestamp", MIN, 0),
    BOUND(account_group, "subject", LEN_MAX, 4 * SHAPE_GROUP_MAX),
    BOUND(account_group, "description", LEN_MAX, 4 * SHAPE_GROUP_MAX),
    BOUND(account_group, "invite_link", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(account_group, "join_approval_mode", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_group, "join_request_id", LEN_MAX, PL_PROVIDER_ID_MAX),
    BOUND(account_group, "wa_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_group, "user_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_group, "initiated_by", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_group, "added_participants", LEN_MAX, SHAPE_MEMBERS_MAX),
    BOUND(account_group, "removed_participants", LEN_MAX,
          SHAPE_MEMBERS_MAX),
    BOUND(account_group, "errors", LEN_MAX, SHAPE_ERRORS_MAX),

    OPEN(preference), RAW(preference), BAD(preference),
    BOUND(preference, "wa_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(preference, "user_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(preference, "category", LEN_MIN, 1),
    BOUND(preference, "category", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(preference, "value", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(preference, "timestamp", MIN, 0),

    OPEN(account_value), BAD(account_value),
    BOUND(account_value, "event", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "reason", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(account_value, "message_template_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_value, "message_template_name", LEN_MAX,
          SHAPE_TEMPLATE_MAX),
    BOUND(account_value, "message_template_language", LEN_MAX,
          SHAPE_LANGUAGE_MAX),
    BOUND(account_value, "message_template_category", LEN_MAX,
          SHAPE_TYPE_MAX),
    BOUND(account_value, "new_quality_score", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "message_template_element", LEN_MAX,
          SHAPE_TEXT_MAX),
    BOUND(account_value, "message_template_title", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(account_value, "message_template_footer", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(account_value, "new_category", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "correct_category", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "display_phone_number", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_value, "current_limit", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "old_limit", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "max_daily_conversations_per_business", LEN_MAX,
          SHAPE_TYPE_MAX),
    BOUND(account_value, "max_daily_conversation_per_phone", LEN_MAX,
          SHAPE_TYPE_MAX),
    BOUND(account_value, "max_phone_numbers_per_business", LEN_MAX,
          SHAPE_TYPE_MAX),
    BOUND(account_value, "max_phone_numbers_per_waba", LEN_MAX,
          SHAPE_TYPE_MAX),
    BOUND(account_value, "decision", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "requested_verified_name", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(account_value, "rejection_reason", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(account_value, "restriction_info", LEN_MAX, SHAPE_ERRORS_MAX),
    BOUND(account_value, "country", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "phone_number", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_value, "entity_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_value, "requester", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_value, "username", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_value, "status", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "flow_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(account_value, "new_status", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "alert_state", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "initiated_by", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(account_value, "groups", LEN_MAX, PL_ITEMS_MAX),
    BOUND(account_value, "user_preferences", LEN_MAX, PL_ITEMS_MAX),

    OPEN(system_message),
    BOUND(system_message, "from", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(system_message, "from_user_id", LEN_MAX, PL_ADDRESS_MAX),
    OPEN(system_change), BAD(system_change),
    BOUND(system_change, "type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(system_change, "wa_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(system_change, "new_wa_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(system_change, "user_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(system_change, "previous_user_id", LEN_MAX, PL_ADDRESS_MAX),
};

const pl_rules_t  pl_whatsapp_rules = { shape_rows, PL_COUNT(shape_rows) };

const ProtobufCMessageDescriptor *const
pl_whatsapp_shapes[PL_WHATSAPP_SHAPES] = {
    &pl__wa__webhook__descriptor,
    &pl__wa__out_message__descriptor,
    &pl__wa__answer__descriptor,
    &pl__wa__account_entry__descriptor,
    &pl__wa__system_message__descriptor,
};
