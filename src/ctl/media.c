/*
 * See media.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../channel/mime.h"
#include "../core/shelf.h"
#include "../core/str.h"
#include "../engine/upload.h"
#include "media.h"

typedef struct {
    Pl__Media   *media;
    const char  *field;         /* of the content: where it stands */
    const char  *kind;
    uint64_t     max;           /* bytes that the channel takes */
    int          fd;
} media_t;

static const char *media_field(const Pl__Content *content);
static const char *media_path(plctl_t *ctl, const char *beside,
    const char *file);
static const char *media_last(const char *path);
static pl_status_t media_open(media_t *m, const char *path, pl_err_t *err);
static pl_status_t media_type(media_t *m,
    const pl_channel_conf_t *channel, Pl__Content *content, pl_err_t *err);
static pl_status_t media_looks(const media_t *m, pl_err_t *err);
static pl_status_t media_put(plctl_t *ctl, media_t *m, const char *path,
    pl_err_t *err);
static pl_status_t media_wrong(const media_t *m, const char *part,
    const char *text, pl_err_t *err);


/* Whose type is not said is sent as the first of these that takes it. */
static const char *const  media_kinds[] = {
    "image", "video", "audio", "sticker", "document"
};


Pl__Content *
plctl_media_content(plctl_t *ctl, const char *path, const char *caption)
{
    Pl__Media    *media;
    Pl__Content  *content;

    media = pl_arena_alloc(ctl->ar, sizeof(*media));
    content = pl_arena_alloc(ctl->ar, sizeof(*content));
    if (media == NULL || content == NULL) {
        return NULL;
    }

    pl__media__init(media);
    media->file = (char *) path;

    if (caption != NULL) {
        media->caption = pl_utf8_clean(ctl->ar, pl_str_c(caption));
        if (media->caption == NULL) {
            return NULL;
        }
    }

    pl__content__init(content);
    content->type = (char *) "";
    content->of_case = PL__CONTENT__OF_MEDIA;
    content->media = media;

    return content;
}


pl_status_t
plctl_media_take(plctl_t *ctl, const pl_channel_conf_t *channel,
    const char *beside, Pl__Content *content, pl_err_t *err)
{
    media_t       m;
    const char   *path;
    pl_status_t   rc;

    m.media = pl_upload_media(content, &m.kind);
    m.field = media_field(content);
    m.max = 0;
    m.fd = -1;

    if (m.media == NULL || m.media->file == NULL
        || m.media->file[0] == '\0')
    {
        return PL_OK;
    }

    path = media_path(ctl, beside, m.media->file);
    if (path == NULL) {
        return pl_err_set(err, PL_NOMEM, "send", 0, "out of memory");
    }

    rc = media_type(&m, channel, content, err);

    if (rc == PL_OK) {
        rc = media_open(&m, path, err);
    }

    if (rc == PL_OK) {
        rc = media_put(ctl, &m, path, err);
    }

    if (m.fd != -1) {
        (void) close(m.fd);             /* it was only read */
    }

    return rc;
}


static const char *
media_field(const Pl__Content *content)
{
    switch (content->of_case) {
    case PL__CONTENT__OF_TEMPLATE:
        return "content.template.header.media";
    case PL__CONTENT__OF_INTERACTIVE:
        return "content.interactive.header.media";
    default:
        return "content.media";
    }
}


static const char *
media_path(plctl_t *ctl, const char *beside, const char *file)
{
    const char  *slash;

    slash = beside == NULL ? NULL : strrchr(beside, '/');

    return slash == NULL || file[0] == '/' ? file
           : pl_arena_printf(ctl->ar, "%.*s/%s", (int) (slash - beside),
                             beside, file);
}


static const char *
media_last(const char *path)
{
    const char  *slash;

    slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}


/* What it is, by what is said or by its name; and is that taken here? */

