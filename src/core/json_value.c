/*
 * A scalar's text into a message's field, the same for JSON and forms: what
 * each kind accepts, its range, the bounds of its rows, and where it goes.
 *
 * Arrays grow by doubling whenever their count is a power of two, so that
 * no capacity has to be kept beside the message. What they grow out of
 * stays in the arena: at most as much again.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_impl.h"

#define VALUE_ARRAY_FIRST  2
#define VALUE_NUMBER_MAX   512          /* bytes of a number with fraction */


static const char *const  value_not[PL_KIND_COUNT] = {
    [PL_KIND_INT32] = "not an integer",
    [PL_KIND_UINT32] = "not an integer",
    [PL_KIND_INT64] = "not an integer",
    [PL_KIND_UINT64] = "not an integer",
    [PL_KIND_FLOAT] = "not a number",
    [PL_KIND_DOUBLE] = "not a number",
    [PL_KIND_BOOL] = "not true or false",
    [PL_KIND_ENUM] = "not one of its values",
    [PL_KIND_STRING] = "not a string",
    [PL_KIND_BYTES] = "not base64 text",
    [PL_KIND_JSON] = "not JSON",
    [PL_KIND_MESSAGE] = "not an object",
};


static pl_status_t value_parse(const pl_sink_t *sink,
    const pl_field_t *field, const pl_token_t *tok, void *to);
static pl_status_t value_integer(const pl_sink_t *sink,
    const pl_field_t *field, const pl_token_t *tok, void *to);
static bool value_digits(pl_str_t text, bool *minus, uint64_t *n, bool *big);
static bool value_in_range(const pl_field_t *field, bool minus, uint64_t n);
static pl_status_t value_bounds(const pl_sink_t *sink,
    const pl_field_t *field, bool minus, uint64_t n);
static pl_status_t value_real(const pl_sink_t *sink, const pl_field_t *field,
    const pl_token_t *tok, void *to);
static pl_status_t value_bool(const pl_sink_t *sink, const pl_field_t *field,
    const pl_token_t *tok, void *to);
static pl_status_t value_enum(const pl_sink_t *sink, const pl_field_t *field,
    const pl_token_t *tok, void *to);
static pl_status_t value_string(const pl_sink_t *sink,
    const pl_field_t *field, const pl_token_t *tok, void *to);
static pl_status_t value_base64(const pl_sink_t *sink,
    const pl_field_t *field, const pl_token_t *tok, void *to);
static pl_status_t value_len(const pl_sink_t *sink, const pl_field_t *field,
    size_t len);
static void *value_slot(const pl_sink_t *sink, const pl_field_t *field,
    uint8_t *msg, pl_status_t *rc);
static void value_commit(const pl_field_t *field, uint8_t *msg);
static pl_status_t value_fault(const pl_sink_t *sink,
    const pl_field_t *field);
static pl_status_t value_nomem(const pl_sink_t *sink);


pl_status_t
pl_json_value(const pl_sink_t *sink, const pl_field_t *field, uint8_t *msg,
    const pl_token_t *tok)
{
    void         *slot;
    pl_status_t   rc;

    slot = value_slot(sink, field, msg, &rc);
    if (slot == NULL || (rc = value_parse(sink, field, tok, slot)) != PL_OK) {
        return rc;
    }

    value_commit(field, msg);

    return PL_OK;
}


pl_status_t
pl_json_value_bytes(const pl_sink_t *sink, const pl_field_t *field,
    uint8_t *msg, pl_str_t bytes)
{
    pl_status_t           rc;
    ProtobufCBinaryData  *to;

    if (!field->repeated
        && (rc = value_len(sink, field, bytes.len)) != PL_OK)
    {
        return rc;
    }

    to = value_slot(sink, field, msg, &rc);
    if (to == NULL) {
        return rc;
    }

    /* protobuf-c has no const for bytes that it only reads. */
    to->data = (uint8_t *) (uintptr_t) bytes.data;
    to->len = bytes.len;
    value_commit(field, msg);

    return PL_OK;
}


pl_status_t
pl_json_value_message(const pl_sink_t *sink, const pl_field_t *field,
    uint8_t *msg, uint8_t **sub)
{
    uint8_t                          **slot;
    pl_status_t                        rc;
    const ProtobufCMessageDescriptor  *desc;

    slot = value_slot(sink, field, msg, &rc);
    if (slot == NULL) {
        return rc;
    }

    desc = field->shape->desc;
    *sub = pl_arena_alloc(sink->ar, desc->sizeof_message);
    if (*sub == NULL) {
        return value_nomem(sink);
    }

    protobuf_c_message_init(desc, *sub);
    *slot = *sub;
    value_commit(field, msg);

    return PL_OK;
}


