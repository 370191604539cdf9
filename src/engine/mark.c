/*
 * See mark.h.
 */

#include "mark.h"


void
pl_mark(const uint8_t *uuid, size_t len, char mark[PL_MARK_SIZE])
{
    size_t  i;

    static const char  hex[] = "0123456789abcdef";

    mark[0] = '\0';

    for (i = 0; len >= PL_MARK_BYTES && i < PL_MARK_BYTES; i++) {
        mark[2 * i] = hex[uuid[i] >> 4];
        mark[2 * i + 1] = hex[uuid[i] & 15];
        mark[2 * i + 2] = '\0';
    }
}
