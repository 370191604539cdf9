/*
 * Variables in what is said: what is filled, what is missing, what is too
 * long, and that a text of nothing but braces takes no longer than another;
 * commands are counted in bytes.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/api/impl.h"
#include "../../src/api/sending.h"
#include "../../src/core/str.h"

/* A text that would be looked through once for each of its braces takes
   some 10^12 steps. */
#define T_LONG  (6u * 1024 * 1024)

#define T_HALF  (5u * 512 * 1024)

typedef struct {
    pl_api_t               *api;
    pl_api_call_t           call;
    Pl__StateMeta           meta;
    pl_sending_t            s;
    Pl__Api__SendVariable   a, b;
    Pl__Api__SendVariable  *list[2];
} t_sending_t;


static int
setup(void **state)
{
    t_sending_t  *t = calloc(1, sizeof(t_sending_t));
    pl_arena_t   *ar = pl_arena_create(4096, 64 * 1024 * 1024);

    assert_non_null(t);
    assert_non_null(ar);
    assert_int_equal(pl_api_create(&t->api, NULL, NULL), PL_OK);
    pl_api_call_init(&t->call, t->api, ar);
    t->call.op = t->api->ops[0];
    pl__state_meta__init(&t->meta);
    t->call.meta = &t->meta;

    pl__api__send_variable__init(&t->a);
    pl__api__send_variable__init(&t->b);
    t->a.name = (char *) "a";
    t->a.value = (char *) "{{b}}";
    t->b.name = (char *) "b.c-d_1";
    t->b.value = (char *) "";
    t->list[0] = &t->a;
    t->list[1] = &t->b;
    t->s.variables = t->list;
    t->s.n_variables = 2;
    *state = t;

    return 0;
}


static int
end(void **state)
{
    t_sending_t  *t = *state;

    pl_arena_destroy(t->call.ar);
    pl_api_destroy(t->api);
    free(t);

    return 0;
}


static void
texts_are_filled(void **state)
{
    size_t        i;
    char         *out;
    const char   *missing;
    t_sending_t  *t = *state;

    static const struct {
        const char  *text;
        const char  *filled;        /* NULL: */
        const char  *missing;
    } rows[] = {
        { "", "", NULL },
        { "none", "none", NULL },
        { "{{a}}", "{{b}}", NULL },
        { "x{{ a }}y{{b.c-d_1}}z", "x{{b}}yz", NULL },
        { "{{no|there}}, {{no|}}.", "there, .", NULL },
        { "{{a|not this}}", "{{b}}", NULL },
        { "{{no}}", NULL, "no" },
        { "{{a}} {{no}} {{neither}}", NULL, "no" },
        { "{{{a}}}", "{{{b}}}", NULL },
        { "{{}} {{a b}} {{ä}}", "{{}} {{a b}} {{ä}}", NULL },
        { "{{a", "{{a", NULL },
        { "}}{{a}}", "}}{{b}}", NULL },
        { "{{a|x", "{{a|x", NULL },
        { "{{no|{{a}}", "{{a", NULL },
        { "{{{{a}}", "{{{{b}}", NULL },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (rows[i].filled != NULL) {
            assert_int_equal(pl_sending_fill(&t->call, &t->s, rows[i].text,
                                             PL_API_TEXT_MAX, &out,
                                             &missing), PL_OK);
            assert_string_equal(out, rows[i].filled);
            assert_null(missing);
            continue;
        }

        assert_int_equal(pl_sending_fill(&t->call, &t->s, rows[i].text,
                                         PL_API_TEXT_MAX, &out, &missing),
                         PL_NOTFOUND);
        assert_null(out);
        assert_string_equal(missing, rows[i].missing);
    }
}


