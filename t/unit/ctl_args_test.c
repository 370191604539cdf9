/*
 * parleyctl's command line, help, and the text that reaches a terminal.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ctl/args.c"
#include "../../src/ctl/help.c"
#include "../../src/ctl/moment.c"
#include "../../src/ctl/say.c"


static const plctl_command_t  rows[] = {
    { "dead", "", 0, 0, PLCTL_OPT_LIMIT, "list", NULL, NULL },
    { "dead retry", "ID", 1, 1, 0, "try one again", "More of it.", NULL },
    { "journal", "", 0, 0, PLCTL_OPT_LIMIT | PLCTL_OPT_FROM, "list entries",
      NULL, NULL },
    { "messages", "TENANT [ADDRESS]", 1, 2, 0, "-dash and \\slash",
      ".dot first", NULL },
};


typedef struct {
    const char  *argv[PLCTL_WORDS_MAX + 4];     /* after the program's name */
    const char  *says;                          /* NULL: it is right */
} parse_t;


static int
count(const char *const *argv)
{
    int  n;

    for (n = 0; argv[n] != NULL; n++) { /* void */ }

    return n;
}


static pl_status_t
parse(plctl_args_t *args, const char *const *words, pl_err_t *err)
{
    int    i, n;
    char  *argv[PLCTL_WORDS_MAX + 8];

    n = count(words);
    argv[0] = (char *) "parleyctl";

    for (i = 0; i < n; i++) {
        argv[i + 1] = (char *) words[i];
    }

    return plctl_args_parse(args, n + 1, argv, err);
}


static const parse_t  parses[] = {
    { { "dead", NULL }, NULL },
    { { "--store", "/x", "dead", NULL }, NULL },
    { { "dead", "--store=/x", "--json", NULL }, NULL },
    { { "-h", NULL }, NULL },
    { { "-V", NULL }, NULL },
    { { "--", "--json", NULL }, NULL },
    { { "decode", "-", NULL }, NULL },
    { { "a", "b", "c", "d", "e", "f", "g", "h", NULL }, NULL },
    { { "--nonsense", NULL }, "unknown option --nonsense" },
    { { "-x", NULL }, "unknown option -x" },
    { { "--js", NULL }, "unknown option --js" },
    { { "--jsonx", NULL }, "unknown option --jsonx" },
    { { "--store", NULL }, "--store needs a value" },
    { { "--store=", NULL }, "--store is empty" },
    { { "--json=1", NULL }, "--json takes no value" },
    { { "--limit", "x", NULL }, "--limit \"x\" is no number" },
    { { "--limit", "-1", NULL }, "--limit \"-1\" is no number" },
    { { "--limit", "99999999999999999999", NULL }, "is no number" },
    { { "--from=", NULL }, "--from \"\" is no number" },
    { { "--from", "2025-10-09", NULL }, NULL },
    { { "--to", "2025-10-09T08:53", NULL }, NULL },
    { { "--to", "2025-02-29", NULL }, "--to \"2025-02-29\" is no number" },
    { { "--from", "2025-10-09T -1:00", NULL }, "is no number" },
    { { "--from", "2025-10-09T08:53:20.5x", NULL }, "and no time like" },
    { { "--code", "2147483647", NULL }, NULL },
    { { "--code", "2147483648", NULL }, "is no code" },
    { { "--code", "-1", NULL }, "is no number" },
    { { "--yes=1", NULL }, "--yes takes no value" },
    { { "--tenant", NULL }, "--tenant needs a value" },
};


static void
test_parse(void **state)
{
    size_t        i;
    pl_err_t      err;
    pl_status_t   rc;
    plctl_args_t  args;

    (void) state;

    for (i = 0; i < PL_COUNT(parses); i++) {
        memset(&err, 0, sizeof(err));
        rc = parse(&args, parses[i].argv, &err);

        if (parses[i].says == NULL) {
            assert_int_equal(rc, PL_OK);

        } else {
            assert_int_equal(rc, PL_INVALID);
            assert_non_null(strstr(err.text, parses[i].says));
        }
    }
}


static void
test_words_have_a_limit(void **state)
{
    size_t        i, n;
    pl_err_t      err;
    plctl_args_t  args;
    const char   *argv[PLCTL_WORDS_MAX + 4] = { NULL };

    (void) state;

    for (n = PLCTL_WORDS_MAX; n <= PLCTL_WORDS_MAX + 1; n++) {
        for (i = 0; i < n; i++) {
            argv[i] = "word";
        }

        assert_int_equal(parse(&args, argv, &err),
                         n == PLCTL_WORDS_MAX ? PL_OK : PL_INVALID);
    }

    assert_string_equal(err.text, "too many words");
}


