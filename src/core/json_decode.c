/*
 * JSON into messages: one frame for each object or array that is open and
 * of use, and nothing but a count for those that are skipped.
 *
 * An error travels up to the nearest frame whose shape has a BAD row. That
 * element keeps "path: reason", falls silent (mute: no key and no value of
 * it counts any more), and is closed as if it were whole; the frames that
 * were open inside it become part of what is skipped. Without such a frame
 * the error is the text's.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "json_impl.h"

#define DECODE_PLACES_FIRST     8
#define DECODE_WHY_MAX          (PL_ERR_PATH_MAX + PL_ERR_TEXT_MAX + 2)


typedef enum {
    FRAME_OBJECT = 0,
    FRAME_LIST,
    FRAME_MAP,
    FRAME_JSON                      /* kept as it is: PL_RULE_JSON */
} frame_e;

typedef struct {
    const pl_shape_t  *shape;       /* of msg */
    const pl_field_t  *field;       /* current one; of an array: its own */
    uint8_t           *msg;         /* of an array: whose field it is */
    uint64_t           seen;
    size_t             start;       /* offset of its brace; in a map, of the
                                       current key */
    size_t             index;       /* elements begun, of an array */
    const char        *key;         /* of a map's current element */
    size_t            *places;      /* offsets of a map's keys */
    uint8_t            kind;
    bool               mute;
} frame_t;

typedef struct {
    pl_reader_t        rd;          /* first: it is the callbacks' context */
    pl_sink_t          sink;
    const pl_shape_t  *shape;
    uint8_t           *root;
    pl_status_t        status;      /* why a callback said 0 */
    size_t             at;          /* offset of the error */
    pl_str_t           unknown;     /* key that has no field */
    unsigned           depth;
    unsigned           skip;        /* containers open without a frame */
    int                top;         /* frame in use; -1: none yet */
    pl_err_t           why;
    frame_t            frames[PL_JSON_DEPTH_MAX + 1];  /* and a scalar that
                                       stands where an object should */
} decode_t;

/* What the container, in which an error is met, is doing. */
typedef enum {
    AT_CLOSE = -1,
    AT_VALUE = 0,
    AT_OPEN = 1
} at_e;

typedef struct {
    const char  *key;
    size_t       index;
} map_key_t;


static int decode_null(void *ctx);
static int decode_bool(void *ctx, int yes);
static int decode_number(void *ctx, const char *text, size_t len);
static int decode_string(void *ctx, const unsigned char *text, size_t len);
static int decode_start_map(void *ctx);
static int decode_key(void *ctx, const unsigned char *text, size_t len);
static int decode_start_array(void *ctx);
static int decode_end(void *ctx);
static int object_key(decode_t *d, frame_t *f, pl_str_t key);
static int map_key(decode_t *d, frame_t *f, pl_str_t key);
static int decode_start(decode_t *d, bool map);
static int container_open(decode_t *d, frame_t *f, bool map);
static int decode_scalar(decode_t *d, const pl_token_t *tok);
static int scalar_store(decode_t *d, frame_t *f, const pl_token_t *tok);
static size_t scalar_start(const decode_t *d, const pl_token_t *tok);
static int json_store(decode_t *d, frame_t *f, size_t start);
static bool object_value(decode_t *d, frame_t *f, at_e at, int *rc);
static int element_open(decode_t *d, frame_t *f, at_e at, size_t start);
static int element_bad(decode_t *d, frame_t *f, at_e at, size_t start);
static int element_keyed(decode_t *d, frame_t *map, frame_t *f);
static int object_close(decode_t *d, frame_t *f);
static int json_close(decode_t *d, frame_t *f);
static int map_close(decode_t *d, frame_t *f);
static int map_twice(decode_t *d, frame_t *f, const map_key_t *keys,
    size_t n);
static int map_key_order(const void *a, const void *b);
static frame_t *frame_push(decode_t *d, frame_e kind, size_t start);
static void frame_pop(decode_t *d);
static int decode_fail(decode_t *d, pl_status_t status, at_e at,
    const char *reason);
