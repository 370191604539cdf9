/*
 * The engine: flows that become others while people are in the middle of
 * them. A run stays on its version, a newer file may take it over, and what
 * is too old is void. Every test's journal is folded a second time.
 */

#include "../../src/core/crypto.h"
#include "run.h"

/* V: what it says; N: the name of its second step; X: more of the file. */
#define FILE_OF(V, N, X)                                                      \
    "{\"flow\":\"quiz\",\"triggers\":["                                       \
    "{\"keywords\":[\"go\"],\"step\":\"first\"}]," X "\"steps\":{"            \
    "\"first\":{\"say\":{\"text\":\"First " V "\"},"                          \
        "\"ask\":{\"save\":\"a\",\"as\":\"text\"},"                           \
        "\"timeouts\":[{\"after\":\"1h\",\"step\":\"nudge\"}],"               \
        "\"next\":\"" N "\"},"                                                \
    "\"nudge\":{\"say\":{\"text\":\"Nudge " V "\"},\"back\":true},"           \
    "\"" N "\":{\"say\":{\"text\":\"Second " V "\"},"                         \
        "\"ask\":{\"save\":\"b\",\"as\":\"text\"},\"next\":\"end\"},"         \
    "\"end\":{\"say\":{\"text\":\"End " V "\"},\"schedule\":["                \
        "{\"task\":\"later\",\"step\":\"later\",\"after\":\"2d\"}]},"         \
    "\"later\":{\"say\":{\"text\":\"Later " V "\"}}}}"

#define OTHER                                                                 \
    "{\"flow\":\"other\",\"default\":\"any\",\"steps\":{"                     \
    "\"any\":{\"say\":{\"text\":\"Other.\"}}}}"


static uint64_t
kept(t_engine_t *t)
{
    uint64_t     n = 0;
    pl_str_t     key, value;
    pl_txn_t    *txn;
    pl_scan_t   *scan;

    txn = t_read(t);
    t_ok(t, pl_store_scan(txn, PL_TABLE_SETTINGS, PL_STR("kept/"), false,
                          &scan, &t->err));

    while (pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK
           && key.len > 5 && memcmp(key.data, "kept/", 5) == 0)
    {
        n++;
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return n;
}


/* A reload in the middle: nobody's question changes, new ones are new. */

static void
a_run_stays_on_its_version(void **state)
{
    t_engine_t  *t = *state;

    flows(t, FILE_OF("one", "second", ""), NULL);
    says(t, "go");
    flows(t, FILE_OF("two", "zweite", ""), NULL);
    assert_int_equal(kept(t), 1);

    assert_int_equal(passes(t, HOUR), 1);
    assert_string_equal(said(t), "Nudge one");
    says(t, "x");
    assert_string_equal(said(t), "Second one");
    flows(t, FILE_OF("three", "second", ""), NULL);
    t_pass(t, 5000);
    says(t, "y");
    assert_string_equal(said(t), "End one");
    assert_string_equal(at_step(t), "");

    says(t, "go");
    assert_string_equal(said(t), "First three");
    assert_int_equal(passes(t, 2 * DAY), 2);    /* a nudge, and the task */
    assert_string_equal(said(t), "Later one");
    assert_string_equal(at_step(t), "first");
}


/* Also where the flow is no longer configured at all. */

static void
a_run_outlives_its_file(void **state)
{
    t_engine_t  *t = *state;

    flows(t, FILE_OF("one", "second", ""), NULL);
    says(t, "go");
    flows(t, OTHER, NULL);
    t_pass(t, 5000);
    says(t, "x");
    assert_string_equal(said(t), "Second one");
    says(t, "y");
    assert_string_equal(said(t), "End one");
    says(t, "go");
    assert_string_equal(said(t), "Other.");
    assert_int_equal(passes(t, 2 * DAY), 1);
    assert_string_equal(said(t), "Later one");
}


static void
a_newer_file_takes_it_over(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, FILE_OF("one", "second", ""), NULL);
    says(t, "go");
    t_pass(t, 5000);
    says(t, "x");
    assert_string_equal(at_step(t), "second");
    flows(t, FILE_OF("two", "zweite",
                     "\"migrate\":{\"steps\":{\"second\":\"zweite\","
                     "\"later\":\"later\"}},"), NULL);
    says(t, "y");
    assert_string_equal(said(t), "End two");
    assert_string_equal(variable(t, "b"), "y");
    (void) audits(t, FLOW, &event);
    assert_int_equal(t_counted(t, "flows", "migrated"), 1);
    flows(t, FILE_OF("three", "zweite", "\"migrate\":{\"all\":true},"), NULL);
    assert_int_equal(passes(t, 2 * DAY), 1);
    assert_string_equal(said(t), "Later three");
}


