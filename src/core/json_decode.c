/*
 * JSON into messages: yajl's callbacks, and what each token means to the
 * innermost frame. No provider's name stands here.
 */

#include <string.h>
#include <yajl/yajl_parse.h>

#include "json_frame.h"


static int decode_null(void *ctx);
static int decode_bool(void *ctx, int yes);
static int decode_number(void *ctx, const char *text, size_t len);
static int decode_string(void *ctx, const unsigned char *text, size_t len);
static int decode_start_map(void *ctx);
static int decode_key(void *ctx, const unsigned char *text, size_t len);
static int decode_start_array(void *ctx);
static int decode_end(void *ctx);
static int object_key(pl_decode_t *d, pl_frame_t *f, pl_str_t key);
static int decode_start(pl_decode_t *d, bool map);
static int decode_deep(pl_decode_t *d);
static int container_open(pl_decode_t *d, pl_frame_t *f, bool map);
static int decode_scalar(pl_decode_t *d, const pl_token_t *tok);
static int scalar_store(pl_decode_t *d, pl_frame_t *f, const pl_token_t *tok);
static int json_store(pl_decode_t *d, pl_frame_t *f, size_t start);
static bool object_value(pl_decode_t *d, pl_frame_t *f, pl_at_e at, int *rc);
static int element_open(pl_decode_t *d, pl_frame_t *f, pl_at_e at,
    size_t start);
static int element_bad(pl_decode_t *d, pl_frame_t *f, pl_at_e at, size_t start);
static int object_close(pl_decode_t *d, pl_frame_t *f);
static int json_close(pl_decode_t *d, pl_frame_t *f);


static const yajl_callbacks  decode_callbacks = {
    .yajl_null = decode_null,
    .yajl_boolean = decode_bool,
    .yajl_number = decode_number,
    .yajl_string = decode_string,
    .yajl_start_map = decode_start_map,
    .yajl_map_key = decode_key,
    .yajl_end_map = decode_end,
    .yajl_start_array = decode_start_array,
    .yajl_end_array = decode_end,
};


pl_status_t
pl_json_decode(const pl_codec_t *codec,
    const ProtobufCMessageDescriptor *shape, pl_str_t json, unsigned flags,
    pl_arena_t *ar, ProtobufCMessage **out, pl_err_t *err)
{
    char         path[PL_ERR_PATH_MAX];
    pl_decode_t  d;
    pl_status_t  rc;

    *out = NULL;

    /* The frames are written when they are pushed, and not before. */
    memset(&d, 0, offsetof(pl_decode_t, why));
    d.rd.json = json;
    d.rd.flags = flags;
    d.rd.ar = ar;
    d.sink.codec = codec;
    d.sink.ar = ar;
    d.sink.err = &d.why;
    d.top = -1;
    d.shape = pl_json_shape(codec, shape);

    if (d.shape == NULL) {
        return pl_err_set(err, PL_MISUSE, "decode", 0,
                          "the codec does not know %s", shape->name);
    }

    d.why.path[0] = '\0';
    rc = pl_reader_run(&d.rd, &decode_callbacks, false, &d.why);

    if (rc == PL_OK) {
        *out = (ProtobufCMessage *) (void *) d.root;
        return PL_OK;
    }

    if (rc == PL_MISUSE) {
        rc = d.status;
        pl_reader_place(&d.rd, d.at, &d.why);
    }

    /* Of syntax, depth and memory the frames alone know the path. */
    if (d.why.path[0] == '\0') {
        pl_json_frame_path(&d, path, sizeof(path));
        pl_err_path(&d.why, "%s", path);
    }

    if (err != NULL) {
        *err = d.why;
        err->status = rc;
    }

    return rc;
}


static int
decode_null(void *ctx)
{
    pl_token_t  tok = { PL_TOKEN_NULL, PL_STR("null") };

    return decode_scalar(ctx, &tok);
}


static int
decode_bool(void *ctx, int yes)
{
    pl_token_t  tok;

    tok.kind = yes ? PL_TOKEN_TRUE : PL_TOKEN_FALSE;
    tok.text = yes ? PL_STR("true") : PL_STR("false");

    return decode_scalar(ctx, &tok);
}


static int
decode_number(void *ctx, const char *text, size_t len)
{
    pl_token_t  tok = { PL_TOKEN_NUMBER, { (const uint8_t *) text, len } };

    return decode_scalar(ctx, &tok);
}


