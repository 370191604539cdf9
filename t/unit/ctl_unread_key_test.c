/*
 * A finding of check names its own row, however much was read to find it.
 */

#include "ctl.h"
#include "inbox.h"
#include "sealed.h"


static void
its_own_key(void **state)
{
    int          i;
    char         phone[32], wamid[32], text[64];
    const char  *said;
    pl_key_t     key;
    pl_txn_t    *txn;
    Pl__Unread   row = PL__UNREAD__INIT;
    t_engine_t  *t = t_new();

    *state = t;
    t_configure(t);
    sealing(t);

    for (i = 0; i < 6000; i++) {
        (void) snprintf(phone, sizeof(phone), "346%08d", i);
        (void) snprintf(wamid, sizeof(wamid), "wamid.%d", i);
        (void) snprintf(text, sizeof(text), "hello %d", i);
        (void) t_text(t, phone, wamid, t->wall_ms / 1000, text);

        if (i % 200 == 199) {
            t_fold(t);
        }
    }

    t_fold(t);

    pl_key_unread(&key, 1, "");
    row.conversations = 1;
    row.messages = 1;
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, PL_TABLE_UNREAD, pl_key_str(&key), &row.base,
                          false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));

    said = t_ctl_is(t, "check", 1).out;
    assert_non_null(strstr(said, "unread: 0000000101: counts"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(its_own_key, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
