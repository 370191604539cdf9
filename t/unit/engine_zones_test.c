/*
 * The engine: a tz database is published, and timers that were armed by a
 * wall time stay with it.
 */

#include "zones.h"
#include "later.h"

#include "../../src/core/clock.h"

#define HOUR_MS   3600000LL


/* "2027-07-01T07:00" of UTC, or of any wall. */

static int64_t
at(const char *text)
{
    int64_t  ms;
    char     full[64];

    (void) snprintf(full, sizeof(full), "%sZ", text);
    assert_int_equal(pl_clock_parse(pl_str_c(full), &ms), PL_OK);

    return ms;
}


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


static Pl__StateMeta *
meta(t_engine_t *t)
{
    pl_txn_t       *txn = t_read(t);
    Pl__StateMeta  *m;

    t_ok(t, pl_state_meta(txn, t->ar, &m, &t->err));
    pl_store_abort(txn);

    return m;
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


/* ---- timers --------------------------------------------------------- */

static void
arm(t_engine_t *t, uint64_t id, const char *zone, const char *wall,
    int64_t before_ms)
{
    pl_apply_t    ap;
    Pl__Timer     timer = PL__TIMER__INIT;
    Pl__TimerSend send = PL__TIMER_SEND__INIT;

    memset(&ap, 0, sizeof(ap));
    ap.ar = t->ar;
    ap.settings = pl_fold_settings(t->fold);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &ap.txn, &t->err));

    send.flow = (char *) "greeting";
    send.step = (char *) "greet";
    timer.id = id;
    timer.tenant = 1;
    timer.channel = 1;
    timer.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    timer.party = timer.contact = 999;          /* nobody: it says nothing */
    timer.of_case = PL__TIMER__OF_SEND;
    timer.send = &send;

    t_ok(t, pl_wall_arm(&ap, &timer, zone, at(wall), before_ms, &t->err));
    t_ok(t, pl_store_commit(ap.txn, &t->err));
}


/* Puts a record behind the fold's back. */

