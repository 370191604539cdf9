/*
 * The wire format, held against protobuf-c: random messages pack to the same
 * bytes, and bytes, whole or spoiled, read as the same message or are
 * declined.
 */

#include "temp.h"

#include <protobuf-c/protobuf-c.h>

#include "../../src/core/wire.h"
#include "flow.pb-c.h"
#include "journal.pb-c.h"
#include "record.pb-c.h"

#define WIRE_ROUNDS   300
#define WIRE_SPOILED  20                /* of each message */
#define WIRE_BUFFER   65536
#define WIRE_DEPTH    3

static uint64_t     seed = 1;
static pl_arena_t  *ar;

static const ProtobufCMessageDescriptor *const  types[] = {
    &pl__conversation__descriptor, &pl__message__descriptor,
    &pl__timer__descriptor,        &pl__contact__descriptor,
    &pl__effect__descriptor,       &pl__audit_event__descriptor,
    &pl__entry__descriptor,        &pl__state_meta__descriptor,
    &pl__change__descriptor,       &pl__flow_file__descriptor,
    &pl__tenant_settings__descriptor,
};


static int
setup(void **state)
{
    (void) state;
    ar = pl_arena_create(1 << 20, 64 << 20);

    return ar == NULL ? -1 : 0;
}


static int
teardown(void **state)
{
    (void) state;
    pl_arena_destroy(ar);

    return 0;
}


static uint64_t
draw(uint64_t below)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;

    return (seed * 0x2545f4914f6cdd1dull >> 16) % below;
}


/* Numbers of all lengths, the largest and negative ones too. */

static uint64_t
draw_number(void)
{
    uint64_t  n = draw(1ull << 48) << 16 | draw(1ull << 16);

    return draw(8) == 0 ? UINT64_MAX - draw(3) : n >> draw(64);
}


static ProtobufCMessage *make(const ProtobufCMessageDescriptor *type,
    unsigned depth);


static void
make_value(const ProtobufCFieldDescriptor *field, void *member,
    unsigned depth)
{
    char                 *text;
    size_t                i, len = draw(20) == 0 ? 300 : draw(12);
    ProtobufCBinaryData  *bytes = member;

    text = pl_arena_zalloc(ar, len + 1);
    for (i = 0; i < len; i++) {
        text[i] = (char) (1 + draw(255));
    }

    switch (field->type) {

    case PROTOBUF_C_TYPE_STRING:
        *(char **) member = text;
        break;

    case PROTOBUF_C_TYPE_BYTES:
        bytes->data = (uint8_t *) text;
        bytes->len = len;
        break;

    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **) member = make(field->descriptor, depth + 1);
        break;

    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *) member = (protobuf_c_boolean) draw(2);
        break;

    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
        *(uint32_t *) member = (uint32_t) draw_number();
        break;

    default:
        *(uint64_t *) member = draw_number();
    }
}


static void
make_list(const ProtobufCFieldDescriptor *field, char *base, unsigned depth)
{
    char    *list;
    size_t   i, n = draw(3) == 0 ? draw(40) : draw(3);

    if (depth > 0) {
        n = draw(3);
    }

    list = pl_arena_zalloc(ar, n * pl_wire_size(field->type));

    for (i = 0; i < n; i++) {
        make_value(field, list + i * pl_wire_size(field->type), depth);
    }

    *(void **) (void *) (base + field->offset) = list;
    *(size_t *) (void *) (base + field->quantifier_offset) = n;
}


static ProtobufCMessage *
make(const ProtobufCMessageDescriptor *type, unsigned depth)
{
    char                            *base;
    void                            *of;
    size_t                           i;
    ProtobufCMessage                *msg;
    const ProtobufCFieldDescriptor  *field;

    msg = pl_arena_alloc(ar, type->sizeof_message);
    type->message_init(msg);
    base = (char *) msg;

    for (i = 0; i < type->n_fields; i++) {
        field = &type->fields[i];
        of = base + field->quantifier_offset;

        if (field->label != PROTOBUF_C_LABEL_REQUIRED
            && (draw(2) == 0 || (depth == WIRE_DEPTH
                && field->type == PROTOBUF_C_TYPE_MESSAGE)))
        {
            continue;
        }

        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            make_list(field, base, depth);
            continue;
        }

        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
            if (*(uint32_t *) of != 0) {
                continue;
            }

            *(uint32_t *) of = field->id;

        } else if (field->label == PROTOBUF_C_LABEL_OPTIONAL
                   && field->type != PROTOBUF_C_TYPE_STRING
                   && field->type != PROTOBUF_C_TYPE_MESSAGE)
        {
            *(protobuf_c_boolean *) of = 1;
        }

        make_value(field, base + field->offset, depth);
    }

    return msg;
}


/* protobuf-c's bytes of it. */

static pl_str_t
packed(const ProtobufCMessage *msg)
{
    size_t    len = protobuf_c_message_get_packed_size(msg);
    uint8_t  *bytes = pl_arena_alloc(ar, len + 1);

    assert_non_null(bytes);
    assert_int_equal(protobuf_c_message_pack(msg, bytes), len);

    return (pl_str_t) { bytes, len };
}


