/*
 * What the fuzzers of the codec share: one codec for the process, and an
 * arena whose maximum the input chooses, so that it runs out everywhere.
 */

#ifndef FUZZ_H_INCLUDED
#define FUZZ_H_INCLUDED

#include <stdio.h>
#include <stdlib.h>

#include "../../src/core/arena.h"
#include "../../src/core/json.h"
#include "../../src/core/str.h"
#include "../unit/shapes.h"

#define FUZZ_ARENA_MAX  (64u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* A promise is broken: libFuzzer keeps the input that shows it. */
static inline void
fuzz_check(bool holds, const char *promise)
{
    if (!holds) {
        (void) fprintf(stderr, "broken: %s\n", promise);
        abort();
    }
}


static inline pl_codec_t *
fuzz_codec(void)
{
    static pl_codec_t  *codec;
    const pl_rules_t    rules = { codec_rows, PL_COUNT(codec_rows) };

    if (codec == NULL) {
        kinds_setup();
        fuzz_check(pl_codec_create(&codec, codec_roots, PL_COUNT(codec_roots),
                                   &rules, 1, NULL) == PL_OK, "the codec");
    }

    return codec;
}


/*
 * What was decoded can be written, what was written is UTF-8 on one line and
 * can be read, and written again it is the same.
 */
static inline void
fuzz_round_trip(const ProtobufCMessage *msg)
{
    pl_str_t           one, two;
    pl_arena_t        *ar;
    ProtobufCMessage  *back;

    ar = pl_arena_create(4096, FUZZ_ARENA_MAX);
    fuzz_check(ar != NULL, "memory");
    fuzz_check(pl_json_encode(fuzz_codec(), msg, ar, &one, NULL) == PL_OK,
               "what is decoded can be written");
    fuzz_check(pl_utf8_valid(one), "it is UTF-8");
    fuzz_check(memchr(one.data, '\n', one.len) == NULL, "it is one line");

    if (pl_json_decode(fuzz_codec(), msg->descriptor, one, 0, ar, &back, NULL)
        == PL_OK)
    {
        fuzz_check(pl_json_encode(fuzz_codec(), back, ar, &two, NULL) == PL_OK
                   && pl_str_eq(one, two), "it comes back as it was");
    }

    pl_arena_destroy(ar);
}

#endif /* FUZZ_H_INCLUDED */
