/*
 * Rows of rules, checked against the descriptors. A row of a shape that no
 * root leads to is checked all the same and then left aside: one table may
 * serve several codecs.
 */

#include <string.h>

#include "json_impl.h"

_Static_assert(PROTOBUF_C_TYPE_INT32 == 0
    && PROTOBUF_C_TYPE_FIXED64 + 1 == PROTOBUF_C_TYPE_FLOAT,
    "protobuf-c counts the integer types first");


static const char *const  rule_words[] = {
    [PL_RULE_NAME] = "NAME",
    [PL_RULE_OPEN] = "OPEN",
    [PL_RULE_MAP] = "MAP",
    [PL_RULE_RAW] = "RAW",
    [PL_RULE_BAD] = "BAD",
    [PL_RULE_LEN_MAX] = "LEN_MAX",
    [PL_RULE_LEN_MIN] = "LEN_MIN",
    [PL_RULE_MAX] = "MAX",
    [PL_RULE_MIN] = "MIN",
    [PL_RULE_JSON] = "JSON",
    [PL_RULE_IF] = "IF",
    [PL_RULE_PAIR] = "PAIR",
};


static pl_status_t rule_row(pl_codec_t *codec, const pl_rule_t *row,
    size_t table, size_t index, pl_err_t *err);
static const char *rule_fits(const pl_rule_t *row,
    const ProtobufCFieldDescriptor *desc);
static const char *rule_fits_map(const pl_rule_t *row,
    const ProtobufCFieldDescriptor *desc);
static const char *rule_fits_bound(const pl_rule_t *row,
    const ProtobufCFieldDescriptor *desc);
static bool rule_integer(ProtobufCType type);
static const char *rule_put(pl_codec_t *codec, pl_shape_t *shape,
    const pl_rule_t *row);
static const char *rule_put_if(pl_codec_t *codec, pl_shape_t *shape,
    const pl_field_t *field, const char *name);
static pl_field_t *rule_field(const pl_shape_t *shape, const char *name);
static const ProtobufCFieldDescriptor *rule_find(
    const ProtobufCMessageDescriptor *shape, const char *name);


pl_status_t
pl_json_rules(pl_codec_t *codec, const pl_rules_t *tables, size_t n_tables,
    pl_err_t *err)
{
    size_t       i, j;
    pl_status_t  rc;

    for (i = 0; i < n_tables; i++) {
        for (j = 0; j < tables[i].count; j++) {
            rc = rule_row(codec, &tables[i].rows[j], i, j, err);
            if (rc != PL_OK) {
                return rc;
            }
        }
    }

    return PL_OK;
}


static pl_status_t
rule_row(pl_codec_t *codec, const pl_rule_t *row, size_t table, size_t index,
    pl_err_t *err)
{
    pl_shape_t                      *shape;
    const char                      *fault;
    const ProtobufCFieldDescriptor  *desc;

    desc = NULL;

    if (row->shape == NULL) {
        fault = "no shape";

    } else if ((size_t) row->rule >= PL_COUNT(rule_words)) {
        fault = "no such rule";

    } else if (row->rule == PL_RULE_OPEN) {
        fault = (row->field == NULL) ? NULL : "it takes no field";

    } else if (row->field == NULL
               || (desc = rule_find(row->shape, row->field)) == NULL)
    {
        fault = "no such field";

    } else {
        fault = rule_fits(row, desc);
    }

    if (fault == NULL) {
        shape = pl_json_shape(codec, row->shape);
        fault = (shape == NULL) ? NULL : rule_put(codec, shape, row);
    }

    if (fault == NULL) {
        return PL_OK;
    }

    (void) pl_err_set(err, PL_INVALID, "codec", 0,
                      "rule %s (table %zu, row %zu): %s",
                      (size_t) row->rule < PL_COUNT(rule_words)
                      ? rule_words[row->rule] : "?",
                      table, index, fault);
    pl_err_path(err, "%s%s%s", row->shape == NULL ? "" : row->shape->name,
                row->field == NULL ? "" : ".",
                row->field == NULL ? "" : row->field);

    return PL_INVALID;
}


