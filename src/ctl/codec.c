/*
 * The codec of what parleyctl prints: the shapes of ctl.proto and all that
 * they hold. Apart from the engine's, which knows nothing of ctl.
 */

#include "api_numbers.pb-c.h"
#include "api_places.pb-c.h"
#include "codec.h"


static const ProtobufCMessageDescriptor *const  codec_shapes[] = {
    &pl__ctl__status_row__descriptor,
    &pl__ctl__channel_row__descriptor,
    &pl__ctl__message_row__descriptor,
    &pl__ctl__conversation_row__descriptor,
    &pl__ctl__trace_row__descriptor,
    &pl__ctl__outbox_row__descriptor,
    &pl__ctl__unknown_row__descriptor,
    &pl__ctl__dead_row__descriptor,
    &pl__ctl__retry_row__descriptor,
    &pl__ctl__settle_row__descriptor,
    &pl__ctl__send_row__descriptor,
    &pl__ctl__can_send_row__descriptor,
    &pl__ctl__batch_line__descriptor,
    &pl__ctl__batch_row__descriptor,
    &pl__ctl__scheduled_row__descriptor,
    &pl__ctl__consent_row__descriptor,
    &pl__ctl__sync_row__descriptor,
    &pl__ctl__template_row__descriptor,
    &pl__ctl__hold_row__descriptor,
    &pl__ctl__pause_row__descriptor,
    &pl__ctl__handover_row__descriptor,
    &pl__ctl__quarantine_row__descriptor,
    &pl__ctl__entry_row__descriptor,
    &pl__ctl__finding_row__descriptor,
    &pl__ctl__check_row__descriptor,
    &pl__ctl__difference_row__descriptor,
    &pl__ctl__replay_row__descriptor,
    &pl__ctl__backup_row__descriptor,
    &pl__ctl__match_row__descriptor,
    &pl__ctl__mismatch_row__descriptor,
    &pl__ctl__audit_row__descriptor,
    &pl__ctl__missing_row__descriptor,
    &pl__ctl__compact_row__descriptor,
    &pl__ctl__event_row__descriptor,
    &pl__ctl__leaver_row__descriptor,
    &pl__ctl__schema_row__descriptor,
    &pl__ctl__version_row__descriptor,
    &pl__ctl__signature_row__descriptor,
    &pl__ctl__key_row__descriptor,
    &pl__ctl__flow_row__descriptor,
    &pl__ctl__flow_mistake_row__descriptor,
    &pl__ctl__clock_row__descriptor,
    &pl__ctl__simulate_row__descriptor,
    &pl__ctl__cover_row__descriptor,
    &pl__ctl__subscription_row__descriptor,
    &pl__ctl__undelivered_row__descriptor,
    &pl__ctl__api_key_row__descriptor,
    &pl__api__tenant_view__descriptor,
    &pl__api__channel_view__descriptor,
    &pl__api__number_answer__descriptor,
};

/* What a provider sent as JSON is shown as JSON. */
static const pl_rule_t  codec_rows[] = {
    { &pl__content__descriptor, "raw", PL_RULE_JSON, NULL, 0 },
    { &pl__inbound_message__descriptor, "raw", PL_RULE_JSON, NULL, 0 },
    { &pl__delivery_status__descriptor, "raw", PL_RULE_JSON, NULL, 0 },
    { &pl__unreadable_item__descriptor, "raw", PL_RULE_JSON, NULL, 0 },
    { &pl__echo_message__descriptor, "raw", PL_RULE_JSON, NULL, 0 },
    { &pl__contact_sync__descriptor, "raw", PL_RULE_JSON, NULL, 0 },
    { &pl__channel_error__descriptor, "raw", PL_RULE_JSON, NULL, 0 },
    { &pl__form_reply__descriptor, "data", PL_RULE_JSON, NULL, 0 },
    { &pl__form_start__descriptor, "data", PL_RULE_JSON, NULL, 0 },
    { &pl__template_button__descriptor, "data", PL_RULE_JSON, NULL, 0 },
};

static const pl_rules_t  codec_rules = {
    codec_rows, PL_COUNT(codec_rows)
};


pl_status_t
plctl_codec_create(pl_codec_t **codec, pl_err_t *err)
{
    return pl_codec_create(codec, codec_shapes, PL_COUNT(codec_shapes),
                           &codec_rules, 1, err);
}
