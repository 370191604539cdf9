/*
 * Tests for the language of scripts: lines to verbs and words, mistakes with
 * their places, and what a glob matches.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ctl/script.c"


static pl_arena_t *
arena(void)
{
    pl_arena_t  *ar = pl_arena_create(65536, 64u * 1024 * 1024);

    assert_non_null(ar);

    return ar;
}


static void
words(void **state)
{
    size_t          i;
    unsigned        k;
    pl_err_t        err;
    pl_arena_t     *ar;
    plctl_line_t    line;

    static const struct {
        const char    *text;
        plctl_verb_e   verb;
        const char    *words[6];
    } rows[] = {
        { "", PLCTL_VERB_NONE, { NULL } },
        { "  \t ", PLCTL_VERB_NONE, { NULL } },
        { "# > Hallo", PLCTL_VERB_NONE, { NULL } },
        { "> Hallo", PLCTL_VERB_SAY, { "Hallo", NULL } },
        { ">Hallo  Welt \r", PLCTL_VERB_SAY, { "Hallo  Welt", NULL } },
        { "> \"so\" # nicht", PLCTL_VERB_SAY, { "\"so\" # nicht", NULL } },
        { "> a\\nb\\\\n", PLCTL_VERB_SAY, { "a\nb\\n", NULL } },
        { "+1h30m", PLCTL_VERB_PASS, { "1h30m", NULL } },
        { "  at 2027-03-01T10:00  Europe/Berlin", PLCTL_VERB_AT,
          { "2027-03-01T10:00", "Europe/Berlin", NULL } },
        { "< text \"Hallo \\\"Anna\\\" \\\\ \\n*\"", PLCTL_VERB_LEAVES,
          { "text", "Hallo \"Anna\" \\ \n*", NULL } },
        { "< text \"\"", PLCTL_VERB_LEAVES, { "text", "", NULL } },
        { "< text /^a\\/b\\d \"x\" $/", PLCTL_VERB_LEAVES,
          { "text", "^a/b\\d \"x\" $", NULL } },
        { "event booked appointment=2027-03-02T14:00 who=\"x\"",
          PLCTL_VERB_EVENT,
          { "booked", "appointment=2027-03-02T14:00", "who=\"x\"", NULL } },
        { "nothing", PLCTL_VERB_NOTHING, { NULL } },
        { "tap j\xc3\xa4", PLCTL_VERB_TAP, { "j\xc3\xa4", NULL } },
    };

    (void) state;
    ar = arena();

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(plctl_script_line(pl_str_c(rows[i].text), 7, ar,
                                           &line, &err), PL_OK);
        assert_int_equal(line.verb, rows[i].verb);
        assert_int_equal(line.line, 7);

        for (k = 0; rows[i].words[k] != NULL; k++) {
            assert_true(k < line.n_words);
            assert_string_equal(line.words[k].text, rows[i].words[k]);
        }

        assert_int_equal(line.n_words, k);
    }

    pl_arena_destroy(ar);
}


static void
patterns_are_told_from_globs(void **state)
{
    pl_err_t        err;
    pl_arena_t     *ar;
    plctl_line_t    line;

    (void) state;
    ar = arena();

    assert_int_equal(plctl_script_line(pl_str_c("< text /a/ /b"), 1, ar,
                                       &line, &err), PL_INVALID);
    assert_int_equal(plctl_script_line(pl_str_c("< text /a/ \"/b/\""), 1, ar,
                                       &line, &err), PL_OK);
    assert_true(line.words[1].pattern);
    assert_false(line.words[2].pattern);
    assert_string_equal(line.words[2].text, "/b/");

    pl_arena_destroy(ar);
}


static void
mistakes_have_their_places(void **state)
{
    size_t           i;
    pl_err_t         err;
    pl_arena_t      *ar;
    plctl_script_t   script;

    static const struct {
        const char  *text;
        unsigned     line;
        unsigned     column;
    } rows[] = {
        { "\n\n  bogus x\n", 3, 3 },
        { "> a\n>\n", 2, 2 },
        { "tap\n", 1, 4 },
        { "tap a b\n", 1, 7 },
        { "# ok\n< text \"open\n", 2, 8 },
        { "< text \"open\"more\n", 1, 8 },
        { "< text /open\n", 1, 8 },
        { "+\n", 1, 1 },
        { "+1h 2h\n", 1, 1 },
        { "> \xff\n", 1, 1 },
        { "deferred a until 07:00 x", 1, 24 },
    };

    (void) state;
    ar = arena();

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(plctl_script_parse(pl_str_c(rows[i].text), ar,
                                            &script, &err), PL_INVALID);
        assert_int_equal(err.line, rows[i].line);
        assert_int_equal(err.column, rows[i].column);
        assert_true(err.text[0] != '\0');
    }

    pl_arena_destroy(ar);
}


static void
lines_keep_their_numbers(void **state)
{
    pl_err_t         err;
    pl_arena_t      *ar;
    plctl_script_t   script;

    (void) state;
    ar = arena();

    assert_int_equal(plctl_script_parse(pl_str_c("# x\n\n> a\r\n  +5m"), ar,
                                        &script, &err), PL_OK);
    assert_int_equal(script.n, 2);
    assert_int_equal(script.lines[0]->line, 3);
    assert_int_equal(script.lines[1]->line, 4);
    assert_int_equal(script.lines[1]->column, 3);
    assert_string_equal(script.lines[1]->source, "+5m");

    pl_arena_destroy(ar);
}


/* Each limit, and one past it. */

