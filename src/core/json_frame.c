/*
 * The frames of a decoding, and where an error goes.
 *
 * An error travels up to the nearest frame whose shape has a BAD row. That
 * element keeps "path: reason", falls silent (mute: no key and no value of
 * it counts any more), and is closed as if it were whole; the frames that
 * were open inside it become part of what is skipped. Without such a frame
 * the error is the text's.
 */

#include <stdio.h>
#include <string.h>

#include "json_frame.h"

#define FRAME_WHY_MAX   (PL_ERR_PATH_MAX + PL_ERR_TEXT_MAX + 2)


/* Depth has been counted before, so that there always is a frame. */
pl_frame_t *
pl_json_frame_push(pl_decode_t *d, pl_frame_e kind, size_t start)
{
    pl_frame_t  *f, *below;

    f = &d->frames[++d->top];

    f->seen = 0;
    f->start = start;
    f->index = 0;
    f->key = NULL;
    f->keys = NULL;
    f->kind = (uint8_t) kind;
    f->mute = kind == PL_FRAME_JSON;

    /* Only an object has nothing below it. */
    if (kind != PL_FRAME_OBJECT) {
        below = f - 1;
        f->shape = below->shape;
        f->field = below->field;
        f->msg = below->msg;
    }

    /* In an open shape the last of two arrays stands. */
    if (kind == PL_FRAME_LIST || kind == PL_FRAME_MAP) {
        *(size_t *) (void *) (f->msg + f->field->quantifier) = 0;
    }

    return f;
}


void
pl_json_frame_pop(pl_decode_t *d)
{
    d->top--;
}


int
pl_json_frame_fail(pl_decode_t *d, pl_status_t status, pl_at_e at,
    const char *reason)
{
    int          i, opened;
    char         path[PL_ERR_PATH_MAX], why[FRAME_WHY_MAX], *text;
    pl_frame_t  *f;

    if (reason != NULL) {
        (void) pl_err_set(&d->why, status, "decode", 0, "%s", reason);
    }

    pl_json_frame_path(d, path, sizeof(path));
    pl_err_path(&d->why, "%s", path);
    d->unknown = PL_STR_NULL;

    for (i = d->top; i >= 0; i--) {
        f = &d->frames[i];

        if (f->kind == PL_FRAME_OBJECT && f->shape->bad != NULL) {
            break;
        }
    }

    if (i < 0 || status == PL_NOMEM) {
        return pl_json_frame_hard(d, status);
    }

    (void) snprintf(why, sizeof(why), "%s%s%s", path,
                    path[0] == '\0' ? "" : ": ", d->why.text);

    text = pl_arena_str(d->rd.ar, pl_str_c(why));
    if (text == NULL) {
        return pl_json_frame_nomem(d);
    }

    pl_json_hide(f->shape->bad, f->msg, text, 0);

    /* A container that closes right now is not among those to skip. */
    opened = d->top - i + (int) at;
    d->skip = (opened > 0) ? (unsigned) opened : 0;
    d->top = i;
    f->mute = true;

    return 1;
}


int
pl_json_frame_hard(pl_decode_t *d, pl_status_t status)
{
    d->status = status;

    return 0;
}


int
pl_json_frame_nomem(pl_decode_t *d)
{
    d->at = pl_reader_offset(&d->rd);

    return pl_json_frame_hard(d, pl_err_set(&d->why, PL_NOMEM, "decode", 0,
                                            "no memory left"));
}


size_t
pl_json_frame_start(const pl_decode_t *d, const pl_token_t *tok)
{
    size_t  end;

    end = pl_reader_offset(&d->rd);

    return (tok->kind == PL_TOKEN_STRING)
           ? pl_json_string_start(d->rd.json, end) : end - tok->text.len;
}


void
pl_json_frame_path(const pl_decode_t *d, char *path, size_t size)
{
    int                i;
    size_t             len;
    const char        *name;
    const pl_frame_t  *f;

    path[0] = '\0';

    for (i = 0; i <= d->top; i++) {
        f = &d->frames[i];
        len = strlen(path);
        name = NULL;

        if (f->kind == PL_FRAME_OBJECT && f->field != NULL) {
            name = (const char *) f->field->name.data;

        } else if (f->kind == PL_FRAME_MAP && f->key != NULL
                   && pl_name_valid(pl_str_c(f->key)))
        {
            name = f->key;

        } else if (f->kind != PL_FRAME_OBJECT && f->index > 0) {
            (void) snprintf(path + len, size - len, "[%zu]", f->index - 1);
        }

        if (name != NULL) {
            (void) snprintf(path + len, size - len, "%s%s",
                            len == 0 ? "" : ".", name);
        }
    }

    if (pl_name_valid(d->unknown)) {
        len = strlen(path);
        (void) snprintf(path + len, size - len, "%s%.*s",
                        len == 0 ? "" : ".", (int) d->unknown.len,
                        (const char *) d->unknown.data);
    }
}