static int decode_hard(decode_t *d, pl_status_t status);
static int decode_nomem(decode_t *d);
static void decode_path(const decode_t *d, char *path, size_t size);


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
    decode_t     d;
    pl_status_t  rc;

    *out = NULL;

    /* The frames are written when they are pushed, and not before. */
    memset(&d, 0, offsetof(decode_t, why));
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

    } else if (rc == PL_INVALID) {
        decode_path(&d, path, sizeof(path));
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
    frame_t   *f;
    decode_t  *d;
    pl_str_t   key;

    d = ctx;

    if (d->skip > 0 || d->frames[d->top].mute) {
        return 1;
    }

    f = &d->frames[d->top];
    key = pl_reader_text(&d->rd, text, len);

    if (key.data == NULL) {
        return decode_nomem(d);
    }

    return (f->kind == FRAME_MAP) ? map_key(d, f, key) : object_key(d, f, key);
}


static int
object_key(decode_t *d, frame_t *f, pl_str_t key)
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

    return decode_fail(d, PL_INVALID, AT_VALUE, reason);
}


static int
map_key(decode_t *d, frame_t *f, pl_str_t key)
{
    f->key = pl_utf8_clean(d->rd.ar, key);
    f->start = pl_json_string_start(d->rd.json, pl_reader_offset(&d->rd));

    return (f->key == NULL) ? decode_nomem(d) : 1;
}


static int
decode_start(decode_t *d, bool map)
{
    frame_t  *f;

    d->at = pl_reader_offset(&d->rd) - 1;

    if (d->depth == PL_JSON_DEPTH_MAX) {
        (void) pl_err_set(&d->why, PL_TOOBIG, "decode", 0,
                          "nested deeper than %d", PL_JSON_DEPTH_MAX);
        return decode_hard(d, PL_TOOBIG);
    }

    d->depth++;

    if (d->skip > 0) {
        d->skip++;
        return 1;
    }

    if (d->top < 0) {
        return map ? element_open(d, NULL, AT_OPEN, d->at)
                   : element_bad(d, NULL, AT_OPEN, d->at);
    }

    f = &d->frames[d->top];

    if (f->mute || f->field == NULL) {
        d->skip = 1;
        return 1;
    }

    return container_open(d, f, map);
}


static int
container_open(decode_t *d, frame_t *f, bool map)
{
    int                rc;
    const pl_field_t  *field;

    field = f->field;

    if (f->kind != FRAME_OBJECT) {
        f->index++;

    } else if (!object_value(d, f, AT_OPEN, &rc)) {
        return rc;

    } else if (field->repeated) {
        if (map != (field->key != NULL)) {
            return element_bad(d, f, AT_OPEN, d->at);
        }

        (void) frame_push(d, map ? FRAME_MAP : FRAME_LIST, 0);
        return 1;
    }

    if (field->kind == PL_KIND_JSON) {
        (void) frame_push(d, FRAME_JSON, d->at);
        return 1;
    }

    return (map && field->kind == PL_KIND_MESSAGE)
           ? element_open(d, f, AT_OPEN, d->at)
           : element_bad(d, f, AT_OPEN, d->at);
}


/*
 * A value for the object's field, and no null. Of a oneof a closed shape
 * takes one member.
 */
static bool
object_value(decode_t *d, frame_t *f, at_e at, int *rc)
{
    if (!f->shape->open && (f->seen & f->field->group) != 0) {
        *rc = decode_fail(d, PL_INVALID, at,
                          "another of the same choice is given");
        return false;
    }

    f->seen |= f->field->bit;

    return true;
}


static int
decode_scalar(decode_t *d, const pl_token_t *tok)
{
    int       rc;
    frame_t  *f;

    if (d->skip > 0) {
        return 1;
    }

    if (d->top < 0) {
        return element_bad(d, NULL, AT_VALUE, scalar_start(d, tok));
    }

    f = &d->frames[d->top];

    if (f->mute || f->field == NULL) {
        return 1;
    }

    if (f->kind == FRAME_LIST) {
        f->index++;
        return scalar_store(d, f, tok);
    }

    if (tok->kind == PL_TOKEN_NULL) {
        return 1;
    }

    if (f->kind == FRAME_MAP) {
        f->index++;
        return scalar_store(d, f, tok);
    }

    if (!f->shape->open && (f->seen & f->field->group) != 0) {
        d->at = scalar_start(d, tok);
    }

    return object_value(d, f, AT_VALUE, &rc) ? scalar_store(d, f, tok) : rc;
}


