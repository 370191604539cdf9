/*
 * Time zones: files that are made here, and as nobody should have them; and
 * the form of names.
 */

#include "temp.h"

#include "../../src/core/str.h"
#include "../../src/core/zone.h"


/* An instant of UTC, at noon. */
static int64_t
noon(int year, int month, int day)
{
    pl_civil_t  c = { 0 };

    c.year = year;
    c.month = month;
    c.day = day;
    c.hour = 12;

    return pl_zone_wall(&c);
}


static size_t
put(uint8_t *p, uint64_t n, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        p[i] = (uint8_t) (n >> (8 * (len - 1 - i)));
    }

    return len;
}


/* Version 2, whose first block is empty; one transition; a footer. */

static size_t
make(uint8_t *p, uint8_t version, uint32_t times, uint32_t leaps,
    const char *footer)
{
    int       block;
    size_t    len = 0;
    uint32_t  i;

    for (block = 0; block < 2; block++) {
        memcpy(p + len, "TZif", 4);
        memset(p + len + 4, 0, 16);
        p[len + 4] = version;
        len += 20;
        len += put(p + len, 0, 8);
        len += put(p + len, block ? leaps : 0, 4);
        len += put(p + len, block ? times : 0, 4);
        len += put(p + len, block ? 2 : 1, 4);
        len += put(p + len, 4, 4);
        for (i = 0; block && i < times; i++) {
            len += put(p + len, 1000000000 + 1000 * i, 8);
        }
        for (i = 0; block && i < times; i++) {
            p[len++] = (uint8_t) (1 - i % 2);
        }
        for (i = 0; i < (block ? 2u : 1u); i++) {
            len += put(p + len, i * 3600, 4);
            len += put(p + len, 0, 2);
        }
        memcpy(p + len, "ABC", 4);
        len += 4;
        memset(p + len, 0, block ? leaps * 12 : 0);
        len += block ? leaps * 12 : 0;
    }

    memcpy(p + len, footer, strlen(footer));
    return len + strlen(footer);
}


static pl_status_t
compiled(pl_arena_t *ar, const uint8_t *data, size_t len,
    const pl_zone_t **zone, pl_err_t *err)
{
    memset(err, 0, sizeof(*err));
    pl_arena_reset(ar);

    return pl_zone_compile(ar, (pl_str_t) { data, len }, zone, err);
}


/* what it says on 2030-01-15 and 2030-07-15, noon UTC */
static const struct {
    const char  *footer;
    pl_status_t  rc;
    int          winter_s, summer_s;
} footers[] = {
    { "\n\n", PL_OK, 3600, 3600 },
    { "\nUTC0\n", PL_OK, 0, 0 },
    { "\n<+0330>-3:30\n", PL_OK, 12600, 12600 },
    { "\n<-0330>+3:30:15\n", PL_OK, -12615, -12615 },
    { "\nCET-1CEST,M3.5.0,M10.5.0/3\n", PL_OK, 3600, 7200 },
    { "\nIST-1GMT0,M10.5.0,M3.5.0/1\n", PL_OK, 0, 3600 },
    { "\nNZST-12NZDT,M9.5.0,M4.1.0/3\n", PL_OK, 46800, 43200 },
    { "\nXXX3EDT4,0/0,J365/23\n", PL_OK, -14400, -14400 },
    { "\nEST5EDT,0/0,J365/25\n", PL_OK, -14400, -14400 },
    { "\nABC5DEF,J60/-167,J300/167\n", PL_OK, -18000, -14400 },
    { "\nABC24DEF23,59,299\n", PL_OK, -86400, -82800 },
    { "", PL_INVALID, 0, 0 },
    { "\n", PL_INVALID, 0, 0 },
    { "\nUTC0", PL_INVALID, 0, 0 },
    { "UTC0\n", PL_INVALID, 0, 0 },
    { "\nUT0\n", PL_INVALID, 0, 0 },
    { "\nUTC\n", PL_INVALID, 0, 0 },
    { "\nUTC25\n", PL_INVALID, 0, 0 },
    { "\nUTC0:60\n", PL_INVALID, 0, 0 },
    { "\nUTC0 \n", PL_INVALID, 0, 0 },
    { "\n<UTC0\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,M3.5.0\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,M0.5.0,M10.5.0\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,M13.5.0,M10.5.0\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,M3.6.0,M10.5.0\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,M3.0.0,M10.5.0\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,M3.5.7,M10.5.0\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,J0,J365\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,J1,J366\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,0,366\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,0/168,1\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,0/-168,1\n", PL_INVALID, 0, 0 },
    { "\nCET-1CEST,0,1/99999999999999\n", PL_INVALID, 0, 0 },
};


