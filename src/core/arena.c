/*
 * Arenas: blocks of growing size, filled from the front.
 *
 * What counts against the maximum is what was handed out, each piece rounded
 * up to 16 bytes, and not what the system was asked for: so a limit means
 * the same whatever the blocks' sizes. A piece that would waste much of the
 * current block gets a block of its own, and the current one goes on being
 * filled; what the system gives is thus at most about twice the maximum.
 *
 * On a sanitizer build all that is not handed out is poisoned, or overruns
 * within a block would go unseen.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#ifndef __has_feature
#define __has_feature(name)     0
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(data, size)    ((void) (data), (void) (size))
#define ASAN_UNPOISON_MEMORY_REGION(data, size)  ((void) (data), (void) (size))
#endif

#define ARENA_ALIGN             16u
#define ARENA_BLOCK_MIN         256u
#define ARENA_BLOCK_MAX         (4u * 1024 * 1024)


typedef struct arena_block_s  arena_block_t;

struct arena_block_s {
    arena_block_t  *next;           /* older */
    size_t          size;           /* of the bytes behind this head */
};

struct pl_arena_s {
    uint8_t            *pos;        /* in the block that is being filled */
    uint8_t            *end;        /* of it, or sooner: where max is met */
    uint8_t            *from;       /* since here pos counts as used */
    uint8_t            *top;        /* of the block */
    size_t              done;       /* bytes used before that */
    size_t              max;
    size_t              grow;       /* size of the next block */
    arena_block_t      *first;      /* survives a reset */
    arena_block_t      *rest;
    ProtobufCAllocator  allocator;
};

_Static_assert(sizeof(arena_block_t) % ARENA_ALIGN == 0,
    "blocks must leave their bytes aligned");


static void *arena_slow(pl_arena_t *ar, size_t size);
static void arena_bound(pl_arena_t *ar);
static arena_block_t *arena_block(size_t size);
static void arena_start(pl_arena_t *ar);
static void arena_free_rest(pl_arena_t *ar);
static void *arena_protobuf_alloc(void *data, size_t size);
static void arena_protobuf_free(void *data, void *pointer);


pl_arena_t *
pl_arena_create(size_t block, size_t max)
{
    pl_arena_t  *ar;

    ar = calloc(1, sizeof(*ar));
    if (ar == NULL) {
        return NULL;
    }

    if (block > max) {
        block = max;
    }

    if (block < ARENA_BLOCK_MIN) {
        block = ARENA_BLOCK_MIN;
    }

    ar->max = max;
    ar->first = arena_block(block);
    if (ar->first == NULL) {
        free(ar);
        return NULL;
    }

    ar->allocator.alloc = arena_protobuf_alloc;
    ar->allocator.free = arena_protobuf_free;
    ar->allocator.allocator_data = ar;
    arena_start(ar);

    return ar;
}


void
pl_arena_destroy(pl_arena_t *ar)
{
    if (ar == NULL) {
        return;
    }

    arena_free_rest(ar);
    ASAN_UNPOISON_MEMORY_REGION(ar->first + 1, ar->first->size);
    free(ar->first);
    free(ar);
}


void
pl_arena_reset(pl_arena_t *ar)
{
    arena_free_rest(ar);
    arena_start(ar);
}


void *
pl_arena_alloc(pl_arena_t *ar, size_t size)
{
    size_t    room;
    uint8_t  *p;

    /* 0, of no bytes or of too many, is above all as well */

    room = (size + ARENA_ALIGN - 1) & ~(size_t) (ARENA_ALIGN - 1);

    if (room - 1 >= (size_t) (ar->end - ar->pos)) {
        return arena_slow(ar, size);
    }

    p = ar->pos;
    ar->pos += room;
    ASAN_UNPOISON_MEMORY_REGION(p, size);

    return p;
}


void *
pl_arena_zalloc(pl_arena_t *ar, size_t size)
{
    void  *p;

    p = pl_arena_alloc(ar, size);
    if (p != NULL) {
        memset(p, 0, size);
    }

    return p;
}


