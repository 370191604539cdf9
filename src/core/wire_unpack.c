/*
 * Unpacks a message in one walk over a copy of its bytes. A string stays
 * where it is in the copy: the zero byte behind it is written over the first
 * byte of the next tag, as soon as that has been read.
 *
 * Fields stand in the order of their numbers, as every packer of ours writes
 * them; so each is looked for from the last one on, and a required one that
 * was passed by is missing.
 */

#include <string.h>

#include "wire.h"

#define UNPACK_SHORT_BYTES  5   /* of a tag, and of a length */

typedef struct {
    pl_arena_t  *ar;
    uint8_t     *p;             /* what is read next */
    uint8_t     *ends;          /* where a string ends; NULL: none does */
    unsigned     depth;
} wire_in_t;

/* A field that was found. */
typedef struct {
    const ProtobufCFieldDescriptor  *field;
    uint32_t                         tag;
    const uint8_t                   *end;       /* of the message around */
} wire_at_t;

static ProtobufCMessage *unpack_message(wire_in_t *in,
    const ProtobufCMessageDescriptor *type, const uint8_t *end);
static bool unpack_fields(wire_in_t *in, ProtobufCMessage *msg,
    const uint8_t *end);
static bool unpack_single(wire_in_t *in, const wire_at_t *at,
    ProtobufCMessage *msg);
static bool unpack_list(wire_in_t *in, const wire_at_t *at,
    ProtobufCMessage *msg);
static bool unpack_packed(wire_in_t *in, const wire_at_t *at,
    ProtobufCMessage *msg);
static size_t unpack_ahead(const wire_in_t *in, const wire_at_t *at);
static bool unpack_value(wire_in_t *in, const wire_at_t *at, void *member);
static bool unpack_fixed(wire_in_t *in, const wire_at_t *at, void *member);
static bool unpack_long(wire_in_t *in, const wire_at_t *at, void *member);
static inline bool unpack_tag(wire_in_t *in, const uint8_t *end, uint32_t *tag);
static inline bool unpack_number(uint8_t **at, const uint8_t *end,
    uint64_t *n);
static bool unpack_many(uint8_t **at, const uint8_t *end, uint64_t *n);
static bool unpack_short(uint8_t **p, const uint8_t *end, uint64_t *n);
static bool unpack_length(uint8_t **p, const uint8_t *end, size_t *len);


size_t
pl_wire_size(ProtobufCType type)
{
    switch (type) {

    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);

    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);

    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(uint64_t);

    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);

    default:
        return sizeof(uint32_t);
    }
}


ProtobufCMessage *
pl_wire_unpack(const ProtobufCMessageDescriptor *type, pl_str_t bytes,
    pl_arena_t *ar)
{
    uint8_t           *copy;
    wire_in_t          in;
    ProtobufCMessage  *msg;

    copy = pl_arena_dup(ar, bytes.data, bytes.len);
    if (copy == NULL) {
        return NULL;
    }

    in.ar = ar;
    in.p = copy;
    in.ends = NULL;
    in.depth = 0;

    msg = unpack_message(&in, type, copy + bytes.len);

    if (in.ends != NULL) {
        *in.ends = '\0';        /* the last of all, or one more byte of it */
    }

    return msg;
}


static ProtobufCMessage *
unpack_message(wire_in_t *in, const ProtobufCMessageDescriptor *type,
    const uint8_t *end)
{
    bool               whole;
    ProtobufCMessage  *msg;

    msg = in->depth == PL_WIRE_DEPTH_MAX || type->message_init == NULL
          ? NULL : pl_arena_alloc(in->ar, type->sizeof_message);
    if (msg == NULL) {
        return NULL;
    }

    type->message_init(msg);

    in->depth++;
    whole = unpack_fields(in, msg, end);
    in->depth--;

    return whole ? msg : NULL;
}


static bool
unpack_fields(wire_in_t *in, ProtobufCMessage *msg, const uint8_t *end)
{
    bool                             done;
    wire_at_t                        at;
    const ProtobufCFieldDescriptor  *field, *last;

    field = msg->descriptor->fields;
    last = field + msg->descriptor->n_fields;
    at.end = end;

    while (in->p < end) {

        if (!unpack_tag(in, end, &at.tag)) {
            return false;
        }

        for ( /* void */ ; field != last && field->id < at.tag >> 3; field++)
        {
            if (field->label == PROTOBUF_C_LABEL_REQUIRED) {
                return false;
            }
        }

        if (field == last || field->id != at.tag >> 3) {
            return false;
        }

        at.field = field++;

        done = at.field->label == PROTOBUF_C_LABEL_REPEATED
               ? unpack_list(in, &at, msg) : unpack_single(in, &at, msg);
        if (!done) {
            return false;
        }
    }

    for ( /* void */ ; field != last; field++) {
        if (field->label == PROTOBUF_C_LABEL_REQUIRED) {
            return false;
        }
    }

    return true;
}


