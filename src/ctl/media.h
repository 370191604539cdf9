/*
 * A local file in a message to be sent: it is held against what the channel
 * takes, and put into the folder of files, from where the sender uploads it.
 */

#ifndef PLCTL_MEDIA_H_INCLUDED
#define PLCTL_MEDIA_H_INCLUDED

#include "ctl.h"

/* A message that is this file, by its path; of which kind is not said yet.
   In ctl's arena; NULL: no memory. */
Pl__Content *plctl_media_content(plctl_t *ctl, const char *path,
    const char *caption);

/*
 * Where the content names a file by its path, relative to the folder that
 * `beside` (may be NULL: the current one) stands in: puts it into the folder
 * of files, and its name there, type and size into the content. Nothing else
 * of the path stays but, of a document, its last part. PL_INVALID with the
 * field (content.media.file); PL_NOTFOUND, PL_IO, PL_FULL, PL_DENIED.
 */
pl_status_t plctl_media_take(plctl_t *ctl, const pl_channel_conf_t *channel,
    const char *beside, Pl__Content *content, pl_err_t *err);

#endif /* PLCTL_MEDIA_H_INCLUDED */
