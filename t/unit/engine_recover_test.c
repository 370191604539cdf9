/*
 * The engine: what it costs to begin anew. A sender that ends with as many
 * attempts on the wire as there can be, each of a long message, leaves them
 * to one SenderStart; and a Release looks at as many holds as it may.
 */

#include "hold.h"
#include "later.h"

#define RECOVER_WORDS  40

static char  recover_text[1025];


static int
setup(void **state)
{
    t_engine_t  *t;

    t = calloc(1, sizeof(t_engine_t));
    assert_non_null(t);
    t_open(t);
    t_channels(t, 1, 1);
    memset(recover_text, 'w', sizeof(recover_text) - 1);
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    t_close(*state);
    free(*state);

    return 0;
}


/* One long message to each of as many people as can be on the wire. */

static void
asks_of_many(t_engine_t *t)
{
    char                     phone[16];
    size_t                   k;
    asked_t                  a;
    unsigned                 i;
    Pl__Command              command = PL__COMMAND__INIT;
    Pl__TemplateParameter    word = PL__TEMPLATE_PARAMETER__INIT;
    Pl__TemplateParameter   *words[RECOVER_WORDS];

    word.text = recover_text;

    for (k = 0; k < RECOVER_WORDS; k++) {
        words[k] = &word;
    }

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        (void) snprintf(phone, sizeof(phone), "34600%06u", i);
        asked_to(&a, phone, "long");
        a.template.body = words;
        a.template.n_body = RECOVER_WORDS;
        command.of_case = PL__COMMAND__OF_SEND_REQUEST;
        command.send_request = &a.request;
        (void) t_append(t, &command, NULL);
    }

    t_fold(t);
}


static void
all_that_was_on_the_wire(void **state)
{
    unsigned     n;
    uint64_t     epoch, effects[64];
    t_engine_t  *t = *state;

    asks_of_many(t);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), PL_INFLIGHT_MAX);

    epoch = t_sender(t, true, NULL);

    for (n = 0; n < PL_INFLIGHT_MAX; n += 64) {
        assert_int_equal(t_attempt(t, epoch, effects), 64);
    }

    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), PL_INFLIGHT_MAX);

    (void) t_sender(t, false, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_rows(t, PL_TABLE_UNKNOWN), PL_INFLIGHT_MAX);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(all_that_was_on_the_wire, setup,
                                        teardown),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
