/* Folding: what people write in many ways is one text. */

#include "temp.h"

#include "../../src/core/str.h"
#include "../../src/core/unicode.h"

#define MARKS   PL_UNICODE_MARKS
#define GERMAN  PL_UNICODE_GERMAN

static pl_arena_t  *arena;


static int
arena_make(void **state)
{
    (void) state;

    arena = pl_arena_create(4096, 1024 * 1024);

    return arena == NULL;
}


static int
arena_end(void **state)
{
    (void) state;

    pl_arena_destroy(arena);

    return 0;
}


static const char *
fold(const char *text, unsigned how)
{
    pl_err_t  err;
    pl_str_t  out;

    assert_int_equal(pl_unicode_fold(arena, pl_str_c(text), how, &out, &err),
                     PL_OK);

    return pl_arena_str(arena, out);
}


static const char *
words(const char *text, pl_unicode_e where)
{
    size_t      i, len;
    pl_err_t    err;
    pl_words_t  out;

    assert_int_equal(pl_unicode_words(arena, pl_str_c(text), where, &out,
                                      &err), PL_OK);

    for (i = 0, len = 0; i < out.n_words; i++) {
        assert_int_not_equal(out.words[i].len, 0);
        len += out.words[i].len + (i != 0);
    }

    assert_int_equal(len, out.text.len);

    return pl_arena_str(arena, out.text);
}


static void
what_is_written_alike_is_one(void **state)
{
    size_t  i;
    static const struct {
        const char  *text;
        unsigned     how;
        const char  *folded;
    } rows[] = {
        { "", 0, "" },
        { "STOP", 0, "stop" },
        { "\xef\xbc\xb3\xef\xbc\xb4\xef\xbc\xaf\xef\xbc\xb0", 0, "stop" },
        { "\xe2\x93\x88\xe2\x93\xa3\xe2\x93\x9e\xe2\x93\x9f", 0, "stop" },
        { "\xf0\x9d\x90\x92\xf0\x9d\x90\x93\xf0\x9d\x90\x8e"
          "\xf0\x9d\x90\x8f", 0, "stop" },              /* bold, of maths */
        { "Stra\xc3\x9f" "e", 0, "strasse" },
        { "STRA\xe1\xba\x9e" "E", 0, "strasse" },
        { "\xc3\x89", 0, "\xc3\xa9" },
        { "E\xcc\x81", 0, "\xc3\xa9" },                 /* mark apart */
        { "\xc3\x89", MARKS, "e" },
        { "E\xcc\x81", MARKS, "e" },
        { "\xc3\x9c" "ber", MARKS, "uber" },
        { "\xc3\x9c" "ber", GERMAN, "ueber" },
        { "\xc3\x84\xc3\x96\xc3\x9c\xc3\x89", GERMAN | MARKS,
          "aeoeuee" },
        { "\xc3\x89", GERMAN, "\xc3\xa9" },
        { "na\xc3\xafve", GERMAN, "na\xc3\xafve" },     /* no umlaut */
        { "\xef\xac\x81ne", 0, "fine" },                /* a ligature */
        { "s\xe2\x80\x8bt\xe2\x80\x8do\xc2\xadp\xef\xb8\x8f", 0, "stop" },
        { "\xe2\x80\xaestop\xe2\x80\xac", 0, "stop" },  /* bidi */
        { "\xef\xbb\xbfstop", 0, "stop" },
        { "\xce\xa3\xce\xa4\xce\x9f\xce\xa0", 0,
          "\xcf\x83\xcf\x84\xce\xbf\xcf\x80" },
        { "\xcf\x82", 0, "\xcf\x83" },                  /* final sigma */
        { "\xd0\xa1\xd0\xa2\xd0\x9e\xd0\x9f", 0,
          "\xd1\x81\xd1\x82\xd0\xbe\xd0\xbf" },
        { "\xd1\x91", MARKS, "\xd0\xb5" },
        { "\xd8\xa3\xd9\x8e\xd9\x88\xd9\x92", MARKS, "\xd8\xa7\xd9\x88" },
        { "\xd7\xa9\xd7\x81", MARKS, "\xd7\xa9" },
        { "\xe0\xa4\xac\xe0\xa4\x82\xe0\xa4\xa6", MARKS,
          "\xe0\xa4\xac\xe0\xa4\x82\xe0\xa4\xa6" },     /* kept: Devanagari */
        { "\xe3\x81\x8c", MARKS, "\xe3\x81\x8c" },      /* kept: kana */
        { "\xef\xbd\xb6\xef\xbe\x9e", 0, "\xe3\x82\xac" },  /* half width */
        { "\xc4\xb0", MARKS, "i" },
        { "\xc4\xb1", MARKS, "\xc4\xb1" },              /* dotless stays */
        { "\xe2\x84\xaa", 0, "k" },                     /* Kelvin */
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_string_equal(fold(rows[i].text, rows[i].how),
                            rows[i].folded);
    }
}


