/*
 * The engine: what is said to a group. One window for all of its people, and
 * none for each of them; what a group does not take, and one that is closed.
 */

#include "../../src/engine/request.h"
#include "people.h"

#define DAY_MS    (24LL * 3600 * 1000)
#define GROUP_ID  "Y2FwaV9ncm91cDox"

#define TEXT  "{\"type\":\"text\",\"text\":{\"body\":\"Hello!\"}}"
#define TEMPLATE                                                              \
    "{\"type\":\"template\",\"template\":{\"name\":\"hello\","                \
    "\"language\":\"es_ES\"}}"
#define BUTTONS                                                               \
    "{\"type\":\"interactive\",\"interactive\":{\"kind\":\"button\","         \
    "\"body\":\"b\",\"action\":{\"buttons\":[{\"id\":\"a\",\"title\":"        \
    "\"a\"}]}}}"


static int
setup(void **state)
{
    t_engine_t  *t = t_new();

    t_configure(t);
    *state = t;

    return 0;
}


static void
says_in_group(t_engine_t *t, const char *phone, const char *wamid)
{
    char  item[1024];

    (void) snprintf(item, sizeof(item),
        "{\"from\":\"%s\",\"group_id\":\"" GROUP_ID "\",\"id\":\"%s\","
        "\"timestamp\":\"%" PRId64 "\",\"type\":\"text\","
        "\"text\":{\"body\":\"hi all\"}}", phone, wamid,
        t->wall_ms / 1000);

    (void) t_items(t, "messages", item);
    t_fold(t);
}


/* Asks for a message; the rule that refused it, or NULL: it is queued. */

static const char *
ask(t_engine_t *t, Pl__AddressKind kind, const char *value, const char *json)
{
    pl_txn_t          *txn;
    Pl__Address        address = PL__ADDRESS__INIT;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__Verdict       *verdict;
    static uint8_t     key[PL_REQUEST_KEY_LEN];
    ProtobufCMessage  *msg;
    Pl__SendRequest    request = PL__SEND_REQUEST__INIT;

    t_ok(t, pl_json_decode(t->codec, &pl__content__descriptor,
                           pl_str_c(json), 0, t->ar, &msg, &t->err));
    key[0]++;
    address.kind = kind;
    address.value = (char *) value;
    request.tenant = 1;
    request.channel = 1;
    request.key.data = key;
    request.key.len = sizeof(key);
    request.address = &address;
    request.content = (Pl__Content *) msg;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &request;
    (void) t_append(t, &command, NULL);
    t_fold(t);

    txn = t_read(t);
    t_ok(t, pl_request_get(txn, 1, key, t->wall_ms, t->ar, &verdict,
                           &t->err));
    pl_store_abort(txn);

    return verdict->decision == PL__DECISION__DECISION_QUEUED
           ? NULL : verdict->rule;
}


static const char *
ask_group(t_engine_t *t, const char *json)
{
    return ask(t, PL__ADDRESS_KIND__ADDRESS_KIND_GROUP, GROUP_ID, json);
}


static void
a_group_has_one_window_for_all(void **state)
{
    uint64_t      epoch, effects[4];
    t_engine_t   *t = *state;
    Pl__Message  *m;

    assert_string_equal(ask_group(t, TEXT), "window.closed");
    assert_null(ask_group(t, TEMPLATE));

    says_in_group(t, "34600000001", "wamid.A");
    assert_null(ask_group(t, TEXT));

    m = t_message(t, (unsigned) t_rows(t, PL_TABLE_MESSAGES) - 1);
    assert_int_equal(m->party_kind, PL__PARTY_KIND__PARTY_KIND_GROUP);
    assert_int_equal(m->contact, 0);
    assert_string_equal(m->address->value, GROUP_ID);
    assert_int_equal(m->address->kind,
                     PL__ADDRESS_KIND__ADDRESS_KIND_GROUP);

    /* who wrote there has not written to us (F25) */

    assert_string_equal(ask(t, PHONE, "34600000001", TEXT), "window.closed");

    /* it leaves as any other; and the second waits for the first */

    epoch = t_sender(t, false, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 1);
}


static void
a_group_s_window_ends_after_a_day(void **state)
{
    t_engine_t  *t = *state;

    says_in_group(t, "34600000001", "wamid.A");
    t_pass(t, DAY_MS / 2);
    says_in_group(t, "34600000002", "wamid.B");
    t_pass(t, DAY_MS - 1000);
    assert_null(ask_group(t, TEXT));
    t_pass(t, 1000);
    assert_string_equal(ask_group(t, TEXT), "window.closed");
}


static void
what_a_group_does_not_take_is_refused(void **state)
{
    t_engine_t  *t = *state;

    says_in_group(t, "34600000001", "wamid.A");
    assert_string_equal(ask_group(t, BUTTONS), "content.refused");
    assert_string_equal(ask(t, PL__ADDRESS_KIND__ADDRESS_KIND_GROUP, "",
                            TEXT), "recipient.refused");
}


static void
group_is(t_engine_t *t, const char *field, const char *type, int64_t time_s)
{
    char  value[512];

    (void) snprintf(value, sizeof(value),
        "{\"metadata\":{\"phone_number_id\":\"" T_ACCOUNT "\"},\"groups\":[{"
        "\"group_id\":\"" GROUP_ID "\",\"timestamp\":%" PRId64 ","
        "\"type\":\"%s\"}]}", time_s, type);

    (void) t_field(t, field, time_s, value);
    t_fold(t);
}


static void
a_closed_group_is_not_written_to(void **state)
{
    int64_t      now_s;
    uint64_t     epoch, effects[4];
    t_engine_t  *t = *state;

    now_s = t->wall_ms / 1000;
    says_in_group(t, "34600000001", "wamid.A");
    epoch = t_sender(t, false, NULL);
    assert_null(ask_group(t, TEXT));

    /* what was queued before stays here as well */

    group_is(t, "group_status_update", "group_suspend", now_s + 1);
    (void) t_attempt(t, epoch, effects);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
    assert_string_equal(ask_group(t, TEXT), "group.closed");
    assert_string_equal(ask_group(t, TEMPLATE), "group.closed");

    group_is(t, "group_status_update", "group_suspend_cleared", now_s + 2);
    assert_null(ask_group(t, TEXT));

    group_is(t, "group_lifecycle_update", "group_delete", now_s + 3);
    assert_string_equal(ask_group(t, TEXT), "group.closed");
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, t_end)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(a_group_has_one_window_for_all),
        TEST(a_group_s_window_ends_after_a_day),
        TEST(what_a_group_does_not_take_is_refused),
        TEST(a_closed_group_is_not_written_to),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("engine_group", tests, NULL, NULL);
}