/* protobuf-c has no const for what it only reads. */
void
pl_json_hide(const pl_field_t *field, uint8_t *msg, const void *data,
    size_t len)
{
    void                 *to;
    ProtobufCBinaryData  *bytes;

    to = msg + field->offset;

    if (field->desc->type == PROTOBUF_C_TYPE_STRING) {
        *(char **) to = (char *) (uintptr_t) data;
        return;
    }

    bytes = to;
    bytes->data = (uint8_t *) (uintptr_t) data;
    bytes->len = len;
    value_commit(field, msg);
}


pl_status_t
pl_json_complete(const pl_shape_t *shape, const uint8_t *msg,
    pl_json_bits_t seen, const pl_field_t **missing, pl_err_t *err)
{
    size_t             i;
    pl_json_bits_t     absent;
    const pl_field_t  *field;

    absent = shape->required & ~seen;

    for (i = 0; i < shape->n_needed; i++) {
        if ((seen & shape->needed[i].other) != 0) {
            absent |= shape->needed[i].field->bit & ~seen;
        }
    }

    if (absent != 0) {
        for (i = 0; (absent >> i & 1) == 0; i++) { /* void */ }

        *missing = &shape->fields[i];
        return pl_err_set(err, PL_INVALID, "decode", 0, "required");
    }

    for (i = 0; shape->counted != 0 && i < shape->count; i++) {
        field = &shape->fields[i];

        if ((shape->counted & field->bit) != 0
            && pl_json_count(field, msg) < field->len_min)
        {
            *missing = field;
            return pl_err_set(err, PL_INVALID, "decode", 0,
                              "fewer than %zu elements", field->len_min);
        }
    }

    return PL_OK;
}


size_t
pl_json_count(const pl_field_t *field, const uint8_t *msg)
{
    return *(const size_t *) (const void *) (msg + field->quantifier);
}


const char *
pl_json_not(const pl_field_t *field)
{
    return value_not[field->kind];
}


static pl_status_t
value_parse(const pl_sink_t *sink, const pl_field_t *field,
    const pl_token_t *tok, void *to)
{
    switch (field->kind) {

    case PL_KIND_STRING:
        return value_string(sink, field, tok, to);

    case PL_KIND_FLOAT:
    case PL_KIND_DOUBLE:
        return value_real(sink, field, tok, to);

    case PL_KIND_BOOL:
        return value_bool(sink, field, tok, to);

    case PL_KIND_ENUM:
        return value_enum(sink, field, tok, to);

    case PL_KIND_BYTES:
        return value_base64(sink, field, tok, to);

    case PL_KIND_INT32:
    case PL_KIND_UINT32:
    case PL_KIND_INT64:
    case PL_KIND_UINT64:
        return value_integer(sink, field, tok, to);

    default:
        return value_fault(sink, field);
    }
}


static pl_status_t
value_integer(const pl_sink_t *sink, const pl_field_t *field,
    const pl_token_t *tok, void *to)
{
    bool         minus, big;
    uint64_t     n;
    pl_status_t  rc;

    if (!(tok->kind == PL_TOKEN_NUMBER || tok->kind == PL_TOKEN_FORM
          || (tok->kind == PL_TOKEN_STRING && sink->open))
        || !value_digits(tok->text, &minus, &n, &big))
    {
        return value_fault(sink, field);
    }

    if (big || !value_in_range(field, minus, n)) {
        return pl_err_set(sink->err, PL_INVALID, "decode", 0,
                          "out of its type's range");
    }

    if ((field->rules & (1u << PL_RULE_MIN | 1u << PL_RULE_MAX)) != 0
        && (rc = value_bounds(sink, field, minus, n)) != PL_OK)
    {
        return rc;
    }

    /* Negative numbers are made unsigned, where no step can overflow. */
    n = minus ? 0 - n : n;

    if (field->size == sizeof(uint32_t)) {
        *(uint32_t *) to = (uint32_t) n;

    } else {
        *(uint64_t *) to = n;
    }

    return PL_OK;
}


