/*
 * See upload.h.
 */

#include <string.h>

#include "../core/record.h"
#include "errand.h"
#include "upload.h"

static const char *upload_kind(Pl__HeaderKind kind);
static pl_status_t upload_get(pl_txn_t *txn, const Pl__Effect *effect,
    const Pl__Media *media, pl_arena_t *ar, Pl__Upload **row, pl_err_t *err);
static pl_status_t upload_put(pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__Upload *row, pl_err_t *err);
static bool upload_old(const Pl__Upload *row, int64_t now_ms);
static pl_status_t upload_wait(pl_apply_t *ap, Pl__Effect *effect,
    Pl__Upload *row, pl_err_t *err);
static pl_status_t upload_listed(pl_apply_t *ap, const Pl__Effect *effect,
    Pl__Upload *row, bool *listed, pl_err_t *err);
static pl_status_t upload_put_off(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__Upload *row, int64_t more_ms, pl_err_t *err);
static pl_status_t upload_dead(pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__Upload *row, pl_err_t *err);
static pl_status_t upload_start(pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__Media *media, Pl__Upload *row, pl_err_t *err);
static pl_status_t upload_sweep(pl_apply_t *ap, const pl_key_t *from,
    pl_err_t *err);
static pl_status_t upload_of(pl_apply_t *ap, const Pl__Effect *effect,
    Pl__Upload **row, pl_err_t *err);
static pl_status_t upload_end(pl_apply_t *ap, const Pl__Effect *effect,
    Pl__Upload *row, const char *label, pl_err_t *err);
static pl_status_t upload_wake(pl_apply_t *ap, uint64_t upload, uint64_t id,
    pl_err_t *err);


Pl__Media *
pl_upload_media(const Pl__Content *content, const char **kind)
{
    const Pl__Header  *header = NULL;

    switch (content->of_case) {

    case PL__CONTENT__OF_MEDIA:
        if (kind != NULL) {
            *kind = content->type;
        }
        return content->media;

    case PL__CONTENT__OF_TEMPLATE:
        header = content->template_->header;
        break;

    case PL__CONTENT__OF_INTERACTIVE:
        header = content->interactive->header;
        break;

    default:
        break;
    }

    if (header == NULL) {
        return NULL;
    }

    if (kind != NULL) {
        *kind = upload_kind(header->kind);
    }

    return header->media;
}


bool
pl_upload_ours(const Pl__Media *media)
{
    return media != NULL && media->file != NULL && media->file[0] != '\0'
           && media->mime_type != NULL && media->has_bytes;
}


