/*
 * A function for each command. apply.h ends with this: whoever has the one
 * has the other.
 *
 * All of them belong to the folding thread. PL_INVALID: the item is kept in
 * quarantine, or refused where somebody asked; other errors are the store's.
 */

#ifndef PL_APPLY_COMMANDS_H_INCLUDED
#define PL_APPLY_COMMANDS_H_INCLUDED

#include "apply.h"

pl_status_t pl_apply_inbound_message(pl_apply_t *ap,
    const Pl__InboundMessage *in, pl_err_t *err);
pl_status_t pl_apply_delivery_status(pl_apply_t *ap,
    const Pl__DeliveryStatus *in, pl_err_t *err);
pl_status_t pl_apply_attempt(pl_apply_t *ap, const Pl__Attempt *in,
    pl_err_t *err);
pl_status_t pl_apply_send_result(pl_apply_t *ap, const Pl__SendResult *in,
    pl_err_t *err);
pl_status_t pl_apply_put_off(pl_apply_t *ap, const Pl__PutOff *in,
    pl_err_t *err);
pl_status_t pl_apply_sender_start(pl_apply_t *ap, const Pl__SenderStart *in,
    pl_err_t *err);
pl_status_t pl_apply_timer_due(pl_apply_t *ap, const Pl__TimerDue *in,
    pl_err_t *err);
pl_status_t pl_apply_settings_publish(pl_apply_t *ap,
    const Pl__SettingsPublish *in, pl_err_t *err);
pl_status_t pl_apply_prune(pl_apply_t *ap, const Pl__Prune *in,
    pl_err_t *err);
pl_status_t pl_apply_clock_step(pl_apply_t *ap, const Pl__ClockStep *in,
    pl_err_t *err);
pl_status_t pl_apply_unreadable_item(pl_apply_t *ap,
    const Pl__UnreadableItem *in, pl_err_t *err);
pl_status_t pl_apply_dead_retry(pl_apply_t *ap, const Pl__DeadRetry *in,
    pl_err_t *err);
pl_status_t pl_apply_dead_drop(pl_apply_t *ap, const Pl__DeadDrop *in,
    pl_err_t *err);
pl_status_t pl_apply_unknown_settle(pl_apply_t *ap,
    const Pl__UnknownSettle *in, pl_err_t *err);
pl_status_t pl_apply_channel_change(pl_apply_t *ap,
    const Pl__ChannelChange *in, pl_err_t *err);
pl_status_t pl_apply_template_change(pl_apply_t *ap,
    const Pl__TemplateChange *in, pl_err_t *err);
pl_status_t pl_apply_group_change(pl_apply_t *ap, const Pl__GroupChange *in,
    pl_err_t *err);
pl_status_t pl_apply_consent_change(pl_apply_t *ap,
    const Pl__ConsentChange *in, pl_err_t *err);
pl_status_t pl_apply_consent_set(pl_apply_t *ap, const Pl__ConsentSet *in,
    pl_err_t *err);
pl_status_t pl_apply_contact_change(pl_apply_t *ap,
    const Pl__ContactChange *in, pl_err_t *err);
pl_status_t pl_apply_contact_join(pl_apply_t *ap, const Pl__ContactJoin *in,
    pl_err_t *err);
pl_status_t pl_apply_contact_split(pl_apply_t *ap,
    const Pl__ContactSplit *in, pl_err_t *err);
pl_status_t pl_apply_echo_message(pl_apply_t *ap, const Pl__EchoMessage *in,
    pl_err_t *err);
pl_status_t pl_apply_contact_set(pl_apply_t *ap, const Pl__ContactSet *in,
    pl_err_t *err);
pl_status_t pl_apply_task_arm(pl_apply_t *ap, const Pl__TaskArm *in,
    pl_err_t *err);
pl_status_t pl_apply_task_move(pl_apply_t *ap, const Pl__TaskMove *in,
    pl_err_t *err);
pl_status_t pl_apply_task_cancel(pl_apply_t *ap, const Pl__TaskCancel *in,
    pl_err_t *err);
pl_status_t pl_apply_sandbox_clock(pl_apply_t *ap,
    const Pl__SandboxClock *in, pl_err_t *err);