static int
scalar_store(decode_t *d, frame_t *f, const pl_token_t *tok)
{
    pl_token_t         plain;
    pl_status_t        rc;
    const pl_field_t  *field;

    field = f->field;
    d->sink.open = f->shape->open;

    if (field->kind == PL_KIND_MESSAGE
        || (field->repeated && f->kind == FRAME_OBJECT))
    {
        return element_bad(d, f, AT_VALUE, scalar_start(d, tok));
    }

    if (field->kind == PL_KIND_JSON) {
        return json_store(d, f, scalar_start(d, tok));
    }

    plain = *tok;

    if (tok->kind == PL_TOKEN_STRING) {
        plain.text = pl_reader_text(&d->rd, tok->text.data, tok->text.len);
        if (plain.text.data == NULL) {
            return decode_nomem(d);
        }
    }

    rc = pl_json_value(&d->sink, field, f->msg, &plain);
    if (rc == PL_OK) {
        return 1;
    }

    d->at = scalar_start(d, tok);

    return decode_fail(d, rc, AT_VALUE, NULL);
}


/* Where the token that is being handed out begins in the input. */
static size_t
scalar_start(const decode_t *d, const pl_token_t *tok)
{
    size_t  end;

    end = pl_reader_offset(&d->rd);

    return (tok->kind == PL_TOKEN_STRING)
           ? pl_json_string_start(d->rd.json, end) : end - tok->text.len;
}


/* What stands from start on, as it is, for a field under PL_RULE_JSON. */
static int
json_store(decode_t *d, frame_t *f, size_t start)
{
    pl_str_t     bytes;
    pl_status_t  rc;

    bytes.len = pl_reader_offset(&d->rd) - start;
    bytes.data = pl_arena_dup(d->rd.ar, d->rd.json.data + start, bytes.len);
    if (bytes.data == NULL) {
        return decode_nomem(d);
    }

    rc = pl_json_value_bytes(&d->sink, f->field, f->msg, bytes);
    if (rc == PL_OK) {
        return 1;
    }

    d->at = start;

    return decode_fail(d, rc, AT_VALUE, NULL);
}


/* f NULL: the text's own object. */
static int
element_open(decode_t *d, frame_t *f, at_e at, size_t start)
{
    uint8_t           *msg;
    frame_t           *sub;
    pl_status_t        rc;
    const pl_shape_t  *shape;

    if (f == NULL) {
        shape = d->shape;
        msg = pl_arena_alloc(d->rd.ar, shape->desc->sizeof_message);
        if (msg == NULL) {
            return decode_nomem(d);
        }

        protobuf_c_message_init(shape->desc, msg);
        d->root = msg;

    } else {
        shape = f->field->shape;
        rc = pl_json_value_message(&d->sink, f->field, f->msg, &msg);
        if (rc != PL_OK) {
            return decode_fail(d, rc, at, NULL);
        }
    }

    sub = frame_push(d, FRAME_OBJECT, start);
    sub->shape = shape;
    sub->field = NULL;
    sub->msg = msg;

    return (f != NULL && f->kind == FRAME_MAP) ? element_keyed(d, f, sub) : 1;
}


/*
 * Something else stands where the field has an object or an array. Where
 * the element itself can carry the error, it comes to be for that alone.
 */
static int
element_bad(decode_t *d, frame_t *f, at_e at, size_t start)
{
    int                was;
    const char        *reason;
    const pl_field_t  *field;

    d->at = start;

    if (f == NULL) {
        return decode_fail(d, PL_INVALID, at, "not an object");
    }

    field = f->field;
    reason = pl_json_not(field);

    if (f->kind == FRAME_OBJECT && field->repeated) {
        reason = (field->key != NULL) ? "not an object" : "not an array";
        return decode_fail(d, PL_INVALID, at, reason);
    }

    if (field->kind != PL_KIND_MESSAGE || field->shape->bad == NULL) {
        return decode_fail(d, PL_INVALID, at, reason);
    }

    was = d->top;

    if (!element_open(d, f, at, start)) {
        return 0;
    }

    /* The array was full, and the error has gone where it belongs. */
    if (d->top <= was) {
        return 1;
    }

    if (!decode_fail(d, PL_INVALID, AT_VALUE, reason)) {
        return 0;
    }

    return (at == AT_OPEN) ? 1 : object_close(d, &d->frames[d->top]);
}


