/* The engine: a tz database is published, and what the state has of it. */

#include "zones.h"
#include "later.h"


/* What the fold's settings have of a zone: its offset at an instant. */

static int32_t
offset(t_engine_t *t, const char *name, const char *when)
{
    pl_zone_span_t     span;
    const pl_zone_t   *zone;

    zone = pl_settings_zone(pl_fold_settings(t->fold), pl_str_c(name));
    assert_non_null(zone);
    pl_zone_span(zone, at(when), &span);

    return span.offset_s;
}


static Pl__ZoneDatabase *
database(t_engine_t *t)
{
    pl_txn_t          *txn = t_read(t);
    Pl__ZoneDatabase  *db;

    t_ok(t, pl_zones_database(txn, t->ar, &db, &t->err));
    pl_store_abort(txn);

    return db;
}


static unsigned
told(t_engine_t *t, const char *says)
{
    unsigned         i, n = 0;
    Pl__AuditEvent  *event;

    for (i = 0; (event = (Pl__AuditEvent *) t_row(t, PL_TABLE_AUDIT, i,
                     &pl__audit_event__descriptor)) != NULL; i++)
    {
        n += event->kind == PL__AUDIT_KIND__AUDIT_KIND_ZONES
             && strstr(event->text, says) != NULL;
    }

    return n;
}


static void
a_database_takes_effect_once(void **state)
{
    t_engine_t    *t = *state;
    z_database_t   z;

    assert_null(pl_settings_zone(pl_fold_settings(t->fold),
                                 PL_STR("Europe/Kyiv")));
    assert_null(pl_settings_zone(NULL, PL_STR("Europe/Kyiv")));

    z_begin(&z, "2026a", 'a');
    z_add(&z, "Europe/Kyiv", "Europe/Kiev", "EET-2");
    z_add(&z, "Europe/Berlin", NULL, Z_BERLIN);
    z_publish(t, &z);

    assert_int_equal(offset(t, "Europe/Kyiv", "2027-07-01T00:00"), 7200);
    assert_int_equal(offset(t, "Europe/Kiev", "2027-07-01T00:00"), 7200);
    assert_int_equal(offset(t, "Europe/Berlin", "2027-07-01T00:00"), 7200);
    assert_int_equal(offset(t, "Europe/Berlin", "2027-01-01T00:00"), 3600);
    assert_null(pl_settings_zone(pl_fold_settings(t->fold),
                                 PL_STR("Europe/Berli")));
    assert_null(pl_settings_zone(pl_fold_settings(t->fold),
                                 PL_STR("Europe/Berlino")));
    assert_null(pl_settings_zone(pl_fold_settings(t->fold), PL_STR(".")));
    assert_null(pl_settings_zone(pl_fold_settings(t->fold), PL_STR("")));

    assert_string_equal(database(t)->version, "2026a");
    assert_int_equal(database(t)->changed, 1);
    assert_memory_equal(database(t)->digest.data, z.digest, 32);
    assert_int_equal(t_rows(t, PL_TABLE_ZONES), 4);
    assert_int_equal(told(t, "2026a: 3 zones"), 1);

    z_publish(t, &z);
    assert_int_equal(database(t)->changed, 1);
    assert_int_equal(told(t, ""), 1);

    /* no timer runs: nothing has to be gone through */
    assert_false(meta(t)->has_rezone_ms);
}


static void
another_folder_knows_it(void **state)
{
    t_engine_t   *t = *state;
    pl_fold_t    *first = t->fold, *second;

    t_ok(t, pl_fold_create(&second, t->st, t->st, NULL, t->codec,
                           &t->clock, &t->err));
    t->fold = second;
    (void) t_fold(t);
    assert_null(pl_settings_zone(pl_fold_settings(second),
                                 PL_STR("Europe/Berlin")));

    t->fold = first;
    z_berlin(t, "2026a", Z_BERLIN);

    /* its settings are of the same generation */
    t->fold = second;
    (void) t_fold(t);
    assert_int_equal(offset(t, "Europe/Berlin", "2027-07-01T00:00"), 7200);

    t->fold = first;
    z_berlin(t, "2026b", Z_ABOLISHED);
    t->fold = second;
    (void) t_fold(t);
    assert_int_equal(offset(t, "Europe/Berlin", "2027-07-01T00:00"), 3600);

    t->fold = first;
    pl_fold_destroy(second);
}


static void
what_is_gone_or_wrong_stays_as_it_was(void **state)
{
    t_engine_t     *t = *state;
    z_database_t    z;
    Pl__ZoneRecord *row;

    z_begin(&z, "2026a", 'a');
    z_add(&z, "Europe/Berlin", NULL, Z_BERLIN);
    z_add(&z, "Europe/Kyiv", NULL, "EET-2");
    z_publish(t, &z);

    z_begin(&z, "2026b", 'b');
    z_add(&z, "Europe/Kyiv", NULL, "EET-x");
    z_add(&z, "../etc/passwd", "Europe/Lisbon", "WET0");
    z_publish(t, &z);

    assert_int_equal(offset(t, "Europe/Berlin", "2027-07-01T00:00"), 7200);
    assert_int_equal(offset(t, "Europe/Kyiv", "2027-07-01T00:00"), 7200);
    assert_int_equal(offset(t, "Europe/Lisbon", "2027-07-01T00:00"), 0);
    assert_int_equal(t_rows(t, PL_TABLE_ZONES), 4);
    assert_int_equal(told(t, "2026b: 1 zones have changed, 2 cannot"), 1);

    row = (Pl__ZoneRecord *) t_row(t, PL_TABLE_ZONES, 1,
                                   &pl__zone_record__descriptor);
    assert_string_equal(row->version, "2026a");
    row = (Pl__ZoneRecord *) t_row(t, PL_TABLE_ZONES, 3,
                                   &pl__zone_record__descriptor);
    assert_string_equal(row->version, "2026b");
}


