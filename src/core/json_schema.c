/*
 * See json_schema.h. Shapes are written in the order in which they are met,
 * each once.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json_impl.h"
#include "json_schema.h"

#define SCHEMA_DRAFT       "https://json-schema.org/draft/2020-12/schema"
#define SCHEMA_NUMBER_MAX  32

/* A schema that is being written. */
typedef struct {
    const pl_json_words_t  *words;
    const char             *home;       /* package; NULL: all are at home */
    const char             *refs;
    pl_out_t                out;
    bool                    more;       /* shapes than there is room for */
    size_t                  n;
    const pl_shape_t       *shapes[PL_JSON_SCHEMA_MAX];
    const pl_field_t       *keys[PL_JSON_SCHEMA_MAX];   /* of maps */
} schema_t;

static void schema_defs(schema_t *s);
static pl_status_t schema_end(schema_t *s, pl_str_t *out, pl_err_t *err);
static void schema_name(schema_t *s, const ProtobufCMessageDescriptor *desc);
static void schema_shape(schema_t *s, size_t i);
static void schema_properties(schema_t *s, const pl_shape_t *shape,
    const pl_field_t *key);
static void schema_required(schema_t *s, const pl_shape_t *shape,
    const pl_field_t *key);
static void schema_field(schema_t *s, const pl_shape_t *shape,
    const pl_field_t *field);
static void schema_map(schema_t *s, const pl_field_t *field);
static void schema_list(schema_t *s, const pl_field_t *field);
static void schema_value(schema_t *s, const pl_field_t *field);
static void schema_string(schema_t *s, const pl_field_t *field);
static void schema_integer(schema_t *s, const pl_field_t *field);
static void schema_names(schema_t *s, const pl_names_t *names);
static void schema_ref(schema_t *s, const pl_shape_t *shape,
    const pl_field_t *key);
static void schema_meet(schema_t *s, const pl_shape_t *shape,
    const pl_field_t *key);
static void schema_describe(schema_t *s,
    const ProtobufCMessageDescriptor *shape, const char *field);
static void schema_bound(schema_t *s, const char *name, size_t n);
static void schema_text(schema_t *s, const char *text);
static bool schema_has(const pl_field_t *field, pl_rule_e rule);


pl_status_t
pl_json_schema(const pl_codec_t *codec,
    const ProtobufCMessageDescriptor *desc, const pl_json_words_t *words,
    pl_arena_t *ar, pl_str_t *out, pl_err_t *err)
{
    schema_t           s;
    const pl_shape_t  *shape;

    *out = PL_STR_NULL;

    shape = pl_json_shape(codec, desc);
    if (shape == NULL) {
        return pl_err_set(err, PL_MISUSE, "schema", 0,
                          "the codec does not know %s", desc->name);
    }

    memset(&s, 0, sizeof(s));
    s.words = words;
    s.refs = "#/$defs/";
    s.out.ar = ar;

    schema_text(&s, "{\"$schema\":\"" SCHEMA_DRAFT "\",\n");
    schema_ref(&s, shape, NULL);
    schema_text(&s, ",\n\"$defs\":");
    schema_defs(&s);
    schema_text(&s, "}");

    return schema_end(&s, out, err);
}


pl_status_t
pl_json_schemas(const pl_codec_t *codec,
    const ProtobufCMessageDescriptor *const *shapes, size_t n,
    const char *home, const char *refs, const pl_json_words_t *words,
    pl_arena_t *ar, pl_str_t *out, pl_err_t *err)
{
    size_t             i;
    schema_t           s;
    const pl_shape_t  *shape;

    *out = PL_STR_NULL;

    memset(&s, 0, sizeof(s));
    s.words = words;
    s.home = home;
    s.refs = refs;
    s.out.ar = ar;

    for (i = 0; i < n; i++) {
        shape = pl_json_shape(codec, shapes[i]);
        if (shape == NULL) {
            return pl_err_set(err, PL_MISUSE, "schema", 0,
                              "the codec does not know %s",
                              shapes[i]->name);
        }

        schema_meet(&s, shape, NULL);
    }

    schema_defs(&s);

    return schema_end(&s, out, err);
}


/* Writing one meets those that it holds. */

static void
schema_defs(schema_t *s)
{
    size_t  i;

    schema_text(s, "{");

    for (i = 0; i < s->n; i++) {
        schema_text(s, i == 0 ? "\n" : ",\n");
        schema_shape(s, i);
    }

    schema_text(s, "\n}");
}


