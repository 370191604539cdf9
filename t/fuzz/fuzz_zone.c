/*
 * Fuzz target: files of time zones, and ranges of the day. The first 8 bytes
 * are an instant to ask about, the rest is a TZif file, and a text of hours.
 * What must hold of any zone that compiles: an instant lies in its stretch, a
 * wall time that is shown is found again, and a range ends where it ends.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/str.h"
#include "../../src/core/zone.h"
#include "../../src/engine/hours.h"

#define FUZZ_ARENA_MAX  (1024u * 1024)
#define FUZZ_HEAD       8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_must(bool holds, const char *promise)
{
    if (!holds) {
        (void) fprintf(stderr, "broken: %s\n", promise);
        abort();
    }
}


static void
fuzz_ask(const pl_zone_t *zone, int64_t at)
{
    int64_t         again, wall;
    pl_civil_t      c, same;
    pl_zone_span_t  span;

    pl_zone_local(zone, at, &c);
    (void) pl_zone_next(zone, at, c.hour, c.minute);
    (void) pl_zone_next(zone, at, 24, -1);
    (void) pl_zone_at(zone, at);

    if (at < PL_ZONE_MIN_MS + 86400000 * 3LL
        || at > PL_ZONE_MAX_MS - 86400000 * 3LL)
    {
        return;
    }

    pl_zone_span(zone, at, &span);
    fuzz_must(span.from_ms <= at && at < span.until_ms, "a stretch");
    fuzz_must(span.offset_s == c.offset_s, "its offset");

    wall = pl_zone_wall(&c);
    fuzz_must(wall == at + c.offset_s * 1000LL, "a wall time");
    again = pl_zone_at(zone, wall);
    fuzz_must(again <= at, "the first of two");
    pl_zone_local(zone, again, &same);
    fuzz_must(pl_zone_wall(&same) == wall, "a wall time found again");
    fuzz_must(pl_zone_next(zone, at, c.hour, c.minute) > at, "the next");
}


static void
fuzz_hours(const pl_hours_t *hours, const pl_zone_t *zone, int64_t at)
{
    int64_t  until, next;

    if (at < PL_ZONE_MIN_MS || at > PL_ZONE_MAX_MS) {
        at = 0;
    }

    until = pl_hours_until(hours, zone, at);
    fuzz_must((until > at) == pl_hours_inside(hours, zone, at), "inside");

    if (until != PL_HOURS_NEVER) {
        fuzz_must(!pl_hours_inside(hours, zone, until), "an end");
    }

    next = pl_hours_next(hours, zone, at);
    if (next != PL_HOURS_NEVER) {
        fuzz_must(next > at && pl_hours_inside(hours, zone, next)
                  && !pl_hours_inside(hours, zone, next - 1), "a begin");
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t             i;
    int64_t            at;
    pl_err_t           err;
    uint8_t           *copy;
    pl_str_t           file;
    pl_hours_t         hours;
    pl_arena_t        *ar;
    const pl_zone_t   *zone;
    static const int64_t  steps[] = {
        0, 1, -1, 3600000, 86400000, 15778476000, 31556952000, 315569520000
    };

    if (size < FUZZ_HEAD) {
        return 0;
    }

    at = (int64_t) pl_be64(data);
    file.len = size - FUZZ_HEAD;
    copy = malloc(file.len == 0 ? 1 : file.len);
    ar = pl_arena_create(1024, FUZZ_ARENA_MAX);
    fuzz_must(copy != NULL && ar != NULL, "memory");
    memcpy(copy, data + FUZZ_HEAD, file.len);
    file.data = copy;

    if (pl_hours_parse(file, &hours, &err) != PL_OK) {
        fuzz_must(err.column >= 1 && err.column <= file.len + 1, "a place");
        fuzz_must(pl_hours_parse(PL_STR("mon-fri 02:10-02:50,23:00-07:00"),
                                 &hours, &err) == PL_OK, "hours");
    }

    if (pl_zone_compile(ar, file, &zone, &err) != PL_OK) {
        fuzz_must(zone == NULL && err.text[0] != '\0', "a reason");
        zone = pl_zone_universal();
    }

    for (i = 0; i < PL_COUNT(steps); i++) {
        fuzz_ask(zone, (int64_t) ((uint64_t) at + (uint64_t) steps[i]));
        fuzz_ask(zone, 1760000000000 + 7 * steps[i]);
    }

    fuzz_hours(&hours, zone, at);
    fuzz_hours(&hours, zone, 1760000000000);

    free(copy);
    pl_arena_destroy(ar);

    return 0;
}