/* Declined, or what protobuf-c reads. */

static bool
reads_alike(const ProtobufCMessageDescriptor *type, pl_str_t bytes)
{
    pl_str_t           mine, theirs;
    ProtobufCMessage  *msg, *other;

    msg = pl_wire_unpack(type, bytes, ar);
    if (msg == NULL) {
        return false;
    }

    other = protobuf_c_message_unpack(type, pl_arena_protobuf(ar), bytes.len,
                                      bytes.data);
    assert_non_null(other);

    mine = packed(msg);
    theirs = packed(other);
    assert_int_equal(mine.len, theirs.len);
    assert_memory_equal(mine.data, theirs.data, mine.len);

    return true;
}


static void
spoil(const ProtobufCMessageDescriptor *type, pl_str_t bytes)
{
    size_t    k, len;
    uint8_t  *copy = pl_arena_dup(ar, bytes.data, bytes.len);

    len = draw(4) == 0 ? draw(bytes.len + 1) : bytes.len;

    for (k = draw(3) + 1; k != 0 && len != 0; k--) {
        copy[draw(len)] = draw(2) == 0 ? (uint8_t) draw(256)
                                       : (uint8_t) (draw(8) << 3 | draw(6));
    }

    (void) reads_alike(type, (pl_str_t) { copy, len });
}


static void
test_random(void **state)
{
    size_t             i, k, read = 0;
    uint8_t           *buf = malloc(WIRE_BUFFER);
    pl_str_t           mine, theirs;
    ProtobufCMessage  *msg;

    (void) state;
    assert_non_null(buf);

    for (i = 0; i < WIRE_ROUNDS * PL_COUNT(types); i++) {
        pl_arena_reset(ar);
        msg = make(types[i % PL_COUNT(types)], 0);
        theirs = packed(msg);
        mine = pl_wire_pack(msg, buf, WIRE_BUFFER);

        if (theirs.len + 64 < WIRE_BUFFER) {
            assert_int_equal(mine.len, theirs.len);
            assert_memory_equal(mine.data, theirs.data, mine.len);
        }

        read += reads_alike(msg->descriptor, theirs);

        for (k = 0; k < WIRE_SPOILED; k++) {
            spoil(msg->descriptor, theirs);
        }
    }

    /* what is packed here is read here: nothing of it is declined */
    assert_int_equal(read, i);
    free(buf);
}


/* Whatever room there is, it is all there or nothing. */

static void
test_room(void **state)
{
    size_t             i, size;
    uint8_t           *buf;
    pl_str_t           mine, theirs;
    ProtobufCMessage  *msg;

    (void) state;

    for (i = 0; i < PL_COUNT(types); i++) {
        pl_arena_reset(ar);
        msg = make(types[i], WIRE_DEPTH - 1);
        theirs = packed(msg);

        for (size = 0; size < theirs.len + 100; size++) {
            buf = malloc(size == 0 ? 1 : size);     /* overruns are seen */
            assert_non_null(buf);
            mine = pl_wire_pack(msg, buf, size);
            assert_true(mine.data != NULL || size < theirs.len + 64);

            if (mine.data != NULL) {
                assert_int_equal(mine.len, theirs.len);
                assert_memory_equal(mine.data, theirs.data, mine.len);
            }

            free(buf);
        }
    }
}


/* Freezes some of the messages in one: how many. */

static size_t
freeze_some(ProtobufCMessage *msg)
{
    char                            *base = (char *) msg;
    size_t                           i, n = 0;
    ProtobufCMessage                *in;
    const ProtobufCFieldDescriptor  *field;

    for (i = 0; i < msg->descriptor->n_fields; i++) {
        field = &msg->descriptor->fields[i];

        if (field->type != PROTOBUF_C_TYPE_MESSAGE
            || field->label == PROTOBUF_C_LABEL_REPEATED
            || ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0
                && *(uint32_t *) (void *) (base + field->quantifier_offset)
                   != field->id))
        {
            continue;
        }

        in = *(ProtobufCMessage **) (void *) (base + field->offset);

        if (in != NULL) {
            n += freeze_some(in);
            n += draw(2) == 0 && pl_wire_freeze(in, ar);
        }
    }

    return n;
}


/* It is packed as it was, here and by protobuf-c, alone and in another. */

static void
test_frozen(void **state)
{
    size_t             i, n = 0;
    uint8_t           *buf = malloc(WIRE_BUFFER);
    pl_str_t           mine, before, theirs;
    ProtobufCMessage  *msg;

    (void) state;
    assert_non_null(buf);

    for (i = 0; i < WIRE_ROUNDS * PL_COUNT(types); i++) {
        pl_arena_reset(ar);
        msg = make(types[i % PL_COUNT(types)], 0);
        before = packed(msg);
        assert_null(pl_wire_frozen(msg));
        n += freeze_some(msg);

        theirs = packed(msg);
        mine = pl_wire_pack(msg, buf, WIRE_BUFFER);
        assert_int_equal(theirs.len, before.len);
        assert_memory_equal(theirs.data, before.data, before.len);

        if (before.len + 64 < WIRE_BUFFER) {
            assert_int_equal(mine.len, before.len);
            assert_memory_equal(mine.data, before.data, before.len);
        }
    }

    assert_true(n > WIRE_ROUNDS);
    free(buf);
}