static int
decode_string(void *ctx, const unsigned char *text, size_t len)
{
    pl_token_t  tok = { PL_TOKEN_STRING, { text, len } };

    return decode_scalar(ctx, &tok);
}


static int
decode_start_map(void *ctx)
{
    return decode_start(ctx, true);
}


static int
decode_start_array(void *ctx)
{
    return decode_start(ctx, false);
}


static int
decode_key(void *ctx, const unsigned char *text, size_t len)
{
    pl_str_t      key;
    pl_frame_t   *f;
    pl_decode_t  *d;

    d = ctx;

    if (d->skip > 0 || d->frames[d->top].mute) {
        return 1;
    }

    f = &d->frames[d->top];
    key = pl_reader_text(&d->rd, text, len);

    if (key.data == NULL) {
        return pl_json_frame_nomem(d);
    }

    return (f->kind == PL_FRAME_MAP) ? pl_json_map_key(d, f, key)
                                     : object_key(d, f, key);
}


static int
object_key(pl_decode_t *d, pl_frame_t *f, pl_str_t key)
{
    const char        *reason;
    const pl_field_t  *field;

    field = pl_json_field(f->shape, key);
    f->field = field;

    if (f->shape->open) {
        return 1;
    }

    if (field == NULL) {
        d->unknown = key;
        reason = "unknown key";

    } else if ((f->seen & field->bit) != 0) {
        reason = "given twice";

    } else {
        return 1;
    }

    d->at = pl_json_string_start(d->rd.json, pl_reader_offset(&d->rd));

    return pl_json_frame_fail(d, PL_INVALID, PL_AT_VALUE, reason);
}


static int
decode_start(pl_decode_t *d, bool map)
{
    pl_frame_t  *f;

    d->at = pl_reader_offset(&d->rd) - 1;

    if (d->depth >= PL_JSON_DEPTH_MAX) {
        return decode_deep(d);
    }

    d->depth++;

    if (d->skip > 0) {
        d->skip++;
        return 1;
    }

    if (d->top < 0) {
        return map ? element_open(d, NULL, PL_AT_OPEN, d->at)
                   : element_bad(d, NULL, PL_AT_OPEN, d->at);
    }

    f = &d->frames[d->top];

    if (f->mute || f->field == NULL) {
        d->skip = 1;
        return 1;
    }

    return container_open(d, f, map);
}


/*
 * Past the limit, an element that carries errors gets one, and what is deep
 * in it is counted and nothing else; so its neighbours are decoded. yajl has
 * memory for a little more than PL_JSON_NEST_MAX (json.c): there the whole
 * text ends.
 */
static int
decode_deep(pl_decode_t *d)
{
    int       rc;
    unsigned  skip;

    (void) pl_err_set(&d->why, PL_TOOBIG, "decode", 0,
                      "nested deeper than %d", PL_JSON_DEPTH_MAX);

    if (d->depth >= PL_JSON_NEST_MAX) {
        return pl_json_frame_hard(d, PL_TOOBIG);
    }

    if (d->depth == PL_JSON_DEPTH_MAX && !d->frames[d->top].mute) {
        skip = d->skip;

        if (skip == 0 && d->frames[d->top].kind != PL_FRAME_OBJECT) {
            d->frames[d->top].index++;          /* the path names it */
        }

        rc = pl_json_frame_fail(d, PL_TOOBIG, PL_AT_OPEN, NULL);
        if (rc == 0) {
            return 0;
        }

        d->skip += skip;

    } else {
        d->skip++;
    }

    d->depth++;

    return 1;
}


static int
container_open(pl_decode_t *d, pl_frame_t *f, bool map)
{
    int                rc;
    const pl_field_t  *field;

    field = f->field;

    if (f->kind == PL_FRAME_JOIN) {
        f->mute = true;         /* what holds more than scalars */
        d->skip = 1;
        return 1;
    }

    if (f->kind == PL_FRAME_MAP && field->value != NULL) {
        return pl_json_pair_open(d, f, map);
    }

    if (f->kind != PL_FRAME_OBJECT) {
        f->index++;

    } else if (!object_value(d, f, PL_AT_OPEN, &rc)) {
        return rc;

    } else if (field->repeated) {
        if (map != (field->key != NULL)) {
            return element_bad(d, f, PL_AT_OPEN, d->at);
        }

        (void) pl_json_frame_push(d, map ? PL_FRAME_MAP : PL_FRAME_LIST, 0);
        return 1;
    }

    if (field->kind == PL_KIND_JSON) {
        (void) pl_json_frame_push(d, PL_FRAME_JSON, d->at);
        return 1;
    }

    return (map && field->kind == PL_KIND_MESSAGE)
           ? element_open(d, f, PL_AT_OPEN, d->at)
           : element_bad(d, f, PL_AT_OPEN, d->at);
}


