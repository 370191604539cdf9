/*
 * Messages to JSON: a walk over the same tables that decoding uses. What is
 * written is valid UTF-8 on one line, whatever the message holds.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_impl.h"

#define ENCODE_REAL_MAX     40          /* bytes of a double */
#define ENCODE_DIGITS_MAX   20          /* of a 64-bit number */


/* One message that is being written, for an error's path. */
typedef struct {
    const pl_field_t  *field;
    size_t             index;
} encode_frame_t;

typedef struct {
    const pl_codec_t  *codec;
    pl_out_t           out;
    pl_err_t          *err;
    unsigned           depth;
    bool               bad;         /* inside of an element with an error */
    encode_frame_t     frames[PL_JSON_DEPTH_MAX];
} encode_t;


static pl_status_t encode_message(encode_t *e, const pl_shape_t *shape,
    const uint8_t *msg, const pl_field_t *without);
static bool field_present(const encode_t *e, const pl_field_t *field,
    const uint8_t *msg);
static bool message_bad(const pl_shape_t *shape, const uint8_t *msg);
static pl_status_t encode_field(encode_t *e, const pl_field_t *field,
    const uint8_t *msg);
static pl_status_t encode_list(encode_t *e, const pl_field_t *field,
    const uint8_t *msg);
static pl_status_t encode_map(encode_t *e, const pl_field_t *field,
    const uint8_t *msg);
static pl_status_t encode_value(encode_t *e, const pl_field_t *field,
    const void *value);
static pl_status_t encode_enum(encode_t *e, const pl_field_t *field,
    int value);
static pl_status_t encode_real(encode_t *e, const pl_field_t *field,
    double n);
static pl_status_t encode_bytes(encode_t *e, const pl_field_t *field,
    const ProtobufCBinaryData *bytes);
static void encode_number(encode_t *e, bool minus, uint64_t n);
static pl_status_t encode_fault(encode_t *e, pl_status_t status,
    const char *text);


pl_status_t
pl_json_encode(const pl_codec_t *codec, const ProtobufCMessage *msg,
    pl_arena_t *ar, pl_str_t *out, pl_err_t *err)
{
    encode_t           e;
    pl_status_t        rc;
    const pl_shape_t  *shape;

    *out = PL_STR_NULL;

    shape = pl_json_shape(codec, msg->descriptor);
    if (shape == NULL) {
        return pl_err_set(err, PL_MISUSE, "encode", 0,
                          "the codec does not know %s",
                          msg->descriptor->name);
    }

    /* The frames are written when they are reached, and not before. */
    memset(&e, 0, offsetof(encode_t, frames));
    e.codec = codec;
    e.out.ar = ar;
    e.err = err;

    rc = encode_message(&e, shape, (const uint8_t *) msg, NULL);

    /* A NUL behind the end, for those who print it. */
    pl_out_byte(&e.out, '\0');

    if (rc == PL_OK && e.out.full) {
        return pl_err_set(err, PL_NOMEM, "encode", 0, "no memory left");
    }

    if (rc == PL_OK) {
        *out = (pl_str_t) { e.out.data, e.out.len - 1 };
    }

    return rc;
}


/* without: the field that is the key of the map which msg stands in. */
static pl_status_t
encode_message(encode_t *e, const pl_shape_t *shape, const uint8_t *msg,
    const pl_field_t *without)
{
    bool               comma, bad;
    size_t             i;
    pl_status_t        rc;
    const pl_field_t  *field;

    if (e->depth == PL_JSON_DEPTH_MAX) {
        return encode_fault(e, PL_TOOBIG, "nested too deep");
    }

    comma = false;
    bad = e->bad;
    e->bad = bad || message_bad(shape, msg);
    e->depth++;
    pl_out_byte(&e->out, '{');

    for (i = 0; i < shape->count && !e->out.full; i++) {
        field = &shape->fields[i];

        if (field->hidden || field == without
            || !field_present(e, field, msg))
        {
            continue;
        }

        if (comma) {
            pl_out_byte(&e->out, ',');
        }

        comma = true;
        pl_out_bytes(&e->out, field->label);

        e->frames[e->depth - 1].field = field;
        e->frames[e->depth - 1].index = 0;

        if ((rc = encode_field(e, field, msg)) != PL_OK) {
            return rc;
        }
    }

    pl_out_byte(&e->out, '}');
    e->depth--;
    e->bad = bad;

    return PL_OK;
}


