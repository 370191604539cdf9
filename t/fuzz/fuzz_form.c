/*
 * Forms from anywhere.
 *
 * The last byte of an input chooses shape and the arena's size.
 */

#include "fuzz.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const  shapes[] = {
        &kinds_descriptor,
        &pl__wa__status__descriptor,
        &pl__flow_file__descriptor,
        &pl__wa__error_item__descriptor,
    };

    uint8_t           *copy, choice;
    pl_err_t           err;
    pl_arena_t        *ar;
    pl_status_t        rc;
    pl_codec_t        *codec;
    ProtobufCMessage  *msg;

    codec = fuzz_codec();
    choice = (size == 0) ? 0 : data[size - 1];

    copy = malloc(size == 0 ? 1 : size);
    fuzz_check(copy != NULL, "memory");
    memcpy(copy, data, size);

    ar = pl_arena_create(1024, (choice & 0x08) != 0
                               ? (choice & 0xf0u) * 16 : FUZZ_ARENA_MAX);
    fuzz_check(ar != NULL, "memory");

    rc = pl_form_decode(codec, shapes[choice % PL_COUNT(shapes)],
                        (pl_str_t) { copy, size }, ar, &msg, &err);

    fuzz_check((rc == PL_OK) == (msg != NULL), "a message or an error");

    if (rc == PL_OK) {
        fuzz_round_trip(msg);

    } else {
        fuzz_check(rc == PL_INVALID || rc == PL_TOOBIG || rc == PL_NOMEM,
                   "a status that is announced");
        fuzz_check(err.status == rc, "the error has the status");
    }

    pl_arena_destroy(ar);
    free(copy);

    return 0;
}
