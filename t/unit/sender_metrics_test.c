/*
 * What the sender counts, and how it says so.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/sender/metrics.c"
#include "../../src/sender/metrics_print.c"
#include "../../src/sender/metrics_store.c"
#include "../../src/sender/page.c"
#include "../../src/sender/result.c"

#define NOW_MS    1800000000000LL
#define SENT      PL__OUTCOME__OUTCOME_SENT
#define RETRY     PL__OUTCOME__OUTCOME_RETRY
#define REPLY     PL__LANE__LANE_REPLY
#define CAMPAIGN  PL__LANE__LANE_CAMPAIGN

typedef struct {
    pls_metrics_t   m;
    char            text[PLS_METRICS_TEXT_MAX];
} world_t;


static int
world_make(void **state)
{
    *state = calloc(1, sizeof(world_t));

    return *state == NULL ? -1 : 0;
}


static int
world_end(void **state)
{
    free(*state);

    return 0;
}


/* Is this line there? */

static bool
says(world_t *w, const char *line)
{
    char    whole[256];
    size_t  len;

    len = pls_metrics_print(&w->m, NOW_MS, w->text, sizeof(w->text));
    assert_int_equal(len, strlen(w->text));

    (void) snprintf(whole, sizeof(whole), "\n%s\n", line);

    return strstr(w->text, whole) != NULL;
}


static void
test_values(void **state)
{
    world_t  *w = *state;

    pls_metrics_add(&w->m.attempts, 3);
    pls_metrics_add(&w->m.fold_us, 1500000);
    pls_metrics_set(&w->m.journal_lag, 7);
    pls_metrics_set(&w->m.rows[PLS_ROWS_DEAD], 4);
    pls_metrics_set(&w->m.holds[PLS_HOLD_ACCOUNT], 2);
    atomic_store(&w->m.lag_since_ms, NOW_MS - 1250);
    atomic_store(&w->m.started_ms, NOW_MS - 1);

    assert_true(says(w, "parley_sender_attempts_total 3"));
    assert_true(says(w, "parley_sender_fold_seconds_total 1.500000"));
    assert_true(says(w, "parley_sender_journal_lag 7"));
    assert_true(says(w, "parley_sender_journal_lag_seconds 1.250000"));
    assert_true(says(w, "parley_sender_rows{table=\"dead\"} 4"));
    assert_true(says(w, "parley_sender_rows{table=\"unknown\"} 0"));
    assert_true(says(w, "parley_sender_holds{why=\"account\"} 2"));
    assert_true(says(w, "parley_sender_start_time_seconds "
                        "1799999999.999000"));

    /* a clock that was set back makes nothing negative */
    atomic_store(&w->m.lag_since_ms, NOW_MS + 1);
    assert_true(says(w, "parley_sender_journal_lag_seconds 0.000000"));
}


/* Heads come in any order, and a lane may have none any more. */

static void
test_oldest(void **state)
{
    world_t  *w = *state;

    pls_metrics_oldest_begin(&w->m);
    pls_metrics_oldest(&w->m, REPLY, NOW_MS - 100);
    pls_metrics_oldest(&w->m, REPLY, NOW_MS - 2500);
    pls_metrics_oldest(&w->m, REPLY, NOW_MS - 7);
    pls_metrics_oldest(&w->m, CAMPAIGN, NOW_MS - 60000);
    pls_metrics_oldest(&w->m, (Pl__Lane) 99, 1);

    /* not before the round is over */
    assert_true(says(w, "parley_sender_oldest_due_seconds{lane=\"reply\"} "
                        "0.000000"));

    pls_metrics_oldest_end(&w->m);
    assert_true(says(w, "parley_sender_oldest_due_seconds{lane=\"reply\"} "
                        "2.500000"));
    assert_true(says(w, "parley_sender_oldest_due_seconds{lane=\"campaign\"}"
                        " 60.000000"));
    assert_true(says(w, "parley_sender_oldest_due_seconds{lane=\"media\"} "
                        "0.000000"));

    pls_metrics_oldest_begin(&w->m);
    pls_metrics_oldest_end(&w->m);
    assert_true(says(w, "parley_sender_oldest_due_seconds{lane=\"reply\"} "
                        "0.000000"));
}


/* At the limit of channels with rows of their own, and past it. */

