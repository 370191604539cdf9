/*
 * Time zones against glibc, which knows one zone at a time: every zone of
 * the system's database, at each transition and a second to either side, and
 * by its footer to 2100. PARLEY_ZONES_WHOLE=1: besides, each 29 hours from
 * 1900 to 2100. And what the wall says at changes.
 */

#include "temp.h"

#include <dirent.h>
#include <time.h>

#include "../../src/core/str.h"
#include "../../src/core/zone.h"


#define ZONES_MAX    1000
#define FROM_MS      (-2208988800000LL)         /* 1900 */
#define TO_MS        4102444800000LL            /* 2100 */
#define STEP_MS      (29LL * 3600 * 1000)


static char    *names[ZONES_MAX];
static size_t   n_names;
static const char  *zone_dir;


/* Links count: most old names are one, and so are folders of posix/. */

static void
find_in(const char *folder)
{
    DIR            *dir;
    char            path[600], name[300], magic[4];
    FILE           *f;
    size_t          n;
    struct stat     st;
    struct dirent  *d;

    (void) snprintf(path, sizeof(path), "%s/%s", zone_dir, folder);
    dir = opendir(path);

    while (dir != NULL && (d = readdir(dir)) != NULL) {
        (void) snprintf(name, sizeof(name), "%s%s%.200s", folder,
                        folder[0] == '\0' ? "" : "/", d->d_name);
        (void) snprintf(path, sizeof(path), "%s/%s", zone_dir, name);

        if (d->d_name[0] == '.' || strcmp(name, "posix") == 0
            || strcmp(name, "right") == 0 || strcmp(name, "localtime") == 0
            || strcmp(name, "posixrules") == 0 || stat(path, &st) != 0)
        {
            continue;
        }

        if (S_ISDIR(st.st_mode)) {
            find_in(name);
            continue;
        }

        f = fopen(path, "r");
        assert_non_null(f);
        n = fread(magic, 1, 4, f);
        assert_int_equal(fclose(f), 0);

        if (n == 4 && memcmp(magic, "TZif", 4) == 0) {
            assert_true(n_names < ZONES_MAX);
            names[n_names++] = strdup(name);
        }
    }

    if (dir != NULL) {
        assert_int_equal(closedir(dir), 0);
    }
}


static int
find_zones(void **state)
{
    (void) state;

    zone_dir = getenv("TZDIR") != NULL ? getenv("TZDIR")
                                       : "/usr/share/zoneinfo";
    find_in("");

    return 0;
}


static int
forget_zones(void **state)
{
    (void) state;

    while (n_names > 0) {
        free(names[--n_names]);
    }

    return 0;
}


static pl_str_t
read_zone(pl_arena_t *ar, const char *name)
{
    char      path[512];
    FILE     *f;
    pl_str_t  bytes;
    uint8_t  *data;

    (void) snprintf(path, sizeof(path), "%s/%s", zone_dir, name);
    f = fopen(path, "r");
    assert_non_null(f);

    data = pl_arena_alloc(ar, PL_ZONE_BYTES_MAX);
    assert_non_null(data);
    bytes.data = data;
    bytes.len = fread(data, 1, PL_ZONE_BYTES_MAX, f);
    assert_int_equal(fclose(f), 0);

    return bytes;
}


static const pl_zone_t *
compile(pl_arena_t *ar, const char *name)
{
    pl_err_t          err;
    const pl_zone_t  *zone;

    if (access(zone_dir, R_OK) != 0) {
        skip();
    }

    if (pl_zone_compile(ar, read_zone(ar, name), &zone, &err) != PL_OK) {
        fail_msg("%s: %s", name, err.text);
    }

    return zone;
}


static pl_civil_t
civil(int year, int month, int day, int hour, int minute)
{
    pl_civil_t  c = { 0 };

    c.year = year;
    c.month = month;
    c.day = day;
    c.hour = hour;
    c.minute = minute;

    return c;
}


