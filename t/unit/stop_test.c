/*
 * The STOP engine: what people write to refuse, in all the languages of the
 * lists; what has such words in it and is no refusal; and a tenant's own.
 */

#include <stdio.h>

#include "temp.h"

#include "../../src/core/str.h"
#include "../../src/core/unicode.h"
#include "../../src/engine/stop.h"
#include "../../src/engine/stop_words.h"

#define FOLDER  "t/fixtures/stop"

static pl_arena_t  *arena, *scratch;
static pl_stop_t   *lists;

static const char *const  kinds[] = {
    "none", "stop", "start", "help", "unclear",
};


static int
lists_make(void **state)
{
    pl_err_t  err;

    (void) state;

    arena = pl_arena_create(65536, 8 * 1024 * 1024);
    scratch = pl_arena_create(16384, 65536);

    return arena == NULL || scratch == NULL
           || pl_stop_build(arena, &lists, &err) != PL_OK;
}


static int
lists_end(void **state)
{
    (void) state;

    pl_arena_destroy(arena);
    pl_arena_destroy(scratch);

    return 0;
}


static pl_stop_say_t
say(const pl_stop_t *own, const char *text)
{
    pl_err_t       err;
    pl_stop_say_t  out;

    pl_arena_reset(scratch);
    assert_int_equal(pl_stop_decide(lists, own, scratch, pl_str_c(text),
                                    &out, &err), PL_OK);

    return out;
}


static const char *
kind(const pl_stop_t *own, const char *text)
{
    return kinds[say(own, text).kind];
}


/* Every row of a file; how many had each expectation. */

static void
file(const char *name, unsigned *n, unsigned *languages)
{
    char         line[1024], path[256], seen[64][4];
    char        *lang, *text, *end;
    FILE        *f;
    size_t       i;
    unsigned     bad;
    const char  *root;

    root = getenv("PARLEY_SRC");
    (void) snprintf(path, sizeof(path), "%s/" FOLDER "/%s",
                    root != NULL ? root : ".", name);

    f = fopen(path, "r");
    assert_non_null(f);

    bad = *n = *languages = 0;

    while (fgets(line, sizeof(line), f) != NULL) {

        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }

        lang = strchr(line, '\t');
        assert_non_null(lang);
        *lang++ = '\0';
        text = strchr(lang, '\t');
        assert_non_null(text);
        *text++ = '\0';

        end = strchr(text, '\n');
        if (end != NULL) {
            *end = '\0';
        }

        if (strcmp(kind(NULL, text), line) != 0) {
            printf("# %s: \"%s\" is %s, not %s\n", lang, text,
                   kind(NULL, text), line);
            bad++;
        }

        for (i = 0; i < *languages && strcmp(seen[i], lang) != 0; i++) {
            /* void */
        }

        if (i == *languages) {
            assert_true(*languages < PL_COUNT(seen));
            (void) snprintf(seen[(*languages)++], sizeof(seen[0]), "%s",
                            lang);
        }

        (*n)++;
    }

    assert_int_equal(fclose(f), 0);
    assert_int_equal(bad, 0);
}


static void
a_hundred_spellings_revoke(void **state)
{
    unsigned  n, languages;

    (void) state;

    file("revoke.txt", &n, &languages);
    assert_true(n >= 100);
    assert_true(languages >= 20);
}


static void
a_hundred_sentences_do_not(void **state)
{
    unsigned  n, languages;

    (void) state;

    file("sentences.txt", &n, &languages);
    assert_true(n >= 100);
    assert_true(languages >= 20);
}


static void
start_and_help_are_known(void **state)
{
    unsigned  n, languages;

    (void) state;

    file("others.txt", &n, &languages);
}


/* The longest that can be one, and one byte more: a reader decides. */

static void
long_messages_are_unclear_at_most(void **state)
{
    size_t       i;
    static char  text[5000];

    (void) state;

    memset(text, '!', sizeof(text));
    memcpy(text, "stop", 4);

    text[PL_STOP_TEXT_MAX] = '\0';
    assert_string_equal(kind(NULL, text), "stop");

    text[PL_STOP_TEXT_MAX] = '!';
    text[PL_STOP_TEXT_MAX + 1] = '\0';
    assert_string_equal(kind(NULL, text), "unclear");

    for (i = 0; i < 60; i++) {
        memcpy(text + 5 * i, "STOP ", 5);
    }

    text[5 * i] = '\0';
    assert_string_equal(kind(NULL, text), "stop");

    for (i = 0; i < 1000; i++) {
        memcpy(text + 5 * i, i == 0 ? "STOP " : "more ", 5);
    }

    text[4999] = '\0';
    assert_string_equal(kind(NULL, text), "none");
    text[4] = '.';
    assert_string_equal(kind(NULL, text), "unclear");
    memcpy(text, "more", 4);
    memcpy(text + 4990, "\nstop", 5);
    text[4995] = '\0';
    assert_string_equal(kind(NULL, text), "unclear");

    assert_string_equal(kind(NULL, ""), "none");
    assert_string_equal(kind(NULL, "!?"), "none");
    assert_string_equal(kind(NULL, "stop\xff"), "none");
    assert_string_equal(kind(NULL, "stop\xed\xa0\x80"), "none");
}