/*
 * Moved while nobody writes: by its own timeout, which is the new step's
 * now, or by a task. The new step's other timeouts are armed from when the
 * question was asked; what is over is not done again.
 */

#define MOVES(V, T, X)                                                        \
    "{\"flow\":\"quiz\",\"triggers\":["                                       \
    "{\"keywords\":[\"n\"],\"step\":\"nudge\"},"                              \
    "{\"keywords\":[\"l\"],\"step\":\"last\"},"                               \
    "{\"keywords\":[\"go\"],\"step\":\"first\"}]," X "\"steps\":{"            \
    "\"first\":{\"say\":{\"text\":\"First " V "\"},\"schedule\":["            \
        "{\"task\":\"tick\",\"step\":\"tick\",\"after\":\"2h\"}],"            \
        "\"ask\":{\"save\":\"a\",\"as\":\"text\"},"                           \
        "\"timeouts\":[" T "],\"next\":\"end\"},"                             \
    "\"nudge\":{\"say\":{\"text\":\"Nudge " V "\"},\"back\":true},"           \
    "\"last\":{\"say\":{\"text\":\"Last " V "\"}},"                           \
    "\"tick\":{\"say\":{\"text\":\"Tick " V "\"}},"                           \
    "\"end\":{\"say\":{\"text\":\"End " V "\"}}}}"

#define AFTER(time, step)                                                     \
    "{\"after\":\"" time "\",\"step\":\"" step "\"}"

static void
a_run_that_is_moved_has_timeouts(void **state)
{
    t_engine_t  *t = *state;

    flows(t, MOVES("one", AFTER("1h", "nudge"), ""), NULL);
    says(t, "go");
    flows(t, MOVES("two", AFTER("1h", "nudge") "," AFTER("3h", "nudge") ","
                   AFTER("4h", "last"), "\"migrate\":{\"all\":true},"), NULL);
    assert_int_equal(passes(t, HOUR), 1);
    assert_string_equal(said(t), "Nudge two");
    assert_int_equal(t_counted(t, "flows", "migrated"), 1);
    assert_int_equal(n_sent(t), 2);             /* once */
    assert_int_equal(passes(t, HOUR), 1);
    assert_string_equal(said(t), "Tick two");
    assert_int_equal(passes(t, HOUR), 1);
    assert_string_equal(said(t), "Nudge two");
    assert_int_equal(passes(t, HOUR), 1);
    assert_string_equal(said(t), "Last two");
    assert_string_equal(at_step(t), "");
    assert_int_equal(passes(t, DAY), 0);
    assert_int_equal(n_sent(t), 5);
}


static void
a_task_moves_what_waits_beside_it(void **state)
{
    t_engine_t  *t = *state;

    flows(t, MOVES("one", "", ""), NULL);
    says(t, "go");
    flows(t, MOVES("two", AFTER("1h", "nudge") "," AFTER("3h", "nudge"),
                   "\"migrate\":{\"all\":true},"), NULL);
    assert_int_equal(passes(t, 2 * HOUR), 1);
    assert_string_equal(said(t), "Tick two");
    assert_int_equal(t_counted(t, "flows", "migrated"), 1);
    assert_int_equal(passes(t, HOUR), 1);
    assert_string_equal(said(t), "Nudge two");
    says(t, "x");
    assert_string_equal(said(t), "End two");
}


