/*
 * apply's table: one row a command. See apply.h.
 */

#include "apply.h"


uint64_t
pl_apply_id(pl_apply_t *ap)
{
    return ap->meta->next_id++;
}


pl_status_t
pl_apply(pl_apply_t *ap, const Pl__Command *c, pl_err_t *err)
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

    case PL__COMMAND__OF_ECHO_MESSAGE:
        return pl_apply_echo_message(ap, c->echo_message, err);

    case PL__COMMAND__OF_CONTACT_SYNC:
        return pl_apply_contact_sync(ap, c->contact_sync, err);

    case PL__COMMAND__OF_CHANNEL_ERROR:
        return pl_apply_channel_error(ap, c->channel_error, err);

    case PL__COMMAND__OF_SEND_REQUEST:
        return pl_apply_send_request(ap, c->send_request, err);

    default:
        return pl_err_set(err, PL_INVALID, "apply", (int) c->of_case,
                          "no such command");
    }
}
