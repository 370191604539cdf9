/*
 * What a provider says of when to come back: the value of Retry-After, in
 * seconds or as a date (RFC 9110, 10.2.3 and 5.6.7, all three forms).
 *
 * It is a wish, not an order: what is longer than PL_DELAY_MAX_MS, a number
 * that no integer holds included, is as long as that; what is shorter than
 * PL_DELAY_MIN_MS, a date that has passed and 0 included, is that. What is
 * neither form ("-1", "soon") says nothing.
 *
 * Pure; any thread.
 */

#ifndef PL_DELAY_H_INCLUDED
#define PL_DELAY_H_INCLUDED

#include "../core/pl.h"

#define PL_DELAY_MIN_MS  1000LL
#define PL_DELAY_MAX_MS  (3600LL * 1000)

/*
 * now_ms: the wall clock, for dates; 0: not known, so that a date says
 * nothing. *delay_ms from now. False: it says nothing.
 */
bool pl_delay_read(pl_str_t value, int64_t now_ms, int64_t *delay_ms);

/* A date, in any of the three forms; seconds from 1970. False: it is none. */
bool pl_delay_date(pl_str_t value, int64_t *time_s);

#endif /* PL_DELAY_H_INCLUDED */
