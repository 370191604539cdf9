/*
 * Answers as a whole: what holds for any of them. No thousands are read as
 * their first group; no bytes, no size of an arena do harm; limits hold at
 * their number and one past it; a question that cannot be asked is told.
 */

#include "answers.h"

#define RANDOM_ROUNDS  20000
#define RANDOM_BYTES   48

static const char *const  test_languages[] = {
    "de", "en", "nl", "fr", "es", "it", "de-CH", "en-US", "xx"
};

static const char *const  test_marks[] = {
    ".", ",", "'", "\xe2\x80\x99", " ", "\xc2\xa0", "\xe2\x80\xaf", "\xd9\xac"
};

static const char *const  test_around[][2] = {
    { "", "" }, { "ca. ", "" }, { "", " leads" }, { "", "." }, { "~", "!" },
    { "(", ")" }, { "", " im Monat" }, { "about ", " per month" }
};


/* A number of thousands reads as itself or not at all; low is its value. */

static void
thousands(pl_question_t *question, const char *language, const char *mark,
    int n)
{
    char           text[128];
    size_t         i;
    pl_arena_t    *ar;
    pl_said_t      said = { 0 };
    pl_reading_t   out;

    ar = pl_arena_create(16384, ANSWERS_ARENA_MAX);

    for (i = 0; i < PL_COUNT(test_around); i++) {

        if (n < 1000000) {
            (void) snprintf(text, sizeof(text), "%s%d%s%03d%s",
                            test_around[i][0], n / 1000, mark, n % 1000,
                            test_around[i][1]);
        } else {
            (void) snprintf(text, sizeof(text), "%s%d%s%03d%s%03d%s",
                            test_around[i][0], n / 1000000, mark,
                            n / 1000 % 1000, mark, n % 1000,
                            test_around[i][1]);
        }

        said.text = pl_str_c(text);
        said.language = language;
        assert_int_equal(pl_answer_read(question, &said, ar, &out), PL_OK);

        if (out.meant == PL_ANSWER_READ
            && (out.number.low != n * 1000LL || out.number.high != n * 1000LL))
        {
            fail_msg("%s: \"%s\" is %s", language, text, out.value);
        }

        pl_arena_reset(ar);
    }

    pl_arena_destroy(ar);
}


static void
test_thousands(void **state)
{
    size_t             i, j, k, f;
    pl_question_t      question = { .kind = PL_ANSWER_NUMBER };
    static const int   numbers[] = {
        1000, 1001, 1234, 2000, 9999, 10000, 12500, 12345, 99999, 100000,
        100300, 123456, 999999, 1000000, 1234567, 10000000, 123456789
    };

    (void) state;

    question.per = PL_PER_MONTH;

    for (f = 0; f < 2; f++) {
        question.fraction = f == 1;

        for (i = 0; i < PL_COUNT(test_languages); i++) {
            for (j = 0; j < PL_COUNT(test_marks); j++) {
                for (k = 0; k < PL_COUNT(numbers); k++) {
                    thousands(&question, test_languages[i], test_marks[j],
                              numbers[k]);
                }
            }
        }
    }
}


/* Plain digits are themselves in every language. */

static void
test_plain(void **state)
{
    int            n;
    char           text[16];
    size_t         i;
    pl_arena_t    *ar;
    answers_ask_t  ask;
    pl_reading_t   out;

    (void) state;

    ar = pl_arena_create(16384, ANSWERS_ARENA_MAX);

    for (i = 0; i < PL_COUNT(test_languages); i++) {
        memset(&ask, 0, sizeof(ask));
        ask.question.kind = PL_ANSWER_NUMBER;
        (void) snprintf(ask.language, sizeof(ask.language), "%s",
                        test_languages[i]);

        for (n = 0; n < 12000; n += 1 + n / 100) {
            (void) snprintf(text, sizeof(text), "%d", n);
            out = answers_read(&ask, text, ar);
            assert_int_equal(out.meant, PL_ANSWER_READ);
            assert_int_equal(out.number.low, n * 1000);
            assert_string_equal(out.value, text);
            pl_arena_reset(ar);
        }
    }

    pl_arena_destroy(ar);
}


/* A reproducible sequence (xorshift), so that a failure can be repeated. */

static uint32_t
random_next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;

    return *seed;
}