static bool
unpack_single(wire_in_t *in, const wire_at_t *at, ProtobufCMessage *msg)
{
    char                            *base = (char *) msg;
    void                            *of;
    const ProtobufCFieldDescriptor  *field = at->field;

    of = base + field->quantifier_offset;

    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        if (*(uint32_t *) of != 0) {
            return false;               /* there is another one */
        }

        *(uint32_t *) of = field->id;

    } else if (field->label == PROTOBUF_C_LABEL_OPTIONAL
               && field->type != PROTOBUF_C_TYPE_STRING
               && field->type != PROTOBUF_C_TYPE_MESSAGE)
    {
        *(protobuf_c_boolean *) of = 1;

    } else if (field->label == PROTOBUF_C_LABEL_NONE) {
        return false;
    }

    return unpack_value(in, at, base + field->offset);
}


static bool
unpack_list(wire_in_t *in, const wire_at_t *at, ProtobufCMessage *msg)
{
    char      *base = (char *) msg, *list;
    size_t     i, n, each;
    uint32_t   tag;

    if ((at->field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0) {
        return unpack_packed(in, at, msg);
    }

    n = unpack_ahead(in, at);
    each = pl_wire_size(at->field->type);
    list = n == 0 ? NULL : pl_arena_alloc(in->ar, n * each);
    if (list == NULL) {
        return false;
    }

    for (i = 0; i < n; i++) {
        if ((i != 0 && !unpack_tag(in, at->end, &tag))
            || !unpack_value(in, at, list + i * each))
        {
            return false;
        }
    }

    *(void **) (void *) (base + at->field->offset) = list;
    *(size_t *) (void *) (base + at->field->quantifier_offset) = n;

    return true;
}


/* Numbers without tags of their own: as many as bytes that end one. */

static bool
unpack_packed(wire_in_t *in, const wire_at_t *at, ProtobufCMessage *msg)
{
    bool       wide = (at->field->type == PROTOBUF_C_TYPE_UINT64);
    char      *base = (char *) msg;
    void      *list;
    size_t     i, n, len;
    uint8_t   *end;
    uint64_t   number;

    if ((!wide && at->field->type != PROTOBUF_C_TYPE_UINT32)
        || (at->tag & 7) != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED
        || !unpack_length(&in->p, at->end, &len) || len == 0)
    {
        return false;
    }

    for (i = 0, n = 0; i < len; i++) {
        n += in->p[i] < 0x80;
    }

    list = pl_arena_alloc(in->ar, n * pl_wire_size(at->field->type));
    if (list == NULL) {
        return false;
    }

    end = in->p + len;

    for (i = 0; in->p != end; i++) {
        if (!unpack_number(&in->p, end, &number)) {
            return false;
        }

        if (wide) {
            ((uint64_t *) list)[i] = number;

        } else {
            ((uint32_t *) list)[i] = (uint32_t) number;
        }
    }

    *(void **) (void *) (base + at->field->offset) = list;
    *(size_t *) (void *) (base + at->field->quantifier_offset) = n;

    return true;
}


/* How many of a list stand there, one behind the other; 0: it is declined. */

static size_t
unpack_ahead(const wire_in_t *in, const wire_at_t *at)
{
    size_t     n, len;
    uint8_t   *p = in->p;
    uint64_t   number;

    for (n = 1; /* void */ ; n++) {

        if ((at->tag & 7) == PROTOBUF_C_WIRE_TYPE_VARINT) {
            if (!unpack_number(&p, at->end, &number)) {
                return 0;
            }

        } else if ((at->tag & 7) != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED
                   || !unpack_length(&p, at->end, &len))
        {
            return 0;

        } else {
            p += len;
        }

        if (p == at->end || !unpack_number(&p, at->end, &number)
            || number != at->tag)
        {
            return n;
        }
    }
}


static bool
unpack_value(wire_in_t *in, const wire_at_t *at, void *member)
{
    uint8_t   *from = in->p;
    uint64_t   n;

    if ((at->tag & 7) == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
        return unpack_long(in, at, member);
    }

    if ((at->tag & 7) == PROTOBUF_C_WIRE_TYPE_64BIT) {
        return unpack_fixed(in, at, member);
    }

    if ((at->tag & 7) != PROTOBUF_C_WIRE_TYPE_VARINT
        || !unpack_number(&in->p, at->end, &n))
    {
        return false;
    }

    switch (at->field->type) {

    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
        *(uint32_t *) member = (uint32_t) n;
        return true;

    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        *(uint64_t *) member = n;
        return true;

    case PROTOBUF_C_TYPE_SINT64:
        *(uint64_t *) member = n >> 1 ^ -(n & 1);
        return true;

    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *) member = (n != 0);
        return in->p - from == 1;       /* more may have bits past the 64th */

    default:
        return false;
    }
}