/* In an element that carries an error, required fields may be missing. */
static bool
field_present(const encode_t *e, const pl_field_t *field, const uint8_t *msg)
{
    bool         pointer;
    const void  *quantifier, *value;

    quantifier = msg + field->quantifier;
    value = msg + field->offset;
    pointer = field->kind == PL_KIND_STRING || field->kind == PL_KIND_MESSAGE;

    if (field->repeated) {
        return pl_json_count(field, msg) > 0;
    }

    if (field->oneof) {
        return *(const uint32_t *) quantifier == field->desc->id;
    }

    if (field->required) {
        return !pointer || !e->bad || *(const void *const *) value != NULL;
    }

    if (field->has) {
        return *(const protobuf_c_boolean *) quantifier != 0;
    }

    /* A pointer: absent, or still the schema's own default. */
    value = *(const void *const *) value;

    return value != NULL && value != field->desc->default_value;
}


static bool
message_bad(const pl_shape_t *shape, const uint8_t *msg)
{
    return shape->bad != NULL
           && *(const char *const *) (const void *)
               (msg + shape->bad->offset) != NULL;
}


static pl_status_t
encode_field(encode_t *e, const pl_field_t *field, const uint8_t *msg)
{
    if (field->key != NULL) {
        return encode_map(e, field, msg);
    }

    if (field->repeated) {
        return encode_list(e, field, msg);
    }

    return encode_value(e, field, msg + field->offset);
}


static pl_status_t
encode_list(encode_t *e, const pl_field_t *field, const uint8_t *msg)
{
    size_t          i, n, *index;
    pl_status_t     rc;
    const uint8_t  *items;

    n = pl_json_count(field, msg);
    items = *(const uint8_t *const *) (const void *) (msg + field->offset);
    index = &e->frames[e->depth - 1].index;

    pl_out_byte(&e->out, '[');

    for (i = 0; i < n && !e->out.full; i++) {
        if (i > 0) {
            pl_out_byte(&e->out, ',');
        }

        *index = i + 1;

        rc = encode_value(e, field, items + i * field->size);
        if (rc != PL_OK) {
            return rc;
        }
    }

    pl_out_byte(&e->out, ']');

    return PL_OK;
}


static pl_status_t
encode_map(encode_t *e, const pl_field_t *field, const uint8_t *msg)
{
    size_t                i, n, *index;
    pl_status_t           rc;
    const char           *key;
    const uint8_t *const *items;

    n = pl_json_count(field, msg);
    items = *(const uint8_t *const *const *) (const void *)
             (msg + field->offset);
    index = &e->frames[e->depth - 1].index;

    pl_out_byte(&e->out, '{');

    for (i = 0; i < n && !e->out.full; i++) {
        if (i > 0) {
            pl_out_byte(&e->out, ',');
        }

        *index = i + 1;
        key = (items[i] == NULL) ? NULL
              : *(const char *const *) (const void *)
                 (items[i] + field->key->offset);

        if (key == NULL) {
            return encode_fault(e, PL_INVALID, "required");
        }

        pl_out_string(&e->out, pl_str_c(key));
        pl_out_byte(&e->out, ':');

        rc = field->value != NULL
             ? encode_value(e, field->value, items[i] + field->value->offset)
             : encode_message(e, field->shape, items[i], field->key);
        if (rc != PL_OK) {
            return rc;
        }
    }

    pl_out_byte(&e->out, '}');

    return PL_OK;
}


static pl_status_t
encode_value(encode_t *e, const pl_field_t *field, const void *value)
{
    int64_t         n;
    const uint8_t  *sub;
    const char     *text;

    switch (field->kind) {

    case PL_KIND_INT32:
    case PL_KIND_INT64:
        n = (field->kind == PL_KIND_INT32) ? *(const int32_t *) value
                                           : *(const int64_t *) value;
        encode_number(e, n < 0, (n < 0) ? 0 - (uint64_t) n : (uint64_t) n);
        return PL_OK;

    case PL_KIND_UINT32:
        encode_number(e, false, *(const uint32_t *) value);
        return PL_OK;

    case PL_KIND_UINT64:
        encode_number(e, false, *(const uint64_t *) value);
        return PL_OK;

    case PL_KIND_BOOL:
        pl_out_bytes(&e->out, (*(const protobuf_c_boolean *) value != 0)
                              ? PL_STR("true") : PL_STR("false"));
        return PL_OK;

    case PL_KIND_ENUM:
        return encode_enum(e, field, *(const int *) value);

    case PL_KIND_FLOAT:
        return encode_real(e, field, (double) *(const float *) value);

    case PL_KIND_DOUBLE:
        return encode_real(e, field, *(const double *) value);

    case PL_KIND_STRING:
        text = *(const char *const *) value;
        if (text == NULL) {
            return encode_fault(e, PL_INVALID, "required");
        }
        pl_out_string(&e->out, pl_str_c(text));
        return PL_OK;

    case PL_KIND_MESSAGE:
        sub = *(const uint8_t *const *) value;
        return (sub == NULL) ? encode_fault(e, PL_INVALID, "required")
                             : encode_message(e, field->shape, sub, NULL);

    default:
        return encode_bytes(e, field, value);
    }
}