/* An instant of UTC. */
static int64_t
utc(int year, int month, int day, int hour, int minute)
{
    pl_civil_t  c = civil(year, month, day, hour, minute);

    return pl_zone_wall(&c);
}


static void
like_glibc(const char *name, const pl_zone_t *zone, int64_t ms)
{
    time_t      t = (time_t) (ms / 1000 - (ms % 1000 < 0));
    struct tm   tm;
    pl_civil_t  c;

    pl_zone_local(zone, ms, &c);
    assert_non_null(localtime_r(&t, &tm));

    if (c.offset_s != tm.tm_gmtoff || c.year != tm.tm_year + 1900
        || c.month != tm.tm_mon + 1 || c.day != tm.tm_mday
        || c.hour != tm.tm_hour || c.minute != tm.tm_min
        || c.second != tm.tm_sec || c.weekday % 7 != tm.tm_wday)
    {
        fail_msg("%s at %lld: %+d, glibc %+ld", name, (long long) t,
                 (int) c.offset_s, tm.tm_gmtoff);
    }
}


/* Each wall time around a change, by its definition. */

static void
wall_times(const char *name, const pl_zone_t *zone,
    const pl_zone_span_t *a, const pl_zone_span_t *b)
{
    int64_t  edge = b->from_ms, wall, want, first, step = 900000;
    int      i;

    (void) name;

    for (i = -12; i <= 12; i++) {
        wall = edge + a->offset_s * 1000LL + i * step;
        first = wall - a->offset_s * 1000LL;

        if (first < edge) {
            want = first;               /* before it, or the first of two */
        } else if (wall - b->offset_s * 1000LL >= edge) {
            want = wall - b->offset_s * 1000LL;
        } else {
            want = first;               /* in the gap */
        }

        /* further changes within hours: Warsaw had none, some had */
        if (want >= a->from_ms && want < b->until_ms
            && first >= a->from_ms && edge - 93600000LL > a->from_ms
            && b->until_ms - 93600000LL > edge)
        {
            assert_int_equal(pl_zone_at(zone, wall), want);
        }
    }
}


static size_t
walk(const char *name, const pl_zone_t *zone)
{
    size_t          n = 0;
    int64_t         at;
    pl_zone_span_t  span, before;

    pl_zone_span(zone, FROM_MS, &span);

    while (span.until_ms < TO_MS) {
        before = span;
        at = span.until_ms;
        pl_zone_span(zone, at, &span);

        assert_int_equal(span.from_ms, at);
        assert_true(span.until_ms > at);

        like_glibc(name, zone, at - 1000);
        like_glibc(name, zone, at - 1);
        like_glibc(name, zone, at);
        like_glibc(name, zone, at + 1000);
        wall_times(name, zone, &before, &span);
        n++;
    }

    return n;
}


static void
every_zone_is_as_glibc_has_it(void **state)
{
    bool               whole = getenv("PARLEY_ZONES_WHOLE") != NULL;
    char               tz[600];
    size_t             i, n = 0;
    int64_t            ms, step;
    pl_arena_t        *ar;
    const pl_zone_t   *zone;

    (void) state;

    if (n_names == 0) {
        skip();
    }

    assert_true(n_names > 300 && n_names < ZONES_MAX);

    for (i = 0; i < n_names; i++) {
        ar = pl_arena_create(128 * 1024, 256 * 1024);
        assert_non_null(ar);
        zone = compile(ar, names[i]);
        assert_true(pl_zone_name_valid(pl_str_c(names[i])));

        (void) snprintf(tz, sizeof(tz), ":%s/%s", zone_dir, names[i]);
        assert_int_equal(setenv("TZ", tz, 1), 0);
        tzset();

        n += walk(names[i], zone);
        step = whole ? STEP_MS : 100 * STEP_MS;
        for (ms = FROM_MS; ms < TO_MS; ms += step) {
            like_glibc(names[i], zone, ms);
        }

        pl_arena_destroy(ar);
    }

    assert_true(n > 50000);
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}