static void
test_values(void **state)
{
    plctl_args_t  args;

    (void) state;

    assert_int_equal(parse(&args, (const char *[]) { "dead", NULL }, NULL),
                     PL_OK);
    assert_int_equal(args.given, 0);
    assert_int_equal(args.limit, PLCTL_LIMIT);
    assert_null(args.store);

    assert_int_equal(parse(&args, (const char *[]) {
        "dead", "--limit", "0", "--to=9", "--from", "3", "--store=/a=b",
        "--json", NULL }, NULL), PL_OK);
    assert_int_equal(args.limit, 0);
    assert_int_equal(args.from, 3);
    assert_int_equal(args.to, 9);
    assert_string_equal(args.store, "/a=b");
    assert_int_equal(args.given, PLCTL_OPT_LIMIT | PLCTL_OPT_TO
                     | PLCTL_OPT_FROM | PLCTL_OPT_STORE | PLCTL_OPT_JSON);
    assert_int_equal(args.n_words, 1);

    assert_int_equal(parse(&args, (const char *[]) {
        "dead", "--tenant=a", "--channel", "b", "--code=131026", "--rule",
        "c", "--reason", "d", "--since", "2h", "--until=1h", "--all",
        "--yes", "--dry-run", NULL }, NULL), PL_OK);
    assert_string_equal(args.tenant, "a");
    assert_string_equal(args.channel, "b");
    assert_int_equal(args.code, 131026);
    assert_string_equal(args.rule, "c");
    assert_string_equal(args.reason, "d");
    assert_string_equal(args.since, "2h");
    assert_string_equal(args.until, "1h");
    assert_true(args.given == (PLCTL_OPT_TENANT | PLCTL_OPT_CHANNEL
                               | PLCTL_OPT_CODE | PLCTL_OPT_RULE
                               | PLCTL_OPT_REASON | PLCTL_OPT_SINCE
                               | PLCTL_OPT_UNTIL | PLCTL_OPT_ALL
                               | PLCTL_OPT_YES | PLCTL_OPT_DRY_RUN));
}


/* No two options are the same bit. */

static void
test_bits(void **state)
{
    size_t    i;
    uint64_t  seen = 0;

    (void) state;

    for (i = 0; i < PLCTL_OPTIONS; i++) {
        assert_true(plctl_options[i].bit != 0);
        assert_true((plctl_options[i].bit & (plctl_options[i].bit - 1)) == 0);
        assert_true((seen & plctl_options[i].bit) == 0);
        seen |= plctl_options[i].bit;
    }
}


static const plctl_command_t *
find(plctl_args_t *args, const char *const *words, unsigned *used)
{
    assert_int_equal(parse(args, words, NULL), PL_OK);

    return plctl_args_command(rows, PL_COUNT(rows), args, used);
}


static void
test_command(void **state)
{
    unsigned      used;
    plctl_args_t  args;

    (void) state;

    assert_ptr_equal(find(&args, (const char *[]) { "dead", NULL }, &used),
                     &rows[0]);
    assert_int_equal(used, 1);
    assert_ptr_equal(find(&args, (const char *[]) { "dead", "retry", "eff_1",
                     NULL }, &used), &rows[1]);
    assert_int_equal(used, 2);
    assert_ptr_equal(find(&args, (const char *[]) { "dead", "retries",
                     NULL }, &used), &rows[0]);
    assert_null(find(&args, (const char *[]) { "retry", NULL }, &used));
    assert_null(find(&args, (const char *[]) { "dea", NULL }, &used));
    assert_null(find(&args, (const char *[]) { "dead retry", NULL }, &used));
    assert_null(find(&args, (const char *[]) { NULL }, &used));
}


static pl_status_t
checked(const char *const *words, pl_err_t *err)
{
    unsigned                used;
    plctl_args_t            args;
    const plctl_command_t  *row;

    row = find(&args, words, &used);
    assert_non_null(row);

    return plctl_args_check(row, &args, used, err);
}


static void
test_check(void **state)
{
    pl_err_t  err;

    (void) state;

    assert_int_equal(checked((const char *[]) { "dead", "--limit=1",
                     "--json", NULL }, &err), PL_OK);
    assert_int_equal(checked((const char *[]) { "messages", "a", "b",
                     NULL }, &err), PL_OK);
    assert_int_equal(checked((const char *[]) { "messages", NULL }, &err),
                     PL_INVALID);
    assert_non_null(strstr(err.text, "too few"));
    assert_int_equal(checked((const char *[]) { "messages", "a", "b", "c",
                     NULL }, &err), PL_INVALID);
    assert_non_null(strstr(err.text, "too many"));
    assert_int_equal(checked((const char *[]) { "dead", "--raw", NULL },
                     &err), PL_INVALID);
    assert_non_null(strstr(err.text, "takes no --raw"));
    assert_int_equal(checked((const char *[]) { "dead", "retry", "1",
                     "--limit=1", NULL }, &err), PL_INVALID);
}


