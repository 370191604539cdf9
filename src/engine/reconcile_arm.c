/*
 * Which channels are read, and from when on. See reconcile.h.
 */

#include <string.h>

#include "reconcile.h"
#include "room.h"
#include "sync.h"


/* A page that is on the wire now is measured by the new time as well. */

pl_status_t
pl_reconcile_anew(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    pl_err_t *err)
{
    pl_status_t        rc;
    Pl__ChannelState  *all;

    rc = pl_channel_state_get(ap, tenant, channel, &all, err);
    if (rc != PL_OK || all->reconcile == NULL) {
        return rc;
    }

    all->reconcile->has_since_ms = 1;
    all->reconcile->since_ms = ap->now_ms;
    all->reconcile->has_whole_ms = 0;
    all->reconcile->whole_ms = 0;

    return pl_channel_state_put(ap, tenant, channel, all, err);
}


/* Thousands in one item: each has its memory, and gives it back. */

pl_status_t
pl_reconcile_arm_all(pl_apply_t *ap, pl_err_t *err)
{
    size_t                    i;
    pl_arena_t               *item;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    rc = pl_room_enter(ap, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; rc == PL_OK
         && (channel = pl_settings_channel_at(ap->settings, i)) != NULL; i++)
    {
        pl_room_empty(ap);
        rc = pl_reconcile_arm(ap, channel, err);
    }

    pl_room_leave(ap, item);

    return rc;
}


pl_status_t
pl_reconcile_follow(pl_apply_t *ap, const Pl__Command *command,
    pl_err_t *err)
{
    const Pl__ChannelSettings  *row;

    if (command->of_case == PL__COMMAND__OF_ASKED) {
        command = command->asked->command;
    }

    if (command == NULL || command->of_case != PL__COMMAND__OF_CHANNEL_SET) {
        return PL_OK;
    }

    row = command->channel_set->row;

    return row->provider == NULL || row->account == NULL ? PL_OK
           : pl_reconcile_arm(ap, pl_settings_account(ap->settings,
                                                      pl_str_c(row->provider),
                                                      pl_str_c(row->account)),
                              err);
}
