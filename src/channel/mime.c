/*
 * Media types. See mime.h.
 */

#include <string.h>
#include <strings.h>

#include "../core/str.h"
#include "mime.h"

#define MIME_TOKEN  "!#$&-^_.+"         /* beside letters and digits */

typedef struct {
    const char  *end;           /* of a name, behind its last dot */
    const char  *type;
    size_t       at;            /* where the magic is */
    pl_str_t     magic;         /* empty: it has none */
} mime_row_t;

static pl_str_t mime_bare(pl_str_t type);


#define MIME_MAGIC(bytes)                                                     \
    { (const uint8_t *) (bytes), sizeof(bytes) - 1 }
#define MIME_DOCX  "application/vnd.openxmlformats-officedocument."
#define MIME_OLE   MIME_MAGIC("\xd0\xcf\x11\xe0")
#define MIME_ZIP   MIME_MAGIC("PK\3\4")

/* Of MPEG audio frames, whose first bytes vary, nothing is asked. */
static const mime_row_t  mime_rows[] = {
    { "jpg",  "image/jpeg", 0, MIME_MAGIC("\xff\xd8\xff") },
    { "jpeg", "image/jpeg", 0, MIME_MAGIC("\xff\xd8\xff") },
    { "png",  "image/png",  0, MIME_MAGIC("\x89PNG\r\n\x1a\n") },
    { "webp", "image/webp", 8, MIME_MAGIC("WEBP") },
    { "mp4",  "video/mp4",  4, MIME_MAGIC("ftyp") },
    { "3gp",  "video/3gpp", 4, MIME_MAGIC("ftyp") },
    { "ogg",  "audio/ogg",  0, MIME_MAGIC("OggS") },
    { "opus", "audio/ogg",  0, MIME_MAGIC("OggS") },
    { "amr",  "audio/amr",  0, MIME_MAGIC("#!AMR") },
    { "m4a",  "audio/mp4",  4, MIME_MAGIC("ftyp") },
    { "mp3",  "audio/mpeg", 0, { NULL, 0 } },
    { "aac",  "audio/aac",  0, { NULL, 0 } },
    { "txt",  "text/plain", 0, { NULL, 0 } },
    { "pdf",  "application/pdf", 0, MIME_MAGIC("%PDF") },
    { "doc",  "application/msword", 0, MIME_OLE },
    { "xls",  "application/vnd.ms-excel", 0, MIME_OLE },
    { "ppt",  "application/vnd.ms-powerpoint", 0, MIME_OLE },
    { "docx", MIME_DOCX "wordprocessingml.document", 0, MIME_ZIP },
    { "xlsx", MIME_DOCX "spreadsheetml.sheet", 0, MIME_ZIP },
    { "pptx", MIME_DOCX "presentationml.presentation", 0, MIME_ZIP },
};


bool
pl_mime_valid(pl_str_t type)
{
    char    c;
    size_t  i, slash = 0;

    type = mime_bare(type);

    for (i = 0; i < type.len; i++) {
        c = (char) type.data[i];

        if (c == '/' && slash == 0) {
            slash = i;

        } else if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')
                   && !(c >= '0' && c <= '9')
                   && (c == '\0' || strchr(MIME_TOKEN, c) == NULL))
        {
            return false;
        }
    }

    return slash > 0 && slash + 1 < type.len;
}


bool
pl_mime_same(pl_str_t a, pl_str_t b)
{
    a = mime_bare(a);
    b = mime_bare(b);

    return a.len == b.len
           && strncasecmp((const char *) a.data, (const char *) b.data,
                          a.len) == 0;
}


bool
pl_mime_under(pl_str_t type, const char *prefix)
{
    size_t  len = strlen(prefix);

    return type.len > len
           && strncasecmp((const char *) type.data, prefix, len) == 0;
}


const char *
pl_mime_of_name(const char *name)
{
    size_t       i;
    const char  *end;

    end = strrchr(name, '.');

    for (i = 0; end != NULL && i < PL_COUNT(mime_rows); i++) {
        if (strcasecmp(end + 1, mime_rows[i].end) == 0) {
            return mime_rows[i].type;
        }
    }

    return NULL;
}


bool
pl_mime_fits(pl_str_t type, pl_str_t bytes)
{
    size_t             i;
    const mime_row_t  *row;

    for (i = 0; i < PL_COUNT(mime_rows); i++) {
        row = &mime_rows[i];

        if (!pl_mime_same(type, pl_str_c(row->type))) {
            continue;
        }

        return row->magic.len == 0
               || (bytes.len >= row->at + row->magic.len
                   && memcmp(bytes.data + row->at, row->magic.data,
                             row->magic.len) == 0);
    }

    return true;
}


static pl_str_t
mime_bare(pl_str_t type)
{
    size_t  i;

    for (i = 0; i < type.len; i++) {
        if (type.data[i] == ';') {
            break;
        }
    }

    while (i > 0 && (type.data[i - 1] == ' ' || type.data[i - 1] == '\t')) {
        i--;
    }

    type.len = i;

    return type;
}
