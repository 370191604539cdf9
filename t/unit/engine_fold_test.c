/*
 * The fold: however its steps are cut, the state is the same.
 */

#include "engine.h"


/* The same entries give the same state however the steps are cut. */

static bool
same_state(t_engine_t *a, t_engine_t *b)
{
    int          table;
    pl_str_t     ka, va, kb, vb;
    pl_txn_t    *ta, *tb;
    pl_scan_t   *sa, *sb;
    pl_status_t  ra, rb;
    bool         same;

    same = true;
    ta = t_read(a);
    tb = t_read(b);

    for (table = PL_TABLE_META; table < PL_TABLE_COUNT && same; table++) {
        t_ok(a, pl_store_scan(ta, (pl_table_e) table, PL_STR_NULL, false,
                              &sa, &a->err));
        t_ok(b, pl_store_scan(tb, (pl_table_e) table, PL_STR_NULL, false,
                              &sb, &b->err));

        do {
            ra = pl_store_scan_next(sa, &ka, &va, &a->err);
            rb = pl_store_scan_next(sb, &kb, &vb, &b->err);
            same = ra == rb
                   && (ra != PL_OK
                       || (pl_str_eq(ka, kb) && pl_str_eq(va, vb)));
        } while (same && ra == PL_OK);

        pl_store_scan_end(sa);
        pl_store_scan_end(sb);
    }

    pl_store_abort(ta);
    pl_store_abort(tb);

    return same;
}


/* Each look at this clock is 20 ms later: steps end in the midst of things. */

static int64_t
hasty(void *data)
{
    t_engine_t  *t = data;

    t->mono_us += 20000;

    return t->mono_us;
}


static void
replay_gives_the_same_state(void **state)
{
    int          i;
    char         phone[32], wamid[32];
    uint64_t     effects[64], epoch;
    pl_fold_t   *replay;
    pl_clock_t   clock;
    t_engine_t   t, r;
    pl_folded_t  done;
    unsigned     steps;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);

    for (i = 0; i < 200; i++) {
        (void) snprintf(phone, sizeof(phone), "346%08d", i % 17);
        (void) snprintf(wamid, sizeof(wamid), "wamid.%d", i % 150);
        t_text(&t, phone, wamid, T_NOW / 1000 - i % 150,
               i % 3 == 0 ? "Hello" : i % 3 == 1 ? "order 5" : "later");
        t_pass(&t, 10);
    }

    t_append(&t, NULL, "broken");
    t_fold(&t);
    assert_true(t_attempt(&t, epoch, effects) >= 2);
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    t_result(&t, effects[1], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);
    t_sender(&t, false, NULL);

    t_open(&r);
    clock = r.clock;
    clock.mono_us = hasty;
    t_ok(&r, pl_fold_create(&replay, r.st, t.st, NULL, r.codec, &clock,
                            &r.err));
    t_ok(&r, pl_fold_take(replay, &r.err));

    for (steps = 0; steps < 10000; steps++) {
        t_ok(&r, pl_fold_step(replay, 0, &done, &r.err));
        if (!done.more) {
            break;
        }
    }

    pl_fold_give(replay);
    assert_true(steps > 8);
    assert_true(same_state(&t, &r));

    pl_fold_destroy(replay);
    t_close(&r);
    t_close(&t);
}


static void
a_large_entry_is_folded_across_steps(void **state)
{
    int          i;
    char        *body;
    size_t       at;
    pl_clock_t   clock;
    pl_fold_t   *fold;
    t_engine_t   t;
    pl_folded_t  done;
    unsigned     steps;

    (void) state;
    t_open(&t);
    t_configure(&t);

    body = malloc(PL_BODY_MAX);
    assert_non_null(body);
    at = (size_t) snprintf(body, PL_BODY_MAX,
        "{\"object\":\"whatsapp_business_account\","
        "\"entry\":[{\"id\":\"1\",\"changes\":[{\"field\":\"messages\","
        "\"value\":{\"metadata\":{\"phone_number_id\":\"" T_ACCOUNT "\"},"
        "\"messages\":[");

    for (i = 0; i < 3000; i++) {
        at += (size_t) snprintf(body + at, PL_BODY_MAX - at,
            "%s{\"from\":\"346%08d\",\"id\":\"wamid.%d\","
            "\"timestamp\":\"%lld\",\"type\":\"text\",\"text\":"
            "{\"body\":\"n %d\"}}", i == 0 ? "" : ",", i % 7, i,
            T_NOW / 1000, i);
    }

    (void) snprintf(body + at, PL_BODY_MAX - at, "]}}]}]}");
    t_append(&t, NULL, body);
    free(body);

    clock = t.clock;
    clock.mono_us = hasty;
    t_ok(&t, pl_fold_create(&fold, t.st, t.st, NULL, t.codec, &clock,
                            &t.err));

    /* every few steps another folder takes over in the midst of the entry */

    for (steps = 0; steps < 5000; steps++) {
        if (steps % 5 == 0) {
            t_ok(&t, pl_fold_take(fold, &t.err));
        }

        t_ok(&t, pl_fold_step(fold, 0, &done, &t.err));
        if (!done.more) {
            break;
        }
    }

    assert_true(steps > 100);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 6000);
    assert_int_equal(t_rows(&t, PL_TABLE_DEDUPE), 3000);
    assert_string_equal(t_message(&t, 0)->content->text->body, "n 0");
    assert_string_equal(t_message(&t, 5998)->content->text->body, "n 2999");
    pl_fold_destroy(fold);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(replay_gives_the_same_state),
        cmocka_unit_test(a_large_entry_is_folded_across_steps),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