static void
test_channels(void **state)
{
    char       name[32];
    size_t     row;
    uint32_t   i;
    world_t   *w = *state;

    for (i = 0; i < PLS_METRICS_CHANNELS; i++) {
        (void) snprintf(name, sizeof(name), "c%u", i);
        row = pls_metrics_channel(&w->m, 100 + i, "acme", name);
        assert_int_equal(row, i);
    }

    assert_int_equal(pls_metrics_channel(&w->m, 100, "acme", "c0"), 0);
    assert_int_equal(pls_metrics_channel(&w->m, 900, "acme", "more"),
                     PLS_METRICS_CHANNELS);
    assert_int_equal(pls_metrics_channel(&w->m, 901, "acme", "more2"),
                     PLS_METRICS_CHANNELS);

    /* taken away and named again: the labels, and so the row, are the same */
    assert_int_equal(pls_metrics_channel(&w->m, 902, "acme", "c5"), 5);

    pls_metrics_result(&w->m, 0, SENT);
    pls_metrics_result(&w->m, PLS_METRICS_CHANNELS, SENT);
    pls_metrics_result(&w->m, PLS_METRICS_CHANNELS, RETRY);
    pls_metrics_heard(&w->m, 1, NOW_MS);

    assert_true(says(w, "parley_sender_results_total{outcome=\"sent\"} 2"));
    assert_true(says(w, "parley_sender_channel_results_total{tenant=\"acme\""
                        ",channel=\"c0\",outcome=\"sent\"} 1"));
    assert_true(says(w, "parley_sender_channel_results_total{tenant=\"\","
                        "channel=\"other\",outcome=\"retry\"} 1"));
    assert_true(says(w, "parley_sender_channel_heard_timestamp_seconds{"
                        "tenant=\"acme\",channel=\"c1\"} "
                        "1800000000.000000"));
    assert_null(strstr(w->text, "heard_timestamp_seconds{tenant=\"\""));
}


static void
test_escaped(void **state)
{
    world_t  *w = *state;

    (void) pls_metrics_channel(&w->m, 1, "a\"b\\c", "d\ne");

    assert_true(says(w, "parley_sender_channel_results_total{tenant=\""
                        "a\\\"b\\\\c\",channel=\"d\\ne\",outcome=\"sent\"} "
                        "0"));
}


/* Every label as long as it may be, every counter as wide: it fits. */

static void
test_largest(void **state)
{
    char       name[PL_NAME_MAX + 1];
    size_t     i, len;
    uint32_t   c;
    world_t   *w = *state;

    memset(name, '"', sizeof(name));
    name[PL_NAME_MAX] = '\0';

    for (c = 0; c < PLS_METRICS_CHANNELS; c++) {
        (void) snprintf(name, sizeof(name), "%02u", c);
        name[2] = '"';
        i = pls_metrics_channel(&w->m, c + 1, name, name);
        memset(w->m.channels[i].results, 0xff,
               sizeof(w->m.channels[i].results));
        pls_metrics_heard(&w->m, i, INT64_MAX);
    }

    for (i = 0; i < PL_TOLD_MAX; i++) {
        w->m.told[i].metric = "a_metric_with_quite_a_long_name";
        w->m.told[i].label = "and_a_label_that_is_as_long_again";
        w->m.told[i].n = UINT64_MAX;
    }

    atomic_store(&w->m.n_told, PL_TOLD_MAX);
    memset(w->m.histograms, 0xff, sizeof(w->m.histograms));

    len = pls_metrics_print(&w->m, NOW_MS, w->text, sizeof(w->text));
    assert_in_range(len, 1, sizeof(w->text) - 4096);    /* room to grow */

    /* too small a buffer: whole pieces, nothing behind what did not fit */
    len = pls_metrics_print(&w->m, NOW_MS, w->text, 200);
    assert_in_range(len, 1, 199);
    assert_int_equal(len, strlen(w->text));
    assert_null(strstr(w->text, "parley_sender_ready"));
}


static void
test_histogram(void **state)
{
    world_t  *w = *state;

    pls_metrics_observe(&w->m, PLS_HISTOGRAM_BATCH, 1);
    pls_metrics_observe(&w->m, PLS_HISTOGRAM_BATCH, 2);
    pls_metrics_observe(&w->m, PLS_HISTOGRAM_BATCH, 3);
    pls_metrics_observe(&w->m, PLS_HISTOGRAM_BATCH, 65536);
    pls_metrics_observe(&w->m, PLS_HISTOGRAM_BATCH, 65537);
    pls_metrics_observe(&w->m, PLS_HISTOGRAM_BATCH, -1);

    assert_true(says(w, "parley_sender_append_entries_bucket{le=\"1\"} 2"));
    assert_true(says(w, "parley_sender_append_entries_bucket{le=\"2\"} 3"));
    assert_true(says(w, "parley_sender_append_entries_bucket{le=\"4\"} 4"));
    assert_true(says(w, "parley_sender_append_entries_bucket{le=\"65536\"} "
                        "5"));
    assert_true(says(w, "parley_sender_append_entries_bucket{le=\"+Inf\"} "
                        "6"));
    assert_true(says(w, "parley_sender_append_entries_sum 131079"));
    assert_true(says(w, "parley_sender_append_entries_count 6"));

    pls_metrics_observe(&w->m, PLS_HISTOGRAM_APPEND, 250);
    pls_metrics_observe(&w->m, PLS_HISTOGRAM_APPEND, 251);
    assert_true(says(w, "parley_sender_append_seconds_bucket{le=\"0.00025\"}"
                        " 1"));
    assert_true(says(w, "parley_sender_append_seconds_sum 0.000501"));
}


