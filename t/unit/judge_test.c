/*
 * The judge of word lists: what raises a score, what takes it away, what
 * stands as evidence, and that another judge can stand in its place.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/str.h"
#include "../../src/engine/judge.h"

#define ARENA_MAX  (4u * 1024 * 1024)
#define LONG_ROW   (PL_JUDGE_ROW_BYTES_MAX + 2)

typedef struct {
    const char  *text;
    const char  *topic;
    int32_t      score;
    const char  *evidence;
} score_row_t;

static const pl_judge_row_t  rows_price[] = {
    { "preis*", 600 }, { "*preis", 600 }, { "was kostet", 700 },
    { "kostet", 300 }, { "preisgekr\xc3\xb6nt*", -100 },
};

static const pl_judge_row_t  rows_tone[] = {
    { "schlecht*", 500 }, { "gut", -300 }, { "unversch\xc3\xa4mt", 900 },
    { "\xf0\x9f\x98\xa1", 700 }, { "fertig mit", 400 },
};

static const pl_judge_topic_t  topics[] = {
    { "price", 500, false, rows_price, PL_COUNT(rows_price) },
    { "tone", 600, true, rows_tone, PL_COUNT(rows_tone) },
};

static const score_row_t  score_rows[] = {
    { "Was kostet das?", "price", 700, "was kostet 700" },
    { "WAS KOSTET", "price", 700, "was kostet 700" },
    { "Was, kostet?", "price", 300, "kostet 300" },
    { "Der Preis bitte", "price", 600, "preis* 600" },
    { "Sonderpreis", "price", 600, "*preis 600" },
    { "PREISLISTE", "price", 600, "preis* 600" },
    { "Preise und Preise", "price", 600, "preis* 600" },
    { "Ein preisgekr\xc3\xb6ntes Haus", "price", 0,
      "preisgekr\xc3\xb6nt* -100" },
    { "nicht der Preis", "price", 600, "preis* 600" },
    { "sehr hoher Preis", "price", 900, "preis* 900" },
    { "Was kostet das? Welcher Preis?", "price", 1000,
      "was kostet 700, preis* 600" },
    { "hallo", "price", 0, "" },
    { "", "price", 0, "" },
    { "das ist schlecht", "tone", 500, "schlecht* 500" },
    { "schlechter", "tone", 500, "schlecht* 500" },
    { "das ist nicht schlecht", "tone", 0, "" },
    { "nicht so richtig schlecht", "tone", 0, "" },
    { "nicht. schlecht", "tone", 500, "schlecht* 500" },
    { "nicht schlecht, aber schlecht", "tone", 500, "schlecht* 500" },
    { "nicht weil ich wollte schlecht", "tone", 500, "schlecht* 500" },
    { "das ist gut", "tone", 0, "gut -300" },
    { "das ist nicht gut", "tone", 150, "gut 150" },
    { "sehr schlecht", "tone", 750, "schlecht* 750" },
    { "etwas schlecht", "tone", 300, "schlecht* 300" },
    { "gut, aber schlecht", "tone", 200, "gut -300, schlecht* 500" },
    { "schlecht!!!", "tone", 600, "schlecht* 500, !!! 100" },
    { "SCHLECHTER SERVICE", "tone", 600, "schlecht* 500, capitals 100" },
    { "gut!!!", "tone", 0, "gut -300" },
    { "UNVERSCHAMT", "tone", 1000, "unversch\xc3\xa4mt 900, capitals 100" },
    { "\xf0\x9f\x98\xa1", "tone", 700, "\xf0\x9f\x98\xa1 700" },
    { "\xf0\x9f\x98\xa1\xf0\x9f\x98\xa1", "tone", 700,
      "\xf0\x9f\x98\xa1 700" },
    { "\xff\xfe schlecht \x80", "tone", 500, "schlecht* 500" },
};

/* What ships, and whether the threshold is met. */
typedef struct {
    const char  *language;
    const char  *text;
    const char  *topic;         /* NULL: none at all */
} meets_row_t;

