/*
 * Forms into flat messages: application/x-www-form-urlencoded, by the same
 * tables, values and errors as JSON. Fields that are messages cannot be
 * given, and count as unknown.
 */

#include <string.h>

#include "json_impl.h"


typedef struct {
    pl_sink_t          sink;
    const pl_shape_t  *shape;
    uint8_t           *msg;
    pl_json_bits_t     seen;
} form_t;


static pl_status_t form_pairs(form_t *fo, pl_str_t form);
static pl_status_t form_pair(form_t *fo, pl_str_t pair);
static pl_status_t form_value(form_t *fo, const pl_field_t *field,
    pl_str_t text);
static pl_status_t form_json(form_t *fo, const pl_field_t *field,
    pl_str_t text);
static pl_status_t form_fault(form_t *fo, pl_str_t name, const char *text);
static pl_status_t form_bad(form_t *fo);
static pl_str_t form_text(pl_arena_t *ar, pl_str_t s);


pl_status_t
pl_form_decode(const pl_codec_t *codec,
    const ProtobufCMessageDescriptor *shape, pl_str_t form, pl_arena_t *ar,
    ProtobufCMessage **out, pl_err_t *err)
{
    form_t       fo = { 0 };
    pl_err_t     why;
    pl_status_t  rc;

    *out = NULL;
    fo.shape = pl_json_shape(codec, shape);

    if (fo.shape == NULL) {
        return pl_err_set(err, PL_MISUSE, "decode", 0,
                          "the codec does not know %s", shape->name);
    }

    fo.sink = (pl_sink_t) { codec, ar, fo.shape->open, &why };
    fo.msg = pl_arena_alloc(ar, shape->sizeof_message);

    if (fo.msg == NULL) {
        return pl_err_set(err, PL_NOMEM, "decode", 0, "no memory left");
    }

    protobuf_c_message_init(shape, fo.msg);

    rc = form_pairs(&fo, form);

    if (rc != PL_OK && rc != PL_NOMEM && fo.shape->bad != NULL) {
        rc = form_bad(&fo);
    }

    if (rc != PL_OK) {
        if (err != NULL) {
            *err = why;
            err->status = rc;
        }

        return rc;
    }

    if (fo.shape->raw != NULL) {
        pl_json_hide(fo.shape->raw, fo.msg, form.data, form.len);
    }

    *out = (ProtobufCMessage *) (void *) fo.msg;

    return PL_OK;
}


static pl_status_t
form_pairs(form_t *fo, pl_str_t form)
{
    size_t             at, len;
    pl_str_t           pair;
    pl_status_t        rc;
    const uint8_t     *end;
    const pl_field_t  *missing;

    for (at = 0; at < form.len; at += len + 1) {
        end = memchr(form.data + at, '&', form.len - at);
        len = (end == NULL) ? form.len - at
                            : (size_t) (end - form.data) - at;
        pair = (pl_str_t) { form.data + at, len };

        if (len > 0 && (rc = form_pair(fo, pair)) != PL_OK) {
            return rc;
        }
    }

    rc = pl_json_complete(fo->shape, fo->msg, fo->seen, &missing,
                          fo->sink.err);
    if (rc != PL_OK) {
        pl_err_path(fo->sink.err, "%s", (const char *) missing->name.data);
    }

    return rc;
}


static pl_status_t
form_pair(form_t *fo, pl_str_t pair)
{
    pl_str_t           name, text;
    pl_status_t        rc;
    const uint8_t     *sign;
    const pl_field_t  *field;

    sign = memchr(pair.data, '=', pair.len);
    name = pair;
    text = PL_STR("");

    if (sign != NULL) {
        name.len = (size_t) (sign - pair.data);
        text.data = sign + 1;
        text.len = pair.len - name.len - 1;
    }

    name = form_text(fo->sink.ar, name);
    text = form_text(fo->sink.ar, text);

    if (name.data == NULL || text.data == NULL) {
        return pl_err_set(fo->sink.err, PL_NOMEM, "decode", 0,
                          "no memory left");
    }

    field = pl_json_field(fo->shape, name);

    if (field == NULL || field->kind == PL_KIND_MESSAGE) {
        return fo->shape->open ? PL_OK : form_fault(fo, name, "unknown key");
    }

    if (!fo->shape->open && !field->repeated
        && (fo->seen & field->bit) != 0)
    {
        return form_fault(fo, name, "given twice");
    }

    if (!fo->shape->open && (fo->seen & field->group) != 0) {
        return form_fault(fo, name, "another of the same choice is given");
    }

    rc = form_value(fo, field, text);
    if (rc != PL_OK) {
        pl_err_path(fo->sink.err, "%s", (const char *) field->name.data);
    }

    return rc;
}


