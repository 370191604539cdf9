/*
 * A message with a field of every kind that protobuf-c knows, single and
 * repeated, a choice, and itself: what no schema of ours has, but the codec
 * promises. Written as protoc-c would; the index by name is sorted at start.
 */

#ifndef KINDS_H_INCLUDED
#define KINDS_H_INCLUDED

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

typedef struct kinds_s  kinds_t;

typedef enum {
    COLOUR_MODE_RED = 1,
    COLOUR_MODE_DEEP_BLUE = -7
} colour_e;

struct kinds_s {
    ProtobufCMessage      base;
    protobuf_c_boolean    has_i32, has_s32, has_sf32, has_u32, has_f32;
    protobuf_c_boolean    has_i64, has_s64, has_sf64, has_u64, has_f64;
    protobuf_c_boolean    has_flt, has_dbl, has_yes, has_colour, has_data;
    protobuf_c_boolean    has_json, has_raw;
    int32_t               i32, s32, sf32;
    uint32_t              u32, f32;
    int64_t               i64, s64, sf64;
    uint64_t              u64, f64;
    float                 flt;
    double                dbl;
    protobuf_c_boolean    yes;
    colour_e              colour;
    char                 *text;
    char                 *word;         /* has a default */
    ProtobufCBinaryData   data;
    ProtobufCBinaryData   json;
    ProtobufCBinaryData   raw;
    kinds_t              *sub;
    size_t                n_i32s;
    int32_t              *i32s;
    size_t                n_u64s;
    uint64_t             *u64s;
    size_t                n_dbls;
    double               *dbls;
    size_t                n_flags;
    protobuf_c_boolean   *flags;
    size_t                n_colours;
    colour_e             *colours;
    size_t                n_texts;
    char                **texts;
    size_t                n_datas;
    ProtobufCBinaryData  *datas;
    size_t                n_jsons;
    ProtobufCBinaryData  *jsons;
    size_t                n_subs;
    kinds_t             **subs;
    size_t                n_map;
    kinds_t             **map;
    uint32_t              choice_case;
    union {
        char             *first;
        int64_t           second;
        kinds_t          *third;
    };
};

enum { KINDS_FIRST = 40, KINDS_SECOND, KINDS_THIRD };

static char  kinds_word[] = "absent";

static const ProtobufCEnumValue  colour_values[] = {
    { "COLOUR_MODE_DEEP_BLUE", "COLOUR_MODE_DEEP_BLUE", -7 },
    { "COLOUR_MODE_RED", "COLOUR_MODE_RED", 1 },
};

static const ProtobufCEnumDescriptor  colour_descriptor = {
    .magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
    .name = "test.ColourMode",
    .short_name = "ColourMode",
    .c_name = "colour_e",
    .package_name = "test",
    .n_values = 2,
    .values = colour_values,
};

