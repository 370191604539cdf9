/*
 * docs/answers.md says what is so: its examples hold, its table has each
 * reason that an answer of the fixtures is refused for, and the topics that
 * ship stand in it with their thresholds.
 */

#include "../../src/engine/judge.h"
#include "answers.h"

#define DOCS       "docs/answers.md"
#define DOCS_MAX   65536

static const char *const  docs_files[] = {
    "number", "bucket", "yes", "choice", "date", "address"
};


static char *
docs_read(void)
{
    char        *text, path[ANSWERS_LINE_MAX];
    FILE        *f;
    size_t       n;
    const char  *root = getenv("PARLEY_SRC");

    (void) snprintf(path, sizeof(path), "%s/%s", root != NULL ? root : ".",
                    DOCS);
    text = malloc(DOCS_MAX);
    f = fopen(path, "r");
    assert_non_null(text);
    assert_non_null(f);
    n = fread(text, 1, DOCS_MAX - 1, f);
    text[n] = '\0';
    (void) fclose(f);

    return text;
}


static void
test_examples(void **state)
{
    char  *docs = docs_read();

    (void) state;

    answers_path(DOCS, true, docs);
    free(docs);
}


static void
test_reasons(void **state)
{
    char    *docs = docs_read(), path[ANSWERS_LINE_MAX];
    size_t   i;

    (void) state;

    for (i = 0; i < PL_COUNT(docs_files); i++) {
        (void) snprintf(path, sizeof(path), "t/fixtures/answers/%s.txt",
                        docs_files[i]);
        answers_path(path, false, docs);
    }

    free(docs);
}


static void
test_topics(void **state)
{
    char                    *docs = docs_read(), row[128];
    size_t                   i, j, n;
    const pl_judge_topic_t  *topics;
    static const char       *languages[] = { "de", "en" };

    (void) state;

    for (i = 0; i < PL_COUNT(languages); i++) {
        topics = pl_judge_default(languages[i], &n);

        for (j = 0; j < n; j++) {
            (void) snprintf(row, sizeof(row), "\n| `%s` | %d | %s |",
                            topics[j].name, (int) topics[j].threshold,
                            topics[j].turns ? "yes" : "no");
            assert_non_null(strstr(docs, row));
        }
    }

    free(docs);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_topics),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("answer_docs", tests, NULL, NULL);
}
