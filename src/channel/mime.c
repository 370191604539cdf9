/*
 * Media types. See mime.h.
 */

#include <string.h>
#include <strings.h>

#include "../core/str.h"
#include "mime.h"

#define MIME_TOKEN  "!#$&-^_.+"         /* beside letters and digits */

static pl_str_t mime_bare(pl_str_t type);


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