#define KINDS_HAS(id, name, type)                                             \
    { #name, id, PROTOBUF_C_LABEL_OPTIONAL, PROTOBUF_C_TYPE_##type,           \
      offsetof(kinds_t, has_##name), offsetof(kinds_t, name), NULL, NULL,     \
      0, 0, NULL, NULL }
#define KINDS_POINTER(id, name, type, initial)                                \
    { #name, id, PROTOBUF_C_LABEL_OPTIONAL, PROTOBUF_C_TYPE_##type,           \
      0, offsetof(kinds_t, name), NULL, initial, 0, 0, NULL, NULL }
#define KINDS_MANY(id, name, type)                                            \
    { #name, id, PROTOBUF_C_LABEL_REPEATED, PROTOBUF_C_TYPE_##type,           \
      offsetof(kinds_t, n_##name), offsetof(kinds_t, name), NULL, NULL,       \
      0, 0, NULL, NULL }
#define KINDS_ONE_OF(id, name, type)                                          \
    { #name, id, PROTOBUF_C_LABEL_OPTIONAL, PROTOBUF_C_TYPE_##type,           \
      offsetof(kinds_t, choice_case), offsetof(kinds_t, name), NULL, NULL,    \
      PROTOBUF_C_FIELD_FLAG_ONEOF, 0, NULL, NULL }

static ProtobufCFieldDescriptor  kinds_fields[] = {
    KINDS_HAS(1, i32, INT32),
    KINDS_HAS(2, s32, SINT32),
    KINDS_HAS(3, sf32, SFIXED32),
    KINDS_HAS(4, u32, UINT32),
    KINDS_HAS(5, f32, FIXED32),
    KINDS_HAS(6, i64, INT64),
    KINDS_HAS(7, s64, SINT64),
    KINDS_HAS(8, sf64, SFIXED64),
    KINDS_HAS(9, u64, UINT64),
    KINDS_HAS(10, f64, FIXED64),
    KINDS_HAS(11, flt, FLOAT),
    KINDS_HAS(12, dbl, DOUBLE),
    KINDS_HAS(13, yes, BOOL),
    KINDS_HAS(14, colour, ENUM),
    KINDS_POINTER(15, text, STRING, NULL),
    KINDS_POINTER(16, word, STRING, kinds_word),
    KINDS_HAS(17, data, BYTES),
    KINDS_HAS(18, json, BYTES),
    KINDS_HAS(19, raw, BYTES),
    KINDS_POINTER(20, sub, MESSAGE, NULL),
    KINDS_MANY(21, i32s, INT32),
    KINDS_MANY(22, u64s, UINT64),
    KINDS_MANY(23, dbls, DOUBLE),
    KINDS_MANY(24, flags, BOOL),
    KINDS_MANY(25, colours, ENUM),
    KINDS_MANY(26, texts, STRING),
    KINDS_MANY(27, datas, BYTES),
    KINDS_MANY(28, jsons, BYTES),
    KINDS_MANY(29, subs, MESSAGE),
    KINDS_MANY(30, map, MESSAGE),
    KINDS_ONE_OF(KINDS_FIRST, first, STRING),
    KINDS_ONE_OF(KINDS_SECOND, second, INT64),
    KINDS_ONE_OF(KINDS_THIRD, third, MESSAGE),
};

#define KINDS_COUNT  (sizeof(kinds_fields) / sizeof(kinds_fields[0]))

static unsigned  kinds_by_name[KINDS_COUNT];

static ProtobufCMessageDescriptor  kinds_descriptor;


static void
kinds_init(ProtobufCMessage *msg)
{
    kinds_t  *kinds = (kinds_t *) (void *) msg;

    memset(kinds, 0, sizeof(*kinds));
    kinds->base.descriptor = &kinds_descriptor;
    kinds->word = kinds_word;
}


static int
kinds_order(const void *a, const void *b)
{
    return strcmp(kinds_fields[*(const unsigned *) a].name,
                  kinds_fields[*(const unsigned *) b].name);
}


/* Fills the descriptor, which refers to itself. */
static inline void
kinds_setup(void)
{
    unsigned  i;

    for (i = 0; i < KINDS_COUNT; i++) {
        kinds_by_name[i] = i;

        if (kinds_fields[i].type == PROTOBUF_C_TYPE_MESSAGE) {
            kinds_fields[i].descriptor = &kinds_descriptor;
        }

        if (kinds_fields[i].type == PROTOBUF_C_TYPE_ENUM) {
            kinds_fields[i].descriptor = &colour_descriptor;
        }
    }

    qsort(kinds_by_name, KINDS_COUNT, sizeof(unsigned), kinds_order);

    kinds_descriptor = (ProtobufCMessageDescriptor) {
        .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
        .name = "test.Kinds",
        .short_name = "Kinds",
        .c_name = "kinds_t",
        .package_name = "test",
        .sizeof_message = sizeof(kinds_t),
        .n_fields = KINDS_COUNT,
        .fields = kinds_fields,
        .fields_sorted_by_name = kinds_by_name,
        .message_init = kinds_init,
    };
}

#endif /* KINDS_H_INCLUDED */
