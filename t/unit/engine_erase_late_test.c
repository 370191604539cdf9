/*
 * What comes late and is more than words: a file that was being fetched when
 * its person was deleted, and the media of a history that was told before.
 */

#include "../../src/engine/age.h"
#include "../../src/engine/media.h"
#include "erase.h"

#define FILE_NAME                                                             \
    "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
#define FILE_OTHER                                                            \
    "3c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
#define MEDIA(id, type)                                                       \
    "{\"from\":\"" ANA "\",\"id\":\"wamid." id "\",\"timestamp\":"            \
    "\"1760000000\",\"type\":\"" type "\",\"image\":{\"id\":\"1\","           \
    "\"mime_type\":\"image/jpeg\",\"caption\":\"" SECRET "\"}}"


/* A file that is due is on the wire: its effect. */

static uint64_t
fetches(t_engine_t *t, uint64_t epoch)
{
    pl_due_t     due[2];
    Pl__Command  command = PL__COMMAND__INIT;

    assert_true(t_due(t, t->wall_ms, true, due, 2) >= 1);
    due[0].attempt.epoch = epoch;
    command.of_case = PL__COMMAND__OF_ATTEMPT;
    command.attempt = &due[0].attempt;
    (void) t_append(t, &command, NULL);
    t_fold(t);

    return due[0].attempt.effect;
}


static void
fetched(t_engine_t *t, uint64_t effect, uint64_t epoch, const char *name)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__MediaFile   file = PL__MEDIA_FILE__INIT;
    Pl__SendResult  in = PL__SEND_RESULT__INIT;

    file.file = (char *) name;
    file.bytes = 3;
    in.effect = effect;
    in.epoch = epoch;
    in.outcome = PL__OUTCOME__OUTCOME_SENT;
    in.media = &file;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* One row of its walk. */

static void
step(t_engine_t *t, const Pl__Erasure *pass)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__EraseStep   in = PL__ERASE_STEP__INIT;

    in.tenant = pass->tenant;
    in.entry = pass->entry;
    in.rows = 1;
    command.of_case = PL__COMMAND__OF_ERASE_STEP;
    command.erase_step = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
a_file_that_was_on_its_way_goes(void **state)
{
    uint64_t      epoch, effect;
    t_engine_t    t;
    Pl__Erasure  *pass;

    (void) state;
    t_open(&t);
    t.media_dir = "/m";
    t_configure(&t);
    (void) t_items(&t, "messages", MEDIA("A", "image"));
    t_fold(&t);
    epoch = t_sender(&t, true, NULL);
    effect = fetches(&t, epoch);

    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    (void) t_ctl_is(&t, "check", 0);    /* that a file is fetched is right */

    fetched(&t, effect, epoch, FILE_NAME);
    assert_true(t_message(&t, 0)->has_erased);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 1);
    pass = (Pl__Erasure *) t_row(&t, PL_TABLE_ERASING, 0,
                                 &pl__erasure__descriptor);
    assert_int_equal(pass->tenant, PL_AGE_FILES);
    assert_int_equal(pass->n_files, 1);
    assert_string_equal(pass->files[0], FILE_NAME);

    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    t_close(&t);
}


/* Whoever is told of many gives the sender one walk over all messages. */

static void
what_waits_is_one_pass(void **state)
{
    unsigned      i;
    uint64_t      epoch, effects[3];
    t_engine_t    t;
    Pl__Erasure  *pass;

    (void) state;
    t_open(&t);
    t.media_dir = "/m";
    t_configure(&t);
    (void) t_items(&t, "messages", MEDIA("A", "image") "," MEDIA("B", "image")
                   "," MEDIA("C", "image"));
    t_fold(&t);
    epoch = t_sender(&t, true, NULL);

    for (i = 0; i < 3; i++) {
        effects[i] = fetches(&t, epoch);
    }

    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    fetched(&t, effects[0], epoch, FILE_NAME);
    t.wall_ms += 5000;
    fetched(&t, effects[1], epoch, FILE_OTHER);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 1);
    pass = (Pl__Erasure *) t_row(&t, PL_TABLE_ERASING, 0,
                                 &pl__erasure__descriptor);
    assert_int_equal(pass->n_files, 2);

    /* or it would be taken for one that somebody has sent anew since */

    assert_true(pass->began_ms >= t.wall_ms);

    /* one that walks is of those that it began with */

    step(&t, pass);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 1);
    fetched(&t, effects[2], epoch, FILE_NAME);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 2);

    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    t_close(&t);
}


/* A placeholder came first, and then what it was in place of. */

static void
a_history_is_not_completed(void **state)
{
    unsigned    i;
    t_engine_t  t;

    (void) state;

    for (i = 0; i < 2; i++) {           /* of somebody there; and deleted */
        t_open(&t);
        t.media_dir = "/m";
        t_configure(&t);
        t_change(&t, "history", T_ACCOUNT, "\"history\":[{\"threads\":[{"
                 "\"id\":\"" ANA "\",\"messages\":["
                 MEDIA("H", "media_placeholder") "]}]}]");

        if (i == 1) {
            (void) erase(&t, ANA, 0);
            (void) go_on(&t, PL_ERASE_ROWS);
        }

        t_change(&t, "history", T_ACCOUNT,
                 "\"messages\":[" MEDIA("H", "image") "]");
        assert_string_equal(t_message(&t, 0)->content->type,
                            i == 1 ? "erased" : "image");
        assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 1 - i);
        t_close(&t);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_file_that_was_on_its_way_goes),
        cmocka_unit_test(what_waits_is_one_pass),
        cmocka_unit_test(a_history_is_not_completed),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("engine_erase_late", tests, NULL,
                                       NULL);
}
