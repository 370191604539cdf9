/*
 * Events: rows of changes as others are told of them; what filters let pass;
 * cursors.
 */

#include "told.h"


static void
rows_become_events(void **state)
{
    unsigned               i;
    told_t                 told;
    t_engine_t            *t = *state;
    const pl_api_event_t  *e;

    flows(t, TELLS, NULL);
    says(t, "tell");
    told_all(t, &told);

    e = told_one(&told, PL_API_EVENT_CONTACT_UPDATED, 0);
    assert_true(told_says(e, "\"addresses\":[{\"kind\":\"phone\""));

    e = told_one(&told, PL_API_EVENT_MESSAGE_CREATED, 0);
    assert_true(told_says(e, "\"direction\":\"in\""));
    assert_true(told_says(e, "\"text\":\"tell\""));
    assert_string_equal(e->owner, "");
    assert_int_equal(e->channel, 1);

    e = told_one(&told, PL_API_EVENT_MESSAGE_CREATED, 1);
    assert_true(told_says(e, "\"text\":\"Told.\""));
    assert_true(told_says(e, "\"flow\":\"tells\""));

    e = told_one(&told, PL_API_EVENT_CONVERSATION_EVENT, 0);
    assert_true(told_says(e, "\"event\":\"won\""));

    e = told_one(&told, PL_API_EVENT_CONVERSATION_UPDATED, 0);
    assert_true(told_says(e, "\"tags\":[\"new\"]"));
    assert_true(told_says(e, "\"changed\":[\"tags\"]"));
    assert_true(told_says(e, "\"windows\":[{\"channel\":\"main\""));

    e = told_one(&told, PL_API_EVENT_TASK_ARMED, 0);
    assert_true(told_says(e, "\"name\":\"later\",\"state\":\"armed\""));

    for (i = 1; i < told.n; i++) {
        assert_true(told.events[i].sequence > told.events[i - 1].sequence);
    }
}


/* One that is gone, as after an erasure, leaves ids. */

static void
what_is_erased_is_in_no_event(void **state)
{
    told_t                 told;
    pl_key_t               key;
    pl_txn_t              *txn;
    uint64_t               message;
    t_engine_t            *t = *state;
    const pl_api_event_t  *e;

    flows(t, TELLS, NULL);
    says(t, "a secret");
    told_all(t, &told);
    e = told_one(&told, PL_API_EVENT_MESSAGE_CREATED, 0);
    assert_true(told_says(e, "a secret"));
    message = strtoull(e->event->message->id + 4, NULL, 10);

    pl_key_seq(&key, message);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_store_del(txn, PL_TABLE_MESSAGES, pl_key_str(&key), &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));

    told_all(t, &told);
    e = told_one(&told, PL_API_EVENT_MESSAGE_CREATED, 0);
    assert_false(told_says(e, "a secret"));
    assert_true(told_says(e, "\"id\":\"msg_"));

    /* the state is another one than its journal gives */

    t_fold(t);
}


static void
lists_of_types(void **state)
{
    uint32_t  types;

    (void) state;
    assert_int_equal(pl_api_event_mask(PL_STR_NULL, &types, NULL), PL_OK);
    assert_int_equal(types, 0);
    assert_int_equal(pl_api_event_mask(pl_str_c("task,handover"), &types,
                                       NULL), PL_OK);
    assert_int_equal(types, 1u << PL_API_EVENT_TASK_ARMED
                            | 1u << PL_API_EVENT_TASK_FIRED
                            | 1u << PL_API_EVENT_TASK_CANCELLED
                            | 1u << PL_API_EVENT_HANDOVER);
    assert_int_equal(pl_api_event_mask(pl_str_c("message.status"), &types,
                                       NULL), PL_OK);
    assert_int_equal(types, 1u << PL_API_EVENT_MESSAGE_STATUS);
    assert_int_equal(pl_api_event_mask(pl_str_c("messag"), &types, NULL),
                     PL_INVALID);
    assert_int_equal(pl_api_event_mask(pl_str_c("task,"), &types, NULL),
                     PL_OK);
    assert_int_equal(pl_api_event_mask(pl_str_c(",task"), &types, NULL),
                     PL_INVALID);
}


static void
filters_pass_what_fits(void **state)
{
    pl_api_event_t         e = { 0 };
    pl_api_event_filter_t  f = { 0 };

    (void) state;
    e.type = PL_API_EVENT_MESSAGE_CREATED;
    e.channel = 2;
    e.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    e.party = 7;
    e.owner = "ana";
    assert_true(pl_api_event_fits(&f, &e));

    f.types = 1u << PL_API_EVENT_MESSAGE_STATUS;
    assert_false(pl_api_event_fits(&f, &e));
    f.types |= 1u << PL_API_EVENT_MESSAGE_CREATED;
    assert_true(pl_api_event_fits(&f, &e));

    f.channel = 3;
    assert_false(pl_api_event_fits(&f, &e));
    e.channel = 0;
    assert_true(pl_api_event_fits(&f, &e));

    f.party_kind = PL__PARTY_KIND__PARTY_KIND_GROUP;
    f.party = 7;
    assert_false(pl_api_event_fits(&f, &e));
    f.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    assert_true(pl_api_event_fits(&f, &e));

    f.owner = "";
    assert_false(pl_api_event_fits(&f, &e));
    f.owner = "ana";
    assert_true(pl_api_event_fits(&f, &e));
    e.owner = NULL;
    assert_false(pl_api_event_fits(&f, &e));
}


static void
ids_are_cursors(void **state)
{
    char      id[PL_API_EVENT_ID_MAX];
    size_t    i;
    uint64_t  n;

    static const char *const  none[] = {
        "", "evt_", "93", "evt_-1", "evt_9x", "msg_93",
        "evt_99999999999999999999"
    };

    (void) state;
    pl_api_event_id(id, 93);
    assert_string_equal(id, "evt_93");
    assert_true(pl_api_event_id_parse(pl_str_c(id), &n));
    assert_int_equal(n, 93);
    assert_true(pl_api_event_id_parse(pl_str_c("evt_0"), &n));
    assert_int_equal(n, 0);

    for (i = 0; i < PL_COUNT(none); i++) {
        assert_false(pl_api_event_id_parse(pl_str_c(none[i]), &n));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(rows_become_events, run_setup,
                                        run_end),
        cmocka_unit_test_setup_teardown(what_is_erased_is_in_no_event,
                                        run_setup, t_end),
        cmocka_unit_test(lists_of_types),
        cmocka_unit_test(filters_pass_what_fits),
        cmocka_unit_test(ids_are_cursors),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("api_event", tests, NULL, NULL);
}