static pl_status_t
encode_enum(encode_t *e, const pl_field_t *field, int value)
{
    size_t             i;
    const pl_names_t  *names;

    names = field->names;

    for (i = 0; i < names->count; i++) {
        if (names->type->values[i].value == value) {
            pl_out_string(&e->out, names->names[i]);
            return PL_OK;
        }
    }

    return encode_fault(e, PL_INVALID, pl_json_not(field));
}


/* The shortest text that reads back as the same number. */
static pl_status_t
encode_real(encode_t *e, const pl_field_t *field, double n)
{
    int   digits, most;
    bool  single, same;
    char  text[ENCODE_REAL_MAX], *p;

    if (!__builtin_isfinite(n)) {
        return encode_fault(e, PL_INVALID, "neither a number nor absent");
    }

    single = field->kind == PL_KIND_FLOAT;
    most = single ? 9 : 17;

    for (digits = single ? 6 : 15; digits <= most; digits++) {
        (void) snprintf(text, sizeof(text), "%.*g", digits, n); /* it fits */

        /* The process may have set a locale with another point. */
        p = text + strcspn(text, "0123456789");
        p += strspn(p, "0123456789");
        if (*p != '\0' && *p != 'e') {
            *p = '.';
        }

        same = single
               ? strtof_l(text, NULL, e->codec->plain) == (float) n
               : strtod_l(text, NULL, e->codec->plain) == n;

        if (same) {
            break;
        }
    }

    pl_out_bytes(&e->out, pl_str_c(text));

    return PL_OK;
}


static pl_status_t
encode_bytes(encode_t *e, const pl_field_t *field,
    const ProtobufCBinaryData *bytes)
{
    pl_err_t     why;
    pl_str_t     data, text;
    pl_status_t  rc;

    data = (pl_str_t) { bytes->data, bytes->len };

    if (field->kind == PL_KIND_JSON) {
        rc = pl_json_compact(data, &e->out, &why);
        return (rc == PL_OK) ? PL_OK : encode_fault(e, rc, why.text);
    }

    text = pl_base64_encode(e->out.ar, data);
    if (text.data == NULL) {
        return encode_fault(e, PL_NOMEM, "no memory left");
    }

    pl_out_byte(&e->out, '"');
    pl_out_bytes(&e->out, text);
    pl_out_byte(&e->out, '"');

    return PL_OK;
}


static void
encode_number(encode_t *e, bool minus, uint64_t n)
{
    size_t   at;
    uint8_t  text[ENCODE_DIGITS_MAX + 1];

    at = sizeof(text);

    do {
        text[--at] = (uint8_t) ('0' + n % 10);
        n /= 10;
    } while (n > 0);

    if (minus) {
        text[--at] = '-';
    }

    pl_out_bytes(&e->out, (pl_str_t) { text + at, sizeof(text) - at });
}


/* The path is that of the messages which are being written. */
static pl_status_t
encode_fault(encode_t *e, pl_status_t status, const char *text)
{
    char      path[PL_ERR_PATH_MAX];
    size_t    len;
    unsigned  i;

    path[0] = '\0';

    for (i = 0; i < e->depth; i++) {
        len = strlen(path);
        (void) snprintf(path + len, sizeof(path) - len, "%s%s",
                        len == 0 ? "" : ".",
                        (const char *) e->frames[i].field->name.data);

        if (e->frames[i].index > 0) {
            len = strlen(path);
            (void) snprintf(path + len, sizeof(path) - len, "[%zu]",
                            e->frames[i].index - 1);
        }
    }

    (void) pl_err_set(e->err, status, "encode", 0, "%s", text);
    pl_err_path(e->err, "%s", path);

    return status;
}
