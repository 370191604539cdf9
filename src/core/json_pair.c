/*
 * Maps whose elements are texts (PL_RULE_PAIR). An open element takes an
 * array of scalars as well, as one text with ", " between: answers of forms
 * to which several may be chosen. An array that is empty, or holds more than
 * scalars, is as if it were not there.
 */

#include <string.h>

#include "json_frame.h"

static bool pair_text(pl_decode_t *d, const pl_token_t *tok, bool open,
    pl_token_t *plain);
static int pair_put(pl_decode_t *d, pl_frame_t *f, const pl_token_t *plain,
    size_t start);


int
pl_json_pair_store(pl_decode_t *d, pl_frame_t *f, const pl_token_t *tok)
{
    pl_token_t  plain;

    return pair_text(d, tok, f->field->shape->open, &plain)
           ? pair_put(d, f, &plain, pl_json_frame_start(d, tok))
           : pl_json_frame_nomem(d);
}


int
pl_json_pair_open(pl_decode_t *d, pl_frame_t *f, bool map)
{
    if (!f->field->shape->open) {
        return pl_json_frame_fail(d, PL_INVALID, PL_AT_OPEN, "not a string");
    }

    if (map) {
        d->skip = 1;
        return 1;
    }

    memset(&d->join, 0, sizeof(d->join));
    d->join.ar = d->rd.ar;
    (void) pl_json_frame_push(d, PL_FRAME_JOIN, 0);

    return 1;
}


int
pl_json_pair_part(pl_decode_t *d, pl_frame_t *f, const pl_token_t *tok)
{
    pl_token_t  plain;

    if (!pair_text(d, tok, true, &plain)) {
        return pl_json_frame_nomem(d);
    }

    if (f->index++ > 0) {
        pl_out_bytes(&d->join, PL_STR(", "));
    }

    pl_out_bytes(&d->join, plain.text);

    return d->join.full ? pl_json_frame_nomem(d) : 1;
}


int
pl_json_pair_close(pl_decode_t *d, pl_frame_t *f)
{
    bool        none = f->mute || d->join.len == 0;
    pl_token_t  plain;

    pl_json_frame_pop(d);

    if (none) {
        return 1;
    }

    f = &d->frames[d->top];
    f->index++;
    plain.kind = PL_TOKEN_STRING;
    plain.text = (pl_str_t) { d->join.data, d->join.len };

    return pair_put(d, f, &plain, pl_reader_offset(&d->rd) - 1);
}


/* A scalar without quotes and escapes. False: no memory. */

static bool
pair_text(pl_decode_t *d, const pl_token_t *tok, bool open,
    pl_token_t *plain)
{
    *plain = *tok;

    if (tok->kind == PL_TOKEN_STRING) {
        plain->text = pl_reader_text(&d->rd, tok->text.data, tok->text.len);

    } else if (open && tok->kind != PL_TOKEN_NUMBER) {
        plain->kind = PL_TOKEN_STRING;
        plain->text = tok->kind == PL_TOKEN_TRUE ? PL_STR("true")
                                                 : PL_STR("false");
    }

    return plain->text.data != NULL;
}


static int
pair_put(pl_decode_t *d, pl_frame_t *f, const pl_token_t *plain, size_t start)
{
    pl_frame_t         sub;
    pl_status_t        rc;
    const pl_field_t  *field;

    field = f->field;
    memset(&sub, 0, sizeof(sub));

    rc = pl_json_value_message(&d->sink, field, f->msg, &sub.msg);
    if (rc != PL_OK) {
        d->at = start;
        return pl_json_frame_fail(d, rc, PL_AT_VALUE, NULL);
    }

    if (!pl_json_map_keyed(d, f, &sub)) {
        return 0;
    }

    d->sink.open = field->shape->open;

    rc = pl_json_value(&d->sink, field->value, sub.msg, plain);
    if (rc == PL_OK) {
        return 1;
    }

    d->at = start;

    return pl_json_frame_fail(d, rc, PL_AT_VALUE, NULL);
}