/*
 * Providers send every parameter, and those that say nothing empty: for
 * numbers and the like an open shape takes that for absent.
 */
static pl_status_t
form_value(form_t *fo, const pl_field_t *field, pl_str_t text)
{
    pl_token_t   tok;
    pl_status_t  rc;

    if (text.len == 0 && fo->shape->open && field->kind != PL_KIND_STRING
        && field->kind != PL_KIND_BYTES)
    {
        return PL_OK;
    }

    if (field->kind == PL_KIND_JSON) {
        return form_json(fo, field, text);
    }

    tok.kind = PL_TOKEN_FORM;
    tok.text = text;

    rc = pl_json_value(&fo->sink, field, fo->msg, &tok);
    if (rc == PL_OK) {
        fo->seen |= field->bit;
    }

    return rc;
}


/*
 * A parameter that holds JSON is seen to be JSON before it is kept. null is
 * the same as an absent one, as it is in JSON.
 */
static pl_status_t
form_json(form_t *fo, const pl_field_t *field, pl_str_t text)
{
    pl_out_t     out = { 0 };
    pl_status_t  rc;

    out.ar = fo->sink.ar;

    rc = pl_json_compact(text, &out, fo->sink.err);
    if (rc != PL_OK) {
        return (rc == PL_INVALID)
               ? pl_err_set(fo->sink.err, PL_INVALID, "decode", 0, "%s",
                            pl_json_not(field))
               : rc;
    }

    if (!field->repeated
        && pl_str_eq((pl_str_t) { out.data, out.len }, PL_STR("null")))
    {
        return PL_OK;
    }

    rc = pl_json_value_bytes(&fo->sink, field, fo->msg,
                             (pl_str_t) { out.data, out.len });
    if (rc == PL_OK) {
        fo->seen |= field->bit;
    }

    return rc;
}


static pl_status_t
form_fault(form_t *fo, pl_str_t name, const char *text)
{
    (void) pl_err_set(fo->sink.err, PL_INVALID, "decode", 0, "%s", text);

    /* What was sent is shown only where it looks like a parameter. */
    if (pl_name_valid(name)) {
        pl_err_path(fo->sink.err, "%.*s", (int) name.len,
                    (const char *) name.data);
    }

    return PL_INVALID;
}


/* The message keeps its own error, which is no longer the call's. */
static pl_status_t
form_bad(form_t *fo)
{
    char            *text;
    const pl_err_t  *why;

    why = fo->sink.err;
    text = pl_arena_printf(fo->sink.ar, "%s%s%s", why->path,
                           why->path[0] == '\0' ? "" : ": ", why->text);
    if (text == NULL) {
        return pl_err_set(fo->sink.err, PL_NOMEM, "decode", 0,
                          "no memory left");
    }

    pl_json_hide(fo->shape->bad, fo->msg, text, 0);

    return PL_OK;
}


/* In place where there is nothing to decode. data NULL: no memory. */
static pl_str_t
form_text(pl_arena_t *ar, pl_str_t s)
{
    size_t    i, len;
    uint8_t  *text, byte;

    if (s.len == 0
        || (memchr(s.data, '%', s.len) == NULL
            && memchr(s.data, '+', s.len) == NULL))
    {
        return s;
    }

    text = pl_arena_alloc(ar, s.len);
    if (text == NULL) {
        return PL_STR_NULL;
    }

    len = 0;

    for (i = 0; i < s.len; i++) {
        byte = s.data[i];

        if (byte == '+') {
            byte = ' ';

        } else if (byte == '%' && s.len - i > 2
                   && pl_hex_decode((pl_str_t) { s.data + i + 1, 2 }, &byte,
                                    1))
        {
            i += 2;
        }

        text[len++] = byte;
    }

    return (pl_str_t) { text, len };
}