/* Text behind what is there; from a place on. */

static size_t
add(char *text, size_t at, const char *more)
{
    size_t  len = strlen(more);

    memcpy(text + at, more, len + 1);

    return at + len;
}


/* Sixteen clauses, whatever ends them, and one more; or the last. */

static void
so_many_clauses_are_heard(void **state)
{
    char         text[1024];
    size_t       i, k, n, end;
    const char  *marks[] = { "? ", "\u3002", " \u2013 ", " \U0001f644 " };

    (void) state;

    for (k = 0; k < PL_COUNT(marks); k++) {

        for (i = 0, n = 0; i < 15; i++) {
            n = add(text, n, "wir sind hier");
            n = add(text, n, marks[k]);
        }

        end = add(text, n, "stop! wir sind da");
        assert_string_equal(kind(NULL, text), "unclear");

        end = add(text, n, "und dort");
        end = add(text, end, marks[k]);
        (void) add(text, end, "stop! nun ja");
        assert_string_equal(kind(NULL, text), "none");

        (void) add(text, end, "stop");
        assert_string_equal(kind(NULL, text), "unclear");
    }

    /* an emoji of several is one mark; marks alone are no clauses */

    for (i = 0, n = 0; i < 9; i++) {
        n = add(text, n, " \U0001f468\u200d\U0001f469\u200d\U0001f467");
    }

    (void) add(text, n, "! wir sind hier. stop! wir sind da");
    assert_string_equal(kind(NULL, text), "unclear");
}


/* Eight words around nothing else, and one word more. */

static void
unclear_is_short(void **state)
{
    (void) state;

    assert_string_equal(kind(NULL, "can you stop this for me all now"),
                        "unclear");
    assert_string_equal(kind(NULL, "can you stop this for me all now how"),
                        "none");
}


static void
the_phrase_names_its_language(void **state)
{
    (void) state;

    assert_string_equal(say(NULL, "Bitte abmelden").language, "de");
    assert_string_equal(say(NULL, "Bitte abmelden").phrase, "abmelden");
    assert_string_equal(say(NULL, "退订").language, "zh");
    assert_string_equal(say(NULL, "STOP").language, "");
    assert_string_equal(say(NULL, "STOP").phrase, "stop");
    assert_string_equal(say(NULL, "go away").phrase, "go away");
    assert_null(say(NULL, "hello").phrase);
}


static void
a_tenant_has_words_of_its_own(void **state)
{
    pl_err_t   err;
    pl_stop_t  *own;

    (void) state;

    assert_int_equal(pl_stop_empty(arena, &own, &err), PL_OK);
    assert_int_equal(pl_stop_add(own, "de", PL_STOP_STOP,
                                 PL_STR("Keine Angebote!"), &err), PL_OK);
    assert_int_equal(pl_stop_add(own, "", PL_STOP_OTHER,
                                 PL_STR("stop light"), &err), PL_OK);
    assert_int_equal(pl_stop_add(own, "", PL_STOP_STOP, PL_STR("!!"), &err),
                     PL_INVALID);
    assert_int_equal(pl_stop_add(own, "", PL_STOP_STOP, PL_STR("\xff"),
                                 &err), PL_INVALID);

    assert_string_equal(kind(NULL, "Keine Angebote, danke"), "none");
    assert_string_equal(kind(own, "Keine Angebote, danke"), "stop");
    assert_string_equal(kind(NULL, "stop light"), "unclear");
    assert_string_equal(kind(own, "stop light"), "none");
    assert_string_equal(kind(own, "STOP"), "stop");
}