/* What is folded is compared: a second fold must not make another of it. */

static void
folding_twice_changes_nothing(void **state)
{
    char                     text[8];
    size_t                   n;
    unsigned                 how;
    uint32_t                 c;
    pl_err_t                 err;
    pl_str_t                 in, once, twice;

    (void) state;

    for (how = 0; how < 4; how++) {
        for (c = 0x80; c < 0x110000; c++) {

            if (c >= 0xd800 && c < 0xe000) {
                continue;
            }

            n = 0;

            if (c < 0x800) {
                text[n++] = (char) (0xc0 | (c >> 6));

            } else {
                if (c < 0x10000) {
                    text[n++] = (char) (0xe0 | (c >> 12));

                } else {
                    text[n++] = (char) (0xf0 | (c >> 18));
                    text[n++] = (char) (0x80 | ((c >> 12) & 0x3f));
                }

                text[n++] = (char) (0x80 | ((c >> 6) & 0x3f));
            }

            text[n++] = (char) (0x80 | (c & 0x3f));

            in.data = (const uint8_t *) text;
            in.len = n;

            assert_int_equal(pl_unicode_fold(arena, in, how, &once, &err),
                             PL_OK);
            assert_int_equal(pl_unicode_fold(arena, once, how, &twice, &err),
                             PL_OK);

            if (!pl_str_eq(once, twice)) {
                fail_msg("U+%04x, %u: %.*s, %.*s", c, how, (int) once.len,
                         once.data, (int) twice.len, twice.data);
            }

            pl_arena_reset(arena);
        }
    }
}


static void
words_are_bare(void **state)
{
    (void) state;

    assert_string_equal(words("  stop  ", PL_UNICODE_ALL), "stop");
    assert_string_equal(words("stop!!!", PL_UNICODE_ALL), "stop");
    assert_string_equal(words("\"stop\"", PL_UNICODE_ALL), "stop");
    assert_string_equal(words("s.t.o.p", PL_UNICODE_ALL), "s t o p");
    assert_string_equal(words("s.t.o.p.", PL_UNICODE_EDGES), "s.t.o.p");
    assert_string_equal(words("opt-out", PL_UNICODE_ALL), "opt out");
    assert_string_equal(words("(opt-out)", PL_UNICODE_EDGES), "opt-out");
    assert_string_equal(words("a \t\r\n\xc2\xa0\xe3\x80\x80 b",
                              PL_UNICODE_EDGES), "a b");
    assert_string_equal(words("stop \xf0\x9f\x9b\x91", PL_UNICODE_ALL),
                        "stop");
    assert_string_equal(words("\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd"
                              " ja \xe2\x9d\xa4\xef\xb8\x8f",
                              PL_UNICODE_ALL), "ja");
    assert_string_equal(words("1\xef\xb8\x8f\xe2\x83\xa3", PL_UNICODE_ALL),
                        "1");                           /* a keycap */
    assert_string_equal(words("\xf0\x9f\xab\xa8 no", PL_UNICODE_ALL),
                        "no");          /* an emoji of Unicode 15 */
    assert_string_equal(words("\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa",
                              PL_UNICODE_ALL), "");     /* a flag */
    assert_string_equal(words("...", PL_UNICODE_ALL), "");
    assert_string_equal(words("...", PL_UNICODE_EDGES), "");
    assert_string_equal(words("", PL_UNICODE_EDGES), "");
    assert_string_equal(words("\xe5\x81\x9c\xe6\xad\xa2\xe3\x80\x82",
                              PL_UNICODE_ALL), "\xe5\x81\x9c\xe6\xad\xa2");
    assert_string_equal(words("\xe0\xa4\xac\xe0\xa4\x82\xe0\xa4\xa6\xe0\xa5"
                              "\xa4", PL_UNICODE_ALL),
                        "\xe0\xa4\xac\xe0\xa4\x82\xe0\xa4\xa6");    /* danda */
}


