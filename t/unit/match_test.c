/* Patterns: what matches, what is refused, and that none can hang. */

#include "temp.h"

#include "../../src/core/match.h"
#include "../../src/core/str.h"


typedef struct {
    const char  *pattern;
    const char  *subject;
    bool         found;
} match_row_t;


static void
finds_what_people_write(void **state)
{
    bool                      limited;
    size_t                    i;
    pl_err_t                  err;
    pl_pattern_t             *pattern;
    pl_match_state_t         *match;
    static const match_row_t  rows[] = {
        { "stop", "Please STOP now", true },
        { "^stop$", "stop", true },
        { "^stop$", "stop it", false },
        { "stop", "", false },
        { "", "", true },
        { "", "anything", true },
        { "stra\xc3\x9f" "e", "STRA\xe1\xba\x9e" "E", true },
        { "\xc3\xa9t\xc3\xa9", "\xc3\x89T\xc3\x89", true },
        { "\\bcaf\xc3\xa9\\b", "un caf\xc3\xa9!", true },
        { "^\\w+$", "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
          true },
        { "^\\d{4}$", "\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4", true },
        { "^.$", "\xf0\x9f\x98\x80", true },
        { "a", "\xff\xfe" "a", false },         /* no UTF-8: no match */
    };

    (void) state;

    match = pl_match_state_create();
    assert_non_null(match);

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_pattern_compile(&pattern,
                                            pl_str_c(rows[i].pattern), &err),
                         PL_OK);
        assert_int_equal(pl_match(pattern, match, pl_str_c(rows[i].subject),
                                  &limited), rows[i].found);
        assert_false(limited);
        pl_pattern_destroy(pattern);
    }

    pl_match_state_destroy(match);
}


typedef struct {
    const char  *pattern;
    unsigned     column;
} bad_row_t;


static void
says_where_a_pattern_is_wrong(void **state)
{
    size_t                  i;
    pl_err_t                err;
    pl_pattern_t           *pattern;
    static const bad_row_t  rows[] = {
        { "abc(", 5 },
        { "a)", 2 },
        { "*a", 1 },
        { "[z-a]", 4 },
        { "abc\\Cd", 6 },               /* half a character: never */
        { "ok\xff", 3 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_pattern_compile(&pattern,
                                            pl_str_c(rows[i].pattern), &err),
                         PL_INVALID);
        assert_null(pattern);
        assert_int_equal(err.status, PL_INVALID);
        assert_int_equal(err.column, rows[i].column);
        assert_true(err.text[0] != '\0');
        assert_int_equal(pl_pattern_compile(&pattern,
                                            pl_str_c(rows[i].pattern), NULL),
                         PL_INVALID);
    }

    pl_pattern_destroy(NULL);
    pl_match_state_destroy(NULL);
}


static void
limits_a_patterns_length(void **state)
{
    uint8_t        text[PL_PATTERN_MAX + 1];
    pl_err_t       err;
    pl_pattern_t  *pattern;

    (void) state;
    memset(text, 'a', sizeof(text));

    assert_int_equal(pl_pattern_compile(&pattern, (pl_str_t) { text,
                                        PL_PATTERN_MAX }, &err), PL_OK);
    pl_pattern_destroy(pattern);
    assert_int_equal(pl_pattern_compile(&pattern, (pl_str_t) { text,
                                        PL_PATTERN_MAX + 1 }, &err),
                     PL_TOOBIG);
    assert_null(pattern);
}


/* Without the limit each of these takes longer than the test may. */
static void
no_pattern_hangs(void **state)
{
    bool                      limited, found;
    size_t                    i;
    uint8_t                   subject[4096];
    pl_pattern_t             *pattern;
    pl_match_state_t         *match;
    static const char *const  patterns[] = {
        "^(a+)+$",
        "^(a|a)*$",
        "^(a|aa)+$",
        "(?:(?:(?:a*)*)*)*$!",
        "(*NO_JIT)^(a+)+$",
        "(*NO_JIT)(.*a){12}$",
        "^(?:.|\\s)*?!",
        "(a(?1)?a?)*!",
    };

    (void) state;

    memset(subject, 'a', sizeof(subject));
    subject[sizeof(subject) - 1] = 'b';
    match = pl_match_state_create();

    for (i = 0; i < PL_COUNT(patterns); i++) {
        assert_int_equal(pl_pattern_compile(&pattern, pl_str_c(patterns[i]),
                                            NULL), PL_OK);
        found = pl_match(pattern, match, (pl_str_t) { subject,
                         sizeof(subject) }, &limited);
        assert_false(found);
        (void) pl_match(pattern, match, PL_STR("aab"), NULL);
        pl_pattern_destroy(pattern);
    }

    /* the one that surely needs more steps than there are */
    assert_int_equal(pl_pattern_compile(&pattern, PL_STR("^(a+)+$"), NULL),
                     PL_OK);
    assert_false(pl_match(pattern, match, (pl_str_t) { subject,
                          sizeof(subject) }, &limited));
    assert_true(limited);

    /* and the state is good for more */
    assert_true(pl_match(pattern, match, PL_STR("aaa"), &limited));
    assert_false(limited);

    pl_pattern_destroy(pattern);
    pl_match_state_destroy(match);
}


