/*
 * Ranges of the day: how they are read, and when they begin and end, on the
 * days on which clocks change above all. Held against a look at each minute.
 */

#include "temp.h"

#include "../../src/core/clock.h"
#include "../../src/core/str.h"
#include "../../src/engine/hours.h"


#define MINUTE_MS  60000LL
#define DAY_MS     86400000LL


static pl_hours_t
hours(const char *text)
{
    pl_err_t    err;
    pl_hours_t  h;

    if (pl_hours_parse(pl_str_c(text), &h, &err) != PL_OK) {
        fail_msg("%s:%u: %s", text, err.column, err.text);
    }

    return h;
}


static const pl_zone_t *
zone_of(pl_arena_t *ar, const char *name)
{
    char              path[512];
    FILE             *f;
    pl_err_t          err;
    uint8_t           data[16384];
    pl_str_t          bytes = { data, 0 };
    const pl_zone_t  *zone;

    (void) snprintf(path, sizeof(path), "%s/%s", getenv("TZDIR") != NULL
                    ? getenv("TZDIR") : "/usr/share/zoneinfo", name);
    f = fopen(path, "r");
    if (f == NULL) {
        skip();
    }

    bytes.len = fread(data, 1, sizeof(data), f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(pl_zone_compile(ar, bytes, &zone, &err), PL_OK);

    return zone;
}


/* "2027-03-28T01:30" of UTC. */
static int64_t
utc(const char *text)
{
    int64_t  ms;
    char     full[64];

    (void) snprintf(full, sizeof(full), "%sZ", text);
    assert_int_equal(pl_clock_parse(pl_str_c(full), &ms), PL_OK);

    return ms;
}


static void
texts_become_minutes_of_the_week(void **state)
{
    size_t      i, k, at;
    char        said[512];
    pl_hours_t  h;

    static const struct {
        const char  *text, *spans;
    } rows[] = {
        { "09:00-17:00", "540-1020 1980-2460 3420-3900 4860-5340 6300-6780 "
                         "7740-8220 9180-9660" },
        { "mon 00:00-24:00", "0-1440" },
        { "00:00-24:00", "0-10080" },
        { "daily 00:00-24:00", "0-10080" },
        { "fri 22:00-06:00", "7080-7560" },
        { "sun 22:00-06:00", "0-360 9960-10080" },
        { "sun 22:00-00:00", "9960-10080" },
        { "mon 23:00-24:00,tue 00:00-01:00", "1380-1500" },
        { "mon 00:01-00:00", "1-1440" },
        { "  SAT , sun\t10:00 - 12:00 ", "7800-7920 9240-9360" },
        { "sat-mon 10:00-11:00", "600-660 7800-7860 9240-9300" },
        { "mon-tue,fri 10:00-11:00", "600-660 2040-2100 6360-6420" },
        { "mon 09:00-12:00,13:00-17:00", "540-720 780-1020" },
        { "mon 10:00-11:00,10:30-12:00,09:00-09:30", "540-570 600-720" },
        { "mon 10:00-11:00,daily 00:00-24:00", "0-10080" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        h = hours(rows[i].text);
        said[0] = '\0';
        for (k = 0, at = 0; k < h.n; k++) {
            at += (size_t) snprintf(said + at, sizeof(said) - at,
                                    "%s%u-%u", k == 0 ? "" : " ",
                                    h.spans[k].from, h.spans[k].to);
        }
        assert_string_equal(said, rows[i].spans);
    }
}


static void
mistakes_have_their_place(void **state)
{
    size_t      i;
    pl_err_t    err;
    pl_hours_t  h;

    static const struct {
        const char  *text;
        unsigned     column;
        const char  *says;
    } rows[] = {
        { "", 1, "HH:MM" },
        { "   ", 4, "HH:MM" },
        { "9:00-17:00", 2, "HH:MM" },
        { "09:00", 6, "\"-\"" },
        { "09:00-", 7, "HH:MM" },
        { "09:00-17", 9, "HH:MM" },
        { "09.00-17:00", 3, "HH:MM" },
        { "24:00-07:00", 1, "no such time" },
        { "23:60-07:00", 1, "no such time" },
        { "23:00-24:01", 7, "no such time" },
        { "23:00-25:00", 7, "no such time" },
        { "09:00-09:00", 1, "no length" },
        { "mo 09:00-10:00", 1, "a day" },
        { "monday 09:00-10:00", 1, "a day" },
        { "mon-", 5, "a day" },
        { "mon-fry 09:00-10:00", 5, "a day" },
        { "mon,09:00-10:00", 5, "a day" },
        { "mon", 4, "HH:MM" },
        { "daily,mon 09:00-10:00", 6, "HH:MM" },
        { "09:00-10:00,", 13, "HH:MM" },
        { "09:00-10:00 11:00-12:00", 13, "\",\"" },
        { "09:00-10:00;", 12, "\",\"" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_hours_parse(pl_str_c(rows[i].text), &h, &err),
                         PL_INVALID);
        if (err.column != rows[i].column
            || strstr(err.text, rows[i].says) == NULL)
        {
            fail_msg("%s: %u: %s", rows[i].text, err.column, err.text);
        }
        assert_int_equal(err.line, 1);
        assert_int_equal(h.n, 0);
        assert_int_equal(pl_hours_parse(pl_str_c(rows[i].text), &h, NULL),
                         PL_INVALID);
    }
}


static void
a_text_has_limits(void **state)
{
    int         i;
    char        text[PL_HOURS_TEXT_MAX + 2] = "";
    pl_err_t    err;
    pl_hours_t  h;

    (void) state;

    /* each of 16 goes over Sunday's midnight: the most stretches there are */
    for (i = 0; i < PL_HOURS_RANGES_MAX; i++) {
        (void) snprintf(text + strlen(text), sizeof(text) - strlen(text),
                        "%s12:%02d-00:%02d", i == 0 ? "" : ",", 59 - i, i);
    }

    assert_int_equal(pl_hours_parse(pl_str_c(text), &h, &err), PL_OK);
    assert_int_equal(h.n, 8);
    strncat(text, ",01:00-02:00", 20);
    assert_int_equal(pl_hours_parse(pl_str_c(text), &h, &err), PL_INVALID);
    assert_non_null(strstr(err.text, "too many"));

    memset(text, ' ', sizeof(text));
    memcpy(text, "01:00-02:00", 11);
    assert_int_equal(pl_hours_parse((pl_str_t) { (uint8_t *) text,
                     PL_HOURS_TEXT_MAX }, &h, &err), PL_OK);
    assert_int_equal(pl_hours_parse((pl_str_t) { (uint8_t *) text,
                     PL_HOURS_TEXT_MAX + 1 }, &h, &err), PL_TOOBIG);
    assert_int_equal(err.status, PL_TOOBIG);
    assert_int_equal(err.column, PL_HOURS_TEXT_MAX + 1);
}


static void
the_begin_is_inside_and_the_end_is_not(void **state)
{
    int64_t            from = utc("2027-01-15T22:00"), to;
    pl_arena_t        *ar = pl_arena_create(65536, 1024 * 1024);
    pl_hours_t         h = hours("23:00-07:00");
    const pl_zone_t   *zone;

    (void) state;
    zone = zone_of(ar, "Europe/Berlin");
    to = utc("2027-01-16T06:00");

    assert_false(pl_hours_inside(&h, zone, from - 1));
    assert_true(pl_hours_inside(&h, zone, from));
    assert_true(pl_hours_inside(&h, zone, to - 1));
    assert_false(pl_hours_inside(&h, zone, to));

    assert_int_equal(pl_hours_until(&h, zone, from - 1), from - 1);
    assert_int_equal(pl_hours_until(&h, zone, from), to);
    assert_int_equal(pl_hours_until(&h, zone, to - 1), to);
    assert_int_equal(pl_hours_until(&h, zone, to), to);

    assert_int_equal(pl_hours_next(&h, zone, from - 1), from);
    assert_int_equal(pl_hours_next(&h, zone, from), from + DAY_MS);
    assert_int_equal(pl_hours_next(&h, zone, to), from + DAY_MS);

    pl_arena_destroy(ar);
}


/* at an instant: until when it lasts (NULL: it is outside), and when
   the next begins; all of UTC */
static const struct {
    const char  *zone, *hours, *at, *until, *next;
} changes[] = {
    { "Europe/Berlin", "23:00-07:00", "2027-03-28T01:30",
      "2027-03-28T05:00", "2027-03-28T21:00" },
    { "Europe/Berlin", "23:00-07:00", "2027-03-27T22:00",
      "2027-03-28T05:00", "2027-03-28T21:00" },
    { "Europe/Berlin", "23:00-07:00", "2027-10-31T00:30",
      "2027-10-31T06:00", "2027-10-31T22:00" },
    { "Europe/Berlin", "23:00-07:00", "2027-10-31T01:30",
      "2027-10-31T06:00", "2027-10-31T22:00" },
    /* ends in the gap: with it */
    { "Europe/Berlin", "23:00-02:30", "2027-03-27T23:00",
      "2027-03-28T01:00", "2027-03-28T21:00" },
    /* begins in it: behind it */
    { "Europe/Berlin", "02:30-04:00", "2027-03-27T23:00", NULL,
      "2027-03-28T01:00" },
    { "Europe/Berlin", "02:30-04:00", "2027-03-28T01:00",
      "2027-03-28T02:00", "2027-03-29T00:30" },
    /* lies in it: not that day */
    { "Europe/Berlin", "02:10-02:50", "2027-03-28T00:00", NULL,
      "2027-03-29T00:10" },
    { "Europe/Berlin", "sun 02:10-02:50", "2027-03-28T00:00", NULL,
      "2027-04-04T00:10" },
    /* ends in the fold: it comes twice */
    { "Europe/Berlin", "23:00-02:30", "2027-10-31T00:00",
      "2027-10-31T00:30", "2027-10-31T01:00" },
    { "Europe/Berlin", "23:00-02:30", "2027-10-31T01:00",
      "2027-10-31T01:30", "2027-10-31T22:00" },
    /* covers it: it is longer */
    { "Europe/Berlin", "02:00-03:00", "2027-10-31T00:00",
      "2027-10-31T02:00", "2027-11-01T01:00" },
    { "Asia/Kolkata", "23:00-07:00", "2027-06-01T18:00",
      "2027-06-02T01:30", "2027-06-02T17:30" },
    { "America/St_Johns", "23:00-07:00", "2027-06-01T02:00",
      "2027-06-01T09:30", "2027-06-02T01:30" },
    /* 2027-03-14 02:00 -> 03:00, 2027-11-07 02:00 -> 01:00 */
    { "America/St_Johns", "23:00-07:00", "2027-03-14T03:00",
      "2027-03-14T09:30", "2027-03-15T01:30" },
    { "America/St_Johns", "23:00-07:00", "2027-11-07T03:00",
      "2027-11-07T10:30", "2027-11-08T02:30" },
    /* by half an hour: 2027-10-03 02:00 -> 02:30 */
    { "Australia/Lord_Howe", "23:00-07:00", "2027-10-02T13:00",
      "2027-10-02T20:00", "2027-10-03T12:00" },
    { "Australia/Lord_Howe", "02:00-02:30", "2027-10-02T13:00", NULL,
      "2027-10-03T15:00" },
    /* and back: 2027-04-04 02:00 -> 01:30 */
    { "Australia/Lord_Howe", "01:30-02:00", "2027-04-03T14:30",
      "2027-04-03T15:30", "2027-04-04T15:00" },
    /* Ramadan 2027: back on 02-07 03:00 -> 02:00, forward on 03-14 */
    { "Africa/Casablanca", "23:00-07:00", "2027-02-06T23:00",
      "2027-02-07T07:00", "2027-02-07T23:00" },
    { "Africa/Casablanca", "23:00-07:00", "2027-03-13T23:00",
      "2027-03-14T06:00", "2027-03-14T22:00" },
    /* the 30th, a Friday, was not */
    { "Pacific/Apia", "23:00-07:00", "2011-12-30T09:30",
      "2011-12-30T17:00", "2011-12-31T09:00" },
    { "Pacific/Apia", "fri 09:00-17:00", "2011-12-29T20:00", NULL,
      "2012-01-05T19:00" },
    { "Pacific/Apia", "00:00-24:00", "2011-12-29T20:00", "never",
      "never" },
    { "Pacific/Apia", "fri 00:00-24:00", "2011-12-30T09:59:59.999", NULL,
      "2012-01-05T10:00" },
};


static void
changes_of_clocks(void **state)
{
    size_t             i;
    int64_t            at, until, next;
    pl_arena_t        *ar = pl_arena_create(65536, 1024 * 1024);
    pl_hours_t         h;

    (void) state;

    for (i = 0; i < PL_COUNT(changes); i++) {
        const pl_zone_t  *zone = zone_of(ar, changes[i].zone);

        h = hours(changes[i].hours);
        at = utc(changes[i].at);
        until = changes[i].until == NULL ? at
                : strcmp(changes[i].until, "never") == 0 ? PL_HOURS_NEVER
                : utc(changes[i].until);
        next = strcmp(changes[i].next, "never") == 0 ? PL_HOURS_NEVER
               : utc(changes[i].next);

        assert_int_equal(pl_hours_inside(&h, zone, at),
                         changes[i].until != NULL);
        if (pl_hours_until(&h, zone, at) != until
            || pl_hours_next(&h, zone, at) != next)
        {
            fail_msg("row %zu, %s: %lld %lld", i, changes[i].zone,
                     (long long) pl_hours_until(&h, zone, at),
                     (long long) pl_hours_next(&h, zone, at));
        }
        pl_arena_reset(ar);
    }

    pl_arena_destroy(ar);
}


/* What is asked is what a look at each minute finds, for a year. */

static void
agrees_with_each_minute(void **state)
{
    size_t       i, k;
    int64_t      at, turn = 0, from = utc("2027-01-01T00:00");
    bool         inside, now;
    pl_arena_t  *ar = pl_arena_create(65536, 1024 * 1024);
    pl_hours_t   h;

    static const char *const  zones[] = {
        "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca",
        "America/St_Johns", "Asia/Kolkata", "America/Santiago"
    };
    static const char *const  texts[] = {
        "23:00-07:00", "mon-fri 09:00-12:00,13:00-17:00,sat 10:00-14:00",
        "02:10-02:50", "01:45-02:15,02:20-03:00", "sun 22:00-06:00",
        "sun 00:30-02:30"
    };

    (void) state;

    for (i = 0; i < PL_COUNT(zones); i++) {
        const pl_zone_t  *zone = zone_of(ar, zones[i]);

        for (k = 0; k < PL_COUNT(texts); k++) {
            h = hours(texts[k]);
            inside = pl_hours_inside(&h, zone, from);
            turn = from;

            for (at = from; at < from + 366 * DAY_MS; at += MINUTE_MS) {
                now = pl_hours_inside(&h, zone, at);
                if (now == inside) {
                    continue;
                }

                if (inside) {
                    assert_int_equal(pl_hours_until(&h, zone, turn), at);
                    assert_int_equal(pl_hours_until(&h, zone, at - 1), at);
                } else {
                    assert_int_equal(pl_hours_next(&h, zone, turn), at);
                    assert_int_equal(pl_hours_next(&h, zone, at - 1), at);
                }

                inside = now;
                turn = at;
            }
        }
        pl_arena_reset(ar);
    }

    pl_arena_destroy(ar);
}


static void
time_has_ends(void **state)
{
    pl_hours_t        h = hours("mon 09:00-17:00"), none = { 0 };
    const pl_zone_t  *zone = pl_zone_universal();

    (void) state;

    assert_int_equal(pl_hours_next(&none, zone, 0), PL_HOURS_NEVER);
    assert_int_equal(pl_hours_until(&none, zone, 7), 7);
    assert_int_equal(pl_hours_next(&h, zone, INT64_MAX), PL_HOURS_NEVER);
    assert_int_equal(pl_hours_until(&h, zone, INT64_MAX), INT64_MAX);
    assert_int_equal(pl_hours_until(&h, zone, INT64_MIN),
                     INT64_MIN);          /* 0001-01-01 is a Monday, 00:00 */
    assert_int_equal(pl_hours_next(&h, zone, INT64_MIN),
                     PL_ZONE_MIN_MS + 9 * 60 * MINUTE_MS);
    assert_int_equal(pl_hours_next(&h, zone, PL_ZONE_MAX_MS),
                     PL_HOURS_NEVER);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(texts_become_minutes_of_the_week),
        cmocka_unit_test(mistakes_have_their_place),
        cmocka_unit_test(a_text_has_limits),
        cmocka_unit_test(the_begin_is_inside_and_the_end_is_not),
        cmocka_unit_test(changes_of_clocks),
        cmocka_unit_test(agrees_with_each_minute),
        cmocka_unit_test(time_has_ends),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