static const meets_row_t  meets_rows[] = {
    { "de", "Was kostet das?", "price" },
    { "de", "Wie viel kostet das denn im Monat?", "price" },
    { "de", "K\xc3\xb6nnt ihr mir die Preisliste schicken", "price" },
    { "de", "Wie hoch sind die Monatspreise?", "price" },
    { "de", "Gibt es einen Rabatt", "price" },
    { "de", "Wie lange ist die Vertragslaufzeit?", "contract" },
    { "de", "Kann ich jederzeit k\xc3\xbcndigen?", "contract" },
    { "de", "kuendigungsfrist?", "contract" },
    { "de", "wo sind eure AGB", "contract" },
    { "de", "Ich will mit einem Mitarbeiter sprechen", "person" },
    { "de", "Bitte anrufen", "person" },
    { "de", "BERATER", "person" },
    { "de", "Das ist eine Frechheit!!!", "negative" },
    { "de", "Ihr nervt total", "negative" },
    { "de", "Ich bin sehr entt\xc3\xa4uscht von euch", "negative" },
    { "de", "so ein Scheiss", "negative" },
    { "de", "Nicht schlecht!", NULL },
    { "de", "Ich bin nicht entt\xc3\xa4uscht", NULL },
    { "de", "Bitte nicht anrufen", NULL },
    { "de", "Kein Problem, danke", NULL },
    { "de", "ja", NULL },
    { "de", "100-300", NULL },
    { "de", "Wir schalten Google Ads", NULL },
    { "de", "Das ist gut, danke", NULL },
    { "de-AT", "Was kostet das?", "price" },
    { "en", "How much does it cost?", "price" },
    { "en", "what's the price", "price" },
    { "en", "What is the notice period?", "contract" },
    { "en", "Can I talk to a human please", "person" },
    { "en", "please call me", "person" },
    { "en", "This is ridiculous!", "negative" },
    { "en", "I am very disappointed", "negative" },
    { "en", "not bad at all", NULL },
    { "en", "I'm not angry", NULL },
    { "en", "no problem, thanks", NULL },
    { "xx", "How much is it?", "price" },
};


static const pl_score_t *
score_of(const pl_score_t *scores, size_t n, const char *topic)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (strcmp(scores[i].name, topic) == 0) {
            return &scores[i];
        }
    }

    fail_msg("no topic %s", topic);
    return NULL;
}


static void
test_scores(void **state)
{
    size_t              i, n;
    pl_arena_t         *ar;
    pl_judge_t         *judge;
    pl_score_t         *scores;
    const pl_score_t   *s;
    const score_row_t  *row;

    (void) state;

    ar = pl_arena_create(65536, ARENA_MAX);
    assert_int_equal(pl_judge_words(ar, topics, PL_COUNT(topics), NULL,
                                    &judge, NULL), PL_OK);
    assert_string_equal(judge->name, "words");

    for (i = 0; i < PL_COUNT(score_rows); i++) {
        row = &score_rows[i];
        assert_int_equal(pl_judge(judge, pl_str_c(row->text), ar, &scores,
                                  &n), PL_OK);
        assert_int_equal(n, 2);
        s = score_of(scores, n, row->topic);

        if (s->score != row->score || strcmp(s->evidence, row->evidence) != 0)
        {
            fail_msg("\"%s\": %d by \"%s\"", row->text, (int) s->score,
                     s->evidence);
        }
    }

    pl_arena_destroy(ar);
}