/* False when it is no integer. */
static bool
value_digits(pl_str_t text, bool *minus, uint64_t *n, bool *big)
{
    size_t    i;
    uint64_t  digit;

    *minus = text.len > 0 && text.data[0] == '-';
    *big = false;
    *n = 0;

    i = *minus ? 1 : 0;

    if (i == text.len) {
        return false;
    }

    for ( /* void */ ; i < text.len; i++) {
        digit = (uint64_t) text.data[i] - '0';

        if (digit > 9) {
            return false;
        }

        if (*n > (UINT64_MAX - digit) / 10) {
            *big = true;
            *n = 0;
        }

        *n = *n * 10 + digit;
    }

    return true;
}


static bool
value_in_range(const pl_field_t *field, bool minus, uint64_t n)
{
    switch (field->kind) {

    case PL_KIND_INT32:
        return n <= (uint64_t) INT32_MAX + (minus ? 1 : 0);

    case PL_KIND_INT64:
        return n <= (uint64_t) INT64_MAX + (minus ? 1 : 0);

    case PL_KIND_UINT32:
        return n <= (minus ? 0 : UINT32_MAX);

    default:
        return !minus || n == 0;
    }
}


static pl_status_t
value_bounds(const pl_sink_t *sink, const pl_field_t *field, bool minus,
    uint64_t n)
{
    bool     huge;
    int64_t  value;

    /* Beyond what a bound can say, and so above every bound. */
    huge = !minus && n > (uint64_t) INT64_MAX;
    value = huge ? INT64_MAX : (int64_t) (minus ? 0 - n : n);

    if (value < field->min) {
        return pl_err_set(sink->err, PL_INVALID, "decode", 0,
                          "less than %lld", (long long) field->min);
    }

    if (value > field->max
        || (huge && (field->rules & 1u << PL_RULE_MAX) != 0))
    {
        return pl_err_set(sink->err, PL_TOOBIG, "decode", 0,
                          "more than %lld", (long long) field->max);
    }

    return PL_OK;
}


static pl_status_t
value_real(const pl_sink_t *sink, const pl_field_t *field,
    const pl_token_t *tok, void *to)
{
    char    text[VALUE_NUMBER_MAX + 1], *end;
    double  n;

    if ((tok->kind != PL_TOKEN_NUMBER && tok->kind != PL_TOKEN_FORM)
        || tok->text.len == 0)
    {
        return value_fault(sink, field);
    }

    if (tok->text.len > VALUE_NUMBER_MAX) {
        return pl_err_set(sink->err, PL_TOOBIG, "decode", 0,
                          "longer than %d bytes", VALUE_NUMBER_MAX);
    }

    memcpy(text, tok->text.data, tok->text.len);
    text[tok->text.len] = '\0';

    /* Forms may say "inf", "nan", "0x1", or begin with a blank: not here. */
    if (strspn(text, "0123456789+-.eE") != tok->text.len) {
        return value_fault(sink, field);
    }

    n = (field->kind == PL_KIND_FLOAT)
        ? (double) strtof_l(text, &end, sink->codec->plain)
        : strtod_l(text, &end, sink->codec->plain);

    if (*end != '\0') {
        return value_fault(sink, field);
    }

    if (__builtin_isinf(n)) {
        return pl_err_set(sink->err, PL_INVALID, "decode", 0,
                          "out of its type's range");
    }

    if (field->kind == PL_KIND_FLOAT) {
        *(float *) to = (float) n;

    } else {
        *(double *) to = n;
    }

    return PL_OK;
}


static pl_status_t
value_bool(const pl_sink_t *sink, const pl_field_t *field,
    const pl_token_t *tok, void *to)
{
    bool  yes, form;

    form = tok->kind == PL_TOKEN_FORM;
    yes = tok->kind == PL_TOKEN_TRUE
          || (form && (pl_str_eq(tok->text, PL_STR("true"))
                       || pl_str_eq(tok->text, PL_STR("1"))));

    if (!yes && tok->kind != PL_TOKEN_FALSE
        && !(form && (pl_str_eq(tok->text, PL_STR("false"))
                      || pl_str_eq(tok->text, PL_STR("0")))))
    {
        return value_fault(sink, field);
    }

    *(protobuf_c_boolean *) to = yes;

    return PL_OK;
}


static pl_status_t
value_enum(const pl_sink_t *sink, const pl_field_t *field,
    const pl_token_t *tok, void *to)
{
    size_t             i;
    const pl_names_t  *names;

    names = field->names;

    if (tok->kind == PL_TOKEN_STRING || tok->kind == PL_TOKEN_FORM) {
        for (i = 0; i < names->count; i++) {
            if (pl_str_eq(names->names[i], tok->text)) {
                *(int *) to = names->type->values[i].value;
                return PL_OK;
            }
        }
    }

    return value_fault(sink, field);
}


