/* The clock: what it prints, that it never runs back, the machine's boot. */

#include "temp.h"

#include "../../src/core/clock.h"


typedef struct {
    int64_t      ms;
    const char  *text;
} print_row_t;


static void
prints_utc_with_milliseconds(void **state)
{
    char                      buf[PL_CLOCK_TEXT_MAX];
    size_t                    i;
    static const print_row_t  rows[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { 999, "1970-01-01T00:00:00.999Z" },
        { -1, "1969-12-31T23:59:59.999Z" },
        { -86400000, "1969-12-31T00:00:00.000Z" },
        { 951782399999, "2000-02-28T23:59:59.999Z" },
        { 951782400000, "2000-02-29T00:00:00.000Z" },
        { 951868800000, "2000-03-01T00:00:00.000Z" },
        { 1709164800000, "2024-02-29T00:00:00.000Z" },
        { 1735689599001, "2024-12-31T23:59:59.001Z" },
        { 4107542400000, "2100-03-01T00:00:00.000Z" },
        { 4107542399999, "2100-02-28T23:59:59.999Z" },
        { 253402300799999, "9999-12-31T23:59:59.999Z" },
        { -62135596800000, "0001-01-01T00:00:00.000Z" },
        { INT64_MAX, "292278994-08-17T07:12:55.807Z" },
        { INT64_MIN, "-292275055-05-16T16:47:04.192Z" },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(pl_clock_print(rows[i].ms, buf), rows[i].text);
    }
}


static void
agrees_with_libc_for_every_day_of_400_years(void **state)
{
    char       buf[PL_CLOCK_TEXT_MAX], want[32];
    time_t     t;
    int64_t    day;
    struct tm  tm;

    (void) state;

    for (day = -25567; day < 120530; day++) {       /* 1900 to 2300 */
        t = (time_t) (day * 86400 + 3723);
        assert_non_null(gmtime_r(&t, &tm));
        assert_true(strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.007Z",
                             &tm) != 0);
        assert_string_equal(pl_clock_print((int64_t) t * 1000 + 7, buf),
                            want);
    }
}


/* Every day of four centuries, against a count of days. */

static void
counts_the_days_of_400_years(void **state)
{
    int      year, month, day, last;
    int64_t  n;

    static const int  lengths[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    (void) state;

    n = 0;

    for (year = 1970; year < 2370; year++) {
        for (month = 1; month <= 12; month++) {
            last = lengths[month - 1];

            if (month == 2 && year % 4 == 0
                && (year % 100 != 0 || year % 400 == 0))
            {
                last++;
            }

            for (day = 1; day <= last; day++) {
                assert_true(pl_clock_days(year, month, day) == n++);
            }
        }
    }
}


static void
system_clock_is_the_time_and_goes_on(void **state)
{
    int            i;
    int64_t        wall, before, now, coarse;
    const pl_clock_t  *clock;

    (void) state;

    clock = pl_clock_system();
    wall = pl_clock_wall_ms(clock);
    assert_true(wall / 1000 >= (int64_t) time(NULL) - 1);
    assert_true(wall / 1000 <= (int64_t) time(NULL) + 1);

    before = pl_clock_mono_us(clock);
    coarse = pl_clock_coarse_ms();

    for (i = 0; i < 1000; i++) {
        now = pl_clock_mono_us(clock);
        assert_true(now >= before);
        before = now;
    }

    temp_sleep_ms(20);
    assert_true(pl_clock_mono_us(clock) >= before + 20000);
    assert_true(pl_clock_coarse_ms() > coarse);
}


static int64_t
turned_wall_ms(void *data)
{
    return *(int64_t *) data;
}


static int64_t
turned_mono_us(void *data)
{
    return *(int64_t *) data * 1000;
}


static void
can_be_turned_by_a_test(void **state)
{
    int64_t     now;
    pl_clock_t  clock;

    (void) state;

    clock.wall_ms = turned_wall_ms;
    clock.mono_us = turned_mono_us;
    clock.data = &now;

    now = 42;
    assert_int_equal(pl_clock_wall_ms(&clock), 42);
    now = 43;
    assert_int_equal(pl_clock_wall_ms(&clock), 43);
    assert_int_equal(pl_clock_mono_us(&clock), 43000);
}


static void
boot_is_the_kernels(void **state)
{
    int       fd, i, n;
    char      text[64], hex[33];
    uint8_t   boot[16], again[16];
    ssize_t   len;

    (void) state;

    pl_clock_boot(boot);
    pl_clock_boot(again);
    assert_memory_equal(boot, again, 16);

    fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY);
    if (fd == -1) {
        temp_skip("no boot id in /proc");
    }

    len = read(fd, text, sizeof(text));
    assert_true(len >= 36);
    (void) close(fd);

    for (i = 0, n = 0; i < 36; i++) {
        if (text[i] != '-') {
            hex[n++] = text[i];
        }
    }

    for (i = 0; i < 16; i++) {
        assert_int_equal(boot[i], strtoul((char[]) { hex[2 * i],
                                          hex[2 * i + 1], '\0' }, NULL, 16));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(prints_utc_with_milliseconds),
        cmocka_unit_test(agrees_with_libc_for_every_day_of_400_years),
        cmocka_unit_test(counts_the_days_of_400_years),
        cmocka_unit_test(system_clock_is_the_time_and_goes_on),
        cmocka_unit_test(can_be_turned_by_a_test),
        cmocka_unit_test(boot_is_the_kernels),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
