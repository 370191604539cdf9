/*
 * Tables made of descriptors: one pl_shape_t for each message type that the
 * roots lead to, made once and then only read.
 *
 * Names are found by a hash over their length, their first and their last
 * eight bytes (shorter names: pl_json_words). Of up to 16 bytes these say
 * all, so that a key is found without comparing byte by byte.
 */

#include <string.h>

#include "json_impl.h"

#define JSON_BLOCK          (32 * 1024)
#define JSON_HASH           0x9e3779b97f4a7c15ull   /* 2^64 / golden ratio */
#define JSON_WORDS_LEN      16      /* names that two words tell apart */
#define JSON_NO_SLOT        0xff

_Static_assert(PL_JSON_FIELDS_MAX < JSON_NO_SLOT, "slots are bytes");
_Static_assert(PL_JSON_FIELDS_MAX <= 8 * sizeof(pl_json_bits_t),
               "fields are bits of a mask");


/* By ProtobufCType; what a row of rules changes comes later. */
static const struct {
    uint8_t  kind;
    uint8_t  size;
} shape_kinds[] = {
    [PROTOBUF_C_TYPE_INT32] = { PL_KIND_INT32, sizeof(int32_t) },
    [PROTOBUF_C_TYPE_SINT32] = { PL_KIND_INT32, sizeof(int32_t) },
    [PROTOBUF_C_TYPE_SFIXED32] = { PL_KIND_INT32, sizeof(int32_t) },
    [PROTOBUF_C_TYPE_INT64] = { PL_KIND_INT64, sizeof(int64_t) },
    [PROTOBUF_C_TYPE_SINT64] = { PL_KIND_INT64, sizeof(int64_t) },
    [PROTOBUF_C_TYPE_SFIXED64] = { PL_KIND_INT64, sizeof(int64_t) },
    [PROTOBUF_C_TYPE_UINT32] = { PL_KIND_UINT32, sizeof(uint32_t) },
    [PROTOBUF_C_TYPE_FIXED32] = { PL_KIND_UINT32, sizeof(uint32_t) },
    [PROTOBUF_C_TYPE_UINT64] = { PL_KIND_UINT64, sizeof(uint64_t) },
    [PROTOBUF_C_TYPE_FIXED64] = { PL_KIND_UINT64, sizeof(uint64_t) },
    [PROTOBUF_C_TYPE_FLOAT] = { PL_KIND_FLOAT, sizeof(float) },
    [PROTOBUF_C_TYPE_DOUBLE] = { PL_KIND_DOUBLE, sizeof(double) },
    [PROTOBUF_C_TYPE_BOOL] = { PL_KIND_BOOL, sizeof(protobuf_c_boolean) },
    [PROTOBUF_C_TYPE_ENUM] = { PL_KIND_ENUM, sizeof(int) },
    [PROTOBUF_C_TYPE_STRING] = { PL_KIND_STRING, sizeof(char *) },
    [PROTOBUF_C_TYPE_BYTES] = { PL_KIND_BYTES, sizeof(ProtobufCBinaryData) },
    [PROTOBUF_C_TYPE_MESSAGE] = { PL_KIND_MESSAGE, sizeof(void *) },
};


static pl_status_t codec_fill(pl_codec_t *codec,
    const ProtobufCMessageDescriptor *const *roots, size_t n_roots,
    const pl_rules_t *tables, size_t n_tables, pl_err_t *err);
static pl_status_t codec_reach(pl_codec_t *codec,
    const ProtobufCMessageDescriptor *desc, pl_err_t *err);
static size_t codec_slot(const pl_codec_t *codec,
    const ProtobufCMessageDescriptor *desc);
static pl_status_t shape_fields(pl_codec_t *codec, pl_shape_t *shape,
    pl_err_t *err);
static pl_status_t shape_field(pl_codec_t *codec, pl_shape_t *shape,
    size_t i, pl_err_t *err);
static pl_status_t shape_names(pl_codec_t *codec, pl_field_t *field,
    pl_err_t *err);
static bool names_fill(pl_codec_t *codec, pl_names_t *names);
static char *names_prefix(pl_codec_t *codec, const char *name);
static pl_status_t shape_finish(pl_codec_t *codec, pl_shape_t *shape,
    pl_err_t *err);
static bool shape_label(pl_codec_t *codec, pl_field_t *field);
static void name_words(pl_str_t name, uint64_t *head, uint64_t *tail);
static size_t name_slot(const pl_shape_t *shape, size_t len, uint64_t head,
    uint64_t tail);
