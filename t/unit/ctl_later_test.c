/*
 * parleyctl: what is to be sent later, how a time is said, and what it shows
 * of what was called off, replaced, or came too late.
 */

#include "ctl.h"
#include "../../src/core/clock.h"

#define SEND  "send demo main 34600000001 --text Hello"


/* The number behind "msg_" in what was said. */

static uint64_t
number(const char *out)
{
    const char  *at = strstr(out, "msg_");

    assert_non_null(at);

    return strtoull(at + 4, NULL, 10);
}


/* A time that is a day ahead, as it is said. */

static const char *
tomorrow(t_engine_t *t)
{
    char  buf[PL_CLOCK_TEXT_MAX];

    return pl_arena_printf(t->ar, "%s", pl_clock_print(t->wall_ms + 86400000,
                                                       buf));
}


static void
times_are_rfc_3339(void **state)
{
    size_t   i;
    int64_t  ms;

    static const struct {
        const char  *text;
        int64_t      ms;        /* -1: none */
    } rows[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2025-10-09T08:53:20.123Z", 1760000000123LL },
        { "2025-10-09T08:53:20.123999Z", 1760000000123LL },
        { "2025-10-09 08:53Z", 1759999980000LL },
        { "2025-10-09T10:53:20+02:00", 1760000000000LL },
        { "2025-10-09T04:53:20-04:00", 1760000000000LL },
        { "2024-02-29T00:00:00Z", 1709164800000LL },
        { "9999-12-31T23:59:59Z", 253402300799000LL },
        { "2023-02-29T00:00:00Z", -1 },
        { "2100-02-29T00:00:00Z", -1 },
        { "2025-13-01T00:00:00Z", -1 },
        { "2025-00-01T00:00:00Z", -1 },
        { "2025-04-31T00:00:00Z", -1 },
        { "2025-04-00T00:00:00Z", -1 },
        { "2025-04-01T24:00:00Z", -1 },
        { "2025-04-01T00:60:00Z", -1 },
        { "2025-04-01T00:00:60Z", -1 },
        { "2025-04-01T00:00:00", -1 },
        { "2025-04-01T00:00:00+2:00", -1 },
        { "2025-04-01T00:00:00.Z", -1 },
        { "2025-04-01", -1 },
        { "1969-12-31T23:59:59Z", -1 },
        { "25-04-01T00:00:00Z", -1 },
        { "2025-04-01T00:00:00Zx", -1 },
        { "", -1 },
        { "tomorrow", -1 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (pl_clock_parse(pl_str_c(rows[i].text), &ms) != PL_OK) {
            ms = -1;
        }

        if (ms != rows[i].ms) {
            fail_msg("%s: %" PRId64, rows[i].text, ms);
        }
    }
}


static void
a_time_that_is_none_is_a_mistake(void **state)
{
    size_t       i;
    t_said_t     out;
    t_engine_t  *t = *state;

    static const char *const  wrong[] = {
        SEND " --at tomorrow", SEND " --at +", SEND " --at +5",
        SEND " --at +5x", SEND " --at +s", SEND " --at 18:00",
        SEND " --at +99999999999999999999s", SEND " --at +9999999999999d",
        SEND " --expires 2025-02-30T00:00:00Z", SEND " --expires=+-5s",
        SEND " --collapse=\xff", "scheduled nobody extra",
        "scheduled cancel", "scheduled cancel eff_1",
    };

    for (i = 0; i < PL_COUNT(wrong); i++) {
        out = t_ctl_is(t, wrong[i], 2);
        assert_string_equal(out.out, "");
        t_has(out.err, "parleyctl: ");
    }

    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 0);
}


static void
what_is_to_be_sent_later_is_listed(void **state)
{
    uint64_t     id;
    t_said_t     out;
    t_engine_t  *t = *state;

    out = t_run(t, SEND " --at +1d1h --expires +2d --collapse k", 0);
    t_has(out.out, ": scheduled for 20");
    id = number(out.out);
    (void) t_run(t, SEND " --at +1h", 0);

    out = t_ctl_is(t, "scheduled", 0);
    t_has(out.out, "EXPIRES");
    assert_int_equal(t_count(out.out, "msg_"), 2);
    assert_true(number(out.out) != id);         /* the first one first */
    out = t_ctl_is(t, "scheduled demo --limit 1", 0);
    assert_int_equal(t_count(out.out, "msg_"), 1);
    out = t_ctl_is(t, "scheduled nobody", 1);
    t_has(out.err, "nobody");
    out = t_ctl_is(t, "--json scheduled", 0);
    t_has(out.out, "\"collapse_key\":\"k\"");

    out = t_ctl_is(t, "outbox", 0);
    assert_int_equal(t_count(out.out, "scheduled"), 2);
    out = t_ctl_is(t, "messages demo", 0);
    assert_int_equal(t_count(out.out, "scheduled"), 2);
    out = t_ctl_is(t, pl_arena_printf(t->ar, "trace %" PRIu64, id), 0);
    t_has(out.out, "state      scheduled");
    t_has(out.out, "not before 20");
    t_has(out.out, "effect     eff_");
    t_has(out.out, ", scheduled, ");
    t_has(out.out, ", expires 20");
    t_has(out.out, ", key k");
    (void) t_ctl_is(t, "check", 0);
}