static void
gaps_and_folds(void **state)
{
    size_t             i;
    pl_arena_t        *ar = pl_arena_create(65536, 1024 * 1024);
    const pl_zone_t   *zone;

    /* a wall time, and the UTC that it is */
    static const struct {
        const char  *zone;
        int          wall[5], utc[5];
    } rows[] = {
        /* forward at 02:00: 02:30 is 03:30 */
        { "Europe/Berlin", { 2027, 3, 28, 2, 30 }, { 2027, 3, 28, 1, 30 } },
        { "Europe/Berlin", { 2027, 3, 28, 1, 59 }, { 2027, 3, 28, 0, 59 } },
        { "Europe/Berlin", { 2027, 3, 28, 3, 0 }, { 2027, 3, 28, 1, 0 } },
        /* back at 03:00: the first 02:30 */
        { "Europe/Berlin", { 2027, 10, 31, 2, 30 }, { 2027, 10, 31, 0, 30 } },
        { "Europe/Berlin", { 2027, 10, 31, 3, 0 }, { 2027, 10, 31, 2, 0 } },
        { "Asia/Kolkata", { 2027, 1, 1, 7, 0 }, { 2027, 1, 1, 1, 30 } },
        { "America/St_Johns", { 2027, 1, 1, 7, 0 }, { 2027, 1, 1, 10, 30 } },
        { "America/St_Johns", { 2027, 7, 1, 7, 0 }, { 2027, 7, 1, 9, 30 } },
        /* half an hour only */
        { "Australia/Lord_Howe", { 2027, 7, 1, 7, 0 },
          { 2027, 6, 30, 20, 30 } },
        { "Australia/Lord_Howe", { 2027, 12, 1, 7, 0 },
          { 2027, 11, 30, 20, 0 } },
        { "Australia/Lord_Howe", { 2027, 10, 3, 2, 15 },
          { 2027, 10, 2, 15, 45 } },
        /* a day that was not */
        { "Pacific/Apia", { 2011, 12, 30, 12, 0 }, { 2011, 12, 30, 22, 0 } },
        { "Pacific/Apia", { 2011, 12, 31, 0, 0 }, { 2011, 12, 30, 10, 0 } },
        { "Pacific/Apia", { 2011, 12, 29, 23, 0 }, { 2011, 12, 30, 9, 0 } },
    };

    (void) state;
    assert_non_null(ar);

    for (i = 0; i < PL_COUNT(rows); i++) {
        const int   *w = rows[i].wall, *u = rows[i].utc;
        pl_civil_t   c = civil(w[0], w[1], w[2], w[3], w[4]);

        zone = compile(ar, rows[i].zone);
        assert_int_equal(pl_zone_instant(zone, &c),
                         utc(u[0], u[1], u[2], u[3], u[4]));
        pl_arena_reset(ar);
    }

    pl_arena_destroy(ar);
}


static void
wall_times_are_carried(void **state)
{
    pl_civil_t         c = civil(2027, 1, 32, 24, 60);
    pl_arena_t        *ar = pl_arena_create(65536, 1024 * 1024);
    const pl_zone_t   *zone = pl_zone_universal();

    (void) state;

    assert_int_equal(pl_zone_instant(zone, &c), utc(2027, 2, 2, 1, 0));
    c = civil(2027, 3, 0, -1, 0);
    assert_int_equal(pl_zone_instant(zone, &c), utc(2027, 2, 27, 23, 0));
    c = civil(2027, 13, 1, 0, 0);
    assert_int_equal(pl_zone_instant(zone, &c), utc(2027, 12, 1, 0, 0));

    pl_zone_local(zone, -1, &c);
    assert_true(c.year == 1969 && c.month == 12 && c.day == 31
                && c.hour == 23 && c.minute == 59 && c.second == 59
                && c.ms == 999 && c.weekday == 3 && c.offset_s == 0);

    pl_arena_destroy(ar);
}


