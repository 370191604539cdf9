/*
 * Answers: t/fixtures/answers/choice.txt.
 */

#include "answers.h"


static void
test_rows(void **state)
{
    (void) state;

    answers_file("choice");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("answer_choice", tests, NULL, NULL);
}
