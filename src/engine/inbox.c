/*
 * A message is said: what its conversation's record has to know for the
 * inbox. It is written anyway, so that a message costs no row more. See
 * inbox.h.
 */

#include <string.h>

#include "inbox.h"

static void inbox_checkpoint(Pl__Conversation *conv, Pl__Message *message,
    uint64_t id);
static pl_status_t inbox_in(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err);


pl_status_t
pl_inbox_speak(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, Pl__Message *message, uint64_t id, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_quiet_leave(ap, party->tenant, conv, err);

    if (rc == PL_OK) {
        rc = pl_inbox_channel(ap, conv, message->channel, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (conv->messages % PL_CHECKPOINT == 0) {
        inbox_checkpoint(conv, message, id);
    }

    return message->direction == PL__DIRECTION__DIRECTION_IN
           && !message->history
           ? inbox_in(ap, party, conv, err) : PL_OK;
}


pl_status_t
pl_inbox_forget(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_quiet_leave(ap, party->tenant, conv, err);

    if (rc == PL_OK) {
        rc = pl_view_all(ap, party, conv, false, err);
    }

    if (rc == PL_OK) {
        rc = pl_unread_settle(ap, party, conv, true, err);
    }

    return rc == PL_OK ? pl_note_forget(ap, party, err) : rc;
}


pl_status_t
pl_inbox_channel(pl_apply_t *ap, Pl__Conversation *conv, uint32_t channel,
    pl_err_t *err)
{
    size_t     i;
    uint32_t  *list;

    for (i = 0; i < conv->n_channels; i++) {
        if (conv->channels[i] == channel) {
            return PL_OK;
        }
    }

    if (conv->n_channels >= PL_CHANNELS_MAX) {
        return PL_OK;
    }

    list = pl_arena_alloc(ap->ar, (i + 1) * sizeof(*list));
    if (list == NULL) {
        return pl_err_set(err, PL_NOMEM, "conversation", 0, "out of memory");
    }

    if (i != 0) {
        memcpy(list, conv->channels, i * sizeof(*list));
    }

    list[i] = channel;
    conv->channels = list;
    conv->n_channels = i + 1;

    return PL_OK;
}


static void
inbox_checkpoint(Pl__Conversation *conv, Pl__Message *message, uint64_t id)
{
    if (conv->has_checkpoint) {
        message->has_far = 1;
        message->far = conv->checkpoint;
    }

    conv->has_checkpoint = 1;
    conv->checkpoint = id;
}


static pl_status_t
inbox_in(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    pl_err_t *err)
{
    pl_status_t  rc;

    conv->has_unread = 1;
    conv->unread++;

    rc = pl_unread_settle(ap, party, conv, false, err);

    if (rc != PL_OK || !conv->archived) {
        return rc;
    }

    conv->has_archived = 0;
    conv->archived = 0;

    rc = pl_view_del(ap, party, PL_VIEW_ARCHIVED, NULL, err);

    return rc == PL_OK
           ? pl_feed_part(ap, party,
                 PL__CONVERSATION_PART__CONVERSATION_PART_ARCHIVED, err)
           : rc;
}
