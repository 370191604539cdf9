/*
 * Files of ours that go out with messages (docs/media.md). A message names a
 * file in the folder; before its first attempt begins, its file is uploaded
 * to the channel, by an errand (errand.h):
 *
 *     no row       nobody has sent this file here, or not for 29 days
 *     waiting      an UploadMedia waits, or is on the wire
 *     id           the provider has it: further messages use the same id
 *     error        it was refused for good: who waited for it is dead
 *
 * The row in `uploads` is all that an upload changes; what a message says
 * stays as it was asked for. Whose file is not there yet keeps its place at
 * the head of its queue and is put off: that is no attempt, and no verdict of
 * policy's. Up to PL_UPLOAD_WAITING of them are due at once when the upload
 * ends; further ones look again PL_UPLOAD_LOOK_MS after it was to be tried.
 *
 * pl_upload_media and pl_upload_fill are any thread's; the rest belongs to
 * the folding thread.
 */

#ifndef PL_UPLOAD_H_INCLUDED
#define PL_UPLOAD_H_INCLUDED

#include "apply.h"

#define PL_UPLOAD_WAITING    256
#define PL_UPLOAD_LOOK_MS    30000
#define PL_UPLOAD_LISTED_MS  900000 /* the same of those that are woken */
#define PL_UPLOAD_SWEPT      8      /* rows looked at when one is added */

/*
 * The file that a message to be sent may bring, be it in a header; NULL:
 * none. *kind (may be NULL): what it is sent as: image, document, …
 */
Pl__Media *pl_upload_media(const Pl__Content *content, const char **kind);

/* Is it a file of ours, by its name in the folder? */
bool pl_upload_ours(const Pl__Media *media);

/*
 * May the attempt of this message begin? If not, it was put off until its
 * file is there, or has died of it. A message without a file costs nothing.
 */
pl_status_t pl_upload_ready(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__Message *message, bool *ready, pl_err_t *err);

/*
 * Gives a message that is about to leave the handle of its file, instead of
 * the file; without a row it stays as it is. In ar.
 */
pl_status_t pl_upload_fill(pl_txn_t *txn, const Pl__Effect *effect,
    Pl__Message *message, pl_arena_t *ar, pl_err_t *err);

/* The provider has lost the file that this message was sent with: it is
   uploaded anew, and the message is due again. */
pl_status_t pl_upload_lost(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__Message *message, pl_err_t *err);

/* A dead letter is brought back: what it died of does not count any more. */
void pl_upload_retry(Pl__Effect *effect);

/* ---- the errand's kind (errand.h) ----------------------------------- */

pl_status_t pl_upload_begin(pl_apply_t *ap, const Pl__Effect *effect,
    const char **why, pl_err_t *err);
pl_status_t pl_upload_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_upload_later(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_upload_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err);

#endif /* PL_UPLOAD_H_INCLUDED */