static void
test_id(void **state)
{
    uint64_t  id;

    (void) state;

    assert_int_equal(plctl_args_id("eff_9", "eff", &id, NULL), PL_OK);
    assert_int_equal(id, 9);
    assert_int_equal(plctl_args_id("9", "eff", &id, NULL), PL_OK);
    assert_int_equal(plctl_args_id("msg_9", "eff", &id, NULL), PL_INVALID);
    assert_int_equal(plctl_args_id("eff_", "eff", &id, NULL), PL_INVALID);
    assert_int_equal(plctl_args_id("eff_0", "eff", &id, NULL), PL_INVALID);
    assert_int_equal(plctl_args_id("eff_-1", "eff", &id, NULL), PL_INVALID);
    assert_int_equal(plctl_args_id("eff_9x", "eff", &id, NULL), PL_INVALID);
    assert_int_equal(plctl_args_id("", "eff", &id, NULL), PL_INVALID);
}


/* What one of the help functions prints, in a buffer of the caller. */

static void
printed(char *buf, size_t size, int which)
{
    FILE  *out;

    memset(buf, 0, size);
    out = fmemopen(buf, size - 1, "w");
    assert_non_null(out);

    switch (which) {
    case 0:
        plctl_help_all(out, rows, PL_COUNT(rows));
        break;

    case 1:
        assert_true(plctl_help_one(out, rows, PL_COUNT(rows), "dead"));
        assert_false(plctl_help_one(out, rows, PL_COUNT(rows), "dea"));
        break;

    default:
        plctl_help_man(out, rows, PL_COUNT(rows));
        break;
    }

    assert_int_equal(fclose(out), 0);
}


static void
test_help(void **state)
{
    char    buf[16384];
    size_t  i;

    (void) state;

    printed(buf, sizeof(buf), 0);

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_non_null(strstr(buf, rows[i].name));
        assert_non_null(strstr(buf, rows[i].help));
    }

    assert_non_null(strstr(buf, "--store DIR"));
    assert_null(strstr(buf, "--from"));

    printed(buf, sizeof(buf), 1);
    assert_non_null(strstr(buf, "parleyctl [OPTIONS] dead\n"));
    assert_non_null(strstr(buf, "parleyctl [OPTIONS] dead retry ID\n"));
    assert_non_null(strstr(buf, "    More of it.\n"));
    assert_non_null(strstr(buf, "--limit N"));
    assert_null(strstr(buf, "--from"));

    printed(buf, sizeof(buf), 2);
    assert_non_null(strstr(buf, "\n\\fBdead retry\\fR ID\n"));
    assert_non_null(strstr(buf, "dash and \\eslash.\n\\&.dot first\n"));
    assert_non_null(strstr(buf, "\\fB\\-\\-compare\\-only\\fR\n"));
}


static void
test_clean(void **state)
{
    size_t       i;
    pl_arena_t  *ar;

    static const struct {
        const char  *in;
        const char  *out;
    } cases[] = {
        { "", "" },
        { "plain \xc3\xa4\xf0\x9f\x91\x8b", "plain \xc3\xa4\xf0\x9f\x91\x8b" },
        { "a\nb\tc", "a\\nb\\x09c" },
        { "\x1b[2J\x7f", "\\x1b[2J\\x7f" },
        { "\xc2\x9b" "2J", "?2J" },             /* C1: CSI */
        { "\xc2\xa0", "\xc2\xa0" },             /* no-break space */
        { "\xe2\x80\xae" "x", "?x" },           /* U+202E */
        { "\xe2\x81\xa6" "x", "?x" },           /* U+2066 */
        { "\xe2\x80\xa6", "\xe2\x80\xa6" },     /* U+2026 */
        { "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd" },
    };

    (void) state;

    ar = pl_arena_create(4096, 65536);
    assert_non_null(ar);

    for (i = 0; i < PL_COUNT(cases); i++) {
        assert_string_equal(plctl_clean(ar, cases[i].in), cases[i].out);
    }

    assert_null(plctl_clean(ar, NULL));
    pl_arena_destroy(ar);
}


static void
test_words(void **state)
{
    pl_arena_t  *ar;

    (void) state;

    ar = pl_arena_create(4096, 65536);
    assert_non_null(ar);

    assert_string_equal(plctl_enum(ar, &pl__message_state__descriptor,
                        PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED),
                        "delivered");
    assert_string_equal(plctl_enum(ar, &pl__direction__descriptor,
                        PL__DIRECTION__DIRECTION_IN), "in");
    assert_string_equal(plctl_enum(ar, &pl__ctl__queue_place__descriptor,
                        PL__CTL__QUEUE_PLACE__QUEUE_PLACE_IN_FLIGHT),
                        "in_flight");
    assert_string_equal(plctl_enum(ar, &pl__direction__descriptor, 99),
                        "99");
    assert_string_equal(plctl_bytes(ar, 1023), "1023 B");
    assert_string_equal(plctl_bytes(ar, 1024), "1.0 KiB");
    assert_string_equal(plctl_bytes(ar, 1ULL << 40), "1.0 TiB");
    assert_string_equal(plctl_time(ar, 0), "-");
    assert_string_equal(plctl_time(ar, 1000), "1970-01-01T00:00:01.000Z");
    assert_string_equal(plctl_party_name(ar,
                        PL__PARTY_KIND__PARTY_KIND_GROUP, 4), "grp_4");

    pl_arena_destroy(ar);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_words_have_a_limit),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_id),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_words),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