static void
put(t_engine_t *t, pl_table_e table, const pl_key_t *key,
    const ProtobufCMessage *msg)
{
    pl_txn_t  *txn;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, table, pl_key_str(key), msg, false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


static Pl__Timer *
timer(t_engine_t *t, unsigned i)
{
    return (Pl__Timer *) t_row(t, PL_TABLE_TIMERS, i,
                               &pl__timer__descriptor);
}


static void
rezone(t_engine_t *t, uint32_t rows)
{
    Pl__Command  command = PL__COMMAND__INIT;
    Pl__Rezone   in = PL__REZONE__INIT;

    in.rows = rows;
    command.of_case = PL__COMMAND__OF_REZONE;
    command.rezone = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
due(t_engine_t *t, int64_t due_ms, uint64_t id)
{
    Pl__Command   command = PL__COMMAND__INIT;
    Pl__TimerDue  in = PL__TIMER_DUE__INIT;

    in.timer = id;
    in.due_ms = due_ms;
    command.of_case = PL__COMMAND__OF_TIMER_DUE;
    command.timer_due = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
timers_are_armed_by_the_wall(void **state)
{
    bool          known;
    t_engine_t   *t = *state;
    Pl__WallTime  wall = PL__WALL_TIME__INIT;

    z_berlin(t, "2026a", Z_BERLIN);

    arm(t, 1, "Europe/Berlin", "2027-07-01T07:00", 0);
    arm(t, 2, "Europe/Berlin", "2027-07-02T07:00", 22 * HOUR_MS);
    arm(t, 3, "Europe/Berlin", "2027-03-28T02:30", 0);
    arm(t, 4, "Europe/Berlin", "2027-10-31T02:30", -HOUR_MS);
    arm(t, 5, "Mars/Phobos", "2028-01-01T00:00", 0);
    arm(t, 6, "Europe/Berlin", "1970-01-01T00:30", 0);

    assert_int_equal(timer(t, 0)->due_ms, 0);           /* not before 1970 */
    assert_int_equal(timer(t, 1)->due_ms, at("2027-03-28T01:30"));
    assert_int_equal(timer(t, 2)->due_ms, at("2027-07-01T05:00"));
    assert_int_equal(timer(t, 3)->due_ms, at("2027-07-01T07:00"));
    assert_int_equal(timer(t, 4)->due_ms, at("2027-10-31T01:30"));
    assert_int_equal(timer(t, 5)->due_ms, at("2028-01-01T00:00"));

    wall.zone = (char *) "Mars/Phobos";
    wall.wall_ms = INT64_MAX;
    wall.before_ms = INT64_MIN;
    assert_true(pl_wall_due(pl_fold_settings(t->fold), &wall, &known) > 0);
    assert_false(known);
    wall.before_ms = INT64_MAX;
    assert_int_equal(pl_wall_due(NULL, &wall, NULL), 0);
}


static void
a_new_database_keeps_wall_times(void **state)
{
    unsigned       i;
    t_engine_t    *t = *state;
    z_database_t   z;

    z_berlin(t, "2026a", Z_BERLIN);
    arm(t, 1, "Europe/Berlin", "2027-07-01T07:00", 0);
    arm(t, 2, "Europe/Berlin", "2027-12-01T07:00", 0);
    arm(t, 3, "Europe/Berlin", "2027-07-01T07:00", 22 * HOUR_MS);
    arm(t, 4, "Mars/Phobos", "2027-07-01T07:00", 0);

    /* summer time is abolished: an hour later, where it was summer */
    z_berlin(t, "2026b", Z_ABOLISHED);
    assert_true(meta(t)->has_rezone_ms);
    rezone(t, 1000);
    assert_false(meta(t)->has_rezone_ms);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 4);
    assert_int_equal(timer(t, 0)->due_ms, at("2027-06-30T08:00"));
    assert_int_equal(timer(t, 1)->due_ms, at("2027-07-01T06:00"));
    assert_int_equal(timer(t, 2)->due_ms, at("2027-07-01T07:00"));
    assert_int_equal(timer(t, 2)->id, 4);
    assert_int_equal(timer(t, 3)->due_ms, at("2027-12-01T06:00"));

    /* it is summer for ever: earlier, a row at a time */
    z_berlin(t, "2026c", Z_FOREVER);
    for (i = 0; meta(t)->has_rezone_ms; i++) {
        assert_true(i < 10);
        rezone(t, 1);
    }
    assert_int_equal(timer(t, 0)->due_ms, at("2027-06-30T07:00"));
    assert_int_equal(timer(t, 1)->due_ms, at("2027-07-01T05:00"));
    assert_int_equal(timer(t, 3)->due_ms, at("2027-12-01T05:00"));

    /* a zone that nobody knew */
    z_begin(&z, "2026d", 'd');
    z_add(&z, "Mars/Phobos", NULL, "MPT-9");
    z_publish(t, &z);
    rezone(t, 1000);
    assert_int_equal(timer(t, 1)->id, 4);
    assert_int_equal(timer(t, 1)->due_ms, at("2027-06-30T22:00"));

    /* nothing to do: nothing is done */
    rezone(t, 1000);
    rezone(t, 0);
    assert_false(meta(t)->has_rezone_ms);
}


static void
what_has_ended_stays(void **state)
{
    t_engine_t  *t = *state;

    z_berlin(t, "2026a", Z_BERLIN);
    arm(t, 1, "Europe/Berlin", "2025-07-01T07:00", 0);
    due(t, at("2025-07-01T05:00"), 1);
    assert_true(timer(t, 0)->has_ended_ms);

    z_berlin(t, "2026b", Z_ABOLISHED);
    assert_false(meta(t)->has_rezone_ms);

    arm(t, 2, "Europe/Berlin", "2027-07-01T07:00", 0);
    z_berlin(t, "2026c", Z_FOREVER);
    rezone(t, 1000);
    assert_false(meta(t)->has_rezone_ms);
    assert_int_equal(timer(t, 0)->due_ms, at("2027-07-01T05:00"));
    assert_int_equal(timer(t, 1)->due_ms, at("2025-07-01T05:00"));
}


/* The timer's time has come before a Rezone had come to it. */

static void
none_fires_too_early(void **state)
{
    t_engine_t  *t = *state;

    z_berlin(t, "2026a", Z_BERLIN);
    arm(t, 1, "Europe/Berlin", "2027-07-01T07:00", 0);
    z_berlin(t, "2026b", Z_ABOLISHED);

    t_pass(t, at("2027-07-01T05:00") - t->wall_ms);
    due(t, at("2027-07-01T05:00"), 1);
    assert_false(timer(t, 0)->has_ended_ms);
    assert_int_equal(timer(t, 0)->due_ms, at("2027-07-01T06:00"));

    t_pass(t, HOUR_MS - 1);
    due(t, at("2027-07-01T06:00"), 1);
    assert_false(timer(t, 0)->has_ended_ms);

    t_pass(t, 1);
    due(t, at("2027-07-01T06:00"), 1);
    assert_true(timer(t, 0)->has_ended_ms);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 1);

    rezone(t, 1000);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 1);
}