static bool
unpack_fixed(wire_in_t *in, const wire_at_t *at, void *member)
{
    if (at->field->type != PROTOBUF_C_TYPE_FIXED64
        || at->end - in->p < (ptrdiff_t) sizeof(uint64_t))
    {
        return false;
    }

    *(uint64_t *) member = pl_wire_load(in->p);
    in->p += sizeof(uint64_t);

    return true;
}


/* What has a length before it. */

static bool
unpack_long(wire_in_t *in, const wire_at_t *at, void *member)
{
    size_t                len;
    uint8_t              *data;
    ProtobufCMessage     *msg;
    ProtobufCBinaryData  *bytes = member;

    if (!unpack_length(&in->p, at->end, &len)) {
        return false;
    }

    data = in->p;

    switch (at->field->type) {

    case PROTOBUF_C_TYPE_STRING:
        in->p += len;
        in->ends = in->p;
        *(char **) member = (char *) data;
        return true;

    case PROTOBUF_C_TYPE_BYTES:
        in->p += len;
        bytes->data = len == 0 ? NULL : data;
        bytes->len = len;
        return true;

    case PROTOBUF_C_TYPE_MESSAGE:
        msg = unpack_message(in, at->field->descriptor, data + len);
        *(ProtobufCMessage **) member = msg;
        return msg != NULL;

    default:
        return false;
    }
}


/* Of one byte, or of two, as nearly all are. */

static inline bool
unpack_tag(wire_in_t *in, const uint8_t *end, uint32_t *tag)
{
    uint64_t        n;
    const uint8_t  *p = in->p;

    if (p < end && p[0] < 0x80) {
        n = p[0];
        in->p += 1;

    } else if (end - p >= 2 && p[1] < 0x80) {
        n = (p[0] & 0x7fu) | (uint64_t) p[1] << 7;
        in->p += 2;

    } else if (!unpack_short(&in->p, end, &n) || n > UINT32_MAX) {
        return false;
    }

    if (in->ends != NULL) {
        *in->ends = '\0';
        in->ends = NULL;
    }

    *tag = (uint32_t) n;

    return true;
}


static inline bool
unpack_number(uint8_t **at, const uint8_t *end, uint64_t *n)
{
    if (*at < end && **at < 0x80) {
        *n = *(*at)++;
        return true;
    }

    return unpack_many(at, end, n);
}


/*
 * Up to eight bytes, where as many lie there, are read at once: their groups
 * of seven bits are moved together, two, then four, then eight of them.
 */

static bool
unpack_many(uint8_t **at, const uint8_t *end, uint64_t *n)
{
    uint8_t   *p = *at;
    unsigned   shift;
    uint64_t   w, last;

    if (end - p >= (ptrdiff_t) sizeof(w)) {
        w = pl_wire_load(p);
        last = ~w & 0x8080808080808080;

        if (last != 0) {
            last ^= last - 1;           /* up to the byte that ends it */
            w &= last & 0x7f7f7f7f7f7f7f7f;
            w = (w & 0x007f007f007f007f) | (w & 0x7f007f007f007f00) >> 1;
            w = (w & 0x00003fff00003fff) | (w & 0x3fff00003fff0000) >> 2;
            *n = (w & 0x0fffffff) | (w & 0x0fffffff00000000) >> 4;
            *at = p + (64 - __builtin_clzll(last)) / 8;
            return true;
        }
    }

    *n = 0;

    for (shift = 0; p < end && shift < 64; shift += 7) {
        *n |= (uint64_t) (*p & 0x7f) << shift;

        if (*p++ < 0x80) {
            *at = p;
            return true;
        }
    }

    return false;
}


static bool
unpack_short(uint8_t **p, const uint8_t *end, uint64_t *n)
{
    const uint8_t  *begin = *p;

    return unpack_number(p, end, n) && *p - begin <= UNPACK_SHORT_BYTES;
}


static bool
unpack_length(uint8_t **p, const uint8_t *end, size_t *len)
{
    uint64_t  n;

    if (*p < end && **p < 0x80) {
        n = *(*p)++;

    } else if (!unpack_short(p, end, &n)) {
        return false;
    }

    if (n > (uint64_t) (end - *p)) {
        return false;
    }

    *len = (size_t) n;

    return true;
}
