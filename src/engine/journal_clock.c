/*
 * The journal's time: the wall clock's as long as that goes forward. While
 * the clock is behind the last entry, time goes on from there at half the
 * monotonic clock's pace, so that it never runs back, never stands still,
 * and meets the clock again. It is counted from that entry, and not from the
 * first one after it: a store where nothing is appended has timers too.
 */

#include <string.h>

#include "../core/str.h"
#include "journal_impl.h"

#define JOURNAL_BOOT_LEN  16

static bool journal_same_boot(const pl_store_t *st,
    const Pl__JournalMeta *meta);
static int64_t journal_time(const Pl__JournalMeta *meta, int64_t wall_ms,
    int64_t mono_ms, bool same);
static int64_t journal_half(int64_t from_ms, int64_t from_mono_ms,
    int64_t mono_ms);
static void journal_slow(Pl__JournalMeta *meta, int64_t wall_ms,
    int64_t from_mono_ms, bool same);


pl_status_t
pl_journal_now(pl_store_t *st, const pl_clock_t *clock, int64_t *now_ms,
    pl_err_t *err)
{
    pl_arena_t       *ar;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    ar = pl_arena_create(JOURNAL_ARENA_BLOCK, JOURNAL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "journal", 0, "out of memory");
    }

    rc = pl_journal_peek(st, ar, &meta, err);

    if (rc == PL_OK) {
        *now_ms = journal_time(meta, pl_clock_wall_ms(clock),
                               pl_clock_mono_us(clock) / 1000,
                               journal_same_boot(st, meta));
    }

    pl_arena_destroy(ar);

    return rc;
}


/*
 * Sets the time of this append's entries. The monotonic clock tells how far
 * the wall clock should have come since the last append; across a restart of
 * the machine only a step backwards can be told from time that passed.
 */

pl_status_t
pl_journal_clock(journal_append_t *ja)
{
    bool              same;
    int64_t           expected, step, from_mono_ms;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__ClockStep     clock = PL__CLOCK_STEP__INIT;
    Pl__JournalMeta  *meta;
    pl_status_t       rc;

    meta = ja->meta;

    same = journal_same_boot(ja->st, meta);

    expected = same ? meta->wall_ms + (ja->mono_ms - meta->mono_ms)
                    : meta->last_ms;
    step = ja->wall_ms - expected;

    from_mono_ms = same ? meta->mono_ms : ja->mono_ms;

    meta->has_wall_ms = 1;
    meta->wall_ms = ja->wall_ms;
    meta->has_mono_ms = 1;
    meta->mono_ms = ja->mono_ms;
    meta->has_boot = 1;
    meta->boot.data = (uint8_t *) pl_store_boot(ja->st);
    meta->boot.len = JOURNAL_BOOT_LEN;

    journal_slow(meta, ja->wall_ms, from_mono_ms, same);
    meta->last_ms = journal_time(meta, ja->wall_ms, ja->mono_ms, true);

    if (step >= -PL_CLOCK_STEP_MS && (step <= PL_CLOCK_STEP_MS || !same)) {
        return PL_OK;
    }

    clock.before_ms = expected;
    clock.after_ms = ja->wall_ms;
    command.of_case = PL__COMMAND__OF_CLOCK_STEP;
    command.clock_step = &clock;

    rc = pl_journal_add_command(ja, &command, "clock");

    return rc;
}


static bool
journal_same_boot(const pl_store_t *st, const Pl__JournalMeta *meta)
{
    return meta->has_boot && meta->has_wall_ms && meta->has_mono_ms
           && meta->boot.len == JOURNAL_BOOT_LEN
           && memcmp(meta->boot.data, pl_store_boot(st), JOURNAL_BOOT_LEN)
              == 0;
}


/* The clock's, or while it is behind the last entry's, half of what passed. */

static int64_t
journal_time(const Pl__JournalMeta *meta, int64_t wall_ms, int64_t mono_ms,
    bool same)
{
    int64_t  slow;

    if (wall_ms >= meta->last_ms) {
        return wall_ms;
    }

    if (!same) {
        return meta->last_ms;           /* the machine was started anew */
    }

    slow = meta->has_slow_ms
           ? journal_half(meta->slow_ms, meta->slow_mono_ms, mono_ms)
           : journal_half(meta->last_ms, meta->mono_ms, mono_ms);

    return slow > meta->last_ms ? slow : meta->last_ms;
}


static int64_t
journal_half(int64_t from_ms, int64_t from_mono_ms, int64_t mono_ms)
{
    return from_ms + (mono_ms - from_mono_ms) / 2;
}


static void
journal_slow(Pl__JournalMeta *meta, int64_t wall_ms, int64_t from_mono_ms,
    bool same)
{
    if (wall_ms >= meta->last_ms) {
        meta->has_slow_ms = 0;
        meta->has_slow_mono_ms = 0;

    } else if (!same || !meta->has_slow_ms) {
        meta->has_slow_ms = 1;
        meta->slow_ms = meta->last_ms;
        meta->has_slow_mono_ms = 1;
        meta->slow_mono_ms = from_mono_ms;
    }
}