/* A map's element has its key as a field, which cannot be given again. */
static int
element_keyed(decode_t *d, frame_t *map, frame_t *f)
{
    size_t             n, *places;
    pl_token_t         tok;
    pl_status_t        rc;
    const pl_field_t  *key;

    n = pl_json_count(map->field, map->msg) - 1;

    if (n == 0 || (n >= DECODE_PLACES_FIRST && (n & (n - 1)) == 0)) {
        places = pl_arena_alloc(d->rd.ar, sizeof(*places)
                                * (n == 0 ? DECODE_PLACES_FIRST : 2 * n));
        if (places == NULL) {
            return decode_nomem(d);
        }

        if (n > 0) {
            memcpy(places, map->places, n * sizeof(*places));
        }

        map->places = places;
    }

    map->places[n] = map->start;

    key = map->field->key;
    tok.kind = PL_TOKEN_STRING;
    tok.text = pl_str_c(map->key);
    f->seen |= key->bit;

    rc = pl_json_value(&d->sink, key, f->msg, &tok);
    if (rc == PL_OK) {
        return 1;
    }

    d->at = map->start;

    return decode_fail(d, rc, AT_VALUE, NULL);
}


static int
decode_end(void *ctx)
{
    frame_t   *f;
    decode_t  *d;

    d = ctx;
    d->depth--;

    if (d->skip > 0) {
        d->skip--;
        return 1;
    }

    f = &d->frames[d->top];

    switch (f->kind) {

    case FRAME_OBJECT:
        return object_close(d, f);

    case FRAME_JSON:
        return json_close(d, f);

    case FRAME_MAP:
        return map_close(d, f);

    default:
        frame_pop(d);
        return 1;
    }
}


static int
object_close(decode_t *d, frame_t *f)
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

            if (!decode_fail(d, rc, AT_CLOSE, NULL)) {
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

    frame_pop(d);

    if (d->top < 0) {
        d->rd.ended = true;
        d->rd.end = end;
    }

    return 1;
}


/* The frame below is the one that has the field. */
static int
json_close(decode_t *d, frame_t *f)
{
    frame_pop(d);

    return json_store(d, f, f->start);
}


/*
 * Keys given twice are found by sorting: a table keyed by their hash would
 * be open to whoever chooses them.
 */
static int
map_close(decode_t *d, frame_t *f)
{
    size_t             i, n;
    uint8_t          **items;
    map_key_t         *keys;
    const pl_field_t  *field;

    field = f->field;
    n = pl_json_count(field, f->msg);

    if (n < 2) {
        frame_pop(d);
        return 1;
    }

    keys = pl_arena_alloc(d->rd.ar, n * sizeof(*keys));
    if (keys == NULL) {
        return decode_nomem(d);
    }

    items = *(uint8_t ***) (void *) (f->msg + field->offset);

    for (i = 0; i < n; i++) {
        keys[i].key = *(char **) (void *) (items[i] + field->key->offset);
        keys[i].index = i;
    }

    qsort(keys, n, sizeof(*keys), map_key_order);

    return map_twice(d, f, keys, n);
}


/* An open shape keeps the last; the others' order stays. */
static int
map_twice(decode_t *d, frame_t *f, const map_key_t *keys, size_t n)
{
    size_t     i, left;
    uint8_t  **items;

    items = *(uint8_t ***) (void *) (f->msg + f->field->offset);

    for (i = 1; i < n; i++) {
        if (strcmp(keys[i - 1].key, keys[i].key) != 0) {
            continue;
        }

        if (!f->shape->open) {
            f->key = keys[i].key;
            f->index = keys[i].index + 1;
            d->at = f->places[keys[i].index];
            return decode_fail(d, PL_INVALID, AT_CLOSE, "given twice");
        }

        items[keys[i - 1].index] = NULL;
    }

    left = 0;

    for (i = 0; i < n; i++) {
        if (items[i] != NULL) {
            items[left++] = items[i];
        }
    }

    *(size_t *) (void *) (f->msg + f->field->quantifier) = left;
    frame_pop(d);

    return 1;
}


