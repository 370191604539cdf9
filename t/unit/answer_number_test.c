/*
 * Answers: t/fixtures/answers/number.txt.
 */

#include "answers.h"

#include "../../src/engine/answer_number.h"


static void
test_rows(void **state)
{
    (void) state;

    answers_file("number");
}


/* Which is why digits are not looked for among them. */

static void
test_no_phrase_begins_with_digits(void **state)
{
    size_t       i;
    const char  *p;

    (void) state;

    for (i = 0; i < pl_answer_number_rows_n; i++) {
        for (p = pl_answer_number_rows[i].words; p != NULL;
             p = strchr(p, '|'))
        {
            p += *p == '|';
            assert_false(*p >= '0' && *p <= '9');
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_no_phrase_begins_with_digits),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("answer_number", tests, NULL, NULL);
}