/*
 * A value for the object's field, and no null. Of a oneof a closed shape
 * takes one member.
 */
static bool
object_value(pl_decode_t *d, pl_frame_t *f, pl_at_e at, int *rc)
{
    if (!f->shape->open && (f->seen & f->field->group) != 0) {
        *rc = pl_json_frame_fail(d, PL_INVALID, at,
                                 "another of the same choice is given");
        return false;
    }

    f->seen |= f->field->bit;

    return true;
}


static int
decode_scalar(pl_decode_t *d, const pl_token_t *tok)
{
    int          rc;
    pl_frame_t  *f;

    if (d->skip > 0) {
        return 1;
    }

    if (d->top < 0) {
        return element_bad(d, NULL, PL_AT_VALUE, pl_json_frame_start(d, tok));
    }

    f = &d->frames[d->top];

    if (f->mute || f->field == NULL) {
        return 1;
    }

    if (f->kind == PL_FRAME_LIST) {
        f->index++;
        return scalar_store(d, f, tok);
    }

    if (tok->kind == PL_TOKEN_NULL) {
        return 1;
    }

    if (f->kind == PL_FRAME_JOIN) {
        return pl_json_pair_part(d, f, tok);
    }

    if (f->kind == PL_FRAME_MAP) {
        f->index++;
        return f->field->value != NULL ? pl_json_pair_store(d, f, tok)
                                       : scalar_store(d, f, tok);
    }

    if (!f->shape->open && (f->seen & f->field->group) != 0) {
        d->at = pl_json_frame_start(d, tok);
    }

    return object_value(d, f, PL_AT_VALUE, &rc) ? scalar_store(d, f, tok) : rc;
}


static int
scalar_store(pl_decode_t *d, pl_frame_t *f, const pl_token_t *tok)
{
    pl_token_t         plain;
    pl_status_t        rc;
    const pl_field_t  *field;

    field = f->field;
    d->sink.open = f->shape->open;

    if (field->kind == PL_KIND_MESSAGE
        || (field->repeated && f->kind == PL_FRAME_OBJECT))
    {
        return element_bad(d, f, PL_AT_VALUE, pl_json_frame_start(d, tok));
    }

    if (field->kind == PL_KIND_JSON) {
        return json_store(d, f, pl_json_frame_start(d, tok));
    }

    plain = *tok;

    if (tok->kind == PL_TOKEN_STRING) {
        plain.text = pl_reader_text(&d->rd, tok->text.data, tok->text.len);
        if (plain.text.data == NULL) {
            return pl_json_frame_nomem(d);
        }
    }

    rc = pl_json_value(&d->sink, field, f->msg, &plain);
    if (rc == PL_OK) {
        return 1;
    }

    d->at = pl_json_frame_start(d, tok);

    return pl_json_frame_fail(d, rc, PL_AT_VALUE, NULL);
}


/* A map's element of which the text holds one field alone. */
/* An object or array stands where the map has a text. */
/* Where the token that is being handed out begins in the input. */
/* What stands from start on, as it is, for a field under PL_RULE_JSON. */
static int
json_store(pl_decode_t *d, pl_frame_t *f, size_t start)
{
    pl_str_t     bytes;
    pl_status_t  rc;

    bytes.len = pl_reader_offset(&d->rd) - start;
    bytes.data = pl_arena_dup(d->rd.ar, d->rd.json.data + start, bytes.len);
    if (bytes.data == NULL) {
        return pl_json_frame_nomem(d);
    }

    rc = pl_json_value_bytes(&d->sink, f->field, f->msg, bytes);
    if (rc == PL_OK) {
        return 1;
    }

    d->at = start;

    return pl_json_frame_fail(d, rc, PL_AT_VALUE, NULL);
}


