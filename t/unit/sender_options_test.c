/*
 * The sender's command line.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/sender/log.c"
#include "../../src/sender/options.c"

#define ARGS_MAX  16

typedef struct {
    const char    *args[ARGS_MAX];      /* without the program's name */
    pls_choice_e   choice;
    const char    *message;             /* a part of it; NULL: none */
} case_t;


static pls_choice_e
parse(pls_options_t *opt, const char *const *args, char *message,
    size_t size)
{
    int   argc;
    char *argv[ARGS_MAX + 2];

    argv[0] = (char *) (uintptr_t) "parley-sender";

    for (argc = 1; args[argc - 1] != NULL; argc++) {
        argv[argc] = (char *) (uintptr_t) args[argc - 1];
    }
    argv[argc] = NULL;
    message[0] = '\0';

    return pls_options_parse(opt, argc, argv, message, size);
}


static void
test_choices(void **state)
{
    size_t         i;
    char           message[256];
    pls_options_t  opt;

    static const case_t  cases[] = {
        { { "--store", "/s", "--socket", "/k" }, PLS_RUN, NULL },
        { { "--store=/s", "--socket=/k", "--hold" }, PLS_RUN, NULL },
        { { "--store", "/s", "--socket", "/k", "--send-log", "/l" }, PLS_RUN,
          NULL },
        { { "--store", "/s", "--socket", "/k", "--send-log", "" }, PLS_USAGE,
          "empty" },
        { { "--help" }, PLS_SHOW_HELP, NULL },
        { { "--store", "/s", "--version" }, PLS_SHOW_VERSION, NULL },
        { { NULL }, PLS_USAGE, "--store DIR is missing" },
        { { "--store", "/s" }, PLS_USAGE, "--socket PATH is missing" },
        { { "--store" }, PLS_USAGE, "'--store' needs an argument" },
        { { "--store", "", "--socket", "/k" }, PLS_USAGE, "empty" },
        { { "--nonsense" }, PLS_USAGE, "unknown option '--nonsense'" },
        { { "-x" }, PLS_USAGE, "unknown option '-x'" },
        { { "--store", "/s", "--socket", "/k", "more" }, PLS_USAGE,
          "unexpected argument 'more'" },
        { { "--poll", "0" }, PLS_USAGE, "--poll takes" },
        { { "--poll", "60001" }, PLS_USAGE, "--poll takes" },
        { { "--poll", "5x" }, PLS_USAGE, "not '5x'" },
        { { "--log-level", "loud" }, PLS_USAGE, "not 'loud'" },
        { { "--ca-file=" }, PLS_USAGE, "empty" },
        { { "--trace-departures=" }, PLS_USAGE, "empty" },
        { { "--zoneinfo=" }, PLS_USAGE, "empty" },
        { { "--hold=yes" }, PLS_USAGE, "unknown option" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(cases); i++) {
        assert_int_equal(parse(&opt, cases[i].args, message,
                               sizeof(message)), cases[i].choice);
        if (cases[i].message != NULL) {
            assert_non_null(strstr(message, cases[i].message));
        } else {
            assert_string_equal(message, "");
        }
    }
}


static void
test_values(void **state)
{
    char           message[256];
    pls_options_t  opt;

    static const char *const  all[] = {
        "--store", "/s", "--socket", "/k", "--hold", "--poll", "60000",
        "--log-level", "debug", "--trace-departures", "/t",
        "--zoneinfo", "/z", NULL
    };
    static const char *const  few[] = {
        "--socket", "/k", "--store", "/s", NULL
    };

    (void) state;

    assert_int_equal(parse(&opt, all, message, sizeof(message)), PLS_RUN);
    assert_string_equal(opt.store, "/s");
    assert_string_equal(opt.socket, "/k");
    assert_true(opt.hold);
    assert_int_equal(opt.poll_ms, PLS_POLL_MS_MAX);
    assert_int_equal(opt.level, PLS_LOG_DEBUG);
    assert_string_equal(opt.trace, "/t");
    assert_string_equal(opt.zoneinfo, "/z");

    assert_int_equal(parse(&opt, few, message, sizeof(message)), PLS_RUN);
    assert_false(opt.hold);
    assert_int_equal(opt.poll_ms, PLS_POLL_MS);
    assert_int_equal(opt.level, PLS_LOG_INFO);
    assert_null(opt.trace);
    assert_string_equal(opt.zoneinfo, "/usr/share/zoneinfo");
}


/* Every option that is parsed is in the help, and none else. */

static void
test_help(void **state)
{
    char         name[32];
    size_t       i, n;
    const char  *p;

    (void) state;

    n = 0;

    for (i = 0; options_rows[i].name != NULL; i++) {
        (void) snprintf(name, sizeof(name), "      --%s ",
                        options_rows[i].name);
        assert_non_null(strstr(pls_options_help(), name));
    }

    for (p = pls_options_help(); (p = strstr(p, "\n      --")) != NULL; p++) {
        n++;
    }

    assert_int_equal(n, i);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_help),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
