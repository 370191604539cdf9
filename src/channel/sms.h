/*
 * What is sent as SMS: in how many segments, and with typographic characters
 * made those of its alphabet. Counting is core/gsm.h's.
 *
 * Pure; any thread.
 */

#ifndef PL_SMS_H_INCLUDED
#define PL_SMS_H_INCLUDED

#include "../core/arena.h"
#include "record.pb-c.h"

/*
 * The text with curly quotes, dashes, ellipses, bullets, odd spaces and
 * characters of no width as the alphabet has them; what it cannot say stays.
 * The text itself where nothing had to change; NULL: no memory.
 */
const char *pl_sms_smart(pl_arena_t *ar, const char *text);

/*
 * Segments that a message of this channel goes in; 0: it is none of SMS, has
 * no text, or no memory is left. What a preview says and what is recorded.
 */
uint32_t pl_sms_segments(pl_arena_t *ar, const Pl__ChannelSettings *channel,
    const Pl__Content *content);

#endif /* PL_SMS_H_INCLUDED */