static void
test_shipped(void **state)
{
    size_t                   i, j, n, n_topics;
    pl_arena_t              *ar;
    pl_judge_t              *judge;
    pl_score_t              *scores;
    const meets_row_t       *row;
    const pl_judge_topic_t  *shipped;

    (void) state;

    ar = pl_arena_create(65536, ARENA_MAX);

    for (i = 0; i < PL_COUNT(meets_rows); i++) {
        row = &meets_rows[i];
        shipped = pl_judge_default(row->language, &n_topics);
        assert_int_equal(n_topics, 4);
        assert_int_equal(pl_judge_words(ar, shipped, n_topics, NULL, &judge,
                                        NULL), PL_OK);
        assert_int_equal(pl_judge(judge, pl_str_c(row->text), ar, &scores,
                                  &n), PL_OK);

        for (j = 0; j < n; j++) {
            if ((scores[j].score >= scores[j].threshold)
                != (row->topic != NULL
                    && strcmp(row->topic, scores[j].name) == 0))
            {
                fail_msg("\"%s\": %s has %d by \"%s\"", row->text,
                         scores[j].name, (int) scores[j].score,
                         scores[j].evidence);
            }
        }

        pl_arena_reset(ar);
    }

    pl_arena_destroy(ar);
}


static void
refused(pl_arena_t *ar, const pl_judge_topic_t *list, size_t n,
    pl_status_t want, const char *path)
{
    pl_err_t     err = { 0 };
    pl_judge_t  *judge;

    assert_int_equal(pl_judge_words(ar, list, n, NULL, &judge, &err), want);
    assert_string_equal(err.path, path);
    pl_arena_reset(ar);
}


/* What a flow file may have wrong is told with its place. */

static void
test_refused(void **state)
{
    char               words[LONG_ROW];
    size_t             i;
    pl_arena_t        *ar, *other;
    pl_judge_row_t     row = { "x", 1 };
    pl_judge_topic_t   topic = { "t", 500, false, NULL, 1 }, two[2];
    pl_judge_topic_t   many[PL_JUDGE_TOPICS_MAX + 1];

    (void) state;

    ar = pl_arena_create(65536, ARENA_MAX);
    topic.rows = &row;
    refused(ar, &topic, 1, PL_OK, "");

    row.weight = 0;
    refused(ar, &topic, 1, PL_INVALID, "t[0]");
    row.weight = PL_JUDGE_WEIGHT_MAX;
    refused(ar, &topic, 1, PL_OK, "");
    row.weight++;
    refused(ar, &topic, 1, PL_INVALID, "t[0]");
    row.weight = -PL_JUDGE_WEIGHT_MAX - 1;
    refused(ar, &topic, 1, PL_INVALID, "t[0]");
    row.weight = 1;

    row.words = " * ";
    refused(ar, &topic, 1, PL_INVALID, "t[0]");
    row.words = "a b c d e f g h";
    refused(ar, &topic, 1, PL_OK, "");
    row.words = "a b c d e f g h i";
    refused(ar, &topic, 1, PL_TOOBIG, "t[0]");

    memset(words, 'x', sizeof(words));
    words[PL_JUDGE_ROW_BYTES_MAX] = '\0';
    row.words = words;
    refused(ar, &topic, 1, PL_OK, "");
    words[PL_JUDGE_ROW_BYTES_MAX] = 'x';
    words[PL_JUDGE_ROW_BYTES_MAX + 1] = '\0';
    refused(ar, &topic, 1, PL_TOOBIG, "t[0]");
    row.words = "x";

    topic.threshold = 0;
    refused(ar, &topic, 1, PL_INVALID, "topics[0]");
    topic.threshold = PL_JUDGE_SCORE_MAX + 1;
    refused(ar, &topic, 1, PL_INVALID, "topics[0]");
    topic.threshold = PL_JUDGE_SCORE_MAX;

    topic.name = "";
    refused(ar, &topic, 1, PL_INVALID, "topics[0]");
    topic.name = "t";
    two[0] = two[1] = topic;
    refused(ar, two, 2, PL_INVALID, "topics[1]");

    for (i = 0; i < PL_COUNT(many); i++) {
        many[i] = topic;
        many[i].n_rows = 0;
        many[i].name = pl_arena_printf(ar, "t%zu", i);
    }

    other = pl_arena_create(65536, ARENA_MAX);
    refused(other, many, PL_JUDGE_TOPICS_MAX, PL_OK, "");
    refused(other, many, PL_JUDGE_TOPICS_MAX + 1, PL_TOOBIG, "");
    pl_arena_destroy(other);
    pl_arena_destroy(ar);
}


