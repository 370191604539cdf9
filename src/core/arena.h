/*
 * Arenas: memory with a stated maximum and a stated lifetime.
 *
 * An arena is born with the most bytes that it may ever hold (curl's dynbuf
 * has the same rule). Everything allocated from it lives until the arena is
 * reset or destroyed; nothing is freed alone. Lifetimes in use: a batch, an
 * entry's decoding, a transfer, a process.
 *
 * An arena belongs to one thread at a time. Reset keeps the first block, so
 * that a loop that resets allocates nothing from the system in the steady
 * state, and gives the others back.
 */

#ifndef PL_ARENA_H_INCLUDED
#define PL_ARENA_H_INCLUDED

#include <protobuf-c/protobuf-c.h>

#include "pl.h"

typedef struct pl_arena_s  pl_arena_t;

/* block: bytes of the first block. NULL when the system has no memory. */
pl_arena_t *pl_arena_create(size_t block, size_t max);
void pl_arena_destroy(pl_arena_t *ar);          /* NULL is fine */

/* Gives all but the first block back. Pointers into the arena die. */
void pl_arena_reset(pl_arena_t *ar);

/* 16-byte aligned, not zeroed; NULL past the maximum. size 0 is fine. */
void *pl_arena_alloc(pl_arena_t *ar, size_t size);
void *pl_arena_zalloc(pl_arena_t *ar, size_t size);     /* zeroed */

/* Copies; the copies carry a NUL behind their end. NULL past the maximum. */
uint8_t *pl_arena_dup(pl_arena_t *ar, const void *data, size_t len);
char *pl_arena_str(pl_arena_t *ar, pl_str_t s);
char *pl_arena_printf(pl_arena_t *ar, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

size_t pl_arena_used(const pl_arena_t *ar);

/*
 * protobuf-c's allocator over this arena; valid as long as the arena is.
 * Its free does nothing: never call *__free_unpacked for it.
 */
ProtobufCAllocator *pl_arena_protobuf(pl_arena_t *ar);

#endif /* PL_ARENA_H_INCLUDED */
