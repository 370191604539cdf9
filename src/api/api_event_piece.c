/*
 * Pieces of events that more than one of their sources makes.
 */

#include "../core/clock.h"
#include "../core/str.h"
#include "api_event_impl.h"


char *
pl_api_show_time(const pl_api_showing_t *s, int64_t time_ms)
{
    char  text[PL_CLOCK_TEXT_MAX];

    return pl_arena_str(s->from->ar, pl_str_c(pl_clock_print(time_ms, text)));
}


pl_status_t
pl_api_show_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "event", 0, "out of memory");
}