/* Rows without number are refused before any is looked at. */

static void
test_rows_limit(void **state)
{
    size_t                     i, most;
    pl_arena_t                *ar;
    pl_judge_t                *judge;
    pl_judge_row_t            *rows;
    pl_judge_topic_t           topic = { "t", 500, false, NULL, 0 };
    const pl_judge_grammar_t  *g = pl_judge_default_grammar();

    (void) state;

    ar = pl_arena_create(65536, ARENA_MAX);
    most = PL_JUDGE_ROWS_MAX - g->n_negations - g->n_intensifiers
           - g->n_softeners;
    rows = calloc(most + 1, sizeof(*rows));
    assert_non_null(rows);

    for (i = 0; i <= most; i++) {
        rows[i].words = "wort";
        rows[i].weight = 1;
    }

    topic.rows = rows;
    topic.n_rows = most;
    assert_int_equal(pl_judge_words(ar, &topic, 1, NULL, &judge, NULL),
                     PL_OK);
    topic.n_rows = most + 1;
    assert_int_equal(pl_judge_words(ar, &topic, 1, NULL, &judge, NULL),
                     PL_TOOBIG);

    free(rows);
    pl_arena_destroy(ar);
}


/* Evidence that is too long ends at a whole part. */

static void
test_evidence(void **state)
{
    size_t             i, n;
    char               text[8192] = "";
    pl_arena_t        *ar;
    pl_judge_t        *judge;
    pl_score_t        *scores;
    pl_judge_row_t     rows[26];
    pl_judge_topic_t   topic = { "t", 500, false, rows, 26 };

    (void) state;

    ar = pl_arena_create(65536, ARENA_MAX);

    for (i = 0; i < 26; i++) {
        rows[i].words = pl_arena_printf(ar, "%cxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                        (char) ('a' + i));
        rows[i].weight = 10;
        (void) snprintf(text + strlen(text), sizeof(text) - strlen(text),
                        "%s ", rows[i].words);
    }

    assert_int_equal(pl_judge_words(ar, &topic, 1, NULL, &judge, NULL),
                     PL_OK);
    assert_int_equal(pl_judge(judge, pl_str_c(text), ar, &scores, &n), PL_OK);
    assert_int_equal(scores[0].score, 260);
    n = strlen(scores[0].evidence);
    assert_true(n < PL_JUDGE_EVIDENCE_MAX && n > PL_JUDGE_EVIDENCE_MAX / 2);
    assert_string_equal(scores[0].evidence + n - 3, " 10");
    pl_arena_destroy(ar);
}


/*
 * A short text of ASCII is looked over before it is taken apart. With a byte
 * behind it that stands in no word, it is taken apart at once: that makes no
 * difference.
 */

static void
test_quiet(void **state)
{
    size_t             i, j, n, m;
    uint32_t           drawn = 1;
    char               text[64];
    pl_str_t           in = { (const uint8_t *) text, 0 };
    pl_arena_t        *ar, *own;
    pl_judge_t        *judge;
    pl_score_t        *fast, *slow;
    static const char *const  pieces[] = {
        "was", "kostet", "Preis", "sonderpreis", "schlecht", "GUT", "nicht",
        "sehr", "x", "7", "fertig", "mit", " ", " ", " ", ", ", ".", "'",
        "-", "*", "!!!", "\t", "s"
    };

    (void) state;

    own = pl_arena_create(65536, ARENA_MAX);
    ar = pl_arena_create(65536, ARENA_MAX);
    assert_int_equal(pl_judge_words(own, topics, PL_COUNT(topics), NULL,
                                    &judge, NULL), PL_OK);

    for (i = 0; i < 20000; i++) {
        for (text[0] = '\0', j = 0; j < i % 5; j++) {
            drawn = drawn * 1103515245u + 12345u;
            n = strlen(text);
            (void) snprintf(text + n, sizeof(text) - n, "%s",
                            pieces[(drawn >> 16) % PL_COUNT(pieces)]);
        }

        in.len = strlen(text);
        text[in.len] = '\x01';
        assert_int_equal(pl_judge(judge, in, ar, &fast, &n), PL_OK);
        in.len++;
        assert_int_equal(pl_judge(judge, in, ar, &slow, &m), PL_OK);
        assert_int_equal(n, m);

        for (j = 0; j < n; j++) {
            assert_int_equal(fast[j].score, slow[j].score);
            assert_string_equal(fast[j].evidence, slow[j].evidence);
        }

        pl_arena_reset(ar);
    }

    pl_arena_destroy(ar);
    pl_arena_destroy(own);
}


/* What is looked over first, and one byte more. */

static void
test_quiet_limit(void **state)
{
    size_t        len, n;
    char          text[129];
    pl_str_t      in = { (const uint8_t *) text, 0 };
    pl_arena_t   *ar;
    pl_judge_t   *judge;
    pl_score_t   *scores;

    (void) state;

    ar = pl_arena_create(65536, ARENA_MAX);
    assert_int_equal(pl_judge_words(ar, topics, PL_COUNT(topics), NULL,
                                    &judge, NULL), PL_OK);

    for (len = 127; len <= sizeof(text); len++) {
        memset(text, 'x', sizeof(text));
        memcpy(text + len - 7, " kostet", 7);
        in.len = len;
        assert_int_equal(pl_judge(judge, in, ar, &scores, &n), PL_OK);
        assert_int_equal(score_of(scores, n, "price")->score, 300);
        text[len - 1] = 'x';
        assert_int_equal(pl_judge(judge, in, ar, &scores, &n), PL_OK);
        assert_int_equal(score_of(scores, n, "price")->score, 0);
    }

    pl_arena_destroy(ar);
}


/* Another judge behind the same call. */

static pl_status_t
other_score(const pl_judge_t *judge, pl_str_t text, pl_arena_t *ar,
    pl_score_t **scores, size_t *n)
{
    (void) text;
    (void) ar;

    *scores = (pl_score_t *) (uintptr_t) judge->data;
    *n = 1;

    return PL_OK;
}


static void
test_other(void **state)
{
    size_t             n;
    pl_score_t         one = { "mood", 1, 2, "" }, *scores;
    const pl_judge_t   other = { "other", other_score, &one };

    (void) state;

    assert_int_equal(pl_judge(&other, PL_STR("x"), NULL, &scores, &n), PL_OK);
    assert_int_equal(n, 1);
    assert_string_equal(scores[0].name, "mood");
}


/* An arena of any size gives an answer or says that it is full. */

static void
test_memory(void **state)
{
    size_t                   max, n, n_topics, good = 0;
    pl_arena_t              *ar, *own;
    pl_judge_t              *judge;
    pl_score_t              *scores;
    pl_status_t              rc;
    const pl_judge_topic_t  *shipped;

    (void) state;

    shipped = pl_judge_default("de", &n_topics);
    own = pl_arena_create(65536, ARENA_MAX);
    assert_int_equal(pl_judge_words(own, shipped, n_topics, NULL, &judge,
                                    NULL), PL_OK);

    for (max = 64; max < 65536; max += 512) {
        ar = pl_arena_create(64, max);
        rc = pl_judge(judge, PL_STR("Was kostet das?"), ar, &scores, &n);
        assert_true(rc == PL_OK || rc == PL_NOMEM);
        good += rc == PL_OK;
        rc = pl_judge_words(ar, shipped, n_topics, NULL,
                            &(pl_judge_t *) { NULL }, NULL);
        assert_true(rc == PL_OK || rc == PL_NOMEM);
        pl_arena_destroy(ar);
    }

    assert_true(good > 0);
    pl_arena_destroy(own);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_shipped),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_rows_limit),
        cmocka_unit_test(test_evidence),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_quiet_limit),
        cmocka_unit_test(test_other),
        cmocka_unit_test(test_memory),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