static void
test_random(void **state)
{
    int             round;
    size_t          i, len;
    uint8_t         bytes[RANDOM_BYTES];
    uint32_t        seed = 20270303;
    pl_said_t       said = { 0 };
    pl_arena_t     *ar;
    pl_status_t     rc;
    pl_reading_t    out;
    answers_ask_t   ask;
    char            line[] = "de number per=month numbered";
    const char     *pieces = "0123456789.,-+ k%/:aeinum\xc3\xa4\xe2\x80\xaf";

    (void) state;

    answers_ask(&ask, line);

    for (round = 0; round < RANDOM_ROUNDS; round++) {
        len = random_next(&seed) % RANDOM_BYTES;

        for (i = 0; i < len; i++) {
            bytes[i] = round % 2 == 0
                       ? (uint8_t) random_next(&seed)
                       : (uint8_t) pieces[random_next(&seed)
                                          % strlen(pieces)];
        }

        ar = pl_arena_create(1024, random_next(&seed) % 3 == 0
                                   ? 1024 + random_next(&seed) % 32768
                                   : ANSWERS_ARENA_MAX);
        said.text = (pl_str_t) { bytes, len };
        said.language = test_languages[random_next(&seed)
                                       % PL_COUNT(test_languages)];
        ask.question.kind = (pl_answer_e) (round % (PL_ANSWER_PHONE + 1));
        rc = pl_answer_read(&ask.question, &said, ar, &out);

        assert_true(rc == PL_OK || rc == PL_NOMEM);
        assert_true(rc != PL_OK || out.meant != PL_ANSWER_READ
                    || out.value != NULL);
        pl_arena_destroy(ar);
    }
}


/* An answer of the longest that is read, and of one byte more. */

static void
test_longest(void **state)
{
    char           text[PL_ANSWER_MAX + 2], line[] = "de number";
    pl_arena_t    *ar;
    pl_reading_t   out;
    answers_ask_t  ask;

    (void) state;

    ar = pl_arena_create(16384, ANSWERS_ARENA_MAX);
    answers_ask(&ask, line);
    memset(text, ' ', sizeof(text));
    memcpy(text, "100", 3);

    text[PL_ANSWER_MAX] = '\0';
    out = answers_read(&ask, text, ar);
    assert_int_equal(out.meant, PL_ANSWER_READ);

    text[PL_ANSWER_MAX] = ' ';
    text[PL_ANSWER_MAX + 1] = '\0';
    out = answers_read(&ask, text, ar);
    assert_int_equal(out.meant, PL_ANSWER_NONE);
    assert_string_equal(out.reason, "long");

    /* of tokens: a number, and signs up to the limit and past it */

    memset(text, 0, sizeof(text));
    memcpy(text, "100", 3);
    memset(text + 3, '!', PL_ANSWER_TOKENS_MAX - 1);
    out = answers_read(&ask, text, ar);
    assert_int_equal(out.meant, PL_ANSWER_READ);

    text[3 + PL_ANSWER_TOKENS_MAX - 1] = '!';
    out = answers_read(&ask, text, ar);
    assert_int_equal(out.meant, PL_ANSWER_NONE);

    pl_arena_destroy(ar);
}


static void
test_text_longest(void **state)
{
    char           text[PL_TEXT_MAX + 2], line[] = "de text";
    pl_arena_t    *ar;
    pl_reading_t   out;
    answers_ask_t  ask;

    (void) state;

    ar = pl_arena_create(16384, ANSWERS_ARENA_MAX);
    answers_ask(&ask, line);
    memset(text, 'x', sizeof(text));

    text[PL_TEXT_MAX] = '\0';
    out = answers_read(&ask, text, ar);
    assert_int_equal(out.meant, PL_ANSWER_READ);
    assert_int_equal(strlen(out.value), PL_TEXT_MAX);

    text[PL_TEXT_MAX] = 'x';
    text[PL_TEXT_MAX + 1] = '\0';
    out = answers_read(&ask, text, ar);
    assert_int_equal(out.meant, PL_ANSWER_UNCLEAR);

    out = answers_read(&ask, "", ar);
    assert_int_equal(out.meant, PL_ANSWER_NONE);
    assert_string_equal(out.reason, "empty");

    pl_arena_destroy(ar);
}


