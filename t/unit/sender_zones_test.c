/*
 * The sender and the system's tz database: what is read of a folder, and
 * that it is published once for each database that there is.
 */

#include "keeper.h"
#include "temp.h"
#include "zones.h"

#define OUT  { NULL, NULL, 0 }


/* Writes a file of the folder; in a folder below it, where its name says. */

static void
write_file(const char *dir, const char *name, const void *data, size_t len)
{
    char   path[512], *slash;
    FILE  *f;

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);

    for (slash = path + strlen(dir) + 1;
         (slash = strchr(slash, '/')) != NULL; slash++)
    {
        *slash = '\0';
        (void) mkdir(path, 0700);
        *slash = '/';
    }

    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}


static void
write_text(const char *dir, const char *name, const char *text)
{
    write_file(dir, name, text, strlen(text));
}


static void
write_zone(const char *dir, const char *name, const char *rule)
{
    uint8_t  file[Z_FILE_MAX];

    write_file(dir, name, file, z_file(file, rule));
}


static pls_tzdata_t *
read_folder(const char *dir)
{
    char           text[600];
    pl_err_t       err;
    pls_tzdata_t  *tz;

    if (pls_tzdata_read(&tz, dir, &err) != PL_OK) {
        fail_msg("%s", pl_err_print(&err, text, sizeof(text)));
    }

    return tz;
}


/* "Europe/Kiev=Europe/Kyiv UTC", files in order, names of one with "=". */

static const char *
names_of(const pls_tzdata_t *tz)
{
    static char                text[2048];
    size_t                     i, k, at = 0;
    const Pl__ZonesPublish    *portion = &tz->publish[0];

    text[0] = '\0';

    for (i = 0; i < portion->n_zones; i++) {
        for (k = 0; k < portion->zones[i]->n_names; k++) {
            at += (size_t) snprintf(text + at, sizeof(text) - at, "%s%s",
                                    k != 0 ? "=" : i != 0 ? " " : "",
                                    portion->zones[i]->names[k]);
        }
    }

    return text;
}


static void
a_folder_is_read(void **state)
{
    char           dir[TEMP_MAX], path[256];
    pls_tzdata_t  *tz;

    (void) state;
    temp_make(dir);

    write_zone(dir, "UTC", "UTC0");
    write_zone(dir, "Europe/Kyiv", "EET-2");
    write_zone(dir, "America/Argentina/Salta", "<-03>3");
    write_zone(dir, "A/B/C/Deep", "CET-1");
    write_zone(dir, "A/B/C/D/Deeper", "CET-1");
    write_zone(dir, "posix/UTC", "UTC0");
    write_zone(dir, "right/UTC", "UTC0");
    write_zone(dir, "localtime", "CET-1");
    write_zone(dir, "posixrules", "CET-1");
    write_zone(dir, "zone.tab", "CET-1");
    write_zone(dir, ".hidden", "CET-1");
    write_text(dir, "leapseconds", "# no time zone, and longer than a header "
                                   "of one");
    write_text(dir, "Empty", "");

    (void) snprintf(path, sizeof(path), "%s/Europe/Kiev", dir);
    assert_int_equal(symlink("Kyiv", path), 0);
    (void) snprintf(path, sizeof(path), "%s/Nowhere", dir);
    assert_int_equal(symlink("nothing", path), 0);
    (void) snprintf(path, sizeof(path), "%s/Pipe", dir);
    assert_int_equal(mkfifo(path, 0600), 0);

    tz = read_folder(dir);
    assert_string_equal(names_of(tz), "A/B/C/Deep America/Argentina/Salta "
                                      "Europe/Kiev=Europe/Kyiv UTC");
    assert_int_equal(tz->names, 5);
    assert_int_equal(tz->portions, 1);
    assert_false(tz->publish[0].has_more);
    assert_string_equal(tz->version, "");

    pls_tzdata_free(tz);
    pls_tzdata_free(NULL);
    temp_remove(dir);
}