/* Its timeout's step is not named: that is void, and the new ones hold. */

static void
a_timeout_that_is_left_behind(void **state)
{
    t_engine_t  *t = *state;

    flows(t, MOVES("one", AFTER("1h", "nudge"), ""), NULL);
    says(t, "go");
    flows(t, MOVES("two", AFTER("1h", "last"), "\"migrate\":{\"steps\":{"
                   "\"first\":\"first\"}},"), NULL);
    assert_int_equal(passes(t, HOUR), 2);       /* void, and at once anew */
    assert_string_equal(said(t), "Last two");
    assert_int_equal(n_sent(t), 2);
}


/* Not named: it stays where it is. */

static void
a_file_that_takes_others_over(void **state)
{
    t_engine_t  *t = *state;

    flows(t, FILE_OF("one", "second", ""), NULL);
    says(t, "go");
    flows(t, FILE_OF("two", "second",
                     "\"migrate\":{\"from\":[\"0123456789abcdef\"],"
                     "\"all\":true},"), NULL);
    t_pass(t, 5000);
    says(t, "x");
    assert_string_equal(said(t), "Second one");
}


/* PL_FLOW_VERSIONS_MAX later it goes on; one more, and it is over. */

static void
a_version_that_is_too_old(void **state)
{
    unsigned         i;
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, FILE_OF("one", "second", ""), NULL);
    says(t, "go");

    for (i = 0; i < PL_FLOW_VERSIONS_MAX; i++) {
        t_pass(t, 1000);
        flows(t, pl_arena_printf(t->ar, FILE_OF("number %u", "second", ""),
                                 i, i, i, i, i), NULL);
    }

    assert_int_equal(kept(t), PL_FLOW_VERSIONS_MAX);
    says(t, "x");
    assert_string_equal(said(t), "Second one");

    t_pass(t, 1000);
    flows(t, OTHER, NULL);
    assert_int_equal(kept(t), PL_FLOW_VERSIONS_MAX);
    says(t, "y");
    assert_string_equal(said(t), "Other.");
    assert_string_equal(at_step(t), "");
    (void) audits(t, FLOW, &event);
    assert_non_null(strstr(event->text, "its version is gone"));
}


/* Its timers are void too, and say so. */

static void
a_timer_of_a_version_that_is_gone(void **state)
{
    unsigned         i;
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, FILE_OF("one", "second", ""), NULL);
    says(t, "go");
    t_pass(t, 5000);
    says(t, "x");
    t_pass(t, 5000);
    says(t, "y");
    assert_int_equal(conversation(t)->n_tasks, 1);

    for (i = 0; i <= PL_FLOW_VERSIONS_MAX; i++) {
        t_pass(t, 1000);
        flows(t, pl_arena_printf(t->ar, FILE_OF("number %u", "second", ""),
                                 i, i, i, i, i), NULL);
    }

    assert_int_equal(passes(t, 2 * DAY), 1);
    assert_string_equal(said(t), "End one");
    (void) audits(t, FLOW, &event);
    assert_string_equal(event->text,
                        "later void at later: its version is gone");
}


/* The number by which files are told apart. */

static void
a_version_is_the_digest_of_the_file(void **state)
{
    uint8_t      digest[PL_SHA256_LEN];
    pl_flow_t   *flow;
    pl_str_t     json = pl_str_c(OTHER);
    pl_hash_t   *hash = pl_hash_create();
    t_engine_t  *t = *state;

    flows(t, OTHER, NULL);
    t_ok(t, pl_hash_sha256(hash, &json, 1, digest));
    t_ok(t, pl_flow_compile(&flow, t->codec, json, &t->err));
    assert_true(pl_flow_version(flow) == pl_be64(digest));
    pl_flow_destroy(flow);
    pl_hash_destroy(hash);
}


/* V: of both files, the one that calls and the one that asks. */