/* One that is declined is what it was, and so is one without memory. */

static void
test_not_frozen(void **state)
{
    pl_arena_t        *small = pl_arena_create(64, 64);
    Pl__Variable       v = PL__VARIABLE__INIT;
    ProtobufCMessage  *msg;
    uint8_t            bytes[] = { 0x08, 0x07, 0xf8, 0x7f, 0x01 };

    (void) state;
    assert_non_null(small);
    pl_arena_reset(ar);

    msg = protobuf_c_message_unpack(&pl__contact__descriptor,
                                    pl_arena_protobuf(ar), sizeof(bytes),
                                    bytes);
    assert_non_null(msg);
    assert_false(pl_wire_freeze(msg, ar));
    assert_ptr_equal(msg->descriptor, &pl__contact__descriptor);

    v.name = v.value = (char *) "a value";
    assert_false(pl_wire_freeze(&v.base, small));
    assert_ptr_equal(v.base.descriptor, &pl__variable__descriptor);

    assert_true(pl_wire_freeze(&v.base, ar));
    assert_non_null(pl_wire_frozen(&v.base));
    pl_arena_destroy(small);
}


/* Only protobuf-c knows what a flag of more than one byte is. */

static void
test_flag(void **state)
{
    size_t                len;
    uint8_t               bytes[64];
    pl_str_t              in;
    Pl__FlowRun           run = PL__FLOW_RUN__INIT;
    Pl__FlowRun          *theirs;
    ProtobufCMessage     *mine;

    (void) state;
    pl_arena_reset(ar);

    run.flow = (char *) "x";
    run.step = (char *) "a";
    run.has_waiting = 1;
    run.waiting = 1;

    len = pl__flow_run__pack(&run, bytes);
    in = (pl_str_t) { bytes, len };
    mine = pl_wire_unpack(run.base.descriptor, in, ar);
    assert_non_null(mine);
    assert_true(((Pl__FlowRun *) mine)->waiting);

    /* it is the last byte: now of ten, with a bit past the 64th */

    assert_int_equal(bytes[len - 1], 1);
    memset(bytes + len - 1, 0x80, 9);
    bytes[len + 8] = 0x1e;
    in.len = len + 9;

    theirs = pl__flow_run__unpack(NULL, in.len, in.data);
    assert_non_null(theirs);
    assert_true(theirs->waiting);
    assert_null(pl_wire_unpack(run.base.descriptor, in, ar));

    pl__flow_run__free_unpacked(theirs, NULL);
}


/* Unknown fields are protobuf-c's. */

static void
test_unknown(void **state)
{
    uint8_t            buf[256];
    uint8_t            bytes[] = { 0x08, 0x07, 0xf8, 0x7f, 0x01 };
    pl_str_t           value = { bytes, sizeof(bytes) };
    ProtobufCMessage  *msg;

    (void) state;
    pl_arena_reset(ar);

    assert_null(pl_wire_unpack(&pl__contact__descriptor, value, ar));
    msg = protobuf_c_message_unpack(&pl__contact__descriptor,
                                    pl_arena_protobuf(ar), value.len,
                                    value.data);
    assert_non_null(msg);
    assert_int_equal(msg->n_unknown_fields, 1);
    assert_null(pl_wire_pack(msg, buf, sizeof(buf)).data);
}


static void
test_depth(void **state)
{
    int             i;
    pl_str_t        bytes;
    Pl__FlowWhen   *inner, *outer, **list;

    (void) state;
    pl_arena_reset(ar);
    outer = NULL;

    for (i = 1; i <= PL_WIRE_DEPTH_MAX + 1; i++) {
        inner = outer;
        list = pl_arena_alloc(ar, sizeof(*list));
        list[0] = inner;
        outer = pl_arena_alloc(ar, sizeof(*outer));
        pl__flow_when__init(outer);
        outer->any = inner == NULL ? NULL : list;
        outer->n_any = inner != NULL;

        bytes = packed(&outer->base);
        assert_int_equal(pl_wire_unpack(&pl__flow_when__descriptor,
                                        bytes, ar) != NULL,
                         i <= PL_WIRE_DEPTH_MAX);
    }
}


/* A full arena is no message. */

static void
test_full(void **state)
{
    size_t             max;
    pl_str_t           bytes;
    pl_arena_t        *small;
    ProtobufCMessage  *msg;

    (void) state;
    pl_arena_reset(ar);
    bytes = packed(make(&pl__conversation__descriptor, 0));
    msg = NULL;

    for (max = 256; msg == NULL; max += 64) {
        small = pl_arena_create(256, max);
        assert_non_null(small);
        msg = pl_wire_unpack(&pl__conversation__descriptor, bytes, small);
        pl_arena_destroy(small);
        assert_true(max < 1 << 20);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_not_frozen),
        cmocka_unit_test(test_flag),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_full),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}