/* What is wrong with the row, or NULL. */
static const char *
rule_fits(const pl_rule_t *row, const ProtobufCFieldDescriptor *desc)
{
    bool  single;

    single = desc->label == PROTOBUF_C_LABEL_OPTIONAL
             && (desc->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0;

    switch (row->rule) {

    case PL_RULE_NAME:
        return (row->name != NULL && row->name[0] != '\0') ? NULL
               : "it needs a name";

    case PL_RULE_MAP:
    case PL_RULE_PAIR:
        return rule_fits_map(row, desc);

    case PL_RULE_RAW:
        return (single && desc->type == PROTOBUF_C_TYPE_BYTES) ? NULL
               : "its field must be optional bytes";

    case PL_RULE_BAD:
        return (single && desc->type == PROTOBUF_C_TYPE_STRING) ? NULL
               : "its field must be an optional string";

    case PL_RULE_JSON:
        return (desc->type == PROTOBUF_C_TYPE_BYTES) ? NULL
               : "its field must be bytes";

    case PL_RULE_IF:
        return (row->name != NULL && rule_find(row->shape, row->name) != NULL
                && strcmp(row->name, row->field) != 0)
               ? NULL : "it needs the name of another field";

    default:
        return rule_fits_bound(row, desc);
    }
}


static const char *
rule_fits_map(const pl_rule_t *row, const ProtobufCFieldDescriptor *desc)
{
    const ProtobufCFieldDescriptor  *key;

    if (desc->label != PROTOBUF_C_LABEL_REPEATED
        || desc->type != PROTOBUF_C_TYPE_MESSAGE)
    {
        return "its field must be a repeated message";
    }

    key = (row->name == NULL) ? NULL : rule_find(desc->descriptor, row->name);

    if (key == NULL || key->type != PROTOBUF_C_TYPE_STRING
        || key->label == PROTOBUF_C_LABEL_REPEATED
        || (key->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
    {
        return "it needs the name of the element's string field";
    }

    return NULL;
}


static const char *
rule_fits_bound(const pl_rule_t *row, const ProtobufCFieldDescriptor *desc)
{
    if (row->rule == PL_RULE_MIN || row->rule == PL_RULE_MAX) {
        return rule_integer(desc->type) ? NULL
               : "its field must be an integer";
    }

    if (desc->label != PROTOBUF_C_LABEL_REPEATED
        && desc->type != PROTOBUF_C_TYPE_STRING
        && desc->type != PROTOBUF_C_TYPE_BYTES)
    {
        return "its field must be repeated, a string or bytes";
    }

    return (row->bound >= 0) ? NULL : "its bound must not be negative";
}


static bool
rule_integer(ProtobufCType type)
{
    return type <= PROTOBUF_C_TYPE_FIXED64;
}


static const char *
rule_put(pl_codec_t *codec, pl_shape_t *shape, const pl_rule_t *row)
{
    pl_field_t  *field;

    if (row->rule == PL_RULE_OPEN) {
        shape->open = true;
        return NULL;
    }

    field = rule_field(shape, row->field);

    if (row->rule != PL_RULE_IF && (field->rules & 1u << row->rule) != 0) {
        return "the field has this rule already";
    }

    field->rules |= 1u << row->rule;

    switch (row->rule) {

    case PL_RULE_NAME:
        field->name = pl_str_c(pl_arena_str(codec->ar, pl_str_c(row->name)));
        return (field->name.data != NULL) ? NULL : "no memory";

    case PL_RULE_MAP:
        field->key = rule_field(field->shape, row->name);
        return NULL;

    case PL_RULE_PAIR:
        field->value = rule_field(field->shape, row->name);
        return NULL;

    case PL_RULE_RAW:
        field->hidden = true;
        if (shape->raw != NULL) {
            return "the shape has such a field already";
        }
        shape->raw = field;
        return NULL;

    case PL_RULE_BAD:
        field->hidden = true;
        if (shape->bad != NULL) {
            return "the shape has such a field already";
        }
        shape->bad = field;
        return NULL;

    case PL_RULE_LEN_MAX:
        field->len_max = (size_t) row->bound;
        return NULL;

    case PL_RULE_LEN_MIN:
        field->len_min = (size_t) row->bound;
        return NULL;

    case PL_RULE_MAX:
        field->max = row->bound;
        return NULL;

    case PL_RULE_MIN:
        field->min = row->bound;
        return NULL;

    case PL_RULE_JSON:
        field->kind = PL_KIND_JSON;
        return NULL;

    default:
        return rule_put_if(codec, shape, field, row->name);
    }
}


static const char *
rule_put_if(pl_codec_t *codec, pl_shape_t *shape, const pl_field_t *field,
    const char *name)
{
    pl_needed_t  *needed;

    needed = pl_arena_alloc(codec->ar,
                            (shape->n_needed + 1) * sizeof(*needed));
    if (needed == NULL) {
        return "no memory";
    }

    if (shape->n_needed > 0) {
        memcpy(needed, shape->needed, shape->n_needed * sizeof(*needed));
    }

    needed[shape->n_needed].field = field;
    needed[shape->n_needed].other = rule_field(shape, name)->bit;
    shape->needed = needed;
    shape->n_needed++;

    return NULL;
}


/* By the name in the .proto file: rule_find has found it before. */
static pl_field_t *
rule_field(const pl_shape_t *shape, const char *name)
{
    return &shape->fields[rule_find(shape->desc, name) - shape->desc->fields];
}


static const ProtobufCFieldDescriptor *
rule_find(const ProtobufCMessageDescriptor *shape, const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name(shape, name);
}