static void
test_told(void **state)
{
    world_t           *w = *state;
    static pl_told_t   told;

    told.n = 2;
    told.rows[0] = (pl_told_row_t) { "messages", "in", 3 };
    told.rows[1] = (pl_told_row_t) { "dead", "", 1 };

    pls_metrics_told(&w->m, &told);
    pls_metrics_told(&w->m, &told);

    assert_true(says(w, "parley_sender_counted_total{what=\"messages\","
                        "label=\"in\"} 6"));
    assert_true(says(w, "parley_sender_counted_total{what=\"dead\","
                        "label=\"\"} 2"));
}


/* How long it waited, how long the answer took, and of a reply from where. */

static void
test_wire(void **state)
{
    world_t    *w = *state;
    pls_job_t   job;

    memset(&job, 0, sizeof(job));
    job.lane = REPLY;
    job.attempts = 1;
    job.due_ms = NOW_MS - 1040;
    job.said_ms = NOW_MS - 2040;
    job.wire.stage = PL__WIRE_STAGE__WIRE_STAGE_ANSWERED;
    job.wire.status = 503;
    job.wire.left_us = 5000000;

    /* it left 40 ms ago: a second late, two after the message came in */
    pls_metrics_wire(&w->m, &job, NOW_MS, 5040000);

    assert_true(says(w, "parley_sender_answers_total{class=\"5xx\"} 1"));
    assert_true(says(w, "parley_sender_answer_seconds_sum 0.040000"));
    assert_true(says(w, "parley_sender_waited_seconds_sum 1.000000"));
    assert_true(says(w, "parley_sender_reply_seconds_sum 2.000000"));

    /* a later attempt is no answer's first departure; nor is a campaign */
    job.attempts = 2;
    pls_metrics_wire(&w->m, &job, NOW_MS, 5040000);
    job.attempts = 1;
    job.lane = CAMPAIGN;
    pls_metrics_wire(&w->m, &job, NOW_MS, 5040000);
    assert_true(says(w, "parley_sender_reply_seconds_count 1"));

    /* nothing left */
    job.wire.stage = PL__WIRE_STAGE__WIRE_STAGE_CONNECTING;
    job.wire.left_us = 0;
    job.wire.status = 0;
    pls_metrics_wire(&w->m, &job, NOW_MS, 5040000);
    assert_true(says(w, "parley_sender_answers_total{class=\"none\"} 1"));

    /* what never began is no attempt without an answer */
    job.wire.stage = PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN;
    pls_metrics_wire(&w->m, &job, NOW_MS, 5040000);
    assert_true(says(w, "parley_sender_answers_total{class=\"none\"} 1"));
    assert_true(says(w, "parley_sender_answer_seconds_count 3"));
}


static void
test_words(void **state)
{
    (void) state;

    assert_string_equal(pls_metrics_lane(REPLY), "reply");
    assert_string_equal(pls_metrics_lane(PL__LANE__LANE_SYNC), "sync");
    assert_string_equal(pls_metrics_lane((Pl__Lane) 99), "none");
    assert_int_equal(PLS_LANES, PL__LANE__LANE_SYNC + 1);
}


#define TEST(function)                                                        \
    cmocka_unit_test_setup_teardown(function, world_make, world_end)


/* Of a page that is too long its beginning is told, in whole lines. */

static void
test_store_room(void **state)
{
    size_t               len, size, whole;
    char                *part;
    world_t             *w = *state;
    pls_metrics_store_t  store = { 0 };

    whole = pls_metrics_store_print(&store, NULL, w->text, sizeof(w->text));
    assert_int_equal(whole, strlen(w->text));

    part = calloc(1, whole + 1);
    assert_non_null(part);

    for (size = 1; size <= whole + 1; size++) {
        len = pls_metrics_store_print(&store, NULL, part, size);
        assert_in_range(len, 0, size - 1);
        assert_int_equal(len, strlen(part));
        assert_memory_equal(part, w->text, len);
        assert_true(len == 0 || part[len - 1] == '\n');
    }

    assert_int_equal(len, whole);
    free(part);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        TEST(test_values),
        TEST(test_oldest),
        TEST(test_channels),
        TEST(test_escaped),
        TEST(test_largest),
        TEST(test_histogram),
        TEST(test_store_room),
        TEST(test_told),
        TEST(test_wire),
        TEST(test_words),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
