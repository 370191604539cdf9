/*
 * Ids of other messages that a message has. See quoted.h.
 */

#include "../channel/channel.h"
#include "../core/str.h"
#include "quoted.h"
#include "tomb.h"

static char **quoted_at(const Pl__Message *message, size_t i);
static char **quoted_content(Pl__Content *content);


const char *
pl_quoted(const Pl__Message *message, size_t i)
{
    char  **at = quoted_at(message, i);

    return at == NULL ? NULL : *at == NULL ? "" : *at;
}


/* That of a content is required there. */

void
pl_quoted_drop(Pl__Message *message, size_t i)
{
    if (i == 0) {
        message->reply_to = NULL;
        return;
    }

    *quoted_at(message, i) = (char *) "";
}


const char *
pl_quoted_number(const pl_settings_t *settings, uint32_t channel,
    pl_str_t id, pl_arena_t *ar)
{
    const pl_channel_conf_t  *conf = pl_settings_channel(settings, channel);

    return conf == NULL || conf->provider == NULL
           || conf->provider->whose == NULL
           ? NULL : conf->provider->whose(id, ar);
}


pl_status_t
pl_quoted_late(pl_apply_t *ap, Pl__Message *message, pl_err_t *err)
{
    bool         gone = false;
    size_t       i;
    const char  *id, *who;
    pl_status_t  rc = PL_OK;

    if (!ap->meta->has_erased_ms
        || message->party_kind != PL__PARTY_KIND__PARTY_KIND_GROUP)
    {
        return PL_OK;
    }

    if (message->context != NULL && message->context->from != NULL) {
        who = message->context->from;
        rc = pl_tomb_gone(ap, message->tenant, who, who, &gone, err);

        if (rc == PL_OK && gone) {
            message->context->from = NULL;
            pl_quoted_drop(message, 0);
        }
    }

    for (i = 0; rc == PL_OK && (id = pl_quoted(message, i)) != NULL; i++) {
        who = pl_quoted_number(ap->settings, message->channel, pl_str_c(id),
                               ap->ar);
        if (who == NULL) {
            continue;
        }

        rc = pl_tomb_gone(ap, message->tenant, who, NULL, &gone, err);

        if (rc == PL_OK && gone) {
            pl_quoted_drop(message, i);
        }
    }

    return rc;
}


static char **
quoted_at(const Pl__Message *message, size_t i)
{
    return i == 0 ? (char **) (uintptr_t) &message->reply_to
           : i == 1 ? quoted_content(message->content) : NULL;
}


static char **
quoted_content(Pl__Content *content)
{
    switch (content->of_case) {

    case PL__CONTENT__OF_REACTION:
        return &content->reaction->message_id;

    case PL__CONTENT__OF_EDIT:
        return &content->edit->message_id;

    case PL__CONTENT__OF_REVOKE:
        return &content->revoke->message_id;

    case PL__CONTENT__OF_PIN:
        return &content->pin->message_id;

    default:
        return NULL;
    }
}
