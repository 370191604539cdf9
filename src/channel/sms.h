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

/* A variable's value. */
typedef struct {
    pl_str_t  name;
    pl_str_t  value;
    bool      used;                 /* by pl_sms_fill */
} pl_sms_value_t;

/*
 * A template's text with its variables, {naam}, filled in; {{ and }} are
 * braces. Lines at its beginning that start with '#' are no part of it, nor
 * is white space at its end. PL_INVALID, with the variable as the path, where
 * one has no value, or an empty one, or a value is of no variable of it; and
 * where a brace stands alone, a name is none, or nothing is left. PL_TOOBIG
 * past PL_TEXT_MAX bytes; PL_NOMEM.
 */
pl_status_t pl_sms_fill(pl_arena_t *ar, pl_str_t text,
    pl_sms_value_t *values, size_t n, pl_str_t *out, pl_err_t *err);

/*
 * Segments that a message of this channel goes in; 0: it is none of SMS, has
 * no text, or no memory is left. What a preview says and what is recorded.
 */
uint32_t pl_sms_segments(pl_arena_t *ar, const Pl__ChannelSettings *channel,
    const Pl__Content *content);

#endif /* PL_SMS_H_INCLUDED */