static void
hands_out_named_groups(void **state)
{
    pl_str_t           value, subject;
    const char        *name;
    pl_pattern_t      *pattern, *other;
    pl_match_state_t  *match;

    (void) state;

    match = pl_match_state_create();
    assert_int_equal(pl_pattern_compile(&pattern, PL_STR(
        "my name is (?<name>\\w+)(?: from (?<city>\\w+))?(?<end>!*)"), NULL),
        PL_OK);
    assert_int_equal(pl_pattern_compile(&other, PL_STR("(?<x>.)"), NULL),
                     PL_OK);

    assert_false(pl_match_group(pattern, match, 0, &name, &value));

    subject = PL_STR("Hi, my name is J\xc3\xb6rg");
    assert_true(pl_match(pattern, match, subject, NULL));

    /* the name table is in the names' order */
    assert_true(pl_match_group(pattern, match, 0, &name, &value));
    assert_string_equal(name, "city");
    assert_null(value.data);

    assert_true(pl_match_group(pattern, match, 1, &name, &value));
    assert_string_equal(name, "end");
    assert_non_null(value.data);        /* took part, and is empty */
    assert_int_equal(value.len, 0);

    assert_true(pl_match_group(pattern, match, 2, &name, &value));
    assert_string_equal(name, "name");
    assert_true(pl_str_eq(value, PL_STR("J\xc3\xb6rg")));
    assert_true(value.data > subject.data);

    assert_false(pl_match_group(pattern, match, 3, &name, &value));
    assert_false(pl_match_group(other, match, 0, &name, &value));

    assert_true(pl_match(pattern, match,
                         PL_STR("my name is Ana from Lima!!"), NULL));
    assert_true(pl_match_group(pattern, match, 0, &name, &value));
    assert_true(pl_str_eq(value, PL_STR("Lima")));

    /* a match that fails leaves none */
    assert_false(pl_match(pattern, match, PL_STR("hello"), NULL));
    assert_false(pl_match_group(pattern, match, 0, &name, &value));

    pl_pattern_destroy(pattern);
    pl_pattern_destroy(other);
    pl_match_state_destroy(match);
}


/* As many groups as PL_PATTERN_MAX allows fit a match state. */
static void
holds_every_group_there_can_be(void **state)
{
    size_t             i;
    uint8_t            text[PL_PATTERN_MAX];
    pl_str_t           value;
    const char        *name;
    pl_pattern_t      *pattern;
    pl_match_state_t  *match;

    (void) state;

    for (i = 0; i + 8 < sizeof(text); i += 2) {
        memcpy(text + i, "()", 2);
    }
    memcpy(text + sizeof(text) - 8, "(?<z>.*)", 8);

    assert_int_equal(pl_pattern_compile(&pattern, (pl_str_t) { text,
                                        sizeof(text) }, NULL), PL_OK);
    match = pl_match_state_create();
    assert_true(pl_match(pattern, match, PL_STR("last"), NULL));
    assert_true(pl_match_group(pattern, match, 0, &name, &value));
    assert_string_equal(name, "z");
    assert_true(pl_str_eq(value, PL_STR("last")));

    pl_pattern_destroy(pattern);
    pl_match_state_destroy(match);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(finds_what_people_write),
        cmocka_unit_test(says_where_a_pattern_is_wrong),
        cmocka_unit_test(limits_a_patterns_length),
        cmocka_unit_test(no_pattern_hangs),
        cmocka_unit_test(hands_out_named_groups),
        cmocka_unit_test(holds_every_group_there_can_be),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
