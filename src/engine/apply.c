/*
 * apply's table: one row a command. See apply.h.
 */

#include <inttypes.h>
#include <string.h>

#include "apply.h"
#include "dedupe.h"
#include "import.h"
#include "inbox.h"
#include "sandbox.h"
#include "subscription.h"
#include "words.h"

static pl_status_t apply_token_look(pl_apply_t *ap, uint64_t entry,
    pl_sight_t *sight, bool *seen, pl_err_t *err);
static pl_status_t apply_hold(pl_apply_t *ap, const Pl__Command *c,
    pl_err_t *err);
static pl_status_t apply_inbox(pl_apply_t *ap, const Pl__Command *c,
    pl_err_t *err);
static pl_status_t apply_told(pl_apply_t *ap, const Pl__Command *c,
    pl_err_t *err);
static pl_status_t apply_subscription(pl_apply_t *ap, const Pl__Command *c,
    pl_err_t *err);


uint64_t
pl_apply_id(pl_apply_t *ap)
{
    return ap->meta->next_id++;
}


void *
pl_apply_list(pl_apply_t *ap, const void *list, size_t n, void *item)
{
    void  **longer;

    longer = pl_arena_alloc(ap->ar, (n + 1) * sizeof(void *));
    if (longer == NULL) {
        return NULL;
    }

    if (n != 0) {
        memcpy(longer, list, n * sizeof(void *));
    }

    longer[n] = item;

    return longer;
}


uint64_t *
pl_apply_list_u64(pl_apply_t *ap, const uint64_t *list, size_t n,
    uint64_t item)
{
    uint64_t  *longer;

    longer = pl_arena_alloc(ap->ar, (n + 1) * sizeof(uint64_t));
    if (longer == NULL) {
        return NULL;
    }

    if (n != 0) {
        memcpy(longer, list, n * sizeof(uint64_t));
    }

    longer[n] = item;

    return longer;
}


pl_status_t
pl_apply(pl_apply_t *ap, const Pl__Command *c, pl_err_t *err)
{
    pl_status_t  rc;

    if (c->of_case != PL__COMMAND__OF_ASKED && pl_import_closed(ap, c)) {
        return pl_err_set(err, PL_INVALID, "import", 0, PL_IMPORT_OPEN
                          ": its tenant is being read in");
    }

    /* who writes once will write again; who is written to, perhaps never */

    pl_store_passing(ap->txn, c->of_case != PL__COMMAND__OF_INBOUND_MESSAGE);

    if (!pl_settings_turned(ap->settings)) {
        return pl_apply_command(ap, c, err);
    }

    pl_sandbox_enter(ap, pl_sandbox_tenant(ap, c));
    rc = pl_apply_command(ap, c, err);
    pl_sandbox_enter(ap, 0);

    return rc;
}


/*
 * What is signed with its body left out is good for one entry, and spent by it
 * whatever it says: by an event that is ignored as well, since who saw that
 * could sign another body with it. A second row says which entry it was, for
 * who asks afterwards.
 */

pl_status_t
pl_apply_token(pl_apply_t *ap, bool *spent, pl_err_t *err)
{
    bool          ours;
    pl_sight_t    sight, entry;
    pl_status_t   rc;

    rc = apply_token_look(ap, 0, &sight, spent, err);

    if (rc != PL_OK || *spent) {
        return rc;
    }

    rc = apply_token_look(ap, ap->entry, &entry, &ours, err);

    if (rc == PL_OK) {
        rc = pl_dedupe_note(ap, &sight, 0, err);
    }

    return rc == PL_OK ? pl_dedupe_note(ap, &entry, 0, err) : rc;
}


pl_status_t
pl_apply_spent(pl_apply_t *ap, bool *spent, pl_err_t *err)
{
    bool         ours;
    pl_sight_t   sight;
    pl_status_t  rc;

    *spent = false;
    rc = apply_token_look(ap, ap->entry, &sight, &ours, err);

    return rc == PL_OK && !ours ? apply_token_look(ap, 0, &sight, spent, err)
                                : rc;
}


static pl_status_t
apply_token_look(pl_apply_t *ap, uint64_t entry, pl_sight_t *sight,
    bool *seen, pl_err_t *err)
{
    char  *id;

    id = pl_arena_printf(ap->ar, "token %.*s %s %" PRIu64,
                         (int) ap->provider.len,
                         (const char *) ap->provider.data, ap->token, entry);

    return id == NULL
           ? pl_err_set(err, PL_NOMEM, "token", 0, "out of memory")
           : pl_dedupe_look(ap, 0, id, 0, sight, seen, err);
}


