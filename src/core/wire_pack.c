/*
 * Packs a message from its last byte to its first: the length of a message
 * inside another is known where it is to be written, so that nothing is
 * walked twice and nothing is moved.
 */

#include <string.h>

#include "wire.h"

#define WIRE_ROOM  32           /* more than tag, length or number take, and
                                   the 8 bytes in front that pack_long writes */

/* From base up there is room; p is where what follows begins. */
typedef struct {
    uint8_t  *base;
    uint8_t  *p;
} wire_out_t;

static bool pack_message(wire_out_t *out, const ProtobufCMessage *msg);
static inline bool pack_absent(const ProtobufCFieldDescriptor *field,
    const char *base);
static bool pack_present(wire_out_t *out,
    const ProtobufCFieldDescriptor *field, const char *base);
static bool pack_list(wire_out_t *out, const ProtobufCFieldDescriptor *field,
    const void *list, size_t n);
static bool pack_packed(wire_out_t *out,
    const ProtobufCFieldDescriptor *field, const void *list, size_t n);
static inline bool pack_given(const ProtobufCFieldDescriptor *field,
    const void *member, const void *of);
static bool pack_field(wire_out_t *out,
    const ProtobufCFieldDescriptor *field, const void *member);
static bool pack_bytes(wire_out_t *out, const void *data, size_t len);
static bool pack_nested(wire_out_t *out, const ProtobufCMessage *msg);
static inline void pack_number(wire_out_t *out, uint64_t n);
static void pack_long(wire_out_t *out, uint64_t n);
static void pack_fixed(wire_out_t *out, uint64_t n);


pl_str_t
pl_wire_pack(const ProtobufCMessage *msg, uint8_t *buf, size_t size)
{
    wire_out_t  out = { buf, buf + size };

    return pack_message(&out, msg)
           ? (pl_str_t) { out.p, (size_t) (buf + size - out.p) }
           : PL_STR_NULL;
}


bool
pl_wire_freeze(ProtobufCMessage *msg, pl_arena_t *ar)
{
    size_t        size;
    uint8_t      *buf;
    pl_frozen_t  *frozen;

    size = protobuf_c_message_get_packed_size(msg) + 2 * WIRE_ROOM;
    buf = pl_arena_alloc(ar, size);
    frozen = pl_arena_zalloc(ar, sizeof(*frozen));

    if (buf == NULL || frozen == NULL) {
        return false;
    }

    frozen->bytes = pl_wire_pack(msg, buf, size);
    if (frozen->bytes.data == NULL) {
        return false;
    }

    frozen->type = *msg->descriptor;
    frozen->type.reserved1 = (void *) frozen;
    msg->descriptor = &frozen->type;

    return true;
}


static bool
pack_message(wire_out_t *out, const ProtobufCMessage *msg)
{
    unsigned                         left;
    const char                      *base = (const char *) msg;
    const ProtobufCFieldDescriptor  *field;

    if (msg->n_unknown_fields != 0) {
        return false;
    }

    /* a message without fields has no list of them */

    left = msg->descriptor->n_fields;
    field = left == 0 ? NULL : &msg->descriptor->fields[left - 1];

    for ( /* void */ ; left != 0; left--, field--) {
        if (!pack_absent(field, base) && !pack_present(out, field, base)) {
            return false;
        }
    }

    return true;
}


/* Most fields of most messages are. False: not for certain. */

static inline bool
pack_absent(const ProtobufCFieldDescriptor *field, const char *base)
{
    const void  *of = base + field->quantifier_offset;

    if (field->quantifier_offset == 0) {
        return field->label == PROTOBUF_C_LABEL_OPTIONAL
               && *(const void *const *) (const void *)
                  (base + field->offset) == NULL;
    }

    return field->label == PROTOBUF_C_LABEL_REPEATED
           ? *(const size_t *) of == 0 : *(const uint32_t *) of == 0;
}


static bool
pack_present(wire_out_t *out, const ProtobufCFieldDescriptor *field,
    const char *base)
{
    const void  *member = base + field->offset;
    const void  *of = base + field->quantifier_offset;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return pack_list(out, field, *(const void *const *) member,
                         *(const size_t *) of);
    }

    return (field->label != PROTOBUF_C_LABEL_REQUIRED
            && !pack_given(field, member, of))
           || pack_field(out, field, member);
}


