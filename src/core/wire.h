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

/* Bytes that one of a list takes in memory. */
size_t pl_wire_size(ProtobufCType type);

#endif /* PL_WIRE_H_INCLUDED */
