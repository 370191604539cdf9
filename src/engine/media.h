/*
 * Files that come in with messages (docs/media.md): an errand each
 * (errand.h).
 *
 *     no state     nobody fetches: no folder is configured, or no handle
 *     wanted       a FetchMedia waits, or is on the wire
 *     stored       the folder has the file under Media.file
 *     failed       it cannot be had, and `error` says why; its dead letter
 *                  can be retried
 *
 * A message is stored before its file is asked for, and read the same way in
 * each of these states.
 *
 * pl_media_of is any thread's; the rest belongs to the folding thread.
 */

#ifndef PL_MEDIA_H_INCLUDED
#define PL_MEDIA_H_INCLUDED

#include "apply.h"

/*
 * The file that a message brings, or the message in an edit; NULL: none.
 * *kind (may be NULL): the type of the content that it is part of.
 */
Pl__Media *pl_media_of(const Pl__Content *content, const char **kind);

/*
 * Is it to be fetched? Then it is marked so: before its message is stored,
 * which pl_media_queue is called after, with the message's number.
 */
bool pl_media_want(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__Content *content);
pl_status_t pl_media_queue(pl_apply_t *ap, const pl_channel_conf_t *channel,
    uint64_t message, pl_err_t *err);

/* Its dead letter was retried, and is gone: it is wanted again. */
pl_status_t pl_media_retry(pl_apply_t *ap, Pl__Effect *effect,
    pl_err_t *err);

/* ---- the errand's kind (errand.h) ----------------------------------- */

pl_status_t pl_media_begin(pl_apply_t *ap, const Pl__Effect *effect,
    const char **why, pl_err_t *err);
pl_status_t pl_media_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_media_later(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_media_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err);

#endif /* PL_MEDIA_H_INCLUDED */