static void
a_version_is_found(void **state)
{
    char           dir[TEMP_MAX];
    size_t         i;
    uint8_t        digest[32];
    pls_tzdata_t  *tz;

    static const struct {
        const char  *file, *text, *version;
    } rows[] = {
        { "tzdata.zi", "# no version\n", "" },
        { "tzdata.zi", "# version 2026a\n# and more\n", "2026a" },
        { "tzdata.zi", "# version 2026a-2-g1234\n", "2026a-2-g1234" },
        { "+VERSION", "\n", "2026a-2-g1234" },
        { "+VERSION", "2026b\n", "2026b" },
        { "+VERSION", "0123456789012345678901234567890123456789012345678901"
                      "2345678901234567890", "012345678901234567890123456789"
                      "0123456789012345678901234567890123" },
    };

    (void) state;
    temp_make(dir);
    write_zone(dir, "UTC", "UTC0");
    memset(digest, 0, sizeof(digest));

    for (i = 0; i < PL_COUNT(rows); i++) {
        write_text(dir, rows[i].file, rows[i].text);
        tz = read_folder(dir);
        assert_string_equal(tz->version, rows[i].version);
        assert_string_equal(tz->publish[0].version, rows[i].version);

        /* another version is another database */
        if (i != 3) {
            assert_memory_not_equal(tz->publish[0].digest.data, digest, 32);
        } else {
            assert_memory_equal(tz->publish[0].digest.data, digest, 32);
        }
        memcpy(digest, tz->publish[0].digest.data, 32);
        pls_tzdata_free(tz);
    }

    temp_remove(dir);
}


/* What the system has compiles the same without its 32-bit data. */

static void
old_data_is_left_out(void **state)
{
    char               path[256];
    size_t             i, k, bytes = 0, whole = 0;
    int64_t            at;
    pl_err_t           err;
    pl_arena_t        *ar = pl_arena_create(65536, 1024 * 1024);
    struct stat        st;
    pls_tzdata_t      *tz;
    Pl__ZoneFile      *file;
    const pl_zone_t   *zone, *same;

    (void) state;
    assert_non_null(ar);

    if (access(PLS_ZONEINFO, R_OK) != 0) {
        skip();
    }

    tz = read_folder(PLS_ZONEINFO);
    assert_int_equal(tz->portions, 1);
    assert_true(tz->names > 300);
    assert_true(tz->version[0] != '\0');

    for (i = 0; i < tz->publish[0].n_zones; i++) {
        static uint8_t    buf[PL_ZONE_BYTES_MAX];
        pl_zone_span_t    a, b;
        pl_str_t          in = { buf, 0 };

        file = tz->publish[0].zones[i];
        (void) snprintf(path, sizeof(path), PLS_ZONEINFO "/%s",
                        file->names[0]);
        assert_int_equal(stat(path, &st), 0);
        in.len = (size_t) tzdata_load(path, buf, sizeof(buf));
        assert_int_equal(in.len, st.st_size);
        assert_true(file->tzif.len <= in.len);
        bytes += file->tzif.len;
        whole += in.len;

        pl_arena_reset(ar);
        assert_int_equal(pl_zone_compile(ar, in, &zone, &err), PL_OK);
        in.data = file->tzif.data;
        in.len = file->tzif.len;
        assert_int_equal(pl_zone_compile(ar, in, &same, &err), PL_OK);

        for (k = 0, at = -3000000000000LL; k < 500; k++, at += 15000000000) {
            pl_zone_span(zone, at, &a);
            pl_zone_span(same, at, &b);
            assert_int_equal(a.from_ms, b.from_ms);
            assert_int_equal(a.until_ms, b.until_ms);
            assert_int_equal(a.offset_s, b.offset_s);
        }
    }

    assert_true(bytes <= whole && bytes < PL_ZONES_PORTION_BYTES);

    pls_tzdata_free(tz);
    pl_arena_destroy(ar);
}


static void
wrong_folders_are_told(void **state)
{
    char           dir[TEMP_MAX], name[64];
    int            i;
    pl_err_t       err;
    pls_tzdata_t  *tz;

    (void) state;
    temp_make(dir);

    assert_int_equal(pls_tzdata_read(&tz, "/nowhere/at/all", &err),
                     PL_NOTFOUND);
    assert_null(tz);
    assert_int_equal(pls_tzdata_read(&tz, dir, &err), PL_NOTFOUND);
    assert_string_equal(err.path, dir);

    for (i = 0; i < PL_ZONES_MAX; i++) {
        (void) snprintf(name, sizeof(name), "Z%d", i);
        write_zone(dir, name, "UTC0");
    }

    tz = read_folder(dir);
    assert_int_equal(tz->publish[0].n_zones, 1);
    assert_int_equal(tz->publish[0].zones[0]->n_names, PL_ZONES_MAX);
    pls_tzdata_free(tz);

    write_zone(dir, "OneMore", "UTC0");
    assert_int_equal(pls_tzdata_read(&tz, dir, &err), PL_TOOBIG);
    assert_null(tz);

    temp_remove(dir);
}