static void
footers_are_read(void **state)
{
    size_t             i;
    uint8_t            file[4096];
    pl_err_t           err;
    pl_arena_t        *ar = pl_arena_create(65536, 1024 * 1024);
    pl_civil_t         c;
    const pl_zone_t   *zone;

    (void) state;

    for (i = 0; i < PL_COUNT(footers); i++) {
        if (compiled(ar, file, make(file, '2', 1, 0, footers[i].footer), &zone,
                     &err) != footers[i].rc)
        {
            fail_msg("%s: %s", footers[i].footer, err.text);
        }

        if (footers[i].rc != PL_OK) {
            assert_null(zone);
            assert_true(err.text[0] != '\0');
            continue;
        }

        pl_zone_local(zone, noon(2030, 1, 15), &c);
        assert_int_equal(c.offset_s, footers[i].winter_s);
        pl_zone_local(zone, noon(2030, 7, 15), &c);
        assert_int_equal(c.offset_s, footers[i].summer_s);
    }

    pl_arena_destroy(ar);
}


static void
wrong_files_are_refused(void **state)
{
    size_t             i, len;
    uint8_t           *file, *cut;
    pl_err_t           err;
    pl_arena_t        *ar = pl_arena_create(65536, 4 * 1024 * 1024);
    const pl_zone_t   *zone;

    (void) state;

    file = malloc(2 * PL_ZONE_BYTES_MAX);
    assert_non_null(file);

    assert_int_equal(compiled(ar, file, make(file, 0, 1, 0, "\nUTC0\n"),
                              &zone, &err), PL_INVALID);
    assert_non_null(strstr(err.text, "version 1"));
    assert_int_equal(compiled(ar, file, make(file, '4', 1, 0, "\nUTC0\n"),
                              &zone, &err), PL_OK);
    assert_int_equal(compiled(ar, file, make(file, '2', 1, 1, "\nUTC0\n"),
                              &zone, &err), PL_INVALID);
    assert_non_null(strstr(err.text, "leap"));

    len = make(file, '2', PL_ZONE_TRANSITIONS_MAX, 0, "\nUTC0\n");
    assert_int_equal(compiled(ar, file, len, &zone, &err), PL_OK);
    len = make(file, '2', PL_ZONE_TRANSITIONS_MAX + 1, 0, "\nUTC0\n");
    assert_int_equal(compiled(ar, file, len, &zone, &err), PL_INVALID);

    /* what lies behind the footer is not read, but counts */
    len = make(file, '2', 1, 0, "\nUTC0\n");
    memset(file + len, 'x', PL_ZONE_BYTES_MAX - len + 1);
    assert_int_equal(compiled(ar, file, PL_ZONE_BYTES_MAX, &zone, &err),
                     PL_OK);
    assert_int_equal(compiled(ar, file, PL_ZONE_BYTES_MAX + 1, &zone, &err),
                     PL_TOOBIG);

    /* cut at each byte, in memory that ends there */
    for (i = 0; i < len; i++) {
        cut = malloc(i == 0 ? 1 : i);
        assert_non_null(cut);
        memcpy(cut, file, i);
        assert_int_equal(compiled(ar, cut, i, &zone, &err), PL_INVALID);
        free(cut);
    }

    /* times out of order */
    len = make(file, '2', 2, 0, "\nUTC0\n");
    assert_int_equal(compiled(ar, file, len, &zone, &err), PL_OK);
    (void) put(file + len - 6 - 4 - 12 - 2 - 8, 1000000000, 8);
    assert_int_equal(compiled(ar, file, len, &zone, &err), PL_INVALID);

    free(file);
    pl_arena_destroy(ar);

    ar = pl_arena_create(32, 32);
    file = malloc(4096);
    assert_non_null(file);
    assert_int_equal(compiled(ar, file, make(file, '2', 9, 0, "\nUTC0\n"),
                              &zone, &err), PL_NOMEM);
    free(file);
    pl_arena_destroy(ar);
}


static void
names_have_a_form(void **state)
{
    char               name[PL_ZONE_NAME_MAX + 2];
    size_t             i;
    static const char *const  good[] = {
        "UTC", "Europe/Berlin", "posixruler", "Europe/posix",
        "America/Argentina/ComodRivadavia", "Etc/GMT+5",
        "America/Port-au-Prince", "GB-Eire", "EST5EDT"
    };
    static const char *const  bad[] = {
        "", "/", "/UTC", "Europe/", "Europe//Berlin", "../etc/passwd", ".",
        "posix", "posix/UTC", "right", "right/Europe/Berlin", "localtime",
        "posixrules", "Europe/Berlin ", "Europe/B\xc3\xa4rlin", "Europe\\Berlin"
    };

    (void) state;

    for (i = 0; i < PL_COUNT(good); i++) {
        assert_true(pl_zone_name_valid(pl_str_c(good[i])));
    }

    for (i = 0; i < PL_COUNT(bad); i++) {
        assert_false(pl_zone_name_valid(pl_str_c(bad[i])));
    }

    memset(name, 'a', sizeof(name));
    assert_true(pl_zone_name_valid((pl_str_t) { (uint8_t *) name,
                                                PL_ZONE_NAME_MAX }));
    assert_false(pl_zone_name_valid((pl_str_t) { (uint8_t *) name,
                                                 PL_ZONE_NAME_MAX + 1 }));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(footers_are_read),
        cmocka_unit_test(wrong_files_are_refused),
        cmocka_unit_test(names_have_a_form),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