static void
bad_utf8_is_an_error(void **state)
{
    size_t             i;
    pl_err_t           err;
    pl_str_t           out;
    pl_words_t         list;
    static const char *const  rows[] = {
        "\xff", "stop\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xc0\xaf", "\x80",
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_unicode_fold(arena, pl_str_c(rows[i]), MARKS,
                                         &out, &err), PL_INVALID);
        assert_int_equal(pl_unicode_words(arena, pl_str_c(rows[i]),
                                          PL_UNICODE_ALL, &list, &err),
                         PL_INVALID);
        assert_int_equal(pl_unicode_keyword(arena, pl_str_c(rows[i]), MARKS,
                                            &list, &err), PL_INVALID);
    }
}


/* At each limit, and one past it. */

static void
long_texts_are_no_keywords(void **state)
{
    char        text[PL_TEXT_MAX + 2];
    pl_err_t    err;
    pl_str_t    in, out;
    pl_words_t  list;

    (void) state;

    memset(text, 'A', sizeof(text));
    in.data = (const uint8_t *) text;

    in.len = PL_KEYWORD_MAX;
    assert_int_equal(pl_unicode_keyword(arena, in, 0, &list, &err), PL_OK);
    assert_int_equal(list.n_words, 1);

    in.len = PL_KEYWORD_MAX + 1;
    assert_int_equal(pl_unicode_keyword(arena, in, 0, &list, &err),
                     PL_TOOBIG);
    assert_int_equal(list.n_words, 0);

    in.len = PL_TEXT_MAX;
    assert_int_equal(pl_unicode_fold(arena, in, 0, &out, &err), PL_OK);
    assert_int_equal(out.len, PL_TEXT_MAX);

    in.len = PL_TEXT_MAX + 1;
    assert_int_equal(pl_unicode_fold(arena, in, 0, &out, &err), PL_TOOBIG);
}


/* What grows most: 3 bytes make 18 code points, in the largest text. */

static void
what_grows_is_measured(void **state)
{
    size_t       i;
    char         text[PL_TEXT_MAX];
    pl_err_t     err;
    pl_str_t     in, out;
    pl_arena_t  *small;

    (void) state;

    for (i = 0; i + 3 <= sizeof(text); i += 3) {
        memcpy(text + i, "\xef\xb7\xba", 3);
    }

    in.data = (const uint8_t *) text;
    in.len = i;

    assert_int_equal(pl_unicode_fold(arena, in, MARKS, &out, &err), PL_OK);
    assert_int_equal(out.len, i / 3 * 33);

    small = pl_arena_create(64, 4096);
    assert_non_null(small);
    assert_int_equal(pl_unicode_fold(small, in, MARKS, &out, &err),
                     PL_NOMEM);
    pl_arena_destroy(small);
}


/* What is ASCII takes a way of its own: letters and digits are words. */

static void
ascii_is_letters_and_digits(void **state)
{
    int          c;
    bool         letter;
    char         text[4], bare[4];
    pl_err_t     err;
    pl_words_t   words;

    (void) state;

    for (c = 1; c < 0x80; c++) {
        letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
                 || (c >= 'a' && c <= 'z');
        (void) snprintf(text, sizeof(text), "x%cy", c);
        (void) snprintf(bare, sizeof(bare), "x%cy", letter ? c : ' ');

        assert_int_equal(pl_unicode_words(arena, pl_str_c(text),
                                          PL_UNICODE_ALL, &words, &err),
                         PL_OK);
        assert_true(pl_str_eq(words.text, pl_str_c(bare)));
        assert_int_equal(words.n_words, letter ? 1 : 2);

        letter = c != ' ' && (c < '\t' || c > '\r');
        (void) snprintf(bare, sizeof(bare), "x%cy", letter ? c : ' ');

        assert_int_equal(pl_unicode_words(arena, pl_str_c(text),
                                          PL_UNICODE_EDGES, &words, &err),
                         PL_OK);
        assert_true(pl_str_eq(words.text, pl_str_c(bare)));
    }
}


/* In one walk, it is what it would be in two. */

