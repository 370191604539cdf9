/*
 * The commands' handlers; the table is commands.c's.
 */

#ifndef PLCTL_CMD_H_INCLUDED
#define PLCTL_CMD_H_INCLUDED

#include "ctl.h"

int plctl_cmd_status(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_channels(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_messages(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_conversation(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_send(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_can_send(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_scheduled(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_scheduled_cancel(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_send_batch(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_trace(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_templates(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_reconcile(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_subaccount(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_templates_sync(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_outbox(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_unknown(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_dead(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_dead_retry(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_dead_drop(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_unknown_resend(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_unknown_sent(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_pause_tenant(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_pause_channel(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_pause_template(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_pause_campaign(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_resume_tenant(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_resume_channel(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_resume_template(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_resume_campaign(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_holds(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_consent_show(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_consent_unclear(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_consent_set(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_consent_resolve(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_quarantine(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_events(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_journal(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_replay(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_check(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_audit(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_backup(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_compact(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_decode(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_sign(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_sms(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_number_explain(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_schema(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_contact_set(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_keygen(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_flow_check(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_flow_diagram(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_flow_schema(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_flow_start(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_handover_take(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_handover_release(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_privacy_delete(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_privacy_export(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_privacy_revoke(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_clock(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_chat(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_simulate(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_subscriptions(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_subscriptions_add(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_subscriptions_rotate(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_subscriptions_drop(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_subscriptions_pause(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_subscriptions_resume(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_subscriptions_ping(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_subscriptions_replay(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_undelivered(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_undelivered_retry(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_undelivered_drop(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_place_add(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_place_set(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_tenant_list(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_place_show(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_tenant_export(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_tenant_import(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_tenant_abandon(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_place_remove(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_channel_list(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_key_add(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_key_list(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_key_revoke(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_key_reseal(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_openapi(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_api(plctl_t *ctl, const char *const *words,
    unsigned n_words);
int plctl_cmd_manual(plctl_t *ctl, const char *const *words,
    unsigned n_words);

/* Also what --version prints. */
int plctl_cmd_version(plctl_t *ctl, const char *const *words,
    unsigned n_words);

#endif /* PLCTL_CMD_H_INCLUDED */
