/*
 * What a body was decoded to, as text: `parleyctl decode`, and the .expect
 * file beside every fixture.
 *
 *     {"inbound_message":{"account":"106500000000001", ... }}
 *     {"delivery_status":{ ... }}
 *     {"ignored":0}
 *
 * One line for each command, then one that counts what was ignored.
 */

#ifndef PL_CHANNEL_PRINT_H_INCLUDED
#define PL_CHANNEL_PRINT_H_INCLUDED

#include "channel.h"

/* The lines, each with its newline, in the arena. PL_NOMEM. Any thread. */
pl_status_t pl_channel_print(const pl_codec_t *codec,
    const pl_decoded_t *decoded, pl_arena_t *ar, pl_str_t *out,
    pl_err_t *err);

#endif /* PL_CHANNEL_PRINT_H_INCLUDED */
