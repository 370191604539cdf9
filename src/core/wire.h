/*
 * Protobuf's wire format, to and from protobuf-c's messages: the same bytes
 * and the same messages as protobuf-c gives, in less than half of its time.
 * The fold packs and unpacks a dozen records for each message that comes in.
 *
 * Both calls may decline: what is not of the common kind (fields that this
 * version does not know, or out of their order; packed lists, floats; what
 * is too large, or too deep) is protobuf-c's to pack, unpack or refuse. So
 * nothing is accepted here that protobuf-c does not accept.
 */

#ifndef PL_WIRE_H_INCLUDED
#define PL_WIRE_H_INCLUDED

#include <protobuf-c/protobuf-c.h>
#include <stdatomic.h>
#include <string.h>

#include "arena.h"
#include "pl.h"

/* Messages in messages, read; deeper ones are declined. */
#define PL_WIRE_DEPTH_MAX  16

/*
 * Packs into the end of buf. The bytes, which lie in it; PL_STR_NULL where
 * there is no room, or the message is declined.
 */
pl_str_t pl_wire_pack(const ProtobufCMessage *msg, uint8_t *buf, size_t size);

/*
 * Unpacks into the arena, which then holds a copy of the bytes as well: the
 * message's strings lie in that. NULL: declined, or the arena is full; what
 * was taken of it stays taken.
 */
ProtobufCMessage *pl_wire_unpack(const ProtobufCMessageDescriptor *type,
    pl_str_t bytes, pl_arena_t *ar);

/*
 * A message that is said again and again and never changes. Its descriptor is
 * one of its own, equal to its type's: protobuf-c sees the message that it
 * was, and packing finds the bytes.
 */
typedef struct {
    ProtobufCMessageDescriptor  type;
    pl_str_t                    bytes;
    _Atomic(const void *)       fits;   /* limits that it keeps, seen once */
} pl_frozen_t;

/*
 * Freezes a message in which nothing will be changed again, nor in a copy of
 * it; where it stands in others, its bytes are copied. All of it, and what is
 * made here, has to outlive those. False: no memory, or the message is
 * declined; it stays as it was.
 */
bool pl_wire_freeze(ProtobufCMessage *msg, pl_arena_t *ar);

/* Bytes that one of a list takes in memory. */
size_t pl_wire_size(ProtobufCType type);


/* Eight bytes of the wire, the lowest first. */

static inline uint64_t
pl_wire_order(uint64_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return n;
#else
    return __builtin_bswap64(n);
#endif
}


static inline void
pl_wire_put(uint8_t *p, uint64_t n)
{
    n = pl_wire_order(n);
    memcpy(p, &n, sizeof(n));
}


static inline uint64_t
pl_wire_load(const uint8_t *p)
{
    uint64_t  n;

    memcpy(&n, p, sizeof(n));

    return pl_wire_order(n);
}


/* NULL: it is not frozen. */

static inline pl_frozen_t *
pl_wire_frozen(const ProtobufCMessage *msg)
{
    /* protoc-c leaves NULL in what protobuf-c reserves */
    return (pl_frozen_t *) (void *) msg->descriptor->reserved1;
}


#endif /* PL_WIRE_H_INCLUDED */