/* Files of one portion, and of one more; and of more than there may be. */

static void
large_ones_come_in_portions(void **state)
{
    char            dir[TEMP_MAX], name[64];
    size_t          i, of_one = PL_ZONES_PORTION_BYTES / PL_ZONE_BYTES_MAX;
    pl_err_t        err;
    pls_tzdata_t   *tz;
    static uint8_t  file[PL_ZONE_BYTES_MAX + 1];

    (void) state;
    temp_make(dir);
    memset(file, 'x', sizeof(file));
    (void) z_file(file, "UTC0");

    for (i = 0; i < of_one * PLS_TZDATA_PORTIONS_MAX; i++) {
        (void) snprintf(name, sizeof(name), "Z%03zu", i);
        (void) snprintf((char *) file + 200, 10, "%zu", i);
        write_file(dir, name, file, PL_ZONE_BYTES_MAX);

        if (i == of_one - 1) {
            tz = read_folder(dir);
            assert_int_equal(tz->portions, 1);
            pls_tzdata_free(tz);

        } else if (i == of_one) {
            tz = read_folder(dir);
            assert_int_equal(tz->portions, 2);
            assert_true(tz->publish[0].has_more && tz->publish[0].more);
            assert_false(tz->publish[1].has_more);
            assert_int_equal(tz->publish[1].n_zones, 1);
            assert_memory_equal(tz->publish[0].digest.data,
                                tz->publish[1].digest.data, 32);
            pls_tzdata_free(tz);
        }
    }

    tz = read_folder(dir);
    assert_int_equal(tz->portions, PLS_TZDATA_PORTIONS_MAX);
    pls_tzdata_free(tz);

    /* one byte too large: no time zone */
    write_file(dir, "Large", file, PL_ZONE_BYTES_MAX + 1);
    tz = read_folder(dir);
    assert_int_equal(tz->names, of_one * PLS_TZDATA_PORTIONS_MAX);
    pls_tzdata_free(tz);

    write_zone(dir, "OneMore", "UTC0");
    assert_int_equal(pls_tzdata_read(&tz, dir, &err), PL_TOOBIG);

    temp_remove(dir);
}


/* ---- what the keeper does with it ----------------------------------- */

static int64_t
entries(world_t *w)
{
    uint64_t   n;
    pl_txn_t  *txn;

    t_ok(&w->t, pl_store_begin(w->t.st, PL_ENV_JOURNAL, false, &txn,
                               &w->t.err));
    t_ok(&w->t, pl_store_count(txn, PL_TABLE_ENTRIES, &n, &w->t.err));
    pl_store_abort(txn);

    return (int64_t) n;
}


static int32_t
summer(world_t *w, const char *name)
{
    pl_zone_span_t     span;
    const pl_zone_t   *zone;

    zone = pl_settings_zone(pl_fold_settings(w->t.fold), pl_str_c(name));
    if (zone == NULL) {
        return -1;
    }

    pl_zone_span(zone, 1814400000000, &span);       /* 2027-07-01 */

    return span.offset_s;
}


static void
each_database_is_published_once(void **state)
{
    char         dir[TEMP_MAX];
    int64_t      n;
    world_t      w = { .k = NULL };
    pls_jobs_t   out = OUT;

    (void) state;
    temp_make(dir);
    write_zone(dir, "Europe/Berlin", Z_BERLIN);
    write_text(dir, "+VERSION", "2026a\n");

    world_open(&w, NO_RATE);
    w.sn.options.zoneinfo = dir;
    n = entries(&w);

    (void) turn(&w, &out);
    assert_int_equal(entries(&w), n + 1);
    assert_int_equal(summer(&w, "Europe/Berlin"), 7200);

    /* another one within the hour waits for it */
    write_zone(dir, "Europe/Berlin", Z_ABOLISHED);
    write_text(dir, "+VERSION", "2026b\n");
    (void) turn(&w, &out);
    t_pass(&w.t, 3600000 - 1);
    (void) turn(&w, &out);
    assert_int_equal(entries(&w), n + 1);

    t_pass(&w.t, 1);
    (void) turn(&w, &out);
    assert_int_equal(entries(&w), n + 2);
    assert_int_equal(summer(&w, "Europe/Berlin"), 3600);

    t_pass(&w.t, 3600000);
    (void) turn(&w, &out);
    assert_int_equal(entries(&w), n + 2);

    /* a sender that starts anew */
    w.k->zones_us = 0;
    (void) turn(&w, &out);
    assert_int_equal(entries(&w), n + 2);

    world_close(&w);
    temp_remove(dir);
}