static void
test_where(void **state)
{
    char           line[] = "de number per=month";
    pl_arena_t    *ar;
    pl_reading_t   out;
    answers_ask_t  ask;

    (void) state;

    ar = pl_arena_create(16384, ANSWERS_ARENA_MAX);
    answers_ask(&ask, line);

    out = answers_read(&ask, "so etwa 1.000 bis 2.000 im Monat", ar);
    assert_int_equal(out.from, 8);
    assert_int_equal(out.to, 23);
    assert_int_equal(out.number.low, 1000 * 1000);
    assert_int_equal(out.number.high, 2000 * 1000);
    assert_true(out.number.about && !out.number.rate);

    out = answers_read(&ask, "10 am Tag", ar);
    assert_true(out.number.rate && out.number.about);
    assert_int_equal(out.number.low, 300 * 1000);
    assert_int_equal(out.number.least, 200 * 1000);
    assert_int_equal(out.number.most, 310 * 1000);

    pl_arena_destroy(ar);
}


/* A flow's own words for yes and no, and its buttons' ids. */

static void
test_own_words(void **state)
{
    char                      line[] = "de yes";
    pl_arena_t               *ar;
    answers_ask_t             ask;
    static const char *const  yes[] = { "l\xc3\xa4uft*", "btn_yes" };
    static const char *const  no[] = { "pausiert", "btn_no" };

    (void) state;

    ar = pl_arena_create(16384, ANSWERS_ARENA_MAX);
    answers_ask(&ask, line);
    ask.question.yes = yes;
    ask.question.n_yes = 2;
    ask.question.no = no;
    ask.question.n_no = 2;

    assert_string_equal(answers_read(&ask, "l\xc3\xa4uft!", ar).value, "yes");
    assert_string_equal(answers_read(&ask, "pausiert", ar).value, "no");
    assert_int_equal(answers_read(&ask, "l\xc3\xa4uft nicht", ar).meant,
                     PL_ANSWER_UNCLEAR);

    (void) snprintf(ask.tap, sizeof(ask.tap), "btn_no");
    assert_string_equal(answers_read(&ask, "Ja", ar).value, "no");

    pl_arena_destroy(ar);
}


static void
test_pattern(void **state)
{
    char               line[] = "de choice";
    pl_said_t          said = { 0 };
    pl_arena_t        *ar;
    pl_choice_t        choices[2] = {
        { "plz", "Postleitzahl", NULL, 0, NULL },
        { "ort", "Ort", NULL, 0, NULL },
    };
    pl_pattern_t      *pattern;
    pl_reading_t       out;
    answers_ask_t      ask;

    (void) state;

    ar = pl_arena_create(16384, ANSWERS_ARENA_MAX);
    assert_int_equal(pl_pattern_compile(&pattern, PL_STR("^\\d{5}$"), NULL),
                     PL_OK);
    choices[0].pattern = pattern;
    answers_ask(&ask, line);
    ask.question.choices = choices;
    ask.question.n_choices = 2;

    said.text = PL_STR("12345");
    said.language = "de";
    assert_int_equal(pl_answer_read(&ask.question, &said, ar, &out), PL_OK);
    assert_int_equal(out.meant, PL_ANSWER_NONE);

    said.match = pl_match_state_create();
    assert_int_equal(pl_answer_read(&ask.question, &said, ar, &out), PL_OK);
    assert_int_equal(out.meant, PL_ANSWER_READ);
    assert_string_equal(out.value, "plz");

    said.text = PL_STR("\xff\xff");
    assert_int_equal(pl_answer_read(&ask.question, &said, ar, &out), PL_OK);
    assert_int_equal(out.meant, PL_ANSWER_NONE);

    pl_match_state_destroy(said.match);
    pl_pattern_destroy(pattern);
    pl_arena_destroy(ar);
}


static void
refused(const pl_question_t *question, pl_status_t want, const char *path)
{
    pl_err_t  err = { 0 };

    assert_int_equal(pl_answer_check(question, &err), want);
    assert_string_equal(err.path, path);
}


