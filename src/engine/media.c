/*
 * See media.h. An errand of this kind leaves a dead letter where it fails,
 * since a person may know better: the folder's limit was raised, the
 * provider has put it right.
 */

#include <string.h>

#include "../core/record.h"
#include "erase.h"
#include "errand.h"
#include "media.h"

static pl_status_t media_read(pl_apply_t *ap, const Pl__Effect *effect,
    Pl__Message **message, Pl__Media **media, pl_err_t *err);
static pl_status_t media_put(pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__Message *message, const char *label, pl_err_t *err);
static pl_status_t media_letter(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err);
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
pl_media_queue(pl_apply_t *ap, const pl_channel_conf_t *channel,
    uint64_t message, pl_err_t *err)
{
    Pl__Effect      effect = PL__EFFECT__INIT;
    Pl__FetchMedia  fetch = PL__FETCH_MEDIA__INIT;

    fetch.message = message;
    effect.of_case = PL__EFFECT__OF_FETCH_MEDIA;
    effect.fetch_media = &fetch;

    return pl_errand_queue(ap, channel, &effect, ap->now_ms, err);
}


pl_status_t
pl_media_retry(pl_apply_t *ap, Pl__Effect *effect, pl_err_t *err)
{
    Pl__Media    *media;
    Pl__Message  *message;
    pl_status_t   rc;

    rc = pl_message_get(ap, effect->fetch_media->message, &message, err);
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

    rc = media_put(ap, effect, message, "retried", err);

    return rc == PL_OK ? pl_queue_put(ap, effect, err) : rc;
}


pl_status_t
pl_media_begin(pl_apply_t *ap, const Pl__Effect *effect, const char **why,
    pl_err_t *err)
{
    Pl__Media    *media;
    Pl__Message  *message;
    pl_status_t   rc;

    rc = media_read(ap, effect, &message, &media, err);

    if (rc == PL_NOTFOUND) {
        *why = "its message wants no file";
        return PL_OK;
    }

    return rc;
}


/* What the provider said of the file stays beside what was found. */

pl_status_t
pl_media_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    Pl__Media            *media;
    Pl__Message          *message;
    pl_status_t           rc;
    const Pl__MediaFile  *file = in->media;

    if (!media_named(file)) {
        return pl_media_failed(ap, attempt->effect, "a result without a file",
                               0, err);
    }

    rc = media_read(ap, attempt->effect, &message, &media, err);

    if (rc == PL_NOTFOUND) {            /* its person was erased meanwhile */
        return pl_erase_late_file(ap, file->file, err);
    }

    if (rc != PL_OK) {
        return rc;
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

    return media_put(ap, attempt->effect, message, "stored", err);
}


pl_status_t
pl_media_later(pl_apply_t *ap, Pl__Effect *effect, const Pl__SendResult *in,
    pl_err_t *err)
{
    (void) ap;
    (void) effect;
    (void) in;
    (void) err;

    return PL_OK;
}


/* The message stays, and says why it has no file. */

pl_status_t
pl_media_failed(pl_apply_t *ap, const Pl__Effect *effect, const char *reason,
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

    rc = media_put(ap, effect, message, "failed", err);

    return rc == PL_OK ? media_letter(ap, effect, reason, code, err) : rc;
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


/* Stored, fed to who watches, and counted. */

static pl_status_t
media_put(pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__Message *message, const char *label, pl_err_t *err)
{
    uint64_t     id = effect->fetch_media->message;
    pl_party_t   party;
    pl_status_t  rc;

    party.tenant = message->tenant;
    party.kind = message->party_kind;
    party.party = message->party;

    rc = pl_message_put(ap, id, message, false, err);

    if (rc == PL_OK) {
        rc = pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_MEDIA, &party,
                            id, 0, err);
    }

    return rc == PL_OK ? pl_feed_count(ap, party.tenant, "media", label, err)
                       : rc;
}


static pl_status_t
media_letter(pl_apply_t *ap, const Pl__Effect *effect, const char *reason,
    int32_t code, pl_err_t *err)
{
    pl_key_t        key;
    pl_status_t     rc;
    Pl__DeadLetter  dead = PL__DEAD_LETTER__INIT;

    dead.effect = (Pl__Effect *) effect;
    dead.died_ms = ap->now_ms;
    dead.reason = (char *) reason;
    dead.has_code = (code != 0);
    dead.code = code;

    pl_key_tenant_seq(&key, effect->tenant, effect->id);

    rc = pl_record_put(ap->txn, PL_TABLE_DEAD, pl_key_str(&key), &dead.base,
                       false, err);

    return rc == PL_OK ? pl_feed_count(ap, effect->tenant, "dead", "", err)
                       : rc;
}


/* A name that cannot be a path: 64 hex digits, as the sender writes them. */

static bool
media_named(const Pl__MediaFile *file)
{
    return file != NULL && strlen(file->file) == 2 * PL_SHA256_LEN
           && strspn(file->file, "0123456789abcdef") == 2 * PL_SHA256_LEN;
}
