/*
 * parleyctl holds, and check of what is held and set aside.
 */

#include "ctl.h"
#include "hold.h"

#define TEMPLATE(s)  t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, T_MAIN, s)


/* A template is paused, and a message of it set aside. */

static int
setup(void **state)
{
    uint64_t     epoch, effects[64];
    t_engine_t  *t = t_new();

    t_channels(t, 1, 1);

    epoch = t_sender(t, true, NULL);
    t_pause(t, TEMPLATE("a"), 0);
    (void) t_ask(t, T_MAIN, "34600000001", "a", 0);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(t_meta(t)->aside, 1);
    *state = t;

    return 0;
}


/* Takes the first row of a table away, or puts it back changed. */

static void
break_row(t_engine_t *t, pl_table_e table, bool garbage, bool move)
{
    pl_str_t    key, value;
    pl_txn_t   *txn;
    uint8_t    *bytes;
    pl_scan_t  *scan;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_store_scan(txn, table, PL_STR_NULL, false, &scan, &t->err));
    t_ok(t, pl_store_scan_next(scan, &key, &value, &t->err));

    bytes = pl_arena_dup(t->ar, key.data, key.len);
    value.data = pl_arena_dup(t->ar, value.data, value.len);
    assert_non_null(bytes);
    assert_non_null(value.data);
    key.data = bytes;
    pl_store_scan_end(scan);

    t_ok(t, pl_store_del(txn, table, key, &t->err));
    bytes[key.len - 1] ^= move ? 0x55 : 0;

    if (garbage || move) {
        t_ok(t, pl_store_put(txn, table, key,
                             garbage ? PL_STR("\0\xff\xff") : value,
                             &t->err));
    }

    t_ok(t, pl_store_commit(txn, &t->err));
}


static void
holds_are_listed(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    said = t_ctl_is(t, "holds", 0);
    t_has(said.out, "template  main     a");
    t_has(said.out, "person");
    t_has(said.out, "resumed");
    t_has(said.out, "maria");
    t_has(said.out, "complaints");

    said = t_ctl_is(t, "--json holds demo", 0);
    t_has(said.out, "\"kind\":\"template\"");
    t_has(said.out, "\"standing\":true");

    said = t_ctl_is(t, "holds nobody", 1);
    t_has(said.err, "nobody");

    said = t_ctl_is(t, "--json outbox", 0);
    t_has(said.out, "\"place\":\"aside\"");
}


static void
what_is_held_is_sound(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    said = t_ctl_is(t, "--json check", 0);
    t_has(said.out, "\"findings\":0");
    t_has(said.out, "{\"name\":\"holds\",\"rows\":1}");
}


static void
each_break_is_found(void **state)
{
    size_t       i;
    t_said_t     said;
    t_engine_t  *t;

    static const struct {
        pl_table_e   table;
        bool         garbage;
        bool         move;
        const char  *says;
    } breaks[] = {
        { PL_TABLE_HOLDS, false, false,
          "the state says 1 holds, there are 0" },
        { PL_TABLE_HOLDS, true, false, "is no pl.HoldRecord" },
        { PL_TABLE_DUE, false, false, "heads its queue and is not due" },
        { PL_TABLE_DUE, false, false,
          "the state says 1 heads aside, there are 0" },
        { PL_TABLE_DUE, true, false, "says not what it is set aside for" },
        { PL_TABLE_DUE, false, true,
          "leads to no effect that is set aside so" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(breaks); i++) {
        assert_int_equal(setup((void **) &t), 0);
        break_row(t, breaks[i].table, breaks[i].garbage, breaks[i].move);
        said = t_ctl_is(t, "check", 1);
        t_has(said.out, breaks[i].says);
        assert_int_equal(t_end((void **) &t), 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(holds_are_listed, setup, t_end),
        cmocka_unit_test_setup_teardown(what_is_held_is_sound, setup,
                                        t_end),
        cmocka_unit_test(each_break_is_found),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