/* An open shape keeps a number's digits. */
static pl_status_t
value_string(const pl_sink_t *sink, const pl_field_t *field,
    const pl_token_t *tok, void *to)
{
    char         *text;
    pl_status_t   rc;

    if (tok->kind != PL_TOKEN_STRING && tok->kind != PL_TOKEN_FORM
        && !(tok->kind == PL_TOKEN_NUMBER && sink->open))
    {
        return value_fault(sink, field);
    }

    text = pl_utf8_clean(sink->ar, tok->text);
    if (text == NULL) {
        return value_nomem(sink);
    }

    if (!field->repeated
        && (field->rules & (1u << PL_RULE_LEN_MIN | 1u << PL_RULE_LEN_MAX))
           != 0
        && (rc = value_len(sink, field, strlen(text))) != PL_OK)
    {
        return rc;
    }

    *(char **) to = text;

    return PL_OK;
}


static pl_status_t
value_base64(const pl_sink_t *sink, const pl_field_t *field,
    const pl_token_t *tok, void *to)
{
    pl_str_t              bytes;
    pl_status_t           rc;
    ProtobufCBinaryData  *data;

    if (tok->kind != PL_TOKEN_STRING && tok->kind != PL_TOKEN_FORM) {
        return value_fault(sink, field);
    }

    rc = pl_base64_decode(sink->ar, tok->text, &bytes);
    if (rc != PL_OK) {
        return (rc == PL_NOMEM) ? value_nomem(sink) : value_fault(sink, field);
    }

    if (!field->repeated
        && (rc = value_len(sink, field, bytes.len)) != PL_OK)
    {
        return rc;
    }

    data = to;
    data->data = (uint8_t *) (uintptr_t) bytes.data;
    data->len = bytes.len;

    return PL_OK;
}


/* Of a string or bytes that are no array: there the rows count elements. */
static pl_status_t
value_len(const pl_sink_t *sink, const pl_field_t *field, size_t len)
{
    if (len < field->len_min) {
        return pl_err_set(sink->err, PL_INVALID, "decode", 0,
                          "shorter than %zu bytes", field->len_min);
    }

    if (len > field->len_max) {
        return pl_err_set(sink->err, PL_TOOBIG, "decode", 0,
                          "longer than %zu bytes", field->len_max);
    }

    return PL_OK;
}


/*
 * Where the next value goes, or NULL and *rc; nothing counts before
 * value_commit.
 */
static void *
value_slot(const pl_sink_t *sink, const pl_field_t *field, uint8_t *msg,
    pl_status_t *rc)
{
    size_t    n, room;
    uint8_t  *old, *items;

    *rc = PL_OK;

    if (!field->repeated) {
        return msg + field->offset;
    }

    n = pl_json_count(field, msg);
    old = *(uint8_t **) (void *) (msg + field->offset);

    if (n >= field->len_max) {
        *rc = pl_err_set(sink->err, PL_TOOBIG, "decode", 0,
                         "more than %zu elements", field->len_max);
        return NULL;
    }

    if (n == 0 || (n >= VALUE_ARRAY_FIRST && (n & (n - 1)) == 0)) {
        room = (n == 0) ? VALUE_ARRAY_FIRST : 2 * n;

        items = pl_arena_alloc(sink->ar, room * field->size);
        if (items == NULL) {
            *rc = value_nomem(sink);
            return NULL;
        }

        if (n > 0) {
            memcpy(items, old, n * field->size);
        }

        *(uint8_t **) (void *) (msg + field->offset) = items;
        old = items;
    }

    return old + n * field->size;
}


static void
value_commit(const pl_field_t *field, uint8_t *msg)
{
    void  *quantifier;

    quantifier = msg + field->quantifier;

    if (field->repeated) {
        (*(size_t *) quantifier)++;

    } else if (field->oneof) {
        *(uint32_t *) quantifier = field->desc->id;

    } else if (field->has) {
        *(protobuf_c_boolean *) quantifier = 1;
    }
}


static pl_status_t
value_fault(const pl_sink_t *sink, const pl_field_t *field)
{
    return pl_err_set(sink->err, PL_INVALID, "decode", 0, "%s",
                      value_not[field->kind]);
}


static pl_status_t
value_nomem(const pl_sink_t *sink)
{
    return pl_err_set(sink->err, PL_NOMEM, "decode", 0, "no memory left");
}
