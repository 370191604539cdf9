/*
 * Files that come in with messages (docs/media.md).
 *
 *     no state     nobody fetches: no folder is configured, or no handle
 *     wanted       a FetchMedia waits, or is on the wire
 *     stored       the folder has the file under Media.file
 *     failed       it cannot be had, and `error` says why; its dead letter
 *                  can be retried
 *
 * A message is stored before its file is asked for, and read the same way in
 * each of these states. Fetching changes nothing at the provider, so that an
 * attempt whose end is not known is simply made again.
 *
 * Its effect stands in no queue. It lives as long as a handle does, and what
 * our own disk refuses costs no attempt.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"

static pl_status_t media_read(pl_apply_t *ap, const Pl__Effect *effect,
    Pl__Message **message, Pl__Media **media, pl_err_t *err);
static pl_status_t media_tell(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, const char *label, pl_err_t *err);
static pl_status_t media_stored(pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__MediaFile *file, pl_err_t *err);
static pl_status_t media_again(pl_apply_t *ap, Pl__Effect *effect,
    bool charged, int64_t due_ms, pl_err_t *err);
static bool media_named(const Pl__MediaFile *file);


Pl__Media *
pl_media_of(const Pl__Content *content, const char **kind)
{
    if (content->of_case == PL__CONTENT__OF_EDIT
        && content->edit->content != NULL)
    {
        content = content->edit->content;
    }

    if (content->of_case != PL__CONTENT__OF_MEDIA) {
        return NULL;
    }

    if (kind != NULL) {
        *kind = content->type;
    }

    return content->media;
}


bool
pl_media_want(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__Content *content)
{
    Pl__Media                 *media;
    const Pl__GlobalSettings  *global;

    media = pl_media_of(content, NULL);

    if (media == NULL || media->id == NULL || media->id[0] == '\0'
        || channel == NULL || channel->provider == NULL
        || channel->provider->files == NULL
        || (media->has_state
            && media->state != PL__MEDIA_STATE__MEDIA_STATE_WANTED))
    {
        return false;
    }

    global = pl_settings_global(ap->settings);

    if (global == NULL || global->media_dir == NULL
        || global->media_dir[0] == '\0')
    {
        return false;
    }

    media->has_state = 1;
    media->state = PL__MEDIA_STATE__MEDIA_STATE_WANTED;

    return true;
}


pl_status_t
pl_media_queue(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    pl_err_t *err)
{
    Pl__Effect      effect = PL__EFFECT__INIT;
    Pl__FetchMedia  fetch = PL__FETCH_MEDIA__INIT;

    fetch.message = id;

    effect.of_case = PL__EFFECT__OF_FETCH_MEDIA;
    effect.fetch_media = &fetch;
    effect.tenant = message->tenant;
    effect.channel = message->channel;
    effect.party_kind = message->party_kind;
    effect.party = message->party;
    effect.contact = message->contact;
    effect.lane = PL__LANE__LANE_MEDIA;
    effect.created_ms = ap->now_ms;
    effect.due_ms = ap->now_ms;

    return pl_queue_alone(ap, &effect, err);
}


/* Nothing to decide: a file that came in is ours to have. */

pl_status_t
pl_media_attempt(pl_apply_t *ap, Pl__Effect *effect, const Pl__Attempt *in,
    pl_err_t *err)
{
    Pl__Media    *media;
    Pl__Message  *message;
    pl_status_t   rc;

    rc = media_read(ap, effect, &message, &media, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_queue_end(ap, effect, err) : rc;
    }

    rc = pl_queue_hold(ap, effect, err);

    return rc == PL_OK ? pl_attempt_put(ap, effect, in->epoch, err) : rc;
}


pl_status_t
pl_media_result(pl_apply_t *ap, Pl__Effect *effect, const Pl__SendResult *in,
    pl_err_t *err)
{
    int64_t  due_ms;

    due_ms = in->has_retry_ms && in->retry_ms > ap->now_ms ? in->retry_ms
                                                           : ap->now_ms;
    effect->has_code = in->has_code;
    effect->code = in->code;
    effect->reason = in->reason;

    switch (in->outcome) {

    case PL__OUTCOME__OUTCOME_SENT:
        if (!media_named(in->media)) {
            return pl_queue_dead(ap, effect, "a result without a file", NULL,
                                 0, err);
        }

        return media_stored(ap, effect, in->media, err);

    case PL__OUTCOME__OUTCOME_RETRY:
    case PL__OUTCOME__OUTCOME_UNKNOWN:
        return media_again(ap, effect, true, due_ms, err);

    case PL__OUTCOME__OUTCOME_THROTTLE:
    case PL__OUTCOME__OUTCOME_ACCOUNT:
        return media_again(ap, effect, false, due_ms, err);

    default:
        return pl_queue_dead(ap, effect, in->reason == NULL ? "refused"
                                                            : in->reason,
                             NULL, in->code, err);
    }
}