static pl_status_t shape_nomem(pl_err_t *err);


pl_status_t
pl_codec_create(pl_codec_t **codec,
    const ProtobufCMessageDescriptor *const *roots, size_t n_roots,
    const pl_rules_t *tables, size_t n_tables, pl_err_t *err)
{
    pl_arena_t   *ar;
    pl_codec_t   *made;
    pl_status_t   rc;

    *codec = NULL;

    ar = pl_arena_create(JSON_BLOCK, PL_JSON_CODEC_MAX);
    if (ar == NULL) {
        return shape_nomem(err);
    }

    made = pl_arena_zalloc(ar, sizeof(*made));
    if (made == NULL) {
        pl_arena_destroy(ar);
        return shape_nomem(err);
    }

    made->ar = ar;
    made->plain = newlocale(LC_ALL_MASK, "C", (locale_t) 0);
    if (made->plain == (locale_t) 0) {
        pl_arena_destroy(ar);
        return shape_nomem(err);
    }

    rc = codec_fill(made, roots, n_roots, tables, n_tables, err);
    if (rc != PL_OK) {
        pl_codec_destroy(made);
        return rc;
    }

    *codec = made;

    return PL_OK;
}


void
pl_codec_destroy(pl_codec_t *codec)
{
    if (codec == NULL) {
        return;
    }

    freelocale(codec->plain);
    pl_arena_destroy(codec->ar);
}


pl_shape_t *
pl_json_shape(const pl_codec_t *codec, const ProtobufCMessageDescriptor *desc)
{
    size_t  n;

    n = codec->slots[codec_slot(codec, desc)];

    return (n == 0) ? NULL : codec->shapes[n - 1];
}


const pl_field_t *
pl_json_field(const pl_shape_t *shape, pl_str_t name)
{
    size_t             i, mask;
    uint64_t           head, tail;
    const pl_field_t  *field;

    name_words(name, &head, &tail);
    mask = ((size_t) 1 << shape->slot_bits) - 1;

    /* At most half of the slots are taken, so an empty one ends this. */
    for (i = name_slot(shape, name.len, head, tail);
         shape->slots[i] != JSON_NO_SLOT;
         i = (i + 1) & mask)
    {
        field = &shape->fields[shape->slots[i]];

        if (field->name.len == name.len && field->head == head
            && field->tail == tail
            && (name.len <= JSON_WORDS_LEN || pl_str_eq(field->name, name)))
        {
            return field;
        }
    }

    return NULL;
}