static void
a_file_is_read(void **state)
{
    size_t          n;
    pl_err_t        err;
    pl_stop_own_t  *own;

    (void) state;

    pl_arena_reset(arena);

    assert_int_equal(pl_stop_parse(arena, PL_STR(
        "# ours\n\n  stop: Keine Angebote\r\nother :\tbus stop\nhelp: ?was"),
        &own, &n, &err), PL_OK);
    assert_int_equal(n, 3);
    assert_int_equal(own[0].kind, PL__STOP_KIND__STOP_KIND_STOP);
    assert_true(pl_str_eq(own[0].phrase, PL_STR("Keine Angebote")));
    assert_int_equal(own[1].kind, PL__STOP_KIND__STOP_KIND_OTHER);
    assert_true(pl_str_eq(own[1].phrase, PL_STR("bus stop")));
    assert_int_equal(own[2].kind, PL__STOP_KIND__STOP_KIND_HELP);

    assert_int_equal(pl_stop_parse(arena, PL_STR(""), &own, &n, &err),
                     PL_OK);
    assert_int_equal(n, 0);

    assert_int_equal(pl_stop_build(arena, &lists, &err), PL_OK);
}


static void
a_bad_file_is_refused_with_its_place(void **state)
{
    size_t          i, n;
    pl_err_t        err;
    pl_stop_own_t  *own;
    static const struct {
        const char  *text;
        unsigned     line;
        unsigned     column;
    } rows[] = {
        { "stop\n", 1, 1 },
        { "stop: a\n\n  halt: b\n", 3, 3 },
        { "stop: a\nstop:  !!\n", 2, 8 },
        { "stop:\n", 1, 6 },
        { "# x\nstop: \xff\n", 2, 7 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        pl_arena_reset(scratch);
        assert_int_equal(pl_stop_parse(scratch, pl_str_c(rows[i].text),
                                       &own, &n, &err), PL_INVALID);
        assert_int_equal(err.line, rows[i].line);
        assert_int_equal(err.column, rows[i].column);
    }
}


static void
a_file_has_a_limit(void **state)
{
    size_t          i, n;
    pl_err_t        err;
    pl_str_t        text;
    pl_stop_own_t  *own;
    static char     buf[(PL_STOP_PHRASES_MAX + 1) * 8];

    (void) state;

    for (i = 0; i <= PL_STOP_PHRASES_MAX; i++) {
        memcpy(buf + i * 8, "stop: a\n", 8);
    }

    text.data = (const uint8_t *) buf;
    text.len = PL_STOP_PHRASES_MAX * 8;

    assert_int_equal(pl_stop_parse(arena, text, &own, &n, &err), PL_OK);
    assert_int_equal(n, PL_STOP_PHRASES_MAX);

    text.len += 8;
    assert_int_equal(pl_stop_parse(arena, text, &own, &n, &err), PL_TOOBIG);
    assert_int_equal(err.line, PL_STOP_PHRASES_MAX + 1);
    assert_int_equal(err.column, 1);
}


/* However it is looked up: of any script, alone, and behind politeness. */

static void
every_phrase_is_found(void **state)
{
    char                         text[2 * PL_KEYWORD_MAX];
    size_t                       i;
    const char                  *p;
    const pl_stop_row_t         *row;
    const pl_stop_row_t *const   all[] = {
        pl_stop_words_west, pl_stop_words_east, pl_stop_words_north,
        pl_stop_words_asia,
    };

    (void) state;

    for (i = 0; i < PL_COUNT(all); i++) {
        for (row = all[i]; row->language != NULL; row++) {

            if (row->kind != PL_STOP_STOP && row->kind != PL_STOP_WEAK) {
                continue;
            }

            for (p = row->phrases; *p != '\0'; p += strcspn(p, "|")) {
                p += *p == '|';

                (void) snprintf(text, sizeof(text), "%.*s",
                                (int) strcspn(p, "|"), p);
                assert_int_equal(say(NULL, text).kind, PL_STOP_STOP);

                (void) snprintf(text, sizeof(text), "Please, %.*s!",
                                (int) strcspn(p, "|"), p);
                assert_int_equal(say(NULL, text).kind, PL_STOP_STOP);
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_hundred_spellings_revoke),
        cmocka_unit_test(a_hundred_sentences_do_not),
        cmocka_unit_test(start_and_help_are_known),
        cmocka_unit_test(long_messages_are_unclear_at_most),
        cmocka_unit_test(so_many_clauses_are_heard),
        cmocka_unit_test(every_phrase_is_found),
        cmocka_unit_test(unclear_is_short),
        cmocka_unit_test(the_phrase_names_its_language),
        cmocka_unit_test(a_tenant_has_words_of_its_own),
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(a_bad_file_is_refused_with_its_place),
        cmocka_unit_test(a_file_has_a_limit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, lists_make, lists_end);
}
