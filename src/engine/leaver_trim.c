/*
 * What a tenant's export does not say of a row. See leaver_impl.h.
 */

#include "leaver_impl.h"
#include "media.h"

static void trim_file(Pl__Media *media);


void
pl_leaver_trim(ProtobufCMessage *row)
{
    Pl__Conversation     *conv;
    Pl__TemplateRecord   *template;
    Pl__ChannelSettings  *channel;

    if (row->descriptor == &pl__channel_settings__descriptor) {
        channel = (Pl__ChannelSettings *) row;
        channel->has_token = 0;
        channel->has_token_mac = 0;

    } else if (row->descriptor == &pl__conversation__descriptor) {
        conv = (Pl__Conversation *) row;
        conv->n_queues = 0;
        conv->n_delayed = 0;
        conv->n_nudges = 0;
        conv->n_tasks = 0;
        conv->run = NULL;
        conv->has_waits_ms = 0;

    } else if (row->descriptor == &pl__template_record__descriptor) {
        template = (Pl__TemplateRecord *) row;
        template->has_sync = 0;
        template->has_submit = 0;
    }
}


bool
pl_leaver_fail(Pl__Message *message, pl_arena_t *ar)
{
    Pl__MessageError  *error;

    trim_file(pl_media_of(message->content, NULL));

    if (!message->has_state
        || (message->state != PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED
            && message->state != PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED
            && message->state != PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN))
    {
        return false;
    }

    error = message->error == NULL ? pl_arena_alloc(ar, sizeof(*error))
                                   : NULL;
    if (error != NULL) {
        pl__message_error__init(error);
        error->title = (char *)
            (message->state == PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN
             ? "whether it left was not known when its tenant was exported"
             : "it had not left when its tenant was exported");
        message->error = error;
    }

    message->state = PL__MESSAGE_STATE__MESSAGE_STATE_FAILED;

    return true;
}


/* A file that was still to be fetched: nobody does that elsewhere. */

static void
trim_file(Pl__Media *media)
{
    if (media != NULL && media->has_state
        && media->state == PL__MEDIA_STATE__MEDIA_STATE_WANTED)
    {
        media->state = PL__MEDIA_STATE__MEDIA_STATE_FAILED;
        media->error = (char *)
            "it had not been fetched when its tenant was exported";
    }
}
