/*
 * The table of error codes against a copy of the provider's own
 * (errors.tsv): each code in its class and with its bucket, no code beside
 * them; and what an answer says of buckets, waits and what was accepted.
 */

#include "whatsapp_out.h"

#define TEST_ROWS_MAX  256
#define TEST_CODE_MAX  3000000      /* past the greatest code */


typedef struct {
    int32_t  first;
    int32_t  last;
    char     class[32];
    char     bucket[16];
} test_row_t;


static size_t
test_rows(test_row_t *rows)
{
    int          n;
    char         line[200], path[1024];
    FILE        *f;
    size_t       count = 0;
    const char  *root = getenv("PARLEY_SRC");

    (void) snprintf(path, sizeof(path), "%s/t/fixtures/whatsapp/errors.tsv",
                    root != NULL ? root : ".");
    f = fopen(path, "r");
    assert_non_null(f);

    while (count < TEST_ROWS_MAX && fgets(line, sizeof(line), f) != NULL) {
        if (line[0] == '#') {
            continue;
        }

        n = sscanf(line, "%d\t%d\t%31[^\t]\t%15s", &rows[count].first,
                   &rows[count].last, rows[count].class, rows[count].bucket);
        assert_int_equal(n, 4);
        assert_true(rows[count].first <= rows[count].last);
        count++;
    }

    assert_int_equal(fclose(f), 0);
    assert_true(count > 90);

    return count;
}


/* Is the class one of those that the row names? */

static bool
test_class(const char *list, pl_whatsapp_class_e class)
{
    const char  *p;

    static const char *const  words[] = {
        [PL_WHATSAPP_RETRY] = "RETRY", [PL_WHATSAPP_RATE] = "RATE",
        [PL_WHATSAPP_PERM] = "PERM", [PL_WHATSAPP_POLICY] = "POLICY",
        [PL_WHATSAPP_CONFIG] = "CONFIG", [PL_WHATSAPP_ACCOUNT] = "ACCOUNT",
    };

    p = strstr(list, words[class]);

    return p != NULL && (p == list || p[-1] == '/')
           && strchr("/", p[strlen(words[class])]) != NULL;
}


static const char *
test_bucket(int bucket)
{
    static const char *const  words[] = {
        "-", "app", "account", "channel", "pair", "template", "group"
    };

    assert_true(bucket >= 0 && (size_t) bucket < PL_COUNT(words));

    return words[bucket];
}


static void
test_table(void **state)
{
    size_t                      i, n;
    int32_t                     code;
    test_row_t                  rows[TEST_ROWS_MAX];
    const pl_whatsapp_error_t  *row;

    (void) state;
    n = test_rows(rows);

    for (i = 0; i < n; i++) {
        for (code = rows[i].first; code <= rows[i].last; code++) {
            row = pl_whatsapp_error(code);

            if (strcmp(rows[i].class, "-") == 0) {
                assert_null(row);
                continue;
            }

            if (row == NULL || !test_class(rows[i].class, row->class)
                || strcmp(test_bucket(row->bucket), rows[i].bucket) != 0)
            {
                fail_msg("%d: not %s, %s", (int) code, rows[i].class,
                         rows[i].bucket);
            }

            assert_int_equal(row->class == PL_WHATSAPP_RATE,
                             row->bucket != 0);
        }
    }
}


/* No code is ours alone. */

static void
test_no_others(void **state)
{
    size_t       i, n;
    int32_t      code;
    test_row_t   rows[TEST_ROWS_MAX];

    (void) state;
    n = test_rows(rows);

    for (code = -1000; code < TEST_CODE_MAX; code++) {
        if (pl_whatsapp_error(code) == NULL) {
            continue;
        }

        for (i = 0; i < n; i++) {
            if (code >= rows[i].first && code <= rows[i].last) {
                break;
            }
        }

        if (i == n) {
            fail_msg("%d is in the table, and in no list", (int) code);
        }
    }
}


static const Pl__SendResult *
test_classify(t_out_t *t, Pl__SendResult *result, int status,
    const char *body, const char *retry_after)
{
    pl_answer_t  answer = { .status = status, .body = pl_str_c(body),
                            .retry_after = pl_str_c(retry_after) };

    pl_arena_reset(t->ar);
    pl__send_result__init(result);
    assert_int_equal(pl_whatsapp.classify(t->codec, &answer, t->ar, result,
                                          &t->err), PL_OK);

    return result;
}