uint8_t *
pl_arena_dup(pl_arena_t *ar, const void *data, size_t len)
{
    uint8_t  *p;

    if (len == SIZE_MAX) {
        return NULL;
    }

    p = pl_arena_alloc(ar, len + 1);
    if (p == NULL) {
        return NULL;
    }

    if (len > 0) {
        memcpy(p, data, len);       /* data may be NULL without a length */
    }

    p[len] = '\0';

    return p;
}


char *
pl_arena_str(pl_arena_t *ar, pl_str_t s)
{
    return (char *) pl_arena_dup(ar, s.data, s.len);
}


size_t
pl_arena_used(const pl_arena_t *ar)
{
    return ar->done + (size_t) (ar->pos - ar->from);
}


ProtobufCAllocator *
pl_arena_protobuf(pl_arena_t *ar)
{
    return &ar->allocator;
}


/*
 * What the current block has no room for: another one, for this piece or for
 * many. Every piece has an address of its own, one of no bytes too.
 */

static void *
arena_slow(pl_arena_t *ar, size_t size)
{
    bool            alone;
    size_t          room;
    uint8_t        *p;
    arena_block_t  *block;

    if (size > SIZE_MAX / 2) {
        return NULL;
    }

    if (size == 0) {
        p = pl_arena_alloc(ar, ARENA_ALIGN);

        if (p != NULL) {
            ASAN_POISON_MEMORY_REGION(p, ARENA_ALIGN);
        }

        return p;
    }

    room = (size + ARENA_ALIGN - 1) & ~(size_t) (ARENA_ALIGN - 1);

    if (room > ar->max - pl_arena_used(ar)) {
        return NULL;
    }

    alone = room > ar->grow / 4;

    block = arena_block(alone ? room : ar->grow);
    if (block == NULL) {
        return NULL;
    }

    block->next = ar->rest;
    ar->rest = block;
    p = (uint8_t *) (block + 1);

    if (!alone) {
        ar->done = pl_arena_used(ar);
        ar->from = p;
        ar->pos = p;
        ar->top = p + block->size;
    }

    ar->done += room;
    ar->from += alone ? 0 : room;
    ar->pos += alone ? 0 : room;
    arena_bound(ar);

    if (ar->grow < ARENA_BLOCK_MAX) {
        ar->grow *= 2;
    }

    ASAN_UNPOISON_MEMORY_REGION(p, size);

    return p;
}


/* Where the block ends, or all that may be used. */

static void
arena_bound(pl_arena_t *ar)
{
    size_t  left, room;

    left = ar->max - pl_arena_used(ar);
    room = (size_t) (ar->top - ar->pos);
    ar->end = ar->pos + (room < left ? room : left);
}


static arena_block_t *
arena_block(size_t size)
{
    arena_block_t  *block;

    if (size > SIZE_MAX / 2) {
        return NULL;
    }

    size = (size + ARENA_ALIGN - 1) & ~(size_t) (ARENA_ALIGN - 1);

    block = malloc(sizeof(*block) + size);
    if (block == NULL) {
        return NULL;
    }

    block->next = NULL;
    block->size = size;
    ASAN_POISON_MEMORY_REGION(block + 1, size);

    return block;
}


/* Begins again at the first block, with nothing handed out. */
static void
arena_start(pl_arena_t *ar)
{
    ar->pos = (uint8_t *) (ar->first + 1);
    ar->from = ar->pos;
    ar->top = ar->pos + ar->first->size;
    ar->done = 0;
    arena_bound(ar);
    ar->grow = ar->first->size * 2;
    ASAN_POISON_MEMORY_REGION(ar->first + 1, ar->first->size);
}


static void
arena_free_rest(pl_arena_t *ar)
{
    arena_block_t  *block, *next;

    for (block = ar->rest; block != NULL; block = next) {
        next = block->next;
        ASAN_UNPOISON_MEMORY_REGION(block + 1, block->size);
        free(block);
    }

    ar->rest = NULL;
}


static void *
arena_protobuf_alloc(void *data, size_t size)
{
    return pl_arena_alloc(data, size);
}


/* What an arena gave lives as long as the arena. */
static void
arena_protobuf_free(void *data, void *pointer)
{
    (void) data;
    (void) pointer;
}