static void
ascii_is_folded_in_one_walk(void **state)
{
    int           c;
    bool          ascii;
    size_t        i;
    char          text[PL_TEXT_MAX + 2];
    pl_str_t      long_one = { (const uint8_t *) text, PL_TEXT_MAX };
    pl_words_t    one, two;

    (void) state;

    for (c = 0; c < 0x80; c++) {
        pl_str_t  in = { (const uint8_t *) text, 12 };

        (void) snprintf(text, sizeof(text), " Ab%c9 %c  Z %c", c == 0 ? 1 : c,
                        c == 0 ? 1 : c, c == 0 ? 1 : c);
        text[3] = (char) c;

        assert_int_equal(pl_unicode_folded(arena, in, &one, &ascii, NULL),
                         PL_OK);
        assert_true(ascii);
        assert_int_equal(pl_unicode_keyword(arena, in, MARKS, &two, NULL),
                         PL_OK);
        assert_true(pl_str_eq(one.text, two.text));
        assert_int_equal(one.n_words, two.n_words);

        for (i = 0; i < one.n_words; i++) {
            assert_true(pl_str_eq(one.words[i], two.words[i]));
        }
    }

    assert_int_equal(pl_unicode_folded(arena, PL_STR("Ja, g\xc3\xa9rn"), &one,
                                       &ascii, NULL), PL_OK);
    assert_false(ascii);
    assert_int_equal(one.n_words, 0);

    memset(text, 'A', sizeof(text));
    assert_int_equal(pl_unicode_folded(arena, long_one, &one, &ascii, NULL),
                     PL_OK);
    assert_true(ascii);
    assert_int_equal(one.text.len, PL_TEXT_MAX);

    long_one.len++;
    assert_int_equal(pl_unicode_folded(arena, long_one, &one, &ascii, NULL),
                     PL_OK);
    assert_false(ascii);
}


/* Every character of each row does the same to a clause. */

static void
marks_end_a_clause(void **state)
{
    size_t              i, at;
    pl_str_t            text;
    pl_unicode_mark_e   mark;
    static const struct {
        pl_unicode_mark_e   mark;
        const char         *text;
    } rows[] = {
        { PL_UNICODE_ENDS,
          ".,;:!()[]{}\n\r\u2013\u2014\u2026\u3002\u3001\uff0c\uff01\u060c"
          "\u061b\u06d4\u0964\u0589\u00bf\u00a1\uff08\uff09\u3010\u2022"
          "\u2192\u2028\u2029\U0001f644\U0001f6d1\U0001f3fd\u2640"
          "\U0001faf8\u2755" },
        { PL_UNICODE_ASKS, "?\uff1f\u061f\u037e\u203d\u2049\u2753" },
        { PL_UNICODE_HYPHEN, "-\uff0d\u2010\u2011\u2212\u05be" },
        { PL_UNICODE_HIDDEN, "\u200d\u200b\u200f\u00ad\ufe0f" },
        { PL_UNICODE_INSIDE,
          "aZ09 \t\"'*_/&\u00e4\u0301\u0442\u505c\u0e2b\u2019\u2018\u201c"
          "\u201d\u201e\u00ab\u00bb\u300c\u300d\u30fb\u00b7\u05f4\u24e2"
          "\U0001d412\uff33\uff07\u00b4\u20ac" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        text = pl_str_c(rows[i].text);

        for (at = 0; at < text.len; /* void */) {
            size_t  from = at;

            at += pl_unicode_mark(text, at, &mark);

            if (mark != rows[i].mark) {
                printf("# \"%.*s\" is %d, not %d\n", (int) (at - from),
                       (const char *) text.data + from, mark, rows[i].mark);
            }

            assert_int_equal(mark, rows[i].mark);
        }

        assert_int_equal(at, text.len);
    }

    /* what is no UTF-8 is one byte, also where the text ends within one */

    assert_int_equal(pl_unicode_mark(PL_STR("\xff."), 0, &mark), 1);
    assert_int_equal(mark, PL_UNICODE_INSIDE);
    assert_int_equal(pl_unicode_mark(PL_STR("\xe2\x80"), 0, &mark), 1);
    assert_int_equal(mark, PL_UNICODE_INSIDE);
    assert_int_equal(pl_unicode_mark(PL_STR("\0"), 0, &mark), 1);
    assert_int_equal(mark, PL_UNICODE_ENDS);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_written_alike_is_one),
        cmocka_unit_test(folding_twice_changes_nothing),
        cmocka_unit_test(words_are_bare),
        cmocka_unit_test(ascii_is_letters_and_digits),
        cmocka_unit_test(ascii_is_folded_in_one_walk),
        cmocka_unit_test(bad_utf8_is_an_error),
        cmocka_unit_test(long_texts_are_no_keywords),
        cmocka_unit_test(what_grows_is_measured),
        cmocka_unit_test(marks_end_a_clause),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, arena_make, arena_end);
}