/* One that may have been what ended its sender is charged. */

pl_status_t
pl_media_recover(pl_apply_t *ap, Pl__Effect *effect, Pl__WireStage stage,
    pl_err_t *err)
{
    return media_again(ap, effect,
                       stage >= PL__WIRE_STAGE__WIRE_STAGE_LEAVING,
                       ap->now_ms, err);
}


/* The message stays, and says why it has no file. */

pl_status_t
pl_media_dead(pl_apply_t *ap, const Pl__Effect *effect, const char *reason,
    int32_t code, pl_err_t *err)
{
    Pl__Media    *media;
    Pl__Message  *message;
    pl_status_t   rc;

    rc = media_read(ap, effect, &message, &media, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    media->state = PL__MEDIA_STATE__MEDIA_STATE_FAILED;
    media->has_code = (code != 0);
    media->code = code;
    media->error = (char *) reason;

    rc = pl_message_put(ap, effect->fetch_media->message, message, false,
                        err);

    return rc == PL_OK ? media_tell(ap, effect->fetch_media->message,
                                    message, "failed", err) : rc;
}


pl_status_t
pl_media_retry(pl_apply_t *ap, Pl__Effect *effect, pl_err_t *err)
{
    uint64_t      id;
    Pl__Media    *media;
    Pl__Message  *message;
    pl_status_t   rc;

    id = effect->fetch_media->message;

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    media = pl_media_of(message->content, NULL);
    if (media == NULL) {
        return PL_OK;
    }

    media->has_state = 1;
    media->state = PL__MEDIA_STATE__MEDIA_STATE_WANTED;
    media->has_code = 0;
    media->error = NULL;

    rc = pl_message_put(ap, id, message, false, err);

    if (rc == PL_OK) {
        rc = media_tell(ap, id, message, "retried", err);
    }

    return rc == PL_OK ? pl_queue_alone(ap, effect, err) : rc;
}


/* PL_NOTFOUND: there is no message any more that wants one. */

static pl_status_t
media_read(pl_apply_t *ap, const Pl__Effect *effect, Pl__Message **message,
    Pl__Media **media, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_message_get(ap, effect->fetch_media->message, message, err);
    if (rc != PL_OK) {
        return rc;
    }

    *media = pl_media_of((*message)->content, NULL);

    return *media != NULL && (*media)->has_state
           && (*media)->state == PL__MEDIA_STATE__MEDIA_STATE_WANTED
           ? PL_OK : PL_NOTFOUND;
}


static pl_status_t
media_tell(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    const char *label, pl_err_t *err)
{
    pl_party_t   party;
    pl_status_t  rc;

    party.tenant = message->tenant;
    party.kind = message->party_kind;
    party.party = message->party;

    rc = pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_MEDIA, &party, id,
                        0, err);

    return rc == PL_OK ? pl_feed_count(ap, party.tenant, "media", label, err)
                       : rc;
}


/* What the provider said of the file stays beside what was found. */

static pl_status_t
media_stored(pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__MediaFile *file, pl_err_t *err)
{
    Pl__Media    *media;
    Pl__Message  *message;
    pl_status_t   rc;

    rc = pl_queue_end(ap, effect, err);

    if (rc == PL_OK) {
        rc = media_read(ap, effect, &message, &media, err);
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    media->state = PL__MEDIA_STATE__MEDIA_STATE_STORED;
    media->file = file->file;
    media->has_bytes = 1;
    media->bytes = file->bytes;
    media->has_other_digest = file->has_other_digest;
    media->other_digest = file->other_digest;
    media->has_code = 0;
    media->error = NULL;

    if (media->mime_type == NULL) {
        media->mime_type = file->mime_type;
    }

    rc = pl_message_put(ap, effect->fetch_media->message, message, false,
                        err);

    return rc == PL_OK ? media_tell(ap, effect->fetch_media->message,
                                    message, "stored", err) : rc;
}


static pl_status_t
media_again(pl_apply_t *ap, Pl__Effect *effect, bool charged, int64_t due_ms,
    pl_err_t *err)
{
    if (charged && effect->attempts >= PL_MEDIA_ATTEMPTS_MAX) {
        return pl_queue_dead(ap, effect, "attempts exhausted", NULL,
                             effect->code, err);
    }

    if (due_ms - effect->created_ms > PL_MEDIA_AGE_MAX_MS) {
        return pl_queue_dead(ap, effect, "expired", NULL, effect->code, err);
    }

    if (!charged && effect->attempts != 0) {
        effect->attempts--;
    }

    effect->due_ms = due_ms;

    return pl_queue_alone(ap, effect, err);
}


/* A name that cannot be a path: 64 hex digits, as the sender writes them. */

static bool
media_named(const Pl__MediaFile *file)
{
    return file != NULL && strlen(file->file) == 2 * PL_SHA256_LEN
           && strspn(file->file, "0123456789abcdef") == 2 * PL_SHA256_LEN;
}