static void
limits(void **state)
{
    char            *text;
    size_t           i, len;
    pl_err_t         err;
    pl_arena_t      *ar;
    plctl_line_t     line;
    plctl_script_t   script;

    (void) state;
    ar = arena();

    text = calloc(1, PLCTL_SCRIPT_MAX + 2);
    assert_non_null(text);

    memset(text, 'x', PLCTL_SCRIPT_LINE_MAX + 1);
    text[0] = '>';
    assert_int_equal(plctl_script_line(
        (pl_str_t) { (uint8_t *) text, PLCTL_SCRIPT_LINE_MAX }, 1, ar, &line,
        &err), PL_OK);
    assert_int_equal(plctl_script_line(
        (pl_str_t) { (uint8_t *) text, PLCTL_SCRIPT_LINE_MAX + 1 }, 1, ar,
        &line, &err), PL_TOOBIG);

    len = (size_t) snprintf(text, 8, "event");

    for (i = 0; i < PLCTL_SCRIPT_WORDS_MAX; i++) {
        len += (size_t) snprintf(text + len, 4, " a");
    }

    assert_int_equal(plctl_script_line(pl_str_c(text), 1, ar, &line, &err),
                     PL_OK);
    (void) snprintf(text + len, 4, " a");
    assert_int_equal(plctl_script_line(pl_str_c(text), 1, ar, &line, &err),
                     PL_TOOBIG);
    assert_int_equal(err.column, len + 2);

    memset(text, '\n', PLCTL_SCRIPT_MAX + 1);
    assert_int_equal(plctl_script_parse(
        (pl_str_t) { (uint8_t *) text, PLCTL_SCRIPT_LINES_MAX }, ar, &script,
        &err), PL_OK);
    assert_int_equal(plctl_script_parse(
        (pl_str_t) { (uint8_t *) text, PLCTL_SCRIPT_LINES_MAX + 1 }, ar,
        &script, &err), PL_TOOBIG);
    assert_int_equal(err.line, PLCTL_SCRIPT_LINES_MAX + 1);

    memset(text, '#', PLCTL_SCRIPT_MAX + 1);

    for (i = 0; i < PLCTL_SCRIPT_MAX; i += 1024) {
        text[i] = '\n';
    }

    assert_int_equal(plctl_script_parse(
        (pl_str_t) { (uint8_t *) text, PLCTL_SCRIPT_MAX }, ar, &script,
        &err), PL_OK);
    assert_int_equal(plctl_script_parse(
        (pl_str_t) { (uint8_t *) text, PLCTL_SCRIPT_MAX + 1 }, ar, &script,
        &err), PL_TOOBIG);

    free(text);
    pl_arena_destroy(ar);
}


static void
globs(void **state)
{
    size_t  i;

    static const struct {
        const char  *glob;
        const char  *text;
        bool         matches;
    } rows[] = {
        { "", "", true },
        { "", "a", false },
        { "*", "", true },
        { "*", "a\nb", true },
        { "Hallo", "Hallo", true },
        { "Hallo", "hallo", false },
        { "Hallo*", "Hallo Anna", true },
        { "*Anna", "Hallo Anna", true },
        { "*a*a*", "banana", true },
        { "*ana", "banana", true },
        { "*ab*ac", "abababac", true },
        { "a*b", "a", false },
        { "[x]?", "[x]?", true },
        { "[x]?", "xy", false },
        { "\\*", "*", true },
        { "\\*", "a", false },
        { "*\\*", "a*", true },
        { "*\\*x", "a*bx", false },
        { "*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          false },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (plctl_script_glob(rows[i].glob, rows[i].text)
            != rows[i].matches)
        {
            fail_msg("%s, %s", rows[i].glob, rows[i].text);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(patterns_are_told_from_globs),
        cmocka_unit_test(mistakes_have_their_places),
        cmocka_unit_test(lines_keep_their_numbers),
        cmocka_unit_test(limits),
        cmocka_unit_test(globs),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
