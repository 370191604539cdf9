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
#define SHAPE_URL_MAX     (8 * 1024)
#define SHAPE_CARDS_MAX   257           /* what a message may have */
#define SHAPE_PARTS_MAX   256           /* phones and the like of a card */
#define SHAPE_PRODUCTS_MAX  1024        /* of an order */
#define SHAPE_COMPONENTS_MAX  64        /* of a template: 4 and 10 are seen */

#define OPEN(shape)                                                           \
    { &pl__wa__##shape##__descriptor, NULL, PL_RULE_OPEN, NULL, 0 }
#define BAD(shape)                                                            \
    { &pl__wa__##shape##__descriptor, "bad", PL_RULE_BAD, NULL, 0 }
#define RAW(shape)                                                            \
    { &pl__wa__##shape##__descriptor, "raw", PL_RULE_RAW, NULL, 0 }
#define JSON(shape, field)                                                    \
    { &pl__wa__##shape##__descriptor, field, PL_RULE_JSON, NULL, 0 }
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
    BOUND(value, "message_echoes", LEN_MAX, PL_ITEMS_MAX),
    BOUND(value, "history", LEN_MAX, PL_ITEMS_MAX),
    BOUND(value, "state_sync", LEN_MAX, PL_ITEMS_MAX),
    OPEN(metadata), BAD(metadata),
    BOUND(metadata, "display_phone_number", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(metadata, "phone_number_id", LEN_MAX, PL_ADDRESS_MAX),

    OPEN(profile),
    BOUND(profile, "name", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(profile, "username", LEN_MAX, PL_ADDRESS_MAX),
    OPEN(webhook_contact), BAD(webhook_contact),
    BOUND(webhook_contact, "wa_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(webhook_contact, "user_id", LEN_MAX, PL_ADDRESS_MAX),

    OPEN(context), BAD(context),
    BOUND(context, "id", LEN_MAX, PL_PROVIDER_ID_MAX),
    BOUND(context, "from", LEN_MAX, PL_ADDRESS_MAX),
    OPEN(referred_product),
    BOUND(referred_product, "catalog_id", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(referred_product, "product_retailer_id", LEN_MAX, SHAPE_NAME_MAX),
    OPEN(welcome_message),
    BOUND(welcome_message, "text", LEN_MAX, SHAPE_TEXT_MAX),
    OPEN(referral), BAD(referral),
    BOUND(referral, "source_url", LEN_MAX, SHAPE_URL_MAX),
    BOUND(referral, "source_id", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(referral, "source_type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(referral, "body", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(referral, "headline", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(referral, "media_type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(referral, "image_url", LEN_MAX, SHAPE_URL_MAX),
    BOUND(referral, "video_url", LEN_MAX, SHAPE_URL_MAX),
    BOUND(referral, "thumbnail_url", LEN_MAX, SHAPE_URL_MAX),
    BOUND(referral, "ctwa_clid", LEN_MAX, SHAPE_NAME_MAX),

    OPEN(in_text), BAD(in_text),
    BOUND(in_text, "body", LEN_MAX, SHAPE_TEXT_MAX),
    OPEN(in_media), BAD(in_media),
    BOUND(in_media, "id", LEN_MAX, PL_PROVIDER_ID_MAX),
    BOUND(in_media, "mime_type", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(in_media, "sha256", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(in_media, "caption", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(in_media, "filename", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(in_media, "url", LEN_MAX, SHAPE_URL_MAX),
    OPEN(in_location), BAD(in_location),
    BOUND(in_location, "latitude", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(in_location, "longitude", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(in_location, "name", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(in_location, "address", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(in_location, "url", LEN_MAX, SHAPE_URL_MAX),

    OPEN(in_card_name), OPEN(in_card_phone), OPEN(in_card_email),
    OPEN(in_card_address), OPEN(in_card_org), OPEN(in_card_url),
    OPEN(in_card), BAD(in_card),
    BOUND(in_card, "phones", LEN_MAX, SHAPE_PARTS_MAX),
    BOUND(in_card, "emails", LEN_MAX, SHAPE_PARTS_MAX),
    BOUND(in_card, "addresses", LEN_MAX, SHAPE_PARTS_MAX),
    BOUND(in_card, "urls", LEN_MAX, SHAPE_PARTS_MAX),
    OPEN(in_cards), BAD(in_cards),
    BOUND(in_cards, "contacts", LEN_MAX, SHAPE_CARDS_MAX),

    OPEN(in_order_item),
    OPEN(in_order), BAD(in_order),
    BOUND(in_order, "product_items", LEN_MAX, SHAPE_PRODUCTS_MAX),
    OPEN(in_reaction), BAD(in_reaction),
    BOUND(in_reaction, "message_id", LEN_MIN, 1),
    BOUND(in_reaction, "message_id", LEN_MAX, PL_PROVIDER_ID_MAX),
    BOUND(in_reaction, "emoji", LEN_MAX, SHAPE_NAME_MAX),
    OPEN(in_edited), RAW(in_edited), BAD(in_edited),
    BOUND(in_edited, "type", LEN_MIN, 1),
    BOUND(in_edited, "type", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(in_edit), BAD(in_edit),
    BOUND(in_edit, "original_message_id", LEN_MIN, 1),
    BOUND(in_edit, "original_message_id", LEN_MAX, PL_PROVIDER_ID_MAX),
    OPEN(in_revoke), BAD(in_revoke),
    BOUND(in_revoke, "original_message_id", LEN_MIN, 1),
    BOUND(in_revoke, "original_message_id", LEN_MAX, PL_PROVIDER_ID_MAX),
    OPEN(in_unsupported), BAD(in_unsupported),
    BOUND(in_unsupported, "type", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(in_button), BAD(in_button),
    BOUND(in_button, "payload", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(in_button, "text", LEN_MAX, SHAPE_TEXT_MAX),
    OPEN(reply_choice),
    BOUND(reply_choice, "id", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(reply_choice, "title", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(reply_choice, "description", LEN_MAX, SHAPE_TEXT_MAX),
    OPEN(in_form_reply),
    OPEN(form_response), BAD(form_response),
    BOUND(form_response, "flow_token", LEN_MAX, SHAPE_TEXT_MAX),
    OPEN(in_call_permission),
    BOUND(in_call_permission, "response", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(in_call_permission, "expiration_timestamp", MIN, 0),
    BOUND(in_call_permission, "response_source", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(in_interactive), BAD(in_interactive),
    OPEN(in_system), BAD(in_system),
    BOUND(in_system, "type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(in_system, "body", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(in_system, "wa_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_system, "new_wa_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_system, "customer", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_system, "user_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_system, "previous_user_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_system, "parent_user_id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_system, "previous_parent_user_id", LEN_MAX, PL_ADDRESS_MAX),
    OPEN(in_identity), BAD(in_identity),
    BOUND(in_identity, "hash", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(in_identity, "created_timestamp", MIN, 0),
    OPEN(history_context), BAD(history_context),
    BOUND(history_context, "status", LEN_MAX, SHAPE_TYPE_MAX),

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
    BOUND(in_message, "to", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(in_message, "to_user_id", LEN_MAX, PL_ADDRESS_MAX),
    JSON(in_message, "contacts"),
    JSON(in_message, "origin"),
    JSON(in_message, "errors"),

    OPEN(thread), RAW(thread), BAD(thread),
    BOUND(thread, "id", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(thread, "messages", LEN_MAX, PL_ITEMS_MAX),
    OPEN(history), RAW(history), BAD(history),
    BOUND(history, "threads", LEN_MAX, PL_ITEMS_MAX),
    BOUND(history, "errors", LEN_MAX, SHAPE_ERRORS_MAX),
    OPEN(sync_contact),
    BOUND(sync_contact, "full_name", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(sync_contact, "first_name", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(sync_contact, "phone_number", LEN_MAX, PL_ADDRESS_MAX),
    BOUND(sync_contact, "user_id", LEN_MAX, PL_ADDRESS_MAX),
    OPEN(sync_metadata), BAD(sync_metadata),
    BOUND(sync_metadata, "timestamp", MIN, 0),
    OPEN(state_sync), RAW(state_sync), BAD(state_sync),

    OPEN(error_data), BAD(error_data),
    OPEN(error_item), RAW(error_item), BAD(error_item),
    BOUND(error_item, "href", LEN_MAX, SHAPE_URL_MAX),
    OPEN(error_list), BAD(error_list),
    BOUND(error_list, "errors", LEN_MAX, SHAPE_ERRORS_MAX),
    OPEN(pricing), BAD(pricing),
    BOUND(pricing, "pricing_model", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(pricing, "type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(pricing, "category", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(origin), BAD(origin),
    BOUND(origin, "type", LEN_MAX, SHAPE_TYPE_MAX),
    OPEN(wa_conversation), BAD(wa_conversation),
    BOUND(wa_conversation, "id", LEN_MAX, PL_PROVIDER_ID_MAX),
    BOUND(wa_conversation, "expiration_timestamp", MIN, 0),
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
    BOUND(answer_contact, "user_id", LEN_MAX, PL_ADDRESS_MAX),
    OPEN(answer_message),
    BOUND(answer_message, "id", LEN_MAX, PL_PROVIDER_ID_MAX),
    OPEN(answer_error),

    JSON(out_flow_start, "flow_action_data"),
    JSON(out_payload, "data"),

    OPEN(template_page),
    BOUND(template_page, "data", LEN_MAX, PL_ITEMS_MAX),
    OPEN(template_paging), OPEN(template_cursors),
    BOUND(template_cursors, "after", LEN_MAX, SHAPE_NAME_MAX),
    OPEN(template_item), RAW(template_item), BAD(template_item),
    BOUND(template_item, "id", LEN_MAX, PL_PROVIDER_ID_MAX),
    BOUND(template_item, "name", LEN_MIN, 1),
    BOUND(template_item, "name", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(template_item, "language", LEN_MIN, 1),
    BOUND(template_item, "language", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(template_item, "status", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(template_item, "category", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(template_item, "correct_category", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(template_item, "rejected_reason", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(template_item, "components", LEN_MAX, SHAPE_COMPONENTS_MAX),
    OPEN(template_component_item),
    BOUND(template_component_item, "type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(template_component_item, "format", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(template_component_item, "text", LEN_MAX, SHAPE_TEXT_MAX),
    BOUND(template_component_item, "buttons", LEN_MAX, SHAPE_COMPONENTS_MAX),
    OPEN(template_button_item),
    BOUND(template_button_item, "type", LEN_MAX, SHAPE_TYPE_MAX),
    BOUND(template_button_item, "text", LEN_MAX, SHAPE_NAME_MAX),
    BOUND(template_button_item, "url", LEN_MAX, SHAPE_TEXT_MAX),
    OPEN(template_quality),
    BOUND(template_quality, "score", LEN_MAX, SHAPE_TYPE_MAX),
};

const pl_rules_t  pl_whatsapp_rules = { shape_rows, PL_COUNT(shape_rows) };

const ProtobufCMessageDescriptor *const
pl_whatsapp_shapes[PL_WHATSAPP_SHAPES] = {
    &pl__wa__webhook__descriptor,
    &pl__wa__in_cards__descriptor,
    &pl__wa__error_list__descriptor,
    &pl__wa__form_response__descriptor,
    &pl__wa__out_message__descriptor,
    &pl__wa__out_receipt__descriptor,
    &pl__wa__answer__descriptor,
    &pl__wa__template_page__descriptor,
};