static void
no_folder_is_no_trouble(void **state)
{
    char         dir[TEMP_MAX];
    int64_t      n;
    world_t      w = { .k = NULL };
    pls_jobs_t   out = OUT;

    (void) state;
    temp_make(dir);

    world_open(&w, NO_RATE);
    w.sn.options.zoneinfo = dir;
    n = entries(&w);

    (void) turn(&w, &out);
    assert_int_equal(entries(&w), n);
    assert_int_equal(w.k->zones_status, PL_NOTFOUND);

    write_zone(dir, "Europe/Berlin", Z_BERLIN);
    t_pass(&w.t, 3600000);
    (void) turn(&w, &out);
    assert_int_equal(entries(&w), n + 1);
    assert_int_equal(w.k->zones_status, PL_OK);

    world_close(&w);
    temp_remove(dir);
}


/* A Rezone with each batch, until all timers are where they should be. */

static void
timers_follow(void **state)
{
    char           dir[TEMP_MAX];
    int64_t        n;
    uint64_t       i;
    world_t        w = { .k = NULL };
    pl_apply_t     ap;
    pls_jobs_t     out = OUT;
    Pl__Timer      timer, *row;
    Pl__TimerSend  send = PL__TIMER_SEND__INIT;

    (void) state;
    temp_make(dir);
    write_zone(dir, "Europe/Berlin", Z_BERLIN);

    world_open(&w, NO_RATE);
    w.sn.options.zoneinfo = dir;
    (void) turn(&w, &out);

    memset(&ap, 0, sizeof(ap));
    ap.ar = w.t.ar;
    ap.settings = pl_fold_settings(w.t.fold);
    t_ok(&w.t, pl_store_begin(w.t.st, PL_ENV_STATE, true, &ap.txn,
                              &w.t.err));
    send.flow = send.step = (char *) "x";

    for (i = 1; i <= KEEPER_REZONE_ROWS + 1; i++) {
        pl__timer__init(&timer);
        timer.id = i;
        timer.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
        timer.of_case = PL__TIMER__OF_SEND;
        timer.send = &send;
        t_ok(&w.t, pl_wall_arm(&ap, &timer, "Europe/Berlin", 1814425200000,
                               0, &w.t.err));
    }

    t_ok(&w.t, pl_store_commit(ap.txn, &w.t.err));

    write_zone(dir, "Europe/Berlin", Z_ABOLISHED);
    t_pass(&w.t, 3600000);
    n = entries(&w);
    (void) turn(&w, &out);              /* the publish */
    (void) turn(&w, &out);
    assert_int_equal(entries(&w), n + 2);
    (void) turn(&w, &out);
    assert_int_equal(entries(&w), n + 3);

    for (i = 0; i < 10 && w.k->rezone; i++) {
        (void) turn(&w, &out);
    }

    n = entries(&w);
    (void) turn(&w, &out);
    assert_int_equal(entries(&w), n);
    assert_false(w.k->rezone);

    row = (Pl__Timer *) t_row(&w.t, PL_TABLE_TIMERS, 0,
                              &pl__timer__descriptor);
    assert_int_equal(row->due_ms, 1814425200000 - 3600000);
    row = (Pl__Timer *) t_row(&w.t, PL_TABLE_TIMERS, KEEPER_REZONE_ROWS,
                              &pl__timer__descriptor);
    assert_int_equal(row->due_ms, 1814425200000 - 3600000);

    world_close(&w);
    temp_remove(dir);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_folder_is_read),
        cmocka_unit_test(a_version_is_found),
        cmocka_unit_test(old_data_is_left_out),
        cmocka_unit_test(wrong_folders_are_told),
        cmocka_unit_test(large_ones_come_in_portions),
        cmocka_unit_test(each_database_is_published_once),
        cmocka_unit_test(no_folder_is_no_trouble),
        cmocka_unit_test(timers_follow),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