pl_status_t pl_apply_contact_sync(pl_apply_t *ap, const Pl__ContactSync *in,
    pl_err_t *err);
pl_status_t pl_apply_channel_error(pl_apply_t *ap,
    const Pl__ChannelError *in, pl_err_t *err);

pl_status_t pl_apply_send_request(pl_apply_t *ap,
    const Pl__SendRequest *in, pl_err_t *err);
/*
 * What a request is held against before anything of it is stored, by reads
 * alone, for dry runs (dry.h): *verdict refused, or *message as it would be
 * made, to those whom the state knows (contact and party 0: nobody yet).
 */
pl_status_t pl_apply_send_check(pl_apply_t *ap, const Pl__SendRequest *in,
    Pl__Message *message, Pl__Verdict *verdict, pl_err_t *err);

pl_status_t pl_apply_cancel_send(pl_apply_t *ap, const Pl__CancelSend *in,
    pl_err_t *err);
pl_status_t pl_apply_hold(pl_apply_t *ap, const Pl__Hold *in,
    pl_err_t *err);
pl_status_t pl_apply_hold_end(pl_apply_t *ap, const Pl__HoldEnd *in,
    pl_err_t *err);
pl_status_t pl_apply_release(pl_apply_t *ap, const Pl__Release *in,
    pl_err_t *err);
pl_status_t pl_apply_flow_start(pl_apply_t *ap, const Pl__FlowStart *in,
    pl_err_t *err);
pl_status_t pl_apply_owner_change(pl_apply_t *ap,
    const Pl__OwnerChange *in, pl_err_t *err);
pl_status_t pl_apply_sync_request(pl_apply_t *ap,
    const Pl__SyncRequest *in, pl_err_t *err);
pl_status_t pl_apply_reconcile_request(pl_apply_t *ap,
    const Pl__ReconcileRequest *in, pl_err_t *err);
pl_status_t pl_apply_subaccount_request(pl_apply_t *ap,
    const Pl__SubaccountRequest *in, pl_err_t *err);
pl_status_t pl_apply_zones_publish(pl_apply_t *ap,
    const Pl__ZonesPublish *in, pl_err_t *err);
pl_status_t pl_apply_rezone(pl_apply_t *ap, const Pl__Rezone *in,
    pl_err_t *err);
pl_status_t pl_apply_asked(pl_apply_t *ap, const Pl__Asked *in,
    pl_err_t *err);
pl_status_t pl_apply_tenant_set(pl_apply_t *ap, const Pl__TenantSet *in,
    pl_err_t *err);
pl_status_t pl_apply_channel_set(pl_apply_t *ap, const Pl__ChannelSet *in,
    pl_err_t *err);
pl_status_t pl_apply_reseal(pl_apply_t *ap, const Pl__Reseal *in,
    pl_err_t *err);
pl_status_t pl_apply_key_set(pl_apply_t *ap, const Pl__KeySet *in,
    pl_err_t *err);

pl_status_t pl_apply_erase(pl_apply_t *ap, const Pl__Erase *in,
    pl_err_t *err);
pl_status_t pl_apply_erase_step(pl_apply_t *ap, const Pl__EraseStep *in,
    pl_err_t *err);
pl_status_t pl_apply_exported(pl_apply_t *ap, const Pl__Exported *in,
    pl_err_t *err);
pl_status_t pl_apply_tenant_import(pl_apply_t *ap,
    const Pl__TenantImport *in, pl_err_t *err);

pl_status_t pl_apply_template_act(pl_apply_t *ap,
    const Pl__TemplateAct *in, pl_err_t *err);
pl_status_t pl_apply_setting_set(pl_apply_t *ap, const Pl__SettingSet *in,
    pl_err_t *err);
pl_status_t pl_apply_quarantine_act(pl_apply_t *ap,
    const Pl__QuarantineAct *in, pl_err_t *err);

/* A message that is known came again: it is counted, or completed. */
pl_status_t pl_apply_echo_repeat(pl_apply_t *ap, uint32_t tenant,
    uint64_t id, Pl__Content *content, pl_err_t *err);

#endif /* PL_APPLY_COMMANDS_H_INCLUDED */