static void
test_buckets(void **state)
{
    char                    body[128];
    size_t                  i;
    Pl__SendResult          r;

    static const struct {
        int32_t      code;
        Pl__Bucket   bucket;
        uint32_t     base;
        int64_t      retry_ms;
    } rows[] = {
        { 4, PL__BUCKET__BUCKET_APP, 0, 60000 },
        { 80007, PL__BUCKET__BUCKET_ACCOUNT, 0, 60000 },
        { 80008, PL__BUCKET__BUCKET_ACCOUNT, 0, 60000 },
        { 130429, PL__BUCKET__BUCKET_CHANNEL, 0, 1000 },
        { 131056, PL__BUCKET__BUCKET_PAIR, 4, 6000 },
        { 131208, PL__BUCKET__BUCKET_GROUP, 0, 60000 },
        { 132069, PL__BUCKET__BUCKET_TEMPLATE, 0, 360000 },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        (void) snprintf(body, sizeof(body),
                        "{\"error\":{\"code\":%d,\"fbtrace_id\":\"A-z_9\"}}",
                        (int) rows[i].code);
        (void) test_classify(*state, &r, 400, body, "");

        assert_int_equal(r.outcome, PL__OUTCOME__OUTCOME_THROTTLE);
        assert_true(r.has_bucket);
        assert_int_equal(r.bucket, rows[i].bucket);
        assert_int_equal(r.has_retry_base, rows[i].base != 0);
        assert_int_equal(r.retry_base, rows[i].base);
        assert_int_equal(r.retry_ms, rows[i].retry_ms);
        assert_string_equal(r.trace, "A-z_9");

        (void) test_classify(*state, &r, 429, body, "3000");
        assert_int_equal(r.retry_ms, 3000000);
    }

    (void) test_classify(*state, &r, 400, "{\"error\":{\"code\":131026}}", "");
    assert_false(r.has_bucket);
    assert_false(r.has_retry_base);
    assert_null(r.trace);
    (void) test_classify(*state, &r, 429, "slow", "");
    assert_int_equal(r.outcome, PL__OUTCOME__OUTCOME_THROTTLE);
    assert_false(r.has_bucket);
}


/* A trace that could be anything else is not kept. */

static void
test_traces(void **state)
{
    char            body[256], trace[66];
    size_t          i;
    Pl__SendResult  r;

    static const char *const  bad[] = {
        "", "+34600000001", "a b", "a@b", "\xc3\xa9",
    };

    for (i = 0; i < PL_COUNT(bad); i++) {
        (void) snprintf(body, sizeof(body),
                        "{\"error\":{\"code\":1,\"fbtrace_id\":\"%s\"}}",
                        bad[i]);
        assert_null(test_classify(*state, &r, 400, body, "")->trace);
    }

    for (i = 64; i <= 65; i++) {
        memset(trace, 'A', i);
        trace[i] = '\0';
        (void) snprintf(body, sizeof(body),
                        "{\"error\":{\"code\":1,\"fbtrace_id\":\"%s\"}}",
                        trace);
        assert_int_equal(test_classify(*state, &r, 400, body, "")->trace
                         != NULL, i == 64);
    }
}


/* Whom it went to, as the provider knows them; and whether it is held. */

static void
test_accepted(void **state)
{
    Pl__SendResult  r;

    (void) test_classify(*state, &r, 200,
        "{\"messaging_product\":\"whatsapp\",\"contacts\":[{\"input\":"
        "\"+5511912345678\",\"wa_id\":\"551112345678\",\"user_id\":"
        "\"BR.1349\"}],\"messages\":[{\"id\":\"wamid.A\","
        "\"message_status\":\"accepted\"}]}", "");
    assert_int_equal(r.outcome, PL__OUTCOME__OUTCOME_SENT);
    assert_string_equal(r.provider_id, "wamid.A");
    assert_string_equal(r.recipient, "551112345678");
    assert_string_equal(r.user_id, "BR.1349");
    assert_false(r.has_held);

    (void) test_classify(*state, &r, 200,
        "{\"contacts\":[{\"input\":\"ES.1\",\"user_id\":\"ES.1\"}],"
        "\"messages\":[{\"id\":\"wamid.B\",\"group_id\":\"x\","
        "\"message_status\":\"held_for_quality_assessment\"}]}", "");
    assert_int_equal(r.outcome, PL__OUTCOME__OUTCOME_SENT);
    assert_null(r.recipient);
    assert_string_equal(r.user_id, "ES.1");
    assert_true(r.has_held);
    assert_int_equal(r.held, PL__HELD__HELD_QUALITY);

    (void) test_classify(*state, &r, 200,
        "{\"messages\":[{\"id\":\"wamid.C\",\"message_status\":"
        "\"paused\"}]}", "");
    assert_int_equal(r.outcome, PL__OUTCOME__OUTCOME_SENT);
    assert_int_equal(r.held, PL__HELD__HELD_PAUSED);
    assert_null(r.user_id);

    (void) test_classify(*state, &r, 200,
        "{\"messages\":[{\"id\":\"wamid.D\",\"message_status\":\"new\"}]}",
        "");
    assert_int_equal(r.outcome, PL__OUTCOME__OUTCOME_SENT);
    assert_false(r.has_held);
}


/* A receipt's whole answer; nothing less is taken for it. */

static void
test_receipts(void **state)
{
    size_t          i;
    Pl__SendResult  r;

    static const char *const  others[] = {
        "{\"success\":false}", "{\"success\":null}", "{}",
        "{\"success\":true,\"error\":{\"code\":131201}}",
        "{\"success\":true,\"messages\":[{}]}",
    };

    (void) test_classify(*state, &r, 200, "{\"success\":true}", "");
    assert_int_equal(r.outcome, PL__OUTCOME__OUTCOME_SENT);
    assert_null(r.provider_id);
    assert_null(r.reason);

    for (i = 0; i < PL_COUNT(others); i++) {
        (void) test_classify(*state, &r, 200, others[i], "");
        assert_int_equal(r.outcome, PL__OUTCOME__OUTCOME_UNKNOWN);
    }

    (void) test_classify(*state, &r, 206, "{\"error\":{\"code\":131201}}",
                         "");
    assert_int_equal(r.outcome, PL__OUTCOME__OUTCOME_UNKNOWN);
    assert_int_equal(r.code, 131201);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_no_others),
        cmocka_unit_test(test_buckets),
        cmocka_unit_test(test_traces),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_receipts),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("whatsapp_errors", tests, t_out_setup,
                                       t_out_teardown);
}
