/*
 * parleyctl send: what it asks for, what it is told, and what it refuses
 * before it asks.
 */

#include "ctl.h"

#define TEMPLATE  " --template hello --language es_ES"


static Pl__Message *
newest(t_engine_t *t)
{
    return t_message(t, (unsigned) t_rows(t, PL_TABLE_MESSAGES) - 1);
}


static void
a_text_is_sent(void **state)
{
    t_said_t      said;
    t_engine_t   *t = *state;
    Pl__Message  *m;

    said = t_run(t, "send demo main +34-600-000-001 --text Hello", 0);
    t_has(said.out, "msg_");
    t_has(said.out, ": queued\n");
    assert_string_equal(said.err, "");

    m = newest(t);
    assert_string_equal(m->content->text->body, "Hello");
    assert_string_equal(m->address->value, "34600000001");
    assert_int_equal(m->author, PL__AUTHOR__AUTHOR_PERSON);
    assert_non_null(m->actor);

    said = t_run(t, "--json send demo main cnt_2 --text Again", 0);
    t_has(said.out, "{\"id\":\"msg_");
    t_has(said.out, "\"effect\":\"eff_");
    t_has(said.out, "\"verdict\":\"queued\"");
    assert_string_equal(newest(t)->content->text->body, "Again");
    (void) t_ctl_is(t, "check", 0);
}


static void
a_template_takes_its_parameters(void **state)
{
    t_engine_t    *t = *state;
    Pl__Template  *template;

    (void) t_run(t, "send demo main ES.77" TEMPLATE
                 " --param Ana --param=7", 0);

    template = newest(t)->content->template_;
    assert_string_equal(template->name, "hello");
    assert_string_equal(template->language, "es_ES");
    assert_int_equal(template->n_body, 2);
    assert_string_equal(template->body[0]->text, "Ana");
    assert_string_equal(template->body[1]->text, "7");
    assert_int_equal(newest(t)->address->kind,
                     PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID);
}


static void
a_file_says_anything(void **state)
{
    char         path[PATH_MAX];
    t_said_t     said;
    const char  *words;
    t_engine_t  *t = *state;

    (void) snprintf(path, sizeof(path), "%s.json", t->dir);
    words = pl_arena_printf(t->ar, "send demo main 34600000001 --file %s",
                            path);

    t_spill(path, "{\"type\":\"location\",\n \"location\":{\"latitude\":"
                  "\"36.7\",\"longitude\":\"-4.4\"}}");
    (void) t_run(t, words, 0);
    assert_string_equal(newest(t)->content->location->latitude, "36.7");

    /* a mistake has its place, and nothing was asked for */

    t_spill(path, "{\"type\":\"location\",\n \"location\":{\"latitud\":1}}");
    said = t_ctl_is(t, words, 1);
    t_has(said.err, pl_arena_printf(t->ar, "%s:2:", path));
    t_has(said.err, "location");
    assert_string_equal(said.out, "");

    t_spill(path, "{\"type\":");
    said = t_ctl_is(t, words, 1);
    t_has(said.err, pl_arena_printf(t->ar, "%s:1:", path));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 1);
}


static void
a_refusal_names_rule_and_field(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    said = t_run(t, "send demo main 34600000009 --text Hello", 1);
    t_has(said.out, "msg_");
    t_has(said.out, ": refused: window.closed\n");

    said = t_run(t, "send demo main grp_7 --text Hello", 1);
    t_has(said.err, "the tenant has no group \"grp_7\"");

    said = t_run(t, "--json send demo main 34600000001 --text=", 1);
    t_has(said.out, "\"verdict\":\"refused\",\"rule\":\"content.refused\","
                    "\"path\":\"content.text.body\"");
    t_has_not(said.out, "msg_");
}


static void
what_nobody_folds_is_pending(void **state)
{
    t_said_t     said;
    uint64_t     n;
    t_engine_t  *t = *state;

    n = t_rows(t, PL_TABLE_MESSAGES);
    said = t_ctl_is(t, "send demo main 34600000001 --text Hello", 0);
    t_has(said.out, "message: asked for as entry ");
    t_has(said.out, "nothing folds this store now");
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), n);
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), n + 1);
}


static void
wrong_command_lines(void **state)
{
    size_t       i;
    t_engine_t  *t = *state;

    static const char *const  wrong[] = {
        "send demo main 34600000001",
        "send demo main 34600000001 --text a --file b",
        "send demo main 34600000001 --text a --language es",
        "send demo main 34600000001 --text a --param 1",
        "send demo main 34600000001 --template hello",
        "send demo main cnt_x --text a",
        "send demo main --text a",
        "messages demo --text a",
    };

    for (i = 0; i < PL_COUNT(wrong); i++) {
        (void) t_ctl_is(t, wrong[i], 2);
    }

    (void) t_ctl_is(t, "send none main 34600000001 --text a", 1);
    (void) t_ctl_is(t, "send demo none 34600000001 --text a", 1);
    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_text_is_sent, t_ctl_setup, t_end),
        cmocka_unit_test_setup_teardown(a_template_takes_its_parameters,
                                        t_ctl_setup, t_end),
        cmocka_unit_test_setup_teardown(a_file_says_anything, t_ctl_setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(a_refusal_names_rule_and_field,
                                        t_ctl_setup, t_end),
        cmocka_unit_test_setup_teardown(what_nobody_folds_is_pending,
                                        t_ctl_setup, t_end),
        cmocka_unit_test_setup_teardown(wrong_command_lines, t_ctl_setup,
                                        t_end),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
