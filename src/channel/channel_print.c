/*
 * Decoded commands as lines of JSON.
 */

#include <string.h>

#include "channel_print.h"


pl_status_t
pl_channel_print(const pl_codec_t *codec, const pl_decoded_t *decoded,
    pl_arena_t *ar, pl_str_t *out, pl_err_t *err)
{
    char         *last;
    size_t        i, len = 0;
    uint8_t      *p, *text;
    pl_str_t     *lines;
    pl_status_t   rc;

    last = pl_arena_printf(ar, "{\"ignored\":%zu}\n", decoded->n_ignored);
    lines = pl_arena_alloc(ar, decoded->n_commands * sizeof(pl_str_t));
    if (last == NULL || lines == NULL) {
        return pl_err_set(err, PL_NOMEM, "print", 0, "no memory");
    }

    for (i = 0; i < decoded->n_commands; i++) {
        rc = pl_json_encode(codec, &decoded->commands[i]->base, ar,
                            &lines[i], err);
        if (rc != PL_OK) {
            return rc;
        }

        len += lines[i].len + 1;
    }

    len += strlen(last);

    text = pl_arena_alloc(ar, len + 1);
    if (text == NULL) {
        return pl_err_set(err, PL_NOMEM, "print", 0, "no memory");
    }

    for (i = 0, p = text; i < decoded->n_commands; i++) {
        memcpy(p, lines[i].data, lines[i].len);
        p += lines[i].len;
        *p++ = '\n';
    }

    memcpy(p, last, strlen(last) + 1);
    *out = (pl_str_t) { text, len };

    return PL_OK;
}