static void
a_text_has_a_limit(void **state)
{
    char         *text, *out;
    const char   *missing;
    t_sending_t  *t = *state;

    text = calloc(1, PL_API_TEXT_MAX + 8);
    assert_non_null(text);

    memset(text, 'x', PL_API_TEXT_MAX);
    assert_int_equal(pl_sending_fill(&t->call, &t->s, text,
                                     PL_API_TEXT_MAX, &out, &missing),
                     PL_OK);
    assert_int_equal(strlen(out), PL_API_TEXT_MAX);

    text[PL_API_TEXT_MAX] = 'x';
    assert_int_equal(pl_sending_fill(&t->call, &t->s, text,
                                     PL_API_TEXT_MAX, &out, &missing),
                     PL_TOOBIG);
    assert_null(out);

    /* what stands there counts, not what stood there */

    memcpy(text + PL_API_TEXT_MAX - 5, "{{a}}\0", 6);
    assert_int_equal(pl_sending_fill(&t->call, &t->s, text,
                                     PL_API_TEXT_MAX, &out, &missing),
                     PL_OK);
    t->a.value = (char *) "123456";
    assert_int_equal(pl_sending_fill(&t->call, &t->s, text,
                                     PL_API_TEXT_MAX, &out, &missing),
                     PL_TOOBIG);

    free(text);
}


/* Each would take hours were it looked through again for each brace. */

static void
many_braces_take_no_longer(void **state)
{
    size_t        i, k, len;
    char         *text, *out;
    const char   *missing;
    t_sending_t  *t = *state;

    static const char *const  pieces[] = { "{", "{{", "{{x ", "{{a|", "{{ ",
                                           "{{a" };

    text = malloc(T_LONG + 1);
    assert_non_null(text);

    for (i = 0; i < PL_COUNT(pieces); i++) {
        len = strlen(pieces[i]);

        for (k = 0; k + len <= T_LONG; k += len) {
            memcpy(text + k, pieces[i], len);
        }

        text[k] = '\0';
        assert_int_equal(pl_sending_fill(&t->call, &t->s, text,
                                         PL_API_TEXT_MAX, &out, &missing),
                         PL_TOOBIG);

        /* and with an end that is far away */

        memcpy(text + k - 3, " }}", 3);
        (void) pl_sending_fill(&t->call, &t->s, text,
                                     PL_API_TEXT_MAX, &out, &missing);
    }

    free(text);
}


static void
commands_are_counted(void **state)
{
    char         *text;
    size_t        more, rest;
    t_sending_t  *t = *state;
    Pl__Command   command = PL__COMMAND__INIT;
    Pl__NoteAdd   note = PL__NOTE_ADD__INIT;

    text = calloc(1, PL_BODY_MAX + 1);
    assert_non_null(text);
    note.text = text;
    note.actor = (char *) "key_1";
    command.of_case = PL__COMMAND__OF_NOTE_ADD;
    command.note_add = &note;

    /* lengths of the same size in bytes, so that only the text counts */

    memset(text, 'x', T_HALF);
    assert_int_equal(pl_api_command(&t->call, &command, NULL), PL_OK);
    more = t->call.sizes[0] - T_HALF;
    assert_int_equal(t->call.sizes[0], protobuf_c_message_get_packed_size(
                                           &t->call.commands[0]->base));
    assert_int_equal(t->call.bytes, t->call.sizes[0]);

    /* one thing: past its limit, and at it */

    memset(text, 'x', PL_BODY_MAX - more + 1);
    assert_int_equal(pl_api_command(&t->call, &command, NULL), PL_DENIED);
    assert_int_equal(t->call.out.status, 413);
    t->call.n_commands = 1;             /* a problem leaves none */
    text[PL_BODY_MAX - more] = '\0';
    assert_int_equal(pl_api_command(&t->call, &command, NULL), PL_OK);
    assert_int_equal(t->call.sizes[1], PL_BODY_MAX);

    /* all that is asked for: past its limit, and at it */

    rest = PL_API_COMMANDS_MAX - t->call.bytes - more;
    text[rest + 1] = '\0';
    assert_int_equal(pl_api_command(&t->call, &command, NULL), PL_DENIED);
    t->call.n_commands = 2;
    text[rest] = '\0';
    assert_int_equal(pl_api_command(&t->call, &command, NULL), PL_OK);
    assert_int_equal(t->call.bytes, PL_API_COMMANDS_MAX);
    text[0] = '\0';
    assert_int_equal(pl_api_command(&t->call, &command, NULL), PL_DENIED);
    assert_int_equal(t->call.n_commands, 0);

    free(text);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(texts_are_filled, setup, end),
        cmocka_unit_test_setup_teardown(a_text_has_a_limit, setup, end),
        cmocka_unit_test_setup_teardown(many_braces_take_no_longer, setup,
                                        end),
        cmocka_unit_test_setup_teardown(commands_are_counted, setup, end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
