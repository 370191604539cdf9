/*
 * JSON from anywhere, into an open shape, a closed one with a map, and one
 * with every kind of field.
 *
 * The last byte of an input chooses shape, flags and the arena's size, so
 * that fixtures are seeds as they are.
 */

#include "fuzz.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const  shapes[] = {
        &pl__wa__webhook__descriptor,
        &pl__flow_file__descriptor,
        &kinds_descriptor,
        &pl__command__descriptor,
    };

    uint8_t           *copy, choice;
    unsigned           line, column;
    pl_str_t           json;
    pl_err_t           err;
    pl_arena_t        *ar;
    pl_status_t        rc;
    pl_codec_t        *codec;
    ProtobufCMessage  *msg;

    codec = fuzz_codec();
    choice = (size == 0) ? 0 : data[size - 1];

    /* Of its exact size: what is read behind the text is seen. */
    copy = malloc(size == 0 ? 1 : size);
    fuzz_check(copy != NULL, "memory");
    memcpy(copy, data, size);
    json = (pl_str_t) { copy, size };

    ar = pl_arena_create(1024, (choice & 0x08) != 0
                               ? (choice & 0xf0u) * 64 : FUZZ_ARENA_MAX);
    fuzz_check(ar != NULL, "memory");

    rc = pl_json_decode(codec, shapes[choice % PL_COUNT(shapes)], json,
                        (choice & 0x04) != 0 ? PL_JSON_COMMENTS : 0, ar, &msg,
                        &err);

    fuzz_check((rc == PL_OK) == (msg != NULL), "a message or an error");

    if (rc == PL_OK) {
        fuzz_round_trip(msg);

    } else {
        fuzz_check(rc == PL_INVALID || rc == PL_TOOBIG || rc == PL_NOMEM,
                   "a status that is announced");
        fuzz_check(err.status == rc, "the error has the status");
        fuzz_check(rc == PL_NOMEM || (err.line > 0 && err.column > 0),
                   "the error has a place");
        (void) pl_json_locate(json, err.path, &line, &column);
    }

    pl_arena_destroy(ar);
    free(copy);

    return 0;
}
