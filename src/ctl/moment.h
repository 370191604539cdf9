/*
 * Moments and lengths of time as people write them on a command line: their
 * forms alone, one for all options. What an option makes of them is past.h's,
 * plctl_when's, or its own.
 */

#ifndef PLCTL_MOMENT_H_INCLUDED
#define PLCTL_MOMENT_H_INCLUDED

#include "../core/pl.h"

/*
 * "2026-01-31", the day's beginning, or RFC 3339 as pl_clock_parse reads it;
 * without a zone it is UTC. *ms: Unix milliseconds. False: it is none, or no
 * such day, and *ms is not touched.
 */
bool plctl_moment(const char *text, int64_t *ms);

/*
 * "500ms", "90s", "15m", "2h", "1d12h": numbers with their units, one behind
 * the other. False: it is none, or longer than max_ms.
 */
bool plctl_span(const char *text, int64_t max_ms, int64_t *ms);

#endif /* PLCTL_MOMENT_H_INCLUDED */