static void
times_have_ends(void **state)
{
    pl_civil_t         c;
    pl_arena_t        *ar = pl_arena_create(65536, 1024 * 1024);
    const pl_zone_t   *zone;
    pl_zone_span_t     span;

    (void) state;
    zone = compile(ar, "Europe/Berlin");

    pl_zone_local(zone, INT64_MIN, &c);
    assert_int_equal(c.year, 1);
    pl_zone_local(zone, INT64_MAX, &c);
    assert_true(c.year == 10000 && c.month == 1 && c.day == 1);

    c = civil(INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX);
    assert_in_range(pl_zone_instant(zone, &c), PL_ZONE_MAX_MS - 86400000,
                    PL_ZONE_MAX_MS);
    c = civil(INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN);
    assert_true(pl_zone_instant(zone, &c) <= PL_ZONE_MIN_MS);

    pl_zone_span(zone, INT64_MAX, &span);
    assert_true(span.from_ms < PL_ZONE_MAX_MS);
    pl_zone_span(zone, INT64_MIN, &span);
    assert_true(span.from_ms == INT64_MIN && span.offset_s == 3208);

    pl_arena_destroy(ar);
}


static void
next_is_once_a_day(void **state)
{
    size_t             i;
    int64_t            at;
    pl_arena_t        *ar = pl_arena_create(65536, 1024 * 1024);
    const pl_zone_t   *zone;

    /* behind an instant, HH:MM, and when that is next */
    static const struct {
        const char  *zone;
        int          now[5], hour, minute, next[5];
    } rows[] = {
        { "Europe/Berlin", { 2027, 3, 27, 22, 0 }, 7, 0,
          { 2027, 3, 28, 5, 0 } },
        { "Europe/Berlin", { 2027, 3, 28, 5, 0 }, 7, 0,
          { 2027, 3, 29, 5, 0 } },
        { "Europe/Berlin", { 2027, 10, 31, 0, 30 }, 7, 0,
          { 2027, 10, 31, 6, 0 } },
        { "Europe/Berlin", { 2027, 10, 31, 1, 30 }, 7, 0,
          { 2027, 10, 31, 6, 0 } },
        /* in the gap: behind it, and once */
        { "Europe/Berlin", { 2027, 3, 27, 12, 0 }, 2, 30,
          { 2027, 3, 28, 1, 30 } },
        { "Europe/Berlin", { 2027, 3, 28, 1, 30 }, 2, 30,
          { 2027, 3, 29, 0, 30 } },
        /* in the fold: the first, and once */
        { "Europe/Berlin", { 2027, 10, 30, 12, 0 }, 2, 30,
          { 2027, 10, 31, 0, 30 } },
        { "Europe/Berlin", { 2027, 10, 31, 0, 30 }, 2, 30,
          { 2027, 11, 1, 1, 30 } },
        { "Pacific/Apia", { 2011, 12, 30, 9, 0 }, 7, 0,
          { 2011, 12, 30, 17, 0 } },
        { "Pacific/Apia", { 2011, 12, 30, 17, 0 }, 7, 0,
          { 2011, 12, 31, 17, 0 } },
        { "Asia/Kolkata", { 2027, 1, 1, 1, 29 }, 7, 0,
          { 2027, 1, 1, 1, 30 } },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        const int  *w = rows[i].now, *u = rows[i].next;

        zone = compile(ar, rows[i].zone);
        at = pl_zone_next(zone, utc(w[0], w[1], w[2], w[3], w[4]),
                          rows[i].hour, rows[i].minute);
        if (at != utc(u[0], u[1], u[2], u[3], u[4])) {
            fail_msg("row %zu: %lld", i, (long long) at);
        }
        pl_arena_reset(ar);
    }

    pl_arena_destroy(ar);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_zone_is_as_glibc_has_it),
        cmocka_unit_test(gaps_and_folds),
        cmocka_unit_test(wall_times_are_carried),
        cmocka_unit_test(times_have_ends),
        cmocka_unit_test(next_is_once_a_day),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, find_zones, forget_zones);
}