static void
a_delayed_send_goes_along(void **state)
{
    uint64_t      id;
    pl_key_t      key;
    Pl__Timer    *row;
    t_engine_t   *t = *state;
    Pl__Command   command = PL__COMMAND__INIT;
    Pl__WallTime  wall = PL__WALL_TIME__INIT;
    Pl__CancelSend  cancel = PL__CANCEL_SEND__INIT;

    z_berlin(t, "2026a", Z_BERLIN);
    id = sends(t, "offer", at("2026-07-01T05:00"), 0, NULL);

    row = timer(t, 0);
    wall.zone = (char *) "Europe/Berlin";
    wall.wall_ms = at("2026-07-01T07:00");
    row->wall = &wall;
    pl_key_timer(&key, row->due_ms, row->id);
    put(t, PL_TABLE_TIMERS, &key, &row->base);

    z_berlin(t, "2026b", Z_ABOLISHED);
    rezone(t, 1000);
    assert_int_equal(timer(t, 0)->due_ms, at("2026-07-01T06:00"));
    assert_int_equal(timer(t, 0)->effect->due_ms, at("2026-07-01T06:00"));
    assert_int_equal(t_message(t, 0)->at_ms, at("2026-07-01T06:00"));

    /* it is still found by its message */
    cancel.tenant = 1;
    cancel.message = id;
    command.of_case = PL__COMMAND__OF_CANCEL_SEND;
    command.cancel_send = &cancel;
    (void) t_append(t, &command, NULL);
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);
    assert_int_equal(t_counted(t, "cancels", "done"), 1);
}


static void
a_task_goes_along(void **state)
{
    pl_key_t           key;
    Pl__Task           task = PL__TASK__INIT, *tasks[1] = { &task };
    Pl__Timer         *row;
    pl_party_t         party;
    t_engine_t        *t = *state;
    Pl__TimerStep      step = PL__TIMER_STEP__INIT;
    Pl__Conversation  *conv;

    z_berlin(t, "2026a", Z_BERLIN);
    (void) t_text(t, LATER_PHONE, "wamid.1", t->wall_ms / 1000, "hello");
    t_fold(t);

    arm(t, 77, "Europe/Berlin", "2027-07-01T07:00", 0);
    row = timer(t, 0);
    conv = (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, 0,
                                      &pl__conversation__descriptor);
    party.tenant = 1;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = ((Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                         &pl__contact__descriptor))->id;

    task.name = (char *) "remind";
    task.timer = 77;
    task.due_ms = row->due_ms;
    conv->tasks = tasks;
    conv->n_tasks = 1;
    pl_key_party(&key, &party);
    put(t, PL_TABLE_CONVERSATIONS, &key, &conv->base);

    step.flow = (char *) "greeting";
    step.step = (char *) "greet";
    row->of_case = PL__TIMER__OF_STEP;
    row->step = &step;
    row->party = row->contact = party.party;
    pl_key_timer(&key, row->due_ms, row->id);
    put(t, PL_TABLE_TIMERS, &key, &row->base);

    z_berlin(t, "2026b", Z_ABOLISHED);
    rezone(t, 1000);
    assert_int_equal(timer(t, 0)->due_ms, at("2027-07-01T06:00"));
    conv = (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, 0,
                                      &pl__conversation__descriptor);
    assert_int_equal(conv->n_tasks, 1);
    assert_int_equal(conv->tasks[0]->due_ms, at("2027-07-01T06:00"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_database_takes_effect_once,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(another_folder_knows_it,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(
            what_is_gone_or_wrong_stays_as_it_was, later_setup,
            later_teardown),
        cmocka_unit_test_setup_teardown(portions_are_one_database,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(there_are_only_so_many_names,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(a_portion_is_bounded, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(timers_are_armed_by_the_wall,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(a_new_database_keeps_wall_times,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(what_has_ended_stays, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(none_fires_too_early, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(a_delayed_send_goes_along,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(a_task_goes_along, later_setup,
                                        later_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