pl_status_t
pl_apply_command(pl_apply_t *ap, const Pl__Command *c, pl_err_t *err)
{
    switch (c->of_case) {

    case PL__COMMAND__OF_INBOUND_MESSAGE:
        return pl_apply_inbound_message(ap, c->inbound_message, err);

    case PL__COMMAND__OF_DELIVERY_STATUS:
        return pl_apply_delivery_status(ap, c->delivery_status, err);

    case PL__COMMAND__OF_ATTEMPT:
        return pl_apply_attempt(ap, c->attempt, err);

    case PL__COMMAND__OF_SEND_RESULT:
        return pl_apply_send_result(ap, c->send_result, err);

    case PL__COMMAND__OF_PUT_OFF:
        return pl_apply_put_off(ap, c->put_off, err);

    case PL__COMMAND__OF_SENDER_START:
        return pl_apply_sender_start(ap, c->sender_start, err);

    case PL__COMMAND__OF_TIMER_DUE:
        return pl_apply_timer_due(ap, c->timer_due, err);

    case PL__COMMAND__OF_SETTINGS_PUBLISH:
        return pl_apply_settings_publish(ap, c->settings_publish, err);

    case PL__COMMAND__OF_PRUNE:
        return pl_apply_prune(ap, c->prune, err);

    case PL__COMMAND__OF_CLOCK_STEP:
        return pl_apply_clock_step(ap, c->clock_step, err);

    case PL__COMMAND__OF_UNREADABLE_ITEM:
        return pl_apply_unreadable_item(ap, c->unreadable_item, err);

    case PL__COMMAND__OF_DEAD_RETRY:
        return pl_apply_dead_retry(ap, c->dead_retry, err);

    case PL__COMMAND__OF_DEAD_DROP:
        return pl_apply_dead_drop(ap, c->dead_drop, err);

    case PL__COMMAND__OF_UNKNOWN_SETTLE:
        return pl_apply_unknown_settle(ap, c->unknown_settle, err);

    case PL__COMMAND__OF_SEND_REQUEST:
        return pl_apply_send_request(ap, c->send_request, err);

    case PL__COMMAND__OF_CANCEL_SEND:
        return pl_apply_cancel_send(ap, c->cancel_send, err);

    case PL__COMMAND__OF_SYNC_REQUEST:
        return pl_apply_sync_request(ap, c->sync_request, err);

    case PL__COMMAND__OF_RECONCILE_REQUEST:
        return pl_apply_reconcile_request(ap, c->reconcile_request, err);

    case PL__COMMAND__OF_SUBACCOUNT_REQUEST:
        return pl_apply_subaccount_request(ap, c->subaccount_request, err);

    default:
        return apply_told(ap, c, err);
    }
}


/* What a provider tells beside the messages that people write and get. */

static pl_status_t
apply_told(pl_apply_t *ap, const Pl__Command *c, pl_err_t *err)
{
    switch (c->of_case) {

    case PL__COMMAND__OF_CHANNEL_CHANGE:
        return pl_apply_channel_change(ap, c->channel_change, err);

    case PL__COMMAND__OF_TEMPLATE_CHANGE:
        return pl_apply_template_change(ap, c->template_change, err);

    case PL__COMMAND__OF_GROUP_CHANGE:
        return pl_apply_group_change(ap, c->group_change, err);

    case PL__COMMAND__OF_CONSENT_CHANGE:
        return pl_apply_consent_change(ap, c->consent_change, err);

    case PL__COMMAND__OF_CONSENT_SET:
        return pl_apply_consent_set(ap, c->consent_set, err);

    case PL__COMMAND__OF_CONTACT_CHANGE:
        return pl_apply_contact_change(ap, c->contact_change, err);

    case PL__COMMAND__OF_SANDBOX_CLOCK:
        return pl_apply_sandbox_clock(ap, c->sandbox_clock, err);

    case PL__COMMAND__OF_CONTACT_SET:
        return pl_apply_contact_set(ap, c->contact_set, err);

    case PL__COMMAND__OF_TASK_ARM:
        return pl_apply_task_arm(ap, c->task_arm, err);

    case PL__COMMAND__OF_TASK_MOVE:
        return pl_apply_task_move(ap, c->task_move, err);

    case PL__COMMAND__OF_TASK_CANCEL:
        return pl_apply_task_cancel(ap, c->task_cancel, err);

    case PL__COMMAND__OF_CONTACT_JOIN:
        return pl_apply_contact_join(ap, c->contact_join, err);

    case PL__COMMAND__OF_CONTACT_SPLIT:
        return pl_apply_contact_split(ap, c->contact_split, err);

    case PL__COMMAND__OF_ECHO_MESSAGE:
        return pl_apply_echo_message(ap, c->echo_message, err);

    case PL__COMMAND__OF_CONTACT_SYNC:
        return pl_apply_contact_sync(ap, c->contact_sync, err);

    case PL__COMMAND__OF_CHANNEL_ERROR:
        return pl_apply_channel_error(ap, c->channel_error, err);

    default:
        return apply_hold(ap, c, err);
    }
}