static pl_status_t
schema_end(schema_t *s, pl_str_t *out, pl_err_t *err)
{
    pl_out_byte(&s->out, '\0');

    if (s->more) {
        return pl_err_set(err, PL_TOOBIG, "schema", 0,
                          "more than %d shapes", PL_JSON_SCHEMA_MAX);
    }

    if (s->out.full) {
        return pl_err_set(err, PL_NOMEM, "schema", 0, "no memory left");
    }

    *out = (pl_str_t) { s->out.data, s->out.len - 1 };

    return PL_OK;
}


/* A word: letters and digits alone. */

static void
schema_name(schema_t *s, const ProtobufCMessageDescriptor *desc)
{
    const char  *package, *last;

    package = desc->package_name != NULL ? desc->package_name : "";

    if (s->home != NULL && strcmp(package, s->home) != 0) {
        last = strrchr(package, '.');
        last = last != NULL ? last + 1 : package;

        if (last[0] >= 'a' && last[0] <= 'z') {
            pl_out_byte(&s->out, (uint8_t) (last[0] - 'a' + 'A'));
            schema_text(s, last + 1);
        }
    }

    schema_text(s, desc->short_name);
}


static void
schema_shape(schema_t *s, size_t i)
{
    const pl_shape_t  *shape = s->shapes[i];

    schema_text(s, "\"");
    schema_name(s, shape->desc);
    schema_text(s, "\":{");
    schema_describe(s, shape->desc, NULL);
    schema_text(s, "\"type\":\"object\"");

    if (!shape->open) {
        schema_text(s, ",\"additionalProperties\":false");
    }

    schema_text(s, ",\"properties\":{");
    schema_properties(s, shape, s->keys[i]);
    schema_text(s, "}");
    schema_required(s, shape, s->keys[i]);
    schema_text(s, "}");
}


/* A map's element does not have its key among its properties. */

static void
schema_properties(schema_t *s, const pl_shape_t *shape,
    const pl_field_t *key)
{
    bool               comma = false;
    size_t             i;
    const pl_field_t  *field;

    for (i = 0; i < shape->count; i++) {
        field = &shape->fields[i];

        if (field->hidden || field == key) {
            continue;
        }

        if (comma) {
            schema_text(s, ",");
        }

        comma = true;
        pl_out_string(&s->out, field->name);
        schema_text(s, ":{");
        schema_field(s, shape, field);
        schema_text(s, "}");
    }
}


static void
schema_required(schema_t *s, const pl_shape_t *shape, const pl_field_t *key)
{
    size_t             i, n = 0;
    const pl_field_t  *field;

    for (i = 0; i < shape->count; i++) {
        field = &shape->fields[i];

        if (!field->required || field == key) {
            continue;
        }

        schema_text(s, n++ == 0 ? ",\"required\":[" : ",");
        pl_out_string(&s->out, field->name);
    }

    if (n != 0) {
        schema_text(s, "]");
    }
}


static void
schema_field(schema_t *s, const pl_shape_t *shape, const pl_field_t *field)
{
    schema_describe(s, shape->desc, field->desc->name);

    if (field->key != NULL) {
        schema_map(s, field);

    } else if (field->repeated) {
        schema_list(s, field);

    } else {
        schema_value(s, field);
    }
}


static void
schema_map(schema_t *s, const pl_field_t *field)
{
    schema_text(s, "\"type\":\"object\"");
    schema_bound(s, "minProperties",
                 schema_has(field, PL_RULE_LEN_MIN) ? field->len_min : 0);

    if (schema_has(field, PL_RULE_LEN_MAX)) {
        schema_bound(s, "maxProperties", field->len_max);
    }

    schema_text(s, ",\"propertyNames\":{");
    schema_string(s, field->key);
    schema_text(s, "},\"additionalProperties\":{");

    if (field->value != NULL) {
        schema_value(s, field->value);

    } else {
        schema_ref(s, field->shape, field->key);
    }

    schema_text(s, "}");
}


/* Bounds are those of the list; its elements have none. */

static void
schema_list(schema_t *s, const pl_field_t *field)
{
    pl_field_t  element = *field;

    schema_text(s, "\"type\":\"array\"");
    schema_bound(s, "minItems",
                 schema_has(field, PL_RULE_LEN_MIN) ? field->len_min : 0);

    if (schema_has(field, PL_RULE_LEN_MAX)) {
        schema_bound(s, "maxItems", field->len_max);
    }

    element.rules &= ~(1u << PL_RULE_LEN_MIN | 1u << PL_RULE_LEN_MAX);
    schema_text(s, ",\"items\":{");
    schema_value(s, &element);
    schema_text(s, "}");
}