static int
map_key_order(const void *a, const void *b)
{
    int               rc;
    const map_key_t  *one, *two;

    one = a;
    two = b;
    rc = strcmp(one->key, two->key);

    return (rc != 0) ? rc : (one->index > two->index) - (one->index
                                                         < two->index);
}


/*
 * Depth has been counted before, so that there is always a frame. What
 * holds for an object is set by element_open.
 */
static frame_t *
frame_push(decode_t *d, frame_e kind, size_t start)
{
    frame_t  *f, *below;

    below = (d->top < 0) ? NULL : &d->frames[d->top];
    f = &d->frames[++d->top];

    f->seen = 0;
    f->start = start;
    f->index = 0;
    f->key = NULL;
    f->places = NULL;
    f->kind = (uint8_t) kind;
    f->mute = kind == FRAME_JSON;

    if (kind != FRAME_OBJECT) {
        f->shape = below->shape;
        f->field = below->field;
        f->msg = below->msg;
    }

    /* In an open shape the last of two arrays stands. */
    if (kind == FRAME_LIST || kind == FRAME_MAP) {
        *(size_t *) (void *) (f->msg + f->field->quantifier) = 0;
    }

    return f;
}


static void
frame_pop(decode_t *d)
{
    d->top--;
}


/*
 * An error at offset d->at, in the value that the frames lead to. reason
 * NULL: d->why has it. Returns what the callback is to return.
 */
static int
decode_fail(decode_t *d, pl_status_t status, at_e at, const char *reason)
{
    int          i, opened;
    char         path[PL_ERR_PATH_MAX], why[DECODE_WHY_MAX], *text;
    frame_t     *f;

    if (reason != NULL) {
        (void) pl_err_set(&d->why, status, "decode", 0, "%s", reason);
    }

    decode_path(d, path, sizeof(path));
    pl_err_path(&d->why, "%s", path);
    d->unknown = PL_STR_NULL;

    for (i = d->top; i >= 0; i--) {
        f = &d->frames[i];

        if (f->kind == FRAME_OBJECT && f->shape->bad != NULL) {
            break;
        }
    }

    if (i < 0 || status == PL_NOMEM) {
        return decode_hard(d, status);
    }

    (void) snprintf(why, sizeof(why), "%s%s%s", path,
                    path[0] == '\0' ? "" : ": ", d->why.text);

    text = pl_arena_str(d->rd.ar, pl_str_c(why));
    if (text == NULL) {
        return decode_nomem(d);
    }

    pl_json_hide(f->shape->bad, f->msg, text, 0);

    /* A container that closes right now is not among those to skip. */
    opened = d->top - i + (int) at;
    d->skip = (opened > 0) ? (unsigned) opened : 0;
    d->top = i;
    f->mute = true;

    return 1;
}


/* Of the whole text. d->why says why, and d->at where. */
static int
decode_hard(decode_t *d, pl_status_t status)
{
    d->status = status;

    return 0;
}


static int
decode_nomem(decode_t *d)
{
    d->at = pl_reader_offset(&d->rd);

    return decode_hard(d, pl_err_set(&d->why, PL_NOMEM, "decode", 0,
                                     "no memory left"));
}


/* entry[0].changes[1].value; a map's key where it is a plain name. */
static void
decode_path(const decode_t *d, char *path, size_t size)
{
    int             i;
    size_t          len;
    const char     *name;
    const frame_t  *f;

    path[0] = '\0';

    for (i = 0; i <= d->top; i++) {
        f = &d->frames[i];
        len = strlen(path);
        name = NULL;

        if (f->kind == FRAME_OBJECT && f->field != NULL) {
            name = (const char *) f->field->name.data;

        } else if (f->kind == FRAME_MAP && f->key != NULL
                   && pl_name_valid(pl_str_c(f->key)))
        {
            name = f->key;

        } else if (f->kind == FRAME_LIST || f->kind == FRAME_MAP) {
            if (f->index > 0) {
                (void) snprintf(path + len, size - len, "[%zu]",
                                f->index - 1);
            }
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