static pl_status_t
media_type(media_t *m, const pl_channel_conf_t *channel,
    Pl__Content *content, pl_err_t *err)
{
    size_t               i;
    const char          *type;
    const pl_uploads_t  *uploads;

    uploads = channel->provider == NULL ? NULL : channel->provider->uploads;
    if (uploads == NULL) {
        return media_wrong(m, ".file", "not on this channel", err);
    }

    type = m->media->mime_type;
    if (type == NULL || type[0] == '\0') {
        type = pl_mime_of_name(m->media->file);
    }

    if (type == NULL) {
        return media_wrong(m, ".mime_type",
                           "required: the file's name does not tell", err);
    }

    m->media->mime_type = (char *) type;

    for (i = 0; content->of_case == PL__CONTENT__OF_MEDIA
         && content->type[0] == '\0' && i < PL_COUNT(media_kinds); i++)
    {
        if (uploads->limit(media_kinds[i], type) != 0) {
            content->type = (char *) media_kinds[i];
            m->kind = media_kinds[i];
        }
    }

    m->max = uploads->limit(m->kind, type);

    return m->max != 0 ? PL_OK
           : media_wrong(m, ".mime_type", "not a type that is taken here",
                         err);
}


static pl_status_t
media_open(media_t *m, const char *path, pl_err_t *err)
{
    struct stat  st;

    m->fd = open(path, O_RDONLY|O_NONBLOCK|O_CLOEXEC);

    if (m->fd == -1 || fstat(m->fd, &st) == -1) {
        (void) pl_err_set(err, errno == ENOENT ? PL_NOTFOUND : PL_IO, "",
                          errno, "cannot open");
        pl_err_path(err, "%s", path);
        return err->status;
    }

    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        return media_wrong(m, ".file", st.st_size == 0 ? "empty"
                                       : "not a regular file", err);
    }

    return (uint64_t) st.st_size <= m->max ? media_looks(m, err)
           : media_wrong(m, ".file", "too large", err);
}


/* A picture that is none would be refused long after it was asked for. */

static pl_status_t
media_looks(const media_t *m, pl_err_t *err)
{
    ssize_t   n;
    uint8_t   buf[PL_MIME_MAGIC];
    pl_str_t  bytes;

    n = pread(m->fd, buf, sizeof(buf), 0);
    if (n == -1) {
        return pl_err_set(err, PL_IO, "send", errno, "cannot be read");
    }

    bytes.data = buf;
    bytes.len = (size_t) n;

    return pl_mime_fits(pl_str_c(m->media->mime_type), bytes) ? PL_OK
           : media_wrong(m, ".file", "does not begin as its type does", err);
}


static pl_status_t
media_put(plctl_t *ctl, media_t *m, const char *path, pl_err_t *err)
{
    char                      *name;
    pl_status_t                rc;
    const Pl__GlobalSettings  *global;

    global = pl_settings_global(ctl->settings);

    if (global == NULL || global->media_dir == NULL
        || global->media_dir[0] == '\0')
    {
        return media_wrong(m, ".file", "there is no folder for files: "
                           "parley_media is not configured", err);
    }

    name = pl_arena_alloc(ctl->ar, PL_SHELF_NAME);
    if (name == NULL) {
        return pl_err_set(err, PL_NOMEM, "send", 0, "out of memory");
    }

    rc = pl_shelf_put(global->media_dir, m->fd, m->max, name,
                      &m->media->bytes, err);
    if (rc != PL_OK) {
        return rc;
    }

    m->media->has_bytes = 1;
    m->media->file = name;

    if (m->media->filename == NULL && strcmp(m->kind, "document") == 0) {
        m->media->filename = pl_utf8_clean(ctl->ar,
                                           pl_str_c(media_last(path)));
    }

    return PL_OK;
}


static pl_status_t
media_wrong(const media_t *m, const char *part, const char *text,
    pl_err_t *err)
{
    (void) pl_err_set(err, PL_INVALID, "send", 0, "%s", text);
    pl_err_path(err, "%s%s", m->field, part);

    return PL_INVALID;
}
