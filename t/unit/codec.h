/*
 * What the tests of the codec share: a codec over shapes.h, and one arena.
 */

#ifndef CODEC_H_INCLUDED
#define CODEC_H_INCLUDED

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/arena.h"
#include "../../src/core/json.h"
#include "../../src/core/str.h"
#include "shapes.h"

typedef struct {
    pl_codec_t  *codec;
    pl_arena_t  *ar;
    pl_err_t     err;
} codec_t;


static inline int
codec_setup(void **state)
{
    static codec_t    test;
    static char       line[600];
    const pl_rules_t  rules = { codec_rows, PL_COUNT(codec_rows) };

    kinds_setup();

    if (pl_codec_create(&test.codec, codec_roots, PL_COUNT(codec_roots),
                        &rules, 1, &test.err) != PL_OK)
    {
        print_error("%s\n", pl_err_print(&test.err, line, sizeof(line)));
        return -1;
    }

    test.ar = pl_arena_create(64 * 1024, PL_DECODE_ARENA_MAX);
    *state = &test;

    return (test.ar == NULL) ? -1 : 0;
}


static inline int
codec_teardown(void **state)
{
    codec_t  *test = *state;

    pl_codec_destroy(test->codec);
    pl_arena_destroy(test->ar);

    return 0;
}


/*
 * Decodes from a copy of just that size, so that overruns are seen. It is
 * gone afterwards: raw fields are tested elsewhere.
 */
static inline void *
codec_decode(codec_t *test, const ProtobufCMessageDescriptor *shape,
    const char *text, size_t len, unsigned flags, pl_status_t expected)
{
    char              *copy, line[600];
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_arena_reset(test->ar);
    copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    memset(&test->err, 0, sizeof(test->err));

    rc = pl_json_decode(test->codec, shape,
                        (pl_str_t) { (uint8_t *) copy, len }, flags, test->ar,
                        &msg, &test->err);
    if (rc != expected) {
        print_error("%.*s: %s\n", (int) len, text,
                    pl_err_print(&test->err, line, sizeof(line)));
    }

    assert_int_equal(rc, expected);
    assert_true((rc == PL_OK) == (msg != NULL));
    free(copy);

    return msg;
}


static inline void *
codec_ok(codec_t *test, const ProtobufCMessageDescriptor *shape,
    const char *text)
{
    return codec_decode(test, shape, text, strlen(text), 0, PL_OK);
}


static inline void
codec_fails(codec_t *test, const ProtobufCMessageDescriptor *shape,
    const char *text, pl_status_t rc, const char *path, const char *why)
{
    (void) codec_decode(test, shape, text, strlen(text), 0, rc);
    assert_string_equal(test->err.path, path);
    assert_string_equal(test->err.text, why);
    assert_int_equal(test->err.status, rc);
}


/* The message as JSON. */
static inline const char *
codec_encode(codec_t *test, const void *msg)
{
    pl_str_t     out;
    pl_status_t  rc;

    rc = pl_json_encode(test->codec, msg, test->ar, &out, &test->err);

    return (rc == PL_OK) ? (const char *) out.data : test->err.text;
}


/* Decoded and encoded again. */
static inline void
codec_same(codec_t *test, const ProtobufCMessageDescriptor *shape,
    const char *text, const char *expected)
{
    assert_string_equal(codec_encode(test, codec_ok(test, shape, text)),
                        expected);
}

#endif /* CODEC_H_INCLUDED */