static void
schema_value(schema_t *s, const pl_field_t *field)
{
    switch (field->kind) {

    case PL_KIND_STRING:
        schema_string(s, field);
        break;

    case PL_KIND_BYTES:
        schema_text(s, "\"type\":\"string\","
                       "\"contentEncoding\":\"base64\"");
        break;

    case PL_KIND_BOOL:
        schema_text(s, "\"type\":\"boolean\"");
        break;

    case PL_KIND_FLOAT:
    case PL_KIND_DOUBLE:
        schema_text(s, "\"type\":\"number\"");
        break;

    case PL_KIND_ENUM:
        schema_names(s, field->names);
        break;

    case PL_KIND_JSON:
        schema_text(s, "\"type\":\"object\"");
        break;

    case PL_KIND_MESSAGE:
        schema_ref(s, field->shape, NULL);
        break;

    default:
        schema_integer(s, field);
        break;
    }
}


static void
schema_string(schema_t *s, const pl_field_t *field)
{
    schema_text(s, "\"type\":\"string\"");
    schema_bound(s, "minLength",
                 schema_has(field, PL_RULE_LEN_MIN) ? field->len_min : 0);

    if (schema_has(field, PL_RULE_LEN_MAX)) {
        schema_bound(s, "maxLength", field->len_max);
    }
}


static void
schema_integer(schema_t *s, const pl_field_t *field)
{
    char  text[SCHEMA_NUMBER_MAX];

    schema_text(s, "\"type\":\"integer\"");

    if (schema_has(field, PL_RULE_MIN)) {
        (void) snprintf(text, sizeof(text), ",\"minimum\":%" PRId64,
                        field->min);
        schema_text(s, text);

    } else if (field->kind == PL_KIND_UINT32 || field->kind == PL_KIND_UINT64)
    {
        schema_text(s, ",\"minimum\":0");
    }

    if (schema_has(field, PL_RULE_MAX)) {
        (void) snprintf(text, sizeof(text), ",\"maximum\":%" PRId64,
                        field->max);
        schema_text(s, text);
    }
}


static void
schema_names(schema_t *s, const pl_names_t *names)
{
    size_t  i;

    schema_text(s, "\"enum\":[");

    for (i = 0; i < names->count; i++) {
        if (i != 0) {
            schema_text(s, ",");
        }

        pl_out_string(&s->out, names->names[i]);
    }

    schema_text(s, "]");
}


/* A shape that is met for the first time is written later. */

static void
schema_ref(schema_t *s, const pl_shape_t *shape, const pl_field_t *key)
{
    schema_text(s, "\"$ref\":\"");
    schema_text(s, s->refs);
    schema_name(s, shape->desc);
    schema_text(s, "\"");

    schema_meet(s, shape, key);
}


static void
schema_meet(schema_t *s, const pl_shape_t *shape, const pl_field_t *key)
{
    size_t  i;

    for (i = 0; i < s->n; i++) {
        if (s->shapes[i] == shape) {
            return;
        }
    }

    if (s->n == PL_JSON_SCHEMA_MAX) {
        s->more = true;
        return;
    }

    s->shapes[s->n] = shape;
    s->keys[s->n++] = key;
}


static void
schema_describe(schema_t *s, const ProtobufCMessageDescriptor *shape,
    const char *field)
{
    size_t                 i;
    const pl_json_word_t  *row;

    for (i = 0; s->words != NULL && i < s->words->count; i++) {
        row = &s->words->rows[i];

        if (row->shape == shape
            && (field == NULL ? row->field == NULL
                : row->field != NULL && strcmp(row->field, field) == 0))
        {
            schema_text(s, "\"description\":");
            pl_out_string(&s->out, pl_str_c(row->text));
            schema_text(s, ",");
            return;
        }
    }
}


/* A lower bound of none is not worth a word. */

static void
schema_bound(schema_t *s, const char *name, size_t n)
{
    char  text[SCHEMA_NUMBER_MAX * 2];

    if (n != 0 || name[1] == 'a') {
        (void) snprintf(text, sizeof(text), ",\"%s\":%zu", name, n);
        schema_text(s, text);
    }
}


static void
schema_text(schema_t *s, const char *text)
{
    pl_out_bytes(&s->out, pl_str_c(text));
}


static bool
schema_has(const pl_field_t *field, pl_rule_e rule)
{
    return (field->rules & 1u << rule) != 0;
}