static void
portions_are_one_database(void **state)
{
    t_engine_t    *t = *state;
    z_database_t   z;

    z_begin(&z, "2026a", 'a');
    z_add(&z, "Europe/Berlin", NULL, Z_BERLIN);
    z.publish.has_more = 1;
    z.publish.more = 1;
    z_publish(t, &z);
    assert_int_equal(database(t)->digest.len, 0);
    assert_int_equal(offset(t, "Europe/Berlin", "2027-07-01T00:00"), 7200);

    z_begin(&z, "2026a", 'a');
    z_add(&z, "Europe/Kyiv", NULL, "EET-2");
    z_publish(t, &z);
    assert_int_equal(database(t)->digest.len, 32);
    assert_int_equal(database(t)->changed, 2);
    assert_int_equal(t_rows(t, PL_TABLE_ZONES), 3);
}


/* ---- limits --------------------------------------------------------- */

/* n names of one zone, from Z/first on. */

static void
publish_names(t_engine_t *t, unsigned first, unsigned n)
{
    unsigned       i;
    z_database_t   z;
    char         (*names)[16] = calloc(n, sizeof(*names));
    char         **list = calloc(n, sizeof(*list));

    assert_true(names != NULL && list != NULL);
    z_begin(&z, "2026a", 'a');
    z_add(&z, "UTC", NULL, "UTC0");

    for (i = 0; i < n; i++) {
        (void) snprintf(names[i], sizeof(names[i]), "Z/%u", first + i);
        list[i] = names[i];
    }

    z.rows[0].names = list;
    z.rows[0].n_names = n;
    z_publish(t, &z);

    free(names);
    free(list);
}


static void
there_are_only_so_many_names(void **state)
{
    t_engine_t  *t = *state;

    publish_names(t, 0, PL_ZONES_MAX + 1);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    assert_int_equal(t_rows(t, PL_TABLE_ZONES), 0);

    publish_names(t, 1, PL_ZONES_MAX);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    assert_int_equal(t_rows(t, PL_TABLE_ZONES), PL_ZONES_MAX + 1);
    assert_int_equal(offset(t, "Z/2000", "2027-07-01T00:00"), 0);
    assert_int_equal(pl_zones_count(pl_settings_zones(
                         pl_fold_settings(t->fold))), PL_ZONES_MAX);

    /* the table is full: another name is left out, the others are taken */
    publish_names(t, 2000, 2);
    assert_int_equal(t_rows(t, PL_TABLE_ZONES), PL_ZONES_MAX + 1);
    assert_int_equal(told(t, "0 zones have changed, 1 cannot"), 1);
}


static void
a_portion_is_bounded(void **state)
{
    size_t         i, n = PL_ZONES_PORTION_BYTES / PL_ZONE_BYTES_MAX;
    t_engine_t    *t = *state;
    z_database_t   z;
    static uint8_t  file[PL_ZONE_BYTES_MAX];

    static char  names[32][8];

    memset(file, 'x', sizeof(file));
    (void) z_file(file, "UTC0");

    z_begin(&z, "2026a", 'a');
    for (i = 0; i < n; i++) {
        (void) snprintf(names[i], sizeof(names[i]), "Z/%zu", i);
        z_add(&z, names[i], NULL, "UTC0");
        z.rows[i].tzif.data = file;
        z.rows[i].tzif.len = sizeof(file);
    }

    z_publish(t, &z);
    assert_int_equal(t_rows(t, PL_TABLE_ZONES), n + 1);

    z_begin(&z, "2026a", 'a');
    for (i = 0; i < n + 1; i++) {
        (void) snprintf(names[i], sizeof(names[i]), "Y/%zu", i);
        z_add(&z, names[i], NULL, "UTC0");
        z.rows[i].tzif.data = file;
        z.rows[i].tzif.len = i == 0 ? sizeof(file) : sizeof(file) - 1;
    }

    z.rows[n].tzif.len = n;             /* together one byte too many */
    z_publish(t, &z);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    assert_int_equal(t_rows(t, PL_TABLE_ZONES), n + 1);
}


static void
a_version_and_a_digest_have_a_length(void **state)
{
    char           version[PL_ZONES_VERSION_MAX + 2];
    t_engine_t    *t = *state;
    z_database_t   z;

    memset(version, 'v', sizeof(version));
    version[PL_ZONES_VERSION_MAX + 1] = '\0';
    z_begin(&z, version, 'a');
    z_publish(t, &z);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);

    version[PL_ZONES_VERSION_MAX] = '\0';
    z.publish.digest.len--;
    z_publish(t, &z);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 2);
    assert_int_equal(t_rows(t, PL_TABLE_ZONES), 0);

    z.publish.digest.len++;
    z_publish(t, &z);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 2);
    assert_int_equal(t_rows(t, PL_TABLE_ZONES), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_database_takes_effect_once,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(another_folder_knows_it, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(what_is_gone_or_wrong_stays_as_it_was,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(portions_are_one_database, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(there_are_only_so_many_names,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(a_portion_is_bounded, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(a_version_and_a_digest_have_a_length,
                                        later_setup, later_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