static pl_status_t
apply_hold(pl_apply_t *ap, const Pl__Command *c, pl_err_t *err)
{
    switch (c->of_case) {

    case PL__COMMAND__OF_HOLD:
        return pl_apply_hold(ap, c->hold, err);

    case PL__COMMAND__OF_HOLD_END:
        return pl_apply_hold_end(ap, c->hold_end, err);

    case PL__COMMAND__OF_RELEASE:
        return pl_apply_release(ap, c->release, err);

    case PL__COMMAND__OF_FLOW_START:
        return pl_apply_flow_start(ap, c->flow_start, err);

    case PL__COMMAND__OF_OWNER_CHANGE:
        return pl_apply_owner_change(ap, c->owner_change, err);

    case PL__COMMAND__OF_ZONES_PUBLISH:
        return pl_apply_zones_publish(ap, c->zones_publish, err);

    case PL__COMMAND__OF_REZONE:
        return pl_apply_rezone(ap, c->rezone, err);

    case PL__COMMAND__OF_ASKED:
        return pl_apply_asked(ap, c->asked, err);

    case PL__COMMAND__OF_KEY_SET:
        return pl_apply_key_set(ap, c->key_set, err);

    case PL__COMMAND__OF_TENANT_SET:
        return pl_apply_tenant_set(ap, c->tenant_set, err);

    case PL__COMMAND__OF_CHANNEL_SET:
        return pl_apply_channel_set(ap, c->channel_set, err);

    case PL__COMMAND__OF_RESEAL:
        return pl_apply_reseal(ap, c->reseal, err);

    default:
        return apply_inbox(ap, c, err);
    }
}


static pl_status_t
apply_inbox(pl_apply_t *ap, const Pl__Command *c, pl_err_t *err)
{
    switch (c->of_case) {

    case PL__COMMAND__OF_MARK_READ:
        return pl_apply_mark_read(ap, c->mark_read, err);

    case PL__COMMAND__OF_ARCHIVE:
        return pl_apply_archive(ap, c->archive, err);

    case PL__COMMAND__OF_NOTE_ADD:
        return pl_apply_note_add(ap, c->note_add, err);

    case PL__COMMAND__OF_NOTE_DROP:
        return pl_apply_note_drop(ap, c->note_drop, err);

    case PL__COMMAND__OF_TAG_SET:
        return pl_apply_tag_set(ap, c->tag_set, err);

    case PL__COMMAND__OF_STATUS_SET:
        return pl_apply_status_set(ap, c->status_set, err);

    case PL__COMMAND__OF_INDEX_WORDS:
        return pl_apply_index_words(ap, c->index_words, err);

    case PL__COMMAND__OF_ERASE:
        return pl_apply_erase(ap, c->erase, err);

    case PL__COMMAND__OF_ERASE_STEP:
        return pl_apply_erase_step(ap, c->erase_step, err);

    case PL__COMMAND__OF_EXPORTED:
        return pl_apply_exported(ap, c->exported, err);

    case PL__COMMAND__OF_TENANT_IMPORT:
        return pl_apply_tenant_import(ap, c->tenant_import, err);

    case PL__COMMAND__OF_TEMPLATE_ACT:
        return pl_apply_template_act(ap, c->template_act, err);

    case PL__COMMAND__OF_SETTING_SET:
        return pl_apply_setting_set(ap, c->setting_set, err);

    case PL__COMMAND__OF_QUARANTINE_ACT:
        return pl_apply_quarantine_act(ap, c->quarantine_act, err);

    default:
        return apply_subscription(ap, c, err);
    }
}


static pl_status_t
apply_subscription(pl_apply_t *ap, const Pl__Command *c, pl_err_t *err)
{
    switch (c->of_case) {

    case PL__COMMAND__OF_SUBSCRIPTION_SET:
        return pl_apply_subscription_set(ap, c->subscription_set, err);

    case PL__COMMAND__OF_SUBSCRIPTION_DROP:
        return pl_apply_subscription_drop(ap, c->subscription_drop, err);

    case PL__COMMAND__OF_SUBSCRIPTION_ROTATE:
        return pl_apply_subscription_rotate(ap, c->subscription_rotate, err);

    case PL__COMMAND__OF_SUBSCRIPTION_HOLD:
        return pl_apply_subscription_hold(ap, c->subscription_hold, err);

    case PL__COMMAND__OF_SUBSCRIPTION_REPLAY:
        return pl_apply_subscription_replay(ap, c->subscription_replay, err);

    case PL__COMMAND__OF_SUBSCRIPTION_PING:
        return pl_apply_subscription_ping(ap, c->subscription_ping, err);

    case PL__COMMAND__OF_UNDELIVERED_ACT:
        return pl_apply_undelivered_act(ap, c->undelivered_act, err);

    case PL__COMMAND__OF_SUBSCRIPTION_PROGRESS:
        return pl_apply_subscription_progress(ap, c->subscription_progress,
                                              err);

    default:
        return pl_err_set(err, PL_INVALID, "apply", (int) c->of_case,
                          "no such command");
    }
}
