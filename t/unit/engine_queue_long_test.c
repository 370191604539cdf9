/*
 * The engine: queues that are full, of a person of whom much is known, are
 * taken back, and erased, in one item each.
 */

#include "later.h"

#define verdict       verdict_of_erase          /* both have one */
#define says          says_of_people
#define conversation  conversation_of_people
#include "erase.h"
#undef verdict

#define MARKETING  PL__CATEGORY__CATEGORY_MARKETING
#define LANES      3                    /* that messages may go by */
#define NAMES      64                   /* as many as a flow may begin with */
#define VALUE      4096                 /* and as long as they may be */

/* A copy of what is known for each effect is more than an item may hold. */
_Static_assert((uint64_t) LANES * PL_QUEUE_MAX * NAMES * VALUE
               > PL_DECODE_ARENA_MAX, "this would not test anything");


static Pl__Address *
person(void)
{
    static Pl__Address  a;

    pl__address__init(&a);
    a.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    a.value = (char *) LATER_PHONE;

    return &a;
}


static void
agrees(t_engine_t *t)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__ConsentSet  set = PL__CONSENT_SET__INIT;

    set.tenant = 1;
    set.address = person();
    set.category = (char *) PL_CONSENT_MARKETING;
    set.state = PL__CONSENT_STATE__CONSENT_STATE_GRANTED;
    set.source = (char *) "test";
    set.has_channel = 1;
    set.channel = 1;
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &set;
    (void) t_append(t, &command, NULL);
}


/* Each lane's queue gets so many, and a last one that is no marketing. */

static void
fill(t_engine_t *t, unsigned n)
{
    asked_t       a;
    unsigned      i, lane;
    Pl__Command   command = PL__COMMAND__INIT;

    command.of_case = PL__COMMAND__OF_SEND_REQUEST;

    for (lane = 0; lane < LANES; lane++) {
        for (i = 0; i <= n; i++) {
            asked_to(&a, LATER_PHONE, "offer");
            a.request.has_category = 1;
            a.request.category = i < n ? MARKETING
                                 : PL__CATEGORY__CATEGORY_UTILITY;
            a.request.has_lane = 1;
            a.request.lane = PL__LANE__LANE_REPLY + lane;
            command.send_request = &a.request;
            (void) t_append(t, &command, NULL);
        }
    }

    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), LANES * (n + 1));
}


static void
much_is_known(t_engine_t *t)
{
    int             i;
    char            name[NAMES][8], value[VALUE + 1];
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__Variable    rows[NAMES], *list[NAMES];
    Pl__FlowStart   start = PL__FLOW_START__INIT;

    memset(value, 'x', VALUE);
    value[VALUE] = '\0';

    for (i = 0; i < NAMES; i++) {
        (void) snprintf(name[i], sizeof(name[i]), "v%d", i);
        pl__variable__init(&rows[i]);
        rows[i].name = name[i];
        rows[i].value = value;
        list[i] = &rows[i];
    }

    start.tenant = 1;
    start.channel = 1;
    start.address = person();
    start.flow = (char *) "greeting";
    start.variables = list;
    start.n_variables = NAMES;
    command.of_case = PL__COMMAND__OF_FLOW_START;
    command.flow_start = &start;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
set_up(t_engine_t *t)
{
    agrees(t);
    fill(t, PL_QUEUE_MAX - 1);
    much_is_known(t);
}


/* What is no marketing stays, and heads its queue; behind it the answer. */

static void
full_queues_are_taken_back(void **state)
{
    pl_due_t     due[8];
    t_engine_t  *t = *state;

    set_up(t);
    (void) t_text(t, LATER_PHONE, "wamid.1", t->wall_ms / 1000, "STOP");
    t_fold(t);

    assert_int_equal(t_counted(t, "consent.revoked", ""),
                     LANES * (PL_QUEUE_MAX - 1));
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), LANES + 1);
    assert_int_equal(t_due(t, t->wall_ms, false, due, 8), LANES);
    (void) t_ctl_is(t, "check", 0);
}


static void
full_queues_are_erased(void **state)
{
    t_engine_t  *t = *state;

    set_up(t);
    (void) erase(t, LATER_PHONE, 0);

    assert_int_equal(t_counted(t, "privacy", "unsent"),
                     LANES * PL_QUEUE_MAX);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 0);
    (void) go_on(t, PL_ERASE_ROWS);
    (void) t_ctl_is(t, "check", 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(full_queues_are_taken_back,
                                        later_setup, t_end),
        cmocka_unit_test_setup_teardown(full_queues_are_erased, later_setup,
                                        t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
