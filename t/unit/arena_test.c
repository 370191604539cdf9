/*
 * Arenas: alignment, the maximum to the byte, lifetimes, and protobuf-c's
 * allocator.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#include "../../src/core/arena.h"


static void
arena_aligns(void **state)
{
    size_t       i;
    pl_arena_t  *ar;

    (void) state;

    ar = pl_arena_create(1000, 100000);
    assert_non_null(ar);

    for (i = 0; i < 500; i++) {
        uint8_t  *p = pl_arena_alloc(ar, i % 37);

        assert_non_null(p);
        assert_int_equal((uintptr_t) p % 16, 0);
        memset(p, 0xff, i % 37);
    }

    pl_arena_destroy(ar);
}


/* A piece of no bytes has a place of its own, into which nobody may write. */

static void
arena_no_bytes(void **state)
{
    uint8_t     *p, *q;
    pl_arena_t  *ar;

    (void) state;

    ar = pl_arena_create(256, 4096);
    p = pl_arena_alloc(ar, 0);
    q = pl_arena_alloc(ar, 1);
    assert_non_null(p);
    assert_ptr_not_equal(p, q);

#if defined(__SANITIZE_ADDRESS__)
    assert_true(__asan_address_is_poisoned(p));
    assert_false(__asan_address_is_poisoned(q));
    assert_true(__asan_address_is_poisoned(q + 1));
#endif

    pl_arena_destroy(ar);
}


/* Rounded up to 16, to the very last byte and not one further. */
static void
arena_maximum(void **state)
{
    size_t       max, n;
    pl_arena_t  *ar;

    (void) state;

    for (max = 16; max <= 4096; max += 16) {
        ar = pl_arena_create(256, max);
        assert_non_null(ar);

        for (n = 0; pl_arena_alloc(ar, 9) != NULL; n++) {
            assert_true(n < max);
        }

        assert_int_equal(n, max / 16);
        assert_int_equal(pl_arena_used(ar), max);
        assert_null(pl_arena_alloc(ar, 0));

        pl_arena_reset(ar);
        assert_int_equal(pl_arena_used(ar), 0);
        assert_non_null(pl_arena_alloc(ar, max));
        assert_null(pl_arena_alloc(ar, 1));

        pl_arena_reset(ar);
        assert_null(pl_arena_alloc(ar, max + 1));
        assert_int_equal(pl_arena_used(ar), 0);

        pl_arena_destroy(ar);
    }
}


static void
arena_huge_sizes(void **state)
{
    pl_arena_t  *ar;

    (void) state;

    ar = pl_arena_create(64, SIZE_MAX);
    assert_non_null(ar);
    assert_null(pl_arena_alloc(ar, SIZE_MAX));
    assert_null(pl_arena_alloc(ar, SIZE_MAX - 15));
    assert_null(pl_arena_zalloc(ar, SIZE_MAX / 2 + 1));
    assert_null(pl_arena_dup(ar, "", SIZE_MAX));
    assert_non_null(pl_arena_alloc(ar, 1));
    pl_arena_destroy(ar);
}


/* Pieces of all sizes do not overlap, over many blocks and resets. */
static void
arena_pieces(void **state)
{
    size_t       i, round, sizes[400];
    uint8_t     *pieces[400];
    pl_arena_t  *ar;

    (void) state;

    ar = pl_arena_create(512, 8u * 1024 * 1024);
    assert_non_null(ar);

    for (round = 0; round < 3; round++) {
        for (i = 0; i < PL_COUNT(pieces); i++) {
            sizes[i] = (i * 7919 + round * 13) % ((i % 10 == 0) ? 40000 : 90);
            pieces[i] = pl_arena_alloc(ar, sizes[i]);
            assert_non_null(pieces[i]);
            memset(pieces[i], (int) (i & 0xff), sizes[i]);
        }

        for (i = 0; i < PL_COUNT(pieces); i++) {
            if (sizes[i] > 0) {
                assert_int_equal(pieces[i][0], i & 0xff);
                assert_int_equal(pieces[i][sizes[i] - 1], i & 0xff);
            }
        }

        pl_arena_reset(ar);
    }

    pl_arena_destroy(ar);
}


/* A block with more room than there may be in all, after pieces beside it. */
static void
arena_maximum_within_a_block(void **state)
{
    pl_arena_t  *ar;

    (void) state;

    ar = pl_arena_create(1024, 4096);
    assert_non_null(ar);
    assert_non_null(pl_arena_alloc(ar, 608));
    assert_non_null(pl_arena_alloc(ar, 1504));  /* blocks of their own */
    assert_non_null(pl_arena_alloc(ar, 1904));
    assert_int_equal(pl_arena_used(ar), 4016);

    assert_null(pl_arena_alloc(ar, 96));
    assert_int_equal(pl_arena_used(ar), 4016);
    assert_non_null(pl_arena_alloc(ar, 80));
    assert_int_equal(pl_arena_used(ar), 4096);
    assert_null(pl_arena_alloc(ar, 0));
    pl_arena_destroy(ar);
}


/* A loop that resets gets the same first block again. */
static void
arena_reset_keeps_first(void **state)
{
    void        *first;
    pl_arena_t  *ar;

    (void) state;

    ar = pl_arena_create(4096, 1024 * 1024);
    assert_non_null(ar);
    first = pl_arena_alloc(ar, 100);
    assert_non_null(pl_arena_alloc(ar, 100000));
    pl_arena_reset(ar);
    assert_ptr_equal(pl_arena_alloc(ar, 100), first);
    pl_arena_destroy(ar);
}


static void
arena_copies(void **state)
{
    char        *text;
    uint8_t     *bytes;
    pl_arena_t  *ar;

    (void) state;

    ar = pl_arena_create(0, 4096);
    assert_non_null(ar);

    bytes = pl_arena_dup(ar, "a\0b", 3);
    assert_memory_equal(bytes, "a\0b\0", 4);
    assert_string_equal((char *) pl_arena_dup(ar, NULL, 0), "");

    text = pl_arena_str(ar, PL_STR("parley"));
    assert_string_equal(text, "parley");
    assert_string_equal(pl_arena_str(ar, PL_STR_NULL), "");

    assert_string_equal(pl_arena_printf(ar, "%s-%d", "x", 42), "x-42");
    assert_null(pl_arena_printf(ar, "%*d", 5000, 1));

    bytes = pl_arena_zalloc(ar, 64);
    assert_memory_equal(bytes, (uint8_t[64]) { 0 }, 64);

    pl_arena_destroy(ar);
    pl_arena_destroy(NULL);
}


static void
arena_protobuf(void **state)
{
    void                *p;
    pl_arena_t          *ar;
    ProtobufCAllocator  *allocator;

    (void) state;

    ar = pl_arena_create(256, 256);
    assert_non_null(ar);
    allocator = pl_arena_protobuf(ar);

    p = allocator->alloc(allocator->allocator_data, 200);
    assert_non_null(p);
    allocator->free(allocator->allocator_data, p);
    assert_null(allocator->alloc(allocator->allocator_data, 200));

    pl_arena_destroy(ar);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(arena_aligns),
        cmocka_unit_test(arena_no_bytes),
        cmocka_unit_test(arena_maximum),
        cmocka_unit_test(arena_maximum_within_a_block),
        cmocka_unit_test(arena_huge_sizes),
        cmocka_unit_test(arena_pieces),
        cmocka_unit_test(arena_reset_keeps_first),
        cmocka_unit_test(arena_copies),
        cmocka_unit_test(arena_protobuf),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