static void
test_buckets_checked(void **state)
{
    size_t         i;
    pl_bucket_t    b[PL_ANSWER_BUCKETS_MAX + 1];
    pl_question_t  q = { .kind = PL_ANSWER_BUCKET };

    (void) state;

    q.buckets = b;
    refused(&q, PL_INVALID, "buckets");

    for (i = 0; i < PL_COUNT(b); i++) {
        b[i] = (pl_bucket_t) { "b", (int64_t) i * 1000,
                               (int64_t) (i + 1) * 1000, true, true };
    }

    q.n_buckets = PL_ANSWER_BUCKETS_MAX;
    refused(&q, PL_OK, "");
    q.n_buckets = PL_ANSWER_BUCKETS_MAX + 1;
    refused(&q, PL_TOOBIG, "buckets");

    q.n_buckets = 3;
    b[0].has_from = b[2].has_below = false;
    refused(&q, PL_OK, "");
    b[1].has_from = false;
    refused(&q, PL_INVALID, "buckets[1]");
    b[1].has_from = true;
    b[1].from--;
    refused(&q, PL_INVALID, "buckets[1]");
    b[1].from = b[1].below;
    refused(&q, PL_INVALID, "buckets[1]");
    b[1].from = 1000;
    b[0].has_below = false;
    refused(&q, PL_INVALID, "buckets[0]");
    b[0].has_below = true;
    b[2].name = "";
    refused(&q, PL_INVALID, "buckets[2]");
}


static void
test_choices_checked(void **state)
{
    char           ids[PL_ANSWER_CHOICES_MAX + 1][4];
    size_t         i;
    pl_choice_t    c[PL_ANSWER_CHOICES_MAX + 1];
    pl_question_t  q = { .kind = PL_ANSWER_CHOICE };

    (void) state;

    memset(c, 0, sizeof(c));
    q.choices = c;
    refused(&q, PL_INVALID, "choices");

    for (i = 0; i < PL_COUNT(c); i++) {
        (void) snprintf(ids[i], sizeof(ids[i]), "%d", (int) (i % 100));
        c[i].id = ids[i];
    }

    q.n_choices = PL_ANSWER_CHOICES_MAX;
    refused(&q, PL_OK, "");
    q.n_choices = PL_ANSWER_CHOICES_MAX + 1;
    refused(&q, PL_TOOBIG, "choices");

    q.n_choices = 3;
    c[2].id = ids[0];
    refused(&q, PL_INVALID, "choices[2]");
    c[2].id = "";
    refused(&q, PL_INVALID, "choices[2]");
    c[2].id = ids[2];
    c[1].n_words = PL_ANSWER_WORDS_MAX;
    refused(&q, PL_OK, "");
    c[1].n_words = PL_ANSWER_WORDS_MAX + 1;
    refused(&q, PL_TOOBIG, "choices[1]");
}


static void
test_bounds_checked(void **state)
{
    pl_question_t  q = { .kind = PL_ANSWER_NUMBER };

    (void) state;

    refused(&q, PL_OK, "");
    q.has_min = q.has_max = true;
    q.min = 1;
    refused(&q, PL_INVALID, "min");
    q.max = 1;
    refused(&q, PL_OK, "");
    q.least = 2;
    refused(&q, PL_OK, "");
    q.most = 1;
    refused(&q, PL_INVALID, "least");
}


static void
test_names(void **state)
{
    int          i;
    pl_per_e     per;
    pl_answer_e  kind;

    (void) state;

    for (i = PL_ANSWER_TEXT; i <= PL_ANSWER_PHONE; i++) {
        assert_true(pl_answer_kind(pl_str_c(pl_answer_kind_name(i)), &kind));
        assert_int_equal(kind, i);
    }

    assert_string_equal(pl_answer_kind_name(PL_ANSWER_PHONE + 1), "");
    assert_false(pl_answer_kind(PL_STR("yesno"), &kind));
    assert_true(pl_answer_per(PL_STR("month"), &per));
    assert_int_equal(per, PL_PER_MONTH);
    assert_false(pl_answer_per(PL_STR("hour"), &per));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_thousands),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_text_longest),
        cmocka_unit_test(test_where),
        cmocka_unit_test(test_own_words),
        cmocka_unit_test(test_pattern),
        cmocka_unit_test(test_buckets_checked),
        cmocka_unit_test(test_choices_checked),
        cmocka_unit_test(test_bounds_checked),
        cmocka_unit_test(test_names),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