static void
one_is_called_off(void **state)
{
    uint64_t     id;
    t_said_t     out;
    const char  *words;
    t_engine_t  *t = *state;

    id = number(t_run(t, SEND " --at +1h --collapse k", 0).out);
    words = pl_arena_printf(t->ar, "scheduled cancel msg_%" PRIu64, id);
    t_has(t_run(t, words, 0).out, ": cancelled\n");

    out = t_run(t, words, 1);
    t_has(out.out, ": too late: it is failed, cancelled\n");
    out = t_run(t, pl_arena_printf(t->ar, "--json scheduled cancel %" PRIu64,
                                   id), 1);
    t_has(out.out, "\"verdict\":\"late\",\"state\":\"failed\"");
    out = t_run(t, "scheduled cancel 4711", 1);
    t_has(out.err, "there is no message msg_4711");

    out = t_ctl_is(t, pl_arena_printf(t->ar, "trace %" PRIu64, id), 0);
    t_has(out.out, "rule       cancelled");
    t_has(out.out, "event      20");
    t_has(out.out, ", cancelled, cancelled, ");
    out = t_ctl_is(t, "scheduled", 0);
    t_has_not(out.out, "msg_");
    t_has_not(t_ctl_is(t, "dead", 0).out, "eff_");

    /* one that goes at once */

    id = number(t_run(t, SEND, 0).out);
    out = t_run(t, pl_arena_printf(t->ar, "scheduled cancel %" PRIu64, id),
                1);
    t_has(out.out, ": was not to be sent later: it is queued\n");
    (void) t_ctl_is(t, "check", 0);
}


static void
what_nobody_folds_is_pending(void **state)
{
    uint64_t     id;
    t_said_t     out;
    t_engine_t  *t = *state;

    id = number(t_run(t, SEND " --at +1h", 0).out);
    out = t_ctl_is(t, pl_arena_printf(t->ar, "scheduled cancel %" PRIu64,
                                      id), 0);
    t_has(out.out, "asked for as entry ");
    t_fold(t);
    t_has_not(t_ctl_is(t, "scheduled", 0).out, "msg_");
}


static void
what_was_replaced_says_by_what(void **state)
{
    uint64_t     old, id;
    t_said_t     out;
    t_engine_t  *t = *state;

    old = number(t_run(t, SEND " --collapse k", 0).out);
    id = number(t_run(t, SEND " --collapse k --expires +1h", 0).out);
    out = t_ctl_is(t, pl_arena_printf(t->ar, "trace %" PRIu64, old), 0);
    t_has(out.out, "state      failed");
    t_has(out.out, "rule       collapsed");
    t_has(out.out, pl_arena_printf(t->ar, ", collapsed, by msg_%" PRIu64,
                                   id));
    t_has_not(t_ctl_is(t, "dead", 0).out, "eff_");

    out = t_run(t, SEND " --expires 2025-10-09T08:53:20Z", 1);
    t_has(out.out, ": refused: expired\n");
    t_has(t_ctl_is(t, "dead", 0).out, "expired");
    out = t_run(t, SEND " --at +400d", 1);
    t_has(out.out, "refused: request.refused: at_ms: more than a year ahead");
    (void) t_ctl_is(t, "check", 0);
}


/* The same terms in a file of many. */

static void
a_batch_has_terms_too(void **state)
{
    char         path[PATH_MAX];
    t_said_t     out;
    const char  *words;
    t_engine_t  *t = *state;

    (void) snprintf(path, sizeof(path), "%s.jsonl", t->dir);
    words = pl_arena_printf(t->ar, "send batch demo main %s", path);
    t_spill(path, "{\"to\":\"34600000001\",\"text\":\"a\","
                  "\"at\":\"2999-12-24T18:00:00Z\"}\n"
                  "{\"to\":\"34600000001\",\"text\":\"b\","
                  "\"at\":\"18:00\"}\n");
    out = t_ctl_is(t, words, 1);
    t_has(out.err, pl_arena_printf(t->ar, "%s:2", path));
    t_has(out.err, "is no time like");

    /* sent again, it would be another time under the same key */

    t_spill(path, "{\"to\":\"34600000001\",\"text\":\"b\","
                  "\"at\":\"+1h\",\"key\":\"1\"}\n");
    out = t_ctl_is(t, words, 1);
    t_has(out.err, "a line with a key has no times like +1h");
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 2);

    t_spill(path, pl_arena_printf(t->ar,
        "{\"to\":\"34600000001\",\"text\":\"a\",\"at\":\"%s\","
        "\"collapse\":\"k\",\"key\":\"1\"}\n"
        "{\"to\":\"34600000001\",\"text\":\"b\","
        "\"expires\":\"2999-12-24T18:00:00Z\",\"collapse\":\"k\","
        "\"key\":\"2\"}\n",
        tomorrow(t)));
    (void) t_ctl_is(t, words, 0);
    t_fold(t);
    out = t_ctl_is(t, words, 0);        /* the same again: what became of it */
    t_has(out.out, "2 messages: 1 queued, 1 scheduled, 0 refused");
    t_fold(t);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 1);
    t_has_not(t_ctl_is(t, "scheduled", 0).out, "msg_");
    (void) t_ctl_is(t, "check", 0);
}


#define TEST(name)  cmocka_unit_test_setup_teardown(name, t_ctl_setup, t_end)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(times_are_rfc_3339),
        TEST(a_time_that_is_none_is_a_mistake),
        TEST(what_is_to_be_sent_later_is_listed),
        TEST(one_is_called_off),
        TEST(what_nobody_folds_is_pending),
        TEST(what_was_replaced_says_by_what),
        TEST(a_batch_has_terms_too),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