pl_status_t
pl_upload_ready(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__Message *message, bool *ready, pl_err_t *err)
{
    bool              waits;
    Pl__Media        *media;
    Pl__Upload        fresh, *row;
    pl_status_t       rc;
    Pl__SendMessage  *send = effect->send_message;

    media = pl_upload_media(message->content, NULL);

    *ready = !pl_upload_ours(media);
    if (*ready) {
        return PL_OK;
    }

    rc = upload_get(ap->txn, effect, media, ap->ar, &row, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    waits = send->has_upload && rc == PL_OK && send->upload == row->upload;

    if (rc == PL_OK && row->error != NULL && waits) {
        return upload_dead(ap, effect, row, err);
    }

    if (rc == PL_NOTFOUND || row->error != NULL
        || upload_old(row, ap->now_ms))
    {
        row = &fresh;
        rc = upload_start(ap, effect, media, row, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    send->has_upload = 1;
    send->upload = row->upload;
    *ready = (row->id != NULL);

    return *ready ? PL_OK : upload_wait(ap, effect, row, err);
}


pl_status_t
pl_upload_fill(pl_txn_t *txn, const Pl__Effect *effect, Pl__Message *message,
    pl_arena_t *ar, pl_err_t *err)
{
    Pl__Media    *media;
    Pl__Upload   *row;
    pl_status_t   rc;

    media = pl_upload_media(message->content, NULL);
    if (!pl_upload_ours(media)) {
        return PL_OK;
    }

    rc = upload_get(txn, effect, media, ar, &row, err);

    if (rc == PL_OK && row->id != NULL) {
        media->id = row->id;
        media->file = NULL;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Where another message has found out before, there is nothing to forget. */

pl_status_t
pl_upload_lost(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__Message *message, pl_err_t *err)
{
    pl_key_t          key;
    Pl__Media        *media;
    Pl__Upload       *row;
    pl_status_t       rc;
    Pl__SendMessage  *send = effect->send_message;

    media = pl_upload_media(message->content, NULL);

    rc = pl_upload_ours(media)
         ? upload_get(ap->txn, effect, media, ap->ar, &row, err)
         : PL_NOTFOUND;

    if (rc == PL_OK && row->upload == send->upload) {
        pl_key_upload(&key, effect->tenant, effect->channel, row->file,
                      row->mime_type);
        rc = pl_store_del(ap->txn, PL_TABLE_UPLOADS, pl_key_str(&key), err);

        if (rc == PL_OK) {
            rc = pl_feed_count(ap, effect->tenant, "uploads", "lost", err);
        }
    }

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    send->has_upload = 0;
    send->upload = 0;
    send->has_again = 1;
    send->again = 1;
    effect->due_ms = ap->now_ms;

    return pl_queue_put(ap, effect, err);
}


void
pl_upload_retry(Pl__Effect *effect)
{
    if (effect->of_case == PL__EFFECT__OF_SEND_MESSAGE) {
        effect->send_message->has_upload = 0;
        effect->send_message->upload = 0;
        effect->send_message->has_again = 0;
        effect->send_message->again = 0;
    }
}


pl_status_t
pl_upload_begin(pl_apply_t *ap, const Pl__Effect *effect, const char **why,
    pl_err_t *err)
{
    Pl__Upload   *row;
    pl_status_t   rc;

    rc = upload_of(ap, effect, &row, err);

    if (rc == PL_NOTFOUND) {
        *why = "nobody wants its file";
        return PL_OK;
    }

    return rc;
}


pl_status_t
pl_upload_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    Pl__Upload   *row;
    pl_status_t   rc;

    if (in->provider_id == NULL || in->provider_id[0] == '\0') {
        return pl_upload_failed(ap, attempt->effect, "a result without an id",
                                0, err);
    }

    rc = upload_of(ap, attempt->effect, &row, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    row->id = in->provider_id;

    return upload_end(ap, attempt->effect, row, "uploaded", err);
}


pl_status_t
pl_upload_later(pl_apply_t *ap, Pl__Effect *effect, const Pl__SendResult *in,
    pl_err_t *err)
{
    (void) ap;
    (void) effect;
    (void) in;
    (void) err;

    return PL_OK;
}


pl_status_t
pl_upload_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err)
{
    Pl__Upload   *row;
    pl_status_t   rc;

    rc = upload_of(ap, effect, &row, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    row->error = (char *) reason;
    row->has_code = (code != 0);
    row->code = code;

    return upload_end(ap, effect, row, "failed", err);
}


static const char *
upload_kind(Pl__HeaderKind kind)
{
    switch (kind) {
    case PL__HEADER_KIND__HEADER_KIND_IMAGE:
        return "image";
    case PL__HEADER_KIND__HEADER_KIND_VIDEO:
        return "video";
    default:
        return "document";
    }
}


static pl_status_t
upload_get(pl_txn_t *txn, const Pl__Effect *effect, const Pl__Media *media,
    pl_arena_t *ar, Pl__Upload **row, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_upload(&key, effect->tenant, effect->channel, media->file,
                  media->mime_type);
    if (!pl_key_ok(&key)) {
        return PL_NOTFOUND;         /* longer than a key may be: no row */
    }

    rc = pl_record_get(txn, PL_TABLE_UPLOADS, pl_key_str(&key),
                       &pl__upload__descriptor, ar, &msg, err);
    *row = (Pl__Upload *) msg;

    return rc;
}


static pl_status_t
upload_put(pl_apply_t *ap, const Pl__Effect *effect, const Pl__Upload *row,
    pl_err_t *err)
{
    pl_key_t  key;

    pl_key_upload(&key, effect->tenant, effect->channel, row->file,
                  row->mime_type);

    return pl_record_put(ap->txn, PL_TABLE_UPLOADS, pl_key_str(&key),
                         &row->base, false, err);
}


/* Has it ended so long ago that its id, or its error, says nothing more? */

static bool
upload_old(const Pl__Upload *row, int64_t now_ms)
{
    return row->has_ended_ms && now_ms - row->ended_ms > PL_UPLOAD_KEEP_MS;
}


static pl_status_t
upload_wait(pl_apply_t *ap, Pl__Effect *effect, Pl__Upload *row,
    pl_err_t *err)
{
    bool         listed;
    pl_status_t  rc;

    rc = upload_listed(ap, effect, row, &listed, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_queue_hold(ap, effect, err);

    return rc == PL_OK ? upload_put_off(ap, effect, row,
                                        listed ? PL_UPLOAD_LISTED_MS
                                               : PL_UPLOAD_LOOK_MS, err)
                       : rc;
}


/* Notes that it waits, if there is room; the row is stored if it is new. */

static pl_status_t
upload_listed(pl_apply_t *ap, const Pl__Effect *effect, Pl__Upload *row,
    bool *listed, pl_err_t *err)
{
    size_t     i;
    uint64_t  *list;

    for (i = 0; i < row->n_waiting && row->waiting[i] != effect->id; i++) {
        /* void */
    }

    *listed = i < row->n_waiting || i < PL_UPLOAD_WAITING;

    if (i < row->n_waiting || !*listed) {
        return PL_OK;
    }

    list = pl_arena_alloc(ap->ar, (i + 1) * sizeof(*list));
    if (list == NULL) {
        return pl_err_set(err, PL_NOMEM, "upload", 0, "out of memory");
    }

    if (i != 0) {
        memcpy(list, row->waiting, i * sizeof(*list));
    }

    list[i] = effect->id;
    row->waiting = list;
    row->n_waiting = i + 1;

    return upload_put(ap, effect, row, err);
}


/* Until the upload was tried, and then some: while it waits nobody looks. */

static pl_status_t
upload_put_off(pl_apply_t *ap, Pl__Effect *effect, const Pl__Upload *row,
    int64_t more_ms, pl_err_t *err)
{
    Pl__Effect   *upload;
    Pl__Attempt   key = PL__ATTEMPT__INIT;
    pl_status_t   rc;

    key.effect = row->upload;

    rc = pl_queue_get(ap, &key, &upload, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    effect->due_ms = rc == PL_OK && upload->due_ms > ap->now_ms
                     ? upload->due_ms : ap->now_ms;
    effect->due_ms += more_ms;

    return pl_queue_put(ap, effect, err);
}


static pl_status_t
upload_dead(pl_apply_t *ap, const Pl__Effect *effect, const Pl__Upload *row,
    pl_err_t *err)
{
    const char  *reason;

    reason = pl_arena_printf(ap->ar, "its file was not uploaded: %s",
                             row->error);
    if (reason == NULL) {
        return pl_err_set(err, PL_NOMEM, "upload", 0, "out of memory");
    }

    return pl_queue_dead(ap, effect, reason, NULL, row->code, err);
}


/* The row is stored by who waits for it. */

static pl_status_t
upload_start(pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__Media *media, Pl__Upload *row, pl_err_t *err)
{
    pl_key_t                  key;
    Pl__Effect                errand = PL__EFFECT__INIT;
    pl_status_t               rc;
    Pl__UploadMedia           upload = PL__UPLOAD_MEDIA__INIT;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, effect->channel);
    if (channel == NULL) {
        return pl_err_set(err, PL_FOREIGN, "upload", 0,
                          "the message's channel is unknown");
    }

    upload.file = media->file;
    upload.mime_type = media->mime_type;
    upload.bytes = media->bytes;
    errand.of_case = PL__EFFECT__OF_UPLOAD_MEDIA;
    errand.upload_media = &upload;

    rc = pl_errand_queue(ap, channel, &errand, ap->now_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl__upload__init(row);
    row->upload = errand.id;
    row->file = media->file;
    row->mime_type = media->mime_type;

    pl_key_upload(&key, effect->tenant, effect->channel, row->file,
                  row->mime_type);

    return upload_sweep(ap, &key, err);
}


/*
 * A few of the rows behind a new one, which are any, go if they are old: so
 * there are never many more than files of the last month.
 */

static pl_status_t
upload_sweep(pl_apply_t *ap, const pl_key_t *from, pl_err_t *err)
{
    size_t             n;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_store_scan(ap->txn, PL_TABLE_UPLOADS, pl_key_str(from), false,
                       &scan, err);

    for (n = 0; rc == PL_OK && n < PL_UPLOAD_SWEPT; n++) {

        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc != PL_OK) {
            break;
        }

        rc = pl_record_read(PL_TABLE_UPLOADS, value, &pl__upload__descriptor,
                            ap->ar, &msg, err);

        if (rc == PL_OK && upload_old((Pl__Upload *) msg, ap->now_ms)) {
            rc = pl_store_scan_del(scan, err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* PL_NOTFOUND: its row is gone, or another upload's. */

static pl_status_t
upload_of(pl_apply_t *ap, const Pl__Effect *effect, Pl__Upload **row,
    pl_err_t *err)
{
    Pl__Media    media = PL__MEDIA__INIT;
    pl_status_t  rc;

    media.file = effect->upload_media->file;
    media.mime_type = effect->upload_media->mime_type;

    rc = upload_get(ap->txn, effect, &media, ap->ar, row, err);

    return rc != PL_OK || (*row)->upload == effect->id ? rc : PL_NOTFOUND;
}


static pl_status_t
upload_end(pl_apply_t *ap, const Pl__Effect *effect, Pl__Upload *row,
    const char *label, pl_err_t *err)
{
    size_t        i, n;
    uint64_t     *waiting;
    pl_status_t   rc;

    n = row->n_waiting;
    waiting = row->waiting;

    row->n_waiting = 0;
    row->waiting = NULL;
    row->has_ended_ms = 1;
    row->ended_ms = ap->now_ms;

    rc = upload_put(ap, effect, row, err);

    for (i = 0; rc == PL_OK && i < n; i++) {
        rc = upload_wake(ap, row->upload, waiting[i], err);
    }

    return rc == PL_OK ? pl_feed_count(ap, effect->tenant, "uploads", label,
                                       err)
                       : rc;
}


/*
 * Due now, if it still waits, and for this; where a letter brought back from
 * the dead is ahead of it by now, as soon as that has ended. It is not on the
 * wire: what begins an attempt has seen its upload's end.
 */

static pl_status_t
upload_wake(pl_apply_t *ap, uint64_t upload, uint64_t id, pl_err_t *err)
{
    Pl__Effect   *effect;
    Pl__Attempt   key = PL__ATTEMPT__INIT;
    pl_status_t   rc;

    key.effect = id;

    rc = pl_queue_get(ap, &key, &effect, err);

    if (rc == PL_NOTFOUND
        || (rc == PL_OK
            && (effect->of_case != PL__EFFECT__OF_SEND_MESSAGE
                || effect->send_message->upload != upload)))
    {
        return PL_OK;
    }

    if (rc == PL_OK) {
        rc = pl_queue_hold(ap, effect, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    effect->due_ms = ap->now_ms;

    return pl_queue_put(ap, effect, err);
}