/* f NULL: the text's own object. */
static int
element_open(pl_decode_t *d, pl_frame_t *f, pl_at_e at, size_t start)
{
    uint8_t           *msg;
    pl_frame_t        *sub;
    pl_status_t        rc;
    const pl_shape_t  *shape;

    if (f == NULL) {
        shape = d->shape;
        msg = pl_arena_alloc(d->rd.ar, shape->desc->sizeof_message);
        if (msg == NULL) {
            return pl_json_frame_nomem(d);
        }

        protobuf_c_message_init(shape->desc, msg);
        d->root = msg;

    } else {
        shape = f->field->shape;
        rc = pl_json_value_message(&d->sink, f->field, f->msg, &msg);
        if (rc != PL_OK) {
            return pl_json_frame_fail(d, rc, at, NULL);
        }
    }

    sub = pl_json_frame_push(d, PL_FRAME_OBJECT, start);
    sub->shape = shape;
    sub->field = NULL;
    sub->msg = msg;

    return (f != NULL && f->kind == PL_FRAME_MAP)
           ? pl_json_map_keyed(d, f, sub) : 1;
}


/*
 * Something else stands where the field has an object or an array. Where
 * the element itself can carry the error, it comes to be for that alone.
 */
static int
element_bad(pl_decode_t *d, pl_frame_t *f, pl_at_e at, size_t start)
{
    int                was;
    const char        *reason;
    const pl_field_t  *field;

    d->at = start;

    if (f == NULL) {
        return pl_json_frame_fail(d, PL_INVALID, at, "not an object");
    }

    field = f->field;
    reason = pl_json_not(field);

    if (f->kind == PL_FRAME_OBJECT && field->repeated) {
        reason = (field->key != NULL) ? "not an object" : "not an array";
        return pl_json_frame_fail(d, PL_INVALID, at, reason);
    }

    if (field->kind != PL_KIND_MESSAGE || field->shape->bad == NULL) {
        return pl_json_frame_fail(d, PL_INVALID, at, reason);
    }

    was = d->top;

    if (!element_open(d, f, at, start)) {
        return 0;
    }

    /* The array was full, and the error has gone where it belongs. */
    if (d->top <= was) {
        return 1;
    }

    if (!pl_json_frame_fail(d, PL_INVALID, PL_AT_VALUE, reason)) {
        return 0;
    }

    return (at == PL_AT_OPEN) ? 1 : object_close(d, &d->frames[d->top]);
}


static int
decode_end(void *ctx)
{
    pl_frame_t   *f;
    pl_decode_t  *d;

    d = ctx;
    d->depth--;

    if (d->skip > 0) {
        d->skip--;
        return 1;
    }

    f = &d->frames[d->top];

    switch (f->kind) {

    case PL_FRAME_OBJECT:
        return object_close(d, f);

    case PL_FRAME_JSON:
        return json_close(d, f);

    case PL_FRAME_MAP:
        return pl_json_map_close(d, f);

    case PL_FRAME_JOIN:
        return pl_json_pair_close(d, f);

    default:
        pl_json_frame_pop(d);
        return 1;
    }
}


static int
object_close(pl_decode_t *d, pl_frame_t *f)
{
    int                was;
    size_t             end;
    pl_status_t        rc;
    const pl_field_t  *missing;

    if (!f->mute) {
        rc = pl_json_complete(f->shape, f->msg, f->seen, &missing, &d->why);

        if (rc != PL_OK) {
            was = d->top;
            d->at = f->start;
            f->field = missing;

            if (!pl_json_frame_fail(d, rc, PL_AT_CLOSE, NULL)) {
                return 0;
            }

            if (d->top != was) {
                return 1;           /* it fell with what it stands in */
            }
        }
    }

    end = pl_reader_offset(&d->rd);

    if (f->shape->raw != NULL) {
        pl_json_hide(f->shape->raw, f->msg, d->rd.json.data + f->start,
                     end - f->start);
    }

    pl_json_frame_pop(d);

    if (d->top < 0) {
        d->rd.ended = true;
        d->rd.end = end;
    }

    return 1;
}


/* The frame below is the one that has the field. */
static int
json_close(pl_decode_t *d, pl_frame_t *f)
{
    pl_json_frame_pop(d);

    return json_store(d, f, f->start);
}