#define CALLER(V)                                                             \
    "{\"flow\":\"caller\",\"triggers\":["                                     \
    "{\"keywords\":[\"go\"],\"step\":\"a\"}],\"steps\":{"                     \
    "\"a\":{\"say\":{\"text\":\"A " V "\"},\"call\":{\"flow\":\"asks\"},"     \
        "\"next\":\"b\"},"                                                    \
    "\"b\":{\"say\":{\"text\":\"B " V "\"}}}}"

#define ASKS(V)                                                               \
    "{\"flow\":\"asks\",\"start\":\"q\",\"steps\":{"                          \
    "\"q\":{\"say\":{\"text\":\"How many " V "\"},"                         \
        "\"ask\":{\"save\":\"n\",\"as\":\"number\"},\"next\":\"s\"},"         \
    "\"s\":{\"set\":{\"plan\":\"one that costs nothing " V "\"},"           \
        "\"say\":{\"text\":\"Set " V "\"}}}}"

#define OTHER_OF                                                              \
    "{\"flow\":\"o%u\",\"triggers\":["                                        \
    "{\"keywords\":[\"go\"],\"step\":\"q\"}],\"steps\":{"                     \
    "\"q\":{\"say\":{\"text\":\"How many\"},"                               \
        "\"ask\":{\"save\":\"n\",\"as\":\"number\"}}}}"


static void
another_says(t_engine_t *t, unsigned i, const char *text)
{
    char             phone[32], wamid[32];
    static unsigned  n;

    (void) snprintf(phone, sizeof(phone), "3467000%04u", i);
    (void) snprintf(wamid, sizeof(wamid), "wamid.another%u", ++n);
    t_text(t, phone, wamid, t->wall_ms / 1000, text);
    t_fold(t);
}


static bool
is_kept(t_engine_t *t, const char *name)
{
    size_t           i;
    pl_kept_list_t  *list = pl_settings_kept(pl_fold_settings(t->fold));

    for (i = 0; i < PL_KEPT_MAX; i++) {
        if (list->rows[i].flow != NULL
            && strcmp(pl_flow_name(list->rows[i].flow), name) == 0)
        {
            return true;
        }
    }

    return false;
}


/*
 * As many old versions as there is room for, of which the oldest is asked for
 * again, and leads back to one that is not there: another one goes for it.
 */

static void
a_version_at_hand_is_not_forgotten(void **state)
{
    unsigned      i;
    t_engine_t   *t = *state;
    static char   files[PL_KEPT_MAX - 1][512];

    flows(t, CALLER("one"), ASKS("one"));
    says(t, "go");

    for (i = 0; i < PL_KEPT_MAX - 1; i++) {
        (void) snprintf(files[i], sizeof(files[i]), OTHER_OF, i);
        flows(t, files[i], NULL);
        another_says(t, i, "go");
    }

    flows(t, CALLER("two"), ASKS("two"));
    t_pass(t, 5000);
    says(t, "hm");

    for (i = 0; i < PL_KEPT_MAX - 1; i++) {
        another_says(t, i, "hm");
    }

    assert_true(is_kept(t, "asks"));
    assert_true(is_kept(t, "o0"));
    t_pass(t, 5000);
    says(t, "5");

    assert_string_equal(said(t), "B one");
    assert_string_equal(variable(t, "n"), "5");
    assert_string_equal(variable(t, "plan"), "one that costs nothing one");
    assert_true(is_kept(t, "asks"));
    assert_true(is_kept(t, "caller"));
    assert_false(is_kept(t, "o0"));
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, run_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(a_run_stays_on_its_version),
        RUN(a_run_outlives_its_file),
        RUN(a_newer_file_takes_it_over),
        RUN(a_run_that_is_moved_has_timeouts),
        RUN(a_task_moves_what_waits_beside_it),
        RUN(a_timeout_that_is_left_behind),
        RUN(a_file_that_takes_others_over),
        RUN(a_version_that_is_too_old),
        RUN(a_timer_of_a_version_that_is_gone),
        RUN(a_version_is_the_digest_of_the_file),
        RUN(a_version_at_hand_is_not_forgotten),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