static pl_status_t
codec_fill(pl_codec_t *codec, const ProtobufCMessageDescriptor *const *roots,
    size_t n_roots, const pl_rules_t *tables, size_t n_tables, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    for (i = 0; i < n_roots; i++) {
        if ((rc = codec_reach(codec, roots[i], err)) != PL_OK) {
            return rc;
        }
    }

    /* Filling one shape appends those that its fields lead to. */
    for (i = 0; i < codec->count; i++) {
        if ((rc = shape_fields(codec, codec->shapes[i], err)) != PL_OK) {
            return rc;
        }
    }

    if ((rc = pl_json_rules(codec, tables, n_tables, err)) != PL_OK) {
        return rc;
    }

    for (i = 0; i < codec->count; i++) {
        if ((rc = shape_finish(codec, codec->shapes[i], err)) != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
codec_reach(pl_codec_t *codec, const ProtobufCMessageDescriptor *desc,
    pl_err_t *err)
{
    size_t       slot;
    pl_shape_t  *shape;

    slot = codec_slot(codec, desc);

    if (codec->slots[slot] != 0) {
        return PL_OK;
    }

    if (codec->count == PL_JSON_SHAPES_MAX) {
        return pl_err_set(err, PL_TOOBIG, "codec", 0, "more than %d shapes",
                          PL_JSON_SHAPES_MAX);
    }

    shape = pl_arena_zalloc(codec->ar, sizeof(*shape));
    if (shape == NULL) {
        return shape_nomem(err);
    }

    shape->desc = desc;
    codec->shapes[codec->count++] = shape;
    codec->slots[slot] = (uint16_t) codec->count;

    return PL_OK;
}


/* Where the descriptor is, or where it would be put. */
static size_t
codec_slot(const pl_codec_t *codec, const ProtobufCMessageDescriptor *desc)
{
    size_t    i;
    uint64_t  hash;

    hash = (uint64_t) (uintptr_t) desc * JSON_HASH;

    for (i = (size_t) (hash >> 32) % PL_COUNT(codec->slots);
         codec->slots[i] != 0
         && codec->shapes[codec->slots[i] - 1]->desc != desc;
         i = (i + 1) % PL_COUNT(codec->slots))
    {
        /* half of the slots stay empty: PL_JSON_SHAPES_MAX * 2 */
    }

    return i;
}


static pl_status_t
shape_fields(pl_codec_t *codec, pl_shape_t *shape, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    shape->count = shape->desc->n_fields;

    if (shape->count > PL_JSON_FIELDS_MAX) {
        (void) pl_err_set(err, PL_TOOBIG, "codec", 0, "more than %d fields",
                          PL_JSON_FIELDS_MAX);
        pl_err_path(err, "%s", shape->desc->name);
        return PL_TOOBIG;
    }

    shape->fields = pl_arena_zalloc(codec->ar,
                                    shape->count * sizeof(*shape->fields));
    if (shape->fields == NULL) {
        return shape_nomem(err);
    }

    for (i = 0; i < shape->count; i++) {
        if ((rc = shape_field(codec, shape, i, err)) != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
shape_field(pl_codec_t *codec, pl_shape_t *shape, size_t i, pl_err_t *err)
{
    pl_status_t                      rc;
    pl_field_t                      *field;
    const ProtobufCFieldDescriptor  *desc;

    field = &shape->fields[i];
    desc = &shape->desc->fields[i];

    field->desc = desc;
    field->name = pl_str_c(desc->name);
    field->bit = (pl_json_bits_t) 1 << i;
    field->len_max = SIZE_MAX;
    field->min = INT64_MIN;
    field->max = INT64_MAX;
    field->offset = desc->offset;
    field->quantifier = desc->quantifier_offset;
    field->kind = shape_kinds[desc->type].kind;
    field->size = shape_kinds[desc->type].size;
    field->repeated = desc->label == PROTOBUF_C_LABEL_REPEATED;
    field->oneof = (desc->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    field->has = !field->repeated && !field->oneof
                 && desc->quantifier_offset != 0;
    field->required = desc->label == PROTOBUF_C_LABEL_REQUIRED;

    if (field->kind == PL_KIND_ENUM) {
        return shape_names(codec, field, err);
    }

    if (field->kind == PL_KIND_MESSAGE) {
        if ((rc = codec_reach(codec, desc->descriptor, err)) != PL_OK) {
            return rc;
        }

        field->shape = pl_json_shape(codec, desc->descriptor);
    }

    return PL_OK;
}


/* An enum's names are made once, whatever number of fields has it. */
static pl_status_t
shape_names(pl_codec_t *codec, pl_field_t *field, pl_err_t *err)
{
    size_t       i;
    pl_names_t  *names;

    for (i = 0; i < codec->n_names; i++) {
        if (codec->names[i]->type == field->desc->descriptor) {
            field->names = codec->names[i];
            return PL_OK;
        }
    }

    if (codec->n_names == PL_COUNT(codec->names)) {
        return pl_err_set(err, PL_TOOBIG, "codec", 0, "more than %d enums",
                          PL_JSON_SHAPES_MAX);
    }

    names = pl_arena_zalloc(codec->ar, sizeof(*names));
    if (names == NULL) {
        return shape_nomem(err);
    }

    names->type = field->desc->descriptor;
    if (!names_fill(codec, names)) {
        return shape_nomem(err);
    }

    codec->names[codec->n_names++] = names;
    field->names = names;

    return PL_OK;
}


/* PARTY_KIND_CONTACT of PartyKind is "contact". */
static bool
names_fill(pl_codec_t *codec, pl_names_t *names)
{
    char        *prefix, *p;
    size_t       i, len;
    const char  *name;

    prefix = names_prefix(codec, names->type->short_name);
    names->count = names->type->n_values;
    names->names = pl_arena_alloc(codec->ar,
                                  names->count * sizeof(*names->names));
    if (prefix == NULL || names->names == NULL) {
        return false;
    }

    len = strlen(prefix);

    for (i = 0; i < names->count; i++) {
        name = names->type->values[i].name;

        if (strncmp(name, prefix, len) == 0 && name[len] != '\0') {
            name += len;
        }

        p = pl_arena_str(codec->ar, pl_str_c(name));
        if (p == NULL) {
            return false;
        }

        names->names[i] = pl_str_c(p);

        for ( /* void */ ; *p != '\0'; p++) {
            *p = (char) ((*p >= 'A' && *p <= 'Z') ? *p | 0x20 : *p);
        }
    }

    return true;
}


/* PartyKind to PARTY_KIND_, HTTPCode to HTTP_CODE_. */
static char *
names_prefix(pl_codec_t *codec, const char *name)
{
    bool    upper, starts;
    char   *prefix, *p;
    size_t  i, len;

    len = strlen(name);
    prefix = pl_arena_alloc(codec->ar, 2 * len + 2);
    if (prefix == NULL) {
        return NULL;
    }

    p = prefix;

    for (i = 0; i < len; i++) {
        upper = name[i] >= 'A' && name[i] <= 'Z';
        starts = upper && i > 0
                 && (!(name[i - 1] >= 'A' && name[i - 1] <= 'Z')
                     || (name[i + 1] >= 'a' && name[i + 1] <= 'z'));

        if (starts && name[i - 1] != '_') {
            *p++ = '_';
        }

        *p++ = (char) ((name[i] >= 'a' && name[i] <= 'z') ? name[i] & ~0x20
                                                          : name[i]);
    }

    *p++ = '_';
    *p = '\0';

    return prefix;
}


/* What depends on the rows: masks, labels, the names' hash. */
static pl_status_t
shape_finish(pl_codec_t *codec, pl_shape_t *shape, pl_err_t *err)
{
    size_t       i, j, slot, mask;
    pl_field_t  *field;

    shape->slot_bits = 2;
    while ((size_t) 1 << shape->slot_bits < 2 * shape->count) {
        shape->slot_bits++;
    }

    mask = ((size_t) 1 << shape->slot_bits) - 1;
    shape->slots = pl_arena_alloc(codec->ar, mask + 1);
    if (shape->slots == NULL) {
        return shape_nomem(err);
    }

    memset(shape->slots, JSON_NO_SLOT, mask + 1);

    for (i = 0; i < shape->count; i++) {
        field = &shape->fields[i];

        for (j = 0; field->oneof && j < shape->count; j++) {
            if (j != i && shape->fields[j].oneof
                && shape->fields[j].quantifier == field->quantifier)
            {
                field->group |= shape->fields[j].bit;
            }
        }

        if (!shape_label(codec, field)) {
            return shape_nomem(err);
        }

        name_words(field->name, &field->head, &field->tail);

        if (field->hidden) {
            continue;
        }

        if (pl_json_field(shape, field->name) != NULL) {
            (void) pl_err_set(err, PL_INVALID, "codec", 0,
                              "two fields have the name \"%s\"",
                              (const char *) field->name.data);
            pl_err_path(err, "%s.%s", shape->desc->name, field->desc->name);
            return PL_INVALID;
        }

        shape->required |= field->required ? field->bit : 0;
        shape->counted |= (field->repeated && field->len_min > 0) ? field->bit
                                                                  : 0;
        slot = name_slot(shape, field->name.len, field->head, field->tail);

        while (shape->slots[slot] != JSON_NO_SLOT) {
            slot = (slot + 1) & mask;
        }

        shape->slots[slot] = (uint8_t) i;
    }

    return PL_OK;
}


/* What stands before the value: "name": */
static bool
shape_label(pl_codec_t *codec, pl_field_t *field)
{
    pl_out_t  out = { 0 };

    out.ar = codec->ar;
    pl_out_string(&out, field->name);
    pl_out_byte(&out, ':');
    field->label = (pl_str_t) { out.data, out.len };

    return !out.full;
}


/*
 * Two words that are equal for equal names, and for names of one length up
 * to JSON_WORDS_LEN only for those.
 */
static void
name_words(pl_str_t name, uint64_t *head, uint64_t *tail)
{
    uint32_t        low, high;
    const uint8_t  *p;

    p = name.data;

    if (name.len >= sizeof(*head)) {
        memcpy(head, p, sizeof(*head));
        memcpy(tail, p + name.len - sizeof(*tail), sizeof(*tail));

    } else if (name.len >= sizeof(low)) {
        memcpy(&low, p, sizeof(low));
        memcpy(&high, p + name.len - sizeof(high), sizeof(high));
        *head = low;
        *tail = high;

    } else if (name.len > 0) {
        *head = (uint64_t) p[0] | (uint64_t) p[name.len / 2] << 8;
        *tail = p[name.len - 1];

    } else {
        *head = 0;
        *tail = 0;
    }
}


static size_t
name_slot(const pl_shape_t *shape, size_t len, uint64_t head, uint64_t tail)
{
    uint64_t  hash;

    hash = (head ^ (tail << 29 | tail >> 35) ^ (uint64_t) len) * JSON_HASH;

    return (size_t) (hash >> (64 - shape->slot_bits));
}


static pl_status_t
shape_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "codec", 0, "no memory");
}