static bool
pack_list(wire_out_t *out, const ProtobufCFieldDescriptor *field,
    const void *list, size_t n)
{
    size_t  each;

    if ((field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0) {
        return pack_packed(out, field, list, n);
    }

    each = pl_wire_size(field->type);

    while (n-- != 0) {
        if (!pack_field(out, field, (const char *) list + n * each)) {
            return false;
        }
    }

    return true;
}


/* Numbers without tags of their own. */

static bool
pack_packed(wire_out_t *out, const ProtobufCFieldDescriptor *field,
    const void *list, size_t n)
{
    bool            wide = (field->type == PROTOBUF_C_TYPE_UINT64);
    const uint8_t  *end = out->p;

    if (!wide && field->type != PROTOBUF_C_TYPE_UINT32) {
        return false;
    }

    while (n-- != 0) {
        if (out->p - out->base < WIRE_ROOM) {
            return false;
        }

        pack_number(out, wide ? ((const uint64_t *) list)[n]
                              : ((const uint32_t *) list)[n]);
    }

    if (out->p - out->base < WIRE_ROOM) {
        return false;
    }

    pack_number(out, (uint64_t) (end - out->p));
    pack_number(out, (uint64_t) field->id << 3
                     | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);

    return true;
}


/* Of what is no list, and not required. */

static inline bool
pack_given(const ProtobufCFieldDescriptor *field, const void *member,
    const void *of)
{
    bool         one;
    const void  *pointer;

    one = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;

    if (one && *(const uint32_t *) of != field->id) {
        return false;
    }

    if (field->type == PROTOBUF_C_TYPE_STRING
        || field->type == PROTOBUF_C_TYPE_MESSAGE)
    {
        pointer = *(const void *const *) member;
        return pointer != NULL && pointer != field->default_value;
    }

    return one || *(const protobuf_c_boolean *) of != 0;
}


/* The value, and its tag before it. */

static bool
pack_field(wire_out_t *out, const ProtobufCFieldDescriptor *field,
    const void *member)
{
    bool                        done = true;
    uint32_t                    wire = PROTOBUF_C_WIRE_TYPE_VARINT;
    const char                 *text;
    const ProtobufCBinaryData  *bytes;

    if (out->p - out->base < WIRE_ROOM) {
        return false;
    }

    switch (field->type) {

    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_INT32:
        pack_number(out, (uint64_t) (int64_t) *(const int32_t *) member);
        break;

    case PROTOBUF_C_TYPE_UINT32:
        pack_number(out, *(const uint32_t *) member);
        break;

    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        pack_number(out, *(const uint64_t *) member);
        break;

    case PROTOBUF_C_TYPE_SINT64:
        pack_number(out, (*(const uint64_t *) member << 1)
                         ^ (uint64_t) -(*(const int64_t *) member < 0));
        break;

    case PROTOBUF_C_TYPE_BOOL:
        *--out->p = *(const protobuf_c_boolean *) member != 0;
        break;

    case PROTOBUF_C_TYPE_FIXED64:
        wire = PROTOBUF_C_WIRE_TYPE_64BIT;
        pack_fixed(out, *(const uint64_t *) member);
        break;

    case PROTOBUF_C_TYPE_STRING:
        wire = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
        text = *(const char *const *) member;
        done = pack_bytes(out, text, text == NULL ? 0 : strlen(text));
        break;

    case PROTOBUF_C_TYPE_BYTES:
        wire = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
        bytes = member;
        done = pack_bytes(out, bytes->data, bytes->len);
        break;

    case PROTOBUF_C_TYPE_MESSAGE:
        wire = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
        done = pack_nested(out, *(const ProtobufCMessage *const *) member);
        break;

    default:
        return false;
    }

    if (done) {
        pack_number(out, (uint64_t) field->id << 3 | wire);
    }

    return done;
}


static bool
pack_bytes(wire_out_t *out, const void *data, size_t len)
{
    if (len + WIRE_ROOM > (size_t) (out->p - out->base)) {
        return false;
    }

    if (len != 0) {
        out->p -= len;
        memcpy(out->p, data, len);
    }

    pack_number(out, len);

    return true;
}


static bool
pack_nested(wire_out_t *out, const ProtobufCMessage *msg)
{
    const uint8_t      *end = out->p;
    const pl_frozen_t  *frozen;

    if (msg != NULL) {
        frozen = pl_wire_frozen(msg);

        if (frozen != NULL) {
            return pack_bytes(out, frozen->bytes.data, frozen->bytes.len);
        }

        if (!pack_message(out, msg)) {
            return false;
        }
    }

    if (out->p - out->base < WIRE_ROOM) {
        return false;
    }

    pack_number(out, (uint64_t) (end - out->p));

    return true;
}


static inline void
pack_number(wire_out_t *out, uint64_t n)
{
    if (n < 0x80) {
        *--out->p = (uint8_t) n;

    } else if (n < 0x80 * 0x80) {
        *--out->p = (uint8_t) (n >> 7);
        *--out->p = (uint8_t) (n | 0x80);

    } else {
        pack_long(out, n);
    }
}


/*
 * Groups of seven bits are moved apart, two, then four, then eight of them.
 * They are written with zeros before them, where there is room, and nothing
 * yet.
 */

static void
pack_long(wire_out_t *out, uint64_t n)
{
    unsigned  len;
    uint8_t   *p;

    if (n >> 56 != 0) {
        out->p -= (70 - __builtin_clzll(n)) / 7;

        for (p = out->p; n >= 0x80; n >>= 7) {
            *p++ = (uint8_t) (n | 0x80);
        }

        *p = (uint8_t) n;
        return;
    }

    len = (unsigned) (70 - __builtin_clzll(n)) / 7;

    n = (n & 0x000000000fffffff) | (n & 0x00fffffff0000000) << 4;
    n = (n & 0x00003fff00003fff) | (n & 0x0fffc0000fffc000) << 2;
    n = (n & 0x007f007f007f007f) | (n & 0x3f803f803f803f80) << 1;
    n |= 0x8080808080808080 & (((uint64_t) 1 << 8 * (len - 1)) - 1);

    pl_wire_put(out->p - sizeof(n), n << 8 * (sizeof(n) - len));
    out->p -= len;
}


/* Eight bytes, the lowest first. */

static void
pack_fixed(wire_out_t *out, uint64_t n)
{
    out->p -= sizeof(n);
    pl_wire_put(out->p, n);
}
